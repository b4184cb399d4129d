//! Quantiles over dimensions.

use std::sync::Arc;

use super::attrs::Attrs;
use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::IntoDims;
use super::options::Options;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::error::{Context, Error, Result};
use crate::kernel::order::{Method, OrderSpec, Pick};
use crate::kernel::reduce::Groups;
use crate::lazy::{AxisFrom, LazyArray};

/// The new coordinate, and dimension where several quantiles are asked for.
pub(super) const QUANTILE: &str = "quantile";

/// The fractions of which quantiles are asked for: one number, or a list, which makes a new first dimension.
///
/// ```
/// # use graticule::labels::Quantiles;
/// let one: Quantiles = 0.5.into();
/// let several: Quantiles = [0.1, 0.9].into();
/// assert_eq!((one.values().len(), several.values()), (1, &[0.1, 0.9][..]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Quantiles {
    values: Arc<[f64]>,
    /// Whether this is one number rather than a list.
    one: bool,
}

impl Quantiles {
    /// The fractions.
    ///
    /// ```
    /// # use graticule::labels::Quantiles;
    /// assert_eq!(Quantiles::from(vec![0.25]).values(), [0.25]);
    /// ```
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

impl From<f64> for Quantiles {
    fn from(q: f64) -> Self {
        Quantiles { values: [q].into(), one: true }
    }
}

impl From<&[f64]> for Quantiles {
    fn from(q: &[f64]) -> Self {
        Quantiles { values: q.into(), one: false }
    }
}

impl From<Vec<f64>> for Quantiles {
    fn from(q: Vec<f64>) -> Self {
        Quantiles { values: q.into(), one: false }
    }
}

impl<const N: usize> From<[f64; N]> for Quantiles {
    fn from(q: [f64; N]) -> Self {
        q.as_slice().into()
    }
}

/// How [`Dataset::quantile_with`] makes quantiles of values.
///
/// ```
/// use graticule::kernel::order::Method;
/// # use graticule::labels::QuantileOptions;
/// let options = QuantileOptions::new().method(Method::Hazen).skipna(false);
/// assert_eq!(options.method, Method::Hazen);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct QuantileOptions {
    /// How a quantile is made of the sorted values: linear interpolation by default.
    pub method: Method,
    /// Whether missing values are left out; by default they are for floats and texts, and a NaT makes the
    /// quantile NaT.
    pub skipna: Option<bool>,
    /// Whether attributes stay; by default as [`Options::keep_attrs`] says (so they do). As in xarray, `false`
    /// takes those of a dataset only.
    pub keep_attrs: Option<bool>,
    /// Whether a dataset leaves out variables that are neither numbers nor bools nor spans of time.
    pub numeric_only: bool,
}

impl QuantileOptions {
    /// What holds when nothing is said.
    ///
    /// ```
    /// # use graticule::labels::QuantileOptions;
    /// assert!(!QuantileOptions::new().numeric_only);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// How a quantile is made of the sorted values.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{kernel::order::Method, labels::QuantileOptions};
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 9.0, 10.0])?;
    /// let lower = a.quantile_with(0.5, "x", QuantileOptions::new().method(Method::Lower))?;
    /// assert_eq!(lower.to_vec::<f64>()?, [2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn method(self, method: Method) -> Self {
        QuantileOptions { method, ..self }
    }

    /// Whether missing values are left out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::QuantileOptions;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// let strict = a.quantile_with(0.5, "x", QuantileOptions::new().skipna(false))?;
    /// assert!(strict.to_vec::<f64>()?[0].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn skipna(self, skipna: impl Into<Option<bool>>) -> Self {
        QuantileOptions { skipna: skipna.into(), ..self }
    }

    /// Whether attributes stay.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::QuantileOptions;
    /// assert_eq!(QuantileOptions::new().keep_attrs(true).keep_attrs, Some(true));
    /// ```
    pub fn keep_attrs(self, keep_attrs: impl Into<Option<bool>>) -> Self {
        QuantileOptions { keep_attrs: keep_attrs.into(), ..self }
    }

    /// Whether a dataset leaves out variables that are no numbers.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::QuantileOptions;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 3.0])?;
    /// let names = a.full_like_as("a", DType::Str)?;
    /// let ds = a.to_dataset("a").assign([("names", names)])?;
    /// let numbers = ds.quantile_with(0.5, "x", QuantileOptions::new().numeric_only(true))?;
    /// assert_eq!(numbers.data_vars().len(), 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn numeric_only(self, numeric_only: bool) -> Self {
        QuantileOptions { numeric_only, ..self }
    }
}

