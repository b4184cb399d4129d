//! Reductions whose states are larger than what they take in, as those of the days of a year are: where tasks share no
//! memory, each takes a part of the result and reads the whole way for it, rather than that states travel.

use super::{Note, Rules};
use crate::array::{AxisGrid, ChunkGrid};
use crate::plan::{FoldSteps, Plan, StageKind, human_bytes};

/// Cuts the chunks of such reductions until reading again costs more than moving states would.
pub(in crate::plan) fn spread(plan: &mut Plan, rules: &Rules) {
    for s in 0..plan.stages.len() {
        plan.spread_stage(s, rules.threads);
    }
}

impl Plan {
    /// Bytes of the states of all segments of a chunk, about: of what travels where segments run apart.
    pub(crate) fn segments_bytes(&self, s: usize) -> u64 {
        let StageKind::Fold { nodes, within, segments, segment_len } = &self.stages[s].kind else { return 0 };
        if *segments == 1 {
            return 0;
        }
        let folded = nodes.iter().zip(within).filter(|(_, within)| within.is_none());
        let bytes = folded.map(|(&n, _)| {
            let out = self.nodes[n].meta.grid.region(0);
            let input = &self.nodes[self.nodes[n].inputs[0]].meta;
            let walk = FoldSteps::new(self.fold(n), &out, input);
            let middle = walk.segment(segments / 2, *segments, *segment_len);
            self.fold(n).part_bytes(&out, input, &walk.span(middle)) as u64
        });
        bytes.sum::<u64>() * *segments as u64
    }

    fn spread_stage(&mut self, s: usize, threads: usize) {
        let StageKind::Fold { nodes, segments, .. } = &self.stages[s].kind else { return };
        let chunks = self.stages[s].grid.count();
        if *segments == 1 || chunks >= threads {
            return;
        }
        let inputs = nodes.iter().map(|&n| &self.nodes[self.nodes[n].inputs[0]].meta);
        let read = inputs.map(|m| m.grid.size() as u64 * m.dtype.size() as u64).max().unwrap_or(0);
        let states = self.segments_bytes(s) * chunks as u64;
        if 2 * states < read {
            return;
        }
        // Each thread reads its share so many times; the states of a piece come together in one place.
        let cost = |pieces: usize| {
            let moved = if pieces * chunks < threads { states / (pieces * chunks) as u64 } else { 0 };
            (pieces as u64 * read).div_ceil(threads as u64) + moved
        };
        let Some(pieces) = (1..=threads.div_ceil(chunks)).min_by_key(|&p| cost(p)).filter(|&p| p > 1) else {
            return;
        };
        let nodes = nodes.clone();
        let Some(grids) = nodes.iter().map(|&n| self.cut_result(n, pieces)).collect::<Option<Vec<_>>>()
        else {
            return;
        };
        // Each reduction of the stage has as many chunks as the others.
        if grids.iter().any(|g| g.count() != grids[0].count()) || grids[0].count() == chunks {
            return;
        }
        self.notes.push(Note {
            rule: "spread".into(),
            place: self.describe_stage(&self.stages[s]),
            text: format!(
                "{} chunks instead of {chunks}, each of which reads the whole way: states of {} would travel else",
                grids[0].count(),
                human_bytes(states)
            ),
        });
        self.stages[s].grid = grids[0].clone();
        for (&n, grid) in nodes.iter().zip(&grids) {
            self.nodes[n].meta.grid = grid.clone();
        }
        for stage in &mut self.stages {
            if let StageKind::Output { node, .. } = stage.kind
                && let Some(slot) = nodes.iter().position(|&n| n == node)
            {
                stage.grid = grids[slot].clone();
            }
        }
    }

