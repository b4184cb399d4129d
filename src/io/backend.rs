//! Formats that can be opened: those of ours, and those that a program brings.

use std::fmt::Debug;
use std::sync::{Arc, PoisonError, RwLock};

use super::format::READABLE;
use super::raw::RawDataset;
use super::store::{ByteRange, Location, ReferenceStore, Store};
use super::{netcdf, zarr};
use crate::error::{Error, Result};

/// A format: tells what is its own, and opens it as variables over [sources](crate::source::Source).
///
/// One file adds a format: a type that implements this, another that implements `Source` for its arrays, and a call of
/// [`register_backend`]. The example `own_format` does it.
pub trait Backend: Debug + Send + Sync {
    /// Its name: what [`OpenOptions::engine`](crate::io::OpenOptions::engine) calls it.
    fn name(&self) -> &str;

    /// Whether what was found is of this format, told by its content where that can be.
    ///
    /// # Errors
    /// If it cannot be read.
    fn can_open(&self, found: &Found) -> Result<bool>;

    /// Opens it, lazily: metadata are read, values are not.
    ///
    /// # Errors
    /// If it is broken, or there is no such group in it.
    fn open(&self, location: &Location, group: Option<&str>) -> Result<RawDataset>;
}

/// What lies at a location.
#[derive(Debug)]
pub struct Found {
    location: Location,
    object: Arc<dyn Store>,
    size: u64,
    head: Vec<u8>,
}

/// Of an object so many bytes are read to tell its format.
const HEAD: u64 = 32;

impl Found {
    /// Looks at what lies at a location.
    ///
    /// # Errors
    /// If it cannot be read.
    ///
    /// ```
    /// # use graticule::io::{Found, store::{Location, MemoryStore}};
    /// let found = Found::at(&Location::from(MemoryStore::new("nothing")))?;
    /// assert!(found.head().is_empty());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn at(location: &Location) -> Result<Found> {
        let object = location.object()?;
        let size = object.size("")?.unwrap_or(0);
        let mut found = Found { location: location.clone(), object, size, head: Vec::new() };
        found.head = found.bytes(0, HEAD)?;
        Ok(found)
    }

    /// Where it is.
    ///
    /// ```
    /// # use graticule::io::{Found, store::Location};
    /// # let path = std::env::temp_dir().join(format!("graticule-found-where-{}", std::process::id()));
    /// std::fs::write(&path, b"GRIB and more")?;
    /// let found = Found::at(&Location::from(&path))?;
    /// assert_eq!(found.location().to_string(), path.display().to_string());
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Its first bytes, at most 32; none if it is a folder.
    ///
    /// ```
    /// # use graticule::io::{Found, store::Location};
    /// # let path = std::env::temp_dir().join(format!("graticule-found-head-{}", std::process::id()));
    /// std::fs::write(&path, b"GRIB and more")?;
    /// let found = Found::at(&Location::from(&path))?;
    /// assert!(found.head().starts_with(b"GRIB"));
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// So many bytes from an offset on, or as many as there are.
    ///
    /// # Errors
    /// If it cannot be read.
    ///
    /// ```
    /// # use graticule::io::{Found, store::Location};
    /// # let path = std::env::temp_dir().join(format!("graticule-found-bytes-{}", std::process::id()));
    /// std::fs::write(&path, b"GRIB and more")?;
    /// let found = Found::at(&Location::from(&path))?;
    /// assert_eq!(found.bytes(9, 100)?, b"more");
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn bytes(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        let length = length.min(self.size.saturating_sub(offset));
        if length == 0 {
            return Ok(Vec::new());
        }
        if let Some(known) = self.head.get(offset as usize..).and_then(|head| head.get(..length as usize)) {
            return Ok(known.to_vec());
        }
        Ok(self.object.read("", ByteRange::Part { offset, length })?.unwrap_or_default())
    }
}

/// A folder, an archive or another store with a Zarr group, v2 or v3.
#[derive(Debug)]
struct Zarr;

impl Backend for Zarr {
    fn name(&self) -> &str {
        "zarr"
    }

    fn can_open(&self, found: &Found) -> Result<bool> {
        let in_file = !found.head().is_empty();
        if in_file && !found.head().starts_with(b"PK") {
            return Ok(false);
        }
        zarr::is_node(&*found.location().store()?)
    }

    fn open(&self, location: &Location, group: Option<&str>) -> Result<RawDataset> {
        zarr::open_zarr_group(location.clone(), group.unwrap_or(""))
    }
}

/// A NetCDF file, classic or NetCDF4, or another HDF5 file.
#[derive(Debug)]
struct Netcdf;

impl Backend for Netcdf {
    fn name(&self) -> &str {
        "netcdf"
    }

