//! Comparing two elements: missing ones are equal to none.

use num_complex::Complex;

use super::table::BinaryOp;
use crate::array::Block;
use crate::dtype::{NAT, Text};
use crate::kernel::feed::Operand;
use crate::kernel::loops::{same2, tiles, to2};

/// Elements with numpy's order.
pub(super) trait Compare: Operand {
    fn lt(&self, o: &Self) -> bool;
    fn le(&self, o: &Self) -> bool;
    fn same(&self, o: &Self) -> bool {
        self == o
    }
}

macro_rules! plain {
    ($($T:ty),*) => {$(
        impl Compare for $T {
            #[inline]
            fn lt(&self, o: &Self) -> bool {
                self < o
            }
            #[inline]
            fn le(&self, o: &Self) -> bool {
                self <= o
            }
        }
    )*};
}
plain!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

macro_rules! complex {
    ($($T:ty),*) => {$(
        impl Compare for Complex<$T> {
            /// By the real parts, then the imaginary ones.
            #[inline]
            fn lt(&self, o: &Self) -> bool {
                (self.re < o.re && !self.im.is_nan() && !o.im.is_nan()) || (self.re == o.re && self.im < o.im)
            }
            #[inline]
            fn le(&self, o: &Self) -> bool {
                (self.re < o.re && !self.im.is_nan() && !o.im.is_nan()) || (self.re == o.re && self.im <= o.im)
            }
        }
    )*};
}
complex!(f32, f64);

impl Compare for Text {
    fn lt(&self, o: &Self) -> bool {
        self.as_str().zip(o.as_str()).is_some_and(|(a, b)| a < b)
    }
    fn le(&self, o: &Self) -> bool {
        self.as_str().zip(o.as_str()).is_some_and(|(a, b)| a <= b)
    }
    fn same(&self, o: &Self) -> bool {
        self.as_str().zip(o.as_str()).is_some_and(|(a, b)| a == b)
    }
}

/// Comparison of two operands in the type `T`.
pub(super) fn compare<T: Compare>(op: BinaryOp, a: Block, b: Block, shape: &[usize]) -> Block {
    match op {
        BinaryOp::Lt => to2(a, b, shape, T::lt),
        BinaryOp::Le => to2(a, b, shape, T::le),
        BinaryOp::Gt => to2(a, b, shape, |a: &T, b: &T| b.lt(a)),
        BinaryOp::Ge => to2(a, b, shape, |a: &T, b: &T| b.le(a)),
        BinaryOp::Ne => to2(a, b, shape, |a: &T, b: &T| !a.same(b)),
        _ => to2(a, b, shape, T::same),
    }
}

/// The larger or smaller of two elements in the type `T`.
pub(super) fn extremum<T: Compare + Copy>(op: BinaryOp, a: Block, b: Block, shape: &[usize]) -> Block {
    match op {
        BinaryOp::Maximum => {
            same2(a, b, shape, |a: &T, b: &T| if b.le(a) || a.is_missing() { *a } else { *b })
        }
        BinaryOp::Minimum => {
            same2(a, b, shape, |a: &T, b: &T| if a.le(b) || a.is_missing() { *a } else { *b })
        }
        BinaryOp::Fmax => same2(a, b, shape, |a: &T, b: &T| if b.le(a) || b.is_missing() { *a } else { *b }),
        _ => same2(a, b, shape, |a: &T, b: &T| if a.le(b) || b.is_missing() { *a } else { *b }),
    }
}

/// Comparison of `i64` with `u64`, by value: no type holds both.
pub(super) fn compare_mixed(op: BinaryOp, signed: Block, unsigned: Block, shape: &[usize]) -> Block {
    let mut others = u64::feed(&unsigned, shape);
    tiles([signed], shape, |range, [a]: [&[i64]; 1], out: &mut [bool]| {
        for ((o, a), b) in out.iter_mut().zip(a).zip(others.tile(range)) {
            *o = holds(op, u64::try_from(*a).map_or(std::cmp::Ordering::Less, |a| a.cmp(b)));
        }
    })
}

/// Comparison of ticks of one unit.
pub(super) fn compare_ticks(op: BinaryOp, a: Block, b: Block, shape: &[usize]) -> Block {
    let ne = op == BinaryOp::Ne;
    to2(a, b, shape, |a: &i64, b: &i64| if *a == NAT || *b == NAT { ne } else { holds(op, a.cmp(b)) })
}

/// Comparison of ticks of two units, by value: `a` counts `by.0` of the finer ticks and `b` `by.1`.
pub(super) fn compare_scaled(op: BinaryOp, a: Block, b: Block, by: (i64, i64), shape: &[usize]) -> Block {
    let ne = op == BinaryOp::Ne;
    to2(a, b, shape, |a: &i64, b: &i64| {
        if *a == NAT || *b == NAT {
            return ne;
        }
        holds(op, (i128::from(*a) * i128::from(by.0)).cmp(&(i128::from(*b) * i128::from(by.1))))
    })
}

/// The larger or smaller of two times of one unit.
pub(super) fn extremum_ticks(op: BinaryOp, a: Block, b: Block, shape: &[usize]) -> Block {
    // NaT is the least tick, so it wins every minimum and loses every maximum by itself.
    match op {
        BinaryOp::Maximum => {
            same2(a, b, shape, |a: &i64, b: &i64| if *a == NAT || *b == NAT { NAT } else { *a.max(b) })
        }
        BinaryOp::Minimum => same2(a, b, shape, |a: &i64, b: &i64| *a.min(b)),
        BinaryOp::Fmax => same2(a, b, shape, |a: &i64, b: &i64| *a.max(b)),
        _ => same2(a, b, shape, |a: &i64, b: &i64| match (*a, *b) {
            (NAT, v) | (v, NAT) => v,
            (a, b) => a.min(b),
        }),
    }
}

#[inline]
fn holds(op: BinaryOp, order: std::cmp::Ordering) -> bool {
    match op {
        BinaryOp::Lt => order.is_lt(),
        BinaryOp::Le => order.is_le(),
        BinaryOp::Gt => order.is_gt(),
        BinaryOp::Ge => order.is_ge(),
        BinaryOp::Ne => order.is_ne(),
        _ => order.is_eq(),
    }
}
