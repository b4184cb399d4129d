//! Calendar months added to ticks.

use super::calendar::in_reform_gap;
use super::{Calendar, DateTime, NAT, TimeError, TimeResult, TimeUnit};

/// Returns the tick `months` later (earlier if negative), on the same day and time of day.
///
/// A day that the month lacks becomes its last one: 31 January plus one month is 28 or 29 February, as
/// in pandas' `DateOffset(months=…)`. A day that the reform of 1582 skipped becomes 1582-10-04. NaT
/// stays NaT.
///
/// # Errors
/// If the result does not fit in 64-bit ticks.
///
/// ```
/// # use graticule::time::{Calendar, DateTime, TimeUnit, add_months};
/// let january = DateTime::midnight(2001, 1, 31).to_ticks(Calendar::Standard, TimeUnit::S)?;
/// let february = add_months(january, 1, TimeUnit::S, Calendar::Standard)?;
/// // February has no 31st.
/// let day = DateTime::from_ticks(february, TimeUnit::S, Calendar::Standard);
/// assert_eq!(day, Some(DateTime::midnight(2001, 2, 28)));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn add_months(ticks: i64, months: i64, unit: TimeUnit, calendar: Calendar) -> TimeResult<i64> {
    let Some(start) = DateTime::from_ticks(ticks, unit, calendar) else {
        return Ok(NAT);
    };
    let overflow =
        || TimeError::overflow("datetime ticks", format_args!("{start} plus {months} months"), None, unit);
    let (year, month) = shift_month(calendar, start.year, start.month, months);
    let mut day = start.day.min(calendar.days_in_month(year, month));
    if calendar == Calendar::Standard && in_reform_gap(year, month, day) {
        day = 4;
    }
    let shifted = DateTime { year, month, day, ..start };
    match shifted.to_ticks(calendar, unit) {
        Err(TimeError::NoSuchDate { .. }) => Err(overflow()),
        other => other,
    }
}

/// Returns the year and month that lie `months` away; steps over a missing year 0.
pub(super) fn shift_month(calendar: Calendar, year: i64, month: u8, months: i64) -> (i64, u8) {
    let from_january = (i128::from(month) - 1) + i128::from(months);
    // |months| / 12 fits in i64 with room to spare; the remainder is 0..=11.
    let years = from_january.div_euclid(12) as i64;
    let month = from_january.rem_euclid(12) as u8 + 1;
    (calendar.add_years(year, years), month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shifted(calendar: Calendar, date: (i64, u8, u8), months: i64) -> String {
        let tick = DateTime::midnight(date.0, date.1, date.2).to_ticks(calendar, TimeUnit::S).unwrap();
        let got = add_months(tick, months, TimeUnit::S, calendar).unwrap();
        DateTime::from_ticks(got, TimeUnit::S, calendar).unwrap().to_string()[..10].to_owned()
    }

    #[test]
    fn the_end_of_the_month_is_clipped() {
        let g = Calendar::ProlepticGregorian;
        assert_eq!(shifted(g, (2000, 1, 31), 1), "2000-02-29");
        assert_eq!(shifted(g, (2000, 1, 31), -2), "1999-11-30");
        assert_eq!(shifted(g, (2000, 2, 29), 12), "2001-02-28");
        assert_eq!(shifted(Calendar::Day360, (2000, 1, 30), 1), "2000-02-30");
        assert_eq!(shifted(Calendar::NoLeap, (2000, 1, 31), 1), "2000-02-28");
    }

    #[test]
    fn a_missing_year_zero_and_the_reform_are_stepped_over() {
        assert_eq!(shifted(Calendar::Julian, (-1, 12, 1), 1), "0001-01-01");
        assert_eq!(shifted(Calendar::Standard, (1, 1, 1), -1), "-0001-12-0");
        assert_eq!(shifted(Calendar::Standard, (1582, 9, 10), 1), "1582-10-04");
        assert_eq!(shifted(Calendar::NoLeap, (1, 1, 1), -1), "0000-12-01");
    }

    #[test]
    fn overflow_is_an_error_and_missing_stays_missing() {
        let g = Calendar::ProlepticGregorian;
        assert_eq!(add_months(NAT, 1, TimeUnit::Ns, g), Ok(NAT));
        assert!(add_months(i64::MAX, 1, TimeUnit::Ns, g).is_err());
        for months in [i64::MIN, i64::MAX] {
            for calendar in Calendar::ALL {
                assert!(add_months(0, months, TimeUnit::S, calendar).is_err());
            }
        }
    }
}
