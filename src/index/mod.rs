//! From labels to positions: sorted, hash, range and time indexes.

use std::fmt::Debug;
use std::sync::Arc;

use crate::array::{Block, Slice};
use crate::dtype::{DType, Scalar};
use crate::error::Result;

/// What to do with a label that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Only the label itself.
    Exact,
    /// The nearest label; of two equally near the greater.
    Nearest,
    /// The last label at or before it.
    Pad,
    /// The first label at or after it.
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
pub trait Index: Debug + Send + Sync {
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
}

/// The index that a dimension coordinate gets: by its labels.
///
/// # Errors
/// If labels of this dtype cannot be indexed.
pub fn default_index(_labels: &Block) -> Result<Arc<dyn Index>> {
    unimplemented!()
}
