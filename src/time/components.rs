//! Fields of a whole column of ticks: what xarray's `.dt` gives.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::calendar::days_unchecked;
use super::{Calendar, NAT, TimeError, TimeResult, TimeUnit, ymd_from_days};

/// Names of the seasons in the order of [`Component::Season`]'s values, which is alphabetical.
pub const SEASONS: [&str; 4] = ["DJF", "JJA", "MAM", "SON"];

/// Season of month 1..=12, as an index of [`SEASONS`]; index 0 is unused.
const SEASON_OF_MONTH: [i64; 13] = [0, 0, 0, 2, 2, 2, 1, 1, 1, 3, 3, 3, 0];

/// One field of a datetime, or of a timedelta.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// Year.
    Year,
    /// Month, 1 to 12.
    Month,
    /// Day of the month, from 1.
    Day,
    /// Hour, 0 to 23.
    Hour,
    /// Minute, 0 to 59.
    Minute,
    /// Second, 0 to 59.
    Second,
    /// Microsecond of the second, 0 to 999999.
    Microsecond,
    /// Nanosecond of the microsecond, 0 to 999.
    Nanosecond,
    /// Weekday, Monday = 0.
    DayOfWeek,
    /// Day of the year, from 1.
    DayOfYear,
    /// Quarter of the year, 1 to 4.
    Quarter,
    /// Season, as an index of [`SEASONS`].
    Season,
    /// Number of days in the month.
    DaysInMonth,
    /// Number of days in the year.
    DaysInYear,
    /// 1 in leap years, else 0.
    IsLeapYear,
    /// 1 on the first day of a month, else 0.
    IsMonthStart,
    /// 1 on the last day of a month, else 0.
    IsMonthEnd,
    /// 1 on the first day of a quarter, else 0.
    IsQuarterStart,
    /// 1 on the last day of a quarter, else 0.
    IsQuarterEnd,
    /// 1 on 1 January, else 0.
    IsYearStart,
    /// 1 on the last day of a year, else 0.
    IsYearEnd,
    /// ISO 8601 week, 1 to 53: the week belongs to the year of its Thursday.
    WeekOfYear,
    /// ISO 8601 year: that of the Thursday of the week.
    IsoYear,
    /// Whole days of a timedelta, rounded down.
    Days,
    /// Seconds of a timedelta beyond its days, 0 to 86399.
    Seconds,
    /// Microseconds of a timedelta beyond its seconds, 0 to 999999.
    Microseconds,
    /// Nanoseconds of a timedelta beyond its microseconds, 0 to 999.
    Nanoseconds,
}

impl Component {
    /// Names as xarray has them; where a component has several, the first is the one it prints.
    const NAMES: [(&'static str, Component); 31] = [
        ("year", Component::Year),
        ("month", Component::Month),
        ("day", Component::Day),
        ("hour", Component::Hour),
        ("minute", Component::Minute),
        ("second", Component::Second),
        ("microsecond", Component::Microsecond),
        ("nanosecond", Component::Nanosecond),
        ("day_of_week", Component::DayOfWeek),
        ("dayofweek", Component::DayOfWeek),
        ("weekday", Component::DayOfWeek),
        ("day_of_year", Component::DayOfYear),
        ("dayofyear", Component::DayOfYear),
        ("quarter", Component::Quarter),
        ("season", Component::Season),
        ("days_in_month", Component::DaysInMonth),
        ("daysinmonth", Component::DaysInMonth),
        ("days_in_year", Component::DaysInYear),
        ("is_leap_year", Component::IsLeapYear),
        ("is_month_start", Component::IsMonthStart),
        ("is_month_end", Component::IsMonthEnd),
        ("is_quarter_start", Component::IsQuarterStart),
        ("is_quarter_end", Component::IsQuarterEnd),
        ("is_year_start", Component::IsYearStart),
        ("is_year_end", Component::IsYearEnd),
        ("week", Component::WeekOfYear),
        ("weekofyear", Component::WeekOfYear),
        ("days", Component::Days),
        ("seconds", Component::Seconds),
        ("microseconds", Component::Microseconds),
        ("nanoseconds", Component::Nanoseconds),
    ];

    /// The names that [`FromStr`] reads.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Component::NAMES.iter().map(|(name, _)| *name)
    }

