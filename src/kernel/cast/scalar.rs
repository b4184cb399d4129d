//! Single values as another dtype.

use super::cast;
use crate::array::Block;
use crate::dtype::{DType, Scalar};
use crate::error::Result;

impl Scalar {
    /// The value as a block of rank 0 cast to `dtype`.
    ///
    /// # Errors
    /// If there is no cast between the two.
    pub fn cast_to(&self, dtype: DType) -> Result<Block> {
        cast(&self.to_block(), dtype)
    }
}
