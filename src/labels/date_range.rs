//! Regular dates as coordinates: `date_range`.

use super::coords::Coords;
use super::dataarray::DataArray;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{DType, Scalar};
use crate::error::{Context, Error, Result};
use crate::time::{
    Calendar, DateTime, Frequency, Inclusive, NAT, PartialDate, TimeError, TimeRange, TimeResult, TimeUnit,
};

/// What a range of dates is made from, as the arguments of xarray's `date_range`.
///
/// Three of start, end, periods and frequency determine it; where one of the first three is missing, the
/// frequency is "D" unless it is given.
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// # use graticule::time::Calendar;
/// let time = DateRange::new().start("2000-01-15").periods(3).freq("ME").calendar(Calendar::Day360).make()?;
/// assert_eq!(time.dt("day")?.to_vec::<i64>()?, [30, 30, 30]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DateRange {
    start: Option<Scalar>,
    end: Option<Scalar>,
    periods: Option<usize>,
    freq: Option<String>,
    normalize: bool,
    name: Option<Name>,
    inclusive: Inclusive,
    unit: Option<TimeUnit>,
    calendar: Calendar,
    use_cftime: Option<bool>,
}

impl Default for DateRange {
    fn default() -> Self {
        DateRange::new()
    }
}

/// Makes the range from `start` to `end`, both in it; see [`DateRange`] for all else.
///
/// # Errors
/// Those of [`DateRange::make`].
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// let months = date_range("2000-01-01", "2000-12-31", "2MS")?;
/// assert_eq!(months.dt("month")?.to_vec::<i64>()?, [1, 3, 5, 7, 9, 11]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn date_range(start: impl Into<Scalar>, end: impl Into<Scalar>, freq: &str) -> Result<DataArray> {
    DateRange::new().start(start).end(end).freq(freq).make()
}

