//! Plans: stages of block tasks, as plain data that can be printed, stored and sent.
//!
//! A stage is a tree of operations over an output grid. Inside a stage a task pulls regions through
//! the tree, so reading, decoding, slicing, arithmetic and the first step of a reduction happen
//! together, chunk by chunk. Between stages blocks are kept. Which kept blocks a task needs is index
//! arithmetic: a plan holds no list of tasks.

mod advice;
mod build;
mod chain;
mod estimate;
mod explain;
mod handover;
mod identity;
mod rules;
mod walk;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::array::{ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::lazy::{Fold, LazyArray, Meta, Op};
use crate::source::Sink;

/// Chunks looked at per stage, the first and the last among them: chunks at borders may be smaller than
/// those inside, or (where something was added behind an axis) larger.
const SAMPLES: usize = 64;

pub(crate) use chain::{Chain, TILED};
pub(crate) use estimate::FEW_TASKS;
pub use explain::{Explain, human_bytes, parse_bytes};
pub use handover::Handover;
pub(crate) use handover::{BATCH_BYTES, Cut, StageSize};
pub(crate) use identity::identity_of;
pub use rules::{Note, Rules};
pub(crate) use walk::deeper;

/// What a run shall do with an array.
#[derive(Debug, Clone)]
pub enum Target {
    /// Compute it into memory.
    Memory(LazyArray),
    /// Write it, chunk of the sink by chunk.
    Store(LazyArray, Arc<dyn Sink>),
}

/// An operation of a plan: its inputs are numbers of earlier nodes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlanNode {
    /// The operation.
    pub op: Arc<dyn Op>,
    /// The nodes that it works on.
    pub inputs: Vec<usize>,
    /// Dtype and chunks of the result.
    pub meta: Meta,
    /// How many operations and targets use the result.
    pub uses: usize,
}

/// What the tasks of a stage do with their chunk of the stage's grid.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum StageKind {
    /// Fold the input of some reductions that walk over the same chunks. The chunks of the input that
    /// belong to one chunk of the output are cut into segments: one task each.
    Fold {
        /// The reductions.
        nodes: Vec<usize>,
        /// For each of them the place of another one whose state holds its result too: it is not folded itself.
        within: Vec<Option<usize>>,
        /// Segments per chunk of the output.
        segments: usize,
        /// Chunks of the input in a segment (the last may be shorter).
        segment_len: usize,
    },
    /// Compute a node and keep its blocks for later stages.
    Keep {
        /// The node.
        node: usize,
    },
    /// Compute a node and put its blocks on disk for later stages, part by part.
    Spill {
        /// The node.
        node: usize,
        /// The folder; a run makes one of its own in it, and removes it.
        folder: PathBuf,
        /// The chunks of the stage, cut into the parts that later tasks ask for.
        parts: ChunkGrid,
    },
    /// Compute a node into the result in memory.
    Output {
        /// The node.
        node: usize,
        /// Which of the results.
        output: usize,
    },
    /// Compute a node and write it.
    Write {
        /// The node.
        node: usize,
        /// Where to.
        sink: Arc<dyn Sink>,
    },
}

/// Tasks of one kind, one or more for each chunk of a grid.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stage {
    /// What the tasks do.
    pub kind: StageKind,
    /// The chunks of the result; of a fold those of its first reduction, and each other one has as many of its own.
    pub grid: ChunkGrid,
    /// Earlier stages whose blocks the tasks need.
    pub after: Vec<usize>,
    /// Bytes that a task needs at most, its result included, kept blocks not.
    pub task_bytes: usize,
    /// How many of them segments of a fold have in common: the state of a chunk, from its first segment to its last.
    pub state_bytes: usize,
    /// Decoded bytes that the whole stage reads, about.
    pub read_bytes: u64,
    /// How many chunks along each axis make a group: groups run one after the other. Empty where chunks run in
    /// row-major order.
    pub group: Vec<usize>,
}

/// One unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Task {
    /// The stage.
    pub stage: usize,
    /// The chunk of the stage's grid (row-major).
    pub chunk: usize,
    /// The segment, in a fold; else 0.
    pub segment: usize,
}

/// Everything that a run needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    pub(crate) nodes: Vec<PlanNode>,
    pub(crate) stages: Vec<Stage>,
    /// For each node the stage that keeps its blocks, and its place in them.
    pub(crate) kept: Vec<Option<(usize, usize)>>,
    /// Number of results in memory.
    pub(crate) outputs: usize,
    /// What rules chose, and why.
    pub(crate) notes: Vec<Note>,
}

