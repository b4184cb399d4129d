//! What a run has written of a store, so that another can go on where it ended.
//!
//! The folder `.NAME.resume` beside the store `NAME` holds `store`, the store so far, and `manifest`: one line that
//! says of which plan, then one for each chunk that was written whole: the number of the array, the number of the chunk
//! (row-major), and the bytes of its file (0 where it holds only the fill value and has none). Lines are added when the
//! file is written; a chunk counts if its line is complete and the file has this length. The file `manifest` is locked
//! as long as a run writes. Other processes of a run write lines to files of their own, `lines-HOST-PROCESS-ARRAY`, since file
//! systems of several machines do not keep apart what two of them append.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::error::{Context, Error, Result};
use crate::io::staging;
use crate::io::store::FolderStore;

/// How names of files with lines of other processes begin.
const LINES: &str = "lines-";

/// Whether a run that is killed can be continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resume {
    /// No: a run that ends early leaves nothing.
    #[default]
    Never,
    /// What a run that ends early has written is kept, and a run that finds such a beginning goes on from there: what
    /// a batch job asks for that may be started again.
    IfBegun,
    /// As [`IfBegun`](Resume::IfBegun), but an error where nothing was begun.
    Required,
}

/// The manifest of the run that is at work.
#[derive(Debug)]
pub(super) struct Manifest {
    folder: PathBuf,
    file: File,
    /// Whether there is something in it.
    begun: bool,
}

/// A chunk that was written: number of the array, number of the chunk, bytes of the file.
type Line = (usize, usize, u64);

fn folder_of(target: &Path) -> Result<PathBuf> {
    let (parent, name) = staging::parts(target)?;
    Ok(parent.join(format!(".{name}.resume")))
}

fn manifest_in(folder: &Path) -> PathBuf {
    folder.join("manifest")
}

impl Manifest {
    /// The manifest of what was begun of the store `target`, or a new one.
    ///
    /// # Errors
    /// If another run writes this store, if nothing was begun and something must have been, or the file system refuses.
    pub fn open(target: &Path, resume: Resume) -> Result<Self> {
        let target = std::path::absolute(target)?;
        let folder = folder_of(&target)?;
        let place = || folder.display().to_string();
        let store = folder.join("store");
        if resume == Resume::Required && !store.exists() {
            return Err(Error::invalid(
                "there is nothing to continue: no run of this store has begun, or it is complete",
            )
            .at(target.display().to_string())
            .help("`Resume::IfBegun` begins where nothing was begun"));
        }
        fs::create_dir_all(&folder).map_err(Error::from).at(place)?;
        let file = (OpenOptions::new().read(true).append(true).create(true).open(manifest_in(&folder)))
            .map_err(Error::from)
            .at(place)?;
        lock(&file).at(place)?;
        let mut begun = file.metadata()?.len() > 0;
        if begun && !store.exists() {
            // The run had given the store its name, and had only its own traces left to remove.
            file.set_len(0)?;
            begun = false;
        }
        Ok(Manifest { folder, file, begun })
    }

    /// Where the store is written.
    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// The log of the array of this number.
    pub fn log(&self, array: usize) -> ChunkLog {
        ChunkLog { folder: self.folder.clone(), array, here: true, ..ChunkLog::default() }
    }

    /// Says which plan this is, or finds that it is the same.
    ///
    /// # Errors
    /// If the manifest is another plan's, or the file system refuses.
    pub fn claim(&mut self, identity: u64) -> Result<()> {
        let title = format!("graticule {} plan {identity:016x}", env!("CARGO_PKG_VERSION"));
        if !self.begun {
            // What lies there without a manifest is nobody's.
            if self.store().exists() {
                fs::remove_dir_all(self.store())?;
            }
            self.remove_lines()?;
            fs::create_dir_all(self.store())?;
            writeln!(self.file, "{title}")?;
            self.begun = true;
            return Ok(());
        }
        let text = read(&mut self.file)?;
        let complete = text.rfind('\n').map_or(0, |end| end + 1);
        let first = text[..complete].lines().next().unwrap_or("");
        if first != title {
            let found = if first.is_empty() { "nothing that can be read" } else { first };
            return Err(Error::invalid("what was begun of this store is another plan's: it cannot be continued")
                .at(format!("found {found}, this is {title}"))
                .at(self.folder.display().to_string())
                .help(format!(
                    "operations, sources, chunks or attributes have changed: run the program as it was, or remove `{}` \
                     to begin anew",
                    self.folder.display()
                )));
        }
        // A line that a killed run had not ended.
        self.file.set_len(complete as u64)?;
        // And files: this run gives its own other names.
        FolderStore::new(self.store())?.remove_unfinished()
    }

