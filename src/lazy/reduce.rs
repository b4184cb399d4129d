//! Reductions over axes, whole or by groups.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Fold, LazyArray, Meta, Op, State};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::reduce::{self, OutAxis, ReduceSpec, out_axes};
use crate::source::Traffic;

/// Reduces axes; with groups, their axes become one axis of groups.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reduce(ReduceSpec);

impl Reduce {
    /// What the axes of the output are of the input.
    fn out_axes(&self, ndim: usize) -> impl Iterator<Item = OutAxis> {
        out_axes(ndim, &self.0.axes, self.0.group.as_ref())
    }

    /// The groups of a box of the output.
    fn groups(&self, out: &Region) -> Range<usize> {
        self.0.group.as_ref().map_or(0..1, |g| out.axis(g.out_axis(&self.0.axes)))
    }

    /// The chunks of the output for chunks of the input.
    fn grid(&self, input: &ChunkGrid) -> ChunkGrid {
        let count = self.0.group.as_ref().map_or(0, |g| g.count);
        let chunks = |axis| match axis {
            OutAxis::Kept(axis) => input.axes()[axis].clone(),
            OutAxis::Groups => AxisGrid::single(count),
        };
        ChunkGrid(self.out_axes(input.ndim()).map(chunks).collect())
    }
}

#[typetag::serde]
impl Op for Reduce {
    fn name(&self) -> &'static str {
        "reduce"
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let at = self.input_region(out, inputs[0]);
        reduce::only(&self.0, &pieces[0], &at, &out.shape(), self.groups(out).start)
    }

    fn as_fold(&self) -> Option<&dyn Fold> {
        Some(self)
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

impl Fold for Reduce {
    fn axes(&self) -> Vec<usize> {
        let mut axes = self.0.axes.clone();
        axes.extend(self.0.group.iter().flat_map(|g| &g.axes));
        axes.sort_unstable();
        axes
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
        reduce::init_from(&self.0, input.dtype, &out.shape(), self.groups(out).start)
    }

    fn push(&self, state: &mut State, piece: &Block, at: &Region) -> Result<()> {
        reduce::push(&self.0, state, piece, at)
    }

    fn merge(&self, state: &mut State, later: State) -> Result<()> {
        reduce::merge(&self.0, state, later)
    }

    fn finish(&self, state: State, input: &Meta) -> Result<Block> {
        reduce::finish(&self.0, input.dtype, state)
    }

    fn state_bytes(&self, out: &Region, input: &Meta) -> usize {
        out.size() * reduce::state_size(&self.0, input.dtype)
    }
}

impl LazyArray {
    /// Reduces as `spec` says.
    ///
    /// # Errors
    /// If an axis does not exist or the operation has no meaning for the dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{kernel::reduce::ReduceSpec, lazy::LazyArray};
    /// let a = LazyArray::from(Block::from_vec(&[2, 2], vec![1, 2, 3, 4])?);
    /// let sum =
    ///     ReduceSpec { op: ReduceOp::Sum, axes: vec![0], group: None, skipna: true, ddof: 0.0, min_count: None };
    /// assert_eq!(graticule::exec::compute(&[a.reduce(sum)?])?[0].to_vec::<i64>()?, [4, 6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce(&self, spec: ReduceSpec) -> Result<LazyArray> {
        let ndim = self.ndim();
        let beyond = spec.axes.iter().any(|a| *a >= ndim) || !spec.axes.is_sorted();
        if beyond {
            return Err(Error::internal(format!("axes {:?} do not fit shape {:?}", spec.axes, self.shape())));
        }
        if let Some(groups) = &spec.group {
            groups.check(&self.shape(), &spec.axes)?;
        }
        spec.result_dtype(self.dtype())?;
        if let Some(order) = spec.as_order() {
            return self.pick(order);
        }
        if let Some(extreme) = spec.as_extreme() {
            return self.extreme(extreme);
        }
        let dtype = spec.result_dtype(self.dtype())?;
        let op = Reduce(spec);
        let grid = op.grid(self.grid());
        LazyArray::new(op, vec![self.clone()], Meta { dtype, grid })
    }
}
