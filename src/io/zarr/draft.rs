//! Where a Zarr store is written before it is complete, and how it becomes visible.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::hierarchy::{MARKERS, is_node};
use super::json;
use super::resume::{Manifest, Resume};
use crate::error::{Context, Error, Result};
use crate::io::staging::Staging;
use crate::io::store::{Access, FolderStore, Guard, Location, Store, ZipWriter, join};

/// A place for a store, or a part of one, that is being written.
#[derive(Debug)]
pub(super) enum Draft {
    /// A folder under a temporary name, which a run that ends early may leave to be continued.
    Folder { staging: Staging, store: Arc<dyn Store>, manifest: Option<Manifest>, target: PathBuf },
    /// An archive under a temporary name.
    Archive { staging: Staging, archive: ZipWriter, store: Arc<dyn Store> },
    /// A store where nothing is yet: the documents of the group come last.
    New { store: Arc<dyn Store>, _guard: Guard },
    /// Below a temporary prefix of a store, which then takes the place of what is there.
    Beside { store: Arc<dyn Store>, aside: Aside, _guard: Guard },
    /// A store that is there and stays: what is new in it counts when the documents are written.
    InPlace { store: Arc<dyn Store>, folder: Option<FolderStore>, _guard: Guard },
}

/// What lies below a temporary prefix is removed with this, unless it is on its way to its place.
#[derive(Debug)]
pub(super) struct Aside {
    store: Arc<dyn Store>,
    prefix: String,
    kept: bool,
}

fn already_there(location: &Location) -> Error {
    Error::invalid(format!("there is a store at `{location}` already"))
        .help("choose another name, or replace it with the mode `Replace`")
}

impl Draft {
    /// A place for a new store.
    ///
    /// # Errors
    /// If the location is taken and not to be replaced, a run that cannot be continued there shall be, or the store cannot
    /// be written.
    pub fn new(location: &Location, replace: bool, resume: Resume) -> Result<Draft> {
        match location {
            Location::Path(path) if path.extension().is_some_and(|e| e == "zip") => {
                cannot_resume(location, resume)?;
                let staging = Staging::file(path, replace)?;
                let archive = ZipWriter::create(staging.path())?;
                Ok(Draft::Archive { staging, store: Arc::new(archive.clone()), archive })
            }
            Location::Path(path) => {
                let manifest = match resume {
                    Resume::Never => None,
                    resume => Some(Manifest::open(path, resume)?),
                };
                let staging = match &manifest {
                    None => Staging::folder(path, replace)?,
                    Some(manifest) => Staging::kept(manifest.store(), path, replace)?,
                };
                let store = Arc::new(FolderStore::new(staging.path())?);
                Ok(Draft::Folder { staging, store, manifest, target: path.clone() })
            }
            other => {
                cannot_resume(location, resume)?;
                let store = other.store()?;
                let guard = store.lock(Access::Exclusive)?;
                if !is_node(&*store)? {
                    return Ok(Draft::New { store, _guard: guard });
                }
                if !replace {
                    return Err(already_there(location));
                }
                let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
                let prefix = format!(".unfinished-{}-{since:x}", std::process::id());
                let aside = Aside { store: store.clone(), prefix, kept: false };
                Ok(Draft::Beside { store, aside, _guard: guard })
            }
        }
    }

    /// The store to write to.
    pub fn store(&self) -> &Arc<dyn Store> {
        match self {
            Draft::Folder { store, .. }
            | Draft::Archive { store, .. }
            | Draft::New { store, .. }
            | Draft::Beside { store, .. }
            | Draft::InPlace { store, .. } => store,
        }
    }

    /// Under which key of the store something of this name is written.
    pub fn key(&self, name: &str) -> String {
        match self {
            Draft::Beside { aside, .. } => join(&aside.prefix, name),
            _ => name.to_string(),
        }
    }

    /// The manifest of a run that can be continued.
    pub fn manifest(&mut self) -> Option<&mut Manifest> {
        match self {
            Draft::Folder { manifest, .. } => manifest.as_mut(),
            _ => None,
        }
    }

    /// Whether nothing can be there yet.
    pub fn is_clean(&self) -> bool {
        matches!(self, Draft::Folder { manifest: None, .. } | Draft::Archive { .. } | Draft::Beside { .. })
    }

    /// Whether a run before this one may have written chunks that count.
    pub fn is_continued(&self) -> bool {
        matches!(self, Draft::Folder { manifest: Some(_), .. })
    }

    /// Removes files that other processes had begun and were killed over. In a new store those that still write come too late;
    /// in one that is there only what nobody goes on with is removed.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn remove_unfinished(&self) -> Result<()> {
        match self {
            Draft::Folder { staging, .. } => FolderStore::new(staging.path())?.remove_unfinished(),
            Draft::InPlace { folder: Some(folder), .. } => folder.remove_left(),
            _ => Ok(()),
        }
    }

    /// Writes the last documents, in this order, and makes visible what was written.
    ///
    /// # Errors
    /// If the store cannot be written, or the location was taken meanwhile.
    pub fn commit(self, documents: &[(String, Value)]) -> Result<()> {
        let store = self.store().clone();
        let write = |key: &str, document: &Value| store.write(key, json::to_text(document).as_bytes());
        let put = |(key, document): &(String, Value)| write(key, document);
        match self {
            Draft::Folder { staging, manifest, target, .. } => {
                documents.iter().try_for_each(put)?;
                staging.commit()?;
                match manifest {
                    Some(manifest) => manifest.remove(),
                    None => Manifest::discard(&target),
                }
            }
            Draft::Archive { staging, archive, .. } => {
                documents.iter().try_for_each(put)?;
                archive.finish()?;
                staging.commit()
            }
            Draft::InPlace { .. } => documents.iter().try_for_each(put),
            Draft::New { .. } => documents.iter().try_for_each(|(key, document)| {
                if !MARKERS.contains(&key.as_str()) {
                    return write(key, document);
                }
                // Those that make it a store are written by one run only.
                match store.write_new(key, json::to_text(document).as_bytes())? {
                    true => Ok(()),
                    false => Err(Error::invalid(format!(
                        "another run has written `{key}` in `{}` meanwhile",
                        store.describe()
                    ))),
                }
            }),
            Draft::Beside { mut aside, .. } => {
                aside.kept = true;
                let prefix = &aside.prefix;
                let done = replace(&*store, prefix).and_then(|()| documents.iter().try_for_each(put));
                done.at(|| format!("what is new is below `{prefix}`"))
            }
        }
    }
}

/// Puts what lies below a prefix in the place of all else. Nothing can be opened as long as that takes: a store without a
/// name for its whole cannot change in one step.
fn replace(store: &dyn Store, prefix: &str) -> Result<()> {
    for marker in MARKERS {
        store.remove(marker)?;
    }
    for name in store.list("")? {
        if name != prefix {
            store.remove(&name)?;
        }
    }
    for name in store.list(prefix)? {
        store.rename(&join(prefix, &name), &name)?;
    }
    Ok(())
}

impl Drop for Aside {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Err(e) = self.store.remove(&self.prefix) {
            tracing::warn!(prefix = %self.prefix, store = self.store.describe(), "cannot be removed: {e}");
        }
    }
}

fn cannot_resume(location: &Location, resume: Resume) -> Result<()> {
    match resume {
        Resume::Never => Ok(()),
        _ => Err(Error::unsupported(format!("a run that writes `{location}` cannot be continued"))
            .help("only runs that write a store in a folder can")),
    }
}
