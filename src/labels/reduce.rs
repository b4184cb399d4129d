//! Reductions over dimensions by name: mean, sum, max, ...

use super::attrs::Attrs;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::diagnostics;
use super::dims::{Dims, IntoDims};
use super::options::Options;
use super::variable::{Name, Variable};
use crate::dtype::DType;
use crate::error::{Context, Error, Result};
use crate::kernel::reduce::{Groups, ReduceOp, ReduceSpec};
use crate::lazy::{AxisFrom, LazyArray};

/// How a reduction treats missing values, attributes and dimensions.
///
/// ```
/// # use graticule::labels::ReduceOptions;
/// let options = ReduceOptions::new().skipna(false).ddof(1.0);
/// assert_eq!(options.skipna, Some(false));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReduceOptions {
    /// Whether missing values are left out. By default they are for floats, complex numbers and texts,
    /// and for the mean of times; `min` of times with a NaT among them is NaT.
    pub skipna: Option<bool>,
    /// Degrees of freedom taken off the count in `std` and `var`.
    pub ddof: f64,
    /// With fewer valid values than this, `sum` and `prod` are missing. It counts only where missing
    /// values are left out; for integers that takes `skipna(true)`, and gives floats.
    pub min_count: Option<usize>,
    /// Whether reduced dimensions stay with length 1 (without coordinates).
    pub keepdims: bool,
    /// Whether attributes stay; by default as [`Options::keep_attrs`] says (so they do).
    pub keep_attrs: Option<bool>,
}

impl ReduceOptions {
    /// What holds when nothing is said.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(ReduceOptions::new(), ReduceOptions::default());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether missing values are left out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// let strict = a.reduce_with(ReduceOp::Sum, "x", ReduceOptions::new().skipna(false))?;
    /// assert!(strict.to_vec::<f64>()?[0].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn skipna(self, skipna: impl Into<Option<bool>>) -> Self {
        ReduceOptions { skipna: skipna.into(), ..self }
    }

    /// Degrees of freedom taken off the count in `std` and `var`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 5.0])?;
    /// let sample = a.reduce_with(ReduceOp::Var, "x", ReduceOptions::new().ddof(1.0))?;
    /// assert_eq!(sample.to_vec::<f64>()?, [8.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn ddof(self, ddof: f64) -> Self {
        ReduceOptions { ddof, ..self }
    }

    /// With fewer valid values than this, `sum` and `prod` are missing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// let two = a.reduce_with(ReduceOp::Sum, "x", ReduceOptions::new().min_count(2))?;
    /// assert!(two.to_vec::<f64>()?[0].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn min_count(self, min_count: impl Into<Option<usize>>) -> Self {
        ReduceOptions { min_count: min_count.into(), ..self }
    }

    /// Whether reduced dimensions stay with length 1.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let sum = a.reduce_with(ReduceOp::Sum, "x", ReduceOptions::new().keepdims(true))?;
    /// assert_eq!(sum.shape(), [1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn keepdims(self, keepdims: bool) -> Self {
        ReduceOptions { keepdims, ..self }
    }

    /// Whether attributes stay.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let a = a.assign_attrs([("units", "m")]);
    /// let bare = a.reduce_with(ReduceOp::Sum, "x", ReduceOptions::new().keep_attrs(false))?;
    /// assert!(bare.attrs().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn keep_attrs(self, keep_attrs: impl Into<Option<bool>>) -> Self {
        ReduceOptions { keep_attrs: keep_attrs.into(), ..self }
    }

    /// The attributes of the result for those of the input.
    pub(crate) fn attrs(&self, attrs: &Attrs) -> Attrs {
        match self.keep_attrs.unwrap_or_else(|| Options::current().keep_attrs) {
            true => attrs.clone(),
            false => Attrs::new(),
        }
    }

    /// Whether `op` leaves missing values of `dtype` out.
    fn skips(&self, op: ReduceOp, dtype: DType) -> bool {
        self.skipna.unwrap_or(match op {
            ReduceOp::Mean | ReduceOp::First | ReduceOp::Last => dtype.holds_missing(),
            _ => dtype.holds_missing() && !dtype.is_time(),
        })
    }

    /// The reduction of an array of `dtype`.
    pub(crate) fn spec(
        &self,
        op: ReduceOp,
        axes: Vec<usize>,
        group: Option<Groups>,
        dtype: DType,
    ) -> ReduceSpec {
        let skipna = self.skips(op, dtype);
        let counts = matches!(op, ReduceOp::Sum | ReduceOp::Prod) && skipna;
        let min_count = self.min_count.filter(|_| counts);
        ReduceSpec { op, axes, group, skipna, ddof: self.ddof, min_count }
    }
}

/// Whether a dataset's reduction leaves out variables that are not numbers (or times).
pub(super) fn only_numeric(op: ReduceOp) -> bool {
    use ReduceOp::*;
    matches!(op, Mean | Sum | Prod | Std | Var | Median)
}

