//! One task's work shared by all threads, where a stage has too few tasks to keep them busy: what lies in memory is
//! one chunk, however large. Shapes alone decide how it is cut, so the bits do not depend on threads.

use rayon::prelude::*;

use super::assemble::{filled, side_by_side};
use crate::array::{AxisGrid, Block, ChunkGrid, Place, Region};
use crate::error::Result;
use crate::lazy::{Fold, Meta, Op, State};
use crate::plan::FEW_TASKS;
use crate::source::Traffic;

/// Bytes read and written by a part, about; work of less than two of them stays whole.
const PART_BYTES: usize = 4 << 20;

/// At most so many parts: enough for the cores of a large machine, and for parts of large results to stay in cache.
const MOST_PARTS: usize = 1024;

/// Parts are read in runs of this length where they can be: shorter ones wait for memory.
const RUN_BYTES: usize = 16 << 10;

/// Parts may read so many bytes for each byte that the whole reads: windows overlap.
const OVERLAP: f64 = 1.25;

/// How the work of computing `region` is cut, if it is: chunks along one axis of the output, of which each needs
/// little more than its share of what all need.
fn cut(op: &dyn Op, region: &Region, out: &Meta, metas: &[&Meta]) -> Option<(usize, AxisGrid)> {
    let whole = op.needs(region, metas);
    let inputs = op.taken_bytes(region, metas);
    let wanted = ((inputs + out.bytes(region)) / PART_BYTES).min(MOST_PARTS);
    if wanted < 2 {
        return None;
    }
    let cost = |axis: usize, chunks: &AxisGrid| -> Option<f64> {
        let count = chunks.count();
        let mut read = 0;
        for i in [0, count / 2, count - 1] {
            let part = part_of(region, axis, chunks, i);
            let needs = op.needs(&part, metas);
            let within = needs.len() == whole.len()
                && needs.iter().zip(&whole).all(|(n, w)| n.input == w.input && w.region.contains(&n.region));
            if !within {
                return None;
            }
            read += op.taken_bytes(&part, metas);
        }
        Some(read as f64 * count as f64 / (3 * inputs.max(1)) as f64)
    };
    let mut best: Option<(usize, AxisGrid)> = None;
    // Outer axes first: parts that are wide along the inner ones are read in long runs.
    for axis in (0..region.ndim()).filter(|a| region.axis(*a).len() > 1) {
        let len = region.axis(axis).len();
        let inner =
            (axis + 1..region.ndim()).map(|a| region.axis(a).len()).product::<usize>() * out.dtype.size();
        let mut size = len.div_ceil(wanted).max(RUN_BYTES / inner.max(1)).min(len.div_ceil(2));
        // Larger parts share less of what they read.
        loop {
            let chunks = AxisGrid::regular(len, size);
            if best.as_ref().is_some_and(|(_, b)| b.count() >= chunks.count()) {
                break;
            }
            if cost(axis, &chunks).is_some_and(|c| c <= OVERLAP) {
                best = Some((axis, chunks));
                break;
            }
            size *= 2;
            if len.div_ceil(size) < FEW_TASKS {
                break;
            }
        }
        if best.as_ref().is_some_and(|(_, b)| b.count() >= wanted.min(FEW_TASKS)) {
            break;
        }
    }
    best
}

/// The `i`-th chunk of a region along an axis.
fn part_of(region: &Region, axis: usize, chunks: &AxisGrid, i: usize) -> Region {
    let (start, range) = (region.axis(axis).start, chunks.chunk(i));
    let mut part = region.clone();
    part.set(axis, start + range.start..start + range.end);
    part
}

/// What is to be computed of an operation, and from what.
pub(super) struct Work<'a> {
    pub(super) op: &'a dyn Op,
    pub(super) region: &'a Region,
    pub(super) out: &'a Meta,
    pub(super) metas: &'a [&'a Meta],
    /// What the region needs of the inputs.
    pub(super) pieces: Vec<Block>,
    pub(super) io: &'a Traffic,
}

