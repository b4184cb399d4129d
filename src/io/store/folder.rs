//! A folder as a store: keys are paths below it.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::unfinished::{self, Writing};
use super::{Access, ByteRange, Guard, Store};
use crate::error::{Context, Error, Result};
use crate::io::staging;
use crate::source::stamp_of_file;

/// A folder of the file system.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FolderStore {
    root: PathBuf,
}

impl FolderStore {
    /// The folder at `root`, which need not be there yet.
    ///
    /// # Errors
    /// If the path is empty.
    ///
    /// ```
    /// use graticule::io::store::{FolderStore, Store};
    /// # let path = std::env::temp_dir().join(format!("graticule-folder-{}", std::process::id()));
    /// let store = FolderStore::new(&path)?;
    /// store.write("a/b", b"bytes")?;
    /// assert_eq!(std::fs::read(path.join("a/b"))?, b"bytes");
    /// assert_eq!(store.list("a")?, ["b"]);
    /// # std::fs::remove_dir_all(path)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(root: impl AsRef<Path>) -> Result<Self> {
        Ok(FolderStore { root: std::path::absolute(root.as_ref())? })
    }

    /// The folder.
    ///
    /// ```
    /// # use graticule::io::store::FolderStore;
    /// assert!(FolderStore::new("data")?.root().is_absolute());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Removes the files that runs which were killed had not finished. Nobody else may be writing.
    pub(crate) fn remove_unfinished(&self) -> Result<()> {
        unfinished::remove_all(&self.root).at(|| self.root.display().to_string())
    }

    /// Removes of these files those that nobody goes on with; others may be writing.
    pub(crate) fn remove_left(&self) -> Result<()> {
        unfinished::remove_left(&self.root).at(|| self.root.display().to_string()).map(|_| ())
    }

    fn path(&self, key: &str) -> PathBuf {
        // Joining nothing would add a separator, and make a folder of a file.
        if key.is_empty() { self.root.clone() } else { self.root.join(key) }
    }

    /// Writes a file beside `path` and hands it to `put`, which gives it its name.
    fn put<T>(&self, path: &Path, bytes: &[u8], put: impl FnOnce(&Path) -> std::io::Result<T>) -> Result<T> {
        let place = || path.display().to_string();
        let (folder, name) = staging::parts(path)?;
        let unfinished = folder.join(unfinished::name_for(name));
        let written = match fs::write(&unfinished, bytes) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(folder).and_then(|()| fs::write(&unfinished, bytes))
            }
            done => done,
        };
        let put = written.and_then(|()| put(&unfinished));
        if put.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        put.map_err(Error::from).at(place)
    }
}

/// The result, or nothing where there is no file of the name.
fn if_there<T>(result: std::io::Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Bytes of a file, which must be there.
pub(super) fn read_part(file: &mut File, offset: u64, length: u64) -> Result<Vec<u8>> {
    if offset > 0 {
        file.seek(SeekFrom::Start(offset))?;
    }
    let mut bytes = Vec::new();
    (bytes.try_reserve_exact(length as usize))
        .map_err(|e| Error::storage(format!("{length} bytes do not fit into memory")).caused_by(e))?;
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Err(Error::storage(format!("{} bytes of {length} are there", bytes.len())));
    }
    Ok(bytes)
}

#[typetag::serde(name = "folder")]
impl Store for FolderStore {
    fn read(&self, key: &str, range: ByteRange) -> Result<Option<Vec<u8>>> {
        let path = self.path(key);
        let place = || path.display().to_string();
        let Some(mut file) = if_there(File::open(&path)).at(place)? else { return Ok(None) };
        let mut read = || -> Result<Option<Vec<u8>>> {
            let there = file.metadata()?;
            if there.is_dir() {
                return Ok(None);
            }
            let (offset, length) = range.within(there.len())?;
            read_part(&mut file, offset, length).map(Some)
        };
        read().at(place)
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        let path = self.path(key);
        let there = if_there(fs::metadata(&path)).at(|| path.display().to_string())?;
        Ok(there.filter(fs::Metadata::is_file).map(|file| file.len()))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let path = self.path(prefix);
        let place = || path.display().to_string();
        let mut names = Vec::new();
        for entry in if_there(fs::read_dir(&path)).at(place)?.into_iter().flatten() {
            let name = entry.map_err(Error::from).at(place)?.file_name();
            names.extend(name.to_str().filter(|n| !unfinished::is_unfinished(n)).map(str::to_string));
        }
        names.sort();
        Ok(names)
    }

    fn write(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(key);
        self.put(&path, bytes, |unfinished| fs::rename(unfinished, &path))
    }

    fn write_new(&self, key: &str, bytes: &[u8]) -> Result<bool> {
        let path = self.path(key);
        self.put(&path, bytes, |unfinished| match fs::hard_link(unfinished, &path) {
            Ok(()) => fs::remove_file(unfinished).map(|()| true),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => fs::remove_file(unfinished).map(|()| false),
            Err(e) => Err(e),
        })
    }

    fn remove(&self, key: &str) -> Result<()> {
        let path = self.path(key);
        let removed = match fs::symlink_metadata(&path) {
            Ok(there) if there.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(e) => Err(e),
        };
        if_there(removed).at(|| path.display().to_string())?;
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (self.path(from), self.path(to));
        let place = || format!("{} -> {}", from.display(), to.display());
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(Error::from).at(place)?;
        }
        fs::rename(&from, &to).map_err(Error::from).at(place)
    }

    /// A lock of the operating system on the file `.NAME.lock` beside the folder: it is free when the process that has it
    /// ends, however it ends. What killed processes left unfinished is removed then.
    fn lock(&self, access: Access) -> Result<Guard> {
        let (parent, name) = staging::parts(&self.root)?;
        let path = parent.join(format!(".{name}.lock"));
        let place = || path.display().to_string();
        let file = (File::options().create(true).truncate(false).write(true).open(&path))
            .map_err(Error::from)
            .at(place)?;
        let free = match access {
            Access::Shared => file.try_lock_shared(),
            Access::Exclusive => file.try_lock(),
        };
        if let Err(fs::TryLockError::WouldBlock) = free {
            tracing::info!(lock = %path.display(), "another run is writing: waiting for its end");
            match access {
                Access::Shared => file.lock_shared(),
                Access::Exclusive => file.lock(),
            }
            .map_err(Error::from)
            .at(place)?;
        } else if let Err(fs::TryLockError::Error(e)) = free {
            return Err(Error::from(e).at(place()));
        }
        // Dropped in this order.
        Ok(Guard::of((Writing::begin(&self.root)?, file)))
    }

    fn stamp(&self, key: &str) -> Option<String> {
        stamp_of_file(&self.path(key))
    }

    fn describe(&self) -> String {
        self.root.display().to_string()
    }
}
