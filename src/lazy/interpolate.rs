//! Gaps along an axis, interpolated.
//!
//! A spline goes through all points of a lane, so it needs whole lanes. Where the valid elements next to a
//! gap are enough, chunks are filled on their own, after a first pass over the input that finds the valid
//! elements beside each of them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::carry::Carry;
use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::interp::{Gaps, Neighbours, fill_gaps};
use crate::source::Traffic;

/// Fills missing elements from the others of their lane: of the whole lane, or (with a second input) of the chunk
/// and from the valid elements beside it.
#[derive(Debug, Serialize, Deserialize)]
pub struct FillGaps {
    axis: usize,
    x: Arc<[f64]>,
    gaps: Gaps,
}

impl FillGaps {
    /// The positions along the axis that `out` is computed from: whole chunks, or all.
    fn reach(&self, out: &Region, inputs: &[&Meta]) -> std::ops::Range<usize> {
        let out = out.axis(self.axis);
        if inputs.len() < 2 || out.is_empty() {
            return if inputs.len() < 2 { 0..self.x.len() } else { out };
        }
        let grid = &inputs[0].grid.axes()[self.axis];
        let chunks = grid.touched(out);
        grid.chunk(chunks.start).start..grid.chunk(chunks.end - 1).end
    }
}

#[typetag::serde]
impl Op for FillGaps {
    fn name(&self) -> &'static str {
        "fill gaps"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let mut region = out.clone();
        region.set(self.axis, self.reach(out, inputs));
        let mut needs = vec![Need { input: 0, region }];
        if inputs.len() > 1 {
            let mut region = Region::new(std::iter::once(0..4).chain(out.ranges()));
            region.set(self.axis + 1, inputs[0].grid.axes()[self.axis].touched(out.axis(self.axis)));
            needs.push(Need { input: 1, region });
        }
        needs
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let reach = self.reach(out, inputs);
        let block = match pieces.get(1) {
            None => fill_gaps(&self.gaps, &pieces[0], self.axis, &self.x, None)?,
            Some(all) => {
                // Valid elements before the first of the chunks, and behind the last.
                let count = all.shape()[self.axis + 1];
                let mut shape = all.shape().to_vec();
                shape[self.axis + 1] = 1;
                let mut ends = Block::zeros(all.dtype(), &shape);
                for (parts, chunk) in [(0..2, 0), (2..4, count.saturating_sub(1))] {
                    let mut from = Region::full(all.shape());
                    from.set(0, parts.clone());
                    from.set(self.axis + 1, chunk..chunk + 1);
                    let mut to = Region::full(&shape);
                    to.set(0, parts);
                    ends.assign(&to, &all.region(&from));
                }
                let neighbours = Neighbours { ends: &ends, start: reach.start };
                fill_gaps(&self.gaps, &pieces[0], self.axis, &self.x, Some(neighbours))?
            }
        };
        let mut wanted = Region::full(block.shape());
        let range = out.axis(self.axis);
        wanted.set(self.axis, range.start - reach.start..range.end - reach.start);
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
    /// `x` of the elements, which rise. Where the method is local (`Gaps::is_local`) chunks stay; else the axis
    /// becomes one chunk, as a task needs whole lanes.
    ///
    /// # Errors
    /// If there is not one place for each position.
    ///
    /// # Example
    /// ```
    /// use graticule::kernel::interp::{Gaps, InterpMethod, Outside};
    /// use graticule::{array::Block, lazy::LazyArray};
    /// let x = LazyArray::from_block(Block::from_vec(&[3], vec![1.0, f64::NAN, 3.0])?);
    /// let gaps = Gaps { method: InterpMethod::Linear, outside: Outside::Missing, limit: None, max_gap: None };
    /// let filled = x.fill_gaps(0, vec![0.0, 1.0, 4.0].into(), gaps)?;
    /// assert_eq!(filled.as_block().expect("in memory").to_vec::<f64>()?, [1.0, 1.5, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn fill_gaps(&self, axis: usize, x: Arc<[f64]>, gaps: Gaps) -> Result<LazyArray> {
        if self.shape().get(axis) != Some(&x.len()) {
            return Err(Error::internal(format!("{} places for axis {axis} of {:?}", x.len(), self.shape())));
        }
        let mut inputs = vec![self.clone()];
        let mut axes = self.grid().axes().to_vec();
        let count = axes[axis].count();
        if count > 1 && gaps.is_local() {
            inputs.push(self.carries(Carry::Valid { axis })?);
        } else {
            axes[axis] = AxisGrid::single(x.len());
        }
        let meta = Meta { dtype: self.dtype(), grid: ChunkGrid(axes) };
        LazyArray::new(FillGaps { axis, x, gaps }, inputs, meta)
    }
}
