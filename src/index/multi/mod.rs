//! Labels of several levels at each position: codes into the distinct labels of each level.

mod join;
mod select;

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::joint::JointIndex;
use super::key::{self, Key};
use super::merge::take as take_labels;
use super::{Index, Label, Method, Positions, of_labels};
use crate::array::Block;
use crate::dtype::dispatch::with_element;
use crate::dtype::{Scalar, promote};
use crate::error::{Error, Result};

/// The code of a label that is missing.
const MISSING: i32 = -1;

/// One level: its distinct labels in the order that `unstack` gives them, and for each position which it is.
#[derive(Debug, Clone)]
struct Level {
    labels: Arc<dyn Index>,
    codes: Arc<[i32]>,
}

/// An index of one dimension whose labels are tuples, one part from each of several coordinates: what
/// `stack` makes, and `set_index` of several coordinates.
#[derive(Debug, Clone)]
pub struct MultiIndex {
    levels: Vec<Level>,
    len: usize,
    /// Whether lists of labels always give their order to what they select, as in pandas where an index was
    /// stacked: it counts as in no order even if it is.
    stacked: bool,
    /// Tuple → first position, made when it is first asked; and whether no tuple stands twice.
    map: OnceLock<(HashMap<u128, usize>, bool)>,
}

impl MultiIndex {
    /// The index of labels (blocks of rank 1 and one length), one block for each level.
    ///
    /// The distinct labels of each level are sorted; complex ones keep their order.
    ///
    /// # Errors
    /// If there are no blocks, or they have not one length.
    ///
    /// ```
    /// use graticule::array::Block;
    /// use graticule::index::{JointIndex, MultiIndex};
    /// let a = Block::from_vec(&[3], vec![2i64, 1, 2])?;
    /// let b = Block::from_vec(&[3], vec![0.5, 0.5, 1.5])?;
    /// let index = MultiIndex::from_labels(&[a, b])?;
    /// assert_eq!(index.labels(0).to_vec::<i64>()?, [2, 1, 2]);
    /// assert_eq!(index.level(0).labels().to_vec::<i64>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn from_labels(labels: &[Block]) -> Result<MultiIndex> {
        let levels: Result<Vec<Level>> = labels.iter().map(|block| factorize(block, true)).collect();
        MultiIndex::of_levels(levels?)
    }

    /// The index of every combination of labels (blocks of rank 1), the last level fastest. The labels of
    /// a level keep their order.
    ///
    /// # Errors
    /// If there are no blocks.
    ///
    /// ```
    /// use graticule::array::Block;
    /// use graticule::index::{JointIndex, MultiIndex};
    /// let a = Block::from_vec(&[2], vec![2i64, 1])?;
    /// let index = MultiIndex::product(&[a.clone(), a])?;
    /// assert_eq!(index.labels(0).to_vec::<i64>()?, [2, 2, 1, 1]);
    /// assert_eq!(index.labels(1).to_vec::<i64>()?, [2, 1, 2, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn product(labels: &[Block]) -> Result<MultiIndex> {
        let len: usize = labels.iter().map(Block::size).product();
        let mut inner = len;
        let mut levels = Vec::with_capacity(labels.len());
        for block in labels {
            let own = factorize(block, false)?;
            inner = inner.checked_div(block.size()).unwrap_or(0);
            let mut codes = Vec::with_capacity(len);
            while codes.len() < len {
                for &code in own.codes.iter() {
                    codes.resize(codes.len() + inner, code);
                }
            }
            levels.push(Level { labels: own.labels, codes: codes.into() });
        }
        Ok(MultiIndex { stacked: true, ..MultiIndex::of_levels(levels)? })
    }

    fn of_levels(levels: Vec<Level>) -> Result<MultiIndex> {
        let Some(first) = levels.first() else {
            return Err(Error::invalid("a multi-index needs at least one level"));
        };
        let len = first.codes.len();
        if let Some(other) = levels.iter().find(|l| l.codes.len() != len) {
            let other = other.codes.len();
            return Err(Error::invalid(format!("levels of {len} and {other} labels make no multi-index")));
        }
        Ok(MultiIndex { levels, len, stacked: false, map: OnceLock::new() })
    }

    /// How many positions there are.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::MultiIndex;
    /// let two = Block::from_vec(&[2], vec![2i64, 1])?;
    /// assert_eq!(MultiIndex::product(&[two.clone(), two])?.len(), 4);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no positions.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::MultiIndex;
    /// let none = Block::zeros(DType::I64, &[0]);
    /// let two = Block::from_vec(&[2], vec![2i64, 1])?;
    /// assert!(MultiIndex::product(&[none, two])?.is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The distinct labels of a level.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::MultiIndex;
    /// let index = MultiIndex::from_labels(&[Block::from_vec(&[3], vec![2i64, 1, 2])?])?;
    /// assert_eq!(index.level(0).labels().to_vec::<i64>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn level(&self, level: usize) -> &Arc<dyn Index> {
        &self.levels[level].labels
    }

    /// The index of some levels, in the order given.
    ///
    /// # Errors
    /// If none is given.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{JointIndex, MultiIndex};
    /// let a = Block::from_vec(&[2], vec![2i64, 1])?;
    /// let b = Block::from_vec(&[2], vec![0.5, 1.5])?;
    /// let index = MultiIndex::from_labels(&[a, b])?.keep(&[1])?;
    /// assert_eq!(index.labels(0).to_vec::<f64>()?, [0.5, 1.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn keep(&self, levels: &[usize]) -> Result<MultiIndex> {
        MultiIndex::of_levels(levels.iter().map(|&l| self.levels[l].clone()).collect())
    }

    /// The index with further levels behind its own: one block of rank 1 for each.
    ///
    /// # Errors
    /// If a block has another length.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{JointIndex, MultiIndex};
    /// let a = Block::from_vec(&[2], vec![2i64, 1])?;
    /// let b = Block::from_vec(&[2], vec![0.5, 1.5])?;
    /// let index = MultiIndex::from_labels(&[a])?.append(&[b])?;
    /// assert_eq!(index.labels(1).to_vec::<f64>()?, [0.5, 1.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn append(&self, labels: &[Block]) -> Result<MultiIndex> {
        let mut levels = self.levels.clone();
        for block in labels {
            levels.push(factorize(block, true)?);
        }
        MultiIndex::of_levels(levels)
    }

    /// Whether no tuple of labels stands twice.
    ///
    /// # Errors
    /// If there are more combinations of labels than can be counted.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::MultiIndex;
    /// let a = Block::from_vec(&[2], vec![1i64, 1])?;
    /// let b = Block::from_vec(&[2], vec![0.5, 1.5])?;
    /// assert!(!MultiIndex::from_labels(&[a.clone()])?.is_unique()?);
    /// assert!(MultiIndex::from_labels(&[a, b])?.is_unique()?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn is_unique(&self) -> Result<bool> {
        Ok(self.map()?.1)
    }

    /// The labels that are in use at each level, and for each of their combinations (the last level
    /// fastest) the position where it stands, or -1.
    ///
    /// Labels keep their order. As in pandas they stand as they first appear at a level where some are no
    /// longer in use.
    ///
    /// # Errors
    /// If a combination stands twice, or a label is missing at some position.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::MultiIndex;
    /// let a = Block::from_vec(&[3], vec![1i64, 1, 2])?;
    /// let b = Block::from_vec(&[3], vec![5i64, 6, 5])?;
    /// let (labels, positions) = MultiIndex::from_labels(&[a, b])?.unstack()?;
    /// assert_eq!(labels[1].to_vec::<i64>()?, [5, 6]);
    /// // Nothing stands at (2, 6).
    /// assert_eq!(positions, [0, 1, 2, -1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn unstack(&self) -> Result<(Vec<Block>, Vec<i64>)> {
        if !self.is_unique()? {
            return Err(Error::invalid("a combination of labels stands at several positions")
                .help("drop the duplicates first, as with `drop_duplicates`"));
        }
        let mut used = Vec::with_capacity(self.levels.len());
        let mut slots = vec![0usize; self.len];
        for (number, level) in self.levels.iter().enumerate() {
            if let Some(position) = level.codes.iter().position(|c| *c == MISSING) {
                return Err(Error::invalid(format!(
                    "the label of level {number} is missing at position {position}: it has no place"
                ))
                .help("drop such positions first"));
            }
            let mut seen = vec![false; level.labels.len()];
            level.codes.iter().for_each(|&c| seen[c as usize] = true);
            let mut kept: Vec<i64> = (0..seen.len() as i64).collect();
            if seen.contains(&false) {
                kept.clear();
                for &code in level.codes.iter() {
                    if std::mem::take(&mut seen[code as usize]) {
                        kept.push(i64::from(code));
                    }
                }
            }
            let mut place = vec![0usize; seen.len()];
            kept.iter().enumerate().for_each(|(to, &from)| place[from as usize] = to);
            for (slot, &code) in slots.iter_mut().zip(level.codes.iter()) {
                *slot = *slot * kept.len() + place[code as usize];
            }
            used.push(take_labels(&level.labels.labels(), &Positions::Many(kept)));
        }
        let mut positions = vec![-1; used.iter().map(Block::size).product()];
        slots.iter().enumerate().for_each(|(i, &slot)| positions[slot] = i as i64);
        Ok((used, positions))
    }

    /// The index at other positions, none of which is a hole. Levels keep labels that are no longer in use.
    fn taken(&self, positions: &Positions) -> MultiIndex {
        let take = |codes: &[i32]| -> Arc<[i32]> {
            match positions {
                Positions::One(p) => Arc::new([codes[*p]]),
                Positions::Slice(s) => (0..s.len).map(|i| codes[s.position(i)]).collect(),
                Positions::Many(p) => p.iter().map(|&p| codes[p as usize]).collect(),
            }
        };
        let levels: Vec<Level> =
            (self.levels.iter()).map(|l| Level { labels: l.labels.clone(), codes: take(&l.codes) }).collect();
        let len = levels.first().map_or(0, |l| l.codes.len());
        let stacked = self.stacked && matches!(positions, Positions::Slice(s) if s.step > 0);
        MultiIndex { levels, len, stacked, map: OnceLock::new() }
    }

    /// Each tuple as one number; equal for equal tuples only.
    fn tuples(&self) -> Result<Vec<u128>> {
        let radix = self.radix()?;
        let mut all = vec![0u128; self.len];
        for (level, radix) in self.levels.iter().zip(radix) {
            for (tuple, &code) in all.iter_mut().zip(level.codes.iter()) {
                *tuple += radix * (i64::from(code) + 1) as u128;
            }
        }
        Ok(all)
    }

    /// By how much the code of each level counts in the number of a tuple.
    fn radix(&self) -> Result<Vec<u128>> {
        let mut radix = vec![1u128; self.levels.len()];
        for i in (0..self.levels.len()).rev().skip(1) {
            let below = self.levels[i + 1].labels.len() as u128 + 1;
            radix[i] = radix[i + 1].checked_mul(below).ok_or_else(|| {
                Error::unsupported("the levels have more combinations of labels than can be counted")
            })?;
        }
        Ok(radix)
    }

    fn map(&self) -> Result<&(HashMap<u128, usize>, bool)> {
        if self.map.get().is_none() {
            let tuples = self.tuples()?;
            let mut map = HashMap::with_capacity(tuples.len());
            let mut unique = true;
            for (i, tuple) in tuples.into_iter().enumerate() {
                let first = *map.entry(tuple).or_insert(i);
                unique &= first == i;
            }
            return Ok(self.map.get_or_init(|| (map, unique)));
        }
        self.map.get().ok_or_else(|| Error::internal("a map that was made is there"))
    }
}

