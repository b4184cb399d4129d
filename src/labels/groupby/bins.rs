//! Groups of the values that lie in the same bin.

use std::sync::Arc;

use super::cut::{bin_codes, checked_edges, equal_edges, rounded_edges};
use super::grouper::{Encoded, Grouper};
use super::key::{GroupBySource, GroupKey, KeyLabels};
use super::{DataArray, Dataset, GroupBy};
use crate::array::Block;
use crate::dtype::DType;
use crate::error::{Context, Error, Result};
use crate::index::{Closed, Index, IntervalIndex, default_index, parsed_dates};
use crate::kernel::cast::cast;

/// What values are put into: bins between edges, a number of bins, or given intervals.
#[derive(Debug, Clone)]
pub enum Bins {
    /// Between neighbours of rising edges: numbers, times, or texts that are read as times.
    Edges(Block),
    /// So many of equal width over all values, the outermost wider by 0.1 % of the range, so that it holds the
    /// value at the open end.
    Count(usize),
    /// These intervals, which do not overlap.
    Intervals(Arc<IntervalIndex>),
}

impl From<usize> for Bins {
    fn from(count: usize) -> Self {
        Bins::Count(count)
    }
}

impl<T: Into<Block>> From<T> for Bins {
    fn from(edges: T) -> Self {
        Bins::Edges(edges.into())
    }
}

impl From<IntervalIndex> for Bins {
    fn from(intervals: IntervalIndex) -> Self {
        Bins::Intervals(Arc::new(intervals))
    }
}

/// Groups values by the bin that they lie in: xarray's `BinGrouper`, with the rules of pandas' `cut`.
///
/// The groups of a key `X` get the dimension `X_bins`, whose labels are the bins (`(0, 5]`) with an
/// [`IntervalIndex`] that knows their bounds, or labels of one's own. Values outside of all bins and missing
/// ones are in no group; a bin without values gives missing results.
///
/// ```
/// # use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 4.0, 8.0])?;
/// let depth = DataArray::from_vec(&[("x", 4)], vec![0i64, 10, 30, 200])?.with_name("depth");
/// let sums = a.groupby((depth, BinGrouper::new([0i64, 50, 1000]).include_lowest(true)))?.sum(())?;
/// assert_eq!(sums.dims(), ["depth_bins".into()]);
/// assert_eq!(sums.to_vec::<f64>()?, [7.0, 8.0]);
/// assert_eq!(sums.sel("depth_bins", 20)?.to_vec::<f64>()?, [7.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct BinGrouper {
    bins: Bins,
    right: bool,
    include_lowest: bool,
    labels: Option<Block>,
    precision: i32,
    drop_duplicates: bool,
}

impl<B: Into<Bins>> From<B> for BinGrouper {
    fn from(bins: B) -> Self {
        BinGrouper::new(bins)
    }
}

