//! Which state of a repository is meant.

use std::fmt;
use std::time::SystemTime;

use ::icechunk::format::SnapshotId;
use ::icechunk::repository::VersionInfo;

use crate::error::{Error, Result};

/// A state of a repository: the newest of a branch, the one that a tag names, or a snapshot by its id.
///
/// ```
/// use graticule::io::store::icechunk::Version;
/// assert_eq!(Version::from("main"), Version::branch("main"));
/// assert_eq!(Version::tag("v1").to_string(), "tag `v1`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// The newest snapshot of a branch.
    Branch(String),
    /// The snapshot that a tag names.
    Tag(String),
    /// The snapshot of an id.
    Snapshot(String),
}

impl Version {
    /// The newest snapshot of a branch.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Version;
    /// assert_eq!(Version::branch("main").to_string(), "branch `main`");
    /// ```
    pub fn branch(name: impl Into<String>) -> Self {
        Version::Branch(name.into())
    }

    /// The snapshot that a tag names.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Version;
    /// assert_eq!(Version::tag("v1"), Version::Tag("v1".into()));
    /// ```
    pub fn tag(name: impl Into<String>) -> Self {
        Version::Tag(name.into())
    }

    /// The snapshot of an id.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Version;
    /// assert_eq!(Version::snapshot("1CECHNKREP0F1RSTCMT0").to_string(), "snapshot `1CECHNKREP0F1RSTCMT0`");
    /// ```
    pub fn snapshot(id: impl Into<String>) -> Self {
        Version::Snapshot(id.into())
    }

    /// As the crate has it.
    pub(super) fn info(&self) -> Result<VersionInfo> {
        Ok(match self {
            Version::Branch(name) => VersionInfo::BranchTipRef(name.clone()),
            Version::Tag(name) => VersionInfo::TagRef(name.clone()),
            Version::Snapshot(id) => VersionInfo::SnapshotId(snapshot_id(id)?),
        })
    }
}

impl From<&str> for Version {
    fn from(branch: &str) -> Self {
        Version::branch(branch)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Version::Branch(name) => write!(f, "branch `{name}`"),
            Version::Tag(name) => write!(f, "tag `{name}`"),
            Version::Snapshot(id) => write!(f, "snapshot `{id}`"),
        }
    }
}

/// The id that a text writes.
pub(super) fn snapshot_id(text: &str) -> Result<SnapshotId> {
    SnapshotId::try_from(text).map_err(|_| {
        Error::invalid(format!("`{text}` is no id of a snapshot"))
            .help("ids are 20 letters and digits, as `commit` and `ancestry` give them; names are `Version::branch` or `Version::tag`")
    })
}

/// A snapshot in the history of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// Its id.
    pub id: String,
    /// That of the snapshot before it; the first has none.
    pub parent_id: Option<String>,
    /// When it was committed.
    pub written_at: SystemTime,
    /// What was said of it.
    pub message: String,
}

impl From<::icechunk::format::snapshot::SnapshotInfo> for SnapshotInfo {
    fn from(info: ::icechunk::format::snapshot::SnapshotInfo) -> Self {
        SnapshotInfo {
            id: info.id.to_string(),
            parent_id: info.parent_id.map(|id| id.to_string()),
            written_at: info.flushed_at.into(),
            message: info.message,
        }
    }
}
