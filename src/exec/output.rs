//! Where the tasks of a result put what they compute.

use std::sync::{Mutex, PoisonError};

use crate::array::{Block, Place};
use crate::plan::Plan;

/// Results of so many chunks or more have one place for all of them.
const MOST_PLACES: usize = 1 << 16;

/// Where one result comes together.
pub(super) enum Output<'a> {
    /// It is one chunk, and comes as it is.
    Whole(Mutex<Option<Block>>),
    /// Each chunk is written to its place.
    Places(Vec<Mutex<Place<'a>>>),
    /// All chunks are copied to one place.
    Shared(Mutex<Place<'a>>),
}

impl<'a> Output<'a> {
    /// For each result of a plan the block that tasks write to, unless it comes as it is.
    pub(super) fn blocks(plan: &Plan) -> Vec<Option<Block>> {
        let outputs = plan.output_grids().into_iter();
        outputs
            .map(|(meta, grid)| (grid.count() != 1).then(|| Block::uncleared(meta.dtype, &meta.shape())))
            .collect()
    }

    /// The results that go into these [`blocks`](Self::blocks).
    pub(super) fn all(plan: &Plan, blocks: &'a mut [Option<Block>]) -> Vec<Output<'a>> {
        let outputs = blocks.iter_mut().zip(plan.output_grids());
        let outputs = outputs.map(|(block, (_, grid))| {
            let Some(block) = block else { return Output::Whole(Mutex::default()) };
            let place = block.place();
            match grid.count() {
                MOST_PLACES.. => Output::Shared(Mutex::new(place)),
                _ => Output::Places(place.split(grid).into_iter().map(Mutex::new).collect()),
            }
        });
        outputs.collect()
    }

    /// The result, if it came as it is.
    pub(super) fn into_whole(self) -> Option<Block> {
        match self {
            Output::Whole(block) => block.into_inner().unwrap_or_else(PoisonError::into_inner),
            Output::Places(_) | Output::Shared(_) => None,
        }
    }
}
