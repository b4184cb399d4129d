//! Quantiles and medians: the elements at some places of the sorted lane, by selection.

use std::ops::Range;

use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, Slice};
use num_complex::Complex;

use super::key::{Gaps, Keyed};
use super::lanes::{for_each_tile, kept, steps};
use super::method::Place;
use super::{OrderSpec, Pick, text, with_keyed};
use crate::array::{Block, Region};
use crate::dtype::{Calendar, DType, Element, Number};
use crate::error::{Error, Result};
use crate::kernel::reduce::{OutAxis, out_axes};

/// Lanes up to this length are sorted: selection would not be faster.
const SHORT: usize = 24;

/// Computes what `spec` says from a block that has the axes whole.
///
/// # Errors
/// If the operation has no meaning for the dtype, or there is nothing to choose from.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::order::{OrderSpec, Pick, pick};
/// let spec = OrderSpec { pick: Pick::Median, axes: vec![0], group: None, skipna: true };
/// let median = pick(&spec, &Block::from_vec(&[3], vec![9.0, 1.0, 4.0])?)?;
/// assert_eq!(median, Block::scalar(4.0));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn pick(spec: &OrderSpec, block: &Block) -> Result<Block> {
    let groups = 0..spec.group.as_ref().map_or(1, |g| g.count);
    pick_groups(spec, block, &Region::full(block.shape()), groups)
}

/// The same from a block that lies at `at` and has these groups whole: only their results.
///
/// # Errors
/// If the operation has no meaning for the dtype, or there is nothing to choose from.
pub(crate) fn pick_groups(
    spec: &OrderSpec,
    block: &Block,
    at: &Region,
    groups: Range<usize>,
) -> Result<Block> {
    let dtype = block.dtype();
    let out = spec.result_dtype(dtype)?;
    if matches!(spec.pick, Pick::Weighted { .. }) {
        return Err(Error::internal("weighted quantiles without weights"));
    }
    if dtype.is_text() {
        let (codes, texts) = text::codes(block)?;
        return text::decode(&pick_groups(spec, &codes, at, groups)?, &texts, dtype);
    }
    let wanted = Wanted { spec, at, groups };
    with_keyed!(dtype.kind(), T => {
        let view = block.typed::<T>()?.view();
        match (&spec.pick, out) {
            _ if dtype.is_time() => times(&wanted, block),
            (Pick::Median, DType::F64) => reals::<T>(&wanted, view, dtype, |a, b, _| (a.real() + b.real()) / 2.0),
            (Pick::Median, _) => same::<T>(&wanted, view, dtype, |a, b, _| T::middle(a, b)),
            (Pick::Quantiles { method, .. }, _) if method.chooses() => same::<T>(&wanted, view, dtype, |a, _, _| a),
            _ => reals::<T>(&wanted, view, dtype, T::between),
        }
    }, else Err(Error::internal("text was turned into numbers")))
}

/// What is wanted: these groups, from elements that lie at `at`.
struct Wanted<'a> {
    spec: &'a OrderSpec,
    at: &'a Region,
    groups: Range<usize>,
}

/// Results of the type of the elements.
fn same<T: Value>(
    wanted: &Wanted,
    view: ArrayViewD<'_, T>,
    dtype: DType,
    value: impl Fn(T, T, f64) -> T + Copy,
) -> Result<Block> {
    let missing = crate::dtype::promote::missing_value(dtype);
    let missing = missing.get::<T>().and_then(|m| m.first().copied());
    Ok(Block::with_dtype(by_groups(wanted, view, dtype, missing, value)?.into_shared(), dtype))
}

/// Results in `f64`.
fn reals<T: Value>(
    wanted: &Wanted,
    view: ArrayViewD<'_, T>,
    dtype: DType,
    value: impl Fn(T, T, f64) -> f64 + Copy,
) -> Result<Block> {
    Ok(Block::new(by_groups(wanted, view, dtype, Some(f64::NAN), value)?.into_shared()))
}

/// The tick at a weight of the way between two: spans are cut to whole ticks in numpy's calendar, as it does, and
/// rounded in others, as Python does.
pub(in crate::kernel) fn between_ticks(dtype: DType) -> impl Fn(i64, i64, f64) -> i64 + Copy {
    let rounds =
        matches!(dtype, DType::Datetime { calendar, .. } if calendar != Calendar::ProlepticGregorian);
    let span = move |a: i64, b: i64, t: f64| {
        let span = i64::distance(a, b) * t;
        if rounds { span.round_ties_even() as i64 } else { span as i64 }
    };
    move |a, b, t| match t >= 0.5 {
        true => b.wrapping_sub(span(a, b, 1.0 - t)),
        false => a.wrapping_add(span(a, b, t)),
    }
}

