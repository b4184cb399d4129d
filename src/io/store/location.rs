//! Where a dataset is: a path, an address, or a store.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{FolderStore, MemoryStore, Store, ZipStore};
use crate::error::Result;

/// Where a dataset is, or shall be: paths in the file system, addresses like `s3://bucket/era5.zarr`, stores in hand.
///
/// ```
/// use graticule::io::store::{Location, MemoryStore};
/// assert_eq!(Location::from("era5.zarr").to_string(), "era5.zarr");
/// assert!(matches!(Location::from("memory://scratch"), Location::Address(_)));
/// assert!(matches!(Location::from(MemoryStore::new("scratch")), Location::Store(_)));
/// ```
#[derive(Debug, Clone)]
pub enum Location {
    /// In the file system.
    Path(PathBuf),
    /// An address with a scheme.
    Address(String),
    /// What lies in a store.
    Store(Arc<dyn Store>),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Path(path) => path.display().fmt(f),
            Location::Address(address) => f.write_str(address),
            Location::Store(store) => f.write_str(&store.describe()),
        }
    }
}

fn of_path(path: &Path) -> Location {
    match path.to_str() {
        Some(text) if text.contains("://") => match text.strip_prefix("file://") {
            Some(path) => Location::Path(path.into()),
            None => Location::Address(text.to_string()),
        },
        _ => Location::Path(path.to_path_buf()),
    }
}

impl<P: AsRef<Path> + ?Sized> From<&P> for Location {
    fn from(path: &P) -> Self {
        of_path(path.as_ref())
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        of_path(&path)
    }
}

impl From<String> for Location {
    fn from(path: String) -> Self {
        of_path(Path::new(&path))
    }
}

impl From<Arc<dyn Store>> for Location {
    fn from(store: Arc<dyn Store>) -> Self {
        Location::Store(store)
    }
}

impl<S: Store + 'static> From<Arc<S>> for Location {
    fn from(store: Arc<S>) -> Self {
        Location::Store(store)
    }
}

impl From<MemoryStore> for Location {
    fn from(store: MemoryStore) -> Self {
        Location::Store(Arc::new(store))
    }
}

impl Location {
    /// The store that lies there; for a path it may be a folder that is not there yet.
    ///
    /// # Errors
    /// If there is no store for the scheme of the address, or a file that is there is no archive.
    ///
    /// ```
    /// use graticule::io::store::Location;
    /// assert_eq!(Location::from("memory://a").store()?.describe(), "memory://a");
    /// assert!(Location::from("gopher://a").store().is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn store(&self) -> Result<Arc<dyn Store>> {
        match self {
            Location::Store(store) => Ok(store.clone()),
            Location::Path(path) if is_zip(path) => Ok(Arc::new(ZipStore::open(path)?)),
            Location::Path(path) => Ok(Arc::new(FolderStore::new(path)?)),
            Location::Address(address) => of_address(address),
        }
    }
}

/// The store for an address, by its scheme.
fn of_address(address: &str) -> Result<Arc<dyn Store>> {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    match scheme {
        "memory" => Ok(Arc::new(MemoryStore::new(rest))),
        #[cfg(feature = "remote")]
        _ => Ok(Arc::new(super::RemoteStore::new(address)?)),
        #[cfg(not(feature = "remote"))]
        _ => Err(crate::error::Error::unsupported(format!(
            "`{address}`: there is no store for addresses of `{scheme}`"
        ))
        .known(["memory", "file"])
        .help(
            "those of web servers, S3, Google Cloud Storage and Azure need the feature `remote` of graticule",
        )),
    }
}

/// Whether there is a file that begins as zip archives do.
pub(crate) fn is_zip(path: &Path) -> bool {
    let mut head = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok()
        && [b"PK\x03\x04", b"PK\x05\x06"].contains(&&head)
}
