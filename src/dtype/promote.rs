//! Which dtype results where two meet: numpy's table, NEP 50 for plain numbers, and room for missing values.

use num_complex::Complex;

use super::{DType, NAT, Scalar, Text};
use crate::array::Block;
use crate::error::{Error, Result};

/// The dtype that holds the elements of both: numpy's table for two arrays.
///
/// Times take the finest unit. Signed integers meet timedeltas as ticks.
///
/// # Errors
/// If no dtype holds both: numbers and text, other calendars, datetimes and numbers.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::dtype::promote::promote;
/// assert_eq!(promote(DType::I8, DType::U8)?, DType::I16);
/// assert_eq!(promote(DType::I32, DType::F32)?, DType::F64);
/// assert!(promote(DType::Str, DType::I32).is_err());
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn promote(a: DType, b: DType) -> Result<DType> {
    use DType::{Bytes, Datetime, Str, Timedelta};
    if a == b {
        return Ok(a);
    }
    let ticks = |d: DType| d.is_bool() || d.is_signed() || (d.is_unsigned() && d != DType::U64);
    match (a, b) {
        (Bytes(m), Bytes(n)) => Ok(Bytes(m.max(n))),
        (Str | Bytes(_), Str | Bytes(_)) => Ok(Str),
        (Datetime { unit: u, calendar: c }, Datetime { unit: v, calendar: d }) => {
            if c != d {
                return Err(Error::dtype(format!("{a} and {b} are counted in different calendars"))
                    .help("convert one of them to the calendar of the other"));
            }
            Ok(Datetime { unit: u.max(v), calendar: c })
        }
        (Timedelta { unit: u }, Timedelta { unit: v }) => Ok(Timedelta { unit: u.max(v) }),
        (Timedelta { .. }, n) if ticks(n) => Ok(a),
        (n, Timedelta { .. }) if ticks(n) => Ok(b),
        _ if is_plain(a) && is_plain(b) => Ok(promote_numbers(a, b)),
        _ => Err(Error::dtype(format!("no dtype holds both {a} and {b}"))
            .help("cast one of the two, as with `astype`")),
    }
}

/// Bool or number: what the numeric table covers.
pub(crate) fn is_plain(d: DType) -> bool {
    d.is_bool() || d.is_number()
}

fn promote_numbers(a: DType, b: DType) -> DType {
    if a.is_bool() || a == b {
        return b;
    }
    if b.is_bool() {
        return a;
    }
    let narrow = |d: DType| matches!(d, DType::C64) || to_float(d) == DType::F32;
    if a.is_complex() || b.is_complex() {
        return if narrow(a) && narrow(b) { DType::C64 } else { DType::C128 };
    }
    if a.is_float() || b.is_float() {
        return if narrow(a) && narrow(b) { DType::F32 } else { DType::F64 };
    }
    if a.is_signed() == b.is_signed() {
        return if a.size() >= b.size() { a } else { b };
    }
    let (signed, unsigned) = if a.is_signed() { (a, b) } else { (b, a) };
    if signed.size() > unsigned.size() {
        return signed;
    }
    match unsigned {
        DType::U8 => DType::I16,
        DType::U16 => DType::I32,
        DType::U32 => DType::I64,
        // numpy: no integer holds both, so both become floats.
        _ => DType::F64,
    }
}

/// The floating dtype in which functions such as `sqrt` work: `f32` for numbers of at most 16 bits
/// (numpy has a half float for those of 8), `f64` for wider ones; floats and complex keep theirs.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::dtype::promote::to_float;
/// assert_eq!(to_float(DType::I16), DType::F32);
/// assert_eq!(to_float(DType::I32), DType::F64);
/// ```
pub fn to_float(d: DType) -> DType {
    match d {
        DType::Bool | DType::I8 | DType::U8 | DType::I16 | DType::U16 => DType::F32,
        d if d.is_integer() => DType::F64,
        d => d,
    }
}

