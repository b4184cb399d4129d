//! Missing elements of lanes, interpolated from the others.

use num_complex::Complex;
use serde::{Deserialize, Serialize};

use super::{InterpMethod, Outside, Value, interpolate, with_value};
use crate::array::{Block, Region};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::kernel::cast::CastFrom;

/// Lanes that are taken out of a block together, so that rows are read by the cache line.
const SIDE: usize = 16;

/// How gaps are filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gaps {
    /// How values follow from the points.
    pub method: InterpMethod,
    /// What stands before the first and behind the last point.
    pub outside: Outside,
    /// How many consecutive missing elements are filled, from the first on.
    pub limit: Option<usize>,
    /// The greatest length of a gap that is filled: the distance between the points around it, or at the ends
    /// to the end.
    pub max_gap: Option<f64>,
}

impl Gaps {
    /// Whether an element needs no more of its lane than the valid elements next to it.
    pub(crate) fn is_local(&self) -> bool {
        self.outside == Outside::Missing && self.method.is_local()
    }
}

/// The valid elements next to a piece, as `beside` gives them, and where the piece begins in its lanes.
#[derive(Debug, Clone, Copy)]
pub struct Neighbours<'a> {
    /// Axis of the four `ends`, then those of the piece with length 1 along the lanes.
    pub ends: &'a Block,
    /// The position of the first element of the piece.
    pub start: usize,
}

/// The block with the missing elements of each lane along `axis` filled, given the places `x` of all
/// elements of a lane. The block holds whole lanes, or a piece of them and its neighbours (where the method
/// [is local](Gaps::is_local)). Lanes with fewer than two valid elements stay.
///
/// # Errors
/// If the elements are not floats or complex, or a lane has too few points for the method.
pub(crate) fn fill_gaps(
    gaps: &Gaps,
    block: &Block,
    axis: usize,
    x: &[f64],
    neighbours: Option<Neighbours<'_>>,
) -> Result<Block> {
    with_value!(block.dtype(), T, V => fill::<T, V>(gaps, block, axis, x, neighbours))
}

fn fill<T, V>(
    gaps: &Gaps,
    block: &Block,
    axis: usize,
    x: &[f64],
    neighbours: Option<Neighbours<'_>>,
) -> Result<Block>
where
    T: Element + Copy + CastFrom<V>,
    V: Value + CastFrom<T>,
{
    let shape = block.shape().to_vec();
    let mut out = block.to_vec::<T>()?;
    let n = shape[axis];
    let inner: usize = shape[axis + 1..].iter().product();
    let outer: usize = shape[..axis].iter().product();
    let ends = neighbours.map(|n| n.ends.to_vec::<V>()).transpose()?;
    let mut lanes = Lanes::<V>::new(gaps, x, neighbours.map_or(0, |n| n.start));
    let mut values = vec![V::missing(); SIDE * n];
    for o in 0..outer {
        for start in (0..inner).step_by(SIDE) {
            let width = SIDE.min(inner - start);
            let row = |i: usize| (o * n + i) * inner + start;
            for i in 0..n {
                for (l, v) in out[row(i)..row(i) + width].iter().enumerate() {
                    values[l * n + i] = V::cast_from(v);
                }
            }
            for l in 0..width {
                let lane = &values[l * n..(l + 1) * n];
                let [before, after] = match &ends {
                    Some(ends) => {
                        let end = |part: usize| ends[(part * outer + o) * inner + start + l];
                        [point(end(0), end(1)), point(end(2), end(3))]
                    }
                    None => [None, None],
                };
                lanes.fill(lane, before, after)?;
                for (i, v) in lanes.filled.iter().zip(&lanes.values).filter(|(_, v)| !v.is_missing()) {
                    out[row(*i) + l] = T::cast_from(v);
                }
            }
        }
    }
    Block::from_vec(&shape, out)
}

/// A valid element beside a piece, and its position; `None` where there is none.
fn point<V: Value>(value: V, position: V) -> Option<(V, usize)> {
    let position = position.real_part();
    (!position.is_nan()).then_some((value, position as usize))
}

/// The last and the first valid element of each lane of a piece, each as value and position: four blocks
/// along a first axis, the piece having length 1 along the lanes. `start` is the position of the piece.
///
/// # Errors
/// If the elements are not floats or complex.
pub(crate) fn ends(block: &Block, axis: usize, start: usize) -> Result<Block> {
    with_value!(block.dtype(), T, V => ends_of::<T, V>(block, axis, start))
}

fn ends_of<T, V>(block: &Block, axis: usize, start: usize) -> Result<Block>
where
    T: Element + Copy,
    V: Value + CastFrom<T>,
{
    let mut shape = block.shape().to_vec();
    let n = shape[axis];
    let inner: usize = shape[axis + 1..].iter().product();
    let outer: usize = shape[..axis].iter().product();
    let elements = block.to_vec::<T>()?;
    let lanes = outer * inner;
    let mut out = vec![V::missing(); 4 * lanes];
    for o in 0..outer {
        for i in 0..n {
            let row = &elements[(o * n + i) * inner..][..inner];
            for (l, v) in row.iter().enumerate().filter(|(_, v)| !v.is_missing()) {
                let lane = o * inner + l;
                let (v, at) = (V::cast_from(v), V::real((start + i) as f64));
                (out[lane], out[lanes + lane]) = (v, at);
                if out[3 * lanes + lane].is_missing() {
                    (out[2 * lanes + lane], out[3 * lanes + lane]) = (v, at);
                }
            }
        }
    }
    shape[axis] = 1;
    shape.insert(0, 4);
    Block::from_vec(&shape, out)
}

