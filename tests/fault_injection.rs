//! Writes that are disturbed at every request: by errors, short reads, late errors, and the death of the process.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use graticule::io::store::{Access, ByteRange, Guard, MemoryStore, Store};
use graticule::io::zarr::{WriteMode, WriteOptions, ZarrFormat};
use graticule::prelude::*;
use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// The request fails and has no effect.
    Error,
    /// The request has its effect, and is told to have failed.
    Timeout,
    /// A read gives half of the bytes.
    ShortRead,
    /// From this request on nothing happens any more.
    Kill,
}

const FAULTS: [Fault; 4] = [Fault::Error, Fault::Timeout, Fault::ShortRead, Fault::Kill];

/// How many requests a store has had, and which of them goes wrong how.
#[derive(Debug, Default)]
struct State {
    requests: usize,
    fault: Option<(usize, Fault)>,
}

static STATES: LazyLock<Mutex<HashMap<String, State>>> = LazyLock::new(Mutex::default);

/// A store in memory that fails once.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct FaultyStore {
    name: String,
    inner: MemoryStore,
}

impl FaultyStore {
    fn over(inner: &MemoryStore, name: &str, fault: Option<(usize, Fault)>) -> Arc<Self> {
        let mut states = STATES.lock().unwrap_or_else(PoisonError::into_inner);
        states.insert(name.to_string(), State { requests: 0, fault });
        Arc::new(FaultyStore { name: name.to_string(), inner: inner.clone() })
    }

    fn requests(&self) -> usize {
        STATES.lock().unwrap_or_else(PoisonError::into_inner)[&self.name].requests
    }

    fn request<T>(
        &self,
        what: &str,
        work: impl FnOnce() -> Result<T>,
        short: impl FnOnce(T) -> T,
    ) -> Result<T> {
        let fault = {
            let mut states = STATES.lock().unwrap_or_else(PoisonError::into_inner);
            let state = states.get_mut(&self.name).expect("the store was made by `over`");
            state.requests += 1;
            match state.fault {
                Some((at, fault))
                    if at == state.requests || (at < state.requests && fault == Fault::Kill) =>
                {
                    Some(fault)
                }
                _ => None,
            }
        };
        let failed = || Error::storage(format!("disturbed: {what}"));
        match fault {
            None => work(),
            Some(Fault::Error | Fault::Kill) => Err(failed()),
            Some(Fault::Timeout) => work().and_then(|_| Err(failed())),
            Some(Fault::ShortRead) => work().map(short),
        }
    }
}

#[typetag::serde]
impl Store for FaultyStore {
    fn read(&self, key: &str, range: ByteRange) -> Result<Option<Vec<u8>>> {
        let half = |bytes: Option<Vec<u8>>| bytes.map(|b| b[..b.len() / 2].to_vec());
        self.request(&format!("read {key}"), || self.inner.read(key, range), half)
    }
    fn size(&self, key: &str) -> Result<Option<u64>> {
        self.request(&format!("size {key}"), || self.inner.size(key), |size| size)
    }
    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.request(&format!("list {prefix}"), || self.inner.list(prefix), |names| names)
    }
    fn write(&self, key: &str, bytes: &[u8]) -> Result<()> {
        self.request(&format!("write {key}"), || self.inner.write(key, bytes), |()| ())
    }
    fn write_new(&self, key: &str, bytes: &[u8]) -> Result<bool> {
        self.request(&format!("write new {key}"), || self.inner.write_new(key, bytes), |done| done)
    }
    fn remove(&self, key: &str) -> Result<()> {
        self.request(&format!("remove {key}"), || self.inner.remove(key), |()| ())
    }
    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.request(&format!("rename {from}"), || self.inner.rename(from, to), |()| ())
    }
    fn lock(&self, access: Access) -> Result<Guard> {
        self.inner.lock(access)
    }
    fn describe(&self) -> String {
        format!("faulty://{}", self.name)
    }
}

fn dataset(start: i64, n: usize) -> Dataset {
    let values: Vec<f32> = (0..2 * n).map(|i| (start * 2) as f32 + i as f32).collect();
    let time = Block::from_vec(&[n], (start..start + n as i64).collect::<Vec<i64>>()).unwrap();
    let a = DataArray::from_vec(&[("time", n), ("x", 2)], values).unwrap().chunk("time", 3).unwrap();
    let count = DataArray::from_vec(&[("time", n)], vec![7i16; n]).unwrap();
    let ds = a.to_dataset("t").assign([("count", &count)]).unwrap();
    ds.assign_coords([("time", time)]).unwrap()
}

/// What is done to a store that holds `dataset(0, 7)`, or nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    Create,
    Replace,
    Append,
    Add,
    Region,
}

const CHANGES: [Change; 5] = [Change::Create, Change::Replace, Change::Append, Change::Add, Change::Region];

