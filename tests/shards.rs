//! Chunks of shards on stores where a request takes its time: which bytes are asked for, and what comes of them.

mod support;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use graticule::dtype::Text;
use graticule::io::store::{ByteRange, FolderStore, Store};
use graticule::prelude::*;
use serde::{Deserialize, Serialize};
use support::netcdf::encoded;
use support::python::{python, run_script};

/// The ranges of chunks that were asked for, by the name of the store.
static ASKED: LazyLock<Mutex<HashMap<String, Vec<u64>>>> = LazyLock::new(Mutex::default);

/// A folder that counts as far away, and notes how many bytes each request for a part of an object asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct FarStore {
    inner: FolderStore,
}

impl FarStore {
    fn at(path: &Path) -> Arc<Self> {
        Arc::new(FarStore { inner: FolderStore::new(path).unwrap() })
    }

    /// What was asked for since the last call.
    fn asked(&self) -> Vec<u64> {
        let mut all = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&self.describe()).unwrap_or_default()
    }
}

#[typetag::serde]
impl Store for FarStore {
    fn read(&self, key: &str, range: ByteRange) -> Result<Option<Vec<u8>>> {
        if let ByteRange::Part { length, .. } | ByteRange::Last(length) = range {
            let mut all = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(self.describe()).or_default().push(length);
        }
        self.inner.read(key, range)
    }
    fn size(&self, key: &str) -> Result<Option<u64>> {
        self.inner.size(key)
    }
    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.inner.list(prefix)
    }
    fn requests(&self) -> usize {
        8
    }
    fn describe(&self) -> String {
        format!("far://{}", self.inner.describe())
    }
}

fn open(store: &Arc<FarStore>) -> DataArray {
    let store: Arc<dyn Store> = store.clone();
    open_dataset(store).unwrap().get("a").unwrap()
}

/// All of an array in one task.
fn whole(array: &DataArray) -> DataArray {
    array.shape().iter().zip(array.dims().to_vec()).fold(array.clone(), |a, (n, d)| a.chunk(&d, *n).unwrap())
}

/// The element of the array that `shards.py` writes.
fn written(row: usize, column: usize) -> f64 {
    let (chunk_row, chunk_column) = (row / 2, column / 5);
    let of_missing_shard = row >= 12 && column < 20;
    let missing = row < 12 && column >= 20 && chunk_row % 2 == 0 && chunk_column % 2 == 0;
    if missing || of_missing_shard { 0.0 } else { (row * 40 + column + 1) as f64 }
}

#[test]
fn shards_of_zarr_python_take_two_requests_each() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    run_script(&python, "shards.py", &[dir.path().to_str().unwrap()]);
    for name in ["start.zarr", "end.zarr"] {
        let store = FarStore::at(&dir.path().join(name));
        let read = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
            let opened = open(&store);
            store.asked();
            let part = opened.isel("y", rows.clone()).unwrap().isel("x", columns.clone()).unwrap();
            let found = whole(&part).to_vec::<f64>().unwrap();
            let expected: Vec<f64> = rows.flat_map(|r| columns.clone().map(move |c| written(r, c))).collect();
            assert_eq!(found, expected, "{name}");
            store.asked().len()
        };
        // Of three shards the index and what is in them; of the one that is missing its index.
        assert_eq!(read(0..24, 0..40), 7, "{name}");
        // The same over borders of chunks and shards, and with chunks that are missing.
        assert_eq!(read(3..17, 7..38), 7, "{name}");
        assert_eq!(read(0..1, 0..40), 4, "{name}");
        assert_eq!(read(0..2, 20..25), 1, "{name}");
        assert_eq!(read(2..4, 20..25), 2, "{name}");
        assert_eq!(read(12..24, 0..20), 1, "{name}");
    }
}

