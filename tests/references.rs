//! Kerchunk references to NetCDF files: ours opened by us and by xarray, kerchunk's opened by us.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use graticule::io::netcdf::save_references;
use graticule::io::store::{Location, MemoryStore, ReferenceStore, Store};
use graticule::io::{OpenOptions, open_dataset_with, open_raw};
use graticule::prelude::*;
use support::netcdf::{netcdf_files, rows};
use support::python::{python, run_script, sample_data};

/// The fixtures, and the real files where they are; for each its references.
fn files(python: &Path, folder: &Path) -> Vec<(PathBuf, PathBuf)> {
    let made = run_script(python, "references_oracle.py", &["make", &folder.display().to_string()]);
    let mut files: Vec<PathBuf> = made.lines().map(PathBuf::from).collect();
    files.extend(sample_data().iter().flat_map(|folder| netcdf_files(folder)));
    let json = |(i, file): (usize, PathBuf)| (file, folder.join(format!("{i}.json")));
    files.into_iter().enumerate().map(json).collect()
}

fn groups_of(name: &str) -> &'static [&'static str] {
    if name.ends_with("groups.nc") { &["", "a", "a/b"] } else { &[""] }
}

/// All variables of `here` are those of the file, as stored and decoded; gives how many there are.
fn compare(file: &Path, here: &Path, left_out: &[String]) -> usize {
    let mut count = 0;
    for group in groups_of(&file.display().to_string()) {
        let place = format!("{} {group} by {}", file.display(), here.display());
        let (ours, theirs) = (open_raw(here, Some(group)).unwrap(), open_raw(file, Some(group)).unwrap());
        let names = |raw: &graticule::io::RawDataset| raw.variables.keys().map(|n| n.to_string()).collect();
        let (mut found, expected): (BTreeSet<String>, BTreeSet<String>) = (names(&ours), names(&theirs));
        found.extend(left_out.iter().filter_map(|n| match group.is_empty() {
            true => (!n.contains('/')).then(|| n.clone()),
            false => n.strip_prefix(&format!("{group}/")).filter(|n| !n.contains('/')).map(str::to_string),
        }));
        assert_eq!(found, expected, "{place}");
        for (name, a) in &ours.variables {
            let b = &theirs.variables[name];
            assert_eq!((a.dims(), a.dtype()), (b.dims(), b.dtype()), "{place} {name}");
            let (x, y) = (a.load().unwrap(), b.load().unwrap());
            assert!(x == y || x.same_bits(&y), "{place} {name}");
            count += 1;
        }
        if ours.variables.is_empty() {
            continue;
        }
        let options = OpenOptions::new().group(*group).drop_variables(left_out.to_vec());
        let (ours, theirs) =
            (open_dataset_with(here, &options).unwrap(), open_dataset_with(file, &options).unwrap());
        // The dtypes of attributes such as `scale_factor` are lost in JSON.
        graticule::testing::assert_allclose(&ours, &theirs, 1e-6, 0.0);
        assert_eq!(ours.coords().len(), theirs.coords().len(), "{place}");
    }
    count
}

#[test]
fn our_references_give_the_values_of_the_files_to_us_and_to_xarray() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut compared = 0;
    let mut for_xarray = vec!["check".to_string()];
    let mut all_left_out = Vec::new();
    for (file, json) in files(&python, dir.path()) {
        let left_out = save_references(&file, &json).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let names: Vec<String> = left_out.iter().map(|s| s.name.to_string()).collect();
        compared += compare(&file, &json, &names);
        for skipped in left_out {
            println!("{}: {} is left out: {}", file.display(), skipped.name, skipped.reason);
            all_left_out.push(skipped.name.to_string());
        }
        for_xarray.extend([file.display().to_string(), json.display().to_string()]);
    }
    let args: Vec<&str> = for_xarray.iter().map(String::as_str).collect();
    let by_xarray = run_script(&python, "references_oracle.py", &args).lines().count();
    println!("{compared} variables compared by us, {by_xarray} by xarray");
    assert!(compared >= 60 && by_xarray == compared, "{compared} {by_xarray}");
    assert_eq!(all_left_out[..4], ["checked", "unsaid", "c", "d"].map(String::from));
}

