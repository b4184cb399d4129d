//! Changing a Zarr store that is there: appending along a dimension, adding variables, overwriting regions.
//!
//! Chunks are written first, then the documents of arrays, those of the group last: with consolidated metadata a reader
//! finds the old dataset or the new one, whenever the run ends.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::attrs;
use super::draft::Draft;
use super::hierarchy::{Document, is_node, open_group};
use super::layout::NewArray;
use super::open::raw_of;
use super::options::{WriteMode, WriteOptions, ZarrFormat};
use super::region::{self, Dims};
use super::resume::Resume;
use super::sink::ZarrSink;
use super::write::{ZarrWrite, at_once, on_its_way};
use crate::array::Region;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::io::store::{Access, FolderStore, Location, join};
use crate::io::{RawDataset, cf};
use crate::labels::{Coords, DataArray, Dataset, Missing, Name, Variable};
use crate::lazy::LazyArray;
use crate::source::{Sink, Traffic};

/// A store that is there, as far as a change must know it.
pub(super) struct Existing {
    location: Location,
    draft: Draft,
    format: ZarrFormat,
    /// The document of the group that holds those of all arrays, if there is one: its key, and what it says.
    consolidated: Option<(&'static str, Value)>,
    documents: IndexMap<String, Document>,
    raw: RawDataset,
    decoded: Dataset,
}

/// What happens to a variable of the dataset.
enum Fate {
    /// It is new in the store.
    New,
    /// A box of the array is written, which may have to grow to this shape.
    Written { within: Region, shape: Vec<usize> },
    /// It has to be what the store has already.
    Checked,
    /// It stays as the store has it.
    Left,
}

impl Existing {
    /// The store at a location, locked; `None` if there is none and it may be made.
    ///
    /// # Errors
    /// If it cannot be read, or there is none to modify.
    pub fn open(location: &Location, options: &WriteOptions) -> Result<Option<Existing>> {
        if options.resume != Resume::Never {
            return Err(Error::unsupported("a run that changes a store cannot be continued").help(
                "only one that writes a new store can; chunks that were not written before are repeated here",
            ));
        }
        let store = location.store()?;
        if !is_node(&*store)? {
            return match options.mode {
                WriteMode::Modify => Err(Error::new(
                    ErrorKind::NotFound,
                    format!("there is no Zarr store at `{location}` to modify"),
                )
                .help("write it first: with `compute(false)` metadata only")),
                _ => Ok(None),
            };
        }
        let alone = options.mode != WriteMode::Modify || !options.safe_chunks;
        let guard = store.lock(if alone { Access::Exclusive } else { Access::Shared })?;
        let group = open_group(&*store, "")?;
        let (format, key) = match group.format {
            2 => (ZarrFormat::V2, ".zmetadata"),
            _ => (ZarrFormat::V3, "zarr.json"),
        };
        let document = super::json::read(&*store, key)?;
        let consolidated = document.filter(|d| match format {
            ZarrFormat::V2 => true,
            ZarrFormat::V3 => {
                store.supports_consolidated_metadata() && d["consolidated_metadata"]["metadata"].is_object()
            }
        });
        let documents =
            group.arrays.iter().filter_map(|(name, d)| Some((name.clone(), d.as_ref().ok()?.clone())));
        let documents = documents.collect();
        let raw = raw_of(&store, "", group);
        let decoded = cf::decode(raw.clone(), &cf::DecodeOptions::default())?;
        let folder = match location {
            Location::Path(path) if path.is_dir() => Some(FolderStore::new(path)?),
            _ => None,
        };
        Ok(Some(Existing {
            location: location.clone(),
            format,
            consolidated: consolidated.map(|document| (key, document)),
            documents,
            raw,
            decoded,
            draft: Draft::InPlace { store, folder, _guard: guard },
        }))
    }

