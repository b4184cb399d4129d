//! Who may write a store at the same time.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// What one wants to do with a store while nobody disturbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Write chunks that nobody else writes; others may do so too.
    Shared,
    /// Change metadata: alone.
    Exclusive,
}

/// Keeps an access until it is dropped.
pub struct Guard(
    #[expect(dead_code, reason = "it acts when it is dropped")] Option<Box<dyn Any + Send + Sync>>,
);

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

impl Guard {
    /// The guard of a store that nobody else can reach, or that has no locks.
    ///
    /// ```
    /// # use graticule::io::store::Guard;
    /// drop(Guard::none());
    /// ```
    pub fn none() -> Self {
        Guard(None)
    }

    /// A guard that keeps something alive: what frees the lock when it is dropped.
    ///
    /// ```
    /// # use graticule::io::store::Guard;
    /// let file = std::sync::Arc::new("an open file");
    /// let guard = Guard::of(file.clone());
    /// drop(guard);
    /// assert_eq!(std::sync::Arc::strong_count(&file), 1);
    /// ```
    pub fn of(kept: impl Any + Send + Sync) -> Self {
        Guard(Some(Box::new(kept)))
    }
}

/// Who writes a store that lives in the memory of this process.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// How many write at present; -1 is one that is alone.
    writers: Mutex<i64>,
    freed: Condvar,
}

/// Frees the access when it is dropped.
struct Turn {
    turns: Arc<Turns>,
    access: Access,
}

impl Turns {
    /// Waits until the access can be had.
    pub fn take(self: &Arc<Self>, access: Access) -> Guard {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        while !is_free(*writers, access) {
            writers = self.freed.wait(writers).unwrap_or_else(PoisonError::into_inner);
        }
        self.begin(&mut writers, access)
    }

    /// The access, if nobody has one that excludes it.
    #[cfg_attr(not(feature = "icechunk"), expect(dead_code, reason = "only sessions are committed"))]
    pub fn try_take(self: &Arc<Self>, access: Access) -> Option<Guard> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        is_free(*writers, access).then(|| self.begin(&mut writers, access))
    }

    fn begin(self: &Arc<Self>, writers: &mut i64, access: Access) -> Guard {
        *writers = if access == Access::Exclusive { -1 } else { *writers + 1 };
        Guard::of(Turn { turns: self.clone(), access })
    }
}

fn is_free(writers: i64, access: Access) -> bool {
    match access {
        Access::Shared => writers >= 0,
        Access::Exclusive => writers == 0,
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut writers = self.turns.writers.lock().unwrap_or_else(PoisonError::into_inner);
        *writers = if self.access == Access::Exclusive { 0 } else { *writers - 1 };
        self.turns.freed.notify_all();
    }
}