    /// Removes every trace of the run, which is complete: lines first, since they say nothing without a manifest.
    pub fn remove(self) -> Result<()> {
        self.remove_lines()?;
        fs::remove_dir_all(&self.folder).map_err(Error::from).at(|| self.folder.display().to_string())
    }

    fn remove_lines(&self) -> Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(LINES)) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Removes what was begun of a store that has been written since, unless it is being continued.
    pub fn discard(target: &Path) -> Result<()> {
        let folder = folder_of(&std::path::absolute(target)?)?;
        match File::open(manifest_in(&folder)) {
            Ok(file) if lock(&file).is_ok() => Ok(fs::remove_dir_all(&folder)?),
            _ => Ok(()),
        }
    }
}

impl Drop for Manifest {
    fn drop(&mut self) {
        if !self.begun {
            // Nothing was begun: nothing is left.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn lock(file: &File) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(Error::invalid("another run is writing this store")
            .help("wait for it, or end it and start again")),
        Err(TryLockError::Error(e)) => Err(e.into()),
    }
}

fn read(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn line(text: &str) -> Option<Line> {
    let mut numbers = text.split(' ');
    let mut next = || numbers.next()?.parse::<u64>().ok();
    Some((next()? as usize, next()? as usize, next()?))
}

/// Where the sink of one array notes the chunks that it has written.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct ChunkLog {
    folder: PathBuf,
    array: usize,
    /// Whether this is the process that has the manifest.
    #[serde(skip)]
    here: bool,
    #[serde(skip)]
    file: OnceLock<File>,
    #[serde(skip)]
    before: OnceLock<HashSet<usize>>,
}

impl ChunkLog {
    /// Whether a run before this one has written a chunk; `bytes` tells how many bytes the file of a chunk has.
    pub fn holds(&self, chunk: usize, bytes: impl Fn(usize) -> Option<u64>) -> bool {
        self.before.get_or_init(|| self.chunks_before(bytes).unwrap_or_default()).contains(&chunk)
    }

    fn chunks_before(&self, bytes: impl Fn(usize) -> Option<u64>) -> Result<HashSet<usize>> {
        let there = |(array, chunk, written): &Line| {
            *array == self.array && (*written == 0 || bytes(*chunk) == Some(*written))
        };
        let mut before = HashSet::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let titles = match &*name {
                "manifest" => 1,
                other if other.starts_with(LINES) => 0,
                _ => continue,
            };
            let text = read(&mut File::open(&path)?)?;
            let complete = text.rfind('\n').unwrap_or(0);
            let lines = text[..complete].lines().skip(titles).map_while(line);
            before.extend(lines.filter(there).map(|(_, chunk, _)| chunk));
        }
        Ok(before)
    }

    /// Notes that a chunk is written, in a file of so many bytes.
    pub fn note(&self, chunk: usize, bytes: u64) -> Result<()> {
        let mut file = match self.file.get() {
            Some(file) => file,
            None => {
                let path = if self.here { manifest_in(&self.folder) } else { self.own_file() };
                let file = OpenOptions::new().append(true).create(!self.here).open(path)?;
                self.file.get_or_init(|| file)
            }
        };
        // One write: lines of several threads do not mix.
        file.write_all(format!("{} {chunk} {bytes}\n", self.array).as_bytes())?;
        Ok(())
    }

    /// The file of a process that has not begun the run.
    fn own_file(&self) -> PathBuf {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = host.trim().replace('/', "-");
        self.folder.join(format!("{LINES}{host}-{}-{}", std::process::id(), self.array))
    }
}
