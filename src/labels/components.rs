//! Components of times: `dt("month")`, and `"time.month"` as a name.

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::options::Options;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::elementwise::{MapFn, UnaryOp};
use crate::lazy::LazyArray;
use crate::time::Component;

impl DataArray {
    /// A component of each datetime: `"year"`, `"month"`, `"dayofyear"`, `"hour"`, `"season"`, ...
    ///
    /// Integers, text for the season, bools for questions (`"is_leap_year"`). The result has the name
    /// of the component. With missing times in memory integers become floats to hold NaN. Lazy: reads
    /// nothing; missing times in a lazy array are found in the run, which fails.
    ///
    /// # Errors
    /// If there is no such component, or the elements are not datetimes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let days = Block::from_vec(&[2], vec![0i64, 45 * 86_400_000_000_000])?.retype(DType::DATETIME_NS);
    /// let time = DataArray::new(Variable::new(["time"], days)?, Coords::new())?;
    /// assert_eq!(time.dt("month")?.to_vec::<i64>()?, [1, 2]);
    /// assert_eq!(time.dt("season")?.to_vec::<graticule::dtype::Text>()?[0].as_str(), Some("DJF"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn dt(&self, component: &str) -> Result<DataArray> {
        let variable = component_of(self.variable(), component).map_err(|e| e.at(self.place()))?;
        Ok(DataArray::from_parts(Some(component.into()), variable, self.coords().clone()))
    }
}

fn component_of(v: &Variable, component: &str) -> Result<Variable> {
    let wanted: Component = component.parse()?;
    if !v.dtype().is_datetime() {
        return Err(Error::dtype(format!("`{component}` of {}: only datetimes have it", v.dtype())));
    }
    let field = |times: &LazyArray| LazyArray::map(MapFn::Time(wanted), std::slice::from_ref(times));
    let data = match v.data().has_missing() {
        // Of missing times flags are false and the season is text.
        _ if wanted.is_flag() || wanted == Component::Season => field(v.data())?,
        Some(false) => field(v.data())?,
        // Integers cannot be missing; as in xarray floats take their place.
        Some(true) => {
            let valid = LazyArray::map(MapFn::Unary(UnaryOp::NotNull), std::slice::from_ref(v.data()))?;
            let nan = Block::scalar(f64::NAN).reshape(&vec![1; v.ndim()])?;
            let fields = field(v.data())?.cast(DType::F64)?;
            LazyArray::map(MapFn::Where, &[valid, fields, nan.into()])?
        }
        None => {
            let help = "`compute` the times first, or select those that are not missing";
            field(&v.data().require_present("times", help, true)?)?
        }
    };
    let attrs = if Options::current().keep_attrs { v.attrs.clone() } else { Default::default() };
    Ok(Variable::new(v.dims().iter().cloned(), data)?.with_attrs(attrs))
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
    use crate::dtype::NAT;

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
        assert!(times(vec![0]).dt("yaer").is_err());
    }

    #[test]
    fn missing_lazy_times_are_found_in_the_run() {
        let lazy = times(vec![0, NAT]).chunk("t", 1).unwrap().dt("year").unwrap();
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
