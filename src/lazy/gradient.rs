//! Gradients along an axis, over any chunks.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{Block, Region};
use crate::error::{Error, Result};
use crate::kernel::calculus::{self, Spacing};
use crate::source::Traffic;

/// The gradient along an axis. A chunk needs one row of each neighbour.
#[derive(Debug, Serialize, Deserialize)]
pub struct Gradient {
    axis: usize,
    spacing: Spacing,
    edge_order: usize,
}

#[typetag::serde]
impl Op for Gradient {
    fn name(&self) -> &'static str {
        "gradient"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let len = inputs[0].grid.axes()[self.axis].len();
        let mut region = out.clone();
        region.set(self.axis, calculus::gradient_span(out.axis(self.axis), len, self.edge_order));
        vec![Need { input: 0, region }]
    }

    fn compute(
        &self,
        out: &Region,
        inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let len = inputs[0].grid.axes()[self.axis].len();
        let piece = pieces.remove(0);
        calculus::gradient(piece, self.axis, out.axis(self.axis), len, &self.spacing, self.edge_order)
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // A piece that does not lie in row-major order is copied first.
        inputs[0].bytes(&self.needs(out, inputs)[0].region)
    }

    fn describe(&self) -> String {
        format!("gradient along axis {}", self.axis)
    }
}

impl LazyArray {
    /// The gradient along an axis whose elements lie as `spacing` says; of order 1 or 2 at the ends.
    /// Floats and complex numbers keep their dtype, integers and times give `f64`.
    ///
    /// # Errors
    /// If the axis is too short, or the dtype has no differences.
    pub(crate) fn gradient(&self, axis: usize, spacing: Spacing, edge_order: usize) -> Result<LazyArray> {
        let len = self.shape()[axis];
        if !(1..=2).contains(&edge_order) {
            return Err(Error::invalid(format!("edge_order is {edge_order}, not 1 or 2")));
        }
        if len < edge_order + 1 {
            return Err(Error::invalid(format!(
                "a gradient with edge_order {edge_order} needs {} positions, not {len}",
                edge_order + 1
            )));
        }
        let dtype = calculus::gradient_dtype(self.dtype())?;
        let input = if self.dtype().is_time() { self.clone() } else { self.cast(dtype)? };
        let meta = Meta { dtype, grid: input.grid().clone() };
        LazyArray::new(Gradient { axis, spacing, edge_order }, vec![input], meta)
    }
}
