//! How many values are valid, and whether any or all hold.

use std::marker::PhantomData;
use std::ops::Range;

use super::lanes::{LANES, Nan, Nat, Never, Partial, Policy, Store, flat_block, next_vec};
use super::{Finish, ReduceOp, ReduceSpec, Visit};
use crate::array::Block;
use crate::dtype::dispatch::{with_element, with_real};
use crate::dtype::{DType, Element, Kind, Text};
use crate::error::{Error, Result};

/// The piece as fewer dtypes have it: truth as `bool` for `Any` and `All`, else `f32` with NaN where
/// complex numbers and text are missing; `None` if it can stay.
pub(in crate::kernel) fn simpler(op: ReduceOp, piece: &Block) -> Option<Block> {
    let (truth, all) = match op {
        ReduceOp::Any => (true, false),
        ReduceOp::All => (true, true),
        ReduceOp::Count => (false, false),
        _ => return None,
    };
    let kind = piece.dtype().kind();
    if !truth && !matches!(kind, Kind::C64 | Kind::C128 | Kind::Str) || truth && kind == Kind::Bool {
        return None;
    }
    Some(with_element!(kind, T => {
        let a = piece.get::<T>()?;
        match truth {
            false => Block::new(a.map(|x| if x.is_missing() { f32::NAN } else { 0.0 }).into_shared()),
            true if kind == Kind::Str => {
                let a = piece.get::<Text>()?;
                Block::new(a.map(|t| t.as_str().map_or(all, |s| !s.is_empty())).into_shared())
            }
            // NaN and NaT are not zero.
            true => {
                let zero = T::default();
                Block::new(a.map(|x| *x != zero).into_shared())
            }
        }
    }))
}

/// How many of several runs are not missing.
pub(in crate::kernel) struct Valid<T, M, const L: usize> {
    n: [u32; L],
    what: PhantomData<fn(T) -> M>,
}

impl<T, M, const L: usize> Clone for Valid<T, M, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, M, const L: usize> Copy for Valid<T, M, L> {}

impl<T: Element + Copy, M: Policy<T> + 'static, const L: usize> Partial<T, L> for Valid<T, M, L> {
    type One = Valid<T, M, 1>;
    type Store = Counts;

    const EMPTY: Self = Valid { n: [0; L], what: PhantomData };

    #[inline(always)]
    fn block<'a>(&mut self, rows: impl Iterator<Item = &'a [T; L]> + Clone) {
        let mut n = self.n;
        for row in rows {
            for (n, x) in n.iter_mut().zip(row) {
                *n += u32::from(!M::missing(*x));
            }
        }
        self.n = n;
    }

    fn lane(&self, lane: usize) -> Self::One {
        Valid { n: [self.n[lane]], what: PhantomData }
    }

    fn join(&mut self, later: &Self) {
        self.n.iter_mut().zip(later.n).for_each(|(a, b)| *a += b);
    }

    #[inline(always)]
    fn flush(&self, store: &mut Counts, at: usize) {
        store.0[at..at + L].iter_mut().zip(self.n).for_each(|(a, b)| *a += i64::from(b));
    }

    fn load(store: &Counts, at: usize) -> Self {
        Valid { n: std::array::from_fn(|l| store.0[at + l] as u32), what: PhantomData }
    }
}

pub(in crate::kernel) struct Counts(Vec<i64>);

impl Store for Counts {
    fn new(size: usize) -> Self {
        Counts(vec![0; size])
    }

    fn from_blocks(blocks: Vec<Block>) -> Result<Self> {
        Ok(Counts(next_vec(&mut blocks.into_iter())?))
    }

    fn into_blocks(self) -> Vec<Block> {
        vec![flat_block(self.0)]
    }

    fn merge(&mut self, to: usize, later: &Self, from: Range<usize>) {
        self.0[to..].iter_mut().zip(&later.0[from]).for_each(|(a, b)| *a += b);
    }

