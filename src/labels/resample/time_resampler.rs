//! Bins of a frequency as groups.

use crate::array::Block;
use crate::dtype::{DType, Scalar, Text};
use crate::error::{Error, Result};
use crate::labels::groupby::{Encoded, Grouper, KeyLabels};
use crate::labels::rank::Side;
use crate::time::{BinRule, Frequency, Origin, TimeBins, TimeUnit, parse_timedelta_ns};

/// Groups times by the bins of a frequency: xarray's `TimeResampler`.
///
/// For [`resample`](crate::labels::DataArray::resample), and as one of several keys of
/// [`groupby`](crate::labels::DataArray::groupby). Times must rise and none may be missing.
///
/// ```
/// # use graticule::prelude::*;
/// let hour = 3_600_000_000_000i64;
/// let time = Block::from_vec(&[4], [1, 2, 7, 9].map(|h| h * hour).to_vec())?.retype(DType::DATETIME_NS);
/// let a = DataArray::from_vec(&[("time", 4)], vec![1, 2, 3, 4])?.assign_coords([("time", time)])?;
/// let counts = a.resample("time", TimeResampler::new("6h").closed(Side::Right).label(Side::Right))?.count()?;
/// assert_eq!(counts.to_vec::<i64>()?, [2, 2]);
/// assert_eq!(counts.coord("time")?.to_vec::<i64>()?, [6 * hour, 12 * hour]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TimeResampler {
    freq: Freq,
    closed: Option<Side>,
    label: Option<Side>,
    origin: Origin,
    offset: Option<Scalar>,
}

/// The distance of the edges: a text or timedelta is read where it is used.
#[derive(Debug, Clone, PartialEq)]
enum Freq {
    Given(Scalar),
    Read(Frequency),
}

impl TimeResampler {
    /// Bins of a frequency, such as `MS`, `6h` or `QE-FEB`, or of the length of a timedelta. A text that is no
    /// frequency is an error of the operation that uses it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let time = Block::from_vec(&[2], vec![0i64, 86_400_000_000_000])?.retype(DType::DATETIME_NS);
    /// # let a = DataArray::from_vec(&[("time", 2)], vec![1, 2])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", TimeResampler::new("MS"))?.len(), 1);
    /// assert!(a.resample("time", TimeResampler::new("fortnight")).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(freq: impl Into<Scalar>) -> Self {
        Self::by(Freq::Given(freq.into()))
    }

    fn by(freq: Freq) -> Self {
        TimeResampler { freq, closed: None, label: None, origin: Origin::default(), offset: None }
    }

    /// Which edge belongs to a bin: the left one, but the right one where the frequency names the end of a
    /// period (`ME`, `QE`, `YE`, `W`, ...) or the origin is an end.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// # let time = Block::from_vec(&[2], vec![0, day])?.retype(DType::DATETIME_NS);
    /// # let a = DataArray::from_vec(&[("time", 2)], vec![1, 2])?.assign_coords([("time", time)])?;
    /// let left = a.resample("time", "D")?.sum()?;
    /// let right = a.resample("time", TimeResampler::new("D").closed(Side::Right))?.sum()?;
    /// assert_eq!(left.coord("time")?.to_vec::<i64>()?, [0, day]);
    /// assert_eq!(right.coord("time")?.to_vec::<i64>()?, [-day, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn closed(self, side: Side) -> Self {
        TimeResampler { closed: Some(side), ..self }
    }

    /// Which edge a bin is labelled by; the defaults are those of [`closed`](Self::closed).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// # let time = Block::from_vec(&[2], vec![0, day])?.retype(DType::DATETIME_NS);
    /// # let a = DataArray::from_vec(&[("time", 2)], vec![1, 2])?.assign_coords([("time", time)])?;
    /// let ends = a.resample("time", TimeResampler::new("D").label(Side::Right))?.sum()?;
    /// assert_eq!(ends.coord("time")?.to_vec::<i64>()?, [day, 2 * day]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn label(self, side: Side) -> Self {
        TimeResampler { label: Some(side), ..self }
    }

    /// Where bins of a fixed length are counted from: midnight before the first time by default. Bins of a
    /// calendar have their own dates, whatever the origin.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use graticule::time::Origin;
    /// # let hour = 3_600_000_000_000i64;
    /// # let time = Block::from_vec(&[2], vec![hour, 6 * hour])?.retype(DType::DATETIME_NS);
    /// # let a = DataArray::from_vec(&[("time", 2)], vec![1, 2])?.assign_coords([("time", time)])?;
    /// let from_first = a.resample("time", TimeResampler::new("4h").origin(Origin::Start))?.sum()?;
    /// assert_eq!(from_first.coord("time")?.to_vec::<i64>()?, [hour, 5 * hour]);
    /// // A date too: `"1970-01-01T03".parse()?`.
    /// let dated = a.resample("time", TimeResampler::new("4h").origin("1970-01-01T03".parse()?))?.sum()?;
    /// assert_eq!(dated.coord("time")?.to_vec::<i64>()?, [-hour, 3 * hour]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn origin(self, origin: Origin) -> Self {
        TimeResampler { origin, ..self }
    }

    /// What is added to the origin: a timedelta, or its text (`"-3h"`). Labels that are timedeltas take the unit
    /// of a finer offset, where a text has microseconds; those that are datetimes keep theirs.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let hour = 3_600_000_000_000i64;
    /// # let time = Block::from_vec(&[2], vec![hour, 6 * hour])?.retype(DType::DATETIME_NS);
    /// # let a = DataArray::from_vec(&[("time", 2)], vec![1, 2])?.assign_coords([("time", time)])?;
    /// let moved = a.resample("time", TimeResampler::new("4h").offset("1h"))?.sum()?;
    /// assert_eq!(moved.coord("time")?.to_vec::<i64>()?, [hour, 5 * hour]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn offset(self, offset: impl Into<Scalar>) -> Self {
        TimeResampler { offset: Some(offset.into()), ..self }
    }

    fn rule(&self) -> Result<BinRule> {
        let right = |side: Option<Side>| side.map(|s| s == Side::Right);
        Ok(BinRule {
            freq: self.freq.read()?,
            closed_right: right(self.closed),
            label_right: right(self.label),
            origin: self.origin,
            offset: self.offset.as_ref().map_or(Ok(0), nanoseconds)?,
        })
    }

    /// The bins of times in rising order, and the dtype of their labels. As in pandas, timedeltas take the unit
    /// of a finer offset; datetimes keep theirs.
    fn bins(&self, times: &Block) -> Result<(TimeBins, DType)> {
        let rule = self.rule()?;
        let times = times.clone().contiguous();
        let ticks = times.as_slice::<i64>().unwrap_or_default();
        match times.dtype() {
            DType::Datetime { unit, calendar } => Ok((rule.datetimes(ticks, unit, calendar)?, times.dtype())),
            DType::Timedelta { unit } => {
                let finer = |&u: &TimeUnit| u.tick_ns() < unit.tick_ns();
                let Some(unit_of_labels) = self.offset.as_ref().and_then(unit_of).filter(finer) else {
                    return Ok((rule.timedeltas(ticks, unit)?, times.dtype()));
                };
                let ticks: Vec<i64> = ticks
                    .iter()
                    .map(|&t| TimeUnit::convert(t, unit, unit_of_labels))
                    .collect::<Result<_, _>>()?;
                Ok((rule.timedeltas(&ticks, unit_of_labels)?, DType::Timedelta { unit: unit_of_labels }))
            }
            other => Err(Error::dtype(format!("labels of type {other} are no times"))
                .help("resample along a coordinate of datetimes or timedeltas")),
        }
    }
}

