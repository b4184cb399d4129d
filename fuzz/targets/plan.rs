//! Any bytes as a plan that has travelled.
#![no_main]

use graticule::plan::Plan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Plan::from_bytes(bytes);
});
