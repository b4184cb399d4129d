//! Gaps along an axis, interpolated.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::interp::{Gaps, fill_gaps};
use crate::source::Traffic;

/// Fills missing elements from the others of their lane. A lane is needed whole: splines go through all of
/// its points, and the nearest valid one may lie anywhere.
#[derive(Debug, Serialize, Deserialize)]
pub struct FillGaps {
    axis: usize,
    x: Arc<[f64]>,
    gaps: Gaps,
}

#[typetag::serde]
impl Op for FillGaps {
    fn name(&self) -> &'static str {
        "fill gaps"
    }

    fn needs(&self, out: &Region, _inputs: &[&Meta]) -> Vec<Need> {
        let mut region = out.clone();
        region.set(self.axis, 0..self.x.len());
        vec![Need { input: 0, region }]
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let block = fill_gaps(&self.gaps, &pieces[0], self.axis, &self.x)?;
        let mut wanted = Region::full(block.shape());
        wanted.set(self.axis, out.axis(self.axis));
        Ok(block.region(&wanted))
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        inputs[0].bytes(&self.needs(out, inputs)[0].region)
    }

    fn describe(&self) -> String {
        format!("gaps along axis {} by {}", self.axis, self.gaps.method.name())
    }
}

impl LazyArray {
    /// The array (of floats or complex numbers) with missing elements along an axis filled, given the places
    /// `x` of the elements, which rise. The axis becomes one chunk: a task needs whole lanes.
    ///
    /// # Errors
    /// If there is not one place for each position.
    pub(crate) fn fill_gaps(&self, axis: usize, x: Arc<[f64]>, gaps: Gaps) -> Result<LazyArray> {
        if self.shape().get(axis) != Some(&x.len()) {
            return Err(Error::internal(format!("{} places for axis {axis} of {:?}", x.len(), self.shape())));
        }
        let mut axes = self.grid().axes().to_vec();
        axes[axis] = AxisGrid::single(x.len());
        let meta = Meta { dtype: self.dtype(), grid: ChunkGrid(axes) };
        LazyArray::new(FillGaps { axis, x, gaps }, vec![self.clone()], meta)
    }
}
