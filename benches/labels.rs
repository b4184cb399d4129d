//! What labels cost: selection, arithmetic and reductions of a small array, a dataset of many variables,
//! and joins of long indexes beside a plain merge loop. `benches/labels.py` does the same with xarray.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use graticule::array::Block;
use graticule::dtype::{Calendar, DType, TimeUnit};
use graticule::index::{Index, Join, RangeIndex, default_index, join, positions};
use graticule::labels::{Coords, DataArray, Dataset, Sel, Variable};

const SIDE: usize = 10;
const VARIABLES: usize = 400;
const LABELS: usize = 1_000_000;

fn array(first: i64) -> DataArray {
    let mut coords = Coords::new();
    let x: Vec<i64> = (first..first + SIDE as i64).collect();
    let y: Vec<f64> = (0..SIDE).map(|i| 0.1 * (i * i) as f64).collect();
    coords.insert("x", Variable::from_vec(&[("x", SIDE)], x).expect("fits")).expect("labels");
    coords.insert("y", Variable::from_vec(&[("y", SIDE)], y).expect("fits")).expect("labels");
    let values = (0..SIDE * SIDE).map(|i| i as f64).collect();
    let mut variable = Variable::from_vec(&[("x", SIDE), ("y", SIDE)], values).expect("fits");
    variable.attrs.insert("units", "m");
    DataArray::new(variable, coords).expect("fits").with_name("a")
}

fn small(c: &mut Criterion) {
    let (a, same, moved) = (array(0), array(0), array(3));
    let condition = a.gt(20.0).expect("numbers compare");
    let mut bench = c.benchmark_group("small");
    macro_rules! op {
        ($($name:literal: $result:expr;)*) => {$(
            bench.bench_function($name, |b| b.iter(|| black_box($result.expect("it works"))));
        )*};
    }
    op! {
        "isel one": a.isel("x", 3);
        "isel slice": a.isel("x", 2..7);
        "isel list": a.isel("x", [7, 1, 4]);
        "sel one": a.sel("x", 3);
        "sel nearest": a.sel_with(Sel::new().nearest("y", 1.7));
        "sel slice": a.sel("y", 0.4..=4.0);
        "add itself": &a + &a;
        "add equal labels": &a + &same;
        "add other labels": &a + &moved;
        "add a number": &a + 1.0;
        "mean over x": a.mean("x");
        "mean over y": a.mean("y");
        "mean of all": a.mean(..);
        "where": a.where_cond(&condition);
        "transpose": a.transpose(["y", "x"]);
    }
    bench.bench_function("add ten thousand times", |b| {
        b.iter(|| {
            let mut sum = a.clone();
            for _ in 0..10_000 {
                sum = (&sum + 1.0).expect("numbers add");
            }
            sum
        })
    });
    bench.finish();
}

fn many_variables(c: &mut Criterion) {
    let one = array(0);
    let names: Vec<String> = (0..VARIABLES).map(|i| format!("variable_{i}")).collect();
    let ds = Dataset::new().assign(names.iter().map(|n| (n.as_str(), &one))).expect("labels agree");
    let mut bench = c.benchmark_group("dataset of 400");
    bench.bench_function("insert", |b| b.iter(|| black_box(ds.assign([("new", &one)]).expect("fits"))));
    bench.bench_function("get", |b| b.iter(|| black_box(ds.get("variable_200").expect("it is there"))));
    bench.bench_function("isel slice", |b| b.iter(|| black_box(ds.isel("x", 2..7).expect("inside"))));
    bench.bench_function("isel one", |b| b.iter(|| black_box(ds.isel("x", 3).expect("inside"))));
    bench.bench_function("sel slice", |b| b.iter(|| black_box(ds.sel("x", 2..=6).expect("inside"))));
    bench.finish();
}

/// Labels that rise by 1 or 2, so that no step describes them.
fn uneven(n: usize) -> Vec<i64> {
    let mut state = 1u32;
    let mut at = 0;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        at += 1 + i64::from(state >> 31);
        at
    };
    (0..n).map(step).collect()
}

/// The positions of common labels in two lists that rise: what any join has to do at least.
fn plain_inner<T: PartialOrd>(a: &[T], b: &[T]) -> (Vec<i64>, Vec<i64>) {
    let (mut i, mut j, mut in_a, mut in_b) = (0, 0, Vec::new(), Vec::new());
    while i < a.len() && j < b.len() {
        if a[i] < b[j] {
            i += 1;
        } else if b[j] < a[i] {
            j += 1;
        } else {
            in_a.push(i as i64);
            in_b.push(j as i64);
            i += 1;
            j += 1;
        }
    }
    (in_a, in_b)
}

/// The labels of either list, and where they stand in both.
fn plain_outer<T: PartialOrd + Copy>(a: &[T], b: &[T]) -> (Vec<T>, Vec<i64>, Vec<i64>) {
    let (mut i, mut j) = (0, 0);
    let (mut all, mut in_a, mut in_b) = (Vec::new(), Vec::new(), Vec::new());
    while i < a.len() || j < b.len() {
        let (left, right) = match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) => (x <= y, y <= x),
            (x, y) => (x.is_some(), y.is_some()),
        };
        all.push(if left { a[i] } else { b[j] });
        in_a.push(if left { i as i64 } else { -1 });
        in_b.push(if right { j as i64 } else { -1 });
        i += usize::from(left);
        j += usize::from(right);
    }
    (all, in_a, in_b)
}

type Pair = [Arc<dyn Index>; 2];

fn index(labels: Block) -> Arc<dyn Index> {
    default_index(&labels).expect("rank 1")
}

