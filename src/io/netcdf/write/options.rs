//! How a NetCDF file is written.

use std::str::FromStr;

use crate::error::{Error, Result};
use crate::io::zarr::WriteMode;

/// The format of a NetCDF file to write.
///
/// All of them are written chunk by chunk by all threads at once, in bounded memory, whatever their size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NetcdfFormat {
    /// NetCDF4, which is HDF5: chunks, compression, texts, groups, any number of unlimited dimensions. xarray's `NETCDF4`.
    #[default]
    Netcdf4,
    /// CDF-5, the classic format with 64-bit sizes and all integer types: no compression. Texts are stored as characters
    /// along one more dimension. `NETCDF3_64BIT_DATA`.
    Cdf5,
    /// CDF-2, the classic format with 64-bit offsets: a variable has at most 4 GiB. xarray's `NETCDF3_64BIT`.
    ///
    /// Integers are of 8, 16 or 32 bits with sign: others are stored in these if all values fit, else the run fails.
    Cdf2,
    /// CDF-1, the classic format that everything reads: 2 GiB, and the integers of [`Cdf2`](NetcdfFormat::Cdf2). xarray's
    /// `NETCDF3_CLASSIC`.
    Cdf1,
}

impl NetcdfFormat {
    /// Whether it is one of the classic formats, which have neither chunks nor texts.
    pub(super) fn is_classic(self) -> bool {
        self != NetcdfFormat::Netcdf4
    }

    /// Whether it is a classic format without 64-bit and unsigned integers.
    pub(super) fn is_netcdf3(self) -> bool {
        matches!(self, NetcdfFormat::Cdf1 | NetcdfFormat::Cdf2)
    }
}

impl FromStr for NetcdfFormat {
    type Err = Error;

    /// The format of a name of xarray's and netCDF4-python's.
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "NETCDF4" => Ok(NetcdfFormat::Netcdf4),
            "NETCDF3_64BIT_DATA" => Ok(NetcdfFormat::Cdf5),
            "NETCDF3_64BIT" | "NETCDF3_64BIT_OFFSET" => Ok(NetcdfFormat::Cdf2),
            "NETCDF3_CLASSIC" => Ok(NetcdfFormat::Cdf1),
            _ => {
                let known = ["NETCDF4", "NETCDF3_64BIT_DATA", "NETCDF3_64BIT", "NETCDF3_CLASSIC"];
                Err(match name {
                    "NETCDF4_CLASSIC" => Error::unsupported("NETCDF4_CLASSIC is not written")
                        .known(known)
                        .help("write NETCDF4, or NETCDF3_64BIT for programs that know classic files only"),
                    _ => Error::not_found("NetCDF format", name, known),
                })
            }
        }
    }
}

/// How to write a NetCDF file.
///
/// ```
/// use graticule::prelude::*;
/// use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions};
/// # let path = std::env::temp_dir().join(format!("graticule-netcdf-options-{}.nc", std::process::id()));
/// let ds = DataArray::from_vec(&[("x", 2)], vec![1i64, 2])?.to_dataset("a");
/// let options = NetcdfOptions { format: NetcdfFormat::Cdf1, ..Default::default() };
/// ds.to_netcdf_with(&path, &options, &Local::new())?;
/// assert_eq!(open_dataset(&path)?.get("a")?.dtype(), DType::I32);
/// assert_eq!("NETCDF3_CLASSIC".parse::<NetcdfFormat>()?, NetcdfFormat::Cdf1);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct NetcdfOptions {
    /// What to do with a file that is there already: replace it, unless told otherwise (as xarray does).
    ///
    /// [`Append`](WriteMode::Append) adds to it, as xarray's mode `a`: variables and attributes of the same names are
    /// overwritten, others and other groups stay. A variable that is there keeps its type, its chunks and compression, how it is
    /// packed, and attributes that are not new; dimensions keep their lengths. The file is written anew beside the old one,
    /// chunk by chunk, and takes its place at the end: what is written may be computed from it, and a run that fails or is
    /// killed leaves the old file. Of what an HDF5 file can hold beside variables, dimensions without variables, links and types
    /// go, and `NETCDF4_CLASSIC` becomes NetCDF4; variables of types that cannot be read are an error, compressors that are not
    /// written are left away with a warning.
    pub mode: WriteMode,
    /// The format; a file that is added to keeps its own.
    pub format: NetcdfFormat,
    /// The group of the new file that the dataset is written to, as a path (`a/b`); the root if none is given.
    /// [`save_groups`](crate::io::save_groups) writes several.
    pub group: Option<String>,
    /// Whether netCDF-C writes NetCDF4, which takes the feature `netcdf`: one thread at a time, without groups, characters,
    /// checksums and zstd. There is a reason only where a file must come from that library itself, for instance to compare.
    pub library: bool,
}

impl Default for NetcdfOptions {
    fn default() -> Self {
        NetcdfOptions {
            mode: WriteMode::Replace,
            format: NetcdfFormat::default(),
            group: None,
            library: false,
        }
    }
}

impl NetcdfOptions {
    /// The defaults: NetCDF4, in place of what is there.
    ///
    /// ```
    /// # use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions};
    /// assert_eq!(NetcdfOptions::new().format, NetcdfFormat::Netcdf4);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// In this mode: see [`mode`](NetcdfOptions::mode).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use graticule::io::{netcdf::NetcdfOptions, zarr::WriteMode};
    /// # let path = std::env::temp_dir().join(format!("graticule-netcdf-mode-{}.nc", std::process::id()));
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// a.to_dataset("a").to_netcdf(&path)?;
    /// let twice = open_dataset(&path)?.get("a")?.mul(2)?.to_dataset("b");
    /// twice.to_netcdf_with(&path, &NetcdfOptions::new().mode(WriteMode::Append), &Local::new())?;
    /// let both = open_dataset(&path)?;
    /// assert_eq!(both.get("a")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// assert_eq!(both.get("b")?.to_vec::<f64>()?, [2.0, 4.0]);
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn mode(mut self, mode: WriteMode) -> Self {
        self.mode = mode;
        self
    }

    /// In this format.
    ///
    /// ```
    /// # use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions};
    /// assert_eq!(NetcdfOptions::new().format(NetcdfFormat::Cdf2).format, NetcdfFormat::Cdf2);
    /// ```
    pub fn format(mut self, format: NetcdfFormat) -> Self {
        self.format = format;
        self
    }

    /// To a group of the new file; groups above it are made.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use graticule::io::netcdf::NetcdfOptions;
    /// # let path = std::env::temp_dir().join(format!("graticule-netcdf-group-{}.nc", std::process::id()));
    /// let ds = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.to_dataset("a");
    /// ds.to_netcdf_with(&path, &NetcdfOptions::new().group("model/run1"), &Local::new())?;
    /// let run = open_dataset_with(&path, &OpenOptions::new().group("model/run1"))?;
    /// assert_eq!(run.get("a")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }
}
