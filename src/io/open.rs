//! Opening a dataset, whatever its format.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::cf::{self, DecodeCoords, DecodeOptions};
use super::raw::RawDataset;
use super::{netcdf, zarr};
use crate::dtype::TimeUnit;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::labels::Dataset;

/// What [`open_dataset_with`] does besides opening; the default decodes what xarray decodes.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// The group inside the file or store, as a path (`a/b`).
    pub group: Option<String>,
    /// How the CF conventions are decoded.
    pub decode: DecodeOptions,
}

impl OpenOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a group inside the file or store.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Decodes the CF conventions, or leaves all variables as stored.
    pub fn decode(mut self, decode: bool) -> Self {
        self.decode = if decode { DecodeOptions::default() } else { DecodeOptions::off() };
        self
    }

    /// Decodes times, or leaves them as numbers.
    pub fn decode_times(mut self, decode: bool) -> Self {
        self.decode.times = decode;
        self
    }

    /// Unpacks numbers and masks fill values, or leaves them as stored.
    pub fn mask_and_scale(mut self, decode: bool) -> Self {
        self.decode.mask_and_scale = decode;
        self
    }

    /// Which attributes make variables coordinates.
    pub fn decode_coords(mut self, coords: DecodeCoords) -> Self {
        self.decode.coords = coords;
        self
    }

    /// Length of a tick of decoded times.
    pub fn time_unit(mut self, unit: TimeUnit) -> Self {
        self.decode.time_unit = unit;
        self
    }

    /// Leaves variables out.
    pub fn drop_variables<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.decode.drop_variables = names.into_iter().map(Into::into).collect();
        self
    }
}

/// Opens a Zarr store (a folder, v2 or v3) or a NetCDF file (classic or NetCDF4), lazily.
///
/// Reads metadata and the labels of dimensions; data variables are read when they are computed, chunk
/// by chunk, in the chunks in which they are stored.
///
/// # Errors
/// If there is nothing at the path, it is neither format, or its metadata are broken.
///
/// ```no_run
/// use graticule::prelude::*;
/// let ds = open_dataset("era5.zarr")?;
/// println!("{ds}");
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn open_dataset(path: impl AsRef<Path>) -> Result<Dataset> {
    open_dataset_with(path, &OpenOptions::default())
}

/// Opens a dataset with options. See [`open_dataset`].
///
/// # Errors
/// Those of [`open_dataset`], and if there is no such group.
///
/// ```no_run
/// use graticule::prelude::*;
/// let stored = open_dataset_with("packed.nc", &OpenOptions::new().decode(false))?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn open_dataset_with(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Dataset> {
    let path = path.as_ref();
    let raw = open_raw(path, options.group.as_deref())?;
    cf::decode(raw, &options.decode).at(|| path.display().to_string())
}

/// The variables of a dataset as stored, whatever its format.
///
/// # Errors
/// Those of [`open_dataset`].
pub fn open_raw(path: &Path, group: Option<&str>) -> Result<RawDataset> {
    match format_of(path)? {
        Format::Zarr => match group {
            Some(group) => zarr::open_zarr_group(path, group),
            None => zarr::open_zarr(path),
        },
        Format::Netcdf => netcdf::open_netcdf(path, group),
    }
}

enum Format {
    Zarr,
    Netcdf,
}

/// The files by which a folder is a Zarr store.
const ZARR_MARKS: [&str; 4] = ["zarr.json", ".zgroup", ".zmetadata", ".zarray"];

/// The bytes at the beginning of an HDF5 file.
const HDF5_MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";

/// The format of what lies at a path, by its content.
fn format_of(path: &Path) -> Result<Format> {
    let place = || path.display().to_string();
    if !path.exists() {
        let mut e = Error::new(ErrorKind::NotFound, format!("nothing is at `{}`", path.display()));
        if let Some(known) = neighbours(path) {
            e = e.known(known);
        }
        return Err(e);
    }
    if path.is_dir() {
        if ZARR_MARKS.iter().any(|m| path.join(m).exists()) {
            return Ok(Format::Zarr);
        }
        return Err(Error::storage("the folder is no Zarr store")
            .at(place())
            .help(format!("a store has one of {} in it", ZARR_MARKS.join(", "))));
    }
    let mut head = Vec::new();
    File::open(path).and_then(|f| f.take(2_056).read_to_end(&mut head)).at(place)?;
    // HDF5 may stand behind a block of the user's own, at 512, 1024, ... bytes.
    let hdf5 =
        [0, 512, 1024, 2048].iter().any(|&at| head.get(at..).is_some_and(|h| h.starts_with(HDF5_MAGIC)));
    let classic = head.len() >= 4 && head.starts_with(b"CDF") && [1, 2, 5].contains(&head[3]);
    if hdf5 || classic {
        return Ok(Format::Netcdf);
    }
    let e = Error::storage(match head.is_empty() {
        true => "the file is empty",
        false => "the file is neither NetCDF nor Zarr",
    });
    Err(e.at(place()).help("readable are NetCDF classic (CDF-1, 2, 5), NetCDF4 and Zarr folders"))
}

/// Names beside a path that is not there.
fn neighbours(path: &Path) -> Option<Vec<String>> {
    let folder =
        path.parent().map(|p| if p.as_os_str().is_empty() { PathBuf::from(".") } else { p.into() })?;
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|e| e.file_name().to_string_lossy().to_string())
        .collect();
    names.sort();
    Some(names)
}
