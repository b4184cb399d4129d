//! The frequency of dates, and the same dates in another calendar: `infer_freq`, `date_range_like`.

use super::dataarray::DataArray;
use super::date_range::{DateRange, own_labels};
use super::variable::Name;
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::time::{self, Calendar, DateTime, Frequency, NAT, TimeUnit, days_from_ymd};

/// Finds the frequency of times along one dimension, such as "3h", "MS" or "QE-DEC"; `None` if they are not
/// regular, not in order, or some are missing or equal.
///
/// Dates of numpy follow the rules of pandas, which know weeks and business days, all other calendars those of
/// xarray. Timedeltas work too. Reads the times.
///
/// # Errors
/// If there are fewer than three times, they are no datetimes or timedeltas, or not along one dimension.
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// let months = date_range("2000-01-31", "2000-12-31", "ME")?;
/// assert_eq!(infer_freq(&months)?.as_deref(), Some("ME"));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn infer_freq(times: &DataArray) -> Result<Option<String>> {
    inferred(times).map_err(|e| e.at("`infer_freq`").at(times.place()))
}

fn inferred(times: &DataArray) -> Result<Option<String>> {
    let [_] = times.dims() else {
        return Err(Error::invalid(format!(
            "a frequency is that of times along one dimension, not along ({})",
            times.dims().join(", ")
        )));
    };
    let dtype = times.dtype();
    if !dtype.is_time() {
        return Err(Error::dtype(format!("{dtype} has no frequency: only datetimes and timedeltas have it")));
    }
    let ticks: Vec<i64> = times.load()?.to_vec()?;
    Ok(match dtype {
        DType::Datetime { unit, calendar } => time::infer_freq(&ticks, unit, calendar)?,
        DType::Timedelta { unit } => time::infer_timedelta_freq(&ticks, unit)?,
        _ => None,
    })
}

/// Makes dates of another calendar with the start, the end and the frequency of those given.
///
/// A start or end that the calendar lacks becomes the day before, or the one before that; where the last of
/// dates that are months, quarters, years or days apart is the end of a month, so it is in the result. Asked
/// for the standard calendar, the dates are numpy's in ns if these hold them. Dates that are in the calendar
/// already come back as they are. Reads the dates.
///
/// # Errors
/// If the dates have no frequency (see [`infer_freq`]) or one that counts weekdays while the calendar has none
/// (whole weeks become as many days), or `use_cftime` is false and numpy does not hold them.
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// # use graticule::time::Calendar;
/// let days = date_range("2000-01-01", "2000-12-31", "D")?;
/// let ideal = date_range_like(&days, Calendar::Day360, None)?;
/// assert_eq!(ideal.shape(), [360]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn date_range_like(
    source: &DataArray,
    calendar: Calendar,
    use_cftime: Option<bool>,
) -> Result<DataArray> {
    like(source, calendar, use_cftime).map_err(|e| e.at("`date_range_like`").at(source.place()))
}

fn like(source: &DataArray, calendar: Calendar, use_cftime: Option<bool>) -> Result<DataArray> {
    let DType::Datetime { unit, calendar: own } = source.dtype() else {
        return Err(Error::dtype(format!("{} are no dates", source.dtype())));
    };
    let Some(freq) = inferred(source)? else {
        return Err(Error::invalid("the dates have no frequency")
            .help("give dates at regular steps, in order and without repeats"));
    };
    let mut freq: Frequency = freq.parse()?;
    let ticks: Vec<i64> = source.load()?.to_vec()?;
    let ends = [ticks[0], ticks[ticks.len() - 1]].map(|tick| DateTime::from_ticks(tick, unit, own));
    let [Some(first), Some(last)] = ends else { return Err(Error::internal("NaT with a frequency")) };
    let cftime = is_left_to_cftime(&[first, last], calendar, use_cftime)?;
    // numpy's calendar is the standard one to xarray.
    let unchanged = match own {
        Calendar::ProlepticGregorian => calendar == Calendar::Standard && !cftime,
        own => own == calendar && cftime,
    };
    let name: Name = source.dims()[0].clone();
    if unchanged {
        return own_labels(name, source.load()?);
    }
    if freq.counts_weekdays() && !calendar.is_standard_like() {
        freq = freq.weeks_as_days().ok_or_else(|| {
            Error::invalid(format!("the {calendar} calendar has no weekdays, which `{freq}` counts"))
        })?;
    }
    let start = or_before(first, calendar)?;
    let mut end = or_before(last, calendar)?;
    let month_end = last.day == own.days_in_month(last.year, last.month);
    if month_end && (freq.is_day() || freq.is_end() && !freq.counts_weekdays() && !freq.is_semi_monthly()) {
        end.day = calendar.days_in_month(end.year, end.month);
    }
    DateRange::new()
        .start(Scalar::from(&*start.iso(TimeUnit::Us)))
        .end(Scalar::from(&*end.iso(TimeUnit::Us)))
        .freq(&freq.to_string())
        .calendar(calendar)
        .name(name)
        .make()
}

