//! NetCDF files that are written here: read back here, and by netCDF4 and xarray.

mod support;

use graticule::array::{Block, Region, Slice};
use graticule::dtype::Text;
use graticule::exec::Executor;
use graticule::io::RawDataset;
use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions, NetcdfWrite, open_netcdf};
use graticule::io::zarr::WriteMode;
use graticule::lazy::LazyArray;
use graticule::plan::{Plan, Target};
use graticule::prelude::*;
use support::Ramp;
use support::netcdf::{Level, holds, ramp, write};

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

#[test]
fn what_is_written_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    for (format, chars) in KINDS {
        let path = dir.path().join("all.nc");
        let raw = dataset(format, chars);
        write(&path, &raw, &NetcdfOptions::new().format(format)).unwrap();
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
    drop(NetcdfWrite::create(&path, &raw, &NetcdfOptions::new().format(NetcdfFormat::Cdf5)).unwrap());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    write(&path, &raw, &NetcdfOptions::new().format(NetcdfFormat::Cdf5)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let create = NetcdfOptions { mode: WriteMode::Create, ..NetcdfOptions::new().format(NetcdfFormat::Cdf5) };
    assert!(NetcdfWrite::create(&path, &raw, &create).unwrap_err().to_string().contains("exists already"));
    drop(NetcdfWrite::create(&path, &raw, &NetcdfOptions::new().format(NetcdfFormat::Netcdf4)).unwrap());
    assert_eq!(std::fs::read(&path).unwrap(), before);
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
        write(&path, &dataset(format, chars), &NetcdfOptions::new().format(format)).unwrap();
        support::python::run_script(&python, "check_netcdf.py", &[&path.to_string_lossy()]);
    }
}

/// A dataset with everything that NetCDF4 has, in no order of names.
fn rich() -> RawDataset {
    let mut raw = RawDataset::new();
    raw.attrs = Attrs::new()
        .with("zulu", "first")
        .with("alpha", vec![1.5f64, 2.5])
        .with("list", vec![Text::from("a"), Text::from(""), Text::from("ccc")])
        .with("umlaut", "\u{e4}\u{f6}\u{fc}")
        .with("empty", "")
        .with("byte", -3i8)
        .with("huge", 1u64 << 63);
    raw.encoding = Attrs::new().with("unlimited_dims", vec![Text::from("time"), Text::from("run")]);
    let mut add = |name: &str, mut v: Variable, encoding: Attrs| {
        v.encoding = encoding;
        raw.variables.insert(name.into(), v);
    };
    let none = Attrs::new;
    // Three chunks of time, the last one not full, beside a coordinate of its own.
    let mut t = Variable::new(["time", "x"], ramp(&[70, 3], &[32, 3])).unwrap();
    for i in 0..20 {
        t.attrs.insert(format!("a{}", 19 - i), i);
    }
    t.attrs.insert("_FillValue", -7f32);
    add("t", t, none().with("zlib", true).with("complevel", 3i64).with("chunksizes", vec![32i64, 3]));
    add("time", Variable::from_vec(&[("time", 70)], (0..70i64).collect()).unwrap(), none());
    add("x", Variable::from_vec(&[("x", 3)], vec![1.0, 2.0, 3.0]).unwrap(), none());
    let words = ["", "zwei", "dr\u{e4}i"].map(Text::from).to_vec();
    add("words", Variable::from_vec(&[("x", 3)], words).unwrap(), none());
    let many: Vec<Text> = (0..3000).map(|i| Text::from("w".repeat(i % 97))).collect();
    add(
        "many words",
        Variable::from_vec(&[("many", 3000)], many).unwrap(),
        none().with("chunksizes", vec![700i64]),
    );
    add("one word", Variable::from_vec(&[], vec![Text::from("wort")]).unwrap(), none());
    let chars = ["a", "", "\u{e9}", "z", "y", "x"].map(Text::from).to_vec();
    let chars = Block::from_vec(&[2, 3], chars).unwrap().retype(DType::Bytes(1));
    add("chars", Variable::new(["pair", "x"], chars).unwrap(), none());
    // Named like a dimension that is not its own, and one of two dimensions named like its first.
    add("pair", Variable::from_vec(&[("x", 3)], vec![1i16, 2, 3]).unwrap(), none());
    add("lat", Variable::from_vec(&[("lat", 2), ("x", 3)], vec![0f32; 6]).unwrap(), none());
    add("on_lat", Variable::from_vec(&[("lat", 2), ("time", 70)], vec![1u8; 140]).unwrap(), none());
    let filtered: [(&str, Attrs); 6] = [
        ("sum", none().with("fletcher32", true)),
        ("shuffled", none().with("shuffle", true)),
        ("zstd", none().with("compression", "zstd").with("complevel", 7i64).with("shuffle", false)),
        ("zstd_all", none().with("zstd", true).with("shuffle", true).with("fletcher32", true)),
        ("plain", none().with("zlib", true).with("shuffle", false).with("complevel", 9i64)),
        ("gzip", none().with("compression", "gzip").with("compression_opts", 2i64).with("fletcher32", true)),
    ];
    for (name, encoding) in filtered {
        let v = Variable::new(["b", "a"], ramp(&[50, 41], &[20, 41])).unwrap();
        add(name, v, encoding.with("chunksizes", vec![7i64, 10]));
    }
    add("contiguous", Variable::new(["b", "a"], ramp(&[50, 41], &[20, 11])).unwrap(), none());
    add("nothing", Variable::from_vec(&[("run", 0), ("x", 3)], Vec::<f64>::new()).unwrap(), none());
    macro_rules! numbers {
        ($($T:ty),*) => {$(
            let values: Vec<$T> = vec![<$T>::MIN, 1 as $T, <$T>::MAX];
            add(concat!("n_", stringify!($T)), Variable::from_vec(&[("x", 3)], values).unwrap(), none());
            add(concat!("s_", stringify!($T)), Variable::from_vec(&[], vec![<$T>::MAX]).unwrap(), none());
        )*};
    }
    numbers!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
    add("gr\u{f6}\u{df}e", Variable::from_vec(&[("h\u{f6}he", 2)], vec![1, 2]).unwrap(), none());
    raw
}

