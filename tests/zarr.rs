//! Zarr stores that zarr-python and xarray wrote, read here; stores that we wrote, read there; broken ones.
//!
//! The first two kinds run Python scripts with the interpreter in `GRATICULE_PYTHON`, which needs the
//! packages of `tests/python/requirements.txt`.

use std::path::{Path, PathBuf};
use std::process::Command;

use graticule::array::Block;
use graticule::dtype::{NAT, Number, Text};
use graticule::exec;
use graticule::io::zarr::{WriteMode, WriteOptions, ZarrFormat, ZarrWrite, open_zarr, open_zarr_group};
use graticule::io::{RawDataset, open_dataset};
use graticule::labels::{AttrValue, Attrs, Variable};
use graticule::plan::{Plan, Target};
use graticule::prelude::{DataArray, Executor, Local};
use num_complex::Complex;
use serde_json::{Value, json};

/// Runs a script of `tests/python`; `None` (and a line that says so) without an interpreter.
fn python(script: &str, arguments: &[&str]) -> Option<String> {
    let Ok(python) = std::env::var("GRATICULE_PYTHON") else {
        println!("skipped: GRATICULE_PYTHON is not set");
        return None;
    };
    let script = format!("{}/tests/python/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python).arg(script).args(arguments).output().expect("the interpreter starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("the script prints UTF-8"))
}

fn float(v: f64) -> Value {
    match v {
        v if v.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        v => json!(v),
    }
}

/// The elements in row-major order, in the JSON form of `labelled_json.py`.
fn elements(b: &Block) -> Vec<Value> {
    macro_rules! integers {
        ($($T:ty),*) => {$(
            if let Some(a) = b.get::<$T>() {
                return a.iter().map(|v| json!(v)).collect();
            }
        )*};
    }
    integers!(bool, i8, i16, i32, i64, u8, u16, u32, u64);
    if let Some(a) = b.get::<f32>() {
        return a.iter().map(|v| float(v.to_f64())).collect();
    }
    if let Some(a) = b.get::<f64>() {
        return a.iter().map(|v| float(*v)).collect();
    }
    if let Some(a) = b.get::<Complex<f32>>() {
        return a.iter().map(|c| json!([float(c.re.into()), float(c.im.into())])).collect();
    }
    if let Some(a) = b.get::<Complex<f64>>() {
        return a.iter().map(|c| json!([float(c.re), float(c.im)])).collect();
    }
    b.typed::<Text>().expect("text is what is left").iter().map(|t| json!(t.as_str())).collect()
}

/// An attribute as the scripts print it; numpy scalars are printed with their dtype there.
fn attribute(v: &AttrValue) -> Value {
    match v {
        AttrValue::Str(s) => json!(s),
        AttrValue::Json(v) => v.clone(),
        AttrValue::Array(b) if b.ndim() == 0 => elements(b).remove(0),
        AttrValue::Array(b) => Value::Array(elements(b)),
    }
}

/// The same value, whether `np` or `float` wraps it.
fn unwrapped(v: &Value) -> Value {
    v.get("np").or_else(|| v.get("float")).unwrap_or(v).clone()
}

fn same_number(a: &Value, b: &Value) -> bool {
    a == b || (a.is_number() && b.is_number() && a.as_f64() == b.as_f64())
}

fn check_attributes(label: &str, attrs: &Attrs, expected: &Value) {
    let none = serde_json::Map::new();
    let expected = expected.as_object().unwrap_or(&none);
    let names: Vec<&str> = attrs.iter().map(|(k, _)| k).collect();
    for (name, v) in expected {
        let found = attrs.get(name).unwrap_or_else(|| panic!("{label}: no attribute {name} in {names:?}"));
        let found = attribute(found);
        assert!(same_number(&found, &unwrapped(v)), "{label}, attribute {name}: {found} for {v}");
    }
    // xarray moves nothing away in a raw dataset, so the numbers agree too.
    assert_eq!(names.len(), expected.len(), "{label}: {names:?} for {expected:?}");
}

