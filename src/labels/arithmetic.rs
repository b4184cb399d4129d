//! Arithmetic, comparison and logic by label: `add`, `sub`, ..., and the operators `+ - * / %`.

use super::apply::{Arg, NameRule, Rules, apply, map_args};
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::diagnostics::{self, Kept};
use super::merge::CombineAttrs;
use super::operand::Operand;
use super::options::Options;
use super::variable::Variable;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::index::Join;
use crate::kernel::elementwise::{BinaryOp, MapFn};

/// Whether `op` is an operator of the language in xarray; the others are functions, whose results take
/// name and attributes from the first operand.
fn is_operator(op: BinaryOp) -> bool {
    use BinaryOp::{
        Add, And, Div, Eq, FloorDiv, Ge, Gt, Le, LeftShift, Lt, Mul, Ne, Or, Pow, Rem, RightShift, Sub, Xor,
    };
    matches!(
        op,
        Add | Sub
            | Mul
            | Div
            | FloorDiv
            | Rem
            | Pow
            | Lt
            | Le
            | Gt
            | Ge
            | Eq
            | Ne
            | And
            | Or
            | Xor
            | LeftShift
            | RightShift
    )
}

/// The comparison that says the same of exchanged operands.
fn turned(op: BinaryOp) -> Option<BinaryOp> {
    use BinaryOp::{Eq, Ge, Gt, Le, Lt, Ne};
    Some(match op {
        Lt => Gt,
        Le => Ge,
        Gt => Lt,
        Ge => Le,
        Eq | Ne => op,
        _ => return None,
    })
}

/// `op` on two operands without labels.
pub(crate) fn binary_args(op: BinaryOp, a: Arg<'_>, b: Arg<'_>) -> Result<Variable> {
    let beside = |v: &Variable, s: &Scalar| op.scalar_operand(v.dtype(), s).map(Scalar::Typed);
    let f = MapFn::Binary(op);
    match (a, b) {
        (Arg::Variable(v), Arg::Scalar(s)) => map_args(f, &[a, Arg::Scalar(&beside(v, s)?)], &[None, None]),
        (Arg::Scalar(s), Arg::Variable(v)) => map_args(f, &[Arg::Scalar(&beside(v, s)?), b], &[None, None]),
        _ => {
            diagnostics::met(a.dtype(), b.dtype())?;
            map_args(f, &[a, b], &[None, None])
        }
    }
}

/// [`binary_args`] whose result takes over attributes, if `keeps` any.
fn with_units(op: BinaryOp, keeps: bool, a: Arg<'_>, b: Arg<'_>) -> Result<Variable> {
    if keeps {
        let kept = if is_operator(op) { Kept::Common } else { Kept::First };
        diagnostics::units_of_binary(op, kept, a.variable(), b.variable())?;
    }
    binary_args(op, a, b)
}

