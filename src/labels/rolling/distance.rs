//! Windows that reach a distance between labels.

use std::ops::{Add, Sub};

use crate::dtype::promote::missing_value;
use crate::dtype::{DType, NAT, Scalar};
use crate::error::{Error, Result};
use crate::index::Closed;
use crate::kernel::cast::cast;
use crate::kernel::rolling::Spans;
use crate::labels::Dataset;
use crate::labels::resample::nanoseconds;
use crate::time::TimeUnit;

/// How far a window reaches, and from where.
pub(super) struct Reach<'a> {
    pub(super) distance: &'a Scalar,
    pub(super) center: bool,
    pub(super) closed: Closed,
    pub(super) stride: usize,
}

impl Reach<'_> {
    /// The windows at the labels of a dimension.
    ///
    /// # Errors
    /// If it has no labels, or these have no distance, are missing or not sorted.
    pub(super) fn spans(&self, parts: &Dataset, dim: &str) -> Result<Spans> {
        let Some(labels) = parts.coords().get(dim) else {
            return Err(Error::invalid(format!("windows by distance need labels along `{dim}`")).help(
                "assign a coordinate first, as with `assign_coords`, or count positions with `rolling`",
            ));
        };
        let block = labels.load()?;
        let positive = |is: bool| match is {
            true => Ok(()),
            false => Err(Error::invalid(format!("a window along `{dim}` reaches a distance above 0"))),
        };
        match block.dtype() {
            dtype @ (DType::Datetime { unit, .. } | DType::Timedelta { unit }) => {
                let distance =
                    nanoseconds(self.distance).map_err(|e| e.at(format!("the window along `{dim}`")))?;
                positive(distance > 0)?;
                let ticks = block.to_vec::<i64>()?;
                if ticks.contains(&NAT) {
                    return Err(missing(dim, dtype));
                }
                let tick = i128::from(TimeUnit::tick_ns(unit));
                let labels = ticks.into_iter().map(|t| i128::from(t) * tick).collect();
                self.within(dim, labels, distance, |x| -x)
            }
            dtype if dtype.is_integer() || dtype.is_float() => {
                let distance = self.distance.to_block();
                if !(distance.dtype().is_integer() || distance.dtype().is_float()) {
                    return Err(Error::dtype(format!(
                        "the labels of `{dim}` are {dtype}: their distance is a number, not {}",
                        distance.dtype()
                    )));
                }
                let distance = cast(&distance, DType::F64)?.reshape(&[1])?.to_vec::<f64>()?.remove(0);
                positive(distance > 0.0)?;
                let labels = cast(&block, DType::F64)?.to_vec::<f64>()?;
                if labels.iter().any(|x| x.is_nan()) {
                    return Err(missing(dim, dtype));
                }
                self.within(dim, labels, distance, |x| -x)
            }
            dtype => Err(Error::dtype(format!("labels of {dtype} along `{dim}` have no distance"))),
        }
    }

    fn within<X: Copy + PartialOrd + Add<Output = X> + Sub<Output = X>>(
        &self,
        dim: &str,
        labels: Vec<X>,
        distance: X,
        negative: impl Fn(X) -> X,
    ) -> Result<Spans> {
        let labels = match (labels.is_sorted(), labels.iter().rev().is_sorted()) {
            (true, _) => labels,
            // Falling labels: the window reaches back along the dimension all the same.
            (false, true) => labels.into_iter().map(negative).collect(),
            _ => {
                return Err(Error::invalid(format!("the labels along `{dim}` are not sorted"))
                    .help("sort them first, as with `sortby`"));
            }
        };
        let (lower, upper) = match self.closed {
            Closed::Right => (false, true),
            Closed::Left => (true, false),
            Closed::Both => (true, true),
            Closed::Neither => (false, false),
        };
        // Everything is taken twice, so that half a window is exact.
        let twice = |x: X| x + x;
        let (mut start, mut end) = (0, 0);
        let spans = labels.iter().step_by(self.stride).map(|x| {
            let (first, last) = match self.center {
                true => (twice(*x) - distance, twice(*x) + distance),
                false => (twice(*x) - twice(distance), twice(*x)),
            };
            let before = |x: &X| if lower { twice(*x) < first } else { twice(*x) <= first };
            let inside = |x: &X| if upper { twice(*x) <= last } else { twice(*x) < last };
            start += labels[start..].iter().take_while(|x| before(x)).count();
            end += labels[end..].iter().take_while(|x| inside(x)).count();
            start..end.max(start)
        });
        Ok(Spans::given(spans.collect::<Vec<_>>(), self.stride))
    }
}

fn missing(dim: &str, dtype: DType) -> Error {
    let what = if missing_value(dtype).dtype().is_time() { "NaT" } else { "NaN" };
    Error::invalid(format!("a label along `{dim}` is missing ({what})"))
        .help("drop it first, as with `isel` of `notnull`")
}
