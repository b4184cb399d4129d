//! Which elements of two blocks differ, and by how much.

use num_complex::Complex;

use super::Same;
use crate::array::Block;
use crate::dtype::dispatch::with_element;
use crate::dtype::{DType, Element, promote};
use crate::error::Result;
use crate::kernel::cast::cast;

/// The elements that differ.
pub(super) struct Differing {
    /// Their positions in row-major order.
    pub(super) at: Vec<usize>,
    /// The largest absolute and relative difference between numbers that are there.
    pub(super) largest: Option<(f64, f64)>,
}

/// The elements of blocks of one shape that differ; `None` if their dtypes have nothing in common.
pub(super) fn differing(a: &Block, b: &Block, how: Same) -> Result<Option<Differing>> {
    let Ok(dtype) = promote::promote(a.dtype(), b.dtype()) else { return Ok(None) };
    let (a, b) = (cast(a, dtype)?, cast(b, dtype)?);
    if !(dtype.is_number() || dtype.is_bool()) {
        let at = with_element!(dtype.kind(), T => unequal::<T>(&a, &b)?);
        return Ok(Some(Differing { at, largest: None }));
    }
    let exact = with_element!(dtype.kind(), T => unequal::<T>(&a, &b)?);
    let (x, y) =
        (cast(&a, DType::C128)?.to_vec::<Complex<f64>>()?, cast(&b, DType::C128)?.to_vec::<Complex<f64>>()?);
    // Integers beyond 2^53 are compared as they are; only what differs is measured.
    let at: Vec<usize> = exact.into_iter().filter(|&i| !near(x[i], y[i], how)).collect();
    let mut largest: Option<(f64, f64)> = None;
    for &i in &at {
        let distance = (x[i] - y[i]).norm();
        if distance.is_nan() {
            continue;
        }
        let relative = distance / y[i].norm();
        let (abs, rel) = largest.unwrap_or((0.0, 0.0));
        largest = Some((abs.max(distance), rel.max(relative)));
    }
    Ok(Some(Differing { at, largest }))
}

/// The positions of elements that are not equal; missing equals missing.
fn unequal<T: Element>(a: &Block, b: &Block) -> Result<Vec<usize>> {
    let pairs = a.typed::<T>()?.iter().zip(b.typed::<T>()?.iter()).enumerate();
    let same = |x: &T, y: &T| x == y || x.is_missing() && y.is_missing();
    Ok(pairs.filter(|(_, (x, y))| !same(x, y)).map(|(i, _)| i).collect())
}

/// Whether two numbers that are not equal are near enough.
fn near(a: Complex<f64>, b: Complex<f64>, how: Same) -> bool {
    let distance = (a - b).norm();
    // Infinities are near themselves only.
    if !distance.is_finite() {
        return false;
    }
    match how {
        Same::Equal | Same::Identical => false,
        Same::Close { rtol, atol } => distance <= atol + rtol * b.norm(),
        Same::Relative { epsilon, max_relative } => {
            distance <= epsilon || distance <= max_relative * a.norm().max(b.norm())
        }
    }
}
