//! Arrays that are put into other chunks: the chunks of the result that use the same chunks of the source are made
//! together.

use std::collections::{HashMap, HashSet};

use super::passes::{GroupCost, Passes, passes};
use super::{Note, Rules};
use crate::array::{AxisGrid, ChunkGrid, Region};
use crate::lazy::Rechunk;
use crate::plan::walk::deeper;
use crate::plan::{Plan, PlanNode, Stage, StageKind, human_bytes};

/// A source that is read no more often than this on average is left alone: chunks of which one border does not fit.
const READS: f64 = 1.5;

/// Groups looked at to learn what all cost.
const SAMPLES: usize = 8;

/// A place in a stage where chunks become others.
pub(super) struct Seam {
    node: usize,
    input: usize,
}

/// Finds the stages that would read chunks again and again, and has the parts of these chunks kept while the chunks
/// of the result that need them are made.
pub(in crate::plan) fn regroup(plan: &mut Plan, rules: &Rules) {
    // From the last stage to the first: what is put in moves only those behind it.
    for s in (0..plan.stages.len()).rev() {
        if !matches!(plan.stages[s].kind, StageKind::Fold { .. }) && plan.stages[s].grid.count() > 1 {
            plan.sink_seam(s);
            plan.regroup_stage(s, rules);
        }
    }
}

impl Plan {
    /// Makes the step from the chunks of an array to those of a sink an operation.
    fn sink_seam(&mut self, s: usize) {
        let grid = self.stages[s].grid.clone();
        let StageKind::Write { node, .. } = &mut self.stages[s].kind else { return };
        let input = *node;
        let meta = &self.nodes[input].meta;
        if meta.grid == grid || meta.grid.is_single() {
            return;
        }
        *node = self.nodes.len();
        let meta = crate::lazy::Meta { dtype: meta.dtype, grid };
        self.nodes.push(PlanNode { op: std::sync::Arc::new(Rechunk), inputs: vec![input], meta, uses: 1 });
        self.kept.push(None);
    }

    /// Where the operations of a stage change chunks that were read.
    pub(super) fn seams(&self, s: usize) -> Vec<Seam> {
        let mut seams = Vec::new();
        let mut pending: Vec<usize> = match &self.stages[s].kind {
            StageKind::Keep { node } if !self.is_rechunk(*node) => self.nodes[*node].inputs.clone(),
            StageKind::Output { node, .. } | StageKind::Write { node, .. } => vec![*node],
            _ => return seams,
        };
        let mut seen = HashSet::new();
        while let Some(node) = pending.pop() {
            if self.kept[node].is_some() || !seen.insert(node) {
                continue;
            }
            let n = &self.nodes[node];
            if self.is_rechunk(node) && n.uses == 1 && self.reads_below(n.inputs[0]) {
                seams.push(Seam { node, input: n.inputs[0] });
            } else {
                pending.extend(&n.inputs);
            }
        }
        seams
    }

    fn is_rechunk(&self, node: usize) -> bool {
        self.nodes[node].op.name() == Rechunk::NAME
    }

    /// Whether a node's blocks come from a store, and not from blocks that are kept.
    fn reads_below(&self, node: usize) -> bool {
        let mut pending = vec![node];
        let mut seen = HashSet::new();
        while let Some(node) = pending.pop() {
            if self.kept[node].is_none() && seen.insert(node) {
                if self.nodes[node].op.reads() {
                    return true;
                }
                pending.extend(&self.nodes[node].inputs);
            }
        }
        false
    }

