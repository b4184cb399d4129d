//! Day arithmetic of the six calendars, without names, checks or missing values.
//!
//! Years are astronomical here (… −1, 0, 1 …); the calendars without a year zero shift theirs before
//! and after. Day 0 is 1970-01-01 of the calendar itself. All are O(1) and free of tables.
//!
//! Source of the Gregorian and Julian forms: H. Hinnant, "chrono-Compatible Low-Level Date
//! Algorithms", `days_from_civil` and `civil_from_days`: count years from March, so that the leap day
//! is the last of its year, in eras of 400 (4) years.

/// Years beyond this would overflow day numbers; ticks of a second reach ±3·10¹¹.
pub(super) const MAX_YEAR: i64 = 1_000_000_000_000;

/// 1582-10-15 Gregorian, the first day of the reform, in days since 1970-01-01.
pub(super) const REFORM: i64 = -141_427;

/// Julian 1970-01-01 is Gregorian 1970-01-14.
pub(super) const JULIAN_LAG: i64 = 13;

/// Day of a year that starts in March, from 0, of a month 1..=12 and day 1..=31.
fn day_of_march_year(month: i64, day: i64) -> i64 {
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    (153 * from_march + 2) / 5 + day - 1
}

/// Month and day of the 0-based day of a year that starts in March.
fn month_and_day(day_of_year: i64) -> (i64, i64) {
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (month, day)
}

pub(super) fn gregorian_days(year: i64, month: i64, day: i64) -> i64 {
    let y = year - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + day_of_march_year(month, day);
    // 719468 days from 0000-03-01 to 1970-01-01.
    era * 146_097 + doe - 719_468
}

pub(super) fn gregorian_date(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let (month, day) = month_and_day(doy);
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

pub(super) fn julian_days(year: i64, month: i64, day: i64) -> i64 {
    let y = year - i64::from(month <= 2);
    // 719483 days from Julian 0000-03-01 to Julian 1970-01-01.
    y * 365 + y.div_euclid(4) + day_of_march_year(month, day) - 719_483
}

pub(super) fn julian_date(days: i64) -> (i64, i64, i64) {
    let z = days + 719_483;
    let era = z.div_euclid(1_461);
    let doe = z.rem_euclid(1_461);
    let yoe = (doe - doe / 1_460) / 365;
    let (month, day) = month_and_day(doe - 365 * yoe);
    (yoe + era * 4 + i64::from(month <= 2), month, day)
}

pub(super) fn noleap_days(year: i64, month: i64, day: i64) -> i64 {
    let y = year - i64::from(month <= 2);
    // 306 days from March to the end of the year.
    y * 365 + day_of_march_year(month, day) - (1_969 * 365 + 306)
}

pub(super) fn noleap_date(days: i64) -> (i64, i64, i64) {
    let z = days + 1_969 * 365 + 306;
    let (month, day) = month_and_day(z.rem_euclid(365));
    (z.div_euclid(365) + i64::from(month <= 2), month, day)
}

pub(super) fn all_leap_days(year: i64, month: i64, day: i64) -> i64 {
    let y = year - i64::from(month <= 2);
    y * 366 + day_of_march_year(month, day) - (1_969 * 366 + 306)
}

pub(super) fn all_leap_date(days: i64) -> (i64, i64, i64) {
    let z = days + 1_969 * 366 + 306;
    let (month, day) = month_and_day(z.rem_euclid(366));
    (z.div_euclid(366) + i64::from(month <= 2), month, day)
}

pub(super) fn day360_days(year: i64, month: i64, day: i64) -> i64 {
    (year - 1_970) * 360 + (month - 1) * 30 + day - 1
}

pub(super) fn day360_date(days: i64) -> (i64, i64, i64) {
    let of_year = days.rem_euclid(360);
    (days.div_euclid(360) + 1_970, of_year / 30 + 1, of_year % 30 + 1)
}
