//! Other labels along a dimension: `reindex` and `reindex_like`.

use std::sync::Arc;

use indexmap::IndexMap;

use super::align::{AlignOptions, align_parts};
use super::coords::Coords;
use super::dataarray::{DataArray, THIS};
use super::dataset::Dataset;
use super::diagnostics;
use super::operand::Object;
use super::variable::{Name, Variable};
use crate::array::{Block, Slice};
use crate::dtype::dispatch::with_element;
use crate::dtype::{DType, Scalar, promote};
use crate::error::{Error, Result};
use crate::index::{self, Index, Join, Method, Positions};

/// How [`Dataset::reindex_with`] finds labels and fills holes.
#[derive(Debug, Clone, PartialEq)]
pub struct ReindexOptions {
    /// What to do with a label that is not there; only the label itself by default.
    pub method: Method,
    /// How far an inexact match may be.
    pub tolerance: Option<Scalar>,
    /// What stands at labels that are not there; missing values by default. Takes part in the dtype.
    pub fill_value: Option<Scalar>,
    /// The same for variables and coordinates of these names.
    pub fill_values: IndexMap<Name, Scalar>,
}

impl Default for ReindexOptions {
    fn default() -> Self {
        ReindexOptions {
            method: Method::Exact,
            tolerance: None,
            fill_value: None,
            fill_values: IndexMap::new(),
        }
    }
}

/// A coordinate that takes the place of one with other labels.
pub(crate) struct NewCoord {
    pub(crate) name: Name,
    pub(crate) variable: Variable,
    pub(crate) index: Option<Arc<dyn Index>>,
    /// Whether attributes and encoding of the coordinate that it replaces stay.
    pub(crate) keep_attrs: bool,
}

/// The dtype in which an array has room for what fills its holes, and that value in it.
///
/// # Errors
/// If the value does not fit the dtype.
pub(crate) fn room_for(dtype: DType, fill: Option<&Scalar>) -> Result<(DType, Block)> {
    match fill {
        // Text and times have missing values of their own.
        Some(Scalar::Float(v)) if v.is_nan() && (dtype.is_text() || dtype.is_time()) => room_for(dtype, None),
        None => {
            let wide = promote::with_missing(dtype);
            diagnostics::holes(dtype, wide)?;
            Ok((wide, promote::missing_value(wide)))
        }
        Some(value) => {
            let dtype = promote::promote(dtype, promote::with_scalar(dtype, value)?)?;
            Ok((dtype, value.cast_to(dtype)?))
        }
    }
}

fn has_holes(positions: &Positions) -> bool {
    matches!(positions, Positions::Many(p) if p.contains(&-1))
}

/// The variable at other positions along some dimensions; -1 is a hole.
pub(crate) fn take_variable(
    variable: &Variable,
    takes: &IndexMap<Name, Positions>,
    fill: Option<&Scalar>,
) -> Result<Variable> {
    let mut data = variable.data().clone();
    let here: Vec<(usize, &Positions)> =
        takes.iter().filter_map(|(dim, p)| Some((variable.axis(dim)?, p))).collect();
    if here.is_empty() {
        return Ok(variable.clone());
    }
    let mut value = None;
    if here.iter().any(|(_, p)| has_holes(p)) {
        let (dtype, block) = room_for(variable.dtype(), fill)?;
        data = data.cast(dtype)?;
        value = Some(block);
    }
    for (axis, positions) in here {
        data = match positions {
            Positions::Many(p) => data.take(axis, p.as_slice().into(), value.clone())?,
            Positions::Slice(slice) => {
                let mut slices: Vec<Slice> = data.shape().into_iter().map(Slice::all).collect();
                slices[axis] = *slice;
                data.slice(&slices)?
            }
            Positions::One(_) => return Err(Error::internal("one position would drop a dimension")),
        };
    }
    variable.with_data(variable.dims().iter().cloned(), data)
}

/// The dataset at other positions along some dimensions, with `coords` in place of those of their names.
pub(crate) fn reindex_parts(
    ds: &Dataset,
    takes: &IndexMap<Name, Positions>,
    new: Vec<NewCoord>,
    fill: Option<&Scalar>,
) -> Result<Dataset> {
    reindex_parts_by(ds, takes, new, &|_| fill)
}

