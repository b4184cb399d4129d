//! Which chunks a variable of a NetCDF file shows to the engine.

use crate::array::ChunkGrid;

/// Stored chunks smaller than this are joined: a task for each would cost more than its work.
const JOINED_BYTES: usize = 4 << 20;
/// Pieces of a variable that is stored without chunks.
const ROWS_BYTES: usize = 12 << 20;

/// Whole stored chunks, small ones joined along the last axes first (as they lie in the file).
pub(super) fn of_chunks(shape: &[usize], chunk: &[usize], element: usize) -> ChunkGrid {
    joined(shape, chunk, element, JOINED_BYTES)
}

/// Rows of a variable that is stored in one piece.
pub(super) fn of_rows(shape: &[usize], element: usize) -> ChunkGrid {
    joined(shape, &vec![1; shape.len()], element, ROWS_BYTES)
}

fn joined(shape: &[usize], chunk: &[usize], element: usize, target: usize) -> ChunkGrid {
    let mut chunk: Vec<usize> = chunk.iter().zip(shape).map(|(&c, &n)| c.clamp(1, n.max(1))).collect();
    let bytes = chunk.iter().fold(element.max(1), |n, &c| n.saturating_mul(c));
    let mut times = (target / bytes).max(1);
    for (c, &n) in chunk.iter_mut().zip(shape).rev() {
        let count = n.div_ceil(*c).max(1);
        let m = times.min(count);
        *c = (*c * m).min(n.max(1));
        times /= m;
        if m < count {
            break;
        }
    }
    ChunkGrid::regular(shape, &chunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_chunks_are_joined_and_large_ones_kept() {
        let g = of_chunks(&[1000, 721, 1440], &[1, 721, 1440], 4);
        assert_eq!(g.region(0).shape(), [1, 721, 1440]);
        let g = of_chunks(&[1_000_000], &[1], 8);
        assert_eq!(g.region(0).shape(), [524_288]);
        let g = of_chunks(&[1000, 100, 100], &[1, 4, 4], 4);
        assert_eq!(g.region(0).shape(), [104, 100, 100]);
    }

    #[test]
    fn rows_of_contiguous_variables_have_a_handy_size() {
        let g = of_rows(&[1000, 721, 1440], 4);
        assert_eq!(g.region(0).shape(), [3, 721, 1440]);
        assert_eq!(of_rows(&[], 4).count(), 1);
        assert_eq!(of_rows(&[0, 5], 4).shape(), [0, 5]);
    }
}
