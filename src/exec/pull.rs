//! Running one task: regions are pulled through the operations of a stage.

use std::collections::HashMap;
use std::sync::Arc;

use crate::array::{Block, ChunkGrid, Place, Region};
use crate::error::{Context, Error, Result};
use crate::exec::assemble::filled;
use crate::exec::guard::guarded;
use crate::exec::share::Work;
use crate::exec::tiles::{self, Tiles};
use crate::lazy::Meta;
use crate::plan::{FoldSteps, Plan, Stage, StageKind, Task, deeper};
use crate::source::Traffic;

/// Blocks of earlier stages, for the tasks that need them.
pub trait Kept: Sync {
    /// The blocks of one chunk of a stage: one for each node that the stage keeps.
    fn blocks(&self, stage: usize, chunk: usize) -> Option<Arc<Vec<Block>>>;

    /// A part of a chunk of a stage whose blocks are on disk.
    ///
    /// # Errors
    /// If it cannot be read, or this executor puts nothing on disk.
    fn part(&self, stage: usize, chunk: usize, part: usize) -> Result<Block> {
        Err(Error::internal(format!("part {part} of chunk {chunk} of stage {stage} is not on disk")))
    }
}

/// Runs a task of any stage but a fold: its block (already written, where the stage writes).
///
/// # Errors
/// Those of sources, sinks and operations, with the region and the operation.
///
/// ```
/// # use std::sync::Arc;
/// # use graticule::{exec::{Kept, run_task}, plan::{Plan, Target, Task}, source::Traffic};
/// # use graticule::prelude::*;
/// /// This plan keeps no blocks.
/// struct Nothing;
/// impl Kept for Nothing {
///     fn blocks(&self, _stage: usize, _chunk: usize) -> Option<Arc<Vec<Block>>> {
///         None
///     }
/// }
/// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
/// let lazy = a.chunk("x", 2)?.add(1)?;
/// let plan = Plan::new(&[Target::Memory(lazy.variable().data().clone())])?;
/// let second = Task { stage: 0, chunk: 1, segment: 0 };
/// let block = run_task(&plan, second, &Nothing, &Traffic::default())?;
/// assert_eq!(block, Some(Block::from_vec(&[1], vec![4])?));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn run_task(plan: &Plan, task: Task, kept: &dyn Kept, io: &Traffic) -> Result<Option<Block>> {
    guarded(|| plan.describe_task(task), || block_of(plan, task, kept, io))
}

/// The block of a task that writes, for executors that write elsewhere than they compute.
pub(crate) fn run_unwritten(plan: &Plan, task: Task, kept: &dyn Kept, io: &Traffic) -> Result<Option<Block>> {
    let unwritten = || {
        io.check()?;
        let stage = &plan.stages()[task.stage];
        match stage.kind {
            StageKind::Write { node, .. } => {
                Pull::new(plan, kept, io, stage).pull(node, &stage.grid.region(task.chunk)).map(Some)
            }
            _ => block_of(plan, task, kept, io),
        }
    };
    guarded(|| plan.describe_task(task), unwritten)
}

fn block_of(plan: &Plan, task: Task, kept: &dyn Kept, io: &Traffic) -> Result<Option<Block>> {
    io.check()?;
    if plan.is_written(task) {
        io.count_resumed();
        return Ok(None);
    }
    let stage = &plan.stages()[task.stage];
    let out = stage.grid.region(task.chunk);
    let mut pull = Pull::new(plan, kept, io, stage);
    match &stage.kind {
        StageKind::Keep { node } | StageKind::Spill { node, .. } => Ok(Some(pull.operation(*node, &out)?)),
        StageKind::Output { node, .. } => Ok(Some(pull.pull(*node, &out)?)),
        StageKind::Write { node, sink } => {
            let block = pull.pull(*node, &out)?;
            io.check()?;
            sink.write(&out, &block, io).at(|| format!("region {out} of {}", sink.describe()))?;
            Ok(None)
        }
        StageKind::Fold { .. } => Err(Error::internal("a fold runs by segments")),
    }
}

/// Runs a task of a stage that gives a result, which is written to its place.
pub(super) fn run_output(
    plan: &Plan,
    task: Task,
    kept: &dyn Kept,
    io: &Traffic,
    place: &mut Place<'_>,
) -> Result<()> {
    io.check()?;
    let stage = &plan.stages()[task.stage];
    let StageKind::Output { node, .. } = stage.kind else {
        return Err(Error::internal("only results have a place"));
    };
    Pull::new(plan, kept, io, stage).pull_into(node, &stage.grid.region(task.chunk), place)
}

