//! Windows that move along dimensions: `rolling`, `rolling_by`, `cumulative`.

mod construct;
mod distance;
mod quantile;
mod reduce;
mod weighted;

use indexmap::IndexMap;

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::operand::Labelled;
use super::variable::{Name, Variable};
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::index::Closed;
use crate::kernel::rolling::Spans;
use distance::Reach;

/// How far windows reach along a dimension.
#[derive(Debug, Clone, PartialEq)]
enum Extent {
    /// So many positions.
    Points(usize),
    /// Labels that are at most so far apart.
    Distance(Scalar),
    /// Everything up to the position.
    Whole,
}

/// An array or dataset with windows that move along some of its dimensions: see [`DataArray::rolling`].
///
/// ```
/// # use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 3.0, 4.0])?;
/// let pairs = a.rolling([("x", 2)]).min_periods(1);
/// assert_eq!(pairs.sum()?.to_vec::<f64>()?, [1.0, 3.0, 5.0, 7.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rolling<T> {
    object: T,
    windows: IndexMap<Name, Extent>,
    /// Of `windows`, for errors.
    method: &'static str,
    min_periods: Option<usize>,
    center: bool,
    centers: IndexMap<Name, bool>,
    closed: Closed,
    stride: usize,
    strides: IndexMap<Name, usize>,
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// Windows that move along dimensions, (dimension, positions) pairs: one for each position, which is its
            /// last. What follows makes one element of each window (`mean`, `max`, ...).
            ///
            /// A window with fewer than [`min_periods`](Rolling::min_periods) values gives a missing result: by
            /// default those at the start that reach over the edge, and those that hold a missing value. So results
            /// are floats where elements are integers. Nothing is checked before what follows.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("y", 2), ("x", 3)], vec![1, 2, 3, 4, 5, 6])?;
            /// let sums = a.rolling([("y", 2), ("x", 2)]).sum()?.to_vec::<f64>()?;
            /// assert!(sums[..4].iter().all(|v| v.is_nan()));
            /// assert_eq!(sums[4..], [12.0, 16.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn rolling<N: Into<Name>>(
                &self,
                windows: impl IntoIterator<Item = (N, usize)>,
            ) -> Rolling<$T> {
                let windows = windows.into_iter().map(|(dim, n)| (dim.into(), Extent::Points(n)));
                Rolling::new(self.clone(), windows.collect(), "rolling")
            }

            /// Windows by the distance of labels, (dimension, distance) pairs: at each label those that lie at most so
            /// far before it. What follows makes one element of each window (`mean`, `max`, ...).
            ///
            /// Distances between times are timedeltas or texts such as `"5D"`, those between numbers are numbers.
            /// Labels may lie apart as they like but must be sorted. The label itself belongs to its window, one at
            /// exactly the distance does not: see [`closed`](Rolling::closed). Equal labels have equal windows.
            /// One value is enough for a result unless [`min_periods`](Rolling::min_periods) says otherwise; the
            /// rest is as in [`rolling`](Self::rolling).
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let days = date_range("2000-01-01", "2000-01-04", "D")?;
            /// let a = DataArray::from_vec(&[("time", 4)], vec![1.0, 2.0, 4.0, 8.0])?;
            /// let a = a.assign_coords([("time", days)])?.isel("time", vec![0, 2, 3])?;
            /// assert_eq!(a.rolling_by([("time", "2D")]).sum()?.to_vec::<f64>()?, [1.0, 4.0, 12.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn rolling_by<N: Into<Name>, D: Into<Scalar>>(
                &self,
                windows: impl IntoIterator<Item = (N, D)>,
            ) -> Rolling<$T> {
                let windows = windows.into_iter().map(|(dim, d)| (dim.into(), Extent::Distance(d.into())));
                Rolling::new(self.clone(), windows.collect(), "rolling_by")
            }

            /// Windows that grow: at each position along `dims` everything up to it. What follows makes one element
            /// of each window (`mean`, `max`, ...).
            ///
            /// As [`rolling`](Self::rolling) with windows of the whole length, but one value is enough for a result
            /// unless [`min_periods`](Rolling::min_periods) says otherwise.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 4)], vec![2.0, f64::NAN, 4.0, 9.0])?;
            /// assert_eq!(a.cumulative(["x"]).mean()?.to_vec::<f64>()?, [2.0, 2.0, 3.0, 5.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn cumulative<N: Into<Name>>(&self, dims: impl IntoIterator<Item = N>) -> Rolling<$T> {
                let windows = dims.into_iter().map(|dim| (dim.into(), Extent::Whole));
                Rolling::new(self.clone(), windows.collect(), "cumulative")
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);

impl<T: Labelled> Rolling<T> {
    fn new(object: T, windows: IndexMap<Name, Extent>, method: &'static str) -> Self {
        Rolling {
            object,
            windows,
            method,
            min_periods: None,
            center: false,
            centers: IndexMap::new(),
            closed: Closed::default(),
            stride: 1,
            strides: IndexMap::new(),
        }
    }

