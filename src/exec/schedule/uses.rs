//! How long kept blocks are needed. Nothing is counted before a stage's first block is asked for.

use std::collections::HashMap;

use crate::plan::{Plan, Task};

/// The blocks of a stage that take no more than this part of the budget stay until the last task that may use
/// any of them: counting the uses of each would cost more than the memory is worth.
const SMALL_SHARE: usize = 16;

pub(super) struct Uses<'a> {
    plan: &'a Plan,
    stages: Vec<StageUses>,
    /// Counted blocks that tasks on their way need.
    needs: HashMap<Task, Vec<(usize, usize)>>,
}

#[derive(Default)]
struct StageUses {
    /// Tasks of later stages that are not done.
    users: usize,
    /// Blocks that are there.
    there: usize,
    /// Whether all blocks stay until the last user is done.
    stays: bool,
    /// How many tasks still use each block, once it is counted.
    left: Vec<u32>,
}

impl<'a> Uses<'a> {
    pub(super) fn new(plan: &'a Plan, memory: usize) -> Self {
        let mut stages: Vec<StageUses> = Vec::new();
        for stage in plan.stages() {
            for &s in &stage.after {
                stages[s].users += stage.task_count();
            }
            let metas = stage.results().iter().map(|&n| &plan.nodes()[n].meta);
            let bytes: usize = metas.map(|m| m.grid.size().saturating_mul(m.dtype.size())).sum();
            let stays = stage.keeps() && (stage.grid.count() == 1 || bytes <= memory / SMALL_SHARE);
            stages.push(StageUses { stays, ..StageUses::default() });
        }
        Uses { plan, stages, needs: HashMap::new() }
    }

    /// The kept blocks (stage, chunk) that a task needs and that may not be there.
    pub(super) fn needed(&mut self, task: Task) -> Vec<(usize, usize)> {
        let plan = self.plan;
        let after = &plan.stages()[task.stage].after;
        let all_there = |&s: &usize| {
            let uses = &self.stages[s];
            uses.stays && uses.there == plan.stages()[s].grid.count()
        };
        if after.iter().all(all_there) {
            return Vec::new();
        }
        for &s in after {
            if !self.stages[s].stays && self.stages[s].left.is_empty() {
                self.count(s);
            }
        }
        let blocks = plan.needed_blocks(task);
        let counted: Vec<_> = blocks.iter().copied().filter(|b| !self.stages[b.0].stays).collect();
        if !counted.is_empty() {
            self.needs.insert(task, counted);
        }
        blocks
    }

    /// Takes note of a block that is there now.
    pub(super) fn there(&mut self, stage: usize) {
        self.stages[stage].there += 1;
    }

    /// Takes note of a finished task; the blocks that no task needs any more.
    pub(super) fn done(&mut self, task: Task) -> Vec<(usize, usize)> {
        let mut free = Vec::new();
        for (s, chunk) in self.needs.remove(&task).unwrap_or_default() {
            let left = &mut self.stages[s].left[chunk];
            *left -= 1;
            if *left == 0 {
                free.push((s, chunk));
            }
        }
        for &s in &self.plan.stages()[task.stage].after {
            let uses = &mut self.stages[s];
            uses.users -= 1;
            if uses.users == 0 && uses.stays {
                free.extend((0..self.plan.stages()[s].grid.count()).map(|chunk| (s, chunk)));
            }
        }
        free
    }

    /// Counts the uses of each block of a stage.
    fn count(&mut self, stage: usize) {
        let mut left = vec![0; self.plan.stages()[stage].grid.count()];
        for (s, later) in self.plan.stages().iter().enumerate() {
            if !later.after.contains(&stage) {
                continue;
            }
            let segments = later.segments();
            for index in 0..later.task_count() {
                let task = Task { stage: s, chunk: index / segments, segment: index % segments };
                for (_, chunk) in self.plan.needed_blocks(task).into_iter().filter(|b| b.0 == stage) {
                    left[chunk] += 1;
                }
            }
        }
        self.stages[stage].left = left;
    }
}
