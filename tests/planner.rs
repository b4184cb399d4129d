//! What the plan chooses and what the schedule keeps, through the public seams.

mod support;

use std::sync::Arc;

use graticule::Result;
use graticule::array::{Block, ChunkGrid, Region, Slice};
use graticule::dtype::DType;
use graticule::exec::{Executor, Local};
use graticule::kernel::elementwise::{BinaryOp, MapFn};
use graticule::kernel::reduce::{Groups, ReduceOp, ReduceSpec};
use graticule::lazy::{AxisFrom, LazyArray};
use graticule::plan::{Plan, Rules, StageKind, Target};
use graticule::source::{Sink, Source, Traffic};
use graticule::testing::Batched;
use serde::{Deserialize, Serialize};
use support::Ramp;

/// Takes chunks and forgets them.
#[derive(Debug, Serialize, Deserialize)]
struct Drain(DType, ChunkGrid);

#[typetag::serde]
impl Sink for Drain {
    fn dtype(&self) -> DType {
        self.0
    }
    fn grid(&self) -> ChunkGrid {
        self.1.clone()
    }
    fn write(&self, _region: &Region, block: &Block, io: &Traffic) -> Result<()> {
        io.count_written(block.nbytes());
        Ok(())
    }
    fn describe(&self) -> String {
        "drain".to_string()
    }
}

fn drained(array: &LazyArray) -> Target {
    Target::Store(array.clone(), Arc::new(Drain(array.dtype(), array.grid().clone())))
}

fn ramp(shape: &[usize], chunk: &[usize]) -> LazyArray {
    LazyArray::from_source(Arc::new(Ramp::new(shape, chunk)))
}

fn reduced(x: &LazyArray, op: ReduceOp, axis: usize) -> LazyArray {
    let spec = ReduceSpec { op, axes: vec![axis], group: None, skipna: true, ddof: 0.0, min_count: None };
    x.reduce(spec).unwrap()
}

fn sum(x: &LazyArray, axis: usize) -> LazyArray {
    reduced(x, ReduceOp::Sum, axis)
}

#[test]
fn kept_blocks_go_at_their_last_use() {
    // Each row is folded, and used by the rows before and after it.
    let peak = |rows: usize| {
        let sums = sum(&ramp(&[rows, 3, 1000], &[1, 1, 1000]), 1);
        let rest = |start| sums.slice(&[Slice { start, step: 1, len: rows - 1 }, Slice::all(1000)]).unwrap();
        let both = LazyArray::map(MapFn::Binary(BinaryOp::Add), &[rest(0), rest(1)]).unwrap();
        let local = Local::new().threads(2).memory(1 << 20);
        let plan = Plan::new_with(&[drained(&both)], &local.rules()).unwrap();
        local.run(&plan).unwrap().report.peak_bytes
    };
    let (few, many) = (peak(300), peak(3000));
    // All the rows together would take 12 MB; a share of the budget may be held by runs of short tasks.
    assert!(many <= few + (128 << 10) && many < 512 << 10, "{few} and {many} bytes");
}

#[test]
fn segments_that_waited_for_a_block_run_in_their_order() {
    // States are merged from the first segment on: run the other way round, all of them would wait, 20 MB.
    let x = ramp(&[1024, 20_000], &[1, 20_000]);
    let sums = sum(&x, 0).reshape(&[1, 20_000]).unwrap();
    let off = LazyArray::map(MapFn::Binary(BinaryOp::Sub), &[x, sums]).unwrap();
    for threads in [1, 2] {
        let local = Local::new().threads(threads).memory(12 << 20);
        let plan = Plan::new_with(&[Target::Memory(sum(&off, 0))], &local.rules()).unwrap();
        assert!(plan.stages().iter().any(|s| s.segments() > 100 && !s.after.is_empty()));
        let report = local.run(&plan).unwrap().report;
        assert!(report.peak_bytes < 8 << 20, "{} bytes", report.peak_bytes);
    }
}

#[test]
fn small_results_are_kept_whole() {
    // Sums of columns that every row needs: nothing is counted, all of it goes at the end.
    let x = ramp(&[2000, 40], &[1, 10]);
    let sums = sum(&x, 0).reshape(&[1, 40]).unwrap();
    let off = LazyArray::map(MapFn::Binary(BinaryOp::Sub), &[x, sums]).unwrap();
    for threads in [1, 3] {
        let plan = Plan::new(&[Target::Memory(off.clone())]).unwrap();
        let got = Local::new().threads(threads).run(&plan).unwrap().blocks.remove(0).to_vec::<f32>().unwrap();
        // Column c holds c, 40 + c, …, 1999 * 40 + c.
        let total = |c: usize| (1000 * 1999 * 40 + 2000 * c) as f32;
        assert!((got[41] - (41.0 - total(1))).abs() < 1e3, "{}", got[41]);
    }
}

