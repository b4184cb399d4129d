//! Which format a path holds, told by its content, not by its name.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::zarr;
use crate::error::{Context, Error, ErrorKind, Result};

/// A format that can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A folder with a Zarr store, v2 or v3.
    Zarr,
    /// A NetCDF file, classic or NetCDF4, or another HDF5 file.
    NetCdf,
}

/// Beginnings of files that are something else, so that an error can say what.
const OTHERS: [(&[u8], &str); 14] = [
    (b"GRIB", "a GRIB file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x28\xb5\x2f\xfd", "a file compressed by zstd"),
    (b"BZh", "a file compressed by bzip2"),
    (b"II*\0", "a TIFF file"),
    (b"MM\0*", "a TIFF file"),
    (b"\x0e\x03\x13\x01", "an HDF4 file"),
    (b"PAR1", "a Parquet file"),
    (b"\x93NUMPY", "a numpy file"),
    (b"\x89PNG", "a PNG image"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\x80\x04", "a Python pickle"),
    (b"CDF", "a file that begins like NetCDF, but is none of its versions 1, 2 and 5"),
];

const READABLE: &str = "Zarr stores (folders) and NetCDF or HDF5 files can be opened";

/// The format of what lies at `path`.
///
/// # Errors
/// If nothing is there, or it is no format that can be opened.
pub(super) fn detect(path: &Path) -> Result<Format> {
    let place = || path.display().to_string();
    if let Some((scheme, _)) = path.to_str().and_then(|p| p.split_once("://")) {
        return Err(Error::unsupported(format!("`{}`: {scheme} addresses cannot be opened", place()))
            .help("only paths in the file system can"));
    }
    let Ok(metadata) = std::fs::metadata(path) else {
        return Err(missing(path));
    };
    if metadata.is_dir() {
        if zarr::is_zarr(path) {
            return Ok(Format::Zarr);
        }
        let mut names: Vec<String> = std::fs::read_dir(path)
            .map_err(Error::from)
            .at(place)?
            .flatten()
            .map(|e| e.file_name().to_string_lossy().to_string())
            .collect();
        names.sort();
        return Err(Error::unsupported(format!("the folder `{}` is not a Zarr store", place()))
            .known(names)
            .help("a Zarr group has a file `zarr.json`, `.zgroup` or `.zmetadata`"));
    }
    let mut file = File::open(path).map_err(Error::from).at(place)?;
    let head = read_at(&mut file, 0, 16).at(place)?;
    if [b"CDF\x01", b"CDF\x02", b"CDF\x05"].iter().any(|m| head.starts_with(*m)) {
        return Ok(Format::NetCdf);
    }
    // An HDF5 file may have a user block of 512 bytes, or a power of two more, before its own beginning.
    let mut offset = 0;
    while offset < metadata.len() {
        if read_at(&mut file, offset, 8).at(place)? == b"\x89HDF\r\n\x1a\n" {
            return Ok(Format::NetCdf);
        }
        offset = (offset * 2).max(512);
    }
    Err(Error::unsupported(format!("`{}` is {}", place(), describe(&head))).help(READABLE))
}

fn describe(head: &[u8]) -> String {
    if head.is_empty() {
        return "an empty file".to_string();
    }
    if let Some((_, what)) = OTHERS.iter().find(|o| head.starts_with(o.0)) {
        return (*what).to_string();
    }
    match std::str::from_utf8(head) {
        Ok(text) if !text.contains(|c: char| c.is_control() && !c.is_whitespace()) => {
            format!("a text that begins with {text:?}")
        }
        _ => {
            let hex: Vec<String> = head.iter().take(8).map(|b| format!("{b:02x}")).collect();
            format!("a file of an unknown format (it begins with the bytes {})", hex.join(" "))
        }
    }
}

/// Up to `n` bytes at an offset.
fn read_at(file: &mut File, offset: u64, n: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    file.take(n).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The error for a path where nothing is, with the names beside it.
fn missing(path: &Path) -> Error {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(|n| n.to_string_lossy().to_string()).unwrap_or_default();
    match std::fs::read_dir(parent) {
        Ok(entries) => {
            let mut names: Vec<String> =
                entries.flatten().map(|e| e.file_name().to_string_lossy().to_string()).collect();
            names.retain(|n| !n.starts_with('.'));
            names.sort();
            Error::not_found("file or folder", &name, names).at(parent.display().to_string())
        }
        Err(_) => Error::new(
            ErrorKind::NotFound,
            format!("no file or folder `{}`: there is no folder `{}`", path.display(), parent.display()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_tells_the_format() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        assert_eq!(detect(&put("a.dat", b"CDF\x05\0\0\0\0")).unwrap(), Format::NetCdf);
        let mut with_user_block = vec![b'x'; 1024];
        with_user_block.extend(b"\x89HDF\r\n\x1a\n");
        assert_eq!(detect(&put("b", &with_user_block)).unwrap(), Format::NetCdf);
        for (bytes, what) in [
            (&b""[..], "empty"),
            (b"GRIB....", "GRIB"),
            (b"a,b\n1,2\n", "text"),
            (b"\x01\x02\x03", "01 02 03"),
            (b"CDF\x09", "none of its versions"),
        ] {
            let e = detect(&put("c.nc", bytes)).unwrap_err().to_string();
            assert!(e.contains(what) && e.contains("c.nc") && e.contains("can be opened"), "{e}");
        }
        let e = detect(dir.path()).unwrap_err().to_string();
        assert!(e.contains("not a Zarr store") && e.contains("a.dat"), "{e}");
        let e = detect(&dir.path().join("d.nc")).unwrap_err();
        assert!(e.is_not_found() && e.to_string().contains("did you mean `c.nc`"), "{e}");
        assert!(detect(Path::new("https://host/a.zarr")).unwrap_err().is_unsupported());
        std::fs::create_dir(dir.path().join("z")).unwrap();
        std::fs::write(dir.path().join("z/.zgroup"), "{}").unwrap();
        assert_eq!(detect(&dir.path().join("z")).unwrap(), Format::Zarr);
    }
}
