//! Reductions of groups.

use super::GroupBy;
use crate::error::{Context, Error, Result};
use crate::kernel::reduce::{Groups as Codes, ReduceOp};
use crate::labels::Dataset;
use crate::labels::diagnostics;
use crate::labels::dims::{Dims, IntoDims};
use crate::labels::operand::Labelled;
use crate::labels::reduce::{ReduceOptions, check_not_empty, only_numeric, reduce_variable};
use crate::labels::squeeze::expanded;
use crate::labels::variable::{Name, Variable};

impl<T: Labelled> GroupBy<T> {
    /// Reduces each group over `dims` with all choices open.
    ///
    /// `()` means the grouped dimension, `..` all. The dimension of the groups takes the place of the
    /// grouped one (in datasets it comes first), and their labels become its coordinate. Other
    /// coordinates along reduced dimensions go. Variables of a dataset that lack the grouped dimension
    /// repeat for each group. Lazy: reads nothing.
    ///
    /// # Errors
    /// If a dimension does not exist, or the operation has no meaning for a dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// let strict = ReduceOptions::new().skipna(false);
    /// let sums = a.groupby(key)?.reduce_with(ReduceOp::Sum, (), strict)?.to_vec::<f64>()?;
    /// assert!(sums[0] == 1.0 && sums[1].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce_with(&self, op: ReduceOp, dims: impl IntoDims, options: ReduceOptions) -> Result<T> {
        let dims: Dims = dims.into_dims();
        let place = || format!("groupby `{}`, in `{}`", self.groups.name, format!("{op:?}").to_lowercase());
        self.reduced(op, dims, options).and_then(|ds| self.object.rebuild(ds)).at(place)
    }

    fn reduced(&self, op: ReduceOp, dims: Dims, options: ReduceOptions) -> Result<Dataset> {
        let groups = &self.groups;
        let parts = self.object.to_parts();
        let dims = match dims {
            Dims::Default => vec![groups.dim.clone()],
            named => named.among(&parts.sizes())?,
        };
        if matches!(op, ReduceOp::ArgMin | ReduceOp::ArgMax) {
            return Err(Error::unsupported("positions within groups")
                .help("`map` over the groups with `argmin` or `argmax`"));
        }
        if !dims.contains(&groups.dim) {
            return self.rows_reduced(op, dims, options);
        }
        let others: Vec<Name> = dims.iter().filter(|d| **d != groups.dim).cloned().collect();
        let is_array = Self::is_array(&parts);
        let data_vars = parts.map_variables(|v| match v.axis(&groups.dim) {
            Some(axis) => self.grouped(v, axis, op, &others, &options, is_array),
            None => {
                let v = reduce_variable(v, op, &dims, &options)?;
                v.map(|v| expanded(&v, &[(groups.name.clone(), groups.count)], &[0])).transpose()
            }
        })?;
        let mut coords = parts.coords().without_dims(&dims);
        coords.remove(&groups.name);
        groups.add_coord(&mut coords)?;
        let ds = Dataset::from_variables(data_vars, coords)?;
        let attrs = options.attrs(&parts.attrs);
        Ok(Dataset::from_parts(ds.data_vars().clone(), ds.into_coords(), attrs, Default::default()))
    }

    /// A reduction that keeps the grouped dimension: of each position by itself.
    fn rows_reduced(&self, op: ReduceOp, dims: Vec<Name>, options: ReduceOptions) -> Result<Dataset> {
        let rows = self.grouped_rows()?;
        let dim = &self.groups.dim;
        let len = rows.sizes()[dim];
        let ds = rows.reduce_with(op, Dims::Names(dims), options)?;
        let data_vars = ds.map_variables(|v| match v.axis(dim) {
            Some(_) => Ok(Some(v.clone())),
            None => expanded(v, &[(dim.clone(), len)], &[0]).map(Some),
        })?;
        Ok(ds.with_parts(data_vars, ds.coords().clone()))
    }

    /// A variable reduced by group over the axis of the grouped dimension and over `others`.
    fn grouped(
        &self,
        v: &Variable,
        axis: usize,
        op: ReduceOp,
        others: &[Name],
        options: &ReduceOptions,
        is_array: bool,
    ) -> Result<Option<Variable>> {
        if only_numeric(op) && v.dtype().is_text() {
            return Ok(None);
        }
        let groups = &self.groups;
        let axes: Vec<usize> = (0..v.ndim()).filter(|&i| others.contains(&v.dims()[i])).collect();
        check_not_empty(v, op, &axes)?;
        diagnostics::units_of_reduction(op, options, &v.attrs)?;
        let dims: Vec<Name> = (v.dims().iter().enumerate())
            .filter(|(i, _)| !axes.contains(i))
            .map(|(i, d)| if i == axis { groups.name.clone() } else { d.clone() })
            .collect();
        let kept: Vec<Name> = dims.iter().filter(|d| **d != groups.name).cloned().collect();
        if dims.len() != kept.len() + 1 {
            groups.check_free(v.dims())?;
        }
        let codes = Codes::along(axis, groups.codes.clone(), groups.count);
        let data = v.data().reduce(options.spec(op, axes, Some(codes), v.dtype()))?;
        let out = Variable::new(dims, data)?.with_attrs(options.attrs(&v.attrs));
        if is_array {
            return Ok(Some(out));
        }
        let order: Vec<Name> = std::iter::once(groups.name.clone()).chain(kept).collect();
        out.in_order(&order).map(Some)
    }

    /// The first valid value of each group along the grouped dimension.
    ///
    /// # Errors
    /// If the operation has no meaning for a dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 4])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.first()?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn first(&self) -> Result<T> {
        self.reduce_with(ReduceOp::First, (), ReduceOptions::default())
    }

    /// The last valid value of each group along the grouped dimension.
    ///
    /// # Errors
    /// If the operation has no meaning for a dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 4])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.last()?.to_vec::<i32>()?, [1, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn last(&self) -> Result<T> {
        self.reduce_with(ReduceOp::Last, (), ReduceOptions::default())
    }
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident => $op:ident),* $(,)?) => {
        impl<T: Labelled> GroupBy<T> {$(
            $(#[$doc])*
            ///
            /// `dims` is `()` for the grouped dimension, names, or `..` for all. Lazy: reads nothing.
            /// See [`reduce_with`](Self::reduce_with) for what happens to dimensions and for options.
            ///
            /// # Errors
            /// If a dimension does not exist, or the operation has no meaning for a dtype.
            pub fn $name(&self, dims: impl IntoDims) -> Result<T> {
                self.reduce_with(ReduceOp::$op, dims, ReduceOptions::default())
            }
        )*}
    };
}

