//! Running plans.

use crate::array::Block;
use crate::error::Result;
use crate::lazy::LazyArray;

/// Computes arrays with the default local executor.
///
/// # Errors
/// Those of the run.
pub fn compute(_arrays: &[LazyArray]) -> Result<Vec<Block>> {
    unimplemented!()
}
