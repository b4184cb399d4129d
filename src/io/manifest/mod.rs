//! The manifest of a dataset of many files: what opening them gave, so that they need not be opened again.
//!
//! A line that says what the file is, the CRC-32 of the rest, and the rest as MessagePack: what was asked for, what must
//! not have changed since (length and time of each file), and the dataset: attributes, labels and the descriptions of lazy
//! arrays. A manifest that is not exactly that of what is asked for is written anew.

mod key;
mod packed;

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::key::Key;
use self::packed::Packed;
use super::open_many::{MultiFileOptions, Opened, open_files};
use super::paths::Paths;
use super::staging::Staging;
use super::store::Location;
use crate::error::{Context, Error, Result};
use crate::source::stamp_of_file;

/// How a manifest begins, with the number of its format.
const TITLE: &[u8] = b"graticule manifest 1\n";

/// Times of changes come in ticks of the system, of up to 10 ms: a file that was read so soon after a change may have
/// changed once more in the same tick.
const TICK: Duration = Duration::from_millis(20);

/// All of a manifest behind its checksum.
#[derive(Serialize, Deserialize)]
struct Content<'a> {
    key: Key,
    /// Files and folders with their stamps, of those that must be as they were.
    stamps: Vec<(PathBuf, Option<String>)>,
    /// Files that were left out, and why.
    left_out: Vec<String>,
    /// Read only if all of the above holds.
    #[serde(borrow, with = "serde_bytes")]
    dataset: &'a [u8],
}

/// The dataset of some files by the manifest at `path`, or else from the files, with a new manifest.
///
/// # Errors
/// Those of opening the files, if there is something else at `path`, and if the options hold a function without a name.
pub(super) fn open_by_manifest(path: &Path, files: &Paths, options: &MultiFileOptions) -> Result<Opened> {
    check_place(path, files)?;
    let key = Key::of(files, options)?;
    let there = match read(path)? {
        Some(bytes) => found(&bytes, &key),
        None => Err(Error::storage("there is no manifest yet")),
    };
    match there {
        Ok(opened) => return Ok(opened),
        Err(why) => tracing::info!(manifest = %path.display(), "the files are opened: {why}"),
    }
    let mut began = SystemTime::now();
    let mut opened = open_files(files, options)?;
    let newest = newest(&opened.watched);
    if newest.is_some_and(|t| t + TICK > began && t <= SystemTime::now()) {
        std::thread::sleep(TICK);
        began = SystemTime::now();
        opened = open_files(files, options)?;
    }
    if let Err(why) = write(path, key, &opened, began) {
        tracing::warn!(manifest = %path.display(), "the manifest is not written: {why}");
    }
    Ok(opened)
}

/// An error where the manifest would be taken for data.
fn check_place(path: &Path, files: &Paths) -> Result<()> {
    let manifest = std::path::absolute(path)?;
    for file in files.files() {
        if manifest.starts_with(std::path::absolute(file)?) {
            return Err(Error::invalid(format!(
                "the manifest {} is one of the files that are opened, or lies in one of the stores",
                path.display()
            ))
            .help("put it into another folder"));
        }
    }
    Ok(())
}

/// The bytes of the manifest behind its title, if there is one.
///
/// # Errors
/// If something else is there, which shall not be overwritten, or it cannot be read.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let place = || path.display().to_string();
    let mut file = match File::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(Error::from).at(place)?,
    };
    let mut title = Vec::new();
    (&mut file).take(TITLE.len() as u64).read_to_end(&mut title).map_err(Error::from).at(place)?;
    // A damaged manifest is one all the same.
    let alike = title.iter().zip(TITLE).filter(|(a, b)| a == b).count();
    if 2 * alike < title.len() {
        return Err(Error::invalid("what lies where the manifest should be is no manifest")
            .at(place())
            .help("nothing is overwritten: name another file, or remove it"));
    }
    let mut rest = Vec::new();
    if title == TITLE {
        file.read_to_end(&mut rest).map_err(Error::from).at(place)?;
    }
    Ok(Some(rest))
}

/// What a manifest holds, if it is that of what is asked for.
///
/// # Errors
/// If it is damaged, or something is not as it was.
fn found(bytes: &[u8], key: &Key) -> Result<Opened> {
    let damaged = || Error::storage("the manifest is damaged");
    let (sum, rest) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
    if libdeflater::crc32(rest) != u32::from_le_bytes(*sum) {
        return Err(damaged());
    }
    let content: Content = rmp_serde::from_slice(rest).map_err(|e| damaged().caused_by(e))?;
    if let Some(how) = key.difference(&content.key) {
        return Err(Error::storage(how));
    }
    let changed = content.stamps.par_iter().find_first(|(path, stamp)| stamp_of(path) != *stamp);
    if let Some((path, _)) = changed {
        return Err(Error::storage(format!("{} has changed since the manifest was written", path.display())));
    }
    let packed: Packed = rmp_serde::from_slice(content.dataset).map_err(|e| damaged().caused_by(e))?;
    Ok(Opened { dataset: packed.unpack()?, left_out: content.left_out, watched: Vec::new() })
}

/// Writes the manifest of what was opened; `began` is when that began.
///
/// # Errors
/// If the dataset cannot be stored, a file may have changed meanwhile, or the file system refuses.
fn write(path: &Path, key: Key, opened: &Opened, began: SystemTime) -> Result<()> {
    let stamps: Vec<_> = opened.watched.iter().map(|path| (path.clone(), stamp_of(path))).collect();
    let untold = |(path, stamp): &&(PathBuf, Option<String>)| {
        stamp.is_none() && !matches!(Location::from(path.as_path()), Location::Path(_))
    };
    if let Some((path, _)) = stamps.iter().find(untold) {
        return Err(Error::unsupported(format!("whether {} changes cannot be told", path.display())));
    }
    // After the stamps: what changes later has a later time.
    if newest(&opened.watched).is_some_and(|t| t + TICK > began) {
        return Err(Error::storage("a file has changed while it was opened, or its time lies in the future"));
    }
    let cannot = |e| Error::unsupported("it cannot be serialised").caused_by(e);
    let dataset = rmp_serde::to_vec(&Packed::of(&opened.dataset)?).map_err(cannot)?;
    let content = Content { key, stamps, left_out: opened.left_out.clone(), dataset: &dataset };
    let rest = rmp_serde::to_vec(&content).map_err(cannot)?;
    let sum = libdeflater::crc32(&rest).to_le_bytes();
    let staging = Staging::file(path, true)?;
    let written = fs::write(staging.path(), [TITLE, &sum, &rest].concat());
    written.map_err(Error::from).at(|| path.display().to_string())?;
    staging.commit()
}

/// What tells states of a file or folder, or of an object at an address, apart.
fn stamp_of(path: &Path) -> Option<String> {
    match Location::from(path) {
        Location::Path(path) => stamp_of_file(&path),
        other => other.object().ok()?.stamp(""),
    }
}

/// The latest change of some files and folders.
fn newest(paths: &[PathBuf]) -> Option<SystemTime> {
    paths.iter().filter_map(|path| fs::metadata(path).ok()?.modified().ok()).max()
}
