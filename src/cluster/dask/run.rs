//! One run on a Dask cluster: windows of batches go out, events come in.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_bytes::ByteBuf;

use super::bridge::{Bridge, Event, Submitted, Worker, kind_of};
use super::threads_of;
use crate::cluster::batch::{Batches, Merges, Numbered, batches_of};
use crate::cluster::gathered::Gathered;
use crate::cluster::new_id;
use crate::cluster::tally::Tally;
use crate::cluster::worker::writes_elsewhere;
use crate::error::{Error, Result};
use crate::exec::{Outcome, Watch};
use crate::plan::Plan;

/// A graph of more batches at once would block the scheduler for seconds.
const WINDOW: usize = 2_000;

/// So many batches are handed over and not done.
const HANDED_OVER: usize = 10_000;

/// Where blocks come back to be written here, each thread has so many on their way.
const COMING_BACK: usize = 3;

/// How often the switch of cancellation is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long a run that failed or was cancelled may take to end: the bridge gives batches a minute.
const ENDING: Duration = Duration::from_secs(75);

/// Progress is told at most this often.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Bytes that a run goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// What a batch works on, about.
    pub(super) batch_bytes: usize,
    /// What this program takes in at the same time.
    pub(super) room: usize,
}

/// A run on its way.
pub(super) struct Run<'a> {
    bridge: &'a mut Bridge,
    known_workers: &'a Mutex<Vec<Worker>>,
    plan: &'a Plan,
    watch: &'a Watch,
    sizes: Sizes,
    id: String,
    batches: Batches,
    /// For each batch the last one that needs its value.
    last_users: Vec<Option<usize>>,
    submitted: usize,
    done: Vec<bool>,
    unfinished: usize,
    /// Batches whose values have not come.
    awaited: HashSet<usize>,
    release: Vec<usize>,
    gathered: Gathered<'a>,
    tally: Tally,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        bridge: &'a mut Bridge,
        plan: &'a Plan,
        known_workers: &'a Mutex<Vec<Worker>>,
        watch: &'a Watch,
        sizes: Sizes,
    ) -> Result<Self> {
        let workers = known_workers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let threads = threads_of(&workers);
        let batches = batches_of(plan, threads, sizes.batch_bytes, Merges::AsTheyCome)?;
        let count = batches.list.len();
        let memory = workers.iter().map(|w| w.memory as u64).sum();
        let tally = Tally::new(&batches, threads, memory, watch);
        Ok(Run {
            bridge,
            known_workers,
            plan,
            sizes,
            id: new_id(),
            last_users: last_users(&batches.list),
            submitted: 0,
            done: vec![false; count],
            unfinished: 0,
            awaited: HashSet::new(),
            release: Vec::new(),
            gathered: Gathered::new(plan),
            watch,
            batches,
            tally,
        })
    }

    /// Runs all batches.
    ///
    /// # Errors
    /// The first error of a task, or that of the cluster; then nothing of the run is left there.
    pub(super) fn run(mut self) -> Result<Outcome> {
        let outcome = self.all();
        let ended = match &outcome {
            Ok(()) => self.bridge.end(&self.id),
            Err(_) => self.bridge.cancel(&self.id),
        };
        // The error of the run says more than that of its end.
        let ended = ended.and_then(|()| self.wait_for_end());
        outcome?;
        ended?;
        Ok(Outcome { blocks: self.gathered.into_outputs(), report: self.tally.finish() })
    }

    fn all(&mut self) -> Result<()> {
        self.bridge.plan(&self.id, &self.plan.to_bytes()?)?;
        let writes_here = (0..self.plan.stages().len()).any(|s| writes_elsewhere(self.plan, s));
        let most = match writes_here {
            true => (COMING_BACK * self.tally.threads())
                .min(self.sizes.room / self.sizes.batch_bytes.max(1))
                .max(1),
            false => HANDED_OVER,
        };
        let mut told = Instant::now();
        while self.submitted < self.batches.list.len() || self.unfinished + self.awaited.len() > 0 {
            let coming = self.unfinished.max(self.awaited.len());
            if coming <= most / 2 && self.submitted < self.batches.list.len() {
                self.submit((most - coming).min(WINDOW))?;
            }
            self.let_go()?;
            if let Some(event) = self.bridge.next(LOOK_EVERY)? {
                self.take(event)?;
            }
            self.tally.io.check()?;
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                self.watch.tell(self.tally.progress(0));
            }
        }
        self.watch.tell(self.tally.progress(0));
        Ok(())
    }

    fn submit(&mut self, count: usize) -> Result<()> {
        let end = self.batches.list.len().min(self.submitted + count);
        let mut window = Vec::with_capacity(end - self.submitted);
        for id in self.submitted..end {
            let of = &self.batches.list[id];
            let spec = rmp_serde::to_vec(&of.batch)
                .map_err(|e| Error::internal("a batch cannot be written").caused_by(e))?;
            window.push(Submitted {
                id,
                stage: of.batch.stage(),
                kind: kind_of(&of.batch),
                spec: ByteBuf::from(spec),
                inputs: of.inputs.clone(),
                gather: of.gather,
            });
            self.unfinished += 1;
            if of.gather {
                self.awaited.insert(id);
            }
        }
        self.bridge.submit(&self.id, &window)?;
        // What only these needed is known to the scheduler now.
        let first = std::mem::replace(&mut self.submitted, end);
        let needed = self.batches.list[first..end].iter().flat_map(|of| &of.inputs);
        let free: HashSet<usize> = needed.copied().filter(|&id| self.is_free(id)).collect();
        self.release.extend(free);
        Ok(())
    }

    /// Whether the value of a batch is of no more use here: it is made, has come if it was to come, and whoever needs it on
    /// the cluster is known there.
    fn is_free(&self, id: usize) -> bool {
        let needed = self.last_users[id].is_some_and(|user| user >= self.submitted);
        self.done[id] && !needed && !self.awaited.contains(&id)
    }

    /// Lets values go that nobody will ask for.
    fn let_go(&mut self) -> Result<()> {
        if self.release.is_empty() {
            return Ok(());
        }
        let ids = std::mem::take(&mut self.release);
        self.bridge.release(&self.id, &ids)
    }

    fn take(&mut self, event: Event) -> Result<()> {
        match event {
            Event::Done { run, id, counts } if run == self.id => {
                let of = self.batches.list.get(id).ok_or_else(|| unknown(id))?;
                if std::mem::replace(&mut self.done[id], true) {
                    return Ok(());
                }
                self.unfinished -= 1;
                self.tally.add(of.tasks, &counts);
                if self.is_free(id) {
                    self.release.push(id);
                }
                Ok(())
            }
            Event::Result { run, id, data } if run == self.id => {
                self.awaited.remove(&id);
                if self.is_free(id) {
                    self.release.push(id);
                }
                self.gathered.place(&data, &self.tally.io)
            }
            Event::Failed { run, id, error } if run.as_ref().is_none_or(|run| *run == self.id) => {
                let stage = id.and_then(|id| self.batches.list.get(id)).map(|of| of.batch.stage());
                Err(match stage {
                    Some(stage) => error.at(self.plan.describe_stage(&self.plan.stages()[stage])),
                    None => error,
                })
            }
            Event::Workers(workers) => {
                note_workers(self.known_workers, workers);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn wait_for_end(&mut self) -> Result<()> {
        let until = Instant::now() + ENDING;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            match self.bridge.next(left)? {
                Some(Event::End { run }) if run == self.id => return Ok(()),
                Some(Event::Workers(workers)) => note_workers(self.known_workers, workers),
                _ => {}
            }
        }
        Err(Error::internal("the bridge to Dask does not end the run"))
    }
}

/// Takes note of the workers that there are.
pub(super) fn note_workers(known: &Mutex<Vec<Worker>>, workers: Vec<Worker>) {
    if workers.is_empty() {
        tracing::warn!("the cluster has no workers left: runs wait until one comes");
    }
    *known.lock().unwrap_or_else(PoisonError::into_inner) = workers;
}

fn unknown(id: usize) -> Error {
    Error::internal(format!("the cluster tells of {id}, which it was not given"))
}

/// For each batch the last one that needs its value.
fn last_users(list: &[Numbered]) -> Vec<Option<usize>> {
    let mut last = vec![None; list.len()];
    for (user, batch) in list.iter().enumerate() {
        batch.inputs.iter().for_each(|&i| last[i] = Some(user));
    }
    last
}