/// Elements as of a ramp; whole chunks are counted as read, as a store would read them.
#[derive(Debug, Serialize, Deserialize)]
struct Stored(Vec<usize>, Vec<usize>);

#[typetag::serde]
impl Source for Stored {
    fn dtype(&self) -> DType {
        DType::F32
    }
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&self.0, &self.1)
    }
    fn read(&self, region: &Region, io: &Traffic) -> Result<Block> {
        let grid = self.grid();
        let touched = grid.touched(region).into_iter().map(|c| grid.region(c).size() * 4).sum();
        io.count_read(touched);
        Ramp::new(&self.0, &self.1).read(region, &Traffic::default())
    }
    fn describe(&self) -> String {
        "stored".to_string()
    }
}

const MAPS: [usize; 3] = [10, 18, 40];
const SHAPE: [usize; 3] = [200, 18, 40];

/// Maps that are put into tiles of long series: 576 kB.
fn tiles(tile: &[usize; 3]) -> LazyArray {
    let maps = LazyArray::from_source(Arc::new(Stored(SHAPE.to_vec(), MAPS.to_vec())));
    let one = LazyArray::from_block(Block::from_vec(&[1, 1, 1], vec![1f32]).unwrap());
    let more = LazyArray::map(MapFn::Binary(BinaryOp::Add), &[maps, one]).unwrap();
    more.rechunk(ChunkGrid::regular(&SHAPE, tile)).unwrap()
}

fn run_with(local: &Local, rules: &Rules, array: &LazyArray) -> (Block, u64, String) {
    let plan = Plan::new_with(&[Target::Memory(array.clone())], rules).unwrap();
    let plan = Plan::from_bytes(&plan.to_bytes().unwrap()).unwrap();
    let outcome = local.run(&plan).unwrap();
    (outcome.blocks.into_iter().next().unwrap(), outcome.report.bytes_read, plan.explain().to_string())
}

#[test]
fn chunks_are_read_as_seldom_as_the_budget_allows() {
    let stored = 4 * SHAPE.iter().product::<usize>() as u64;
    for tile in [[200, 3, 5], [200, 5, 7], [70, 4, 40]] {
        let array = tiles(&tile);
        let plain = Local::new().threads(2);
        let (expected, often, _) = run_with(&plain, &Rules::none(), &array);
        let mut last = 0;
        for budget in [8 << 20, 1 << 20, 800 << 10] {
            let local = Local::new().threads(2).memory(budget);
            let (got, read, text) = run_with(&local, &local.rules(), &array);
            assert!(got.same_bits(&expected));
            assert!(read >= last && read <= often, "{text}");
            last = read;
            if budget == 8 << 20 {
                assert_eq!(read, stored, "{text}");
            }
        }
    }
}

#[test]
fn parts_go_through_a_folder_that_is_empty_afterwards() {
    let folder = std::env::temp_dir().join(format!("graticule-planner-{}", std::process::id()));
    let array = tiles(&[200, 3, 5]);
    let (expected, ..) = run_with(&Local::new(), &Rules::none(), &array);
    let local = Local::new().threads(2).memory(800 << 10).scratch(&folder);
    let (got, read, text) = run_with(&local, &local.rules(), &array);
    assert!(text.contains("on disk") && text.contains("scratch folder"), "{text}");
    assert!(got.same_bits(&expected));
    assert_eq!(read, 4 * SHAPE.iter().product::<usize>() as u64);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    std::fs::remove_dir(&folder).unwrap();
}

#[test]
fn reductions_of_lanes_share_chunks_too() {
    // Medians of long series: the chunks are put together along the first axis.
    let median = reduced(&tiles(&[200, 3, 5]), ReduceOp::Median, 0);
    let local = Local::new().threads(2);
    let (expected, often, _) = run_with(&local, &Rules::none(), &median);
    let (got, read, text) = run_with(&local, &local.rules(), &median);
    assert!(got.same_bits(&expected));
    assert!(read < often && read == 4 * SHAPE.iter().product::<usize>() as u64, "{text}");
}

