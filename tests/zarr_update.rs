//! Zarr stores that are changed: appended to, overwritten in part, by many at once; compared with xarray.

mod support;

use std::path::Path;
#[cfg(target_os = "linux")]
use std::path::PathBuf;
use std::sync::Arc;

#[cfg(target_os = "linux")]
use graticule::io::Compression;
use graticule::io::store::{MemoryStore, Store, keys_below};
use graticule::io::zarr::{DimRegion, WriteMode, WriteOptions, WriteRegion, ZarrFormat};
use graticule::prelude::*;
use support::days;
use support::python::{python, run_script};

fn write(ds: &Dataset, to: &Path, options: &WriteOptions) -> Result<Report> {
    ds.to_zarr_with(to, options, &Local::new())
}

fn chunked(ds: &Dataset, time: usize) -> Dataset {
    ds.chunk("time", time).unwrap()
}

fn values(path: &Path) -> Vec<f64> {
    open_dataset(path).unwrap().get("t").unwrap().to_vec::<f64>().unwrap()
}

fn counted(n: usize) -> Vec<f64> {
    (0..n).map(|i| i as f64).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { std::fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
}

#[test]
fn stores_of_xarray_are_changed_as_xarray_does() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    let names = run_script(&python, "zarr_update.py", &["make", folder]);
    for name in names.lines() {
        let place = dir.path().join(name);
        let (ours, piece) = (place.join("ours"), open_dataset(place.join("piece")).unwrap());
        copy(&place.join("base"), &ours);
        let (_, how) = name.split_once('-').unwrap();
        let options = match how {
            "append" => WriteOptions::append("time"),
            "region" => WriteOptions::region([("time", 4..8)]).safe_chunks(false),
            "auto" => WriteOptions::region_auto().safe_chunks(false),
            "add" => WriteOptions::new().mode(WriteMode::Append),
            "modify" => WriteOptions::new().mode(WriteMode::Modify),
            "a-" => WriteOptions::append("time").mode(WriteMode::AppendOnly),
            other => panic!("{other}"),
        };
        if ["region", "auto"].contains(&how) {
            // `count` is one chunk of ten days: a part of it is refused where others may write beside.
            let e = write(&piece, &ours, &options.clone().safe_chunks(true)).unwrap_err().to_string();
            assert!(e.contains("inside of a chunk") && e.contains("safe_chunks"), "{name}: {e}");
        }
        write(&piece, &ours, &options).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (ours, expected) = (open_dataset(&ours).unwrap(), open_dataset(place.join("expected")).unwrap());
        assert!(ours.identical(&expected).unwrap(), "{name}: {ours}\n{expected}");
    }
    run_script(&python, "zarr_update.py", &["compare", folder]);
}

