//! The benchmark of record: workloads of climate and satellite work, each a short function.
//!
//! ```text
//! cargo run --release --example workloads -- W1 --data DIR --out PATH [--threads 2] [--memory 1GiB] [--scratch DIR] [--repeat 3]
//! cargo run --release --features dask --example workloads -- W1 --data DIR --out PATH --dask scheduler.json --library PATH
//! ```
//!
//! Data behind a web server is read with `--features remote` and its address as `DIR`, as far as Zarr stores go.
//!
//! Prints one line of JSON: how long each repeat took, processor time, peak memory, bytes read and written, and
//! sums that tell whether peers got the same numbers. The result is left in `PATH.nc`, or `PATH.zarr` where writing
//! it is the work. `docs/performance.md` tells how the data is made and how peers are timed beside.

mod measure;
mod memory;
mod stored;

use std::path::{Path, PathBuf};
use std::time::Instant;

use graticule::io::store::{ByteRange, Location};
use graticule::io::zarr::{WriteMode, WriteOptions};
use graticule::plan::parse_bytes;
use graticule::prelude::*;
use serde_json::{Map, Value, json};

/// Larger results are not kept.
const KEPT: usize = 250_000_000;

/// What a workload gets: where its data is, and what it may take.
pub struct Job {
    data: PathBuf,
    out: PathBuf,
    executor: Box<dyn Executor>,
    /// The sizes with which the data was made.
    sizes: Value,
    /// Bytes read and written by the repeat under way.
    traffic: (u64, u64),
    /// Timings of parts.
    parts: Map<String, Value>,
}

/// What a workload gives.
pub enum Outcome {
    /// Arrays in memory.
    Arrays(Dataset),
    /// A store or file that was written.
    Written(PathBuf),
}

/// A workload, ready to be run as often as asked.
pub type Run = Box<dyn FnMut(&mut Job) -> Result<Outcome>>;

impl Job {
    fn store_path(&self, name: &str) -> PathBuf {
        self.data.join(format!("{name}.zarr"))
    }

    /// A store of the data, opened as it is chunked.
    fn store(&self, name: &str) -> Result<Dataset> {
        open_dataset(self.store_path(name))
    }

    /// A variable of a store, opened as it is chunked.
    fn stored(&self, name: &str, variable: &str) -> Result<DataArray> {
        self.store(name)?.get(variable)
    }

    /// The NetCDF files of a folder whose names begin so, in order.
    fn files(&self, folder: &str, start: &str) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(self.data.join(folder))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(start) && name.ends_with(".nc") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    fn small_files(&self) -> Result<Vec<PathBuf>> {
        self.files("nc/small", "f_")
    }

    /// Where a result is written.
    fn out(&self, extension: &str) -> PathBuf {
        let mut path = self.out.clone().into_os_string();
        path.push(extension);
        path.into()
    }

    /// A size with which the data was made.
    fn size(&self, name: &str) -> usize {
        self.sizes[name].as_u64().unwrap_or(1) as usize
    }

    /// At full size as many, else a hundredth: for work that does not depend on the data.
    fn scaled(&self, count: usize) -> usize {
        if self.sizes["scale"].as_f64() == Some(1.0) { count } else { count / 100 }
    }

    fn count(&mut self, report: &Report) {
        self.traffic.0 += report.bytes_read;
        self.traffic.1 += report.bytes_written;
    }

    /// Computes all variables in one run.
    fn compute(&mut self, ds: &Dataset) -> Result<Outcome> {
        let (ds, report) = ds.compute_on(&*self.executor)?;
        self.count(&report);
        Ok(Outcome::Arrays(ds))
    }

    /// Computes an array, and notes how many seconds that took.
    fn part(&mut self, name: impl Into<String>, a: &DataArray) -> Result<DataArray> {
        let start = Instant::now();
        let (result, report) = a.compute_on(&*self.executor)?;
        self.parts.insert(name.into(), json!(start.elapsed().as_secs_f64()));
        self.count(&report);
        Ok(result)
    }

    /// Writes to a new store in one run.
    fn write(&mut self, ds: &Dataset) -> Result<Outcome> {
        let path = self.out(".zarr");
        let options = WriteOptions { mode: WriteMode::Replace, ..WriteOptions::default() };
        let (_, report) = Batch::new().write_zarr_with(&path, ds, &options)?.run_on(&*self.executor)?;
        self.count(&report);
        Ok(Outcome::Written(path))
    }
}

/// A dataset of named arrays.
pub fn dataset<const N: usize>(arrays: [(&str, DataArray); N]) -> Result<Dataset> {
    Dataset::new().assign(arrays)
}

fn main() {
    if let Err(e) = run() {
        eprintln!("error: {e}");
        std::process::exit(1);
    }
}

