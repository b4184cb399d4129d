//! One element as text.

use crate::array::Block;
use crate::dtype::dispatch::with_element;
use crate::dtype::{DType, Element, Kind, Text};
use crate::time::{format_iso, format_timedelta};

/// Significant digits of a float.
const DIGITS: usize = 4;
/// Significant digits of a float in the listing of an array.
const LONG_DIGITS: usize = 8;

/// How much of an element is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As in one line of several values.
    Short,
    /// As in the listing of an array.
    Long,
}

/// The element at `index`.
pub(super) fn element_text(block: &Block, index: &[usize], style: Style) -> String {
    with_element!(block.dtype().kind(), T => {
        match block.get::<T>().and_then(|a| a.get(index)) {
            Some(v) => value_text(v, block.dtype(), style),
            None => String::new(),
        }
    })
}

fn value_text<T: Element>(value: &T, dtype: DType, style: Style) -> String {
    let any = value as &dyn std::any::Any;
    if let Some(ticks) = any.downcast_ref::<i64>() {
        match dtype {
            DType::Datetime { unit, calendar } => return datetime_text(&format_iso(*ticks, unit, calendar)),
            DType::Timedelta { unit } => return format_timedelta(*ticks, unit),
            _ => {}
        }
    }
    if let Some(text) = any.downcast_ref::<Text>() {
        return match text.as_str() {
            Some(s) => format!("'{}'", super::cut(s, 40)),
            None => "nan".to_string(),
        };
    }
    let digits = if style == Style::Long { LONG_DIGITS } else { DIGITS };
    match T::KIND {
        Kind::F32 => any.downcast_ref::<f32>().map_or_else(String::new, |v| float_text(*v as f64, digits)),
        Kind::F64 => any.downcast_ref::<f64>().map_or_else(String::new, |v| float_text(*v, digits)),
        _ => value.to_string(),
    }
}

/// The date alone at midnight; a fraction of seconds only where there is one.
fn datetime_text(iso: &str) -> String {
    let Some((date, time)) = iso.split_once('T') else { return iso.to_string() };
    let time = match time.split_once('.') {
        Some((seconds, fraction)) if fraction.bytes().all(|b| b == b'0') => seconds,
        _ => time,
    };
    if time == "00:00:00" { date.to_string() } else { format!("{date}T{time}") }
}

/// A float with so many significant digits, as Python's `g` with at least one decimal.
fn float_text(v: f64, digits: usize) -> String {
    if !v.is_finite() {
        return match (v.is_nan(), v > 0.0) {
            (true, _) => "nan".to_string(),
            (_, true) => "inf".to_string(),
            _ => "-inf".to_string(),
        };
    }
    if v == 0.0 {
        return "0.0".to_string();
    }
    let scientific = format!("{v:.*e}", digits - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |s: &str| match s.contains('.') {
        true => s.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => s.to_string(),
    };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs());
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    let fixed = trimmed(&format!("{v:.decimals$}"));
    if fixed.contains('.') { fixed } else { format!("{fixed}.0") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::{Calendar, NAT, TimeUnit};

    #[test]
    fn floats_have_four_digits_and_show_that_they_are_floats() {
        let cases = [(3.0, "3.0"), (0.1, "0.1"), (12345.0, "1.234e+04"), (2.0f64.sqrt(), "1.414")];
        for (v, text) in cases.into_iter().chain([(1e-7, "1e-07"), (-0.5, "-0.5"), (999.95, "1000.0")]) {
            assert_eq!(float_text(v, 4), text);
        }
    }

    #[test]
    fn times_show_what_they_need() {
        let iso = |ticks, unit| datetime_text(&format_iso(ticks, unit, Calendar::ProlepticGregorian));
        assert_eq!(iso(0, TimeUnit::Ns), "1970-01-01");
        assert_eq!(iso(3_600_000, TimeUnit::Ms), "1970-01-01T01:00:00");
        assert_eq!(iso(NAT, TimeUnit::S), "NaT");
    }
}
