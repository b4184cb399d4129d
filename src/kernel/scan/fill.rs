//! The last valid element.

use super::Lay;
use crate::array::Block;
use crate::dtype::dispatch::with_element;
use crate::dtype::promote::missing_value;
use crate::dtype::{DType, Element, NAT};
use crate::error::{Error, Result};

/// Binds `$T` to the type of the elements and `$missing` to what tells a missing one.
macro_rules! with_missing {
    ($dtype:expr, $T:ident, $missing:ident => $body:expr) => {
        if $dtype.is_time() {
            type $T = i64;
            let $missing = |t: &i64| *t == NAT;
            $body
        } else {
            with_element!($dtype.kind(), $T => {
                let $missing = <$T as Element>::is_missing;
                $body
            })
        }
    };
}

fn elements<T: Element>(block: &Block) -> Result<&[T]> {
    block.as_slice::<T>().ok_or_else(|| Error::internal("a fill needs contiguous elements of its dtype"))
}

fn flat<T: Element>(values: Vec<T>, dtype: DType) -> Result<Block> {
    Ok(Block::from_vec(&[values.len()], values)?.retype(dtype))
}

/// Nothing valid yet.
pub(super) fn start(dtype: DType, size: usize) -> Result<Block> {
    Ok(match dtype.holds_missing() {
        true => Block::full(&[size], &missing_value(dtype)),
        false => Block::zeros(dtype, &[size]),
    })
}

/// The last valid element of each lane.
pub(super) fn total(piece: &Block, lay: Lay) -> Result<Block> {
    let dtype = piece.dtype();
    let last = start(dtype, lay.lanes())?;
    with_missing!(dtype, T, missing => {
        let x = elements::<T>(piece)?;
        let mut out = last.to_vec::<T>()?;
        for o in 0..lay.outer {
            let out = &mut out[o * lay.inner..][..lay.inner];
            for i in 0..lay.n {
                let row = &x[(o * lay.n + i) * lay.inner..][..lay.inner];
                for (to, x) in out.iter_mut().zip(row) {
                    if !missing(x) {
                        to.clone_from(x);
                    }
                }
            }
        }
        flat(out, dtype)
    })
}

/// The later element where it is valid.
pub(super) fn join(earlier: Block, later: &Block, dtype: DType) -> Result<Block> {
    with_missing!(dtype, T, missing => {
        let mut out = earlier.to_vec::<T>()?;
        for (to, x) in out.iter_mut().zip(elements::<T>(later)?) {
            if !missing(x) {
                to.clone_from(x);
            }
        }
        flat(out, dtype)
    })
}

/// Every element, or the last valid one before it.
pub(super) fn scan(piece: Block, lay: Lay, before: Option<&Block>, limit: Option<usize>) -> Result<Block> {
    let dtype = piece.dtype();
    with_missing!(dtype, T, missing => {
        let before = before.map(|b| elements::<T>(b)).transpose()?;
        let mut out = piece.to_vec::<T>()?;
        for o in 0..lay.outer {
            let block = &mut out[o * lay.n * lay.inner..][..lay.n * lay.inner];
            let before = before.map(|b| &b[o * lay.inner..][..lay.inner]);
            match (lay.inner, limit) {
                (_, Some(limit)) => rows_within(block, lay.inner, limit, missing),
                (1, None) => lane(block, before.map(|b| &b[0]), missing),
                _ => rows(block, lay.inner, before, missing),
            }
        }
        flat(out, dtype)
    })
}

fn lane<T: Element>(lane: &mut [T], before: Option<&T>, missing: impl Fn(&T) -> bool) {
    let mut last = before.filter(|b| !missing(b)).cloned();
    for x in lane {
        if !missing(x) {
            last = Some(x.clone());
        } else if let Some(last) = &last {
            x.clone_from(last);
        }
    }
}

fn rows<T: Element>(block: &mut [T], inner: usize, before: Option<&[T]>, missing: impl Fn(&T) -> bool) {
    let patch = |row: &mut [T], last: &[T]| {
        for (x, last) in row.iter_mut().zip(last) {
            // What nothing valid comes before stays as it is: there are many NaNs.
            if missing(x) && !missing(last) {
                x.clone_from(last);
            }
        }
    };
    if let (Some(before), Some(first)) = (before, block.get_mut(..inner)) {
        patch(first, before);
    }
    for start in (inner..block.len()).step_by(inner.max(1)) {
        let (done, rest) = block.split_at_mut(start);
        patch(&mut rest[..inner], &done[start - inner..]);
    }
}

/// The same, but no further than `limit` positions.
fn rows_within<T: Element>(block: &mut [T], inner: usize, limit: usize, missing: impl Fn(&T) -> bool) {
    let mut run = vec![0_usize; inner];
    for start in (0..block.len()).step_by(inner.max(1)) {
        let (done, rest) = block.split_at_mut(start);
        let last = done.len().checked_sub(inner).map(|s| &done[s..]);
        for (j, x) in rest[..inner].iter_mut().enumerate() {
            if !missing(x) {
                run[j] = 0;
                continue;
            }
            run[j] += 1;
            if let Some(last) = last.map(|last| &last[j])
                && run[j] <= limit
                && !missing(last)
            {
                x.clone_from(last);
            }
        }
    }
}