#[test]
fn what_is_written_twice_is_computed_once() {
    let source = || LazyArray::from_source(Arc::new(Stored(SHAPE.to_vec(), MAPS.to_vec())));
    let half = || LazyArray::from_block(Block::from_vec(&[1, 1, 1], vec![0.5f32]).unwrap());
    let mean = || sum(&LazyArray::map(MapFn::Binary(BinaryOp::Mul), &[source(), half()]).unwrap(), 0);
    let both = LazyArray::map(MapFn::Binary(BinaryOp::Add), &[mean(), mean()]).unwrap();
    let local = Local::new();
    let (expected, twice, _) = run_with(&local, &Rules::none(), &both);
    let (got, once, text) = run_with(&local, &local.rules(), &both);
    assert!(got.same_bits(&expected));
    assert_eq!(2 * once, twice, "{text}");
    assert!(text.contains("merge: "), "{text}");
    // What is alike but not equal stays apart.
    let other = LazyArray::map(MapFn::Binary(BinaryOp::Add), &[mean(), sum(&source(), 0)]).unwrap();
    let plan = Plan::new(&[Target::Memory(other)]).unwrap();
    let folded = |p: &Plan| -> usize {
        p.stages()
            .iter()
            .filter(|s| matches!(s.kind, StageKind::Fold { .. }))
            .map(|s| s.results().len())
            .sum()
    };
    assert_eq!(folded(&plan), 2);
}

#[test]
fn a_part_of_a_fold_folds_no_more_chunks_than_it_needs() {
    let x = LazyArray::from_source(Arc::new(Stored(vec![200, 18, 40], vec![10, 18, 10])));
    let part = sum(&x, 0).slice(&[Slice::all(18), Slice { start: 12, step: 1, len: 5 }]).unwrap();
    let (_, read, _) = run_with(&Local::new(), &Rules::default(), &part);
    assert_eq!(read, 4 * 200 * 18 * 10);
}

#[test]
fn a_source_that_two_stages_read_is_kept_where_it_fits() {
    let x = LazyArray::from_source(Arc::new(Stored(SHAPE.to_vec(), MAPS.to_vec())));
    let axes = [AxisFrom::Repeat(1), AxisFrom::Input(0), AxisFrom::Input(1)];
    let total = sum(&x, 0).axes(&axes).unwrap();
    let anomalies = LazyArray::map(MapFn::Binary(BinaryOp::Sub), &[x.clone(), total]).unwrap();
    let bytes = 4 * SHAPE.iter().product::<usize>() as u64;
    let local = |memory: u64| Local::new().threads(2).memory(memory as usize);
    let wide = local(4 * bytes);
    let (expected, twice, _) = run_with(&wide, &Rules::none(), &anomalies);
    let (got, once, text) = run_with(&wide, &wide.rules(), &anomalies);
    assert!(got.same_bits(&expected));
    assert_eq!((once, twice), (bytes, 2 * bytes), "{text}");
    assert!(text.contains("keep: ") && text.contains("read once and kept for 2 stages"), "{text}");
    let tight = local(2 * bytes);
    let (got, again, text) = run_with(&tight, &tight.rules(), &anomalies);
    assert!(got.same_bits(&expected));
    assert_eq!(again, 2 * bytes, "{text}");
    assert!(text.contains("read again by each of 2 stages"), "{text}");
}

#[test]
fn what_reductions_of_one_stage_share_is_computed_with_them() {
    let x = LazyArray::from_source(Arc::new(Stored(SHAPE.to_vec(), MAPS.to_vec())));
    // Along an axis of one chunk: each task has all that it needs.
    let rows = sum(&x, 2);
    let all = [sum(&rows, 0), reduced(&rows, ReduceOp::Min, 0)];
    let both = LazyArray::map(MapFn::Binary(BinaryOp::Add), &all).unwrap();
    let (_, read, text) = run_with(&Local::new(), &Rules::none(), &both);
    assert_eq!(read, 4 * SHAPE.iter().product::<usize>() as u64, "{text}");
}

#[test]
fn reductions_with_and_without_groups_read_once() {
    let x = LazyArray::from_source(Arc::new(Stored(SHAPE.to_vec(), MAPS.to_vec())));
    let by = |count: usize, op| {
        let codes: Vec<i32> = (0..SHAPE[0]).map(|i| (i / 4 % count) as i32).collect();
        let group = Some(Groups::along(0, codes, count));
        let spec = ReduceSpec { op, axes: vec![], group, skipna: true, ddof: 0.0, min_count: None };
        x.reduce(spec).unwrap()
    };
    let all = [
        by(12, ReduceOp::Mean),
        by(25, ReduceOp::Std),
        by(25, ReduceOp::Mean),
        by(3, ReduceOp::Max),
        sum(&x, 0),
    ];
    let alone: Vec<Block> = all.iter().map(|a| run_with(&Local::new(), &Rules::default(), a).0).collect();
    for threads in [1, 3] {
        let plan = Plan::new(&all.clone().map(Target::Memory)).unwrap();
        let outcome = Local::new().threads(threads).run(&plan).unwrap();
        assert_eq!(
            outcome.report.bytes_read,
            4 * SHAPE.iter().product::<usize>() as u64,
            "{}",
            plan.explain()
        );
        assert!(plan.explain().to_string().contains("(from std"), "{}", plan.explain());
        for (a, b) in alone.iter().zip(&outcome.blocks) {
            assert!(a.same_bits(b));
        }
    }
}

