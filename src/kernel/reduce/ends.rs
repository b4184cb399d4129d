//! Reductions that only choose elements one by one: first, last, and the extremes of text.

use std::any::Any;

use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, Zip};

use super::extremes::missing;
use super::lanes::{flat_block, take_vec};
use super::walk::Place;
use super::{Finish, Parts, ReduceOp, ReduceSpec};
use crate::array::Block;
use crate::dtype::dispatch::with_element;
use crate::dtype::{DType, Element, NAT, Text};
use crate::error::{Error, Result};

/// Whether a reduction is done here. The state is one block of elements.
pub(super) fn handles(spec: &ReduceSpec, input: DType) -> bool {
    match spec.op {
        ReduceOp::First | ReduceOp::Last => true,
        ReduceOp::Min | ReduceOp::Max => input.is_text(),
        _ => false,
    }
}

/// Nothing chosen yet.
pub(super) fn init(input: DType, out: &[usize]) -> Vec<Block> {
    let size = out.iter().product();
    with_element!(input.kind(), T => {
        vec![flat_block(vec![missing::<T>(input).unwrap_or_default(); size])]
    })
}

/// Takes in a piece; `rows` says which groups have had input before.
pub(super) fn push(
    spec: &ReduceSpec,
    place: &Place,
    parts: Vec<Block>,
    piece: &Block,
    rows: &[i64],
    out: &[usize],
) -> Result<Vec<Block>> {
    let state = only(parts)?;
    if matches!(spec.op, ReduceOp::Min | ReduceOp::Max) {
        let mut best = shaped::<Text>(state, out)?;
        texts(spec, place, &mut best, piece.typed::<Text>()?.view(), rows);
        return Ok(vec![flat_block(best.into_raw_vec_and_offset().0)]);
    }
    with_element!(piece.dtype().kind(), T => {
        let mut chosen = shaped::<T>(state, out)?;
        ends(spec, place, &mut chosen, piece.typed::<T>()?.view(), piece.dtype(), rows);
        Ok(vec![flat_block(chosen.into_raw_vec_and_offset().0)])
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
    let inner = spec.group_axis().map_or(1, |a| ours.shape[a + 1..].iter().product::<usize>()).max(1);
    let group = |i: usize| i / inner % ours.rows.len();
    let (a, b) = (only(a)?, only(b)?);
    with_element!(ours.input.kind(), T => {
        let (mut a, b) = (take_vec::<T>(a)?, take_vec::<T>(b)?);
        for (i, (a, b)) in a.iter_mut().zip(b).enumerate() {
            let (had, has) = (ours.rows[group(i)] > 0, later.rows[group(i)] > 0);
            let take = match (spec.op, spec.skips(ours.input)) {
                _ if !has => false,
                _ if !had => true,
                (ReduceOp::First, true) => is_missing(a, ours.input),
                (ReduceOp::First, false) => false,
                (ReduceOp::Last, true) => !is_missing(&b, ours.input),
                (ReduceOp::Last, false) => true,
                _ => match (as_text(&b), as_text(a)) {
                    (Some(b), Some(a)) => text_wins(spec, b, a),
                    _ => false,
                },
            };
            if take {
                *a = b;
            }
        }
        Ok(vec![flat_block(a)])
    })
}

/// The chosen elements; missing where there was no input.
pub(super) fn finish(end: &Finish, parts: Vec<Block>) -> Result<Block> {
    let chosen = only(parts)?;
    for i in end.without_input(chosen.size()) {
        // The state starts with missing values where the dtype has one.
        if end.spec.group.is_none() || !end.input.holds_missing() {
            return Err(end.nothing(i));
        }
    }
    Ok(chosen.retype(end.input))
}

fn only(parts: Vec<Block>) -> Result<Block> {
    parts.into_iter().next().ok_or_else(|| Error::internal("a state lacks its part"))
}

fn shaped<T: Element>(state: Block, out: &[usize]) -> Result<ArrayD<T>> {
    ArrayD::from_shape_vec(IxDyn(out), take_vec::<T>(state)?)
        .map_err(|_| Error::internal("a state does not fit its shape"))
}

/// Whether an element is missing, for times by their dtype.
fn is_missing<T: Element>(x: &T, dtype: DType) -> bool {
    x.is_missing() || dtype.is_time() && (x as &dyn Any).downcast_ref() == Some(&NAT)
}

fn as_text<T: Element>(x: &T) -> Option<&Text> {
    (x as &dyn Any).downcast_ref()
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

/// First or last elements along the one axis that goes.
fn ends<T: Element>(
    spec: &ReduceSpec,
    place: &Place,
    chosen: &mut ArrayD<T>,
    view: ArrayViewD<'_, T>,
    dtype: DType,
    rows: &[i64],
) {
    let Some(axis) = place.gone().next() else {
        return chosen.assign(&view);
    };
    let group_axis = spec.group_axis();
    let group = |i: usize| place.codes().map_or(Some(0), |c| usize::try_from(c[i]).ok());
    let n = view.len_of(Axis(axis));
    // Without gaps one position decides for each group.
    let mut deciding: Vec<Option<usize>> = vec![None; rows.len()];
    for (i, g) in (0..n).filter_map(|i| Some((i, group(i)?))) {
        match spec.op {
            ReduceOp::First if rows[g] > 0 || deciding[g].is_some() => {}
            _ => deciding[g] = Some(i),
        }
    }
    let skips = spec.skips(dtype);
    for (i, g) in (0..n).filter_map(|i| Some((i, group(i)?))) {
        if !skips && deciding[g] != Some(i) {
            continue;
        }
        let slab = view.index_axis(Axis(axis), i);
        let to = match group_axis {
            Some(a) => chosen.index_axis_mut(Axis(a), g),
            None => chosen.view_mut(),
        };
        Zip::from(to).and(slab).for_each(|to, x| {
            let take = match spec.op {
                _ if !skips => true,
                ReduceOp::First => is_missing(to, dtype),
                _ => !is_missing(x, dtype),
            };
            if take {
                *to = x.clone();
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
    let which = spec.group.as_ref().and_then(|g| gone.iter().position(|a| *a == g.axis));
    let mut seen: Vec<bool> = rows.iter().map(|n| *n > 0).collect();
    for at in ndarray::indices(IxDyn(&lens)) {
        let group = match (place.codes(), which) {
            (Some(codes), Some(k)) if codes[at[k]] < 0 => continue,
            (Some(codes), Some(k)) => codes[at[k]] as usize,
            _ => 0,
        };
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
