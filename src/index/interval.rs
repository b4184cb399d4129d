//! Labels that are intervals: found by any value inside.

use std::any::Any;
use std::cmp::Ordering;
use std::sync::Arc;

use super::key::{self, Key};
use super::search::Direction;
use super::{Index, Label, Method, Positions, lookup, merge, of_labels, time};
use crate::array::{Block, Slice};
use crate::dtype::{DType, Scalar, Text, promote};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::cast::cast;
use crate::time::format_timedelta;

/// Which bounds belong to an interval, or to a window by distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Closed {
    /// The upper one: `(0, 5]`.
    #[default]
    Right,
    /// The lower one: `[0, 5)`.
    Left,
    /// Both: `[0, 5]`.
    Both,
    /// None: `(0, 5)`.
    Neither,
}

impl Closed {
    /// Whether the lower bound belongs to the interval.
    ///
    /// ```
    /// # use graticule::index::Closed;
    /// assert!(Closed::Both.left() && !Closed::Right.left());
    /// ```
    pub const fn left(self) -> bool {
        matches!(self, Closed::Left | Closed::Both)
    }

    /// Whether the upper bound belongs to the interval.
    ///
    /// ```
    /// # use graticule::index::Closed;
    /// assert!(Closed::Both.right() && !Closed::Left.right());
    /// ```
    pub const fn right(self) -> bool {
        matches!(self, Closed::Right | Closed::Both)
    }
}

/// An index of intervals of numbers or times, such as bins: pandas' `IntervalIndex`.
///
/// Its labels are the texts of the intervals, as `(0, 5]`; the bounds are [`left`](Self::left) and
/// [`right`](Self::right). A number or time finds the interval that it lies in, a text the interval that it
/// names, a slice the intervals that it touches. Joins are by equal intervals.
///
/// ```
/// use graticule::index::{Closed, Index, IntervalIndex, Label, Method, Positions};
/// # use graticule::prelude::*;
/// let depths = IntervalIndex::from_edges(&Block::from_vec(&[3], vec![0i64, 5, 20])?, Closed::Right)?;
/// assert_eq!(depths.labels().to_vec::<graticule::dtype::Text>()?, ["(0, 5]".into(), "(5, 20]".into()]);
/// let at = |label: Scalar| depths.select(&Label::One(label), Method::Exact, None);
/// assert_eq!(at(5.0.into())?, Positions::One(0));
/// assert_eq!(at("(5, 20]".into())?, Positions::One(1));
/// assert!(at(0.into()).unwrap_err().is_not_found());
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug)]
pub struct IntervalIndex {
    left: Block,
    right: Block,
    closed: Closed,
    /// The index of the texts.
    texts: Arc<dyn Index>,
    /// Which way intervals go that do not overlap, if they are in order.
    direction: Option<Direction>,
}

