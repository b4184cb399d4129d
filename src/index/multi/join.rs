//! One multi-index from several: what alignment and concatenation need.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::{Join, Positions};
use super::{JointIndex, MISSING, MultiIndex, translated, translation};
use crate::array::{Block, Region};
use crate::dtype::promote;
use crate::error::{Error, Result};
use crate::kernel::cast::cast;

impl MultiIndex {
    /// Joins indexes of one dimension with the same levels (at least one). Equal ones are never changed.
    ///
    /// # Errors
    /// If they differ under [`Join::Exact`], have duplicates, or labels of a level have no common dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::MultiIndex;
    /// let a = MultiIndex::from_labels(&[Block::from_vec(&[2], vec![1i64, 2])?])?;
    /// let b = MultiIndex::from_labels(&[Block::from_vec(&[2], vec![2i64, 3])?])?;
    /// assert_eq!(MultiIndex::join(&[&a, &b], Join::Outer)?.len(), 3);
    /// assert!(MultiIndex::join(&[&a, &b], Join::Exact).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn join(indexes: &[&MultiIndex], how: Join) -> Result<MultiIndex> {
        let (Some(&first), Some(&last)) = (indexes.first(), indexes.last()) else {
            return Err(Error::internal("a join of no indexes"));
        };
        if how == Join::Override || indexes[1..].iter().all(|i| first.equals(*i)) {
            return Ok(first.clone());
        }
        if how == Join::Exact {
            return Err(Error::alignment("the labels of the levels differ")
                .help("align with another join first (inner, outer, left, right), or drop the labels"));
        }
        for index in indexes {
            if !index.is_unique()? {
                return Err(Error::alignment("labels differ, and one of the indexes has duplicate tuples")
                    .help("drop the duplicates, or bring all to the same labels"));
            }
        }
        match how {
            Join::Left => Ok(first.clone()),
            Join::Right => Ok(last.clone()),
            Join::Outer => outer(indexes),
            _ => inner(indexes),
        }
    }

    /// Where the tuples of `target` stand in this index, -1 where they do not.
    ///
    /// # Errors
    /// If this index has duplicates, or labels cannot be compared.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::MultiIndex;
    /// let a = MultiIndex::from_labels(&[Block::from_vec(&[2], vec![1i64, 2])?])?;
    /// let b = MultiIndex::from_labels(&[Block::from_vec(&[2], vec![2i64, 3])?])?;
    /// assert_eq!(a.positions_of(&b)?, [1, -1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn positions_of(&self, target: &MultiIndex) -> Result<Vec<i64>> {
        let (map, unique) = self.map()?;
        if !unique {
            return Err(Error::alignment("a tuple stands at several positions of the index")
                .help("drop the duplicates first"));
        }
        const ABSENT: i32 = -2;
        let mut tuples = vec![Some(0u128); target.len];
        for ((own, other), radix) in self.levels.iter().zip(&target.levels).zip(self.radix()?) {
            let codes = translation(other.labels.as_ref(), own.labels.as_ref())?;
            for (tuple, &code) in tuples.iter_mut().zip(other.codes.iter()) {
                *tuple = match translated(&codes, code, ABSENT) {
                    ABSENT => None,
                    code => tuple.map(|t| t + radix * (i64::from(code) + 1) as u128),
                };
            }
        }
        let find = |tuple: Option<u128>| tuple.and_then(|t| map.get(&t)).map_or(-1, |p| *p as i64);
        Ok(tuples.into_iter().map(find).collect())
    }

    /// The labels of several indexes one after the other.
    ///
    /// # Errors
    /// If the indexes have not equally many levels, or labels of a level have no common dtype.
    ///
    /// ```
    /// use graticule::array::Block;
    /// use graticule::index::{JointIndex, MultiIndex};
    /// let a = MultiIndex::product(&[Block::from_vec(&[2], vec![1i64, 2])?])?;
    /// let b = MultiIndex::concat(&[&a, &a])?;
    /// assert_eq!(b.labels(0).to_vec::<i64>()?, [1, 2, 1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn concat(indexes: &[&MultiIndex]) -> Result<MultiIndex> {
        let count = indexes.first().map_or(0, |i| i.count());
        if let Some(other) = indexes.iter().find(|i| i.count() != count) {
            let other = other.count();
            return Err(Error::alignment(format!("multi-indexes of {count} and {other} levels do not join")));
        }
        let level = |n: usize| end_to_end(&indexes.iter().map(|i| i.labels(n)).collect::<Vec<_>>());
        MultiIndex::from_labels(&(0..count).map(level).collect::<Result<Vec<_>>>()?)
    }
}

/// Blocks of rank 1 one after the other, in a common dtype.
fn end_to_end(blocks: &[Block]) -> Result<Block> {
    let filled = blocks.iter().filter(|b| b.size() > 0);
    let dtype = match filled.map(Block::dtype).map(Ok).reduce(|a, b| promote::promote(a?, b?)) {
        Some(dtype) => dtype?,
        None => blocks.first().map(Block::dtype).ok_or_else(|| Error::internal("no labels to join"))?,
    };
    let mut all = Block::zeros(dtype, &[blocks.iter().map(Block::size).sum()]);
    let mut at = 0;
    for block in blocks.iter().filter(|b| b.size() > 0) {
        all.assign(&Region::new(std::iter::once(at..at + block.size())), &cast(block, dtype)?);
        at += block.size();
    }
    Ok(all)
}

/// The tuples that all have, in the order of the first.
fn inner(indexes: &[&MultiIndex]) -> Result<MultiIndex> {
    let first = indexes[0];
    let mut keep = vec![true; first.len];
    for other in &indexes[1..] {
        for (k, p) in keep.iter_mut().zip(other.positions_of(first)?) {
            *k &= p >= 0;
        }
    }
    let kept: Vec<i64> = (0..keep.len()).filter(|&i| keep[i]).map(|i| i as i64).collect();
    let mut joined = first.taken(&Positions::Many(kept));
    for number in 0..joined.levels.len() {
        let dtypes = indexes.iter().map(|i| i.levels[number].labels.dtype());
        let dtype = dtypes
            .map(Ok)
            .reduce(|a, b| promote::promote(a?, b?))
            .unwrap_or(Ok(first.levels[number].labels.dtype()))?;
        let level = &mut joined.levels[number];
        if level.labels.dtype() != dtype {
            level.labels = super::of_labels(&cast(&level.labels.labels(), dtype)?);
        }
    }
    Ok(joined)
}

/// The tuples that any has, sorted.
fn outer(indexes: &[&MultiIndex]) -> Result<MultiIndex> {
    let all = MultiIndex::concat(indexes)?;
    let mut seen = HashSet::new();
    let mut kept: Vec<i64> = (all.tuples()?.into_iter().enumerate())
        .filter_map(|(i, tuple)| seen.insert(tuple).then_some(i as i64))
        .collect();
    // An index without tuples adds nothing, and changes no order either.
    let filled: Vec<&&MultiIndex> = indexes.iter().filter(|i| !i.is_empty()).collect();
    let changed = filled.windows(2).any(|w| !w[0].equals(*w[1]));
    if changed {
        let codes: Vec<&Arc<[i32]>> = all.levels.iter().map(|l| &l.codes).collect();
        // Missing labels have no order: they stand last.
        let code = |l: &Arc<[i32]>, i: i64| match l[i as usize] {
            MISSING => i32::MAX,
            code => code,
        };
        kept.sort_by(|&a, &b| codes.iter().map(|l| code(l, a)).cmp(codes.iter().map(|l| code(l, b))));
    }
    Ok(all.taken(&Positions::Many(kept)))
}
