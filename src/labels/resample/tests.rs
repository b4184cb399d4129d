use crate::array::Block;
use crate::dtype::DType;
use crate::kernel::reduce::ReduceOp;
use crate::labels::{DataArray, ReduceOptions, SeasonResampler, Variable, date_range};

const DAY: i64 = 86_400_000_000_000;

/// Six values at days 0, 0, 1, 4, 4, 5 beside a station.
fn series() -> DataArray {
    let days = [0, 0, 1, 4, 4, 5].map(|d| d * DAY).to_vec();
    let time = Block::from_vec(&[6], days).unwrap().retype(DType::DATETIME_NS);
    let a = DataArray::from_vec(&[("station", 2), ("time", 6)], (0..12).collect::<Vec<i16>>()).unwrap();
    let note = Variable::from_vec(&[("time", 6)], vec![0i64; 6]).unwrap();
    a.assign_coords([("time", Variable::new(["time"], time).unwrap()), ("note", note)]).unwrap()
}

#[test]
fn empty_bins_are_missing_and_integers_become_floats() {
    let sums = series().resample("time", "2D").unwrap().sum().unwrap();
    assert_eq!(sums.dtype(), DType::F64);
    let values = sums.to_vec::<f64>().unwrap();
    assert_eq!(values[0], 3.0);
    assert!(values[1].is_nan());
    assert_eq!(values[2], 12.0);
    assert!(!sums.coords().contains("note"));
    // Without empty bins they stay integers.
    assert_eq!(series().resample("time", "3D").unwrap().max().unwrap().dtype(), DType::I16);
}

#[test]
fn times_out_of_order_or_missing_are_refused() {
    let a = series();
    let turned = a.isel("time", [1usize, 3, 2]).unwrap();
    let error = turned.resample("time", "D").unwrap_err().to_string();
    assert!(error.contains("rising") && error.contains("sortby"), "{error}");
    let none = a.isel("time", 0..0).unwrap();
    assert!(none.resample("time", "D").is_err());
    assert!(a.resample("tiem", "D").unwrap_err().to_string().contains("`time`"));
    assert!(a.resample("note", "D").unwrap_err().to_string().contains("no times"));
}

#[test]
fn reductions_of_other_dimensions_lose_the_times() {
    let a = series();
    let bins = a.resample("time", "D").unwrap();
    let sums = bins.reduce_with(ReduceOp::Sum, "station", ReduceOptions::new()).unwrap();
    assert_eq!(sums.shape(), [6]);
    assert!(!sums.coords().contains("time"));
    let all = bins.reduce_with(ReduceOp::Count, .., ReduceOptions::new()).unwrap();
    assert_eq!(all.shape(), [6]);
    assert!(all.coords().contains("time"));
}

#[test]
fn seasons_stand_at_their_own_dates() {
    let month = |first: &str, last: &str| date_range(first, last, "MS").unwrap().variable().clone();
    let time = month("1999-12-01", "2001-03-01");
    let t = DataArray::from_vec(&[("time", 16)], (0..16).map(f64::from).collect()).unwrap();
    let t = t.assign_coords([("time", time)]).unwrap();
    // December alone is no season: the labels begin with the next one.
    let seasons = SeasonResampler::new(["JF", "MAM", "JJAS", "OND"]);
    let counts = t.resample("time", seasons.clone()).unwrap().count().unwrap();
    assert_eq!(counts.to_vec::<i64>().unwrap(), [2, 3, 4, 3, 2]);
    let starts = t.resample("time", seasons).unwrap().labels().load().unwrap();
    let first = month("2000-01-01", "2000-01-01").load().unwrap();
    assert_eq!(starts.to_vec::<i64>().unwrap()[0], first.to_vec::<i64>().unwrap()[0]);
    // A summer without times is missing, and what follows stays in its year.
    let gap = t.isel("time", vec![3usize, 4, 5, 10, 11, 12, 13, 14]).unwrap();
    let four = SeasonResampler::new(["DJF", "MAM", "JJA", "SON"]);
    let sums = gap.resample("time", four).unwrap().sum().unwrap().to_vec::<f64>().unwrap();
    assert!(sums[0] == 12.0 && sums[1].is_nan() && sums[2..] == [21.0, 39.0], "{sums:?}");
    assert!(t.isel("time", 0..2).unwrap().resample("time", SeasonResampler::new(["MAM"])).is_err());
    assert!(t.isel("time", 4..5).unwrap().resample("time", SeasonResampler::new(["MAM"])).is_err());
}
