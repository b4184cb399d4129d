//! A variable of a NetCDF file as a sink, and the files that this process is writing.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Writer;
use crate::array::{Block, ChunkGrid, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::source::{Sink, Traffic};

type Writers = HashMap<u64, Arc<Opened>>;

/// A file that is being written.
struct Opened {
    writer: Arc<dyn Writer>,
    /// Regions of each variable that were written, by their numbers in its grid.
    written: Vec<Mutex<HashSet<usize>>>,
}

/// A file that is being written has one writer, which only its own process has.
fn with_writers<T>(f: impl FnOnce(&mut Writers) -> T) -> T {
    static WRITERS: Mutex<Option<Writers>> = Mutex::new(None);
    f(WRITERS.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// Keeps a writer known to its sinks; it is forgotten when this is dropped.
pub(super) struct Registration(u64);

impl Registration {
    pub(super) fn new(writer: Arc<dyn Writer>, variables: usize) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let written = (0..variables).map(|_| Mutex::default()).collect();
        with_writers(|w| w.insert(number, Arc::new(Opened { writer, written })));
        Registration(number)
    }

    /// Takes the writer back, to which all of these were to be written: from now on no sink reaches it.
    ///
    /// # Errors
    /// If something is missing: it would read as zeros.
    pub(super) fn close(&self, sinks: &[NetcdfSink]) -> Result<Arc<dyn Writer>> {
        let opened = with_writers(|w| w.remove(&self.0));
        let opened = opened.ok_or_else(|| Error::internal("a writer was closed twice"))?;
        for (sink, written) in sinks.iter().zip(&opened.written) {
            let count = if sink.grid.shape().contains(&0) { 0 } else { sink.grid.count() };
            let written = written.lock().unwrap_or_else(PoisonError::into_inner).len();
            if written < count {
                return Err(Error::invalid(format!(
                    "{written} of {count} parts of {} are written",
                    sink.describe()
                ))
                .help("run all `targets` of the file to their end before `finish`"));
            }
        }
        Ok(opened.writer.clone())
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registration({})", self.0)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        with_writers(|w| w.remove(&self.0));
    }
}

/// A variable of a NetCDF file that this process is writing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NetcdfSink {
    process: u32,
    writer: u64,
    variable: usize,
    path: PathBuf,
    name: String,
    dtype: DType,
    grid: ChunkGrid,
}

impl NetcdfSink {
    pub(super) fn new(
        writer: &Registration,
        variable: usize,
        path: &Path,
        name: String,
        dtype: DType,
        grid: ChunkGrid,
    ) -> Self {
        NetcdfSink {
            process: std::process::id(),
            writer: writer.0,
            variable,
            path: path.to_path_buf(),
            name,
            dtype,
            grid,
        }
    }

    /// Writes a block that holds the whole variable.
    pub(super) fn write_all(&self, block: &Block, io: &Traffic) -> Result<()> {
        for flat in 0..self.grid.count() {
            let region = self.grid.region(flat);
            self.write(&region, &block.region(&region), io)?;
        }
        Ok(())
    }
}

#[typetag::serde(name = "netcdf")]
impl Sink for NetcdfSink {
    fn dtype(&self) -> DType {
        self.dtype
    }

    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }

    fn write(&self, region: &Region, block: &Block, io: &Traffic) -> Result<()> {
        if block.dtype().kind() != self.dtype.kind() || block.shape() != region.shape() {
            return Err(Error::internal(format!(
                "a block of {} {:?} for {region} of a variable of {}",
                block.dtype(),
                block.shape(),
                self.dtype
            )));
        }
        if region.is_empty() {
            return Ok(());
        }
        let opened = with_writers(|w| w.get(&self.writer).cloned());
        match opened.filter(|_| self.process == std::process::id()) {
            Some(opened) => {
                opened.writer.write(self.variable, region, &block.clone().contiguous(), io)?;
                let mut written =
                    opened.written[self.variable].lock().unwrap_or_else(PoisonError::into_inner);
                written.extend(self.grid.touched(region));
                Ok(())
            }
            None => Err(Error::unsupported("writing one NetCDF file from several processes")
                .help("write a Zarr store instead: its chunks are files of their own")),
        }
    }

    fn is_local(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("`{}` in {}", self.name, self.path.display())
    }
}