/// The valid elements next to each of consecutive pieces, from their [`ends`]: the last one of all pieces before
/// it and the first one of all behind it.
///
/// # Errors
/// If there are no pieces.
pub(crate) fn beside(ends: &[Block], axis: usize) -> Result<Block> {
    match ends.first().map(Block::dtype) {
        Some(DType::C128) => beside_of::<Complex<f64>>(ends, axis),
        Some(_) => beside_of::<f64>(ends, axis),
        None => Err(Error::internal("no piece to stand beside")),
    }
}

fn beside_of<V: Value>(ends: &[Block], axis: usize) -> Result<Block> {
    let one = ends[0].shape().to_vec();
    let half = one.iter().product::<usize>() / 2;
    let mut shape = one.clone();
    shape[axis + 1] = ends.len();
    let mut out = Block::zeros(V::DTYPE, &shape);
    let parts: Vec<Vec<V>> = ends.iter().map(|b| b.to_vec::<V>()).collect::<Result<_>>()?;
    // Two halves: what lies before runs on from the first piece, what lies behind from the last.
    let mut running = vec![vec![V::missing(); half * 2]; ends.len()];
    for (i, part) in parts.iter().enumerate().take(ends.len() - 1) {
        let known = running[i][..half].to_vec();
        running[i + 1][..half].copy_from_slice(&newer(known, &part[..half]));
    }
    for i in (1..ends.len()).rev() {
        let known = running[i][half..].to_vec();
        running[i - 1][half..].copy_from_slice(&newer(known, &parts[i][half..]));
    }
    for (i, values) in running.into_iter().enumerate() {
        let mut at = Region::full(&shape);
        at.set(axis + 1, i..i + 1);
        out.assign(&at, &Block::from_vec(&one, values)?);
    }
    Ok(out)
}

/// Values and positions of the nearer piece where it has any, else those known.
fn newer<V: Value>(mut known: Vec<V>, nearer: &[V]) -> Vec<V> {
    let lanes = nearer.len() / 2;
    for lane in 0..lanes {
        if !nearer[lanes + lane].is_missing() {
            (known[lane], known[lanes + lane]) = (nearer[lane], nearer[lanes + lane]);
        }
    }
    known
}

/// Room for the work on a lane.
struct Lanes<'a, V> {
    gaps: &'a Gaps,
    /// The places of all elements of a lane, and the position of the first one at hand.
    x: &'a [f64],
    start: usize,
    /// Which of the elements at hand get a value, and these values.
    filled: Vec<usize>,
    values: Vec<V>,
    px: Vec<f64>,
    py: Vec<V>,
    at: Vec<f64>,
}

impl<'a, V: Value> Lanes<'a, V> {
    fn new(gaps: &'a Gaps, x: &'a [f64], start: usize) -> Self {
        let (filled, values, px, py, at) = Default::default();
        Lanes { gaps, x, start, filled, values, px, py, at }
    }

    /// Finds the values of a lane, with the valid elements before and after it.
    fn fill(&mut self, lane: &[V], before: Option<(V, usize)>, after: Option<(V, usize)>) -> Result<()> {
        self.filled.clear();
        self.values.clear();
        self.px.clear();
        self.py.clear();
        let own = lane.iter().enumerate().filter(|(_, y)| !y.is_missing());
        let own = own.map(|(i, y)| (*y, self.start + i));
        for (y, at) in before.into_iter().chain(own).chain(after) {
            self.px.push(self.x[at]);
            self.py.push(y);
        }
        // One point is no line.
        if self.px.len() < 2 {
            return Ok(());
        }
        self.choose(lane, before.map(|b| b.1), after.map(|a| a.1));
        self.at.clear();
        self.at.extend(self.filled.iter().map(|i| self.x[self.start + i]));
        self.values.resize(self.at.len(), V::missing());
        if self.at.is_empty() {
            return Ok(());
        }
        let (method, outside) = (self.gaps.method, self.gaps.outside);
        interpolate(method, &self.px, &self.py, &self.at, outside, &mut self.values)
    }

    /// Notes the positions that the limits let through.
    fn choose(&mut self, lane: &[V], before: Option<usize>, after: Option<usize>) {
        let last = self.x.len() - 1;
        let mut i = 0;
        while i < lane.len() {
            if !lane[i].is_missing() {
                i += 1;
                continue;
            }
            let end = lane[i..].iter().position(|v| !v.is_missing()).map_or(lane.len(), |n| i + n);
            // The gap runs on to the valid elements beside the lane at hand.
            let known = |at: usize| self.start + at;
            let from = if i > 0 { Some(known(i) - 1) } else { before };
            let to = if end < lane.len() { Some(known(end)) } else { after };
            let length = self.x[to.unwrap_or(last)] - self.x[from.unwrap_or(0)];
            if self.gaps.max_gap.is_none_or(|most| length <= most) {
                // Position after the last one that is filled.
                let stop = self
                    .gaps
                    .limit
                    .map_or(usize::MAX, |limit| from.map_or(0, |from| from + 1).saturating_add(limit));
                self.filled.extend(i..end.min(stop.saturating_sub(self.start)).max(i));
            }
            i = end;
        }
    }
}
