//! What lies at a path that is no format of ours: words for errors.

use std::path::Path;

use super::backend::Found;
use super::store::Location;
use crate::error::{Error, ErrorKind};

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

/// What can be opened, for the help of errors.
pub(super) const READABLE: &str =
    "Zarr stores (folders, zip archives), NetCDF or HDF5 files and kerchunk references can be opened";

/// An error if there is nothing at a path.
pub(super) fn exists(location: &Location) -> Result<(), Error> {
    match location {
        Location::Path(path) if std::fs::metadata(path).is_err() => Err(missing(path)),
        _ => Ok(()),
    }
}

/// The error for what no format knows.
pub(super) fn unknown(found: &Found) -> Error {
    let place = found.location();
    if let Location::Path(path) = place
        && path.is_dir()
    {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().to_string()).collect();
        names.sort();
        return Error::unsupported(format!("the folder `{place}` is not a Zarr store")).known(names);
    }
    if found.head().is_empty() && !matches!(place, Location::Path(_)) {
        return Error::new(ErrorKind::NotFound, format!("there is no dataset at `{place}`"));
    }
    Error::unsupported(format!("`{place}` is {}", describe(found.head())))
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
    use crate::io::backend::detect;

    #[test]
    fn the_content_tells_the_format() {
        let name = |path: &Path| detect(&path.into()).map(|backend| backend.name().to_string());
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        assert_eq!(name(&put("a.dat", b"CDF\x05\0\0\0\0")).unwrap(), "netcdf");
        let mut with_user_block = vec![b'x'; 1024];
        with_user_block.extend(b"\x89HDF\r\n\x1a\n");
        assert_eq!(name(&put("b", &with_user_block)).unwrap(), "netcdf");
        for (bytes, what) in [
            (&b""[..], "empty"),
            (b"GRIB....", "GRIB"),
            (b"a,b\n1,2\n", "text"),
            (b"\x01\x02\x03", "01 02 03"),
            (b"CDF\x09", "none of its versions"),
        ] {
            let e = name(&put("c.nc", bytes)).unwrap_err().to_string();
            assert!(e.contains(what) && e.contains("c.nc") && e.contains("can be opened"), "{e}");
        }
        let e = name(dir.path()).unwrap_err().to_string();
        assert!(e.contains("not a Zarr store") && e.contains("a.dat"), "{e}");
        let e = name(&dir.path().join("d.nc")).unwrap_err();
        assert!(e.is_not_found() && e.to_string().contains("did you mean `c.nc`"), "{e}");
        assert!(name(Path::new("gopher://host/a.zarr")).unwrap_err().is_unsupported());
        std::fs::create_dir(dir.path().join("z")).unwrap();
        std::fs::write(dir.path().join("z/.zgroup"), "{}").unwrap();
        assert_eq!(name(&dir.path().join("z")).unwrap(), "zarr");
    }
}
