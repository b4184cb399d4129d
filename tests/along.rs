//! Operations along a dimension: the same in memory and in chunks, for every dtype, in bounded memory.

mod support;

use std::sync::Arc;

use graticule::Result;
use graticule::array::{AxisGrid, Block, ChunkGrid};
use graticule::dtype::{DType, NAT, Text, TimeUnit};
use graticule::exec::{Executor, Local};
use graticule::kernel::interp::Gaps;
use graticule::kernel::reduce::{ReduceOp, ReduceSpec};
use graticule::kernel::scan::{ScanOp, ScanSpec};
use graticule::labels::{
    Coords, DataArray, DiffLabel, InterpMethod, InterpolateNa, Outside, PadMode, PadValues, Places,
    ReduceOptions, ReflectType, StatLength, Variable,
};
use graticule::lazy::LazyArray;
use graticule::plan::{Plan, Target};
use support::Ramp;

const SHAPE: [usize; 3] = [3, 11, 4];

/// Elements of every dtype, some of them missing.
fn arrays() -> Vec<(&'static str, DataArray)> {
    let n: usize = SHAPE.iter().product();
    let gap = |i: usize| i % 3 == 1 || i % 7 == 2;
    let number = |i: usize| ((i * 37 + 11) % 23) as f64 - 9.0;
    let block = |b: Block| {
        let mut coords = Coords::new();
        let x: Vec<f64> = (0..SHAPE[1]).map(|i| (i * i) as f64 / 2.0).collect();
        coords.insert("x", Variable::from_vec(&[("x", SHAPE[1])], x).unwrap()).unwrap();
        DataArray::new(Variable::new(["a", "x", "b"], b.reshape(&SHAPE).unwrap()).unwrap(), coords).unwrap()
    };
    let floats: Vec<f64> = (0..n).map(|i| if gap(i) { f64::NAN } else { number(i) }).collect();
    let ticks: Vec<i64> = (0..n).map(|i| if gap(i) { NAT } else { number(i) as i64 }).collect();
    let texts = (0..n).map(|i| if gap(i) { Text::MISSING } else { format!("t{i}").into() });
    let at = |v: Vec<i64>, d: DType| Block::from_vec(&[n], v).unwrap().retype(d);
    let complex = floats.iter().map(|v| num_complex::Complex::new(*v, 1.0)).collect();
    vec![
        ("f64", block(Block::from_vec(&[n], floats.clone()).unwrap())),
        ("f32", block(Block::from_vec(&[n], floats.iter().map(|v| *v as f32).collect()).unwrap())),
        ("c128", block(Block::from_vec(&[n], complex).unwrap())),
        ("i16", block(Block::from_vec(&[n], (0..n).map(|i| number(i) as i16).collect()).unwrap())),
        ("u8", block(Block::from_vec(&[n], (0..n).map(|i| i as u8).collect()).unwrap())),
        ("bool", block(Block::from_vec(&[n], (0..n).map(gap).collect()).unwrap())),
        ("datetime", block(at(ticks.clone(), DType::DATETIME_NS))),
        ("timedelta", block(at(ticks, DType::Timedelta { unit: TimeUnit::S }))),
        ("text", block(Block::from_vec(&[n], texts.collect()).unwrap())),
    ]
}

fn chunked(a: &DataArray, lens: [usize; 3]) -> DataArray {
    let v = a.variable();
    let grid = ChunkGrid(SHAPE.iter().zip(lens).map(|(&n, l)| AxisGrid::regular(n, l)).collect());
    let data = v.data().rechunk(grid).unwrap();
    DataArray::new(v.with_data(v.dims().to_vec(), data).unwrap(), a.coords().clone()).unwrap()
}

