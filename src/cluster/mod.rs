//! The same plan on many machines: batches of tasks, the wire between processes, and executors that hand them to an engine
//! which a cluster has already.
//!
//! No scheduler is written here. [`Dask`] gives a plan to a Dask cluster, whose workers hold blocks and send them to each
//! other. [`Staged`] serves engines that only start programs, as job arrays do: what lies between stages goes
//! through a store that all of them reach. Both run the tasks of the local executor through the same code, so they give the
//! same bits.
//!
//! ```text
//! program ⇄ frames ⇄ bridge (python -m graticule_dask) ⇄ scheduler ⇄ workers: worker library or child program
//! ```

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

mod batch;
#[cfg(feature = "dask")]
mod dask;
mod frames;
mod gathered;
mod parcel;
mod staged;
mod tally;
pub mod worker;

pub(crate) use batch::{Batch, Merges, batches_of};
#[cfg(feature = "dask")]
pub use dask::{Dask, DaskOptions, Scheduler, Security};
pub(crate) use gathered::Gathered;
pub use staged::{CommandLine, Launcher, Processes, Staged, Step};
pub(crate) use worker::run_batch;
pub use worker::worker_main;

/// A name that no other run has.
fn new_id() -> String {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    format!("{:x}-{since:x}-{:x}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed))
}
