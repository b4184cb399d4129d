//! Which arrays a group holds: from consolidated metadata, else from the folders.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::json;
use super::metadata::{self, ArrayMetadata};
use crate::error::{Error, ErrorKind, Result};
use crate::io::side_by_side::side_by_side;
use crate::io::store::{FolderStore, Store, join};

/// A group of a store with the documents of its arrays.
#[derive(Debug)]
pub struct Group {
    /// 2 or 3.
    pub format: u8,
    /// Attributes of the group.
    pub attributes: Map<String, Value>,
    /// Names and metadata of the arrays, or why one cannot be read.
    pub arrays: Vec<(String, Result<Document>)>,
    /// Names of the groups inside.
    pub groups: Vec<String>,
}

/// The metadata of one array.
#[derive(Debug, Clone)]
pub struct Document {
    /// `zarr.json` or `.zarray`.
    pub doc: Value,
    /// The attributes.
    pub attributes: Value,
}

/// Files by which a folder is known to be a Zarr store.
pub(super) const MARKERS: [&str; 4] = ["zarr.json", ".zgroup", ".zarray", ".zmetadata"];

/// Whether the folder is a Zarr group or array.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::io::zarr::is_zarr;
/// # let path = std::env::temp_dir().join(format!("graticule-is-zarr-{}", std::process::id()));
/// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// assert!(!is_zarr(&path));
/// a.to_dataset("a").to_zarr(&path)?;
/// assert!(is_zarr(&path));
/// # std::fs::remove_dir_all(path).ok();
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn is_zarr(path: &Path) -> bool {
    FolderStore::new(path).and_then(|store| is_node(&store)).unwrap_or(false)
}

