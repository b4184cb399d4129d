//! What compresses the chunks of a variable, as its encoding says.

use crate::error::{Error, Result};
use crate::labels::{AttrValue, Attrs};

use super::definition::is_set;

/// A compressor with its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::io) enum Compressor {
    /// 0 to 9.
    Deflate(u8),
    /// Zstandard, -131072 to 22: HDF5's filter 32015.
    Zstd(i32),
}

/// Those that are not written.
const FOREIGN: [&str; 7] = ["szip", "bzip2", "blosc", "lzf", "lz4", "bitshuffle", "zfp"];

impl Compressor {
    /// What is asked for in the words of xarray, netCDF4-python and h5netcdf: `compression` with `complevel` or
    /// `compression_opts`, or one of the switches `zlib` and `zstd`.
    ///
    /// # Errors
    /// If `compression` names something else.
    pub(in crate::io) fn of(encoding: &Attrs) -> Result<Option<Compressor>> {
        let asked = match encoding.get("compression") {
            // Files that were opened may have filters that are not written here.
            None | Some(AttrValue::Json(serde_json::Value::Null)) => {
                match FOREIGN.iter().find(|name| is_set(encoding, name)) {
                    _ if is_set(encoding, "zlib") => Some("zlib"),
                    _ if is_set(encoding, "zstd") => Some("zstd"),
                    Some(name) => {
                        tracing::warn!(compression = %name, "written without compression, since it is not written here");
                        None
                    }
                    None => None,
                }
            }
            Some(AttrValue::Str(name)) => Some(name.as_str()),
            Some(other) => return Err(Error::invalid(format!("the encoding `compression` is {other:?}"))),
        };
        let level =
            encoding.get_f64("compression_opts").or_else(|| encoding.get_f64("complevel")).unwrap_or(4.0);
        match asked {
            None => Ok(None),
            Some("zlib" | "gzip") => Ok(Some(Compressor::Deflate(level.clamp(0.0, 9.0) as u8))),
            Some("zstd") => Ok(Some(Compressor::Zstd(level.clamp(-131_072.0, 22.0) as i32))),
            Some(other) => Err(Error::unsupported(format!("writing NetCDF with the compression `{other}`"))
                .known(["zlib", "zstd"].map(str::to_string))
                .help("name one of these, or take `compression` from the encoding")),
        }
    }
}
