//! Reductions over axes, whole or by groups.

use serde::{Deserialize, Serialize};

use super::{Fold, LazyArray, Meta, Op, State};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::reduce::{self, Groups, ReduceSpec};
use crate::source::Traffic;

/// Reduces axes; with groups, one axis becomes the axis of groups.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reduce(pub ReduceSpec);

impl Reduce {
    /// The groups, and which axis of the output they are.
    fn group_axis(&self) -> Option<(&Groups, usize)> {
        let g = self.0.group.as_ref()?;
        Some((g, g.axis - self.0.axes.iter().filter(|a| **a < g.axis).count()))
    }

    /// The shape of a state: all groups, whatever part of them is asked for.
    fn state_shape(&self, out: &Region) -> Vec<usize> {
        let mut shape = out.shape();
        if let Some((groups, axis)) = self.group_axis() {
            shape[axis] = groups.count;
        }
        shape
    }

    /// The chunks of the output for chunks of the input.
    fn grid(&self, input: &ChunkGrid) -> ChunkGrid {
        let group = self.0.group.as_ref();
        ChunkGrid(
            (input.axes().iter().enumerate())
                .filter_map(|(i, a)| match group {
                    Some(g) if g.axis == i => Some(AxisGrid::single(g.count)),
                    _ if self.0.axes.contains(&i) => None,
                    _ => Some(a.clone()),
                })
                .collect(),
        )
    }
}

#[typetag::serde]
impl Op for Reduce {
    fn name(&self) -> &'static str {
        "reduce"
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let (at, shape) = (self.input_region(out, inputs[0]), self.state_shape(out));
        let block = reduce::only(&self.0, &pieces[0], &at, &shape)?;
        // Groups are computed all at once; a consumer may want some of them.
        let Some((_, axis)) = self.group_axis() else { return Ok(block) };
        let mut part = Region::full(block.shape());
        part.set(axis, out.axis(axis));
        Ok(block.region(&part))
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
        axes.extend(self.0.group.as_ref().map(|g| g.axis));
        axes.sort_unstable();
        axes
    }

    fn input_region(&self, out: &Region, input: &Meta) -> Region {
        let mut region = Region::full(&input.shape());
        let mut next = 0;
        for axis in 0..input.grid.ndim() {
            let grouped = self.0.group.as_ref().is_some_and(|g| g.axis == axis);
            if self.0.axes.contains(&axis) {
                continue;
            }
            if !grouped {
                region.set(axis, out.axis(next));
            }
            next += 1;
        }
        region
    }

    fn init(&self, out: &Region, input: &Meta) -> Result<State> {
        reduce::init(&self.0, input.dtype, &self.state_shape(out))
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
        self.state_shape(out).iter().product::<usize>() * reduce::state_size(&self.0, input.dtype)
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
        let group = spec.group.as_ref();
        if beyond || group.is_some_and(|g| g.axis >= ndim || g.codes.len() != self.shape()[g.axis]) {
            return Err(Error::internal(format!("reduction {spec:?} does not fit shape {:?}", self.shape())));
        }
        spec.result_dtype(self.dtype())?;
        if let Some(order) = spec.as_order() {
            return self.pick(order);
        }
        if let Some(extreme) = spec.as_extreme()? {
            return self.extreme(extreme);
        }
        let dtype = spec.result_dtype(self.dtype())?;
        let op = Reduce(spec);
        let grid = op.grid(self.grid());
        LazyArray::new(op, vec![self.clone()], Meta { dtype, grid })
    }
}
