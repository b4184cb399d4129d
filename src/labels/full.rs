//! Arrays of one value with the labels of another.

use indexmap::IndexMap;

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::operand::Labelled;
use super::variable::Variable;
use crate::dtype::{DType, Scalar, promote};
use crate::error::Result;
use crate::lazy::{AxisFrom, LazyArray};

/// A variable of one value with the dimensions and attributes of another.
fn full_like(like: &Variable, value: &Scalar, dtype: DType) -> Result<Variable> {
    if dtype.is_integer() && matches!(value, Scalar::Int(_)) {
        // A cast would wrap around.
        promote::with_scalar(dtype, value)?;
    }
    let axes: Vec<AxisFrom> = like.shape().into_iter().map(AxisFrom::Repeat).collect();
    let data = LazyArray::from(value.cast_to(dtype)?).axes(&axes)?;
    Ok(Variable::new(like.dims().iter().cloned(), data)?.with_attrs(like.attrs.clone()))
}

/// [`full_like`] of every data variable.
fn full_object<O: Labelled>(object: &O, value: &Scalar, dtype: Option<DType>) -> Result<O> {
    let parts = object.to_parts();
    let full = parts.map_variables(|v| full_like(v, value, dtype.unwrap_or(v.dtype())).map(Some));
    let vars: IndexMap<_, _> = full?;
    let mut result = parts.with_parts(vars, parts.coords().clone());
    result.attrs = parts.attrs.clone();
    object.rebuild(result)
}

macro_rules! methods {
    ($T:ident) => {
        impl $T {
            /// The same labels and attributes with one value everywhere, cast to the dtype that is there.
            ///
            /// # Errors
            /// If the dtype does not hold the value.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 3.0])?;
            /// assert_eq!(a.full_like(7)?.to_vec::<f64>()?, [7.0, 7.0, 7.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn full_like(&self, value: impl Into<Scalar>) -> Result<$T> {
                full_object(self, &value.into(), None)
                    .map_err(|e| e.at(format!("{}, in full_like", self.place())))
            }

            /// The same labels and attributes with zeros everywhere.
            ///
            /// # Errors
            /// If the dtype has no zero.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
            /// assert_eq!(a.zeros_like()?.to_vec::<f64>()?, [0.0, 0.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn zeros_like(&self) -> Result<$T> {
                self.full_like(0)
            }

            /// The same labels and attributes with ones everywhere.
            ///
            /// # Errors
            /// If the dtype has no one.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
            /// assert_eq!(a.ones_like()?.to_vec::<f64>()?, [1.0, 1.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn ones_like(&self) -> Result<$T> {
                self.full_like(1)
            }

            /// The same labels and attributes with one value everywhere, as another dtype.
            ///
            /// # Errors
            /// If the dtype does not hold the value.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?;
            /// let none = a.full_like_as(false, DType::Bool)?;
            /// assert_eq!(none.to_vec::<bool>()?, [false, false]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn full_like_as(&self, value: impl Into<Scalar>, dtype: DType) -> Result<$T> {
                full_object(self, &value.into(), Some(dtype))
                    .map_err(|e| e.at(format!("{}, in full_like", self.place())))
            }
        }
    };
}
methods!(DataArray);
methods!(Dataset);
