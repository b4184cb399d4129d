//! Functions of each element: `abs`, `sqrt`, `cos`, `round`, `clip`, `isin`, `astype`, ...

use indexmap::IndexMap;

use super::apply::{Arg, Rules, apply, common_dtype, map_args};
use super::arithmetic::binary_args;
use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::operand::{Labelled, Operand};
use super::options::Options;
use super::variable::Variable;
use crate::array::Block;
use crate::dtype::{DType, promote};
use crate::error::Result;
use crate::index::Join;
use crate::kernel::cast::cast;
use crate::kernel::elementwise::{BinaryOp, MapFn, UnaryOp};

/// What becomes of attributes in a function of one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All stay.
    All,
    /// Only those of coordinates stay.
    Coords,
    /// None stay.
    Nothing,
}

/// Applies `f` to every data variable.
pub(crate) fn map_each<O: Labelled>(
    x: &O,
    keep: Keep,
    f: &dyn Fn(&Variable) -> Result<Variable>,
) -> Result<O> {
    let parts = x.to_parts();
    let mut vars = IndexMap::with_capacity(parts.data_vars().len());
    for (name, v) in parts.data_vars() {
        let result = f(v)?;
        vars.insert(
            name.clone(),
            if keep == Keep::All { result.with_attrs(v.attrs.clone()) } else { result },
        );
    }
    let mut coords = parts.coords().clone();
    if keep == Keep::Nothing {
        coords = without_attrs(&coords)?;
    }
    let mut out = parts.with_parts(vars, coords);
    if keep != Keep::All {
        out.attrs = Default::default();
    }
    x.rebuild(out)
}

pub(crate) fn without_attrs(coords: &Coords) -> Result<Coords> {
    let mut out = Coords::new();
    for (name, v) in coords.iter() {
        out.insert_with(name.clone(), v.clone().with_attrs(Default::default()), coords.index(name).cloned())?;
    }
    Ok(out)
}

/// Applies `op` to every element.
///
/// # Errors
/// If the function has no meaning for the dtype.
pub fn unary<O: Labelled>(op: UnaryOp, x: &O) -> Result<O> {
    use UnaryOp::{Abs, Angle, Conj, Imag, Invert, Neg, Real};
    let is_method = matches!(op, Neg | Abs | Invert | Real | Imag | Conj | Angle);
    let keep = match Options::current().keep_attrs {
        true => Keep::All,
        false if is_method => Keep::Coords,
        false => Keep::Nothing,
    };
    map_each(x, keep, &|v| map_args(MapFn::Unary(op), &[Arg::Variable(v)], &[None]))
}

/// Whether elements are in a list, each dtype seen as the one that holds both.
fn isin(v: &Variable, values: &Block) -> Result<Variable> {
    let dtype = promote::promote(v.dtype(), values.dtype())?;
    let values = cast(values, dtype)?.reshape(&[values.size()])?;
    map_args(MapFn::IsIn(values), &[Arg::Variable(v)], &[Some(dtype)])
}

/// `min(max(x, low), high)`; no bound where there is none.
fn clip(x: Operand, low: Option<Operand>, high: Option<Operand>) -> Result<Operand> {
    let (has_low, has_high) = (low.is_some(), high.is_some());
    let args = std::iter::once(x).chain(low).chain(high).collect();
    let rules = Rules::function(Join::Exact, Options::current().keep_attrs);
    apply(args, &rules, &|args| {
        let mut out = match args[0] {
            Arg::Variable(v) => v.clone(),
            Arg::Scalar(s) => Variable::scalar(s.to_block()),
        };
        let mut bounds = args[1..].iter();
        for (present, op) in [(has_low, BinaryOp::Maximum), (has_high, BinaryOp::Minimum)] {
            if let (true, Some(bound)) = (present, bounds.as_slice().first()) {
                bounds.next();
                // The bound may widen the dtype, also where a plain number does.
                let dtype = common_dtype(Arg::Variable(&out), *bound)?;
                let data = out.data().cast(dtype)?;
                out = out.with_data(out.dims().iter().cloned(), data)?;
                out = binary_args(op, Arg::Variable(&out), *bound)?;
            }
        }
        Ok(out)
    })
}

