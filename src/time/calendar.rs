//! CF's calendars: which dates exist, and their day numbers.
//!
//! CF conventions, section 4.4.2; rules of year zero and of the reform as in cftime.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::civil::{self, JULIAN_LAG, MAX_YEAR, REFORM};
use super::{TimeError, TimeResult};

/// Rule that says which dates exist and how many days lie between them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Calendar {
    /// Julian before 1582-10-15, Gregorian from then on; no 1582-10-05 to -14, no year 0.
    #[serde(rename = "standard")]
    Standard,
    /// Gregorian at all times (ISO 8601); the calendar of numpy's `datetime64`.
    #[serde(rename = "proleptic_gregorian")]
    ProlepticGregorian,
    /// 365 days every year.
    #[serde(rename = "noleap")]
    NoLeap,
    /// 366 days every year.
    #[serde(rename = "all_leap")]
    AllLeap,
    /// Twelve months of 30 days.
    #[serde(rename = "360_day")]
    Day360,
    /// A leap year every four years; no year 0.
    #[serde(rename = "julian")]
    Julian,
}

impl Calendar {
    /// The calendars.
    pub const ALL: [Calendar; 6] = [
        Calendar::Standard,
        Calendar::ProlepticGregorian,
        Calendar::NoLeap,
        Calendar::AllLeap,
        Calendar::Day360,
        Calendar::Julian,
    ];

