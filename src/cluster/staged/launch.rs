//! Engines that start programs: the processes of this machine, or whatever a command hands jobs to.

use std::fmt::Debug;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::error::{Context, Error, Result};
use crate::exec::{Cancel, usable_memory};

/// How often a program is looked at that runs.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Parts that are to be run: independent of each other.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where the job is: the first argument of the worker.
    pub job: String,
    /// Which step of it, and which attempt: the second.
    pub step: String,
    /// How many parts there are; their numbers, from 0 on, are the third.
    pub parts: usize,
}

/// Starts workers: `graticule-worker run JOB STEP PART` for each part of a step.
pub trait Launcher: Debug + Send + Sync {
    /// Runs all parts, and returns when all have ended, however they ended: the job says which are done. How the program that
    /// handed them over has ended, if there was one.
    ///
    /// # Errors
    /// If parts cannot be started at all, or the run is cancelled.
    fn launch(&self, step: &Step, cancel: &Cancel) -> Result<Option<ExitStatus>>;
}

/// Workers as processes of this machine, some at a time.
#[derive(Debug, Clone)]
pub struct Processes {
    program: PathBuf,
    at_once: usize,
}

impl Processes {
    /// One worker of this program at a time.
    ///
    /// ```
    /// use graticule::cluster::Processes;
    /// let workers = Processes::new("graticule-worker").at_once(2);
    /// println!("{workers:?}");
    /// ```
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Processes { program: program.into(), at_once: 1 }
    }

    /// So many at the same time (at least one), which share the cores and the memory of this machine.
    ///
    /// ```
    /// # use graticule::cluster::Processes;
    /// let workers = Processes::new("graticule-worker").at_once(4);
    /// ```
    pub fn at_once(mut self, workers: usize) -> Self {
        self.at_once = workers.max(1);
        self
    }
}

impl Launcher for Processes {
    fn launch(&self, step: &Step, cancel: &Cancel) -> Result<Option<ExitStatus>> {
        let memory = (usable_memory() / self.at_once).to_string();
        let threads = (rayon::current_num_threads() / self.at_once).max(1).to_string();
        let mut running: Vec<Child> = Vec::new();
        let mut next = 0;
        while next < step.parts || !running.is_empty() {
            if cancel.is_cancelled() {
                running.iter_mut().for_each(end);
                return Ok(None);
            }
            while next < step.parts && running.len() < self.at_once {
                let part = next.to_string();
                let started = Command::new(&self.program)
                    .args(["run", &step.job, &step.step, &part])
                    .env("GRATICULE_MEMORY", &memory)
                    .env("RAYON_NUM_THREADS", &threads)
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .spawn();
                match started {
                    Ok(child) => running.push(child),
                    Err(e) => {
                        running.iter_mut().for_each(end);
                        return Err(Error::from(e).at(format!("starting {}", self.program.display())));
                    }
                }
                next += 1;
            }
            // A child whose state cannot be had has ended.
            running.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
            sleep(LOOK_EVERY);
        }
        Ok(None)
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// A command line that hands a step to an engine and ends when all its parts have: a line for each engine.
///
/// `{job}`, `{step}`, `{parts}` and `{last}` (the number of the last part) are replaced. The shell runs it.
///
/// ```
/// use graticule::cluster::CommandLine;
/// let slurm = CommandLine::new(
///     "sbatch --wait --array=0-{last} --wrap \
///      'graticule-worker run {job} {step} $SLURM_ARRAY_TASK_ID'",
/// );
/// let pbs = CommandLine::new(
///     "qsub -W block=true -J 0-{last} -- /shared/bin/part.sh {job} {step}",
/// );
/// let hyperqueue = CommandLine::new(
///     "hq submit --wait --array=0-{last} -- sh -c 'graticule-worker run {job} {step} $HQ_TASK_ID'",
/// );
/// ```
#[derive(Debug, Clone)]
pub struct CommandLine {
    line: String,
}

impl CommandLine {
    /// The command line.
    ///
    /// ```
    /// # use graticule::cluster::CommandLine;
    /// let one_by_one = CommandLine::new("for i in $(seq 0 {last}); do graticule-worker run {job} {step} $i; done");
    /// ```
    pub fn new(line: impl Into<String>) -> Self {
        CommandLine { line: line.into() }
    }
}

impl Launcher for CommandLine {
    fn launch(&self, step: &Step, cancel: &Cancel) -> Result<Option<ExitStatus>> {
        let plain = |c: char| c.is_alphanumeric() || "/._:=@%+,-".contains(c);
        if !step.job.chars().all(plain) {
            return Err(Error::invalid("a shell would take this place of a job apart")
                .at(step.job.clone())
                .help("name one of letters, digits and `/._:=@%+,-`"));
        }
        let line = (self.line.replace("{job}", &step.job))
            .replace("{step}", &step.step)
            .replace("{parts}", &step.parts.to_string())
            .replace("{last}", &step.parts.saturating_sub(1).to_string());
        let place = || format!("the command `{line}`");
        let mut child =
            (Command::new("sh").args(["-c", &line]).stdin(Stdio::null()).stdout(Stdio::null()).spawn())
                .map_err(Error::from)
                .at(place)?;
        loop {
            if cancel.is_cancelled() {
                end(&mut child);
                return Ok(None);
            }
            // Engines fail where a part fails: what is done the job says. Only what cannot be started is told here.
            match child.try_wait()? {
                Some(status) if matches!(status.code(), Some(126 | 127)) => {
                    return Err(
                        Error::new(crate::ErrorKind::NotFound, "the program is not there").at(place())
                    );
                }
                Some(status) => return Ok(Some(status)),
                None => sleep(LOOK_EVERY),
            }
        }
    }
}
