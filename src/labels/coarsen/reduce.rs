//! Reductions of blocks of neighbours.

use std::sync::Arc;

use super::Coarsen;
use crate::dtype::Element;
use crate::error::{Context, Error, Result};
use crate::kernel::reduce::ReduceOp;
use crate::labels::Dataset;
use crate::labels::attrs::Attrs;
use crate::labels::diagnostics;
use crate::labels::joint::Part;
use crate::labels::operand::Labelled;
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::Variable;
use crate::lazy::{LazyArray, Reducer, Within, reducer_of};

impl<T: Labelled> Coarsen<T> {
    /// Makes one element of each block by `op`, with choices on missing values and attributes open.
    ///
    /// Dimensions stay and become shorter, chunks follow. Coordinates along them become means, or what
    /// [`coord_func`](Self::coord_func) says; an array that is named like one of its coordinates gives that
    /// coordinate its own values. dtype as for the reduction of a dimension. Variables of a dataset without a
    /// window stay as they are. `ArgMin` and `ArgMax` give positions within the block. Lazy: reads no data
    /// variable.
    ///
    /// # Errors
    /// If a dimension does not exist, a window does not fit, or the operation has no meaning for the dtype of a
    /// variable or coordinate (the mean of text).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, f64::NAN, 3.0, 7.0])?;
    /// let sample = a.coarsen([("x", 2)]).reduce_with(ReduceOp::Var, ReduceOptions::new().ddof(1.0))?;
    /// assert!(sample.to_vec::<f64>()?[0].is_nan());
    /// assert_eq!(sample.to_vec::<f64>()?[1], 8.0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce_with(&self, op: ReduceOp, options: ReduceOptions) -> Result<T> {
        self.reduced(&What::Op(op), &options).at(|| format!("in `coarsen`, `{}`", op.name()))
    }

    /// Makes one element of each block by a function of its elements, which come in row-major order.
    ///
    /// The function's argument says which dtype it takes (times are `i64` ticks), its result which one comes out.
    /// A plan with it stays in this process: see [`reduce_kernel`](Self::reduce_kernel).
    ///
    /// # Errors
    /// Those of [`reduce_with`](Self::reduce_with), and if an array holds another dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 5.0, 3.0, 2.0])?;
    /// let steps = a.coarsen([("x", 2)]).reduce(|block: &[f64]| block[1] - block[0])?;
    /// assert_eq!(steps.to_vec::<f64>()?, [4.0, -1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce<E: Element, R: Element>(&self, f: impl Fn(&[E]) -> R + Send + Sync + 'static) -> Result<T> {
        self.reduced_by(reducer_of(f), ReduceOptions::new())
    }

    /// Makes one element of each block by a kernel that is known by name, so that plans with it can travel.
    ///
    /// # Errors
    /// Those of [`reduce_with`](Self::reduce_with), and if the kernel has no meaning for a dtype.
    ///
    /// ```
    /// use graticule::lazy::Reducer;
    /// use graticule::prelude::*;
    /// #[derive(Debug, serde::Serialize, serde::Deserialize)]
    /// struct First;
    /// #[typetag::serde(name = "First of a block")]
    /// impl Reducer for First {
    ///     fn name(&self) -> &str {
    ///         "first"
    ///     }
    ///     fn result_dtype(&self, input: DType) -> Result<DType> {
    ///         Ok(input)
    ///     }
    ///     fn reduce(&self, lanes: &Block) -> Result<Block> {
    ///         let (rows, len) = (lanes.shape()[0], lanes.shape()[1]);
    ///         Block::from_vec(&[rows], lanes.to_vec::<f64>()?.into_iter().step_by(len).collect())
    ///     }
    /// }
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 5.0, 3.0, 2.0])?;
    /// let firsts = a.coarsen([("x", 2)]).reduce_kernel(First, ReduceOptions::new())?;
    /// assert_eq!(firsts.to_vec::<f64>()?, [1.0, 3.0]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn reduce_kernel(&self, kernel: impl Reducer + 'static, options: ReduceOptions) -> Result<T> {
        self.reduced_by(Arc::new(kernel), options)
    }

    fn reduced_by(&self, reducer: Arc<dyn Reducer>, options: ReduceOptions) -> Result<T> {
        self.reduced(&What::Kernel(reducer), &options).at(|| "in `coarsen`, `reduce`")
    }

    fn reduced(&self, what: &What, options: &ReduceOptions) -> Result<T> {
        let parts = self.object.to_parts();
        self.check(&parts)?;
        let data_vars = parts.map_variables(|v| match self.windows_of(v) {
            Some(windows) => {
                let data = self.fitted(v, &windows, self.zeros)?;
                self.reduced_variable(v, data, &windows, what, options).map(Some)
            }
            None => Ok(Some(v.clone().with_attrs(options.attrs(&v.attrs)))),
        })?;
        let own = self.object.own_name();
        // Where zeros pad elements, labels are padded with missing values all the same.
        let for_coords = if self.zeros { &(*options).skipna(None) } else { options };
        let coords = self.coords(&parts, |name, v, windows| {
            // As in xarray, an array that is its own coordinate stays one.
            if own.as_ref() == Some(name)
                && let Some(v) = data_vars.values().next()
            {
                return Ok(v.clone());
            }
            if parts.coords().index(name).is_some_and(|index| Part::of(index).is_some()) {
                return Err(Error::unsupported(
                    "an index that several coordinates share cannot become coarser",
                )
                .help("take it apart first, as with `reset_index`"));
            }
            let data = self.fitted(v, &windows, false)?;
            self.reduced_variable(v, data, &windows, &What::Op(self.func_of(name, &parts)), for_coords)
        })?;
        let attrs = options.attrs(&parts.attrs);
        self.object.rebuild(Dataset::from_parts(data_vars, coords, attrs, Attrs::new()))
    }

    fn reduced_variable(
        &self,
        v: &Variable,
        data: LazyArray,
        windows: &[usize],
        what: &What,
        options: &ReduceOptions,
    ) -> Result<Variable> {
        let within = match what {
            What::Op(op) => {
                diagnostics::units_of_reduction(*op, options, &v.attrs)?;
                Within::Reduce(options.spec(*op, Vec::new(), None, data.dtype()))
            }
            What::Kernel(reducer) => Within::Lanes(reducer.clone()),
        };
        let data = data.coarsen(windows, within)?;
        Ok(Variable::new(v.dims().iter().cloned(), data)?.with_attrs(options.attrs(&v.attrs)))
    }
}