    /// Returns the CF name, such as "noleap" or "360_day".
    ///
    /// ```
    /// # use graticule::time::Calendar;
    /// assert_eq!(Calendar::Day360.name(), "360_day");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Calendar::Standard => "standard",
            Calendar::ProlepticGregorian => "proleptic_gregorian",
            Calendar::NoLeap => "noleap",
            Calendar::AllLeap => "all_leap",
            Calendar::Day360 => "360_day",
            Calendar::Julian => "julian",
        }
    }

    /// Tells whether the calendar counts a year 0 between −1 and 1 (cftime's `has_year_zero`).
    ///
    /// ```
    /// # use graticule::time::Calendar;
    /// assert!(Calendar::ProlepticGregorian.has_year_zero() && !Calendar::Julian.has_year_zero());
    /// ```
    pub const fn has_year_zero(self) -> bool {
        !matches!(self, Calendar::Standard | Calendar::Julian)
    }

    /// Tells whether dates from 1582-10-15 on are the ordinary ones that `datetime64` can hold.
    ///
    /// ```
    /// # use graticule::time::Calendar;
    /// assert!(Calendar::Standard.is_standard_like() && !Calendar::NoLeap.is_standard_like());
    /// ```
    pub const fn is_standard_like(self) -> bool {
        matches!(self, Calendar::Standard | Calendar::ProlepticGregorian)
    }

    /// Returns the year in a count that has a year 0: the year before 1 is 0.
    pub(super) const fn astronomical(self, year: i64) -> i64 {
        if year < 0 && !self.has_year_zero() { year + 1 } else { year }
    }

    /// Undoes [`Calendar::astronomical`].
    pub(super) const fn historical(self, year: i64) -> i64 {
        if year <= 0 && !self.has_year_zero() { year.saturating_sub(1) } else { year }
    }

    /// Returns the year that follows `years` later (earlier if negative), stepping over a missing
    /// year 0.
    pub(super) fn add_years(self, year: i64, years: i64) -> i64 {
        self.historical(self.astronomical(year).saturating_add(years))
    }

    /// Tells whether `year` has a 29 February.
    ///
    /// The 360-day calendar has no leap years, although it has a 29 (and 30) February.
    ///
    /// ```
    /// # use graticule::time::Calendar;
    /// assert!(Calendar::Julian.is_leap(1900) && !Calendar::Standard.is_leap(1900));
    /// ```
    pub const fn is_leap(self, year: i64) -> bool {
        let y = self.astronomical(year);
        match self {
            Calendar::NoLeap | Calendar::Day360 => false,
            Calendar::AllLeap => true,
            Calendar::Julian => y % 4 == 0,
            Calendar::Standard if year < 1_582 => y % 4 == 0,
            Calendar::Standard | Calendar::ProlepticGregorian => y % 4 == 0 && (y % 100 != 0 || y % 400 == 0),
        }
    }

    /// Returns the number of the last day of the month; 0 if `month` is not in 1..=12.
    ///
    /// October 1582 of the standard calendar counts as 31, as in cftime, although ten are missing.
    ///
    /// ```
    /// # use graticule::time::Calendar;
    /// assert_eq!(Calendar::Standard.days_in_month(2000, 2), 29);
    /// assert_eq!(Calendar::NoLeap.days_in_month(2000, 2), 28);
    /// ```
    pub const fn days_in_month(self, year: i64, month: u8) -> u8 {
        match (self, month) {
            (_, 0 | 13..) => 0,
            (Calendar::Day360, _) => 30,
            (_, 2) => 28 + self.is_leap(year) as u8,
            (_, 4 | 6 | 9 | 11) => 30,
            _ => 31,
        }
    }

    /// Returns 360, 365 or 366; 1582 of the standard calendar counts as 365, as in xarray.
    ///
    /// ```
    /// # use graticule::time::Calendar;
    /// assert_eq!(Calendar::AllLeap.days_in_year(2001), 366);
    /// ```
    pub const fn days_in_year(self, year: i64) -> i64 {
        match self {
            Calendar::Day360 => 360,
            _ => 365 + self.is_leap(year) as i64,
        }
    }

    /// Checks that the calendar has the date.
    ///
    /// # Errors
    /// If month or day are out of range for the year, the year is a missing year 0, or the day was
    /// skipped by the reform of 1582.
    ///
    /// ```
    /// # use graticule::time::Calendar;
    /// assert!(Calendar::Day360.check_date(2000, 2, 30).is_ok());
    /// assert!(Calendar::Standard.check_date(1582, 10, 10).is_err());
    /// ```
    pub fn check_date(self, year: i64, month: u8, day: u8) -> TimeResult<()> {
        let why = if !(1..=12).contains(&month) {
            "months are 1 to 12"
        } else if day == 0 {
            "days start at 1"
        } else if year == 0 && !self.has_year_zero() {
            "year 1 follows year -1; `proleptic_gregorian` has a year 0"
        } else if !(-MAX_YEAR..=MAX_YEAR).contains(&year) {
            "the year is too far from 1970 to count"
        } else if day > self.days_in_month(year, month) {
            "the month has fewer days"
        } else if self == Calendar::Standard && in_reform_gap(year, month, day) {
            "the reform skipped from 1582-10-04 to 1582-10-15; `proleptic_gregorian` has the date"
        } else {
            return Ok(());
        };
        Err(TimeError::NoSuchDate { date: format!("{year:04}-{month:02}-{day:02}"), calendar: self, why })
    }

    /// Returns the weekday of a day number, Monday = 0, counted as cftime does.
    ///
    /// Idealised calendars have no true weekdays; cftime counts theirs from year 0.
    ///
    /// ```
    /// # use graticule::time::Calendar;
    /// // 1970-01-01 was a Thursday.
    /// assert_eq!(Calendar::Standard.day_of_week(0), 3);
    /// ```
    pub const fn day_of_week(self, days: i64) -> i64 {
        let first = match self {
            // 1970-01-01 was a Thursday.
            Calendar::Standard | Calendar::ProlepticGregorian | Calendar::NoLeap => 3,
            Calendar::AllLeap => 6,
            Calendar::Day360 | Calendar::Julian => 2,
        };
        (days.rem_euclid(7) + first) % 7
    }

    /// Returns the day of the year, from 1.
    ///
    /// ```
    /// # use graticule::time::Calendar;
    /// assert_eq!(Calendar::Standard.day_of_year(2000, 3, 1), 61);
    /// assert_eq!(Calendar::NoLeap.day_of_year(2000, 3, 1), 60);
    /// ```
    pub const fn day_of_year(self, year: i64, month: u8, day: u8) -> i64 {
        let (month, day) = (month as i64, day as i64);
        if matches!(self, Calendar::Day360) {
            return (month - 1) * 30 + day;
        }
        let before_march = if month > 2 {
            59 + self.is_leap(year) as i64
        } else {
            return (month - 1) * 31 + day;
        };
        before_march + (153 * (month - 3) + 2) / 5 + day
    }
}

