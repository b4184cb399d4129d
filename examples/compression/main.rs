//! How large a field becomes with each compression, and how long writing and reading take.
//!
//! ```text
//! cargo run --release --example compression                    # a generated field of 100 MB
//! cargo run --release --example compression -- FILE VARIABLE   # a variable of a NetCDF file or Zarr store
//! ```
//!
//! The generated field is smooth, with noise of a hundredth of its range on it, as measurements and models have. Files go to
//! the folder for temporary ones and are removed. Times are the least of three; what is written stays in the page cache.

use std::path::Path;
use std::time::{Duration, Instant};

use graticule::plan::human_bytes;
use graticule::prelude::*;

/// Times, latitudes and longitudes of the generated field.
const SHAPE: [usize; 3] = [384, 181, 360];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let field = match &arguments[..] {
        [] => generated()?,
        [path, name] => open_dataset(path)?.get(name)?.compute()?,
        _ => return Err(Error::invalid("too many arguments, or too few").help("FILE VARIABLE, or nothing")),
    };
    let nbytes = field.variable().data().nbytes();
    println!("{} of {:?}: {}", field.dtype(), field.shape(), human_bytes(nbytes as u64));
    let ds = field.chunk_with("16MiB")?.to_dataset("field");
    let folder = std::env::temp_dir().join(format!("graticule-compression-{}", std::process::id()));
    println!("{:<10} {:<7} {:>7} {:>12} {:>12}", "", "", "size", "write MB/s", "read MB/s");
    for format in ["zarr", "netcdf"] {
        for compression in Compression::ALL {
            let ds = ds.with_compression(compression);
            let (mut write, mut read, mut size) = (Duration::MAX, Duration::MAX, 0);
            for _ in 0..3 {
                std::fs::create_dir_all(&folder)?;
                let path = folder.join("field");
                let start = Instant::now();
                match format {
                    "zarr" => ds.to_zarr(&path)?,
                    _ => ds.to_netcdf(&path)?,
                };
                write = write.min(start.elapsed());
                size = bytes(&path)?;
                let start = Instant::now();
                open_dataset(&path)?.compute()?;
                read = read.min(start.elapsed());
                std::fs::remove_dir_all(&folder)?;
            }
            let rate = |time: Duration| nbytes as f64 / 1e6 / time.as_secs_f64();
            let share = 100.0 * size as f64 / nbytes as f64;
            let name = format!("{compression:?}");
            println!("{name:<10} {format:<7} {share:>6.1}% {:>12.0} {:>12.0}", rate(write), rate(read));
        }
    }
    Ok(())
}

/// A smooth field with a little noise.
fn generated() -> Result<DataArray> {
    let mut values = Vec::with_capacity(SHAPE.iter().product());
    let mut state = 1u64;
    for t in 0..SHAPE[0] {
        for y in 0..SHAPE[1] {
            let lat = (y as f64 - 90.0).to_radians();
            for x in 0..SHAPE[2] {
                let lon = (x as f64).to_radians();
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let noise = (state >> 40) as f64 / (1u64 << 24) as f64 - 0.5;
                let wave = 5.0 * (3.0 * lon + 2.0 * lat).sin() + 3.0 * (0.13 * t as f64 + lon).cos();
                values.push((280.0 + 20.0 * lat.cos() * lat.cos() + wave + 0.36 * noise) as f32);
            }
        }
    }
    DataArray::from_vec(&[("time", SHAPE[0]), ("lat", SHAPE[1]), ("lon", SHAPE[2])], values)
}

/// Bytes of a file, or of all files in a folder.
fn bytes(path: &Path) -> Result<u64> {
    if !path.is_dir() {
        return Ok(path.metadata()?.len());
    }
    std::fs::read_dir(path)?.map(|entry| bytes(&entry?.path())).sum()
}