/// The dtype that a scalar takes when it meets an array of `dtype` (NEP 50): a plain number takes the
/// dtype of the array where its kind is not above the array's, else the default of its kind. What is
/// not weak keeps its own.
///
/// # Errors
/// If a plain integer is out of the range of the dtype.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::dtype::promote::with_scalar;
/// assert_eq!(with_scalar(DType::F32, &Scalar::Float(0.5))?, DType::F32);
/// assert_eq!(with_scalar(DType::I8, &Scalar::Float(0.5))?, DType::F64);
/// assert!(with_scalar(DType::I8, &Scalar::Int(300)).is_err());
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn with_scalar(dtype: DType, scalar: &Scalar) -> Result<DType> {
    let own = scalar.dtype();
    if !scalar.is_weak() || !is_plain(dtype) {
        return Ok(own);
    }
    Ok(match scalar {
        Scalar::Bool(_) => dtype,
        Scalar::Int(_) | Scalar::UInt(_) if dtype.is_bool() => own,
        Scalar::Int(v) => int_fits(dtype, i128::from(*v))?,
        Scalar::UInt(v) => int_fits(dtype, i128::from(*v))?,
        Scalar::Float(_) if dtype.is_float() || dtype.is_complex() => dtype,
        Scalar::Float(_) => DType::F64,
        _ if dtype.is_complex() => dtype,
        _ if dtype == DType::F32 => DType::C64,
        _ => DType::C128,
    })
}

