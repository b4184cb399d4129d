//! The same elements in other chunks.

use serde::{Deserialize, Serialize};

use super::{Body, LazyArray, Meta, Node, Op};
use crate::array::{Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::source::Traffic;

/// Changes the chunks, not the elements.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rechunk;

#[typetag::serde]
impl Op for Rechunk {
    fn name(&self) -> &'static str {
        "rechunk"
    }

    fn compute(
        &self,
        _out: &Region,
        _inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        Ok(pieces.remove(0))
    }
}

impl LazyArray {
    /// The array in other chunks. An array in memory becomes lazy by it.
    ///
    /// # Errors
    /// If the grid is not one of this shape.
    pub fn rechunk(&self, grid: ChunkGrid) -> Result<LazyArray> {
        if grid.shape() != self.shape() {
            return Err(Error::invalid(format!(
                "chunks of shape {:?} for an array of shape {:?}",
                grid.shape(),
                self.shape()
            )));
        }
        if *self.grid() == grid && self.as_block().is_none() {
            return Ok(self.clone());
        }
        let meta = Meta { dtype: self.dtype(), grid };
        Ok(LazyArray(std::sync::Arc::new(Node {
            body: Body::Op(std::sync::Arc::new(Rechunk)),
            inputs: vec![self.clone()],
            meta,
        })))
    }
}
