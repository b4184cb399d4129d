//! Regular ranges of dates, as `pandas.date_range` and xarray's for cftime make them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::add::at;
use super::{Frequency, TimeError, TimeResult};
use crate::time::{Calendar, NAT, TimeUnit};

/// Which ends belong to a range.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inclusive {
    /// Start and end.
    #[default]
    Both,
    /// The start, not the end.
    Left,
    /// The end, not the start.
    Right,
    /// Neither of them.
    Neither,
}

impl FromStr for Inclusive {
    type Err = TimeError;

    fn from_str(text: &str) -> TimeResult<Inclusive> {
        Ok(match text {
            "both" => Inclusive::Both,
            "left" => Inclusive::Left,
            "right" => Inclusive::Right,
            "neither" => Inclusive::Neither,
            _ => {
                return Err(TimeError::UnknownName {
                    what: "inclusive side",
                    text: text.to_owned(),
                    help: "use both, left, right or neither",
                });
            }
        })
    }
}

/// What a range of ticks is given by: three of start, end, number and frequency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeRange {
    /// First tick, or where to look for the first.
    pub start: Option<i64>,
    /// Last tick, or where to stop.
    pub end: Option<i64>,
    /// Number of ticks.
    pub periods: Option<usize>,
    /// Step; without one the ticks lie evenly between start and end.
    pub freq: Option<Frequency>,
    /// Which ends belong to it.
    pub inclusive: Inclusive,
    /// Unit of the ticks.
    pub unit: TimeUnit,
    /// Calendar of the ticks.
    pub calendar: Calendar,
    /// Whether to follow xarray's rules for the dates of cftime where they differ from those of pandas: a
    /// range that is counted back from its end starts that many steps before the end, also where the end
    /// is no day of the frequency, so that it can be shorter; and `inclusive` leaves the first and the last
    /// tick alone where no start or end was given.
    pub cftime: bool,
}

