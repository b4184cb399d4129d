//! Looking labels up: in order by bisection, else one by one.

use std::cmp::Ordering;
use std::ops::Range;

use super::Method;
use super::key::Key;
use crate::array::Slice;

/// Which way labels go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Each label is at least the one before.
    Rising,
    /// Each label is at most the one before.
    Falling,
}

/// The first and last instant (or value) that a slice bound stands for; equal but for partial dates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    pub(crate) low: Key,
    pub(crate) high: Key,
}

impl Span {
    pub(crate) fn point(key: Key) -> Self {
        Span { low: key.clone(), high: key }
    }
}

/// Labels in order, given by a function from position to label.
pub(crate) struct Ordered<'a> {
    pub(crate) len: usize,
    pub(crate) direction: Direction,
    pub(crate) key: &'a dyn Fn(usize) -> Key,
}

impl Ordered<'_> {
    /// The first position for which `before` fails.
    fn bisect(&self, before: impl Fn(Option<Ordering>) -> bool, key: &Key) -> usize {
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = low + (high - low) / 2;
            let order = (self.key)(middle).order(key);
            let order =
                if self.direction == Direction::Falling { order.map(Ordering::reverse) } else { order };
            if before(order) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The positions of the label: empty, where it would stand, if it is not there.
    pub(crate) fn find(&self, key: &Key) -> Range<usize> {
        let low = self.bisect(|o| o == Some(Ordering::Less), key);
        if low == self.len || (self.key)(low) != *key {
            return low..low;
        }
        low..self.bisect(|o| matches!(o, Some(Ordering::Less | Ordering::Equal)), key)
    }

    /// The position of the label, or of its neighbour by `method`, not farther away than `tolerance`.
    ///
    /// Pad and backfill go by position, as in pandas: in falling labels pad gives the next greater one.
    pub(crate) fn nearest(&self, key: &Key, method: Method, tolerance: Option<&Key>) -> Option<usize> {
        let found = self.find(key);
        if !found.is_empty() {
            return Some(found.start);
        }
        if *key == Key::Missing {
            return None;
        }
        let left = found.start.checked_sub(1);
        let right = Some(found.start).filter(|&i| i < self.len);
        let position = match method {
            Method::Exact => None,
            Method::Pad => left,
            Method::Backfill => right,
            Method::Nearest => match (left, right) {
                (Some(l), Some(r)) => {
                    let order = (self.key)(l).distance(key)?.order(&(self.key)(r).distance(key)?)?;
                    // Of two equally near the greater label: the right one if labels rise.
                    let tie = if self.direction == Direction::Rising { r } else { l };
                    Some(match order {
                        Ordering::Less => l,
                        Ordering::Greater => r,
                        Ordering::Equal => tie,
                    })
                }
                (l, r) => l.or(r),
            },
        }?;
        match tolerance {
            Some(t) => (self.key)(position).distance(key)?.order(t)?.is_le().then_some(position),
            None => Some(position),
        }
    }

    /// The positions between two bounds in the order of the index.
    pub(crate) fn between(&self, start: Option<&Span>, stop: Option<&Span>, half_open: bool) -> Range<usize> {
        let rising = self.direction == Direction::Rising;
        // The end of a span that comes first in the order of the index, and the one that comes last.
        let first = |s: &Span| if rising { s.low.clone() } else { s.high.clone() };
        let last = |s: &Span| if rising { s.high.clone() } else { s.low.clone() };
        let at = |key: Key| self.bisect(|o| o == Some(Ordering::Less), &key);
        let after = |key: Key| self.bisect(|o| matches!(o, Some(Ordering::Less | Ordering::Equal)), &key);
        let begin = start.map_or(0, |s| at(first(s)));
        let end = stop.map_or(self.len, |s| if half_open { at(first(s)) } else { after(last(s)) });
        begin..end.max(begin)
    }
}

/// Every `step`-th of a run of positions; backwards from its end for a negative step.
pub(crate) fn stepped(run: Range<usize>, step: i64) -> Slice {
    let n = run.len();
    let step = step.clamp(-(isize::MAX as i64), isize::MAX as i64) as isize;
    let len = n.div_ceil(step.unsigned_abs().max(1));
    if len == 0 {
        return Slice { start: run.start, step: 1, len: 0 };
    }
    let start = if step < 0 { run.end - 1 } else { run.start };
    Slice { start, step, len }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(labels: &[f64], run: impl Fn(&Ordered<'_>)) {
        let key = |i: usize| Key::from_f64(labels[i]);
        let direction =
            if labels[0] <= labels[labels.len() - 1] { Direction::Rising } else { Direction::Falling };
        run(&Ordered { len: labels.len(), direction, key: &key });
    }

    #[test]
    fn neighbours_follow_the_order_of_the_index() {
        let k = Key::from_f64;
        ordered(&[10.0, 20.0, 30.0], |o| {
            assert_eq!(o.nearest(&k(15.0), Method::Nearest, None), Some(1));
            assert_eq!(o.nearest(&k(15.0), Method::Pad, None), Some(0));
            assert_eq!(o.nearest(&k(9.0), Method::Pad, None), None);
            assert_eq!(o.nearest(&k(31.0), Method::Nearest, Some(&k(1.0))), Some(2));
            assert_eq!(o.nearest(&k(31.5), Method::Nearest, Some(&k(1.0))), None);
        });
        ordered(&[30.0, 20.0, 10.0], |o| {
            assert_eq!(o.nearest(&k(15.0), Method::Nearest, None), Some(1));
            assert_eq!(o.nearest(&k(15.0), Method::Pad, None), Some(1));
            assert_eq!(o.nearest(&k(15.0), Method::Backfill, None), Some(2));
            assert_eq!(o.nearest(&k(5.0), Method::Backfill, None), None);
        });
    }

    #[test]
    fn slices_take_both_ends_or_leave_the_last_out() {
        let s = |v: f64| Span::point(Key::from_f64(v));
        ordered(&[1.0, 2.0, 2.0, 3.0], |o| {
            assert_eq!(o.between(Some(&s(2.0)), Some(&s(3.0)), false), 1..4);
            assert_eq!(o.between(Some(&s(2.0)), Some(&s(3.0)), true), 1..3);
            assert_eq!(o.between(Some(&s(5.0)), Some(&s(9.0)), false), 4..4);
            assert!(o.between(Some(&s(3.0)), Some(&s(1.0)), false).is_empty());
        });
        ordered(&[3.0, 2.0, 1.0], |o| {
            assert_eq!(o.between(Some(&s(2.5)), Some(&s(1.0)), false), 1..3);
            assert_eq!(o.between(Some(&s(3.0)), Some(&s(1.0)), true), 0..2);
            assert!(o.between(Some(&s(1.0)), Some(&s(3.0)), false).is_empty());
        });
    }

    #[test]
    fn steps_walk_from_the_right_end() {
        let positions = |s: Slice| (0..s.len).map(|i| s.position(i)).collect::<Vec<_>>();
        assert_eq!(positions(stepped(1..6, 2)), [1, 3, 5]);
        assert_eq!(positions(stepped(1..5, -3)), [4, 1]);
        assert_eq!(positions(stepped(4..4, -1)), [] as [usize; 0]);
    }
}
