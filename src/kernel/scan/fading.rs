//! Running statistics whose weights fade: each step back counts `1 - alpha` times as much.
//!
//! What runs for means and sums is a sum of values and one of weights, in `f64`, so a chunk needs three numbers of what
//! lies before it: both sums, and whether there was any value. For variances and correlations there are `moments`. A
//! chunk multiplies what came before it by `(1 - alpha)ⁿ`, and every element is a step from there, so that little but
//! the powers is rounded differently where chunks are cut differently.

use num_complex::Complex;
use serde::{Deserialize, Serialize};

use super::Lay;
use super::moments::{self, Moments};
use crate::array::{Block, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};

/// How many numbers run for means and sums: the sum of values, that of weights, and the number of values.
const SUMS: usize = 3;

/// What is computed with fading weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FadingOp {
    Mean,
    Sum,
    Var,
    Std,
    /// Of complex numbers whose parts are pairs of values.
    Cov,
    /// Of the same.
    Corr,
}

impl FadingOp {
    /// The name of the method.
    pub(crate) fn name(self) -> &'static str {
        match self {
            FadingOp::Mean => "mean",
            FadingOp::Sum => "sum",
            FadingOp::Var => "var",
            FadingOp::Std => "std",
            FadingOp::Cov => "cov",
            FadingOp::Corr => "corr",
        }
    }

    fn is_sum(self) -> bool {
        matches!(self, FadingOp::Mean | FadingOp::Sum)
    }

    fn is_of_pairs(self) -> bool {
        matches!(self, FadingOp::Cov | FadingOp::Corr)
    }
}

/// A statistic with fading weights along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fading {
    pub(crate) axis: usize,
    /// The weight of the newest of many elements, above 0 and up to 1.
    pub(crate) alpha: f64,
    pub(crate) op: FadingOp,
    /// How much of all weight there must be for a value.
    pub(crate) min_weight: f64,
}

impl Fading {
    /// `f64` of all real numbers, of single floats too, as xarray has it.
    pub(crate) fn result_dtype(&self, input: DType) -> Result<DType> {
        match input {
            DType::C128 if self.op.is_of_pairs() => Ok(DType::F64),
            d if d.is_bool() || d.is_integer() || d.is_float() => Ok(DType::F64),
            d => Err(Error::dtype(format!("`rolling_exp` has no meaning for {d}"))
                .help("cast it to a real number first, as with `astype`")),
        }
    }

    pub(crate) fn describe(&self) -> String {
        format!("fading {} along axis {}, alpha {}", self.op.name(), self.axis, self.alpha)
    }

    /// How many numbers run.
    pub(crate) fn parts(&self) -> usize {
        if self.op.is_sum() { SUMS } else { moments::PARTS }
    }

    /// What a piece comes to.
    pub(crate) fn total(&self, piece: &Block) -> Result<Block> {
        let shape = super::carry_shape(self.axis, piece.shape(), self.parts(), 1);
        let mut state = vec![0.0; shape.iter().product()];
        self.walk(piece, &mut state, |_, _| {})?;
        Block::from_vec(&shape, state)
    }

    /// What comes before each of consecutive pieces of these lengths, from their totals.
    pub(crate) fn before(&self, totals: &[Block], lens: impl Iterator<Item = usize>) -> Result<Block> {
        let Some(first) = totals.first() else { return Err(Error::internal("nothing to scan")) };
        let one = first.shape().to_vec();
        let mut running = vec![0.0; first.size()];
        let mut out =
            Block::zeros(DType::F64, &super::carry_shape(self.axis, &one[1..], self.parts(), totals.len()));
        for (i, (total, len)) in totals.iter().zip(lens).enumerate() {
            let mut at = Region::full(out.shape());
            at.set(self.axis + 1, i..i + 1);
            out.assign(&at, &Block::from_vec(&one, running.clone())?);
            self.join(&mut running, &total.to_vec::<f64>()?, power(1.0 - self.alpha, len));
        }
        Ok(out)
    }

