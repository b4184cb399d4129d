use super::*;
use crate::array::Block;
use crate::dtype::DType;

fn sample() -> DataArray {
    let variable =
        Variable::from_vec(&[("time", 2), ("x", 3)], vec![1.0, 2.5, f64::NAN, 4.0, 5.0, -6.25]).unwrap();
    let time = Block::from_vec(&[2], vec![0i64, 86_400_000_000_000]).unwrap().retype(DType::DATETIME_NS);
    let mut coords = Coords::new();
    coords.insert_with("time", Variable::new(["time"], time).unwrap(), None).unwrap();
    coords.insert_with("height", Variable::scalar(Block::scalar(2i64)), None).unwrap();
    let mut a = DataArray::new(variable, coords).unwrap().with_name("t2m");
    a.attrs_mut().insert("units", "K");
    a
}

#[test]
fn an_array_shows_name_sizes_dtype_values_coordinates_and_attributes() {
    let expected = "\
<DataArray 't2m' (time: 2, x: 3)> float64 48B
[[  1.0   2.5   nan]
 [  4.0   5.0 -6.25]]
Coordinates:
    time    (time) datetime64[ns] 16B 1970-01-01 1970-01-02
    height  int64 8B 2
Dimensions without coordinates: x
Attributes:
    units:   K";
    assert_eq!(sample().to_string(), expected);
}

#[test]
fn a_dataset_lists_its_variables_on_lines() {
    let text = sample().to_dataset("t2m").to_string();
    assert!(text.starts_with("<Dataset> 72B\nDimensions:  (time: 2, x: 3)\nCoordinates:\n"), "{text}");
    assert!(
        text.contains("\nData variables:\n    t2m     (time, x) float64 48B 1.0 2.5 nan 4.0 5.0 -6.25"),
        "{text}"
    );
}

#[test]
fn lazy_arrays_show_chunks() {
    let a = sample().chunk("x", 2).unwrap();
    assert!(a.to_string().contains("[lazy, 2 chunks of (2, 2)]"), "{a}");
    let ds = a.to_dataset("a").to_string();
    assert!(ds.contains("(time, x) float64 48B lazy, 2 chunks of (2, 2)"), "{ds}");
}

#[test]
fn long_arrays_are_elided_and_empty_ones_print() {
    let a = DataArray::from_vec(&[("x", 1000)], (0..1000i64).collect()).unwrap();
    assert!(a.to_string().contains("[  0   1   2 ... 997 998 999]"), "{a}");
    let ds = a.to_dataset("a").to_string();
    assert!(ds.contains("8kB 0 1 2 3 4 5 6 7 8 ... 992 993"), "{ds}");
    assert!(ds.lines().all(|l| l.chars().count() <= WIDTH), "{ds}");
    let empty = DataArray::from_vec(&[("x", 0), ("y", 3)], Vec::<f32>::new()).unwrap();
    assert!(empty.to_string().contains("[] of shape [0, 3]"), "{empty}");
    assert!(!empty.to_dataset("e").to_string().is_empty());
    let scalar = DataArray::from_vec(&[], vec![1.5f32]).unwrap();
    assert_eq!(scalar.to_string(), "<DataArray ()> float32 4B\n1.5");
}

#[test]
fn bytes_are_rounded() {
    let texts = [(8, "8B"), (1500, "1.5kB"), (31_000_000, "31MB"), (9_960, "10kB"), (999_999_999, "1000MB")];
    for (n, text) in texts {
        assert_eq!(human_bytes(n), text);
    }
}
