//! Which task runs next: depth first, so that kept blocks are used up early, and within the budget.

mod uses;

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Plan, Task, human_bytes};
use uses::Uses;

/// Short tasks run one after the other for about so long: handing one to a thread takes microseconds.
const RUN_TIME: Duration = Duration::from_micros(300);

/// A run holds so many tasks at most.
const RUN_TASKS: usize = 512;

/// A run of several tasks takes at most this part of a thread's share of the budget.
const RUN_SHARE: usize = 16;

/// The order of a run. Tasks of the last stages are taken one after the other; the tasks that they
/// need are found by index arithmetic when their turn comes.
pub(super) struct Schedule<'a> {
    plan: &'a Plan,
    memory: usize,
    threads: usize,
    /// Next place in the order of each stage that writes or gives results.
    roots: VecDeque<(usize, usize)>,
    ready: VecDeque<Task>,
    waiting: HashMap<Task, usize>,
    /// Tasks that wait for a kept block.
    waiters: HashMap<(usize, usize), Vec<Task>>,
    blocks: HashMap<(usize, usize), KeptBlock>,
    uses: Uses<'a>,
    /// Chunks of folds whose states are there.
    folding: HashSet<(usize, usize)>,
    /// For each stage how long its tasks took, lately.
    times: Vec<Option<Duration>>,
    running: usize,
    running_bytes: usize,
    held_bytes: usize,
    /// Bytes of states that wait to be merged and of results that moved: negative for a moment where one task took
    /// in what another one left that has not been told of yet.
    left_bytes: isize,
    peak: usize,
    finished: usize,
}

/// Tasks of one stage that a thread runs one after the other.
pub(super) struct Run {
    pub(super) tasks: Vec<Task>,
    bytes: usize,
}

/// What a finished task leaves behind it.
#[derive(Default)]
pub(super) struct Done {
    /// How the bytes of states that wait to be merged changed, or of results that are there.
    pub(super) left: isize,
    /// Bytes of the blocks of the task's chunk, if they are there now and kept.
    pub(super) kept: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum KeptBlock {
    Coming,
    There { bytes: usize },
}

impl<'a> Schedule<'a> {
    pub(super) fn new(plan: &'a Plan, memory: usize, results: usize, threads: usize) -> Self {
        let roots = (0..plan.stages().len()).filter(|&s| !plan.stages()[s].keeps()).map(|s| (s, 0)).collect();
        Schedule {
            plan,
            memory,
            threads,
            roots,
            ready: VecDeque::new(),
            waiting: HashMap::new(),
            waiters: HashMap::new(),
            blocks: HashMap::new(),
            uses: Uses::new(plan, memory),
            folding: HashSet::new(),
            times: vec![None; plan.stages().len()],
            running: 0,
            running_bytes: 0,
            held_bytes: results,
            left_bytes: 0,
            peak: results,
            finished: 0,
        }
    }

    /// The next tasks that may start now; `None` if none may before others end, or all are done.
    ///
    /// # Errors
    /// If kept blocks fill the budget so that nothing fits beside them.
    pub(super) fn next(&mut self) -> Result<Option<Run>> {
        // One more run than threads waits in the pool, so that no thread idles while we are told.
        if self.running > self.threads {
            return Ok(None);
        }
        while self.wants_more() && self.expand_root() {}
        let Some(&task) = self.ready.front() else { return Ok(None) };
        let stage = &self.plan.stages()[task.stage];
        // What a task takes by itself, and with the state that segments of its chunk have in common.
        let (alone, all) = (stage.task_bytes - stage.state_bytes, stage.task_bytes);
        let bytes = if self.folding.contains(&(task.stage, task.chunk)) { alone } else { all };
        let taken = self.running_bytes + self.held();
        if taken + bytes > self.memory {
            if self.running > 0 {
                return Ok(None);
            }
            return Err(Error::new(
                ErrorKind::Memory,
                format!(
                    "a task of {} does not fit beside the {} of blocks that later tasks need; the budget is {}",
                    human_bytes(bytes as u64),
                    human_bytes(self.held() as u64),
                    human_bytes(self.memory as u64)
                ),
            )
            .at(self.plan.describe_stage(&self.plan.stages()[task.stage]))
            .help("raise the budget, make chunks smaller, or write the intermediate result to a store first"));
        }
        // What each task leaves stays until the run ends, so its bytes count for each.
        let fit = 1 + (self.memory - taken - bytes) / all.max(1);
        let most = self.run_tasks(task.stage).min(fit);
        let same = self.ready.iter().take(most).take_while(|t| t.stage == task.stage).count();
        let run = Run { tasks: self.ready.drain(..same).collect(), bytes: same * alone };
        if all > alone {
            let new = run.tasks.iter().filter(|t| self.folding.insert((t.stage, t.chunk))).count();
            self.held_bytes += new * (all - alone);
        }
        self.running += 1;
        self.running_bytes += run.bytes;
        self.peak = self.peak.max(self.running_bytes + self.held());
        Ok(Some(run))
    }

