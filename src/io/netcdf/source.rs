//! A variable of a NetCDF file as a source.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::origin::Origin;
use crate::array::{Block, ChunkGrid, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::source::{Source, Traffic};

/// A variable of a NetCDF file: a description that travels; the file is opened where it is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NetcdfSource {
    file: Arc<Origin>,
    /// "" is the root.
    group: String,
    variable: String,
    dtype: DType,
    grid: ChunkGrid,
    /// Bytes that reading takes besides the block: for the stored chunk in its stages.
    scratch: usize,
}

impl NetcdfSource {
    /// The variable of this name in a file, with the type and chunks that its header tells.
    pub(super) fn new(
        file: &Arc<Origin>,
        group: &str,
        variable: &str,
        dtype: DType,
        grid: ChunkGrid,
        scratch: usize,
    ) -> Self {
        let group = group.trim_matches('/').to_string();
        NetcdfSource { file: file.clone(), group, variable: variable.to_string(), dtype, grid, scratch }
    }

    fn path_in_file(&self) -> String {
        match self.group.as_str() {
            "" => self.variable.clone(),
            group => format!("{group}/{}", self.variable),
        }
    }
}

#[typetag::serde]
impl Source for NetcdfSource {
    fn dtype(&self) -> DType {
        self.dtype
    }

    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }

    fn read(&self, region: &Region, io: &Traffic) -> Result<Block> {
        check_region(region, &self.grid.shape())?;
        self.file.handle()?.read(&self.path_in_file(), self.dtype, region, io)
    }

    fn scratch_bytes(&self, region: &Region) -> usize {
        // Texts are made from their stored bytes or references, which have about the size of handles.
        let texts = if self.dtype.is_text() { region.size() * self.dtype.size() } else { 0 };
        self.scratch.saturating_add(texts)
    }

    fn stamp(&self) -> Option<String> {
        self.file.stamp()
    }

    fn requests(&self) -> usize {
        self.file.requests()
    }

    fn describe(&self) -> String {
        format!("`{}` in {}", self.path_in_file(), self.file)
    }
}

/// An error where a box does not lie in a shape.
pub(super) fn check_region(region: &Region, shape: &[usize]) -> Result<()> {
    if region.ndim() == shape.len() && Region::full(shape).contains(region) {
        return Ok(());
    }
    Err(Error::internal(format!("region {region} of a variable of shape {shape:?}")))
}
