//! The engine through its public seams: plans, executors, budgets, cancellation.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use graticule::array::{Block, ChunkGrid, Slice};
use graticule::dtype::DType;
use graticule::exec::{Cancel, Executor, Local};
use graticule::kernel::elementwise::{BinaryOp, MapFn, UnaryOp};
use graticule::kernel::reduce::{Groups, ReduceOp, ReduceSpec};
use graticule::lazy::LazyArray;
use graticule::plan::{Plan, StageKind, Target};
use graticule::prelude::*;
use graticule::testing::Shuffled;
use graticule::{ErrorKind, Result};
use support::Ramp;

fn ramp(shape: &[usize], chunk: &[usize]) -> LazyArray {
    LazyArray::from_source(Arc::new(Ramp::new(shape, chunk)))
}

fn spec(op: ReduceOp, axes: &[usize]) -> ReduceSpec {
    ReduceSpec { op, axes: axes.to_vec(), group: None, skipna: true, ddof: 0.0, min_count: None }
}

fn by_month(op: ReduceOp, days: usize) -> ReduceSpec {
    let codes: Vec<i32> = (0..days).map(|d| (d / 30 % 12) as i32).collect();
    ReduceSpec { group: Some(Groups::along(0, codes, 12)), ..spec(op, &[]) }
}

fn run(local: &Local, arrays: &[LazyArray]) -> Result<Vec<Block>> {
    let targets: Vec<Target> = arrays.iter().cloned().map(Target::Memory).collect();
    local.run(&Plan::new(&targets)?).map(|o| o.blocks)
}

/// Climatology and anomalies of a field in 80 chunks: shared reads, groups, a two-pass job.
fn main_job() -> Vec<LazyArray> {
    let days = 720;
    let x = ramp(&[days, 12, 20], &[45, 6, 8]);
    let clim = x.reduce(by_month(ReduceOp::Mean, days)).unwrap();
    let codes: Vec<i64> = (0..days as i64).map(|d| d / 30 % 12).collect();
    let of_day = clim.take(0, codes.into(), None).unwrap();
    let anom = LazyArray::map(MapFn::Binary(BinaryOp::Sub), &[x.clone(), of_day]).unwrap();
    let spread = anom.reduce(spec(ReduceOp::Std, &[0])).unwrap();
    let series = anom.reduce(spec(ReduceOp::Mean, &[1, 2])).unwrap();
    vec![clim, anom, spread, series]
}

#[test]
fn results_do_not_depend_on_threads() {
    let one = run(&Local::new().threads(1), &main_job()).unwrap();
    for threads in [2, 7] {
        let many = run(&Local::new().threads(threads), &main_job()).unwrap();
        for (a, b) in one.iter().zip(&many) {
            assert!(a.same_bits(b), "{threads} threads");
        }
    }
    assert!(one[1].to_vec::<f32>().unwrap().iter().any(|v| *v != 0.0));
}

#[test]
fn a_plan_that_was_stored_gives_the_same_bits() {
    let targets: Vec<Target> = main_job().into_iter().map(Target::Memory).collect();
    let plan = Plan::new(&targets).unwrap();
    let bytes = plan.to_bytes().unwrap();
    let again = Plan::from_bytes(&bytes).unwrap();
    assert_eq!(again.to_bytes().unwrap(), bytes);
    let local = Local::new().threads(2);
    let (a, b) = (local.run(&plan).unwrap(), local.run(&again).unwrap());
    assert_eq!(a.blocks.len(), 4);
    for (a, b) in a.blocks.iter().zip(&b.blocks) {
        assert!(a.same_bits(b));
    }
    assert!(Plan::from_bytes(&bytes[..bytes.len() / 2]).is_err());
}

