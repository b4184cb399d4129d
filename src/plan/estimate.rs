//! How many bytes tasks need, from shapes alone.

use std::collections::HashSet;
use std::ops::Range;

use super::walk::deeper;
use super::{FoldSteps, Plan, SAMPLES, StageKind, TILED, Task};
use crate::array::Region;

/// Stages of fewer tasks than this share them among all threads.
pub(crate) const FEW_TASKS: usize = 16;

impl Plan {
    /// Fills in, for each stage, what it needs before it and how many bytes its tasks take.
    pub(super) fn estimate(&mut self) {
        for s in 0..self.stages.len() {
            let count = self.stages[s].task_count();
            let segments = self.stages[s].segments();
            let (mut task_bytes, mut state_bytes, mut read_bytes, mut sampled) = (0, 0, 0u64, 0u64);
            for i in 0..count.min(SAMPLES) {
                let index = if count <= SAMPLES { i } else { i * (count - 1) / (SAMPLES - 1) };
                let task = Task { stage: s, chunk: index / segments, segment: index % segments };
                let cost = self.cost(task);
                task_bytes = task_bytes.max(cost.peak);
                state_bytes = state_bytes.max(cost.state);
                read_bytes += cost.read;
                sampled += 1;
            }
            let after = self.stages_before(s);
            let stage = &mut self.stages[s];
            stage.after = after;
            stage.task_bytes = task_bytes + state_bytes;
            stage.state_bytes = state_bytes;
            stage.read_bytes = (read_bytes as f64 * count as f64 / sampled.max(1) as f64) as u64;
        }
    }

    /// The stages whose blocks a stage can need: those of the kept nodes that its operations reach.
    fn stages_before(&self, stage: usize) -> Vec<usize> {
        let mut pending = self.starts(stage);
        let mut seen = vec![false; self.nodes.len()];
        let mut after = Vec::new();
        while let Some(n) = pending.pop() {
            if std::mem::replace(&mut seen[n], true) {
                continue;
            }
            match self.kept[n] {
                Some((s, _)) => after.push(s),
                None => pending.extend(&self.nodes[n].inputs),
            }
        }
        after.sort_unstable();
        after.dedup();
        after
    }

    /// Bytes of the largest of a few tasks of a stage.
    pub(super) fn sampled_cost(&self, s: usize) -> usize {
        let count = self.stages[s].grid.count();
        let task = |chunk| {
            let cost = self.cost(Task { stage: s, chunk, segment: 0 });
            cost.peak + cost.state
        };
        [0, count / 2, count - 1].map(task).into_iter().max().unwrap_or(0)
    }

    /// Bytes that computing a box of a node takes.
    pub(super) fn box_cost(&self, node: usize, region: &Region) -> usize {
        let mut meter = Meter::new(self, false);
        meter.operation(node, region).0 + meter.held
    }

    /// What one task costs.
    pub(super) fn cost(&self, task: Task) -> Cost {
        let stage = &self.stages[task.stage];
        let out = stage.grid.region(task.chunk);
        let mut meter = Meter::new(self, stage.is_shared());
        let peak = match &stage.kind {
            StageKind::Fold { nodes, within, segments, segment_len } => {
                let (mut state, mut part, mut results, mut steps) = (0, 0, 0, 0);
                let out = |n: usize| self.nodes[n].meta.grid.region(task.chunk);
                for (&n, within) in nodes.iter().zip(within) {
                    let out = out(n);
                    results += self.nodes[n].meta.bytes(&out);
                    if within.is_none() {
                        let input = &self.nodes[self.nodes[n].inputs[0]].meta;
                        let walk = FoldSteps::new(self.fold(n), &out, input);
                        let segment = walk.segment(task.segment, *segments, *segment_len);
                        steps = segment.len();
                        state += self.fold(n).state_bytes(&out, input);
                        part += self.fold(n).part_bytes(&out, input, &walk.span(segment));
                    }
                }
                // Steps at the ends may be shorter than those between, or longer.
                let step = |at: fn(Range<usize>) -> usize| {
                    let (mut meter, mut peak) = (Meter::new(self, stage.is_shared()), 0);
                    for &n in nodes {
                        let input = self.nodes[n].inputs[0];
                        let walk = FoldSteps::new(self.fold(n), &out(n), &self.nodes[input].meta);
                        let segment = walk.segment(task.segment, *segments, *segment_len);
                        if !segment.is_empty() {
                            peak = peak.max(meter.folded(n, &walk.step(at(segment))));
                        }
                    }
                    (peak + meter.held, meter.read)
                };
                let (first, last) = (step(|s| s.start), step(|s| s.end - 1));
                let inner = step(|s| s.start + s.len() / 2);
                let peak = first.0.max(last.0).max(inner.0);
                let read = first.1 + last.1 * u64::from(steps > 1) + inner.1 * steps.saturating_sub(2) as u64;
                return match segments {
                    // The result is made while the state is there, by the last task, which has nothing else left.
                    1 => Cost { peak: state + peak.max(results), state: 0, read },
                    _ => Cost { peak: part + peak, state: state + results.saturating_sub(part + peak), read },
                };
            }
            StageKind::Keep { node } => meter.operation(*node, &out).0,
            // The parts are copied one by one.
            StageKind::Spill { node, .. } => {
                meter.operation(*node, &out).0 + self.nodes[*node].meta.bytes(&out)
            }
            StageKind::Output { node, .. } => meter.visit(*node, &out).0,
            StageKind::Write { node, .. } => {
                // The encoder holds the encoded chunk beside the decoded one.
                meter.visit(*node, &out).0 + self.nodes[*node].meta.bytes(&out)
            }
        };
        Cost { peak: peak + meter.held, state: 0, read: meter.read }
    }
}

