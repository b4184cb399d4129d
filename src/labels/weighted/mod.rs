//! Weighted sums, means and variances: sums of products, built from elementwise work and reductions.

mod members;
mod quantile;

use crate::dtype::promote::{missing_value, with_missing};
use crate::dtype::{DType, Scalar};
use crate::error::{Context, Error, Result};
use crate::kernel::elementwise::{BinaryOp, MapFn, UnaryOp};
use crate::labels::arithmetic::binary;
use crate::labels::dataarray::DataArray;
use crate::labels::dataset::Dataset;
use crate::labels::diagnostics;
use crate::labels::dims::{Dims, IntoDims};
use crate::labels::groupby::GroupBy;
use crate::labels::operand::{Labelled, Operand};
use crate::labels::options::{Options, with_options};
use crate::labels::reduce::ReduceOptions;
use crate::labels::resample::Resample;
use crate::labels::ufunc::without_attrs;
use crate::labels::variable::{Name, Variable};
use crate::lazy::LazyArray;
pub use members::Members;
pub(crate) use members::{every_member, plain_sum};

/// An array or dataset with a weight for each position.
///
/// Weights of missing values do not count. Weights are matched by label (an inner join).
///
/// ```
/// use graticule::labels::DataArray;
/// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 4.0, f64::NAN])?;
/// let w = DataArray::from_vec(&[("x", 3)], vec![2.0, 1.0, 5.0])?;
/// assert_eq!(a.weighted(&w)?.mean("x")?.to_vec::<f64>()?, [2.0]);
/// assert_eq!(a.weighted(&w)?.sum("x")?.to_vec::<f64>()?, [6.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Weighted<T> {
    object: T,
    weights: DataArray,
}

impl DataArray {
    /// The array with weights for means and sums.
    ///
    /// # Errors
    /// If a weight is missing. Weights that are not in memory are checked when they are computed.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 4.0])?;
    /// let w = DataArray::from_vec(&[("x", 2)], vec![2.0, 1.0])?;
    /// assert_eq!(a.weighted(&w)?.mean("x")?.to_vec::<f64>()?, [2.0]);
    /// assert!(a.weighted(&w.where_cond(w.gt(1.0)?)?).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn weighted(&self, weights: &DataArray) -> Result<Weighted<DataArray>> {
        Weighted::new(self.clone(), weights).at(|| self.place())
    }
}

impl Dataset {
    /// The dataset with weights for means and sums of its variables.
    ///
    /// # Errors
    /// If a weight is missing. Weights that are not in memory are checked when they are computed.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 4.0])?;
    /// let w = DataArray::from_vec(&[("x", 2)], vec![2.0, 1.0])?;
    /// let means = a.to_dataset("a").weighted(&w)?.mean("x")?;
    /// assert_eq!(means.get("a")?.to_vec::<f64>()?, [2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn weighted(&self, weights: &DataArray) -> Result<Weighted<Dataset>> {
        Weighted::new(self.clone(), weights).at(|| self.place())
    }
}

impl<T: Labelled> GroupBy<T> {
    /// The groups with weights for means and sums: for each group what [`Weighted`] gives of its members. In
    /// datasets and arrays alike the dimensions of the groups stand where those of plain reductions do.
    ///
    /// Weights are matched by label; each position of a group needs one (it may be 0).
    ///
    /// # Errors
    /// If a weight is missing. Weights that are not in memory are checked when they are computed.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 4.0, 7.0])?;
    /// let w = DataArray::from_vec(&[("x", 3)], vec![2.0, 1.0, 5.0])?;
    /// let season = DataArray::from_vec(&[("x", 3)], vec![0i64, 0, 1])?;
    /// let groups = a.groupby(season)?.weighted(&w)?;
    /// assert_eq!(groups.mean(())?.to_vec::<f64>()?, [2.0, 7.0]);
    /// assert_eq!(groups.var(())?.to_vec::<f64>()?, [2.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn weighted(&self, weights: &DataArray) -> Result<Weighted<GroupBy<T>>> {
        Weighted::new(self.clone(), weights).at(|| format!("{self:?}"))
    }
}

