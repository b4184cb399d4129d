//! Several objects as one: what errors name.

use graticule::labels::{ConcatOptions, combine_by_coords, combine_nested};
use graticule::prelude::*;

fn part(x: &[i64], lat: usize) -> Dataset {
    let n = x.len();
    let a = DataArray::from_vec(&[("x", n), ("lat", lat)], vec![1.0; n * lat]).unwrap();
    let a = a.assign_coords([("x", Block::from_vec(&[n], x.to_vec()).unwrap())]).unwrap();
    a.to_dataset("t")
}

fn message<T>(result: Result<T>) -> String {
    result.err().map(|e| e.to_string()).unwrap_or_default()
}

#[test]
fn the_object_and_the_variable_that_break_the_pattern_are_named() {
    let parts = [part(&[1], 6), part(&[2], 6), part(&[3], 5)];
    let e = message(concat(&parts, "x", &ConcatOptions::default()));
    assert!(e.contains("6 of `t` in object 0 and 5 of `t` in object 2 along `lat`"), "{e}");
    let lacking = [part(&[1], 6), part(&[2], 6).assign_coords([("h", Block::scalar(1))]).unwrap()];
    let options = ConcatOptions { coords: ConcatOver::All, ..ConcatOptions::default() };
    let e = message(concat(&lacking, "x", &options));
    assert!(e.contains("coordinate `h` is not in object 0"), "{e}");
}

#[test]
fn labels_that_do_not_line_up_are_named() {
    let by = |parts: &[Dataset]| {
        let objects: Vec<Object> = parts.iter().map(Object::from).collect();
        message(combine_by_coords(&objects, &ConcatOptions::by_coords()))
    };
    let e = by(&[part(&[1, 5], 1), part(&[3], 1)]);
    assert!(e.contains("`x`") && e.contains("5 is followed by 3"), "{e}");
    let e = by(&[part(&[1, 2], 1), part(&[5, 4], 1)]);
    assert!(e.contains("rise in object 0 and fall in object 1"), "{e}");
    let e = by(&[part(&[1, 2], 1), part(&[1], 1)]);
    assert!(e.contains("objects 0 and 1 begin with the same labels along x"), "{e}");
    let e = by(&[part(&[1], 1).drop_vars("x").unwrap(), part(&[1], 1)]);
    assert!(e.contains("their order is unknown"), "{e}");
}

#[test]
fn lists_that_form_no_grid_are_named() {
    let p = part(&[1], 1);
    let ragged = vec![vec![p.clone(), p.clone()], vec![p.clone()]];
    let e = message(combine_nested(ragged, ["x", "lat"], &ConcatOptions::nested()));
    assert!(e.contains("a list of 1 where others have 2") && e.contains("objects[1]"), "{e}");
    let e = message(combine_nested(vec![p.clone()], ["x", "lat"], &ConcatOptions::nested()));
    assert!(e.contains("2 dimensions for lists nested 1 deep"), "{e}");
    let empty = combine_nested(Vec::<Dataset>::new(), ["x"], &ConcatOptions::nested()).unwrap();
    assert!(empty.into_dataset().unwrap().data_vars().is_empty());
}