    /// Begins to write a dataset into the store.
    ///
    /// # Errors
    /// If it does not fit to the store: dimensions, dtypes, labels, chunks.
    pub fn update(self, ds: &Dataset, options: &WriteOptions) -> Result<ZarrWrite> {
        let place = || format!("writing into `{}`", self.location);
        let region = match &options.region {
            Some(region) => region::resolve(region, ds, &self.decoded).at(place)?,
            None => Dims::new(),
        };
        self.check_append(ds, options, &region).at(place)?;
        let mut fates: IndexMap<Name, Fate> = IndexMap::new();
        for (name, variable) in ds.data_vars().iter().chain(ds.coords().iter()) {
            let fate = self.fate(ds, name, variable, &region, options);
            fates.insert(name.clone(), fate.at(|| on_its_way(name, &self.location))?);
        }
        self.check_all_grow(&fates, options).at(place)?;
        for (name, _) in fates.iter().filter(|(_, fate)| matches!(fate, Fate::Checked)) {
            self.check_same(ds, name).at(|| on_its_way(name, &self.location))?;
        }
        let left = fates.iter().filter(|(_, fate)| matches!(fate, Fate::Checked | Fate::Left));
        let left: Vec<String> = left.map(|(name, _)| name.to_string()).collect();
        // The store keeps its encodings.
        let written = ds.drop_vars_with(left, Missing::Ignore)?.with_encodings(|name, variable| {
            if let Ok(stored) = self.decoded.variable(name) {
                variable.encoding = stored.encoding.clone();
            }
        });
        let encoded = cf::encode(&written, true)?;

        let mut changed: Vec<(String, &'static str, Value)> = Vec::new();
        let mut arrays: Vec<(&Name, LazyArray, ZarrSink)> = Vec::new();
        for (name, variable) in &encoded.variables {
            let place = || on_its_way(name, &self.location);
            match fates.get(name) {
                Some(Fate::Written { within, shape }) => {
                    let (data, sink, document) =
                        self.change(name, variable, within, shape, options).at(place)?;
                    changed.extend(document.map(|(key, document)| (name.to_string(), key, document)));
                    arrays.push((name, data, sink));
                }
                _ => {
                    let array =
                        NewArray::of(self.draft.store(), name, name, variable, self.format).at(place)?;
                    changed
                        .extend(array.documents.into_iter().map(|(key, doc)| (name.to_string(), key, doc)));
                    arrays.push((name, variable.data().clone(), ZarrSink::new(array.spec, None).at(place)?));
                }
            }
        }
        // Only now, when nothing is refused any more, the store changes.
        let mut targets: Vec<(LazyArray, Arc<dyn Sink>)> = Vec::new();
        for (name, data, sink) in arrays {
            let place = || on_its_way(name, &self.location);
            if !self.raw.variables.contains_key(name) {
                // What lies there without metadata is nobody's.
                self.draft.store().remove(name).at(place)?;
            }
            match at_once(&data) {
                Some(block) => sink.write_all(block, &Traffic::default()).at(place)?,
                None if options.compute => targets.push((data, Arc::new(sink))),
                None => {}
            }
        }
        let documents = self.final_documents(changed, &encoded, options);
        Ok(ZarrWrite::in_place(self.draft, targets, documents))
    }

    /// Whether the dimension of appending is one.
    fn check_append(&self, ds: &Dataset, options: &WriteOptions, region: &Dims) -> Result<()> {
        let Some(dim) = &options.append_dim else { return Ok(()) };
        if options.mode == WriteMode::Modify {
            return Err(Error::invalid("the mode `Modify` changes no shapes: nothing can be appended")
                .help("use the mode `Append`"));
        }
        if region.contains_key(dim.as_str()) {
            return Err(Error::invalid(format!(
                "`{dim}` is to be appended to and a region at the same time"
            )));
        }
        for sizes in [self.decoded.sizes(), ds.sizes()] {
            if !sizes.contains_key(dim.as_str()) {
                return Err(Error::not_found("dimension to append along", dim, sizes.keys()));
            }
        }
        Ok(())
    }

    /// An error if a variable would be left shorter than others.
    fn check_all_grow(&self, fates: &IndexMap<Name, Fate>, options: &WriteOptions) -> Result<()> {
        let Some(dim) = &options.append_dim else { return Ok(()) };
        let short =
            self.raw.variables.iter().find(|(name, v)| v.axis(dim).is_some() && !fates.contains_key(*name));
        match short {
            None => Ok(()),
            Some((name, _)) => Err(Error::invalid(format!(
                "the store has the variable `{name}` along `{dim}`, the dataset that is appended has not: it would be \
                 left too short"
            ))
            .help("append all variables that have the dimension together")),
        }
    }

    fn fate(
        &self,
        ds: &Dataset,
        name: &Name,
        variable: &Variable,
        region: &Dims,
        options: &WriteOptions,
    ) -> Result<Fate> {
        let is_coord = ds.coords().contains(name);
        let Some(stored) = self.raw.variables.get(name) else {
            if let Some(skipped) = self.raw.skipped.iter().find(|s| s.name == *name) {
                return Err(Error::unsupported("the store has it, but it cannot be read")
                    .caused_by(skipped.reason.clone()));
            }
            return self.fate_of_new(name, variable, region, options);
        };
        if stored.dims() != variable.dims() {
            let (have, want) = (stored.dims().join(", "), variable.dims().join(", "));
            return Err(Error::invalid(format!("it has the dimensions ({want}), in the store ({have})")));
        }
        let appended = options.append_dim.as_deref().and_then(|dim| variable.axis(dim));
        let in_region = variable.dims().iter().any(|dim| region.contains_key(dim));
        let by_label = variable.dims() == std::slice::from_ref(name) && region.get(name).is_some_and(|r| r.1);
        if by_label {
            // Its labels are where the region is known from.
            return Ok(Fate::Left);
        }
        let changes_part = options.append_dim.is_some() || options.region.is_some();
        if appended.is_none() && !in_region && changes_part {
            if is_coord && options.check_coords {
                return Ok(Fate::Checked);
            }
            if options.region.is_some() {
                let dims: Vec<&str> = region.keys().map(|dim| &**dim).collect();
                return Err(Error::invalid(format!(
                    "it has none of the dimensions of the region ({})",
                    dims.join(", ")
                ))
                .help(format!("leave it out: `ds.drop_vars(\"{name}\")`")));
            }
            if options.mode == WriteMode::AppendOnly {
                return Ok(Fate::Left);
            }
        }
        let mut shape = stored.shape();
        let mut within = Region::full(&shape);
        for (axis, (dim, len)) in variable.dims().iter().zip(variable.shape()).enumerate() {
            if appended == Some(axis) {
                within.set(axis, shape[axis]..shape[axis] + len);
                shape[axis] += len;
            } else if let Some((range, _)) = region.get(dim) {
                within.set(axis, range.clone());
            } else if shape[axis] != len {
                return Err(Error::invalid(format!(
                    "it has {len} elements along `{dim}`, in the store {}",
                    shape[axis]
                ))
                .help("only an append makes arrays longer; a part of them is a region"));
            }
        }
        if is_coord && in_region && options.check_coords && variable.dims() == std::slice::from_ref(name) {
            self.check_labels(ds, name, &within)?;
        }
        Ok(Fate::Written { within, shape })
    }

    fn fate_of_new(
        &self,
        name: &Name,
        variable: &Variable,
        region: &Dims,
        options: &WriteOptions,
    ) -> Result<Fate> {
        if options.mode == WriteMode::Modify || !region.is_empty() {
            return Err(Error::invalid(format!("the store has no variable `{name}`"))
                .known(self.raw.variables.keys().map(|n| n.to_string()))
                .help("the mode `Append` adds variables"));
        }
        let appended = options.append_dim.as_deref();
        for (dim, len) in variable.dims().iter().zip(variable.shape()) {
            let have = self.decoded.sizes().get(dim).copied();
            if let Some(have) = have
                && (have != len || appended == Some(&**dim))
            {
                return Err(Error::invalid(format!(
                    "it is new in the store, and has {len} elements along `{dim}`, the other variables {have} or more"
                )));
            }
        }
        Ok(Fate::New)
    }

    /// An error if a coordinate differs from that of the store.
    fn check_same(&self, ds: &Dataset, name: &Name) -> Result<()> {
        if same_values(ds.variable(name)?, self.decoded.variable(name)?)? {
            return Ok(());
        }
        Err(Error::alignment(format!("the coordinate `{name}` differs from that of the store")).help(
            "bring the dataset to the labels of the store (`reindex_like`), or take `check_coords(false)` to overwrite them",
        ))
    }

    /// An error if a region has other labels than the store has there, unless none have been written yet.
    fn check_labels(&self, ds: &Dataset, name: &Name, within: &Region) -> Result<()> {
        let old = self.raw.variables[name].data().clone();
        let slices: Vec<_> = within.ranges().map(crate::array::Slice::range).collect();
        let there = Variable::new(self.raw.variables[name].dims().to_vec(), old.slice(&slices)?)?.load()?;
        let source = self.documents[&**name].read(self.draft.store(), name)?;
        let unwritten = crate::array::Block::full(&within.shape(), &source.spec.fill);
        // Of one label nobody can tell.
        if there.size() > 1 && there.same_bits(&unwritten) {
            return Ok(());
        }
        let range = within.axis(0);
        let old = self.decoded.isel(name, range.clone())?;
        if same_values(ds.variable(name)?, old.variable(name)?)? {
            return Ok(());
        }
        Err(Error::alignment(format!("the store has other labels of `{name}` at {range:?} than the dataset")).help(
            "see where they stand with `WriteOptions::region_auto`, or take `check_coords(false)` to overwrite them",
        ))
    }

    /// What is written of a variable that is there, and its document if that changes.
    #[expect(clippy::type_complexity, reason = "the three are of no use together anywhere else")]
    fn change(
        &self,
        name: &Name,
        variable: &Variable,
        within: &Region,
        shape: &[usize],
        options: &WriteOptions,
    ) -> Result<(LazyArray, ZarrSink, Option<(&'static str, Value)>)> {
        let stored = &self.raw.variables[name];
        for attr in ["units", "calendar"] {
            let (new, old) = (variable.attrs.get_str(attr), stored.attrs.get_str(attr));
            if new != old
                && new.is_some_and(|_| attr == "calendar" || new.is_some_and(|u| u.contains(" since ")))
            {
                return Err(Error::invalid(format!(
                    "its times need the {attr} `{}`, the store has `{}`",
                    new.unwrap_or_default(),
                    old.unwrap_or_default()
                ))
                .help("the store keeps its encoding: times that it cannot express need a new store"));
            }
        }
        if variable.dtype().kind() != stored.dtype().kind() {
            return Err(Error::dtype(format!("it is {}, in the store {}", variable.dtype(), stored.dtype()))
                .help("cast it with `astype`"));
        }
        let mut document = self.documents[&**name].clone();
        document.doc["shape"] = json!(shape);
        let spec = document.read(self.draft.store(), name)?.spec;
        let whole = region::aligned(within, spec.unit(), shape);
        let grows = shape != stored.shape();
        if whole != *within && !grows && options.safe_chunks {
            let named = |lengths: Vec<String>| {
                let each = variable.dims().iter().zip(lengths).map(|(dim, length)| format!("{dim}={length}"));
                each.collect::<Vec<_>>().join(", ")
            };
            let ranges =
                |region: &Region| named(region.ranges().map(|r| format!("{}..{}", r.start, r.end)).collect());
            return Err(Error::alignment(format!(
                "the region {} ends inside of a chunk (chunks are {}): runs beside this one could lose what is written",
                ranges(within),
                named(spec.unit().iter().map(usize::to_string).collect())
            ))
            .help(format!("write {}, or take `safe_chunks(false)` where no other run writes", ranges(&whole))));
        }
        if !grows && reads(variable.data(), &format!("read zarr {}", spec.place())) {
            return Err(Error::invalid(
                "its new values are computed from the array that they would overwrite",
            )
            .help("write to another store, or load them first"));
        }
        let data = variable.data().cast(spec.stored.dtype)?;
        let data = region::grown(data, within, &whole, stored.data())?;
        let key = if self.format == ZarrFormat::V2 { ".zarray" } else { "zarr.json" };
        let sink = ZarrSink::within(spec, whole)?;
        Ok((data, sink, grows.then_some((key, document.doc))))
    }

    /// The documents that change, those of the group last.
    fn final_documents(
        &self,
        changed: Vec<(String, &'static str, Value)>,
        encoded: &RawDataset,
        options: &WriteOptions,
    ) -> Vec<(String, Value)> {
        if options.mode == WriteMode::Modify {
            return Vec::new();
        }
        let attributes: Map<String, Value> = attrs::to_json(&encoded.attrs);
        let mut out: Vec<(String, Value)> =
            changed.iter().map(|(array, key, document)| (join(array, key), document.clone())).collect();
        match (self.format, &self.consolidated) {
            (ZarrFormat::V2, consolidated) => {
                out.push((".zattrs".into(), Value::Object(attributes.clone())));
                if let Some((key, group)) = consolidated {
                    let mut group = group.clone();
                    group["metadata"][".zattrs"] = Value::Object(attributes);
                    for (key, document) in &out[..out.len() - 1] {
                        group["metadata"][key] = document.clone();
                    }
                    out.push(((*key).into(), group));
                }
            }
            (ZarrFormat::V3, Some((key, group))) => {
                let mut group = group.clone();
                group["attributes"] = Value::Object(attributes);
                for (array, _, document) in changed {
                    group["consolidated_metadata"]["metadata"][array] = document;
                }
                out.push(((*key).into(), group));
            }
            (ZarrFormat::V3, None) => {
                let group = json!({"attributes": attributes, "zarr_format": 3, "node_type": "group"});
                out.push(("zarr.json".into(), group));
            }
        }
        out
    }
}

/// Whether two coordinates have equal dimensions and elements.
fn same_values(a: &Variable, b: &Variable) -> Result<bool> {
    let alone = |v: &Variable| DataArray::new(v.clone(), Coords::new());
    alone(a)?.equals(&alone(b)?)
}

/// Whether an array is computed from a source of this description.
fn reads(data: &LazyArray, description: &str) -> bool {
    let mut seen = std::collections::HashSet::new();
    let mut open = vec![data.clone()];
    while let Some(array) = open.pop() {
        if !seen.insert(array.id()) {
            continue;
        }
        let op = array.op();
        if op.reads() && op.describe() == description {
            return true;
        }
        open.extend(array.inputs().iter().cloned());
    }
    false
}
