//! Arithmetic of each value with that of its bin: anomalies from what was resampled.

use super::Resample;
use crate::error::{Context, Result};
use crate::kernel::elementwise::BinaryOp;
use crate::labels::dims::Missing;
use crate::labels::operand::Object;
use crate::labels::{DataArray, Dataset};

macro_rules! arithmetic {
    ($T:ident, $($(#[$doc:meta])* $name:ident => $op:ident),* $(,)?) => {
        impl Resample<$T> {
            /// Applies `op` to each element and the value of its bin in `other`.
            ///
            /// `other`, such as a reduction of the same bins, is matched by the labels of the bins; bins that
            /// it lacks give missing values. The times stay. Lazy: reads nothing.
            ///
            /// # Errors
            /// If `other` lacks the dimension of the bins, or operands do not fit.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// # let day = 86_400_000_000_000i64;
            /// let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
            /// let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
            /// let days = a.resample("time", "D")?;
            /// let part = days.binary(BinaryOp::Div, days.sum()?)?;
            /// assert_eq!(part.to_vec::<f64>()?, [0.25, 0.75, 1.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn binary(&self, op: BinaryOp, other: impl Into<Object>) -> Result<$T> {
                let rows = self.groups.rows()?;
                // Each value keeps its own time, not the label of its bin.
                let result = match self.groups.spread(other)? {
                    Object::DataArray(a) => rows.binary(op, &a.drop_vars_with(&self.dim, Missing::Ignore)?),
                    Object::Dataset(ds) => rows.binary(op, &ds.drop_vars_with(&self.dim, Missing::Ignore)?),
                };
                result.at(|| format!("resample along `{}`", self.dim))
            }

            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// Those of [`binary`](Self::binary).
                pub fn $name(&self, other: impl Into<Object>) -> Result<$T> {
                    self.binary(BinaryOp::$op, other)
                }
            )*
        }
    };
    ($T:ident) => {
        arithmetic! { $T,
            /// Adds the value of its bin to each element.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// # let day = 86_400_000_000_000i64;
            /// # let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
            /// # let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
            /// let days = a.resample("time", "D")?;
            /// assert_eq!(days.add(days.max()?)?.to_vec::<f64>()?, [4.0, 6.0, 8.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            add => Add,
            /// Takes the value of its bin from each element: an anomaly.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// # let day = 86_400_000_000_000i64;
            /// # let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
            /// # let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
            /// let days = a.resample("time", "D")?;
            /// assert_eq!(days.sub(days.mean()?)?.to_vec::<f64>()?, [-1.0, 1.0, 0.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            sub => Sub,
            /// Multiplies each element by the value of its bin.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// # let day = 86_400_000_000_000i64;
            /// # let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
            /// # let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
            /// let days = a.resample("time", "D")?;
            /// assert_eq!(days.mul(days.max()?)?.to_vec::<f64>()?, [3.0, 9.0, 16.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            mul => Mul,
            /// Divides each element by the value of its bin.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// # let day = 86_400_000_000_000i64;
            /// # let time = Block::from_vec(&[3], vec![0, 1, day])?.retype(DType::DATETIME_NS);
            /// # let a = DataArray::from_vec(&[("time", 3)], vec![1.0, 3.0, 4.0])?.assign_coords([("time", time)])?;
            /// let days = a.resample("time", "D")?;
            /// assert_eq!(days.div(days.max()?)?.to_vec::<f64>()?, [1.0 / 3.0, 1.0, 1.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            div => Div,
        }
    };
}

arithmetic!(DataArray);
arithmetic!(Dataset);
