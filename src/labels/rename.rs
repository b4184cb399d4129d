//! Other names for dimensions, coordinates and variables.

use indexmap::IndexMap;

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::variable::{Name, Variable};
use crate::error::{Error, Result};

/// Old name → new name.
type Names = IndexMap<Name, Name>;

fn collect<K: Into<Name>, V: Into<Name>>(names: impl IntoIterator<Item = (K, V)>) -> Names {
    names.into_iter().map(|(k, v)| (k.into(), v.into())).collect()
}

fn new_name(names: &Names, name: &Name) -> Name {
    names.get(name).unwrap_or(name).clone()
}

impl Dataset {
    /// Renames variables, coordinates and dimensions: a name that is several of them changes in all.
    ///
    /// # Errors
    /// If an old name does not exist or a new one is in use.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").rename([("a", "b"), ("x", "lon")])?;
    /// assert_eq!(ds.get("b")?.dims(), ["lon".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rename<K: Into<Name>, V: Into<Name>>(
        &self,
        names: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Dataset> {
        let names = collect(names);
        let sizes = self.sizes();
        for old in names.keys() {
            if self.variable(old).is_err() && !sizes.contains_key(old) {
                let known = sizes.keys().chain(self.data_vars().keys()).chain(self.coords().names());
                return Err(Error::not_found("variable or dimension", old, known));
            }
        }
        self.renamed(&names, &names)
    }

    /// Renames dimensions only: a coordinate named like one keeps its name (and its index).
    ///
    /// # Errors
    /// If an old name is not a dimension or a new one is in use.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert_eq!(a.to_dataset("a").rename_dims([("x", "lon")])?.get("a")?.dims(), ["lon".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rename_dims<K: Into<Name>, V: Into<Name>>(
        &self,
        names: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Dataset> {
        let names = collect(names);
        let sizes = self.sizes();
        for (old, new) in &names {
            if !sizes.contains_key(old) {
                return Err(Error::not_found("dimension", old, sizes.keys()));
            }
            if sizes.contains_key(new) || self.variable(new).is_ok() {
                return Err(Error::invalid(format!("the new name `{new}` is in use"))
                    .help("`swap_dims` makes a coordinate that exists the one of its dimension"));
            }
        }
        self.renamed(&Names::new(), &names)
    }

    /// Renames variables and coordinates only: dimensions keep their names.
    ///
    /// # Errors
    /// If an old name does not exist or a new one is in use.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert!(a.to_dataset("a").rename_vars([("a", "b")])?.get("b").is_ok());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rename_vars<K: Into<Name>, V: Into<Name>>(
        &self,
        names: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Dataset> {
        let names = collect(names);
        for old in names.keys() {
            self.variable(old)?;
        }
        self.renamed(&names, &Names::new())
    }

    fn renamed(&self, vars: &Names, dims: &Names) -> Result<Dataset> {
        let rename = |v: &Variable| v.rename_dims(|d| new_name(dims, d));
        let in_use = |name: &Name| Error::invalid(format!("the new name `{name}` is in use"));
        let mut coords = Coords::new();
        for (old, v) in self.coords().iter() {
            let name = new_name(vars, old);
            if coords.contains(&name) {
                return Err(in_use(&name));
            }
            coords.insert_with(name, rename(v)?, self.coords().index(old).cloned())?;
        }
        let mut data_vars = IndexMap::with_capacity(self.data_vars().len());
        for (old, v) in self.data_vars() {
            let name = new_name(vars, old);
            if coords.contains(&name) || data_vars.contains_key(&name) {
                return Err(in_use(&name));
            }
            data_vars.insert(name, rename(v)?);
        }
        Ok(self.with_parts(data_vars, coords))
    }

    /// Gives dimensions the names of coordinates along them (or new names); the coordinate of the new
    /// name becomes the index, the one of the old name an ordinary coordinate.
    ///
    /// # Errors
    /// If an old name is not a dimension, or the new one is a variable that does not lie along it alone.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let h = Variable::from_vec(&[("x", 2)], vec![5, 6])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("h", h)])?;
    /// assert_eq!(a.to_dataset("a").swap_dims([("x", "h")])?.sel("h", 6)?.get("a")?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn swap_dims<K: Into<Name>, V: Into<Name>>(
        &self,
        names: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Dataset> {
        let names = collect(names);
        let sizes = self.sizes();
        for (old, new) in &names {
            if !sizes.contains_key(old) {
                return Err(Error::not_found("dimension", old, sizes.keys()));
            }
            if let Ok(v) = self.variable(new)
                && v.dims() != std::slice::from_ref(old)
            {
                return Err(Error::invalid(format!(
                    "`{new}` does not lie along the dimension `{old}` alone"
                )));
            }
        }
        let rename = |v: &Variable| v.rename_dims(|d| new_name(&names, d));
        let mut coords = Coords::new();
        let mut data_vars = IndexMap::with_capacity(self.data_vars().len());
        for (name, v) in self.coords().iter() {
            let renamed = rename(v)?;
            if names.values().any(|new| new == name) {
                coords.insert(name.clone(), renamed)?;
            } else {
                // The coordinate of a dimension that is gone is an index no longer.
                let index = self.coords().index(name).filter(|_| !names.contains_key(name));
                coords.insert_with(name.clone(), renamed, index.cloned())?;
            }
        }
        for (name, v) in self.data_vars() {
            match names.values().any(|new| new == name) {
                true => coords.insert(name.clone(), rename(v)?)?,
                false => drop(data_vars.insert(name.clone(), rename(v)?)),
            }
        }
        Ok(self.with_parts(data_vars, coords))
    }
}

impl DataArray {
    /// Renames coordinates and dimensions: a name that is both changes in both. The name of the array
    /// itself is set by [`with_name`](Self::with_name).
    ///
    /// # Errors
    /// If an old name does not exist or a new one is in use.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert_eq!(&*a.rename([("x", "lon")])?.dims()[0], "lon");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rename<K: Into<Name>, V: Into<Name>>(
        &self,
        names: impl IntoIterator<Item = (K, V)>,
    ) -> Result<DataArray> {
        self.via_dataset(|ds| ds.rename(names))
    }

    /// Gives dimensions the names of coordinates along them (or new names); the coordinate of the new
    /// name becomes the index, the one of the old name an ordinary coordinate.
    ///
    /// # Errors
    /// If an old name is not a dimension, or the new one is a coordinate that does not lie along it alone.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let h = Variable::from_vec(&[("x", 2)], vec![5, 6])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_coords([("h", h)])?;
    /// assert_eq!(a.swap_dims([("x", "h")])?.dims(), ["h".into()]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn swap_dims<K: Into<Name>, V: Into<Name>>(
        &self,
        names: impl IntoIterator<Item = (K, V)>,
    ) -> Result<DataArray> {
        self.via_dataset(|ds| ds.swap_dims(names))
    }
}
