//! Variance and standard deviation: count, total and sum of squared deviations from the mean.
//!
//! The total is summed as a mean of `f32` sums it, so that such a mean can be taken from here, to the bit.

use std::marker::PhantomData;
use std::ops::Range;

use num_complex::Complex;

use super::lanes::{LANES, Nan, Never, Partial, Policy, Store, Wide, Widen, flat_block, many, next_vec};
use super::{Finish, ReduceOp, ReduceSpec, Visit};
use crate::array::Block;
use crate::dtype::DType;
use crate::dtype::dispatch::with_real;
use crate::error::{Error, Result};

/// Moments of `T` in `A`.
struct Moments<T, A, M, const L: usize> {
    n: [f64; L],
    total: [A; L],
    m2: [f64; L],
    what: PhantomData<fn(T) -> M>,
}

impl<T, A: Copy, M, const L: usize> Clone for Moments<T, A, M, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, A: Copy, M, const L: usize> Copy for Moments<T, A, M, L> {}

/// Joins disjoint samples: `m2 = m2_a + m2_b + δ²·n_a·n_b/n`, `δ = mean_b − mean_a`.
///
/// Chan, Golub & LeVeque (1979), pairwise updating.
#[inline(always)]
fn join<A: Wide>(n: &mut f64, total: &mut A, m2: &mut f64, n_b: f64, total_b: A, m2_b: f64) {
    let all = *n + n_b;
    let some = |n: f64| if n == 0.0 { 1.0 } else { n };
    let delta = total_b.over(some(n_b)).minus(total.over(some(*n)));
    // An empty side must not bring in its own mean, and 0 · ∞ is NaN.
    *m2 += m2_b + if *n == 0.0 || n_b == 0.0 { 0.0 } else { delta.norm() * *n * (n_b / all) };
    *total = total.plus(total_b);
    *n = all;
}

impl<T, A, M, const L: usize> Partial<T, L> for Moments<T, A, M, L>
where
    T: Widen<A>,
    A: Wide,
    M: Policy<T> + 'static,
{
    type One = Moments<T, A, M, 1>;
    type Store = MomentSums<A>;

    const EMPTY: Self = Moments { n: [0.0; L], total: [A::ZERO; L], m2: [0.0; L], what: PhantomData };

    const WHOLE_BLOCKS: bool = true;

    /// Two passes over the rows, which are few enough to stay in cache: the mean, then the deviations.
    #[inline(always)]
    fn block<'a>(&mut self, rows: impl Iterator<Item = &'a [T; L]> + Clone) {
        let (mut n, mut sum) = ([0.0; L], [A::ZERO; L]);
        let mut total = self.total;
        for row in rows.clone() {
            for l in 0..L {
                let missing = M::missing(row[l]);
                let x = if missing { A::ZERO } else { row[l].widen() };
                sum[l] = sum[l].plus(x);
                total[l] = total[l].plus(x);
                n[l] += if missing { 0.0 } else { 1.0 };
            }
        }
        let mut mean = sum;
        for l in 0..L {
            mean[l] = sum[l].over(if n[l] == 0.0 { 1.0 } else { n[l] });
        }
        let mut m2 = [0.0; L];
        for row in rows {
            for l in 0..L {
                let missing = M::missing(row[l]);
                let d = row[l].widen().minus(mean[l]);
                m2[l] += if missing { A::ZERO } else { d }.norm();
            }
        }
        self.join(&Moments { n, total: sum, m2, what: PhantomData });
        self.total = total;
    }

    fn lane(&self, l: usize) -> Self::One {
        Moments { n: [self.n[l]], total: [self.total[l]], m2: [self.m2[l]], what: PhantomData }
    }

    #[inline(always)]
    fn join(&mut self, b: &Self) {
        for l in 0..L {
            join(&mut self.n[l], &mut self.total[l], &mut self.m2[l], b.n[l], b.total[l], b.m2[l]);
        }
    }

    #[inline(always)]
    fn flush(&self, store: &mut Self::Store, at: usize) {
        let (n, total, m2) =
            (&mut store.n[at..at + L], &mut store.total[at..at + L], &mut store.m2[at..at + L]);
        for l in 0..L {
            join(&mut n[l], &mut total[l], &mut m2[l], self.n[l], self.total[l], self.m2[l]);
        }
    }

    fn load(store: &Self::Store, at: usize) -> Self {
        let mut p = Self::EMPTY;
        p.n.copy_from_slice(&store.n[at..at + L]);
        p.total.copy_from_slice(&store.total[at..at + L]);
        p.m2.copy_from_slice(&store.m2[at..at + L]);
        p
    }
}

