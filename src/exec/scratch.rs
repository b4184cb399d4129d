//! Blocks that wait on disk: one file for each chunk of a stage, its parts one after the other.
//!
//! Beside the folder of a run lies a file that the process holds locked: a folder whose file nobody holds is what a
//! killed process left, and the next run removes it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::array::{Block, ChunkGrid};
use crate::error::{Context, Error, Result};
use crate::plan::{Plan, Stage, StageKind, Task};

/// The files of one run; they go with it.
pub(super) struct Scratch {
    /// For each stage that puts blocks on disk, its folder, and the file that says whose it is.
    folders: HashMap<usize, (PathBuf, File)>,
    /// For each chunk that is there, where its parts begin.
    places: Mutex<HashMap<(usize, usize), Places>>,
}

/// (part, first byte, bytes), in the order of parts.
type Places = Vec<(usize, u64, usize)>;

impl Scratch {
    /// Makes the folders that a plan asks for.
    ///
    /// # Errors
    /// If the file system refuses.
    pub(super) fn new(plan: &Plan) -> Result<Scratch> {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let mut scratch = Scratch { folders: HashMap::new(), places: Mutex::default() };
        for (s, stage) in plan.stages().iter().enumerate() {
            let StageKind::Spill { folder, .. } = &stage.kind else { continue };
            let run = RUNS.fetch_add(1, Ordering::Relaxed);
            fs::create_dir_all(folder).map_err(Error::from).at(|| folder.display().to_string())?;
            sweep(folder);
            let folder = folder.join(format!("{PREFIX}{}-{run}", std::process::id()));
            let owner = owner_file(&folder);
            let held = File::create(&owner).map_err(Error::from).at(|| owner.display().to_string())?;
            // A file system without locks has no folders swept.
            let _ = held.lock();
            fs::create_dir_all(&folder).map_err(Error::from).at(|| folder.display().to_string())?;
            scratch.folders.insert(s, (folder, held));
        }
        Ok(scratch)
    }

    /// Puts a chunk of a stage on disk.
    ///
    /// # Errors
    /// If the file system refuses.
    pub(super) fn write(&self, plan: &Plan, task: Task, block: &Block) -> Result<()> {
        let stage = &plan.stages()[task.stage];
        let path = self.path(task.stage, task.chunk);
        let at = || path.display().to_string();
        let of_chunk = stage.grid.region(task.chunk);
        let mut places = Places::new();
        let mut end = 0;
        let mut file = File::create_new(&path).map_err(Error::from).at(at)?;
        for part in parts(stage)?.touched(&of_chunk) {
            let Some(of_part) = parts(stage)?.region(part).intersect(&of_chunk) else { continue };
            let bytes = block.region(&of_part.relative_to(&of_chunk)).to_bytes();
            file.write_all(&bytes).map_err(Error::from).at(at)?;
            places.push((part, end, bytes.len()));
            end += bytes.len() as u64;
        }
        let mut all = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert((task.stage, task.chunk), places);
        Ok(())
    }

    /// A part of a chunk of a stage.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    pub(super) fn read(&self, plan: &Plan, stage: usize, chunk: usize, part: usize) -> Result<Block> {
        let path = self.path(stage, chunk);
        let at = || path.display().to_string();
        let place = {
            let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            places.get(&(stage, chunk)).and_then(|of_chunk| {
                of_chunk.binary_search_by_key(&part, |p| p.0).ok().map(|i| (of_chunk[i].1, of_chunk[i].2))
            })
        };
        let (start, len) =
            place.ok_or_else(|| Error::internal(format!("part {part} of chunk {chunk} is not on disk")))?;
        let mut bytes = vec![0; len];
        let mut file = File::open(&path).map_err(Error::from).at(at)?;
        file.seek(SeekFrom::Start(start)).map_err(Error::from).at(at)?;
        file.read_exact(&mut bytes).map_err(Error::from).at(at)?;
        let stage = &plan.stages()[stage];
        let dtype = plan.nodes()[stage.results()[0]].meta.dtype;
        Block::from_bytes(dtype, &parts(stage)?.region(part).shape(), &bytes)
    }

    fn path(&self, stage: usize, chunk: usize) -> PathBuf {
        self.folders.get(&stage).map_or(Path::new(""), |(f, _)| f.as_path()).join(format!("{stage}-{chunk}"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for (folder, _) in self.folders.values() {
            remove(folder);
        }
    }
}

/// How names of folders begin.
const PREFIX: &str = "graticule-scratch-";

/// The file that the owner of a folder holds locked.
fn owner_file(folder: &Path) -> PathBuf {
    folder.with_extension("owner")
}

/// Removes the folder of a run; what cannot be removed is no reason to lose a result.
fn remove(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
    let _ = fs::remove_file(owner_file(folder));
}

/// Removes what killed processes left in a folder.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if ours && path.extension().is_some_and(|e| e == "owner") {
            let left = File::open(&path).is_ok_and(|owner| owner.try_lock().is_ok());
            if left {
                remove(&path.with_extension(""));
            }
        }
    }
}

fn parts(stage: &Stage) -> Result<&ChunkGrid> {
    match &stage.kind {
        StageKind::Spill { parts, .. } => Ok(parts),
        _ => Err(Error::internal("the stage puts nothing on disk")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let run = |name: &str| {
            let run = folder.path().join(format!("{PREFIX}{name}"));
            fs::create_dir(&run).unwrap();
            fs::write(run.join("0-0"), "a chunk").unwrap();
            File::create(owner_file(&run)).unwrap()
        };
        // One run is under way.
        let (held, left) = (run("1-0"), run("2-0"));
        held.lock().unwrap();
        drop(left);
        fs::write(folder.path().join("notes.owner"), "somebody's").unwrap();
        sweep(folder.path());
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["graticule-scratch-1-0", "graticule-scratch-1-0.owner", "notes.owner"]);
    }
}
