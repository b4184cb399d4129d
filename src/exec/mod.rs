//! Running plans: the [`Executor`] trait and the local executor.

mod admit;
mod assemble;
mod fold;
mod guard;
mod local;
mod output;
mod pull;
mod report;
mod schedule;
mod scratch;
mod share;
mod tiles;

use std::sync::Arc;

use crate::array::Block;
use crate::error::Result;
use crate::lazy::LazyArray;
use crate::plan::{Plan, Rules, Target};
use crate::source::Sink;

pub use crate::source::Cancel;
#[cfg(feature = "dask")]
pub(crate) use admit::admit_tasks;
pub(crate) use admit::{admit_results, usable_memory};
pub use fold::{finish_fold, merge_states, run_segment};
pub(crate) use guard::guarded;
pub use local::Local;
pub(crate) use pull::run_unwritten;
pub use pull::{Kept, run_task};
pub(crate) use report::Watch;
pub use report::{Progress, Report};

/// Runs plans: on this machine or on a cluster. All executors run the same tasks through the same
/// code, so they give the same bits.
pub trait Executor: std::fmt::Debug + Send + Sync {
    /// Runs every task of the plan after those that it needs; stops at the first failure.
    ///
    /// # Errors
    /// If the plan does not fit the budget (before anything ran), a task fails, or the run is cancelled.
    fn run(&self, plan: &Plan) -> Result<Outcome>;

    /// How plans for this executor are made.
    fn rules(&self) -> Rules {
        Rules::default()
    }
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
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::exec;
/// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
/// let lazy = a.chunk("x", 2)?.add(1)?;
/// assert_eq!(exec::compute(&[lazy.variable().data().clone()])?[0].to_vec::<i32>()?, [2, 3, 4]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn compute(arrays: &[LazyArray]) -> Result<Vec<Block>> {
    compute_on(&Local::default(), arrays).map(|o| o.blocks)
}

/// Computes arrays with an executor.
///
/// # Errors
/// Those of the run.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::exec;
/// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
/// let lazy = a.chunk("x", 2)?.add(1)?;
/// let outcome = exec::compute_on(&Local::new().threads(1), &[lazy.variable().data().clone()])?;
/// assert_eq!((outcome.blocks.len(), outcome.report.tasks), (1, 2));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn compute_on(executor: &dyn Executor, arrays: &[LazyArray]) -> Result<Outcome> {
    let targets: Vec<Target> = arrays.iter().cloned().map(Target::Memory).collect();
    executor.run(&Plan::new_with(&targets, &executor.rules())?)
}

/// Writes arrays to sinks with an executor, in one run.
///
/// # Errors
/// Those of the run.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::{exec, io::{cf, zarr::{WriteOptions, ZarrWrite}}};
/// # let path = std::env::temp_dir().join(format!("graticule-store-on-{}.zarr", std::process::id()));
/// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
/// let raw = cf::encode(&a.chunk("x", 2)?.to_dataset("a"), true)?;
/// let write = ZarrWrite::create(&path, &raw, &WriteOptions::default())?;
/// let report = exec::store_on(&Local::new().threads(1), &write.targets())?;
/// write.finish()?;
/// assert!(report.bytes_written > 0);
/// # std::fs::remove_dir_all(path).ok();
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn store_on(executor: &dyn Executor, targets: &[(LazyArray, Arc<dyn Sink>)]) -> Result<Report> {
    let targets: Vec<Target> =
        targets.iter().map(|(a, sink)| Target::Store(a.clone(), sink.clone())).collect();
    executor.run(&Plan::new_with(&targets, &executor.rules())?).map(|o| o.report)
}

/// Writes arrays to sinks with the default local executor, in one run.
///
/// # Errors
/// Those of the run.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::{exec, io::{cf, zarr::{WriteOptions, ZarrWrite}}};
/// # let path = std::env::temp_dir().join(format!("graticule-store-{}.zarr", std::process::id()));
/// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
/// let raw = cf::encode(&a.chunk("x", 2)?.to_dataset("a"), true)?;
/// let write = ZarrWrite::create(&path, &raw, &WriteOptions::default())?;
/// exec::store(&write.targets())?;
/// write.finish()?;
/// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<i32>()?, [1, 2, 3]);
/// # std::fs::remove_dir_all(path).ok();
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn store(targets: &[(LazyArray, Arc<dyn Sink>)]) -> Result<Report> {
    store_on(&Local::default(), targets)
}
