//! What a climatology of 1 TB, 100 TB and 10 PB asks of a cluster, from plans over stores that exist nowhere.
//!
//! ```text
//! cargo run --release --example cluster_sizes
//! ```
//!
//! Hourly fields on a 0.25° grid, 24 hours in a chunk; the larger ones have 37 levels, the largest 100 members too. The job
//! is the mean of each month of the year.

use std::sync::Arc;
use std::time::Instant;

use graticule::array::{ChunkGrid, Region};
use graticule::lazy::LazyArray;
use graticule::plan::{Rules, human_bytes};
use graticule::prelude::*;
use graticule::source::{Source, Traffic};
use serde::{Deserialize, Serialize};

const LATS: usize = 721;
const LONS: usize = 1440;
const CHUNK_HOURS: usize = 24;
const THREAD_MEMORY: usize = 4 << 30;

/// Fields that nobody has.
#[derive(Debug, Serialize, Deserialize)]
struct Nothing {
    shape: Vec<usize>,
}

#[typetag::serde]
impl Source for Nothing {
    fn dtype(&self) -> DType {
        DType::F32
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&self.shape, &[1, 1, CHUNK_HOURS, LATS, LONS])
    }

    fn read(&self, region: &Region, _io: &Traffic) -> Result<Block> {
        Ok(Block::zeros(DType::F32, &region.shape()))
    }

    fn describe(&self) -> String {
        "fields that nobody has".to_string()
    }
}

fn climatology(members: usize, levels: usize, hours: usize) -> Result<DataArray> {
    let source = Nothing { shape: vec![members, levels, hours, LATS, LONS] };
    let ticks: Vec<i64> = (0..hours as i64).map(|h| (h - 262_968) * 3_600_000_000_000).collect();
    let time = Block::from_vec(&[hours], ticks)?.retype(DType::DATETIME_NS);
    let mut coords = Coords::new();
    coords.insert("time", Variable::new(["time"], time)?)?;
    let dims = ["member", "level", "time", "lat", "lon"];
    let t = DataArray::new(Variable::new(dims, LazyArray::from_source(Arc::new(source)))?, coords)?;
    t.groupby("time.month")?.mean("time")
}

fn main() -> Result<()> {
    println!(
        "| data | threads | tasks | bytes of a task | scheduler | threads it could feed | reading | between stages | planned in |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let year = 8766;
    for (members, levels, hours, threads) in
        [(1, 1, 27 * year, 64), (1, 37, 74 * year, 1_000), (100, 37, 74 * year, 20_000)]
    {
        let begun = Instant::now();
        let plan =
            climatology(members, levels, hours)?.explain_with(&Rules::of_cluster(threads, THREAD_MEMORY))?;
        let on = plan.on_cluster(threads);
        println!(
            "| {} | {threads} | {} | {} | {:.1} s | {} | {:.0} min | {} | {:.0} ms |",
            human_bytes(plan.read_bytes),
            on.batches,
            human_bytes(on.batch_bytes),
            on.scheduler.as_secs_f64(),
            on.busy_threads,
            on.reading.as_secs_f64() / 60.0,
            human_bytes(on.between_bytes),
            begun.elapsed().as_secs_f64() * 1e3,
        );
    }
    Ok(())
}
