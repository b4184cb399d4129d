//! The same elements in other chunks.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{Body, LazyArray, Meta, Node, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::source::Traffic;

/// Chunks of this many elements are small enough, whatever they are put together from.
pub(super) const LANES_TOGETHER: usize = 1 << 22;

/// Changes the chunks, not the elements.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rechunk;

impl Rechunk {
    /// The name of the operation, by which others know arrays that were only cut.
    pub const NAME: &'static str = "rechunk";
}

#[typetag::serde]
impl Op for Rechunk {
    fn name(&self) -> &'static str {
        Rechunk::NAME
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
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{array::{AxisGrid, ChunkGrid}, lazy::LazyArray};
    /// let a = LazyArray::from(Block::from_vec(&[5], vec![1, 2, 3, 4, 5])?);
    /// let chunked = a.rechunk(ChunkGrid(vec![AxisGrid::from_lengths(&[1, 4])]))?;
    /// assert_eq!(chunked.grid().counts(), [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
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
        // Chunks between two others would be made for nobody.
        let source = match self.as_block().is_none() && self.op().name() == Rechunk::NAME {
            true => &self.inputs()[0],
            false => self,
        };
        if *source.grid() == grid && source.as_block().is_none() {
            return Ok(source.clone());
        }
        let meta = Meta { dtype: self.dtype(), grid };
        Ok(LazyArray(std::sync::Arc::new(Node {
            body: Body::Op(std::sync::Arc::new(Rechunk)),
            inputs: vec![source.clone()],
            meta,
        })))
    }

    /// The chunks in which the array is read, whatever chunks it was put into since; `None` where nothing of it is read.
    pub(crate) fn read_grid(&self) -> Option<&ChunkGrid> {
        let array = match self.op().name() == Rechunk::NAME {
            true => &self.inputs()[0],
            false => self,
        };
        let mut pending = vec![array];
        let mut seen = HashSet::new();
        while let Some(a) = pending.pop() {
            if a.op().reads() {
                return Some(array.grid());
            }
            pending.extend(a.inputs().iter().filter(|input| seen.insert(input.id())));
        }
        None
    }

    /// The array in chunks that span `axes`, cut along the others so that a chunk is no longer than it was
    /// (or than about four million elements), as far as single lanes allow. The array itself where its chunks are
    /// so already.
    ///
    /// Where chunks must be cut, each of them is read again for every part.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub(crate) fn whole_along(&self, axes: &[usize]) -> Result<LazyArray> {
        self.cut_beside(axes, None)
    }

    /// The same, but chunks along the axis `along` stay: a task needs `reach` positions of it at most.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub(super) fn whole_beside(&self, axes: &[usize], along: usize, reach: usize) -> Result<LazyArray> {
        self.cut_beside(axes, Some((along, reach)))
    }

    fn cut_beside(&self, axes: &[usize], along: Option<(usize, usize)>) -> Result<LazyArray> {
        let grid = self.grid();
        let most = grid.largest().max(LANES_TOGETHER);
        let whole = |(i, axis): (usize, &AxisGrid)| match axes.contains(&i) {
            true if along.is_none_or(|(along, _)| along != i) => AxisGrid::single(axis.len()),
            _ => axis.clone(),
        };
        let mut new = ChunkGrid(grid.axes().iter().enumerate().map(whole).collect());
        // What a task needs of an axis.
        let need = |(i, axis): (usize, &AxisGrid)| match along {
            Some((along, reach)) if along == i => reach,
            _ => axis.largest(),
        };
        for i in (0..self.ndim()).filter(|i| !axes.contains(i)) {
            let parts = new.axes().iter().enumerate().map(need).product::<usize>().div_ceil(most);
            if parts <= 1 {
                break;
            }
            new.0[i] = new.axes()[i].cut_to(new.axes()[i].largest().div_ceil(parts));
        }
        match new == *grid {
            true => Ok(self.clone()),
            false => self.rechunk(new),
        }
    }
}
