//! Arithmetic of grouped objects with one value for each group: anomalies, ratios, masks.

use std::sync::Arc;

use indexmap::IndexMap;
use ndarray::{ArrayD, Axis, IxDyn};

use super::GroupBy;
use super::groups::{GroupDim, Groups};
use crate::array::Block;
use crate::error::{Context, Error, Result};
use crate::index::{Method, Positions};
use crate::kernel::elementwise::BinaryOp;
use crate::labels::broadcast::expand;
use crate::labels::compare::blocks_equal;
use crate::labels::coords::Coords;
use crate::labels::operand::{Labelled, Object};
use crate::labels::reindex::{reindex_parts, room_for, take_variable};
use crate::labels::squeeze::expanded;
use crate::labels::variable::{Name, Variable};
use crate::labels::{DataArray, Dataset};

/// The positions of an object that are in a group.
pub(super) struct Rows {
    /// For each dimension of the groups the positions at which anything is in a group.
    kept: IndexMap<Name, Vec<usize>>,
    /// The combination of groups at each of those, in row-major order; -1 in none.
    codes: ArrayD<i64>,
}

impl Rows {
    fn of(groups: &Groups) -> Result<Rows> {
        if groups.layers > 0 {
            return Err(Error::unsupported("an element of overlapping groups has no single group")
                .help("group by seasons that do not overlap"));
        }
        let full = groups.full_numbers();
        let codes = groups.codes.iter().map(|c| usize::try_from(*c).map_or(-1, |c| full[c])).collect();
        let mut codes = array(&groups.shape, codes)?;
        let mut kept = IndexMap::with_capacity(groups.dims.len());
        for (axis, dim) in groups.dims.iter().enumerate() {
            let any = |lane: &(usize, ndarray::ArrayViewD<'_, i64>)| lane.1.iter().any(|c| *c >= 0);
            let lanes = codes.axis_iter(Axis(axis)).enumerate();
            let stays: Vec<usize> = lanes.filter(any).map(|(i, _)| i).collect();
            if stays.len() < codes.len_of(Axis(axis)) {
                codes = codes.select(Axis(axis), &stays);
            }
            kept.insert(dim.clone(), stays);
        }
        Ok(Rows { kept, codes })
    }

    /// The kept ones of group numbers along some of the dimensions.
    fn among(&self, codes: &[i32], along: &[Name], lengths: &[usize]) -> Result<ArrayD<i64>> {
        let mut codes = array(lengths, codes.iter().map(|c| i64::from(*c)).collect())?;
        for (axis, dim) in along.iter().enumerate() {
            codes = codes.select(Axis(axis), &self.kept[dim]);
        }
        Ok(codes)
    }
}

fn array(shape: &[usize], values: Vec<i64>) -> Result<ArrayD<i64>> {
    ArrayD::from_shape_vec(IxDyn(shape), values)
        .map_err(|_| Error::internal(format!("group numbers do not fill the shape {shape:?}")))
}

/// Labels of groups, with their index if they have one.
type Labels = (Variable, Option<Arc<dyn crate::index::Index>>);

impl<T: Labelled> GroupBy<T> {
    /// The object without the positions that are in no group, and where the rows that are left are in one, if not all are.
    pub(super) fn grouped_rows(&self) -> Result<(Dataset, Option<Variable>)> {
        let parts = self.object.to_parts();
        if self.groups.covers_all() {
            return Ok((parts, None));
        }
        let rows = Rows::of(&self.groups)?;
        let mut takes = IndexMap::new();
        for ((dim, kept), len) in rows.kept.iter().zip(&self.groups.shape) {
            if kept.len() < *len {
                let positions = kept.iter().map(|p| *p as i64).collect();
                takes.insert(dim.clone(), Positions::Many(positions));
            }
        }
        let parts = reindex_parts(&parts, &takes, Vec::new(), None)?;
        if !rows.codes.iter().any(|c| *c < 0) {
            return Ok((parts, None));
        }
        let inside: Vec<bool> = rows.codes.iter().map(|c| *c >= 0).collect();
        let mask = Variable::new(rows.kept.keys().cloned(), Block::from_vec(rows.codes.shape(), inside)?)?;
        Ok((parts, Some(mask)))
    }

    /// The object with missing values where `inside` is false.
    pub(super) fn masked(ds: Dataset, inside: Option<Variable>) -> Result<Dataset> {
        let Some(inside) = inside else { return Ok(ds) };
        let mut masked = ds.where_cond(inside)?;
        masked.attrs = ds.attrs;
        Ok(masked)
    }

