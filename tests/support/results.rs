//! Results that scripts of `tests/python` left in a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use graticule::dtype::DType;
use graticule::prelude::*;

/// An empty folder.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are text")
}

/// One result of the oracle: shape and values.
fn expected(folder: &Path, name: &str) -> (Vec<usize>, Vec<f64>) {
    let entries = std::fs::read_to_string(folder.join("results.json")).expect("the oracle wrote it");
    let entries: serde_json::Value = serde_json::from_str(&entries).expect("the oracle writes JSON");
    let entry = &entries[name];
    let shape = entry["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let bytes = std::fs::read(folder.join(entry["file"].as_str().unwrap())).unwrap();
    let values = match entry["dtype"].as_str().unwrap() {
        "float32" => {
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()) as f64).collect()
        }
        "int64" => bytes.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f64).collect(),
        _ => bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
    };
    (shape, values)
}

/// That an array has the shape and values of a result, missing ones at the same places.
pub fn assert_close(what: &str, got: &DataArray, folder: &Path, name: &str, rtol: f64, atol: f64) {
    let (shape, values) = expected(folder, name);
    assert_eq!(got.shape(), shape, "{what}");
    let got = got.astype(DType::F64).unwrap().to_vec::<f64>().unwrap();
    for (i, (g, e)) in got.iter().zip(&values).enumerate() {
        let same = (g.is_nan() && e.is_nan()) || (g - e).abs() <= rtol * e.abs() + atol;
        assert!(same, "{what}: element {i} is {g}, xarray has {e}");
    }
}

/// All files below a folder.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn collect(at: &Path, root: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => collect(&path, root, found),
                false => {
                    let name = path.strip_prefix(root).unwrap().to_path_buf();
                    drop(found.insert(name, std::fs::read(&path).unwrap()));
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(folder, folder, &mut found);
    found
}

/// That two folders hold the same files, to the byte.
pub fn assert_same_files(a: &Path, b: &Path) {
    let (a, b) = (files(a), files(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(bytes == &b[name], "{} differs", name.display());
    }
}
