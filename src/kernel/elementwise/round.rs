//! Rounding to decimals, half to even.

use num_complex::Complex;

use super::arith::{Inexact, Integer};
use super::no_meaning;
use crate::array::Block;
use crate::dtype::dispatch::with_integer;
use crate::dtype::{DType, Kind};
use crate::error::Result;
use crate::kernel::loops::same1;

/// The dtype of the result.
pub(super) fn result_dtype(decimals: i32, a: DType) -> Result<DType> {
    match a {
        DType::Bool if decimals == 0 => Ok(DType::F32),
        d if d.is_number() => Ok(d),
        _ => Err(no_meaning("round", &[a])),
    }
}

/// Rounds; `to` is what [`result_dtype`] gave.
pub(super) fn apply(decimals: i32, to: DType, a: Block, shape: &[usize]) -> Block {
    match to.kind() {
        Kind::F32 => inexact::<f32>(decimals, a, shape),
        Kind::F64 => inexact::<f64>(decimals, a, shape),
        Kind::C64 => inexact::<Complex<f32>>(decimals, a, shape),
        Kind::C128 => inexact::<Complex<f64>>(decimals, a, shape),
        kind => whole(kind, decimals, a, shape),
    }
}

/// numpy's way: scale, round, scale back.
fn inexact<T: Inexact>(decimals: i32, a: Block, shape: &[usize]) -> Block {
    let by = 10_f64.powi(decimals.saturating_abs());
    match decimals {
        0 => same1(a, shape, |v: &T| v.rint()),
        1.. => same1(a, shape, |v: &T| v.scale(by).rint().unscale(by)),
        _ => same1(a, shape, |v: &T| v.unscale(by).rint().scale(by)),
    }
}

fn whole(kind: Kind, decimals: i32, a: Block, shape: &[usize]) -> Block {
    let zeros = if decimals < 0 { decimals.unsigned_abs() } else { 0 };
    with_integer!(kind, T => match zeros {
        0 => same1(a, shape, T::clone),
        _ => same1(a, shape, |v: &T| Integer::round(*v, zeros)),
    }, else unreachable!("dtypes were checked when the map was built"))
}
