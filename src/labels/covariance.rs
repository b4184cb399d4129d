//! Covariance and correlation of two arrays.

use super::align::{AlignOptions, align};
use super::arithmetic::binary;
use super::dataarray::DataArray;
use super::diagnostics;
use super::dims::{Dims, IntoDims};
use super::reduce::ReduceOptions;
use super::weighted::WeightedOp;
use crate::error::{Context, Result};
use crate::index::Join;
use crate::kernel::elementwise::BinaryOp;
use crate::kernel::reduce::ReduceOp;

/// How a covariance counts.
///
/// # Example
/// ```
/// use graticule::labels::{CovOptions, DataArray, cov_with};
/// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 3.0])?;
/// let of_population = cov_with(&a, &a, "x", &CovOptions::new().ddof(0.0))?;
/// assert_eq!(of_population.to_vec::<f64>()?, [2.0 / 3.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct CovOptions {
    /// Degrees of freedom taken off the count; by default 1 in a covariance. A correlation has none.
    pub ddof: Option<f64>,
    /// A weight for each position, matched by label.
    pub weights: Option<DataArray>,
}

impl CovOptions {
    /// What holds when nothing is said: one degree of freedom, no weights.
    ///
    /// ```
    /// # use graticule::labels::CovOptions;
    /// assert_eq!(CovOptions::new().ddof, None);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// With degrees of freedom taken off the count.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{CovOptions, cov_with};
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 3.0])?;
    /// assert_eq!(cov_with(&a, &a, "x", &CovOptions::new().ddof(0.0))?.to_vec::<f64>()?, [1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn ddof(mut self, ddof: f64) -> Self {
        self.ddof = Some(ddof);
        self
    }

    /// With a weight for each position.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{CovOptions, cov_with};
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 9.0])?;
    /// let w = DataArray::from_vec(&[("x", 3)], vec![1.0, 1.0, 0.0])?;
    /// let cov = cov_with(&a, &a, "x", &CovOptions::new().ddof(0.0).weights(&w))?;
    /// assert!((cov.to_vec::<f64>()?[0] - 1.0).abs() < 1e-12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn weights(mut self, weights: &DataArray) -> Self {
        self.weights = Some(weights.clone());
        self
    }
}

/// The covariance of two arrays over `dims` (`()` or `..` for all), with one degree of freedom.
///
/// Arrays meet on the labels that both have, dimensions that one lacks broadcast. A pair of which one is
/// missing does not count. `cov = Σ conj(a - ā)·(b - b̄) / (n - 1)`. Lazy: the data are read once for the
/// means and once for the products.
///
/// # Errors
/// If a dimension does not exist, labels do not join, or elements are not numbers.
///
/// # Example
/// ```
/// use graticule::labels::{DataArray, cov};
/// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 3.0, f64::NAN])?;
/// let b = DataArray::from_vec(&[("x", 4)], vec![2.0, 4.0, 6.0, 9.0])?;
/// assert_eq!(cov(&a, &b, "x")?.to_vec::<f64>()?, [2.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn cov(a: &DataArray, b: &DataArray, dims: impl IntoDims) -> Result<DataArray> {
    cov_with(a, b, dims, &CovOptions::new())
}

/// [`cov`] with all choices open.
///
/// With weights `w` the means and the mean product are weighted, and the latter is multiplied by
/// `n / (n - ddof)` for `n` valid pairs, as in xarray.
///
/// # Errors
/// Those of [`cov`], and if a weight is missing.
///
/// # Example
/// ```
/// use graticule::labels::{CovOptions, DataArray, cov_with};
/// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 6.0])?;
/// let w = DataArray::from_vec(&[("x", 3)], vec![1.0, 1.0, 0.0])?;
/// let options = CovOptions::new().weights(&w).ddof(0.0);
/// assert_eq!(cov_with(&a, &a, "x", &options)?.to_vec::<f64>()?, [0.25]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn cov_with(
    a: &DataArray,
    b: &DataArray,
    dims: impl IntoDims,
    options: &CovOptions,
) -> Result<DataArray> {
    of_pairs("cov", a, b, dims.into_dims(), options, |pairs| {
        let count = pairs.valid.sum(&pairs.dims)?;
        let adjust = count.div(count.sub(options.ddof.unwrap_or(1.0))?)?;
        pairs.covariance()?.mul(&adjust)
    })
}

