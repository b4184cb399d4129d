//! The groups of an HDF5 file with their datasets.

use std::collections::HashSet;

use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Hdf5File};

use super::broken;
use crate::error::{Error, Result};

/// Groups nested deeper than this are a cycle or damage.
const DEEPEST: usize = 64;

/// All groups, children before their parents (the order in which netCDF-C numbers dimensions
/// that have no name).
pub(super) struct Tree {
    pub(super) groups: Vec<Node>,
}

/// One group.
pub(super) struct Node {
    /// "" for the root, else "a/b".
    path: String,
    pub(super) group: Group,
    /// The datasets in order of creation; those that cannot be opened with the reason.
    pub(super) datasets: Vec<(String, hdf5_reader::error::Result<Dataset>)>,
}

impl Tree {
    pub(super) fn read(hdf5: &Hdf5File) -> Result<Tree> {
        let mut tree = Tree { groups: Vec::new() };
        tree.walk(hdf5.root_group().map_err(broken)?, String::new(), &mut HashSet::new())?;
        Ok(tree)
    }

    fn walk(&mut self, group: Group, path: String, seen: &mut HashSet<u64>) -> Result<()> {
        if !seen.insert(group.address()) || path.split('/').count() > DEEPEST {
            return Ok(());
        }
        let (children, datasets) = match group.members() {
            Ok((groups, datasets)) => {
                (groups, datasets.into_iter().map(|d| (leaf(d.name()), Ok(d))).collect())
            }
            // One broken member must not hide the others.
            Err(_) => {
                let (groups, names) = group.member_names().map_err(broken)?;
                let groups = groups.iter().filter_map(|n| group.group(n).ok()).collect::<Vec<_>>();
                let open = |name: String| {
                    let dataset = group.dataset(&name);
                    (name, dataset)
                };
                (groups, names.into_iter().map(open).collect())
            }
        };
        for child in children {
            let name = leaf(child.name());
            let at = if path.is_empty() { name } else { format!("{path}/{name}") };
            if let Err(e) = self.walk(child, at.clone(), seen) {
                tracing::warn!(group = %at, "left out, since it cannot be read: {e}");
            }
        }
        self.groups.push(Node { path, group, datasets });
        Ok(())
    }

    /// The paths of all groups, children before their parents.
    pub(super) fn paths(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.groups.iter().map(|g| g.path.as_str())
    }

    /// The number of the group at a path ("/" at its ends does not matter).
    pub(super) fn find(&self, path: &str) -> Result<usize> {
        let path = path.trim_matches('/');
        (self.groups.iter().position(|g| g.path == path)).ok_or_else(|| {
            let known = self.groups.iter().map(|g| g.path.as_str()).filter(|p| !p.is_empty());
            Error::not_found("group", path, known)
        })
    }
}

/// The last part of a path.
fn leaf(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_string()
}
