//! Taking variables away: by name, by dimension, or all but some.

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::{IntoDims, Missing};
use super::indexer::Isel;
use super::operand::Labelled;
use super::variable::Name;
use crate::error::{Error, Result};
use crate::index::{Keep, without_duplicates};

impl Dataset {
    /// The dataset without these variables and coordinates.
    ///
    /// # Errors
    /// If a name does not exist.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").assign([("b", a)])?;
    /// assert_eq!(ds.drop_vars("a")?.data_vars().len(), 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_vars(&self, names: impl IntoDims) -> Result<Dataset> {
        self.drop_vars_with(names, Missing::Raise)
    }

    /// [`drop_vars`](Self::drop_vars) that may pass over names that do not exist.
    ///
    /// # Errors
    /// If a name does not exist and that counts.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a");
    /// assert_eq!(ds.drop_vars_with("b", Missing::Ignore)?.data_vars().len(), 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_vars_with(&self, names: impl IntoDims, missing: Missing) -> Result<Dataset> {
        let mut data_vars = self.data_vars().clone();
        let mut coords = self.coords().clone();
        let names = names.into_dims();
        let all: Vec<Name> = data_vars.keys().cloned().collect();
        for name in names.names().unwrap_or(&all) {
            let gone = data_vars.shift_remove(name).or_else(|| coords.remove(name));
            if gone.is_none() && missing == Missing::Raise {
                self.variable(name)?;
            }
        }
        Ok(self.with_parts(data_vars, coords))
    }

    /// The dataset without the variables and coordinates that have one of these dimensions.
    ///
    /// # Errors
    /// If a dimension does not exist.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").assign([("total", a.sum("x")?)])?;
    /// assert_eq!(ds.drop_dims("x")?.data_vars().keys().map(|n| &**n).collect::<Vec<_>>(), ["total"]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_dims(&self, dims: impl IntoDims) -> Result<Dataset> {
        let dims = dims.into_dims().among(&self.sizes()).map_err(|e| e.at(self.place()))?;
        let mut data_vars = self.data_vars().clone();
        data_vars.retain(|_, v| !v.dims().iter().any(|d| dims.contains(d)));
        Ok(self.with_parts(data_vars, self.coords().without_dims(&dims)))
    }

    /// The dataset of these variables alone, with the coordinates whose dimensions they have.
    ///
    /// # Errors
    /// If a name does not exist.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").assign([("b", a)])?;
    /// assert_eq!(ds.get_many(["b"])?.data_vars().len(), 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn get_many(&self, names: impl IntoDims) -> Result<Dataset> {
        let names = names.into_dims();
        let Some(names) = names.names() else { return Ok(self.clone()) };
        let mut data_vars = indexmap::IndexMap::new();
        let mut asked = Vec::new();
        for name in names {
            let v = self.variable(name)?;
            match self.coords().contains(name) {
                true => asked.push(name),
                false => drop(data_vars.insert(name.clone(), v.clone())),
            }
        }
        let mut dims: Vec<&Name> = data_vars.values().flat_map(|v| v.dims()).collect();
        dims.extend(asked.iter().filter_map(|c| self.coords().get(c)).flat_map(|v| v.dims()));
        let coords =
            self.coords().filter(|c, v| asked.contains(&c) || v.dims().iter().all(|d| dims.contains(&d)));
        Ok(self.with_parts(data_vars, coords))
    }
}

impl DataArray {
    /// The array without these coordinates.
    ///
    /// # Errors
    /// If a name does not exist.
    ///
    /// ```
    /// # use graticule::array::Block;
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("t", Block::scalar(5))])?;
    /// assert!(a.drop_vars("t")?.coords().is_empty());
    /// assert!(a.drop_vars("u").is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_vars(&self, names: impl IntoDims) -> Result<DataArray> {
        self.drop_vars_with(names, Missing::Raise)
    }

    /// [`drop_vars`](Self::drop_vars) that may pass over names that do not exist.
    ///
    /// # Errors
    /// If a name does not exist and that counts.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert!(a.drop_vars_with("t", Missing::Ignore)?.equals(&a)?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_vars_with(&self, names: impl IntoDims, missing: Missing) -> Result<DataArray> {
        let mut coords = self.coords().clone();
        let names = names.into_dims();
        let all: Vec<Name> = coords.names().cloned().collect();
        for name in names.names().unwrap_or(&all) {
            if coords.remove(name).is_none() && missing == Missing::Raise {
                return Err(Error::not_found("coordinate", name, self.coords().names()).at(self.place()));
            }
        }
        Ok(DataArray::from_parts(self.name().cloned(), self.variable().clone(), coords))
    }
}

macro_rules! methods {
    ($T:ident, $example:literal) => {
        impl $T {
            /// The same without what stands at labels that occurred before (or after) along some dimensions.
            /// A dimension without labels has no duplicates.
            ///
            /// # Errors
            /// If a dimension does not exist.
            ///
            /// # Example
            /// ```
            /// # use graticule::prelude::*;
            /// use graticule::index::Keep;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
            /// let a = a.assign_coords([("x", Block::from_vec(&[3], vec![5, 5, 6])?)])?;
            #[doc = $example]
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn drop_duplicates(&self, dims: impl IntoDims, keep: Keep) -> Result<$T> {
                let sizes = self.to_parts().sizes();
                let dims = dims.into_dims().among(&sizes).map_err(|e| e.at(self.place()))?;
                let mut isel = Isel::new();
                for dim in dims {
                    let index = self.get_index(&dim)?;
                    let positions = without_duplicates(index.as_ref(), keep);
                    if positions.len() < index.len() {
                        isel = isel.at(dim, crate::array::Block::from_vec(&[positions.len()], positions)?);
                    }
                }
                self.isel_with(isel)
            }

            /// The same without the encoding of variables and coordinates.
            ///
            /// # Example
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 1)], vec![1])?;
            /// assert!(a.drop_encoding().variable().encoding.is_empty());
            /// # Ok::<(), graticule::Error>(())
            /// ```
            #[must_use]
            pub fn drop_encoding(&self) -> $T {
                let mut parts = self.to_parts();
                parts.encoding = Default::default();
                parts.data_vars_mut().values_mut().for_each(|v| v.encoding = Default::default());
                let names: Vec<Name> = parts.coords().names().cloned().collect();
                for name in names {
                    if let Some(v) = parts.coords_mut().get_mut(&name) {
                        v.encoding = Default::default();
                    }
                }
                self.rebuild(parts).expect("the variables are all there")
            }
        }
    };
}
methods!(DataArray, "assert_eq!(a.drop_duplicates(\"x\", Keep::Last)?.to_vec::<i32>()?, [2, 3]);");
methods!(
    Dataset,
    "assert_eq!(a.to_dataset(\"a\").drop_duplicates(\"x\", Keep::First)?.get(\"a\")?.to_vec::<i32>()?, [1, 3]);"
);
