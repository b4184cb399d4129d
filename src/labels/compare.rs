//! Whether two arrays or datasets are the same: `equals`, `identical`, `broadcast_equals`.

use std::sync::Arc;

use super::broadcast::{broadcast_sizes, spread};
use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::variable::Variable;
use crate::array::Block;
use crate::dtype::dispatch::with_element;
use crate::dtype::{Element, promote};
use crate::error::{Error, ErrorKind, Result};
use crate::index::Index;
use crate::kernel::cast::cast;
use crate::kernel::elementwise::{BinaryOp, MapFn, UnaryOp};
use crate::kernel::reduce::{ReduceOp, ReduceSpec};
use crate::lazy::LazyArray;

/// How much two variables must have in common to count as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Same {
    /// Dimensions and elements; missing equals missing.
    Equals,
    /// And attributes.
    Identical,
    /// Elements after broadcasting against each other.
    Broadcast,
    /// Elements after broadcasting, wherever neither is missing.
    NoConflicts,
}

/// Whether two blocks have equal shapes and elements, missing ones in the same places; dtypes may differ.
pub(crate) fn blocks_equal(a: &Block, b: &Block) -> Result<bool> {
    if a.shape() != b.shape() {
        return Ok(false);
    }
    if a.dtype() == b.dtype() {
        return Ok(with_element!(a.dtype().kind(), T => same_elements::<T>(a, b)));
    }
    // What has no common dtype (text and numbers) has no equal elements.
    match promote::promote(a.dtype(), b.dtype()) {
        Ok(dtype) => blocks_equal(&cast(a, dtype)?, &cast(b, dtype)?),
        Err(_) => Ok(a.size() == 0),
    }
}

fn same_elements<T: Element>(a: &Block, b: &Block) -> bool {
    let (Some(a), Some(b)) = (a.get::<T>(), b.get::<T>()) else { return false };
    let same = |x: &T, y: &T| x == y || x.is_missing() && y.is_missing();
    match (a.as_slice(), b.as_slice()) {
        (Some(a), Some(b)) => std::ptr::eq(a, b) && !a.is_empty() || a.iter().zip(b).all(|(x, y)| same(x, y)),
        _ => a.iter().zip(b.iter()).all(|(x, y)| same(x, y)),
    }
}

/// Whether two indexes hold the same labels in the same order.
pub(crate) fn indexes_equal(a: &Arc<dyn Index>, b: &Arc<dyn Index>) -> bool {
    Arc::ptr_eq(a, b) || a.len() == b.len() && a.equals(b.as_ref())
}

/// Whether two variables are the same; lazy ones are computed, chunk by chunk.
pub(crate) fn variables_match(a: &Variable, b: &Variable, how: Same) -> Result<bool> {
    if how == Same::Identical && a.attrs != b.attrs {
        return Ok(false);
    }
    let (x, y) = if a.dims() == b.dims() {
        (a.data().clone(), b.data().clone())
    } else if matches!(how, Same::Broadcast | Same::NoConflicts) {
        let Ok(sizes) = broadcast_sizes(&[a, b]) else { return Ok(false) };
        let dims: Vec<_> = sizes.into_keys().collect();
        (spread(a, &dims)?, spread(b, &dims)?)
    } else {
        return Ok(false);
    };
    if a.dims() == b.dims() {
        if x.shape() != y.shape() {
            return Ok(false);
        }
        if x.id() == y.id() {
            return Ok(true);
        }
        if let (Some(x), Some(y)) = (x.as_block(), y.as_block())
            && how != Same::NoConflicts
        {
            return blocks_equal(x, y);
        }
    }
    match all_same(&x, &y, how) {
        Err(e) if e.kind() == ErrorKind::DType => Ok(false),
        other => other,
    }
}

