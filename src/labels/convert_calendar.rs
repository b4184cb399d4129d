//! Times of another calendar: `convert_calendar`.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::infer_freq::{date_range_like, is_left_to_cftime};
use super::reindex::{NewCoord, ReindexOptions, reindex_parts};
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{Calendar, DType, NAT, Scalar, TimeUnit};
use crate::error::{Error, Result};
use crate::index::{self, Positions};
use crate::kernel::cast::cast;
use crate::time::{AlignOn, Component, DateTime, components, convert_dates};

/// How [`Dataset::convert_calendar_with`] pairs dates and fills holes.
///
/// ```
/// # use graticule::labels::{AlignOn, ConvertCalendar};
/// let options = ConvertCalendar::new().align_on(AlignOn::Year).missing(f64::NAN);
/// assert_eq!(options.align_on, Some(AlignOn::Year));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConvertCalendar {
    /// Which date of the other calendar a date becomes. To be given for conversions to and from `360_day`; the
    /// others have only one way, `Date`.
    pub align_on: Option<AlignOn>,
    /// What stands at the times that the frequency of the labels asks for in the other calendar, but that no
    /// date became; NaN is missing in text and times too. By default no times are put in.
    pub missing: Option<Scalar>,
    /// Whether times stay in the standard calendar where it is asked for, as dates of cftime do. By default
    /// they become numpy's, which are `proleptic_gregorian` in nanoseconds, if these hold them: from 1582-10-15
    /// on both calendars have the same dates. `Some(false)` makes it an error if they do not.
    pub use_cftime: Option<bool>,
}

impl ConvertCalendar {
    /// The same dates, those left out that do not exist.
    ///
    /// ```
    /// # use graticule::labels::ConvertCalendar;
    /// assert_eq!(ConvertCalendar::new().missing, None);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Which date of the other calendar a date becomes.
    ///
    /// ```
    /// # use graticule::labels::{AlignOn, ConvertCalendar};
    /// assert_eq!(ConvertCalendar::new().align_on(AlignOn::Date).align_on, Some(AlignOn::Date));
    /// ```
    pub fn align_on(self, align_on: impl Into<Option<AlignOn>>) -> Self {
        ConvertCalendar { align_on: align_on.into(), ..self }
    }

    /// What stands at times that no date became.
    ///
    /// ```
    /// # use graticule::labels::ConvertCalendar;
    /// assert!(ConvertCalendar::new().missing(-1).missing.is_some());
    /// ```
    pub fn missing(self, missing: impl Into<Scalar>) -> Self {
        ConvertCalendar { missing: Some(missing.into()), ..self }
    }

    /// Whether times stay in the standard calendar where it is asked for.
    ///
    /// ```
    /// # use graticule::labels::ConvertCalendar;
    /// assert_eq!(ConvertCalendar::new().use_cftime(true).use_cftime, Some(true));
    /// ```
    pub fn use_cftime(self, use_cftime: impl Into<Option<bool>>) -> Self {
        ConvertCalendar { use_cftime: use_cftime.into(), ..self }
    }
}

/// The times along a dimension.
pub(super) struct Times {
    pub(super) variable: Variable,
    pub(super) ticks: Vec<i64>,
    pub(super) unit: TimeUnit,
    pub(super) calendar: Calendar,
}

impl Dataset {
    /// The datetimes that label a dimension.
    pub(super) fn times_along(&self, dim: &str) -> Result<Times> {
        let Some(v) = self.coords().get(dim) else {
            return Err(Error::not_found("coordinate", dim, self.coords().names()));
        };
        let DType::Datetime { unit, calendar } = v.dtype() else {
            return Err(Error::dtype(format!("the labels of `{dim}` are {}, not datetimes", v.dtype())));
        };
        if !matches!(v.dims(), [d] if **d == *dim) {
            let dims = v.dims().join(", ");
            return Err(Error::invalid(format!("`{dim}` has the dimensions ({dims}), so it labels none"))
                .help("name the coordinate like its dimension first: `swap_dims` or `rename`"));
        }
        Ok(Times { ticks: v.load()?.to_vec()?, variable: v.clone(), unit, calendar })
    }

