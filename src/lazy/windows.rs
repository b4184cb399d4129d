//! Moving windows as an axis of their own.
//!
//! A chunk of the result reads the chunk of the input at its place and what its windows reach beside it. Which
//! element stands where is known from the window alone: the plan holds no list of positions.

use serde::{Deserialize, Serialize};

use super::rolling::{cut, strided};
use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::movement;
use crate::kernel::rolling::Spans;
use crate::source::Traffic;

/// A task makes at most about so much, if single windows are no larger.
const TASK_BYTES: usize = 32 << 20;

/// The elements of moving windows, `fill` where they reach beyond the array.
#[derive(Debug, Serialize, Deserialize)]
pub struct Windows {
    /// Axes of the input with the windows along them; the places in these are the last axes, in this order.
    axes: Vec<(usize, Spans)>,
    fill: Block,
}

impl Windows {
    fn input_region(&self, out: &Region) -> Region {
        let mut region = Region::new(out.ranges().take(out.ndim() - self.axes.len()));
        for (axis, spans) in &self.axes {
            region.set(*axis, spans.reach(out.axis(*axis)));
        }
        region
    }
}

#[typetag::serde]
impl Op for Windows {
    fn name(&self) -> &'static str {
        "windows"
    }

    fn needs(&self, out: &Region, _inputs: &[&Meta]) -> Vec<Need> {
        vec![Need { input: 0, region: self.input_region(out) }]
    }

    fn compute(
        &self,
        out: &Region,
        _inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let ndim = out.ndim() - self.axes.len();
        let at = self.input_region(out);
        let mut block = pieces.remove(0);
        let mut shape = block.shape().to_vec();
        for (k, (axis, spans)) in self.axes.iter().enumerate() {
            let held = at.axis(*axis);
            let pick = |position: i64| {
                let position = usize::try_from(position).ok().filter(|p| held.contains(p))?;
                Some((0, position - held.start))
            };
            let places = out.axis(ndim + k);
            let of_window = |i| places.clone().map(move |p| spans.begin(i) + p as i64);
            let picks: Vec<_> = out.axis(*axis).flat_map(of_window).map(pick).collect();
            shape[*axis] = picks.len();
            block = movement::take(&[block], *axis, &picks, &self.fill, &shape);
        }
        // The axes of places stand behind those of their windows at first.
        let (mut shape, mut order, mut places) = (Vec::new(), Vec::new(), vec![0; self.axes.len()]);
        for axis in 0..ndim {
            order.push(shape.len());
            shape.push(out.axis(axis).len());
            if let Some(k) = self.axes.iter().position(|(a, _)| *a == axis) {
                places[k] = shape.len();
                shape.push(out.axis(ndim + k).len());
            }
        }
        order.extend(places);
        Ok(block.reshape(&shape)?.permute(&order))
    }

    fn describe(&self) -> String {
        let along: Vec<String> =
            self.axes.iter().map(|(axis, spans)| format!("{} along axis {axis}", spans.describe())).collect();
        along.join(", ")
    }
}

impl LazyArray {
    /// All windows along axes, each with an axis for the places in them at the end; `fill` (a block of rank 0 of
    /// the array's dtype) stands beyond the array.
    ///
    /// # Errors
    /// If an axis does not exist or the fill value has another dtype.
    pub(crate) fn windows(&self, axes: Vec<(usize, Spans)>, fill: Block) -> Result<LazyArray> {
        let mut grid = self.grid().axes().to_vec();
        if axes.iter().any(|(axis, _)| *axis >= grid.len()) || fill.dtype() != self.dtype() {
            return Err(Error::internal(format!("windows {axes:?} of shape {:?}", self.shape())));
        }
        for (axis, spans) in &axes {
            grid[*axis] = strided(&grid[*axis], spans);
        }
        let each: usize = axes.iter().map(|(_, spans)| spans.window()).product();
        for i in 0..grid.len() {
            let bytes = grid.iter().map(AxisGrid::largest).product::<usize>() * each * self.dtype().size();
            if bytes <= TASK_BYTES {
                break;
            }
            grid[i] = cut(&grid[i], bytes.div_ceil(TASK_BYTES), 1);
        }
        grid.extend(axes.iter().map(|(_, spans)| AxisGrid::single(spans.window())));
        let meta = Meta { dtype: self.dtype(), grid: ChunkGrid(grid) };
        LazyArray::new(Windows { axes, fill }, vec![self.clone()], meta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_chunks_and_parts_give_the_same_windows() {
        let plane = Block::from_vec(&[7, 5], (0..35).collect::<Vec<i32>>()).unwrap();
        let fill = Block::scalar(-1);
        for (window, center, stride) in
            [(1, false, 1), (2, false, 1), (3, true, 2), (4, true, 1), (9, false, 3)]
        {
            let axes = vec![(1, Spans::fixed(5, 2, center, 1)), (0, Spans::fixed(7, window, center, stride))];
            let whole = LazyArray::from(plane.clone()).windows(axes.clone(), fill.clone()).unwrap();
            let whole = whole.as_block().unwrap().clone();
            let before = if center { window / 2 } else { window - 1 };
            for at in ndarray::indices(ndarray::IxDyn(whole.shape())) {
                let (row, column) = (at[0] * stride + at[3], at[1] + at[2]);
                let held = (before..before + 7).contains(&row) && (1..6).contains(&column);
                let wanted = if held { ((row - before) * 5 + column - 1) as i32 } else { -1 };
                assert_eq!(whole.typed::<i32>().unwrap()[&at], wanted, "{window} {center} {stride} {at:?}");
            }
            for chunk in [1, 2, 3] {
                let chunked =
                    LazyArray::from(plane.clone()).rechunk(ChunkGrid::regular(&[7, 5], &[chunk, 2]));
                let windows = chunked.unwrap().windows(axes.clone(), fill.clone()).unwrap();
                assert!(windows.grid().count() > 1);
                let out = crate::array::Region::new(whole.shape().iter().map(|n| n / 2..*n));
                let need = windows.op().needs(&out, &[windows.inputs()[0].meta()]).remove(0).region;
                let pieces = vec![plane.region(&need)];
                let part =
                    windows.op().compute(&out, &[windows.inputs()[0].meta()], pieces, &Traffic::default());
                assert!(part.unwrap().same_bits(&whole.region(&out)));
            }
        }
    }

    #[test]
    fn tasks_stay_small() {
        let long = LazyArray::from(Block::scalar(1.0)).axes(&[super::super::AxisFrom::Repeat(1 << 22)]);
        let windows =
            long.unwrap().windows(vec![(0, Spans::fixed(1 << 22, 61, false, 1))], Block::scalar(0.0));
        let grid = windows.unwrap().grid().clone();
        assert!(grid.largest() * 8 <= TASK_BYTES + 61 * 8 && grid.count() < 100, "{}", grid.count());
    }
}
