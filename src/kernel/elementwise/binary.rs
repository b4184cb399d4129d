//! Functions of two operands.

use num_complex::Complex;
use num_traits::{Float, FloatConst};

use super::arith::{Arith, Divide, Inexact, Integer, Neighbours};
use super::compare::{compare, compare_mixed, extremum};
use super::table::{BinaryOp, BinaryRule};
use super::{no_meaning, times};
use crate::array::Block;
use crate::dtype::dispatch::{with_element, with_integer, with_number, with_real};
use crate::dtype::promote::{is_plain, promote, to_float};
use crate::dtype::{DType, Kind, Text};
use crate::error::{Error, Result};
use crate::kernel::feed::Operand;
use crate::kernel::loops::{same_tiles, same2};

/// The dtype of the result.
pub(super) fn result_dtype(op: BinaryOp, a: DType, b: DType) -> Result<DType> {
    if a.is_time() || b.is_time() {
        return times::result_dtype(op, a, b);
    }
    if !is_plain(a) || !is_plain(b) {
        return text_dtype(op, a, b);
    }
    let dtype = compute_dtype(op, a, b)?;
    Ok(if op.is_comparison() { DType::Bool } else { dtype })
}

/// The dtype in which the function works on bools and numbers.
fn compute_dtype(op: BinaryOp, a: DType, b: DType) -> Result<DType> {
    let wide = promote(a, b)?;
    let numeric = if wide.is_bool() { DType::I8 } else { wide };
    match op.rule() {
        BinaryRule::Difference if wide.is_bool() => {
            Err(no_meaning(op.name(), &[a, b]).help("use `xor` (`^`) of two bools"))
        }
        BinaryRule::Arithmetic
        | BinaryRule::Difference
        | BinaryRule::Extremum
        | BinaryRule::Equality
        | BinaryRule::Order => Ok(wide),
        BinaryRule::Quotient if !wide.is_float() && !wide.is_complex() => Ok(DType::F64),
        BinaryRule::Quotient => Ok(wide),
        BinaryRule::Division if wide.is_complex() => Err(no_meaning(op.name(), &[a, b])),
        BinaryRule::Division | BinaryRule::Power => Ok(numeric),
        BinaryRule::Wide if wide.is_complex() => Ok(DType::C128),
        BinaryRule::Wide => Ok(DType::F64),
        BinaryRule::Integers if numeric.is_integer() => Ok(numeric),
        BinaryRule::Integers => Err(no_meaning(op.name(), &[a, b]).help("it takes integers")),
        BinaryRule::Logic => Ok(DType::Bool),
        BinaryRule::Bits if wide.is_bool() || wide.is_integer() => Ok(wide),
        BinaryRule::Bits => {
            Err(no_meaning(op.name(), &[a, b]).help("it takes bools or integers: compare first"))
        }
        BinaryRule::RealFloat if wide.is_complex() => Err(no_meaning(op.name(), &[a, b])),
        // Each by itself: u16 and i16 both fit f32, though together they promote to i32.
        BinaryRule::RealFloat => promote(to_float(a), to_float(b)),
    }
}

/// At least one operand is text, none is a time.
fn text_dtype(op: BinaryOp, a: DType, b: DType) -> Result<DType> {
    match (op, a, b) {
        (BinaryOp::Eq | BinaryOp::Ne, _, _) => Ok(DType::Bool),
        (BinaryOp::Add, DType::Str, DType::Str) => Ok(DType::Str),
        (BinaryOp::Add, DType::Bytes(m), DType::Bytes(n)) => Ok(DType::Bytes(m.saturating_add(n))),
        _ if op.is_comparison() && a.is_text() && b.is_text() => Ok(DType::Bool),
        _ => Err(no_meaning(op.name(), &[a, b])),
    }
}

