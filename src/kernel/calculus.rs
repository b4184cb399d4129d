//! Differences and running integrals along an axis.

use std::ops::Range;
use std::sync::Arc;

use num_complex::Complex;
use serde::{Deserialize, Serialize};

use crate::array::{Block, Region, uncleared};
use crate::dtype::{DType, Element, Kind, NAT, Number};
use crate::error::{Error, Result};

/// The places of the elements along an axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Spacing {
    /// All at this distance from each other.
    Even(f64),
    /// Here.
    Uneven(Arc<[f64]>),
}

impl Spacing {
    /// The spacing of points, which are in order along the axis.
    pub fn new(points: &[f64]) -> Spacing {
        let step = if points.len() > 1 { points[1] - points[0] } else { 1.0 };
        match points.windows(2).all(|w| w[1] - w[0] == step) {
            true => Spacing::Even(step),
            false => Spacing::Uneven(points.into()),
        }
    }

    /// The distance from a point to the next.
    fn step(&self, i: usize) -> f64 {
        match self {
            Spacing::Even(step) => *step,
            Spacing::Uneven(x) => x[i + 1] - x[i],
        }
    }
}

/// The positions that the gradient at `range` needs, of an axis of length `len`.
pub fn gradient_span(range: Range<usize>, len: usize, edge_order: usize) -> Range<usize> {
    // At an end of the axis the nearest `edge_order` neighbours count.
    let start = if range.end == len { len - edge_order - 1 } else { len };
    let end = if range.start == 0 { edge_order + 1 } else { 0 };
    range.start.saturating_sub(1).min(start)..(range.end + 1).max(end).min(len)
}

/// The dtype of a gradient.
///
/// # Errors
/// If differences have no meaning.
pub fn gradient_dtype(dtype: DType) -> Result<DType> {
    match dtype {
        d if d.is_float() || d.is_complex() => Ok(d),
        d if d.is_integer() || d.is_time() => Ok(DType::F64),
        DType::Bool => Err(Error::dtype("differences have no meaning for bool")
            .help("cast it to a number first, as with `astype`")),
        d => Err(Error::dtype(format!("differences have no meaning for {d}"))),
    }
}

/// Elements in which differences are taken: floats, complex numbers and ticks.
trait Sample: Element + Copy {
    type Out: Number;
    fn slope(later: Self, earlier: Self, distance: f64) -> Self::Out;
    /// Three elements times factors that sum to zero.
    fn combine(f: [Self; 3], by: [f64; 3]) -> Self::Out;
}

macro_rules! samples {
    ($($T:ty as $Wide:ty, |$v:ident| $wide:expr, |$w:ident| $narrow:expr;)*) => {$(
        impl Sample for $T {
            type Out = $T;
            #[inline(always)]
            fn slope(later: $T, earlier: $T, distance: f64) -> $T {
                let wide = |$v: $T| -> $Wide { $wide };
                let $w = (wide(later) - wide(earlier)) / distance;
                $narrow
            }
            #[inline(always)]
            fn combine(f: [$T; 3], by: [f64; 3]) -> $T {
                let wide = |$v: $T| -> $Wide { $wide };
                let $w = wide(f[0]) * by[0] + wide(f[1]) * by[1] + wide(f[2]) * by[2];
                $narrow
            }
        }
    )*};
}
samples! {
    f32 as f64, |v| f64::from(v), |w| w as f32;
    f64 as f64, |v| v, |w| w;
    Complex<f32> as Complex<f64>, |v| Complex::new(f64::from(v.re), f64::from(v.im)), |w| Complex::new(w.re as f32, w.im as f32);
    Complex<f64> as Complex<f64>, |v| v, |w| w;
}

/// Ticks: differences are taken in whole numbers, which lose nothing.
impl Sample for i64 {
    type Out = f64;
    #[inline(always)]
    fn slope(later: i64, earlier: i64, distance: f64) -> f64 {
        ticks(later, earlier) / distance
    }
    #[inline(always)]
    fn combine(f: [i64; 3], by: [f64; 3]) -> f64 {
        ticks(f[2], f[1]) * by[2] - ticks(f[1], f[0]) * by[0]
    }
}

