//! Writing a dataset as Zarr: a new store here, changes of one that is there in `update`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::attrs;
use super::draft::Draft;
use super::groups::InGroup;
use super::json::to_text;
use super::layout::NewArray;
use super::options::{WriteMode, WriteOptions, ZarrFormat};
use super::sink::ZarrSink;
use super::update;
use crate::error::{Context, Error, Result};
use crate::io::store::{Location, join};
use crate::io::{RawDataset, cf};
use crate::labels::{Dataset, Variable};
use crate::lazy::LazyArray;
use crate::plan::{Plan, Rules, Target, identity_of};
use crate::source::{Sink, Traffic};

/// Arrays in memory up to this size are written at once.
const WRITTEN_AT_ONCE: usize = 16 << 20;

/// A Zarr store that is being written.
///
/// Make it, write its [`targets`](ZarrWrite::targets), and [`finish`](ZarrWrite::finish) it: only then
/// does the store stand under its name, or what was appended count. One that is dropped before leaves nothing, unless it
/// can be [continued](super::Resume).
#[derive(Debug)]
pub struct ZarrWrite {
    draft: Draft,
    targets: Vec<(LazyArray, Arc<dyn Sink>)>,
    /// What is written at the end, the decisive one last.
    documents: Vec<(String, Value)>,
    group: Option<InGroup>,
}

/// The documents of arrays, by the paths of arrays and the names of their keys.
pub(super) type Documents = Vec<(String, &'static str, Value)>;

impl ZarrWrite {
    /// Begins to write a dataset as the options say: checks it, writes the first metadata and what is small and in memory.
    ///
    /// # Errors
    /// If the options do not fit to what is there, an encoding contradicts the data, a variable has a dtype that Zarr lacks,
    /// or the store cannot be written.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::zarr::{WriteOptions, ZarrWrite};
    /// # let path = std::env::temp_dir().join(format!("graticule-begin-{}.zarr", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let write = ZarrWrite::begin(&path, &a.to_dataset("a"), &WriteOptions::new())?;
    /// write.finish()?;
    /// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # std::fs::remove_dir_all(path)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn begin(location: impl Into<Location>, ds: &Dataset, options: &WriteOptions) -> Result<Self> {
        let location = location.into();
        if let Some(group) = &options.group {
            let group = InGroup::of(&location, group, options.format)?;
            let alone = WriteOptions { group: None, ..options.clone() };
            let write = Self::begin(group.location(&location), ds, &alone)?;
            return Ok(ZarrWrite { group: Some(group), ..write });
        }
        match options.mode {
            WriteMode::Create | WriteMode::Replace => {
                if options.append_dim.is_some() || options.region.is_some() {
                    let mode = format!("{:?}", options.mode);
                    return Err(Error::invalid(format!(
                        "the mode `{mode}` makes a new store: nothing to append to"
                    ))
                    .help("use `WriteOptions::append` or `WriteOptions::region`"));
                }
                Self::create(location, &cf::encode(ds, true)?, options)
            }
            _ => match update::Existing::open(&location, options)? {
                Some(existing) => existing.update(ds, options),
                None => Self::create(location, &cf::encode(ds, true)?, options),
            },
        }
    }

    /// Begins a new store with variables that are encoded already.
    ///
    /// # Errors
    /// If the location is taken, a variable has a dtype that Zarr lacks, or the store cannot be written.
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
    pub fn create(location: impl Into<Location>, raw: &RawDataset, options: &WriteOptions) -> Result<Self> {
        let location = location.into();
        if options.group.is_some() {
            return Err(Error::unsupported("a group of a store is written by `ZarrWrite::begin`"));
        }
        let mut draft = Draft::new(&location, options.mode == WriteMode::Replace, options.resume)?;
        let mut arrays = Vec::new();
        for (number, (name, variable)) in raw.variables.iter().enumerate() {
            let log = draft.manifest().map(|m| m.log(number));
            let place = || on_its_way(name, &location);
            let array =
                NewArray::of(draft.store(), &draft.key(name), name, variable, options.format).at(place)?;
            let sink = Arc::new(ZarrSink::new(array.spec, log).at(place)?);
            arrays.push((name, variable, sink, array.documents));
        }
        let targets = lazy_targets(arrays.iter().map(|(_, variable, sink, _)| (*variable, sink)));
        if let Some(manifest) = draft.manifest() {
            let all = targets.iter().map(|(data, sink)| Target::Store(data.clone(), sink.clone()));
            let plan = Plan::new_with(&all.collect::<Vec<_>>(), &Rules::none())?.identity()?;
            let names: Vec<&str> = raw.variables.keys().map(|name| &**name).collect();
            manifest.claim(identity_of(&(plan, names))?)?;
        }
        let mut all = Documents::new();
        for (name, variable, sink, documents) in arrays {
            begin_array(&draft, name, variable, &sink, &documents).at(|| on_its_way(name, &location))?;
            all.extend(documents.into_iter().map(|(key, document)| (name.to_string(), key, document)));
        }
        let consolidated = options.consolidated && draft.store().supports_consolidated_metadata();
        let documents = group_documents(options.format, attrs::to_json(&raw.attrs), &all, consolidated);
        let targets = if options.compute { targets } else { Vec::new() };
        Ok(ZarrWrite { draft, targets, documents, group: None })
    }

    /// What is to be written in a store that is there, and at the end its documents.
    pub(super) fn in_place(
        draft: Draft,
        targets: Vec<(LazyArray, Arc<dyn Sink>)>,
        documents: Vec<(String, Value)>,
    ) -> Self {
        ZarrWrite { draft, targets, documents, group: None }
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

    /// Writes the last metadata; a new store gets its name.
    ///
    /// # Errors
    /// If the store cannot be written, or the name was taken meanwhile.
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
        self.finish_after(false)
    }

    /// The same, after a run by this process or by others.
    pub(in crate::io) fn finish_after(self, others: bool) -> Result<()> {
        if others {
            self.draft.remove_unfinished()?;
        }
        self.draft.commit(&self.documents)?;
        self.group.map_or(Ok(()), |group| group.adopt())
    }
}

