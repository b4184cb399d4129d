//! Dimensions of length 1: away and back.

use indexmap::IndexMap;

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::{Dims, IntoDims};
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::error::{Error, Result};
use crate::lazy::AxisFrom;

/// A dimension to come: its length, or its labels.
#[derive(Debug, Clone, PartialEq)]
pub enum NewDim {
    /// So many positions.
    Len(usize),
    /// One position for each label (a block of rank 1); they become its coordinate.
    Labels(Block),
}

impl From<usize> for NewDim {
    fn from(n: usize) -> Self {
        NewDim::Len(n)
    }
}

impl From<Block> for NewDim {
    fn from(b: Block) -> Self {
        NewDim::Labels(b)
    }
}

fn squeezed(v: &Variable, dims: &[Name]) -> Result<Variable> {
    let kept: Vec<usize> = (0..v.ndim()).filter(|&i| !dims.contains(&v.dims()[i])).collect();
    let from: Vec<AxisFrom> = kept.iter().map(|&i| AxisFrom::Input(i)).collect();
    v.with_data(kept.iter().map(|&i| v.dims()[i].clone()), v.data().axes(&from)?)
}

impl Dataset {
    /// Takes dimensions of length 1 away (`..`: all of them); their coordinates become single values.
    ///
    /// # Errors
    /// If a dimension does not exist or is not of length 1.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 1), ("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("n");
    /// assert_eq!(ds.squeeze("y")?.get("n")?.shape(), [2]);
    /// assert!(ds.squeeze("x").is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn squeeze(&self, dims: impl IntoDims) -> Result<Dataset> {
        self.squeeze_with(dims, false)
    }

    /// [`squeeze`](Self::squeeze) that may drop the coordinates that would become single values.
    ///
    /// # Errors
    /// If a dimension does not exist or is not of length 1.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[1], vec![10i64])?;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![1])?.assign_coords([("x", x)])?;
    /// let ds = a.to_dataset("n");
    /// assert!(ds.squeeze_with("x", false)?.coords().contains("x"));
    /// assert!(!ds.squeeze_with("x", true)?.coords().contains("x"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn squeeze_with(&self, dims: impl IntoDims, drop: bool) -> Result<Dataset> {
        let dims: Dims = dims.into_dims();
        let sizes = self.sizes();
        let mut names = dims.among(&sizes)?;
        if dims.names().is_none() {
            names.retain(|d| sizes[d] == 1);
        }
        if let Some(d) = names.iter().find(|d| sizes[*d] != 1) {
            return Err(Error::invalid(format!("dimension `{d}` has length {}, not 1", sizes[d]))
                .help("`isel` picks one position of it"));
        }
        let data_vars = self.map_variables(|v| squeezed(v, &names).map(Some))?;
        let mut coords = Coords::new();
        for (name, v) in self.coords().iter() {
            let new = squeezed(v, &names)?;
            let touched = new.ndim() < v.ndim();
            if drop && touched && new.ndim() == 0 {
                continue;
            }
            let index = self.coords().index(name).filter(|_| !touched);
            coords.insert_with(name.clone(), new, index.cloned())?;
        }
        Ok(self.with_parts(data_vars, coords))
    }

    /// Adds dimensions of length 1 in front of every variable; a single-valued coordinate of that name
    /// becomes its labels.
    ///
    /// # Errors
    /// If a dimension exists.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("n").expand_dims("run")?;
    /// assert_eq!(ds.get("n")?.shape(), [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn expand_dims(&self, dims: impl IntoDims) -> Result<Dataset> {
        let dims = dims.into_dims();
        let Some(names) = dims.names() else { return Ok(self.clone()) };
        self.expand_dims_with(names.iter().map(|d| (d.clone(), NewDim::Len(1))), None)
    }

    /// Adds dimensions with lengths or labels to every variable, in front or at the given axes of the
    /// result (negative ones count from its end). Along them everything repeats.
    ///
    /// # Errors
    /// If a dimension or a variable of this name exists, or the axes do not fit.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let runs = Block::from_vec(&[3], vec![7i64, 8, 9])?;
    /// let ds = a.to_dataset("n").expand_dims_with([("run", runs)], Some(&[-1]))?;
    /// assert_eq!(ds.get("n")?.shape(), [2, 3]);
    /// assert_eq!(ds.sel("run", 9)?.get("n")?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn expand_dims_with<N: Into<Name>, D: Into<NewDim>>(
        &self,
        dims: impl IntoIterator<Item = (N, D)>,
        axes: Option<&[isize]>,
    ) -> Result<Dataset> {
        let dims: IndexMap<Name, NewDim> = dims.into_iter().map(|(n, d)| (n.into(), d.into())).collect();
        let sizes = self.sizes();
        let mut coords = Coords::new();
        let mut lengths: Vec<(Name, usize)> = Vec::with_capacity(dims.len());
        for (name, dim) in &dims {
            if sizes.contains_key(name) {
                return Err(Error::invalid(format!("dimension `{name}` exists already")));
            }
            if self.variable(name).is_ok_and(|v| v.ndim() > 0) || self.data_vars().contains_key(name) {
                return Err(Error::invalid(format!("`{name}` is a variable or coordinate already")));
            }
            lengths.push((
                name.clone(),
                match dim {
                    NewDim::Len(n) => *n,
                    NewDim::Labels(b) => b.size(),
                },
            ));
        }
        for (name, v) in self.coords().iter() {
            match dims.get(name) {
                None => coords.insert_with(name.clone(), v.clone(), self.coords().index(name).cloned())?,
                Some(NewDim::Labels(_)) => {}
                Some(NewDim::Len(1)) => {
                    let labels = v.with_data([name.clone()], v.data().axes(&[AxisFrom::Repeat(1)])?)?;
                    coords.insert(name.clone(), labels)?;
                }
                Some(NewDim::Len(n)) => {
                    return Err(Error::invalid(format!("one label for `{name}` of length {n}"))
                        .help(format!("give {n} labels, or drop the coordinate `{name}` first")));
                }
            }
        }
        for (name, dim) in &dims {
            if let NewDim::Labels(b) = dim {
                coords.insert(name.clone(), Variable::new([name.clone()], b.clone())?)?;
            }
        }
        let default: Vec<isize> = (0..lengths.len() as isize).collect();
        let axes = axes.unwrap_or(&default);
        let data_vars = self.map_variables(|v| expanded(v, &lengths, axes).map(Some))?;
        Ok(self.with_parts(data_vars, coords))
    }
}

