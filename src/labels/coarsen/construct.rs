//! Blocks as dimensions of their own.

use indexmap::IndexMap;

use super::Coarsen;
use crate::error::{Context, Error, Result};
use crate::labels::Dataset;
use crate::labels::attrs::Attrs;
use crate::labels::operand::Labelled;
use crate::labels::reduce::ReduceOptions;
use crate::labels::variable::{Name, Variable};

impl<T: Labelled> Coarsen<T> {
    /// Two dimensions in place of each that has a window: one of the blocks, one within them.
    ///
    /// `dims` gives the names of both for each dimension with a window. Coordinates along them get both
    /// dimensions too (and no index). Elements stay as they are, unless padding makes floats of integers. Lazy:
    /// reads no data variable.
    ///
    /// # Errors
    /// If `dims` does not name the dimensions with windows, a window does not fit, or a new dimension is there
    /// already.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("month", 24)], (0..24).collect())?;
    /// let years = a.coarsen([("month", 12)]).construct([("month", ["year", "m"])])?;
    /// assert_eq!((years.shape(), &*years.dims()[1]), (vec![2, 12], "m"));
    /// assert_eq!(years.isel("m", 0)?.to_vec::<i32>()?, [0, 12]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn construct<N: Into<Name>>(&self, dims: impl IntoIterator<Item = (N, [N; 2])>) -> Result<T> {
        self.construct_with(dims, None)
    }

    /// [`construct`](Self::construct) with a choice of whether attributes stay.
    ///
    /// # Errors
    /// Those of [`construct`](Self::construct).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 2, 3, 4])?.assign_attrs([("units", "m")]);
    /// let bare = a.coarsen([("x", 2)]).construct_with([("x", ["a", "b"])], false)?;
    /// assert!(bare.attrs().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn construct_with<N: Into<Name>>(
        &self,
        dims: impl IntoIterator<Item = (N, [N; 2])>,
        keep_attrs: impl Into<Option<bool>>,
    ) -> Result<T> {
        let dims = dims.into_iter().map(|(dim, new)| (dim.into(), new.map(Into::into))).collect();
        let options = ReduceOptions::new().keep_attrs(keep_attrs);
        self.constructed(&dims, &options)
            .and_then(|ds| self.object.rebuild(ds))
            .at(|| "in `coarsen`, `construct`")
    }

    fn constructed(&self, dims: &IndexMap<Name, [Name; 2]>, options: &ReduceOptions) -> Result<Dataset> {
        let parts = self.object.to_parts();
        self.check(&parts)?;
        if let Some(dim) = dims.keys().find(|d| !self.windows.contains_key(*d)) {
            return Err(Error::not_found("window along", dim, self.windows.keys()));
        }
        if let Some(dim) = self.windows.keys().find(|d| !dims.contains_key(*d)) {
            return Err(Error::invalid(format!("no two dimensions are given in place of `{dim}`"))
                .help("name them for each dimension with a window"));
        }
        let turn = |v: &Variable, windows: Vec<usize>| -> Result<Variable> {
            let data = self.fitted(v, &windows, false)?;
            let (mut names, mut shape): (Vec<Name>, Vec<usize>) = (Vec::new(), Vec::new());
            for ((dim, n), window) in v.dims().iter().zip(data.shape()).zip(windows) {
                match dims.get(dim) {
                    Some(new) => {
                        names.extend(new.iter().cloned());
                        shape.extend([n / window, window]);
                    }
                    None => {
                        names.push(dim.clone());
                        shape.push(n);
                    }
                }
            }
            Ok(Variable::new(names, data.reshape(&shape)?)?.with_attrs(options.attrs(&v.attrs)))
        };
        let data_vars = parts.map_variables(|v| match self.windows_of(v) {
            Some(windows) => turn(v, windows).map(Some),
            None => Ok(Some(v.clone())),
        })?;
        let coords = self.coords(&parts, |_, v, windows| turn(v, windows))?;
        let mut ds = Dataset::from_variables(data_vars, coords)?;
        ds.attrs = options.attrs(&parts.attrs);
        ds.encoding = Attrs::new();
        Ok(ds)
    }
}
