//! Chunks of a source that are needed more than once are kept from the first use to the last where they fit into the
//! budget, and else read again: those that several stages read, as anomalies do, and those that tasks of one stage
//! share with their neighbours, as windows do.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Note, Rules};
use crate::array::Region;
use crate::plan::{Plan, StageKind, Task, human_bytes};

/// Chunks that are read no more often than this on average are not worth a copy.
const READS: f64 = 1.25;

/// Boxes of a source looked at to learn what neighbours share: stages are regular.
const LOOKED_AT: usize = 512;

/// Puts stages that keep what is read before those that read it more than once; the bytes that this takes.
pub(in crate::plan) fn keep(plan: &mut Plan, rules: &Rules) -> usize {
    let mut taken = 0;
    // Where each stage is, once others are put in.
    let mut places: Vec<usize> = (0..plan.stages.len()).collect();
    for (source, users) in plan.readers() {
        let users: Vec<usize> = users.into_iter().map(|s| places[s]).collect();
        let left = rules.beside(taken);
        let kept = match users[..] {
            [stage] => plan.keep_for_neighbours(stage, source, &left),
            _ => plan.keep_for_stages(&users, source, &left),
        };
        if let Some(bytes) = kept {
            taken += bytes;
            let grid = plan.nodes[source].meta.grid.clone();
            plan.insert_kept(users[0], source, StageKind::Keep { node: source }, grid);
            places.iter_mut().filter(|s| **s >= users[0]).for_each(|s| *s += 1);
        }
    }
    taken
}

impl Plan {
    /// The sources, and the stages whose tasks read them.
    fn readers(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut readers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for stage in 0..self.stages.len() {
            let mut pending = self.starts(stage);
            let mut seen = HashSet::new();
            while let Some(node) = pending.pop() {
                if self.kept[node].is_some() || !seen.insert(node) {
                    continue;
                }
                match self.nodes[node].op.reads() {
                    true => readers.entry(node).or_default().push(stage),
                    false => pending.extend(&self.nodes[node].inputs),
                }
            }
        }
        readers
    }

    /// The bytes of a source that several stages read, if it is to be kept between them.
    fn keep_for_stages(&mut self, users: &[usize], source: usize, rules: &Rules) -> Option<usize> {
        let meta = &self.nodes[source].meta;
        let bytes = meta.grid.size().saturating_mul(meta.dtype.size());
        let room = users.iter().map(|&s| self.room(s, &[], rules)).min().unwrap_or(0);
        let (n, takes, there) = (users.len(), human_bytes(bytes as u64), human_bytes(room as u64));
        let fits = bytes <= room && !rules.apart;
        let text = if rules.apart {
            format!("read again by each of {n} stages: their tasks share no memory")
        } else if fits {
            format!(
                "read once and kept for {n} stages: it takes {takes} of the {there} that there is room for"
            )
        } else {
            format!(
                "read again by each of {n} stages: kept it would take {takes}, and there is room for {there}"
            )
        };
        self.note_kept(source, text);
        fits.then_some(bytes)
    }

    /// The bytes of the chunks of a source that neighbouring tasks of a stage share, if these are to be kept.
    fn keep_for_neighbours(&mut self, stage: usize, source: usize, rules: &Rules) -> Option<usize> {
        // Where chunks become others, `regroup` knows better.
        let shared = self.shared_chunks(stage, source)?;
        if shared.reads <= READS || !self.seams(stage).is_empty() {
            return None;
        }
        let meta = &self.nodes[source].meta;
        let chunk = meta.grid.largest().saturating_mul(meta.dtype.size());
        // Tasks run side by side, each of them ahead of those before it, unless each has its own.
        let ahead = if rules.apart { 0 } else { rules.threads };
        let bytes = shared.alive.saturating_add(ahead).saturating_mul(chunk);
        if bytes > self.room(stage, &[], rules) {
            return None;
        }
        self.note_kept(
            source,
            format!(
                "each chunk is read once and kept for its neighbours, not read {:.1} times: about {} of them at a time, {}",
                shared.reads,
                shared.alive,
                human_bytes(bytes as u64)
            ),
        );
        Some(bytes)
    }

    fn note_kept(&mut self, source: usize, text: String) {
        let place = self.nodes[source].op.describe();
        self.notes.push(Note { rule: "keep".into(), place, text });
    }

    /// How the tasks of a stage share the chunks of a source; `None` if a task reads one chunk at a time.
    fn shared_chunks(&self, stage: usize, source: usize) -> Option<Shared> {
        let (count, segments) = (self.stages[stage].task_count(), self.stages[stage].segments());
        let grid = &self.nodes[source].meta.grid;
        let task =
            |i: usize| Task { stage, chunk: self.stages[stage].nth(i / segments), segment: i % segments };
        let chunks_of = |pull| self.reach_of(vec![pull], source).map_or_else(Vec::new, |b| grid.touched(&b));
        // Most stages are done with here: what a task in the middle pulls first tells that nothing is shared.
        let middle = self.pulls(task(count / 2));
        if middle.into_iter().take(LOOKED_AT / 64).all(|pull| chunks_of(pull).len() < 2) {
            return None;
        }
        let mut spans: HashMap<usize, (usize, usize)> = HashMap::new();
        let (mut reads, mut looked_at, mut tasks) = (0, 0, 0);
        while tasks < count && looked_at < LOOKED_AT {
            // What is pulled twice of the same box is shared within a task.
            let pulls = self.pulls(task(tasks)).into_iter();
            let boxes: HashSet<Region> = pulls.filter_map(|p| self.reach_of(vec![p], source)).collect();
            for chunk in boxes.iter().flat_map(|needed| grid.touched(needed)) {
                spans.entry(chunk).or_insert((tasks, tasks)).1 = tasks;
                reads += 1;
            }
            looked_at += boxes.len().max(1);
            tasks += 1;
        }
        // A chunk more where its first use is, one less behind its last.
        let mut changes = vec![0isize; tasks + 1];
        for (first, last) in spans.values() {
            changes[*first] += 1;
            changes[last + 1] -= 1;
        }
        let (mut now, mut alive) = (0, 0);
        for change in changes {
            now += change;
            alive = alive.max(now);
        }
        (!spans.is_empty())
            .then(|| Shared { reads: reads as f64 / spans.len() as f64, alive: alive as usize })
    }
}

/// What tasks of a stage have in common.
struct Shared {
    /// How many tasks read a chunk, on average.
    reads: f64,
    /// How many chunks are between their first use and their last, at the most.
    alive: usize,
}
