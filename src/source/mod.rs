//! What gives blocks and what takes them: [`Source`] and [`Sink`], as descriptions that can travel.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use crate::array::{Block, ChunkGrid, Place, Region};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};

/// An array somewhere: a description (path, name, dtype, grid), never an open handle.
///
/// It serialises by name, so a plan that holds it can travel; handles are opened on first use and
/// shared by all readers of one file.
#[typetag::serde(tag = "_source")]
pub trait Source: Debug + Send + Sync {
    /// The type of the elements as stored.
    fn dtype(&self) -> DType;
    /// The chunks as stored; gives the shape too.
    fn grid(&self) -> ChunkGrid;
    /// Reads a box, decoding only the chunks that it touches. Called from many threads at once, and
    /// serial inside: the executor is what runs in parallel.
    ///
    /// # Errors
    /// If the store cannot be read or holds something broken.
    fn read(&self, region: &Region, io: &Traffic) -> Result<Block>;
    /// Reads a box to where it belongs: without a copy, if a source can.
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    fn read_into(&self, region: &Region, io: &Traffic, place: &mut Place<'_>) -> Result<()> {
        place.fill(&self.read(region, io)?)
    }
    /// Bytes of memory that reading a box needs besides the box itself: the chunks it decodes.
    fn scratch_bytes(&self, region: &Region) -> usize {
        let grid = self.grid();
        let touched: usize = (grid.axes().iter().zip(region.ranges()))
            .map(|(a, r)| if a.touched(r).is_empty() { 0 } else { a.largest() })
            .product();
        touched * self.dtype().size()
    }
    /// What tells other data of the same description apart, as far as it is cheap to know: for a file, its length and
    /// the time of its last change. A run is continued only if it is the same.
    fn stamp(&self) -> Option<String> {
        None
    }
    /// How many reads at the same time it serves best: more than one thread a core where each waits for a server.
    fn requests(&self) -> usize {
        1
    }
    /// One line for plans and errors: what and where.
    fn describe(&self) -> String;
}

/// The length of a file and the time of its last change: a [`stamp`](Source::stamp) for what lies in it. `None` if it
/// cannot be told.
///
/// ```
/// # use graticule::source::stamp_of_file;
/// # let path = std::env::temp_dir().join(format!("graticule-stamp-{}", std::process::id()));
/// std::fs::write(&path, "some")?;
/// let before = stamp_of_file(&path);
/// std::fs::write(&path, "more text")?;
/// assert!(before.is_some() && before != stamp_of_file(&path));
/// # std::fs::remove_file(path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn stamp_of_file(path: &Path) -> Option<String> {
    let file = std::fs::metadata(path).ok()?;
    let changed = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} bytes, {} ns", file.len(), changed.as_nanos()))
}

/// An array somewhere that is being written, chunk by chunk, by many tasks at once.
#[typetag::serde(tag = "_sink")]
pub trait Sink: Debug + Send + Sync {
    /// The type of the elements as stored.
    fn dtype(&self) -> DType;
    /// The units of writing: a task writes whole chunks of this grid, and no other task touches them.
    fn grid(&self) -> ChunkGrid;
    /// Writes the block that fills one chunk of the grid.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn write(&self, region: &Region, block: &Block, io: &Traffic) -> Result<()>;
    /// Whether an earlier run has written this chunk already, so that no task shall: the same answer as long as the
    /// run lasts.
    fn is_written(&self, _region: &Region) -> bool {
        false
    }
    /// Whether it can be written by this process alone: executors on other machines send the blocks back.
    fn is_local(&self) -> bool {
        false
    }
    /// How many writes at the same time it serves best. See [`Source::requests`].
    fn requests(&self) -> usize {
        1
    }
    /// One line for plans and errors: what and where.
    fn describe(&self) -> String;
}

/// Counts the bytes that a run reads and writes, and carries its cancellation.
#[derive(Debug, Default)]
pub struct Traffic {
    read: AtomicU64,
    written: AtomicU64,
    resumed: AtomicU64,
    cancel: Cancel,
}

/// Stops a run from another thread; clones stop the same run.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A switch that is not thrown.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(!Cancel::new().is_cancelled());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the run to stop: tasks that have begun end at their next chunk, no other begins.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let cancel = Cancel::new();
    /// let seen_by_the_run = cancel.clone();
    /// cancel.cancel();
    /// assert!(seen_by_the_run.is_cancelled());
    /// ```
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the run was asked to stop.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let cancel = Cancel::new();
    /// cancel.cancel();
    /// assert!(cancel.is_cancelled());
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Traffic {
    /// Counts stored bytes that were read.
    ///
    /// ```
    /// # use graticule::source::Traffic;
    /// let io = Traffic::default();
    /// io.count_read(100);
    /// assert_eq!(io.read(), 100);
    /// ```
    pub fn count_read(&self, bytes: usize) {
        self.read.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts stored bytes that were written.
    ///
    /// ```
    /// # use graticule::source::Traffic;
    /// let io = Traffic::default();
    /// io.count_written(100);
    /// assert_eq!(io.written(), 100);
    /// ```
    pub fn count_written(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Stored bytes read so far.
    ///
    /// ```
    /// # use graticule::source::Traffic;
    /// let io = Traffic::default();
    /// io.count_read(100);
    /// io.count_read(20);
    /// assert_eq!(io.read(), 120);
    /// ```
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Stored bytes written so far.
    ///
    /// ```
    /// # use graticule::source::Traffic;
    /// assert_eq!(Traffic::default().written(), 0);
    /// ```
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Counts a chunk that an earlier run has written.
    ///
    /// ```
    /// # use graticule::source::Traffic;
    /// let io = Traffic::default();
    /// io.count_resumed();
    /// assert_eq!(io.resumed(), 1);
    /// ```
    pub fn count_resumed(&self) {
        self.resumed.fetch_add(1, Ordering::Relaxed);
    }

    /// Chunks so far that an earlier run has written.
    ///
    /// ```
    /// # use graticule::source::Traffic;
    /// assert_eq!(Traffic::default().resumed(), 0);
    /// ```
    pub fn resumed(&self) -> u64 {
        self.resumed.load(Ordering::Relaxed)
    }

    /// Counters for a run that `cancel` stops.
    ///
    /// ```
    /// # use graticule::source::{Cancel, Traffic};
    /// let cancel = Cancel::new();
    /// let io = Traffic::new(cancel.clone());
    /// cancel.cancel();
    /// assert!(io.check().is_err());
    /// ```
    pub fn new(cancel: Cancel) -> Self {
        Traffic { cancel, ..Traffic::default() }
    }

    /// An error if the run was asked to stop; sources call it between chunks.
    ///
    /// # Errors
    /// If the run was cancelled.
    ///
    /// ```
    /// # use graticule::source::Traffic;
    /// let io = Traffic::default();
    /// for _chunk in 0..3 {
    ///     io.check()?;
    /// }
    /// assert_eq!(io.read(), 0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn check(&self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::new(ErrorKind::Cancelled, "the run was cancelled"));
        }
        Ok(())
    }
}