impl BinGrouper {
    /// Bins between edges, a number of bins of equal width, or given intervals.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 4.0, 8.0])?;
    /// let key = DataArray::from_vec(&[("x", 4)], vec![0.0, 1.0, 5.0, 10.0])?;
    /// assert_eq!(a.groupby((&key, BinGrouper::new([-1.0, 5.0, 10.0])))?.sum(())?.to_vec::<f64>()?, [7.0, 8.0]);
    /// assert_eq!(a.groupby((&key, BinGrouper::new(3)))?.sum(())?.to_vec::<f64>()?, [3.0, 4.0, 8.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(bins: impl Into<Bins>) -> Self {
        BinGrouper {
            bins: bins.into(),
            right: true,
            include_lowest: false,
            labels: None,
            precision: 3,
            drop_duplicates: false,
        }
    }

    /// Whether bins are closed on the right, as `(0, 5]`, or on the left. True by default.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 5, 9])?;
    /// let left = BinGrouper::new([0i64, 5, 10]).right(false);
    /// assert_eq!(a.groupby((key, left))?.sum(())?.to_vec::<f64>()?, [1.0, 6.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn right(self, right: bool) -> Self {
        BinGrouper { right, ..self }
    }

    /// Whether the first bin holds the lowest edge itself. The label of the bin begins a little below it
    /// then.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![0i64, 5, 9])?;
    /// let all = BinGrouper::new([0i64, 5, 10]).include_lowest(true);
    /// let sums = a.groupby((key, all))?.sum(())?;
    /// assert_eq!(sums.to_vec::<f64>()?, [3.0, 4.0]);
    /// assert_eq!(sums.sel("group_bins", "(-0.001, 5.0]")?.to_vec::<f64>()?, [3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn include_lowest(self, include_lowest: bool) -> Self {
        BinGrouper { include_lowest, ..self }
    }

    /// Labels of the bins, one for each; they are ignored with given intervals.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 5, 9])?;
    /// let named = BinGrouper::new([0i64, 5, 10]).labels(["low", "high"]);
    /// assert_eq!(a.groupby((key, named))?.sum(())?.sel("group_bins", "low")?.to_vec::<f64>()?, [3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn labels(self, labels: impl Into<Block>) -> Self {
        BinGrouper { labels: Some(labels.into()), ..self }
    }

    /// How many decimals the bounds of labels have, 3 by default: more where bins would look alike. Of bounds
    /// between -1 and 1 as many digits behind the zeros. The bins themselves are not rounded.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 8.0])?;
    /// let sums = a.groupby_bins(&key, BinGrouper::new(3).precision(1))?.sum(())?;
    /// assert_eq!(sums.sel("group_bins", "(1.0, 3.3]")?.to_vec::<f64>()?, [3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn precision(self, precision: i32) -> Self {
        BinGrouper { precision, ..self }
    }

    /// Whether edges that stand twice are taken once, instead of being an error.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let key = DataArray::from_vec(&[("x", 3)], vec![1i64, 5, 9])?;
    /// let twice = BinGrouper::new([0i64, 5, 5, 10]);
    /// assert!(a.groupby((&key, twice.clone())).is_err());
    /// assert_eq!(a.groupby((&key, twice.drop_duplicates(true)))?.sum(())?.to_vec::<f64>()?, [3.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_duplicates(self, drop_duplicates: bool) -> Self {
        BinGrouper { drop_duplicates, ..self }
    }

    /// The edges for these values.
    fn edges(&self, values: &Block) -> Result<Option<Block>> {
        let edges = match &self.bins {
            Bins::Intervals(_) => return Ok(None),
            Bins::Count(count) => equal_edges(values, *count, self.right)?,
            Bins::Edges(edges) if edges.dtype().is_text() => parsed_dates(edges, values.dtype())?,
            Bins::Edges(edges) => edges.clone(),
        };
        checked_edges(&edges, self.drop_duplicates).map(Some)
    }

    /// The intervals that label the bins.
    fn intervals(&self, edges: &Block) -> Result<IntervalIndex> {
        let (mut edges, precision) = rounded_edges(edges, self.precision)?;
        if self.right && self.include_lowest {
            edges = lowered(edges, precision)?;
        }
        IntervalIndex::from_edges(&edges, if self.right { Closed::Right } else { Closed::Left })
    }
}

/// The edges with the lowest moved down a little, so that the first bin holds it.
fn lowered(edges: Block, precision: i32) -> Result<Block> {
    let shape = edges.shape().to_vec();
    if edges.dtype().is_time() {
        let mut ticks = edges.to_vec::<i64>()?;
        ticks[0] = ticks[0].checked_sub(1).filter(|t| *t != crate::dtype::NAT).ok_or_else(|| {
            Error::invalid("the lowest edge is the first moment that the unit of the times holds")
        })?;
        return Ok(Block::from_vec(&shape, ticks)?.retype(edges.dtype()));
    }
    let mut floats = cast(&edges, DType::F64)?.to_vec::<f64>()?;
    floats[0] -= 10f64.powi(-precision);
    Block::from_vec(&shape, floats)
}

impl Grouper for BinGrouper {
    fn encode(&self, key: &KeyLabels) -> Result<Encoded> {
        let name = format!("{}_bins", key.name);
        let values = key.variable.load()?;
        let (codes, intervals) = match (self.edges(&values)?, &self.bins) {
            (None, Bins::Intervals(intervals)) => {
                (interval_codes(&values, intervals)?, Some(intervals.clone()))
            }
            (None, _) => return Err(Error::internal("bins without edges")),
            (Some(edges), _) => {
                let codes = bin_codes(&values, &edges, self.right, self.include_lowest)?;
                match &self.labels {
                    None => (codes, Some(Arc::new(self.intervals(&edges)?))),
                    Some(labels) => return self.labelled(name, codes, labels, edges.size() - 1, key),
                }
            }
        };
        let Some(intervals) = intervals else { return Err(Error::internal("bins without intervals")) };
        let mut groups = Encoded::new(name, codes, intervals.labels())?;
        groups.labels = groups.labels.map(|v| v.with_attrs(key.variable.attrs.clone()));
        groups.index = Some(intervals);
        Ok(groups)
    }
}

