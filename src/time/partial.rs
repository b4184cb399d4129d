//! Label strings such as "2000-02": a date written to some resolution, which stands for a period.
//!
//! xarray, "Time series data: datetime indexing"; the forms are those of pandas and of
//! `xarray.coding.times.parse_iso8601_like`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::scan::scan;
use super::shift::shift_month;
use super::{Calendar, DateTime, NAT, TimeError, TimeResult, TimeUnit};

/// How far a date is written out; a finer one is greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resolution {
    /// To the year.
    Year,
    /// To the month.
    Month,
    /// To the day.
    Day,
    /// To the hour.
    Hour,
    /// To the minute.
    Minute,
    /// To the second.
    Second,
    /// To a fraction of a second.
    Subsecond,
}

/// A date written to some resolution: its first instant, and how long it lasts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct PartialDate {
    /// First instant of the period.
    pub start: DateTime,
    /// Length of the period.
    pub resolution: Resolution,
    /// Unit of the last digit written: `Ms` for one to three decimals, `Us` for up to six, else `Ns`.
    /// `S` where there is no fraction.
    pub precision: TimeUnit,
}

impl PartialDate {
    /// Reads "2000", "2000-02", "2000-02-01T06:00", "20000201", "2000/02/01 06", "-0100", "12000-01", ….
    ///
    /// The year needs at least four digits, because "1-2-3" could be any order. Whether the date exists
    /// is asked of a calendar by [`PartialDate::bounds`].
    ///
    /// # Errors
    /// If the text has another form, a field is out of range, or there is a zone.
    ///
    /// ```
    /// # use graticule::time::{DateTime, PartialDate, Resolution};
    /// let date = PartialDate::parse("2000-02")?;
    /// assert_eq!((date.start, date.resolution), (DateTime::midnight(2000, 2, 1), Resolution::Month));
    /// assert!(PartialDate::parse("Feb 2000").is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn parse(text: &str) -> TimeResult<PartialDate> {
        let f = scan("date", text)?;
        let fail = |help: &str| Err(TimeError::parse("date", text, help));
        if f.year_digits < 4 {
            return fail("write the year with four digits, such as 0001-02-03");
        }
        if f.zone.is_some() {
            return fail("times here have no zone: convert to UTC and leave the zone out");
        }
        let start = DateTime {
            year: f.year,
            month: f.month.unwrap_or(1),
            day: f.day.unwrap_or(1),
            hour: f.hour.unwrap_or(0),
            minute: f.minute.unwrap_or(0),
            second: f.second.unwrap_or(0),
            nanosecond: f.nanosecond,
        };
        if !(1..=12).contains(&start.month) {
            return fail("months are 1 to 12");
        }
        if !(1..=31).contains(&start.day) {
            return fail("days are 1 to 31");
        }
        if start.hour > 23 || start.minute > 59 || start.second > 59 {
            return fail("times of day are 00:00:00 to 23:59:59");
        }
        let resolution = match (f.month, f.day, f.hour, f.minute, f.second) {
            (None, ..) => Resolution::Year,
            (_, None, ..) => Resolution::Month,
            (_, _, None, ..) => Resolution::Day,
            (_, _, _, None, _) => Resolution::Hour,
            (_, _, _, _, None) => Resolution::Minute,
            _ if f.fraction_digits == 0 => Resolution::Second,
            _ => Resolution::Subsecond,
        };
        let precision = match f.fraction_digits {
            0 => TimeUnit::S,
            1..=3 => TimeUnit::Ms,
            4..=6 => TimeUnit::Us,
            _ => TimeUnit::Ns,
        };
        Ok(PartialDate { start, resolution, precision })
    }

    /// Returns the first and the last tick of the period, both inclusive.
    ///
    /// Where the unit is too coarse to have a tick in the period ("…00.5" in seconds) the last is
    /// before the first: nothing is in it.
    ///
    /// # Errors
    /// If the calendar does not have the date, or an end does not fit in 64-bit ticks.
    ///
    /// ```
    /// # use graticule::time::{Calendar, PartialDate, TimeUnit};
    /// let (first, last) = PartialDate::parse("1970-01-02")?.bounds(TimeUnit::S, Calendar::Standard)?;
    /// assert_eq!((first, last), (86_400, 2 * 86_400 - 1));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn bounds(&self, unit: TimeUnit, calendar: Calendar) -> TimeResult<(i64, i64)> {
        let (first, last) = self.wide_bounds(unit, calendar)?;
        let fit = |tick: i128| {
            i64::try_from(tick).ok().filter(|&t| t != NAT).ok_or_else(|| {
                let ns = tick.checked_mul(i128::from(unit.tick_ns()));
                TimeError::overflow("datetime ticks", self, ns, unit)
            })
        };
        Ok((fit(first)?, fit(last)?))
    }

    /// Returns [`PartialDate::bounds`] cut to the ticks that exist: for slices, where "1500" on a
    /// nanosecond index means "from the start".
    ///
    /// # Errors
    /// If the calendar does not have the date.
    ///
    /// ```
    /// # use graticule::time::{Calendar, NAT, PartialDate, TimeUnit};
    /// let year = PartialDate::parse("1500")?;
    /// assert!(year.bounds(TimeUnit::Ns, Calendar::Standard).is_err());
    /// assert_eq!(year.bounds_saturating(TimeUnit::Ns, Calendar::Standard)?.0, NAT + 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn bounds_saturating(&self, unit: TimeUnit, calendar: Calendar) -> TimeResult<(i64, i64)> {
        let (first, last) = self.wide_bounds(unit, calendar)?;
        let cut = |tick: i128| {
            // Within the limits of i64 after the clamp; `NAT` is not a time.
            tick.clamp(i128::from(NAT + 1), i128::from(i64::MAX)) as i64
        };
        Ok((cut(first), cut(last)))
    }

    fn wide_bounds(&self, unit: TimeUnit, calendar: Calendar) -> TimeResult<(i128, i128)> {
        const SECOND: i128 = 1_000_000_000;
        let start = self.start.to_ns(calendar)?;
        let (year, month) = (self.start.year, self.start.month);
        let end = match self.resolution {
            Resolution::Year => DateTime::midnight(calendar.add_years(year, 1), 1, 1).to_ns(calendar)?,
            Resolution::Month => {
                let (year, month) = shift_month(calendar, year, month, 1);
                DateTime::midnight(year, month, 1).to_ns(calendar)?
            }
            Resolution::Day => start + 86_400 * SECOND,
            Resolution::Hour => start + 3_600 * SECOND,
            Resolution::Minute => start + 60 * SECOND,
            Resolution::Second => start + SECOND,
            Resolution::Subsecond => start + i128::from(self.precision.tick_ns()),
        };
        let tick = i128::from(unit.tick_ns());
        // Ceiling of the start; the last tick is the last before the end.
        Ok((-(-start).div_euclid(tick), (end - 1).div_euclid(tick)))
    }
}

