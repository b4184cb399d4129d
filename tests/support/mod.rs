//! What several test programs use.
#![allow(dead_code)] // Each program uses its own part of this.

pub mod cluster;
#[cfg(all(unix, feature = "dask"))]
pub mod dask;
pub mod netcdf;
pub mod python;
pub mod results;
pub mod s3;
pub mod told;

use graticule::array::{ChunkGrid, Region};
use graticule::prelude::*;
use graticule::source::{Source, Traffic};
use serde::{Deserialize, Serialize};

/// A source whose elements are their own row-major positions; it counts what is read.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ramp {
    shape: Vec<usize>,
    chunk: Vec<usize>,
    panic_at: Option<usize>,
}

impl Ramp {
    pub fn new(shape: &[usize], chunk: &[usize]) -> Self {
        Ramp { shape: shape.to_vec(), chunk: chunk.to_vec(), panic_at: None }
    }

    /// Panics when this row is read.
    pub fn panicking_at(mut self, row: usize) -> Self {
        self.panic_at = Some(row);
        self
    }
}

#[typetag::serde]
impl Source for Ramp {
    fn dtype(&self) -> DType {
        DType::F32
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&self.shape, &self.chunk)
    }

    fn read(&self, region: &Region, io: &Traffic) -> Result<Block> {
        assert!(!self.panic_at.is_some_and(|row| region.axis(0).contains(&row)), "this row panics");
        io.count_read(region.size() * 4);
        let shape = region.shape();
        let mut values = Vec::with_capacity(region.size());
        let mut at = region.start();
        for _ in 0..region.size() {
            values.push(self.shape.iter().zip(&at).fold(0, |n, (s, i)| n * s + i) as f32);
            for axis in (0..at.len()).rev() {
                at[axis] += 1;
                if at[axis] < region.axis(axis).end {
                    break;
                }
                at[axis] = region.axis(axis).start;
            }
        }
        Block::from_vec(&shape, values)
    }

    fn describe(&self) -> String {
        format!("ramp {:?}", self.shape)
    }
}

/// `n` days from day `start` on, at three places.
pub fn days(start: i64, n: usize) -> Dataset {
    let values: Vec<f64> = (0..3 * n).map(|i| (start * 3) as f64 + i as f64).collect();
    let time: Vec<i64> = (start..start + n as i64).map(|d| d * 86_400_000_000_000).collect();
    let time = Block::from_vec(&[n], time).unwrap().retype(DType::DATETIME_NS);
    let a = DataArray::from_vec(&[("time", n), ("x", 3)], values).unwrap();
    let a = a.assign_coords([("time", time)]).unwrap();
    let x = Block::from_vec(&[3], vec![10i64, 20, 30]).unwrap();
    a.assign_coords([("x", x)]).unwrap().to_dataset("t")
}