#[test]
fn many_appends_are_one_array() {
    for (format, store_chunk) in [(ZarrFormat::V3, 4), (ZarrFormat::V2, 5)] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zarr");
        let mut have = 0;
        for n in [3, 1, 4, 1, 5, 9] {
            let part = chunked(&days(have as i64, n), if have == 0 { store_chunk } else { 2 });
            let options =
                if have == 0 { WriteOptions::new() } else { WriteOptions::append("time") }.format(format);
            write(&part, &path, &options).unwrap();
            have += n;
            assert_eq!(values(&path), counted(3 * have));
        }
        let ds = open_dataset(&path).unwrap();
        let time = ds.get("time").unwrap().to_vec::<i64>().unwrap();
        assert_eq!(time.len(), 23);
        assert!(time.windows(2).all(|w| w[1] - w[0] == 86_400_000_000_000));
    }
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    write(&chunked(&days(0, 6), 4), &path, &WriteOptions::new()).unwrap();
    let more = days(6, 2);
    let append = WriteOptions::append("time");
    let refused = |ds: &Dataset, options: &WriteOptions, words: &[&str]| {
        let e = write(ds, &path, options).unwrap_err().to_string();
        assert!(words.iter().all(|w| e.contains(w)), "{e}");
        assert_eq!(values(&path), counted(18), "{e}");
    };
    refused(&more.isel("x", ..2).unwrap(), &append, &["`t`", "2 elements along `x`", "in the store 3"]);
    refused(&more.transpose(["x", "time"]).unwrap(), &append, &["(x, time)", "(time, x)"]);
    refused(&more, &WriteOptions::append("level"), &["level", "time"]);
    let x = Block::from_vec(&[3], vec![1i64, 2, 3]).unwrap();
    refused(&more.assign_coords([("x", x)]).unwrap(), &append, &["coordinate `x` differs", "reindex_like"]);
    let finer = Block::from_vec(&[2], vec![1i64, 2]).unwrap().retype(DType::DATETIME_NS);
    refused(
        &more.assign_coords([("time", finer)]).unwrap(),
        &append,
        &["time", "days since", "the store has"],
    );
    refused(&more.drop_vars("t").unwrap(), &append, &["`t` along `time`", "too short"]);
    let text = more.get("t").unwrap().astype(DType::Str).unwrap();
    refused(&more.assign([("t", &text)]).unwrap(), &append, &["`t`", "it is str", "astype"]);
    refused(&more.rename([("t", "u")]).unwrap(), &append, &["`u`"]);
    refused(&more, &WriteOptions::new(), &["exists already"]);
    refused(&more, &WriteOptions::new().mode(WriteMode::Modify), &["2 elements along `time`", "6"]);
    refused(&more, &WriteOptions::region_auto(), &["1970-01-07", "not in the store"]);
    refused(&more, &WriteOptions::region([("time", 5..7)]), &["5..7", "the store 6"]);
    refused(
        &days(2, 2),
        &WriteOptions::region([("time", 2..4)]),
        &["time=2..4", "chunks are time=4", "write time=0..4"],
    );
    refused(&days(1, 4), &WriteOptions::region([("time", 0..4)]), &["other labels of `time`", "region_auto"]);
    let back = days(0, 4).isel("time", slice(None, None, Some(-1))).unwrap();
    refused(&back, &WriteOptions::region_auto(), &["one after the other"]);
    let other = DataArray::from_vec(&[("y", 2)], vec![1.0, 2.0]).unwrap().to_dataset("z");
    refused(&other, &WriteOptions::region_auto(), &["no dimension has labels"]);
    refused(&other, &WriteOptions::new().mode(WriteMode::Modify), &["no variable `z`"]);
    let of_itself = open_dataset(&path).unwrap().add(1.0).unwrap();
    refused(
        &of_itself,
        &WriteOptions::new().mode(WriteMode::Modify),
        &["computed from the array", "load them first"],
    );
    let nowhere = write(&more, &dir.path().join("b.zarr"), &WriteOptions::region_auto()).unwrap_err();
    assert!(nowhere.is_not_found() && nowhere.to_string().contains("compute(false)"), "{nowhere}");
    let names: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().to_string())
        .filter(|n| n != "a.zarr" && n != ".a.zarr.lock")
        .collect();
    assert_eq!(names, Vec::<String>::new());
}

#[test]
fn regions_are_written_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    let whole = chunked(&days(0, 60), 5);
    write(&whole, &path, &WriteOptions::new().compute(false)).unwrap();
    assert!(values(&path).iter().all(|v| v.is_nan()));
    std::thread::scope(|threads| {
        for k in 0..12 {
            let (path, part) = (&path, whole.isel("time", 5 * k..5 * k + 5).unwrap());
            threads.spawn(move || {
                let options = match k % 2 {
                    0 => WriteOptions::region_auto(),
                    _ => WriteOptions {
                        region: Some(WriteRegion::Dims(vec![("time".into(), DimRegion::Auto)])),
                        ..WriteOptions::region_auto()
                    },
                };
                write(&part, path, &options).unwrap();
            });
        }
    });
    assert_eq!(values(&path), counted(180));
}

#[test]
fn unaligned_regions_take_turns() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    let whole = chunked(&days(0, 40), 16);
    write(&whole, &path, &WriteOptions::new().compute(false)).unwrap();
    std::thread::scope(|threads| {
        for k in 0..20 {
            let (path, part) = (&path, whole.isel("time", 2 * k..2 * k + 2).unwrap());
            threads
                .spawn(move || write(&part, path, &WriteOptions::region_auto().safe_chunks(false)).unwrap());
        }
    });
    assert_eq!(values(&path), counted(120));
}

#[test]
fn appends_at_the_same_time_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (path, memory) = (dir.path().join("a.zarr"), Arc::new(MemoryStore::new("appends")));
    write(&chunked(&days(0, 3), 4), &path, &WriteOptions::new()).unwrap();
    chunked(&days(0, 3), 4).to_zarr(memory.clone()).unwrap();
    std::thread::scope(|threads| {
        for k in 1..12 {
            let (path, memory) = (&path, memory.clone());
            threads.spawn(move || {
                let part = chunked(&days(3 * k, 3), 2);
                write(&part, path, &WriteOptions::append("time")).unwrap();
                part.to_zarr_with(memory, &WriteOptions::append("time"), &Local::new().threads(1)).unwrap();
            });
        }
    });
    let of_memory = open_dataset(memory).unwrap().get("t").unwrap().to_vec::<f64>().unwrap();
    for mut found in [values(&path), of_memory] {
        found.sort_by(f64::total_cmp);
        assert_eq!(found, counted(108));
    }
}

