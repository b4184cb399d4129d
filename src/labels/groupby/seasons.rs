//! Groups of months that are named by their initials: `DJF`, `JJAS`.

use crate::array::Block;
use crate::dtype::{DType, Text};
use crate::error::{Error, Result};
use crate::time::DateTime;

use super::grouper::{Encoded, Grouper};
use super::key::KeyLabels;

/// The initials of the months, and once more for seasons that go on into the next year.
const INITIALS: &str = "JFMAMJJASONDJFMAMJJASOND";

/// Groups times by seasons: xarray's `SeasonGrouper`.
///
/// A season is named by the initials of its months, such as `DJF` or `JJAS`; it may go on into the next year. The
/// groups get the dimension `season`, in the given order. Seasons may overlap: times of a month that several have
/// are in each of them. Months of none are in no group.
///
/// ```
/// # use graticule::prelude::*;
/// let t = DataArray::from_vec(&[("time", 12)], (1..13).map(f64::from).collect())?;
/// let t = t.assign_coords([("time", date_range("2001-01-01", "2001-12-01", "MS")?.variable().clone())])?;
/// let means = t.groupby(("time", SeasonGrouper::new(["DJF", "JJAS", "OND"])))?.mean(())?;
/// assert_eq!(means.to_vec::<f64>()?, [5.0, 7.5, 11.0]);
/// assert_eq!(means.sel("season", "JJAS")?.to_vec::<f64>()?, [7.5]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeasonGrouper {
    seasons: Vec<String>,
}

impl SeasonGrouper {
    /// Seasons by the initials of their months. Names that are no seasons are an error of the operation that uses
    /// them.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let t = DataArray::from_vec(&[("time", 12)], (1..13).map(f64::from).collect())?;
    /// let t = t.assign_coords([("time", date_range("2001-01-01", "2001-12-01", "MS")?.variable().clone())])?;
    /// assert_eq!(t.groupby(("time", SeasonGrouper::new(["MAM", "SON"])))?.sum(())?.to_vec::<f64>()?, [12.0, 30.0]);
    /// assert!(t.groupby(("time", SeasonGrouper::new(["winter"]))).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new<S: Into<String>>(seasons: impl IntoIterator<Item = S>) -> Self {
        SeasonGrouper { seasons: seasons.into_iter().map(Into::into).collect() }
    }
}

impl Grouper for SeasonGrouper {
    fn encode(&self, key: &KeyLabels) -> Result<Encoded> {
        let seasons = months_of(&self.seasons)?;
        let dates = dates(&key.variable.load()?)?;
        let mut codes = Vec::new();
        for layer in layers(&seasons) {
            // The season of each month, from January on.
            let mut of_month = [-1; 12];
            for season in layer {
                seasons[season].iter().for_each(|month| of_month[month - 1] = season as i32);
            }
            codes.extend(dates.iter().map(|d| d.map_or(-1, |d| of_month[usize::from(d.month) - 1])));
        }
        let labels = self.seasons.iter().map(|s| Text::from(s.as_str())).collect();
        let mut groups = Encoded::new("season", codes, Block::from_vec(&[self.seasons.len()], labels)?)?;
        groups.labels = groups.labels.map(|v| v.with_attrs(key.variable.attrs.clone()));
        Ok(groups)
    }
}

/// The dates of times; `None` where one is missing.
///
/// # Errors
/// If labels are no datetimes.
pub(in crate::labels) fn dates(times: &Block) -> Result<Vec<Option<DateTime>>> {
    let DType::Datetime { unit, calendar } = times.dtype() else {
        return Err(Error::dtype(format!("labels of type {} have no seasons", times.dtype()))
            .help("seasons are those of datetimes"));
    };
    let ticks = times.to_vec::<i64>()?;
    Ok(ticks.into_iter().map(|t| DateTime::from_ticks(t, unit, calendar)).collect())
}

/// Seasons in as few layers as it goes, so that none of a layer overlaps another of it.
fn layers(seasons: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut layers: Vec<Vec<usize>> = Vec::new();
    for (i, months) in seasons.iter().enumerate() {
        let overlaps = |layer: &[usize]| layer.iter().any(|s| seasons[*s].iter().any(|m| months.contains(m)));
        match layers.iter_mut().find(|layer| !overlaps(layer)) {
            Some(layer) => layer.push(i),
            None => layers.push(vec![i]),
        }
    }
    layers
}

/// The months of each season in order, January being 1.
///
/// # Errors
/// If a name is not made of the initials of months in a row, names more than a year, or stands twice.
pub(in crate::labels) fn months_of(seasons: &[String]) -> Result<Vec<Vec<usize>>> {
    if seasons.is_empty() {
        return Err(Error::invalid("no seasons at all").help("name at least one, such as DJF"));
    }
    let help = "a season is named by the initials of its months in a row, such as DJF or JJAS";
    let mut all = Vec::with_capacity(seasons.len());
    for (i, name) in seasons.iter().enumerate() {
        if seasons[..i].contains(name) {
            return Err(Error::invalid(format!("the season `{name}` stands twice")));
        }
        let count = name.len();
        // What comes next tells which J or M a single month is.
        let next = seasons.get(i + 1).or(seasons.first()).filter(|next| count == 1 && *next != name);
        let starts = |text: &str| (0..12).filter(|at| INITIALS[*at..].starts_with(text)).collect::<Vec<_>>();
        let mut found = if (1..=12).contains(&count) { starts(name) } else { Vec::new() };
        if let (true, Some(next)) = (found.len() > 1, next) {
            let first = next.chars().take(1).collect::<String>();
            found = starts(&format!("{name}{first}"));
        }
        match found[..] {
            [start] => all.push((start..start + count).map(|month| month % 12 + 1).collect()),
            [] => return Err(Error::invalid(format!("`{name}` is no season")).help(help)),
            _ => return Err(Error::invalid(format!("`{name}` may be several months")).help(help)),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(seasons: &[&str]) -> Result<Vec<Vec<usize>>> {
        months_of(&seasons.iter().map(|s| (*s).to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn seasons_are_read_by_their_initials() {
        assert_eq!(months(&["DJF", "JJAS"]).unwrap(), [vec![12, 1, 2], vec![6, 7, 8, 9]]);
        assert_eq!(months(&["NDJFMAMJJASO"]).unwrap()[0].len(), 12);
        // A month alone is told by the season that follows.
        assert_eq!(months(&["J", "FM", "A", "MJ"]).unwrap(), [vec![1], vec![2, 3], vec![4], vec![5, 6]]);
        assert_eq!(months(&["MAM", "J", "JA"]).unwrap(), [vec![3, 4, 5], vec![6], vec![7, 8]]);
        for wrong in [
            &["DJX"][..],
            &["winter"],
            &["J"],
            &["M"],
            &[""],
            &["DJF", "DJF"],
            &[],
            &["JFMAMJJASONDJ"],
            &["Ä"],
        ] {
            assert!(months(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn overlapping_seasons_have_layers() {
        let seasons = months(&["DJFM", "MAM", "JJA", "SOND"]).unwrap();
        assert_eq!(layers(&seasons), [vec![0, 2], vec![1, 3]]);
    }
}
