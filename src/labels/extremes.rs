//! Where the least and the greatest values are: labels, and positions along several dimensions.

use indexmap::IndexMap;

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::diagnostics;
use super::dims::{Dims, IntoDims};
use super::reduce::{ReduceOptions, check_not_empty};
use super::reindex::room_for;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{Calendar, DType, Scalar};
use crate::error::{Error, Result};
use crate::kernel::elementwise::{BinaryOp, MapFn};
use crate::kernel::order::Extreme;
use crate::kernel::reduce::{Groups, ReduceOp};
use crate::lazy::LazyArray;

/// How [`DataArray::idxmin_with`] and [`DataArray::idxmax_with`] treat missing values and attributes.
///
/// ```
/// # use graticule::labels::IdxOptions;
/// let options = IdxOptions::new().skipna(false).fill_value(-1);
/// assert_eq!(options.skipna, Some(false));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IdxOptions {
    /// Whether missing values are left out; by default they are for floats, complex numbers and texts.
    pub skipna: Option<bool>,
    /// The label where all values are missing; a missing one by default. Takes part in the dtype.
    pub fill_value: Option<Scalar>,
    /// Whether attributes of an array stay; by default as [`Options::keep_attrs`](super::Options) says (so they
    /// do). About datasets that option alone decides, as in xarray.
    pub keep_attrs: Option<bool>,
}

impl IdxOptions {
    /// What holds when nothing is said.
    ///
    /// ```
    /// # use graticule::labels::IdxOptions;
    /// assert_eq!(IdxOptions::new().skipna, None);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether missing values are left out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::IdxOptions;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![f64::NAN, 1.0])?.assign_coords([("x", x)])?;
    /// // A missing value that is not left out counts as the greatest.
    /// let strict = a.idxmax_with("x", IdxOptions::new().skipna(false))?;
    /// assert_eq!(strict.to_vec::<i64>()?, [10]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn skipna(self, skipna: impl Into<Option<bool>>) -> Self {
        IdxOptions { skipna: skipna.into(), ..self }
    }

    /// The label where all values are missing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::IdxOptions;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![f64::NAN, f64::NAN])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.idxmin_with("x", IdxOptions::new().fill_value(-1))?.to_vec::<i64>()?, [-1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn fill_value(self, value: impl Into<Scalar>) -> Self {
        IdxOptions { fill_value: Some(value.into()), ..self }
    }

    /// Whether attributes stay.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::IdxOptions;
    /// # let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![2.0, 1.0])?.assign_coords([("x", x)])?;
    /// let a = a.assign_attrs([("units", "m")]);
    /// assert!(a.idxmin_with("x", IdxOptions::new().keep_attrs(false))?.attrs().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn keep_attrs(self, keep_attrs: impl Into<Option<bool>>) -> Self {
        IdxOptions { keep_attrs: keep_attrs.into(), ..self }
    }
}

