//! Quantiles of values that have weights.

use super::{Members, Weighted, apply};
use crate::error::{Context, Result};
use crate::index::Join;
use crate::kernel::elementwise::BinaryOp;
use crate::kernel::order::{OrderSpec, Pick};
use crate::labels::align::{AlignOptions, align};
use crate::labels::broadcast::{expand, spread};
use crate::labels::dataarray::DataArray;
use crate::labels::dims::{Dims, IntoDims};
use crate::labels::options::{Options, with_options};
use crate::labels::quantile::{Quantiles, check_free};
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::{Name, Variable};

impl<M: Quantiled> Weighted<M> {
    /// The quantiles over `dims`, by linear interpolation where each value counts as much as its weight;
    /// missing values and those of weight 0 are left out.
    ///
    /// With equal weights they are those of [`quantile`](DataArray::quantile). Kish's effective number of values,
    /// `(Σw)² / Σw²`, says how wide the window is over which values are averaged, so the quantile 0 may lie
    /// above the least value. `..` means the dimensions of the object; of groups and bins `()` means what they are
    /// along. dtype: `f64`. A list makes a first dimension `quantile`; as in xarray, all dimensions of length 1 go. In
    /// groups dimensions are those of [`GroupBy::quantile`](crate::labels::GroupBy::quantile), and stay. Lazy: reads
    /// nothing; chunks along `dims` are put together, where groups follow one another those of their members alone.
    ///
    /// # Errors
    /// If a fraction is not from 0 to 1, neither object nor weights have a dimension, the weights do not fit, or a
    /// variable holds no real numbers.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![0.0, 1.0, 2.0, 3.0])?;
    /// let w = DataArray::from_vec(&[("x", 4)], vec![1.0, 3.0, 1.0, 1.0])?;
    /// assert_eq!(a.weighted(&w)?.quantile(0.5, "x")?.to_vec::<f64>()?, [1.0]);
    /// assert_eq!(a.weighted(&w)?.quantile([0.25, 0.75], "x")?.shape(), [2]);
    /// let key = DataArray::from_vec(&[("x", 4)], vec![7i64, 7, 5, 7])?.with_name("key");
    /// let medians = a.groupby(key)?.weighted(&w)?.quantile(0.5, ())?;
    /// assert_eq!(medians.to_vec::<f64>()?, [2.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile(&self, q: impl Into<Quantiles>, dims: impl IntoDims) -> Result<M::Object> {
        self.quantile_with(q, dims, ReduceOptions::default())
    }

    /// [`quantile`](Self::quantile) with choices on missing values and attributes open: unless they are skipped, a
    /// missing value makes the quantile missing.
    ///
    /// # Errors
    /// Those of [`quantile`](Self::quantile).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// let w = DataArray::from_vec(&[("x", 2)], vec![2.0, 1.0])?;
    /// let strict = ReduceOptions::new().skipna(false);
    /// assert!(a.weighted(&w)?.quantile_with(0.5, "x", strict)?.to_vec::<f64>()?[0].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile_with(
        &self,
        q: impl Into<Quantiles>,
        dims: impl IntoDims,
        options: ReduceOptions,
    ) -> Result<M::Object> {
        let (q, dims): (Quantiles, Dims) = (q.into(), dims.into_dims());
        let named = matches!(dims, Dims::Names(_));
        self.each("quantile", dims, &options, |a, dims| {
            q.check()?;
            // As in xarray, all dimensions are those of the object here, without what only the weights have.
            let stays = |d: &&Name| named || a.dims().contains(d) || self.object.holds(d);
            let own: Vec<Name> = dims.iter().filter(stays).cloned().collect();
            self.object.quantiles(&Both::of(a, &self.weights)?, &q, &own, &options)
        })
    }
}

/// What has quantiles with weights.
pub trait Quantiled: Members {
    /// The quantiles of values with weights over `dims`.
    ///
    /// # Errors
    /// If values have lost members.
    #[doc(hidden)]
    fn quantiles(
        &self,
        both: &Both,
        q: &Quantiles,
        dims: &[Name],
        options: &ReduceOptions,
    ) -> Result<DataArray>;
}

/// Values and weights of the same dimensions, which are those of their products.
#[derive(Debug)]
pub struct Both {
    pub(super) values: DataArray,
    pub(super) weights: DataArray,
}

impl Both {
    fn of(a: &DataArray, weights: &DataArray) -> Result<Both> {
        let pick = Pick::Weighted { q: [].into() };
        OrderSpec { pick, axes: Vec::new(), group: None, skipna: true }.result_dtype(a.dtype())?;
        let both = align(&[a.clone(), weights.clone()], &AlignOptions::new(Join::Inner))?;
        // Dimensions and coordinates are those of the product.
        let quiet = Options { keep_attrs: false, ..Options::current() };
        let product = with_options(quiet, || apply(BinaryOp::Mul, &both[0], &both[1]))?;
        let all = product.dims();
        let sizes: Vec<usize> = product.shape();
        let whole = |v: &Variable| -> Result<_> {
            let data = spread(&expand(v, &all.iter().cloned().zip(sizes.iter().copied()).collect())?, all)?;
            let v = Variable::new(all.iter().cloned(), data)?;
            Ok(DataArray::from_parts(a.name().cloned(), v, product.coords().clone()))
        };
        Ok(Both { values: whole(both[0].variable())?, weights: whole(both[1].variable())? })
    }

    /// The quantiles over `dims`.
    pub(super) fn quantiles(
        &self,
        q: &Quantiles,
        dims: &[Name],
        options: &ReduceOptions,
    ) -> Result<DataArray> {
        let all = self.values.dims();
        let (axes, kept): (Vec<usize>, Vec<usize>) = (0..all.len()).partition(|i| dims.contains(&all[*i]));
        let kept: Vec<Name> = kept.into_iter().map(|i| all[i].clone()).collect();
        check_free(&kept)?;
        let pick = Pick::Weighted { q: q.values().into() };
        let spec = OrderSpec { pick, axes, group: None, skipna: options.skipna != Some(false) };
        let data = self.values.variable().data().pick_with(spec, Some(self.weights.variable().data()))?;
        let coords = q.fractions(self.values.coords().without_dims(dims))?;
        Ok(DataArray::from_parts(self.values.name().cloned(), q.picked(data, kept)?, coords))
    }
}

/// The array without dimensions of length 1, as in xarray.
pub(super) fn squeezed(result: DataArray) -> Result<DataArray> {
    let ones: Vec<Name> =
        result.dims().iter().zip(result.shape()).filter(|(_, n)| *n == 1).map(|(d, _)| d.clone()).collect();
    result.squeeze(Dims::Names(ones)).at(|| "dimensions of length 1")
}
