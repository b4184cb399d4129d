//! Sums, products and means.
//!
//! `f64` and complex sums carry what every addition lost (Neumaier's idea with Knuth's TwoSum), `f32`
//! is summed in `f64`, integers wrap as numpy's do, and times are summed in 128 bits.

use std::marker::PhantomData;
use std::ops::Range;

use num_complex::Complex;

use super::lanes::{
    LANES, Nan, Never, Partial, Policy, Store, Wide, Widen, flat_block, many, next_vec, take_vec, two_sum,
};
use super::ticks::Ticks;
use super::{Finish, ReduceOp, ReduceSpec, Visit};
use crate::array::Block;
use crate::dtype::dispatch::with_number;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};

/// How a number goes into a total.
trait How<A>: Copy + 'static {
    /// What a total carries beside it.
    type Lost: Copy;
    /// Whether it carries anything.
    const CARRIES: bool = false;
    /// The total of nothing.
    const START: A;
    const NOTHING: Self::Lost;
    /// Takes in a total with what it lost.
    fn join(total: &mut A, lost: &mut Self::Lost, more: A, more_lost: Self::Lost);
    fn take(total: &mut A, lost: &mut Self::Lost, x: A) {
        Self::join(total, lost, x, Self::NOTHING);
    }
    /// What was lost, as it is stored.
    fn stored(lost: Self::Lost) -> A;
    fn restored(lost: Option<&A>) -> Self::Lost;
}

/// Addition.
#[derive(Clone, Copy)]
struct Plain;

/// Multiplication.
#[derive(Clone, Copy)]
struct Times;

macro_rules! carries_nothing {
    ($How:ident, $start:ident, $op:ident) => {
        impl<A: Wide> How<A> for $How {
            type Lost = ();
            const START: A = A::$start;
            const NOTHING: () = ();
            #[inline(always)]
            fn join(total: &mut A, (): &mut (), more: A, (): ()) {
                *total = total.$op(more);
            }
            fn stored((): ()) -> A {
                A::ZERO
            }
            fn restored(_: Option<&A>) {}
        }
    };
}
carries_nothing!(Plain, ZERO, plus);
carries_nothing!(Times, ONE, times);

/// Addition that keeps what rounding lost.
#[derive(Clone, Copy)]
struct Exact;

impl<A: Wide> How<A> for Exact {
    type Lost = A;
    const CARRIES: bool = true;
    const START: A = A::ZERO;
    const NOTHING: A = A::ZERO;
    #[inline(always)]
    fn join(total: &mut A, lost: &mut A, more: A, more_lost: A) {
        let (sum, error) = two_sum(*total, more);
        *total = sum;
        *lost = lost.plus(more_lost).plus(error);
    }
    #[inline(always)]
    fn take(total: &mut A, lost: &mut A, x: A) {
        let (sum, error) = two_sum(*total, x);
        *total = sum;
        *lost = lost.plus(error);
    }
    fn stored(lost: A) -> A {
        lost
    }
    fn restored(lost: Option<&A>) -> A {
        lost.copied().unwrap_or(A::ZERO)
    }
}

/// Sums (or products) of `T` in `A`; counts what is valid where `COUNT` says so.
struct Total<T, A, M, H: How<A>, const COUNT: bool, const L: usize> {
    total: [A; L],
    lost: [H::Lost; L],
    valid: [u32; L],
    what: PhantomData<fn(T) -> M>,
}

impl<T, A: Copy, M, H: How<A>, const COUNT: bool, const L: usize> Clone for Total<T, A, M, H, COUNT, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, A: Copy, M, H: How<A>, const COUNT: bool, const L: usize> Copy for Total<T, A, M, H, COUNT, L> {}