pub(super) struct Cost {
    pub(super) peak: usize,
    /// What the segments of a chunk have in common.
    pub(super) state: usize,
    pub(super) read: u64,
}

struct Meter<'a> {
    plan: &'a Plan,
    seen: HashSet<(usize, Region)>,
    /// Bytes of shared results that live as long as the task.
    held: usize,
    read: u64,
    /// Whether all threads work at one task.
    shares: bool,
}

impl<'a> Meter<'a> {
    fn new(plan: &'a Plan, shares: bool) -> Self {
        Meter { plan, shares, seen: HashSet::new(), held: 0, read: 0 }
    }

    /// (peak while a box is computed, bytes of the box afterwards).
    fn visit(&mut self, node: usize, region: &Region) -> (usize, usize) {
        let n = &self.plan.nodes[node];
        if n.op.as_constant().is_some() {
            return (0, 0);
        }
        let bytes = n.meta.bytes(region);
        if self.plan.kept[node].is_some() {
            return (bytes, bytes);
        }
        let shared = n.uses > 1;
        if shared && !self.seen.insert((node, region.clone())) {
            return (0, 0);
        }
        let (peak, result) = self.operation(node, region);
        if shared {
            self.held += result;
            return (peak - result, 0);
        }
        (peak, result)
    }

    fn operation(&mut self, node: usize, region: &Region) -> (usize, usize) {
        let n = &self.plan.nodes[node];
        let bytes = n.meta.bytes(region);
        let metas = self.plan.input_metas(node);
        let scratch = n.op.scratch_bytes(region, &metas);
        if n.op.reads() {
            self.read += bytes as u64;
        }
        if let Some(fold) = n.op.as_fold() {
            let steps = FoldSteps::new(fold, region, metas[0]);
            let largest = (0..steps.len().min(2)).map(|i| steps.step(i)).max_by_key(Region::size);
            let piece = largest.map_or(0, |step| {
                deeper(|| match self.shares && steps.len() == 1 {
                    true => self.visit(n.inputs[0], &step).0,
                    false => self.folded(node, &step),
                })
            });
            return (scratch + piece + bytes, bytes);
        }
        let (peak, pieces) = self.needs(node, region);
        (peak.max(pieces + scratch + bytes), bytes)
    }

    /// The peak while a fold takes in a box of its input.
    fn folded(&mut self, fold: usize, region: &Region) -> usize {
        let input = self.plan.nodes[fold].inputs[0];
        if !self.plan.folds_tiles(fold, region) || !self.plan.is_inside_tiles(input) {
            return self.visit(input, region).0;
        }
        let (peak, pieces) = self.needs(input, region);
        peak.max(pieces)
    }

    /// The peak while what a box of a node starts from is computed, and the bytes of that: chains of elementwise operations
    /// have no arrays between them where they run in tiles.
    fn needs(&mut self, node: usize, region: &Region) -> (usize, usize) {
        let n = &self.plan.nodes[node];
        let boxes = match n.op.as_map().is_some() && region.size() >= TILED {
            true => self.plan.chain(node, region).leaves,
            false => {
                let needs = n.op.needs(region, &self.plan.input_metas(node)).into_iter();
                needs.map(|need| (n.inputs[need.input], need.region)).collect()
            }
        };
        let (mut peak, mut pieces) = (0, 0);
        for (input, of) in boxes {
            let (p, r) = deeper(|| self.visit(input, &of));
            peak = peak.max(pieces + p);
            pieces += r;
        }
        (peak, pieces)
    }
}
