//! Values at points: places along several axes at once.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::interp::{self, PointsPiece, Taps};
use crate::source::Traffic;

/// Values between the corners of the boxes around points over several axes, which one axis of points replaces.
#[derive(Debug, Serialize, Deserialize)]
pub struct InterpPoints {
    /// The axes of the input that the points have places along, in rising order.
    axes: Vec<usize>,
    /// For each of them where the points lie.
    taps: Vec<Taps>,
    /// Where the axis of points stands in the output.
    at: usize,
    fills: [f64; 2],
}

/// Points that one box of the input is enough for: the box, and which points.
type Boxes = Vec<(Region, Vec<usize>)>;

impl InterpPoints {
    /// Points of `out` by the chunk of the input that they lie in, and those that lie nowhere. A box takes in the rows
    /// beside its points, which may be in the next chunk.
    fn boxes(&self, out: &Region, input: &Meta) -> (Boxes, Vec<usize>) {
        let mut keyed: Vec<(usize, usize)> = Vec::new();
        let mut outside = Vec::new();
        for point in out.axis(self.at) {
            let chunk = self.axes.iter().zip(&self.taps).try_fold(0, |n, (a, taps)| {
                let axis = &input.grid.axes()[*a];
                Some(n * axis.count() + axis.find(taps.base(point)?))
            });
            match chunk {
                Some(chunk) => keyed.push((chunk, point)),
                None => outside.push(point),
            }
        }
        keyed.sort_by_key(|(chunk, _)| *chunk);
        let mut kept: Vec<Range<usize>> = out.ranges().collect();
        kept.remove(self.at);
        let boxes = keyed.chunk_by(|a, b| a.0 == b.0).map(|part| {
            let points: Vec<usize> = part.iter().map(|(_, p)| *p).collect();
            let mut region = Region::full(&input.shape());
            let stay = (0..input.grid.ndim()).filter(|a| !self.axes.contains(a));
            for (a, range) in stay.zip(&kept) {
                region.set(a, range.clone());
            }
            for (&a, taps) in self.axes.iter().zip(&self.taps) {
                let used = || points.iter().flat_map(|p| taps.used(*p..p + 1));
                region.set(a, used().min().unwrap_or(0)..used().max().map_or(0, |p| p + 1));
            }
            (region, points)
        });
        (boxes.collect(), outside)
    }
}

#[typetag::serde]
impl Op for InterpPoints {
    fn name(&self) -> &'static str {
        "interp points"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let (boxes, _) = self.boxes(out, inputs[0]);
        boxes.into_iter().map(|(region, _)| Need { input: 0, region }).collect()
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let (boxes, outside) = self.boxes(out, inputs[0]);
        let first = out.axis(self.at).start;
        let placed = |points: &[usize]| points.iter().map(|p| (*p, p - first)).collect::<Vec<_>>();
        let points: Vec<Vec<(usize, usize)>> = boxes.iter().map(|(_, points)| placed(points)).collect();
        let pieces: Vec<PointsPiece<'_>> = pieces
            .iter()
            .zip(&boxes)
            .zip(&points)
            .map(|((block, (region, _)), points)| {
                let starts = self.axes.iter().map(|a| region.axis(*a).start).collect();
                PointsPiece { block, starts, points }
            })
            .collect();
        let outside = placed(&outside);
        let (dtype, shape) = (inputs[0].dtype, out.shape());
        let places = interp::Points { axes: &self.axes, taps: &self.taps, at: self.at };
        interp::at_points(&pieces, dtype, places, &shape, &outside, self.fills)
    }

    fn scratch_bytes(&self, out: &Region, _inputs: &[&Meta]) -> usize {
        // The corners of each point and their shares.
        (out.axis(self.at).len() * size_of::<(usize, f64)>()) << self.axes.len()
    }

    fn describe(&self) -> String {
        format!("interp at points of axes {:?}", self.axes)
    }
}

impl LazyArray {
    /// Values at points: `taps[k]` tells where each lies along `axes[k]` (rising). The axis of points stands at `at`
    /// among the axes that stay, cut so that a piece has no more points than the chunks of the input have elements.
    ///
    /// # Errors
    /// If the elements are neither floats nor complex numbers, or the taps differ in length.
    pub(crate) fn interp_points(
        &self,
        axes: Vec<usize>,
        taps: Vec<Taps>,
        at: usize,
        fills: [f64; 2],
    ) -> Result<LazyArray> {
        let n = taps.first().map_or(0, Taps::len);
        if axes.len() != taps.len() || taps.iter().any(|t| t.len() != n) || !axes.is_sorted() {
            return Err(Error::internal("points need taps of the same length per axis"));
        }
        let input = self.grid().axes();
        let mut grid: Vec<AxisGrid> =
            (0..input.len()).filter(|a| !axes.contains(a)).map(|a| input[a].clone()).collect();
        let whole = axes.iter().all(|a| input[*a].count() == 1);
        let most = axes.iter().map(|a| input[*a].largest()).fold(1usize, usize::saturating_mul);
        grid.insert(at, if whole { AxisGrid::single(n) } else { AxisGrid::regular(n, most.max(1)) });
        let meta = Meta { dtype: interp::value_dtype(self.dtype())?, grid: ChunkGrid(grid) };
        LazyArray::new(InterpPoints { axes, taps, at, fills }, vec![self.clone()], meta)
    }
}
