//! Times at another frequency: down, by reducing the bins of a frequency, and up, by filling in the labels
//! between.
//!
//! Down is a grouping whose groups are the bins: as times rise, each is a run of rows, and a chunk of the
//! result needs only its own. Up is a reindex to the labels of the bins, or curves
//! through the times at them.

mod arithmetic;
mod down;
mod season_resampler;
mod time_resampler;
mod up;

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::groupby::{GroupBy, GroupKey, Grouper};
use super::operand::Labelled;
use super::variable::{Name, Variable};
use crate::error::{Context, Error, Result};
use crate::time::Frequency;
pub use season_resampler::SeasonResampler;
pub use time_resampler::TimeResampler;
pub(super) use time_resampler::nanoseconds;

/// An array or dataset whose times are in bins.
///
/// ```
/// use graticule::prelude::*;
/// let hours = (0..48).map(|hour| hour * 3_600_000_000_000i64).collect();
/// let time = Block::from_vec(&[48], hours)?.retype(DType::DATETIME_NS);
/// let t = DataArray::from_vec(&[("time", 48)], (0..48).map(f64::from).collect())?;
/// let t = t.assign_coords([("time", time)])?;
/// assert_eq!(t.resample("time", "D")?.max()?.to_vec::<f64>()?, [23.0, 47.0]);
/// let half_hours = t.resample("time", "30min")?.ffill()?;
/// assert_eq!(half_hours.to_vec::<f64>()?[..4], [0.0, 0.0, 1.0, 1.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone)]
pub struct Resample<T> {
    object: T,
    /// The coordinate of the times, and the dimension of the bins.
    dim: Name,
    pub(in crate::labels) groups: GroupBy<T>,
    /// The labels of the bins.
    labels: Variable,
}

impl<T> std::fmt::Debug for Resample<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resample({:?})", self.groups)
    }
}

/// What times are put into bins by: a frequency, or any [`Grouper`] whose groups follow one another.
pub trait IntoResampler {
    /// The grouper.
    fn key(self, dim: &str) -> GroupKey;
}

impl<G: Grouper + 'static> IntoResampler for G {
    fn key(self, dim: &str) -> GroupKey {
        GroupKey::new(dim, self)
    }
}

impl IntoResampler for &str {
    fn key(self, dim: &str) -> GroupKey {
        GroupKey::new(dim, TimeResampler::new(self))
    }
}

impl IntoResampler for Frequency {
    fn key(self, dim: &str) -> GroupKey {
        GroupKey::new(dim, TimeResampler::from(self))
    }
}

impl<T: Labelled> Resample<T> {
    fn new(object: T, dim: &str, by: impl IntoResampler) -> Result<Self> {
        let parts = object.to_parts();
        let times = parts.get(dim)?;
        if times.variable().ndim() != 1 {
            return Err(Error::invalid(format!(
                "`{dim}` has the dimensions ({}): times that are resampled have one",
                times.dims().join(", ")
            )));
        }
        let groups = GroupBy::new(object.clone(), vec![by.key(dim)])?;
        let labels = match groups.names().first().map(|name| groups.labels(name)).transpose()?.flatten() {
            Some(labels) => labels.clone(),
            None => {
                return Err(Error::invalid(format!(
                    "`{dim}` has no labels, and the grouper gives its bins none"
                ))
                .help("give the dimension a coordinate of times"));
            }
        };
        Ok(Resample { object, dim: dim.into(), groups, labels })
    }

    /// The labels of the bins in order, of those too that hold nothing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// let time = Block::from_vec(&[2], vec![1, 2 * day])?.retype(DType::DATETIME_NS);
    /// let a = DataArray::from_vec(&[("time", 2)], vec![1, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.labels().load()?.to_vec::<i64>()?, [0, day, 2 * day]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn labels(&self) -> &Variable {
        &self.labels
    }

    /// How many bins there are, with those that hold nothing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let day = 86_400_000_000_000i64;
    /// # let time = Block::from_vec(&[2], vec![1, 2 * day])?.retype(DType::DATETIME_NS);
    /// # let a = DataArray::from_vec(&[("time", 2)], vec![1, 4])?.assign_coords([("time", time)])?;
    /// assert_eq!(a.resample("time", "D")?.len(), 3);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there are no bins: never, as what has no times is not resampled.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let time = Block::from_vec(&[2], vec![1i64, 2])?.retype(DType::DATETIME_NS);
    /// # let a = DataArray::from_vec(&[("time", 2)], vec![1, 4])?.assign_coords([("time", time)])?;
    /// assert!(!a.resample("time", "D")?.is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The dimension along which the times lie.
    fn along(&self) -> Name {
        let times = self.object.to_parts().get(&self.dim).ok().and_then(|a| a.dims().first().cloned());
        times.unwrap_or_else(|| self.dim.clone())
    }
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// Puts the times of a coordinate into the bins of a frequency, such as `MS` (months) or `6h`: to
            /// reduce each bin, or to fill in the labels between times.
            ///
            /// [`TimeResampler`] has the choices: which edge is closed, which is the label, and where bins
            /// are counted from. The bins are those of pandas and xarray, in every calendar; the unit of the
            /// times stays. Timedeltas are put into bins of a fixed length, counted from the first. Reads the
            /// times, no other data.
            ///
            /// # Errors
            /// If there is no such coordinate, it does not hold times in rising order without missing ones,
            /// there are none, or the frequency is not known or finer than the unit of the times.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// # let day = 86_400_000_000_000i64;
            /// let time = Block::from_vec(&[3], vec![0, 30 * day, 31 * day])?.retype(DType::DATETIME_NS);
            /// let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 5.0, 4.0])?.assign_coords([("time", time)])?;
            /// let ds = a.to_dataset("a");
            /// assert_eq!(ds.resample("time", "MS")?.max()?.get("a")?.to_vec::<f64>()?, [5.0, 4.0]);
            /// assert_eq!(a.resample("time", "ME")?.labels().load()?.to_vec::<i64>()?, [30 * day, 58 * day]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn resample(&self, dim: &str, by: impl IntoResampler) -> Result<Resample<$T>> {
                Resample::new(self.clone(), dim, by).at(|| format!("{}, in `resample`", self.place()))
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);

#[cfg(test)]
mod tests;
