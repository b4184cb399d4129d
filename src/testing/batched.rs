//! An executor for tests: a plan goes through the wire, batch by batch.

use std::time::Instant;

use crate::cluster::{Batch, Gathered, Merges, batches_of, run_batch};
use crate::error::{Error, Result};
use crate::exec::{Executor, Outcome, Report};
use crate::plan::{BATCH_BYTES, Plan, Rules};
use crate::source::Traffic;

/// Of the cluster that batches are made for.
const THREADS: usize = 2;

/// Runs a plan as workers of a cluster do: plan, batches and blocks become bytes and blocks again between all steps, on one
/// thread. What runs here runs on a cluster whose workers have the same kernels, and gives the same bits as
/// [`Local`](crate::exec::Local).
///
/// It keeps every block to the end and knows no budget: for tests of operations, sources and sinks.
///
/// ```
/// # use graticule::prelude::*;
/// use graticule::testing::Batched;
/// let a = DataArray::from_vec(&[("x", 5)], vec![0.1, 0.2, 0.3, 0.4, 0.5])?.chunk("x", 2)?;
/// let mean = a.mean("x")?;
/// let expected = mean.compute()?.to_vec::<f64>()?;
/// assert_eq!(mean.compute_on(&Batched::new())?.0.to_vec::<f64>()?, expected);
/// // A closure cannot travel.
/// let closed = a.map_blocks(|part| part.add(1.0), &a)?;
/// assert!(closed.compute_on(&Batched::new()).is_err());
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batched {
    bytes: usize,
}

impl Default for Batched {
    fn default() -> Self {
        Batched::new()
    }
}

impl Batched {
    /// Batches as for a cluster of two threads.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::testing::Batched;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.chunk("x", 1)?;
    /// assert_eq!(a.sum("x")?.compute_on(&Batched::new())?.0.to_vec::<i64>()?, [6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        Batched { bytes: BATCH_BYTES }
    }

    /// Batches for work on about so many bytes; with 1 each task is a batch.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::testing::Batched;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?.chunk("x", 1)?;
    /// assert_eq!(a.sum("x")?.compute_on(&Batched::new().bytes(1))?.0.to_vec::<i64>()?, [6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }
}

impl Executor for Batched {
    fn rules(&self) -> Rules {
        Rules { apart: true, threads: THREADS, ..Rules::default() }
    }

    fn run(&self, plan: &Plan) -> Result<Outcome> {
        let begun = Instant::now();
        let io = Traffic::default();
        let there = Plan::from_bytes(&plan.to_bytes()?)?;
        let batches = batches_of(plan, THREADS, self.bytes, Merges::AsTheyCome)?;
        let mut gathered = Gathered::new(plan);
        let mut values: Vec<Vec<u8>> = Vec::with_capacity(batches.list.len());
        for of in &batches.list {
            let spec = rmp_serde::to_vec(&of.batch).map_err(|e| Error::internal("a batch").caused_by(e))?;
            let batch: Batch =
                rmp_serde::from_slice(&spec).map_err(|e| Error::internal("a batch").caused_by(e))?;
            let inputs: Vec<&[u8]> = of.inputs.iter().map(|&i| &values[i][..]).collect();
            let value = run_batch(&there, &batch, &inputs, &io)?;
            if of.gather {
                gathered.place(&value, &io)?;
            }
            values.push(value);
        }
        let report = Report {
            tasks: plan.task_count(),
            bytes_read: io.read(),
            bytes_written: io.written(),
            resumed: io.resumed() + batches.resumed as u64,
            elapsed: begun.elapsed(),
            threads: 1,
            ..Report::default()
        };
        Ok(Outcome { blocks: gathered.into_outputs(), report })
    }
}
