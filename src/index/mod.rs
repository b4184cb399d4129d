//! From labels to positions: sorted, hash, range, time, interval and multi-level indexes.

mod hash;
mod interval;
pub mod join;
mod joint;
mod key;
mod lookup;
mod merge;
mod mismatch;
mod multi;
mod order;
mod range;
mod search;
mod sorted;
mod time;
mod tolerant;

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use crate::array::{Block, Slice};
use crate::dtype::dispatch::with_element;
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};

pub use hash::HashIndex;
pub(crate) use hash::Mix;
pub use interval::{Closed, IntervalIndex};
pub use join::{Join, join, join_with_positions, positions};
pub use joint::JointIndex;
pub(crate) use joint::same_joint;
pub(crate) use key::{Key, comparable, keys as label_keys};
pub(crate) use lookup::show as show_label;
pub(crate) use merge::take as take_labels;
pub use mismatch::Mismatch;
pub use multi::MultiIndex;
pub(crate) use order::{monotonic, ranks};
pub use range::RangeIndex;
pub use sorted::SortedIndex;
pub(crate) use time::dates as parsed_dates;
pub use tolerant::TolerantIndex;
pub(crate) use tolerant::same;

/// What to do with a label that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Only the label itself.
    Exact,
    /// The nearest label; of two equally near the greater.
    Nearest,
    /// The label before the place where it would stand: in rising labels the next smaller.
    Pad,
    /// The label after the place where it would stand: in rising labels the next greater.
    Backfill,
}

/// A label selector on one index.
#[derive(Debug, Clone, PartialEq)]
pub enum Label {
    /// One label.
    One(Scalar),
    /// A list of labels (block of any rank).
    Many(Block),
    /// From one label to another, both ends in where there is one; `half_open` leaves the last out.
    /// Bounds of an index in order need not be labels of it.
    Range {
        /// First label.
        start: Option<Scalar>,
        /// Last label.
        stop: Option<Scalar>,
        /// Every so-many-th position.
        step: Option<i64>,
        /// Whether `stop` itself is left out.
        half_open: bool,
    },
}

/// The positions that a selector stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Positions {
    /// One position: the dimension goes.
    One(usize),
    /// A slice.
    Slice(Slice),
    /// A list; -1 where nothing is there (only `positions_of` gives it).
    Many(Vec<i64>),
}

/// Labels of one dimension and the way from them to positions.
///
/// An index of one's own stands beside its variable in [`Coords`](crate::labels::Coords); one that several
/// coordinates share is a [`JointIndex`].
///
/// # Example
/// Longitudes that know that 359 and -1 are one:
/// ```
/// use std::sync::Arc;
/// use graticule::index::{Index, Label, Method, Positions, default_index};
/// use graticule::prelude::*;
///
/// #[derive(Debug)]
/// struct Around(Arc<dyn Index>);
///
/// impl Index for Around {
///     fn len(&self) -> usize {
///         self.0.len()
///     }
///     fn labels(&self) -> Block {
///         self.0.labels()
///     }
///     fn dtype(&self) -> DType {
///         self.0.dtype()
///     }
///     fn select(&self, label: &Label, method: Method, tolerance: Option<&Scalar>) -> Result<Positions> {
///         let turned = match label {
///             Label::One(Scalar::Float(lon)) => Label::One(lon.rem_euclid(360.0).into()),
///             other => other.clone(),
///         };
///         self.0.select(&turned, method, tolerance)
///     }
///     fn positions_of(&self, labels: &Block, method: Method, t: Option<&Scalar>) -> Result<Vec<i64>> {
///         self.0.positions_of(labels, method, t)
///     }
///     fn take(&self, positions: &Positions) -> Arc<dyn Index> {
///         Arc::new(Around(self.0.take(positions)))
///     }
///     fn is_unique(&self) -> bool {
///         self.0.is_unique()
///     }
///     fn equals(&self, other: &dyn Index) -> bool {
///         self.0.equals(other)
///     }
/// }
///
/// let lon = Variable::from_vec(&[("lon", 4)], vec![0.0, 90.0, 180.0, 270.0])?;
/// let mut coords = Coords::new();
/// coords.insert_with("lon", lon.clone(), Some(Arc::new(Around(default_index(&lon.load()?)?))))?;
/// let a = DataArray::new(Variable::from_vec(&[("lon", 4)], vec![1, 2, 3, 4])?, coords)?;
/// assert_eq!(a.sel("lon", -90.0)?.to_vec::<i32>()?, [4]);
/// assert_eq!(a.isel("lon", 1..)?.sel("lon", 450.0)?.to_vec::<i32>()?, [2]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub trait Index: Any + Debug + Send + Sync {
    /// How many labels there are.
    fn len(&self) -> usize;
    /// Whether there are no labels.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The labels as a block of rank 1.
    fn labels(&self) -> Block;
    /// Type of the labels.
    fn dtype(&self) -> DType;
    /// The positions that a selector stands for.
    ///
    /// # Errors
    /// If a label is not there (within `tolerance`), or the selector has no meaning for this index.
    fn select(&self, label: &Label, method: Method, tolerance: Option<&Scalar>) -> Result<Positions>;
    /// The position of each label (a block of rank 1), -1 where it is not there.
    ///
    /// # Errors
    /// If this index has duplicate labels, or dtypes cannot be compared.
    fn positions_of(&self, labels: &Block, method: Method, tolerance: Option<&Scalar>) -> Result<Vec<i64>>;
    /// The index of the labels at these positions, of the same kind where that makes sense.
    fn take(&self, positions: &Positions) -> Arc<dyn Index>;
    /// Whether no label stands twice.
    fn is_unique(&self) -> bool;
    /// Whether both have the same labels in the same order, by value: 1 and 1.0 are the same label.
    fn equals(&self, other: &dyn Index) -> bool;
}

