//! Planning costs time and memory by operations, not by chunks: an anomaly over 1,000,000 chunks.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use graticule::array::{Block, ChunkGrid, Region};
use graticule::dtype::DType;
use graticule::lazy::LazyArray;
use graticule::prelude::*;
use graticule::source::{Source, Traffic};
use serde::{Deserialize, Serialize};

/// An array of zeros that is 1,000 × 1,000 × 1 chunks large.
#[derive(Debug, Serialize, Deserialize)]
struct Virtual;

#[typetag::serde]
impl Source for Virtual {
    fn dtype(&self) -> DType {
        DType::F32
    }
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&[24_000, 1_000, 100], &[24, 1, 100])
    }
    fn read(&self, region: &Region, _io: &Traffic) -> Result<Block> {
        Ok(Block::zeros(DType::F32, &region.shape()))
    }
    fn describe(&self) -> String {
        "virtual".to_string()
    }
}

fn expression() -> DataArray {
    let hours: Vec<i64> = (0..24_000).map(|h| h * 3_600_000_000_000).collect();
    let time = Block::from_vec(&[24_000], hours).unwrap().retype(DType::DATETIME_NS);
    let mut coords = Coords::new();
    coords.insert("time", Variable::new(["time"], time).unwrap()).unwrap();
    let data = LazyArray::from_source(Arc::new(Virtual));
    let a = DataArray::new(Variable::new(["time", "lat", "lon"], data).unwrap(), coords).unwrap();
    let clim = a.groupby("time.month").unwrap().mean("time").unwrap();
    a.groupby("time.month").unwrap().sub(&clim).unwrap()
}

fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|k| k.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn explain(c: &mut Criterion) {
    let before = resident();
    let text = expression().explain().unwrap().to_string();
    println!("{text}\npeak memory: {:.1} MB before, {:.1} MB after", before, resident());
    c.bench_function("build and explain 1,000,000 chunks", |b| {
        b.iter(|| black_box(expression().explain().unwrap().tasks))
    });
}

criterion_group!(benches, explain);
criterion_main!(benches);