    /// The object without the positions that are in no group, with room for missing values if there
    /// are such positions.
    pub(in crate::labels) fn rows(&self) -> Result<T> {
        if self.groups.covers_all() {
            return Ok(self.object.clone());
        }
        let (rows, inside) = self.grouped_rows()?;
        let rows = Self::masked(rows, inside)?;
        let data_vars = rows.map_variables(|v| {
            v.with_data(v.dims().iter().cloned(), v.data().cast(room_for(v.dtype(), None)?.0)?).map(Some)
        })?;
        self.object.rebuild(rows.with_parts(data_vars, rows.coords().clone()))
    }

    /// The values of each group at every position of the group: what grouped arithmetic works with.
    ///
    /// `other` is matched by the labels of the groups; groups that it lacks get missing values. The
    /// labels of the groups become ordinary coordinates along the grouped dimensions.
    ///
    /// # Errors
    /// If `other` lacks the dimensions of the groups, or does not fit them, or groups overlap.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
    /// let groups = a.groupby(key)?;
    /// let sums = groups.spread(groups.sum(())?)?.into_array()?;
    /// assert_eq!(sums.to_vec::<f64>()?, [5.0, 2.0, 5.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn spread(&self, other: impl Into<Object>) -> Result<Object> {
        let other = other.into();
        let place = || format!("groupby `{}`", self.groups.names());
        self.spread_parts(&other.to_parts()).and_then(|ds| other.rebuild(ds)).at(place)
    }

    fn spread_parts(&self, other: &Dataset) -> Result<Dataset> {
        let (groups, sizes) = (&self.groups, other.sizes());
        let rows = Rows::of(groups)?;
        let mut values = Values { groups, rows: &rows, places: Vec::new() };
        for key in &groups.keys {
            let Some(&len) = sizes.get(&key.name) else {
                return Err(Error::not_found("dimension", &key.name, sizes.keys())
                    .help("the other operand has one value for each group along this dimension"));
            };
            values.places.push(places(key, other, len)?);
        }
        let named = |d: &Name| groups.keys.iter().any(|k| k.name == *d);
        if let Some(dim) = groups.own_dims().iter().find(|d| !named(d) && sizes.contains_key(*d)) {
            return Err(Error::invalid(format!(
                "the group values have the grouped dimension `{dim}` themselves"
            )));
        }
        let data_vars = other.map_variables(|v| values.lay(v).map(Some))?;
        let mut coords = Coords::new();
        for (name, v) in other.coords().iter().filter(|(name, _)| !named(name)) {
            // Single values belong to the groups too: xarray lays them out with the others.
            let along = match (v.ndim(), &groups.keys[..]) {
                (0, [key]) => expanded(v, &[(key.name.clone(), sizes[&key.name])], &[0])?,
                _ => v.clone(),
            };
            let index = other.coords().index(name).filter(|_| !along.dims().iter().any(named));
            coords.insert_with(name.clone(), values.lay(&along)?, index.cloned())?;
        }
        for key in &groups.keys {
            if let Some(labels) = values.labels(key)? {
                coords.insert_with(key.name.clone(), labels.0, labels.1)?;
            }
        }
        Ok(other.with_parts(data_vars, coords))
    }
}

/// Where `other` has the value of each group; -1 where it has none.
fn places(key: &GroupDim, other: &Dataset, len: usize) -> Result<Vec<i64>> {
    match (other.coords().index(&key.name), &key.labels) {
        (Some(index), Some(labels)) => {
            let wanted = labels.load()?;
            match blocks_equal(&index.labels(), &wanted)? {
                true => Ok((0..key.count as i64).collect()),
                false => index.positions_of(&wanted, Method::Exact, None),
            }
        }
        _ if len == key.count => Ok((0..len as i64).collect()),
        _ => Err(Error::alignment(format!(
            "{len} values without labels along `{}` for {} groups",
            key.name, key.count
        ))),
    }
}

/// Values of groups, to be laid out over the positions of the groups.
struct Values<'a> {
    groups: &'a Groups,
    rows: &'a Rows,
    /// For each key, where the values of its groups are.
    places: Vec<Vec<i64>>,
}

