//! Writing NetCDF files: chunk by chunk, under a temporary name until all is there.

mod classic;
mod definition;
#[cfg_attr(feature = "netcdf", path = "library_enabled.rs")]
#[cfg_attr(not(feature = "netcdf"), path = "library_disabled.rs")]
mod library;
mod memory;
mod sink;

use std::path::Path;
use std::sync::Arc;

use crate::array::{Block, Region};
use crate::error::{Context, Error, Result};
use crate::io::RawDataset;
use crate::io::staging::Staging;
use crate::io::zarr::WriteMode;
use crate::lazy::LazyArray;
use crate::source::{Sink, Traffic};

use definition::Definition;
pub(in crate::io) use definition::is_set;
pub use sink::NetcdfSink;
use sink::Registration;

/// The format of a NetCDF file to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NetcdfFormat {
    /// NetCDF4, with chunks and compression. With the feature `netcdf` it is written chunk by chunk
    /// through netCDF-C; without it the file is put together in memory, which bounds its size.
    #[default]
    Netcdf4,
    /// CDF-5, the classic format with 64-bit sizes and all integer types: no compression, no texts.
    /// It is written chunk by chunk by all threads at once, whatever its size.
    Cdf5,
}

/// How to write a NetCDF file.
#[derive(Debug, Clone)]
pub struct NetcdfOptions {
    /// What to do with a file that is there already: replace it, unless told otherwise (as xarray does).
    pub mode: WriteMode,
    /// The format.
    pub format: NetcdfFormat,
}

impl Default for NetcdfOptions {
    fn default() -> Self {
        NetcdfOptions { mode: WriteMode::Replace, format: NetcdfFormat::default() }
    }
}

/// What takes the blocks of a file.
trait Writer: Send + Sync {
    /// Writes one block of a variable; called from many threads at once.
    fn write(&self, variable: usize, region: &Region, block: &Block, io: &Traffic) -> Result<()>;
    /// Completes the file.
    fn finish(&self) -> Result<()>;
}

/// A NetCDF file that is being written.
///
/// Make it, write its [`targets`](NetcdfWrite::targets), and [`finish`](NetcdfWrite::finish) it: only
/// then does the file stand under its name. One that is dropped before leaves nothing.
#[derive(Debug)]
pub struct NetcdfWrite {
    registration: Registration,
    targets: Vec<(LazyArray, Arc<dyn Sink>)>,
    staging: Staging,
}

impl NetcdfWrite {
    /// Begins a file at `path` with the header that `raw` asks for; values in memory are written too.
    ///
    /// The variables' `encoding` is followed under xarray's names: `chunksizes`, `zlib`, `complevel`,
    /// `shuffle`, `fletcher32`; the dataset's names `unlimited_dims`.
    ///
    /// # Errors
    /// If the path is taken, the format lacks a type that occurs, the file would be too large for it, or
    /// the file system refuses.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::{cf, netcdf::{NetcdfOptions, NetcdfWrite}};
    /// # let path = std::env::temp_dir().join(format!("graticule-create-{}.nc", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let raw = cf::encode(&a.chunk("x", 1)?.to_dataset("a"), false)?;
    /// let write = NetcdfWrite::create(&path, &raw, &NetcdfOptions::default())?;
    /// // What is not finished leaves nothing behind.
    /// drop(write);
    /// assert!(!path.exists());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn create(path: &Path, raw: &RawDataset, options: &NetcdfOptions) -> Result<Self> {
        let place = || format!("writing the NetCDF file {}", path.display());
        let definition = Definition::of(raw, options.format).at(place)?;
        if !matches!(options.mode, WriteMode::Create | WriteMode::Replace) {
            let mode = format!("the mode `{:?}` is one of Zarr stores", options.mode);
            return Err(Error::unsupported(mode).help("NetCDF files are written anew: `Create` or `Replace`"));
        }
        let staging = Staging::file(path, options.mode == WriteMode::Replace)?;
        let writer: Arc<dyn Writer> = match options.format {
            NetcdfFormat::Cdf5 => {
                Arc::new(classic::ClassicWriter::create(staging.path(), &definition).at(place)?)
            }
            NetcdfFormat::Netcdf4 => library::writer(staging.path(), &definition).at(place)?,
        };
        let registration = Registration::new(writer);
        let mut targets = Vec::new();
        for (i, (variable, defined)) in raw.variables.values().zip(&definition.variables).enumerate() {
            let sink = NetcdfSink::new(&registration, i, path, defined);
            match variable.data().as_block() {
                Some(block) => sink.write_all(block, &Traffic::default()).at(place)?,
                None => targets.push((variable.data().clone(), Arc::new(sink) as Arc<dyn Sink>)),
            }
        }
        Ok(NetcdfWrite { registration, targets, staging })
    }

    /// The arrays that are still to be written, each with its sink.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::{cf, netcdf::{NetcdfOptions, NetcdfWrite}};
    /// # let path = std::env::temp_dir().join(format!("graticule-targets-{}.nc", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let raw = cf::encode(&a.chunk("x", 1)?.to_dataset("a"), false)?;
    /// let write = NetcdfWrite::create(&path, &raw, &NetcdfOptions::default())?;
    /// let (data, sink) = &write.targets()[0];
    /// assert_eq!((data.shape(), sink.dtype()), (vec![2], DType::F64));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn targets(&self) -> Vec<(LazyArray, Arc<dyn Sink>)> {
        self.targets.clone()
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// If the file system refuses, or the name was taken meanwhile.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{exec, io::{cf, netcdf::{NetcdfOptions, NetcdfWrite}}};
    /// # let path = std::env::temp_dir().join(format!("graticule-finish-{}.nc", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let raw = cf::encode(&a.chunk("x", 1)?.to_dataset("a"), false)?;
    /// let write = NetcdfWrite::create(&path, &raw, &NetcdfOptions::default())?;
    /// exec::store(&write.targets())?;
    /// assert!(!path.exists());
    /// write.finish()?;
    /// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # std::fs::remove_file(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn finish(self) -> Result<()> {
        self.registration.close()?.finish()?;
        std::fs::File::options().write(true).open(self.staging.path())?.sync_all()?;
        self.staging.commit()
    }
}
