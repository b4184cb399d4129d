//! Bins of seasons, year by year.

use crate::array::Block;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::labels::groupby::{Encoded, Grouper, KeyLabels, dates, months_of};
use crate::time::DateTime;

/// Puts times into the seasons of each year: xarray's `SeasonResampler`.
///
/// For [`resample`](crate::labels::DataArray::resample). Seasons are named by the initials of their months in order,
/// as `DJF`, `MAM`; one that goes on into the next year belongs to the year in which it begins. The labels are
/// the first moments of the seasons. Months of no season are left out, and a season without times is missing.
/// Times must rise and none may be missing.
///
/// ```
/// # use graticule::prelude::*;
/// let t = DataArray::from_vec(&[("time", 12)], (1..13).map(f64::from).collect())?;
/// let t = t.assign_coords([("time", date_range("2001-01-01", "2001-12-01", "MS")?.variable().clone())])?;
/// let seasons = SeasonResampler::new(["DJF", "MAM", "JJA", "SON"]);
/// assert_eq!(t.resample("time", seasons.clone())?.mean()?.to_vec::<f64>()?, [4.0, 7.0, 10.0]);
/// // The first winter lacks its December, and the last has nothing else.
/// let all = t.resample("time", seasons.drop_incomplete(false))?.mean()?;
/// assert_eq!(all.to_vec::<f64>()?, [1.5, 4.0, 7.0, 10.0, 12.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeasonResampler {
    seasons: Vec<String>,
    drop_incomplete: bool,
}

impl SeasonResampler {
    /// Seasons in the order in which they follow each other. Names that are no such seasons are an error of the
    /// operation that uses them.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let t = DataArray::from_vec(&[("time", 12)], (1..13).map(f64::from).collect())?;
    /// let t = t.assign_coords([("time", date_range("2001-01-01", "2001-12-01", "MS")?.variable().clone())])?;
    /// assert_eq!(t.resample("time", SeasonResampler::new(["JJAS"]))?.sum()?.to_vec::<f64>()?, [30.0]);
    /// assert!(t.resample("time", SeasonResampler::new(["JJA", "AS"])).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new<S: Into<String>>(seasons: impl IntoIterator<Item = S>) -> Self {
        SeasonResampler { seasons: seasons.into_iter().map(Into::into).collect(), drop_incomplete: true }
    }

    /// Whether the first season goes if no time is in its first month, and the last if none is in its last
    /// month. True by default.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let t = DataArray::from_vec(&[("time", 3)], vec![1.0, 2.0, 3.0])?;
    /// let t = t.assign_coords([("time", date_range("2001-02-01", "2001-04-01", "MS")?.variable().clone())])?;
    /// let halves = SeasonResampler::new(["JFM", "AMJ"]).drop_incomplete(false);
    /// assert_eq!(t.resample("time", halves)?.sum()?.to_vec::<f64>()?, [3.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_incomplete(self, drop_incomplete: bool) -> Self {
        SeasonResampler { drop_incomplete, ..self }
    }

    /// The months of each season; seasons follow each other and do not overlap.
    fn months(&self) -> Result<Vec<Vec<usize>>> {
        let seasons = months_of(&self.seasons)?;
        let all: Vec<usize> = seasons.concat();
        if let Some(month) = all.iter().enumerate().find(|(i, m)| all[..*i].contains(m)) {
            let of: Vec<&String> = seasons
                .iter()
                .zip(&self.seasons)
                .filter(|(s, _)| s.contains(month.1))
                .map(|(_, n)| n)
                .collect();
            return Err(Error::invalid(format!("the seasons {of:?} overlap"))
                .help("a time is in one season: `groupby` with `SeasonGrouper` takes overlapping ones"));
        }
        let falls = all.windows(2).filter(|pair| pair[1] < pair[0]).count();
        if falls + usize::from(all.last() > all.first()) > 1 {
            return Err(Error::invalid(format!("the seasons {:?} do not follow each other", self.seasons))
                .help("name them in the order of the year, from any of them on"));
        }
        Ok(seasons)
    }
}

/// The seasons of all years by number: season `s` of year `y` is `y * count + s`, counted from the season that
/// begins first in a year.
struct Seasons {
    /// Months of the seasons, by their first month.
    months: Vec<Vec<usize>>,
}

impl Seasons {
    fn number(&self, date: &DateTime) -> Option<i64> {
        let month = usize::from(date.month);
        let season = self.months.iter().position(|months| months.contains(&month))?;
        // What comes after December belongs to the year before.
        let year = date.year - i64::from(month < self.months[season][0]);
        Some(year * self.months.len() as i64 + season as i64)
    }

    fn season(&self, number: i64) -> &[usize] {
        &self.months[number.rem_euclid(self.months.len() as i64) as usize]
    }

    fn start(&self, number: i64) -> DateTime {
        let year = number.div_euclid(self.months.len() as i64);
        DateTime::midnight(year, self.season(number)[0] as u8, 1)
    }
}

impl Grouper for SeasonResampler {
    fn encode(&self, key: &KeyLabels) -> Result<Encoded> {
        let mut months = self.months()?;
        months.sort();
        let seasons = Seasons { months };
        if key.variable.ndim() != 1 {
            return Err(Error::invalid(format!(
                "times have one dimension, not ({})",
                key.variable.dims().join(", ")
            )));
        }
        let times = key.variable.load()?;
        let dates = dates(&times)?.into_iter().collect::<Option<Vec<DateTime>>>();
        let dates = dates.ok_or_else(|| Error::invalid("a time is missing (NaT)").help("drop it first"))?;
        let ticks = times.to_vec::<i64>()?;
        if !ticks.is_sorted() {
            return Err(Error::invalid("the times do not rise").help("sort along the dimension first"));
        }
        let numbers: Vec<Option<i64>> = dates.iter().map(|d| seasons.number(d)).collect();
        let inside = || numbers.iter().zip(&dates).filter_map(|(n, d)| Some(((*n)?, usize::from(d.month))));
        let Some(((mut first, first_month), (mut last, last_month))) =
            inside().next().zip(inside().next_back())
        else {
            return Err(Error::invalid(format!("no time is in any of the seasons {:?}", self.seasons)));
        };
        if self.drop_incomplete {
            let whole = (seasons.season(first).first(), seasons.season(last).last());
            first += i64::from(whole.0 != Some(&first_month));
            last -= i64::from(whole.1 != Some(&last_month));
        }
        if first > last {
            return Err(
                Error::invalid("no season is complete").help("keep the others with `drop_incomplete(false)`")
            );
        }
        let count = i32::try_from(last - first + 1)
            .map_err(|_| Error::unsupported("more seasons than a 32-bit number counts"))?;
        let code =
            |n: &Option<i64>| n.filter(|n| (first..=last).contains(n)).map_or(-1, |n| (n - first) as i32);
        let codes = numbers.iter().map(code).collect();
        let DType::Datetime { unit, calendar } = times.dtype() else {
            return Err(Error::internal("dates of no datetimes"));
        };
        let start = |i| Ok(seasons.start(first + i64::from(i)).to_ticks(calendar, unit)?);
        let labels = (0..count).map(start).collect::<Result<Vec<i64>>>()?;
        let labels = Block::from_vec(&[labels.len()], labels)?.retype(times.dtype());
        let mut groups = Encoded::new(key.name.clone(), codes, labels)?;
        groups.labels = groups.labels.map(|v| v.with_attrs(key.variable.attrs.clone()));
        Ok(groups)
    }
}
