//! A session: the store of one snapshot, and the commit of the next.

use std::sync::Arc;

use ::icechunk::conflicts::detector::ConflictDetector;
use ::icechunk::session::SessionError;

use super::super::waiting::wait;
use super::conflict::explained;
use super::failed;
use super::shared::Shared;
use super::store::IcechunkStore;
use crate::error::{Error, Result};
use crate::io::store::{Access, Guard};

/// What reads a snapshot of a repository, or writes the next snapshot of a branch.
///
/// A session that is dropped without a commit, or whose process is killed, leaves the repository as it was.
#[derive(Debug, Clone)]
pub struct Session {
    shared: Arc<Shared>,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Session { shared }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The Zarr store of the session: for `open_dataset`, `to_zarr` and all else that takes a place of a dataset.
    ///
    /// ```
    /// use graticule::prelude::*;
    /// use graticule::io::store::icechunk::Repository;
    /// let session = Repository::create("memory://of a store")?.writable_session("main")?;
    /// DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.to_dataset("a").to_zarr(session.store())?;
    /// assert_eq!(open_dataset(session.store())?.get("a")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn store(&self) -> Arc<IcechunkStore> {
        IcechunkStore::of(&self.shared)
    }

    /// The id of the snapshot that the session began with; after a commit that of the new one.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of an id")?;
    /// assert_eq!(repo.writable_session("main")?.snapshot_id(), repo.lookup_branch("main")?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn snapshot_id(&self) -> String {
        self.shared.snapshot_id()
    }

    /// The branch that the session commits to; none if it only reads.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of a branch")?;
    /// assert_eq!(repo.writable_session("main")?.branch(), Some("main"));
    /// assert_eq!(repo.readonly_session("main")?.branch(), None);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn branch(&self) -> Option<&str> {
        self.shared.branch.as_deref()
    }

    /// Whether nothing can be written: a session is so from its beginning, or since its commit.
    ///
    /// ```
    /// # use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of a reader")?;
    /// assert!(repo.readonly_session("main")?.read_only() && !repo.writable_session("main")?.read_only());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn read_only(&self) -> bool {
        !self.shared.is_writable()
    }

    /// Whether something was written that is not committed.
    ///
    /// # Errors
    /// If the session cannot be asked.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::store::icechunk::Repository;
    /// let session = Repository::create("memory://of changes")?.writable_session("main")?;
    /// assert!(!session.has_uncommitted_changes()?);
    /// DataArray::from_vec(&[("x", 1)], vec![1.0])?.to_dataset("a").to_zarr(session.store())?;
    /// assert!(session.has_uncommitted_changes()?);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn has_uncommitted_changes(&self) -> Result<bool> {
        let open = self.shared.clone();
        wait(async move { open.session().read().await.has_uncommitted_changes() })
    }

    /// Forgets what was written: the session is as it was when it began.
    ///
    /// # Errors
    /// If the session only reads, or a run is writing it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::store::icechunk::Repository;
    /// let session = Repository::create("memory://of regret")?.writable_session("main")?;
    /// DataArray::from_vec(&[("x", 1)], vec![1.0])?.to_dataset("a").to_zarr(session.store())?;
    /// session.discard_changes()?;
    /// assert!(!session.has_uncommitted_changes()? && open_dataset(session.store()).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn discard_changes(&self) -> Result<()> {
        let _turn = self.alone()?;
        let open = self.shared.clone();
        open.changed();
        wait(async move { open.session().write().await.discard_changes() })?.map_err(failed)
    }

    /// Makes what was written the newest snapshot of the branch, and gives its id. From then on the session only reads.
    ///
    /// # Errors
    /// If nothing was written, a run is still writing, or another session has committed to the branch since this one began:
    /// then nothing changes, here or there, and [`rebase`](Session::rebase) may help.
    ///
    /// ```
    /// use graticule::prelude::*;
    /// use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of a commit")?;
    /// let (session, late) = (repo.writable_session("main")?, repo.writable_session("main")?);
    /// let ds = DataArray::from_vec(&[("x", 1)], vec![1.0])?.to_dataset("a");
    /// ds.to_zarr(session.store())?;
    /// ds.to_zarr(late.store())?;
    /// assert_eq!(session.commit("the first")?, repo.lookup_branch("main")?);
    /// assert!(late.commit("the second").unwrap_err().to_string().contains("another session has committed"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn commit(&self, message: &str) -> Result<String> {
        self.commit_rebasing(message, 0)
    }

    /// The same; where other sessions were faster, [rebases](Session::rebase) and tries again, so many times.
    ///
    /// # Errors
    /// Those of [`commit`](Session::commit) and [`rebase`](Session::rebase).
    ///
    /// ```
    /// use graticule::prelude::*;
    /// use graticule::io::store::icechunk::Repository;
    /// use graticule::io::zarr::WriteOptions;
    /// let repo = Repository::create("memory://of a rebase")?;
    /// let ds = |values| Ok::<_, graticule::Error>(DataArray::from_vec(&[("x", 1)], values)?.to_dataset("a"));
    /// let session = repo.writable_session("main")?;
    /// ds(vec![1.0])?.to_zarr_with(session.store(), &WriteOptions::new().group("one"), &Local::new())?;
    /// session.commit("groups")?;
    /// let (a, b) = (repo.writable_session("main")?, repo.writable_session("main")?);
    /// ds(vec![2.0])?.to_zarr_with(a.store(), &WriteOptions::new().group("two"), &Local::new())?;
    /// ds(vec![3.0])?.to_zarr_with(b.store(), &WriteOptions::new().group("three"), &Local::new())?;
    /// a.commit("two")?;
    /// b.commit_rebasing("three", 5)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn commit_rebasing(&self, message: &str, tries: u16) -> Result<String> {
        let (_turn, _lock) = (self.alone()?, self.shared.place.alone()?);
        let (open, message) = (self.shared.clone(), message.to_string());
        let committed = wait(async move {
            let mut session = open.session().write().await;
            let commit = session.commit(message);
            match tries {
                0 => commit.execute().await,
                tries => commit.rebase(&ConflictDetector, tries).execute().await,
            }
        })?;
        self.keep_snapshot_id()?;
        let id = committed.map_err(|e| self.explained(e))?;
        self.shared.set_committed();
        Ok(id.to_string())
    }

    /// Puts the changes of the session on top of what others have committed to the branch meanwhile.
    ///
    /// # Errors
    /// If the session only reads, or others have changed the same: the same chunks, the same metadata. The error names
    /// them, and the session stays as it is.
    ///
    /// ```
    /// use graticule::prelude::*;
    /// use graticule::io::store::icechunk::Repository;
    /// let repo = Repository::create("memory://of the same")?;
    /// let (a, b) = (repo.writable_session("main")?, repo.writable_session("main")?);
    /// let ds = DataArray::from_vec(&[("x", 1)], vec![1.0])?.to_dataset("t");
    /// ds.to_zarr(a.store())?;
    /// ds.to_zarr(b.store())?;
    /// a.commit("the first")?;
    /// assert!(b.rebase().unwrap_err().to_string().contains("both create `t`"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn rebase(&self) -> Result<()> {
        let _turn = self.alone()?;
        let open = self.shared.clone();
        open.changed();
        let rebased = wait(async move { open.session().write().await.rebase(&ConflictDetector).await })?;
        self.keep_snapshot_id()?;
        rebased.map_err(|e| self.explained(e))
    }

    fn explained(&self, e: SessionError) -> Error {
        explained(e, self.branch().unwrap_or_default()).at(self.shared.place.to_string())
    }

    /// The session may stand on another snapshot than before.
    fn keep_snapshot_id(&self) -> Result<()> {
        let open = self.shared.clone();
        let id = wait(async move { open.session().read().await.snapshot_id().to_string() })?;
        self.shared.set_snapshot_id(id);
        Ok(())
    }

    /// Keeps runs from writing, for as long as the guard lives.
    fn alone(&self) -> Result<Guard> {
        let place = || self.shared.place.to_string();
        if self.read_only() {
            return Err(Error::unsupported("the session only reads")
                .at(place())
                .help("`writable_session` of the repository begins one that writes"));
        }
        let guard = self.shared.turns.try_take(Access::Exclusive).ok_or_else(|| {
            Error::invalid("a run is writing the session")
                .at(place())
                .help("wait for its end, or `finish` it")
        })?;
        self.shared.forget_beyond();
        Ok(guard)
    }
}
