//! Layouts of memory, and speed.

use super::*;
use crate::array::Slice;

/// Every layout of memory gives what a plain copy gives.
#[test]
fn layouts_and_repeats_do_not_change_values() {
    let n = 3 * 50 * 70;
    let whole = Block::from_vec(&[3, 50, 70], (0..n).collect::<Vec<i32>>()).unwrap();
    let part = |b: &Block, step: isize| {
        b.slice(&[
            Slice { start: 0, step: 1, len: 3 },
            Slice { start: if step < 0 { 49 } else { 0 }, step, len: 25 },
            Slice { start: 1, step: 2, len: 30 },
        ])
    };
    let turned =
        Block::from_vec(&[30, 25, 3], (0..30 * 25 * 3).collect::<Vec<i64>>()).unwrap().permute(&[2, 1, 0]);
    let line = Block::from_vec(&[1, 25, 1], (0..25).map(f64::from).collect::<Vec<f64>>()).unwrap();
    let plane = Block::from_vec(&[30, 3], (0..90).map(f64::from).collect::<Vec<f64>>())
        .unwrap()
        .permute(&[1, 0])
        .insert_axis(1);
    let gaps = part(&whole, -1).slice(&[
        Slice { start: 1, step: 1, len: 1 },
        Slice { start: 0, step: 1, len: 25 },
        Slice { start: 0, step: 1, len: 30 },
    ]);
    let single = Block::from_vec(&[1, 1, 1], vec![2.5_f32]).unwrap();
    let all = [part(&whole, 2), part(&whole, -1), turned, line, plane, gaps, single];
    let shape = [3, 25, 30];
    for a in &all {
        for b in &all {
            let got = apply(&MapFn::Binary(BinaryOp::Add), vec![a.clone(), b.clone()], &shape).unwrap();
            let dense = |x: &Block| {
                let x = cast::cast(x, got.dtype()).unwrap().broadcast_to(&shape).unwrap();
                cast::cast(&x, DType::F64).unwrap().to_vec::<f64>().unwrap()
            };
            let want: Vec<f64> = dense(a).iter().zip(dense(b)).map(|(a, b)| a + b).collect();
            assert_eq!(cast::cast(&got, DType::F64).unwrap().to_vec::<f64>().unwrap(), want);
            assert_eq!(got.shape(), shape);
        }
    }
}

#[test]
fn memory_without_another_owner_is_used_again() {
    let start = |b: &Block| b.as_slice::<f64>().unwrap().as_ptr();
    let a = row(&[1.0; 5000]);
    let at = start(&a);
    let sum = apply(&MapFn::Binary(BinaryOp::Add), vec![a, row(&[1_i16; 5000])], &[5000]).unwrap();
    assert_eq!(start(&sum), at);
    assert!(sum.to_vec::<f64>().unwrap().iter().all(|v| *v == 2.0));
    let kept = sum.clone();
    let root = apply(&MapFn::Unary(UnaryOp::Sqrt), vec![sum], &[5000]).unwrap();
    assert_ne!(start(&root), at);
    assert!(kept.to_vec::<f64>().unwrap().iter().all(|v| *v == 2.0));
    // A part does not keep the whole alive.
    let part = root.slice(&[Slice { start: 10, step: 1, len: 10 }]);
    drop(root);
    let square = apply(&MapFn::Unary(UnaryOp::Square), vec![part], &[10]).unwrap();
    assert_eq!(square.size(), 10);
}

#[test]
fn empty_blocks_stay_empty() {
    let a = Block::from_vec::<f64>(&[0, 3], vec![]).unwrap();
    let b = Block::from_vec(&[1, 3], vec![1.0, 2.0, 3.0]).unwrap();
    let sum = apply(&MapFn::Binary(BinaryOp::Add), vec![a, b], &[0, 3]).unwrap();
    assert_eq!(sum.shape(), [0, 3]);
}
