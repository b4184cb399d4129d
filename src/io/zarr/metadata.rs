//! The metadata document of an array, v2 (`.zarray`) or v3 (`zarr.json`), checked and understood.
//!
//! <https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html>,
//! <https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html>

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::chunks::{ArraySpec, Keys, Shard};
use super::fill;
use super::stored::Stored;
use crate::error::{Error, Result};
use crate::io::store::Store;

/// Chunks of more elements than this are refused: no memory holds them.
const LARGEST_CHUNK: usize = 1 << 40;

/// Arrays of more chunks than this are refused: their number is a mistake.
const MOST_CHUNKS: usize = 1 << 48;

/// What a metadata document says about an array.
#[derive(Debug)]
pub struct ArrayMetadata {
    /// What a source needs.
    pub spec: ArraySpec,
    /// Dimension names, where there are any.
    pub dims: Option<Vec<String>>,
    /// The fill value as the document gives it; `null` if it gives none.
    pub fill: Value,
    /// Codecs before the elements become bytes.
    pub filters: Value,
    /// What turns elements into bytes (v3).
    pub serializer: Value,
    /// Codecs after that.
    pub compressors: Value,
}

/// Codecs that turn arrays into bytes: what stands before is a filter, what follows a compressor.
const SERIALIZERS: [&str; 10] = [
    "bytes",
    "endian",
    "vlen-utf8",
    "vlen-bytes",
    "vlen-array",
    "sharding_indexed",
    "pcodec",
    "numcodecs.pcodec",
    "packbits",
    "zfp",
];

/// Reads a v3 document.
///
/// # Errors
/// If it is broken, or holds something that is not supported.
pub fn from_v3(store: &Arc<dyn Store>, array: &str, doc: &Value) -> Result<ArrayMetadata> {
    if doc["node_type"] != "array" || doc["zarr_format"] != 3 {
        return Err(Error::storage("the metadata is not that of a Zarr v3 array"));
    }
    let shape = lengths(&doc["shape"], "shape")?;
    let grid = &doc["chunk_grid"];
    if grid["name"] != "regular" {
        return Err(Error::unsupported(format!("chunk grid `{}` is not supported", name_of(grid)))
            .help("only regular chunks are"));
    }
    let outer = chunk_lengths(&grid["configuration"]["chunk_shape"], &shape)?;
    let no_codecs = || Error::storage("the metadata lists no codecs");
    let codecs = doc["codecs"].as_array().ok_or_else(no_codecs)?;
    let sharded = matches!(&codecs[..], [one] if name_of(one) == "sharding_indexed");
    let (chunk, inner_codecs, shard) = if sharded {
        let c = &codecs[0]["configuration"];
        let chunk = chunk_lengths(&c["chunk_shape"], &shape)?;
        if chunk.iter().zip(&outer).any(|(c, s)| s % c != 0) {
            return Err(Error::storage(format!(
                "shards of {outer:?} are not cut evenly by chunks of {chunk:?}"
            )));
        }
        let at_end = match c["index_location"].as_str() {
            None | Some("end") => true,
            Some("start") => false,
            Some(other) => return Err(Error::storage(format!("shard index at `{other}`"))),
        };
        let inner = c["codecs"].as_array().ok_or_else(no_codecs)?.clone();
        (chunk, inner, Some(Shard { shape: outer, index_codecs: c["index_codecs"].to_string(), at_end }))
    } else {
        (outer, codecs.clone(), None)
    };
    let serializer = inner_codecs.iter().position(|c| SERIALIZERS.contains(&name_of(c)));
    let cut = serializer.unwrap_or(inner_codecs.len());
    let big_endian = inner_codecs.iter().any(|c| c["configuration"]["endian"] == "big");
    let (stored, zarrs_type) = Stored::from_v3(&doc["data_type"], big_endian)?;
    check_size(&shape, &chunk, &stored)?;

    let mut for_zarrs: Map<String, Value> = doc.as_object().cloned().unwrap_or_default();
    for unused in ["attributes", "dimension_names", "consolidated_metadata"] {
        for_zarrs.shift_remove(unused);
    }
    for_zarrs.insert("shape".into(), json!(shape));
    for_zarrs.insert("data_type".into(), zarrs_type);
    for_zarrs.insert("fill_value".into(), stored.neutral_fill());
    for_zarrs
        .insert("chunk_grid".into(), json!({"name": "regular", "configuration": {"chunk_shape": chunk}}));
    for_zarrs.insert("codecs".into(), Value::Array(inner_codecs.clone()));

    let dims = doc["dimension_names"]
        .as_array()
        .and_then(|names| names.iter().map(|n| n.as_str().map(str::to_string)).collect::<Option<Vec<_>>>());
    let fill_value = doc["fill_value"].clone();
    Ok(ArrayMetadata {
        spec: ArraySpec {
            store: store.clone(),
            array: array.to_string(),
            fill: fill::from_json(&fill_value, &stored)?,
            implied: true,
            stored,
            chunk,
            zarrs: Value::Object(for_zarrs).to_string(),
            keys: keys_v3(&doc["chunk_key_encoding"])?,
            codecs: names(&inner_codecs),
            shape,
            shard,
        },
        dims: dims.or_else(|| dimension_attribute(&doc["attributes"])),
        fill: fill_value,
        filters: Value::Array(inner_codecs[..cut].to_vec()),
        serializer: inner_codecs.get(cut).cloned().unwrap_or_default(),
        compressors: Value::Array(inner_codecs.get(cut + 1..).unwrap_or_default().to_vec()),
    })
}

