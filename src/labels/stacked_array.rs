//! All variables of a dataset as one array, for programs that take a table of samples and features; and
//! back.

use super::combine::{ConcatOptions, ConcatOver, concat};
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::IntoDims;
use super::merge::{Compat, MergeOptions, merge};
use super::operand::Object;
use super::selector::Sel;
use super::variable::{Name, Variable};
use crate::array::{Block, Slice};
use crate::dtype::{DType, Scalar, Text, promote};
use crate::error::{Error, Result};
use crate::index::Join;

impl Dataset {
    /// All variables in one array: the dimensions in `sample_dims` stay, all others become levels of the
    /// multi-index of the new last dimension, behind the level `"variable"` with the names.
    ///
    /// A variable that lacks a dimension has a missing label at its level. Dtypes are promoted. The array has
    /// the name of the first variable. Lazy: reads no data variable.
    ///
    /// # Errors
    /// If a variable lacks one of `sample_dims`, dtypes have nothing in common, or a name is taken.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![0, 1, 2, 3])?;
    /// let ds = a.to_dataset("a").assign([("b", DataArray::from_vec(&[("x", 2)], vec![4, 5])?)])?;
    /// let table = ds.to_stacked_array("feature", "x")?;
    /// assert_eq!(table.to_vec::<i32>()?, [0, 1, 4, 2, 3, 5]);
    /// let back = table.to_unstacked_dataset("feature")?;
    /// assert_eq!(back.get("b")?.to_vec::<i32>()?, [4, 5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_stacked_array(
        &self,
        new_dim: impl Into<Name>,
        sample_dims: impl IntoDims,
    ) -> Result<DataArray> {
        self.to_stacked_array_with(new_dim, sample_dims, "variable")
    }

    /// [`to_stacked_array`](Self::to_stacked_array) with another name for the level of the names.
    ///
    /// # Errors
    /// Those of [`to_stacked_array`](Self::to_stacked_array).
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let ds = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![0, 1, 2, 3])?.to_dataset("a");
    /// let table = ds.to_stacked_array_with("feature", "x", "field")?;
    /// assert!(table.coords().contains("field"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_stacked_array_with(
        &self,
        new_dim: impl Into<Name>,
        sample_dims: impl IntoDims,
        variable_dim: impl Into<Name>,
    ) -> Result<DataArray> {
        let (new_dim, variable_dim) = (new_dim.into(), variable_dim.into());
        let stacked = || {
            let sizes = self.sizes();
            let sample_dims = sample_dims.into_dims().among(&sizes)?;
            let mut levels = vec![variable_dim.clone()];
            for (name, v) in self.data_vars() {
                if let Some(dim) = sample_dims.iter().find(|d| v.axis(d).is_none()) {
                    return Err(Error::invalid(format!(
                        "variable `{name}` lacks the sample dimension `{dim}`"
                    )));
                }
                for dim in v.dims() {
                    if !sample_dims.contains(dim) && !levels.contains(dim) {
                        levels.push(dim.clone());
                    }
                }
            }
            let mut parts = Vec::with_capacity(self.data_vars().len());
            for name in self.data_vars().keys() {
                let mut array = self.get(name)?.without_name();
                let mut lacking = vec![(variable_dim.clone(), Block::scalar(Text::from(&**name)))];
                for dim in levels[1..].iter().filter(|d| array.variable().axis(d).is_none()) {
                    let dtype = self.coords().get(dim).map_or(DType::I64, Variable::dtype);
                    lacking.push((dim.clone(), promote::missing_value(dtype)));
                }
                let names: Vec<Name> = lacking.iter().map(|(n, _)| n.clone()).collect();
                array = array.assign_coords(lacking)?.expand_dims(names)?;
                parts.push(array.stack(new_dim.clone(), &levels)?);
            }
            let options = ConcatOptions {
                coords: ConcatOver::Different,
                compat: Compat::Equals,
                join: Join::Outer,
                ..Default::default()
            };
            let array = concat(&parts, &*new_dim, &options)?;
            Ok(match self.data_vars().keys().next() {
                Some(name) => array.with_name(name.clone()),
                None => array,
            })
        };
        self.locate(stacked(), || format!("`to_stacked_array` along `{new_dim}`"))
    }
}

impl DataArray {
    /// A dataset with a variable for each label of the first level of a multi-index, named by it: the way
    /// back from [`to_stacked_array`](Dataset::to_stacked_array). Dimensions of length 1 go.
    ///
    /// # Errors
    /// If the dimension has no multi-index, or coordinates of the variables do not agree.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let ds = DataArray::from_vec(&[("x", 2)], vec![1, 2])?.to_dataset("a");
    /// let both = ds.assign([("b", ds.get("a")?.mul(10)?)])?;
    /// let flat = both.to_stacked_array("features", ["x"])?;
    /// assert_eq!(flat.to_unstacked_dataset("features")?.get("b")?.to_vec::<i32>()?, [10, 20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_unstacked_dataset(&self, dim: &str) -> Result<Dataset> {
        self.to_unstacked_dataset_at(dim, 0)
    }

    /// [`to_unstacked_dataset`](Self::to_unstacked_dataset) for another level, counted from 0.
    ///
    /// # Errors
    /// Those of [`to_unstacked_dataset`](Self::to_unstacked_dataset), and if there is no such level.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![0, 1, 2, 3])?.stack("z", ["x", "y"])?;
    /// assert_eq!(a.to_unstacked_dataset_at("z", 1)?.get("0")?.to_vec::<i32>()?, [0, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_unstacked_dataset_at(&self, dim: &str, level: usize) -> Result<Dataset> {
        let unstacked = || {
            let Some(joint) = self.coords().multi_along(dim) else {
                return Err(Error::invalid(format!("dimension `{dim}` has no multi-index")));
            };
            let Some((_, multi)) = joint.multi().filter(|_| level < joint.names.len()) else {
                return Err(Error::invalid(format!("no level {level} among {}", joint.names.len())));
            };
            let name = &joint.names[level];
            let labels = multi.level(level).labels();
            let mut parts: Vec<Object> = Vec::with_capacity(labels.size());
            for i in 0..labels.size() {
                let label = labels.slice(&[Slice::range(i..i + 1)]).remove_axis(0);
                let text = super::reindex::label_text(&label, 0);
                let sel = Sel::new().at(name.clone(), Scalar::Typed(label)).drop(true);
                let part = match self.sel_with(sel) {
                    // A label that is no longer in use.
                    Err(e) if e.is_not_found() => continue,
                    part => part?,
                };
                parts.push(part.squeeze_with(.., true)?.with_name(text).into());
            }
            let options =
                MergeOptions { compat: Compat::BroadcastEquals, join: Join::Outer, ..Default::default() };
            let mut ds = merge(&parts, &options)?;
            ds.attrs = Default::default();
            Ok(ds)
        };
        unstacked().map_err(|e: Error| e.at(format!("`to_unstacked_dataset` of `{dim}`")).at(self.place()))
    }
}