#[inline(always)]
fn ticks(later: i64, earlier: i64) -> f64 {
    match later == NAT || earlier == NAT {
        true => f64::NAN,
        false => (i128::from(later) - i128::from(earlier)) as f64,
    }
}

/// A block cut along an axis: how many rows lie before it, and how long a row is.
fn layout(shape: &[usize], axis: usize) -> (usize, usize) {
    (shape[..axis].iter().product(), shape[axis + 1..].iter().product())
}

/// The gradient at positions `range` of an axis of length `len`; `piece` holds those of [`gradient_span`].
///
/// Second order inside, of `edge_order` at the ends, by the formulas of numpy's `gradient`: inside
/// `f' ≈ (f₊ - f₋) / 2h`, for uneven distances `(h₋²f₊ + (h₊² - h₋²)f - h₊²f₋) / h₋h₊(h₋ + h₊)`.
///
/// # Errors
/// If the block holds neither floats, complex numbers nor times.
pub fn gradient(
    piece: Block,
    axis: usize,
    range: Range<usize>,
    len: usize,
    spacing: &Spacing,
    edge_order: usize,
) -> Result<Block> {
    let job = Gradient { axis, range, len, spacing, edge_order };
    match piece.dtype().kind() {
        Kind::F32 => job.run::<f32>(piece),
        Kind::F64 => job.run::<f64>(piece),
        Kind::C64 => job.run::<Complex<f32>>(piece),
        Kind::C128 => job.run::<Complex<f64>>(piece),
        Kind::I64 => job.run::<i64>(piece),
        _ => Err(Error::internal(format!("a gradient of {}", piece.dtype()))),
    }
}

struct Gradient<'a> {
    axis: usize,
    range: Range<usize>,
    len: usize,
    spacing: &'a Spacing,
    edge_order: usize,
}

