//! A file that many threads read by position at once: one of the file system, or an object of a store.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use hdf5_reader::{Storage, StorageBuffer};

use super::blocks::Blocks;
use crate::error::{Error, ErrorKind, Result};
use crate::io::store::Location;
use crate::source::Traffic;

/// An open file with the length that it had when it was opened.
#[derive(Debug)]
pub(super) struct RandomFile {
    bytes: Bytes,
    len: u64,
}

#[derive(Debug)]
enum Bytes {
    /// Read by position.
    File(File),
    /// Read by ranges; what parsers ask for in blocks.
    Object(Blocks),
}

/// What tells one state of a file from another.
#[derive(Debug, Clone)]
pub(super) enum Stamp {
    File {
        len: u64,
        modified: Option<SystemTime>,
    },
    /// What a store tells; `None` if it does not, or cannot be asked at present.
    Object(Option<String>),
}

impl Stamp {
    /// The present state of the file at a place.
    pub(super) fn of(place: &Location) -> Result<Self> {
        match place {
            Location::Path(path) => Stamp::of_path(path),
            other => Ok(Stamp::Object(other.object()?.stamp(""))),
        }
    }

    /// Whether the state is the same, as far as that is told.
    pub(super) fn is(&self, other: &Stamp) -> bool {
        match (self, other) {
            (Stamp::File { len: a, modified: b }, Stamp::File { len: c, modified: d }) => (a, b) == (c, d),
            (Stamp::Object(Some(a)), Stamp::Object(Some(b))) => a == b,
            (Stamp::Object(_), Stamp::Object(_)) => true,
            _ => false,
        }
    }

    fn of_path(path: &Path) -> Result<Self> {
        let m = std::fs::metadata(path).map_err(|e| {
            let kind = match e.kind() {
                std::io::ErrorKind::NotFound => ErrorKind::NotFound,
                _ => ErrorKind::Storage,
            };
            Error::new(kind, format!("cannot open the file {}", path.display())).caused_by(e)
        })?;
        // Opening a pipe would wait for a writer for ever.
        if !m.is_file() {
            return Err(Error::storage(format!("{} is not a file", path.display())));
        }
        Ok(Stamp::File { len: m.len(), modified: m.modified().ok() })
    }
}

impl RandomFile {
    pub(super) fn open(place: &Location) -> Result<Self> {
        match place {
            Location::Path(path) => {
                Stamp::of_path(path)?;
                let file = File::open(path)?;
                let len = file.metadata()?.len();
                Ok(RandomFile { bytes: Bytes::File(file), len })
            }
            other => {
                let blocks = Blocks::of(other.object()?)?;
                Ok(RandomFile { len: blocks.len(), bytes: Bytes::Object(blocks) })
            }
        }
    }

    /// Whether it lies in a store, where each request takes its time.
    pub(super) fn is_object(&self) -> bool {
        matches!(self.bytes, Bytes::Object(_))
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Fills `out` from the bytes at `offset`.
    pub(super) fn read(&self, offset: u64, out: &mut [u8], io: &Traffic) -> Result<()> {
        self.check(offset, out.len() as u64)?;
        match &self.bytes {
            Bytes::File(file) => read_exact_at(file, out, offset)?,
            Bytes::Object(blocks) => blocks.read(offset, out)?,
        }
        io.count_read(out.len());
        Ok(())
    }

    /// An error that says what is missing, where a range does not lie in the file.
    pub(super) fn check(&self, offset: u64, len: u64) -> Result<()> {
        if offset.checked_add(len).is_some_and(|end| end <= self.len) {
            return Ok(());
        }
        Err(Error::storage(format!(
            "the file is cut off or damaged: {len} bytes at {offset} are asked for, but it has {}",
            self.len
        )))
    }
}

impl Storage for RandomFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_range(&self, offset: u64, len: usize) -> hdf5_reader::error::Result<StorageBuffer> {
        if offset.checked_add(len as u64).is_none_or(|end| end > self.len) {
            return Err(hdf5_reader::error::Error::UnexpectedEof {
                offset,
                needed: len as u64,
                available: self.len.saturating_sub(offset),
            });
        }
        match &self.bytes {
            Bytes::File(file) => {
                let mut out = vec![0; len];
                read_exact_at(file, &mut out, offset)?;
                Ok(StorageBuffer::from_vec(out))
            }
            Bytes::Object(blocks) => {
                let (bytes, start) = blocks.read_near(offset, len).map_err(std::io::Error::other)?;
                StorageBuffer::from_shared_owner(Arc::new(Shared(bytes)), start, len)
            }
        }
    }
}

/// A block as the parser borrows it.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, out: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut out: &mut [u8], mut offset: u64) -> std::io::Result<()> {
    while !out.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, out, offset)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => {
                out = &mut out[n..];
                offset += n as u64;
            }
        }
    }
    Ok(())
}

/// Runs a parser of untrusted bytes: a panic inside becomes an error.
pub(super) fn guarded<T>(parse: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(parse)).unwrap_or_else(|_| {
        Err(Error::storage("the file is damaged in a way that the reader did not expect")
            .help("check the copy against its source; if it is whole, please report it with the file"))
    })
}