    /// How many tasks of a stage make a run.
    fn run_tasks(&self, stage: usize) -> usize {
        let Some(time) = self.times[stage] else { return 1 };
        let for_time = (RUN_TIME.as_nanos() / time.as_nanos().max(1)) as usize;
        let for_memory =
            self.memory / (RUN_SHARE * self.threads * self.plan.stages()[stage].task_bytes.max(1));
        for_time.min(for_memory).clamp(1, RUN_TASKS)
    }

    /// Whether there should be more ready tasks for the threads to choose from.
    fn wants_more(&self) -> bool {
        let Some(&(stage, _)) = self.roots.front() else { return false };
        let wanted = self.threads * self.run_tasks(stage);
        // Where much is coming already, more would only hold blocks.
        self.ready.len() < wanted && self.waiting.len() <= wanted
    }

    /// Takes a run off the list: the tasks it had no time for come first again.
    pub(super) fn ended(&mut self, run: &Run, began: usize, took: Duration) {
        self.running -= 1;
        self.running_bytes -= run.bytes;
        for &task in run.tasks[began..].iter().rev() {
            self.ready.push_front(task);
        }
        let mean = took / began.max(1) as u32;
        let time = &mut self.times[run.tasks[0].stage];
        // A task that once took long may do so again: times fall slowly.
        *time = Some(time.map_or(mean, |t| mean.max((3 * t + mean) / 4)));
    }

    /// Takes note of a finished task; the kept blocks that nobody needs any more.
    pub(super) fn done(&mut self, task: Task, done: &Done) -> Vec<(usize, usize)> {
        self.finished += 1;
        self.left_bytes += done.left;
        self.held_bytes += done.kept.unwrap_or(0);
        self.peak = self.peak.max(self.running_bytes + self.held());
        let free = self.uses.done(task);
        for block in &free {
            if let Some(KeptBlock::There { bytes }) = self.blocks.remove(block) {
                self.held_bytes = self.held_bytes.saturating_sub(bytes);
            }
        }
        if let Some(bytes) = done.kept {
            let block = (task.stage, task.chunk);
            if self.folding.remove(&block) {
                let state = self.plan.stages()[task.stage].state_bytes;
                self.held_bytes = self.held_bytes.saturating_sub(state);
            }
            self.blocks.insert(block, KeptBlock::There { bytes });
            self.uses.there(task.stage);
            // From the last to the first, so that the first comes first: segments are merged in their order.
            for waiter in self.waiters.remove(&block).unwrap_or_default().into_iter().rev() {
                let missing = self.waiting.get_mut(&waiter).expect("a waiter waits");
                *missing -= 1;
                if *missing == 0 {
                    self.waiting.remove(&waiter);
                    // Tasks that use blocks go first: they set memory free.
                    self.ready.push_front(waiter);
                }
            }
        }
        free
    }

    /// Bytes that lie between tasks.
    fn held(&self) -> usize {
        self.held_bytes.saturating_add_signed(self.left_bytes)
    }

    pub(super) fn running(&self) -> usize {
        self.running
    }

    pub(super) fn finished(&self) -> usize {
        self.finished
    }

    pub(super) fn peak(&self) -> usize {
        self.peak
    }

    /// Adds the next task of the last stages, and those that it needs before it.
    fn expand_root(&mut self) -> bool {
        let Some(&(stage, place)) = self.roots.front() else { return false };
        if place + 1 < self.plan.stages()[stage].grid.count() {
            self.roots[0].1 += 1;
        } else {
            self.roots.pop_front();
        }
        let chunk = self.plan.stages()[stage].nth(place);
        self.expand(Task { stage, chunk, segment: 0 });
        true
    }

    /// Adds a task after the tasks that make the blocks it needs.
    fn expand(&mut self, task: Task) {
        let mut missing = 0;
        for block in self.uses.needed(task) {
            match self.blocks.get(&block) {
                Some(KeptBlock::There { .. }) => continue,
                Some(KeptBlock::Coming) => {}
                None => {
                    self.blocks.insert(block, KeptBlock::Coming);
                    for segment in 0..self.plan.stages()[block.0].segments() {
                        self.expand(Task { stage: block.0, chunk: block.1, segment });
                    }
                }
            }
            missing += 1;
            self.waiters.entry(block).or_default().push(task);
        }
        if missing == 0 {
            self.ready.push_back(task);
        } else {
            self.waiting.insert(task, missing);
        }
    }
}
