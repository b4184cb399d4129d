//! Windows whose elements are kept in order while they move: medians, quantiles, and positions of extremes.

use std::collections::VecDeque;
use std::ops::Range;

use ndarray::{Axis, Dimension, IxDyn, Slice};

use super::output::{Counts, Output};
use super::planes::To;
use super::spans::Spans;
use super::{RollOp, RollSpec};
use crate::array::{Block, Region};
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::kernel::order::{Gaps, Key, Keyed, Method, Place, Value, between_ticks, steps, with_keyed};
use crate::kernel::reduce::{ReduceOp, flat_block};

/// Keys of a part of a window: parts are split when they hold more.
const PART: usize = 512;

/// The windows `out` of a piece that lies at `at`.
pub(super) fn roll(
    spec: &RollSpec,
    piece: &Block,
    at: &Region,
    out: &Region,
    output: Output,
) -> Result<Block> {
    let dtype = piece.dtype();
    let walk = Walk { spec, piece, at, out, output };
    let quantile = match spec.op {
        RollOp::Quantile { q, method } => Some((q, method)),
        _ => None,
    };
    if dtype.is_time() && !matches!(spec.op, RollOp::Reduce(ReduceOp::ArgMin | ReduceOp::ArgMax)) {
        let between: Box<dyn Fn(i64, i64, f64) -> i64> = match quantile {
            None => Box::new(|a, b, _| ((i128::from(a) + i128::from(b)) / 2) as i64),
            Some((_, method)) if method.chooses() => Box::new(|a, _, _| a),
            Some(_) => Box::new(between_ticks(dtype)),
        };
        return walk.run::<i64, _>(Sorted::new(quantile, between));
    }
    with_keyed!(dtype.kind(), T => match spec.op {
        RollOp::Reduce(ReduceOp::ArgMin) => walk.run::<T, _>(Extreme::<<T as Keyed>::Key, false>::default()),
        RollOp::Reduce(ReduceOp::ArgMax) => walk.run::<T, _>(Extreme::<<T as Keyed>::Key, true>::default()),
        RollOp::Quantile { method, .. } if !method.chooses() => {
            walk.run::<T, _>(Sorted::<_, fn(T, T, f64) -> f64>::new(quantile, T::between))
        }
        RollOp::Quantile { .. } => walk.run::<T, _>(Sorted::<_, fn(T, T, f64) -> T>::new(quantile, |a, _, _| a)),
        _ if dtype.is_float() || dtype.is_complex() => {
            walk.run::<T, _>(Sorted::<_, fn(T, T, f64) -> T>::new(None, |a, b, _| T::middle(a, b)))
        }
        _ => walk.run::<T, _>(Sorted::<_, fn(T, T, f64) -> f64>::new(None, |a, b, _| (a.real() + b.real()) / 2.0)),
    }, else Err(Error::internal("text was turned into numbers")))
}

/// A window that moves.
trait Moving<T: Keyed> {
    type Result: Element;
    fn clear(&mut self);
    fn add(&mut self, position: usize, x: T);
    /// Takes off an element that was added.
    fn drop(&mut self, position: usize, x: T);
    /// The result for the elements that are there, at least one; positions count from `begin`.
    fn value(&self, begin: i64) -> Self::Result;
}

struct Walk<'a> {
    spec: &'a RollSpec,
    piece: &'a Block,
    at: &'a Region,
    out: &'a Region,
    output: Output,
}

impl Walk<'_> {
    /// Moves a window along the last of the axes, for each window along the others and each place along the rest.
    fn run<T: Keyed, M: Moving<T>>(mut self, mut window: M) -> Result<Block> {
        let (last, others) = self.spec.axes.split_last().ok_or_else(|| Error::internal("no windows"))?;
        let (axis, spans) = (last.0, &last.1);
        let view = self.piece.typed::<T>()?.view();
        let gaps = Gaps::of(self.piece.dtype());
        let steps = steps(&self.out.shape());
        let mut places = self.out.shape();
        places[axis] = 1;
        let origin = self.at.axis(axis).start;
        let (mut line, mut values, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for place in ndarray::indices(IxDyn(&places)) {
            let mut part = view.view();
            let mut base = 0;
            for (k, &i) in place.slice().iter().enumerate().filter(|(k, _)| *k != axis) {
                base += i * steps[k];
                let from = self.at.axis(k).start;
                let range = match others.iter().find(|(other, _)| *other == k) {
                    Some((_, spans)) => spans.span(self.out.axis(k).start + i),
                    None => self.out.axis(k).start + i..self.out.axis(k).start + i + 1,
                };
                part.slice_axis_inplace(Axis(k), Slice::from(range.start - from..range.end - from));
            }
            let width = part.len() / part.len_of(Axis(axis)).max(1);
            part.swap_axes(0, axis);
            line.clear();
            line.extend(part.iter().copied());
            let line = Line { elements: &line, width, origin, gaps };
            line.roll(spans, self.out.axis(axis), &mut window, &mut values, &mut counts);
            let dtype = self.output.dtype();
            let block = flat_block(std::mem::take(&mut values));
            let block = if dtype.is_time() { block.retype(dtype) } else { block };
            let to = To { base, row: steps[axis], column: 1 };
            self.output.put(block, Counts::Each(&counts), 1, to)?;
        }
        self.output.into_block()
    }
}

