//! Points: positions along several axes at once.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::source::Traffic;

/// Takes points over several axes, which one axis of points replaces.
#[derive(Debug, Serialize, Deserialize)]
pub struct Gather {
    /// The axes of the input that the points are positions of, in rising order.
    axes: Vec<usize>,
    /// For each of them the position of every point.
    points: Vec<Arc<[usize]>>,
    /// Where the axis of points stands in the output.
    at: usize,
}

impl Gather {
    /// Output axis → input axis, for the axes that stay.
    fn kept(&self, ndim: usize) -> Vec<usize> {
        (0..ndim).filter(|a| !self.axes.contains(a)).collect()
    }

    /// Points of `out` grouped by the chunk of the input that they lie in: (box, points).
    fn groups(&self, out: &Region, input: &Meta) -> Vec<(Region, Vec<usize>)> {
        let mut by_chunk: indexmap::IndexMap<Vec<usize>, Vec<usize>> = indexmap::IndexMap::new();
        for p in out.axis(self.at) {
            let chunk =
                self.axes.iter().zip(&self.points).map(|(&a, v)| input.grid.axes()[a].find(v[p])).collect();
            by_chunk.entry(chunk).or_default().push(p);
        }
        let mut kept_ranges = out.ranges().collect::<Vec<_>>();
        kept_ranges.remove(self.at);
        by_chunk
            .into_values()
            .map(|points| {
                let mut region = Region::full(&input.shape());
                for (a, r) in self.kept(input.grid.ndim()).into_iter().zip(&kept_ranges) {
                    region.set(a, r.clone());
                }
                for (&a, v) in self.axes.iter().zip(&self.points) {
                    let low = points.iter().map(|&p| v[p]).min().expect("a group has points");
                    let high = points.iter().map(|&p| v[p]).max().expect("a group has points");
                    region.set(a, low..high + 1);
                }
                (region, points)
            })
            .collect()
    }
}

#[typetag::serde]
impl Op for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        self.groups(out, inputs[0]).into_iter().map(|(region, _)| Need { input: 0, region }).collect()
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let mut block = Block::zeros(inputs[0].dtype, &out.shape());
        for ((region, points), piece) in self.groups(out, inputs[0]).into_iter().zip(&pieces) {
            for p in points {
                let mut slices: Vec<_> = piece.shape().iter().map(|&n| crate::array::Slice::all(n)).collect();
                for (&a, v) in self.axes.iter().zip(&self.points) {
                    let at = v[p] - region.axis(a).start;
                    slices[a] = crate::array::Slice::range(at..at + 1);
                }
                let mut one = piece.slice(&slices);
                for &a in self.axes.iter().rev() {
                    one = one.remove_axis(a);
                }
                let mut to = Region::full(&out.shape());
                let i = p - out.axis(self.at).start;
                to.set(self.at, i..i + 1);
                block.assign(&to, &one.insert_axis(self.at));
            }
        }
        Ok(block)
    }
}

impl LazyArray {
    /// Takes points: `points[k]` holds the position of every point along `axes[k]` (rising). The
    /// axis of points stands at `at` among the axes that stay.
    ///
    /// # Errors
    /// If a position leaves its axis or the lists differ in length.
    pub(crate) fn gather(&self, axes: &[usize], points: Vec<Arc<[usize]>>, at: usize) -> Result<LazyArray> {
        let shape = self.shape();
        let n = points.first().map_or(0, |p| p.len());
        if axes.len() != points.len() || points.iter().any(|p| p.len() != n) || !axes.is_sorted() {
            return Err(Error::internal("points need one list of the same length per axis"));
        }
        for (&a, v) in axes.iter().zip(&points) {
            if let Some(p) = v.iter().find(|p| **p >= shape[a]) {
                return Err(Error::invalid(format!("position {p} leaves axis {a} of length {}", shape[a])));
            }
        }
        let mut grid: Vec<AxisGrid> =
            (0..shape.len()).filter(|a| !axes.contains(a)).map(|a| self.grid().axes()[a].clone()).collect();
        grid.insert(at, AxisGrid::single(n));
        let op = Gather { axes: axes.to_vec(), points, at };
        LazyArray::new(op, vec![self.clone()], Meta { dtype: self.dtype(), grid: ChunkGrid(grid) })
    }
}
