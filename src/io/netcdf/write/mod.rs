//! Writing NetCDF files: chunk by chunk, under a temporary name until all is there.

mod append;
mod classic;
mod compressor;
mod definition;
mod hdf5;
#[cfg_attr(feature = "netcdf", path = "library_enabled.rs")]
#[cfg_attr(not(feature = "netcdf"), path = "library_disabled.rs")]
mod library;
mod options;
mod plain;
mod positioned;
mod sink;

use std::path::Path;
use std::sync::Arc;

use crate::array::{Block, Region};
use crate::error::{Context, Error, Result};
use crate::io::RawDataset;
use crate::io::cf::{self, Lacks};
use crate::io::staging::Staging;
use crate::io::zarr::{WriteMode, at_once};
use crate::labels::Dataset;
use crate::lazy::LazyArray;
use crate::source::{Sink, Traffic};

use append::{Base, Existing};
pub(in crate::io) use compressor::Compressor;
use definition::Definition;
pub use options::{NetcdfFormat, NetcdfOptions};
pub use sink::NetcdfSink;
use sink::Registration;

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
    /// Of all variables.
    sinks: Vec<NetcdfSink>,
    targets: Vec<(LazyArray, Arc<dyn Sink>)>,
    staging: Staging,
    /// The file that is added to.
    base: Option<Base>,
}

impl NetcdfWrite {
    /// Begins a file with labelled datasets in groups, encoded as its format asks for.
    pub(in crate::io) fn begin(
        path: &Path,
        groups: &[(&str, &Dataset)],
        options: &NetcdfOptions,
    ) -> Result<Self> {
        // What formats lack may take a look at all values.
        check_mode(path, options)?;
        let place = || format!("writing the NetCDF file {}", path.display());
        if options.mode == WriteMode::Append
            && let Some(mut there) = Existing::open(path).at(place)?
        {
            groups.iter().try_for_each(|(group, ds)| there.add(group, ds)).at(place)?;
            let all: Vec<_> = there.groups.iter().map(|(group, raw)| (group.as_str(), raw)).collect();
            let options = NetcdfOptions { format: there.format, ..options.clone() };
            return Ok(NetcdfWrite { base: Some(there.base), ..Self::anew(path, &all, &options)? });
        }
        let encode = |&(_, ds): &(&str, &Dataset)| cf::adapt(cf::encode(ds, false)?, lacks(options.format));
        let encoded = groups.iter().map(encode).collect::<Result<Vec<_>>>().at(place)?;
        let named: Vec<_> = groups.iter().zip(&encoded).map(|((group, _), raw)| (*group, raw)).collect();
        Self::create_groups(path, &named, options)
    }

