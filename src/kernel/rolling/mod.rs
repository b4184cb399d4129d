//! Reductions of moving windows.
//!
//! `spans` says which positions a window takes in. Sums, moments and extremes are put together from two partial
//! results for each window (`tile`), those of `reduce` with a count (`partial`), column by column (`fold`, `planes`).
//! Medians, quantiles and positions keep the elements of a window in order while it moves (`ordered`). Of values with
//! weights there are sums of squares (`weighted`). `output` makes missing
//! what holds too few values.

mod fold;
mod ordered;
mod output;
mod partial;
mod planes;
mod spans;
mod sums;
mod tile;
mod weighted;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use num_complex::Complex;
use serde::{Deserialize, Serialize};

use crate::array::{Block, Place, Region};
use crate::dtype::DType;
use crate::dtype::promote::with_missing;
use crate::error::{Error, Result};
use crate::kernel::cast::cast;
use crate::kernel::order::{Method, OrderSpec, Pick, text};
use crate::kernel::reduce::{LANES, ReduceOp, ReduceSpec, Visit, dispatch_wide, simpler, state_size};
use fold::{Fold, Valued};
use output::Output;
pub use spans::{Span, Spans};
use sums::Windows;
use tile::Wanted;

/// What is computed of a window; missing values are left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum RollOp {
    /// A reduction.
    Reduce(ReduceOp),
    /// The quantile of a fraction, from 0 to 1.
    Quantile {
        /// The fraction.
        q: f64,
        /// How it is made of the values.
        method: Method,
    },
    /// The weighted sum of squared distances from the weighted mean, of values (the real parts) and their weights
    /// (the imaginary ones).
    SumOfSquares,
}

impl From<ReduceOp> for RollOp {
    fn from(op: ReduceOp) -> Self {
        RollOp::Reduce(op)
    }
}

impl RollOp {
    /// The name of the method.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use graticule::kernel::rolling::RollOp;
    /// assert_eq!(RollOp::from(ReduceOp::Mean).name(), "mean");
    /// assert_eq!(RollOp::SumOfSquares.name(), "sum_of_squares");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            RollOp::Reduce(op) => op.name(),
            RollOp::Quantile { .. } => "quantile",
            RollOp::SumOfSquares => "sum_of_squares",
        }
    }

    /// Whether the elements of a window are kept in order while it moves.
    fn is_ordered(self) -> bool {
        use ReduceOp as R;
        matches!(self, RollOp::Quantile { .. } | RollOp::Reduce(R::Median | R::ArgMin | R::ArgMax))
    }
}

/// A reduction of moving windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RollSpec {
    /// What is computed.
    pub op: RollOp,
    /// Degrees of freedom taken off in `Var` and `Std`.
    pub ddof: f64,
    /// Windows with fewer values than this give a missing result.
    pub min_periods: usize,
    /// The axes with windows, in rising order.
    pub axes: Vec<(usize, Spans)>,
}

impl RollSpec {
    /// The dtype of the result: as for the reduction of an axis, with room for missing values; counts and
    /// positions are `f64`.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype or for windows.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::kernel::rolling::{RollSpec, Spans};
    /// let axes = vec![(0, Spans::fixed(9, 3, false, 1))];
    /// let spec = RollSpec { op: ReduceOp::Max.into(), ddof: 0.0, min_periods: 3, axes };
    /// assert_eq!(spec.result_dtype(DType::I16)?, DType::F32);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn result_dtype(&self, input: DType) -> Result<DType> {
        use ReduceOp as R;
        let op = match self.op {
            RollOp::Reduce(op) => op,
            RollOp::SumOfSquares if input == DType::C128 => return Ok(DType::F64),
            RollOp::SumOfSquares => {
                return Err(Error::dtype(format!("weights and values are pairs, not {input}")));
            }
            RollOp::Quantile { q, method } => {
                let pick = Pick::Quantiles { q: Arc::new([q]), method };
                let spec = OrderSpec { pick, axes: Vec::new(), group: None, skipna: true };
                return spec.result_dtype(input).map(with_missing);
            }
        };
        let of_axis = self.reduce(op).result_dtype(input)?;
        Ok(match op {
            R::Any | R::All | R::First | R::Last => {
                return Err(Error::unsupported(format!("`{}` of moving windows", op.name()))
                    .help("`construct` gives windows a dimension of their own, which can be reduced"));
            }
            R::ArgMin | R::ArgMax if self.axes.len() > 1 => {
                return Err(Error::unsupported(format!(
                    "`{}` of windows along several axes",
                    op.name()
                ))
                .help(
                    "`construct` gives windows dimensions of their own, which can be stacked and searched",
                ));
            }
            R::Count | R::ArgMin | R::ArgMax => DType::F64,
            // As the elements would become by themselves.
            R::Var | R::Std | R::Median if input.is_integer() => with_missing(input),
            _ => with_missing(of_axis),
        })
    }

    /// The reduction of one window.
    fn reduce(&self, op: ReduceOp) -> ReduceSpec {
        let axes = self.axes.iter().map(|a| a.0).collect();
        ReduceSpec { op, axes, group: None, skipna: true, ddof: self.ddof, min_count: None }
    }

    /// The box of the input that a box of the result needs.
    pub(crate) fn reach(&self, out: &Region) -> Region {
        let mut region = out.clone();
        self.axes.iter().for_each(|(axis, spans)| region.set(*axis, spans.reach(out.axis(*axis))));
        region
    }

    /// Bytes that windows take besides the elements and the result.
    pub(crate) fn scratch_bytes(&self, input: DType, out: &Region) -> usize {
        const TILE: usize = 1 << 20;
        let positions = |(axis, spans): &(usize, Spans)| spans.reach(out.axis(*axis)).len();
        if self.op.is_ordered() {
            // A line of elements with what is known of it.
            return TILE + self.axes.iter().map(positions).product::<usize>() * (input.size() + 48);
        }
        let before = self.axes.iter().map(|(_, spans)| spans.widest()).max().unwrap_or(0) * 256;
        // Along all but the last axis partial results are kept, those that come and those that go.
        let kept = if self.axes.len() > 1 { 2 * self.reach(out).size() } else { 0 };
        let state = match self.op {
            RollOp::Reduce(op) => state_size(&self.reduce(op), input),
            _ => weighted::STATE,
        };
        TILE + before + kept * (state + 8)
    }

    /// Short text for plans.
    pub(crate) fn describe(&self) -> String {
        let along: Vec<String> =
            self.axes.iter().map(|(axis, spans)| format!("{} along axis {axis}", spans.describe())).collect();
        format!("{} of {}", self.op.name(), along.join(", "))
    }
}

