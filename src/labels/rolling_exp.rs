//! Running statistics whose weights fade exponentially: `rolling_exp`.

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::operand::{Labelled, Operand};
use super::pairs::pairs_with;
use super::reduce::ReduceOptions;
use super::variable::{Name, Variable};
use crate::error::{Context, Error, Result};
use crate::index::Join;
use crate::kernel::scan::{Fading, FadingOp};

/// How fast weights fade, in one of pandas' four ways.
///
/// ```
/// # use graticule::labels::ExpWindow;
/// assert_eq!(ExpWindow::Span(3.0).alpha()?, 0.5);
/// assert_eq!(ExpWindow::Com(1.0).alpha()?, 0.5);
/// assert_eq!(ExpWindow::Halflife(1.0).alpha()?, 0.5);
/// assert!(ExpWindow::Alpha(1.5).alpha().is_err());
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ExpWindow {
    /// As a mean over so many elements, from 1 on: `alpha = 2 / (span + 1)`.
    Span(f64),
    /// By the centre of mass, from 0 on: `alpha = 1 / (1 + com)`.
    Com(f64),
    /// By the steps after which half of a weight is left, above 0: `alpha = 1 - 2^(-1/halflife)`.
    Halflife(f64),
    /// What part of its weight an element loses each step, above 0 and up to 1.
    Alpha(f64),
}

impl ExpWindow {
    /// What part of its weight an element loses each step.
    ///
    /// # Errors
    /// If the number is outside its range.
    ///
    /// ```
    /// # use graticule::labels::ExpWindow;
    /// assert_eq!(ExpWindow::Alpha(0.25).alpha()?, 0.25);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn alpha(self) -> Result<f64> {
        let (fits, alpha, range) = match self {
            ExpWindow::Span(n) => (n >= 1.0, 2.0 / (n + 1.0), "a span is 1 or more"),
            ExpWindow::Com(n) => (n >= 0.0, 1.0 / (n + 1.0), "a centre of mass is 0 or more"),
            ExpWindow::Halflife(n) => (n > 0.0, 1.0 - (0.5f64.ln() / n).exp(), "a halflife is above 0"),
            ExpWindow::Alpha(n) => (n > 0.0 && n <= 1.0, n, "alpha is above 0 and up to 1"),
        };
        match fits && alpha.is_finite() {
            true => Ok(alpha),
            false => Err(Error::invalid(format!("a window of {self:?}")).help(range)),
        }
    }
}

/// An array or dataset whose elements lose weight along a dimension: see [`DataArray::rolling_exp`].
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::labels::ExpWindow;
/// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
/// assert_eq!(a.rolling_exp("x", ExpWindow::Alpha(0.5)).mean()?.to_vec::<f64>()?[2], 3.0);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RollingExp<T> {
    object: T,
    dim: Name,
    window: ExpWindow,
    min_weight: f64,
    options: ReduceOptions,
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// Running statistics along a dimension whose weights fade: an element counts `1 - alpha` times as
            /// much at each step.
            ///
            /// Missing values weigh nothing, but time passes over them. Nothing is checked before what follows.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// # use graticule::labels::ExpWindow;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 4.0])?;
            /// let sums = a.rolling_exp("x", ExpWindow::Span(3.0)).sum()?;
            /// assert_eq!(sums.to_vec::<f64>()?, [1.0, 0.5, 4.25]);
            /// let means = a.to_dataset("a").rolling_exp("x", ExpWindow::Com(1.0)).mean()?;
            /// assert_eq!(means.get("a")?.to_vec::<f64>()?, [1.0, 1.0, 3.4]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn rolling_exp(&self, dim: &str, window: ExpWindow) -> RollingExp<$T> {
                let options = ReduceOptions::new();
                RollingExp { object: self.clone(), dim: dim.into(), window, min_weight: 0.0, options }
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);

