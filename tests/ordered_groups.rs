//! Groups that follow one another are worked on chunk by chunk.

mod support;

use std::sync::Arc;

use graticule::array::Block;
use graticule::exec::{Executor, Local};
use graticule::kernel::cast::cast;
use graticule::kernel::reduce::{Groups, ReduceOp, ReduceSpec};
use graticule::lazy::LazyArray;
use graticule::plan::{Plan, Target};
use graticule::prelude::*;
use support::Ramp;

fn ramp(shape: &[usize], chunk: &[usize]) -> LazyArray {
    LazyArray::from_source(Arc::new(Ramp::new(shape, chunk)))
}

fn by(axis: usize, codes: &[i32], op: ReduceOp) -> ReduceSpec {
    let count = codes.iter().max().map_or(0, |m| *m as usize + 1);
    let group = Some(Groups::along(axis, codes.to_vec(), count));
    ReduceSpec { op, axes: vec![], group, skipna: true, ddof: 0.0, min_count: None }
}

/// Positions in groups of `each`.
fn runs(n: usize, each: usize) -> Vec<i32> {
    (0..n).map(|i| (i / each) as i32).collect()
}

fn numbers(block: &Block) -> Vec<f64> {
    cast(block, DType::F64).unwrap().to_vec().unwrap()
}

