//! The same elements in row-major order under another shape.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::source::Traffic;

/// Another shape for the same elements.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reshape {
    shape: Vec<usize>,
}

fn ravel(shape: &[usize], index: &[usize]) -> usize {
    shape.iter().zip(index).fold(0, |n, (s, i)| n * s + i)
}

fn unravel(shape: &[usize], mut flat: usize) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, &n) in shape.iter().enumerate().rev() {
        index[i] = flat % n;
        flat /= n;
    }
    index
}

impl Reshape {
    /// The smallest box of the input (cut along one axis, full behind it) that holds `out`.
    fn span(&self, out: &Region, input: &[usize]) -> Region {
        if out.is_empty() || input.contains(&0) {
            return Region::new(input.iter().map(|_| 0..0));
        }
        let low = unravel(input, ravel(&self.shape, &out.start()));
        let last: Vec<usize> = out.ranges().map(|r| r.end - 1).collect();
        let high = unravel(input, ravel(&self.shape, &last));
        let mut region = Region::full(input);
        for axis in 0..input.len() {
            region.set(axis, low[axis]..high[axis] + 1);
            if low[axis] != high[axis] {
                break;
            }
        }
        region
    }
}

#[typetag::serde]
impl Op for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        vec![Need { input: 0, region: self.span(out, &inputs[0].shape()) }]
    }

    fn compute(
        &self,
        out: &Region,
        inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let piece = pieces.remove(0);
        if out.is_empty() {
            return piece.reshape(&out.shape());
        }
        // The span is contiguous in the input, so position in it is flat position less its start.
        let input = inputs[0].shape();
        let span = self.span(out, &input);
        let origin = ravel(&input, &span.start());
        let shape = out.shape();
        let positions: Vec<Option<(usize, usize)>> = (0..out.size())
            .map(|i| {
                let index: Vec<usize> =
                    unravel(&shape, i).iter().zip(out.start()).map(|(i, s)| i + s).collect();
                Some((0, ravel(&self.shape, &index) - origin))
            })
            .collect();
        let n = piece.size();
        let flat = piece.reshape(&[n])?;
        let fill = Block::zeros(flat.dtype(), &[]);
        crate::kernel::movement::take(&[flat], 0, &positions, &fill, &[out.size()]).reshape(&shape)
    }
}

impl LazyArray {
    /// The elements in row-major order under `shape`.
    ///
    /// # Errors
    /// If the sizes differ.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::lazy::LazyArray;
    /// let a = LazyArray::from(Block::from_vec(&[4], vec![1, 2, 3, 4])?);
    /// assert_eq!(a.reshape(&[2, 2])?.shape(), [2, 2]);
    /// assert!(a.reshape(&[3]).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reshape(&self, shape: &[usize]) -> Result<LazyArray> {
        if self.size() != shape.iter().product::<usize>() {
            return Err(Error::invalid(format!("shape {:?} does not fit into {shape:?}", self.shape())));
        }
        if let Some(b) = self.as_block() {
            return Ok(LazyArray::from_block(b.clone().reshape(shape)?));
        }
        // Chunks of about the size of the input's, cut along the first axis only.
        let rows = shape.first().copied().unwrap_or(1);
        let row = self.size().checked_div(rows).unwrap_or(1).max(1);
        let mut axes: Vec<AxisGrid> = shape.iter().map(|&n| AxisGrid::single(n)).collect();
        if let Some(first) = axes.first_mut() {
            *first = AxisGrid::regular(rows, self.grid().largest().div_ceil(row).max(1));
        }
        let meta = Meta { dtype: self.dtype(), grid: ChunkGrid(axes) };
        LazyArray::new(Reshape { shape: shape.to_vec() }, vec![self.clone()], meta)
    }
}
