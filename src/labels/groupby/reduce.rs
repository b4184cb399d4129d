//! Reductions of groups.

use super::GroupBy;
use super::groups::Groups;
use crate::error::{Context, Result};
use crate::kernel::reduce::ReduceOp;
use crate::labels::Dataset;
use crate::labels::attrs::Attrs;
use crate::labels::coords::Coords;
use crate::labels::dims::{Dims, IntoDims};
use crate::labels::operand::Labelled;
use crate::labels::reduce::{ReduceOptions, reduce_variable};
use crate::labels::squeeze::expanded;
use crate::labels::variable::{Name, Variable};

/// What the dimensions of a reduction mean for groups.
pub(super) enum Reduction {
    /// The groups take the place of all their dimensions, and these others go too.
    Groups(Groups, Vec<Name>),
    /// Only these others go: each position by itself.
    Rows(Vec<Name>),
}

/// A reduction of the variables of a grouped object, in the two ways that it asks for.
pub(super) trait Reduces {
    /// A variable by group and over `others`; `None` if its dtype has no part in this.
    fn by_group(&self, v: &Variable, groups: &Groups, others: &[Name]) -> Result<Option<Variable>>;

    /// A variable over those of `dims` that it has; `None` if its dtype has no part in this.
    fn over(&self, v: &Variable, dims: &[Name]) -> Result<Option<Variable>>;

    /// The attributes of a dataset that stay.
    fn attrs(&self, attrs: &Attrs) -> Attrs;

    /// What becomes of the coordinates that are left.
    fn coords(&self, coords: Coords) -> Result<Coords> {
        Ok(coords)
    }
}

/// One of the known reductions.
struct Known<'a> {
    op: ReduceOp,
    options: &'a ReduceOptions,
}

impl Reduces for Known<'_> {
    fn by_group(&self, v: &Variable, groups: &Groups, others: &[Name]) -> Result<Option<Variable>> {
        groups.reduced(v, self.op, others, self.options)
    }

    fn over(&self, v: &Variable, dims: &[Name]) -> Result<Option<Variable>> {
        reduce_variable(v, self.op, dims, self.options)
    }

    fn attrs(&self, attrs: &Attrs) -> Attrs {
        self.options.attrs(attrs)
    }
}

impl<T: Labelled> GroupBy<T> {
    /// Reduces each group over `dims` with all choices open.
    ///
    /// `()` means the grouped dimensions, `..` all. The dimension of the groups takes the place of the
    /// grouped one (in datasets it comes first; those of several keys come last, in the order of the keys),
    /// and their labels become its coordinate. Other coordinates along reduced dimensions go. Variables of a
    /// dataset that lack the grouped dimensions repeat for each group. Groups without members are missing:
    /// integers become floats where there are such. Lazy: reads nothing.
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
        let dims = dims.into_dims();
        let place =
            || format!("groupby `{}`, in `{}`", self.groups.names(), format!("{op:?}").to_lowercase());
        self.reduced(&Known { op, options: &options }, &dims).and_then(|ds| self.object.rebuild(ds)).at(place)
    }

    /// The object reduced over `dims`.
    pub(super) fn reduced(&self, what: &dyn Reduces, dims: &Dims) -> Result<Dataset> {
        let parts = self.object.to_parts();
        let (groups, others) = match self.reduction(dims, &parts)? {
            Reduction::Groups(groups, others) => (groups, others),
            Reduction::Rows(dims) => return self.rows_reduced(what, &dims),
        };
        let is_array = Self::is_array(&parts);
        let own = self.groups.own_dims();
        let stays = |d: &&Name| {
            groups.keys.iter().any(|k| k.labels.is_none() && k.name == **d && k.along == [(*d).clone()])
        };
        let gone: Vec<Name> = own.iter().filter(|d| !stays(d)).chain(&others).cloned().collect();
        let data_vars = parts.map_variables(|v| {
            let reduced = match v.dims().iter().any(|d| groups.own_dims().contains(d)) {
                true => what.by_group(v, &groups, &others)?,
                false => groups.repeated(what.over(v, &gone)?)?,
            };
            reduced.map(|r| groups.settled(r, v.dims(), is_array)).transpose()
        })?;
        let mut coords = what.coords(parts.coords().without_dims(&gone))?;
        groups.add_coords(&mut coords)?;
        let mut ds = Dataset::from_variables(data_vars, coords)?;
        ds.attrs = what.attrs(&parts.attrs);
        Ok(ds)
    }

    /// What the named dimensions mean.
    pub(super) fn reduction(&self, dims: &Dims, parts: &Dataset) -> Result<Reduction> {
        let groups = &self.groups;
        let own = groups.own_dims();
        let dims = match dims {
            Dims::Default => own.to_vec(),
            named => named.among(&parts.sizes())?,
        };
        if !dims.iter().any(|d| own.contains(d)) {
            return Ok(Reduction::Rows(dims));
        }
        let others = dims.iter().filter(|d| !own.contains(d)).cloned().collect();
        // Grouped dimensions that stay: groups of each of their positions.
        let stay = own.iter().filter(|d| !dims.contains(d));
        let sizes = parts.sizes();
        let mut all = groups.clone();
        for d in stay.clone() {
            all = Groups::positions(d.clone(), sizes[d])?.times(all)?;
        }
        Ok(Reduction::Groups(all, others))
    }

    /// A reduction that keeps the grouped dimensions: of each position by itself.
    fn rows_reduced(&self, what: &dyn Reduces, dims: &[Name]) -> Result<Dataset> {
        let coords = |coords: &Coords| what.coords(coords.without_dims(dims));
        let mut ds = self.map_rows(|v| what.over(v, dims), coords)?;
        ds.attrs = what.attrs(&ds.attrs);
        Ok(ds)
    }

    /// What `f` makes of each variable without the positions that are in no group, with these coordinates. The
    /// result has all grouped dimensions, repeated where the variable lacks them.
    pub(super) fn map_rows(
        &self,
        f: impl Fn(&Variable) -> Result<Option<Variable>>,
        coords: impl FnOnce(&Coords) -> Result<Coords>,
    ) -> Result<Dataset> {
        let (rows, inside) = self.grouped_rows()?;
        let own = self.groups.own_dims();
        let sizes = rows.sizes();
        let is_array = Self::is_array(&rows);
        let data_vars = rows.map_variables(|v| {
            let Some(mut v) = f(v)? else { return Ok(None) };
            for d in own.iter().rev().filter(|d| v.axis(d).is_none()).cloned().collect::<Vec<_>>() {
                v = expanded(&v, &[(d.clone(), sizes[&d])], &[0])?;
            }
            if is_array {
                let mut order = v.dims().to_vec();
                order.sort_by_key(|d| sizes.get_index_of(d).unwrap_or(usize::MAX));
                v = v.in_order(&order)?;
            }
            self.groups.rows_last(&v).map(Some)
        })?;
        let ds = rows.with_parts(data_vars, coords(rows.coords())?);
        // Only now: a count of missing values would be 0, and a position of them an error.
        let mut ds = Self::masked(ds, inside)?;
        ds.attrs = rows.attrs.clone();
        Ok(ds)
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
