//! A session that is open in this process, as its handle and its stores share it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use ::icechunk::format::manifest::ChunkPayload;
use ::icechunk::format::{ByteRange, ChunkIndices, Path};
use ::icechunk::session::{SessionError, SessionErrorKind, get_chunk};
use ::icechunk::{session, store};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use tokio::sync::RwLock;

use super::super::lock::Turns;
use super::failed;
use super::key::{below, key_of, path};
use super::place::Place;
use crate::error::{Error, Result};
use crate::io::store::join;

/// An open session. Its methods are to be waited for.
#[derive(Debug)]
pub(super) struct Shared {
    pub place: Place,
    /// The branch that it commits to; none if it only reads.
    pub branch: Option<String>,
    /// By which stores that were sent find it.
    pub name: String,
    pub turns: Arc<Turns>,
    /// The id of the snapshot that it began with, or that it was committed as.
    snapshot: Mutex<String>,
    session: Arc<RwLock<session::Session>>,
    documents: store::Store,
    /// As soon as it is committed it only reads.
    committed: AtomicBool,
    /// How often it was written.
    changes: AtomicU64,
    /// Chunks of arrays that have no place for them as yet: those of a run come before its metadata.
    beyond: Mutex<HashMap<(Path, ChunkIndices), ChunkPayload>>,
}

static OPEN: LazyLock<Mutex<HashMap<String, Weak<Shared>>>> = LazyLock::new(Mutex::default);

/// A name that no other session of any process has.
fn unique() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    format!("{}-{since:x}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// The error of the crate for a node that is not there is an answer, not a failure.
fn if_there<T>(answer: Result<T, SessionError>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(e) => match e.kind {
            SessionErrorKind::NodeNotFound { .. } | SessionErrorKind::NotAnArray { .. } => Ok(None),
            _ => Err(failed(e)),
        },
    }
}

/// Whether a chunk lies outside of its array, or the array is not there.
fn has_no_place(e: &SessionError) -> bool {
    matches!(e.kind, SessionErrorKind::InvalidIndex { .. } | SessionErrorKind::NodeNotFound { .. })
}

