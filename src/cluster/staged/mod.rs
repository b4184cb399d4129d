//! Runs for engines without a data plane: they start programs, and what lies between stages goes through a store.

mod job;
mod launch;
mod part;

use std::collections::HashSet;
use std::fmt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::batch::{Merges, batches_of};
use super::gathered::Gathered;
use super::new_id;
use super::tally::Tally;
use crate::error::{Error, Result};
use crate::exec::{Cancel, Executor, Outcome, Progress, Watch, admit_results, usable_memory};
use crate::io::store::Location;
use crate::plan::{Plan, Rules, StageKind};
use job::{Job, Named, steps_of};

pub use launch::{CommandLine, Launcher, Processes, Step};
pub(crate) use part::run_part;

/// A part works on about so many bytes: a program takes seconds to start and longer to wait for its turn.
const PART_BYTES: usize = 2 << 30;

/// Job arrays of more are refused by many sites.
const MOST_PARTS: usize = 1000;

/// How often parts that did not end well are started again.
const ATTEMPTS: usize = 3;

/// How often one looks what is done.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Runs plans step by step, each step as parts that an engine starts as programs: job arrays of PBS and Slurm, indexed jobs
/// of Kubernetes, HyperQueue.
///
/// What lies between steps goes through the store of the job, which costs a write and a read of it. A run that ended early is
/// continued by the same program: what its job holds is not computed again. A job that is complete leaves nothing. A store in a
/// folder has to be written with [`Resume::IfBegun`](crate::io::zarr::Resume) for that: without it each run of a program writes to
/// a folder of its own, which makes it another plan.
///
/// ```no_run
/// use graticule::prelude::*;
/// use graticule::cluster::{CommandLine, Staged};
/// let slurm = CommandLine::new(
///     "sbatch --wait --array=0-{last} --wrap 'graticule-worker run {job} {step} $SLURM_ARRAY_TASK_ID'",
/// );
/// let cluster = Staged::new("/scratch/me/job", slurm)?;
/// let t = open_dataset("/data/era5.zarr")?.get("t2m")?;
/// let (mean, report) = t.mean("time")?.compute_on(&cluster)?;
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Clone)]
pub struct Staged {
    place: Location,
    job: Job,
    launcher: Arc<dyn Launcher>,
    part_bytes: usize,
    most_parts: usize,
    memory: usize,
    watch: Watch,
}

impl fmt::Debug for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Staged({}, {:?})", self.job.describe(), self.launcher)
    }
}

impl Staged {
    /// A run whose job lies at a place that all machines reach under the same name: a folder, or the address of a store.
    ///
    /// # Errors
    /// If the place cannot be one of a store.
    ///
    /// ```
    /// use graticule::cluster::{Processes, Staged};
    /// let staged = Staged::new("/tmp/job", Processes::new("graticule-worker"))?;
    /// println!("{staged:?}");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(job: &str, launcher: impl Launcher + 'static) -> Result<Self> {
        let place = Location::from(job);
        let place = match place {
            Location::Path(path) => Location::Path(std::path::absolute(path)?),
            other => other,
        };
        Ok(Staged {
            job: Job::at(&place)?,
            place,
            launcher: Arc::new(launcher),
            part_bytes: PART_BYTES,
            most_parts: MOST_PARTS,
            memory: usable_memory(),
            watch: Watch::default(),
        })
    }

    /// With parts that work on about so many bytes; 2 GiB unless told otherwise.
    ///
    /// ```
    /// # use graticule::cluster::{Processes, Staged};
    /// let staged = Staged::new("/tmp/job", Processes::new("graticule-worker"))?.part_bytes(64 << 20);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn part_bytes(mut self, bytes: usize) -> Self {
        self.part_bytes = bytes;
        self
    }

    /// With so many parts of a step at most; 1000 unless told otherwise, as sites limit job arrays.
    ///
    /// ```
    /// # use graticule::cluster::{Processes, Staged};
    /// let staged = Staged::new("/tmp/job", Processes::new("graticule-worker"))?.most_parts(100);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn most_parts(mut self, parts: usize) -> Self {
        self.most_parts = parts.max(1);
        self
    }

    /// Tells progress to `f`, a few times a second and at the end.
    ///
    /// ```
    /// # use graticule::cluster::{Processes, Staged};
    /// let staged = Staged::new("/tmp/job", Processes::new("graticule-worker"))?
    ///     .on_progress(|p| eprintln!("{} of {}", p.done, p.total));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn on_progress(mut self, f: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.watch.on_progress(f);
        self
    }

    /// With a switch that ends runs from elsewhere: parts that have begun end by themselves, others do not begin.
    ///
    /// ```
    /// # use graticule::cluster::{Processes, Staged};
    /// # use graticule::exec::Cancel;
    /// let staged = Staged::new("/tmp/job", Processes::new("graticule-worker"))?.cancel_with(Cancel::new());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn cancel_with(mut self, cancel: Cancel) -> Self {
        self.watch.cancel = cancel;
        self
    }
}

