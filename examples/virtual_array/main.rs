//! An array of 100 GB that exists nowhere, reduced and set against its climatology in 256 MB of memory.
//!
//! ```text
//! cargo run --release --example virtual_array            # 4 GB
//! cargo run --release --example virtual_array -- 100     # 100 GB: a minute or two on two cores
//! cargo run --release --example virtual_array -- 100 --memory-mb 128 --threads 4
//! ```
//!
//! Hourly values on a 1° grid come from a source that computes them when they are asked for. The job goes over them
//! twice: for the means of the months, then for the spread of what is left when these are taken off. It fails if the
//! process ever held more than the budget and 100 MB.

use std::sync::Arc;
use std::time::Instant;

use graticule::array::{ChunkGrid, Region};
use graticule::lazy::LazyArray;
use graticule::prelude::*;
use graticule::source::{Source, Traffic};
use serde::{Deserialize, Serialize};

const LATS: usize = 181;
const LONS: usize = 360;
const CHUNK_HOURS: usize = 48;
const HOUR_BYTES: usize = LATS * LONS * 4;

/// What the process may take besides the budget: the program, its threads, buffers of the allocator.
const BESIDES: usize = 100 << 20;

/// Noise between 0 and 256 around a value that changes with the month.
#[derive(Debug, Serialize, Deserialize)]
struct Noise {
    hours: usize,
}

#[typetag::serde]
impl Source for Noise {
    fn dtype(&self) -> DType {
        DType::F32
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&[self.hours, LATS, LONS], &[CHUNK_HOURS, LATS, LONS])
    }

    fn read(&self, region: &Region, io: &Traffic) -> Result<Block> {
        io.count_read(region.size() * 4);
        let mut values = Vec::with_capacity(region.size());
        for hour in region.axis(0) {
            // A twelfth of a year of 365 days and a quarter, so that it stays with the months of the calendar.
            let season = (hour % 8766 / 731 * 10) as f32;
            for lat in region.axis(1) {
                let row = (hour as u32).wrapping_mul(2_654_435_761) ^ (lat as u32).wrapping_mul(40_503);
                let noise = |lon: usize| row.wrapping_add((lon as u32).wrapping_mul(1_640_531_527)) >> 16;
                values.extend(region.axis(2).map(|lon| season + noise(lon) as f32 / 256.0));
            }
        }
        Block::from_vec(&region.shape(), values)
    }

    fn describe(&self) -> String {
        format!("noise of {} hours", self.hours)
    }
}

fn main() {
    if let Err(e) = run() {
        eprintln!("error: {e}");
        std::process::exit(1);
    }
}

fn run() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (mut gigabytes, mut memory, mut local) = (4.0, 256, Local::new());
    while let Some(arg) = args.next() {
        let mut number = || {
            let text = if arg.starts_with("--") { args.next().unwrap_or_default() } else { arg.clone() };
            text.parse::<f64>()
                .map_err(|_| Error::invalid(format!("`{text}` is not a number")).at(arg.clone()))
        };
        match &*arg {
            "--memory-mb" => memory = number()? as usize,
            "--threads" => local = local.threads(number()? as usize),
            _ => gigabytes = number()?,
        }
    }
    let budget = memory << 20;
    let hours = (gigabytes * 1e9 / HOUR_BYTES as f64).max(1.0) as usize;
    let ticks: Vec<i64> = (0..hours as i64).map(|h| h * 3600).collect();
    let time = Block::from_vec(&[hours], ticks)?.retype(DType::Datetime {
        unit: graticule::dtype::TimeUnit::S,
        calendar: graticule::dtype::Calendar::Standard,
    });
    let data = LazyArray::from_source(Arc::new(Noise { hours }));
    let mut coords = Coords::new();
    coords.insert("time", Variable::new(["time"], time)?)?;
    let t = DataArray::new(Variable::new(["time", "lat", "lon"], data)?, coords)?;

    let months = t.groupby("time.month")?;
    let anomalies = months.sub(&months.mean("time")?)?;
    let batch = Batch::new().load(&anomalies.std("time")?).load(&t.mean(["lat", "lon"])?.mean("time")?);
    println!("{}\n", batch.explain()?);
    let begun = Instant::now();
    let (results, report) = batch.run_on(&local.memory(budget))?;
    let (seconds, bytes) = (begun.elapsed().as_secs_f64(), report.bytes_read as f64 / 1e9);
    println!("{report}");
    println!("{:.1} GB generated and used in {seconds:.1} s: {:.2} GB/s", bytes, bytes / seconds);

    // The noise is as good as even, so its spread is known.
    let spread = results[0].mean(..)?.to_vec::<f32>()?[0];
    println!("mean {:.2}, spread of the anomalies {spread:.2}", results[1].to_vec::<f32>()?[0]);
    if !(70.0..78.0).contains(&spread) {
        return Err(Error::internal(format!("the spread must be near 74, it is {spread}")));
    }
    let Some(peak) = peak_memory() else { return Ok(()) };
    println!("peak resident memory {:.0} MiB, the budget is {memory} MiB", peak as f64 / f64::from(1 << 20));
    match peak <= budget + BESIDES {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Memory, format!("the process held {peak} bytes"))),
    }
}

/// Bytes that this process held at most, where the system tells.
fn peak_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|k| k << 10)
}
