//! Chunks for what needs all elements of a group together.
//!
//! Where groups follow one another along an axis, a chunk of them needs the chunks of the input that hold their
//! members; else a task needs the whole axis.

use std::ops::Range;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::LazyArray;
use super::rechunk::LANES_TOGETHER;
use crate::array::{AxisGrid, ChunkGrid, Region};
use crate::error::Result;
use crate::kernel::reduce::{Groups, OutAxis, Spans, out_axes};

/// Axes that go, and groups along others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Together {
    /// Axes that go, in rising order (those of groups are not among them).
    pub(super) axes: Vec<usize>,
    pub(super) group: Option<Groups>,
    /// Where the members of groups lie, once somebody asks.
    #[serde(skip)]
    spans: OnceLock<Spans>,
}

impl Together {
    pub(super) fn new(axes: Vec<usize>, group: Option<Groups>) -> Together {
        Together { axes, group, spans: OnceLock::new() }
    }

    /// What the axes of the output are of the input.
    pub(super) fn out_axes(&self, ndim: usize) -> impl Iterator<Item = OutAxis> {
        out_axes(ndim, &self.axes, self.group.as_ref())
    }

    /// The groups of a box of the output.
    pub(super) fn groups(&self, out: &Region) -> Range<usize> {
        self.group.as_ref().map_or(0..1, |g| out.axis(g.out_axis(&self.axes)))
    }

    /// The box of an input of this shape that a box of the output needs.
    pub(super) fn input_region(&self, out: &Region, shape: &[usize]) -> Region {
        let mut region = Region::full(shape);
        for (axis, range) in self.out_axes(shape.len()).zip(out.ranges()) {
            if let OutAxis::Kept(axis) = axis {
                region.set(axis, range);
            }
        }
        let wanted = self.groups(out);
        if let Some(groups) = self.group.as_ref().filter(|g| wanted != (0..g.count)) {
            for (i, axis) in groups.axes.iter().enumerate() {
                region.set(*axis, self.spans(groups).of(i, wanted.clone()));
            }
        }
        region
    }

    fn spans(&self, groups: &Groups) -> &Spans {
        self.spans.get_or_init(|| Spans::new(groups))
    }

    /// All axes that are folded up.
    pub(super) fn gone(&self) -> Vec<usize> {
        let mut gone = self.axes.clone();
        gone.extend(self.group.iter().flat_map(|g| &g.axes));
        gone.sort_unstable();
        gone
    }

    /// The array in chunks that no task needs too many of at once, and the chunks of the output.
    pub(super) fn chunks(&self, input: &LazyArray) -> Result<(LazyArray, ChunkGrid)> {
        let gone = self.gone();
        let cut = self.group.as_ref().and_then(|groups| self.cut(groups, input, &gone));
        let (input, of_groups) = match cut {
            Some((along, reach, grid)) => (input.whole_beside(&gone, along, reach)?, grid),
            None => (input.whole_along(&gone)?, AxisGrid::single(self.group.as_ref().map_or(0, |g| g.count))),
        };
        let axes = self.out_axes(input.ndim()).map(|axis| match axis {
            OutAxis::Kept(axis) => input.grid().axes()[axis].clone(),
            OutAxis::Groups => of_groups.clone(),
        });
        let grid = ChunkGrid(axes.collect());
        Ok((input, grid))
    }

    /// The axis along which groups follow one another, how many positions at most a chunk of them needs, and these
    /// chunks.
    fn cut(&self, groups: &Groups, input: &LazyArray, gone: &[usize]) -> Option<(usize, usize, AxisGrid)> {
        let axes = input.grid().axes();
        let lens = |i: usize| if gone.contains(&i) { axes[i].len() } else { axes[i].largest() };
        let cuts = groups.axes.iter().enumerate().filter_map(|(i, &axis)| {
            if axes[axis].count() <= 1 {
                return None;
            }
            // So many groups as are as long as a chunk may be.
            let beside: usize = (0..axes.len()).filter(|a| *a != axis).map(lens).product();
            let room = input.grid().largest().max(LANES_TOGETHER) / beside.max(1);
            let most = (room * groups.count / axes[axis].len().max(1)).max(1);
            let spans = self.spans(groups);
            let grid = spans.chunks(i, &axes[axis], most);
            let reach = (0..grid.count()).map(|c| spans.of(i, grid.chunk(c)).len()).max()?;
            Some((axis, reach, grid))
        });
        cuts.filter(|(_, _, grid)| grid.count() > 1).max_by_key(|(_, _, grid)| grid.count())
    }
}
