//! What a task costs: means, anomalies and sums of arrays in very many tiny chunks.

use std::sync::Arc;
use std::time::Instant;

use graticule::array::{Block, ChunkGrid, Region};
use graticule::dtype::DType;
use graticule::exec::{Executor, Local};
use graticule::lazy::LazyArray;
use graticule::plan::{Plan, Target};
use graticule::prelude::*;
use graticule::source::{Source, Traffic};
use serde::{Deserialize, Serialize};

/// Numbers of a chunk.
const CHUNK: usize = 100;

/// Numbers that rise along each axis, in chunks of a hundred.
#[derive(Debug, Serialize, Deserialize)]
struct Rise {
    shape: Vec<usize>,
}

#[typetag::serde(name = "rise")]
impl Source for Rise {
    fn dtype(&self) -> DType {
        DType::F32
    }
    fn grid(&self) -> ChunkGrid {
        let chunk = [1, CHUNK];
        ChunkGrid::regular(&self.shape, &chunk[2 - self.shape.len()..])
    }
    fn read(&self, region: &Region, _io: &Traffic) -> graticule::Result<Block> {
        let start: usize = region.start().iter().sum();
        Block::from_vec(&region.shape(), (start..start + region.size()).map(|i| i as f32).collect())
    }
    fn describe(&self) -> String {
        format!("rise {:?}", self.shape)
    }
}

fn rise(shape: &[(&str, usize)]) -> DataArray {
    let data = LazyArray::from_source(Arc::new(Rise { shape: shape.iter().map(|s| s.1).collect() }));
    DataArray::new(Variable::new(shape.iter().map(|s| s.0), data).unwrap(), Coords::new()).unwrap()
}

fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|k| k.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn measure(name: &str, chunks: usize, make: impl Fn() -> graticule::Result<DataArray>) {
    let mut best = f64::INFINITY;
    let mut tasks = 0;
    for _ in 0..5 {
        let begun = Instant::now();
        let plan = Plan::new(&[Target::Memory(make().unwrap().variable().data().clone())]).unwrap();
        let report = Local::new().run(&plan).unwrap().report;
        (best, tasks) = (best.min(begun.elapsed().as_secs_f64()), report.tasks);
    }
    let each = best * 1e6 / chunks as f64;
    println!("{name}: {best:.3} s, {each:.2} µs a chunk, {tasks} tasks, peak {:.0} MB so far", resident());
}

fn main() {
    for chunks in [100_000, 1_000_000] {
        let line = || rise(&[("x", chunks * CHUNK)]);
        measure(&format!("mean of {chunks} chunks"), chunks, || line().mean("x"));
        measure(&format!("mean((x - mean(x))^2) of {chunks} chunks"), chunks, || {
            let x = line();
            let off = x.sub(&x.mean("x")?)?;
            off.mul(&off)?.mean("x")
        });
        measure(&format!("x - mean(x) of {chunks} chunks, a task each"), chunks, || {
            let x = line();
            x.sub(&x.mean("x")?)
        });
        measure(&format!("sums of pairs of {chunks} chunks, each kept for two tasks"), chunks, || {
            let sums = rise(&[("pair", chunks / 2), ("i", 2 * CHUNK)]).sum("i")?;
            sums.sub(&sums.shift("pair", 1)?)
        });
    }
}
