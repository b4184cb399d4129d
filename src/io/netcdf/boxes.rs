//! Boxes of row-major bytes: copying between buffers, and walking over chunks.

use std::ops::Range;

use crate::array::Region;

/// The chunks that a box (not empty) touches: their row-major numbers and whole boxes.
#[derive(Clone)]
pub(super) struct Touched<'a> {
    first: Vec<usize>,
    last: Vec<usize>,
    next: Option<Vec<usize>>,
    counts: Vec<u64>,
    chunk: &'a [usize],
}

impl<'a> Touched<'a> {
    /// Of an array of `shape` in chunks of one size.
    pub(super) fn new(region: &Region, shape: &[usize], chunk: &'a [usize]) -> Self {
        let first: Vec<usize> = region.ranges().zip(chunk).map(|(r, c)| r.start / c).collect();
        let last = region.ranges().zip(chunk).map(|(r, c)| (r.end - 1) / c).collect();
        let counts = shape.iter().zip(chunk).map(|(n, c)| n.div_ceil(*c) as u64).collect();
        Touched { next: Some(first.clone()), first, last, counts, chunk }
    }
}

impl Iterator for Touched<'_> {
    type Item = (u64, Region);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.next.take()?;
        let number = at.iter().zip(&self.counts).fold(0, |n, (&i, &count)| n * count + i as u64);
        let region = Region::new(at.iter().zip(self.chunk).map(|(&i, &c)| i * c..(i + 1) * c));
        let mut next = at;
        for axis in (0..next.len()).rev() {
            if next[axis] < self.last[axis] {
                next[axis] += 1;
                self.next = Some(next);
                break;
            }
            next[axis] = self.first[axis];
        }
        Some((number, region))
    }
}

/// The bytes of a buffer for `region` that a chunk fills alone and in order, if all of the chunk is wanted; `size` is that
/// of an element.
pub(super) fn stretch(size: usize, region: &Region, chunk: &Region, wanted: &Region) -> Option<Range<usize>> {
    if wanted != chunk {
        return None;
    }
    let (shape, lengths) = (region.shape(), chunk.shape());
    // Axes before the first that is longer than 1 only choose a place; those after it must be full.
    let lead = lengths.iter().position(|&n| n > 1).unwrap_or(lengths.len());
    if (lead + 1..shape.len()).any(|i| shape[i] != lengths[i]) {
        return None;
    }
    let start = chunk.relative_to(region).start();
    let start = start.iter().zip(&shape).fold(0, |n, (i, len)| n * len + i);
    Some(start * size..(start + chunk.size()) * size)
}

/// Copies the box `part` from one row-major buffer to another, which hold the boxes `from` and `to`.
pub(super) fn copy(size: usize, src: &[u8], from: &Region, out: &mut [u8], to: &Region, part: &Region) {
    let strides = |shape: &[usize]| {
        let mut s = vec![size; shape.len()];
        for i in (1..shape.len()).rev() {
            s[i - 1] = s[i] * shape[i];
        }
        s
    };
    let (from_shape, to_shape, shape) = (from.shape(), to.shape(), part.shape());
    let (from_strides, to_strides) = (strides(&from_shape), strides(&to_shape));
    // Trailing axes that are whole on both sides are copied in one go, with the axis before them.
    let mut axis = shape.len();
    let mut run = size;
    while axis > 0 {
        axis -= 1;
        run *= shape[axis];
        if shape[axis] != from_shape[axis] || shape[axis] != to_shape[axis] {
            break;
        }
    }
    let offset = |of: &Region, strides: &[usize]| -> usize {
        part.relative_to(of).start().iter().zip(strides).map(|(i, s)| i * s).sum()
    };
    let (mut src_at, mut out_at) = (offset(from, &from_strides), offset(to, &to_strides));
    let mut index = vec![0; axis];
    loop {
        out[out_at..out_at + run].copy_from_slice(&src[src_at..src_at + run]);
        let mut i = axis;
        loop {
            if i == 0 {
                return;
            }
            i -= 1;
            index[i] += 1;
            src_at += from_strides[i];
            out_at += to_strides[i];
            if index[i] < shape[i] {
                break;
            }
            src_at -= index[i] * from_strides[i];
            out_at -= index[i] * to_strides[i];
            index[i] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_copied_between_buffers_of_other_shapes() {
        let src: Vec<u8> = (0..24).collect();
        let from = Region::new([2..4, 0..3, 4..8]);
        let to = Region::new([3..6, 1..3, 0..6]);
        let part = from.intersect(&to).unwrap();
        let mut out = vec![255; 36];
        copy(1, &src, &from, &mut out, &to, &part);
        assert_eq!(out[..12], [255, 255, 255, 255, 16, 17, 255, 255, 255, 255, 20, 21]);
        assert!(out[12..].iter().all(|&b| b == 255));
    }

    #[test]
    fn a_chunk_goes_straight_to_its_place_where_it_can() {
        let region = Region::new([0..4, 0..6]);
        let chunk = Region::new([1..2, 0..6]);
        assert_eq!(stretch(1, &region, &chunk, &chunk), Some(6..12));
        let half = Region::new([1..2, 0..3]);
        assert_eq!(stretch(2, &region, &half, &half), Some(12..18));
        let square = Region::new([0..2, 0..3]);
        assert!(stretch(1, &region, &square, &square).is_none());
        assert!(stretch(1, &region, &chunk, &half).is_none());
    }

    #[test]
    fn touched_chunks_are_numbered_in_the_whole_grid() {
        let touched: Vec<_> = Touched::new(&Region::new([1..5, 3..4]), &[6, 5], &[4, 2]).collect();
        assert_eq!(touched.iter().map(|t| t.0).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(touched[1].1, Region::new([4..8, 2..4]));
    }
}
