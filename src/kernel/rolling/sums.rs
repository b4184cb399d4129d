//! Sums and means of windows of floats along one axis: what windows are folded for most, in the cuts of
//! [`tile`](super::tile) and with its bits, as plain loops over rows of numbers.

use super::fold::gather;
use super::planes::{Planes, To};
use super::tile::Wanted;
use ndarray::{ArrayViewMut, Axis};

use crate::array::{Block, Place};
use crate::dtype::{DType, Real};
use crate::error::{Error, Result};
use crate::kernel::reduce::{ReduceOp, fetch, two_sum};
use crate::kernel::wide::{Loop, wide};

/// Bytes of the sums before a cut, for all columns of a tile.
const TILE: usize = 256 << 10;
/// Columns of a tile, at least and at most.
const COLUMNS: (usize, usize) = (64, 2048);
/// Columns that are gathered at a time where they do not lie together.
const GATHERED: usize = 32;

/// A float that is summed.
pub(super) trait Summand: Real {
    /// Whether sums carry what every addition lost, as they are no wider than the elements.
    const EXACT: bool;
    fn widen(self) -> f64;
    fn narrow(sum: f64) -> Self;
}

impl Summand for f32 {
    const EXACT: bool = false;
    fn widen(self) -> f64 {
        f64::from(self)
    }
    fn narrow(sum: f64) -> f32 {
        sum as f32
    }
}

impl Summand for f64 {
    const EXACT: bool = true;
    fn widen(self) -> f64 {
        self
    }
    fn narrow(sum: f64) -> f64 {
        sum
    }
}

/// Sums of the columns of rows below one another, what they lost if they are exact, and how many values went in.
struct Sums {
    width: usize,
    sum: Vec<f64>,
    lost: Vec<f64>,
    n: Vec<i32>,
}

/// A row of sums.
struct Row<'a> {
    sum: &'a [f64],
    lost: &'a [f64],
    n: &'a [i32],
}

struct RowMut<'a> {
    sum: &'a mut [f64],
    lost: &'a mut [f64],
    n: &'a mut [i32],
}

impl Sums {
    fn new(width: usize) -> Self {
        Sums { width, sum: Vec::new(), lost: Vec::new(), n: Vec::new() }
    }

    /// Makes room for so many rows.
    fn reserve<T: Summand>(&mut self, rows: usize) {
        let size = (rows * self.width).max(self.sum.len());
        self.sum.resize(size, 0.0);
        self.n.resize(size, 0);
        self.lost.resize(if T::EXACT { size } else { 0 }, 0.0);
    }

    fn clear(&mut self) {
        self.sum.fill(0.0);
        self.lost.fill(0.0);
        self.n.fill(0);
    }

    fn row(&self, row: usize) -> Row<'_> {
        let at = row * self.width..(row + 1) * self.width;
        Row {
            sum: &self.sum[at.clone()],
            lost: self.lost.get(at.clone()).unwrap_or_default(),
            n: &self.n[at],
        }
    }

    /// A row, and the one below.
    fn pair(&mut self, row: usize) -> (RowMut<'_>, Row<'_>) {
        let (at, width) = (row * self.width, self.width);
        let (sum, below_sum) = self.sum[at..].split_at_mut(width);
        let (n, below_n) = self.n[at..].split_at_mut(width);
        let (lost, below_lost) = match self.lost.is_empty() {
            true => (&mut [][..], &[][..]),
            false => {
                let (lost, below) = self.lost[at..].split_at_mut(width);
                (lost, &*below)
            }
        };
        (RowMut { sum, lost, n }, Row { sum: below_sum, lost: below_lost, n: below_n })
    }
}

/// A value, or nothing to add and to count.
#[inline(always)]
fn valid<T: Summand>(x: T) -> (f64, i32) {
    let missing = x.is_nan();
    (if missing { 0.0 } else { x.widen() }, i32::from(!missing))
}