/// Results in ticks.
fn times(wanted: &Wanted, block: &Block) -> Result<Block> {
    let view = block.typed::<i64>()?.view();
    let between = between_ticks(block.dtype());
    let value = |a: i64, b: i64, t: f64| match wanted.spec.pick {
        Pick::Median => ((i128::from(a) + i128::from(b)) / 2) as i64,
        Pick::Quantiles { method, .. } if method.chooses() => a,
        _ => between(a, b, t),
    };
    same(wanted, view, block.dtype(), value)
}

/// All wanted groups, each from its own positions.
fn by_groups<T: Value, R: Element + Copy>(
    wanted: &Wanted,
    view: ArrayViewD<'_, T>,
    dtype: DType,
    missing: Option<R>,
    value: impl Fn(T, T, f64) -> R + Copy,
) -> Result<ArrayD<R>> {
    let spec = wanted.spec;
    let Some(groups) = &spec.group else { return lanes(spec, view, dtype, &spec.axes, missing, value) };
    let leading = spec.leading();
    let at = groups.out_axis(&spec.axes) + usize::from(leading.is_some());
    let len = |axis| match axis {
        OutAxis::Kept(axis) => view.len_of(Axis(axis)),
        OutAxis::Groups => wanted.groups.len(),
    };
    let shape: Vec<usize> =
        leading.into_iter().chain(out_axes(view.ndim(), &spec.axes, Some(groups)).map(len)).collect();
    let mut out = ArrayD::from_elem(IxDyn(&shape), missing.unwrap_or_default());
    // The axes of groups become one, which stands last; the others move up.
    let others = kept(view.ndim(), &groups.axes);
    let last = others.len();
    let mut axes: Vec<usize> = (0..last).filter(|i| spec.axes.contains(&others[*i])).collect();
    axes.push(last);
    let mut merged: Vec<usize> = others.iter().map(|a| view.len_of(Axis(*a))).collect();
    let codes = groups.codes_in(wanted.at, &wanted.groups.clone().into());
    merged.push(codes.len());
    let order: Vec<usize> = others.into_iter().chain(groups.axes.iter().copied()).collect();
    let moved = view.permuted_axes(order);
    let moved = match groups.axes.len() {
        1 => moved.into(),
        _ => moved
            .to_shape((IxDyn(&merged), ndarray::Order::RowMajor))
            .map_err(|_| Error::internal("codes for all positions"))?,
    };
    let rows = Axis(last);
    for (group, positions) in members(&codes, wanted.groups.len()).into_iter().enumerate() {
        if positions.is_empty() {
            if missing.is_none() {
                let group = wanted.groups.start + group;
                return Err(Error::invalid(format!(
                    "group {group} has no members, and {dtype} has no missing value"
                ))
                .help("cast to float64 first: a missing group is NaN there"));
            }
            continue;
        }
        let span = positions[0]..positions[positions.len() - 1] + 1;
        let part = if span.len() == positions.len() {
            lanes(spec, moved.slice_axis(rows, Slice::from(span)), dtype, &axes, missing, value)
        } else {
            lanes(spec, moved.select(rows, &positions).view(), dtype, &axes, missing, value)
        };
        out.index_axis_mut(Axis(at), group).assign(&part?);
    }
    Ok(out)
}

/// The positions of each group.
fn members(codes: &[i32], count: usize) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); count];
    for (i, code) in codes.iter().enumerate().filter(|(_, c)| **c >= 0) {
        members[*code as usize].push(i);
    }
    members
}

/// The results of all lanes along `axes`.
fn lanes<T: Value, R: Element + Copy>(
    spec: &OrderSpec,
    view: ArrayViewD<'_, T>,
    dtype: DType,
    axes: &[usize],
    missing: Option<R>,
    value: impl Fn(T, T, f64) -> R,
) -> Result<ArrayD<R>> {
    let lens: Vec<usize> = kept(view.ndim(), axes).iter().map(|a| view.len_of(Axis(*a))).collect();
    let size: usize = lens.iter().product();
    let n: usize = axes.iter().map(|a| view.len_of(Axis(*a))).product();
    let mut shape: Vec<usize> = spec.leading().into_iter().collect();
    shape.extend(&lens);
    let absent = missing.unwrap_or_default();
    let mut out = vec![absent; shape.iter().product()];
    if n == 0 && !out.is_empty() && missing.is_none() {
        return Err(Error::invalid(format!("`{}` of an empty axis has no value", spec.name())));
    }
    let gaps = Gaps::of(dtype);
    let mut places = Places::new(spec);
    for_each_tile(
        view,
        axes,
        &steps(&lens),
        |x: T| !gaps.missing(x),
        T::key,
        |mut tile| {
            for l in 0..tile.len() {
                let at = tile.at(l);
                let keys = tile.lane(l);
                if keys.is_empty() || keys.len() < n && !spec.skipna {
                    continue;
                }
                places.prepare(keys.len());
                select(keys, &places.wanted, 0);
                for (i, p) in places.each.iter().enumerate() {
                    out[i * size + at] = value(T::of_key(keys[p.low]), T::of_key(keys[p.high]), p.weight);
                }
            }
        },
    );
    ArrayD::from_shape_vec(IxDyn(&shape), out).map_err(|_| Error::internal("a result for each lane"))
}

