//! Derivatives and integrals along coordinates.

use std::sync::Arc;

use indexmap::IndexMap;

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::{Dims, IntoDims};
use super::points::{Coordinate, DatetimeUnit};
use super::variable::{Name, Variable};
use crate::array::{Block, Slice};
use crate::dtype::DType;
use crate::dtype::promote::{is_plain, promote};
use crate::error::{Context, Error, Result};
use crate::kernel::calculus::Spacing;
use crate::kernel::cast::cast;
use crate::kernel::elementwise::{BinaryOp, MapFn};
use crate::lazy::LazyArray;

/// How to differentiate: the order at the ends, and the unit of a datetime coordinate.
///
/// # Example
/// ```
/// use graticule::labels::{DatetimeUnit, DifferentiateOptions};
/// let options = DifferentiateOptions::new().edge_order(2).datetime_unit(DatetimeUnit::Hour);
/// assert_eq!(options.edge_order, 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DifferentiateOptions {
    /// Order of the differences at both ends: 1 (the default) or 2.
    pub edge_order: usize,
    /// The unit in which distances of a datetime coordinate are counted; by default its ticks.
    pub datetime_unit: Option<DatetimeUnit>,
}

impl Default for DifferentiateOptions {
    fn default() -> Self {
        DifferentiateOptions { edge_order: 1, datetime_unit: None }
    }
}

impl DifferentiateOptions {
    /// First order at the ends, times in ticks.
    ///
    /// ```
    /// # use graticule::labels::DifferentiateOptions;
    /// assert_eq!(DifferentiateOptions::new().edge_order, 1);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// With the order of the differences at both ends.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::DifferentiateOptions;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![0.0, 1.0, 4.0])?;
    /// // Of second order a parabola is exact at its ends.
    /// let slope = a.differentiate_with("x", &DifferentiateOptions::new().edge_order(2))?;
    /// assert_eq!(slope.to_vec::<f64>()?, [0.0, 2.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn edge_order(self, edge_order: usize) -> Self {
        DifferentiateOptions { edge_order, ..self }
    }

    /// With the unit in which distances of a datetime coordinate are counted.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{DatetimeUnit, DifferentiateOptions};
    /// let options = DifferentiateOptions::new().datetime_unit(DatetimeUnit::Day);
    /// assert_eq!(options.datetime_unit, Some(DatetimeUnit::Day));
    /// ```
    pub fn datetime_unit(self, unit: impl Into<Option<DatetimeUnit>>) -> Self {
        DifferentiateOptions { datetime_unit: unit.into(), ..self }
    }
}

/// The variables along the dimension of a coordinate made anew by `f(variable, axis)`; others stay.
fn along(
    ds: &Dataset,
    coordinate: &Coordinate,
    mut f: impl FnMut(&Variable, usize) -> Result<Variable>,
) -> Result<IndexMap<Name, Variable>> {
    ds.map_variables(|v| match v.axis(&coordinate.dim) {
        Some(axis) => f(v, axis).map(Some),
        None => Ok(Some(v.clone())),
    })
}

/// What can be integrated.
fn check_integrand(dtype: DType) -> Result<()> {
    match dtype {
        d if is_plain(d) => Ok(()),
        d if d.is_time() => Err(Error::dtype(format!("an integral of {d} has no meaning"))
            .help("subtract a reference and cast to a number first")),
        d => Err(Error::dtype(format!("an integral of {d} has no meaning"))),
    }
}

/// The dtype that distances between points bring into a product: wide, but for narrow floats.
fn distance_dtype(coordinate: &Coordinate) -> DType {
    if coordinate.labels.dtype() == DType::F32 { DType::F32 } else { DType::F64 }
}

/// Weights of the trapezoidal rule: half the distance between both neighbours of each point.
fn trapezoids(x: &[f64]) -> Vec<f64> {
    let distance = |i: usize| x[i + 1] - x[i];
    (0..x.len())
        .map(|i| {
            let before = if i > 0 { distance(i - 1) } else { 0.0 };
            let after = if i + 1 < x.len() { distance(i) } else { 0.0 };
            0.5 * (before + after)
        })
        .collect()
}

