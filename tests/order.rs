//! Order statistics and reductions of one's own over chunked data: bits, memory, plans that travel.

mod support;

use std::sync::Arc;

use graticule::kernel::order::RankKind;
use graticule::lazy::{LazyArray, Reducer};
use graticule::plan::{Plan, Target};
use graticule::prelude::*;
use serde::{Deserialize, Serialize};
use support::Ramp;

/// A field in chunks, of positions spoiled so that their order is none of memory's.
fn field(shape: &[usize], chunk: &[usize]) -> DataArray {
    let dims = ["t", "y", "x"];
    let data = LazyArray::from_source(Arc::new(Ramp::new(shape, chunk)));
    let ramp = DataArray::new(Variable::new(dims, data).unwrap(), Coords::new()).unwrap();
    // The fractional parts of multiples of an irrational number; one value in a row of chunks is missing.
    let spread = ramp.mul(0.618_034).unwrap().rem(1.0).unwrap();
    let known = ramp.rem(13.0).unwrap().ne(5.0).unwrap();
    spread.where_cond(&known).unwrap()
}

fn plan(array: &DataArray) -> Plan {
    Plan::new(&[Target::Memory(array.variable().data().clone())]).unwrap()
}

fn blocks(plan: &Plan, threads: usize) -> Vec<Block> {
    Local::new().threads(threads).run(plan).unwrap().blocks
}

type Operation = fn(&DataArray) -> Result<DataArray>;

const OPERATIONS: &[(&str, Operation)] = &[
    ("median over time", |a| a.median("t")),
    ("median over space", |a| a.median(["y", "x"])),
    ("quantiles", |a| a.quantile([0.1, 0.5, 1.0], "t")),
    ("quantiles over all", |a| a.quantile([0.3, 0.7], ..)),
    ("ranks", |a| a.rank("t")),
    ("order", |a| a.argsort("x")),
    ("argmax over time", |a| a.argmax("t")),
    ("argmin over all", |a| a.argmin(..)),
    ("range", |a| a.reduce(["t", "x"], |lane: &[f32]| lane.len() as i64)),
];

#[test]
fn any_chunks_and_threads_give_the_same_bits() {
    let shape = [19, 6, 10];
    for (name, operation) in OPERATIONS {
        let whole = blocks(&plan(&operation(&field(&shape, &shape)).unwrap()), 1);
        for chunk in [[1, 6, 10], [4, 5, 3], [19, 1, 4]] {
            let cut = plan(&operation(&field(&shape, &chunk)).unwrap());
            for threads in [1, 3] {
                assert!(whole[0].same_bits(&blocks(&cut, threads)[0]), "{name} of chunks {chunk:?}");
            }
        }
    }
}

#[test]
fn a_median_over_time_keeps_tasks_small() {
    // 128 MB in chunks of one time each: a task must not hold all times of a chunk.
    let median = field(&[128, 512, 512], &[1, 512, 512]).median("t").unwrap();
    let largest = plan(&median).stages().iter().map(|s| s.task_bytes).max().unwrap();
    assert!(largest < 100 << 20, "{largest} bytes");
    // Chunks that hold all times already stay as they are.
    let along = field(&[128, 512, 512], &[128, 16, 512]).median("t").unwrap();
    assert_eq!(along.variable().chunks().counts(), [32, 1]);
}

#[test]
fn positions_of_extremes_fold_chunk_by_chunk() {
    let at = field(&[256, 256, 256], &[1, 256, 256]).argmax("t").unwrap();
    let largest = plan(&at).stages().iter().map(|s| s.task_bytes).max().unwrap();
    assert!(largest < 8 << 20, "{largest} bytes");
}

/// The mean of the values above a limit.
#[derive(Debug, Serialize, Deserialize)]
struct MeanAbove {
    limit: f32,
}

#[typetag::serde]
impl Reducer for MeanAbove {
    fn name(&self) -> &str {
        "mean above"
    }

    fn result_dtype(&self, input: DType) -> Result<DType> {
        match input {
            DType::F32 => Ok(DType::F32),
            other => Err(Error::dtype(format!("a mean of {other} above a limit"))),
        }
    }

    fn reduce(&self, lanes: &Block) -> Result<Block> {
        let mean = |lane: ndarray::ArrayView1<'_, f32>| {
            let above = lane.iter().filter(|v| **v > self.limit);
            let (sum, n) = above.fold((0.0, 0), |(sum, n), v| (sum + v, n + 1));
            sum / n as f32
        };
        let lanes =
            lanes.typed::<f32>()?.view().into_dimensionality::<ndarray::Ix2>().expect("lanes in rows");
        Block::from_vec(&[lanes.nrows()], lanes.rows().into_iter().map(mean).collect())
    }
}

#[test]
fn a_registered_reduction_travels_and_a_closure_does_not() {
    let a = field(&[7, 3, 4], &[2, 2, 2]);
    let options = ReduceOptions::new();
    let registered = plan(&a.reduce_kernel("t", MeanAbove { limit: 0.5 }, options).unwrap());
    let again = Plan::from_bytes(&registered.to_bytes().unwrap()).unwrap();
    assert!(blocks(&registered, 2)[0].same_bits(&blocks(&again, 1)[0]));
    let closure = a
        .reduce("t", |lane: &[f32]| {
            let above = lane.iter().filter(|v| **v > 0.5);
            let (sum, n) = above.fold((0.0f32, 0), |(sum, n), v| (sum + v, n + 1));
            sum / n as f32
        })
        .unwrap();
    assert!(blocks(&registered, 1)[0].same_bits(&blocks(&plan(&closure), 2)[0]));
    let e = plan(&closure).to_bytes().unwrap_err().to_string();
    assert!(e.contains("cannot travel"), "{e}");
}

#[test]
fn mistakes_are_found_when_the_expression_is_built() {
    let a = field(&[7, 3, 4], &[2, 2, 2]);
    let e = a.reduce("t", |lane: &[f64]| lane.len() as i64).err().unwrap().to_string();
    assert!(e.contains("takes float64") && e.contains("astype"), "{e}");
    let e = a.quantile(50.0, "t").err().unwrap().to_string();
    assert!(e.contains("50") && e.contains("divided by 100"), "{e}");
    let e = a.quantile(0.5, "tt").err().unwrap().to_string();
    assert!(e.contains("did you mean `t`"), "{e}");
    let e = a.astype(DType::Bool).unwrap().quantile(0.5, "t").err().unwrap().to_string();
    assert!(e.contains("bool") && e.contains("nearest"), "{e}");
    let e = a.sortby(&a).err().unwrap().to_string();
    assert!(e.contains("(t, y, x)"), "{e}");
    assert!(a.rank("z").is_err() && a.argsort("z").is_err());
    let data = a.variable().data();
    assert!(data.rank(3, RankKind::Place).is_err());
}
