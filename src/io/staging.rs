//! Writing under a temporary name beside the final one, so that a killed run leaves nothing under it.
//!
//! Temporary names are `.NAME.tmp-PID-HOST-NUMBER`, where the host goes with its space of process numbers; a replaced store is moved to `.NAME.old-…` while the
//! new one takes its place. The next write of the same name clears what dead processes of this host left. A run that
//! can be continued writes under a name of its own, which stays from run to run.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Context, Error, ErrorKind, Result};

/// Temporary names of this process that are in use.
static LIVE: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);

/// A folder or file under a temporary name; it is removed unless [`commit`](Staging::commit) moves it.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
    target: PathBuf,
    replace: bool,
    /// Whether it stays where it is until it is committed.
    kept: bool,
    committed: bool,
}

fn with_live<T>(f: impl FnOnce(&mut HashSet<PathBuf>) -> T) -> T {
    f(LIVE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn already_there(target: &Path) -> Error {
    Error::invalid(format!("`{}` exists already", target.display()))
        .help("choose another name, or replace it with the mode `Replace`")
}

impl Staging {
    /// An error if a target is there that is not to be replaced; nothing is made.
    ///
    /// # Errors
    /// If so.
    pub fn check(target: &Path, replace: bool) -> Result<()> {
        match !replace && exists(target) {
            true => Err(already_there(target)),
            false => Ok(()),
        }
    }

    /// A new folder beside `target`.
    ///
    /// # Errors
    /// If the target exists and is not to be replaced, or the folder cannot be made.
    pub fn folder(target: &Path, replace: bool) -> Result<Self> {
        Self::create(target, replace, |path| fs::create_dir(path))
    }

    /// A new file beside `target`.
    ///
    /// # Errors
    /// If the target exists and is not to be replaced, or the file cannot be made.
    pub fn file(target: &Path, replace: bool) -> Result<Self> {
        Self::create(target, replace, |path| fs::File::create_new(path).map(|_| ()))
    }

    /// The folder `path` beside `target`, which may hold something already and is left where it is unless it is
    /// committed.
    ///
    /// # Errors
    /// If the target exists and is not to be replaced, or the folder cannot be made.
    pub fn kept(path: PathBuf, target: &Path, replace: bool) -> Result<Self> {
        let target = Self::begin(target, replace)?;
        fs::create_dir_all(&path).map_err(Error::from).at(|| path.display().to_string())?;
        Ok(Staging { path, target, replace, kept: true, committed: false })
    }

    /// Makes place for `target`: the full path.
    fn begin(target: &Path, replace: bool) -> Result<PathBuf> {
        let target = std::path::absolute(target)?;
        let (parent, name) = parts(&target)?;
        fs::create_dir_all(parent).map_err(Error::from).at(|| parent.display().to_string())?;
        clear_stale(parent, name, &target);
        Self::check(&target, replace)?;
        Ok(target)
    }

    fn create(target: &Path, replace: bool, make: impl Fn(&Path) -> std::io::Result<()>) -> Result<Self> {
        let target = Self::begin(target, replace)?;
        let (parent, _) = parts(&target)?;
        for attempt in 0..100 {
            let path = temporary(&target, "tmp", attempt)?;
            // Registered first: another thread that clears must not take it for a dead one's.
            with_live(|live| live.insert(path.clone()));
            match make(&path) {
                Ok(()) => return Ok(Staging { path, target, replace, kept: false, committed: false }),
                Err(e) => {
                    with_live(|live| live.remove(&path));
                    if e.kind() != std::io::ErrorKind::AlreadyExists {
                        return Err(Error::from(e).at(path.display().to_string()));
                    }
                }
            }
        }
        Err(Error::new(ErrorKind::Storage, "no free temporary name").at(parent.display().to_string()))
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the folder or file its final name; what was there is removed after that.
    ///
    /// # Errors
    /// If the name was taken meanwhile, or the file system refuses.
    pub fn commit(mut self) -> Result<()> {
        let place = || self.target.display().to_string();
        let mut aside = None;
        let present = fs::symlink_metadata(&self.target);
        if present.is_ok() && !self.replace {
            return Err(already_there(&self.target));
        }
        // A file takes the place of a file in one step; a folder cannot take that of anything.
        if present.is_ok_and(|p| p.is_dir() || self.path.is_dir()) {
            let old = temporary(&self.target, "old", 0)?;
            with_live(|live| live.insert(old.clone()));
            fs::rename(&self.target, &old).map_err(Error::from).at(place)?;
            aside = Some(old);
        }
        if let Err(e) = fs::rename(&self.path, &self.target) {
            if let Some(old) = &aside {
                // The old store goes back to its name; the error tells about the new one.
                let _ = fs::rename(old, &self.target);
            }
            return Err(Error::from(e).at(place()));
        }
        self.committed = true;
        with_live(|live| live.remove(&self.path));
        if let Some(old) = aside {
            remove(&old);
            with_live(|live| live.remove(&old));
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.committed && !self.kept {
            remove(&self.path);
            with_live(|live| live.remove(&self.path));
        }
    }
}

/// The folder and the name of a dataset.
///
/// # Errors
/// If the path has none.
pub fn parts(target: &Path) -> Result<(&Path, &str)> {
    match (target.parent(), target.file_name().and_then(|n| n.to_str())) {
        (Some(parent), Some(name)) => Ok((parent, name)),
        _ => Err(Error::invalid(format!("`{}` is not a name for a dataset", target.display()))),
    }
}

/// A name beside `target` that nothing else has.
fn temporary(target: &Path, kind: &str, attempt: u64) -> Result<PathBuf> {
    let (parent, name) = parts(target)?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
    let number = since.wrapping_add(attempt.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    Ok(parent.join(format!(".{name}.{kind}-{}-{}-{number:x}", std::process::id(), host())))
}

fn remove(path: &Path) {
    let done =
        if path.is_dir() && !path.is_symlink() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(e) = done {
        tracing::warn!(path = %path.display(), "cannot be removed: {e}");
    }
}

/// Where process numbers mean what they mean here: the name of this machine, without characters that separate, and the
/// space of numbers, of which containers have one each.
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let space = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let space: String = space.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    let name = if name.is_empty() { "host" } else { &name };
    format!("{name}.{space}")
}

/// This process in temporary names: `PID-HOST-BEGUN`.
pub fn this_process() -> String {
    static BEGUN: LazyLock<u64> =
        LazyLock::new(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64));
    format!("{}-{}-{:x}", std::process::id(), host(), *BEGUN)
}

/// Whose a temporary name is, as far as that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A process that is gone.
    Gone,
    /// This process, or one before it that had its number.
    OfOurNumber,
    /// One that lives, or nobody can tell.
    Unknown,
}

/// Whose a temporary name is that has `PID-HOST-…` in it.
pub fn owner(suffix: &str) -> Owner {
    let mut parts = suffix.splitn(3, '-');
    let (Some(pid), Some(machine)) = (parts.next().and_then(|p| p.parse::<u32>().ok()), parts.next()) else {
        return Owner::Unknown;
    };
    if machine != host() || !Path::new("/proc/self").exists() {
        return Owner::Unknown;
    }
    match pid {
        pid if pid == std::process::id() => Owner::OfOurNumber,
        pid if Path::new(&format!("/proc/{pid}")).exists() => Owner::Unknown,
        _ => Owner::Gone,
    }
}

/// Whether the process that made a temporary name is known to be gone.
fn is_dead(path: &Path, suffix: &str) -> bool {
    match owner(suffix) {
        Owner::Gone => true,
        // Process numbers come again, in containers at once.
        Owner::OfOurNumber => !with_live(|live| live.contains(path)),
        Owner::Unknown => false,
    }
}

/// Removes what dead processes left of this name, and puts back a store that one had moved aside when it died.
fn clear_stale(parent: &Path, name: &str, target: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let file = entry.file_name();
        let path = parent.join(&file);
        let Some(rest) = file.to_str().and_then(|f| f.strip_prefix('.')).and_then(|f| f.strip_prefix(name))
        else {
            continue;
        };
        if let Some(suffix) = rest.strip_prefix(".tmp-").filter(|s| is_dead(&path, s)) {
            tracing::info!(path = %path.display(), %suffix, "removing what a killed run left");
            remove(&path);
        } else if rest.strip_prefix(".old-").is_some_and(|s| is_dead(&path, s)) {
            if exists(target) {
                remove(&path);
            } else if let Err(e) = fs::rename(&path, target) {
                tracing::warn!(path = %path.display(), "cannot be put back: {e}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stands_under_the_final_name_before_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.zarr");
        let staging = Staging::folder(&target, false).unwrap();
        fs::write(staging.path().join("x"), "new").unwrap();
        assert!(!target.exists());
        staging.commit().unwrap();
        assert_eq!(fs::read_to_string(target.join("x")).unwrap(), "new");
        assert!(Staging::folder(&target, false).unwrap_err().to_string().contains("exists already"));

        let staging = Staging::folder(&target, true).unwrap();
        fs::write(staging.path().join("y"), "newer").unwrap();
        drop(staging);
        assert!(target.join("x").exists());
        Staging::folder(&target, true).unwrap().commit().unwrap();
        assert!(!target.join("x").exists());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_of_dead_processes_are_cleared_and_others_kept() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.zarr");
        let dead = dir.path().join(format!(".a.zarr.tmp-4194304999-{}-1", host()));
        let of_our_number = dir.path().join(format!(".a.zarr.tmp-{}-{}-2", std::process::id(), host()));
        let alive = dir.path().join(format!(".a.zarr.tmp-1-{}-3", host()));
        let elsewhere = dir.path().join(".a.zarr.tmp-4194304999-elsewhere_x-1");
        for d in [&dead, &of_our_number, &alive, &elsewhere] {
            fs::create_dir(d).unwrap();
        }
        let moved_aside = dir.path().join(format!(".a.zarr.old-4194304999-{}-4", host()));
        fs::create_dir(&moved_aside).unwrap();
        let staging = Staging::folder(&target, true).unwrap();
        assert!(!dead.exists() && !of_our_number.exists());
        assert!(alive.exists() && elsewhere.exists() && staging.path().exists());
        assert!(target.exists() && !moved_aside.exists());
    }
}
