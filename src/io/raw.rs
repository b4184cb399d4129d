//! A dataset as it lies in a store: before conventions are decoded, or after they were encoded.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::error::Error;
use crate::labels::{Attrs, Name, Variable};

/// Variables as stored, without coordinates or decoded conventions: what a format reads and writes.
///
/// Packed integers are still integers, times are still numbers with `units`, and `_FillValue` is an
/// attribute. The variables' `encoding` says how they are stored (chunks, compressor, dtype, ...).
#[derive(Debug, Clone, Default)]
pub struct RawDataset {
    /// The variables in the order of the store.
    pub variables: IndexMap<Name, Variable>,
    /// Global attributes.
    pub attrs: Attrs,
    /// How the dataset is stored: source, format, unlimited dimensions, ...
    pub encoding: Attrs,
    /// Variables that the store has but that cannot be read.
    pub skipped: Vec<Skipped>,
}

/// A variable that could not be opened, and why.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// Its name in the store.
    pub name: Name,
    /// What is wrong with it or not supported.
    pub reason: Arc<Error>,
}

impl RawDataset {
    /// A raw dataset without anything.
    ///
    /// ```
    /// # use graticule::io::RawDataset;
    /// assert!(RawDataset::new().variables.is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a variable that cannot be read, and warns.
    ///
    /// ```
    /// # use graticule::{Error, io::RawDataset};
    /// let mut raw = RawDataset::new();
    /// raw.skip("enum_var", Error::unsupported("enumerations"));
    /// assert!(raw.skipped[0].reason.is_unsupported());
    /// ```
    pub fn skip(&mut self, name: impl Into<Name>, reason: Error) {
        let name = name.into();
        tracing::warn!(variable = %name, "left out, since it cannot be read: {reason}");
        self.skipped.push(Skipped { name, reason: Arc::new(reason) });
    }
}
