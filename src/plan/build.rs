//! From expressions to stages: where blocks must be kept.

use std::collections::HashMap;

use super::rules::{Rules, keep, merge, regroup, spread};
use super::{FoldSteps, Plan, PlanNode, Stage, StageKind, Target};
use crate::array::ChunkGrid;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::lazy::{Fold, LazyArray, Meta, number_nodes};

/// About so many tasks per fold stage are enough for any machine: more segments cost merges.
const FOLD_TASKS: usize = 256;

/// On the way through terabytes there are more of them, so that none has more than this to read: clusters have thousands of
/// cores.
const FOLD_BYTES: usize = 16 << 30;

/// A segment folds so much more input than its state is large that merging states costs little.
const INPUT_PER_STATE: usize = 4;

impl Plan {
    /// Makes the plan for some targets; results asked for together share their reductions.
    ///
    /// # Errors
    /// If a sink does not fit its array.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 2)?.add(1)?;
    /// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
    /// assert_eq!((plan.stages().len(), plan.task_count()), (1, 2));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(targets: &[Target]) -> Result<Plan> {
        Plan::new_with(targets, &Rules::default())
    }

    /// Makes the plan for some targets by some [`Rules`].
    ///
    /// # Errors
    /// If a sink does not fit its array.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Rules, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let a = a.chunk("x", 2)?;
    /// let both = a.mean("x")?.add(&a.mean("x")?)?;
    /// let targets = [Target::Memory(both.variable().data().clone())];
    /// // The mean was written twice and is computed once.
    /// assert_eq!(Plan::new(&targets)?.stages()[0].results().len(), 1);
    /// assert_eq!(Plan::new_with(&targets, &Rules::none())?.stages()[0].results().len(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new_with(targets: &[Target], rules: &Rules) -> Result<Plan> {
        let mut builder = Builder::default();
        let mut roots: Vec<usize> = Vec::new();
        for target in targets {
            let array = target.array();
            let node = builder.add(array);
            builder.nodes[node].uses += 1;
            if let Target::Store(_, sink) = target
                && (sink.grid().shape() != array.shape() || sink.dtype() != array.dtype())
            {
                return Err(Error::internal(format!(
                    "the sink takes {} {:?}, the array is {} {:?}",
                    sink.dtype(),
                    sink.grid().shape(),
                    array.dtype(),
                    array.shape()
                ))
                .at(sink.describe()));
            }
            roots.push(node);
        }
        let grids: Vec<ChunkGrid> = (targets.iter().zip(&roots))
            .map(|(target, &node)| match target {
                Target::Memory(_) => builder.nodes[node].meta.grid.clone(),
                Target::Store(_, sink) => sink.grid(),
            })
            .collect();
        let mut notes = Vec::new();
        if rules.merge {
            merge::merge(&mut builder.nodes, &mut roots, &mut notes);
            for (target, &root) in targets.iter().zip(&roots) {
                let merged = &builder.nodes[root].meta;
                same(target, merged.dtype, &merged.shape(), "merge")?;
            }
        }
        let cuts = builder.cuts(&roots, &grids);
        let mut plan = Plan {
            kept: vec![None; builder.nodes.len()],
            nodes: builder.nodes,
            stages: Vec::new(),
            outputs: 0,
            notes,
        };
        for group in plan.groups(&cuts) {
            let stage = plan.kept_stage(&group);
            for (slot, &node) in group.iter().enumerate() {
                plan.kept[node] = Some((plan.stages.len(), slot));
            }
            plan.stages.push(stage);
        }
        for ((target, node), grid) in targets.iter().zip(roots).zip(grids) {
            let kind = match target {
                Target::Memory(_) => {
                    plan.outputs += 1;
                    StageKind::Output { node, output: plan.outputs - 1 }
                }
                Target::Store(_, sink) => StageKind::Write { node, sink: sink.clone() },
            };
            plan.stages.push(Stage::of(kind, grid));
        }
        if rules.apart {
            spread::spread(&mut plan, rules);
            plan.check(targets, "spread")?;
        }
        let mut kept = 0;
        if rules.keep {
            kept = keep::keep(&mut plan, rules);
            plan.check(targets, "keep")?;
        }
        if rules.regroup {
            regroup::regroup(&mut plan, &rules.beside(kept));
            plan.check(targets, "regroup")?;
        }
        plan.estimate();
        Ok(plan)
    }

    /// Makes sure that a rule has left the results of a plan what they were.
    fn check(&self, targets: &[Target], rule: &str) -> Result<()> {
        let of_stages = self.stages.iter().filter_map(|stage| match stage.kind {
            StageKind::Output { node, .. } | StageKind::Write { node, .. } => Some((stage, node)),
            StageKind::Fold { .. } | StageKind::Keep { .. } | StageKind::Spill { .. } => None,
        });
        let results: Vec<(&Stage, usize)> = of_stages.collect();
        if results.len() != targets.len() {
            return Err(Error::internal(format!("{} of {} results are left", results.len(), targets.len()))
                .at(format!("the rule `{rule}`")));
        }
        let mut results = targets.iter().zip(results);
        results.try_for_each(|(t, (stage, node))| {
            same(t, self.nodes[node].meta.dtype, &stage.grid.shape(), rule)
        })
    }

    /// Kept nodes that one stage can compute: reductions over the same chunks, none of which needs
    /// another. In the order in which they can run.
    fn groups(&self, cuts: &[usize]) -> Vec<Vec<usize>> {
        let mut level = vec![0usize; self.nodes.len()];
        for (i, node) in self.nodes.iter().enumerate() {
            let below = node.inputs.iter().map(|&j| level[j]).max().unwrap_or(0);
            level[i] = below + usize::from(cuts.contains(&i));
        }
        let mut order: Vec<usize> = cuts.to_vec();
        order.sort_by_key(|&c| (level[c], c));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut by_walk: HashMap<_, usize> = HashMap::new();
        for c in order {
            let Some(fold) = self.nodes[c].op.as_fold().filter(|_| !self.folds_memory(c)) else {
                groups.push(vec![c]);
                continue;
            };
            let input = &self.nodes[self.nodes[c].inputs[0]].meta;
            let walk = walk_of(level[c], fold, input, &self.nodes[c].meta);
            match by_walk.get(&walk) {
                Some(&g) => groups[g].push(c),
                None => {
                    by_walk.insert(walk, groups.len());
                    groups.push(vec![c]);
                }
            }
        }
        groups
    }

    /// Whether a fold takes in one chunk that is in memory already: there are no reads to share, and a task that
    /// gives a block can be shared by threads.
    fn folds_memory(&self, node: usize) -> bool {
        let input = &self.nodes[self.nodes[node].inputs[0]];
        input.op.as_constant().is_some() && input.meta.grid.is_single()
    }

    /// The stage that computes and keeps a group of nodes.
    fn kept_stage(&self, group: &[usize]) -> Stage {
        let first = group[0];
        let grid = self.nodes[first].meta.grid.clone();
        if self.nodes[first].op.as_fold().is_none() || self.folds_memory(first) {
            return Stage::of(StageKind::Keep { node: first }, grid);
        }
        // Shapes alone decide how the fold is cut: the result may not depend on threads or budget.
        let within = self.within(group);
        let (mut piece, mut steps) = (0, 1);
        for &n in group {
            let input = &self.nodes[self.nodes[n].inputs[0]].meta;
            let out = &self.nodes[n].meta.grid;
            let walk = FoldSteps::new(self.fold(n), &out.region(0), input);
            steps = FoldSteps::most(self.fold(n), out, input).max(1);
            piece += if walk.len() == 0 { 0 } else { input.bytes(&walk.step(walk.len() / 2)) };
        }
        // The state of so many steps in the middle.
        let state = |len: usize| -> usize {
            let folded = group.iter().zip(&within).filter(|(_, within)| within.is_none());
            let bytes = folded.map(|(&n, _)| {
                let out = self.nodes[n].meta.grid.region(0);
                let input = &self.nodes[self.nodes[n].inputs[0]].meta;
                let walk = FoldSteps::new(self.fold(n), &out, input);
                let first = (walk.len() - len.min(walk.len())) / 2;
                self.fold(n).part_bytes(&out, input, &walk.span(first..(first + len).min(walk.len())))
            });
            bytes.sum()
        };
        let all = steps.saturating_mul(grid.count());
        let tasks = FOLD_TASKS.max(all.saturating_mul(piece) / FOLD_BYTES);
        let mut segment_len = all.div_ceil(tasks).clamp(1, steps);
        loop {
            let (len, short) = (segment_len, state(segment_len));
            let wanted = (INPUT_PER_STATE * short).div_ceil(piece.max(1)).clamp(len, steps);
            // Where longer segments hold more groups, they gain nothing.
            let long = state(wanted);
            if wanted == len || (long > short && 2 * long * len > short * wanted) {
                break;
            }
            segment_len = wanted;
        }
        let segments = steps.div_ceil(segment_len);
        Stage::of(StageKind::Fold { nodes: group.to_vec(), within, segments, segment_len }, grid)
    }

    /// For each of the reductions of a stage the place of another whose state holds its result.
    fn within(&self, group: &[usize]) -> Vec<Option<usize>> {
        let holds = |n: usize, other: usize| {
            let input = self.nodes[n].inputs[0];
            self.nodes[other].inputs[0] == input
                && self.fold(other).holds(self.fold(n), &self.nodes[input].meta)
        };
        group.iter().map(|&n| group.iter().position(|&other| holds(n, other))).collect()
    }
}

