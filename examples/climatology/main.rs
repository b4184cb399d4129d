//! The main job: monthly climatology, anomalies and an area-weighted mean series of a dataset.
//!
//! ```text
//! cargo run --release --example climatology                       # makes its own data first
//! cargo run --release --example climatology -- era5.zarr --var t2m \
//!     --time 1991..2020 --lat 30..70 --lon 0..40 --memory 256MiB --threads 4 --out results
//! ```

mod era5_like;

use std::path::{Path, PathBuf};
use std::time::Duration;

use graticule::io::zarr::{WriteMode, WriteOptions};
use graticule::plan::parse_bytes;
use graticule::prelude::*;
use indicatif::{ProgressBar, ProgressStyle};

struct Args {
    path: Option<PathBuf>,
    out: Option<PathBuf>,
    overwrite: bool,
    var: Option<String>,
    time: Option<(String, String)>,
    lat: Option<(f64, f64)>,
    lon: Option<(f64, f64)>,
    local: Local,
}

fn main() {
    if let Err(e) = run() {
        eprintln!("error: {e}");
        std::process::exit(1);
    }
}

fn run() -> Result<()> {
    let mut args = parse(std::env::args().skip(1).collect())?;
    let path = match &args.path {
        Some(path) => path.clone(),
        None => {
            // Part of the data, unless told otherwise: seven years, without the poles.
            args.time.get_or_insert(("2011".to_string(), "2017".to_string()));
            args.lat.get_or_insert((-60.0, 60.0));
            era5_like::store(Path::new("target/era5-like.zarr"), &args.local)?
        }
    };

    let ds = open_dataset(&path)?;
    println!("{ds}\n");
    let field = main_variable(&ds, args.var.as_deref())?;
    let (time, lat, lon) = (
        dim_of(&field, "time", &["time", "t", "valid_time"])?,
        dim_of(&field, "latitude", &["lat", "latitude", "y"])?,
        dim_of(&field, "longitude", &["lon", "longitude", "x"])?,
    );

    // A period and a box, by label.
    let mut field = field;
    if let Some((from, to)) = &args.time {
        field = field.sel(&time, from.as_str()..=to.as_str())?;
    }
    if let Some((a, b)) = args.lat {
        field = between(&field, &lat, a, b)?;
    }
    if let Some((a, b)) = args.lon {
        field = between(&field, &lon, a, b)?;
    }

    // Nothing is read yet: these are expressions.
    let climatology = field.groupby(format!("{time}.month"))?.mean(time.as_str())?;
    let anomalies = field.groupby(format!("{time}.month"))?.sub(&climatology)?;
    let weights = field.coord(&lat)?.to_radians()?.cos()?;
    let series = anomalies.weighted(&weights)?.mean([lat.as_str(), lon.as_str()])?;

    let name = field.name().map_or("field".to_string(), |n| n.to_string());
    // Results of an earlier run are replaced in the usual folder; in another only if asked to.
    let mode = match args.overwrite || args.out.is_none() {
        true => WriteMode::Replace,
        false => WriteMode::Create,
    };
    let options = WriteOptions { mode, ..WriteOptions::default() };
    let out = args.out.unwrap_or_else(|| PathBuf::from("target/climatology"));
    std::fs::create_dir_all(&out)?;
    let batch = Batch::new()
        .write_zarr_with(out.join("climatology.zarr"), &climatology.to_dataset(name.as_str()), &options)?
        .write_zarr_with(out.join("anomalies.zarr"), &anomalies.to_dataset(name.as_str()), &options)?
        .load(&series);
    println!("{}\n", batch.explain()?);

    let bar = progress_bar();
    let shown = bar.clone();
    // Ctrl-C ends the run as an error does: what was written is removed.
    let cancel = Cancel::new();
    let switch = cancel.clone();
    ctrlc::set_handler(move || switch.cancel())
        .map_err(|e| Error::internal("no handler for Ctrl-C").caused_by(e))?;
    let local = args.local.cancel_with(cancel).on_progress(move |p| {
        shown.set_length(p.total as u64);
        shown.set_position(p.done as u64);
    });
    let outcome = batch.run_on(&local);
    bar.finish_and_clear();
    let (results, report) = outcome?;

    println!("climatology and anomalies are in {}", out.display());
    println!("area-weighted mean of the anomalies:\n{}\n", results[0]);
    println!("{report}");
    if let Some(peak) = peak_memory() {
        println!("peak resident memory {:.0} MiB", peak as f64 / (1 << 20) as f64);
    }
    Ok(())
}

