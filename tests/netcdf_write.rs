//! NetCDF files that are written here: read back here, and by netCDF4 and xarray.

mod support;

use std::path::Path;

use graticule::array::{Block, Region};
use graticule::dtype::{DType, Text};
use graticule::exec::{Executor, Local};
use graticule::io::RawDataset;
use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions, NetcdfWrite, open_netcdf};
use graticule::io::zarr::WriteMode;
use graticule::labels::{Attrs, Variable};
use graticule::lazy::LazyArray;
use graticule::plan::{Plan, Target};
use support::Ramp;

/// Variables of every type, chunked and not, with an unlimited dimension. Characters are optional:
/// netCDF-C's binding cannot write them.
fn dataset(format: NetcdfFormat, chars: bool) -> RawDataset {
    let mut raw = RawDataset::new();
    let text = format == NetcdfFormat::Netcdf4;
    raw.attrs = Attrs::new().with("title", "a test").with("levels", vec![1i32, 2, 3]).with("height", 2.5f32);
    raw.encoding = Attrs::new().with("unlimited_dims", vec![Text::from("time")]);
    let mut add = |name: &str, v: Variable| raw.variables.insert(name.into(), v);
    macro_rules! numbers {
        ($($T:ty),*) => {$({
            let values: Vec<$T> = (0..12).map(|i| i as $T).collect();
            let mut v = Variable::from_vec(&[("time", 4), ("x", 3)], values).unwrap();
            v.attrs = Attrs::new().with("units", "m").with("_FillValue", 7 as $T);
            add(stringify!($T), v);
        })*};
    }
    numbers!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
    let mut lazy = Variable::new(
        ["time", "y", "x"],
        LazyArray::from_source(std::sync::Arc::new(Ramp::new(&[4, 50, 3], &[2, 20, 3]))),
    )
    .unwrap();
    lazy.encoding =
        Attrs::new().with("zlib", true).with("complevel", 1i64).with("chunksizes", vec![2i64, 20, 3]);
    add("lazy", lazy);
    add("fixed", Variable::from_vec(&[("y", 50)], (0..50).map(f64::from).collect()).unwrap());
    add("scalar", Variable::from_vec(&[], vec![42i32]).unwrap());
    if chars {
        let texts = ["a", "b", "", "z", "\u{e9}", "x"].map(Text::from).to_vec();
        let block = Block::from_vec(&[2, 3], texts).unwrap().retype(DType::Bytes(1));
        add("chars", Variable::new(["pair", "x"], block).unwrap());
    }
    if text {
        let texts = ["eins", "zwei", "dr\u{e4}i"].map(Text::from).to_vec();
        add("texts", Variable::from_vec(&[("x", 3)], texts).unwrap());
    }
    raw
}

const KINDS: [(NetcdfFormat, bool); 3] =
    [(NetcdfFormat::Netcdf4, false), (NetcdfFormat::Netcdf4, true), (NetcdfFormat::Cdf5, true)];

fn write(path: &Path, raw: &RawDataset, options: &NetcdfOptions) -> graticule::Result<()> {
    let write = NetcdfWrite::create(path, raw, options)?;
    let targets: Vec<Target> = write.targets().into_iter().map(|(a, s)| Target::Store(a, s)).collect();
    Local::default().run(&Plan::new(&targets)?)?;
    write.finish()
}

fn options(format: NetcdfFormat) -> NetcdfOptions {
    NetcdfOptions { format, ..NetcdfOptions::default() }
}

#[test]
fn what_is_written_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    for (format, chars) in KINDS {
        let path = dir.path().join("all.nc");
        let raw = dataset(format, chars);
        write(&path, &raw, &options(format)).unwrap();
        let back = open_netcdf(&path, None).unwrap();
        assert!(back.skipped.is_empty());
        assert_eq!(back.attrs, raw.attrs, "{format:?}");
        assert_eq!(back.encoding.get("unlimited_dims"), raw.encoding.get("unlimited_dims"));
        assert_eq!(back.variables.len(), raw.variables.len());
        for (name, v) in &raw.variables {
            let b = &back.variables[name];
            assert_eq!(b.dims(), v.dims(), "{name}");
            assert_eq!(b.attrs, v.attrs, "{name} {format:?}");
            assert!(b.load().unwrap().same_bits(&v.load().unwrap()), "{name} {format:?}");
        }
        if format == NetcdfFormat::Netcdf4 {
            let stored = &back.variables["lazy"].encoding;
            assert_eq!(stored.get_f64("complevel"), Some(1.0));
            assert_eq!(stored.get("chunksizes"), Some(&vec![2i64, 20, 3].into()));
        }
        // Nothing else is left in the folder.
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_write_that_is_given_up_leaves_nothing_and_an_old_file_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let raw = dataset(NetcdfFormat::Cdf5, true);
    drop(NetcdfWrite::create(&path, &raw, &options(NetcdfFormat::Cdf5)).unwrap());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    write(&path, &raw, &options(NetcdfFormat::Cdf5)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let create = NetcdfOptions { mode: WriteMode::Create, ..options(NetcdfFormat::Cdf5) };
    assert!(NetcdfWrite::create(&path, &raw, &create).unwrap_err().to_string().contains("exists already"));
    drop(NetcdfWrite::create(&path, &raw, &options(NetcdfFormat::Netcdf4)).unwrap());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

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
    let e = NetcdfWrite::create(path, &raw, &options(NetcdfFormat::Cdf5)).unwrap_err().to_string();
    assert!(e.contains("NetCDF4"), "{e}");
    raw.variables.clear();
    raw.variables.insert("a/b".into(), Variable::from_vec(&[("x", 1)], vec![1]).unwrap());
    assert!(NetcdfWrite::create(path, &raw, &NetcdfOptions::default()).is_err());
}

#[test]
fn boxes_across_joined_chunks_agree_with_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let raw = dataset(NetcdfFormat::Netcdf4, false);
    write(&path, &raw, &NetcdfOptions::default()).unwrap();
    let lazy = open_netcdf(&path, None).unwrap().variables["lazy"].clone();
    let whole = lazy.load().unwrap();
    let io = graticule::source::Traffic::default();
    for region in [[1..3, 7..45, 0..2], [0..1, 20..40, 0..3], [3..4, 49..50, 2..3]] {
        let region = Region::new(region);
        let part = lazy.data().op().compute(&region, &[], Vec::new(), &io).unwrap();
        assert!(part.same_bits(&whole.region(&region)), "{region}");
    }
}

#[test]
fn netcdf4_and_xarray_read_the_same() {
    let Some(python) = support::python::python() else { return };
    let dir = tempfile::tempdir().unwrap();
    for (format, chars) in KINDS {
        let path = dir.path().join("all.nc");
        write(&path, &dataset(format, chars), &options(format)).unwrap();
        support::python::run_script(&python, "check_netcdf.py", &[&path.to_string_lossy()]);
    }
}
