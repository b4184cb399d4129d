//! One run on a Dask cluster: windows of batches go out, events come in.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_bytes::ByteBuf;

use super::bridge::{Bridge, Event, Submitted, Worker, kind_of};
use super::threads_of;
use crate::array::Block;
use crate::cluster::batch::{Batches, Numbered, batches_of};
use crate::cluster::parcel::Parcel;
use crate::cluster::worker::writes_elsewhere;
use crate::error::{Error, Result};
use crate::exec::{Cancel, Outcome, Progress, Report};
use crate::plan::{Plan, StageKind};
use crate::source::Traffic;

/// A graph of more batches at once would block the scheduler for seconds.
const WINDOW: usize = 2_000;

/// So many batches are handed over and not done.
const HANDED_OVER: usize = 10_000;

/// Where blocks come back to be written here, each thread has so many on their way.
const COMING_BACK: usize = 3;

/// How often the switch of cancellation is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long a run that failed or was cancelled may take to end.
const ENDING: Duration = Duration::from_secs(30);

/// Progress is told at most this often.
const TELL_EVERY: Duration = Duration::from_millis(200);

pub(super) type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// A run on its way.
pub(super) struct Run<'a> {
    bridge: &'a mut Bridge,
    known_workers: &'a Mutex<Vec<Worker>>,
    plan: &'a Plan,
    id: String,
    batches: Batches,
    /// For each batch the last one that needs its value.
    last_users: Vec<Option<usize>>,
    submitted: usize,
    done: Vec<bool>,
    unfinished: usize,
    /// Values that have not come.
    awaited: usize,
    release: Vec<usize>,
    outputs: Vec<Block>,
    io: Traffic,
    report: Report,
    tasks_done: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        bridge: &'a mut Bridge,
        plan: &'a Plan,
        known_workers: &'a Mutex<Vec<Worker>>,
        cancel: &Cancel,
        batch_bytes: usize,
    ) -> Result<Self> {
        let workers = known_workers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let threads = threads_of(&workers);
        let batches = batches_of(plan, threads, batch_bytes)?;
        let count = batches.list.len();
        let outputs = plan.output_metas().into_iter().map(|m| Block::zeros(m.dtype, &m.shape())).collect();
        let report = Report {
            tasks: plan.task_count(),
            resumed: batches.resumed as u64,
            threads,
            memory: workers.iter().map(|w| w.memory as u64).sum(),
            ..Report::default()
        };
        Ok(Run {
            bridge,
            known_workers,
            plan,
            id: new_id(),
            last_users: last_users(&batches.list),
            submitted: 0,
            done: vec![false; count],
            unfinished: 0,
            awaited: 0,
            release: Vec::new(),
            outputs,
            io: Traffic::new(cancel.clone()),
            tasks_done: batches.resumed,
            batches,
            report,
        })
    }

    /// Runs all batches.
    ///
    /// # Errors
    /// The first error of a task, or that of the cluster; then nothing of the run is left there.
    pub(super) fn run(mut self, on_progress: Option<&OnProgress>) -> Result<Outcome> {
        let begun = Instant::now();
        let outcome = self.all(on_progress);
        let ended = match &outcome {
            Ok(()) => self.bridge.end(&self.id),
            Err(_) => self.bridge.cancel(&self.id),
        };
        // The error of the run says more than that of its end.
        let ended = ended.and_then(|()| self.wait_for_end());
        outcome?;
        ended?;
        self.report.elapsed = begun.elapsed();
        Ok(Outcome { blocks: self.outputs, report: self.report })
    }

    fn all(&mut self, on_progress: Option<&OnProgress>) -> Result<()> {
        self.bridge.plan(&self.id, &self.plan.to_bytes()?)?;
        let writes_here = (0..self.plan.stages().len()).any(|s| writes_elsewhere(self.plan, s));
        let most = if writes_here { COMING_BACK * self.report.threads } else { HANDED_OVER };
        let mut told = Instant::now();
        while self.submitted < self.batches.list.len() || self.unfinished + self.awaited > 0 {
            let coming = self.unfinished.max(self.awaited);
            if coming <= most / 2 && self.submitted < self.batches.list.len() {
                self.submit((most - coming).min(WINDOW))?;
            }
            self.let_go()?;
            if let Some(event) = self.bridge.next(LOOK_EVERY)? {
                self.take(event)?;
            }
            self.io.check()?;
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                self.tell(on_progress);
            }
        }
        self.tell(on_progress);
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
            self.awaited += usize::from(of.gather);
        }
        self.bridge.submit(&self.id, &window)?;
        // What only these needed is known to the scheduler now.
        let first = std::mem::replace(&mut self.submitted, end);
        for id in first..end {
            for &input in &self.batches.list[id].inputs {
                if self.done[input] && self.last_users[input] == Some(id) {
                    self.release.push(input);
                }
            }
        }
        Ok(())
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
            Event::Done { run, id, read, written, resumed, peak } if run == self.id => {
                let of = self.batches.list.get(id).ok_or_else(|| unknown(id))?;
                if std::mem::replace(&mut self.done[id], true) {
                    return Ok(());
                }
                self.unfinished -= 1;
                self.tasks_done += of.tasks;
                self.report.bytes_read += read;
                self.report.bytes_written += written;
                self.report.resumed += resumed;
                self.report.peak_bytes = self.report.peak_bytes.max(peak);
                let still_needed = self.last_users[id].is_some_and(|user| user >= self.submitted);
                if !still_needed && !of.gather {
                    self.release.push(id);
                }
                Ok(())
            }
            Event::Result { run, id, data } if run == self.id => {
                self.awaited -= 1;
                self.release.push(id);
                self.place(&data)
            }
            Event::Failed { run, id, error } if run.as_ref().is_none_or(|run| *run == self.id) => {
                let stage = id.and_then(|id| self.batches.list.get(id)).map(|of| of.batch.stage());
                Err(match stage {
                    Some(stage) => error.at(self.plan.describe_stage(&self.plan.stages()[stage])),
                    None => error,
                })
            }
            Event::Workers(workers) => {
                if workers.is_empty() {
                    tracing::warn!("the cluster has no workers left: the run waits until one comes");
                }
                *self.known_workers.lock().unwrap_or_else(PoisonError::into_inner) = workers;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Puts blocks that have come to their place: into a result, or to where only this process can write.
    fn place(&mut self, data: &[u8]) -> Result<()> {
        let parcel = Parcel::of(data)?;
        for (i, entry) in parcel.entries().iter().enumerate() {
            let stage = self.plan.stages().get(entry.stage).ok_or_else(|| unknown(entry.stage))?;
            let blocks = parcel.blocks(i)?;
            let [block] = &blocks[..] else { return Err(Error::internal("a result is no single block")) };
            let region = stage.grid.region(entry.chunk);
            match &stage.kind {
                StageKind::Output { output, .. } => self.outputs[*output].assign(&region, block),
                StageKind::Write { sink, .. } => {
                    sink.write(&region, block, &self.io)?;
                    self.report.bytes_written += block.nbytes() as u64;
                }
                _ => return Err(Error::internal("a block came back that nobody wants")),
            }
        }
        Ok(())
    }

    fn tell(&self, on_progress: Option<&OnProgress>) {
        if let Some(f) = on_progress {
            f(Progress {
                done: self.tasks_done.min(self.report.tasks),
                total: self.report.tasks,
                bytes_read: self.report.bytes_read,
                bytes_written: self.report.bytes_written,
            });
        }
    }

    fn wait_for_end(&mut self) -> Result<()> {
        let until = Instant::now() + ENDING;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            match self.bridge.next(left)? {
                Some(Event::End { run }) if run == self.id => return Ok(()),
                _ => {}
            }
        }
        Err(Error::internal("the bridge to Dask does not end the run"))
    }
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

/// A name that no other run has.
fn new_id() -> String {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    format!("{:x}-{since:x}-{:x}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed))
}
