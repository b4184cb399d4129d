//! The executor on this machine: rayon threads under a memory budget.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock, mpsc};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::admit::{admit_results, admit_tasks, asked_memory, usable_memory};
use super::guard::guarded;
use super::output::Output;
use super::pull::run_output;
use super::schedule::{Done, Schedule};
use super::scratch::Scratch;
use super::{
    Cancel, Executor, Kept, Outcome, Progress, Report, Watch, finish_fold, merge_states, run_segment,
    run_task,
};
use crate::array::{Block, keep_freed};
use crate::error::{Error, Result};
use crate::lazy::State;
use crate::plan::{Plan, Rules, Stage, StageKind, Task, human_bytes};
use crate::source::Traffic;

/// Threads leave the tasks that they were given to others after this time.
const LONG_RUN: Duration = Duration::from_millis(5);

/// Progress is told at most this often.
const TELL_EVERY: Duration = Duration::from_millis(50);

/// Plans hold no more than this between stages unless a budget was asked for: more saves time, but surprises.
const UNASKED: usize = 512 << 20;

/// Runs plans on this machine's cores.
///
/// Without further words: all cores, and a budget of `GRATICULE_MEMORY` ("8GB", "512MiB") or else 60 % of the
/// machine's memory.
///
/// ```
/// use graticule::exec::Local;
/// let local = Local::new().threads(2).memory(256 << 20);
/// println!("{local:?}");
/// ```
#[derive(Clone)]
pub struct Local {
    threads: usize,
    memory: usize,
    /// What plans may keep of arrays that are put into other chunks.
    held: usize,
    watch: Watch,
    scratch: Option<PathBuf>,
    requests: Option<usize>,
}

impl Default for Local {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Local({} threads, {})", self.threads, human_bytes(self.memory as u64))
    }
}

impl Local {
    /// All cores and most of the memory.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.chunk("x", 2)?.compute_on(&Local::new())?.1.tasks, 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        static DEFAULTS: LazyLock<(usize, usize, usize)> = LazyLock::new(|| {
            let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
            let memory = usable_memory();
            (threads, memory, asked_memory().unwrap_or(memory.min(UNASKED)))
        });
        let (threads, memory, held) = *DEFAULTS;
        Local { threads, memory, held, watch: Watch::default(), scratch: None, requests: None }
    }

    /// With so many threads (at least one).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// assert_eq!(a.chunk("x", 2)?.compute_on(&Local::new().threads(2))?.1.threads, 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// With a budget in bytes for tasks, kept blocks and results in memory. The larger it is, the less often arrays
    /// that are put into other chunks are read; without one, plans count on 512 MB for that.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 1000)], vec![0.0; 1000])?.chunk("x", 100)?;
    /// // What does not fit is refused before anything runs.
    /// let refused = a.mul(2)?.compute_on(&Local::new().memory(100));
    /// assert_eq!(refused.err().map(|e| e.kind()), Some(ErrorKind::Memory));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self.held = bytes;
        self
    }

    /// Tells progress to `f`, a few times a second and at the end.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use std::sync::Arc;
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let done = Arc::new(AtomicUsize::new(0));
    /// let shown = done.clone();
    /// let local = Local::new().on_progress(move |p| shown.store(p.done, Ordering::Relaxed));
    /// a.chunk("x", 2)?.compute_on(&local)?;
    /// assert_eq!(done.load(Ordering::Relaxed), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn on_progress(mut self, f: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.watch.on_progress(f);
        self
    }

    /// With a switch that stops the run.
    ///
    /// A store or file that is being written is removed then, unless it can be continued. For Ctrl-C throw the switch in
    /// a handler of signals: `ctrlc::set_handler(move || cancel.cancel())` of the crate `ctrlc`, as the example
    /// `climatology` does.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let cancel = Cancel::new();
    /// let local = Local::new().cancel_with(cancel.clone());
    /// cancel.cancel();
    /// let stopped = a.chunk("x", 2)?.compute_on(&local);
    /// assert_eq!(stopped.err().map(|e| e.kind()), Some(ErrorKind::Cancelled));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn cancel_with(mut self, cancel: Cancel) -> Self {
        self.watch.cancel = cancel;
        self
    }

    /// With a folder for what does not fit into memory between two steps. Arrays that are put into other chunks go
    /// through it where that takes fewer reads of their source; a run removes what it put there, and
    /// what one that was killed has left. Without one
    /// nothing is put on disk, and sources are read more often.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4), ("y", 4)], (0..16).collect::<Vec<i32>>())?;
    /// let rows = a.chunk("x", 1)?.add(1)?;
    /// let columns = rows.chunk("x", 4)?.chunk("y", 1)?;
    /// let local = Local::new().scratch(std::env::temp_dir());
    /// assert_eq!(columns.compute_on(&local)?.0.to_vec::<i32>()?[5], 6);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn scratch(mut self, folder: impl Into<PathBuf>) -> Self {
        self.scratch = Some(folder.into());
        self
    }

    /// With so many requests on their way at the same time, where arrays lie behind a server; each holds the memory of a
    /// task. Without it stores tell how many they serve best.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let local = Local::new().threads(1).requests(8);
    /// assert_eq!(a.chunk("x", 2)?.compute_on(&local)?.1.threads, 8);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn requests(mut self, requests: usize) -> Self {
        self.requests = Some(requests);
        self
    }
}

