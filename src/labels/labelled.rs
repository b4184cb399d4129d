//! What `DataArray` and `Dataset` have in common, for operations in two steps (groupby, weighted).

use super::dataarray::DataArray;
use super::dataset::Dataset;
use crate::error::Result;

/// `DataArray` or `Dataset`: what grouped and weighted operations are written for, once.
pub trait Labelled: Clone + sealed::Sealed {
    /// An operation on datasets applied to this object.
    ///
    /// # Errors
    /// Those of the operation.
    #[doc(hidden)]
    fn via(&self, f: impl FnOnce(&Dataset) -> Result<Dataset>) -> Result<Self>;

    /// An operation on arrays applied to this object: for a dataset to each data variable.
    ///
    /// # Errors
    /// Those of the operation.
    #[doc(hidden)]
    fn each(&self, f: impl FnMut(&DataArray) -> Result<DataArray>) -> Result<Self>;

    /// Whether this is one array: its dimensions keep their places where a dataset's do not.
    #[doc(hidden)]
    const IS_ARRAY: bool;
}

impl Labelled for DataArray {
    const IS_ARRAY: bool = true;

    fn via(&self, f: impl FnOnce(&Dataset) -> Result<Dataset>) -> Result<Self> {
        self.via_dataset(f)
    }

    fn each(&self, mut f: impl FnMut(&DataArray) -> Result<DataArray>) -> Result<Self> {
        f(self).map_err(|e| e.at(self.place()))
    }
}

impl Labelled for Dataset {
    const IS_ARRAY: bool = false;

    fn via(&self, f: impl FnOnce(&Dataset) -> Result<Dataset>) -> Result<Self> {
        f(self).map_err(|e| e.at(self.place()))
    }

    fn each(&self, f: impl FnMut(&DataArray) -> Result<DataArray>) -> Result<Self> {
        self.map(f).map_err(|e| e.at(self.place()))
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::DataArray {}
    impl Sealed for super::Dataset {}
}