fn check_variable(label: &str, variable: &Variable, expected: &Value) {
    let dims: Vec<String> = variable.dims().iter().map(|d| d.to_string()).collect();
    assert_eq!(json!(dims), expected["dims"], "{label}");
    assert_eq!(json!(variable.shape()), expected["shape"], "{label}");
    assert_eq!(json!(variable.dtype().to_string()), expected["dtype"], "{label}");
    let block = variable.load().unwrap_or_else(|e| panic!("{label}: {e}"));
    check_elements(label, &block, &expected["data"]);
    check_attributes(label, &variable.attrs, &expected["attrs"]);
}

fn check_elements(label: &str, block: &Block, expected: &Value) {
    let found = elements(block);
    let expected = expected.as_array().expect("a list of elements");
    assert_eq!(found.len(), expected.len(), "{label}");
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        let nat = b == "NaT" && a == &json!(NAT);
        assert!(nat || same_number(a, b), "{label}, element {i}: {a} for {b}");
    }
}

/// What xarray says of a dataset, variables of both kinds together.
fn variables(dataset: &Value) -> impl Iterator<Item = (&String, &Value)> {
    ["data_vars", "coords"].into_iter().flat_map(|part| dataset[part].as_object().into_iter().flatten())
}

/// The stores of `make_fixtures.py` with what xarray reads from them undecoded.
fn fixtures(folder: &Path) -> Option<Vec<(PathBuf, String, Value)>> {
    python("make_fixtures.py", &[folder.to_str().expect("a UTF-8 path")])?;
    let text = std::fs::read_to_string(folder.join("manifest.json")).expect("the script writes a manifest");
    let manifest: Value = serde_json::from_str(&text).expect("the manifest is JSON");
    let fixtures = manifest["fixtures"].as_array().expect("a list of fixtures");
    let ours = fixtures.iter().filter(|f| f["decode"] == false).filter_map(|f| {
        let name = f["path"].as_str().filter(|p| p.ends_with(".zarr"))?;
        let group = f["group"].as_str().unwrap_or("").to_string();
        Some((folder.join(name), group, f["expected"].clone()))
    });
    Some(ours.collect())
}

#[test]
fn reads_what_xarray_reads() {
    let dir = tempfile::tempdir().unwrap();
    let Some(fixtures) = fixtures(dir.path()) else { return };
    let mut count = 0;
    for (path, group, expected) in fixtures {
        let raw = open_zarr_group(&path, &group).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(raw.skipped.is_empty(), "{}: {:?}", path.display(), raw.skipped);
        for (name, expected) in variables(&expected) {
            let label = format!("{} {group} {name}", path.display());
            let found = raw.variables.get(&**name).unwrap_or_else(|| panic!("{label} is not there"));
            check_variable(&label, found, expected);
            count += 1;
        }
        assert_eq!(raw.variables.len(), variables(&expected).count(), "{}", path.display());
        check_attributes(&path.display().to_string(), &raw.attrs, &expected["attrs"]);
    }
    assert!(count > 100, "{count} variables");
}

#[test]
fn reads_every_kind_of_array() {
    let dir = tempfile::tempdir().unwrap();
    let Some(_) = python("zarr_kinds.py", &[dir.path().to_str().unwrap()]) else { return };
    let kinds = std::fs::read_to_string(dir.path().join("kinds.json")).unwrap();
    let kinds: Value = serde_json::from_str(&kinds).unwrap();
    for (store, arrays) in kinds.as_object().unwrap() {
        let raw = open_zarr(dir.path().join(store)).unwrap();
        for (name, expected) in arrays.as_object().unwrap() {
            let label = format!("{store} {name}");
            let v = raw.variables.get(&**name).unwrap_or_else(|| panic!("{label}: {:?}", raw.skipped));
            assert_eq!(json!(v.dtype().to_string()), expected["dtype"], "{label}");
            let block = v.load().unwrap_or_else(|e| panic!("{label}: {e}"));
            check_elements(&label, &block, &expected["data"]);
            check_parts(&label, v, &block);
        }
        let skipped: Vec<(&str, String)> =
            raw.skipped.iter().map(|s| (&*s.name, s.reason.to_string())).collect();
        let expected: &[(&str, &str)] = match store.as_str() {
            "v2.zarr" => &[("lz4", "lz4"), ("records", "records")],
            _ => &[("nameless", "dimension names"), ("void", "not supported")],
        };
        assert_eq!(skipped.len(), expected.len(), "{skipped:?}");
        for (name, reason) in expected {
            let (_, text) = skipped.iter().find(|s| s.0 == *name).expect("it is listed");
            assert!(text.contains(reason) && text.contains(name) && text.contains(store), "{text}");
        }
    }
}

