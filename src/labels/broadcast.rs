//! Arrays spread over each other's dimensions, by name.

use indexmap::IndexMap;

use super::align::{AlignOptions, align_parts};
use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::operand::{Labelled, Object};
use super::variable::{Name, Variable};
use crate::error::{Error, Result};
use crate::index::Join;
use crate::lazy::{AxisFrom, LazyArray};

/// All dimensions of the variables in order of first appearance.
///
/// # Errors
/// If lengths differ: a dimension of length 1 does not repeat, unlike an absent one.
pub(crate) fn broadcast_sizes(variables: &[&Variable]) -> Result<IndexMap<Name, usize>> {
    let mut sizes: IndexMap<Name, usize> = IndexMap::new();
    for v in variables {
        for (dim, n) in v.dims().iter().zip(v.shape()) {
            let len = *sizes.entry(dim.clone()).or_insert(n);
            if len != n {
                return Err(Error::alignment(format!("lengths {len} and {n} along `{dim}` do not match"))
                    .help("a dimension of length 1 does not repeat: drop it with `squeeze` or `isel`"));
            }
        }
    }
    Ok(sizes)
}

/// The elements with one axis for each of `dims`, of length 1 where the variable lacks it.
pub(crate) fn spread(variable: &Variable, dims: &[Name]) -> Result<LazyArray> {
    if variable.dims() == dims {
        return Ok(variable.data().clone());
    }
    let from: Vec<AxisFrom> =
        dims.iter().map(|d| variable.axis(d).map_or(AxisFrom::Repeat(1), AxisFrom::Input)).collect();
    variable.data().axes(&from)
}

/// The variable over all of `sizes`, in their order; it repeats along dimensions that it lacks.
pub(crate) fn expand(variable: &Variable, sizes: &IndexMap<Name, usize>) -> Result<Variable> {
    if variable.dims().iter().eq(sizes.keys()) {
        return Ok(variable.clone());
    }
    let from: Vec<AxisFrom> =
        sizes.iter().map(|(d, n)| variable.axis(d).map_or(AxisFrom::Repeat(*n), AxisFrom::Input)).collect();
    variable.with_data(sizes.keys().cloned(), variable.data().axes(&from)?)
}

fn broadcast_parts(objects: &[Dataset], exclude: &[&str]) -> Result<Vec<Dataset>> {
    let options = AlignOptions::new(Join::Outer).exclude(exclude);
    let objects = align_parts(objects, &options)?;
    let mut sizes: IndexMap<Name, usize> = IndexMap::new();
    let mut common = Coords::new();
    for ds in &objects {
        for (dim, n) in ds.sizes() {
            if exclude.contains(&&*dim) {
                continue;
            }
            sizes.entry(dim.clone()).or_insert(n);
            if let (Some(v), Some(index)) = (ds.coords().get(&dim), ds.coords().index(&dim))
                && !common.contains(&dim)
            {
                common.insert_with(dim.clone(), v.clone(), Some(index.clone()))?;
            }
            if let Some(joint) = ds.coords().multi_along(&dim)
                && joint.names.iter().all(|n| !common.contains(n))
            {
                common.insert_joint(&joint, ds.coords())?;
            }
        }
    }
    objects
        .iter()
        .map(|ds| {
            let mut vars = IndexMap::with_capacity(ds.data_vars().len());
            for (name, v) in ds.data_vars() {
                let mut sizes = sizes.clone();
                sizes.extend(v.sizes().into_iter().filter(|(d, _)| exclude.contains(&&**d)));
                vars.insert(name.clone(), expand(v, &sizes)?);
            }
            let mut coords = ds.coords().clone();
            if !vars.is_empty() {
                for (name, v) in common.iter() {
                    coords.insert_with(name.clone(), v.clone(), common.index(name).cloned())?;
                }
            }
            Ok(ds.with_parts(vars, coords))
        })
        .collect()
}

/// Gives every object all dimensions of all of them, in order of first appearance; dimensions in
/// `exclude` stay as they are. Labels are joined by union.
///
/// Lazy: repeats are not stored.
///
/// # Errors
/// If lengths along a dimension without labels differ.
///
/// # Example
/// ```
/// use graticule::labels::{DataArray, broadcast};
/// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// let b = DataArray::from_vec(&[("y", 3)], vec![0.0; 3])?;
/// let both = broadcast(&[a, b], &[])?;
/// assert_eq!(both[1].shape(), [2, 3]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn broadcast<O: Labelled>(objects: &[O], exclude: &[&str]) -> Result<Vec<O>> {
    let parts: Vec<Dataset> = objects.iter().map(Labelled::to_parts).collect();
    let parts = broadcast_parts(&parts, exclude)?;
    objects.iter().zip(parts).map(|(o, ds)| o.rebuild(ds)).collect()
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// The same spread over all dimensions of `other` too; those of `other` come first, in its order.
            /// Labels are joined by union.
            ///
            /// # Errors
            /// If lengths along a dimension without labels differ.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let row = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 3.0])?;
            /// let column = DataArray::from_vec(&[("y", 2)], vec![0.0, 0.0])?;
            /// let wide = row.broadcast_like(&column)?;
            /// assert_eq!(wide.shape(), [2, 3]);
            /// assert_eq!(wide.to_vec::<f64>()?, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn broadcast_like(&self, other: impl Into<Object>) -> Result<$T> {
                let parts = broadcast_parts(&[other.into().to_parts(), self.to_parts()], &[])
                    .map_err(|e| e.at(self.place()))?;
                self.rebuild(parts.into_iter().last().ok_or_else(|| Error::internal("no part came back"))?)
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);