    /// The chunks of the result of a reduction, each cut into so many pieces along an axis that it keeps: not the last one,
    /// which loops run along.
    fn cut_result(&self, node: usize, pieces: usize) -> Option<ChunkGrid> {
        let (fold, grid) = (self.fold(node), &self.nodes[node].meta.grid);
        let input = &self.nodes[self.nodes[node].inputs[0]].meta;
        if fold.cut().is_some() {
            return None;
        }
        let whole = grid.region(0);
        let all = fold.input_region(&whole, input);
        let last = input.grid.ndim().checked_sub(1)?;
        let folded = fold.axes();
        // What of the input one position of the result is made from tells which axis it is. Groups have members all along
        // theirs.
        let kept = |axis: usize| {
            let mut one = whole.clone();
            one.set(axis, whole.axis(axis).start..whole.axis(axis).start + 1);
            let of_one = fold.input_region(&one, input);
            (0..last).any(|a| of_one.axis(a) != all.axis(a) && !folded.contains(&a))
        };
        let wide = |axis: usize| grid.axes()[axis].chunk(0).len() >= pieces && kept(axis);
        let axis = (0..grid.ndim()).find(|&axis| wide(axis))?;
        let axes = grid.axes().iter().enumerate().map(|(i, chunks)| match i == axis {
            true => cut_chunks(chunks, pieces),
            false => chunks.clone(),
        });
        Some(ChunkGrid(axes.collect()))
    }
}

/// Chunks along an axis, each cut into so many pieces of about the same length.
fn cut_chunks(chunks: &AxisGrid, pieces: usize) -> AxisGrid {
    let mut bounds = vec![0];
    for i in 0..chunks.count() {
        let chunk = chunks.chunk(i);
        bounds.extend((1..=pieces).map(|p| chunk.start + chunk.len() * p / pieces));
    }
    bounds.dedup();
    AxisGrid::from_bounds(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Block;
    use crate::exec::{Executor, Local};
    use crate::kernel::reduce::{Groups, ReduceOp, ReduceSpec};
    use crate::lazy::LazyArray;
    use crate::plan::Target;
    use crate::testing::Batched;

    /// Days of a year, four values a day: states are larger than the input.
    fn days(op: ReduceOp) -> LazyArray {
        let shape = [120, 50, 90];
        let count = shape.iter().product::<usize>();
        let values = (0..count).map(|i| ((i * 7919) % 10_007) as f32 * 0.37 - 1e3).collect();
        let a = LazyArray::from(Block::from_vec(&shape, values).unwrap());
        let group = Groups::along(0, (0..120).map(|i| i / 4 % 15).collect::<Vec<_>>(), 15);
        let spec =
            ReduceSpec { op, axes: vec![], group: Some(group), skipna: true, ddof: 0.0, min_count: None };
        a.rechunk(ChunkGrid::regular(&shape, &[8, 50, 90])).unwrap().reduce(spec).unwrap()
    }

    #[test]
    fn large_states_stay_where_they_are() {
        let targets: Vec<Target> = [ReduceOp::Std, ReduceOp::Mean].map(|op| Target::Memory(days(op))).into();
        let expected = Local::new().run(&Plan::new(&targets).unwrap()).unwrap().blocks;
        // Of many threads not all read the whole way.
        for (threads, pieces) in [(2, 2), (3, 3), (16, 6)] {
            let rules = Rules { apart: true, threads, ..Rules::default() };
            let plan = Plan::new_with(&targets, &rules).unwrap();
            assert!(plan.explain().to_string().contains("spread: "), "{}", plan.explain());
            // The groups stay together.
            assert_eq!(plan.stages()[0].grid.counts(), [1, pieces, 1]);
            let found = Batched::new().run(&plan).unwrap().blocks;
            assert!(found.iter().zip(&expected).all(|(a, b)| a.same_bits(b)));
        }
    }

    #[test]
    fn small_states_travel() {
        let shape = [120, 50, 90];
        let a = LazyArray::from(Block::from_vec(&shape, vec![1f32; 540_000]).unwrap());
        let a = a.rechunk(ChunkGrid::regular(&shape, &[40, 50, 90])).unwrap();
        let spec = ReduceSpec {
            op: ReduceOp::Mean,
            axes: vec![0],
            group: None,
            skipna: true,
            ddof: 0.0,
            min_count: None,
        };
        let rules = Rules { apart: true, threads: 2, ..Rules::default() };
        let plan = Plan::new_with(&[Target::Memory(a.reduce(spec).unwrap())], &rules).unwrap();
        assert_eq!(plan.stages()[0].grid.count(), 1);
    }

    #[test]
    fn chunks_are_cut_evenly() {
        let cut = cut_chunks(&AxisGrid::regular(10, 4), 2);
        assert_eq!(cut.bounds(), [0, 2, 4, 6, 8, 9, 10]);
        assert_eq!(cut_chunks(&AxisGrid::single(181), 2).bounds(), [0, 90, 181]);
    }
}
