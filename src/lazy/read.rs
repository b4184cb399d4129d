//! An array that is read from a source.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Body, LazyArray, Meta, Node, Op};
use crate::array::{Block, Region};
use crate::error::{Context, Result};
use crate::source::{Source, Traffic};

/// Reads boxes from a [`Source`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Read(pub Arc<dyn Source>);

#[typetag::serde]
impl Op for Read {
    fn name(&self) -> &'static str {
        "read"
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], _pieces: Vec<Block>, io: &Traffic) -> Result<Block> {
        io.check()?;
        self.0.read(out, io).at(|| format!("region {out} of {}", self.0.describe()))
    }

    fn scratch_bytes(&self, out: &Region, _inputs: &[&Meta]) -> usize {
        self.0.scratch_bytes(out)
    }

    fn reads(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("read {}", self.0.describe())
    }
}

impl LazyArray {
    /// An array that is read from a source when it is needed.
    pub fn from_source(source: Arc<dyn Source>) -> Self {
        let meta = Meta { dtype: source.dtype(), grid: source.grid() };
        LazyArray(Arc::new(Node { body: Body::Op(Arc::new(Read(source))), inputs: Vec::new(), meta }))
    }
}
