//! Where a NetCDF file is.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::handle::{Check, Handle, changed};
use crate::error::Result;
use crate::io::store::Location;
use crate::source::stamp_of_file;

/// Where a NetCDF file is: a description that travels. Files behind a store stay open as long as somebody has it.
#[derive(Serialize, Deserialize)]
pub(super) struct Origin {
    place: Location,
    /// The state of an object when it was opened; files of the file system may grow.
    stamp: Option<String>,
    #[serde(skip)]
    open: Mutex<Option<Arc<Handle>>>,
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

impl Origin {
    /// The file at a place, which is looked at now.
    ///
    /// # Errors
    /// If there is none, or it is no NetCDF file.
    pub(super) fn open(place: Location) -> Result<(Arc<Handle>, Arc<Origin>)> {
        let place = place.settled()?;
        let handle = Handle::get(&place, Check::Now)?;
        let origin = Origin { place, stamp: handle.stamp().map(str::to_string), open: Mutex::default() };
        origin.keep(&handle);
        Ok((handle, Arc::new(origin)))
    }

    /// The open file.
    ///
    /// # Errors
    /// If it cannot be opened any more, or has become another object.
    pub(super) fn handle(&self) -> Result<Arc<Handle>> {
        let handle = Handle::get(&self.place, Check::Sometimes)?;
        if let (Some(now), Some(then)) = (handle.stamp(), &self.stamp)
            && now != then
        {
            return Err(changed(format!("it was `{then}`, now it is `{now}`")).at(self.to_string()));
        }
        self.keep(&handle);
        Ok(handle)
    }

    fn keep(&self, handle: &Arc<Handle>) {
        if !matches!(self.place, Location::Path(_)) {
            *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle.clone());
        }
    }

    /// What tells other states of the file apart.
    pub(super) fn stamp(&self) -> Option<String> {
        match &self.place {
            Location::Path(path) => stamp_of_file(path),
            other => other.object().ok()?.stamp(""),
        }
    }

    /// How many requests are served best at the same time.
    pub(super) fn requests(&self) -> usize {
        match &self.place {
            Location::Path(_) => 1,
            other => other.object().map_or(1, |store| store.requests()),
        }
    }
}
