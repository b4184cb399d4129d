//! Edges of bins, and the bin of each value: the rules of pandas' `cut`.

use std::cmp::Ordering;

use num_traits::Float;

use crate::array::Block;
use crate::dtype::dispatch::with_real;
use crate::dtype::{DType, Kind, NAT, Number};
use crate::error::{Error, Result};
use crate::index::{Key, Positions, comparable, label_keys as keys, show_label, take_labels};
use crate::kernel::cast::cast;

/// The share of the range by which the first of equal bins is wider, so that it holds the least value.
const WIDER: f64 = 0.001;
/// Rounded edges have fewer decimals than this.
const DECIMALS: i32 = 20;

/// The edges of `count` bins of equal width over all values.
///
/// # Errors
/// If there are no bins, no values, infinite ones, or labels of this dtype have no distance.
pub(super) fn equal_edges(values: &Block, count: usize, right: bool) -> Result<Block> {
    if count == 0 {
        return Err(Error::invalid("no bins at all").help("give the number of bins, or their edges"));
    }
    let values = values.clone().contiguous();
    match (values.dtype(), values.dtype().kind()) {
        (dtype, _) if dtype.is_time() => {
            let ticks = values.to_vec::<i64>()?.into_iter().filter(|t| *t != NAT);
            let (low, high) = range(ticks, i64::cmp)?;
            let edges = equal_ticks(low, high, dtype, count, right)?;
            Ok(Block::from_vec(&[count + 1], edges)?.retype(dtype))
        }
        (_, Kind::F32) => {
            let (low, high) = float_range(&values.to_vec::<f32>()?)?;
            Block::from_vec(&[count + 1], equal_floats(low, high, high - low, count, right))
        }
        (_, Kind::F64) => {
            let (low, high) = float_range(&values.to_vec::<f64>()?)?;
            Block::from_vec(&[count + 1], equal_floats(low, high, high - low, count, right))
        }
        (dtype, _) if dtype.is_integer() || dtype.is_bool() => {
            let as_int = |k: &Key| if let Key::Int(v) = k { *v } else { 0 };
            let (low, high) = range(keys(&values).iter().map(as_int), i128::cmp)?;
            let width = (high - low) as f64;
            Block::from_vec(&[count + 1], equal_floats(low as f64, high as f64, width, count, right))
        }
        (dtype, _) => {
            Err(Error::dtype(format!("{dtype} values have no bins")).help("bins are of numbers or times"))
        }
    }
}

/// The least and the greatest value.
fn range<T: Copy>(values: impl Iterator<Item = T>, order: impl Fn(&T, &T) -> Ordering) -> Result<(T, T)> {
    let both = values.fold(None, |both: Option<(T, T)>, v| match both {
        None => Some((v, v)),
        Some((low, high)) => Some((
            if order(&v, &low).is_lt() { v } else { low },
            if order(&v, &high).is_gt() { v } else { high },
        )),
    });
    both.ok_or_else(|| Error::invalid("every label is missing: there is no range to cut into bins"))
}

fn float_range<T: Float>(values: &[T]) -> Result<(T, T)> {
    let valid = values.iter().copied().filter(|v| !v.is_nan());
    let (low, high) = range(valid, |a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal))?;
    if low.is_infinite() || high.is_infinite() {
        return Err(Error::invalid("a number of bins for values of which some are infinite")
            .help("give the edges of the bins"));
    }
    Ok((low, high))
}

/// numpy's `linspace` with its order of operations, so that values at an edge fall on the same side.
fn equal_floats<T: Float + Number>(low: T, high: T, width: T, count: usize, right: bool) -> Vec<T> {
    let number = <T as Number>::from_f64;
    let one = low == high;
    let wider = |v: T| if v == T::zero() { number(WIDER) } else { number(WIDER) * v.abs() };
    let (low, high) = if one { (low - wider(low), high + wider(high)) } else { (low, high) };
    let (delta, parts) = (high - low, number(count as f64));
    let step = delta / parts;
    let edge = |i: usize| {
        let i = number(i as f64);
        low + if step == T::zero() { i / parts * delta } else { i * step }
    };
    let mut edges: Vec<T> = (0..count).map(edge).chain([high]).collect();
    if !one {
        let more = width * number(WIDER);
        if right {
            edges[0] = edges[0] - more;
        } else {
            edges[count] = edges[count] + more;
        }
    }
    edges
}