impl Plan {
    /// The operations, inputs before users.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 2)?.add(1)?;
    /// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
    /// assert_eq!(plan.nodes().last().map(|n| n.op.name()), Some("map"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn nodes(&self) -> &[PlanNode] {
        &self.nodes
    }

    /// The stages, each after those that it needs.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 2)?.sum("x")?;
    /// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
    /// // The chunks are folded, then the result is put in its place.
    /// assert_eq!(plan.stages().len(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// How many results a run leaves in memory.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let data = a.chunk("x", 2)?.add(1)?.variable().data().clone();
    /// let plan = Plan::new(&[Target::Memory(data.clone()), Target::Memory(data)])?;
    /// assert_eq!(plan.outputs(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Dtype and shape of the results in memory.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let mean = a.chunk("x", 2)?.mean("x")?;
    /// let plan = Plan::new(&[Target::Memory(mean.variable().data().clone())])?;
    /// assert_eq!(plan.output_metas()[0].dtype, DType::F64);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn output_metas(&self) -> Vec<&Meta> {
        self.output_grids().into_iter().map(|(meta, _)| meta).collect()
    }

    /// What the results in memory are, and the chunks in which they come.
    pub(crate) fn output_grids(&self) -> Vec<(&Meta, &ChunkGrid)> {
        let mut outputs: Vec<_> = (self.stages.iter())
            .filter_map(|s| match s.kind {
                StageKind::Output { node, output } => Some((output, (&self.nodes[node].meta, &s.grid))),
                _ => None,
            })
            .collect();
        outputs.sort_by_key(|o| o.0);
        outputs.into_iter().map(|o| o.1).collect()
    }

    /// How many tasks are best run at the same time, however few cores there are: those of servers wait.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.chunk("x", 1)?;
    /// assert_eq!(Plan::new(&[Target::Memory(a.variable().data().clone())])?.requests(), 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn requests(&self) -> usize {
        let sinks = self.stages().iter().map(|stage| match &stage.kind {
            StageKind::Write { sink, .. } => sink.requests(),
            _ => 1,
        });
        self.nodes().iter().map(|node| node.op.requests()).chain(sinks).max().unwrap_or(1)
    }

    /// How many tasks there are.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 1)?.add(1)?;
    /// assert_eq!(Plan::new(&[Target::Memory(sum.variable().data().clone())])?.task_count(), 3);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn task_count(&self) -> usize {
        self.stages.iter().map(Stage::task_count).sum()
    }

    /// The plan as bytes.
    ///
    /// # Errors
    /// If an operation cannot be serialised: it holds a closure.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 2)?.add(1)?;
    /// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
    /// // Another process of this program runs the same tasks.
    /// let sent = Plan::from_bytes(&plan.to_bytes()?)?;
    /// assert_eq!(Local::new().run(&sent)?.blocks[0].to_vec::<i32>()?, [2, 3, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        rmp_serde::to_vec_named(self)
            .map_err(|e| Error::unsupported("the plan cannot be serialised").caused_by(e))
    }

    /// The plan whose [`to_bytes`](Plan::to_bytes) these are.
    ///
    /// # Errors
    /// If the bytes are not a plan, or it holds an operation or source that this program lacks.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 2)?.add(1)?;
    /// let bytes = Plan::new(&[Target::Memory(sum.variable().data().clone())])?.to_bytes()?;
    /// assert_eq!(Plan::from_bytes(&bytes)?.task_count(), 2);
    /// assert!(Plan::from_bytes(&bytes[1..]).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Plan> {
        rmp_serde::from_slice(bytes)
            .map_err(|e| Error::storage("these bytes are not a plan of this program").caused_by(e))
    }

    /// The stage that keeps the blocks of a node, and its place in them.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 1)?.sum("x")?;
    /// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
    /// let folded = plan.stages()[0].results()[0];
    /// assert_eq!(plan.kept_at(folded), Some((0, 0)));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn kept_at(&self, node: usize) -> Option<(usize, usize)> {
        self.kept[node]
    }

    /// A node as a fold; only called for nodes of fold stages.
    pub(crate) fn fold(&self, node: usize) -> &dyn Fold {
        self.nodes[node].op.as_fold().expect("the node of a fold stage folds")
    }

    /// Metas of the inputs of a node.
    pub(crate) fn input_metas(&self, node: usize) -> Vec<&Meta> {
        self.nodes[node].inputs.iter().map(|&i| &self.nodes[i].meta).collect()
    }
}