    fn can_open(&self, found: &Found) -> Result<bool> {
        if [b"CDF\x01", b"CDF\x02", b"CDF\x05"].iter().any(|m| found.head().starts_with(*m)) {
            return Ok(true);
        }
        // An HDF5 file may have a user block of 512 bytes, or a power of two more, before its own beginning.
        let mut offset = 0;
        loop {
            match found.bytes(offset, 8)? {
                bytes if bytes == b"\x89HDF\r\n\x1a\n" => return Ok(true),
                bytes if bytes.len() < 8 => return Ok(false),
                _ => offset = (offset * 2).max(512),
            }
        }
    }

    fn open(&self, location: &Location, group: Option<&str>) -> Result<RawDataset> {
        netcdf::open_netcdf(location.clone(), group)
    }
}

/// Kerchunk references: a Zarr store whose chunks lie in other files.
#[derive(Debug)]
struct References;

/// In so many bytes of references there is a key that tells what they are.
const TELLING: u64 = 1 << 20;

impl Backend for References {
    fn name(&self) -> &str {
        "references"
    }

    fn can_open(&self, found: &Found) -> Result<bool> {
        if found.head().trim_ascii_start().first() != Some(&b'{') {
            return Ok(false);
        }
        Ok(ReferenceStore::is_beginning(&found.bytes(0, TELLING)?))
    }

    fn open(&self, location: &Location, group: Option<&str>) -> Result<RawDataset> {
        let store = ReferenceStore::open(location.clone())?;
        zarr::open_zarr_group(Location::Store(Arc::new(store)), group.unwrap_or(""))
    }
}

static REGISTERED: RwLock<Vec<Arc<dyn Backend>>> = RwLock::new(Vec::new());

/// Adds a format: from now on [`open_dataset`](crate::io::open_dataset) asks it first. One of the same name is replaced.
///
/// ```
/// use graticule::prelude::*;
/// use graticule::io::{Backend, Found, RawDataset, register_backend, store::Location};
///
/// /// Text files of one number a line.
/// #[derive(Debug)]
/// struct Lines;
///
/// impl Backend for Lines {
///     fn name(&self) -> &str {
///         "lines"
///     }
///     fn can_open(&self, found: &Found) -> Result<bool> {
///         Ok(found.location().to_string().ends_with(".lines"))
///     }
///     fn open(&self, location: &Location, _group: Option<&str>) -> Result<RawDataset> {
///         let text = std::fs::read_to_string(location.to_string())?;
///         let values: Vec<f64> = text.lines().map(|l| l.parse().unwrap_or(f64::NAN)).collect();
///         let mut raw = RawDataset::new();
///         let values = Block::from_vec(&[values.len()], values)?;
///         raw.variables.insert("value".into(), Variable::new(["line"], values)?);
///         Ok(raw)
///     }
/// }
///
/// # let path = std::env::temp_dir().join(format!("graticule-register-{}.lines", std::process::id()));
/// std::fs::write(&path, "1\n2.5\n")?;
/// register_backend(Lines);
/// assert_eq!(open_dataset(&path)?.get("value")?.to_vec::<f64>()?, [1.0, 2.5]);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn register_backend(backend: impl Backend + 'static) {
    let mut all = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    all.retain(|other| other.name() != backend.name());
    all.insert(0, Arc::new(backend));
}

/// All formats, in the order in which they are asked.
fn backends() -> Vec<Arc<dyn Backend>> {
    let mut all = REGISTERED.read().unwrap_or_else(PoisonError::into_inner).clone();
    let ours: [Arc<dyn Backend>; 3] = [Arc::new(References), Arc::new(Netcdf), Arc::new(Zarr)];
    for ours in ours {
        if !all.iter().any(|other| other.name() == ours.name()) {
            all.push(ours);
        }
    }
    all
}

/// The format of this name.
///
/// # Errors
/// If there is none.
pub(super) fn named(name: &str) -> Result<Arc<dyn Backend>> {
    let all = backends();
    let known = all.iter().map(|b| b.name().to_string()).collect::<Vec<_>>();
    all.into_iter().find(|b| b.name() == name).ok_or_else(|| Error::not_found("engine", name, known))
}

/// The format of what lies at a location.
///
/// # Errors
/// If nothing is there, it cannot be read, or it is no format that can be opened.
pub(super) fn detect(location: &Location) -> Result<Arc<dyn Backend>> {
    super::format::exists(location)?;
    let found = Found::at(location)?;
    for backend in backends() {
        if backend.can_open(&found)? {
            return Ok(backend);
        }
    }
    Err(super::format::unknown(&found).help(READABLE))
}
