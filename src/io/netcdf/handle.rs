//! Open files, shared by all readers of the process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hdf5_reader::Hdf5File;
use netcdf_reader::NcFormat;

use super::classic::Classic;
use super::file::{RandomFile, Stamp, guarded};
use super::hdf5::{self, StoredVariable};
use crate::array::{Block, Region};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::io::RawDataset;
use crate::source::Traffic;

/// Files that are kept open (as many as xarray keeps).
const KEPT_OPEN: usize = 128;

/// An open NetCDF file.
pub(super) struct Handle {
    path: PathBuf,
    file: Arc<RandomFile>,
    format: Format,
}

enum Format {
    Classic(Classic),
    Hdf5 {
        hdf5: Hdf5File,
        /// Headers of datasets that were read, by path.
        datasets: RwLock<HashMap<String, Arc<StoredVariable>>>,
    },
}

struct Entry {
    stamp: Stamp,
    handle: Arc<Handle>,
    used: u64,
}

#[derive(Default)]
struct Cache {
    entries: HashMap<PathBuf, Entry>,
    clock: u64,
}

impl Handle {
    /// The open file at `path`; opens it where it is not, or where it has changed since.
    pub(super) fn get(path: &Path) -> Result<Arc<Handle>> {
        static CACHE: Mutex<Option<Cache>> = Mutex::new(None);
        let stamp = Stamp::of(path)?;
        {
            let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
            let cache = cache.get_or_insert_default();
            cache.clock += 1;
            if let Some(e) = cache.entries.get_mut(path)
                && e.stamp == stamp
            {
                e.used = cache.clock;
                return Ok(e.handle.clone());
            }
        }
        // Opened outside the lock: a slow file must not hold up the readers of others.
        let handle = Arc::new(Handle::open(path)?);
        let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        let cache = cache.get_or_insert_default();
        if cache.entries.len() >= KEPT_OPEN
            && !cache.entries.contains_key(path)
            && let Some(oldest) = cache.entries.iter().min_by_key(|(_, e)| e.used).map(|(p, _)| p.clone())
        {
            cache.entries.remove(&oldest);
        }
        let used = cache.clock;
        cache.entries.insert(path.to_path_buf(), Entry { stamp, handle: handle.clone(), used });
        Ok(handle)
    }

    fn open(path: &Path) -> Result<Handle> {
        let file = Arc::new(RandomFile::open(path)?);
        let format = guarded(|| {
            let mut magic = [0; 8];
            let n = file.len().min(8) as usize;
            file.read(0, &mut magic[..n], &Traffic::default())?;
            Ok(match &magic {
                [b'C', b'D', b'F', 1, ..] => Format::Classic(Classic::open(&file, NcFormat::Classic)?),
                [b'C', b'D', b'F', 2, ..] => Format::Classic(Classic::open(&file, NcFormat::Offset64)?),
                [b'C', b'D', b'F', 5, ..] => Format::Classic(Classic::open(&file, NcFormat::Cdf5)?),
                _ if !is_hdf5(&file, &magic) => return Err(not_netcdf(&file, &magic)),
                _ => Format::Hdf5 { hdf5: hdf5::open(&file)?, datasets: RwLock::default() },
            })
        });
        let format = format.map_err(|e| e.at(format!("file {}", path.display())))?;
        Ok(Handle { path: path.to_path_buf(), file, format })
    }

    /// The variables of a group, lazily.
    pub(super) fn read_group(&self, group: &str) -> Result<RawDataset> {
        guarded(|| match &self.format {
            Format::Classic(c) => c.read_group(&self.path, group),
            Format::Hdf5 { hdf5, .. } => hdf5::read_group(&self.file, hdf5, &self.path, group),
        })
        .map_err(|e| e.at(format!("file {}", self.path.display())))
    }

    /// Reads a box of the variable at `path` in the file, which must have this type and rank.
    pub(super) fn read(&self, path: &str, dtype: DType, region: &Region, io: &Traffic) -> Result<Block> {
        guarded(|| match &self.format {
            Format::Classic(c) => {
                c.meta(path).map_or(Ok(()), |(d, shape)| unchanged(d, shape.len(), dtype, region))?;
                c.read(&self.file, path, region, io)
            }
            Format::Hdf5 { hdf5, datasets } => {
                let known = datasets.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
                let stored = match known {
                    Some(stored) => stored,
                    None => {
                        let dataset = hdf5.dataset(path).map_err(hdf5::broken)?;
                        let stored = Arc::new(StoredVariable::open(&self.file, hdf5, dataset)?);
                        let mut all = datasets.write().unwrap_or_else(PoisonError::into_inner);
                        all.entry(path.to_string()).or_insert(stored).clone()
                    }
                };
                unchanged(stored.element().dtype(), stored.shape().len(), dtype, region)?;
                stored.read(&self.file, hdf5, region, io)
            }
        })
    }
}

/// An error where the file was replaced by one that the plan was not made for.
fn unchanged(have: DType, ndim: usize, dtype: DType, region: &Region) -> Result<()> {
    if have == dtype && ndim == region.ndim() {
        return Ok(());
    }
    Err(Error::storage(format!(
        "the file has changed since it was opened: the variable is now {have} with {ndim} dimensions, \
         it was {dtype} with {}",
        region.ndim()
    ))
    .help("open it again"))
}

/// HDF5 can begin behind a block of the user's own, at 512 bytes or a doubling of that.
fn is_hdf5(file: &RandomFile, magic: &[u8; 8]) -> bool {
    const MAGIC: &[u8; 8] = b"\x89HDF\r\n\x1a\n";
    let mut at = *magic;
    let mut offset = 256u64;
    while &at != MAGIC {
        offset *= 2;
        if offset + 8 > file.len() || file.read(offset, &mut at, &Traffic::default()).is_err() {
            return false;
        }
    }
    true
}

fn not_netcdf(file: &RandomFile, magic: &[u8; 8]) -> Error {
    let why = match magic {
        _ if file.len() == 0 => "it is empty".to_string(),
        [b'C', b'D', b'F', v, ..] => format!("format version {v} is unknown"),
        [b'G', b'R', b'I', b'B', ..] => "it is GRIB".to_string(),
        [0x1f, 0x8b, ..] => "it is compressed with gzip: unpack it first".to_string(),
        [b'P', b'K', 3, 4, ..] => "it is a zip archive".to_string(),
        [0x0e, 0x03, 0x13, 0x01, ..] => "it is HDF4".to_string(),
        _ => "it begins neither with CDF nor with HDF5's signature".to_string(),
    };
    Error::storage(format!("not a NetCDF file: {why}"))
}
