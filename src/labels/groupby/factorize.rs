//! Labels as numbers of groups.

use std::cmp::Ordering;

use crate::array::Block;
use crate::dtype::dispatch::with_real;
use crate::dtype::{DType, Element, Kind, NAT, Real, Text};
use crate::error::{Error, Result};

/// The group of each label (-1 where it is missing) and the sorted labels of the groups.
///
/// # Errors
/// If labels of this dtype have no order.
pub(super) fn factorize(labels: &Block) -> Result<(Vec<i32>, Block)> {
    let dtype = labels.dtype();
    if dtype.is_time() {
        return sorted::<i64>(labels, i64::cmp, |v| *v == NAT);
    }
    with_real!(dtype.kind(), T => {
        let order = |a: &T, b: &T| a.partial_cmp(b).unwrap_or(Ordering::Equal);
        sorted::<T>(labels, order, |v| Real::is_nan(*v))
    }, else match dtype.kind() {
        Kind::Bool => sorted::<bool>(labels, bool::cmp, |_| false),
        Kind::Str => sorted::<Text>(labels, Text::cmp, Element::is_missing),
        _ => Err(Error::dtype(format!("{} labels have no order to group by", DType::to_string(&dtype)))),
    })
}

fn sorted<T: Element>(
    labels: &Block,
    order: impl Fn(&T, &T) -> Ordering,
    missing: impl Fn(&T) -> bool,
) -> Result<(Vec<i32>, Block)> {
    let values: Vec<T> = labels.to_vec()?;
    let mut rows: Vec<usize> = (0..values.len()).filter(|&i| !missing(&values[i])).collect();
    rows.sort_by(|&a, &b| order(&values[a], &values[b]));
    let mut codes = vec![-1; values.len()];
    let mut unique: Vec<T> = Vec::new();
    for row in rows {
        if unique.last().is_none_or(|last| order(last, &values[row]) != Ordering::Equal) {
            unique.push(values[row].clone());
        }
        codes[row] = i32::try_from(unique.len() - 1)
            .map_err(|_| Error::unsupported("more groups than a 32-bit number counts"))?;
    }
    let n = unique.len();
    Ok((codes, Block::from_vec(&[n], unique)?.retype(labels.dtype())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_sorted_and_missing_labels_are_in_none() {
        let labels = Block::from_vec(&[5], vec![2.0, f64::NAN, -1.0, 2.0, 0.5]).unwrap();
        let (codes, unique) = factorize(&labels).unwrap();
        assert_eq!(codes, [2, -1, 0, 2, 1]);
        assert_eq!(unique.to_vec::<f64>().unwrap(), [-1.0, 0.5, 2.0]);
    }

    #[test]
    fn nat_is_in_no_group() {
        let unit = crate::dtype::TimeUnit::S;
        let labels = Block::from_vec(&[3], vec![7i64, NAT, 7]).unwrap().retype(DType::Timedelta { unit });
        let (codes, unique) = factorize(&labels).unwrap();
        assert_eq!(codes, [0, -1, 0]);
        assert_eq!(unique.dtype(), labels.dtype());
    }
}