impl<T: Labelled> RollingExp<T> {
    /// How much weight there must be for a value, where all that ever was would be 1; 0 by default.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::ExpWindow;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let late = a.rolling_exp("x", ExpWindow::Alpha(0.5)).min_weight(0.6).mean()?;
    /// assert!(late.to_vec::<f64>()?[0].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn min_weight(self, min_weight: f64) -> Self {
        RollingExp { min_weight, ..self }
    }

    /// Whether attributes stay; by default as [`Options`](super::Options) say.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::ExpWindow;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let bare = a.rolling_exp("x", ExpWindow::Alpha(0.5)).keep_attrs(false).mean()?;
    /// assert!(bare.attrs().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn keep_attrs(self, keep_attrs: impl Into<Option<bool>>) -> Self {
        RollingExp { options: self.options.keep_attrs(keep_attrs), ..self }
    }

    /// The running mean with fading weights: missing before the first value.
    ///
    /// Shape, coordinates and chunks stay; dtype `f64`. Variables of a dataset without the dimension stay as they
    /// are. Lazy: chunks are worked on one by one, after a first pass over the data that finds what each starts
    /// from; where chunks are cut changes the last bits at most.
    ///
    /// # Errors
    /// If the dimension does not exist, the window is none, or a dtype is no real number.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::ExpWindow;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 4])?;
    /// let means = a.rolling_exp("x", ExpWindow::Span(3.0)).mean()?.to_vec::<f64>()?;
    /// assert_eq!(means, [1.0, 2.5 / 1.5, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn mean(&self) -> Result<T> {
        self.faded(FadingOp::Mean)
    }

    /// The running sum with fading weights; in all else as [`mean`](Self::mean).
    ///
    /// # Errors
    /// Those of [`mean`](Self::mean).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::ExpWindow;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 4])?;
    /// let sums = a.rolling_exp("x", ExpWindow::Span(3.0)).sum()?.to_vec::<f64>()?;
    /// assert_eq!(sums, [1.0, 2.5, 5.25]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sum(&self) -> Result<T> {
        self.faded(FadingOp::Sum)
    }

    /// The running variance with fading weights, of the population that the values were drawn from: missing before
    /// the second value.
    ///
    /// The bias of a variance about a mean of the same values is taken off, as pandas does: it is
    /// `1 - Σw² / (Σw)²`. In all else as [`mean`](Self::mean).
    ///
    /// # Errors
    /// Those of [`mean`](Self::mean).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::ExpWindow;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 1.0, 4.0])?;
    /// let vars = a.rolling_exp("x", ExpWindow::Alpha(0.5)).var()?.to_vec::<f64>()?;
    /// assert!(vars[0].is_nan() && vars[1] == 0.0 && (vars[2] - 27.0 / 7.0).abs() < 1e-12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn var(&self) -> Result<T> {
        self.faded(FadingOp::Var)
    }

    /// The running standard deviation with fading weights: the root of [`var`](Self::var).
    ///
    /// # Errors
    /// Those of [`mean`](Self::mean).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::ExpWindow;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 3.0])?;
    /// let stds = a.rolling_exp("x", ExpWindow::Alpha(0.5)).std()?.to_vec::<f64>()?;
    /// assert!(stds[0].is_nan() && (stds[1] - 2f64.sqrt()).abs() < 1e-12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn std(&self) -> Result<T> {
        self.faded(FadingOp::Std)
    }

    /// The running covariance with `other`, of pairs of which neither value is missing: missing before the second.
    ///
    /// Labels must be equal; `other` is an array, or for a dataset one with the same variables. The bias is taken
    /// off as in [`var`](Self::var); in all else as [`mean`](Self::mean).
    ///
    /// # Errors
    /// Those of [`mean`](Self::mean), and if labels differ.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::ExpWindow;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 1.0, 4.0])?;
    /// let covs = a.rolling_exp("x", ExpWindow::Alpha(0.5)).cov((&a * 2.0)?)?.to_vec::<f64>()?;
    /// assert!(covs[1] == 0.0 && (covs[2] - 54.0 / 7.0).abs() < 1e-12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn cov(&self, other: impl Into<Operand>) -> Result<T>
    where
        T: Into<Operand>,
    {
        self.faded_pairs(FadingOp::Cov, other.into())
    }

    /// The running correlation with `other`: missing before the second pair and where a variance is 0. In all else
    /// as [`cov`](Self::cov).
    ///
    /// # Errors
    /// Those of [`cov`](Self::cov).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::ExpWindow;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let corrs = a.rolling_exp("x", ExpWindow::Alpha(0.5)).corr((&a * -2.0)?)?.to_vec::<f64>()?;
    /// assert!(corrs[0].is_nan() && (corrs[2] + 1.0).abs() < 1e-12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn corr(&self, other: impl Into<Operand>) -> Result<T>
    where
        T: Into<Operand>,
    {
        self.faded_pairs(FadingOp::Corr, other.into())
    }

    fn faded_pairs(&self, op: FadingOp, other: Operand) -> Result<T>
    where
        T: Into<Operand>,
    {
        let place = || format!("in `rolling_exp`, `{}`", op.name());
        let of_array = !matches!(self.object.clone().into(), Operand::Dataset(_));
        if of_array && matches!(other, Operand::Dataset(_)) {
            return Err(Error::invalid("an array has pairs with an array, not with a dataset")
                .help("take one variable of the dataset with `get`"))
            .at(place);
        }
        let fading = self.fading(op).at(place)?;
        let result = pairs_with(self.object.clone(), other, Join::Exact, &|first, pairs| {
            let Some(axis) = first.axis(&self.dim).and(pairs.axis(&self.dim)) else {
                return Ok(first.clone());
            };
            let data = pairs.data().fading(Fading { axis, ..fading })?;
            let attrs = self.options.attrs(&first.attrs);
            Ok(Variable::new(pairs.dims().iter().cloned(), data)?.with_attrs(attrs))
        });
        let result = match result.at(place)? {
            Operand::Dataset(mut ds) => {
                ds.attrs = self.options.attrs(&self.object.to_parts().attrs);
                ds
            }
            array => array.into_array()?.to_parts(),
        };
        self.object.rebuild(result)
    }

    /// What fades, along an axis that is not known yet.
    fn fading(&self, op: FadingOp) -> Result<Fading> {
        let sizes = self.object.to_parts().sizes();
        if !sizes.contains_key(&self.dim) {
            return Err(Error::not_found("dimension", &self.dim, sizes.keys()));
        }
        Ok(Fading { axis: 0, alpha: self.window.alpha()?, op, min_weight: self.min_weight })
    }

    fn faded(&self, op: FadingOp) -> Result<T> {
        let ds = self.object.to_parts();
        let place = || format!("in `rolling_exp`, `{}`", op.name());
        let fading = self.fading(op).at(place)?;
        let vars = ds.map_variables(|v| {
            let Some(axis) = v.axis(&self.dim) else { return Ok(Some(v.clone())) };
            let data = v.data().fading(Fading { axis, ..fading })?;
            let attrs = self.options.attrs(&v.attrs);
            Ok(Some(Variable::new(v.dims().iter().cloned(), data)?.with_attrs(attrs)))
        });
        let mut result = ds.with_parts(vars.at(place)?, ds.coords().clone());
        result.attrs = self.options.attrs(&ds.attrs);
        self.object.rebuild(result)
    }
}
