//! A repository: its branches, tags and history, and the sessions that read and write it.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use ::icechunk::format::IcechunkFormatErrorKind;
use ::icechunk::format::format_constants::SpecVersionBin;
use ::icechunk::refs::RefErrorKind;
use ::icechunk::repository::{RepositoryError, RepositoryErrorKind};
use ::icechunk::storage::StorageErrorKind;
use futures_util::TryStreamExt;

use super::super::waiting::wait;
use super::failed;
use super::place::Place;
use super::session::Session;
use super::shared::Shared;
use super::version::{SnapshotInfo, Version, snapshot_id};
use crate::error::{Error, ErrorKind, Result};
use crate::io::store::Location;

/// A repository in a folder, in memory (`memory://name`), or, with the feature `remote`, in a bucket of S3, Google Cloud
/// Storage or Azure (`s3://bucket/path`).
///
/// Credentials and endpoints are those of the usual environment variables, as for [remote stores](crate::io::store).
/// Commits to a bucket are safe whoever else commits. A file system cannot help with that: there sessions of graticule take
/// turns by a lock, and other programs must not commit at the same time. Virtual chunks are not read.
#[derive(Clone)]
pub struct Repository {
    place: Place,
    inner: Arc<::icechunk::Repository>,
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repository({})", self.place)
    }
}

