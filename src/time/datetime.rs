//! Fields of one point in time, and their text.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::calendar::days_unchecked;
use super::{Calendar, NAT, TimeError, TimeResult, TimeUnit, ymd_from_days};

/// Year to nanosecond of one point in time; which calendar it is in is said by whoever uses it.
///
/// Displays as cftime does: `2000-01-01 00:00:00`, with 6 or 9 decimals where there is a fraction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct DateTime {
    /// Year; negative years are before year 1 (or year 0, where the calendar has one).
    pub year: i64,
    /// Month, 1..=12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// Hour, 0..=23.
    pub hour: u8,
    /// Minute, 0..=59.
    pub minute: u8,
    /// Second, 0..=59.
    pub second: u8,
    /// Nanosecond of the second, 0..=999_999_999.
    pub nanosecond: u32,
}

impl DateTime {
    /// Makes midnight of a date. It is checked when it meets a calendar.
    ///
    /// ```
    /// # use graticule::time::DateTime;
    /// assert_eq!(DateTime::midnight(2000, 2, 1).hour, 0);
    /// ```
    pub const fn midnight(year: i64, month: u8, day: u8) -> DateTime {
        DateTime { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0 }
    }

    /// Returns nanoseconds since the calendar's 1970-01-01, of any size.
    ///
    /// # Errors
    /// If the calendar does not have the date, or the day not the time.
    pub(super) fn to_ns(self, calendar: Calendar) -> TimeResult<i128> {
        calendar.check_date(self.year, self.month, self.day)?;
        if self.hour > 23 || self.minute > 59 || self.second > 59 || self.nanosecond > 999_999_999 {
            return Err(TimeError::NoSuchDate {
                date: self.to_string(),
                calendar,
                why: "times of day are 00:00:00 to 23:59:59.999999999",
            });
        }
        let days = days_unchecked(calendar, self.year, self.month, self.day);
        let seconds = i64::from(self.hour) * 3_600 + i64::from(self.minute) * 60 + i64::from(self.second);
        Ok((i128::from(days) * 86_400 + i128::from(seconds)) * 1_000_000_000 + i128::from(self.nanosecond))
    }

    /// Makes the fields of a number of nanoseconds since the calendar's 1970-01-01.
    pub(super) fn from_ns(ns: i128, calendar: Calendar) -> DateTime {
        const DAY: i128 = 86_400_000_000_000;
        let days = i64::try_from(ns.div_euclid(DAY)).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX });
        // Below one day of nanoseconds, so it fits.
        DateTime::of_day(calendar, days, ns.rem_euclid(DAY) as i64)
    }

    fn of_day(calendar: Calendar, days: i64, ns_of_day: i64) -> DateTime {
        let (year, month, day) = ymd_from_days(calendar, days);
        let seconds = ns_of_day / 1_000_000_000;
        DateTime {
            year,
            month,
            day,
            hour: (seconds / 3_600) as u8,
            minute: (seconds / 60 % 60) as u8,
            second: (seconds % 60) as u8,
            nanosecond: (ns_of_day % 1_000_000_000) as u32,
        }
    }

    /// Returns ticks of `unit` since the calendar's 1970-01-01; digits finer than the unit are
    /// dropped (floor), as in `numpy.datetime64("…", unit)`.
    ///
    /// # Errors
    /// If the calendar does not have the date, or the ticks do not fit in 64 bits.
    ///
    /// ```
    /// # use graticule::time::{Calendar, DateTime, TimeUnit};
    /// let second_of_january = DateTime::midnight(1970, 1, 2);
    /// assert_eq!(second_of_january.to_ticks(Calendar::Standard, TimeUnit::S)?, 86_400);
    /// assert!(DateTime::midnight(2001, 2, 29).to_ticks(Calendar::Standard, TimeUnit::S).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_ticks(self, calendar: Calendar, unit: TimeUnit) -> TimeResult<i64> {
        let ns = self.to_ns(calendar)?;
        i64::try_from(ns.div_euclid(i128::from(unit.tick_ns())))
            .ok()
            .filter(|&t| t != NAT)
            .ok_or_else(|| TimeError::overflow("datetime ticks", self, Some(ns), unit))
    }

    /// Makes the fields of a tick; `None` for NaT.
    ///
    /// ```
    /// # use graticule::time::{Calendar, DateTime, NAT, TimeUnit};
    /// let day = DateTime::from_ticks(59 * 86_400, TimeUnit::S, Calendar::Day360);
    /// assert_eq!(day, Some(DateTime::midnight(1970, 2, 30)));
    /// assert_eq!(DateTime::from_ticks(NAT, TimeUnit::S, Calendar::Day360), None);
    /// ```
    pub fn from_ticks(ticks: i64, unit: TimeUnit, calendar: Calendar) -> Option<DateTime> {
        if ticks == NAT {
            return None;
        }
        let ns_of_day = ticks.rem_euclid(unit.per_day()) * unit.tick_ns();
        Some(DateTime::of_day(calendar, ticks.div_euclid(unit.per_day()), ns_of_day))
    }

    /// Returns ISO 8601 text with the decimals of `unit`, as numpy prints: `2000-01-01T00:00:00.000`
    /// for ms.
    ///
    /// ```
    /// # use graticule::time::{DateTime, TimeUnit};
    /// assert_eq!(DateTime::midnight(2000, 2, 1).iso(TimeUnit::S), "2000-02-01T00:00:00");
    /// ```
    pub fn iso(&self, unit: TimeUnit) -> String {
        let mut text = self.whole_seconds('T');
        let decimals = unit.decimals();
        if decimals > 0 {
            text.push('.');
            text.push_str(&format!("{:09}", self.nanosecond)[..decimals]);
        }
        text
    }

    /// `2000-01-01T00:00:00` with any separator; years have at least four digits.
    pub(super) fn whole_seconds(&self, separator: char) -> String {
        let sign = if self.year < 0 { "-" } else { "" };
        format!(
            "{sign}{:04}-{:02}-{:02}{separator}{:02}:{:02}:{:02}",
            self.year.unsigned_abs(),
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second
        )
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole_seconds(' '))?;
        match self.nanosecond {
            0 => Ok(()),
            n if n % 1_000 == 0 => write!(f, ".{:06}", n / 1_000),
            n => write!(f, ".{n:09}"),
        }
    }
}

