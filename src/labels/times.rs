//! Functions of times: the methods behind `a.times()`.

use indexmap::IndexMap;

use super::components::field;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::options::Options;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::elementwise::{BinaryOp, MapFn};
use crate::kernel::time::{Move, TimeFn};
use crate::lazy::LazyArray;
use crate::time::{Component, Frequency, Rounding};

/// The functions of an array of times that take arguments: with [`dt`](DataArray::dt), xarray's `.dt`.
///
/// They work in every calendar and unit, and on arrays of any chunks. Dimensions and coordinates stay; the
/// result has the name of the function, as in xarray. Missing times stay missing. Lazy: reads nothing.
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// let noon = Block::from_vec(&[1], vec![129_600i64])?.retype("datetime[s, 360_day]".parse()?);
/// let time = DataArray::new(Variable::new(["time"], noon)?, Coords::new())?;
/// assert_eq!(time.times()?.floor("D")?.to_vec::<i64>()?, [86_400]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone)]
pub struct Times(DataArray);

impl DataArray {
    /// The functions of times of this array.
    ///
    /// # Errors
    /// If the elements are neither datetimes nor timedeltas.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let t = Block::from_vec(&[1], vec![0i64])?.retype(DType::DATETIME_NS);
    /// let time = DataArray::new(Variable::new(["time"], t)?, Coords::new())?;
    /// assert!(time.times().is_ok() && time.dt("year")?.times().is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn times(&self) -> Result<Times> {
        if self.dtype().is_time() {
            return Ok(Times(self.clone()));
        }
        Err(Error::dtype(format!("`times` of {}: only datetimes and timedeltas have it", self.dtype()))
            .at(self.place()))
    }
}