/// Elements along the axis along which the window moves, `width` at each position.
struct Line<'a, T> {
    elements: &'a [T],
    width: usize,
    origin: usize,
    gaps: Gaps,
}

impl<T: Keyed> Line<'_, T> {
    fn roll<M: Moving<T>>(
        &self,
        spans: &Spans,
        windows: Range<usize>,
        window: &mut M,
        values: &mut Vec<M::Result>,
        counts: &mut Vec<i64>,
    ) {
        window.clear();
        counts.clear();
        let valid = |position: usize| {
            let row = &self.elements[(position - self.origin) * self.width..][..self.width];
            row.iter().copied().filter(|x| !self.gaps.missing(*x))
        };
        let mut held = 0..0;
        let mut count = 0;
        for i in windows {
            let span = spans.span(i);
            if span.start >= held.end {
                window.clear();
                (held, count) = (span.start..span.start, 0);
            }
            for position in held.end..span.end {
                for x in valid(position) {
                    window.add(position, x);
                    count += 1;
                }
            }
            for position in held.start..span.start {
                for x in valid(position) {
                    window.drop(position, x);
                    count -= 1;
                }
            }
            held = span;
            values.push(if count > 0 { window.value(spans.begin(i)) } else { M::Result::default() });
            counts.push(count);
        }
    }
}

/// The keys of a window, which are in parts of moderate length: in order all of them.
struct Sorted<K, F> {
    parts: Vec<Vec<K>>,
    len: usize,
    /// The fraction whose quantile is wanted; without one, the median is.
    quantile: Option<(f64, Method)>,
    /// The value at a weight of the way between two.
    between: F,
}

impl<K: Key, F> Sorted<K, F> {
    fn new(quantile: Option<(f64, Method)>, between: F) -> Self {
        Sorted { parts: Vec::new(), len: 0, quantile, between }
    }

    /// The part that a key belongs to.
    fn part(&self, key: K) -> usize {
        let ends = self.parts.partition_point(|p| p.last().is_some_and(|last| *last < key));
        ends.min(self.parts.len().saturating_sub(1))
    }

    fn nth(&self, mut n: usize) -> K {
        for part in &self.parts {
            match part.get(n) {
                Some(key) => return *key,
                None => n -= part.len(),
            }
        }
        K::MAX
    }
}

impl<T: Keyed, R: Element, F: Fn(T, T, f64) -> R> Moving<T> for Sorted<T::Key, F> {
    type Result = R;

    fn clear(&mut self) {
        self.parts.clear();
        self.len = 0;
    }

    fn add(&mut self, _: usize, x: T) {
        let key = x.key();
        if self.parts.is_empty() {
            self.parts.push(Vec::new());
        }
        let at = self.part(key);
        let part = &mut self.parts[at];
        part.insert(part.partition_point(|k| *k < key), key);
        if part.len() > PART {
            let upper = part.split_off(PART / 2);
            self.parts.insert(at + 1, upper);
        }
        self.len += 1;
    }

    fn drop(&mut self, _: usize, x: T) {
        let key = x.key();
        let at = self.part(key);
        let part = &mut self.parts[at];
        part.remove(part.partition_point(|k| *k < key));
        if part.is_empty() {
            self.parts.remove(at);
        }
        self.len -= 1;
    }

    fn value(&self, _: i64) -> R {
        let place = match self.quantile {
            None => Place::middle(self.len),
            Some((q, method)) => method.place(self.len, q),
        };
        (self.between)(T::of_key(self.nth(place.low)), T::of_key(self.nth(place.high)), place.weight)
    }
}

/// The keys that may still become the extreme of a window, and their positions: the first is it now.
struct Extreme<K, const MAX: bool>(VecDeque<(usize, K)>);

impl<K, const MAX: bool> Default for Extreme<K, MAX> {
    fn default() -> Self {
        Extreme(VecDeque::new())
    }
}

impl<T: Keyed, const MAX: bool> Moving<T> for Extreme<T::Key, MAX> {
    type Result = f64;

    fn clear(&mut self) {
        self.0.clear();
    }

    fn add(&mut self, position: usize, x: T) {
        let key = if MAX { x.key().reversed() } else { x.key() };
        while self.0.back().is_some_and(|(_, last)| *last > key) {
            self.0.pop_back();
        }
        self.0.push_back((position, key));
    }

    fn drop(&mut self, position: usize, _: T) {
        if self.0.front().is_some_and(|(first, _)| *first == position) {
            self.0.pop_front();
        }
    }

    fn value(&self, begin: i64) -> f64 {
        self.0.front().map_or(f64::NAN, |(position, _)| (*position as i64 - begin) as f64)
    }
}
