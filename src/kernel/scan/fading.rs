//! Running means and sums whose weights fade: each step back counts `1 - alpha` times as much.
//!
//! What runs is a sum of values and one of weights, in `f64`, so a chunk needs three numbers of what lies before
//! it: both sums, and whether there was any value. A chunk multiplies what came before it by `(1 - alpha)ⁿ`, and
//! every element is a step from there, so that only the powers are rounded differently where chunks are cut
//! differently.

use serde::{Deserialize, Serialize};

use super::Lay;
use crate::array::{Block, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};

/// How many numbers run: the sum of values, that of weights, and the number of values.
pub(crate) const PARTS: usize = 3;

/// A mean or a sum with fading weights along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fading {
    pub(crate) axis: usize,
    /// The weight of the newest of many elements, above 0 and up to 1.
    pub(crate) alpha: f64,
    /// Whether the sum is divided by that of the weights.
    pub(crate) mean: bool,
    /// How much of all weight there must be for a value.
    pub(crate) min_weight: f64,
}

/// The numbers of all lanes, one kind after the other.
struct States<'a> {
    sum: &'a mut [f64],
    weight: &'a mut [f64],
    count: &'a mut [f64],
}

impl<'a> States<'a> {
    fn of(numbers: &'a mut [f64]) -> Self {
        let lanes = numbers.len() / PARTS;
        let (sum, rest) = numbers.split_at_mut(lanes);
        let (weight, count) = rest.split_at_mut(lanes);
        States { sum, weight, count }
    }
}

impl Fading {
    /// `f64` of all real numbers, of single floats too, as xarray has it.
    pub(crate) fn result_dtype(&self, input: DType) -> Result<DType> {
        match input {
            d if d.is_bool() || d.is_integer() || d.is_float() => Ok(DType::F64),
            d => Err(Error::dtype(format!("`rolling_exp` has no meaning for {d}"))
                .help("cast it to a real number first, as with `astype`")),
        }
    }

    pub(crate) fn describe(&self) -> String {
        let what = if self.mean { "mean" } else { "sum" };
        format!("fading {what} along axis {}, alpha {}", self.axis, self.alpha)
    }

    /// What a piece comes to.
    pub(crate) fn total(&self, piece: &Block) -> Result<Block> {
        let shape = super::carry_shape(self.axis, piece.shape(), PARTS, 1);
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
            Block::zeros(DType::F64, &super::carry_shape(self.axis, &one[1..], PARTS, totals.len()));
        for (i, (total, len)) in totals.iter().zip(lens).enumerate() {
            let mut at = Region::full(out.shape());
            at.set(self.axis + 1, i..i + 1);
            out.assign(&at, &Block::from_vec(&one, running.clone())?);
            let decay = power(1.0 - self.alpha, len);
            let lanes = running.len() / PARTS;
            for (j, (a, b)) in running.iter_mut().zip(total.to_vec::<f64>()?).enumerate() {
                *a = *a * if j < 2 * lanes { decay } else { 1.0 } + b;
            }
        }
        Ok(out)
    }

    /// The running value at every element of a piece, after what came before it.
    pub(crate) fn scan(&self, piece: &Block, before: Option<&Block>) -> Result<Block> {
        let mut state = match before {
            Some(before) => before.to_vec::<f64>()?,
            None => vec![0.0; super::carry_shape(self.axis, piece.shape(), PARTS, 1).iter().product()],
        };
        let mut out = vec![0.0; piece.size()];
        self.walk(piece, &mut state, |at, value| out[at] = value)?;
        Block::from_vec(piece.shape(), out)
    }

    fn walk(&self, piece: &Block, state: &mut [f64], mut note: impl FnMut(usize, f64)) -> Result<()> {
        let lay = Lay::new(piece.shape(), self.axis);
        let decay = 1.0 - self.alpha;
        let piece = crate::kernel::cast::cast(piece, DType::F64)?.contiguous();
        let x = piece.as_slice::<f64>().ok_or_else(|| Error::internal("a scan needs contiguous elements"))?;
        let state = States::of(state);
        for o in 0..lay.outer {
            for i in 0..lay.n {
                let row = (o * lay.n + i) * lay.inner;
                let lanes = o * lay.inner..(o + 1) * lay.inner;
                let numbers = state.sum[lanes.clone()]
                    .iter_mut()
                    .zip(&mut state.weight[lanes.clone()])
                    .zip(&mut state.count[lanes]);
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
                        match (enough, self.mean) {
                            (false, _) => f64::NAN,
                            (true, true) => *sum / *weight,
                            (true, false) => *sum,
                        },
                    );
                }
            }
        }
        Ok(())
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
    fn pieces_go_on_where_those_before_them_ended() {
        let values = vec![1.0, f64::NAN, 3.0, 4.0, f64::NAN, 9.0];
        let whole = Block::from_vec(&[6], values.clone()).unwrap();
        for mean in [true, false] {
            let fading = Fading { axis: 0, alpha: 0.25, mean, min_weight: 0.3 };
            let want = fading.scan(&whole, None).unwrap().to_vec::<f64>().unwrap();
            let pieces: Vec<Block> =
                values.chunks(2).map(|c| Block::from_vec(&[2], c.to_vec()).unwrap()).collect();
            let totals: Vec<Block> = pieces.iter().map(|p| fading.total(p).unwrap()).collect();
            let before = fading.before(&totals, [2; 3].into_iter()).unwrap();
            let mut got = Vec::new();
            for (i, piece) in pieces.iter().enumerate() {
                let carry = before.region(&Region::new([0..PARTS, i..i + 1]));
                got.extend(fading.scan(piece, Some(&carry)).unwrap().to_vec::<f64>().unwrap());
            }
            for (got, want) in got.iter().zip(want) {
                assert!((got - want).abs() < 1e-15 || got.is_nan() && want.is_nan(), "{got} {want}");
            }
        }
    }
}
