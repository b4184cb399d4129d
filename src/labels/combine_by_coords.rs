//! Objects put in order by their labels: `combine_by_coords`.

use std::sync::Arc;

use indexmap::IndexMap;

use super::combine::{ConcatOptions, concat};
use super::combine_nested::dataset_of;
use super::compare::indexes_equal;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::merge::{CombineAttrs, merge};
use super::operand::{Labelled, Object};
use super::reindex::label_text;
use super::variable::Name;
use crate::array::Slice;
use crate::error::{Error, Result};
use crate::index::{self, Index};

impl ConcatOptions {
    /// The defaults of [`combine_by_coords`]: those of `concat`, with attributes that do not conflict.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(ConcatOptions::by_coords().combine_attrs, CombineAttrs::NoConflicts);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn by_coords() -> Self {
        ConcatOptions { combine_attrs: CombineAttrs::NoConflicts, ..Self::default() }
    }
}

/// Joins objects along every dimension whose labels differ between them, in the order of their labels, and
/// merges those with different variables.
///
/// Objects with the same variables are put in order by the first label along each dimension; afterwards the
/// labels must rise (or fall) throughout. Named arrays take part as datasets; arrays without names, if all
/// are, give an array without a name. Lazy: reads labels, but no data variable (where `compat` compares, it
/// does).
///
/// # Errors
/// If a dimension has no labels, labels are not in order or overlap, two objects have the same place, and
/// those of [`concat`](fn@concat) and [`merge`].
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// use graticule::labels::combine_by_coords;
/// let part = |x: i64| -> Result<DataArray> {
///     let a = DataArray::from_vec(&[("x", 2)], vec![x as f64, x as f64 + 1.0])?.with_name("v");
///     a.assign_coords([("x", Block::from_vec(&[2], vec![x, x + 1])?)])
/// };
/// let ds = combine_by_coords(&[part(5)?.into(), part(1)?.into()], &ConcatOptions::by_coords())?;
/// assert_eq!(ds.into_dataset()?.get("v")?.to_vec::<f64>()?, [1.0, 2.0, 5.0, 6.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn combine_by_coords(objects: &[Object], options: &ConcatOptions) -> Result<Object> {
    combine(objects, options).map_err(|e| e.at(format!("`combine_by_coords` of {} objects", objects.len())))
}

fn combine(objects: &[Object], options: &ConcatOptions) -> Result<Object> {
    let unnamed = |o: &&Object| matches!(o, Object::DataArray(a) if a.name().is_none());
    if !objects.is_empty() && objects.iter().all(|o| unnamed(&o)) {
        let parts = objects.iter().enumerate().map(|(i, o)| (i, o.to_parts())).collect();
        let whole = hypercube(parts, options)?;
        return DataArray::from_temp_dataset(whole, None).map(Object::DataArray);
    }
    // Those with the same variables belong together.
    let mut groups: IndexMap<Vec<Name>, Vec<(usize, Dataset)>> = IndexMap::new();
    for (i, object) in objects.iter().enumerate() {
        let ds = dataset_of(i, object)?;
        let mut names: Vec<Name> = ds.data_vars().keys().cloned().collect();
        names.sort_unstable();
        groups.entry(names).or_default().push((i, ds));
    }
    let mut wholes = Vec::with_capacity(groups.len());
    for (names, parts) in groups {
        let whole = hypercube(parts, options).map_err(|e| e.at(format!("variables {}", names.join(", "))))?;
        wholes.push(Object::Dataset(whole));
    }
    merge(&wholes, &options.of_merge()).map(Object::Dataset)
}