impl JointIndex for MultiIndex {
    fn count(&self) -> usize {
        self.levels.len()
    }

    fn shape(&self) -> Vec<usize> {
        vec![self.len]
    }

    fn labels(&self, coord: usize) -> Block {
        self.levels[coord].at_positions()
    }

    fn select(
        &self,
        labels: &[Option<Label>],
        method: Method,
        tolerance: Option<&Scalar>,
    ) -> Result<Vec<Positions>> {
        if method != Method::Exact || tolerance.is_some() {
            return Err(Error::invalid("levels of a multi-index are selected exactly: it knows no nearest"));
        }
        let one = |label: &Option<Label>| match label {
            None => Ok(None),
            Some(Label::One(label)) => Ok(Some(label.clone())),
            Some(_) => Err(Error::invalid("one label of a level is selected at a time")
                .help("give tuples of labels for the dimension")),
        };
        let labels = labels.iter().map(one).collect::<Result<Vec<_>>>()?;
        Ok(vec![self.select_levels(&labels)?])
    }

    fn take(&self, _dim: usize, positions: &Positions) -> Option<Arc<dyn JointIndex>> {
        Some(Arc::new(self.taken(positions)))
    }

    fn equals(&self, other: &dyn JointIndex) -> bool {
        let Some(other) = (other as &dyn Any).downcast_ref::<MultiIndex>() else { return false };
        self.len == other.len
            && self.levels.len() == other.levels.len()
            && self.levels.iter().zip(&other.levels).all(|(a, b)| a.same(b))
    }
}

