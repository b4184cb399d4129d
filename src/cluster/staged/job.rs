//! A run as objects in a store that all machines reach.
//!
//! ```text
//! job               which plan this is
//! plan              the plan
//! steps/RUN.2.0     the parts of step 2, first attempt: lists of batches
//! values/NAME       the value of a batch; NAME follows from what the batch does
//! done/NAME         what the batch read and wrote: it is complete
//! failed/NAME       the error that it ended with
//! cancel/RUN        parts of this run of the program that begin after this do nothing
//! ```

use std::collections::HashSet;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::cluster::batch::{Batch, Numbered};
use crate::cluster::worker::{Counts, plan_here};
use crate::error::{Context, Error, Result};
use crate::io::store::{Access, ByteRange, Guard, Location, Store};
use crate::plan::{Plan, identity_of};

/// Documents are no larger.
const LIMIT: u64 = 4 << 30;

/// A batch by its name, with the names of those whose values it needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) batch: Batch,
    pub(super) inputs: Vec<String>,
    pub(super) gather: bool,
    pub(super) tasks: usize,
}

#[derive(Serialize, Deserialize)]
struct Title {
    version: String,
    plan: u64,
}

/// The objects of a run.
#[derive(Debug, Clone)]
pub(super) struct Job {
    store: Arc<dyn Store>,
}

impl Job {
    /// The job at a place.
    pub(super) fn at(place: &Location) -> Result<Job> {
        let store = place.store()?;
        match store.is_local() {
            true => Err(Error::invalid(
                "a job lies in a store that all machines reach, not in this program's memory",
            )
            .at(store.describe())),
            false => Ok(Job { store }),
        }
    }

    /// Says which plan this is, or finds that what was begun is of the same.
    ///
    /// # Errors
    /// If something else lies there.
    pub(super) fn claim(&self, plan: &Plan) -> Result<()> {
        let title = Title { version: env!("CARGO_PKG_VERSION").to_string(), plan: plan.identity()? };
        if let Some(there) = self.get::<Title>("job")? {
            if (&there.version, there.plan) != (&title.version, title.plan) {
                return Err(Error::invalid("another plan's job lies there: it cannot be continued")
                    .at(self.store.describe())
                    .help(
                        "name another place for this job, or remove what lies there; a store in a folder has to be written \
                         with `Resume::IfBegun` to be gone on with",
                    ));
            }
            self.store.remove("failed")?;
        } else if !self.store.list("")?.is_empty() {
            return Err(
                Error::invalid("something else lies where the job is to be put").at(self.store.describe())
            );
        }
        self.put("job", &title)?;
        self.store.write("plan", &plan.to_bytes()?)
    }

    /// Keeps other programs from running the same job.
    pub(super) fn lock(&self) -> Result<Guard> {
        self.store.lock(Access::Exclusive)
    }

    /// The plan, for a worker.
    ///
    /// # Errors
    /// If the job is of another version, or the plan has an operation that this worker lacks.
    pub(super) fn plan(&self) -> Result<Plan> {
        let title: Title = self.get("job")?.ok_or_else(|| self.missing("job"))?;
        if title.version != env!("CARGO_PKG_VERSION") {
            return Err(Error::unsupported(format!(
                "the job is of graticule {}, this worker is of {}",
                title.version,
                env!("CARGO_PKG_VERSION")
            ))
            .help("build the program and its workers from the same version"));
        }
        let bytes = self.bytes("plan")?.ok_or_else(|| self.missing("plan"))?;
        plan_here(&bytes).at(|| self.store.describe())
    }

    /// Puts down the parts of a step.
    pub(super) fn put_step(&self, step: &str, parts: &[Vec<Named>]) -> Result<()> {
        self.put(&format!("steps/{step}"), &parts)
    }

    pub(super) fn step(&self, step: &str) -> Result<Vec<Vec<Named>>> {
        let key = format!("steps/{step}");
        self.get(&key)?.ok_or_else(|| self.missing(&key))
    }

    pub(super) fn value(&self, name: &str) -> Result<Vec<u8>> {
        let key = format!("values/{name}");
        self.bytes(&key)?.ok_or_else(|| self.missing(&key))
    }

