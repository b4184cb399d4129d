//! Components of times: `dt("month")`, and `"time.month"` as a name.

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::diagnostics;
use super::options::Options;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::elementwise::{BinaryOp, MapFn, UnaryOp};
use crate::kernel::time::TimeFn;
use crate::lazy::LazyArray;
use crate::time::{Component, Rounding};

impl DataArray {
    /// A component of each time, in every calendar: xarray's `.dt`.
    ///
    /// | of | components |
    /// |---|---|
    /// | datetimes | `year` `quarter` `month` `day` `hour` `minute` `second` `microsecond` `nanosecond` |
    /// | | `day_of_week` (Monday is 0; also `dayofweek`, `weekday`), `day_of_year` (`dayofyear`) |
    /// | | `days_in_month` (`daysinmonth`), `days_in_year`; `week` (`weekofyear`) of ISO 8601 |
    /// | | `is_leap_year`, `is_month_start`, `is_month_end`, `is_quarter_start` … `is_year_end` |
    /// | | `season` (`"DJF"` …), `decimal_year`, `date` (the day), `time` (since midnight) |
    /// | timedeltas | `days`, `seconds` (0 to 86399), `microseconds`, `nanoseconds`, `total_seconds` |
    ///
    /// `i64`; bools for questions, text for the season, `f64` for `decimal_year` and `total_seconds`; `date` is
    /// a datetime and `time` a timedelta of the same unit. The result has the name of the component and the
    /// attributes of the array (`week` none, as in xarray).
    ///
    /// Missing times have NaN, so integers in memory become floats; their season is `"nan"`, questions are
    /// false. Lazy: reads nothing; missing times that only the run finds fail it where a result is `i64`.
    ///
    /// # Errors
    /// If there is no such component, the elements are no times that have it, or weeks are asked of a calendar
    /// that ISO 8601 knows nothing of.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let days = Block::from_vec(&[2], vec![0i64, 45 * 86_400_000_000_000])?.retype(DType::DATETIME_NS);
    /// let time = DataArray::new(Variable::new(["time"], days)?, Coords::new())?;
    /// assert_eq!(time.dt("month")?.to_vec::<i64>()?, [1, 2]);
    /// assert_eq!(time.dt("season")?.to_vec::<graticule::dtype::Text>()?[0].as_str(), Some("DJF"));
    /// assert_eq!(time.sub(&time.dt("date")?)?.dt("total_seconds")?.to_vec::<f64>()?, [0.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn dt(&self, component: &str) -> Result<DataArray> {
        let variable = component_of(self.variable(), component).map_err(|e| e.at(self.place()))?;
        Ok(DataArray::from_parts(Some(component.into()), variable, self.coords().clone()))
    }
}

/// The components that are no plain field.
const OTHERS: [&str; 4] = ["date", "time", "decimal_year", "total_seconds"];

fn component_of(v: &Variable, component: &str) -> Result<Variable> {
    let times = v.data();
    let map = |f: TimeFn| LazyArray::map(MapFn::Time(f), std::slice::from_ref(times));
    let midnight = || match times.dtype() {
        DType::Datetime { unit, .. } => map(TimeFn::Round(Rounding::Floor, unit.per_day())),
        other => Err(no_component(component, other, "datetimes")),
    };
    let data = match component {
        "date" => midnight()?,
        "time" => LazyArray::map(MapFn::Binary(BinaryOp::Sub), &[times.clone(), midnight()?])?,
        "decimal_year" => map(TimeFn::DecimalYear)?,
        "total_seconds" if times.dtype().is_timedelta() => {
            let second = Block::scalar(1_i64).retype(DType::Timedelta { unit: TimeUnit::S });
            let second = second.reshape(&vec![1; v.ndim()])?;
            LazyArray::map(MapFn::Binary(BinaryOp::Div), &[times.clone(), second.into()])?
        }
        "total_seconds" => return Err(no_component(component, times.dtype(), "timedeltas")),
        _ => match component.parse() {
            Ok(wanted) => field(times, wanted)?,
            Err(_) => {
                let known = Component::names().chain(OTHERS);
                return Err(Error::not_found("component of times", component, known));
            }
        },
    };
    // xarray takes weeks out of `isocalendar`, which has no attributes.
    let keeps = Options::current().keep_attrs && !matches!(component, "week" | "weekofyear");
    let attrs = if keeps { v.attrs.clone() } else { Default::default() };
    diagnostics::units_changed(component, &attrs)?;
    Ok(Variable::new(v.dims().iter().cloned(), data)?.with_attrs(attrs))
}

fn no_component(name: &str, dtype: DType, whose: &str) -> Error {
    Error::dtype(format!("`{name}` has no meaning for {dtype}")).help(format!("{whose} have it"))
}