impl IntervalIndex {
    /// Intervals from their bounds: blocks of rank 1 of equal length. Integers are kept as `int64`, floats as
    /// `float64`.
    ///
    /// # Errors
    /// If bounds are no numbers or times, missing, not comparable, or a lower one is above its upper one.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{Closed, Index, IntervalIndex};
    /// let block = |v: [f64; 2]| Block::from_vec(&[2], v.to_vec());
    /// let pair = IntervalIndex::new(&block([0.0, 2.5])?, &block([1.0, 3.0])?, Closed::Left)?;
    /// assert_eq!(pair.labels().to_vec::<graticule::dtype::Text>()?, ["[0.0, 1.0)".into(), "[2.5, 3.0)".into()]);
    /// assert!(IntervalIndex::new(&block([0.0, 3.0])?, &block([1.0, 2.0])?, Closed::Left).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(left: &Block, right: &Block, closed: Closed) -> Result<IntervalIndex> {
        if left.ndim() != 1 || left.shape() != right.shape() {
            return Err(Error::invalid(format!(
                "bounds of intervals lie along one dimension, as many lower as upper ones: {:?} and {:?}",
                left.shape(),
                right.shape()
            )));
        }
        let dtype = bound_dtype(left.dtype(), right.dtype())?;
        let (left, right) = (cast(left, dtype)?.contiguous(), cast(right, dtype)?.contiguous());
        let (low, high) = (key::keys(&left), key::keys(&right));
        let ordered = |(a, b): (&Key, &Key)| a.order(b).is_some_and(Ordering::is_le);
        if let Some(i) = low.iter().zip(&high).position(|pair| !ordered(pair)) {
            let [a, b] = [&left, &right].map(|bounds| lookup::show(bounds, i));
            return Err(Error::invalid(format!("interval {i} from {a} to {b}"))
                .help("the lower bound stands first, and none is missing"));
        }
        let direction = direction(&low, &high, closed);
        let texts = of_labels(&texts(&left, &right, closed)?);
        Ok(IntervalIndex { left, right, closed, texts, direction })
    }

    /// The intervals between edges in rising order, one less than there are edges.
    ///
    /// # Errors
    /// If edges are no numbers or times, missing, or fall.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{Closed, Index, IntervalIndex};
    /// let bins = IntervalIndex::from_edges(&Block::from_vec(&[3], vec![0.0, 1.0, 10.0])?, Closed::Right)?;
    /// assert_eq!(bins.len(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn from_edges(edges: &Block, closed: Closed) -> Result<IntervalIndex> {
        if edges.ndim() != 1 {
            return Err(Error::invalid(format!(
                "edges lie along one dimension, not in shape {:?}",
                edges.shape()
            )));
        }
        let len = edges.size().saturating_sub(1);
        let from = |start: usize| edges.slice(&[Slice { start, step: 1, len }]);
        Self::new(&from(0), &from(edges.size().min(1)), closed)
    }

    /// The index as one of intervals, if it is.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::IntervalIndex;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1.0, 7.0, 3.0])?.with_name("depth");
    /// let sums = a.groupby_bins(key, [0.0, 5.0, 10.0])?.sum(())?;
    /// let index = sums.coords().index("depth_bins").and_then(|i| IntervalIndex::of(i.as_ref()));
    /// assert_eq!(index.map(|i| i.right().to_vec::<f64>()).transpose()?, Some(vec![5.0, 10.0]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn of(index: &dyn Index) -> Option<&IntervalIndex> {
        (index as &dyn Any).downcast_ref()
    }

    /// The lower bounds.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{Closed, IntervalIndex};
    /// let bins = IntervalIndex::from_edges(&Block::from_vec(&[3], vec![0.0, 1.0, 10.0])?, Closed::Right)?;
    /// assert_eq!(bins.left().to_vec::<f64>()?, [0.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn left(&self) -> &Block {
        &self.left
    }

    /// The upper bounds.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{Closed, IntervalIndex};
    /// let bins = IntervalIndex::from_edges(&Block::from_vec(&[3], vec![0.0, 1.0, 10.0])?, Closed::Right)?;
    /// assert_eq!(bins.right().to_vec::<f64>()?, [1.0, 10.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn right(&self) -> &Block {
        &self.right
    }

    /// Which bounds belong to the intervals.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{Closed, IntervalIndex};
    /// let bins = IntervalIndex::from_edges(&Block::from_vec(&[3], vec![0.0, 1.0, 10.0])?, Closed::Left)?;
    /// assert_eq!(bins.closed(), Closed::Left);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn closed(&self) -> Closed {
        self.closed
    }

    /// The middles of the intervals: numbers as `float64`, times rounded down to a tick of their unit.
    ///
    /// # Errors
    /// None for bounds as they are; of the kernels below.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{Closed, IntervalIndex};
    /// let bins = IntervalIndex::from_edges(&Block::from_vec(&[3], vec![0i64, 1, 10])?, Closed::Left)?;
    /// assert_eq!(bins.mid()?.to_vec::<f64>()?, [0.5, 5.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn mid(&self) -> Result<Block> {
        let (dtype, shape) = (self.left.dtype(), self.left.shape());
        if dtype.is_time() {
            let (left, right) = (self.left.to_vec::<i64>()?, self.right.to_vec::<i64>()?);
            let mid = |(l, r): (&i64, &i64)| (i128::from(*l) + i128::from(*r)).div_euclid(2) as i64;
            return Ok(Block::from_vec(shape, left.iter().zip(&right).map(mid).collect())?.retype(dtype));
        }
        let bounds = |b: &Block| cast(b, DType::F64)?.to_vec::<f64>();
        let (left, right) = (bounds(&self.left)?, bounds(&self.right)?);
        Block::from_vec(shape, left.iter().zip(&right).map(|(l, r)| 0.5 * l + 0.5 * r).collect())
    }

    fn bounds(&self, i: usize) -> (Key, Key) {
        (key::key_at(&self.left, i), key::key_at(&self.right, i))
    }

    /// Whether all of interval `i` lies below a value.
    fn is_below(&self, i: usize, value: &Key) -> bool {
        match self.bounds(i).1.order(value) {
            Some(Ordering::Equal) => !self.closed.right(),
            order => order == Some(Ordering::Less),
        }
    }

    /// Whether all of interval `i` lies above a value.
    fn is_above(&self, i: usize, value: &Key) -> bool {
        match value.order(&self.bounds(i).0) {
            Some(Ordering::Equal) => !self.closed.left(),
            order => order == Some(Ordering::Less),
        }
    }

    /// The positions of the intervals that a value lies in, rising.
    fn holding(&self, value: &Key) -> Vec<usize> {
        if *value == Key::Missing {
            return Vec::new();
        }
        let inside = |i: &usize| !self.is_below(*i, value) && !self.is_above(*i, value);
        match self.direction {
            None => (0..self.len()).filter(inside).collect(),
            Some(direction) => Some(self.first(|i| match direction {
                Direction::Rising => self.is_below(i, value),
                Direction::Falling => self.is_above(i, value),
            }))
            .filter(|i| *i < self.len())
            .filter(inside)
            .into_iter()
            .collect(),
        }
    }

    /// The first position for which `before` fails; it holds for all before that.
    fn first(&self, before: impl Fn(usize) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match before(middle) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    /// Values that are looked up, in the terms of the bounds; `None` if they are texts of intervals.
    fn values(&self, labels: &Block) -> Result<Option<Vec<Key>>> {
        let flat = labels.clone().reshape(&[labels.size()])?;
        if flat.dtype().is_text() {
            return Ok(None);
        }
        key::comparable(flat.dtype(), self.left.dtype())?;
        Ok(Some(key::keys(&flat)))
    }

    fn one(&self, label: &Scalar) -> Result<Positions> {
        let block = label.to_block().reshape(&[1])?;
        let value = match self.values(&block)? {
            Some(mut keys) => keys.remove(0),
            None => {
                let named = self.texts.select(&Label::One(label.clone()), Method::Exact, None);
                // A text that names no interval may be a date.
                match (named, self.dated(&block)) {
                    (Err(e), Some(mut keys)) if e.is_not_found() => keys.remove(0),
                    (named, _) => return named,
                }
            }
        };
        let found = self.holding(&value);
        match found[..] {
            [] => Err(self.absent(&block, 0)),
            [i] => Ok(Positions::One(i)),
            _ => Ok(Positions::Many(found.into_iter().map(|i| i as i64).collect())),
        }
    }

    /// Texts as the times that they name.
    fn dated(&self, texts: &Block) -> Option<Vec<Key>> {
        let dtype = self.left.dtype();
        dtype.is_time().then(|| time::dates(texts, dtype).ok().map(|b| key::keys(&b))).flatten()
    }

    fn absent(&self, labels: &Block, i: usize) -> Error {
        let what = format!("no interval holds {}", lookup::show(labels, i));
        let names = self.labels().to_vec::<Text>().unwrap_or_default();
        Error::new(ErrorKind::NotFound, what).known(names.iter().map(Text::to_string))
    }

    /// The run of intervals that the values from one to the other touch.
    fn between(&self, label: &Label) -> Result<Positions> {
        let Label::Range { start, stop, step, half_open } = label else {
            return Err(Error::internal("a slice of intervals without bounds"));
        };
        let bounds = start.iter().chain(stop);
        let named = bounds.clone().any(|b| b.to_block().dtype().is_text())
            && bounds.clone().all(|b| self.one(b).is_ok() && self.dated(&b.to_block()).is_none());
        if named {
            return self.texts.select(label, Method::Exact, None);
        }
        let Some(direction) = self.direction else {
            return Err(Error::invalid("intervals that overlap or are in no order have no slice of values")
                .help("select single values, or by position with `isel`"));
        };
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(Error::invalid("a slice cannot have the step 0"));
        }
        // Backwards the slice is named from its upper end.
        let (start, stop) = if step < 0 { (stop, start) } else { (start, stop) };
        let dtype = self.left.dtype();
        let span = |label: &Option<Scalar>| label.as_ref().map(|l| time::span(l, dtype)).transpose();
        let (first, last) = (span(start)?, span(stop)?);
        let open = *half_open && step > 0;
        let (begin, end) = match direction {
            Direction::Rising => (
                first.map_or(0, |s| self.first(|i| self.is_below(i, &s.low))),
                last.map_or(self.len(), |s| match open {
                    true => self.first(|i| self.bounds(i).0.order(&s.low) == Some(Ordering::Less)),
                    false => self.first(|i| !self.is_above(i, &s.high)),
                }),
            ),
            Direction::Falling => (
                first.map_or(0, |s| self.first(|i| self.is_above(i, &s.high))),
                last.map_or(self.len(), |s| match open {
                    true => self.first(|i| self.bounds(i).1.order(&s.high) == Some(Ordering::Greater)),
                    false => self.first(|i| !self.is_below(i, &s.low)),
                }),
            ),
        };
        Ok(Positions::Slice(super::search::stepped(begin..end.max(begin), step)))
    }
}

