//! Functions of each element: `abs`, `sqrt`, `cos`, `round`, `clip`, `isin`, `astype`, ...

use indexmap::IndexMap;

use super::apply::{Arg, Rules, apply, common_dtype, map_args};
use super::arithmetic::binary_args;
use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::diagnostics;
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
///
/// ```
/// # use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 2)], vec![4.0, 9.0])?;
/// let ds = a.to_dataset("a");
/// // What goes in comes out: an array or a dataset.
/// let roots = graticule::labels::unary(UnaryOp::Sqrt, &ds)?;
/// assert_eq!(roots.get("a")?.to_vec::<f64>()?, [2.0, 3.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn unary<O: Labelled>(op: UnaryOp, x: &O) -> Result<O> {
    use UnaryOp::{Abs, Angle, Conj, Imag, Invert, Neg, Real};
    let is_method = matches!(op, Neg | Abs | Invert | Real | Imag | Conj | Angle);
    let keep = match Options::current().keep_attrs {
        true => Keep::All,
        false if is_method => Keep::Coords,
        false => Keep::Nothing,
    };
    map_each(x, keep, &|v| {
        if keep == Keep::All {
            diagnostics::units_of_unary(op, &v.attrs)?;
        }
        map_args(MapFn::Unary(op), &[Arg::Variable(v)], &[None])
    })
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
                out = out.with_data(out.dims().iter().cloned(), out.data().cast(dtype)?)?;
                let own = Arg::Variable(&out);
                out = match bound {
                    Arg::Variable(_) => map_args(MapFn::Binary(op), &[own, *bound], &[None, Some(dtype)])?,
                    Arg::Scalar(_) => binary_args(op, own, *bound)?,
                };
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
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![4.0, 9.0])?;
            /// assert_eq!(a.unary(UnaryOp::Sqrt)?.to_vec::<f64>()?, [2.0, 3.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
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
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![0.25, 1.75, 12.5])?;
            /// assert_eq!(a.round(1)?.to_vec::<f64>()?, [0.2, 1.8, 12.5]);
            /// assert_eq!(a.round(-1)?.to_vec::<f64>()?, [0.0, 0.0, 10.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
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
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.5])?;
            /// let a = a.assign_attrs([("units", "m")]);
            /// let n = a.astype_with(DType::I64, false)?;
            /// assert_eq!(n.to_vec::<i64>()?, [1, 2]);
            /// assert!(n.attrs().is_empty());
            /// # Ok::<(), graticule::Error>(())
            /// ```
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
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
            /// let wanted = Block::from_vec(&[2], vec![3, 1])?;
            /// assert_eq!(a.isin(&wanted)?.to_vec::<bool>()?, [true, false, true]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn isin(&self, values: &Block) -> Result<$T> {
                let keep = if Options::current().keep_attrs { Keep::All } else { Keep::Nothing };
                map_each(self, keep, &|v| {
                    if keep == Keep::All {
                        diagnostics::units_changed("isin", &v.attrs)?;
                    }
                    isin(v, values)
                })
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
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![-1.0, 2.0])?;
            /// assert_eq!(a.clip_min(0.0)?.to_vec::<f64>()?, [0.0, 2.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn clip_min(&self, low: impl Into<Operand>) -> Result<$T> {
                self.clipped(Some(low.into()), None)
            }

            /// Elements above `high` become `high`.
            ///
            /// # Errors
            /// If labels differ or dtypes do not meet.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![-1.0, 2.0])?;
            /// assert_eq!(a.clip_max(0.0)?.to_vec::<f64>()?, [-1.0, 0.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
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
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, -2])?;
    /// assert_eq!(a.neg()?.to_vec::<i32>()?, [-1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
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
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, -2])?;
    /// assert_eq!(a.abs()?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    abs Abs;
    /// The elements without sign, as floats.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, -2])?;
    /// assert_eq!(a.fabs()?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    fabs Fabs;
    /// Not, of bools; the complement of the bits of integers.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![true, false])?;
    /// assert_eq!(a.invert()?.to_vec::<bool>()?, [false, true]);
    /// let n = DataArray::from_vec(&[("x", 2)], vec![0, 5])?;
    /// assert_eq!(n.invert()?.to_vec::<i32>()?, [-1, -6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    invert Invert;
    /// -1, 0 or 1 by sign.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![-2.5, 0.0, 7.0])?;
    /// assert_eq!(a.sign()?.to_vec::<f64>()?, [-1.0, 0.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sign Sign;
    /// The square root.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![4.0, -1.0])?;
    /// let roots = a.sqrt()?.to_vec::<f64>()?;
    /// assert!(roots[0] == 2.0 && roots[1].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sqrt Sqrt;
    /// The cube root.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-8.0, 27.0])?;
    /// assert_eq!(a.cbrt()?.to_vec::<f64>()?, [-2.0, 3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    cbrt Cbrt;
    /// The square.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, -2.0])?;
    /// assert_eq!(a.square()?.to_vec::<f64>()?, [2.25, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    square Square;
    /// e to the power of the elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, f64::NEG_INFINITY])?;
    /// assert_eq!(a.exp()?.to_vec::<f64>()?, [1.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    exp Exp;
    /// `exp(x) - 1`, exact near zero.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 1e-20])?;
    /// assert_eq!(a.expm1()?.to_vec::<f64>()?, [0.0, 1e-20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    expm1 Expm1;
    /// 2 to the power of the elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![3.0, -1.0])?;
    /// assert_eq!(a.exp2()?.to_vec::<f64>()?, [8.0, 0.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    exp2 Exp2;
    /// The natural logarithm.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 0.0])?;
    /// assert_eq!(a.log()?.to_vec::<f64>()?, [0.0, f64::NEG_INFINITY]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    log Log;
    /// The logarithm to base 2.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![8.0, 0.5])?;
    /// assert_eq!(a.log2()?.to_vec::<f64>()?, [3.0, -1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    log2 Log2;
    /// The logarithm to base 10.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1000.0, 1.0])?;
    /// assert_eq!(a.log10()?.to_vec::<f64>()?, [3.0, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    log10 Log10;
    /// `log(1 + x)`, exact near zero.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 1e-20])?;
    /// assert_eq!(a.log1p()?.to_vec::<f64>()?, [0.0, 1e-20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    log1p Log1p;
    /// The sine of radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 90.0])?;
    /// assert_eq!(a.to_radians()?.sin()?.to_vec::<f64>()?, [0.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sin Sin;
    /// The cosine of radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 180.0])?;
    /// assert_eq!(a.to_radians()?.cos()?.to_vec::<f64>()?, [1.0, -1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    cos Cos;
    /// The tangent of radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 45.0])?;
    /// let slopes = a.to_radians()?.tan()?.to_vec::<f64>()?;
    /// assert!(slopes[0] == 0.0 && (slopes[1] - 1.0).abs() < 1e-15);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    tan Tan;
    /// The inverse sine, in radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 1.0])?;
    /// assert_eq!(a.asin()?.to_degrees()?.to_vec::<f64>()?, [0.0, 90.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    asin Asin;
    /// The inverse cosine, in radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, -1.0])?;
    /// assert_eq!(a.acos()?.to_degrees()?.to_vec::<f64>()?, [0.0, 180.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    acos Acos;
    /// The inverse tangent, in radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, f64::INFINITY])?;
    /// assert_eq!(a.atan()?.to_degrees()?.to_vec::<f64>()?, [0.0, 90.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    atan Atan;
    /// The hyperbolic sine.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, -0.5])?;
    /// let both = a.sinh()?.asinh()?.to_vec::<f64>()?;
    /// assert!(both[0] == 0.0 && (both[1] + 0.5).abs() < 1e-15);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sinh Sinh;
    /// The hyperbolic cosine.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, f64::INFINITY])?;
    /// assert_eq!(a.cosh()?.to_vec::<f64>()?, [1.0, f64::INFINITY]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    cosh Cosh;
    /// The hyperbolic tangent.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, f64::INFINITY])?;
    /// assert_eq!(a.tanh()?.to_vec::<f64>()?, [0.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    tanh Tanh;
    /// The inverse hyperbolic sine.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 1e-20])?;
    /// assert_eq!(a.asinh()?.to_vec::<f64>()?, [0.0, 1e-20]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    asinh Asinh;
    /// The inverse hyperbolic cosine.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 0.5])?;
    /// let inverse = a.acosh()?.to_vec::<f64>()?;
    /// assert!(inverse[0] == 0.0 && inverse[1].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    acosh Acosh;
    /// The inverse hyperbolic tangent.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 1.0])?;
    /// assert_eq!(a.atanh()?.to_vec::<f64>()?, [0.0, f64::INFINITY]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    atanh Atanh;
    /// The next whole number below.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-1.5, 1.5])?;
    /// assert_eq!(a.floor()?.to_vec::<f64>()?, [-2.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    floor Floor;
    /// The next whole number above.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-1.5, 1.5])?;
    /// assert_eq!(a.ceil()?.to_vec::<f64>()?, [-1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    ceil Ceil;
    /// The whole part.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-1.5, 1.5])?;
    /// assert_eq!(a.trunc()?.to_vec::<f64>()?, [-1.0, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    trunc Trunc;
    /// The nearest whole number, halves to even.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![0.5, 1.5, 2.5])?;
    /// assert_eq!(a.rint()?.to_vec::<f64>()?, [0.0, 2.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    rint Rint;
    /// Degrees as radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, 180.0])?;
    /// assert_eq!(a.to_radians()?.to_vec::<f64>()?, [0.0, std::f64::consts::PI]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    to_radians ToRadians;
    /// Radians as degrees.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![0.0, std::f64::consts::PI])?;
    /// assert_eq!(a.to_degrees()?.to_vec::<f64>()?, [0.0, 180.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    to_degrees ToDegrees;
    /// One divided by the elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![2.0, 0.0])?;
    /// assert_eq!(a.reciprocal()?.to_vec::<f64>()?, [0.5, f64::INFINITY]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    reciprocal Reciprocal;
    /// Where elements are missing: NaN, NaT, missing text.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// assert_eq!(a.isnull()?.to_vec::<bool>()?, [false, true]);
    /// // An integer is never missing.
    /// assert_eq!(a.full_like(0)?.astype(DType::I64)?.isnull()?.to_vec::<bool>()?, [false, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    isnull IsNull;
    /// Where elements are not missing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 3.0])?;
    /// assert_eq!(a.notnull()?.sum("x")?.to_vec::<i64>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    notnull NotNull;
    /// Where elements are NaN.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![f64::INFINITY, f64::NAN])?;
    /// assert_eq!(a.isnan()?.to_vec::<bool>()?, [false, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    isnan IsNan;
    /// Where elements are neither NaN nor infinite.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::INFINITY, f64::NAN])?;
    /// assert_eq!(a.isfinite()?.to_vec::<bool>()?, [true, false, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    isfinite IsFinite;
    /// Where elements are infinite.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![f64::NEG_INFINITY, f64::NAN])?;
    /// assert_eq!(a.isinf()?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
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
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use num_complex::Complex64;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![Complex64::new(3.0, 4.0)])?;
    /// assert_eq!(a.real()?.to_vec::<f64>()?, [3.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    real Real;
    /// The imaginary part.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use num_complex::Complex64;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![Complex64::new(3.0, 4.0)])?;
    /// assert_eq!(a.imag()?.to_vec::<f64>()?, [4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    imag Imag;
    /// The complex conjugate.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use num_complex::Complex64;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![Complex64::new(3.0, 4.0)])?;
    /// assert_eq!(a.conj()?.to_vec::<Complex64>()?, [Complex64::new(3.0, -4.0)]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    conj Conj;
    /// The angle in the complex plane, in radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use num_complex::Complex64;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![Complex64::new(0.0, 4.0)])?;
    /// assert_eq!(a.angle()?.to_degrees()?.to_vec::<f64>()?, [90.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    angle Angle;
}