/// Applies `op` to any two operands: aligns labels, pairs variables of datasets by name, broadcasts by
/// dimension name. The result is a dataset if one takes part.
///
/// Dimensions stand in order of first appearance. Labels are joined as
/// [`Options::arithmetic_join`] says, by default on those that both have. Coordinates without an index that
/// differ are left out. Attributes on which both agree, or which only one has, are kept; the name is kept
/// if both have the same. Plain numbers take the dtype of the array that they meet.
///
/// # Errors
/// If labels do not join, lengths differ, or the operation has no meaning for the dtypes.
///
/// ```
/// # use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 2)], vec![5, 7])?;
/// let late = binary(BinaryOp::Sub, 10, &a)?.into_array()?;
/// assert_eq!(late.to_vec::<i32>()?, [5, 3]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn binary(op: BinaryOp, lhs: impl Into<Operand>, rhs: impl Into<Operand>) -> Result<Operand> {
    let (lhs, rhs) = (lhs.into(), rhs.into());
    let options = Options::current();
    let mut rules = Rules::function(options.arithmetic_join, options.keep_attrs);
    if !is_operator(op) {
        return apply(vec![lhs, rhs], &rules, &|args| with_units(op, options.keep_attrs, args[0], args[1]));
    }
    let plain = |x: &Operand| matches!(x, Operand::Scalar(_) | Operand::Variable(_));
    rules.compat = options.arithmetic_compat;
    rules.attrs = if options.keep_attrs { CombineAttrs::DropConflicts } else { CombineAttrs::Drop };
    rules.dataset_attrs = match rules.attrs {
        // Without another object to agree with, a dataset stays what it is.
        CombineAttrs::Drop if plain(&lhs) || plain(&rhs) => CombineAttrs::Override,
        attrs => attrs,
    };
    rules.coord_attrs = CombineAttrs::Override;
    rules.array_attrs_count = true;
    rules.name = NameRule::Common;
    if rules.dataset_join == Join::Exact {
        rules.dataset_join = Join::Inner;
    }
    if matches!((&lhs, &rhs), (Operand::DataArray(_), Operand::Dataset(_))) {
        // As in xarray the dataset leads: the order of labels and the coordinates are its own. A comparison
        // is turned round, other operators keep the order of operands.
        return apply(vec![rhs, lhs], &rules, &|args| match turned(op) {
            Some(op) => with_units(op, options.keep_attrs, args[0], args[1]),
            None => with_units(op, options.keep_attrs, args[1], args[0]),
        });
    }
    apply(vec![lhs, rhs], &rules, &|args| with_units(op, options.keep_attrs, args[0], args[1]))
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident $op:ident;)*) => {
        impl DataArray {
            /// Applies `op` to this array and an array, variable or plain value: see [`binary`].
            ///
            /// # Errors
            /// If labels do not join, lengths differ, the operation has no meaning for the dtypes, or `rhs` is
            /// a dataset (start from the dataset, or use [`binary`]).
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 4.0])?;
            /// assert_eq!(a.binary(BinaryOp::Maximum, 2.0)?.to_vec::<f64>()?, [2.0, 4.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn binary(&self, op: BinaryOp, rhs: impl Into<Operand>) -> Result<DataArray> {
                binary(op, self, rhs).and_then(Operand::into_array).map_err(|e| e.at(format!("{}, in {op:?}", self.place())))
            }
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// Those of [`DataArray::binary`].
                pub fn $name(&self, rhs: impl Into<Operand>) -> Result<DataArray> {
                    self.binary(BinaryOp::$op, rhs)
                }
            )*
        }
        impl Dataset {
            /// Applies `op` to every variable and the variable of the same name in a dataset, or an array,
            /// variable or plain value: see [`binary`].
            ///
            /// # Errors
            /// If labels do not join, lengths differ, or the operation has no meaning for the dtypes.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 4.0])?;
            /// let ds = a.to_dataset("a").binary(BinaryOp::Maximum, 2.0)?;
            /// assert_eq!(ds.get("a")?.to_vec::<f64>()?, [2.0, 4.0]);
            /// # Ok::<(), graticule::Error>(())
            /// ```
            pub fn binary(&self, op: BinaryOp, rhs: impl Into<Operand>) -> Result<Dataset> {
                binary(op, self, rhs).and_then(Operand::into_dataset).map_err(|e| e.at(format!("{}, in {op:?}", self.place())))
            }
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// Those of [`Dataset::binary`].
                pub fn $name(&self, rhs: impl Into<Operand>) -> Result<Dataset> {
                    self.binary(BinaryOp::$op, rhs)
                }
            )*
        }
    };
}

