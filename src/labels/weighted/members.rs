//! What weights are summed over: dimensions, the groups of a key, bins of times, blocks or windows.

use indexmap::IndexMap;

use super::apply;
use super::quantile::{Both, Quantiled, squeezed};
use crate::error::{Error, Result};
use crate::kernel::elementwise::BinaryOp;
use crate::kernel::reduce::ReduceOp;
use crate::labels::dataarray::DataArray;
use crate::labels::dataset::Dataset;
use crate::labels::dims::Dims;
use crate::labels::groupby::GroupBy;
use crate::labels::operand::Labelled;
use crate::labels::quantile::{QUANTILE, Quantiles};
use crate::labels::reduce::ReduceOptions;
use crate::labels::resample::Resample;
use crate::labels::squeeze::expanded;
use crate::labels::variable::Name;

/// What can have weights: arrays and datasets, their groups ([`GroupBy`]), bins of times ([`Resample`]), blocks of
/// neighbours ([`Coarsen`](crate::labels::Coarsen)) and windows that move ([`Rolling`](crate::labels::Rolling)).
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::labels::{Members, Weighted};
/// fn mean<M: Members>(members: &Weighted<M>) -> Result<M::Object> {
///     members.mean(())
/// }
/// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 4.0])?;
/// let w = DataArray::from_vec(&[("x", 2)], vec![2.0, 1.0])?;
/// assert_eq!(mean(&a.weighted(&w)?)?.to_vec::<f64>()?, [2.0]);
/// # Ok::<(), Error>(())
/// ```
pub trait Members {
    /// What comes out: an array or a dataset.
    type Object: Labelled;

    /// The object that has the members.
    #[doc(hidden)]
    fn object(&self) -> &Self::Object;

    /// The dimensions that go, of those of the object and its weights.
    ///
    /// # Errors
    /// If a dimension does not exist.
    #[doc(hidden)]
    fn over(&self, dims: &Dims, sizes: &IndexMap<Name, usize>) -> Result<Vec<Name>>;

    /// Whether a dimension is one of the members' own, which a variable may lack.
    #[doc(hidden)]
    fn holds(&self, _dim: &Name) -> bool {
        false
    }

    /// The array as its members are summed.
    ///
    /// # Errors
    /// If the options have no meaning for these members.
    #[doc(hidden)]
    fn prepared(&self, array: &DataArray, _options: &ReduceOptions) -> Result<DataArray> {
        Ok(array.clone())
    }

    /// The sums of members over those of `dims` that the products have.
    ///
    /// # Errors
    /// If the products have lost members.
    #[doc(hidden)]
    fn sum_members(&self, products: &DataArray, dims: &[Name]) -> Result<DataArray>;

    /// How far each value is from the mean of its members.
    ///
    /// # Errors
    /// If the means do not fit.
    #[doc(hidden)]
    fn distance(&self, array: &DataArray, means: &DataArray, dims: &[Name]) -> Result<DataArray>;

    /// The sum of squared distances of an array from the means of its members, where it is not made of
    /// [`distance`](Self::distance).
    #[doc(hidden)]
    fn sum_of_squares(&self, _array: &DataArray, _weights: &DataArray) -> Option<Result<DataArray>> {
        None
    }

    /// What is made of one array, where it has values enough.
    ///
    /// # Errors
    /// None that a caller could cause.
    #[doc(hidden)]
    fn settled(&self, result: DataArray, _array: &DataArray, _weights: &DataArray) -> Result<DataArray> {
        Ok(result)
    }

    /// The parts of a result with dimensions where they belong.
    ///
    /// # Errors
    /// None that a caller could cause.
    #[doc(hidden)]
    fn finished(&self, result: Dataset) -> Result<Dataset> {
        Ok(result)
    }
}

/// Sums over dimensions.
pub(crate) fn plain_sum(products: &DataArray, dims: &[Name]) -> Result<DataArray> {
    let dims = dims.iter().filter(|d| products.variable().axis(d).is_some()).cloned().collect();
    products.reduce_with(ReduceOp::Sum, Dims::Names(dims), ReduceOptions::new().skipna(false))
}