impl Executor for Staged {
    fn rules(&self) -> Rules {
        Rules { apart: true, threads: self.most_parts, ..Rules::default() }
    }

    fn run(&self, plan: &Plan) -> Result<Outcome> {
        admit_results(plan, self.memory)?;
        let batches = batches_of(plan, self.most_parts, self.part_bytes, Merges::AtTheEnd)?;
        let _guard = self.job.lock()?;
        self.job.claim(plan)?;
        let mut run = Run {
            staged: self,
            plan,
            gathered: Gathered::new(plan),
            tally: Tally::new(&batches, self.most_parts, self.memory as u64, &self.watch),
            id: new_id(),
        };
        let steps = steps_of(&batches.list)?;
        run.forget_what_is_lost(&steps)?;
        for (number, step) in steps.iter().enumerate() {
            run.step(number, step)?;
            run.drop_values(&steps, number)?;
        }
        self.watch.tell(run.tally.progress(0));
        self.job.remove()?;
        Ok(Outcome { blocks: run.gathered.into_outputs(), report: run.tally.finish() })
    }
}

struct Run<'a> {
    staged: &'a Staged,
    plan: &'a Plan,
    gathered: Gathered<'a>,
    tally: Tally,
    /// Which run of the program this is: parts of an earlier one may still be at work.
    id: String,
}