methods! {
    /// Adds `rhs`, aligned by label and broadcast by dimension name.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let column = DataArray::from_vec(&[("y", 2)], vec![10.0, 20.0])?;
    /// let row = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 3.0])?;
    /// let sum = column.add(&row)?;
    /// assert_eq!(sum.shape(), [2, 3]);
    /// assert_eq!(sum.to_vec::<f64>()?, [11.0, 12.0, 13.0, 21.0, 22.0, 23.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    add Add;
    /// Subtracts `rhs`, aligned by label and broadcast by dimension name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let x = Block::from_vec(&[2], vec![1i64, 2])?;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![5, 7])?.assign_coords([("x", x)])?;
    /// let x = Block::from_vec(&[2], vec![2i64, 3])?;
    /// let b = DataArray::from_vec(&[("x", 2)], vec![1, 1])?.assign_coords([("x", x)])?;
    /// // Only the label 2 is in both.
    /// assert_eq!(a.sub(&b)?.to_vec::<i32>()?, [6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    sub Sub;
    /// Multiplies by `rhs`, aligned by label and broadcast by dimension name.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.5, 2.0])?;
    /// assert_eq!(a.mul(&a)?.to_vec::<f64>()?, [2.25, 4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    mul Mul;
    /// Divides by `rhs`; the quotient of integers is a float.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 0])?;
    /// assert_eq!(a.div(2)?.to_vec::<f64>()?, [0.5, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    div Div;
    /// Divides by `rhs` and rounds down.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-7, 7])?;
    /// assert_eq!(a.floordiv(2)?.to_vec::<i32>()?, [-4, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    floordiv FloorDiv;
    /// The remainder after division by `rhs`, with the sign of `rhs`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-7, 7])?;
    /// assert_eq!(a.rem(3)?.to_vec::<i32>()?, [2, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    rem Rem;
    /// Raises to the power `rhs`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![2.0, 3.0])?;
    /// assert_eq!(a.pow(2)?.to_vec::<f64>()?, [4.0, 9.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pow Pow;
    /// Where elements are less than those of `rhs`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 3.0])?;
    /// assert_eq!(a.lt(2)?.to_vec::<bool>()?, [true, false, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    lt Lt;
    /// Where elements are less than or equal to those of `rhs`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.le(2)?.to_vec::<bool>()?, [true, true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    le Le;
    /// Where elements are greater than those of `rhs`.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 3.0])?;
    /// assert_eq!(a.gt(2)?.to_vec::<bool>()?, [false, false, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    gt Gt;
    /// Where elements are greater than or equal to those of `rhs`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.ge(2)?.to_vec::<bool>()?, [false, true, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    ge Ge;
    /// Where elements equal those of `rhs`; a missing one equals none.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// assert_eq!(a.eq(&a)?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    eq Eq;
    /// Where elements differ from those of `rhs`; a missing one differs from all.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// assert_eq!(a.ne(&a)?.to_vec::<bool>()?, [false, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    ne Ne;
    /// Logical and of bools, bitwise of integers.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![6, 5])?;
    /// assert_eq!(a.and(3)?.to_vec::<i32>()?, [2, 1]);
    /// assert_eq!(a.gt(5)?.and(&a.lt(9)?)?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    and And;
    /// Logical or of bools, bitwise of integers.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![6, 4])?;
    /// assert_eq!(a.or(1)?.to_vec::<i32>()?, [7, 5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    or Or;
    /// Exclusive or: logical of bools, bitwise of integers.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![true, false])?;
    /// assert_eq!(a.xor(true)?.to_vec::<bool>()?, [false, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    xor Xor;
    /// The greater of each two elements; missing if one is.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 4.0, f64::NAN])?;
    /// let greater = a.maximum(2.0)?.to_vec::<f64>()?;
    /// assert!(greater[..2] == [2.0, 4.0] && greater[2].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    maximum Maximum;
    /// The less of each two elements; missing if one is.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 4.0, f64::NAN])?;
    /// let less = a.minimum(2.0)?.to_vec::<f64>()?;
    /// assert!(less[..2] == [1.0, 2.0] && less[2].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    minimum Minimum;
    /// The greater of each two elements, the other if one is missing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// assert_eq!(a.fmax(2.0)?.to_vec::<f64>()?, [2.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    fmax Fmax;
    /// The less of each two elements, the other if one is missing.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
    /// assert_eq!(a.fmin(2.0)?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    fmin Fmin;
    /// The angle of the point (`rhs`, self) in radians.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let y = DataArray::from_vec(&[("x", 2)], vec![1.0, 0.0])?;
    /// assert_eq!(y.atan2(0.0)?.to_vec::<f64>()?, [std::f64::consts::FRAC_PI_2, 0.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    atan2 Atan2;
    /// The square root of the sum of squares.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![3.0, 5.0])?;
    /// assert_eq!(a.hypot(4.0)?.to_vec::<f64>()?[0], 5.0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    hypot Hypot;
    /// The elements with the sign of those of `rhs`, as floats.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, -2.0])?;
    /// assert_eq!(a.copysign(-0.0)?.to_vec::<f64>()?, [-1.0, -2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    copysign CopySign;
    /// The next float in the direction of `rhs`.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![1.0])?;
    /// assert_eq!(a.nextafter(2.0)?.to_vec::<f64>()?, [1.0 + f64::EPSILON]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    nextafter NextAfter;
    /// The logarithm of the sum of exponentials.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![1000.0])?;
    /// assert_eq!(a.logaddexp(1000.0)?.to_vec::<f64>()?, [1000.0 + std::f64::consts::LN_2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    logaddexp LogAddExp;
    /// The same to base 2.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![3.0])?;
    /// assert_eq!(a.logaddexp2(3.0)?.to_vec::<f64>()?, [4.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    logaddexp2 LogAddExp2;
    /// 0 below zero, 1 above, `rhs` at zero.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![-2.0, 0.0, 5.0])?;
    /// assert_eq!(a.heaviside(0.5)?.to_vec::<f64>()?, [0.0, 0.5, 1.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    heaviside Heaviside;
    /// The remainder with the sign of the dividend; `rem` has that of the divisor.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-7, 7])?;
    /// assert_eq!(a.fmod(3)?.to_vec::<i32>()?, [-1, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    fmod Fmod;
    /// Self to the power of `rhs`, in `f64` or complex numbers of it.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 1)], vec![2])?;
    /// assert_eq!(a.float_power(-1)?.to_vec::<f64>()?, [0.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    float_power FloatPower;
    /// The bits of integers moved up.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1, 3])?;
    /// assert_eq!(a.lshift(2)?.to_vec::<i32>()?, [4, 12]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    lshift LeftShift;
    /// The bits of integers moved down; the sign stays.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![-8, 12])?;
    /// assert_eq!(a.rshift(2)?.to_vec::<i32>()?, [-2, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    rshift RightShift;
    /// The greatest common divisor of integers.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![12, -18])?;
    /// assert_eq!(a.gcd(8)?.to_vec::<i32>()?, [4, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    gcd Gcd;
    /// The least common multiple of integers.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![4, 0])?;
    /// assert_eq!(a.lcm(6)?.to_vec::<i32>()?, [12, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    lcm Lcm;
    /// Whether both are true (not zero).
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![2.0, 0.0])?;
    /// assert_eq!(a.logical_and(1)?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    logical_and LogicalAnd;
    /// Whether one of both is true (not zero).
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![2.0, 0.0])?;
    /// assert_eq!(a.logical_or(0)?.to_vec::<bool>()?, [true, false]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    logical_or LogicalOr;
    /// Whether exactly one of both is true (not zero).
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![2.0, 0.0])?;
    /// assert_eq!(a.logical_xor(1)?.to_vec::<bool>()?, [false, true]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    logical_xor LogicalXor;
}

