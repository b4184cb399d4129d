//! Missing elements of lanes, interpolated from the others.

use num_complex::Complex;
use serde::{Deserialize, Serialize};

use super::{InterpMethod, Outside, Value, interpolate};
use crate::array::Block;
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

/// The block with the missing elements of each lane along `axis` filled, given the places of the elements.
/// Lanes with fewer than two valid elements stay.
///
/// # Errors
/// If the elements are not floats or complex, or a lane has too few points for the method.
pub fn fill_gaps(gaps: &Gaps, block: &Block, axis: usize, x: &[f64]) -> Result<Block> {
    match block.dtype() {
        DType::F32 => fill::<f32, f64>(gaps, block, axis, x),
        DType::F64 => fill::<f64, f64>(gaps, block, axis, x),
        DType::C64 => fill::<Complex<f32>, Complex<f64>>(gaps, block, axis, x),
        DType::C128 => fill::<Complex<f64>, Complex<f64>>(gaps, block, axis, x),
        d => Err(Error::dtype(format!("interpolation has no meaning for {d}"))),
    }
}

fn fill<T, V>(gaps: &Gaps, block: &Block, axis: usize, x: &[f64]) -> Result<Block>
where
    T: Element + Copy + CastFrom<V>,
    V: Value + CastFrom<T>,
{
    let shape = block.shape().to_vec();
    let mut out = block.to_vec::<T>()?;
    let inner: usize = shape[axis + 1..].iter().product();
    let outer: usize = shape[..axis].iter().product();
    let mut lanes = Lanes::<V>::new(gaps, x);
    let mut values = vec![V::missing(); SIDE * x.len()];
    for o in 0..outer {
        for start in (0..inner).step_by(SIDE) {
            let width = SIDE.min(inner - start);
            let row = |i: usize| (o * x.len() + i) * inner + start;
            for i in 0..x.len() {
                for (l, v) in out[row(i)..row(i) + width].iter().enumerate() {
                    values[l * x.len() + i] = V::cast_from(v);
                }
            }
            for l in 0..width {
                let lane = &mut values[l * x.len()..(l + 1) * x.len()];
                if lanes.fill(lane)? {
                    for i in &lanes.filled {
                        out[row(*i) + l] = T::cast_from(&lane[*i]);
                    }
                }
            }
        }
    }
    Block::from_vec(&shape, out)
}

/// Room for the work on a lane.
struct Lanes<'a, V> {
    gaps: &'a Gaps,
    x: &'a [f64],
    /// Positions that get a value.
    filled: Vec<usize>,
    px: Vec<f64>,
    py: Vec<V>,
    at: Vec<f64>,
    values: Vec<V>,
}

impl<'a, V: Value> Lanes<'a, V> {
    fn new(gaps: &'a Gaps, x: &'a [f64]) -> Self {
        let (px, py, at, values) = Default::default();
        Lanes { gaps, x, filled: Vec::new(), px, py, at, values }
    }

    /// Fills a lane; whether anything was to do. Which positions is in `filled` afterwards.
    fn fill(&mut self, lane: &mut [V]) -> Result<bool> {
        self.filled.clear();
        let missing = lane.iter().filter(|v| v.is_missing()).count();
        if missing == 0 || missing + 1 >= lane.len() {
            return Ok(false);
        }
        self.px.clear();
        self.py.clear();
        for (x, y) in self.x.iter().zip(lane.iter()).filter(|(_, y)| !y.is_missing()) {
            self.px.push(*x);
            self.py.push(*y);
        }
        self.choose(lane);
        self.at.clear();
        self.at.extend(self.filled.iter().map(|i| self.x[*i]));
        self.values.clear();
        self.values.resize(self.at.len(), V::missing());
        let (method, outside) = (self.gaps.method, self.gaps.outside);
        interpolate(method, &self.px, &self.py, &self.at, outside, &mut self.values)?;
        for (i, v) in self.filled.iter().zip(&self.values) {
            lane[*i] = *v;
        }
        Ok(true)
    }

    /// Notes the positions that the limits let through.
    fn choose(&mut self, lane: &[V]) {
        let last = lane.len() - 1;
        let mut i = 0;
        while i < lane.len() {
            if !lane[i].is_missing() {
                i += 1;
                continue;
            }
            let end = lane[i..].iter().position(|v| !v.is_missing()).map_or(lane.len(), |n| i + n);
            let length = self.x[end.min(last)] - self.x[i.saturating_sub(1)];
            if self.gaps.max_gap.is_none_or(|most| length <= most) {
                let stop = self.gaps.limit.map_or(end, |limit| end.min(i.saturating_add(limit)));
                self.filled.extend(i..stop);
            }
            i = end;
        }
    }
}