impl Shared {
    pub(super) fn new(place: Place, session: session::Session) -> Arc<Shared> {
        let branch = session.branch().map(str::to_string);
        let concurrency = session.config().get_partial_values_concurrency();
        let snapshot = Mutex::new(session.snapshot_id().to_string());
        let session = Arc::new(RwLock::new(session));
        let shared = Arc::new(Shared {
            place,
            branch,
            name: unique(),
            turns: Arc::default(),
            snapshot,
            documents: store::Store::from_session_and_config(session.clone(), concurrency),
            session,
            committed: AtomicBool::new(false),
            changes: AtomicU64::new(0),
            beyond: Mutex::default(),
        });
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| session.strong_count() > 0);
        open.insert(shared.name.clone(), Arc::downgrade(&shared));
        shared
    }

    /// The session of this name, if it is open in this process.
    pub(super) fn named(name: &str) -> Option<Arc<Shared>> {
        OPEN.lock().unwrap_or_else(PoisonError::into_inner).get(name).and_then(Weak::upgrade)
    }

    pub(super) fn is_writable(&self) -> bool {
        self.branch.is_some() && !self.committed.load(Ordering::Acquire)
    }

    pub(super) fn set_committed(&self) {
        self.committed.store(true, Ordering::Release);
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    pub(super) fn session(&self) -> &Arc<RwLock<session::Session>> {
        &self.session
    }

    /// Forgets chunks of a run that ended before it wrote its metadata. Nobody may be writing.
    pub(super) fn forget_beyond(&self) {
        let forgotten = std::mem::take(&mut *self.beyond.lock().unwrap_or_else(PoisonError::into_inner));
        if !forgotten.is_empty() {
            tracing::info!(repository = %self.place, "{} chunks that no metadata tell of do not count", forgotten.len());
        }
    }

    pub(super) fn snapshot_id(&self) -> String {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_snapshot_id(&self, id: String) {
        *self.snapshot.lock().unwrap_or_else(PoisonError::into_inner) = id;
    }

    /// The document of a node.
    ///
    /// # Errors
    /// If the snapshot cannot be read.
    pub(super) async fn document(&self, path: &Path) -> Result<Option<Bytes>> {
        let session = self.session.read().await;
        Ok(if_there(session.get_node(path).await)?.map(|node| node.user_data))
    }

    /// How many bytes a chunk has.
    ///
    /// # Errors
    /// If the manifests cannot be read.
    pub(super) async fn chunk_size(&self, path: &Path, index: &ChunkIndices) -> Result<Option<u64>> {
        let session = self.session.read().await;
        let found = if_there(session.get_chunk_ref(path, index).await)?;
        Ok(found.flatten().map(|payload| payload.length()))
    }

    /// Bytes of a chunk that is there.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) async fn chunk(
        &self,
        path: &Path,
        index: &ChunkIndices,
        offset: u64,
        length: u64,
    ) -> Result<Vec<u8>> {
        let session = self.session.read().await;
        let range = ByteRange::Bounded(offset..offset + length);
        let reader = session.get_chunk_reader(path, index, &range).await.map_err(failed)?;
        let bytes = get_chunk(reader).await.map_err(failed)?.unwrap_or_default();
        match bytes.len() as u64 == length {
            true => Ok(bytes.into()),
            false => Err(Error::storage(format!("{} bytes of {length} are there", bytes.len()))),
        }
    }

    /// Puts the document of a node; chunks that the array had no place for before are now there.
    ///
    /// # Errors
    /// If it is not valid, or the snapshot cannot be read.
    pub(super) async fn put_document(&self, path: &Path, document: Bytes) -> Result<()> {
        self.changed();
        let key = join(key_of(path), "zarr.json");
        self.documents.set(&key, document).await.map_err(failed)?;
        let waiting: Vec<_> = {
            let beyond = self.beyond.lock().unwrap_or_else(PoisonError::into_inner);
            let of_this = beyond.iter().filter(|((array, _), _)| array == path);
            of_this.map(|((_, index), payload)| (index.clone(), payload.clone())).collect()
        };
        let mut session = self.session.write().await;
        for (index, payload) in waiting {
            match session.set_chunk_ref(path.clone(), index.clone(), Some(payload)).await {
                Ok(()) => self.drop_beyond(path, &index),
                Err(e) if has_no_place(&e) => {}
                Err(e) => return Err(failed(e)),
            }
        }
        Ok(())
    }

    pub(super) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    fn drop_beyond(&self, path: &Path, index: &ChunkIndices) {
        self.beyond.lock().unwrap_or_else(PoisonError::into_inner).remove(&(path.clone(), index.clone()));
    }

    /// Puts a chunk. It is written before the session is locked, so that many are written at the same time. One that its
    /// array has no place for is there as soon as metadata say so.
    ///
    /// # Errors
    /// If the chunk cannot be written.
    pub(super) async fn put_chunk(&self, path: Path, index: ChunkIndices, bytes: Bytes) -> Result<()> {
        self.changed();
        let writer = self.session.read().await.get_chunk_writer(&path, &index).map_err(failed)?;
        let payload = writer(bytes).await.map_err(failed)?;
        let mut session = self.session.write().await;
        match session.set_chunk_ref(path.clone(), index.clone(), Some(payload.clone())).await {
            Ok(()) => Ok(()),
            Err(e) if has_no_place(&e) => {
                self.beyond.lock().unwrap_or_else(PoisonError::into_inner).insert((path, index), payload);
                Ok(())
            }
            Err(e) => Err(failed(e)),
        }
    }

    /// Takes a chunk away, if it is there; false if there is no such array.
    ///
    /// # Errors
    /// If the snapshot cannot be read.
    pub(super) async fn remove_chunk(&self, path: &Path, index: ChunkIndices) -> Result<bool> {
        self.changed();
        self.drop_beyond(path, &index);
        match self.session.write().await.delete_chunks(path, [index]).await {
            Err(e) if matches!(e.kind, SessionErrorKind::InvalidIndex { .. }) => Ok(true),
            done => Ok(if_there(done)?.is_some()),
        }
    }

    /// Takes away all nodes at and below a prefix, with their chunks.
    ///
    /// # Errors
    /// If the snapshot cannot be read.
    pub(super) async fn remove_below(&self, prefix: &str) -> Result<()> {
        self.changed();
        let nodes = self.nodes(prefix).await?;
        let lies_below = |path: &Path| below(key_of(path), prefix).is_some();
        (self.beyond.lock().unwrap_or_else(PoisonError::into_inner)).retain(|(path, _), _| !lies_below(path));
        let mut session = self.session.write().await;
        for node in nodes {
            if_there(session.delete_node(node).await)?;
        }
        Ok(())
    }

    /// The nodes at and below a prefix.
    ///
    /// # Errors
    /// If the snapshot cannot be read.
    pub(super) async fn nodes(
        &self,
        prefix: &str,
    ) -> Result<Vec<::icechunk::format::snapshot::NodeSnapshot>> {
        let session = self.session.read().await;
        let nodes = session.list_nodes(&Path::root()).await.map_err(failed)?;
        nodes
            .map(|node| node.map_err(failed))
            .filter(|node| node.as_ref().map_or(true, |node| below(key_of(&node.path), prefix).is_some()))
            .collect()
    }

    /// Whether nodes lie below one.
    ///
    /// # Errors
    /// If the snapshot cannot be read.
    pub(super) async fn has_members(&self, node: &Path) -> Result<bool> {
        Ok(self.nodes(key_of(node)).await?.iter().any(|other| other.path != *node))
    }

    /// The keys of the chunks of an array, below it.
    ///
    /// # Errors
    /// If the manifests cannot be read.
    pub(super) async fn chunk_keys(&self, array: &Path) -> Result<Vec<String>> {
        let session = self.session.read().await;
        let Some(node) = if_there(session.get_array(array).await)? else { return Ok(Vec::new()) };
        let chunks = session.all_node_chunks(&node).await;
        let named = chunks.map_ok(|(_, chunk)| {
            let numbers = chunk.coord.0.iter().map(|i| format!("/{i}"));
            std::iter::once("c".to_string()).chain(numbers).collect::<String>()
        });
        named.map(|key| key.map_err(failed)).try_collect().await
    }

    /// Gives the nodes below `from` the paths below `to`. Chunks stay where they are: only their references move.
    ///
    /// # Errors
    /// If the snapshot cannot be read.
    pub(super) async fn rename(&self, from: &str, to: &str) -> Result<()> {
        for node in self.nodes(from).await? {
            let rest = below(key_of(&node.path), from).unwrap_or_default();
            let target = path(&join(to, rest))?;
            self.put_document(&target, node.user_data.clone()).await?;
            let chunks: Vec<_> = {
                let session = self.session.read().await;
                let chunks = session.all_node_chunks(&node).await;
                chunks.map(|chunk| chunk.map_err(failed)).try_collect().await?
            };
            let mut session = self.session.write().await;
            for (_, chunk) in chunks {
                session
                    .set_chunk_ref(target.clone(), chunk.coord, Some(chunk.payload))
                    .await
                    .map_err(failed)?;
            }
        }
        self.remove_below(from).await
    }
}
