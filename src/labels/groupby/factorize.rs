//! Labels as numbers of groups.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::array::Block;
use crate::dtype::dispatch::{with_element, with_integer};
use crate::dtype::{DType, Element, Kind, NAT, Text};
use crate::error::{Error, Result};
use crate::index::{Method, Mix, default_index};
use crate::kernel::movement;

/// Integers that span at most so many times as many values as there are labels are counted in a table.
const SPARSE: u64 = 4;

/// The group of each label (in row-major order, -1 where it is missing) and the sorted labels of the groups.
///
/// # Errors
/// If labels of this dtype have no order.
pub(super) fn factorize(labels: &Block) -> Result<(Vec<i32>, Block)> {
    let labels = labels.clone().contiguous().reshape(&[labels.size()])?;
    let dtype = labels.dtype();
    let (codes, first) = match dtype.kind() {
        Kind::Str => texts(values::<Text>(&labels)?)?,
        Kind::Bool => numbers(values::<bool>(&labels)?.iter().map(|v| Some(u64::from(*v))).collect())?,
        Kind::F64 => numbers(values::<f64>(&labels)?.iter().map(|v| rank(*v)).collect())?,
        Kind::F32 => numbers(values::<f32>(&labels)?.iter().map(|v| rank(f64::from(*v))).collect())?,
        Kind::I64 if dtype.is_time() => {
            let of = |v: &i64| (*v != NAT).then_some(*v as u64 ^ 1 << 63);
            numbers(values::<i64>(&labels)?.iter().map(of).collect())?
        }
        kind => with_integer!(kind, T => {
            // Flipping the sign bit keeps the order; what is unsigned is below it or has it, in order too.
            let signed = dtype.is_signed();
            // The kinds include `u64` itself.
            #[allow(clippy::unnecessary_cast)]
            let of = |v: &T| Some(if signed { *v as u64 ^ 1 << 63 } else { *v as u64 });
            numbers(values::<T>(&labels)?.iter().map(of).collect())?
        }, else {
            return Err(Error::dtype(format!("{} labels have no order to group by", DType::to_string(&dtype))));
        }),
    };
    let picks: Vec<Option<(usize, usize)>> = first.iter().map(|row| Some((0, *row))).collect();
    let fill = Block::zeros(dtype, &[]);
    let unique = movement::take(std::slice::from_ref(&labels), 0, &picks, &fill, &[first.len()]);
    Ok((codes, unique))
}

/// The place of each label (in row-major order) among given ones; -1 where it is missing or not among them.
///
/// # Errors
/// If labels are not comparable with the given ones, or those hold duplicates.
pub(super) fn find(labels: &Block, given: &Block) -> Result<Vec<i32>> {
    if i32::try_from(given.size()).is_err() {
        return Err(Error::unsupported("more groups than a 32-bit number counts"));
    }
    let index = default_index(given)?;
    if !index.is_unique() {
        return Err(Error::invalid("the labels to group by hold duplicates").help("name each group once"));
    }
    let labels = labels.clone().contiguous().reshape(&[labels.size()])?;
    let places = index.positions_of(&labels, Method::Exact, None)?;
    // A missing label is in no group, even where one is among the given.
    let missing = missing(given)?;
    Ok(places.iter().map(|&p| if p < 0 || missing[p as usize] { -1 } else { p as i32 }).collect())
}

/// Which elements are missing.
fn missing(labels: &Block) -> Result<Vec<bool>> {
    if labels.dtype().is_time() {
        return Ok(values::<i64>(labels)?.iter().map(|v| *v == NAT).collect());
    }
    with_element!(labels.dtype().kind(), T => {
        Ok(values::<T>(labels)?.iter().map(Element::is_missing).collect())
    })
}

fn values<T: Element>(labels: &Block) -> Result<&[T]> {
    labels.as_slice::<T>().ok_or_else(|| Error::internal(format!("labels of {} are no such", labels.dtype())))
}

/// A number in the order of floats; `None` for NaN. Both zeros are one label.
fn rank(v: f64) -> Option<u64> {
    if v.is_nan() {
        return None;
    }
    let bits = (v + 0.0).to_bits();
    Some(if bits >> 63 == 1 { !bits } else { bits | 1 << 63 })
}

/// The group of each key, and the row of the first of each group; groups in rising order of their keys.
fn numbers(keys: Vec<Option<u64>>) -> Result<(Vec<i32>, Vec<usize>)> {
    let present = || keys.iter().filter_map(|k| *k);
    let Some(low) = present().min() else { return Ok((vec![-1; keys.len()], Vec::new())) };
    let span = present().max().unwrap_or(low) - low;
    if present().is_sorted() {
        return Ok(runs(&keys));
    }
    if span / SPARSE < keys.len() as u64 {
        return Ok(counted(&keys, low, span as usize + 1));
    }
    hashed(keys.iter().copied())
}

/// Keys in order: a group ends where the key changes.
fn runs(keys: &[Option<u64>]) -> (Vec<i32>, Vec<usize>) {
    let (mut first, mut last) = (Vec::new(), None);
    let number = |(row, key): (usize, &Option<u64>)| {
        key.map_or(-1, |key| {
            if last != Some(key) {
                first.push(row);
                last = Some(key);
            }
            first.len() as i32 - 1
        })
    };
    let codes = keys.iter().enumerate().map(number).collect();
    (codes, first)
}