/// Applies the function; the dtypes were checked by [`result_dtype`].
pub(super) fn apply(op: BinaryOp, a: Block, b: Block, shape: &[usize]) -> Result<Block> {
    let (da, db) = (a.dtype(), b.dtype());
    if da.is_time() || db.is_time() {
        return times::apply(op, a, b, shape);
    }
    if !is_plain(da) || !is_plain(db) {
        return Ok(match op {
            // Text and numbers are never equal.
            _ if !da.is_text() || !db.is_text() => Block::full(shape, &Block::scalar(op == BinaryOp::Ne)),
            BinaryOp::Add => same2(a, b, shape, joined),
            _ => compare::<Text>(op, a, b, shape),
        });
    }
    let kind = compute_dtype(op, da, db)?.kind();
    Ok(match op {
        _ if op.is_comparison() => {
            let mixed = |s: DType, u: DType| s.is_signed() && u == DType::U64;
            if mixed(da, db) {
                compare_mixed(op, a, b, shape)
            } else if mixed(db, da) {
                compare_mixed(flipped(op), b, a, shape)
            } else {
                with_element!(kind, T => compare::<T>(op, a, b, shape))
            }
        }
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => with_number!(
            kind, T => arithmetic::<T>(op, a, b, shape), else logic(op, a, b, shape)
        ),
        BinaryOp::Div => inexact(op, kind, a, b, shape),
        BinaryOp::FloorDiv => {
            with_real!(kind, T => same2(a, b, shape, |a: &T, b: &T| a.floor_div(*b)), else not_here())
        }
        BinaryOp::Rem => {
            with_real!(kind, T => same2(a, b, shape, |a: &T, b: &T| Divide::rem(*a, *b)), else not_here())
        }
        BinaryOp::Fmod => {
            with_real!(kind, T => same2(a, b, shape, |a: &T, b: &T| Divide::fmod(*a, *b)), else not_here())
        }
        BinaryOp::FloatPower => inexact(BinaryOp::Pow, kind, a, b, shape),
        BinaryOp::LeftShift | BinaryOp::RightShift | BinaryOp::Gcd | BinaryOp::Lcm => {
            with_integer!(kind, T => integer::<T>(op, a, b, shape)?, else not_here())
        }
        BinaryOp::LogicalAnd => logic(BinaryOp::And, a, b, shape),
        BinaryOp::LogicalOr => logic(BinaryOp::Or, a, b, shape),
        BinaryOp::LogicalXor => logic(BinaryOp::Xor, a, b, shape),
        BinaryOp::Pow => match kind {
            Kind::F32 | Kind::F64 | Kind::C64 | Kind::C128 => inexact(op, kind, a, b, shape),
            _ => with_integer!(kind, T => integer::<T>(op, a, b, shape)?, else not_here()),
        },
        BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => match kind {
            Kind::Bool => logic(op, a, b, shape),
            _ => with_integer!(kind, T => integer::<T>(op, a, b, shape)?, else not_here()),
        },
        BinaryOp::Maximum | BinaryOp::Minimum | BinaryOp::Fmax | BinaryOp::Fmin => with_number!(
            kind, T => extremum::<T>(op, a, b, shape), else extremum::<bool>(op, a, b, shape)
        ),
        _ => match kind {
            Kind::F32 => plane::<f32>(op, a, b, shape),
            _ => plane::<f64>(op, a, b, shape),
        },
    })
}

fn not_here() -> Block {
    unreachable!("dtypes were checked when the map was built")
}

fn joined(a: &Text, b: &Text) -> Text {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => Text::from(format!("{a}{b}")),
        _ => Text::MISSING,
    }
}

/// The comparison with its operands exchanged.
pub(super) fn flipped(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        op => op,
    }
}

fn arithmetic<T: Arith>(op: BinaryOp, a: Block, b: Block, shape: &[usize]) -> Block {
    match op {
        BinaryOp::Add => same2(a, b, shape, |a: &T, b: &T| a.add(*b)),
        BinaryOp::Sub => same2(a, b, shape, |a: &T, b: &T| a.sub(*b)),
        _ => same2(a, b, shape, |a: &T, b: &T| a.mul(*b)),
    }
}

/// Bools: sums are "or", products are "and".
fn logic(op: BinaryOp, a: Block, b: Block, shape: &[usize]) -> Block {
    match op {
        BinaryOp::Add | BinaryOp::Or => same2(a, b, shape, |a: &bool, b: &bool| a | b),
        BinaryOp::Xor => same2(a, b, shape, |a: &bool, b: &bool| a ^ b),
        _ => same2(a, b, shape, |a: &bool, b: &bool| a & b),
    }
}