/// Tells whether the date is one of the ten that the reform of 1582 skipped.
pub(super) fn in_reform_gap(year: i64, month: u8, day: u8) -> bool {
    year == 1_582 && month == 10 && (5..15).contains(&day)
}

/// Returns the days from the calendar's own 1970-01-01 to the date.
///
/// # Errors
/// If the calendar does not have the date.
///
/// ```
/// # use graticule::time::{Calendar, days_from_ymd};
/// assert_eq!(days_from_ymd(Calendar::Standard, 2000, 1, 1)?, 10957);
/// assert_eq!(days_from_ymd(Calendar::Day360, 2000, 1, 1)?, 30 * 360);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn days_from_ymd(calendar: Calendar, year: i64, month: u8, day: u8) -> TimeResult<i64> {
    calendar.check_date(year, month, day)?;
    Ok(days_unchecked(calendar, year, month, day))
}

/// [`days_from_ymd`] for dates that are known to exist.
pub(super) fn days_unchecked(calendar: Calendar, year: i64, month: u8, day: u8) -> i64 {
    let y = calendar.astronomical(year);
    let (m, d) = (i64::from(month), i64::from(day));
    match calendar {
        Calendar::ProlepticGregorian => civil::gregorian_days(y, m, d),
        Calendar::Standard if (year, month, day) >= (1_582, 10, 15) => civil::gregorian_days(y, m, d),
        Calendar::Standard => civil::julian_days(y, m, d) + JULIAN_LAG,
        Calendar::Julian => civil::julian_days(y, m, d),
        Calendar::NoLeap => civil::noleap_days(y, m, d),
        Calendar::AllLeap => civil::all_leap_days(y, m, d),
        Calendar::Day360 => civil::day360_days(y, m, d),
    }
}

