//! Objects behind a server: HTTP, S3, Google Cloud Storage and Azure, through the crate `object_store`.
//!
//! Requests that fail for a reason that may pass are repeated with growing pauses (by `object_store`).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use serde::{Deserialize, Serialize};

use super::waiting::{REQUESTS, wait};
use super::{Access, ByteRange, Guard, Store, keys_below};
use crate::error::{Context, Error, Result};

/// Schemes of addresses that lead here.
pub(super) const SCHEMES: [&str; 9] = ["http", "https", "s3", "s3a", "gs", "az", "azure", "abfs", "abfss"];

/// Environment variables that tell credentials and regions begin so.
const ENVIRONMENT: [&str; 3] = ["AWS_", "GOOGLE_", "AZURE_"];

/// A lock of another run is waited for so long.
const PATIENCE: Duration = Duration::from_secs(600);

/// What lies at an address below a server.
///
/// Credentials, regions and endpoints are those of the usual environment variables (`AWS_ACCESS_KEY_ID`, `AWS_REGION`,
/// `AWS_ENDPOINT_URL`, `AWS_SKIP_SIGNATURE=true` for public buckets; `GOOGLE_SERVICE_ACCOUNT`; `AZURE_STORAGE_ACCOUNT_NAME`,
/// …), or of [options](RemoteStore::option). The environment does not travel with a plan: workers have their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RemoteStore {
    address: String,
    options: BTreeMap<String, String>,
}

type Opened = (Arc<dyn ObjectStore>, Path);

/// Clients by address and options, so that connections are used again.
type Clients = HashMap<(String, BTreeMap<String, String>), Opened>;

static CLIENTS: LazyLock<Mutex<Clients>> = LazyLock::new(Mutex::default);

/// The answer, or nothing where there is no such object.
fn if_there<T>(answer: object_store::Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(e) => Err(failed(e)),
    }
}

fn failed(e: object_store::Error) -> Error {
    let error = Error::storage(format!("the server did not answer as it should: {e}"));
    match &e {
        object_store::Error::Unauthenticated { .. } | object_store::Error::PermissionDenied { .. } => error.help(
            "credentials are taken from environment variables such as `AWS_ACCESS_KEY_ID`; for public buckets set \
             `AWS_SKIP_SIGNATURE=true`",
        ),
        _ => error,
    }
    .caused_by(e)
}

