//! One operation on every data variable of a dataset.

use indexmap::IndexMap;
use smallvec::SmallVec;

use super::coords::Coords;
use super::dataarray::{DataArray, THIS};
use super::dataset::Dataset;
use super::variable::{Name, Variable};
use crate::error::{Context, Result};

impl Dataset {
    /// Applies a function to each data variable as an array; the coordinates of the results are united
    /// (the first of a name counts). Attributes of the dataset stay.
    ///
    /// # Errors
    /// Those of the function, and if results differ in length along a dimension.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 3.0])?;
    /// let ds = a.to_dataset("a").assign([("b", a.mul(2.0)?)])?;
    /// let ranges = ds.map(|v| v.max("x")?.sub(&v.min("x")?))?;
    /// assert_eq!(ranges.get("b")?.to_vec::<f64>()?, [4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn map(&self, mut f: impl FnMut(&DataArray) -> Result<DataArray>) -> Result<Dataset> {
        let mut data_vars = IndexMap::with_capacity(self.data_vars().len());
        let mut coords = Coords::new();
        for name in self.data_vars().keys() {
            let result = f(&self.get(name)?)?;
            for (c, v) in result.coords().iter() {
                if !coords.contains(c) {
                    coords.insert_with(c.clone(), v.clone(), result.coords().index(c).cloned())?;
                }
            }
            data_vars.insert(name.clone(), result.variable().clone());
        }
        let mut ds = Dataset::from_variables(data_vars, coords)?;
        ds.attrs = self.attrs.clone();
        Ok(ds)
    }

    /// Applies a function to each data variable; `None` leaves it out.
    pub(crate) fn map_variables(
        &self,
        mut f: impl FnMut(&Variable) -> Result<Option<Variable>>,
    ) -> Result<IndexMap<Name, Variable>> {
        let mut data_vars = IndexMap::with_capacity(self.data_vars().len());
        for (name, v) in self.data_vars() {
            let result = f(v);
            // A DataArray on its way through a Dataset operation tells its own name.
            let result = if &**name == THIS { result } else { result.at(|| format!("variable `{name}`")) };
            if let Some(v) = result? {
                data_vars.insert(name.clone(), v);
            }
        }
        Ok(data_vars)
    }

    /// The dataset with the encodings of all its variables changed, those of coordinates too.
    pub(crate) fn with_encodings(mut self, change: impl Fn(&Name, &mut Variable)) -> Dataset {
        for (name, v) in self.data_vars_mut() {
            change(name, v);
        }
        let names: Vec<Name> = self.coords().names().cloned().collect();
        for name in names {
            if let Some(v) = self.coords_mut().get_mut(&name) {
                change(&name, v);
            }
        }
        self
    }
}

impl Coords {
    /// The coordinates (with their indexes) for which `keep` holds.
    pub(crate) fn filter(&self, mut keep: impl FnMut(&Name, &Variable) -> bool) -> Coords {
        let stays: SmallVec<[bool; 16]> = self.iter().map(|(n, v)| keep(n, v)).collect();
        if !stays.contains(&false) {
            return self.clone();
        }
        let mut kept = Coords::new();
        for ((name, v), _) in self.iter().zip(&stays).filter(|(_, stays)| **stays) {
            kept.insert_with(name.clone(), v.clone(), self.index(name).cloned())
                .expect("variable and index fitted before");
        }
        kept.drop_partial_indexes();
        kept
    }

    /// The coordinates that have none of these dimensions.
    pub(crate) fn without_dims(&self, dims: &[Name]) -> Coords {
        self.filter(|_, v| !v.dims().iter().any(|d| dims.contains(d)))
    }
}
