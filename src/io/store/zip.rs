//! A zip archive as a store: read in place, or written once from beginning to end.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use zip::{CompressionMethod, ZipArchive, write::SimpleFileOptions};

use super::folder::read_part;
use super::{ByteRange, Store};
use crate::error::{Context, Error, Result};
use crate::source::stamp_of_file;

/// A zip archive that is read: what lies in it stored is read by ranges, what is compressed as a whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ZipStore {
    path: PathBuf,
    #[serde(skip)]
    archive: Arc<OnceLock<Mutex<ZipArchive<File>>>>,
}

fn broken(e: zip::result::ZipError) -> Error {
    Error::storage("the zip archive cannot be read").caused_by(e)
}

impl ZipStore {
    /// The archive at `path`.
    ///
    /// # Errors
    /// If it cannot be read, or is no zip archive.
    ///
    /// ```
    /// use graticule::prelude::*;
    /// use graticule::io::store::{Store, ZipStore};
    /// # let path = std::env::temp_dir().join(format!("graticule-read-{}.zip", std::process::id()));
    /// DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.to_dataset("a").to_zarr(&path)?;
    /// assert_eq!(ZipStore::open(&path)?.list("")?, ["a", "zarr.json"]);
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let store = ZipStore { path: std::path::absolute(path.as_ref())?, archive: Arc::default() };
        drop(store.archive()?);
        Ok(store)
    }

    fn archive(&self) -> Result<MutexGuard<'_, ZipArchive<File>>> {
        let archive = match self.archive.get() {
            Some(archive) => archive,
            None => {
                let open = || ZipArchive::new(File::open(&self.path)?).map_err(broken);
                let archive = open().at(|| self.describe())?;
                self.archive.get_or_init(|| Mutex::new(archive))
            }
        };
        Ok(archive.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[typetag::serde(name = "zip")]
impl Store for ZipStore {
    fn read(&self, key: &str, range: ByteRange) -> Result<Option<Vec<u8>>> {
        let place = || format!("`{key}` in {}", self.describe());
        let start = {
            let mut archive = self.archive()?;
            let Some(number) = archive.index_for_name(key) else { return Ok(None) };
            let mut file = archive.by_index(number).map_err(broken).at(place)?;
            let (offset, length) = range.within(file.size()).at(place)?;
            match (file.compression(), file.data_start()) {
                (CompressionMethod::Stored, Some(start)) => Ok((start + offset, length)),
                _ => {
                    let mut bytes = Vec::new();
                    file.by_ref()
                        .take(offset + length)
                        .read_to_end(&mut bytes)
                        .map_err(Error::from)
                        .at(place)?;
                    Err(bytes.split_off((offset as usize).min(bytes.len())))
                }
            }
        };
        match start {
            Err(bytes) => Ok(Some(bytes)),
            // Outside of the lock: many threads read at once.
            Ok((offset, length)) => {
                let mut file = File::open(&self.path).map_err(Error::from).at(place)?;
                read_part(&mut file, offset, length).map(Some).at(place)
            }
        }
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        let mut archive = self.archive()?;
        let Some(number) = archive.index_for_name(key) else { return Ok(None) };
        Ok(Some(archive.by_index_raw(number).map_err(broken)?.size()))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let archive = self.archive()?;
        let start = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let below =
            archive.file_names().filter_map(|name| name.ok()?.strip_prefix(&start).map(str::to_string));
        let names: BTreeSet<String> =
            below.filter_map(|rest| Some(rest.split('/').next()?.to_string())).collect();
        Ok(names.into_iter().filter(|name| !name.is_empty()).collect())
    }

    fn stamp(&self, _key: &str) -> Option<String> {
        stamp_of_file(&self.path)
    }

    fn describe(&self) -> String {
        self.path.display().to_string()
    }
}

/// A zip archive that is being written, in this process only.
///
/// Objects are stored as they are (chunks are compressed already), and can be written once. Nothing can be read before the
/// archive is [finished](ZipWriter::finish).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ZipWriter {
    path: PathBuf,
    #[serde(skip)]
    open: Arc<Mutex<Option<Open>>>,
}

#[derive(Debug)]
struct Open {
    archive: zip::ZipWriter<File>,
    sizes: HashMap<String, u64>,
}

impl ZipWriter {
    /// A new archive at `path`.
    ///
    /// # Errors
    /// If the file cannot be made.
    ///
    /// ```
    /// use graticule::io::store::{ByteRange, Store, ZipStore, ZipWriter};
    /// # let path = std::env::temp_dir().join(format!("graticule-write-{}.zip", std::process::id()));
    /// let archive = ZipWriter::create(&path)?;
    /// archive.write("a/b", b"bytes")?;
    /// archive.finish()?;
    /// let bytes = ZipStore::open(&path)?.read("a/b", ByteRange::Last(2))?;
    /// assert_eq!(bytes.as_deref(), Some(&b"es"[..]));
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        let path = std::path::absolute(path.as_ref())?;
        let file = File::create(&path).map_err(Error::from).at(|| path.display().to_string())?;
        let open = Open { archive: zip::ZipWriter::new(file), sizes: HashMap::new() };
        Ok(ZipWriter { path, open: Arc::new(Mutex::new(Some(open))) })
    }

    /// Writes the table of what the archive holds.
    ///
    /// # Errors
    /// If the file cannot be written, or this was done already.
    ///
    /// ```
    /// # use graticule::io::store::ZipWriter;
    /// # let path = std::env::temp_dir().join(format!("graticule-finish-{}.zip", std::process::id()));
    /// let archive = ZipWriter::create(&path)?;
    /// archive.finish()?;
    /// assert!(archive.finish().is_err());
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn finish(&self) -> Result<()> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        let open = open.ok_or_else(|| self.closed())?;
        open.archive.finish().map_err(|e| self.failed(e))?;
        Ok(())
    }

    fn closed(&self) -> Error {
        Error::invalid("the zip archive is complete, or is written by another process").at(self.describe())
    }

    fn failed(&self, e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::storage("the zip archive cannot be written").caused_by(e).at(self.describe())
    }
}

#[typetag::serde(name = "zip_writer")]
impl Store for ZipWriter {
    fn read(&self, key: &str, _range: ByteRange) -> Result<Option<Vec<u8>>> {
        match self.size(key)? {
            None => Ok(None),
            Some(_) => {
                Err(Error::unsupported("a zip archive cannot be read while it is written")
                    .at(self.describe()))
            }
        }
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(open.as_ref().ok_or_else(|| self.closed())?.sizes.get(key).copied())
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        Err(Error::unsupported(format!("`{prefix}` cannot be listed while the archive is written"))
            .at(self.describe()))
    }

    fn write(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let open = open.as_mut().ok_or_else(|| self.closed())?;
        if open.sizes.contains_key(key) {
            return Err(Error::invalid(format!("`{key}` is in the zip archive already")).at(self.describe()));
        }
        let large = bytes.len() >= u32::MAX as usize;
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(large);
        open.archive.start_file(key, options).map_err(|e| self.failed(e))?;
        open.archive.write_all(bytes).map_err(|e| self.failed(e))?;
        open.sizes.insert(key.to_string(), bytes.len() as u64);
        Ok(())
    }

    /// Nothing can be taken out again; what is not there need not be.
    fn remove(&self, key: &str) -> Result<()> {
        match self.size(key)? {
            None => Ok(()),
            Some(_) => {
                Err(Error::unsupported("nothing can be removed from a zip archive").at(self.describe()))
            }
        }
    }

    fn is_local(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        self.path.display().to_string()
    }
}
