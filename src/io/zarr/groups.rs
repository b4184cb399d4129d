//! Groups inside of a store: where a dataset of a tree is written, and how the groups above learn of it.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::json::{self, to_text};
use super::options::ZarrFormat;
use crate::error::{Error, Result};
use crate::io::store::{Access, Location, PrefixStore, Store, join};

/// A group that is being written, and the store that it belongs to.
#[derive(Debug)]
pub(super) struct InGroup {
    root: Arc<dyn Store>,
    group: String,
    format: ZarrFormat,
}

impl InGroup {
    /// The group at a path of the store at `root`.
    ///
    /// # Errors
    /// If it is no path of a group, or the store has the other version of the format.
    pub fn of(root: &Location, group: &str, format: ZarrFormat) -> Result<Self> {
        let group = group.trim_matches('/').to_string();
        if group.split('/').any(|part| part.is_empty() || part.starts_with('.') || part.contains('\\')) {
            return Err(Error::invalid(format!("`{group}` is not the path of a group"))
                .help("it is names separated by `/`, none of which begins with a dot"));
        }
        if matches!(root, Location::Path(path) if path.extension().is_some_and(|e| e == "zip")) {
            return Err(Error::unsupported(format!(
                "a group of the archive `{root}` cannot be written alone"
            )));
        }
        let root = root.store()?;
        let (other, version) = match format {
            ZarrFormat::V2 => ("zarr.json", "v3"),
            ZarrFormat::V3 => (".zgroup", "v2"),
        };
        if root.size(other)?.is_some() {
            return Err(Error::invalid(format!("`{}` is a store of Zarr {version}", root.describe()))
                .help("choose that version with `WriteOptions::format`"));
        }
        Ok(InGroup { root, group, format })
    }

    /// Where the group is written, of a store at `root`.
    pub fn location(&self, root: &Location) -> Location {
        match root {
            // Beside its place, and then renamed, as whole stores are.
            Location::Path(path) => Location::Path(path.join(&self.group)),
            _ => Location::Store(Arc::new(PrefixStore::new(self.root.clone(), &self.group))),
        }
    }

    /// Makes the groups above, where there are none, and puts what was written into their consolidated metadata, where
    /// they have such.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn adopt(&self) -> Result<()> {
        let _guard = self.root.lock(Access::Exclusive)?;
        let parts: Vec<&str> = self.group.split('/').collect();
        let above: Vec<String> = (0..parts.len()).map(|depth| parts[..depth].join("/")).collect();
        let (key, document) = match self.format {
            ZarrFormat::V3 => {
                ("zarr.json", json!({"attributes": {}, "zarr_format": 3, "node_type": "group"}))
            }
            ZarrFormat::V2 => (".zgroup", json!({"zarr_format": 2})),
        };
        for group in &above {
            self.root.write_new(&join(group, key), to_text(&document).as_bytes())?;
        }
        match self.format {
            ZarrFormat::V3 => above.iter().try_for_each(|group| self.consolidate_v3(group)),
            ZarrFormat::V2 => self.consolidate_v2(),
        }
    }

    /// Puts the documents below `above` that lead to the group or belong to it into the document of `above`.
    fn consolidate_v3(&self, above: &str) -> Result<()> {
        let key = join(above, "zarr.json");
        let Some(mut document) = json::read(&*self.root, &key)? else { return Ok(()) };
        let Some(metadata) = document["consolidated_metadata"]["metadata"].as_object_mut() else {
            return Ok(());
        };
        let within = |path: &str| path[above.len()..].trim_start_matches('/').to_string();
        let own = within(&self.group);
        metadata.retain(|path, _| *path != own && !path.starts_with(&format!("{own}/")));
        for (path, mut node) in self.nodes(above, &["zarr.json"])? {
            if let Some(node) = node.as_object_mut() {
                node.shift_remove("consolidated_metadata");
            }
            metadata.insert(within(path.trim_end_matches("zarr.json").trim_end_matches('/')), node);
        }
        self.root.write(&key, to_text(&document).as_bytes())
    }

    fn consolidate_v2(&self) -> Result<()> {
        let Some(mut document) = json::read(&*self.root, ".zmetadata")? else { return Ok(()) };
        let Some(metadata) = document["metadata"].as_object_mut() else { return Ok(()) };
        metadata.retain(|key, _| !key.starts_with(&format!("{}/", self.group)));
        metadata.extend(self.nodes("", &[".zgroup", ".zattrs", ".zarray"])?);
        self.root.write(".zmetadata", to_text(&document).as_bytes())
    }

    /// The documents of the groups between `above` and the group, of the group, and of all below it, by their keys.
    fn nodes(&self, above: &str, names: &[&str]) -> Result<Map<String, Value>> {
        let mut out = Map::new();
        let mut read = |prefix: &str| -> Result<bool> {
            let mut found = false;
            for name in names {
                let key = join(prefix, name);
                if let Some(document) = json::read(&*self.root, &key)? {
                    found = true;
                    out.insert(key, document);
                }
            }
            Ok(found)
        };
        let mut path = above.to_string();
        for part in self.group[above.len()..].split('/').filter(|part| !part.is_empty()) {
            path = join(&path, part);
            read(&path)?;
        }
        let mut open = vec![self.group.clone()];
        while let Some(prefix) = open.pop() {
            for name in self.root.list(&prefix)? {
                let child = join(&prefix, &name);
                if !names.contains(&name.as_str()) && read(&child)? {
                    open.push(child);
                }
            }
        }
        Ok(out)
    }
}