impl Level {
    /// The label at each position; of a dtype that holds missing ones where some are.
    fn at_positions(&self) -> Block {
        let mut labels = self.labels.labels();
        if self.codes.contains(&MISSING) {
            let dtype = promote::with_missing(labels.dtype());
            labels = crate::kernel::cast::cast(&labels, dtype).expect("a wider dtype takes every label");
        }
        let fill = promote::missing_value(promote::with_missing(labels.dtype()));
        let labels = labels.contiguous();
        let dtype = labels.dtype();
        with_element!(dtype.kind(), T => {
            let from = labels.as_slice::<T>().expect("made contiguous");
            let fill = fill.get::<T>().and_then(|f| f.first().cloned()).unwrap_or_default();
            #[allow(clippy::clone_on_copy)] // Text is not `Copy`.
            let picked: Vec<T> = (self.codes.iter())
                .map(|&c| usize::try_from(c).map_or_else(|_| fill.clone(), |c| from[c].clone()))
                .collect();
            let shape = [picked.len()];
            Block::from_vec(&shape, picked).expect("one label for each position").retype(dtype)
        })
    }

    fn same(&self, other: &Level) -> bool {
        if Arc::ptr_eq(&self.labels, &other.labels) || self.labels.equals(other.labels.as_ref()) {
            return self.codes == other.codes;
        }
        match translation(other.labels.as_ref(), self.labels.as_ref()) {
            Ok(map) => self.codes.iter().zip(other.codes.iter()).all(|(&a, &b)| a == translated(&map, b, -2)),
            Err(_) => self.codes.is_empty(),
        }
    }
}