/// Whether an array is its own reduction over no axes.
fn leaves_as_is(op: ReduceOp) -> bool {
    use ReduceOp::*;
    matches!(op, Mean | Sum | Prod | Min | Max | Median | First | Last)
}

/// An error for what has no value over nothing.
pub(super) fn check_not_empty(v: &Variable, op: ReduceOp, axes: &[usize]) -> Result<()> {
    use ReduceOp::*;
    let shape = v.shape();
    if matches!(op, Min | Max | ArgMin | ArgMax | First | Last)
        && let Some(&axis) = axes.iter().find(|a| shape[**a] == 0)
    {
        let name = format!("{op:?}").to_lowercase();
        return Err(Error::invalid(format!("`{name}` over `{}` of length 0 has no value", v.dims()[axis])));
    }
    Ok(())
}

/// The variable reduced over those of `dims` that it has; `None` if its dtype has no part in this.
pub(super) fn reduce_variable(
    v: &Variable,
    op: ReduceOp,
    dims: &[Name],
    options: &ReduceOptions,
) -> Result<Option<Variable>> {
    let axes: Vec<usize> = (0..v.ndim()).filter(|&i| dims.contains(&v.dims()[i])).collect();
    diagnostics::units_of_reduction(op, options, &v.attrs)?;
    if axes.is_empty() && (v.ndim() > 0 && leaves_as_is(op) || v.dtype().is_text() && only_numeric(op)) {
        return Ok(Some(
            Variable::new(v.dims().iter().cloned(), v.data().clone())?.with_attrs(options.attrs(&v.attrs)),
        ));
    }
    if only_numeric(op) && v.dtype().is_text() {
        return Ok(None);
    }
    if matches!(op, ReduceOp::ArgMin | ReduceOp::ArgMax) && axes.is_empty() && v.ndim() > 0 {
        return Err(Error::invalid(format!("nothing to search along `{}`", dims.join("`, `")))
            .known(v.dims().iter().map(|d| d.to_string())));
    }
    check_not_empty(v, op, &axes)?;
    let data = v.data().reduce(options.spec(op, axes.clone(), None, v.dtype()))?;
    reduced(v, &axes, data, options).map(Some)
}

/// The variable whose elements are those of `v` reduced over `axes`.
pub(super) fn reduced(
    v: &Variable,
    axes: &[usize],
    mut data: LazyArray,
    options: &ReduceOptions,
) -> Result<Variable> {
    let mut kept: Vec<Name> =
        v.dims().iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, d)| d.clone()).collect();
    if options.keepdims && !axes.is_empty() {
        let mut next = 0..kept.len();
        let from: Vec<AxisFrom> = (0..v.ndim())
            .map(|i| match axes.contains(&i) {
                true => AxisFrom::Repeat(1),
                false => AxisFrom::Input(next.next().expect("one for each axis that stays")),
            })
            .collect();
        data = data.axes(&from)?;
        kept = v.dims().to_vec();
    }
    Ok(Variable::new(kept, data)?.with_attrs(options.attrs(&v.attrs)))
}

impl Dataset {
    /// Reduces every variable over `dims` with all choices open.
    ///
    /// Coordinates along reduced dimensions go. Variables that lack the dimensions are reduced over no
    /// axis: `mean`, `sum`, `max` leave them as they are, `std` gives 0 and `count` 1. Texts are left
    /// out of `mean`, `sum`, `prod`, `std`, `var`, `median`. Lazy: reads nothing.
    ///
    /// # Errors
    /// If a dimension does not exist, or the operation has no meaning for a dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 5.0])?;
    /// let ds = a.to_dataset("a").reduce_with(ReduceOp::Std, "x", ReduceOptions::new())?;
    /// assert_eq!(ds.get("a")?.to_vec::<f64>()?, [2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce_with(&self, op: ReduceOp, dims: impl IntoDims, options: ReduceOptions) -> Result<Dataset> {
        let place = || format!("{}, in `{}`", self.place(), format!("{op:?}").to_lowercase());
        let dims: Dims = dims.into_dims();
        if matches!(op, ReduceOp::ArgMin | ReduceOp::ArgMax) && dims.names().is_some_and(|n| n.len() > 1) {
            return Err(Error::invalid("a position along several dimensions is one number for each")
                .at(place())
                .help("`argmin_dims` and `argmax_dims` give them; `..` gives the flat position"));
        }
        let dims = dims.among(&self.sizes()).at(place)?;
        let data_vars = self.map_variables(|v| reduce_variable(v, op, &dims, &options)).at(place)?;
        let attrs = options.attrs(&self.attrs);
        Ok(Dataset::from_parts(data_vars, self.coords().without_dims(&dims), attrs, Attrs::new()))
    }
}

