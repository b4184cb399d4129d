//! Grouped and running means and their like of a year of hours over the globe, in memory, beside xarray with flox,
//! numbagg and bottleneck, and a resampled series beside pandas (`benches/groups.py`):
//!
//! ```text
//! benches/peers.sh && cargo bench --bench groups [-- month label ...]
//! ```

mod support;

use graticule::array::Block;
use graticule::exec::compute;
use graticule::kernel::reduce::{Groups, ReduceSpec};
use graticule::prelude::*;
use support::{Case, Peer, bandwidth, only_test, table};

/// Along each axis.
const REGIONS: i64 = 10;
const LABELS: u32 = 10_000;
/// Of the series that is resampled.
const HOURS: usize = 10_000;

fn main() {
    let (shape, rounds) = if only_test() { ([48, 19, 36], 0) } else { ([8760, 181, 360], 4) };
    let [steps, lats, lons] = shape;
    let n = steps * lats * lons;
    let values: Vec<f32> = (0..n)
        .map(|i| match i % 7 {
            0 => f32::NAN,
            _ => ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32,
        })
        .collect();
    let gives = bandwidth(&values);
    let bytes = size_of_val(&values[..]);
    let block = Block::from_vec(&shape, values).expect("one value for each place");
    let field = array(&block, &["time", "lat", "lon"], steps);
    let turned = block.clone().reshape(&[lats * lons, steps]).expect("as many");
    let series = array(&turned, &["cell", "time"], steps);
    let label = (0..steps as u32).map(|i| i64::from(i.wrapping_mul(2_654_435_761) % LABELS)).collect();
    let label = DataArray::from_vec(&[("time", steps)], label).expect("fits").with_name("label");
    let region = |i: usize| {
        let (lat, lon) = ((i / lons) as i64, (i % lons) as i64);
        let (lats, lons) = (lats as i64, lons as i64);
        (lat * REGIONS / lats * REGIONS + (lon + lat * 7 % 5) % lons * REGIONS / lons) as i32
    };
    let mask: Vec<i32> = (0..lats * lons).map(region).collect();

    let hours = array(&hours_of_one_place(), &["time"], HOURS);

    let mut cases = Vec::new();
    macro_rules! case {
        ($name:literal, $array:expr, $by:expr, $method:ident($dims:expr)) => {
            let (array, by) = (&$array, $by);
            cases.push(Case::new($name, bytes, move || {
                let groups = array.groupby(by.clone()).expect("labels");
                groups.$method($dims).and_then(|r| r.compute()).expect("numbers")
            }));
        };
    }
    case!("mean by month", field, "time.month", mean("time"));
    case!("std by month", field, "time.month", std("time"));
    case!("max by month", field, "time.month", max("time"));
    case!("median by month", field, "time.month", median("time"));
    case!("mean by day of year", field, "time.dayofyear", mean("time"));
    case!("max by day of year", field, "time.dayofyear", max("time"));
    case!("mean by label", field, label.clone(), mean("time"));
    case!("max by label", field, label.clone(), max("time"));
    for (name, op) in [("mean by region", ReduceOp::Mean), ("max by region", ReduceOp::Max)] {
        let (data, mask) = (field.variable().data(), mask.clone());
        cases.push(Case::new(name, bytes, move || {
            let group = Some(Groups::over([1, 2], [lats, lons], mask.clone(), (REGIONS * REGIONS) as usize));
            let spec = ReduceSpec { op, axes: vec![], group, skipna: true, ddof: 0.0, min_count: None };
            compute(&[data.reduce(spec).expect("codes")]).expect("numbers")
        }));
    }
    case!("series mean by month", series, "time.month", mean("time"));
    // What is as large as the field comes out.
    for name in ["rolling mean of 24", "rolling mean of 24, bottleneck"] {
        cases.push(Case::new(name, 2 * bytes, || {
            field.rolling([("time", 24)]).mean().and_then(|r| r.compute()).expect("numbers")
        }));
    }
    cases.push(Case::new("rolling max of 24", 2 * bytes, || {
        field.rolling([("time", 24)]).max().and_then(|r| r.compute()).expect("numbers")
    }));
    for name in ["10,000 hours to days", "10,000 hours to days, xarray"] {
        cases.push(Case::new(name, 4 * HOURS, || {
            let days = hours.resample("time", "D").expect("times in order");
            days.mean().and_then(|r| r.compute()).expect("numbers")
        }));
    }
    let mut peer = match only_test() {
        true => None,
        false => Peer::start("groups.py", &shape.map(|n| n.to_string())),
    };
    let title = format!("{steps} x {lats} x {lons} f32 ({:.2} GB), one in seven missing", bytes as f64 / 1e9);
    table(&title, &mut cases, &mut peer, rounds, gives);
}

fn hours_of_one_place() -> Block {
    let values = (0..HOURS).map(|i| (i % 97) as f32).collect();
    Block::from_vec(&[HOURS], values).expect("one value for each hour")
}

/// An array with hours along `time`.
fn array(block: &Block, dims: &[&str], steps: usize) -> DataArray {
    let hours: Vec<i64> = (0..steps as i64).map(|h| (978_307_200 + h * 3600) * 1_000_000_000).collect();
    let hours = Block::from_vec(&[steps], hours).expect("fits").retype(DType::DATETIME_NS);
    let time = Variable::new(["time"], hours).expect("fits");
    let data = Variable::new(dims.iter().copied(), block.clone()).expect("fits");
    let array = DataArray::new(data, Coords::new()).expect("fits");
    array.assign_coords([("time", time)]).expect("fits")
}