/// One task's walk through the operations of a stage.
pub(super) struct Pull<'a> {
    plan: &'a Plan,
    kept: &'a dyn Kept,
    io: &'a Traffic,
    /// Boxes of nodes that several operations use.
    memo: HashMap<(usize, Region), Block>,
    /// Whether the stage has so few tasks that each is shared by all threads.
    shares: bool,
}

impl<'a> Pull<'a> {
    pub(super) fn new(plan: &'a Plan, kept: &'a dyn Kept, io: &'a Traffic, stage: &Stage) -> Self {
        Pull { plan, kept, io, memo: HashMap::new(), shares: stage.is_shared() }
    }

    /// The elements of a box of a node.
    pub(super) fn pull(&mut self, node: usize, region: &Region) -> Result<Block> {
        let n = &self.plan.nodes()[node];
        if let Some(block) = n.op.as_constant() {
            return Ok(block.region(region));
        }
        if region.is_empty() {
            return Ok(Block::zeros(n.meta.dtype, &region.shape()));
        }
        if let Some((stage, slot)) = self.plan.kept_at(node) {
            return self.assemble(stage, slot, region);
        }
        if n.uses < 2 {
            return deeper(|| self.operation(node, region));
        }
        let key = (node, region.clone());
        if let Some(block) = self.memo.get(&key) {
            return Ok(block.clone());
        }
        let block = deeper(|| self.operation(node, region))?;
        self.memo.insert(key, block.clone());
        Ok(block)
    }

    /// [`pull`](Self::pull), written to its place.
    fn pull_into(&mut self, node: usize, region: &Region, place: &mut Place<'_>) -> Result<()> {
        let n = &self.plan.nodes()[node];
        let elsewhere = n.op.as_constant().is_some() || self.plan.kept_at(node).is_some() || n.uses > 1;
        if elsewhere || region.is_empty() {
            return place.fill(&self.pull(node, region)?);
        }
        deeper(|| self.operation_into(node, region, place))
    }

