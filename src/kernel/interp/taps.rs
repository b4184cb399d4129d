//! Values that follow from one or two points each: lines, the nearest point, the point before.

use std::sync::Arc;

use num_complex::Complex;
use serde::{Deserialize, Serialize};

use super::{InterpMethod, Value, piece, with_value};
use crate::array::Block;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::kernel::cast::CastFrom;

/// The place lies before the first point.
const BEFORE: i64 = -1;
/// The place lies behind the last point.
const BEHIND: i64 = -2;
/// The place is missing itself.
const NOWHERE: i64 = -3;

/// Where along an axis the values at some places come from: the value at the position `base`, and a share of the
/// way from there to the value at `other`. Where both are the same position its value is copied. A negative
/// position tells that the place has no points around it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Taps {
    base: Arc<[i64]>,
    other: Arc<[i64]>,
    share: Arc<[f64]>,
    /// Whether infinite values are borne as `numpy.interp` does.
    infinite: bool,
}

/// What a place on a point itself takes of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hits {
    /// Nothing: its value is that of the point, as in `numpy.interp`.
    Exact,
    /// Its missing value: that of the point before, as in scipy's `interp1d`.
    Before,
    /// Its missing value: that of the point behind, as in scipy's splines and `interpn`.
    Behind,
}

impl Taps {
    /// The taps of a method for the places `at`, given points at the rising places `x` (at least one); `go_on` says
    /// whether the first and last piece go on for ever.
    ///
    /// # Errors
    /// If the method needs more than two points.
    pub(crate) fn new(method: InterpMethod, x: &[f64], at: &[f64], go_on: bool, hits: Hits) -> Result<Taps> {
        if !method.is_local() || x.is_empty() {
            return Err(Error::internal(format!("taps by `{}` among {} points", method.name(), x.len())));
        }
        let last = x.len() - 1;
        let tap = |&at: &f64| -> (usize, usize, f64) {
            let before = x.partition_point(|x| *x <= at).max(1) - 1;
            match method {
                InterpMethod::Zero => return (before, before, 0.0),
                InterpMethod::Nearest => {
                    let i = piece(x, at);
                    let behind = at > x[i + 1] / 2.0 + x[i] / 2.0;
                    let i = i + usize::from(behind);
                    return (i, i, 0.0);
                }
                _ => {}
            }
            if x[before] == at {
                let beside = match hits {
                    Hits::Exact => before,
                    Hits::Before if before == 0 => 1,
                    Hits::Before => before - 1,
                    Hits::Behind if before == last => before - 1,
                    Hits::Behind => before + 1,
                };
                return (before, beside, 0.0);
            }
            let i = piece(x, at);
            (i, i + 1, (at - x[i]) / (x[i + 1] - x[i]))
        };
        let (mut base, mut other) = (Vec::with_capacity(at.len()), Vec::with_capacity(at.len()));
        let mut share = Vec::with_capacity(at.len());
        for at in at {
            let (i, j, s) = match at {
                at if at.is_nan() => (NOWHERE, NOWHERE, 0.0),
                at if !go_on && *at < x[0] => (BEFORE, BEFORE, 0.0),
                at if !go_on && *at > x[last] => (BEHIND, BEHIND, 0.0),
                // One point is no line: what goes on is its value.
                _ if last == 0 => (0, 0, 0.0),
                at => {
                    let (i, j, s) = tap(at);
                    (i as i64, j as i64, s)
                }
            };
            base.push(i);
            other.push(j);
            share.push(s);
        }
        let infinite = hits == Hits::Exact && method == InterpMethod::Linear;
        Ok(Taps { base: base.into(), other: other.into(), share: share.into(), infinite })
    }

    /// Taps that copy from these positions.
    pub(crate) fn copies(positions: Vec<i64>) -> Taps {
        let base: Arc<[i64]> = positions.into();
        Taps { other: base.clone(), share: vec![0.0; base.len()].into(), base, infinite: false }
    }

    /// The same where the points stand in another order: point `i` at the position `order[i]`.
    pub(crate) fn ordered(self, order: &[i64]) -> Taps {
        let map = |positions: &[i64]| -> Arc<[i64]> {
            positions.iter().map(|&p| if p < 0 { p } else { order[p as usize] }).collect()
        };
        Taps { base: map(&self.base), other: map(&self.other), ..self }
    }

    /// How many places there are.
    pub(crate) fn len(&self) -> usize {
        self.base.len()
    }

    /// The positions that values are copied from, -1 where there is none; `None` if a value comes from two, or if
    /// the places without points are not all alike.
    pub(crate) fn as_copies(&self, alike: bool) -> Option<Vec<i64>> {
        let copies = self.base.iter().zip(self.other.iter()).all(|(a, b)| a == b);
        let alike = alike || !self.base.contains(&NOWHERE);
        (copies && alike).then(|| self.base.iter().map(|p| (*p).max(-1)).collect())
    }

    /// The positions that the places of a range use.
    pub(crate) fn used(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let both = self.base[range.clone()].iter().zip(&self.other[range]);
        both.flat_map(|(a, b)| [*a, *b]).filter_map(|p| usize::try_from(p).ok())
    }

    /// The position that the value at a place begins with, if there is any.
    pub(crate) fn base(&self, place: usize) -> Option<usize> {
        usize::try_from(self.base[place]).ok()
    }

    /// The same of several axes: each with its position and its share, the second one first where they are equal.
    pub(super) fn at(&self, place: usize) -> (i64, i64, f64) {
        (self.base[place], self.other[place], self.share[place])
    }
}