impl BinGrouper {
    /// The bins under names of their own.
    fn labelled(
        &self,
        name: String,
        codes: Vec<i32>,
        labels: &Block,
        bins: usize,
        key: &KeyLabels,
    ) -> Result<Encoded> {
        if labels.shape() != [bins] {
            return Err(Error::invalid(format!("labels of shape {:?} for {bins} bins", labels.shape()))
                .help("give one label for each bin: one less than there are edges"));
        }
        if !default_index(labels)?.is_unique() {
            return Err(Error::invalid("two bins have the same label").help("name each bin once"));
        }
        let mut groups = Encoded::new(name, codes, labels.clone())?;
        groups.labels = groups.labels.map(|v| v.with_attrs(key.variable.attrs.clone()));
        Ok(groups)
    }
}

/// The interval of each value in row-major order.
fn interval_codes(values: &Block, intervals: &IntervalIndex) -> Result<Vec<i32>> {
    let flat = values.clone().contiguous().reshape(&[values.size()])?;
    if flat.dtype().is_text() {
        return Err(Error::dtype("texts lie in no interval").help("group by the texts themselves"));
    }
    let found = intervals.positions_of(&flat, crate::index::Method::Exact, None)?;
    found
        .into_iter()
        .map(|p| i32::try_from(p).map_err(|_| Error::unsupported("more bins than a 32-bit number counts")))
        .collect()
}

impl DataArray {
    /// Groups positions by the bins in which the values of a coordinate or array lie: between edges, or of a
    /// number of equal width.
    ///
    /// The groups of `X` get the dimension `X_bins`. [`BinGrouper`] has the choices; with it several keys may be
    /// bins. Reads the values of the key, no data.
    ///
    /// # Errors
    /// If there is no such coordinate, edges do not rise or are not comparable with the values, or no value is in
    /// a bin.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 4.0, 8.0])?;
    /// let a = a.assign_coords([("x", Block::from_vec(&[4], vec![1i64, 5, 8, 12])?)])?;
    /// let means = a.groupby_bins("x", [0i64, 4, 10, 20])?.mean(())?;
    /// assert_eq!(means.to_vec::<f64>()?, [1.0, 3.0, 8.0]);
    /// assert_eq!(means.sel("x_bins", 7)?.to_vec::<f64>()?, [3.0]);
    /// let anomalies = a.groupby_bins("x", [0i64, 4, 10, 20])?.sub(&means)?;
    /// assert_eq!(anomalies.to_vec::<f64>()?, [0.0, -1.0, 1.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn groupby_bins(
        &self,
        group: impl Into<GroupBySource>,
        bins: impl Into<BinGrouper>,
    ) -> Result<GroupBy<DataArray>> {
        GroupBy::new(self.clone(), GroupKey::new(group, bins.into())).at(|| self.place())
    }
}

impl Dataset {
    /// Groups positions by the bins in which the values of a coordinate, variable or array lie: between edges, or
    /// of a number of equal width.
    ///
    /// The groups of `X` get the dimension `X_bins`. [`BinGrouper`] has the choices; with it several keys may be
    /// bins. Reads the values of the key, no other data.
    ///
    /// # Errors
    /// If there is no such variable, edges do not rise or are not comparable with the values, or no value is in
    /// a bin.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let ds = a.assign_coords([("x", Block::from_vec(&[3], vec![1i64, 5, 8])?)])?.to_dataset("a");
    /// let sums = ds.groupby_bins("x", BinGrouper::new([0i64, 5, 10]).labels(["low", "high"]))?.sum(())?;
    /// assert_eq!(sums.get("a")?.to_vec::<f64>()?, [3.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn groupby_bins(
        &self,
        group: impl Into<GroupBySource>,
        bins: impl Into<BinGrouper>,
    ) -> Result<GroupBy<Dataset>> {
        GroupBy::new(self.clone(), GroupKey::new(group, bins.into())).at(|| self.place())
    }
}