/// An error if a dimension that stays has the name of the new one.
pub(super) fn check_free(kept: &[Name]) -> Result<()> {
    match kept.iter().any(|d| **d == *QUANTILE) {
        false => Ok(()),
        true => Err(Error::invalid(format!("the dimension `{QUANTILE}` is there already"))
            .help("rename it, or reduce over it too")),
    }
}

impl Quantiles {
    /// An error for what is no fraction.
    pub(super) fn check(&self) -> Result<()> {
        match self.values.iter().find(|q| !(0.0..=1.0).contains(*q)) {
            None => Ok(()),
            Some(bad) => Err(Error::invalid(format!("the quantile {bad} is not from 0 to 1"))
                .help("a percentage is to be divided by 100")),
        }
    }

    /// The quantiles of data over `axes` and by group, as a variable of the dimensions `kept`, after one of several
    /// quantiles. Its attributes are those of `v`, which the data are of.
    pub(super) fn variable(
        &self,
        v: &Variable,
        data: &LazyArray,
        axes: Vec<usize>,
        group: Option<Groups>,
        kept: Vec<Name>,
        options: &QuantileOptions,
    ) -> Result<Variable> {
        check_free(&kept)?;
        let shape = data.shape();
        if axes.iter().any(|a| shape[*a] == 0) {
            let is_empty = |d: &&Name| v.axis(d).is_some_and(|axis| v.shape()[axis] == 0);
            let dim = v.dims().iter().filter(|d| !kept.contains(d)).find(is_empty);
            let dim = dim.map_or("", |d| &**d);
            return Err(Error::invalid(format!("`quantile` over `{dim}` of length 0 has no value")));
        }
        let dtype = v.dtype();
        let skipna = options.skipna.unwrap_or(dtype.holds_missing() && !dtype.is_time());
        let pick = Pick::Quantiles { q: self.values.clone(), method: options.method };
        let result = self.picked(data.pick(OrderSpec { pick, axes, group, skipna })?, kept)?;
        let keep = options.keep_attrs == Some(true) || Options::current().keep_attrs;
        Ok(result.with_attrs(if keep { v.attrs.clone() } else { Default::default() }))
    }

    /// What was picked, with an axis of quantiles before those that are `kept`, as a variable.
    pub(super) fn picked(&self, mut data: LazyArray, kept: Vec<Name>) -> Result<Variable> {
        let mut dims: Vec<Name> = vec![QUANTILE.into()];
        if self.one {
            dims.clear();
            data = data.axes(&(1..data.ndim()).map(AxisFrom::Input).collect::<Vec<_>>())?;
        }
        dims.extend(kept);
        Variable::new(dims, data)
    }

    /// The coordinates that stay, with the fractions.
    pub(super) fn coords(&self, left: Coords) -> Result<Coords> {
        self.fractions(left.filter(|_, v| v.ndim() > 0))
    }

    /// The coordinates with the fractions.
    pub(super) fn fractions(&self, mut coords: Coords) -> Result<Coords> {
        coords.remove(QUANTILE);
        coords.insert(QUANTILE, self.coord()?)?;
        Ok(coords)
    }

    /// The coordinate of the fractions.
    pub(super) fn coord(&self) -> Result<Variable> {
        match self.one {
            true => Ok(Variable::scalar(Block::scalar(self.values[0]))),
            false => Variable::from_vec(&[(QUANTILE, self.values.len())], self.values.to_vec()),
        }
    }

    /// Whether there is one fraction, not a list.
    pub(super) fn is_one(&self) -> bool {
        self.one
    }
}

impl QuantileOptions {
    /// The attributes of a dataset that stay.
    pub(super) fn attrs(&self, attrs: &Attrs) -> Attrs {
        let keep = self.keep_attrs.unwrap_or_else(|| Options::current().keep_attrs);
        if keep { attrs.clone() } else { Default::default() }
    }
}

/// The quantiles of a variable over those of `dims` that it has; `None` if its dtype is left out.
pub(super) fn quantile_variable(
    v: &Variable,
    q: &Quantiles,
    dims: &[Name],
    options: &QuantileOptions,
) -> Result<Option<Variable>> {
    let axes: Vec<usize> = (0..v.ndim()).filter(|i| dims.contains(&v.dims()[*i])).collect();
    if axes.is_empty() && v.ndim() > 0 {
        return Ok(Some(v.clone()));
    }
    if options.numeric_only && (v.dtype().is_text() || v.dtype().is_datetime()) {
        return Ok(None);
    }
    let kept = v.dims().iter().filter(|d| !dims.contains(d)).cloned().collect();
    q.variable(v, v.data(), axes, None, kept, options).map(Some)
}

