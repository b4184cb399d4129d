//! CDF-5 files: a header, then values at places that are known beforehand, so that all threads write
//! at once.
//!
//! <https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html>

use std::fs::File;
use std::path::Path;

use netcdf_reader::{NcAttrValue, NcAttribute};

use super::super::element::swap_to_big_endian;
use super::super::strided::Strided;
use super::definition::Definition;
use super::positioned::write_all_at;
use super::{NetcdfFormat, Writer, plain};
use crate::array::{Block, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::source::Traffic;

const DIMENSIONS: u32 = 10;
const VARIABLES: u32 = 11;
const ATTRIBUTES: u32 = 12;

pub(super) struct ClassicWriter {
    file: File,
    places: Vec<Strided>,
}

impl ClassicWriter {
    pub(super) fn create(path: &Path, definition: &Definition, _format: NetcdfFormat) -> Result<Self> {
        let record = record_dim(definition)?;
        // Offsets have a fixed width: the length of the header does not depend on them.
        let begin = padded(header(definition, record, &vec![0; definition.variables.len()])?.len() as u64);
        let is_record =
            |v: &super::definition::Defined| record.is_some() && v.dims.first() == record.as_ref();
        let mut at = begin;
        let mut offsets = vec![0; definition.variables.len()];
        for (v, offset) in definition.variables.iter().zip(&mut offsets).filter(|(v, _)| !is_record(v)) {
            *offset = at;
            at += padded(slab(&v.shape, v.dtype));
        }
        let records = definition.variables.iter().filter(|v| is_record(v));
        // The records of a lone variable are not padded.
        let lone = records.clone().count() == 1;
        let mut stride = 0;
        for (v, offset) in definition.variables.iter().zip(&mut offsets).filter(|(v, _)| is_record(v)) {
            *offset = at + stride;
            let bytes = slab(&v.shape[1..], v.dtype);
            stride += if lone { bytes } else { padded(bytes) };
        }
        let count = record.map_or(0, |d| definition.dims[d].0 as u64);
        let places = (definition.variables.iter().zip(&offsets))
            .map(|(v, &offset)| {
                let size = if v.dtype == DType::Bytes(1) { 1 } else { v.dtype.size() };
                let place = Strided::contiguous(offset, &v.shape, size);
                if is_record(v) { place.with_record_stride(stride) } else { place }
            })
            .collect();
        let file = File::create(path)?;
        file.set_len(at + count * stride)?;
        write_all_at(&file, &header(definition, record, &offsets)?, 0)?;
        Ok(ClassicWriter { file, places })
    }
}

impl Writer for ClassicWriter {
    fn write(&self, variable: usize, region: &Region, block: &Block, io: &Traffic) -> Result<()> {
        let mut bytes = plain::bytes(block)?.into_owned();
        swap_to_big_endian(&mut bytes, block.dtype().size());
        self.places[variable]
            .runs(region, &bytes, |offset, run| Ok(write_all_at(&self.file, run, offset)?))?;
        io.count_written(bytes.len());
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        Ok(self.file.sync_all()?)
    }
}

/// The unlimited dimension, of which the format has at most one, at the first place.
fn record_dim(definition: &Definition) -> Result<Option<usize>> {
    let mut unlimited = (0..definition.dims.len()).filter(|&d| definition.dims[d].1);
    let record = unlimited.next();
    if unlimited.next().is_some() {
        return Err(Error::invalid("classic NetCDF files have at most one unlimited dimension")
            .help("take the others from `unlimited_dims` of the dataset's encoding, or write NetCDF4"));
    }
    let misplaced = |d: usize| definition.variables.iter().find(|v| v.dims.iter().skip(1).any(|&x| x == d));
    match record.and_then(misplaced) {
        Some(v) => Err(Error::invalid(format!(
            "the unlimited dimension of a classic NetCDF file must be the first one of variable `{}`",
            v.name
        ))
        .help("transpose it, or take the dimension from `unlimited_dims` of the dataset's encoding")),
        None => Ok(record),
    }
}

/// Bytes of values of a shape.
fn slab(shape: &[usize], dtype: DType) -> u64 {
    let size = if dtype == DType::Bytes(1) { 1 } else { dtype.size() as u64 };
    shape.iter().fold(size, |n, &len| n.saturating_mul(len as u64))
}

fn padded(bytes: u64) -> u64 {
    bytes.next_multiple_of(4)
}

fn header(definition: &Definition, record: Option<usize>, offsets: &[u64]) -> Result<Vec<u8>> {
    let mut out = b"CDF\x05".to_vec();
    out.extend(record.map_or(0, |d| definition.dims[d].0 as u64).to_be_bytes());
    list(&mut out, DIMENSIONS, definition.dims.len());
    for (i, (dim, &(len, _))) in definition.dims.iter().enumerate() {
        name(&mut out, dim);
        out.extend(if record == Some(i) { 0 } else { len as u64 }.to_be_bytes());
    }
    attribute_list(&mut out, &definition.attributes)?;
    list(&mut out, VARIABLES, definition.variables.len());
    for (v, &offset) in definition.variables.iter().zip(offsets) {
        name(&mut out, &v.name);
        out.extend((v.dims.len() as u64).to_be_bytes());
        v.dims.iter().for_each(|&d| out.extend((d as u64).to_be_bytes()));
        let mut attributes = v.attributes.clone();
        if let Some(fill) = &v.fill {
            let value = super::super::attributes::to_nc_value(&fill.clone().into());
            attributes.extend(value.map(|value| NcAttribute { name: "_FillValue".into(), value }));
        }
        attribute_list(&mut out, &attributes)?;
        out.extend(type_code(v.dtype)?.to_be_bytes());
        let own = usize::from(record.is_some() && v.dims.first() == record.as_ref());
        out.extend(padded(slab(&v.shape[own..], v.dtype)).to_be_bytes());
        out.extend(offset.to_be_bytes());
    }
    Ok(out)
}

fn list(out: &mut Vec<u8>, tag: u32, len: usize) {
    out.extend(if len == 0 { 0 } else { tag }.to_be_bytes());
    out.extend((len as u64).to_be_bytes());
}

fn name(out: &mut Vec<u8>, name: &str) {
    out.extend((name.len() as u64).to_be_bytes());
    out.extend(name.as_bytes());
    pad(out);
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

fn attribute_list(out: &mut Vec<u8>, attributes: &[NcAttribute]) -> Result<()> {
    list(out, ATTRIBUTES, attributes.len());
    for a in attributes {
        name(out, &a.name);
        macro_rules! numbers {
            ($code:expr, $values:expr) => {{
                out.extend(u32::to_be_bytes($code));
                out.extend(($values.len() as u64).to_be_bytes());
                $values.iter().for_each(|v| out.extend(v.to_be_bytes()));
            }};
        }
        match &a.value {
            NcAttrValue::Bytes(v) => numbers!(1, v),
            NcAttrValue::Chars(s) => numbers!(2, s.as_bytes()),
            NcAttrValue::Shorts(v) => numbers!(3, v),
            NcAttrValue::Ints(v) => numbers!(4, v),
            NcAttrValue::Floats(v) => numbers!(5, v),
            NcAttrValue::Doubles(v) => numbers!(6, v),
            NcAttrValue::UBytes(v) => numbers!(7, v),
            NcAttrValue::UShorts(v) => numbers!(8, v),
            NcAttrValue::UInts(v) => numbers!(9, v),
            NcAttrValue::Int64s(v) => numbers!(10, v),
            NcAttrValue::UInt64s(v) => numbers!(11, v),
            NcAttrValue::Strings(_) | NcAttrValue::UserDefined { .. } => {
                return Err(Error::dtype(format!(
                    "classic NetCDF files have no lists of texts, as attribute `{}` is",
                    a.name
                ))
                .help("join them to one text, or write NetCDF4"));
            }
        }
        pad(out);
    }
    Ok(())
}

fn type_code(dtype: DType) -> Result<u32> {
    Ok(match dtype {
        DType::I8 => 1,
        DType::Bytes(1) => 2,
        DType::I16 => 3,
        DType::I32 => 4,
        DType::F32 => 5,
        DType::F64 => 6,
        DType::U8 => 7,
        DType::U16 => 8,
        DType::U32 => 9,
        DType::I64 => 10,
        DType::U64 => 11,
        other => return Err(Error::internal(format!("{other} was to be refused before"))),
    })
}
