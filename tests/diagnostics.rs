//! What xarray does in silence is told: events of `tracing`, and errors where `Options::strict` asks for them.

mod support;

use graticule::dtype::{Element, Text};
use graticule::prelude::*;
use support::told::told_by;

/// What is told while `f` runs, and that it is an error when strict, and nothing otherwise.
fn told<T>(f: impl Fn() -> Result<T>) -> Vec<String> {
    let (done, told) = told_by("graticule::labels", || f().map(drop));
    done.unwrap();
    let strict = Options { strict: Strict::ALL, ..Options::current() };
    match with_options(strict, || f().map(drop)) {
        Ok(()) => assert_eq!(told, [] as [&str; 0]),
        Err(e) => {
            let (_, first) =
                told.first().expect("a strict error is an event otherwise").split_once(": ").unwrap();
            assert!(e.to_string().starts_with(first), "{e}");
            assert!(e.to_string().contains("Options::strict"), "{e}");
        }
    }
    told
}

fn series<T: Element>(labels: Vec<T>, values: Vec<f64>) -> DataArray {
    let mut coords = Coords::new();
    coords.insert("x", Variable::from_vec(&[("x", labels.len())], labels).unwrap()).unwrap();
    DataArray::new(Variable::from_vec(&[("x", values.len())], values).unwrap(), coords).unwrap()
}

fn metres() -> DataArray {
    let mut a = series(vec![1i64, 2, 3], vec![1.0, 2.0, 3.0]);
    a.attrs_mut().insert("units", "m");
    a
}

#[test]
fn labels_lost_in_a_join_are_counted_with_the_nearest_miss() {
    let f64s: Vec<f64> = (0..11).map(|i| f64::from(i) / 10.0).collect();
    let a = series(f64s.clone(), f64s.clone());
    let b = series(f64s.iter().map(|v| *v as f32).collect(), f64s.clone());
    let text = told(|| &a + &b);
    assert_eq!(
        text,
        ["labels: the inner join along `x` lost labels: 8 of 11 of object 0, 8 of 11 of object 1 \
          (objects 0 and 1: 3 of 11 labels match; the nearest of the others differ by 1.5e-9)"]
    );
    assert!(told(|| &a + &a).is_empty());
    let near = a.with_tolerance("x", 1e-6).unwrap();
    assert!(told(|| &near + &b).is_empty());
    assert_eq!((&b + &near).unwrap().shape(), [11]);

    let exact = Options { arithmetic_join: Join::Exact, ..Options::current() };
    let e = with_options(exact, || &a + &b).err().unwrap().to_string();
    assert!(e.contains("3 of 11 labels match; the nearest of the others differ by 1.5e-9"), "{e}");
    assert!(e.contains("with_tolerance"), "{e}");
}

#[test]
fn an_outer_join_loses_no_labels_but_widens_integers() {
    let ints = |labels: Vec<i64>| series(labels, vec![1.0, 2.0]).astype(DType::I32).unwrap();
    let pair = [ints(vec![1, 2]), ints(vec![2, 3])];
    let text = told(|| align(&pair, &AlignOptions::new(Join::Outer)));
    assert_eq!(text, ["dtypes: int32 becomes float64 to hold missing values"; 2]);
    let filled = AlignOptions::new(Join::Outer).fill_value(0);
    assert!(told(|| align(&pair, &filled)).is_empty());
    let mask = pair[0].gt(1).unwrap();
    assert_eq!(told(|| pair[0].where_cond(&mask)), ["dtypes: int32 becomes float64 to hold missing values"]);
}

#[test]
fn arrays_of_two_dtypes_meet_aloud_and_plain_numbers_do_not() {
    let a = series(vec![1i64], vec![1.0]);
    let b = a.astype(DType::F32).unwrap();
    assert_eq!(told(|| &a + &b), ["dtypes: float64 and float32 meet as float64"]);
    assert_eq!(
        told(|| concat(&[b.clone(), a.clone()], "x", &ConcatOptions::default())),
        ["dtypes: float32 and float64 meet as float64"]
    );
    assert!(told(|| &b * 2.0).is_empty());
    assert!(told(|| b.gt(0)?.mul(&b)).is_empty());
}

#[test]
fn a_conflicting_coordinate_does_not_vanish_in_silence() {
    let with_run =
        |run: i64| metres().drop_attrs(false).assign_coords([("run", Block::scalar(run))]).unwrap();
    let (a, b) = (with_run(1), with_run(2));
    let text = told(|| &a + &b);
    assert_eq!(text, ["coords: coordinate `run` is left out: its values differ between the operands"]);
    assert!((&a + &b).unwrap().coords().get("run").is_none());
    assert!(told(|| &a + &a).is_empty());
}

