//! Copies with other elements at some positions: `assign_isel`, `assign_sel`.

use std::sync::Arc;

use indexmap::IndexMap;

use super::broadcast::{expand, spread};
use super::compare::{Same, variables_match};
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::indexer::{Isel, Pick};
use super::operand::Operand;
use super::pointwise::{Axis, points_of, sharing};
use super::selector::Sel;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::error::{Error, Result};
use crate::kernel::elementwise::MapFn;
use crate::lazy::LazyArray;

impl DataArray {
    /// A copy with `value` at some positions: xarray's `a[{...}] = value`.
    ///
    /// The value is cast to the dtype of the array and repeats along dimensions that it lacks. Where a
    /// position stands twice the last one counts. Lazy: reads nothing.
    ///
    /// # Errors
    /// If a position lies outside, or the value does not fit the selection.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1, 2, 3, 4])?;
    /// let b = a.assign_isel(Isel::new().at("y", 0), &DataArray::from_vec(&[("x", 2)], vec![8, 9])?)?;
    /// assert_eq!(b.to_vec::<i32>()?, [8, 2, 9, 4]);
    /// assert_eq!(b.assign_isel(Isel::new().at("x", 1), 0)?.to_vec::<i32>()?, [8, 2, 0, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn assign_isel(&self, isel: Isel, value: impl Into<Operand>) -> Result<DataArray> {
        self.assign_at(&isel, value.into()).map_err(|e| e.at("`assign_isel`").at(self.place()))
    }

    /// A copy with `value` at some labels: xarray's `a.loc[{...}] = value`. See
    /// [`assign_isel`](DataArray::assign_isel).
    ///
    /// # Errors
    /// If a label is not there, and those of `assign_isel`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[3], vec![10i64, 20, 30])?;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.assign_coords([("x", x)])?;
    /// let b = a.assign_sel(Sel::new().at("x", 20..=30), 0)?;
    /// assert_eq!(b.to_vec::<i32>()?, [1, 0, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn assign_sel(&self, sel: Sel, value: impl Into<Operand>) -> Result<DataArray> {
        let isel = self.to_temp_dataset().positions_of(&sel);
        isel.and_then(|isel| self.assign_at(&isel, value.into()))
            .map_err(|e| e.at("`assign_sel`").at(self.place()))
    }

    fn assign_at(&self, isel: &Isel, value: Operand) -> Result<DataArray> {
        let value = value.into_array()?;
        let sizes = self.sizes();
        let mut picks = IndexMap::new();
        for (dim, indexer) in &isel.indexers {
            let len = *sizes.get(dim).ok_or_else(|| Error::not_found("dimension", dim, sizes.keys()))?;
            picks.insert(dim.clone(), indexer.resolve(dim, len)?);
        }
        let selected = self.isel_with(isel.clone())?;
        let value = without_ones(value, &selected)?;
        fits(&value, &selected)?;
        let data = value.variable().data().cast(self.dtype())?;
        let value = value.variable().with_data(value.dims().to_vec(), data)?;
        let own = |(dim, pick): (&Name, &Pick)| match pick {
            Pick::Points { dims, .. } => dims[..] == [dim.clone()],
            _ => true,
        };
        let variable = if picks.iter().all(own) {
            self.variable().place(&picks, &value)?
        } else {
            self.variable().scatter(&picks, &value)?
        };
        Ok(DataArray::from_parts(self.name().cloned(), variable, self.coords().clone()))
    }
}

