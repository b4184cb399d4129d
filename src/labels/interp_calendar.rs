//! Values at the times of another calendar: `interp_calendar`.

use indexmap::IndexMap;

use super::convert_calendar::years_that_exist;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::interp::Interp;
use super::reindex::{NewCoord, reindex_parts};
use super::variable::Variable;
use crate::array::Block;
use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Error, Result};
use crate::index;
use crate::time::decimal_years;

/// Where times lie: the year and the part of it that has passed, which all calendars share.
fn years(ticks: &[i64], shape: &[usize], unit: TimeUnit, calendar: Calendar) -> Result<Block> {
    Block::from_vec(shape, decimal_years(ticks, unit, calendar))
}

impl Dataset {
    fn interp_calendar_inner(&self, target: &DataArray, dim: &str) -> Result<Dataset> {
        let times = self.times_along(dim)?;
        let DType::Datetime { unit, calendar } = target.dtype() else {
            return Err(Error::dtype(format!("the target holds {}, not datetimes", target.dtype())));
        };
        years_that_exist(&times, calendar)?;
        let labels = years(&times.ticks, &[times.ticks.len()], times.unit, times.calendar)?;
        let coord = NewCoord {
            name: dim.into(),
            index: Some(index::default_index(&labels)?),
            variable: Variable::new([dim], labels)?,
            keep_attrs: false,
        };
        let by_year = reindex_parts(self, &IndexMap::new(), vec![coord], None)?;
        let there = target.load()?;
        let places = years(&there.to_vec::<i64>()?, there.shape(), unit, calendar)?;
        let places = Variable::new(target.dims().iter().cloned(), places)?;
        let values = by_year.interp_with(Interp::new().at(dim, places))?;
        let labels = Variable::new(target.dims().iter().cloned(), there.clone())?;
        let index = match labels.dims() {
            [d] if **d == *dim => Some(index::default_index(&there)?),
            _ => None,
        };
        let coord = NewCoord {
            name: dim.into(),
            index,
            variable: labels.with_attrs(target.attrs().clone()),
            keep_attrs: false,
        };
        let mut found = reindex_parts(&values, &IndexMap::new(), vec![coord], None)?;
        for (name, v) in target.coords().iter().filter(|(name, _)| ***name != *dim) {
            if found.find(name).is_none() {
                let index = target.coords().index(name).cloned();
                found.coords_mut().insert_with(name.clone(), v.clone(), index)?;
            }
        }
        Ok(found)
    }

    /// The dataset at the times of `target`, which may be of another calendar: on lines between the neighbours
    /// along `dim`, where times are measured in decimal years.
    ///
    /// The decimal year is the year plus the part of it that has passed, so 1 July noon of a `noleap` year and
    /// 1 July of a `360_day` year lie at the same place: this suits data whose time of day does not matter. What lies
    /// outside of the times is missing. dtypes and laziness are those of [`interp`](Dataset::interp_with).
    ///
    /// # Errors
    /// If the dimension or the target has no datetimes, a year 0 is not in the calendar of the target, and those of
    /// [`interp_with`](Dataset::interp_with).
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::time::Calendar;
    /// let days = DateRange::new().start("2001-01-01").periods(365).freq("D").calendar(Calendar::NoLeap).make()?;
    /// let a = DataArray::from_vec(&[("time", 365)], (0..365).map(f64::from).collect())?.assign_coords([("time", &days)])?;
    /// let target = DateRange::new().start("2001-01-01").periods(2).freq("6MS").calendar(Calendar::Day360).make()?;
    /// let b = a.to_dataset("a").interp_calendar(&target, "time")?;
    /// assert_eq!(b.get("a")?.to_vec::<f64>()?[0], 0.0);
    /// // The middle of the year, in days of the year of 365.
    /// assert!((b.get("a")?.to_vec::<f64>()?[1] - 182.5).abs() < 1e-9);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn interp_calendar(&self, target: &DataArray, dim: &str) -> Result<Dataset> {
        self.interp_calendar_inner(target, dim).map_err(|e| e.at("`interp_calendar`").at(self.place()))
    }
}

impl DataArray {
    /// The array at the times of `target`, which may be of another calendar: see [`Dataset::interp_calendar`].
    ///
    /// # Errors
    /// Those of [`Dataset::interp_calendar`].
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::time::Calendar;
    /// let days = date_range("2000-01-01", "2000-12-31", "D")?;
    /// let a = DataArray::from_vec(&[("time", 366)], (0..366).map(f64::from).collect())?.assign_coords([("time", &days)])?;
    /// let ideal = date_range_like(&days, Calendar::Day360, None)?;
    /// assert_eq!(a.interp_calendar(&ideal, "time")?.shape(), [360]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn interp_calendar(&self, target: &DataArray, dim: &str) -> Result<DataArray> {
        self.via_dataset(|ds| ds.interp_calendar_inner(target, dim).map_err(|e| e.at("`interp_calendar`")))
    }
}
