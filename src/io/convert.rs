//! Copies of datasets in another format, other chunks, or another compression.

use serde_json::Value;

use super::compression::Compression;
use super::netcdf::{Compressor, NetcdfOptions};
use super::open::{OpenOptions, open_dataset_with};
use super::store::Location;
use super::zarr::WriteOptions;
use crate::error::{Context, Result};
use crate::exec::{Executor, Local, Report};
use crate::labels::{AttrValue, Chunks, Variable};

/// How [`convert_with`] copies a dataset; by default chunks stay as they are, and what is compressed stays so.
#[derive(Debug, Clone, Default)]
pub struct ConvertOptions {
    /// The group that is copied.
    pub group: Option<String>,
    /// Other chunks.
    pub chunks: Chunks,
    /// Another compression.
    pub compression: Option<Compression>,
    /// How a Zarr store is written.
    pub zarr: WriteOptions,
    /// How a NetCDF file is written.
    pub netcdf: NetcdfOptions,
}

impl ConvertOptions {
    /// The defaults.
    ///
    /// ```
    /// # use graticule::io::ConvertOptions;
    /// assert!(ConvertOptions::new().compression.is_none());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Copies a group.
    ///
    /// ```
    /// # use graticule::io::ConvertOptions;
    /// assert_eq!(ConvertOptions::new().group("run1").group.as_deref(), Some("run1"));
    /// ```
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Cuts data variables into other chunks, on disk and for the run.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use graticule::io::ConvertOptions;
    /// // Series are read best from long chunks.
    /// let series = ConvertOptions::new().chunks(Chunks::new().at("time", ..).at("lat", 10).at("lon", 10));
    /// ```
    pub fn chunks(mut self, chunks: impl Into<Chunks>) -> Self {
        self.chunks = chunks.into();
        self
    }

    /// Compresses so.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use graticule::io::ConvertOptions;
    /// let options = ConvertOptions::new().compression(Compression::Small);
    /// assert_eq!(options.compression, Some(Compression::Small));
    /// ```
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Writes a Zarr store so.
    ///
    /// ```
    /// # use graticule::io::{ConvertOptions, zarr::{WriteOptions, ZarrFormat}};
    /// let options = ConvertOptions::new().zarr(WriteOptions::new().format(ZarrFormat::V2));
    /// assert_eq!(options.zarr.format, ZarrFormat::V2);
    /// ```
    pub fn zarr(mut self, options: WriteOptions) -> Self {
        self.zarr = options;
        self
    }

    /// Writes a NetCDF file so.
    ///
    /// ```
    /// # use graticule::io::{ConvertOptions, netcdf::{NetcdfFormat, NetcdfOptions}};
    /// let cdf5 = NetcdfOptions { format: NetcdfFormat::Cdf5, ..NetcdfOptions::default() };
    /// assert_eq!(ConvertOptions::new().netcdf(cdf5).netcdf.format, NetcdfFormat::Cdf5);
    /// ```
    pub fn netcdf(mut self, options: NetcdfOptions) -> Self {
        self.netcdf = options;
        self
    }
}

/// Copies a dataset to another place, chunk by chunk, in bounded memory: to a NetCDF file where `to` is a path that ends
/// in `.nc`, `.nc4`, `.cdf` or `.h5`, else to a Zarr store.
///
/// Values are copied as they are stored: nothing is unpacked, no time is decoded. Chunks stay as they are.
///
/// # Errors
/// If the dataset cannot be opened, the place is taken (a NetCDF file is replaced), the format lacks a type, and those of the
/// run.
///
/// ```
/// use graticule::prelude::*;
/// use graticule::io::convert;
/// # let folder = std::env::temp_dir().join(format!("graticule-convert-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
/// a.to_dataset("a").to_netcdf(folder.join("a.nc"))?;
/// convert(folder.join("a.nc"), folder.join("a.zarr"))?;
/// assert_eq!(open_dataset(folder.join("a.zarr"))?.get("a")?.to_vec::<f64>()?, [1.0, 2.0, 4.0]);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn convert(from: impl Into<Location>, to: impl Into<Location>) -> Result<Report> {
    convert_with(from, to, &ConvertOptions::default(), &Local::default())
}

/// Copies a dataset with options and an executor. See [`convert`].
///
/// # Errors
/// Those of [`convert`], and if chunks do not fit.
///
/// ```
/// use graticule::prelude::*;
/// use graticule::io::{ConvertOptions, convert_with};
/// # let folder = std::env::temp_dir().join(format!("graticule-convert-with-{}", std::process::id()));
/// let maps = DataArray::from_vec(&[("time", 4), ("x", 2)], vec![0.0; 8])?.chunk("time", 1)?;
/// maps.to_dataset("a").to_zarr(folder.join("maps.zarr"))?;
/// let options = ConvertOptions::new().chunks(Chunks::new().at("time", ..).at("x", 1));
/// convert_with(folder.join("maps.zarr"), folder.join("series.zarr"), &options, &Local::new())?;
/// let series = open_dataset(folder.join("series.zarr"))?.get("a")?;
/// assert_eq!(series.variable().chunks().counts(), [1, 2]);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn convert_with(
    from: impl Into<Location>,
    to: impl Into<Location>,
    options: &ConvertOptions,
    executor: &dyn Executor,
) -> Result<Report> {
    let (from, to) = (from.into(), to.into());
    let place = || format!("copying {from} to {to}");
    let mut open = OpenOptions::new().decode(false);
    open.group = options.group.clone();
    let ds = open_dataset_with(from.clone(), &open)?;
    let same_chunks = options.chunks.is_empty();
    let mut ds = ds.chunk_with(options.chunks.clone()).at(place)?;
    ds = ds.with_encodings(|_, variable| translate(variable, same_chunks));
    if let Some(compression) = options.compression {
        ds = ds.with_compression(compression);
    }
    match &to {
        Location::Path(path) if is_netcdf(path) => ds.to_netcdf_with(path, &options.netcdf, executor),
        _ => ds.to_zarr_with(to.clone(), &options.zarr, executor),
    }
    .at(place)
}

fn is_netcdf(path: &std::path::Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    ["nc", "nc4", "cdf", "h5"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Makes the encoding of either format one in the words of both.
fn translate(variable: &mut Variable, same_chunks: bool) {
    let encoding = &mut variable.encoding;
    match (encoding.get("chunks").cloned(), encoding.get("chunksizes").cloned()) {
        _ if !same_chunks => {
            for key in ["chunks", "shards", "chunksizes"] {
                encoding.remove(key);
            }
        }
        (Some(chunks), None) => encoding.insert("chunksizes", chunks),
        (None, Some(chunks)) => encoding.insert("chunks", chunks),
        _ => {}
    }
    // What is compressed in the words of one format shall be so in the other.
    let (missing, compressed): (&[&str], bool) = match encoding.get("compressors") {
        Some(AttrValue::Json(Value::Array(all))) => (&["zlib", "shuffle", "complevel"], !all.is_empty()),
        _ => (&["compressors"], matches!(Compressor::of(encoding), Ok(Some(_)))),
    };
    if compressed {
        let both = Compression::Balanced.encode(variable);
        for key in missing {
            if let Some(value) = both.get(key) {
                variable.encoding.insert(*key, value.clone());
            }
        }
    }
}
