//! Selection by label on every kind of index.

use super::*;
use crate::dtype::{Element, Text};

fn index<T: Element>(labels: &[T]) -> Arc<dyn Index> {
    default_index(&Block::from_vec(&[labels.len()], labels.to_vec()).unwrap()).unwrap()
}

fn one(index: &dyn Index, label: impl Into<Scalar>) -> Result<Positions> {
    index.select(&Label::One(label.into()), Method::Exact, None)
}

fn between(index: &dyn Index, start: i64, stop: i64) -> Result<Positions> {
    let label =
        Label::Range { start: Some(start.into()), stop: Some(stop.into()), step: None, half_open: false };
    index.select(&label, Method::Exact, None)
}

#[test]
fn labels_are_found_by_value() {
    for index in [index(&[10i64, 20, 30]), index(&[10i64, 20, 35]), index(&[20i64, 10, 20, 50])] {
        let at = index.labels().to_vec::<i64>().unwrap().iter().position(|v| *v == 10).unwrap();
        assert_eq!(one(index.as_ref(), 10).unwrap(), Positions::One(at));
        assert_eq!(one(index.as_ref(), 10.0).unwrap(), Positions::One(at));
        assert!(one(index.as_ref(), 10.5).unwrap_err().is_not_found());
        assert!(one(index.as_ref(), "10").unwrap_err().is_not_found());
    }
    let single = index(&[0.1f32, 0.2, 0.4]);
    assert_eq!(one(single.as_ref(), 0.2).unwrap(), Positions::One(1));
    assert_eq!(one(index(&[1.0, f64::NAN]).as_ref(), f64::NAN).unwrap(), Positions::One(1));
    assert_eq!(one(index(&[Text::from("b"), Text::from("a")]).as_ref(), "a").unwrap(), Positions::One(1));
    assert_eq!(one(index(&[u64::MAX, 0]).as_ref(), u64::MAX).unwrap(), Positions::One(0));
}

#[test]
fn duplicates_are_all_found_by_one_label_and_refused_in_lists() {
    let sorted = index(&[1i64, 2, 2, 3]);
    assert_eq!(one(sorted.as_ref(), 2).unwrap(), Positions::Slice(Slice::range(1..3)));
    let mixed = index(&[1i64, 2, 2, 3, 2]);
    assert_eq!(one(mixed.as_ref(), 2).unwrap(), Positions::Many(vec![1, 2, 4]));
    assert_eq!(between(mixed.as_ref(), 1, 3).unwrap(), Positions::Slice(Slice::range(0..4)));
    assert!(between(mixed.as_ref(), 2, 3).is_err());
    let list = Label::Many(Block::from_vec(&[1], vec![1i64]).unwrap());
    for index in [sorted, mixed] {
        assert!(index.select(&list, Method::Exact, None).is_err());
        assert!(index.select(&Label::One(2.into()), Method::Nearest, None).is_err());
    }
}

#[test]
fn unsorted_labels_bound_slices_only_by_themselves() {
    let index = index(&[30i64, 10, 20]);
    assert_eq!(between(index.as_ref(), 10, 20).unwrap(), Positions::Slice(Slice::range(1..3)));
    let e = between(index.as_ref(), 15, 20).unwrap_err().to_string();
    assert!(e.contains("no label 15") && e.contains("not in order"), "{e}");
    assert!(index.select(&Label::One(12.into()), Method::Nearest, None).is_err());
}

#[test]
fn errors_name_the_label_and_its_neighbours() {
    let e = one(index(&[10i64, 20, 30]).as_ref(), 15).unwrap_err().to_string();
    assert!(e.contains("no label 15 among 3") && e.contains("nearest are 10 and 20"), "{e}");
    let list = Label::Many(Block::from_vec(&[2], vec![Text::from("a"), Text::from("q")]).unwrap());
    let e = index(&[Text::from("a"), Text::from("b")]).select(&list, Method::Exact, None).unwrap_err();
    assert!(e.to_string().contains("no label `q`"), "{e}");
}

#[test]
fn every_kind_of_index_is_chosen_by_its_labels() {
    let is = |index: Arc<dyn Index>, name: &str| assert!(format!("{index:?}").starts_with(name), "{index:?}");
    is(index(&[10i64, 20, 30]), "RangeIndex");
    is(index(&[10i64, 20, 35]), "SortedIndex");
    is(index(&[10i64, 40, 35]), "HashIndex");
    is(index(&[10i64, 40, 70, 36]).take(&Positions::Slice(Slice::range(0..3))), "RangeIndex");
    is(index(&[1.0, f64::NAN]), "HashIndex");
    is(index::<i64>(&[]), "SortedIndex");
    assert!(index(&[1i64, 2, 3]).equals(index(&[1.0, 2.0, 3.0]).as_ref()));
    assert!(!index(&[1i64, 2, 3]).equals(index(&[1.0, 2.0, 3.5]).as_ref()));
}
