//! Elements along a dimension by position, with holes: what puts one object on the labels of another.

use std::sync::Arc;

use super::coords::Coords;
use super::dataarray::DataArray;
use super::variable::{Name, Variable};
use crate::dtype::promote::with_missing;
use crate::error::{Error, Result};
use crate::index::Method;

impl Variable {
    /// The elements at `positions` along `dim`, which takes the name `new`; -1 gives a missing value
    /// (and a dtype that has one).
    pub(crate) fn take_along(&self, dim: &str, positions: &Arc<[i64]>, new: &Name) -> Result<Variable> {
        let axis = self.require_axis(dim)?;
        let dims = self.dims().iter().map(|d| if **d == *dim { new.clone() } else { d.clone() });
        let data = if positions.contains(&-1) {
            let (dtype, fill) = with_missing(self.dtype());
            self.data().cast(dtype)?.take(axis, positions.clone(), Some(fill))?
        } else {
            self.data().take(axis, positions.clone(), None)?
        };
        self.with_data(dims, data)
    }
}

impl DataArray {
    /// The array on the labels of `target` where both have an index along a dimension: a left join.
    pub(crate) fn conform_to(&self, target: &Coords) -> Result<DataArray> {
        let mut array = self.clone();
        for dim in self.dims() {
            let (Some(wanted), Some(own)) = (target.index(dim), self.coords().index(dim)) else { continue };
            if wanted.labels() == own.labels() {
                continue;
            }
            let positions = own.positions_of(&wanted.labels(), Method::Exact, None)?;
            array = array.taken(dim, positions.into())?;
            let mut coords = array.coords().clone();
            let labels = target.get(dim).ok_or_else(|| Error::internal("an index without its coordinate"))?;
            coords.insert_with(dim.clone(), labels.clone(), Some(wanted.clone()))?;
            array = DataArray::from_parts(array.name().cloned(), array.variable().clone(), coords);
        }
        Ok(array)
    }

    /// Variable and coordinates at `positions` along `dim`; the index of `dim` is left out.
    fn taken(&self, dim: &Name, positions: Arc<[i64]>) -> Result<DataArray> {
        let mut coords = Coords::new();
        for (name, v) in self.coords().iter().filter(|(name, _)| *name != dim) {
            match v.axis(dim) {
                Some(_) => coords.insert_with(name.clone(), v.take_along(dim, &positions, dim)?, None)?,
                None => coords.insert_with(name.clone(), v.clone(), self.coords().index(name).cloned())?,
            }
        }
        let variable = self.variable().take_along(dim, &positions, dim)?;
        Ok(DataArray::from_parts(self.name().cloned(), variable, coords))
    }
}
