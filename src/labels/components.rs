//! Components of times: `dt("month")`, and `"time.month"` as a name.

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::options::Options;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::elementwise::MapFn;
use crate::lazy::LazyArray;
use crate::time::Component;

impl DataArray {
    /// A component of each datetime: `"year"`, `"month"`, `"dayofyear"`, `"hour"`, `"season"`, ...
    ///
    /// Integers, text for the season, bools for questions (`"is_leap_year"`). The result has the name
    /// of the component. Lazy: reads nothing.
    ///
    /// # Errors
    /// If there is no such component, or the elements are not datetimes.
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
    let mut data = LazyArray::map(MapFn::Time(wanted), std::slice::from_ref(v.data()))?;
    if wanted.is_flag() {
        data = data.cast(DType::Bool)?;
    }
    let attrs = if Options::current().keep_attrs { v.attrs.clone() } else { Default::default() };
    Ok(Variable::new(v.dims().iter().cloned(), data)?.with_attrs(attrs))
}

impl Dataset {
    /// What a name stands for that is no variable: a component of one (`"time.month"`), or the
    /// positions along a dimension without coordinate.
    pub(crate) fn virtual_variable(&self, name: &str) -> Result<Option<DataArray>> {
        if let Some(&n) = self.sizes().get(name) {
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