macro_rules! methods {
    ($T:ident $into:ident: $($(#[$doc:meta])* $name:ident $op:ident;)*) => {
        impl $T {
            /// Applies `op` to every element; see [`UnaryOp`] for what there is.
            ///
            /// # Errors
            /// If the function has no meaning for the dtype.
            pub fn unary(&self, op: UnaryOp) -> Result<$T> {
                unary(op, self).map_err(|e| e.at(format!("{}, in {op:?}", self.place())))
            }
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// If this has no meaning for the dtype.
                pub fn $name(&self) -> Result<$T> {
                    self.unary(UnaryOp::$op)
                }
            )*

            /// Rounds to so many decimals, halves to even; negative ones round to tens, hundreds, ...
            ///
            /// # Errors
            /// If the elements are not numbers.
            pub fn round(&self, decimals: i32) -> Result<$T> {
                let keep = if Options::current().keep_attrs { Keep::All } else { Keep::Coords };
                map_each(self, keep, &|v| map_args(MapFn::Round(decimals), &[Arg::Variable(v)], &[None]))
                    .map_err(|e| e.at(format!("{}, in round", self.place())))
            }

            /// The elements as another dtype, by numpy's rules; attributes stay.
            ///
            /// # Errors
            /// If there is no cast between the two.
            ///
            /// # Example
            /// ```
            /// use graticule::dtype::DType;
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1.9, -1.9])?;
            /// assert_eq!(a.astype(DType::I32)?.to_vec::<i32>()?, [1, -1]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn astype(&self, dtype: DType) -> Result<$T> {
                self.astype_with(dtype, true)
            }

            /// The elements as another dtype, with or without the attributes.
            ///
            /// # Errors
            /// If there is no cast between the two.
            pub fn astype_with(&self, dtype: DType, keep_attrs: bool) -> Result<$T> {
                let keep = if keep_attrs { Keep::All } else { Keep::Nothing };
                map_each(self, keep, &|v| v.with_data(v.dims().iter().cloned(), v.data().cast(dtype)?).map(|mut v| {
                    v.attrs = Default::default();
                    v.encoding = Default::default();
                    v
                }))
                .map_err(|e| e.at(format!("{}, in astype", self.place())))
            }

            /// Where elements are among `values` (of any shape); a missing one never is.
            ///
            /// # Errors
            /// If the dtypes cannot be compared.
            pub fn isin(&self, values: &Block) -> Result<$T> {
                let keep = if Options::current().keep_attrs { Keep::All } else { Keep::Nothing };
                map_each(self, keep, &|v| isin(v, values))
                    .map_err(|e| e.at(format!("{}, in isin", self.place())))
            }

            /// Elements below `low` become `low`, those above `high` become `high`. Bounds are plain values or
            /// arrays with the same labels.
            ///
            /// # Errors
            /// If labels differ or dtypes do not meet.
            ///
            /// # Example
            /// ```
            /// use graticule::labels::DataArray;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 5, 9])?;
            /// assert_eq!(a.clip(2, 6)?.to_vec::<i32>()?, [2, 5, 6]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn clip(&self, low: impl Into<Operand>, high: impl Into<Operand>) -> Result<$T> {
                self.clipped(Some(low.into()), Some(high.into()))
            }

            /// Elements below `low` become `low`.
            ///
            /// # Errors
            /// If labels differ or dtypes do not meet.
            pub fn clip_min(&self, low: impl Into<Operand>) -> Result<$T> {
                self.clipped(Some(low.into()), None)
            }

            /// Elements above `high` become `high`.
            ///
            /// # Errors
            /// If labels differ or dtypes do not meet.
            pub fn clip_max(&self, high: impl Into<Operand>) -> Result<$T> {
                self.clipped(None, Some(high.into()))
            }

            fn clipped(&self, low: Option<Operand>, high: Option<Operand>) -> Result<$T> {
                clip(self.into(), low, high)
                    .and_then(Operand::$into)
                    .map_err(|e| e.at(format!("{}, in clip", self.place())))
            }
        }

        impl std::ops::Neg for &$T {
            type Output = Result<$T>;
            fn neg(self) -> Result<$T> {
                $T::neg(self)
            }
        }

        impl std::ops::Neg for $T {
            type Output = Result<$T>;
            fn neg(self) -> Result<$T> {
                $T::neg(&self)
            }
        }

        impl std::ops::Not for &$T {
            type Output = Result<$T>;
            fn not(self) -> Result<$T> {
                self.invert()
            }
        }

        impl std::ops::Not for $T {
            type Output = Result<$T>;
            fn not(self) -> Result<$T> {
                self.invert()
            }
        }
    };
}

