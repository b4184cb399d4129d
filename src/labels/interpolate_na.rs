//! Gaps interpolated along a dimension: `interpolate_na`.

use std::sync::Arc;

use super::coords::Coords;
use super::dataarray::{DataArray, is_private};
use super::dataset::Dataset;
use super::operand::Labelled;
use super::options::Options;
use super::reindex::{label_text, room_for};
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{DType, Scalar, TimeUnit};
use crate::error::{Context, Error, Result};
use crate::kernel::cast::cast;
use crate::kernel::interp::{Gaps, InterpMethod, Outside};
use crate::time::parse_timedelta_ns;

/// Where elements stand along the dimension that is interpolated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Places {
    /// At the labels of the dimension; at their positions if it has none.
    #[default]
    Labels,
    /// At their positions.
    Positions,
    /// At the values of another coordinate along the dimension.
    Coordinate(Name),
}

/// How [`interpolate_na_with`](Dataset::interpolate_na_with) fills gaps.
///
/// ```
/// # use graticule::labels::{InterpolateNa, InterpMethod, Outside};
/// let options = InterpolateNa::new().method(InterpMethod::Cubic).limit(3).outside(Outside::Extrapolate);
/// assert_eq!(options.limit, Some(3));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InterpolateNa {
    /// How values between valid ones follow from them.
    pub method: InterpMethod,
    /// How many consecutive missing values are filled, from the first on.
    pub limit: Option<usize>,
    /// Where the elements stand.
    pub places: Places,
    /// The greatest length of a gap that is filled, as a difference of labels (or of positions): the distance
    /// between the valid values around it, or to the end of the dimension. Between times a timedelta, or its
    /// text (`"3D"`).
    pub max_gap: Option<Scalar>,
    /// What stands before the first and behind the last valid value; by default missing values, but the
    /// polynomials `Barycentric` and `Krogh` go on.
    pub outside: Option<Outside>,
    /// Whether attributes stay; by default as [`Options::keep_attrs`] says (so they do).
    pub keep_attrs: Option<bool>,
}

