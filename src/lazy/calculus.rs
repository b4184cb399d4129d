//! Gradients and running integrals along an axis, over any chunks.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Fold, LazyArray, Meta, Need, Op, State};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::calculus::{self, Spacing};
use crate::kernel::elementwise::{self, BinaryOp, MapFn};
use crate::source::Traffic;

/// The gradient along an axis. A chunk needs one row of each neighbour.
#[derive(Debug, Serialize, Deserialize)]
pub struct Gradient {
    axis: usize,
    spacing: Spacing,
    edge_order: usize,
}

#[typetag::serde]
impl Op for Gradient {
    fn name(&self) -> &'static str {
        "gradient"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let len = inputs[0].grid.axes()[self.axis].len();
        let mut region = out.clone();
        region.set(self.axis, calculus::gradient_span(out.axis(self.axis), len, self.edge_order));
        vec![Need { input: 0, region }]
    }

    fn compute(
        &self,
        out: &Region,
        inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let len = inputs[0].grid.axes()[self.axis].len();
        let piece = pieces.remove(0);
        calculus::gradient(piece, self.axis, out.axis(self.axis), len, &self.spacing, self.edge_order)
    }

    fn describe(&self) -> String {
        format!("gradient along axis {}", self.axis)
    }
}

/// The integral up to the first row of each chunk along an axis: what running integrals start with.
#[derive(Debug, Serialize, Deserialize)]
pub struct IntegralsBefore {
    axis: usize,
    points: Arc<[f64]>,
}

impl IntegralsBefore {
    /// All chunks, whatever part of them is asked for.
    fn state_shape(&self, out: &Region, input: &Meta) -> Vec<usize> {
        let mut shape = out.shape();
        shape[self.axis] = input.grid.axes()[self.axis].count();
        shape
    }
}

#[typetag::serde]
impl Op for IntegralsBefore {
    fn name(&self) -> &'static str {
        "integrals_before"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        vec![Need { input: 0, region: self.input_region(out, inputs[0]) }]
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let mut state = self.init(out, inputs[0])?;
        let at = self.input_region(out, inputs[0]);
        let grid = &inputs[0].grid.axes()[self.axis];
        for chunk in (0..grid.count()).map(|i| grid.chunk(i)) {
            let mut part = at.clone();
            part.set(self.axis, chunk);
            self.push(&mut state, &pieces[0].region(&part.relative_to(&at)), &part)?;
        }
        let block = self.finish(state, inputs[0])?;
        let mut part = Region::full(block.shape());
        part.set(self.axis, out.axis(self.axis));
        Ok(block.region(&part))
    }

    fn as_fold(&self) -> Option<&dyn Fold> {
        Some(self)
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        self.state_bytes(out, inputs[0])
    }

    fn describe(&self) -> String {
        format!("integrals before chunks along axis {}", self.axis)
    }
}

impl Fold for IntegralsBefore {
    fn axes(&self) -> Vec<usize> {
        vec![self.axis]
    }

    fn input_region(&self, out: &Region, input: &Meta) -> Region {
        let mut region = out.clone();
        region.set(self.axis, 0..input.grid.axes()[self.axis].len());
        region
    }

    fn init(&self, out: &Region, input: &Meta) -> Result<State> {
        let zeros = Block::zeros(calculus::wide_dtype(input.dtype), &self.state_shape(out, input));
        // Which chunks there are is known from their first positions.
        let grid = &input.grid.axes()[self.axis];
        let starts: Vec<i64> = (0..grid.count()).map(|i| grid.chunk(i).start as i64).collect();
        Ok(vec![zeros.clone(), zeros.clone(), zeros, Block::from_vec(&[starts.len()], starts)?])
    }

    fn push(&self, state: &mut State, piece: &Block, at: &Region) -> Result<()> {
        let rows = at.axis(self.axis);
        let chunk = state[3].to_vec::<i64>()?.iter().position(|s| *s == rows.start as i64);
        let chunk = chunk.ok_or_else(|| Error::internal(format!("the piece {at} is no chunk")))?;
        let parts = calculus::integral_of_piece(piece.clone(), self.axis, &self.points[rows])?;
        let mut to = Region::full(state[0].shape());
        to.set(self.axis, chunk..chunk + 1);
        for (state, part) in state.iter_mut().zip(&parts) {
            state.assign(&to, part);
        }
        Ok(())
    }

    fn merge(&self, state: &mut State, later: State) -> Result<()> {
        // Each chunk was pushed into one of the two; the other holds zeros for it.
        for (state, later) in state.iter_mut().zip(later).take(3) {
            let shape = state.shape().to_vec();
            *state = elementwise::apply(&MapFn::Binary(BinaryOp::Add), vec![state.clone(), later], &shape)?;
        }
        Ok(())
    }

    fn finish(&self, state: State, input: &Meta) -> Result<Block> {
        let grid = &input.grid.axes()[self.axis];
        let gaps: Vec<f64> = (1..grid.count())
            .map(|i| grid.chunk(i).start)
            .map(|start| self.points[start] - self.points[start - 1])
            .collect();
        calculus::integrals_before([&state[0], &state[1], &state[2]], self.axis, &gaps)
    }