#[test]
fn what_lies_between_two_chunks_is_read_up_to_64_kib_and_no_request_is_longer_than_4_mib() {
    let dir = tempfile::tempdir().unwrap();
    // Numbers that no compressor makes smaller.
    let mut state = 1u64;
    let mut number = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 1) as i64
    };
    for (width, of_column, of_all) in [(1000, vec![15], vec![16]), (10_000, vec![1; 8], vec![16])] {
        let values: Vec<i64> = (0..8 * 2 * width).map(|_| number()).collect();
        let ds = DataArray::from_vec(&[("y", 8), ("x", 2 * width)], values.clone()).unwrap().to_dataset("a");
        let ds = encoded(&ds, [("chunks", vec![1, width as i64]), ("shards", vec![8, 2 * width as i64])]);
        let path = dir.path().join(format!("{width}.zarr"));
        ds.to_zarr(&path).unwrap();
        let store = FarStore::at(&path);
        // A stored chunk: its numbers, and some bytes of the compressor.
        let chunks = |bytes: u64| (bytes as f64 / (8 * width) as f64).round() as u64;
        let asked = |array: &DataArray, expected: &[i64]| {
            store.asked();
            assert_eq!(whole(array).to_vec::<i64>().unwrap(), expected);
            let asked = store.asked();
            // The index is known from the second time on.
            asked.into_iter().map(chunks).filter(|n| *n > 0).collect::<Vec<_>>()
        };
        let t = open(&store);
        let column: Vec<i64> = values.chunks(2 * width).flat_map(|row| row[..width].to_vec()).collect();
        assert_eq!(asked(&t.isel("x", 0..width).unwrap(), &column), of_column);
        assert_eq!(asked(&t, &values), of_all);
    }
    let values: Vec<i64> = (0..64 * 10_000).map(|_| number()).collect();
    let ds = DataArray::from_vec(&[("y", 64), ("x", 10_000)], values.clone()).unwrap().to_dataset("a");
    let ds = encoded(&ds, [("chunks", vec![1i64, 10_000]), ("shards", vec![64, 10_000])]);
    let path = dir.path().join("long.zarr");
    ds.to_zarr(&path).unwrap();
    let store = FarStore::at(&path);
    let t = open(&store);
    store.asked();
    assert_eq!(whole(&t).to_vec::<i64>().unwrap(), values);
    let asked = store.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked.iter().all(|n| *n <= 4 << 20) && asked.iter().sum::<u64>() < 5_200_000, "{asked:?}");
}

#[test]
fn texts_and_lone_chunks_of_shards_are_read_too() {
    let dir = tempfile::tempdir().unwrap();
    let texts: Vec<Text> = (0..12).map(|i| Text::from(format!("text {i}"))).collect();
    let ds = DataArray::from_vec(&[("x", 12)], texts.clone()).unwrap().to_dataset("a");
    let ds = encoded(&ds, [("chunks", vec![2i64]), ("shards", vec![6])]);
    let path = dir.path().join("texts.zarr");
    ds.to_zarr(&path).unwrap();
    let store = FarStore::at(&path);
    let t = open(&store);
    store.asked();
    assert_eq!(whole(&t).to_vec::<Text>().unwrap(), texts);
    assert_eq!(store.asked().len(), 4);
    assert_eq!(t.isel("x", 5..7).unwrap().to_vec::<Text>().unwrap(), texts[5..7]);
}

#[test]
fn a_damaged_shard_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let ds = DataArray::from_vec(&[("y", 4), ("x", 100)], vec![1.5; 400]).unwrap().to_dataset("a");
    let ds = encoded(&ds, [("chunks", vec![1i64, 100]), ("shards", vec![4, 100])]);
    let path = dir.path().join("damaged.zarr");
    ds.to_zarr(&path).unwrap();
    let shard = path.join("a/c/0/0");
    let bytes = std::fs::read(&shard).unwrap();
    // The index stays, what it tells of is gone.
    let index = 4 * 16 + 4;
    std::fs::write(&shard, &bytes[bytes.len() - index..]).unwrap();
    let e = whole(&open(&FarStore::at(&path))).to_vec::<f64>().unwrap_err().to_string();
    assert!(e.contains("shard [0, 0]"), "{e}");
}

#[test]
fn a_shard_that_was_removed_is_an_error_and_not_fill_values() {
    let dir = tempfile::tempdir().unwrap();
    let ds = DataArray::from_vec(&[("y", 4), ("x", 100)], vec![1.5; 400]).unwrap().to_dataset("a");
    let ds = encoded(&ds, [("chunks", vec![1i64, 100]), ("shards", vec![4, 100])]);
    let path = dir.path().join("removed.zarr");
    ds.to_zarr(&path).unwrap();
    let near = open_dataset(&path).unwrap().get("a").unwrap();
    let far = open(&FarStore::at(&path));
    for a in [&near, &far] {
        assert_eq!(whole(a).to_vec::<f64>().unwrap(), vec![1.5; 400]);
    }
    std::fs::remove_file(path.join("a/c/0/0")).unwrap();
    for a in [&near, &far] {
        let e = whole(a).to_vec::<f64>().unwrap_err().to_string();
        assert!(e.contains("removed since its index was read") && e.contains("shard [0, 0]"), "{e}");
    }
}
