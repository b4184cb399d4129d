//! Blocks of neighbours along dimensions: `coarsen`.
//!
//! Lengths are made multiples of the windows by slices or padding; a reduction then is one operation on
//! blocks, and `construct` a reshape.

mod construct;
mod reduce;
mod weighted;

use indexmap::IndexMap;

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::operand::Labelled;
use super::rank::Side;
use super::reindex::room_for;
use super::variable::{Name, Variable};
use crate::array::Slice;
use crate::dtype::Scalar;
use crate::dtype::promote::with_missing;
use crate::error::{Context, Error, Result};
use crate::kernel::reduce::ReduceOp;
use crate::lazy::{LazyArray, PadWith};

/// What happens where a dimension is no multiple of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Boundary {
    /// It is an error.
    #[default]
    Exact,
    /// The elements that are too many are left out.
    Trim,
    /// Missing values fill the last window; integers become floats to hold them.
    Pad,
}

/// An array or dataset in blocks of neighbours: see [`DataArray::coarsen`].
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::labels::{Boundary, Side};
/// let a = DataArray::from_vec(&[("x", 5)], vec![1.0, 2.0, 3.0, 4.0, 5.0])?;
/// let pairs = a.coarsen([("x", 2)]).boundary(Boundary::Trim).side(Side::Right);
/// assert_eq!(pairs.mean()?.to_vec::<f64>()?, [2.5, 4.5]);
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Coarsen<T> {
    object: T,
    windows: IndexMap<Name, usize>,
    boundary: Boundary,
    side: Side,
    sides: IndexMap<Name, Side>,
    /// What becomes of coordinates named like a dimension, if it is not the mean.
    dim_coords: ReduceOp,
    coord_funcs: IndexMap<Name, ReduceOp>,
    /// Whether zeros pad, and not missing values.
    zeros: bool,
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// Blocks of neighbours: (dimension, window) pairs. What follows makes one element of each block
            /// (`mean`, `max`, ...) or gives blocks a dimension of their own (`construct`).
            ///
            /// Windows lie side by side from the first element on. A length must be a multiple of its window,
            /// unless [`boundary`](Coarsen::boundary) says otherwise. Coordinates become the mean of each block,
            /// unless [`coord_func`](Coarsen::coord_func) says otherwise. Nothing is checked before what follows.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("y", 2), ("x", 4)], vec![1, 2, 3, 4, 5, 6, 7, 8])?;
            /// assert_eq!(a.coarsen([("x", 2), ("y", 2)]).max()?.to_vec::<i32>()?, [6, 8]);
            /// let means = a.to_dataset("a").coarsen([("x", 4)]).mean()?;
            /// assert_eq!(means.get("a")?.to_vec::<f64>()?, [2.5, 6.5]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn coarsen<N: Into<Name>>(
                &self,
                windows: impl IntoIterator<Item = (N, usize)>,
            ) -> Coarsen<$T> {
                Coarsen {
                    object: self.clone(),
                    windows: windows.into_iter().map(|(name, n)| (name.into(), n)).collect(),
                    boundary: Boundary::default(),
                    side: Side::default(),
                    sides: IndexMap::new(),
                    dim_coords: ReduceOp::Mean,
                    coord_funcs: IndexMap::new(),
                    zeros: false,
                }
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);