/// Returns the text that numpy prints for a tick: ISO 8601 with the decimals of the unit, or "NaT".
///
/// ```
/// # use graticule::time::{Calendar, NAT, TimeUnit, format_iso};
/// assert_eq!(format_iso(1_500, TimeUnit::Ms, Calendar::Standard), "1970-01-01T00:00:01.500");
/// assert_eq!(format_iso(NAT, TimeUnit::Ms, Calendar::Standard), "NaT");
/// ```
pub fn format_iso(ticks: i64, unit: TimeUnit, calendar: Calendar) -> String {
    DateTime::from_ticks(ticks, unit, calendar).map_or_else(|| "NaT".to_owned(), |d| d.iso(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREGORIAN: Calendar = Calendar::ProlepticGregorian;

    #[test]
    fn iso_text_has_the_decimals_of_the_unit() {
        let d = DateTime::midnight(2000, 1, 1);
        assert_eq!(d.iso(TimeUnit::S), "2000-01-01T00:00:00");
        assert_eq!(d.iso(TimeUnit::Ns), "2000-01-01T00:00:00.000000000");
        assert_eq!(format_iso(-1, TimeUnit::Ms, GREGORIAN), "1969-12-31T23:59:59.999");
        assert_eq!(format_iso(NAT, TimeUnit::Ms, GREGORIAN), "NaT");
        assert_eq!(DateTime::midnight(-1, 1, 1).iso(TimeUnit::S), "-0001-01-01T00:00:00");
        assert_eq!(DateTime::midnight(12_000, 1, 1).iso(TimeUnit::S), "12000-01-01T00:00:00");
    }

    #[test]
    fn display_is_as_cftime() {
        let d = DateTime { nanosecond: 500_000_000, ..DateTime::midnight(1, 2, 30) };
        assert_eq!(d.to_string(), "0001-02-30 00:00:00.500000");
        assert_eq!(DateTime { nanosecond: 5, ..d }.to_string(), "0001-02-30 00:00:00.000000005");
        assert_eq!(DateTime::midnight(2000, 1, 1).to_string(), "2000-01-01 00:00:00");
    }

    #[test]
    fn ends_of_the_ns_range_read_back_and_beyond_is_an_error() {
        for ticks in [NAT + 1, -1, 0, 1, i64::MAX] {
            for unit in TimeUnit::ALL {
                for calendar in Calendar::ALL {
                    let d = DateTime::from_ticks(ticks, unit, calendar).unwrap();
                    assert_eq!(d.to_ticks(calendar, unit), Ok(ticks), "{d} {unit} {calendar}");
                }
            }
        }
        let err = DateTime::midnight(2300, 1, 1).to_ticks(GREGORIAN, TimeUnit::Ns).unwrap_err();
        assert_eq!(
            err.to_string(),
            "2300-01-01 00:00:00 does not fit in 64-bit datetime ticks of unit ns; unit us would hold it"
        );
    }

    #[test]
    fn times_of_day_are_checked() {
        let d = DateTime { hour: 24, ..DateTime::midnight(2000, 1, 1) };
        assert!(d.to_ticks(GREGORIAN, TimeUnit::S).is_err());
    }
}