#[test]
fn units_that_are_no_longer_true_are_told() {
    let m = metres();
    let mut km = m.clone();
    km.attrs_mut().insert("units", "km");
    let untrue = |op: &str| vec![format!("units: the units `m` are not those of the result of `{op}`")];
    assert_eq!(told(|| &m * &m), untrue("mul"));
    assert_eq!(told(|| 1.0 / &m), untrue("truediv"));
    assert_eq!(told(|| m.gt(1.0)), untrue("gt"));
    assert_eq!(told(|| m.sqrt()), untrue("sqrt"));
    assert_eq!(told(|| m.isnull()), untrue("isnull"));
    assert_eq!(told(|| m.var("x")), untrue("var"));
    assert_eq!(told(|| m.to_dataset("a").argmax("x")), untrue("argmax"));
    assert_eq!(told(|| &m + &km), ["units: the units `m` and `km` meet in `add`: the result has none"]);
    for fine in [&m + &m, &m * 2.0, &m / 2.0, m.mean("x"), m.abs(), m.max("x")] {
        assert_eq!(fine.unwrap().attrs().get_str("units"), Some("m"));
    }
    assert!(told(|| (&m + &m)?.mean("x")?.mul(2.0)?.abs()).is_empty());
    // A function keeps what its first operand says.
    assert_eq!(
        told(|| m.maximum(&km)),
        ["units: the units `m` and `km` meet in `maximum`: the result says `m`"]
    );
    assert_eq!(told(|| m.atan2(&m)), untrue("atan2"));
    assert_eq!(told(|| m.heaviside(0.5)), untrue("heaviside"));
    assert_eq!(told(|| m.signbit()), untrue("signbit"));
    assert_eq!(told(|| m.logical_not()), untrue("logical_not"));
    assert_eq!(told(|| m.logical_and(true)), untrue("logical_and"));
    assert_eq!(told(|| m.isin(&Block::scalar(1.0))), untrue("isin"));
    assert!(told(|| m.copysign(&km)?.nextafter(0.0)?.fabs()?.positive()?.spacing()).is_empty());
    // Without attributes nothing untrue is said.
    let plain = Options { keep_attrs: false, ..Options::current() };
    assert!(told(|| with_options(plain, || &m * &m)).is_empty());
}

#[test]
fn verbs_of_several_steps_are_told_as_one() {
    let m = metres();
    let plain = m.drop_attrs(false);
    let untrue = |op: &str| vec![format!("units: the units `m` are not those of the result of `{op}`")];
    assert_eq!(told(|| m.dot(&m, "x")), untrue("dot"));
    assert_eq!(told(|| cross(&m, &m, "x")), untrue("cross"));
    assert_eq!(told(|| cov(&m, &m, "x")), untrue("cov"));
    assert_eq!(told(|| corr(&m, &m, "x")), untrue("corr"));
    for fine in [m.dot(&plain, "x"), cross(&m, &plain, "x"), cov(&m, &plain, "x")] {
        assert_eq!(fine.unwrap().attrs().get_str("units"), Some("m"));
    }
    assert!(told(|| m.dot(&plain, "x").and(cov(&m, &plain, "x"))).is_empty());
    let weights = plain.notnull().unwrap();
    assert_eq!(told(|| m.weighted(&weights)?.var("x")), untrue("weighted var"));
    assert!(told(|| m.weighted(&weights)?.mean("x")?.add(&m.weighted(&weights)?.std("x")?)).is_empty());
    // Attributes go with the units in them.
    assert!(told(|| m.differentiate("x")?.add(&m.integrate("x")?)).is_empty());
}

#[test]
fn places_ranks_and_products_are_not_measured_as_the_data() {
    let m = metres();
    let untrue = |op: &str| vec![format!("units: the units `m` are not those of the result of `{op}`")];
    assert_eq!(told(|| m.cumprod("x")), untrue("cumprod"));
    assert_eq!(told(|| m.rank("x")), untrue("rank"));
    assert_eq!(told(|| m.argsort("x")), untrue("argsort"));
    assert_eq!(told(|| m.argmin_dims("x")), untrue("argmin"));
    assert_eq!(told(|| m.to_dataset("a").idxmax("x")), [untrue("idxmax"), widened("int64")].concat());
    assert_eq!(told(|| m.groupby("x")?.count(())), untrue("count"));
    assert!(told(|| m.cumsum("x")?.quantile(0.5, "x")).is_empty());
    // A coordinate in the same units gives labels in them.
    let mut x = Variable::from_vec(&[("x", 3)], vec![10.0, 20.0, 30.0]).unwrap();
    x.attrs.insert("units", "m");
    let measured = m.assign_coords([("x", x)]).unwrap();
    assert!(told(|| measured.idxmin("x")).is_empty());

    let mut names = DataArray::from_vec(&[("x", 1)], vec![Text::from("ab")]).unwrap();
    names.attrs_mut().insert("units", "m");
    assert_eq!(told(|| names.str()?.len()), untrue("len"));
    assert_eq!(told(|| names.str()?.contains("a")), untrue("contains"));
    assert!(told(|| names.str()?.upper()).is_empty());
}

