//! Arrays one after the other along an axis.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::source::Traffic;

/// Joins its inputs along an axis.
#[derive(Debug, Serialize, Deserialize)]
pub struct Concat {
    axis: usize,
}

impl Concat {
    /// (input, box of it) for each input that `out` touches.
    fn parts(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let wanted = out.axis(self.axis);
        let mut parts = Vec::new();
        let mut start = 0;
        for (input, meta) in inputs.iter().enumerate() {
            let end = start + meta.grid.axes()[self.axis].len();
            let (a, b) = (wanted.start.max(start), wanted.end.min(end));
            if a < b {
                let mut region = out.clone();
                region.set(self.axis, a - start..b - start);
                parts.push(Need { input, region });
            }
            start = end;
        }
        parts
    }
}

#[typetag::serde]
impl Op for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        self.parts(out, inputs)
    }

    fn compute(
        &self,
        out: &Region,
        inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        if pieces.len() == 1 {
            return Ok(pieces.remove(0));
        }
        let mut block = Block::uncleared(inputs[0].dtype, &out.shape());
        let mut start = 0;
        for piece in &pieces {
            let n = piece.shape()[self.axis];
            let mut at = Region::full(&out.shape());
            at.set(self.axis, start..start + n);
            block.assign(&at, piece);
            start += n;
        }
        Ok(block)
    }
}

impl LazyArray {
    /// Joins arrays of one dtype along an axis.
    ///
    /// # Errors
    /// If there are none, or dtypes or the other axes differ.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::lazy::LazyArray;
    /// let a = LazyArray::from(Block::from_vec(&[1], vec![1])?);
    /// let b = LazyArray::from(Block::from_vec(&[2], vec![2, 3])?);
    /// assert_eq!(LazyArray::concat(0, &[a, b])?.shape(), [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn concat(axis: usize, arrays: &[LazyArray]) -> Result<LazyArray> {
        let Some(first) = arrays.first() else {
            return Err(Error::invalid("nothing to concatenate"));
        };
        if arrays.len() == 1 {
            return Ok(first.clone());
        }
        for a in arrays {
            let fits = (0..first.ndim()).all(|i| i == axis || a.shape().get(i) == Some(&first.shape()[i]));
            if a.dtype() != first.dtype() || a.ndim() != first.ndim() || !fits {
                return Err(Error::invalid(format!(
                    "{} {:?} and {} {:?} do not join along axis {axis}",
                    first.dtype(),
                    first.shape(),
                    a.dtype(),
                    a.shape()
                )));
            }
        }
        let mut bounds = vec![0];
        for a in arrays {
            let start = bounds[bounds.len() - 1];
            bounds.extend(a.grid().axes()[axis].bounds()[1..].iter().filter(|b| **b > 0).map(|b| start + b));
        }
        let mut axes = first.grid().axes().to_vec();
        axes[axis] = AxisGrid::from_bounds(bounds);
        let in_memory = arrays.iter().all(|a| a.as_block().is_some());
        let mut grid = ChunkGrid(axes);
        if in_memory {
            grid = ChunkGrid::single(&grid.shape());
        }
        LazyArray::new(Concat { axis }, arrays.to_vec(), Meta { dtype: first.dtype(), grid })
    }
}
