//! By which files and folders a store is known to be what it was when it was opened.

use std::fs;
use std::path::{Path, PathBuf};

/// Documents of groups and of arrays.
const OF_GROUPS: [&str; 4] = ["zarr.json", ".zmetadata", ".zgroup", ".zattrs"];
const OF_ARRAYS: [&str; 3] = ["zarr.json", ".zarray", ".zattrs"];

/// The documents of a group, of the groups above and of its arrays, and all of the arrays whose elements were read; also the
/// folders of groups, whose time changes when an array comes or goes. Documents that are not there are among them: they
/// may come.
pub(in crate::io) fn watched(
    store: &Path,
    group: Option<&str>,
    was_read: impl Fn(&str) -> bool,
) -> Vec<PathBuf> {
    let mut folder = store.to_path_buf();
    let mut paths = vec![folder.clone()];
    paths.extend(OF_GROUPS.map(|name| folder.join(name)));
    for part in group.unwrap_or_default().split('/').filter(|part| !part.is_empty()) {
        folder.push(part);
        paths.push(folder.clone());
        paths.extend(OF_GROUPS.map(|name| folder.join(name)));
    }
    // Where there is no folder now, its own time tells when it comes.
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut arrays: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    arrays.sort();
    for array in arrays {
        match array.file_name().and_then(|name| name.to_str()).is_some_and(&was_read) {
            true => add_all(array, &mut paths),
            false => paths.extend(OF_ARRAYS.map(|name| array.join(name))),
        }
    }
    paths
}

/// A folder and all that is in it.
fn add_all(folder: PathBuf, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(t) if t.is_dir() => add_all(entry.path(), paths),
            _ => paths.push(entry.path()),
        }
    }
    paths.push(folder);
}