/// Whether all elements of two arrays of one rank are the same.
fn all_same(x: &LazyArray, y: &LazyArray, how: Same) -> Result<bool> {
    let binary =
        |op, a: &LazyArray, b: &LazyArray| LazyArray::map(MapFn::Binary(op), &[a.clone(), b.clone()]);
    let null = |a: &LazyArray| LazyArray::map(MapFn::Unary(UnaryOp::IsNull), std::slice::from_ref(a));
    let missing = if how == Same::NoConflicts { BinaryOp::Or } else { BinaryOp::And };
    let either = binary(missing, &null(x)?, &null(y)?)?;
    let same = binary(BinaryOp::Or, &binary(BinaryOp::Eq, x, y)?, &either)?;
    if let Some(block) = same.as_block() {
        return Ok(block.typed::<bool>()?.iter().all(|s| *s));
    }
    let all = same.reduce(ReduceSpec {
        op: ReduceOp::All,
        axes: (0..same.ndim()).collect(),
        group: None,
        skipna: false,
        ddof: 0.0,
        min_count: None,
    })?;
    let block = Variable::new::<&str>([], all)?.load()?;
    block.typed::<bool>()?.first().copied().ok_or_else(|| Error::internal("a full reduction gave no element"))
}

fn coords_match(a: &Coords, b: &Coords, how: Same) -> Result<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (name, v) in a.iter() {
        let Some(w) = b.get(name) else { return Ok(false) };
        if how == Same::Identical && a.index(name).is_some() != b.index(name).is_some() {
            return Ok(false);
        }
        if !variables_match(v, w, how)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn datasets_match(a: &Dataset, b: &Dataset, how: Same) -> Result<bool> {
    let (vars, others) = (a.data_vars(), b.data_vars());
    if how == Same::Identical && a.attrs != b.attrs
        || vars.len() != others.len()
        || vars.keys().any(|k| !others.contains_key(k))
        || !coords_match(a.coords(), b.coords(), how)?
    {
        return Ok(false);
    }
    for (name, v) in vars {
        if !variables_match(v, &others[name], how)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn arrays_match(a: &DataArray, b: &DataArray, how: Same) -> Result<bool> {
    if how == Same::Identical && a.name() != b.name() {
        return Ok(false);
    }
    Ok(coords_match(a.coords(), b.coords(), how)? && variables_match(a.variable(), b.variable(), how)?)
}

macro_rules! methods {
    ($T:ident, $match:ident) => {
        impl $T {
            /// Whether dimensions, coordinates and elements are equal; missing equals missing. Names of
            /// arrays, attributes, encodings and dtypes do not count. Computes what is lazy.
            ///
            /// # Errors
            /// Those of the run.
            ///
            /// # Example
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
            /// assert!(a.equals(&a.add(0)?)? && !a.equals(&a.add(1)?)?);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn equals(&self, other: &$T) -> Result<bool> {
                $match(self, other, Same::Equals).map_err(|e| e.at(self.place()))
            }

            /// Like [`equals`](Self::equals), and names, attributes and indexes are the same too.
            ///
            /// # Errors
            /// Those of the run.
            ///
            /// # Example
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
            /// assert!(a.identical(&a)? && !a.identical(&a.assign_attrs([("units", "m")]))?);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn identical(&self, other: &$T) -> Result<bool> {
                $match(self, other, Same::Identical).map_err(|e| e.at(self.place()))
            }

            /// Like [`equals`](Self::equals) after broadcasting each variable against the other's.
            ///
            /// # Errors
            /// Those of the run.
            ///
            /// # Example
            /// ```
            /// # use graticule::prelude::*;
            /// let one = DataArray::from_vec(&[], vec![1])?;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 1])?;
            /// assert!(a.broadcast_equals(&one)? && !a.equals(&one)?);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn broadcast_equals(&self, other: &$T) -> Result<bool> {
                $match(self, other, Same::Broadcast).map_err(|e| e.at(self.place()))
            }
        }
    };
}
methods!(DataArray, arrays_match);
methods!(Dataset, datasets_match);
