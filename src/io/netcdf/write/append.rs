//! Adding to a file that is there.
//!
//! The file is written anew beside the old one, which stays as it is until the new one takes its place: what stays in it is
//! read as it is stored, and stored so again.

use std::path::Path;

use indexmap::IndexMap;

use super::super::file::Stamp;
use super::super::origin::Origin;
use super::definition::unlimited;
use super::{NetcdfFormat, lacks};
use crate::dtype::{DType, Text};
use crate::error::{Context, Error, Result};
use crate::io::store::Location;
use crate::io::{RawDataset, cf};
use crate::labels::{Dataset, Name, Variable};

/// A file that is there, and what it will hold.
pub(super) struct Existing {
    pub(super) base: Base,
    pub(super) format: NetcdfFormat,
    pub(super) groups: Vec<(String, RawDataset)>,
    /// Groups that were added to.
    added: Vec<String>,
}

/// The file that a new one will take the place of, as it was when that was begun.
#[derive(Debug)]
pub(super) struct Base {
    place: Location,
    stamp: Stamp,
}

impl Base {
    /// An error if the file has changed: what others wrote to it would be lost.
    pub(super) fn check(&self) -> Result<()> {
        if Stamp::of(&self.place).is_ok_and(|now| now.is(&self.stamp)) {
            return Ok(());
        }
        Err(Error::storage(format!("`{}` has changed since it was read to be added to", self.place))
            .help("run it again: one run at a time can add to a file"))
    }
}

impl Existing {
    /// The file at a path; `None` if nothing is there.
    ///
    /// # Errors
    /// If it cannot be read, or has a variable that could not be written again.
    pub(super) fn open(path: &Path) -> Result<Option<Existing>> {
        if std::fs::symlink_metadata(path).is_err() {
            return Ok(None);
        }
        let place = Location::Path(std::path::absolute(path)?);
        let base = Base { stamp: Stamp::of(&place)?, place: place.clone() };
        let (handle, origin) = Origin::open(place)?;
        let mut groups = Vec::new();
        for group in handle.groups()? {
            let raw = handle.read_group(&origin, &group)?;
            if let Some(skipped) = raw.skipped.first() {
                return Err(Error::unsupported(format!(
                    "the file has the variable `{}`, which cannot be copied",
                    skipped.name
                ))
                .caused_by(skipped.reason.clone())
                .help("write another file"));
            }
            groups.push((group, raw));
        }
        Ok(Some(Existing { base, format: handle.format(), groups, added: Vec::new() }))
    }

    /// Adds a dataset to a group, which need not be there: variables of the same names are overwritten.
    ///
    /// # Errors
    /// If it does not fit to what is there: dimensions, lengths, dtypes.
    pub(super) fn add(&mut self, group: &str, ds: &Dataset) -> Result<()> {
        let group = group.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        if self.added.contains(&group) {
            return Err(Error::invalid(format!("two datasets for the group `{group}`")));
        }
        let position = match self.groups.iter().position(|(name, _)| *name == group) {
            Some(position) => position,
            None => {
                self.groups.push((group.clone(), RawDataset::new()));
                self.groups.len() - 1
            }
        };
        let old = &self.groups[position].1;
        let new = cf::adapt(cf::encode(&as_stored(ds, old)?, false)?, lacks(self.format))?;
        self.groups[position].1 = joined(old, new)?;
        self.added.push(group);
        Ok(())
    }
}