impl DataArray {
    /// Reduces over `dims` with all choices open.
    ///
    /// Coordinates along reduced dimensions go, the others stay. Lazy: reads nothing.
    ///
    /// ```
    /// # use graticule::labels::{DataArray, ReduceOptions};
    /// # use graticule::kernel::reduce::ReduceOp;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1.0, f64::NAN, 3.0, 4.0])?;
    /// let strict = ReduceOptions::new().skipna(false);
    /// assert!(a.reduce_with(ReduceOp::Sum, "y", strict)?.to_vec::<f64>()?[0].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a dimension does not exist, or the operation has no meaning for the dtype.
    pub fn reduce_with(
        &self,
        op: ReduceOp,
        dims: impl IntoDims,
        options: ReduceOptions,
    ) -> Result<DataArray> {
        let dims: Dims = dims.into_dims();
        self.via_dataset(|ds| ds.reduce_with(op, dims, options))
    }
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident => $op:ident),* $(,)?) => {
        impl Dataset {$(
            $(#[$doc])*
            ///
            /// `dims` is a name, a list of names, or `..` for all. Lazy: reads nothing. See
            /// [`reduce_with`](Self::reduce_with) for what happens to coordinates and for options.
            ///
            /// # Errors
            /// If a dimension does not exist, or the operation has no meaning for a dtype.
            pub fn $name(&self, dims: impl IntoDims) -> Result<Dataset> {
                self.reduce_with(ReduceOp::$op, dims, ReduceOptions::default())
            }
        )*}

        impl DataArray {$(
            $(#[$doc])*
            ///
            /// `dims` is a name, a list of names, or `..` for all. Lazy: reads nothing. See
            /// [`reduce_with`](Self::reduce_with) for what happens to coordinates and for options.
            ///
            /// # Errors
            /// If a dimension does not exist, or the operation has no meaning for the dtype.
            pub fn $name(&self, dims: impl IntoDims) -> Result<DataArray> {
                self.reduce_with(ReduceOp::$op, dims, ReduceOptions::default())
            }
        )*}
    };
}

reductions! {
    /// Averages over `dims`, leaving missing values out; integers give `f64`, `f32` stays.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1.0, 3.0, 5.0, f64::NAN])?;
    /// assert_eq!(a.mean("y")?.to_vec::<f64>()?, [2.0, 5.0]);
    /// assert_eq!(a.mean(..)?.to_vec::<f64>()?, [3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    mean => Mean,
    /// Sums over `dims`, leaving missing values out; small integers and bools give 64-bit integers.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1i8, 2, 3, 4])?;
    /// assert_eq!(a.sum(["x", "y"])?.to_vec::<i64>()?, [10]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sum => Sum,
    /// Multiplies over `dims`, leaving missing values out.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![2.0, 3.0, f64::NAN])?;
    /// assert_eq!(a.prod("x")?.to_vec::<f64>()?, [6.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    prod => Prod,
    /// The least value over `dims`; of floats, leaving missing ones out.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![2.0, 1.0, f64::NAN])?;
    /// assert_eq!(a.min("x")?.to_vec::<f64>()?, [1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    min => Min,
    /// The greatest value over `dims`; of floats, leaving missing ones out.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![2, 9, 4])?;
    /// assert_eq!(a.max("x")?.to_vec::<i32>()?, [9]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    max => Max,
    /// The standard deviation over `dims` (of the population: `ddof` is 0), leaving missing values out.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 5.0])?;
    /// assert_eq!(a.std("x")?.to_vec::<f64>()?, [2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    std => Std,
    /// The variance over `dims` (of the population: `ddof` is 0), leaving missing values out.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 5.0])?;
    /// assert_eq!(a.var("x")?.to_vec::<f64>()?, [4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    var => Var,
    /// How many values over `dims` are not missing, as `i64`.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![2.0, 1.0, f64::NAN])?;
    /// assert_eq!(a.count("x")?.to_vec::<i64>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    count => Count,
    /// Whether any value over `dims` is true (not zero; NaN is true).
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![false, true])?;
    /// assert_eq!(a.any("x")?.to_vec::<bool>()?, [true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    any => Any,
    /// Whether all values over `dims` are true (not zero; NaN is true).
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![false, true])?;
    /// assert_eq!(a.all("x")?.to_vec::<bool>()?, [false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    all => All,
    /// The middle value over `dims`, leaving missing values out. Chunks along `dims` are put together, as for
    /// [`quantile`](Self::quantile).
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 9.0, 3.0, 4.0])?;
    /// assert_eq!(a.median("x")?.to_vec::<f64>()?, [3.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    median => Median,
    /// The first value that is not missing along a dimension.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![f64::NAN, 1.0, 2.0])?;
    /// assert_eq!(a.first("x")?.to_vec::<f64>()?, [1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    first => First,
    /// The last value that is not missing along a dimension.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![f64::NAN, 1.0, 2.0])?;
    /// assert_eq!(a.last("x")?.to_vec::<f64>()?, [2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    last => Last,
    /// The position of the least value along a dimension (over `..` its flat position).
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![2.0, f64::NAN, 1.0])?;
    /// assert_eq!(a.argmin("x")?.to_vec::<i64>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    argmin => ArgMin,
    /// The position of the greatest value along a dimension (over `..` its flat position).
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![2.0, f64::NAN, 1.0])?;
    /// assert_eq!(a.argmax("x")?.to_vec::<i64>()?, [0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    argmax => ArgMax,
}