impl RemoteStore {
    /// What lies at `address`: `https://host/path`, `s3://bucket/path`, `gs://bucket/path`, `az://container/path`.
    ///
    /// # Errors
    /// If it is no address of that kind.
    ///
    /// ```
    /// use graticule::io::store::{RemoteStore, Store};
    /// let store = RemoteStore::new("https://example.org/era5.zarr")?;
    /// assert_eq!(store.describe(), "https://example.org/era5.zarr");
    /// assert!(RemoteStore::new("ftp://example.org").is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(address: impl Into<String>) -> Result<Self> {
        let address = address.into().trim_end_matches('/').to_string();
        let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
        if !SCHEMES.contains(&scheme) {
            return Err(
                Error::unsupported(format!("`{address}` is no address of an object store")).known(SCHEMES)
            );
        }
        Ok(RemoteStore { address, options: BTreeMap::new() })
    }

    /// With an option of the client by its name in the crate `object_store`: `"aws_region"`, `"endpoint"`, `"timeout"`. It
    /// is stronger than the environment, and travels with a plan, so do not put secrets into it.
    ///
    /// ```
    /// use graticule::io::store::RemoteStore;
    /// let store = RemoteStore::new("s3://bucket/a.zarr")?.option("aws_region", "eu-central-1");
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    fn client(&self) -> Result<Opened> {
        let key = (self.address.clone(), self.options.clone());
        let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = clients.get(&key) {
            return Ok(opened.clone());
        }
        let no_address = |e: String| Error::invalid(format!("`{}` is no address: {e}", self.address));
        let url = url::Url::parse(&self.address).map_err(|e| no_address(e.to_string()))?;
        let mut options: BTreeMap<String, String> = std::env::vars()
            .filter(|(name, _)| ENVIRONMENT.iter().any(|prefix| name.starts_with(prefix)))
            .map(|(name, value)| (name.to_lowercase(), value))
            .collect();
        options.extend(self.options.clone());
        let endpoint = options.iter().any(|(name, v)| name.contains("endpoint") && v.starts_with("http://"));
        if endpoint || url.scheme() == "http" {
            options.insert("allow_http".into(), "true".into());
        }
        let (client, path) =
            object_store::parse_url_opts(&url, options).map_err(failed).at(|| self.address.clone())?;
        let opened: Opened = (Arc::from(client), path);
        clients.insert(key, opened.clone());
        Ok(opened)
    }

    /// The client and the path of a key.
    fn at(&self, key: &str) -> Result<Opened> {
        let (client, base) = self.client()?;
        let path = key.split('/').filter(|part| !part.is_empty()).fold(base, |path, part| path.join(part));
        Ok((client, path))
    }

    fn place(&self, key: &str) -> String {
        super::join(&self.address, key)
    }

    fn put(&self, key: &str, bytes: &[u8], mode: PutMode) -> Result<object_store::Result<()>> {
        let (client, path) = self.at(key)?;
        let payload = PutPayload::from(bytes.to_vec());
        wait(async move { client.put_opts(&path, payload, mode.into()).await.map(|_| ()) })
    }

    /// Waits until the lock is free; that of a run that died counts until somebody removes it.
    fn wait_for_lock(&self, mut is_free: impl FnMut() -> Result<bool>) -> Result<()> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(50);
        while !is_free()? {
            if begun.elapsed() > PATIENCE {
                let holder = self.read(LOCK, ByteRange::Whole { limit: 1 << 16 })?.unwrap_or_default();
                return Err(Error::storage(format!(
                    "another run is writing `{}`: {}",
                    self.address,
                    String::from_utf8_lossy(&holder)
                ))
                .help(format!("if it has died, remove `{}`", self.place(LOCK))));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(2));
        }
        Ok(())
    }
}

/// The object that says that somebody changes the metadata.
const LOCK: &str = ".lock";

/// Removes the lock when it is dropped.
struct Locked(RemoteStore);

impl Drop for Locked {
    fn drop(&mut self) {
        if let Err(e) = self.0.remove(LOCK) {
            tracing::warn!(lock = self.0.place(LOCK), "cannot be removed: {e}");
        }
    }
}