    /// Takes in what comes later, while what there is fades.
    fn join(&self, running: &mut [f64], later: &[f64], decay: f64) {
        let lanes = running.len() / self.parts();
        if self.op.is_sum() {
            for (j, (a, b)) in running.iter_mut().zip(later).enumerate() {
                *a = *a * if j < 2 * lanes { decay } else { 1.0 } + b;
            }
            return;
        }
        let moments = |of: &[f64], lane| Moments::of(std::array::from_fn(|k| of[k * lanes + lane]));
        for lane in 0..lanes {
            let mut all = moments(running, lane);
            all.fade(decay);
            all.join(&moments(later, lane));
            all.parts().into_iter().enumerate().for_each(|(k, part)| running[k * lanes + lane] = part);
        }
    }

    /// The running value at every element of a piece, after what came before it.
    pub(crate) fn scan(&self, piece: &Block, before: Option<&Block>) -> Result<Block> {
        let mut state = match before {
            Some(before) => before.to_vec::<f64>()?,
            None => vec![0.0; super::carry_shape(self.axis, piece.shape(), self.parts(), 1).iter().product()],
        };
        let mut out = vec![0.0; piece.size()];
        self.walk(piece, &mut state, |at, value| out[at] = value)?;
        Block::from_vec(piece.shape(), out)
    }

    /// Steps through a piece, from the numbers in `state`, where those of all lanes lie one kind after the other.
    fn walk(&self, piece: &Block, state: &mut [f64], note: impl FnMut(usize, f64)) -> Result<()> {
        let lay = Lay::new(piece.shape(), self.axis);
        let dtype = if self.op.is_of_pairs() { DType::C128 } else { DType::F64 };
        let piece = crate::kernel::cast::cast(piece, dtype)?.contiguous();
        let contiguous = || Error::internal("a scan needs contiguous elements");
        if self.op.is_of_pairs() {
            let pairs = piece.as_slice::<Complex<f64>>().ok_or_else(contiguous)?;
            self.moments(pairs, lay, state, |pair| (pair.re, pair.im), note);
            return Ok(());
        }
        let x = piece.as_slice::<f64>().ok_or_else(contiguous)?;
        match self.op.is_sum() {
            true => self.sums(x, lay, state, note),
            false => self.moments(x, lay, state, |x| (x, x), note),
        }
        Ok(())
    }

    fn sums(&self, x: &[f64], lay: Lay, state: &mut [f64], mut note: impl FnMut(usize, f64)) {
        let decay = 1.0 - self.alpha;
        let (sums, rest) = state.split_at_mut(lay.lanes());
        let (weights, counts) = rest.split_at_mut(lay.lanes());
        for o in 0..lay.outer {
            let lanes = o * lay.inner..(o + 1) * lay.inner;
            for i in 0..lay.n {
                let row = (o * lay.n + i) * lay.inner;
                let numbers = sums[lanes.clone()]
                    .iter_mut()
                    .zip(&mut weights[lanes.clone()])
                    .zip(&mut counts[lanes.clone()]);
                for (j, (x, ((sum, weight), count))) in
                    x[row..row + lay.inner].iter().zip(numbers).enumerate()
                {
                    *sum *= decay;
                    *weight *= decay;
                    if !x.is_nan() {
                        *sum += x;
                        *weight += 1.0;
                        *count += 1.0;
                    }
                    let enough = *count > 0.0 && *weight * self.alpha >= self.min_weight;
                    note(
                        row + j,
                        match (enough, self.op) {
                            (false, _) => f64::NAN,
                            (true, FadingOp::Mean) => *sum / *weight,
                            (true, _) => *sum,
                        },
                    );
                }
            }
        }
    }

    fn moments<T: Copy>(
        &self,
        elements: &[T],
        lay: Lay,
        state: &mut [f64],
        pair: impl Fn(T) -> (f64, f64),
        mut note: impl FnMut(usize, f64),
    ) {
        let (decay, lanes) = (1.0 - self.alpha, lay.lanes());
        let mut running = Vec::with_capacity(lay.inner);
        for o in 0..lay.outer {
            running.clear();
            let first = o * lay.inner;
            let of = |lane: usize| Moments::of(std::array::from_fn(|k| state[k * lanes + first + lane]));
            running.extend((0..lay.inner).map(of));
            for i in 0..lay.n {
                let row = (o * lay.n + i) * lay.inner;
                for (j, (element, moments)) in
                    elements[row..row + lay.inner].iter().zip(&mut running).enumerate()
                {
                    let (x, y) = pair(*element);
                    moments.fade(decay);
                    if !x.is_nan() && !y.is_nan() {
                        moments.add(x, y);
                    }
                    let enough = moments.weight() * self.alpha >= self.min_weight;
                    note(
                        row + j,
                        match self.op {
                            _ if !enough => f64::NAN,
                            FadingOp::Corr => moments.correlation(),
                            FadingOp::Std => moments.covariance().sqrt(),
                            _ => moments.covariance(),
                        },
                    );
                }
            }
            for (lane, moments) in running.iter().enumerate() {
                let parts = moments.parts().into_iter().enumerate();
                parts.for_each(|(k, part)| state[k * lanes + first + lane] = part);
            }
        }
    }
}

