//! Quantiles and medians: reductions that need their axes whole.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::order::{self, OrderSpec};
use crate::kernel::reduce::{OutAxis, out_axes};
use crate::source::Traffic;

/// Chooses from the sorted elements along axes; several quantiles make a new first axis.
#[derive(Debug, Serialize, Deserialize)]
pub struct Choose(OrderSpec);

impl Choose {
    /// What the axes of the output are of the input, the first of quantiles left out.
    fn out_axes(&self, ndim: usize) -> impl Iterator<Item = OutAxis> {
        out_axes(ndim, &self.0.axes, self.0.group.as_ref())
    }

    /// The groups of a box of the output.
    fn groups(&self, out: &Region) -> Range<usize> {
        let first = usize::from(self.0.leading().is_some());
        self.0.group.as_ref().map_or(0..1, |g| out.axis(first + g.out_axis(&self.0.axes)))
    }

    /// The box of the input that a box of the output needs.
    fn input_region(&self, out: &Region, input: &Meta) -> Region {
        let mut region = Region::full(&input.shape());
        let first = usize::from(self.0.leading().is_some());
        for (axis, range) in self.out_axes(input.grid.ndim()).zip(out.ranges().skip(first)) {
            if let OutAxis::Kept(axis) = axis {
                region.set(axis, range);
            }
        }
        region
    }
}

#[typetag::serde]
impl Op for Choose {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let region = self.input_region(out, inputs[0]);
        (0..inputs.len()).map(|input| Need { input, region: region.clone() }).collect()
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let at = self.input_region(out, inputs[0]);
        let groups = self.groups(out);
        let block = match &pieces[..] {
            [values, weights] => order::pick_weighted(&self.0, values, weights, &at, groups)?,
            _ => order::pick_groups(&self.0, &pieces[0], &at, groups)?,
        };
        if self.0.leading().is_none() {
            return Ok(block);
        }
        // All quantiles are computed at once; a consumer may want some of them.
        let mut part = Region::full(block.shape());
        part.set(0, out.axis(0));
        Ok(block.region(&part))
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // Keys of a tile of lanes, which are as wide as elements or wider; groups are copied.
        let input = &self.needs(out, inputs)[0].region;
        inputs.iter().map(|i| i.bytes(input)).sum()
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
        self.pick_with(spec, None)
    }

    /// The same with a weight for each element: an array of the same shape, in chunks of any lengths.
    ///
    /// # Errors
    /// If an axis does not exist, the operation has no meaning for the dtype, or the shapes differ.
    pub(crate) fn pick_with(&self, spec: OrderSpec, weights: Option<&LazyArray>) -> Result<LazyArray> {
        let mut axes = spec.axes.clone();
        if let Some(groups) = &spec.group {
            groups.check(&self.shape(), &spec.axes)?;
            axes.extend(&groups.axes);
        }
        let fits = weights.is_none_or(|w| w.shape() == self.shape());
        if axes.iter().any(|a| *a >= self.ndim()) || !spec.axes.is_sorted() || !fits {
            return Err(Error::internal(format!("{spec:?} does not fit shape {:?}", self.shape())));
        }
        let dtype = spec.result_dtype(self.dtype())?;
        let input = self.whole_along(&axes)?;
        let op = Choose(spec);
        let mut grid: Vec<AxisGrid> = op.0.leading().map(AxisGrid::single).into_iter().collect();
        let count = op.0.group.as_ref().map_or(0, |g| g.count);
        grid.extend(op.out_axes(self.ndim()).map(|axis| match axis {
            OutAxis::Kept(axis) => input.grid().axes()[axis].clone(),
            OutAxis::Groups => AxisGrid::single(count),
        }));
        let inputs = std::iter::once(input).chain(weights.cloned()).collect();
        LazyArray::new(op, inputs, Meta { dtype, grid: ChunkGrid(grid) })
    }
}
