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
    pub fn with_name(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The array without a name.
    pub fn without_name(mut self) -> Self {
        self.name = None;
        self
    }

    /// The name, if it has one.
    pub fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// The variable: dims, data, attrs, encoding.
    pub fn variable(&self) -> &Variable {
        &self.variable
    }

    /// The coordinates.
    pub fn coords(&self) -> &Coords {
        &self.coords
    }

    /// A coordinate as an array of its own, with the coordinates that share its dimensions.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn coord(&self, name: &str) -> Result<DataArray> {
        self.to_temp_dataset().get(name)
    }

    /// The dimension names in order.
    pub fn dims(&self) -> &[Name] {
        self.variable.dims()
    }

    /// Length of each axis.
    pub fn shape(&self) -> Vec<usize> {
        self.variable.shape()
    }

    /// Dimension names with their lengths.
    pub fn sizes(&self) -> IndexMap<Name, usize> {
        self.variable.sizes()
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.variable.dtype()
    }

    /// The attributes.
    pub fn attrs(&self) -> &Attrs {
        &self.variable.attrs
    }

    /// The attributes, to change.
    pub fn attrs_mut(&mut self) -> &mut Attrs {
        &mut self.variable.attrs
    }

    /// The elements as a block; computes what is lazy.
    ///
    /// # Errors
    /// Those of the run.
    pub fn load(&self) -> Result<Block> {
        self.variable.load()
    }

    /// The elements as an `ndarray`; computes what is lazy.
    ///
    /// # Errors
    /// If the elements are not of type `T`, and those of the run.
    pub fn values<T: Element>(&self) -> Result<ndarray::ArrayD<T>> {
        Ok(self.load()?.typed::<T>()?.to_owned())
    }

    /// The elements in row-major order; computes what is lazy.
    ///
    /// # Errors
    /// If the elements are not of type `T`, and those of the run.
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
    pub fn to_dataset(&self, name: impl Into<Name>) -> Dataset {
        let data_vars = IndexMap::from([(name.into(), self.variable.clone())]);
        Dataset::from_parts(data_vars, self.coords.clone(), Attrs::new(), Attrs::new())
    }
}