/// A power that is the same on every machine.
fn power(base: f64, mut n: usize) -> f64 {
    let (mut result, mut square) = (1.0, base);
    while n > 0 {
        if n % 2 == 1 {
            result *= square;
        }
        square *= square;
        n /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_have_the_weighted_covariance_of_all_before_them() {
        let (x, y) = ([1.0, 4.0, 2.0, 8.0, 5.0], [3.0, 1.0, f64::NAN, 2.0, 9.0]);
        let pairs: Vec<_> = x.iter().zip(y).map(|(x, y)| Complex::new(1e8 + x, y)).collect();
        let block = Block::from_vec(&[5], pairs).unwrap();
        let of = |op| {
            let fading = Fading { axis: 0, alpha: 0.25, op, min_weight: 0.0 };
            fading.scan(&block, None).unwrap().to_vec::<f64>().unwrap()
        };
        let (cov, corr) = (of(FadingOp::Cov), of(FadingOp::Corr));
        assert!(cov[0].is_nan() && corr[0].is_nan());
        for n in 2..=5 {
            let weights: Vec<f64> =
                (0..n).map(|i| if y[i].is_nan() { 0.0 } else { 0.75f64.powi((n - 1 - i) as i32) }).collect();
            let all: f64 = weights.iter().sum();
            let mean = |v: &dyn Fn(usize) -> f64| {
                (0..n).filter(|i| weights[*i] > 0.0).map(|i| weights[i] * v(i)).sum::<f64>() / all
            };
            let (mx, my) = (mean(&|i| x[i]), mean(&|i| y[i]));
            let xy = mean(&|i| (x[i] - mx) * (y[i] - my));
            let (xx, yy) = (mean(&|i| (x[i] - mx).powi(2)), mean(&|i| (y[i] - my).powi(2)));
            let shown = 1.0 - weights.iter().map(|w| w * w).sum::<f64>() / (all * all);
            assert!((cov[n - 1] - xy / shown).abs() < 1e-6, "{n}: {} {}", cov[n - 1], xy / shown);
            assert!((corr[n - 1] - xy / (xx * yy).sqrt()).abs() < 1e-7, "{n}");
        }
    }

    #[test]
    fn pieces_go_on_where_those_before_them_ended() {
        let values = vec![1.0, f64::NAN, 3.0, 4.0, f64::NAN, 9.0];
        let whole = Block::from_vec(&[6], values.clone()).unwrap();
        for op in [FadingOp::Mean, FadingOp::Sum, FadingOp::Var, FadingOp::Std] {
            let fading = Fading { axis: 0, alpha: 0.25, op, min_weight: 0.3 };
            let want = fading.scan(&whole, None).unwrap().to_vec::<f64>().unwrap();
            let pieces: Vec<Block> =
                values.chunks(2).map(|c| Block::from_vec(&[2], c.to_vec()).unwrap()).collect();
            let totals: Vec<Block> = pieces.iter().map(|p| fading.total(p).unwrap()).collect();
            let before = fading.before(&totals, [2; 3].into_iter()).unwrap();
            let mut got = Vec::new();
            for (i, piece) in pieces.iter().enumerate() {
                let carry = before.region(&Region::new([0..fading.parts(), i..i + 1]));
                got.extend(fading.scan(piece, Some(&carry)).unwrap().to_vec::<f64>().unwrap());
            }
            for (got, want) in got.iter().zip(want) {
                assert!((got - want).abs() < 1e-14 || got.is_nan() && want.is_nan(), "{got} {want}");
            }
        }
    }
}