impl DateRange {
    /// Nothing given yet: dates of the standard calendar.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let days = DateRange::new().start("2000-02-28").periods(3).make()?;
    /// assert_eq!(days.dt("day")?.to_vec::<i64>()?, [28, 29, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        DateRange {
            start: None,
            end: None,
            periods: None,
            freq: None,
            normalize: false,
            name: None,
            inclusive: Inclusive::Both,
            unit: None,
            calendar: Calendar::Standard,
            use_cftime: None,
        }
    }

    /// From this date on: an ISO string such as "2000-02" or a datetime. Where it is no day of the
    /// frequency, the next one comes first (for a negative frequency the one before).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let months = DateRange::new().start("2000-01-15").periods(2).freq("MS").make()?;
    /// assert_eq!(months.dt("month")?.to_vec::<i64>()?, [2, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn start(mut self, date: impl Into<Scalar>) -> Self {
        self.start = Some(date.into());
        self
    }

    /// Up to this date.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let days = DateRange::new().end("2000-03-01").periods(2).make()?;
    /// assert_eq!(days.dt("day")?.to_vec::<i64>()?, [29, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn end(mut self, date: impl Into<Scalar>) -> Self {
        self.end = Some(date.into());
        self
    }

    /// So many dates. With start and end, but no frequency, they lie evenly between.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let even = DateRange::new().start("2000-01-01").end("2000-01-02").periods(3).make()?;
    /// assert_eq!(even.dt("hour")?.to_vec::<i64>()?, [0, 12, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn periods(mut self, n: usize) -> Self {
        self.periods = Some(n);
        self
    }

    /// With this step: a string that [`Frequency`] reads, such as "6h", "MS" or "-1D".
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let back = DateRange::new().start("2000-01-01T12").periods(3).freq("-6h").make()?;
    /// assert_eq!(back.dt("hour")?.to_vec::<i64>()?, [12, 6, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn freq(mut self, freq: &str) -> Self {
        self.freq = Some(freq.to_owned());
        self
    }

    /// Whether start and end are moved to their midnights first; by default they are not.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let days = DateRange::new().start("2000-01-01T12").periods(1).normalize(true).make()?;
    /// assert_eq!(days.dt("hour")?.to_vec::<i64>()?, [0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn normalize(mut self, normalize: bool) -> Self {
        self.normalize = normalize;
        self
    }

    /// The name of the array and of its dimension, by default "time".
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let days = DateRange::new().start("2000-01-01").periods(1).name("t").make()?;
    /// assert_eq!(days.dims(), ["t".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Which of start and end belong to the range, if they are dates of it; by default both.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::time::Inclusive;
    /// let days = DateRange::new().start("2000-01-01").end("2000-01-03");
    /// assert_eq!(days.inclusive(Inclusive::Left).make()?.dt("day")?.to_vec::<i64>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn inclusive(mut self, inclusive: Inclusive) -> Self {
        self.inclusive = inclusive;
        self
    }

    /// The unit of the dates. By default those of numpy have ns, all others us, the unit of cftime.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::time::TimeUnit;
    /// let days = DateRange::new().start("0001-01-01").periods(2).unit(TimeUnit::S).make()?;
    /// assert_eq!(days.dtype().to_string(), "datetime64[s]");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn unit(mut self, unit: TimeUnit) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The calendar of the dates, by default the standard one.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::time::Calendar;
    /// let days = DateRange::new().start("2000-02-28").periods(2).calendar(Calendar::NoLeap).make()?;
    /// assert_eq!(days.dt("month")?.to_vec::<i64>()?, [2, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn calendar(mut self, calendar: Calendar) -> Self {
        self.calendar = calendar;
        self
    }

    /// Whether dates of the standard and the proleptic Gregorian calendar are those of numpy (`false`) or,
    /// as those of all other calendars, follow the rules of cftime (`true`). By default they are numpy's
    /// where these hold them.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let days = DateRange::new().start("1582-10-04").periods(2).use_cftime(true).make()?;
    /// // The reform of the calendar.
    /// assert_eq!(days.dt("day")?.to_vec::<i64>()?, [4, 15]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn use_cftime(mut self, use_cftime: bool) -> Self {
        self.use_cftime = Some(use_cftime);
        self
    }

    /// Makes the dates: an array along one dimension that is its own coordinate.
    ///
    /// dtype: datetimes of the calendar; those that numpy can hold are in its calendar (`datetime64`), which
    /// is proleptic. Dates of the standard calendar that do not fit in ns are cftime's, as in xarray.
    /// In memory.
    ///
    /// # Errors
    /// If the calendar lacks a date, a date does not fit in the unit, the frequency cannot be read, or not
    /// exactly three of start, end, periods and frequency are given.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let time = DateRange::new().start("2000").periods(2).freq("YE").make()?;
    /// assert_eq!(time.dtype(), DType::DATETIME_NS);
    /// let all = DateRange::new().start("2000").end("2001").periods(2).freq("D");
    /// assert!(all.make().is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn make(&self) -> Result<DataArray> {
        self.dates().at(|| "`date_range`")
    }

    fn dates(&self) -> Result<DataArray> {
        let freq: Option<Frequency> = match &self.freq {
            Some(text) => Some(text.parse()?),
            None if self.start.is_some() && self.end.is_some() && self.periods.is_some() => None,
            None => Some("D".parse()?),
        };
        if !self.calendar.is_standard_like() && self.use_cftime == Some(false) {
            return Err(Error::invalid(format!("numpy has no dates of the {} calendar", self.calendar))
                .help("leave `use_cftime` out"));
        }
        let name = self.name.clone().unwrap_or_else(|| "time".into());
        let (dtype, ticks) = if self.use_cftime == Some(true) || !self.calendar.is_standard_like() {
            self.ticks(freq, true)?
        } else {
            match self.ticks(freq, false) {
                // As in xarray: what numpy cannot hold is left to cftime.
                Err(TimeError::Overflow { .. }) if self.use_cftime.is_none() => {
                    DateRange { unit: None, ..self.clone() }.ticks(freq, true)?
                }
                made => made?,
            }
        };
        own_labels(name, Block::from_vec(&[ticks.len()], ticks)?.retype(dtype))
    }

    /// The dtype and the ticks, in the rules of pandas or of cftime.
    fn ticks(&self, freq: Option<Frequency>, cftime: bool) -> TimeResult<(DType, Vec<i64>)> {
        let calendar = if cftime { self.calendar } else { Calendar::ProlepticGregorian };
        let unit = self.unit.unwrap_or(if cftime { TimeUnit::Us } else { TimeUnit::Ns });
        let bound = |date: &Option<Scalar>| {
            let tick = date.as_ref().map(|date| tick_of(date, unit, calendar)).transpose()?;
            let midnight = |t: i64| if t == NAT { t } else { t - t.rem_euclid(unit.per_day()) };
            Ok(if self.normalize { tick.map(midnight) } else { tick })
        };
        let range = TimeRange {
            start: bound(&self.start)?,
            end: bound(&self.end)?,
            periods: self.periods,
            freq,
            inclusive: self.inclusive,
            unit,
            calendar,
            cftime,
        };
        Ok((DType::Datetime { unit, calendar }, range.ticks()?))
    }
}

