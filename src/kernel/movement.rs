//! Moving elements: picking, ordering and repeating.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::array::Block;
use crate::dtype::Element;
use crate::dtype::dispatch::with_element;
use crate::error::Result;

/// Where an axis of the output comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AxisFrom {
    /// An axis of the input.
    Input(usize),
    /// A new axis along which everything repeats this many times.
    Repeat(usize),
}

/// Orders, adds and drops axes; `shape` is the shape of the result.
///
/// # Errors
/// If a dropped axis is longer than 1.
pub fn axes(block: Block, from: &[AxisFrom], shape: &[usize]) -> Result<Block> {
    order_axes(&block, from).broadcast_to(shape)
}

/// Orders, adds and drops axes (added ones have length 1); shares the memory.
pub(crate) fn order_axes(block: &Block, from: &[AxisFrom]) -> Block {
    let ndim = block.ndim();
    let named: SmallVec<[usize; 4]> = from
        .iter()
        .filter_map(|f| match f {
            AxisFrom::Input(a) => Some(*a),
            AxisFrom::Repeat(_) => None,
        })
        .collect();
    let mut perm = named.clone();
    perm.extend((0..ndim).filter(|a| !named.contains(a)));
    let mut block = if perm.is_sorted() { block.clone() } else { block.permute(&perm) };
    for axis in (named.len()..ndim).rev() {
        block = block.remove_axis(axis);
    }
    for (i, f) in from.iter().enumerate() {
        if let AxisFrom::Repeat(_) = f {
            block = block.insert_axis(i);
        }
    }
    block
}

/// Element `i` along `axis` is the one at `picks[i] = (piece, position)`, or `fill` where there is none.
pub fn take(
    pieces: &[Block],
    axis: usize,
    picks: &[Option<(usize, usize)>],
    fill: &Block,
    shape: &[usize],
) -> Block {
    let mut sorted: Vec<Picks> =
        pieces.iter().map(|_| Picks { places: Vec::new(), positions: vec![Vec::new()] }).collect();
    for (place, pick) in picks.iter().enumerate() {
        if let Some((piece, position)) = pick {
            sorted[*piece].places.push(place);
            sorted[*piece].positions[0].push(*position);
        }
    }
    gather(pieces, &[axis], &sorted, axis, fill, shape)
}

/// Which places along an axis of the result come from a piece, and from where in it.
#[derive(Debug)]
pub(crate) struct Picks {
    pub(crate) places: Vec<usize>,
    /// For each axis that is picked along, the position for every place.
    pub(crate) positions: Vec<Vec<usize>>,
}

/// Picks along several axes at once: axis `at` of the result takes the place of `axes` (rising), the others keep
/// their order. What no piece fills is `fill`.
pub(crate) fn gather(
    pieces: &[Block],
    axes: &[usize],
    picks: &[Picks],
    at: usize,
    fill: &Block,
    shape: &[usize],
) -> Block {
    with_element!(fill.dtype().kind(), T => {
        let value = fill.get::<T>().and_then(|f| f.first().cloned()).unwrap_or_default();
        let mut out = vec![value; shape.iter().product()];
        if !out.is_empty() {
            for (piece, picks) in pieces.iter().zip(picks).filter(|(_, p)| !p.places.is_empty()) {
                gather_piece::<T>(piece, axes, picks, at, shape, &mut out);
            }
        }
        Block::from_vec(shape, out).expect("one element for each place").retype(fill.dtype())
    })
}

fn gather_piece<T: Element>(
    piece: &Block,
    axes: &[usize],
    picks: &Picks,
    at: usize,
    shape: &[usize],
    out: &mut [T],
) {
    let array = piece.get::<T>().expect("one dtype").as_standard_layout();
    let data = array.as_slice().expect("made contiguous");
    let lengths = piece.shape();
    let mut strides = vec![1; lengths.len()];
    for axis in (1..lengths.len()).rev() {
        strides[axis - 1] = strides[axis] * lengths[axis];
    }
    let kept: SmallVec<[usize; 4]> = (0..lengths.len()).filter(|a| !axes.contains(a)).collect();
    // Axes whose elements lie together are copied as one run.
    let (mut run, mut rest) = (1, &kept[at..]);
    while let Some((&last, others)) = rest.split_last()
        && (strides[last] == run || lengths[last] == 1)
    {
        run *= lengths[last];
        rest = others;
    }
    let rows = offsets(&kept[..at], lengths, &strides);
    let steps = offsets(rest, lengths, &strides);
    let mut starts = vec![0; picks.places.len()];
    for (axis, positions) in axes.iter().zip(&picks.positions) {
        starts.iter_mut().zip(positions).for_each(|(start, p)| *start += p * strides[*axis]);
    }
    let row_len: usize = shape[at..].iter().product();
    for (to, row) in out.chunks_exact_mut(row_len).zip(&rows) {
        let picks = picks.places.iter().zip(&starts);
        if run == 1 && steps.len() == 1 {
            picks.for_each(|(place, start)| to[*place] = data[row + start].clone());
            continue;
        }
        let size = run * steps.len();
        for (place, start) in picks {
            for (to, step) in to[place * size..][..size].chunks_exact_mut(run).zip(&steps) {
                to.clone_from_slice(&data[row + start + step..][..run]);
            }
        }
    }
}

/// Where each position of these axes starts, in row-major order.
pub(crate) fn offsets(axes: &[usize], lengths: &[usize], strides: &[usize]) -> Vec<usize> {
    axes.iter().fold(vec![0], |all, &a| {
        all.iter().flat_map(|o| (0..lengths[a]).map(move |i| o + i * strides[a])).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_come_from_strided_pieces_in_runs_and_one_by_one() {
        let block = Block::from_vec(&[2, 3, 4], (0..24).collect::<Vec<i32>>()).unwrap();
        let zero = Block::scalar(-1i32);
        let taken = |block: &Block, axis: usize, picks: &[Option<(usize, usize)>]| {
            let mut shape = block.shape().to_vec();
            shape[axis] = picks.len();
            take(std::slice::from_ref(block), axis, picks, &zero, &shape).to_vec::<i32>().unwrap()
        };
        assert_eq!(taken(&block, 2, &[Some((0, 3)), None]), [3, -1, 7, -1, 11, -1, 15, -1, 19, -1, 23, -1]);
        assert_eq!(taken(&block, 0, &[Some((0, 1))]), (12..24).collect::<Vec<i32>>());
        let turned = block.permute(&[2, 1, 0]);
        assert_eq!(taken(&turned, 0, &[Some((0, 3))]), [3, 15, 7, 19, 11, 23]);
        // The first and the last axis together, point by point, before the one that stays and after it.
        let picks = Picks { places: vec![1, 0], positions: vec![vec![0, 1], vec![2, 3]] };
        let points = |at: usize, shape: &[usize]| {
            let pieces = std::slice::from_ref(&block);
            gather(pieces, &[0, 2], std::slice::from_ref(&picks), at, &zero, shape).to_vec::<i32>().unwrap()
        };
        assert_eq!(points(0, &[2, 3]), [15, 19, 23, 2, 6, 10]);
        assert_eq!(points(1, &[3, 2]), [15, 2, 19, 6, 23, 10]);
    }
}