impl Run<'_> {
    /// Has batches run again whose values were dropped and are needed by others that have to run: what another run of the
    /// program has done, perhaps with other sizes, it may not have left.
    fn forget_what_is_lost(&mut self, steps: &[Vec<Named>]) -> Result<()> {
        let (done, values) = (self.staged.job.all_done()?, self.staged.job.all_values()?);
        let mut needed: HashSet<&String> = HashSet::new();
        for of in steps.iter().rev().flatten() {
            let wanted = of.gather || needed.contains(&of.name);
            // Of a store that was written one looks at the store: what stands in the job says nothing of it.
            let stays =
                done.contains(&of.name) && !self.writes_there(of) && (!wanted || values.contains(&of.name));
            if !stays {
                if done.contains(&of.name) {
                    self.staged.job.again(&of.name)?;
                }
                needed.extend(&of.inputs);
            } else {
                self.tally.add_resumed(of.tasks);
            }
        }
        Ok(())
    }

    fn step(&mut self, number: usize, step: &[Named]) -> Result<()> {
        let done = self.staged.job.all_done()?;
        let mut open: Vec<Named> = step.iter().filter(|of| !done.contains(&of.name)).cloned().collect();
        let mut ended = None;
        for attempt in 0.. {
            if open.is_empty() {
                break;
            }
            if attempt == ATTEMPTS {
                return Err(self.failure(&open, ended)?);
            }
            ended = self.launch(number, attempt, &open)?;
            let mut left = Vec::new();
            for of in open {
                match self.staged.job.done(&of.name)? {
                    Some(counts) => self.tally.add(of.tasks, &counts),
                    None => left.push(of),
                }
            }
            if let Some(of) = left.first() {
                tracing::warn!(step = number, attempt, parts = left.len(), first = %of.name, "parts did not end well");
            }
            open = left;
        }
        for of in step.iter().filter(|of| of.gather) {
            self.gathered.place(&self.staged.job.value(&of.name)?, &self.tally.io)?;
        }
        Ok(())
    }

    /// Whether a batch writes to a store, and is run again where the store does not say that it has been.
    fn writes_there(&self, of: &Named) -> bool {
        matches!(self.plan.stages()[of.batch.stage()].kind, StageKind::Write { .. }) && !of.gather
    }

    /// Has the engine run what is open, and looks on.
    fn launch(&self, number: usize, attempt: usize, open: &[Named]) -> Result<Option<ExitStatus>> {
        let each = open.len().div_ceil(self.staged.most_parts);
        let parts: Vec<Vec<Named>> = open.chunks(each).map(<[Named]>::to_vec).collect();
        let name = format!("{}.{number}.{attempt}", self.id);
        self.staged.job.put_step(&name, &parts)?;
        let step = Step { job: self.staged.place.to_string(), step: name, parts: parts.len() };
        let before = self.staged.job.all_done()?.len();
        let cancel = &self.staged.watch.cancel;
        std::thread::scope(|scope| {
            let launched = scope.spawn(|| self.staged.launcher.launch(&step, cancel));
            let mut looked = Instant::now();
            let mut told_to_end = false;
            while !launched.is_finished() {
                std::thread::sleep(Duration::from_millis(20));
                if cancel.is_cancelled() && !std::mem::replace(&mut told_to_end, true) {
                    self.staged.job.cancel(&self.id)?;
                }
                if looked.elapsed() >= LOOK_EVERY && self.staged.watch.is_told() {
                    looked = Instant::now();
                    let new = self.staged.job.all_done()?.len().saturating_sub(before);
                    let tasks: usize = open.iter().map(|of| of.tasks).sum();
                    self.staged.watch.tell(self.tally.progress(tasks * new.min(open.len()) / open.len()));
                }
            }
            let ended = launched.join().map_err(|_| Error::internal("the launcher panicked"))??;
            self.tally.io.check()?;
            Ok(ended)
        })
    }

    /// Why what is left could not be done.
    fn failure(&self, left: &[Named], ended: Option<ExitStatus>) -> Result<Error> {
        for of in left {
            if let Some(error) = self.staged.job.failure(&of.name)? {
                let stage = &self.plan.stages()[of.batch.stage()];
                return Ok(error.at(self.plan.describe_stage(stage)).at(format!("{ATTEMPTS} attempts")));
            }
        }
        let error = Error::internal(format!(
            "{} parts have ended without a word, {ATTEMPTS} times: they did not start, or were killed",
            left.len()
        ));
        let error = match ended.filter(|status| !status.success()) {
            Some(status) => error.at(format!("the command ended with {status}")),
            None => error,
        };
        Ok(error.at(self.staged.job.describe()).help(
            "look at what the engine says of them; workers need `graticule-worker` and the job's place",
        ))
    }

    /// Drops values that no later step needs. What is written may have to be written again: its values stay to the end.
    fn drop_values(&self, steps: &[Vec<Named>], number: usize) -> Result<()> {
        let later = steps[number + 1..].iter().flatten();
        let writing = steps[..=number].iter().flatten().filter(|of| self.writes_there(of));
        let needed: HashSet<&String> = later.chain(writing).flat_map(|of| &of.inputs).collect();
        let used = steps[number].iter().flat_map(|of| &of.inputs);
        for name in used.filter(|name| !needed.contains(name)) {
            self.staged.job.drop_value(name)?;
        }
        Ok(())
    }
}