#[test]
fn arithmetic_in_place_keeps_units_that_may_be_untrue() {
    let m = metres();
    let mut km = m.clone();
    km.attrs_mut().insert("units", "km");
    let in_place = |op: BinaryOp, by: &DataArray| {
        let mut a = m.clone();
        a.binary_assign(op, by).map(|()| a)
    };
    assert_eq!(
        told(|| in_place(BinaryOp::Mul, &m)),
        ["units: the units `m` are not those of the result of `mul`"]
    );
    assert_eq!(
        told(|| in_place(BinaryOp::Mul, &km)),
        ["units: the units `m` are not those of the result of `mul`"]
    );
    assert_eq!(
        told(|| in_place(BinaryOp::Add, &km)),
        ["units: the units `m` and `km` meet in `add`: the result says `m`"]
    );
    assert!(told(|| in_place(BinaryOp::Sub, &m)).is_empty());
    assert_eq!(
        told(|| {
            let mut ds = m.to_dataset("a");
            ds.mul_assign(&m).map(|()| ds)
        }),
        ["units: the units `m` are not those of the result of `mul`"]
    );
}

fn widened(from: &str) -> Vec<String> {
    vec![format!("dtypes: {from} becomes float64 to hold missing values")]
}

#[test]
fn verbs_that_make_holes_say_what_they_widen() {
    let ints = series(vec![1i64, 2, 3], vec![1.0, 2.0, 3.0]).astype(DType::I32).unwrap();
    let bare = ints.drop_vars("x").unwrap();
    assert_eq!(told(|| ints.shift("x", 1)), widened("int32"));
    assert!(told(|| ints.shift_with(&[("x", 1)], 0)).is_empty());
    assert_eq!(told(|| bare.pad(&[("x", (1, 1))], PadMode::Constant(PadValues::Missing))), widened("int32"));
    assert!(told(|| bare.pad(&[("x", (1, 1))], PadMode::Edge)).is_empty());
    assert_eq!(told(|| ints.reindex("x", Block::scalar(9i64).reshape(&[1])?)), widened("int32"));
    let gaps = InterpolateNa { limit: Some(1), ..InterpolateNa::default() };
    assert_eq!(told(|| bare.interpolate_na_with("x", &gaps)), widened("int32"));

    let key = DataArray::from_vec(&[("x", 3)], vec![0.0, f64::NAN, 0.0]).unwrap();
    let groups = bare.groupby(key).unwrap();
    let met = vec!["dtypes: float64 and int32 meet as float64".to_string()];
    assert_eq!(told(|| groups.add(&groups.max(())?)), [widened("int32"), met].concat());

    // Of the grid of 2 x 2 one place is empty.
    let (a, b) =
        (Block::from_vec(&[3], vec![0i64, 0, 1]).unwrap(), Block::from_vec(&[3], vec![0i64, 1, 1]).unwrap());
    let variable = |b: Block| Variable::new(["x"], b).unwrap();
    let sparse = bare.assign_coords([("a", variable(a)), ("b", variable(b))]).unwrap();
    let sparse = sparse.set_index("x", ["a", "b"]).unwrap();
    assert_eq!(told(|| sparse.unstack("x")), widened("int32"));
    let zeros = UnstackOptions { fill_value: Some(0.into()), ..UnstackOptions::default() };
    assert!(told(|| sparse.unstack_with("x", &zeros)).is_empty());

    let parts = [ints.to_dataset("a"), ints.to_dataset("b")];
    assert_eq!(
        told(|| concat(&parts, "x", &ConcatOptions::default())),
        [widened("int32"), widened("int32")].concat()
    );
    let late = ints.assign_coords([("x", Block::from_vec(&[3], vec![4i64, 5, 6]).unwrap())]).unwrap();
    let late = late.astype(DType::F64).unwrap();
    let parts: Vec<Object> = [ints, late].map(|a| a.to_dataset("a").into()).into();
    let meet = ["dtypes: int32 and float64 meet as float64"];
    assert_eq!(told(|| combine_by_coords(&parts, &ConcatOptions::default())), meet);
    assert_eq!(told(|| combine_nested(parts.clone(), ["x"], &ConcatOptions::default())), meet);
}

#[test]
fn choices_between_two_dtypes_are_told() {
    let a = series(vec![1i64], vec![1.0]);
    let b = a.astype(DType::F32).unwrap();
    let meet = |x: &str, y: &str| vec![format!("dtypes: {x} and {y} meet as float64")];
    let mask = a.gt(0.0).unwrap();
    assert_eq!(told(|| select_where(&mask, &a, &b)), meet("float64", "float32"));
    assert_eq!(told(|| a.fillna(&b)), meet("float64", "float32"));
    assert_eq!(told(|| a.clip_min(&b)), meet("float64", "float32"));
    assert_eq!(told(|| b.clip_min(&a)), meet("float32", "float64"));
    let ds = a.to_dataset("a").assign([("b", b.clone())]).unwrap();
    assert_eq!(told(|| ds.to_dataarray("v")), meet("float64", "float32"));
}
