//! Reductions of one's own: a function, or a kernel that travels with plans.

use std::sync::Arc;

use super::attrs::Attrs;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::{Dims, IntoDims};
use super::reduce::{ReduceOptions, reduced};
use crate::dtype::Element;
use crate::error::{Context, Result};
use crate::lazy::{Reducer, reducer_of};

impl Dataset {
    fn reduce_by(&self, dims: Dims, reducer: &Arc<dyn Reducer>, options: ReduceOptions) -> Result<Dataset> {
        let place = || format!("{}, in `reduce`", self.place());
        let dims = dims.among(&self.sizes()).at(place)?;
        let data_vars = self.map_variables(|v| {
            let axes: Vec<usize> = (0..v.ndim()).filter(|i| dims.contains(&v.dims()[*i])).collect();
            let data = v.data().reduce_lanes(&axes, reducer.clone())?;
            reduced(v, &axes, data, &options).map(Some)
        });
        let coords = self.coords().without_dims(&dims);
        Ok(Dataset::from_parts(data_vars.at(place)?, coords, options.attrs(&self.attrs), Attrs::new()))
    }
}

macro_rules! methods {
    ($T:ident, |$this:ident, $dims:ident, $reducer:ident, $options:ident| $call:expr) => {
        impl $T {
            /// Reduces over `dims` (a name, a list of names, `..` for all) by a function of the elements along
            /// them, which come in row-major order.
            ///
            /// The function's argument says which dtype it takes (times are `i64` ticks), its result which one
            /// comes out. Coordinates along `dims` go. Lazy: the function is called in the run, on threads of its
            /// own choice of order; chunks along `dims` are put together, as for `quantile`. A plan with it stays
            /// in this process: see [`reduce_kernel`](Self::reduce_kernel).
            ///
            /// # Errors
            /// If a dimension does not exist, or an array holds another dtype.
            ///
            /// # Example
            /// ```
            /// # use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 2), ("y", 3)], vec![1.0, 5.0, 9.0, 2.0, 3.0, 4.0])?;
            /// let range = a.reduce("y", |lane: &[f64]| lane[lane.len() - 1] - lane[0])?;
            /// assert_eq!(range.to_vec::<f64>()?, [8.0, 2.0]);
            /// let count = a.to_dataset("v").reduce(.., |lane: &[f64]| lane.len() as i64)?;
            /// assert_eq!(count.get("v")?.to_vec::<i64>()?, [6]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn reduce<T: Element, R: Element>(
                &self,
                dims: impl IntoDims,
                f: impl Fn(&[T]) -> R + Send + Sync + 'static,
            ) -> Result<$T> {
                let ($this, $dims) = (self, dims.into_dims());
                let ($reducer, $options) = (reducer_of(f), ReduceOptions::new());
                $call
            }

            /// Reduces over `dims` by a kernel that is known by name, so that plans with it can travel: see
            /// [`Reducer`] for an example. Of the options, those about dimensions and attributes count.
            ///
            /// # Errors
            /// If a dimension does not exist, or the kernel has no meaning for a dtype.
            ///
            /// # Example
            /// ```
            /// use graticule::lazy::Reducer;
            /// use graticule::prelude::*;
            /// #[derive(Debug, serde::Serialize, serde::Deserialize)]
            /// struct Length;
            /// #[typetag::serde(name = "Length of a lane")]
            /// impl Reducer for Length {
            ///     fn name(&self) -> &str {
            ///         "length"
            ///     }
            ///     fn result_dtype(&self, _: DType) -> Result<DType> {
            ///         Ok(DType::I64)
            ///     }
            ///     fn reduce(&self, lanes: &Block) -> Result<Block> {
            ///         let (n, len) = (lanes.shape()[0], lanes.shape()[1]);
            ///         Block::from_vec(&[n], vec![len as i64; n])
            ///     }
            /// }
            /// let a = DataArray::from_vec(&[("x", 2), ("y", 3)], vec![0; 6])?;
            /// let options = ReduceOptions::new().keepdims(true);
            /// assert_eq!(a.reduce_kernel("y", Length, options)?.shape(), [2, 1]);
            /// # Ok::<(), Error>(())
            /// ```
            pub fn reduce_kernel(
                &self,
                dims: impl IntoDims,
                kernel: impl Reducer + 'static,
                options: ReduceOptions,
            ) -> Result<$T> {
                let ($this, $dims, $options) = (self, dims.into_dims(), options);
                let $reducer: Arc<dyn Reducer> = Arc::new(kernel);
                $call
            }
        }
    };
}
methods!(Dataset, |this, dims, reducer, options| this.reduce_by(dims, &reducer, options));
methods!(DataArray, |this, dims, reducer, options| {
    this.via_dataset(|ds| ds.reduce_by(dims, &reducer, options))
});