#[test]
fn chunked_and_whole_agree() {
    let (shape, whole) = ([30usize, 7, 9], [30usize, 7, 9]);
    for op in [ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Max, ReduceOp::Var, ReduceOp::Count, ReduceOp::Median]
    {
        for axes in [&[0usize][..], &[1], &[2], &[0, 2], &[0, 1, 2]] {
            let a = run(&Local::new(), &[ramp(&shape, &[4, 3, 2]).reduce(spec(op, axes)).unwrap()]).unwrap();
            let b = run(&Local::new(), &[ramp(&shape, &whole).reduce(spec(op, axes)).unwrap()]).unwrap();
            let (a, b) = (as_f64(&a[0]), as_f64(&b[0]));
            for (a, b) in a.iter().zip(&b) {
                assert!((a - b).abs() <= 1e-6 * b.abs().max(1e-3), "{op:?} over {axes:?}: {a} and {b}");
            }
        }
    }
}

fn as_f64(b: &Block) -> Vec<f64> {
    graticule::kernel::cast::cast(b, DType::F64).unwrap().to_vec().unwrap()
}

#[test]
fn a_slice_reads_only_the_chunks_that_it_touches() {
    let x = ramp(&[100, 10], &[10, 10]);
    let part = x.slice(&[Slice { start: 35, step: 1, len: 10 }, Slice::all(10)]).unwrap();
    let mean = part.reduce(spec(ReduceOp::Mean, &[0])).unwrap();
    let targets = [Target::Memory(mean)];
    let outcome = Local::new().run(&Plan::new(&targets).unwrap()).unwrap();
    // Two chunks of ten rows are touched; ten rows of them are asked for.
    assert_eq!(outcome.report.bytes_read, 10 * 10 * 4);
}

#[test]
fn results_asked_for_together_share_a_stage() {
    let x = ramp(&[100, 10], &[10, 10]);
    let mean = x.reduce(spec(ReduceOp::Mean, &[0])).unwrap();
    let max = x.reduce(spec(ReduceOp::Max, &[0])).unwrap();
    let plan = Plan::new(&[Target::Memory(mean), Target::Memory(max)]).unwrap();
    let folds = plan.stages().iter().filter(|s| matches!(s.kind, StageKind::Fold { .. })).count();
    assert_eq!(folds, 1, "{}", plan.explain());
    let report = Local::new().run(&plan).unwrap().report;
    assert_eq!(report.bytes_read, 100 * 10 * 4);
}

#[test]
fn a_task_beyond_the_budget_is_refused_with_a_way_out() {
    let x = ramp(&[1000, 1000], &[1000, 1000]);
    let twice = LazyArray::map(MapFn::Binary(BinaryOp::Add), &[x.clone(), x.clone()]).unwrap();
    let sum = twice.reduce(spec(ReduceOp::Sum, &[0])).unwrap();
    let plan = Plan::new(&[Target::Memory(sum)]).unwrap();
    let e = Local::new().memory(1 << 20).run(&plan).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Memory);
    let text = e.to_string();
    assert!(text.contains("the budget is 1.04 MB") && text.contains("chunk"), "{text}");
}

#[test]
fn memory_stays_inside_the_budget_by_the_plans_own_count() {
    let days = 36_000;
    let x = ramp(&[days, 10, 100], &[90, 10, 100]);
    let clim = x.reduce(by_month(ReduceOp::Mean, days)).unwrap();
    let plan = Plan::new(&[Target::Memory(clim)]).unwrap();
    let budget = 8 << 20;
    let report = Local::new().threads(4).memory(budget).run(&plan).unwrap().report;
    assert!(report.peak_bytes <= budget as u64, "{report}");
    assert_eq!(report.bytes_read, days as u64 * 4000);
}

#[test]
fn a_cancelled_run_stops_with_that_error() {
    // Far more tasks than fit into the time until progress is first told.
    let x = ramp(&[400_000, 100], &[1, 100]);
    let cancel = Cancel::new();
    let seen = Arc::new(AtomicUsize::new(0));
    let (switch, counter) = (cancel.clone(), seen.clone());
    let local = Local::new().threads(2).cancel_with(cancel).on_progress(move |p| {
        counter.store(p.done, Ordering::Relaxed);
        switch.cancel();
    });
    let root = LazyArray::map(MapFn::Unary(UnaryOp::Sqrt), &[x]).unwrap();
    let e = run(&local, &[root]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Cancelled);
    assert!(seen.load(Ordering::Relaxed) < 400_000);
}

