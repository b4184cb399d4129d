//! Tasks that a worker runs at once, and how a plan is cut into them.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::worker::writes_elsewhere;
use crate::error::{Error, Result};
use crate::plan::{Cut, Plan, StageKind, StageSize, Task, deeper};

/// Tasks that a worker runs one after the other; what they give is one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Batch {
    /// Chunks of a stage, of folds with all their segments.
    Chunks { stage: usize, chunks: Vec<usize> },
    /// Some of the segments of a chunk: their states, one by one.
    Segments { stage: usize, chunk: usize, segments: Range<usize> },
    /// States of a chunk, in the order in which they come; the last one makes the blocks of it.
    Merge { stage: usize, chunk: usize, last: bool },
}

/// A batch and the batches whose values it needs.
#[derive(Debug)]
pub(crate) struct Numbered {
    pub(crate) batch: Batch,
    /// Numbers of earlier ones.
    pub(crate) inputs: Vec<usize>,
    /// Whether the program that began the run wants the value.
    pub(crate) gather: bool,
    /// How many tasks of the plan it runs, those not counted that it runs for itself.
    pub(crate) tasks: usize,
}

impl Batch {
    pub(crate) fn stage(&self) -> usize {
        match self {
            Batch::Chunks { stage, .. } | Batch::Segments { stage, .. } | Batch::Merge { stage, .. } => {
                *stage
            }
        }
    }
}

/// All batches of a plan, each after those that it needs: depth first, as tasks run on one machine.
///
/// How they are cut follows from shapes, the number of threads and the bytes that a batch shall work on, and changes no bit:
/// states are merged in the order of the segments.
///
/// # Errors
/// If the plan puts blocks on the disk of one machine.
pub(crate) fn batches_of(plan: &Plan, threads: usize, bytes: usize, merges: Merges) -> Result<Batches> {
    if let Some(s) = plan.stages().iter().find(|s| matches!(s.kind, StageKind::Spill { .. })) {
        let wrong = "a plan that puts blocks on the disk of one machine cannot be handed over";
        return Err(Error::unsupported(wrong).at(plan.describe_stage(s)));
    }
    let cuts = StageSize::of_all(plan).iter().map(|s| s.cut(threads, bytes)).collect();
    let mut cutting =
        Cutting { plan, cuts, merges, made: HashMap::new(), all: Batches { list: Vec::new(), resumed: 0 } };
    for stage in (0..plan.stages().len()).filter(|&s| !plan.stages()[s].keeps()) {
        cutting.root(stage);
    }
    Ok(cutting.all)
}

/// When states are merged: the order is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Merges {
    /// Some at a time, so that few lie about, in a chain of batches.
    AsTheyCome,
    /// All of a chunk by one batch, which takes one after the other: for engines where each link of a chain waits in a queue.
    AtTheEnd,
}

/// The batches of a plan.
#[derive(Debug)]
pub(crate) struct Batches {
    pub(crate) list: Vec<Numbered>,
    /// Tasks that an earlier run has done.
    pub(crate) resumed: usize,
}

struct Cutting<'a> {
    plan: &'a Plan,
    cuts: Vec<Cut>,
    merges: Merges,
    /// By stage, and chunk or number of the batch of chunks.
    made: HashMap<(usize, usize), usize>,
    all: Batches,
}

