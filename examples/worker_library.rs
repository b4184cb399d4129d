//! The library that Dask workers load, for a program without kernels of its own:
//! `cargo build --release --example worker_library`, then `target/release/examples/libworker_library.so`.
//!
//! In a crate with kernels or sources the same line stands in a `lib.rs` with `crate-type = ["cdylib"]`, beside a `use` of
//! the crate that has them.

graticule::worker_library!();
