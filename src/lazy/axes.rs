//! Transpose, new axes, dropped axes and repetition, as one operation.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::movement::AxisFrom;
use crate::source::Traffic;

/// Orders, adds and drops axes; axes of the input that are not named must have length 1.
#[derive(Debug, Serialize, Deserialize)]
pub struct Axes(Vec<AxisFrom>);

#[typetag::serde]
impl Op for Axes {
    fn name(&self) -> &'static str {
        "axes"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let mut region = Region::full(&vec![1; inputs[0].grid.ndim()]);
        for (from, range) in self.0.iter().zip(out.ranges()) {
            if let AxisFrom::Input(axis) = from {
                region.set(*axis, range);
            }
        }
        vec![Need { input: 0, region }]
    }

    fn compute(
        &self,
        out: &Region,
        _inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        crate::kernel::movement::axes(pieces.remove(0), &self.0, &out.shape())
    }
}

impl LazyArray {
    /// The array with axes as listed.
    ///
    /// # Errors
    /// If an axis is named twice or does not exist, or a dropped one is longer than 1.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::lazy::{AxisFrom, LazyArray};
    /// let a = LazyArray::from(Block::from_vec(&[2], vec![1, 2])?);
    /// let wide = a.axes(&[AxisFrom::Repeat(2), AxisFrom::Input(0)])?;
    /// assert_eq!(wide.as_block().map(|b| b.to_vec::<i32>()).transpose()?, Some(vec![1, 2, 1, 2]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn axes(&self, from: &[AxisFrom]) -> Result<LazyArray> {
        let shape = self.shape();
        let mut seen = vec![false; shape.len()];
        for f in from {
            if let AxisFrom::Input(a) = f
                && (*a >= shape.len() || std::mem::replace(&mut seen[*a], true))
            {
                return Err(Error::invalid(format!("axis {a} twice or beyond the {} axes", shape.len())));
            }
        }
        if let Some(a) = (0..shape.len()).find(|&a| !seen[a] && shape[a] != 1) {
            return Err(Error::invalid(format!("axis {a} has length {}, not 1: it cannot go", shape[a])));
        }
        let identity = from.iter().enumerate().all(|(i, f)| *f == AxisFrom::Input(i));
        if identity && from.len() == shape.len() {
            return Ok(self.clone());
        }
        // In memory this moves no element.
        let view = from.iter().all(|f| matches!(f, AxisFrom::Input(_)));
        if let (true, Some(block)) = (view, self.as_block()) {
            return Ok(LazyArray::from_block(crate::kernel::movement::order_axes(block, from)));
        }
        let grid = ChunkGrid(
            from.iter()
                .map(|f| match f {
                    AxisFrom::Input(a) => self.grid().axes()[*a].clone(),
                    AxisFrom::Repeat(n) => AxisGrid::single(*n),
                })
                .collect(),
        );
        let meta = Meta { dtype: self.dtype(), grid };
        LazyArray::new(Axes(from.to_vec()), vec![self.clone()], meta)
    }

    /// The axes in another order.
    ///
    /// # Errors
    /// If `perm` is not an order of the axes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::lazy::LazyArray;
    /// let a = LazyArray::from(Block::from_vec(&[2, 2], vec![1, 2, 3, 4])?).transpose(&[1, 0])?;
    /// assert_eq!(a.as_block().map(|b| b.to_vec::<i32>()).transpose()?, Some(vec![1, 3, 2, 4]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn transpose(&self, perm: &[usize]) -> Result<LazyArray> {
        self.axes(&perm.iter().map(|&a| AxisFrom::Input(a)).collect::<Vec<_>>())
    }
}
