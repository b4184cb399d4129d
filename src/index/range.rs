//! Labels at equal distances: two numbers instead of a list.

use std::any::Any;
use std::sync::Arc;

use super::key::{self, Key};
use super::lookup::{self, Found, Lookup};
use super::search::{Direction, Ordered};
use super::{Index, Label, Method, Positions};
use crate::array::{Block, Slice};
use crate::dtype::dispatch::with_real;
use crate::dtype::{DType, NAT, Number, Real, Scalar};
use crate::error::{Error, Result};
use crate::time::Resolution;

/// An index of the labels `start`, `start + step`, `start + 2 * step`, ...; they are computed when asked.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeIndex {
    dtype: DType,
    steps: Steps,
    /// Label `i` is number `first + i * stride` of the steps: parts of the index keep the very same labels.
    first: i64,
    stride: i64,
    len: usize,
}

/// Number `k` is `start + k * step`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Steps {
    Whole { start: i128, step: i128 },
    Real { start: f64, step: f64 },
}

impl RangeIndex {
    /// `len` labels from `start` on at distance `step`, as `dtype`: an integer, float, datetime or timedelta
    /// type (times in ticks).
    ///
    /// # Errors
    /// If `step` is zero, or the labels do not fit into `dtype`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{Index, RangeIndex};
    /// let index = RangeIndex::new(DType::I64, 10, 5, 3)?;
    /// assert_eq!(index.labels(), Block::from_vec(&[3], vec![10i64, 15, 20])?);
    /// assert!(RangeIndex::new(DType::I64, 10, 0, 3).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(dtype: DType, start: impl Into<Scalar>, step: impl Into<Scalar>, len: usize) -> Result<Self> {
        let (start, step) = (start.into(), step.into());
        let wrong = |what: &str| {
            Error::invalid(format!(
                "no range of {len} labels of type {dtype} from {start:?} by {step:?}: {what}"
            ))
        };
        let number = |s: &Scalar| match s {
            Scalar::Int(v) => Some((i128::from(*v), *v as f64)),
            Scalar::UInt(v) => Some((i128::from(*v), *v as f64)),
            Scalar::Datetime { ticks, .. } | Scalar::Timedelta { ticks, .. } => {
                Some((i128::from(*ticks), *ticks as f64))
            }
            Scalar::Float(v) if dtype.is_float() => Some((0, *v)),
            _ => None,
        };
        let (Some(start), Some(step)) = (number(&start), number(&step)) else {
            return Err(wrong("start and step must be numbers of that type"));
        };
        let steps = if dtype.is_float() {
            Steps::Real { start: start.1, step: step.1 }
        } else if dtype.is_integer() || dtype.is_time() {
            Steps::Whole { start: start.0, step: step.0 }
        } else {
            return Err(wrong("only numbers and times have a distance"));
        };
        let index = RangeIndex { dtype, steps, first: 0, stride: 1, len };
        let ends = [0, len.saturating_sub(1) as i64];
        let (low, high) = with_real!(dtype.kind(), T => {
            (<T as crate::dtype::Real>::LOWEST.to_f64(), <T as crate::dtype::Real>::HIGHEST.to_f64())
        }, else (0.0, 0.0));
        let fits = |k| match index.steps {
            // Comparing as floats is enough: what rounds over the limit is refused below.
            Steps::Whole { start, step } => {
                let v = (start + i128::from(k) * step) as f64;
                v >= low && v <= high
            }
            Steps::Real { start, step } => (start + k as f64 * step).is_finite(),
        };
        if matches!(index.steps, Steps::Whole { step: 0, .. }) || step.1 == 0.0 && dtype.is_float() {
            return Err(wrong("the step is zero"));
        }
        if !ends.into_iter().all(fits) {
            return Err(wrong("the labels leave the type"));
        }
        Ok(index)
    }

    /// The index of these labels (rank 1, contiguous), if they are exactly at equal distances.
    pub(crate) fn recognise(labels: &Block) -> Option<RangeIndex> {
        let (dtype, len) = (labels.dtype(), labels.size());
        if len < 2 || !(dtype.is_integer() || dtype.is_time() || dtype.is_float()) {
            return None;
        }
        with_real!(dtype.kind(), T => {
            let values = labels.as_slice::<T>()?;
            if dtype.is_float() {
                let (start, second) = (values[0].to_f64(), values[1].to_f64());
                let step = second - start;
                let exact = |(k, v): (usize, &T)| T::from_f64(start + k as f64 * step) == *v;
                let ok = step != 0.0 && step.is_finite() && values.iter().enumerate().all(exact);
                return ok.then_some(RangeIndex {
                    dtype, steps: Steps::Real { start, step }, first: 0, stride: 1, len,
                });
            }
            let whole = |v: T| <i128 as num_traits::NumCast>::from(v).expect("an integer");
            let (start, step) = (whole(values[0]), whole(values[1]) - whole(values[0]));
            let even = values.windows(2).all(|w| whole(w[1]) - whole(w[0]) == step);
            let missing = || dtype.is_time() && values.iter().any(|v| whole(*v) == i128::from(NAT));
            (even && step != 0 && !missing()).then_some(RangeIndex {
                dtype, steps: Steps::Whole { start, step }, first: 0, stride: 1, len,
            })
        }, else None)
    }

    /// Two indexes as lists of whole numbers `first + i * distance` that are equal where labels are; `None` if
    /// there are no such.
    fn lattices(&self, other: &RangeIndex) -> Option<[(i128, i128); 2]> {
        let lattice = |r: &RangeIndex| match r.steps {
            Steps::Whole { start, step } => (start + i128::from(r.first) * step, i128::from(r.stride) * step),
            Steps::Real { .. } => (i128::from(r.first), i128::from(r.stride)),
        };
        let real = matches!(self.steps, Steps::Real { .. }) || matches!(other.steps, Steps::Real { .. });
        let comparable = self.dtype == other.dtype && (!real || self.steps == other.steps);
        comparable.then(|| [lattice(self), lattice(other)])
    }

    /// Where the first and the last label of `other` stand in this index, before and after its ends too, and
    /// the step from one label of `other` to the next; `None` if most of them stand between its labels.
    fn place(&self, other: &RangeIndex) -> Option<(i128, i128)> {
        let [(p, d), (q, e)] = self.lattices(other)?;
        (d.abs() == e.abs() && (q - p) % d == 0).then(|| ((q - p) / d, e / d))
    }

    /// Where the labels of both stand in this index, in its order, and where in the other; `None` if that takes
    /// a search.
    pub(super) fn overlap(&self, other: &RangeIndex) -> Option<(Slice, Slice)> {
        let (at, step) = self.place(other)?;
        let end = at + step * (other.len as i128 - 1);
        let low = at.min(end).max(0);
        let high = at.max(end).min(self.len as i128 - 1);
        if other.len == 0 || low > high {
            return Some((Slice::range(0..0), Slice::range(0..0)));
        }
        let len = (high - low + 1) as usize;
        let own = Slice { start: low as usize, step: 1, len };
        Some((own, Slice { start: (step * (low - at)) as usize, step: step as isize, len }))
    }

    /// The rising index of the labels of both, where that is a range too.
    pub(super) fn union(&self, other: &RangeIndex) -> Option<RangeIndex> {
        let (at, step) = self.place(other)?;
        let end = at + step * (other.len as i128 - 1);
        let (low, high) = (at.min(end), at.max(end));
        let touch = self.len > 0 && other.len > 0 && low <= self.len as i128 && high >= -1;
        if !touch {
            return None;
        }
        let (low, high) = (low.min(0), high.max(self.len as i128 - 1));
        let len = (high - low + 1) as usize;
        let lowest = if self.falling() { high } else { low };
        let number = i128::from(self.first) + lowest * i128::from(self.stride);
        let stride = if self.falling() { -self.stride } else { self.stride };
        let first = i64::try_from(number).ok()?;
        Some(RangeIndex { first, stride, len, ..self.clone() })
    }

    fn number(&self, position: usize) -> i64 {
        self.first + position as i64 * self.stride
    }

    fn falling(&self) -> bool {
        let down = match self.steps {
            Steps::Whole { step, .. } => step < 0,
            Steps::Real { step, .. } => step < 0.0,
        };
        down != (self.stride < 0)
    }

    /// The label at a position.
    fn label<T: Real>(&self, position: usize) -> T {
        let k = self.number(position);
        match self.steps {
            Steps::Whole { start, step } => {
                num_traits::NumCast::from(start + i128::from(k) * step).expect("both ends fit")
            }
            Steps::Real { start, step } => T::from_f64(start + k as f64 * step),
        }
    }

    fn all_labels<T: Real>(&self) -> Vec<T> {
        if self.len == 0 {
            return Vec::new();
        }
        let ends = |i: usize| -> Option<i64> { num_traits::NumCast::from(self.label::<T>(i)) };
        match (self.steps, ends(0), ends(self.len - 1)) {
            // Labels that fit 64 bits need no wider arithmetic.
            (Steps::Whole { .. }, Some(first), Some(last)) if self.len > 1 => {
                let step = ((i128::from(last) - i128::from(first)) / (self.len as i128 - 1)) as i64;
                let label = |i: i64| num_traits::NumCast::from(first.wrapping_add(i.wrapping_mul(step)));
                (0..self.len as i64).map(|i| label(i).expect("both ends fit")).collect()
            }
            _ => (0..self.len).map(|i| self.label(i)).collect(),
        }
    }

    /// The position of a label, -1 if it is not there.
    fn position<T: Real>(&self, label: T) -> i64 {
        let near = match self.steps {
            Steps::Whole { start, step } => {
                let v = <i128 as num_traits::NumCast>::from(label).expect("an integer");
                let (first, distance) =
                    (start + i128::from(self.first) * step, i128::from(self.stride) * step);
                // 128 bits divide slowly, and are seldom needed.
                match (i64::try_from(v - first), i64::try_from(distance)) {
                    (Ok(v), Ok(1)) => v,
                    (Ok(v), Ok(distance)) => v.wrapping_div(distance),
                    _ => ((v - first) / distance) as i64,
                }
            }
            Steps::Real { start, step } => {
                (((label.to_f64() - start) / step - self.first as f64) / self.stride as f64).round() as i64
            }
        };
        // Rounding may miss by one; what is exact is decided by the labels themselves.
        let is = |i: &i64| usize::try_from(*i).is_ok_and(|i| i < self.len && self.label::<T>(i) == label);
        match self.steps {
            Steps::Whole { .. } => Some(near).filter(is),
            Steps::Real { .. } => [near, near.saturating_sub(1), near.saturating_add(1)].into_iter().find(is),
        }
        .unwrap_or(-1)
    }

    /// About where a label is, counted from the first one.
    fn estimate(&self, key: &Key) -> Option<f64> {
        let k = match (self.steps, key) {
            (Steps::Whole { start, step }, Key::Int(v)) => {
                let tick = key::tick_ns(self.dtype);
                (v - start * tick) as f64 / (step * tick) as f64
            }
            (Steps::Real { start, step }, Key::Int(v)) => (*v as f64 - start) / step,
            (Steps::Real { start, step }, Key::Float(v)) => (f64::from_bits(*v) - start) / step,
            _ => return None,
        };
        Some((k - self.first as f64) / self.stride as f64)
    }
}

