//! Running plans: the [`Executor`] trait and the local executor.

mod local;
mod pull;
mod report;
mod schedule;
mod tiles;

use std::sync::Arc;

use crate::array::Block;
use crate::error::Result;
use crate::lazy::LazyArray;
use crate::plan::{Plan, Target};
use crate::source::Sink;

pub use crate::source::Cancel;
pub use local::Local;
pub use pull::{Kept, finish_fold, merge_states, run_segment, run_task};
pub use report::{Progress, Report};

/// Runs plans: on this machine or on a cluster. All executors run the same tasks through the same
/// code, so they give the same bits.
pub trait Executor: std::fmt::Debug + Send + Sync {
    /// Runs every task of the plan after those that it needs; stops at the first failure.
    ///
    /// # Errors
    /// If the plan does not fit the budget (before anything ran), a task fails, or the run is cancelled.
    fn run(&self, plan: &Plan) -> Result<Outcome>;
}

/// What a run leaves.
#[derive(Debug)]
pub struct Outcome {
    /// The results that were asked for in memory, in order.
    pub blocks: Vec<Block>,
    /// What it took.
    pub report: Report,
}

/// Computes arrays with the default local executor; what they share is read once where it can be.
///
/// # Errors
/// Those of the run.
pub fn compute(arrays: &[LazyArray]) -> Result<Vec<Block>> {
    compute_on(&Local::default(), arrays).map(|o| o.blocks)
}

/// Computes arrays with an executor.
///
/// # Errors
/// Those of the run.
pub fn compute_on(executor: &dyn Executor, arrays: &[LazyArray]) -> Result<Outcome> {
    let targets: Vec<Target> = arrays.iter().cloned().map(Target::Memory).collect();
    executor.run(&Plan::new(&targets)?)
}

/// Writes arrays to sinks with an executor, in one run.
///
/// # Errors
/// Those of the run.
pub fn store_on(executor: &dyn Executor, targets: &[(LazyArray, Arc<dyn Sink>)]) -> Result<Report> {
    let targets: Vec<Target> =
        targets.iter().map(|(a, sink)| Target::Store(a.clone(), sink.clone())).collect();
    executor.run(&Plan::new(&targets)?).map(|o| o.report)
}

/// Writes arrays to sinks with the default local executor, in one run.
///
/// # Errors
/// Those of the run.
pub fn store(targets: &[(LazyArray, Arc<dyn Sink>)]) -> Result<Report> {
    store_on(&Local::default(), targets)
}
