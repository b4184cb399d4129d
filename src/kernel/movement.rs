//! Moving elements: picking, ordering and repeating.

use ndarray::{ArrayD, Axis, IxDyn};
use serde::{Deserialize, Serialize};

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
    let ndim = block.ndim();
    let named: Vec<usize> = from
        .iter()
        .filter_map(|f| match f {
            AxisFrom::Input(a) => Some(*a),
            AxisFrom::Repeat(_) => None,
        })
        .collect();
    let mut perm = named.clone();
    perm.extend((0..ndim).filter(|a| !named.contains(a)));
    let mut block = block.permute(&perm);
    for axis in (named.len()..ndim).rev() {
        block = block.remove_axis(axis);
    }
    for (i, f) in from.iter().enumerate() {
        if let AxisFrom::Repeat(_) = f {
            block = block.insert_axis(i);
        }
    }
    block.broadcast_to(shape)
}

/// Element `i` along `axis` is the one at `picks[i] = (piece, position)`, or `fill` where there is none.
pub fn take(
    pieces: &[Block],
    axis: usize,
    picks: &[Option<(usize, usize)>],
    fill: &Block,
    shape: &[usize],
) -> Block {
    with_element!(fill.dtype().kind(), T => take_typed::<T>(pieces, axis, picks, fill, shape))
}

fn take_typed<T: Element>(
    pieces: &[Block],
    axis: usize,
    picks: &[Option<(usize, usize)>],
    fill: &Block,
    shape: &[usize],
) -> Block {
    let value = fill.get::<T>().and_then(|f| f.first().cloned()).unwrap_or_default();
    let arrays: Vec<_> = pieces.iter().map(|p| p.get::<T>().expect("one dtype")).collect();
    // Rank 1 is the common case of index work, where a sub-view per element would dominate.
    if shape.len() == 1 {
        let values = picks.iter().map(|p| p.map_or_else(|| value.clone(), |(s, i)| arrays[s][i].clone()));
        return Block::with_dtype(
            ArrayD::from_shape_vec(IxDyn(shape), values.collect())
                .expect("one pick per element")
                .into_shared(),
            fill.dtype(),
        );
    }
    let mut out = ArrayD::from_elem(IxDyn(shape), value);
    for (mut to, pick) in out.axis_iter_mut(Axis(axis)).zip(picks) {
        if let Some((s, i)) = pick {
            to.assign(&arrays[*s].index_axis(Axis(axis), *i));
        }
    }
    Block::with_dtype(out.into_shared(), fill.dtype())
}
