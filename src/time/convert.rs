//! The dates of one calendar as dates of another.

use super::calendar::days_unchecked;
use super::{Calendar, DateTime, NAT, TimeError, TimeResult, TimeUnit, ymd_from_days};

/// Which date of another calendar a date becomes; the time of day stays.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlignOn {
    /// The same year, month and day, where the other calendar has it.
    Date,
    /// The day that lies as far into the year, in parts of its length.
    Year,
    /// As the dates of a year of 360 days and the others pair when five days, one of each fifth of the year,
    /// are left out at random (and 29 February of leap years). The number is where the random ones start:
    /// the same number leaves out the same days.
    ///
    /// As in the LOCA data; Pierce, Cayan and Thrasher (2014), doi:10.1175/JHM-D-14-0082.1.
    Random(u64),
}

/// Returns the ticks in `to` of times in `from`; [`NAT`] where `to` does not have the date, and for NaT.
///
/// Only dates of a calendar of 360 days are told apart by `align`: between all others, dates are the same
/// dates. Several dates may become one.
///
/// # Errors
/// If a tick does not fit in 64 bits, or a date lies in a year 0 that `to` does not have.
///
/// ```
/// # use graticule::time::{AlignOn, Calendar, NAT, TimeUnit, convert_dates};
/// // The 28th and 29th of February 1972.
/// let leap = [788 * 86_400, 789 * 86_400];
/// let [standard, noleap] = [Calendar::Standard, Calendar::NoLeap];
/// assert_eq!(convert_dates(&leap, TimeUnit::S, standard, noleap, AlignOn::Date)?, [788 * 86_400, NAT]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn convert_dates(
    ticks: &[i64],
    unit: TimeUnit,
    from: Calendar,
    to: Calendar,
    align: AlignOn,
) -> TimeResult<Vec<i64>> {
    let by_day = (from == Calendar::Day360) != (to == Calendar::Day360);
    // Neighbours mostly share their year.
    let mut left_out = (i64::MIN, [0; 5]);
    let convert = |&tick: &i64| {
        let Some(date) = DateTime::from_ticks(tick, unit, from) else { return Ok(NAT) };
        if date.year == 0 && !to.has_year_zero() {
            return Err(TimeError::NoSuchDate {
                date: date.to_string(),
                calendar: to,
                why: "it has no year 0; `proleptic_gregorian` has one",
            });
        }
        let day = match align {
            _ if !by_day => None,
            AlignOn::Date => None,
            AlignOn::Year => Some(as_far(date, from, to)),
            AlignOn::Random(seed) => {
                if left_out.0 != date.year {
                    left_out = (date.year, random_days(seed, date.year));
                }
                match paired(date, from, to, &left_out.1) {
                    Some(day) => Some(day),
                    None => return Ok(NAT),
                }
            }
        };
        let date = match day {
            None => date,
            Some(day) => {
                let first = days_unchecked(to, date.year, 1, 1);
                let (_, month, day) = ymd_from_days(to, first + day - 1);
                DateTime { month, day, ..date }
            }
        };
        match date.to_ticks(to, unit) {
            Err(TimeError::NoSuchDate { .. }) => Ok(NAT),
            other => other,
        }
    };
    ticks.iter().map(convert).collect()
}

/// The day of the year that lies as far into it: `round(day · length / length)`, half to even.
fn as_far(date: DateTime, from: Calendar, to: Calendar) -> i64 {
    let day = from.day_of_year(date.year, date.month, date.day);
    let of = |calendar: Calendar| calendar.days_in_year(date.year) as f64;
    (of(to) * day as f64 / of(from)).round_ties_even() as i64
}

/// The days that are left out of the 365 of a year, one of each fifth, counted from 0.
fn random_days(seed: u64, year: i64) -> [i64; 5] {
    // SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195): every start is as good.
    let mut state = seed ^ (year as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    std::array::from_fn(|fifth| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        73 * fifth as i64 + ((z ^ (z >> 31)) % 73) as i64
    })
}

