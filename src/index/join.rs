//! One index from several: what alignment needs.

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use super::key::{self, Key};
use super::lookup::Lookup;
use super::merge::{self, Merged, as_slice};
use super::search::Direction;
use super::{HashIndex, Index, Method, Positions, RangeIndex, SortedIndex, interval, of_labels, tolerant};
use crate::array::{Block, Slice};
use crate::dtype::{DType, promote};
use crate::error::{Error, Result};

/// Which labels remain where several indexes meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Join {
    /// The labels that all have, in the order of the first.
    #[default]
    Inner,
    /// The labels that any has, sorted.
    Outer,
    /// The labels of the first.
    Left,
    /// The labels of the last.
    Right,
    /// The labels, which must be the same everywhere.
    Exact,
    /// The labels of the first; the others must have as many.
    Override,
}

impl std::str::FromStr for Join {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "inner" => Join::Inner,
            "outer" => Join::Outer,
            "left" => Join::Left,
            "right" => Join::Right,
            "exact" => Join::Exact,
            "override" => Join::Override,
            _ => {
                let known = ["inner", "outer", "left", "right", "exact", "override"];
                return Err(Error::not_found("join", name, known));
            }
        })
    }
}

/// Joins indexes of one dimension (at least one). Equal indexes are never changed: the first is the
/// result, also where it has duplicate labels.
///
/// # Errors
/// If labels differ under [`Join::Exact`], lengths under [`Join::Override`], an index that would have to
/// be reordered has duplicate labels, or labels cannot be compared.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::index::{default_index, join};
/// let a = default_index(&Block::from_vec(&[3], vec![3i64, 1, 2])?)?;
/// let b = default_index(&Block::from_vec(&[3], vec![2i64, 3, 4])?)?;
/// assert_eq!(join(&[a.clone(), b.clone()], Join::Inner)?.labels().to_vec::<i64>()?, [3, 2]);
/// assert_eq!(join(&[a, b], Join::Outer)?.labels().to_vec::<i64>()?, [1, 2, 3, 4]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn join(indexes: &[Arc<dyn Index>], how: Join) -> Result<Arc<dyn Index>> {
    Ok(joined(indexes, how)?.index)
}

/// An index, and for each of several others where its labels stand in them.
pub type Placed = (Arc<dyn Index>, Vec<Option<Positions>>);

/// The [`join`] of indexes, and for each of them where the labels of the join stand in it: what [`positions`]
/// gives, found on the way.
///
/// # Errors
/// Those of [`join`].
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::index::{Positions, default_index, join_with_positions};
/// let a = default_index(&Block::from_vec(&[3], vec![3i64, 1, 2])?)?;
/// let b = default_index(&Block::from_vec(&[3], vec![2i64, 3, 4])?)?;
/// let (both, places) = join_with_positions(&[a, b], Join::Outer)?;
/// assert_eq!(both.labels().to_vec::<i64>()?, [1, 2, 3, 4]);
/// assert_eq!(places[1], Some(Positions::Many(vec![-1, 0, 1, 2])));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn join_with_positions(indexes: &[Arc<dyn Index>], how: Join) -> Result<Placed> {
    let Joined { index, positions: known } = joined(indexes, how)?;
    let find = |(k, own): (usize, &Arc<dyn Index>)| match &known {
        Some(known) => Ok(Some(known[k].clone()).filter(|p| !takes_all(p, own.len()))),
        None => positions(own.as_ref(), index.as_ref()),
    };
    let all = indexes.iter().enumerate().map(find).collect::<Result<_>>()?;
    Ok((index, all))
}

/// A join, and where its labels stand in each index if that was found on the way.
struct Joined {
    index: Arc<dyn Index>,
    positions: Option<[Positions; 2]>,
}

impl From<Arc<dyn Index>> for Joined {
    fn from(index: Arc<dyn Index>) -> Self {
        Joined { index, positions: None }
    }
}

