//! Reductions of blocks of neighbours: windows that lie side by side and do not overlap.
//!
//! Many results are made side by side, as in `walk`: of the elements at one place in their windows a row is
//! made, and rows are added up. Where windows reach along the last axis such a row lies scattered, and a tile
//! of rows is put together first. The elements of a window are taken in their order, whatever else there is in
//! the piece: the same bits for any piece that holds the window.

use ndarray::ArrayViewD;

use super::lanes::{LANES, Partial, Store};
use super::sink::{Folding, ROWS, Sink};
use super::{Finish, ReduceSpec, Visit, dispatch, ends, inner_size, logic, whole};
use crate::array::Block;
use crate::dtype::Element;
use crate::error::{Error, Result};

/// Results of a row where rows lie together.
const COLUMNS: usize = 1024;
/// Results of a row that is put together: some rows of it stay in the nearest cache.
const GATHERED: usize = 256;
/// Elements that do not lie in order are copied about so many at a time.
const SLAB: usize = 1 << 15;
/// Windows of at least this length along the last axis are runs.
const LONG: usize = 4 * LANES;

/// The reduction of each block of `windows` elements of a piece, one length for each axis; the axes of `spec`
/// have no part in it. The lengths of the piece are multiples of them.
///
/// # Errors
/// If lengths do not fit, or the operation has no meaning for the dtype.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::reduce::{ReduceSpec, windows};
/// let sum = ReduceSpec { op: ReduceOp::Sum, axes: vec![], group: None, skipna: true, ddof: 0.0, min_count: None };
/// let piece = Block::from_vec(&[2, 4], vec![1, 2, 3, 4, 10, 20, 30, 40])?;
/// assert_eq!(windows(&sum, &piece, &[2, 2])?.to_vec::<i64>()?, [33, 77]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn windows(spec: &ReduceSpec, piece: &Block, windows: &[usize]) -> Result<Block> {
    let shape = piece.shape();
    let fits = shape.iter().zip(windows).all(|(n, w)| *w > 0 && n % w == 0);
    if windows.len() != shape.len() || !fits || spec.group.is_some() {
        return Err(Error::internal(format!("windows {windows:?} of shape {shape:?}")));
    }
    let out: Vec<usize> = shape.iter().zip(windows).map(|(n, w)| n / w).collect();
    let input = piece.dtype();
    let in_order = spec.as_order().is_some() || spec.as_extreme().is_some() || ends::handles(spec, input);
    if in_order {
        let axes: Vec<usize> = (0..out.len()).map(|i| 2 * i + 1).collect();
        let spec = ReduceSpec { axes, ..spec.clone() };
        return match out.contains(&0) {
            true => Ok(Block::zeros(spec.result_dtype(input)?, &out)),
            false => whole(&spec, &split(piece, windows)?),
        };
    }
    spec.result_dtype(input)?;
    let rows = [windows.iter().product::<usize>() as i64];
    let end = Finish { spec, input, first: 0, groups: None, rows: &rows, inner: inner_size(spec, &out) };
    let simpler = logic::simpler(spec.op, piece);
    let piece = simpler.as_ref().unwrap_or(piece);
    let flat = dispatch(spec, input, Fold { piece, windows, end: &end, size: out.iter().product() })?;
    flat.reshape(&out)
}

/// The piece with an axis of windows and one within windows in place of each axis.
pub(crate) fn split(piece: &Block, windows: &[usize]) -> Result<Block> {
    let shape: Vec<usize> = piece.shape().iter().zip(windows).flat_map(|(n, w)| [n / w, *w]).collect();
    piece.clone().reshape(&shape)
}

struct Fold<'a> {
    piece: &'a Block,
    windows: &'a [usize],
    end: &'a Finish<'a>,
    size: usize,
}

impl Visit for Fold<'_> {
    type Out = Block;
    fn visit<T: Element + Copy, P: Partial<T, LANES>>(self) -> Result<Block> {
        let elements = self.piece.typed::<T>()?;
        let mut folding = Folding::<T, P>::new(P::Store::new(self.size));
        fold(elements.view(), self.windows, &mut folding);
        folding.into_store().finish(self.end)
    }
}

/// Hands the elements of each window to the sink, slab by slab along the first axis where they do not lie in
/// order.
fn fold<T: Copy>(view: ArrayViewD<'_, T>, windows: &[usize], sink: &mut dyn Sink<T>) {
    if view.is_empty() {
        return;
    }
    if view.ndim() == 0 {
        sink.run(&[view[[]]]);
        return sink.end_run(0);
    }
    if let Some(elements) = view.to_slice() {
        Layout::new(view.shape(), windows).fold(elements, 0, sink);
        return;
    }
    let mut at = 0;
    let row = windows[0] * view.len() / view.len_of(ndarray::Axis(0));
    let rows = windows[0] * (SLAB / row).max(1);
    for slab in view.axis_chunks_iter(ndarray::Axis(0), rows) {
        let slab = slab.as_standard_layout();
        let elements = slab.as_slice().expect("it is in standard layout");
        at = Layout::new(slab.shape(), windows).fold(elements, at, sink);
    }
}

/// Axes of elements in row-major order, with windows along them.
struct Layout {
    /// Lengths of the axes, as few of them as possible.
    shape: Vec<usize>,
    windows: Vec<usize>,
    /// How far the elements of a window at each place along all axes but the last lie from its first.
    outer: Vec<usize>,
}