/// What folds have in common that can be one stage: how many others each waits for, which axes go, which parts of them
/// chunks of the result need, and the chunks of the input and of the result.
type FoldWalk = (usize, Vec<usize>, Option<u64>, ChunkGrid, ChunkGrid);

fn walk_of(level: usize, fold: &dyn Fold, input: &Meta, out: &Meta) -> FoldWalk {
    (level, fold.axes(), fold.cut(), input.grid.clone(), fold.cut_grid(&out.grid))
}

impl Stage {
    pub(super) fn of(kind: StageKind, grid: ChunkGrid) -> Stage {
        Stage {
            kind,
            grid,
            after: Vec::new(),
            task_bytes: 0,
            state_bytes: 0,
            read_bytes: 0,
            group: Vec::new(),
        }
    }
}

#[derive(Default)]
struct Builder {
    nodes: Vec<PlanNode>,
    ids: HashMap<usize, usize>,
}

impl Builder {
    /// Adds an expression, inputs first, each shared node once.
    fn add(&mut self, array: &LazyArray) -> usize {
        let Builder { nodes, ids } = self;
        let added = number_nodes([array], ids, |a, inputs| {
            for &i in &inputs {
                nodes[i].uses += 1;
            }
            nodes.push(PlanNode { op: a.op(), inputs, meta: a.meta().clone(), uses: 0 });
        });
        added[0]
    }