impl InterpolateNa {
    /// Lines between neighbours at labels, without limits.
    ///
    /// ```
    /// # use graticule::labels::{InterpMethod, InterpolateNa};
    /// assert_eq!(InterpolateNa::new().method, InterpMethod::Linear);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// How values between valid ones follow from them.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{InterpMethod, InterpolateNa};
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, f64::NAN, f64::NAN, 4.0])?;
    /// let nearest = InterpolateNa::new().method(InterpMethod::Nearest);
    /// assert_eq!(a.interpolate_na_with("x", &nearest)?.to_vec::<f64>()?, [1.0, 1.0, 4.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn method(self, method: InterpMethod) -> Self {
        InterpolateNa { method, ..self }
    }

    /// How many consecutive missing values are filled.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::InterpolateNa;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, f64::NAN, f64::NAN, 4.0])?;
    /// let one = a.interpolate_na_with("x", &InterpolateNa::new().limit(1))?.to_vec::<f64>()?;
    /// assert!(one[1] == 2.0 && one[2].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn limit(self, limit: impl Into<Option<usize>>) -> Self {
        InterpolateNa { limit: limit.into(), ..self }
    }

    /// Where the elements stand.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{InterpolateNa, Places};
    /// let x = Block::from_vec(&[3], vec![0.0, 1.0, 10.0])?;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![0.0, f64::NAN, 10.0])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.interpolate_na("x")?.to_vec::<f64>()?[1], 1.0);
    /// let even = InterpolateNa::new().places(Places::Positions);
    /// assert_eq!(a.interpolate_na_with("x", &even)?.to_vec::<f64>()?[1], 5.0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn places(self, places: Places) -> Self {
        InterpolateNa { places, ..self }
    }

    /// The greatest length of a gap that is filled.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::InterpolateNa;
    /// let x = Block::from_vec(&[6], vec![0, 1, 2, 3, 4, 5])?;
    /// let a = DataArray::from_vec(&[("x", 6)], vec![1.0, f64::NAN, f64::NAN, 4.0, f64::NAN, 6.0])?.assign_coords([("x", x)])?;
    /// let short = a.interpolate_na_with("x", &InterpolateNa::new().max_gap(2))?.to_vec::<f64>()?;
    /// assert!(short[1].is_nan() && short[4] == 5.0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn max_gap(self, max_gap: impl Into<Scalar>) -> Self {
        InterpolateNa { max_gap: Some(max_gap.into()), ..self }
    }

    /// What stands outside of the valid values.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{InterpolateNa, Outside};
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, f64::NAN])?;
    /// let on = InterpolateNa::new().outside(Outside::Extrapolate);
    /// assert_eq!(a.interpolate_na_with("x", &on)?.to_vec::<f64>()?, [1.0, 2.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn outside(self, outside: Outside) -> Self {
        InterpolateNa { outside: Some(outside), ..self }
    }

    /// Whether attributes stay.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::InterpolateNa;
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 3.0])?;
    /// let a = a.assign_attrs([("units", "m")]);
    /// assert!(a.interpolate_na_with("x", &InterpolateNa::new().keep_attrs(false))?.attrs().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn keep_attrs(self, keep_attrs: impl Into<Option<bool>>) -> Self {
        InterpolateNa { keep_attrs: keep_attrs.into(), ..self }
    }

    /// The coordinate that says where elements stand, with its name; `None` for positions.
    fn coordinate<'a>(&self, coords: &'a Coords, dim: &'a str) -> Result<Option<(&'a str, &'a Variable)>> {
        match &self.places {
            Places::Positions => Ok(None),
            Places::Labels => Ok(coords.get(dim).map(|v| (dim, v))),
            Places::Coordinate(name) => {
                let Some((name, v)) = coords.iter().find(|(n, _)| *n == name) else {
                    return Err(Error::not_found("coordinate", name, coords.names()));
                };
                if v.ndim() != 1 || v.axis(dim).is_none() {
                    return Err(Error::invalid(format!(
                        "coordinate `{name}` has the dimensions ({}), not `{dim}` alone",
                        v.dims().join(", ")
                    )));
                }
                Ok(Some((name, v)))
            }
        }
    }

    /// The greatest gap in the unit of the places.
    fn gap(&self, coords: &Coords, dim: &str) -> Result<Option<f64>> {
        let Some(max_gap) = &self.max_gap else { return Ok(None) };
        let Some(labels) = coords.get(dim) else {
            return Err(Error::invalid(format!("a greatest gap needs labels along `{dim}`"))
                .help("assign a coordinate first, as with `assign_coords`"));
        };
        let times = labels.dtype().is_datetime() && self.places != Places::Positions;
        let block = max_gap.to_block();
        match (times, max_gap.dtype()) {
            (true, DType::Str) => {
                let text = label_text(&block.reshape(&[1])?, 0);
                let ns = parse_timedelta_ns(&text)?;
                Ok(Some(ns.map_or(f64::NAN, |ns| ns as f64)))
            }
            (true, DType::Timedelta { .. }) => Ok(in_nanoseconds(&block)?.first().copied()),
            (true, d) => Err(Error::invalid(format!("a gap between times is a timedelta, not {d}"))
                .help("give a timedelta, or a text such as \"3D\"")),
            (false, d) if d.is_number() && !d.is_complex() || d.is_bool() => {
                Ok(cast(&block, DType::F64)?.to_vec::<f64>()?.first().copied())
            }
            (false, d) => Err(Error::invalid(format!("a gap between numbers is a number, not {d}"))),
        }
    }
}

/// Ticks of any unit as nanoseconds.
fn in_nanoseconds(block: &Block) -> Result<Vec<f64>> {
    let (DType::Datetime { unit, .. } | DType::Timedelta { unit }) = block.dtype() else {
        return Err(Error::internal("only times have ticks"));
    };
    let tick = i128::from(TimeUnit::tick_ns(unit));
    Ok(block.typed::<i64>()?.iter().map(|t| (i128::from(*t) * tick) as f64).collect())
}

/// The places of a coordinate as rising numbers.
fn rising(name: &str, v: &Variable) -> Result<Arc<[f64]>> {
    let block = v.load()?;
    let x = match block.dtype() {
        d if d.is_datetime() => in_nanoseconds(&block)?,
        d if d.is_text() || d.is_complex() => {
            return Err(Error::dtype(format!("coordinate `{name}` is {d}: places must be numbers or times")));
        }
        DType::Timedelta { .. } => block.typed::<i64>()?.iter().map(|t| *t as f64).collect(),
        _ => cast(&block, DType::F64)?.to_vec::<f64>()?,
    };
    // Before the step to floats, in which ticks far from 1970 may fall together.
    let ordered = match block.get::<i64>() {
        Some(ticks) => ticks.iter().zip(ticks.iter().skip(1)).position(|(a, b)| a >= b),
        None => x.windows(2).position(|w| w[0].partial_cmp(&w[1]) != Some(std::cmp::Ordering::Less)),
    };
    if let Some(i) = ordered {
        let (a, b) = (label_text(&block, i), label_text(&block, i + 1));
        return Err(Error::invalid(format!("coordinate `{name}` does not rise: {b} follows {a}"))
            .help("sort along it and drop duplicates first, or interpolate at positions"));
    }
    Ok(x.into())
}

