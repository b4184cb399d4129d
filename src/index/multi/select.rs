//! Selection on a multi-index: by labels of some levels, by tuples, and between tuples.

use std::cmp::Ordering;

use super::super::key::{self, Key};
use super::super::search::stepped;
use super::super::{Label, Method, Positions, lookup, time};
use super::{Level, MISSING, MultiIndex};
use crate::array::{Block, Slice};
use crate::dtype::Scalar;
use crate::error::{Error, ErrorKind, Result};

/// The codes of a level that a label stands for.
enum Codes {
    One(i32),
    /// For each code its rank among those asked for.
    Ranks(Vec<Option<usize>>),
}

impl Codes {
    /// Which of the labels asked for this code is.
    fn rank(&self, code: i32) -> Option<usize> {
        match self {
            Codes::One(c) => (*c == code).then_some(0),
            Codes::Ranks(ranks) => usize::try_from(code).ok().and_then(|c| ranks[c]),
        }
    }
}

impl Level {
    fn codes_of(&self, label: &Label) -> Result<Codes> {
        if let Label::One(label) = label
            && key::keys(&label.to_block())[..] == [Key::Missing]
        {
            return match self.codes.contains(&MISSING) {
                true => Ok(Codes::One(MISSING)),
                false => Err(Error::new(ErrorKind::NotFound, "no label of the level is missing (NaN)")),
            };
        }
        let mut ranks = vec![None; self.labels.len()];
        match self.labels.select(label, Method::Exact, None)? {
            Positions::One(code) => return Ok(Codes::One(code as i32)),
            Positions::Slice(s) => (0..s.len).for_each(|i| ranks[s.position(i)] = Some(i)),
            Positions::Many(p) => {
                for (rank, &code) in p.iter().enumerate() {
                    ranks[code as usize].get_or_insert(rank);
                }
            }
        }
        Ok(Codes::Ranks(ranks))
    }

    /// How many of the (sorted) labels stand before a bound, and how many before what comes behind it.
    fn bounds(&self, label: &Scalar) -> Result<(i32, i32)> {
        let dtype = self.labels.dtype();
        let span = time::span(label, dtype)?;
        let keys = key::keys(&self.labels.labels());
        let low = keys.partition_point(|k| k.order(&span.low) == Some(Ordering::Less));
        let high = keys.partition_point(|k| k.order(&span.high).is_some_and(Ordering::is_le));
        Ok((low as i32, high as i32))
    }

    /// Refuses labels that the level has, but no position.
    fn all_in_use(&self, asked: &[Option<usize>]) -> Result<()> {
        let mut unused: Vec<bool> = asked.iter().map(Option::is_some).collect();
        self.codes.iter().filter(|c| **c >= 0).for_each(|&c| unused[c as usize] = false);
        match unused.iter().position(|u| *u) {
            None => Ok(()),
            Some(i) => {
                let label = lookup::show(&self.labels.labels().slice(&[Slice::range(i..i + 1)]), 0);
                Err(Error::new(ErrorKind::NotFound, format!("no label {label}")))
            }
        }
    }

    fn is_sorted(&self) -> bool {
        let keys = key::keys(&self.labels.labels());
        keys.windows(2).all(|k| k[0].order(&k[1]).is_some_and(Ordering::is_le))
    }
}

/// Rising positions, as a slice where they have no gaps.
fn positions(found: Vec<i64>) -> Positions {
    match (found.first(), found.last()) {
        (Some(&first), Some(&last)) if last - first + 1 == found.len() as i64 => {
            Positions::Slice(Slice::range(first as usize..last as usize + 1))
        }
        _ => Positions::Many(found),
    }
}

impl MultiIndex {
    /// The positions that have these labels at the levels asked for. One position alone is given only
    /// where all levels are.
    pub(super) fn select_levels(&self, labels: &[Option<Scalar>]) -> Result<Positions> {
        let mut asked = Vec::new();
        for (number, label) in labels.iter().enumerate() {
            if let Some(label) = label {
                let codes = self.levels[number].codes_of(&Label::One(label.clone()));
                asked.push((number, codes.map_err(|e| e.at(format!("level {number}")))?, label));
            }
        }
        let matches = |i: &usize| asked.iter().all(|(l, c, _)| c.rank(self.levels[*l].codes[*i]).is_some());
        let found: Vec<i64> = (0..self.len).filter(matches).map(|i| i as i64).collect();
        let exact = asked.len() == self.levels.len() && asked.iter().all(|a| matches!(a.1, Codes::One(_)));
        match found[..] {
            [] => {
                let names: Vec<String> =
                    asked.iter().map(|(_, _, l)| lookup::show(&l.to_block(), 0)).collect();
                Err(Error::new(
                    ErrorKind::NotFound,
                    format!("no position has the labels ({})", names.join(", ")),
                ))
            }
            [one] if exact => Ok(Positions::One(one as usize)),
            _ => Ok(positions(found)),
        }
    }

