//! Runs of elements copied from blocks to one: what a change of shape comes to.

use ndarray::{ArrayD, IxDyn};

use crate::array::Block;
use crate::dtype::dispatch::with_element;
use crate::dtype::{DType, Element};

/// Elements side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Which block they come from.
    pub piece: usize,
    /// Where they begin in it.
    pub from: usize,
    /// How many they are.
    pub len: usize,
}

/// The runs one after the other, for each of `lead` rows; every element stands for `trail` side by side.
///
/// A piece of n elements is contiguous and holds `lead * n * trail` of them. The result has `shape`.
///
/// # Panics
/// If the runs do not fill the shape: a mistake of the caller.
pub fn copy_runs(
    pieces: &[Block],
    dtype: DType,
    lead: usize,
    trail: usize,
    runs: &[Run],
    shape: &[usize],
) -> Block {
    with_element!(dtype.kind(), T => {
        let values = copy_typed::<T>(pieces, lead, trail, runs);
        let array = ArrayD::from_shape_vec(IxDyn(shape), values).expect("the runs fill the shape");
        Block::with_dtype(array.into_shared(), dtype)
    })
}

fn copy_typed<T: Element>(pieces: &[Block], lead: usize, trail: usize, runs: &[Run]) -> Vec<T> {
    let sources: Vec<&[T]> =
        pieces.iter().map(|p| p.as_slice::<T>().expect("pieces are contiguous and of one dtype")).collect();
    let rows: Vec<usize> = sources.iter().map(|s| s.len() / lead.max(1)).collect();
    let per_row: usize = runs.iter().map(|r| r.len * trail).sum();
    let mut values = Vec::with_capacity(lead * per_row);
    for row in 0..lead {
        for run in runs {
            let start = row * rows[run.piece] + run.from * trail;
            match &sources[run.piece][start..start + run.len * trail] {
                [one] => values.push(one.clone()),
                many => values.extend_from_slice(many),
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_taken_for_every_row() {
        let a = Block::from_vec(&[2, 3], vec![1, 2, 3, 4, 5, 6]).unwrap();
        let b = Block::from_vec(&[2, 1], vec![7, 8]).unwrap();
        let runs = [
            Run { piece: 0, from: 1, len: 2 },
            Run { piece: 1, from: 0, len: 1 },
            Run { piece: 0, from: 0, len: 1 },
        ];
        let out = copy_runs(&[a, b], DType::I32, 2, 1, &runs, &[2, 2, 2]);
        assert_eq!(out.to_vec::<i32>().unwrap(), [2, 3, 7, 1, 5, 6, 8, 4]);
    }
}