impl Lookup for RangeIndex {
    fn count(&self) -> usize {
        self.len
    }

    fn label_dtype(&self) -> DType {
        self.dtype
    }

    fn key(&self, position: usize) -> Key {
        let k = self.number(position);
        match self.steps {
            Steps::Whole { start, step } => {
                Key::Int((start + i128::from(k) * step) * key::tick_ns(self.dtype))
            }
            Steps::Real { start, step } => {
                let v = start + k as f64 * step;
                Key::from_f64(if self.dtype == DType::F32 { v as f32 as f64 } else { v })
            }
        }
    }

    fn direction(&self) -> Option<Direction> {
        Some(if self.falling() { Direction::Falling } else { Direction::Rising })
    }

    fn find_all(&self, labels: &Block) -> Option<Vec<i64>> {
        let labels = (labels.dtype() == self.dtype).then(|| labels.clone().contiguous())?;
        with_real!(self.dtype.kind(), T => Some(labels.as_slice::<T>()?.iter().map(|v| self.position(*v)).collect()), else None)
    }

    fn find(&self, key: &Key) -> Found {
        // Rounding may miss by one; what is exact is decided by the labels themselves.
        if let Some(near) = self.estimate(key)
            && near >= -1.0
            && near <= self.len as f64
        {
            let near = near.round() as i64;
            for i in [near, near - 1, near + 1] {
                if let Some(i) = usize::try_from(i).ok().filter(|&i| i < self.len)
                    && self.key(i) == *key
                {
                    return Found::Run(i..i + 1);
                }
            }
        }
        let at = |i| self.key(i);
        let direction = if self.falling() { Direction::Falling } else { Direction::Rising };
        Found::Run(Ordered { len: self.len, direction, key: &at }.find(key))
    }

