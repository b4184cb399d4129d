//! Which kept blocks and which source boxes a task needs, without computing anything.

use std::collections::HashSet;

use super::{FoldSteps, Plan, StageKind, Task};
use crate::array::Region;

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
        self.pulls_of(task.stage, &self.stages[task.stage].grid.region(task.chunk), task.segment)
    }

    /// (node, box of it) that a box of a stage pulls; of a fold those of a segment.
    pub(super) fn pulls_of(&self, stage: usize, out: &Region, segment: usize) -> Vec<(usize, Region)> {
        match &self.stages[stage].kind {
            StageKind::Fold { nodes, segments, segment_len, .. } => {
                let mut pulls = Vec::new();
                for &n in nodes {
                    let input = self.nodes[n].inputs[0];
                    let steps = FoldSteps::new(self.fold(n), out, &self.nodes[input].meta);
                    let segment = steps.segment(segment, *segments, *segment_len);
                    pulls.extend(segment.map(|i| (input, steps.step(i))));
                }
                pulls
            }
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
            let chunks = self.plan.stages[stage].grid.touched(region);
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