impl<T, A, M, H, const COUNT: bool, const L: usize> Partial<T, L> for Total<T, A, M, H, COUNT, L>
where
    T: Widen<A>,
    A: Wide,
    H: How<A>,
    M: Policy<T> + 'static,
{
    type One = Total<T, A, M, H, COUNT, 1>;
    type Store = Totals<A, H, COUNT>;

    const EMPTY: Self =
        Total { total: [H::START; L], lost: [H::NOTHING; L], valid: [0; L], what: PhantomData };

    #[inline(always)]
    fn block<'a>(&mut self, rows: impl Iterator<Item = &'a [T; L]> + Clone) {
        let mut p = *self;
        for row in rows {
            for (l, x) in row.iter().enumerate() {
                let missing = M::missing(*x);
                let x = if missing { H::START } else { x.widen() };
                H::take(&mut p.total[l], &mut p.lost[l], x);
                if COUNT {
                    p.valid[l] += u32::from(!missing);
                }
            }
        }
        *self = p;
    }

    fn lane(&self, lane: usize) -> Self::One {
        Total {
            total: [self.total[lane]],
            lost: [self.lost[lane]],
            valid: [self.valid[lane]],
            what: PhantomData,
        }
    }

    fn join(&mut self, later: &Self) {
        for l in 0..L {
            H::join(&mut self.total[l], &mut self.lost[l], later.total[l], later.lost[l]);
            self.valid[l] += later.valid[l];
        }
    }

    #[inline(always)]
    fn flush(&self, store: &mut Self::Store, at: usize) {
        let ours = self.total.iter().zip(&self.lost);
        let total = store.total[at..at + L].iter_mut();
        for (i, (total, (more, more_lost))) in total.zip(ours).enumerate() {
            let mut lost = H::restored(store.lost.get(at + i));
            H::join(total, &mut lost, *more, *more_lost);
            if H::CARRIES {
                store.lost[at + i] = H::stored(lost);
            }
        }
        if COUNT {
            store.valid[at..at + L].iter_mut().zip(self.valid).for_each(|(a, b)| *a += i64::from(b));
        }
    }

    fn load(store: &Self::Store, at: usize) -> Self {
        let mut p = Self::EMPTY;
        p.total.copy_from_slice(&store.total[at..at + L]);
        p.lost = std::array::from_fn(|l| H::restored(store.lost.get(at + l)));
        if COUNT {
            p.valid = std::array::from_fn(|l| store.valid[at + l] as u32);
        }
        p
    }
}

/// Totals of all elements of the result; `lost` and `valid` only where they are needed.
struct Totals<A, H, const COUNT: bool> {
    total: Vec<A>,
    lost: Vec<A>,
    valid: Vec<i64>,
    how: PhantomData<H>,
}

impl<A: Wide, H: How<A>, const COUNT: bool> Store for Totals<A, H, COUNT> {
    fn new(size: usize) -> Self {
        Totals {
            total: many(H::START, size),
            lost: many(A::ZERO, if H::CARRIES { size } else { 0 }),
            valid: many(0, if COUNT { size } else { 0 }),
            how: PhantomData,
        }
    }

    fn from_blocks(blocks: Vec<Block>) -> Result<Self> {
        let mut blocks = blocks.into_iter();
        let total = next_vec(&mut blocks)?;
        let lost = if H::CARRIES { next_vec(&mut blocks)? } else { Vec::new() };
        let valid = if COUNT { next_vec(&mut blocks)? } else { Vec::new() };
        Ok(Totals { total, lost, valid, how: PhantomData })
    }

    fn into_blocks(self) -> Vec<Block> {
        let mut blocks = vec![flat_block(self.total)];
        if H::CARRIES {
            blocks.push(flat_block(self.lost));
        }
        if COUNT {
            blocks.push(flat_block(self.valid));
        }
        blocks
    }

    fn merge(&mut self, to: usize, later: &Self, from: Range<usize>) {
        let totals = self.total[to..].iter_mut().zip(&later.total[from.clone()]);
        if H::CARRIES {
            let lost = self.lost[to..].iter_mut().zip(&later.lost[from.clone()]);
            for ((total, more), (stored, more_lost)) in totals.zip(lost) {
                let mut lost = H::restored(Some(stored));
                H::join(total, &mut lost, *more, H::restored(Some(more_lost)));
                *stored = H::stored(lost);
            }
        } else {
            totals.for_each(|(total, more)| H::join(total, &mut H::restored(None), *more, H::restored(None)));
        }
        if COUNT {
            self.valid[to..].iter_mut().zip(&later.valid[from]).for_each(|(a, b)| *a += b);
        }
    }

