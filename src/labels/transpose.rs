//! The order of dimensions.

use indexmap::IndexMap;

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::{Dims, IntoDims, Missing};
use super::variable::{Name, Variable};
use crate::error::{Error, Result};

/// What stands for all dimensions that are not named.
const REST: &str = "...";

/// The full order that `dims` stand for, or `None` for the reverse of each variable's own.
fn full_order(dims: &Dims, sizes: &IndexMap<Name, usize>, missing: Missing) -> Result<Option<Vec<Name>>> {
    let Some(names) = dims.names().filter(|n| !n.is_empty()) else { return Ok(None) };
    let mut order: Vec<Name> = Vec::with_capacity(sizes.len());
    for name in names {
        if &**name == REST {
            if names.iter().filter(|n| ***n == *REST).count() > 1 {
                return Err(Error::invalid("`...` may stand once only"));
            }
            order.extend(sizes.keys().filter(|d| !names.contains(d)).cloned());
        } else if !sizes.contains_key(name) {
            if missing == Missing::Raise {
                return Err(Error::not_found("dimension", name, sizes.keys()));
            }
        } else if order.contains(name) {
            return Err(Error::invalid(format!("dimension `{name}` stands twice")));
        } else {
            order.push(name.clone());
        }
    }
    if order.len() != sizes.len() {
        let left: Vec<&str> = sizes.keys().filter(|d| !order.contains(d)).map(|d| &**d).collect();
        return Err(Error::invalid(format!("no place given for `{}`", left.join("`, `")))
            .help("name every dimension, or add `\"...\"` for the others"));
    }
    Ok(Some(order))
}

impl Variable {
    /// The variable with its dimensions in this order (which may name others too).
    pub(crate) fn in_order(&self, order: &[Name]) -> Result<Variable> {
        let perm: Vec<usize> = order.iter().filter_map(|d| self.axis(d)).collect();
        if perm.len() != self.ndim() {
            return Err(Error::internal(format!("order {order:?} for dimensions {:?}", self.dims())));
        }
        self.with_data(perm.iter().map(|&i| self.dims()[i].clone()), self.data().transpose(&perm)?)
    }
}

impl Dataset {
    /// Puts the dimensions of every variable and coordinate in this order; `..` reverses them.
    ///
    /// `"..."` in a list stands for the dimensions that are not named. Lazy: reads nothing.
    ///
    /// # Errors
    /// If a name is not a dimension, or a dimension has no place.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 1)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").assign([("b", a.sum("y")?)])?.transpose(["x", "y"])?;
    /// assert_eq!(ds.get("a")?.shape(), [1, 2]);
    /// assert_eq!(ds.get("b")?.shape(), [1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn transpose(&self, dims: impl IntoDims) -> Result<Dataset> {
        self.transpose_with(dims, Missing::Raise)
    }

    /// [`transpose`](Self::transpose) that may pass over names that are not dimensions.
    ///
    /// # Errors
    /// If a dimension has no place, or a name is not a dimension and that counts.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 1)], vec![1, 2])?;
    /// let ds = a.to_dataset("a").transpose_with(["time", "x", "y"], Missing::Ignore)?;
    /// assert_eq!(ds.get("a")?.shape(), [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn transpose_with(&self, dims: impl IntoDims, missing: Missing) -> Result<Dataset> {
        let order = full_order(&dims.into_dims(), &self.sizes(), missing)?;
        let turn = |v: &Variable| match &order {
            Some(order) => v.in_order(order),
            None => v.in_order(&v.dims().iter().rev().cloned().collect::<Vec<_>>()),
        };
        let data_vars = self.map_variables(|v| turn(v).map(Some))?;
        let mut coords = Coords::new();
        for (name, v) in self.coords().iter() {
            coords.insert_with(name.clone(), turn(v)?, self.coords().index(name).cloned())?;
        }
        Ok(self.with_parts(data_vars, coords))
    }
}

impl DataArray {
    /// Puts the dimensions in this order; `..` reverses them.
    ///
    /// `"..."` in a list stands for the dimensions that are not named. Lazy: reads nothing.
    ///
    /// # Errors
    /// If a name is not a dimension, or a dimension has no place.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 1), ("y", 2), ("z", 3)], vec![0; 6])?;
    /// assert_eq!(a.transpose(["z", "..."])?.shape(), [3, 1, 2]);
    /// assert_eq!(a.transpose(..)?.shape(), [3, 2, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn transpose(&self, dims: impl IntoDims) -> Result<DataArray> {
        self.transpose_with(dims, Missing::Raise)
    }

    /// [`transpose`](Self::transpose) that may pass over names that are not dimensions.
    ///
    /// # Errors
    /// If a dimension has no place, or a name is not a dimension and that counts.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 2)], vec![1, 2, 3, 4])?;
    /// assert_eq!(a.transpose_with(["time", "x", "y"], Missing::Ignore)?.to_vec::<i32>()?, [1, 3, 2, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn transpose_with(&self, dims: impl IntoDims, missing: Missing) -> Result<DataArray> {
        let dims = dims.into_dims();
        self.via_dataset(|ds| ds.transpose_with(dims, missing))
    }
}