/// An error if the products, whose labels are those of weights too, have lost positions along a dimension.
pub(crate) fn every_member<'a>(
    products: &DataArray,
    lens: impl IntoIterator<Item = (&'a Name, usize)>,
    whose: &str,
) -> Result<()> {
    for (dim, len) in lens {
        if let Some(axis) = products.variable().axis(dim)
            && products.shape()[axis] != len
        {
            let found = products.shape()[axis];
            return Err(Error::invalid(format!(
                "weights have the labels of {found} of {len} positions along `{dim}`"
            ))
            .help(format!(
                "in {whose} each member needs a weight: `reindex` the weights with 0 for the others"
            )));
        }
    }
    Ok(())
}

macro_rules! plain {
    ($T:ident) => {
        impl Members for $T {
            type Object = $T;

            fn object(&self) -> &$T {
                self
            }

            fn over(&self, dims: &Dims, sizes: &IndexMap<Name, usize>) -> Result<Vec<Name>> {
                dims.among(sizes)
            }

            fn sum_members(&self, products: &DataArray, dims: &[Name]) -> Result<DataArray> {
                plain_sum(products, dims)
            }

            fn distance(&self, array: &DataArray, means: &DataArray, _: &[Name]) -> Result<DataArray> {
                apply(BinaryOp::Sub, array, means)
            }
        }

        impl Quantiled for $T {
            fn quantiles(
                &self,
                both: &Both,
                q: &Quantiles,
                dims: &[Name],
                options: &ReduceOptions,
            ) -> Result<DataArray> {
                squeezed(both.quantiles(q, dims, options)?)
            }
        }
    };
}
plain!(DataArray);
plain!(Dataset);

impl<T: Labelled> GroupBy<T> {
    /// Whether a reduction over these dimensions puts members of groups together.
    fn gathers(&self, dims: &[Name]) -> bool {
        dims.iter().any(|d| self.groups.own_dims().contains(d))
    }

    /// The dimensions of the groups with their lengths.
    fn lengths(&self) -> impl Iterator<Item = (&Name, usize)> {
        self.groups.own_dims().iter().zip(self.groups.shape[self.groups.layers..].iter().copied())
    }

    /// Values without the dimensions of the groups, for each group.
    fn repeated(&self, values: &DataArray) -> Result<DataArray> {
        let groups = &self.groups;
        let parts = values.to_temp_dataset();
        let vars = parts.map_variables(|v| {
            let repeated = groups.repeated(Some(v.clone()))?;
            repeated.map(|v| groups.settled(v, &[], true)).transpose()
        })?;
        let mut coords = parts.coords().clone();
        groups.add_coords(&mut coords)?;
        DataArray::from_temp_dataset(Dataset::from_variables(vars, coords)?, None)
    }

    /// The array with all dimensions of the groups: each value counts in all members that it stands for.
    fn filled_out(&self, array: &DataArray) -> Result<DataArray> {
        let lacks = |(d, _): &(&Name, usize)| array.variable().axis(d).is_none();
        let lacking: Vec<(Name, usize)> =
            self.lengths().filter(lacks).map(|(d, len)| (d.clone(), len)).collect();
        let places: Vec<isize> = (0..lacking.len() as isize).collect();
        let v = expanded(array.variable(), &lacking, &places)?;
        Ok(DataArray::from_parts(array.name().cloned(), v, array.coords().clone()))
    }
}

impl<T: Labelled> Members for GroupBy<T> {
    type Object = T;

    fn object(&self) -> &T {
        &self.object
    }

    fn over(&self, dims: &Dims, sizes: &IndexMap<Name, usize>) -> Result<Vec<Name>> {
        let own = self.groups.own_dims();
        let dims = match dims {
            Dims::Default => own.to_vec(),
            named => named.among(sizes)?,
        };
        match own.iter().find(|d| self.gathers(&dims) && !dims.contains(d)) {
            None => Ok(dims),
            Some(dim) => Err(Error::unsupported("weights of groups over a part of their dimensions")
                .help(format!("name `{dim}` too, or leave all dimensions of the groups out"))),
        }
    }

    fn holds(&self, dim: &Name) -> bool {
        self.groups.own_dims().contains(dim)
    }