/// What a process does that a test has started: `append START N PATH` or `region START N PATH`.
fn work_of_a_process(work: &str) {
    let words: Vec<&str> = work.splitn(4, ' ').collect();
    let [what, start, n, path] = words[..] else { panic!("{work}") };
    let ds = chunked(&days(start.parse().unwrap(), n.parse().unwrap()), 2);
    let options = if what == "append" { WriteOptions::append("time") } else { WriteOptions::region_auto() };
    write(&ds, Path::new(path), &options).unwrap();
}

#[test]
fn processes_take_turns_and_may_be_killed() {
    const WORK: &str = "GRATICULE_TEST_WORK";
    if let Ok(work) = std::env::var(WORK) {
        return work_of_a_process(&work);
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    let begin = |what: &str, start: usize, n: usize| {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "processes_take_turns_and_may_be_killed"]);
        command.env(WORK, format!("{what} {start} {n} {}", path.display()));
        command.stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    write(&chunked(&days(0, 3), 4), &path, &WriteOptions::new()).unwrap();
    let appends: Vec<_> = (1..7).map(|k| begin("append", 3 * k, 3)).collect();
    assert!(appends.into_iter().all(|mut child| child.wait().unwrap().success()));
    let mut found = values(&path);
    found.sort_by(f64::total_cmp);
    assert_eq!(found, counted(63));

    write(&chunked(&days(0, 24), 4), &path, &WriteOptions::new().mode(WriteMode::Replace).compute(false))
        .unwrap();
    let regions: Vec<_> = (0..6).map(|k| begin("region", 4 * k, 4)).collect();
    assert!(regions.into_iter().all(|mut child| child.wait().unwrap().success()));
    assert_eq!(values(&path), counted(72));

    // Whenever an append is killed: what is there is there, or all of the new is.
    let (mut have, mut killed) = (24, 0);
    for round in 0..12 {
        let mut child = begin("append", have, 400);
        std::thread::sleep(std::time::Duration::from_millis(4 * round * round));
        let _ = child.kill();
        killed += usize::from(!child.wait().unwrap().success());
        let found = values(&path);
        assert!([have, have + 400].contains(&(found.len() / 3)), "{} after {have}", found.len() / 3);
        assert_eq!(found, counted(found.len()));
        have = found.len() / 3;
    }
    assert!(killed > 0, "none was killed in time");
    write(&chunked(&days(have as i64, 5), 4), &path, &WriteOptions::append("time")).unwrap();
    assert_eq!(values(&path), counted(3 * (have + 5)));
}

/// Two chunks of 64 MB.
#[cfg(target_os = "linux")]
fn large(start: i64) -> Dataset {
    let values: Vec<f64> = (0..16 << 20).map(|i| (start + i) as f64).collect();
    let a = DataArray::from_vec(&[("t", 2), ("x", 8 << 20)], values).unwrap();
    a.chunk("t", 1).unwrap().to_dataset("a").with_compression(Compression::None)
}

/// Files of a folder and below.
#[cfg(target_os = "linux")]
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(files_below(&path)),
            path => found.push(path),
        }
    }
    found
}

// Elsewhere nobody can tell which processes are gone.
#[cfg(target_os = "linux")]
#[test]
fn what_killed_runs_leave_is_removed_by_the_next() {
    const WORK: &str = "GRATICULE_TEST_KILLED";
    if let Ok(path) = std::env::var(WORK) {
        let options = match path.strip_prefix("region ") {
            Some(_) => WriteOptions::region([("t", 0..2)]),
            None => WriteOptions::append("t"),
        };
        write(&large(7), Path::new(path.trim_start_matches("region ")), &options).unwrap();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    write(&large(0), &path, &WriteOptions::new()).unwrap();
    let unfinished = || {
        let all = files_below(dir.path());
        all.into_iter().filter(|f| f.to_string_lossy().contains(".unfinished-")).collect::<Vec<_>>()
    };
    for work in ["", "region "] {
        // Until one is killed while it writes a chunk.
        for attempt in 0.. {
            assert!(attempt < 100, "none was killed in time");
            let mut command = std::process::Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "what_killed_runs_leave_is_removed_by_the_next"]);
            command.env(WORK, format!("{work}{}", path.display())).stdout(std::process::Stdio::null());
            let mut child = command.spawn().unwrap();
            while unfinished().is_empty() && child.try_wait().unwrap().is_none() {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            let _ = child.kill();
            child.wait().unwrap();
            if !unfinished().is_empty() {
                break;
            }
        }
        // What another process of this machine writes at the same time stays, whoever it is.
        let of_init = unfinished()[0].to_string_lossy().to_string();
        let (start, rest) = of_init.split_once(".unfinished-").unwrap();
        let of_init = format!("{start}.unfinished-1-{}", rest.split_once('-').unwrap().1);
        std::fs::write(&of_init, "half").unwrap();
        let note = DataArray::from_vec(&[("n", 1)], vec![1.0]).unwrap().to_dataset("note");
        write(&note, &path, &WriteOptions::new().mode(WriteMode::Append)).unwrap();
        assert_eq!(unfinished(), [PathBuf::from(&of_init)]);
        std::fs::remove_file(of_init).unwrap();
        let beside: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(beside.len(), 2, "the store and its lock: {beside:?}");
        assert_eq!(open_dataset(&path).unwrap().get("a").unwrap().sizes()["x"], 8 << 20);
    }
}

