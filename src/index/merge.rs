//! Labels in order, compared as what they are: joins and look-ups of long lists walk over plain slices.

use std::cmp::Ordering;
use std::ops::Range;

use super::Positions;
use super::search::Direction;
use crate::array::{Block, Slice};
use crate::dtype::dispatch::with_real;
use crate::dtype::{Element, Kind, NAT, Text};

/// What two lists of labels become, and where the result stands in each of them.
pub(super) struct Merged {
    pub(super) labels: Block,
    pub(super) in_first: Positions,
    pub(super) in_second: Positions,
}

/// Binds `$T` to the type of labels that have an order.
macro_rules! with_ordered {
    ($kind:expr, $T:ident => $body:expr, else $other:expr) => {
        with_real!($kind, $T => $body, else match $kind {
            Kind::Bool => { type $T = bool; $body }
            Kind::Str => { type $T = Text; $body }
            _ => $other,
        })
    };
}

/// The labels that both of two lists hold; both rise, hold none twice, and are of one dtype.
pub(super) fn inner(a: &Block, b: &Block) -> Option<Merged> {
    with_ordered!(a.dtype().kind(), T => {
        let (x, y) = (a.as_slice::<T>()?, b.as_slice::<T>()?);
        let (in_first, in_second) = common(x, y);
        let labels = take(a, &in_first);
        Some(Merged { labels, in_first, in_second })
    }, else None)
}

/// The labels that either of two lists holds, rising; both rise, hold none twice, and are of one dtype.
pub(super) fn outer(a: &Block, b: &Block) -> Option<Merged> {
    with_ordered!(a.dtype().kind(), T => {
        let union = Union::of(a.as_slice::<T>()?, b.as_slice::<T>()?);
        let labels = Block::from_vec(&[union.labels.len()], union.labels).ok()?.retype(a.dtype());
        let (in_first, in_second) = (Positions::Many(union.in_first), Positions::Many(union.in_second));
        Some(Merged { labels, in_first, in_second })
    }, else None)
}

/// Labels from the least to the greatest, and where they came from.
#[derive(Debug)]
pub(super) struct Sorted {
    pub(super) labels: Block,
    pub(super) positions: Vec<i64>,
    /// Whether no label stands twice.
    pub(super) unique: bool,
}

impl Sorted {
    /// `None` if a label is missing, or labels are not numbers or times.
    pub(super) fn of(labels: &Block) -> Option<Sorted> {
        if labels.dtype().is_time() && labels.get::<i64>()?.iter().any(|v| *v == NAT) {
            return None;
        }
        with_real!(labels.dtype().kind(), T => {
            let mut pairs: Vec<(T, i64)> = labels.get::<T>()?.iter().copied().zip(0..).collect();
            if pairs.iter().any(|(v, _)| v.is_missing()) {
                return None;
            }
            pairs.sort_unstable_by(|(a, _), (b, _)| a.partial_cmp(b).unwrap_or(Ordering::Equal));
            let unique = pairs.windows(2).all(|w| w[0].0 != w[1].0);
            let (values, positions): (Vec<T>, Vec<i64>) = pairs.into_iter().unzip();
            let labels = Block::from_vec(&[values.len()], values).ok()?.retype(labels.dtype());
            Some(Sorted { labels, positions, unique })
        }, else None)
    }

    /// Where positions among the sorted labels were before.
    pub(super) fn unsorted(&self, positions: Positions) -> Positions {
        let back = |p: i64| usize::try_from(p).map_or(-1, |p| self.positions[p]);
        Positions::Many(match positions {
            Positions::Many(p) => p.into_iter().map(back).collect(),
            Positions::Slice(s) => (0..s.len).map(|i| self.positions[s.position(i)]).collect(),
            Positions::One(i) => vec![self.positions[i]],
        })
    }
}

/// The position of each of `wanted` in labels that are in order and hold none twice, -1 where it is not
/// there; `None` of dtypes that differ or have no order.
pub(super) fn find_all(labels: &Block, direction: Direction, wanted: &Block) -> Option<Vec<i64>> {
    if labels.dtype() != wanted.dtype() {
        return None;
    }
    let wanted = wanted.clone().contiguous();
    with_ordered!(labels.dtype().kind(), T => {
        let (labels, wanted) = (labels.as_slice::<T>()?, wanted.as_slice::<T>()?);
        Some(match direction {
            Direction::Rising => find(labels, wanted, |a, b| a < b),
            Direction::Falling => find(labels, wanted, |a, b| a > b),
        })
    }, else None)
}

/// The elements of a block of rank 1 at positions, none of which is a hole.
pub(crate) fn take(labels: &Block, positions: &Positions) -> Block {
    match positions {
        Positions::One(i) => labels.slice(&[Slice::range(*i..*i + 1)]),
        Positions::Slice(s) => labels.slice(&[*s]),
        Positions::Many(p) => crate::dtype::dispatch::with_element!(labels.dtype().kind(), T => {
            let flat = labels.clone().contiguous();
            let values = flat.as_slice::<T>().expect("made contiguous");
            Block::from_vec(&[p.len()], elements(values, p)).expect("as many as places").retype(labels.dtype())
        }),
    }
}