/// Pearson's correlation of two arrays over `dims` (`()` or `..` for all).
///
/// Arrays meet as in [`cov`]. A constant array has no correlation: NaN.
///
/// # Errors
/// Those of [`cov`].
///
/// # Example
/// ```
/// use graticule::labels::{DataArray, corr};
/// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 3.0])?;
/// let b = DataArray::from_vec(&[("x", 3)], vec![6.0, 4.0, 2.0])?;
/// assert!((corr(&a, &b, "x")?.to_vec::<f64>()?[0] + 1.0).abs() < 1e-15);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn corr(a: &DataArray, b: &DataArray, dims: impl IntoDims) -> Result<DataArray> {
    corr_with(a, b, dims, &CovOptions::new())
}

/// [`corr`] with weights; degrees of freedom have no part in it.
///
/// # Errors
/// Those of [`cov`], and if a weight is missing.
///
/// # Example
/// ```
/// use graticule::labels::{CovOptions, DataArray, corr_with};
/// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 6.0])?;
/// let b = DataArray::from_vec(&[("x", 3)], vec![3.0, 5.0, -9.0])?;
/// let w = DataArray::from_vec(&[("x", 3)], vec![1.0, 1.0, 0.0])?;
/// let r = corr_with(&a, &b, "x", &CovOptions::new().weights(&w))?;
/// assert!((r.to_vec::<f64>()?[0] - 1.0).abs() < 1e-15);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn corr_with(
    a: &DataArray,
    b: &DataArray,
    dims: impl IntoDims,
    options: &CovOptions,
) -> Result<DataArray> {
    of_pairs("corr", a, b, dims.into_dims(), options, |pairs| {
        let spread = pairs.std(&pairs.a)?.mul(&pairs.std(&pairs.b)?)?;
        pairs.covariance()?.div(&spread)
    })
}

/// What `f` makes of the pairs of two arrays.
fn of_pairs(
    verb: &str,
    a: &DataArray,
    b: &DataArray,
    dims: Dims,
    options: &CovOptions,
    f: impl FnOnce(&Pairs<'_>) -> Result<DataArray>,
) -> Result<DataArray> {
    let run = || -> Result<DataArray> {
        diagnostics::met(a.dtype(), b.dtype())?;
        let result = diagnostics::in_steps(|| {
            Pairs::new(a, b, dims, options.weights.as_ref()).and_then(|pairs| f(&pairs))
        })?;
        match verb {
            // A correlation has no units.
            "corr" => diagnostics::units_changed(verb, result.attrs())?,
            _ => diagnostics::units_of_product(verb, result.attrs(), [a.attrs(), b.attrs()].into_iter())?,
        }
        Ok(result)
    };
    run().at(|| format!("{}, in {verb}", a.place()))
}

/// Two arrays on common labels, each missing where the other is.
struct Pairs<'a> {
    a: DataArray,
    b: DataArray,
    valid: DataArray,
    dims: Dims,
    weights: Option<&'a DataArray>,
}

impl<'a> Pairs<'a> {
    fn new(a: &DataArray, b: &DataArray, dims: Dims, weights: Option<&'a DataArray>) -> Result<Self> {
        let both = align(&[a.clone(), b.clone()], &AlignOptions::new(Join::Inner))?;
        let valid = both[0].notnull()?.and(&both[1].notnull()?)?;
        let (a, b) = (both[0].where_cond(&valid)?, both[1].where_cond(&valid)?);
        Ok(Pairs { a, b, valid, dims, weights })
    }

    fn mean(&self, x: &DataArray) -> Result<DataArray> {
        match self.weights {
            Some(w) => x.weighted(w)?.mean(&self.dims),
            None => x.mean(&self.dims),
        }
    }

    fn std(&self, x: &DataArray) -> Result<DataArray> {
        match self.weights {
            Some(w) => x.weighted(w)?.std(&self.dims),
            None => x.std(&self.dims),
        }
    }

    /// The mean product of the distances from the means.
    fn covariance(&self) -> Result<DataArray> {
        let distance = |x: &DataArray| binary(BinaryOp::Sub, x, self.mean(x)?)?.into_array();
        let products = distance(&self.a)?.conj()?.mul(&distance(&self.b)?)?;
        let skip = ReduceOptions::new().skipna(true);
        match self.weights {
            Some(w) => products.weighted(w)?.reduce_with(WeightedOp::Mean, &self.dims, skip),
            None => products.reduce_with(ReduceOp::Mean, &self.dims, skip),
        }
    }
}
