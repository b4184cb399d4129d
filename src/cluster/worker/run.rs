//! Running a batch: values in, a value out.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use crate::array::Block;
use crate::cluster::batch::Batch;
use crate::cluster::parcel::{Packing, Parcel};
use crate::error::{Error, Result};
use crate::exec::{Kept, finish_fold, merge_states, run_segment, run_task, run_unwritten};
use crate::lazy::State;
use crate::plan::{Plan, StageKind, Task, deeper};
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
    let mut kept = Made::of(plan, batch, Inputs::of(inputs)?);
    match batch {
        Batch::Segments { stage, chunk, segments } => {
            for segment in segments.clone() {
                let task = Task { stage: *stage, chunk: *chunk, segment };
                kept.make(io)?;
                packing.add_states(*stage, *chunk, &run_segment(plan, task, &kept, io)?);
                kept.drop_unneeded();
            }
        }
        Batch::Chunks { stage, chunks } => {
            for &chunk in chunks {
                let blocks = blocks_of(plan, *stage, chunk, &mut kept, io)?;
                if !blocks.is_empty() {
                    packing.add_blocks(*stage, chunk, &blocks);
                }
            }
        }
        Batch::Merge { .. } => {}
    }
    packing.finish()
}

/// The most bytes that a batch takes: those of its largest task, and of the blocks that it has made for its tasks at one time.
pub(super) fn bytes_of(plan: &Plan, batch: &Batch) -> usize {
    let bytes = |(stage, chunk): (usize, usize)| {
        let stage = &plan.stages()[stage];
        let region = stage.grid.region(chunk);
        stage.results().iter().map(|&n| plan.nodes()[n].meta.bytes(&region)).sum::<usize>()
    };
    let turns: Vec<_> = tasks_of(plan, batch).map(|task| made_for(plan, task)).collect();
    let last = last_turns(turns.iter());
    let mut there: HashSet<(usize, usize)> = HashSet::new();
    let (mut now, mut most) = (0, 0);
    for (turn, made) in turns.iter().enumerate() {
        now += made.iter().filter(|&&block| there.insert(block)).map(|&block| bytes(block)).sum::<usize>();
        most = most.max(now);
        let gone = made.iter().filter(|&block| last[block] == turn && there.remove(block));
        now -= gone.map(|&block| bytes(block)).sum::<usize>();
    }
    plan.stages()[batch.stage()].task_bytes + most
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
fn blocks_of(plan: &Plan, stage: usize, chunk: usize, kept: &mut Made, io: &Traffic) -> Result<Vec<Block>> {
    let task = |segment| Task { stage, chunk, segment };
    let mut states: Option<Vec<State>> = None;
    for segment in 0..plan.stages()[stage].segments() {
        kept.make(io)?;
        if !matches!(plan.stages()[stage].kind, StageKind::Fold { .. }) {
            let run = if writes_elsewhere(plan, stage) { run_unwritten } else { run_task };
            let block = run(plan, task(segment), kept, io)?;
            kept.drop_unneeded();
            return Ok(block.into_iter().collect());
        }
        let later = run_segment(plan, task(segment), kept, io)?;
        match &mut states {
            None => states = Some(later),
            Some(states) => merge_states(plan, stage, states, later)?,
        }
        kept.drop_unneeded();
    }
    finish_fold(plan, stage, states.unwrap_or_default())
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
pub(super) fn check(plan: &Plan, batch: &Batch) -> Result<()> {
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

/// The tasks of a batch, in the order in which they run.
fn tasks_of<'a>(plan: &'a Plan, batch: &'a Batch) -> Box<dyn Iterator<Item = Task> + 'a> {
    match batch {
        Batch::Chunks { stage, chunks } => {
            let segments = plan.stages()[*stage].segments();
            let of_chunk = move |&chunk: &usize| {
                (0..segments).map(move |segment| Task { stage: *stage, chunk, segment })
            };
            Box::new(chunks.iter().flat_map(of_chunk))
        }
        Batch::Segments { stage, chunk, segments } => {
            Box::new(segments.clone().map(|segment| Task { stage: *stage, chunk: *chunk, segment }))
        }
        Batch::Merge { .. } => Box::new(std::iter::empty()),
    }
}

/// The blocks (stage, chunk) that a batch makes for a task, those first that others are made of.
fn made_for(plan: &Plan, task: Task) -> Vec<(usize, usize)> {
    let mut made = Vec::new();
    if !plan.stages()[task.stage].after.iter().any(|&stage| plan.is_made_again(stage)) {
        return made;
    }
    for (stage, chunk) in plan.needed_blocks(task) {
        if plan.is_made_again(stage) {
            made.extend(deeper(|| made_for(plan, Task { stage, chunk, segment: 0 })));
            made.push((stage, chunk));
        }
    }
    made
}

/// For each block that is made the last turn that needs it.
fn last_turns<'a>(turns: impl Iterator<Item = &'a Vec<(usize, usize)>>) -> HashMap<(usize, usize), usize> {
    turns.enumerate().flat_map(|(turn, made)| made.iter().map(move |&block| (block, turn))).collect()
}

/// The blocks that came with a batch, and those that it makes for its tasks: each from the first task that needs it to the
/// last.
struct Made<'a> {
    plan: &'a Plan,
    inputs: Inputs<'a>,
    /// The task whose turn it is; the blocks that each needs, and the last one that needs a block.
    turn: usize,
    turns: Vec<Vec<(usize, usize)>>,
    last: HashMap<(usize, usize), usize>,
    blocks: HashMap<(usize, usize), Arc<Vec<Block>>>,
}

impl<'a> Made<'a> {
    fn of(plan: &'a Plan, batch: &Batch, inputs: Inputs<'a>) -> Self {
        let turns: Vec<_> = tasks_of(plan, batch).map(|task| made_for(plan, task)).collect();
        let last = last_turns(turns.iter());
        Made { plan, inputs, turn: 0, turns, last, blocks: HashMap::new() }
    }

    /// Makes the blocks that the next task needs and that are not there.
    fn make(&mut self, io: &Traffic) -> Result<()> {
        for (stage, chunk) in std::mem::take(&mut self.turns[self.turn]) {
            if !self.blocks.contains_key(&(stage, chunk)) {
                let block = run_task(self.plan, Task { stage, chunk, segment: 0 }, self, io)?;
                self.blocks.insert((stage, chunk), Arc::new(block.into_iter().collect()));
            }
        }
        Ok(())
    }

    /// A task is done: drops the blocks that no later one needs.
    fn drop_unneeded(&mut self) {
        let Made { turn, last, blocks, .. } = self;
        blocks.retain(|block, _| last[block] > *turn);
        *turn += 1;
    }
}

impl Kept for Made<'_> {
    fn blocks(&self, stage: usize, chunk: usize) -> Option<Arc<Vec<Block>>> {
        self.blocks.get(&(stage, chunk)).cloned().or_else(|| self.inputs.blocks(stage, chunk))
    }
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

impl Inputs<'_> {
    fn blocks(&self, stage: usize, chunk: usize) -> Option<Arc<Vec<Block>>> {
        let place = self.places.get(&(stage, chunk))?;
        let blocks = || self.parcels[place.parcel].blocks(place.entry);
        place.blocks.get_or_init(|| blocks().map(Arc::new).ok()).clone()
    }
}