#[test]
fn a_panic_in_a_task_is_an_error_with_its_place() {
    let x = LazyArray::from_source(Arc::new(Ramp::new(&[100, 10], &[10, 10]).panicking_at(55)));
    let e = run(&Local::new(), &[x]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Internal);
    assert!(e.to_string().contains("panicked") && e.to_string().contains("50..60"), "{e}");
    // The executor is as good as before.
    assert!(run(&Local::new(), &[ramp(&[4], &[2])]).is_ok());
}

#[test]
fn a_panic_tells_the_operation() {
    let a = DataArray::from_vec(&[("x", 60)], vec![1.0; 60]).unwrap().chunk("x", 10).unwrap();
    let broken = a.map_blocks(
        |part| if part.to_vec::<f64>()?.len() == 10 { panic!("oh") } else { Ok(part.clone()) },
        &a,
    );
    let sum = broken.unwrap().add(1).unwrap().sum("x").unwrap();
    for executor in [&Local::new().threads(2) as &dyn Executor, &Shuffled::new(1)] {
        let e = sum.compute_on(executor).unwrap_err();
        let text = e.to_string();
        assert!(e.kind() == ErrorKind::Internal && text.contains("panicked: oh"), "{text}");
        assert!(text.contains("map blocks") && text.contains("region ["), "{text}");
    }
}

#[test]
fn long_chains_neither_overflow_nor_grow() {
    let mut x = ramp(&[40], &[10]);
    let one = LazyArray::from_block(Block::from_vec(&[1], vec![1f32]).unwrap());
    for _ in 0..10_000 {
        x = LazyArray::map(MapFn::Binary(BinaryOp::Add), &[x, one.clone()]).unwrap();
    }
    let sum = run(&Local::new(), &[x.clone()]).unwrap().remove(0);
    assert_eq!(sum.to_vec::<f32>().unwrap()[3], 10_003.0);
    drop(x);

    // In memory and small: evaluated at once, so the expression stays one node.
    let mut y = LazyArray::from_block(Block::from_vec(&[3], vec![0f64; 3]).unwrap());
    let one = LazyArray::from_block(Block::from_vec(&[1], vec![1f64]).unwrap());
    for _ in 0..10_000 {
        y = LazyArray::map(MapFn::Binary(BinaryOp::Add), &[y, one.clone()]).unwrap();
    }
    assert_eq!(y.as_block().unwrap().to_vec::<f64>().unwrap(), [10_000.0; 3]);
}

#[test]
fn diamonds_are_walked_once() {
    // x = x + x, fifty times: 2^50 paths, fifty operations.
    let mut x = ramp(&[8], &[4]);
    for _ in 0..50 {
        x = LazyArray::map(MapFn::Binary(BinaryOp::Add), &[x.clone(), x.clone()]).unwrap();
    }
    let half = LazyArray::from_block(Block::from_vec(&[1], vec![0.5f32.powi(50)]).unwrap());
    let x = LazyArray::map(MapFn::Binary(BinaryOp::Mul), &[x, half]).unwrap();
    assert_eq!(run(&Local::new(), &[x]).unwrap()[0].to_vec::<f32>().unwrap()[5], 5.0);
}

#[test]
fn chunks_of_any_shape_give_the_elements() {
    let x = ramp(&[6, 5], &[4, 2]);
    let t = x.transpose(&[1, 0]).unwrap().rechunk(ChunkGrid::regular(&[5, 6], &[3, 5])).unwrap();
    let back = LazyArray::concat(0, &[t.clone(), t]).unwrap().reshape(&[60]).unwrap();
    let got = run(&Local::new(), &[back]).unwrap()[0].to_vec::<f32>().unwrap();
    for (i, v) in got.iter().enumerate() {
        let (row, col) = ((i / 6) % 5, i % 6);
        assert_eq!(*v, (col * 5 + row) as f32);
    }
}

