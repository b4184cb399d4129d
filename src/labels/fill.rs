//! Gaps filled from their neighbours: `ffill` and `bfill`.

use super::dataarray::{DataArray, is_private};
use super::dataset::Dataset;
use super::operand::Labelled;
use super::variable::Variable;
use crate::array::Slice;
use crate::error::{Context, Error, Result};
use crate::kernel::scan::{ScanOp, ScanSpec};
use crate::lazy::LazyArray;

fn reversed(data: &LazyArray, axis: usize) -> Result<LazyArray> {
    let mut slices: Vec<Slice> = data.shape().into_iter().map(Slice::all).collect();
    let len = slices[axis].len;
    slices[axis] = Slice { start: len.saturating_sub(1), step: -1, len };
    data.slice(&slices)
}

/// The variable with its gaps along `dim` filled from before (or, backwards, from behind).
pub(super) fn fill_along(v: &Variable, dim: &str, limit: Option<usize>, backwards: bool) -> Result<Variable> {
    let Some(axis) = v.axis(dim) else { return Ok(v.clone()) };
    if !v.dtype().holds_missing() {
        return Ok(v.clone());
    }
    let spec = ScanSpec { op: ScanOp::Fill { limit }, axis, skipna: true };
    let data = match backwards {
        false => v.data().scan(spec)?,
        true => reversed(&reversed(v.data(), axis)?.scan(spec)?, axis)?,
    };
    v.with_data(v.dims().iter().cloned(), data)
}

fn filled<O: Labelled>(object: &O, dim: &str, limit: Option<usize>, backwards: bool) -> Result<O> {
    let ds = object.to_parts();
    let sizes = ds.sizes();
    if !sizes.contains_key(dim) {
        return Err(Error::not_found("dimension", dim, sizes.keys()));
    }
    let mut vars = ds.data_vars().clone();
    for (name, v) in &mut vars {
        let done = fill_along(v, dim, limit, backwards);
        *v = if is_private(name) { done? } else { done.at(|| format!("variable `{name}`"))? };
    }
    object.rebuild(ds.with_parts(vars, ds.coords().clone()))
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// The same with missing values replaced by the last valid one before them along `dim`, at most `limit`
            /// positions back.
            ///
            /// Missing are NaN, NaT and missing text; what cannot be missing stays. Attributes and chunks stay. Lazy;
            /// with a limit a task reads so many positions more, without one a first pass finds what each chunk
            /// starts from.
            ///
            /// # Errors
            /// If the dimension does not exist.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, f64::NAN, f64::NAN, 4.0])?;
            /// assert_eq!(a.ffill("x", None)?.to_vec::<f64>()?, [1.0, 1.0, 1.0, 4.0]);
            /// assert!(a.ffill("x", 1)?.to_vec::<f64>()?[2].is_nan());
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn ffill(&self, dim: &str, limit: impl Into<Option<usize>>) -> Result<$T> {
                filled(self, dim, limit.into(), false).at(|| format!("{}, in `ffill`", self.place()))
            }

            /// The same with missing values replaced by the next valid one behind them along `dim`: see
            /// [`ffill`](Self::ffill).
            ///
            /// # Errors
            /// If the dimension does not exist.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![f64::NAN, f64::NAN, 4.0])?;
            /// assert_eq!(a.bfill("x", None)?.to_vec::<f64>()?, [4.0, 4.0, 4.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn bfill(&self, dim: &str, limit: impl Into<Option<usize>>) -> Result<$T> {
                filled(self, dim, limit.into(), true).at(|| format!("{}, in `bfill`", self.place()))
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);
