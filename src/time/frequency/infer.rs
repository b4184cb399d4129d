//! The frequency of given times, as `xarray.infer_freq` finds it.

use super::rule::{MONTHS, Tick, WEEKDAYS};
use super::{TimeError, TimeResult};
use crate::time::{Calendar, NAT, TimeUnit, ymd_from_days};

/// Returns the frequency string of regular times such as "3h", "QS-OCT" or "W-SUN"; `None` if they are not
/// regular, not in order, or some are NaT or equal.
///
/// In the proleptic Gregorian calendar, which is numpy's, the rules are those of pandas, which know weeks,
/// business days ("B", "BME", "bh") and weeks of months ("WOM-2TUE"); in all others those of xarray, which
/// do not.
///
/// # Errors
/// If there are fewer than three times.
///
/// ```
/// # use graticule::time::{Calendar, TimeUnit, infer_freq};
/// let months = [0, 30, 60, 90].map(|day| day * 86_400);
/// assert_eq!(infer_freq(&months, TimeUnit::S, Calendar::Day360)?.as_deref(), Some("MS"));
/// assert_eq!(infer_freq(&months, TimeUnit::S, Calendar::NoLeap)?.as_deref(), Some("30D"));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn infer_freq(ticks: &[i64], unit: TimeUnit, calendar: Calendar) -> TimeResult<Option<String>> {
    let Some(deltas) = deltas(ticks)? else { return Ok(None) };
    let pandas = calendar == Calendar::ProlepticGregorian;
    let per_day = unit.per_day();
    let smallest = deltas[0];
    if smallest % i128::from(per_day) == 0 {
        return Ok(daily(ticks, &deltas, per_day, calendar));
    }
    let hour = i128::from(per_day / 24);
    if pandas
        && [vec![1, 17], vec![1, 65], vec![1, 17, 65]]
            .iter()
            .any(|hours| deltas.iter().copied().eq(hours.iter().map(|h| h * hour)))
    {
        return Ok(Some("bh".to_owned()));
    }
    if deltas.len() > 1 {
        return Ok(None);
    }
    Ok(Some(fixed(smallest, unit)))
}

/// Returns the frequency string of regular lengths of time, as [`infer_freq`] does of dates.
///
/// Whole weeks are "W-" and the weekday that the first length after 1970-01-01 has, as in pandas.
///
/// # Errors
/// If there are fewer than three.
///
/// ```
/// # use graticule::time::{TimeUnit, infer_timedelta_freq};
/// let hours = [3_600, 7_200, 10_800];
/// assert_eq!(infer_timedelta_freq(&hours, TimeUnit::S)?.as_deref(), Some("h"));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn infer_timedelta_freq(ticks: &[i64], unit: TimeUnit) -> TimeResult<Option<String>> {
    Ok(deltas(ticks)?.and_then(|deltas| {
        let [step] = deltas[..] else { return None };
        let per_day = i128::from(unit.per_day());
        match step % per_day {
            0 => {
                let first = ticks[0].div_euclid(unit.per_day());
                Some(whole_days(step / per_day, first, Calendar::ProlepticGregorian))
            }
            _ => Some(fixed(step, unit)),
        }
    }))
}

/// The differences of neighbours without repeats, smallest first; `None` if they are not all of one sign
/// or something is NaT.
fn deltas(ticks: &[i64]) -> TimeResult<Option<Vec<i128>>> {
    if ticks.len() < 3 {
        return Err(TimeError::Invalid {
            what: format!("a frequency cannot be inferred from {} times", ticks.len()),
            help: "give at least 3 times".to_owned(),
        });
    }
    if ticks.contains(&NAT) {
        return Ok(None);
    }
    let difference = |w: &[i64]| i128::from(w[1]) - i128::from(w[0]);
    let mut deltas: Vec<i128> = ticks.windows(2).map(difference).collect();
    deltas.sort_unstable();
    deltas.dedup();
    let one_sign = deltas[0] > 0 || deltas[deltas.len() - 1] < 0;
    Ok(one_sign.then_some(deltas))
}

/// The name of a step of ticks that is not whole days.
fn fixed(step: i128, unit: TimeUnit) -> String {
    let ns = step * i128::from(unit.tick_ns());
    let fitting = Tick::ALL.into_iter().find(|tick| ns % i128::from(tick.ns()) == 0);
    let tick = fitting.unwrap_or(Tick::Nano);
    counted(tick.name(), ns / i128::from(tick.ns()))
}