fn joined(indexes: &[Arc<dyn Index>], how: Join) -> Result<Joined> {
    let Some(first) = indexes.first() else {
        return Err(Error::internal("a join of no indexes"));
    };
    if how == Join::Override {
        if let Some(other) = indexes.iter().find(|i| i.len() != first.len()) {
            return Err(Error::alignment(format!(
                "lengths {} and {} differ: they cannot be joined by override",
                first.len(),
                other.len()
            )));
        }
        return Ok(first.clone().into());
    }
    let Some(other) = indexes[1..].iter().find(|i| !same(first.as_ref(), i.as_ref())) else {
        return Ok(first.clone().into());
    };
    if how == Join::Exact {
        return Err(difference(first.as_ref(), other.as_ref())
            .help("align with another join first (inner, outer, left, right), or drop the labels"));
    }
    let tolerant = tolerant::all_tolerant(indexes)?;
    let (indexes, has_tolerance) = (tolerant.as_deref().unwrap_or(indexes), tolerant.is_some());
    if indexes.iter().any(|i| !i.is_unique()) {
        return Err(Error::alignment("labels differ, and one of the indexes has duplicate labels")
            .help("drop the duplicates, or bring all to the same labels"));
    }
    match how {
        Join::Left => Ok(indexes[0].clone().into()),
        Join::Right => Ok(indexes[indexes.len() - 1].clone().into()),
        Join::Outer if has_tolerance => Ok(tolerant::outer(indexes, common_of(indexes)?)?.into()),
        Join::Outer => outer(indexes),
        _ => inner(indexes),
    }
}

/// Two indexes of one dtype with labels in order, which merge without a look at single labels by value.
struct Pair<'a> {
    first: &'a Arc<dyn Index>,
    second: &'a Arc<dyn Index>,
}

impl Pair<'_> {
    fn of(indexes: &[Arc<dyn Index>]) -> Option<Pair<'_>> {
        let [first, second] = indexes else { return None };
        let mergeable = first.dtype() == second.dtype() && !first.is_empty() && !second.is_empty();
        mergeable.then_some(Pair { first, second })
    }

    fn ranges(&self) -> Option<(&RangeIndex, &RangeIndex)> {
        Some((as_range(self.first.as_ref())?, as_range(self.second.as_ref())?))
    }

    fn rising(&self) -> Option<(Block, Block)> {
        Some((rising_labels(self.first.as_ref())?, rising_labels(self.second.as_ref())?))
    }

    fn inner(&self) -> Option<Joined> {
        if let Some((a, b)) = self.ranges()
            && let Some((in_first, in_second)) = a.overlap(b)
        {
            let (in_first, in_second) = (Positions::Slice(in_first), Positions::Slice(in_second));
            return Some(Joined { index: a.take(&in_first), positions: Some([in_first, in_second]) });
        }
        let (a, b) = self.rising()?;
        let Merged { labels, in_first, in_second } = merge::inner(&a, &b)?;
        let index = match &in_first {
            Positions::Many(_) => Arc::new(SortedIndex::rising(labels)),
            part => self.first.take(part),
        };
        Some(Joined { index, positions: Some([in_first, in_second]) })
    }

    fn outer(&self) -> Option<Joined> {
        if let Some((a, b)) = self.ranges()
            && let Some(index) = a.union(b)
        {
            return Some(Joined::from(Arc::new(index) as Arc<dyn Index>));
        }
        // A union is in order, whatever order its parts were in.
        let side = |index: &Arc<dyn Index>| match as_hash(index.as_ref()) {
            Some(hash) => hash.sorted().map(|s| s.labels.clone()),
            None => rising_labels(index.as_ref()),
        };
        let Merged { labels, in_first, in_second } = merge::outer(&side(self.first)?, &side(self.second)?)?;
        let unsorted =
            |index: &Arc<dyn Index>, positions| match as_hash(index.as_ref()).and_then(|h| h.sorted()) {
                Some(sorted) => sorted.unsorted(positions),
                None => positions,
            };
        let positions = Some([unsorted(self.first, in_first), unsorted(self.second, in_second)]);
        let index: Arc<dyn Index> = match RangeIndex::recognise(&labels) {
            Some(range) => Arc::new(range),
            None => Arc::new(SortedIndex::rising(labels)),
        };
        Some(Joined { index, positions })
    }
}

fn as_hash(index: &dyn Index) -> Option<&HashIndex> {
    (index as &dyn Any).downcast_ref()
}