fn int_fits(dtype: DType, v: i128) -> Result<DType> {
    let bits = 8 * dtype.size() as u32;
    let (low, high) = if dtype.is_unsigned() {
        (0, (1_i128 << bits) - 1)
    } else if dtype.is_signed() {
        (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
    } else {
        return Ok(dtype);
    };
    if (low..=high).contains(&v) {
        return Ok(dtype);
    }
    Err(Error::invalid(format!("the integer {v} is out of the range of {dtype} ({low} to {high})"))
        .help("cast the array to a wider dtype first, as with `astype`"))
}

/// The dtype that holds the elements and missing ones: xarray's table for everything that may leave gaps.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::dtype::promote::with_missing;
/// assert_eq!(with_missing(DType::I32), DType::F64);
/// assert_eq!(with_missing(DType::Str), DType::Str);
/// ```
pub fn with_missing(dtype: DType) -> DType {
    match dtype {
        DType::Bool => DType::F64,
        d if d.is_integer() => to_float(d),
        d => d,
    }
}

/// The missing value of [`with_missing`]`(dtype)`, of rank 0: NaN, NaT or missing text.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::dtype::promote::missing_value;
/// assert!(missing_value(DType::I16).to_vec::<f32>()?[0].is_nan());
/// assert_eq!(missing_value(DType::DATETIME_NS).to_vec::<i64>()?, [graticule::dtype::NAT]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn missing_value(dtype: DType) -> Block {
    let dtype = with_missing(dtype);
    match dtype {
        DType::F32 => Block::scalar(f32::NAN),
        DType::C64 => Block::scalar(Complex::new(f32::NAN, f32::NAN)),
        DType::C128 => Block::scalar(Complex::new(f64::NAN, f64::NAN)),
        d if d.is_text() => Block::scalar(Text::MISSING).retype(d),
        d if d.is_time() => Block::scalar(NAT).retype(d),
        _ => Block::scalar(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::DType::*;
    use super::*;
    use crate::time::{Calendar, TimeUnit};

    #[test]
    fn two_arrays_promote_as_in_numpy() {
        let all = [Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128];
        // numpy 2.4: np.result_type of each pair in the order above.
        let table = [
            [Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128],
            [I8, I8, I16, I32, I64, I16, I32, I64, F64, F32, F64, C64, C128],
            [I16, I16, I16, I32, I64, I16, I32, I64, F64, F32, F64, C64, C128],
            [I32, I32, I32, I32, I64, I32, I32, I64, F64, F64, F64, C128, C128],
            [I64, I64, I64, I64, I64, I64, I64, I64, F64, F64, F64, C128, C128],
            [U8, I16, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128],
            [U16, I32, I32, I32, I64, U16, U16, U32, U64, F32, F64, C64, C128],
            [U32, I64, I64, I64, I64, U32, U32, U32, U64, F64, F64, C128, C128],
            [U64, F64, F64, F64, F64, U64, U64, U64, U64, F64, F64, C128, C128],
            [F32, F32, F32, F64, F64, F32, F32, F64, F64, F32, F64, C64, C128],
            [F64, F64, F64, F64, F64, F64, F64, F64, F64, F64, F64, C128, C128],
            [C64, C64, C64, C128, C128, C64, C64, C128, C128, C64, C128, C64, C128],
            [C128; 13],
        ];
        for (a, row) in all.iter().zip(table) {
            for (b, want) in all.iter().zip(row) {
                assert_eq!(promote(*a, *b).unwrap(), want, "{a} with {b}");
            }
        }
    }

    #[test]
    fn times_take_the_finest_unit_of_one_calendar() {
        let at = |unit, calendar| Datetime { unit, calendar };
        let (s, ns) = (TimeUnit::S, TimeUnit::Ns);
        let c = Calendar::ProlepticGregorian;
        assert_eq!(promote(at(s, c), at(ns, c)).unwrap(), at(ns, c));
        assert!(promote(at(s, c), at(s, Calendar::NoLeap)).is_err());
        assert_eq!(promote(Timedelta { unit: s }, I64).unwrap(), Timedelta { unit: s });
        assert!(promote(Timedelta { unit: s }, F64).is_err());
        assert!(promote(at(s, c), I64).is_err());
        assert!(promote(Str, I64).is_err());
        assert_eq!(promote(Bytes(2), Bytes(5)).unwrap(), Bytes(5));
    }

    #[test]
    fn plain_numbers_are_weak() {
        let int = Scalar::Int(1);
        let float = Scalar::Float(1.0);
        let complex = Scalar::Complex(Complex::new(0.0, 1.0));
        assert_eq!(with_scalar(I8, &int).unwrap(), I8);
        assert_eq!(with_scalar(Bool, &int).unwrap(), I64);
        assert_eq!(with_scalar(F32, &int).unwrap(), F32);
        assert_eq!(with_scalar(I8, &float).unwrap(), F64);
        assert_eq!(with_scalar(F32, &float).unwrap(), F32);
        assert_eq!(with_scalar(F32, &complex).unwrap(), C64);
        assert_eq!(with_scalar(I64, &complex).unwrap(), C128);
        assert_eq!(with_scalar(I8, &Scalar::Typed(Block::scalar(3_i64))).unwrap(), I64);
        assert_eq!(with_scalar(Timedelta { unit: TimeUnit::S }, &float).unwrap(), F64);
        let e = with_scalar(I8, &Scalar::Int(300)).unwrap_err().to_string();
        assert!(e.contains("300") && e.contains("int8"), "{e}");
        assert!(with_scalar(U8, &Scalar::Int(-1)).is_err());
        assert_eq!(with_scalar(U64, &Scalar::UInt(u64::MAX)).unwrap(), U64);
    }

    #[test]
    fn small_integers_make_room_for_nan_in_f32() {
        for d in [I8, I16, U8, U16, F32] {
            assert_eq!(with_missing(d), F32, "{d}");
        }
        for d in [Bool, I32, I64, U32, U64, F64] {
            assert_eq!(with_missing(d), F64, "{d}");
        }
        assert!(missing_value(I8).to_vec::<f32>().unwrap()[0].is_nan());
        assert_eq!(missing_value(DType::DATETIME_NS).to_vec::<i64>().unwrap(), [NAT]);
        assert_eq!(missing_value(Str).to_vec::<Text>().unwrap(), [Text::MISSING]);
    }
}