/// Every box of an array is that box of the whole.
fn check_parts(label: &str, v: &Variable, whole: &Block) {
    use graticule::array::Region;
    use graticule::source::Traffic;
    let op = v.data().op().clone();
    // A plan may hold the source: it must survive the journey.
    let text = serde_json::to_string(&op).unwrap();
    let op: std::sync::Arc<dyn graticule::lazy::Op> = serde_json::from_str(&text).unwrap();
    assert_eq!(op.name(), "read");
    let shape = v.shape();
    for step in 1..5usize {
        let region = Region::new(shape.iter().enumerate().map(|(axis, &n)| {
            let start = (step * (axis + 2)) % (n + 1);
            start..(start + step * step).min(n).max(start)
        }));
        let part = op.compute(&region, &[], Vec::new(), &Traffic::default()).unwrap();
        assert!(part.same_bits(&whole.region(&region)), "{label} {region}");
    }
}

fn store(path: &Path, raw: &RawDataset, mode: WriteMode) -> graticule::Result<()> {
    let write = ZarrWrite::create(path, raw, &WriteOptions { mode, ..WriteOptions::default() })?;
    let targets = write.targets();
    if !targets.is_empty() {
        exec::store(&targets)?;
    }
    write.finish()
}

#[test]
fn xarray_reads_what_we_write() {
    let dir = tempfile::tempdir().unwrap();
    let Some(fixtures) = fixtures(dir.path()) else { return };
    // Each takes a start of the interpreter: only those with types and attributes of their own.
    let chosen =
        ["xarray-v2", "xarray-v3", "xarray-v3-packed", "dtypes-v2", "dtypes-v3", "complex-v3", "strings-v3"];
    let fixtures = fixtures
        .into_iter()
        .filter(|f| chosen.contains(&f.0.file_stem().and_then(|s| s.to_str()).expect("a store has a name")));
    for (i, (path, group, expected)) in fixtures.enumerate() {
        let raw = open_zarr_group(&path, &group).unwrap();
        let copy = dir.path().join(format!("copy-{i}.zarr"));
        store(&copy, &raw, WriteMode::Create).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let text = python("read_back.py", &[copy.to_str().unwrap(), "--no-decode"]).expect("it ran before");
        let found: Value = serde_json::from_str(&text).unwrap();
        for (name, expected) in variables(&expected) {
            let label = format!("copy of {} {group} {name}", path.display());
            let found = variables(&found).find(|v| v.0 == name).unwrap_or_else(|| panic!("{label}")).1;
            for key in ["dims", "shape", "dtype", "data"] {
                assert_eq!(found[key], expected[key], "{label}: {key}");
            }
            let none = serde_json::Map::new();
            let (found, expected) = (&found["attrs"], &expected["attrs"]);
            for (k, v) in expected.as_object().unwrap_or(&none) {
                assert!(same_number(&unwrapped(&found[k]), &unwrapped(v)), "{label}: {k} {} {v}", found[k]);
            }
        }
        assert_eq!(found["attrs"], expected["attrs"], "{}", path.display());
    }
}