/// The join itself, and where its labels stand in both indexes: all that alignment asks for.
fn joined(pair: &Pair, how: Join) -> usize {
    let both = join(pair, how).expect("they join");
    for index in pair {
        black_box(positions(index.as_ref(), both.as_ref()).expect("they join"));
    }
    both.len()
}

fn joins(c: &mut Criterion) {
    let all = uneven(LABELS * 3 / 2);
    let (first, last) = (all[..LABELS].to_vec(), all[LABELS / 2..].to_vec());
    // Of the same labels a random third goes from each.
    let thinned = |seed: u32| -> Vec<i64> {
        let mut state = seed;
        let mut keep = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state % 97 > 31
        };
        all.iter().copied().filter(|_| keep()).collect()
    };
    let (some, others) = (thinned(1), thinned(2));
    let i64s = |v: &[i64]| index(Block::from_vec(&[v.len()], v.to_vec()).expect("fits"));
    let time = DType::Datetime { unit: TimeUnit::Ns, calendar: Calendar::ProlepticGregorian };
    let times = |v: &[i64]| index(Block::from_vec(&[v.len()], v.to_vec()).expect("fits").retype(time));
    let as_f64 = |v: &[i64]| v.iter().map(|v| *v as f64 / 8.0).collect::<Vec<_>>();
    let f64s = |v: &[i64]| index(Block::from_vec(&[v.len()], as_f64(v)).expect("fits"));
    let shuffled = |v: &[i64]| {
        let n = v.len();
        i64s(&(0..n).map(|i| v[i * 7_919 % n]).collect::<Vec<_>>())
    };
    let range = |start: i64| -> Arc<dyn Index> {
        Arc::new(RangeIndex::new(DType::I64, start, 1, LABELS).expect("a range"))
    };
    let half = LABELS as i64 / 2;

    let mut bench = c.benchmark_group("join of 1e6");
    bench.sample_size(10);
    let mut pair = |name: &str, pair: Pair| {
        for (how, text) in [(Join::Inner, "inner"), (Join::Outer, "outer")] {
            bench.bench_function(format!("{name}, {text}"), |b| b.iter(|| black_box(joined(&pair, how))));
        }
    };
    pair("equal i64", [i64s(&first), i64s(&first)]);
    pair("half i64", [i64s(&first), i64s(&last)]);
    pair("half f64", [f64s(&first), f64s(&last)]);
    pair("half datetime", [times(&first), times(&last)]);
    pair("thinned i64", [i64s(&some), i64s(&others)]);
    pair("thinned f64", [f64s(&some), f64s(&others)]);
    pair("ranges", [range(0), range(half)]);
    pair("shuffled i64", [shuffled(&first), shuffled(&last)]);
    let (x, y) = (as_f64(&some), as_f64(&others));
    bench.bench_function("plain merge, half i64, inner", |b| b.iter(|| plain_inner(&first, &last)));
    bench.bench_function("plain merge, half i64, outer", |b| b.iter(|| plain_outer(&first, &last)));
    bench.bench_function("plain merge, thinned i64, inner", |b| b.iter(|| plain_inner(&some, &others)));
    bench.bench_function("plain merge, thinned i64, outer", |b| b.iter(|| plain_outer(&some, &others)));
    bench.bench_function("plain merge, thinned f64, inner", |b| b.iter(|| plain_inner(&x, &y)));
    bench.bench_function("plain merge, thinned f64, outer", |b| b.iter(|| plain_outer(&x, &y)));
    bench.finish();
}

fn lookups(c: &mut Criterion) {
    let all = uneven(LABELS);
    let wanted: Vec<i64> = (0..LABELS).map(|i| all[i * 7_919 % LABELS]).collect();
    let values: Vec<f64> = (0..LABELS).map(|i| i as f64).collect();
    let mut coords = Coords::new();
    coords.insert("x", Variable::from_vec(&[("x", LABELS)], all).expect("fits")).expect("labels");
    let a =
        DataArray::new(Variable::from_vec(&[("x", LABELS)], values).expect("fits"), coords).expect("fits");
    let labels = Block::from_vec(&[LABELS], wanted.clone()).expect("fits");
    let mut bench = c.benchmark_group("a million");
    bench.sample_size(10);
    bench.bench_function("labels selected", |b| {
        b.iter(|| black_box(a.sel("x", labels.clone()).expect("there")))
    });
    let side = 1000;
    let plane = DataArray::from_vec(&[("i", side), ("j", side)], vec![1.0f64; LABELS]).expect("fits");
    let i = (0..LABELS).map(|k| (k * 7_919 % side) as i64).collect();
    let j = (0..LABELS).map(|k| (k * 104_729 % side) as i64).collect();
    let points = |v: Vec<i64>| Variable::from_vec(&[("p", LABELS)], v).expect("fits");
    let isel = graticule::labels::Isel::new().at("i", points(i)).at("j", points(j));
    bench.bench_function("points taken", |b| {
        b.iter(|| black_box(plane.isel_with(isel.clone()).and_then(|a| a.load()).expect("inside")))
    });
    bench.bench_function("positions taken along a row", |b| {
        let columns: Vec<i64> = (0..side).map(|k| (k * 7 % side) as i64).collect();
        b.iter(|| black_box(plane.isel("j", columns.clone()).and_then(|a| a.load()).expect("inside")))
    });
    bench.finish();
}

fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_millis(1000))
}

criterion_group! { name = benches; config = quick(); targets = small, many_variables, joins, lookups }
criterion_main!(benches);
