//! Labels that count as equal when they are near enough to each other.

use std::any::Any;
use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use super::key::{self, Key};
use super::{Index, Label, Method, Positions, of_labels, time};
use crate::array::Block;
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};

/// An index in which a label is found by any that differs from it by at most a tolerance: for coordinates
/// that went through `f32`, text, or another program's rounding.
///
/// Joins with other indexes take the same tolerance for those: labels that match become those of the
/// first index. The tolerance must be small against the distance of labels; a label near two others is an
/// error, never a guess.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use graticule::array::Block;
/// use graticule::index::{Index, Join, TolerantIndex, default_index, join};
/// let f64s = default_index(&Block::from_vec(&[3], vec![0.1, 0.2, 0.3])?)?;
/// let f32s = default_index(&Block::from_vec(&[3], vec![0.1f32, 0.2, 0.3])?)?;
/// assert_eq!(join(&[f64s.clone(), f32s.clone()], Join::Inner)?.len(), 0);
/// let near: Arc<dyn Index> = Arc::new(TolerantIndex::new(f64s, 1e-6)?);
/// assert_eq!(join(&[near, f32s], Join::Inner)?.labels().to_vec::<f64>()?, [0.1, 0.2, 0.3]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug)]
pub struct TolerantIndex {
    labels: Arc<dyn Index>,
    tolerance: Scalar,
    width: Key,
    /// Labels that are not missing in rising order, with their positions.
    sorted: OnceLock<Vec<(Key, usize)>>,
}

impl TolerantIndex {
    /// The index with a tolerance: a number, for times a timedelta or text such as `"1s"`.
    ///
    /// # Errors
    /// If labels of this type have no distance, or the tolerance is negative or missing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{Index, TolerantIndex, default_index};
    /// let labels = default_index(&Block::from_vec(&[2], vec![0.1, 0.2])?)?;
    /// let near = TolerantIndex::new(labels.clone(), 1e-3)?;
    /// let wanted = Block::from_vec(&[2], vec![0.1001, 0.15])?;
    /// assert_eq!(near.positions_of(&wanted, Method::Exact, None)?, [0, -1]);
    /// assert!(TolerantIndex::new(labels, -1.0).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(index: Arc<dyn Index>, tolerance: impl Into<Scalar>) -> Result<Self> {
        let (dtype, tolerance) = (index.dtype(), tolerance.into());
        if dtype.is_text() || dtype.is_complex() {
            return Err(Error::dtype(format!("labels of type {dtype} have no distance from each other")));
        }
        let width = time::tolerance(&tolerance, dtype)?;
        // A tolerance on top of another takes its place.
        let labels = match as_tolerant(index.as_ref()) {
            Some(t) => t.labels.clone(),
            None => index,
        };
        Ok(TolerantIndex { labels, tolerance, width, sorted: OnceLock::new() })
    }

    fn around(&self, labels: Arc<dyn Index>) -> TolerantIndex {
        let (tolerance, width) = (self.tolerance.clone(), self.width.clone());
        TolerantIndex { labels, tolerance, width, sorted: OnceLock::new() }
    }

    fn sorted(&self) -> &[(Key, usize)] {
        self.sorted.get_or_init(|| {
            let keys = key::keys(&self.labels.labels());
            let mut sorted: Vec<_> = keys
                .into_iter()
                .enumerate()
                .filter(|(_, k)| *k != Key::Missing)
                .map(|(i, k)| (k, i))
                .collect();
            sorted.sort_by(|a, b| a.0.order(&b.0).unwrap_or(Ordering::Equal));
            sorted
        })
    }

    fn is_near(&self, a: &Key, b: &Key) -> bool {
        a == b || a.distance(b).and_then(|d| d.order(&self.width)).is_some_and(Ordering::is_le)
    }

    /// The position of the label nearest to `key`, if it is near enough.
    fn near(&self, key: &Key) -> Option<usize> {
        let sorted = self.sorted();
        let right = sorted.partition_point(|(k, _)| k.order(key) == Some(Ordering::Less));
        let candidates = [right.checked_sub(1), Some(right)];
        let near = candidates.into_iter().flatten().filter_map(|i| sorted.get(i));
        near.filter(|(k, _)| self.is_near(k, key))
            .min_by(|(a, _), (b, _)| {
                let distance = |k: &Key| k.distance(key);
                distance(a).zip(distance(b)).and_then(|(a, b)| a.order(&b)).unwrap_or(Ordering::Equal)
            })
            .map(|(_, i)| *i)
    }
}

