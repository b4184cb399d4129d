//! Running a batch: values in, a value out.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::array::Block;
use crate::cluster::batch::Batch;
use crate::cluster::parcel::{Packing, Parcel};
use crate::error::{Error, Result};
use crate::exec::{Kept, finish_fold, merge_states, run_segment, run_task, run_unwritten};
use crate::lazy::State;
use crate::plan::{Plan, StageKind, Task};
use crate::source::Traffic;

/// Runs a batch; its value as a parcel, which is empty for what was written.
///
/// # Errors
/// Those of the tasks; if a value is not whole, or the batch is not one of this plan.
pub(crate) fn run_batch(plan: &Plan, batch: &Batch, inputs: &[&[u8]], io: &Traffic) -> Result<Vec<u8>> {
    check(plan, batch)?;
    let mut packing = Packing::default();
    if let Batch::Merge { stage, chunk, last } = *batch {
        return run_merge(plan, (stage, chunk), last, inputs.iter().map(|bytes| Ok(*bytes)));
    }
    let kept = Inputs::of(inputs)?;
    match batch {
        Batch::Segments { stage, chunk, segments } => {
            for segment in segments.clone() {
                let task = Task { stage: *stage, chunk: *chunk, segment };
                packing.add_states(*stage, *chunk, &run_segment(plan, task, &kept, io)?);
            }
        }
        Batch::Chunks { stage, chunks } => {
            for &chunk in chunks {
                let blocks = blocks_of(plan, *stage, chunk, &kept, io)?;
                if !blocks.is_empty() {
                    packing.add_blocks(*stage, chunk, &blocks);
                }
            }
        }
        Batch::Merge { .. } => {}
    }
    packing.finish()
}

/// Merges the states of a chunk (of a stage), taking in one value after the other; the last merge makes the blocks.
///
/// # Errors
/// Those of the values and of merging.
pub(crate) fn run_merge<B: AsRef<[u8]>>(
    plan: &Plan,
    (stage, chunk): (usize, usize),
    last: bool,
    values: impl Iterator<Item = Result<B>>,
) -> Result<Vec<u8>> {
    check(plan, &Batch::Merge { stage, chunk, last })?;
    let states = merged(plan, stage, values)?;
    let mut packing = Packing::default();
    match last {
        true => packing.add_blocks(stage, chunk, &finish_fold(plan, stage, states)?),
        false => packing.add_states(stage, chunk, &states),
    }
    packing.finish()
}

/// The blocks of a chunk; none where they were written.
fn blocks_of(plan: &Plan, stage: usize, chunk: usize, kept: &Inputs, io: &Traffic) -> Result<Vec<Block>> {
    let task = |segment| Task { stage, chunk, segment };
    let StageKind::Fold { segments, .. } = plan.stages()[stage].kind else {
        let run = if writes_elsewhere(plan, stage) { run_unwritten } else { run_task };
        return Ok(run(plan, task(0), kept, io)?.into_iter().collect());
    };
    let mut states = run_segment(plan, task(0), kept, io)?;
    for segment in 1..segments {
        merge_states(plan, stage, &mut states, run_segment(plan, task(segment), kept, io)?)?;
    }
    finish_fold(plan, stage, states)
}

/// Whether the blocks of a stage go back to the process that began the run, since only it can write them.
pub(crate) fn writes_elsewhere(plan: &Plan, stage: usize) -> bool {
    matches!(&plan.stages()[stage].kind, StageKind::Write { sink, .. } if sink.is_local())
}

/// All states, merged in the order in which they come.
fn merged<B: AsRef<[u8]>>(
    plan: &Plan,
    stage: usize,
    values: impl Iterator<Item = Result<B>>,
) -> Result<Vec<State>> {
    let mut merged: Option<Vec<State>> = None;
    for value in values {
        let value = value?;
        let parcel = Parcel::of(value.as_ref())?;
        for entry in 0..parcel.entries().len() {
            let later = parcel.lists(entry)?;
            match &mut merged {
                None => merged = Some(later),
                Some(states) => merge_states(plan, stage, states, later)?,
            }
        }
    }
    merged.ok_or_else(|| Error::internal("there are no states to merge"))
}

/// Whether the plan has such tasks: batches come from elsewhere.
fn check(plan: &Plan, batch: &Batch) -> Result<()> {
    let wrong = || Error::internal(format!("{batch:?} is no batch of this plan"));
    let stage = plan.stages().get(batch.stage()).ok_or_else(wrong)?;
    let fold = matches!(stage.kind, StageKind::Fold { .. });
    let fits = match batch {
        Batch::Chunks { chunks, .. } => chunks.iter().all(|&c| c < stage.grid.count()),
        Batch::Segments { chunk, segments, .. } => {
            fold && *chunk < stage.grid.count() && segments.end <= stage.segments()
        }
        Batch::Merge { chunk, .. } => fold && *chunk < stage.grid.count(),
    };
    if fits { Ok(()) } else { Err(wrong()) }
}

/// The blocks that came with a batch; each is made when it is asked for.
struct Inputs<'a> {
    parcels: Vec<Parcel<'a>>,
    places: HashMap<(usize, usize), Place>,
}

struct Place {
    parcel: usize,
    entry: usize,
    blocks: OnceLock<Option<Arc<Vec<Block>>>>,
}

impl<'a> Inputs<'a> {
    fn of(inputs: &[&'a [u8]]) -> Result<Self> {
        let parcels = inputs.iter().map(|bytes| Parcel::of(bytes)).collect::<Result<Vec<_>>>()?;
        let mut places = HashMap::new();
        for (parcel, of) in parcels.iter().enumerate() {
            for (entry, e) in of.entries().iter().enumerate() {
                places.insert((e.stage, e.chunk), Place { parcel, entry, blocks: OnceLock::new() });
            }
        }
        Ok(Inputs { parcels, places })
    }
}

impl Kept for Inputs<'_> {
    fn blocks(&self, stage: usize, chunk: usize) -> Option<Arc<Vec<Block>>> {
        let place = self.places.get(&(stage, chunk))?;
        let blocks = || self.parcels[place.parcel].blocks(place.entry);
        place.blocks.get_or_init(|| blocks().map(Arc::new).ok()).clone()
    }
}
