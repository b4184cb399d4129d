//! NetCDF files: classic (CDF-1, CDF-2, CDF-5) and NetCDF4, and other HDF5 files as netCDF sees them.
//!
//! Headers are parsed by `netcdf-reader` and `hdf5-reader`; values are read here, straight into
//! the block: by position, from many threads at once, each chunk decoded by the thread that asks.

mod attributes;
mod blocks;
mod boxes;
mod classic;
mod element;
mod file;
mod filters;
mod grid;
mod handle;
mod hdf5;
mod origin;
mod pieces;
mod references;
mod source;
mod strided;
mod write;

use crate::dtype::Text;
use crate::error::Result;
use crate::io::RawDataset;
use crate::io::store::Location;
use crate::labels::Attrs;

pub use references::save_references;
pub use source::NetcdfSource;
pub(super) use write::Compressor;
pub use write::{NetcdfFormat, NetcdfOptions, NetcdfSink, NetcdfWrite};

/// Opens a NetCDF or HDF5 file lazily, wherever it is: variables as stored, without decoded conventions.
///
/// Of a file behind a store, metadata are fetched in blocks of 1 MiB, and chunks as they lie; one that has changed is noticed
/// within some seconds.
///
/// `group` is a path like `"a/b"`; `None` is the root. Dimensions of parent groups keep their names;
/// axes of HDF5 files without dimension scales are called `phony_dim_N`, as netCDF calls them.
/// Variables of a type that we do not have are in [`RawDataset::skipped`] with the reason.
///
/// # Errors
/// If there is no such file or group, or the file is not NetCDF, cut off or damaged.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::io::netcdf::open_netcdf;
/// # let path = std::env::temp_dir().join(format!("graticule-open-netcdf-{}.nc", std::process::id()));
/// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// a.to_dataset("a").to_netcdf(&path)?;
/// assert_eq!(open_netcdf(&path, None)?.variables["a"].shape(), [2]);
/// # std::fs::remove_file(path).ok();
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn open_netcdf(location: impl Into<Location>, group: Option<&str>) -> Result<RawDataset> {
    let (handle, origin) = origin::Origin::open(location.into())?;
    handle.read_group(&origin, group.unwrap_or(""))
}

fn dataset_encoding<'a>(origin: &origin::Origin, unlimited: impl Iterator<Item = &'a str>) -> Attrs {
    let unlimited: Vec<Text> = unlimited.map(Text::from).collect();
    Attrs::new().with("source", origin.to_string()).with("unlimited_dims", unlimited)
}
