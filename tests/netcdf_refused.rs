//! What cannot be written as NetCDF is refused before anything is, with the way out.

mod support;

use std::path::Path;

use graticule::array::{Block, ChunkGrid, Region};
use graticule::dtype::Text;
use graticule::io::RawDataset;
use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions, NetcdfWrite};
use graticule::io::zarr::WriteMode;
use graticule::lazy::LazyArray;
use graticule::prelude::*;
use graticule::source::{Source, Traffic};
use support::netcdf::{Level, holds};

#[test]
fn what_a_format_lacks_is_refused_with_the_way_out() {
    let path = Path::new("never.nc");
    let mut raw = RawDataset::new();
    let c = num_complex::Complex::new(1.0, 2.0);
    raw.variables.insert("z".into(), Variable::from_vec(&[("x", 1)], vec![c]).unwrap());
    let e = NetcdfWrite::create(path, &raw, &NetcdfOptions::default()).unwrap_err().to_string();
    assert!(e.contains("`z`") && e.contains("complex"), "{e}");
    raw.variables.clear();
    raw.variables.insert("s".into(), Variable::from_vec(&[("x", 1)], vec![Text::from("a")]).unwrap());
    let e = NetcdfWrite::create(path, &raw, &NetcdfOptions::new().format(NetcdfFormat::Cdf5))
        .unwrap_err()
        .to_string();
    assert!(e.contains("NetCDF4"), "{e}");
    raw.variables.clear();
    raw.variables.insert("a/b".into(), Variable::from_vec(&[("x", 1)], vec![1]).unwrap());
    assert!(NetcdfWrite::create(path, &raw, &NetcdfOptions::default()).is_err());
}