fn fill_variable(v: &Variable, dim: &str, x: &Arc<[f64]>, gaps: &Gaps) -> Result<Variable> {
    let Some(axis) = v.axis(dim) else { return Ok(v.clone()) };
    let dtype = v.dtype();
    let data = if dtype.is_float() || dtype.is_complex() {
        v.data().fill_gaps(axis, x.clone(), gaps.clone())?
    } else if dtype.holds_missing() {
        let help = "fill the gaps with `ffill`, `bfill` or `fillna`";
        v.data().require_present("texts and times that are not interpolated", help, false)?
    } else if gaps.limit.is_some() || gaps.max_gap.is_some() {
        // As in xarray: limits are masks, which make room for missing values.
        v.data().cast(room_for(dtype, None)?.0)?
    } else {
        v.data().clone()
    };
    v.with_data(v.dims().iter().cloned(), data)
}

fn filled<O: Labelled>(object: &O, dim: &str, options: &InterpolateNa) -> Result<O> {
    let ds = object.to_parts();
    let sizes = ds.sizes();
    let Some(&len) = sizes.get(dim) else {
        return Err(Error::not_found("dimension", dim, sizes.keys()));
    };
    let x = match options.coordinate(ds.coords(), dim)? {
        Some((name, v)) => rising(name, v)?,
        None => (0..len).map(|i| i as f64).collect(),
    };
    let gaps = Gaps {
        method: options.method,
        outside: options.outside.unwrap_or(options.method.default_outside()),
        limit: options.limit,
        max_gap: options.gap(ds.coords(), dim)?,
    };
    let keep_attrs = options.keep_attrs.unwrap_or_else(|| Options::current().keep_attrs);
    let mut vars = ds.data_vars().clone();
    for (name, v) in vars.iter_mut().filter(|(_, v)| v.axis(dim).is_some()) {
        let done = fill_variable(v, dim, &x, &gaps);
        *v = if is_private(name) { done? } else { done.at(|| format!("variable `{name}`"))? };
        if !keep_attrs {
            v.attrs = Default::default();
        }
    }
    object.rebuild(ds.with_parts(vars, ds.coords().clone()))
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// The same with missing values replaced by values on the line between the valid ones around them.
            ///
            /// Elements stand at the labels of `dim` (at their positions if it has none). Missing values at the ends
            /// stay. Integers and bools stay as they are; attributes stay. Lazy; chunks along `dim` are filled on their own,
            /// after a first pass over the data that finds the valid values beside each.
            ///
            /// # Errors
            /// If the dimension does not exist or its labels do not rise; in the run if times or texts are missing.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, f64::NAN, f64::NAN, 7.0])?;
            /// assert_eq!(a.interpolate_na("x")?.to_vec::<f64>()?, [1.0, 3.0, 5.0, 7.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn interpolate_na(&self, dim: &str) -> Result<$T> {
                self.interpolate_na_with(dim, &InterpolateNa::default())
            }

            /// [`interpolate_na`](Self::interpolate_na) with all choices open: method, limits, places, and what stands
            /// at the ends.
            ///
            /// `Linear`, `Nearest`, `Zero` and `Slinear` without values at the ends need a chunk at a time. All else
            /// goes through all points of a lane: `dim` becomes one chunk.
            ///
            /// # Errors
            /// Those of [`interpolate_na`](Self::interpolate_na); if a coordinate does not exist; in the run if a
            /// lane has too few points for the method.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::{DataArray, InterpolateNa, InterpMethod, Outside};
            /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, f64::NAN, 5.0, f64::NAN])?;
            /// let options = InterpolateNa::new().outside(Outside::Extrapolate);
            /// assert_eq!(a.interpolate_na_with("x", &options)?.to_vec::<f64>()?, [1.0, 3.0, 5.0, 7.0]);
            /// let near = InterpolateNa::new().method(InterpMethod::Nearest);
            /// assert_eq!(a.interpolate_na_with("x", &near)?.to_vec::<f64>()?[1], 1.0);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn interpolate_na_with(&self, dim: &str, options: &InterpolateNa) -> Result<$T> {
                filled(self, dim, options).at(|| format!("{}, in `interpolate_na`", self.place()))
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);
