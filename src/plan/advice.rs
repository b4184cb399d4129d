//! What to do about a task that is too large.

use super::{FoldSteps, Plan, Stage, StageKind, Task};
use crate::plan::human_bytes;

impl Plan {
    /// One line that says which stage this is.
    pub(crate) fn describe_stage(&self, stage: &Stage) -> String {
        let ops: Vec<String> = stage.results().iter().map(|&n| self.nodes[n].op.describe()).collect();
        match &stage.kind {
            StageKind::Write { sink, .. } => format!("write {} to {}", ops.join(" + "), sink.describe()),
            _ => ops.join(" + "),
        }
    }

    /// What a task works on, for errors.
    pub(crate) fn describe_task(&self, task: Task) -> String {
        let stage = &self.stages[task.stage];
        format!("region {} of {}", stage.grid.region(task.chunk), self.describe_stage(stage))
    }

    /// A chunking with which the tasks of a stage would fit into `room` bytes.
    pub(crate) fn advise(&self, stage: &Stage, room: usize) -> String {
        let factor = stage.task_bytes.div_ceil(room.max(1)).max(2);
        // The chunks that a task works on: of the result, or of the input where that is folded.
        let mut chunk = stage.grid.region(0).shape();
        let mut what = "the array";
        if let StageKind::Fold { nodes, .. } = &stage.kind {
            let n = nodes[0];
            let input = &self.nodes[self.nodes[n].inputs[0]].meta;
            let walk = FoldSteps::new(self.fold(n), &stage.grid.region(0), input);
            if walk.len() > 0 {
                chunk = walk.step(0).shape();
                what = "its input";
            }
        }
        let mut smaller = chunk.clone();
        let mut left = factor;
        for n in &mut smaller {
            let cut = left.min(*n).max(1);
            *n = (*n / cut).max(1);
            left = left.div_ceil(cut);
            if left <= 1 {
                break;
            }
        }
        if left > 1 {
            return format!(
                "even single elements do not fit: raise the budget to at least {}",
                human_bytes(stage.task_bytes as u64)
            );
        }
        format!(
            "chunk {what} as {smaller:?} (now {chunk:?}), or raise the budget to at least {}",
            human_bytes(stage.task_bytes as u64)
        )
    }
}
