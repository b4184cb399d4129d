//! An array that is read from a source.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Body, LazyArray, Meta, Node, Op};
use crate::array::{Block, Place, Region};
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

    fn compute_into(
        &self,
        out: &Region,
        _inputs: &[&Meta],
        _pieces: Vec<Block>,
        io: &Traffic,
        place: &mut Place<'_>,
    ) -> Result<()> {
        io.check()?;
        self.0.read_into(out, io, place).at(|| format!("region {out} of {}", self.0.describe()))
    }

    fn scratch_bytes(&self, out: &Region, _inputs: &[&Meta]) -> usize {
        self.0.scratch_bytes(out)
    }

    fn reads(&self) -> bool {
        true
    }

    fn stamp(&self) -> Option<String> {
        self.0.stamp()
    }

    fn requests(&self) -> usize {
        self.0.requests()
    }

    fn describe(&self) -> String {
        format!("read {}", self.0.describe())
    }
}

impl LazyArray {
    /// An array that is read from a source when it is needed.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use graticule::prelude::*;
    /// # use graticule::{Result, array::ChunkGrid, lazy::LazyArray, source::{Source, Traffic}};
    /// /// The positions along an axis: a source of our own.
    /// #[derive(Debug, serde::Serialize, serde::Deserialize)]
    /// struct Count(usize);
    /// #[typetag::serde]
    /// impl Source for Count {
    ///     fn dtype(&self) -> DType {
    ///         DType::I64
    ///     }
    ///     fn grid(&self) -> ChunkGrid {
    ///         ChunkGrid::regular(&[self.0], &[1000])
    ///     }
    ///     fn read(&self, region: &Region, _: &Traffic) -> Result<Block> {
    ///         Block::from_vec(&region.shape(), region.axis(0).map(|i| i as i64).collect())
    ///     }
    ///     fn describe(&self) -> String {
    ///         format!("count to {}", self.0)
    ///     }
    /// }
    /// let count = LazyArray::from_source(Arc::new(Count(1_000_000)));
    /// let a = DataArray::new(Variable::new(["x"], count)?, Coords::new())?;
    /// assert_eq!(a.isel("x", -3..)?.to_vec::<i64>()?, [999_997, 999_998, 999_999]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn from_source(source: Arc<dyn Source>) -> Self {
        let meta = Meta { dtype: source.dtype(), grid: source.grid() };
        LazyArray(Arc::new(Node { body: Body::Op(Arc::new(Read(source))), inputs: Vec::new(), meta }))
    }
}