/// For each label of one level its code in another, or -1.
fn translation(from: &dyn Index, to: &dyn Index) -> Result<Vec<i64>> {
    to.positions_of(&from.labels(), Method::Exact, None)
}

/// A code in another level; `absent` where its label is not there.
fn translated(map: &[i64], code: i32, absent: i32) -> i32 {
    match usize::try_from(code) {
        Err(_) => MISSING,
        Ok(c) => {
            if map[c] < 0 {
                absent
            } else {
                map[c] as i32
            }
        }
    }
}

/// The distinct labels of a block of rank 1 (sorted, or as they first appear) and the code of each element.
fn factorize(block: &Block, sorted: bool) -> Result<Level> {
    if block.ndim() != 1 {
        return Err(Error::invalid(format!(
            "a level needs labels along one dimension, not {:?}",
            block.shape()
        )));
    }
    let keys = key::keys(block);
    let mut numbers: HashMap<&Key, i32> = HashMap::new();
    let mut first: Vec<usize> = Vec::new();
    let mut codes = Vec::with_capacity(keys.len());
    for (i, key) in keys.iter().enumerate() {
        if *key == Key::Missing {
            codes.push(MISSING);
            continue;
        }
        let next =
            i32::try_from(first.len()).map_err(|_| Error::unsupported("a level of over 2^31 labels"))?;
        let code = *numbers.entry(key).or_insert(next);
        if code == next {
            first.push(i);
        }
        codes.push(code);
    }
    if sorted && !block.dtype().is_complex() {
        let mut order: Vec<usize> = (0..first.len()).collect();
        order.sort_by(|&a, &b| keys[first[a]].order(&keys[first[b]]).unwrap_or(std::cmp::Ordering::Equal));
        let mut place = vec![0i32; order.len()];
        order.iter().enumerate().for_each(|(to, &from)| place[from] = to as i32);
        codes.iter_mut().filter(|c| **c >= 0).for_each(|c| *c = place[*c as usize]);
        first = order.into_iter().map(|i| first[i]).collect();
    }
    let first = Positions::Many(first.into_iter().map(|i| i as i64).collect());
    Ok(Level { labels: of_labels(&take_labels(&block.clone().contiguous(), &first)), codes: codes.into() })
}
