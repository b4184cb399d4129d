//! The same elements in row-major order under another shape.
//!
//! Neighbouring axes become others; what stands before and behind them keeps its chunks. A chunk of the
//! result is a run of elements in row-major order. It is as long as what the chunks of the input hold side
//! by side along their first axis, so that it takes these chunks whole, as long as that fits into
//! [`RUN_BYTES`]; else it is cut there, and chunks of the input are asked by several of the result.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::reshape::{Run, copy_runs};
use crate::source::Traffic;

/// A chunk of the result grows up to this to take chunks of the input whole.
const RUN_BYTES: usize = 32 << 20;

/// A box of the result that lies scattered in the input is fetched as at most so many boxes of it.
const MOST_NEEDS: usize = 256;

/// Some axes in a row as others over the same elements.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reshape {
    /// Where the axes begin, in the input as in the output.
    at: usize,
    /// The lengths of these axes in the input.
    input: Vec<usize>,
    /// The lengths of those in their place in the output.
    output: Vec<usize>,
}

/// A box of the input (cut along one axis, of length 1 before it, full behind it: contiguous in row-major
/// order), and the runs of it that the output takes.
struct Piece {
    ranges: Vec<Range<usize>>,
    runs: Vec<Range<usize>>,
}

fn ravel(shape: &[usize], index: impl IntoIterator<Item = usize>) -> usize {
    shape.iter().zip(index).fold(0, |n, (s, i)| n * s + i)
}

/// The smallest contiguous box that holds a range of positions in row-major order.
fn cover(shape: &[usize], flat: &Range<usize>) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = shape.iter().map(|&n| 0..n).collect();
    let (mut low, mut high) = (flat.start, flat.end - 1);
    let mut inner: usize = shape.iter().product();
    for (range, &n) in ranges.iter_mut().zip(shape) {
        inner /= n;
        let (first, last) = (low / inner, high / inner);
        *range = first..last + 1;
        if first != last {
            break;
        }
        (low, high) = (low % inner, high % inner);
    }
    ranges
}

fn size(ranges: &[Range<usize>]) -> usize {
    ranges.iter().map(|r| r.len()).product()
}

/// The runs of a box in row-major order.
fn runs_of(shape: &[usize], ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    // The axes behind the last one that is cut lie whole in every run.
    let cut = (0..shape.len()).rev().find(|&a| ranges[a].len() != shape[a]).unwrap_or(0);
    let inner: usize = shape.get(cut + 1..).unwrap_or_default().iter().product();
    let own = ranges.get(cut).cloned().unwrap_or(0..1);
    let outer = &ranges[..cut.min(ranges.len())];
    let mut runs = Vec::with_capacity(size(outer));
    let mut index: Vec<usize> = outer.iter().map(|r| r.start).collect();
    loop {
        let start =
            ravel(&shape[..(cut + 1).min(shape.len())], index.iter().copied().chain([own.start])) * inner;
        runs.push(start..start + own.len() * inner);
        let Some(axis) = (0..index.len()).rev().find(|&a| index[a] + 1 < outer[a].end) else { return runs };
        index[axis] += 1;
        for a in axis + 1..index.len() {
            index[a] = outer[a].start;
        }
    }
}

/// Cuts a run where that makes contiguous boxes of a shape that hold nothing else.
fn exact(shape: &[usize], run: Range<usize>, out: &mut Vec<Range<usize>>) {
    let inner: usize = shape.get(1..).unwrap_or_default().iter().product();
    if run.is_empty() {
        return;
    }
    if inner <= 1 {
        out.push(run);
        return;
    }
    let (head, tail) = (run.start.next_multiple_of(inner), run.end / inner * inner);
    if head > tail {
        // Within one position of the first axis.
        let base = run.start / inner * inner;
        return nested(shape, base, run, out);
    }
    nested(shape, head.saturating_sub(inner), run.start..head, out);
    if head < tail {
        out.push(head..tail);
    }
    nested(shape, tail, tail..run.end, out);
}

