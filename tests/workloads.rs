//! The benchmark of record runs: each workload, on tiny data of the same kind.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use graticule::prelude::*;
use serde_json::Value;
use support::python::python;
use support::results::{scratch, text};

/// The example program, which cargo builds beside the tests.
fn example() -> PathBuf {
    let tests = std::env::current_exe().expect("a test knows itself");
    tests.parent().and_then(Path::parent).expect("tests lie in deps").join("examples/workloads")
}

/// The line that a workload prints.
fn run(name: &str, data: &Path, out: &Path) -> Value {
    let args =
        ["--data", text(data), "--out", text(out), "--repeat", "1", "--threads", "2", "--memory", "256MiB"];
    let run = Command::new(example()).arg(name).args(args).output().expect("the example is built");
    assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).expect("a line of JSON")
}

#[test]
fn each_workload_runs_on_tiny_data() {
    let Some(python) = python() else { return };
    let folder = scratch("workloads");
    let data = folder.join("data");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/workloads/data.py");
    let made = Command::new(python).arg(script).args(["--scale", "0.0005", "--out", text(&data)]).output();
    let made = made.expect("python starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let names = "W1 W2 W3 W4 W5 W6 W7 W8 W9a W9b W10t W10s W11 W12-100k W12-1M W12-anom W13 W14 W15 W16 W17 W17m W18 W19";
    for name in names.split(' ') {
        let line = run(name, &data, &folder.join(name));
        assert_eq!(line["name"], name);
        assert!(line["wall_s"].as_f64().is_some_and(|s| s > 0.0), "{line}");
        let sums = line["checksum"].as_object().expect("sums of each variable");
        assert!(!sums.is_empty(), "{line}");
        for (variable, of) in sums {
            assert!(of["sum"].is_f64() && of["sq"].is_f64(), "{name}: {variable}: {of}");
        }
    }
    // Results are left to be compared: in a file, in a store.
    let series = open_dataset(folder.join("W3.nc")).unwrap().get("u").unwrap();
    assert_eq!(series.dims(), ["time", "level", "lat"].map(Name::from));
    let anomalies = open_dataset(folder.join("W2.zarr")).unwrap().get("anom").unwrap();
    let left: f64 = anomalies.astype(DType::F64).unwrap().mean(..).unwrap().to_vec::<f64>().unwrap()[0];
    assert!(left.abs() < 1e-4, "anomalies have no mean: {left}");
    std::fs::remove_dir_all(folder).ok();
}