    /// The positions that a tuple stands for: a label, a list of labels or a range for each of the first
    /// levels. Lists give their order to the positions, the first level counting most.
    ///
    /// # Errors
    /// If there are more parts than levels, or a label is not there.
    ///
    /// ```
    /// use graticule::array::{Block, Slice};
    /// use graticule::index::{Label, MultiIndex, Positions};
    /// let a = Block::from_vec(&[2], vec![1i64, 2])?;
    /// let b = Block::from_vec(&[3], vec![10i64, 20, 30])?;
    /// let index = MultiIndex::product(&[a, b])?;
    /// let one = |v: i64| Label::One(v.into());
    /// assert_eq!(index.select_tuple(&[one(2), one(30)])?, Positions::One(5));
    /// assert_eq!(index.select_tuple(&[one(2)])?, Positions::Slice(Slice::range(3..6)));
    /// let list = Label::Many(Block::from_vec(&[2], vec![30i64, 10])?);
    /// assert_eq!(index.select_tuple(&[one(1), list])?, Positions::Many(vec![2, 0]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn select_tuple(&self, parts: &[Label]) -> Result<Positions> {
        if parts.len() > self.levels.len() {
            return Err(Error::invalid(format!(
                "a tuple of {} labels for {} levels",
                parts.len(),
                self.levels.len()
            )));
        }
        let single = |part: &Label| match part {
            Label::One(label) => Some(label.clone()),
            _ => None,
        };
        if let Some(labels) = parts.iter().map(single).collect::<Option<Vec<_>>>() {
            return self.select_levels(&labels.into_iter().map(Some).collect::<Vec<_>>());
        }
        let mut asked = Vec::with_capacity(parts.len());
        // Lists give their order to the positions unless that is the order of all tuples already.
        let in_order = !self.stacked && self.is_lexsorted();
        let mut sorts = false;
        for (number, (level, part)) in self.levels.iter().zip(parts).enumerate() {
            let codes = level.codes_of(part).map_err(|e| e.at(format!("level {number}")))?;
            if let (Label::Many(list), Codes::Ranks(ranks)) = (part, &codes) {
                level.all_in_use(ranks).map_err(|e| e.at(format!("level {number}")))?;
                sorts |= list.size() > 1 && !(in_order && ranks.iter().flatten().is_sorted());
            }
            asked.push((level, codes, part));
        }
        let matches = |i: &usize| asked.iter().all(|(l, c, _)| c.rank(l.codes[*i]).is_some());
        let mut found: Vec<i64> = (0..self.len).filter(matches).map(|i| i as i64).collect();
        if found.is_empty() && !parts.iter().any(|p| matches!(p, Label::Many(list) if list.size() == 0)) {
            return Err(Error::new(ErrorKind::NotFound, "no position has such a combination of labels"));
        }
        if sorts {
            found.sort_by_cached_key(|&i| -> Vec<usize> {
                let key = |(level, codes, part): &(&Level, Codes, &Label)| match part {
                    Label::One(_) | Label::Range { start: None, stop: None, .. } => 0,
                    Label::Many(_) => codes.rank(level.codes[i as usize]).unwrap_or_default(),
                    Label::Range { .. } => i as usize,
                };
                asked.iter().map(key).collect()
            });
            return Ok(Positions::Many(found));
        }
        Ok(positions(found))
    }

    /// The position of each of several tuples, all of them with a label for every level.
    ///
    /// # Errors
    /// If a tuple is not there, or this index holds one twice.
    ///
    /// ```
    /// use graticule::array::Block;
    /// use graticule::index::MultiIndex;
    /// let a = Block::from_vec(&[2], vec![1i64, 2])?;
    /// let index = MultiIndex::product(&[a.clone(), a])?;
    /// assert_eq!(index.select_tuples(&[vec![2.into(), 1.into()], vec![1.into(), 1.into()]])?, [2, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn select_tuples(&self, tuples: &[Vec<Scalar>]) -> Result<Vec<i64>> {
        let (map, unique) = self.map()?;
        if !unique {
            return Err(Error::invalid(
                "a tuple stands at several positions: a list of tuples has no one answer",
            )
            .help("select single tuples, or drop the duplicates first"));
        }
        let radix = self.radix()?;
        let find = |tuple: &Vec<Scalar>| {
            if tuple.len() != self.levels.len() {
                let (n, levels) = (tuple.len(), self.levels.len());
                return Err(Error::invalid(format!("a tuple of {n} labels in a list for {levels} levels")));
            }
            let mut number = 0;
            for ((level, label), radix) in self.levels.iter().zip(tuple).zip(&radix) {
                let Codes::One(code) = level.codes_of(&Label::One(label.clone()))? else {
                    return Err(Error::invalid("a partial date stands for several labels of a level"));
                };
                number += radix * (i64::from(code) + 1) as u128;
            }
            map.get(&number).map(|p| *p as i64).ok_or_else(|| {
                let names: Vec<String> = tuple.iter().map(|l| lookup::show(&l.to_block(), 0)).collect();
                Error::new(ErrorKind::NotFound, format!("no position has the labels ({})", names.join(", ")))
            })
        };
        tuples.iter().map(find).collect()
    }

    /// The positions between two tuples, both in; they may be shorter than there are levels, and need not
    /// be there.
    ///
    /// # Errors
    /// If the tuples of the index are not in order.
    ///
    /// ```
    /// use graticule::array::{Block, Slice};
    /// use graticule::index::{MultiIndex, Positions};
    /// let a = Block::from_vec(&[2], vec![1i64, 2])?;
    /// let index = MultiIndex::product(&[a.clone(), a])?;
    /// let between = index.select_between(Some(&[1.into(), 2.into()]), Some(&[2.into()]), 1)?;
    /// assert_eq!(between, Positions::Slice(Slice::range(1..4)));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn select_between(
        &self,
        start: Option<&[Scalar]>,
        stop: Option<&[Scalar]>,
        step: i64,
    ) -> Result<Positions> {
        if step == 0 {
            return Err(Error::invalid("a slice cannot have the step 0"));
        }
        let (start, stop) = if step < 0 { (stop, start) } else { (start, stop) };
        if (start.is_some() || stop.is_some()) && !self.is_sorted() {
            return Err(Error::invalid("tuples that are not in order have nothing between them")
                .help("sort by the levels first, as with `sortby`"));
        }
        let bounds = |tuple: &[Scalar]| -> Result<Vec<(i32, i32)>> {
            if tuple.len() > self.levels.len() {
                let (n, levels) = (tuple.len(), self.levels.len());
                return Err(Error::invalid(format!("a tuple of {n} labels for {levels} levels")));
            }
            self.levels.iter().zip(tuple).map(|(level, label)| level.bounds(label)).collect()
        };
        let order = |i: usize, bounds: &[(i32, i32)]| {
            for (level, &(low, high)) in self.levels.iter().zip(bounds) {
                match level.codes[i] {
                    code if code < low => return Ordering::Less,
                    code if code >= high => return Ordering::Greater,
                    _ => {}
                }
            }
            Ordering::Equal
        };
        let first = |before: &dyn Fn(usize) -> bool| {
            let (mut low, mut high) = (0, self.len);
            while low < high {
                let middle = low + (high - low) / 2;
                if before(middle) { low = middle + 1 } else { high = middle }
            }
            low
        };
        let begin = match start {
            None => 0,
            Some(tuple) => {
                let bounds = bounds(tuple)?;
                first(&|i| order(i, &bounds) == Ordering::Less)
            }
        };
        let end = match stop {
            None => self.len,
            Some(tuple) => {
                let bounds = bounds(tuple)?;
                first(&|i| order(i, &bounds) != Ordering::Greater)
            }
        };
        Ok(Positions::Slice(stepped(begin..end.max(begin), step)))
    }

    /// Whether the tuples rise.
    fn is_sorted(&self) -> bool {
        self.levels.iter().all(|l| l.is_sorted() && !l.codes.contains(&MISSING)) && self.is_lexsorted()
    }

    /// Whether the tuples rise by the order of the labels in their levels.
    fn is_lexsorted(&self) -> bool {
        let tuple = |i: usize| self.levels.iter().map(move |l| l.codes[i]);
        (1..self.len).all(|i| tuple(i - 1).le(tuple(i)))
    }

    /// The label of a level as a coordinate shows it that was selected by it: as asked for, but a number in
    /// a float if the level holds floats.
    pub(crate) fn shown(&self, level: usize, label: &Scalar) -> Result<Block> {
        let dtype = self.levels[level].labels.dtype();
        let block = label.to_block();
        if dtype.is_float() && !block.dtype().is_text() {
            let rounded = crate::kernel::cast::cast(&block, dtype)?;
            return crate::kernel::cast::cast(&rounded, crate::dtype::DType::F64);
        }
        Ok(block)
    }
}
