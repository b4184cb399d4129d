//! Copies with other elements at some positions: `assign_isel`, `assign_sel`.

use std::sync::Arc;

use indexmap::IndexMap;

use super::broadcast::{expand, spread};
use super::compare::{Same, variables_match};
use super::dataarray::DataArray;
use super::indexer::{Isel, Pick};
use super::operand::Operand;
use super::selector::Sel;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::Element;
use crate::dtype::dispatch::with_element;
use crate::error::{Error, Result};
use crate::kernel::elementwise::MapFn;
use crate::lazy::LazyArray;

impl DataArray {
    /// A copy with `value` at some positions: xarray's `a[{...}] = value`.
    ///
    /// The value is cast to the dtype of the array and repeats along dimensions that it lacks. Where a
    /// position stands twice the last one counts. Lazy, but for points of several dimensions.
    ///
    /// # Errors
    /// If a position lies outside, the value does not fit the selection, or points are set in an array that
    /// is not in memory.
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
            self.variable().scatter(&picks, &value, selected.variable())?
        };
        Ok(DataArray::from_parts(self.name().cloned(), variable, self.coords().clone()))
    }
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

    /// The value at points, in memory.
    fn scatter(
        &self,
        picks: &IndexMap<Name, Pick>,
        value: &Variable,
        selected: &Variable,
    ) -> Result<Variable> {
        if self.data().as_block().is_none() {
            return Err(Error::unsupported("points of several dimensions cannot be set in a lazy array")
                .help("load the array first, or set lists and ranges along each dimension"));
        }
        let flat = Block::from_vec(&self.shape(), (0..self.size() as i64).collect())?;
        let at = self.with_data(self.dims().to_vec(), flat)?.pick(picks)?.load()?;
        let values = expand(value, &selected.sizes())?.load()?;
        let block = self.load()?;
        let set = with_element!(block.dtype().kind(), T => scatter::<T>(&block, &at, &values)?);
        self.with_data(self.dims().to_vec(), set)
    }
}

fn scatter<T: Element>(block: &Block, at: &Block, values: &Block) -> Result<Block> {
    let mut elements = block.to_vec::<T>()?;
    for (&p, v) in at.typed::<i64>()?.iter().zip(values.typed::<T>()?.iter()) {
        elements[p as usize] = v.clone();
    }
    Ok(Block::from_vec(block.shape(), elements)?.retype(block.dtype()))
}