    /// How many values a window must hold for a result; by default as many as it has positions.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 3.0])?;
    /// assert_eq!(a.rolling([("x", 3)]).min_periods(1).mean()?.to_vec::<f64>()?, [1.0, 1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn min_periods(self, min_periods: usize) -> Self {
        Rolling { min_periods: Some(min_periods), ..self }
    }

    /// Whether a position is the middle of its window, and not the last. An even window holds one more position
    /// before its middle than behind it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let sums = a.rolling([("x", 3)]).center(true).min_periods(1).sum()?;
    /// assert_eq!(sums.to_vec::<f64>()?, [3.0, 7.0, 6.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn center(self, center: bool) -> Self {
        Rolling { center, ..self }
    }

    /// [`center`](Self::center) along one dimension.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 2)], vec![1, 2, 3, 4])?;
    /// let sums = a.rolling([("y", 2), ("x", 3)]).center_along("x", true).min_periods(1).sum()?;
    /// assert_eq!(sums.to_vec::<f64>()?, [3.0, 3.0, 10.0, 10.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn center_along(mut self, dim: impl Into<Name>, center: bool) -> Self {
        self.centers.insert(dim.into(), center);
        self
    }

    /// A window at each `stride`-th position only, from the first on; coordinates follow.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 6)], vec![1, 2, 3, 4, 5, 6])?;
    /// let sums = a.rolling([("x", 2)]).min_periods(1).stride(3).sum()?;
    /// assert_eq!(sums.to_vec::<f64>()?, [1.0, 7.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn stride(self, stride: usize) -> Self {
        Rolling { stride, ..self }
    }

    /// [`stride`](Self::stride) along one dimension.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 2)], vec![1, 2, 3, 4])?;
    /// let sums = a.rolling([("y", 1), ("x", 1)]).stride_along("x", 2).sum()?;
    /// assert_eq!(sums.to_vec::<f64>()?, [1.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn stride_along(mut self, dim: impl Into<Name>, stride: usize) -> Self {
        self.strides.insert(dim.into(), stride);
        self
    }

    /// Which ends of windows by distance belong to them; by default the upper one.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::Closed;
    /// let x = Block::from_vec(&[3], vec![0.0, 1.0, 3.0])?;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?.assign_coords([("x", x)])?;
    /// let sums = a.rolling_by([("x", 2)]).closed(Closed::Both).sum()?;
    /// assert_eq!(sums.to_vec::<f64>()?, [1.0, 3.0, 6.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn closed(self, closed: Closed) -> Self {
        Rolling { closed, ..self }
    }

    fn center_of(&self, dim: &str) -> bool {
        self.centers.get(dim).copied().unwrap_or(self.center)
    }

    fn stride_of(&self, dim: &str) -> usize {
        self.strides.get(dim).copied().unwrap_or(self.stride)
    }

    /// An error if windows have no meaning.
    fn check(&self, parts: &Dataset) -> Result<()> {
        let sizes = parts.sizes();
        if let Some(dim) = self.windows.keys().find(|d| !sizes.contains_key(*d)) {
            return Err(Error::not_found("dimension", dim, sizes.keys()));
        }
        if let Some(dim) =
            self.centers.keys().chain(self.strides.keys()).find(|d| !self.windows.contains_key(*d))
        {
            return Err(Error::not_found("window along", dim, self.windows.keys()));
        }
        if self.windows.is_empty() {
            return Err(Error::invalid("no dimension has a window")
                .help(format!("name one, as in `{}([(\"time\", 3)])`", self.method)));
        }
        if let Some((dim, _)) = self.windows.iter().find(|(_, w)| **w == Extent::Points(0)) {
            return Err(Error::invalid(format!("the window along `{dim}` has length 0")));
        }
        if self.min_periods == Some(0) {
            return Err(Error::invalid("0 is no number of values that a window must hold")
                .help("`min_periods` is at least 1: a window without values gives a missing result"));
        }
        match self.windows.keys().find(|d| self.stride_of(d) == 0) {
            Some(dim) => Err(Error::invalid(format!("the stride along `{dim}` is 0"))),
            None => Ok(()),
        }
    }

    /// The windows along each dimension.
    fn spans(&self, parts: &Dataset) -> Result<IndexMap<Name, Spans>> {
        let sizes = parts.sizes();
        let along = |(dim, extent): (&Name, &Extent)| {
            let (center, stride) = (self.center_of(dim), self.stride_of(dim));
            let spans = match extent {
                Extent::Points(n) => Spans::fixed(sizes[dim], *n, center, stride),
                Extent::Whole => Spans::fixed(sizes[dim], sizes[dim], center, stride),
                Extent::Distance(distance) => {
                    Reach { distance, center, closed: self.closed, stride }.spans(parts, dim)?
                }
            };
            Ok((dim.clone(), spans))
        };
        self.windows.iter().map(along).collect()
    }

    /// How many values the windows of a variable must hold.
    fn least(&self, v: &Variable) -> usize {
        let each = v.dims().iter().filter_map(|dim| match self.windows.get(dim)? {
            Extent::Points(n) => Some(*n),
            Extent::Whole | Extent::Distance(_) => Some(1),
        });
        self.min_periods.unwrap_or_else(|| each.fold(1, usize::saturating_mul))
    }

    /// What stays where there is not a window at each position.
    fn thinned(&self, parts: &Dataset) -> Result<Dataset> {
        let strides = self.windows.keys().map(|dim| (dim.clone(), self.stride_of(dim)));
        let strides: Vec<(Name, usize)> = strides.filter(|(_, stride)| *stride > 1).collect();
        if strides.is_empty() { Ok(parts.clone()) } else { parts.thin(strides) }
    }
}

#[cfg(test)]
mod tests;