/// Returns the date (year, month, day) that lies `days` after the calendar's own 1970-01-01.
///
/// Day numbers beyond ±10¹² years are clamped to it: no tick reaches them.
///
/// ```
/// # use graticule::time::{Calendar, ymd_from_days};
/// assert_eq!(ymd_from_days(Calendar::NoLeap, 365), (1971, 1, 1));
/// ```
#[inline]
pub fn ymd_from_days(calendar: Calendar, days: i64) -> (i64, u8, u8) {
    let days = days.clamp(-360 * MAX_YEAR, 360 * MAX_YEAR);
    let (y, m, d) = match calendar {
        Calendar::ProlepticGregorian => civil::gregorian_date(days),
        Calendar::Standard if days >= REFORM => civil::gregorian_date(days),
        Calendar::Standard => civil::julian_date(days - JULIAN_LAG),
        Calendar::Julian => civil::julian_date(days),
        Calendar::NoLeap => civil::noleap_date(days),
        Calendar::AllLeap => civil::all_leap_date(days),
        Calendar::Day360 => civil::day360_date(days),
    };
    // Month and day are 1..=12 and 1..=31 by construction.
    (calendar.historical(y), m as u8, d as u8)
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Calendar {
    type Err = TimeError;

    /// Reads a CF name or alias, in any case: "gregorian" is standard, "365_day" is noleap.
    fn from_str(text: &str) -> TimeResult<Calendar> {
        Ok(match text.trim().to_ascii_lowercase().as_str() {
            "standard" | "gregorian" => Calendar::Standard,
            "proleptic_gregorian" => Calendar::ProlepticGregorian,
            "noleap" | "365_day" => Calendar::NoLeap,
            "all_leap" | "366_day" => Calendar::AllLeap,
            "360_day" => Calendar::Day360,
            "julian" => Calendar::Julian,
            _ => {
                return Err(TimeError::UnknownName {
                    what: "calendar",
                    text: text.to_owned(),
                    help: "use one of standard (gregorian), proleptic_gregorian, noleap (365_day), \
                           all_leap (366_day), 360_day, julian",
                });
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_six_thousand_years_reads_back() {
        for calendar in Calendar::ALL {
            let mut before = ymd_from_days(calendar, -1_500_001);
            for days in -1_500_000..700_000 {
                let (y, m, d) = ymd_from_days(calendar, days);
                assert!((y, m, d) > before, "{calendar} {days}");
                assert_eq!(days_from_ymd(calendar, y, m, d), Ok(days), "{calendar}");
                before = (y, m, d);
            }
        }
    }

    #[test]
    fn epoch_is_day_zero_in_every_calendar() {
        for calendar in Calendar::ALL {
            assert_eq!(days_from_ymd(calendar, 1970, 1, 1), Ok(0), "{calendar}");
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused_with_the_reason() {
        let refused = [
            (Calendar::Standard, 2001, 2, 29),
            (Calendar::Standard, 2000, 2, 31),
            (Calendar::Standard, 1582, 10, 5),
            (Calendar::Standard, 1582, 10, 14),
            (Calendar::Standard, 0, 1, 1),
            (Calendar::Julian, 0, 1, 1),
            (Calendar::NoLeap, 2000, 2, 29),
            (Calendar::Day360, 2000, 1, 31),
            (Calendar::ProlepticGregorian, 2000, 13, 1),
            (Calendar::ProlepticGregorian, 2000, 0, 1),
            (Calendar::ProlepticGregorian, 2000, 1, 0),
            (Calendar::ProlepticGregorian, i64::MAX, 1, 1),
        ];
        for (calendar, y, m, d) in refused {
            assert!(days_from_ymd(calendar, y, m, d).is_err(), "{calendar} {y}");
        }
        assert_eq!(
            days_from_ymd(Calendar::NoLeap, 2000, 2, 29).unwrap_err().to_string(),
            "there is no 2000-02-29 in the noleap calendar: the month has fewer days"
        );
    }

    #[test]
    fn dates_that_exist_only_in_some_calendars() {
        assert!(days_from_ymd(Calendar::Day360, 2001, 2, 30).is_ok());
        assert!(days_from_ymd(Calendar::AllLeap, 2001, 2, 29).is_ok());
        assert!(days_from_ymd(Calendar::Julian, 1900, 2, 29).is_ok());
        assert!(days_from_ymd(Calendar::ProlepticGregorian, 1582, 10, 10).is_ok());
        assert!(days_from_ymd(Calendar::ProlepticGregorian, 0, 2, 29).is_ok());
    }

    #[test]
    fn the_reform_skips_ten_days() {
        assert_eq!(days_from_ymd(Calendar::Standard, 1582, 10, 15), Ok(REFORM));
        assert_eq!(days_from_ymd(Calendar::Standard, 1582, 10, 4), Ok(REFORM - 1));
        assert_eq!(ymd_from_days(Calendar::Standard, REFORM - 1), (1582, 10, 4));
    }

    #[test]
    fn names_and_aliases_read_in_any_case() {
        for calendar in Calendar::ALL {
            assert_eq!(calendar.name().parse(), Ok(calendar));
            let json = serde_json::to_string(&calendar).unwrap();
            assert_eq!(json, format!("\"{calendar}\""));
        }
        assert_eq!("Gregorian".parse(), Ok(Calendar::Standard));
        assert_eq!("365_DAY".parse(), Ok(Calendar::NoLeap));
        assert_eq!("366_day".parse(), Ok(Calendar::AllLeap));
        assert!("tai".parse::<Calendar>().is_err());
    }

    #[test]
    fn extreme_day_numbers_do_not_panic() {
        for calendar in Calendar::ALL {
            for days in [i64::MIN, i64::MAX] {
                let (_, m, d) = ymd_from_days(calendar, days);
                assert!((1..=12).contains(&m) && (1..=31).contains(&d));
                let dow = calendar.day_of_week(days);
                assert!((0..7).contains(&dow));
            }
            let _ = calendar.is_leap(i64::MIN);
        }
    }
}
