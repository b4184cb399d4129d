//! What a session reads and writes, as a store.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, Weak};

use ::icechunk::format::snapshot::{NodeData, NodeSnapshot};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::super::waiting::{REQUESTS, wait};
use super::key::{Key, below, key_of};
use super::place::Place;
use super::repository::Repository;
use super::shared::Shared;
use super::version::Version;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::io::store::{Access, ByteRange, Guard, Store, join};

/// The Zarr store of a [`Session`](super::Session): datasets are opened from it and written to it as with any other store.
///
/// That of a session that only reads, or that is committed, serialises as the place of the repository and the id of the
/// snapshot: a plan that reads it can run anywhere. A session that is written lives in its process, as a repository in
/// memory does: elsewhere its stores are errors that say so.
///
/// Icechunk keeps documents of Zarr v3 and chunks under their default keys; consolidated metadata are neither written nor
/// read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Described", into = "Described")]
pub struct IcechunkStore {
    described: Described,
    open: OnceLock<Arc<Shared>>,
}

/// What travels.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Described {
    /// A snapshot of a repository.
    Snapshot { place: Place, id: String },
    /// A session that is written, by its name, and where its repository is.
    Session { place: Place, name: String },
}

impl From<Described> for IcechunkStore {
    fn from(described: Described) -> Self {
        IcechunkStore { described, open: OnceLock::new() }
    }
}

impl From<IcechunkStore> for Described {
    fn from(store: IcechunkStore) -> Self {
        store.open.get().map_or(store.described, |open| described(open))
    }
}

/// What a session is at present.
fn described(open: &Shared) -> Described {
    let place = open.place.clone();
    match open.is_writable() {
        true => Described::Session { place, name: open.name.clone() },
        false => Described::Snapshot { place, id: open.snapshot_id() },
    }
}

/// The snapshot of a repository, which all stores of it share.
fn snapshot(place: &Place, id: &str) -> Result<Arc<Shared>> {
    type Snapshots = HashMap<(Place, String), Weak<Shared>>;
    static SNAPSHOTS: LazyLock<Mutex<Snapshots>> = LazyLock::new(Mutex::default);
    let mut snapshots = SNAPSHOTS.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (place.clone(), id.to_string());
    if let Some(open) = snapshots.get(&key).and_then(Weak::upgrade) {
        return Ok(open);
    }
    let session = Repository::at(place.clone())?.readonly_session(Version::snapshot(id))?;
    snapshots.retain(|_, open| open.strong_count() > 0);
    snapshots.insert(key, Arc::downgrade(session.shared()));
    Ok(session.shared().clone())
}

impl IcechunkStore {
    pub(super) fn of(open: &Arc<Shared>) -> Arc<Self> {
        Arc::new(IcechunkStore { described: described(open), open: OnceLock::from(open.clone()) })
    }

    /// The session.
    fn shared(&self) -> Result<&Arc<Shared>> {
        if let Some(open) = self.open.get() {
            return Ok(open);
        }
        let open = match &self.described {
            Described::Snapshot { place, id } => snapshot(place, id)?,
            Described::Session { place, name } => Shared::named(name).ok_or_else(|| {
                Error::new(
                    ErrorKind::NotFound,
                    format!("a session that writes `{place}` is not open here: it lives in the process that began it"),
                )
                .help("commit it, and read the snapshot, which can be read from anywhere")
            })?,
        };
        Ok(self.open.get_or_init(|| open))
    }

    /// The session, if it may be written.
    fn writable(&self) -> Result<Arc<Shared>> {
        let open = self.shared()?;
        match (&open.branch, open.is_writable()) {
            (Some(_), true) => Ok(open.clone()),
            (Some(branch), false) => Err(self.read_only().help(format!(
                "its session is committed: begin the next one with `writable_session({branch:?})`"
            ))),
            (None, _) => {
                Err(self.read_only().help("`writable_session` of the repository begins one that writes"))
            }
        }
    }

    fn place(&self) -> &Place {
        match &self.described {
            Described::Snapshot { place, .. } | Described::Session { place, .. } => place,
        }
    }

    /// What errors call a key.
    fn place_of(&self, key: &str) -> String {
        join(&self.describe(), key)
    }
}