/// The name of a step of whole days from the day `first`: pandas has weeks.
fn whole_days(step: i128, first: i64, calendar: Calendar) -> String {
    match step % 7 {
        0 if calendar == Calendar::ProlepticGregorian => {
            // 0..=6.
            let weekday = WEEKDAYS[calendar.day_of_week(first) as usize];
            counted(&format!("W-{weekday}"), step / 7)
        }
        _ => counted("D", step),
    }
}

/// The rule of times whose smallest difference is whole days.
fn daily(ticks: &[i64], deltas: &[i128], per_day: i64, calendar: Calendar) -> Option<String> {
    let pandas = calendar == Calendar::ProlepticGregorian;
    let days: Vec<i64> = ticks.iter().map(|t| t.div_euclid(per_day)).collect();
    let dates: Vec<(i64, u8, u8)> = days.iter().map(|&day| ymd_from_days(calendar, day)).collect();
    let unique = |f: fn(&(i64, u8, u8)) -> i64| {
        let mut steps: Vec<i64> = dates.windows(2).map(|w| f(&w[1]) - f(&w[0])).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    };
    let years = unique(|d| d.0);
    let months = unique(|d| d.0 * 12 + i64::from(d.1));
    let first_month = dates[0].1;
    if let Some(edge) = edge(&days, &dates, calendar) {
        if years.len() == 1 && dates.iter().all(|d| d.1 == first_month) {
            let name = format!("{}-{}", edge.replace('M', "Y"), MONTHS[usize::from(first_month - 1)]);
            return Some(counted(&name, i128::from(years[0])));
        }
        if months.len() == 1 && months[0] % 3 == 0 {
            let anchor = match first_month % 3 {
                0 if pandas && edge.ends_with('S') => "MAR",
                1 if pandas && edge.ends_with('S') => "JAN",
                2 if pandas && edge.ends_with('S') => "FEB",
                0 => "DEC",
                1 => "OCT",
                _ => "NOV",
            };
            let name = format!("{}-{anchor}", edge.replace('M', "Q"));
            return Some(counted(&name, i128::from(months[0] / 3)));
        }
        if months.len() == 1 {
            return Some(counted(edge, i128::from(months[0])));
        }
    }
    if let [step] = deltas {
        return Some(whole_days(step / i128::from(per_day), days[0], calendar));
    }
    if !pandas {
        return None;
    }
    let weekdays = || days.iter().map(|&day| calendar.day_of_week(day));
    let day = i128::from(per_day);
    if deltas == [day, 3 * day] {
        let regular = weekdays().skip(1).zip(days.windows(2)).all(|(weekday, w)| match w[1] - w[0] {
            3 => weekday == 0,
            _ => (1..=4).contains(&weekday),
        });
        if regular {
            return Some("B".to_owned());
        }
    }
    let weekday = weekdays().next()?;
    if weekdays().any(|other| other != weekday) {
        return None;
    }
    // The fifth week of a month says nothing, as in pandas.
    let mut weeks: Vec<u8> = dates.iter().map(|d| (d.2 - 1) / 7).filter(|&week| week < 4).collect();
    weeks.sort_unstable();
    weeks.dedup();
    match weeks[..] {
        [week] => Some(format!("WOM-{}{}", week + 1, WEEKDAYS[weekday as usize])),
        _ => None,
    }
}

/// Which edge of a month all dates are on, as the name of the monthly rule.
fn edge(days: &[i64], dates: &[(i64, u8, u8)], calendar: Calendar) -> Option<&'static str> {
    let business = calendar == Calendar::ProlepticGregorian;
    let (mut start, mut end, mut first_business, mut last_business) = (true, true, business, business);
    for (&day, &(year, month, date)) in days.iter().zip(dates) {
        let last = calendar.days_in_month(year, month);
        let weekday = calendar.day_of_week(day);
        start &= date == 1;
        end &= date == last;
        first_business &= (date == 1 && weekday < 5) || (date <= 3 && weekday == 0);
        last_business &= (date == last && weekday < 5) || (date + 2 >= last && weekday == 4);
        if !(start || end || first_business || last_business) {
            return None;
        }
    }
    // The order of pandas, which decides where several hold.
    if end {
        Some("ME")
    } else if last_business {
        Some("BME")
    } else if start {
        Some("MS")
    } else {
        Some("BMS")
    }
}

fn counted(name: &str, count: i128) -> String {
    if count == 1 { name.to_owned() } else { format!("{count}{name}") }
}