fn elements<T: Clone>(values: &[T], positions: &[i64]) -> Vec<T> {
    positions.iter().map(|&p| values[p as usize].clone()).collect()
}

/// The slice that takes the same positions, if they are evenly spaced without holes.
pub(super) fn as_slice(positions: &[i64]) -> Option<Slice> {
    let start = usize::try_from(*positions.first()?).ok()?;
    let step = positions.get(1).map_or(1, |p| p - positions[0]);
    let even = step != 0 && positions.windows(2).all(|w| w[1] - w[0] == step && w[1] >= 0);
    (even || positions.len() == 1).then_some(Slice { start, step: step as isize, len: positions.len() })
}

/// Where the span that two rising lists share lies in each.
fn shared_span<T: PartialOrd>(a: &[T], b: &[T]) -> (Range<usize>, Range<usize>) {
    let (Some(first), Some(last)) = (b.first(), b.last()) else { return (a.len()..a.len(), 0..0) };
    let in_a = a.partition_point(|x| x < first)..a.partition_point(|x| x <= last);
    if in_a.is_empty() {
        let at = b.partition_point(|y| a.get(in_a.start).is_none_or(|x| y < x));
        return (in_a.start..in_a.start, at..at);
    }
    let (first, last) = (&a[in_a.start], &a[in_a.end - 1]);
    let in_b = b.partition_point(|y| y < first)..b.partition_point(|y| y <= last);
    (in_a, in_b)
}

fn common<T: PartialOrd>(a: &[T], b: &[T]) -> (Positions, Positions) {
    let (in_a, in_b) = shared_span(a, b);
    let (x, y) = (&a[in_a.clone()], &b[in_b.clone()]);
    // Parts of one list are the usual case.
    if x == y {
        return (Positions::Slice(Slice::range(in_a)), Positions::Slice(Slice::range(in_b)));
    }
    let n = x.len().min(y.len());
    let (mut first, mut second) = (vec![0; n], vec![0; n]);
    let (mut i, mut j, mut k) = (0, 0, 0);
    // Without branches, as which list is ahead cannot be foreseen.
    while i < x.len() && j < y.len() {
        first[k] = (in_a.start + i) as i64;
        second[k] = (in_b.start + j) as i64;
        let (left, right) = (x[i] <= y[j], y[j] <= x[i]);
        i += usize::from(left);
        j += usize::from(right);
        k += usize::from(left & right);
    }
    first.truncate(k);
    second.truncate(k);
    let evenly = |p: Vec<i64>| as_slice(&p).map_or(Positions::Many(p), Positions::Slice);
    (evenly(first), evenly(second))
}

/// A union in the making.
struct Union<T> {
    labels: Vec<T>,
    in_first: Vec<i64>,
    in_second: Vec<i64>,
}

impl<T: PartialOrd + Clone> Union<T> {
    fn of(a: &[T], b: &[T]) -> Self {
        let (in_a, in_b) = shared_span(a, b);
        let all = a.len() + b.len();
        let labels = Vec::with_capacity(all);
        let mut union =
            Union { labels, in_first: Vec::with_capacity(all), in_second: Vec::with_capacity(all) };
        union.one_by_one(a, 0..in_a.start, b, 0..in_b.start);
        if a[in_a.clone()] == b[in_b.clone()] {
            union.labels.extend_from_slice(&a[in_a.clone()]);
            union.in_first.extend(in_a.clone().map(|i| i as i64));
            union.in_second.extend(in_b.clone().map(|j| j as i64));
        } else {
            union.merge(a, in_a.clone(), b, in_b.clone());
        }
        union.one_by_one(a, in_a.end..a.len(), b, in_b.end..b.len());
        union
    }

    /// Labels of both, mixed.
    fn merge(&mut self, a: &[T], in_a: Range<usize>, b: &[T], in_b: Range<usize>) {
        let (mut i, mut j) = (in_a.start, in_b.start);
        while i < in_a.end && j < in_b.end {
            let (x, y) = (&a[i], &b[j]);
            let (left, right) = (x <= y, y <= x);
            self.labels.push(if left { x } else { y }.clone());
            self.in_first.push(if left { i as i64 } else { -1 });
            self.in_second.push(if right { j as i64 } else { -1 });
            i += usize::from(left);
            j += usize::from(right);
        }
        self.one_by_one(a, i..in_a.end, b, j..in_b.end);
    }

    /// Labels of one list, then of the other; where both have some, those of one all come first.
    fn one_by_one(&mut self, a: &[T], in_a: Range<usize>, b: &[T], in_b: Range<usize>) {
        let second_first = matches!((a.get(in_a.start), b.get(in_b.start)), (Some(x), Some(y)) if y < x);
        if !second_first {
            self.one(a, in_a.clone(), true);
        }
        self.one(b, in_b, false);
        if second_first {
            self.one(a, in_a, true);
        }
    }