impl Stage {
    /// How many tasks there are.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 1)?.add(1)?;
    /// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
    /// assert_eq!(plan.stages()[0].task_count(), 3);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn task_count(&self) -> usize {
        self.grid.count() * self.segments()
    }

    /// Whether it has so few tasks that all threads work at each.
    pub(crate) fn is_shared(&self) -> bool {
        self.task_count() < FEW_TASKS
    }

    /// Tasks per chunk.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 1)?.add(1)?;
    /// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
    /// // Only folds are cut into segments.
    /// assert_eq!(plan.stages()[0].segments(), 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn segments(&self) -> usize {
        match self.kind {
            StageKind::Fold { segments, .. } => segments,
            _ => 1,
        }
    }

    /// The nodes whose blocks the stage computes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let a = a.chunk("x", 1)?;
    /// let both = [a.sum("x")?, a.max("x")?].map(|r| Target::Memory(r.variable().data().clone()));
    /// // Two reductions that walk over the same chunks are one stage.
    /// assert_eq!(Plan::new(&both)?.stages()[0].results().len(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn results(&self) -> &[usize] {
        match &self.kind {
            StageKind::Fold { nodes, .. } => nodes,
            StageKind::Keep { node }
            | StageKind::Spill { node, .. }
            | StageKind::Output { node, .. }
            | StageKind::Write { node, .. } => std::slice::from_ref(node),
        }
    }

    /// Whether later stages use the blocks.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::{Plan, Target};
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.chunk("x", 1)?.sum("x")?;
    /// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
    /// assert!(plan.stages()[0].keeps() && !plan.stages()[1].keeps());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn keeps(&self) -> bool {
        matches!(self.kind, StageKind::Fold { .. } | StageKind::Keep { .. } | StageKind::Spill { .. })
    }

    /// The chunk whose turn it is after `i` others.
    pub(crate) fn nth(&self, mut i: usize) -> usize {
        if self.group.is_empty() {
            return i;
        }
        let counts = self.grid.counts();
        // Along each axis all groups but the last are of one length: which one it is follows from the chunks in those
        // before it.
        let mut first = vec![0; counts.len()];
        let mut inside = counts.clone();
        for axis in 0..counts.len() {
            let beside: usize =
                inside.iter().enumerate().filter(|(a, _)| *a != axis).map(|(_, n)| n).product();
            let group = i / (self.group[axis] * beside);
            i -= group * self.group[axis] * beside;
            first[axis] = group * self.group[axis];
            inside[axis] = self.group[axis].min(counts[axis] - first[axis]);
        }
        for axis in (0..counts.len()).rev() {
            first[axis] += i % inside[axis];
            i /= inside[axis];
        }
        self.grid.ravel(&first)
    }
}

/// The boxes of the input that a fold walks over for one chunk of its output: chunks along the folded
/// axes, numbered row-major, the whole needed range along the others.
pub(crate) struct FoldSteps {
    region: Region,
    axes: Vec<usize>,
    touched: Vec<Range<usize>>,
    grid: ChunkGrid,
}

impl FoldSteps {
    pub(crate) fn new(fold: &dyn Fold, out: &Region, input: &Meta) -> Self {
        let region = fold.input_region(out, input);
        let axes = fold.axes();
        let touched = axes.iter().map(|&a| input.grid.axes()[a].touched(region.axis(a))).collect();
        FoldSteps { region, axes, touched, grid: input.grid.clone() }
    }

    pub(crate) fn len(&self) -> usize {
        self.touched.iter().map(|t| t.len()).product()
    }

    /// The steps of a segment; the last one takes what is left, since chunks of groups have steps in different
    /// number.
    pub(crate) fn segment(&self, i: usize, segments: usize, segment_len: usize) -> Range<usize> {
        let first = (i * segment_len).min(self.len());
        let end = if i + 1 == segments { self.len() } else { (first + segment_len).min(self.len()) };
        first..end
    }

    /// The most steps that a chunk of the output takes, of those looked at.
    pub(crate) fn most(fold: &dyn Fold, out: &ChunkGrid, input: &Meta) -> usize {
        // Without cuts all chunks are alike.
        let count = if fold.cut().is_some() { out.count() } else { 1 };
        let looked_at = count.min(SAMPLES);
        let chunk = |i: usize| if count <= SAMPLES { i } else { i * (count - 1) / (SAMPLES - 1) };
        let steps = (0..looked_at).map(|i| FoldSteps::new(fold, &out.region(chunk(i)), input).len());
        steps.max().unwrap_or(0)
    }

    /// The box that holds some steps.
    pub(crate) fn span(&self, steps: Range<usize>) -> Region {
        let mut region = self.region.clone();
        if steps.is_empty() {
            return region;
        }
        let (first, last) = (self.step(steps.start), self.step(steps.end - 1));
        for &axis in &self.axes {
            region.set(axis, first.axis(axis).start..last.axis(axis).end);
            if first.axis(axis) != last.axis(axis) {
                break;
            }
        }
        region
    }

    pub(crate) fn step(&self, mut i: usize) -> Region {
        let mut region = self.region.clone();
        for (&axis, touched) in self.axes.iter().zip(&self.touched).rev() {
            let chunk = self.grid.axes()[axis].chunk(touched.start + i % touched.len());
            i /= touched.len();
            let whole = self.region.axis(axis);
            region.set(axis, chunk.start.max(whole.start)..chunk.end.min(whole.end));
        }
        region
    }
}