    /// The nodes whose blocks must be kept: reductions over several chunks, and expensive nodes that
    /// several tasks would compute again.
    fn cuts(&self, roots: &[usize], grids: &[ChunkGrid]) -> Vec<usize> {
        // For each node the largest number of tasks that pull it, and which stage does.
        let mut tasks = vec![0usize; self.nodes.len()];
        let mut pullers = vec![Pullers::None; self.nodes.len()];
        for (stage, (&root, grid)) in roots.iter().zip(grids).enumerate() {
            tasks[root] = tasks[root].max(grid.count());
            pullers[root] = pullers[root].and(Pullers::One(self.nodes.len() + stage));
        }
        let stages = self.fold_stages();
        let mut cuts = Vec::new();
        for i in (0..self.nodes.len()).rev() {
            let node = &self.nodes[i];
            if node.op.as_constant().is_some() {
                continue;
            }
            let again = tasks[i] > node.meta.grid.count() || pullers[i] == Pullers::Many;
            let cut = match node.op.as_fold() {
                Some(fold) => {
                    let input = &self.nodes[node.inputs[0]].meta;
                    again || FoldSteps::most(fold, &node.meta.grid, input) > 1
                }
                None => again && node.op.is_expensive(),
            };
            let (pulled_by, puller) =
                if cut { (node.meta.grid.count(), Pullers::One(stages[i])) } else { (tasks[i], pullers[i]) };
            for &j in &node.inputs {
                tasks[j] = tasks[j].max(pulled_by);
                pullers[j] = pullers[j].and(puller);
            }
            if cut {
                cuts.push(i);
            }
        }
        cuts.reverse();
        cuts
    }