#[test]
fn netcdf4_files_are_those_that_netcdf_c_writes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rich.nc");
    let raw = rich();
    let group = dataset(NetcdfFormat::Netcdf4, true);
    let groups = [("", &raw), ("g", &group), ("g/h", &group)];
    let write = NetcdfWrite::create_groups(&path, &groups, &NetcdfOptions::new()).unwrap();
    let targets: Vec<Target> = write.targets().into_iter().map(|(a, s)| Target::Store(a, s)).collect();
    Local::new().threads(7).run(&Plan::new(&targets).unwrap()).unwrap();
    write.finish().unwrap();
    for (group, raw) in groups {
        holds(&path, Some(group), raw);
    }
    let stored = open_netcdf(&path, None).unwrap();
    let encoding = |name: &str| stored.variables[name].encoding.clone();
    assert_eq!(encoding("zstd").get_f64("complevel"), Some(7.0));
    assert_eq!(encoding("gzip").get_f64("complevel"), Some(2.0));
    assert_eq!(encoding("zstd_all").get("shuffle"), Some(&true.into()));
    let Some(python) = support::python::python() else { return };
    let path = path.to_string_lossy();
    support::python::run_script(&python, "netcdf_twin.py", &["twin", &path]);
}

#[test]
fn netcdf_c_adds_to_a_file() {
    let Some(python) = support::python::python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rich.nc");
    write(&path, &rich(), &NetcdfOptions::new()).unwrap();
    support::python::run_script(&python, "netcdf_twin.py", &["append", &path.to_string_lossy()]);
    let back = open_netcdf(&path, None).unwrap();
    assert!(back.skipped.is_empty());
    let t = back.variables["t"].load().unwrap();
    assert_eq!(t.shape(), [141, 3]);
    let values: Vec<f32> = t.to_vec().unwrap();
    let expected = (0..423).map(|i| {
        if i < 210 {
            i as f32
        } else if i < 420 {
            -7.0
        } else {
            5.0
        }
    });
    assert!(values.into_iter().eq(expected));
}

