//! With the feature `netcdf`: NetCDF4 files through netCDF-C, if that is asked for.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use netcdf::types::{FloatType, IntType, NcVariableType};
use netcdf::{AttributeValue, Extent, Extents, FileMut};
use netcdf_reader::NcAttrValue;

use super::compressor::Compressor;
use super::definition::{Defined, Definition};
use super::{Writer, plain};
use crate::array::{Block, Region};
use crate::dtype::DType;
use crate::dtype::dispatch::with_real;
use crate::error::{Context, Error, Result};
use crate::source::Traffic;

/// What writes NetCDF4 through netCDF-C.
pub(super) fn writer(path: &Path, definition: &Definition) -> Result<Arc<dyn Writer>> {
    let lacks = |what: &str, owner: &str| {
        Error::unsupported(format!("the binding to netCDF-C cannot write {what}"))
            .at(owner)
            .help("set `NetcdfOptions::library` to false: NetCDF4 is written without netCDF-C, too")
    };
    let variable = |v: &Defined| format!("variable `{}`", v.name);
    for v in &definition.variables {
        if v.dtype == DType::Bytes(1) {
            return Err(lacks("characters", &variable(v)));
        }
        if v.fletcher32 {
            return Err(lacks("checksums", &variable(v)));
        }
        if let Some(Compressor::Zstd(_)) = v.compressor {
            return Err(lacks("the compression zstd", &variable(v)));
        }
    }
    if !definition.group.is_empty() {
        return Err(lacks("groups", &format!("group `{}`", definition.group)));
    }
    Ok(Arc::new(LibraryWriter::create(path, definition)?))
}

struct LibraryWriter {
    /// netCDF-C does one thing at a time anyway.
    file: Mutex<Option<FileMut>>,
    names: Vec<String>,
}

impl LibraryWriter {
    fn create(path: &Path, definition: &Definition) -> Result<Self> {
        let mut file = netcdf::create(path).map_err(failed)?;
        for (name, &(len, unlimited)) in &definition.dims {
            match unlimited {
                true => file.add_unlimited_dimension(name).map_err(failed)?,
                false => file.add_dimension(name, len).map_err(failed)?,
            };
        }
        for a in &definition.attributes {
            if let Some(value) = attribute(&a.value) {
                file.add_attribute(&a.name, value).map_err(failed)?;
            }
        }
        let dims: Vec<&str> = definition.dims.keys().map(|d| &**d).collect();
        for v in &definition.variables {
            define(&mut file, v, &dims).at(|| format!("variable `{}`", v.name))?;
        }
        file.enddef().map_err(failed)?;
        let names = definition.variables.iter().map(|v| v.name.clone()).collect();
        Ok(LibraryWriter { file: Mutex::new(Some(file)), names })
    }
}

fn define(file: &mut FileMut, v: &Defined, dims: &[&str]) -> Result<()> {
    let own: Vec<&str> = v.dims.iter().map(|&d| dims[d]).collect();
    let mut var = file.add_variable_with_type(&v.name, &own, &nc_type(v.dtype)?).map_err(failed)?;
    if let Some(chunk) = &v.chunk {
        var.set_chunking(chunk).map_err(failed)?;
    }
    if v.compressor.is_some() || v.shuffle {
        let Some(Compressor::Deflate(level)) = v.compressor.or(Some(Compressor::Deflate(0))) else {
            return Err(Error::internal("zstd was to be refused before"));
        };
        var.set_compression(level.into(), v.shuffle).map_err(failed)?;
    }
    if let Some(fill) = &v.fill {
        with_real!(v.dtype.kind(), T => {
            let value = fill.typed::<T>()?.first().copied().unwrap_or_default();
            var.set_fill_value(value).map_err(failed)?;
        }, else ());
    }
    for a in &v.attributes {
        if let Some(value) = attribute(&a.value) {
            var.put_attribute(&a.name, value).map_err(failed)?;
        }
    }
    Ok(())
}

impl Writer for LibraryWriter {
    fn write(&self, variable: usize, region: &Region, block: &Block, io: &Traffic) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = file.as_mut().ok_or_else(|| Error::internal("the file is complete already"))?;
        let name = &self.names[variable];
        let mut var = file
            .variable_mut(name)
            .ok_or_else(|| Error::internal(format!("variable `{name}` was defined")))?;
        with_real!(block.dtype().kind(), T => {
            var.put_values(plain::slice::<T>(block)?, extents(region)).map_err(failed)?;
        }, else {
            for (flat, text) in plain::texts(block)?.enumerate() {
                var.put_string(text, extents(&position(region, flat))).map_err(failed)?;
            }
        });
        io.count_written(block.nbytes());
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        match self.file.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(file) => file.close().map_err(failed),
            None => Ok(()),
        }
    }
}

fn extents(region: &Region) -> Extents {
    let slices = region.ranges().map(|r| Extent::SliceCount { start: r.start, count: r.len(), stride: 1 });
    Extents::Extent(slices.collect())
}

/// The box of one element, by its row-major number in a box.
fn position(region: &Region, mut flat: usize) -> Region {
    let mut at = region.clone();
    for axis in (0..region.ndim()).rev() {
        let r = region.axis(axis);
        let i = r.start + flat % r.len();
        flat /= r.len();
        at.set(axis, i..i + 1);
    }
    at
}

fn nc_type(dtype: DType) -> Result<NcVariableType> {
    Ok(match dtype {
        DType::I8 => NcVariableType::Int(IntType::I8),
        DType::I16 => NcVariableType::Int(IntType::I16),
        DType::I32 => NcVariableType::Int(IntType::I32),
        DType::I64 => NcVariableType::Int(IntType::I64),
        DType::U8 => NcVariableType::Int(IntType::U8),
        DType::U16 => NcVariableType::Int(IntType::U16),
        DType::U32 => NcVariableType::Int(IntType::U32),
        DType::U64 => NcVariableType::Int(IntType::U64),
        DType::F32 => NcVariableType::Float(FloatType::F32),
        DType::F64 => NcVariableType::Float(FloatType::F64),
        DType::Str => NcVariableType::String,
        other => return Err(Error::internal(format!("{other} was to be refused before"))),
    })
}

fn attribute(value: &NcAttrValue) -> Option<AttributeValue> {
    Some(match value.clone() {
        NcAttrValue::Chars(s) => s.into(),
        NcAttrValue::Strings(v) => v.into(),
        NcAttrValue::Bytes(v) => v.into(),
        NcAttrValue::UBytes(v) => v.into(),
        NcAttrValue::Shorts(v) => v.into(),
        NcAttrValue::UShorts(v) => v.into(),
        NcAttrValue::Ints(v) => v.into(),
        NcAttrValue::UInts(v) => v.into(),
        NcAttrValue::Int64s(v) => v.into(),
        NcAttrValue::UInt64s(v) => v.into(),
        NcAttrValue::Floats(v) => v.into(),
        NcAttrValue::Doubles(v) => v.into(),
        NcAttrValue::UserDefined { .. } => return None,
    })
}

fn failed(e: netcdf::Error) -> Error {
    Error::storage("netCDF-C cannot write the file").caused_by(e)
}
