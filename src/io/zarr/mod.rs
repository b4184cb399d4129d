//! Zarr stores in folders: v2 and v3 are read, v3 is written.

mod attrs;
mod base64;
mod chunks;
mod direct;
mod fill;
mod hierarchy;
mod json;
mod metadata;
mod open;
mod resume;
mod sink;
mod source;
mod stored;
mod watched;
mod write;
mod zstd;

pub use hierarchy::is_zarr;
pub use open::{open_zarr, open_zarr_group};
pub use resume::Resume;
pub use sink::ZarrSink;
pub use source::ZarrSource;
pub(super) use watched::watched;
pub use write::{WriteMode, WriteOptions, ZarrWrite};
