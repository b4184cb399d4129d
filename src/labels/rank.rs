//! Ranks and the order of elements along a dimension.

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::diagnostics;
use super::options::Options;
use super::variable::Variable;
use crate::array::{Block, Region};
use crate::dtype::promote;
use crate::error::{Error, Result};
use crate::kernel::cast::cast;
use crate::kernel::order::{RankKind, dense_ranks};
use crate::lazy::LazyArray;

/// How [`Dataset::rank_with`] counts, and what it keeps.
///
/// ```
/// # use graticule::labels::RankOptions;
/// assert!(RankOptions::new().pct(true).pct);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RankOptions {
    /// Whether ranks are given as fractions of the number of values that are not missing.
    pub pct: bool,
    /// Whether attributes stay; by default as [`Options::keep_attrs`] says (so they do). As in xarray, this
    /// is about those of a dataset, and the option alone about those of variables.
    pub keep_attrs: Option<bool>,
}

/// On which side of equal elements something is inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// Before them.
    #[default]
    Left,
    /// After them.
    Right,
}

impl RankOptions {
    /// What holds when nothing is said.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::RankOptions;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![30, 10, 30])?;
    /// assert_eq!(a.rank_with("x", RankOptions::new())?.to_vec::<f64>()?, [2.5, 1.0, 2.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether ranks are given as fractions.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::RankOptions;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![30, 10])?;
    /// assert_eq!(a.rank_with("x", RankOptions::new().pct(true))?.to_vec::<f64>()?, [1.0, 0.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn pct(self, pct: bool) -> Self {
        RankOptions { pct, ..self }
    }

    /// Whether attributes of a dataset stay.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::RankOptions;
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![30, 10])?;
    /// let ds = a.to_dataset("a").assign_attrs([("title", "a run")]);
    /// assert!(ds.rank_with("x", RankOptions::new().keep_attrs(false))?.attrs.is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn keep_attrs(self, keep_attrs: impl Into<Option<bool>>) -> Self {
        RankOptions { keep_attrs: keep_attrs.into(), ..self }
    }
}

impl Dataset {
    /// Applies `f` to the elements of each variable with `dim` along its axis; the others are left out.
    fn along_axis(
        &self,
        dim: &str,
        what: &str,
        keep_attrs: Option<bool>,
        f: impl Fn(&LazyArray, usize) -> Result<LazyArray>,
    ) -> Result<Dataset> {
        let global = Options::current().keep_attrs;
        let mapped = match self.sizes().contains_key(dim) {
            false => Err(Error::not_found("dimension", dim, self.sizes().keys())),
            true => self.map_variables(|v| {
                let Some(axis) = v.axis(dim) else { return Ok(None) };
                let attrs = if global { v.attrs.clone() } else { Default::default() };
                diagnostics::units_changed(what, &attrs)?;
                Ok(Some(Variable::new(v.dims().iter().cloned(), f(v.data(), axis)?)?.with_attrs(attrs)))
            }),
        };
        let mut ds = self
            .with_parts(self.locate(mapped, || format!("`{what}` along `{dim}`"))?, self.coords().clone());
        if !keep_attrs.unwrap_or(global) {
            ds.attrs = Default::default();
        }
        Ok(ds)
    }

    /// The rank of each value along `dim`, counted from 1: equal values share the mean of their places, NaN has
    /// none.
    ///
    /// Variables without the dimension are left out; coordinates stay. dtype: `f64`. Lazy: reads nothing; chunks
    /// along `dim` are put together, as for [`quantile`](Self::quantile). Missing values that are no floats (NaT,
    /// missing text) come after all others, each with a place of its own, as in xarray.
    ///
    /// # Errors
    /// If there is no such dimension.
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::DataArray;
    /// let ds = DataArray::from_vec(&[("x", 4)], vec![7.0, 2.0, f64::NAN, 7.0])?.to_dataset("a");
    /// let ranks = ds.rank("x")?.get("a")?.to_vec::<f64>()?;
    /// assert_eq!((ranks[0], ranks[1], ranks[3]), (2.5, 1.0, 2.5));
    /// assert!(ranks[2].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rank(&self, dim: &str) -> Result<Dataset> {
        self.rank_with(dim, RankOptions::default())
    }

    /// [`rank`](Self::rank) with all choices open.
    ///
    /// # Errors
    /// If there is no such dimension.
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::{DataArray, RankOptions};
    /// let ds = DataArray::from_vec(&[("x", 2)], vec![7, 2])?.to_dataset("a");
    /// let fractions = ds.rank_with("x", RankOptions::new().pct(true))?;
    /// assert_eq!(fractions.get("a")?.to_vec::<f64>()?, [1.0, 0.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rank_with(&self, dim: &str, options: RankOptions) -> Result<Dataset> {
        let kind = if options.pct { RankKind::Fraction } else { RankKind::Place };
        self.along_axis(dim, "rank", options.keep_attrs, |data, axis| data.rank(axis, kind))
    }

    /// The positions along `dim` that would sort each variable: equal values stay in order, missing ones come
    /// last.
    ///
    /// Variables without the dimension are left out; coordinates stay where they are. dtype: `i64`. Lazy: reads
    /// nothing; chunks along `dim` are put together.
    ///
    /// # Errors
    /// If there is no such dimension.
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::DataArray;
    /// let ds = DataArray::from_vec(&[("x", 3)], vec!["b", "c", "a"].into_iter().map(Into::into).collect::<Vec<graticule::dtype::Text>>())?;
    /// assert_eq!(ds.to_dataset("a").argsort("x")?.get("a")?.to_vec::<i64>()?, [2, 0, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn argsort(&self, dim: &str) -> Result<Dataset> {
        self.along_axis(dim, "argsort", None, LazyArray::argsort)
    }
}

