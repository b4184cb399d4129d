use crate::array::Block;
use crate::dtype::{DType, Text};
use crate::index::Closed;
use crate::labels::{DataArray, ReduceOptions};

fn series() -> DataArray {
    let a = DataArray::from_vec(&[("x", 5)], vec![1.0, 2.0, f64::NAN, 4.0, 5.0]).unwrap();
    a.assign_coords([("x", Block::from_vec(&[5], vec![10, 20, 30, 40, 50]).unwrap())]).unwrap()
}

#[test]
fn strides_thin_coordinates() {
    let sums = series().rolling([("x", 2)]).min_periods(1).stride(2).sum().unwrap();
    assert_eq!(sums.to_vec::<f64>().unwrap(), [1.0, 2.0, 9.0]);
    assert_eq!(sums.coord("x").unwrap().to_vec::<i32>().unwrap(), [10, 30, 50]);
    assert!(sums.coords().index("x").is_some());
}

#[test]
fn text_has_least_and_greatest() {
    let text = ["b", "c", "a"].map(Text::from).to_vec();
    let a = DataArray::from_vec(&[("x", 3)], text).unwrap();
    let min = a.rolling([("x", 2)]).min_periods(1).min().unwrap().to_vec::<Text>().unwrap();
    assert_eq!(min, ["b", "b", "a"].map(Text::from));
    assert_eq!(a.rolling([("x", 2)]).argmax().unwrap().to_vec::<f64>().unwrap()[1..], [1.0, 0.0]);
    assert!(a.rolling([("x", 2)]).mean().unwrap_err().to_string().contains("no meaning"));
}

#[test]
fn mistakes_are_told() {
    let a = series();
    assert!(a.rolling([("t", 2)]).mean().unwrap_err().is_not_found());
    assert!(a.rolling([("x", 0)]).mean().unwrap_err().to_string().contains("length 0"));
    assert!(a.rolling([("x", 2)]).min_periods(0).mean().is_err());
    assert!(a.rolling([("x", 2)]).stride(0).mean().is_err());
    assert!(a.rolling([("x", 2)]).center_along("y", true).mean().unwrap_err().is_not_found());
    assert!(a.rolling(Vec::<(&str, usize)>::new()).mean().is_err());
    let options = ReduceOptions::new().skipna(false);
    let e = a.rolling([("x", 2)]).reduce_with(crate::kernel::reduce::ReduceOp::Sum, options).unwrap_err();
    assert!(e.to_string().contains("min_periods"), "{e}");
}

fn at_days(days: &[i64]) -> DataArray {
    let unit = crate::dtype::TimeUnit::S;
    let ticks = Block::from_vec(&[days.len()], days.iter().map(|d| d * 86_400).collect()).unwrap();
    let values = (0..days.len()).map(|i| f64::from(1 << i)).collect();
    let a = DataArray::from_vec(&[("t", days.len())], values).unwrap();
    a.assign_coords([("t", ticks.retype(crate::dtype::DType::Timedelta { unit }))]).unwrap()
}

#[test]
fn distances_are_those_of_pandas() {
    let a = at_days(&[0, 1, 3, 4, 8]);
    let nan = f64::NAN;
    let cases = [
        (Closed::Right, false, "3D", [1.0, 3.0, 6.0, 12.0, 16.0]),
        (Closed::Right, false, "2D", [1.0, 3.0, 4.0, 12.0, 16.0]),
        (Closed::Right, true, "3D", [3.0, 3.0, 12.0, 12.0, 16.0]),
        (Closed::Right, true, "2D", [3.0, 2.0, 12.0, 8.0, 16.0]),
        (Closed::Left, false, "3D", [nan, 1.0, 3.0, 6.0, nan]),
        (Closed::Left, true, "2D", [1.0, 3.0, 4.0, 12.0, 16.0]),
        (Closed::Both, false, "3D", [1.0, 3.0, 7.0, 14.0, 16.0]),
        (Closed::Both, true, "2D", [3.0, 3.0, 12.0, 12.0, 16.0]),
        (Closed::Neither, false, "3D", [nan, 1.0, 2.0, 4.0, nan]),
        (Closed::Neither, false, "2D", [nan, 1.0, nan, 4.0, nan]),
        (Closed::Neither, true, "2D", [1.0, 2.0, 4.0, 8.0, 16.0]),
    ];
    for (closed, center, distance, expected) in cases {
        for chunk in [1, 2, 5] {
            let windows =
                a.chunk("t", chunk).unwrap().rolling_by([("t", distance)]).closed(closed).center(center);
            let sums = windows.sum().unwrap().to_vec::<f64>().unwrap();
            let same = sums.iter().zip(expected).all(|(a, b)| *a == b || a.is_nan() && b.is_nan());
            assert!(same, "{closed:?} {center} {distance}: {sums:?}");
        }
    }
    let falling = at_days(&[8, 4, 3, 1, 0]).rolling_by([("t", "3D")]).sum().unwrap();
    assert_eq!(falling.to_vec::<f64>().unwrap(), [1.0, 2.0, 6.0, 12.0, 24.0]);
    let thin = a.rolling_by([("t", "3D")]).stride(2).sum().unwrap();
    assert_eq!(thin.to_vec::<f64>().unwrap(), [1.0, 6.0, 16.0]);
    assert!(at_days(&[0, 2, 1]).rolling_by([("t", "3D")]).sum().unwrap_err().to_string().contains("sorted"));
    assert!(a.rolling_by([("t", "-3D")]).sum().is_err());
    assert!(a.rolling_by([("t", 3)]).sum().is_err());
}

#[test]
fn weights_of_windows_are_refused_where_they_have_no_meaning() {
    let a = DataArray::from_vec(&[("y", 2), ("x", 4)], (0..8).map(f64::from).collect()).unwrap();
    let w = a.isel("y", 0).unwrap();
    let windows = a.rolling([("x", 2)]).weighted(&w).unwrap();
    let e = windows.mean(["x", "y"]).unwrap_err().to_string();
    assert!(e.contains("windows along `x`") && e.contains("`()`"), "{e}");
    let strict = ReduceOptions::new().skipna(false);
    let e = windows.reduce_with(crate::labels::WeightedOp::Sum, (), strict).unwrap_err().to_string();
    assert!(e.contains("min_periods"), "{e}");
    let times = a.astype(DType::I64).unwrap();
    let times = times.astype(DType::Timedelta { unit: crate::time::TimeUnit::S }).unwrap();
    let e = times.rolling([("x", 2)]).weighted(&w).unwrap().var(()).unwrap_err().to_string();
    assert!(e.contains("timedelta64[s]"), "{e}");
    assert!(a.rolling([("x", 0)]).weighted(&w).unwrap().mean(()).is_err());
}
