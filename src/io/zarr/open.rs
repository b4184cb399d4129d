//! Opening a Zarr group as a raw dataset.

use std::sync::Arc;

use serde_json::Value;

use super::hierarchy::{Document, Group, open_group};
use super::source::ZarrSource;
use super::{attrs, fill};
use crate::array::Block;
use crate::error::{Context, Error, Result};
use crate::io::RawDataset;
use crate::io::store::{Location, Store, join};
use crate::labels::{AttrValue, Variable};
use crate::lazy::LazyArray;

/// Opens the root group of a Zarr store, v2 or v3, wherever it is; reads metadata only.
///
/// Arrays that cannot be read (a codec or data type is missing, the metadata is broken, dimensions have
/// no names) are listed in [`RawDataset::skipped`].
///
/// # Errors
/// If there is no Zarr group.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::io::zarr::open_zarr;
/// # let path = std::env::temp_dir().join(format!("graticule-open-zarr-{}", std::process::id()));
/// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// a.to_dataset("a").to_zarr(&path)?;
/// let raw = open_zarr(&path)?;
/// assert_eq!(raw.variables["a"].load()?.to_vec::<f64>()?, [1.0, 2.0]);
/// # std::fs::remove_dir_all(path).ok();
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn open_zarr(location: impl Into<Location>) -> Result<RawDataset> {
    open_zarr_group(location, "")
}

/// Opens a group inside a Zarr store; see [`open_zarr`].
///
/// # Errors
/// If there is no such group.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::io::zarr::open_zarr_group;
/// # let path = std::env::temp_dir().join(format!("graticule-open-group-{}", std::process::id()));
/// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// a.to_dataset("a").to_zarr(path.join("run1"))?;
/// std::fs::write(path.join("zarr.json"), r#"{"zarr_format": 3, "node_type": "group", "attributes": {}}"#)?;
/// assert_eq!(open_zarr_group(&path, "run1")?.variables["a"].shape(), [2]);
/// # std::fs::remove_dir_all(path).ok();
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn open_zarr_group(location: impl Into<Location>, group: &str) -> Result<RawDataset> {
    let store = location.into().store()?;
    let group_path = group.trim_matches('/');
    let group = open_group(&*store, group_path)?;
    Ok(raw_of(&store, group_path, group))
}

/// The variables of a group that was read.
pub(super) fn raw_of(store: &Arc<dyn Store>, group_path: &str, group: Group) -> RawDataset {
    let mut raw = RawDataset::new();
    for (name, document) in group.arrays {
        let path = join(group_path, &name);
        let opened = document
            .and_then(|d| open_array(store, &path, &d))
            .at(|| format!("array `{path}` of the Zarr store `{}`", store.describe()));
        match opened {
            Ok(variable) => {
                raw.variables.insert(name.into(), variable);
            }
            Err(e) => raw.skip(name, e),
        }
    }
    raw.attrs = attrs::from_json(&group.attributes);
    raw.attrs.retain(|name, _| !is_nczarr(name));
    raw.encoding.insert("source", store.describe());
    raw.encoding.insert("zarr_format", i64::from(group.format));
    raw
}

/// Attributes by which NCZarr keeps its own metadata.
fn is_nczarr(name: &str) -> bool {
    name.get(..3).is_some_and(|p| p.eq_ignore_ascii_case("_nc"))
}

fn open_array(store: &Arc<dyn Store>, path: &str, document: &Document) -> Result<Variable> {
    let meta = document.read(store, path)?;
    let is_v3 = document.doc["zarr_format"] == 3;
    let dims = match meta.dims {
        Some(dims) => dims,
        None if meta.spec.shape.is_empty() => Vec::new(),
        None => {
            return Err(Error::invalid("the array has no dimension names").help(
                "v3 arrays name their dimensions in `dimension_names`, v2 arrays in the attribute `_ARRAY_DIMENSIONS`",
            ));
        }
    };
    let spec = meta.spec;
    let (stored, chunk) = (spec.stored, spec.chunk.clone());
    let shards = spec.shard.as_ref().map(|s| s.shape.clone());
    let fill_value = spec.fill.clone();

    let mut attributes = attrs::from_json(document.attributes.as_object().unwrap_or(&Default::default()));
    attributes.retain(|name, _| name != "_ARRAY_DIMENSIONS" && (is_v3 || !is_nczarr(name)));
    if is_v3 {
        if let Some(v) = document.attributes.get("_FillValue")
            && let Some(block) = fill::from_attribute(v, &stored)
        {
            attributes.insert("_FillValue", scalar(block));
        }
    } else if !meta.fill.is_null() {
        attributes.insert("_FillValue", scalar(fill_value.clone()));
    }

    let source = ZarrSource::new(spec)?;
    let mut variable = Variable::new(dims, LazyArray::from_source(Arc::new(source)))?.with_attrs(attributes);
    let encoding = &mut variable.encoding;
    let lengths = |l: &[usize]| l.iter().map(|n| *n as i64).collect::<Vec<i64>>();
    encoding.insert("chunks", lengths(&chunk));
    if let Some(shards) = shards {
        encoding.insert("shards", lengths(&shards));
    }
    encoding.insert("compressors", AttrValue::Json(meta.compressors));
    encoding.insert("filters", AttrValue::Json(meta.filters));
    if is_v3 {
        if meta.serializer != Value::Null {
            encoding.insert("serializer", AttrValue::Json(meta.serializer));
        }
        encoding.insert("fill_value", scalar(fill_value));
    }
    encoding.insert("dtype", stored.dtype.to_string());
    Ok(variable)
}

/// A text stays a text, anything else an array of rank 0.
fn scalar(block: Block) -> AttrValue {
    match block.get::<crate::dtype::Text>().and_then(|a| a.first()) {
        Some(text) if block.dtype() == crate::dtype::DType::Str => {
            AttrValue::Str(text.as_str().unwrap_or("").to_string())
        }
        _ => AttrValue::Array(block),
    }
}
