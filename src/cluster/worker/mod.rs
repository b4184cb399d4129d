//! The part that runs on workers: `Core` runs batches of plans, whoever hands them over.
//!
//! A worker is this library and the kernels and sources of a user's own in one build: `worker_library!()` makes a shared
//! library of it, which the process of a Dask worker loads, and [`worker_main`] a program, which is run as its child, and
//! which also runs stored plans.

mod child;
mod gate;
#[doc(hidden)]
pub mod library;
mod run;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::{Deserialize, Serialize};

use super::batch::Batch;
use crate::array::keep_freed;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::exec::guarded;
use crate::plan::Plan;
use crate::source::{Cancel, Traffic};
use gate::Gate;

pub use child::worker_main;
pub(crate) use run::{run_batch, run_merge, writes_elsewhere};

/// What this library and its workers must have in common.
pub(crate) const PROTOCOL: u32 = 1;

/// The part of a worker's memory that tasks take, in percent: the rest is for the values that it holds and the process.
pub(crate) const GATE_SHARE: usize = 60;

/// What runs the batches of one process.
pub(crate) struct Core {
    runs: RwLock<HashMap<String, Arc<Run>>>,
    limits: RwLock<Arc<Limits>>,
}

/// A run that batches belong to.
struct Run {
    plan: Plan,
    cancel: Cancel,
}

/// Threads and memory of the process.
struct Limits {
    pool: Option<ThreadPool>,
    gate: Gate,
}

/// What a core is.
#[derive(Serialize)]
struct About {
    protocol: u32,
    version: &'static str,
}

impl About {
    /// What this one is, as a message.
    fn told() -> Result<Vec<u8>> {
        let about = About { protocol: PROTOCOL, version: env!("CARGO_PKG_VERSION") };
        rmp_serde::to_vec_named(&about)
            .map_err(|e| Error::internal("what this worker is cannot be told").caused_by(e))
    }
}

/// A value and what making it took.
pub(crate) struct Value {
    pub(crate) parcel: Vec<u8>,
    pub(crate) counts: Counts,
}

/// What a batch read and wrote.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Bytes that were read, as they are stored.
    pub read: u64,
    /// Bytes that were written, as they are stored.
    pub written: u64,
    /// Chunks that an earlier run has written.
    pub resumed: u64,
    /// Bytes of the tasks that were at work in the process when it began.
    pub peak: u64,
}

impl Core {
    /// The one of this process.
    pub(crate) fn of_process() -> &'static Core {
        static CORE: LazyLock<Core> = LazyLock::new(|| Core {
            runs: RwLock::default(),
            limits: RwLock::new(Arc::new(Limits { pool: None, gate: Gate::new(usize::MAX) })),
        });
        &CORE
    }

    /// Sets how many threads work at one task that is shared, and how many bytes the tasks at work take in all.
    ///
    /// # Errors
    /// If threads cannot be started.
    pub(crate) fn limit(&self, threads: usize, memory: usize) -> Result<()> {
        keep_freed(memory);
        let mut limits = self.limits.write().unwrap_or_else(PoisonError::into_inner);
        // Tasks at work of another connection hold passes of this gate.
        let threads_now = limits.pool.as_ref().map(ThreadPool::current_num_threads);
        if (threads_now, limits.gate.memory()) == (Some(threads.max(1)), memory) {
            return Ok(());
        }
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .thread_name(|i| format!("graticule-{i}"))
            .build()
            .map_err(|e| Error::internal(format!("{threads} threads cannot be started")).caused_by(e))?;
        *limits = Arc::new(Limits { pool: Some(pool), gate: Gate::new(memory) });
        Ok(())
    }

    /// Takes in the plan of a run, unless it is there.
    ///
    /// # Errors
    /// If these bytes are not a plan, or it has an operation, source or store that this worker lacks.
    pub(crate) fn plan(&self, run: &str, bytes: &[u8]) -> Result<()> {
        if self.run_of(run).is_none() {
            self.take(run, plan_here(bytes)?);
        }
        Ok(())
    }

    /// Takes in a plan that is read already.
    pub(crate) fn take(&self, run: &str, plan: Plan) {
        let new = Arc::new(Run { plan, cancel: Cancel::new() });
        self.runs.write().unwrap_or_else(PoisonError::into_inner).entry(run.to_string()).or_insert(new);
    }

    /// Runs a batch that has come as bytes, with the values that it needs.
    ///
    /// # Errors
    /// Those of [`run`](Core::run).
    pub(crate) fn run_sent(&self, run: &str, spec: &[u8], inputs: &[&[u8]]) -> Result<Value> {
        let batch = rmp_serde::from_slice(spec)
            .map_err(|e| Error::internal("these bytes are not a batch").caused_by(e))?;
        self.run(run, &batch, inputs)
    }

    /// Runs a batch with the values that it needs.
    ///
    /// # Errors
    /// Those of the tasks; kind `NotFound` if the run is unknown: its plan must come first.
    pub(crate) fn run(&self, run: &str, batch: &Batch, inputs: &[&[u8]]) -> Result<Value> {
        self.work(run, batch, |plan, io| run_batch(plan, batch, inputs, io))
    }

    /// Does the work of a batch, with the threads and in the memory that there are.
    ///
    /// # Errors
    /// Those of [`run`](Core::run).
    pub(crate) fn work(
        &self,
        run: &str,
        batch: &Batch,
        work: impl FnOnce(&Plan, &Traffic) -> Result<Vec<u8>> + Send,
    ) -> Result<Value> {
        let of = self.run_of(run).ok_or_else(|| Error::new(ErrorKind::NotFound, "plan"))?;
        let limits = self.limits.read().unwrap_or_else(PoisonError::into_inner).clone();
        let io = Traffic::new(of.cancel.clone());
        run::check(&of.plan, batch)?;
        let stage = &of.plan.stages()[batch.stage()];
        let pass = limits
            .gate
            .pass(run::bytes_of(&of.plan, batch), &of.cancel)
            .at(|| of.plan.describe_stage(stage))?;
        let work = || guarded(|| of.plan.describe_stage(stage), || work(&of.plan, &io));
        let parcel = match &limits.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }?;
        let (read, written, resumed) = (io.read(), io.written(), io.resumed());
        Ok(Value { parcel, counts: Counts { read, written, resumed, peak: pass.peak as u64 } })
    }

    /// Sets the limits of a worker that has so much memory; 0 is no limit.
    ///
    /// # Errors
    /// If threads cannot be started.
    pub(crate) fn limit_worker(&self, threads: usize, memory: usize) -> Result<()> {
        self.limit(threads, if memory == 0 { usize::MAX } else { memory / 100 * GATE_SHARE })
    }

    /// Has the batches of a run end.
    pub(crate) fn cancel(&self, run: &str) {
        if let Some(run) = self.run_of(run) {
            run.cancel.cancel();
        }
    }

    /// Drops the plan of a run that is over.
    pub(crate) fn forget(&self, run: &str) {
        self.runs.write().unwrap_or_else(PoisonError::into_inner).remove(run);
    }

    fn run_of(&self, run: &str) -> Option<Arc<Run>> {
        self.runs.read().unwrap_or_else(PoisonError::into_inner).get(run).cloned()
    }
}

/// The plan whose bytes have come to this worker.
pub(crate) fn plan_here(bytes: &[u8]) -> Result<Plan> {
    Plan::from_bytes(bytes).map_err(|e| {
        e.at("a worker").help(
            "operations, sources and stores of your own must be in the worker's build: build its library or program in your \
             crate",
        )
    })
}
