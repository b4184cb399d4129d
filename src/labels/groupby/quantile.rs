//! Quantiles of groups.

use super::GroupBy;
use super::groups::Groups;
use super::reduce::Reduces;
use crate::error::{Context, Error, Result};
use crate::kernel::order::{OrderSpec, Pick};
use crate::labels::attrs::Attrs;
use crate::labels::coords::Coords;
use crate::labels::dataarray::DataArray;
use crate::labels::dims::{Dims, IntoDims};
use crate::labels::operand::Labelled;
use crate::labels::quantile::{QuantileOptions, Quantiles, check_free, quantile_variable};
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::{Name, Variable};

struct Quantile<'a> {
    q: &'a Quantiles,
    options: &'a QuantileOptions,
}

impl Reduces for Quantile<'_> {
    fn by_group(&self, v: &Variable, groups: &Groups, others: &[Name]) -> Result<Option<Variable>> {
        let laid = groups.laid_out(v, others)?;
        let codes = Some(laid.codes);
        self.q.variable(v, &laid.data, laid.others, codes, laid.kept, self.options).map(Some)
    }

    fn over(&self, v: &Variable, dims: &[Name]) -> Result<Option<Variable>> {
        quantile_variable(v, self.q, dims, self.options)
    }

    fn attrs(&self, attrs: &Attrs) -> Attrs {
        self.options.attrs(attrs)
    }

    fn coords(&self, coords: Coords) -> Result<Coords> {
        self.q.coords(coords)
    }
}

struct Weighted<'a> {
    q: &'a Quantiles,
    /// Of the same dimensions as the values.
    weights: &'a Variable,
    options: &'a ReduceOptions,
}

impl Reduces for Weighted<'_> {
    fn by_group(&self, v: &Variable, groups: &Groups, others: &[Name]) -> Result<Option<Variable>> {
        let laid = groups.laid_out(v, others)?;
        let weights = groups.laid_out(self.weights, others)?.data;
        check_free(&laid.kept)?;
        let pick = Pick::Weighted { q: self.q.values().into() };
        let skipna = self.options.skipna != Some(false);
        let spec = OrderSpec { pick, axes: laid.others, group: Some(laid.codes), skipna };
        self.q.picked(laid.data.pick_with(spec, Some(&weights))?, laid.kept).map(Some)
    }

    fn over(&self, _: &Variable, dims: &[Name]) -> Result<Option<Variable>> {
        Err(Error::internal(format!("values without the dimensions of groups, over {dims:?}")))
    }

    fn attrs(&self, attrs: &Attrs) -> Attrs {
        attrs.clone()
    }

    fn coords(&self, coords: Coords) -> Result<Coords> {
        self.q.fractions(coords)
    }
}

impl GroupBy<DataArray> {
    /// The quantiles of each group over `dims`, all grouped ones among them, with weights of the same dimensions.
    pub(in crate::labels) fn weighted_quantile(
        &self,
        weights: &Variable,
        q: &Quantiles,
        dims: Vec<Name>,
        options: &ReduceOptions,
    ) -> Result<DataArray> {
        let ds = self.reduced(&Weighted { q, weights, options }, &Dims::Names(dims))?;
        self.object.rebuild(ds)
    }
}

impl<T: Labelled> GroupBy<T> {
    /// The quantiles of each group over `dims` (`()` for the grouped dimensions, names, or `..` for all), by linear
    /// interpolation between the two nearest values; missing values are left out.
    ///
    /// The dimension of the groups takes the place of the grouped one. Several quantiles make a dimension
    /// `quantile`: the last one of an array, the one after the groups in a dataset. Groups without members are
    /// missing, and so are those of nothing but missing values. dtypes, coordinates and laziness are those of
    /// [`Dataset::quantile`](crate::labels::Dataset::quantile).
    ///
    /// # Errors
    /// If a fraction is not from 0 to 1, a dimension does not exist, or a variable has no order (complex numbers) or
    /// nothing between its values (text, bools).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 5)], vec![1.0, 2.0, 4.0, 9.0, f64::NAN])?;
    /// let key = DataArray::from_vec(&[("x", 5)], vec![0i64, 1, 1, 1, 0])?;
    /// let ends = a.groupby(key)?.quantile([0.0, 1.0], ())?;
    /// assert_eq!((ends.shape(), ends.to_vec::<f64>()?), (vec![2, 2], vec![1.0, 1.0, 2.0, 9.0]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile(&self, q: impl Into<Quantiles>, dims: impl IntoDims) -> Result<T> {
        self.quantile_with(q, dims, QuantileOptions::default())
    }

    /// [`quantile`](Self::quantile) with all choices open.
    ///
    /// # Errors
    /// Those of [`quantile`](Self::quantile).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{kernel::order::Method, labels::QuantileOptions};
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 4])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 1, 1])?;
    /// let options = QuantileOptions::new().method(Method::Lower);
    /// assert_eq!(a.groupby(key)?.quantile_with(0.5, (), options)?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn quantile_with(
        &self,
        q: impl Into<Quantiles>,
        dims: impl IntoDims,
        options: QuantileOptions,
    ) -> Result<T> {
        let (q, dims) = (q.into(), dims.into_dims());
        let place = || format!("groupby `{}`, in `quantile`", self.groups.names());
        let quantile = Quantile { q: &q, options: &options };
        q.check()
            .and_then(|()| self.reduced(&quantile, &dims))
            .and_then(|ds| self.object.rebuild(ds))
            .at(place)
    }
}
