//! Positions of the least and greatest elements, as a fold: what is kept are the best element so far and its
//! flat position over the axes that go. Equal elements go by position, so that the order of pieces is no matter.
//! By groups each keeps its own, with positions over all of the axes.

use std::cmp::Ordering;

use ndarray::{ArrayViewD, Dimension};
use serde::{Deserialize, Serialize};

use super::key::{Gaps, Key, Keyed};
use super::lanes::steps;
use super::search::{NOWHERE, Role, Search, Way, group_runs, step};
use super::with_keyed;
use crate::array::{Block, Region};
use crate::dtype::{DType, Element, Text};
use crate::error::{Error, Result};
use crate::kernel::reduce::{Groups, OutAxis, State, out_axes};

/// The search for the least or greatest element along axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extreme {
    /// Whether the greatest is sought.
    pub max: bool,
    /// Axes that go, in rising order (those of groups are not among them).
    pub axes: Vec<usize>,
    /// Groups along other axes.
    pub group: Option<Groups>,
    /// Whether missing elements are left out; else the first of them wins.
    pub skipna: bool,
    /// Whether nothing but missing elements gives -1, where it would be an error.
    pub lenient: bool,
}

impl Extreme {
    /// The name of the method.
    pub fn name(&self) -> &'static str {
        if self.max { "argmax" } else { "argmin" }
    }

    /// All axes that go, those of groups too, in rising order: positions are flat over them.
    pub fn gone(&self) -> Vec<usize> {
        let mut gone = self.axes.clone();
        gone.extend(self.group.iter().flat_map(|g| &g.axes));
        gone.sort_unstable();
        gone
    }

    /// What a step along each axis of an input means, and what the next group does in the result of these steps.
    fn roles(&self, ndim: usize, gone: &[i64], out: &[usize]) -> (Vec<Role>, usize) {
        let (mut roles, mut group_step) = (vec![Role::Kept(0); ndim], 0);
        for (axis, step) in out_axes(ndim, &self.axes, self.group.as_ref()).zip(steps(out)) {
            match axis {
                OutAxis::Kept(axis) => roles[axis] = Role::Kept(step),
                OutAxis::Groups => group_step = step,
            }
        }
        self.gone().iter().zip(gone).for_each(|(a, s)| roles[*a] = Role::Gone(*s));
        (roles, group_step)
    }

    /// Whether missing elements of `dtype` are left out.
    fn skips(&self, dtype: DType) -> bool {
        self.skipna && dtype.holds_missing()
    }

    /// Keys of which the least is sought.
    fn key<T: Keyed>(&self, dtype: DType) -> impl Fn(T) -> T::Key + Copy + use<T> {
        let (gaps, max) = (Gaps::of(dtype), self.max);
        let missing = if self.skips(dtype) { T::Key::MAX } else { T::Key::MIN };
        move |x| {
            if gaps.missing(x) {
                missing
            } else if max {
                x.key().reversed()
            } else {
                x.key()
            }
        }
    }

    /// Which of two texts is ahead.
    fn text_order(&self, a: &Text, b: &Text) -> Ordering {
        match (*a == Text::MISSING, *b == Text::MISSING) {
            (false, false) if self.max => b.cmp(a),
            (false, false) => a.cmp(b),
            (a, b) if self.skipna => a.cmp(&b),
            (a, b) => b.cmp(&a),
        }
    }
}

/// The state before any input of this dtype and shape; `out` is the shape of the result, whose groups are those from
/// `first` on.
pub fn init(spec: &Extreme, input: DType, shape: &[usize], out: &[usize], first: usize) -> State {
    let mut lens = vec![first as i64];
    lens.extend(spec.gone().iter().map(|a| shape[*a] as i64));
    let lens = Block::from_vec(&[lens.len()], lens).expect("one length for each axis");
    vec![lens, Block::zeros(input, out), Block::full(out, &Block::scalar(NOWHERE))]
}

/// A state taken apart.
struct Parts {
    /// The first group, then the lengths of the axes that go.
    lens: Block,
    best: Block,
    position: Vec<i64>,
}

impl Parts {
    fn of(state: State) -> Result<Parts> {
        let [lens, best, position] = <[Block; 3]>::try_from(state)
            .map_err(|_| Error::internal("a state of a search has three parts"))?;
        let position = position.to_vec()?;
        Ok(Parts { lens, best: best.contiguous(), position })
    }

    fn into_state(self, best: Block) -> Result<State> {
        let position = Block::from_vec(best.shape(), self.position)?;
        Ok(vec![self.lens, best, position])
    }

    /// What a step along each of the axes that go adds to the flat position.
    fn steps(&self) -> Result<Vec<i64>> {
        let lens: Vec<usize> = self.lens.to_vec::<i64>()?[1..].iter().map(|n| *n as usize).collect();
        Ok(steps(&lens).into_iter().map(|s| s as i64).collect())
    }
}