macro_rules! rounding {
    ($($(#[$doc:meta])* $name:ident $how:ident => $result:literal;)*) => {
        impl Times {
            $(
                $(#[$doc])*
                ///
                /// `freq` is a length of time: `"D"`, `"6h"`, `"90min"`, ... Multiples are counted from 1970-01-01
                /// of the calendar, for timedeltas from 0. One finer than the unit changes nothing.
                ///
                /// # Errors
                /// If `freq` has no fixed length (`"MS"`) or is no whole number of ticks; in the run, if a result
                /// does not fit in 64 bits.
                ///
                /// # Example
                /// ```
                /// # use graticule::prelude::*;
                /// let t = Block::from_vec(&[1], vec![5_400i64])?.retype("datetime64[s]".parse()?);
                /// let time = DataArray::new(Variable::new(["time"], t)?, Coords::new())?;
                #[doc = concat!("assert_eq!(time.times()?.", stringify!($name), "(\"h\")?.to_vec::<i64>()?, [", $result, "]);")]
                #[doc = concat!("assert!(time.times()?.", stringify!($name), "(\"MS\").is_err());")]
                /// # Ok::<(), graticule::Error>(())
                /// ```
                pub fn $name(&self, freq: &str) -> Result<DataArray> {
                    self.rounded(Rounding::$how, freq)
                }
            )*
        }
    };
}

rounding! {
    /// The last multiple of a length of time at or before each time.
    floor Floor => "3600";
    /// The first multiple of a length of time at or after each time.
    ceil Ceil => "7200";
    /// The nearest multiple of a length of time; of two that are as near, the even one.
    round Nearest => "7200";
}

/// How many ticks a frequency lasts, if it has a length; 1 where it is finer than a tick.
fn step(freq: &str, unit: TimeUnit) -> Result<i64> {
    let frequency: Frequency = freq.parse()?;
    let ns = frequency.length().ok_or_else(|| {
        Error::invalid(format!("`{freq}` has no fixed length, so there is nothing to round to"))
            .help("use multiples of D, h, min, s, ms, us or ns; `resample` has periods of all frequencies")
    })?;
    let tick = i128::from(unit.tick_ns());
    match (ns / tick, ns % tick) {
        (0, _) => Ok(1),
        (ticks, 0) => i64::try_from(ticks)
            .map_err(|_| Error::invalid(format!("`{freq}` does not fit into 64 bits of {unit}"))),
        _ => Err(Error::invalid(format!("`{freq}` is no whole number of {unit}"))
            .help("cast the times to a finer unit first")),
    }
}

impl Times {
    fn rounded(&self, how: Rounding, freq: &str) -> Result<DataArray> {
        let step = match self.0.dtype() {
            DType::Datetime { unit, .. } | DType::Timedelta { unit } => step(freq, unit),
            other => Err(Error::internal(format!("times of {other}"))),
        };
        let step = step.map_err(|e| e.at(format!("`times.{}`", how.name())).at(self.0.place()))?;
        // As in pandas, counting backwards turns up and down around.
        let how = match (how, step < 0) {
            (Rounding::Floor, true) => (Rounding::Ceil, how.name()),
            (Rounding::Ceil, true) => (Rounding::Floor, how.name()),
            (how, _) => (how, how.name()),
        };
        let f = TimeFn::Round(how.0, step.checked_abs().unwrap_or(i64::MAX));
        Ok(self.map(f, true)?.with_name(how.1))
    }

    fn map(&self, f: TimeFn, keep_attrs: bool) -> Result<DataArray> {
        let v = self.0.variable();
        let name = f.name();
        let data = LazyArray::map(MapFn::Time(f), std::slice::from_ref(v.data()))
            .map_err(|e| e.at(format!("`times.{name}`")).at(self.0.place()))?;
        let keeps = keep_attrs && Options::current().keep_attrs;
        let attrs = if keeps { v.attrs.clone() } else { Default::default() };
        let variable = Variable::new(v.dims().iter().cloned(), data)?.with_attrs(attrs);
        Ok(DataArray::from_parts(Some(name.into()), variable, self.0.coords().clone()))
    }

    /// Text of each datetime in a form of C's `strftime`, which [`Strftime`](crate::time::Strftime) lists.
    ///
    /// Names are English. Text of a missing time is missing.
    ///
    /// # Errors
    /// If the elements are timedeltas.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Text;
    /// let t = Block::from_vec(&[1], vec![59 * 86_400i64])?.retype("datetime[s, 360_day]".parse()?);
    /// let time = DataArray::new(Variable::new(["time"], t)?, Coords::new())?;
    /// assert_eq!(time.times()?.strftime("%-d %b %Y")?.to_vec::<Text>()?, ["30 Feb 1970".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn strftime(&self, format: &str) -> Result<DataArray> {
        self.map(TimeFn::Format(format.to_string()), false)
    }

    /// Year, week and weekday of ISO 8601 of each datetime, as three variables: the week belongs to the year of
    /// its Thursday, weekdays go from 1 (Monday) to 7.
    ///
    /// `i64`; `f64` with NaN where times in memory are missing.
    ///
    /// # Errors
    /// If the elements are timedeltas, or of a calendar without such weeks.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// // 2005-01-01 was a Saturday.
    /// let t = Block::from_vec(&[1], vec![1_104_537_600i64])?.retype("datetime64[s]".parse()?);
    /// let iso = DataArray::new(Variable::new(["time"], t)?, Coords::new())?.times()?.isocalendar()?;
    /// assert_eq!(iso.get("year")?.to_vec::<i64>()?, [2004]);
    /// assert_eq!(iso.get("week")?.to_vec::<i64>()?, [53]);
    /// assert_eq!(iso.get("weekday")?.to_vec::<i64>()?, [6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn isocalendar(&self) -> Result<Dataset> {
        let times = self.0.variable().data();
        let columns = || {
            let [year, week, weekday] =
                [Component::IsoYear, Component::WeekOfYear, Component::DayOfWeek].map(|c| field(times, c));
            let (year, week, weekday) = (year?, week?, weekday?);
            let one = Block::scalar(1_i64).reshape(&vec![1; times.ndim()])?.into();
            let weekday = LazyArray::map(MapFn::Binary(BinaryOp::Add), &[weekday, one])?;
            Ok([("year", year), ("week", week), ("weekday", weekday)])
        };
        let columns = columns().map_err(|e: Error| e.at("`times.isocalendar`").at(self.0.place()))?;
        let mut data_vars: IndexMap<Name, Variable> = IndexMap::new();
        for (name, data) in columns {
            data_vars.insert(name.into(), Variable::new(self.0.dims().iter().cloned(), data)?);
        }
        Dataset::from_variables(data_vars, self.0.coords().clone())
    }

    /// Each time moved by a frequency: `"2MS"`, `"-1D"`, `"QE-DEC"`, … as `time + offset` of pandas and the
    /// `shift` of xarray's `CFTimeIndex`.
    ///
    /// A time that is no day of the frequency goes to the next one with the first step: 15 January plus
    /// `"MS"` is 1 February. The time of day stays; the unit becomes finer where the frequency needs it.
    /// Timedeltas take lengths only (`D` and finer).
    ///
    /// # Errors
    /// If the frequency cannot be read; in the run, if a result does not fit in 64 bits.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let time = date_range("2000-01-31", "2000-02-02", "D")?;
    /// let later = time.times()?.add("2ME")?;
    /// assert_eq!(later.dt("month")?.to_vec::<i64>()?, [3, 3, 3]);
    /// assert!(time.times()?.add("2M").is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn add(&self, freq: &str) -> Result<DataArray> {
        self.moved(Move::Add, freq)
    }

    /// Each time itself if it is on a day of the frequency, else the next such day at its time of day.
    ///
    /// # Errors
    /// Those of [`add`](Times::add).
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let time = date_range("2000-01-31", "2000-02-02", "D")?;
    /// let starts = time.times()?.roll_forward("MS")?;
    /// assert_eq!(starts.dt("month")?.to_vec::<i64>()?, [2, 2, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn roll_forward(&self, freq: &str) -> Result<DataArray> {
        self.moved(Move::RollForward, freq)
    }

    /// Each time itself if it is on a day of the frequency, else the last such day before it at its time of day.
    ///
    /// # Errors
    /// Those of [`add`](Times::add).
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let time = date_range("2000-01-31", "2000-02-02", "D")?;
    /// let starts = time.times()?.roll_back("MS")?;
    /// assert_eq!(starts.dt("month")?.to_vec::<i64>()?, [1, 2, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn roll_back(&self, freq: &str) -> Result<DataArray> {
        self.moved(Move::RollBack, freq)
    }

    /// A result that is the array itself, moved, and so keeps its name.
    fn moved(&self, how: Move, freq: &str) -> Result<DataArray> {
        let freq: Frequency = freq
            .parse()
            .map_err(|e| Error::from(e).at(format!("`times.{}`", how.name())).at(self.0.place()))?;
        let moved = self.map(TimeFn::Offset(how, freq), true)?;
        Ok(match self.0.name() {
            Some(name) => moved.with_name(name.clone()),
            None => moved.without_name(),
        })
    }

    /// The calendar of the datetimes.
    ///
    /// # Errors
    /// If the elements are timedeltas, which lie in no calendar.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::time::Calendar;
    /// let t = Block::from_vec(&[1], vec![0i64])?.retype("datetime[s, noleap]".parse()?);
    /// let time = DataArray::new(Variable::new(["time"], t)?, Coords::new())?;
    /// assert_eq!(time.times()?.calendar()?, Calendar::NoLeap);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn calendar(&self) -> Result<Calendar> {
        match self.0.dtype() {
            DType::Datetime { calendar, .. } => Ok(calendar),
            other => Err(Error::dtype(format!("{other} lie in no calendar")).at(self.0.place())),
        }
    }
}