/// The index as one with a tolerance, if it is.
pub(super) fn as_tolerant(index: &dyn Index) -> Option<&TolerantIndex> {
    (index as &dyn Any).downcast_ref()
}

/// Whether two indexes have the same labels, where one of them may have a tolerance.
pub(crate) fn same(a: &dyn Index, b: &dyn Index) -> bool {
    a.len() == b.len() && (a.equals(b) || as_tolerant(b).is_some() && b.equals(a))
}

/// All with the greatest tolerance that one of them has; `None` if none has one.
pub(super) fn all_tolerant(indexes: &[Arc<dyn Index>]) -> Result<Option<Vec<Arc<dyn Index>>>> {
    let widest = indexes
        .iter()
        .filter_map(|i| as_tolerant(i.as_ref()))
        .reduce(|a, b| if a.width.order(&b.width) == Some(Ordering::Less) { b } else { a });
    let Some(widest) = widest else { return Ok(None) };
    let wrap = |index: &Arc<dyn Index>| -> Result<Arc<dyn Index>> {
        Ok(Arc::new(TolerantIndex::new(index.clone(), widest.tolerance.clone())?))
    };
    indexes.iter().map(wrap).collect::<Result<_>>().map(Some)
}

/// `source` with the tolerance of `target`, if only that one has one.
pub(super) fn lend(source: &dyn Index, target: &dyn Index) -> Result<Option<TolerantIndex>> {
    match (as_tolerant(source), as_tolerant(target)) {
        (None, Some(t)) => TolerantIndex::new(of_labels(&source.labels()), t.tolerance.clone()).map(Some),
        _ => Ok(None),
    }
}

/// The labels of the first, and those of each later one that are near none before, sorted.
pub(super) fn outer(indexes: &[Arc<dyn Index>], dtype: DType) -> Result<Arc<dyn Index>> {
    let Some(first) = indexes.first().and_then(|i| as_tolerant(i.as_ref())) else {
        return Err(Error::internal("a tolerant join of plain indexes"));
    };
    let mut keys = key::keys(&first.labels());
    for index in &indexes[1..] {
        let so_far = first.around(of_labels(&key::block_of(&keys, dtype)?));
        let labels = index.labels();
        let found = so_far.positions_of(&labels, Method::Exact, None)?;
        keys.extend(key::keys(&labels).into_iter().zip(found).filter(|(_, p)| *p < 0).map(|(k, _)| k));
    }
    let missing = |k: &Key| *k == Key::Missing;
    keys.sort_by(|a, b| a.order(b).unwrap_or_else(|| missing(a).cmp(&missing(b))));
    Ok(Arc::new(first.around(of_labels(&key::block_of(&keys, dtype)?))))
}

impl Index for TolerantIndex {
    fn len(&self) -> usize {
        self.labels.len()
    }

    fn labels(&self) -> Block {
        self.labels.labels()
    }

    fn dtype(&self) -> DType {
        self.labels.dtype()
    }

    fn select(&self, label: &Label, method: Method, tolerance: Option<&Scalar>) -> Result<Positions> {
        let found = self.labels.select(label, method, tolerance);
        let Err(e) = found else { return found };
        if method != Method::Exact || !e.is_not_found() {
            return Err(e);
        }
        let near = |labels: &Block| -> Result<Option<Vec<i64>>> {
            let asked = time::dates(&labels.clone().reshape(&[labels.size()])?, self.dtype())?;
            let found = self.positions_of(&asked, Method::Exact, None)?;
            Ok((!found.contains(&-1)).then_some(found))
        };
        let near = match label {
            Label::One(label) => near(&label.to_block())?
                .and_then(|p| Some(Positions::One(usize::try_from(*p.first()?).ok()?))),
            Label::Many(labels) => near(labels)?.map(Positions::Many),
            Label::Range { .. } => None,
        };
        near.ok_or(e)
    }

    fn positions_of(&self, labels: &Block, method: Method, tolerance: Option<&Scalar>) -> Result<Vec<i64>> {
        if method != Method::Exact {
            return self.labels.positions_of(labels, method, tolerance);
        }
        if !self.is_unique() {
            return self.labels.positions_of(labels, method, tolerance);
        }
        let missing = key::keys(&self.labels()).iter().position(|k| *k == Key::Missing);
        key::comparable(labels.dtype(), self.dtype())?;
        let mut taken: Vec<Option<usize>> = vec![None; self.len()];
        let mut positions = Vec::with_capacity(labels.size());
        let keys = key::keys(labels);
        for (i, key) in keys.iter().enumerate() {
            let found = if *key == Key::Missing { missing } else { self.near(key) };
            if let Some(p) = found
                && let Some(other) = taken[p].replace(i)
                && keys[other] != *key
            {
                let own = self.labels().contiguous();
                let asked = labels.clone().contiguous();
                let show = |i| super::lookup::show(&asked, i);
                return Err(Error::alignment(format!(
                    "the labels {} and {} both lie within {:?} of {}",
                    show(other),
                    show(i),
                    self.tolerance,
                    super::lookup::show(&own, p)
                ))
                .help("take a tolerance that is small against the distance of labels"));
            }
            positions.push(found.map_or(-1, |p| p as i64));
        }
        Ok(positions)
    }

