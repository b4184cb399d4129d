//! Weights in blocks of neighbours.

use indexmap::IndexMap;

use super::{Boundary, Coarsen};
use crate::error::{Context, Error, Result};
use crate::kernel::elementwise::BinaryOp;
use crate::kernel::reduce::ReduceOp;
use crate::labels::arithmetic::binary;
use crate::labels::dataarray::DataArray;
use crate::labels::dims::Dims;
use crate::labels::indexer::Isel;
use crate::labels::operand::Labelled;
use crate::labels::rank::Side;
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::Name;
use crate::labels::weighted::{Members, Weighted, every_member, plain_sum};

impl<T: Labelled> Coarsen<T> {
    /// The blocks with weights for means and sums: for each block what [`Weighted`] gives of its members.
    ///
    /// `()` as the dimensions of what follows means those of the windows; further ones are summed as a whole.
    /// Weights are matched by label; each position of a block needs one (it may be 0). What pads weighs nothing.
    /// Coordinates become what they do without weights.
    ///
    /// # Errors
    /// If a weight is missing. Weights that are not in memory are checked when they are computed.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 4.0, f64::NAN, 3.0])?;
    /// let w = DataArray::from_vec(&[("x", 4)], vec![2.0, 1.0, 5.0, 1.0])?;
    /// let pairs = a.coarsen([("x", 2)]).weighted(&w)?;
    /// assert_eq!(pairs.mean(())?.to_vec::<f64>()?, [2.0, 3.0]);
    /// assert_eq!(pairs.sum_of_weights(())?.to_vec::<f64>()?, [3.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn weighted(&self, weights: &DataArray) -> Result<Weighted<Coarsen<T>>> {
        let blocks = Coarsen { zeros: true, ..self.clone() };
        Weighted::new(blocks, weights).at(|| "in `coarsen`")
    }

    /// The block that each position along a dimension of this length belongs to. Positions that are left out get
    /// the nearest one.
    fn blocks_of(&self, dim: &Name, len: usize) -> Vec<usize> {
        let window = self.windows[dim];
        let excess = len % window;
        let right = self.sides.get(dim).copied().unwrap_or(self.side) == Side::Right && excess > 0;
        let pads = self.boundary == Boundary::Pad;
        let count = if pads { len.div_ceil(window) } else { len / window };
        let place = |i: usize| match (right, pads) {
            (false, _) => i,
            (true, true) => i + window - excess,
            (true, false) => i.saturating_sub(excess),
        };
        (0..len).map(|i| (place(i) / window).min(count.saturating_sub(1))).collect()
    }
}

impl<T: Labelled> Members for Coarsen<T> {
    type Object = T;

    fn object(&self) -> &T {
        &self.object
    }

    fn over(&self, dims: &Dims, sizes: &IndexMap<Name, usize>) -> Result<Vec<Name>> {
        self.check(&self.object.to_parts())?;
        let dims = match dims {
            Dims::Default => self.windows.keys().cloned().collect(),
            named => named.among(sizes)?,
        };
        match self.windows.keys().find(|d| !dims.contains(d)) {
            None => Ok(dims),
            Some(dim) => Err(Error::invalid(format!("blocks along `{dim}` are summed over `{dim}` too"))
                .help(format!("name `{dim}`, or `()` for the dimensions of the blocks"))),
        }
    }

    fn holds(&self, dim: &Name) -> bool {
        self.windows.contains_key(dim)
    }

    fn sum_members(&self, products: &DataArray, dims: &[Name]) -> Result<DataArray> {
        let sizes = self.object.to_parts().sizes();
        every_member(products, self.windows.keys().map(|d| (d, sizes[d])), "blocks")?;
        let others: Vec<Name> = dims.iter().filter(|d| !self.windows.contains_key(*d)).cloned().collect();
        let sums = if others.is_empty() { products.clone() } else { plain_sum(products, &others)? };
        let has = |d: &Name| sums.variable().axis(d).is_some();
        let windows: IndexMap<Name, usize> =
            self.windows.iter().filter(|(d, _)| has(d)).map(|(d, n)| (d.clone(), *n)).collect();
        if windows.is_empty() {
            return Ok(sums);
        }
        let sides = self.sides.iter().filter(|(d, _)| has(d)).map(|(d, s)| (d.clone(), *s)).collect();
        let funcs = self.coord_funcs.iter().filter(|(c, _)| sums.coords().contains(c));
        let blocks = Coarsen {
            object: sums.clone(),
            windows,
            sides,
            coord_funcs: funcs.map(|(c, op)| (c.clone(), *op)).collect(),
            boundary: self.boundary,
            side: self.side,
            dim_coords: self.dim_coords,
            zeros: true,
        };
        blocks.reduce_with(ReduceOp::Sum, ReduceOptions::new().skipna(false).keep_attrs(true))
    }

    fn distance(&self, array: &DataArray, means: &DataArray, _: &[Name]) -> Result<DataArray> {
        let sizes = self.object.to_parts().sizes();
        let (mut isel, mut own) = (Isel::new(), Vec::new());
        for dim in self.windows.keys().filter(|d| means.variable().axis(d).is_some()) {
            if means.sizes()[dim] == 0 {
                // No block has members.
                return subtract(array, array);
            }
            let blocks = self.blocks_of(dim, sizes[dim]);
            isel = isel.at(dim.clone(), blocks.into_iter().map(|i| i as isize).collect::<Vec<_>>());
            own.push(dim.clone());
        }
        // Means have labels of their own.
        let coords = means.coords().without_dims(&own);
        let means = DataArray::from_parts(None, means.variable().clone(), coords);
        subtract(array, &means.isel_with(isel)?)
    }
}

fn subtract(a: &DataArray, b: &DataArray) -> Result<DataArray> {
    binary(BinaryOp::Sub, a, b)?.into_array()
}
