//! Multi-indexes: what goes along with them, and how mistakes are told.

use graticule::labels::{tuple_range, tuples};
use graticule::prelude::*;

fn table() -> DataArray {
    let mut coords = Coords::new();
    coords.insert("x", Variable::from_vec(&[("x", 2)], vec![10, 20]).unwrap()).unwrap();
    coords.insert("y", Variable::from_vec(&[("y", 3)], vec![0.5, 1.5, 2.5]).unwrap()).unwrap();
    let values = Variable::from_vec(&[("x", 2), ("y", 3)], vec![1, 2, 3, 4, 5, 6]).unwrap();
    DataArray::new(values, coords).unwrap().stack("z", ["x", "y"]).unwrap()
}

fn says(result: Result<DataArray>, what: &str) {
    let e = result.expect_err("a mistake").to_string();
    assert!(e.contains(what), "{e}");
}

#[test]
fn mistakes_are_told() {
    let a = table();
    says(a.sel("x", 15), "no label 15");
    says(a.sel("x", 15), "index of the coordinates (x, y)");
    says(a.sel_with(Sel::new().at("x", 10).method(Method::Nearest)), "no nearest label");
    says(a.sel("x", [10, 20]), "2 labels where one is selected at a time");
    says(a.sel("z", [10, 20]), "must hold tuples");
    says(a.sel("z", (10, 0.5, 3)), "a tuple of 3 labels for 2 levels");
    says(a.sel("z", tuples([(10, 9.5)])), "no label 9.5");
    says(a.isel("z", [3, 0]).unwrap().sel("z", tuple_range((10,), (20,))), "not in order");
    says(a.sel_with(Sel::new().at("z", 10).at("x", 10)), "labels both for the dimension");
    says(a.coord("z"), "the labels of `z` are tuples");
    says(a.stack("w", ["z"]), "dimension `z` has a multi-index");
    says(a.stack("x", ["z"]), "`x`");
    says(a.unstack("y"), "no dimension named `y`");
    says(
        a.assign_coords([("x", Variable::from_vec(&[("z", 6)], vec![0; 6]).unwrap())]),
        "shares its index with `y`",
    );
    says(a.drop_indexes("x"), "shares its index with `y`");
    says(a.reorder_levels("z", ["y"]), "1 of 2 levels named");
    says(a.rename([("x", "z")]), "in use");
}

#[test]
fn levels_go_and_stay_together() {
    let a = table();
    for name in ["x", "y", "z"] {
        assert!(a.drop_vars(name).unwrap().coords().is_empty(), "{name}");
    }
    let b = a.assign_coords([("z", Block::from_vec(&[6], (0..6i64).collect()).unwrap())]).unwrap();
    assert_eq!(b.coords().names().map(|n| &**n).collect::<Vec<_>>(), ["z"]);
    let kept = |a: DataArray| a.coords().joints().len() == 1;
    assert!(kept((&a + 1).unwrap()) && kept(a.isel("z", 2..).unwrap()) && kept(a.chunk("z", 2).unwrap()));
    assert!(kept(a.where_cond(a.gt(2).unwrap()).unwrap()) && kept(a.astype(DType::F32).unwrap()));
    assert!(kept(a.drop_attrs(true)) && kept(a.to_dataset("v").get("v").unwrap()));
    let text = a.to_string();
    assert!(text.contains("* x") && text.contains("* y"), "{text}");
}

#[test]
fn a_chunked_table_is_read_once_and_in_parts() {
    let n = 300;
    let values = (0..n * n).map(|v| v as f64).collect();
    let a = DataArray::from_vec(&[("x", n as usize), ("y", n as usize)], values).unwrap();
    let chunked = a.chunk("x", 30).unwrap().chunk("y", 50).unwrap();
    let flat = chunked.stack("z", ["x", "y"]).unwrap();
    assert_eq!(flat.variable().chunks().count(), 10);
    let back = flat.unstack("z").unwrap();
    assert_eq!(back.variable().chunks().counts(), [10, 1]);
    assert!(back.load().unwrap().same_bits(&a.load().unwrap()));
    // Levels in another order are turned, not looked up row by row.
    let turned = flat.reorder_levels("z", ["y", "x"]).unwrap().unstack("z").unwrap();
    assert_eq!(turned.variable().chunks().counts(), [1, 10]);
    assert!(turned.load().unwrap().same_bits(&a.transpose(["y", "x"]).unwrap().load().unwrap()));
}