/// The rows of a coordinate between two values, whichever way it runs.
fn between(field: &DataArray, dim: &str, a: f64, b: f64) -> Result<DataArray> {
    let labels = field.coord(dim)?.astype(DType::F64)?.to_vec::<f64>()?;
    let falling = labels.first() > labels.last();
    let (low, high) = (a.min(b), a.max(b));
    if falling { field.sel(dim, high..=low) } else { field.sel(dim, low..=high) }
}

/// The variable that was asked for, or the one with the most elements.
fn main_variable(ds: &Dataset, name: Option<&str>) -> Result<DataArray> {
    match name {
        Some(name) => ds.get(name),
        None => {
            let largest = ds
                .data_vars()
                .iter()
                .filter(|(_, v)| v.dtype().is_number() && v.ndim() >= 3)
                .max_by_key(|(_, v)| v.size())
                .map(|(n, _)| n.clone());
            let name = largest.ok_or_else(|| {
                Error::invalid("the dataset has no variable over time, latitude and longitude")
                    .known(ds.data_vars().keys().map(|k| k.to_string()))
            })?;
            ds.get(&name)
        }
    }
}

/// The dimension whose coordinate has this standard name, or one of the usual names.
fn dim_of(field: &DataArray, standard_name: &str, usual: &[&str]) -> Result<String> {
    let by_attr = field.coords().iter().find(|(name, c)| {
        c.attrs.get_str("standard_name") == Some(standard_name) && field.dims().contains(name)
    });
    let by_name = || field.dims().iter().find(|d| usual.contains(&&***d));
    by_attr.map(|(n, _)| n).or_else(by_name).map(|d| d.to_string()).ok_or_else(|| {
        Error::invalid(format!("no {standard_name} dimension"))
            .known(field.dims().iter().map(|d| d.to_string()))
    })
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} tasks {elapsed}");
    bar.set_style(style.expect("the template is well-formed"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// The most memory that this process had, as Linux counts it.
fn peak_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|k| k << 10)
}

fn parse(args: Vec<String>) -> Result<Args> {
    let mut parsed = Args {
        path: None,
        out: None,
        overwrite: false,
        var: None,
        time: None,
        lat: None,
        lon: None,
        local: Local::new(),
    };
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| Error::invalid(format!("`{arg}` needs a value")));
        match arg.as_str() {
            "--out" => parsed.out = Some(value()?.into()),
            "--overwrite" => parsed.overwrite = true,
            "--var" => parsed.var = Some(value()?),
            "--time" => parsed.time = Some(range(&value()?)?),
            "--lat" => parsed.lat = Some(numbers(&value()?)?),
            "--lon" => parsed.lon = Some(numbers(&value()?)?),
            "--memory" => parsed.local = parsed.local.clone().memory(parse_bytes(&value()?)?),
            "--threads" => {
                let n = value()?;
                let n = n.parse().map_err(|_| Error::invalid(format!("`{n}` is not a number of threads")))?;
                parsed.local = parsed.local.clone().threads(n);
            }
            "--help" | "-h" => {
                println!(
                    "climatology [PATH] [--var NAME] [--time FROM..TO] [--lat A..B] [--lon A..B] \
                     [--out FOLDER] [--overwrite] [--memory 256MiB] [--threads N]"
                );
                std::process::exit(0);
            }
            _ if arg.starts_with("--") => {
                return Err(Error::invalid(format!("no option `{arg}`")).help("see --help"));
            }
            _ => parsed.path = Some(arg.into()),
        }
    }
    Ok(parsed)
}

fn range(text: &str) -> Result<(String, String)> {
    text.split_once("..")
        .map(|(a, b)| (a.to_string(), b.to_string()))
        .ok_or_else(|| Error::invalid(format!("`{text}` is not a range")).help("write FROM..TO"))
}

fn numbers(text: &str) -> Result<(f64, f64)> {
    let (a, b) = range(text)?;
    let number = |s: &str| s.parse().map_err(|_| Error::invalid(format!("`{s}` is not a number")));
    Ok((number(&a)?, number(&b)?))
}