/// The steps over five days: each chunk of ten needs the next one.
fn steps(x: &LazyArray) -> LazyArray {
    let rest = |start| {
        let days = Slice { start, step: 1, len: SHAPE[0] - 5 };
        x.slice(&[days, Slice::all(SHAPE[1]), Slice::all(SHAPE[2])]).unwrap()
    };
    LazyArray::map(MapFn::Binary(BinaryOp::Sub), &[rest(5), rest(0)]).unwrap()
}

#[test]
fn chunks_that_neighbours_need_are_read_once() {
    let stored = || LazyArray::from_source(Arc::new(Stored(SHAPE.to_vec(), MAPS.to_vec())));
    let bytes = 4 * SHAPE.iter().product::<usize>() as u64;
    let steps = steps(&stored());
    for (array, peak) in [(steps.clone(), 3 * bytes), (sum(&steps, 0), bytes)] {
        let local = Local::new().threads(2).memory(4 * bytes as usize);
        let (expected, twice, _) = run_with(&local, &Rules::none(), &array);
        let plan = Plan::new_with(&[Target::Memory(array)], &local.rules()).unwrap();
        let outcome = local.run(&plan).unwrap();
        assert!(outcome.blocks[0].same_bits(&expected));
        let text = plan.explain().to_string();
        assert!(twice > bytes * 3 / 2 && outcome.report.bytes_read == bytes, "{twice} {text}");
        assert!(text.contains("keep: ") && text.contains("kept for its neighbours"), "{text}");
        assert!(outcome.report.peak_bytes < peak, "{} {text}", outcome.report.peak_bytes);
    }
}

#[test]
fn each_source_takes_what_its_chunks_take() {
    // Half of one field is room enough for some chunks of each of four.
    let fields = [0, 1, 2, 3].map(|i| {
        let x = LazyArray::from_source(Arc::new(Stored(SHAPE.to_vec(), MAPS.to_vec())));
        let off = LazyArray::from_block(Block::from_vec(&[1, 1, 1], vec![i as f32]).unwrap());
        sum(&LazyArray::map(MapFn::Binary(BinaryOp::Add), &[steps(&x), off]).unwrap(), 0)
    });
    // Not merged: they would be one source.
    let bytes = 4 * SHAPE.iter().product::<usize>();
    let local = Local::new().threads(1).memory(2 * bytes);
    let rules = Rules { merge: false, ..local.rules() };
    let plan = Plan::new_with(&fields.map(Target::Memory), &rules).unwrap();
    let report = local.run(&plan).unwrap().report;
    assert_eq!(report.bytes_read, 4 * bytes as u64, "{}", plan.explain());
    assert!(report.peak_bytes <= 2 * bytes as u64, "{}", report.peak_bytes);
}

#[test]
fn batches_make_what_they_share_for_themselves() {
    // Rows become columns: two threads, a group for each, and every element is read once.
    let (shape, bytes) = ([64, 96], 64 * 96 * 4);
    let columns = ramp(&shape, &[1, 96]).rechunk(ChunkGrid::regular(&shape, &[64, 1])).unwrap();
    let batched = Batched::new().bytes(1);
    let plan = Plan::new_with(&[Target::Memory(columns.clone())], &batched.rules()).unwrap();
    assert_eq!(plan.stages()[1].group, [1, 48]);
    let found = batched.run(&plan).unwrap();
    assert_eq!(found.report.bytes_read, bytes);
    let local = Local::new().run(&Plan::new(&[Target::Memory(columns)]).unwrap()).unwrap();
    assert!(found.blocks[0].same_bits(&local.blocks[0]));
    // What two stages need is read by both.
    let x = ramp(&shape, &[8, 96]);
    let both = [Target::Memory(sum(&x, 0)), Target::Memory(x)];
    let plan = Plan::new_with(&both, &batched.rules()).unwrap();
    assert!(plan.explain().to_string().contains("share no memory"), "{}", plan.explain());
    assert_eq!(batched.run(&plan).unwrap().report.bytes_read, 2 * bytes);
}