reductions! {
    /// Averages each group, leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.mean(())?.to_vec::<f64>()?, [1.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    mean => Mean,
    /// Sums each group, leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 4])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.sum(())?.to_vec::<i64>()?, [1, 6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sum => Sum,
    /// Multiplies each group, leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 4])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.prod(())?.to_vec::<i64>()?, [1, 8]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    prod => Prod,
    /// The least value of each group.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 4])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.min(())?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    min => Min,
    /// The greatest value of each group.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 4])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.max(())?.to_vec::<i32>()?, [1, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    max => Max,
    /// The standard deviation of each group (`ddof` is 0), leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.std(())?.to_vec::<f64>()?, [0.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    std => Std,
    /// The variance of each group (`ddof` is 0), leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 6.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.var(())?.to_vec::<f64>()?, [0.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    var => Var,
    /// How many values of each group are not missing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.count(())?.to_vec::<i64>()?, [1, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    count => Count,
    /// Whether any value of each group is true.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![false, true, false])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.any(())?.to_vec::<bool>()?, [false, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    any => Any,
    /// Whether all values of each group are true.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![true, true, false])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.all(())?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    all => All,
    /// The middle value of each group, leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// assert_eq!(a.groupby(key)?.median(())?.to_vec::<f64>()?, [1.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    median => Median,
}
