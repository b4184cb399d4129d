//! Where repositories lie: folders, memory, buckets.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use ::icechunk::{Storage, storage};
use serde::{Deserialize, Serialize};

use super::super::waiting::wait;
use super::super::{Access, FolderStore, Guard, Location, Store};
use super::failed;
use crate::error::{Error, Result};

pub(super) type Stored = Arc<dyn Storage + Send + Sync>;

/// Where a repository lies, as a description that can travel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Place {
    /// In a folder.
    Folder(PathBuf),
    /// In the memory of this process, under a name.
    Memory(String),
    /// In a bucket behind a server.
    Address(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Folder(path) => path.display().fmt(f),
            Place::Memory(name) => write!(f, "memory://{name}"),
            Place::Address(address) => f.write_str(address),
        }
    }
}

impl Place {
    /// The place of a location.
    ///
    /// # Errors
    /// If it is a store in hand: Icechunk brings its own.
    pub(super) fn of(location: Location) -> Result<Place> {
        match location {
            Location::Path(path) => Ok(Place::Folder(std::path::absolute(path)?)),
            Location::Address(address) => match address.strip_prefix("memory://") {
                Some(name) => Ok(Place::Memory(name.to_string())),
                None => Ok(Place::Address(address.trim_end_matches('/').to_string())),
            },
            Location::Store(store) => Err(Error::unsupported(format!(
                "an Icechunk repository cannot lie in the store `{}`",
                store.describe()
            ))
            .help("give a folder, `memory://name` or an address")),
        }
    }

    /// Whether it is there for this process alone.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Place::Memory(_))
    }

    /// What keeps the bytes.
    ///
    /// # Errors
    /// If there is none for the address.
    pub(super) fn storage(&self) -> Result<Stored> {
        match self {
            Place::Folder(path) => {
                let path = path.clone();
                wait(async move { storage::new_local_filesystem_storage(&path).await })?.map_err(failed)
            }
            Place::Memory(name) => in_memory(name),
            Place::Address(address) => of_address(address),
        }
    }

    /// Waits until nobody else changes what branches and tags name, and keeps it so as long as the guard lives. Buckets
    /// and memory have conditional writes for that; file systems have none.
    ///
    /// # Errors
    /// If the lock cannot be had.
    pub(super) fn alone(&self) -> Result<Guard> {
        match self {
            Place::Folder(path) => FolderStore::new(path)?.lock(Access::Exclusive),
            _ => Ok(Guard::none()),
        }
    }
}

/// The storage of this name: a new one if there is none.
fn in_memory(name: &str) -> Result<Stored> {
    static STORAGES: LazyLock<Mutex<HashMap<String, Weak<dyn Storage + Send + Sync>>>> =
        LazyLock::new(Mutex::default);
    let mut storages = STORAGES.lock().unwrap_or_else(PoisonError::into_inner);
    storages.retain(|_, storage| storage.strong_count() > 0);
    if let Some(storage) = storages.get(name).and_then(Weak::upgrade) {
        return Ok(storage);
    }
    let storage = wait(storage::new_in_memory_storage())?.map_err(failed)?;
    storages.insert(name.to_string(), Arc::downgrade(&storage));
    Ok(storage)
}

#[cfg(not(feature = "remote"))]
fn of_address(address: &str) -> Result<Stored> {
    Err(Error::unsupported(format!("`{address}`: there are no repositories behind servers"))
        .help("those in S3, Google Cloud Storage and Azure need the feature `remote` of graticule"))
}

#[cfg(feature = "remote")]
fn of_address(address: &str) -> Result<Stored> {
    const SCHEMES: [&str; 7] = ["s3", "s3a", "gs", "az", "azure", "abfs", "abfss"];
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let (bucket, prefix) = (bucket.to_string(), Some(prefix.to_string()).filter(|p| !p.is_empty()));
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match scheme {
        "s3" | "s3a" => {
            let endpoint = variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL"));
            let options = storage::S3Options::default()
                .with_allow_http(endpoint.is_some_and(|url| url.starts_with("http://")))
                .with_anonymous(variable("AWS_SKIP_SIGNATURE").is_some_and(|v| v == "true" || v == "1"));
            wait(storage::new_s3_object_store_storage(options, bucket, prefix, None, Vec::new(), Vec::new()))?
        }
        "gs" => storage::new_gcs_storage(bucket, prefix, None, None, Vec::new(), Vec::new()),
        "az" | "azure" | "abfs" | "abfss" => {
            let account = variable("AZURE_STORAGE_ACCOUNT_NAME").ok_or_else(|| {
                Error::invalid(format!("`{address}`: the name of the storage account is not known"))
                    .help("set the environment variable `AZURE_STORAGE_ACCOUNT_NAME`")
            })?;
            wait(storage::new_azure_blob_storage(account, bucket, prefix, None, None))?
        }
        _ => {
            return Err(Error::unsupported(format!(
                "`{address}`: there are no Icechunk repositories at addresses of `{scheme}`"
            ))
            .known(SCHEMES));
        }
    }
    .map_err(failed)
}