    fn finish(mut self, end: &Finish) -> Result<Block> {
        if H::CARRIES {
            for (total, lost) in self.total.iter_mut().zip(&self.lost) {
                // Behind an infinity the lost part is NaN.
                *total = total.plus(*lost).or(*total);
            }
        }
        let mean = end.spec.op == ReduceOp::Mean;
        let least = end.spec.min_count.filter(|_| !mean).map_or(0, |n| n as i64);
        let valid = match COUNT {
            true => self.valid,
            false if mean || least > 0 => end.rows_of_all(self.total.len()),
            false => Vec::new(),
        };
        if mean {
            return means(self.total, &valid, end);
        }
        let few: Vec<bool> = if least > 0 { valid.iter().map(|n| *n < least).collect() } else { Vec::new() };
        totals(self.total, &few, end)
    }
}

/// Totals over counts; 0 / 0 is NaN, the mean of nothing.
fn means<A: Wide>(total: Vec<A>, valid: &[i64], end: &Finish) -> Result<Block> {
    let total = flat_block(total);
    let n = valid.iter().map(|n| *n as f64);
    Ok(match (end.input, total.dtype()) {
        (_, DType::I64) => {
            flat_block(take_vec::<i64>(total)?.into_iter().zip(n).map(|(v, n)| v as f64 / n).collect())
        }
        (_, DType::U64) => {
            flat_block(take_vec::<u64>(total)?.into_iter().zip(n).map(|(v, n)| v as f64 / n).collect())
        }
        (DType::F32, _) => {
            flat_block(take_vec::<f64>(total)?.into_iter().zip(n).map(|(v, n)| (v / n) as f32).collect())
        }
        (DType::C64, _) => {
            let v = take_vec::<Complex<f64>>(total)?.into_iter().zip(n);
            flat_block(v.map(|(v, n)| small(v / n)).collect())
        }
        (DType::C128, _) => {
            flat_block(take_vec::<Complex<f64>>(total)?.into_iter().zip(n).map(|(v, n)| v / n).collect())
        }
        _ => flat_block(take_vec::<f64>(total)?.into_iter().zip(n).map(|(v, n)| v / n).collect()),
    })
}

fn small(v: Complex<f64>) -> Complex<f32> {
    Complex::new(v.re as f32, v.im as f32)
}

/// Totals as elements of the result's dtype, missing where there were too few values.
fn totals<A: Wide>(total: Vec<A>, few: &[bool], end: &Finish) -> Result<Block> {
    let dtype = end.spec.result_dtype(end.input)?;
    let total = flat_block(total);
    let few = |i: usize| few.get(i).copied().unwrap_or(false);
    let reals = |v: Vec<f64>| -> Vec<f64> {
        v.into_iter().enumerate().map(|(i, v)| if few(i) { f64::NAN } else { v }).collect()
    };
    Ok(match (dtype, total.dtype()) {
        (DType::I64, DType::I64) | (DType::U64, DType::U64) => total,
        (DType::F64, DType::I64) => {
            flat_block(reals(take_vec::<i64>(total)?.into_iter().map(|v| v as f64).collect()))
        }
        (DType::F64, DType::U64) => {
            flat_block(reals(take_vec::<u64>(total)?.into_iter().map(|v| v as f64).collect()))
        }
        (DType::F64, DType::F64) => flat_block(reals(take_vec(total)?)),
        (DType::F32, DType::F64) => {
            flat_block(reals(take_vec(total)?).into_iter().map(|v| v as f32).collect())
        }
        (DType::C64 | DType::C128, DType::C128) => {
            let mut v = take_vec::<Complex<f64>>(total)?;
            let too_few = Complex::new(f64::NAN, 0.0);
            v.iter_mut().enumerate().filter(|(i, _)| few(*i)).for_each(|(_, v)| *v = too_few);
            match dtype {
                DType::C64 => flat_block(v.into_iter().map(small).collect()),
                _ => flat_block(v),
            }
        }
        (_, held) => return Err(Error::internal(format!("a total in {held} cannot be {dtype}"))),
    })
}

