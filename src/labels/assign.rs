//! New or other variables, coordinates and attributes; variables as coordinates and back.

use super::align::{AlignOptions, align_parts};
use super::attrs::{AttrValue, Attrs};
use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::IntoDims;
use super::operand::Labelled;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::error::{Error, Result};
use crate::index::Join;

/// What can become a variable or a coordinate of an object.
#[derive(Clone)]
pub enum Assigned {
    /// Elements without names: a single value, or a list along the dimension of the same name.
    Values(Block),
    /// Dimensions and elements.
    Variable(Variable),
    /// An array with coordinates: put on the labels of the object that it is assigned to.
    Array(DataArray),
}

impl From<Block> for Assigned {
    fn from(b: Block) -> Self {
        Assigned::Values(b)
    }
}

impl From<Variable> for Assigned {
    fn from(v: Variable) -> Self {
        Assigned::Variable(v)
    }
}

impl From<DataArray> for Assigned {
    fn from(a: DataArray) -> Self {
        Assigned::Array(a)
    }
}

impl From<&DataArray> for Assigned {
    fn from(a: &DataArray) -> Self {
        Assigned::Array(a.clone())
    }
}

impl Assigned {
    /// The variable for an object with these coordinates, and the coordinates that it brings.
    fn resolve(self, name: &Name, target: &Coords) -> Result<(Variable, Coords)> {
        match self {
            Assigned::Values(b) => match b.ndim() {
                0 => Ok((Variable::scalar(b), Coords::new())),
                1 => Ok((Variable::new([name.clone()], b)?, Coords::new())),
                n => Err(Error::invalid(format!("{n} dimensions without names for `{name}`"))
                    .help("assign a `Variable`, which names them")),
            },
            Assigned::Variable(v) => Ok((v, Coords::new())),
            Assigned::Array(a) => {
                // Its own index is what it is about to replace.
                let target = Dataset::new().with_parts(Default::default(), target.filter(|c, _| c != name));
                let a = a.rebuild(
                    align_parts(&[target, a.to_parts()], &AlignOptions::new(Join::Left))?.remove(1),
                )?;
                Ok((a.variable().clone(), a.coords().filter(|c, _| c != name)))
            }
        }
    }
}

/// Adds coordinates that are not there yet.
fn add_new(coords: &mut Coords, brought: &Coords, taken: impl Fn(&Name) -> bool) -> Result<()> {
    for (name, v) in brought.iter() {
        if !coords.contains(name) && !taken(name) {
            coords.insert_with(name.clone(), v.clone(), brought.index(name).cloned())?;
        }
    }
    Ok(())
}

impl Dataset {
    /// Adds or replaces data variables. Arrays are put on the labels of this dataset (a left join).
    ///
    /// # Errors
    /// If lengths along a dimension do not match.
    ///
    /// ```
    /// # use graticule::labels::{DataArray, Dataset};
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").assign([("b", a.sum("x")?)])?;
    /// assert_eq!(ds.get("b")?.to_vec::<i64>()?, [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn assign<N: Into<Name>, V: Into<Assigned>>(
        &self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Dataset> {
        let mut data_vars = self.data_vars().clone();
        let mut coords = self.coords().clone();
        for (name, value) in variables {
            let name = name.into();
            let (v, brought) = value.into().resolve(&name, &coords)?;
            add_new(&mut coords, &brought, |c| data_vars.contains_key(c))?;
            // What is a coordinate, or the labels of a dimension, stays or becomes a coordinate.
            if coords.contains(&name) || v.dims() == std::slice::from_ref(&name) {
                coords.insert(name, v)?;
            } else {
                data_vars.insert(name, v);
            }
        }
        self.checked_parts(data_vars, coords)
    }

    /// Adds or replaces coordinates; one along the dimension of its name becomes the index.
    ///
    /// # Errors
    /// If lengths along a dimension do not match.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").assign_coords([("x", Block::from_vec(&[2], vec![10, 20])?)])?;
    /// assert_eq!(ds.sel("x", 20)?.get("a")?.to_vec::<i32>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn assign_coords<N: Into<Name>, V: Into<Assigned>>(
        &self,
        coords: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Dataset> {
        let mut data_vars = self.data_vars().clone();
        let mut all = self.coords().clone();
        for (name, value) in coords {
            let name = name.into();
            let (v, brought) = value.into().resolve(&name, &all)?;
            data_vars.shift_remove(&name);
            add_new(&mut all, &brought, |c| data_vars.contains_key(c))?;
            all.insert(name, v)?;
        }
        self.checked_parts(data_vars, all)
    }

    /// The same attributes around variables and coordinates that may not fit.
    fn checked_parts(
        &self,
        data_vars: indexmap::IndexMap<Name, Variable>,
        coords: Coords,
    ) -> Result<Dataset> {
        let ds = Dataset::from_variables(data_vars, coords).map_err(|e| e.at(self.place()))?;
        Ok(self.with_parts(ds.data_vars().clone(), ds.into_coords()))
    }

    /// Adds or replaces attributes of the dataset.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let ds = Dataset::new().assign_attrs([("title", "heights")]);
    /// assert_eq!(ds.attrs.get_str("title"), Some("heights"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    #[must_use]
    pub fn assign_attrs<N: Into<String>, V: Into<AttrValue>>(
        &self,
        attrs: impl IntoIterator<Item = (N, V)>,
    ) -> Dataset {
        let mut ds = self.clone();
        attrs.into_iter().for_each(|(name, value)| ds.attrs.insert(name, value));
        ds
    }