#[test]
fn kerchunks_references_give_the_values_of_the_files() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut pairs = files(&python, dir.path());
    // The others are classic.
    pairs.retain(|(file, _)| std::fs::read(file).unwrap()[..4] == *b"\x89HDF");
    // Without what kerchunk leaves out (checksums) or takes for another text.
    let mut args = vec!["kerchunk".to_string()];
    args.extend(
        pairs.iter().flat_map(|(file, json)| [file.display().to_string(), json.display().to_string()]),
    );
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    run_script(&python, "references_oracle.py", &args);
    let mut compared = 0;
    for (file, json) in &pairs {
        let (ours, theirs) =
            (open_raw(json.as_path(), None).unwrap(), open_raw(file.as_path(), None).unwrap());
        for (name, a) in &ours.variables {
            // kerchunk takes what was never written for 0, and loses a text without dimensions.
            let Some(b) = theirs.variables.get(name).filter(|_| !["unsaid", "one"].contains(&&**name)) else {
                continue;
            };
            let place = format!("{} {name}", file.display());
            if a.shape() != b.shape() || a.dtype() != b.dtype() {
                println!("{place}: {} {:?}, in the file {} {:?}", a.dtype(), a.shape(), b.dtype(), b.shape());
                continue;
            }
            let (x, y) = (a.load().unwrap_or_else(|e| panic!("{place}: {e}")), b.load().unwrap());
            assert!(x == y || x.same_bits(&y), "{place} {x:?} {y:?}");
            compared += 1;
        }
        for skipped in &ours.skipped {
            println!("{}: {} is left out: {}", file.display(), skipped.name, skipped.reason);
        }
    }
    println!("{compared} variables");
    assert!(compared >= 30, "{compared}");
}

#[test]
fn references_are_relative_to_their_folder_and_travel_with_a_plan() {
    let dir = tempfile::tempdir().unwrap();
    let (file, json) = (dir.path().join("a.nc"), dir.path().join("a.json"));
    let ds = rows(500, 50);
    ds.to_netcdf(&file).unwrap();
    assert!(save_references(&file, &json).unwrap().is_empty());
    let text = std::fs::read_to_string(&json).unwrap();
    assert!(text.contains(&file.display().to_string()));
    std::fs::write(&json, text.replace(&file.display().to_string(), "a.nc")).unwrap();
    let opened = open_dataset(&json).unwrap();
    assert!(opened.equals(&ds).unwrap());
    assert!(open_dataset_with(&json, &OpenOptions::new().engine("references")).unwrap().equals(&ds).unwrap());
    let sum = opened.get("a").unwrap().sum(..).unwrap();
    let plan = graticule::plan::Plan::new(&[graticule::plan::Target::Memory(sum.variable().data().clone())])
        .unwrap();
    let sent = graticule::plan::Plan::from_bytes(&plan.to_bytes().unwrap()).unwrap();
    let sum = Local::new().run(&sent).unwrap().blocks[0].to_vec::<f64>().unwrap();
    assert_eq!(sum, [(4999 * 5000 / 2) as f64]);
    // The same from memory: the references beside the file.
    for (name, path) in [("a.nc", &file), ("a.json", &json)] {
        let store = MemoryStore::new(format!("references/{name}"));
        store.write("", &std::fs::read(path).unwrap()).unwrap();
        std::mem::forget(store);
    }
    let memory = open_dataset("memory://references/a.json").unwrap();
    assert!(memory.equals(&ds).unwrap());
    // A file that is gone, or shorter than the references say.
    let store = ReferenceStore::open(&json).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let e = open_dataset(Location::from(&json))
        .unwrap()
        .get("a")
        .unwrap()
        .load()
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(e.contains("a.nc") && e.contains("a.json"), "{e}");
    std::fs::remove_file(&file).unwrap();
    let e = open_dataset(&json).unwrap().get("a").unwrap().load().map(drop).unwrap_err().to_string();
    assert!(e.contains("there is no file") && e.contains("a.nc"), "{e}");
    assert!(store.size("a/0.0").unwrap().is_some());
    std::fs::write(&json, "{\"refs\": {\"a/0\": 5}}").unwrap();
    let e = open_dataset(&json).unwrap_err().to_string();
    assert!(e.contains("`a/0`") && e.contains("a.json"), "{e}");
    std::fs::write(&json, "{\"type\": \"FeatureCollection\"}").unwrap();
    assert!(open_dataset(&json).unwrap_err().to_string().contains("a text that begins"));
}