#[test]
fn xarray_reads_v2_and_shards_that_we_write() {
    let dir = tempfile::tempdir().unwrap();
    let Some(fixtures) = fixtures(dir.path()) else { return };
    let chosen = ["xarray-v3-packed", "dtypes-v2", "dtypes-v3", "complex-v3", "strings-v3"];
    for (path, group, expected) in fixtures {
        let stem = path.file_stem().and_then(|s| s.to_str()).expect("a store has a name").to_string();
        if !chosen.contains(&stem.as_str()) {
            continue;
        }
        for (way, format, sharded) in [("v2", ZarrFormat::V2, false), ("shards", ZarrFormat::V3, true)] {
            let mut raw = open_zarr_group(&path, &group).unwrap();
            for v in raw.variables.values_mut().filter(|v| sharded && v.ndim() > 0) {
                let chunk: Vec<i64> = v.shape().iter().map(|n| n.div_ceil(4).max(1) as i64).collect();
                v.encoding.insert("shards", chunk.iter().map(|c| 2 * c).collect::<Vec<i64>>());
                v.encoding.insert("chunks", chunk);
            }
            let copy = dir.path().join(format!("{stem}-{way}.zarr"));
            let write = ZarrWrite::create(&copy, &raw, &WriteOptions::new().format(format)).unwrap();
            exec::store(&write.targets()).unwrap();
            write.finish().unwrap();
            let ours = open_zarr(&copy).unwrap();
            let text =
                python("read_back.py", &[copy.to_str().unwrap(), "--no-decode"]).expect("it ran before");
            let found: Value = serde_json::from_str(&text).unwrap();
            for (name, expected) in variables(&expected) {
                let label = format!("{name} of {}", copy.display());
                let found = variables(&found).find(|v| v.0 == name).unwrap_or_else(|| panic!("{label}")).1;
                for key in ["dims", "shape", "data"] {
                    assert_eq!(found[key], expected[key], "{label}: {key}");
                }
                let (before, after) = (
                    raw.variables[name.as_str()].load().unwrap(),
                    ours.variables[name.as_str()].load().unwrap(),
                );
                assert!(before.same_bits(&after), "{label}");
                if !before.dtype().is_text() {
                    assert_eq!(found["dtype"], expected["dtype"], "{label}");
                }
            }
        }
    }
}

#[test]
fn every_kind_of_array_survives_writing() {
    let dir = tempfile::tempdir().unwrap();
    let Some(_) = python("zarr_kinds.py", &[dir.path().to_str().unwrap()]) else { return };
    for name in ["v2.zarr", "v3.zarr"] {
        let mut raw = open_zarr(dir.path().join(name)).unwrap();
        for v in raw.variables.values_mut().filter(|v| v.dtype().is_complex()) {
            v.attrs.remove("_FillValue"); // The JSON of the scripts has no complex attributes.
        }
        let copy = dir.path().join(format!("copy-of-{name}"));
        store(&copy, &raw, WriteMode::Create).unwrap();
        let again = open_zarr(&copy).unwrap();
        assert_eq!(again.variables.len(), raw.variables.len());
        for (name, v) in &raw.variables {
            let (a, b) = (v.load().unwrap(), again.variables[name].load().unwrap());
            assert!(a.same_bits(&b), "{name}");
        }
        let text = python("read_back.py", &[copy.to_str().unwrap(), "--no-decode"]).expect("it ran before");
        let found: Value = serde_json::from_str(&text).unwrap();
        for (name, v) in &raw.variables {
            let found = variables(&found).find(|f| f.0 == &**name).expect("xarray reads it").1;
            assert_eq!(found["dtype"], json!(v.dtype().to_string()), "{name}");
            check_elements(name, &v.load().unwrap(), &found["data"]);
        }
    }
}

