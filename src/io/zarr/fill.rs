//! Fill values: what chunks that were never written hold, and how JSON says it.

use num_complex::Complex;
use serde_json::Value;

use super::stored::{Layout, Stored};
use super::{base64, json};
use crate::array::Block;
use crate::dtype::dispatch::with_real;
use crate::dtype::{DType, Kind, NAT, Number, Text};
use crate::error::{Error, Result};

/// The fill value of an array as a block of rank 0. `null` (v2: undefined) is zero.
///
/// # Errors
/// If the value does not fit the type.
pub fn from_json(v: &Value, stored: &Stored) -> Result<Block> {
    let wrong = || Error::storage(format!("fill value {v} does not fit the data type {}", stored.dtype));
    let dtype = stored.dtype;
    if v.is_null() {
        return Ok(default(dtype));
    }
    if let Layout::Ticks(factor) = stored.layout {
        let ticks = integer(v).ok_or_else(wrong)?;
        let ticks = if ticks == NAT { NAT } else { ticks.checked_mul(factor).ok_or_else(wrong)? };
        return Ok(Block::scalar(ticks).retype(dtype));
    }
    Ok(match dtype {
        DType::Bool => match (v.as_bool(), v.as_f64()) {
            (Some(b), _) => Block::scalar(b),
            (_, Some(n)) => Block::scalar(n != 0.0),
            _ => return Err(wrong()),
        },
        DType::Str | DType::Bytes(_) => text(v, stored).ok_or_else(wrong)?,
        DType::C64 => {
            let c = complex(v).ok_or_else(wrong)?;
            Block::scalar(Complex::new(c.re as f32, c.im as f32))
        }
        DType::C128 => Block::scalar(complex(v).ok_or_else(wrong)?),
        DType::F32 | DType::F64 => {
            let f = float(v, stored).ok_or_else(wrong)?;
            with_real!(dtype.kind(), T => Block::scalar(T::from_f64(f)), else return Err(wrong()))
        }
        DType::U64 if v.is_u64() => Block::scalar(v.as_u64().ok_or_else(wrong)?),
        _ => {
            let i = integer(v).ok_or_else(wrong)?;
            with_real!(dtype.kind(), T => {
                Block::scalar(<T as num_traits::NumCast>::from(i).ok_or_else(wrong)?).retype(dtype)
            }, else return Err(wrong()))
        }
    })
}

/// The fill value as JSON of v3 metadata.
pub fn to_json(fill: &Block) -> Value {
    let named = |v: f64| match v {
        v if v.is_nan() => Value::from("NaN"),
        f64::INFINITY => Value::from("Infinity"),
        f64::NEG_INFINITY => Value::from("-Infinity"),
        v => Value::from(v),
    };
    match fill.dtype() {
        DType::F32 | DType::F64 => named(first_f64(fill)),
        DType::C64 | DType::C128 => {
            let c = first_complex(fill);
            Value::Array(vec![named(c.re), named(c.im)])
        }
        DType::Bytes(_) => Value::String(base64::encode(&latin1(&first_text(fill)))),
        DType::Str => Value::String(first_text(fill)),
        _ => super::attrs::value_to_json(&fill.clone().reshape(&[]).unwrap_or_else(|_| fill.clone()).into()),
    }
}

/// What xarray puts into the attribute `_FillValue` of a v3 array: floats as base64 of a double.
pub fn to_attribute(fill: &Block) -> Value {
    let double = |v: f64| Value::String(base64::encode(&v.to_le_bytes()));
    match fill.dtype() {
        DType::F32 | DType::F64 => double(first_f64(fill)),
        DType::C64 | DType::C128 => {
            let c = first_complex(fill);
            Value::Array(vec![double(c.re), double(c.im)])
        }
        _ => to_json(fill),
    }
}

/// The value of the attribute `_FillValue` of a v3 array, in the dtype of the array; plain numbers,
/// which xarray refuses, are taken too.
pub fn from_attribute(v: &Value, stored: &Stored) -> Option<Block> {
    fn double(v: &Value) -> Option<f64> {
        let bytes: [u8; 8] = base64::decode(v.as_str()?)?.try_into().ok()?;
        Some(f64::from_le_bytes(bytes))
    }
    let decoded = match (stored.dtype, v) {
        (DType::F32 | DType::F64, Value::String(_)) => double(v).map(json::from_f64),
        (DType::C64 | DType::C128, Value::Array(parts)) if parts.len() == 2 => {
            match (double(&parts[0]), double(&parts[1])) {
                (Some(re), Some(im)) => Some(Value::Array(vec![json::from_f64(re), json::from_f64(im)])),
                _ => None,
            }
        }
        _ => None,
    };
    from_json(decoded.as_ref().unwrap_or(v), stored).ok()
}

/// What an array is filled with where nothing is said: zero, false, an empty text.
pub fn default(dtype: DType) -> Block {
    if dtype.is_text() {
        return Block::scalar(Text::from("")).retype(dtype);
    }
    Block::zeros(dtype, &[])
}

