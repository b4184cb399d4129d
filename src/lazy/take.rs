//! Positions along one axis, in any order, with holes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::source::Traffic;

/// Takes positions along an axis; -1 is a hole that gets the fill value.
#[derive(Debug, Serialize, Deserialize)]
pub struct Take {
    axis: usize,
    positions: Arc<[i64]>,
    fill: Option<Block>,
}

impl Take {
    /// The chunks of the input that `out` touches, each with the span of wanted positions in it.
    fn spans(&self, out: &Region, input: &Meta) -> Vec<(usize, usize)> {
        let wanted = self.positions[out.axis(self.axis)].iter().filter_map(|p| usize::try_from(*p).ok());
        spans(wanted.collect(), &input.grid.axes()[self.axis])
    }
}

/// The chunks of an axis that some positions lie in, each with the span of these positions.
pub(super) fn spans(mut wanted: Vec<usize>, grid: &AxisGrid) -> Vec<(usize, usize)> {
    if grid.count() == 1 {
        let ends = wanted.iter().min().zip(wanted.iter().max());
        return ends.map(|(low, high)| (*low, *high + 1)).into_iter().collect();
    }
    wanted.sort_unstable();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut chunk_end = 0;
    for p in wanted {
        match spans.last_mut() {
            Some(span) if p < chunk_end => span.1 = p + 1,
            _ => {
                chunk_end = grid.chunk(grid.find(p)).end;
                spans.push((p, p + 1));
            }
        }
    }
    spans
}

/// A box of the input for each span: `out` with the span along the axis.
pub(super) fn needs_of(out: &Region, axis: usize, spans: Vec<(usize, usize)>) -> Vec<Need> {
    let need = |(a, b)| {
        let mut region = out.clone();
        region.set(axis, a..b);
        Need { input: 0, region }
    };
    spans.into_iter().map(need).collect()
}

/// The chunks of an axis whose elements come from these positions of another one. A chunk ends where the
/// source chunk changes, but never before the usual length is reached: scattered positions would make a chunk
/// of each.
pub(super) fn chunks_of(
    positions: impl ExactSizeIterator<Item = Option<usize>>,
    grid: &AxisGrid,
) -> AxisGrid {
    let len = positions.len();
    if grid.count() == 1 || len == 0 {
        return AxisGrid::single(len);
    }
    let mut bounds = vec![0];
    let mut last = None;
    for (i, p) in positions.enumerate() {
        let chunk = p.map(|p| grid.find(p));
        let run = i - bounds[bounds.len() - 1];
        if chunk != last && last.is_some() && run >= grid.largest().div_ceil(2)
            || run >= grid.largest().max(1)
        {
            bounds.push(i);
        }
        last = chunk;
    }
    bounds.push(len);
    AxisGrid::from_bounds(bounds)
}

#[typetag::serde]
impl Op for Take {
    fn name(&self) -> &'static str {
        "take"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        needs_of(out, self.axis, self.spans(out, inputs[0]))
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let spans = self.spans(out, inputs[0]);
        let picks: Vec<Option<(usize, usize)>> = self.positions[out.axis(self.axis)]
            .iter()
            .map(|&p| {
                let p = usize::try_from(p).ok()?;
                let s = spans.partition_point(|span| span.1 <= p);
                Some((s, p - spans[s].0))
            })
            .collect();
        let fill = match &self.fill {
            Some(fill) => fill.clone(),
            None => Block::zeros(inputs[0].dtype, &[]),
        };
        Ok(crate::kernel::movement::take(&pieces, self.axis, &picks, &fill, &out.shape()))
    }
}

impl LazyArray {
    /// Takes `positions` along `axis`; -1 gives `fill` (a block of rank 0 of the array's dtype).
    ///
    /// # Errors
    /// If a position leaves the axis, or there are holes and no fill value of the right dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::lazy::LazyArray;
    /// let a = LazyArray::from(Block::from_vec(&[3], vec![10, 20, 30])?);
    /// let taken = a.take(0, [2, -1, 0].into(), Some(Block::scalar(0)))?;
    /// assert_eq!(graticule::exec::compute(&[taken])?[0].to_vec::<i32>()?, [30, 0, 10]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn take(&self, axis: usize, positions: Arc<[i64]>, fill: Option<Block>) -> Result<LazyArray> {
        let len = self.shape()[axis] as i64;
        if let Some(p) = positions.iter().find(|p| **p >= len || **p < -1) {
            return Err(Error::invalid(format!("position {p} leaves axis {axis} of length {len}")));
        }
        let fits = fill.as_ref().is_some_and(|f| f.dtype() == self.dtype());
        if positions.contains(&-1) && !fits {
            return Err(Error::internal("a take with holes needs a fill value of the array's dtype"));
        }
        let mut axes = self.grid().axes().to_vec();
        axes[axis] = chunks_of(positions.iter().map(|p| usize::try_from(*p).ok()), &axes[axis]);
        let meta = Meta { dtype: self.dtype(), grid: ChunkGrid(axes) };
        LazyArray::new(Take { axis, positions, fill }, vec![self.clone()], meta)
    }
}
