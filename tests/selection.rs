//! Selection by position and by label.

use graticule::dtype::{Calendar, DType, Scalar, Text, TimeUnit};
use graticule::index::Method;
use graticule::labels::{Indexer, Operand, Selector};
use graticule::prelude::*;

fn texts(values: &[&str]) -> Vec<Text> {
    values.iter().map(|v| Text::from(*v)).collect()
}

fn days(n: i64, unit: TimeUnit) -> Variable {
    let ticks: Vec<i64> = (0..n).map(|i| (10_957 + i) * unit.per_day()).collect();
    let dtype = DType::Datetime { unit, calendar: Calendar::ProlepticGregorian };
    Variable::new(["time"], Block::from_vec(&[ticks.len()], ticks).unwrap().retype(dtype)).unwrap()
}

/// (x: 4, y: 3) with elements 10 x + y; x labels 10, 20, 30, 40, y labels a, b, c, and `xy` over both.
fn grid() -> DataArray {
    let values: Vec<f64> = (0..12).map(|i| (i / 3 * 10 + i % 3) as f64).collect();
    let mut coords = Coords::new();
    coords.insert("x", Variable::from_vec(&[("x", 4)], vec![10i64, 20, 30, 40]).unwrap()).unwrap();
    coords.insert("y", Variable::from_vec(&[("y", 3)], texts(&["a", "b", "c"])).unwrap()).unwrap();
    coords.insert("xy", Variable::from_vec(&[("x", 4), ("y", 3)], values.clone()).unwrap()).unwrap();
    coords.insert("zone", Variable::from_vec(&[("x", 4)], texts(&["e", "w", "e", "s"])).unwrap()).unwrap();
    DataArray::new(Variable::from_vec(&[("x", 4), ("y", 3)], values).unwrap(), coords).unwrap()
}

fn points(dim: &str, values: Vec<i64>) -> DataArray {
    DataArray::from_vec(&[(dim, values.len())], values).unwrap()
}

fn dims(a: &DataArray) -> Vec<&str> {
    a.dims().iter().map(|d| &**d).collect()
}

fn coord_names(a: &DataArray) -> Vec<&str> {
    a.coords().names().map(|d| &**d).collect()
}

/// Every index of the result describes its coordinate.
fn checked(a: DataArray) -> DataArray {
    for (name, index) in a.coords().indexes() {
        assert!(index.labels().same_bits(&a.coords().get(name).unwrap().load().unwrap()), "{name}");
    }
    a
}

#[test]
fn positions_are_integers_ranges_lists_and_masks() {
    let a = grid();
    let x = |i: Indexer| checked(a.isel_with(Isel::new().at("y", 0).at("x", i)).unwrap());
    let v = |i: Indexer| x(i).to_vec::<f64>().unwrap();
    assert_eq!(v((-1).into()), [30.0]);
    assert_eq!(v((1..3).into()), [10.0, 20.0]);
    assert_eq!(v((..=1).into()), [0.0, 10.0]);
    assert_eq!(v((-2..).into()), [20.0, 30.0]);
    let last = -1;
    assert_eq!(v((1..=last).into()), [10.0, 20.0, 30.0]);
    assert_eq!(v(slice(None, None, Some(-2)).into()), [30.0, 10.0]);
    assert_eq!(v([3, 0, -1].into()), [30.0, 0.0, 30.0]);
    assert_eq!(v([true, false, false, true].into()), [0.0, 30.0]);
    assert_eq!(v((..).into()), [0.0, 10.0, 20.0, 30.0]);
    assert_eq!(x(2.into()).coords().get("x").unwrap().load().unwrap().to_vec::<i64>().unwrap(), [30]);
    assert!(x(2.into()).coords().index("x").is_none());
    for wrong in [4.into(), (-5).into(), [0, 4].into(), [true].into(), slice(None, None, Some(0)).into()] {
        let wrong: Indexer = wrong;
        assert!(a.isel("x", wrong).is_err());
    }
    assert!(a.isel("z", 0).err().unwrap().is_not_found());
    assert!(a.isel_with(Isel::new().at("z", 0).missing_dims(Missing::Ignore)).is_ok());
    assert_eq!(coord_names(&a.isel_with(Isel::new().at("x", 0).drop(true)).unwrap()), ["y", "xy"]);
}

