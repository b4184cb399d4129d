//! One index from several: what alignment needs.

use std::collections::HashSet;
use std::sync::Arc;

use super::key::{self, Key};
use super::{Index, Method, Positions, of_labels, tolerant};
use crate::array::Slice;
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
    let (Some(first), Some(last)) = (indexes.first(), indexes.last()) else {
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
        return Ok(first.clone());
    }
    let Some(other) = indexes[1..].iter().find(|i| !same(first.as_ref(), i.as_ref())) else {
        return Ok(first.clone());
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
        Join::Left => Ok(first.clone()),
        Join::Right => Ok(last.clone()),
        Join::Outer if has_tolerance => tolerant::outer(indexes, common_of(indexes)?),
        Join::Outer => outer(indexes),
        _ => inner(indexes),
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
    let all = match tolerant::lend(source, target)? {
        Some(source) => source.positions_of(&target.labels(), Method::Exact, None)?,
        None => source.positions_of(&target.labels(), Method::Exact, None)?,
    };
    Ok(Some(as_slice(&all).map_or(Positions::Many(all), Positions::Slice)))
}

fn same(a: &dyn Index, b: &dyn Index) -> bool {
    std::ptr::addr_eq(a, b) || tolerant::same(a, b)
}

/// The slice that takes the same positions, if they are evenly spaced without holes.
fn as_slice(positions: &[i64]) -> Option<Slice> {
    let start = usize::try_from(*positions.first()?).ok()?;
    let step = positions.get(1).map_or(1, |p| p - positions[0]);
    let even = step != 0 && positions.windows(2).all(|w| w[1] - w[0] == step && w[1] >= 0);
    (even || positions.len() == 1).then_some(Slice { start, step: step as isize, len: positions.len() })
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

fn inner(indexes: &[Arc<dyn Index>]) -> Result<Arc<dyn Index>> {
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
        return Ok(joined);
    }
    Ok(of_labels(&key::block_of(&key::keys(&joined.labels()), dtype)?))
}

fn outer(indexes: &[Arc<dyn Index>]) -> Result<Arc<dyn Index>> {
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
    Ok(of_labels(&key::block_of(&labels, dtype)?))
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
}
