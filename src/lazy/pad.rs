//! Longer axes: what stands before and behind the elements, from slices, repeats and arithmetic.

use crate::array::{Block, ChunkGrid, Slice};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::elementwise::{BinaryOp, MapFn, UnaryOp};
use crate::kernel::reduce::{ReduceOp, ReduceSpec};

use super::{AxisFrom, LazyArray};

/// What stands in the places that padding adds along an axis.
#[derive(Debug, Clone)]
pub enum PadWith {
    /// These two values (blocks of rank 0 of the array's dtype), before and behind.
    Constant(Block, Block),
    /// The first and the last element.
    Edge,
    /// A straight line from the edge to these two values (blocks of rank 0, numbers).
    Ramp(Block, Block),
    /// A reduction of so many elements at each side.
    Stat(ReduceOp, usize, usize),
    /// The elements mirrored at the edge element, which is not repeated; `odd` turns them around its value.
    Reflect {
        /// Whether differences to the edge change their sign.
        odd: bool,
    },
    /// The elements mirrored at the edge, edge element included.
    Symmetric {
        /// Whether differences to the edge change their sign.
        odd: bool,
    },
    /// The elements of the other side.
    Wrap,
}

/// Where a place outside of an axis of `n` elements lies in it, which repeats to both sides.
struct Repeats {
    period: i64,
    /// The position at which a mirrored period starts, if every other one is mirrored.
    mirrored: Option<i64>,
}

impl Repeats {
    /// Which period, and the position in the axis.
    fn find(&self, place: i64) -> (i64, i64) {
        let (q, r) = (place.div_euclid(self.period), place.rem_euclid(self.period));
        match self.mirrored {
            Some(first) if q % 2 != 0 => (q, first - r),
            _ => (q, r),
        }
    }
}

fn binary(op: BinaryOp, a: &LazyArray, b: &LazyArray) -> Result<LazyArray> {
    LazyArray::map(MapFn::Binary(op), &[a.clone(), b.clone()])
}

