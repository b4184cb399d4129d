//! Which kept blocks and which source boxes a task needs, without computing anything.

use std::collections::HashSet;

use super::{FoldSteps, Plan, StageKind, Task};
use crate::array::{ChunkGrid, Region};

/// Stack that one level of recursion through a plan may need, and what is added when it runs out.
const RED_ZONE: usize = 128 << 10;
const GROWTH: usize = 4 << 20;

/// Runs `f` with enough stack for one more level: expressions can be chains of any length.
pub(crate) fn deeper<T>(f: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, GROWTH, f)
}

impl Plan {
    /// (node, box of it) that a task pulls, one after the other.
    pub(crate) fn pulls(&self, task: Task) -> Vec<(usize, Region)> {
        let stage = &self.stages[task.stage];
        let StageKind::Fold { nodes, segments, segment_len, .. } = &stage.kind else {
            return self.pulls_of(task.stage, &stage.grid.region(task.chunk));
        };
        let mut pulls = Vec::new();
        for &n in nodes {
            let (out, input) = (self.nodes[n].meta.grid.region(task.chunk), self.nodes[n].inputs[0]);
            let steps = FoldSteps::new(self.fold(n), &out, &self.nodes[input].meta);
            let segment = steps.segment(task.segment, *segments, *segment_len);
            pulls.extend(segment.map(|i| (input, steps.step(i))));
        }
        pulls
    }

    /// The nodes at which the work of a stage's tasks begins.
    pub(super) fn starts(&self, stage: usize) -> Vec<usize> {
        let stage = &self.stages[stage];
        match &stage.kind {
            StageKind::Output { node, .. } | StageKind::Write { node, .. } => vec![*node],
            // These compute their nodes, so what they need begins at the inputs.
            StageKind::Fold { .. } | StageKind::Keep { .. } | StageKind::Spill { .. } => {
                stage.results().iter().flat_map(|&n| self.nodes[n].inputs.clone()).collect()
            }
        }
    }

    /// The chunks in which a stage keeps the blocks of a node.
    pub(crate) fn kept_grid(&self, stage: usize, node: usize) -> &ChunkGrid {
        match self.stages[stage].kind {
            // Each in its own, as many as the others have.
            StageKind::Fold { .. } => &self.nodes[node].meta.grid,
            _ => &self.stages[stage].grid,
        }
    }

    /// (node, box of it) that a box of a stage pulls, which is not a fold.
    pub(super) fn pulls_of(&self, stage: usize, out: &Region) -> Vec<(usize, Region)> {
        match &self.stages[stage].kind {
            StageKind::Fold { .. } => Vec::new(),
            StageKind::Keep { node } | StageKind::Spill { node, .. } => {
                let metas = self.input_metas(*node);
                let needs = self.nodes[*node].op.needs(out, &metas);
                needs.into_iter().map(|n| (self.nodes[*node].inputs[n.input], n.region)).collect()
            }
            StageKind::Output { node, .. } | StageKind::Write { node, .. } => vec![(*node, out.clone())],
        }
    }

    /// The kept blocks (stage, chunk) that a task needs, each once.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target, Task};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 1)?.sum("x")?;
    /// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
    /// // The result needs the one block that the fold keeps.
    /// assert_eq!(plan.needed_blocks(Task { stage: 1, chunk: 0, segment: 0 }), [(0, 0)]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn needed_blocks(&self, task: Task) -> Vec<(usize, usize)> {
        if self.stages[task.stage].after.is_empty() || self.is_written(task) {
            return Vec::new();
        }
        let mut walk = Walk { plan: self, seen: HashSet::new(), blocks: Vec::new() };
        for (node, region) in self.pulls(task) {
            walk.visit(node, &region);
        }
        walk.blocks.sort_unstable();
        walk.blocks.dedup();
        walk.blocks
    }

    /// Whether an earlier run has written the chunk of a task: there is nothing left to do for it.
    pub(crate) fn is_written(&self, task: Task) -> bool {
        let stage = &self.stages[task.stage];
        match &stage.kind {
            StageKind::Write { sink, .. } => sink.is_written(&stage.grid.region(task.chunk)),
            _ => false,
        }
    }
}

struct Walk<'a> {
    plan: &'a Plan,
    seen: HashSet<(usize, Region)>,
    blocks: Vec<(usize, usize)>,
}

impl Walk<'_> {
    fn visit(&mut self, node: usize, region: &Region) {
        if region.is_empty() {
            return;
        }
        if let Some((stage, _)) = self.plan.kept[node] {
            let chunks = self.plan.kept_grid(stage, node).touched(region);
            self.blocks.extend(chunks.into_iter().map(|c| (stage, c)));
            return;
        }
        let n = &self.plan.nodes[node];
        if n.inputs.is_empty() || (n.uses > 1 && !self.seen.insert((node, region.clone()))) {
            return;
        }
        let needs = n.op.needs(region, &self.plan.input_metas(node));
        deeper(|| {
            for need in needs {
                self.visit(n.inputs[need.input], &need.region);
            }
        });
    }
}
