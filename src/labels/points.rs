//! Coordinates as numbers: where along a dimension the elements lie.

use std::fmt;
use std::str::FromStr;

use super::dataset::Dataset;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{Calendar, DType, NAT, Scalar, TimeUnit};
use crate::error::{Context, Error, Result};
use crate::kernel::cast::cast;
use crate::kernel::elementwise::{BinaryOp, MapFn, UnaryOp};
use crate::lazy::LazyArray;

/// A span of time in which the distances of a datetime coordinate are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatetimeUnit {
    /// Weeks of seven days.
    Week,
    /// Days of 24 hours.
    Day,
    /// Hours.
    Hour,
    /// Minutes.
    Minute,
    /// Seconds.
    Second,
    /// Milliseconds.
    Millisecond,
    /// Microseconds.
    Microsecond,
    /// Nanoseconds.
    Nanosecond,
    /// Picoseconds.
    Picosecond,
    /// Femtoseconds.
    Femtosecond,
    /// Attoseconds.
    Attosecond,
}

impl DatetimeUnit {
    const ALL: [DatetimeUnit; 11] = [
        DatetimeUnit::Week,
        DatetimeUnit::Day,
        DatetimeUnit::Hour,
        DatetimeUnit::Minute,
        DatetimeUnit::Second,
        DatetimeUnit::Millisecond,
        DatetimeUnit::Microsecond,
        DatetimeUnit::Nanosecond,
        DatetimeUnit::Picosecond,
        DatetimeUnit::Femtosecond,
        DatetimeUnit::Attosecond,
    ];

    /// numpy's name of the unit: `W`, `D`, `h`, `m`, `s`, `ms`, ...
    ///
    /// ```
    /// use graticule::labels::DatetimeUnit;
    /// assert_eq!(DatetimeUnit::Minute.name(), "m");
    /// assert_eq!("h".parse::<DatetimeUnit>()?, DatetimeUnit::Hour);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            DatetimeUnit::Week => "W",
            DatetimeUnit::Day => "D",
            DatetimeUnit::Hour => "h",
            DatetimeUnit::Minute => "m",
            DatetimeUnit::Second => "s",
            DatetimeUnit::Millisecond => "ms",
            DatetimeUnit::Microsecond => "us",
            DatetimeUnit::Nanosecond => "ns",
            DatetimeUnit::Picosecond => "ps",
            DatetimeUnit::Femtosecond => "fs",
            DatetimeUnit::Attosecond => "as",
        }
    }

    /// (ticks, units): so many ticks of `unit` are so many of these units.
    fn ratio(self, unit: TimeUnit) -> (f64, f64) {
        let seconds = |n: i64| ((n * unit.per_second()) as f64, 1.0);
        let parts = |per_second: f64| {
            let per_tick = per_second / unit.per_second() as f64;
            if per_tick < 1.0 { (unit.per_second() as f64 / per_second, 1.0) } else { (1.0, per_tick) }
        };
        match self {
            DatetimeUnit::Week => seconds(604_800),
            DatetimeUnit::Day => seconds(86_400),
            DatetimeUnit::Hour => seconds(3_600),
            DatetimeUnit::Minute => seconds(60),
            DatetimeUnit::Second => seconds(1),
            DatetimeUnit::Millisecond => parts(1e3),
            DatetimeUnit::Microsecond => parts(1e6),
            DatetimeUnit::Nanosecond => parts(1e9),
            DatetimeUnit::Picosecond => parts(1e12),
            DatetimeUnit::Femtosecond => parts(1e15),
            DatetimeUnit::Attosecond => parts(1e18),
        }
    }
}

impl DatetimeUnit {
    /// How many of these units a tick is.
    pub(super) fn units_per_tick(self, unit: TimeUnit) -> f64 {
        let (ticks, units) = self.ratio(unit);
        units / ticks
    }
}

impl FromStr for DatetimeUnit {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        DatetimeUnit::ALL.into_iter().find(|u| u.name() == name).ok_or_else(|| {
            Error::invalid(format!("`{name}` is no unit of time")).known(DatetimeUnit::ALL.map(|u| u.name()))
        })
    }
}

impl fmt::Display for DatetimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<TimeUnit> for DatetimeUnit {
    fn from(unit: TimeUnit) -> Self {
        match unit {
            TimeUnit::S => DatetimeUnit::Second,
            TimeUnit::Ms => DatetimeUnit::Millisecond,
            TimeUnit::Us => DatetimeUnit::Microsecond,
            TimeUnit::Ns => DatetimeUnit::Nanosecond,
        }
    }
}