    /// The dataset without attributes; `deep` takes those of variables and coordinates too.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let ds = Dataset::new().assign_attrs([("title", "heights")]);
    /// assert!(ds.drop_attrs(true).attrs.is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    #[must_use]
    pub fn drop_attrs(&self, deep: bool) -> Dataset {
        let mut ds = self.clone();
        ds.attrs = Attrs::new();
        if deep {
            ds.data_vars_mut().values_mut().for_each(|v| v.attrs = Attrs::new());
            let coords = ds.coords_mut();
            let names: Vec<Name> = coords.names().cloned().collect();
            for name in names {
                coords.get_mut(&name).expect("its own name").attrs = Attrs::new();
            }
        }
        ds
    }

    /// Makes coordinates of data variables.
    ///
    /// # Errors
    /// If a name does not exist.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").assign([("b", a)])?.set_coords("b")?;
    /// assert!(ds.coords().contains("b"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn set_coords(&self, names: impl IntoDims) -> Result<Dataset> {
        let names = names.into_dims();
        let mut data_vars = self.data_vars().clone();
        let mut coords = self.coords().clone();
        let all: Vec<Name> = data_vars.keys().cloned().collect();
        for name in names.names().unwrap_or(&all) {
            match data_vars.shift_remove(name) {
                Some(v) => coords.insert(name.clone(), v)?,
                None => drop(self.variable(name)?),
            }
        }
        Ok(self.with_parts(data_vars, coords))
    }

    /// Makes data variables of coordinates; `..` takes all that have no index.
    ///
    /// # Errors
    /// If a name is not a coordinate, or it is one with an index.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").assign_coords([("h", Block::scalar(5))])?;
    /// assert!(ds.reset_coords("h")?.data_vars().contains_key("h"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reset_coords(&self, names: impl IntoDims) -> Result<Dataset> {
        let names = names.into_dims();
        let mut data_vars = self.data_vars().clone();
        let mut coords = self.coords().clone();
        let plain: Vec<Name> = coords.names().filter(|n| self.coords().index(n).is_none()).cloned().collect();
        for name in names.names().unwrap_or(&plain) {
            if coords.index(name).is_some() {
                return Err(Error::invalid(format!("`{name}` has an index: it stays a coordinate"))
                    .help("`drop_vars` takes it away"));
            }
            let v = coords
                .remove(name)
                .ok_or_else(|| Error::not_found("coordinate", name, self.coords().names()))?;
            data_vars.insert(name.clone(), v);
        }
        Ok(self.with_parts(data_vars, coords))
    }
}

impl DataArray {
    /// Adds or replaces coordinates; one along the dimension of its name becomes the index.
    ///
    /// # Errors
    /// If a coordinate has a dimension that the array lacks, or another length along one.
    ///
    /// ```
    /// # use graticule::array::Block;
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?;
    /// let a = a.assign_coords([("x", Block::from_vec(&[2], vec![10i64, 20])?)])?;
    /// assert_eq!(a.coord("x")?.to_vec::<i64>()?, [10, 20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn assign_coords<N: Into<Name>, V: Into<Assigned>>(
        &self,
        coords: impl IntoIterator<Item = (N, V)>,
    ) -> Result<DataArray> {
        let result = self.via_dataset(|ds| ds.assign_coords(coords))?;
        let array = DataArray::new(result.variable().clone(), result.coords().clone())?;
        Ok(DataArray::from_parts(self.name().cloned(), array.variable().clone(), array.coords().clone()))
    }

    /// Adds or replaces attributes of the array.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_attrs([("units", "m")]);
    /// assert_eq!(a.attrs().get_str("units"), Some("m"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    #[must_use]
    pub fn assign_attrs<N: Into<String>, V: Into<AttrValue>>(
        &self,
        attrs: impl IntoIterator<Item = (N, V)>,
    ) -> DataArray {
        let mut a = self.clone();
        attrs.into_iter().for_each(|(name, value)| a.attrs_mut().insert(name, value));
        a
    }

    /// The array without attributes; `deep` takes those of its coordinates too.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.assign_attrs([("units", "m")]);
    /// assert!(a.drop_attrs(true).attrs().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    #[must_use]
    pub fn drop_attrs(&self, deep: bool) -> DataArray {
        let mut a = self.clone();
        *a.attrs_mut() = Attrs::new();
        match deep {
            false => a,
            true => a.via_dataset(|ds| Ok(ds.drop_attrs(true))).expect("attributes change no shape"),
        }
    }

    /// A dataset of this array and of coordinates that become data variables; `..` takes all that have
    /// no index.
    ///
    /// # Errors
    /// If the array has no name, a name is not a coordinate, or it is one with an index.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.with_name("a").assign_coords([("h", Block::scalar(5))])?;
    /// assert_eq!(a.reset_coords("h")?.data_vars().len(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reset_coords(&self, names: impl IntoDims) -> Result<Dataset> {
        let Some(name) = self.name() else {
            return Err(Error::invalid("an array without a name cannot become a variable of a dataset")
                .help("name it with `with_name`, or take the coordinates away with `drop_vars`"));
        };
        self.to_dataset(name.clone()).reset_coords(names).map_err(|e| e.at(self.place()))
    }
}
