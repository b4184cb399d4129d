//! Running values along an axis, chunk by chunk.
//!
//! A scan over several chunks reads its input twice: a first pass finds what runs up to each chunk, the
//! second scans every chunk on its own. No task holds more than a chunk and what runs between chunks, and
//! the chunks alone say in which order is summed.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::carry::Carry;
use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::calculus;
use crate::kernel::scan::{self, Fading, GroupChunks, ScanOp, ScanSpec};
use crate::source::Traffic;

/// What runs along an axis.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Running {
    /// Sums, products or the last valid element.
    Values(ScanSpec),
    /// Sums or products of each group.
    Grouped(GroupScan),
    /// The integral by trapezoids.
    Integral {
        /// The axis.
        axis: usize,
        /// The places of its positions.
        points: Arc<[f64]>,
    },
    /// Statistics with fading weights.
    Fading(Fading),
}

/// Running values of each group of positions along an axis.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GroupScan {
    spec: ScanSpec,
    /// The group of each position.
    codes: Arc<[i32]>,
    /// How many groups there are.
    count: usize,
    /// The chunks along the axis.
    grid: AxisGrid,
    /// What they have of groups, once somebody asks.
    #[serde(skip)]
    chunks: OnceLock<Arc<GroupChunks>>,
}

impl GroupScan {
    fn chunks(&self) -> &GroupChunks {
        self.chunks.get_or_init(|| Arc::new(GroupChunks::new(&self.codes, self.count, &self.grid)))
    }
}

impl Running {
    pub(super) fn axis(&self) -> usize {
        match self {
            Running::Values(spec) | Running::Grouped(GroupScan { spec, .. }) => spec.axis,
            Running::Integral { axis, .. } => *axis,
            Running::Fading(fading) => fading.axis,
        }
    }

    fn result_dtype(&self, input: DType) -> Result<DType> {
        match self {
            Running::Values(spec) | Running::Grouped(GroupScan { spec, .. }) => spec.result_dtype(input),
            Running::Integral { .. } => Ok(input),
            Running::Fading(fading) => fading.result_dtype(input),
        }
    }

    /// The dtype of what runs up to a chunk, and how many numbers one of it is.
    pub(super) fn carry(&self, input: DType) -> (DType, usize) {
        match self {
            Running::Values(spec) | Running::Grouped(GroupScan { spec, .. }) => spec.carry(input),
            Running::Integral { .. } => (calculus::wide_dtype(input), 1),
            Running::Fading(fading) => (DType::F64, fading.parts()),
        }
    }

    /// Where what these chunks start from lies among what all do.
    pub(super) fn carried(&self, chunks: Range<usize>) -> Range<usize> {
        match self {
            Running::Grouped(groups) => groups.chunks().places(chunks),
            _ => chunks,
        }
    }

    /// What a chunk at these positions adds.
    pub(super) fn total(&self, chunk: &Block, at: Range<usize>) -> Result<Block> {
        match self {
            Running::Values(spec) => scan::total(spec, chunk),
            Running::Grouped(groups) => {
                let number = groups.grid.find(at.start);
                scan::total_groups(&groups.spec, chunk, groups.chunks(), number, at)
            }
            Running::Integral { axis, points } => {
                calculus::integral_of_piece(chunk.clone(), *axis, &points[at])
            }
            Running::Fading(fading) => fading.total(chunk),
        }
    }

    /// What runs up to each chunk, from what all of them add.
    pub(super) fn before(&self, totals: &[Block], input: &Meta) -> Result<Block> {
        match self {
            Running::Values(spec) => scan::before(spec, input.dtype, totals),
            Running::Grouped(groups) => {
                scan::before_groups(&groups.spec, input.dtype, totals, groups.chunks())
            }
            Running::Integral { axis, points } => {
                let grid = &input.grid.axes()[*axis];
                let starts = (1..grid.count()).map(|i| grid.chunk(i).start);
                let gaps: Vec<f64> = starts.map(|i| points[i] - points[i - 1]).collect();
                calculus::integrals_before(totals, *axis, &gaps)
            }
            Running::Fading(fading) => {
                let grid = &input.grid.axes()[fading.axis];
                fading.before(totals, (0..grid.count()).map(|i| grid.chunk(i).len()))
            }
        }
    }

    /// What runs at every element of a piece at these positions, from what runs up to it.
    fn scan(&self, piece: &Block, at: Range<usize>, before: Option<&Block>) -> Result<Block> {
        match self {
            Running::Values(spec) => scan::scan(spec, piece, before),
            Running::Grouped(groups) => {
                let number = groups.grid.find(at.start);
                scan::scan_groups(&groups.spec, piece, groups.chunks(), number, at, before)
            }
            Running::Integral { axis, points } => {
                calculus::running_integral(piece.clone(), *axis, &points[at], before)
            }
            Running::Fading(fading) => fading.scan(piece, before),
        }
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Running::Values(spec) => spec.describe(),
            Running::Grouped(groups) => format!("{} of {} groups", groups.spec.describe(), groups.count),
            Running::Integral { axis, .. } => format!("running integral along axis {axis}"),
            Running::Fading(fading) => fading.describe(),
        }
    }
}

/// Running values; the second input, where there is one, are those up to each chunk.
#[derive(Debug, Serialize, Deserialize)]
pub struct Scan(Running);

impl Scan {
    /// How far back a position needs others, if that is not where its chunk begins.
    fn limit(&self) -> Option<usize> {
        match &self.0 {
            Running::Values(ScanSpec { op: ScanOp::Fill { limit }, .. }) => *limit,
            _ => None,
        }
    }