/// The operators of the language; each gives a `Result`, as labels may not match.
macro_rules! operators {
    ($($Trait:ident $method:ident $op:ident;)*) => {$(
        operators!(@ $Trait $method $op: DataArray, DataArray => DataArray, into_array);
        operators!(@ $Trait $method $op: DataArray, Dataset => Dataset, into_dataset);
        operators!(@ $Trait $method $op: Dataset, DataArray => Dataset, into_dataset);
        operators!(@ $Trait $method $op: Dataset, Dataset => Dataset, into_dataset);
        operators!(scalars $Trait $method $op: DataArray, into_array; i64, f64, Scalar);
        operators!(scalars $Trait $method $op: Dataset, into_dataset; i64, f64, Scalar);
    )*};
    (@ $Trait:ident $method:ident $op:ident: $L:ty, $R:ty => $Out:ty, $into:ident) => {
        operators!(one $Trait $method $op: &$L, &$R => $Out, $into);
        operators!(one $Trait $method $op: &$L, $R => $Out, $into);
        operators!(one $Trait $method $op: $L, &$R => $Out, $into);
        operators!(one $Trait $method $op: $L, $R => $Out, $into);
    };
    (scalars $Trait:ident $method:ident $op:ident: $L:ty, $into:ident; $($S:ty),*) => {$(
        operators!(one $Trait $method $op: &$L, $S => $L, $into);
        operators!(one $Trait $method $op: $L, $S => $L, $into);
        operators!(one $Trait $method $op: $S, &$L => $L, $into);
        operators!(one $Trait $method $op: $S, $L => $L, $into);
    )*};
    (one $Trait:ident $method:ident $op:ident: $L:ty, $R:ty => $Out:ty, $into:ident) => {
        impl std::ops::$Trait<$R> for $L {
            type Output = Result<$Out>;
            fn $method(self, rhs: $R) -> Result<$Out> {
                binary(BinaryOp::$op, self, rhs)?.$into()
            }
        }
    };
}