impl TimeRange {
    /// Makes a range of dates from `start` to `end` with both of them in it, in the rules of the calendar.
    ///
    /// ```
    /// # use graticule::time::{Calendar, TimeRange, TimeUnit};
    /// let daily = TimeRange::between(0, 2 * 86_400, "D".parse()?, TimeUnit::S, Calendar::Standard);
    /// assert_eq!(daily.ticks()?, [0, 86_400, 2 * 86_400]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn between(start: i64, end: i64, freq: Frequency, unit: TimeUnit, calendar: Calendar) -> TimeRange {
        TimeRange {
            start: Some(start),
            end: Some(end),
            periods: None,
            freq: Some(freq),
            inclusive: Inclusive::Both,
            unit,
            calendar,
            cftime: calendar != Calendar::ProlepticGregorian,
        }
    }

    /// Returns the ticks, in order (backwards where the frequency is negative).
    ///
    /// A start that is no day of the frequency rolls to the next one (to the one before, if it is negative),
    /// an end to which a number is counted the other way. The time of day is that of the start.
    ///
    /// # Errors
    /// Unless just three of start, end, periods and frequency are given; if a tick does not fit in 64 bits,
    /// an end is NaT, the frequency does not move or is finer than the unit, or there are more ticks than
    /// fit in memory.
    ///
    /// ```
    /// # use graticule::time::{Calendar, TimeRange, TimeUnit};
    /// let months = TimeRange {
    ///     end: None,
    ///     periods: Some(3),
    ///     ..TimeRange::between(86_400, 0, "MS".parse()?, TimeUnit::S, Calendar::Day360)
    /// };
    /// // From the second of January 1970 on, in months of 30 days.
    /// assert_eq!(months.ticks()?, [30 * 86_400, 60 * 86_400, 90 * 86_400]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn ticks(&self) -> TimeResult<Vec<i64>> {
        if self.start == Some(NAT) || self.end == Some(NAT) {
            return invalid("an end of a range is NaT", "give dates as start and end");
        }
        let ticks = match (self.start, self.end, self.periods, self.freq) {
            (Some(start), Some(end), Some(periods), None) => self.linear(start, end, periods)?,
            (Some(_), Some(_), None, Some(freq))
            | (Some(_), None, Some(_), Some(freq))
            | (None, Some(_), Some(_), Some(freq)) => {
                freq.check_moves()?;
                if freq.length().is_some() { self.fixed(freq)? } else { self.anchored(freq)? }
            }
            _ => {
                let given =
                    [self.start.is_some(), self.end.is_some(), self.periods.is_some(), self.freq.is_some()];
                let names = ["start", "end", "periods", "freq"];
                let given: Vec<&str> = names.iter().zip(given).filter(|(_, g)| *g).map(|(n, _)| *n).collect();
                return invalid(
                    &format!("a range of dates is not determined by {}", given.join(", ")),
                    "give three of start, end, periods and freq",
                );
            }
        };
        Ok(self.open(ticks))
    }

    /// Evenly from start to end.
    fn linear(&self, start: i64, end: i64, periods: usize) -> TimeResult<Vec<i64>> {
        let span = end.checked_sub(start).ok_or_else(|| {
            TimeError::overflow("timedelta ticks", "the time from start to end", None, self.unit)
        })?;
        let mut ticks = reserved(periods)?;
        // As `numpy.linspace`, which pandas asks for integers, so that it takes the floor. xarray asks for
        // seconds as floats, which cftime rounds to microseconds.
        let (scale, in_seconds) = match self.cftime {
            true => (self.unit.per_second() as f64, span as f64 / self.unit.per_second() as f64),
            false => (1.0, span as f64),
        };
        let gaps = (periods.max(2) - 1) as f64;
        let step = in_seconds / gaps;
        for i in 0..periods {
            let x = if i > 0 && i + 1 == periods { in_seconds } else { i as f64 * step };
            let ticks_since = if self.cftime { (x * scale).round_ties_even() } else { x.floor() };
            // Between 0 and the span, but for a rounding that the saturating cast keeps in bounds.
            ticks.push(start.saturating_add(ticks_since as i64));
        }
        Ok(ticks)
    }

    /// With a step of a fixed length.
    fn fixed(&self, freq: Frequency) -> TimeResult<Vec<i64>> {
        let step = freq.step(1, self.unit)?;
        let (first, count) = match (self.start, self.end, self.periods) {
            (Some(start), Some(end), _) => (start, steps_between(i128::from(start), i128::from(end), step)),
            (Some(start), None, Some(periods)) => (start, periods as u128),
            (None, Some(end), Some(periods)) => {
                let back = i128::from(step) * (periods as i128 - 1).max(0);
                let first = i64::try_from(i128::from(end) - back).ok().filter(|&t| t != NAT);
                let error = || freq.beyond(end, 1 - periods as i64, self.unit, self.calendar);
                (first.ok_or_else(error)?, periods as u128)
            }
            // The caller has checked what is given.
            _ => (0, 0),
        };
        let count = size(count)?;
        let last = i128::from(first) + i128::from(step) * (count as i128 - 1).max(0);
        if i64::try_from(last).is_err() || last == i128::from(NAT) {
            return Err(freq.beyond(first, count as i64 - 1, self.unit, self.calendar));
        }
        let mut ticks = reserved(count)?;
        // The last is in range, and with it all before.
        ticks.extend((0..count as i64).map(|i| first + step * i));
        Ok(ticks)
    }

    /// With a step between anchored days.
    fn anchored(&self, freq: Frequency) -> TimeResult<Vec<i64>> {
        let (n, rule, calendar, per_day) = (freq.multiple, freq.rule, self.calendar, self.unit.per_day());
        let place = |tick: i64| rule.place(calendar, tick.div_euclid(per_day));
        let towards = |tick: i64, up: bool| if up { place(tick).ceil() } else { place(tick).floor };
        let forward = n > 0;
        let beyond = |tick, times| freq.beyond(tick, times, self.unit, calendar);
        let (first, of_day, count) = match (self.start, self.end, self.periods) {
            (Some(start), Some(end), _) => {
                let of_day = start.rem_euclid(per_day);
                (towards(start, forward), of_day, self.until(freq, towards(start, forward), of_day, end))
            }
            (Some(start), None, Some(periods)) => {
                (towards(start, forward), start.rem_euclid(per_day), periods as u128)
            }
            (None, Some(end), Some(periods)) => {
                let of_day = end.rem_euclid(per_day);
                let back = 1 - i64::try_from(periods).unwrap_or(i64::MAX);
                let shift = n.checked_mul(back).ok_or_else(|| beyond(end, back))?;
                let from = match self.cftime {
                    // Where `end + shift` comes to.
                    true if shift > 0 => place(end).floor,
                    true => place(end).ceil(),
                    false => towards(end, !forward),
                };
                let first = from.checked_add(shift).ok_or_else(|| beyond(end, back))?;
                let count = if self.cftime { self.until(freq, first, of_day, end) } else { periods as u128 };
                (first, of_day, count)
            }
            // The caller has checked what is given.
            _ => (0, 0, 0),
        };
        let count = size(count)?;
        let origin = self.start.or(self.end).unwrap_or_default();
        let mut ticks = reserved(count)?;
        for i in 0..count as i64 {
            let index = n.checked_mul(i).and_then(|shift| first.checked_add(shift));
            let day = index.and_then(|index| rule.day_of(calendar, index));
            let tick = day.and_then(|day| at(day, of_day, per_day)).filter(|&t| t != NAT);
            ticks.push(tick.ok_or_else(|| beyond(origin, i))?);
        }
        Ok(ticks)
    }

    /// Number of steps from the day `first` until just not past `end`.
    fn until(&self, freq: Frequency, first: i64, of_day: i64, end: i64) -> u128 {
        let per_day = i128::from(self.unit.per_day());
        let rest = i128::from(end) - i128::from(of_day);
        // Days at this time of day that are not past the end.
        let last = if freq.multiple > 0 {
            freq.rule.place(self.calendar, rest.div_euclid(per_day) as i64).floor
        } else {
            freq.rule.place(self.calendar, -((-rest).div_euclid(per_day)) as i64).ceil()
        };
        steps_between(i128::from(first), i128::from(last), freq.multiple)
    }

    /// Takes the ends away that do not belong to the range.
    fn open(&self, mut ticks: Vec<i64>) -> Vec<i64> {
        let left = matches!(self.inclusive, Inclusive::Both | Inclusive::Left);
        let right = matches!(self.inclusive, Inclusive::Both | Inclusive::Right);
        if !self.cftime && self.start.is_some() && self.start == self.end && !(left && right) {
            // As pandas: nothing lies between equal ends.
            ticks.pop();
            ticks.drain(..ticks.len().min(1));
            return ticks;
        }
        let (first, last) = (ticks.first().copied(), ticks.last().copied());
        let is_end = |end: Option<i64>, tick: Option<i64>| {
            tick.is_some() && if self.cftime { tick == end } else { end.or(tick) == tick }
        };
        if !right && is_end(self.end, last) {
            ticks.pop();
        }
        if !left && is_end(self.start, first) && !ticks.is_empty() {
            ticks.remove(0);
        }
        ticks
    }
}

/// How many steps there are from `first` to `last` with both, none if they lie the other way.
fn steps_between(first: i128, last: i128, step: i64) -> u128 {
    let way = last - first;
    if (way < 0) != (step < 0) && way != 0 {
        return 0;
    }
    (way / i128::from(step)).unsigned_abs() + 1
}

fn size(count: u128) -> TimeResult<usize> {
    match usize::try_from(count) {
        Ok(count) if i64::try_from(count).is_ok() => Ok(count),
        _ => too_many(count),
    }
}

/// A vector with room for `count` ticks, or an error where that is beyond memory.
fn reserved(count: usize) -> TimeResult<Vec<i64>> {
    let mut ticks = Vec::new();
    match ticks.try_reserve_exact(count) {
        Ok(()) => Ok(ticks),
        Err(_) => too_many(count as u128),
    }
}

fn too_many<T>(count: u128) -> TimeResult<T> {
    invalid(
        &format!("a range of {count} times does not fit in memory"),
        "take fewer periods or a longer frequency",
    )
}

fn invalid<T>(what: &str, help: &str) -> TimeResult<T> {
    Err(TimeError::Invalid { what: what.to_owned(), help: help.to_owned() })
}
