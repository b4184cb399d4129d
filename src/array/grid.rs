//! How an array is cut into chunks, without a list of them where they are regular.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Region, Slice};

/// The chunks along one axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AxisGrid {
    /// A first chunk of `first`, then chunks of `size`, the last one cut at `len`.
    Regular {
        /// Length of the axis.
        len: usize,
        /// Length of the first chunk.
        first: usize,
        /// Length of the others; not 0.
        size: usize,
    },
    /// Chunk boundaries, from 0 to the length of the axis.
    Irregular(Arc<[usize]>),
}

impl AxisGrid {
    /// Chunks of `size` (at least 1) over an axis of `len`.
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert_eq!(AxisGrid::regular(10, 4).bounds(), [0, 4, 8, 10]);
    /// ```
    pub fn regular(len: usize, size: usize) -> Self {
        let size = size.clamp(1, len.max(1));
        AxisGrid::Regular { len, first: size, size }
    }

    /// One chunk over the axis.
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert_eq!(AxisGrid::single(10).count(), 1);
    /// ```
    pub fn single(len: usize) -> Self {
        Self::regular(len, len)
    }

    /// Chunks of the given lengths.
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert_eq!(AxisGrid::from_lengths(&[3, 1, 2]).bounds(), [0, 3, 4, 6]);
    /// ```
    pub fn from_lengths(lengths: &[usize]) -> Self {
        let mut bounds = vec![0];
        for n in lengths.iter().filter(|n| **n > 0) {
            bounds.push(bounds[bounds.len() - 1] + n);
        }
        Self::from_bounds(bounds)
    }

    /// Chunks between boundaries, which start at 0 and rise; regular ones are recognised.
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert_eq!(AxisGrid::from_bounds(vec![0, 4, 8, 10]), AxisGrid::regular(10, 4));
    /// ```
    pub fn from_bounds(bounds: Vec<usize>) -> Self {
        let len = *bounds.last().unwrap_or(&0);
        if bounds.len() <= 2 {
            return Self::single(len);
        }
        let first = bounds[1];
        let size = bounds[2] - bounds[1];
        let inner = bounds[1..bounds.len() - 1].windows(2).all(|w| w[1] - w[0] == size);
        let last = len - bounds[bounds.len() - 2];
        // With two chunks the second alone tells `size`, and it may be a cut one.
        if bounds.len() == 3 && last <= first {
            return AxisGrid::Regular { len, first, size: first };
        }
        if inner && last <= size && first <= size {
            return AxisGrid::Regular { len, first, size };
        }
        AxisGrid::Irregular(bounds.into())
    }

    /// Length of the axis.
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert_eq!(AxisGrid::regular(10, 4).len(), 10);
    /// ```
    pub fn len(&self) -> usize {
        match self {
            AxisGrid::Regular { len, .. } => *len,
            AxisGrid::Irregular(b) => b[b.len() - 1],
        }
    }

    /// Whether the axis has no positions.
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert!(AxisGrid::single(0).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many chunks; an empty axis has one (empty) chunk.
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert_eq!(AxisGrid::regular(10, 4).count(), 3);
    /// assert_eq!(AxisGrid::single(0).count(), 1);
    /// ```
    pub fn count(&self) -> usize {
        match self {
            AxisGrid::Regular { len, first, size } if len > first => 1 + (len - first).div_ceil(*size),
            AxisGrid::Regular { .. } => 1,
            AxisGrid::Irregular(b) => b.len() - 1,
        }
    }

    /// The positions of chunk `i`.
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert_eq!(AxisGrid::regular(10, 4).chunk(2), 8..10);
    /// ```
    pub fn chunk(&self, i: usize) -> Range<usize> {
        match self {
            AxisGrid::Regular { len, first, .. } if i == 0 => 0..*first.min(len),
            AxisGrid::Regular { len, first, size } => {
                let start = first + (i - 1) * size;
                start..(start + size).min(*len)
            }
            AxisGrid::Irregular(b) => b[i]..b[i + 1],
        }
    }

    /// The chunk that holds a position.
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert_eq!(AxisGrid::regular(10, 4).find(4), 1);
    /// ```
    pub fn find(&self, position: usize) -> usize {
        match self {
            AxisGrid::Regular { first, .. } if position < *first => 0,
            AxisGrid::Regular { first, size, .. } => 1 + (position - first) / size,
            AxisGrid::Irregular(b) => b.partition_point(|&x| x <= position) - 1,
        }
    }

    /// The chunks that a range of positions touches (one empty chunk for an empty range).
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert_eq!(AxisGrid::regular(10, 4).touched(3..5), 0..2);
    /// ```
    pub fn touched(&self, range: Range<usize>) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        self.find(range.start)..self.find(range.end - 1) + 1
    }