fn inexact(op: BinaryOp, kind: Kind, a: Block, b: Block, shape: &[usize]) -> Block {
    fn of<T: Inexact>(op: BinaryOp, a: Block, b: Block, shape: &[usize]) -> Block {
        match op {
            BinaryOp::Div => same2(a, b, shape, |a: &T, b: &T| a.div(*b)),
            _ => same2(a, b, shape, |a: &T, b: &T| a.pow(*b)),
        }
    }
    match kind {
        Kind::F32 => of::<f32>(op, a, b, shape),
        Kind::C64 => of::<Complex<f32>>(op, a, b, shape),
        Kind::C128 => of::<Complex<f64>>(op, a, b, shape),
        _ => of::<f64>(op, a, b, shape),
    }
}

fn integer<T: Integer>(op: BinaryOp, a: Block, b: Block, shape: &[usize]) -> Result<Block> {
    Ok(match op {
        BinaryOp::And => same2(a, b, shape, |a: &T, b: &T| a.and(*b)),
        BinaryOp::Or => same2(a, b, shape, |a: &T, b: &T| a.or(*b)),
        BinaryOp::Xor => same2(a, b, shape, |a: &T, b: &T| a.xor(*b)),
        BinaryOp::LeftShift => same2(a, b, shape, |a: &T, b: &T| a.left_shift(*b)),
        BinaryOp::RightShift => same2(a, b, shape, |a: &T, b: &T| a.right_shift(*b)),
        BinaryOp::Gcd => same2(a, b, shape, |a: &T, b: &T| a.gcd(*b)),
        BinaryOp::Lcm => same2(a, b, shape, |a: &T, b: &T| a.lcm(*b)),
        _ => return power::<T>(a, b, shape),
    })
}

fn power<T: Integer>(a: Block, b: Block, shape: &[usize]) -> Result<Block> {
    let mut negative = None;
    let out = same_tiles([a, b], shape, |_, [a, b]: [&[T]; 2], out| {
        negative = negative.or_else(|| b.iter().copied().find(|e| e.is_negative()));
        if negative.is_none() {
            for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
                *o = a.pow(*b);
            }
        }
    });
    match negative {
        None => Ok(out),
        Some(e) => Err(Error::invalid(format!("an integer to the negative power {e} is no integer"))
            .help("cast the base to a float first, as with `astype`")),
    }
}

/// `ln(eᵃ + eᵇ)` without overflow, to any base whose logarithm of two is given.
fn log_add<T: Float>(a: T, b: T, ln_two: T, exp: impl Fn(T) -> T, log1p: impl Fn(T) -> T) -> T {
    // Equal infinities too.
    if a == b {
        return a + ln_two;
    }
    let distance = a - b;
    if distance > T::zero() { a + log1p(exp(-distance)) } else { b + log1p(exp(distance)) }
}

fn plane<T: Operand + Float + FloatConst + Neighbours>(
    op: BinaryOp,
    a: Block,
    b: Block,
    shape: &[usize],
) -> Block {
    match op {
        BinaryOp::Atan2 => same2(a, b, shape, |a: &T, b: &T| a.atan2(*b)),
        BinaryOp::CopySign => same2(a, b, shape, |a: &T, b: &T| a.copysign(*b)),
        BinaryOp::NextAfter => same2(a, b, shape, |a: &T, b: &T| a.next_after(*b)),
        BinaryOp::LogAddExp => {
            same2(a, b, shape, |a: &T, b: &T| log_add(*a, *b, T::LN_2(), |v| v.exp(), |v| v.ln_1p()))
        }
        BinaryOp::LogAddExp2 => same2(a, b, shape, |a: &T, b: &T| {
            log_add(*a, *b, T::one(), |v| v.exp2(), |v| v.ln_1p() * T::LOG2_E())
        }),
        BinaryOp::Heaviside => same2(a, b, shape, |a: &T, b: &T| match a.partial_cmp(&T::zero()) {
            None => T::nan(),
            Some(std::cmp::Ordering::Less) => T::zero(),
            Some(std::cmp::Ordering::Equal) => *b,
            Some(std::cmp::Ordering::Greater) => T::one(),
        }),
        _ => same2(a, b, shape, |a: &T, b: &T| a.hypot(*b)),
    }
}