fn as_range(index: &dyn Index) -> Option<&RangeIndex> {
    (index as &dyn Any).downcast_ref()
}

/// The labels of an index, if they rise and no one stands twice.
fn rising_labels(index: &dyn Index) -> Option<Block> {
    let rises = match (as_range(index), (index as &dyn Any).downcast_ref::<SortedIndex>()) {
        (Some(range), _) => range.direction() == Some(Direction::Rising),
        (_, Some(sorted)) => sorted.direction() == Some(Direction::Rising) && sorted.is_unique(),
        _ => false,
    };
    rises.then(|| index.labels())
}

/// Whether these positions are all of so many, in order.
fn takes_all(positions: &Positions, len: usize) -> bool {
    match positions {
        Positions::One(_) => false,
        Positions::Slice(s) => *s == Slice::all(len),
        Positions::Many(p) => p.len() == len && p.iter().copied().eq(0..len as i64),
    }
}

/// Where the labels of `target` stand in `source`, -1 where they do not; `None` if both are equal, a slice
/// where that is enough.
///
/// # Errors
/// If `source` has duplicate labels, or labels cannot be compared.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::index::{Positions, default_index, positions};
/// let a = default_index(&Block::from_vec(&[3], vec![3i64, 1, 2])?)?;
/// let b = default_index(&Block::from_vec(&[3], vec![2i64, 3, 4])?)?;
/// assert_eq!(positions(a.as_ref(), b.as_ref())?, Some(Positions::Many(vec![2, 0, -1])));
/// assert_eq!(positions(a.as_ref(), a.as_ref())?, None);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn positions(source: &dyn Index, target: &dyn Index) -> Result<Option<Positions>> {
    if same(source, target) {
        return Ok(None);
    }
    if let (Some(own), Some(other)) = (as_range(source), as_range(target))
        && let Some((in_source, in_target)) = own.overlap(other)
    {
        return Ok(Some(placed(in_source, in_target, target.len())));
    }
    let all = match tolerant::lend(source, target)? {
        Some(source) => source.positions_of(&target.labels(), Method::Exact, None)?,
        None => source.positions_of(&target.labels(), Method::Exact, None)?,
    };
    Ok(Some(as_slice(&all).map_or(Positions::Many(all), Positions::Slice)))
}

/// The positions `source` at the places `target` of a list of `len`, which has holes elsewhere.
fn placed(source: Slice, target: Slice, len: usize) -> Positions {
    if target.len == len {
        // In the order of the target.
        let start = source.position(if target.step < 0 { len.saturating_sub(1) } else { 0 });
        return Positions::Slice(Slice { start, step: target.step, len });
    }
    let mut all = vec![-1; len];
    for i in 0..source.len {
        all[target.position(i)] = source.position(i) as i64;
    }
    Positions::Many(all)
}

fn same(a: &dyn Index, b: &dyn Index) -> bool {
    std::ptr::addr_eq(a, b) || tolerant::same(a, b)
}

/// The first place where two indexes differ.
fn difference(a: &dyn Index, b: &dyn Index) -> Error {
    let (x, y) = (a.labels().contiguous(), b.labels().contiguous());
    let at = (0..a.len().min(b.len())).find(|&i| key::key_at(&x, i) != key::key_at(&y, i));
    Error::alignment(match at {
        Some(i) => format!(
            "labels differ at position {i}: {} and {}",
            super::lookup::show(&x, i),
            super::lookup::show(&y, i)
        ),
        None => format!("labels differ: {} and {} of them", a.len(), b.len()),
    })
}

/// The dtype that holds labels of both.
fn common(a: DType, b: DType) -> Result<DType> {
    if !key::is_comparable(a, b) {
        return Err(Error::alignment(format!("labels of type {a} and {b} have no common order")));
    }
    promote::promote(a, b)
}

fn common_of(indexes: &[Arc<dyn Index>]) -> Result<DType> {
    indexes[1..].iter().try_fold(indexes[0].dtype(), |d, i| common(d, i.dtype()))
}