/// What stands at a place without points around it.
pub(super) fn beyond<V: Value>(code: i64, fills: [f64; 2]) -> V {
    match code {
        BEFORE if !fills[0].is_nan() => V::real(fills[0]),
        BEHIND if !fills[1].is_nan() => V::real(fills[1]),
        _ => V::missing(),
    }
}

/// The dtype of values between elements of a dtype.
///
/// # Errors
/// If they have none.
pub(crate) fn value_dtype(dtype: DType) -> Result<DType> {
    match dtype {
        DType::F32 | DType::F64 => Ok(DType::F64),
        DType::C64 | DType::C128 => Ok(DType::C128),
        d => Err(Error::dtype(format!("interpolation has no meaning for {d}"))),
    }
}

/// The values of the places `range` along `axis` of a block whose rows along it are those at the (rising) positions
/// that `rows` tells: a position becomes a row. Values are found in double precision, and rounded to the dtype of the
/// elements if they are to be `narrow`.
///
/// # Errors
/// If the elements are neither floats nor complex numbers.
pub(crate) fn lines(
    block: Block,
    axis: usize,
    taps: &Taps,
    range: std::ops::Range<usize>,
    rows: impl Fn(usize) -> usize,
    (fills, narrow): ([f64; 2], bool),
) -> Result<Block> {
    let row = |p: &i64| usize::try_from(*p).map_or(0, &rows);
    let pairs: Vec<[usize; 2]> = (taps.base[range.clone()].iter().zip(&taps.other[range.clone()]))
        .map(|(i, j)| [row(i), row(j)])
        .collect();
    let share = &taps.share[range.clone()];
    let mut shape = block.shape().to_vec();
    let n = shape[axis];
    let inner: usize = shape[axis + 1..].iter().product();
    shape[axis] = range.len();
    let block = block.contiguous();
    let inner = (n, inner);
    with_value!(block.dtype(), T, V => {
        let elements = block.as_slice::<T>().ok_or_else(|| Error::internal("made contiguous"))?;
        let lines = Lines { pairs: &pairs, share, codes: &taps.base[range], infinite: taps.infinite, fills };
        match narrow {
            true => Block::from_vec(&shape, lines.through::<T, V, T>(elements, inner, shape.iter().product())),
            false => Block::from_vec(&shape, lines.through::<T, V, V>(elements, inner, shape.iter().product())),
        }
    })
}

/// The lines of a piece: for each place the rows that it lies between.
struct Lines<'a> {
    pairs: &'a [[usize; 2]],
    share: &'a [f64],
    /// Negative where there are no points around a place.
    codes: &'a [i64],
    infinite: bool,
    fills: [f64; 2],
}

impl Lines<'_> {
    /// `size` values between elements that lie in lanes of `n` rows of `inner` elements.
    fn through<T, V, O>(&self, elements: &[T], (n, inner): (usize, usize), size: usize) -> Vec<O>
    where
        V: Value + CastFrom<T>,
        O: Element + Copy + CastFrom<V>,
    {
        let mut out = vec![O::cast_from(&V::missing()); size];
        let row = self.pairs.len() * inner;
        if out.is_empty() {
            return out;
        }
        if n > 0 {
            for (lane, out) in elements.chunks_exact(n * inner).zip(out.chunks_exact_mut(row)) {
                self.fill::<T, V, O>(lane, inner, out);
                if self.infinite {
                    self.bear_infinite::<T, V, O>(lane, inner, out);
                }
            }
        }
        for (t, code) in self.codes.iter().enumerate().filter(|(_, code)| **code < 0) {
            let value = O::cast_from(&beyond::<V>(*code, self.fills));
            out.chunks_exact_mut(row).for_each(|out| out[t * inner..][..inner].fill(value));
        }
        out
    }

    fn fill<T, V, O>(&self, lane: &[T], inner: usize, out: &mut [O])
    where
        V: Value + CastFrom<T>,
        O: Element + Copy + CastFrom<V>,
    {
        if inner == 1 {
            for ((out, &[i, j]), &s) in out.iter_mut().zip(self.pairs).zip(self.share) {
                let (a, b) = (V::cast_from(&lane[i]), V::cast_from(&lane[j]));
                *out = O::cast_from(&if i == j { a } else { a + (b - a) * s });
            }
            return;
        }
        for ((row, &[i, j]), &s) in out.chunks_exact_mut(inner).zip(self.pairs).zip(self.share) {
            let (a, b) = (&lane[i * inner..][..inner], &lane[j * inner..][..inner]);
            if i == j {
                row.iter_mut().zip(a).for_each(|(out, a)| *out = O::cast_from(&V::cast_from(a)));
                continue;
            }
            for ((out, a), b) in row.iter_mut().zip(a).zip(b) {
                let (a, b) = (V::cast_from(a), V::cast_from(b));
                *out = O::cast_from(&(a + (b - a) * s));
            }
        }
    }

    /// Where a line begins at an infinite value it is seen from its other end.
    fn bear_infinite<T, V, O>(&self, lane: &[T], inner: usize, out: &mut [O])
    where
        V: Value + CastFrom<T>,
        O: Element + Copy + CastFrom<V>,
    {
        for ((row, &[i, j]), &s) in out.chunks_exact_mut(inner).zip(self.pairs).zip(self.share) {
            for (k, out) in row.iter_mut().enumerate().filter(|(_, out)| out.is_missing()) {
                let (a, b) = (V::cast_from(&lane[i * inner + k]), V::cast_from(&lane[j * inner + k]));
                let v = b + (b - a) * (s - 1.0);
                *out = O::cast_from(&if v.is_missing() && a == b { a } else { v });
            }
        }
    }
}
