//! Arithmetic of grouped objects with one value for each group: anomalies, ratios, masks.

use indexmap::IndexMap;

use super::GroupBy;
use crate::error::{Context, Error, Result};
use crate::index::{Method, Positions};
use crate::kernel::elementwise::BinaryOp;
use crate::labels::compare::blocks_equal;
use crate::labels::coords::Coords;
use crate::labels::operand::{Labelled, Object};
use crate::labels::reindex::{room_for, take_variable};
use crate::labels::squeeze::expanded;
use crate::labels::variable::{Name, Variable};
use crate::labels::{DataArray, Dataset};

impl<T: Labelled> GroupBy<T> {
    /// The object without the positions that are in no group, with room for missing values if there
    /// are such positions.
    pub(super) fn rows(&self) -> Result<T> {
        if !self.groups.codes.contains(&-1) {
            return Ok(self.object.clone());
        }
        let rows = self.grouped_rows()?;
        let data_vars = rows.map_variables(|v| {
            v.with_data(v.dims().iter().cloned(), v.data().cast(room_for(v.dtype(), None)?.0)?).map(Some)
        })?;
        self.object.rebuild(rows.with_parts(data_vars, rows.coords().clone()))
    }

    /// The values of each group at every position of the group: what grouped arithmetic works with.
    ///
    /// `other` is matched by the labels of the groups; groups that it lacks get missing values. The
    /// labels of the groups become an ordinary coordinate along the grouped dimension.
    ///
    /// # Errors
    /// If `other` lacks the dimension of the groups, or does not fit it.
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
        let place = || format!("groupby `{}`", self.groups.name);
        self.spread_parts(&other.to_parts()).and_then(|ds| other.rebuild(ds)).at(place)
    }

    fn spread_parts(&self, other: &Dataset) -> Result<Dataset> {
        let groups = &self.groups;
        let sizes = other.sizes();
        let Some(&len) = sizes.get(&groups.name) else {
            return Err(Error::not_found("dimension", &groups.name, sizes.keys())
                .help("the other operand has one value for each group along this dimension"));
        };
        if groups.name != groups.dim && sizes.contains_key(&groups.dim) {
            return Err(Error::invalid(format!(
                "the group values have the grouped dimension `{}` themselves",
                groups.dim
            )));
        }
        let place_of_group = self.places(other, len)?;
        let positions = groups.rows().map(|(_, g)| place_of_group[g]).collect();
        let takes = IndexMap::from([(groups.name.clone(), Positions::Many(positions))]);
        let lay = |v: &Variable| {
            take_variable(v, &takes, None)?
                .rename_dims(|d| if *d == groups.name { groups.dim.clone() } else { d.clone() })
        };
        let data_vars = other.map_variables(|v| lay(v).map(Some))?;
        let mut coords = Coords::new();
        for (name, v) in other.coords().iter().filter(|(name, _)| **name != groups.name) {
            // Single values belong to the groups too: xarray lays them out with the others.
            let along = match v.ndim() {
                0 => expanded(v, &[(groups.name.clone(), len)], &[0])?,
                _ => v.clone(),
            };
            let index = other.coords().index(name).filter(|_| along.axis(&groups.name).is_none());
            coords.insert_with(name.clone(), lay(&along)?, index.cloned())?;
        }
        if let Some(labels) = &groups.labels {
            let codes = groups.rows().map(|(_, g)| g as i64).collect();
            let takes = IndexMap::from([(groups.name.clone(), Positions::Many(codes))]);
            let labels = take_variable(labels, &takes, None)?.rename_dims(|_| groups.dim.clone())?;
            coords.insert(groups.name.clone(), labels)?;
        }
        Ok(other.with_parts(data_vars, coords))
    }

    /// Where `other` has the value of each group; -1 where it has none.
    fn places(&self, other: &Dataset, len: usize) -> Result<Vec<i64>> {
        let groups = &self.groups;
        match (other.coords().index(&groups.name), &groups.labels) {
            (Some(index), Some(labels)) => {
                let wanted = labels.load()?;
                match blocks_equal(&index.labels(), &wanted)? {
                    true => Ok((0..groups.count as i64).collect()),
                    false => index.positions_of(&wanted, Method::Exact, None),
                }
            }
            _ if len == groups.count => Ok((0..len as i64).collect()),
            _ => Err(Error::alignment(format!(
                "{len} values without labels along `{}` for {} groups",
                groups.name, groups.count
            ))),
        }
    }
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
                result.and_then(|r| finish(self, r)).at(|| format!("groupby `{}`", self.groups.name))
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

arithmetic!(DataArray, |_, a| Ok(a));
arithmetic!(Dataset, |groups, ds| groups.dim_first(ds));

impl GroupBy<Dataset> {
    /// Variables that got the grouped dimension from the group values have it first.
    fn dim_first(&self, ds: Dataset) -> Result<Dataset> {
        let dim = &self.groups.dim;
        let mut data_vars = ds.data_vars().clone();
        for (name, v) in data_vars.iter_mut() {
            let had = self.object.data_vars().get(name).is_some_and(|own| own.axis(dim).is_some());
            if !had && v.axis(dim).is_some() {
                let others = v.dims().iter().filter(|d| *d != dim).cloned();
                let order: Vec<Name> = std::iter::once(dim.clone()).chain(others).collect();
                *v = v.in_order(&order)?;
            }
        }
        Ok(ds.with_parts(data_vars, ds.coords().clone()))
    }
}
