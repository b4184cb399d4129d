//! Least squares along an axis.

use serde::{Deserialize, Serialize};

use super::{Fold, LazyArray, Meta, Op, State};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::fit::{Design, FitPart, FitState};
use crate::source::Traffic;

/// Fits every line along an axis; the axis of unknowns takes its place.
#[derive(Debug, Serialize, Deserialize)]
pub struct Fit {
    axis: usize,
    design: Design,
    part: FitPart,
    /// Whether missing elements are left out.
    skipna: bool,
}

impl Fit {
    /// The number of rows of the result along the axis.
    fn rows(&self) -> usize {
        self.design.unknowns() + usize::from(self.part == FitPart::Projection)
    }

    /// The axis first, the others after it.
    fn turned(&self, ndim: usize) -> Vec<usize> {
        std::iter::once(self.axis).chain((0..ndim).filter(|a| *a != self.axis)).collect()
    }

    /// The lengths of the other axes, which no operation changes.
    fn others(&self, out: &Region) -> Vec<usize> {
        let mut shape = out.shape();
        shape.remove(self.axis);
        shape
    }
}

#[typetag::serde]
impl Op for Fit {
    fn name(&self) -> &'static str {
        "fit"
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let mut state = self.init(out, inputs[0])?;
        self.push(&mut state, &pieces[0], &self.input_region(out, inputs[0]))?;
        let block = self.finish(state, inputs[0])?;
        let mut part = Region::full(block.shape());
        part.set(self.axis, out.axis(self.axis));
        Ok(block.region(&part))
    }

    fn as_fold(&self) -> Option<&dyn Fold> {
        Some(self)
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // Elements are cast, and missing ones filled.
        let piece = self.input_region(out, inputs[0]).size() * DType::F64.size();
        self.state_bytes(out, inputs[0]) + 2 * piece
    }

    fn describe(&self) -> String {
        format!("fit of {} unknowns along axis {}", self.design.unknowns(), self.axis)
    }
}

impl Fold for Fit {
    fn axes(&self) -> Vec<usize> {
        vec![self.axis]
    }

    fn input_region(&self, out: &Region, input: &Meta) -> Region {
        let mut region = out.clone();
        region.set(self.axis, 0..input.grid.axes()[self.axis].len());
        region
    }

    fn init(&self, out: &Region, _input: &Meta) -> Result<State> {
        let others = self.others(out);
        let columns = others.iter().product();
        let mut state = FitState::new(self.design.unknowns(), columns, self.skipna).into_blocks();
        // The shape of the result is kept in that of an empty block.
        state.push(Block::zeros(DType::F64, &[&[0], &others[..]].concat()));
        Ok(state)
    }

    fn push(&self, state: &mut State, piece: &Block, at: &Region) -> Result<()> {
        let shape = state.pop().ok_or_else(|| Error::internal("a state of a fit is empty"))?;
        let mut fit = FitState::from_blocks(std::mem::take(state))?;
        fit.push(&self.design, &piece.permute(&self.turned(piece.ndim())), at.axis(self.axis))?;
        *state = fit.into_blocks();
        state.push(shape);
        Ok(())
    }

    fn merge(&self, state: &mut State, later: State) -> Result<()> {
        let shape = state.pop().ok_or_else(|| Error::internal("a state of a fit is empty"))?;
        let mut fit = FitState::from_blocks(std::mem::take(state))?;
        fit.merge(FitState::from_blocks(later)?);
        *state = fit.into_blocks();
        state.push(shape);
        Ok(())
    }

    fn finish(&self, mut state: State, _input: &Meta) -> Result<Block> {
        let shape = state.pop().ok_or_else(|| Error::internal("a state of a fit is empty"))?;
        let mut shape = shape.shape().to_vec();
        shape[0] = self.rows();
        let block = FitState::from_blocks(state)?.finish(&self.design, self.part)?.reshape(&shape)?;
        // The first axis goes where the fitted one was.
        let turned = self.turned(shape.len());
        let back: Vec<usize> =
            (0..shape.len()).map(|a| turned.iter().position(|t| *t == a).expect("all axes")).collect();
        Ok(block.permute(&back))
    }

    fn state_bytes(&self, out: &Region, _input: &Meta) -> usize {
        let p = self.design.unknowns();
        let sums = p + if self.skipna { p * (p + 1) / 2 + 1 } else { 0 };
        sums * self.others(out).iter().product::<usize>() * DType::F64.size()
    }
}

impl LazyArray {
    /// Fits each line of reals along an axis by least squares, in one pass over any chunks; the axis of
    /// unknowns takes the place of the axis. `f64`.
    ///
    /// # Errors
    /// If the design has not a row for each position, or elements are no reals.
    pub(crate) fn fit(&self, axis: usize, design: Design, part: FitPart, skipna: bool) -> Result<LazyArray> {
        let dtype = self.dtype();
        if !(dtype.is_bool() || dtype.is_integer() || dtype.is_float()) {
            return Err(Error::dtype(format!("a fit of {dtype} has no meaning"))
                .help("cast it to a number first, as with `astype`"));
        }
        if design.rows() != self.shape()[axis] && design.unknowns() > 0 {
            return Err(Error::internal(format!("a fit of {} rows", design.rows())));
        }
        let op = Fit { axis, design, part, skipna: skipna && dtype.is_float() };
        let mut axes = self.grid().axes().to_vec();
        axes[axis] = AxisGrid::single(op.rows());
        LazyArray::new(op, vec![self.clone()], Meta { dtype: DType::F64, grid: ChunkGrid(axes) })
    }
}
