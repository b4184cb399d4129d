//! Ranks and the order of elements along an axis.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{Block, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::order::{self, RankKind};
use crate::source::Traffic;

/// What [`Sort`] makes of the sorted lanes.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Sorted {
    Rank(RankKind),
    Order,
}

/// Sorts along an axis, which chunks span.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sort {
    axis: usize,
    wanted: Sorted,
}

#[typetag::serde]
impl Op for Sort {
    fn name(&self) -> &'static str {
        match self.wanted {
            Sorted::Rank(_) => "rank",
            Sorted::Order => "argsort",
        }
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let mut region = out.clone();
        region.set(self.axis, 0..inputs[0].grid.axes()[self.axis].len());
        vec![Need { input: 0, region }]
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let block = match self.wanted {
            Sorted::Rank(kind) => order::rank(&pieces[0], self.axis, kind)?,
            Sorted::Order => order::argsort(&pieces[0], self.axis)?,
        };
        let mut part = Region::full(block.shape());
        part.set(self.axis, out.axis(self.axis));
        Ok(block.region(&part))
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // The whole axis is computed, whatever part of it is wanted.
        size_of::<f64>() * self.needs(out, inputs)[0].region.size()
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("{} along axis {}", self.name(), self.axis)
    }
}

impl LazyArray {
    /// Ranks along `axis`, as `f64`. Chunks along the axis are put together first.
    ///
    /// # Errors
    /// If there is no such axis.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{kernel::order::RankKind, lazy::LazyArray};
    /// let a = LazyArray::from(Block::from_vec(&[3], vec![30, 10, 30])?).rank(0, RankKind::Place)?;
    /// assert_eq!(graticule::exec::compute(&[a])?[0].to_vec::<f64>()?, [2.5, 1.0, 2.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rank(&self, axis: usize, kind: RankKind) -> Result<LazyArray> {
        self.sorted(Sort { axis, wanted: Sorted::Rank(kind) }, DType::F64)
    }

    /// The positions along `axis` in the order of the elements, as `i64`; equal ones stay in order, missing ones
    /// come last. Chunks along the axis are put together first.
    ///
    /// # Errors
    /// If there is no such axis.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::lazy::LazyArray;
    /// let a = LazyArray::from(Block::from_vec(&[3], vec![30, 10, 20])?).argsort(0)?;
    /// assert_eq!(graticule::exec::compute(&[a])?[0].to_vec::<i64>()?, [1, 2, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn argsort(&self, axis: usize) -> Result<LazyArray> {
        self.sorted(Sort { axis, wanted: Sorted::Order }, DType::I64)
    }

    fn sorted(&self, op: Sort, dtype: DType) -> Result<LazyArray> {
        if op.axis >= self.ndim() {
            return Err(Error::internal(format!("axis {} of shape {:?}", op.axis, self.shape())));
        }
        let input = self.whole_along(&[op.axis])?;
        let meta = Meta { dtype, grid: input.grid().clone() };
        LazyArray::new(op, vec![input], meta)
    }
}
