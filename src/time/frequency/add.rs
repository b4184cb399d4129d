//! Dates plus frequencies, and dates rolled to the days of a frequency.

use super::{Frequency, TimeError, TimeResult};
use crate::time::{Calendar, DateTime, NAT, TimeUnit};

impl Frequency {
    /// Returns the tick `times` frequencies later (earlier if the product is negative); NaT stays NaT.
    ///
    /// A date that is not a day of the frequency goes to the next one first step (for a negative step to
    /// the one before): 15 January plus "MS" is 1 February, minus "MS" 1 January. `times` = 0 rolls
    /// forward. The time of day is kept. As `date + times * offset` in pandas and xarray.
    ///
    /// # Errors
    /// If the result does not fit in 64-bit ticks, or the frequency is finer than the unit.
    ///
    /// ```
    /// # use graticule::time::{Calendar, DateTime, Frequency, TimeUnit};
    /// let (unit, calendar) = (TimeUnit::S, Calendar::Day360);
    /// let middle = DateTime::midnight(2000, 1, 15).to_ticks(calendar, unit)?;
    /// let end = "ME".parse::<Frequency>()?.add(middle, 2, unit, calendar)?;
    /// let date = DateTime::from_ticks(end, unit, calendar);
    /// assert_eq!(date, Some(DateTime::midnight(2000, 2, 30)));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn add(&self, tick: i64, times: i64, unit: TimeUnit, calendar: Calendar) -> TimeResult<i64> {
        let mut ticks = [tick];
        self.add_to(&mut ticks, times, unit, calendar)?;
        Ok(ticks[0])
    }

    /// Adds `times` frequencies to a whole column in place; see [`Frequency::add`].
    ///
    /// # Errors
    /// If a result does not fit in 64-bit ticks, or the frequency is finer than the unit. The column is
    /// then partly changed.
    ///
    /// ```
    /// # use graticule::time::{Calendar, Frequency, NAT, TimeUnit};
    /// let mut column = [0, NAT, 86_400];
    /// "2D".parse::<Frequency>()?.add_to(&mut column, 1, TimeUnit::S, Calendar::Standard)?;
    /// assert_eq!(column, [2 * 86_400, NAT, 3 * 86_400]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn add_to(
        &self,
        ticks: &mut [i64],
        times: i64,
        unit: TimeUnit,
        calendar: Calendar,
    ) -> TimeResult<()> {
        if self.length().is_some() {
            let step = self.step(times, unit)?;
            return each(
                ticks,
                |tick| tick.checked_add(step),
                |tick| self.beyond(tick, times, unit, calendar),
            );
        }
        let error = |tick| self.beyond(tick, times, unit, calendar);
        let Some(n) = self.multiple.checked_mul(times) else {
            return ticks.iter().find(|&&t| t != NAT).map_or(Ok(()), |&tick| Err(error(tick)));
        };
        let rule = self.rule;
        let moved = |day: i64| {
            let place = rule.place(calendar, day);
            let from = if n > 0 { place.floor } else { place.ceil() };
            rule.day_of(calendar, from.checked_add(n)?)
        };
        each_day(ticks, unit, moved, error)
    }

    /// Returns the tick itself if it is on a day of the frequency, else the next such day at its time of day.
    ///
    /// # Errors
    /// If the result does not fit in 64-bit ticks.
    ///
    /// ```
    /// # use graticule::time::{Calendar, Frequency, TimeUnit};
    /// // 1970-01-02 rolls to 1970-02-01.
    /// let day = 86_400;
    /// let rolled = "MS".parse::<Frequency>()?.roll_forward(day, TimeUnit::S, Calendar::Standard)?;
    /// assert_eq!(rolled, 31 * day);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn roll_forward(&self, tick: i64, unit: TimeUnit, calendar: Calendar) -> TimeResult<i64> {
        self.roll(tick, unit, calendar, true)
    }

    /// Returns the tick itself if it is on a day of the frequency, else the last such day before it at its
    /// time of day.
    ///
    /// # Errors
    /// If the result does not fit in 64-bit ticks.
    ///
    /// ```
    /// # use graticule::time::{Calendar, Frequency, TimeUnit};
    /// let rolled = "MS".parse::<Frequency>()?.roll_back(86_400, TimeUnit::S, Calendar::Standard)?;
    /// assert_eq!(rolled, 0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn roll_back(&self, tick: i64, unit: TimeUnit, calendar: Calendar) -> TimeResult<i64> {
        self.roll(tick, unit, calendar, false)
    }

    fn roll(&self, tick: i64, unit: TimeUnit, calendar: Calendar, forward: bool) -> TimeResult<i64> {
        let mut ticks = [tick];
        self.roll_to(&mut ticks, forward, unit, calendar)?;
        Ok(ticks[0])
    }

    /// Rolls a whole column in place.
    pub(crate) fn roll_to(
        &self,
        ticks: &mut [i64],
        forward: bool,
        unit: TimeUnit,
        calendar: Calendar,
    ) -> TimeResult<()> {
        if self.length().is_some() {
            return Ok(());
        }
        let rolled = |day: i64| {
            let place = self.rule.place(calendar, day);
            self.rule.day_of(calendar, if forward { place.ceil() } else { place.floor })
        };
        let times = if forward { 1 } else { -1 };
        let error = |tick| self.with_multiple(1).beyond(tick, times, unit, calendar);
        each_day(ticks, unit, rolled, error)
    }

    /// Tells whether a tick is on a day of the frequency, at whatever time of day; fixed frequencies are
    /// always met, by NaT nothing is.
    ///
    /// ```
    /// # use graticule::time::{Calendar, Frequency, TimeUnit};
    /// let start = "MS".parse::<Frequency>()?;
    /// assert!(start.is_on_offset(3_600, TimeUnit::S, Calendar::Standard));
    /// assert!(!start.is_on_offset(86_400, TimeUnit::S, Calendar::Standard));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn is_on_offset(&self, tick: i64, unit: TimeUnit, calendar: Calendar) -> bool {
        tick != NAT && self.rule.place(calendar, tick.div_euclid(unit.per_day())).on
    }

    /// Ticks that `times` times a fixed frequency takes.
    pub(super) fn step(&self, times: i64, unit: TimeUnit) -> TimeResult<i64> {
        let length = self.length().unwrap_or_default();
        let tick = i128::from(unit.tick_ns());
        let total = length.checked_mul(i128::from(times));
        let value = || format!("{times} × {self}");
        match total {
            Some(ns) if ns % tick != 0 => {
                Err(TimeError::Inexact { value: value(), unit, fits: TimeUnit::coarsest_for(ns) })
            }
            _ => total
                .and_then(|ns| i64::try_from(ns / tick).ok())
                .filter(|&t| t != NAT)
                .ok_or_else(|| TimeError::overflow("timedelta ticks", value(), total, unit)),
        }
    }

    pub(super) fn beyond(&self, tick: i64, times: i64, unit: TimeUnit, calendar: Calendar) -> TimeError {
        let rule = self.rule;
        let n = i128::from(self.multiple) * i128::from(times);
        let date =
            DateTime::from_ticks(tick, unit, calendar).map_or_else(|| "NaT".to_owned(), |d| d.to_string());
        TimeError::overflow("datetime ticks", format_args!("{date} plus {n} times {rule}"), None, unit)
    }
}

