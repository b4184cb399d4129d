//! Chunks of a source that are needed more than once are kept from the first use to the last where they fit into the
//! budget, and else read again: those that several stages read, as anomalies do, and those that tasks of one stage
//! share with their neighbours, as windows do.

use std::collections::{HashMap, HashSet};

use super::{Note, Rules};
use crate::array::Region;
use crate::plan::{Plan, StageKind, Task, human_bytes};

/// Chunks that are read no more often than this on average are not worth a copy.
const READS: f64 = 1.25;

/// Tasks looked at to learn what neighbours share: stages are regular.
const LOOKED_AT: usize = 256;

/// Puts stages that keep what is read before those that read it more than once.
pub(in crate::plan) fn keep(plan: &mut Plan, rules: &Rules) {
    let mut taken = 0;
    for node in 0..plan.nodes.len() {
        if !plan.nodes[node].op.reads() || plan.kept[node].is_some() {
            continue;
        }
        let users: Vec<usize> = (0..plan.stages.len()).filter(|&s| plan.reads_in(s, node)).collect();
        if let [stage] = users[..] {
            taken += plan.keep_between_neighbours(stage, node, taken, rules);
            continue;
        }
        if users.is_empty() {
            continue;
        }
        let grid = plan.nodes[node].meta.grid.clone();
        let bytes = grid.size().saturating_mul(plan.nodes[node].meta.dtype.size());
        let room = users.iter().map(|&s| plan.room(s, &[], rules)).min().unwrap_or(0).saturating_sub(taken);
        let text = match bytes <= room {
            true => format!(
                "read once and kept for {} stages: it takes {} of the {} that there is room for",
                users.len(),
                human_bytes(bytes as u64),
                human_bytes(room as u64)
            ),
            false => format!(
                "read again by each of {} stages: kept it would take {}, and there is room for {}",
                users.len(),
                human_bytes(bytes as u64),
                human_bytes(room as u64)
            ),
        };
        let place = plan.nodes[node].op.describe();
        plan.notes.push(Note { rule: "keep".into(), place, text });
        if bytes <= room {
            taken += bytes;
            plan.insert_kept(users[0], node, StageKind::Keep { node }, grid);
        }
    }
}

impl Plan {
    /// Keeps the chunks of a source that neighbouring tasks of a stage read; the bytes that these take.
    fn keep_between_neighbours(&mut self, stage: usize, source: usize, taken: usize, rules: &Rules) -> usize {
        // Where chunks become others, `regroup` knows better.
        if !self.seams(stage).is_empty() {
            return 0;
        }
        let Some(shared) = self.shared_chunks(stage, source) else { return 0 };
        let grid = self.nodes[source].meta.grid.clone();
        let chunk = grid.largest().saturating_mul(self.nodes[source].meta.dtype.size());
        // Tasks run side by side, each of them ahead of those before it.
        let bytes = shared.alive.saturating_add(rules.threads).saturating_mul(chunk);
        if shared.reads <= READS || bytes > self.room(stage, &[], rules).saturating_sub(taken) {
            return 0;
        }
        let place = self.nodes[source].op.describe();
        let text = format!(
            "each chunk is read once and kept for its neighbours, not read {:.1} times: about {} of them at a time, {}",
            shared.reads,
            shared.alive,
            human_bytes(bytes as u64)
        );
        self.notes.push(Note { rule: "keep".into(), place, text });
        self.insert_kept(stage, source, StageKind::Keep { node: source }, grid);
        bytes
    }

    /// How the tasks of a stage share the chunks of a source.
    fn shared_chunks(&self, stage: usize, source: usize) -> Option<Shared> {
        let (count, segments) =
            (self.stages[stage].task_count().min(LOOKED_AT), self.stages[stage].segments());
        let grid = &self.nodes[source].meta.grid;
        let mut spans: HashMap<usize, (usize, usize)> = HashMap::new();
        let mut reads = 0;
        for i in 0..count {
            let chunk = self.stages[stage].nth(i / segments);
            let task = Task { stage, chunk, segment: i % segments };
            // What is pulled twice of the same box is shared within a task.
            let pulls = self.pulls(task).into_iter();
            let boxes: HashSet<Region> = pulls.filter_map(|p| self.reach_of(vec![p], source)).collect();
            for chunk in boxes.iter().flat_map(|needed| grid.touched(needed)) {
                spans.entry(chunk).or_insert((i, i)).1 = i;
                reads += 1;
            }
        }
        let mut alive = vec![0isize; count + 1];
        for (first, last) in spans.values() {
            alive[*first] += 1;
            alive[last + 1] -= 1;
        }
        let most = alive.iter().scan(0, |now, change| {
            *now += change;
            Some(*now)
        });
        let alive = most.max()?.try_into().ok()?;
        (!spans.is_empty()).then(|| Shared { reads: reads as f64 / spans.len() as f64, alive })
    }

    /// Whether tasks of a stage read a source themselves.
    fn reads_in(&self, stage: usize, source: usize) -> bool {
        let stage = &self.stages[stage];
        let mut pending: Vec<usize> = match &stage.kind {
            StageKind::Output { node, .. } | StageKind::Write { node, .. } => vec![*node],
            StageKind::Fold { .. } | StageKind::Keep { .. } | StageKind::Spill { .. } => {
                stage.results().iter().flat_map(|&n| self.nodes[n].inputs.clone()).collect()
            }
        };
        let mut seen = HashSet::new();
        while let Some(node) = pending.pop() {
            if node == source && self.kept[node].is_none() {
                return true;
            }
            if self.kept[node].is_none() && seen.insert(node) {
                pending.extend(&self.nodes[node].inputs);
            }
        }
        false
    }
}

/// What tasks of a stage have in common.
struct Shared {
    /// How many tasks read a chunk, on average.
    reads: f64,
    /// How many chunks are between their first use and their last, at the most.
    alive: usize,
}
