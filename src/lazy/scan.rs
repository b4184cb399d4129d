//! Running values along an axis, chunk by chunk.
//!
//! A scan over several chunks reads its input twice. The first pass is a fold that keeps what each chunk
//! comes to along the axis (as large as the input is long in chunks), and ends as the values that each
//! chunk starts from; the second scans every chunk on its own. No task holds more than a chunk and what
//! runs between chunks, and the chunks alone say in which order is summed.

use serde::{Deserialize, Serialize};

use super::{Fold, LazyArray, Meta, Need, Op, State};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::scan::{self, ScanOp, ScanSpec};
use crate::source::Traffic;

/// What runs up to the first element of each chunk along the axis: parts of running values, then the axes
/// of the input with one position for each chunk.
#[derive(Debug, Serialize, Deserialize)]
pub struct Carries(ScanSpec);

#[typetag::serde]
impl Op for Carries {
    fn name(&self) -> &'static str {
        "carries"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        vec![Need { input: 0, region: self.input_region(out, inputs[0]) }]
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let axis = self.0.axis;
        let grid = &inputs[0].grid.axes()[axis];
        let mut state = self.init(out, inputs[0])?;
        for chunk in (0..grid.count()).map(|i| grid.chunk(i)) {
            let mut part = Region::full(pieces[0].shape());
            part.set(axis, chunk);
            self.push(&mut state, &pieces[0].region(&part), &part)?;
        }
        let block = self.finish(state, inputs[0])?;
        let mut part = Region::full(block.shape());
        part.set(axis + 1, out.axis(axis + 1));
        part.set(0, out.axis(0));
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
        format!("carries of {}", self.0.describe())
    }
}

impl Fold for Carries {
    fn axes(&self) -> Vec<usize> {
        vec![self.0.axis]
    }

    fn input_region(&self, out: &Region, input: &Meta) -> Region {
        let mut region = Region::new(out.ranges().skip(1));
        region.set(self.0.axis, 0..input.grid.axes()[self.0.axis].len());
        region
    }

    fn init(&self, _out: &Region, _input: &Meta) -> Result<State> {
        Ok(Vec::new())
    }

    fn push(&self, state: &mut State, piece: &Block, _at: &Region) -> Result<()> {
        // Chunks come in order, so their place in the state says which they are.
        state.push(scan::total(&self.0, piece)?);
        Ok(())
    }

    fn merge(&self, state: &mut State, later: State) -> Result<()> {
        state.extend(later);
        Ok(())
    }

    fn finish(&self, state: State, input: &Meta) -> Result<Block> {
        scan::before(&self.0, input.dtype, &state)
    }

    fn state_bytes(&self, out: &Region, input: &Meta) -> usize {
        let (dtype, parts) = self.0.carry(input.dtype);
        let mut shape = out.shape();
        shape[0] = parts;
        shape[self.0.axis + 1] = input.grid.axes()[self.0.axis].count();
        shape.iter().product::<usize>() * dtype.size()
    }
}

/// Running values; the second input, where there is one, are those up to each chunk.
#[derive(Debug, Serialize, Deserialize)]
pub struct Scan(ScanSpec);

impl Scan {
    /// The positions of the input that positions of the output need.
    fn reach(&self, out: std::ops::Range<usize>, inputs: &[&Meta]) -> std::ops::Range<usize> {
        let start = match (self.0.op, inputs.get(1)) {
            (ScanOp::Fill { limit: Some(limit) }, _) => out.start.saturating_sub(limit),
            (_, None) => 0,
            _ if out.is_empty() => out.start,
            _ => {
                let grid = &inputs[0].grid.axes()[self.0.axis];
                grid.chunk(grid.find(out.start)).start
            }
        };
        start..out.end
    }
}

#[typetag::serde]
impl Op for Scan {
    fn name(&self) -> &'static str {
        "scan"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let axis = self.0.axis;
        let mut region = out.clone();
        region.set(axis, self.reach(out.axis(axis), inputs));
        let mut needs = vec![Need { input: 0, region }];
        if let Some(carries) = inputs.get(1) {
            let chunks = inputs[0].grid.axes()[axis].touched(out.axis(axis));
            let mut region = Region::new(std::iter::once(0..carries.shape()[0]).chain(out.ranges()));
            region.set(axis + 1, chunks);
            needs.push(Need { input: 1, region });
        }
        needs
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let axis = self.0.axis;
        let from = self.reach(out.axis(axis), inputs).start;
        let piece = &pieces[0];
        let block = match pieces.get(1) {
            None => scan::scan(&self.0, piece, None)?,
            Some(carries) => {
                // Every chunk starts anew from what came before it, whatever box is asked for.
                let grid = &inputs[0].grid.axes()[axis];
                let mut block = Block::zeros(self.0.result_dtype(piece.dtype())?, piece.shape());
                for (i, chunk) in grid.touched(out.axis(axis)).enumerate() {
                    let chunk = grid.chunk(chunk);
                    let mut part = Region::full(piece.shape());
                    part.set(axis, chunk.start - from..chunk.end.min(out.axis(axis).end) - from);
                    let mut carry = Region::full(carries.shape());
                    carry.set(axis + 1, i..i + 1);
                    let scanned = scan::scan(&self.0, &piece.region(&part), Some(&carries.region(&carry)))?;
                    if part == Region::full(piece.shape()) {
                        block = scanned;
                        break;
                    }
                    block.assign(&part, &scanned);
                }
                block
            }
        };
        let mut wanted = Region::full(block.shape());
        wanted.set(axis, out.axis(axis).start - from..out.axis(axis).end - from);
        Ok(block.region(&wanted))
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // A piece that does not lie in row-major order is copied first.
        let mut region = out.clone();
        region.set(self.0.axis, self.reach(out.axis(self.0.axis), inputs));
        inputs[0].bytes(&region)
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

impl LazyArray {
    /// Running values as `spec` says: shape and chunks stay.
    ///
    /// # Errors
    /// If the axis does not exist or the operation has no meaning for the dtype.
    pub(crate) fn scan(&self, spec: ScanSpec) -> Result<LazyArray> {
        let shape = self.shape();
        let Some(&len) = shape.get(spec.axis) else {
            return Err(Error::internal(format!("axis {} of an array of shape {shape:?}", spec.axis)));
        };
        let op = match spec.op {
            // What no limit can reach is no limit.
            ScanOp::Fill { limit: Some(limit) } if limit >= len => ScanOp::Fill { limit: None },
            op => op,
        };
        let spec = ScanSpec { op, ..spec };
        let dtype = spec.result_dtype(self.dtype())?;
        let mut inputs = vec![self.clone()];
        let count = self.grid().axes()[spec.axis].count();
        if count > 1 && !matches!(op, ScanOp::Fill { limit: Some(_) }) {
            let (carry, parts) = spec.carry(self.dtype());
            let mut axes = self.grid().axes().to_vec();
            axes[spec.axis] = AxisGrid::single(count);
            axes.insert(0, AxisGrid::single(parts));
            let meta = Meta { dtype: carry, grid: ChunkGrid(axes) };
            inputs.push(LazyArray::new(Carries(spec), vec![self.clone()], meta)?);
        }
        LazyArray::new(Scan(spec), inputs, Meta { dtype, grid: self.grid().clone() })
    }
}
