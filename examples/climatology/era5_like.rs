//! A deterministic stand-in for a reanalysis: nine years of daily temperature on a 2° grid, 215 MB.
//!
//! It is computed by a [`Source`] of its own, chunk by chunk, while it is written: a source need not
//! be a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use graticule::array::{Block, ChunkGrid, Region};
use graticule::dtype::DType;
use graticule::lazy::LazyArray;
use graticule::prelude::*;
use graticule::source::{Source, Traffic};
use serde::{Deserialize, Serialize};

/// Days from 2010-01-01 to 2018-12-31.
const DAYS: usize = 3287;
const LATS: usize = 91;
const LONS: usize = 180;
const CHUNK_DAYS: usize = 100;

/// Two-metre temperature: an annual cycle that grows with latitude, weather that travels, a trend.
#[derive(Debug, Serialize, Deserialize)]
struct Temperature;

#[typetag::serde]
impl Source for Temperature {
    fn dtype(&self) -> DType {
        DType::F32
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&[DAYS, LATS, LONS], &[CHUNK_DAYS, LATS, LONS])
    }

    fn read(&self, region: &Region, _io: &Traffic) -> Result<Block> {
        let mut values = Vec::with_capacity(region.size());
        for day in region.axis(0) {
            let season = (day as f64 / 365.25 * std::f64::consts::TAU).cos();
            for lat in region.axis(1) {
                let phi = (90.0 - 2.0 * lat as f64).to_radians();
                for lon in region.axis(2) {
                    let lambda = (2.0 * lon as f64).to_radians();
                    let weather = 3.0 * (3.0 * lambda - day as f64 * 0.7).sin() * phi.cos()
                        + 2.0 * (5.0 * lambda + 4.0 * phi - day as f64 * 0.31).cos();
                    let mean = 300.0 - 45.0 * phi.sin().powi(2);
                    let trend = 0.02 * day as f64 / 365.25;
                    values.push((mean - 12.0 * season * phi.sin() + weather + trend) as f32);
                }
            }
        }
        Block::from_vec(&region.shape(), values)
    }

    fn describe(&self) -> String {
        "generated temperature".to_string()
    }
}

/// The path of the store, which is made first if it is not there.
pub fn store(path: &Path, local: &Local) -> Result<PathBuf> {
    if path.exists() {
        return Ok(path.to_path_buf());
    }
    println!("making {} (215 MB of temperature, once)", path.display());
    let day_ticks: Vec<i64> = (0..DAYS as i64).map(|d| (14_610 + d) * 86_400_000_000_000).collect();
    let days = Block::from_vec(&[DAYS], day_ticks)?.retype(DType::DATETIME_NS);
    let lats: Vec<f64> = (0..LATS).map(|i| 90.0 - 2.0 * i as f64).collect();
    let lons: Vec<f64> = (0..LONS).map(|i| 2.0 * i as f64).collect();
    let named =
        |standard: &str, units: &str| Attrs::new().with("standard_name", standard).with("units", units);

    let mut coords = Coords::new();
    coords.insert(
        "time",
        Variable::new(["time"], days)?.with_attrs(Attrs::new().with("standard_name", "time")),
    )?;
    let lat = Variable::from_vec(&[("lat", LATS)], lats)?.with_attrs(named("latitude", "degrees_north"));
    let lon = Variable::from_vec(&[("lon", LONS)], lons)?.with_attrs(named("longitude", "degrees_east"));
    coords.insert("lat", lat)?;
    coords.insert("lon", lon)?;
    let t2m = Variable::new(["time", "lat", "lon"], LazyArray::from_source(Arc::new(Temperature)))?
        .with_attrs(named("air_temperature", "K").with("long_name", "2 metre temperature"));
    let ds = DataArray::new(t2m, coords)?.to_dataset("t2m");
    Batch::new().write_zarr(path, &ds)?.run_on(local)?;
    Ok(path.to_path_buf())
}
