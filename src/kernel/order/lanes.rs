//! Lanes of an array, gathered side by side: what selects and sorts needs the elements that go into one
//! result next to each other, and reading them tile by tile uses whole cache lines whatever the axis.

use ndarray::{ArrayView2, ArrayViewD, Axis, Ix2, IxDyn, Slice};

use super::key::Keyed;
use crate::kernel::reduce::fetch;
use crate::kernel::wide::{Loop, wide};

/// Bytes of keys in a tile: well within the second-level cache.
const TILE: usize = 128 << 10;
const CACHE_LINE: usize = 64;
/// Lanes side by side at most: more rows at once than this confuse prefetching.
const MOST: usize = 64;

/// Rows that are on their way from memory together: they lie too far apart for the processor to see them coming.
const AHEAD: usize = 32;

/// Some lanes, their keys one lane after the other.
pub(super) struct Tile<'a, K> {
    keys: &'a mut [K],
    stride: usize,
    /// How many keys each lane has; fewer than elements where some were left out.
    lens: &'a [usize],
    base: usize,
    step: usize,
}

impl<K> Tile<'_, K> {
    /// How many lanes there are.
    pub(super) fn len(&self) -> usize {
        self.lens.len()
    }

    /// The keys of a lane.
    pub(super) fn lane(&mut self, lane: usize) -> &mut [K] {
        &mut self.keys[lane * self.stride..][..self.lens[lane]]
    }

    /// Where the result of a lane belongs, in the steps of the axes that stay.
    pub(super) fn at(&self, lane: usize) -> usize {
        self.base + lane * self.step
    }

    /// The distance between the results of two lanes.
    pub(super) fn step(&self) -> usize {
        self.step
    }
}

/// Row-major steps over some lengths.
pub(in crate::kernel) fn steps(lens: &[usize]) -> Vec<usize> {
    let mut steps = vec![1; lens.len()];
    for i in (1..lens.len()).rev() {
        steps[i - 1] = steps[i] * lens[i];
    }
    steps
}

/// The axes of an array that are not among `axes`.
pub(super) fn kept(ndim: usize, axes: &[usize]) -> Vec<usize> {
    (0..ndim).filter(|a| !axes.contains(a)).collect()
}