impl FromStr for PartialDate {
    type Err = TimeError;

    fn from_str(text: &str) -> TimeResult<PartialDate> {
        PartialDate::parse(text)
    }
}

impl fmt::Display for PartialDate {
    /// Writes the date to its resolution: "2000-02", "2000-02-01T06".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let iso = self.start.iso(self.precision);
        // The year may be longer than four digits, so count from the end of the whole seconds.
        let whole = self.start.whole_seconds('T').len();
        let keep = match self.resolution {
            Resolution::Year => whole - 15,
            Resolution::Month => whole - 12,
            Resolution::Day => whole - 9,
            Resolution::Hour => whole - 6,
            Resolution::Minute => whole - 3,
            Resolution::Second => whole,
            Resolution::Subsecond => iso.len(),
        };
        f.write_str(iso.get(..keep).unwrap_or(&iso))
    }
}

/// Returns the resolution of a column as pandas' `DatetimeIndex.resolution` finds it: `Day` if all times
/// are midnight, else the finest field that is not zero somewhere. NaT does not count.
///
/// A label written as finely as its index, or finer, selects one time exactly; a coarser one selects the
/// period. (xarray's `CFTimeIndex` always selects the period.)
///
/// ```
/// # use graticule::time::{Resolution, TimeUnit, resolution_of};
/// assert_eq!(resolution_of(&[0, 86_400], TimeUnit::S), Resolution::Day);
/// assert_eq!(resolution_of(&[0, 3_600], TimeUnit::S), Resolution::Hour);
/// ```
pub fn resolution_of(ticks: &[i64], unit: TimeUnit) -> Resolution {
    let second = unit.per_second();
    let steps = [
        (second, Resolution::Subsecond),
        (60 * second, Resolution::Second),
        (3_600 * second, Resolution::Minute),
        (86_400 * second, Resolution::Hour),
    ];
    let mut finest = Resolution::Day;
    for &tick in ticks.iter().filter(|&&t| t != NAT) {
        let found = steps
            .iter()
            .find(|(step, _)| tick % step != 0)
            .map_or(Resolution::Day, |&(_, resolution)| resolution);
        finest = finest.max(found);
        if finest == Resolution::Subsecond {
            break;
        }
    }
    finest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::format_iso;

    const GREGORIAN: Calendar = Calendar::ProlepticGregorian;

    fn period(text: &str, unit: TimeUnit, calendar: Calendar) -> String {
        let (first, last) = PartialDate::parse(text).unwrap().bounds(unit, calendar).unwrap();
        format!("{} {}", format_iso(first, unit, calendar), format_iso(last, unit, calendar))
    }

    #[test]
    fn periods_are_whole_and_inclusive() {
        let s = |text| period(text, TimeUnit::S, GREGORIAN);
        assert_eq!(s("2000"), "2000-01-01T00:00:00 2000-12-31T23:59:59");
        assert_eq!(s("2000-02"), "2000-02-01T00:00:00 2000-02-29T23:59:59");
        assert_eq!(s("2000-2"), s("2000/02"));
        assert_eq!(s("200002"), s("2000-02"));
        assert_eq!(s("20000201"), "2000-02-01T00:00:00 2000-02-01T23:59:59");
        assert_eq!(s("2000-02-01 06"), "2000-02-01T06:00:00 2000-02-01T06:59:59");
        assert_eq!(s("2000-02-01T06:05"), "2000-02-01T06:05:00 2000-02-01T06:05:59");
        assert_eq!(s("2000-02-01T06:05:04"), "2000-02-01T06:05:04 2000-02-01T06:05:04");
        assert_eq!(
            period("2000-02-01T06:05:04.12", TimeUnit::Us, GREGORIAN),
            "2000-02-01T06:05:04.120000 2000-02-01T06:05:04.120999"
        );
    }

    #[test]
    fn periods_follow_the_calendar() {
        let s = |text, calendar| period(text, TimeUnit::S, calendar);
        assert_eq!(s("2000-02", Calendar::Day360), "2000-02-01T00:00:00 2000-02-30T23:59:59");
        assert_eq!(s("2000-02", Calendar::NoLeap), "2000-02-01T00:00:00 2000-02-28T23:59:59");
        assert_eq!(s("-0001", Calendar::Julian), "-0001-01-01T00:00:00 -0001-12-31T23:59:59");
        assert_eq!(s("12000-12", GREGORIAN), "12000-12-01T00:00:00 12000-12-31T23:59:59");
        assert_eq!(s("1582-10", Calendar::Standard), "1582-10-01T00:00:00 1582-10-31T23:59:59");
        let leap = PartialDate::parse("2000-02-30").unwrap();
        assert!(leap.bounds(TimeUnit::S, GREGORIAN).is_err());
        assert!(leap.bounds(TimeUnit::S, Calendar::Day360).is_ok());
    }

    #[test]
    fn a_period_between_two_ticks_is_empty() {
        let half = PartialDate::parse("2000-02-01T06:05:04.5").unwrap();
        let (first, last) = half.bounds(TimeUnit::S, GREGORIAN).unwrap();
        assert_eq!(first, last + 1);
    }

    #[test]
    fn ends_out_of_range_are_errors_or_cut() {
        let year = PartialDate::parse("2262").unwrap();
        assert!(year.bounds(TimeUnit::Ns, GREGORIAN).is_err());
        let (first, last) = year.bounds_saturating(TimeUnit::Ns, GREGORIAN).unwrap();
        assert_eq!(format_iso(first, TimeUnit::Ns, GREGORIAN), "2262-01-01T00:00:00.000000000");
        assert_eq!(last, i64::MAX);
        let old = PartialDate::parse("1500").unwrap();
        let bounds = old.bounds_saturating(TimeUnit::Ns, GREGORIAN).unwrap();
        assert_eq!(bounds, (NAT + 1, NAT + 1));
    }

    #[test]
    fn display_writes_what_was_meant() {
        for text in ["2000", "-0100", "12000-01", "2000-02-01", "2000-02-01T06", "2000-02-01T06:05"] {
            assert_eq!(PartialDate::parse(text).unwrap().to_string(), text);
        }
        let subsecond = PartialDate::parse("2000-02-01 06:05:04.5").unwrap();
        assert_eq!(subsecond.to_string(), "2000-02-01T06:05:04.500");
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "200",
            "1-2-3",
            "2000-13",
            "2000-00",
            "2000-01-32",
            "2000-01-01 24:00",
            "Feb 2000",
            "2000-01-01T00:00Z",
            "2000Q1",
            "01/02/2000",
        ] {
            assert!(PartialDate::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn resolution_is_the_finest_field_in_use() {
        let unit = TimeUnit::Ms;
        assert_eq!(resolution_of(&[], unit), Resolution::Day);
        assert_eq!(resolution_of(&[NAT, 0, 86_400_000], unit), Resolution::Day);
        assert_eq!(resolution_of(&[0, 3_600_000], unit), Resolution::Hour);
        assert_eq!(resolution_of(&[0, 60_000], unit), Resolution::Minute);
        assert_eq!(resolution_of(&[0, -1_000], unit), Resolution::Second);
        assert_eq!(resolution_of(&[1], unit), Resolution::Subsecond);
    }
}
