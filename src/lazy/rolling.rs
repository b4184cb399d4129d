//! Reductions of moving windows.
//!
//! A chunk of the result reads the chunk of the input at its place and, beside it, what its windows reach. Chunks
//! shorter than a window are worked off several at once, so that little is read twice.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Place, Region};
use crate::error::{Error, Result};
use crate::kernel::rolling::{self, RollSpec, Spans};
use crate::source::Traffic;

/// A task takes in at most about so much, unless the chunks of the input are larger or windows need more.
const TASK_BYTES: usize = 16 << 20;

/// Reduces moving windows.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rolling(RollSpec);

#[typetag::serde]
impl Op for Rolling {
    fn name(&self) -> &'static str {
        "rolling"
    }

    fn needs(&self, out: &Region, _inputs: &[&Meta]) -> Vec<Need> {
        vec![Need { input: 0, region: self.0.reach(out) }]
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        rolling::roll(&self.0, &pieces[0], &self.0.reach(out), out)
    }

    fn compute_into(
        &self,
        out: &Region,
        _inputs: &[&Meta],
        pieces: Vec<Block>,
        _io: &Traffic,
        place: &mut Place<'_>,
    ) -> Result<()> {
        rolling::roll_into(&self.0, &pieces[0], &self.0.reach(out), out, place)
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        self.0.scratch_bytes(inputs[0].dtype, out)
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

/// The chunks of windows along an axis: each begins where a chunk of the input does, and is no shorter than the
/// windows are.
fn rolled(axis: &AxisGrid, spans: &Spans) -> AxisGrid {
    let least = spans.widest().max(1).div_ceil(spans.stride());
    let mut bounds = vec![0];
    for bound in axis.bounds() {
        let bound = bound.div_ceil(spans.stride());
        if bound >= bounds[bounds.len() - 1] + least {
            bounds.push(bound);
        }
    }
    let last = bounds.len() - 1;
    match last {
        0 => AxisGrid::single(spans.count()),
        _ => {
            bounds[last] = spans.count();
            AxisGrid::from_bounds(bounds)
        }
    }
}

/// The chunks of an axis of which each so many-th position has a window.
pub(super) fn strided(axis: &AxisGrid, spans: &Spans) -> AxisGrid {
    let mut bounds: Vec<usize> = axis.bounds().iter().map(|b| b.div_ceil(spans.stride())).collect();
    bounds.dedup();
    if bounds.len() == 1 { AxisGrid::single(0) } else { AxisGrid::from_bounds(bounds) }
}

/// Cuts the chunks of an axis into parts of at least `least`, so that there are about `parts` times as many.
pub(super) fn cut(axis: &AxisGrid, parts: usize, least: usize) -> AxisGrid {
    let chunk = (axis.largest() / parts).max(least).max(1);
    let bounds = (0..axis.count()).map(|c| axis.chunk(c)).flat_map(|c| {
        let parts = (c.len() / chunk).max(1);
        (1..=parts).map(move |p| c.start + p * c.len() / parts)
    });
    AxisGrid::from_bounds(std::iter::once(0).chain(bounds).collect())
}

/// Chunks of the result whose tasks take in not too much. Axes without windows are cut first, the last one (along
/// which elements lie together) at the end.
fn grid_of(input: &Meta, axes: &[(usize, Spans)]) -> ChunkGrid {
    let mut grid = input.grid.axes().to_vec();
    for (axis, spans) in axes {
        grid[*axis] = rolled(&grid[*axis], spans);
    }
    let spans_of = |axis: usize| axes.iter().find(|(a, _)| *a == axis).map(|(_, spans)| spans);
    let reach = |grid: &[AxisGrid]| {
        let along = grid.iter().enumerate().map(|(i, axis)| match spans_of(i) {
            Some(spans) => axis.largest() * spans.stride() + spans.widest(),
            None => axis.largest(),
        });
        along.product::<usize>()
    };
    let most = TASK_BYTES / input.dtype.size().max(1);
    // What is read as a whole is not cut without need.
    let most = if input.grid.is_single() { most } else { most.max(2 * input.grid.largest()) };
    let last = grid.len().saturating_sub(1);
    let mut order: Vec<usize> = (0..grid.len()).collect();
    order.sort_by_key(|i| (spans_of(*i).is_some(), *i == last));
    for i in order {
        let parts = reach(&grid).div_ceil(most.max(1));
        if parts <= 1 {
            break;
        }
        let least = spans_of(i).map_or(1, |spans| 4 * spans.widest() / spans.stride());
        grid[i] = cut(&grid[i], parts, least);
    }
    ChunkGrid(grid)
}

impl LazyArray {
    /// The reductions of moving windows: along each axis of `spec` as many as it says, all other axes stay.
    ///
    /// Chunks follow those of the input. A task reads a chunk and what its windows reach beside it.
    ///
    /// # Errors
    /// If an axis does not exist, or the operation has no meaning for the dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{kernel::rolling::{RollSpec, Spans}, lazy::LazyArray};
    /// let a = LazyArray::from(Block::from_vec(&[4], vec![1, 2, 3, 4])?);
    /// let axes = vec![(0, Spans::fixed(4, 2, false, 1))];
    /// let sums = a.rolling(RollSpec { op: ReduceOp::Sum.into(), ddof: 0.0, min_periods: 1, axes })?;
    /// assert_eq!(graticule::exec::compute(&[sums])?[0].to_vec::<f64>()?, [1.0, 3.0, 5.0, 7.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rolling(&self, spec: RollSpec) -> Result<LazyArray> {
        let shape = self.shape();
        let rises = spec.axes.windows(2).all(|w| w[0].0 < w[1].0);
        if spec.axes.is_empty() || !rises || spec.axes.iter().any(|(axis, _)| *axis >= shape.len()) {
            return Err(Error::internal(format!("windows {:?} of shape {shape:?}", spec.axes)));
        }
        let dtype = spec.result_dtype(self.dtype())?;
        let grid = grid_of(self.meta(), &spec.axes);
        LazyArray::new(Rolling(spec), vec![self.clone()], Meta { dtype, grid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;

    #[test]
    fn chunks_follow_those_of_the_input_but_are_no_shorter_than_windows() {
        let bounds = |axis: AxisGrid, window, stride| {
            rolled(&axis, &Spans::fixed(axis.len(), window, false, stride)).bounds()
        };
        assert_eq!(bounds(AxisGrid::regular(24, 6), 3, 1), [0, 6, 12, 18, 24]);
        assert_eq!(bounds(AxisGrid::regular(24, 6), 9, 1), [0, 12, 24]);
        assert_eq!(bounds(AxisGrid::regular(25, 6), 9, 1), [0, 12, 25]);
        assert_eq!(bounds(AxisGrid::regular(24, 6), 4, 4), [0, 2, 3, 5, 6]);
        assert_eq!(bounds(AxisGrid::regular(5, 1), 9, 1), [0, 5]);
        assert_eq!(bounds(AxisGrid::single(0), 9, 1), [0, 0]);
    }

    #[test]
    fn large_chunks_are_cut_beside_the_windows_first() {
        let axes = [(0, Spans::fixed(8760, 24, false, 1))];
        let year = Meta { dtype: DType::F32, grid: ChunkGrid::single(&[8760, 181, 360]) };
        assert_eq!(grid_of(&year, &axes).counts(), [1, 181, 1]);
        let series = Meta { dtype: DType::F64, grid: ChunkGrid::single(&[1 << 24]) };
        assert!(grid_of(&series, &[(0, Spans::fixed(1 << 24, 24, false, 1))]).count() >= 8);
        let chunked =
            Meta { dtype: DType::F32, grid: ChunkGrid::regular(&[8760, 181, 360], &[100, 181, 360]) };
        assert_eq!(grid_of(&chunked, &axes).counts(), [88, 1, 1]);
    }
}
