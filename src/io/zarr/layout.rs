//! How a new array will lie in its store: the documents that describe it, from the variable and its encoding.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::chunks::ArraySpec;
use super::options::ZarrFormat;
use super::stored::{Layout, Stored};
use super::{attrs, compressors, fill, metadata};
use crate::array::Block;
use crate::dtype::Text;
use crate::error::{Error, Result};
use crate::io::store::Store;
use crate::labels::{AttrValue, Variable};

/// Chunks of arrays in memory are cut to at most so many bytes.
const MEMORY_CHUNK: usize = 64 << 20;

/// A new array: what its sink needs, and its documents by the names of their keys.
pub(super) struct NewArray {
    pub spec: ArraySpec,
    pub documents: Vec<(&'static str, Value)>,
}

impl NewArray {
    /// The array of a variable, at the path `array` of the store.
    ///
    /// # Errors
    /// If the name cannot be one of an array, Zarr lacks the dtype, or the encoding contradicts itself.
    pub fn of(
        store: &Arc<dyn Store>,
        array: &str,
        name: &str,
        variable: &Variable,
        format: ZarrFormat,
    ) -> Result<Self> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) || name == "zarr.json"
        {
            return Err(Error::invalid(format!("`{name}` cannot be the name of a Zarr array"))
                .help("rename it: names are folders, so `/`, a leading dot and the empty name are out"));
        }
        match format {
            ZarrFormat::V2 => v2(store, array, variable),
            ZarrFormat::V3 => v3(store, array, variable),
        }
    }
}

fn v3(store: &Arc<dyn Store>, array: &str, variable: &Variable) -> Result<NewArray> {
    let (chunk, shard) = chunk_shapes(variable)?;
    let (stored, data_type, serializer) = Stored::for_writing(variable.dtype())?;
    let fill = fill_value(variable, &stored);
    let mut attributes = attrs::to_json(&variable.attrs);
    if let Some(v) = variable.attrs.get("_FillValue") {
        if stored.dtype.is_text() || stored.dtype.is_time() {
            // xarray fails to open an array of these types that has the attribute.
            attributes.shift_remove("_FillValue");
        } else {
            let value = as_stored(v, &stored).map_or_else(|plain| plain, |b| fill::to_attribute(&b));
            attributes.insert("_FillValue".into(), value);
        }
    }
    let mut codecs = vec![serializer];
    codecs.extend(compressors::of(variable, ZarrFormat::V3));
    if shard.is_some() {
        let little = json!({"name": "bytes", "configuration": {"endian": "little"}});
        codecs = vec![json!({"name": "sharding_indexed", "configuration": {
            "chunk_shape": chunk,
            "codecs": codecs,
            "index_codecs": [little, {"name": "crc32c"}],
            "index_location": "end",
        }})];
    }
    let mut document = json!({
        "shape": variable.shape(),
        "data_type": data_type,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shard.as_ref().unwrap_or(&chunk)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill::to_json(&fill),
        "codecs": codecs,
        "attributes": attributes,
        "dimension_names": dims(variable),
        "zarr_format": 3,
        "node_type": "array",
        "storage_transformers": [],
    });
    if variable.ndim() == 0
        && let Some(document) = document.as_object_mut()
    {
        document.shift_remove("dimension_names");
    }
    // Understood as any reader would: the sink then writes exactly what the document promises.
    let spec = metadata::from_v3(store, array, &document)?.spec;
    Ok(NewArray { spec, documents: vec![("zarr.json", document)] })
}

