//! Any bytes as kerchunk references: opened, and small arrays read.
#![no_main]

use std::sync::Arc;

use graticule::io::store::{Location, MemoryStore, ReferenceStore, Store};
use graticule::io::zarr::open_zarr;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let store = MemoryStore::new("fuzz");
    store.write("", bytes).expect("memory can be written");
    let Ok(references) = ReferenceStore::open(store) else { return };
    let Ok(raw) = open_zarr(Location::Store(Arc::new(references))) else { return };
    for variable in raw.variables.values().filter(|v| v.data().nbytes() < 1 << 20) {
        let _ = variable.load();
    }
});
