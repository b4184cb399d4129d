//! The pieces in which a variable lies in its file, each of which can be read alone.

use super::element::Element;
use super::filters::Filter;
use super::strided::Strided;

/// Where a variable lies.
#[derive(Debug)]
pub(super) struct Pieces {
    pub(super) element: Element,
    /// The shape of a piece; those that the far borders cut are stored whole.
    pub(super) chunk: Vec<usize>,
    /// What was done to each, in this order.
    pub(super) filters: Vec<Filter>,
    /// The stored bytes of an element that was never written.
    pub(super) fill: Vec<u8>,
    pub(super) there: Vec<Piece>,
    /// Whether none is missing.
    pub(super) complete: bool,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Piece {
    /// Its position in the grid.
    pub(super) index: Vec<usize>,
    /// In the file.
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// Pieces that are stored as they are get about this size,
const LARGEST: u64 = 12 << 20;

/// and are not cut smaller than this.
const SMALLEST: u64 = 1 << 20;

impl Pieces {
    /// Of a variable whose elements lie at regular distances: cut where its bytes lie together, and evenly, since all pieces
    /// of a grid have one shape.
    pub(super) fn of_strided(element: &Element, fill: Vec<u8>, strided: &Strided) -> Self {
        let (shape, strides) = (strided.shape(), strided.strides());
        let mut chunk: Vec<usize> = shape.iter().map(|&n| n.max(1)).collect();
        let mut inner = vec![element.size() as u64; shape.len()];
        for axis in (1..shape.len()).rev() {
            inner[axis - 1] = inner[axis].saturating_mul(chunk[axis] as u64);
        }
        for axis in 0..shape.len() {
            let (n, row) = (chunk[axis] as u64, inner[axis]);
            let apart = strides[axis] != row && n > 1;
            if apart || row >= LARGEST {
                chunk[axis] = 1;
                continue;
            }
            let most = (LARGEST / row).min(n);
            let even = (1..=most).rev().find(|d| n.is_multiple_of(*d)).unwrap_or(1);
            if even * row >= SMALLEST {
                chunk[axis] = even as usize;
            }
            break;
        }
        let length = chunk.iter().fold(element.size() as u64, |bytes, &c| bytes * c as u64);
        let counts: Vec<usize> = shape.iter().zip(&chunk).map(|(n, c)| n / c).collect();
        let there = (0..counts.iter().product::<usize>()).map(|number| {
            let index = index_of(number as u64, &counts);
            let steps = index.iter().zip(&chunk).zip(strides);
            let offset = strided.offset() + steps.map(|((&i, &c), s)| (i * c) as u64 * s).sum::<u64>();
            Piece { index, offset, length }
        });
        let there = there.collect();
        Pieces { element: element.clone(), chunk, filters: Vec::new(), fill, there, complete: true }
    }
}

/// The position in a grid of the piece with a row-major number.
pub(super) fn index_of(mut number: u64, counts: &[usize]) -> Vec<usize> {
    let mut index = vec![0; counts.len()];
    for (i, &count) in index.iter_mut().zip(counts).rev() {
        let count = count.max(1) as u64;
        *i = (number % count) as usize;
        number /= count;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;

    fn pieces(strided: &Strided, size: DType) -> Pieces {
        Pieces::of_strided(&Element::Number { dtype: size, swapped: false }, Vec::new(), strided)
    }

    #[test]
    fn pieces_are_even_and_lie_together() {
        let p = pieces(&Strided::contiguous(100, &[48, 721, 1440], 4), DType::F32);
        assert_eq!((&p.chunk[..], p.there.len()), (&[3, 721, 1440][..], 16));
        assert_eq!((p.there[1].offset, p.there[1].length), (100 + 12_458_880, 12_458_880));
        let p = pieces(&Strided::contiguous(0, &[10_000_019], 8), DType::F64);
        assert_eq!((&p.chunk[..], p.there.len()), (&[10_000_019][..], 1));
        let p = pieces(&Strided::contiguous(0, &[3, 5_000_000], 8), DType::F64);
        assert_eq!((&p.chunk[..], p.there[4].index.clone()), (&[1, 1_250_000][..], vec![1, 0]));
        assert_eq!(p.there[4].offset, 40_000_000);
        let records = Strided::contiguous(8, &[3, 2], 4).with_record_stride(20);
        let p = pieces(&records, DType::F32);
        let offsets: Vec<u64> = p.there.iter().map(|p| p.offset).collect();
        assert_eq!((&p.chunk[..], &offsets[..]), (&[1, 2][..], &[8, 28, 48][..]));
        let p = pieces(&Strided::contiguous(8, &[], 4), DType::F32);
        assert_eq!((p.chunk.len(), p.there.len(), p.there[0].length), (0, 1, 4));
        assert!(pieces(&Strided::contiguous(8, &[0, 3], 4), DType::F32).there.is_empty());
    }
}
