//! Nested lists of objects as one: `combine_nested`.

use super::combine::{ConcatDim, ConcatOptions, concat};
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::merge::{CombineAttrs, MergeOptions, merge};
use super::operand::Object;
use super::variable::{Name, Variable};
use crate::error::{Error, Result};

/// An object, or a list of such: lists of lists stand for the positions of objects along several dimensions.
#[derive(Clone)]
pub enum Nested {
    /// An object.
    One(Box<Object>),
    /// A list.
    Many(Vec<Nested>),
}

macro_rules! one {
    ($($T:ty),*) => {$(
        impl From<$T> for Nested {
            fn from(v: $T) -> Self {
                Nested::One(Box::new(v.into()))
            }
        }
    )*};
}
one!(DataArray, &DataArray, Dataset, &Dataset, Object);

impl<T: Into<Nested>> From<Vec<T>> for Nested {
    fn from(items: Vec<T>) -> Self {
        Nested::Many(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Nested>, const N: usize> From<[T; N]> for Nested {
    fn from(items: [T; N]) -> Self {
        Nested::Many(items.into_iter().map(Into::into).collect())
    }
}

/// What is done with one level of nested lists.
#[derive(Debug, Clone)]
pub enum CombineDim {
    /// The objects are joined along a dimension.
    Concat(ConcatDim),
    /// The objects are merged: they hold different variables.
    Merge,
}

impl<D: Into<ConcatDim>> From<D> for CombineDim {
    fn from(dim: D) -> Self {
        CombineDim::Concat(dim.into())
    }
}

impl From<Option<&str>> for CombineDim {
    fn from(dim: Option<&str>) -> Self {
        dim.map_or(CombineDim::Merge, CombineDim::from)
    }
}

impl ConcatOptions {
    /// The defaults of [`combine_nested`]: those of `concat`, without attributes.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(ConcatOptions::nested().combine_attrs, CombineAttrs::Drop);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn nested() -> Self {
        ConcatOptions { combine_attrs: CombineAttrs::Drop, ..Self::default() }
    }

    /// The options of a merge with the same choices.
    pub(super) fn of_merge(&self) -> MergeOptions {
        MergeOptions {
            compat: self.compat,
            join: self.join,
            fill_value: self.fill_value.clone(),
            fill_values: self.fill_values.clone(),
            combine_attrs: self.combine_attrs,
        }
    }
}

/// Joins nested lists of objects: the outermost list along the first of `dims`, the lists in it along the
/// second, and so on; `None` merges. All lists of one level must be equally long.
///
/// Arrays give an array, unless they are merged. Lazy: reads no data variable (where `compat` compares, it
/// does).
///
/// # Errors
/// If the lists form no grid, there are not as many dimensions as levels, and those of
/// [`concat`](fn@concat) and [`merge`].
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// use graticule::labels::combine_nested;
/// let part = |v: Vec<f64>| DataArray::from_vec(&[("y", 1), ("x", 2)], v);
/// let grid = [[part(vec![1.0, 2.0])?, part(vec![3.0, 4.0])?], [part(vec![5.0, 6.0])?, part(vec![7.0, 8.0])?]];
/// let whole = combine_nested(grid, [Some("y"), Some("x")], &ConcatOptions::nested())?.into_array()?;
/// assert_eq!(whole.shape(), [2, 4]);
/// assert_eq!(whole.isel("y", 1)?.to_vec::<f64>()?, [5.0, 6.0, 7.0, 8.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn combine_nested<D: Into<CombineDim>>(
    objects: impl Into<Nested>,
    dims: impl IntoIterator<Item = D>,
    options: &ConcatOptions,
) -> Result<Object> {
    let dims: Vec<CombineDim> = dims.into_iter().map(Into::into).collect();
    let (mut flat, mut shape) = (Vec::new(), Vec::new());
    flatten(objects.into(), &mut Vec::new(), &mut shape, &mut flat).map_err(|e| e.at("`combine_nested`"))?;
    if flat.is_empty() {
        return Ok(Dataset::new().into());
    }
    if dims.len() != shape.len() {
        return Err(Error::invalid(format!(
            "{} dimensions for lists nested {} deep",
            dims.len(),
            shape.len()
        ))
        .at("`combine_nested`")
        .help("one dimension for each level of lists; `None` where a level is merged"));
    }
    combine_grid(flat, &shape, &dims, options).map_err(|e| e.at("`combine_nested`"))
}

/// The objects of a grid of `shape`, combined level by level from the outermost on.
fn combine_grid(
    mut flat: Vec<Object>,
    shape: &[usize],
    dims: &[CombineDim],
    options: &ConcatOptions,
) -> Result<Object> {
    for (level, dim) in dims.iter().enumerate() {
        let inner: usize = shape[level + 1..].iter().product();
        let mut combined = Vec::with_capacity(inner);
        for i in 0..inner {
            let line: Vec<Object> = flat.iter().skip(i).step_by(inner).cloned().collect();
            combined.push(combine_line(&line, dim, options)?);
        }
        flat = combined;
    }
    flat.pop().ok_or_else(|| Error::internal("a grid without objects"))
}

/// Objects along one dimension, or merged.
fn combine_line(objects: &[Object], dim: &CombineDim, options: &ConcatOptions) -> Result<Object> {
    let dim = match dim {
        CombineDim::Concat(dim) => dim.clone(),
        CombineDim::Merge => {
            let merged = merge(objects, &options.of_merge()).map(Object::Dataset);
            return merged.map_err(|e| {
                e.at(format!("merge of {} objects", objects.len())).help(
                    "name the dimension along which they are to be joined, if they are parts of a whole",
                )
            });
        }
    };
    let is_array = |o: &Object| matches!(o, Object::DataArray(_));
    if objects.iter().all(is_array) || !objects.iter().any(is_array) {
        return concat(objects, dim, options);
    }
    let datasets: Vec<Object> = objects
        .iter()
        .enumerate()
        .map(|(i, o)| dataset_of(i, o).map(Object::Dataset))
        .collect::<Result<_>>()?;
    concat(&datasets, dim, options)
}

/// A dataset, or an array as the dataset of its name.
pub(super) fn dataset_of(i: usize, object: &Object) -> Result<Dataset> {
    match object {
        Object::Dataset(ds) => Ok(ds.clone()),
        Object::DataArray(a) => match a.name() {
            Some(name) => Ok(a.to_dataset(name.clone())),
            None => {
                Err(Error::invalid(format!("object {i} is an array without a name among others with one"))
                    .at(a.place())
                    .help("name it with `with_name`"))
            }
        },
    }
}

/// The objects in order, and how long the lists of each level are.
fn flatten(
    nested: Nested,
    path: &mut Vec<usize>,
    shape: &mut Vec<usize>,
    out: &mut Vec<Object>,
) -> Result<()> {
    let place = |path: &[usize]| {
        let at: Vec<String> = path.iter().map(|i| format!("[{i}]")).collect();
        format!("objects{}", at.concat())
    };
    let items = match nested {
        Nested::One(object) => {
            if path.len() < shape.len() && !out.is_empty() {
                return Err(Error::invalid("an object stands where others have a list").at(place(path)));
            }
            out.push(*object);
            return Ok(());
        }
        Nested::Many(items) => items,
    };
    match shape.get(path.len()) {
        Some(n) if *n != items.len() => {
            return Err(Error::invalid(format!("a list of {} where others have {n}", items.len()))
                .at(place(path))
                .help("all lists of one level must be equally long"));
        }
        Some(_) => {}
        None if !out.is_empty() => {
            return Err(Error::invalid("a list stands where others have an object").at(place(path)));
        }
        None => shape.push(items.len()),
    }
    for (i, item) in items.into_iter().enumerate() {
        path.push(i);
        flatten(item, path, shape, out)?;
        path.pop();
    }
    Ok(())
}

impl From<Name> for ConcatDim {
    fn from(name: Name) -> Self {
        ConcatDim::Name(name)
    }
}

impl From<Variable> for ConcatDim {
    fn from(labels: Variable) -> Self {
        ConcatDim::Labels(labels)
    }
}