impl Values<'_> {
    /// The variable with the grouped dimensions in place of those of the groups.
    fn lay(&self, v: &Variable) -> Result<Variable> {
        let keys: Vec<usize> =
            (0..self.places.len()).filter(|k| v.axis(&self.groups.keys[*k].name).is_some()).collect();
        let Some(&first) = keys.first() else { return Ok(v.clone()) };
        let named = |d: &Name| keys.iter().any(|k| self.groups.keys[*k].name == *d);
        let at = v.dims().iter().position(named).unwrap_or_default();
        // The dimensions of the keys in one, where the first of them stood.
        let marker = self.groups.keys[first].name.clone();
        let mut order: Vec<Name> = v.dims().iter().filter(|d| !named(d)).cloned().collect();
        order.splice(at..at, keys.iter().map(|k| self.groups.keys[*k].name.clone()));
        let turned = v.in_order(&order)?;
        let mut shape = turned.shape();
        let lengths: Vec<usize> = shape.splice(at..at + keys.len(), [0]).collect();
        shape[at] = lengths.iter().product();
        order.splice(at..at + keys.len(), [marker.clone()]);
        let flat = v.with_data(order, turned.data().reshape(&shape)?)?;
        let positions = self.rows.codes.iter().map(|&code| self.place(code, &keys, &lengths)).collect();
        let takes = IndexMap::from([(marker.clone(), Positions::Many(positions))]);
        let taken = take_variable(&flat, &takes, None)?;
        reshaped(&taken, &marker, self.rows.kept.keys(), self.rows.codes.shape())
    }

    /// Where the value for a combination of groups is along the keys that a variable has.
    fn place(&self, code: i64, keys: &[usize], lengths: &[usize]) -> i64 {
        let Ok(mut rest) = usize::try_from(code) else { return -1 };
        let mut of_key = vec![0; self.places.len()];
        for (k, key) in self.groups.keys.iter().enumerate().rev() {
            of_key[k] = rest % key.count;
            rest /= key.count;
        }
        keys.iter().zip(lengths).fold(0, |at, (&k, &n)| match self.places[k][of_key[k]] {
            place if place < 0 || at < 0 => -1,
            place => at * n as i64 + place,
        })
    }

    /// The labels of a key's groups along its dimensions.
    fn labels(&self, key: &GroupDim) -> Result<Option<Labels>> {
        let Some(labels) = &key.labels else { return Ok(None) };
        let groups = self.groups;
        let length = |d: &Name| groups.dims.iter().position(|o| o == d).map(|i| groups.shape[i]);
        let lengths: Vec<usize> = key.along.iter().filter_map(length).collect();
        let codes = self.rows.among(&key.codes, &key.along, &lengths)?;
        let takes = IndexMap::from([(key.name.clone(), Positions::Many(codes.iter().copied().collect()))]);
        let taken = take_variable(labels, &takes, None)?;
        let variable = reshaped(&taken, &key.name, key.along.iter(), codes.shape())?;
        let own = variable.dims() == std::slice::from_ref(&key.name);
        let index = match own {
            true => Some(crate::index::default_index(&variable.load()?)?),
            false => None,
        };
        Ok(Some((variable, index)))
    }
}

/// The variable with one dimension as several.
fn reshaped<'a>(
    v: &Variable,
    dim: &Name,
    dims: impl Iterator<Item = &'a Name>,
    lengths: &[usize],
) -> Result<Variable> {
    let axis = v.require_axis(dim)?;
    let (mut names, mut shape) = (v.dims().to_vec(), v.shape());
    names.splice(axis..axis + 1, dims.cloned());
    if lengths.len() == 1 {
        return v.with_data(names, v.data().clone());
    }
    shape.splice(axis..axis + 1, lengths.iter().copied());
    v.with_data(names, v.data().reshape(&shape)?)
}