fn integrate_one(ds: &Dataset, coord: &str, unit: Option<DatetimeUnit>) -> Result<Dataset> {
    let coordinate = ds.coordinate(coord)?;
    let x = coordinate.distances(unit)?;
    let weights = cast(&Block::from_vec(&[x.len()], trapezoids(&x))?, distance_dtype(&coordinate))?;
    let data_vars = along(ds, &coordinate, |v, axis| {
        check_integrand(v.dtype())?;
        let (mut data, mut weights) = (v.data().clone(), weights.clone());
        if x.len() == 1 {
            // A single point spans nothing, whatever its value.
            let mut slices: Vec<Slice> = v.shape().into_iter().map(Slice::all).collect();
            slices[axis] = Slice::range(0..0);
            data = data.slice(&slices)?;
            weights = weights.slice(&slices[axis..axis + 1]);
        }
        let mut shape = vec![1; v.ndim()];
        shape[axis] = weights.size();
        let weights = LazyArray::from(weights.reshape(&shape)?);
        let products = LazyArray::map(MapFn::Binary(BinaryOp::Mul), &[data, weights])?;
        let dims: Vec<Name> = v.dims().iter().filter(|d| **d != coordinate.dim).cloned().collect();
        Variable::new(dims, products.sum_as_is(vec![axis])?)
    })?;
    let coords = ds.coords().without_dims(std::slice::from_ref(&coordinate.dim));
    Ok(ds.with_parts(data_vars, coords))
}

fn cumulative_one(ds: &Dataset, coord: &str, unit: Option<DatetimeUnit>) -> Result<Dataset> {
    let coordinate = ds.coordinate(coord)?;
    let x: Arc<[f64]> = coordinate.distances(unit)?.into();
    let data_vars = along(ds, &coordinate, |v, axis| {
        check_integrand(v.dtype())?;
        let data = v.data().cast(promote(distance_dtype(&coordinate), v.dtype())?)?;
        Variable::new(v.dims().iter().cloned(), data.running_integral(axis, x.clone())?)
    })?;
    Ok(ds.with_parts(data_vars, ds.coords().clone()))
}

/// What `verb` makes of a dataset along one coordinate after the other.
fn one_by_one(
    ds: &Dataset,
    verb: &str,
    coords: &Dims,
    along_one: impl Fn(&Dataset, &str) -> Result<Dataset>,
) -> Result<Dataset> {
    let run = || {
        let Some(names) = coords.names() else {
            return Err(Error::invalid("an integral needs the names of its coordinates")
                .help("give a name or a list of names"));
        };
        names
            .iter()
            .try_fold(ds.clone(), |ds, coord| along_one(&ds, coord).at(|| format!("{verb} along `{coord}`")))
    };
    ds.locate(run(), || verb.to_string())
}

impl Dataset {
    /// Differentiates along a coordinate with all choices open: see [`Dataset::differentiate`].
    ///
    /// # Errors
    /// Those of [`Dataset::differentiate`].
    ///
    /// # Example
    /// ```
    /// use graticule::labels::{DataArray, DifferentiateOptions};
    /// let ds = DataArray::from_vec(&[("x", 3)], vec![0.0, 1.0, 4.0])?.to_dataset("f");
    /// let g = ds.differentiate_with("x", &DifferentiateOptions::new().edge_order(2))?;
    /// assert_eq!(g.get("f")?.to_vec::<f64>()?, [0.0, 2.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn differentiate_with(&self, coord: &str, options: &DifferentiateOptions) -> Result<Dataset> {
        let run = || -> Result<Dataset> {
            let coordinate = self.coordinate(coord)?;
            let spacing = Spacing::new(&coordinate.distances(options.datetime_unit)?);
            let data_vars = along(self, &coordinate, |v, axis| {
                let mut data = v.data().gradient(axis, spacing.clone(), options.edge_order)?;
                if let (DType::Datetime { unit: ticks, .. } | DType::Timedelta { unit: ticks }, Some(unit)) =
                    (v.dtype(), options.datetime_unit.or_else(|| coordinate.default_unit()))
                {
                    let factor = Block::scalar(unit.units_per_tick(ticks)).reshape(&vec![1; v.ndim()])?;
                    data = LazyArray::map(MapFn::Binary(BinaryOp::Mul), &[data, factor.into()])?;
                }
                Variable::new(v.dims().iter().cloned(), data)
            })?;
            Ok(self.with_parts(data_vars, self.coords().clone()))
        };
        self.locate(run(), || format!("differentiate along `{coord}`"))
    }
}