    /// Returns xarray's name, such as "day_of_year".
    ///
    /// ```
    /// # use graticule::time::Component;
    /// assert_eq!(Component::DayOfYear.name(), "day_of_year");
    /// ```
    pub fn name(self) -> &'static str {
        // The ISO year is a column of `isocalendar`, which has no name of its own.
        Component::NAMES.iter().find(|(_, c)| *c == self).map_or("iso_year", |(name, _)| name)
    }

    /// Tells whether it is a field of timedeltas; the others are fields of datetimes.
    ///
    /// ```
    /// # use graticule::time::Component;
    /// assert!(Component::Seconds.is_of_timedelta() && !Component::Second.is_of_timedelta());
    /// ```
    pub const fn is_of_timedelta(self) -> bool {
        matches!(
            self,
            Component::Days | Component::Seconds | Component::Microseconds | Component::Nanoseconds
        )
    }

    /// Tells whether the values are 0 and 1 and mean a boolean.
    ///
    /// ```
    /// # use graticule::time::Component;
    /// assert!(Component::IsLeapYear.is_flag() && !Component::Year.is_flag());
    /// ```
    pub const fn is_flag(self) -> bool {
        matches!(
            self,
            Component::IsLeapYear
                | Component::IsMonthStart
                | Component::IsMonthEnd
                | Component::IsQuarterStart
                | Component::IsQuarterEnd
                | Component::IsYearStart
                | Component::IsYearEnd
        )
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Component {
    type Err = TimeError;

    fn from_str(text: &str) -> TimeResult<Component> {
        Component::NAMES.iter().find(|(name, _)| *name == text).map(|(_, c)| *c).ok_or_else(|| {
            TimeError::UnknownName {
                what: "time component",
                text: text.to_owned(),
                help: "use year, month, day, hour, minute, second, microsecond, nanosecond, \
                       day_of_week, day_of_year, quarter, season, week, days_in_month, \
                       days_in_year, is_leap_year or is_{month,quarter,year}_{start,end}; of \
                       timedeltas days, seconds, microseconds, nanoseconds",
            }
        })
    }
}

/// Returns one component of every tick. NaT gives [`NAT`].
///
/// Flags are 0 and 1; seasons are indices of [`SEASONS`]. Timedeltas have no calendar: any may be given.
///
/// ```
/// # use graticule::time::{Calendar, Component, TimeUnit, components};
/// let february = [31 * 86_400];
/// assert_eq!(components(&february, TimeUnit::S, Calendar::Standard, Component::Month), [2]);
/// // Season 0 is DJF.
/// assert_eq!(components(&february, TimeUnit::S, Calendar::Standard, Component::Season), [0]);
/// ```
pub fn components(ticks: &[i64], unit: TimeUnit, calendar: Calendar, component: Component) -> Vec<i64> {
    // The unit becomes a constant, so that the compiler divides by multiplying.
    match unit {
        TimeUnit::S => column::<1>(ticks, calendar, component),
        TimeUnit::Ms => column::<1_000>(ticks, calendar, component),
        TimeUnit::Us => column::<1_000_000>(ticks, calendar, component),
        TimeUnit::Ns => column::<1_000_000_000>(ticks, calendar, component),
    }
}

fn column<const PER_SECOND: i64>(ticks: &[i64], calendar: Calendar, component: Component) -> Vec<i64> {
    let seconds = |t: i64| t.div_euclid(PER_SECOND);
    let ns = |t: i64| t.rem_euclid(PER_SECOND) * (1_000_000_000 / PER_SECOND);
    let days = |t: i64| t.div_euclid(86_400 * PER_SECOND);
    match component {
        Component::Hour => map(ticks, |t| seconds(t).rem_euclid(86_400) / 3_600),
        Component::Minute => map(ticks, |t| seconds(t).rem_euclid(3_600) / 60),
        Component::Second => map(ticks, |t| seconds(t).rem_euclid(60)),
        Component::Seconds => map(ticks, |t| seconds(t).rem_euclid(86_400)),
        Component::Microsecond | Component::Microseconds => map(ticks, |t| ns(t) / 1_000),
        Component::Nanosecond | Component::Nanoseconds => map(ticks, |t| ns(t) % 1_000),
        Component::Days => map(ticks, days),
        Component::DayOfWeek => map(ticks, |t| calendar.day_of_week(days(t))),
        Component::WeekOfYear => map(ticks, |t| iso_week(calendar, days(t)).1),
        Component::IsoYear => map(ticks, |t| iso_week(calendar, days(t)).0),
        _ => map(ticks, |t| {
            let (y, m, d) = ymd_from_days(calendar, days(t));
            of_date(calendar, component, y, m, d)
        }),
    }
}

fn map(ticks: &[i64], f: impl Fn(i64) -> i64) -> Vec<i64> {
    ticks.iter().map(|&t| if t == NAT { NAT } else { f(t) }).collect()
}

#[inline]
fn of_date(calendar: Calendar, component: Component, y: i64, m: u8, d: u8) -> i64 {
    let first_of_quarter = m % 3 == 1;
    let last_of_quarter = m.is_multiple_of(3);
    let last_day = || d == calendar.days_in_month(y, m);
    match component {
        Component::Year => y,
        Component::Month => i64::from(m),
        Component::Day => i64::from(d),
        Component::DayOfYear => calendar.day_of_year(y, m, d),
        Component::Quarter => i64::from(m.div_ceil(3)),
        Component::Season => SEASON_OF_MONTH[usize::from(m)],
        Component::DaysInMonth => i64::from(calendar.days_in_month(y, m)),
        Component::DaysInYear => calendar.days_in_year(y),
        Component::IsLeapYear => i64::from(calendar.is_leap(y)),
        Component::IsMonthStart => i64::from(d == 1),
        Component::IsMonthEnd => i64::from(last_day()),
        Component::IsQuarterStart => i64::from(first_of_quarter && d == 1),
        Component::IsQuarterEnd => i64::from(last_of_quarter && last_day()),
        Component::IsYearStart => i64::from(m == 1 && d == 1),
        Component::IsYearEnd => i64::from(m == 12 && last_day()),
        // Answered by `column` without a date.
        Component::Hour
        | Component::Minute
        | Component::Second
        | Component::Microsecond
        | Component::Nanosecond
        | Component::DayOfWeek
        | Component::WeekOfYear
        | Component::IsoYear
        | Component::Days
        | Component::Seconds
        | Component::Microseconds
        | Component::Nanoseconds => NAT,
    }
}

/// ISO 8601 year and week of a day number.
pub(super) fn iso_week(calendar: Calendar, days: i64) -> (i64, i64) {
    let thursday = days - calendar.day_of_week(days) + 3;
    let (year, _, _) = ymd_from_days(calendar, thursday);
    (year, (thursday - days_unchecked(calendar, year, 1, 1)) / 7 + 1)
}

/// Returns the year and the part of it that has passed: 2000.5 is the middle of 2000. NaT gives NaN.
///
/// The part is the time since the beginning of the year over the length of the year, 360 to 366 days.
///
/// ```
/// # use graticule::time::{Calendar, TimeUnit, decimal_years};
/// let noon_of_middle_day = [182 * 86_400 + 43_200];
/// assert_eq!(decimal_years(&noon_of_middle_day, TimeUnit::S, Calendar::NoLeap), [1970.5]);
/// ```
pub fn decimal_years(ticks: &[i64], unit: TimeUnit, calendar: Calendar) -> Vec<f64> {
    let per_day = unit.per_day();
    let of = |&t: &i64| {
        if t == NAT {
            return f64::NAN;
        }
        let days = t.div_euclid(per_day);
        let (year, ..) = ymd_from_days(calendar, days);
        let since = (days - days_unchecked(calendar, year, 1, 1)) * per_day + t.rem_euclid(per_day);
        year as f64 + since as f64 / (calendar.days_in_year(year) * per_day) as f64
    };
    ticks.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DateTime;

    const GREGORIAN: Calendar = Calendar::ProlepticGregorian;

    fn of(component: Component, calendar: Calendar, (y, m, d): (i64, u8, u8)) -> i64 {
        let tick = DateTime::midnight(y, m, d).to_ticks(calendar, TimeUnit::S).unwrap();
        components(&[tick], TimeUnit::S, calendar, component)[0]
    }

    #[test]
    fn missing_times_have_missing_components() {
        for (_, component) in Component::NAMES {
            for unit in TimeUnit::ALL {
                let got = components(&[NAT], unit, GREGORIAN, component);
                assert_eq!(got, [NAT]);
            }
        }
    }

    #[test]
    fn no_tick_panics() {
        let ticks = [NAT + 1, -1, 0, i64::MAX];
        for (_, component) in Component::NAMES {
            for unit in TimeUnit::ALL {
                for calendar in Calendar::ALL {
                    let got = components(&ticks, unit, calendar, component);
                    assert!(!got.contains(&NAT), "{component} {unit} {calendar}");
                }
            }
        }
    }

    #[test]
    fn time_of_day_before_1970_counts_from_midnight() {
        let ticks = [-1];
        let at = |c| components(&ticks, TimeUnit::Ns, GREGORIAN, c)[0];
        assert_eq!(at(Component::Hour), 23);
        assert_eq!(at(Component::Minute), 59);
        assert_eq!(at(Component::Second), 59);
        assert_eq!(at(Component::Microsecond), 999_999);
        assert_eq!(at(Component::Nanosecond), 999);
        assert_eq!(at(Component::Year), 1969);
    }

    #[test]
    fn seasons_are_alphabetical() {
        let names: Vec<&str> =
            (1..=12).map(|m| SEASONS[of(Component::Season, GREGORIAN, (2001, m, 1)) as usize]).collect();
        assert_eq!(names[..6], ["DJF", "DJF", "MAM", "MAM", "MAM", "JJA"]);
        assert_eq!(names[6..], ["JJA", "JJA", "SON", "SON", "SON", "DJF"]);
    }

    #[test]
    fn iso_weeks_belong_to_the_year_of_their_thursday() {
        let weeks = [
            ((2005, 1, 1), 53),
            ((2007, 12, 31), 1),
            ((2008, 12, 28), 52),
            ((2009, 12, 31), 53),
            ((2010, 1, 3), 53),
            ((2010, 1, 4), 1),
        ];
        for (date, week) in weeks {
            assert_eq!(of(Component::WeekOfYear, GREGORIAN, date), week, "{date:?}");
        }
    }

    #[test]
    fn ends_of_periods_follow_the_calendar() {
        assert_eq!(of(Component::IsMonthEnd, Calendar::Day360, (2000, 2, 30)), 1);
        assert_eq!(of(Component::IsMonthEnd, Calendar::NoLeap, (2000, 2, 28)), 1);
        assert_eq!(of(Component::IsMonthEnd, GREGORIAN, (2000, 2, 28)), 0);
        assert_eq!(of(Component::IsQuarterEnd, GREGORIAN, (2000, 6, 30)), 1);
        assert_eq!(of(Component::IsQuarterStart, GREGORIAN, (2000, 7, 1)), 1);
        assert_eq!(of(Component::IsYearEnd, Calendar::Day360, (2000, 12, 30)), 1);
        assert_eq!(of(Component::DayOfYear, Calendar::AllLeap, (2001, 12, 31)), 366);
        assert_eq!(of(Component::DaysInYear, Calendar::Day360, (2001, 12, 30)), 360);
    }

    #[test]
    fn names_read_back_and_unknown_ones_are_listed() {
        for (name, component) in Component::NAMES {
            assert_eq!(name.parse(), Ok(component));
            assert_eq!(component.name().parse(), Ok(component));
        }
        assert_eq!("dayofweek".parse(), Ok(Component::DayOfWeek));
        assert!("yaer".parse::<Component>().is_err());
    }
}
