//! Any text as the documents of a Zarr store: opened, and small arrays read.
//!
//! The first byte tells the version; the rest is the document of an array.
#![no_main]

use graticule::io::store::{MemoryStore, Store};
use graticule::io::zarr::open_zarr;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((version, document)) = bytes.split_first() else { return };
    let store = MemoryStore::new("fuzz");
    let put = |key: &str, bytes: &[u8]| store.write(key, bytes).expect("memory can be written");
    match version % 3 {
        0 => {
            put("zarr.json", br#"{"zarr_format": 3, "node_type": "group", "attributes": {}}"#);
            put("a/zarr.json", document);
        }
        1 => {
            put(".zgroup", br#"{"zarr_format": 2}"#);
            put("a/.zarray", document);
            put("a/.zattrs", br#"{"_ARRAY_DIMENSIONS": ["x"]}"#);
        }
        _ => put("zarr.json", document),
    }
    let Ok(raw) = open_zarr(store) else { return };
    for variable in raw.variables.values().filter(|v| v.data().nbytes() < 1 << 20) {
        let _ = variable.load();
    }
});
