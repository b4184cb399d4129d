//! How many tasks run at the same time in one process: as many as fit into its memory.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::plan::human_bytes;
use crate::source::Cancel;

/// Who waits looks so often whether the run was cancelled.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Lets tasks in as long as their bytes fit beside each other.
pub(super) struct Gate {
    memory: usize,
    taken: Mutex<usize>,
    free: Condvar,
}

/// The bytes of a task that is at work.
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    bytes: usize,
    /// Bytes of all that were at work when this one began.
    pub(super) peak: usize,
}

impl Gate {
    pub(super) fn new(memory: usize) -> Self {
        Gate { memory, taken: Mutex::default(), free: Condvar::new() }
    }

    /// Waits until so many bytes fit.
    ///
    /// # Errors
    /// If they never will, or the run is cancelled meanwhile.
    pub(super) fn pass(&self, bytes: usize, cancel: &Cancel) -> Result<Pass<'_>> {
        if bytes > self.memory {
            return Err(Error::new(
                ErrorKind::Memory,
                format!(
                    "a task needs {}, the worker has {}",
                    human_bytes(bytes as u64),
                    human_bytes(self.memory as u64)
                ),
            )
            .help("make chunks smaller, or start workers with a larger memory limit"));
        }
        let mut taken = self.taken();
        while *taken + bytes > self.memory {
            if cancel.is_cancelled() {
                return Err(Error::new(ErrorKind::Cancelled, "the run was cancelled"));
            }
            taken = self.free.wait_timeout(taken, LOOK_EVERY).unwrap_or_else(PoisonError::into_inner).0;
        }
        *taken += bytes;
        Ok(Pass { gate: self, bytes, peak: *taken })
    }

    /// How many bytes it lets in.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    fn taken(&self) -> MutexGuard<'_, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        *self.gate.taken() -= self.bytes;
        self.gate.free.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn tasks_wait_until_they_fit_beside_each_other() {
        let (gate, cancel) = (Gate::new(100), Cancel::new());
        let first = gate.pass(60, &cancel).unwrap();
        let beside = gate.pass(40, &cancel).unwrap();
        assert_eq!((first.peak, beside.peak), (60, 100));
        let (told, heard) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| told.send(gate.pass(50, &cancel).map(|pass| pass.peak)).unwrap());
            // There are 40 free when this one is done: too few.
            drop(beside);
            assert!(heard.recv_timeout(3 * LOOK_EVERY).is_err());
            drop(first);
            assert_eq!(heard.recv().unwrap().unwrap(), 50);
        });
        assert_eq!(*gate.taken(), 0);
    }

    #[test]
    fn who_waits_goes_when_the_run_is_cancelled() {
        let (gate, cancel) = (Gate::new(100), Cancel::new());
        let first = gate.pass(60, &cancel).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| gate.pass(60, &cancel).err().map(|e| e.kind()));
            cancel.cancel();
            assert_eq!(waiting.join().unwrap(), Some(ErrorKind::Cancelled));
        });
        drop(first);
        // What never fits does not wait.
        let too_large = gate.pass(101, &Cancel::new()).err().unwrap();
        assert_eq!(too_large.kind(), ErrorKind::Memory);
        assert!(too_large.to_string().contains("start workers with a larger memory limit"), "{too_large}");
    }
}