#[typetag::serde(name = "icechunk")]
impl Store for IcechunkStore {
    fn read(&self, key: &str, range: ByteRange) -> Result<Option<Vec<u8>>> {
        let open = self.shared()?.clone();
        let read = match Key::of(key) {
            None => return Ok(None),
            Some(Key::Node(path)) => {
                wait(async move { open.document(&path).await })?.and_then(|document| match document {
                    Some(document) => range.of(&document).map(|bytes| Some(bytes.to_vec())),
                    None => Ok(None),
                })
            }
            Some(Key::Chunk(path, index)) => wait(async move {
                let Some(size) = open.chunk_size(&path, &index).await? else { return Ok(None) };
                match range.within(size)? {
                    (_, 0) => Ok(Some(Vec::new())),
                    (offset, length) => open.chunk(&path, &index, offset, length).await.map(Some),
                }
            })?,
        };
        read.at(|| self.place_of(key))
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        let open = self.shared()?.clone();
        let size = match Key::of(key) {
            None => return Ok(None),
            Some(Key::Node(path)) => wait(async move { open.document(&path).await })?
                .map(|document| document.map(|bytes| bytes.len() as u64)),
            Some(Key::Chunk(path, index)) => wait(async move { open.chunk_size(&path, &index).await })?,
        };
        size.at(|| self.place_of(key))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let (open, prefix_key) = (self.shared()?.clone(), prefix.to_string());
        let names = wait(async move {
            let mut names = BTreeSet::new();
            for node in open.nodes("").await? {
                let key = key_of(&node.path);
                match below(key, &prefix_key) {
                    Some("") => drop(names.insert("zarr.json".to_string())),
                    Some(rest) => drop(names.insert(first(rest))),
                    None => {}
                }
                let Some(within) = below(&prefix_key, key).filter(|_| is_array(&node)) else { continue };
                if within.is_empty() {
                    names.insert("c".to_string());
                } else if first(within) == "c" {
                    let chunks = open.chunk_keys(&node.path).await?;
                    let rest = chunks.iter().filter_map(|chunk| below(chunk, within));
                    names.extend(rest.filter(|rest| !rest.is_empty()).map(first));
                }
            }
            Ok::<_, Error>(names)
        })?;
        Ok(names.at(|| self.place_of(prefix))?.into_iter().collect())
    }

    fn write(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let (open, bytes) = (self.writable()?, Bytes::copy_from_slice(bytes));
        match Key::of(key) {
            Some(Key::Node(path)) => wait(async move { open.put_document(&path, bytes).await })?,
            Some(Key::Chunk(path, index)) => wait(async move { open.put_chunk(path, index, bytes).await })?,
            None => Err(Error::unsupported(format!("`{key}` cannot lie in an Icechunk repository"))
                .help("it holds Zarr v3 with chunks under keys like `a/c/0/1`: use `ZarrFormat::V3`")),
        }
        .at(|| self.place_of(key))
    }

    /// The document of a group that has members stays: nothing else would hold them. It can be written anew.
    fn remove(&self, key: &str) -> Result<()> {
        let open = self.writable()?;
        let prefix = key.to_string();
        let removed = match Key::of(key) {
            Some(Key::Chunk(path, index)) => wait(async move {
                match open.remove_chunk(&path, index).await? {
                    true => Ok(()),
                    // It is the path of a node with a name like that of a chunk.
                    false => open.remove_below(&prefix).await,
                }
            })?,
            Some(Key::Node(path)) => wait(async move {
                match open.has_members(&path).await? {
                    true => Ok(()),
                    false => open.remove_below(key_of(&path)).await,
                }
            })?,
            None => wait(async move { open.remove_below(&prefix).await })?,
        };
        removed.at(|| self.place_of(key))
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (open, old, new) = (self.writable()?, from.to_string(), to.to_string());
        wait(async move { open.rename(&old, &new).await })?.at(|| self.place_of(from))
    }

    fn lock(&self, access: Access) -> Result<Guard> {
        let open = self.writable()?;
        let guard = open.turns.take(access);
        if access == Access::Exclusive {
            open.forget_beyond();
        }
        Ok(guard)
    }

    fn stamp(&self, key: &str) -> Option<String> {
        Key::of(key)?;
        let open = self.shared().ok()?;
        match open.is_writable() {
            true => Some(format!("session {} after {} changes", open.name, open.changes())),
            false => Some(format!("snapshot {}", open.snapshot_id())),
        }
    }

    fn requests(&self) -> usize {
        match self.place() {
            Place::Address(_) => REQUESTS,
            _ => 1,
        }
    }

    fn supports_consolidated_metadata(&self) -> bool {
        false
    }

    fn is_local(&self) -> bool {
        let writable = match self.open.get() {
            Some(open) => open.is_writable(),
            None => matches!(self.described, Described::Session { .. }),
        };
        writable || self.place().is_local()
    }

    fn describe(&self) -> String {
        match &self.described {
            Described::Snapshot { place, id } => format!("icechunk {place} at {id}"),
            // Of two sessions the one may be computed from the other.
            Described::Session { place, name } => {
                format!("icechunk session {} of {place}", name.rsplit('-').next().unwrap_or_default())
            }
        }
    }
}

fn is_array(node: &NodeSnapshot) -> bool {
    matches!(node.node_data, NodeData::Array { .. })
}

/// The first name of a key.
fn first(key: &str) -> String {
    key.split('/').next().unwrap_or_default().to_string()
}