    fn convert_calendar_inner(&self, to: Calendar, dim: &str, options: &ConvertCalendar) -> Result<Dataset> {
        let times = self.times_along(dim)?;
        let from = times.calendar;
        let target = target(&times, to, options.use_cftime)?;
        // Asked for what they are, times stay as they are; so do those of numpy, which are of one calendar.
        let numpy = Calendar::ProlepticGregorian;
        if from == to && (from == target.0 || from == numpy) {
            return Ok(self.clone());
        }
        // Of dates that are no 360 days to the year, each has its own in the other calendar.
        let align = match options.align_on {
            _ if (from == Calendar::Day360) == (to == Calendar::Day360) => AlignOn::Date,
            Some(align) => align,
            None => {
                return Err(Error::invalid(format!(
                    "`align_on` must say which date of {to} one of {from} becomes"
                ))
                .help("AlignOn::Date suits data of months, AlignOn::Year days and finer"));
            }
        };
        let Converted { positions, ticks } = convert(&times, target, align)?;
        let dtype = DType::Datetime { unit: target.1, calendar: target.0 };
        let labels = Block::from_vec(&[ticks.len()], ticks)?.retype(dtype);
        let mut attrs = times.variable.attrs.clone();
        attrs.remove("calendar");
        let coord = NewCoord {
            name: dim.into(),
            index: Some(index::default_index(&labels)?),
            variable: Variable::new([dim], labels)?.with_attrs(attrs),
            keep_attrs: false,
        };
        let mut takes: IndexMap<Name, Positions> = IndexMap::new();
        if let Some(positions) = positions {
            takes.insert(dim.into(), Positions::Many(positions));
        }
        let converted = reindex_parts(self, &takes, vec![coord], None)?;
        let Some(missing) = &options.missing else { return Ok(converted) };
        let source = DataArray::new(times.variable, Coords::new())?;
        let all = date_range_like(&source, to, options.use_cftime)?.load()?;
        let labels = Variable::new([dim], cast(&all, dtype)?)?;
        let fill_value = Some(missing.clone());
        converted.reindex_with(&[(dim, labels)], &ReindexOptions { fill_value, ..Default::default() })
    }
}

/// The calendar and unit of the result.
fn target(times: &Times, to: Calendar, use_cftime: Option<bool>) -> Result<(Calendar, TimeUnit)> {
    let present = times.ticks.iter().copied().filter(|t| *t != NAT);
    let ends: Vec<DateTime> = [present.clone().min(), present.max()]
        .into_iter()
        .filter_map(|tick| DateTime::from_ticks(tick?, times.unit, times.calendar))
        .collect();
    Ok(match is_left_to_cftime(&ends, to, use_cftime)? {
        true => (to, times.unit),
        false => (Calendar::ProlepticGregorian, TimeUnit::Ns),
    })
}

/// Checks that no time lies in a year 0 that the other calendar does not have.
pub(super) fn years_that_exist(times: &Times, to: Calendar) -> Result<()> {
    let years = components(&times.ticks, times.unit, times.calendar, Component::Year);
    match to.has_year_zero() || !years.contains(&0) {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "there are dates in the year 0, which the {to} calendar does not have"
        ))),
    }
}

/// The times that there are in the other calendar, in order.
struct Converted {
    /// Where they come from, if not all from their own places.
    positions: Option<Vec<i64>>,
    ticks: Vec<i64>,
}

