//! Files that are being written beside the one that each becomes, and what killed processes left of them.
//!
//! Their names, `.NAME.unfinished-PID-HOST-BEGUN-NUMBER`, tell whose they are. A file goes if its process is known to be
//! gone, or if nobody has written to it for a day. Looking for them takes a listing of the whole store, so it is done only
//! where there is a reason: a process that changes a store has the file `.STORE.writing-PID-HOST-BEGUN` beside it until it is
//! done, and one that is found without its process means that the process was killed.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::{Context, Error, Result};
use crate::io::staging::{self, Owner};

/// The part of names of files that are being written.
const UNFINISHED: &str = ".unfinished-";

/// The part of names of the files that say who changes a store.
const WRITING: &str = ".writing-";

/// What nobody has written to for so long is nobody's, wherever its process was: to write an object takes seconds.
const FORGOTTEN: Duration = Duration::from_hours(24);

/// A name, used once, for a file that becomes `name`.
pub(super) fn name_for(name: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!(".{name}{UNFINISHED}{}-{number}", staging::this_process())
}

/// Whether a file of this name is one that is being written.
pub(super) fn is_unfinished(name: &str) -> bool {
    name.contains(UNFINISHED)
}

/// Removes all such files in a folder and below. Nobody may be writing.
pub(super) fn remove_all(folder: &Path) -> Result<()> {
    walk(folder, &mut |path, _| remove(path))
}

/// Removes those in a folder and below that nobody goes on with; others may be writing. The processes that have some left.
pub(super) fn remove_left(folder: &Path) -> Result<HashSet<String>> {
    let mut have = HashSet::new();
    walk(folder, &mut |path, of| {
        // The number is the file's own.
        let process = of.rsplit_once('-').map_or(of, |(process, _)| process);
        if is_gone(process) || is_forgotten(path) {
            tracing::info!(path = %path.display(), "removing what a killed run left");
            return remove(path);
        }
        have.insert(process.to_string());
        Ok(())
    })?;
    Ok(have)
}

/// Hands over each such file with what its name says of its process.
fn walk(folder: &Path, found: &mut impl FnMut(&Path, &str) -> Result<()>) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        // Others may remove arrays meanwhile.
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), found)?;
        } else if let Some((_, of)) = entry.file_name().to_string_lossy().rsplit_once(UNFINISHED) {
            found(&entry.path(), of)?;
        }
    }
    Ok(())
}

/// Removes a file, which others may have removed before.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::from(e).at(path.display().to_string())),
        _ => Ok(()),
    }
}

/// Whether the process of these words of a name is known to be gone.
fn is_gone(process: &str) -> bool {
    match staging::owner(process) {
        Owner::Gone => true,
        // A process before this one may have had its number.
        Owner::OfOurNumber => process != staging::this_process(),
        Owner::Unknown => false,
    }
}

fn is_forgotten(path: &Path) -> bool {
    let age = fs::metadata(path).and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
    age.is_some_and(|age| age > FORGOTTEN)
}

/// Says that this process changes a store, until it is dropped.
pub(super) struct Writing(PathBuf);

impl Writing {
    /// Begins, and removes what killed processes left in the store at `root`.
    ///
    /// # Errors
    /// If the file system refuses.
    pub(super) fn begin(root: &Path) -> Result<Writing> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (parent, name) = staging::parts(root)?;
        let start = format!(".{name}{WRITING}");
        remove_of_killed(root, parent, &start).at(|| root.display().to_string())?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{start}{}-{number}", staging::this_process()));
        fs::write(&path, "").map_err(Error::from).at(|| path.display().to_string())?;
        Ok(Writing(path))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if let Err(e) = remove(&self.0) {
            tracing::warn!("cannot be removed: {e}");
        }
    }
}

/// Looks for what processes left that were killed while they changed the store, if there were any.
fn remove_of_killed(root: &Path, parent: &Path, start: &str) -> Result<()> {
    let mut killed = Vec::new();
    for entry in fs::read_dir(parent)? {
        let name = entry?.file_name();
        let Some(of) = name.to_str().and_then(|name| name.strip_prefix(start)) else { continue };
        let process = of.rsplit_once('-').map_or(of, |(process, _)| process).to_string();
        let path = parent.join(&name);
        if is_gone(&process) || is_forgotten(&path) {
            killed.push((path, process));
        }
    }
    if killed.is_empty() {
        return Ok(());
    }
    let have = remove_left(root)?;
    // One that may live, or whose files may, is looked at again.
    killed.iter().filter(|(_, process)| !have.contains(process)).try_for_each(|(path, _)| remove(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::SystemTime;

    /// The words for a process of this machine that is gone.
    fn gone() -> String {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        staging::this_process().replacen(&std::process::id().to_string(), &child.id().to_string(), 1)
    }

    fn put(path: &Path, age: Duration) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap().set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn only_what_nobody_goes_on_with_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("a.zarr");
        let chunk = |name: &str, of: &str| root.join(format!("t/c/.{name}{UNFINISHED}{of}-0"));
        let (now, long_ago) = (Duration::ZERO, FORGOTTEN + Duration::from_secs(60));
        let (ours, gone) = (staging::this_process(), gone());
        let alive = ours.replacen(&std::process::id().to_string(), "1", 1);
        let before_us = format!("{}-1", ours.rsplit_once('-').unwrap().0);
        let goes = [chunk("0", &gone), chunk("1", &before_us), chunk("2", "7-elsewhere-1")];
        let stays = [chunk("3", &ours), chunk("4", &alive), chunk("5", "7-elsewhere-1")];
        let put_all = || {
            goes.iter().for_each(|path| put(path, now));
            put(&goes[2], long_ago);
            stays.iter().for_each(|path| put(path, now));
            put(&root.join("t/c/0"), long_ago);
        };
        put_all();
        // Without a sign of a killed process nobody looks.
        drop(Writing::begin(&root).unwrap());
        assert!(goes.iter().chain(&stays).all(|path| path.exists()));
        let marker = |of: &str| dir.path().join(format!(".a.zarr{WRITING}{of}-0"));
        for (of, age, is_sign) in [
            (gone.as_str(), now, true),
            (&before_us, now, true),
            (&alive, now, false),
            ("7-elsewhere-2", now, false),
            ("7-elsewhere-2", long_ago, true),
        ] {
            put_all();
            put(&marker(of), age);
            drop(Writing::begin(&root).unwrap());
            assert_eq!(goes.iter().all(|path| !path.exists()), is_sign, "{of}");
            assert_eq!(marker(of).exists(), !is_sign, "{of}");
            assert!(stays.iter().all(|path| path.exists()) && root.join("t/c/0").exists());
            remove(&marker(of)).unwrap();
        }
        // As long as a process that may live has files, it is looked at again.
        put(&marker("7-elsewhere-1"), long_ago);
        drop(Writing::begin(&root).unwrap());
        assert!(marker("7-elsewhere-1").exists());
        put(&stays[2], long_ago);
        drop(Writing::begin(&root).unwrap());
        assert!(!marker("7-elsewhere-1").exists() && !stays[2].exists());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        remove_all(&root).unwrap();
        assert!(stays.iter().all(|path| !path.exists()) && root.join("t/c/0").exists());
    }

    #[test]
    fn names_are_used_once_and_told_apart() {
        assert_ne!(name_for("0"), name_for("0"));
        assert!(is_unfinished(&name_for("0.0")) && !is_unfinished("0.0"));
        assert!(!is_gone(&staging::this_process()));
    }
}
