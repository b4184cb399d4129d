//! From an operation and a dtype to the loops that are compiled for both.

use std::ops::Range;

use super::direct::Direct;
use super::lanes::{LANES, Partial, Store};
use super::sink::Folding;
use super::walk::{Path, Place};
use super::{Finish, ReduceOp, ReduceSpec, extremes, logic, moments, sums};
use ndarray::ArrayViewD;

use crate::array::Block;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};

/// Something to do with the [`Partial`] that computes a reduction.
pub(in crate::kernel) trait Visit {
    type Out;
    fn visit<T: Element + Copy, P: Partial<T, LANES>>(self) -> Result<Self::Out>;
}

/// The one place where operation and dtype become a [`Partial`].
pub(in crate::kernel) fn dispatch<V: Visit>(spec: &ReduceSpec, input: DType, v: V) -> Result<V::Out> {
    match spec.op {
        ReduceOp::Sum | ReduceOp::Prod | ReduceOp::Mean => sums::dispatch(spec, input, v),
        ReduceOp::Var | ReduceOp::Std => moments::dispatch(spec, input, v),
        ReduceOp::Min | ReduceOp::Max => extremes::dispatch(spec, input, v),
        ReduceOp::Count | ReduceOp::Any | ReduceOp::All => logic::dispatch(spec, input, v),
        op => Err(Error::internal(format!("`{}` does not work piece by piece", op.name()))),
    }
}

/// [`dispatch`] where missing values are left out and integers have been made floats: a quarter of the loops to
/// compile, for those who need many of each.
pub(in crate::kernel) fn dispatch_wide<V: Visit>(op: ReduceOp, input: DType, v: V) -> Result<V::Out> {
    match op {
        ReduceOp::Sum | ReduceOp::Prod | ReduceOp::Mean => sums::dispatch_wide(op, input, v),
        ReduceOp::Var | ReduceOp::Std => moments::dispatch_wide(input, v),
        ReduceOp::Min | ReduceOp::Max => extremes::dispatch_wide(op == ReduceOp::Max, input, v),
        ReduceOp::Count => logic::dispatch_wide(input, v),
        op => Err(Error::internal(format!("`{}` does not work piece by piece", op.name()))),
    }
}

pub(super) struct Init {
    pub(super) size: usize,
}

impl Visit for Init {
    type Out = Vec<Block>;
    fn visit<T: Element + Copy, P: Partial<T, LANES>>(self) -> Result<Vec<Block>> {
        Ok(P::Store::new(self.size).into_blocks())
    }
}

pub(super) struct Push<'a> {
    pub(super) piece: &'a Block,
    pub(super) place: &'a Place,
    pub(super) parts: Vec<Block>,
}

impl Visit for Push<'_> {
    type Out = Vec<Block>;
    fn visit<T: Element + Copy, P: Partial<T, LANES>>(self) -> Result<Vec<Block>> {
        let store = P::Store::from_blocks(self.parts)?;
        Ok(fold_into::<T, P>(store, self.piece, self.place)?.into_blocks())
    }
}

fn fold_into<T: Element + Copy, P: Partial<T, LANES>>(
    store: P::Store,
    piece: &Block,
    place: &Place,
) -> Result<P::Store> {
    let mut folding = Folding::<T, P>::new(store);
    Path::new(elements::<T>(piece)?, place).walk(place, &mut folding);
    Ok(folding.into_store())
}

fn elements<T: Element>(piece: &Block) -> Result<ArrayViewD<'_, T>> {
    let elements = piece.get::<T>().map(|a| a.view());
    elements.ok_or_else(|| {
        Error::internal(format!("a piece of {} where {} was reduced", piece.dtype(), T::DTYPE))
    })
}

pub(super) struct Only<'a> {
    pub(super) piece: &'a Block,
    pub(super) place: &'a Place,
    pub(super) end: &'a Finish<'a>,
    pub(super) size: usize,
}

impl Visit for Only<'_> {
    type Out = Block;
    fn visit<T: Element + Copy, P: Partial<T, LANES>>(self) -> Result<Block> {
        let path = Path::new(elements::<T>(self.piece)?, self.place);
        if path.is_direct() {
            let mut direct =
                Direct::<T, P>::new(self.end, self.end.spec.result_dtype(self.end.input)?, self.size);
            path.walk(self.place, &mut direct);
            return direct.finish();
        }
        fold_into::<T, P>(P::Store::new(self.size), self.piece, self.place)?.finish(self.end)
    }
}

pub(super) struct Merge<'a> {
    pub(super) parts: Vec<Block>,
    pub(super) later: Vec<Block>,
    /// Which elements of the later state go where.
    pub(super) moves: &'a [(usize, Range<usize>)],
}

impl Visit for Merge<'_> {
    type Out = Vec<Block>;
    fn visit<T: Element + Copy, P: Partial<T, LANES>>(self) -> Result<Vec<Block>> {
        let mut store = P::Store::from_blocks(self.parts)?;
        let later = P::Store::from_blocks(self.later)?;
        self.moves.iter().for_each(|(to, from)| store.merge(*to, &later, from.clone()));
        Ok(store.into_blocks())
    }
}

pub(super) struct Done<'a> {
    pub(super) end: &'a Finish<'a>,
    pub(super) parts: Vec<Block>,
}

impl Visit for Done<'_> {
    type Out = Block;
    fn visit<T: Element + Copy, P: Partial<T, LANES>>(self) -> Result<Block> {
        P::Store::from_blocks(self.parts)?.finish(self.end)
    }
}