impl Repository {
    /// The repository at a location.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    ///
    /// ```
    /// use graticule::io::store::icechunk::Repository;
    /// # let path = std::env::temp_dir().join(format!("graticule-icechunk-{}", std::process::id()));
    /// assert!(Repository::open(&path).unwrap_err().is_not_found());
    /// Repository::create(&path)?;
    /// assert_eq!(Repository::open(&path)?.list_branches()?, ["main"]);
    /// # std::fs::remove_dir_all(path)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn open(location: impl Into<Location>) -> Result<Self> {
        Self::at(Place::of(location.into())?)
    }

    pub(super) fn at(place: Place) -> Result<Self> {
        let storage = place.storage()?;
        let opened = wait(::icechunk::Repository::open(storage).execute())?;
        Self::made(place, opened)
    }

    /// A new repository at a location, with the branch `main` and nothing in it, in the newest version of the format.
    ///
    /// # Errors
    /// If something is there, or it cannot be written.
    ///
    /// ```
    /// use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of a repository")?;
    /// assert!(Repository::create("memory://of a repository").is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn create(location: impl Into<Location>) -> Result<Self> {
        Self::create_spec_version(location, 2)
    }

    /// A new repository in a version of Icechunk's format: 1 can be read by the Python package `icechunk` before 2.0 too.
    ///
    /// # Errors
    /// Those of [`create`](Repository::create), and if there is no such version.
    ///
    /// ```
    /// use graticule::io::store::icechunk::Repository;
    /// assert_eq!(Repository::create_spec_version("memory://of version 1", 1)?.spec_version(), 1);
    /// assert!(Repository::create_spec_version("memory://of version 9", 9).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn create_spec_version(location: impl Into<Location>, spec_version: u8) -> Result<Self> {
        let version = match spec_version {
            1 => SpecVersionBin::V1,
            2 => SpecVersionBin::V2,
            other => {
                return Err(Error::unsupported(format!("Icechunk has no version {other} of its format"))
                    .known(["1", "2"]));
            }
        };
        let place = Place::of(location.into())?;
        let (storage, _lock) = (place.storage()?, place.alone()?);
        let made = wait(::icechunk::Repository::create(storage).spec_version(version).execute())?;
        Self::made(place, made)
    }

    /// The repository at a location: a new one if there is none.
    ///
    /// # Errors
    /// If something else is there, or it cannot be read or written.
    ///
    /// ```
    /// use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::open_or_create("memory://of either")?;
    /// let same = Repository::open_or_create("memory://of either")?;
    /// assert_eq!(repo.lookup_branch("main")?, same.lookup_branch("main")?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn open_or_create(location: impl Into<Location>) -> Result<Self> {
        let place = Place::of(location.into())?;
        let (storage, _lock) = (place.storage()?, place.alone()?);
        let made = wait(::icechunk::Repository::open_or_create(storage).execute())?;
        Self::made(place, made)
    }

    /// Whether there is a repository at a location.
    ///
    /// # Errors
    /// If that cannot be found out.
    ///
    /// ```
    /// use graticule::io::store::icechunk::Repository;
    /// assert!(!Repository::exists("memory://of nothing")?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn exists(location: impl Into<Location>) -> Result<bool> {
        match Self::open(location) {
            Ok(_) => Ok(true),
            Err(e) if e.is_not_found() => Ok(false),
            Err(e) => Err(e),
        }
    }

    fn made(place: Place, made: Result<::icechunk::Repository, RepositoryError>) -> Result<Self> {
        match made {
            Ok(inner) => Ok(Repository { place, inner: Arc::new(inner) }),
            Err(e) => Err(match e.kind {
                RepositoryErrorKind::RepositoryDoesntExist
                | RepositoryErrorKind::StorageError(StorageErrorKind::ObjectNotFound) => {
                    let error = Error::new(
                        ErrorKind::NotFound,
                        format!("there is no Icechunk repository at `{place}`"),
                    );
                    match place.is_local() {
                        true => error.help("one in memory is there for its process, as long as that uses it"),
                        false => error.help("`Repository::create` makes one"),
                    }
                }
                RepositoryErrorKind::ParentDirectoryNotClean => {
                    Error::invalid(format!("there is something at `{place}` already"))
                        .help("`Repository::open` opens a repository that is there")
                }
                _ => failed(e).at(place.to_string()),
            }),
        }
    }

    /// The version of Icechunk's format.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// assert_eq!(Repository::create("memory://of the format")?.spec_version(), 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn spec_version(&self) -> u8 {
        match self.inner.spec_version() {
            SpecVersionBin::V1 => 1,
            SpecVersionBin::V2 => 2,
        }
    }

    /// Begins to read a state of the repository; `"main"` is the newest of that branch.
    ///
    /// # Errors
    /// If there is no such branch, tag or snapshot: the error names those that exist.
    ///
    /// ```
    /// use graticule::io::store::icechunk::{Repository, Version};
    /// let repo = Repository::create("memory://of reading")?;
    /// let session = repo.readonly_session("main")?;
    /// assert_eq!(repo.readonly_session(Version::snapshot(session.snapshot_id()))?.snapshot_id(), session.snapshot_id());
    /// assert!(repo.readonly_session(Version::tag("v1")).unwrap_err().is_not_found());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn readonly_session(&self, version: impl Into<Version>) -> Result<Session> {
        let version = version.into();
        let info = version.info()?;
        let session = self.ask(&version, move |inner| async move {
            if let ::icechunk::repository::VersionInfo::SnapshotId(id) = &info {
                inner.lookup_snapshot(id).await?;
            }
            inner.readonly_session(&info).await
        })?;
        Ok(Session::new(Shared::new(self.place.clone(), session)))
    }

    /// Begins to write the next snapshot of a branch.
    ///
    /// # Errors
    /// If there is no such branch, or the repository cannot be written.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of writing")?;
    /// let e = repo.writable_session("mian").unwrap_err();
    /// assert!(e.to_string().contains("known: main"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn writable_session(&self, branch: &str) -> Result<Session> {
        let name = branch.to_string();
        let session = self
            .ask(&Version::branch(branch), move |inner| async move { inner.writable_session(&name).await })?;
        Ok(Session::new(Shared::new(self.place.clone(), session)))
    }

    /// The names of all branches.
    ///
    /// # Errors
    /// If the repository cannot be read.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// assert_eq!(Repository::create("memory://of branches")?.list_branches()?, ["main"]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn list_branches(&self) -> Result<Vec<String>> {
        let inner = self.inner.clone();
        let names = wait(async move { inner.list_branches().await })?;
        Ok(names.map_err(|e| self.failed(e))?.into_iter().collect())
    }

    /// The names of all tags.
    ///
    /// # Errors
    /// If the repository cannot be read.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// assert!(Repository::create("memory://of tags")?.list_tags()?.is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn list_tags(&self) -> Result<Vec<String>> {
        let inner = self.inner.clone();
        let names = wait(async move { inner.list_tags().await })?;
        Ok(names.map_err(|e| self.failed(e))?.into_iter().collect())
    }

    /// The id of the newest snapshot of a branch.
    ///
    /// # Errors
    /// If there is no such branch.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of a tip")?;
    /// assert_eq!(repo.lookup_branch("main")?, repo.ancestry("main")?[0].id);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn lookup_branch(&self, name: &str) -> Result<String> {
        let branch = name.to_string();
        let id =
            self.ask(&Version::branch(name), move |inner| async move { inner.lookup_branch(&branch).await })?;
        Ok(id.to_string())
    }

    /// The id of the snapshot that a tag names.
    ///
    /// # Errors
    /// If there is no such tag.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of a tag")?;
    /// repo.create_tag("empty", &repo.lookup_branch("main")?)?;
    /// assert_eq!(repo.lookup_tag("empty")?, repo.lookup_branch("main")?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn lookup_tag(&self, name: &str) -> Result<String> {
        let tag = name.to_string();
        let id = self.ask(&Version::tag(name), move |inner| async move { inner.lookup_tag(&tag).await })?;
        Ok(id.to_string())
    }

    /// Makes a branch that begins with a snapshot.
    ///
    /// # Errors
    /// If there is a branch of the name, or no such snapshot.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of more branches")?;
    /// repo.create_branch("dev", &repo.lookup_branch("main")?)?;
    /// assert_eq!(repo.list_branches()?, ["dev", "main"]);
    /// assert!(repo.create_branch("dev", &repo.lookup_branch("main")?).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn create_branch(&self, name: &str, snapshot: &str) -> Result<()> {
        let (id, branch, _lock) = (snapshot_id(snapshot)?, name.to_string(), self.place.alone()?);
        self.check_new("branch", name, self.list_branches()?)?;
        let made =
            |inner: Arc<::icechunk::Repository>| async move { inner.create_branch(&branch, &id).await };
        self.ask(&Version::snapshot(snapshot), made)
    }

    /// Makes a tag: a name for a snapshot that stays.
    ///
    /// # Errors
    /// If there is, or was, a tag of the name, or no such snapshot.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of more tags")?;
    /// repo.create_tag("v1", &repo.lookup_branch("main")?)?;
    /// assert_eq!(repo.list_tags()?, ["v1"]);
    /// assert!(repo.create_tag("v1", &repo.lookup_branch("main")?).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn create_tag(&self, name: &str, snapshot: &str) -> Result<()> {
        let (id, tag, _lock) = (snapshot_id(snapshot)?, name.to_string(), self.place.alone()?);
        self.check_new("tag", name, self.list_tags()?)?;
        let made = |inner: Arc<::icechunk::Repository>| async move { inner.create_tag(&tag, &id).await };
        self.ask(&Version::snapshot(snapshot), made)
    }

    /// Removes a branch; snapshots that nothing leads to any more stay until they are collected.
    ///
    /// # Errors
    /// If there is no such branch, or it is `main`.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of fewer branches")?;
    /// repo.create_branch("dev", &repo.lookup_branch("main")?)?;
    /// repo.delete_branch("dev")?;
    /// assert!(repo.delete_branch("main").is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn delete_branch(&self, name: &str) -> Result<()> {
        let (branch, _lock) = (name.to_string(), self.place.alone()?);
        self.ask(&Version::branch(name), move |inner| async move { inner.delete_branch(&branch).await })
    }

    /// The snapshots that lead to a state of the repository, the newest first.
    ///
    /// # Errors
    /// If there is no such state.
    ///
    /// ```
    /// use graticule::prelude::*;
    /// use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of history")?;
    /// let session = repo.writable_session("main")?;
    /// DataArray::from_vec(&[("x", 1)], vec![1.0])?.to_dataset("a").to_zarr(session.store())?;
    /// session.commit("one value")?;
    /// let messages: Vec<String> = repo.ancestry("main")?.into_iter().map(|s| s.message).collect();
    /// assert_eq!(messages, ["one value", "Repository initialized"]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn ancestry(&self, version: impl Into<Version>) -> Result<Vec<SnapshotInfo>> {
        let version = version.into();
        let info = version.info()?;
        self.ask(&version, move |inner| async move {
            let snapshots = inner.ancestry(&info).await?;
            snapshots.map_ok(SnapshotInfo::from).try_collect().await
        })
    }

    fn check_new(&self, what: &str, name: &str, there: Vec<String>) -> Result<()> {
        match there.iter().any(|other| other == name) {
            true => Err(Error::invalid(format!("there is a {what} named `{name}` already"))
                .known(there)
                .at(self.place.to_string())),
            false => Ok(()),
        }
    }

    fn failed(&self, e: RepositoryError) -> Error {
        failed(e).at(self.place.to_string())
    }

    /// Asks the crate about a state; one that does not exist is an error that names those that do.
    fn ask<T, F>(
        &self,
        version: &Version,
        question: impl FnOnce(Arc<::icechunk::Repository>) -> F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, RepositoryError>> + Send + 'static,
    {
        let e = match wait(question(self.inner.clone()))? {
            Ok(value) => return Ok(value),
            Err(e) => e,
        };
        match (version, &e.kind) {
            (
                Version::Branch(name),
                RepositoryErrorKind::Ref(RefErrorKind::RefNotFound(_))
                | RepositoryErrorKind::FormatError(IcechunkFormatErrorKind::BranchNotFound { .. }),
            ) => Err(Error::not_found("branch", name, self.list_branches()?).at(self.place.to_string())),
            (
                Version::Tag(name),
                RepositoryErrorKind::Ref(RefErrorKind::RefNotFound(_))
                | RepositoryErrorKind::FormatError(IcechunkFormatErrorKind::TagNotFound { .. }),
            ) => Err(Error::not_found("tag", name, self.list_tags()?).at(self.place.to_string())),
            (
                Version::Snapshot(id),
                RepositoryErrorKind::SnapshotNotFound { .. }
                | RepositoryErrorKind::StorageError(StorageErrorKind::ObjectNotFound)
                | RepositoryErrorKind::FormatError(IcechunkFormatErrorKind::SnapshotIdNotFound { .. }),
            ) => Err(Error::new(ErrorKind::NotFound, format!("no snapshot has the id `{id}`"))
                .known(self.snapshots()?)
                .at(self.place.to_string())),
            _ => Err(self.failed(e)),
        }
    }

    /// The snapshots of all branches, as errors name them.
    fn snapshots(&self) -> Result<Vec<String>> {
        let mut known = Vec::new();
        for branch in self.list_branches()? {
            for snapshot in self.ancestry(Version::branch(branch))? {
                let named = format!("{} ({})", snapshot.id, snapshot.message);
                if !known.contains(&named) {
                    known.push(named);
                }
            }
        }
        Ok(known)
    }
}
