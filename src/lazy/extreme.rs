//! Positions of the least and greatest elements.

use serde::{Deserialize, Serialize};

use super::{Fold, LazyArray, Meta, Op, State};
use crate::array::{Block, ChunkGrid, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::order::{self, Extreme};
use crate::source::Traffic;

/// Finds the flat position of an extreme over axes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Locate(Extreme);

#[typetag::serde]
impl Op for Locate {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let mut state = self.init(out, inputs[0])?;
        self.push(&mut state, &pieces[0], &self.input_region(out, inputs[0]))?;
        self.finish(state, inputs[0])
    }

    fn as_fold(&self) -> Option<&dyn Fold> {
        Some(self)
    }

    fn describe(&self) -> String {
        format!("{} over axes {:?}", self.name(), self.0.axes)
    }
}

impl Fold for Locate {
    fn axes(&self) -> Vec<usize> {
        self.0.axes.clone()
    }

    fn input_region(&self, out: &Region, input: &Meta) -> Region {
        let mut region = Region::full(&input.shape());
        let kept = (0..input.grid.ndim()).filter(|a| !self.0.axes.contains(a));
        kept.enumerate().for_each(|(i, axis)| region.set(axis, out.axis(i)));
        region
    }

    fn init(&self, out: &Region, input: &Meta) -> Result<State> {
        Ok(order::init(&self.0, input.dtype, &input.shape(), &out.shape()))
    }

    fn push(&self, state: &mut State, piece: &Block, at: &Region) -> Result<()> {
        order::push(&self.0, state, piece, at)
    }

    fn merge(&self, state: &mut State, later: State) -> Result<()> {
        order::merge(&self.0, state, later)
    }

    fn finish(&self, state: State, _input: &Meta) -> Result<Block> {
        order::finish(&self.0, state)
    }

    fn state_bytes(&self, out: &Region, input: &Meta) -> usize {
        out.size() * (input.dtype.size() + size_of::<i64>())
    }
}

impl LazyArray {
    /// The flat position of the least or greatest element over axes, as `i64`.
    ///
    /// # Errors
    /// If an axis does not exist.
    pub(crate) fn extreme(&self, spec: Extreme) -> Result<LazyArray> {
        if spec.axes.iter().any(|a| *a >= self.ndim()) || !spec.axes.is_sorted() {
            return Err(Error::internal(format!("{spec:?} does not fit shape {:?}", self.shape())));
        }
        let axes = self.grid().axes().iter().enumerate();
        let kept = axes.filter(|(i, _)| !spec.axes.contains(i)).map(|(_, a)| a.clone()).collect();
        let meta = Meta { dtype: DType::I64, grid: ChunkGrid(kept) };
        LazyArray::new(Locate(spec), vec![self.clone()], meta)
    }
}
