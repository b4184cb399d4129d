//! Which group each position of an input belongs to.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::grouping::Grouping;
use crate::array::Region;
use crate::error::{Error, Result};

/// Groups of positions along one or several axes.
///
/// In the result an axis of groups stands where the first of these axes stood; the others go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// The axes of the input whose positions are grouped, in rising order.
    pub axes: Vec<usize>,
    /// The length of each of them.
    pub lens: Vec<usize>,
    /// The group of each position, in row-major order over these axes; -1 belongs to none.
    pub codes: Arc<[i32]>,
    /// How many groups there are.
    pub count: usize,
    /// The grouping of all positions, once a piece has asked for it.
    #[serde(skip)]
    grouping: Shared,
}

/// Groupings of all positions that clones share: of the groups that occur, and of every group.
#[derive(Debug, Clone, Default)]
struct Shared(Arc<[OnceLock<Arc<Grouping>>; 2]>);

impl PartialEq for Shared {
    /// It follows from the codes, which are compared.
    fn eq(&self, _: &Shared) -> bool {
        true
    }
}

/// Which groups a result or a state is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Held {
    /// Those that follow one another.
    Range(Range<usize>),
    /// These, in rising order.
    These(Vec<usize>),
}

impl Held {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Held::Range(range) => range.len(),
            Held::These(groups) => groups.len(),
        }
    }

    /// The place of a group among them.
    fn place(&self, group: usize) -> Option<usize> {
        match self {
            Held::Range(range) => range.contains(&group).then(|| group - range.start),
            Held::These(groups) => groups.binary_search(&group).ok(),
        }
    }

    /// The group at a place.
    pub(super) fn group(&self, place: usize) -> usize {
        match self {
            Held::Range(range) => range.start + place,
            Held::These(groups) => groups[place],
        }
    }
}

impl From<Range<usize>> for Held {
    fn from(range: Range<usize>) -> Held {
        Held::Range(range)
    }
}

/// An axis of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutAxis {
    /// The axis of the input that stays.
    Kept(usize),
    /// The axis of groups.
    Groups,
}

/// The axes of the result where `gone` are folded.
pub(crate) fn out_axes<'a>(
    ndim: usize,
    gone: &'a [usize],
    groups: Option<&'a Groups>,
) -> impl Iterator<Item = OutAxis> + 'a {
    (0..ndim).filter(|axis| !gone.contains(axis)).filter_map(move |axis| match groups {
        Some(g) if g.axes.first() == Some(&axis) => Some(OutAxis::Groups),
        Some(g) if g.axes.contains(&axis) => None,
        _ => Some(OutAxis::Kept(axis)),
    })
}

/// The shape of the result where the axes `gone` of an input of this shape are folded.
pub(crate) fn out_shape(shape: &[usize], gone: &[usize], groups: Option<&Groups>) -> Vec<usize> {
    let len = |axis| match (axis, groups) {
        (OutAxis::Kept(axis), _) => shape[axis],
        (OutAxis::Groups, groups) => groups.map_or(0, |g| g.count),
    };
    out_axes(shape.len(), gone, groups).map(len).collect()
}