/// Calls `each` with the keys along `axes` of every element of the others, a tile at a time. `step_of` has the
/// steps of the axes that stay, in their order; elements that `keep` refuses are left out.
pub(super) fn for_each_tile<T: Keyed>(
    view: ArrayViewD<'_, T>,
    axes: &[usize],
    step_of: &[usize],
    keep: impl Fn(T) -> bool + Copy,
    key: impl Fn(T) -> T::Key + Copy,
    mut each: impl FnMut(Tile<'_, T::Key>),
) {
    let stay = kept(view.ndim(), axes);
    let n: usize = axes.iter().map(|a| view.len_of(Axis(*a))).product();
    if stay.iter().any(|a| view.len_of(Axis(*a)) == 0) {
        return;
    }
    // The nearest neighbours decide: those among the lanes, and those within a lane.
    let nearest = |of: &[usize]| {
        let distance = |a: usize| match view.len_of(Axis(a)) {
            1 => usize::MAX,
            _ => view.stride_of(Axis(a)).unsigned_abs(),
        };
        of.iter().enumerate().rev().min_by_key(|(_, a)| distance(**a)).map(|(i, _)| i)
    };
    let (column, inner) = (nearest(&stay), nearest(axes));
    let (mut outer, mut outer_steps) = (stay.clone(), step_of.to_vec());
    let mut order: Vec<usize> = Vec::with_capacity(view.ndim());
    let step = column.map_or(0, |i| {
        outer.remove(i);
        outer_steps.remove(i)
    });
    let mut rest = axes.to_vec();
    if let Some(i) = inner {
        rest.remove(i);
    }
    order.extend(&outer);
    order.extend(&rest);
    order.extend(inner.map(|i| axes[i]));
    order.extend(column.map(|i| stay[i]));
    let mut view = view.permuted_axes(order);
    if inner.is_none() {
        let at = view.ndim() - usize::from(column.is_some());
        view = view.insert_axis(Axis(at));
    }
    if column.is_none() {
        let at = view.ndim();
        view = view.insert_axis(Axis(at));
    }
    let width = view.len_of(Axis(view.ndim() - 1));
    let size = size_of::<T::Key>();
    let side = (TILE / (n.max(1) * size)).clamp((CACHE_LINE / size_of::<T>()).max(1), MOST).min(width);
    // An odd number of cache lines, so that the lanes of a tile do not compete for the same places.
    let stride = ((n * size).div_ceil(CACHE_LINE) | 1) * CACHE_LINE / size;
    let mut keys = vec![T::Key::default(); side * stride];
    let mut lens = vec![0; side];
    let lens_of = |axes: std::ops::Range<usize>| IxDyn(&view.shape()[axes]);
    let (outer_shape, rest_shape) = (lens_of(0..outer.len()), lens_of(outer.len()..outer.len() + rest.len()));
    for at in ndarray::indices(outer_shape) {
        let mut part = view.view();
        let mut base = 0;
        for (k, outer_step) in outer_steps.iter().enumerate() {
            part = part.index_axis_move(Axis(0), at[k]);
            base += at[k] * outer_step;
        }
        for first in (0..width).step_by(side) {
            let end = width.min(first + side);
            let lens = &mut lens[..end - first];
            lens.fill(0);
            let columns = Axis(part.ndim() - 1);
            let some = part.slice_axis(columns, Slice::from(first..end));
            for i in ndarray::indices(rest_shape.clone()) {
                let mut plane = some.view();
                for k in 0..rest.len() {
                    plane = plane.index_axis_move(Axis(0), i[k]);
                }
                let plane = plane.into_dimensionality::<Ix2>().expect("two axes are left");
                gather(plane, &mut keys, stride, lens, keep, key);
            }
            each(Tile { keys: &mut keys, stride, lens, base: base + first * step, step });
        }
    }
}

/// Appends the elements of each column to its lane.
fn gather<T: Keyed>(
    plane: ArrayView2<'_, T>,
    keys: &mut [T::Key],
    stride: usize,
    lens: &mut [usize],
    keep: impl Fn(T) -> bool + Copy,
    key: impl Fn(T) -> T::Key + Copy,
) {
    let near = |axis: usize| plane.stride_of(Axis(axis)).unsigned_abs();
    if plane.ncols() == 1 || near(0) < near(1) {
        for (lane, (column, len)) in plane.columns().into_iter().zip(lens).enumerate() {
            let to = &mut keys[lane * stride..][*len..stride];
            *len += match column.as_slice() {
                Some(elements) => wide(Take { elements, to, keep, key }),
                None => some(column.iter(), to, keep, key),
            };
        }
        return;
    }
    for rows in plane.axis_chunks_iter(Axis(0), AHEAD) {
        rows.rows().into_iter().filter_map(|row| row.to_slice()).for_each(fetch);
        for row in rows.rows() {
            for (x, (to, len)) in row.iter().zip(keys.chunks_exact_mut(stride).zip(lens.iter_mut())) {
                to[*len] = key(*x);
                *len += usize::from(keep(*x));
            }
        }
    }
}

/// Writes the keys of the elements that are kept: how many these are.
#[inline(always)]
fn some<'a, T: Keyed>(
    elements: impl Iterator<Item = &'a T>,
    to: &mut [T::Key],
    keep: impl Fn(T) -> bool,
    key: impl Fn(T) -> T::Key,
) -> usize {
    let mut n = 0;
    for x in elements {
        to[n] = key(*x);
        n += usize::from(keep(*x));
    }
    n
}

/// [`some`] of a run, in which most often all are kept.
struct Take<'a, T: Keyed, Keep, Key> {
    elements: &'a [T],
    to: &'a mut [T::Key],
    keep: Keep,
    key: Key,
}

impl<T: Keyed, Keep: Fn(T) -> bool, Key: Fn(T) -> T::Key> Loop for Take<'_, T, Keep, Key> {
    type Out = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let Take { elements, to, keep, key } = self;
        if !elements.iter().fold(true, |all, x| all & keep(*x)) {
            return some(elements.iter(), to, keep, key);
        }
        to.iter_mut().zip(elements).for_each(|(to, x)| *to = key(*x));
        elements.len()
    }
}