type Operation = (&'static str, Box<dyn Fn(&DataArray) -> Result<DataArray>>);

fn op(name: &'static str, f: impl Fn(&DataArray) -> Result<DataArray> + 'static) -> Operation {
    (name, Box::new(f))
}

fn operations() -> Vec<Operation> {
    let mut all = vec![
        op("cumsum", |a| a.cumsum("x")),
        op("cumsum of all", |a| a.cumsum(["b", "x"])),
        op("cumsum, strict", |a| a.cumsum_with("x", ReduceOptions::new().skipna(false))),
        op("diff", |a| a.diff("x")),
        op("third diff", |a| a.diff_with("x", 3, DiffLabel::Lower)),
        op("shift", |a| a.shift("x", 3)),
        op("shift both", |a| a.shift_with(&[("x", -2), ("b", 1)], graticule::labels::FillValue::Missing)),
        op("roll", |a| a.roll_with(&[("x", 4), ("a", -1)], true)),
        op("ffill", |a| a.ffill("x", None)),
        op("ffill, 1", |a| a.ffill("x", 1)),
        op("bfill", |a| a.bfill("x", None)),
        op("bfill, 2", |a| a.bfill("x", 2)),
        op("interpolate_na", |a| a.interpolate_na("x")),
        op("interpolate_na to the nearest", |a| {
            let options = InterpolateNa::new().method(InterpMethod::Nearest).limit(2).max_gap(20.0);
            a.interpolate_na_with("x", &options)
        }),
        op("interpolate_na at positions", |a| {
            let options = InterpolateNa::new().places(Places::Positions).outside(Outside::Extrapolate);
            a.interpolate_na_with("x", &options.limit(2))
        }),
        op("interpolate_na, gaps", |a| {
            a.interpolate_na_with("x", &InterpolateNa::new().method(InterpMethod::Pchip).max_gap(9.0))
        }),
    ];
    let modes = [
        PadMode::default(),
        PadMode::Constant(PadValues::from((1, 2))),
        PadMode::Edge,
        PadMode::LinearRamp(PadValues::from(5)),
        PadMode::Maximum(StatLength::All),
        PadMode::Mean(StatLength::Sides(2, 3)),
        PadMode::Reflect(ReflectType::Even),
        PadMode::Reflect(ReflectType::Odd),
        PadMode::Symmetric(ReflectType::Odd),
        PadMode::Wrap,
    ];
    for mode in modes {
        all.push(op("pad", move |a| a.pad(&[("x", (13, 2)), ("a", (0, 1))], mode.clone())));
    }
    all
}

#[test]
fn chunks_give_the_same_bits_as_one() {
    for (dtype, a) in arrays() {
        for (name, f) in operations() {
            for lens in [[2, 3, 4], [3, 1, 1], [1, 5, 2]] {
                let (whole, parts) = (f(&a), f(&chunked(&a, lens)));
                let (whole, parts) = match (whole, parts) {
                    (Err(_), Err(_)) => continue,
                    // Where a value is the mistake, only the run can tell.
                    (Err(_), Ok(parts)) => {
                        assert!(parts.load().is_err(), "{name} of {dtype}");
                        continue;
                    }
                    (whole, parts) => (whole.unwrap(), parts.unwrap()),
                };
                assert_eq!(
                    (whole.shape(), whole.dtype()),
                    (parts.shape(), parts.dtype()),
                    "{name} of {dtype}"
                );
                let same = whole.load().unwrap().same_bits(&parts.load().unwrap());
                assert!(same, "{name} of {dtype} in chunks of {lens:?}");
                let labels = |a: &DataArray| a.coord("x").unwrap().load().unwrap();
                assert!(labels(&whole).same_bits(&labels(&parts)), "labels of {name}");
            }
        }
    }
}

/// A field in 16 chunks along its first axis.
fn field() -> LazyArray {
    LazyArray::from_source(Arc::new(Ramp::new(&[1024, 32, 32], &[64, 32, 32])))
}

/// Runs with less memory than the field has, and gives what was read, in fields.
fn read_in_bounds(result: &LazyArray) -> f64 {
    let greatest = ReduceSpec {
        op: ReduceOp::Max,
        axes: vec![0],
        group: None,
        skipna: true,
        ddof: 0.0,
        min_count: None,
    };
    let memory = 3 * field().nbytes() / 4;
    let local = Local::new().threads(2).memory(memory);
    let plan = Plan::new_with(&[Target::Memory(result.reduce(greatest).unwrap())], &local.rules()).unwrap();
    let report = local.run(&plan).unwrap().report;
    assert!(report.peak_bytes < memory as u64, "{} of {memory}: {}", report.peak_bytes, plan.explain());
    report.bytes_read as f64 / field().nbytes() as f64
}

#[test]
fn no_whole_axis_is_needed() {
    let sums = field().scan(ScanSpec { op: ScanOp::Sum, axis: 0, skipna: true }).unwrap();
    // Once to know what chunks start from, once to scan them.
    assert_eq!(read_in_bounds(&sums), 2.0);
    let gaps = Gaps { method: InterpMethod::Linear, outside: Outside::Missing, limit: None, max_gap: None };
    let places: Vec<f64> = (0..1024).map(f64::from).collect();
    assert_eq!(read_in_bounds(&field().fill_gaps(0, places.into(), gaps).unwrap()), 2.0);
    assert_eq!(read_in_bounds(&field().roll(0, 64).unwrap()), 1.0);
}

#[test]
fn scans_do_not_depend_on_threads() {
    let x = LazyArray::from_source(Arc::new(Ramp::new(&[300, 7, 5], &[11, 3, 5])));
    let sums = x.scan(ScanSpec { op: ScanOp::Prod, axis: 0, skipna: false }).unwrap();
    let plan = Plan::new(&[Target::Memory(sums)]).unwrap();
    let one = Local::new().threads(1).run(&plan).unwrap().blocks;
    let many = Local::new().threads(5).run(&plan).unwrap().blocks;
    assert!(one[0].same_bits(&many[0]));
}

#[test]
fn a_part_of_a_scan_has_the_bits_of_the_whole() {
    let (_, a) = arrays().swap_remove(0);
    let sums = chunked(&a, [3, 3, 4]).cumsum("x").unwrap();
    let part = sums.isel("x", 4..8).unwrap().load().unwrap();
    let whole = sums.load().unwrap();
    let at = graticule::array::Region::new([0..3, 4..8, 0..4]);
    assert!(part.same_bits(&whole.region(&at)));
}

#[test]
fn mistakes_say_what_is_wrong() {
    let all = arrays();
    let text = |r: Result<DataArray>| r.map(|_| ()).unwrap_err().to_string();
    let (floats, bools, ints) = (&all[0].1, &all[5].1, &all[3].1);
    assert!(text(floats.cumsum("z")).contains("known: a, x, b"));
    assert!(text(bools.diff("x")).contains("bool"));
    assert!(text(ints.shift_with(&[("x", 1)], f64::NAN)).contains("no place for NaN"));
    assert!(text(ints.shift_with(&[("x", 1)], 100_000)).contains("out of the range of int16"));
    let gap = InterpolateNa::new().max_gap("3D");
    assert!(text(floats.interpolate_na_with("x", &gap)).contains("a gap between numbers is a number"));
    let down = floats.isel("x", graticule::labels::slice(None, None, Some(-1))).unwrap();
    assert!(text(down.interpolate_na("x")).contains("does not rise: 40.5 follows 50"));
    for width in [usize::MAX, 1 << 62] {
        for mode in [PadMode::default(), PadMode::Edge, PadMode::Wrap, PadMode::Reflect(ReflectType::Odd)] {
            assert!(text(floats.pad(&[("x", (1, width))], mode)).contains("more than memory can number"));
        }
    }
    let none = floats.isel("x", 0..0).unwrap();
    assert!(text(none.pad(&[("x", (1, 1))], PadMode::Edge)).contains("only a constant can extend it"));
}