    /// Length of the longest chunk.
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert_eq!(AxisGrid::from_lengths(&[3, 1, 5]).largest(), 5);
    /// ```
    pub fn largest(&self) -> usize {
        match self {
            AxisGrid::Regular { len, first, size } => (*first.max(size)).min(*len),
            AxisGrid::Irregular(b) => b.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0),
        }
    }

    /// The chunks of a slice of the axis: cut where the source is cut.
    ///
    /// ```
    /// # use graticule::array::{AxisGrid, Slice};
    /// let every_second = Slice { start: 1, step: 2, len: 5 };
    /// assert_eq!(AxisGrid::regular(10, 4).slice(&every_second).bounds(), [0, 2, 4, 5]);
    /// ```
    pub fn slice(&self, s: &Slice) -> AxisGrid {
        if s.len == 0 {
            return AxisGrid::single(0);
        }
        if s.step == 1
            && let AxisGrid::Regular { size, .. } = self
        {
            let first = (self.chunk(self.find(s.start)).end - s.start).min(s.len);
            return AxisGrid::Regular { len: s.len, first, size: *size };
        }
        let mut bounds = vec![0];
        let mut i = 0;
        while i < s.len {
            let c = self.chunk(self.find(s.position(i)));
            let p = s.position(i);
            let steps = if s.step > 0 {
                (c.end - p).div_ceil(s.step as usize)
            } else {
                (p - c.start) / s.step.unsigned_abs() + 1
            };
            i = (i + steps).min(s.len);
            bounds.push(i);
        }
        AxisGrid::from_bounds(bounds)
    }

    /// The boundaries, 0 and the length included.
    ///
    /// ```
    /// # use graticule::array::AxisGrid;
    /// assert_eq!(AxisGrid::from_lengths(&[3, 2]).bounds(), [0, 3, 5]);
    /// ```
    pub fn bounds(&self) -> Vec<usize> {
        let mut b = vec![0];
        b.extend((0..self.count()).map(|i| self.chunk(i).end));
        b
    }
}

/// The chunks of an array: one [`AxisGrid`] per axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct ChunkGrid(pub Vec<AxisGrid>);

impl ChunkGrid {
    /// One chunk over a shape.
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert_eq!(ChunkGrid::single(&[4, 6]).count(), 1);
    /// ```
    pub fn single(shape: &[usize]) -> Self {
        ChunkGrid(shape.iter().map(|&n| AxisGrid::single(n)).collect())
    }

    /// Chunks of a regular shape (the ones at the far borders are cut).
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert_eq!(ChunkGrid::regular(&[4, 6], &[2, 4]).counts(), [2, 2]);
    /// ```
    pub fn regular(shape: &[usize], chunk: &[usize]) -> Self {
        ChunkGrid(shape.iter().zip(chunk).map(|(&n, &c)| AxisGrid::regular(n, c)).collect())
    }

    /// The axes.
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert_eq!(ChunkGrid::regular(&[4, 6], &[2, 4]).axes()[1].bounds(), [0, 4, 6]);
    /// ```
    pub fn axes(&self) -> &[AxisGrid] {
        &self.0
    }

    /// Number of axes.
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert_eq!(ChunkGrid::single(&[4, 6]).ndim(), 2);
    /// ```
    pub fn ndim(&self) -> usize {
        self.0.len()
    }

    /// The shape of the array.
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert_eq!(ChunkGrid::regular(&[4, 6], &[2, 4]).shape(), [4, 6]);
    /// ```
    pub fn shape(&self) -> Vec<usize> {
        self.0.iter().map(AxisGrid::len).collect()
    }

    /// Number of elements of the array.
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert_eq!(ChunkGrid::regular(&[4, 6], &[2, 4]).size(), 24);
    /// ```
    pub fn size(&self) -> usize {
        self.0.iter().map(AxisGrid::len).product()
    }