/// As of floats; whole ticks, and a second on either side of a single time.
fn equal_ticks(low: i64, high: i64, dtype: DType, count: usize, right: bool) -> Result<Vec<i64>> {
    let (DType::Datetime { unit, .. } | DType::Timedelta { unit }) = dtype else {
        return Err(Error::internal(format!("{dtype} is no time")));
    };
    let overflow = || Error::invalid("the edges of the bins lie beyond what the unit of the times holds");
    let one = low == high;
    let second = if one { unit.per_second() } else { 0 };
    let low = low.checked_sub(second).ok_or_else(overflow)?;
    let high = high.checked_add(second).ok_or_else(overflow)?;
    let width = high.checked_sub(low).ok_or_else(overflow)?;
    let step = width as f64 / count as f64;
    let edge = |i: usize| low + (i as f64 * step).floor() as i64;
    let mut edges: Vec<i64> = (0..count).map(edge).chain([high]).collect();
    if !one {
        let more = (width as f64 * WIDER) as i64;
        let (end, moved) = if right { (0, low.checked_sub(more)) } else { (count, high.checked_add(more)) };
        edges[end] = moved.ok_or_else(overflow)?;
    }
    Ok(edges)
}

/// Refuses edges that are no edges; gives them back without repetitions if these are to go.
///
/// # Errors
/// If an edge is missing, edges fall, or stand twice.
pub(super) fn checked_edges(edges: &Block, drop_duplicates: bool) -> Result<Block> {
    let edges = edges.clone().contiguous();
    let keys = keys(&edges);
    if edges.ndim() != 1 || keys.len() < 2 {
        return Err(Error::invalid(format!("edges of shape {:?} make no bin", edges.shape()))
            .help("give at least two edges along one dimension"));
    }
    let rises = |pair: &[Key]| pair[0].order(&pair[1]).is_some_and(Ordering::is_le);
    if let Some(i) = keys.windows(2).position(|pair| !rises(pair)) {
        let [a, b] = [i, i + 1].map(|i| show_label(&edges, i));
        return Err(Error::invalid(format!("the edges of bins do not rise: {a} stands before {b}"))
            .help("sort the edges, and leave missing ones out"));
    }
    // A single bin may be a point, as in pandas.
    let twice = |i: &usize| *i > 0 && keys[*i] == keys[*i - 1];
    let Some(i) = (0..keys.len()).find(twice).filter(|_| keys.len() != 2) else { return Ok(edges) };
    if !drop_duplicates {
        let edge = show_label(&edges, i);
        return Err(Error::invalid(format!("the edge {edge} stands twice"))
            .help("name each edge once, or drop the others with `drop_duplicates`"));
    }
    let kept: Vec<i64> = (0..keys.len()).filter(|i| !twice(i)).map(|i| i as i64).collect();
    Ok(take_labels(&edges, &Positions::Many(kept)))
}