impl Executor for Local {
    fn rules(&self) -> Rules {
        let scratch = self.scratch.clone();
        Rules { memory: self.memory, held: self.held, threads: self.threads, scratch, ..Rules::default() }
    }

    fn run(&self, plan: &Plan) -> Result<Outcome> {
        let begun = Instant::now();
        let results = admit_results(plan, self.memory)?;
        admit_tasks(plan, self.memory - results)?;
        let mut blocks = Output::blocks(plan);
        let run = Run {
            plan,
            io: Traffic::new(self.watch.cancel.clone()),
            kept: RwLock::default(),
            folds: Mutex::default(),
            outputs: Output::all(plan, &mut blocks),
            scratch: Scratch::new(plan)?,
        };
        // Threads that wait for a server leave the cores to others.
        let threads = self.threads.max(self.requests.unwrap_or_else(|| plan.requests()));
        let pool = pool(threads)?;
        let mut schedule = Schedule::new(plan, self.memory, results - moved_bytes(plan), threads);
        let mut told = Instant::now();
        let total = plan.task_count();
        let tell = |done: usize, run: &Run| {
            let (bytes_read, bytes_written) = (run.io.read(), run.io.written());
            self.watch.tell(Progress { done, total, bytes_read, bytes_written });
        };
        let outcome = pool.in_place_scope(|scope| -> Result<()> {
            let (send, receive) = mpsc::channel();
            let mut failed = None;
            loop {
                while failed.is_none() {
                    if self.watch.cancel.is_cancelled() {
                        failed = run.io.check().err();
                        break;
                    }
                    match schedule.next() {
                        Ok(Some(next)) => {
                            let (send, run) = (send.clone(), &run);
                            scope.spawn(move |_| {
                                let begun = Instant::now();
                                let results = run.tasks(&next.tasks);
                                // The receiver lives until all tasks are done.
                                let _ = send.send((next, results, begun.elapsed()));
                            });
                        }
                        Ok(None) => break,
                        Err(e) => {
                            failed = Some(e);
                            break;
                        }
                    }
                }
                if schedule.running() == 0 {
                    return failed.map_or(Ok(()), Err);
                }
                let (ended, results, took) = receive.recv().expect("a sender is held here");
                schedule.ended(&ended, results.len(), took);
                for (&task, result) in ended.tasks.iter().zip(results) {
                    match result {
                        Ok(done) => {
                            let free = schedule.done(task, &done);
                            if !free.is_empty() {
                                let mut kept = run.kept.write().unwrap_or_else(PoisonError::into_inner);
                                free.iter().for_each(|block| drop(kept.remove(block)));
                            }
                        }
                        // The first error is the one to tell; later ones often follow from it.
                        Err(e) => drop(failed.get_or_insert(e)),
                    }
                }
                if told.elapsed() >= TELL_EVERY {
                    told = Instant::now();
                    tell(schedule.finished(), &run);
                }
            }
        });
        outcome?;
        tell(schedule.finished(), &run);
        let io = run.io;
        let whole: Vec<Option<Block>> = run.outputs.into_iter().map(Output::into_whole).collect();
        let blocks = blocks.into_iter().zip(whole).filter_map(|(written, whole)| written.or(whole)).collect();
        let report = Report {
            tasks: schedule.finished(),
            bytes_read: io.read(),
            bytes_written: io.written(),
            resumed: io.resumed(),
            elapsed: begun.elapsed(),
            peak_bytes: schedule.peak() as u64,
            threads,
            memory: self.memory as u64,
        };
        Ok(Outcome { blocks, report })
    }
}

