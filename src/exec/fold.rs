//! Running a fold: segments of its input to states, states to blocks.

use crate::array::Block;
use crate::error::{Context, Error, Result};
use crate::exec::guard::guarded;
use crate::exec::pull::{Kept, Pull};
use crate::exec::tiles;
use crate::lazy::State;
use crate::plan::{FoldSteps, Plan, StageKind, Task};
use crate::source::Traffic;

/// Runs one segment of a fold: a state for each of its nodes.
///
/// # Errors
/// Those of sources and operations.
///
/// ```
/// # use std::sync::Arc;
/// # use graticule::exec::{Kept, finish_fold, merge_states, run_segment};
/// # use graticule::{plan::{Plan, Target, Task}, source::Traffic};
/// # use graticule::prelude::*;
/// # struct Nothing;
/// # impl Kept for Nothing {
/// #     fn blocks(&self, _stage: usize, _chunk: usize) -> Option<Arc<Vec<Block>>> {
/// #         None
/// #     }
/// # }
/// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
/// let sum = a.chunk("x", 1)?.sum("x")?;
/// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
/// let task = |segment| Task { stage: 0, chunk: 0, segment };
/// let mut states = run_segment(&plan, task(0), &Nothing, &Traffic::default())?;
/// for segment in 1..plan.stages()[0].segments() {
///     let later = run_segment(&plan, task(segment), &Nothing, &Traffic::default())?;
///     merge_states(&plan, 0, &mut states, later)?;
/// }
/// assert_eq!(finish_fold(&plan, 0, states)?, [Block::scalar(6i64)]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn run_segment(plan: &Plan, task: Task, kept: &dyn Kept, io: &Traffic) -> Result<Vec<State>> {
    guarded(|| plan.describe_task(task), || states_of(plan, task, kept, io))
}

fn states_of(plan: &Plan, task: Task, kept: &dyn Kept, io: &Traffic) -> Result<Vec<State>> {
    let stage = &plan.stages()[task.stage];
    let StageKind::Fold { nodes, within, segments, segment_len } = &stage.kind else {
        return Err(Error::internal("only folds have segments"));
    };
    let mut states = Vec::with_capacity(nodes.len());
    let mut walks = Vec::with_capacity(nodes.len());
    for (&n, within) in nodes.iter().zip(within) {
        let input = &plan.nodes()[plan.nodes()[n].inputs[0]].meta;
        let out = plan.nodes()[n].meta.grid.region(task.chunk);
        let walk = FoldSteps::new(plan.fold(n), &out, input);
        let at = walk.span(walk.segment(task.segment, *segments, *segment_len));
        states.push(match (within, segments) {
            (Some(_), _) => State::new(),
            (None, 1) => plan.fold(n).init(&out, input)?,
            (None, _) => plan.fold(n).init_part(&out, input, &at)?,
        });
        walks.push(walk);
    }
    for i in walks[0].segment(task.segment, *segments, *segment_len) {
        io.check()?;
        // What the nodes share of this chunk is computed once, and forgotten after it.
        let mut pull = Pull::new(plan, kept, io, stage);
        let folded = nodes.iter().zip(within).zip(walks.iter().zip(&mut states));
        for ((&n, _), (walk, state)) in folded.filter(|((_, within), _)| within.is_none()) {
            tiles::push(&mut pull, n, state, &walk.step(i))?;
        }
    }
    Ok(states)
}

/// Takes the states of the next segment into those of all before it.
///
/// # Errors
/// Those of operations.
///
/// ```
/// # use std::sync::Arc;
/// # use graticule::exec::{Kept, finish_fold, merge_states, run_segment};
/// # use graticule::{plan::{Plan, Target, Task}, source::Traffic};
/// # use graticule::prelude::*;
/// # struct Nothing;
/// # impl Kept for Nothing {
/// #     fn blocks(&self, _stage: usize, _chunk: usize) -> Option<Arc<Vec<Block>>> {
/// #         None
/// #     }
/// # }
/// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
/// let sum = a.chunk("x", 1)?.sum("x")?;
/// let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())])?;
/// let first = Task { stage: 0, chunk: 0, segment: 0 };
/// let states = || run_segment(&plan, first, &Nothing, &Traffic::default());
/// let mut both = states()?;
/// let once = finish_fold(&plan, 0, states()?)?[0].to_vec::<i64>()?[0];
/// merge_states(&plan, 0, &mut both, states()?)?;
/// assert_eq!(finish_fold(&plan, 0, both)?, [Block::scalar(2 * once)]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn merge_states(plan: &Plan, stage: usize, states: &mut [State], later: Vec<State>) -> Result<()> {
    let nodes = plan.stages()[stage].results();
    let states = nodes.iter().zip(states).zip(later);
    // The state of what is within another one is empty.
    for ((&n, state), later) in states.filter(|(_, later)| !later.is_empty()) {
        let place = || format!("merging states of {}", plan.nodes()[n].op.describe());
        guarded(place, || plan.fold(n).merge(state, later).at(place))?;
    }
    Ok(())
}

/// The blocks of a fold from the states of all its segments.
///
/// # Errors
/// Those of operations.
///
/// ```
/// # use std::sync::Arc;
/// # use graticule::exec::{Kept, finish_fold, run_segment};
/// # use graticule::{plan::{Plan, Target, Task}, source::Traffic};
/// # use graticule::prelude::*;
/// # struct Nothing;
/// # impl Kept for Nothing {
/// #     fn blocks(&self, _stage: usize, _chunk: usize) -> Option<Arc<Vec<Block>>> {
/// #         None
/// #     }
/// # }
/// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
/// let max = a.chunk("x", 2)?.max("x")?;
/// let plan = Plan::new(&[Target::Memory(max.variable().data().clone())])?;
/// let first = Task { stage: 0, chunk: 0, segment: 0 };
/// let states = run_segment(&plan, first, &Nothing, &Traffic::default())?;
/// // One block for each reduction of the stage.
/// assert_eq!(finish_fold(&plan, 0, states)?.len(), 1);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn finish_fold(plan: &Plan, stage: usize, states: Vec<State>) -> Result<Vec<Block>> {
    let StageKind::Fold { nodes, within, .. } = &plan.stages()[stage].kind else {
        return Err(Error::internal("only folds have states"));
    };
    let mut blocks: Vec<Option<Block>> = Vec::with_capacity(nodes.len());
    for (&n, within) in nodes.iter().zip(within) {
        let place = || format!("the result of {}", plan.nodes()[n].op.describe());
        let finish =
            |other: usize| guarded(place, || plan.fold(nodes[other]).finish_other(&states[other]).at(place));
        blocks.push(within.map(finish).transpose()?);
    }
    for ((&n, block), state) in nodes.iter().zip(&mut blocks).zip(states).filter(|((_, b), _)| b.is_none()) {
        let node = &plan.nodes()[n];
        let place = || format!("the result of {}", node.op.describe());
        let input = &plan.nodes()[node.inputs[0]].meta;
        *block = Some(guarded(place, || plan.fold(n).finish(state, input).at(place))?);
    }
    Ok(blocks.into_iter().flatten().collect())
}