/// What errors say of a variable that cannot be written.
pub(super) fn on_its_way(name: &str, location: &dyn std::fmt::Display) -> String {
    format!("variable `{name}` on its way to `{location}`")
}

/// The values of a variable that are written without a run: small ones in memory.
pub(in crate::io) fn at_once(data: &LazyArray) -> Option<&crate::array::Block> {
    data.as_block().filter(|b| b.nbytes() <= WRITTEN_AT_ONCE)
}

/// What a run has to write of these variables.
pub(super) fn lazy_targets<'a>(
    arrays: impl Iterator<Item = (&'a Variable, &'a Arc<ZarrSink>)>,
) -> Vec<(LazyArray, Arc<dyn Sink>)> {
    arrays
        .filter(|(variable, _)| at_once(variable.data()).is_none())
        .map(|(variable, sink)| (variable.data().clone(), sink.clone() as Arc<dyn Sink>))
        .collect()
}

/// Writes the documents of a new array, and its values if they are small and in memory.
pub(super) fn begin_array(
    draft: &Draft,
    name: &str,
    variable: &Variable,
    sink: &ZarrSink,
    documents: &[(&'static str, Value)],
) -> Result<()> {
    let (store, key, block) = (draft.store(), draft.key(name), at_once(variable.data()));
    if !draft.is_clean() && (block.is_some() || !draft.is_continued()) {
        // A run before this one may have written other elements in other chunks.
        store.remove(&key)?;
    }
    for (document, value) in documents {
        store.write(&join(&key, document), to_text(value).as_bytes())?;
    }
    block.map_or(Ok(()), |block| sink.write_all(block, &Traffic::default()))
}

/// The documents of the root group, the decisive one last.
pub(super) fn group_documents(
    format: ZarrFormat,
    attributes: Map<String, Value>,
    arrays: &Documents,
    consolidated: bool,
) -> Vec<(String, Value)> {
    match format {
        ZarrFormat::V3 => {
            let mut group = json!({"attributes": attributes, "zarr_format": 3});
            if consolidated {
                let metadata: Map<String, Value> =
                    arrays.iter().map(|(array, _, document)| (array.clone(), document.clone())).collect();
                group["consolidated_metadata"] =
                    json!({"kind": "inline", "must_understand": false, "metadata": metadata});
            }
            group["node_type"] = "group".into();
            vec![("zarr.json".into(), group)]
        }
        ZarrFormat::V2 => {
            let mut documents = vec![
                (".zattrs".to_string(), Value::Object(attributes)),
                (".zgroup".to_string(), json!({"zarr_format": 2})),
            ];
            if consolidated {
                let mut metadata: Map<String, Value> = documents.iter().cloned().collect();
                metadata
                    .extend(arrays.iter().map(|(array, key, document)| (join(array, key), document.clone())));
                documents.push((
                    ".zmetadata".into(),
                    json!({"metadata": metadata, "zarr_consolidated_format": 1}),
                ));
            }
            documents
        }
    }
}