    fn one(&mut self, from: &[T], range: Range<usize>, is_first: bool) {
        let (own, other) = match is_first {
            true => (&mut self.in_first, &mut self.in_second),
            false => (&mut self.in_second, &mut self.in_first),
        };
        other.resize(other.len() + range.len(), -1);
        own.extend(range.clone().map(|i| i as i64));
        self.labels.extend_from_slice(&from[range]);
    }
}

/// [`find_all`] with the order as a function.
fn find<T: Element>(labels: &[T], wanted: &[T], before: impl Fn(&T, &T) -> bool) -> Vec<i64> {
    let Some(first) = wanted.first() else { return Vec::new() };
    let start = labels.partition_point(|x| before(x, first));
    if labels.get(start..start + wanted.len()) == Some(wanted) {
        return (start as i64..).take(wanted.len()).collect();
    }
    let position = |i: usize, label: &T| if labels.get(i) == Some(label) { i as i64 } else { -1 };
    // Each label of a short list is searched, as well as missing ones, which have no order.
    if wanted.len() < 64 || wanted.len() < labels.len() / 16 || wanted.iter().any(T::is_missing) {
        return wanted.iter().map(|w| position(labels.partition_point(|x| before(x, w)), w)).collect();
    }
    let mut at = 0;
    let mut walk_to = |label: &T| {
        while labels.get(at).is_some_and(|x| before(x, label)) {
            at += 1;
        }
        position(at, label)
    };
    if wanted.windows(2).all(|w| before(&w[0], &w[1])) {
        return wanted.iter().map(walk_to).collect();
    }
    // Putting them in order costs less than as many searches through memory that is far away.
    let mut order: Vec<(T, usize)> = wanted.iter().cloned().zip(0..).collect();
    order.sort_unstable_by(|(a, _), (b, _)| match (before(a, b), before(b, a)) {
        (true, _) => Ordering::Less,
        (_, true) => Ordering::Greater,
        _ => Ordering::Equal,
    });
    let mut found = vec![-1; wanted.len()];
    for (label, i) in order {
        found[i] = walk_to(&label);
    }
    found
}

/// Whether two lists hold the same labels in the same order; a missing one is the same as a missing one.
pub(super) fn same<T: Element>(a: &[T], b: &[T]) -> bool {
    let missing = |(x, y): (&T, &T)| x == y || x.is_missing() && y.is_missing();
    a == b || a.len() == b.len() && a.iter().zip(b).all(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(positions: Positions) -> Vec<i64> {
        match positions {
            Positions::Many(p) => p,
            Positions::Slice(s) => (0..s.len).map(|i| s.position(i) as i64).collect(),
            Positions::One(i) => vec![i as i64],
        }
    }

    /// Every pair of lists of some labels out of five.
    fn pairs(mut check: impl FnMut(Vec<i64>, Vec<i64>)) {
        let list = |bits: u32| (0..5).filter(|k| bits & (1 << k) != 0).collect::<Vec<i64>>();
        for bits in 0..1024u32 {
            check(list(bits & 31), list(bits >> 5));
        }
    }

    #[test]
    fn merges_of_all_short_lists() {
        pairs(|a, b| {
            let block = |v: &[i64]| Block::from_vec(&[v.len()], v.to_vec()).unwrap();
            let at = |list: &[i64], v: i64| list.iter().position(|x| *x == v).map_or(-1, |p| p as i64);
            let both: Vec<i64> = a.iter().copied().filter(|v| b.contains(v)).collect();
            let any: Vec<i64> = (0..5).filter(|v| a.contains(v) || b.contains(v)).collect();
            for (merged, labels) in
                [(inner(&block(&a), &block(&b)), both), (outer(&block(&a), &block(&b)), any)]
            {
                let merged = merged.unwrap();
                assert_eq!(merged.labels.to_vec::<i64>().unwrap(), labels, "{a:?} {b:?}");
                assert_eq!(many(merged.in_first), labels.iter().map(|v| at(&a, *v)).collect::<Vec<_>>());
                assert_eq!(many(merged.in_second), labels.iter().map(|v| at(&b, *v)).collect::<Vec<_>>());
            }
            let found: Vec<i64> = b.iter().map(|v| at(&a, *v)).collect();
            assert_eq!(find_all(&block(&a), Direction::Rising, &block(&b)).unwrap(), found);
            let back = |v: &[i64]| block(&v.iter().rev().copied().collect::<Vec<_>>());
            let found: Vec<i64> =
                found.iter().map(|p| if *p < 0 { -1 } else { a.len() as i64 - 1 - p }).collect();
            assert_eq!(find_all(&back(&a), Direction::Falling, &block(&b)).unwrap(), found);
        });
    }
}
