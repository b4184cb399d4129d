//! What operations take: arrays, datasets, variables and plain values.

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::dtype::Scalar;
use crate::error::{Error, Result};

/// An array or a dataset, where both may stand.
#[derive(Clone)]
pub enum Object {
    /// An array.
    DataArray(DataArray),
    /// A dataset.
    Dataset(Dataset),
}

/// Something that takes part in an elementwise operation.
#[derive(Clone)]
pub enum Operand {
    /// Aligned and broadcast by its labels.
    DataArray(DataArray),
    /// Every variable takes part, paired by name.
    Dataset(Dataset),
    /// Broadcast by dimension name, without labels.
    Variable(Variable),
    /// A plain value; weak numbers take the dtype of what they meet.
    Scalar(Scalar),
}

mod sealed {
    /// Only the types of this module are [`Labelled`](super::Labelled).
    pub trait Sealed {}
    impl Sealed for super::DataArray {}
    impl Sealed for super::Dataset {}
    impl Sealed for super::Object {}
}

/// What has dimensions with labels: [`DataArray`], [`Dataset`], or an [`Object`] that is either.
pub trait Labelled: Clone + sealed::Sealed {
    /// The variables and coordinates; an array stands under a private name.
    #[doc(hidden)]
    fn to_parts(&self) -> Dataset;

    /// Something like `self` from what an operation made of its parts.
    ///
    /// # Errors
    /// If the operation left out the one variable of an array.
    #[doc(hidden)]
    fn rebuild(&self, parts: Dataset) -> Result<Self>;

    /// The name of an array.
    #[doc(hidden)]
    fn own_name(&self) -> Option<Name>;

    /// An array by this name; a dataset has none.
    #[doc(hidden)]
    fn named(self, name: &Name) -> Self;
}

impl Labelled for DataArray {
    fn to_parts(&self) -> Dataset {
        self.to_temp_dataset()
    }

    fn rebuild(&self, parts: Dataset) -> Result<Self> {
        DataArray::from_temp_dataset(parts, self.name().cloned())
    }

    fn named(self, name: &Name) -> Self {
        self.with_name(name.clone())
    }

    fn own_name(&self) -> Option<Name> {
        self.name().cloned()
    }
}

impl Labelled for Dataset {
    fn to_parts(&self) -> Dataset {
        self.clone()
    }

    fn rebuild(&self, parts: Dataset) -> Result<Self> {
        Ok(parts)
    }

    fn named(self, _name: &Name) -> Self {
        self
    }

    fn own_name(&self) -> Option<Name> {
        None
    }
}

impl Labelled for Object {
    fn to_parts(&self) -> Dataset {
        match self {
            Object::DataArray(a) => a.to_parts(),
            Object::Dataset(ds) => ds.to_parts(),
        }
    }

    fn rebuild(&self, parts: Dataset) -> Result<Self> {
        match self {
            Object::DataArray(a) => a.rebuild(parts).map(Object::DataArray),
            Object::Dataset(ds) => ds.rebuild(parts).map(Object::Dataset),
        }
    }

    fn named(self, name: &Name) -> Self {
        match self {
            Object::DataArray(a) => Object::DataArray(a.named(name)),
            dataset => dataset,
        }
    }

    fn own_name(&self) -> Option<Name> {
        match self {
            Object::DataArray(a) => a.own_name(),
            Object::Dataset(_) => None,
        }
    }
}

impl Object {
    /// The array.
    ///
    /// # Errors
    /// If it is a dataset.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert_eq!(Object::from(&a).into_array()?.shape(), [2]);
    /// assert!(Object::from(a.to_dataset("a")).into_array().is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn into_array(self) -> Result<DataArray> {
        match self {
            Object::DataArray(a) => Ok(a),
            Object::Dataset(ds) => Err(Error::invalid("a dataset stands where an array is needed")
                .at(ds.place())
                .help("take one variable of it with `get`")),
        }
    }

    /// The dataset.
    ///
    /// # Errors
    /// If it is an array.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// assert_eq!(Object::from(a.to_dataset("a")).into_dataset()?.data_vars().len(), 1);
    /// assert!(Object::from(&a).into_dataset().is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn into_dataset(self) -> Result<Dataset> {
        match self {
            Object::Dataset(ds) => Ok(ds),
            Object::DataArray(a) => Err(Error::invalid("an array stands where a dataset is needed")
                .at(a.place())
                .help("make a dataset of it with `to_dataset`")),
        }
    }
}

impl Operand {
    /// The array, as the result of an operation without datasets.
    ///
    /// # Errors
    /// If it is a dataset.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let sum = binary(BinaryOp::Add, 1, 2)?.into_array()?;
    /// assert_eq!(sum.load()?.to_vec::<i64>()?, [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn into_array(self) -> Result<DataArray> {
        match self {
            Operand::DataArray(a) => Ok(a),
            Operand::Dataset(ds) => Object::Dataset(ds).into_array(),
            Operand::Variable(v) => DataArray::new(v, Default::default()),
            Operand::Scalar(s) => DataArray::new(Variable::scalar(s.to_block()), Default::default()),
        }
    }

    /// The dataset, as the result of an operation with one.
    ///
    /// # Errors
    /// If it is none.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 2])?;
    /// let sum = binary(BinaryOp::Add, 1, a.to_dataset("a"))?.into_dataset()?;
    /// assert_eq!(sum.get("a")?.to_vec::<i32>()?, [2, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn into_dataset(self) -> Result<Dataset> {
        match self {
            Operand::Dataset(ds) => Ok(ds),
            other => Object::DataArray(other.into_array()?).into_dataset(),
        }
    }
}

macro_rules! from {
    ($target:ident: $($T:ident),*) => {$(
        impl From<$T> for $target {
            fn from(v: $T) -> Self {
                $target::$T(v)
            }
        }
        impl From<&$T> for $target {
            fn from(v: &$T) -> Self {
                $target::$T(v.clone())
            }
        }
    )*};
}
from!(Object: DataArray, Dataset);
from!(Operand: DataArray, Dataset, Variable, Scalar);

macro_rules! plain {
    ($($T:ty),*) => {$(
        impl From<$T> for Operand {
            fn from(v: $T) -> Self {
                Operand::Scalar(v.into())
            }
        }
    )*};
}
plain!(bool, i32, i64, u64, usize, f64, f32, &str, Block);

impl From<Object> for Operand {
    fn from(v: Object) -> Self {
        match v {
            Object::DataArray(a) => Operand::DataArray(a),
            Object::Dataset(ds) => Operand::Dataset(ds),
        }
    }
}

impl From<&Object> for Operand {
    fn from(v: &Object) -> Self {
        v.clone().into()
    }
}