    /// Begins a file at `path` with the header that `raw` asks for; small values in memory are written too.
    ///
    /// The variables' `encoding` is followed under xarray's names: `chunksizes`, `zlib` or `compression` (`zlib`, `zstd`) with
    /// `complevel`, `shuffle`, `fletcher32`; the dataset's names `unlimited_dims`.
    ///
    /// # Errors
    /// If the path is taken, a name, an attribute or `_FillValue` cannot be written, the format lacks a type that occurs, the
    /// file would be too large for it, or the file system refuses.
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
        let group = options.group.as_deref().unwrap_or("");
        Self::create_groups(path, &[(group, raw)], options)
    }

    /// Begins a file with several groups, each given with its path; "" is the root. See [`create`](NetcdfWrite::create).
    ///
    /// # Errors
    /// Those of [`create`](NetcdfWrite::create), and if two are for one group, or the format has none.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{exec, io::{cf, netcdf::{NetcdfOptions, NetcdfWrite}}};
    /// # let path = std::env::temp_dir().join(format!("graticule-create-groups-{}.nc", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let raw = cf::encode(&a.to_dataset("a"), false)?;
    /// let write = NetcdfWrite::create_groups(&path, &[("", &raw), ("b", &raw)], &NetcdfOptions::default())?;
    /// exec::store(&write.targets())?;
    /// write.finish()?;
    /// let b = open_dataset_with(&path, &OpenOptions::new().group("b"))?;
    /// assert_eq!(b.get("a")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # std::fs::remove_file(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn create_groups(
        path: &Path,
        groups: &[(&str, &RawDataset)],
        options: &NetcdfOptions,
    ) -> Result<Self> {
        check_mode(path, options)?;
        if options.mode == WriteMode::Append && path.exists() {
            return Err(Error::unsupported("adding to a file what is encoded already")
                .help("write a `Dataset`: its values are encoded as the file has them"));
        }
        Self::anew(path, groups, options)
    }

    /// Begins a file that holds these groups and nothing else.
    fn anew(path: &Path, groups: &[(&str, &RawDataset)], options: &NetcdfOptions) -> Result<Self> {
        let place = || format!("writing the NetCDF file {}", path.display());
        let define = |&(group, raw): &(&str, &RawDataset)| Definition::of(group, raw, options.format);
        let definitions = groups.iter().map(define).collect::<Result<Vec<_>>>().at(place)?;
        let staging = Staging::file(path, options.mode != WriteMode::Create)?;
        let all = definitions.iter().flat_map(|d| &d.variables);
        let sinks: Vec<_> = all.map(|v| (v.name.clone(), v.dtype, v.grid.clone())).collect();
        let writer = writer(staging.path(), definitions, options).at(place)?;
        let registration = Registration::new(writer, sinks.len());
        let mut sinks_of_file = Vec::new();
        let mut targets = Vec::new();
        let variables = groups.iter().flat_map(|(_, raw)| raw.variables.values());
        for (number, (variable, (name, dtype, grid))) in variables.zip(sinks).enumerate() {
            let sink = NetcdfSink::new(&registration, number, path, name, dtype, grid);
            sinks_of_file.push(sink.clone());
            match at_once(variable.data()) {
                Some(block) => sink.write_all(block, &Traffic::default()).at(place)?,
                None => targets.push((variable.data().clone(), Arc::new(sink) as Arc<dyn Sink>)),
            }
        }
        Ok(NetcdfWrite { registration, sinks: sinks_of_file, targets, staging, base: None })
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
    /// If a target was not written to its end, the file system refuses, the name was taken meanwhile, or the file that was added
    /// to has changed.
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
        self.registration.close(&self.sinks)?.finish()?;
        std::fs::File::options().write(true).open(self.staging.path())?.sync_all()?;
        self.base.as_ref().map_or(Ok(()), Base::check)?;
        self.staging.commit()
    }
}

/// An error if the file cannot be written in this mode.
fn check_mode(path: &Path, options: &NetcdfOptions) -> Result<()> {
    if !matches!(options.mode, WriteMode::Create | WriteMode::Replace | WriteMode::Append) {
        let mode = format!("the mode `{:?}` is one of Zarr stores", options.mode);
        return Err(Error::unsupported(mode).help("NetCDF files have `Create`, `Replace` and `Append`"));
    }
    Staging::check(path, options.mode != WriteMode::Create)
}

/// What a format has not.
fn lacks(format: NetcdfFormat) -> Lacks {
    Lacks { texts: format.is_classic(), wide_integers: format.is_netcdf3() }
}

/// What writes a file with these groups.
fn writer(path: &Path, groups: Vec<Definition>, options: &NetcdfOptions) -> Result<Arc<dyn Writer>> {
    if options.format == NetcdfFormat::Netcdf4 && !options.library {
        return Ok(Arc::new(hdf5::Hdf5Writer::create(path, groups)?));
    }
    let [root] = &groups[..] else {
        return Err(Error::unsupported("several groups in a file of this format")
            .help("write the format Netcdf4, without `NetcdfOptions::library`"));
    };
    match options.format {
        NetcdfFormat::Netcdf4 => library::writer(path, root),
        format => Ok(Arc::new(classic::ClassicWriter::create(path, root, format)?)),
    }
}