fn inner(indexes: &[Arc<dyn Index>]) -> Result<Joined> {
    if let Some(joined) = Pair::of(indexes).and_then(|p| p.inner()) {
        return Ok(joined);
    }
    let first = &indexes[0];
    let labels = first.labels();
    let mut keep = vec![true; first.len()];
    for other in &indexes[1..] {
        common(first.dtype(), other.dtype())?;
        for (k, p) in keep.iter_mut().zip(other.positions_of(&labels, Method::Exact, None)?) {
            *k &= p >= 0;
        }
    }
    let kept: Vec<i64> = (0..keep.len()).filter(|&i| keep[i]).map(|i| i as i64).collect();
    let joined = first.take(&as_slice(&kept).map_or(Positions::Many(kept), Positions::Slice));
    let dtype = common_of(indexes)?;
    if joined.dtype() == dtype {
        return Ok(joined.into());
    }
    Ok(of_labels(&key::block_of(&key::keys(&joined.labels()), dtype)?).into())
}

fn outer(indexes: &[Arc<dyn Index>]) -> Result<Joined> {
    if let Some(joined) = Pair::of(indexes).and_then(|p| p.outer()) {
        return Ok(joined);
    }
    if let Some(intervals) = interval::together(&indexes.iter().collect::<Vec<_>>(), true) {
        return Ok(intervals.into());
    }
    let dtype = common_of(indexes)?;
    let filled: Vec<_> = indexes.iter().filter(|i| !i.is_empty()).collect();
    let mut labels: Vec<Key> = Vec::new();
    let mut seen = HashSet::new();
    for index in &filled {
        labels.extend(key::keys(&index.labels()).into_iter().filter(|k| seen.insert(k.clone())));
    }
    // An empty index adds nothing, and changes no order either.
    let unchanged = filled.iter().all(|i| same(filled[0].as_ref(), i.as_ref()));
    if !unchanged && !dtype.is_complex() {
        // Missing labels have no order: they stand last.
        let missing = |k: &Key| *k == Key::Missing;
        labels.sort_by(|a, b| a.order(b).unwrap_or_else(|| missing(a).cmp(&missing(b))));
    }
    Ok(of_labels(&key::block_of(&labels, dtype)?).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Block;
    use crate::dtype::{Element, Text};
    use crate::index::default_index;

    fn index<T: Element>(labels: &[T]) -> Arc<dyn Index> {
        default_index(&Block::from_vec(&[labels.len()], labels.to_vec()).unwrap()).unwrap()
    }

    #[test]
    fn outer_sorts_and_inner_keeps_the_left_order() {
        let pair = [index(&[3i64, 1, 2]), index(&[2.0, 3.5])];
        let labels = |how| join(&pair, how).unwrap().labels();
        assert_eq!(labels(Join::Outer).to_vec::<f64>().unwrap(), [1.0, 2.0, 3.0, 3.5]);
        assert_eq!(labels(Join::Inner).to_vec::<f64>().unwrap(), [2.0]);
        assert_eq!(labels(Join::Left).to_vec::<i64>().unwrap(), [3, 1, 2]);
        assert_eq!(labels(Join::Right).to_vec::<f64>().unwrap(), [2.0, 3.5]);
        assert!(join(&pair, Join::Exact).unwrap_err().to_string().contains("position 0: 3 and 2"));
        assert!(join(&pair, Join::Override).is_err());
        let both = join(&[index(&[5i64, 4, 3, 1]), index(&[1i64, 4, 3])], Join::Inner).unwrap();
        assert_eq!(both.labels().to_vec::<i64>().unwrap(), [4, 3, 1]);
    }

    #[test]
    fn equal_indexes_are_never_changed() {
        let twice = [index(&[2i64, 1, 1]), index(&[2.0, 1.0, 1.0])];
        for how in [Join::Inner, Join::Outer, Join::Left, Join::Right, Join::Exact, Join::Override] {
            assert_eq!(join(&twice, how).unwrap().labels().to_vec::<i64>().unwrap(), [2, 1, 1]);
        }
        assert!(join(&[twice[0].clone(), index(&[1i64])], Join::Left).is_err());
        let nan = [index(&[f64::NAN, 1.0]), index(&[f64::NAN, 1.0])];
        assert!(join(&nan, Join::Exact).is_ok());
    }

    #[test]
    fn an_empty_index_leaves_the_order_alone() {
        let outer = join(&[index(&[3i64, 1]), index::<i64>(&[])], Join::Outer).unwrap();
        assert_eq!(outer.labels().to_vec::<i64>().unwrap(), [3, 1]);
    }

    #[test]
    fn positions_are_a_slice_where_possible() {
        let (a, b) = (index(&[1i64, 2, 3, 4]), index(&[4i64, 2]));
        assert_eq!(positions(a.as_ref(), a.as_ref()).unwrap(), None);
        let back = Slice { start: 3, step: -2, len: 2 };
        assert_eq!(positions(a.as_ref(), b.as_ref()).unwrap(), Some(Positions::Slice(back)));
        assert_eq!(positions(b.as_ref(), a.as_ref()).unwrap(), Some(Positions::Many(vec![-1, 1, -1, 0])));
    }

    #[test]
    fn texts_do_not_join_numbers() {
        let pair = [index(&[1i64]), index(&[Text::from("a")])];
        assert!(join(&pair, Join::Outer).is_err());
        assert!(join(&pair, Join::Inner).is_err());
    }

    /// Lists of some labels out of five, rising, falling and rotated: ranges, sorted and hash indexes.
    fn lists() -> Vec<Vec<i64>> {
        let subset = |bits: u32| (0..5).filter(|k| bits & (1 << k) != 0).collect::<Vec<i64>>();
        let orders = |rising: Vec<i64>| {
            let falling = rising.iter().rev().copied().collect();
            let rotated = rising.iter().skip(1).chain(rising.first()).copied().collect();
            [rising, falling, rotated]
        };
        (0..32).map(subset).flat_map(orders).collect()
    }

    #[test]
    fn every_kind_of_pair_joins_as_plain_lists_do() {
        let lists = lists();
        let indexes: Vec<_> = lists.iter().map(|l| index(l)).collect();
        let halves = |l: &[i64]| index(&l.iter().map(|v| *v as f64 / 2.0).collect::<Vec<_>>());
        let floats: Vec<_> = lists.iter().map(|l| halves(l)).collect();
        let at = |list: &[i64], joined: &[i64]| -> Vec<i64> {
            let position = |v: &i64| list.iter().position(|x| x == v).map_or(-1, |p| p as i64);
            joined.iter().map(position).collect()
        };
        let flat = |positions: Option<Positions>, len: usize| match positions {
            None => (0..len as i64).collect(),
            Some(Positions::Slice(s)) => (0..s.len).map(|i| s.position(i) as i64).collect(),
            Some(Positions::Many(p)) => p,
            Some(Positions::One(i)) => vec![i as i64],
        };
        for (i, a) in lists.iter().enumerate() {
            for (j, b) in lists.iter().enumerate() {
                let inner: Vec<i64> = a.iter().copied().filter(|v| b.contains(v)).collect();
                let mut outer: Vec<i64> =
                    a.iter().chain(b.iter().filter(|v| !a.contains(v))).copied().collect();
                if a != b && !a.is_empty() && !b.is_empty() {
                    outer.sort_unstable();
                }
                for (how, labels) in [(Join::Inner, if a == b { a } else { &inner }), (Join::Outer, &outer)] {
                    for all in [&indexes, &floats] {
                        let pair = [all[i].clone(), all[j].clone()];
                        let (joined, positions) = join_with_positions(&pair, how).unwrap();
                        let expected =
                            if Arc::ptr_eq(&pair[0], &indexes[i]) { index(labels) } else { halves(labels) };
                        assert!(joined.equals(expected.as_ref()), "{a:?} {b:?} {how:?}: {joined:?}");
                        for ((own, list), found) in pair.iter().zip([a, b]).zip(positions) {
                            let by_itself = super::positions(own.as_ref(), joined.as_ref()).unwrap();
                            assert_eq!(flat(by_itself, own.len()), at(list, labels), "{a:?} {b:?} {how:?}");
                            assert_eq!(flat(found, own.len()), at(list, labels), "{a:?} {b:?} {how:?}");
                        }
                    }
                }
            }
        }
    }
}
