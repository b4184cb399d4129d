//! Icechunk repositories: Zarr v3 with transactions, through the crate `icechunk`.
//!
//! A [`Repository`] has snapshots, branches and tags. A [`Session`] reads one of its snapshots, or writes the next one of
//! a branch: what is written through its [store](Session::store) counts when [`commit`](Session::commit) has given it a
//! snapshot id, all of it or nothing. The names are those of the Python package `icechunk`.
//!
//! ```
//! use graticule::prelude::*;
//! use graticule::io::store::icechunk::{Repository, Version};
//! use graticule::io::zarr::{WriteMode, WriteOptions};
//! let repo = Repository::create("memory://of the module")?;
//! let ds = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.to_dataset("a");
//! let session = repo.writable_session("main")?;
//! ds.to_zarr(session.store())?;
//! let first = session.commit("two values")?;
//!
//! let session = repo.writable_session("main")?;
//! (&ds * 10.0)?.to_zarr_with(session.store(), &WriteOptions::new().mode(WriteMode::Replace), &Local::new())?;
//! session.commit("ten times as much")?;
//! let read = |version: Version| open_dataset(repo.readonly_session(version)?.store())?.get("a")?.to_vec::<f64>();
//! assert_eq!(read(Version::branch("main"))?, [10.0, 20.0]);
//! assert_eq!(read(Version::snapshot(first))?, [1.0, 2.0]);
//! # Ok::<(), graticule::Error>(())
//! ```

mod conflict;
mod key;
mod place;
mod repository;
mod session;
mod shared;
mod store;
mod version;

use std::fmt::Display;

use ::icechunk::storage::ICError;

use crate::error::Error;

pub use repository::Repository;
pub use session::Session;
pub use store::IcechunkStore;
pub use version::{SnapshotInfo, Version};

/// What the crate says went wrong, without the trace of its spans.
fn failed<E: Display>(e: ICError<E>) -> Error {
    Error::storage(format!("icechunk: {}", e.kind))
}
