//! Every real NetCDF file opens, prints, and has the means that xarray finds.

mod support;

use std::path::Path;

use graticule::dtype::DType;
use graticule::io::{OpenOptions, open_dataset_with};
use graticule::prelude::*;
use support::netcdf::netcdf_files;
use support::python::{python, run_script, sample_data};

/// The mean over present values in double precision, the largest of them, and how many are missing.
fn mean_of(a: &DataArray) -> Result<(f64, f64, usize)> {
    let values = a.astype(DType::F64)?.to_vec::<f64>()?;
    let present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    let mean = present.iter().sum::<f64>() / present.len() as f64;
    let largest = present.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    Ok((mean, largest, values.len() - present.len()))
}

#[test]
fn every_variable_has_the_mean_that_xarray_finds() {
    let (Some(python), Some(folder)) = (python(), sample_data()) else { return };
    let mut files = netcdf_files(&folder);
    // Real files beside the project, where there are some.
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if beside.is_dir() {
        files.extend(netcdf_files(&beside));
    }
    assert!(files.len() >= 10, "{} files in {}", files.len(), folder.display());
    let names: Vec<&str> = files.iter().filter_map(|f| f.to_str()).collect();
    let told = run_script(&python, "means_oracle.py", &names);
    let mut compared = 0;
    for line in told.lines() {
        let e: serde_json::Value = serde_json::from_str(line).expect("a JSON line each");
        let file = e["file"].as_str().expect("each line names its file");
        let group = e["group"].as_str().map(|g| g.trim_matches('/').to_string()).filter(|g| !g.is_empty());
        let place = format!("{file} {} {}", e["group"], e["name"]);
        assert!(e.get("error").is_none(), "{place}: xarray cannot open it: {}", e["error"]);
        let options = OpenOptions { group, ..OpenOptions::default() };
        let ds = open_dataset_with(file, &options).unwrap_or_else(|err| panic!("{place}: {err}"));
        assert!(!ds.to_string().is_empty());
        let a = ds.get(e["name"].as_str().expect("a name")).unwrap_or_else(|err| panic!("{place}: {err}"));
        let shape: Vec<u64> = a.shape().iter().map(|&n| n as u64).collect();
        assert_eq!(serde_json::json!(shape), e["shape"], "{place}");
        let numeric = a.dtype().is_number() || a.dtype().is_bool();
        if e["mean"].is_null() || !numeric {
            continue;
        }
        let (mean, largest, missing) = mean_of(&a).unwrap_or_else(|err| panic!("{place}: {err}"));
        let expected = e["mean"].as_f64().unwrap_or(f64::NAN);
        let same =
            (mean.is_nan() && expected.is_nan()) || (mean - expected).abs() <= 1e-9 * largest.max(1e-6);
        assert!(same, "{place}: mean {mean}, xarray has {expected}");
        assert_eq!(missing as u64, e["nans"].as_u64().unwrap_or(0), "{place}: missing values");
        compared += 1;
    }
    println!("{compared} variables of {} files compared", files.len());
    assert!(compared >= 50);
}
