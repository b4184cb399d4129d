//! Points set to other values: the inverse of taking them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{Block, Region};
use crate::error::{Error, Result};
use crate::source::Traffic;

/// Sets points over several axes; the second input holds a value for each, along one axis of points.
#[derive(Debug, Serialize, Deserialize)]
pub struct Scatter {
    /// The axes that the points are positions of, in rising order.
    axes: Vec<usize>,
    /// For each of them the position of every point.
    points: Vec<Arc<[usize]>>,
    /// Where the axis of points stands in the values, among the axes that have no positions.
    at: usize,
}

impl Scatter {
    /// The points that lie in a box.
    fn inside<'a>(&'a self, out: &'a Region) -> impl Iterator<Item = usize> + 'a {
        let count = self.points.first().map_or(0, |p| p.len());
        (0..count).filter(|&p| self.axes.iter().zip(&self.points).all(|(&a, v)| out.axis(a).contains(&v[p])))
    }

    /// The values of the points from the first to the last that lie in a box; nothing without points.
    fn values(&self, out: &Region) -> Option<Region> {
        let mut points = self.inside(out);
        let first = points.next()?;
        let last = points.last().unwrap_or(first);
        let mut ranges: Vec<_> =
            out.ranges().enumerate().filter(|(a, _)| !self.axes.contains(a)).map(|(_, r)| r).collect();
        ranges.insert(self.at, first..last + 1);
        Some(Region::new(ranges))
    }
}

#[typetag::serde]
impl Op for Scatter {
    fn name(&self) -> &'static str {
        "scatter"
    }

    fn needs(&self, out: &Region, _inputs: &[&Meta]) -> Vec<Need> {
        let own = Need { input: 0, region: out.clone() };
        let values = self.values(out).map(|region| Need { input: 1, region });
        std::iter::once(own).chain(values).collect()
    }

    fn compute(
        &self,
        out: &Region,
        _inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let mut block = pieces.swap_remove(0);
        let (Some(region), Some(values)) = (self.values(out), pieces.pop()) else { return Ok(block) };
        let first = region.axis(self.at).start;
        // The last of several values for one place counts.
        for p in self.inside(out) {
            let mut from = Region::full(values.shape());
            from.set(self.at, p - first..p - first + 1);
            let mut one = values.region(&from).remove_axis(self.at);
            let mut to = Region::full(&out.shape());
            for (&a, v) in self.axes.iter().zip(&self.points) {
                let place = v[p] - out.axis(a).start;
                to.set(a, place..place + 1);
                one = one.insert_axis(a);
            }
            block.assign(&to, &one);
        }
        Ok(block)
    }
}

impl LazyArray {
    /// The array with other values at some points: `points[k]` holds the position of every point along
    /// `axes[k]` (rising). In `values` one axis of points stands at `at` among the axes without positions.
    ///
    /// # Errors
    /// If a position leaves its axis, or dtypes or shapes do not fit.
    pub(crate) fn scatter(
        &self,
        values: &LazyArray,
        axes: &[usize],
        points: Vec<Arc<[usize]>>,
        at: usize,
    ) -> Result<LazyArray> {
        let shape = self.shape();
        let n = points.first().map_or(0, |p| p.len());
        let mut wanted: Vec<usize> =
            shape.iter().enumerate().filter(|(a, _)| !axes.contains(a)).map(|(_, n)| *n).collect();
        wanted.insert(at, n);
        if axes.len() != points.len()
            || points.iter().any(|p| p.len() != n)
            || !axes.is_sorted()
            || values.shape() != wanted
            || values.dtype() != self.dtype()
        {
            return Err(Error::internal(format!("values {values:?} do not fit {n} points of {self:?}")));
        }
        for (&a, v) in axes.iter().zip(&points) {
            if let Some(p) = v.iter().find(|p| **p >= shape[a]) {
                return Err(Error::invalid(format!("position {p} leaves axis {a} of length {}", shape[a])));
            }
        }
        if n == 0 {
            return Ok(self.clone());
        }
        let op = Scatter { axes: axes.to_vec(), points, at };
        LazyArray::new(op, vec![self.clone(), values.clone()], self.meta().clone())
    }
}
