//! The executor on a Dask cluster.

mod bridge;
mod options;
mod run;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::worker::GATE_SHARE;
use crate::error::Result;
use crate::exec::{Cancel, Executor, Outcome, Progress, Watch, admit_results, admit_tasks};
use crate::plan::{Plan, Rules, human_bytes};
use bridge::{Bridge, Event, Worker};
use run::{Run, Sizes, note_workers};

pub use options::{DaskOptions, Scheduler, Security};

/// Runs plans on a Dask cluster: what a laptop computes, on as many workers as there are, with the same bits. Runs of one
/// connection, and of clones of it, wait for each other.
///
/// Sources are read and stores are written by the workers, which must reach them under the same paths and addresses. Results
/// in memory come back to this program, and so do blocks for NetCDF files and stores in memory, which only one process can
/// write.
///
/// ```no_run
/// use graticule::prelude::*;
/// use graticule::cluster::Dask;
/// let cluster = Dask::connect("tcp://127.0.0.1:8786")?;
/// let t = open_dataset("era5.zarr")?.get("t2m")?;
/// let (mean, report) = t.mean("time")?.compute_on(&cluster)?;
/// println!("{report}");
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone)]
pub struct Dask {
    connection: Arc<Connection>,
    scheduler: Scheduler,
    memory: usize,
    batch_bytes: usize,
    watch: Watch,
}

#[derive(Debug)]
struct Connection {
    bridge: Mutex<Bridge>,
    /// As they were told of last.
    workers: Mutex<Vec<Worker>>,
}

impl Dask {
    /// Connects to the cluster of a scheduler: by its address, the file that it writes its address to (a `Path`), or a
    /// function in Python ([`Scheduler::Hook`]).
    ///
    /// # Errors
    /// If Python or its package `graticule-dask` is missing here, on the scheduler or on a worker; if no worker comes in
    /// time; if versions differ; if the connection would be open to everybody.
    ///
    /// ```no_run
    /// use graticule::cluster::{Dask, Scheduler};
    /// let by_address = Dask::connect("tcp://127.0.0.1:8786")?;
    /// let by_file = Dask::connect(std::path::Path::new("scheduler.json"))?;
    /// let by_hook = Dask::connect(Scheduler::Hook("my_site:client".to_string()))?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn connect(scheduler: impl Into<Scheduler>) -> Result<Dask> {
        Dask::connect_with(scheduler, &DaskOptions::default())
    }

    /// Connects with [`DaskOptions`].
    ///
    /// # Errors
    /// Those of [`connect`](Dask::connect).
    ///
    /// ```no_run
    /// use graticule::cluster::{Dask, DaskOptions};
    /// // A crash in a kernel ends a child of the worker, not the worker.
    /// let options = DaskOptions { program: Some("/shared/bin/my-worker".into()), ..DaskOptions::default() };
    /// let cluster = Dask::connect_with("tcp://127.0.0.1:8786", &options)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn connect_with(scheduler: impl Into<Scheduler>, options: &DaskOptions) -> Result<Dask> {
        let scheduler = scheduler.into();
        let (bridge, workers) = Bridge::connect(&scheduler, options)?;
        Ok(Dask {
            connection: Arc::new(Connection { bridge: Mutex::new(bridge), workers: Mutex::new(workers) }),
            scheduler,
            memory: options.memory,
            batch_bytes: options.batch_bytes,
            watch: Watch::default(),
        })
    }

    /// Tells progress to `f`, a few times a second and at the end.
    ///
    /// ```no_run
    /// # use graticule::cluster::Dask;
    /// let cluster = Dask::connect("tcp://127.0.0.1:8786")?.on_progress(|p| eprintln!("{} of {}", p.done, p.total));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn on_progress(mut self, f: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.watch.on_progress(f);
        self
    }

    /// With a switch that ends runs from elsewhere.
    ///
    /// ```no_run
    /// # use graticule::{cluster::Dask, exec::Cancel};
    /// let cancel = Cancel::new();
    /// let cluster = Dask::connect("tcp://127.0.0.1:8786")?.cancel_with(cancel.clone());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn cancel_with(mut self, cancel: Cancel) -> Self {
        self.watch.cancel = cancel;
        self
    }

    /// The workers that there are now, as far as no other run keeps the connection.
    fn workers(&self) -> Vec<Worker> {
        if let Ok(mut bridge) = self.connection.bridge.try_lock() {
            // A bridge that has ended says so when it is asked to run something.
            while let Ok(Some(event)) = bridge.next(Duration::ZERO) {
                if let Event::Workers(workers) = event {
                    note_workers(&self.connection.workers, workers);
                }
            }
        }
        self.connection.workers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Threads of all workers.
fn threads_of(workers: &[Worker]) -> usize {
    workers.iter().map(|w| w.threads).sum::<usize>().max(1)
}

/// Bytes that tasks may take on the smallest worker, if there is a limit.
fn task_memory(workers: &[Worker]) -> Option<usize> {
    let limits = workers.iter().map(|w| w.memory).filter(|&m| m > 0);
    limits.min().map(|m| m / 100 * GATE_SHARE)
}

impl fmt::Debug for Dask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workers = self.workers();
        write!(f, "Dask({:?}, {} workers, {} threads", self.scheduler, workers.len(), threads_of(&workers))?;
        match task_memory(&workers) {
            Some(m) => write!(f, ", {} for the tasks of a worker)", human_bytes(m as u64)),
            None => write!(f, ")"),
        }
    }
}

impl Executor for Dask {
    fn rules(&self) -> Rules {
        let workers = self.workers();
        let memory = task_memory(&workers).unwrap_or(self.memory);
        // As many tasks as a worker has threads hold what they read for their chunks, each for itself.
        let held = memory / workers.iter().map(|w| w.threads).max().unwrap_or(1).max(1);
        Rules { apart: true, memory, held, threads: threads_of(&workers), ..Rules::default() }
    }

    fn run(&self, plan: &Plan) -> Result<Outcome> {
        admit_results(plan, self.memory)?;
        if let Some(memory) = task_memory(&self.workers()) {
            admit_tasks(plan, memory)?;
        }
        let mut bridge = self.connection.bridge.lock().unwrap_or_else(PoisonError::into_inner);
        let workers = &self.connection.workers;
        let sizes = Sizes { batch_bytes: self.batch_bytes, room: self.memory / 2 };
        Run::new(&mut bridge, plan, workers, &self.watch, sizes)?.run()
    }
}
