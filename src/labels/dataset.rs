//! Variables that share dimensions and coordinates.

use indexmap::IndexMap;

use super::attrs::Attrs;
use super::coords::Coords;
use super::dataarray::DataArray;
use super::variable::{Name, Variable};
use crate::error::{Error, Result};

/// Named variables over shared dimensions and coordinates: xarray's `Dataset`.
#[derive(Clone, Default)]
pub struct Dataset {
    data_vars: IndexMap<Name, Variable>,
    coords: Coords,
    /// Global attributes.
    pub attrs: Attrs,
    /// How the dataset was or will be stored.
    pub encoding: Attrs,
}

impl Dataset {
    /// A dataset without anything.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = Dataset::new();
    /// assert!(ds.data_vars().is_empty());
    /// assert_eq!(ds.assign([("n", a)])?.sizes()["x"], 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// A dataset from variables and coordinates that fit.
    ///
    /// # Errors
    /// If lengths along a dimension differ, or a name is both variable and coordinate.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let t = Variable::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let n = Variable::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let good = [("t".into(), t.clone())].into_iter().collect();
    /// assert_eq!(Dataset::from_variables(good, Coords::new())?.sizes()["x"], 2);
    /// let bad = [("t".into(), t), ("n".into(), n)].into_iter().collect();
    /// assert!(Dataset::from_variables(bad, Coords::new()).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn from_variables(data_vars: IndexMap<Name, Variable>, coords: Coords) -> Result<Self> {
        let mut sizes: IndexMap<&Name, (usize, &Name)> = IndexMap::new();
        let mut last: Option<&Variable> = None;
        for (name, v) in coords.iter().chain(&data_vars) {
            if last.is_some_and(|last| last.lengths().eq(v.lengths())) {
                continue;
            }
            last = Some(v);
            for (d, n) in v.lengths() {
                let (len, first) = *sizes.entry(d).or_insert((n, name));
                if len != n {
                    return Err(Error::invalid(format!(
                        "`{name}` has length {n} along `{d}`, but `{first}` has {len}"
                    )));
                }
            }
        }
        if let Some(name) = data_vars.keys().find(|n| coords.contains(n)) {
            return Err(Error::invalid(format!("`{name}` is both a variable and a coordinate")));
        }
        Ok(Dataset { data_vars, coords, attrs: Attrs::new(), encoding: Attrs::new() })
    }

    /// The parts together, trusted to fit.
    pub(crate) fn from_parts(
        data_vars: IndexMap<Name, Variable>,
        coords: Coords,
        attrs: Attrs,
        encoding: Attrs,
    ) -> Self {
        Dataset { data_vars, coords, attrs, encoding }
    }

    /// The same attributes and encoding around other variables and coordinates, trusted to fit.
    pub(crate) fn with_parts(&self, data_vars: IndexMap<Name, Variable>, coords: Coords) -> Self {
        Dataset { data_vars, coords, attrs: self.attrs.clone(), encoding: self.encoding.clone() }
    }

    /// The data variables in order.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("n");
    /// assert_eq!(ds.data_vars()["n"].shape(), [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn data_vars(&self) -> &IndexMap<Name, Variable> {
        &self.data_vars
    }

    /// The data variables, to change; the caller keeps lengths in step.
    pub(crate) fn data_vars_mut(&mut self) -> &mut IndexMap<Name, Variable> {
        &mut self.data_vars
    }

    /// The coordinates.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?.assign_coords([("x", x)])?;
    /// assert_eq!(a.to_dataset("t").coords().len(), 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn coords(&self) -> &Coords {
        &self.coords
    }

    /// The coordinates, to change; the caller keeps lengths in step.
    pub(crate) fn coords_mut(&mut self) -> &mut Coords {
        &mut self.coords
    }

    /// The coordinates alone.
    pub(crate) fn into_coords(self) -> Coords {
        self.coords
    }

    /// Every dimension with its length, in order of first appearance.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("n").assign([("m", DataArray::from_vec(&[("y", 1)], vec![0])?)])?;
    /// assert_eq!(ds.sizes().into_iter().collect::<Vec<_>>(), [("x".into(), 2), ("y".into(), 1)]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn sizes(&self) -> IndexMap<Name, usize> {
        let mut sizes = IndexMap::new();
        // Most variables of a dataset have the dimensions of the one before.
        let mut last: &[Name] = &[];
        for (_, v) in self.data_vars.iter().chain(self.coords.iter()).filter(|(_, v)| v.ndim() > 0) {
            if v.dims() == last {
                continue;
            }
            last = v.dims();
            for (d, n) in v.lengths() {
                if !sizes.contains_key(d) {
                    sizes.insert(d.clone(), n);
                }
            }
        }
        sizes
    }

    /// A data variable or coordinate, if there is one of this name.
    pub(crate) fn find(&self, name: &str) -> Option<&Variable> {
        self.data_vars.get(name).or_else(|| self.coords.get(name))
    }
    /// A data variable or coordinate as plain variable.
    ///
    /// # Errors
    /// If there is none of this name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let ds = a.to_dataset("n");
    /// assert_eq!(ds.variable("n")?.dtype(), DType::I32);
    /// let error = ds.variable("m").unwrap_err();
    /// assert!(error.is_not_found() && error.to_string().contains("known: n"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn variable(&self, name: &str) -> Result<&Variable> {
        self.data_vars.get(name).or_else(|| self.coords.get(name)).ok_or_else(|| {
            Error::not_found("variable", name, self.data_vars.keys().chain(self.coords.names()))
                .at(self.place())
        })
    }

    /// A data variable or coordinate as array, with the coordinates whose dimensions it has.
    ///
    /// `"time.month"` gives a component of a time (see [`DataArray::dt`]), a dimension without
    /// coordinate its positions.
    ///
    /// # Errors
    /// If there is none of this name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![10i64, 20])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?.assign_coords([("x", x)])?;
    /// let ds = a.to_dataset("t").assign([("u", DataArray::from_vec(&[("y", 1)], vec![0])?)])?;
    /// assert_eq!(ds.get("t")?.sel("x", 20)?.to_vec::<f64>()?, [2.5]);
    /// // `u` lies along `y` only, so it gets no coordinate `x`.
    /// assert!(ds.get("u")?.coords().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Result<DataArray> {
        if self.find(name).is_none()
            && let Some(array) = self.virtual_variable(name)?
        {
            return Ok(array);
        }
        let variable = self.variable(name)?.clone();
        let coords = self.coords_along(variable.dims());
        Ok(DataArray::from_parts(Some(name.into()), variable, coords))
    }

    /// What errors call this dataset: dims and lengths.
    pub(crate) fn place(&self) -> String {
        let dims: Vec<String> = self.sizes().iter().map(|(d, n)| format!("{d}: {n}")).collect();
        format!("Dataset ({})", dims.join(", "))
    }

    /// Adds what was done and this dataset to an error; an array that goes through adds itself.
    pub(crate) fn locate<T>(&self, result: Result<T>, what: impl FnOnce() -> String) -> Result<T> {
        result.map_err(|e| {
            let own = self.data_vars.keys().any(|n| super::dataarray::is_private(n));
            let e = e.at(what());
            if own { e } else { e.at(self.place()) }
        })
    }
}
