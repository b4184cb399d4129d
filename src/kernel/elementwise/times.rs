//! Arithmetic with datetimes and timedeltas: ticks of the finest unit. NaT stays NaT, and what does not
//! fit 64 bits is an error.

use std::fmt::Display;

use super::compare::{compare_scaled, compare_ticks, extremum_ticks};
use super::no_meaning;
use super::table::BinaryOp;
use crate::array::Block;
use crate::dtype::promote::promote;
use crate::dtype::{DType, NAT, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::cast::{CastFrom, check_ticks, rescale};
use crate::kernel::feed::Operand;
use crate::kernel::loops::{same_tiles, same2, tiles, to2};

fn unit(d: DType) -> Option<TimeUnit> {
    match d {
        DType::Datetime { unit, .. } | DType::Timedelta { unit } => Some(unit),
        _ => None,
    }
}

/// The dtype of the result; at least one operand is a time.
pub(super) fn result_dtype(op: BinaryOp, a: DType, b: DType) -> Result<DType> {
    use DType::{Datetime, Timedelta};
    let no = || no_meaning(op.name(), &[a, b]);
    let ticks = |d: DType| d.is_bool() || d.is_integer();
    let real = |d: DType| ticks(d) || d.is_float();
    if op.is_comparison() {
        return match (a, b) {
            (Datetime { .. }, Datetime { .. }) => promote(a, b).map(|_| DType::Bool),
            (Timedelta { .. }, Timedelta { .. }) => Ok(DType::Bool),
            (Timedelta { .. }, n) | (n, Timedelta { .. }) if ticks(n) => Ok(DType::Bool),
            // Things that cannot be compared are not equal.
            _ if matches!(op, BinaryOp::Eq | BinaryOp::Ne) => Ok(DType::Bool),
            _ => Err(no()),
        };
    }
    match (op, a, b) {
        (BinaryOp::Add, Datetime { unit: u, calendar }, Timedelta { unit: v })
        | (BinaryOp::Add, Timedelta { unit: u }, Datetime { unit: v, calendar })
        | (BinaryOp::Sub, Datetime { unit: u, calendar }, Timedelta { unit: v }) => {
            Ok(Datetime { unit: u.max(v), calendar })
        }
        (BinaryOp::Sub, Datetime { .. }, Datetime { .. }) => match promote(a, b)? {
            Datetime { unit, .. } => Ok(Timedelta { unit }),
            _ => Err(no()),
        },
        (BinaryOp::Add | BinaryOp::Sub | BinaryOp::Rem, Timedelta { .. }, Timedelta { .. }) => promote(a, b),
        (BinaryOp::Add | BinaryOp::Sub, Datetime { .. } | Timedelta { .. }, n) if ticks(n) => Ok(a),
        (BinaryOp::Add, n, Datetime { .. } | Timedelta { .. }) if ticks(n) => Ok(b),
        (BinaryOp::Sub, n, Timedelta { .. }) if ticks(n) => Ok(b),
        (BinaryOp::Mul | BinaryOp::Div | BinaryOp::FloorDiv, Timedelta { .. }, n) if real(n) => Ok(a),
        (BinaryOp::Mul, n, Timedelta { .. }) if real(n) => Ok(b),
        (BinaryOp::Div, Timedelta { .. }, Timedelta { .. }) => Ok(DType::F64),
        (BinaryOp::FloorDiv, Timedelta { .. }, Timedelta { .. }) => Ok(DType::I64),
        (BinaryOp::Maximum | BinaryOp::Minimum | BinaryOp::Fmax | BinaryOp::Fmin, _, _) => {
            promote(a, b).map_err(|e| e.at(op.name()))
        }
        _ => Err(no()),
    }
}

/// Applies the function; the dtypes were checked by [`result_dtype`].
pub(super) fn apply(op: BinaryOp, a: Block, b: Block, shape: &[usize]) -> Result<Block> {
    let (da, db) = (a.dtype(), b.dtype());
    // Ticks are signed, and the greatest `u64` are none.
    if da.is_timedelta() || db.is_timedelta() || !op.is_comparison() {
        for integers in [&a, &b].into_iter().filter(|x| x.dtype().is_integer()) {
            check_ticks(integers)?;
        }
    }
    if op.is_comparison() {
        return Ok(comparison(op, a, b, shape));
    }
    if da.is_float() || db.is_float() {
        return match op {
            BinaryOp::Mul if db.is_time() => by_float("product", b, a, shape, |t, f| t * f),
            BinaryOp::Mul => by_float("product", a, b, shape, |t, f| t * f),
            _ => by_float("quotient", a, b, shape, |t, f| t / f),
        };
    }
    let (a, b) = match (unit(da), unit(db)) {
        (Some(u), Some(v)) => {
            let to = u.max(v);
            (rescale(a, u, to)?, rescale(b, v, to)?)
        }
        _ => (a, b),
    };
    let both = da.is_time() && db.is_time();
    match op {
        BinaryOp::Add => checked("sum", a, b, shape, i64::checked_add),
        BinaryOp::Sub => checked("difference", a, b, shape, i64::checked_sub),
        BinaryOp::Mul => checked("product", a, b, shape, i64::checked_mul),
        BinaryOp::Div if both => Ok(to2(a, b, shape, |a: &i64, b: &i64| match (*a, *b) {
            (NAT, _) | (_, NAT) => f64::NAN,
            (a, b) => a as f64 / b as f64,
        })),
        BinaryOp::FloorDiv if both => Ok(same2(a, b, shape, |a: &i64, b: &i64| match (*a, *b) {
            (NAT, _) | (_, NAT | 0) => 0,
            (a, b) => super::arith::Divide::floor_div(a, b),
        })),
        BinaryOp::Rem => Ok(same2(a, b, shape, |a: &i64, b: &i64| match (*a, *b) {
            (NAT, _) | (_, NAT | 0) => NAT,
            (a, b) => super::arith::Divide::rem(a, b),
        })),
        // Towards zero, also for `floordiv`: numpy does both alike.
        BinaryOp::Div | BinaryOp::FloorDiv => Ok(same2(a, b, shape, |a: &i64, b: &i64| match (*a, *b) {
            (NAT, _) | (_, 0) => NAT,
            (a, b) => a.wrapping_div(b),
        })),
        _ => Ok(extremum_ticks(op, a, b, shape)),
    }
}

fn comparison(op: BinaryOp, a: Block, b: Block, shape: &[usize]) -> Block {
    let (da, db) = (a.dtype(), b.dtype());
    let ticks = |d: DType| d.is_timedelta() || d.is_bool() || d.is_integer();
    if !(da.is_datetime() && db.is_datetime() || ticks(da) && ticks(db)) {
        return Block::full(shape, &Block::scalar(op == BinaryOp::Ne));
    }
    match (unit(da), unit(db)) {
        (Some(u), Some(v)) if u != v => {
            let (u, v) = (u.per_second(), v.per_second());
            compare_scaled(op, a, b, ((v / u).max(1), (u / v).max(1)), shape)
        }
        _ => compare_ticks(op, a, b, shape),
    }
}

fn checked(
    what: &str,
    a: Block,
    b: Block,
    shape: &[usize],
    f: impl Fn(i64, i64) -> Option<i64>,
) -> Result<Block> {
    let unit = unit(a.dtype()).or(unit(b.dtype())).map_or("", TimeUnit::name);
    let mut beyond = None;
    let out = same_tiles([a, b], shape, |_, [a, b]: [&[i64]; 2], out| {
        for ((o, &a), &b) in out.iter_mut().zip(a).zip(b) {
            *o = match f(a, b) {
                _ if a == NAT || b == NAT => NAT,
                Some(v) if v != NAT => v,
                _ => {
                    beyond = Some((a, b));
                    NAT
                }
            };
        }
    });
    match beyond {
        None => Ok(out),
        Some((a, b)) => Err(beyond_64_bits(what, &a, &b, unit)),
    }
}

fn beyond_64_bits(what: &str, a: &dyn Display, b: &dyn Display, unit: &str) -> Error {
    Error::invalid(format!("the {what} of {a} and {b} does not fit into 64 bits of {unit}"))
        .help("cast the times to a coarser unit first")
}

/// Ticks towards zero; NaT where the float, or what comes out, is not finite.
fn by_float(
    what: &str,
    times: Block,
    floats: Block,
    shape: &[usize],
    f: impl Fn(f64, f64) -> f64,
) -> Result<Block> {
    let unit = unit(times.dtype()).map_or("", TimeUnit::name);
    let mut floats = f64::feed(&floats, shape);
    let mut beyond = None;
    let out = tiles([times], shape, |range, [t]: [&[i64]; 1], out| {
        for ((o, t), v) in out.iter_mut().zip(t).zip(floats.tile(range)) {
            let exact = f(*t as f64, *v);
            *o = if *t == NAT { NAT } else { i64::cast_from(&exact) };
            if *o == NAT && *t != NAT && exact.is_finite() {
                beyond = Some((*t, *v));
            }
        }
    });
    match beyond {
        None => Ok(out),
        Some((t, v)) => Err(beyond_64_bits(what, &t, &v, unit)),
    }
}