/// Reads a v2 document and the attributes beside it.
///
/// # Errors
/// If it is broken, or holds something that is not supported.
pub fn from_v2(
    store: &Arc<dyn Store>,
    array: &str,
    doc: &Value,
    attributes: &Value,
) -> Result<ArrayMetadata> {
    if doc["zarr_format"] != 2 {
        return Err(Error::storage("the metadata is not that of a Zarr v2 array"));
    }
    let shape = lengths(&doc["shape"], "shape")?;
    let chunk = chunk_lengths(&doc["chunks"], &shape)?;
    let (stored, zarrs_type) = Stored::from_v2(&doc["dtype"], &doc["filters"])?;
    check_size(&shape, &chunk, &stored)?;
    let separator = match doc["dimension_separator"].as_str() {
        None | Some(".") => '.',
        Some("/") => '/',
        Some(other) => return Err(Error::storage(format!("dimension separator `{other}`"))),
    };
    let compressor = doc["compressor"].clone();
    let filters = doc["filters"].clone();
    let for_zarrs = json!({
        "zarr_format": 2,
        "shape": shape,
        "chunks": chunk,
        "dtype": zarrs_type,
        "fill_value": stored.neutral_fill(),
        "compressor": compressor,
        "filters": filters,
        "order": doc["order"].as_str().unwrap_or("C"),
        "dimension_separator": separator,
    });
    let compressors = if compressor.is_null() { Vec::new() } else { vec![compressor] };
    let used: Vec<Value> = filters.as_array().into_iter().flatten().chain(&compressors).cloned().collect();
    let nczarr = || {
        let refs = [&doc["_NCZARR_ARRAY"], &doc["_nczarr_array"], &attributes["_nczarr_array"]];
        let refs = refs.into_iter().find_map(|d| d["dimrefs"].as_array())?;
        refs.iter().map(|r| Some(r.as_str()?.rsplit('/').next()?.to_string())).collect()
    };
    Ok(ArrayMetadata {
        spec: ArraySpec {
            store: store.clone(),
            array: array.to_string(),
            fill: fill::from_json(&doc["fill_value"], &stored)?,
            implied: !doc["fill_value"].is_null(),
            stored,
            chunk,
            zarrs: for_zarrs.to_string(),
            keys: Keys { prefix: false, separator },
            codecs: names(&used),
            shape,
            shard: None,
        },
        dims: dimension_attribute(attributes).or_else(nczarr),
        fill: doc["fill_value"].clone(),
        filters: if filters.is_null() { json!([]) } else { filters },
        serializer: Value::Null,
        compressors: Value::Array(compressors),
    })
}

