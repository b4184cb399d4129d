//! Weights in windows that move.

use indexmap::IndexMap;

use super::Rolling;
use super::construct::enough;
use crate::dtype::DType;
use crate::dtype::promote::{promote, with_missing};
use crate::error::{Context, Error, Result};
use crate::kernel::reduce::ReduceOp;
use crate::kernel::rolling::RollOp;
use crate::labels::broadcast::broadcast;
use crate::labels::dataarray::DataArray;
use crate::labels::dims::Dims;
use crate::labels::operand::Labelled;
use crate::labels::pairs::pairs;
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::Name;
use crate::labels::weighted::{Members, Weighted, every_member};

impl<T: Labelled> Rolling<T> {
    /// The windows with weights for means and sums: for each window what [`Weighted`] gives of its elements.
    ///
    /// Weights belong to positions, not to places in windows: they move along with the data, matched by label, and
    /// each position of a window needs one (it may be 0). For weights of places give windows a dimension of
    /// their own: see [`construct`](Self::construct). Windows at the edges and [`min_periods`](Self::min_periods)
    /// are as without weights: values count, whatever they weigh. What follows takes `()` as its dimensions, which
    /// are those of the windows. Integers become floats.
    ///
    /// # Errors
    /// If a weight is missing. Weights that are not in memory are checked when they are computed.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 4.0, f64::NAN, 3.0])?;
    /// let w = DataArray::from_vec(&[("x", 4)], vec![2.0, 1.0, 5.0, 1.0])?;
    /// let pairs = a.rolling([("x", 2)]).min_periods(1).weighted(&w)?;
    /// assert_eq!(pairs.mean(())?.to_vec::<f64>()?, [1.0, 2.0, 4.0, 3.0]);
    /// assert_eq!(pairs.sum_of_weights(())?.to_vec::<f64>()?, [2.0, 3.0, 1.0, 1.0]);
    /// assert_eq!(pairs.var(())?.to_vec::<f64>()?, [0.0, 2.0, 0.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn weighted(&self, weights: &DataArray) -> Result<Weighted<Rolling<T>>> {
        Weighted::new(self.clone(), weights).at(|| format!("in `{}`", self.method))
    }

    /// The same windows over an array, along those of the dimensions that it has.
    fn over_array(&self, array: &DataArray) -> Rolling<DataArray> {
        let has = |d: &Name| array.variable().axis(d).is_some();
        Rolling {
            object: array.clone(),
            windows: self
                .windows
                .iter()
                .filter(|(d, _)| has(d))
                .map(|(d, w)| (d.clone(), w.clone()))
                .collect(),
            method: self.method,
            min_periods: Some(1),
            center: self.center,
            centers: self.centers.iter().filter(|(d, _)| has(d)).map(|(d, c)| (d.clone(), *c)).collect(),
            closed: self.closed,
            stride: self.stride,
            strides: self.strides.iter().filter(|(d, _)| has(d)).map(|(d, s)| (d.clone(), *s)).collect(),
        }
    }

    /// One number for each window of what is made of an array and its weights.
    fn rolled(&self, products: &DataArray, op: RollOp) -> Result<DataArray> {
        let sizes = self.object.to_parts().sizes();
        every_member(products, self.windows.keys().map(|d| (d, sizes[d])), "windows")?;
        let windows = self.over_array(products);
        match windows.windows.is_empty() {
            true => Ok(products.clone()),
            false => windows.reduced(op, &ReduceOptions::new().keep_attrs(true)),
        }
    }
}

impl<T: Labelled> Members for Rolling<T> {
    type Object = T;

    fn object(&self) -> &T {
        &self.object
    }

    fn over(&self, dims: &Dims, sizes: &IndexMap<Name, usize>) -> Result<Vec<Name>> {
        self.check(&self.object.to_parts())?;
        let own: Vec<Name> = self.windows.keys().cloned().collect();
        match dims {
            Dims::Default => Ok(own),
            named => {
                let named = named.among(sizes)?;
                match named.len() == own.len() && named.iter().all(|d| own.contains(d)) {
                    true => Ok(own),
                    false => Err(Error::invalid(format!(
                        "windows along {} have sums over them, not over {}",
                        list(&own),
                        list(&named)
                    ))
                    .help("`()` means the dimensions of the windows")),
                }
            }
        }
    }

    fn holds(&self, dim: &Name) -> bool {
        self.windows.contains_key(dim)
    }

    fn prepared(&self, array: &DataArray, options: &ReduceOptions) -> Result<DataArray> {
        self.check_options(options)?;
        // Windows beyond an edge make floats of integers, here before anything could wrap around.
        match array.dtype() {
            dtype if dtype.is_bool() || dtype.is_integer() => array.astype_with(with_missing(dtype), true),
            _ => Ok(array.clone()),
        }
    }

    fn sum_members(&self, products: &DataArray, _: &[Name]) -> Result<DataArray> {
        self.rolled(products, RollOp::Reduce(ReduceOp::Sum))
    }

    fn distance(&self, _: &DataArray, _: &DataArray, _: &[Name]) -> Result<DataArray> {
        // An element belongs to many windows.
        Err(Error::internal("windows have no distances from their means"))
    }

    fn sum_of_squares(&self, array: &DataArray, weights: &DataArray) -> Option<Result<DataArray>> {
        let squares = || {
            let squares = self.rolled(&pairs(array, weights)?, RollOp::SumOfSquares)?;
            match promote(array.dtype(), weights.dtype())? {
                DType::F32 => squares.astype(DType::F32),
                _ => Ok(squares),
            }
        };
        Some(squares())
    }

    fn settled(&self, result: DataArray, array: &DataArray, weights: &DataArray) -> Result<DataArray> {
        let has = |a: &DataArray, d: &Name| a.variable().axis(d).is_some();
        let lacks = self.windows.keys().any(|d| !has(array, d) && has(weights, d));
        let array = if lacks { &broadcast(&[array.clone(), weights.clone()], &[])?[0] } else { array };
        let windows = self.over_array(array);
        if windows.windows.is_empty() {
            return Ok(result);
        }
        let counts = windows.count()?;
        let least = self.least(array.variable());
        let kept = enough(result.variable(), counts.variable(), least)?;
        Ok(DataArray::from_parts(result.name().cloned(), kept, result.coords().clone()))
    }
}

fn list(dims: &[Name]) -> String {
    dims.iter().map(|d| format!("`{d}`")).collect::<Vec<_>>().join(", ")
}
