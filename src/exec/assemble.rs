//! Blocks put together from parts that are computed side by side.

use rayon::prelude::*;

use crate::array::{Block, ChunkGrid, Place, Region};
use crate::dtype::DType;
use crate::error::Result;

/// The block whose elements `fill` writes to their place, all of them.
pub(super) fn filled(
    dtype: DType,
    shape: &[usize],
    fill: impl FnOnce(&mut Place<'_>) -> Result<()>,
) -> Result<Block> {
    let mut block = Block::uncleared(dtype, shape);
    fill(&mut block.place())?;
    Ok(block)
}

/// Has `part` fill the places of the chunks of a grid, side by side.
pub(super) fn side_by_side(
    place: &mut Place<'_>,
    grid: &ChunkGrid,
    part: impl Fn(usize, &mut Place<'_>) -> Result<()> + Sync,
) -> Result<()> {
    let whole = Region::full(&grid.shape());
    let places = place.part(&whole).split(grid).into_par_iter().enumerate();
    places.try_for_each(|(i, mut place)| part(i, &mut place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Region;

    /// The block of which `part` fills the places of the chunks, side by side.
    fn assemble(
        dtype: DType,
        grid: &ChunkGrid,
        part: impl Fn(usize, &mut Place<'_>) -> Result<()> + Sync,
    ) -> Result<Block> {
        filled(dtype, &grid.shape(), |place| side_by_side(place, grid, part))
    }

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