macro_rules! idx {
    ($($(#[$doc:meta])* $name:ident, $with:ident => $op:ident),*) => {
        impl DataArray {$(
            $(#[$doc])*
            ///
            /// `dim` may be `()` for an array of one dimension. The result is named like the dimension. Labels
            /// become floats where they must hold missing ones. Lazy: reads nothing but the labels.
            ///
            /// # Errors
            /// If there is no such dimension, or it has no coordinate.
            pub fn $name(&self, dim: impl IntoDims) -> Result<DataArray> {
                self.$with(dim, IdxOptions::default())
            }

            #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") with all choices open.")]
            ///
            /// ```
            /// # use graticule::labels::{Coords, DataArray, IdxOptions, Variable};
            /// let mut coords = Coords::new();
            /// coords.insert("x", Variable::from_vec(&[("x", 1)], vec![10i64])?)?;
            /// let a = DataArray::new(Variable::from_vec(&[("x", 1)], vec![f64::NAN])?, coords)?;
            #[doc = concat!("let label = a.", stringify!($with), "(\"x\", IdxOptions::new().fill_value(-1))?;")]
            /// assert_eq!(label.to_vec::<i64>()?, [-1]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            ///
            /// # Errors
            /// If there is no such dimension, it has no coordinate, or labels do not hold the fill value.
            pub fn $with(&self, dim: impl IntoDims, options: IdxOptions) -> Result<DataArray> {
                let dim = dim.into_dims();
                let array = self.via_dataset(|ds| ds.idx_with(ReduceOp::$op, &dim, &options))?;
                Ok(array.with_name(one_dim(&dim, &self.sizes())?))
            }
        )*}

        impl Dataset {$(
            $(#[$doc])*
            ///
            /// So for each variable; `dim` may be `()` where each has one dimension. Lazy: reads nothing but the
            /// labels.
            ///
            /// # Errors
            /// If a variable has no such dimension, or it has no coordinate.
            pub fn $name(&self, dim: impl IntoDims) -> Result<Dataset> {
                self.$with(dim, IdxOptions::default())
            }

            #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") with all choices open.")]
            ///
            /// ```
            /// # use graticule::labels::{Coords, DataArray, IdxOptions, Variable};
            /// let mut coords = Coords::new();
            /// coords.insert("x", Variable::from_vec(&[("x", 2)], vec![10i64, 20])?)?;
            /// let a = DataArray::new(Variable::from_vec(&[("x", 2)], vec![f64::NAN, 1.0])?, coords)?;
            /// let options = IdxOptions::new().skipna(false);
            #[doc = concat!("let label = a.to_dataset(\"a\").", stringify!($with), "((), options)?.get(\"a\")?;")]
            /// assert_eq!(label.to_vec::<i64>()?, [10]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            ///
            /// # Errors
            /// If a variable has no such dimension, it has no coordinate, or labels do not hold the fill value.
            ///
            /// ```
            /// # use graticule::labels::{Coords, DataArray, IdxOptions, Variable};
            /// let mut coords = Coords::new();
            /// coords.insert("x", Variable::from_vec(&[("x", 1)], vec![10i64])?)?;
            /// let a = DataArray::new(Variable::from_vec(&[("x", 1)], vec![f64::NAN])?, coords)?;
            #[doc = concat!("let labels = a.to_dataset(\"a\").", stringify!($with), "(\"x\", IdxOptions::new().fill_value(-1))?;")]
            /// assert_eq!(labels.get("a")?.to_vec::<i64>()?, [-1]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn $with(&self, dim: impl IntoDims, options: IdxOptions) -> Result<Dataset> {
                let options = IdxOptions { keep_attrs: None, ..options };
                self.locate(self.idx_with(ReduceOp::$op, &dim.into_dims(), &options), || concat!("`", stringify!($name), "`").into())
            }
        )*}
    };
}

idx! {
    /// The label of the least value along `dim`; missing where all values are missing.
    ///
    /// ```
    /// # use graticule::labels::{Coords, DataArray, Variable};
    /// let mut coords = Coords::new();
    /// coords.insert("x", Variable::from_vec(&[("x", 3)], vec![10i64, 20, 30])?)?;
    /// let a = DataArray::new(Variable::from_vec(&[("x", 3)], vec![2, 9, 4])?, coords)?;
    /// assert_eq!(a.idxmin("x")?.to_vec::<i64>()?, [10]);
    /// assert_eq!(a.to_dataset("v").idxmin("x")?.get("v")?.to_vec::<i64>()?, [10]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    idxmin, idxmin_with => ArgMin,
    /// The label of the greatest value along `dim`; missing where all values are missing.
    ///
    /// ```
    /// # use graticule::labels::{Coords, DataArray, Variable};
    /// let mut coords = Coords::new();
    /// coords.insert("x", Variable::from_vec(&[("x", 3)], vec![10i64, 20, 30])?)?;
    /// let a = DataArray::new(Variable::from_vec(&[("x", 3)], vec![2, 9, 4])?, coords)?;
    /// assert_eq!(a.idxmax("x")?.to_vec::<i64>()?, [20]);
    /// assert_eq!(a.to_dataset("v").idxmax("x")?.get("v")?.to_vec::<i64>()?, [20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    idxmax, idxmax_with => ArgMax
}

/// The one dimension that is meant.
pub(super) fn one_dim(dims: &Dims, sizes: &IndexMap<Name, usize>) -> Result<Name> {
    match (dims.names(), sizes.keys().next()) {
        (Some([name]), _) => Ok(name.clone()),
        (None, Some(only)) if sizes.len() == 1 => Ok(only.clone()),
        _ => Err(Error::invalid("one dimension must be named").known(sizes.keys().map(|d| d.to_string()))),
    }
}

impl DataArray {
    /// The positions of the least value along several dimensions: one array for each.
    ///
    /// # Errors
    /// If a dimension does not exist, or all values are missing.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![5, 3, 1, 7])?;
    /// let at = a.argmin_dims(["x", "y"])?;
    /// assert_eq!(at["x"].to_vec::<i64>()?, [1]);
    /// assert_eq!(at["y"].to_vec::<i64>()?, [0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn argmin_dims(&self, dims: impl IntoDims) -> Result<IndexMap<Name, DataArray>> {
        self.arg_dims(ReduceOp::ArgMin, dims, ReduceOptions::default())
    }

    /// The positions of the greatest value along several dimensions: one array for each.
    ///
    /// # Errors
    /// If a dimension does not exist, or all values are missing.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![5, 3, 1, 7])?;
    /// let at = a.argmax_dims(..)?;
    /// assert_eq!((at["x"].to_vec::<i64>()?, at["y"].to_vec::<i64>()?), (vec![1], vec![1]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn argmax_dims(&self, dims: impl IntoDims) -> Result<IndexMap<Name, DataArray>> {
        self.arg_dims(ReduceOp::ArgMax, dims, ReduceOptions::default())
    }

    /// [`argmin_dims`](Self::argmin_dims) or [`argmax_dims`](Self::argmax_dims) with options.
    ///
    /// # Errors
    /// If `op` is neither, a dimension does not exist, or all values are missing.
    ///
    /// ```
    /// # use graticule::kernel::reduce::ReduceOp;
    /// # use graticule::labels::{DataArray, ReduceOptions};
    /// let a = DataArray::from_vec(&[("x", 3)], vec![2.0, f64::NAN, 1.0])?;
    /// let at = a.arg_dims(ReduceOp::ArgMin, "x", ReduceOptions::new().skipna(false))?;
    /// assert_eq!(at["x"].to_vec::<i64>()?, [1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn arg_dims(
        &self,
        op: ReduceOp,
        dims: impl IntoDims,
        options: ReduceOptions,
    ) -> Result<IndexMap<Name, DataArray>> {
        if !matches!(op, ReduceOp::ArgMin | ReduceOp::ArgMax) {
            return Err(Error::invalid("only `ArgMin` and `ArgMax` give positions"));
        }
        let place = |e: Error| e.at(self.place());
        let dims = dims.into_dims().among(&self.sizes()).map_err(place)?;
        // Ties go to the first in the order in which the dimensions were named, so that is the order
        // in which they are made one.
        let kept: Vec<Name> = self.dims().iter().filter(|d| !dims.contains(d)).cloned().collect();
        let order: Vec<&str> = kept.iter().chain(&dims).map(|d| &**d).collect();
        let v = self.transpose(order)?.variable().clone();
        let sizes: Vec<usize> = v.shape()[kept.len()..].to_vec();
        let mut shape = v.shape()[..kept.len()].to_vec();
        shape.push(sizes.iter().product());
        let axes: Vec<usize> = (kept.len()..v.ndim()).collect();
        check_not_empty(&v, op, &axes).map_err(place)?;
        diagnostics::units_of_reduction(op, &options, self.attrs()).map_err(place)?;
        let spec = options.spec(op, vec![kept.len()], None, v.dtype());
        let flat = v.data().reshape(&shape)?.reduce(spec).map_err(place)?;
        let coords = self.coords().without_dims(&dims);
        let attrs = options.attrs(self.attrs());
        let mut result = IndexMap::with_capacity(dims.len());
        let mut stride: usize = sizes.iter().product();
        for (dim, &n) in dims.iter().zip(&sizes) {
            stride /= n.max(1);
            let at = arithmetic(BinaryOp::FloorDiv, &flat, stride as i64)?;
            let at = arithmetic(BinaryOp::Rem, &at, n as i64)?;
            let variable = Variable::new(kept.iter().cloned(), at)?.with_attrs(attrs.clone());
            let array = DataArray::from_parts(self.name().cloned(), variable, coords.clone());
            result.insert(dim.clone(), array);
        }
        Ok(result)
    }
}

