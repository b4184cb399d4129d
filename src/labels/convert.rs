//! Arrays to datasets and back: a dimension as variables, variables as a dimension.

use indexmap::IndexMap;

use super::broadcast::{broadcast_sizes, expand};
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::diagnostics;
use super::squeeze::expanded;
use super::variable::{Name, Variable};
use crate::array::{Block, Slice};
use crate::dtype::Text;
use crate::dtype::dispatch::with_element;
use crate::dtype::promote::promote;
use crate::error::{Error, Result};
use crate::lazy::{AxisFrom, LazyArray};

impl DataArray {
    /// A dataset with a variable for each label along `dim`, named by it.
    ///
    /// # Errors
    /// If there is no such dimension, it has no coordinate, or a label stands twice.
    ///
    /// ```
    /// # use graticule::array::Block;
    /// # use graticule::dtype::Text;
    /// # use graticule::labels::DataArray;
    /// let names = Block::from_vec(&[2], vec![Text::from("u"), Text::from("v")])?;
    /// let a = DataArray::from_vec(&[("c", 2), ("x", 2)], vec![1, 2, 3, 4])?.assign_coords([("c", names)])?;
    /// assert_eq!(a.to_dataset_dim("c")?.get("v")?.to_vec::<i32>()?, [3, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_dataset_dim(&self, dim: &str) -> Result<Dataset> {
        let v = self.variable();
        let axis = v.require_axis(dim).map_err(|e| e.at(self.place()))?;
        let Some(labels) = self.coords().get(dim) else {
            return Err(Error::not_found("coordinate", dim, self.coords().names())
                .at(self.place())
                .help("its labels become the names of the variables"));
        };
        let labels = labels.load()?;
        let names: Vec<Name> = with_element!(labels.dtype().kind(), T => {
            labels.to_vec::<T>()?.iter().map(|l| Name::from(l.to_string())).collect()
        });
        let shape = v.shape();
        let rest: Vec<usize> = (0..v.ndim()).filter(|a| *a != axis).collect();
        let from: Vec<AxisFrom> = rest.iter().map(|&a| AxisFrom::Input(a)).collect();
        let mut data_vars = IndexMap::with_capacity(names.len());
        for (i, name) in names.into_iter().enumerate() {
            let mut slices: Vec<Slice> = shape.iter().map(|&n| Slice::all(n)).collect();
            slices[axis] = Slice::range(i..i + 1);
            let data = v.data().slice(&slices)?.axes(&from)?;
            let piece = v.with_data(rest.iter().map(|&a| v.dims()[a].clone()), data)?;
            if data_vars.insert(name.clone(), piece).is_some() {
                return Err(Error::invalid(format!("label `{name}` stands twice along `{dim}`")));
            }
        }
        let coords = self.coords().without_dims(&[Name::from(dim)]);
        Dataset::from_variables(data_vars, coords)
    }
}

impl Dataset {
    /// One array of all data variables along a new first dimension, labelled by their names. They are
    /// broadcast against each other and brought to a common dtype.
    ///
    /// # Errors
    /// If there are no variables, no common dtype, or the dimension exists.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?;
    /// let ds = a.to_dataset("a").assign([("n", a.count("x")?)])?;
    /// let all = ds.to_dataarray("variable")?;
    /// assert_eq!(all.shape(), [2, 2]);
    /// assert_eq!(all.to_vec::<f64>()?, [1.5, 2.5, 2.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_dataarray(&self, dim: &str) -> Result<DataArray> {
        let variables: Vec<&Variable> = self.data_vars().values().collect();
        if self.sizes().contains_key(dim) || self.coords().contains(dim) {
            return Err(Error::invalid(format!("`{dim}` exists already")).at(self.place()));
        }
        let Some(first) = variables.first() else {
            return Err(Error::invalid("a dataset without data variables makes no array").at(self.place()));
        };
        let sizes = broadcast_sizes(&variables)?;
        let mut dtype = first.dtype();
        for v in &variables[1..] {
            diagnostics::met(dtype, v.dtype())?;
            dtype = promote(dtype, v.dtype())?;
        }
        let new = [(Name::from(dim), 1)];
        let mut pieces = Vec::with_capacity(variables.len());
        for v in &variables {
            let v = expanded(&expand(v, &sizes)?, &new, &[0])?;
            pieces.push(v.data().cast(dtype)?);
        }
        let dims = std::iter::once(Name::from(dim)).chain(sizes.into_keys());
        let variable = Variable::new(dims, LazyArray::concat(0, &pieces)?)?.with_attrs(self.attrs.clone());
        let names: Vec<Text> = self.data_vars().keys().map(|n| Text::from(&**n)).collect();
        let names = Variable::new([dim], Block::from_vec(&[names.len()], names)?)?;
        let mut coords = self.coords_along(variable.dims());
        coords.insert(dim, names)?;
        Ok(DataArray::from_parts(None, variable, coords))
    }
}
