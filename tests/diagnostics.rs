//! What xarray does in silence is told: events of `tracing`, and errors where `Options::strict` asks for them.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use graticule::dtype::Element;
use graticule::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

/// Keeps `topic: message` of every event.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

struct Fields(String, String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.1 = format!("{value:?}"),
            "topic" => self.0 = format!("{value:?}").trim_matches('"').to_string(),
            _ => {}
        }
    }
}

impl tracing::Subscriber for Told {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "graticule::labels"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields(String::new(), String::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(format!("{}: {}", fields.0, fields.1));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// What is told while `f` runs, and that it is an error when strict, and nothing otherwise.
fn told<T>(f: impl Fn() -> Result<T>) -> Vec<String> {
    let told = Told::default();
    tracing::subscriber::with_default(told.clone(), || f().map(drop)).unwrap();
    let told = told.0.lock().unwrap().clone();
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
    // Without attributes nothing untrue is said.
    let plain = Options { keep_attrs: false, ..Options::current() };
    assert!(told(|| with_options(plain, || &m * &m)).is_empty());
}