impl Cutting<'_> {
    fn add(&mut self, batch: Batch, inputs: Vec<usize>, tasks: usize) -> usize {
        let stage = batch.stage();
        let gather = matches!(self.plan.stages()[stage].kind, StageKind::Output { .. })
            || writes_elsewhere(self.plan, stage);
        self.all.list.push(Numbered { batch, inputs, gather, tasks });
        self.all.list.len() - 1
    }

    /// The batches of a stage whose blocks no other one needs.
    fn root(&mut self, stage: usize) {
        let s = &self.plan.stages()[stage];
        let Cut::Chunks(each) = self.cuts[stage] else { return };
        if self.gather_kept(stage) {
            return;
        }
        let mut first = 0;
        while first < s.grid.count() {
            let end = s.end_of_turn(first, each);
            let is_written = |&chunk: &usize| self.plan.is_written(Task { stage, chunk, segment: 0 });
            let (written, chunks): (Vec<_>, Vec<_>) = (first..end).map(|i| s.nth(i)).partition(is_written);
            self.all.resumed += written.len();
            if !chunks.is_empty() {
                self.chunks(stage, chunks);
            }
            first = end;
        }
    }

    /// Where all blocks of a stage are results as they are, they come back from the batches that make them. Whether this was
    /// done for a result.
    fn gather_kept(&mut self, stage: usize) -> bool {
        let Some((of, _)) = self.plan.given_by(stage) else { return false };
        for chunk in 0..self.plan.stages()[of].grid.count() {
            let batch = deeper(|| self.block(of, chunk));
            self.all.list[batch].gather = true;
            self.all.list[batch].tasks += 1;
        }
        true
    }

    fn chunks(&mut self, stage: usize, chunks: Vec<usize>) -> usize {
        let segments = self.plan.stages()[stage].segments();
        let tasks = || chunks.iter().flat_map(|&chunk| (0..segments).map(move |s| (chunk, s)));
        let inputs = self.inputs(stage, tasks());
        let tasks = chunks.len() * segments;
        self.add(Batch::Chunks { stage, chunks }, inputs, tasks)
    }

    /// The batches that make the blocks which some tasks (chunk and segment) of a stage need.
    fn inputs(&mut self, stage: usize, tasks: impl Iterator<Item = (usize, usize)>) -> Vec<usize> {
        let mut inputs = Vec::new();
        for (chunk, segment) in tasks {
            for (of, block) in self.plan.needed_blocks(Task { stage, chunk, segment }) {
                match self.plan.is_made_again(of) {
                    true => inputs.extend(deeper(|| self.inputs(of, std::iter::once((block, 0))))),
                    false => inputs.push(deeper(|| self.block(of, block))),
                }
            }
        }
        inputs.sort_unstable();
        inputs.dedup();
        inputs
    }

    /// The batch that makes a kept block.
    fn block(&mut self, stage: usize, chunk: usize) -> usize {
        let key = match self.cuts[stage] {
            Cut::Chunks(each) => (stage, chunk / each),
            Cut::Segments { .. } => (stage, chunk),
        };
        if let Some(&made) = self.made.get(&key) {
            return made;
        }
        let made = match self.cuts[stage] {
            Cut::Chunks(each) => {
                let count = self.plan.stages()[stage].grid.count();
                self.chunks(stage, (key.1 * each..count.min((key.1 + 1) * each)).collect())
            }
            Cut::Segments { each, merged } => self.merged(stage, chunk, each, merged),
        };
        self.made.insert(key, made);
        made
    }

    /// The batch that merges the last of a chunk's states.
    fn merged(&mut self, stage: usize, chunk: usize, each: usize, at_once: usize) -> usize {
        let segments = self.plan.stages()[stage].segments();
        let parts: Vec<Range<usize>> =
            (0..segments).step_by(each).map(|first| first..segments.min(first + each)).collect();
        let mut before = None;
        let at_once = match self.merges {
            Merges::AsTheyCome => at_once,
            Merges::AtTheEnd => parts.len(),
        };
        let groups: Vec<_> = parts.chunks(at_once.max(1)).collect();
        for (i, group) in groups.iter().enumerate() {
            let mut inputs: Vec<usize> = before.into_iter().collect();
            for part in *group {
                let needed = self.inputs(stage, part.clone().map(|s| (chunk, s)));
                let batch = Batch::Segments { stage, chunk, segments: part.clone() };
                inputs.push(self.add(batch, needed, part.len()));
            }
            before = Some(self.add(Batch::Merge { stage, chunk, last: i + 1 == groups.len() }, inputs, 0));
        }
        before.unwrap_or_default()
    }
}