impl Gradient<'_> {
    fn run<T: Sample>(&self, piece: Block) -> Result<Block> {
        let piece = piece.contiguous();
        let mut shape = piece.shape().to_vec();
        let rows = shape[self.axis];
        shape[self.axis] = self.range.len();
        let (outer, inner) = layout(&shape, self.axis);
        let f = piece.as_slice::<T>().ok_or_else(|| Error::internal("a piece of another dtype"))?;
        let mut out = uncleared::<T::Out>(shape.iter().product());
        let first = gradient_span(self.range.clone(), self.len, self.edge_order).start;
        let inside = self.range.start.max(1)..self.range.end.min(self.len - 1);
        let factors: Vec<[f64; 3]> = match self.spacing {
            Spacing::Even(_) => Vec::new(),
            Spacing::Uneven(_) => inside.clone().map(|i| self.inside(i)).collect(),
        };
        if out.is_empty() {
            return Block::from_vec(&shape, out);
        }
        let each = f.chunks_exact(rows * inner).zip(out.chunks_exact_mut(self.range.len() * inner));
        debug_assert_eq!(each.len(), outer);
        for (f, out) in each {
            let row = |i: usize| &f[(i - first) * inner..(i - first + 1) * inner];
            if !inside.is_empty() {
                let at = |i: usize| (i - first) * inner;
                let n = inside.len() * inner;
                let [a, b, c] =
                    [inside.start - 1, inside.start, inside.start + 1].map(|i| &f[at(i)..at(i) + n]);
                let to = (inside.start - self.range.start) * inner;
                self.fill::<T>([a, b, c], &factors, inner, &mut out[to..to + n]);
            }
            for i in [0, self.len - 1] {
                if !self.range.contains(&i) {
                    continue;
                }
                let to = (i - self.range.start) * inner;
                let out = &mut out[to..to + inner];
                if self.edge_order == 1 {
                    let low = if i == 0 { 0 } else { i - 1 };
                    let distance = self.spacing.step(low);
                    for ((o, a), b) in out.iter_mut().zip(row(low)).zip(row(low + 1)) {
                        *o = T::slope(*b, *a, distance);
                    }
                } else {
                    let (low, by) = self.edge(i == 0);
                    let rows = row(low).iter().zip(row(low + 1)).zip(row(low + 2));
                    for (o, ((a, b), c)) in out.iter_mut().zip(rows) {
                        *o = T::combine([*a, *b, *c], by);
                    }
                }
            }
        }
        Block::from_vec(&shape, out)
    }

    /// Inside of the axis: rows of the neighbours before, of the positions, and of the neighbours after.
    fn fill<T: Sample>(&self, [a, b, c]: [&[T]; 3], by: &[[f64; 3]], inner: usize, out: &mut [T::Out]) {
        match self.spacing {
            // The element itself has no part in it: a missing one leaves no hole.
            Spacing::Even(step) => {
                let distance = 2.0 * step;
                for ((o, a), c) in out.iter_mut().zip(a).zip(c) {
                    *o = T::slope(*c, *a, distance);
                }
            }
            Spacing::Uneven(_) if inner == 1 => {
                for ((((o, a), b), c), by) in out.iter_mut().zip(a).zip(b).zip(c).zip(by) {
                    *o = T::combine([*a, *b, *c], *by);
                }
            }
            Spacing::Uneven(_) => {
                let rows = a.chunks_exact(inner).zip(b.chunks_exact(inner)).zip(c.chunks_exact(inner));
                for ((out, ((a, b), c)), by) in out.chunks_exact_mut(inner).zip(rows).zip(by) {
                    for (((o, a), b), c) in out.iter_mut().zip(a).zip(b).zip(c) {
                        *o = T::combine([*a, *b, *c], *by);
                    }
                }
            }
        }
    }

    fn inside(&self, i: usize) -> [f64; 3] {
        let (before, after) = (self.spacing.step(i - 1), self.spacing.step(i));
        [
            -after / (before * (before + after)),
            (after - before) / (before * after),
            before / (after * (before + after)),
        ]
    }

    /// The first of the three positions that the second order at an end needs, and their factors.
    fn edge(&self, begin: bool) -> (usize, [f64; 3]) {
        let low = if begin { 0 } else { self.len - 3 };
        if let Spacing::Even(step) = self.spacing {
            let by = if begin { [-1.5, 2.0, -0.5] } else { [0.5, -2.0, 1.5] };
            return (low, by.map(|b| b / step));
        }
        let (h1, h2) = (self.spacing.step(low), self.spacing.step(low + 1));
        let by = if begin {
            [-(2.0 * h1 + h2) / (h1 * (h1 + h2)), (h1 + h2) / (h1 * h2), -h1 / (h2 * (h1 + h2))]
        } else {
            [h2 / (h1 * (h1 + h2)), -(h2 + h1) / (h1 * h2), (2.0 * h2 + h1) / (h2 * (h1 + h2))]
        };
        (low, by)
    }
}

/// Numbers that are integrated, in a wider type.
trait Integrand: Element + Copy {
    type Wide: Element + Copy + std::ops::Add<Output = Self::Wide> + std::ops::Mul<f64, Output = Self::Wide>;
    fn wide(self) -> Self::Wide;
    fn narrow(v: Self::Wide) -> Self;
}

macro_rules! integrands {
    ($($T:ty as $Wide:ty, |$v:ident| $wide:expr, |$w:ident| $narrow:expr;)*) => {$(
        impl Integrand for $T {
            type Wide = $Wide;
            #[inline(always)]
            fn wide(self) -> $Wide {
                let $v = self;
                $wide
            }
            #[inline(always)]
            fn narrow($w: $Wide) -> $T {
                $narrow
            }
        }
    )*};
}
integrands! {
    f32 as f64, |v| f64::from(v), |w| w as f32;
    f64 as f64, |v| v, |w| w;
    Complex<f32> as Complex<f64>, |v| Complex::new(f64::from(v.re), f64::from(v.im)), |w| Complex::new(w.re as f32, w.im as f32);
    Complex<f64> as Complex<f64>, |v| v, |w| w;
}

