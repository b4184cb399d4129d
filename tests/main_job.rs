//! The main job as users run it: the example program on real and on large data.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use graticule::array::{Block, ChunkGrid, Region};
use graticule::dtype::DType;
use graticule::lazy::LazyArray;
use graticule::prelude::*;
use graticule::source::{Source, Traffic};
use serde::{Deserialize, Serialize};
use support::python::{find, python, run_script, sample_data};
use support::results::{assert_close, scratch, text};

/// An example program, which cargo builds beside the tests.
fn program(name: &str) -> Command {
    let tests = std::env::current_exe().expect("a test knows itself");
    let release = tests.parent().and_then(Path::parent).expect("tests lie in deps");
    Command::new(release.join("examples").join(name))
}

fn example() -> Command {
    program("climatology")
}

#[test]
fn climatology_and_anomalies_of_a_real_file_equal_xarrays() {
    let (Some(python), Some(data)) = (python(), sample_data()) else { return };
    let file = find(&data, "E1_north_america.nc").expect("the sample data have this file");
    let folder = scratch("e1");
    let oracle = folder.join("oracle");
    run_script(
        &python,
        "climatology_oracle.py",
        &[text(&file), "air_temperature", text(&oracle), "--float64"],
    );

    // In double precision, through the library.
    let field = open_dataset(&file).unwrap().get("air_temperature").unwrap().astype(DType::F64).unwrap();
    let climatology = field.groupby("time.month").unwrap().mean("time").unwrap();
    let anomalies = field.groupby("time.month").unwrap().sub(&climatology).unwrap();
    assert_close("climatology in f64", &climatology, &oracle, "climatology", 1e-6, 0.0);
    assert_close("anomalies in f64", &anomalies, &oracle, "anomalies", 1e-6, 1e-10);

    // As stored, in single precision, through the program. A difference of two numbers near 300 K
    // has their rounding: 1e-6 of the field.
    let out = folder.join("out");
    let run = example().args([text(&file), "--out", text(&out), "--threads", "2"]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let climatology = open_dataset(out.join("climatology.zarr")).unwrap().get("air_temperature").unwrap();
    assert_close("climatology", &climatology, &oracle, "climatology", 1e-6, 0.0);
    let anomalies = open_dataset(out.join("anomalies.zarr")).unwrap().get("air_temperature").unwrap();
    assert_close("anomalies", &anomalies, &oracle, "anomalies", 0.0, 1e-6 * 300.0);
    std::fs::remove_dir_all(folder).ok();
}

/// Noise in steps of 1/16 on an annual cycle: any number of bytes, quick to make and to compress.
#[derive(Debug, Serialize, Deserialize)]
struct Noise {
    days: usize,
    lats: usize,
    lons: usize,
}

#[typetag::serde]
impl Source for Noise {
    fn dtype(&self) -> DType {
        DType::F32
    }

    fn grid(&self) -> ChunkGrid {
        let shape = [self.days, self.lats, self.lons];
        ChunkGrid::regular(&shape, &[50, self.lats.div_ceil(2), self.lons.div_ceil(2)])
    }

    fn read(&self, region: &Region, _io: &Traffic) -> Result<Block> {
        let mut values = Vec::with_capacity(region.size());
        for day in region.axis(0) {
            let season = 10.0 * (day as f32 / 58.0).sin();
            for lat in region.axis(1) {
                for lon in region.axis(2) {
                    let n =
                        ((day * 7_919 + lat * 104_729 + lon * 1_299_709) as u32).wrapping_mul(2_654_435_761);
                    values.push(280.0 + (season * 16.0).round() / 16.0 + (n >> 27) as f32 / 16.0);
                }
            }
        }
        Block::from_vec(&region.shape(), values)
    }

    fn describe(&self) -> String {
        "noise".to_string()
    }
}

fn noise(days: usize, lats: usize, lons: usize) -> Result<Dataset> {
    let ticks: Vec<i64> = (0..days as i64).map(|d| d * 86_400_000_000_000).collect();
    let span = |n: usize, from: f64, to: f64| -> Vec<f64> {
        (0..n).map(|i| from + (to - from) * i as f64 / (n - 1) as f64).collect()
    };
    let mut coords = Coords::new();
    coords.insert(
        "time",
        Variable::new(["time"], Block::from_vec(&[days], ticks)?.retype(DType::DATETIME_NS))?,
    )?;
    coords.insert("lat", Variable::from_vec(&[("lat", lats)], span(lats, 90.0, -90.0))?)?;
    coords.insert("lon", Variable::from_vec(&[("lon", lons)], span(lons, 0.0, 359.0))?)?;
    let data = LazyArray::from_source(Arc::new(Noise { days, lats, lons }));
    Ok(DataArray::new(Variable::new(["time", "lat", "lon"], data)?, coords)?.to_dataset("t"))
}

fn peak_mib(output: &str) -> f64 {
    let line = output.lines().find(|l| l.starts_with("peak resident memory")).expect("the example says it");
    line.split_whitespace().nth(3).and_then(|n| n.parse().ok()).expect("a number")
}

/// Every file below two folders has the same bytes.
fn assert_same_files(a: &Path, b: &Path) {
    let mut names: Vec<_> = std::fs::read_dir(a).unwrap().map(|e| e.unwrap().file_name()).collect();
    let mut others: Vec<_> = std::fs::read_dir(b).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    others.sort();
    assert_eq!(names, others, "{} and {}", a.display(), b.display());
    for name in names {
        let (a, b) = (a.join(&name), b.join(&name));
        if a.is_dir() {
            assert_same_files(&a, &b);
        } else {
            assert!(std::fs::read(&a).unwrap() == std::fs::read(&b).unwrap(), "{} differs", a.display());
        }
    }
}

#[test]
fn three_gigabytes_go_through_a_quarter_of_one() {
    const BUDGET_MIB: f64 = 256.0;
    let folder = scratch("large");
    let store = folder.join("noise.zarr");
    // 3650 × 361 × 576 × 4 bytes = 3.04 GB.
    Batch::new().write_zarr(&store, &noise(3_650, 361, 576).unwrap()).unwrap().run().unwrap();
    let mut outs = Vec::new();
    for threads in ["1", "2"] {
        let out = folder.join(format!("out-{threads}"));
        let run = example()
            .args([text(&store), "--out", text(&out), "--memory", "256MiB", "--threads", threads])
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{output}\n{}", String::from_utf8_lossy(&run.stderr));
        let peak = peak_mib(&output);
        println!("{threads} thread(s): peak {peak} MiB");
        assert!(peak <= BUDGET_MIB + 100.0, "{threads} thread(s) took {peak} MiB");
        outs.push(out);
    }
    assert_same_files(&outs[0], &outs[1]);
    if let Some(python) = python() {
        let oracle = folder.join("oracle");
        let args = [text(&store), "t", text(&oracle), "--chunks", "50", "--only", "climatology"];
        run_script(&python, "climatology_oracle.py", &args);
        let got = open_dataset(outs[0].join("climatology.zarr")).unwrap().get("t").unwrap();
        assert_close("climatology", &got, &oracle, "climatology", 1e-6, 0.0);
    }
    std::fs::remove_dir_all(folder).ok();
}

#[test]
fn an_array_that_exists_nowhere_goes_through_a_quarter_of_a_gigabyte() {
    // 100 takes some minutes; the program itself fails if it takes too much memory.
    let gigabytes = if cfg!(debug_assertions) { "0.2" } else { "8" };
    let run = program("virtual_array").args([gigabytes, "--memory-mb", "256"]).output().unwrap();
    println!("{}", String::from_utf8_lossy(&run.stdout));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn a_killed_write_leaves_nothing_under_the_final_name() {
    let folder = scratch("killed");
    let store = folder.join("noise.zarr");
    Batch::new().write_zarr(&store, &noise(1_000, 181, 288).unwrap()).unwrap().run().unwrap();
    let out = folder.join("out");
    let args = [text(&store), "--out", text(&out), "--threads", "1"];
    let written = |folder: &Path| -> usize {
        fn files(folder: &Path) -> usize {
            let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
            entries.flatten().map(|e| if e.path().is_dir() { files(&e.path()) } else { 1 }).sum()
        }
        files(folder)
    };
    let amid = || {
        let child = example().args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        // Metadata and coordinates are a dozen files; after these come chunks.
        while written(&out) < 20 && begun.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        child
    };
    let mut child = amid();
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "Ctrl-C ends the program with an error");
    assert_eq!(written(&out), 0, "and leaves nothing");
    let mut child = amid();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(written(&out) >= 20, "the run was to be killed while it wrote");
    assert!(!out.join("anomalies.zarr").exists());
    assert!(!out.join("climatology.zarr").exists());

    let run = example().args(args).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let anomalies = open_dataset(out.join("anomalies.zarr")).unwrap();
    assert_eq!(anomalies.get("t").unwrap().shape(), [1_000, 181, 288]);
    let mut names: Vec<String> = std::fs::read_dir(&out)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().to_string())
        .collect();
    names.sort();
    assert_eq!(names, ["anomalies.zarr", "climatology.zarr"], "leftovers are cleared");
    std::fs::remove_dir_all(folder).ok();
}
