//! Reductions that only choose elements one by one: first, last, and the extremes of text.

use std::any::Any;

use ndarray::{ArrayD, ArrayViewD, Axis, Dimension, IxDyn, Zip};

use super::extremes::missing;
use super::lanes::{flat_block, take_vec};
use super::walk::Place;
use super::{Finish, Parts, ReduceOp, ReduceSpec};
use crate::array::{Block, Region};
use crate::dtype::dispatch::with_element;
use crate::dtype::{DType, Element, NAT, Text};
use crate::error::{Error, Result};

/// Whether a reduction is done here. The state of `First` and `Last` are elements and their positions, that of
/// the others are elements.
pub(super) fn handles(spec: &ReduceSpec, input: DType) -> bool {
    match spec.op {
        ReduceOp::First | ReduceOp::Last => true,
        ReduceOp::Min | ReduceOp::Max => input.is_text(),
        _ => false,
    }
}

/// Bytes of state per element of the result.
pub(super) fn state_size(spec: &ReduceSpec, input: DType) -> usize {
    input.size() + if nowhere(spec).is_some() { size_of::<i64>() } else { 0 }
}

/// The position of what is not chosen yet, behind all others; `None` for extremes.
fn nowhere(spec: &ReduceSpec) -> Option<i64> {
    match spec.op {
        ReduceOp::First => Some(i64::MAX),
        ReduceOp::Last => Some(-1),
        _ => None,
    }
}

/// Nothing chosen yet.
pub(super) fn init(spec: &ReduceSpec, input: DType, out: &[usize]) -> Vec<Block> {
    let size = out.iter().product();
    let elements = with_element!(input.kind(), T => {
        flat_block(vec![missing::<T>(input).unwrap_or_default(); size])
    });
    let positions = nowhere(spec).map(|p| flat_block(vec![p; size]));
    std::iter::once(elements).chain(positions).collect()
}

/// Takes in the piece that lies at `at`; `rows` says which groups have had input before.
pub(super) fn push(
    spec: &ReduceSpec,
    place: &Place,
    parts: Vec<Block>,
    piece: &Block,
    at: &Region,
    rows: &[i64],
    out: &[usize],
) -> Result<Vec<Block>> {
    let mut parts = parts.into_iter();
    if matches!(spec.op, ReduceOp::Min | ReduceOp::Max) {
        let mut best = shaped::<Text>(parts.next(), out)?;
        texts(spec, place, &mut best, piece.typed::<Text>()?.view(), rows);
        return Ok(vec![flat_block(best.into_raw_vec_and_offset().0)]);
    }
    with_element!(piece.dtype().kind(), T => {
        let mut held = Held { chosen: shaped::<T>(parts.next(), out)?, position: shaped(parts.next(), out)? };
        ends(spec, place, &mut held, piece.typed::<T>()?.view(), piece.dtype(), at, rows.len());
        let chosen = flat_block(held.chosen.into_raw_vec_and_offset().0);
        Ok(vec![chosen, flat_block(held.position.into_raw_vec_and_offset().0)])
    })
}

/// Takes in a later state.
pub(super) fn merge(
    spec: &ReduceSpec,
    ours: &Parts,
    a: Vec<Block>,
    later: &Parts,
    b: Vec<Block>,
) -> Result<Vec<Block>> {
    let (mut a, mut b) = (a.into_iter(), b.into_iter());
    if nowhere(spec).is_none() {
        let inner = spec.group_axis().map_or(1, |a| ours.shape[a + 1..].iter().product::<usize>()).max(1);
        let group = |i: usize| i / inner % ours.rows.len();
        let (mut best, others) = (take_vec::<Text>(part(a.next())?)?, take_vec::<Text>(part(b.next())?)?);
        for (i, (best, x)) in best.iter_mut().zip(others).enumerate() {
            let (had, has) = (ours.rows[group(i)] > 0, later.rows[group(i)] > 0);
            if has && (!had || text_wins(spec, &x, best)) {
                *best = x;
            }
        }
        return Ok(vec![flat_block(best)]);
    }
    with_element!(ours.input.kind(), T => {
        let (mut chosen, others) = (take_vec::<T>(part(a.next())?)?, take_vec::<T>(part(b.next())?)?);
        let (mut held, theirs) = (take_vec::<i64>(part(a.next())?)?, take_vec::<i64>(part(b.next())?)?);
        for ((to, held), (x, position)) in chosen.iter_mut().zip(&mut held).zip(others.into_iter().zip(theirs)) {
            if ahead(spec, position, *held) {
                (*to, *held) = (x, position);
            }
        }
        Ok(vec![flat_block(chosen), flat_block(held)])
    })
}

/// Whether an element at a position is chosen before one at another.
#[inline(always)]
fn ahead(spec: &ReduceSpec, position: i64, held: i64) -> bool {
    if spec.op == ReduceOp::First { position < held } else { position > held }
}

