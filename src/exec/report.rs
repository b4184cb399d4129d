//! What a run does and did.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::plan::human_bytes;
use crate::source::Cancel;

/// Who looks on at the runs of an executor: who is told of progress, and the switch that ends them.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    on_progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
    pub(crate) cancel: Cancel,
}

impl Watch {
    pub(crate) fn on_progress(&mut self, f: impl Fn(Progress) + Send + Sync + 'static) {
        self.on_progress = Some(Arc::new(f));
    }

    /// Whether anybody wants to be told.
    pub(crate) fn is_told(&self) -> bool {
        self.on_progress.is_some()
    }

    pub(crate) fn tell(&self, progress: Progress) {
        if let Some(f) = &self.on_progress {
            f(progress);
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Tasks that are done.
    pub done: usize,
    /// Tasks in all.
    pub total: usize,
    /// Stored bytes read so far.
    pub bytes_read: u64,
    /// Stored bytes written so far.
    pub bytes_written: u64,
}

/// What a run took.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Tasks that ran.
    pub tasks: usize,
    /// Stored bytes read.
    pub bytes_read: u64,
    /// Stored bytes written.
    pub bytes_written: u64,
    /// Chunks that an earlier run had written: these were not computed again.
    pub resumed: u64,
    /// Wall time.
    pub elapsed: Duration,
    /// Most bytes that tasks and kept blocks held at once, by the plan's own count.
    pub peak_bytes: u64,
    /// Threads that worked.
    pub threads: usize,
    /// The budget.
    pub memory: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} tasks in {:.2} s on {} thread(s): read {}, wrote {}, held at most {} of {}",
            self.tasks,
            self.elapsed.as_secs_f64(),
            self.threads,
            human_bytes(self.bytes_read),
            human_bytes(self.bytes_written),
            human_bytes(self.peak_bytes),
            human_bytes(self.memory)
        )?;
        match self.resumed {
            0 => Ok(()),
            n => write!(f, "; {n} chunks were there from an earlier run"),
        }
    }
}
