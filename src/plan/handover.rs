//! How a plan is cut into batches for a cluster, and what that asks of its scheduler: from shapes alone.

use std::fmt;
use std::time::Duration;

use super::{Plan, Stage, StageKind, human_bytes};

/// A batch works on about so many bytes: an engine takes milliseconds for each, work on these some hundred.
pub(crate) const BATCH_BYTES: usize = 256 << 20;

/// Where a stage has no more than this part of that, one batch does it.
const LITTLE: usize = 16;

/// Each thread has so many batches in all, so that none waits long for the last.
const BATCHES_PER_THREAD: usize = 8;

/// No stage has more batches than this, two minutes of a scheduler's time, unless their values would be too large.
const MOST_BATCHES: usize = 100_000;

/// The value of a batch is no larger, where a task's is not: workers hold it, and send it in one message.
const VALUE_BYTES: usize = 256 << 20;

/// States of segments that are merged at once take no more than this, or twice what the whole state takes.
const MERGE_BYTES: usize = 1 << 30;

/// What Dask's scheduler takes for a task, about (`docs/cluster.md`).
const SCHEDULER: Duration = Duration::from_micros(1_000);

/// Decoded bytes that a thread takes in each second, about: for estimates of time, not for the cut.
const THREAD_RATE: u64 = 300_000_000;

/// What the cut of a stage follows from.
#[derive(Debug, Clone)]
pub(crate) struct StageSize {
    tasks: usize,
    chunks: usize,
    segments: usize,
    read_bytes: u64,
    task_bytes: usize,
    state_bytes: usize,
    /// Of the states of all segments of a chunk.
    segments_bytes: u64,
    /// Of the blocks that travel to later stages.
    kept_bytes: u64,
    /// Of what a task gives that is not written.
    value_bytes: usize,
    /// Chunks that are made together, whatever their size: those of a group; 1 where there are none.
    together: usize,
    /// Whether its blocks are made anew by the batches that use them.
    made_again: bool,
    /// Its part of all bytes that the plan works on.
    share: f64,
}

/// How a stage is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// So many chunks in a batch.
    Chunks(usize),
    /// So many segments of one chunk in a batch; so many of their values are merged at once.
    Segments { each: usize, merged: usize },
}

impl Plan {
    /// Whether the batches that use the blocks of a stage make them for themselves: what was read and kept to save reads is
    /// read again as fast as it travels. Blocks that take work are values.
    pub(crate) fn is_made_again(&self, stage: usize) -> bool {
        match self.stages()[stage].kind {
            StageKind::Keep { node } => {
                let op = &self.nodes()[node].op;
                op.as_fold().is_none() && !op.is_expensive()
            }
            _ => false,
        }
    }

    /// The stage whose blocks are a result in memory as they are, and the place in them: one whose blocks all are results.
    pub(crate) fn given_by(&self, stage: usize) -> Option<(usize, usize)> {
        let node_of = |s: &Stage| match s.kind {
            StageKind::Output { node, .. } => Some(node),
            _ => None,
        };
        let s = &self.stages()[stage];
        let node = node_of(s)?;
        let (of, slot) = self.kept_at(node)?;
        let is_result = |n: &usize| self.stages().iter().any(|s| node_of(s) == Some(*n));
        let all = self.stages()[of].results().iter().all(is_result);
        (all && !self.is_made_again(of) && *self.kept_grid(of, node) == s.grid).then_some((of, slot))
    }
}

impl Stage {
    /// Where the turn of some chunks ends that began with the chunk whose turn it is after `first` others: so many of them, or
    /// the rest of a group.
    pub(crate) fn end_of_turn(&self, first: usize, each: usize) -> usize {
        let count = self.grid.count();
        let mut end = count.min(first + each);
        let group_of = |i: usize| -> Vec<usize> {
            let index = self.grid.unravel(self.nth(i));
            index.iter().zip(&self.group).map(|(i, g)| i / g).collect()
        };
        while !self.group.is_empty() && end < count && group_of(end) == group_of(end - 1) {
            end += 1;
        }
        end
    }
}

impl StageSize {
    /// Those of all stages of a plan.
    pub(crate) fn of_all(plan: &Plan) -> Vec<Self> {
        let mut all: Vec<_> = (0..plan.stages().len()).map(|s| StageSize::of(plan, s)).collect();
        // What batches make for themselves is no batch of its own.
        let work = |s: &Self| if s.made_again { 0.0 } else { s.each_bytes() as f64 * s.tasks as f64 };
        let whole: f64 = all.iter().map(work).sum();
        all.iter_mut().for_each(|s| s.share = work(s) / whole.max(1.0));
        all
    }