/// Adds elements to a row, into another.
#[inline(always)]
fn add<T: Summand>(elements: &[T], row: &Row, into: &mut RowMut) {
    let from = row.sum.iter().zip(row.n);
    let to = into.sum.iter_mut().zip(&mut *into.n);
    if T::EXACT {
        let to = to.zip(into.lost.iter_mut().zip(row.lost));
        for ((x, (sum, n)), ((to_sum, to_n), (to_lost, lost))) in elements.iter().zip(from).zip(to) {
            let (v, one) = valid(*x);
            let (total, error) = two_sum(v, *sum);
            (*to_sum, *to_lost, *to_n) = (total, lost + error, n + one);
        }
    } else {
        for ((x, (sum, n)), (to_sum, to_n)) in elements.iter().zip(from).zip(to) {
            let (v, one) = valid(*x);
            (*to_sum, *to_n) = (v + sum, n + one);
        }
    }
}

/// Adds elements to a row.
#[inline(always)]
fn push<T: Summand>(elements: &[T], row: &mut RowMut) {
    let to = row.sum.iter_mut().zip(&mut *row.n);
    if T::EXACT {
        for ((x, (sum, n)), lost) in elements.iter().zip(to).zip(&mut *row.lost) {
            let (v, one) = valid(*x);
            let (total, error) = two_sum(*sum, v);
            (*sum, *lost, *n) = (total, *lost + error, *n + one);
        }
    } else {
        for (x, (sum, n)) in elements.iter().zip(to) {
            let (v, one) = valid(*x);
            (*sum, *n) = (*sum + v, *n + one);
        }
    }
}

/// What windows give whose elements are in two rows of sums; NaN where they hold less than `least` values.
#[inline(always)]
fn emit<T: Summand, const MEAN: bool>(before: &Row, behind: &Row, least: i32, out: &mut [T]) {
    let one = |sum: f64, n: i32| {
        let value = if MEAN { sum / f64::from(n) } else { sum };
        T::narrow(if n < least { f64::NAN } else { value })
    };
    let sums = before.sum.iter().zip(behind.sum).zip(before.n.iter().zip(behind.n));
    if T::EXACT {
        let lost = before.lost.iter().zip(behind.lost);
        for ((out, ((a, b), (n, m))), (lost, more)) in out.iter_mut().zip(sums).zip(lost) {
            let (total, error) = two_sum(*a, *b);
            let exact = total + (lost + more + error);
            // Behind an infinity the lost part is NaN.
            *out = one(if exact.is_nan() { total } else { exact }, n + m);
        }
    } else {
        for (out, ((a, b), (n, m))) in out.iter_mut().zip(sums) {
            *out = one(a + b, n + m);
        }
    }
}

/// The windows of `width` columns: `put` is told the number of each, and what it is put together from.
#[inline(always)]
fn windows<T: Summand>(rows: &[&[T]], width: usize, wanted: &Wanted, mut put: impl FnMut(usize, &Row, &Row)) {
    let (mut before, mut behind, mut nothing) = (Sums::new(width), Sums::new(width), Sums::new(width));
    behind.reserve::<T>(1);
    nothing.reserve::<T>(1);
    let (spans, mut next) = (wanted.spans, wanted.windows.start);
    let elements = |row: usize| rows[row - wanted.origin];
    while next < wanted.windows.end {
        let windows = spans.same_cut(next, wanted.windows.end);
        let (first, cut) = (spans.span(next).start, spans.cut(next));
        before.reserve::<T>(cut.saturating_sub(first));
        for row in (first..cut).rev() {
            let (mut ours, later) = before.pair(row - first);
            let later = if row + 1 < cut { later } else { nothing.row(0) };
            add(elements(row), &later, &mut ours);
        }
        behind.clear();
        let mut at = cut;
        for window in windows.clone() {
            let span = spans.span(window);
            for row in at..span.end {
                fetch(elements(row));
                push(elements(row), &mut behind.pair(0).0);
            }
            at = at.max(span.end);
            let held = if span.start < cut { before.row(span.start - first) } else { nothing.row(0) };
            put(window - wanted.windows.start, &held, &behind.row(0));
        }
        next = windows.end;
    }
}

