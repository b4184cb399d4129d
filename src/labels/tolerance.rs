//! Coordinates whose labels match when they are near enough: `with_tolerance`.

use std::sync::Arc;

use super::dataarray::DataArray;
use super::dataset::Dataset;
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::index::TolerantIndex;

impl Dataset {
    /// The dataset with labels of `coord` that match others which differ by at most `tolerance`: in
    /// selection, alignment and arithmetic. For coordinates that were rounded on their way (`f32` beside
    /// `f64`, text). For times give a timedelta or text such as `"1s"`.
    ///
    /// One of the objects that meet needs it; the labels of the first object stay. Lazy: reads no data.
    ///
    /// # Errors
    /// If there is no such index, its labels have no distance, or the tolerance is negative.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let labelled = |x: Variable| {
    ///     let mut coords = Coords::new();
    ///     coords.insert("x", x)?;
    ///     Ok::<_, Error>(DataArray::new(Variable::from_vec(&[("x", 2)], vec![1, 2])?, coords)?.to_dataset("a"))
    /// };
    /// let ds = labelled(Variable::from_vec(&[("x", 2)], vec![0.1, 0.2])?)?;
    /// let rounded = labelled(Variable::from_vec(&[("x", 2)], vec![0.1f32, 0.2])?)?;
    /// assert_eq!((&ds + &rounded)?.get("a")?.shape(), [0]);
    /// let both = (&ds.with_tolerance("x", 1e-6)? + &rounded)?;
    /// assert_eq!(both.get("a")?.to_vec::<i32>()?, [2, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn with_tolerance(&self, coord: &str, tolerance: impl Into<Scalar>) -> Result<Dataset> {
        let tolerant = || -> Result<Dataset> {
            let (Some(variable), Some(index)) = (self.coords().get(coord), self.coords().index(coord)) else {
                return Err(Error::not_found("index", coord, self.coords().indexes().map(|(n, _)| n)));
            };
            let index = TolerantIndex::new(index.clone(), tolerance)?;
            let mut coords = self.coords().clone();
            coords.insert_with(coord, variable.clone(), Some(Arc::new(index)))?;
            Ok(self.with_parts(self.data_vars().clone(), coords))
        };
        self.locate(tolerant(), || "`with_tolerance`".to_string())
    }
}

impl DataArray {
    /// The array with labels of `coord` that match others which differ by at most `tolerance`: see
    /// [`Dataset::with_tolerance`].
    ///
    /// # Errors
    /// If there is no such index, its labels have no distance, or the tolerance is negative.
    ///
    /// # Example
    /// ```
    /// # use graticule::prelude::*;
    /// let mut coords = Coords::new();
    /// coords.insert("x", Variable::from_vec(&[("x", 2)], vec![0.1f32, 0.2])?)?;
    /// let a = DataArray::new(Variable::from_vec(&[("x", 2)], vec![1, 2])?, coords)?;
    /// let a = a.with_tolerance("x", 1e-6)?;
    /// assert_eq!(a.sel("x", 0.2)?.to_vec::<i32>()?, [2]);
    /// assert!(a.sel("x", 0.21).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn with_tolerance(&self, coord: &str, tolerance: impl Into<Scalar>) -> Result<DataArray> {
        self.via_dataset(|ds| ds.with_tolerance(coord, tolerance))
    }
}
