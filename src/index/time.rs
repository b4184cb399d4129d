//! Labels of time: date strings, whole periods, and spans given as text.

use super::key::{self, Key};
use super::search::Span;
use crate::array::Block;
use crate::dtype::{Calendar, DType, Scalar, Text, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::time::{PartialDate, Resolution, format_iso, parse_timedelta_ns, resolution_of};

/// The text of a label, if it is one.
fn text_of(label: &Scalar) -> Option<Text> {
    match label {
        Scalar::Str(t) => Some(t.clone()),
        Scalar::Typed(b) => b.get::<Text>()?.first().cloned(),
        _ => None,
    }
}

fn parse_date(text: &Text) -> Result<PartialDate> {
    PartialDate::parse(text.as_str().unwrap_or_default()).map_err(not_a_label)
}

/// A text that is no date is a label that is not there.
fn not_a_label(e: crate::time::TimeError) -> Error {
    Error::new(ErrorKind::NotFound, e.to_string())
}

/// The period of a date string, if it is coarser than the labels and so stands for all times in it.
///
/// In the standard calendar of numpy a string as fine as the labels is one exact time; in the others every
/// string is a period, as in xarray's `CFTimeIndex`.
pub(super) fn period(label: &Scalar, dtype: DType, labels: Resolution) -> Result<Option<Span>> {
    let (DType::Datetime { unit, calendar }, Some(text)) = (dtype, text_of(label)) else { return Ok(None) };
    let date = parse_date(&text)?;
    if calendar == Calendar::ProlepticGregorian && date.resolution >= labels {
        return Ok(None);
    }
    whole(&date, unit, calendar).map(Some)
}

fn whole(date: &PartialDate, unit: TimeUnit, calendar: Calendar) -> Result<Span> {
    let (first, last) = date.bounds_saturating(unit, calendar).map_err(not_a_label)?;
    let tick = i128::from(unit.tick_ns());
    Ok(Span { low: Key::Int(i128::from(first) * tick), high: Key::Int(i128::from(last) * tick) })
}

/// What a slice bound stands for: a date string for its whole period, all else for itself.
pub(super) fn span(label: &Scalar, dtype: DType) -> Result<Span> {
    match (dtype, text_of(label)) {
        (DType::Datetime { unit, calendar }, Some(text)) => whole(&parse_date(&text)?, unit, calendar),
        (DType::Timedelta { .. }, Some(text)) => {
            // As in pandas: "1D" lasts to the end of the day, "1h" to the end of the hour.
            let ns = parse_timedelta_ns(text.as_str().unwrap_or_default()).map_err(not_a_label)?;
            let ns = ns.ok_or_else(|| Error::invalid("NaT cannot be the bound of a slice"))?;
            let units =
                [86_400_000_000_000, 3_600_000_000_000, 60_000_000_000, 1_000_000_000, 1_000_000, 1_000];
            let lasts = units.into_iter().find(|u| ns % u == 0).unwrap_or(1);
            Ok(Span { low: Key::Int(ns), high: Key::Int(ns + lasts - 1) })
        }
        _ => {
            let asked = label.to_block().reshape(&[1])?;
            Ok(Span::point(key::keys_for(&asked, dtype)?.remove(0)))
        }
    }
}

/// Texts as the times that they name, where the index has times; anything else as it is.
pub(crate) fn dates(labels: &Block, dtype: DType) -> Result<Block> {
    let Some(texts) = labels.get::<Text>().filter(|_| dtype.is_time()) else { return Ok(labels.clone()) };
    if let DType::Datetime { calendar, .. } = dtype {
        let dates = texts.iter().map(parse_date).collect::<Result<Vec<_>>>()?;
        let unit = dates.iter().map(|d| d.precision).max().unwrap_or(TimeUnit::S);
        let ticks: Result<Vec<i64>> =
            dates.iter().map(|d| d.start.to_ticks(calendar, unit).map_err(not_a_label)).collect();
        return Ok(Block::from_vec(&[dates.len()], ticks?)?.retype(DType::Datetime { unit, calendar }));
    }
    let ticks: Result<Vec<i64>> = texts
        .iter()
        .map(|t| {
            crate::time::parse_timedelta(t.as_str().unwrap_or_default(), TimeUnit::Ns).map_err(not_a_label)
        })
        .collect();
    Ok(Block::from_vec(&[texts.len()], ticks?)?.retype(DType::Timedelta { unit: TimeUnit::Ns }))
}

/// How far away a neighbour may be: a number, or for times a timedelta or its text.
pub(super) fn tolerance(tolerance: &Scalar, dtype: DType) -> Result<Key> {
    let block = tolerance.to_block().reshape(&[1])?;
    let wanted = if dtype.is_time() { DType::Timedelta { unit: TimeUnit::Ns } } else { dtype };
    let block = dates(&block, wanted)?;
    if !key::is_comparable(block.dtype(), wanted) {
        return Err(Error::dtype(format!(
            "a tolerance of type {} for labels of type {dtype}",
            block.dtype()
        ))
        .help(if dtype.is_time() {
            "give a timedelta or a text such as 12h"
        } else {
            "give a number"
        }));
    }
    let key = key::key_at(&block.contiguous(), 0);
    if key == Key::Missing || key.order(&Key::Int(0)) == Some(std::cmp::Ordering::Less) {
        return Err(Error::invalid(format!("the tolerance {tolerance:?} is negative or missing")));
    }
    Ok(key)
}

/// How finely the labels are written, if they are datetimes.
pub(super) fn resolution(labels: &Block) -> Resolution {
    match (labels.dtype(), labels.as_slice::<i64>()) {
        (DType::Datetime { unit, .. }, Some(ticks)) => resolution_of(ticks, unit),
        _ => Resolution::Day,
    }
}

/// A time as text.
pub(super) fn show(ticks: i128, dtype: DType) -> String {
    let Ok(ticks) = i64::try_from(ticks) else { return format!("{ticks} ticks") };
    match dtype {
        DType::Datetime { unit, calendar } => {
            let text = format_iso(ticks, unit, calendar);
            let text =
                if text.contains('.') { text.trim_end_matches(['0']).trim_end_matches('.') } else { &text };
            text.strip_suffix("T00:00:00").unwrap_or(text).to_string()
        }
        DType::Timedelta { unit } => format!("{ticks} {}", unit.name()),
        _ => ticks.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::array::Slice;
    use crate::index::{Index, Label, Method, Positions, default_index};

    fn hours(n: i64, step: i64, unit: TimeUnit, calendar: Calendar) -> Arc<dyn Index> {
        let tick = unit.per_second() * 3_600 * step;
        // 2000-01-01 is day 10957 of the standard calendar and 10800 of the 360-day one.
        let day = if calendar == Calendar::Day360 { 10_800 } else { 10_957 };
        let ticks: Vec<i64> = (0..n).map(|i| day * unit.per_day() + i * tick).collect();
        let block = Block::from_vec(&[ticks.len()], ticks).unwrap();
        default_index(&block.retype(DType::Datetime { unit, calendar })).unwrap()
    }

    fn one(index: &dyn Index, text: &str) -> Result<Positions> {
        index.select(&Label::One(text.into()), Method::Exact, None)
    }

    fn range(index: &dyn Index, start: &str, stop: &str, half_open: bool) -> Positions {
        let (start, stop) = (Some(start.into()), Some(stop.into()));
        index.select(&Label::Range { start, stop, step: None, half_open }, Method::Exact, None).unwrap()
    }

    #[test]
    fn a_string_is_a_period_unless_as_fine_as_the_labels() {
        let daily = hours(90, 24, TimeUnit::Ns, Calendar::ProlepticGregorian);
        assert_eq!(one(daily.as_ref(), "2000-02-01").unwrap(), Positions::One(31));
        assert_eq!(one(daily.as_ref(), "2000-02").unwrap(), Positions::Slice(Slice::range(31..60)));
        assert_eq!(one(daily.as_ref(), "2000-02-01T00").unwrap(), Positions::One(31));
        for absent in ["2003-02", "2000-02-01T06", "2000-02-30", "yesterday"] {
            assert!(one(daily.as_ref(), absent).unwrap_err().is_not_found(), "{absent}");
        }
        let hourly = hours(90, 1, TimeUnit::S, Calendar::ProlepticGregorian);
        assert_eq!(one(hourly.as_ref(), "2000-01-02").unwrap(), Positions::Slice(Slice::range(24..48)));
        let other = hours(90, 24, TimeUnit::Us, Calendar::Day360);
        assert_eq!(one(other.as_ref(), "2000-02-30").unwrap(), Positions::Slice(Slice::range(59..60)));
    }

    #[test]
    fn slices_of_strings_cover_whole_periods() {
        let daily = hours(90, 24, TimeUnit::Ms, Calendar::ProlepticGregorian);
        let whole = range(daily.as_ref(), "2000-01-30", "2000-02", false);
        assert_eq!(whole, Positions::Slice(Slice::range(29..60)));
        let open = range(daily.as_ref(), "2000-01-30", "2000-02", true);
        assert_eq!(open, Positions::Slice(Slice::range(29..31)));
        assert_eq!(range(daily.as_ref(), "1999", "2010", false), Positions::Slice(Slice::range(0..90)));
        let falling = daily.take(&Positions::Slice(Slice { start: 89, step: -1, len: 90 }));
        let whole = range(falling.as_ref(), "2000-02", "2000-01-30", false);
        assert_eq!(whole, Positions::Slice(Slice::range(30..61)));
        assert_eq!(one(falling.as_ref(), "2000-02").unwrap(), Positions::Slice(Slice::range(30..59)));
    }

    #[test]
    fn dates_outside_of_labels_that_do_not_rise_are_none() {
        let daily = hours(90, 24, TimeUnit::S, Calendar::ProlepticGregorian);
        let empty = daily.take(&Positions::Slice(Slice::range(0..0)));
        assert_eq!(one(empty.as_ref(), "2005").unwrap(), Positions::Slice(Slice::range(0..0)));
        let mixed = daily.take(&Positions::Many(vec![0, 40, 20]));
        assert_eq!(one(mixed.as_ref(), "2005").unwrap(), Positions::Many(vec![]));
        let select = |start: Option<&str>, stop: Option<&str>| {
            let (start, stop) = (start.map(Scalar::from), stop.map(Scalar::from));
            let label = Label::Range { start, stop, step: None, half_open: false };
            mixed.select(&label, Method::Exact, None)
        };
        assert_eq!(select(Some("2000"), None).unwrap(), Positions::Many(vec![0, 1, 2]));
        assert_eq!(select(Some("2000-01-21"), None).unwrap(), Positions::Many(vec![1, 2]));
        assert!(select(Some("2000"), Some("2000-01-21")).unwrap_err().is_not_found());
        assert!(select(Some("1999"), None).unwrap_err().is_not_found());
    }

    #[test]
    fn lists_and_neighbours_take_strings_as_instants() {
        let daily = hours(90, 24, TimeUnit::Ns, Calendar::ProlepticGregorian);
        let texts: Vec<Text> = ["2000-02", "2000-01-02"].map(Text::from).to_vec();
        let label = Label::Many(Block::from_vec(&[2], texts).unwrap());
        assert_eq!(daily.select(&label, Method::Exact, None).unwrap(), Positions::Many(vec![31, 1]));
        let near = |tolerance: Option<&Scalar>| {
            daily.select(&Label::One("2000-02-01T13".into()), Method::Nearest, tolerance)
        };
        assert_eq!(near(None).unwrap(), Positions::One(32));
        assert_eq!(near(Some(&"11h".into())).unwrap(), Positions::One(32));
        assert!(near(Some(&"1h".into())).is_err());
        assert!(near(Some(&1.0.into())).is_err());
    }

    #[test]
    fn errors_show_times_shortly() {
        assert_eq!(show(951_782_400_000, DType::Timedelta { unit: TimeUnit::Ms }), "951782400000 ms");
        let dtype = DType::Datetime { unit: TimeUnit::Ms, calendar: Calendar::ProlepticGregorian };
        assert_eq!(show(951_782_400_000, dtype), "2000-02-29");
        assert_eq!(show(951_782_400_500, dtype), "2000-02-29T00:00:00.5");
    }
}
