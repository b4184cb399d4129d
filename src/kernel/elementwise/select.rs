//! Picking among elements: `where`, `fillna`, `isin`.

use std::collections::HashSet;

use super::no_meaning;
use crate::array::Block;
use crate::dtype::dispatch::{with_element, with_real};
use crate::dtype::promote::{is_plain, promote};
use crate::dtype::{DType, Kind, NAT, Real, Text};
use crate::error::Result;
use crate::kernel::cast::cast_into;
use crate::kernel::feed::Operand;
use crate::kernel::loops::{same_tiles, same2, to1, to2};

/// The dtype of `where`; the condition may be a number, true where it is not zero.
pub(super) fn where_dtype(condition: DType, a: DType, b: DType) -> Result<DType> {
    if !is_plain(condition) {
        return Err(no_meaning("where", &[condition]).help("the condition must be bool: compare first"));
    }
    promote(a, b)
}

/// Operands that no tile converts: times of another unit and text of another kind.
fn common(block: Block, to: DType) -> Result<Block> {
    let from = block.dtype();
    if from == to || (is_plain(from) && (is_plain(to) || to.is_timedelta())) {
        return Ok(block);
    }
    cast_into(block, to)
}

/// `a` where the condition holds, else `b`.
pub(super) fn where_(condition: Block, a: Block, b: Block, to: DType, shape: &[usize]) -> Result<Block> {
    let (a, b) = (common(a, to)?, common(b, to)?);
    Ok(with_element!(to.kind(), T => pick::<T>(&condition, a, b, shape)))
}

fn pick<T: Operand>(condition: &Block, a: Block, b: Block, shape: &[usize]) -> Block {
    let mut conditions = bool::feed(condition, shape);
    same_tiles([a, b], shape, |range, [a, b]: [&[T]; 2], out| {
        for (((o, c), a), b) in out.iter_mut().zip(conditions.tile(range)).zip(a).zip(b) {
            o.clone_from(if *c { a } else { b });
        }
    })
}

/// `b` where `a` is missing.
pub(super) fn fillna(a: Block, b: Block, to: DType, shape: &[usize]) -> Result<Block> {
    if !a.dtype().holds_missing() {
        return cast_into(a, to)?.broadcast_to(shape);
    }
    let (a, b) = (common(a, to)?, common(b, to)?);
    if to.is_time() {
        return Ok(same2(a, b, shape, |a: &i64, b: &i64| if *a == NAT { *b } else { *a }));
    }
    Ok(with_element!(to.kind(), T => filled::<T>(a, b, shape)))
}

fn filled<T: Operand>(a: Block, b: Block, shape: &[usize]) -> Block {
    same2(a, b, shape, |a: &T, b: &T| if a.is_missing() { b.clone() } else { a.clone() })
}

/// Whether each element is in the list; missing ones are in none.
pub(super) fn isin(a: Block, list: &Block, shape: &[usize]) -> Result<Block> {
    // What cannot be equal is in no list.
    let Ok(common_dtype) = promote(a.dtype(), list.dtype()) else {
        return Ok(Block::zeros(DType::Bool, shape));
    };
    let (a, list) = (common(a, common_dtype)?, cast_into(list.clone(), common_dtype)?);
    let kind = common_dtype.kind();
    if common_dtype.is_time() {
        let list = Block::new(
            list.typed::<i64>()?
                .iter()
                .copied()
                .filter(|v| *v != NAT)
                .collect::<ndarray::Array1<i64>>()
                .into_dyn()
                .into_shared(),
        );
        return Ok(is_one_of::<i64>(a, &list, shape));
    }
    Ok(with_real!(kind, T => is_one_of::<T>(a, &list, shape), else match kind {
        Kind::Str => {
            let set: HashSet<&str> = list.typed::<Text>()?.iter().filter_map(Text::as_str).collect();
            to1(a, shape, |v: &Text| v.as_str().is_some_and(|s| set.contains(s)))
        }
        kind => with_element!(kind, T => {
            let list: Vec<T> = list.to_vec()?;
            to1(a, shape, |v: &T| list.contains(v))
        }),
    }))
}

fn is_one_of<T: Real + Operand>(a: Block, list: &Block, shape: &[usize]) -> Block {
    let mut list: Vec<T> = list.to_vec().expect("the list was cast");
    list.retain(|v| !Real::is_nan(*v));
    list.sort_by(|a, b| a.partial_cmp(b).expect("no NaN is left"));
    if let [one] = list[..] {
        return to2(a, Block::scalar(one), shape, |a: &T, b: &T| a == b);
    }
    let order = |v: &T, w: &T| v.partial_cmp(w).unwrap_or(std::cmp::Ordering::Less);
    to1(a, shape, |v: &T| list.binary_search_by(|w| order(w, v)).is_ok())
}
