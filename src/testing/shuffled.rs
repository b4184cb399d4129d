//! An executor for tests: tasks in random order on random threads.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use crate::array::Block;
use crate::error::{Error, Result};
use crate::exec::{Executor, Kept, Outcome, Report, finish_fold, merge_states, run_segment, run_task};
use crate::lazy::State;
use crate::plan::{Plan, StageKind, Task};
use crate::source::Traffic;

/// Runs the tasks of a plan in an order that a seed decides on, on threads that take what they find: a plan gives
/// the same bits here as with [`Local`](crate::exec::Local), or an operation of it depends on the order of tasks.
///
/// It keeps every block to the end and knows no budget: for tests of operations, sources and executors.
///
/// ```
/// # use graticule::prelude::*;
/// use graticule::testing::Shuffled;
/// let a = DataArray::from_vec(&[("x", 5)], vec![0.1, 0.2, 0.3, 0.4, 0.5])?.chunk("x", 2)?;
/// let mean = a.mean("x")?;
/// let expected = mean.compute()?.to_vec::<f64>()?;
/// for seed in 0..10 {
///     assert_eq!(mean.compute_on(&Shuffled::new(seed).threads(3))?.0.to_vec::<f64>()?, expected);
/// }
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Shuffled {
    seed: u64,
    threads: usize,
}

impl Shuffled {
    /// The order of this seed, on two threads.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::testing::Shuffled;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.chunk("x", 1)?;
    /// assert_eq!(a.sum("x")?.compute_on(&Shuffled::new(7))?.0.to_vec::<i64>()?, [6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(seed: u64) -> Self {
        Shuffled { seed, threads: 2 }
    }

    /// With so many threads (at least one). On one thread a seed gives the same order every time.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::testing::Shuffled;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.chunk("x", 1)?;
    /// assert_eq!(a.sum("x")?.compute_on(&Shuffled::new(7).threads(4))?.1.threads, 4);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }
}

impl Executor for Shuffled {
    fn run(&self, plan: &Plan) -> Result<Outcome> {
        let begun = Instant::now();
        let outputs = plan.output_metas().iter().map(|m| Block::zeros(m.dtype, &m.shape())).collect();
        let run = Run {
            plan,
            io: Traffic::default(),
            kept: RwLock::default(),
            board: Mutex::new(Board::new(plan, self.seed, outputs)),
            news: Condvar::new(),
        };
        std::thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| run.work());
            }
        });
        let board = run.board.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = board.failed {
            return Err(error);
        }
        let report = Report {
            tasks: board.finished,
            bytes_read: run.io.read(),
            bytes_written: run.io.written(),
            resumed: run.io.resumed(),
            elapsed: begun.elapsed(),
            threads: self.threads,
            ..Report::default()
        };
        Ok(Outcome { blocks: board.outputs, report })
    }
}

/// The states of a segment of this number.
type Segment = (usize, Vec<State>);

/// By stage and chunk.
type KeptBlocks = HashMap<(usize, usize), Arc<Vec<Block>>>;

/// What all threads look at: what may run, what waits, what is there.
struct Board {
    random: u64,
    ready: Vec<Task>,
    /// Tasks by the number of blocks that they still wait for.
    waiting: HashMap<Task, usize>,
    waiters: HashMap<(usize, usize), Vec<Task>>,
    states: HashMap<(usize, usize), Vec<Segment>>,
    outputs: Vec<Block>,
    running: usize,
    finished: usize,
    failed: Option<Error>,
}

impl Board {
    /// All tasks that the results need.
    fn new(plan: &Plan, seed: u64, outputs: Vec<Block>) -> Self {
        let mut board = Board {
            random: seed,
            ready: Vec::new(),
            waiting: HashMap::new(),
            waiters: HashMap::new(),
            states: HashMap::new(),
            outputs,
            running: 0,
            finished: 0,
            failed: None,
        };
        let roots = plan.stages().iter().enumerate().filter(|(_, s)| !s.keeps());
        let mut chunks: Vec<_> = roots.flat_map(|(s, r)| (0..r.grid.count()).map(move |c| (s, c))).collect();
        let mut seen = HashSet::new();
        while let Some((stage, chunk)) = chunks.pop() {
            if !seen.insert((stage, chunk)) {
                continue;
            }
            for segment in 0..plan.stages()[stage].segments() {
                let task = Task { stage, chunk, segment };
                let needed = plan.needed_blocks(task);
                match needed.len() {
                    0 => board.ready.push(task),
                    n => drop(board.waiting.insert(task, n)),
                }
                for block in needed {
                    board.waiters.entry(block).or_default().push(task);
                    chunks.push(block);
                }
            }
        }
        board
    }

