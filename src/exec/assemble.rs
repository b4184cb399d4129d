//! A block put together from parts that are computed side by side.

use ndarray::{ArrayViewMutD, Axis};
use rayon::prelude::*;

use crate::array::{AxisGrid, Block, ChunkGrid, Place};
use crate::dtype::{DType, Element};
use crate::error::Result;
use crate::with_element;

/// The block of which `part` fills the places of the chunks, side by side.
pub(super) fn assemble(
    dtype: DType,
    grid: &ChunkGrid,
    part: impl Fn(usize, &mut Place<'_>) -> Result<()> + Sync,
) -> Result<Block> {
    with_element!(dtype.kind(), T => assemble_typed::<T>(dtype, grid, part))
}

fn assemble_typed<T: Element>(
    dtype: DType,
    grid: &ChunkGrid,
    part: impl Fn(usize, &mut Place<'_>) -> Result<()> + Sync,
) -> Result<Block> {
    let zeros = Block::zeros(dtype, &grid.shape());
    let mut out = zeros.into_shared::<T>().expect("zeros of its own dtype");
    let mut places = vec![out.view_mut()];
    for (axis, chunks) in grid.axes().iter().enumerate() {
        places = places.into_iter().flat_map(|p| split(p, Axis(axis), chunks)).collect();
    }
    let places = places.into_par_iter().enumerate();
    places.try_for_each(|(i, place)| part(i, &mut Place::new(place, dtype)))?;
    Ok(Block::with_dtype(out, dtype))
}

/// The places of the chunks of an axis.
fn split<'a, T>(mut rest: ArrayViewMutD<'a, T>, axis: Axis, chunks: &AxisGrid) -> Vec<ArrayViewMutD<'a, T>> {
    let mut places = Vec::with_capacity(chunks.count());
    for i in 0..chunks.count() {
        let (place, behind) = rest.split_at(axis, chunks.chunk(i).len());
        places.push(place);
        rest = behind;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Region;

    #[test]
    fn parts_come_to_their_places() {
        let grid = ChunkGrid::regular(&[5, 7, 2], &[2, 3, 2]);
        let whole: Vec<i64> = (0..70).collect();
        let whole = Block::from_vec(&[5, 7, 2], whole).expect("fits").retype(DType::DATETIME_NS);
        let made = assemble(DType::DATETIME_NS, &grid, |i, p| p.fill(&whole.region(&grid.region(i))))
            .expect("parts");
        assert!(made.same_bits(&whole));
        let wrong =
            assemble(DType::DATETIME_NS, &grid, |_, p| p.fill(&whole.region(&Region::full(&[1, 1, 1]))));
        assert!(wrong.is_err());
        let text =
            Block::from_vec(&[2], vec!["a".into(), "b".into()] as Vec<crate::dtype::Text>).expect("fits");
        let grid = ChunkGrid::regular(&[2], &[1]);
        let made = assemble(DType::Str, &grid, |i, p| p.fill(&text.region(&grid.region(i)))).expect("parts");
        assert!(made.same_bits(&text));
        let none = ChunkGrid::single(&[0, 3]);
        assert_eq!(
            assemble(DType::F32, &none, |_, p| p.fill(&Block::zeros(DType::F32, &[0, 3])))
                .expect("none")
                .size(),
            0
        );
    }
}
