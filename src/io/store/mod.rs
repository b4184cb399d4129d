//! Bytes under keys: what lies below chunked formats, wherever that is.

mod folder;
#[cfg(feature = "icechunk")]
pub mod icechunk;
mod location;
mod lock;
mod memory;
mod prefix;
mod references;
#[cfg(feature = "remote")]
mod remote;
mod unfinished;
#[cfg(any(feature = "remote", feature = "icechunk"))]
mod waiting;
mod zip;

use std::fmt::Debug;

use crate::error::{Error, Result};

pub use folder::FolderStore;
pub use location::Location;
pub use lock::{Access, Guard};
pub use memory::MemoryStore;
pub use prefix::PrefixStore;
pub use references::ReferenceStore;
#[cfg(feature = "remote")]
pub use remote::RemoteStore;
pub use zip::{ZipStore, ZipWriter};

/// Which bytes of an object are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// All of them, unless there are more than `limit`: that is an error.
    Whole {
        /// The most that can be right.
        limit: u64,
    },
    /// `length` bytes from `offset` on, which must be there.
    Part {
        /// The first.
        offset: u64,
        /// How many.
        length: u64,
    },
    /// The last ones, so many, which must be there.
    Last(u64),
}

impl ByteRange {
    /// Where the range lies in an object of `size` bytes: offset and length.
    ///
    /// # Errors
    /// If it does not lie in it, or the object is larger than its limit.
    ///
    /// ```
    /// use graticule::io::store::ByteRange;
    /// assert_eq!(ByteRange::Last(10).within(100)?, (90, 10));
    /// assert!(ByteRange::Part { offset: 95, length: 10 }.within(100).is_err());
    /// assert!(ByteRange::Whole { limit: 99 }.within(100).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn within(self, size: u64) -> Result<(u64, u64)> {
        let beyond = |what: String| Error::storage(format!("{what} of an object of {size} bytes"));
        match self {
            ByteRange::Whole { limit } if size > limit => {
                Err(Error::storage(format!("an object of {size} bytes, where at most {limit} can be right")))
            }
            ByteRange::Whole { .. } => Ok((0, size)),
            ByteRange::Part { offset, length } => match offset.checked_add(length) {
                Some(end) if end <= size => Ok((offset, length)),
                _ => Err(beyond(format!("bytes {offset}..+{length}"))),
            },
            ByteRange::Last(length) => match size.checked_sub(length) {
                Some(offset) => Ok((offset, length)),
                None => Err(beyond(format!("the last {length} bytes"))),
            },
        }
    }

    /// The bytes of the range, of an object that is in memory.
    ///
    /// # Errors
    /// Those of [`within`](ByteRange::within).
    ///
    /// ```
    /// use graticule::io::store::ByteRange;
    /// assert_eq!(ByteRange::Part { offset: 1, length: 2 }.of(b"abcd")?, b"bc");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn of(self, bytes: &[u8]) -> Result<&[u8]> {
        let (offset, length) = self.within(bytes.len() as u64)?;
        let range = offset as usize..(offset + length) as usize;
        bytes.get(range).ok_or_else(|| Error::internal("a range that was checked"))
    }
}

/// Objects under keys like `t2m/c/0/1`: a folder, an archive, memory, a bucket behind a server.
///
/// It is a description that serialises by name, so that a plan that reads it can travel; handles are opened where they are
/// used. Called from many threads at once. An object is written whole or not at all: whoever reads meanwhile finds the old
/// bytes or the new ones.
#[typetag::serde(tag = "_store")]
pub trait Store: Debug + Send + Sync {
    /// The bytes of an object, all or a part; `None` if there is none.
    ///
    /// # Errors
    /// If the store cannot be read, or the range does not lie in the object.
    fn read(&self, key: &str, range: ByteRange) -> Result<Option<Vec<u8>>>;

    /// How long an object is; `None` if there is none.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn size(&self, key: &str) -> Result<Option<u64>>;

    /// The names below `prefix` (`""` is the root): what a listing of a folder gives, without what lies deeper.
    ///
    /// # Errors
    /// If the store cannot be read, or cannot be listed.
    fn list(&self, prefix: &str) -> Result<Vec<String>>;

    /// Puts an object, in place of one that is there.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn write(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let _ = (key, bytes);
        Err(self.read_only())
    }

    /// Puts an object where there is none; false if there is one.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn write_new(&self, key: &str, bytes: &[u8]) -> Result<bool> {
        match self.size(key)? {
            Some(_) => Ok(false),
            None => self.write(key, bytes).map(|()| true),
        }
    }

    /// Removes the object `key` and all below it; nothing if there is none.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn remove(&self, key: &str) -> Result<()> {
        let _ = key;
        Err(self.read_only())
    }

    /// Gives all that lies below `from` the keys below `to`, where there is nothing.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let _ = (from, to);
        Err(self.read_only())
    }

    /// Waits until nobody else has an access that excludes this one, and keeps it as long as the guard lives.
    ///
    /// # Errors
    /// If the access cannot be had.
    fn lock(&self, access: Access) -> Result<Guard> {
        let _ = access;
        Ok(Guard::none())
    }

    /// What tells one state of an object from another, as far as it is cheap to know.
    fn stamp(&self, key: &str) -> Option<String> {
        let _ = key;
        None
    }

    /// How many requests it serves best at the same time: more than one where a request waits for a server.
    fn requests(&self) -> usize {
        1
    }

    /// Whether a group may hold copies of the metadata below it. Without it none are written, and those that others have
    /// written are not read.
    fn supports_consolidated_metadata(&self) -> bool {
        true
    }

    /// Whether it is there for this process alone.
    fn is_local(&self) -> bool {
        false
    }

    /// Where it is, for errors and plans.
    fn describe(&self) -> String;

    /// The error of what cannot be written.
    fn read_only(&self) -> Error {
        Error::unsupported(format!("`{}` can only be read", self.describe()))
    }
}

/// The key of `name` below `prefix`, which may be the root.
///
/// ```
/// use graticule::io::store::join;
/// assert_eq!((join("a/b", "c"), join("", "c"), join("a", "")), ("a/b/c".into(), "c".into(), "a".into()));
/// ```
pub fn join(prefix: &str, name: &str) -> String {
    match (prefix, name) {
        ("", name) => name.to_string(),
        (prefix, "") => prefix.to_string(),
        _ => format!("{prefix}/{name}"),
    }
}

/// All keys of objects below a prefix, by its listings.
///
/// # Errors
/// If the store cannot be listed.
///
/// ```
/// use graticule::io::store::{MemoryStore, Store, keys_below};
/// let store = MemoryStore::new("keys");
/// store.write("a/b/0", b"x")?;
/// store.write("a/c", b"y")?;
/// assert_eq!(keys_below(&store, "a")?, ["a/b/0", "a/c"]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn keys_below(store: &dyn Store, prefix: &str) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    let mut open = vec![prefix.to_string()];
    while let Some(prefix) = open.pop() {
        for name in store.list(&prefix)? {
            let key = join(&prefix, &name);
            match store.size(&key)? {
                Some(_) => keys.push(key),
                None => open.push(key),
            }
        }
    }
    keys.sort();
    Ok(keys)
}
