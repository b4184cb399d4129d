//! Running sums and products along dimensions: `cumsum` and `cumprod`.

use std::sync::Arc;

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::diagnostics;
use super::dims::{Dims, IntoDims};
use super::operand::Labelled;
use super::reduce::ReduceOptions;
use super::variable::{Name, Variable};
use crate::error::{Context, Result};
use crate::kernel::scan::{ScanOp, ScanSpec};

/// The groups of the positions along a dimension.
#[derive(Debug, Clone)]
pub(super) struct Grouped {
    pub(super) dim: Name,
    /// The number of the group of each position.
    pub(super) codes: Arc<[i32]>,
    /// How many groups there are.
    pub(super) count: usize,
}

/// The variable scanned along those of `dims` that it has, one after the other; `None` for text. Along the dimension
/// of groups each of them by itself.
pub(super) fn scan_variable(
    v: &Variable,
    op: ScanOp,
    dims: &[Name],
    groups: Option<&Grouped>,
    options: &ReduceOptions,
) -> Result<Option<Variable>> {
    let axes: Vec<usize> = (0..v.ndim()).filter(|&i| dims.contains(&v.dims()[i])).collect();
    if !axes.is_empty() && v.dtype().is_text() {
        return Ok(None);
    }
    let skipna = options.skipna.unwrap_or(v.dtype().is_float() || v.dtype().is_complex());
    let mut data = v.data().clone();
    for axis in axes {
        let spec = ScanSpec { op, axis, skipna };
        data = match groups.filter(|g| g.dim == v.dims()[axis]) {
            Some(groups) => data.scan_groups(spec, groups.codes.clone(), groups.count)?,
            None => data.scan(spec)?,
        };
    }
    let attrs = options.attrs(&v.attrs);
    if op == ScanOp::Prod {
        diagnostics::units_changed("cumprod", &attrs)?;
    }
    Ok(Some(Variable::new(v.dims().iter().cloned(), data)?.with_attrs(attrs)))
}

fn scanned<O: Labelled>(object: &O, op: ScanOp, dims: Dims, options: ReduceOptions) -> Result<O> {
    let ds = object.to_parts();
    let dims = dims.among(&ds.sizes())?;
    let vars = ds.map_variables(|v| scan_variable(v, op, &dims, None, &options))?;
    let mut result = ds.with_parts(vars, ds.coords().clone());
    result.attrs = options.attrs(&ds.attrs);
    object.rebuild(result)
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// The running sum along `dims`, missing values counting as nothing.
            ///
            /// Shape, chunks and coordinates stay, attributes too. Small integers and bools widen to 64 bits;
            /// text drops out of a dataset. Several dimensions are summed one after the other. Lazy; chunks are
            /// summed on their own, after a first pass over the data that finds what each starts from.
            ///
            /// # Errors
            /// If a dimension does not exist, or the dtype has no sum (datetimes, a text array).
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 3.0])?;
            /// assert_eq!(a.cumsum("x")?.to_vec::<f64>()?, [1.0, 1.0, 4.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn cumsum(&self, dims: impl IntoDims) -> Result<$T> {
                self.cumsum_with(dims, ReduceOptions::default())
            }

            /// [`cumsum`](Self::cumsum) with a choice: `skipna` (by default missing floats are left out, NaT is
            /// not) and `keep_attrs`; other options have no part in it.
            ///
            /// # Errors
            /// Those of [`cumsum`](Self::cumsum).
            ///
            /// # Example
            /// ```
            /// use graticule::labels::{DataArray, ReduceOptions};
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 3.0])?;
            /// let sums = a.cumsum_with("x", ReduceOptions::new().skipna(false))?.to_vec::<f64>()?;
            /// assert!(sums[0] == 1.0 && sums[1].is_nan() && sums[2].is_nan());
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn cumsum_with(&self, dims: impl IntoDims, options: ReduceOptions) -> Result<$T> {
                scanned(self, ScanOp::Sum, dims.into_dims(), options)
                    .at(|| format!("{}, in `cumsum`", self.place()))
            }

            /// The running product along `dims`, missing values counting as one. As [`cumsum`](Self::cumsum) in
            /// all else.
            ///
            /// # Errors
            /// If a dimension does not exist, or the dtype has no product (times, a text array).
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![2_i8, 3, 100])?;
            /// assert_eq!(a.cumprod("x")?.to_vec::<i64>()?, [2, 6, 600]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn cumprod(&self, dims: impl IntoDims) -> Result<$T> {
                self.cumprod_with(dims, ReduceOptions::default())
            }

            /// [`cumprod`](Self::cumprod) with a choice: `skipna` and `keep_attrs`.
            ///
            /// # Errors
            /// Those of [`cumprod`](Self::cumprod).
            ///
            /// # Example
            /// ```
            /// use graticule::labels::{DataArray, ReduceOptions};
            /// let a = DataArray::from_vec(&[("x", 2)], vec![f64::NAN, 3.0])?;
            /// let strict = a.cumprod_with("x", ReduceOptions::new().skipna(false))?;
            /// assert!(strict.to_vec::<f64>()?[1].is_nan());
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn cumprod_with(&self, dims: impl IntoDims, options: ReduceOptions) -> Result<$T> {
                scanned(self, ScanOp::Prod, dims.into_dims(), options)
                    .at(|| format!("{}, in `cumprod`", self.place()))
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);
