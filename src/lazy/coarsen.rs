//! Blocks of neighbours made one element each.
//!
//! A chunk of the result takes the windows that begin in a chunk of the input, so that a window that spans
//! chunks is read from all of them. Where windows are so long that a task would hold many chunks, the windows
//! become an axis of their own, and reductions fold it chunk by chunk.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{LazyArray, Meta, Need, Op, Reducer};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::reduce::{self, ReduceSpec};
use crate::source::Traffic;

/// A task takes in at most about so much, unless the chunks of the input are larger or windows need more.
const TASK_BYTES: usize = 32 << 20;

/// What becomes of the elements of a window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Within {
    /// Reduced; the axes of the reduction have no part in it.
    Reduce(ReduceSpec),
    /// Given to a user's reduction, in row-major order.
    Lanes(Arc<dyn Reducer>),
}

/// Makes one element of each block of so many neighbours along each axis.
#[derive(Debug, Serialize, Deserialize)]
pub struct Coarsen {
    windows: Vec<usize>,
    what: Within,
}

impl Within {
    fn result_dtype(&self, input: DType) -> Result<DType> {
        match self {
            Within::Reduce(spec) => spec.result_dtype(input),
            Within::Lanes(reducer) => reducer.result_dtype(input),
        }
    }
}

impl Coarsen {
    fn input_region(&self, out: &Region) -> Region {
        Region::new(out.ranges().zip(&self.windows).map(|(r, w)| r.start * w..r.end * w))
    }
}

#[typetag::serde]
impl Op for Coarsen {
    fn name(&self) -> &'static str {
        "coarsen"
    }

    fn needs(&self, out: &Region, _inputs: &[&Meta]) -> Vec<Need> {
        vec![Need { input: 0, region: self.input_region(out) }]
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        match &self.what {
            Within::Reduce(spec) => reduce::windows(spec, &pieces[0], &self.windows),
            Within::Lanes(reducer) => {
                let n = out.ndim();
                let order: Vec<usize> = (0..n).map(|i| 2 * i).chain((0..n).map(|i| 2 * i + 1)).collect();
                let lanes = reduce::split(&pieces[0], &self.windows)?.permute(&order);
                let each = self.windows.iter().product();
                super::reduce_lanes::reduced(reducer.as_ref(), lanes.reshape(&[out.size(), each])?)?
                    .reshape(&out.shape())
            }
        }
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // What does not lie in order is copied first; results take a few numbers for each element.
        inputs[0].bytes(&self.input_region(out)) + 24 * out.size()
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        match &self.what {
            Within::Reduce(spec) => format!("{} of blocks of {:?}", spec.op.name(), self.windows),
            Within::Lanes(reducer) => format!("{} of blocks of {:?}", reducer.name(), self.windows),
        }
    }
}

/// The chunks of windows: each begins where a chunk of the input does, or behind.
fn coarser(axis: &AxisGrid, window: usize) -> AxisGrid {
    if window == 1 {
        return axis.clone();
    }
    let mut bounds: Vec<usize> = axis.bounds().iter().map(|b| b / window).collect();
    bounds.dedup();
    AxisGrid::from_bounds(bounds)
}

/// Chunks of the result whose tasks take in not too much: cut along the first axes where that helps.
fn grid_of(input: &Meta, windows: &[usize]) -> ChunkGrid {
    let mut axes: Vec<AxisGrid> =
        input.grid.axes().iter().zip(windows).map(|(axis, w)| coarser(axis, *w)).collect();
    let most = TASK_BYTES / input.dtype.size().max(1);
    for i in 0..axes.len() {
        let whole: usize = axes.iter().zip(windows).map(|(a, w)| a.largest() * w).product();
        let parts = whole.div_ceil(most);
        if parts <= 1 {
            break;
        }
        let chunk = axes[i].largest().div_ceil(parts).max(1);
        let chunks = (0..axes[i].count()).map(|c| axes[i].chunk(c));
        let cut = chunks.flat_map(|c| {
            let parts = c.len().div_ceil(chunk).max(1);
            (1..=parts).map(move |p| c.start + p * c.len() / parts)
        });
        axes[i] = AxisGrid::from_bounds(std::iter::once(0).chain(cut).collect());
    }
    ChunkGrid(axes)
}