impl<T: Labelled> Resample<T> {
    /// The bins with weights for means and sums: for each bin what [`Weighted`] gives of its members. A bin that
    /// holds nothing is missing.
    ///
    /// Weights are matched by label; each time needs one (it may be 0).
    ///
    /// # Errors
    /// If a weight is missing. Weights that are not in memory are checked when they are computed.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 4.0, 7.0])?.assign_coords([("time", time)])?;
    /// let w = DataArray::from_vec(&[("time", 3)], vec![2.0, 1.0, 5.0])?;
    /// assert_eq!(a.resample("time", "D")?.weighted(&w)?.mean(())?.to_vec::<f64>()?, [2.0, 7.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn weighted(&self, weights: &DataArray) -> Result<Weighted<Resample<T>>> {
        Weighted::new(self.clone(), weights).at(|| format!("{self:?}"))
    }
}

/// What is computed for one array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum WeightedOp {
    Mean,
    Sum,
    SumOfWeights,
    SumOfSquares,
    Var,
    Std,
}

impl<M: Members> Weighted<M> {
    pub(crate) fn new(object: M, weights: &DataArray) -> Result<Self> {
        let v = weights.variable();
        let data = v.data().require_present("weights", "replace them first, as with `fillna(0)`", false)?;
        let v = v.with_data(v.dims().iter().cloned(), data)?;
        let weights = DataArray::from_parts(weights.name().cloned(), v, weights.coords().clone());
        Ok(Weighted { object, weights })
    }

    /// Computes `op` over `dims` with all choices open (of the options, those on missing values and
    /// attributes).
    ///
    /// # Errors
    /// If neither object nor weights have a dimension, or the weights do not fit.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// let w = DataArray::from_vec(&[("x", 2)], vec![2.0, 1.0])?;
    /// let strict = ReduceOptions::new().skipna(false);
    /// let sum = a.weighted(&w)?.reduce_with(WeightedOp::Sum, "x", strict)?;
    /// assert!(sum.to_vec::<f64>()?[0].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce_with(
        &self,
        op: WeightedOp,
        dims: impl IntoDims,
        options: ReduceOptions,
    ) -> Result<M::Object> {
        let dims: Dims = dims.into_dims();
        let name = format!("{op:?}").to_lowercase();
        self.each(&name, dims, &options, |a, dims| {
            let array = &self.object.prepared(a, &options)?;
            let sums =
                Sums { array, weights: &self.weights, members: &self.object, dims, skipna: options.skipna };
            // Attributes are those of the array, not what remains of them after so many operations.
            let quiet = Options { keep_attrs: false, ..Options::current() };
            let settled = |result| self.object.settled(result, array, &self.weights);
            let result = with_options(quiet, || sums.compute(op).and_then(settled))?;
            if matches!(op, WeightedOp::Var | WeightedOp::SumOfSquares | WeightedOp::SumOfWeights) {
                diagnostics::units_changed(&format!("weighted {name}"), &options.attrs(a.attrs()))?;
            }
            Ok(result)
        })
    }

    /// What `f` makes of each array over these dimensions.
    fn each(
        &self,
        name: &str,
        dims: Dims,
        options: &ReduceOptions,
        f: impl Fn(&DataArray, &[Name]) -> Result<DataArray>,
    ) -> Result<M::Object> {
        let parts = self.object.object().to_parts();
        let mut sizes = parts.sizes();
        sizes.extend(self.weights.sizes());
        let place = || format!("weighted `{name}`");
        let explicit = matches!(dims, Dims::Names(_));
        let dims = self.object.over(&dims, &sizes).at(place)?;
        let result = parts.map(|a| {
            let here =
                |d: &&Name| a.variable().axis(d).is_some() || self.weights.variable().axis(d).is_some();
            let here = |d: &&Name| here(d) || self.object.holds(d);
            if explicit && let Some(d) = dims.iter().find(|d| !here(d)) {
                let known = a.dims().iter().chain(self.weights.dims());
                return Err(Error::not_found("dimension", d, known));
            }
            let result = f(a, &dims)?;
            let v = result.variable().clone().with_attrs(options.attrs(a.attrs()));
            Ok(DataArray::from_parts(result.name().cloned(), v, result.coords().clone()))
        });
        let mut result = result.at(place)?;
        result.attrs = options.attrs(&parts.attrs);
        if !options.keep_attrs.unwrap_or_else(|| Options::current().keep_attrs) {
            result = result.with_parts(result.data_vars().clone(), without_attrs(result.coords())?);
        }
        self.object.object().rebuild(self.object.finished(result)?)
    }
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident => $op:ident),* $(,)?) => {
        impl<M: Members> Weighted<M> {$(
            $(#[$doc])*
            ///
            /// `dims` is a name, a list of names, or `..` for all; of groups, bins, blocks and windows `()` means what they are along. Lazy: reads nothing.
            ///
            /// # Errors
            /// If neither object nor weights have a dimension, or the weights do not fit.
            pub fn $name(&self, dims: impl IntoDims) -> Result<M::Object> {
                self.reduce_with(WeightedOp::$op, dims, ReduceOptions::default())
            }
        )*}
    };
}

