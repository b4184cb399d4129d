//! Which task runs next: depth first, so that kept blocks are used up early, and within the budget.

use std::collections::{HashMap, VecDeque};

use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Plan, Task, human_bytes};

/// The order of a run. Tasks of the last stages are taken one after the other; the tasks that they
/// need are found by index arithmetic when their turn comes.
pub(super) struct Schedule<'a> {
    plan: &'a Plan,
    memory: usize,
    threads: usize,
    /// Next chunk of each stage that writes or gives results.
    roots: VecDeque<(usize, usize)>,
    ready: VecDeque<Task>,
    waiting: HashMap<Task, usize>,
    /// Tasks that wait for a kept block.
    waiters: HashMap<(usize, usize), Vec<Task>>,
    blocks: HashMap<(usize, usize), KeptBlock>,
    /// For each stage that keeps, how many tasks use each of its blocks.
    uses: HashMap<(usize, usize), usize>,
    running: usize,
    running_bytes: usize,
    held_bytes: usize,
    peak: usize,
    finished: usize,
}

/// What a finished task leaves behind it.
#[derive(Default)]
pub(super) struct Done {
    /// How the bytes of states that wait to be merged changed.
    pub(super) states: isize,
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
        let mut uses = HashMap::new();
        for (s, stage) in plan.stages().iter().enumerate() {
            if stage.after.is_empty() {
                continue;
            }
            for index in 0..stage.task_count() {
                let task =
                    Task { stage: s, chunk: index / stage.segments(), segment: index % stage.segments() };
                for block in plan.needed_blocks(task) {
                    *uses.entry(block).or_insert(0) += 1;
                }
            }
        }
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
            uses,
            running: 0,
            running_bytes: 0,
            held_bytes: results,
            peak: results,
            finished: 0,
        }
    }

    /// The next task that may start now; `None` if none may before another ends, or all are done.
    ///
    /// # Errors
    /// If kept blocks fill the budget so that nothing fits beside them.
    pub(super) fn next(&mut self) -> Result<Option<Task>> {
        while self.ready.len() < self.threads && self.expand_root() {}
        let Some(&task) = self.ready.front() else { return Ok(None) };
        let bytes = self.plan.stages()[task.stage].task_bytes;
        // One more task than threads waits in the pool, so that no thread idles while we are told.
        if self.running > self.threads {
            return Ok(None);
        }
        if self.running_bytes + self.held_bytes + bytes > self.memory {
            if self.running > 0 {
                return Ok(None);
            }
            return Err(Error::new(
                ErrorKind::Memory,
                format!(
                    "a task of {} does not fit beside the {} of blocks that later tasks need; the budget is {}",
                    human_bytes(bytes as u64),
                    human_bytes(self.held_bytes as u64),
                    human_bytes(self.memory as u64)
                ),
            )
            .at(self.plan.describe_stage(&self.plan.stages()[task.stage]))
            .help("raise the budget, make chunks smaller, or write the intermediate result to a store first"));
        }
        self.ready.pop_front();
        self.running += 1;
        self.running_bytes += bytes;
        self.peak = self.peak.max(self.running_bytes + self.held_bytes);
        Ok(Some(task))
    }

    /// Takes a task off the list; the kept blocks that nobody needs any more.
    pub(super) fn done(&mut self, task: Task, done: &Done) -> Vec<(usize, usize)> {
        self.abort(task);
        self.finished += 1;
        self.held_bytes = self.held_bytes.saturating_add_signed(done.states) + done.kept.unwrap_or(0);
        self.peak = self.peak.max(self.running_bytes + self.held_bytes);
        let mut free = Vec::new();
        for block in self.plan.needed_blocks(task) {
            let left = self.uses.get_mut(&block).expect("uses were counted");
            *left -= 1;
            if *left == 0 {
                self.uses.remove(&block);
                if let Some(KeptBlock::There { bytes }) = self.blocks.remove(&block) {
                    self.held_bytes = self.held_bytes.saturating_sub(bytes);
                }
                free.push(block);
            }
        }
        if let Some(bytes) = done.kept {
            let block = (task.stage, task.chunk);
            self.blocks.insert(block, KeptBlock::There { bytes });
            for waiter in self.waiters.remove(&block).unwrap_or_default() {
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

    /// Takes a failed task off the list of running ones.
    pub(super) fn abort(&mut self, task: Task) {
        self.running -= 1;
        self.running_bytes -= self.plan.stages()[task.stage].task_bytes;
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
        // Much is coming already; more would only hold blocks.
        if self.waiting.len() > self.threads {
            return false;
        }
        let Some(&(stage, chunk)) = self.roots.front() else { return false };
        if chunk + 1 < self.plan.stages()[stage].grid.count() {
            self.roots[0].1 += 1;
        } else {
            self.roots.pop_front();
        }
        self.expand(Task { stage, chunk, segment: 0 });
        true
    }

    /// Adds a task after the tasks that make the blocks it needs.
    fn expand(&mut self, task: Task) {
        let mut missing = 0;
        for block in self.plan.needed_blocks(task) {
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
