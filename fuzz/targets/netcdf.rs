//! Any bytes as a NetCDF or HDF5 file: opened, small variables read, and all decoded by the CF conventions.
#![no_main]

use graticule::io::cf::{DecodeOptions, decode};
use graticule::io::netcdf::open_netcdf;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = tempfile::NamedTempFile::new() else { return };
    if std::fs::write(file.path(), bytes).is_err() {
        return;
    }
    let Ok(raw) = open_netcdf(file.path(), None) else { return };
    for variable in raw.variables.values().filter(|v| v.data().nbytes() < 1 << 20) {
        let _ = variable.load();
    }
    let _ = decode(raw, &DecodeOptions::default());
});
