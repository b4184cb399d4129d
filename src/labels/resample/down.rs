//! One value for each bin.

use super::Resample;
use crate::dtype::Element;
use crate::error::Result;
use crate::kernel::reduce::ReduceOp;
use crate::labels::dims::{Dims, IntoDims, Missing};
use crate::labels::extremes::IdxOptions;
use crate::labels::groupby::GroupBy;
use crate::labels::operand::Labelled;
use crate::labels::quantile::{QuantileOptions, Quantiles};
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::Variable;
use crate::lazy::Reducer;

impl<T: Labelled> Resample<T> {
    /// Reduces each bin over `dims` with all choices open.
    ///
    /// `()` means the times, `..` all dimensions. The labels of the bins take the place of the times (in
    /// datasets they come first, but for first and last values); other coordinates along reduced dimensions go. A bin that holds nothing is
    /// missing, whatever the operation, so that integers become floats. Variables of a dataset without times
    /// repeat for each bin. Over other dimensions alone nothing is put together, and the times go. Lazy:
    /// reads nothing; each chunk of the result needs only the rows of its bins.
    ///
    /// # Errors
    /// If a dimension does not exist, or the operation has no meaning for a dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, 4 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1.0, f64::NAN, 4.0])?.assign_coords([("time", time)])?;
    /// let strict = ReduceOptions::new().skipna(false);
    /// let sums = a.resample("time", "2D")?.reduce_with(ReduceOp::Sum, (), strict)?.to_vec::<f64>()?;
    /// assert!(sums[0].is_nan() && sums[1].is_nan() && sums[2] == 4.0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce_with(&self, op: ReduceOp, dims: impl IntoDims, options: ReduceOptions) -> Result<T> {
        let result = self.down(dims.into_dims(), |groups, dims| groups.reduce_with(op, dims, options))?;
        if matches!(op, ReduceOp::First | ReduceOp::Last) { self.in_own_order(&result) } else { Ok(result) }
    }

    /// As in xarray: first and last values have their dimensions where the variable had them, in datasets too.
    fn in_own_order(&self, result: &T) -> Result<T> {
        let (own, mut parts) = (self.object.to_parts(), result.to_parts());
        for (name, v) in parts.data_vars_mut() {
            let before = own.data_vars().get(name).map_or(&[][..], Variable::dims);
            let mut order = v.dims().to_vec();
            order.sort_by_key(|d| before.iter().position(|o| o == d));
            *v = v.in_order(&order)?;
        }
        result.rebuild(parts)
    }

    /// A reduction of the bins over `dims`.
    fn down(&self, dims: Dims, reduce: impl FnOnce(&GroupBy<T>, Dims) -> Result<T>) -> Result<T> {
        let along = self.along();
        let reduces = match &dims {
            Dims::Default | Dims::All => true,
            Dims::Names(names) => names.contains(&along),
        };
        let result = reduce(&self.groups, dims)?;
        if reduces { Ok(result) } else { self.without_times(&result) }
    }

    /// Reduces each bin over `dims` by a function of its elements: see [`GroupBy::reduce`]. A bin that holds nothing is
    /// missing.
    ///
    /// # Errors
    /// Those of [`GroupBy::reduce`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
    /// let change = a.resample("time", "D")?.reduce((), |bin: &[f64]| bin[bin.len() - 1] - bin[0])?;
    /// assert_eq!(change.to_vec::<f64>()?, [2.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce<E: Element, R: Element>(
        &self,
        dims: impl IntoDims,
        f: impl Fn(&[E]) -> R + Send + Sync + 'static,
    ) -> Result<T> {
        self.down(dims.into_dims(), |groups, dims| groups.reduce(dims, f))
    }

    /// Reduces each bin over `dims` by a kernel that is known by name: see [`GroupBy::reduce_kernel`].
    ///
    /// # Errors
    /// Those of [`GroupBy::reduce_kernel`].
    ///
    /// ```
    /// use graticule::lazy::Reducer;
    /// use graticule::prelude::*;
    /// #[derive(Debug, serde::Serialize, serde::Deserialize)]
    /// struct Held;
    /// #[typetag::serde(name = "Elements of a bin")]
    /// impl Reducer for Held {
    ///     fn name(&self) -> &str {
    ///         "held"
    ///     }
    ///     fn result_dtype(&self, _: DType) -> Result<DType> {
    ///         Ok(DType::I64)
    ///     }
    ///     fn reduce(&self, lanes: &Block) -> Result<Block> {
    ///         let (n, len) = (lanes.shape()[0], lanes.shape()[1]);
    ///         Block::from_vec(&[n], vec![len as i64; n])
    ///     }
    /// }
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1, 3, 4])?.assign_coords([("time", time)])?;
    /// let held = a.resample("time", "D")?.reduce_kernel((), Held, ReduceOptions::new())?;
    /// assert_eq!(held.to_vec::<i64>()?, [2, 1]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn reduce_kernel(
        &self,
        dims: impl IntoDims,
        kernel: impl Reducer + 'static,
        options: ReduceOptions,
    ) -> Result<T> {
        self.down(dims.into_dims(), |groups, dims| groups.reduce_kernel(dims, kernel, options))
    }

    /// The quantiles of each bin over `dims` (`()` for the times, names, or `..` for all), by linear interpolation
    /// between the two nearest values; missing values are left out. Several quantiles make a dimension `quantile`.
    /// See [`GroupBy::quantile`].
    ///
    /// # Errors
    /// Those of [`GroupBy::quantile`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[4], vec![0, 1, 2, 2 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 4)], vec![1.0, 3.0, 8.0, 4.0])?.assign_coords([("time", time)])?;
    /// let medians = a.resample("time", "D")?.quantile(0.5, ())?.to_vec::<f64>()?;
    /// assert!(medians[0] == 3.0 && medians[1].is_nan() && medians[2] == 4.0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile(&self, q: impl Into<Quantiles>, dims: impl IntoDims) -> Result<T> {
        self.quantile_with(q, dims, QuantileOptions::default())
    }

    /// [`quantile`](Self::quantile) with all choices open.
    ///
    /// # Errors
    /// Those of [`GroupBy::quantile`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{kernel::order::Method, labels::QuantileOptions};
    /// let time = Block::from_vec(&[2], vec![0i64, 1])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 2)], vec![1, 3])?.assign_coords([("time", time)])?;
    /// let options = QuantileOptions::new().method(Method::Higher);
    /// assert_eq!(a.resample("time", "D")?.quantile_with(0.5, (), options)?.to_vec::<i32>()?, [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile_with(
        &self,
        q: impl Into<Quantiles>,
        dims: impl IntoDims,
        options: QuantileOptions,
    ) -> Result<T> {
        self.down(dims.into_dims(), |groups, dims| groups.quantile_with(q, dims, options))
    }

    /// The time of the least value of each bin; missing where a bin holds nothing else or nothing. Lazy: reads nothing but
    /// the times.
    ///
    /// # Errors
    /// If the times are not the labels of a dimension of their name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 7, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1, 3, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.idxmin(&Default::default())?.to_vec::<i64>()?, [0, day]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn idxmin(&self, options: &IdxOptions) -> Result<T> {
        self.groups.idxmin(options)
    }

    /// The time of the greatest value of each bin; missing where a bin holds nothing else or nothing. Lazy: reads nothing but
    /// the times.
    ///
    /// # Errors
    /// If the times are not the labels of a dimension of their name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 7, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1, 3, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.idxmax(&Default::default())?.to_vec::<i64>()?, [7, day]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn idxmax(&self, options: &IdxOptions) -> Result<T> {
        self.groups.idxmax(options)
    }

    /// As in xarray: what is not put together by bins loses its times.
    pub(super) fn without_times(&self, result: &T) -> Result<T> {
        result.rebuild(result.to_parts().drop_vars_with(&self.dim, Missing::Ignore)?)
    }

    /// Applies a function to each bin that holds something and puts the results together: along the times
    /// (which go) in the original order if the function keeps them, else along the labels of the bins,
    /// missing where a bin holds nothing.
    ///
    /// # Errors
    /// Those of the function, and if the results do not fit together.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, 4 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
    /// let bins = a.resample("time", "2D")?;
    /// let ranges = bins.map(|bin| bin.max("time")?.sub(&bin.min("time")?))?.to_vec::<f64>()?;
    /// assert!(ranges[0] == 2.0 && ranges[1].is_nan() && ranges[2] == 0.0);
    /// let anomalies = bins.map(|bin| bin.sub(&bin.mean("time")?))?;
    /// assert_eq!(anomalies.to_vec::<f64>()?, [-1.0, 1.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn map(&self, mut f: impl FnMut(&T) -> Result<T>) -> Result<T> {
        let along = self.along();
        let mut keeps = None;
        let result = self.groups.map(|bin| {
            let result = f(bin)?;
            keeps.get_or_insert_with(|| result.to_parts().sizes().contains_key(&along));
            Ok(result)
        })?;
        if keeps == Some(true) { self.without_times(&result) } else { Ok(result) }
    }
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident => $op:ident),* $(,)?) => {
        impl<T: Labelled> Resample<T> {$(
            $(#[$doc])*
            ///
            /// Lazy: reads nothing. [`reduce_with`](Self::reduce_with) has the options.
            ///
            /// # Errors
            /// If the operation has no meaning for a dtype.
            pub fn $name(&self) -> Result<T> {
                self.reduce_with(ReduceOp::$op, (), ReduceOptions::default())
            }
        )*}
    };
}