impl Change {
    fn run(self, store: Arc<FaultyStore>, format: ZarrFormat) -> Result<Report> {
        // One thread: the requests come in the same order each time.
        let local = Local::new().threads(1);
        let (ds, options) = match self {
            Change::Create => (dataset(0, 7), WriteOptions::new()),
            Change::Replace => (dataset(50, 4), WriteOptions::new().mode(WriteMode::Replace)),
            Change::Append => (dataset(7, 6), WriteOptions::append("time")),
            Change::Add => {
                let more = dataset(0, 7).rename([("t", "u")])?.drop_vars("count")?;
                (more.mul(2)?, WriteOptions::new().mode(WriteMode::Append))
            }
            Change::Region => {
                let part = dataset(3, 3).mul(10)?.drop_vars("count")?;
                (part, WriteOptions::region_auto())
            }
        };
        ds.to_zarr_with(store, &options.format(format), &local)
    }
}

fn read(store: &MemoryStore) -> Result<Dataset> {
    open_dataset(store.clone())?.compute()
}

fn base(name: &str, change: Change, format: ZarrFormat) -> MemoryStore {
    let store = MemoryStore::new(name);
    if change != Change::Create {
        let options = WriteOptions::new().format(format);
        dataset(0, 7).to_zarr_with(store.clone(), &options, &Local::new().threads(1)).unwrap();
    }
    store
}

/// Whether each element is that of one of the two.
fn of_either(found: &Dataset, a: &Dataset, b: &Dataset) -> bool {
    found.data_vars().keys().all(|name| {
        let values =
            |ds: &Dataset| ds.get(name).unwrap().astype(DType::F64).unwrap().to_vec::<f64>().unwrap();
        let (found, a, b) = (values(found), values(a), values(b));
        found.iter().zip(a.iter().zip(&b)).all(|(f, (a, b))| f == a || f == b)
    })
}

#[test]
fn a_disturbed_write_leaves_the_old_dataset_or_the_new_one() {
    let (mut disturbed, mut failed, mut lived, mut gone) = (0, 0, 0, 0);
    for format in [ZarrFormat::V3, ZarrFormat::V2] {
        for change in CHANGES {
            let label = format!("{change:?} {format:?}");
            let undisturbed = base(&label, change, format);
            let before = read(&undisturbed).ok();
            let counted = FaultyStore::over(&undisturbed, &label, None);
            change.run(counted.clone(), format).unwrap_or_else(|e| panic!("{label}: {e}"));
            let after = read(&undisturbed).unwrap();
            for at in 1..=counted.requests() {
                for fault in FAULTS {
                    let name = format!("{label} {at} {fault:?}");
                    let inner = base(&name, change, format);
                    let store = FaultyStore::over(&inner, &name, Some((at, fault)));
                    let outcome = change.run(store, format);
                    disturbed += 1;
                    failed += usize::from(outcome.is_err());
                    let found = read(&inner);
                    let is = |ds: &Dataset| found.as_ref().is_ok_and(|f| f.identical(ds).unwrap());
                    match (outcome.is_ok(), change) {
                        (true, _) => {
                            assert!(is(&after), "{name}: told to be done, and is not: {found:?}");
                            lived += 1;
                        }
                        // Values are overwritten where they are, chunk by chunk.
                        (false, Change::Region) => {
                            let found = found.unwrap_or_else(|e| panic!("{name}: {e}"));
                            assert!(of_either(&found, before.as_ref().unwrap(), &after), "{name}: {found}");
                        }
                        (false, Change::Create) => {
                            assert!(
                                is(&after) || found.as_ref().is_err_and(Error::is_not_found),
                                "{name}: {found:?}"
                            );
                        }
                        // A store without a name for its whole has a moment without any dataset.
                        (false, Change::Replace) if found.as_ref().is_err_and(Error::is_not_found) => {
                            gone += 1
                        }
                        (false, _) => {
                            assert!(is(before.as_ref().unwrap()) || is(&after), "{name}: {found:?}");
                        }
                    }
                    // What a disturbed run has left does not disturb the next.
                    if matches!(change, Change::Create | Change::Append) && found_old(&inner, before.as_ref())
                    {
                        let again = FaultyStore::over(&inner, &name, None);
                        change.run(again, format).unwrap_or_else(|e| panic!("{name}, again: {e}"));
                        assert!(read(&inner).unwrap().identical(&after).unwrap(), "{name}, again");
                    }
                }
            }
        }
    }
    println!(
        "{disturbed} writes disturbed: {failed} failed, {lived} did not, {gone} replacements left nothing"
    );
    assert!(disturbed >= 500 && failed > disturbed / 2, "{disturbed}, {failed}");
}

fn found_old(store: &MemoryStore, before: Option<&Dataset>) -> bool {
    match (read(store), before) {
        (Ok(found), Some(before)) => found.identical(before).unwrap(),
        (Err(e), None) => e.is_not_found(),
        _ => false,
    }
}
