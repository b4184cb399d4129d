//! Without the feature `netcdf`: NetCDF4 files are put together in memory.

use std::path::Path;
use std::sync::Arc;

use super::Writer;
use super::definition::Definition;
use super::memory::MemoryWriter;
use crate::error::Result;

/// What writes NetCDF4.
pub(super) fn writer(path: &Path, definition: &Definition) -> Result<Arc<dyn Writer>> {
    Ok(Arc::new(MemoryWriter::create(path, definition)?))
}