#[test]
fn groups_and_names_that_clash_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let mut raw = RawDataset::new();
    raw.variables.insert("a".into(), Variable::from_vec(&[("x", 1)], vec![1]).unwrap());
    let write = |groups: &[(&str, &RawDataset)], format| -> String {
        let write = NetcdfWrite::create_groups(&path, groups, &NetcdfOptions::new().format(format))
            .and_then(NetcdfWrite::finish);
        write.unwrap_err().to_string()
    };
    let e = write(&[("", &raw), ("a/b", &raw)], NetcdfFormat::Netcdf4);
    assert!(e.contains("`a`") && e.contains("group"), "{e}");
    let e = write(&[("g", &raw), ("/g/", &raw)], NetcdfFormat::Netcdf4);
    assert!(e.contains("two datasets"), "{e}");
    // Those above may come later.
    let groups = [("g/h", &raw), ("g", &raw)];
    NetcdfWrite::create_groups(&path, &groups, &NetcdfOptions::new()).unwrap().finish().unwrap();
    holds(&path, Some("g/h"), &raw);
    holds(&path, Some("g"), &raw);
    std::fs::remove_file(&path).unwrap();
    assert!(write(&[("g", &raw)], NetcdfFormat::Cdf5).contains("no groups"));
    assert!(write(&[("", &raw), ("g", &raw)], NetcdfFormat::Cdf1).contains("several groups"));
    let zip = Attrs::new().with("compression", "szip");
    raw.variables["a"].encoding = zip;
    let e = write(&[("", &raw)], NetcdfFormat::Netcdf4);
    assert!(e.contains("szip") && e.contains("zstd") && e.contains("`a`"), "{e}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// What is said of a dataset that cannot be written.
fn refused(raw: &RawDataset, options: &NetcdfOptions) -> String {
    NetcdfWrite::create(Path::new("never.nc"), raw, options).unwrap_err().to_string()
}

/// A dataset of one variable `v`.
fn lone(v: Variable) -> RawDataset {
    let mut raw = RawDataset::new();
    raw.variables.insert("v".into(), v);
    raw
}

fn numbers() -> Variable {
    Variable::from_vec(&[("x", 2)], vec![1, 2]).unwrap()
}

#[test]
fn names_that_netcdf_c_cannot_read_are_refused() {
    let options = NetcdfOptions::new();
    let long = "n".repeat(256);
    for bad in ["", "a/b", "a\0b", "bad ", " bad", ".", &long] {
        let mut raw = RawDataset::new();
        raw.variables.insert(bad.into(), numbers());
        assert!(refused(&raw, &options).contains("cannot be a name"), "{bad}");
        let mut v = numbers();
        v.attrs.insert(bad, 1);
        let e = refused(&lone(v), &options);
        assert!(e.contains("cannot be a name") && e.contains("of variable `v`"), "{e}");
        let mut raw = lone(numbers());
        raw.attrs.insert(bad, 1);
        assert!(refused(&raw, &options).contains("of the dataset"), "{bad}");
    }
    for bad in ["a/./b", "a/..", "bad ", "a/b\0", &long] {
        let e = refused(&lone(numbers()), &options.clone().group(bad));
        assert!(e.contains("cannot be a name") && e.contains("group"), "{e}");
    }
    // Named like a dimension that is not its own, it is stored under a longer name.
    let long = "n".repeat(250);
    let mut raw = RawDataset::new();
    raw.variables.insert(long.as_str().into(), Variable::from_vec(&[("x", 1)], vec![1]).unwrap());
    raw.variables.insert("w".into(), Variable::from_vec(&[(long.as_str(), 1)], vec![1]).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let begun = NetcdfWrite::create(&dir.path().join("a.nc"), &raw, &options);
    let e = begun.and_then(NetcdfWrite::finish).unwrap_err().to_string();
    assert!(e.contains("_nc4_non_coord_") && e.contains("cannot be a name"), "{e}");
}

#[test]
fn attributes_and_encodings_are_not_lost_silently() {
    let options = NetcdfOptions::new();
    let mut v = numbers();
    v.attrs.insert("table", AttrValue::Array(Block::from_vec(&[1, 2], vec![1, 2]).unwrap()));
    let e = refused(&lone(v), &options);
    assert!(e.contains("`table` of variable `v`") && e.contains("make it a list"), "{e}");
    let mut raw = lone(numbers());
    raw.attrs.insert("z", AttrValue::Array(Block::scalar(num_complex::Complex::new(1.0, 2.0))));
    let e = refused(&raw, &options);
    assert!(e.contains("`z` of the dataset") && e.contains("real numbers"), "{e}");
    let big = if cfg!(target_endian = "big") { "little" } else { "big" };
    for (key, value) in [
        ("endian", AttrValue::from(big)),
        ("least_significant_digit", 2.into()),
        ("significant_digits", 3.into()),
    ] {
        let mut v = numbers();
        v.encoding.insert(key, value);
        let e = refused(&lone(v), &options);
        assert!(e.contains(key) && e.contains("from the encoding") && e.contains("`v`"), "{e}");
    }
    let e = "NETCDF4_CLASSIC".parse::<NetcdfFormat>().unwrap_err().to_string();
    assert!(e.contains("NETCDF4_CLASSIC is not written") && e.contains("NETCDF3_64BIT"), "{e}");
}

#[test]
fn fill_values_must_fit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    macro_rules! with_fill {
        ($T:ty, $fill:expr) => {{
            let mut v = Variable::from_vec(&[("x", 2)], vec![1 as $T, 2 as $T]).unwrap();
            v.attrs.insert("_FillValue", $fill);
            let raw = lone(v.clone());
            let e = NetcdfWrite::create(&path, &raw, &NetcdfOptions::new())
                .and_then(NetcdfWrite::finish)
                .map_err(|e| e.to_string());
            // Of a dataset, it is the encoding that says so.
            v.attrs.remove("_FillValue");
            v.encoding.insert("_FillValue", $fill);
            let ds = DataArray::new(v, Coords::new()).unwrap().to_dataset("v");
            let saved = ds.to_netcdf(&path).map(|_| ()).map_err(|e| e.to_string());
            assert_eq!(e.is_ok(), saved.is_ok(), "{e:?} {saved:?}");
            e
        }};
    }
    for e in [
        with_fill!(u8, -9999.0),
        with_fill!(u8, -1i64),
        with_fill!(i16, 1i64 << 40),
        with_fill!(i64, u64::MAX),
        with_fill!(i32, f64::NAN),
        with_fill!(i32, 0.5),
        with_fill!(f32, 1e300),
    ] {
        let e = e.unwrap_err();
        assert!(e.contains("does not fit into") && e.contains("`v`") && e.contains("_FillValue"), "{e}");
    }
    assert!(with_fill!(u8, -9999.0).unwrap_err().contains("-9999 does not fit into uint8"));
    with_fill!(i16, -9999.0).unwrap();
    with_fill!(u64, u64::MAX).unwrap();
    with_fill!(f32, f64::NAN).unwrap();
    with_fill!(f32, 0.1).unwrap();
    with_fill!(f64, i64::MAX).unwrap();
}

#[test]
fn what_is_too_large_for_the_format_is_refused() {
    let options = NetcdfOptions::new();
    let names: Vec<String> = (0..33).map(|i| format!("d{i}")).collect();
    let dims: Vec<(&str, usize)> = names.iter().map(|n| (n.as_str(), 1)).collect();
    let e = refused(&lone(Variable::from_vec(&dims, vec![1]).unwrap()), &options);
    assert!(e.contains("33 dimensions") && e.contains("at most 32"), "{e}");
    let level = |len: usize| Variable::new(["x"], Level::of(&[len], &[1 << 20])).unwrap();
    let mut v = level(600 << 20);
    v.encoding = Attrs::new().with("chunksizes", vec![600i64 << 20]);
    let e = refused(&lone(v), &options);
    assert!(e.contains("2 GiB") && e.contains("chunksizes"), "{e}");
    // Each fits, all together do not.
    let mut raw = RawDataset::new();
    for name in ["a", "b", "c"] {
        raw.variables.insert(name.into(), level(1 << 59));
    }
    let e = refused(&raw, &options);
    assert!(e.contains("4 EiB") && e.contains("`b`"), "{e}");
    for v in raw.variables.values_mut() {
        *v = level(1 << 60);
    }
    let e = refused(&raw, &NetcdfOptions::new().format(NetcdfFormat::Cdf5));
    assert!(e.contains("the file is too large for the format CDF-5"), "{e}");
}

/// Texts that nobody may read.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Unread;

#[typetag::serde]
impl Source for Unread {
    fn dtype(&self) -> DType {
        DType::Str
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&[4], &[2])
    }

    fn read(&self, _: &Region, _: &Traffic) -> graticule::Result<Block> {
        Err(graticule::Error::invalid("somebody has read"))
    }

    fn describe(&self) -> String {
        "unread".to_string()
    }
}

#[test]
fn a_path_that_is_taken_is_refused_before_anything_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    std::fs::write(&path, "taken").unwrap();
    let texts = Variable::new(["x"], LazyArray::from_source(std::sync::Arc::new(Unread))).unwrap();
    let ds = DataArray::new(texts, Coords::new()).unwrap().to_dataset("texts");
    for (mode, said) in [
        (WriteMode::Create, "exists already"),
        (WriteMode::Append, "not a NetCDF file"),
        (WriteMode::AppendOnly, "one of Zarr stores"),
        (WriteMode::Modify, "one of Zarr stores"),
    ] {
        let options = NetcdfOptions { mode, ..NetcdfOptions::new().format(NetcdfFormat::Cdf2) };
        let e = ds.to_netcdf_with(&path, &options, &Local::new()).unwrap_err().to_string();
        assert!(e.contains(said) && !e.contains("somebody"), "{e}");
    }
    let options = NetcdfOptions::new().format(NetcdfFormat::Cdf2);
    let e = ds.to_netcdf_with(&path, &options, &Local::new()).unwrap_err().to_string();
    assert!(e.contains("somebody has read"), "{e}");
    assert_eq!(std::fs::read(&path).unwrap(), b"taken");
}