    fn state_bytes(&self, out: &Region, input: &Meta) -> usize {
        3 * self.state_shape(out, input).iter().product::<usize>() * calculus::wide_dtype(input.dtype).size()
    }
}

/// The integral from the first position of an axis to each, from what lies before each chunk.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunningIntegral {
    axis: usize,
    points: Arc<[f64]>,
}

impl RunningIntegral {
    /// The chunks that the rows of `out` lie in: (chunk, rows of it from its first to the last wanted).
    fn parts(&self, out: &Region, input: &Meta) -> Vec<(usize, std::ops::Range<usize>)> {
        let grid = &input.grid.axes()[self.axis];
        let rows = out.axis(self.axis);
        grid.touched(rows.clone())
            .map(|i| (i, grid.chunk(i).start..grid.chunk(i).end.min(rows.end)))
            .collect()
    }
}

#[typetag::serde]
impl Op for RunningIntegral {
    fn name(&self) -> &'static str {
        "running_integral"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let mut needs = Vec::new();
        for (chunk, rows) in self.parts(out, inputs[0]) {
            let mut region = out.clone();
            region.set(self.axis, rows);
            needs.push(Need { input: 0, region: region.clone() });
            if inputs.len() > 1 {
                region.set(self.axis, chunk..chunk + 1);
                needs.push(Need { input: 1, region });
            }
        }
        needs
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let wanted = out.axis(self.axis);
        let mut pieces = pieces.into_iter();
        let mut parts = Vec::new();
        for (_, rows) in self.parts(out, inputs[0]) {
            let piece = pieces.next().ok_or_else(|| Error::internal("a piece is missing"))?;
            let start = if inputs.len() > 1 { pieces.next() } else { None };
            let block =
                calculus::running_integral(piece, self.axis, &self.points[rows.clone()], start.as_ref())?;
            let from = rows.start.max(wanted.start);
            let mut within = Region::full(block.shape());
            within.set(self.axis, from - rows.start..rows.end - rows.start);
            parts.push((from - wanted.start..rows.end - wanted.start, block.region(&within)));
        }
        if parts.len() == 1 {
            return Ok(parts.remove(0).1);
        }
        let mut block = Block::zeros(inputs[0].dtype, &out.shape());
        for (rows, part) in parts {
            let mut to = Region::full(&out.shape());
            to.set(self.axis, rows);
            block.assign(&to, &part);
        }
        Ok(block)
    }

    fn describe(&self) -> String {
        format!("running integral along axis {}", self.axis)
    }
}

impl LazyArray {
    /// The gradient along an axis whose elements lie as `spacing` says; of order 1 or 2 at the ends.
    /// Floats and complex numbers keep their dtype, integers and times give `f64`.
    ///
    /// # Errors
    /// If the axis is too short, or the dtype has no differences.
    pub(crate) fn gradient(&self, axis: usize, spacing: Spacing, edge_order: usize) -> Result<LazyArray> {
        let len = self.shape()[axis];
        if !(1..=2).contains(&edge_order) {
            return Err(Error::invalid(format!("edge_order is {edge_order}, not 1 or 2")));
        }
        if len < edge_order + 1 {
            return Err(Error::invalid(format!(
                "a gradient with edge_order {edge_order} needs {} positions, not {len}",
                edge_order + 1
            )));
        }
        let dtype = calculus::gradient_dtype(self.dtype())?;
        let input = if self.dtype().is_time() { self.clone() } else { self.cast(dtype)? };
        let meta = Meta { dtype, grid: input.grid().clone() };
        LazyArray::new(Gradient { axis, spacing, edge_order }, vec![input], meta)
    }

    /// The integral by trapezoids from the first position of an axis, with these points, to each.
    ///
    /// Over several chunks it goes twice over the data: once for the integral of each chunk, once for the
    /// result.
    ///
    /// # Errors
    /// If there is not one point for each position, or the elements are no floats or complex numbers.
    pub(crate) fn running_integral(&self, axis: usize, points: Arc<[f64]>) -> Result<LazyArray> {
        if points.len() != self.shape()[axis] || !(self.dtype().is_float() || self.dtype().is_complex()) {
            return Err(Error::internal(format!(
                "an integral of {} over {} points",
                self.dtype(),
                points.len()
            )));
        }
        let mut inputs = vec![self.clone()];
        let chunks = self.grid().axes()[axis].count();
        if chunks > 1 {
            let mut axes = self.grid().axes().to_vec();
            axes[axis] = AxisGrid::single(chunks);
            let meta = Meta { dtype: calculus::wide_dtype(self.dtype()), grid: ChunkGrid(axes) };
            let op = IntegralsBefore { axis, points: points.clone() };
            inputs.push(LazyArray::new(op, vec![self.clone()], meta)?);
        }
        LazyArray::new(RunningIntegral { axis, points }, inputs, self.meta().clone())
    }
}
