//! Writing a raw dataset as Zarr v3: metadata first, then the chunks, the final name last.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::chunks::ArraySpec;
use super::sink::ZarrSink;
use super::stored::{Layout, Stored};
use super::{attrs, fill, json, metadata};
use crate::array::Block;
use crate::error::{Context, Error, Result};
use crate::io::RawDataset;
use crate::io::staging::Staging;
use crate::labels::{AttrValue, Variable};
use crate::lazy::LazyArray;
use crate::source::{Sink, Traffic};

/// What to do with a store that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriteMode {
    /// Fail: xarray's mode `w-`.
    #[default]
    Create,
    /// Replace it when the new one is complete: xarray's mode `w`.
    Replace,
}

/// How to write a Zarr store.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// What to do with a store that is there already.
    pub mode: WriteMode,
}

/// Chunks of arrays in memory are cut to at most so many bytes.
const MEMORY_CHUNK: usize = 64 << 20;

/// Arrays in memory up to this size are written at once.
const WRITTEN_AT_ONCE: usize = 16 << 20;

/// Compressors of v3 that are taken over from the encoding.
const COMPRESSORS: [&str; 4] = ["zstd", "blosc", "gzip", "crc32c"];

/// A Zarr store that is being written.
///
/// Make it, write its [`targets`](ZarrWrite::targets), and [`finish`](ZarrWrite::finish) it: only then
/// does the store stand under its name. One that is dropped before leaves nothing.
#[derive(Debug)]
pub struct ZarrWrite {
    staging: Staging,
    targets: Vec<(LazyArray, Arc<dyn Sink>)>,
    group: Value,
}

impl ZarrWrite {
    /// Begins a store at `path`: writes the metadata and what is small and in memory.
    ///
    /// # Errors
    /// If the path is taken, a variable has a dtype that Zarr lacks, or the file system refuses.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::{cf, zarr::{WriteOptions, ZarrWrite}};
    /// # let path = std::env::temp_dir().join(format!("graticule-create-{}.zarr", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let raw = cf::encode(&a.chunk("x", 1)?.to_dataset("a"), true)?;
    /// let write = ZarrWrite::create(&path, &raw, &WriteOptions::default())?;
    /// // What is not finished leaves nothing behind.
    /// drop(write);
    /// assert!(!path.exists());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn create(path: &Path, raw: &RawDataset, options: &WriteOptions) -> Result<Self> {
        let staging = Staging::folder(path, options.mode == WriteMode::Replace)?;
        let mut targets = Vec::new();
        let mut documents = Map::new();
        for (name, variable) in &raw.variables {
            let place = || format!("variable `{name}` on its way to `{}`", path.display());
            let (sink, document) = begin_array(staging.path(), name, variable).at(place)?;
            match variable.data().as_block() {
                Some(b) if b.nbytes() <= WRITTEN_AT_ONCE => {
                    sink.write_all(b, &Traffic::default()).at(place)?
                }
                _ => targets.push((variable.data().clone(), Arc::new(sink) as Arc<dyn Sink>)),
            }
            documents.insert(name.to_string(), document);
        }
        let group = json!({
            "attributes": attrs::to_json(&raw.attrs),
            "zarr_format": 3,
            "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": documents},
            "node_type": "group",
        });
        Ok(ZarrWrite { staging, targets, group })
    }

    /// The arrays that are still to be written, each with its sink.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::{cf, zarr::{WriteOptions, ZarrWrite}};
    /// # let path = std::env::temp_dir().join(format!("graticule-targets-{}.zarr", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let raw = cf::encode(&a.chunk("x", 1)?.to_dataset("a"), true)?;
    /// let write = ZarrWrite::create(&path, &raw, &WriteOptions::default())?;
    /// let (data, sink) = &write.targets()[0];
    /// assert_eq!((data.shape(), sink.dtype()), (vec![2], DType::F64));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn targets(&self) -> Vec<(LazyArray, Arc<dyn Sink>)> {
        self.targets.clone()
    }

    /// Writes the group's metadata and gives the store its name.
    ///
    /// # Errors
    /// If the file system refuses, or the name was taken meanwhile.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{exec, io::{cf, zarr::{WriteOptions, ZarrWrite}}};
    /// # let path = std::env::temp_dir().join(format!("graticule-finish-{}.zarr", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let raw = cf::encode(&a.chunk("x", 1)?.to_dataset("a"), true)?;
    /// let write = ZarrWrite::create(&path, &raw, &WriteOptions::default())?;
    /// exec::store(&write.targets())?;
    /// assert!(!path.exists());
    /// write.finish()?;
    /// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # std::fs::remove_dir_all(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn finish(self) -> Result<()> {
        write_document(&self.staging.path().join("zarr.json"), &self.group)?;
        self.staging.commit()
    }
}

