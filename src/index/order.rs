//! The order of labels: whether they rise or fall, and which come first.

use std::cmp::Ordering;

use super::Index;
use super::key::{Key, comparable, keys};
use crate::array::Block;
use crate::error::{Error, Result};

/// Whether labels rise, and whether they fall; equal neighbours are both.
pub(crate) fn monotonic(index: &dyn Index) -> (bool, bool) {
    let keys = keys(&index.labels());
    let all = |ok: fn(Ordering) -> bool| keys.windows(2).all(|w| w[0].order(&w[1]).is_some_and(ok));
    let ordered = !keys.contains(&Key::Missing);
    (ordered && all(Ordering::is_le), ordered && all(Ordering::is_ge))
}

/// The place of each label (blocks of one element) among the different ones, in rising order or falling.
///
/// # Errors
/// If labels have no order.
pub(crate) fn ranks(labels: &[Block], falling: bool) -> Result<Vec<usize>> {
    let mut own = Vec::with_capacity(labels.len());
    for (i, label) in labels.iter().enumerate() {
        comparable(label.dtype(), labels[0].dtype()).map_err(|_| {
            Error::invalid(format!("labels of {} and {} have no order", label.dtype(), labels[0].dtype()))
                .at(format!("object {i}"))
        })?;
        own.extend(keys(label));
    }
    if own.contains(&Key::Missing) {
        return Err(Error::invalid("a missing label has no place in an order"));
    }
    let mut order: Vec<usize> = (0..own.len()).collect();
    order.sort_by(|a, b| own[*a].order(&own[*b]).unwrap_or(Ordering::Equal));
    if falling {
        order.reverse();
    }
    let mut ranks = vec![0; own.len()];
    for pair in order.windows(2) {
        ranks[pair[1]] = ranks[pair[0]] + usize::from(own[pair[0]] != own[pair[1]]);
    }
    Ok(ranks)
}
