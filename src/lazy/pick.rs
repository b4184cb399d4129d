//! Quantiles and medians: reductions that need their axes whole.

use serde::{Deserialize, Serialize};

use super::together::Together;
use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, Region};
use crate::error::{Error, Result};
use crate::kernel::order::{self, OrderSpec, Pick};
use crate::source::Traffic;

/// Chooses from the sorted elements along axes; several quantiles make a new first axis.
#[derive(Debug, Serialize, Deserialize)]
pub struct Choose {
    pick: Pick,
    skipna: bool,
    together: Together,
}

impl Choose {
    fn spec(&self) -> OrderSpec {
        let Together { axes, group, .. } = &self.together;
        let (axes, group) = (axes.clone(), group.clone());
        OrderSpec { pick: self.pick.clone(), axes, group, skipna: self.skipna }
    }

    /// A box of the output without the axis of quantiles.
    fn values(&self, out: &Region) -> Region {
        Region::new(out.ranges().skip(usize::from(self.pick.leading().is_some())))
    }
}

#[typetag::serde]
impl Op for Choose {
    fn name(&self) -> &'static str {
        self.pick.name()
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let region = self.together.input_region(&self.values(out), &inputs[0].shape());
        (0..inputs.len()).map(|input| Need { input, region: region.clone() }).collect()
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let values = self.values(out);
        let at = self.together.input_region(&values, &inputs[0].shape());
        let (spec, groups) = (self.spec(), self.together.groups(&values));
        let block = match &pieces[..] {
            [values, weights] => order::pick_weighted(&spec, values, weights, &at, groups)?,
            _ => order::pick_groups(&spec, &pieces[0], &at, groups)?,
        };
        if self.pick.leading().is_none() {
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
        self.spec().describe()
    }
}

impl LazyArray {
    /// Chooses from the sorted elements along axes, as `spec` says. Chunks along the axes are put together
    /// first (see [`whole_along`](Self::whole_along)), or those with the members of some groups that follow one
    /// another.
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
        if let Some(groups) = &spec.group {
            groups.check(&self.shape(), &spec.axes)?;
        }
        let fits = weights.is_none_or(|w| w.shape() == self.shape());
        if spec.axes.iter().any(|a| *a >= self.ndim()) || !spec.axes.is_sorted() || !fits {
            return Err(Error::internal(format!("{spec:?} does not fit shape {:?}", self.shape())));
        }
        let dtype = spec.result_dtype(self.dtype())?;
        let OrderSpec { pick, axes, group, skipna } = spec;
        let together = Together::new(axes, group);
        let (input, mut grid) = together.chunks(self)?;
        if let Some(count) = pick.leading() {
            grid.0.insert(0, AxisGrid::single(count));
        }
        let inputs = std::iter::once(input).chain(weights.cloned()).collect();
        LazyArray::new(Choose { pick, skipna, together }, inputs, Meta { dtype, grid })
    }
}
