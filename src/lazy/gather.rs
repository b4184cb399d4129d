//! Points: positions along several axes at once.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::movement::{self, Picks};
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
        let picked = || self.axes.iter().map(|&a| &input.grid.axes()[a]).zip(&self.points);
        let chunk = |p: usize| picked().fold(0, |n, (axis, v)| n * axis.count() + axis.find(v[p]));
        let mut points: Vec<(usize, usize)> = out.axis(self.at).map(|p| (chunk(p), p)).collect();
        if !points.is_sorted_by_key(|(chunk, _)| *chunk) {
            points.sort_by_key(|(chunk, _)| *chunk);
        }
        let mut kept_ranges = out.ranges().collect::<Vec<_>>();
        kept_ranges.remove(self.at);
        points
            .chunk_by(|a, b| a.0 == b.0)
            .map(|group| {
                let points: Vec<usize> = group.iter().map(|(_, p)| *p).collect();
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
        let first = out.axis(self.at).start;
        let picks: Vec<Picks> = self
            .groups(out, inputs[0])
            .into_iter()
            .map(|(region, points)| {
                let starts: Vec<usize> = self.axes.iter().map(|&a| region.axis(a).start).collect();
                let mut picks = Picks::along(self.axes.len());
                for p in points {
                    picks.push(p - first, self.points.iter().zip(&starts).map(|(v, start)| v[p] - start));
                }
                picks
            })
            .collect();
        let fill = Block::zeros(inputs[0].dtype, &[]);
        Ok(movement::gather(&pieces, &self.axes, &picks, self.at, &fill, &out.shape()))
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