#[test]
fn stores_of_all_kinds_hold_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let ds = chunked(&days(0, 10), 4);
    let memory = Arc::new(MemoryStore::new("kinds"));
    ds.to_zarr(memory.clone()).unwrap();
    ds.to_zarr(dir.path().join("a.zarr")).unwrap();
    ds.to_zarr(dir.path().join("a.zip")).unwrap();
    let e = ds.to_zarr(dir.path().join("a.zip")).unwrap_err().to_string();
    assert!(e.contains("exists already"), "{e}");
    let e = ds.to_zarr(memory.clone()).unwrap_err().to_string();
    assert!(e.contains("memory://kinds") && e.contains("Replace"), "{e}");
    for opened in [
        open_dataset(memory.clone()).unwrap(),
        open_dataset("memory://kinds").unwrap(),
        open_dataset(dir.path().join("a.zarr")).unwrap(),
        open_dataset(dir.path().join("a.zip")).unwrap(),
    ] {
        assert!(opened.identical(&ds).unwrap());
        let plan = opened.get("t").unwrap().variable().data().op();
        let text = serde_json::to_string(&plan).unwrap();
        assert!(serde_json::from_str::<Arc<dyn graticule::lazy::Op>>(&text).is_ok());
    }
    let keys = keys_below(&*memory, "").unwrap();
    assert!(keys.contains(&"t/c/2/0".to_string()) && keys.contains(&"zarr.json".to_string()), "{keys:?}");
    let replace = WriteOptions::new().mode(WriteMode::Replace);
    ds.isel("time", ..1).unwrap().to_zarr_with(memory.clone(), &replace, &Local::new()).unwrap();
    let keys = keys_below(&*memory, "t").unwrap();
    assert_eq!(keys, ["t/c/0/0", "t/zarr.json"]);
    assert!(memory.list("").unwrap().iter().all(|name| !name.starts_with('.')));
    let Some(python) = python() else { return };
    let text = run_script(&python, "read_back.py", &[dir.path().join("a.zip").to_str().unwrap()]);
    assert!(text.contains("29.0"), "{text}");
}

#[test]
fn groups_are_written_into_stores() {
    for format in [ZarrFormat::V3, ZarrFormat::V2] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tree.zarr");
        let options = |o: WriteOptions| o.format(format);
        let deep = |o: WriteOptions| options(o).group("model/run1");
        // The group first: those above it are made.
        write(&chunked(&days(0, 4), 3), &path, &deep(WriteOptions::new())).unwrap();
        let e = write(&days(0, 4), &path, &deep(WriteOptions::new())).unwrap_err().to_string();
        assert!(e.contains("already"), "{e}");
        let other = if format == ZarrFormat::V3 { ZarrFormat::V2 } else { ZarrFormat::V3 };
        let e =
            write(&days(0, 4), &path, &WriteOptions::new().format(other).group("b")).unwrap_err().to_string();
        assert!(e.contains("store of Zarr v"), "{e}");
        for bad in ["", "a//b", "../x", ".hidden"] {
            assert!(write(&days(0, 4), &path, &options(WriteOptions::new()).group(bad)).is_err(), "{bad}");
        }
        write(&days(0, 2), &path, &options(WriteOptions::new().mode(WriteMode::Append))).unwrap();
        write(&chunked(&days(4, 3), 2), &path, &deep(WriteOptions::append("time"))).unwrap();
        let group = |name: &str| open_dataset_with(&path, &OpenOptions::new().group(name)).unwrap();
        assert_eq!(group("model/run1").get("t").unwrap().to_vec::<f64>().unwrap(), counted(21));
        assert_eq!(values(&path), counted(6));
        let memory = Arc::new(MemoryStore::new(format!("tree {format:?}")));
        days(0, 2).to_zarr_with(memory.clone(), &options(WriteOptions::new()), &Local::new()).unwrap();
        days(0, 3).to_zarr_with(memory.clone(), &deep(WriteOptions::new()), &Local::new()).unwrap();
        let of_memory = open_dataset_with(memory.clone(), &OpenOptions::new().group("model/run1")).unwrap();
        assert!(of_memory.identical(&days(0, 3)).unwrap());
        let Some(python) = python() else { return };
        let text = run_script(&python, "read_back.py", &[path.to_str().unwrap(), "--group", "model/run1"]);
        assert!(text.contains("20.0") && !text.contains("21.0"), "{text}");
    }
}