#[test]
fn a_stage_waits_for_blocks_that_one_task_in_a_thousand_needs() {
    let mean = ramp(&[60, 4], &[10, 4]).reduce(spec(ReduceOp::Sum, &[0])).unwrap();
    let mean = mean.reshape(&[1, 4]).unwrap().cast(DType::F32).unwrap();
    let many = ramp(&[3_000, 4], &[1, 4]);
    let both = LazyArray::concat(0, &[many.clone(), mean, many]).unwrap();
    let got = run(&Local::new().threads(2), &[both]).unwrap()[0].to_vec::<f32>().unwrap();
    assert_eq!(got.len(), 6_001 * 4);
    assert_eq!(got[3_000 * 4], (0..60).map(|r| (r * 4) as f32).sum::<f32>());
}

#[test]
fn arrays_without_elements_pass_through() {
    let x = ramp(&[10, 4], &[3, 4]).slice(&[Slice { start: 5, step: 1, len: 0 }, Slice::all(4)]).unwrap();
    let sum = x.reduce(spec(ReduceOp::Sum, &[0])).unwrap();
    let root = LazyArray::map(MapFn::Unary(UnaryOp::Sqrt), &[x]).unwrap();
    let got = run(&Local::new(), &[sum, root]).unwrap();
    assert_eq!(got[0].to_vec::<f32>().unwrap(), [0.0; 4]);
    assert_eq!(got[1].shape(), [0, 4]);
}

#[test]
fn a_million_chunks_are_explained_without_a_list_of_them() {
    let x = ramp(&[1_000_000, 10], &[1, 10]);
    let anomaly = LazyArray::map(
        MapFn::Binary(BinaryOp::Sub),
        &[x.clone(), LazyArray::from_block(Block::from_vec(&[1, 10], vec![1f32; 10]).unwrap())],
    )
    .unwrap();
    let mean = anomaly.reduce(spec(ReduceOp::Mean, &[0])).unwrap();
    let text = Plan::new(&[Target::Memory(mean)]).unwrap().explain().to_string();
    assert!(text.contains("1000000 chunks"), "{text}");
}

#[test]
fn formulas_in_tiles_have_the_bits_of_single_functions() {
    // Whole, it is worked off in tiles; in chunks as short as these one function after the other.
    let n = 200_000;
    let values = (0..n).map(|i| if i % 13 == 5 { f32::NAN } else { (i % 977) as f32 / 3.0 - 150.0 });
    let x = DataArray::from_vec(&[("x", n)], values.collect()).unwrap();
    let weights = DataArray::from_vec(&[("x", n)], (0..n).map(|i| (i % 7) as f64 / 7.0).collect()).unwrap();
    let formula = |x: &DataArray, w: &DataArray| {
        let inside = x.gt(-100.0f32)?.and(x.le(120.5f32)?)?;
        let root = x.mul(x)?.add(3.0f32)?.sqrt()?;
        let chosen = root.where_cond(&inside)?.fillna(-1.0f32)?;
        chosen.sub(x.abs()?)?.mul(w)?.div(1.7)
    };
    let chunks = |a: &DataArray, size| a.chunk("x", size).unwrap();
    let whole = formula(&chunks(&x, n), &chunks(&weights, n)).unwrap().compute().unwrap();
    let pieces = formula(&chunks(&x, 1000), &chunks(&weights, 1000)).unwrap().compute().unwrap();
    let block = |a: &DataArray| a.variable().data().as_block().unwrap().clone();
    assert!(block(&whole).same_bits(&block(&pieces)));
    let narrow = |x: &DataArray| x.mul(0.1f32).unwrap().neg().unwrap().div(x).unwrap().compute().unwrap();
    assert!(block(&narrow(&chunks(&x, n))).same_bits(&block(&narrow(&chunks(&x, 1000)))));
}
