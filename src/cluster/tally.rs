//! What a run has done so far.

use std::time::Instant;

use super::batch::Batches;
use super::worker::Counts;
use crate::exec::{Progress, Report, Watch};
use crate::source::Traffic;

/// The report of a run under way.
pub(crate) struct Tally {
    begun: Instant,
    report: Report,
    tasks: usize,
    /// What this process reads and writes itself.
    pub(crate) io: Traffic,
}

impl Tally {
    /// Nothing is done but what an earlier run did.
    pub(crate) fn new(batches: &Batches, threads: usize, memory: u64, watch: &Watch) -> Self {
        let resumed = batches.resumed;
        let report = Report {
            tasks: resumed + batches.list.iter().map(|of| of.tasks).sum::<usize>(),
            resumed: resumed as u64,
            threads,
            memory,
            ..Report::default()
        };
        Tally { begun: Instant::now(), report, tasks: resumed, io: Traffic::new(watch.cancel.clone()) }
    }

    /// A batch of so many tasks is done.
    pub(crate) fn add(&mut self, tasks: usize, counts: &Counts) {
        self.tasks += tasks;
        self.report.bytes_read += counts.read;
        self.report.bytes_written += counts.written;
        self.report.resumed += counts.resumed;
        self.report.peak_bytes = self.report.peak_bytes.max(counts.peak);
    }

    /// A batch of so many tasks was done by an earlier run.
    pub(crate) fn add_resumed(&mut self, tasks: usize) {
        self.add(tasks, &Counts { resumed: tasks as u64, ..Counts::default() });
    }

    /// Threads of the cluster.
    #[cfg(feature = "dask")]
    pub(crate) fn threads(&self) -> usize {
        self.report.threads
    }

    /// How far it is, if so many more tasks are done.
    pub(crate) fn progress(&self, more: usize) -> Progress {
        Progress {
            done: (self.tasks + more).min(self.report.tasks),
            total: self.report.tasks,
            bytes_read: self.report.bytes_read,
            bytes_written: self.report.bytes_written + self.io.written(),
        }
    }

    /// The report of the run, which is over.
    pub(crate) fn finish(mut self) -> Report {
        self.report.bytes_written += self.io.written();
        self.report.elapsed = self.begun.elapsed();
        self.report
    }
}
