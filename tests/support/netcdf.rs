//! NetCDF files: the real ones, and where their bytes are put.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use graticule::io::store::{MemoryStore, Store};
use graticule::prelude::*;

/// All NetCDF files below a folder, in the order of their paths.
pub fn netcdf_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder can be read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "nc") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A store in memory whose object `""` is a file.
pub fn in_memory(name: &str, path: &Path) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new(name));
    store.write("", &std::fs::read(path).unwrap()).unwrap();
    store
}

/// A variable `a` of `n` rows of ten elements that are their own positions, in chunks of some rows.
pub fn rows(n: usize, chunk: usize) -> Dataset {
    let a = DataArray::from_vec(&[("t", n), ("x", 10)], (0..10 * n).map(|i| i as f64).collect::<Vec<f64>>())
        .unwrap();
    let t = Block::from_vec(&[n], (0..n as i64).collect::<Vec<i64>>()).unwrap();
    let a = a.assign_coords([("t", t)]).unwrap();
    a.chunk("t", chunk).unwrap().to_dataset("a")
}

/// The variable `a` of a dataset, to be stored so.
pub fn encoded<V: Into<AttrValue>>(
    ds: &Dataset,
    encoding: impl IntoIterator<Item = (&'static str, V)>,
) -> Dataset {
    let a = ds.get("a").unwrap();
    let mut variable = a.variable().clone();
    for (name, value) in encoding {
        variable.encoding.insert(name, value);
    }
    DataArray::new(variable, a.coords().clone()).unwrap().to_dataset("a")
}