impl Work<'_> {
    /// The region of the output, in parts side by side.
    pub(super) fn compute(self) -> Result<Block> {
        match (cut(self.op, self.region, self.out, self.metas), self.op.as_fold()) {
            (Some(cut), _) => filled(self.out.dtype, &self.region.shape(), |place| self.in_parts(cut, place)),
            (None, Some(fold)) => self.fold_in_parts(fold),
            (None, None) => self.op.compute(self.region, self.metas, self.pieces, self.io),
        }
    }

    /// [`compute`](Self::compute), written to its place.
    pub(super) fn compute_into(self, place: &mut Place<'_>) -> Result<()> {
        match (cut(self.op, self.region, self.out, self.metas), self.op.as_fold()) {
            (Some(cut), _) => self.in_parts(cut, place),
            (None, Some(fold)) => place.fill(&self.fold_in_parts(fold)?),
            (None, None) => self.op.compute_into(self.region, self.metas, self.pieces, self.io, place),
        }
    }

    /// The parts of an output that is cut along an axis.
    fn in_parts(&self, (axis, chunks): (usize, AxisGrid), place: &mut Place<'_>) -> Result<()> {
        let whole = self.op.needs(self.region, self.metas);
        let mut grid: Vec<AxisGrid> = self.region.shape().into_iter().map(AxisGrid::single).collect();
        grid[axis] = chunks.clone();
        side_by_side(place, &ChunkGrid(grid), |i, place| {
            self.io.check()?;
            let part = part_of(self.region, axis, &chunks, i);
            let needs = self.op.needs(&part, self.metas);
            let pieces = needs.iter().zip(&whole).zip(&self.pieces);
            let pieces = pieces.map(|((n, w), p)| p.region(&n.region.relative_to(&w.region))).collect();
            self.op.compute_into(&part, self.metas, pieces, self.io, place)
        })
    }

    /// A fold whose result is too small to be cut: its input is.
    fn fold_in_parts(self, fold: &dyn Fold) -> Result<Block> {
        let (op, region, metas, io) = (self.op, self.region, self.metas, self.io);
        let [piece] = &self.pieces[..] else { return op.compute(region, metas, self.pieces, io) };
        let at = fold.input_region(region, metas[0]);
        let state = fold.state_bytes(region, metas[0]);
        let wanted = (piece.nbytes() / PART_BYTES.max(4 * state)).min(MOST_PARTS);
        // The outermost axis that is long enough: parts of inner ones lie in memory in pieces.
        let long = |axis: &usize| at.axis(*axis).len() >= wanted.min(FEW_TASKS);
        let mut axes = fold.axes();
        axes.sort_unstable();
        let cut = axes.iter().copied().find(long);
        let cut = cut.or_else(|| axes.into_iter().max_by_key(|a| at.axis(*a).len()));
        let Some(axis) = cut.filter(|a| wanted > 1 && at.axis(*a).len() > 1) else {
            return op.compute(region, metas, self.pieces, io);
        };
        let len = at.axis(axis).len();
        let chunks = AxisGrid::regular(len, len.div_ceil(wanted));
        let states = (0..chunks.count()).into_par_iter().map(|i| {
            io.check()?;
            let part = part_of(&at, axis, &chunks, i);
            let mut state = fold.init(region, metas[0])?;
            fold.push(&mut state, &piece.region(&part.relative_to(&at)), &part)?;
            Ok(state)
        });
        let mut states = states.collect::<Result<Vec<State>>>()?.into_iter();
        let mut all = states.next().expect("there are two parts or more");
        states.try_for_each(|later| fold.merge(&mut all, later))?;
        fold.finish(all, metas[0])
    }
}

#[cfg(test)]
mod tests {
    use crate::array::Block;
    use crate::exec::{Local, compute_on};
    use crate::kernel::reduce::{Groups, ReduceOp, ReduceSpec, whole};
    use crate::lazy::LazyArray;

    fn spec(op: ReduceOp, axes: &[usize], group: Option<Groups>) -> ReduceSpec {
        ReduceSpec { op, axes: axes.to_vec(), group, skipna: true, ddof: 0.0, min_count: None }
    }

    #[test]
    fn work_in_parts_gives_what_the_whole_gives() {
        let shape = [120, 140, 150];
        // Whole numbers, whose sums are exact in any order; one in seven is missing.
        let value = |i: i32| if i % 7 == 0 { f32::NAN } else { (i.wrapping_mul(40_503) >> 20) as f32 };
        let block = Block::from_vec(&shape, (0..shape.iter().product::<usize>() as i32).map(value).collect())
            .unwrap();
        let labels =
            |n: usize, groups: usize| (0..n).map(|i| (i * 31 % groups) as i32 - 1).collect::<Vec<_>>();
        let months = Groups::along(0, labels(120, 13), 12);
        // The last group has no members.
        let many = Groups::along(0, labels(120, 90), 90);
        let regions = Groups::over([1, 2], [140, 150], labels(140 * 150, 60), 60);
        let specs = [
            spec(ReduceOp::Mean, &[0], None),
            spec(ReduceOp::Sum, &[0, 1, 2], None),
            spec(ReduceOp::Max, &[2], None),
            spec(ReduceOp::Mean, &[], Some(months.clone())),
            spec(ReduceOp::Count, &[1], Some(months)),
            spec(ReduceOp::Max, &[], Some(many.clone())),
            spec(ReduceOp::Mean, &[], Some(many)),
            spec(ReduceOp::Mean, &[], Some(regions)),
        ];
        for spec in specs {
            let expected = whole(&spec, &block).unwrap();
            let lazy = LazyArray::from(block.clone()).reduce(spec.clone()).unwrap();
            for threads in [1, 3] {
                let local = Local::new().threads(threads);
                let found = compute_on(&local, std::slice::from_ref(&lazy)).unwrap().blocks.remove(0);
                assert!(found.same_bits(&expected), "{} on {threads} threads", spec.describe());
            }
        }
    }
}