/// The day of the year in `to`, if the date is none of those left out.
fn paired(date: DateTime, from: Calendar, to: Calendar, left_out: &[i64; 5]) -> Option<i64> {
    const LEAP_DAY: i64 = 60;
    let day = from.day_of_year(date.year, date.month, date.day);
    if to == Calendar::Day360 {
        let leap = from.days_in_year(date.year) == 366;
        if leap && day == LEAP_DAY {
            return None;
        }
        let day = day - i64::from(leap && day > LEAP_DAY);
        let before = left_out.iter().filter(|d| **d < day - 1).count() as i64;
        return (!left_out.contains(&(day - 1))).then_some(day - before);
    }
    // The days left out are gaps among the 365.
    let day = left_out.iter().fold(day, |day, gap| day + i64::from(*gap < day));
    Some(day + i64::from(to.days_in_year(date.year) == 366 && day >= LEAP_DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(calendar: Calendar, (y, m, d): (i64, u8, u8)) -> i64 {
        DateTime::midnight(y, m, d).to_ticks(calendar, TimeUnit::S).unwrap()
    }

    fn converted(from: Calendar, date: (i64, u8, u8), to: Calendar, align: AlignOn) -> Option<String> {
        let ticks = convert_dates(&[day(from, date)], TimeUnit::S, from, to, align).unwrap();
        DateTime::from_ticks(ticks[0], TimeUnit::S, to).map(|d| d.to_string()[..10].to_owned())
    }

    #[test]
    fn dates_stay_where_the_other_calendar_has_them() {
        use Calendar::{AllLeap, Day360, NoLeap, ProlepticGregorian};
        let of = |from, date, to| converted(from, date, to, AlignOn::Date);
        assert_eq!(of(ProlepticGregorian, (2000, 2, 29), NoLeap), None);
        assert_eq!(of(ProlepticGregorian, (2000, 2, 29), Day360).as_deref(), Some("2000-02-29"));
        assert_eq!(of(Day360, (2000, 2, 30), AllLeap), None);
        assert_eq!(of(NoLeap, (-5, 3, 1), Calendar::Julian).as_deref(), Some("-0005-03-0"));
        let year_zero = [day(NoLeap, (0, 1, 1))];
        assert!(convert_dates(&year_zero, TimeUnit::S, NoLeap, Calendar::Standard, AlignOn::Date).is_err());
        let far = [i64::MAX];
        assert!(convert_dates(&far, TimeUnit::S, Day360, NoLeap, AlignOn::Date).is_err());
        assert_eq!(convert_dates(&[NAT], TimeUnit::S, Day360, NoLeap, AlignOn::Year), Ok(vec![NAT]));
    }

    #[test]
    fn days_of_a_year_of_360_are_spread_as_in_xarray() {
        let to_360 = |date| converted(Calendar::ProlepticGregorian, date, Calendar::Day360, AlignOn::Year);
        assert_eq!(to_360((2001, 2, 6)).as_deref(), Some("2001-02-06"));
        assert_eq!(to_360((2001, 2, 5)), to_360((2001, 2, 6)).map(|_| "2001-02-06".to_owned()));
        let from_360 = |date| converted(Calendar::Day360, date, Calendar::NoLeap, AlignOn::Year);
        assert_eq!(from_360((2001, 12, 30)).as_deref(), Some("2001-12-31"));
        assert_eq!(from_360((2001, 1, 1)).as_deref(), Some("2001-01-01"));
    }

    #[test]
    fn random_pairs_leave_out_five_days_and_the_leap_day() {
        for (year, days) in [(2000, 366), (2001, 365)] {
            let standard = Calendar::ProlepticGregorian;
            let first = day(standard, (year, 1, 1));
            let all: Vec<i64> = (0..days).map(|d| first + d * 86_400).collect();
            let seed = AlignOn::Random(7);
            let there = convert_dates(&all, TimeUnit::S, standard, Calendar::Day360, seed).unwrap();
            let kept: Vec<usize> = (0..all.len()).filter(|&i| there[i] != NAT).collect();
            assert_eq!(kept.len(), 360);
            assert!(kept.windows(2).all(|w| there[w[1]] - there[w[0]] == 86_400));
            // The way back pairs the same days.
            let short: Vec<i64> = kept.iter().map(|&i| there[i]).collect();
            let back = convert_dates(&short, TimeUnit::S, Calendar::Day360, standard, seed).unwrap();
            assert_eq!(back, kept.iter().map(|&i| all[i]).collect::<Vec<_>>());
        }
    }
}