#[test]
fn lists_are_independent_and_arrays_are_points() {
    let a = grid();
    let both = checked(a.isel_with(Isel::new().at("x", [2, 0]).at("y", [1, 1, 0])).unwrap());
    assert_eq!(both.to_vec::<f64>().unwrap(), [21.0, 21.0, 20.0, 1.0, 1.0, 0.0]);
    let (i, j) = (points("p", vec![2, 0, -1]), points("p", vec![1, 1, 0]));
    let p = checked(a.isel_with(Isel::new().at("x", &i).at("y", &j)).unwrap());
    assert_eq!(p.to_vec::<f64>().unwrap(), [21.0, 1.0, 30.0]);
    assert_eq!(dims(&p), ["p"]);
    assert_eq!(coord_names(&p), ["x", "y", "xy", "zone"]);
    assert_eq!(p.coord("xy").unwrap().to_vec::<f64>().unwrap(), [21.0, 1.0, 30.0]);
    let outer = a.isel_with(Isel::new().at("x", &i).at("y", points("q", vec![1, 0]))).unwrap();
    assert_eq!((dims(&outer), outer.shape()), (vec!["p", "q"], vec![3, 2]));
    let misfit = a.isel_with(Isel::new().at("x", &i).at("y", points("p", vec![0]))).err().unwrap();
    assert!(misfit.to_string().contains("common dimension `p`"), "{misfit}");
}

#[test]
fn new_dims_stand_where_the_first_indexed_one_stood() {
    let values: Vec<i64> = (0..24).collect();
    for chunks in [None, Some(1), Some(2)] {
        let mut a = DataArray::from_vec(&[("a", 2), ("b", 3), ("c", 4)], values.clone()).unwrap();
        if let Some(n) = chunks {
            a = a.chunk("b", n).unwrap().chunk("c", n).unwrap();
        }
        let p = || points("p", vec![1, 0]);
        let middle = a.isel("b", p()).unwrap();
        assert_eq!(dims(&middle), ["a", "p", "c"]);
        let ends = a.isel_with(Isel::new().at("a", p()).at("c", points("p", vec![3, 2]))).unwrap();
        assert_eq!(dims(&ends), ["p", "b"]);
        assert_eq!(ends.to_vec::<i64>().unwrap(), [15, 19, 23, 2, 6, 10]);
        let square = DataArray::from_vec(&[("q", 2), ("p", 2)], vec![0i64, 1, 2, 3]).unwrap();
        let mixed = a.isel_with(Isel::new().at("a", p()).at("c", square)).unwrap();
        assert_eq!(dims(&mixed), ["p", "b", "q"]);
        assert_eq!(mixed.to_vec::<i64>().unwrap(), [12, 14, 16, 18, 20, 22, 1, 3, 5, 7, 9, 11]);
        // An indexer along a dimension that stays: the diagonal of both.
        let along_b = a.isel("c", points("b", vec![3, 0, 1])).unwrap();
        assert_eq!(dims(&along_b), ["a", "b"]);
        assert_eq!(along_b.to_vec::<i64>().unwrap(), [3, 4, 9, 15, 16, 21]);
    }
}

#[test]
fn coordinates_of_an_indexer_come_along_unless_they_contradict() {
    let a = grid();
    let mut coords = Coords::new();
    coords.insert("p", Variable::from_vec(&[("p", 2)], vec![7i64, 8]).unwrap()).unwrap();
    let i = DataArray::new(Variable::from_vec(&[("p", 2)], vec![3i64, 0]).unwrap(), coords).unwrap();
    let p = checked(a.isel("x", &i).unwrap());
    assert_eq!(coord_names(&p), ["x", "y", "xy", "zone", "p"]);
    assert!(p.coords().index("p").is_some() && p.coords().index("x").is_none());
    let mut wrong = Coords::new();
    wrong.insert("x", Variable::from_vec(&[("x", 2)], vec![7i64, 8]).unwrap()).unwrap();
    let i = DataArray::new(Variable::from_vec(&[("x", 2)], vec![3i64, 0]).unwrap(), wrong).unwrap();
    assert!(a.isel("x", &i).err().unwrap().to_string().contains("differs from the selected one"));
}

