//! What lies below a prefix of a store, as a store of its own.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Access, ByteRange, Guard, Store, join};
use crate::error::Result;

/// A part of a store: its keys are those below a prefix.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PrefixStore {
    inner: Arc<dyn Store>,
    prefix: String,
}

impl PrefixStore {
    /// What lies below `prefix` in `inner`.
    ///
    /// ```
    /// use graticule::io::store::{ByteRange, MemoryStore, PrefixStore, Store};
    /// use std::sync::Arc;
    /// let whole = Arc::new(MemoryStore::new("of a prefix"));
    /// let part = PrefixStore::new(whole.clone(), "a/b");
    /// part.write("c", b"bytes")?;
    /// assert_eq!(whole.read("a/b/c", ByteRange::Last(5))?.as_deref(), Some(&b"bytes"[..]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(inner: Arc<dyn Store>, prefix: impl Into<String>) -> Self {
        PrefixStore { inner, prefix: prefix.into().trim_matches('/').to_string() }
    }

    fn key(&self, key: &str) -> String {
        join(&self.prefix, key)
    }
}

#[typetag::serde(name = "prefix")]
impl Store for PrefixStore {
    fn read(&self, key: &str, range: ByteRange) -> Result<Option<Vec<u8>>> {
        self.inner.read(&self.key(key), range)
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        self.inner.size(&self.key(key))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.inner.list(&self.key(prefix))
    }

    fn write(&self, key: &str, bytes: &[u8]) -> Result<()> {
        self.inner.write(&self.key(key), bytes)
    }

    fn write_new(&self, key: &str, bytes: &[u8]) -> Result<bool> {
        self.inner.write_new(&self.key(key), bytes)
    }

    fn remove(&self, key: &str) -> Result<()> {
        self.inner.remove(&self.key(key))
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.inner.rename(&self.key(from), &self.key(to))
    }

    /// That of the whole store.
    fn lock(&self, access: Access) -> Result<Guard> {
        self.inner.lock(access)
    }

    fn stamp(&self, key: &str) -> Option<String> {
        self.inner.stamp(&self.key(key))
    }

    fn supports_consolidated_metadata(&self) -> bool {
        self.inner.supports_consolidated_metadata()
    }

    fn is_local(&self) -> bool {
        self.inner.is_local()
    }

    fn requests(&self) -> usize {
        self.inner.requests()
    }

    fn describe(&self) -> String {
        join(&self.inner.describe(), &self.prefix)
    }
}