methods! {
    /// The weighted mean; missing where the weights of valid values sum to 0.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 4.0])?;
    /// let w = DataArray::from_vec(&[("x", 2)], vec![2.0, 1.0])?;
    /// assert_eq!(a.weighted(&w)?.mean("x")?.to_vec::<f64>()?, [2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    mean => Mean,
    /// The sum of values times weights.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 4.0])?;
    /// let w = DataArray::from_vec(&[("x", 2)], vec![2.0, 1.0])?;
    /// assert_eq!(a.weighted(&w)?.sum("x")?.to_vec::<f64>()?, [6.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sum => Sum,
    /// The sum of the weights of valid values; missing where it is 0.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// let w = DataArray::from_vec(&[("x", 2)], vec![2.0, 1.0])?;
    /// assert_eq!(a.weighted(&w)?.sum_of_weights("x")?.to_vec::<f64>()?, [2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sum_of_weights => SumOfWeights,
    /// The weighted sum of squared distances from the weighted mean.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 4.0])?;
    /// let w = DataArray::from_vec(&[("x", 2)], vec![2.0, 1.0])?;
    /// // 2 (1 - 2)² + 1 (4 - 2)²
    /// assert_eq!(a.weighted(&w)?.sum_of_squares("x")?.to_vec::<f64>()?, [6.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sum_of_squares => SumOfSquares,
    /// The weighted variance (of the population).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 4.0])?;
    /// let w = DataArray::from_vec(&[("x", 2)], vec![2.0, 1.0])?;
    /// assert_eq!(a.weighted(&w)?.var("x")?.to_vec::<f64>()?, [2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    var => Var,
    /// The weighted standard deviation (of the population).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 5.0])?;
    /// let w = DataArray::from_vec(&[("x", 2)], vec![1.0, 1.0])?;
    /// assert_eq!(a.weighted(&w)?.std("x")?.to_vec::<f64>()?, [2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    std => Std,
}

/// The sums over one array that everything is made of.
struct Sums<'a, M> {
    array: &'a DataArray,
    weights: &'a DataArray,
    members: &'a M,
    dims: &'a [Name],
    skipna: Option<bool>,
}

