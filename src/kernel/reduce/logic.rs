//! How many values are valid, and whether any or all hold.

use std::marker::PhantomData;

use super::lanes::{LANES, Nan, Nat, Never, Partial, Policy, Store, flat_block, next_vec};
use super::{Finish, ReduceOp, ReduceSpec, Visit};
use crate::array::Block;
use crate::dtype::dispatch::with_real;
use crate::dtype::{DType, Element, Kind, Text};
use crate::error::{Error, Result};
use num_complex::Complex;

/// Text as `f32` for these operations: missing is NaN for a count and neutral otherwise, empty is 0.
pub(super) fn text_as_numbers(op: ReduceOp, piece: &Block) -> Result<Block> {
    let missing = match op {
        ReduceOp::Any => 0.0,
        ReduceOp::All => 1.0,
        _ => f32::NAN,
    };
    let number = |t: &Text| t.as_str().map_or(missing, |s| if s.is_empty() { 0.0 } else { 1.0 });
    Ok(Block::new(piece.typed::<Text>()?.map(number).into_shared()))
}

/// How many of several runs are not missing.
struct Valid<T, M, const L: usize> {
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
            for l in 0..L {
                n[l] += u32::from(!M::missing(row[l]));
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

    fn flush(&self, store: &mut Counts, at: usize, step: usize) {
        for l in 0..L {
            store.0[at + l * step] += i64::from(self.n[l]);
        }
    }
}

struct Counts(Vec<i64>);

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

    fn merge(&mut self, later: Self) {
        self.0.iter_mut().zip(later.0).for_each(|(a, b)| *a += b);
    }

    fn finish(self, _: &Finish) -> Result<Block> {
        Ok(flat_block(self.0))
    }
}

/// Whether any (or with `ALL` every) element is not zero; NaN and NaT are not.
struct Holds<T, const ALL: bool, const L: usize> {
    // Bytes, since loops over them vectorise.
    holds: [u8; L],
    what: PhantomData<fn(T)>,
}

impl<T, const ALL: bool, const L: usize> Clone for Holds<T, ALL, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const ALL: bool, const L: usize> Copy for Holds<T, ALL, L> {}

impl<T: Element + Copy, const ALL: bool, const L: usize> Partial<T, L> for Holds<T, ALL, L> {
    type One = Holds<T, ALL, 1>;
    type Store = Truths<ALL>;

    const EMPTY: Self = Holds { holds: [ALL as u8; L], what: PhantomData };

    #[inline(always)]
    fn block<'a>(&mut self, rows: impl Iterator<Item = &'a [T; L]> + Clone) {
        let zero = T::default();
        let mut holds = self.holds;
        for row in rows {
            for l in 0..L {
                let x = u8::from(row[l] != zero);
                holds[l] = if ALL { holds[l] & x } else { holds[l] | x };
            }
        }
        self.holds = holds;
    }

    fn lane(&self, lane: usize) -> Self::One {
        Holds { holds: [self.holds[lane]], what: PhantomData }
    }

    fn join(&mut self, later: &Self) {
        for l in 0..L {
            self.holds[l] = if ALL { self.holds[l] & later.holds[l] } else { self.holds[l] | later.holds[l] };
        }
    }

    fn flush(&self, store: &mut Truths<ALL>, at: usize, step: usize) {
        for l in 0..L {
            store.add(at + l * step, self.holds[l] != 0);
        }
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

    fn merge(&mut self, later: Self) {
        later.0.into_iter().enumerate().for_each(|(i, x)| self.add(i, x));
    }

    fn finish(self, _: &Finish) -> Result<Block> {
        Ok(flat_block(self.0))
    }
}

/// Calls `v` with what counts or tests elements of `input`.
pub(super) fn dispatch<V: Visit>(spec: &ReduceSpec, input: DType, v: V) -> Result<V::Out> {
    let kind = if input.is_text() { Kind::F32 } else { input.kind() };
    macro_rules! holds {
        ($T:ty) => {
            match spec.op {
                ReduceOp::All => v.visit::<$T, Holds<$T, true, LANES>>(),
                _ => v.visit::<$T, Holds<$T, false, LANES>>(),
            }
        };
    }
    if spec.op != ReduceOp::Count {
        return match kind {
            Kind::Bool => holds!(bool),
            Kind::C64 => holds!(Complex<f32>),
            Kind::C128 => holds!(Complex<f64>),
            _ => with_real!(kind, T => holds!(T), else Err(Error::internal("no truth of text"))),
        };
    }
    match kind {
        _ if input.is_time() => v.visit::<i64, Valid<i64, Nat, LANES>>(),
        Kind::F32 => v.visit::<f32, Valid<f32, Nan, LANES>>(),
        Kind::F64 => v.visit::<f64, Valid<f64, Nan, LANES>>(),
        Kind::C64 => v.visit::<Complex<f32>, Valid<Complex<f32>, Nan, LANES>>(),
        Kind::C128 => v.visit::<Complex<f64>, Valid<Complex<f64>, Nan, LANES>>(),
        Kind::Bool => v.visit::<bool, Valid<bool, Never, LANES>>(),
        _ => with_real!(kind, T => v.visit::<T, Valid<T, Never, LANES>>(), else {
            Err(Error::internal("no count of text"))
        }),
    }
}