/// What makes one element of a block.
enum What {
    Op(ReduceOp),
    Kernel(Arc<dyn Reducer>),
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident => $op:ident),* $(,)?) => {
        impl<T: Labelled> Coarsen<T> {$(
            $(#[$doc])*
            ///
            /// Lazy: reads no data variable. See [`reduce_with`](Self::reduce_with) for what happens to coordinates
            /// and for options.
            ///
            /// # Errors
            /// Those of [`reduce_with`](Self::reduce_with).
            pub fn $name(&self) -> Result<T> {
                self.reduce_with(ReduceOp::$op, ReduceOptions::default())
            }
        )*}
    };
}

reductions! {
    /// The mean of each block, leaving missing values out; integers give `f64`, `f32` stays.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 3.0, 5.0, f64::NAN])?;
    /// assert_eq!(a.coarsen([("x", 2)]).mean()?.to_vec::<f64>()?, [2.0, 5.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    mean => Mean,
    /// The sum of each block, leaving missing values out; small integers and bools give 64-bit integers.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 3, 5, 7])?;
    /// assert_eq!(a.coarsen([("x", 2)]).sum()?.to_vec::<i64>()?, [4, 12]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sum => Sum,
    /// The product of each block, leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 3, 5, 7])?;
    /// assert_eq!(a.coarsen([("x", 2)]).prod()?.to_vec::<i64>()?, [3, 35]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    prod => Prod,
    /// The least value of each block.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 3, 7, 5])?;
    /// assert_eq!(a.coarsen([("x", 2)]).min()?.to_vec::<i32>()?, [1, 5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    min => Min,
    /// The greatest value of each block.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 3, 7, 5])?;
    /// assert_eq!(a.coarsen([("x", 2)]).max()?.to_vec::<i32>()?, [3, 7]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    max => Max,
    /// The standard deviation of each block (of the population: `ddof` is 0), leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 3.0, 5.0, 9.0])?;
    /// assert_eq!(a.coarsen([("x", 2)]).std()?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    std => Std,
    /// The variance of each block (of the population: `ddof` is 0), leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 3.0, 5.0, 9.0])?;
    /// assert_eq!(a.coarsen([("x", 2)]).var()?.to_vec::<f64>()?, [1.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    var => Var,
    /// The middle value of each block, leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 9.0, 2.0])?;
    /// assert_eq!(a.coarsen([("x", 3)]).median()?.to_vec::<f64>()?, [2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    median => Median,
    /// How many values of each block are not missing, as `i64`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 3.0, 5.0, f64::NAN])?;
    /// assert_eq!(a.coarsen([("x", 2)]).count()?.to_vec::<i64>()?, [2, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    count => Count,
    /// Whether any value of each block is true.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![false, true, false, false])?;
    /// assert_eq!(a.coarsen([("x", 2)]).any()?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    any => Any,
    /// Whether all values of each block are true.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![false, true, true, true])?;
    /// assert_eq!(a.coarsen([("x", 2)]).all()?.to_vec::<bool>()?, [false, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    all => All,
}