operators! {
    Add add Add;
    Sub sub Sub;
    Mul mul Mul;
    Div div Div;
    Rem rem Rem;
    BitAnd bitand And;
    BitOr bitor Or;
    BitXor bitxor Xor;
    Shl shl LeftShift;
    Shr shr RightShift;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::{Coords, Options, with_options};

    fn series(labels: &[i64], values: &[f64]) -> DataArray {
        let mut coords = Coords::new();
        coords.insert("x", Variable::from_vec(&[("x", labels.len())], labels.to_vec()).unwrap()).unwrap();
        DataArray::new(Variable::from_vec(&[("x", values.len())], values.to_vec()).unwrap(), coords).unwrap()
    }

    #[test]
    fn operands_meet_on_common_labels_in_the_order_of_the_left() {
        let a = series(&[3, 1, 2], &[30.0, 10.0, 20.0]);
        let b = series(&[2, 3, 4], &[2.0, 3.0, 4.0]);
        let sum = (&a + &b).unwrap();
        assert_eq!(sum.to_vec::<f64>().unwrap(), [33.0, 22.0]);
        assert_eq!(sum.coords().get("x").unwrap().load().unwrap().to_vec::<i64>().unwrap(), [3, 2]);
    }

    #[test]
    fn an_exact_join_names_the_dimension_and_the_labels() {
        let a = series(&[1, 2], &[1.0, 2.0]);
        let b = series(&[1, 3], &[1.0, 2.0]);
        let exact = Options { arithmetic_join: Join::Exact, ..Options::default() };
        let e = with_options(exact, || &a + &b).err().unwrap();
        assert_eq!(e.kind(), crate::ErrorKind::Alignment);
        let text = e.to_string();
        assert!(text.contains("`x`") && text.contains("2 in object 0, 3 in object 1"), "{text}");
    }

    #[test]
    fn a_plain_number_does_not_widen_and_may_stand_left() {
        let a = DataArray::from_vec(&[("x", 2)], vec![1.0_f32, 2.0]).unwrap();
        assert_eq!((1.0 - &a).unwrap().to_vec::<f32>().unwrap(), [0.0, -1.0]);
        let i = DataArray::from_vec(&[("x", 2)], vec![100_i8, 27]).unwrap();
        assert!(i.add(300).is_err());
        assert_eq!(i.lt(300).unwrap().to_vec::<bool>().unwrap(), [true, true]);
    }
}