impl Dataset {
    /// The quantiles of each variable over `dims` (a name, a list of names, `..` for all), by linear
    /// interpolation between the two nearest values; missing values are left out.
    ///
    /// One `q` gives a scalar coordinate `quantile`, a list of them a first dimension of this name.
    /// Coordinates along `dims` go, and so do scalar ones, as in xarray. Variables that have dimensions but
    /// none of `dims` stay as they are.
    ///
    /// dtype: `f64` (of `f32` too); times stay times. Methods that choose a value keep every dtype.
    ///
    /// Lazy: reads nothing. The values of a lane are needed together, so chunks along `dims` are put
    /// together, and chunks along the other dimensions are cut where a task would become larger than a chunk
    /// was. A stored chunk is then read once for each part of it: where that is often, write the data in
    /// chunks that span `dims` first.
    ///
    /// # Errors
    /// If a fraction is not from 0 to 1, a dimension does not exist or has length 0, or a variable has no
    /// order (complex numbers) or nothing between its values (text, bools).
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::DataArray;
    /// let ds = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 3.0, f64::NAN])?.to_dataset("a");
    /// assert_eq!(ds.quantile([0.0, 0.75], "x")?.get("a")?.to_vec::<f64>()?, [1.0, 2.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile(&self, q: impl Into<Quantiles>, dims: impl IntoDims) -> Result<Dataset> {
        self.quantile_with(q, dims, QuantileOptions::default())
    }

    /// [`quantile`](Self::quantile) with all choices open.
    ///
    /// # Errors
    /// Those of [`quantile`](Self::quantile).
    ///
    /// # Example
    /// ```
    /// use graticule::kernel::order::Method;
    /// # use graticule::labels::{DataArray, QuantileOptions};
    /// let ds = DataArray::from_vec(&[("x", 4)], vec![1, 2, 3, 9])?.to_dataset("a");
    /// let median = ds.quantile_with(0.5, .., QuantileOptions::new().method(Method::Higher))?;
    /// assert_eq!(median.get("a")?.to_vec::<i32>()?, [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile_with(
        &self,
        q: impl Into<Quantiles>,
        dims: impl IntoDims,
        options: QuantileOptions,
    ) -> Result<Dataset> {
        let result = self.quantile_inner(&q.into(), dims, &options);
        self.locate(result, || "`quantile`".into())
    }

    fn quantile_inner(
        &self,
        q: &Quantiles,
        dims: impl IntoDims,
        options: &QuantileOptions,
    ) -> Result<Dataset> {
        q.check()?;
        let dims = dims.into_dims().among(&self.sizes())?;
        let data_vars = self.map_variables(|v| quantile_variable(v, q, &dims, options))?;
        if data_vars.contains_key(QUANTILE) {
            return Err(Error::invalid(format!("a variable is named `{QUANTILE}`, as the new coordinate"))
                .help("rename it first"));
        }
        let mut ds = Dataset::from_variables(data_vars, q.coords(self.coords().without_dims(&dims))?)?;
        ds.attrs = options.attrs(&self.attrs);
        Ok(ds)
    }
}

impl DataArray {
    /// The quantiles over `dims`: see [`Dataset::quantile`].
    ///
    /// # Errors
    /// Those of [`Dataset::quantile`].
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 3)], vec![1.0, 2.0, 3.0, 5.0, 7.0, 9.0])?;
    /// assert_eq!(a.quantile(0.5, "y")?.to_vec::<f64>()?, [2.0, 7.0]);
    /// let ends = a.quantile([0.0, 1.0], "y")?;
    /// assert_eq!(&*ends.dims()[0], "quantile");
    /// assert_eq!(ends.to_vec::<f64>()?, [1.0, 5.0, 3.0, 9.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile(&self, q: impl Into<Quantiles>, dims: impl IntoDims) -> Result<DataArray> {
        self.quantile_with(q, dims, QuantileOptions::default())
    }

    /// [`quantile`](Self::quantile) with all choices open: see [`Dataset::quantile_with`].
    ///
    /// # Errors
    /// Those of [`Dataset::quantile`].
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::{DataArray, QuantileOptions};
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 3.0])?;
    /// let strict = QuantileOptions::new().skipna(false);
    /// assert!(a.quantile_with(0.5, "x", strict)?.to_vec::<f64>()?[0].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile_with(
        &self,
        q: impl Into<Quantiles>,
        dims: impl IntoDims,
        options: QuantileOptions,
    ) -> Result<DataArray> {
        self.via_dataset(|ds| ds.quantile_with(q, dims, options)).at(|| "in `quantile`")
    }
}