impl Dataset {
    /// A copy with `value` at some positions of every data variable: xarray's `ds[{...}] = value`. A dataset
    /// gives each variable its own values. See [`DataArray::assign_isel`].
    ///
    /// # Errors
    /// If a variable lacks an indexed dimension, the value one of the variables or holds others, and those of
    /// [`DataArray::assign_isel`].
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let ds = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.to_dataset("a");
    /// let ds = ds.assign_isel(Isel::new().at("x", 1..), 0)?;
    /// assert_eq!(ds.get("a")?.to_vec::<i32>()?, [1, 0, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn assign_isel(&self, isel: Isel, value: impl Into<Operand>) -> Result<Dataset> {
        self.locate(self.assign_at(&isel, &value.into()), || "`assign_isel`".into())
    }

    /// A copy with `value` at some labels of every data variable: xarray's `ds.loc[{...}] = value`. See
    /// [`assign_isel`](Dataset::assign_isel).
    ///
    /// # Errors
    /// If a label is not there, and those of `assign_isel`.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.assign_coords([("x", Block::from_vec(&[2], vec![10, 20])?)])?.to_dataset("a");
    /// let ds = ds.assign_sel(Sel::new().at("x", 20), 0)?;
    /// assert_eq!(ds.get("a")?.to_vec::<i32>()?, [1, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn assign_sel(&self, sel: Sel, value: impl Into<Operand>) -> Result<Dataset> {
        let isel = self.positions_of(&sel);
        self.locate(isel.and_then(|isel| self.assign_at(&isel, &value.into())), || "`assign_sel`".into())
    }

    fn assign_at(&self, isel: &Isel, value: &Operand) -> Result<Dataset> {
        if let Operand::Dataset(values) = value
            && let Some(name) = values.data_vars().keys().find(|n| !self.data_vars().contains_key(*n))
        {
            return Err(
                Error::not_found("variable", name, self.data_vars().keys()).at("the assigned dataset")
            );
        }
        let mut data_vars = IndexMap::with_capacity(self.data_vars().len());
        for name in self.data_vars().keys() {
            let value = match value {
                Operand::Dataset(values) => values.get(name)?.into(),
                plain => plain.clone(),
            };
            let set =
                self.get(name)?.assign_at(isel, value).map_err(|e| e.at(format!("variable `{name}`")))?;
            data_vars.insert(name.clone(), set.variable().clone());
        }
        Ok(self.with_parts(data_vars, self.coords().clone()))
    }
}

/// The value without dimensions of length 1 along which it repeats, as numpy lets it: those without labels.
fn without_ones(value: DataArray, selected: &DataArray) -> Result<DataArray> {
    let sizes = selected.sizes();
    let repeats = |dim: &Name| sizes.get(dim).is_some_and(|n| *n != 1) && !value.coords().contains(dim);
    let ones: Vec<Name> =
        value.sizes().into_iter().filter(|(d, n)| *n == 1 && repeats(d)).map(|(d, _)| d).collect();
    ones.iter().try_fold(value.clone(), |value, dim| value.isel(dim, 0))
}

/// Refuses a value whose dimensions, lengths or labels are not those of the selection.
fn fits(value: &DataArray, selected: &DataArray) -> Result<()> {
    let sizes = selected.sizes();
    for (dim, n) in value.sizes() {
        match sizes.get(&dim) {
            None => return Err(Error::not_found("dimension", &dim, sizes.keys()).at("the assigned value")),
            Some(&len) if len != n => {
                return Err(Error::invalid(format!(
                    "the assigned value has length {n} along `{dim}`, the selection {len}"
                )));
            }
            Some(_) => {}
        }
        if let (Some(a), Some(b)) = (value.coords().get(&dim), selected.coords().get(&dim))
            && !variables_match(a, b, Same::Equals)?
        {
            return Err(Error::alignment(format!(
                "labels of the assigned value along `{dim}` differ from those of the selection"
            ))
            .help("align both first, or drop the coordinate of the value"));
        }
    }
    Ok(())
}