/// The name of a v3 extension or the id of a v2 codec.
fn name_of(extension: &Value) -> &str {
    extension.as_str().or(extension["name"].as_str()).or(extension["id"].as_str()).unwrap_or("?")
}

fn names(codecs: &[Value]) -> Vec<String> {
    codecs.iter().map(|codec| name_of(codec).to_string()).collect()
}

fn dimension_attribute(attributes: &Value) -> Option<Vec<String>> {
    let names = attributes["_ARRAY_DIMENSIONS"].as_array()?;
    names.iter().map(|n| n.as_str().map(str::to_string)).collect()
}

fn keys_v3(encoding: &Value) -> Result<Keys> {
    let (prefix, default) = match name_of(encoding) {
        "default" => (true, '/'),
        "v2" => (false, '.'),
        other => return Err(Error::unsupported(format!("chunk key encoding `{other}` is not supported"))),
    };
    match encoding["configuration"]["separator"].as_str() {
        None => Ok(Keys { prefix, separator: default }),
        Some(".") => Ok(Keys { prefix, separator: '.' }),
        Some("/") => Ok(Keys { prefix, separator: '/' }),
        Some(other) => Err(Error::storage(format!("chunk key separator `{other}`"))),
    }
}

fn lengths(v: &Value, what: &str) -> Result<Vec<usize>> {
    let wrong = || Error::storage(format!("`{what}` is {v}, not a list of lengths"));
    let items = v.as_array().filter(|a| a.len() <= 64).ok_or_else(wrong)?;
    items
        .iter()
        .map(|n| {
            n.as_u64()
                .filter(|n| *n <= i64::MAX as u64)
                .and_then(|n| usize::try_from(n).ok())
                .ok_or_else(wrong)
        })
        .collect()
}

/// The lengths of chunks; 0 along an empty axis counts as 1.
fn chunk_lengths(v: &Value, shape: &[usize]) -> Result<Vec<usize>> {
    let mut chunk = lengths(v, "chunks")?;
    if chunk.len() != shape.len() {
        return Err(Error::storage(format!("chunks {chunk:?} for an array of shape {shape:?}")));
    }
    for (c, n) in chunk.iter_mut().zip(shape) {
        if *c == 0 && *n > 0 {
            return Err(Error::storage(format!("chunks of length 0 for an array of shape {shape:?}")));
        }
        *c = (*c).max(1);
    }
    Ok(chunk)
}

fn product(mut lengths: impl Iterator<Item = usize>) -> Option<usize> {
    lengths.try_fold(1usize, |n, l| n.checked_mul(l))
}

fn check_size(shape: &[usize], chunk: &[usize], stored: &Stored) -> Result<()> {
    let item = stored.item_bytes().unwrap_or(1).max(stored.dtype.size());
    product(shape.iter().copied())
        .and_then(|n| n.checked_mul(item))
        .filter(|n| *n <= isize::MAX as usize)
        .ok_or_else(|| Error::storage(format!("an array of shape {shape:?} is larger than any memory")))?;
    product(chunk.iter().copied())
        .filter(|n| *n <= LARGEST_CHUNK)
        .and_then(|n| n.checked_mul(item))
        .filter(|n| *n <= isize::MAX as usize)
        .ok_or_else(|| Error::storage(format!("chunks of {chunk:?} are larger than any memory")))?;
    product(shape.iter().zip(chunk).map(|(n, c)| n.div_ceil(*c).max(1)))
        .filter(|n| *n <= MOST_CHUNKS)
        .ok_or_else(|| Error::storage(format!("shape {shape:?} in chunks of {chunk:?}: too many chunks")))?;
    Ok(())
}