/// All intervals of several indexes one after the other, `unique` ones sorted; `None` if an index is none of
/// intervals, or other bounds belong to them.
pub(super) fn together(indexes: &[&Arc<dyn Index>], unique: bool) -> Option<Arc<dyn Index>> {
    let all: Vec<&IntervalIndex> =
        indexes.iter().map(|i| IntervalIndex::of(i.as_ref())).collect::<Option<_>>()?;
    let closed = all.first()?.closed;
    let dtype = all.iter().map(|i| Ok(i.left.dtype())).reduce(|a, b| bound_dtype(a?, b?))?.ok()?;
    let mut pairs: Vec<(Key, Key)> = Vec::new();
    for index in &all {
        if index.closed != closed {
            return None;
        }
        pairs.extend(key::keys(&index.left).into_iter().zip(key::keys(&index.right)));
    }
    if unique {
        let order = |a: &Key, b: &Key| a.order(b).unwrap_or(Ordering::Equal);
        pairs.sort_by(|a, b| order(&a.0, &b.0).then_with(|| order(&a.1, &b.1)));
        pairs.dedup();
    }
    let (left, right): (Vec<Key>, Vec<Key>) = pairs.into_iter().unzip();
    let bounds = |keys: &[Key]| key::block_of(keys, dtype).ok();
    Some(Arc::new(IntervalIndex::new(&bounds(&left)?, &bounds(&right)?, closed).ok()?))
}