/// The windows of some columns.
struct Part<'a, T, F> {
    rows: &'a [&'a [T]],
    width: usize,
    wanted: &'a Wanted<'a>,
    put: F,
}

impl<T: Summand, F: FnMut(usize, &Row, &Row)> Loop for Part<'_, T, F> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        windows::<T>(self.rows, self.width, self.wanted, self.put);
    }
}

/// The sums or means of windows along an axis of 32 or 64 bit floats, at their place.
pub(super) fn roll_into(block: &Block, axis: usize, place: &mut Place<'_>, windows: &Windows) -> Result<()> {
    match (block.dtype(), windows.op == ReduceOp::Mean) {
        (DType::F32, false) => typed::<f32, false>(block, axis, place, windows),
        (DType::F32, true) => typed::<f32, true>(block, axis, place, windows),
        (_, false) => typed::<f64, false>(block, axis, place, windows),
        (_, true) => typed::<f64, true>(block, axis, place, windows),
    }
}

/// What is wanted of windows.
pub(super) struct Windows<'a> {
    pub(super) op: ReduceOp,
    pub(super) wanted: Wanted<'a>,
    /// Fewer values than this give a missing result.
    pub(super) least: usize,
}

fn typed<T: Summand, const MEAN: bool>(
    block: &Block,
    axis: usize,
    place: &mut Place<'_>,
    of: &Windows,
) -> Result<()> {
    let elements = block.typed::<T>()?;
    let dtype = place.dtype();
    let results = place.elements::<T>();
    let results = results.ok_or_else(|| Error::internal(format!("{} at a place of {dtype}", T::DTYPE)))?;
    let mut shape = results.shape().to_vec();
    let least = i32::try_from(of.least).unwrap_or(i32::MAX);
    // The results of each window lie together, but for those along the last axis, which are put in order first.
    let together = results.index_axis(Axis(axis), 0).is_standard_layout();
    let mut own = Vec::new();
    let mut rows: Vec<&mut [T]> = if together {
        results.axis_iter_mut(Axis(axis)).filter_map(ArrayViewMut::into_slice).collect()
    } else {
        own.resize(results.len(), T::from_f64(0.0));
        own.chunks_mut(results.len() / shape[axis]).collect()
    };
    shape[axis] = 1;
    let side = (TILE / ((of.wanted.height() + 1) * size_of::<f64>())).clamp(COLUMNS.0, COLUMNS.1);
    let (mut gathered, mut spread) = (Vec::new(), Vec::new());
    Planes::new(elements.view(), axis, &shape).each(|plane, to: To| {
        let columns = plane.ncols();
        let together = columns <= 1 || plane.strides()[1] == 1;
        let side = if together { side } else { side.min(GATHERED) };
        for first in (0..columns).step_by(side) {
            let part = first..columns.min(first + side);
            let (base, width) = (to.base + first * to.column, part.len());
            let from: Vec<&[T]> = if together {
                let row = |i| plane.row(i).to_slice().map_or(&[][..], |row| &row[part.clone()]);
                (0..plane.nrows()).map(row).collect()
            } else {
                gather(&plane, part, &mut gathered);
                gathered.chunks(width).collect()
            };
            spread.resize(width, T::from_f64(0.0));
            let put = |window: usize, before: &Row, behind: &Row| {
                let row = &mut rows[window][base..];
                if to.column == 1 {
                    emit::<T, MEAN>(before, behind, least, &mut row[..width]);
                } else {
                    emit::<T, MEAN>(before, behind, least, &mut spread);
                    row.iter_mut().step_by(to.column).zip(&spread).for_each(|(to, x)| *to = *x);
                }
            };
            wide(Part { rows: &from, width, wanted: &of.wanted, put });
        }
        Ok::<(), Error>(())
    })?;
    drop(rows);
    if !own.is_empty() {
        let mut from = own.chunks(own.len() / results.len_of(Axis(axis)));
        for (mut row, from) in results.axis_iter_mut(Axis(axis)).zip(&mut from) {
            row.iter_mut().zip(from).for_each(|(to, x)| *to = *x);
        }
    }
    Ok(())
}
