//! Differences of neighbours.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{Block, ChunkGrid, Region, Slice};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::elementwise::{self, BinaryOp, MapFn};
use crate::source::Traffic;

const SUB: MapFn = MapFn::Binary(BinaryOp::Sub);

/// The n-th difference along an axis: element `i` needs the elements `i` to `i + n` of the input.
#[derive(Debug, Serialize, Deserialize)]
pub struct Diff {
    axis: usize,
    n: usize,
}

/// The dtype of the n-th difference.
fn result_dtype(mut dtype: DType, n: usize) -> Result<DType> {
    for _ in 0..n {
        let next = SUB.result_dtype(&[dtype, dtype])?;
        if next == dtype {
            break;
        }
        dtype = next;
    }
    Ok(dtype)
}

#[typetag::serde]
impl Op for Diff {
    fn name(&self) -> &'static str {
        "diff"
    }

    fn needs(&self, out: &Region, _inputs: &[&Meta]) -> Vec<Need> {
        let range = out.axis(self.axis);
        let mut region = out.clone();
        region.set(self.axis, range.start..if range.is_empty() { range.end } else { range.end + self.n });
        vec![Need { input: 0, region }]
    }

    fn compute(
        &self,
        out: &Region,
        inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let mut block = pieces.remove(0);
        if out.is_empty() {
            return Ok(Block::zeros(result_dtype(inputs[0].dtype, self.n)?, &out.shape()));
        }
        for _ in 0..self.n {
            let len = block.shape()[self.axis];
            let mut slices: Vec<Slice> = block.shape().iter().map(|&n| Slice::all(n)).collect();
            slices[self.axis] = Slice::range(1..len);
            let upper = block.slice(&slices);
            slices[self.axis] = Slice::range(0..len - 1);
            let lower = block.slice(&slices);
            let shape = lower.shape().to_vec();
            block = elementwise::apply(&SUB, vec![upper, lower], &shape)?;
        }
        Ok(block)
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // Higher orders hold the difference of one order less.
        if self.n > 1 { inputs[0].bytes(&self.needs(out, inputs)[0].region) } else { 0 }
    }

    fn describe(&self) -> String {
        format!("difference {} along axis {}", self.n, self.axis)
    }
}

impl LazyArray {
    /// The n-th difference of neighbours along an axis, which gets shorter by `n`. A task reads its chunk
    /// and `n` positions more.
    ///
    /// # Errors
    /// If the axis does not exist or there is no difference of the dtype.
    pub(crate) fn diff(&self, axis: usize, n: usize) -> Result<LazyArray> {
        let Some(&len) = self.shape().get(axis) else {
            return Err(Error::internal(format!("axis {axis} of an array of shape {:?}", self.shape())));
        };
        let dtype = result_dtype(self.dtype(), n)?;
        if n == 0 {
            return Ok(self.clone());
        }
        let mut grid = self.grid().axes().to_vec();
        grid[axis] = grid[axis].slice(&Slice::range(n.min(len)..len));
        LazyArray::new(Diff { axis, n }, vec![self.clone()], Meta { dtype, grid: ChunkGrid(grid) })
    }
}