/// The dtype of bounds: `int64`, `float64` or times.
fn bound_dtype(left: DType, right: DType) -> Result<DType> {
    let kind = |d: DType| match d {
        d if d.is_time() || d.is_float() => Ok(d),
        d if d.is_integer() => Ok(d),
        d => Err(Error::dtype(format!("{d} values are no bounds of intervals"))
            .help("bounds are numbers or times")),
    };
    let (left, right) = (kind(left)?, kind(right)?);
    if !key::is_comparable(left, right) {
        return Err(Error::dtype(format!("an interval from {left} to {right}")));
    }
    Ok(match promote::promote(left, right)? {
        d if d.is_time() => d,
        d if d.is_float() => DType::F64,
        DType::U64 => DType::U64,
        _ => DType::I64,
    })
}

/// Which way intervals go, if they are in order and none overlaps the next.
fn direction(low: &[Key], high: &[Key], closed: Closed) -> Option<Direction> {
    let apart = |below: usize, above: usize| match high[below].order(&low[above]) {
        Some(Ordering::Equal) => closed != Closed::Both,
        order => order == Some(Ordering::Less),
    };
    let pairs = 1..low.len();
    if pairs.clone().all(|i| apart(i - 1, i)) {
        return Some(Direction::Rising);
    }
    pairs.clone().all(|i| apart(i, i - 1)).then_some(Direction::Falling)
}