#[test]
fn decoded_datasets_survive_writing() {
    let dir = tempfile::tempdir().unwrap();
    let Some(_) = python("make_fixtures.py", &[dir.path().to_str().unwrap()]) else { return };
    for name in ["xarray-v2", "xarray-v3", "xarray-v3-packed", "xarray-v3-sharded", "strings-v3"] {
        let path = dir.path().join(format!("{name}.zarr"));
        let copy = dir.path().join(format!("copy-of-{name}.zarr"));
        let ds = open_dataset(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        ds.to_zarr(&copy).unwrap_or_else(|e| panic!("{name}: {e}"));
        let [expected, found] = [&path, &copy].map(|p| {
            let text = python("read_back.py", &[p.to_str().unwrap()]).expect("it ran before");
            serde_json::from_str::<Value>(&text).unwrap()
        });
        for part in ["data_vars", "coords"] {
            let names = |v: &Value| -> Vec<String> {
                let mut names: Vec<String> =
                    v[part].as_object().into_iter().flatten().map(|(k, _)| k.clone()).collect();
                names.sort();
                names
            };
            assert_eq!(names(&found), names(&expected), "{name}");
            for v in names(&expected) {
                assert_eq!(found[part][&v], expected[part][&v], "{name}: {v}");
            }
        }
        assert_eq!(found["attrs"], expected["attrs"], "{name}");
    }
}

/// A dataset in memory and lazily chunked, without Python.
fn small_dataset() -> RawDataset {
    let mut raw = RawDataset::new();
    let n = 40;
    let mut field =
        Variable::from_vec(&[("y", n), ("x", 7)], (0..n * 7).map(|i| (i as f32).sin()).collect()).unwrap();
    field.attrs = Attrs::new().with("units", "K").with("valid_range", vec![-1.0, 1.0]);
    field.encoding.insert("chunks", vec![9i64, 4]);
    raw.variables.insert("field".into(), field);
    let names = ["a", "é", "", "a longer one"].map(Text::from).to_vec();
    raw.variables.insert("names".into(), Variable::from_vec(&[("n", 4)], names).unwrap());
    raw.variables
        .insert("flag".into(), Variable::from_vec(&[("n", 4)], vec![true, false, true, true]).unwrap());
    raw.variables.insert("nothing".into(), Variable::from_vec(&[("none", 0)], Vec::<f64>::new()).unwrap());
    raw.variables.insert("number".into(), Variable::scalar(Block::scalar(7u16)));
    raw.attrs.insert("title", "small");
    raw
}

fn check_small(path: &Path) {
    let raw = open_zarr(path).unwrap();
    let expected = small_dataset();
    assert_eq!(raw.attrs, expected.attrs);
    for (name, v) in &expected.variables {
        let found = &raw.variables[name];
        assert_eq!((found.dims(), found.dtype()), (v.dims(), v.dtype()));
        assert_eq!(found.attrs, v.attrs);
        assert!(found.load().unwrap().same_bits(&v.load().unwrap()), "{name}");
    }
    assert_eq!(raw.variables["field"].chunks().counts(), [5, 2]);
}

#[test]
fn a_store_appears_complete_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.zarr");
    let raw = small_dataset();
    let write = ZarrWrite::create(&path, &raw, &WriteOptions::default()).unwrap();
    assert!(!path.exists());
    drop(write);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);

    store(&path, &raw, WriteMode::Create).unwrap();
    check_small(&path);
    let taken = store(&path, &raw, WriteMode::Create).unwrap_err().to_string();
    assert!(taken.contains("small.zarr") && taken.contains("exists already"), "{taken}");

    // A store may even be written over itself: the old one is read until the new one is complete.
    store(&path, &open_zarr(&path).unwrap(), WriteMode::Replace).unwrap();
    check_small(&path);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn the_errors_say_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let missing = open_zarr(dir.path().join("none.zarr")).unwrap_err();
    assert!(missing.is_not_found() && missing.to_string().contains("none.zarr"), "{missing}");
    let other = open_zarr(dir.path()).unwrap_err();
    assert!(other.to_string().contains("not a Zarr store"), "{other}");
    let path = dir.path().join("a.zarr");
    store(&path, &small_dataset(), WriteMode::Create).unwrap();
    let group = open_zarr_group(&path, "model").unwrap_err();
    assert!(group.is_not_found() && group.to_string().contains("model"), "{group}");
    let array = open_zarr(path.join("field")).unwrap_err();
    assert!(array.to_string().contains("not a group"), "{array}");
    assert!(open_zarr_group(&path, "../a.zarr").is_err());
}