/// xarray's choice for new arrays: NaN for floats, else [`default`].
pub fn for_new(dtype: DType) -> Block {
    match dtype {
        DType::F32 => Block::scalar(f32::NAN),
        DType::F64 => Block::scalar(f64::NAN),
        _ => default(dtype),
    }
}

fn integer(v: &Value) -> Option<i64> {
    match v {
        Value::String(s) if s == "NaT" => Some(NAT),
        Value::Number(n) => n.as_i64().or_else(|| {
            let f = n.as_f64()?;
            // Python may write an integer fill value as `-9999.0`.
            (f.fract() == 0.0 && f.abs() < 9.0e15).then_some(f as i64)
        }),
        _ => None,
    }
}

fn float(v: &Value, stored: &Stored) -> Option<f64> {
    if let Some(f) = json::number(v) {
        return Some(f);
    }
    let s = v.as_str()?;
    match s {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    // v3 may give the bits of an unusual NaN.
    let bits = u64::from_str_radix(s.strip_prefix("0x")?, 16).ok()?;
    Some(match stored.item_bytes()? {
        2 => half::f16::from_bits(u16::try_from(bits).ok()?).to_f64(),
        4 => f32::from_bits(u32::try_from(bits).ok()?).into(),
        _ => f64::from_bits(bits),
    })
}

fn complex(v: &Value) -> Option<Complex<f64>> {
    let part = |v: &Value| float(v, &Stored { dtype: DType::F64, layout: Layout::Plain });
    match v {
        Value::Array(parts) if parts.len() == 2 => Some(Complex::new(part(&parts[0])?, part(&parts[1])?)),
        _ => Some(Complex::new(part(v)?, 0.0)),
    }
}

fn text(v: &Value, stored: &Stored) -> Option<Block> {
    // numpy writes 0 for the empty text in v2.
    let s = if v.as_u64() == Some(0) { "" } else { v.as_str()? };
    let s = match stored.layout {
        Layout::Bytes(_) => {
            let bytes = base64::decode(s)?;
            let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
            bytes[..end].iter().map(|b| *b as char).collect()
        }
        _ => s.to_string(),
    };
    Some(Block::scalar(Text::from(s)).retype(stored.dtype))
}

/// The bytes of latin-1 text; other characters become `?`.
pub fn latin1(s: &str) -> Vec<u8> {
    s.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

fn first_f64(b: &Block) -> f64 {
    match b.dtype().kind() {
        Kind::F32 => b.get::<f32>().and_then(|a| a.first()).map_or(0.0, |v| v.to_f64()),
        _ => b.get::<f64>().and_then(|a| a.first()).copied().unwrap_or_default(),
    }
}

fn first_complex(b: &Block) -> Complex<f64> {
    match b.dtype().kind() {
        Kind::C64 => {
            let c = b.get::<Complex<f32>>().and_then(|a| a.first()).copied().unwrap_or_default();
            Complex::new(c.re.into(), c.im.into())
        }
        _ => b.get::<Complex<f64>>().and_then(|a| a.first()).copied().unwrap_or_default(),
    }
}

fn first_text(b: &Block) -> String {
    b.get::<Text>().and_then(|a| a.first()).and_then(Text::as_str).unwrap_or("").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(dtype: DType) -> Stored {
        Stored { dtype, layout: Layout::Plain }
    }

    #[test]
    fn fill_values_survive_json() {
        let blocks = [
            Block::scalar(f32::NAN),
            Block::scalar(f64::NEG_INFINITY),
            Block::scalar(-9.5f64),
            Block::scalar(u64::MAX),
            Block::scalar(-7i8),
            Block::scalar(true),
            Block::scalar(Complex::new(1.5f64, f64::NAN)),
        ];
        for b in blocks {
            let stored = plain(b.dtype());
            assert!(from_json(&to_json(&b), &stored).unwrap().same_bits(&b), "{b:?}");
            assert!(from_attribute(&to_attribute(&b), &stored).unwrap().same_bits(&b), "{b:?}");
        }
    }

    #[test]
    fn odd_fill_values_are_read_or_refused() {
        assert_eq!(
            from_json(&Value::from("NaT"), &plain(DType::DATETIME_NS)).unwrap().retype(DType::I64),
            Block::scalar(NAT)
        );
        assert_eq!(from_json(&Value::from(-9999.0), &plain(DType::I32)).unwrap(), Block::scalar(-9999i32));
        assert!(from_json(&Value::from(300), &plain(DType::U8)).is_err());
        assert!(from_json(&Value::from("x"), &plain(DType::F32)).is_err());
        let bits = from_json(&Value::from("0x7fc00001"), &plain(DType::F32)).unwrap();
        assert!(bits.get::<f32>().unwrap().first().unwrap().is_nan());
    }
}
