//! Labels at equal distances: two numbers instead of a list.

use std::any::Any;
use std::sync::Arc;

use super::key::{self, Key};
use super::lookup::{self, Found, Lookup};
use super::search::{Direction, Ordered};
use super::{Index, Label, Method, Positions};
use crate::array::Block;
use crate::dtype::dispatch::with_real;
use crate::dtype::{DType, NAT, Number, Scalar};
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
            let missing = dtype.is_time() && values.iter().any(|v| whole(*v) == i128::from(NAT));
            (even && step != 0 && !missing).then_some(RangeIndex {
                dtype, steps: Steps::Whole { start, step }, first: 0, stride: 1, len,
            })
        }, else None)
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
            let values: Vec<T> = (0..self.len).map(|i| {
                let k = self.number(i);
                match self.steps {
                    Steps::Whole { start, step } => num_traits::NumCast::from(start + i128::from(k) * step)
                        .expect("both ends fit"),
                    Steps::Real { start, step } => T::from_f64(start + k as f64 * step),
                }
            }).collect();
            Block::from_vec(&[self.len], values).expect("as many as places")
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
            Positions::Many(_) => super::of_labels(&super::take_labels(&self.labels(), positions)),
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
