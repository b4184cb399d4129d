//! Variables of one dataset put into another: `update`, and variables computed from the dataset itself.

use super::align::{AlignOptions, align_parts};
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::operand::Object;
use super::variable::Name;
use crate::error::{Error, Result};
use crate::index::Join;

impl Dataset {
    /// Adds the variables and coordinates of another object, in place of those of the same name. They are put
    /// on the labels of this dataset (a left join); attributes of the dataset stay. An array takes part under
    /// its name, and without coordinates that this dataset has already.
    ///
    /// # Errors
    /// If an array has no name, or lengths along a dimension do not match; then nothing changes.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let mut ds = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.to_dataset("a");
    /// ds.update(DataArray::from_vec(&[("x", 2)], vec![3, 4])?.with_name("b"))?;
    /// assert_eq!(ds.get("b")?.to_vec::<i32>()?, [3, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn update(&mut self, other: impl Into<Object>) -> Result<()> {
        let updated = self.updated(other.into());
        *self = self.locate(updated, || "`update`".into())?;
        Ok(())
    }

    fn updated(&self, other: Object) -> Result<Dataset> {
        let other = match other {
            Object::Dataset(ds) => ds,
            Object::DataArray(a) => {
                let Some(name) = a.name() else {
                    return Err(Error::invalid("an array without a name is no variable")
                        .at(a.place())
                        .help("name it with `with_name`"));
                };
                let known: Vec<Name> = a
                    .coords()
                    .names()
                    .filter(|c| self.coords().contains(c) && !a.dims().contains(c))
                    .cloned()
                    .collect();
                a.drop_vars(known)?.to_dataset(name.clone())
            }
        };
        let other = align_parts(&[self.clone(), other], &AlignOptions::new(Join::Left))?.remove(1);
        let (mut data_vars, mut coords) = (self.data_vars().clone(), self.coords().clone());
        for (name, v) in other.coords().iter() {
            // Labels were joined: those that are here stay.
            if coords.index(name).is_none() {
                data_vars.shift_remove(name);
                coords.insert_with(name.clone(), v.clone(), other.coords().index(name).cloned())?;
            }
        }
        for (name, v) in other.data_vars() {
            if coords.contains(name) {
                coords.insert(name.clone(), v.clone())?;
            } else {
                data_vars.insert(name.clone(), v.clone());
            }
        }
        let ds = Dataset::from_variables(data_vars, coords)?;
        Ok(self.with_parts(ds.data_vars().clone(), ds.into_coords()))
    }

    /// Adds or replaces data variables that functions compute from this dataset: `assign` with callables.
    ///
    /// # Errors
    /// Those of the functions and of [`assign`](Dataset::assign).
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let ds = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.to_dataset("c");
    /// let ds = ds.assign_with([("f", |ds: &Dataset| ds.get("c")?.mul(1.8)?.add(32.0))])?;
    /// assert_eq!(ds.get("f")?.to_vec::<f64>()?, [33.8, 35.6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn assign_with<N: Into<Name>, F: FnOnce(&Dataset) -> Result<DataArray>>(
        &self,
        variables: impl IntoIterator<Item = (N, F)>,
    ) -> Result<Dataset> {
        let computed: Vec<(Name, DataArray)> = variables
            .into_iter()
            .map(|(name, f)| {
                let name = name.into();
                let array = f(self).map_err(|e| e.at(format!("variable `{name}` in `assign_with`")))?;
                Ok((name, array))
            })
            .collect::<Result<_>>()?;
        self.assign(computed)
    }
}
