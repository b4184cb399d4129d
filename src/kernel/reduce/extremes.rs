//! Least and greatest values.

use std::marker::PhantomData;
use std::ops::Range;

use num_complex::Complex;

use super::lanes::{LANES, Partial, Store, flat_block, next_vec};
use super::{Finish, ReduceOp, ReduceSpec, Visit};
use crate::array::Block;
use crate::dtype::{DType, Element, Kind, NAT, Real};
use crate::error::{Error, Result};

/// Which of two values wins.
pub(super) trait Wins<T>: Copy + 'static {
    /// What every value wins against (or equals).
    const START: T;
    /// Whether `x` takes the place of `best`.
    fn wins(x: T, best: T) -> bool;
}

/// The least (or with `MAX` the greatest) value of a type with a total order.
#[derive(Clone, Copy)]
struct Plain<const MAX: bool>;

/// The same where NaN or NaT is left out (`SKIP`) or wins over all.
#[derive(Clone, Copy)]
struct Gaps<const MAX: bool, const SKIP: bool>;

/// [`Gaps`] for ticks.
#[derive(Clone, Copy)]
struct TimeGaps<const MAX: bool, const SKIP: bool>;

macro_rules! plain {
    ($($T:ty: $low:expr, $high:expr);*) => {$(
        impl<const MAX: bool> Wins<$T> for Plain<MAX> {
            const START: $T = if MAX { $low } else { $high };
            #[inline(always)]
            fn wins(x: $T, best: $T) -> bool {
                if MAX { x > best } else { x < best }
            }
        }
    )*};
}
plain!(
    bool: false, true;
    i8: i8::LOWEST, i8::HIGHEST; i16: i16::LOWEST, i16::HIGHEST;
    i32: i32::LOWEST, i32::HIGHEST; i64: i64::LOWEST, i64::HIGHEST;
    u8: u8::LOWEST, u8::HIGHEST; u16: u16::LOWEST, u16::HIGHEST;
    u32: u32::LOWEST, u32::HIGHEST; u64: u64::LOWEST, u64::HIGHEST
);

macro_rules! gaps {
    ($($T:ty),*) => {$(
        impl<const MAX: bool, const SKIP: bool> Wins<$T> for Gaps<MAX, SKIP> {
            const START: $T = if SKIP { <$T>::NAN } else if MAX { <$T>::LOWEST } else { <$T>::HIGHEST };
            #[inline(always)]
            fn wins(x: $T, best: $T) -> bool {
                // A comparison with NaN is false: the negation holds for a NaN on either side.
                let not_behind = !(if MAX { x <= best } else { x >= best });
                if SKIP { not_behind & (x == x) } else { not_behind & (best == best) }
            }
        }
    )*};
}
gaps!(f32, f64);

macro_rules! complex_gaps {
    ($($F:ty),*) => {$(
        impl<const MAX: bool, const SKIP: bool> Wins<Complex<$F>> for Gaps<MAX, SKIP> {
            const START: Complex<$F> = {
                let v = if SKIP { <$F>::NAN } else if MAX { <$F>::LOWEST } else { <$F>::HIGHEST };
                Complex::new(v, v)
            };
            /// Real parts first, then imaginary ones.
            fn wins(x: Complex<$F>, best: Complex<$F>) -> bool {
                let ahead = match MAX {
                    true => x.re > best.re || x.re == best.re && x.im > best.im,
                    false => x.re < best.re || x.re == best.re && x.im < best.im,
                };
                match (SKIP, x.is_missing(), best.is_missing()) {
                    (_, false, false) => ahead,
                    (true, x_missing, best_missing) => best_missing && !x_missing,
                    (false, _, best_missing) => !best_missing,
                }
            }
        }
    )*};
}
complex_gaps!(f32, f64);

impl<const MAX: bool, const SKIP: bool> Wins<i64> for TimeGaps<MAX, SKIP> {
    const START: i64 = match (MAX, SKIP) {
        (_, true) => NAT,
        (true, false) => NAT + 1,
        (false, false) => i64::MAX,
    };
    #[inline(always)]
    fn wins(x: i64, best: i64) -> bool {
        // NaT is the least number; one less wraps it around to the greatest.
        let after = MAX != SKIP;
        let (x, best) = if after { (x.wrapping_sub(1), best.wrapping_sub(1)) } else { (x, best) };
        if MAX { x > best } else { x < best }
    }
}

/// The best of several runs.
struct Best<T, W, const L: usize> {
    best: [T; L],
    how: PhantomData<W>,
}

impl<T: Copy, W, const L: usize> Clone for Best<T, W, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Copy, W, const L: usize> Copy for Best<T, W, L> {}

impl<T: Element + Copy, W: Wins<T>, const L: usize> Partial<T, L> for Best<T, W, L> {
    type One = Best<T, W, 1>;
    type Store = Bests<T, W>;

    const EMPTY: Self = Best { best: [W::START; L], how: PhantomData };