/// Moments of all elements of the result.
struct MomentSums<A> {
    n: Vec<f64>,
    total: Vec<A>,
    m2: Vec<f64>,
}

impl<A: Wide> Store for MomentSums<A> {
    fn new(size: usize) -> Self {
        MomentSums { n: many(0.0, size), total: many(A::ZERO, size), m2: many(0.0, size) }
    }

    fn from_blocks(blocks: Vec<Block>) -> Result<Self> {
        let mut b = blocks.into_iter();
        Ok(MomentSums { n: next_vec(&mut b)?, total: next_vec(&mut b)?, m2: next_vec(&mut b)? })
    }

    fn into_blocks(self) -> Vec<Block> {
        vec![flat_block(self.n), flat_block(self.total), flat_block(self.m2)]
    }

    fn merge(&mut self, to: usize, later: &Self, from: Range<usize>) {
        let (n, total, m2) = (&mut self.n[to..], &mut self.total[to..], &mut self.m2[to..]);
        let sums = n.iter_mut().zip(total).zip(m2);
        let later = (later.n[from.clone()].iter()).zip(&later.total[from.clone()]).zip(&later.m2[from]);
        for (((n, total), m2), ((n_b, total_b), m2_b)) in sums.zip(later) {
            join(n, total, m2, *n_b, *total_b, *m2_b);
        }
    }

    fn finish(self, end: &Finish) -> Result<Block> {
        // With missing values left out numpy gives NaN where too few are left, otherwise m2 / 0.
        let strict = end.spec.skips(end.input);
        let values = self.n.iter().zip(&self.m2).map(|(n, m2)| {
            let freedom = n - end.spec.ddof;
            let var = match freedom > 0.0 {
                true => m2 / freedom,
                false if strict || *n == 0.0 => f64::NAN,
                false => m2 / 0.0,
            };
            if end.spec.op == ReduceOp::Std { var.sqrt() } else { var }
        });
        Ok(match end.spec.result_dtype(end.input)? {
            DType::F32 => flat_block(values.map(|v| v as f32).collect()),
            _ => flat_block(values.collect()),
        })
    }
}

/// The mean of `f32` whose moments these are.
pub(super) fn mean_f32(parts: &[Block]) -> Result<Block> {
    let [n, total, _] = parts else { return Err(Error::internal("moments have three parts")) };
    let (Some(n), Some(total)) = (n.as_slice::<f64>(), total.as_slice::<f64>()) else {
        return Err(Error::internal("moments of f32 are held as f64"));
    };
    // The mean of nothing is 0 / 0.
    Ok(flat_block(n.iter().zip(total).map(|(n, total)| (total / n) as f32).collect::<Vec<f32>>()))
}

/// Calls `v` with what computes the moments of elements of `input`.
pub(super) fn dispatch<V: Visit>(spec: &ReduceSpec, input: DType, v: V) -> Result<V::Out> {
    macro_rules! skipping {
        ($T:ty, $A:ty) => {
            match spec.skipna {
                true => v.visit::<$T, Moments<$T, $A, Nan, LANES>>(),
                false => v.visit::<$T, Moments<$T, $A, Never, LANES>>(),
            }
        };
    }
    match input {
        DType::F32 => skipping!(f32, f64),
        DType::F64 => skipping!(f64, f64),
        DType::C64 => skipping!(Complex<f32>, Complex<f64>),
        DType::C128 => skipping!(Complex<f64>, Complex<f64>),
        DType::Bool => v.visit::<bool, Moments<bool, f64, Never, LANES>>(),
        _ => with_real!(input.kind(), T => v.visit::<T, Moments<T, f64, Never, LANES>>(), else {
            Err(Error::internal(format!("{input} has no variance")))
        }),
    }
}

/// [`dispatch`] for floats and complex numbers whose missing values are left out.
pub(super) fn dispatch_wide<V: Visit>(input: DType, v: V) -> Result<V::Out> {
    match input {
        DType::F32 => v.visit::<f32, Moments<f32, f64, Nan, LANES>>(),
        DType::F64 => v.visit::<f64, Moments<f64, f64, Nan, LANES>>(),
        DType::C64 => v.visit::<Complex<f32>, Moments<Complex<f32>, Complex<f64>, Nan, LANES>>(),
        DType::C128 => v.visit::<Complex<f64>, Moments<Complex<f64>, Complex<f64>, Nan, LANES>>(),
        _ => Err(Error::internal(format!("{input} is to be widened before its moments are taken"))),
    }
}
