//! CF time units: "days since 1850-01-01", in a calendar.
//!
//! Spec: CF conventions, sections 4.4 and 4.4.1; names of steps from UDUNITS as cftime accepts them, and
//! the short forms "us", "ns" and weeks.
//!
//! ```text
//! hours since 2000-01-01 06:00:00 -5:30
//! seconds since 1970-01-01T00:00:00Z
//! months since 2000-01-15                  (360_day only)
//! ```

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::scan::scan;
use super::{Calendar, DateTime, TimeError, TimeResult, TimeUnit};

/// Length of one count of a CF time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CfStep {
    /// 365 days, in the noleap calendar.
    CommonYear,
    /// 30 days, in the 360_day calendar.
    Month,
    /// 7 days.
    Week,
    /// 86400 seconds.
    Day,
    /// 3600 seconds.
    Hour,
    /// 60 seconds.
    Minute,
    /// 1 second.
    Second,
    /// 10⁻³ seconds.
    Millisecond,
    /// 10⁻⁶ seconds.
    Microsecond,
    /// 10⁻⁹ seconds.
    Nanosecond,
}

impl CfStep {
    /// The steps that xarray chooses from when it writes, longest first.
    pub const INFERRED: [CfStep; 7] = [
        CfStep::Day,
        CfStep::Hour,
        CfStep::Minute,
        CfStep::Second,
        CfStep::Millisecond,
        CfStep::Microsecond,
        CfStep::Nanosecond,
    ];

    /// Returns the length in nanoseconds.
    ///
    /// ```
    /// # use graticule::time::CfStep;
    /// assert_eq!(CfStep::Hour.ns(), 3_600_000_000_000);
    /// ```
    pub const fn ns(self) -> i64 {
        const SECOND: i64 = 1_000_000_000;
        const DAY: i64 = 86_400 * SECOND;
        match self {
            CfStep::CommonYear => 365 * DAY,
            CfStep::Month => 30 * DAY,
            CfStep::Week => 7 * DAY,
            CfStep::Day => DAY,
            CfStep::Hour => 3_600 * SECOND,
            CfStep::Minute => 60 * SECOND,
            CfStep::Second => SECOND,
            CfStep::Millisecond => 1_000_000,
            CfStep::Microsecond => 1_000,
            CfStep::Nanosecond => 1,
        }
    }

    /// Returns the plural that xarray writes, such as "days".
    ///
    /// ```
    /// # use graticule::time::CfStep;
    /// assert_eq!(CfStep::Day.name(), "days");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            CfStep::CommonYear => "common_years",
            CfStep::Month => "months",
            CfStep::Week => "weeks",
            CfStep::Day => "days",
            CfStep::Hour => "hours",
            CfStep::Minute => "minutes",
            CfStep::Second => "seconds",
            CfStep::Millisecond => "milliseconds",
            CfStep::Microsecond => "microseconds",
            CfStep::Nanosecond => "nanoseconds",
        }
    }

    /// Returns the coarsest tick of which the step is a whole number.
    ///
    /// ```
    /// # use graticule::time::{CfStep, TimeUnit};
    /// assert_eq!(CfStep::Day.unit(), TimeUnit::S);
    /// assert_eq!(CfStep::Microsecond.unit(), TimeUnit::Us);
    /// ```
    pub fn unit(self) -> TimeUnit {
        TimeUnit::coarsest_for(i128::from(self.ns()))
    }

    /// Returns the longest step of [`CfStep::INFERRED`] that divides all the lengths, given in ticks.
    pub(super) fn dividing(lengths: impl Iterator<Item = i128>, unit: TimeUnit) -> CfStep {
        let tick = i128::from(unit.tick_ns());
        let mut candidates = CfStep::INFERRED.into_iter();
        let mut step = candidates.next().unwrap_or(CfStep::Day);
        for length in lengths {
            // A step that does not divide one length is out for good, so one pass is enough.
            while (length * tick) % i128::from(step.ns()) != 0 {
                match candidates.next() {
                    Some(next) => step = next,
                    None => return CfStep::Nanosecond,
                }
            }
        }
        step
    }
}

