//! A block that is in memory already.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Node, Op};
use crate::array::{Block, ChunkGrid, Region};
use crate::error::Result;
use crate::source::Traffic;

/// A value in memory.
#[derive(Debug, Serialize, Deserialize)]
pub struct Constant(Block);

#[typetag::serde]
impl Op for Constant {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], _pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        Ok(self.0.region(out))
    }

    fn as_constant(&self) -> Option<&Block> {
        Some(&self.0)
    }
}

impl LazyArray {
    /// An array whose elements are in memory, as one chunk.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::lazy::LazyArray;
    /// let block = Block::from_vec(&[2], vec![1, 2])?;
    /// assert_eq!(LazyArray::from_block(block.clone()).as_block(), Some(&block));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn from_block(block: Block) -> Self {
        let meta = Meta { dtype: block.dtype(), grid: ChunkGrid::single(block.shape()) };
        LazyArray(std::sync::Arc::new(Node {
            op: std::sync::Arc::new(Constant(block)),
            inputs: Vec::new(),
            meta,
        }))
    }
}