    fn regroup_stage(&mut self, s: usize, rules: &Rules) {
        let seams = self.seams(s);
        if seams.is_empty() {
            return;
        }
        let counts = self.stages[s].grid.counts();
        let alone = self.group_cost(s, &seams, &vec![1; counts.len()]);
        if alone.reads <= READS {
            return;
        }
        let mut room = self.room(s, &seams, rules);
        if rules.apart {
            // A group is the work of one thread, and all have some.
            let metas = seams.iter().map(|seam| &self.nodes[seam.node].meta);
            let all: usize = metas.map(|m| m.grid.size().saturating_mul(m.dtype.size())).sum();
            room = room.min(all / rules.threads.max(1) / 8 * 9);
        }
        let chosen = passes(&counts, room, rules.scratch.is_some(), |g| self.group_cost(s, &seams, g));
        let place = self.describe_stage(&self.stages[s]);
        let text = match &chosen {
            None => return,
            // Nothing can be shared.
            Some(Passes::Direct { cost, .. }) if cost.reads > 0.9 * alone.reads => return,
            Some(Passes::Direct { group, cost }) => {
                let groups: usize = counts.iter().zip(group).map(|(n, g)| n.div_ceil(*g)).product();
                let mut text = format!(
                    "{groups} group(s) of {group:?} chunks, one after the other: each holds up to {} of parts and reads \
                     each chunk of the source about {:.1} times in all, not {:.1}; there is room for {}",
                    human_bytes(cost.bytes as u64),
                    cost.reads,
                    alone.reads,
                    human_bytes(room as u64)
                );
                if cost.reads > 4.0 && rules.scratch.is_none() {
                    text += "; a scratch folder (`Local::scratch`) or a larger budget would save reads";
                }
                text
            }
            Some(Passes::Scratch) => format!(
                "parts go through the scratch folder: each chunk of the source is read once, not {:.1} times, \
                 since only {} of them fit into memory",
                alone.reads,
                human_bytes(room as u64)
            ),
        };
        self.notes.push(Note { rule: "regroup".into(), place, text });
        let group = match chosen {
            Some(Passes::Direct { group, .. }) => Some(group),
            _ => None,
        };
        let cut = group.clone().unwrap_or_else(|| vec![1; counts.len()]);
        let parts: Vec<ChunkGrid> = seams.iter().map(|seam| self.parts(s, seam, &cut)).collect();
        self.stages[s].group = group.clone().unwrap_or_default();
        for (seam, parts) in seams.iter().zip(parts) {
            let node = seam.node;
            match (&group, &rules.scratch) {
                (None, Some(folder)) => {
                    let grid = self.nodes[seam.input].meta.grid.clone();
                    let kind = StageKind::Spill { node, folder: folder.clone(), parts };
                    self.insert_kept(s, node, kind, grid);
                }
                _ => self.insert_kept(s, node, StageKind::Keep { node }, parts),
            }
        }
    }

    /// Bytes that parts may take beside the tasks of a stage and what is kept already.
    pub(super) fn room(&mut self, s: usize, seams: &[Seam], rules: &Rules) -> usize {
        for seam in seams {
            self.kept[seam.node] = Some((s, 0));
        }
        let mut task = self.sampled_cost(s);
        for seam in seams {
            let grid = &self.nodes[seam.input].meta.grid;
            task = task.max(self.box_cost(seam.node, &grid.region(grid.count() / 2)));
            self.kept[seam.node] = None;
        }
        let all = |stage: &Stage| -> usize {
            let metas = stage.results().iter().map(|&n| &self.nodes[n].meta);
            metas.map(|m| m.grid.size() * m.dtype.size()).sum()
        };
        // The rules know of the sources that are kept. Of other blocks many go before others come.
        let reads = |s: &Stage| s.results().iter().any(|&n| self.nodes[n].op.reads());
        let kept = self.stages.iter().filter(|s| s.keeps() && !reads(s)).map(all).sum::<usize>();
        let kept = kept.min(rules.memory / 4);
        let results: usize =
            self.stages.iter().filter(|s| matches!(s.kind, StageKind::Output { .. })).map(all).sum();
        let side_by_side = if rules.apart { 1 } else { rules.threads.max(1) };
        let tasks = (side_by_side * task).min(rules.memory / 2).max(task);
        rules.memory.saturating_sub(tasks + kept + results).min(rules.held)
    }