macro_rules! methods {
    ($T:ident $example:literal) => {
        impl $T {
            /// Differentiates along a coordinate of rank 1 (or a dimension without one: along its positions).
            ///
            /// Differences of second order inside and of first order at both ends, as numpy's `gradient`; a
            /// missing element spreads to its neighbours. Floats and complex numbers keep their dtype, integers
            /// and times give `f64`. Variables without the dimension stay; attributes of the others go.
            ///
            /// Distances of a datetime coordinate are counted in its own ticks (of calendars other than the
            /// proleptic Gregorian one in seconds), so the result depends on its resolution: name a unit with
            /// [`differentiate_with`](Self::differentiate_with).
            ///
            /// Lazy, over any chunks: a chunk needs one row of each neighbour. Reads the coordinate.
            ///
            /// # Errors
            /// If there is no such coordinate, it has another rank, its labels are neither numbers nor times,
            /// or the dimension is too short.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 4)], vec![0.0, 1.0, 4.0, 9.0])?;
            #[doc = concat!("let a = a", $example, ";")]
            /// let slope = a.differentiate("x")?;
            /// # let _ = slope;
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn differentiate(&self, coord: &str) -> Result<$T> {
                self.differentiate_with(coord, &DifferentiateOptions::default())
            }

            /// Integrates by trapezoids along one or several coordinates of rank 1.
            ///
            /// `∫ y dx ≈ Σ (xᵢ₊₁ - xᵢ)(yᵢ + yᵢ₊₁)/2`: a descending coordinate gives the opposite sign. A missing
            /// element makes the integral missing. The dimension goes, and with it its coordinates; variables
            /// without it stay. Integers give `f64`; attributes of integrated variables go.
            ///
            /// Distances of a datetime coordinate are counted in its own ticks (of calendars other than the
            /// proleptic Gregorian one in seconds): name a unit with
            /// [`integrate_in`](Self::integrate_in). Lazy, over any chunks. Reads the coordinates.
            ///
            /// # Errors
            /// If there is no such coordinate, it has another rank, its labels are neither numbers nor times,
            /// or elements are no numbers.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![0.0, 1.0, 4.0])?;
            #[doc = concat!("let a = a", $example, ";")]
            /// let area = a.integrate("x")?;
            /// # let _ = area;
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn integrate(&self, coords: impl IntoDims) -> Result<$T> {
                self.integrate_in(coords, None)
            }

            /// The running integral by trapezoids along one or several coordinates: it starts with zero.
            ///
            /// Coordinates and dimensions stay. Otherwise as [`integrate`](Self::integrate). Lazy: over several
            /// chunks the data are read twice, once for the integral of each chunk.
            ///
            /// # Errors
            /// Those of [`integrate`](Self::integrate).
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![0.0, 1.0, 4.0])?;
            #[doc = concat!("let a = a", $example, ";")]
            /// let running = a.cumulative_integrate("x")?;
            /// # let _ = running;
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn cumulative_integrate(&self, coords: impl IntoDims) -> Result<$T> {
                self.cumulative_integrate_in(coords, None)
            }
        }
    };
}
methods!(DataArray "");
methods!(Dataset ".to_dataset(\"a\")");

