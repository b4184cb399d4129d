//! NetCDF4 without netCDF-C: the file is put together in memory.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use netcdf_writer::{NcFileBuilder, NcWriteFormat, NcWriteOptions, VariableId};

use super::Writer;
use super::definition::{Defined, Definition};
use crate::array::{Block, Region};
use crate::dtype::dispatch::with_real;
use crate::dtype::{DType, Text};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::source::Traffic;

/// Larger datasets are refused: putting a file together takes several times its size.
const LARGEST: usize = 512 << 20;

pub(super) struct MemoryWriter {
    path: PathBuf,
    builder: Mutex<NcFileBuilder>,
    variables: Vec<Pending>,
}

struct Pending {
    id: VariableId,
    name: String,
    block: Mutex<Block>,
}

impl MemoryWriter {
    pub(super) fn create(path: &Path, definition: &Definition) -> Result<Self> {
        let bytes = definition.nbytes();
        if bytes > LARGEST {
            return Err(Error::new(
                ErrorKind::Memory,
                format!("{} MiB are too much for a NetCDF4 file that is put together in memory", bytes >> 20),
            )
            .help(
                "build with the feature `netcdf`, which writes NetCDF4 chunk by chunk; or write the format Cdf5, \
                 or Zarr",
            ));
        }
        let mut builder = NcFileBuilder::new();
        let mut ids = Vec::new();
        for (name, &(len, unlimited)) in &definition.dims {
            let id = match unlimited {
                true => builder.add_unlimited_dimension(&**name),
                false => builder.add_dimension(&**name, len as u64),
            };
            ids.push(id.map_err(failed).at(|| format!("dimension `{name}`"))?);
        }
        for a in &definition.attributes {
            builder.add_attribute(&a.name, a.value.clone()).map_err(failed)?;
        }
        let mut variables = Vec::new();
        for v in &definition.variables {
            let dims: Vec<_> = v.dims.iter().map(|&d| ids[d]).collect();
            let id = define(&mut builder, v, &dims).at(|| format!("variable `{}`", v.name))?;
            let block = Mutex::new(Block::zeros(v.dtype, &v.shape));
            variables.push(Pending { id, name: v.name.clone(), block });
        }
        Ok(MemoryWriter { path: path.to_path_buf(), builder: Mutex::new(builder), variables })
    }
}

fn define(b: &mut NcFileBuilder, v: &Defined, dims: &[netcdf_writer::DimensionId]) -> Result<VariableId> {
    let id = with_real!(v.dtype.kind(), T => b.add_variable::<T>(&v.name, dims), else match v.dtype {
        DType::Str => b.add_string_variable(&v.name, dims),
        _ => b.add_char_variable(&v.name, dims),
    })
    .map_err(failed)?;
    for a in &v.attributes {
        b.add_variable_attribute(id, &a.name, a.value.clone()).map_err(failed)?;
    }
    if let Some(fill) = &v.fill {
        with_real!(v.dtype.kind(), T => {
            let value = fill.typed::<T>()?.first().copied().unwrap_or_default();
            b.set_variable_fill_value(id, value).map_err(failed)?;
        }, else ());
    }
    if let Some(chunk) = v.chunk.as_ref().filter(|_| v.dtype != DType::Str) {
        let chunk: Vec<u64> = chunk.iter().map(|&c| c as u64).collect();
        b.set_variable_chunking(id, chunk).map_err(failed)?;
        if v.deflate.is_some() || v.shuffle {
            b.set_variable_deflate(id, v.deflate, v.shuffle).map_err(failed)?;
        }
        b.set_variable_fletcher32(id, v.fletcher32).map_err(failed)?;
    }
    Ok(id)
}

impl Writer for MemoryWriter {
    fn write(&self, variable: usize, region: &Region, block: &Block, _io: &Traffic) -> Result<()> {
        let mut whole = self.variables[variable].block.lock().unwrap_or_else(PoisonError::into_inner);
        whole.assign(region, block);
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        let mut builder = self.builder.lock().unwrap_or_else(PoisonError::into_inner);
        for v in &self.variables {
            let mut block = v.block.lock().unwrap_or_else(PoisonError::into_inner);
            // Given away at once, so that a variable is not held twice for long.
            let block = std::mem::replace(&mut *block, Block::zeros(DType::Bool, &[0]));
            put(&mut builder, v.id, &block.contiguous()).at(|| format!("variable `{}`", v.name))?;
        }
        let mut file = std::io::BufWriter::new(std::fs::File::create(&self.path)?);
        let options = NcWriteOptions { format: NcWriteFormat::Nc4 };
        builder.write(&mut file, options).map_err(failed)?;
        file.flush()?;
        Ok(())
    }
}

fn put(builder: &mut NcFileBuilder, id: VariableId, block: &Block) -> Result<()> {
    let broken = || Error::internal("a contiguous block has a slice");
    with_real!(block.dtype().kind(), T => {
        builder.write_variable(id, block.as_slice::<T>().ok_or_else(broken)?).map_err(failed)
    }, else {
        let texts = block.as_slice::<Text>().ok_or_else(broken)?.iter().map(|t| t.as_str().unwrap_or(""));
        match block.dtype() {
            DType::Str => {
                let texts: Vec<&str> = texts.collect();
                builder.write_string_variable(id, &texts).map_err(failed)
            }
            _ => builder.write_char_variable(id, &texts.map(char_byte).collect::<Vec<u8>>()).map_err(failed),
        }
    })
}

/// The byte of a text of at most one latin-1 character.
pub(super) fn char_byte(text: &str) -> u8 {
    text.chars().next().and_then(|c| u8::try_from(u32::from(c)).ok()).unwrap_or(0)
}

fn failed(e: netcdf_writer::Error) -> Error {
    Error::storage("the NetCDF file cannot be put together").caused_by(e)
}
