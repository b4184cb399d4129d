//! Open files, shared by all readers of the process.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use hdf5_reader::{Hdf5File, Storage};
use netcdf_reader::NcFormat;

use super::classic::Classic;
use super::file::{RandomFile, Stamp, guarded};
use super::hdf5::{self, StoredVariable};
use super::origin::Origin;
use super::pieces::Pieces;
use super::write::NetcdfFormat;
use crate::array::{Block, Region};
use crate::dtype::DType;
use crate::error::{Context, Error, Result};
use crate::io::RawDataset;
use crate::io::store::{Location, join};
use crate::source::Traffic;

/// Files that are kept open (as many as xarray keeps).
const KEPT_OPEN: usize = 128;

/// An open NetCDF file.
pub(super) struct Handle {
    file: Arc<RandomFile>,
    stamp: Stamp,
    format: Format,
}

enum Format {
    Classic(Classic),
    Hdf5 {
        hdf5: Hdf5File,
        /// Headers of datasets that were read, by path.
        datasets: Datasets,
    },
}

type Datasets = RwLock<HashMap<String, Arc<StoredVariable>>>;

/// A file, locked while it is opened or looked at: whoever else wants it waits for that.
type Slot = Arc<Mutex<Option<Opened>>>;

struct Opened {
    handle: Held,
    looked: Instant,
}

enum Held {
    /// A file of the file system stays open while nobody uses it.
    Always(Arc<Handle>),
    /// Of a store, which may be memory, nothing stays.
    WhileUsed(Weak<Handle>),
}

impl Held {
    fn get(&self) -> Option<Arc<Handle>> {
        match self {
            Held::Always(handle) => Some(handle.clone()),
            Held::WhileUsed(handle) => handle.upgrade(),
        }
    }
}

#[derive(Default)]
struct Cache {
    slots: HashMap<Key, (Slot, u64)>,
    clock: u64,
}

/// What tells places apart.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Path(PathBuf),
    /// The serialised store: of the same address there can be several, with other options.
    Store(Vec<u8>),
}

impl Key {
    fn of(place: &Location) -> Result<Key> {
        match place {
            Location::Path(path) => Ok(Key::Path(path.clone())),
            other => {
                let bytes = rmp_serde::to_vec(&other.object()?);
                let bytes = bytes.map_err(|e| {
                    Error::unsupported(format!("`{other}` cannot be serialised")).caused_by(e)
                })?;
                Ok(Key::Store(bytes))
            }
        }
    }
}

/// When a file is looked at whether it has changed: one of the file system always, since that costs next to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Now.
    Now,
    /// If it was not for some seconds: not for each chunk that is read from a server.
    Sometimes,
}

/// An object that was looked at within this time is not looked at again.
const RECENT: Duration = Duration::from_secs(5);

/// The slot of a file.
fn slot(key: Key) -> Slot {
    static CACHE: Mutex<Option<Cache>> = Mutex::new(None);
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let cache = cache.get_or_insert_default();
    cache.clock += 1;
    if cache.slots.len() >= KEPT_OPEN
        && !cache.slots.contains_key(&key)
        && let Some(oldest) = cache.slots.iter().min_by_key(|(_, (_, used))| *used).map(|(k, _)| k.clone())
    {
        cache.slots.remove(&oldest);
    }
    let (slot, used) = cache.slots.entry(key).or_default();
    *used = cache.clock;
    slot.clone()
}

impl Handle {
    /// The open file at a place; opens it where it is not, or where it has changed since.
    pub(super) fn get(place: &Location, check: Check) -> Result<Arc<Handle>> {
        let local = matches!(place, Location::Path(_));
        let stamp = if local { Some(Stamp::of(place)?) } else { None };
        // Not one lock for all: a slow file must not hold up the readers of others.
        let slot = slot(Key::of(place)?);
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let there = slot.as_ref().and_then(|o| Some((o.handle.get()?, o.looked)));
        if let (Some((handle, looked)), None, Check::Sometimes) = (&there, &stamp, check)
            && looked.elapsed() < RECENT
        {
            return Ok(handle.clone());
        }
        let stamp = match stamp {
            Some(stamp) => stamp,
            None => Stamp::of(place)?,
        };
        let handle = match there {
            Some((handle, _)) if handle.stamp.is(&stamp) => handle,
            _ => Arc::new(Handle::open(place, stamp.clone())?),
        };
        let held = match local {
            true => Held::Always(handle.clone()),
            false => Held::WhileUsed(Arc::downgrade(&handle)),
        };
        *slot = Some(Opened { handle: held, looked: Instant::now() });
        Ok(handle)
    }