    /// The positions of the input that positions of the output need.
    fn reach(&self, out: Range<usize>, inputs: &[&Meta]) -> Range<usize> {
        let start = match self.limit() {
            Some(limit) => out.start.saturating_sub(limit),
            None if out.is_empty() => out.start,
            None => {
                let grid = &inputs[0].grid.axes()[self.0.axis()];
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
        let axis = self.0.axis();
        let mut region = out.clone();
        region.set(axis, self.reach(out.axis(axis), inputs));
        let mut needs = vec![Need { input: 0, region }];
        if let Some(carries) = inputs.get(1) {
            let chunks = inputs[0].grid.axes()[axis].touched(out.axis(axis));
            let mut region = Region::new(std::iter::once(0..carries.shape()[0]).chain(out.ranges()));
            region.set(axis + 1, self.0.carried(chunks));
            needs.push(Need { input: 1, region });
        }
        needs
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let axis = self.0.axis();
        let reach = self.reach(out.axis(axis), inputs);
        let from = reach.start;
        let piece = &pieces[0];
        let block = match self.limit() {
            Some(_) => self.0.scan(piece, reach, None)?,
            None => {
                // Every chunk starts anew from what came before it, whatever box is asked for.
                let grid = &inputs[0].grid.axes()[axis];
                let chunks = grid.touched(out.axis(axis));
                let first = self.0.carried(chunks.clone()).start;
                let mut block = Block::zeros(self.0.result_dtype(piece.dtype())?, piece.shape());
                for number in chunks {
                    let chunk = grid.chunk(number);
                    let mut part = Region::full(piece.shape());
                    let rows = chunk.start..chunk.end.min(reach.end);
                    part.set(axis, rows.start - from..rows.end - from);
                    let before = pieces.get(1).map(|carries| {
                        let own = self.0.carried(number..number + 1);
                        let mut carry = Region::full(carries.shape());
                        carry.set(axis + 1, own.start - first..own.end - first);
                        carries.region(&carry)
                    });
                    let scanned = self.0.scan(&piece.region(&part), rows, before.as_ref())?;
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
        let axis = self.0.axis();
        region.set(axis, self.reach(out.axis(axis), inputs));
        let copied = inputs[0].bytes(&region);
        let Running::Grouped(groups) = &self.0 else { return copied };
        // Running values of all groups under way.
        let chunks = inputs[0].grid.axes()[axis].touched(out.axis(axis));
        let slots = chunks.map(|c| groups.chunks().slots(c)).max().unwrap_or(0);
        let (dtype, parts) = self.0.carry(inputs[0].dtype);
        region.set(axis, 0..slots);
        copied + region.size() * parts * dtype.size()
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
    ///
    /// # Example
    /// ```
    /// use graticule::{array::Block, kernel::scan::{ScanOp, ScanSpec}, lazy::LazyArray};
    /// let x = LazyArray::from_block(Block::from_vec(&[3], vec![1_i8, 2, 3])?);
    /// let sums = x.scan(ScanSpec { op: ScanOp::Sum, axis: 0, skipna: true })?;
    /// assert_eq!(sums.as_block().expect("in memory").to_vec::<i64>()?, [1, 3, 6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn scan(&self, spec: ScanSpec) -> Result<LazyArray> {
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
        let alone = matches!(op, ScanOp::Fill { limit: Some(_) });
        self.running(Running::Values(spec), alone)
    }

    /// Running values of each group of positions along the axis of `spec`: shape and chunks stay. Each position
    /// has the number of a group that is less than `count`.
    ///
    /// # Errors
    /// If the axis or a group does not exist, or the operation has no meaning for groups or the dtype.
    pub(crate) fn scan_groups(&self, spec: ScanSpec, codes: Arc<[i32]>, count: usize) -> Result<LazyArray> {
        let fits = self.shape().get(spec.axis) == Some(&codes.len())
            && codes.iter().all(|c| usize::try_from(*c).is_ok_and(|c| c < count));
        if !fits || matches!(spec.op, ScanOp::Fill { .. }) {
            return Err(Error::internal(format!(
                "{} of {} positions in {count} groups, of shape {:?}",
                spec.describe(),
                codes.len(),
                self.shape()
            )));
        }
        let grid = self.grid().axes()[spec.axis].clone();
        let groups = GroupScan { spec, codes, count, grid, chunks: OnceLock::new() };
        let alone = groups.chunks().places(0..groups.grid.count()).is_empty();
        self.running(Running::Grouped(groups), alone)
    }

    /// The integral by trapezoids from the first position of an axis, with these points, to each.
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
        self.running(Running::Integral { axis, points }, false)
    }

    /// Statistics along an axis with weights that fade: shape and chunks stay.
    ///
    /// # Errors
    /// If the dtype is no real number, or for pairs no complex one.
    pub(crate) fn fading(&self, fading: Fading) -> Result<LazyArray> {
        self.running(Running::Fading(fading), false)
    }

    /// Whatever runs along an axis; `alone` where a chunk needs nothing from far before it.
    fn running(&self, what: Running, alone: bool) -> Result<LazyArray> {
        let dtype = what.result_dtype(self.dtype())?;
        let mut inputs = vec![self.clone()];
        if self.grid().axes()[what.axis()].count() > 1 && !alone {
            inputs.push(self.carries(Carry::Scan(what.clone()))?);
        }
        LazyArray::new(Scan(what), inputs, Meta { dtype, grid: self.grid().clone() })
    }
}
