//! Kerchunk references to a NetCDF file: it becomes a Zarr store whose chunks stay where they are.
//!
//! <https://fsspec.github.io/kerchunk/spec.html>, version 1.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::element::Element;
use super::filters::{Filter, name as name_of};
use super::origin::Origin;
use super::pieces::Pieces;
use crate::array::Block;
use crate::dtype::DType;
use crate::error::{Context, Error, Result};
use crate::io::staging::Staging;
use crate::io::store::{Location, join};
use crate::io::zarr::{Keys, attrs, base64, described, json as text, numpy_name, stored_in_one};
use crate::io::{RawDataset, Skipped};
use crate::labels::Variable;

/// Variables of up to so many bytes are put into the references themselves.
const SMALL: u64 = 4096;

/// Texts can only be there, up to so many bytes.
const LARGEST: usize = 64 << 20;

/// Writes where the chunks of a NetCDF file lie as kerchunk references, version 1: with them it can be opened as a Zarr store
/// (v2) by [`open_dataset`](crate::io::open_dataset), xarray and others, without an HDF5 library and without looking at the
/// file first.
///
/// The references name the file by its absolute path or its address. Small variables and texts are put into them. Variables
/// that Zarr cannot express (compressed by a filter that numcodecs lacks, chunks that were never written whose fill value is
/// not `_FillValue`) are left out with a warning, and given with the reason.
///
/// # Errors
/// If the file cannot be opened, or the references cannot be written.
///
/// ```
/// use graticule::prelude::*;
/// use graticule::io::netcdf::save_references;
/// # let folder = std::env::temp_dir().join(format!("graticule-save-references-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let (file, references) = (folder.join("a.nc"), folder.join("a.json"));
/// let a = DataArray::from_vec(&[("x", 1000)], vec![1.5; 1000])?;
/// a.to_dataset("a").to_netcdf(&file)?;
/// let left_out = save_references(&file, &references)?;
/// assert!(left_out.is_empty());
/// assert!(open_dataset(&references)?.equals(&open_dataset(&file)?)?);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn save_references(file: impl Into<Location>, references: impl AsRef<Path>) -> Result<Vec<Skipped>> {
    let (handle, origin) = Origin::open(file.into())?;
    let url = origin.to_string();
    let staging = Staging::file(references.as_ref(), true)?;
    let place = || references.as_ref().display().to_string();
    let out = BufWriter::new(File::create(staging.path()).map_err(Error::from).at(place)?);
    let mut out = Written { out, url, any: false };
    out.put("{\"version\": 1, \"refs\": {").at(place)?;
    let mut left_out = Vec::new();
    for group in handle.groups()? {
        let mut raw = handle.read_group(&origin, &group)?;
        out.document(&join(&group, ".zgroup"), &json!({"zarr_format": 2})).at(place)?;
        out.document(&join(&group, ".zattrs"), &Value::Object(attrs::to_json(&raw.attrs))).at(place)?;
        let mut failed = RawDataset::new();
        for (name, variable) in &raw.variables {
            let key = join(&group, name);
            match Referred::of(
                variable,
                &key,
                name,
                || handle.pieces(&group, name, &variable.shape()),
                &out.url,
            ) {
                Ok(referred) => out.variable(&key, &referred).at(place)?,
                Err(e) => failed.skip(key, e.at(format!("file {origin}"))),
            }
        }
        left_out.append(&mut raw.skipped);
        left_out.append(&mut failed.skipped);
    }
    out.put("\n}}\n").at(place)?;
    out.out.into_inner().map_err(|e| Error::from(e.into_error())).at(place)?.sync_all()?;
    staging.commit()?;
    Ok(left_out)
}

/// What is written of a variable.
struct Referred {
    array: Value,
    attributes: Value,
    chunks: Chunks,
}

enum Chunks {
    /// The bytes of the only one, if it is there.
    Inline(Option<Vec<u8>>),
    InFile(Pieces),
}

impl Referred {
    fn of(
        variable: &Variable,
        key: &str,
        name: &str,
        pieces: impl FnOnce() -> Result<Option<Pieces>>,
        url: &str,
    ) -> Result<Self> {
        let bytes = variable
            .shape()
            .iter()
            .fold(variable.dtype().size() as u64, |n, &len| n.saturating_mul(len as u64));
        if variable.dtype() == DType::Str || bytes <= SMALL {
            return Referred::inline(variable, key, name);
        }
        let Some(pieces) = pieces()? else { return Referred::inline(variable, key, name) };
        // Where many short pieces are referred to, the bytes are shorter than the references.
        if bytes / 3 * 4 <= (pieces.there.len() as u64).saturating_mul(url.len() as u64 + 40) {
            return Referred::inline(variable, key, name);
        }
        let (mut array, attributes, fill) = described(key, name, variable)?;
        if !pieces.complete {
            let stored = pieces.element.block(
                &[],
                |out| {
                    out.copy_from_slice(&pieces.fill);
                    Ok(())
                },
                |_| Err(Error::internal("texts are put into the references")),
            )?;
            if !same(&stored, &fill) {
                return Err(Error::unsupported(
                    "chunks that were never written, whose fill value is not `_FillValue`: in Zarr the two are one",
                ));
            }
        }
        let filters = numcodecs(&pieces.filters, pieces.element.size())?;
        without_fill(variable, &mut array);
        array["chunks"] = json!(pieces.chunk);
        array["dtype"] = dtype(&pieces.element)?.into();
        array["filters"] = if filters.is_empty() { Value::Null } else { Value::Array(filters) };
        array["compressor"] = Value::Null;
        Ok(Referred { array, attributes, chunks: Chunks::InFile(pieces) })
    }

