//! NetCDF files that are added to: compared with those that xarray adds to, and what is refused.

mod support;

use std::path::Path;

use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions, NetcdfWrite};
use graticule::io::zarr::WriteMode;
use graticule::io::{Batch, RawDataset};
use graticule::prelude::*;
use support::python::{python, run_script};

fn append() -> NetcdfOptions {
    NetcdfOptions::new().mode(WriteMode::Append)
}

fn add(ds: &Dataset, path: &Path) -> Result<Report> {
    ds.to_netcdf_with(path, &append(), &Local::new())
}

fn values(name: &str, dim: &str, values: &[f64]) -> Dataset {
    DataArray::from_vec(&[(dim, values.len())], values.to_vec()).unwrap().to_dataset(name)
}

fn read(path: &Path, name: &str) -> Vec<f64> {
    open_dataset(path).unwrap().get(name).unwrap().to_vec::<f64>().unwrap()
}

/// Names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().to_string_lossy().to_string()).collect();
    names.sort();
    names
}

#[test]
fn files_are_those_that_xarray_adds_to() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    let cases: Vec<(String, String)> =
        serde_json::from_str(&run_script(&python, "netcdf_append.py", &["make", folder])).unwrap();
    for (name, group) in &cases {
        let added = open_dataset(dir.path().join(format!("{name}-add.nc"))).unwrap();
        let mut options = append();
        options.group = Some(group.clone()).filter(|group| !group.is_empty());
        let path = dir.path().join(format!("{name}-ours.nc"));
        added.to_netcdf_with(path, &options, &Local::new()).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    let compared = run_script(&python, "netcdf_append.py", &["compare", folder]);
    assert_eq!(compared.trim().parse::<usize>().unwrap(), cases.len());
}

#[test]
fn a_variable_that_is_there_keeps_how_it_is_packed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("packed.nc");
    let mut t = values("t", "x", &[1.0, 2.5]).get("t").unwrap().variable().clone();
    t.encoding = Attrs::new().with("dtype", "int16").with("scale_factor", 0.5).with("_FillValue", -1i16);
    DataArray::new(t, Coords::new()).unwrap().to_dataset("t").to_netcdf(&path).unwrap();
    // xarray stores the numbers as they are, in the units of the packed ones.
    add(&values("t", "x", &[7.5, f64::NAN]), &path).unwrap();
    let raw = graticule::io::open_raw(&path, None).unwrap();
    assert_eq!(raw.variables["t"].load().unwrap().to_vec::<i16>().unwrap(), [15, -1]);
    assert_eq!(read(&path, "t")[0], 7.5);
    // What does not fit is no other number.
    let e = add(&values("t", "x", &[40_000.0, 0.0]), &path).unwrap_err().to_string();
    assert!(e.contains("80000") && e.contains("int16"), "{e}");
    assert_eq!(read(&path, "t")[0], 7.5);
}

#[test]
fn texts_of_characters_are_overwritten_by_shorter_ones() {
    let dir = tempfile::tempdir().unwrap();
    let texts = |all: [&str; 2]| {
        let all: Vec<_> = all.into_iter().map(graticule::dtype::Text::from).collect();
        DataArray::from_vec(&[("x", 2)], all).unwrap().to_dataset("s")
    };
    for format in [NetcdfFormat::Cdf2, NetcdfFormat::Netcdf4] {
        let path = dir.path().join("texts.nc");
        let mut long = texts(["long", "texts"]).get("s").unwrap().variable().clone();
        long.encoding = Attrs::new().with("dtype", "S1");
        let long = DataArray::new(long, Coords::new()).unwrap().to_dataset("s");
        long.to_netcdf_with(&path, &NetcdfOptions::new().format(format), &Local::new()).unwrap();
        add(&texts(["a", "\u{fc}"]), &path).unwrap();
        assert!(open_dataset(&path).unwrap().equals(&texts(["a", "\u{fc}"])).unwrap());
        let e = add(&texts(["longer than", "it"]), &path).unwrap_err().to_string();
        assert!(e.contains("`s`") && e.contains("`string5` has length 5 in the file, 11"), "{e}");
    }
}