/// Evaluates with `$T` as the type of an integrand.
macro_rules! with_integrand {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype.kind() {
            Kind::F32 => {
                type $T = f32;
                $body
            }
            Kind::F64 => {
                type $T = f64;
                $body
            }
            Kind::C64 => {
                type $T = Complex<f32>;
                $body
            }
            Kind::C128 => {
                type $T = Complex<f64>;
                $body
            }
            _ => Err(Error::internal(format!("an integral of {}", $dtype))),
        }
    };
}

/// The dtype in which integrals of `dtype` are summed.
pub fn wide_dtype(dtype: DType) -> DType {
    if dtype.is_complex() { DType::C128 } else { DType::F64 }
}

/// The integral by trapezoids from the first row of `piece` to each of its rows, along an axis with the
/// points `x`, plus `start` (of length 1 along the axis, in the wide dtype).
///
/// # Errors
/// If the block does not hold floats or complex numbers.
pub fn running_integral(piece: Block, axis: usize, x: &[f64], start: Option<&Block>) -> Result<Block> {
    fn run<T: Integrand>(piece: &Block, axis: usize, x: &[f64], start: Option<&Block>) -> Result<Block> {
        let shape = piece.shape();
        let rows = shape[axis];
        let (outer, inner) = layout(shape, axis);
        if piece.size() == 0 {
            return Block::from_vec(shape, Vec::<T>::new());
        }
        let y = piece.as_slice::<T>().ok_or_else(|| Error::internal("a piece of another dtype"))?;
        let mut sums = match start {
            Some(start) => start.to_vec::<T::Wide>()?,
            None => vec![T::Wide::default(); outer * inner],
        };
        let mut out = Vec::with_capacity(shape.iter().product());
        let size = (rows * inner).max(1);
        for (y, sums) in y.chunks_exact(size).zip(sums.chunks_exact_mut(inner.max(1))) {
            out.extend(sums.iter().map(|s| T::narrow(*s)));
            for (i, (a, b)) in y.chunks_exact(inner).zip(y[inner..].chunks_exact(inner)).enumerate() {
                let half = (x[i + 1] - x[i]) * 0.5;
                for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                    *sum = *sum + (a.wide() + b.wide()) * half;
                }
                out.extend(sums.iter().map(|s| T::narrow(*s)));
            }
        }
        Block::from_vec(shape, out)
    }
    let piece = piece.contiguous();
    with_integrand!(piece.dtype(), T => run::<T>(&piece, axis, x, start))
}

/// The integral over all rows, the first row and the last row of a piece with at least one row, in the wide
/// dtype: along a first axis, each of length 1 along the axis.
///
/// # Errors
/// If the block does not hold floats or complex numbers.
pub fn integral_of_piece(piece: Block, axis: usize, x: &[f64]) -> Result<Block> {
    fn run<T: Integrand>(piece: &Block, axis: usize, x: &[f64]) -> Result<Block> {
        let mut shape = piece.shape().to_vec();
        let rows = shape[axis];
        let (outer, inner) = layout(&shape, axis);
        shape[axis] = 1;
        shape.insert(0, 3);
        if inner == 0 {
            return Block::from_vec(&shape, Vec::<T::Wide>::new());
        }
        let y = piece.as_slice::<T>().ok_or_else(|| Error::internal("a piece of another dtype"))?;
        let mut sums = vec![T::Wide::default(); outer * inner];
        let (mut first, mut last) = (Vec::with_capacity(sums.len()), Vec::with_capacity(sums.len()));
        for (y, sums) in y.chunks_exact((rows * inner).max(1)).zip(sums.chunks_exact_mut(inner.max(1))) {
            for (i, (a, b)) in y.chunks_exact(inner).zip(y[inner..].chunks_exact(inner)).enumerate() {
                let half = (x[i + 1] - x[i]) * 0.5;
                for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                    *sum = *sum + (a.wide() + b.wide()) * half;
                }
            }
            first.extend(y[..inner].iter().map(|v| v.wide()));
            last.extend(y[y.len() - inner..].iter().map(|v| v.wide()));
        }
        sums.append(&mut first);
        sums.append(&mut last);
        Block::from_vec(&shape, sums)
    }
    let piece = piece.contiguous();
    with_integrand!(piece.dtype(), T => run::<T>(&piece, axis, x))
}

