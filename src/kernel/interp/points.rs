//! Values at points: places along several axes at once.

use num_complex::Complex;

use super::taps::beyond;
use super::{Taps, Value, with_value};
use crate::array::Block;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::cast::CastFrom;
use crate::kernel::movement::offsets;

/// Points over several axes of an array.
#[derive(Clone, Copy)]
pub(crate) struct Points<'a> {
    /// The axes that they have places along, in rising order.
    pub(crate) axes: &'a [usize],
    /// Where they lie along each.
    pub(crate) taps: &'a [Taps],
    /// Where their axis stands in the result.
    pub(crate) at: usize,
}

/// A part of an array, and which points lie in it.
pub(crate) struct PointsPiece<'a> {
    pub(crate) block: &'a Block,
    /// Where the block begins along each of the axes of the points.
    pub(crate) starts: Vec<usize>,
    /// The points, and their places along the axis of points of the result.
    pub(crate) points: &'a [(usize, usize)],
}

/// Values at points, whose axis takes the place of those that they lie along: products of the shares along each axis weigh the corners of the box around a point, as in scipy's `interpn`. Points without
/// any box get what `fills` says.
///
/// # Errors
/// If the elements are neither floats nor complex numbers.
pub(crate) fn at_points(
    pieces: &[PointsPiece<'_>],
    dtype: DType,
    points: Points<'_>,
    shape: &[usize],
    outside: &[(usize, usize)],
    fills: [f64; 2],
) -> Result<Block> {
    with_value!(dtype, T, V => {
        let mut out = vec![V::missing(); shape.iter().product()];
        let size: usize = shape[points.at + 1..].iter().product();
        let row = shape[points.at] * size;
        for piece in pieces {
            fill_points::<T, V>(piece, points, (row, size), &mut out)?;
        }
        for (point, place) in outside {
            let code = points.taps.iter().map(|t| t.at(*point).0).min().unwrap_or_default();
            let value = beyond::<V>(code, fills);
            if row > 0 {
                out.chunks_exact_mut(row).for_each(|out| out[place * size..][..size].fill(value));
            }
        }
        Block::from_vec(shape, out)
    })
}

fn fill_points<T, V>(
    piece: &PointsPiece<'_>,
    Points { axes, taps, at }: Points<'_>,
    (row, size): (usize, usize),
    out: &mut [V],
) -> Result<()>
where
    T: crate::dtype::Element,
    V: Value + CastFrom<T>,
{
    let block = piece.block.clone().contiguous();
    let elements = block.as_slice::<T>().ok_or_else(|| Error::internal("made contiguous"))?;
    let lengths = block.shape();
    let mut strides = vec![1; lengths.len()];
    for axis in (1..lengths.len()).rev() {
        strides[axis - 1] = strides[axis] * lengths[axis];
    }
    let kept: Vec<usize> = (0..lengths.len()).filter(|a| !axes.contains(a)).collect();
    let rows = offsets(&kept[..at], lengths, &strides);
    let steps = offsets(&kept[at..], lengths, &strides);
    if row == 0 || rows.is_empty() {
        return Ok(());
    }
    // The corners around each point, found once for all rows.
    let mut corners: Vec<(usize, f64)> = Vec::new();
    let mut ends: Vec<usize> = Vec::with_capacity(piece.points.len());
    for (point, _) in piece.points {
        let first = corners.len();
        corners.push((0, 1.0));
        for ((axis, start), taps) in axes.iter().zip(&piece.starts).zip(taps) {
            let (base, other, share) = taps.at(*point);
            let offset = |p: i64| (p as usize - start) * strides[*axis];
            let before = corners.len();
            if base != other {
                for c in first..before {
                    let (o, w) = corners[c];
                    corners.push((o + offset(other), w * share));
                }
            }
            for corner in &mut corners[first..before] {
                corner.0 += offset(base);
                corner.1 *= if base == other { 1.0 } else { 1.0 - share };
            }
        }
        ends.push(corners.len());
    }
    for (row, out) in rows.iter().zip(out.chunks_exact_mut(row)) {
        let mut first = 0;
        for ((_, place), end) in piece.points.iter().zip(&ends) {
            let corners = &corners[std::mem::replace(&mut first, *end)..*end];
            for (step, out) in steps.iter().zip(&mut out[place * size..][..size]) {
                let value = |(o, w): &(usize, f64)| V::cast_from(&elements[row + step + o]) * *w;
                let sum = corners[1..].iter().fold(value(&corners[0]), |sum, c| sum + value(c));
                *out = sum;
            }
        }
    }
    Ok(())
}
