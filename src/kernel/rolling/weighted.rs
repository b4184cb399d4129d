//! Weighted sums of squares of windows: each element is a value (the real part) and its weight (the imaginary one).

use std::ops::Range;

use num_complex::Complex;

use crate::array::Block;
use crate::error::Result;
use crate::kernel::reduce::{Finish, Partial, Policy, Store, flat_block, next_vec};

use super::partial::Missing;

/// Sums about a centre: of weights, of weighted distances from the centre, and of their squares.
///
/// The centre is the mean as long as all weights are of one sign, so that nothing cancels. Where weights may come
/// to nothing there is no mean on the way; any centre will do then, and the end takes off what it is away from it.
#[derive(Clone, Copy)]
struct Sums {
    weight: f64,
    center: f64,
    first: f64,
    second: f64,
}

impl Sums {
    const NONE: Sums = Sums { weight: 0.0, center: 0.0, first: 0.0, second: 0.0 };

    #[inline(always)]
    fn of(element: Complex<f64>) -> Sums {
        Sums { weight: element.im, center: element.re, first: 0.0, second: 0.0 }
    }

    #[inline(always)]
    fn is_none(&self) -> bool {
        self.weight == 0.0 && self.first == 0.0 && self.second == 0.0
    }

    /// The sums about another centre: `Σw(x-b)² = Σw(x-a)² + 2(a-b) Σw(x-a) + (a-b)² Σw`.
    #[inline(always)]
    fn about(self, center: f64) -> Sums {
        let shift = self.center - center;
        Sums {
            center,
            first: self.first + shift * self.weight,
            second: self.second + shift * (2.0 * self.first + shift * self.weight),
            ..self
        }
    }

    #[inline(always)]
    fn join(self, later: Sums) -> Sums {
        if later.is_none() {
            return self;
        }
        if self.is_none() {
            return later;
        }
        let weight = self.weight + later.weight;
        // Weights of one sign have a mean between those of the parts.
        let center = match self.weight * later.weight > 0.0 {
            true => {
                let mean = |s: &Sums| s.center + s.first / s.weight;
                let (a, b) = (mean(&self), mean(&later));
                a + (b - a) * (later.weight / weight)
            }
            false if later.weight.abs() > self.weight.abs() => later.center,
            false => self.center,
        };
        let (a, b) = (self.about(center), later.about(center));
        Sums { weight, center, first: a.first + b.first, second: a.second + b.second }
    }

    fn about_mean(self) -> f64 {
        // Without a mean no value is at a distance from it.
        if self.weight == 0.0 { 0.0 } else { self.second - self.first * (self.first / self.weight) }
    }
}

/// Bytes of [`Sums`].
pub(super) const STATE: usize = size_of::<Sums>();

/// [`Sums`] of lanes.
#[derive(Clone, Copy)]
pub(super) struct Squares<const L: usize>([Sums; L]);

impl<const L: usize> Partial<Complex<f64>, L> for Squares<L> {
    type One = Squares<1>;
    type Store = SquaresStore;

    const EMPTY: Self = Squares([Sums::NONE; L]);

    #[inline(always)]
    fn block<'a>(&mut self, rows: impl Iterator<Item = &'a [Complex<f64>; L]> + Clone) {
        for row in rows {
            for (sums, x) in self.0.iter_mut().zip(row) {
                if !Missing::missing(*x) {
                    *sums = sums.join(Sums::of(*x));
                }
            }
        }
    }

    fn lane(&self, lane: usize) -> Squares<1> {
        Squares([self.0[lane]])
    }

    #[inline(always)]
    fn join(&mut self, later: &Self) {
        self.0.iter_mut().zip(&later.0).for_each(|(a, b)| *a = a.join(*b));
    }

    fn flush(&self, store: &mut SquaresStore, at: usize) {
        store.0[at..at + L].iter_mut().zip(&self.0).for_each(|(a, b)| *a = a.join(*b));
    }

    fn load(store: &SquaresStore, at: usize) -> Self {
        let mut lanes = [Sums::NONE; L];
        lanes.copy_from_slice(&store.0[at..at + L]);
        Squares(lanes)
    }
}

/// [`Sums`] of all elements of the result.
pub(super) struct SquaresStore(Vec<Sums>);

impl Store for SquaresStore {
    fn new(size: usize) -> Self {
        SquaresStore(vec![Sums::NONE; size])
    }

    fn from_blocks(blocks: Vec<Block>) -> Result<Self> {
        let mut blocks = blocks.into_iter();
        let numbers: Vec<f64> = next_vec(&mut blocks)?;
        let sums =
            numbers.chunks_exact(4).map(|n| Sums { weight: n[0], center: n[1], first: n[2], second: n[3] });
        Ok(SquaresStore(sums.collect()))
    }

    fn into_blocks(self) -> Vec<Block> {
        let numbers = self.0.into_iter().flat_map(|s| [s.weight, s.center, s.first, s.second]);
        vec![flat_block(numbers.collect())]
    }

    fn merge(&mut self, to: usize, later: &Self, from: Range<usize>) {
        self.0[to..].iter_mut().zip(&later.0[from]).for_each(|(a, b)| *a = a.join(*b));
    }

    fn finish(self, _: &Finish) -> Result<Block> {
        Ok(flat_block(self.0.into_iter().map(Sums::about_mean).collect()))
    }
}