impl LazyArray {
    /// The array with `before` and `after` more elements along an axis. What is added are chunks of their own.
    ///
    /// # Errors
    /// If the axis is empty and the mode needs elements, or the mode has no meaning for the dtype.
    ///
    /// # Example
    /// ```
    /// use graticule::{array::Block, lazy::{LazyArray, PadWith}};
    /// let x = LazyArray::from_block(Block::from_vec(&[3], vec![1, 2, 3])?);
    /// let padded = x.pad(0, 2, 1, &PadWith::Reflect { odd: true })?;
    /// assert_eq!(padded.as_block().expect("in memory").to_vec::<i32>()?, [-1, 0, 1, 2, 3, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn pad(&self, axis: usize, before: usize, after: usize, with: &PadWith) -> Result<LazyArray> {
        let n = self.length(axis)?;
        if before == 0 && after == 0 {
            return Ok(self.clone());
        }
        let beside = self.shape().into_iter().enumerate().filter(|(a, _)| *a != axis).map(|(_, n)| n);
        let bytes = [before, after].iter().try_fold(n, |n, more| n.checked_add(*more)).and_then(|n| {
            // Ramps and positions are computed in types that are wider than some.
            beside.chain([self.dtype().size().max(16)]).try_fold(n, |bytes, n| bytes.checked_mul(n.max(1)))
        });
        if bytes.is_none_or(|bytes| isize::try_from(bytes).is_err()) {
            return Err(Error::invalid(format!(
                "{n} elements and {before} before and {after} behind them are more than memory can number"
            )));
        }
        if n == 0 && !matches!(with, PadWith::Constant(..)) {
            return Err(Error::invalid(format!("axis {axis} is empty: only a constant can extend it")));
        }
        let single = matches!(with, PadWith::Reflect { .. } | PadWith::Symmetric { odd: true }) && n == 1;
        let ends = match with {
            PadWith::Constant(left, right) => {
                [self.constant(axis, before, left)?, self.constant(axis, after, right)?]
            }
            PadWith::Ramp(left, right) => {
                [self.ramp(axis, 0, before, left, true)?, self.ramp(axis, n - 1, after, right, false)?]
            }
            PadWith::Stat(op, left, right) => [
                self.stat(axis, 0..*left.min(&n), *op)?.repeat(axis, before)?,
                self.stat(axis, n - right.min(&n)..n, *op)?.repeat(axis, after)?,
            ],
            PadWith::Edge => [
                self.part(axis, 0, 1, 1)?.repeat(axis, before)?,
                self.part(axis, n - 1, 1, 1)?.repeat(axis, after)?,
            ],
            _ if single => return self.pad(axis, before, after, &PadWith::Edge),
            PadWith::Wrap => {
                self.repeated(axis, before, after, &Repeats { period: n as i64, mirrored: None }, false)?
            }
            PadWith::Symmetric { odd } => {
                let repeats = Repeats { period: n as i64, mirrored: Some(n as i64 - 1) };
                self.repeated(axis, before, after, &repeats, *odd)?
            }
            PadWith::Reflect { odd } => {
                let repeats = Repeats { period: n as i64 - 1, mirrored: Some(n as i64 - 1) };
                self.repeated(axis, before, after, &repeats, *odd)?
            }
        };
        let [left, right] = ends;
        let parts: Vec<LazyArray> =
            [left, self.clone(), right].into_iter().filter(|a| a.shape()[axis] > 0).collect();
        let padded =
            LazyArray::concat(axis, if parts.is_empty() { std::slice::from_ref(self) } else { &parts })?;
        match (self.as_block(), padded.as_block()) {
            // What was one piece of memory stays one.
            (Some(_), None) => padded.rechunk(ChunkGrid::single(&padded.shape())),
            _ => Ok(padded),
        }
    }

    /// Length along an axis.
    fn length(&self, axis: usize) -> Result<usize> {
        let shape = self.shape();
        let beyond = || Error::internal(format!("axis {axis} of an array of shape {shape:?}"));
        shape.get(axis).copied().ok_or_else(beyond)
    }

    /// `len` elements along an axis from `start` on, backwards where `step` is -1.
    fn part(&self, axis: usize, start: usize, step: isize, len: usize) -> Result<LazyArray> {
        let mut slices: Vec<Slice> = self.shape().into_iter().map(Slice::all).collect();
        slices[axis] = Slice { start, step, len };
        self.slice(&slices)
    }

    /// The only position of an axis, `n` times.
    fn repeat(&self, axis: usize, n: usize) -> Result<LazyArray> {
        let from: Vec<AxisFrom> = (0..self.ndim())
            .map(|a| if a == axis { AxisFrom::Repeat(n) } else { AxisFrom::Input(a) })
            .collect();
        self.axes(&from)
    }

    /// One value (a block of rank 0) over the shape of this, but of length `n` along an axis.
    fn constant(&self, axis: usize, n: usize, value: &Block) -> Result<LazyArray> {
        let mut shape = self.shape();
        shape[axis] = n;
        let from: Vec<AxisFrom> = shape.into_iter().map(AxisFrom::Repeat).collect();
        LazyArray::from_block(value.clone()).axes(&from)
    }

    /// A number as an array that broadcasts against this.
    fn number(&self, v: i64) -> Result<LazyArray> {
        // Times are multiplied by integers.
        let dtype = if self.dtype().is_time() { DType::I64 } else { self.dtype() };
        let block = crate::kernel::cast::cast(&Block::scalar(v), dtype)?;
        Ok(LazyArray::from_block(block.reshape(&vec![1; self.ndim()])?))
    }

    /// `n` places of a line between `end` and the element at `edge`, as `numpy.linspace` draws it.
    fn ramp(&self, axis: usize, edge: usize, n: usize, end: &Block, rising: bool) -> Result<LazyArray> {
        let dtype = self.dtype();
        if !(dtype.is_bool() || dtype.is_number()) {
            return Err(Error::dtype(format!("a linear ramp has no meaning for {dtype}")));
        }
        let wide = if dtype.is_complex() { DType::C128 } else { DType::F64 };
        let broadcasting = vec![1; self.ndim()];
        let end = LazyArray::from_block(crate::kernel::cast::cast(end, wide)?.reshape(&broadcasting)?);
        let edge = self.part(axis, edge, 1, 1)?.cast(wide)?;
        let along = |values: Vec<f64>| -> Result<LazyArray> {
            let mut shape = broadcasting.clone();
            shape[axis] = values.len();
            LazyArray::from_block(Block::from_vec(&shape, values)?).cast(wide)
        };
        let count = along(vec![n as f64])?;
        let places = (0..n).map(|i| if rising { i } else { n - 1 - i } as f64).collect();
        let step = binary(BinaryOp::Div, &binary(BinaryOp::Sub, &edge, &end)?, &count)?;
        let line = binary(BinaryOp::Add, &binary(BinaryOp::Mul, &along(places)?, &step)?, &end)?;
        let line =
            if dtype.is_integer() { LazyArray::map(MapFn::Unary(UnaryOp::Floor), &[line])? } else { line };
        line.cast(dtype)
    }

    /// A reduction over a range of an axis, which stays with length 1; whole numbers round.
    fn stat(&self, axis: usize, range: std::ops::Range<usize>, op: ReduceOp) -> Result<LazyArray> {
        let dtype = self.dtype();
        if range.is_empty() {
            return Err(Error::invalid(format!("`{}` of no elements gives no value to pad with", op.name()))
                .help("the statistic length must be at least 1"));
        }
        let spec =
            ReduceSpec { op, axes: vec![axis], group: None, skipna: false, ddof: 0.0, min_count: None };
        let value = self.part(axis, range.start, 1, range.len())?.reduce(spec)?;
        let value = if dtype.is_integer() && value.dtype().is_float() {
            LazyArray::map(MapFn::Round(0), &[value])?
        } else {
            value
        };
        let from: Vec<AxisFrom> = (0..self.ndim())
            .map(|a| match a.cmp(&axis) {
                std::cmp::Ordering::Less => AxisFrom::Input(a),
                std::cmp::Ordering::Equal => AxisFrom::Repeat(1),
                std::cmp::Ordering::Greater => AxisFrom::Input(a - 1),
            })
            .collect();
        value.cast(dtype)?.axes(&from)
    }

    /// The places before and behind an axis that repeats.
    fn repeated(
        &self,
        axis: usize,
        before: usize,
        after: usize,
        repeats: &Repeats,
        odd: bool,
    ) -> Result<[LazyArray; 2]> {
        let n = self.shape()[axis] as i64;
        let sides = [-(before as i64)..0, n..n + after as i64];
        if odd {
            let [left, right] = sides.map(|places| self.turned(axis, places, repeats));
            return Ok([left?, right?]);
        }
        let [left, right] = sides.map(|places| {
            let positions: Vec<i64> = places.map(|p| repeats.find(p).1).collect();
            self.take(axis, positions.into(), None)
        });
        Ok([left?, right?])
    }

    /// Places of an axis that repeats turned around its edges: `x[-k]` is `2 x[0] - x[k]`, so that a period
    /// further on everything has grown by twice the difference of the edges.
    fn turned(&self, axis: usize, places: std::ops::Range<i64>, repeats: &Repeats) -> Result<LazyArray> {
        let dtype = self.dtype();
        if dtype.is_bool() {
            return self.cast(DType::I64)?.turned(axis, places, repeats)?.cast(dtype);
        }
        if places.is_empty() {
            return self.part(axis, 0, 1, 0);
        }
        let n = self.shape()[axis];
        let (first, last) = (self.part(axis, 0, 1, 1)?, self.part(axis, n - 1, 1, 1)?);
        let times = |a: &LazyArray, k: i64| binary(BinaryOp::Mul, a, &self.number(k)?);
        let mut parts = Vec::new();
        let mut at = places.start;
        while at < places.end {
            let (q, start) = repeats.find(at);
            let run = ((q + 1) * repeats.period).min(places.end) - at;
            let step = if q % 2 != 0 { -1 } else { 1 };
            let x = self.part(axis, start as usize, step, run as usize)?;
            parts.push(match q {
                0 => x,
                -1 => binary(BinaryOp::Sub, &times(&first, 2)?, &x)?,
                1 => binary(BinaryOp::Sub, &times(&last, 2)?, &x)?,
                q if q % 2 == 0 => {
                    binary(BinaryOp::Add, &x, &times(&binary(BinaryOp::Sub, &last, &first)?, q)?)?
                }
                q => {
                    let turn = binary(BinaryOp::Add, &times(&first, 1 - q)?, &times(&last, 1 + q)?)?;
                    binary(BinaryOp::Sub, &turn, &x)?
                }
            });
            at += run;
        }
        LazyArray::concat(axis, &parts)
    }

    /// The array moved by so many positions along an axis, with `fill` (a block of rank 0 of its dtype) in
    /// the places that get free. Shape and chunks stay.
    ///
    /// # Errors
    /// If the axis does not exist, or the fill value has another dtype.
    ///
    /// # Example
    /// ```
    /// use graticule::{array::Block, lazy::LazyArray};
    /// let x = LazyArray::from_block(Block::from_vec(&[3], vec![1, 2, 3])?);
    /// let moved = x.shift(0, 1, &Block::scalar(0))?;
    /// assert_eq!(moved.as_block().expect("in memory").to_vec::<i32>()?, [0, 1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn shift(&self, axis: usize, by: i64, fill: &Block) -> Result<LazyArray> {
        let n = self.length(axis)?;
        let free = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX).min(n);
        let moved = match by >= 0 {
            true => [self.constant(axis, free, fill)?, self.part(axis, 0, 1, n - free)?],
            false => [self.part(axis, free.min(n), 1, n - free)?, self.constant(axis, free, fill)?],
        };
        self.rejoined(axis, moved)
    }

    /// The array moved by so many positions along an axis, what leaves it at one end entering at the other.
    /// Shape and chunks stay.
    ///
    /// # Errors
    /// If the axis does not exist.
    ///
    /// # Example
    /// ```
    /// use graticule::{array::Block, lazy::LazyArray};
    /// let x = LazyArray::from_block(Block::from_vec(&[3], vec![1, 2, 3])?);
    /// assert_eq!(x.roll(0, -1)?.as_block().expect("in memory").to_vec::<i32>()?, [2, 3, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn roll(&self, axis: usize, by: i64) -> Result<LazyArray> {
        let n = self.length(axis)?;
        if n == 0 {
            return Ok(self.clone());
        }
        let by = by.rem_euclid(n as i64) as usize;
        self.rejoined(axis, [self.part(axis, n - by, 1, by)?, self.part(axis, 0, 1, n - by)?])
    }

    /// Two parts as one array in the chunks of this.
    fn rejoined(&self, axis: usize, parts: [LazyArray; 2]) -> Result<LazyArray> {
        let parts: Vec<LazyArray> = parts.into_iter().filter(|a| a.shape()[axis] > 0).collect();
        let joined = match parts.is_empty() {
            true => return Ok(self.clone()),
            false => LazyArray::concat(axis, &parts)?,
        };
        match joined.as_block() {
            // The same chunks, so that the array and its neighbours meet chunk by chunk.
            None => joined.rechunk(self.grid().clone()),
            Some(_) => Ok(joined),
        }
    }
}