impl<M: Members> Sums<'_, M> {
    fn compute(&self, op: WeightedOp) -> Result<DataArray> {
        match op {
            WeightedOp::Sum => self.sum(self.array),
            WeightedOp::SumOfWeights => self.sum_of_weights(),
            WeightedOp::Mean => apply(BinaryOp::Div, &self.sum(self.array)?, &self.sum_of_weights()?),
            WeightedOp::SumOfSquares => self.sum_of_squares(),
            WeightedOp::Var => apply(BinaryOp::Div, &self.sum_of_squares()?, &self.sum_of_weights()?),
            WeightedOp::Std => map(&self.compute(WeightedOp::Var)?, |data| {
                LazyArray::map(MapFn::Unary(UnaryOp::Sqrt), std::slice::from_ref(data))
            }),
        }
    }

    /// Values times weights, summed.
    fn sum(&self, values: &DataArray) -> Result<DataArray> {
        let dtype = values.dtype();
        let skips = self.skipna.unwrap_or(dtype.is_float() || dtype.is_complex());
        let filled = match skips && dtype.holds_missing() {
            true => map(values, |data| {
                let zero = Scalar::Int(0).cast_to(dtype)?.reshape(&vec![1; data.ndim()])?;
                LazyArray::map(MapFn::FillNa, &[data.clone(), zero.into()])
            })?,
            // Asked to skip, integers too are filled with a zero that is a float.
            false if self.skipna == Some(true) && (dtype.is_bool() || dtype.is_integer()) => {
                map(values, |data| data.cast(DType::F64))?
            }
            false => values.clone(),
        };
        self.sum_products(&filled, self.weights)
    }

    fn sum_products(&self, values: &DataArray, weights: &DataArray) -> Result<DataArray> {
        let products = apply(BinaryOp::Mul, values, weights)?;
        let sum = self.members.sum_members(&products, self.dims)?;
        // A scalar product keeps the dtype of its products, where a sum widens small integers; groups without
        // members have made floats of them.
        let dtype = match sum.dtype().is_float() {
            true if !products.dtype().is_float() => with_missing(products.dtype()),
            _ => products.dtype(),
        };
        map(&sum, |data| data.cast(dtype))
    }

    fn sum_of_weights(&self) -> Result<DataArray> {
        let valid = map(self.array, |data| {
            LazyArray::map(MapFn::Unary(UnaryOp::NotNull), std::slice::from_ref(data))
        })?;
        let weights = match self.weights.dtype() {
            // A sum of bools counts.
            DType::Bool => map(self.weights, |data| data.cast(DType::I64))?,
            _ => self.weights.clone(),
        };
        let sum = self.sum_products(&valid, &weights)?;
        map(&sum, |data| {
            let ones = vec![1; data.ndim()];
            let zero = Scalar::Int(0).cast_to(data.dtype())?.reshape(&ones)?;
            let some = LazyArray::map(MapFn::Binary(BinaryOp::Ne), &[data.clone(), zero.into()])?;
            let dtype = with_missing(data.dtype());
            let missing = missing_value(dtype).reshape(&ones)?;
            LazyArray::map(MapFn::Where, &[some, data.cast(dtype)?, missing.into()])
        })
    }

    fn sum_of_squares(&self) -> Result<DataArray> {
        if let Some(squares) = self.members.sum_of_squares(self.array, self.weights) {
            return squares;
        }
        // The mean leaves missing values out, whatever becomes of the sum of squares.
        let mean = Sums { skipna: None, ..*self }.compute(WeightedOp::Mean)?;
        let distance = self.members.distance(self.array, &mean, self.dims)?;
        self.sum(&apply(BinaryOp::Mul, &distance, &distance)?)
    }
}

/// The array with other elements of the same shape.
fn map(a: &DataArray, f: impl FnOnce(&LazyArray) -> Result<LazyArray>) -> Result<DataArray> {
    let v = a.variable();
    let v = Variable::new(v.dims().iter().cloned(), f(v.data())?)?;
    Ok(DataArray::from_parts(a.name().cloned(), v, a.coords().clone()))
}

fn apply(op: BinaryOp, a: &DataArray, b: &DataArray) -> Result<DataArray> {
    match binary(op, a, b)? {
        Operand::DataArray(a) => Ok(a),
        _ => Err(Error::internal("two arrays gave no array")),
    }
}
