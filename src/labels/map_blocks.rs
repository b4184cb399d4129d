//! A user's own functions of chunks with their labels: `map_blocks`.

use std::sync::Arc;

use super::coords::Coords;
use super::dataarray::DataArray;
use super::variable::Name;
use crate::array::{Block, ChunkGrid, Region, Slice};
use crate::error::{Context, Error, Result};
use crate::index::Positions;
use crate::lazy::{Closure, LazyArray, Meta};

impl DataArray {
    /// Applies a function to each chunk as an array with its part of the labels; the result is declared by
    /// `template`: dims, labels, name, attributes, dtype and chunks. xarray's `map_blocks`.
    ///
    /// Along a dimension that both have, the chunks of the template belong to those of this array one by one
    /// (a template in memory of the same length takes them over); along other dimensions both are whole in every
    /// call. What the function gives must have the dims, dtype and lengths of its chunk of the template. A
    /// closure: a plan with it does not travel. Lazy.
    ///
    /// # Errors
    /// If the chunks of both do not belong together.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 2.0, 3.0, 4.0])?.chunk("x", 2)?;
    /// let centred = a.map_blocks(|chunk| chunk.sub(&chunk.mean("x")?), &a)?;
    /// assert_eq!(centred.to_vec::<f64>()?, [-0.5, 0.5, -0.5, 0.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn map_blocks(
        &self,
        f: impl Fn(&DataArray) -> Result<DataArray> + Send + Sync + 'static,
        template: &DataArray,
    ) -> Result<DataArray> {
        let place = || format!("{}, in map_blocks", self.place());
        let v = template.variable();
        let grid = template_grid(self, template).at(place)?;
        let axes = self.dims().iter().map(|d| v.axis(d)).collect::<Vec<_>>();
        let whole = |(d, n): (&Name, &usize)| -> Result<()> {
            let grid = &self.variable().data().grid().axes()[self.variable().require_axis(d)?];
            match v.axis(d).is_none() && grid.count() > 1 {
                true => Err(Error::invalid(format!(
                    "the template lacks `{d}`, which lies in {} chunks",
                    grid.count()
                ))
                .help(format!("rechunk it first, as with `chunk(\"{d}\", {n})`"))),
                false => Ok(()),
            }
        };
        self.sizes().iter().try_for_each(whole).at(place)?;
        let (source, dims, to) = (self.clone(), v.dims().to_vec(), axes.clone());
        let (out, own) = (grid.clone(), self.variable().data().grid().clone());
        let function = Closure::new(move |inputs, at, _| {
            // Which chunk this is follows from where the result lies.
            let regions = own.axes().iter().zip(&to).map(|(grid, to)| match to {
                Some(axis) => grid.chunk(out.axes()[*axis].find(at.axis(*axis).start)),
                None => 0..grid.len(),
            });
            let chunk = part(&source, &Region::new(regions), &inputs[0])?;
            let made = f(&chunk)?;
            if made.dims() != dims {
                return Err(Error::invalid(format!(
                    "the function gave the dimensions ({}) where ({}) were declared",
                    made.dims().join(", "),
                    dims.join(", ")
                )));
            }
            made.load()
        });
        let meta = Meta { dtype: v.dtype(), grid };
        let data =
            LazyArray::map_blocks(Arc::new(function), &[self.variable().data().clone()], vec![axes], meta)
                .at(place)?;
        let v = v.with_data(v.dims().iter().cloned(), data)?;
        Ok(DataArray::from_parts(template.name().cloned(), v, template.coords().clone()))
    }
}

/// The chunks of the result: those of the template, or of the array where the template has none.
fn template_grid(array: &DataArray, template: &DataArray) -> Result<ChunkGrid> {
    let (own, v) = (array.variable(), template.variable());
    let axes = v.dims().iter().zip(v.data().grid().axes()).map(|(d, grid)| {
        let Some(axis) = own.axis(d) else { return Ok(grid.clone()) };
        let chunks = &own.data().grid().axes()[axis];
        match v.data().as_block() {
            Some(_) if chunks.len() == grid.len() => Ok(chunks.clone()),
            _ if chunks.count() == grid.count() => Ok(grid.clone()),
            _ => Err(Error::invalid(format!(
                "`{d}` lies in {} chunks here and in {} in the template",
                chunks.count(),
                grid.count()
            ))
            .help(format!("chunk the template along `{d}` as its parts will be"))),
        }
    });
    Ok(ChunkGrid(axes.collect::<Result<_>>()?))
}

/// A box of an array with its labels, around elements that are in memory.
fn part(array: &DataArray, region: &Region, block: &Block) -> Result<DataArray> {
    let mut coords = Coords::new();
    for (name, c) in array.coords().iter() {
        let slices: Vec<Slice> = (c.dims().iter())
            .filter_map(|d| array.variable().axis(d))
            .map(|axis| Slice::range(region.axis(axis)))
            .collect();
        let v = c.with_data(c.dims().iter().cloned(), c.data().slice(&slices)?)?;
        match array.coords().index(name) {
            Some(index) if slices.len() == 1 => {
                let index = index.take(&Positions::Slice(slices[0]));
                coords.insert_with(name.clone(), v, Some(index))?;
            }
            _ => coords.insert_with(name.clone(), v, None)?,
        }
    }
    let v = array.variable();
    let v = v.with_data(v.dims().iter().cloned(), block.clone())?;
    Ok(DataArray::from_parts(array.name().cloned(), v, coords))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;
    use crate::labels::Variable;

    #[test]
    fn blocks_map_to_the_chunks_of_the_template() {
        let mut coords = Coords::new();
        coords.insert("x", Variable::from_vec(&[("x", 6)], vec![0_i64, 1, 2, 3, 4, 5]).unwrap()).unwrap();
        let v = Variable::from_vec(&[("x", 6)], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let a = DataArray::new(v, coords).unwrap().chunk("x", 2).unwrap();
        let template = DataArray::from_vec(&[("x", 3)], vec![0_i64; 3]).unwrap().chunk("x", 1).unwrap();
        let sums = a
            .map_blocks(
                |chunk| {
                    let labels = chunk.coord("x")?;
                    let sum = chunk.astype(DType::I64)?.add(&labels)?.sum("x")?;
                    sum.expand_dims("x")
                },
                &template,
            )
            .unwrap();
        assert_eq!(sums.to_vec::<i64>().unwrap(), [4, 12, 20]);
        let e = a.map_blocks(|c| Ok(c.clone()), &template).unwrap().load().unwrap_err().to_string();
        assert!(e.contains("declared"), "{e}");
        let whole = DataArray::from_vec(&[("k", 1)], vec![0_i64]).unwrap();
        assert!(a.map_blocks(|c| Ok(c.clone()), &whole).is_err());
    }
}