/// The dataset with the encodings of the variables that are there: these keep their types and how they are packed.
fn as_stored(ds: &Dataset, old: &RawDataset) -> Result<Dataset> {
    let mut there = old.clone();
    there.variables.retain(|name, _| ds.variable(name).is_ok());
    let there = cf::decode(there, &cf::DecodeOptions::default())?;
    for (name, v) in ds.data_vars().iter().chain(ds.coords().iter()) {
        let Ok(have) = there.variable(name) else { continue };
        let (new, old) = (v.dtype(), have.dtype());
        let other = (new.is_float() && old.is_integer())
            || (old.is_bool() && !new.is_bool())
            || (old.is_time() && !new.is_time() && !v.attrs.contains("units"));
        if other {
            return Err(mismatch(new, old).at(format!("variable `{name}`")));
        }
    }
    Ok(ds.clone().with_encodings(|name, variable| {
        let (Some(stored), Ok(have)) = (old.variables.get(name), there.variable(name)) else { return };
        let mut encoding = have.encoding.clone();
        // Names of others are the dataset's own.
        for key in cf::RELATED.into_iter().chain(["coordinates"]) {
            encoding.remove(key);
            if let Some(value) = variable.encoding.get(key) {
                encoding.insert(key, value.clone());
            }
        }
        // Integers as wide ones at first: that they fit is looked at when they are narrowed.
        if stored.dtype().is_integer() && !encoding.contains("_Unsigned") {
            encoding.insert("dtype", if stored.dtype() == DType::U64 { "uint64" } else { "int64" });
        }
        if let (true, Some(length)) = (encoding.contains("char_dim_name"), stored.shape().last()) {
            encoding.insert(cf::CHARACTERS, *length as i64);
        }
        variable.encoding = encoding;
    }))
}

/// What a group holds in the end.
fn joined(old: &RawDataset, new: RawDataset) -> Result<RawDataset> {
    let lengths: IndexMap<Name, usize> = old.variables.values().flat_map(Variable::sizes).collect();
    let mut out = old.clone();
    for (name, v) in new.variables {
        let place = || format!("variable `{name}`");
        for (dim, len) in v.sizes() {
            if let Some(have) = lengths.get(&dim).filter(|have| **have != len) {
                return Err(Error::alignment(format!(
                    "dimension `{dim}` has length {have} in the file, {len} in the dataset"
                ))
                .at(place())
                .help("dimensions of a file keep their lengths, unlimited ones too: write another group or file"));
            }
        }
        let v = match old.variables.get(&name) {
            Some(stored) => in_place_of(stored, &name, v).at(place)?,
            None => v,
        };
        out.variables.insert(name, v);
    }
    for (name, value) in new.attrs.iter() {
        out.attrs.insert(name, value.clone());
    }
    // As in xarray a dimension that is there stays what it is.
    let mut growing = unlimited(&old.encoding);
    growing.extend(unlimited(&new.encoding).into_iter().filter(|dim| !lengths.contains_key(&**dim)));
    out.encoding.insert("unlimited_dims", growing.into_iter().map(Text::from).collect::<Vec<_>>());
    Ok(out)
}

/// New values of a variable that is there: it keeps its type, how it is stored, and attributes that are not new.
fn in_place_of(stored: &Variable, name: &Name, new: Variable) -> Result<Variable> {
    if stored.dims() != new.dims() {
        let [want, have] = [&new, stored].map(|v| v.dims().join(", "));
        return Err(Error::invalid(format!("it has the dimensions ({want}), in the file ({have})"))
            .help("transpose it, or take another name"));
    }
    let integers = stored.dtype().is_integer() && new.dtype().is_integer();
    let mut out = if integers { cf::narrowed_to(&new, name, stored.dtype())? } else { new };
    if out.dtype() != stored.dtype() {
        return Err(mismatch(out.dtype(), stored.dtype()));
    }
    let mut attrs = stored.attrs.clone();
    for (key, value) in out.attrs.iter().filter(|(key, _)| !["_FillValue", "missing_value"].contains(key)) {
        attrs.insert(key, value.clone());
    }
    out.attrs = attrs;
    out.encoding = stored.encoding.clone();
    Ok(out)
}

fn mismatch(new: DType, stored: DType) -> Error {
    Error::dtype(format!("it is {new}, in the file {stored}"))
        .help("cast it with `astype`, or take another name")
}