    fn unique(&self) -> bool {
        true
    }

    fn resolution(&self) -> Resolution {
        // What divides the first label and the step divides all of them.
        let Steps::Whole { start, step } = self.steps else { return Resolution::Day };
        let stride = step * i128::from(self.stride);
        let (first, stride) = (start + i128::from(self.first) * step, if self.len > 1 { stride } else { 0 });
        let ticks = [first as i64, stride as i64];
        let block = Block::from_vec(&[2], ticks.to_vec()).expect("two elements");
        match self.dtype {
            DType::Datetime { .. } => super::time::resolution(&block.retype(self.dtype)),
            _ => Resolution::Day,
        }
    }
}

impl Index for RangeIndex {
    fn len(&self) -> usize {
        self.len
    }

    fn labels(&self) -> Block {
        let block = with_real!(self.dtype.kind(), T => {
            Block::from_vec(&[self.len], self.all_labels::<T>()).expect("as many as places")
        }, else unreachable!("ranges are of integers, floats and times"));
        block.retype(self.dtype)
    }

    fn dtype(&self) -> DType {
        self.dtype
    }

    fn select(&self, label: &Label, method: Method, tolerance: Option<&Scalar>) -> Result<Positions> {
        lookup::select(self, label, method, tolerance)
    }

    fn positions_of(&self, labels: &Block, method: Method, tolerance: Option<&Scalar>) -> Result<Vec<i64>> {
        lookup::positions_of(self, labels, method, tolerance)
    }

