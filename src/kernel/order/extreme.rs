//! Positions of the least and greatest elements, as a fold: what is kept are the best element so far and its
//! flat position over the axes that go. Equal elements go by position, so that the order of pieces is no matter.

use std::cmp::Ordering;

use ndarray::{ArrayView2, ArrayViewD, Axis, Ix2, IxDyn};
use serde::{Deserialize, Serialize};

use super::key::{Gaps, Key, Keyed};
use super::lanes::{kept, steps};
use super::with_keyed;
use crate::array::{Block, Region};
use crate::dtype::{DType, Element, Text};
use crate::error::{Error, Result};
use crate::kernel::reduce::State;

/// The position of an element that took in nothing yet.
const NOWHERE: i64 = i64::MAX;
/// Elements of a run between two looks at the best so far, and columns that are kept in the nearest cache.
const STRETCH: usize = 1024;

/// The search for the least or greatest element along axes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extreme {
    /// Whether the greatest is sought.
    pub max: bool,
    /// Axes that go, in rising order.
    pub axes: Vec<usize>,
    /// Whether missing elements are left out; else the first of them wins. NaT wins in any case.
    pub skipna: bool,
}

impl Extreme {
    /// The name of the method.
    pub fn name(&self) -> &'static str {
        if self.max { "argmax" } else { "argmin" }
    }

    /// numpy lets NaT win whatever is asked for, and so does xarray.
    fn skips(&self, dtype: DType) -> bool {
        self.skipna && dtype.holds_missing() && !dtype.is_time()
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

/// The state before any input of this dtype and shape; `out` is the shape of the result.
pub fn init(spec: &Extreme, input: DType, shape: &[usize], out: &[usize]) -> State {
    let lens: Vec<i64> = spec.axes.iter().map(|a| shape[*a] as i64).collect();
    let lens = Block::from_vec(&[lens.len()], lens).expect("one length for each axis");
    vec![lens, Block::zeros(input, out), Block::full(out, &Block::scalar(NOWHERE))]
}

/// A state taken apart.
struct Parts {
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
        let lens: Vec<usize> = self.lens.to_vec::<i64>()?.into_iter().map(|n| n as usize).collect();
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
    let start: i64 = spec.axes.iter().zip(&gone).map(|(a, step)| at.axis(*a).start as i64 * step).sum();
    let (dtype, shape) = (piece.dtype(), parts.best.shape().to_vec());
    let best = with_keyed!(dtype.kind(), T => {
        let best = keyed::<T>(spec, piece, &mut parts, &gone, start)?;
        Block::from_vec(&shape, best)?
    }, else {
        let mut best = parts.best.to_vec::<Text>()?;
        texts(spec, piece.typed::<Text>()?.view(), &gone, start, &mut best, &mut parts.position);
        Block::from_vec(&shape, best)?
    });
    *state = parts.into_state(best.retype(dtype))?;
    Ok(())
}

/// The best elements after a piece of numbers or times; their positions are put into the state.
fn keyed<T: Keyed>(
    spec: &Extreme,
    piece: &Block,
    parts: &mut Parts,
    gone: &[i64],
    start: i64,
) -> Result<Vec<T>> {
    let dtype = piece.dtype();
    let key = spec.key::<T>(dtype);
    let best = parts.best.typed::<T>()?.iter().map(|x| key(*x)).collect();
    let mut search = Search { best, position: std::mem::take(&mut parts.position), key };
    search.piece(piece.typed::<T>()?.view(), &spec.axes, gone, &steps(parts.best.shape()), start);
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

/// The positions, in `i64`.
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
    if spec.skips(dtype) {
        let gaps = Gaps::of(dtype);
        let only_missing = with_keyed!(dtype.kind(), T => {
            parts.best.typed::<T>()?.iter().any(|x| gaps.missing(*x))
        }, else parts.best.typed::<Text>()?.iter().any(Element::is_missing));
        if only_missing {
            return Err(Error::invalid(format!("`{name}` found only missing values (all-NaN slice)"))
                .help("fill them first, or use `idxmin`/`idxmax`, which give a missing label"));
        }
    }
    Block::from_vec(parts.best.shape(), parts.position)
}

/// What a step along an axis of the piece means.
#[derive(Clone, Copy)]
enum Role {
    /// Another element of the result, so far away.
    Kept(usize),
    /// Another position, so much higher.
    Gone(i64),
}

/// Best keys and positions so far.
struct Search<K, F> {
    best: Vec<K>,
    position: Vec<i64>,
    key: F,
}

impl<K: Key, F> Search<K, F> {
    /// A candidate for an element of the result.
    #[inline(always)]
    fn offer(&mut self, at: usize, key: K, position: i64) {
        let (best, held) = (&mut self.best[at], &mut self.position[at]);
        if *held == NOWHERE || key < *best || key == *best && position < *held {
            (*best, *held) = (key, position);
        }
    }

    fn piece<T: Keyed<Key = K>>(
        &mut self,
        view: ArrayViewD<'_, T>,
        axes: &[usize],
        gone: &[i64],
        step_of: &[usize],
        start: i64,
    ) where
        F: Fn(T) -> K + Copy,
    {
        if view.is_empty() {
            return;
        }
        let mut roles = vec![Role::Kept(0); view.ndim()];
        kept(view.ndim(), axes).iter().zip(step_of).for_each(|(a, s)| roles[*a] = Role::Kept(*s));
        axes.iter().zip(gone).for_each(|(a, s)| roles[*a] = Role::Gone(*s));
        // The nearest neighbours inside, and around them the longest axis that goes: a plane.
        let mut view = view;
        while view.ndim() < 2 {
            view = view.insert_axis(Axis(0));
            roles.insert(0, Role::Gone(0));
        }
        let len = |a: usize| view.len_of(Axis(a));
        let near = |a: usize| if len(a) > 1 { view.stride_of(Axis(a)).unsigned_abs() } else { usize::MAX };
        let inner = (0..view.ndim()).rev().min_by_key(|a| near(*a)).expect("there are two axes");
        let rows = (0..view.ndim())
            .filter(|a| *a != inner)
            .max_by_key(|a| (matches!(roles[*a], Role::Gone(_)), len(*a)))
            .expect("there are two axes");
        let mut order: Vec<usize> = (0..view.ndim()).filter(|a| *a != inner && *a != rows).collect();
        let outer: Vec<usize> = order.iter().map(|a| len(*a)).collect();
        order.extend([rows, inner]);
        let roles: Vec<Role> = order.iter().map(|a| roles[*a]).collect();
        let view = view.permuted_axes(order);
        for i in ndarray::indices(IxDyn(&outer)) {
            let mut plane = view.view();
            let (mut at, mut position) = (0, start);
            for (k, role) in roles[..outer.len()].iter().enumerate() {
                plane = plane.index_axis_move(Axis(0), i[k]);
                step(*role, i[k], &mut at, &mut position);
            }
            let plane = plane.into_dimensionality::<Ix2>().expect("two axes are left");
            self.plane(plane, [roles[outer.len()], roles[outer.len() + 1]], at, position);
        }
    }

    fn plane<T: Keyed<Key = K>>(
        &mut self,
        plane: ArrayView2<'_, T>,
        [rows, inner]: [Role; 2],
        at: usize,
        position: i64,
    ) where
        F: Fn(T) -> K + Copy,
    {
        match (rows, inner) {
            (Role::Gone(row_step), Role::Kept(kept_step)) => {
                self.columns(plane, row_step, kept_step, at, position);
            }
            (_, Role::Gone(along)) => {
                for (i, row) in plane.rows().into_iter().enumerate() {
                    let (mut at, mut position) = (at, position);
                    step(rows, i, &mut at, &mut position);
                    match row.to_slice() {
                        Some(run) => self.run(run, along, at, position),
                        None => self.run(&row.to_vec(), along, at, position),
                    }
                }
            }
            (Role::Kept(row_step), Role::Kept(kept_step)) => {
                for (i, row) in plane.rows().into_iter().enumerate() {
                    for (j, x) in row.iter().enumerate() {
                        self.offer(at + i * row_step + j * kept_step, (self.key)(*x), position);
                    }
                }
            }
        }
    }

    /// A run of elements for one element of the result.
    fn run<T: Keyed<Key = K>>(&mut self, run: &[T], along: i64, at: usize, position: i64)
    where
        F: Fn(T) -> K + Copy,
    {
        let key = self.key;
        for (i, stretch) in run.chunks(STRETCH).enumerate() {
            let least = stretch.iter().fold(K::MAX, |least, x| least.min(key(*x)));
            let first = position + (i * STRETCH) as i64 * along;
            if self.position[at] == NOWHERE || least < self.best[at] || first < self.position[at] {
                let place = stretch.iter().position(|x| key(*x) == least).unwrap_or(0);
                self.offer(at, least, first + place as i64 * along);
            }
        }
    }

    /// Rows of elements for a row of the result.
    fn columns<T: Keyed<Key = K>>(
        &mut self,
        plane: ArrayView2<'_, T>,
        row_step: i64,
        kept_step: usize,
        at: usize,
        position: i64,
    ) where
        F: Fn(T) -> K + Copy,
    {
        let key = self.key;
        let mut best = [K::default(); STRETCH];
        let mut row_of = [0u32; STRETCH];
        for first in (0..plane.ncols()).step_by(STRETCH) {
            let end = plane.ncols().min(first + STRETCH);
            let part = plane.slice(ndarray::s![.., first..end]);
            let (best, row_of) = (&mut best[..end - first], &mut row_of[..end - first]);
            for (i, row) in part.rows().into_iter().enumerate() {
                if i == 0 {
                    row.iter().zip(&mut *best).for_each(|(x, b)| *b = key(*x));
                    row_of.fill(0);
                    continue;
                }
                // Rows come in rising order, so that the first of equal ones stays.
                let held = best.iter_mut().zip(&mut *row_of);
                for (x, (b, r)) in row.iter().zip(held) {
                    let k = key(*x);
                    let ahead = k < *b;
                    *b = if ahead { k } else { *b };
                    *r = if ahead { i as u32 } else { *r };
                }
            }
            for (j, (b, r)) in best.iter().zip(&*row_of).enumerate() {
                self.offer(at + (first + j) * kept_step, *b, position + i64::from(*r) * row_step);
            }
        }
    }
}

#[inline(always)]
fn step(role: Role, i: usize, at: &mut usize, position: &mut i64) {
    match role {
        Role::Kept(step) => *at += i * step,
        Role::Gone(step) => *position += i as i64 * step,
    }
}

/// Text, one by one.
fn texts(
    spec: &Extreme,
    view: ArrayViewD<'_, Text>,
    gone: &[i64],
    start: i64,
    best: &mut [Text],
    position: &mut [i64],
) {
    let lens: Vec<usize> = spec.axes.iter().map(|a| view.len_of(Axis(*a))).collect();
    for at in ndarray::indices(IxDyn(&lens)) {
        let here = start + gone.iter().enumerate().map(|(k, s)| at[k] as i64 * s).sum::<i64>();
        let mut slab = view.view();
        for (k, axis) in spec.axes.iter().enumerate().rev() {
            slab = slab.index_axis_move(Axis(*axis), at[k]);
        }
        for ((x, best), held) in slab.iter().zip(&mut *best).zip(&mut *position) {
            let ahead = || spec.text_order(x, best).then(here.cmp(held)) == Ordering::Less;
            if *held == NOWHERE || ahead() {
                (*best, *held) = (x.clone(), here);
            }
        }
    }
}