/// Replaces every tick but NaT by `f` of it; the first for which there is none makes the error.
fn each(
    ticks: &mut [i64],
    f: impl Fn(i64) -> Option<i64>,
    error: impl Fn(i64) -> TimeError,
) -> TimeResult<()> {
    for tick in ticks {
        if *tick != NAT {
            *tick = f(*tick).filter(|&t| t != NAT).ok_or_else(|| error(*tick))?;
        }
    }
    Ok(())
}

/// Replaces the day of every tick by `f` of it, and keeps the time of day.
fn each_day(
    ticks: &mut [i64],
    unit: TimeUnit,
    f: impl Fn(i64) -> Option<i64>,
    error: impl Fn(i64) -> TimeError,
) -> TimeResult<()> {
    // The unit becomes a constant, so that the compiler divides by multiplying.
    match unit {
        TimeUnit::S => each_day_of::<1>(ticks, f, error),
        TimeUnit::Ms => each_day_of::<1_000>(ticks, f, error),
        TimeUnit::Us => each_day_of::<1_000_000>(ticks, f, error),
        TimeUnit::Ns => each_day_of::<1_000_000_000>(ticks, f, error),
    }
}

fn each_day_of<const PER_SECOND: i64>(
    ticks: &mut [i64],
    f: impl Fn(i64) -> Option<i64>,
    error: impl Fn(i64) -> TimeError,
) -> TimeResult<()> {
    let moved = |tick: i64| {
        let per_day = 86_400 * PER_SECOND;
        at(f(tick.div_euclid(per_day))?, tick.rem_euclid(per_day), per_day)
    };
    each(ticks, moved, error)
}

/// The tick of a day and a time of day, if there is one.
#[inline]
pub(super) fn at(day: i64, of_day: i64, per_day: i64) -> Option<i64> {
    // From the end of a day before 1970, so that the first day that is in reach only in part is no overflow.
    let before = day >> 63;
    (day - before).checked_mul(per_day)?.checked_add(of_day + before * per_day)
}