impl fmt::Display for CfStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CfStep {
    type Err = TimeError;

    /// Reads a step in any case, singular, plural or abbreviated.
    ///
    /// "months" and "common_years" are read too: [`CfTimeUnits::parse`] holds them to their calendar.
    fn from_str(text: &str) -> TimeResult<CfStep> {
        Ok(match text.trim().to_lowercase().as_str() {
            "common_year" | "common_years" => CfStep::CommonYear,
            "month" | "months" => CfStep::Month,
            "week" | "weeks" => CfStep::Week,
            "day" | "days" | "d" => CfStep::Day,
            "hour" | "hours" | "hr" | "hrs" | "h" => CfStep::Hour,
            "minute" | "minutes" | "min" | "mins" => CfStep::Minute,
            "second" | "seconds" | "sec" | "secs" | "s" => CfStep::Second,
            "millisecond" | "milliseconds" | "millisec" | "millisecs" | "msec" | "msecs" | "ms" => {
                CfStep::Millisecond
            }
            "microsecond" | "microseconds" | "microsec" | "microsecs" | "us" | "µs" => CfStep::Microsecond,
            "nanosecond" | "nanoseconds" | "nanosec" | "nanosecs" | "ns" => CfStep::Nanosecond,
            "m" => {
                return Err(unknown_step(text, "`m` is the metre in UDUNITS; write minutes or months"));
            }
            "year" | "years" | "yr" | "y" => {
                return Err(unknown_step(
                    text,
                    "a year has no fixed length, and xarray refuses it too; use days, or \
                     common_years in the noleap calendar",
                ));
            }
            _ => {
                return Err(unknown_step(
                    text,
                    "use weeks, days, hours, minutes, seconds, milliseconds, microseconds or \
                     nanoseconds",
                ));
            }
        })
    }
}

fn unknown_step(text: &str, help: &'static str) -> TimeError {
    TimeError::UnknownName { what: "unit of a CF time", text: text.to_owned(), help }
}

/// Meaning of the numbers of a CF time variable: step, reference time, calendar.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct CfTimeUnits {
    /// Length of one count.
    pub step: CfStep,
    /// The time that count 0 means, in UTC.
    pub reference: DateTime,
    /// Calendar of the reference and of all counts.
    pub calendar: Calendar,
}

impl CfTimeUnits {
    /// Reads `STEP since DATE [TIME [ZONE]]`. The case of the words does not matter.
    ///
    /// A zone moves the reference to UTC: "… 06:00 -5:30" is 11:30. A missing month or day is 1.
    ///
    /// # Errors
    /// If the text has another form, the step is unknown or belongs to another calendar ("months" only
    /// in 360_day, "common_years" only in noleap, as in cftime; xarray refuses others too), or the
    /// calendar does not have the date.
    ///
    /// ```
    /// # use graticule::time::{Calendar, CfStep, CfTimeUnits};
    /// let units = CfTimeUnits::parse("hours since 1900-01-01 06:00 -5:30", Calendar::Standard)?;
    /// assert_eq!(units.step, CfStep::Hour);
    /// assert_eq!((units.reference.hour, units.reference.minute), (11, 30));
    /// assert!(CfTimeUnits::parse("hours from 1900-01-01", Calendar::Standard).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn parse(text: &str, calendar: Calendar) -> TimeResult<CfTimeUnits> {
        let fail = |help: &str| TimeError::parse("CF time unit", text, help);
        let mut words = text.split_whitespace();
        let (step, since) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        if !since.eq_ignore_ascii_case("since") {
            return Err(fail("write it as `days since 2000-01-01 00:00:00`"));
        }
        let step: CfStep = step.parse()?;
        match step {
            CfStep::Month if calendar != Calendar::Day360 => {
                return Err(fail(
                    "months have a fixed length only in the 360_day calendar; xarray refuses this \
                     too: open with time decoding off and add months to the reference",
                ));
            }
            CfStep::CommonYear if calendar != Calendar::NoLeap => {
                return Err(fail("common_years are only for the noleap calendar"));
            }
            _ => {}
        }
        let date = words.collect::<Vec<_>>().join(" ");
        let f = scan("reference time", &date).map_err(|err| match err {
            TimeError::Parse { help, .. } => fail(&help),
            other => other,
        })?;
        let local = DateTime {
            year: f.year,
            month: f.month.unwrap_or(1),
            day: f.day.unwrap_or(1),
            hour: f.hour.unwrap_or(0),
            minute: f.minute.unwrap_or(0),
            second: f.second.unwrap_or(0),
            nanosecond: f.nanosecond,
        };
        let ns = local.to_ns(calendar)?;
        let reference = match f.zone.unwrap_or(0) {
            0 => local,
            minutes => DateTime::from_ns(ns - i128::from(minutes) * 60_000_000_000, calendar),
        };
        Ok(CfTimeUnits { step, reference, calendar })
    }

    /// Returns the reference in nanoseconds since the calendar's 1970-01-01.
    pub(super) fn reference_ns(&self) -> TimeResult<i128> {
        self.reference.to_ns(self.calendar)
    }
}

