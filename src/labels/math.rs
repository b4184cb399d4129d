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
    abs Abs;
    /// -1, 0 or 1 by sign.
    sign Sign;
    /// The square root.
    sqrt Sqrt;
    /// The cube root.
    cbrt Cbrt;
    /// e to the power of the elements.
    exp Exp;
    /// `exp(x) - 1`, exact near zero.
    expm1 Expm1;
    /// The natural logarithm.
    log Log;
    /// The logarithm to base 2.
    log2 Log2;
    /// The logarithm to base 10.
    log10 Log10;
    /// `log(1 + x)`, exact near zero.
    log1p Log1p;
    /// The sine of radians.
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
    tan Tan;
    /// The inverse sine, in radians.
    asin Asin;
    /// The inverse cosine, in radians.
    acos Acos;
    /// The inverse tangent, in radians.
    atan Atan;
    /// The hyperbolic sine.
    sinh Sinh;
    /// The hyperbolic cosine.
    cosh Cosh;
    /// The hyperbolic tangent.
    tanh Tanh;
    /// The next whole number below.
    floor Floor;
    /// The next whole number above.
    ceil Ceil;
    /// The whole part.
    trunc Trunc;
    /// The nearest whole number, halves to even.
    rint Rint;
}

/// The greater of each two elements; missing if one is. A dataset if one takes part.
///
/// # Errors
/// If labels do not join or dtypes do not meet.
pub fn maximum(a: impl Into<Operand>, b: impl Into<Operand>) -> Result<Operand> {
    super::arithmetic::binary(BinaryOp::Maximum, a, b)
}

/// The less of each two elements; missing if one is. A dataset if one takes part.
///
/// # Errors
/// If labels do not join or dtypes do not meet.
pub fn minimum(a: impl Into<Operand>, b: impl Into<Operand>) -> Result<Operand> {
    super::arithmetic::binary(BinaryOp::Minimum, a, b)
}
