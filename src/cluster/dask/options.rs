//! Where a Dask cluster is, and what its workers load.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::exec::usable_memory;
use crate::plan::BATCH_BYTES;

/// Where the scheduler of a Dask cluster is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheduler {
    /// Its address, as `tcp://10.0.0.3:8786` or `tls://…`.
    Address(String),
    /// A file that the scheduler writes its address to (`dask scheduler --scheduler-file`, dask-mpi): waited for.
    File(PathBuf),
    /// A Python function `module:function` without arguments that gives a `distributed.Client`: for dask-gateway, and
    /// whatever else is not said in a line.
    Hook(String),
}

/// The address.
impl From<&str> for Scheduler {
    fn from(address: &str) -> Self {
        Scheduler::Address(address.to_string())
    }
}

/// The address.
impl From<String> for Scheduler {
    fn from(address: String) -> Self {
        Scheduler::Address(address)
    }
}

/// The file that the scheduler writes its address to.
impl From<&Path> for Scheduler {
    fn from(file: &Path) -> Self {
        Scheduler::File(file.to_path_buf())
    }
}

/// The files of a TLS connection, as those of `distributed.security.Security`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Security {
    /// Certificates of those who are trusted.
    pub ca_file: PathBuf,
    /// The certificate of this program.
    pub client_cert: PathBuf,
    /// Its key.
    pub client_key: PathBuf,
}

/// How to connect to a Dask cluster.
#[derive(Debug, Clone)]
pub struct DaskOptions {
    /// The Python that has the package `graticule-dask`: `GRATICULE_DASK_PYTHON`, or `python3`, unless told otherwise.
    pub python: PathBuf,
    /// TLS.
    pub security: Option<Security>,
    /// Allows a connection without TLS to another machine: whoever reaches an open Dask port can run anything there.
    pub insecure: bool,
    /// The worker library (see `worker_library!`), as a path on the workers. Without it and without a program, workers look
    /// at `GRATICULE_WORKER_LIBRARY` and `GRATICULE_WORKER` in their environment.
    pub library: Option<PathBuf>,
    /// The worker program (see [`worker_main`](crate::cluster::worker_main)), as a path on the workers. It runs as a child
    /// of each worker: one that crashes does not take the worker with it.
    pub program: Option<PathBuf>,
    /// How long to wait for the scheduler and the first worker.
    pub timeout: Duration,
    /// Bytes of results that this program takes in; 60 % of its machine's memory unless told otherwise.
    pub memory: usize,
    /// Bytes that a task of Dask works on, about: small tasks of a plan are put together. The scheduler takes a millisecond
    /// for each, so that they should run for a hundred.
    pub batch_bytes: usize,
}

impl Default for DaskOptions {
    fn default() -> Self {
        DaskOptions {
            python: std::env::var_os("GRATICULE_DASK_PYTHON").map_or("python3".into(), PathBuf::from),
            security: None,
            insecure: false,
            library: None,
            program: None,
            timeout: Duration::from_secs(60),
            memory: usable_memory(),
            batch_bytes: BATCH_BYTES,
        }
    }
}