impl fmt::Display for CfTimeUnits {
    /// Writes "days since 2000-01-01 00:00:00"; the calendar is a separate attribute.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} since {}", self.step, self.reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(units: &str, calendar: Calendar) -> String {
        CfTimeUnits::parse(units, calendar).unwrap().to_string()
    }

    #[test]
    fn units_read_as_cftime_and_pandas_read_them() {
        for (units, want) in [
            ("days since 1850-1-1", "days since 1850-01-01 00:00:00"),
            ("Days Since 1850-01-01", "days since 1850-01-01 00:00:00"),
            ("hours since 2000-01-01 06:00:00", "hours since 2000-01-01 06:00:00"),
            ("seconds since 1970-01-01T00:00:00Z", "seconds since 1970-01-01 00:00:00"),
            ("hr since 1900-01-01 00:00:0.0", "hours since 1900-01-01 00:00:00"),
            ("d since 2000-01-01 06:00 -5:30", "days since 2000-01-01 11:30:00"),
            ("d since 2000-01-01 00:00:00 +05", "days since 1999-12-31 19:00:00"),
            ("msec since 2000", "milliseconds since 2000-01-01 00:00:00"),
            ("us since 20000101", "microseconds since 2000-01-01 00:00:00"),
            ("s since 2000-01-01 00:00:00.5 UTC", "seconds since 2000-01-01 00:00:00.500000"),
            ("days since 1-1-1", "days since 0001-01-01 00:00:00"),
            ("weeks since -1-1-1", "weeks since -0001-01-01 00:00:00"),
        ] {
            assert_eq!(text(units, Calendar::Standard), want, "{units}");
            // What is written reads back.
            assert_eq!(text(want, Calendar::Standard), want);
        }
    }

    #[test]
    fn months_and_years_belong_to_one_calendar() {
        let months = "months since 2000-01-15";
        assert_eq!(text(months, Calendar::Day360), "months since 2000-01-15 00:00:00");
        assert!(CfTimeUnits::parse(months, Calendar::Standard).is_err());
        assert!(CfTimeUnits::parse("common_years since 2000-1-1", Calendar::NoLeap).is_ok());
        assert!(CfTimeUnits::parse("common_years since 2000-1-1", Calendar::Day360).is_err());
        for calendar in Calendar::ALL {
            assert!(CfTimeUnits::parse("years since 2000-1-1", calendar).is_err());
        }
    }

    #[test]
    fn other_units_are_refused_with_the_text() {
        for units in [
            "",
            "days",
            "since",
            "days since",
            "days from 2000-01-01",
            "m since 2000-01-01",
            "days since 2000-13-01",
            "days since 0000-01-01",
            "days since yesterday",
            "days since 2000-02-30",
            "days since 2000-01-01 24:00:00",
            "K",
            "m s-1",
        ] {
            assert!(CfTimeUnits::parse(units, Calendar::Standard).is_err(), "{units}");
        }
        let err = CfTimeUnits::parse("days after 2000-01-01", Calendar::Standard).unwrap_err();
        assert_eq!(
            err.to_string(),
            "cannot read `days after 2000-01-01` as a CF time unit; write it as `days since \
             2000-01-01 00:00:00`"
        );
    }
}