macro_rules! both {
    ($($tokens:tt)*) => {
        methods!(DataArray into_array: $($tokens)*);
        methods!(Dataset into_dataset: $($tokens)*);
    };
}

both! {
    /// The elements with the other sign.
    neg Neg;
    /// The elements as they are; bools are refused.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![-2])?;
    /// assert_eq!(a.positive()?.to_vec::<i32>()?, [-2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    positive Positive;
    /// The elements without sign; of complex numbers the modulus.
    abs Abs;
    /// The elements without sign, as floats.
    fabs Fabs;
    /// Not, of bools; the complement of the bits of integers.
    invert Invert;
    /// -1, 0 or 1 by sign.
    sign Sign;
    /// The square root.
    sqrt Sqrt;
    /// The cube root.
    cbrt Cbrt;
    /// The square.
    square Square;
    /// e to the power of the elements.
    exp Exp;
    /// `exp(x) - 1`, exact near zero.
    expm1 Expm1;
    /// 2 to the power of the elements.
    exp2 Exp2;
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
    /// The inverse hyperbolic sine.
    asinh Asinh;
    /// The inverse hyperbolic cosine.
    acosh Acosh;
    /// The inverse hyperbolic tangent.
    atanh Atanh;
    /// The next whole number below.
    floor Floor;
    /// The next whole number above.
    ceil Ceil;
    /// The whole part.
    trunc Trunc;
    /// The nearest whole number, halves to even.
    rint Rint;
    /// Degrees as radians.
    to_radians ToRadians;
    /// Radians as degrees.
    to_degrees ToDegrees;
    /// One divided by the elements.
    reciprocal Reciprocal;
    /// Where elements are missing: NaN, NaT, missing text.
    isnull IsNull;
    /// Where elements are not missing.
    notnull NotNull;
    /// Where elements are NaN.
    isnan IsNan;
    /// Where elements are neither NaN nor infinite.
    isfinite IsFinite;
    /// Where elements are infinite.
    isinf IsInf;
    /// Where times are missing.
    ///
    /// # Example
    /// ```
    /// use graticule::dtype::{DType, NAT};
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![NAT, 0])?.astype(DType::DATETIME_NS)?;
    /// assert_eq!(a.isnat()?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    isnat IsNat;
    /// Where elements have a negative sign, also that of zero.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, -0.0, -2.0])?;
    /// assert_eq!(a.signbit()?.to_vec::<bool>()?, [false, true, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    signbit SignBit;
    /// Where elements are zero (false).
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0, 3])?;
    /// assert_eq!(a.logical_not()?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    logical_not LogicalNot;
    /// The distance to the next float away from zero, with the sign of the elements.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![1.0])?;
    /// assert_eq!(a.spacing()?.to_vec::<f64>()?, [f64::EPSILON]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    spacing Spacing;
    /// The real part.
    real Real;
    /// The imaginary part.
    imag Imag;
    /// The complex conjugate.
    conj Conj;
    /// The angle in the complex plane, in radians.
    angle Angle;
}