/// The variable with new dimensions at `axes` of the result.
pub(super) fn expanded(v: &Variable, dims: &[(Name, usize)], axes: &[isize]) -> Result<Variable> {
    if axes.len() != dims.len() {
        return Err(Error::invalid(format!("{} axes for {} new dimensions", axes.len(), dims.len())));
    }
    let ndim = (v.ndim() + dims.len()) as isize;
    let mut places = Vec::with_capacity(axes.len());
    for (&a, dim) in axes.iter().zip(dims) {
        let at = if a < 0 { a + ndim } else { a };
        if !(0..ndim).contains(&at) {
            return Err(Error::invalid(format!("axis {a} for `{}` in a result of {ndim} axes", dim.0)));
        }
        if places.iter().any(|(p, _)| *p == at) {
            return Err(Error::invalid(format!("two new dimensions at axis {a}")));
        }
        places.push((at, dim));
    }
    let mut names = Vec::with_capacity(ndim as usize);
    let mut from = Vec::with_capacity(ndim as usize);
    let mut next = 0;
    for axis in 0..ndim {
        match places.iter().find(|(p, _)| *p == axis) {
            Some((_, (name, n))) => {
                names.push(name.clone());
                from.push(AxisFrom::Repeat(*n));
            }
            None => {
                names.push(v.dims()[next].clone());
                from.push(AxisFrom::Input(next));
                next += 1;
            }
        }
    }
    v.with_data(names, v.data().axes(&from)?)
}

impl DataArray {
    /// Takes dimensions of length 1 away (`..`: all of them); their coordinates become single values.
    ///
    /// # Errors
    /// If a dimension does not exist or is not of length 1.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("t", 1), ("x", 2)], vec![1, 2])?;
    /// assert_eq!(a.squeeze(..)?.shape(), [2]);
    /// assert!(a.squeeze("x").is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn squeeze(&self, dims: impl IntoDims) -> Result<DataArray> {
        self.squeeze_with(dims, false)
    }

    /// [`squeeze`](Self::squeeze) that may drop the coordinates that would become single values.
    ///
    /// # Errors
    /// If a dimension does not exist or is not of length 1.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[1], vec![10i64])?;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![1])?.assign_coords([("x", x)])?;
    /// assert!(a.squeeze_with("x", true)?.coords().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn squeeze_with(&self, dims: impl IntoDims, drop: bool) -> Result<DataArray> {
        let dims = dims.into_dims();
        self.via_dataset(|ds| ds.squeeze_with(dims, drop))
    }

    /// Adds dimensions of length 1 in front; a single-valued coordinate of that name becomes its labels.
    ///
    /// # Errors
    /// If a dimension exists.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert_eq!(a.expand_dims(["t", "u"])?.shape(), [1, 1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn expand_dims(&self, dims: impl IntoDims) -> Result<DataArray> {
        let dims = dims.into_dims();
        self.via_dataset(|ds| ds.expand_dims(dims))
    }

    /// Adds dimensions with lengths or labels, in front or at the given axes of the result (negative
    /// ones count from its end). Along them everything repeats.
    ///
    /// # Errors
    /// If a dimension or a coordinate of this name exists, or the axes do not fit.
    ///
    /// ```
    /// # use graticule::array::Block;
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let years = Block::from_vec(&[3], vec![2001i64, 2002, 2003])?;
    /// assert_eq!(a.expand_dims_with([("year", years)], Some(&[-1]))?.shape(), [2, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn expand_dims_with<N: Into<Name>, D: Into<NewDim>>(
        &self,
        dims: impl IntoIterator<Item = (N, D)>,
        axes: Option<&[isize]>,
    ) -> Result<DataArray> {
        self.via_dataset(|ds| ds.expand_dims_with(dims, axes))
    }
}