impl Groups {
    /// Groups along one axis: a code for each position.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::kernel::reduce::{Groups, ReduceSpec, whole};
    /// let group = Some(Groups::along(0, vec![0, 1, 0, -1], 2));
    /// let sum = ReduceSpec { op: ReduceOp::Sum, axes: vec![], group, skipna: true, ddof: 0.0, min_count: None };
    /// let sums = whole(&sum, &Block::from_vec(&[4], vec![1, 2, 3, 4])?)?;
    /// assert_eq!(sums.to_vec::<i64>()?, [4, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn along(axis: usize, codes: impl Into<Arc<[i32]>>, count: usize) -> Groups {
        let codes = codes.into();
        Groups { axes: vec![axis], lens: vec![codes.len()], codes, count, grouping: Shared::default() }
    }

    /// Groups over several axes of these lengths: a code for each position, in row-major order.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::kernel::reduce::{Groups, ReduceSpec, whole};
    /// let group = Some(Groups::over([0, 2], [2, 2], vec![0, 1, 1, 1], 2));
    /// let sum = ReduceSpec { op: ReduceOp::Sum, axes: vec![], group, skipna: true, ddof: 0.0, min_count: None };
    /// let sums = whole(&sum, &Block::from_vec(&[2, 1, 2], vec![1, 2, 3, 4])?)?;
    /// // The axis of groups stands where axis 0 stood.
    /// assert_eq!((sums.shape(), sums.to_vec::<i64>()?), (&[2, 1][..], vec![1, 9]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn over(
        axes: impl Into<Vec<usize>>,
        lens: impl Into<Vec<usize>>,
        codes: impl Into<Arc<[i32]>>,
        count: usize,
    ) -> Groups {
        let (axes, lens, codes) = (axes.into(), lens.into(), codes.into());
        Groups { axes, lens, codes, count, grouping: Shared::default() }
    }

    /// An error unless there is a group, or none, for each position along axes of an input of this shape.
    pub(crate) fn check(&self, shape: &[usize], gone: &[usize]) -> Result<()> {
        let lens: Option<Vec<usize>> = self.axes.iter().map(|a| shape.get(*a).copied()).collect();
        let fits = !self.axes.is_empty()
            && self.axes.is_sorted_by(|a, b| a < b)
            && self.axes.iter().all(|a| !gone.contains(a))
            && lens.as_ref() == Some(&self.lens)
            && self.lens.iter().product::<usize>() == self.codes.len()
            && self.codes.iter().all(|c| *c < 0 || (*c as usize) < self.count);
        match fits {
            true => Ok(()),
            false => Err(Error::internal(format!(
                "{} codes of {} groups over axes {:?} of lengths {:?} do not fit shape {shape:?}",
                self.codes.len(),
                self.count,
                self.axes,
                self.lens
            ))),
        }
    }

    /// Short text for plans.
    pub(crate) fn describe(&self) -> String {
        match self.axes[..] {
            [axis] => format!(" by {} groups along axis {axis}", self.count),
            _ => format!(" by {} groups over axes {:?}", self.count, self.axes),
        }
    }

    /// The axis of the result that is the axis of groups, where the axes `gone` are folded.
    pub(crate) fn out_axis(&self, gone: &[usize]) -> usize {
        self.axes[0] - gone.iter().filter(|a| **a < self.axes[0]).count()
    }

    /// The grouping of all positions, or of every group whether it occurs or not; worked out once.
    pub(super) fn grouping(&self, every: bool) -> Arc<Grouping> {
        let new = || Arc::new(Grouping::new(self.codes.iter().copied(), if every { self.count } else { 0 }));
        self.grouping.0[usize::from(every)].get_or_init(new).clone()
    }

    /// Whether a box of the input and some groups leave none out.
    pub(super) fn is_all(&self, at: &Region, groups: &Held) -> bool {
        let mut whole = self.axes.iter().zip(&self.lens);
        *groups == Held::Range(0..self.count) && whole.all(|(axis, len)| at.axis(*axis) == (0..*len))
    }

    /// The groups that have members in a box of the input, of those in a range.
    pub(crate) fn in_box(&self, at: &Region, groups: Range<usize>) -> Vec<usize> {
        let mut held = vec![false; groups.len()];
        for code in self.codes_in(at, &groups.clone().into()).iter() {
            if let Ok(code) = usize::try_from(*code) {
                held[code] = true;
            }
        }
        groups.zip(held).filter_map(|(group, held)| held.then_some(group)).collect()
    }

    /// The codes of the positions in a box of the input, in row-major order: places among `groups`, and -1 for other
    /// groups.
    pub(crate) fn codes_in(&self, at: &Region, groups: &Held) -> Arc<[i32]> {
        if self.is_all(at, groups) {
            return self.codes.clone();
        }
        let mut starts = vec![0];
        let Some((last, outer)) = self.axes.split_last() else { return Arc::default() };
        for (axis, len) in outer.iter().zip(&self.lens) {
            let range = at.axis(*axis);
            starts = starts.iter().flat_map(|s| range.clone().map(move |i| s * len + i)).collect();
        }
        let (range, len) = (at.axis(*last), self.lens[outer.len()]);
        let all = *groups == Held::Range(0..self.count);
        let mut codes = Vec::with_capacity(starts.len() * range.len());
        for start in starts {
            let line = &self.codes[start * len + range.start..start * len + range.end];
            match all {
                true => codes.extend_from_slice(line),
                false => codes.extend(line.iter().map(|c| {
                    let place = usize::try_from(*c).ok().and_then(|c| groups.place(c));
                    place.map_or(-1, |place| place as i32)
                })),
            }
        }
        codes.into()
    }
}