/// The chosen elements; missing where there was no input.
pub(super) fn finish(end: &Finish, parts: Vec<Block>) -> Result<Block> {
    let chosen = part(parts.into_iter().next())?;
    for i in end.without_input(chosen.size()) {
        // The state starts with missing values where the dtype has one.
        if end.spec.group.is_none() || !end.input.holds_missing() {
            return Err(end.nothing(i));
        }
    }
    Ok(chosen.retype(end.input))
}

fn part(part: Option<Block>) -> Result<Block> {
    part.ok_or_else(|| Error::internal("a state lacks its part"))
}

fn shaped<T: Element>(state: Option<Block>, out: &[usize]) -> Result<ArrayD<T>> {
    ArrayD::from_shape_vec(IxDyn(out), take_vec::<T>(part(state)?)?)
        .map_err(|_| Error::internal("a state does not fit its shape"))
}

/// Whether an element is missing, for times by their dtype.
fn is_missing<T: Element>(x: &T, dtype: DType) -> bool {
    x.is_missing() || dtype.is_time() && (x as &dyn Any).downcast_ref() == Some(&NAT)
}

/// Whether `x` takes the place of `best`; missing texts lose or win over all.
fn text_wins(spec: &ReduceSpec, x: &Text, best: &Text) -> bool {
    match (x.is_missing(), best.is_missing()) {
        (false, false) if spec.op == ReduceOp::Max => x > best,
        (false, false) => x < best,
        (x, best) => {
            if spec.skipna {
                best && !x
            } else {
                !best
            }
        }
    }
}

/// What is chosen so far, and the positions along the axes that go where it lay.
struct Held<T> {
    chosen: ArrayD<T>,
    position: ArrayD<i64>,
}

/// First or last elements along the axis, or the axes of groups, that go.
fn ends<T: Element>(
    spec: &ReduceSpec,
    place: &Place,
    held: &mut Held<T>,
    view: ArrayViewD<'_, T>,
    dtype: DType,
    at: &Region,
    groups: usize,
) {
    let gone: Vec<usize> = place.gone().collect();
    let lens: Vec<usize> = gone.iter().map(|a| view.len_of(Axis(*a))).collect();
    let wholes = spec.group.as_ref().map_or(&[usize::MAX][..], |g| &g.lens);
    // The position in the whole input, in row-major order.
    let position = |i: &[usize]| {
        let steps = gone.iter().zip(wholes).zip(i);
        steps.fold(0, |flat: i64, ((axis, len), i)| {
            flat.wrapping_mul(*len as i64) + (at.axis(*axis).start + i) as i64
        })
    };
    let members = || {
        let all = ndarray::indices(IxDyn(&lens)).into_iter();
        all.filter_map(|i| Some((position(i.slice()), place.group(i.slice())?, i)))
    };
    // Without gaps one position decides for each group.
    let skips = spec.skips(dtype);
    let mut deciding = vec![nowhere(spec).unwrap_or(-1); groups];
    if !skips {
        for (position, g, _) in members() {
            if ahead(spec, position, deciding[g]) {
                deciding[g] = position;
            }
        }
    }
    for (position, g, i) in members() {
        if !skips && deciding[g] != position {
            continue;
        }
        let mut slab = view.view();
        for (k, axis) in gone.iter().enumerate().rev() {
            slab = slab.index_axis_move(Axis(*axis), i[k]);
        }
        let (to, places) = match spec.group_axis() {
            Some(a) => (held.chosen.index_axis_mut(Axis(a), g), held.position.index_axis_mut(Axis(a), g)),
            None => (held.chosen.view_mut(), held.position.view_mut()),
        };
        Zip::from(to).and(places).and(slab).for_each(|to, held, x| {
            if ahead(spec, position, *held) && !(skips && is_missing(x, dtype)) {
                (*to, *held) = (x.clone(), position);
            }
        });
    }
}

/// Extremes of text over all axes that go.
fn texts(
    spec: &ReduceSpec,
    place: &Place,
    best: &mut ArrayD<Text>,
    view: ArrayViewD<'_, Text>,
    rows: &[i64],
) {
    let gone: Vec<usize> = place.gone().collect();
    let lens: Vec<usize> = gone.iter().map(|a| view.len_of(Axis(*a))).collect();
    let mut seen: Vec<bool> = rows.iter().map(|n| *n > 0).collect();
    for at in ndarray::indices(IxDyn(&lens)) {
        let Some(group) = place.group(at.slice()) else { continue };
        let mut slab = view.clone();
        for (k, axis) in gone.iter().enumerate().rev() {
            slab = slab.index_axis_move(Axis(*axis), at[k]);
        }
        let to = match spec.group_axis() {
            Some(a) => best.index_axis_mut(Axis(a), group),
            None => best.view_mut(),
        };
        let first = !std::mem::replace(&mut seen[group], true);
        Zip::from(to).and(slab).for_each(|to, x| {
            if first || text_wins(spec, x, to) {
                *to = x.clone();
            }
        });
    }
}