    fn of(plan: &Plan, stage: usize) -> Self {
        let s = &plan.stages()[stage];
        let metas = s.results().iter().map(|&n| &plan.nodes()[n].meta);
        let blocks: u64 = metas.map(|m| m.grid.size() as u64 * m.dtype.size() as u64).sum();
        let of_chunk = (blocks / s.grid.count().max(1) as u64) as usize;
        let segments_bytes = plan.segments_bytes(stage);
        let value_bytes = match s.kind {
            StageKind::Write { .. } => 0,
            _ if s.segments() > 1 => (segments_bytes / s.segments() as u64) as usize,
            _ => of_chunk,
        };
        let made_again = plan.is_made_again(stage);
        StageSize {
            tasks: s.task_count(),
            chunks: s.grid.count(),
            segments: s.segments(),
            read_bytes: s.read_bytes,
            task_bytes: s.task_bytes,
            state_bytes: s.state_bytes,
            segments_bytes,
            kept_bytes: if s.keeps() && !made_again { blocks } else { 0 },
            value_bytes,
            together: s.group.iter().product::<usize>().max(1),
            made_again,
            share: 1.0,
        }
    }

    /// Bytes that a task works on.
    fn each_bytes(&self) -> usize {
        let read = (self.read_bytes / self.tasks.max(1) as u64) as usize;
        // All segments of a chunk have one state.
        read.max(self.task_bytes - self.state_bytes).max(1)
    }

    /// The cut for a cluster of so many threads into batches of about so many bytes.
    pub(crate) fn cut(&self, threads: usize, batch_bytes: usize) -> Cut {
        let tasks = self.tasks.max(1);
        let bytes = self.each_bytes();
        let batches = (threads as f64 * BATCHES_PER_THREAD as f64 * self.share).ceil() as usize;
        let each = match bytes.saturating_mul(tasks) <= batch_bytes / LITTLE {
            true => tasks,
            false => (batch_bytes / bytes).min(tasks.div_ceil(batches.max(threads))).max(1),
        };
        let each = each.max(tasks.div_ceil(MOST_BATCHES)).min((VALUE_BYTES / self.value_bytes.max(1)).max(1));
        // Large states do not travel if there is work for all without that.
        let heavy = 2 * self.segments_bytes * self.chunks as u64 >= self.read_bytes && self.chunks >= threads;
        if self.segments == 1 || each >= self.segments || heavy {
            return Cut::Chunks((each / self.segments).max(1));
        }
        // Each link of the chain of merges takes the whole state along: it takes in so much that this is worth it.
        let room = MERGE_BYTES.max(2 * self.state_bytes);
        let part = (self.task_bytes - self.state_bytes).max(1);
        Cut::Segments { each, merged: (room / part / each).max(2) }
    }

    /// How many batches that makes, merges included.
    fn batches(&self, cut: Cut) -> u64 {
        match cut {
            _ if self.made_again => 0,
            Cut::Chunks(each) if self.together > each => self.chunks.div_ceil(self.together) as u64,
            Cut::Chunks(each) => self.chunks.div_ceil(each) as u64,
            Cut::Segments { each, merged } => {
                let parts = self.segments.div_ceil(each);
                (self.chunks * (parts + parts.div_ceil(merged))) as u64
            }
        }
    }
}

/// What a plan asks of a cluster.
#[derive(Debug, Clone)]
pub struct Handover {
    /// Threads of all workers.
    pub threads: usize,
    /// Tasks of the engine.
    pub batches: u64,
    /// Decoded bytes that a batch reads, on average.
    pub batch_bytes: u64,
    /// Time of the scheduler for all of them, at a millisecond each.
    pub scheduler: Duration,
    /// Time of the workers for reading, at 300 MB/s for each thread.
    pub reading: Duration,
    /// How many threads the scheduler could keep busy with batches of this size.
    pub busy_threads: u64,
    /// Bytes of the blocks that lie between stages.
    pub between_bytes: u64,
}

impl Handover {
    pub(super) fn of(stages: &[StageSize], threads: usize) -> Self {
        let threads = threads.max(1);
        let batches: u64 = stages.iter().map(|s| s.batches(s.cut(threads, BATCH_BYTES))).sum();
        let read: u64 = stages.iter().map(|s| s.read_bytes).sum();
        let batch_bytes = read / batches.max(1);
        let seconds = |bytes: u64| Duration::from_secs_f64(bytes as f64 / THREAD_RATE as f64);
        Handover {
            threads,
            batches,
            batch_bytes,
            scheduler: SCHEDULER.saturating_mul(batches.try_into().unwrap_or(u32::MAX)),
            reading: seconds(read / threads as u64),
            busy_threads: (seconds(batch_bytes).as_secs_f64() / SCHEDULER.as_secs_f64()) as u64,
            between_bytes: stages.iter().map(|s| s.kept_bytes).sum(),
        }
    }
}

impl fmt::Display for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "on a cluster of {} threads: {} tasks of {}, {:.1} s of its scheduler, which could keep {} threads busy; {:.0} s of \
             reading; {} between stages",
            self.threads,
            self.batches,
            human_bytes(self.batch_bytes),
            self.scheduler.as_secs_f64(),
            self.busy_threads,
            self.reading.as_secs_f64(),
            human_bytes(self.between_bytes)
        )
    }
}