/// [`reindex_parts`] with a value for each variable.
pub(crate) fn reindex_parts_by<'f>(
    ds: &Dataset,
    takes: &IndexMap<Name, Positions>,
    new: Vec<NewCoord>,
    fill: &dyn Fn(&str) -> Option<&'f Scalar>,
) -> Result<Dataset> {
    let mut vars = IndexMap::with_capacity(ds.data_vars().len());
    for (name, v) in ds.data_vars() {
        let taken = take_variable(v, takes, fill(name)).map_err(|e| in_variable(e, name));
        vars.insert(name.clone(), taken?);
    }
    let mut coords = Coords::new();
    for (name, v) in ds.coords().iter() {
        if let Some(c) = new.iter().find(|c| c.name == *name) {
            let mut variable = c.variable.clone();
            if c.keep_attrs {
                variable.attrs = v.attrs.clone();
                variable.encoding = v.encoding.clone();
            }
            coords.insert_with(name.clone(), variable, c.index.clone())?;
            continue;
        }
        let taken = v.dims().iter().find_map(|d| takes.get(d));
        let index = match (ds.coords().index(name), taken) {
            // Holes have no label to take.
            (Some(_), Some(p)) if has_holes(p) => None,
            (Some(index), Some(p)) => Some(index.take(p)),
            (index, _) => index.cloned(),
        };
        let v = take_variable(v, takes, fill(name)).map_err(|e| e.at(format!("coordinate `{name}`")))?;
        coords.insert_with(name.clone(), v, index)?;
    }
    for c in new {
        if !coords.contains(&c.name) {
            coords.insert_with(c.name, c.variable, c.index)?;
        }
    }
    Ok(ds.with_parts(vars, coords))
}

/// The error with the name of the variable that it is about, unless the array that is on its way through
/// an operation of datasets tells its own name.
pub(crate) fn in_variable(e: Error, name: &str) -> Error {
    if name == THIS { e } else { e.at(format!("variable `{name}`")) }
}

/// A label as errors show it.
pub(crate) fn label_text(labels: &Block, at: usize) -> String {
    with_element!(labels.dtype().kind(), T => {
        labels.get::<T>().and_then(|a| a.iter().nth(at).map(|v| v.to_string())).unwrap_or_default()
    })
}

impl Dataset {
    /// The dataset with other labels along some dimensions: `(dim, labels)` pairs. What has no such label is
    /// filled, so that integers become floats. Lazy: reads no data.
    ///
    /// A dimension without labels gets these, if there are as many as it is long.
    ///
    /// # Errors
    /// If a dimension does not exist, its labels hold duplicates, or labels do not compare.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?.assign_coords([("x", x)])?;
    /// let labels = Variable::from_vec(&[("x", 2)], vec![11i64, 28])?;
    /// let options = ReindexOptions { method: Method::Pad, ..Default::default() };
    /// let ds = a.to_dataset("t").reindex_with(&[("x", labels)], &options)?;
    /// assert_eq!(ds.get("t")?.to_vec::<f64>()?, [1.5, 2.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reindex_with(&self, labels: &[(&str, Variable)], options: &ReindexOptions) -> Result<Dataset> {
        self.reindex_inner(labels, options).map_err(|e| e.at(self.place()))
    }

    pub(super) fn reindex_inner(
        &self,
        labels: &[(&str, Variable)],
        options: &ReindexOptions,
    ) -> Result<Dataset> {
        let sizes = self.sizes();
        let mut takes: IndexMap<Name, Positions> = IndexMap::new();
        let mut coords = Vec::new();
        let mut changes = false;
        for (dim, target) in labels {
            let Some((dim, &len)) = sizes.get_key_value(*dim) else {
                return Err(Error::not_found("dimension", dim, sizes.keys()));
            };
            if target.ndim() != 1 {
                return Err(Error::invalid(format!("labels along `{dim}` must have one dimension"))
                    .at(format!("labels of shape {:?}", target.shape())));
            }
            let block = target.load()?;
            let index = index::default_index(&block)?;
            match self.coords().index(dim) {
                Some(own) if super::compare::indexes_equal(own, &index) => {}
                Some(own) => {
                    if !own.is_unique() {
                        return Err(Error::alignment(format!("the labels of `{dim}` hold duplicates"))
                            .help("drop the duplicates first"));
                    }
                    let positions = own.positions_of(&block, options.method, options.tolerance.as_ref())?;
                    takes.insert(dim.clone(), Positions::Many(positions));
                }
                None if len != index.len() => {
                    return Err(Error::alignment(format!(
                        "`{dim}` has no labels and length {len}, which {} new labels do not fit",
                        index.len()
                    )));
                }
                None => {}
            }
            changes |= takes.contains_key(dim) || self.coords().index(dim).is_none();
            let variable = Variable::new([dim.clone()], block)?.with_attrs(target.attrs.clone());
            coords.push(NewCoord { name: dim.clone(), variable, index: Some(index), keep_attrs: true });
        }
        // Labels equal by value may differ in dtype: where nothing moves, the own ones stay.
        if !changes {
            return Ok(self.clone());
        }
        let fill = |name: &str| options.fill_values.get(name).or(options.fill_value.as_ref());
        reindex_parts_by(self, &takes, coords, &fill)
    }
}

