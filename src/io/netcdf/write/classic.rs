//! Classic files: a header, then values at places that are known beforehand, so that all threads write
//! at once.
//!
//! <https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html>

mod header;
mod limits;

use std::fs::File;
use std::path::Path;

use super::super::element::swap_to_big_endian;
use super::super::strided::Strided;
use super::definition::{Defined, Definition};
use super::positioned::write_all_at;
use super::{NetcdfFormat, Writer, plain};
use crate::array::{Block, Region};
use crate::error::{Error, Result};
use crate::source::Traffic;

pub(super) struct ClassicWriter {
    file: File,
    places: Vec<Strided>,
}

impl ClassicWriter {
    pub(super) fn create(path: &Path, definition: &Definition, format: NetcdfFormat) -> Result<Self> {
        if !definition.group.is_empty() {
            return Err(Error::unsupported("classic NetCDF files have no groups").help("write NetCDF4"));
        }
        let record = record_dim(definition)?;
        limits::check(definition, record, format)?;
        // Offsets have a fixed width: the length of the header does not depend on them.
        let unknown = vec![0; definition.variables.len()];
        let begin = padded(header::encode(definition, record, &unknown, format)?.len() as u64);
        let is_record = |v: &Defined| v.is_record(record);
        let sum = |a: u64, b: u64| {
            let sum = a.checked_add(b).filter(|&n| i64::try_from(n).is_ok());
            sum.ok_or_else(|| limits::too_large("the file".to_string(), format))
        };
        let mut at = begin;
        let mut offsets = vec![0; definition.variables.len()];
        for (v, offset) in definition.variables.iter().zip(&mut offsets).filter(|(v, _)| !is_record(v)) {
            *offset = at;
            at = sum(at, padded(slab(v, &v.shape)))?;
        }
        let records = definition.variables.iter().filter(|v| is_record(v));
        // The records of a lone variable are not padded.
        let lone = records.clone().count() == 1;
        let mut stride = 0;
        for (v, offset) in definition.variables.iter().zip(&mut offsets).filter(|(v, _)| is_record(v)) {
            *offset = sum(at, stride)?;
            let bytes = slab(v, &v.shape[1..]);
            stride = sum(stride, if lone { bytes } else { padded(bytes) })?;
        }
        let count = record.map_or(0, |d| definition.dims[d].0 as u64);
        let end = sum(at, count.saturating_mul(stride))?;
        let places = (definition.variables.iter().zip(&offsets))
            .map(|(v, &offset)| {
                let place = Strided::contiguous(offset, &v.shape, v.element());
                if is_record(v) { place.with_record_stride(stride) } else { place }
            })
            .collect();
        limits::check_offsets(definition, &offsets, format)?;
        let file = File::create(path)?;
        file.set_len(end)?;
        write_all_at(&file, &header::encode(definition, record, &offsets, format)?, 0)?;
        Ok(ClassicWriter { file, places })
    }
}

impl Writer for ClassicWriter {
    fn write(&self, variable: usize, region: &Region, block: &Block, io: &Traffic) -> Result<()> {
        let mut bytes = plain::bytes(block)?.into_owned();
        swap_to_big_endian(&mut bytes, plain::element(block.dtype()));
        self.places[variable]
            .runs(region, &bytes, |offset, run| Ok(write_all_at(&self.file, run, offset)?))?;
        io.count_written(bytes.len());
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        // All is at its place already.
        Ok(())
    }
}

/// The unlimited dimension, of which the format has at most one, at the first place. One of length 0 is unlimited: where a
/// fixed one has its length, a header has 0 for it.
fn record_dim(definition: &Definition) -> Result<Option<usize>> {
    let mut unlimited = (0..definition.dims.len()).filter(|&d| definition.dims[d].1);
    let record = unlimited.next();
    if unlimited.next().is_some() {
        return Err(Error::invalid("classic NetCDF files have at most one unlimited dimension")
            .help(
                "a dimension of length 0 is one; take the others from `unlimited_dims` of the dataset's encoding, or write \
                 NetCDF4",
            ));
    }
    let misplaced = |d: usize| definition.variables.iter().find(|v| v.dims.iter().skip(1).any(|&x| x == d));
    match record.and_then(misplaced) {
        Some(v) => Err(Error::invalid(format!(
            "the unlimited dimension of a classic NetCDF file must be the first one of variable `{}`",
            v.name
        ))
        .help(
            "a dimension of length 0 is one; transpose it, or take the dimension from `unlimited_dims` of the dataset's \
             encoding",
        )),
        None => Ok(record),
    }
}

/// Bytes of values of a variable in a shape.
fn slab(v: &Defined, shape: &[usize]) -> u64 {
    shape.iter().fold(v.element(), |n, &len| n.saturating_mul(len)) as u64
}

fn padded(bytes: u64) -> u64 {
    bytes.next_multiple_of(4)
}