/// [`exact`] for the axes behind the first, at a position of it that begins at `base`.
fn nested(shape: &[usize], base: usize, run: Range<usize>, out: &mut Vec<Range<usize>>) {
    let from = out.len();
    exact(&shape[1..], run.start.saturating_sub(base)..run.end.saturating_sub(base), out);
    for run in &mut out[from..] {
        *run = run.start + base..run.end + base;
    }
}

impl Reshape {
    /// The boxes of the input that a box of the output takes, in its order.
    fn pieces(&self, out: &Region) -> Vec<Piece> {
        let ranges: Vec<Range<usize>> = (self.at..self.at + self.output.len()).map(|a| out.axis(a)).collect();
        let mut parts = Vec::new();
        for run in runs_of(&self.output, &ranges) {
            exact(&self.input, run, &mut parts);
        }
        // Boxes close to each other are fetched as one.
        let mut waste = 2;
        loop {
            let pieces = self.gather(&parts, waste);
            if pieces.len() <= MOST_NEEDS {
                return pieces;
            }
            waste *= 4;
        }
    }

    fn gather(&self, parts: &[Range<usize>], waste: usize) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut taken = 0;
        for run in parts {
            if let Some(last) = pieces.last_mut() {
                let span = last.runs[0].start..run.end;
                let ranges = cover(&self.input, &span);
                if size(&ranges) <= waste * (taken + run.len()) {
                    taken += run.len();
                    last.ranges = ranges;
                    last.runs.push(run.clone());
                    continue;
                }
            }
            taken = run.len();
            pieces.push(Piece { ranges: cover(&self.input, run), runs: vec![run.clone()] });
        }
        pieces
    }

    /// A box of the input with `ranges` in place of the axes that change.
    fn region(&self, out: &Region, ranges: &[Range<usize>]) -> Region {
        let before = (0..self.at).map(|a| out.axis(a));
        let behind = (self.at + self.output.len()..out.ndim()).map(|a| out.axis(a));
        Region::new(before.chain(ranges.iter().cloned()).chain(behind))
    }
}

#[typetag::serde]
impl Op for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn needs(&self, out: &Region, _inputs: &[&Meta]) -> Vec<Need> {
        if out.is_empty() {
            let empty: Vec<Range<usize>> = self.input.iter().map(|_| 0..0).collect();
            return vec![Need { input: 0, region: self.region(out, &empty) }];
        }
        let need = |p: Piece| Need { input: 0, region: self.region(out, &p.ranges) };
        self.pieces(out).into_iter().map(need).collect()
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let shape = out.shape();
        if out.is_empty() {
            return Ok(Block::zeros(inputs[0].dtype, &shape));
        }
        let mut runs = Vec::new();
        let parts = self.pieces(out);
        for (number, piece) in parts.iter().enumerate() {
            let base = ravel(&self.input, piece.ranges.iter().map(|r| r.start));
            let run = |r: &Range<usize>| Run { piece: number, from: r.start - base, len: r.len() };
            runs.extend(piece.runs.iter().map(run));
        }
        if let ([piece], [part]) = (&pieces[..], &parts[..])
            && part.runs.iter().map(ExactSizeIterator::len).sum::<usize>() == size(&part.ranges)
        {
            return piece.clone().reshape(&shape);
        }
        let lead = shape[..self.at].iter().product();
        let trail = shape[self.at + self.output.len()..].iter().product();
        let pieces: Vec<Block> = pieces.into_iter().map(Block::contiguous).collect();
        Ok(copy_runs(&pieces, inputs[0].dtype, lead, trail, &runs, &shape))
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // The pieces once more, where they do not lie in row-major order.
        self.needs(out, inputs).iter().map(|n| inputs[0].bytes(&n.region)).sum()
    }
}

/// The axes of two shapes of one size, cut into the shortest stretches of equal size: (input, output).
fn stretches(input: &[usize], output: &[usize]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found = Vec::new();
    let (mut i, mut o) = (0, 0);
    while i < input.len() && o < output.len() {
        let (from, to) = (i, o);
        let (mut a, mut b) = (input[i], output[o]);
        (i, o) = (i + 1, o + 1);
        while a != b {
            if a < b {
                a *= input[i];
                i += 1;
            } else {
                b *= output[o];
                o += 1;
            }
        }
        found.push((from..i, to..o));
    }
    if i < input.len() || o < output.len() {
        found.push((i..input.len(), o..output.len()));
    }
    found
}

