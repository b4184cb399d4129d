//! Labels that rise or fall: found by bisection.

use std::sync::{Arc, OnceLock};

use super::hash::HashIndex;
use super::key::{self, Key};
use super::lookup::{self, Found, Lookup};
use super::search::{Direction, Ordered};
use super::{Index, Label, Method, Positions, merge};
use crate::array::Block;
use crate::dtype::dispatch::with_real;
use crate::dtype::{DType, Kind, NAT, Real, Scalar, Text};
use crate::error::Result;
use crate::time::Resolution;

/// An index of labels that never fall, or never rise; equal ones stand side by side.
#[derive(Debug)]
pub struct SortedIndex {
    labels: Block,
    direction: Direction,
    unique: bool,
    resolution: OnceLock<Resolution>,
}

impl SortedIndex {
    /// The index of a block of rank 1, if its labels are in order and none is missing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::SortedIndex;
    /// assert!(SortedIndex::new(&Block::from_vec(&[3], vec![1.0, 2.5, 9.0])?).is_some());
    /// assert!(SortedIndex::new(&Block::from_vec(&[3], vec![1.0, 9.0, 2.5])?).is_none());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(labels: &Block) -> Option<SortedIndex> {
        let labels = labels.clone().contiguous();
        let (direction, unique) = order_of(&labels)?;
        Some(SortedIndex { labels, direction, unique, resolution: OnceLock::new() })
    }

    /// The index of labels that rise and of which none stands twice.
    pub(super) fn rising(labels: Block) -> SortedIndex {
        SortedIndex { labels, direction: Direction::Rising, unique: true, resolution: OnceLock::new() }
    }
}

/// Direction and uniqueness of labels in order.
fn order_of(labels: &Block) -> Option<(Direction, bool)> {
    fn scan<T: PartialOrd>(values: &[T], missing: impl Fn(&T) -> bool) -> Option<(Direction, bool)> {
        if values.iter().any(missing) {
            return None;
        }
        let falling = matches!((values.first(), values.last()), (Some(a), Some(b)) if a > b);
        let (mut ordered, mut unique) = (true, true);
        for pair in values.windows(2) {
            ordered &= if falling { pair[0] >= pair[1] } else { pair[0] <= pair[1] };
            unique &= pair[0] != pair[1];
        }
        ordered.then_some((if falling { Direction::Falling } else { Direction::Rising }, unique))
    }
    let time = labels.dtype().is_time();
    with_real!(labels.dtype().kind(), T => {
        let values = labels.as_slice::<T>()?;
        scan(values, |v| v.is_nan() || time && <i64 as num_traits::NumCast>::from(*v) == Some(NAT))
    }, else match labels.dtype().kind() {
        Kind::Bool => scan(labels.as_slice::<bool>()?, |_| false),
        Kind::Str => scan(labels.as_slice::<Text>()?, |t| *t == Text::MISSING),
        _ => None,
    })
}

impl Lookup for SortedIndex {
    fn count(&self) -> usize {
        self.labels.size()
    }

    fn label_dtype(&self) -> DType {
        self.labels.dtype()
    }

    fn key(&self, position: usize) -> Key {
        key::key_at(&self.labels, position)
    }

    fn direction(&self) -> Option<Direction> {
        Some(self.direction)
    }

    fn find_all(&self, labels: &Block) -> Option<Vec<i64>> {
        merge::find_all(&self.labels, self.direction, labels)
    }

    fn find(&self, key: &Key) -> Found {
        let at = |i| self.key(i);
        Found::Run(Ordered { len: self.count(), direction: self.direction, key: &at }.find(key))
    }

    fn unique(&self) -> bool {
        self.unique
    }

    fn resolution(&self) -> Resolution {
        *self.resolution.get_or_init(|| super::time::resolution(&self.labels))
    }
}

impl Index for SortedIndex {
    fn len(&self) -> usize {
        self.count()
    }

    fn labels(&self) -> Block {
        self.labels.clone()
    }

    fn dtype(&self) -> DType {
        self.labels.dtype()
    }

    fn select(&self, label: &Label, method: Method, tolerance: Option<&Scalar>) -> Result<Positions> {
        lookup::select(self, label, method, tolerance)
    }

    fn positions_of(&self, labels: &Block, method: Method, tolerance: Option<&Scalar>) -> Result<Vec<i64>> {
        lookup::positions_of(self, labels, method, tolerance)
    }

    fn take(&self, positions: &Positions) -> Arc<dyn Index> {
        let labels = merge::take(&self.labels, positions);
        if let (Positions::Slice(slice), true) = (positions, self.unique) {
            let falling = slice.len > 1 && (self.direction == Direction::Falling) != (slice.step < 0);
            let direction = if falling { Direction::Falling } else { Direction::Rising };
            return Arc::new(SortedIndex { direction, ..SortedIndex::rising(labels.contiguous()) });
        }
        match SortedIndex::new(&labels) {
            Some(index) => Arc::new(index),
            None => Arc::new(HashIndex::new(&labels)),
        }
    }

    fn is_unique(&self) -> bool {
        self.unique
    }

    fn equals(&self, other: &dyn Index) -> bool {
        super::same_labels(self, other)
    }
}
