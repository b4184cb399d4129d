//! A store in memory, for tests and for what need not be kept.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock, Weak};

use serde::{Deserialize, Serialize};

use super::lock::Turns;
use super::{Access, ByteRange, Guard, Store, join};
use crate::error::Result;

/// Objects in the memory of this process, under a name: stores of the same name are the same store as long as one of them
/// lives.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Named", into = "Named")]
pub struct MemoryStore {
    name: String,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    objects: RwLock<BTreeMap<String, Object>>,
    turns: Arc<Turns>,
}

#[derive(Debug)]
struct Object {
    bytes: Vec<u8>,
    /// No two objects of a process have the same.
    version: u64,
}

impl Object {
    fn new(bytes: &[u8]) -> Self {
        static VERSION: AtomicU64 = AtomicU64::new(0);
        Object { bytes: bytes.to_vec(), version: VERSION.fetch_add(1, Ordering::Relaxed) }
    }
}

#[derive(Serialize, Deserialize)]
struct Named {
    name: String,
}

impl From<Named> for MemoryStore {
    fn from(named: Named) -> Self {
        MemoryStore::new(named.name)
    }
}

impl From<MemoryStore> for Named {
    fn from(store: MemoryStore) -> Self {
        Named { name: store.name }
    }
}

static STORES: LazyLock<Mutex<HashMap<String, Weak<Shared>>>> = LazyLock::new(Mutex::default);

impl MemoryStore {
    /// The store of this name: a new one if there is none.
    ///
    /// ```
    /// use graticule::prelude::*;
    /// use graticule::io::store::MemoryStore;
    /// use std::sync::Arc;
    /// let store = Arc::new(MemoryStore::new("of an example"));
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// a.to_dataset("a").to_zarr(store.clone())?;
    /// assert_eq!(open_dataset(store)?.get("a")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
        stores.retain(|_, store| store.strong_count() > 0);
        let shared = stores.get(&name).and_then(Weak::upgrade).unwrap_or_default();
        stores.insert(name.clone(), Arc::downgrade(&shared));
        MemoryStore { name, shared }
    }

    fn with<T>(&self, f: impl FnOnce(&BTreeMap<String, Object>) -> T) -> T {
        f(&self.shared.objects.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, f: impl FnOnce(&mut BTreeMap<String, Object>) -> T) -> T {
        f(&mut self.shared.objects.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The keys that begin so, with their objects.
fn below<'a>(
    objects: &'a BTreeMap<String, Object>,
    start: &'a str,
) -> impl Iterator<Item = (&'a String, &'a Object)> {
    let from = (Bound::Included(start), Bound::Unbounded);
    objects.range::<str, _>(from).take_while(move |(key, _)| key.starts_with(start))
}

/// What keys below a prefix begin with.
fn start(prefix: &str) -> String {
    if prefix.is_empty() { String::new() } else { format!("{prefix}/") }
}

#[typetag::serde(name = "memory")]
impl Store for MemoryStore {
    fn read(&self, key: &str, range: ByteRange) -> Result<Option<Vec<u8>>> {
        self.with(|objects| objects.get(key).map(|o| range.of(&o.bytes).map(<[u8]>::to_vec)).transpose())
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        Ok(self.with(|objects| objects.get(key).map(|o| o.bytes.len() as u64)))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let start = start(prefix);
        let first = |key: &String| key[start.len()..].split('/').next().unwrap_or_default().to_string();
        let mut names: Vec<String> =
            self.with(|objects| below(objects, &start).map(|(key, _)| first(key)).collect());
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn write(&self, key: &str, bytes: &[u8]) -> Result<()> {
        self.change(|objects| objects.insert(key.to_string(), Object::new(bytes)));
        Ok(())
    }

    fn write_new(&self, key: &str, bytes: &[u8]) -> Result<bool> {
        Ok(self.change(|objects| match objects.contains_key(key) {
            true => false,
            false => objects.insert(key.to_string(), Object::new(bytes)).is_none(),
        }))
    }

    fn remove(&self, key: &str) -> Result<()> {
        let start = start(key);
        self.change(|objects| objects.retain(|k, _| k != key && !k.starts_with(&start)));
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let start = start(from);
        self.change(|objects| {
            let moved: Vec<String> = below(objects, &start).map(|(key, _)| key.clone()).collect();
            for key in moved {
                if let Some(object) = objects.remove(&key) {
                    objects.insert(join(to, &key[start.len()..]), object);
                }
            }
        });
        Ok(())
    }

    fn lock(&self, access: Access) -> Result<Guard> {
        Ok(self.shared.turns.take(access))
    }

    fn stamp(&self, key: &str) -> Option<String> {
        self.with(|objects| {
            objects.get(key).map(|o| format!("{} bytes, version {}", o.bytes.len(), o.version))
        })
    }

    fn is_local(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("memory://{}", self.name)
    }
}
