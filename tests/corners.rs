//! Corners that the conformance cases do not reach: CF coding, weights, filling.

use graticule::dtype::DType;
use graticule::io::RawDataset;
use graticule::io::cf::{DecodeOptions, decode, encode};
use graticule::labels::WeightedOp;
use graticule::prelude::*;

fn raw(v: Variable) -> RawDataset {
    let mut raw = RawDataset::new();
    raw.variables.insert("v".into(), v);
    raw
}

#[test]
fn a_fill_value_that_cannot_occur_still_makes_room_for_missing_values() {
    let attrs = Attrs::new().with("_FillValue", -999i64);
    let v = Variable::from_vec(&[("x", 2)], vec![1u32, 4_294_966_297]).unwrap().with_attrs(attrs);
    let got = decode(raw(v), &DecodeOptions::default()).unwrap().get("v").unwrap();
    // 4294966297 has the bits of -999, but is another number.
    assert_eq!(got.to_vec::<f64>().unwrap(), [1.0, 4_294_966_297.0]);

    let plain = Variable::from_vec(&[("x", 2)], vec![1u32, 2]).unwrap();
    let got = decode(raw(plain), &DecodeOptions::default()).unwrap().get("v").unwrap();
    assert_eq!(got.dtype(), DType::U32);
}

#[test]
fn units_of_lazy_times_come_from_their_values() {
    let days: Vec<i64> = [10, 11, 15].iter().map(|d| d * 86_400_000_000_000).collect();
    let times = Block::from_vec(&[3], days).unwrap().retype(DType::DATETIME_NS);
    let a = DataArray::new(Variable::new(["x"], times).unwrap(), Coords::new()).unwrap();
    let lazy = a.chunk("x", 2).unwrap();
    assert!(lazy.variable().data().as_block().is_none());
    let raw = encode(&lazy.to_dataset("t"), true).unwrap();
    let t = &raw.variables["t"];
    assert_eq!(t.attrs.get_str("units"), Some("days since 1970-01-11 00:00:00"));
    assert_eq!(t.load().unwrap().to_vec::<i64>().unwrap(), [0, 1, 5]);
}

#[test]
fn weighted_integers_are_floats_where_missing_values_are_said_to_be_left_out() {
    let a = DataArray::from_vec(&[("x", 3)], vec![1i32, 2, 3]).unwrap();
    let w = DataArray::from_vec(&[("x", 3)], vec![1i32, 1, 2]).unwrap();
    let sum = |skipna| {
        let options = ReduceOptions { skipna, ..ReduceOptions::default() };
        a.weighted(&w).unwrap().reduce_with(WeightedOp::Sum, "x", options).unwrap()
    };
    assert!(sum(None).dtype().is_integer());
    assert_eq!(sum(Some(true)).to_vec::<f64>().unwrap(), [9.0]);
}

#[test]
fn filling_by_variable_makes_the_other_integers_floats() {
    let v = |values: Vec<f64>| Variable::from_vec(&[("x", 2)], values).unwrap();
    let n = Variable::from_vec(&[("x", 2)], vec![1i32, 2]).unwrap();
    let vars = [("f".into(), v(vec![f64::NAN, 1.0])), ("n".into(), n)].into_iter().collect();
    let ds = Dataset::from_variables(vars, Coords::new()).unwrap();
    let filled = ds.fillna_each(&[("f", Operand::from(7.0))]).unwrap();
    assert_eq!(filled.get("f").unwrap().to_vec::<f64>().unwrap(), [7.0, 1.0]);
    assert_eq!(filled.get("n").unwrap().to_vec::<f64>().unwrap(), [1.0, 2.0]);
}
