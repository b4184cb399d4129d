//! Elements as another dtype.

use crate::array::Block;
use crate::dtype::DType;
use crate::error::Result;

/// The block as `dtype`, by numpy's rules of `astype`.
///
/// # Errors
/// If there is no cast between the two.
pub fn cast(_block: &Block, _dtype: DType) -> Result<Block> {
    unimplemented!()
}