#[test]
fn attributes_may_be_longer_than_a_header() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long.nc");
    let mut raw = RawDataset::new();
    raw.attrs = Attrs::new().with("b", "before").with("long", "x".repeat(200_000)).with("after", 1);
    // A dimension that is used by so many variables has a long list of them.
    for i in 0..4200 {
        let mut v = Variable::from_vec(&[("x", 1)], vec![i]).unwrap();
        if i == 7 {
            v.attrs = Attrs::new().with("numbers", vec![1.5; 20_000]);
        }
        raw.variables.insert(format!("v{i}").into(), v);
    }
    write(&path, &raw, &NetcdfOptions::new()).unwrap();
    holds(&path, None, &raw);
    let Some(python) = support::python::python() else { return };
    support::python::run_script(&python, "netcdf_twin.py", &["long", &path.to_string_lossy()]);
}

#[test]
fn many_chunks_and_texts_are_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("many.nc");
    let mut raw = RawDataset::new();
    // Three levels of the index of chunks: more than 64 × 64.
    let mut v = Variable::new(["b", "a"], ramp(&[300, 70], &[100, 70])).unwrap();
    v.encoding = Attrs::new().with("chunksizes", vec![2i64, 2]);
    raw.variables.insert("v".into(), v);
    let texts: Vec<Text> = (0..70_000).map(|i| Text::from(format!("{i}"))).collect();
    raw.variables.insert("s".into(), Variable::from_vec(&[("s", 70_000)], texts).unwrap());
    write(&path, &raw, &NetcdfOptions::new()).unwrap();
    holds(&path, None, &raw);
    let Some(python) = support::python::python() else { return };
    support::python::run_script(&python, "netcdf_twin.py", &["twin", &path.to_string_lossy()]);
}

#[test]
fn names_that_netcdf4_uses_itself_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let mut raw = RawDataset::new();
    let mut v = Variable::from_vec(&[("x", 2)], vec![1, 2]).unwrap();
    raw.variables.insert("v".into(), v.clone());
    v.attrs = Attrs::new().with("CLASS", "first").with("units", "m");
    raw.variables.insert("x".into(), v);
    write(&path, &raw, &NetcdfOptions::new()).unwrap();
    raw.variables["x"].attrs.remove("CLASS");
    holds(&path, None, &raw);
}

#[test]
fn what_fails_on_the_way_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let broken = Ramp::new(&[40, 10], &[10, 10]).panicking_at(35);
    let mut raw = RawDataset::new();
    let mut v = Variable::new(["y", "x"], LazyArray::from_source(std::sync::Arc::new(broken))).unwrap();
    v.encoding = Attrs::new().with("chunksizes", vec![10i64, 10]);
    raw.variables.insert("v".into(), v);
    assert!(write(&path, &raw, &NetcdfOptions::new()).unwrap_err().to_string().contains("this row panics"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn netcdf_c_writes_where_it_is_asked_to() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let options = NetcdfOptions { library: true, ..NetcdfOptions::default() };
    let raw = dataset(NetcdfFormat::Netcdf4, false);
    let written = write(&path, &raw, &options);
    if cfg!(feature = "netcdf") {
        written.unwrap();
        holds(&path, None, &raw);
        let chars = write(&path, &dataset(NetcdfFormat::Netcdf4, true), &options).unwrap_err().to_string();
        assert!(chars.contains("`chars`") && chars.contains("library"), "{chars}");
    } else {
        let error = written.unwrap_err().to_string();
        assert!(error.contains("feature `netcdf`") && error.contains("NetcdfOptions::library"), "{error}");
    }
}

/// The most memory that this process had, in MiB.
fn peak_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<usize>().ok()? >> 10)
}