    fn open(place: &Location, stamp: Stamp) -> Result<Handle> {
        let file = Arc::new(RandomFile::open(place)?);
        let format = guarded(|| {
            let mut magic = [0; 8];
            let n = file.len().min(8) as usize;
            magic[..n].copy_from_slice(&file.read_range(0, n).map_err(hdf5::broken)?);
            Ok(match &magic {
                [b'C', b'D', b'F', 1, ..] => Format::Classic(Classic::open(&file, NcFormat::Classic)?),
                [b'C', b'D', b'F', 2, ..] => Format::Classic(Classic::open(&file, NcFormat::Offset64)?),
                [b'C', b'D', b'F', 5, ..] => Format::Classic(Classic::open(&file, NcFormat::Cdf5)?),
                _ if !is_hdf5(&file, &magic) => return Err(not_netcdf(&file, &magic)),
                _ => Format::Hdf5 { hdf5: hdf5::open(&file)?, datasets: RwLock::default() },
            })
        });
        Ok(Handle { file, stamp, format: format.at(|| format!("file {place}"))? })
    }

    /// What a store told of the object when it was opened.
    pub(super) fn stamp(&self) -> Option<&str> {
        match &self.stamp {
            Stamp::Object(stamp) => stamp.as_deref(),
            Stamp::File { .. } => None,
        }
    }

    /// The variables of a group, lazily.
    pub(super) fn read_group(&self, origin: &Arc<Origin>, group: &str) -> Result<RawDataset> {
        guarded(|| match &self.format {
            Format::Classic(c) => c.read_group(origin, group),
            Format::Hdf5 { hdf5, .. } => hdf5::read_group(&self.file, hdf5, origin, group),
        })
        .at(|| format!("file {origin}"))
    }

    /// The format, as it is written.
    pub(super) fn format(&self) -> NetcdfFormat {
        match &self.format {
            Format::Classic(c) => c.format(),
            Format::Hdf5 { .. } => NetcdfFormat::Netcdf4,
        }
    }

    /// The paths of all groups, the root first.
    pub(super) fn groups(&self) -> Result<Vec<String>> {
        match &self.format {
            Format::Classic(_) => Ok(vec![String::new()]),
            Format::Hdf5 { hdf5, .. } => guarded(|| hdf5::groups(hdf5)),
        }
    }

    /// The pieces in which a variable of this shape lies in the file; nothing where its values lie in the header.
    ///
    /// # Errors
    /// If it does not lie there so that they could be read one by one.
    pub(super) fn pieces(&self, group: &str, name: &str, shape: &[usize]) -> Result<Option<Pieces>> {
        guarded(|| match &self.format {
            Format::Classic(c) => c.pieces(name).map(Some),
            Format::Hdf5 { hdf5, datasets } => {
                let hidden = join(group, &format!("_nc4_non_coord_{name}"));
                let path = if hdf5.dataset(&hidden).is_ok() { hidden } else { join(group, name) };
                self.stored(hdf5, datasets, &path)?.pieces(hdf5, shape)
            }
        })
    }

    fn stored(&self, hdf5: &Hdf5File, datasets: &Datasets, path: &str) -> Result<Arc<StoredVariable>> {
        let known = datasets.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(stored) = known {
            return Ok(stored);
        }
        let dataset = hdf5.dataset(path).map_err(hdf5::broken)?;
        let stored = Arc::new(StoredVariable::open(&self.file, hdf5, dataset)?);
        let mut all = datasets.write().unwrap_or_else(PoisonError::into_inner);
        Ok(all.entry(path.to_string()).or_insert(stored).clone())
    }

    /// Reads a box of the variable at `path` in the file, which must have this type and rank.
    pub(super) fn read(&self, path: &str, dtype: DType, region: &Region, io: &Traffic) -> Result<Block> {
        guarded(|| match &self.format {
            Format::Classic(c) => {
                c.meta(path).map_or(Ok(()), |(d, shape)| unchanged(d, shape.len(), dtype, region))?;
                c.read(&self.file, path, region, io)
            }
            Format::Hdf5 { hdf5, datasets } => {
                let stored = self.stored(hdf5, datasets, path)?;
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
    Err(changed(format!(
        "the variable is now {have} with {ndim} dimensions, it was {dtype} with {}",
        region.ndim()
    )))
}

/// The error where a file is not what it was any more.
pub(super) fn changed(how: String) -> Error {
    Error::storage(format!("the file has changed since it was opened: {how}")).help("open it again")
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
