//! Quantiles of values that have weights.

use super::{Members, Weighted, apply};
use crate::error::{Context, Error, Result};
use crate::index::Join;
use crate::kernel::elementwise::BinaryOp;
use crate::kernel::order::{OrderSpec, Pick};
use crate::labels::align::{AlignOptions, align};
use crate::labels::broadcast::{expand, spread};
use crate::labels::dataarray::DataArray;
use crate::labels::dims::{Dims, IntoDims};
use crate::labels::operand::Labelled;
use crate::labels::options::{Options, with_options};
use crate::labels::quantile::{QUANTILE, Quantiles};
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::{Name, Variable};

impl<T: Labelled + Members<Object = T>> Weighted<T> {
    /// The quantiles over `dims`, by linear interpolation where each value counts as much as its weight;
    /// missing values and those of weight 0 are left out.
    ///
    /// With equal weights they are those of [`quantile`](DataArray::quantile). Kish's effective number of values,
    /// `(Σw)² / Σw²`, says how wide the window is over which values are averaged, so the quantile 0 may lie
    /// above the least value. `..` means the dimensions of the object. dtype: `f64`. A list makes a first dimension `quantile`; as in xarray, all dimensions
    /// of length 1 go. Lazy: reads nothing; chunks along `dims` are put together.
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
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile(&self, q: impl Into<Quantiles>, dims: impl IntoDims) -> Result<T> {
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
    ) -> Result<T> {
        let (q, dims): (Quantiles, Dims) = (q.into(), dims.into_dims());
        let named = matches!(dims, Dims::Names(_));
        self.each("quantile", dims, &options, |a, dims| {
            q.check()?;
            // As in xarray, all dimensions are those of the object here, without what only the weights have.
            let own: Vec<Name> = dims.iter().filter(|d| named || a.dims().contains(d)).cloned().collect();
            quantiles(a, &self.weights, &q, &own, &options)
        })
    }
}

fn quantiles(
    a: &DataArray,
    weights: &DataArray,
    q: &Quantiles,
    dims: &[Name],
    options: &ReduceOptions,
) -> Result<DataArray> {
    let pick = Pick::Weighted { q: q.values().into() };
    let spec = OrderSpec { pick, axes: Vec::new(), group: None, skipna: options.skipna != Some(false) };
    spec.result_dtype(a.dtype())?;
    let both = align(&[a.clone(), weights.clone()], &AlignOptions::new(Join::Inner))?;
    // Dimensions and coordinates are those of the product.
    let quiet = Options { keep_attrs: false, ..Options::current() };
    let product = with_options(quiet, || apply(BinaryOp::Mul, &both[0], &both[1]))?;
    let all = product.dims();
    let sizes: Vec<usize> = product.shape();
    let whole = |v: &Variable| -> Result<_> {
        spread(&expand(v, &all.iter().cloned().zip(sizes.iter().copied()).collect())?, all)
    };
    let axes: Vec<usize> = (0..all.len()).filter(|i| dims.contains(&all[*i])).collect();
    let mut kept: Vec<Name> = vec![QUANTILE.into()];
    kept.extend((0..all.len()).filter(|i| !axes.contains(i)).map(|i| all[i].clone()));
    if kept[1..].contains(&kept[0]) {
        return Err(Error::invalid(format!("the dimension `{QUANTILE}` is there already"))
            .help("rename it, or reduce over it too"));
    }
    let weights = whole(both[1].variable())?;
    let data = whole(both[0].variable())?.pick_with(OrderSpec { axes, ..spec }, Some(&weights))?;
    let mut coords = product.coords().without_dims(dims);
    coords.remove(QUANTILE);
    coords.insert(QUANTILE, Variable::from_vec(&[(QUANTILE, q.values().len())], q.values().to_vec())?)?;
    let result = DataArray::from_parts(a.name().cloned(), Variable::new(kept, data)?, coords);
    let ones: Vec<Name> =
        result.dims().iter().zip(result.shape()).filter(|(_, n)| *n == 1).map(|(d, _)| d.clone()).collect();
    result.squeeze(Dims::Names(ones)).at(|| "dimensions of length 1")
}