    fn take(&self, positions: &Positions) -> Arc<dyn Index> {
        Arc::new(self.around(self.labels.take(positions)))
    }

    fn is_unique(&self) -> bool {
        self.labels.is_unique()
    }

    fn equals(&self, other: &dyn Index) -> bool {
        if self.len() != other.len() || !key::is_comparable(self.dtype(), other.dtype()) {
            return false;
        }
        let (a, b) = (key::keys(&self.labels()), key::keys(&other.labels()));
        a.iter().zip(&b).all(|(a, b)| self.is_near(a, b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::{Element, TimeUnit};
    use crate::index::{Join, default_index, join, positions};

    fn plain<T: Element>(labels: &[T]) -> Arc<dyn Index> {
        default_index(&Block::from_vec(&[labels.len()], labels.to_vec()).unwrap()).unwrap()
    }

    fn near<T: Element>(labels: &[T], tolerance: f64) -> Arc<dyn Index> {
        Arc::new(TolerantIndex::new(plain(labels), tolerance).unwrap())
    }

    #[test]
    fn joins_take_the_labels_of_the_first_where_they_are_near() {
        let (a, b) = (near(&[0.3, 0.1, 0.2], 1e-6), plain(&[0.1f32, 0.2, 0.7]));
        let labels =
            |pair: &[Arc<dyn Index>], how| join(pair, how).unwrap().labels().to_vec::<f64>().unwrap();
        assert_eq!(labels(&[a.clone(), b.clone()], Join::Inner), [0.1, 0.2]);
        assert_eq!(labels(&[b.clone(), a.clone()], Join::Inner), [0.1f32 as f64, 0.2f32 as f64]);
        assert_eq!(labels(&[a.clone(), b.clone()], Join::Outer), [0.1, 0.2, 0.3, 0.7f32 as f64]);
        let joined = join(&[a.clone(), b.clone()], Join::Outer).unwrap();
        let found = positions(b.as_ref(), joined.as_ref()).unwrap();
        assert_eq!(found, Some(Positions::Many(vec![0, 1, -1, 2])));
        let same = plain(&[0.3f32, 0.1, 0.2]);
        assert!(join(&[same, a], Join::Exact).is_ok());
    }

    #[test]
    fn a_label_is_found_by_one_near_to_it() {
        let a = near(&[1.0, 2.0, 3.0], 0.01);
        let one = |v: f64| a.select(&Label::One(v.into()), Method::Exact, None);
        assert_eq!(one(2.005).unwrap(), Positions::One(1));
        assert!(one(2.5).unwrap_err().is_not_found());
        let part = a.take(&Positions::Many(vec![2, 0]));
        let found = part.select(&Label::One(0.999.into()), Method::Exact, None);
        assert_eq!(found.unwrap(), Positions::One(1));
    }

    #[test]
    fn a_tolerance_as_wide_as_the_labels_is_refused_where_it_matters() {
        let e = join(&[plain(&[1.4, 0.9]), near(&[1.0, 2.0], 0.6)], Join::Inner).unwrap_err().to_string();
        assert!(e.contains("1.4 and 0.9 both lie within"), "{e}");
        assert!(TolerantIndex::new(plain(&[1.0]), -1.0).is_err());
    }

    #[test]
    fn times_take_a_span() {
        let dtype =
            DType::Datetime { unit: TimeUnit::S, calendar: crate::dtype::Calendar::ProlepticGregorian };
        let index = |ticks: Vec<i64>| {
            default_index(&Block::from_vec(&[ticks.len()], ticks).unwrap().retype(dtype)).unwrap()
        };
        let a: Arc<dyn Index> = Arc::new(TolerantIndex::new(index(vec![0, 3600, 7300]), "1min").unwrap());
        assert_eq!(join(&[index(vec![1, 3599, 9000]), a], Join::Inner).unwrap().len(), 2);
    }
}