#[typetag::serde(name = "remote")]
impl Store for RemoteStore {
    fn read(&self, key: &str, range: ByteRange) -> Result<Option<Vec<u8>>> {
        let (client, path) = self.at(key)?;
        let place = || self.place(key);
        let (asked, length) = match range {
            ByteRange::Whole { .. } => (None, None),
            ByteRange::Part { length: 0, .. } | ByteRange::Last(0) => return Ok(Some(Vec::new())),
            ByteRange::Part { offset, length } => {
                let end =
                    offset.checked_add(length).ok_or_else(|| Error::storage("a range beyond all ends"))?;
                (Some(GetRange::Bounded(offset..end)), Some(length))
            }
            // Not every server knows how to count from the end.
            ByteRange::Last(_) if !self.address.starts_with("http") && !self.address.starts_with("s3") => {
                let Some(size) = self.size(key)? else { return Ok(None) };
                let (offset, length) = range.within(size).at(place)?;
                (Some(GetRange::Bounded(offset..offset + length)), Some(length))
            }
            ByteRange::Last(length) => (Some(GetRange::Suffix(length)), Some(length)),
        };
        let options = GetOptions { range: asked, ..GetOptions::default() };
        let answer = wait(async move {
            let got = client.get_opts(&path, options).await?;
            let size = got.meta.size;
            match range {
                // Not fetched, if it is larger than it can be.
                ByteRange::Whole { limit } if size > limit => Ok((size, None)),
                _ => got.bytes().await.map(|bytes| (size, Some(bytes))),
            }
        })?;
        let Some((size, bytes)) = if_there(answer).at(place)? else { return Ok(None) };
        let bytes = match bytes {
            Some(bytes) => bytes,
            None => return range.within(size).map(|_| None).at(place),
        };
        if let Some(length) = length.filter(|n| *n != bytes.len() as u64) {
            let what = format!("{} bytes of {length} were sent, of an object of {size} bytes", bytes.len());
            return Err(Error::storage(what).at(place()));
        }
        Ok(Some(bytes.to_vec()))
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        let (client, path) = self.at(key)?;
        let answer = wait(async move { client.head(&path).await })?;
        Ok(if_there(answer).at(|| self.place(key))?.map(|meta| meta.size))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let (client, path) = self.at(prefix)?;
        let answer = wait(async move { client.list_with_delimiter(Some(&path)).await })?;
        let listed = answer.map_err(failed).at(|| self.place(prefix)).map_err(|e| {
            e.help("web servers cannot be listed: a Zarr store needs consolidated metadata there")
        })?;
        let paths = listed.common_prefixes.into_iter().chain(listed.objects.into_iter().map(|o| o.location));
        let mut names: Vec<String> = paths.filter_map(|p| p.filename().map(str::to_string)).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn write(&self, key: &str, bytes: &[u8]) -> Result<()> {
        self.put(key, bytes, PutMode::Overwrite)?.map_err(failed).at(|| self.place(key))
    }

    fn write_new(&self, key: &str, bytes: &[u8]) -> Result<bool> {
        match self.put(key, bytes, PutMode::Create)? {
            Ok(()) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                Ok(false)
            }
            Err(e) => Err(failed(e).at(self.place(key))),
        }
    }

    fn remove(&self, key: &str) -> Result<()> {
        let (client, path) = self.at(key)?;
        let answer = wait(async move {
            match client.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(e) => return Err(e),
            }
            let below = client.list(Some(&path)).map_ok(|meta| meta.location);
            client.delete_stream(Box::pin(below)).try_collect::<Vec<_>>().await.map(|_| ())
        })?;
        answer.map_err(failed).at(|| self.place(key))
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        for key in keys_below(self, from)? {
            let target = super::join(to, key[from.len()..].trim_start_matches('/'));
            let ((client, source), (_, target)) = (self.at(&key)?, self.at(&target)?);
            let answer = wait(async move {
                client.copy(&source, &target).await?;
                client.delete(&source).await
            })?;
            answer.map_err(failed).at(|| self.place(&key))?;
        }
        Ok(())
    }

    /// An object `.lock` in the store: whoever finds it waits. It is left behind by a run that is killed.
    fn lock(&self, access: Access) -> Result<Guard> {
        match access {
            Access::Shared => {
                self.wait_for_lock(|| Ok(self.size(LOCK)?.is_none()))?;
                Ok(Guard::none())
            }
            Access::Exclusive => {
                let who = format!("process {} since {:?}", std::process::id(), std::time::SystemTime::now());
                self.wait_for_lock(|| self.write_new(LOCK, who.as_bytes()))?;
                Ok(Guard::of(Locked(self.clone())))
            }
        }
    }

    fn stamp(&self, key: &str) -> Option<String> {
        let (client, path) = self.at(key).ok()?;
        let meta = wait(async move { client.head(&path).await }).ok()?.ok()?;
        Some(format!("{} bytes, {}", meta.size, meta.e_tag.unwrap_or_else(|| meta.last_modified.to_string())))
    }

    fn requests(&self) -> usize {
        REQUESTS
    }

    fn describe(&self) -> String {
        self.address.clone()
    }
}