    #[inline(always)]
    fn block<'a>(&mut self, rows: impl Iterator<Item = &'a [T; L]> + Clone) {
        let mut best = self.best;
        for row in rows {
            for l in 0..L {
                best[l] = if W::wins(row[l], best[l]) { row[l] } else { best[l] };
            }
        }
        self.best = best;
    }

    fn lane(&self, lane: usize) -> Self::One {
        Best { best: [self.best[lane]], how: PhantomData }
    }

    fn join(&mut self, later: &Self) {
        self.block(std::iter::once(&later.best));
    }

    #[inline(always)]
    fn flush(&self, store: &mut Self::Store, at: usize) {
        for (best, x) in store.best[at..at + L].iter_mut().zip(self.best) {
            *best = if W::wins(x, *best) { x } else { *best };
        }
    }

    fn load(store: &Self::Store, at: usize) -> Self {
        Best { best: std::array::from_fn(|l| store.best[at + l]), how: PhantomData }
    }
}

/// The best of all elements of the result.
struct Bests<T, W> {
    best: Vec<T>,
    how: PhantomData<W>,
}

impl<T: Element + Copy, W: Wins<T>> Store for Bests<T, W> {
    fn new(size: usize) -> Self {
        Bests { best: vec![W::START; size], how: PhantomData }
    }

    fn from_blocks(blocks: Vec<Block>) -> Result<Self> {
        Ok(Bests { best: next_vec(&mut blocks.into_iter())?, how: PhantomData })
    }

    fn into_blocks(self) -> Vec<Block> {
        vec![flat_block(self.best)]
    }

    fn merge(&mut self, to: usize, later: &Self, from: Range<usize>) {
        for (best, x) in self.best[to..].iter_mut().zip(&later.best[from]) {
            *best = if W::wins(*x, *best) { *x } else { *best };
        }
    }

    fn finish(mut self, end: &Finish) -> Result<Block> {
        for i in end.without_input(self.best.len()) {
            self.best[i] = match missing::<T>(end.input) {
                Some(missing) if end.spec.group.is_some() => missing,
                _ => return Err(end.nothing(i)),
            };
        }
        Ok(flat_block(self.best).retype(end.input))
    }
}

/// The missing value of a dtype.
pub(super) fn missing<T: Element>(dtype: DType) -> Option<T> {
    let value = match dtype.kind() {
        _ if dtype.is_time() => Block::scalar(NAT),
        Kind::F32 => Block::scalar(f32::NAN),
        Kind::F64 => Block::scalar(f64::NAN),
        Kind::C64 => Block::scalar(Complex::new(f32::NAN, f32::NAN)),
        Kind::C128 => Block::scalar(Complex::new(f64::NAN, f64::NAN)),
        Kind::Str => Block::scalar(crate::dtype::Text::MISSING),
        _ => return None,
    };
    value.get::<T>().and_then(|a| a.first().cloned())
}

/// Calls `v` with what finds the least or greatest of elements of `input`.
pub(super) fn dispatch<V: Visit>(spec: &ReduceSpec, input: DType, v: V) -> Result<V::Out> {
    let max = spec.op == ReduceOp::Max;
    macro_rules! plain {
        ($T:ty) => {
            match max {
                true => v.visit::<$T, Best<$T, Plain<true>, LANES>>(),
                false => v.visit::<$T, Best<$T, Plain<false>, LANES>>(),
            }
        };
    }
    macro_rules! gaps {
        ($T:ty, $G:ident) => {
            match (max, spec.skipna) {
                (true, true) => v.visit::<$T, Best<$T, $G<true, true>, LANES>>(),
                (true, false) => v.visit::<$T, Best<$T, $G<true, false>, LANES>>(),
                (false, true) => v.visit::<$T, Best<$T, $G<false, true>, LANES>>(),
                (false, false) => v.visit::<$T, Best<$T, $G<false, false>, LANES>>(),
            }
        };
    }
    match input.kind() {
        _ if input.is_time() => gaps!(i64, TimeGaps),
        Kind::F32 => gaps!(f32, Gaps),
        Kind::F64 => gaps!(f64, Gaps),
        Kind::C64 => gaps!(Complex<f32>, Gaps),
        Kind::C128 => gaps!(Complex<f64>, Gaps),
        Kind::Bool => plain!(bool),
        Kind::I8 => plain!(i8),
        Kind::I16 => plain!(i16),
        Kind::I32 => plain!(i32),
        Kind::I64 => plain!(i64),
        Kind::U8 => plain!(u8),
        Kind::U16 => plain!(u16),
        Kind::U32 => plain!(u32),
        Kind::U64 => plain!(u64),
        Kind::Str => Err(Error::internal("text is compared one by one")),
    }
}

/// [`dispatch`] for floats, complex numbers and times whose missing values are left out.
pub(super) fn dispatch_wide<V: Visit>(max: bool, input: DType, v: V) -> Result<V::Out> {
    macro_rules! gaps {
        ($T:ty, $G:ident) => {
            match max {
                true => v.visit::<$T, Best<$T, $G<true, true>, LANES>>(),
                false => v.visit::<$T, Best<$T, $G<false, true>, LANES>>(),
            }
        };
    }
    match input {
        _ if input.is_time() => gaps!(i64, TimeGaps),
        DType::F32 => gaps!(f32, Gaps),
        DType::F64 => gaps!(f64, Gaps),
        DType::C64 => gaps!(Complex<f32>, Gaps),
        DType::C128 => gaps!(Complex<f64>, Gaps),
        _ => Err(Error::internal(format!("{input} is to be widened before it is compared"))),
    }
}
