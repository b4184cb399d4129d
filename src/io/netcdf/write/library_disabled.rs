//! Without the feature `netcdf`.

use std::path::Path;
use std::sync::Arc;

use super::Writer;
use super::definition::Definition;
use crate::error::{Error, Result};

/// What writes NetCDF4 through netCDF-C.
pub(super) fn writer(_: &Path, _: &Definition) -> Result<Arc<dyn Writer>> {
    Err(Error::unsupported("this program was built without the feature `netcdf`, which is netCDF-C")
        .help("set `NetcdfOptions::library` to false: NetCDF4 is written without netCDF-C, too"))
}
