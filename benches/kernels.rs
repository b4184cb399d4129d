//! Kernels over 64 MB of `f32`: bytes a second, to hold against what memory gives.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use graticule::array::Block;
use graticule::dtype::DType;
use graticule::exec::compute;
use graticule::kernel::calculus::{Spacing, gradient, running_integral};
use graticule::kernel::contract::{Contraction, contract};
use graticule::kernel::elementwise::{BinaryOp, MapFn, UnaryOp, apply};
use graticule::kernel::fit::{Design, FitState};
use graticule::kernel::order::{Method, OrderSpec, Pick, RankKind, pick, rank};
use graticule::kernel::reduce::{Groups, ReduceOp, ReduceSpec, whole};
use graticule::kernel::scan::{ScanOp, ScanSpec, scan};
use graticule::lazy::{LazyArray, PadWith};

const SIDE: usize = 256;
const BYTES: u64 = (SIDE * SIDE * SIDE * 4) as u64;

/// Numbers of both signs, one in seven missing.
fn cube() -> Block {
    let values = (0..SIDE * SIDE * SIDE).map(|i| match i % 7 {
        3 => f32::NAN,
        _ => ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32 - 8e6,
    });
    Block::from_vec(&[SIDE, SIDE, SIDE], values.collect()).expect("one value for each place")
}

fn reduced(spec: &ReduceSpec, block: &Block) -> Block {
    whole(spec, block).expect("floats reduce")
}

fn reductions(c: &mut Criterion) {
    let x = cube();
    let mut bench = c.benchmark_group("reduce");
    bench.throughput(Throughput::Bytes(BYTES)).sample_size(10);
    let plain = |op, axes: &[usize]| ReduceSpec {
        op,
        axes: axes.to_vec(),
        group: None,
        skipna: true,
        ddof: 0.0,
        min_count: None,
    };
    for op in [ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Var, ReduceOp::Max, ReduceOp::Count] {
        for axes in [&[0][..], &[1], &[2], &[0, 1, 2]] {
            let spec = plain(op, axes);
            bench.bench_function(BenchmarkId::new(op.name(), format!("{axes:?}")), |b| {
                b.iter(|| black_box(reduced(&spec, &x)))
            });
        }
    }
    for (name, codes, count) in [
        ("runs", (0..SIDE as i32).map(|i| i / 30).collect::<Vec<_>>(), 9),
        ("turns", (0..SIDE as i32).map(|i| i % 12).collect(), 12),
    ] {
        for axis in 0..3 {
            let group = Some(Groups::along(axis, codes.clone(), count));
            let spec = ReduceSpec { group, ..plain(ReduceOp::Mean, &[]) };
            bench.bench_function(BenchmarkId::new(format!("mean by {name}"), axis), |b| {
                b.iter(|| black_box(reduced(&spec, &x)))
            });
        }
    }
    bench.finish();
}

/// What sorts or selects, and the positions of extremes.
fn order(c: &mut Criterion) {
    let x = cube();
    let mut bench = c.benchmark_group("order");
    bench.throughput(Throughput::Bytes(BYTES)).sample_size(10);
    for axis in [0, 2] {
        for skipna in [true, false] {
            let name = if skipna { "" } else { " strict" };
            let spec = |pick| OrderSpec { pick, axes: vec![axis], group: None, skipna };
            let median = spec(Pick::Median);
            bench.bench_function(BenchmarkId::new(format!("median{name}"), axis), |b| {
                b.iter(|| black_box(pick(&median, &x).expect("floats have one")))
            });
            let q = [0.05, 0.25, 0.5, 0.75, 0.95].as_slice().into();
            let quantiles = spec(Pick::Quantiles { q, method: Method::Linear });
            bench.bench_function(BenchmarkId::new(format!("5 quantiles{name}"), axis), |b| {
                b.iter(|| black_box(pick(&quantiles, &x).expect("floats have some")))
            });
        }
        bench.bench_function(BenchmarkId::new("rank", axis), |b| {
            b.iter(|| black_box(rank(&x, axis, RankKind::Place).expect("floats have one")))
        });
        let spec = ReduceSpec {
            op: ReduceOp::ArgMax,
            axes: vec![axis],
            group: None,
            skipna: true,
            ddof: 0.0,
            min_count: None,
        };
        bench.bench_function(BenchmarkId::new("argmax", axis), |b| b.iter(|| black_box(reduced(&spec, &x))));
    }
    bench.finish();
}

