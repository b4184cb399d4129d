//! Taking variables away: by name, by dimension, or all but some.

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::{IntoDims, Missing};
use super::operand::Labelled;
use super::set_index::corrupts;
use super::variable::Name;
use crate::error::{Error, Result};

impl Dataset {
    /// The dataset without these variables and coordinates.
    ///
    /// # Errors
    /// If a name does not exist.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").assign([("b", &a)])?;
    /// assert_eq!(ds.drop_vars("b")?.data_vars().len(), 1);
    /// assert!(ds.drop_vars("c").unwrap_err().is_not_found());
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
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").drop_vars_with(["a", "c"], Missing::Ignore)?;
    /// assert!(ds.data_vars().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_vars_with(&self, names: impl IntoDims, missing: Missing) -> Result<Dataset> {
        let mut data_vars = self.data_vars().clone();
        let mut coords = self.coords().clone();
        let names = names.into_dims();
        let all: Vec<Name> = data_vars.keys().cloned().collect();
        let names = names.names().unwrap_or(&all);
        let shared = self.drop_shared(names, &mut coords)?;
        for name in names.iter().filter(|n| !shared.contains(n)) {
            let gone = data_vars.shift_remove(name).or_else(|| coords.remove(name));
            if gone.is_none() && missing == Missing::Raise {
                self.variable(name)?;
            }
        }
        Ok(self.with_parts(data_vars, coords))
    }

    /// Takes coordinates with a shared index away: a level of a multi-index, or its dimension, takes all levels
    /// along. Gives the names that this is done for.
    pub(super) fn drop_shared(&self, names: &[Name], coords: &mut Coords) -> Result<Vec<Name>> {
        let mut done = Vec::new();
        for joint in self.coords().joints() {
            let dim = joint.multi().map(|(dim, _)| dim.clone());
            let meant = |n: &&Name| joint.names.contains(n) || dim.as_ref() == Some(*n);
            let Some(name) = names.iter().find(meant) else { continue };
            if dim.is_none()
                && let Some(other) = joint.names.iter().find(|n| !names.contains(n))
            {
                return Err(corrupts(&joint, name, other));
            }
            for name in &joint.names {
                coords.remove(name);
            }
            done.extend(joint.names.iter().cloned().chain(dim));
        }
        Ok(done)
    }

    /// The dataset without the variables and coordinates that have one of these dimensions.
    ///
    /// # Errors
    /// If a dimension does not exist.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").assign([("total", a.sum("x")?)])?.drop_dims("x")?;
    /// assert_eq!(ds.data_vars().keys().map(|n| &**n).collect::<Vec<_>>(), ["total"]);
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
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let a = a.assign_coords([("t", Block::scalar(5))])?;
    /// assert!(a.drop_vars_with(["t", "u"], Missing::Ignore)?.coords().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_vars_with(&self, names: impl IntoDims, missing: Missing) -> Result<DataArray> {
        let mut coords = self.coords().clone();
        let names = names.into_dims();
        let all: Vec<Name> = coords.names().cloned().collect();
        let names = names.names().unwrap_or(&all);
        let shared =
            self.to_temp_dataset().drop_shared(names, &mut coords).map_err(|e| e.at(self.place()))?;
        for name in names.iter().filter(|n| !shared.contains(n)) {
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
