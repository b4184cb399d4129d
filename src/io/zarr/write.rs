//! Writing a raw dataset as Zarr v3: metadata first, then the chunks, the final name last.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::chunks::ArraySpec;
use super::resume::{ChunkLog, Manifest, Resume};
use super::sink::ZarrSink;
use super::stored::{Layout, Stored};
use super::{attrs, fill, json, metadata};
use crate::array::Block;
use crate::error::{Context, Error, Result};
use crate::io::RawDataset;
use crate::io::staging::Staging;
use crate::labels::{AttrValue, Variable};
use crate::lazy::LazyArray;
use crate::plan::{Plan, Rules, Target, identity_of};
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
///
/// With [`resume`](WriteOptions::resume) a run that ends early keeps what it has written in the folder `.NAME.resume`
/// beside the store, and the same program run again goes on from there: it computes the chunks that are missing. It is
/// refused if another plan has begun the store: operations, sources (by path and, for files, length and time of
/// change; of a Zarr array those of its metadata), chunks and version must be the same, attributes and small arrays
/// in memory need not. Remove the folder to begin anew. Reductions that come first (a climatology) are computed again.
/// A plan with closures cannot be continued.
///
/// ```
/// # use graticule::prelude::*;
/// use graticule::io::zarr::{Resume, WriteOptions};
/// # let folder = std::env::temp_dir().join(format!("graticule-resume-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("a.zarr");
/// let a = DataArray::from_vec(&[("x", 6)], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?.chunk("x", 2)?;
/// let options = WriteOptions { resume: Resume::IfBegun, ..WriteOptions::default() };
/// // This run ends before it has begun, for want of memory.
/// let little = Local::new().memory(10);
/// assert!(a.add(1)?.to_dataset("a").to_zarr_with(&path, &options, &little).is_err());
/// // Another one would not continue it, but the same does.
/// assert!(a.add(2)?.to_dataset("a").to_zarr_with(&path, &options, &Local::new()).is_err());
/// let report = a.add(1)?.to_dataset("a").to_zarr_with(&path, &options, &Local::new())?;
/// assert_eq!(report.resumed, 0);
/// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<f64>()?, [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// What to do with a store that is there already.
    pub mode: WriteMode,
    /// Whether a run that is killed, fails or is cancelled can be continued by another.
    pub resume: Resume,
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
/// does the store stand under its name. One that is dropped before leaves nothing, unless it can be
/// [continued](Resume).
#[derive(Debug)]
pub struct ZarrWrite {
    staging: Staging,
    manifest: Option<Manifest>,
    target: PathBuf,
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
        let replace = options.mode == WriteMode::Replace;
        let mut manifest = match options.resume {
            Resume::Never => None,
            resume => Some(Manifest::open(path, resume)?),
        };
        let staging = match &manifest {
            None => Staging::folder(path, replace)?,
            Some(manifest) => Staging::kept(manifest.store(), path, replace)?,
        };
        let mut arrays = Vec::new();
        let mut documents = Map::new();
        for (number, (name, variable)) in raw.variables.iter().enumerate() {
            let place = || format!("variable `{name}` on its way to `{}`", path.display());
            let log = manifest.as_ref().map(|m| m.log(number));
            let (sink, document) = describe_array(staging.path(), name, variable, log).at(place)?;
            documents.insert(name.to_string(), document);
            arrays.push((name, variable.data().clone(), Arc::new(sink)));
        }
        let group = json!({
            "attributes": attrs::to_json(&raw.attrs),
            "zarr_format": 3,
            "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": &documents},
            "node_type": "group",
        });
        let at_once = |a: &LazyArray| a.as_block().filter(|b| b.nbytes() <= WRITTEN_AT_ONCE).cloned();
        let targets: Vec<(LazyArray, Arc<dyn Sink>)> = (arrays.iter())
            .filter(|(_, data, _)| at_once(data).is_none())
            .map(|(_, data, sink)| (data.clone(), sink.clone() as Arc<dyn Sink>))
            .collect();
        if let Some(manifest) = &mut manifest {
            let all = targets.iter().map(|(data, sink)| Target::Store(data.clone(), sink.clone()));
            let plan = Plan::new_with(&all.collect::<Vec<_>>(), &Rules::none())?.identity()?;
            let names: Vec<&str> = raw.variables.keys().map(|name| &**name).collect();
            manifest.claim(identity_of(&(plan, names))?)?;
        }
        for (name, data, sink) in &arrays {
            let place = || format!("variable `{name}` on its way to `{}`", path.display());
            let (folder, block) = (staging.path().join(&***name), at_once(data));
            if block.is_some() && folder.exists() {
                // A run before this one may have written other elements in other chunks.
                std::fs::remove_dir_all(&folder).map_err(Error::from).at(place)?;
            }
            begin_array(&folder, &documents[name.as_ref()]).at(place)?;
            if let Some(block) = block {
                sink.write_all(&block, &Traffic::default()).at(place)?;
            }
        }
        Ok(ZarrWrite { staging, manifest, target: path.to_path_buf(), targets, group })
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
        self.staging.commit()?;
        match self.manifest {
            Some(manifest) => manifest.remove(),
            None => Manifest::discard(&self.target),
        }
    }
}

fn write_document(path: &Path, document: &Value) -> Result<()> {
    std::fs::write(path, json::to_text(document)).map_err(Error::from).at(|| path.display().to_string())
}

/// Writes the metadata of one array; a run that is continued finds them there.
fn begin_array(folder: &Path, document: &Value) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::from).at(|| folder.display().to_string())?;
    write_document(&folder.join("zarr.json"), document)
}

/// The sink and the metadata of one array.
fn describe_array(
    store: &Path,
    name: &str,
    variable: &Variable,
    log: Option<ChunkLog>,
) -> Result<(ZarrSink, Value)> {
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
    // Understood as any reader would: the sink then writes exactly what the document promises.
    let spec: ArraySpec = metadata::from_v3(store, name, &document)?.spec;
    Ok((ZarrSink::new(spec, log)?, document))
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