    /// What groups of so many chunks of a stage cost.
    fn group_cost(&self, s: usize, seams: &[Seam], group: &[usize]) -> GroupCost {
        let grid = &self.stages[s].grid;
        let groups = ChunkGrid(
            grid.axes().iter().zip(group).map(|(axis, &g)| AxisGrid::regular(axis.count(), g)).collect(),
        );
        let count = groups.count();
        let looked_at = count.min(SAMPLES);
        let total: usize = seams.iter().map(|s| self.nodes[s.node].meta.grid.size()).sum();
        let (mut bytes, mut touched) = (0, 0);
        for i in 0..looked_at {
            let i = if count <= SAMPLES { i } else { i * (count - 1) / (SAMPLES - 1) };
            let region = chunks_region(grid, &groups.region(i));
            let mut held = 0;
            for seam in seams {
                let Some(need) = self.reach(s, &region, seam.node) else { continue };
                held += self.nodes[seam.node].meta.bytes(&need);
                let source = &self.nodes[seam.input].meta.grid;
                touched += (source.axes().iter().zip(need.ranges()))
                    .map(|(axis, range)| {
                        let chunks = axis.touched(range);
                        if chunks.is_empty() {
                            0
                        } else {
                            axis.chunk(chunks.end - 1).end - axis.chunk(chunks.start).start
                        }
                    })
                    .product::<usize>();
            }
            bytes = bytes.max(held);
        }
        let reads = touched as f64 * count as f64 / (looked_at.max(1) * total.max(1)) as f64;
        GroupCost { bytes, reads }
    }

    /// The chunks of the source, cut where groups end.
    fn parts(&self, s: usize, seam: &Seam, group: &[usize]) -> ChunkGrid {
        let grid = &self.stages[s].grid;
        let source = &self.nodes[seam.input].meta.grid;
        let mut bounds: Vec<Vec<usize>> = source.axes().iter().map(AxisGrid::bounds).collect();
        for (axis, &g) in group.iter().enumerate() {
            let of_axis = AxisGrid::regular(grid.axes()[axis].count(), g);
            for i in 0..of_axis.count() {
                let mut chunks = Region::full(&grid.counts());
                chunks.set(axis, of_axis.chunk(i));
                let need = self.reach(s, &chunks_region(grid, &chunks), seam.node);
                for (bounds, range) in bounds.iter_mut().zip(need.iter().flat_map(Region::ranges)) {
                    bounds.extend([range.start, range.end]);
                }
            }
        }
        let axis = |mut bounds: Vec<usize>| {
            bounds.sort_unstable();
            bounds.dedup();
            AxisGrid::from_bounds(bounds)
        };
        ChunkGrid(bounds.into_iter().map(axis).collect())
    }

    /// The box of `target` that a box of a stage needs: one around all.
    fn reach(&self, s: usize, region: &Region, target: usize) -> Option<Region> {
        self.reach_of(self.pulls_of(s, region), target)
    }

    /// The box of `target` that some boxes of nodes need: one around all.
    pub(super) fn reach_of(&self, pulls: Vec<(usize, Region)>, target: usize) -> Option<Region> {
        let mut found: Option<Region> = None;
        let mut seen: HashMap<usize, HashSet<Region>> = HashMap::new();
        for (node, region) in pulls {
            self.reach_from(node, &region, target, &mut seen, &mut found);
        }
        found
    }

    fn reach_from(
        &self,
        node: usize,
        region: &Region,
        target: usize,
        seen: &mut HashMap<usize, HashSet<Region>>,
        found: &mut Option<Region>,
    ) {
        if region.is_empty() {
            return;
        }
        if node == target {
            let around = |f: &Region| {
                Region::new(
                    f.ranges().zip(region.ranges()).map(|(a, b)| a.start.min(b.start)..a.end.max(b.end)),
                )
            };
            *found = Some(found.as_ref().map_or_else(|| region.clone(), around));
            return;
        }
        let n = &self.nodes[node];
        if self.kept[node].is_some() || n.inputs.is_empty() {
            return;
        }
        if n.uses > 1 && !seen.entry(node).or_default().insert(region.clone()) {
            return;
        }
        for need in n.op.needs(region, &self.input_metas(node)) {
            deeper(|| self.reach_from(n.inputs[need.input], &need.region, target, seen, found));
        }
    }

    /// Puts a stage that keeps the blocks of `node` before stage `s`.
    pub(super) fn insert_kept(&mut self, s: usize, node: usize, kind: StageKind, grid: ChunkGrid) {
        for (stage, _) in self.kept.iter_mut().flatten() {
            if *stage >= s {
                *stage += 1;
            }
        }
        self.stages.insert(s, Stage::of(kind, grid));
        self.kept[node] = Some((s, 0));
    }
}

/// The box of an array that a box of its chunks makes up.
fn chunks_region(grid: &ChunkGrid, chunks: &Region) -> Region {
    Region::new(
        grid.axes().iter().zip(chunks.ranges()).map(|(a, c)| a.chunk(c.start).start..a.chunk(c.end - 1).end),
    )
}