impl DataArray {
    /// The rank of each value along `dim`, counted from 1: see [`Dataset::rank`].
    ///
    /// # Errors
    /// If there is no such dimension.
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![30, 10, 10])?;
    /// assert_eq!(a.rank("x")?.to_vec::<f64>()?, [3.0, 1.5, 1.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rank(&self, dim: &str) -> Result<DataArray> {
        self.via_dataset(|ds| ds.rank(dim))
    }

    /// [`rank`](Self::rank) with all choices open: see [`Dataset::rank_with`].
    ///
    /// # Errors
    /// If there is no such dimension.
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::{DataArray, RankOptions};
    /// let a = DataArray::from_vec(&[("x", 4)], vec![30, 10, 20, 40])?;
    /// let fractions = a.rank_with("x", RankOptions::new().pct(true))?;
    /// assert_eq!(fractions.to_vec::<f64>()?, [0.75, 0.25, 0.5, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rank_with(&self, dim: &str, options: RankOptions) -> Result<DataArray> {
        self.via_dataset(|ds| ds.rank_with(dim, options))
    }

    /// The positions along `dim` that would sort the array: see [`Dataset::argsort`].
    ///
    /// # Errors
    /// If there is no such dimension.
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![3.0, f64::NAN, 1.0, 3.0])?;
    /// assert_eq!(a.argsort("x")?.to_vec::<i64>()?, [2, 0, 3, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn argsort(&self, dim: &str) -> Result<DataArray> {
        self.via_dataset(|ds| ds.argsort(dim))
    }

    /// Where `values` would have to be inserted into this sorted array of one dimension to keep it sorted, as
    /// `i64` positions in the shape of `values`: before equal elements, or after them. NaN counts as greater than
    /// all numbers. Reads the array.
    ///
    /// # Errors
    /// If the array has other than one dimension, is not sorted, or does not compare with the values.
    ///
    /// # Example
    /// ```
    /// # use graticule::array::Block;
    /// # use graticule::labels::{DataArray, Side};
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 2.0, 5.0])?;
    /// let values = Block::from_vec(&[2], vec![2, 9])?;
    /// assert_eq!(a.searchsorted(&values, Side::Left)?.to_vec::<i64>()?, [1, 4]);
    /// assert_eq!(a.searchsorted(&values, Side::Right)?.to_vec::<i64>()?, [3, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn searchsorted(&self, values: &Block, side: Side) -> Result<Block> {
        self.search(values, side).map_err(|e| e.at("`searchsorted`").at(self.place()))
    }

    fn search(&self, values: &Block, side: Side) -> Result<Block> {
        let &[n] = self.shape().as_slice() else {
            return Err(Error::invalid(format!(
                "positions in {} dimensions have no order",
                self.shape().len()
            )));
        };
        let dtype = promote::promote(self.dtype(), values.dtype())?;
        let mut both = Block::zeros(dtype, &[n + values.size()]);
        let part = |from: usize, n: usize| Region::new(std::iter::once(from..from + n));
        both.assign(&part(0, n), &cast(&self.load()?, dtype)?);
        let flat = cast(values, dtype)?.reshape(&[values.size()])?;
        both.assign(&part(n, values.size()), &flat);
        let ranks = dense_ranks(&both)?;
        // Missing ones come last.
        let ranks: Vec<usize> = ranks.into_iter().map(|r| r.unwrap_or(usize::MAX)).collect();
        let (own, sought) = ranks.split_at(n);
        if !own.is_sorted() {
            return Err(Error::invalid("the array is not sorted").help("sort it first, as with `sortby`"));
        }
        let place = |x: &usize| match side {
            Side::Left => own.partition_point(|y| y < x) as i64,
            Side::Right => own.partition_point(|y| y <= x) as i64,
        };
        Block::from_vec(values.shape(), sought.iter().map(place).collect())
    }
}
