//! Values at other places along an axis.
//!
//! A line needs the points beside it, so a piece of the result reads the rows around its places and no others. A
//! spline goes through all points of a lane and needs whole lanes.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::take::{chunks_of, needs_of, spans};
use super::{LazyArray, Meta, Need, Op};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::interp::{self, Hits, InterpMethod, Outside, Taps};
use crate::source::Traffic;

/// Values between the two points beside each place along an axis.
#[derive(Debug, Serialize, Deserialize)]
pub struct InterpLines {
    axis: usize,
    taps: Taps,
    fills: [f64; 2],
    /// Whether values have the dtype of the elements.
    narrow: bool,
}

impl InterpLines {
    fn spans(&self, out: &Region, input: &Meta) -> Vec<(usize, usize)> {
        spans(self.taps.used(out.axis(self.axis)).collect(), &input.grid.axes()[self.axis])
    }
}

#[typetag::serde]
impl Op for InterpLines {
    fn name(&self) -> &'static str {
        "interp"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        needs_of(out, self.axis, self.spans(out, inputs[0]))
    }

    fn compute(
        &self,
        out: &Region,
        inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let spans = self.spans(out, inputs[0]);
        // Where each span begins among the rows at hand.
        let mut starts = Vec::with_capacity(spans.len());
        let mut rows = 0;
        for (a, b) in &spans {
            starts.push(rows);
            rows += b - a;
        }
        let block = match pieces.len() {
            1 => pieces.remove(0),
            _ => {
                let mut shape = out.shape();
                shape[self.axis] = rows;
                let mut together = Block::zeros(inputs[0].dtype, &shape);
                for (piece, start) in pieces.iter().zip(&starts) {
                    let mut at = Region::full(&shape);
                    at.set(self.axis, *start..start + piece.shape()[self.axis]);
                    together.assign(&at, piece);
                }
                together
            }
        };
        let row = |p: usize| {
            let s = spans.partition_point(|span| span.1 <= p);
            starts[s] + p - spans[s].0
        };
        interp::lines(block, self.axis, &self.taps, out.axis(self.axis), row, (self.fills, self.narrow))
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        // Pieces that do not lie together are copied first.
        self.needs(out, inputs).iter().map(|n| inputs[0].bytes(&n.region)).sum()
    }

    fn describe(&self) -> String {
        format!("interp along axis {}", self.axis)
    }
}

/// Values along an axis by a method that goes through more points than two.
#[derive(Debug, Serialize, Deserialize)]
pub struct InterpLanes {
    axis: usize,
    method: InterpMethod,
    x: Arc<[f64]>,
    at: Arc<[f64]>,
    outside: Outside,
}

impl InterpLanes {
    /// The points that the places of a range need: all, or those around them.
    fn reach(&self, places: Range<usize>) -> Range<usize> {
        let n = self.x.len();
        if self.method != InterpMethod::Pchip {
            return 0..n;
        }
        // The slope at a point follows from it and the two beside it.
        let pieces = self.at[places].iter().filter(|at| !at.is_nan()).map(|at| {
            let behind = self.x.partition_point(|x| x <= at).clamp(1, n - 1);
            behind - 1
        });
        let ends = pieces.fold(None, |ends: Option<(usize, usize)>, i| {
            let (low, high) = ends.unwrap_or((i, i));
            Some((low.min(i), high.max(i)))
        });
        let (low, high) = ends.unwrap_or_default();
        low.saturating_sub(1)..(high + 3).min(n)
    }
}

#[typetag::serde]
impl Op for InterpLanes {
    fn name(&self) -> &'static str {
        "interp"
    }

    fn needs(&self, out: &Region, _inputs: &[&Meta]) -> Vec<Need> {
        let mut region = out.clone();
        region.set(self.axis, self.reach(out.axis(self.axis)));
        vec![Need { input: 0, region }]
    }

    fn compute(
        &self,
        out: &Region,
        _inputs: &[&Meta],
        mut pieces: Vec<Block>,
        _io: &Traffic,
    ) -> Result<Block> {
        let places = out.axis(self.axis);
        let x = &self.x[self.reach(places.clone())];
        let at = &self.at[places];
        interp::along(pieces.remove(0), self.axis, self.method, x, at, self.outside)
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        2 * inputs[0].bytes(&self.needs(out, inputs)[0].region)
    }

    fn describe(&self) -> String {
        format!("interp along axis {} by {}", self.axis, self.method.name())
    }
}

/// Values of whole lanes, each at one place of its own, which its position along another axis tells.
#[derive(Debug, Serialize, Deserialize)]
pub struct InterpEach {
    axis: usize,
    points: usize,
    method: InterpMethod,
    x: Arc<[f64]>,
    at: Arc<[f64]>,
    outside: Outside,
}