/// How many elements in a row a chunk of the result holds, and where the chunks of the input begin along
/// their first axis, if they may be taken whole.
fn run_of(axes: &[AxisGrid], most: usize) -> (usize, Option<Vec<usize>>) {
    let shape: Vec<usize> = axes.iter().map(AxisGrid::len).collect();
    let mut inner: usize = shape.iter().product();
    let first = shape.iter().position(|n| *n > 1).unwrap_or(0);
    for (axis, &n) in shape.iter().enumerate() {
        inner /= n.max(1);
        let whole = axes[axis].largest() * inner;
        if axis == first && whole <= most {
            return (whole, Some(axes[axis].bounds().into_iter().map(|b| b * inner).collect()));
        }
        if axis >= first && inner <= most {
            return ((most / inner * inner).min(whole), None);
        }
    }
    (1, None)
}

/// The chunks of the axes that come: runs of about this length.
fn grid_of(shape: &[usize], (run, bounds): (usize, Option<Vec<usize>>)) -> Vec<AxisGrid> {
    let mut inner: usize = shape.iter().product();
    let mut found = false;
    let mut axes = Vec::with_capacity(shape.len());
    for &n in shape {
        inner /= n.max(1);
        axes.push(if found {
            AxisGrid::single(n)
        } else if inner > run && n > 0 {
            AxisGrid::regular(n, 1)
        } else {
            // Axes of length 1 in front leave the cut to those behind.
            found = n > 1;
            match &bounds {
                Some(b) if n * inner == b[b.len() - 1] && b.iter().all(|b| b % inner == 0) => {
                    AxisGrid::from_bounds(b.iter().map(|b| b / inner).collect())
                }
                _ => AxisGrid::regular(n, run / inner.max(1)),
            }
        });
    }
    axes
}