    fn finish(self, _: &Finish) -> Result<Block> {
        Ok(flat_block(self.0))
    }
}

/// Whether any (or with `ALL` every) truth holds.
#[derive(Clone, Copy)]
struct Holds<const ALL: bool, const L: usize>([bool; L]);

impl<const ALL: bool, const L: usize> Partial<bool, L> for Holds<ALL, L> {
    type One = Holds<ALL, 1>;
    type Store = Truths<ALL>;

    const EMPTY: Self = Holds([ALL; L]);

    #[inline(always)]
    fn block<'a>(&mut self, rows: impl Iterator<Item = &'a [bool; L]> + Clone) {
        for row in rows {
            self.join(&Holds(*row));
        }
    }

    fn lane(&self, lane: usize) -> Self::One {
        Holds([self.0[lane]])
    }

    #[inline(always)]
    fn join(&mut self, later: &Self) {
        for (a, b) in self.0.iter_mut().zip(later.0) {
            *a = if ALL { *a & b } else { *a | b };
        }
    }

    #[inline(always)]
    fn flush(&self, store: &mut Truths<ALL>, at: usize) {
        self.0.iter().enumerate().for_each(|(l, x)| store.add(at + l, *x));
    }

    fn load(store: &Truths<ALL>, at: usize) -> Self {
        Holds(std::array::from_fn(|l| store.0[at + l]))
    }
}

struct Truths<const ALL: bool>(Vec<bool>);

impl<const ALL: bool> Truths<ALL> {
    fn add(&mut self, i: usize, x: bool) {
        let holds = &mut self.0[i];
        *holds = if ALL { *holds & x } else { *holds | x };
    }
}

impl<const ALL: bool> Store for Truths<ALL> {
    fn new(size: usize) -> Self {
        Truths(vec![ALL; size])
    }

    fn from_blocks(blocks: Vec<Block>) -> Result<Self> {
        Ok(Truths(next_vec(&mut blocks.into_iter())?))
    }

    fn into_blocks(self) -> Vec<Block> {
        vec![flat_block(self.0)]
    }

    fn merge(&mut self, to: usize, later: &Self, from: Range<usize>) {
        (to..).zip(&later.0[from]).for_each(|(i, x)| self.add(i, *x));
    }

    fn finish(self, _: &Finish) -> Result<Block> {
        Ok(flat_block(self.0))
    }
}

/// Calls `v` with what counts or tests elements of `input`.
pub(super) fn dispatch<V: Visit>(spec: &ReduceSpec, input: DType, v: V) -> Result<V::Out> {
    match spec.op {
        ReduceOp::All => return v.visit::<bool, Holds<true, LANES>>(),
        ReduceOp::Any => return v.visit::<bool, Holds<false, LANES>>(),
        _ => {}
    }
    match input.kind() {
        _ if input.is_time() => v.visit::<i64, Valid<i64, Nat, LANES>>(),
        Kind::F64 => v.visit::<f64, Valid<f64, Nan, LANES>>(),
        Kind::F32 | Kind::C64 | Kind::C128 | Kind::Str => v.visit::<f32, Valid<f32, Nan, LANES>>(),
        Kind::Bool => v.visit::<bool, Valid<bool, Never, LANES>>(),
        kind => with_real!(kind, T => v.visit::<T, Valid<T, Never, LANES>>(), else {
            Err(Error::internal(format!("no count of {input}")))
        }),
    }
}

/// Calls `v` with what counts elements of `input`, floats (see [`simpler`]) or times.
pub(super) fn dispatch_wide<V: Visit>(input: DType, v: V) -> Result<V::Out> {
    match input.kind() {
        _ if input.is_time() => v.visit::<i64, Valid<i64, Nat, LANES>>(),
        Kind::F64 => v.visit::<f64, Valid<f64, Nan, LANES>>(),
        _ => v.visit::<f32, Valid<f32, Nan, LANES>>(),
    }
}
