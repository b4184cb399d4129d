//! Numbers as text and back, in numpy's (and Python's) spelling.

use num_complex::Complex;

use crate::dtype::{Calendar, Element, NAT, Text, TimeUnit};
use crate::error::{Error, Result};
use crate::time::{PartialDate, parse_timedelta};

/// An element that has a text form.
pub(super) trait Spell: Element {
    /// The text numpy's `astype(str)` gives.
    fn spell(&self) -> String;
    /// The element that the text spells.
    ///
    /// # Errors
    /// If it spells none.
    fn read(text: &str) -> Result<Self>;
    /// The element for missing text.
    fn missing() -> Option<Self>;
}

fn unreadable<T: Element>(text: &str) -> Error {
    Error::invalid(format!("the text {text:?} is not a {}", T::DTYPE))
}

/// Python reads blanks around a number and `_` between digits.
fn digits(text: &str) -> Option<String> {
    let t = text.trim();
    let b = t.as_bytes();
    let inside =
        |i: usize| i > 0 && b[i - 1].is_ascii_digit() && b.get(i + 1).is_some_and(u8::is_ascii_digit);
    (0..b.len()).all(|i| b[i] != b'_' || inside(i)).then(|| t.replace('_', ""))
}

impl Spell for bool {
    fn spell(&self) -> String {
        if *self { "True" } else { "False" }.to_string()
    }
    fn read(text: &str) -> Result<Self> {
        Ok(!text.is_empty())
    }
    fn missing() -> Option<Self> {
        None
    }
}

