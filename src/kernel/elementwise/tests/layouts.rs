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

/// Run with `--ignored --nocapture` and an optimised build.
#[test]
#[ignore = "a measurement"]
fn speed_of_64_mb() {
    let n = 16 << 20;
    let side = 4096;
    let a = Block::from_vec(&[side, side], vec![1.5_f32; n]).unwrap();
    let b = Block::from_vec(&[side, side], vec![2.5_f32; n]).unwrap();
    let i = Block::from_vec(&[side, side], vec![2_i16; n]).unwrap();
    let line = Block::from_vec(&[1, side], vec![2.5_f32; side]).unwrap();
    let column = Block::from_vec(&[side, 1], vec![2.5_f32; side]).unwrap();
    let c = Block::from_vec(&[side, side], vec![true; n]).unwrap();
    let t = a.permute(&[1, 0]);
    let one = Block::from_vec(&[1, 1], vec![2.0_f32]).unwrap();
    let run = |name: &str, f: MapFn, inputs: Vec<Block>| {
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let start = std::time::Instant::now();
            std::hint::black_box(apply(&f, inputs.clone(), &[side, side]).unwrap());
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{name:28} {:7.1} ms", best * 1e3);
    };
    let add = || MapFn::Binary(BinaryOp::Add);
    let copy = std::time::Instant::now();
    std::hint::black_box(vec![1.5_f32; n].to_vec());
    println!("fill and copy                {:7.1} ms", copy.elapsed().as_secs_f64() * 1e3);
    run("f32 + f32", add(), vec![a.clone(), b.clone()]);
    run("f32 + i16", add(), vec![a.clone(), i.clone()]);
    run("f32 + scalar", add(), vec![a.clone(), one.clone()]);
    run("f32 + row", add(), vec![a.clone(), line.clone()]);
    run("f32 + column", add(), vec![a.clone(), column]);
    run("f32 + transposed", add(), vec![a.clone(), t]);
    run("f32 ** 2", MapFn::Binary(BinaryOp::Pow), vec![a.clone(), one]);
    run("f32 < f32", MapFn::Binary(BinaryOp::Lt), vec![a.clone(), b.clone()]);
    run("where", MapFn::Where, vec![c, a.clone(), b.clone()]);
    run("sqrt", MapFn::Unary(UnaryOp::Sqrt), vec![a.clone()]);
    run("exp", MapFn::Unary(UnaryOp::Exp), vec![a.clone()]);
    run("maximum", MapFn::Binary(BinaryOp::Maximum), vec![a.clone(), b.clone()]);
    run("fillna", MapFn::FillNa, vec![a.clone(), line]);
    run("i16 // i16", MapFn::Binary(BinaryOp::FloorDiv), vec![i.clone(), i]);
    run("isnull", MapFn::Unary(UnaryOp::IsNull), vec![a.clone()]);
    run("astype f64", MapFn::Cast(DType::F64), vec![a.clone()]);
    let mut own = b.clone();
    own = apply(&add(), vec![own, a.clone()], &[side, side]).unwrap();
    let start = std::time::Instant::now();
    let own = apply(&add(), vec![own, a.clone()], &[side, side]).unwrap();
    println!("f32 += f32                   {:7.1} ms", start.elapsed().as_secs_f64() * 1e3);
    drop(own);
    let (s, t) = (row(&[1.0_f64; 4]), row(&[1.0_f64; 4]));
    let start = std::time::Instant::now();
    for _ in 0..100_000 {
        std::hint::black_box(apply(&add(), vec![s.clone(), t.clone()], &[4]).unwrap());
    }
    println!("4 elements                   {:7.0} ns", start.elapsed().as_secs_f64() * 1e4);
}
