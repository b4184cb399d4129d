//! The elementwise loops: over tiles of plain slices, in the memory of an operand where it is free.

use std::ops::Range;

use super::feed::{BoxFeed, Operand, TILE};
use crate::array::Block;
use crate::dtype::Element;

/// Where a loop reads an operand.
enum Source<'a, T> {
    /// From its block.
    Feed(BoxFeed<'a, T>),
    /// From the result's memory, which was the operand's: a tile is copied out before it is overwritten.
    Reused(Vec<T>),
}

/// Elements are appended, or overwrite those that are there.
fn run<T, R: Element, const N: usize>(
    mut sources: [Source<'_, T>; N],
    size: usize,
    out: &mut Vec<R>,
    load: impl Fn(&[R], &mut Vec<T>),
    mut kernel: impl FnMut(Range<usize>, [&[T]; N], &mut [R]),
) {
    let mut start = 0;
    while start < size {
        let range = start..size.min(start + TILE);
        let tiles = sources.each_mut().map(|source| match source {
            Source::Feed(feed) => feed.tile(range.clone()),
            Source::Reused(tile) => {
                load(&out[range.clone()], tile);
                &tile[..]
            }
        });
        // A tile is cleared in cache; all of the result at once would go to memory and back.
        out.resize(out.len().max(range.end), R::default());
        kernel(range.clone(), tiles, &mut out[range.clone()]);
        start = range.end;
    }
}

/// The block of these elements.
pub(super) fn shaped<R: Element>(shape: &[usize], out: Vec<R>) -> Block {
    Block::from_vec(shape, out).expect("one element for each place")
}

/// Computes elements of type `R` from tiles of `T`.
pub(super) fn tiles<T: Operand, R: Element, const N: usize>(
    blocks: [Block; N],
    shape: &[usize],
    kernel: impl FnMut(Range<usize>, [&[T]; N], &mut [R]),
) -> Block {
    let size = shape.iter().product();
    let mut out = Vec::with_capacity(size);
    let sources = blocks.each_ref().map(|b| Source::Feed(T::feed(b, shape)));
    run(sources, size, &mut out, |_, _| unreachable!("nothing is reused"), kernel);
    shaped(shape, out)
}

/// Computes elements of the type of the tiles, in place where an operand has no other owner.
pub(super) fn same_tiles<T: Operand, const N: usize>(
    mut blocks: [Block; N],
    shape: &[usize],
    kernel: impl FnMut(Range<usize>, [&[T]; N], &mut [T]),
) -> Block {
    let size = shape.iter().product();
    let mut reused = None;
    for (i, b) in blocks.iter_mut().enumerate() {
        if b.dtype().kind() == T::KIND && b.shape() == shape {
            match claim::<T>(std::mem::replace(b, Block::scalar(false))) {
                Ok(out) => {
                    reused = Some((i, out));
                    break;
                }
                Err(back) => *b = back,
            }
        }
    }
    let (which, mut out) = match reused {
        Some((i, out)) => (i, out),
        None => (N, Vec::with_capacity(size)),
    };
    let sources = std::array::from_fn(|i| {
        if i == which { Source::Reused(Vec::new()) } else { Source::Feed(T::feed(&blocks[i], shape)) }
    });
    let load = |from: &[T], to: &mut Vec<T>| {
        to.clear();
        to.extend_from_slice(from);
    };
    run(sources, size, &mut out, load, kernel);
    shaped(shape, out)
}

/// The memory of a row-major block that has no other owner and nothing around it.
fn claim<T: Element>(block: Block) -> Result<Vec<T>, Block> {
    let dtype = block.dtype();
    if block.as_slice::<T>().is_none() {
        return Err(block);
    }
    let size = block.size();
    let array = block.into_shared::<T>().expect("kind was compared");
    let array = array.try_into_owned_nocopy().map_err(|a| Block::with_dtype(a, dtype))?;
    let (memory, start) = array.into_raw_vec_and_offset();
    if memory.len() == size {
        return Ok(memory);
    }
    // A part of a larger piece: keeping it would keep all of the memory.
    let start = start.unwrap_or(0);
    Ok(memory[start..start + size].to_vec())
}

/// `f` of each element, in place where possible.
pub(super) fn same1<T: Operand>(a: Block, shape: &[usize], f: impl Fn(&T) -> T) -> Block {
    same_tiles([a], shape, |_, [a], out: &mut [T]| {
        for (o, a) in out.iter_mut().zip(a) {
            *o = f(a);
        }
    })
}

/// `f` of each element as another type.
pub(super) fn to1<T: Operand, R: Element>(a: Block, shape: &[usize], f: impl Fn(&T) -> R) -> Block {
    tiles([a], shape, |_, [a], out: &mut [R]| {
        for (o, a) in out.iter_mut().zip(a) {
            *o = f(a);
        }
    })
}

/// `f` of each pair, in place where possible.
pub(super) fn same2<T: Operand>(a: Block, b: Block, shape: &[usize], f: impl Fn(&T, &T) -> T) -> Block {
    same_tiles([a, b], shape, |_, [a, b], out: &mut [T]| {
        for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
            *o = f(a, b);
        }
    })
}

/// `f` of each pair as another type.
pub(super) fn to2<T: Operand, R: Element>(
    a: Block,
    b: Block,
    shape: &[usize],
    f: impl Fn(&T, &T) -> R,
) -> Block {
    tiles([a, b], shape, |_, [a, b], out: &mut [R]| {
        for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
            *o = f(a, b);
        }
    })
}
