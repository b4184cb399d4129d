//! Values from numpy 2.4.

mod layouts;
mod operations;
mod spans;

use super::*;
use crate::dtype::{Element, TimeUnit};
use crate::time::Calendar;

fn row<T: Element>(values: &[T]) -> Block {
    Block::from_vec(&[values.len()], values.to_vec()).unwrap()
}

fn map(f: MapFn, inputs: &[&Block]) -> Result<Block> {
    let n = inputs.iter().map(|b| b.size()).max().unwrap();
    let inputs = inputs.iter().map(|b| if b.ndim() == 0 { b.insert_axis(0) } else { (*b).clone() }).collect();
    apply(&f, inputs, &[n])
}

fn unary(op: UnaryOp, a: &Block) -> Result<Block> {
    map(MapFn::Unary(op), &[a])
}

fn binary(op: BinaryOp, a: &Block, b: &Block) -> Result<Block> {
    map(MapFn::Binary(op), &[a, b])
}

/// Equal, NaN to NaN, and of the same type.
fn assert_f64(got: &Block, want: &[f64]) {
    assert_eq!(got.dtype(), DType::F64);
    let got: Vec<f64> = got.to_vec().unwrap();
    assert_eq!(got.len(), want.len());
    for (g, w) in got.iter().zip(want) {
        let same = g.to_bits() == w.to_bits() || (g.is_nan() && w.is_nan());
        assert!(same, "{got:?} is not {want:?}");
    }
}

fn times(unit: TimeUnit, v: &[i64]) -> Block {
    row(v).retype(DType::Datetime { unit, calendar: Calendar::ProlepticGregorian })
}

fn spans(unit: TimeUnit, v: &[i64]) -> Block {
    row(v).retype(DType::Timedelta { unit })
}

const S: TimeUnit = TimeUnit::S;