/// The texts of intervals, in the spelling of pandas for numbers; dates are as short as they can be.
fn texts(left: &Block, right: &Block, closed: Closed) -> Result<Block> {
    let open = if closed.left() { "[" } else { "(" };
    let close = if closed.right() { "]" } else { ")" };
    let (left, right) = (spelled(left)?, spelled(right)?);
    let text = |(l, r): (&String, &String)| Text::from(format!("{open}{l}, {r}{close}"));
    Block::from_vec(&[left.len()], left.iter().zip(&right).map(text).collect())
}

fn spelled(bounds: &Block) -> Result<Vec<String>> {
    let dtype = bounds.dtype();
    Ok(match dtype {
        DType::Timedelta { unit } => {
            bounds.to_vec::<i64>()?.iter().map(|t| format_timedelta(*t, unit)).collect()
        }
        DType::Datetime { .. } => {
            bounds.to_vec::<i64>()?.iter().map(|t| time::show(i128::from(*t), dtype)).collect()
        }
        _ => cast(bounds, DType::Str)?.to_vec::<Text>()?.iter().map(Text::to_string).collect(),
    })
}

impl Index for IntervalIndex {
    fn len(&self) -> usize {
        self.texts.len()
    }

    fn labels(&self) -> Block {
        self.texts.labels()
    }

    fn dtype(&self) -> DType {
        DType::Str
    }

    fn select(&self, label: &Label, method: Method, tolerance: Option<&Scalar>) -> Result<Positions> {
        if method != Method::Exact || tolerance.is_some() {
            return Err(Error::invalid("intervals are found by the values inside, not by nearness")
                .help("select without a method and a tolerance"));
        }
        match label {
            Label::One(label) => self.one(label),
            Label::Many(labels) => {
                let flat = labels.clone().reshape(&[labels.size()])?;
                let mut found = self.positions_of(&flat, method, None)?;
                if found.contains(&-1)
                    && flat.dtype().is_text()
                    && let Some(keys) = self.dated(&flat)
                {
                    found = self.places(&keys)?;
                }
                match found.iter().position(|p| *p < 0) {
                    Some(i) => Err(self.absent(&flat, i)),
                    None => Ok(Positions::Many(found)),
                }
            }
            Label::Range { .. } => self.between(label),
        }
    }

    fn positions_of(&self, labels: &Block, method: Method, tolerance: Option<&Scalar>) -> Result<Vec<i64>> {
        if method != Method::Exact {
            return Err(Error::invalid("intervals are found by the values inside, not by nearness"));
        }
        match self.values(labels)? {
            Some(keys) => self.places(&keys),
            None => self.texts.positions_of(labels, method, tolerance),
        }
    }

    fn take(&self, positions: &Positions) -> Arc<dyn Index> {
        let part = |bounds: &Block| merge::take(bounds, positions);
        match IntervalIndex::new(&part(&self.left), &part(&self.right), self.closed) {
            Ok(index) => Arc::new(index),
            Err(_) => self.texts.take(positions),
        }
    }

    fn is_unique(&self) -> bool {
        self.texts.is_unique()
    }

    fn equals(&self, other: &dyn Index) -> bool {
        match IntervalIndex::of(other) {
            Some(other) => {
                self.closed == other.closed
                    && super::same_values(&self.left, &other.left)
                    && super::same_values(&self.right, &other.right)
            }
            None => super::same_labels(self, other),
        }
    }
}

impl IntervalIndex {
    /// The position of the interval of each value, -1 in none.
    fn places(&self, values: &[Key]) -> Result<Vec<i64>> {
        let place = |value: &Key| match self.holding(value)[..] {
            [] => Ok(-1),
            [i] => Ok(i as i64),
            [i, j, ..] => {
                let names = self.labels().to_vec::<Text>()?;
                Err(Error::invalid(format!(
                    "a value lies in several intervals, as {} and {}: a list of labels has no one answer",
                    names[i], names[j]
                )))
            }
        };
        values.iter().map(place).collect()
    }
}