fn convert(times: &Times, (calendar, unit): (Calendar, TimeUnit), align: AlignOn) -> Result<Converted> {
    let ticks = convert_dates(&times.ticks, times.unit, times.calendar, calendar, align)?;
    let there = ticks.iter().enumerate().filter(|(_, t)| **t != NAT);
    // Days that became one leave the first of them, in the order of time.
    let kept: Vec<(i64, usize)> = if align == AlignOn::Date {
        there.map(|(at, tick)| (*tick, at)).collect()
    } else {
        let mut first = BTreeMap::new();
        there.for_each(|(at, tick)| {
            first.entry(*tick).or_insert(at);
        });
        first.into_iter().collect()
    };
    let in_place = kept.len() == ticks.len() && kept.iter().enumerate().all(|(i, (_, at))| i == *at);
    let positions = (!in_place).then(|| kept.iter().map(|(_, at)| *at as i64).collect());
    let ticks: Vec<i64> = kept.into_iter().map(|(tick, _)| tick).collect();
    let block =
        Block::from_vec(&[ticks.len()], ticks)?.retype(DType::Datetime { unit: times.unit, calendar });
    let ticks = cast(&block, DType::Datetime { unit, calendar })?.to_vec()?;
    Ok(Converted { positions, ticks })
}

macro_rules! methods {
    ($T:ident, |$self:ident, $calendar:ident, $dim:ident, $options:ident| $call:expr) => {
        impl $T {
            /// The same with the labels of `dim` as dates of another calendar; those that it does not have are
            /// left out.
            ///
            /// Times of day stay; no data but that of the labels is read. Asked for a standard calendar, times
            /// become numpy's: see [`ConvertCalendar::use_cftime`].
            ///
            /// # Errors
            /// If the dimension has no datetimes as labels; for conversions to and from `360_day`, which need
            /// [`convert_calendar_with`](Self::convert_calendar_with).
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// # use graticule::time::Calendar;
            /// // The 28th and 29th of February 1972.
            /// let days = Block::from_vec(&[2], vec![788 * 86_400i64, 789 * 86_400])?;
            /// let a = DataArray::from_vec(&[("time", 2)], vec![1.0, 2.0])?
            ///     .assign_coords([("time", days.retype("datetime64[s]".parse()?))])?;
            /// assert_eq!(a.convert_calendar(Calendar::NoLeap, "time")?.to_vec::<f64>()?, [1.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn convert_calendar(&self, calendar: Calendar, dim: &str) -> Result<$T> {
                self.convert_calendar_with(calendar, dim, &ConvertCalendar::new())
            }

            /// [`convert_calendar`](Self::convert_calendar) with options: how dates of `360_day` are paired, and
            /// what stands at times that no date became.
            ///
            /// # Errors
            /// Those of `convert_calendar`; if `align_on` is not given to or from `360_day`; with `missing`, if
            /// the labels have no one frequency.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// # use graticule::labels::{AlignOn, ConvertCalendar};
            /// # use graticule::time::Calendar;
            /// // The 29th and 30th of February 1970.
            /// let days = Block::from_vec(&[2], vec![58 * 86_400i64, 59 * 86_400])?;
            /// let a = DataArray::from_vec(&[("time", 2)], vec![1.0, 2.0])?
            ///     .assign_coords([("time", days.retype("datetime[s, 360_day]".parse()?))])?;
            /// let by_year = ConvertCalendar::new().align_on(AlignOn::Year);
            /// let b = a.convert_calendar_with(Calendar::Standard, "time", &by_year)?;
            /// assert_eq!(b.coord("time")?.dt("month")?.to_vec::<i64>()?, [3, 3]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn convert_calendar_with(
                &$self,
                $calendar: Calendar,
                $dim: &str,
                $options: &ConvertCalendar,
            ) -> Result<$T> {
                $call
            }
        }
    };
}
methods!(Dataset, |self, calendar, dim, options| {
    self.convert_calendar_inner(calendar, dim, options)
        .map_err(|e| e.at("`convert_calendar`").at(self.place()))
});
methods!(DataArray, |self, calendar, dim, options| {
    self.via_dataset(|ds| {
        ds.convert_calendar_inner(calendar, dim, options).map_err(|e| e.at("`convert_calendar`"))
    })
});
