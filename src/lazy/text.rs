//! Texts cut into parts along a new axis, and texts along an axis joined into one.

use serde::{Deserialize, Serialize};

use super::map::{broadcast_axes, needs_repeating};
use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::dtype::{DType, Text};
use crate::error::Result;
use crate::kernel::text::{self, Flags, PartsOp};
use crate::source::Traffic;

/// Cuts each text into parts along a new last axis.
#[derive(Debug, Serialize, Deserialize)]
pub struct TextParts {
    op: PartsOp,
    flags: Flags,
    count: usize,
}

/// Whether each text, cut at a separator, has each of some values: along a new last axis.
#[derive(Debug, Serialize, Deserialize)]
pub struct TextDummies {
    values: Vec<Text>,
}

/// Joins the texts along an axis, which goes; the second input holds what stands between them.
#[derive(Debug, Serialize, Deserialize)]
pub struct TextJoin {
    axis: usize,
}

/// The box without its last axis.
fn leading(out: &Region) -> Region {
    let n = out.shape().len() - 1;
    Region::new(out.ranges().take(n))
}

/// All parts are computed at once; a consumer may want some of them.
fn wanted(block: Block, out: &Region) -> Block {
    let last = out.shape().len() - 1;
    let mut part = Region::full(block.shape());
    part.set(last, out.axis(last));
    block.region(&part)
}

#[typetag::serde]
impl Op for TextParts {
    fn name(&self) -> &'static str {
        self.op.name()
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        needs_repeating(&leading(out), inputs)
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let block = text::expand(self.op, self.flags, self.count, &pieces, &leading(out).shape())?;
        Ok(wanted(block, out))
    }

    fn scratch_bytes(&self, out: &Region, _inputs: &[&Meta]) -> usize {
        leading(out).size() * self.count * DType::Str.size()
    }

    fn is_expensive(&self) -> bool {
        true
    }
}

#[typetag::serde]
impl Op for TextDummies {
    fn name(&self) -> &'static str {
        "get_dummies"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        needs_repeating(&leading(out), inputs)
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let last = out.axis(out.shape().len() - 1);
        text::dummies(&self.values[last], &pieces, &leading(out).shape())
    }
}

#[typetag::serde]
impl Op for TextJoin {
    fn name(&self) -> &'static str {
        "join"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let mut ranges: Vec<_> = out.ranges().collect();
        ranges.insert(self.axis, 0..inputs[0].grid.axes()[self.axis].len());
        needs_repeating(&Region::new(ranges), inputs)
    }

    fn compute(&self, _out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        text::join(&pieces[0], &pieces[1], self.axis)
    }
}

impl LazyArray {
    /// Cuts each text of the first array into `count` parts along a new last axis; the others are
    /// arguments of the cut. Axes of length 1 repeat.
    ///
    /// # Errors
    /// If shapes do not fit.
    pub(crate) fn text_parts(
        op: PartsOp,
        flags: Flags,
        count: usize,
        inputs: &[LazyArray],
    ) -> Result<LazyArray> {
        let mut axes = broadcast_axes(inputs)?;
        axes.push(AxisGrid::single(count));
        let meta = Meta { dtype: DType::Str, grid: ChunkGrid(axes) };
        LazyArray::new(TextParts { op, flags, count }, inputs.to_vec(), meta)
    }

    /// Whether each text of the first array, cut at the separator in the second, has each of the values
    /// as a part: along a new last axis.
    ///
    /// # Errors
    /// If shapes do not fit.
    pub(crate) fn text_dummies(values: Vec<Text>, inputs: &[LazyArray]) -> Result<LazyArray> {
        let mut axes = broadcast_axes(inputs)?;
        axes.push(AxisGrid::single(values.len()));
        let meta = Meta { dtype: DType::Bool, grid: ChunkGrid(axes) };
        LazyArray::new(TextDummies { values }, inputs.to_vec(), meta)
    }

    /// The texts along an axis as one, with the text of `separators` (of length 1 along it) between them;
    /// the axis goes.
    ///
    /// # Errors
    /// If shapes do not fit.
    pub(crate) fn text_join(&self, separators: &LazyArray, axis: usize) -> Result<LazyArray> {
        let inputs = [self.clone(), separators.clone()];
        let mut axes = broadcast_axes(&inputs)?;
        axes.remove(axis);
        let meta = Meta { dtype: DType::Str, grid: ChunkGrid(axes) };
        LazyArray::new(TextJoin { axis }, inputs.to_vec(), meta)
    }
}