impl<T: Labelled> Coarsen<T> {
    /// What happens where a dimension is no multiple of its window; by default it is an error.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::Boundary;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert!(a.coarsen([("x", 2)]).sum().is_err());
    /// let padded = a.coarsen([("x", 2)]).boundary(Boundary::Pad).sum()?;
    /// assert_eq!(padded.to_vec::<f64>()?, [3.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn boundary(self, boundary: Boundary) -> Self {
        Coarsen { boundary, ..self }
    }

    /// At which side windows begin: at the left one, which is the default, the last elements are too many or too
    /// few; at the right one the first are.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{Boundary, Side};
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let right = a.coarsen([("x", 2)]).boundary(Boundary::Trim).side(Side::Right);
    /// assert_eq!(right.sum()?.to_vec::<i64>()?, [5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn side(self, side: Side) -> Self {
        Coarsen { side, ..self }
    }

    /// [`side`](Self::side) along one dimension.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{Boundary, Side};
    /// let a = DataArray::from_vec(&[("y", 3), ("x", 3)], vec![1, 2, 3, 4, 5, 6, 7, 8, 9])?;
    /// let corner = a.coarsen([("x", 2), ("y", 2)]).boundary(Boundary::Trim).side_along("x", Side::Right);
    /// assert_eq!(corner.sum()?.to_vec::<i64>()?, [2 + 3 + 5 + 6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn side_along(mut self, dim: impl Into<Name>, side: Side) -> Self {
        self.sides.insert(dim.into(), side);
        self
    }

    /// What becomes of the coordinates named like their dimension; as in xarray, others become means unless
    /// [`coord_func_of`](Self::coord_func_of) names them.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[4], vec![0.0, 1.0, 2.0, 3.0])?;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 2, 3, 4])?.assign_coords([("x", x)])?;
    /// let coarse = a.coarsen([("x", 2)]).coord_func(ReduceOp::Max).sum()?;
    /// assert_eq!(coarse.coord("x")?.to_vec::<f64>()?, [1.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn coord_func(self, op: ReduceOp) -> Self {
        Coarsen { dim_coords: op, ..self }
    }

    /// What becomes of one coordinate.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[4], vec![0.0, 1.0, 2.0, 3.0])?;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 2, 3, 4])?.assign_coords([("x", x)])?;
    /// let coarse = a.coarsen([("x", 2)]).coord_func_of("x", ReduceOp::Min).sum()?;
    /// assert_eq!(coarse.coord("x")?.to_vec::<f64>()?, [0.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn coord_func_of(mut self, coord: impl Into<Name>, op: ReduceOp) -> Self {
        self.coord_funcs.insert(coord.into(), op);
        self
    }

    /// What becomes of a coordinate.
    fn func_of(&self, coord: &str, parts: &Dataset) -> ReduceOp {
        match self.coord_funcs.get(coord) {
            Some(op) => *op,
            None if parts.sizes().contains_key(coord) => self.dim_coords,
            None => ReduceOp::Mean,
        }
    }

    /// An error if a window is none or is along no dimension.
    fn check(&self, parts: &Dataset) -> Result<()> {
        let sizes = parts.sizes();
        let named = self.windows.keys().chain(self.sides.keys());
        if let Some(dim) = named.into_iter().find(|d| !sizes.contains_key(*d)) {
            return Err(Error::not_found("dimension", dim, sizes.keys()));
        }
        if let Some(coord) =
            self.coord_funcs.keys().find(|c| !parts.coords().contains(c) && !sizes.contains_key(*c))
        {
            return Err(Error::not_found("coordinate", coord, parts.coords().names()));
        }
        match self.windows.iter().find(|(_, n)| **n == 0) {
            Some((dim, _)) => Err(Error::invalid(format!("the window along `{dim}` has length 0"))),
            None => Ok(()),
        }
    }

    /// The windows along the dimensions of a variable, 1 where there is none; `None` if there are none at all.
    fn windows_of(&self, v: &Variable) -> Option<Vec<usize>> {
        let windows: Vec<Option<usize>> = v.dims().iter().map(|d| self.windows.get(d).copied()).collect();
        let any = windows.iter().any(Option::is_some);
        any.then(|| windows.into_iter().map(|w| w.unwrap_or(1)).collect())
    }

    /// The elements of a variable, cut or padded to multiples of its windows.
    fn fitted(&self, v: &Variable, windows: &[usize], zeros: bool) -> Result<LazyArray> {
        let mut data = v.data().clone();
        for (axis, (dim, &window)) in v.dims().iter().zip(windows).enumerate() {
            let len = data.shape()[axis];
            let (excess, side) = (len % window, self.sides.get(dim).copied().unwrap_or(self.side));
            if excess == 0 {
                continue;
            }
            data = match self.boundary {
                Boundary::Exact => {
                    return Err(Error::invalid(format!(
                        "the length {len} of `{dim}` is no multiple of the window {window}"
                    ))
                    .help(
                        "`boundary(Boundary::Trim)` leaves out what is too much, `Pad` adds missing values",
                    ));
                }
                Boundary::Trim => {
                    let mut slices: Vec<Slice> = data.shape().into_iter().map(Slice::all).collect();
                    slices[axis] = Slice::range(match side {
                        Side::Left => 0..len - excess,
                        Side::Right => excess..len,
                    });
                    data.slice(&slices)?
                }
                Boundary::Pad => {
                    let (dtype, filling) = match zeros {
                        true => {
                            let wide = with_missing(data.dtype());
                            (wide, Scalar::Int(0).cast_to(wide)?)
                        }
                        false => room_for(data.dtype(), None)?,
                    };
                    let (before, after) = match side {
                        Side::Left => (0, window - excess),
                        Side::Right => (window - excess, 0),
                    };
                    data.cast(dtype)?.pad(
                        axis,
                        before,
                        after,
                        &PadWith::Constant(filling.clone(), filling),
                    )?
                }
            };
        }
        Ok(data)
    }

    /// The coordinates, of which `f` changes those along windows.
    fn coords(
        &self,
        parts: &Dataset,
        mut f: impl FnMut(&Name, &Variable, Vec<usize>) -> Result<Variable>,
    ) -> Result<Coords> {
        let mut coords = Coords::new();
        for (name, v) in parts.coords().iter() {
            match self.windows_of(v) {
                Some(windows) => {
                    coords
                        .insert(name.clone(), f(name, v, windows).at(|| format!("coordinate `{name}`"))?)?;
                }
                None => {
                    coords.insert_with(name.clone(), v.clone(), parts.coords().index(name).cloned())?;
                }
            }
        }
        Ok(coords)
    }
}

#[cfg(test)]
mod tests;