    pub(super) fn plan(&self) -> &'a Plan {
        self.plan
    }

    pub(super) fn shares(&self) -> bool {
        self.shares
    }

    pub(super) fn io(&self) -> &'a Traffic {
        self.io
    }

    /// Computes a box of a node from its inputs.
    fn operation(&mut self, node: usize, region: &Region) -> Result<Block> {
        let n = &self.plan.nodes()[node];
        let metas = self.plan.input_metas(node);
        if let Some(fold) = n.op.as_fold() {
            let walk = FoldSteps::new(fold, region, metas[0]);
            if self.walks(node, &walk) {
                let mut state = fold.init(region, metas[0])?;
                for i in 0..walk.len() {
                    tiles::push(self, node, &mut state, &walk.step(i))?;
                }
                let block = fold.finish(state, metas[0])?;
                return Ok(match block.shape() == region.shape() {
                    true => block,
                    // All groups were computed, some are wanted.
                    false => block.region(&region_within(region, block.shape())),
                });
            }
        }
        if let Some(tiles) = Tiles::of(self, node, region)? {
            return filled(n.meta.dtype, &region.shape(), |place| tiles.fill(self, place));
        }
        let pieces = self.pieces(node, region, &metas)?;
        let block = self.guarded(node, region, || match self.shares {
            true => self.work(node, region, &metas, pieces).compute(),
            false => n.op.compute(region, &metas, pieces, self.io),
        })?;
        debug_assert_eq!((block.dtype(), block.shape()), (n.meta.dtype, &region.shape()[..]), "{:?}", n.op);
        Ok(block)
    }

    /// [`operation`](Self::operation), written to its place.
    fn operation_into(&mut self, node: usize, region: &Region, place: &mut Place<'_>) -> Result<()> {
        let n = &self.plan.nodes()[node];
        let metas = self.plan.input_metas(node);
        let walks = n.op.as_fold().is_some_and(|f| self.walks(node, &FoldSteps::new(f, region, metas[0])));
        if walks {
            return place.fill(&self.operation(node, region)?);
        }
        if let Some(tiles) = Tiles::of(self, node, region)? {
            return tiles.fill(self, place);
        }
        let pieces = self.pieces(node, region, &metas)?;
        self.guarded(node, region, || match self.shares {
            true => self.work(node, region, &metas, pieces).compute_into(place),
            false => n.op.compute_into(region, &metas, pieces, self.io, place),
        })
    }

    /// Whether a fold takes in its input step by step: chunk by chunk, so that only one is in memory, or in tiles.
    fn walks(&self, fold: usize, steps: &FoldSteps) -> bool {
        match steps.len() {
            0 => false,
            1 => !self.shares && self.plan.folds_tiles(fold, &steps.step(0)),
            _ => true,
        }
    }

    /// A box of a node, to be shared by all threads.
    fn work<'w>(
        &'w self,
        node: usize,
        region: &'w Region,
        metas: &'w [&'w Meta],
        pieces: Vec<Block>,
    ) -> Work<'w> {
        let n = &self.plan.nodes()[node];
        Work { op: &*n.op, region, out: &n.meta, metas, pieces, io: self.io }
    }

    /// What an operation needs for a box of its output.
    fn pieces(&mut self, node: usize, region: &Region, metas: &[&Meta]) -> Result<Vec<Block>> {
        let n = &self.plan.nodes()[node];
        let needs = n.op.needs(region, metas).into_iter();
        needs.map(|need| self.pull(n.inputs[need.input], &need.region)).collect()
    }

    /// Runs an operation; what goes wrong in it tells where.
    fn guarded<R>(&self, node: usize, region: &Region, run: impl FnOnce() -> Result<R>) -> Result<R> {
        let op = &self.plan.nodes()[node].op;
        let place = || format!("region {region} of {}", op.describe());
        guarded(place, || {
            let computed = run();
            // Sources say themselves where they failed.
            if op.reads() { computed } else { computed.at(place) }
        })
    }

    /// A box from the parts that a stage put on disk.
    fn put_together(&self, stage: usize, parts: &ChunkGrid, region: &Region) -> Result<Block> {
        let grid = &self.plan.stages()[stage].grid;
        let mut out: Option<Block> = None;
        for part in parts.touched(region) {
            self.io.check()?;
            let of_part = parts.region(part);
            let Some(wanted) = of_part.intersect(region) else { continue };
            // Parts are pieces of chunks.
            let chunk = grid.touched(&of_part)[0];
            let piece = self.kept.part(stage, chunk, part)?.region(&wanted.relative_to(&of_part));
            if wanted == *region {
                return Ok(piece);
            }
            out.get_or_insert_with(|| Block::zeros(piece.dtype(), &region.shape()))
                .assign(&wanted.relative_to(region), &piece);
        }
        out.ok_or_else(|| Error::internal(format!("region {region} touches no part of stage {stage}")))
    }

    /// A box from the kept blocks of a stage.
    fn assemble(&self, stage: usize, slot: usize, region: &Region) -> Result<Block> {
        if let StageKind::Spill { parts, .. } = &self.plan.stages()[stage].kind {
            return self.put_together(stage, parts, region);
        }
        let node = self.plan.stages()[stage].results()[slot];
        let grid = self.plan.kept_grid(stage, node);
        let chunk_blocks = |chunk| {
            self.kept
                .blocks(stage, chunk)
                .ok_or_else(|| Error::internal(format!("chunk {chunk} of stage {stage} is not there")))
        };
        let touched = grid.touched(region);
        if let [chunk] = touched[..] {
            return Ok(chunk_blocks(chunk)?[slot].region(&region.relative_to(&grid.region(chunk))));
        }
        let dtype = self.plan.nodes()[node].meta.dtype;
        filled(dtype, &region.shape(), |place| {
            touched.into_iter().try_for_each(|chunk| {
                let of_chunk = grid.region(chunk);
                let Some(part) = of_chunk.intersect(region) else { return Ok(()) };
                let piece = chunk_blocks(chunk)?[slot].region(&part.relative_to(&of_chunk));
                place.part(&part.relative_to(region)).fill(&piece)
            })
        })
    }
}

/// The wanted box within a block that is longer along the axis of groups.
fn region_within(region: &Region, shape: &[usize]) -> Region {
    Region::new(region.ranges().zip(shape).map(|(r, &n)| if r.len() == n { 0..n } else { r }))
}