impl From<&str> for TimeResampler {
    fn from(freq: &str) -> Self {
        TimeResampler::new(freq)
    }
}

impl From<Frequency> for TimeResampler {
    fn from(freq: Frequency) -> Self {
        TimeResampler::by(Freq::Read(freq))
    }
}

impl Grouper for TimeResampler {
    fn encode(&self, key: &KeyLabels) -> Result<Encoded> {
        if key.variable.ndim() != 1 {
            return Err(Error::invalid(format!(
                "times have one dimension, not ({})",
                key.variable.dims().join(", ")
            )));
        }
        let times = key.variable.load()?;
        let (TimeBins { labels, codes }, dtype) = self.bins(&times)?;
        let labels = Block::from_vec(&[labels.len()], labels)?.retype(dtype);
        let mut groups = Encoded::new(key.name.clone(), codes, labels)?;
        groups.labels = groups.labels.map(|v| v.with_attrs(key.variable.attrs.clone()));
        Ok(groups)
    }
}

impl Freq {
    fn read(&self) -> Result<Frequency> {
        match self {
            Freq::Read(freq) => Ok(*freq),
            Freq::Given(text) if text.dtype() == DType::Str => Ok(self::text(text)?.parse()?),
            Freq::Given(length) => Ok(format!("{}ns", nanoseconds(length)?).parse()?),
        }
    }
}

/// The text of a scalar of that kind.
fn text(scalar: &Scalar) -> Result<String> {
    let text = scalar.to_block().reshape(&[1])?.to_vec::<Text>()?.remove(0);
    Ok(text.as_str().unwrap_or_default().to_string())
}

/// The unit in which pandas holds an offset: microseconds for texts that fit into them. None for no offset.
fn unit_of(offset: &Scalar) -> Option<TimeUnit> {
    let ns = nanoseconds(offset).ok().filter(|&ns| ns != 0)?;
    match offset.dtype() {
        DType::Timedelta { unit } => Some(unit),
        _ if ns % i128::from(TimeUnit::Us.tick_ns()) == 0 => Some(TimeUnit::Us),
        _ => Some(TimeUnit::Ns),
    }
}

/// A length of time in nanoseconds.
pub(in crate::labels) fn nanoseconds(length: &Scalar) -> Result<i128> {
    let block = length.to_block().reshape(&[1])?;
    let ns = match block.dtype() {
        DType::Str => parse_timedelta_ns(&text(length)?)?,
        DType::Timedelta { unit } => {
            let tick = block.to_vec::<i64>()?.remove(0);
            (tick != crate::dtype::NAT).then(|| i128::from(tick) * i128::from(TimeUnit::tick_ns(unit)))
        }
        other => {
            return Err(Error::dtype(format!("a length of time is wanted, not {other}"))
                .help("give a timedelta, or a text such as \"6h\""));
        }
    };
    ns.ok_or_else(|| Error::invalid("the length of time is missing (NaT)"))
}