    fn inline(variable: &Variable, key: &str, name: &str) -> Result<Self> {
        let dims = variable.dims().to_vec();
        let loaded = Variable::new(dims, variable.load()?)?.with_attrs(variable.attrs.clone());
        let (mut array, attributes, chunk) = stored_in_one(key, name, &loaded)?;
        without_fill(variable, &mut array);
        match chunk.as_ref().map_or(0, Vec::len) {
            n if n > LARGEST => Err(Error::unsupported(format!(
                "{n} bytes that would have to be put into the references themselves"
            ))),
            _ => Ok(Referred { array, attributes, chunks: Chunks::Inline(chunk) }),
        }
    }
}

/// Readers mask the fill value of an array, so one that has no `_FillValue` must have none; texts get one by themselves.
fn without_fill(variable: &Variable, array: &mut Value) {
    if !variable.attrs.contains("_FillValue") {
        array["fill_value"] = Value::Null;
    }
}

/// Whether two blocks of one element are the same, NaN as NaN.
fn same(a: &Block, b: &Block) -> bool {
    a.dtype() == b.dtype() && (a == b || a.same_bits(b))
}

/// numpy's name of the type of an element.
fn dtype(element: &Element) -> Result<String> {
    match element {
        Element::Char => Ok(numpy_name(DType::Bytes(1), false)),
        Element::Number { dtype, swapped } => {
            Ok(numpy_name(*dtype, *swapped == cfg!(target_endian = "little")))
        }
        _ => Err(Error::internal("texts are put into the references")),
    }
}

/// What undoes the filters of HDF5 in numcodecs, in their order.
///
/// # Errors
/// If numcodecs lacks one, or does not take what the one before it gives.
fn numcodecs(filters: &[Filter], element: usize) -> Result<Vec<Value>> {
    let mut out = Vec::new();
    let mut lengths_divide = true;
    for filter in filters {
        let Some(codec) = numcodec(filter, element)? else { continue };
        if codec["id"] == "shuffle" && !lengths_divide {
            return Err(Error::unsupported(
                "a shuffle of bytes that are no whole elements, which numcodecs refuses",
            ));
        }
        lengths_divide &= match codec["id"].as_str() {
            Some("shuffle") => true,
            // A checksum has four bytes.
            Some("fletcher32") => matches!(element, 1 | 2 | 4),
            _ => false,
        };
        out.push(codec);
    }
    Ok(out)
}

/// What undoes a filter of HDF5 in numcodecs; nothing where there is nothing to undo.
fn numcodec(filter: &Filter, element: usize) -> Result<Option<Value>> {
    let said = |i: usize| filter.client_data.get(i).copied();
    Ok(Some(match filter.id {
        1 => json!({"id": "zlib", "level": said(0).unwrap_or(1)}),
        2 => match said(0).filter(|n| *n > 0).unwrap_or(element as u32) {
            1 => return Ok(None),
            n => json!({"id": "shuffle", "elementsize": n}),
        },
        3 => json!({"id": "fletcher32"}),
        307 => json!({"id": "bz2", "level": said(0).unwrap_or(9)}),
        32001 => {
            let names = ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"];
            let cname = names.get(said(6).unwrap_or(0) as usize).unwrap_or(&names[0]);
            let (clevel, shuffle) = (said(4).unwrap_or(5), said(5).unwrap_or(1));
            json!({"id": "blosc", "cname": cname, "clevel": clevel, "shuffle": shuffle, "blocksize": 0})
        }
        32015 => json!({"id": "zstd", "level": said(0).unwrap_or(3) as i32, "checksum": false}),
        _ => {
            return Err(Error::unsupported(format!(
                "the HDF5 filter {}, which numcodecs does not have",
                name_of(filter)
            )));
        }
    }))
}

/// References on their way to their file.
struct Written {
    out: BufWriter<File>,
    /// Of the file that they refer to.
    url: String,
    any: bool,
}

impl Written {
    fn put(&mut self, text: &str) -> Result<()> {
        Ok(self.out.write_all(text.as_bytes())?)
    }

    fn entry(&mut self, key: &str, value: &Value) -> Result<()> {
        let comma = if std::mem::replace(&mut self.any, true) { "," } else { "" };
        self.put(&format!("{comma}\n{}: {value}", Value::from(key)))
    }

    fn document(&mut self, key: &str, document: &Value) -> Result<()> {
        self.entry(key, &text::to_text(document).into())
    }

    fn variable(&mut self, key: &str, variable: &Referred) -> Result<()> {
        self.document(&join(key, ".zarray"), &variable.array)?;
        self.document(&join(key, ".zattrs"), &variable.attributes)?;
        let chunk = |index: &[usize]| join(key, &Keys { prefix: false, separator: '.' }.name(index));
        match &variable.chunks {
            Chunks::Inline(None) => Ok(()),
            Chunks::Inline(Some(bytes)) => {
                let first = vec![0; variable.array["shape"].as_array().map_or(0, Vec::len)];
                self.entry(&chunk(&first), &format!("base64:{}", base64::encode(bytes)).into())
            }
            Chunks::InFile(pieces) => pieces.there.iter().try_for_each(|piece| {
                let range = json!([self.url, piece.offset, piece.length]);
                self.entry(&chunk(&piece.index), &range)
            }),
        }
    }
}
