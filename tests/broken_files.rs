//! Damaged NetCDF files: each gives values or an error, in bounded time and memory, and never a panic.

mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use graticule::io::RawDataset;
use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions, NetcdfWrite, open_netcdf};
use graticule::labels::{Attrs, Variable};
use graticule::source::Traffic;

/// Damages of each kind to each file.
const EACH: usize = 60;
/// Whole files are tried that are no larger than this.
const LARGEST: u64 = 300 << 10;
/// One damaged file must not take longer (the machine may be busy with other tests).
const PATIENCE: Duration = Duration::from_secs(20);

/// A small generator with a fixed seed, so that a failure comes again.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// Opens the file and reads the first and last chunk of each variable.
fn try_all(path: &Path) -> graticule::Result<()> {
    let raw = open_netcdf(path, None)?;
    let mut first_error = None;
    for v in raw.variables.values() {
        let grid = v.chunks();
        for flat in [0, grid.count() - 1] {
            let region = grid.region(flat);
            if region.size() > 64 << 20 {
                continue;
            }
            if let Err(e) = v.data().op().compute(&region, &[], Vec::new(), &Traffic::default()) {
                first_error.get_or_insert(e);
            }
        }
    }
    first_error.map_or(Ok(()), Err)
}

/// Tries damaged copies of a file; says how many of them were noticed.
fn damage(file: &Path, scratch: &Path) -> (usize, usize) {
    let whole = std::fs::read(file).unwrap();
    let mut random = Random(whole.len() as u64);
    let (mut tried, mut noticed) = (0, 0);
    let mut attempt = |bytes: &[u8], what: &str| -> bool {
        // A name of its own: open files are kept by name.
        let path = scratch.join(format!("{tried}-{}", file.file_name().unwrap().to_string_lossy()));
        std::fs::write(&path, bytes).unwrap();
        let start = Instant::now();
        let result = try_all(&path);
        let took = start.elapsed();
        std::fs::remove_file(&path).unwrap();
        assert!(took < PATIENCE, "{what} of {} took {took:?}", file.display());
        if let Err(e) = &result {
            assert!(!e.to_string().is_empty());
        }
        tried += 1;
        noticed += usize::from(result.is_err());
        result.is_err()
    };
    assert!(!attempt(&whole, "the whole"), "{} itself cannot be read", file.display());
    for i in 0..EACH {
        // Half of the damage in the first bytes, where the headers are.
        let reach = if i % 2 == 0 { whole.len() } else { whole.len().min(2048) };
        let cut = if i < 20 { i } else { random.below(reach) };
        let refused = attempt(&whole[..cut], &format!("a cut at {cut}"));
        assert!(refused || whole.starts_with(b"CDF"), "a cut at {cut} of {} is not noticed", file.display());

        let mut bytes = whole.clone();
        let at = random.below(reach);
        bytes[at] ^= 1 << random.below(8);
        attempt(&bytes, &format!("a flipped bit in byte {at}"));

        let mut bytes = whole.clone();
        let at = random.below(reach);
        let end = (at + 1 + random.below(64)).min(bytes.len());
        let value = [0, 0xff, 0x7f, 0x80][random.below(4)];
        bytes[at..end].fill(value);
        attempt(&bytes, &format!("bytes {at}..{end} set to {value}"));
    }
    (tried, noticed)
}

/// Small files of both formats, of the kinds that this library writes.
fn own_files(folder: &Path) -> Vec<PathBuf> {
    let mut raw = RawDataset::new();
    raw.attrs = Attrs::new().with("title", "to be damaged").with("numbers", vec![1.0f64, 2.0]);
    raw.encoding = Attrs::new().with("unlimited_dims", vec![graticule::dtype::Text::from("t")]);
    let values: Vec<f32> = (0..20 * 30).map(|i| i as f32).collect();
    let mut v = Variable::from_vec(&[("t", 20), ("x", 30)], values).unwrap();
    v.encoding = Attrs::new().with("zlib", true).with("fletcher32", true).with("chunksizes", vec![5i64, 30]);
    v.attrs = Attrs::new().with("units", "K").with("_FillValue", -1.0f32);
    raw.variables.insert("v".into(), v);
    raw.variables
        .insert("x".into(), Variable::from_vec(&[("x", 30)], (0..30).collect::<Vec<i64>>()).unwrap());
    let mut files = Vec::new();
    for (name, format) in [("own-4.nc", NetcdfFormat::Netcdf4), ("own-5.nc", NetcdfFormat::Cdf5)] {
        let path = folder.join(name);
        let options = NetcdfOptions { format, ..NetcdfOptions::default() };
        NetcdfWrite::create(&path, &raw, &options).unwrap().finish().unwrap();
        files.push(path);
    }
    files
}

fn small_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            small_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "nc" || e == "h5")
            && entry.metadata().is_ok_and(|m| m.len() <= LARGEST)
        {
            out.push(path);
        }
    }
}

fn peak_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kib| kib << 10)
}

#[test]
fn damaged_files_give_values_or_errors() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = own_files(dir.path());
    if let Some(python) = support::python::python() {
        let folder = dir.path().join("fixtures");
        support::python::run_script(&python, "make_fixtures.py", &[&folder.to_string_lossy()]);
        small_files(&folder, &mut files);
    }
    if let Some(folder) = support::python::sample_data() {
        small_files(&folder, &mut files);
    }
    // Files with parts that we do not read cannot show that damage is noticed.
    files.retain(|f| try_all(f).is_ok());
    let before = peak_memory();
    std::panic::set_hook(Box::new(|_| {}));
    let (mut tried, mut noticed) = (0, 0);
    for file in &files {
        let (t, n) = damage(file, dir.path());
        (tried, noticed) = (tried + t, noticed + n);
    }
    println!("{} files, {tried} damaged copies, {noticed} refused", files.len());
    assert!(files.len() >= 2 && noticed * 3 > tried);
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(after < before + (768 << 20), "memory rose from {before} to {after}");
    }
}

#[test]
fn what_is_no_netcdf_file_is_said_to_be_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    for (bytes, word) in [
        (&b""[..], "empty"),
        (b"garbage, and nothing but garbage", "neither"),
        (b"CDF\x03 of an unknown version", "version 3"),
        (b"GRIB", "GRIB"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"CDF\x01", "NetCDF"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let e = open_netcdf(&path, None).unwrap_err().to_string();
        assert!(e.contains(word) && e.contains("a.nc"), "{e}");
    }
    assert!(open_netcdf(dir.path(), None).unwrap_err().to_string().contains("not a file"));
    assert!(open_netcdf(dir.path().join("none.nc"), None).unwrap_err().is_not_found());
}