#[typetag::serde]
impl Op for InterpEach {
    fn name(&self) -> &'static str {
        "interp each"
    }

    fn needs(&self, out: &Region, _inputs: &[&Meta]) -> Vec<Need> {
        let mut ranges: Vec<Range<usize>> = out.ranges().collect();
        ranges.insert(self.axis, 0..self.x.len());
        vec![Need { input: 0, region: Region::new(ranges) }]
    }

    fn compute(&self, out: &Region, _inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let at = &self.at[out.axis(self.points - usize::from(self.axis < self.points))];
        interp::each(&pieces[0], (self.axis, self.points), self.method, &self.x, at, self.outside)
    }

    fn is_expensive(&self) -> bool {
        true
    }

    fn scratch_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        inputs[0].bytes(&self.needs(out, inputs)[0].region)
    }

    fn describe(&self) -> String {
        format!("interp along axis {} by {}, a place for each lane", self.axis, self.method.name())
    }
}

impl LazyArray {
    /// Values at the places of taps along an axis, in double precision or in that of the elements (`narrow`); `fills`
    /// stand before the first and behind the last point. Chunks along the axis follow those of the points.
    ///
    /// # Errors
    /// If the elements are neither floats nor complex numbers.
    pub(crate) fn interp_lines(
        &self,
        axis: usize,
        taps: Taps,
        fills: [f64; 2],
        narrow: bool,
    ) -> Result<LazyArray> {
        let mut axes = self.grid().axes().to_vec();
        let bases: Vec<Option<usize>> = (0..taps.len()).map(|i| taps.base(i)).collect();
        axes[axis] = chunks_of(bases.into_iter(), &axes[axis]);
        let wide = interp::value_dtype(self.dtype())?;
        let meta = Meta { dtype: if narrow { self.dtype() } else { wide }, grid: ChunkGrid(axes) };
        LazyArray::new(InterpLines { axis, taps, fills, narrow }, vec![self.clone()], meta)
    }

    /// Values along an axis at the places `at`, given the rising places `x` of its elements. Lines and nearest points
    /// keep the chunks along the axis, and so does `Pchip`; other methods put them together.
    ///
    /// # Errors
    /// If there are too few points for the method, or the elements are neither floats nor complex numbers.
    ///
    /// # Example
    /// ```
    /// use graticule::kernel::interp::{InterpMethod, Outside};
    /// use graticule::{array::Block, lazy::LazyArray};
    /// let y = LazyArray::from_block(Block::from_vec(&[4], vec![0.0, 1.0, 8.0, 27.0])?);
    /// let (x, at) = (vec![0.0, 1.0, 2.0, 3.0].into(), vec![1.5, 9.0].into());
    /// let cubic = y.interp(0, InterpMethod::Cubic, x, at, Outside::Missing)?;
    /// let values = cubic.as_block().expect("in memory").to_vec::<f64>()?;
    /// assert!((values[0] - 3.375).abs() < 1e-12 && values[1].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn interp(
        &self,
        axis: usize,
        method: InterpMethod,
        x: Arc<[f64]>,
        at: Arc<[f64]>,
        outside: Outside,
    ) -> Result<LazyArray> {
        if self.shape().get(axis) != Some(&x.len()) {
            return Err(Error::internal(format!("{} places for axis {axis} of {:?}", x.len(), self.shape())));
        }
        if method.is_local() && !x.is_empty() {
            let go_on = outside == Outside::Extrapolate;
            let taps = Taps::new(method, &x, &at, go_on, Hits::Exact)?;
            return self.interp_lines(axis, taps, outside.fills(), false);
        }
        method.check_points(x.len())?;
        let dtype = interp::value_dtype(self.dtype())?;
        let input = if method == InterpMethod::Pchip { self.clone() } else { self.whole_along(&[axis])? };
        let mut axes = input.grid().axes().to_vec();
        let bases = at.iter().map(|at| Some(x.partition_point(|x| x <= at).clamp(1, x.len()) - 1));
        axes[axis] = match method {
            InterpMethod::Pchip => chunks_of(bases, &axes[axis]),
            _ => AxisGrid::single(at.len()),
        };
        let op = InterpLanes { axis, method, x, at, outside };
        LazyArray::new(op, vec![input], Meta { dtype, grid: ChunkGrid(axes) })
    }

    /// Values of the lanes along `axis`, each at one place, `at[i]` at the position `i` along the axis `points`; the
    /// axis goes. `x` are the rising places of the elements.
    ///
    /// # Errors
    /// If there are too few points for the method, or the elements are neither floats nor complex numbers.
    pub(crate) fn interp_each(
        &self,
        (axis, points): (usize, usize),
        method: InterpMethod,
        x: Arc<[f64]>,
        at: Arc<[f64]>,
        outside: Outside,
    ) -> Result<LazyArray> {
        method.check_points(x.len())?;
        let dtype = interp::value_dtype(self.dtype())?;
        let input = self.whole_along(&[axis])?;
        let mut axes = input.grid().axes().to_vec();
        axes.remove(axis);
        let op = InterpEach { axis, points, method, x, at, outside };
        LazyArray::new(op, vec![input], Meta { dtype, grid: ChunkGrid(axes) })
    }
}
