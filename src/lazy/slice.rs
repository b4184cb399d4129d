//! Every step-th part along each axis.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region, Slice};
use crate::error::{Error, Result};
use crate::source::Traffic;

/// A slice with a step along each axis.
#[derive(Debug, Serialize, Deserialize)]
pub struct SliceOp(Vec<Slice>);

#[typetag::serde]
impl Op for SliceOp {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn needs(&self, out: &Region, _inputs: &[&Meta]) -> Vec<Need> {
        let region = Region::new(self.0.iter().zip(out.ranges()).map(|(s, r)| s.span(r)));
        vec![Need { input: 0, region }]
    }

    fn compute(
        &self,
        out: &Region,
        _inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let within: Vec<Slice> = self
            .0
            .iter()
            .zip(out.ranges())
            .map(|(s, r)| {
                let start =
                    if s.step > 0 || r.is_empty() { 0 } else { s.position(r.start) - s.position(r.end - 1) };
                Slice { start, step: s.step, len: r.len() }
            })
            .collect();
        Ok(pieces.remove(0).slice(&within))
    }
}

impl LazyArray {
    /// Takes `slices`, one per axis.
    ///
    /// # Errors
    /// If a slice leaves the array or there is not one per axis.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{array::Slice, lazy::LazyArray};
    /// let a = LazyArray::from(Block::from_vec(&[4], vec![1, 2, 3, 4])?);
    /// let backwards = a.slice(&[Slice { start: 3, step: -1, len: 4 }])?;
    /// assert_eq!(backwards.as_block().map(|b| b.to_vec::<i32>()).transpose()?, Some(vec![4, 3, 2, 1]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn slice(&self, slices: &[Slice]) -> Result<LazyArray> {
        let axes = self.grid().axes();
        if slices.len() != axes.len() {
            return Err(Error::invalid(format!("{} slices for {} axes", slices.len(), axes.len())));
        }
        let lengths = || axes.iter().map(AxisGrid::len);
        for (axis, (s, n)) in slices.iter().zip(lengths()).enumerate() {
            if s.step == 0 || (s.len > 0 && s.span(0..s.len).end > n) {
                return Err(Error::invalid(format!("slice {s:?} leaves axis {axis} of length {n}")));
            }
        }
        if slices.iter().zip(lengths()).all(|(s, n)| *s == Slice::all(n)) {
            return Ok(self.clone());
        }
        if let Some(b) = self.as_block() {
            return Ok(LazyArray::from_block(b.slice(slices)));
        }
        let grid = ChunkGrid(axes.iter().zip(slices).map(|(a, s)| a.slice(s)).collect());
        let meta = Meta { dtype: self.dtype(), grid };
        LazyArray::new(SliceOp(slices.to_vec()), vec![self.clone()], meta)
    }
}