macro_rules! integers {
    ($($T:ty),*) => {$(
        impl Spell for $T {
            fn spell(&self) -> String {
                self.to_string()
            }
            fn read(text: &str) -> Result<Self> {
                digits(text).and_then(|t| t.parse().ok()).ok_or_else(|| {
                    unreadable::<$T>(text).help(format!("{} holds {} to {}", <$T>::DTYPE, <$T>::MIN, <$T>::MAX))
                })
            }
            fn missing() -> Option<Self> {
                None
            }
        }
    )*};
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! floats {
    ($($T:ty),*) => {$(
        impl Spell for $T {
            fn spell(&self) -> String {
                python_float(self.is_nan(), self.is_infinite(), self.is_sign_negative(), &format!("{:e}", self), true)
            }
            fn read(text: &str) -> Result<Self> {
                digits(text).and_then(|t| t.parse().ok()).ok_or_else(|| unreadable::<$T>(text))
            }
            fn missing() -> Option<Self> {
                Some(<$T>::NAN)
            }
        }
        impl Spell for Complex<$T> {
            fn spell(&self) -> String {
                let part = |v: $T| {
                    python_float(v.is_nan(), v.is_infinite(), v.is_sign_negative(), &format!("{:e}", v), false)
                };
                if self.re == 0.0 && self.re.is_sign_positive() {
                    return format!("{}j", part(self.im));
                }
                let sign = if self.im.is_sign_negative() && !self.im.is_nan() { "" } else { "+" };
                format!("({}{sign}{}j)", part(self.re), part(self.im))
            }
            fn read(text: &str) -> Result<Self> {
                let t = digits(text).ok_or_else(|| unreadable::<Self>(text))?;
                let t = t.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(&t);
                read_complex(t).map(|(re, im)| Complex::new(re as $T, im as $T)).ok_or_else(|| unreadable::<Self>(text))
            }
            fn missing() -> Option<Self> {
                Some(Complex::new(<$T>::NAN, <$T>::NAN))
            }
        }
    )*};
}
floats!(f32, f64);

/// Python's `repr` from the shortest digits in scientific form (`-1.5e-5`).
fn python_float(nan: bool, infinite: bool, negative: bool, scientific: &str, point_zero: bool) -> String {
    if nan {
        return "nan".into();
    }
    if infinite {
        return if negative { "-inf" } else { "inf" }.into();
    }
    let (mantissa, exponent) = scientific.split_once('e').expect("scientific form");
    let exponent: i32 = exponent.parse().expect("an exponent");
    if !(-4..16).contains(&exponent) {
        return format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |m| ("-", m));
    let digits = mantissa.replace('.', "");
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    if digits.len() > whole {
        return format!("{sign}{}.{}", &digits[..whole], &digits[whole..]);
    }
    format!("{sign}{digits:0<whole$}{}", if point_zero { ".0" } else { "" })
}

fn read_complex(t: &str) -> Option<(f64, f64)> {
    let Some(t) = t.strip_suffix(['j', 'J']) else {
        return Some((t.parse().ok()?, 0.0));
    };
    // The sign between the parts: the last one that does not belong to an exponent.
    let b = t.as_bytes();
    let split = (1..b.len()).rev().find(|&i| matches!(b[i], b'+' | b'-') && !matches!(b[i - 1], b'e' | b'E'));
    let (re, im) = split.map_or(("0", t), |i| t.split_at(i));
    let im = match im {
        "" | "+" => 1.0,
        "-" => -1.0,
        other => other.parse().ok()?,
    };
    Some((re.parse().ok()?, im))
}

/// Cuts or checks a text so that it is a byte string of at most `max` bytes.
///
/// # Errors
/// If a character has no byte.
pub(super) fn to_bytes(text: &Text, max: u32) -> Result<Text> {
    let Some(s) = text.as_str() else {
        return Ok(Text::MISSING);
    };
    if let Some(c) = s.chars().find(|c| u32::from(*c) > 0xff) {
        return Err(Error::invalid(format!("the character {c:?} of {s:?} is not one byte"))
            .help("keep the array as str: byte strings hold latin-1 only"));
    }
    if s.chars().count() <= max as usize {
        return Ok(text.clone());
    }
    Ok(Text::from(s.chars().take(max as usize).collect::<String>()))
}

/// `text` read as `T`.
///
/// # Errors
/// If it spells none, or is missing and `T` has no missing value.
pub(super) fn read<T: Spell>(text: &Text) -> Result<T> {
    match text.as_str() {
        Some(s) => T::read(s),
        None => T::missing().ok_or_else(|| Error::invalid(format!("a missing text has no {}", T::DTYPE))),
    }
}

/// The element as text.
pub(super) fn spelled<T: Spell>(v: &T) -> Text {
    Text::from(v.spell())
}

/// A timedelta as numpy spells it: "5 seconds".
pub(super) fn span(ticks: i64, unit: TimeUnit) -> String {
    let name = match unit {
        TimeUnit::S => "seconds",
        TimeUnit::Ms => "milliseconds",
        TimeUnit::Us => "microseconds",
        TimeUnit::Ns => "nanoseconds",
    };
    if ticks == NAT { "NaT".to_string() } else { format!("{ticks} {name}") }
}

/// The text of a time, or `None` where it means NaT.
fn time_text(text: &Text) -> Option<&str> {
    text.as_str().map(str::trim).filter(|s| !s.is_empty() && !s.eq_ignore_ascii_case("nat"))
}

/// A date in ISO form, whole or partial, as its first tick.
///
/// # Errors
/// If it is none, the calendar does not have it, or the unit cannot hold it.
pub(super) fn read_date(text: &Text, unit: TimeUnit, calendar: Calendar) -> Result<i64> {
    let Some(s) = time_text(text) else {
        return Ok(NAT);
    };
    PartialDate::parse(s).and_then(|d| d.start.to_ticks(calendar, unit)).map_err(|e| {
        Error::invalid(format!("the text {s:?} is not a datetime of unit {}", unit.name())).caused_by(e)
    })
}

/// A plain number of ticks, or a length of time such as "36h".
///
/// # Errors
/// If it is neither, or the unit cannot hold it.
pub(super) fn read_span(text: &Text, unit: TimeUnit) -> Result<i64> {
    let Some(s) = time_text(text) else {
        return Ok(NAT);
    };
    if let Ok(ticks) = s.parse() {
        return Ok(ticks);
    }
    parse_timedelta(s, unit).map_err(|e| {
        Error::invalid(format!("the text {s:?} is not a timedelta of unit {}", unit.name())).caused_by(e)
    })
}