/// The labels of extremes along a dimension, for the variables of an object.
pub(super) struct Labels<'a> {
    pub(super) op: ReduceOp,
    pub(super) coords: &'a Coords,
    pub(super) options: &'a IdxOptions,
}

impl Labels<'_> {
    /// The options of a reduction that say the same.
    pub(super) fn reduction(&self) -> ReduceOptions {
        ReduceOptions::new().skipna(self.options.skipna).keep_attrs(self.options.keep_attrs)
    }

    /// The labels along `dim` of the extremes of a variable, whose elements are `data`; by group, if `group` has
    /// groups along it. The axes that are left have the dimensions `kept`.
    pub(super) fn of(
        &self,
        v: &Variable,
        dim: &Name,
        data: &LazyArray,
        group: Option<Groups>,
        kept: Vec<Name>,
    ) -> Result<Variable> {
        let axis = v.require_axis(dim)?;
        let Some(labels) = self.coords.get(dim) else {
            return Err(Error::not_found("coordinate", dim, self.coords.names())
                .help(format!("`argmin` and `argmax` give positions, which need no labels along `{dim}`")));
        };
        let attrs = self.reduction().attrs(&v.attrs);
        // The result is a label: it may be measured as the data are.
        if attrs.get_str("units") != labels.attrs.get_str("units") {
            let verb = if self.op == ReduceOp::ArgMin { "idxmin" } else { "idxmax" };
            diagnostics::units_changed(verb, &attrs)?;
        }
        let labels = labels.load()?;
        check_not_empty(v, self.op, &[axis])?;
        let skipna = self.options.skipna.unwrap_or(skips_by_default(v.dtype()));
        // Where nothing is left out the labels keep their dtype.
        let (dtype, fill) = match skipna {
            false => (labels.dtype(), Block::zeros(labels.dtype(), &[])),
            true => room_for(labels.dtype(), self.options.fill_value.as_ref())?,
        };
        let axes = if group.is_none() { vec![axis] } else { Vec::new() };
        let max = self.op == ReduceOp::ArgMax;
        let positions = data.extreme(Extreme { max, axes, group, skipna, lenient: true })?;
        let data = positions.lookup(crate::kernel::cast::cast(&labels, dtype)?, fill)?;
        Ok(Variable::new(kept, data)?.with_attrs(attrs))
    }
}