/// The bin of each value in row-major order, -1 in none.
///
/// # Errors
/// If values and edges cannot be compared.
pub(super) fn bin_codes(
    values: &Block,
    edges: &Block,
    right: bool,
    include_lowest: bool,
) -> Result<Vec<i32>> {
    let values = values.clone().contiguous().reshape(&[values.size()])?;
    if comparable(values.dtype(), edges.dtype()).is_err() {
        return Err(Error::dtype(format!(
            "bins with edges of type {} for labels of type {}",
            edges.dtype(),
            values.dtype()
        ))
        .help(format!("give edges of type {}", values.dtype())));
    }
    let exact = |b: &Block| b.dtype().is_float() || b.dtype().is_integer() && b.dtype().size() <= 4;
    if exact(&values) && exact(edges) {
        let edges = cast(edges, DType::F64)?.to_vec::<f64>()?;
        return with_real!(values.dtype().kind(), T => {
            let values = values.as_slice::<T>().ok_or_else(|| Error::internal("labels do not lie in order"))?;
            Ok(codes(values.iter().map(|v| Number::to_f64(*v)), &edges, f64::partial_cmp, right, include_lowest))
        }, else Err(Error::internal("a number that is none")));
    }
    Ok(codes(keys(&values).into_iter(), &keys(edges), Key::order, right, include_lowest))
}

fn codes<T>(
    values: impl Iterator<Item = T>,
    edges: &[T],
    order: impl Fn(&T, &T) -> Option<Ordering>,
    right: bool,
    include_lowest: bool,
) -> Vec<i32> {
    // Neighbours are often in one bin.
    let mut last = 0;
    let code = |v: T| {
        // The edges before the value: those below, and for bins that are closed on the left an equal one.
        let passed = |e: &T| match order(e, &v) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => !right,
            _ => false,
        };
        order(&v, &v)?;
        if include_lowest && order(&v, &edges[0]) == Some(Ordering::Equal) {
            return Some(0);
        }
        if !(passed(&edges[last]) && edges.get(last + 1).is_some_and(|e| !passed(e))) {
            last = edges.partition_point(passed).checked_sub(1)?;
        }
        (last + 1 < edges.len()).then_some(last as i32)
    };
    values.map(code).map(|c| c.unwrap_or(-1)).collect()
}

/// The edges as labels show them: floats with `precision` decimals, or as many more as keep them apart;
/// of those below 1 so many digits that are not 0.
///
/// # Errors
/// If the dtype is none of edges.
pub(super) fn rounded_edges(edges: &Block, precision: i32) -> Result<(Block, i32)> {
    let dtype = edges.dtype();
    if dtype.is_time() {
        return Ok((edges.clone(), precision));
    }
    if !(dtype.is_float() || dtype.is_integer()) {
        return Err(
            Error::dtype(format!("{dtype} values are no edges of bins")).help("edges are numbers or times")
        );
    }
    let whole = cast(edges, DType::F64)?.to_vec::<f64>()?;
    let (rounded, precision) = apart(&whole, precision);
    // Integers stay as they are, those too that a float does not hold.
    if dtype.is_integer() && rounded == whole {
        return Ok((edges.clone(), precision));
    }
    let kept = if dtype.is_integer() { DType::I64 } else { DType::F64 };
    Ok((cast(&Block::from_vec(&[rounded.len()], rounded)?, kept)?, precision))
}

/// Rounded edges that are as different as the edges, and the precision that this took.
fn apart(edges: &[f64], precision: i32) -> (Vec<f64>, i32) {
    let rounded = |precision| edges.iter().map(|e| rounded(*e, precision)).collect::<Vec<f64>>();
    for precision in precision..DECIMALS {
        let edges = rounded(precision);
        if edges.windows(2).all(|pair| pair[0] != pair[1]) {
            return (edges, precision);
        }
    }
    (rounded(precision), precision)
}

/// numpy's `around`, to so many digits behind the zeros below 1.
fn rounded(v: f64, precision: i32) -> f64 {
    if !v.is_finite() || v == 0.0 {
        return v;
    }
    let digits = match v.trunc() == 0.0 {
        true => precision.saturating_sub(v.abs().log10().floor() as i32 + 1),
        false => precision,
    };
    // Beyond this a power is infinite, and the number is not changed.
    let power = (0..digits.unsigned_abs().min(400)).fold(1.0, |p, _| p * 10.0);
    let rounded = match digits >= 0 {
        true => (v * power).round_ties_even() / power,
        false => (v / power).round_ties_even() * power,
    };
    if rounded.is_finite() { rounded } else { v }
}