fn elementwise(c: &mut Criterion) {
    let x = cube();
    let shape = [SIDE, SIDE, SIDE];
    let row = Block::from_vec(&[1, 1, SIDE], vec![2.5f32; SIDE]).expect("a row");
    let mask = apply(&MapFn::Unary(UnaryOp::IsNull), vec![x.clone()], &shape).expect("floats");
    let mut bench = c.benchmark_group("elementwise");
    bench.throughput(Throughput::Bytes(BYTES)).sample_size(10);
    for (name, f, inputs) in [
        ("add", MapFn::Binary(BinaryOp::Add), vec![x.clone(), x.clone()]),
        ("add a row", MapFn::Binary(BinaryOp::Add), vec![x.clone(), row]),
        ("less", MapFn::Binary(BinaryOp::Lt), vec![x.clone(), x.clone()]),
        ("where", MapFn::Where, vec![mask, x.clone(), x.clone()]),
        ("sqrt", MapFn::Unary(UnaryOp::Sqrt), vec![x.clone()]),
        ("exp", MapFn::Unary(UnaryOp::Exp), vec![x.clone()]),
        ("astype f64", MapFn::Cast(DType::F64), vec![x.clone()]),
    ] {
        bench.bench_function(name, |b| {
            b.iter(|| black_box(apply(&f, inputs.clone(), &shape).expect("floats")))
        });
    }
    bench.finish();
}

/// Products of matrices beside those of `ndarray`, and one pass along an axis beside what memory gives.
fn calculus(c: &mut Criterion) {
    const N: usize = 768;
    let matrix = Block::from_vec(&[N, N], (0..N * N).map(|i| (i % 101) as f64).collect())
        .expect("one value for each place");
    let mut bench = c.benchmark_group("contract");
    bench.throughput(Throughput::Elements((2 * N * N * N) as u64)).sample_size(10);
    for (name, b) in [("ij,jk", vec![1, 2]), ("ij,kj", vec![2, 1])] {
        let labels = Contraction { a: vec![0, 1], b, out: vec![0, 2] };
        bench.bench_function(name, |b| b.iter(|| black_box(contract(&matrix, &matrix, &labels))));
    }
    let plain = matrix.get::<f64>().expect("f64").view();
    let plain = plain.into_dimensionality::<ndarray::Ix2>().expect("two axes");
    bench.bench_function("ndarray", |b| b.iter(|| black_box(plain.dot(&plain))));
    bench.finish();

    let x = cube();
    let points: Vec<f64> = (0..SIDE).map(|i| (i * i) as f64).collect();
    let mut bench = c.benchmark_group("calculus");
    bench.throughput(Throughput::Bytes(BYTES)).sample_size(10);
    for axis in [0, 2] {
        for (name, spacing) in [("even", Spacing::Even(0.5)), ("uneven", Spacing::new(&points))] {
            bench.bench_function(BenchmarkId::new(format!("gradient {name}"), axis), |b| {
                b.iter(|| black_box(gradient(x.clone(), axis, 0..SIDE, SIDE, &spacing, 1)))
            });
        }
        bench.bench_function(BenchmarkId::new("running integral", axis), |b| {
            b.iter(|| black_box(running_integral(x.clone(), axis, &points, None)))
        });
    }
    let line = vec![points, vec![1.0; SIDE]];
    let design = Design::new(line, None, None).expect("a line");
    bench.bench_function("fit of a line", |b| {
        b.iter(|| {
            let mut state = FitState::new(2, SIDE * SIDE, true);
            state.push(&design, &x, 0..SIDE).expect("floats");
            black_box(state.into_blocks())
        })
    });
}

/// Work along an axis, by kernels alone and (what only moves elements) by a run.
fn along(c: &mut Criterion) {
    let x = cube();
    let lazy = LazyArray::from_block(x.clone());
    let missing = Block::scalar(f32::NAN);
    let mut bench = c.benchmark_group("along");
    bench.throughput(Throughput::Bytes(BYTES)).sample_size(10);
    for axis in 0..3 {
        for op in [ScanOp::Sum, ScanOp::Fill { limit: None }] {
            let spec = ScanSpec { op, axis, skipna: true };
            bench.bench_function(BenchmarkId::new(spec.name(), axis), |b| {
                b.iter(|| black_box(scan(&spec, &x, None).expect("floats")))
            });
        }
        let moved: [(&str, LazyArray); 3] = [
            ("diff", lazy.diff(axis, 1).expect("floats")),
            ("shift", lazy.shift(axis, 1, &missing).expect("floats")),
            ("pad wrap", lazy.pad(axis, 2, 2, &PadWith::Wrap).expect("an axis with elements")),
        ];
        for (name, array) in moved {
            bench.bench_function(BenchmarkId::new(name, axis), |b| {
                b.iter(|| black_box(compute(std::slice::from_ref(&array)).expect("a run")))
            });
        }
    }
    bench.finish();
}

criterion_group!(benches, reductions, order, elementwise, along, calculus);
criterion_main!(benches);