impl Layout {
    fn new(shape: &[usize], windows: &[usize]) -> Self {
        let (mut lengths, mut widths): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        for (&n, &w) in shape.iter().zip(windows) {
            match (lengths.last_mut(), widths.last_mut()) {
                // No window reaches over the end of an axis: all of them are windows along one long axis.
                (Some(last), Some(width)) if *width == 1 => {
                    *last *= n;
                    *width = w;
                }
                _ => {
                    lengths.push(n);
                    widths.push(w);
                }
            }
        }
        let mut outer = vec![0];
        let mut step: usize = lengths.iter().product();
        for (n, w) in lengths.iter().zip(&widths).take(lengths.len() - 1) {
            step /= n;
            outer = outer.iter().flat_map(|at| (0..*w).map(move |i| at + i * step)).collect();
        }
        Layout { shape: lengths, windows: widths, outer }
    }

    /// Folds all windows into the results from `at` on; gives where the next would be.
    fn fold<T: Copy>(&self, elements: &[T], at: usize, sink: &mut dyn Sink<T>) -> usize {
        let last = self.shape.len() - 1;
        let (len, width) = (self.shape[last] / self.windows[last], self.windows[last]);
        let rows: usize = self.shape[..last].iter().zip(&self.windows).map(|(n, w)| n / w).product();
        if width == 1 && len >= 2 * LANES {
            for row in 0..rows {
                let base = self.start(row);
                for first in (0..len).step_by(COLUMNS) {
                    let columns = first..len.min(first + COLUMNS);
                    sink.begin_rows(columns.len());
                    for places in self.outer.chunks(ROWS) {
                        let mut slices: [&[T]; ROWS] = [&[]; ROWS];
                        for (slot, place) in slices.iter_mut().zip(places) {
                            *slot = &elements[base + place..][columns.clone()];
                        }
                        sink.rows(&slices[..places.len()]);
                    }
                    sink.end_rows(at + row * len + first, 1);
                }
            }
        } else if width >= LONG {
            for row in 0..rows {
                let base = self.start(row);
                for i in 0..len {
                    for place in &self.outer {
                        sink.run(&elements[base + place + i * width..][..width]);
                    }
                    sink.end_run(at + row * len + i);
                }
            }
        } else {
            self.gather(elements, at, rows, sink);
        }
        at + rows * len
    }

    /// Where the first window of a row of windows begins.
    fn start(&self, mut row: usize) -> usize {
        let last = self.shape.len() - 1;
        let (mut at, mut step) = (0, self.shape[last]);
        for (n, w) in self.shape[..last].iter().zip(&self.windows).rev() {
            at += row % (n / w) * w * step;
            row /= n / w;
            step *= n;
        }
        at
    }

    /// Folds a tile of windows after the other, whose elements are put together by their places in the windows.
    fn gather<T: Copy>(&self, elements: &[T], at: usize, rows: usize, sink: &mut dyn Sink<T>) {
        let last = self.shape.len() - 1;
        let (len, width) = (self.shape[last] / self.windows[last], self.windows[last]);
        // As many places at once as make full rows of the sink, whole stretches along the last axis each.
        let stretches = (ROWS / width).max(1);
        let mut buffer = vec![elements[0]; stretches * width * GATHERED];
        let total = rows * len;
        let mut segments: Vec<(usize, usize)> = Vec::new();
        for first in (0..total).step_by(GATHERED) {
            let end = total.min(first + GATHERED);
            segments.clear();
            let mut next = first;
            while next < end {
                let (row, i) = (next / len, next % len);
                let n = (len - i).min(end - next);
                segments.push((self.start(row) + i * width, n));
                next += n;
            }
            sink.begin_rows(end - first);
            for places in self.outer.chunks(stretches) {
                for (place, part) in places.iter().zip(buffer.chunks_mut(width * GATHERED)) {
                    let mut done = 0;
                    for &(base, n) in &segments {
                        spread(&elements[base + place..][..n * width], width, part, done);
                        done += n;
                    }
                }
                let gathered: Vec<&[T]> = buffer
                    .chunks(GATHERED)
                    .take(places.len() * width)
                    .map(|row| &row[..end - first])
                    .collect();
                gathered.chunks(ROWS).for_each(|rows| sink.rows(rows));
            }
            sink.end_rows(at + first, 1);
        }
    }
}

/// Deals elements out to `width` rows of [`GATHERED`] elements, from `at` on.
fn spread<T: Copy>(elements: &[T], width: usize, rows: &mut [T], at: usize) {
    /// With a width that the compiler knows.
    fn known<T: Copy, const W: usize>(elements: &[T], rows: &mut [T], at: usize) {
        let (windows, _) = elements.as_chunks::<W>();
        for (k, row) in rows.chunks_mut(GATHERED).enumerate().take(W) {
            for (to, window) in row[at..at + windows.len()].iter_mut().zip(windows) {
                *to = window[k];
            }
        }
    }
    match width {
        1 => rows[at..at + elements.len()].copy_from_slice(elements),
        2 => known::<T, 2>(elements, rows, at),
        3 => known::<T, 3>(elements, rows, at),
        4 => known::<T, 4>(elements, rows, at),
        5 => known::<T, 5>(elements, rows, at),
        6 => known::<T, 6>(elements, rows, at),
        8 => known::<T, 8>(elements, rows, at),
        _ => {
            for (k, row) in rows.chunks_mut(GATHERED).enumerate().take(width) {
                let windows = elements.chunks_exact(width);
                row[at..at + windows.len()].iter_mut().zip(windows).for_each(|(to, window)| *to = window[k]);
            }
        }
    }
}
