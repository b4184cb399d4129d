//! Comparison for tests: assertions that show what differs, the traits of the crate `approx`, and an executor that
//! shuffles tasks.
//!
//! Lazy arrays are computed, whole: this is for objects of tests, not for large data.

mod approx;
mod batched;
mod difference;
mod elements;
mod shuffled;

pub use batched::Batched;
pub use difference::{Compared, Same, difference};
pub use shuffled::Shuffled;

/// Panics with the [`difference`] unless both have equal dimensions, coordinates and elements; missing equals
/// missing. Names of arrays, attributes and dtypes do not count, as in [`equals`](crate::labels::DataArray::equals).
///
/// # Panics
/// If the two differ.
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// use graticule::testing::assert_equal;
/// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, f64::NAN])?;
/// assert_equal(&a, &a.add(0.0)?);
/// # Ok::<(), graticule::Error>(())
/// ```
#[track_caller]
pub fn assert_equal<T: Compared>(left: &T, right: &T) {
    check(left, right, Same::Equal);
}

/// Panics with the [`difference`] unless both are equal, with equal names, attributes and indexes.
///
/// # Panics
/// If the two differ.
///
/// # Example
/// ```should_panic
/// # use graticule::prelude::*;
/// use graticule::testing::assert_identical;
/// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// assert_identical(&a, &a.assign_attrs([("units", "m")]));
/// # Ok::<(), graticule::Error>(())
/// ```
#[track_caller]
pub fn assert_identical<T: Compared>(left: &T, right: &T) {
    check(left, right, Same::Identical);
}

/// Panics with the [`difference`] unless both are equal but for rounding: numbers where
/// `|left - right| <= atol + rtol * |right|`. xarray's defaults are `rtol` 1e-5 and `atol` 1e-8.
///
/// # Panics
/// If the two differ.
///
/// # Example
/// ```
/// # use graticule::prelude::*;
/// use graticule::testing::assert_allclose;
/// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// assert_allclose(&a, &a.add(1e-9)?, 1e-5, 1e-8);
/// # Ok::<(), graticule::Error>(())
/// ```
#[track_caller]
pub fn assert_allclose<T: Compared>(left: &T, right: &T, rtol: f64, atol: f64) {
    check(left, right, Same::Close { rtol, atol });
}

#[track_caller]
fn check<T: Compared>(left: &T, right: &T, how: Same) {
    if let Some(text) = difference(left, right, how) {
        panic!("{text}");
    }
}
