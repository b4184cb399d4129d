//! A dataset as plain data: names, attributes, labels, and its lazy arrays as they are described.

use std::any::Any;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::index::{HashIndex, Index, RangeIndex, SortedIndex, default_index};
use crate::labels::{Attrs, Coords, Dataset, Name, Variable};
use crate::lazy::{Graph, LazyArray};

/// A dataset that can be stored.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Packed {
    coords: Vec<PackedVariable>,
    data_vars: Vec<PackedVariable>,
    attrs: Attrs,
    encoding: Attrs,
    /// The arrays of the coordinates, then those of the other variables.
    arrays: Graph,
}

/// What a variable is besides its array.
#[derive(Debug, Serialize, Deserialize)]
struct PackedVariable {
    name: Name,
    dims: Vec<Name>,
    attrs: Attrs,
    encoding: Attrs,
    /// Whether it has an index: that of its labels.
    indexed: bool,
}

impl Packed {
    /// What a dataset is.
    ///
    /// # Errors
    /// If an index is more than its labels tell, or an operation holds a closure.
    pub(super) fn of(ds: &Dataset) -> Result<Packed> {
        for (name, index) in ds.coords().indexes() {
            let in_memory = ds.coords().get(name).is_some_and(|v| v.data().as_block().is_some());
            if !in_memory || !follows_from_labels(index.as_ref()) {
                return Err(Error::unsupported(format!(
                    "the index of the coordinate `{name}` is one of several coordinates, of intervals, with a tolerance, \
                     or of a kind of the user's"
                )));
            }
        }
        let pack = |name: &Name, v: &Variable, indexed| PackedVariable {
            name: name.clone(),
            dims: v.dims().to_vec(),
            attrs: v.attrs.clone(),
            encoding: v.encoding.clone(),
            indexed,
        };
        let variables = ds.coords().iter().chain(ds.data_vars());
        Ok(Packed {
            coords: ds.coords().iter().map(|(n, v)| pack(n, v, ds.coords().index(n).is_some())).collect(),
            data_vars: ds.data_vars().iter().map(|(n, v)| pack(n, v, false)).collect(),
            attrs: ds.attrs.clone(),
            encoding: ds.encoding.clone(),
            arrays: Graph::of(variables.map(|(_, v)| v.data()))?,
        })
    }

    /// The dataset; no file is opened.
    ///
    /// # Errors
    /// If it is broken, or this program lacks an operation or a source.
    pub(super) fn unpack(self) -> Result<Dataset> {
        let mut arrays = self.arrays.into_arrays()?.into_iter();
        let mut next = || arrays.next().ok_or_else(|| Error::storage("a variable has no array"));
        let mut coords = Coords::new();
        for packed in self.coords {
            let (name, indexed) = (packed.name.clone(), packed.indexed);
            let variable = packed.variable(next()?)?;
            let index = if indexed { Some(default_index(&variable.load()?)?) } else { None };
            coords.insert_with(name, variable, index)?;
        }
        let mut data_vars = IndexMap::new();
        for packed in self.data_vars {
            data_vars.insert(packed.name.clone(), packed.variable(next()?)?);
        }
        let mut ds = Dataset::from_variables(data_vars, coords)?;
        (ds.attrs, ds.encoding) = (self.attrs, self.encoding);
        Ok(ds)
    }
}

impl PackedVariable {
    fn variable(self, array: LazyArray) -> Result<Variable> {
        let mut variable = Variable::new(self.dims, array)?;
        (variable.attrs, variable.encoding) = (self.attrs, self.encoding);
        Ok(variable)
    }
}

/// Whether an index is the one that its labels get by default.
fn follows_from_labels(index: &dyn Index) -> bool {
    let index = index as &dyn Any;
    index.is::<RangeIndex>() || index.is::<SortedIndex>() || index.is::<HashIndex>()
}
