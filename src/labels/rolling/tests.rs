use crate::array::Block;
use crate::dtype::Text;
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
