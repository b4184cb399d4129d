//! Positions of the least and greatest elements.

use serde::{Deserialize, Serialize};

use super::{Fold, LazyArray, Meta, Op, State};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::order::{self, Extreme};
use crate::kernel::reduce::{OutAxis, out_axes};
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

impl Locate {
    /// What the axes of the output are of the input.
    fn out_axes(&self, ndim: usize) -> impl Iterator<Item = OutAxis> {
        out_axes(ndim, &self.0.axes, self.0.group.as_ref())
    }
}

impl Fold for Locate {
    fn axes(&self) -> Vec<usize> {
        self.0.gone()
    }

    fn input_region(&self, out: &Region, input: &Meta) -> Region {
        let mut region = Region::full(&input.shape());
        for (axis, range) in self.out_axes(input.grid.ndim()).zip(out.ranges()) {
            if let OutAxis::Kept(axis) = axis {
                region.set(axis, range);
            }
        }
        region
    }

    fn init(&self, out: &Region, input: &Meta) -> Result<State> {
        let first = self.0.group.as_ref().map_or(0, |g| out.axis(g.out_axis(&self.0.axes)).start);
        Ok(order::init(&self.0, input.dtype, &input.shape(), &out.shape(), first))
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
    /// The flat position of the least or greatest element over axes, as `i64`; by groups over their axes too.
    ///
    /// # Errors
    /// If an axis does not exist.
    pub(crate) fn extreme(&self, spec: Extreme) -> Result<LazyArray> {
        if spec.axes.iter().any(|a| *a >= self.ndim()) || !spec.axes.is_sorted() {
            return Err(Error::internal(format!("{spec:?} does not fit shape {:?}", self.shape())));
        }
        if let Some(groups) = &spec.group {
            groups.check(&self.shape(), &spec.axes)?;
        }
        let op = Locate(spec);
        let count = op.0.group.as_ref().map_or(0, |g| g.count);
        let chunks = |axis| match axis {
            OutAxis::Kept(axis) => self.grid().axes()[axis].clone(),
            OutAxis::Groups => AxisGrid::single(count),
        };
        let grid = ChunkGrid(op.out_axes(self.ndim()).map(chunks).collect());
        LazyArray::new(op, vec![self.clone()], Meta { dtype: DType::I64, grid })
    }
}