/// Bytes of a result that is the one block of a stage before it: there is no room for it before that block is there.
fn moves(plan: &Plan, stage: &Stage) -> usize {
    match stage.kind {
        StageKind::Output { node, .. } if stage.grid.count() == 1 => {
            let Some((kept, _)) = plan.kept_at(node) else { return 0 };
            let meta = &plan.nodes()[node].meta;
            if plan.stages()[kept].grid.count() == 1 { meta.grid.size() * meta.dtype.size() } else { 0 }
        }
        _ => 0,
    }
}

/// Bytes of all such results.
fn moved_bytes(plan: &Plan) -> usize {
    plan.stages().iter().map(|stage| moves(plan, stage)).sum()
}

/// States of the segments of one chunk of a fold: merged in order, whatever order they come in.
#[derive(Default)]
struct Accumulator {
    next: usize,
    states: Option<Vec<State>>,
    waiting: HashMap<usize, Vec<State>>,
}

/// By stage and chunk.
type KeptBlocks = HashMap<(usize, usize), Arc<Vec<Block>>>;
type Accumulators = HashMap<(usize, usize), Arc<Mutex<Accumulator>>>;

struct Run<'a> {
    plan: &'a Plan,
    io: Traffic,
    kept: RwLock<KeptBlocks>,
    folds: Mutex<Accumulators>,
    outputs: Vec<Output<'a>>,
    scratch: Scratch,
}

impl Kept for Run<'_> {
    fn blocks(&self, stage: usize, chunk: usize) -> Option<Arc<Vec<Block>>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(&(stage, chunk)).cloned()
    }

    fn part(&self, stage: usize, chunk: usize, part: usize) -> Result<Block> {
        self.scratch.read(self.plan, stage, chunk, part)
    }
}