impl LazyArray {
    /// One element for each block of `windows` neighbours (a length for each axis, 1 where nothing happens).
    ///
    /// Chunks follow those of the input; a task holds the windows of a chunk.
    ///
    /// # Errors
    /// If a length is no multiple of its window, or the operation has no meaning for the dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{kernel::reduce::ReduceSpec, lazy::{LazyArray, Within}};
    /// let a = LazyArray::from(Block::from_vec(&[2, 4], vec![1, 2, 3, 4, 5, 6, 7, 8])?);
    /// let max =
    ///     ReduceSpec { op: ReduceOp::Max, axes: vec![], group: None, skipna: true, ddof: 0.0, min_count: None };
    /// let coarse = a.coarsen(&[1, 2], Within::Reduce(max))?;
    /// assert_eq!(graticule::exec::compute(&[coarse])?[0].to_vec::<i32>()?, [2, 4, 6, 8]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn coarsen(&self, windows: &[usize], what: Within) -> Result<LazyArray> {
        let shape = self.shape();
        if windows.len() != shape.len() || shape.iter().zip(windows).any(|(n, w)| *w == 0 || n % w != 0) {
            return Err(Error::internal(format!("windows {windows:?} of shape {shape:?}")));
        }
        let dtype = what.result_dtype(self.dtype())?;
        let grid = grid_of(self.meta(), windows);
        let covered: usize = grid.axes().iter().zip(windows).map(|(a, w)| a.largest() * w).product();
        if let Within::Reduce(spec) = &what
            && spec.as_order().is_none()
            && spec.as_extreme().is_none()
            && covered * self.dtype().size() > 2 * TASK_BYTES
            && covered > 2 * self.grid().largest()
        {
            let split: Vec<usize> = shape.iter().zip(windows).flat_map(|(n, w)| [n / w, *w]).collect();
            let axes = (0..shape.len()).map(|i| 2 * i + 1).collect();
            return self.reshape(&split)?.reduce(ReduceSpec { axes, ..spec.clone() });
        }
        let op = Coarsen { windows: windows.to_vec(), what };
        LazyArray::new(op, vec![self.clone()], Meta { dtype, grid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::reduce::ReduceOp;

    fn spec(op: ReduceOp) -> ReduceSpec {
        ReduceSpec { op, axes: vec![], group: None, skipna: true, ddof: 0.0, min_count: None }
    }

    fn irregular(shape: &[usize]) -> LazyArray {
        let n = shape.iter().product::<usize>();
        let values = (0..n).map(|i| match i % 13 {
            5 => f64::NAN,
            _ => ((i * 7919) % 1009) as f64 / 7.0 - 50.0,
        });
        LazyArray::from_block(Block::from_vec(shape, values.collect()).unwrap())
    }

    #[test]
    fn chunks_begin_where_those_of_the_input_do() {
        assert_eq!(coarser(&AxisGrid::regular(24, 6), 3).bounds(), [0, 2, 4, 6, 8]);
        assert_eq!(coarser(&AxisGrid::regular(12, 5), 3).bounds(), [0, 1, 3, 4]);
        assert_eq!(coarser(&AxisGrid::regular(12, 1), 6).bounds(), [0, 1, 2]);
        let large = Meta { dtype: DType::F64, grid: ChunkGrid::single(&[1000, 1000, 100]) };
        assert!(grid_of(&large, &[10, 1, 1]).count() > 20);
    }

    #[test]
    fn windows_too_long_for_a_task_are_folded() {
        let array =
            LazyArray::from_block(Block::scalar(1.0)).axes(&[super::super::AxisFrom::Repeat(1 << 25)]);
        let chunked = array.unwrap().rechunk(ChunkGrid::regular(&[1 << 25], &[1 << 20])).unwrap();
        let coarse = chunked.coarsen(&[1 << 24], Within::Reduce(spec(ReduceOp::Sum))).unwrap();
        assert_eq!(coarse.op().name(), "reduce");
        let median = chunked.coarsen(&[1 << 24], Within::Reduce(spec(ReduceOp::Median))).unwrap();
        assert_eq!(median.op().name(), "coarsen");
        let short = chunked.coarsen(&[1 << 10], Within::Reduce(spec(ReduceOp::Sum))).unwrap();
        assert_eq!((short.op().name(), short.grid().count()), ("coarsen", 32));
    }

    #[test]
    fn any_chunks_give_the_same_bits() {
        use ReduceOp::*;
        let cases: [(&[usize], &[usize]); 9] = [
            (&[48], &[4]),
            (&[6, 60], &[3, 1]),
            (&[6, 60], &[2, 2]),
            (&[6, 60], &[1, 60]),
            (&[4, 6, 10], &[2, 3, 5]),
            (&[4, 6, 10], &[4, 1, 1]),
            (&[40, 3], &[20, 1]),
            (&[2, 128], &[2, 64]),
            (&[3, 4, 34], &[1, 4, 17]),
        ];
        for (shape, windows) in cases {
            let array = irregular(shape);
            for op in [Sum, Mean, Var, Std, Min, Max, Count, Any, All, Median, Prod] {
                let axes = (0..shape.len()).map(|i| 2 * i + 1).collect();
                let split = reduce::split(array.as_block().unwrap(), windows).unwrap();
                let plain = reduce::whole(&ReduceSpec { axes, ..spec(op) }, &split).unwrap();
                let whole = array.coarsen(windows, Within::Reduce(spec(op))).unwrap();
                let whole = crate::kernel::cast::cast(whole.as_block().unwrap(), DType::F64).unwrap();
                let plain = crate::kernel::cast::cast(&plain, DType::F64).unwrap();
                for (a, b) in whole.to_vec::<f64>().unwrap().iter().zip(plain.to_vec::<f64>().unwrap()) {
                    let close = (a - b).abs() <= 1e-13 * b.abs() || a.is_nan() && b.is_nan();
                    assert!(close, "{op:?} {shape:?} {windows:?}: {a} {b}");
                }
                for chunk in [1, 2, 3, 7, 50] {
                    let grid = ChunkGrid::regular(shape, &vec![chunk; shape.len()]);
                    let chunked = array.rechunk(grid).unwrap();
                    let coarse = chunked.coarsen(windows, Within::Reduce(spec(op))).unwrap();
                    for i in 0..coarse.grid().count() {
                        let out = coarse.grid().region(i);
                        let need = &coarse.op().needs(&out, &[chunked.meta()])[0].region;
                        let piece = array.as_block().unwrap().region(need);
                        let block =
                            coarse.op().compute(&out, &[chunked.meta()], vec![piece], &Traffic::default());
                        let block = crate::kernel::cast::cast(&block.unwrap(), DType::F64).unwrap();
                        assert!(block.same_bits(&whole.region(&out)), "{op:?} {shape:?} {windows:?} {chunk}");
                    }
                }
            }
        }
    }
}
