//! What tests of executors that hand plans over have in common: a store of some size, and jobs with many kinds of stages.

use std::path::{Path, PathBuf};

use graticule::prelude::*;

pub const DAYS: usize = 730;
const LATS: usize = 31;
const LONS: usize = 48;

/// Writes `t`, noise on an annual cycle with gaps, in chunks of 10 days; the path of the store.
pub fn store_of_t(folder: &Path) -> PathBuf {
    let mut values = Vec::with_capacity(DAYS * LATS * LONS);
    for day in 0..DAYS {
        for place in 0..LATS * LONS {
            let noise = ((day * 7_919 + place * 104_729) as u32).wrapping_mul(2_654_435_761);
            let gap = noise.is_multiple_of(97);
            let season = (day as f32 / 58.0).sin() * 8.0;
            values.push(if gap { f32::NAN } else { 280.0 + season + (noise >> 27) as f32 / 16.0 });
        }
    }
    let ticks: Vec<i64> = (0..DAYS as i64).map(|d| d * 86_400_000_000_000).collect();
    let t = DataArray::from_vec(&[("time", DAYS), ("lat", LATS), ("lon", LONS)], values).unwrap();
    let time = Block::from_vec(&[DAYS], ticks).unwrap().retype(DType::DATETIME_NS);
    let time = Variable::new(["time"], time).unwrap();
    let lat: Vec<f64> = (0..LATS).map(|i| -75.0 + 5.0 * i as f64).collect();
    let t = t
        .assign_coords([("time", time), ("lat", Variable::new(["lat"], Block::from(lat)).unwrap())])
        .unwrap();
    let path = folder.join("field.zarr");
    t.chunk("time", 10).unwrap().to_dataset("t").to_zarr(&path).unwrap();
    path
}

/// The main job: a climatology, and each day's distance from it.
pub fn anomalies(t: &DataArray) -> DataArray {
    let months = t.groupby("time.month").unwrap();
    months.sub(months.mean("time").unwrap()).unwrap()
}

/// Jobs whose plans have folds, merges, kept blocks, scans, other chunks, texts and whole axes in them.
pub fn jobs(t: &DataArray) -> Vec<(&'static str, DataArray)> {
    let name = t.lt(280.0).unwrap();
    vec![
        ("mean over time", t.mean("time").unwrap()),
        ("mean over all", t.mean(["time", "lat", "lon"]).unwrap()),
        ("deviation", t.std("time").unwrap()),
        ("anomalies", anomalies(t)),
        (
            "zonal mean of other chunks",
            t.chunk("time", 73).unwrap().chunk("lon", 16).unwrap().mean("lon").unwrap(),
        ),
        ("a median over time", t.isel("lat", 0..4).unwrap().median("time").unwrap()),
        ("sums that go on", t.isel("lat", 3..5).unwrap().cumsum("time").unwrap()),
        ("the place of the largest", t.argmax("time").unwrap()),
        ("how many are cold", name.sum("time").unwrap()),
    ]
}

/// Whether two results are the same to the bit.
pub fn assert_same(name: &str, a: &DataArray, b: &DataArray) {
    let (a, b) = (a.variable().data().as_block().unwrap(), b.variable().data().as_block().unwrap());
    assert!(a == b, "{name}: not the same bits");
}