    fn sum_members(&self, products: &DataArray, dims: &[Name]) -> Result<DataArray> {
        if !self.gathers(dims) {
            return plain_sum(products, dims);
        }
        let groups = &self.groups;
        every_member(products, self.lengths(), "groups")?;
        let has = |d: &Name| products.variable().axis(d).is_some();
        let others = dims.iter().filter(|d| !groups.own_dims().contains(d) && has(d)).cloned();
        if !groups.own_dims().iter().any(has) {
            return self.repeated(&plain_sum(products, &others.collect::<Vec<_>>())?);
        }
        let products = self.filled_out(products)?;
        let dims = groups.own_dims().iter().cloned().chain(others).collect();
        let options = ReduceOptions::new().skipna(false);
        GroupBy { object: products, groups: groups.clone() }.reduce_with(
            ReduceOp::Sum,
            Dims::Names(dims),
            options,
        )
    }

    fn distance(&self, array: &DataArray, means: &DataArray, dims: &[Name]) -> Result<DataArray> {
        if !self.gathers(dims) {
            return apply(BinaryOp::Sub, array, means);
        }
        // The labels of groups, which each member gets with its mean, may be named as its own are.
        let means = self.spread(means)?.into_array()?;
        let coords = means.coords().without_dims(self.groups.own_dims());
        let means = DataArray::from_parts(None, means.variable().clone(), coords);
        apply(BinaryOp::Sub, array, &means)
    }

    fn finished(&self, result: Dataset) -> Result<Dataset> {
        let names = self.names();
        if GroupBy::<T>::is_array(&result) {
            return Ok(result);
        }
        // In datasets the dimension of one key comes first, those of several last.
        let vars = result.map_variables(|v| {
            let (own, mut order): (Vec<Name>, Vec<Name>) =
                v.dims().iter().cloned().partition(|d| names.contains(d));
            let at = if names.len() == 1 { 0 } else { order.len() };
            order.splice(at..at, own);
            v.in_order(&order).map(Some)
        })?;
        let coords = result.coords().clone();
        Ok(result.with_parts(vars, coords))
    }
}

impl<T: Labelled> Quantiled for GroupBy<T> {
    fn quantiles(
        &self,
        both: &Both,
        q: &Quantiles,
        dims: &[Name],
        options: &ReduceOptions,
    ) -> Result<DataArray> {
        if !self.gathers(dims) {
            return both.quantiles(q, dims, options);
        }
        every_member(&both.values, self.lengths(), "groups")?;
        let result = match self.groups.own_dims().iter().any(|d| both.values.variable().axis(d).is_some()) {
            false => self.repeated(&both.quantiles(q, dims, options)?)?,
            true => {
                let (object, weights) = (self.filled_out(&both.values)?, self.filled_out(&both.weights)?);
                let groups = GroupBy { object, groups: self.groups.clone() };
                groups.weighted_quantile(weights.variable(), q, dims.to_vec(), options)?
            }
        };
        if GroupBy::<T>::is_array(&self.object.to_parts()) {
            return Ok(result);
        }
        // In datasets quantiles come before what is left of other dimensions.
        let mut order = result.dims().to_vec();
        order.sort_by_key(|d| **d != *QUANTILE);
        result.transpose(Dims::Names(order))
    }
}

impl<T: Labelled> Members for Resample<T> {
    type Object = T;

    fn object(&self) -> &T {
        self.groups.object()
    }

    fn over(&self, dims: &Dims, sizes: &IndexMap<Name, usize>) -> Result<Vec<Name>> {
        self.groups.over(dims, sizes)
    }

    fn holds(&self, dim: &Name) -> bool {
        self.groups.holds(dim)
    }

    fn sum_members(&self, products: &DataArray, dims: &[Name]) -> Result<DataArray> {
        self.groups.sum_members(products, dims)
    }

    fn distance(&self, array: &DataArray, means: &DataArray, dims: &[Name]) -> Result<DataArray> {
        self.groups.distance(array, means, dims)
    }

    fn finished(&self, result: Dataset) -> Result<Dataset> {
        self.groups.finished(result)
    }
}

impl<T: Labelled> Quantiled for Resample<T> {
    fn quantiles(
        &self,
        both: &Both,
        q: &Quantiles,
        dims: &[Name],
        options: &ReduceOptions,
    ) -> Result<DataArray> {
        self.groups.quantiles(both, q, dims, options)
    }
}