#[test]
fn results_are_those_of_the_whole() {
    let falling: Vec<i32> = runs(90, 7).into_iter().rev().collect();
    let gaps: Vec<i32> = (0..90).map(|i| if i % 5 == 0 { -1 } else { i / 11 * 2 }).collect();
    let nearly: Vec<i32> = (0..90).map(|i| if i == 44 { 2 } else { i / 9 }).collect();
    for codes in [runs(90, 6), runs(90, 7), falling, gaps, nearly, runs(90, 90), runs(90, 1)] {
        for op in [ReduceOp::Mean, ReduceOp::Max, ReduceOp::Var, ReduceOp::Median] {
            for (axis, shape) in [(0, [90, 2, 3]), (1, [2, 90, 3]), (2, [2, 3, 90])] {
                if matches!(op, ReduceOp::Max | ReduceOp::Median) && codes.contains(&-1) {
                    continue;
                }
                let whole = ramp(&shape, &shape).reduce(by(axis, &codes, op)).unwrap();
                let whole = numbers(&graticule::exec::compute(&[whole]).unwrap()[0]);
                for chunk in [1, 6, 13, 90] {
                    let mut chunks = [2, 3, 2];
                    chunks[axis] = chunk;
                    let lazy = ramp(&shape, &chunks).reduce(by(axis, &codes, op)).unwrap();
                    let run = |threads, lazy: &LazyArray| {
                        let plan = Plan::new(&[Target::Memory(lazy.clone())]).unwrap();
                        Local::new().threads(threads).run(&plan).unwrap().blocks.remove(0)
                    };
                    let block = run(1, &lazy);
                    assert!(block.same_bits(&run(2, &lazy)));
                    for (a, b) in numbers(&block).iter().zip(&whole) {
                        let same = (a - b).abs() <= 1e-6 * b.abs() || a.is_nan() && b.is_nan();
                        assert!(same, "{op:?} axis {axis} chunks of {chunk}: {a} {b}, codes {codes:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_slice_of_groups_reads_their_rows_alone() {
    let row = 10 * 4;
    let read = |lazy: LazyArray, from: usize, len: usize| {
        let part = lazy.slice(&[
            graticule::array::Slice { start: from, step: 1, len },
            graticule::array::Slice::all(10),
        ]);
        let plan = Plan::new(&[Target::Memory(part.unwrap())]).unwrap();
        Local::new().run(&plan).unwrap().report.bytes_read
    };
    let days = ramp(&[2400, 10], &[48, 10]).reduce(by(0, &runs(2400, 24), ReduceOp::Mean)).unwrap();
    assert_eq!(read(days.clone(), 0, 3), 3 * 24 * row);
    assert_eq!(read(days, 50, 1), 24 * row);
    // Groups that come again: from the first to the last member.
    let again: Vec<i32> = (0..2400).map(|i| if i < 1200 { i / 100 % 2 } else { i / 100 }).collect();
    let whole = ramp(&[2400, 10], &[2400, 10]).reduce(by(0, &again, ReduceOp::Sum)).unwrap();
    assert_eq!(read(whole.clone(), 0, 1), 1100 * row);
    assert_eq!(read(whole, 20, 2), 200 * row);
}

#[test]
fn memory_is_that_of_chunks() {
    // 29 MB of input, 1.2 MB of results; states of all would be 4.8 MB.
    let hours = ramp(&[28_800, 250], &[240, 250]);
    let days = hours.reduce(by(0, &runs(28_800, 24), ReduceOp::Mean)).unwrap();
    assert_eq!(days.grid().counts(), [120, 1]);
    let half = LazyArray::from_block(Block::from_vec(&[1, 1], vec![0.5f32]).unwrap());
    let mul = graticule::kernel::elementwise::MapFn::Binary(graticule::kernel::elementwise::BinaryOp::Mul);
    let total = LazyArray::map(mul, &[days, half]).unwrap().reduce(ReduceSpec {
        op: ReduceOp::Mean,
        axes: vec![0],
        group: None,
        skipna: true,
        ddof: 0.0,
        min_count: None,
    });
    let plan = Plan::new(&[Target::Memory(total.unwrap())]).unwrap();
    let report = Local::new().threads(2).memory(2 << 20).run(&plan).unwrap().report;
    assert_eq!(report.bytes_read, 28_800 * 1000);
    assert!(report.peak_bytes < 2_000_000, "{report}\n{}", plan.explain());
}

#[test]
fn reductions_of_other_groups_do_not_share_a_walk() {
    let x = ramp(&[48, 5], &[6, 5]);
    let other: Vec<i32> = (0..48).map(|i| if i < 12 { 0 } else { i / 6 - 1 }).collect();
    let codes: Vec<i32> = runs(48, 6).into_iter().map(|c| c.min(6)).collect();
    let all = [
        x.reduce(by(0, &codes, ReduceOp::Sum)).unwrap(),
        x.reduce(by(0, &other, ReduceOp::Sum)).unwrap(),
        x.reduce(by(0, &codes, ReduceOp::Mean)).unwrap(),
    ];
    let together = graticule::exec::compute(&all).unwrap();
    for (lazy, block) in all.iter().zip(&together) {
        assert!(graticule::exec::compute(std::slice::from_ref(lazy)).unwrap()[0].same_bits(block));
    }
}

#[test]
fn a_store_larger_than_the_budget_is_resampled() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("hours.zarr"), dir.path().join("days.zarr"));
    let (hours, cells) = (24 * 365, 500);
    let ticks: Vec<i64> = (0..hours as i64).map(|h| h * 3_600_000_000_000).collect();
    let time = Block::from_vec(&[hours], ticks).unwrap().retype(DType::DATETIME_NS);
    let data = Variable::new(["time", "cell"], ramp(&[hours, cells], &[100, cells])).unwrap();
    let field = DataArray::new(data, Coords::new()).unwrap().assign_coords([("time", time)]).unwrap();
    field.to_dataset("t").to_zarr(&from).unwrap();
    // 18 MB of numbers; chunks of 100 hours, so that most borders lie within a day.
    let stored = open_dataset(&from).unwrap();
    let days = stored.resample("time", "D").unwrap().mean().unwrap();
    let local = Local::new().threads(2).memory(8 << 20);
    let report = days.to_zarr_with(&to, &Default::default(), &local).unwrap();
    assert!(report.peak_bytes <= 8 << 20, "{report}");
    // A chunk in sixteen, or fewer, is read again.
    let once = (hours * cells * 4) as u64;
    assert!(report.bytes_read < once + once / 12, "{report}");
    let read = open_dataset(&to).unwrap().get("t").unwrap().compute().unwrap();
    let got = numbers(&read.variable().load().unwrap());
    for (day, cell) in [(0, 0), (100, 7), (364, 499)] {
        let at = |h: usize| (h * cells + cell) as f32 as f64;
        let wanted = (0..24).map(|h| at(day * 24 + h)).sum::<f64>() / 24.0;
        assert!((got[day * cells + cell] - wanted).abs() <= 1.0, "day {day}");
    }
}

#[test]
fn running_sums_within_groups_are_those_of_the_whole() {
    let months: Vec<i32> = (0..90).map(|i| i % 12).collect();
    let odd: Vec<i32> = (0..90).map(|i| (i * i + i / 7) % 13).collect();
    for codes in [runs(90, 6), runs(90, 40), months, odd, runs(90, 1), vec![0; 90]] {
        for (axis, shape) in [(0, [90, 2, 3]), (1, [3, 90, 2]), (2, [2, 3, 90])] {
            let values: Vec<i64> = (0..540).map(|i| i * 37 % 101 - 50).collect();
            let block = Block::from_vec(&shape, values.clone()).unwrap();
            let inner: usize = shape[axis + 1..].iter().product();
            let mut sums = std::collections::HashMap::new();
            let each = values.iter().enumerate().map(|(i, v)| {
                let (lane, at) = ((i / inner / 90, i % inner), i / inner % 90);
                let sum = sums.entry((lane, codes[at])).or_insert(0);
                *sum += v;
                *sum
            });
            let want: Vec<i64> = each.collect();
            let dims = ["a", "b", "c"];
            let key = DataArray::from_vec(&[(dims[axis], 90)], codes.clone()).unwrap().with_name("key");
            let a = DataArray::new(Variable::new(dims, block).unwrap(), Coords::new()).unwrap();
            for chunk in [1, 6, 13, 90] {
                let chunked = a.chunk(dims[axis], chunk).unwrap().chunk(dims[(axis + 1) % 3], 2).unwrap();
                let lazy = chunked.groupby(key.clone()).unwrap().cumsum(()).unwrap();
                assert_eq!(lazy.to_vec::<i64>().unwrap(), want, "axis {axis}, chunks of {chunk}, {codes:?}");
                let part = lazy.isel(dims[axis], 17..55).unwrap().to_vec::<i64>().unwrap();
                let within = |i: &usize| (17..55).contains(&(i / inner % 90));
                assert_eq!(part, (0..540).filter(within).map(|i| want[i]).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn medians_of_groups_that_follow_one_another_need_their_own_chunks() {
    // 384 MB in chunks of 100 hours.
    let days =
        ramp(&[24_000, 4000], &[100, 4000]).reduce(by(0, &runs(24_000, 24), ReduceOp::Median)).unwrap();
    assert_eq!(days.grid().axes()[1].count(), 1);
    let whole = Plan::new(&[Target::Memory(days.clone())]).unwrap();
    let largest = whole.stages().iter().map(|s| s.task_bytes).max().unwrap();
    assert!(largest < 80 << 20, "{largest} bytes");
    let part = [
        graticule::array::Slice { start: 500, step: 1, len: 2 },
        graticule::array::Slice { start: 7, step: 1, len: 3 },
    ];
    let report =
        Local::new().run(&Plan::new(&[Target::Memory(days.slice(&part).unwrap())]).unwrap()).unwrap();
    assert_eq!(report.report.bytes_read, 48 * 3 * 4);
    // Groups longer than a task may hold: the other axis is cut.
    let long =
        ramp(&[24_000, 4000], &[100, 4000]).reduce(by(0, &runs(24_000, 6000), ReduceOp::Median)).unwrap();
    assert!(long.grid().axes()[0].count() == 4 && long.grid().axes()[1].count() >= 6, "{:?}", long.grid());
}

/// A function of groups gets what it would get of each of them, whatever the chunks.
#[test]
fn functions_of_groups_get_their_members_in_order() -> Result<()> {
    let values = (0..480).map(|i| f64::from(i * 37 % 101)).collect();
    let a = DataArray::from_vec(&[("y", 2), ("x", 60), ("z", 4)], values)?;
    let cells = DataArray::from_vec(&[("y", 2), ("z", 4)], vec![1i64, 0, 1, 2, 2, 0, 0, 1])?;
    let mut keys = vec![(cells, &["y", "z"][..])];
    for codes in [runs(60, 7), (0..60).map(|i| i % 7).collect(), vec![0; 60]] {
        keys.push((DataArray::from_vec(&[("x", 60)], codes)?, &["x"]));
    }
    let mix = |lane: &[f64]| lane.iter().fold(lane.len() as f64, |h, v| (h * 31.0 + v) % 1009.0);
    for (key, own) in keys {
        let key = key.with_name("key");
        for more in [&[][..], &["y"], &["z"], &["z", "y"]] {
            if own.len() > 1 && !more.is_empty() {
                continue;
            }
            let dims: Vec<&str> = own.iter().chain(more).copied().collect();
            // Groups of cells are stacked where they are taken apart.
            let of_each = match own {
                ["x"] => dims.clone(),
                _ => vec!["stacked_y_z"],
            };
            let want = a.groupby(key.clone())?.map(|g| g.reduce(of_each.clone(), mix))?;
            for chunk in [60, 13, 1] {
                let lazy =
                    a.chunk("x", chunk)?.chunk("z", 3)?.groupby(key.clone())?.reduce(dims.clone(), mix)?;
                assert_eq!(lazy.dims(), want.dims());
                assert_eq!(
                    lazy.to_vec::<f64>()?,
                    want.to_vec::<f64>()?,
                    "over {dims:?} in chunks of {chunk}"
                );
            }
        }
    }
    let text = a.full_like_as("a", DType::Str)?;
    let key = DataArray::from_vec(&[("x", 60)], runs(60, 7))?.with_name("key");
    assert!(text.groupby(key)?.reduce((), mix).unwrap_err().to_string().contains("float64"));
    Ok(())
}