impl Dataset {
    /// [`integrate`](Self::integrate) with the unit in which distances of a datetime coordinate are counted.
    ///
    /// # Errors
    /// Those of [`integrate`](Self::integrate).
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let ds = DataArray::from_vec(&[("x", 3)], vec![0.0, 1.0, 4.0])?.to_dataset("f");
    /// assert_eq!(ds.integrate_in("x", None)?.get("f")?.to_vec::<f64>()?, [3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn integrate_in(
        &self,
        coords: impl IntoDims,
        datetime_unit: impl Into<Option<DatetimeUnit>>,
    ) -> Result<Dataset> {
        let unit = datetime_unit.into();
        one_by_one(self, "integrate", &coords.into_dims(), |ds, coord| integrate_one(ds, coord, unit))
    }

    /// [`cumulative_integrate`](Self::cumulative_integrate) with the unit in which distances of a datetime
    /// coordinate are counted.
    ///
    /// # Errors
    /// Those of [`integrate`](Self::integrate).
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let ds = DataArray::from_vec(&[("x", 3)], vec![0.0, 1.0, 4.0])?.to_dataset("f");
    /// assert_eq!(ds.cumulative_integrate_in("x", None)?.get("f")?.to_vec::<f64>()?, [0.0, 0.5, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn cumulative_integrate_in(
        &self,
        coords: impl IntoDims,
        datetime_unit: impl Into<Option<DatetimeUnit>>,
    ) -> Result<Dataset> {
        let unit = datetime_unit.into();
        one_by_one(self, "cumulative_integrate", &coords.into_dims(), |ds, coord| {
            cumulative_one(ds, coord, unit)
        })
    }
}

impl DataArray {
    /// Differentiates along a coordinate with all choices open: see [`DataArray::differentiate`].
    ///
    /// # Errors
    /// Those of [`DataArray::differentiate`].
    ///
    /// # Example
    /// ```
    /// use graticule::labels::{DataArray, DifferentiateOptions};
    /// let a = DataArray::from_vec(&[("x", 3)], vec![0.0, 1.0, 4.0])?;
    /// assert_eq!(a.differentiate("x")?.to_vec::<f64>()?, [1.0, 2.0, 3.0]);
    /// let g = a.differentiate_with("x", &DifferentiateOptions::new().edge_order(2))?;
    /// assert_eq!(g.to_vec::<f64>()?, [0.0, 2.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn differentiate_with(&self, coord: &str, options: &DifferentiateOptions) -> Result<DataArray> {
        self.via_dataset(|ds| ds.differentiate_with(coord, options))
    }

    /// [`integrate`](Self::integrate) with the unit in which distances of a datetime coordinate are counted.
    ///
    /// # Errors
    /// Those of [`integrate`](Self::integrate).
    ///
    /// # Example
    /// ```
    /// use graticule::dtype::{DType, TimeUnit};
    /// use graticule::labels::{DataArray, DatetimeUnit, Variable};
    /// let times = Variable::from_vec(&[("t", 2)], vec![0_i64, 7200])?;
    /// let times = times.with_data(["t"], times.data().cast(DType::Timedelta { unit: TimeUnit::S })?)?;
    /// let mut coords = graticule::labels::Coords::new();
    /// coords.insert("t", times)?;
    /// let rate = DataArray::new(Variable::from_vec(&[("t", 2)], vec![1.0, 3.0])?, coords)?;
    /// assert_eq!(rate.integrate_in("t", DatetimeUnit::Hour)?.to_vec::<f64>()?, [4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn integrate_in(
        &self,
        coords: impl IntoDims,
        datetime_unit: impl Into<Option<DatetimeUnit>>,
    ) -> Result<DataArray> {
        let (coords, unit) = (coords.into_dims(), datetime_unit.into());
        self.via_dataset(|ds| ds.integrate_in(&coords, unit))
    }

    /// [`cumulative_integrate`](Self::cumulative_integrate) with the unit in which distances of a datetime
    /// coordinate are counted.
    ///
    /// # Errors
    /// Those of [`integrate`](Self::integrate).
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![0.0, 1.0, 4.0])?;
    /// assert_eq!(a.cumulative_integrate_in("x", None)?.to_vec::<f64>()?, [0.0, 0.5, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn cumulative_integrate_in(
        &self,
        coords: impl IntoDims,
        datetime_unit: impl Into<Option<DatetimeUnit>>,
    ) -> Result<DataArray> {
        let (coords, unit) = (coords.into_dims(), datetime_unit.into());
        self.via_dataset(|ds| ds.cumulative_integrate_in(&coords, unit))
    }
}