    /// For each node a number that is the same for folds over several chunks that will be one stage, as far as that
    /// is known before other nodes are cut off.
    fn fold_stages(&self) -> Vec<usize> {
        let mut level = vec![0usize; self.nodes.len()];
        let mut first: HashMap<_, usize> = HashMap::new();
        let mut stages: Vec<usize> = (0..self.nodes.len()).collect();
        for (i, node) in self.nodes.iter().enumerate() {
            level[i] = node.inputs.iter().map(|&j| level[j]).max().unwrap_or(0);
            let Some(fold) = node.op.as_fold() else { continue };
            let input = &self.nodes[node.inputs[0]].meta;
            if FoldSteps::most(fold, &node.meta.grid, input) > 1 {
                level[i] += 1;
                stages[i] = *first.entry(walk_of(level[i], fold, input, &node.meta)).or_insert(i);
            }
        }
        stages
    }
}

/// Which stages pull a node.
#[derive(Clone, Copy, PartialEq)]
enum Pullers {
    None,
    One(usize),
    Many,
}

impl Pullers {
    fn and(self, other: Pullers) -> Pullers {
        match (self, other) {
            (Pullers::None, p) | (p, Pullers::None) => p,
            (a, b) if a == b => a,
            _ => Pullers::Many,
        }
    }
}

/// An error unless what a rule has left has the dtype and the shape that are asked for.
fn same(target: &Target, dtype: DType, shape: &[usize], rule: &str) -> Result<()> {
    let wanted = target.array();
    if (wanted.dtype(), &wanted.shape()[..]) == (dtype, shape) {
        return Ok(());
    }
    Err(Error::internal(format!("{} {:?} became {dtype} {shape:?}", wanted.dtype(), wanted.shape()))
        .at(format!("the rule `{rule}`")))
}

impl Target {
    /// What is asked for.
    fn array(&self) -> &LazyArray {
        let (Target::Memory(array) | Target::Store(array, _)) = self;
        array
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Block;

    #[test]
    fn a_rule_that_changes_a_result_is_named() {
        let a = LazyArray::from(Block::from_vec(&[4], vec![1, 2, 3, 4]).unwrap());
        let targets = [Target::Memory(a.rechunk(ChunkGrid::regular(&[4], &[2])).unwrap())];
        let plan = || Plan::new(&targets).unwrap();
        assert!(plan().check(&targets, "none").is_ok());
        let error = |change: fn(&mut Plan)| {
            let mut plan = plan();
            change(&mut plan);
            plan.check(&targets, "odd").expect_err("it was changed").to_string()
        };
        let text = error(|plan| plan.nodes.iter_mut().for_each(|n| n.meta.dtype = DType::F64));
        assert!(text.contains("int32 [4] became float64 [4]") && text.contains("the rule `odd`"), "{text}");
        let text = error(|plan| plan.stages[0].grid = ChunkGrid::regular(&[3], &[2]));
        assert!(text.contains("int32 [4] became int32 [3]"), "{text}");
        let text = error(|plan| plan.stages.clear());
        assert!(text.contains("0 of 1 results are left"), "{text}");
    }
}
