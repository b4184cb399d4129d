//! Datasets copied to another format and back hold the same.

mod support;

use std::path::Path;

use graticule::io::zarr::{WriteOptions, ZarrFormat, open_zarr};
use graticule::io::{ConvertOptions, convert, convert_with, open_raw};
use graticule::prelude::*;
use support::python::{find, sample_data};

/// Whether both hold the same stored values, with the same dims.
fn same_as_stored(a: &Path, b: &Path) {
    let (a_raw, b_raw) = (open_raw(a, None).unwrap(), open_raw(b, None).unwrap());
    assert_eq!(a_raw.variables.len(), b_raw.variables.len());
    for (name, v) in &a_raw.variables {
        let other = &b_raw.variables[name];
        let label = format!("`{name}` in {} and {}", a.display(), b.display());
        assert_eq!((v.dims(), v.dtype()), (other.dims(), other.dtype()), "{label}");
        assert!(v.load().unwrap().same_bits(&other.load().unwrap()), "{label}");
        for key in ["units", "calendar", "scale_factor", "add_offset", "standard_name"] {
            assert_eq!(v.attrs.get(key), other.attrs.get(key), "{label}: {key}");
        }
    }
}

#[test]
fn real_files_there_and_back() {
    let Some(samples) = sample_data() else { return };
    let dir = tempfile::tempdir().unwrap();
    for name in
        ["A1B_north_america.nc", "E1_north_america.nc", "ostia_monthly.nc", "toa_brightness_stereographic.nc"]
    {
        let Some(file) = find(&samples, name) else { panic!("{name} is not among the samples") };
        let store = dir.path().join(name).with_extension("zarr");
        let old = dir.path().join(name).with_extension("v2.zarr");
        let back = dir.path().join(name);
        convert(&file, &store).unwrap();
        let v2 = ConvertOptions::new().zarr(WriteOptions::new().format(ZarrFormat::V2));
        convert_with(&store, &old, &v2, &Local::new()).unwrap();
        convert(&old, &back).unwrap();
        for copy in [&store, &old, &back] {
            same_as_stored(&file, copy);
            let (a, b) = (open_dataset(&file).unwrap(), open_dataset(copy).unwrap());
            assert!(a.equals(&b).unwrap(), "{name}: {}", copy.display());
        }
    }
}

#[test]
fn chunks_and_compression_are_kept_or_changed() {
    let dir = tempfile::tempdir().unwrap();
    let values: Vec<f32> = (0..40 * 30).map(|i| (i as f32 / 100.0).sin()).collect();
    let a = DataArray::from_vec(&[("time", 40), ("x", 30)], values).unwrap().chunk("time", 10).unwrap();
    let file = dir.path().join("a.nc");
    let mut packed = a.variable().clone();
    packed.encoding.insert("chunksizes", vec![10i64, 15]);
    let ds = DataArray::new(packed, Coords::new()).unwrap().to_dataset("a");
    ds.with_compression(Compression::Balanced).to_netcdf(&file).unwrap();

    let store = dir.path().join("a.zarr");
    convert(&file, &store).unwrap();
    let kept = &open_zarr(&store).unwrap().variables["a"];
    assert_eq!(kept.encoding.get_lengths("chunks"), Some(vec![10, 15]));
    assert!(format!("{:?}", kept.encoding.get("compressors")).contains("blosc"));

    let series = dir.path().join("series.zarr");
    let options =
        ConvertOptions::new().chunks(Chunks::new().at("time", ..).at("x", 5)).compression(Compression::None);
    convert_with(&store, &series, &options, &Local::new()).unwrap();
    let changed = &open_zarr(&series).unwrap().variables["a"];
    assert_eq!(changed.encoding.get_lengths("chunks"), Some(vec![40, 5]));
    assert!(!format!("{:?}", changed.encoding.get("compressors")).contains("blosc"));

    let back = dir.path().join("back.nc");
    convert(&store, &back).unwrap();
    let back_raw = open_raw(&back, None).unwrap();
    assert_eq!(back_raw.variables["a"].encoding.get_lengths("chunksizes"), Some(vec![10, 15]));
    assert!(format!("{:?}", back_raw.variables["a"].encoding.get("zlib")).contains("true"));
    for copy in [&store, &series, &back] {
        same_as_stored(&file, copy);
    }
    let e = convert(&file, &store).unwrap_err().to_string();
    assert!(e.contains("exists already") && e.contains("copying"), "{e}");
}