impl Run<'_> {
    /// Runs tasks one after the other, until they have taken long or one fails.
    fn tasks(&self, tasks: &[Task]) -> Vec<Result<Done>> {
        let begun = Instant::now();
        let mut results = Vec::with_capacity(tasks.len());
        for &task in tasks {
            results.push(self.task(task));
            if matches!(results.last(), Some(Err(_))) || begun.elapsed() > LONG_RUN {
                break;
            }
        }
        results
    }

    /// Runs a task; a panic in it is an error.
    fn task(&self, task: Task) -> Result<Done> {
        guarded(|| self.plan.describe_task(task), || self.unguarded(task))
    }

    fn unguarded(&self, task: Task) -> Result<Done> {
        let stage = &self.plan.stages()[task.stage];
        if let StageKind::Fold { segments, .. } = stage.kind {
            let states = run_segment(self.plan, task, self, &self.io)?;
            return self.fold(task, states, segments);
        }
        if let StageKind::Output { output, .. } = stage.kind {
            self.output(task, &self.outputs[output])?;
            return Ok(Done { left: moves(self.plan, stage) as isize, kept: None });
        }
        let block = run_task(self.plan, task, self, &self.io)?;
        let mut done = Done::default();
        match (&stage.kind, block) {
            (StageKind::Spill { .. }, Some(block)) => {
                self.scratch.write(self.plan, task, &block)?;
                done.kept = Some(0);
            }
            (StageKind::Keep { .. }, Some(block)) => done.kept = Some(self.keep(task, vec![block])),
            _ => {}
        }
        Ok(done)
    }

    /// Computes a chunk of a result.
    fn output(&self, task: Task, output: &Output) -> Result<()> {
        if let Output::Places(places) = output {
            let mut place = places[task.chunk].lock().unwrap_or_else(PoisonError::into_inner);
            return run_output(self.plan, task, self, &self.io, &mut place);
        }
        let block = run_task(self.plan, task, self, &self.io)?;
        match (output, block) {
            (Output::Shared(place), Some(block)) => {
                let region = self.plan.stages()[task.stage].grid.region(task.chunk);
                place.lock().unwrap_or_else(PoisonError::into_inner).part(&region).fill(&block)
            }
            (Output::Whole(whole), block) => {
                *whole.lock().unwrap_or_else(PoisonError::into_inner) = block;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Takes in the states of a segment; the last one makes the block.
    fn fold(&self, task: Task, states: Vec<State>, segments: usize) -> Result<Done> {
        let key = (task.stage, task.chunk);
        let accumulator = {
            let mut folds = self.folds.lock().unwrap_or_else(PoisonError::into_inner);
            folds.entry(key).or_default().clone()
        };
        let mut acc = accumulator.lock().unwrap_or_else(PoisonError::into_inner);
        let mut done = Done { left: bytes_of(&states), kept: None };
        acc.waiting.insert(task.segment, states);
        let next = acc.next;
        // The schedule knows of the state that all are merged into.
        if let Some(later) = acc.waiting.remove(&next) {
            done.left -= bytes_of(&later);
            let mut merged = match acc.states.take() {
                None => later,
                Some(mut states) => {
                    merge_states(self.plan, task.stage, &mut states, later)?;
                    states
                }
            };
            acc.next += 1;
            let mut next = acc.next;
            while let Some(later) = acc.waiting.remove(&next) {
                done.left -= bytes_of(&later);
                merge_states(self.plan, task.stage, &mut merged, later)?;
                acc.next += 1;
                next = acc.next;
            }
            acc.states = Some(merged);
        }
        if acc.next == segments {
            let states = acc.states.take().expect("all segments are merged");
            drop(acc);
            self.folds.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
            let blocks = finish_fold(self.plan, task.stage, states)?;
            done.kept = Some(self.keep(task, blocks));
        }
        Ok(done)
    }

    /// Keeps the blocks of a chunk; their bytes.
    fn keep(&self, task: Task, blocks: Vec<Block>) -> usize {
        let bytes = blocks.iter().map(Block::nbytes).sum();
        let key = (task.stage, task.chunk);
        self.kept.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::new(blocks));
        bytes
    }
}

fn bytes_of(states: &[State]) -> isize {
    states.iter().flatten().map(Block::nbytes).sum::<usize>() as isize
}

/// A pool of so many threads; pools are kept, since small runs would spend their time on starting them.
fn pool(threads: usize) -> Result<Arc<ThreadPool>> {
    static POOLS: LazyLock<Mutex<HashMap<usize, Arc<ThreadPool>>>> = LazyLock::new(Mutex::default);
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = pools.get(&threads) {
        return Ok(pool.clone());
    }
    keep_freed(usize::MAX);
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("graticule-{i}"))
        .build()
        .map_err(|e| Error::internal(format!("{threads} threads cannot be started")).caused_by(e))?;
    let pool = Arc::new(pool);
    pools.insert(threads, pool.clone());
    Ok(pool)
}