reductions! {
    /// Averages each bin, leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.mean()?.to_vec::<f64>()?, [2.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    mean => Mean,
    /// Sums each bin, leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1, 3, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.sum()?.to_vec::<i64>()?, [4, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sum => Sum,
    /// Multiplies each bin, leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![2, 3, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.prod()?.to_vec::<i64>()?, [6, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    prod => Prod,
    /// The least value of each bin.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1, 3, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.min()?.to_vec::<i32>()?, [1, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    min => Min,
    /// The greatest value of each bin.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1, 3, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.max()?.to_vec::<i32>()?, [3, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    max => Max,
    /// The standard deviation of each bin (`ddof` is 0), leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.std()?.to_vec::<f64>()?, [1.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    std => Std,
    /// The variance of each bin (`ddof` is 0), leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 5.0, 4.0])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.var()?.to_vec::<f64>()?, [4.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    var => Var,
    /// The middle value of each bin, leaving missing values out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.median()?.to_vec::<f64>()?, [2.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    median => Median,
    /// How many values of each bin are not missing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1.0, f64::NAN, 4.0])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.count()?.to_vec::<i64>()?, [1, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    count => Count,
    /// Whether any value of each bin is true.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![true, false, false])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.any()?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    any => Any,
    /// Whether all values of each bin are true.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![true, false, true])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.all()?.to_vec::<bool>()?, [false, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    all => All,
    /// The first value of each bin, leaving missing ones out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1, 3, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.first()?.to_vec::<i32>()?, [1, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    first => First,
    /// The last value of each bin, leaving missing ones out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1, 3, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.last()?.to_vec::<i32>()?, [3, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    last => Last,
    /// The position within its bin of the least value of each; missing values are left out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![3, 1, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.argmin()?.to_vec::<i64>()?, [1, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    argmin => ArgMin,
    /// The position within its bin of the greatest value of each; missing values are left out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1, 3, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.argmax()?.to_vec::<i64>()?, [1, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    argmax => ArgMax,
}