/// All files below a folder.
#[test]
fn what_is_not_reached_is_no_fill_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zarr");
    let (there, gone) = (path.clone(), folder.path().join("gone"));
    let a = DataArray::from_vec(&[("x", 6)], vec![1.0f64, 2.0, 3.0, 4.0, f64::NAN, f64::NAN]).unwrap();
    let ds = a.chunk("x", 2).unwrap().to_dataset("a");
    for format in [ZarrFormat::V2, ZarrFormat::V3] {
        ds.to_zarr_with(&path, &WriteOptions::new().format(format), &Local::new()).unwrap();
        let opened = open_dataset(&path).unwrap().get("a").unwrap();
        assert_eq!(opened.sum("x").unwrap().to_vec::<f64>().unwrap(), [10.0]);
        let opened = open_dataset(&path).unwrap().get("a").unwrap();
        std::fs::rename(&there, &gone).unwrap();
        let e = opened.sum("x").unwrap().compute().unwrap_err();
        assert!(e.is_not_found() && e.to_string().contains("a.zarr:a"), "{e}");
        std::fs::remove_dir_all(&gone).unwrap();
    }

    // The same for a process that writes what another one has begun, and sees other folders.
    let raw = graticule::io::cf::encode(&ds, true).unwrap();
    let write = ZarrWrite::create(&path, &raw, &WriteOptions::default()).unwrap();
    let targets: Vec<Target> =
        write.targets().into_iter().map(|(data, sink)| Target::Store(data, sink)).collect();
    let sent = Plan::from_bytes(&Plan::new(&targets).unwrap().to_bytes().unwrap()).unwrap();
    let begun = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path());
    let begun: Vec<PathBuf> = begun.filter(|p| p.is_dir()).collect();
    std::fs::rename(&begun[0], &gone).unwrap();
    let e = Local::new().run(&sent).unwrap_err();
    assert!(e.is_not_found() && e.to_string().contains("is not reached under this name"), "{e}");
    assert!(!begun[0].exists());
    std::fs::rename(&gone, &begun[0]).unwrap();
    Local::new().run(&sent).unwrap();
    write.finish().unwrap();
    assert!(open_dataset(&path).unwrap().equals(&ds).unwrap());
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found.sort();
    found
}

/// Opens and reads everything; only errors may come of it.
fn read_all(path: &Path) -> (usize, usize) {
    let Ok(raw) = open_zarr(path) else { return (0, 1) };
    let mut outcome = (0, raw.skipped.len());
    for v in raw.variables.values() {
        // An array that says it is huge is an honest description of holes; its size is not read.
        if v.data().nbytes() > 1 << 24 || v.load().is_err() {
            outcome.1 += 1;
        } else {
            outcome.0 += 1;
        }
    }
    outcome
}

fn mutate(path: &Path, rounds: u64) -> (usize, usize) {
    let mut outcome = (0, 0);
    let originals: Vec<(PathBuf, Vec<u8>)> =
        files(path).into_iter().map(|f| (f.clone(), std::fs::read(&f).unwrap())).collect();
    let mut state = 88_172_645_463_325_252u64;
    let mut random = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n.max(1) as u64) as usize
    };
    for round in 0..rounds {
        let (file, bytes) = &originals[random(originals.len())];
        let mut broken = bytes.clone();
        match round % 5 {
            0 => broken.truncate(random(bytes.len())),
            1 => broken.clear(),
            2 => broken = (0..random(200)).map(|_| random(256) as u8).collect(),
            3 if !broken.is_empty() => {
                for _ in 0..1 + random(4) {
                    let i = random(broken.len());
                    broken[i] = random(256) as u8;
                }
            }
            // Numbers and names in metadata, sizes in headers.
            _ if !broken.is_empty() => {
                let i = random(broken.len().min(24));
                broken[i] = 0xFF;
                let digits: Vec<usize> = (0..broken.len()).filter(|&i| broken[i].is_ascii_digit()).collect();
                if !digits.is_empty() && file.extension().is_some() {
                    broken = bytes.clone();
                    let at = digits[random(digits.len())];
                    broken.splice(at..at + 1, *b"99999999999");
                }
            }
            _ => {}
        }
        std::fs::write(file, &broken).unwrap();
        let (fine, failed) = read_all(path);
        outcome = (outcome.0 + fine, outcome.1 + failed);
        std::fs::write(file, bytes).unwrap();
    }
    outcome
}

#[test]
fn broken_stores_give_errors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    store(&path, &small_dataset(), WriteMode::Create).unwrap();
    let (fine, failed) = mutate(&path, 300);
    assert!(fine > 300 && failed > 50, "{fine} read, {failed} refused");
    check_small(&path);
}

#[test]
fn broken_stores_of_python_give_errors() {
    let dir = tempfile::tempdir().unwrap();
    let Some(_) = python("zarr_kinds.py", &[dir.path().to_str().unwrap()]) else { return };
    for name in ["v2.zarr", "v3.zarr"] {
        // Without consolidated metadata each document counts.
        let _ = std::fs::remove_file(dir.path().join(name).join(".zmetadata"));
        let (fine, failed) = mutate(&dir.path().join(name), 150);
        assert!(fine > 150 && failed > 10, "{name}: {fine} read, {failed} refused");
    }
}