/// Keys that span few values: a table of them.
fn counted(keys: &[Option<u64>], low: u64, span: usize) -> (Vec<i32>, Vec<usize>) {
    let mut rows = vec![usize::MAX; span];
    for (row, key) in keys.iter().enumerate().rev() {
        if let Some(key) = key {
            rows[(key - low) as usize] = row;
        }
    }
    let mut first = Vec::new();
    let mut number = vec![-1i32; span];
    for (number, row) in number.iter_mut().zip(rows).filter(|(_, row)| *row != usize::MAX) {
        *number = first.len() as i32;
        first.push(row);
    }
    let codes = keys.iter().map(|key| key.map_or(-1, |k| number[(k - low) as usize])).collect();
    (codes, first)
}

fn texts(labels: &[Text]) -> Result<(Vec<i32>, Vec<usize>)> {
    hashed(labels.iter().map(Text::as_str))
}

/// Any keys: numbered as they come, then the numbers put in order.
fn hashed<K: std::hash::Hash + Ord + Copy>(
    keys: impl Iterator<Item = Option<K>>,
) -> Result<(Vec<i32>, Vec<usize>)> {
    let mut known: HashMap<K, i32, BuildHasherDefault<Mix>> = HashMap::default();
    let mut groups: Vec<(K, usize)> = Vec::new();
    let mut codes = Vec::new();
    for (row, key) in keys.enumerate() {
        let Some(key) = key else {
            codes.push(-1);
            continue;
        };
        let next = i32::try_from(groups.len())
            .map_err(|_| Error::unsupported("more groups than a 32-bit number counts"))?;
        let code = *known.entry(key).or_insert(next);
        if code == next {
            groups.push((key, row));
        }
        codes.push(code);
    }
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_unstable_by_key(|&i| groups[i].0);
    let mut number = vec![0i32; order.len()];
    order.iter().enumerate().for_each(|(to, from)| number[*from] = to as i32);
    codes.iter_mut().filter(|c| **c >= 0).for_each(|c| *c = number[*c as usize]);
    Ok((codes, order.into_iter().map(|i| groups[i].1).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_sorted_and_missing_labels_are_in_none() {
        let labels = Block::from_vec(&[6], vec![2.0, f64::NAN, -1.0, 2.0, 0.0, -0.0]).unwrap();
        let (codes, unique) = factorize(&labels).unwrap();
        assert_eq!(codes, [2, -1, 0, 2, 1, 1]);
        assert_eq!(unique.to_vec::<f64>().unwrap(), [-1.0, 0.0, 2.0]);
    }

    #[test]
    fn nat_is_in_no_group() {
        let unit = crate::dtype::TimeUnit::S;
        let labels = Block::from_vec(&[3], vec![7i64, NAT, 7]).unwrap().retype(DType::Timedelta { unit });
        let (codes, unique) = factorize(&labels).unwrap();
        assert_eq!(codes, [0, -1, 0]);
        assert_eq!(unique.dtype(), labels.dtype());
    }

    #[test]
    fn every_way_gives_the_same_numbers() {
        let mut state = 5u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 58) as i64 - 32
        };
        let few: Vec<i64> = (0..500).map(|_| next()).collect();
        let mut wanted = few.clone();
        wanted.sort_unstable();
        wanted.dedup();
        let numbers: Vec<i32> = few.iter().map(|v| wanted.binary_search(v).unwrap() as i32).collect();
        let wide: Vec<i64> = few.iter().map(|v| v << 40).collect();
        let floats: Vec<f64> = few.iter().map(|v| *v as f64 / 3.0).collect();
        for block in [
            Block::from_vec(&[500], few.clone()).unwrap(),
            Block::from_vec(&[500], few.iter().map(|v| *v as i8).collect()).unwrap(),
            Block::from_vec(&[500], few.iter().map(|v| (*v + 40) as u16).collect()).unwrap(),
            Block::from_vec(&[500], wide).unwrap(),
            Block::from_vec(&[500], floats).unwrap(),
            Block::from_vec(&[500], few.iter().map(|v| Text::from(format!("{:03}", v + 40))).collect())
                .unwrap(),
        ] {
            let (codes, unique) = factorize(&block).unwrap();
            assert_eq!(codes, numbers, "{}", block.dtype());
            assert_eq!(unique.size(), wanted.len());
        }
        let sorted = Block::from_vec(&[wanted.len()], wanted.clone()).unwrap();
        let (codes, unique) = factorize(&sorted).unwrap();
        assert!(codes.iter().enumerate().all(|(i, c)| i as i32 == *c) && unique.same_bits(&sorted));
    }

    #[test]
    fn given_labels_keep_their_order() {
        let labels = Block::from_vec(&[4], vec![1i64, 3, 2, 1]).unwrap();
        assert_eq!(find(&labels, &Block::from_vec(&[2], vec![2i64, 1]).unwrap()).unwrap(), [1, -1, 0, 1]);
        assert!(find(&labels, &Block::from_vec(&[2], vec![2i64, 2]).unwrap()).is_err());
    }
}