fn run() -> Result<()> {
    let args = Args::parse(std::env::args().skip(1))?;
    let place = args.data.join("params.json");
    let broken = |e: &dyn std::fmt::Display| {
        Error::invalid(format!("{}: {e}", place.display())).help("benches/workloads/data.py makes the data")
    };
    let text =
        Location::from(&args.data).store()?.read("params.json", ByteRange::Whole { limit: 1 << 20 })?;
    let text = text.ok_or_else(|| broken(&"is not there"))?;
    let sizes = serde_json::from_slice(&text).map_err(|e| broken(&e))?;
    let mut job = Job {
        data: args.data,
        out: args.out,
        executor: args.executor,
        sizes,
        traffic: (0, 0),
        parts: Map::new(),
    };
    let known = || stored::NAMES.iter().chain(memory::NAMES).map(|n| n.to_string());
    let made = stored::workload(&args.name, &job).or_else(|| memory::workload(&args.name, &job));
    let unknown = || Error::invalid(format!("there is no workload `{}`", args.name)).known(known());
    let mut work = made.ok_or_else(unknown)??;

    measure::forget_peak();
    let base = measure::resident();
    let (mut walls, mut cpus, mut parts, mut outcome) = (vec![], vec![], vec![], None);
    for _ in 0..args.repeat {
        drop(outcome.take());
        job.traffic = (0, 0);
        let (cpu, start) = (measure::cpu_seconds(), Instant::now());
        outcome = Some(work(&mut job)?);
        walls.push(start.elapsed().as_secs_f64());
        cpus.push(measure::cpu_seconds() - cpu);
        parts.push(std::mem::take(&mut job.parts));
    }
    // The first repeat has cold caches.
    let warm = usize::from(args.repeat > 1);
    let mut line = json!({
        "name": args.name,
        "engine": "graticule",
        "wall_s": measure::median(&walls[warm..]),
        "wall_all": walls,
        "first_s": walls[0],
        "cpu_s": measure::median(&cpus[warm..]),
        "peak_rss_mb": measure::peak_resident() as f64 / 1e6,
        "base_rss_mb": base as f64 / 1e6,
        "bytes_read": job.traffic.0,
        "bytes_written": job.traffic.1,
    });
    if parts.iter().any(|p| !p.is_empty()) {
        line["sub"] = measure::medians(&parts[warm..]);
    }
    let result = match outcome {
        Some(Outcome::Arrays(ds)) => {
            save(&job.out(".nc"), &ds)?;
            ds
        }
        Some(Outcome::Written(path)) => open_dataset(path)?,
        None => Dataset::new(),
    };
    line["checksum"] = measure::checksums(&result)?;
    line["process_s"] = measure::cpu_seconds().into();
    println!("{line}");
    Ok(())
}

/// Keeps a result for comparison, unless it is large.
fn save(path: &Path, ds: &Dataset) -> Result<()> {
    let bytes: usize = ds.data_vars().values().map(|v| v.size() * v.dtype().size()).sum();
    if bytes < KEPT {
        ds.drop_encoding().to_netcdf(path)?;
    }
    Ok(())
}

const OPTIONS: [&str; 8] =
    ["--data", "--out", "--memory", "--threads", "--scratch", "--repeat", "--dask", "--library"];

struct Args {
    name: String,
    data: PathBuf,
    out: PathBuf,
    executor: Box<dyn Executor>,
    repeat: usize,
}

impl Args {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Args> {
        let (mut name, mut data, mut out) = (None, None, None);
        let (mut local, mut repeat) = (Local::new(), 3);
        let (mut dask, mut library) = (None, None);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| Error::invalid(format!("`{arg}` needs a value")));
            match arg.as_str() {
                "--data" => data = Some(PathBuf::from(value()?)),
                "--out" => out = Some(PathBuf::from(value()?)),
                "--memory" => local = local.memory(parse_bytes(&value()?)?),
                "--threads" => local = local.threads(count(&value()?)?),
                "--scratch" => local = local.scratch(value()?),
                "--dask" => dask = Some(PathBuf::from(value()?)),
                "--library" => library = Some(PathBuf::from(value()?)),
                "--repeat" => repeat = count(&value()?)?,
                _ if arg.starts_with("--") => {
                    return Err(Error::invalid(format!("no option `{arg}`")).known(OPTIONS.map(String::from)));
                }
                _ => name = Some(arg),
            }
        }
        let usage = || {
            Error::invalid("what shall be run on which data?")
                .help("workloads NAME --data DIR --out PATH [--threads N] [--memory 1GiB] [--scratch DIR] [--repeat 3]")
        };
        let out: PathBuf = out.ok_or_else(usage)?;
        if let Some(folder) = out.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let executor = match dask {
            None => Box::new(local),
            Some(scheduler) => cluster(scheduler, library)?,
        };
        Ok(Args { name: name.ok_or_else(usage)?, data: data.ok_or_else(usage)?, out, executor, repeat })
    }
}

fn count(text: &str) -> Result<usize> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(Error::invalid(format!("`{text}` is not a number of at least 1"))),
    }
}

/// The cluster of the scheduler that wrote this file.
#[cfg(feature = "dask")]
fn cluster(scheduler: PathBuf, library: Option<PathBuf>) -> Result<Box<dyn Executor>> {
    use graticule::cluster::{Dask, DaskOptions};
    let options = DaskOptions { library, ..DaskOptions::default() };
    Ok(Box::new(Dask::connect_with(&*scheduler, &options)?))
}

#[cfg(not(feature = "dask"))]
fn cluster(_: PathBuf, _: Option<PathBuf>) -> Result<Box<dyn Executor>> {
    Err(Error::unsupported("this build has no Dask executor").help("build with `--features dask`"))
}
