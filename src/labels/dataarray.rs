//! One variable with its coordinates.

use std::sync::LazyLock;

use indexmap::IndexMap;

use super::attrs::Attrs;
use super::coords::Coords;
use super::dataset::Dataset;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};

/// An array with named dimensions and coordinates: xarray's `DataArray`.
///
/// Elements are lazy until they are asked for; every operation checks names, shapes and dtypes at once.
#[derive(Clone)]
pub struct DataArray {
    name: Option<Name>,
    variable: Variable,
    coords: Coords,
}

/// The name of the one variable while a DataArray goes through a Dataset operation.
pub(crate) const THIS: &str = "\u{1}this";

static THIS_NAME: LazyLock<Name> = LazyLock::new(|| THIS.into());

/// Whether this is the private name of an array that goes through a Dataset operation.
pub(crate) fn is_private(name: &str) -> bool {
    name == THIS
}

impl DataArray {
    /// An array with coordinates.
    ///
    /// # Errors
    /// If a coordinate has a dimension that the array lacks, or another length along one.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut coords = Coords::new();
    /// coords.insert("lat", Variable::from_vec(&[("lat", 2)], vec![40.0, 50.0])?)?;
    /// let t = DataArray::new(Variable::from_vec(&[("lat", 2)], vec![9.5, 4.5])?, coords.clone())?;
    /// assert_eq!(t.sel("lat", 50.0)?.to_vec::<f64>()?, [4.5]);
    /// // Three elements have no place along two labels.
    /// assert!(DataArray::new(Variable::from_vec(&[("lat", 3)], vec![1, 2, 3])?, coords).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(variable: Variable, coords: Coords) -> Result<Self> {
        for (name, c) in coords.iter() {
            for (d, n) in c.lengths() {
                match variable.len_of(d) {
                    None => {
                        return Err(Error::invalid(format!(
                            "coordinate `{name}` has the dimension `{d}`, which the array lacks"
                        ))
                        .known(variable.dims().iter().map(|k| k.to_string())));
                    }
                    Some(len) if len != n => {
                        return Err(Error::invalid(format!(
                            "coordinate `{name}` has length {n} along `{d}`, the array {len}"
                        )));
                    }
                    _ => {}
                }
            }
        }
        Ok(DataArray { name: None, variable, coords })
    }

    /// An array in memory without coordinates, from elements in row-major order.
    ///
    /// # Errors
    /// If there are not as many elements as places.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 3)], vec![1, 2, 3, 4, 5, 6])?;
    /// assert_eq!(a.isel("y", 1)?.to_vec::<i32>()?, [4, 5, 6]);
    /// assert!(DataArray::from_vec(&[("x", 3)], vec![1, 2]).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn from_vec<T: Element>(dims: &[(&str, usize)], values: Vec<T>) -> Result<Self> {
        DataArray::new(Variable::from_vec(dims, values)?, Coords::new())
    }

    /// The parts together, trusted to fit.
    pub(crate) fn from_parts(name: Option<Name>, variable: Variable, coords: Coords) -> Self {
        DataArray { name, variable, coords }
    }

    /// Variable and coordinates.
    pub(crate) fn into_parts(self) -> (Variable, Coords) {
        (self.variable, self.coords)
    }

    /// The array under a name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert_eq!(a.with_name("count").name().map(|n| &**n), Some("count"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn with_name(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The array without a name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let a = a.with_name("count");
    /// assert_eq!(a.without_name().name(), None);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn without_name(mut self) -> Self {
        self.name = None;
        self
    }

    /// The name, if it has one.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert_eq!(a.name(), None);
    /// // A variable of a dataset has its name there.
    /// assert_eq!(a.to_dataset("n").get("n")?.name().map(|n| &**n), Some("n"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// The variable: dims, data, attrs, encoding.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.chunk("x", 2)?.variable().chunks().counts(), [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn variable(&self) -> &Variable {
        &self.variable
    }

    /// The coordinates.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?.assign_coords([("x", x)])?;
    /// assert!(a.coords().contains("x"));
    /// // Coordinates along a reduced dimension go.
    /// assert!(a.mean("x")?.coords().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn coords(&self) -> &Coords {
        &self.coords
    }

    /// A coordinate as an array of its own, with the coordinates that share its dimensions.
    ///
    /// # Errors
    /// If there is none of this name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?.assign_coords([("x", x)])?;
    /// let twice = a.coord("x")?.mul(2)?;
    /// assert_eq!(twice.to_vec::<i64>()?, [20, 40]);
    /// assert!(twice.coords().contains("x"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn coord(&self, name: &str) -> Result<DataArray> {
        self.to_temp_dataset().get(name)
    }

    /// The dimension names in order.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 1), ("x", 2)], vec![1, 2])?;
    /// assert_eq!(a.dims()[1].as_ref(), "x");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn dims(&self) -> &[Name] {
        self.variable.dims()
    }

    /// Length of each axis.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 1), ("x", 2)], vec![1, 2])?;
    /// assert_eq!(a.shape(), [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn shape(&self) -> Vec<usize> {
        self.variable.shape()
    }

    /// Dimension names with their lengths.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 1), ("x", 2)], vec![1, 2])?;
    /// assert_eq!(a.sizes()["x"], 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sizes(&self) -> IndexMap<Name, usize> {
        self.variable.sizes()
    }

    /// Type of the elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1_i16, 2])?;
    /// assert_eq!(a.dtype(), DType::I16);
    /// // The mean of integers is a float: known before anything is computed.
    /// assert_eq!(a.mean("x")?.dtype(), DType::F64);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn dtype(&self) -> DType {
        self.variable.dtype()
    }

    /// The attributes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let a = a.assign_attrs([("units", "m")]);
    /// assert_eq!(a.mul(2.0)?.attrs().get_str("units"), Some("m"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn attrs(&self) -> &Attrs {
        &self.variable.attrs
    }

    /// The attributes, to change.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// a.attrs_mut().insert("units", "m");
    /// assert_eq!(a.attrs().get_str("units"), Some("m"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn attrs_mut(&mut self) -> &mut Attrs {
        &mut self.variable.attrs
    }

    /// The elements as a block; computes what is lazy.
    ///
    /// # Errors
    /// Those of the run.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 3.0])?;
    /// let block = a.chunk("x", 2)?.add(1.0)?.load()?;
    /// assert_eq!(block.to_vec::<f64>()?, [2.0, 3.0, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn load(&self) -> Result<Block> {
        self.variable.load()
    }

    /// The elements as an `ndarray`; computes what is lazy.
    ///
    /// # Errors
    /// If the elements are not of type `T`, and those of the run.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 2)], vec![1.0, 2.0, 3.0, 4.0])?;
    /// assert_eq!(a.values::<f64>()?[[1, 0]], 3.0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn values<T: Element>(&self) -> Result<ndarray::ArrayD<T>> {
        Ok(self.load()?.typed::<T>()?.to_owned())
    }

    /// The elements in row-major order; computes what is lazy.
    ///
    /// # Errors
    /// If the elements are not of type `T`, and those of the run.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// assert_eq!(a.to_vec::<f64>()?, [1.0, 2.0]);
    /// // No cast happens unasked.
    /// assert!(a.to_vec::<f32>().is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.load()?.to_vec()
    }

    /// What errors call this array: name, dims and lengths.
    pub(crate) fn place(&self) -> String {
        let dims: Vec<String> = self.sizes().iter().map(|(d, n)| format!("{d}: {n}")).collect();
        format!("DataArray `{}` ({})", self.name.as_deref().unwrap_or(""), dims.join(", "))
    }

    /// A dataset with this array as its only variable, under a private name: operations that exist on
    /// both types are written once, on `Dataset`.
    pub(crate) fn to_temp_dataset(&self) -> Dataset {
        let data_vars = IndexMap::from([(THIS_NAME.clone(), self.variable.clone())]);
        Dataset::from_parts(data_vars, self.coords.clone(), Attrs::new(), Attrs::new())
    }

    /// The array back from the dataset that [`to_temp_dataset`](Self::to_temp_dataset) began.
    pub(crate) fn from_temp_dataset(mut ds: Dataset, name: Option<Name>) -> Result<DataArray> {
        let variable = ds
            .data_vars_mut()
            .shift_remove(THIS)
            .ok_or_else(|| Error::dtype("the operation has no meaning for this dtype"))?;
        Ok(DataArray { name, variable, coords: ds.into_coords() })
    }

    /// An operation of `Dataset` applied to this array.
    pub(crate) fn via_dataset(&self, f: impl FnOnce(&Dataset) -> Result<Dataset>) -> Result<DataArray> {
        let ds = f(&self.to_temp_dataset()).map_err(|e| e.at(self.place()))?;
        DataArray::from_temp_dataset(ds, self.name.clone())
    }

    /// A dataset with this array as variable `name`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let ds = a.to_dataset("t").assign([("twice", a.mul(2.0)?)])?;
    /// assert_eq!(ds.data_vars().keys().map(|n| &**n).collect::<Vec<_>>(), ["t", "twice"]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_dataset(&self, name: impl Into<Name>) -> Dataset {
        let data_vars = IndexMap::from([(name.into(), self.variable.clone())]);
        Dataset::from_parts(data_vars, self.coords.clone(), Attrs::new(), Attrs::new())
    }
}
