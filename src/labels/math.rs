//! The usual functions by their own names, for [`DataArray`](super::DataArray) and
//! [`Dataset`](super::Dataset): `cos(&lat)`.

use super::operand::{Labelled, Operand};
use super::ufunc::unary;
use crate::error::Result;
use crate::kernel::elementwise::{BinaryOp, UnaryOp};

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $op:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// If this has no meaning for the dtype.
        pub fn $name<O: Labelled>(x: &O) -> Result<O> {
            unary(UnaryOp::$op, x)
        }
    )*};
}

functions! {
    /// The elements without sign.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, -2])?;
    /// assert_eq!(abs(&a)?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    abs Abs;
    /// -1, 0 or 1 by sign.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![-2.5, 0.0, 7.0])?;
    /// assert_eq!(sign(&a)?.to_vec::<f64>()?, [-1.0, 0.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sign Sign;
    /// The square root.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![4.0, 9.0])?;
    /// assert_eq!(sqrt(&a.to_dataset("a"))?.get("a")?.to_vec::<f64>()?, [2.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sqrt Sqrt;
    /// The cube root.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-8.0, 27.0])?;
    /// assert_eq!(cbrt(&a)?.to_vec::<f64>()?, [-2.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    cbrt Cbrt;
    /// e to the power of the elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, f64::NEG_INFINITY])?;
    /// assert_eq!(exp(&a)?.to_vec::<f64>()?, [1.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    exp Exp;
    /// `exp(x) - 1`, exact near zero.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 1e-20])?;
    /// assert_eq!(expm1(&a)?.to_vec::<f64>()?, [0.0, 1e-20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    expm1 Expm1;
    /// The natural logarithm.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 0.0])?;
    /// assert_eq!(log(&a)?.to_vec::<f64>()?, [0.0, f64::NEG_INFINITY]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    log Log;
    /// The logarithm to base 2.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![8.0, 0.5])?;
    /// assert_eq!(log2(&a)?.to_vec::<f64>()?, [3.0, -1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    log2 Log2;
    /// The logarithm to base 10.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1000.0, 1.0])?;
    /// assert_eq!(log10(&a)?.to_vec::<f64>()?, [3.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    log10 Log10;
    /// `log(1 + x)`, exact near zero.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 1e-20])?;
    /// assert_eq!(log1p(&a)?.to_vec::<f64>()?, [0.0, 1e-20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    log1p Log1p;
    /// The sine of radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 90.0])?;
    /// assert_eq!(sin(&a.to_radians()?)?.to_vec::<f64>()?, [0.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sin Sin;
    /// The cosine of radians.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::{DataArray, math::cos};
    /// let lat = DataArray::from_vec(&[("lat", 2)], vec![0.0_f64, 60.0])?;
    /// let w = cos(&lat.to_radians()?)?;
    /// assert!((w.to_vec::<f64>()?[1] - 0.5).abs() < 1e-15);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    cos Cos;
    /// The tangent of radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 45.0])?;
    /// assert!((tan(&a.to_radians()?)?.to_vec::<f64>()?[1] - 1.0).abs() < 1e-15);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    tan Tan;
    /// The inverse sine, in radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 1.0])?;
    /// assert_eq!(asin(&a)?.to_degrees()?.to_vec::<f64>()?, [0.0, 90.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    asin Asin;
    /// The inverse cosine, in radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, -1.0])?;
    /// assert_eq!(acos(&a)?.to_degrees()?.to_vec::<f64>()?, [0.0, 180.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    acos Acos;
    /// The inverse tangent, in radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, f64::INFINITY])?;
    /// assert_eq!(atan(&a)?.to_degrees()?.to_vec::<f64>()?, [0.0, 90.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    atan Atan;
    /// The hyperbolic sine.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, f64::INFINITY])?;
    /// assert_eq!(sinh(&a)?.to_vec::<f64>()?, [0.0, f64::INFINITY]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sinh Sinh;
    /// The hyperbolic cosine.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, f64::INFINITY])?;
    /// assert_eq!(cosh(&a)?.to_vec::<f64>()?, [1.0, f64::INFINITY]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    cosh Cosh;
    /// The hyperbolic tangent.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, f64::INFINITY])?;
    /// assert_eq!(tanh(&a)?.to_vec::<f64>()?, [0.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    tanh Tanh;
    /// The next whole number below.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-1.5, 1.5])?;
    /// assert_eq!(floor(&a)?.to_vec::<f64>()?, [-2.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    floor Floor;
    /// The next whole number above.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-1.5, 1.5])?;
    /// assert_eq!(ceil(&a)?.to_vec::<f64>()?, [-1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    ceil Ceil;
    /// The whole part.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-1.5, 1.5])?;
    /// assert_eq!(trunc(&a)?.to_vec::<f64>()?, [-1.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    trunc Trunc;
    /// The nearest whole number, halves to even.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![0.5, 1.5, 2.5])?;
    /// assert_eq!(rint(&a)?.to_vec::<f64>()?, [0.0, 2.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    rint Rint;
}

/// The greater of each two elements; missing if one is. A dataset if one takes part.
///
/// # Errors
/// If labels do not join or dtypes do not meet.
///
/// ```
/// # use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 4.0])?;
/// assert_eq!(maximum(&a, 2.0)?.into_array()?.to_vec::<f64>()?, [2.0, 4.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn maximum(a: impl Into<Operand>, b: impl Into<Operand>) -> Result<Operand> {
    super::arithmetic::binary(BinaryOp::Maximum, a, b)
}

/// The less of each two elements; missing if one is. A dataset if one takes part.
///
/// # Errors
/// If labels do not join or dtypes do not meet.
///
/// ```
/// # use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 4.0])?;
/// assert_eq!(minimum(&a, 2.0)?.into_array()?.to_vec::<f64>()?, [1.0, 2.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn minimum(a: impl Into<Operand>, b: impl Into<Operand>) -> Result<Operand> {
    super::arithmetic::binary(BinaryOp::Minimum, a, b)
}