macro_rules! arithmetic {
    ($T:ident, $finish:expr, $($(#[$doc:meta])* $name:ident => $op:ident),* $(,)?) => {
        impl GroupBy<$T> {
            /// Applies `op` to each element and the value of its group in `other`.
            ///
            /// `other` (such as a reduction of the same groups) is matched by the labels of the groups;
            /// groups that it lacks give missing values. Elements that are in no group are left out. The
            /// labels of the groups become an ordinary coordinate. Lazy: reads nothing.
            ///
            /// # Errors
            /// If `other` lacks the dimension of the groups, or operands do not fit.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
            /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
            /// let groups = a.groupby(key)?;
            /// let part = groups.binary(BinaryOp::Div, groups.sum(())?)?;
            /// assert_eq!(part.to_vec::<f64>()?, [0.2, 1.0, 0.8]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn binary(&self, op: BinaryOp, other: impl Into<Object>) -> Result<$T> {
                let result = match self.spread(other)? {
                    Object::DataArray(a) => self.rows()?.binary(op, &a),
                    Object::Dataset(ds) => self.rows()?.binary(op, &ds),
                };
                let finish: fn(&Self, $T) -> Result<$T> = $finish;
                result.and_then(|r| finish(self, r)).at(|| format!("groupby `{}`", self.groups.names()))
            }

            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// Those of [`binary`](Self::binary).
                pub fn $name(&self, other: impl Into<Object>) -> Result<$T> {
                    self.binary(BinaryOp::$op, other)
                }
            )*

            /// The elements with missing ones replaced by the value of their group in `other`.
            ///
            /// # Errors
            /// If `other` lacks the dimension of the groups, or operands do not fit.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, f64::NAN])?;
            /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
            /// let groups = a.groupby(key)?;
            /// assert_eq!(groups.fillna(groups.mean(())?)?.to_vec::<f64>()?, [1.0, 2.0, 1.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn fillna(&self, other: impl Into<Object>) -> Result<$T> {
                match self.spread(other)? {
                    Object::DataArray(a) => self.rows()?.fillna(&a),
                    Object::Dataset(ds) => self.rows()?.fillna(&ds),
                }
            }

            /// The elements of the groups for which `cond` holds; the others are missing.
            ///
            /// # Errors
            /// If `cond` lacks the dimension of the groups, or operands do not fit.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
            /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
            /// let groups = a.groupby(key)?;
            /// let large = groups.where_cond(groups.count(())?.gt(1)?)?;
            /// assert_eq!(large.fillna(0.0)?.to_vec::<f64>()?, [1.0, 0.0, 4.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn where_cond(&self, cond: impl Into<Object>) -> Result<$T> {
                match self.spread(cond)? {
                    Object::DataArray(a) => self.rows()?.where_cond(&a),
                    Object::Dataset(ds) => self.rows()?.where_cond(&ds),
                }
            }
        }
    };
    ($T:ident, $finish:expr) => {
        arithmetic! { $T, $finish,
            /// Adds the value of its group to each element.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
            /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
            /// let groups = a.groupby(key)?;
            /// assert_eq!(groups.add(groups.max(())?)?.to_vec::<f64>()?, [5.0, 4.0, 8.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            add => Add,
            /// Takes the value of its group from each element: an anomaly.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 5.0])?;
            /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
            /// let groups = a.groupby(key)?;
            /// assert_eq!(groups.sub(groups.mean(())?)?.to_vec::<f64>()?, [-2.0, 0.0, 2.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            sub => Sub,
            /// Multiplies each element by the value of its group.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
            /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
            /// let groups = a.groupby(key)?;
            /// assert_eq!(groups.mul(groups.max(())?)?.to_vec::<f64>()?, [4.0, 4.0, 16.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            mul => Mul,
            /// Divides each element by the value of its group.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
            /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 0, 1])?;
            /// let groups = a.groupby(key)?;
            /// assert_eq!(groups.div(groups.max(())?)?.to_vec::<f64>()?, [0.25, 1.0, 1.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            div => Div,
        }
    };
}

arithmetic!(DataArray, |groups, a| groups.single_coords(a));
arithmetic!(Dataset, |groups, ds| groups.dims_first(ds).and_then(|ds| groups.single_coords(ds)));

impl<T: Labelled> GroupBy<T> {
    /// By groups along several dimensions, coordinates of some of these repeat along the others, as in xarray.
    fn single_coords(&self, result: T) -> Result<T> {
        let ([key], [_, _, ..]) = (&self.groups.keys[..], self.groups.own_dims()) else { return Ok(result) };
        let parts = result.to_parts();
        let sizes = parts.sizes();
        let full: IndexMap<Name, usize> =
            key.along.iter().filter_map(|d| Some((d.clone(), *sizes.get(d)?))).collect();
        let own = self.object.to_parts();
        let mut coords = parts.coords().clone();
        for (name, v) in parts.coords().iter() {
            let part = v.ndim() < full.len() && v.dims().iter().all(|d| full.contains_key(d));
            if part && own.coords().contains(name) && parts.coords().index(name).is_none() {
                coords.insert_with(name.clone(), expand(v, &full)?, None)?;
            }
        }
        result.rebuild(parts.with_parts(parts.data_vars().clone(), coords))
    }
}

impl GroupBy<Dataset> {
    /// Variables that got a grouped dimension from the group values have it first.
    fn dims_first(&self, ds: Dataset) -> Result<Dataset> {
        let mut data_vars = ds.data_vars().clone();
        for (name, v) in data_vars.iter_mut() {
            for dim in self.groups.own_dims() {
                let had = self.object.data_vars().get(name).is_some_and(|own| own.axis(dim).is_some());
                if !had && v.axis(dim).is_some() {
                    let others = v.dims().iter().filter(|d| *d != dim).cloned();
                    let order: Vec<Name> = std::iter::once(dim.clone()).chain(others).collect();
                    *v = v.in_order(&order)?;
                }
            }
        }
        Ok(ds.with_parts(data_vars, ds.coords().clone()))
    }
}
