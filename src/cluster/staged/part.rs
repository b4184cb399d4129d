//! A part of a step, as a worker runs it.

use std::sync::{Mutex, PoisonError};

use super::job::{Job, Named};
use crate::cluster::batch::Batch;
use crate::cluster::worker::{Core, run_merge};
use crate::error::{Error, Result};
use crate::exec::usable_memory;
use crate::io::store::Location;

/// The run that batches belong to: a worker of this kind has one.
const RUN: &str = "job";

/// Runs one part of a step of the job at a place, on all cores that this process may use.
///
/// # Errors
/// If there is no such part, or a batch of it fails; why is put down in the job.
pub(crate) fn run_part(job: &str, step: &str, part: &str) -> Result<()> {
    let place = || format!("part {part} of step {step} of the job {job}");
    let number: usize =
        part.parse().map_err(|e| Error::invalid("a part is a number").caused_by(e).at(place()))?;
    let job = Job::at(&Location::from(job))?;
    if job.is_cancelled(step)? {
        return Err(Error::new(crate::ErrorKind::Cancelled, "the run was cancelled").at(place()));
    }
    let parts = job.step(step)?;
    let Some(batches) = parts.get(number) else {
        return Err(Error::invalid(format!("step {step} has {} parts", parts.len())).at(place()));
    };
    let core = Core::of_process();
    let threads = rayon::current_num_threads();
    let ready =
        job.plan().map(|plan| core.take(RUN, plan)).and_then(|()| core.limit(threads, usable_memory()));
    if let Err(e) = ready {
        let e = e.at(place());
        batches.iter().try_for_each(|of| job.fail(&of.name, &e))?;
        return Err(e);
    }
    let open = Mutex::new(batches.iter());
    let failed = Mutex::new(None);
    // Threads of their own: one of the pool that waits for memory could hold up what is to set it free.
    std::thread::scope(|scope| {
        for _ in 0..threads.min(batches.len()) {
            scope.spawn(|| {
                let next = || open.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some(of) = next() {
                    // The others are run all the same: what is done need not be done again.
                    if let Err(e) = run_one(&job, core, of) {
                        failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
                    }
                }
            });
        }
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(e) => Err(e.at(place())),
        None => Ok(()),
    }
}

fn run_one(job: &Job, core: &Core, of: &Named) -> Result<()> {
    if job.done(&of.name)?.is_some() {
        return Ok(());
    }
    let run = || -> Result<()> {
        let mut values = of.inputs.iter().map(|name| job.value(name));
        let value = match of.batch {
            // There may be thousands of states: one after the other is read.
            Batch::Merge { stage, chunk, last } => {
                core.work(RUN, &of.batch, |plan, _| run_merge(plan, (stage, chunk), last, &mut values))?
            }
            _ => {
                let values = values.collect::<Result<Vec<_>>>()?;
                let inputs: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
                core.run(RUN, &of.batch, &inputs)?
            }
        };
        job.finish(&of.name, &value.parcel, &value.counts)
    };
    run().inspect_err(|e| {
        if let Err(lost) = job.fail(&of.name, e) {
            tracing::warn!("the error cannot be put down: {lost}");
        }
    })
}