    /// Chunks along each axis.
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert_eq!(ChunkGrid::regular(&[4, 6], &[1, 4]).counts(), [4, 2]);
    /// ```
    pub fn counts(&self) -> Vec<usize> {
        self.0.iter().map(AxisGrid::count).collect()
    }

    /// How many chunks there are.
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert_eq!(ChunkGrid::regular(&[4, 6], &[1, 4]).count(), 8);
    /// ```
    pub fn count(&self) -> usize {
        self.0.iter().map(AxisGrid::count).product()
    }

    /// The position of chunk `flat` (row-major) along each axis.
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert_eq!(ChunkGrid::regular(&[4, 6], &[2, 2]).unravel(4), [1, 1]);
    /// ```
    pub fn unravel(&self, mut flat: usize) -> Vec<usize> {
        let mut index = vec![0; self.0.len()];
        for (i, axis) in self.0.iter().enumerate().rev() {
            index[i] = flat % axis.count();
            flat /= axis.count();
        }
        index
    }

    /// The row-major number of a chunk.
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert_eq!(ChunkGrid::regular(&[4, 6], &[2, 2]).ravel(&[1, 1]), 4);
    /// ```
    pub fn ravel(&self, index: &[usize]) -> usize {
        self.0.iter().zip(index).fold(0, |n, (axis, i)| n * axis.count() + i)
    }

    /// The box of chunk `flat` (row-major).
    ///
    /// ```
    /// # use graticule::array::{ChunkGrid, Region};
    /// assert_eq!(ChunkGrid::regular(&[4, 6], &[2, 4]).region(3), Region::new([2..4, 4..6]));
    /// ```
    pub fn region(&self, flat: usize) -> Region {
        let index = self.unravel(flat);
        Region::new(self.0.iter().zip(index).map(|(axis, i)| axis.chunk(i)))
    }

    /// The row-major numbers of the chunks that a box touches.
    ///
    /// ```
    /// # use graticule::array::{ChunkGrid, Region};
    /// let grid = ChunkGrid::regular(&[4, 6], &[2, 2]);
    /// assert_eq!(grid.touched(&Region::new([0..1, 1..3])), [0, 1]);
    /// ```
    pub fn touched(&self, region: &Region) -> Vec<usize> {
        let mut out = vec![0];
        for (axis, range) in self.0.iter().zip(region.ranges()) {
            let t = axis.touched(range);
            out = out.iter().flat_map(|&n| t.clone().map(move |i| n * axis.count() + i)).collect();
        }
        out
    }

    /// Elements of the largest chunk.
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert_eq!(ChunkGrid::regular(&[4, 6], &[2, 4]).largest(), 8);
    /// ```
    pub fn largest(&self) -> usize {
        self.0.iter().map(AxisGrid::largest).product()
    }

    /// Whether there is only one chunk.
    ///
    /// ```
    /// # use graticule::array::ChunkGrid;
    /// assert!(ChunkGrid::single(&[4, 6]).is_single());
    /// ```
    pub fn is_single(&self) -> bool {
        self.0.iter().all(|a| a.count() == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_of_slices_are_cut_where_the_source_is_cut() {
        let g = AxisGrid::regular(10, 4);
        assert_eq!(g.bounds(), [0, 4, 8, 10]);
        assert_eq!(g.slice(&Slice { start: 3, step: 1, len: 6 }).bounds(), [0, 1, 5, 6]);
        assert_eq!(g.slice(&Slice { start: 9, step: -3, len: 4 }).bounds(), [0, 1, 2, 4]);
        assert_eq!(g.slice(&Slice { start: 1, step: 2, len: 5 }).bounds(), [0, 2, 4, 5]);
        assert_eq!(g.find(8), 2);
        assert_eq!(g.touched(3..5), 0..2);
    }

    #[test]
    fn regular_boundaries_are_recognised() {
        for bounds in [vec![0, 3, 6, 7], vec![0, 1, 4, 7], vec![0, 5], vec![0, 4, 5], vec![0, 2, 9]] {
            assert_eq!(AxisGrid::from_bounds(bounds.clone()).bounds(), bounds);
        }
        assert!(matches!(AxisGrid::from_bounds(vec![0, 1, 4, 7]), AxisGrid::Regular { .. }));
    }
}