/// The integral up to the first row of each of several consecutive pieces, from what
/// [`integral_of_piece`] gave for them: `gaps` are the distances between the last row of a piece and the
/// first of the next. After a first axis of length 1, one position for each piece along the axis.
///
/// # Errors
/// If there are no pieces, or the blocks are not of a wide dtype.
pub fn integrals_before(pieces: &[Block], axis: usize, gaps: &[f64]) -> Result<Block> {
    fn run<T: Integrand<Wide = T> + std::ops::Add<Output = T> + std::ops::Mul<f64, Output = T>>(
        pieces: &[Block],
        axis: usize,
        gaps: &[f64],
    ) -> Result<Block> {
        let mut one = pieces[0].shape().to_vec();
        one[0] = 1;
        let lanes = one.iter().product();
        let mut shape = one.clone();
        shape[axis + 1] = pieces.len();
        let mut out = Block::zeros(pieces[0].dtype(), &shape);
        let mut running = vec![T::default(); lanes];
        let rows = |piece: usize, row: usize| {
            let all = pieces[piece].as_slice::<T>().unwrap_or_default();
            &all[row * lanes..(row + 1) * lanes]
        };
        for i in 1..pieces.len() {
            let links = rows(i - 1, 2).iter().zip(rows(i, 1));
            for ((sum, integral), (last, first)) in running.iter_mut().zip(rows(i - 1, 0)).zip(links) {
                *sum = *sum + *integral + (*last + *first) * (gaps[i - 1] * 0.5);
            }
            let mut at = Region::full(&shape);
            at.set(axis + 1, i..i + 1);
            out.assign(&at, &Block::from_vec(&one, running.clone())?);
        }
        Ok(out)
    }
    match pieces.first().map(Block::dtype) {
        Some(DType::C128) => run::<Complex<f64>>(pieces, axis, gaps),
        Some(DType::F64) => run::<f64>(pieces, axis, gaps),
        found => Err(Error::internal(format!("integrals in {found:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_of_pieces_are_those_of_the_whole() {
        let x = [0.0, 1.0, 3.0, 4.0, 6.5, 7.0, 9.0];
        let n = x.len();
        let f: Vec<f64> = (0..2 * n).map(|i| ((i * i) % 17) as f64).collect();
        for (axis, shape) in [(1, [2, n]), (0, [n, 2])] {
            let whole = Block::from_vec(&shape, f.clone()).unwrap();
            for (spacing, order) in [(Spacing::new(&x), 1), (Spacing::new(&x), 2), (Spacing::Even(0.5), 2)] {
                let all = gradient(whole.clone(), axis, 0..n, n, &spacing, order).unwrap();
                for range in [0..1, 0..3, 2..5, 3..7, 6..7] {
                    let region = |r: Range<usize>| {
                        let mut region = crate::array::Region::full(&shape);
                        region.set(axis, r);
                        region
                    };
                    let piece = whole.region(&region(gradient_span(range.clone(), n, order)));
                    let part = gradient(piece, axis, range.clone(), n, &spacing, order).unwrap();
                    assert!(part.same_bits(&all.region(&region(range.clone()))), "{range:?} {spacing:?}");
                }
            }
        }
    }

    #[test]
    fn a_parabola_has_an_exact_gradient() {
        let x = [0.0, 1.0, 3.0, 4.0];
        let f = Block::from_vec(&[4], x.map(|x| x * x).to_vec()).unwrap();
        let g = gradient(f, 0, 0..4, 4, &Spacing::new(&x), 2).unwrap();
        for (g, x) in g.to_vec::<f64>().unwrap().iter().zip(x) {
            assert!((g - 2.0 * x).abs() < 1e-13, "{g} at {x}");
        }
    }

    #[test]
    fn distances_of_late_ticks_are_exact() {
        let f = Block::from_vec(&[3], vec![i64::MAX - 5, i64::MAX - 4, i64::MAX - 2]).unwrap();
        let g = gradient(f, 0, 0..3, 3, &Spacing::Even(1.0), 1).unwrap();
        assert_eq!(g.to_vec::<f64>().unwrap(), [1.0, 1.5, 2.0]);
    }
}
