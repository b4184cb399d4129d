//! Reductions that need whole axes at once: medians and the positions of extremes.

use std::cmp::Ordering;

use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, Slice};
use num_complex::Complex;

use super::extremes::missing;
use super::{ReduceOp, ReduceSpec};
use crate::array::Block;
use crate::dtype::dispatch::with_real;
use crate::dtype::{Element, Kind, NAT, Number, Text};
use crate::error::{Error, Result};

/// Lanes that are gathered side by side, so that reading across them uses whole cache lines.
const SIDE_BY_SIDE: usize = 32;

/// Applies `f` to the elements that belong to each element of the result, in row-major order of the
/// axes that go; `f` may change the order of its scratch row.
fn per_lane<T: Element, R: Element>(
    spec: &ReduceSpec,
    view: ArrayViewD<'_, T>,
    mut f: impl FnMut(&mut Vec<T>) -> Result<R>,
) -> Result<ArrayD<R>> {
    let kept: Vec<usize> = (0..view.ndim())
        .filter(|a| !spec.axes.contains(a) && spec.group.as_ref().is_none_or(|g| g.axis != *a))
        .collect();
    let mut shape: Vec<usize> = kept.iter().map(|a| view.len_of(Axis(*a))).collect();
    if let (Some(axis), Some(g)) = (spec.group_axis(), &spec.group) {
        shape.insert(axis, g.count);
    }
    let mut out = ArrayD::from_elem(IxDyn(&shape), R::default());
    let members: Vec<Option<Vec<usize>>> = match &spec.group {
        None => vec![None],
        Some(g) => {
            let mut members = vec![Vec::new(); g.count];
            for (i, code) in g.codes.iter().enumerate().filter(|(_, c)| **c >= 0) {
                members[*code as usize].push(i);
            }
            members.into_iter().map(Some).collect()
        }
    };
    // [outer kept axes, axes that go in their order, last kept axis]
    let (last, outer) = match kept.split_last() {
        Some((last, outer)) => (Some(*last), outer),
        None => (None, &[][..]),
    };
    let mut order = outer.to_vec();
    order.extend((0..view.ndim()).filter(|a| !kept.contains(a)));
    order.extend(last);
    let group_at = spec.group.as_ref().and_then(|g| order.iter().position(|a| *a == g.axis));
    let mut view = view.permuted_axes(order);
    if last.is_none() {
        view = view.insert_axis(Axis(0));
        let ndim = view.ndim();
        view = view.permuted_axes((1..ndim).chain([0]).collect::<Vec<_>>());
    }
    let columns = Axis(view.ndim() - 1);
    let outer_shape: Vec<usize> = view.shape()[..outer.len()].to_vec();
    let width = view.len_of(columns);
    let mut scratch: Vec<Vec<T>> = vec![Vec::new(); width.min(SIDE_BY_SIDE)];
    for at in ndarray::indices(IxDyn(&outer_shape)) {
        let mut lanes = view.clone();
        for k in 0..outer.len() {
            lanes = lanes.index_axis_move(Axis(0), at[k]);
        }
        let columns = Axis(lanes.ndim() - 1);
        for (g, positions) in members.iter().enumerate() {
            for first in (0..width).step_by(SIDE_BY_SIDE) {
                let end = width.min(first + SIDE_BY_SIDE);
                let part = lanes.slice_axis(columns, Slice::from(first..end));
                scratch.iter_mut().for_each(Vec::clear);
                gather(part, positions.as_deref(), group_at.map(|a| a - outer.len()), &mut scratch);
                for (j, row) in scratch[..end - first].iter_mut().enumerate() {
                    let mut to: Vec<usize> = (0..outer.len()).map(|k| at[k]).collect();
                    to.extend(last.map(|_| first + j));
                    if let Some(a) = spec.group_axis() {
                        to.insert(a, g);
                    }
                    out[IxDyn(&to)] = f(row)?;
                }
            }
        }
    }
    Ok(out)
}

/// Appends the elements of each column, at some positions of the axis of groups, to its scratch row.
fn gather<T: Element>(
    part: ArrayViewD<'_, T>,
    positions: Option<&[usize]>,
    group_axis: Option<usize>,
    scratch: &mut [Vec<T>],
) {
    match (positions, group_axis) {
        (Some(positions), Some(0)) => {
            for p in positions {
                gather(part.index_axis(Axis(0), *p), None, None, scratch);
            }
        }
        // Axes before the axis of groups come first in the order.
        (Some(positions), Some(axis)) => {
            for sub in part.axis_iter(Axis(0)) {
                gather(sub, Some(positions), Some(axis - 1), scratch);
            }
        }
        _ if part.shape().last() == Some(&1) => scratch[0].extend(part.iter().cloned()),
        _ => {
            for row in part.rows() {
                scratch.iter_mut().zip(row).for_each(|(s, x)| s.push(x.clone()));
            }
        }
    }
}

/// The middle of `row` (the mean of the two middle ones) by `less` and `mean`.
fn middle<T: Clone>(
    row: &mut [T],
    order: impl Fn(&T, &T) -> Ordering,
    mean: impl Fn(&T, &T) -> T,
) -> Option<T> {
    let half = row.len() / 2;
    if row.is_empty() {
        return None;
    }
    let odd = row.len() % 2 == 1;
    let (below, mid, _) = row.select_nth_unstable_by(half, &order);
    if odd {
        return Some(mid.clone());
    }
    let low = below.iter().max_by(|a, b| order(a, b)).expect("an even row has two halves");
    Some(mean(low, mid))
}