impl LazyArray {
    /// The elements in row-major order under `shape`.
    ///
    /// # Errors
    /// If the sizes differ.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::lazy::LazyArray;
    /// let a = LazyArray::from(Block::from_vec(&[4], vec![1, 2, 3, 4])?);
    /// assert_eq!(a.reshape(&[2, 2])?.shape(), [2, 2]);
    /// assert!(a.reshape(&[3]).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reshape(&self, shape: &[usize]) -> Result<LazyArray> {
        let own = self.shape();
        if self.size() != shape.iter().product::<usize>() {
            return Err(Error::invalid(format!("shape {own:?} does not fit into {shape:?}")));
        }
        if let Some(b) = self.as_block() {
            return Ok(LazyArray::from_block(b.clone().reshape(shape)?));
        }
        if self.size() == 0 {
            return Ok(LazyArray::from_block(Block::zeros(self.dtype(), shape)));
        }
        let mut array = self.clone();
        // From the last stretch on, so that the places of those before it stay.
        for (from, to) in stretches(&own, shape).into_iter().rev() {
            let (input, output) = (&own[from.clone()], &shape[to]);
            if input == output {
                continue;
            }
            let grid = array.grid().axes();
            let others = grid[..from.start].iter().chain(&grid[from.end..]);
            let beside: usize = others.map(AxisGrid::largest).product();
            let most = (RUN_BYTES / self.dtype().size().max(1)).max(array.grid().largest()) / beside.max(1);
            let mut axes = grid.to_vec();
            let run = run_of(&axes[from.clone()], most.max(1));
            axes.splice(from.clone(), grid_of(output, run));
            let meta = Meta { dtype: self.dtype(), grid: ChunkGrid(axes) };
            let op = Reshape { at: from.start, input: input.to_vec(), output: output.to_vec() };
            array = LazyArray::new(op, vec![array], meta)?;
        }
        Ok(array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(shape: &[usize], chunk: &[usize]) -> LazyArray {
        let n = shape.iter().product::<usize>();
        let block = Block::from_vec(shape, (0..n as i64).collect()).unwrap();
        LazyArray::from_block(block).rechunk(ChunkGrid::regular(shape, chunk)).unwrap()
    }

    /// The box of the result, computed from pieces of the input.
    fn boxed(array: &LazyArray, region: &Region) -> Block {
        fn pull(array: &LazyArray, region: &Region) -> Block {
            if let Some(block) = array.as_block() {
                return block.region(region);
            }
            let metas: Vec<&Meta> = array.inputs().iter().map(|a| a.meta()).collect();
            let needs = array.op().needs(region, &metas);
            let pieces = needs.iter().map(|n| pull(&array.inputs()[n.input], &n.region)).collect();
            array.op().compute(region, &metas, pieces, &Traffic::default()).unwrap()
        }
        pull(array, region)
    }

    #[test]
    fn every_box_of_every_shape_is_right() {
        let shapes: [&[usize]; 9] =
            [&[24], &[4, 6], &[2, 3, 4], &[6, 1, 4], &[3, 8], &[1, 24], &[2, 12, 1], &[4, 3, 2], &[2, 2, 6]];
        let chunks: [usize; 3] = [1, 2, 5];
        for from in shapes {
            for c in chunks {
                let array = numbers(from, &vec![c; from.len()]);
                for to in shapes {
                    let reshaped = array.reshape(to).unwrap();
                    assert_eq!(reshaped.shape(), to);
                    let whole = Block::from_vec(to, (0..24i64).collect()).unwrap();
                    for low in 0..3 {
                        let ranges = to.iter().map(|&n| low.min(n - 1)..n - (n > low + 2) as usize);
                        let region = Region::new(ranges);
                        assert!(
                            boxed(&reshaped, &region).same_bits(&whole.region(&region)),
                            "{from:?} {to:?}"
                        );
                    }
                    for chunk in 0..reshaped.grid().count() {
                        let region = reshaped.grid().region(chunk);
                        assert!(
                            boxed(&reshaped, &region).same_bits(&whole.region(&region)),
                            "{from:?} {to:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_merged_chunk_takes_chunks_of_the_input_whole() {
        let array = numbers(&[100, 100], &[10, 10]);
        let flat = array.reshape(&[10_000]).unwrap();
        assert_eq!(flat.grid().count(), 10);
        let needs = flat.op().needs(&flat.grid().region(3), &[array.meta()]);
        assert_eq!(needs.len(), 1);
        assert_eq!(needs[0].region, Region::new([30..40, 0..100]));
        assert_eq!(array.grid().touched(&needs[0].region).len(), 10);
        let back = flat.reshape(&[100, 100]).unwrap();
        assert_eq!(back.grid().counts(), [10, 1]);
        let rows = numbers(&[6, 4, 5], &[2, 4, 5]).reshape(&[6, 20]).unwrap();
        assert_eq!(rows.grid().counts(), [3, 1]);
    }

    #[test]
    fn long_rows_are_cut_before_they_fill_the_memory() {
        let shape = [2000, 1_000_000];
        let repeats = shape.map(crate::lazy::AxisFrom::Repeat);
        let array = LazyArray::from_block(Block::scalar(0.0)).axes(&repeats).unwrap();
        let array = array.rechunk(ChunkGrid::regular(&shape, &[1000, 1000])).unwrap();
        let flat = array.reshape(&[2_000_000_000]).unwrap();
        assert!(flat.grid().largest() * 8 <= RUN_BYTES);
        let needs = flat.op().needs(&flat.grid().region(1), &[array.meta()]);
        assert!(needs.iter().map(|n| n.region.size()).sum::<usize>() <= 2 * flat.grid().largest());
        // A piece across the border of two rows does not take the rows whole.
        let needs = flat.op().needs(&Region::new(std::iter::once(999_000..1_001_000)), &[array.meta()]);
        assert_eq!(needs.iter().map(|n| n.region.size()).sum::<usize>(), 2000);
    }

    #[test]
    fn a_column_of_what_was_flat_is_not_the_whole() {
        let flat = numbers(&[10_000], &[500]);
        let wide = flat.reshape(&[100, 100]).unwrap();
        let needs = wide.op().needs(&Region::new([0..100, 7..8]), &[flat.meta()]);
        assert_eq!(needs.iter().map(|n| n.region.size()).sum::<usize>(), 100);
    }
}
