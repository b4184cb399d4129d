//! What chunks along an axis need to know of each other.
//!
//! A fold takes from every chunk the little that others need of it (as large as the input is long in
//! chunks), and gives for each chunk what it needs, so that chunks can then be worked on one by one.

use serde::{Deserialize, Serialize};

use super::scan::Running;
use super::{Fold, LazyArray, Meta, Op, State};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::dtype::DType;
use crate::error::Result;
use crate::kernel::interp;
use crate::source::Traffic;

/// What is carried between chunks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Carry {
    /// To each chunk what runs up to it.
    Scan(Running),
    /// To each chunk the valid elements next to it on both sides, with their positions.
    Valid {
        /// The axis.
        axis: usize,
    },
}

impl Carry {
    fn axis(&self) -> usize {
        match self {
            Carry::Scan(what) => what.axis(),
            Carry::Valid { axis } => *axis,
        }
    }

    /// How many of what is carried there are along the axis, for this many chunks.
    fn len(&self, chunks: usize) -> usize {
        match self {
            Carry::Scan(what) => what.carried(0..chunks).len(),
            Carry::Valid { .. } => chunks,
        }
    }

    /// The dtype of what is carried, and how many numbers one of it is.
    fn layout(&self, input: DType) -> (DType, usize) {
        match self {
            Carry::Scan(what) => what.carry(input),
            Carry::Valid { .. } if input.is_complex() => (DType::C128, 4),
            Carry::Valid { .. } => (DType::F64, 4),
        }
    }
}

/// What each chunk along an axis gets: an axis of the numbers of one carry, then the axes of the input with one
/// position for each chunk (where groups run, for each that is under way where a chunk begins).
#[derive(Debug, Serialize, Deserialize)]
pub struct Carries(Carry);

#[typetag::serde]
impl Op for Carries {
    fn name(&self) -> &'static str {
        "carries"
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let axis = self.0.axis();
        let grid = &inputs[0].grid.axes()[axis];
        let mut state = self.init(out, inputs[0])?;
        for chunk in (0..grid.count()).map(|i| grid.chunk(i)) {
            let mut part = Region::full(pieces[0].shape());
            part.set(axis, chunk);
            self.push(&mut state, &pieces[0].region(&part), &part)?;
        }
        let block = self.finish(state, inputs[0])?;
        let mut part = Region::full(block.shape());
        part.set(0, out.axis(0));
        part.set(axis + 1, out.axis(axis + 1));
        Ok(block.region(&part))
    }

    fn as_fold(&self) -> Option<&dyn Fold> {
        Some(self)
    }

    fn describe(&self) -> String {
        match &self.0 {
            Carry::Scan(what) => format!("carries of {}", what.describe()),
            Carry::Valid { axis } => format!("valid elements beside chunks along axis {axis}"),
        }
    }
}

impl Fold for Carries {
    fn axes(&self) -> Vec<usize> {
        vec![self.0.axis()]
    }

    fn input_region(&self, out: &Region, input: &Meta) -> Region {
        let mut region = Region::new(out.ranges().skip(1));
        region.set(self.0.axis(), 0..input.grid.axes()[self.0.axis()].len());
        region
    }

    fn init(&self, _out: &Region, _input: &Meta) -> Result<State> {
        Ok(Vec::new())
    }

    fn push(&self, state: &mut State, piece: &Block, at: &Region) -> Result<()> {
        // Chunks come in order, so their place in the state says which they are.
        let rows = at.axis(self.0.axis());
        state.push(match &self.0 {
            Carry::Scan(what) => what.total(piece, rows)?,
            Carry::Valid { axis } => interp::ends(piece, *axis, rows.start)?,
        });
        Ok(())
    }

    fn merge(&self, state: &mut State, later: State) -> Result<()> {
        state.extend(later);
        Ok(())
    }

    fn finish(&self, state: State, input: &Meta) -> Result<Block> {
        match &self.0 {
            Carry::Scan(what) => what.before(&state, input),
            Carry::Valid { axis } => interp::beside(&state, *axis),
        }
    }

    fn state_bytes(&self, out: &Region, input: &Meta) -> usize {
        let (dtype, parts) = self.0.layout(input.dtype);
        let mut shape = out.shape();
        shape[0] = match self.0 {
            // The first and the last row of a chunk too, which an integral between chunks needs.
            Carry::Scan(Running::Integral { .. }) => 3,
            _ => parts,
        };
        shape[self.0.axis() + 1] = self.0.len(input.grid.axes()[self.0.axis()].count());
        shape.iter().product::<usize>() * dtype.size()
    }
}

impl LazyArray {
    /// What each chunk along the axis needs of the others.
    pub(super) fn carries(&self, carry: Carry) -> Result<LazyArray> {
        let (dtype, parts) = carry.layout(self.dtype());
        let mut axes = self.grid().axes().to_vec();
        axes[carry.axis()] = AxisGrid::single(carry.len(axes[carry.axis()].count()));
        axes.insert(0, AxisGrid::single(parts));
        LazyArray::new(Carries(carry), vec![self.clone()], Meta { dtype, grid: ChunkGrid(axes) })
    }
}
