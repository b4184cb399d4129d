//! Ranks along an axis, the order of elements, and equal elements by number.

use ndarray::{ArrayD, Axis, IxDyn};
use serde::{Deserialize, Serialize};

use super::key::{Gaps, Key, Keyed};
use super::lanes::{Tile, for_each_tile, kept, steps};
use super::{text, with_keyed};
use crate::array::Block;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};

/// What stands for each element of the result of [`rank`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RankKind {
    /// Its place in order, counted from 1.
    Place,
    /// The place as a fraction of the number of values that are not missing.
    Fraction,
}

/// Ranks along `axis`, in `f64`: equal elements share the mean of their places, NaN has none. Other missing
/// elements (NaT, missing text, complex NaN) come after all others, each with a place of its own.
///
/// # Errors
/// If the block is no array of its dtype.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::order::{RankKind, rank};
/// let ranks = rank(&Block::from_vec(&[3], vec![30, 10, 30])?, 0, RankKind::Place)?;
/// assert_eq!(ranks.to_vec::<f64>()?, [2.5, 1.0, 2.5]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn rank(block: &Block, axis: usize, kind: RankKind) -> Result<Block> {
    let (codes, dtype) = coded(block)?;
    let ranked = with_keyed!(codes.dtype().kind(), T => {
        ranks::<T>(&codes, axis, kind, dtype.is_float())?
    }, else return Err(Error::internal("text was turned into numbers")));
    Ok(Block::new(ranked.into_shared()))
}

fn ranks<T: Keyed>(
    codes: &Block,
    axis: usize,
    kind: RankKind,
    missing_has_none: bool,
) -> Result<ArrayD<f64>> {
    let key = |p: &Placed<T>| T::Key::parts(*p).0;
    let position = |p: &Placed<T>| T::Key::parts(*p).1 as usize;
    along::<T, f64>(codes, axis, |sorted, valid, out| {
        let scale = if kind == RankKind::Fraction { valid as f64 } else { 1.0 };
        let mut first = 0;
        while first < valid {
            let same = sorted[first..valid].iter().take_while(|p| key(p) == key(&sorted[first])).count();
            let mean = (2 * first + same + 1) as f64 / 2.0;
            for placed in &sorted[first..first + same] {
                out[position(placed)] = mean / scale;
            }
            first += same;
        }
        for (place, placed) in sorted.iter().enumerate().skip(valid) {
            out[position(placed)] = if missing_has_none { f64::NAN } else { (place + 1) as f64 / scale };
        }
    })
}

/// The positions along `axis` in the order of the elements, in `i64`; equal ones stay in order, missing ones
/// come last.
///
/// # Errors
/// If the block is no array of its dtype.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::order::argsort;
/// let order = argsort(&Block::from_vec(&[3], vec![30, 10, 20])?, 0)?;
/// assert_eq!(order.to_vec::<i64>()?, [1, 2, 0]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn argsort(block: &Block, axis: usize) -> Result<Block> {
    let (codes, _) = coded(block)?;
    let order = with_keyed!(codes.dtype().kind(), T => order::<T>(&codes, axis)?, else {
        return Err(Error::internal("text was turned into numbers"));
    });
    Ok(Block::new(order.into_shared()))
}

fn order<T: Keyed>(codes: &Block, axis: usize) -> Result<ArrayD<i64>> {
    along::<T, i64>(codes, axis, |sorted, _, out| {
        for (to, placed) in out.iter_mut().zip(sorted) {
            *to = i64::from(T::Key::parts(*placed).1);
        }
    })
}