#[test]
fn large_files_take_little_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("large.nc");
    // 1.5 GiB, compressed in chunks of 1 MiB, of which a task writes several; and 600 MiB behind one another.
    let mut raw = RawDataset::new();
    let mut v = Variable::new(["t", "y", "x"], Level::of(&[1536, 512, 512], &[8, 512, 512])).unwrap();
    v.encoding = Attrs::new()
        .with("zlib", true)
        .with("complevel", 1i64)
        .with("shuffle", false)
        .with("chunksizes", vec![1i64, 512, 512]);
    raw.variables.insert("v".into(), v);
    let plain = Variable::new(["m", "y", "x"], Level::of(&[600, 512, 512], &[8, 512, 512])).unwrap();
    raw.variables.insert("plain".into(), plain);
    let before = peak_memory();
    let write = NetcdfWrite::create(&path, &raw, &NetcdfOptions::new()).unwrap();
    let targets: Vec<Target> = write.targets().into_iter().map(|(a, s)| Target::Store(a, s)).collect();
    Local::new().threads(7).memory(128 << 20).run(&Plan::new(&targets).unwrap()).unwrap();
    write.finish().unwrap();
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(after < before + 400, "{before} MiB, then {after} MiB");
    }
    let length = std::fs::metadata(&path).unwrap().len() >> 20;
    assert!((600..700).contains(&length), "{length} MiB");
    let back = open_netcdf(&path, None).unwrap();
    for (name, shape) in [("v", [1536, 512, 512]), ("plain", [600, 512, 512])] {
        let v = &back.variables[name];
        assert_eq!(v.shape(), shape);
        let last = shape.map(|n| Slice { start: n - 1, step: 1, len: 1 });
        let last = v.data().slice(&last).unwrap();
        assert_eq!(graticule::exec::compute(&[last]).unwrap()[0].to_vec::<f32>().unwrap(), [1.5]);
    }
}

#[test]
fn large_values_in_memory_are_written_by_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    // 24 MiB, in pieces of 12.
    let values: Vec<f64> = (0..3 << 20).map(f64::from).collect();
    let mut raw = RawDataset::new();
    raw.variables.insert("v".into(), Variable::from_vec(&[("x", 3 << 20)], values).unwrap());
    raw.variables.insert("small".into(), Variable::from_vec(&[("x", 3 << 20)], vec![1u8; 3 << 20]).unwrap());
    for format in [NetcdfFormat::Netcdf4, NetcdfFormat::Cdf5] {
        let options = NetcdfOptions::new().format(format);
        let begun = NetcdfWrite::create(&path, &raw, &options).unwrap();
        assert_eq!(begun.targets().len(), 1);
        let e = begun.finish().unwrap_err().to_string();
        assert!(e.contains("0 of 2 parts") && e.contains("`v`") && e.contains("targets"), "{e}");
        let begun = NetcdfWrite::create(&path, &raw, &options).unwrap();
        assert_eq!(graticule::exec::store(&begun.targets()).unwrap().bytes_written, 24 << 20);
        begun.finish().unwrap();
        holds(&path, None, &raw);
    }
}

#[test]
fn a_run_may_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let mut raw = RawDataset::new();
    let mut v = Variable::new(["y", "x"], ramp(&[90, 30], &[20, 30])).unwrap();
    v.encoding = Attrs::new().with("chunksizes", vec![10i64, 7]).with("zlib", true);
    raw.variables.insert("v".into(), v);
    raw.variables.insert("plain".into(), Variable::new(["y", "x"], ramp(&[90, 30], &[20, 30])).unwrap());
    let begun = NetcdfWrite::create(&path, &raw, &NetcdfOptions::new()).unwrap();
    for _ in 0..2 {
        graticule::exec::store(&begun.targets()).unwrap();
    }
    begun.finish().unwrap();
    holds(&path, None, &raw);
}

#[test]
fn chunks_that_grow_are_not_tiny_and_null_is_no_compression() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let mut raw = RawDataset::new();
    raw.encoding = Attrs::new().with("unlimited_dims", vec![Text::from("time"), Text::from("gone")]);
    raw.variables.insert("time".into(), Variable::from_vec(&[("time", 1)], vec![1.5]).unwrap());
    raw.variables.insert("day".into(), Variable::from_vec(&[("time", 1)], vec![1i16]).unwrap());
    let mut v = Variable::from_vec(&[("time", 1), ("x", 3)], vec![1.0, 2.0, 3.0]).unwrap();
    v.encoding = Attrs::new().with("zlib", true).with("complevel", 2i64);
    v.encoding.insert("compression", AttrValue::Json(serde_json::Value::Null));
    raw.variables.insert("v".into(), v);
    write(&path, &raw, &NetcdfOptions::new()).unwrap();
    holds(&path, None, &raw);
    let stored = open_netcdf(&path, None).unwrap().variables;
    let chunk = |name: &str| stored[name].encoding.get_lengths("chunksizes");
    assert_eq!(
        (chunk("time"), chunk("day"), chunk("v")),
        (Some(vec![512]), Some(vec![2048]), Some(vec![1, 3]))
    );
    assert_eq!(stored["v"].encoding.get_f64("complevel"), Some(2.0));
}
