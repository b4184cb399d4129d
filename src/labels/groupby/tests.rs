use super::*;
use crate::array::Block;
use crate::dtype::Text;
use crate::kernel::reduce::ReduceOp;
use crate::labels::{DateRange, ReduceOptions, date_range};

/// x: 5, y: 2, with labels b a b - a along x.
fn field() -> DataArray {
    let a = DataArray::from_vec(&[("y", 2), ("x", 5)], (0..10).map(f64::from).collect()).unwrap();
    let labels = ["b", "a", "b", "", "a"].map(|l| if l.is_empty() { Text::MISSING } else { l.into() });
    let labels = Variable::from_vec(&[("x", 5)], labels.to_vec()).unwrap();
    a.assign_coords([("label", labels)]).unwrap().with_name("f")
}

#[test]
fn groups_stand_where_the_grouped_dimension_stood_and_first_in_datasets() {
    let a = field();
    let means = a.groupby("label").unwrap().mean(()).unwrap();
    assert_eq!(means.dims().iter().map(|d| &**d).collect::<Vec<_>>(), ["y", "label"]);
    assert_eq!(means.to_vec::<f64>().unwrap(), [2.5, 1.0, 7.5, 6.0]);
    let ds = a.to_dataset("f").groupby("label").unwrap().mean("x").unwrap();
    assert_eq!(ds.get("f").unwrap().shape(), [2, 2]);
    assert_eq!(&*ds.get("f").unwrap().dims()[0], "label");
}

/// A mask of regions over two dimensions folds the field as it lies: nothing is turned or reshaped first.
#[test]
fn regions_are_reduced_in_one_pass() {
    let values = (0..24).map(f64::from).collect();
    let a = DataArray::from_vec(&[("lat", 2), ("time", 4), ("lon", 3)], values).unwrap();
    let regions = DataArray::from_vec(&[("lat", 2), ("lon", 3)], vec![7.0, 5.0, f64::NAN, 7.0, 7.0, 5.0]);
    let regions = regions.unwrap().with_name("region");
    let lazy = a.chunk("lat", 1).unwrap().chunk("lon", 2).unwrap();
    let sums = lazy.groupby(&regions).unwrap().sum(()).unwrap();
    assert_eq!(sums.dims().iter().map(|d| &**d).collect::<Vec<_>>(), ["time", "region"]);
    assert_eq!(sums.to_vec::<f64>().unwrap(), [15.0, 25.0, 21.0, 34.0, 27.0, 43.0, 33.0, 52.0]);
    let mut below = vec![sums.variable().data().clone()];
    let mut names = Vec::new();
    while let Some(array) = below.pop() {
        names.push(array.op().name());
        below.extend(array.inputs().iter().cloned());
    }
    assert!(names.contains(&"reduce") && !names.contains(&"reshape"), "{names:?}");
    for op in [ReduceOp::First, ReduceOp::Last, ReduceOp::Median] {
        for turned in [a.clone(), a.transpose(["lon", "lat", "time"]).unwrap()] {
            let reduce = |a: &DataArray| {
                let groups = a.groupby(&regions).unwrap();
                let ends = groups.reduce_with(op, (), ReduceOptions::default()).unwrap();
                ends.isel("time", 1).unwrap().to_vec::<f64>().unwrap()
            };
            let want = match op {
                ReduceOp::First => [4.0, 3.0],
                ReduceOp::Last => [17.0, 16.0],
                _ => [10.5, 15.0],
            };
            assert_eq!(reduce(&turned), want, "{op:?}");
            assert_eq!(reduce(&turned.chunk("lat", 1).unwrap().chunk("lon", 2).unwrap()), want, "{op:?}");
        }
    }
}

#[test]
fn chunked_and_in_memory_give_the_same() {
    let a = field();
    let lazy = a.chunk("x", 2).unwrap().chunk("y", 1).unwrap();
    for op in
        [ReduceOp::Mean, ReduceOp::Max, ReduceOp::Std, ReduceOp::Count, ReduceOp::Median, ReduceOp::First]
    {
        let reduce = |a: &DataArray| {
            let g = a.groupby("label").unwrap();
            g.reduce_with(op, (), ReduceOptions::default()).unwrap().load().unwrap()
        };
        assert_eq!(reduce(&a), reduce(&lazy), "{op:?}");
    }
}

#[test]
fn positions_without_group_leave_arithmetic_and_keep_out_of_groups() {
    let a = field();
    let g = a.groupby("label").unwrap();
    assert_eq!(g.len(), 2);
    let anomalies = g.sub(g.mean(()).unwrap()).unwrap();
    assert_eq!(anomalies.shape(), [2, 4]);
    assert_eq!(anomalies.to_vec::<f64>().unwrap()[..4], [-1.0, -1.5, 1.0, 1.5]);
}

