//! Pairs of elements as complex numbers: what folds pairs folds one array.

use super::apply::{Arg, Rules, apply, map_args};
use super::dataarray::DataArray;
use super::operand::Operand;
use super::options::Options;
use super::variable::Variable;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::index::Join;
use crate::kernel::elementwise::MapFn;

/// Elements of two arrays that share their labels, broadcast against each other: `c128`.
///
/// # Errors
/// If an array holds no real numbers, or labels do not fit as in arithmetic.
pub(crate) fn pairs(a: &DataArray, b: &DataArray) -> Result<DataArray> {
    let join = Options::current().arithmetic_join;
    pairs_with(a.clone(), b.clone(), join, &|_, pairs| Ok(pairs.clone()))?.into_array()
}

/// What `f` makes of each first variable and its pairs with the second one.
///
/// # Errors
/// If a variable holds no real numbers, or labels do not fit.
pub(crate) fn pairs_with(
    a: impl Into<Operand>,
    b: impl Into<Operand>,
    join: Join,
    f: &dyn Fn(&Variable, &Variable) -> Result<Variable>,
) -> Result<Operand> {
    let wide = Some(DType::F64);
    apply(vec![a.into(), b.into()], &Rules::function(join, true), &|args| {
        for dtype in args.iter().map(Arg::dtype) {
            if !(dtype.is_bool() || dtype.is_integer() || dtype.is_float()) {
                return Err(Error::dtype(format!("{dtype} has no place in pairs of real numbers"))
                    .help("cast it to a real number first, as with `astype`"));
            }
        }
        let pairs = map_args(MapFn::Complex, args, &[wide, wide])?;
        f(args[0].variable().unwrap_or(&pairs), &pairs)
    })
}