#[test]
fn what_does_not_fit_is_named_and_leaves_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let count = DataArray::from_vec(&[("x", 3)], vec![1i32, 2, 3]).unwrap().to_dataset("count");
    let flag = DataArray::from_vec(&[("x", 3)], vec![true, false, true]).unwrap();
    let day = Block::from_vec(&[3], vec![0i64, 1, 2]).unwrap();
    let day = Variable::new(["x"], day.retype("datetime64[s]".parse().unwrap())).unwrap();
    let day = DataArray::new(day, Coords::new()).unwrap();
    let ds = values("t", "x", &[1.0, 2.0, 3.0]).assign([("flag", &flag), ("day", &day)]).unwrap();
    let ds = ds.assign([("count", &count.get("count").unwrap())]).unwrap();
    ds.to_netcdf(&path).unwrap();
    let before = std::fs::read(&path).unwrap();
    let wide = DataArray::from_vec(&[("x", 3)], vec![1i64, 1 << 40, 3]).unwrap().to_dataset("count");
    let text = vec![graticule::dtype::Text::from("a"); 3];
    let text = DataArray::from_vec(&[("x", 3)], text).unwrap().to_dataset("count");
    let refused: [(&Dataset, &[&str]); 8] = [
        (
            &values("new", "x", &[1.0, 2.0]),
            &["dimension `x` has length 3 in the file, 2 in the dataset", "`new`"],
        ),
        (&values("t", "x", &[1.0; 4]), &["dimension `x` has length 3 in the file, 4 in the dataset", "`t`"]),
        (&values("t", "y", &[1.0, 2.0, 3.0]), &["(y)", "(x)", "`t`"]),
        (&values("count", "x", &[1.5, 2.0, 3.0]), &["float64", "int32", "`count`"]),
        (&wide, &["1099511627776", "int32", "`count`"]),
        (&values("flag", "x", &[1.0, 2.0, 0.0]), &["float64", "bool", "`flag`"]),
        (&values("day", "x", &[1.0, 2.0, 0.0]), &["float64", "datetime64", "`day`"]),
        (&text, &["str", "int32", "`count`"]),
    ];
    for (ds, named) in refused {
        let e = add(ds, &path).unwrap_err().to_string();
        assert!(named.iter().all(|name| e.contains(name)), "{e}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
    let narrow = DataArray::from_vec(&[("x", 3)], vec![7i64, 8, 9]).unwrap().to_dataset("count");
    add(&narrow, &path).unwrap();
    assert_eq!(open_dataset(&path).unwrap().get("count").unwrap().to_vec::<i32>().unwrap(), [7, 8, 9]);
    let not = flag.eq(false).unwrap();
    add(&not.to_dataset("flag"), &path).unwrap();
    assert_eq!(
        open_dataset(&path).unwrap().get("flag").unwrap().to_vec::<bool>().unwrap(),
        [false, true, false]
    );
    let two = values("u", "x", &[1.0; 3]);
    let twice = Batch::new().write_netcdf_groups(&path, &[("g", &two), ("/g", &two)], &append());
    assert!(twice.is_err_and(|e| e.to_string().contains("`g`")));
    let e = NetcdfWrite::create(&path, &RawDataset::new(), &append()).unwrap_err().to_string();
    assert!(e.contains("encoded already"), "{e}");
    let classic = dir.path().join("classic.nc");
    let options = NetcdfOptions::new().format(NetcdfFormat::Cdf1);
    ds.to_netcdf_with(&classic, &options, &Local::new()).unwrap();
    let e = ds.to_netcdf_with(&classic, &append().group("g"), &Local::new()).unwrap_err().to_string();
    assert!(e.contains("groups"), "{e}");
    assert_eq!(names(dir.path()), ["a.nc", "classic.nc"]);
}

#[test]
fn a_variable_that_cannot_be_copied_is_not_lost_in_silence() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    run_script(&python, "netcdf_append.py", &["refuse", dir.path().to_str().unwrap()]);
    let path = dir.path().join("user.nc");
    let before = std::fs::read(&path).unwrap();
    let e = add(&values("new", "y", &[1.0]), &path).unwrap_err().to_string();
    assert!(e.contains("of_pairs"), "{e}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_added_may_be_computed_from_the_file() {
    let dir = tempfile::tempdir().unwrap();
    for format in [NetcdfFormat::Netcdf4, NetcdfFormat::Cdf5] {
        let path = dir.path().join("own.nc");
        let n = 4_500_000;
        let t: Vec<f64> = (0..n).map(|i| i as f64).collect();
        let ds = values("t", "x", &t).chunk("x", 100_000).unwrap();
        let options = NetcdfOptions::new().format(format);
        ds.to_netcdf_with(&path, &options, &Local::new()).unwrap();
        let opened = open_dataset(&path).unwrap().chunk("x", 130_000).unwrap();
        let twice = opened.get("t").unwrap().mul(2.0).unwrap();
        let both = twice.to_dataset("t").assign([("before", &opened.get("t").unwrap())]).unwrap();
        // Little memory, though all of the file is copied.
        both.to_netcdf_with(&path, &append(), &Local::new().memory(60 << 20)).unwrap();
        assert_eq!(read(&path, "t"), t.iter().map(|v| 2.0 * v).collect::<Vec<_>>());
        assert_eq!(read(&path, "before"), t);
        assert_eq!(names(dir.path()), ["own.nc"]);
    }
}

#[test]
fn a_file_that_is_not_there_is_made_and_one_that_others_change_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    add(&values("a", "x", &[1.0, 2.0]), &path).unwrap();
    assert_eq!(read(&path, "a"), [1.0, 2.0]);
    // A run that ends before its end.
    let lazy = values("b", "x", &[3.0, 4.0]).chunk("x", 1).unwrap();
    let begun = Batch::new().write_netcdf_with(&path, &lazy, &append()).unwrap();
    drop(begun);
    assert_eq!(open_dataset(&path).unwrap().data_vars().len(), 1);
    // Two that are under way at the same time: the second would undo the first.
    let first = Batch::new().write_netcdf_with(&path, &lazy, &append()).unwrap();
    let second = Batch::new().write_netcdf_with(&path, &values("c", "x", &[5.0, 6.0]), &append()).unwrap();
    first.run().unwrap();
    let e = second.run().unwrap_err().to_string();
    assert!(e.contains("has changed"), "{e}");
    assert_eq!(read(&path, "b"), [3.0, 4.0]);
    assert!(!open_dataset(&path).unwrap().data_vars().contains_key("c"));
    assert_eq!(names(dir.path()), ["a.nc"]);
}

#[test]
fn several_groups_are_added_to_in_one_run() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("groups.nc");
    let [one, two, three] = [1.0, 2.0, 3.0].map(|v| values("a", "x", &[v]));
    let options = NetcdfOptions::default();
    Batch::new().write_netcdf_groups(&path, &[("", &one), ("g/h", &one)], &options).unwrap().run().unwrap();
    Batch::new()
        .write_netcdf_groups(&path, &[("g/h", &two), ("g", &three)], &append())
        .unwrap()
        .run()
        .unwrap();
    let of = |group: &str| {
        let opened = open_dataset_with(&path, &OpenOptions::new().group(group)).unwrap();
        opened.get("a").unwrap().to_vec::<f64>().unwrap()
    };
    assert_eq!((of(""), of("g"), of("g/h")), (vec![1.0], vec![3.0], vec![2.0]));
}