impl Variable {
    /// The value at positions that are independent along each dimension; lazy.
    fn place(&self, picks: &IndexMap<Name, Pick>, value: &Variable) -> Result<Variable> {
        let shape = self.shape();
        let mut placed = spread(value, self.dims())?;
        let mut masks = Vec::new();
        for (axis, dim) in self.dims().iter().enumerate() {
            let Some(pick) = picks.get(dim) else { continue };
            let mut inverse = vec![-1; shape[axis]];
            match pick {
                Pick::One(p) => inverse[*p] = 0,
                Pick::Slice(s) => (0..s.len).for_each(|i| inverse[s.position(i)] = i as i64),
                Pick::Points { positions, .. } => {
                    positions.iter().enumerate().for_each(|(i, &p)| inverse[p as usize] = i as i64);
                }
            }
            let mut along = vec![1; shape.len()];
            along[axis] = shape[axis];
            masks.push(Block::from_vec(&along, inverse.iter().map(|i| *i >= 0).collect())?);
            // What repeats along the axis needs no positions.
            if value.axis(dim).is_some() {
                let fill = Block::zeros(self.dtype(), &[]);
                placed = placed.take(axis, Arc::from(inverse), Some(fill))?;
            }
        }
        if masks.is_empty() {
            masks.push(Block::from_vec(&vec![1; shape.len()], vec![true])?);
        }
        for mask in masks {
            placed = LazyArray::map(MapFn::Where, &[mask.into(), placed, self.data().clone()])?;
        }
        self.with_data(self.dims().to_vec(), placed)
    }

    /// The value at points that several dimensions share; lazy.
    fn scatter(&self, picks: &IndexMap<Name, Pick>, value: &Variable) -> Result<Variable> {
        let shape = self.shape();
        let axis = |(dim, &len): (&Name, &usize)| match picks.get(dim) {
            Some(Pick::Points { dims, shape, positions }) => {
                Axis { dims: dims.clone(), shape: shape.clone(), points: Some(positions.clone()) }
            }
            Some(Pick::Slice(s)) => {
                let positions = (0..s.len).map(|i| s.position(i) as i64).collect();
                Axis { dims: vec![dim.clone()], shape: vec![s.len], points: Some(positions) }
            }
            // A single position has no dimension that others could share.
            Some(Pick::One(_)) => Axis { dims: Vec::new(), shape: Vec::new(), points: None },
            None => Axis { dims: vec![dim.clone()], shape: vec![len], points: None },
        };
        let axes: Vec<Axis> = self.dims().iter().zip(&shape).map(axis).collect();
        let mut joined: Vec<usize> = (0..axes.len())
            .filter(|i| axes[*i].points.is_some() && axes[*i].dims[..] != self.dims()[*i..=*i])
            .flat_map(|i| sharing(&axes, i))
            .collect();
        joined.sort_unstable();
        joined.dedup();
        // What the points leave alone is picked first, and put back in place afterwards.
        let mut rest = picks.clone();
        joined.iter().for_each(|i| drop(rest.shift_remove(&self.dims()[*i])));
        let inner = self.pick(&rest)?;
        let group = points_of(&axes, joined)?;
        let own: Vec<usize> =
            group.axes.iter().map(|a| inner.require_axis(&self.dims()[*a])).collect::<Result<_>>()?;
        let mut sizes: IndexMap<Name, usize> = IndexMap::new();
        for (i, (dim, n)) in inner.sizes().into_iter().enumerate() {
            if i == own[0] {
                sizes.extend(group.dims.iter().cloned().zip(group.shape.iter().copied()));
            }
            if !own.contains(&i) {
                sizes.insert(dim, n);
            }
        }
        let mut flat: Vec<usize> = sizes.values().copied().collect();
        flat.splice(own[0]..own[0] + group.dims.len(), [group.shape.iter().product()]);
        let values = expand(value, &sizes)?.data().reshape(&flat)?;
        let set = inner.data().scatter(&values, &own, group.points, own[0])?;
        let set = inner.with_data(inner.dims().to_vec(), set)?;
        if rest.is_empty() { Ok(set) } else { self.place(&rest, &set) }
    }
}