/// The windows `out` from a piece of the input that lies at `at` and holds what they need.
///
/// # Errors
/// If the operation has no meaning for the dtype or a value.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::rolling::{RollSpec, Spans, roll};
/// let axes = vec![(0, Spans::fixed(4, 2, false, 1))];
/// let spec = RollSpec { op: ReduceOp::Sum.into(), ddof: 0.0, min_periods: 1, axes };
/// let piece = Block::from_vec(&[3], vec![2.0, 4.0, f64::NAN])?;
/// let last = roll(&spec, &piece, &Region::new([1..4]), &Region::new([2..4]))?;
/// assert_eq!(last.to_vec::<f64>()?, [6.0, 4.0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn roll(spec: &RollSpec, piece: &Block, at: &Region, out: &Region) -> Result<Block> {
    let input = piece.dtype();
    let dtype = spec.result_dtype(input)?;
    if out.is_empty() {
        return Ok(Block::zeros(dtype, &out.shape()));
    }
    let reduce = match spec.op {
        RollOp::Reduce(op) => op,
        // A sum of pairs, as far as what is common to all folds goes.
        _ => ReduceOp::Sum,
    };
    let reduce = spec.reduce(reduce);
    if input.is_text() && reduce.op != ReduceOp::Count {
        // Texts are compared as numbers in their order.
        let (codes, texts) = text::codes(piece)?;
        let rolled = roll(spec, &codes, at, out)?;
        return match rolled.dtype() == codes.dtype() {
            true => text::decode(&rolled, &texts, input),
            false => Ok(rolled),
        };
    }
    let output = || Output::new(dtype, &out.shape(), spec.min_periods);
    if spec.op.is_ordered() {
        return ordered::roll(spec, piece, at, out, output()?);
    }
    let fold = |block, valued, output| {
        let input = Block::dtype(block);
        Fold { spec, reduce: &reduce, block, input, at, out, output, valued }
    };
    if spec.op == RollOp::SumOfSquares {
        return fold(piece, Valued::Present, output()?).visit::<Complex<f64>, weighted::Squares<LANES>>();
    }
    // Integers come out as floats anyway: windows may be empty.
    let wide = match input.is_integer() || input.is_bool() {
        true => Some(cast(piece, DType::F64)?),
        false => simpler(reduce.op, piece),
    };
    let block = wide.as_ref().unwrap_or(piece);
    if let Some((axis, windows)) = sums_of(spec, block.dtype(), at, out) {
        let mut sums = Block::uncleared(block.dtype(), &out.shape());
        sums::roll_into(block, axis, &mut sums.place(), &windows)?;
        return cast(&sums, dtype);
    }
    let whole = reduce.op == ReduceOp::Count || !input.holds_missing() && spec.axes.len() == 1;
    let valued = if whole { Valued::All } else { Valued::Present };
    dispatch_wide(reduce.op, block.dtype(), fold(block, valued, output()?))
}

/// [`roll`], written to its place.
///
/// # Errors
/// If the operation has no meaning for the dtype.
pub(crate) fn roll_into(
    spec: &RollSpec,
    piece: &Block,
    at: &Region,
    out: &Region,
    place: &mut Place<'_>,
) -> Result<()> {
    match sums_of(spec, piece.dtype(), at, out).filter(|_| !out.is_empty() && place.dtype() == piece.dtype())
    {
        Some((axis, windows)) => sums::roll_into(piece, axis, place, &windows),
        None => place.fill(&roll(spec, piece, at, out)?),
    }
}

/// The axis and the windows, where sums or means of floats along one axis are all that is wanted.
fn sums_of<'a>(spec: &'a RollSpec, input: DType, at: &Region, out: &Region) -> Option<(usize, Windows<'a>)> {
    match (&spec.axes[..], spec.op, input) {
        ([(axis, spans)], RollOp::Reduce(op @ (ReduceOp::Sum | ReduceOp::Mean)), DType::F32 | DType::F64) => {
            let wanted = Wanted { spans, windows: out.axis(*axis), origin: at.axis(*axis).start };
            Some((*axis, Windows { op, wanted, least: spec.min_periods }))
        }
        _ => None,
    }
}
