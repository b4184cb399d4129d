//! Values that come back to the program that began a run.

use super::parcel::Parcel;
use crate::array::Block;
use crate::error::{Error, Result};
use crate::plan::{Plan, StageKind};
use crate::source::Traffic;

/// The results in memory, and the way to sinks that only this process can write.
pub(crate) struct Gathered<'a> {
    plan: &'a Plan,
    outputs: Vec<Block>,
}

impl<'a> Gathered<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Self {
        let outputs = plan.output_metas().into_iter().map(|m| Block::zeros(m.dtype, &m.shape())).collect();
        Gathered { plan, outputs }
    }

    /// Puts the blocks of a value to their places.
    ///
    /// # Errors
    /// If the value is not whole or of another plan, or a sink refuses it.
    pub(crate) fn place(&mut self, value: &[u8], io: &Traffic) -> Result<()> {
        let parcel = Parcel::of(value)?;
        for (i, entry) in parcel.entries().iter().enumerate() {
            let stage = self.plan.stages().get(entry.stage);
            let stage = stage.filter(|s| entry.chunk < s.grid.count()).ok_or_else(unwanted)?;
            let blocks = parcel.blocks(i)?;
            if stage.keeps() {
                self.place_kept(entry.stage, entry.chunk, &blocks)?;
                continue;
            }
            let [block] = &blocks[..] else { return Err(unwanted()) };
            let region = stage.grid.region(entry.chunk);
            match &stage.kind {
                StageKind::Output { output, .. } => self.outputs[*output].assign(&region, block),
                StageKind::Write { sink, .. } => sink.write(&region, block, io)?,
                _ => return Err(unwanted()),
            }
        }
        Ok(())
    }

    /// Puts kept blocks that are results as they are to their places.
    fn place_kept(&mut self, of: usize, chunk: usize, blocks: &[Block]) -> Result<()> {
        for (stage, s) in self.plan.stages().iter().enumerate() {
            if let StageKind::Output { output, .. } = s.kind
                && let Some((_, slot)) = self.plan.given_by(stage).filter(|given| given.0 == of)
            {
                let block = blocks.get(slot).ok_or_else(unwanted)?;
                self.outputs[output].assign(&s.grid.region(chunk), block);
            }
        }
        Ok(())
    }

    /// The results.
    pub(crate) fn into_outputs(self) -> Vec<Block> {
        self.outputs
    }
}

fn unwanted() -> Error {
    Error::internal("a value came back that is no result of this plan")
}