    /// Any of the tasks that may run.
    fn take(&mut self) -> Option<Task> {
        // splitmix64 (Steele, Lea & Flood 2014).
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let n = self.ready.len() as u64;
        (n > 0).then(|| self.ready.swap_remove(((z ^ (z >> 31)) % n) as usize))
    }

    /// The tasks that waited for a block.
    fn there(&mut self, block: (usize, usize)) {
        for task in self.waiters.remove(&block).unwrap_or_default() {
            let missing = self.waiting.get_mut(&task).expect("a waiter waits");
            *missing -= 1;
            if *missing == 0 {
                self.waiting.remove(&task);
                self.ready.push(task);
            }
        }
    }
}

struct Run<'a> {
    plan: &'a Plan,
    io: Traffic,
    kept: RwLock<KeptBlocks>,
    board: Mutex<Board>,
    news: Condvar,
}

impl Kept for Run<'_> {
    fn blocks(&self, stage: usize, chunk: usize) -> Option<Arc<Vec<Block>>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(&(stage, chunk)).cloned()
    }
}

impl Run<'_> {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes tasks until there are none and none can come.
    fn work(&self) {
        let mut board = self.board();
        loop {
            let Some(task) = board.take().filter(|_| board.failed.is_none()) else {
                if board.running == 0 || board.failed.is_some() {
                    return;
                }
                board = self.news.wait(board).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            board.running += 1;
            drop(board);
            let done = self.task(task);
            board = self.board();
            board.running -= 1;
            match done {
                Ok(()) => board.finished += 1,
                Err(e) => drop(board.failed.get_or_insert(e)),
            }
            self.news.notify_all();
        }
    }

    fn task(&self, task: Task) -> Result<()> {
        let stage = &self.plan.stages()[task.stage];
        if let StageKind::Fold { segments, .. } = stage.kind {
            let states = run_segment(self.plan, task, self, &self.io)?;
            let mut board = self.board();
            let all = board.states.entry((task.stage, task.chunk)).or_default();
            all.push((task.segment, states));
            if all.len() < segments {
                return Ok(());
            }
            let mut all = std::mem::take(all);
            drop(board);
            all.sort_by_key(|(segment, _)| *segment);
            let mut all = all.into_iter().map(|(_, states)| states);
            let mut first = all.next().ok_or_else(|| Error::internal("a fold without segments"))?;
            all.try_for_each(|later| merge_states(self.plan, task.stage, &mut first, later))?;
            self.keep(task, finish_fold(self.plan, task.stage, first)?);
            return Ok(());
        }
        match (&stage.kind, run_task(self.plan, task, self, &self.io)?) {
            (StageKind::Keep { .. }, Some(block)) => self.keep(task, vec![block]),
            (StageKind::Spill { .. }, _) => {
                return Err(Error::unsupported("this executor puts nothing on disk")
                    .help("make the plan without a scratch folder"));
            }
            (StageKind::Output { output, .. }, Some(block)) => {
                self.board().outputs[*output].assign(&stage.grid.region(task.chunk), &block);
            }
            _ => {}
        }
        Ok(())
    }

    fn keep(&self, task: Task, blocks: Vec<Block>) {
        let block = (task.stage, task.chunk);
        self.kept.write().unwrap_or_else(PoisonError::into_inner).insert(block, Arc::new(blocks));
        self.board().there(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::DataArray;

    #[test]
    fn orders_differ_and_failures_end_the_run() {
        let a = DataArray::from_vec(&[("x", 6)], vec![1, 2, 3, 4, 5, 6]).unwrap().chunk("x", 1).unwrap();
        let plan =
            |a: &DataArray| Plan::new(&[crate::plan::Target::Memory(a.variable().data().clone())]).unwrap();
        let doubled = plan(&a.mul(2).unwrap());
        let order = |seed| {
            let mut board = Board::new(&doubled, seed, Vec::new());
            std::iter::from_fn(|| board.take()).map(|t| t.chunk).collect::<Vec<_>>()
        };
        assert_eq!(order(1).len(), 6);
        assert_ne!(order(1), order(2));
        assert_eq!(order(1), order(1));
        let failing = a.map_blocks(|_| Err(Error::invalid("no")), &a).unwrap();
        assert!(Shuffled::new(1).threads(3).run(&plan(&failing)).is_err());
        let panicking = a.map_blocks(|_| panic!("no"), &a).unwrap();
        let e = Shuffled::new(1).threads(3).run(&plan(&panicking)).unwrap_err();
        assert!(e.to_string().contains("panicked"), "{e}");
    }
}