/// Takes in the piece of the input that lies at `at`.
///
/// # Errors
/// If the piece has another dtype than the state.
pub fn push(spec: &Extreme, state: &mut State, piece: &Block, at: &Region) -> Result<()> {
    let mut parts = Parts::of(std::mem::take(state))?;
    let gone = parts.steps()?;
    let start: i64 = spec.gone().iter().zip(&gone).map(|(a, step)| at.axis(*a).start as i64 * step).sum();
    let (dtype, shape) = (piece.dtype(), parts.best.shape().to_vec());
    let (roles, group_step) = spec.roles(piece.ndim(), &gone, &shape);
    let mut way = Way { roles, start, group_step, runs: Vec::new() };
    if let Some(groups) = &spec.group {
        let first = parts.lens.to_vec::<i64>()?[0] as usize;
        let codes = groups.codes_in(at, &(first..first + shape[groups.out_axis(&spec.axes)]).into());
        way.runs = group_runs(groups, &codes, piece.shape());
    }
    let best = with_keyed!(dtype.kind(), T => Block::from_vec(&shape, keyed::<T>(spec, piece, &mut parts, &way)?)?,
    else {
        let mut best = parts.best.to_vec::<Text>()?;
        texts(spec, piece.typed::<Text>()?.view(), &way, &mut best, &mut parts.position);
        Block::from_vec(&shape, best)?
    });
    *state = parts.into_state(best.retype(dtype))?;
    Ok(())
}

/// The best elements after a piece of numbers or times; their positions are put into the state.
fn keyed<T: Keyed>(spec: &Extreme, piece: &Block, parts: &mut Parts, way: &Way) -> Result<Vec<T>> {
    let dtype = piece.dtype();
    let key = spec.key::<T>(dtype);
    let best = parts.best.typed::<T>()?.iter().map(|x| key(*x)).collect();
    let mut search = Search { best, position: std::mem::take(&mut parts.position), key };
    let view = piece.typed::<T>()?.view();
    match &spec.group {
        None => search.piece(view, &way.roles, 0, way.start),
        Some(groups) => search.groups(view, groups, way),
    }
    parts.position = search.position;
    // The key of missing elements is none of the others'.
    let missing = crate::dtype::promote::missing_value(dtype);
    let missing = missing.get::<T>().and_then(|m| m.first().copied()).filter(|_| dtype.holds_missing());
    let element = |k: T::Key| match missing {
        Some(missing) if k == key(missing) => missing,
        _ if spec.max => T::of_key(k.reversed()),
        _ => T::of_key(k),
    };
    Ok(search.best.into_iter().map(element).collect())
}

/// Takes in the state of other pieces.
///
/// # Errors
/// If the states do not fit.
pub fn merge(spec: &Extreme, state: &mut State, later: State) -> Result<()> {
    let (mut ours, theirs) = (Parts::of(std::mem::take(state))?, Parts::of(later)?);
    let dtype = ours.best.dtype();
    let best = with_keyed!(dtype.kind(), T => {
        let key = spec.key::<T>(dtype);
        join::<T>(&mut ours, &theirs, |a, b| key(*a).cmp(&key(*b)))?
    }, else join::<Text>(&mut ours, &theirs, |a, b| spec.text_order(a, b))?);
    *state = ours.into_state(best.retype(dtype))?;
    Ok(())
}

fn join<T: Element>(ours: &mut Parts, theirs: &Parts, order: impl Fn(&T, &T) -> Ordering) -> Result<Block> {
    let mut best = ours.best.to_vec::<T>()?;
    let others = theirs.best.typed::<T>()?;
    let positions = ours.position.iter_mut().zip(&theirs.position);
    for ((best, x), (at, p)) in best.iter_mut().zip(others).zip(positions) {
        if *p != NOWHERE && (*at == NOWHERE || order(x, best).then(p.cmp(at)) == Ordering::Less) {
            (*best, *at) = (x.clone(), *p);
        }
    }
    Block::from_vec(ours.best.shape(), best)
}

/// The positions, in `i64`; -1 for nothing but missing elements, where the search is lenient.
///
/// # Errors
/// If an element of the result took in nothing, or nothing but missing elements that are left out.
pub fn finish(spec: &Extreme, state: State) -> Result<Block> {
    let parts = Parts::of(state)?;
    let name = spec.name();
    if parts.position.contains(&NOWHERE) {
        return Err(Error::invalid(format!("`{name}` of an empty axis has no value")));
    }
    let dtype = parts.best.dtype();
    let mut position = parts.position;
    if spec.skips(dtype) {
        let gaps = Gaps::of(dtype);
        let missing: Vec<bool> = with_keyed!(dtype.kind(), T => {
            parts.best.typed::<T>()?.iter().map(|x| gaps.missing(*x)).collect()
        }, else parts.best.typed::<Text>()?.iter().map(Element::is_missing).collect());
        if !spec.lenient && missing.contains(&true) {
            return Err(Error::invalid(format!("`{name}` found only missing values (all-NaN slice)"))
                .help("fill them first, or use `idxmin`/`idxmax`, which give a missing label"));
        }
        position.iter_mut().zip(missing).filter(|(_, missing)| *missing).for_each(|(p, _)| *p = -1);
    }
    Block::from_vec(parts.best.shape(), position)
}

/// Text, one by one.
fn texts(spec: &Extreme, view: ArrayViewD<'_, Text>, way: &Way, best: &mut [Text], position: &mut [i64]) {
    let mut take = |part: ArrayViewD<'_, Text>, first: usize, start: i64| {
        for (index, x) in part.indexed_iter() {
            let (mut at, mut here) = (first, start);
            for (role, i) in way.roles.iter().zip(index.as_array_view()) {
                step(*role, *i, &mut at, &mut here);
            }
            let (best, held) = (&mut best[at], &mut position[at]);
            let ahead = || spec.text_order(x, best).then(here.cmp(held)) == Ordering::Less;
            if *held == NOWHERE || ahead() {
                (*best, *held) = (x.clone(), here);
            }
        }
    };
    match &spec.group {
        None => take(view, 0, way.start),
        Some(groups) => way.runs.iter().for_each(|run| {
            let (part, at, position) = run.of(view.view(), groups, way);
            take(part, at, position);
        }),
    }
}