/// For each element of a block of rank 1 how many different ones are less; `None` for missing ones. Equal
/// numbers mark equal elements.
///
/// # Errors
/// If the block has another rank.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::order::dense_ranks;
/// let ranks = dense_ranks(&Block::from_vec(&[4], vec![9.0, 1.0, f64::NAN, 9.0])?)?;
/// assert_eq!(ranks, [Some(1), Some(0), None, Some(1)]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn dense_ranks(block: &Block) -> Result<Vec<Option<usize>>> {
    if block.ndim() != 1 {
        return Err(Error::internal(format!("dense ranks of shape {:?}", block.shape())));
    }
    let (codes, _) = coded(block)?;
    with_keyed!(codes.dtype().kind(), T => numbers::<T>(&codes), else {
        Err(Error::internal("text was turned into numbers"))
    })
}

fn numbers<T: Keyed>(codes: &Block) -> Result<Vec<Option<usize>>> {
    let gaps = Gaps::of(codes.dtype());
    let elements = codes.typed::<T>()?;
    let mut sorted: Vec<T::Key> = elements.iter().filter(|x| !gaps.missing(**x)).map(|x| x.key()).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let number = |x: &T| sorted.binary_search(&x.key()).ok().filter(|_| !gaps.missing(*x));
    Ok(elements.iter().map(number).collect())
}

/// The block with text as numbers, and its own dtype.
fn coded(block: &Block) -> Result<(Block, DType)> {
    let dtype = block.dtype();
    Ok((if dtype.is_text() { text::codes(block)?.0 } else { block.clone() }, dtype))
}

/// A key of an element with its position in the lane.
type Placed<T> = <<T as Keyed>::Key as Key>::Placed;

/// Sorts each lane along `axis`; `f` makes the results from the sorted keys with their positions, and from how
/// many of them are not of missing elements.
fn along<T: Keyed, R: Element + Copy>(
    codes: &Block,
    axis: usize,
    f: impl Fn(&[Placed<T>], usize, &mut [R]),
) -> Result<ArrayD<R>> {
    let (view, gaps) = (codes.typed::<T>()?.view(), Gaps::of(codes.dtype()));
    let shape = view.shape().to_vec();
    let n = view.len_of(Axis(axis));
    if u32::try_from(n).is_err() {
        return Err(Error::unsupported(format!("sorting {n} elements along one axis")));
    }
    let step_of = steps(&shape);
    let stay: Vec<usize> = kept(shape.len(), &[axis]).into_iter().map(|a| step_of[a]).collect();
    let mut out = vec![R::default(); shape.iter().product()];
    let mut sorted = Vec::with_capacity(n);
    let mut results: Vec<R> = Vec::new();
    let key = |x: T| if gaps.missing(x) { T::Key::MAX } else { x.key() };
    for_each_tile(
        view,
        &[axis],
        &stay,
        |_| true,
        key,
        |mut tile: Tile<'_, T::Key>| {
            results.resize(tile.len() * n, R::default());
            for l in 0..tile.len() {
                let keys = tile.lane(l);
                sorted.clear();
                sorted.extend(keys.iter().enumerate().map(|(i, k)| k.at(i as u32)));
                sorted.sort_unstable();
                // The greatest key is that of missing elements, where there can be any.
                let valid = match gaps.possible {
                    true => sorted.partition_point(|p| T::Key::parts(*p).0 < T::Key::MAX),
                    false => n,
                };
                f(&sorted, valid, &mut results[l * n..][..n]);
            }
            write(&tile, &results, &mut out, n, step_of[axis]);
        },
    );
    ArrayD::from_shape_vec(IxDyn(&shape), out).map_err(|_| Error::internal("a result for each element"))
}

/// Writes the results of a tile, `n` for each lane, to where they belong: along what lies closer together.
fn write<K, R: Copy>(tile: &Tile<'_, K>, results: &[R], out: &mut [R], n: usize, axis_step: usize) {
    let lanes = tile.len();
    if axis_step == 1 {
        for l in 0..lanes {
            out[tile.at(l)..][..n].copy_from_slice(&results[l * n..][..n]);
        }
        return;
    }
    for i in 0..n {
        let base = tile.at(0) + i * axis_step;
        for l in 0..lanes {
            out[base + l * tile.step()] = results[l * n + i];
        }
    }
}