impl Dataset {
    fn idx_with(&self, op: ReduceOp, dim: &Dims, options: &IdxOptions) -> Result<Dataset> {
        dim.among(&self.sizes())?;
        let mut reduced: Vec<Name> = Vec::new();
        let labels = Labels { op, coords: self.coords(), options };
        let data_vars = self.map_variables(|v| {
            let dim = one_dim(dim, &v.sizes())?;
            let kept = v.dims().iter().filter(|d| **d != dim).cloned().collect();
            let found = labels.of(v, &dim, v.data(), None, kept)?;
            reduced.push(dim);
            Ok(Some(found))
        })?;
        let mut result = self.with_parts(data_vars, self.coords().without_dims(&reduced));
        result.attrs = labels.reduction().attrs(&self.attrs);
        Ok(result)
    }
}

/// Whether missing values are looked for when nothing is said: in floats and complex numbers, and, as in xarray, in
/// times of other than the standard calendar.
fn skips_by_default(dtype: DType) -> bool {
    let other = |c: Calendar| c != Calendar::ProlepticGregorian;
    let other_calendar = matches!(dtype, DType::Datetime { calendar, .. } if other(calendar));
    dtype.is_float() || dtype.is_complex() || other_calendar
}

/// A value as an array with so many axes of length 1.
fn repeated(value: &Block, ndim: usize) -> Result<LazyArray> {
    Ok(value.clone().reshape(&vec![1; ndim])?.into())
}

fn arithmetic(op: BinaryOp, a: &LazyArray, b: i64) -> Result<LazyArray> {
    LazyArray::map(MapFn::Binary(op), &[a.clone(), repeated(&Block::scalar(b), a.ndim())?])
}