impl DataArray {
    /// The array with other labels along some dimensions: see [`Dataset::reindex_with`].
    ///
    /// # Errors
    /// Those of [`Dataset::reindex_with`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("x", x)])?;
    /// let labels = Variable::from_vec(&[("x", 2)], vec![20i64, 30])?;
    /// let options = ReindexOptions { fill_value: Some(Scalar::Int(0)), ..Default::default() };
    /// assert_eq!(a.reindex_with(&[("x", labels)], &options)?.to_vec::<i32>()?, [2, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reindex_with(&self, labels: &[(&str, Variable)], options: &ReindexOptions) -> Result<DataArray> {
        self.via_dataset(|ds| ds.reindex_inner(labels, options))
    }
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// The same with other labels along `dim`; missing values stand where a label is new.
            ///
            /// # Errors
            /// If the dimension does not exist, its labels hold duplicates, or labels do not compare.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?.assign_coords([("x", x)])?;
            /// let b = a.reindex("x", Block::from_vec(&[2], vec![20i64, 30])?)?.to_vec::<f64>()?;
            /// assert!(b[0] == 2.5 && b[1].is_nan());
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn reindex(&self, dim: &str, labels: Block) -> Result<$T> {
                let labels = Variable::new([dim], labels)?;
                self.reindex_with(&[(dim, labels)], &ReindexOptions::default())
            }

            /// The same with the labels that `other` has along the dimensions of both.
            ///
            /// # Errors
            /// If labels hold duplicates or do not compare, or lengths without labels differ.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?.assign_coords([("x", x)])?;
            /// let x = Block::from_vec(&[2], vec![20i64, 10])?;
            /// let b = DataArray::from_vec(&[("x", 2)], vec![0, 0])?.assign_coords([("x", x)])?;
            /// assert_eq!(a.reindex_like(&b, &ReindexOptions::default())?.to_vec::<f64>()?, [2.5, 1.5]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn reindex_like(&self, other: impl Into<Object>, options: &ReindexOptions) -> Result<$T> {
                use super::operand::Labelled;
                let (own, other) = (self.to_parts().sizes(), other.into().to_parts());
                let shared = other.coords().levels();
                if shared.names().next().is_some() && options.method == Method::Exact {
                    // Tuples of a multi-index are joined, then the other labels looked up.
                    let target = Dataset::default().with_parts(Default::default(), shared.clone());
                    let mut align = AlignOptions::new(Join::Left);
                    align.fill_value = options.fill_value.clone();
                    align.fill_values = options.fill_values.clone();
                    let joined = align_parts(&[target, self.to_parts()], &align)
                        .and_then(|mut parts| self.rebuild(parts.swap_remove(1)))
                        .map_err(|e| e.at(self.place()))?;
                    let along = |d: &Name| shared.iter().any(|(_, level)| level.axis(d).is_some());
                    let rest = other.coords().filter(|name, v| {
                        !shared.contains(name) && !v.dims().iter().any(|d| along(d))
                    });
                    let rest = Dataset::default().with_parts(Default::default(), rest);
                    return joined.reindex_like(rest, options);
                }
                let mut labels = Vec::new();
                for (dim, n) in other.sizes() {
                    let Some(&len) = own.get(&dim) else { continue };
                    match (other.coords().get(&dim), other.coords().index(&dim)) {
                        (Some(v), Some(_)) => labels.push((dim, v.clone())),
                        _ if n != len => {
                            return Err(Error::alignment(format!(
                                "lengths {len} and {n} along `{dim}` do not match, and the other has no labels"
                            ))
                            .at(self.place()));
                        }
                        _ => {}
                    }
                }
                let labels: Vec<(&str, Variable)> = labels.iter().map(|(d, v)| (&**d, v.clone())).collect();
                self.reindex_with(&labels, options)
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);