#[test]
fn groups_without_a_value_give_missing_ones() {
    let a = field();
    let g = a.groupby("label").unwrap();
    let only_a = g.mean(()).unwrap().reindex("label", Block::from_vec(&[1], vec![Text::from("a")]).unwrap());
    let anomalies = g.sub(only_a.unwrap()).unwrap().to_vec::<f64>().unwrap();
    assert!(anomalies[0].is_nan() && anomalies[1] == -1.5);
}

#[test]
fn labels_along_two_dimensions_group_cells() {
    let z = Variable::from_vec(&[("y", 2), ("x", 2)], vec![1i64, 2, 2, 1]).unwrap();
    let a = DataArray::from_vec(&[("y", 2), ("t", 1), ("x", 2)], vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    let a = a.assign_coords([("z", z)]).unwrap();
    let sums = a.groupby("z").unwrap().sum(()).unwrap();
    assert_eq!(sums.shape(), [1, 2]);
    assert_eq!(sums.to_vec::<f64>().unwrap(), [5.0, 5.0]);
}

#[test]
fn mapped_groups_come_back_in_the_original_order() {
    let a = field();
    let doubled = a.groupby("label").unwrap().map(|g| g.mul(2.0)).unwrap();
    assert_eq!(doubled.to_vec::<f64>().unwrap()[..4], [0.0, 2.0, 4.0, 8.0]);
}

#[test]
fn mistakes_are_named() {
    let a = field();
    assert!(a.groupby("lable").unwrap_err().to_string().contains("`label`"));
    let g = a.groupby("label").unwrap();
    assert!(g.mean("z").unwrap_err().is_not_found());
    assert!(g.sub(a.mean("x").unwrap()).unwrap_err().is_not_found());
}

#[test]
fn nothing_makes_no_groups() {
    let a = DataArray::from_vec(&[("x", 0)], Vec::<f64>::new()).unwrap();
    let g = Variable::from_vec(&[("x", 0)], Vec::<i64>::new()).unwrap();
    let a = a.assign_coords([("g", g)]).unwrap();
    assert!(a.groupby("g").unwrap_err().to_string().contains("length 0"));
    assert!(a.groupby("x").is_err());
}

#[test]
fn bins_of_small_integers_and_seasons_without_times() {
    let key = DataArray::from_vec(&[("x", 3)], vec![-128i8, 127, 100]).unwrap();
    let a = DataArray::from_vec(&[("x", 3)], vec![1i64, 2, 4]).unwrap();
    // The range of the values does not fit into their type.
    assert_eq!(a.groupby_bins(&key, 1).unwrap().sum(()).unwrap().to_vec::<i64>().unwrap(), [7]);
    let time = date_range("2001-01-01", "2001-03-01", "MS").unwrap().variable().clone();
    let a = a.assign_coords([("time", time.rename_dims(|_| "x".into()).unwrap())]).unwrap();
    let sums = a.groupby(("time", SeasonGrouper::new(["JJA", "FMA"]))).unwrap().sum(()).unwrap();
    let sums = sums.to_vec::<f64>().unwrap();
    assert!(sums[0].is_nan() && sums[1] == 6.0);
}

#[test]
fn bins_of_times_in_other_calendars() {
    let time = days_of_360();
    let a = DataArray::from_vec(&[("time", 4)], vec![1i64, 2, 4, 8]).unwrap();
    let a = a.assign_coords([("time", time)]).unwrap();
    let sums =
        a.groupby_bins("time", BinGrouper::new(["2000-01-01", "2000-02-30", "2000-04-01"]).right(false));
    let sums = sums.unwrap().sum(()).unwrap();
    assert_eq!(sums.to_vec::<i64>().unwrap(), [1, 2]);
    assert_eq!(sums.sel("time_bins", "2000-03-10").unwrap().to_vec::<i64>().unwrap(), [2]);
    assert_eq!(sums.sel("time_bins", "[2000-01-01, 2000-02-30)").unwrap().to_vec::<i64>().unwrap(), [1]);
}

fn days_of_360() -> Variable {
    let calendar = crate::dtype::Calendar::Day360;
    let range = DateRange::new().start("2000-01-15").periods(4).freq("MS").calendar(calendar);
    range.make().unwrap().variable().clone()
}

#[test]
fn positions_in_no_group_count_nothing_and_are_missing() {
    let a = DataArray::from_vec(&[("x", 2), ("y", 2), ("z", 2)], (0..8).collect::<Vec<i64>>()).unwrap();
    let key = DataArray::from_vec(&[("x", 2), ("y", 2)], vec![1.0, f64::NAN, 1.0, 2.0]).unwrap();
    let groups = a.groupby(key).unwrap();
    for (op, want) in
        [(ReduceOp::Count, [2.0, f64::NAN, 2.0, 2.0]), (ReduceOp::Sum, [1.0, f64::NAN, 9.0, 13.0])]
    {
        let rows = groups.reduce_with(op, "z", ReduceOptions::default()).unwrap();
        assert_eq!(format!("{:?}", rows.to_vec::<f64>().unwrap()), format!("{want:?}"), "{op:?}");
    }
}
