//! Weighted quantiles: linear interpolation where every value counts as much as its weight.
//!
//! Akinshin (2023), "Weighted quantile estimators": the quantile of type 7 over the effective number of values,
//! `(Σw)² / Σw²`, that Kish gave. With equal weights it is the usual quantile by linear interpolation.

use std::ops::Range;

use super::key::{Gaps, Key, Keyed};
use super::lanes::kept;
use super::quantile::Value;
use super::{OrderSpec, Pick, with_keyed};
use crate::array::{Block, Region};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::kernel::cast::cast;
use crate::kernel::reduce::{OutAxis, out_axes};

/// Weighted quantiles of a block that lies at `at` and has its axes whole: those of these groups, with a weight
/// for each element. `NaN` where no value has a weight.
///
/// Infinite values count only where they are reached.
///
/// # Errors
/// If the elements have no order, or a weight is missing.
pub(crate) fn pick_weighted(
    spec: &OrderSpec,
    block: &Block,
    weights: &Block,
    at: &Region,
    groups: Range<usize>,
) -> Result<Block> {
    let Pick::Weighted { q } = &spec.pick else {
        return Err(Error::internal("weights for an order statistic that knows none"));
    };
    let dtype = block.dtype();
    spec.result_dtype(dtype)?;
    let ndim = block.ndim();
    let empty: &[usize] = &[];
    let group_axes = spec.group.as_ref().map_or(empty, |g| &g.axes);
    let all: Vec<usize> = spec.axes.iter().chain(group_axes).copied().collect();
    let stay = kept(ndim, &all);
    // A lane is all that reduces, the positions of the groups innermost.
    let order: Vec<usize> = stay.iter().chain(&all).copied().collect();
    let len = |axes: &[usize]| axes.iter().map(|a| block.shape()[*a]).product::<usize>();
    let (lanes, n) = (len(&stay), len(&all));
    let codes = spec.group.as_ref().map_or_else(|| [0].into(), |g| g.codes_in(at, &groups.clone().into()));
    let flat = |b: &Block| b.permute(&order).reshape(&[lanes * n]).map(Block::contiguous);
    let weights = flat(&cast(weights, DType::F64)?)?;
    let weights = elements::<f64>(&weights)?;
    let values = flat(block)?;
    let mut out = vec![f64::NAN; q.len() * lanes * groups.len()];
    with_keyed!(dtype.kind(), T => {
        let (values, gaps) = (elements::<T>(&values)?, Gaps::of(dtype));
        let mut members: Vec<Lane<T>> = (0..groups.len()).map(|_| Lane::default()).collect();
        for lane in 0..lanes {
            let part = lane * n..(lane + 1) * n;
            members.iter_mut().for_each(Lane::clear);
            for ((x, w), code) in values[part.clone()].iter().zip(&weights[part]).zip(codes.iter().cycle()) {
                if let Ok(group) = usize::try_from(*code) {
                    members[group].push(*x, *w, gaps.missing(*x));
                }
            }
            for (group, members) in members.iter_mut().enumerate() {
                if members.missing && !spec.skipna {
                    continue;
                }
                members.sort();
                for (i, q) in q.iter().enumerate() {
                    out[(i * lanes + lane) * groups.len() + group] = members.quantile(*q);
                }
            }
        }
    }, else return Err(Error::internal("text has no quantiles")));
    let lens = stay.iter().map(|a| block.shape()[*a]);
    let shape: Vec<usize> = std::iter::once(q.len()).chain(lens).chain([groups.len()]).collect();
    let block = Block::from_vec(&shape, out)?;
    let mut next = 1..=stay.len();
    let order: Vec<usize> = std::iter::once(0)
        .chain(out_axes(ndim, &spec.axes, spec.group.as_ref()).map(|axis| match axis {
            OutAxis::Groups => stay.len() + 1,
            OutAxis::Kept(_) => next.next().unwrap_or_default(),
        }))
        .collect();
    match spec.group {
        Some(_) => Ok(block.permute(&order)),
        None => Ok(block.remove_axis(stay.len() + 1)),
    }
}

fn elements<T: Element>(block: &Block) -> Result<&[T]> {
    block.as_slice::<T>().ok_or_else(|| Error::internal("lanes need contiguous elements of their dtype"))
}

/// The values of one lane and group that have a weight.
struct Lane<T: Keyed> {
    placed: Vec<<T::Key as Key>::Placed>,
    weights: Vec<f64>,
    /// Whether a value was missing.
    missing: bool,
    /// Values in order, each with the sum of the weights before it as a part of all.
    sorted: Vec<(f64, f64)>,
    /// The effective number of values.
    count: f64,
}

impl<T: Keyed> Default for Lane<T> {
    fn default() -> Self {
        Lane { placed: Vec::new(), weights: Vec::new(), missing: false, sorted: Vec::new(), count: 0.0 }
    }
}

impl<T: Value> Lane<T> {
    fn clear(&mut self) {
        self.placed.clear();
        self.weights.clear();
        self.missing = false;
    }

    #[inline(always)]
    fn push(&mut self, x: T, weight: f64, missing: bool) {
        self.missing |= missing;
        if !missing && weight != 0.0 {
            self.placed.push(x.key().at(self.weights.len() as u32));
            self.weights.push(weight);
        }
    }

    fn sort(&mut self) {
        self.placed.sort_unstable();
        let total: f64 = self.weights.iter().sum();
        let squares: f64 = self.weights.iter().map(|w| w * w).sum();
        self.count = total * total / squares;
        self.sorted.clear();
        let mut before = 0.0;
        for placed in &self.placed {
            let (key, position) = T::Key::parts(*placed);
            self.sorted.push((T::of_key(key).real(), before));
            before += self.weights[position as usize] / total;
        }
        // Where the last value ends.
        self.sorted.push((f64::NAN, before));
    }

    /// The mean of the values by how much of each lies in a window of one effective value around the place.
    fn quantile(&self, q: f64) -> f64 {
        if self.placed.is_empty() {
            return f64::NAN;
        }
        let n = self.count;
        let place = ((n - 1.0) * q + 1.0).clamp(1.0, n.max(1.0));
        let (low, high) = ((place - 1.0) / n, place / n);
        let share = |sum: f64| sum.min(high).max(low) * n - place + 1.0;
        let mut result = 0.0;
        for pair in self.sorted.windows(2) {
            let weight = share(pair[1].1) - share(pair[0].1);
            if weight != 0.0 {
                result += pair[0].0 * weight;
            }
        }
        result
    }
}
