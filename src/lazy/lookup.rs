//! Labels by position: an array of positions becomes an array of what stands there.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Op};
use crate::array::{Block, Region};
use crate::error::{Error, Result};
use crate::source::Traffic;

/// Replaces positions by the labels at them; -1 by the fill value.
#[derive(Debug, Serialize, Deserialize)]
pub struct Lookup {
    labels: Block,
    fill: Block,
}

#[typetag::serde]
impl Op for Lookup {
    fn name(&self) -> &'static str {
        "lookup"
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let positions = pieces[0].typed::<i64>()?;
        let len = self.labels.size();
        let picks: Vec<Option<(usize, usize)>> = positions
            .iter()
            .map(|&p| match usize::try_from(p) {
                Ok(p) if p < len => Ok(Some((0, p))),
                Err(_) if p == -1 => Ok(None),
                _ => Err(Error::internal(format!("position {p} among {len} labels"))),
            })
            .collect::<Result<_>>()?;
        let labels = std::slice::from_ref(&self.labels);
        crate::kernel::movement::take(labels, 0, &picks, &self.fill, &[picks.len()]).reshape(&out.shape())
    }
}

impl LazyArray {
    /// The labels (a block of rank 1) at these positions (an array of `i64`); `fill` (a block of rank
    /// 0 of the labels' dtype) where a position is -1.
    ///
    /// # Errors
    /// If the positions are not `i64`, or labels and fill value differ in dtype.
    pub(crate) fn lookup(&self, labels: Block, fill: Block) -> Result<LazyArray> {
        if self.dtype() != crate::dtype::DType::I64 || labels.dtype() != fill.dtype() || labels.ndim() != 1 {
            return Err(Error::internal(
                "a lookup needs i64 positions and a fill value of the labels' dtype",
            ));
        }
        let meta = Meta { dtype: labels.dtype(), grid: self.grid().clone() };
        LazyArray::new(Lookup { labels, fill }, vec![self.clone()], meta)
    }
}