fn v2(store: &Arc<dyn Store>, array: &str, variable: &Variable) -> Result<NewArray> {
    let (chunk, _) = chunk_shapes(variable)?;
    let (stored, dtype, filters) = Stored::for_writing_v2(variable.dtype())?;
    let mut attributes: Map<String, Value> = attrs::to_json(&variable.attrs);
    attributes.insert("_ARRAY_DIMENSIONS".into(), json!(dims(variable)));
    // The fill value of the array is the one of the conventions; numbers without one have none.
    let fill = match attributes.shift_remove("_FillValue").and(variable.attrs.get("_FillValue")) {
        Some(v) => as_stored(v, &stored).map_or(Value::Null, |b| fill::to_json(&b)),
        None if stored.dtype.is_text() => fill::to_json(&fill_value(variable, &stored)),
        None => Value::Null,
    };
    let compressors = compressors::of(variable, ZarrFormat::V2);
    let document = json!({
        "shape": variable.shape(),
        "chunks": chunk,
        "dtype": dtype,
        "fill_value": fill,
        "order": "C",
        "filters": filters,
        "dimension_separator": ".",
        "compressor": compressors.first(),
        "zarr_format": 2,
    });
    let attributes = Value::Object(attributes);
    let spec = metadata::from_v2(store, array, &document, &attributes)?.spec;
    Ok(NewArray { spec, documents: vec![(".zarray", document), (".zattrs", attributes)] })
}

fn dims(variable: &Variable) -> Vec<String> {
    variable.dims().iter().map(|d| d.to_string()).collect()
}

/// The chunks and shards of the encoding, else the chunks of the array made regular.
fn chunk_shapes(variable: &Variable) -> Result<(Vec<usize>, Option<Vec<usize>>)> {
    let shape = variable.shape();
    let lengths = |name: &str| {
        let given = match variable.encoding.get(name)? {
            AttrValue::Array(b) => b.to_vec::<i64>().ok()?,
            _ => return None,
        };
        (given.len() == shape.len() && given.iter().all(|n| *n > 0))
            .then(|| given.iter().zip(&shape).map(|(c, n)| (*c as usize).min(*n).max(1)).collect::<Vec<_>>())
    };
    let Some(chunk) = lengths("chunks") else { return Ok((own_chunk(variable), None)) };
    let Some(shard) = lengths("shards") else { return Ok((chunk, None)) };
    // Shards that the end of the array cuts hold whole chunks all the same.
    let cut = shard
        .iter()
        .zip(&shape)
        .zip(&chunk)
        .map(|((s, n), c)| if s == n { s.next_multiple_of(*c) } else { *s });
    let shard: Vec<usize> = cut.collect();
    if shard.iter().zip(&chunk).any(|(s, c)| s % c != 0) {
        return Err(Error::invalid(format!("shards of {shard:?} are not cut evenly by chunks of {chunk:?}"))
            .help("choose `shards` in the encoding that are multiples of `chunks`"));
    }
    Ok((chunk, Some(shard)))
}

fn own_chunk(variable: &Variable) -> Vec<usize> {
    let mut chunk: Vec<usize> = variable.chunks().axes().iter().map(|a| a.largest().max(1)).collect();
    if variable.data().as_block().is_some() {
        let item = variable.dtype().size();
        while chunk.iter().product::<usize>() * item > MEMORY_CHUNK {
            let Some(longest) = chunk.iter_mut().max() else { break };
            *longest = longest.div_ceil(2);
        }
    }
    chunk
}

/// The fill value of the encoding if it fits, else NaN for floats and zero for others, as xarray chooses.
fn fill_value(variable: &Variable, stored: &Stored) -> Block {
    let given = match variable.encoding.get("fill_value") {
        Some(AttrValue::Array(b)) if b.dtype() == stored.dtype && b.ndim() == 0 => Some(b.clone()),
        Some(AttrValue::Str(s)) if stored.layout == Layout::Text => {
            Some(Block::scalar(Text::from(s.as_str())))
        }
        Some(v) if !stored.dtype.is_text() => fill::from_json(&attrs::value_to_json(v), stored).ok(),
        _ => None,
    };
    given.unwrap_or_else(|| fill::for_new(stored.dtype))
}

/// The attribute `_FillValue` in the dtype of the array; as it is where it has no value of that.
fn as_stored(v: &AttrValue, stored: &Stored) -> Result<Block, Value> {
    let plain = match v {
        AttrValue::Array(b) if b.size() == 1 => match b.clone().reshape(&[]) {
            Ok(b) if b.dtype() == stored.dtype => return Ok(b),
            Ok(b) => attrs::value_to_json(&AttrValue::Array(b)),
            Err(_) => attrs::value_to_json(v),
        },
        _ => attrs::value_to_json(v),
    };
    fill::from_json(&plain, stored).map_err(|_| plain)
}