/// The partial results for an element type.
trait Summed: Element + Copy {
    fn visit<V: Visit>(spec: &ReduceSpec, v: V) -> Result<V::Out>;
}

macro_rules! summed_int {
    ($($T:ty => $A:ty, $mean:ty, $how:ty);*) => {$(
        impl Summed for $T {
            fn visit<V: Visit>(spec: &ReduceSpec, v: V) -> Result<V::Out> {
                match spec.op {
                    ReduceOp::Mean => v.visit::<$T, Total<$T, $mean, Never, $how, false, LANES>>(),
                    ReduceOp::Prod => v.visit::<$T, Total<$T, $A, Never, Times, false, LANES>>(),
                    _ => v.visit::<$T, Total<$T, $A, Never, Plain, false, LANES>>(),
                }
            }
        }
    )*};
}
// The mean of narrow integers comes from their exact sum; that of wide ones might not fit.
summed_int!(
    bool => i64, i64, Plain; i8 => i64, i64, Plain; i16 => i64, i64, Plain; i32 => i64, i64, Plain;
    u8 => u64, u64, Plain; u16 => u64, u64, Plain; u32 => u64, u64, Plain;
    i64 => i64, f64, Exact; u64 => u64, f64, Exact
);

macro_rules! summed_float {
    ($($T:ty, $A:ty, $how:ty);*) => {$(
        impl Summed for $T {
            fn visit<V: Visit>(spec: &ReduceSpec, v: V) -> Result<V::Out> {
                let count = spec.op == ReduceOp::Mean || spec.min_count.is_some();
                match (spec.op, spec.skipna, count) {
                    (ReduceOp::Prod, false, _) => v.visit::<$T, Total<$T, $A, Never, Times, false, LANES>>(),
                    (ReduceOp::Prod, true, _) => v.visit::<$T, Total<$T, $A, Nan, Times, true, LANES>>(),
                    (_, false, _) => v.visit::<$T, Total<$T, $A, Never, $how, false, LANES>>(),
                    (_, true, false) => v.visit::<$T, Total<$T, $A, Nan, $how, false, LANES>>(),
                    (_, true, true) => v.visit::<$T, Total<$T, $A, Nan, $how, true, LANES>>(),
                }
            }
        }
    )*};
}
summed_float!(f32, f64, Plain; f64, f64, Exact; Complex<f32>, Complex<f64>, Exact; Complex<f64>, Complex<f64>, Exact);

/// Calls `v` with what sums, multiplies or averages elements of `input`.
pub(super) fn dispatch<V: Visit>(spec: &ReduceSpec, input: DType, v: V) -> Result<V::Out> {
    if input.is_time() {
        return v.visit::<i64, Ticks<LANES>>();
    }
    with_number!(input.kind(), T => <T as Summed>::visit(spec, v), else match input {
        DType::Bool => bool::visit(spec, v),
        _ => Err(Error::internal(format!("{input} is not summed"))),
    })
}

/// [`dispatch`] for floats, complex numbers and times whose missing values are left out.
pub(super) fn dispatch_wide<V: Visit>(op: ReduceOp, input: DType, v: V) -> Result<V::Out> {
    macro_rules! floats {
        ($T:ty, $A:ty, $how:ty) => {
            match op {
                ReduceOp::Prod => v.visit::<$T, Total<$T, $A, Nan, Times, true, LANES>>(),
                ReduceOp::Mean => v.visit::<$T, Total<$T, $A, Nan, $how, true, LANES>>(),
                _ => v.visit::<$T, Total<$T, $A, Nan, $how, false, LANES>>(),
            }
        };
    }
    match input {
        _ if input.is_time() => v.visit::<i64, Ticks<LANES>>(),
        DType::F32 => floats!(f32, f64, Plain),
        DType::F64 => floats!(f64, f64, Exact),
        DType::C64 => floats!(Complex<f32>, Complex<f64>, Exact),
        DType::C128 => floats!(Complex<f64>, Complex<f64>, Exact),
        _ => Err(Error::internal(format!("{input} is to be widened before it is summed"))),
    }
}
