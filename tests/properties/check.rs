//! When two results are the same.

use graticule::Result;
use graticule::array::Block;
use graticule::dtype::DType;
use graticule::kernel::cast::cast;
use graticule::labels::{Coords, DataArray};
use num_complex::Complex;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// Passes or says what differs.
pub type Check = std::result::Result<(), TestCaseError>;

/// Both fail, or both give the same dims, names, coordinates and bits.
pub fn same(a: Result<DataArray>, b: Result<DataArray>) -> Check {
    match (a.and_then(|a| a.compute()), b.and_then(|b| b.compute())) {
        (Ok(a), Ok(b)) => same_arrays(&a, &b),
        (Err(a), Err(b)) => {
            prop_assert_eq!(a.kind(), b.kind(), "{} / {}", a, b);
            Ok(())
        }
        (Ok(a), Err(e)) => fail(&format!("{a:?}, but the other: {e}")),
        (Err(e), Ok(b)) => fail(&format!("{e}, but the other: {b:?}")),
    }
}

fn fail(text: &str) -> Check {
    Err(TestCaseError::fail(text.to_string()))
}

/// The same dims, names, coordinates and bits.
pub fn same_arrays(a: &DataArray, b: &DataArray) -> Check {
    prop_assert_eq!(a.dims(), b.dims());
    prop_assert_eq!(a.name(), b.name());
    same_coords(a.coords(), b.coords())?;
    same_blocks(&a.load()?, &b.load()?)
}

/// The same coordinates with the same bits.
pub fn same_coords(a: &Coords, b: &Coords) -> Check {
    let names = |c: &Coords| c.names().map(|n| n.to_string()).collect::<Vec<_>>();
    prop_assert_eq!(names(a), names(b));
    for (name, c) in a.iter() {
        let other = b.get(name).map(|v| v.load()).transpose()?;
        same_blocks(&c.load()?, &other.expect("the names are the same"))?;
        prop_assert_eq!(a.index(name).is_some(), b.index(name).is_some(), "index of {}", name);
    }
    Ok(())
}

/// The same dtype, shape and bits.
pub fn same_blocks(a: &Block, b: &Block) -> Check {
    prop_assert_eq!(a.dtype(), b.dtype());
    prop_assert_eq!(a.shape(), b.shape());
    prop_assert!(a.same_bits(b), "{:?} / {:?}", a.data(), b.data());
    Ok(())
}

/// Both fail, or give numbers that differ by no more than rounding: `tolerance` times the unit of
/// rounding of their dtype.
pub fn close(a: Result<DataArray>, b: Result<DataArray>, tolerance: f64) -> Check {
    let (a, b) = match (a.and_then(|a| a.compute()), b.and_then(|b| b.compute())) {
        (Ok(a), Ok(b)) => (a, b),
        (a, b) => return same(a, b),
    };
    prop_assert_eq!((a.dims(), a.dtype()), (b.dims(), b.dtype()));
    same_coords(a.coords(), b.coords())?;
    let unit = match a.dtype() {
        DType::F32 | DType::C64 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    };
    let near = |a: f64, b: f64| a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance * unit;
    for (a, b) in numbers(&a.load()?)?.into_iter().zip(numbers(&b.load()?)?) {
        // A part that is not finite may take the other one with it, depending on the order.
        let both = near(a.re, b.re) && near(a.im, b.im) || !a.is_finite() && !b.is_finite();
        prop_assert!(both, "{} / {} differ by more than {:e}", a, b, tolerance * unit);
    }
    Ok(())
}

fn numbers(block: &Block) -> Result<Vec<Complex<f64>>> {
    let plain = if block.dtype().is_time() { block.clone().retype(DType::I64) } else { block.clone() };
    cast(&plain, DType::C128)?.to_vec()
}

/// The greatest finite magnitude, at least 1.
pub fn scale(a: &DataArray) -> Result<f64> {
    let block = a.load()?;
    let magnitude = |c: Complex<f64>| Some(c.re.abs().max(c.im.abs())).filter(|m| m.is_finite());
    Ok(numbers(&block)?.into_iter().filter_map(magnitude).fold(1.0, f64::max))
}
