//! Files written with each [`Compression`]: read back here and by xarray, and the harder the smaller.

mod support;

use std::path::{Path, PathBuf};

use graticule::array::{Block, ChunkGrid};
use graticule::dtype::{DType, Text};
use graticule::prelude::*;
use num_complex::Complex;
use support::python::{find, python, run_script, sample_data};

const SHAPE: [usize; 3] = [24, 90, 180];

/// A smooth field and its like in other dtypes: packed, bools, times, texts, a scalar.
fn dataset() -> Dataset {
    let dims = || [("time", SHAPE[0]), ("lat", SHAPE[1]), ("lon", SHAPE[2])];
    let mut field = Vec::new();
    for t in 0..SHAPE[0] {
        for y in 0..SHAPE[1] {
            for x in 0..SHAPE[2] {
                let (t, y, x) = (t as f64, y as f64, x as f64);
                // The same in check_compression.py, in the same order.
                field.push((280.0 + 0.01 * y * (90.0 - y) - 0.002 * x * (180.0 - x) + 0.05 * t * y) as f32);
            }
        }
    }
    let smooth = DataArray::from_vec(&dims(), field.clone()).unwrap();
    let whole: Vec<i32> = field.iter().map(|v| *v as i32 * 10).collect();
    let mut packed =
        Variable::from_vec(&dims(), field.iter().map(|v| f64::from(v.round())).collect()).unwrap();
    packed.encoding = Attrs::new().with("dtype", "int16").with("scale_factor", 0.5).with("add_offset", 280.0);
    let packed = DataArray::new(packed, Coords::new()).unwrap();
    let warm: Vec<bool> = field.iter().map(|v| *v > 285.0).collect();
    let hours: Vec<i64> = (0..SHAPE[0] as i64).map(|h| h * 3_600_000_000_000).collect();
    let when = Block::from_vec(&[SHAPE[0]], hours).unwrap().retype(DType::DATETIME_NS);
    let when = DataArray::new(Variable::new(["time"], when).unwrap(), Coords::new()).unwrap();
    let names: Vec<Text> = (0..SHAPE[1]).map(|i| Text::from(format!("row {i} of the field"))).collect();
    let ds = smooth.to_dataset("smooth");
    let ds = ds.assign([
        ("whole", DataArray::from_vec(&dims(), whole).unwrap()),
        ("packed", packed),
        ("warm", DataArray::from_vec(&dims(), warm).unwrap()),
        ("when", when),
        ("name", DataArray::from_vec(&[("lat", SHAPE[1])], names).unwrap()),
        ("scalar", DataArray::from_vec(&[], vec![7i64]).unwrap()),
    ]);
    ds.unwrap().chunk_with([("time", 7), ("lat", 50)]).unwrap()
}

/// Bytes of a file, or of all files in a folder.
fn bytes(path: &Path) -> u64 {
    match path.is_dir() {
        true => std::fs::read_dir(path).unwrap().map(|entry| bytes(&entry.unwrap().path())).sum(),
        false => path.metadata().unwrap().len(),
    }
}

/// The dataset written with each compression, as `NAME.zarr` and `NAME.nc`; the sizes by format must fall.
fn write_all(ds: &Dataset, folder: &Path) -> Vec<(Compression, PathBuf)> {
    let mut written = Vec::new();
    for format in ["zarr", "nc"] {
        let mut sizes = Vec::new();
        for compression in Compression::ALL {
            let path = folder.join(format!("{compression:?}.{format}"));
            let ds = ds.with_compression(compression);
            match format {
                "zarr" => ds.to_zarr(&path).unwrap(),
                _ => ds.to_netcdf(&path).unwrap(),
            };
            sizes.push(bytes(&path));
            written.push((compression, path));
        }
        println!("{format}: {sizes:?}");
        assert!(sizes.is_sorted_by(|larger, smaller| larger > smaller), "{format}: {sizes:?}");
    }
    written
}

fn assert_same(ds: &Dataset, path: &Path) {
    let back = open_dataset(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(back.data_vars().len(), ds.data_vars().len());
    for (name, v) in ds.data_vars() {
        let (a, b) = (v.load().unwrap(), back.variable(name).unwrap().load().unwrap());
        assert!(a.same_bits(&b), "`{name}` of {}", path.display());
    }
}

#[test]
fn every_compression_gives_the_same_dataset_and_the_promised_order_of_sizes() {
    let (ds, dir) = (dataset(), tempfile::tempdir().unwrap());
    for (_, path) in write_all(&ds, dir.path()) {
        assert_same(&ds, &path);
    }
    if let Some(python) = python() {
        run_script(&python, "check_compression.py", &[dir.path().to_str().unwrap()]);
    }
}

#[test]
fn a_real_field_is_compressed_as_promised() {
    let Some(folder) = sample_data() else { return };
    let ds = open_dataset(find(&folder, "A1B_north_america.nc").unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    for (_, path) in write_all(&ds, dir.path()) {
        assert_same(&ds, &path);
    }
}

#[test]
fn what_was_compressed_otherwise_is_compressed_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (small, none, again) =
        (dir.path().join("small.nc"), dir.path().join("none.zarr"), dir.path().join("again.nc"));
    let ds = dataset().get("smooth").unwrap().to_dataset("smooth");
    ds.with_compression(Compression::Small).to_netcdf(&small).unwrap();
    let opened = open_dataset(&small).unwrap();
    opened.with_compression(Compression::None).to_zarr(&none).unwrap();
    let elements: usize = SHAPE.iter().product();
    assert!(bytes(&none) > 4 * elements as u64);
    // An encoding stays with what was opened.
    open_dataset(&none).unwrap().with_compression(Compression::Small).to_netcdf(&again).unwrap();
    assert!(bytes(&again) < 2 * elements as u64);
    open_dataset(&again).unwrap().to_netcdf(&small).unwrap();
    assert_eq!(bytes(&again), bytes(&small));
    assert_same(&ds, &small);
}

#[test]
fn every_dtype_that_zarr_has_can_be_compressed() {
    let dir = tempfile::tempdir().unwrap();
    let complex = (0..600).map(|i| Complex::new(f64::from(i), 0.5)).collect();
    let ds = DataArray::from_vec(&[("x", 600)], complex).unwrap().to_dataset("complex");
    let bytes =
        Block::from_vec(&[600], (0..600).map(|i| Text::from(format!("{:03}", i % 7))).collect()).unwrap();
    let bytes =
        DataArray::new(Variable::new(["x"], bytes.retype(DType::Bytes(3))).unwrap(), Coords::new()).unwrap();
    let mut ds = ds.assign([("bytes", bytes)]).unwrap();
    macro_rules! add {
        ($($T:ty),*) => {$({
            let numbers = DataArray::from_vec(&[("x", 600)], (0..600).map(|i| (i % 100) as $T).collect()).unwrap();
            ds = ds.assign([(stringify!($T), numbers)]).unwrap();
        })*};
    }
    add!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
    assert_eq!(ds.variable("f64").unwrap().chunks(), &ChunkGrid::single(&[600]));
    for compression in Compression::ALL {
        let path = dir.path().join(format!("{compression:?}.zarr"));
        ds.with_compression(compression).to_zarr(&path).unwrap();
        assert_same(&ds, &path);
    }
}