/// A coordinate along one dimension.
pub(super) struct Coordinate {
    pub(super) dim: Name,
    pub(super) labels: Block,
}

impl Dataset {
    /// The labels of a coordinate of rank 1 (or another variable), positions for a dimension without.
    pub(super) fn coordinate(&self, name: &str) -> Result<Coordinate> {
        let Some(v) = self.find(name) else {
            let sizes = self.sizes();
            let Some((dim, n)) = sizes.get_key_value(name) else {
                let known = self.coords().names().chain(self.data_vars().keys()).chain(sizes.keys());
                let mut known: Vec<Name> =
                    known.filter(|n| !super::dataarray::is_private(n)).cloned().collect();
                known.sort();
                known.dedup();
                return Err(Error::not_found("coordinate", name, known));
            };
            let labels = Block::from_vec(&[*n], (0..*n as i64).collect())?;
            return Ok(Coordinate { dim: dim.clone(), labels });
        };
        let [dim] = v.dims() else {
            return Err(Error::invalid(format!(
                "the coordinate `{name}` must have one dimension, not {} ({})",
                v.ndim(),
                v.dims().join(", ")
            )));
        };
        Ok(Coordinate { dim: dim.clone(), labels: v.load().at(|| format!("the labels of `{name}`"))? })
    }
}

/// No numbers: bools, texts and complex numbers.
fn no_points(dtype: DType) -> Error {
    Error::dtype(format!("distances along a coordinate of {dtype} have no meaning"))
        .help("the labels must be numbers or times")
}

impl Coordinate {
    /// The unit in which distances are counted where none is asked for, along times: ticks of numpy's
    /// datetimes, seconds of other calendars.
    pub(super) fn default_unit(&self) -> Option<DatetimeUnit> {
        match self.labels.dtype() {
            DType::Datetime { unit, calendar: Calendar::ProlepticGregorian } | DType::Timedelta { unit } => {
                Some(unit.into())
            }
            DType::Datetime { .. } => Some(DatetimeUnit::Second),
            _ => None,
        }
    }

    /// The labels as numbers: times from the first of them on, in `unit` or, where none is given, in
    /// ticks of the coordinate (of calendars that numpy lacks: in seconds).
    pub(super) fn distances(&self, unit: Option<DatetimeUnit>) -> Result<Vec<f64>> {
        let ticks = match self.labels.dtype() {
            DType::Datetime { unit, .. } | DType::Timedelta { unit } => unit,
            d if d.is_integer() || d.is_float() => return cast(&self.labels, DType::F64)?.to_vec(),
            d => return Err(no_points(d)),
        };
        let labels = self.labels.to_vec::<i64>()?;
        let least = labels.iter().copied().filter(|t| *t != NAT).min().unwrap_or(0);
        let (per, units) = unit.or(self.default_unit()).unwrap_or(ticks.into()).ratio(ticks);
        let point = |t: i64| match t {
            NAT => f64::NAN,
            t => (i128::from(t) - i128::from(least)) as f64 / per * units,
        };
        Ok(labels.into_iter().map(point).collect())
    }

    /// The labels as numbers, as [`numbers`] has them.
    pub(super) fn numbers(&self) -> Result<Vec<f64>> {
        match self.labels.dtype() {
            d if d.is_integer() || d.is_float() || d.is_time() => {
                let data = numbers(&LazyArray::from_block(self.labels.clone()))?.cast(DType::F64)?;
                Variable::new([self.dim.clone()], data)?.load()?.to_vec()
            }
            d => Err(no_points(d)),
        }
    }
}

/// Datetimes as nanoseconds since 1970 of their calendar, timedeltas as ticks, both as `f64` with NaN for
/// NaT; other elements as they are. xarray's numbers for polynomials.
pub(super) fn numbers(data: &LazyArray) -> Result<LazyArray> {
    let factor = match data.dtype() {
        DType::Datetime { unit, .. } => unit.tick_ns() as f64,
        DType::Timedelta { .. } => 1.0,
        _ => return Ok(data.clone()),
    };
    let plain = |v: f64| Ok::<_, Error>(Scalar::Float(v).to_block().reshape(&vec![1; data.ndim()])?.into());
    let there = LazyArray::map(MapFn::Unary(UnaryOp::NotNull), std::slice::from_ref(data))?;
    let ticks = LazyArray::map(MapFn::Binary(BinaryOp::Mul), &[data.cast(DType::F64)?, plain(factor)?])?;
    LazyArray::map(MapFn::Where, &[there, ticks, plain(f64::NAN)?])
}