fn write_document(path: &Path, document: &Value) -> Result<()> {
    std::fs::write(path, json::to_text(document)).map_err(Error::from).at(|| path.display().to_string())
}

/// Writes the metadata of one array.
fn begin_array(store: &Path, name: &str, variable: &Variable) -> Result<(ZarrSink, Value)> {
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) || name == "zarr.json" {
        return Err(Error::invalid(format!("`{name}` cannot be the name of a Zarr array"))
            .help("rename it: names are folders, so `/`, a leading dot and the empty name are out"));
    }
    let shape = variable.shape();
    let chunk = chunk_shape(variable);
    let types = Stored::for_writing(variable.dtype())?;
    let stored = types.0;
    let fill = fill_value(variable, &stored);
    let mut attributes = attrs::to_json(&variable.attrs);
    if let Some(v) = variable.attrs.get("_FillValue") {
        if stored.dtype.is_text() || stored.dtype.is_time() {
            // xarray fails to open an array of these types that has the attribute.
            attributes.shift_remove("_FillValue");
        } else {
            attributes.insert("_FillValue".into(), fill_attribute(v, &stored));
        }
    }
    let dims: Vec<String> = variable.dims().iter().map(|d| d.to_string()).collect();
    let document = metadata::document(
        &shape,
        &chunk,
        &types,
        fill::to_json(&fill),
        &compressors(variable),
        &dims,
        attributes,
    );
    let folder = store.join(name);
    std::fs::create_dir(&folder).map_err(Error::from).at(|| folder.display().to_string())?;
    write_document(&folder.join("zarr.json"), &document)?;
    // Read back as any reader would: the sink then writes exactly what the document promises.
    let spec: ArraySpec = metadata::from_v3(store, name, &document)?.spec;
    Ok((ZarrSink::new(spec)?, document))
}

/// The chunks of the encoding, else those of the array made regular.
fn chunk_shape(variable: &Variable) -> Vec<usize> {
    let shape = variable.shape();
    if !variable.encoding.contains("shards")
        && let Some(AttrValue::Array(b)) = variable.encoding.get("chunks")
        && let Ok(chunks) = b.to_vec::<i64>()
        && chunks.len() == shape.len()
        && chunks.iter().all(|c| *c > 0)
    {
        return chunks.iter().zip(&shape).map(|(c, n)| (*c as usize).min(*n).max(1)).collect();
    }
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
            Some(Block::scalar(crate::dtype::Text::from(s.as_str())))
        }
        Some(v) if !stored.dtype.is_text() => fill::from_json(&attrs::value_to_json(v), stored).ok(),
        _ => None,
    };
    given.unwrap_or_else(|| fill::for_new(stored.dtype))
}

/// The attribute `_FillValue` in the dtype of the array, as xarray encodes it.
fn fill_attribute(v: &AttrValue, stored: &Stored) -> Value {
    let plain = match v {
        AttrValue::Array(b) if b.size() == 1 => match b.clone().reshape(&[]) {
            Ok(b) if b.dtype() == stored.dtype => return fill::to_attribute(&b),
            Ok(b) => attrs::value_to_json(&AttrValue::Array(b)),
            Err(_) => attrs::value_to_json(v),
        },
        _ => attrs::value_to_json(v),
    };
    fill::from_json(&plain, stored).map_or(plain, |b| fill::to_attribute(&b))
}

/// The compressors of the encoding if they are of v3 and known, else zarr-python's default.
fn compressors(variable: &Variable) -> Vec<Value> {
    if variable.encoding.contains("serializer")
        && let Some(AttrValue::Json(Value::Array(given))) = variable.encoding.get("compressors")
        && given.iter().all(|c| c["name"].as_str().is_some_and(|n| COMPRESSORS.contains(&n)))
    {
        return given.clone();
    }
    vec![json!({"name": "zstd", "configuration": {"level": 0, "checksum": false}})]
}
