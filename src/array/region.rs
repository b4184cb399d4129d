//! A box of half-open ranges, one per axis.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// A box of positions: one half-open range per axis.
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Region(SmallVec<[(usize, usize); 4]>);

/// Every `step`-th position from `start`, `len` of them; a negative step walks backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slice {
    /// First position taken.
    pub start: usize,
    /// Distance to the next; not 0.
    pub step: isize,
    /// How many positions.
    pub len: usize,
}

impl Slice {
    /// All positions of an axis.
    ///
    /// ```
    /// # use graticule::array::Slice;
    /// assert_eq!(Slice::all(3), Slice { start: 0, step: 1, len: 3 });
    /// ```
    pub fn all(len: usize) -> Self {
        Slice { start: 0, step: 1, len }
    }

    /// The positions `range`.
    ///
    /// ```
    /// # use graticule::array::Slice;
    /// assert_eq!(Slice::range(2..5), Slice { start: 2, step: 1, len: 3 });
    /// ```
    pub fn range(range: Range<usize>) -> Self {
        Slice { start: range.start, step: 1, len: range.end.saturating_sub(range.start) }
    }

    /// Python's slice of an axis: negative bounds count from the end, all are clamped.
    ///
    /// ```
    /// # use graticule::array::Slice;
    /// // `[-2:]` of five positions.
    /// assert_eq!(Slice::python(Some(-2), None, None, 5), Slice::range(3..5));
    /// // `[::-2]`
    /// assert_eq!(Slice::python(None, None, Some(-2), 5), Slice { start: 4, step: -2, len: 3 });
    /// ```
    pub fn python(start: Option<i64>, stop: Option<i64>, step: Option<i64>, len: usize) -> Self {
        let step = step.unwrap_or(1);
        let n = len as i64;
        let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
        let bound = |v: Option<i64>, default: i64| match v {
            None => default,
            Some(v) if v < 0 => (v.saturating_add(n)).clamp(low, high),
            Some(v) => v.clamp(low, high),
        };
        let (start, stop) = if step < 0 {
            (bound(start, high), bound(stop, low))
        } else {
            (bound(start, low), bound(stop, high))
        };
        let span = if step < 0 { start - stop } else { stop - start };
        let count = if span <= 0 { 0 } else { (span - 1) / step.abs() + 1 };
        Slice { start: if count == 0 { 0 } else { start as usize }, step: step as isize, len: count as usize }
    }

    /// The position of element `i`.
    ///
    /// ```
    /// # use graticule::array::Slice;
    /// assert_eq!(Slice { start: 4, step: -2, len: 3 }.position(1), 2);
    /// ```
    pub fn position(&self, i: usize) -> usize {
        (self.start as isize + i as isize * self.step) as usize
    }

    /// The smallest range that holds positions `first..last` of the slice.
    ///
    /// ```
    /// # use graticule::array::Slice;
    /// assert_eq!(Slice { start: 4, step: -2, len: 3 }.span(0..2), 2..5);
    /// ```
    pub fn span(&self, range: Range<usize>) -> Range<usize> {
        if range.is_empty() {
            return self.start..self.start;
        }
        let (a, b) = (self.position(range.start), self.position(range.end - 1));
        a.min(b)..a.max(b) + 1
    }
}

impl Region {
    /// A box from ranges.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Region::new([1..3, 0..4]).shape(), [2, 4]);
    /// ```
    pub fn new(ranges: impl IntoIterator<Item = Range<usize>>) -> Self {
        Region(ranges.into_iter().map(|r| (r.start, r.end)).collect())
    }

    /// The whole of a shape.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Region::full(&[2, 4]), Region::new([0..2, 0..4]));
    /// ```
    pub fn full(shape: &[usize]) -> Self {
        Region(shape.iter().map(|&n| (0, n)).collect())
    }

    /// Number of axes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Region::full(&[2, 4]).ndim(), 2);
    /// ```
    pub fn ndim(&self) -> usize {
        self.0.len()
    }