    fn take(&self, positions: &Positions) -> Arc<dyn Index> {
        match positions {
            Positions::Slice(s) => {
                let first = self.number(s.start);
                Arc::new(RangeIndex {
                    first,
                    stride: self.stride * s.step as i64,
                    len: s.len,
                    ..self.clone()
                })
            }
            Positions::One(i) => Arc::new(RangeIndex { first: self.number(*i), len: 1, ..self.clone() }),
            Positions::Many(p) => {
                let labels = with_real!(self.dtype.kind(), T => {
                    let labels = p.iter().map(|&p| self.label::<T>(p as usize)).collect();
                    Block::from_vec(&[p.len()], labels).expect("as many as places")
                }, else unreachable!("ranges are of integers, floats and times"));
                super::of_labels(&labels.retype(self.dtype))
            }
        }
    }

    fn is_unique(&self) -> bool {
        true
    }

    fn equals(&self, other: &dyn Index) -> bool {
        let other_range = (other as &dyn Any).downcast_ref::<RangeIndex>();
        other_range.is_some_and(|o| o == self) || super::same_labels(self, other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_labels_are_recognised_only_where_exact() {
        let recognised = |b: Block| RangeIndex::recognise(&b).map(|r| r.labels().same_bits(&b));
        assert_eq!(recognised(Block::from_vec(&[3], vec![5i32, 3, 1]).unwrap()), Some(true));
        assert_eq!(recognised(Block::from_vec(&[3], vec![5u8, 3, 1]).unwrap()), Some(true));
        assert_eq!(recognised(Block::from_vec(&[3], vec![0.25f32, 0.5, 0.75]).unwrap()), Some(true));
        assert_eq!(recognised(Block::from_vec(&[3], vec![0.1, 0.2, 0.3]).unwrap()), None);
        assert_eq!(recognised(Block::from_vec(&[3], vec![1i64, 2, 4]).unwrap()), None);
        assert_eq!(recognised(Block::from_vec(&[3], vec![1.0, f64::NAN, 4.0]).unwrap()), None);
        assert_eq!(recognised(Block::from_vec(&[2], vec![1i64, 1]).unwrap()), None);
    }

    #[test]
    fn parts_keep_the_very_same_labels() {
        let r = RangeIndex::new(DType::F64, 0.1, 0.1, 100).unwrap();
        let part = r.take(&Positions::Slice(crate::array::Slice { start: 90, step: -7, len: 5 }));
        let labels = part.labels().to_vec::<f64>().unwrap();
        let all = r.labels().to_vec::<f64>().unwrap();
        assert_eq!(labels, [all[90], all[83], all[76], all[69], all[62]]);
        assert_eq!(r.find(&Key::from_f64(all[76])), Found::Run(76..77));
        assert_eq!(r.find(&Key::from_f64(0.05)), Found::Run(0..0));
    }

    #[test]
    fn ranges_that_leave_their_type_are_refused() {
        assert!(RangeIndex::new(DType::U8, 250, 3, 3).is_err());
        assert!(RangeIndex::new(DType::I64, 0, 0, 3).is_err());
        assert!(RangeIndex::new(DType::Str, 0, 1, 3).is_err());
    }
}