/// NaN-free values in order; complex numbers by real, then imaginary parts.
fn by_parts<F: PartialOrd>(a: &Complex<F>, b: &Complex<F>) -> Ordering {
    by_value(&a.re, &b.re).then(by_value(&a.im, &b.im))
}

fn by_value<T: PartialOrd>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b).unwrap_or(Ordering::Equal)
}

/// Medians.
pub(super) fn median(spec: &ReduceSpec, block: &Block) -> Result<Block> {
    let dtype = block.dtype();
    macro_rules! gaps {
        ($T:ty, $order:expr, $mean:expr) => {
            gapped::<$T>(
                spec,
                block,
                $order,
                $mean,
                |x| x.is_missing(),
                missing::<$T>(dtype).unwrap_or_default(),
            )
        };
    }
    match dtype.kind() {
        _ if dtype.is_time() => gapped::<i64>(
            spec,
            block,
            i64::cmp,
            // Towards zero, as numpy divides timedeltas.
            |a, b| ((i128::from(*a) + i128::from(*b)) / 2) as i64,
            |x| *x == NAT,
            NAT,
        ),
        Kind::F32 => gaps!(f32, by_value, |a, b| (a + b) / 2.0),
        Kind::F64 => gaps!(f64, by_value, |a, b| (a + b) / 2.0),
        Kind::C64 => gaps!(Complex<f32>, by_parts, |a, b| (a + b) / 2.0),
        Kind::C128 => gaps!(Complex<f64>, by_parts, |a, b| (a + b) / 2.0),
        Kind::Bool => plain::<bool>(spec, block, |v| f64::from(u8::from(v))),
        kind => with_real!(kind, T => plain::<T>(spec, block, T::to_f64), else {
            Err(Error::internal("text has no median"))
        }),
    }
}

/// Medians of a type with a missing value.
fn gapped<T: Element>(
    spec: &ReduceSpec,
    block: &Block,
    order: impl Fn(&T, &T) -> Ordering,
    mean: impl Fn(&T, &T) -> T,
    is_missing: impl Fn(&T) -> bool,
    missing: T,
) -> Result<Block> {
    let out = per_lane(spec, block.typed::<T>()?.view(), |row| {
        let n = row.len();
        row.retain(|x| !is_missing(x));
        if !spec.skipna && row.len() < n {
            return Ok(missing.clone());
        }
        Ok(middle(row, &order, &mean).unwrap_or_else(|| missing.clone()))
    })?;
    Ok(Block::with_dtype(out.into_shared(), block.dtype()))
}

/// Medians of integers and bools.
fn plain<T: Element + PartialOrd + Copy>(
    spec: &ReduceSpec,
    block: &Block,
    real: impl Fn(T) -> f64,
) -> Result<Block> {
    let out = per_lane(spec, block.typed::<T>()?.view(), |row| {
        let half = row.len() / 2;
        if row.is_empty() {
            return Ok(f64::NAN);
        }
        let even = row.len() % 2 == 0;
        let (below, mid, _) = row.select_nth_unstable_by(half, by_value);
        let mid = real(*mid);
        let low = below.iter().copied().max_by(by_value).filter(|_| even);
        Ok(low.map_or(mid, |low| (real(low) + mid) / 2.0))
    })?;
    Ok(Block::new(out.into_shared()))
}

/// Positions of the least or greatest, the first of equal ones, flat over the axes that go.
pub(super) fn arg_extreme(spec: &ReduceSpec, block: &Block) -> Result<Block> {
    if spec.group.is_some() {
        return Err(Error::unsupported(format!("`{}` by groups", spec.op.name()))
            .help("reduce the selection of one group"));
    }
    let dtype = block.dtype();
    let max = spec.op == ReduceOp::ArgMax;
    // numpy lets NaT win whatever is asked for; so does xarray.
    let skips = spec.skips(dtype) && !dtype.is_time();
    macro_rules! search {
        ($T:ty, $order:expr) => {
            positions::<$T>(spec, block, max, skips, $order, |x| x.is_missing())
        };
    }
    match dtype.kind() {
        _ if dtype.is_time() => positions::<i64>(spec, block, max, skips, i64::cmp, |x| *x == NAT),
        Kind::C64 => search!(Complex<f32>, by_parts),
        Kind::C128 => search!(Complex<f64>, by_parts),
        Kind::Str => search!(Text, Text::cmp),
        Kind::Bool => search!(bool, bool::cmp),
        kind => with_real!(kind, T => search!(T, by_value), else Err(Error::internal("no order"))),
    }
}

fn positions<T: Element>(
    spec: &ReduceSpec,
    block: &Block,
    max: bool,
    skips: bool,
    order: impl Fn(&T, &T) -> Ordering,
    is_missing: impl Fn(&T) -> bool,
) -> Result<Block> {
    let name = spec.op.name();
    let ahead = if max { Ordering::Greater } else { Ordering::Less };
    let out = per_lane(spec, block.typed::<T>()?.view(), |row| {
        let mut best: Option<usize> = None;
        for (i, x) in row.iter().enumerate() {
            if is_missing(x) {
                if skips {
                    continue;
                }
                return Ok(i as i64);
            }
            if best.is_none_or(|b| order(x, &row[b]) == ahead) {
                best = Some(i);
            }
        }
        best.map(|i| i as i64).ok_or_else(|| match row.is_empty() {
            true => Error::invalid(format!("`{name}` of an empty axis has no value")),
            false => Error::invalid(format!("`{name}` found only missing values (all-NaN slice)"))
                .help("fill them first, or use `idxmin`/`idxmax`, which give a missing label"),
        })
    })?;
    Ok(Block::new(out.into_shared()))
}