/// An array along one dimension that is its own coordinate.
pub(super) fn own_labels(name: Name, labels: Block) -> Result<DataArray> {
    let variable = Variable::new([name.clone()], labels)?;
    let mut coords = Coords::new();
    coords.insert(name.clone(), variable.clone())?;
    Ok(DataArray::from_parts(Some(name), variable, coords))
}

/// The tick of a date given as text or as a datetime, of which no digit may be lost.
fn tick_of(date: &Scalar, unit: TimeUnit, calendar: Calendar) -> TimeResult<i64> {
    let typed = |ticks: i64, from: TimeUnit, own: Calendar| {
        let Some(date) = DateTime::from_ticks(ticks, from, own) else { return Ok(NAT) };
        let reformed = date >= DateTime::midnight(1582, 10, 15);
        let same = own == calendar || own.is_standard_like() && calendar.is_standard_like() && reformed;
        if !same {
            let why = "an end of a range must be a date of its calendar; text is read in any";
            return Err(TimeError::CalendarMismatch { values: own, wanted: calendar, why });
        }
        TimeUnit::convert_exact(ticks, from, unit)
    };
    let (date, text) = match date {
        Scalar::Str(text) => {
            let text = text.as_str().unwrap_or_default();
            (PartialDate::parse(text)?.start, text)
        }
        Scalar::Datetime { ticks, unit, calendar } => return typed(*ticks, *unit, *calendar),
        Scalar::Typed(block) => match (block.dtype(), block.get::<i64>().and_then(|t| t.first().copied())) {
            (DType::Datetime { unit, calendar }, Some(ticks)) => return typed(ticks, unit, calendar),
            (dtype, _) => return not_a_date(&dtype.to_string()),
        },
        other => return not_a_date(&other.dtype().to_string()),
    };
    let ns = i128::from(date.nanosecond);
    if date.nanosecond % unit.tick_ns() as u32 != 0 {
        return Err(TimeError::Inexact { value: text.to_owned(), unit, fits: TimeUnit::coarsest_for(ns) });
    }
    date.to_ticks(calendar, unit)
}

fn not_a_date(what: &str) -> TimeResult<i64> {
    Err(TimeError::Invalid {
        what: format!("an end of a range of dates is {what}"),
        help: "give text such as \"2000-01-31\" or a datetime".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_numpy_lacks_is_left_to_cftime() {
        let far = |range: DateRange| range.start("3000-01-01").periods(2).make();
        let dates = far(DateRange::new()).unwrap();
        assert_eq!(dates.dtype(), DType::Datetime { unit: TimeUnit::Us, calendar: Calendar::Standard });
        assert!(far(DateRange::new().use_cftime(false)).is_err());
        let seconds = far(DateRange::new().unit(TimeUnit::S)).unwrap();
        assert_eq!(seconds.dtype().to_string(), "datetime64[s]");
        assert!(far(DateRange::new().calendar(Calendar::Day360).use_cftime(false)).is_err());
    }

    #[test]
    fn ends_are_dates_of_the_calendar_to_the_last_digit() {
        let from = |start: Scalar, calendar| {
            let range = DateRange::new().periods(1).unit(TimeUnit::S).calendar(calendar);
            range.start(start).make().map_err(|e| e.to_string())
        };
        assert!(from("2000-02-30".into(), Calendar::Day360).is_ok());
        assert!(from("2000-02-30".into(), Calendar::NoLeap).unwrap_err().contains("no 2000-02-30"));
        assert!(from("2000-01-01T00:00:00.5".into(), Calendar::NoLeap).unwrap_err().contains("unit ms"));
        assert!(from("2000-01-01T00:00Z".into(), Calendar::Standard).is_err());
        assert!(from(3.into(), Calendar::Standard).unwrap_err().contains("give text"));
        let numpy = |ticks| {
            let calendar = Calendar::ProlepticGregorian;
            Scalar::Datetime { ticks, unit: TimeUnit::Ms, calendar }
        };
        let dates = from(numpy(86_400_000), Calendar::Standard).unwrap();
        assert_eq!(dates.to_vec::<i64>().unwrap(), [86_400]);
        assert!(from(numpy(1), Calendar::Standard).is_err());
        assert!(from(numpy(0), Calendar::NoLeap).unwrap_err().contains("noleap"));
        assert!(from(numpy(NAT), Calendar::Standard).unwrap_err().contains("NaT"));
    }
}
