//! Functions of one element: the table of them, their dtypes, and the loops.

mod arith;
mod binary;
mod compare;
mod program;
mod round;
mod select;
mod table;
mod times;
mod unary;

use num_complex::Complex;
use serde::{Deserialize, Serialize};

use super::cast;
use super::loops::to2;
use super::text::TextFn;
use super::time::TimeFn;
use crate::array::Block;
use crate::dtype::promote::{promote, with_scalar};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};

pub(crate) use program::{Operand, Program, last_uses};
pub use table::{BinaryOp, UnaryOp};

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
    /// (a, b), of `f64`: the complex number `a + bi`, whatever `a` and `b` are.
    Complex,
    /// Rounded to so many decimals.
    Round(i32),
    /// A function of times.
    Time(TimeFn),
    /// Whether the element is one of a list (a block of rank 1).
    IsIn(Block),
    /// A function of text.
    Text(TextFn),
}

impl MapFn {
    /// The dtype of the result.
    ///
    /// # Errors
    /// If the function has no meaning for these dtypes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::kernel::elementwise::MapFn;
    /// assert_eq!(MapFn::Unary(UnaryOp::Sqrt).result_dtype(&[DType::I32])?, DType::F64);
    /// assert!(MapFn::Unary(UnaryOp::Sqrt).result_dtype(&[DType::Str]).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn result_dtype(&self, inputs: &[DType]) -> Result<DType> {
        match (self, inputs) {
            (MapFn::Unary(op), [a]) => unary::result_dtype(*op, *a),
            (MapFn::Binary(op), [a, b]) => binary::result_dtype(*op, *a, *b),
            (MapFn::Cast(to), [a]) => cast::check(*a, *to).map(|()| *to),
            (MapFn::Where, [c, a, b]) => select::where_dtype(*c, *a, *b),
            (MapFn::FillNa, [a, b]) => promote(*a, *b),
            (MapFn::Complex, [DType::F64, DType::F64]) => Ok(DType::C128),
            (MapFn::Round(decimals), [a]) => round::result_dtype(*decimals, *a),
            (MapFn::Time(f), [a]) => f.result_dtype(*a),
            (MapFn::IsIn(_), [_]) => Ok(DType::Bool),
            (MapFn::Text(f), _) => f.result_dtype(inputs),
            _ => Err(Error::internal(format!("{} of {} operands", self.describe(), inputs.len()))),
        }
    }

    /// Short text for plans.
    pub(crate) fn describe(&self) -> String {
        match self {
            MapFn::Unary(op) => op.name().to_string(),
            MapFn::Binary(op) => op.name().to_string(),
            MapFn::Cast(to) => format!("astype {to}"),
            MapFn::Where => "where".to_string(),
            MapFn::FillNa => "fillna".to_string(),
            MapFn::Complex => "complex".to_string(),
            MapFn::Round(decimals) => format!("round to {decimals} decimals"),
            MapFn::Time(f) => f.name().to_string(),
            MapFn::IsIn(list) => format!("isin {} values", list.size()),
            MapFn::Text(f) => f.name().to_string(),
        }
    }
}

impl BinaryOp {
    /// Whether the result is true or false.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(BinaryOp::Lt.is_comparison() && !BinaryOp::Add.is_comparison());
    /// ```
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge | BinaryOp::Eq | BinaryOp::Ne
        )
    }

    /// The scalar as the rank 0 operand that meets an array of `dtype` in this operation (NEP 50).
    ///
    /// # Errors
    /// If a plain integer is out of the range of the dtype; comparisons take any.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// // A plain number takes the dtype that it meets.
    /// assert_eq!(BinaryOp::Add.scalar_operand(DType::I8, &Scalar::Int(3))?.dtype(), DType::I8);
    /// assert!(BinaryOp::Add.scalar_operand(DType::I8, &Scalar::Int(300)).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn scalar_operand(self, dtype: DType, scalar: &Scalar) -> Result<Block> {
        match with_scalar(dtype, scalar) {
            Ok(to) => scalar.cast_to(to),
            Err(_) if self.is_comparison() => Ok(scalar.to_block()),
            Err(e) => Err(e.at(self.name())),
        }
    }
}

/// Applies the function to blocks of one rank whose axes of length 1 repeat; `shape` is the result's.
///
/// A block that has no other owner may lend its memory to the result.
///
/// # Errors
/// If the function has no meaning for the dtypes or a value.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::elementwise::{MapFn, apply};
/// let column = Block::from_vec(&[2, 1], vec![10, 20])?;
/// let row = Block::from_vec(&[1, 2], vec![1, 2])?;
/// let sum = apply(&MapFn::Binary(BinaryOp::Add), vec![column, row], &[2, 2])?;
/// assert_eq!(sum.to_vec::<i32>()?, [11, 12, 21, 22]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn apply(f: &MapFn, inputs: Vec<Block>, shape: &[usize]) -> Result<Block> {
    let dtypes: Vec<DType> = inputs.iter().map(Block::dtype).collect();
    let dtype = f.result_dtype(&dtypes)?;
    if let MapFn::Text(f) = f {
        return Ok(f.apply(&inputs, shape)?.retype(dtype));
    }
    let mut inputs = inputs.into_iter();
    let mut next = || inputs.next().ok_or_else(|| Error::internal("an operand is missing"));
    let block = match f {
        MapFn::Unary(op) => unary::apply(*op, dtype, next()?, shape),
        MapFn::Binary(op) => binary::apply(*op, next()?, next()?, shape)?,
        MapFn::Cast(to) => cast::cast_into(next()?, *to)?.broadcast_to(shape)?,
        MapFn::Where => select::where_(next()?, next()?, next()?, dtype, shape)?,
        MapFn::FillNa => select::fillna(next()?, next()?, dtype, shape)?,
        MapFn::Complex => to2(next()?, next()?, shape, |re: &f64, im: &f64| Complex::new(*re, *im)),
        MapFn::Round(decimals) => round::apply(*decimals, dtype, next()?, shape),
        MapFn::Time(f) => f.apply(next()?, shape)?,
        MapFn::IsIn(list) => select::isin(next()?, list, shape)?,
        MapFn::Text(_) => return Err(Error::internal("functions of text were applied above")),
    };
    Ok(block.retype(dtype))
}

/// The error of a function that has no meaning for the dtypes.
fn no_meaning(name: &str, dtypes: &[DType]) -> Error {
    let dtypes: Vec<String> = dtypes.iter().map(ToString::to_string).collect();
    Error::dtype(format!("`{name}` has no meaning for {}", dtypes.join(" and ")))
}

#[cfg(test)]
mod tests;
