//! Quantiles and medians: reductions that need their axes whole.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::order::{self, OrderSpec};
use crate::source::Traffic;

/// Chooses from the sorted elements along axes; several quantiles make a new first axis.
#[derive(Debug, Serialize, Deserialize)]
pub struct Choose(OrderSpec);

impl Choose {
    /// The axis of the output that is the axis of groups.
    fn group_axis(&self) -> Option<usize> {
        let group = self.0.group.as_ref()?;
        let before = (0..group.axis).filter(|a| !self.0.axes.contains(a)).count();
        Some(before + usize::from(self.0.leading().is_some()))
    }

    /// The axis of the input that each axis of the output is, the first of quantiles left out.
    fn kept(&self, ndim: usize) -> impl Iterator<Item = usize> + '_ {
        (0..ndim).filter(|a| !self.0.axes.contains(a))
    }
}

#[typetag::serde]
impl Op for Choose {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let mut region = Region::full(&inputs[0].shape());
        let first = usize::from(self.0.leading().is_some());
        for (i, axis) in self.kept(inputs[0].grid.ndim()).enumerate() {
            if self.0.group.as_ref().is_none_or(|g| g.axis != axis) {
                region.set(axis, out.axis(first + i));
            }
        }
        vec![Need { input: 0, region }]
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let block = order::pick(&self.0, &pieces[0])?;
        // All quantiles and groups are computed at once; a consumer may want some of them.
        let mut part = Region::full(block.shape());
        let first = self.0.leading().map(|_| 0);
        for axis in first.into_iter().chain(self.group_axis()) {
            part.set(axis, out.axis(axis));
        }
        Ok(block.region(&part))
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // Keys of a tile of lanes, which are as wide as elements or wider; groups are copied.
        let input = &self.needs(out, inputs)[0].region;
        inputs[0].bytes(input)
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

impl LazyArray {
    /// Chooses from the sorted elements along axes, as `spec` says. Chunks along the axes are put together
    /// first: see [`whole_along`](Self::whole_along).
    ///
    /// # Errors
    /// If an axis does not exist or the operation has no meaning for the dtype.
    pub(crate) fn pick(&self, spec: OrderSpec) -> Result<LazyArray> {
        let mut axes = spec.axes.clone();
        axes.extend(spec.group.as_ref().map(|g| g.axis));
        if axes.iter().any(|a| *a >= self.ndim()) || !spec.axes.is_sorted() {
            return Err(Error::internal(format!("{spec:?} does not fit shape {:?}", self.shape())));
        }
        let dtype = spec.result_dtype(self.dtype())?;
        let input = self.whole_along(&axes)?;
        let op = Choose(spec);
        let mut grid: Vec<AxisGrid> = op.0.leading().map(AxisGrid::single).into_iter().collect();
        grid.extend(op.kept(self.ndim()).map(|axis| match &op.0.group {
            Some(g) if g.axis == axis => AxisGrid::single(g.count),
            _ => input.grid().axes()[axis].clone(),
        }));
        LazyArray::new(op, vec![input], Meta { dtype, grid: ChunkGrid(grid) })
    }
}
