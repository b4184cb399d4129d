//! Values at other places along whole lanes.

use num_complex::Complex;

use super::spline::Spline;
use super::{InterpMethod, Outside, Value, beyond_points, interpolate, with_value};
use crate::array::Block;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::kernel::cast::CastFrom;

/// Lanes that are worked on together, so that rows are read by the cache line.
const SIDE: usize = 64;

/// Each lane along `axis` at the places `at`, given the rising places `x` of its elements.
///
/// # Errors
/// If the elements are neither floats nor complex, or there are too few points for the method.
pub(crate) fn along(
    block: Block,
    axis: usize,
    method: InterpMethod,
    x: &[f64],
    at: &[f64],
    outside: Outside,
) -> Result<Block> {
    let block = block.contiguous();
    let shape = block.shape().to_vec();
    let spline = match method.order() {
        Some(k) if k > 1 && x.len() > k => Some(Spline::new(k, x)),
        _ => None,
    };
    with_value!(block.dtype(), T, V => {
        let elements = block.as_slice::<T>().ok_or_else(|| Error::internal("made contiguous"))?;
        let mut to = shape.clone();
        to[axis] = at.len();
        let mut out = vec![V::missing(); to.iter().product()];
        let inner: usize = shape[axis + 1..].iter().product();
        let (from, into) = (x.len() * inner, at.len() * inner);
        if !out.is_empty() {
            for (lanes, out) in elements.chunks_exact(from).zip(out.chunks_exact_mut(into)) {
                match &spline {
                    Some(spline) => by_spline::<T, V>(spline, lanes, inner, x, at, outside, out),
                    None => one_by_one::<T, V>(method, lanes, inner, x, at, outside, out)?,
                }
            }
        }
        Block::from_vec(&to, out)
    })
}

/// One spline for all lanes: the matrix of its points is factored once.
fn by_spline<T, V>(
    spline: &Spline,
    lanes: &[T],
    inner: usize,
    x: &[f64],
    at: &[f64],
    outside: Outside,
    out: &mut [V],
) where
    V: Value + CastFrom<T>,
{
    let mut terms = Vec::with_capacity(at.len());
    let mut basis = spline.basis();
    for at in at {
        let (first, weights) = spline.terms(&mut basis, *at);
        terms.push((first, weights.to_vec()));
    }
    let mut c = vec![V::missing(); SIDE.min(inner) * x.len()];
    for start in (0..inner).step_by(SIDE) {
        let width = SIDE.min(inner - start);
        let c = &mut c[..width * x.len()];
        let mut missing = [false; SIDE];
        for (c, row) in c.chunks_exact_mut(width).zip(lanes.chunks_exact(inner)) {
            for ((c, v), missing) in c.iter_mut().zip(&row[start..start + width]).zip(&mut missing) {
                *c = V::cast_from(v);
                *missing |= c.is_missing();
            }
        }
        spline.solve(c, width);
        for ((row, (first, weights)), at) in out.chunks_exact_mut(inner).zip(&terms).zip(at) {
            let row = &mut row[start..start + width];
            if let Some(value) = beyond_points(x, *at, outside) {
                row.fill(value);
                continue;
            }
            row.fill(V::real(0.0));
            for (c, w) in c[first * width..].chunks_exact(width).zip(weights) {
                row.iter_mut().zip(c).for_each(|(out, c)| *out = *out + *c * *w);
            }
            // A missing point leaves nothing of the spline.
            let lost = row.iter_mut().zip(&missing).filter(|(_, missing)| **missing);
            lost.for_each(|(out, _)| *out = V::missing());
        }
    }
}

fn one_by_one<T, V>(
    method: InterpMethod,
    lanes: &[T],
    inner: usize,
    x: &[f64],
    at: &[f64],
    outside: Outside,
    out: &mut [V],
) -> Result<()>
where
    V: Value + CastFrom<T>,
{
    let mut lane = vec![V::missing(); x.len()];
    let mut values = vec![V::missing(); at.len()];
    for l in 0..inner {
        lane.iter_mut().zip(lanes[l..].iter().step_by(inner)).for_each(|(v, e)| *v = V::cast_from(e));
        interpolate(method, x, &lane, at, outside, &mut values)?;
        out[l..].iter_mut().step_by(inner).zip(&values).for_each(|(out, v)| *out = *v);
    }
    Ok(())
}

/// Each lane along `axis` at one place of its own, which the position along the axis `points` tells: the axis goes.
///
/// # Errors
/// Those of [`along`].
pub(crate) fn each(
    block: &Block,
    (axis, points): (usize, usize),
    method: InterpMethod,
    x: &[f64],
    at: &[f64],
    outside: Outside,
) -> Result<Block> {
    let others: Vec<usize> = (0..block.ndim()).filter(|a| *a != axis && *a != points).collect();
    let mut perm = others.clone();
    perm.extend([points, axis]);
    let block = block.permute(&perm).contiguous();
    let shape = &block.shape()[..perm.len() - 1];
    let lost = method.order().is_some_and(|k| k > 1);
    let values = with_value!(block.dtype(), T, V => {
        let elements = block.as_slice::<T>().ok_or_else(|| Error::internal("made contiguous"))?;
        let mut out = vec![V::missing(); shape.iter().product()];
        let mut lane = vec![V::missing(); x.len()];
        let places = (0..out.len()).map(|i| at[i % at.len()]);
        for ((out, at), elements) in out.iter_mut().zip(places).zip(elements.chunks_exact(x.len())) {
            lane.iter_mut().zip(elements).for_each(|(v, e)| *v = V::cast_from(e));
            if !(lost && lane.iter().any(Element::is_missing)) {
                interpolate(method, x, &lane, &[at], outside, std::slice::from_mut(out))?;
            }
        }
        Block::from_vec(shape, out)
    })?;
    // Back to the order of the axes.
    let left: Vec<usize> = (0..perm.len()).filter(|a| *a != axis).collect();
    let place = |a: &usize| perm.iter().position(|p| p == a).unwrap_or_default();
    Ok(values.permute(&left.iter().map(place).collect::<Vec<_>>()))
}