#[test]
fn labels_are_scalars_lists_and_ranges() {
    let a = grid();
    let v = |s: Selector| {
        checked(a.sel_with(Sel::new().at("y", "a").at("x", s)).unwrap()).to_vec::<f64>().unwrap()
    };
    assert_eq!(v(30.into()), [20.0]);
    assert_eq!(v(30.0.into()), [20.0]);
    assert_eq!(v([40, 10].into()), [30.0, 0.0]);
    assert_eq!(v((15..=30).into()), [10.0, 20.0]);
    assert_eq!(v((20..40).into()), [10.0, 20.0]);
    assert_eq!(v((..20).into()), [0.0]);
    assert_eq!(v((25..).into()), [20.0, 30.0]);
    assert_eq!(v(slice(Some(10), Some(40), Some(2)).into()), [0.0, 20.0]);
    assert_eq!(v(slice(Some(40), Some(10), Some(-2)).into()), [30.0, 10.0]);
    assert_eq!(v([true, false, true, false].into()), [0.0, 20.0]);
    assert_eq!(a.sel("y", "b".."c").unwrap().shape(), [4, 1]);
    assert_eq!(a.sel("zone", "e").unwrap().shape(), [2, 3]);
    assert_eq!(a.sel("zone", "s").unwrap().shape(), [3]);
    let e = a.sel("x", 25).err().unwrap();
    assert!(e.is_not_found() && e.to_string().contains("nearest are 20 and 30"), "{e}");
    assert!(a.sel("xx", 25).err().unwrap().to_string().contains("did you mean"));
    assert!(a.sel("xy", 25.0).is_err());
    assert!(a.sel_with(Sel::new().at("x", 10).at("zone", "e")).is_err());
}

#[test]
fn neighbours_need_a_method_and_may_have_a_tolerance() {
    let a = grid();
    let at = |s: Sel| a.sel_with(s.at("y", "a").tolerance(4.0)).map(|r| r.to_vec::<f64>().unwrap());
    assert_eq!(at(Sel::new().nearest("x", 24)).unwrap(), [10.0]);
    assert_eq!(at(Sel::new().pad("x", [24, 30])).unwrap(), [10.0, 20.0]);
    assert_eq!(at(Sel::new().backfill("x", 26)).unwrap(), [20.0]);
    assert!(at(Sel::new().nearest("x", 25)).is_err());
    assert!(at(Sel::new().at("x", 20)).is_err(), "a tolerance without a method");
    assert!(a.sel_with(Sel::new().nearest("x", 10..=20)).is_err());
    assert!(a.sel_with(Sel::new().at("x", 25).method(Method::Nearest)).is_ok());
    let labels = DataArray::from_vec(&[("p", 2)], vec![24.0, 11.0]).unwrap();
    let texts = DataArray::from_vec(&[("p", 2)], texts(&["c", "a"])).unwrap();
    let p = a.sel_with(Sel::new().nearest("x", &labels).at("y", &texts)).unwrap();
    assert_eq!(p.to_vec::<f64>().unwrap(), [12.0, 0.0]);
}

#[test]
fn dates_are_periods_unless_as_fine_as_the_labels() {
    for unit in TimeUnit::ALL {
        let mut coords = Coords::new();
        coords.insert("time", days(90, unit)).unwrap();
        let values: Vec<i32> = (0..90).collect();
        let a = DataArray::new(Variable::from_vec(&[("time", 90)], values).unwrap(), coords).unwrap();
        let size = |s: Selector| checked(a.sel("time", s).unwrap()).shape();
        assert_eq!(size("2000-02".into()), [29]);
        assert_eq!(size("2000-02-01".into()), [] as [usize; 0]);
        assert_eq!(size(["2000-02-01", "2000-01-03"].into()), [2]);
        assert_eq!(size(("2000-01-30"..="2000-02").into()), [31]);
        assert_eq!(size(("2000-01-30".."2000-02").into()), [2]);
        assert_eq!(size(("2000".."2020").into()), [90]);
        assert_eq!(size(slice(Some("2000-02-15"), None, Some(2)).into()), [23]);
        let noon = Scalar::Datetime {
            ticks: 10_957 * 86_400 + 43_200,
            unit: TimeUnit::S,
            calendar: Calendar::ProlepticGregorian,
        };
        assert!(a.sel("time", noon.clone()).is_err());
        let near = a.sel_with(Sel::new().nearest("time", noon).tolerance("12h")).unwrap();
        assert_eq!(near.to_vec::<i32>().unwrap(), [1]);
    }
}

#[test]
fn without_a_coordinate_labels_are_positions() {
    let a = DataArray::from_vec(&[("n", 4)], vec![0, 1, 2, 3]).unwrap();
    assert_eq!(a.sel("n", 2).unwrap().to_vec::<i32>().unwrap(), [2]);
    assert_eq!(a.sel("n", 1..3).unwrap().to_vec::<i32>().unwrap(), [1, 2]);
    assert_eq!(a.sel("n", 1..=3).unwrap().to_vec::<i32>().unwrap(), [1, 2, 3]);
    assert_eq!(a.sel("n", slice(Some(0), Some(2), None)).unwrap().to_vec::<i32>().unwrap(), [0, 1]);
    assert!(a.sel_with(Sel::new().nearest("n", 1)).is_err());
    assert!(a.sel("n", "a").is_err());
}