    /// The range along an axis.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Region::new([1..3, 0..4]).axis(0), 1..3);
    /// ```
    pub fn axis(&self, axis: usize) -> Range<usize> {
        self.0[axis].0..self.0[axis].1
    }

    /// Replaces the range along an axis.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut region = Region::full(&[2, 4]);
    /// region.set(1, 2..3);
    /// assert_eq!(region, Region::new([0..2, 2..3]));
    /// ```
    pub fn set(&mut self, axis: usize, range: Range<usize>) {
        self.0[axis] = (range.start, range.end);
    }

    /// The ranges in order of axes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Region::new([1..3, 0..4]).ranges().map(|r| r.end).collect::<Vec<_>>(), [3, 4]);
    /// ```
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = Range<usize>> + '_ {
        self.0.iter().map(|&(a, b)| a..b)
    }

    /// The first position along each axis.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Region::new([1..3, 0..4]).start(), [1, 0]);
    /// ```
    pub fn start(&self) -> Vec<usize> {
        self.0.iter().map(|r| r.0).collect()
    }

    /// The lengths of the ranges.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Region::new([1..3, 0..4]).shape(), [2, 4]);
    /// ```
    pub fn shape(&self) -> Vec<usize> {
        self.0.iter().map(|r| r.1 - r.0).collect()
    }

    /// How many elements are inside.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Region::new([1..3, 0..4]).size(), 8);
    /// ```
    pub fn size(&self) -> usize {
        self.0.iter().map(|r| r.1 - r.0).product()
    }

    /// Whether nothing is inside.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(Region::new([1..3, 4..4]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.iter().any(|r| r.0 >= r.1)
    }

    /// The common part of two boxes of the same rank, if there is one.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let region = Region::new([0..3]);
    /// assert_eq!(region.intersect(&Region::new([2..5])), Some(Region::new([2..3])));
    /// assert_eq!(region.intersect(&Region::new([3..5])), None);
    /// ```
    pub fn intersect(&self, other: &Region) -> Option<Region> {
        let r: SmallVec<[(usize, usize); 4]> =
            (self.0.iter().zip(&other.0)).map(|(a, b)| (a.0.max(b.0), a.1.min(b.1))).collect();
        r.iter().all(|r| r.0 < r.1).then_some(Region(r))
    }

    /// This box as seen from `origin`, which must lie at or before it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Region::new([5..7]).relative_to(&Region::new([4..9])), Region::new([1..3]));
    /// ```
    pub fn relative_to(&self, origin: &Region) -> Region {
        Region((self.0.iter().zip(&origin.0)).map(|(a, o)| (a.0 - o.0, a.1 - o.0)).collect())
    }

    /// Whether `other` lies inside.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(Region::new([0..4]).contains(&Region::new([1..4])));
    /// ```
    pub fn contains(&self, other: &Region) -> bool {
        other.is_empty() || self.0.iter().zip(&other.0).all(|(a, b)| a.0 <= b.0 && b.1 <= a.1)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, r) in self.ranges().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{}..{}", r.start, r.end)?;
        }
        f.write_str("]")
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_slices_clamp_and_walk_backwards() {
        let positions = |s: Slice| (0..s.len).map(|i| s.position(i)).collect::<Vec<_>>();
        assert_eq!(positions(Slice::python(None, None, Some(-2), 5)), [4, 2, 0]);
        assert_eq!(positions(Slice::python(Some(-2), None, None, 5)), [3, 4]);
        assert_eq!(positions(Slice::python(Some(3), Some(0), Some(-1), 5)), [3, 2, 1]);
        assert_eq!(positions(Slice::python(Some(7), Some(9), None, 5)), [] as [usize; 0]);
        assert_eq!(positions(Slice::python(Some(i64::MIN), Some(i64::MAX), Some(3), 5)), [0, 3]);
    }
}