/// A field of each time. Where times are missing, numbers are floats, which can be NaN.
pub(super) fn field(times: &LazyArray, wanted: Component) -> Result<LazyArray> {
    let of =
        |times: &LazyArray| LazyArray::map(MapFn::Time(TimeFn::Field(wanted)), std::slice::from_ref(times));
    // Of missing times flags are false, the season is text, and years have as many days as most.
    if wanted.is_flag() || matches!(wanted, Component::Season | Component::DaysInYear) {
        return of(times);
    }
    match times.has_missing() {
        Some(false) => of(times),
        Some(true) => {
            let valid = LazyArray::map(MapFn::Unary(UnaryOp::NotNull), std::slice::from_ref(times))?;
            let nan = Block::scalar(f64::NAN).reshape(&vec![1; times.ndim()])?;
            LazyArray::map(MapFn::Where, &[valid, of(times)?.cast(DType::F64)?, nan.into()])
        }
        None => {
            let help = "`compute` the times first, or select those that are not missing";
            of(&times.require_present("times", help, true)?)
        }
    }
}

impl Dataset {
    /// What a name stands for that is no variable: a component of one (`"time.month"`), or the
    /// positions along a dimension without coordinate.
    pub(crate) fn virtual_variable(&self, name: &str) -> Result<Option<DataArray>> {
        if let Some(&n) = self.sizes().get(name) {
            if let Some(joint) = self.coords().multi_along(name) {
                return Err(Error::invalid(format!(
                    "the labels of `{name}` are tuples: it has no one array"
                ))
                .known(joint.names.iter().map(|n| n.to_string()))
                .help("take one of its levels"));
            }
            let positions = Block::from_vec(&[n], (0..n as i64).collect())?;
            let coords = self.coords_along(&[Name::from(name)]);
            let variable = Variable::new([name], positions)?;
            return Ok(Some(DataArray::from_parts(Some(name.into()), variable, coords)));
        }
        match name.rsplit_once('.') {
            Some((base, component)) if self.find(base).is_some() => self.get(base)?.dt(component).map(Some),
            _ => Ok(None),
        }
    }

    /// The coordinates that have no other than these dimensions.
    pub(crate) fn coords_along(&self, dims: &[Name]) -> Coords {
        self.coords().filter(|_, v| v.dims().iter().all(|d| dims.contains(d)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::{NAT, Scalar};

    const SECOND: DType = DType::Timedelta { unit: TimeUnit::S };

    fn times(ticks: Vec<i64>) -> DataArray {
        let n = ticks.len();
        let block = Block::from_vec(&[n], ticks).unwrap().retype(DType::DATETIME_NS);
        DataArray::new(Variable::new(["t"], block).unwrap(), Coords::new()).unwrap()
    }

    #[test]
    fn missing_times_have_missing_components() {
        let year = times(vec![0, NAT]).dt("year").unwrap();
        let values = year.to_vec::<f64>().unwrap();
        assert!(values[0] == 1970.0 && values[1].is_nan());
        assert_eq!(times(vec![0]).dt("year").unwrap().to_vec::<i64>().unwrap(), [1970]);
        assert_eq!(times(vec![NAT]).dt("is_leap_year").unwrap().to_vec::<bool>().unwrap(), [false]);
        let e = times(vec![0]).dt("yaer").unwrap_err();
        assert!(e.is_not_found() && e.to_string().contains("did you mean `year`?"), "{e}");
    }

    #[test]
    fn dates_times_and_lengths_are_components() {
        let a = times(vec![-1, 86_400_000_000_000, NAT]);
        let date = a.dt("date").unwrap();
        assert_eq!(date.dtype(), DType::DATETIME_NS);
        assert_eq!(date.to_vec::<i64>().unwrap(), [-86_400_000_000_000, 86_400_000_000_000, NAT]);
        let time = a.dt("time").unwrap();
        assert_eq!(time.to_vec::<i64>().unwrap(), [86_399_999_999_999, 0, NAT]);
        assert_eq!(time.dt("seconds").unwrap().to_vec::<f64>().unwrap()[0], 86_399.0);
        assert_eq!(time.dt("total_seconds").unwrap().to_vec::<f64>().unwrap()[0], 86_399.999999999);
        assert_eq!(a.dt("decimal_year").unwrap().to_vec::<f64>().unwrap()[1], 1970.0 + 1.0 / 365.0);
        for (array, component) in
            [(&a, "total_seconds"), (&a, "days"), (&time, "date"), (&time, "time"), (&time, "year")]
        {
            assert!(array.dt(component).is_err(), "{component}");
        }
    }

    #[test]
    fn missing_lazy_times_are_found_in_the_run() {
        let chunked = times(vec![0, NAT]).chunk("t", 1).unwrap();
        // What was only cut is in memory, and so known.
        assert!(chunked.dt("year").unwrap().to_vec::<f64>().unwrap()[1].is_nan());
        let lazy =
            chunked.add(Scalar::from(Block::scalar(1_i64).retype(SECOND))).unwrap().dt("year").unwrap();
        assert!(lazy.load().unwrap_err().is_unsupported());
        let lazy = times(vec![0, 1]).chunk("t", 1).unwrap().dt("year").unwrap();
        assert_eq!(lazy.to_vec::<i64>().unwrap(), [1970, 1970]);
    }

    #[test]
    fn components_and_positions_are_names() {
        let ds = times(vec![0]).to_dataset("when");
        assert_eq!(ds.get("when.month").unwrap().to_vec::<i64>().unwrap(), [1]);
        assert_eq!(ds.get("t").unwrap().to_vec::<i64>().unwrap(), [0]);
        assert!(ds.get("where.month").is_err());
    }
}
