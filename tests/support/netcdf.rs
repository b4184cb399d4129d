//! NetCDF files: the real ones, and where their bytes are put.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use graticule::array::{Block, ChunkGrid, Region};
use graticule::exec::Executor;
use graticule::io::RawDataset;
use graticule::io::netcdf::{NetcdfOptions, NetcdfWrite, open_netcdf};
use graticule::io::store::{MemoryStore, Store};
use graticule::lazy::LazyArray;
use graticule::plan::{Plan, Target};
use graticule::prelude::*;
use graticule::source::{Source, Traffic};

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

/// Writes a whole file.
pub fn write(path: &Path, raw: &RawDataset, options: &NetcdfOptions) -> graticule::Result<()> {
    let write = NetcdfWrite::create(path, raw, options)?;
    let targets: Vec<Target> = write.targets().into_iter().map(|(a, s)| Target::Store(a, s)).collect();
    Local::default().run(&Plan::new(&targets)?)?;
    write.finish()
}

/// That a file holds what was to be written.
pub fn holds(path: &Path, group: Option<&str>, raw: &RawDataset) {
    let back = open_netcdf(path, group).unwrap();
    assert!(back.skipped.is_empty(), "{:?}", back.skipped);
    assert_eq!(back.attrs, raw.attrs);
    assert!(back.variables.keys().eq(raw.variables.keys()), "{:?}", back.variables.keys());
    for (name, v) in &raw.variables {
        let b = &back.variables[name];
        assert_eq!((b.dims(), b.dtype()), (v.dims(), v.dtype()), "{name}");
        assert_eq!(b.attrs, v.attrs, "{name}");
        assert!(b.load().unwrap().same_bits(&v.load().unwrap()), "{name}");
    }
}

/// Elements that are their own positions, in chunks.
pub fn ramp(shape: &[usize], chunk: &[usize]) -> LazyArray {
    LazyArray::from_source(Arc::new(super::Ramp::new(shape, chunk)))
}

/// One value everywhere, in chunks.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Level {
    shape: Vec<usize>,
    chunk: Vec<usize>,
}

impl Level {
    pub fn of(shape: &[usize], chunk: &[usize]) -> LazyArray {
        LazyArray::from_source(Arc::new(Level { shape: shape.to_vec(), chunk: chunk.to_vec() }))
    }
}

#[typetag::serde]
impl Source for Level {
    fn dtype(&self) -> DType {
        DType::F32
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&self.shape, &self.chunk)
    }

    fn read(&self, region: &Region, _: &Traffic) -> graticule::Result<Block> {
        Block::from_vec(&region.shape(), vec![1.5f32; region.size()])
    }

    fn describe(&self) -> String {
        "level".to_string()
    }
}
