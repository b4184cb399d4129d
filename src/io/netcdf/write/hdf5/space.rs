//! The file as it grows: a counter gives out places, and what belongs there is written by position, by all threads at
//! once.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::positioned::write_all_at;
use super::superblock;
use crate::error::{Error, Result};

/// Files end before this.
const LARGEST: u64 = 1 << 62;

pub(super) struct Space {
    file: File,
    end: AtomicU64,
}

impl Space {
    /// A new file with nothing but room for the superblock.
    pub(super) fn create(path: &Path) -> Result<Self> {
        Ok(Space { file: File::create(path)?, end: AtomicU64::new(superblock::LENGTH.next_multiple_of(8)) })
    }

    /// A place for so many bytes, which nobody else gets.
    pub(super) fn reserve(&self, bytes: u64) -> Result<u64> {
        let bytes = bytes.checked_next_multiple_of(8);
        let behind = |end: u64| end.checked_add(bytes?).filter(|&n| n < LARGEST);
        (self.end.fetch_update(Ordering::Relaxed, Ordering::Relaxed, behind))
            .map_err(|_| Error::unsupported("a file of 4 EiB and more is too large").help("write less"))
    }

    pub(super) fn write(&self, at: u64, bytes: &[u8]) -> Result<()> {
        Ok(write_all_at(&self.file, bytes, at)?)
    }

    /// Writes at the end; gives the place.
    pub(super) fn put(&self, bytes: &[u8]) -> Result<u64> {
        let at = self.reserve(bytes.len() as u64)?;
        self.write(at, bytes)?;
        Ok(at)
    }

    /// Completes the file with the superblock: before that it is none.
    pub(super) fn finish(&self, root: u64) -> Result<()> {
        let end = self.end.load(Ordering::Relaxed);
        self.file.set_len(end)?;
        self.write(0, &superblock::encode(end, root))
    }
}
