//! Who may write a store at the same time.

use std::any::Any;
use std::fmt;

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
