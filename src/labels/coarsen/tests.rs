use super::*;
use crate::array::Block;
use crate::dtype::Text;

fn series() -> DataArray {
    let v = Variable::from_vec(&[("y", 2), ("x", 5)], (0..10).map(f64::from).collect()).unwrap();
    let mut coords = Coords::new();
    coords.insert("x", Variable::from_vec(&[("x", 5)], vec![10, 20, 30, 40, 60]).unwrap()).unwrap();
    coords.insert("z", Variable::from_vec(&[("x", 5)], vec![1.0, 2.0, 3.0, 4.0, 5.0]).unwrap()).unwrap();
    DataArray::new(v, coords).unwrap()
}

#[test]
fn coordinates_become_means_unless_told_otherwise() {
    let trimmed =
        series().coarsen([("x", 2)]).boundary(Boundary::Trim).coord_func(ReduceOp::Min).sum().unwrap();
    assert_eq!(trimmed.to_vec::<f64>().unwrap(), [1.0, 5.0, 11.0, 15.0]);
    assert_eq!(trimmed.coord("x").unwrap().to_vec::<i32>().unwrap(), [10, 30]);
    assert_eq!(trimmed.coord("z").unwrap().to_vec::<f64>().unwrap(), [1.5, 3.5]);
    assert!(trimmed.coords().index("x").is_some());
}

#[test]
fn padding_makes_room_for_missing_values() {
    let padded = series().coarsen([("x", 3)]).boundary(Boundary::Pad).side(Side::Right).count().unwrap();
    assert_eq!(padded.to_vec::<i64>().unwrap(), [2, 3, 2, 3]);
    assert_eq!(padded.coord("x").unwrap().to_vec::<f64>().unwrap(), [15.0, 130.0 / 3.0]);
}

#[test]
fn mistakes_are_told() {
    let a = series();
    let e = a.coarsen([("x", 2)]).mean().unwrap_err().to_string();
    assert!(e.contains("length 5 of `x`") && e.contains("Trim"), "{e}");
    assert!(a.coarsen([("t", 2)]).mean().unwrap_err().is_not_found());
    assert!(a.coarsen([("x", 0)]).mean().is_err());
    let letters = Block::from_vec(&[2], ["a", "b"].map(Text::from).to_vec()).unwrap();
    let named = a.assign_coords([("y", letters)]).unwrap();
    let e = named.coarsen([("y", 2)]).mean().unwrap_err().to_string();
    assert!(e.contains("coordinate `y`"), "{e}");
    assert!(a.coarsen([("y", 2)]).construct([("x", ["a", "b"])]).is_err());
    assert!(a.coarsen([("y", 2)]).construct([("y", ["y", "x"])]).is_err());
}

#[test]
fn windows_longer_than_the_dimension_leave_nothing() {
    let none = series().coarsen([("x", 7)]).boundary(Boundary::Trim).max().unwrap();
    assert_eq!(none.shape(), [2, 0]);
    let one = series().coarsen([("x", 7)]).boundary(Boundary::Pad).max().unwrap();
    assert_eq!(one.to_vec::<f64>().unwrap(), [4.0, 9.0]);
}

#[test]
fn each_member_of_a_block_needs_a_weight() {
    let a = series().isel("x", ..4).unwrap();
    let w = a.isel("y", 0).unwrap();
    let blocks = a.coarsen([("x", 2)]);
    let few = blocks.weighted(&w.isel("x", 1..).unwrap()).unwrap();
    let e = few.mean(()).unwrap_err().to_string();
    assert!(e.contains("labels of 3 of 4 positions along `x`") && e.contains("reindex"), "{e}");
    let e = blocks.weighted(&w).unwrap().mean("y").unwrap_err().to_string();
    assert!(e.contains("name `x`"), "{e}");
    assert_eq!(blocks.weighted(&w).unwrap().sum(["x", "y"]).unwrap().to_vec::<f64>().unwrap(), [7.0, 51.0]);
    assert!(a.coarsen([("t", 2)]).weighted(&w).unwrap().mean(()).unwrap_err().is_not_found());
}