/// Whether a store holds a group or an array.
///
/// # Errors
/// If it cannot be read.
pub(in crate::io) fn is_node(store: &dyn Store) -> Result<bool> {
    for marker in MARKERS {
        if store.size(marker)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Document {
    /// What the document says.
    ///
    /// # Errors
    /// If it is broken, or holds something that is not supported.
    pub fn read(&self, store: &Arc<dyn Store>, array: &str) -> Result<ArrayMetadata> {
        if self.doc["zarr_format"] == 3 {
            metadata::from_v3(store, array, &self.doc)
        } else {
            metadata::from_v2(store, array, &self.doc, &self.attributes)
        }
    }
}

/// Opens the group at `group` (`""` for the root) of a store.
///
/// # Errors
/// If there is no such group, or its metadata is broken.
pub fn open_group(store: &dyn Store, group: &str) -> Result<Group> {
    let group = group.trim_matches('/');
    if group.split('/').any(|part| part == "." || part == ".." || part.contains('\\')) {
        return Err(Error::invalid(format!("`{group}` is not the path of a group")));
    }
    if let Some(doc) = json::read(store, &join(group, "zarr.json"))? {
        return group_v3(store, group, &doc);
    }
    let has = |key: &str| -> Result<bool> { Ok(store.size(&join(group, key))?.is_some()) };
    if has(".zarray")? {
        return Err(not_a_group(store, group));
    }
    let consolidated = json::read(store, ".zmetadata")?;
    let in_consolidated =
        consolidated.as_ref().is_some_and(|c| c["metadata"].get(join(group, ".zgroup")).is_some());
    if in_consolidated || (consolidated.is_some() && group.is_empty()) {
        return Ok(group_v2_consolidated(group, &consolidated.unwrap_or_default()["metadata"]));
    }
    if has(".zgroup")? {
        return group_v2(store, group);
    }
    let place = store.describe();
    if group.is_empty() || !is_node(store)? {
        return Err(Error::new(ErrorKind::NotFound, format!("`{place}` is not a Zarr store"))
            .help("a Zarr group has a file `zarr.json`, `.zgroup` or `.zmetadata`"));
    }
    let parent = group.rsplit_once('/').map_or("", |(parent, _)| parent);
    let known = open_group(store, parent).map(|g| g.groups).unwrap_or_default();
    Err(Error::not_found("group", group, known.iter().map(|name| join(parent, name))).at(place))
}

fn not_a_group(store: &dyn Store, prefix: &str) -> Error {
    Error::unsupported(format!(
        "`{}` is a Zarr array, not a group of arrays",
        join(&store.describe(), prefix)
    ))
    .help("open the folder that holds it")
}

fn object(v: &Value) -> Map<String, Value> {
    v.as_object().cloned().unwrap_or_default()
}

fn group_v3(store: &dyn Store, group: &str, doc: &Value) -> Result<Group> {
    let place = || format!("{} in {}", join(group, "zarr.json"), store.describe());
    if doc["zarr_format"] != 3 {
        return Err(Error::storage("the metadata is not that of Zarr v3").at(place()));
    }
    match doc["node_type"].as_str() {
        Some("group") => {}
        Some("array") => return Err(not_a_group(store, group)),
        _ => {
            return Err(Error::storage("the metadata is neither that of a group nor of an array").at(place()));
        }
    }
    let mut out =
        Group { format: 3, attributes: object(&doc["attributes"]), arrays: Vec::new(), groups: Vec::new() };
    let consolidated = store.supports_consolidated_metadata();
    // Only the root is sure to know everything below it.
    let root = if group.is_empty() || !consolidated { None } else { json::read(store, "zarr.json")? };
    let (entries, prefix) = match &root {
        Some(root) if root["consolidated_metadata"]["metadata"].is_object() => {
            (&root["consolidated_metadata"]["metadata"], format!("{group}/"))
        }
        _ => (&doc["consolidated_metadata"]["metadata"], String::new()),
    };
    if let Some(entries) = entries.as_object().filter(|_| consolidated) {
        for (path, entry) in entries {
            let Some(name) = path.strip_prefix(&prefix).filter(|n| !n.is_empty() && !n.contains('/')) else {
                continue;
            };
            out.add_v3(name, Ok(entry.clone()));
        }
        return Ok(out);
    }
    let names = store.list(group)?;
    let read = |name: &String| json::read(store, &join(&join(group, name), "zarr.json"));
    for (name, entry) in names.iter().zip(side_by_side(&names, store.requests(), read)) {
        if let Some(entry) = entry.transpose() {
            out.add_v3(name, entry);
        }
    }
    Ok(out)
}

impl Group {
    fn add_v3(&mut self, name: &str, entry: Result<Value>) {
        match entry {
            Ok(doc) if doc["node_type"] == "group" => self.groups.push(name.to_string()),
            Ok(doc) => {
                let attributes = doc["attributes"].clone();
                self.arrays.push((name.to_string(), Ok(Document { doc, attributes })));
            }
            Err(e) => self.arrays.push((name.to_string(), Err(e))),
        }
    }
}

fn group_v2_consolidated(group: &str, entries: &Value) -> Group {
    let mut out = Group {
        format: 2,
        attributes: object(&entries[join(group, ".zattrs")]),
        arrays: Vec::new(),
        groups: Vec::new(),
    };
    let prefix = if group.is_empty() { String::new() } else { format!("{group}/") };
    for (key, doc) in entries.as_object().into_iter().flatten() {
        let Some((name, file)) = key.strip_prefix(&prefix).and_then(|k| k.split_once('/')) else {
            continue;
        };
        match file {
            ".zarray" => {
                let attributes = entries[format!("{prefix}{name}/.zattrs")].clone();
                out.arrays.push((name.to_string(), Ok(Document { doc: doc.clone(), attributes })));
            }
            ".zgroup" => out.groups.push(name.to_string()),
            _ => {}
        }
    }
    out
}

fn group_v2(store: &dyn Store, group: &str) -> Result<Group> {
    let attributes = json::read(store, &join(group, ".zattrs"))?.unwrap_or_default();
    let mut out =
        Group { format: 2, attributes: object(&attributes), arrays: Vec::new(), groups: Vec::new() };
    let names = store.list(group)?;
    let read = |name: &String| -> Result<Option<Document>> {
        let prefix = join(group, name);
        let Some(doc) = json::read(store, &join(&prefix, ".zarray"))? else {
            return Ok(None);
        };
        let attributes = json::read(store, &join(&prefix, ".zattrs"))?.unwrap_or_default();
        Ok(Some(Document { doc, attributes }))
    };
    for (name, document) in names.iter().zip(side_by_side(&names, store.requests(), read)) {
        match document {
            Ok(None) if store.size(&join(&join(group, name), ".zgroup"))?.is_some() => {
                out.groups.push(name.clone())
            }
            Ok(None) => {}
            Ok(Some(document)) => out.arrays.push((name.clone(), Ok(document))),
            Err(e) => out.arrays.push((name.clone(), Err(e))),
        }
    }
    Ok(out)
}