#[test]
fn heads_tails_and_drops() {
    let a = grid();
    assert_eq!(a.head(2).unwrap().shape(), [2, 2]);
    assert_eq!(a.tail([("x", 0)]).unwrap().shape(), [0, 3]);
    assert_eq!(
        a.tail([("x", 3)]).unwrap().isel("y", 0).unwrap().to_vec::<f64>().unwrap(),
        [10.0, 20.0, 30.0]
    );
    assert_eq!(a.thin([("x", 3), ("y", 2)]).unwrap().to_vec::<f64>().unwrap(), [0.0, 2.0, 30.0, 32.0]);
    assert!(a.thin(0).is_err());
    assert_eq!(a.drop_isel("x", [0, -1]).unwrap().shape(), [2, 3]);
    assert_eq!(a.drop_sel("y", ["a", "c"]).unwrap().shape(), [4, 1]);
    assert!(a.drop_sel("y", "q").is_err());
    assert_eq!(a.drop_sel_with("y", ["a", "q"], Missing::Ignore).unwrap().shape(), [4, 2]);
}

#[test]
fn a_dataset_keeps_variables_without_the_dimension() {
    let ds = grid().to_dataset("a");
    let picked = ds.sel("x", [20, 30]).unwrap().isel("y", 0).unwrap();
    assert_eq!(picked.get("a").unwrap().shape(), [2]);
    let e = ds.isel("x", 9).err().unwrap().to_string();
    assert!(e.contains("position 9") && e.contains("Dataset (x: 4, y: 3)"), "{e}");
}

#[test]
fn assignment_is_a_copy_with_the_value_at_the_selection() {
    let value = |v: Vec<f64>, dim: &str| DataArray::from_vec(&[(dim, v.len())], v).unwrap();
    for chunked in [false, true] {
        let a = if chunked { grid().chunk("x", 2).unwrap().chunk("y", 1).unwrap() } else { grid() };
        let set = |isel: Isel, v: Operand| a.assign_isel(isel, v).map(|r| r.to_vec::<f64>().unwrap());
        let one = set(Isel::new().at("x", 1).at("y", [0, 2]), (-1).into()).unwrap();
        assert_eq!(one, [0.0, 1.0, 2.0, -1.0, 11.0, -1.0, 20.0, 21.0, 22.0, 30.0, 31.0, 32.0]);
        let back = Isel::new().at("x", slice(None, None, Some(-2))).at("y", 1);
        let rows = set(back, value(vec![5.0, 6.0], "x").into()).unwrap();
        assert_eq!(rows, [0.0, 1.0, 2.0, 10.0, 6.0, 12.0, 20.0, 21.0, 22.0, 30.0, 5.0, 32.0]);
        assert_eq!(set(Isel::new(), (-1.0).into()).unwrap(), [-1.0; 12]);
        assert!(set(Isel::new().at("x", [0, 1]), value(vec![1.0; 3], "x").into()).is_err());
        let repeated = set(Isel::new().at("x", [0, 3]), value(vec![1.0], "x").into()).unwrap();
        assert_eq!((repeated[0], repeated[3], repeated[11]), (1.0, 10.0, 1.0));
        assert!(set(Isel::new().at("x", [0, 1]), value(vec![1.0], "z").into()).is_err());
        let labels = a.assign_sel(Sel::new().at("x", 20..=30).at("y", "a"), -1).unwrap();
        assert_eq!(labels.isel("y", 0).unwrap().to_vec::<f64>().unwrap(), [0.0, -1.0, -1.0, 30.0]);
    }
    let at = Isel::new().at("x", points("p", vec![0, 3, 0])).at("y", points("p", vec![2, 1, 2]));
    for a in [grid(), grid().chunk("x", 2).unwrap()] {
        let set = a.assign_isel(at.clone(), value(vec![7.0, 8.0, 9.0], "p")).unwrap();
        let set = set.to_vec::<f64>().unwrap();
        assert_eq!((set[0], set[2], set[10]), (0.0, 9.0, 8.0));
    }
    let other = grid().isel("x", [1, 2]).unwrap();
    assert!(grid().assign_isel(Isel::new().at("x", [0, 1]), &other).is_err(), "other labels");
}