/// The index that a dimension coordinate gets: by its labels.
///
/// # Errors
/// If the labels are not a block of rank 1.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::index::{Label, Positions, default_index};
/// let index = default_index(&Block::from_vec(&[3], vec![1.0, 2.5, 9.0])?)?;
/// let label = Label::One(Scalar::Float(3.0));
/// assert_eq!(index.select(&label, Method::Nearest, None)?, Positions::One(1));
/// assert!(index.select(&label, Method::Exact, None).unwrap_err().is_not_found());
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn default_index(labels: &Block) -> Result<Arc<dyn Index>> {
    if labels.ndim() != 1 {
        return Err(Error::invalid(format!(
            "an index needs labels along one dimension, not {:?}",
            labels.shape()
        )));
    }
    Ok(of_labels(labels))
}

/// The index of labels that are those of several indexes one after the other: one of intervals, if all are.
///
/// # Errors
/// If the labels are not a block of rank 1.
pub(crate) fn concat_index(parts: &[&Arc<dyn Index>], labels: &Block) -> Result<Arc<dyn Index>> {
    match interval::together(parts, false).filter(|index| index.len() == labels.size()) {
        Some(index) => Ok(index),
        None => default_index(labels),
    }
}

/// The smallest index for labels of rank 1.
fn of_labels(labels: &Block) -> Arc<dyn Index> {
    let labels = labels.clone().contiguous();
    if let Some(index) = RangeIndex::recognise(&labels) {
        return Arc::new(index);
    }
    match SortedIndex::new(&labels) {
        Some(index) => Arc::new(index),
        None => Arc::new(HashIndex::new(&labels)),
    }
}

/// [`Index::equals`] by comparing labels one by one.
fn same_labels(a: &dyn Index, b: &dyn Index) -> bool {
    if std::ptr::addr_eq(a, b) {
        return true;
    }
    if a.len() != b.len() {
        return false;
    }
    same_values(&a.labels(), &b.labels())
}

/// Whether two blocks of one shape hold the same values, whatever their dtypes: NaN equals NaN, and an
/// integer the float of its value.
fn same_values(x: &Block, y: &Block) -> bool {
    if !key::is_comparable(x.dtype(), y.dtype()) {
        return false;
    }
    if x.dtype() == y.dtype() {
        let (x, y) = (x.clone().contiguous(), y.clone().contiguous());
        return with_element!(x.dtype().kind(), T => {
            matches!((x.as_slice::<T>(), y.as_slice::<T>()), (Some(x), Some(y)) if merge::same(x, y))
        });
    }
    key::keys(x) == key::keys(y)
}

#[cfg(test)]
mod tests;
