//! Functions of one element: the table of them, their dtypes, and the loops.

use serde::{Deserialize, Serialize};

use crate::array::Block;
use crate::dtype::DType;
use crate::error::Result;
use crate::time::Component;

/// A function of one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum UnaryOp {
    Neg,
    Abs,
    Invert,
    Sign,
    Sqrt,
    Cbrt,
    Square,
    Exp,
    Expm1,
    Exp2,
    Log,
    Log2,
    Log10,
    Log1p,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Floor,
    Ceil,
    Trunc,
    Rint,
    ToRadians,
    ToDegrees,
    Reciprocal,
    IsNull,
    NotNull,
    IsNan,
    IsFinite,
    IsInf,
    Real,
    Imag,
    Conj,
    Angle,
}

/// A function of two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    And,
    Or,
    Xor,
    Maximum,
    Minimum,
    Fmax,
    Fmin,
    Atan2,
    Hypot,
}

/// What a map computes from the elements of its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MapFn {
    /// One operand.
    Unary(UnaryOp),
    /// Two operands.
    Binary(BinaryOp),
    /// The element as another dtype.
    Cast(DType),
    /// (condition, a, b): `a` where the condition holds, else `b`.
    Where,
    /// (a, b): `b` where `a` is missing.
    FillNa,
    /// Rounded to so many decimals.
    Round(i32),
    /// A component of a datetime as `i64` (text for the season).
    Time(Component),
    /// Whether the element is one of a list (a block of rank 1).
    IsIn(Block),
}

impl MapFn {
    /// The dtype of the result.
    ///
    /// # Errors
    /// If the function has no meaning for these dtypes.
    pub fn result_dtype(&self, _inputs: &[DType]) -> Result<DType> {
        unimplemented!()
    }

    /// Short text for plans.
    pub fn describe(&self) -> String {
        format!("{self:?}")
    }
}

/// Applies the function to blocks of one rank whose axes of length 1 repeat; `shape` is the result's.
///
/// # Errors
/// If the function has no meaning for the dtypes or a value.
pub fn apply(_f: &MapFn, _inputs: Vec<Block>, _shape: &[usize]) -> Result<Block> {
    unimplemented!()
}