/// Where the results stand in a sorted lane, worked out once for each length that occurs.
struct Places<'a> {
    spec: &'a OrderSpec,
    len: usize,
    each: Vec<Place>,
    /// The places that are needed, rising.
    wanted: Vec<usize>,
}

impl<'a> Places<'a> {
    fn new(spec: &'a OrderSpec) -> Self {
        Places { spec, len: 0, each: Vec::new(), wanted: Vec::new() }
    }

    fn prepare(&mut self, len: usize) {
        if len == self.len {
            return;
        }
        self.len = len;
        self.each.clear();
        match &self.spec.pick {
            Pick::Median => self.each.push(Place::middle(len)),
            Pick::Quantiles { q, method } => self.each.extend(q.iter().map(|q| method.place(len, *q))),
            // Their places depend on the weights.
            Pick::Weighted { .. } => {}
        }
        self.wanted.clear();
        self.wanted.extend(self.each.iter().flat_map(|p| [p.low, p.high]));
        self.wanted.sort_unstable();
        self.wanted.dedup();
    }
}

/// Puts the elements that belong at the places `wanted` (rising, of the whole lane) there; `keys` begins at
/// place `first`. The middle one is selected first, so that the others are sought in ever shorter parts.
fn select<K: Ord>(keys: &mut [K], wanted: &[usize], first: usize) {
    if wanted.is_empty() {
        return;
    }
    if keys.len() <= SHORT {
        return keys.sort_unstable();
    }
    let middle = wanted.len() / 2;
    let at = wanted[middle] - first;
    let (below, _, above) = keys.select_nth_unstable(at);
    select(below, &wanted[..middle], first);
    select(above, &wanted[middle + 1..], first + at + 1);
}

/// The arithmetic between two neighbours in a sorted lane.
pub(in crate::kernel) trait Value: Keyed {
    /// The element as a number.
    fn real(self) -> f64;

    /// How far `b` is above `a`.
    #[inline(always)]
    fn distance(a: Self, b: Self) -> f64 {
        b.real() - a.real()
    }

    /// The mean of two elements, for types that hold it.
    #[inline(always)]
    fn middle(a: Self, _b: Self) -> Self {
        a
    }

    /// The value at `weight` of the way from `a` to `b`, counted from the nearer end: numpy's steps, so that
    /// it rounds alike.
    #[inline(always)]
    fn between(a: Self, b: Self, weight: f64) -> f64 {
        let distance = Self::distance(a, b);
        if weight >= 0.5 { b.real() - distance * (1.0 - weight) } else { a.real() + distance * weight }
    }
}

macro_rules! exact {
    ($($T:ty),*) => {$(
        impl Value for $T {
            #[inline(always)]
            fn real(self) -> f64 {
                self.to_f64()
            }
        }
    )*};
}
exact!(i8, i16, i32, u8, u16, u32);

impl Value for bool {
    fn real(self) -> f64 {
        f64::from(u8::from(self))
    }
}

impl Value for i64 {
    #[inline(always)]
    fn real(self) -> f64 {
        self as f64
    }
    #[inline(always)]
    fn distance(a: Self, b: Self) -> f64 {
        // It may be more than an `i64` holds.
        b.wrapping_sub(a) as u64 as f64
    }
}

impl Value for u64 {
    #[inline(always)]
    fn real(self) -> f64 {
        self as f64
    }
    #[inline(always)]
    fn distance(a: Self, b: Self) -> f64 {
        (b - a) as f64
    }
}

macro_rules! floats {
    ($($T:ty),*) => {$(
        impl Value for $T {
            #[inline(always)]
            fn real(self) -> f64 {
                self.to_f64()
            }
            #[inline(always)]
            fn distance(a: Self, b: Self) -> f64 {
                (b - a).real()
            }
            #[inline(always)]
            fn middle(a: Self, b: Self) -> Self {
                (a + b) / 2.0
            }
        }
    )*};
}
floats!(f32, f64, Complex<f32>, Complex<f64>);
