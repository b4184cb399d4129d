//! Pairs of elements as complex numbers: what folds pairs folds one array.

use super::apply::{Rules, apply, map_args};
use super::dataarray::DataArray;
use super::options::Options;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::elementwise::MapFn;

/// Elements of two arrays that share their labels, broadcast against each other: `c128`.
///
/// # Errors
/// If an array holds no real numbers, or labels do not fit as in arithmetic.
pub(crate) fn pairs(a: &DataArray, b: &DataArray) -> Result<DataArray> {
    for x in [a, b] {
        if !(x.dtype().is_bool() || x.dtype().is_integer() || x.dtype().is_float()) {
            return Err(Error::dtype(format!("{} has no place in pairs of real numbers", x.dtype()))
                .help("cast it to a real number first, as with `astype`"));
        }
    }
    let rules = Rules::function(Options::current().arithmetic_join, false);
    let wide = Some(DType::F64);
    apply(vec![a.into(), b.into()], &rules, &|args| map_args(MapFn::Complex, args, &[wide, wide]))?
        .into_array()
}