/// Whether numpy does not hold dates of these ends in the calendar in ns, or is not asked to.
pub(super) fn is_left_to_cftime(
    ends: &[DateTime],
    calendar: Calendar,
    use_cftime: Option<bool>,
) -> Result<bool> {
    let in_ns = |d: &DateTime| d.to_ticks(Calendar::ProlepticGregorian, TimeUnit::Ns).is_ok_and(|t| t != NAT);
    let why = match (use_cftime, calendar.is_standard_like()) {
        (Some(true), _) => return Ok(true),
        (_, true) if ends.iter().all(in_ns) => return Ok(false),
        (None, _) => return Ok(true),
        (_, true) => "numpy does not hold all of these dates in ns".to_owned(),
        (_, false) => format!("numpy has no dates of the {calendar} calendar"),
    };
    Err(Error::invalid(why).help("leave `use_cftime` out"))
}

/// The same date in a calendar, or the first before it that there is.
fn or_before(date: DateTime, calendar: Calendar) -> Result<DateTime> {
    let earlier = |back: u8| DateTime { day: date.day.saturating_sub(back), ..date };
    let exists = |d: &DateTime| days_from_ymd(calendar, d.year, d.month, d.day).is_ok();
    match (0..3).map(earlier).find(exists) {
        Some(found) => Ok(found),
        None => Ok(calendar.check_date(date.year, date.month, date.day).map(|()| date)?),
    }
}

#[cfg(test)]
mod tests {
    use super::super::date_range::date_range;
    use super::*;

    fn text(times: &DataArray) -> Vec<String> {
        let DType::Datetime { unit, calendar } = times.dtype() else { panic!("{}", times.dtype()) };
        let ticks: Vec<i64> = times.to_vec().unwrap();
        ticks.iter().map(|&t| time::format_iso(t, unit, calendar)[..10].to_owned()).collect()
    }

    #[test]
    fn ends_of_months_stay_ends_of_months() {
        let months = date_range("2000-01-31", "2000-03-31", "ME").unwrap();
        let ideal = date_range_like(&months, Calendar::Day360, None).unwrap();
        assert_eq!(text(&ideal), ["2000-01-30", "2000-02-30", "2000-03-30"]);
        let back = date_range_like(&ideal, Calendar::Standard, None).unwrap();
        assert_eq!(text(&back), text(&months));
        assert_eq!(back.dtype(), DType::DATETIME_NS);
    }

    #[test]
    fn weekdays_are_days_where_there_are_none() {
        let weeks = date_range("2000-01-01", "2000-02-01", "2W").unwrap();
        let other = date_range_like(&weeks, Calendar::NoLeap, None).unwrap();
        assert_eq!(text(&other), text(&weeks));
        let business = date_range("2000-01-03", "2000-01-14", "B").unwrap();
        let error = date_range_like(&business, Calendar::NoLeap, None).unwrap_err();
        assert!(error.to_string().contains("no weekdays"), "{error}");
        let proleptic = date_range_like(&business, Calendar::ProlepticGregorian, None).unwrap();
        assert_eq!(text(&proleptic), text(&business));
    }

    #[test]
    fn what_has_no_frequency_is_refused() {
        let days = date_range("2000-01-01", "2000-01-02", "D").unwrap();
        assert!(infer_freq(&days).unwrap_err().to_string().contains("at least 3"));
        assert!(infer_freq(&days.dt("year").unwrap()).is_err());
        assert!(date_range_like(&days.dt("year").unwrap(), Calendar::Julian, None).is_err());
        let times = date_range("2000-01-01", "2000-01-09", "2D").unwrap();
        assert!(date_range_like(&times, Calendar::NoLeap, Some(false)).is_err());
        assert_eq!(infer_freq(&times.isel("time", vec![0_i64, 1, 3]).unwrap()).unwrap(), None);
    }
}
