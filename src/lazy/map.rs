//! Elementwise work.

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::elementwise::{self, MapFn};
use crate::source::Traffic;

/// Applies a function to each element of inputs of one rank; axes of length 1 repeat.
#[derive(Debug, Serialize, Deserialize)]
pub struct Map(pub MapFn);

#[typetag::serde]
impl Op for Map {
    fn name(&self) -> &'static str {
        "map"
    }

    fn as_map(&self) -> Option<&MapFn> {
        Some(&self.0)
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        needs_repeating(out, inputs)
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        elementwise::apply(&self.0, pieces, &out.shape())
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

/// The same box of each input, where axes of length 1 repeat.
pub(super) fn needs_repeating(out: &Region, inputs: &[&Meta]) -> Vec<Need> {
    let region = |meta: &Meta| {
        Region::new(out.ranges().zip(meta.grid.axes()).map(|(r, axis)| match axis.len() {
            // An axis of length 1 serves any part of the output, also none of it.
            1 => 0..r.len().min(1),
            _ => r,
        }))
    };
    inputs.iter().enumerate().map(|(input, meta)| Need { input, region: region(meta) }).collect()
}

/// The chunks that several axes share, of which those of length 1 repeat: those of the heaviest array; what
/// is in memory has no say.
///
/// # Errors
/// If lengths differ, or an array lacks its axis.
pub(super) fn shared_axis<'a>(axes: impl Iterator<Item = (&'a LazyArray, usize)>) -> Result<AxisGrid> {
    let mut best: Option<(&AxisGrid, usize)> = None;
    let mut len = 1;
    for (a, axis) in axes {
        let grid = a.grid().axes().get(axis).ok_or_else(|| Error::internal("an axis is missing"))?;
        if grid.len() == 1 {
            continue;
        }
        if len != 1 && len != grid.len() {
            return Err(Error::invalid(format!(
                "lengths {len} and {} along axis {axis} do not match",
                grid.len()
            )));
        }
        len = grid.len();
        let weight = if a.as_block().is_some() { 0 } else { 1 + a.size() };
        if best.is_none_or(|(_, w)| w < weight) {
            best = Some((grid, weight));
        }
    }
    Ok(best.map_or_else(|| AxisGrid::single(1), |(g, _)| g.clone()))
}

/// The chunks of arrays of one rank together, where axes of length 1 repeat.
pub(super) fn broadcast_axes(inputs: &[LazyArray]) -> Result<Vec<AxisGrid>> {
    (0..inputs[0].ndim()).map(|axis| shared_axis(inputs.iter().map(|a| (a, axis)))).collect()
}

impl LazyArray {
    /// Applies `f` elementwise. All inputs have the same rank; axes of length 1 repeat.
    ///
    /// # Errors
    /// If shapes do not fit, or `f` has no meaning for the dtypes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{kernel::elementwise::MapFn, lazy::LazyArray};
    /// let a = LazyArray::from(Block::from_vec(&[2], vec![4.0, 9.0])?);
    /// let roots = LazyArray::map(MapFn::Unary(UnaryOp::Sqrt), &[a])?;
    /// assert_eq!(graticule::exec::compute(&[roots])?[0].to_vec::<f64>()?, [2.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn map(f: MapFn, inputs: &[LazyArray]) -> Result<LazyArray> {
        let dtypes: Vec<DType> = inputs.iter().map(LazyArray::dtype).collect();
        let dtype = f.result_dtype(&dtypes)?;
        let axes = broadcast_axes(inputs)?;
        LazyArray::new(Map(f), inputs.to_vec(), Meta { dtype, grid: ChunkGrid(axes) })
    }

    /// The elements as another dtype.
    ///
    /// # Errors
    /// If there is no cast between the two.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::lazy::LazyArray;
    /// let a = LazyArray::from(Block::from_vec(&[2], vec![4, 9])?);
    /// assert_eq!(a.cast(DType::F32)?.dtype(), DType::F32);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn cast(&self, dtype: DType) -> Result<LazyArray> {
        if self.dtype() == dtype {
            return Ok(self.clone());
        }
        LazyArray::map(MapFn::Cast(dtype), std::slice::from_ref(self))
    }
}