/// Objects of the same variables as one; they come with their numbers, for errors.
fn hypercube(parts: Vec<(usize, Dataset)>, options: &ConcatOptions) -> Result<Dataset> {
    let mut dims: Vec<Name> = Vec::new();
    let mut places: Vec<Vec<usize>> = vec![Vec::new(); parts.len()];
    for dim in parts[0].1.sizes().keys() {
        if parts[0].1.find(dim).is_none() {
            continue;
        }
        let Some(order) = order_along(&parts, dim).map_err(|e| e.at(format!("dimension `{dim}`")))? else {
            continue;
        };
        places.iter_mut().zip(order).for_each(|(place, i)| place.push(i));
        dims.push(dim.clone());
    }
    if parts.len() > 1 && dims.is_empty() {
        return Err(Error::invalid("no labels differ between the objects: their order is unknown")
            .help("`combine_nested` takes the order in which they are given"));
    }
    // An object by its place along each dimension.
    let mut grid: IndexMap<Vec<usize>, (usize, Dataset)> = IndexMap::new();
    for ((i, ds), place) in parts.into_iter().zip(places) {
        if let Some((other, _)) = grid.get(&place) {
            return Err(Error::invalid(format!(
                "objects {other} and {i} begin with the same labels along {}",
                dims.join(", ")
            ))
            .help("each must have a place of its own"));
        }
        grid.insert(place, (i, ds));
    }
    for dim in &dims {
        grid.sort_unstable_keys();
        let mut lines: IndexMap<Vec<usize>, Vec<(usize, Dataset)>> = IndexMap::new();
        for (place, part) in grid {
            lines.entry(place[1..].to_vec()).or_default().push(part);
        }
        grid = IndexMap::with_capacity(lines.len());
        for (place, line) in lines {
            let numbers: Vec<String> = line.iter().map(|(i, _)| i.to_string()).collect();
            let first = line[0].0;
            let datasets: Vec<Dataset> = line.into_iter().map(|(_, ds)| ds).collect();
            let joined = concat(&datasets, &**dim, options).map_err(|e| {
                e.at(format!("in the order of `{dim}`, these are the objects {}", numbers.join(", ")))
            })?;
            grid.insert(place, (first, joined));
        }
    }
    let (_, (_, whole)) = grid.pop().ok_or_else(|| Error::internal("a grid without objects"))?;
    for dim in &dims {
        throughout(&whole, dim)?;
    }
    Ok(whole)
}

/// The place of each object along a dimension; `None` where all have the same labels.
fn order_along(parts: &[(usize, Dataset)], dim: &Name) -> Result<Option<Vec<usize>>> {
    let mut indexes: Vec<&Arc<dyn Index>> = Vec::with_capacity(parts.len());
    for (i, ds) in parts {
        indexes.push(ds.coords().index(dim).ok_or_else(|| {
            Error::invalid(format!("object {i} has no labels along `{dim}`"))
                .help("every dimension needs labels, or `combine_nested` an order")
        })?);
    }
    if indexes[1..].iter().all(|index| indexes_equal(index, indexes[0])) {
        return Ok(None);
    }
    if let Some(k) = indexes.iter().position(|index| index.is_empty()) {
        return Err(Error::invalid(format!("object {} has length 0 and so no place", parts[k].0)));
    }
    let directions: Vec<(bool, bool)> =
        indexes.iter().map(|index| index::monotonic(index.as_ref())).collect();
    let falling = match (directions.iter().all(|d| d.0), directions.iter().all(|d| d.1)) {
        (true, _) => false,
        (_, true) => true,
        _ => {
            let odd = directions.iter().position(|d| *d == (false, false));
            return Err(match odd {
                Some(k) => {
                    Error::invalid(format!("the labels of object {} neither rise nor fall", parts[k].0))
                }
                None => {
                    let falls = directions.iter().position(|d| !d.0).unwrap_or(0);
                    let rises = directions.iter().position(|d| !d.1).unwrap_or(0);
                    Error::invalid(format!(
                        "labels rise in object {} and fall in object {}",
                        parts[rises].0, parts[falls].0
                    ))
                }
            });
        }
    };
    let firsts: Vec<_> = indexes.iter().map(|index| index.labels().slice(&[Slice::range(0..1)])).collect();
    index::ranks(&firsts, falling).map(Some)
}

/// Refuses labels that do not rise or fall throughout: the objects overlap.
fn throughout(whole: &Dataset, dim: &str) -> Result<()> {
    let Some(index) = whole.coords().index(dim) else { return Ok(()) };
    let (rises, falls) = index::monotonic(index.as_ref());
    if rises || falls {
        return Ok(());
    }
    let labels = index.labels();
    let pair = |i: usize| labels.slice(&[Slice::range(i..i + 2)]);
    let ends = (label_text(&labels, 0), label_text(&labels, labels.size() - 1));
    let ranks = index::ranks(
        &[
            labels.slice(&[Slice::range(0..1)]),
            labels.slice(&[Slice::range(labels.size() - 1..labels.size())]),
        ],
        false,
    )?;
    let up = ranks[0] <= ranks[1];
    let turn = (0..labels.size() - 1).find(|i| {
        let (rises, falls) =
            index::default_index(&pair(*i)).map_or((true, true), |p| index::monotonic(p.as_ref()));
        if up { !rises } else { !falls }
    });
    let turn = turn.map_or_else(String::new, |i| {
        format!(": {} is followed by {}", label_text(&labels, i), label_text(&labels, i + 1))
    });
    Err(Error::invalid(format!("put in order, the labels of `{dim}` do not rise or fall throughout{turn}"))
        .at(format!("labels from {} to {}", ends.0, ends.1))
        .help("the objects overlap: select parts that do not"))
}