    /// Puts down what a batch gave, then that it is done.
    pub(super) fn finish(&self, name: &str, value: &[u8], done: &Counts) -> Result<()> {
        self.store.write(&format!("values/{name}"), value)?;
        self.put(&format!("done/{name}"), done)
    }

    pub(super) fn fail(&self, name: &str, error: &Error) -> Result<()> {
        self.put(&format!("failed/{name}"), error)
    }

    pub(super) fn done(&self, name: &str) -> Result<Option<Counts>> {
        self.get(&format!("done/{name}"))
    }

    pub(super) fn failure(&self, name: &str) -> Result<Option<Error>> {
        self.get(&format!("failed/{name}"))
    }

    /// Names of all batches that are done.
    pub(super) fn all_done(&self) -> Result<HashSet<String>> {
        Ok(self.store.list("done")?.into_iter().collect())
    }

    /// Names of all batches whose values are there.
    pub(super) fn all_values(&self) -> Result<HashSet<String>> {
        Ok(self.store.list("values")?.into_iter().collect())
    }

    /// Forgets what a batch gave, so that it runs again.
    pub(super) fn again(&self, name: &str) -> Result<()> {
        self.store.remove(&format!("done/{name}"))?;
        self.store.remove(&format!("failed/{name}"))
    }

    /// Drops a value that nobody needs any more.
    pub(super) fn drop_value(&self, name: &str) -> Result<()> {
        self.store.remove(&format!("values/{name}"))
    }

    /// Has parts of a run of the program that have not begun do nothing.
    pub(super) fn cancel(&self, run: &str) -> Result<()> {
        self.store.write(&format!("cancel/{run}"), b"")
    }

    /// Whether the run of the program that a step is of was cancelled.
    pub(super) fn is_cancelled(&self, step: &str) -> Result<bool> {
        let run = step.split('.').next().unwrap_or_default();
        Ok(self.store.size(&format!("cancel/{run}"))?.is_some())
    }

    /// Removes every trace of the run, values after what says that they are there and the title last: a removal that is cut
    /// off leaves a job that can be run again.
    pub(super) fn remove(&self) -> Result<()> {
        for key in ["done", "failed", "values", "steps", "cancel", "plan", "job"] {
            self.store.remove(key)?;
        }
        Ok(())
    }

    pub(super) fn describe(&self) -> String {
        self.store.describe()
    }

    fn put(&self, key: &str, value: &impl Serialize) -> Result<()> {
        let bytes = rmp_serde::to_vec_named(value)
            .map_err(|e| Error::internal(format!("`{key}` cannot be written")).caused_by(e))?;
        self.store.write(key, &bytes)
    }

    fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let Some(bytes) = self.bytes(key)? else { return Ok(None) };
        rmp_serde::from_slice(&bytes).map(Some).map_err(|e| {
            Error::storage(format!("`{key}` cannot be read")).caused_by(e).at(self.store.describe())
        })
    }

    fn bytes(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.store.read(key, ByteRange::Whole { limit: LIMIT })
    }

    fn missing(&self, key: &str) -> Error {
        Error::new(crate::ErrorKind::NotFound, format!("the job has no `{key}`")).at(self.store.describe())
    }
}

/// The batches of a plan in steps: what is in one needs only what is in those before it.
pub(super) fn steps_of(list: &[Numbered]) -> Result<Vec<Vec<Named>>> {
    let mut steps: Vec<Vec<Named>> = Vec::new();
    let mut placed: Vec<(usize, String)> = Vec::with_capacity(list.len());
    for of in list {
        let step = of.inputs.iter().map(|&i| placed[i].0 + 1).max().unwrap_or(0);
        let inputs: Vec<String> = of.inputs.iter().map(|&i| placed[i].1.clone()).collect();
        // The same batch has the same name in a run that goes on where another ended, whatever that has done already.
        let name = format!("{}-{:016x}", of.batch.stage(), identity_of(&(&of.batch, &inputs))?);
        if steps.len() <= step {
            steps.resize_with(step + 1, Vec::new);
        }
        placed.push((step, name.clone()));
        steps[step].push(Named { name, batch: of.batch.clone(), inputs, gather: of.gather, tasks: of.tasks });
    }
    Ok(steps)
}
