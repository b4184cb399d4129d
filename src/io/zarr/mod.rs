//! Zarr, v2 and v3, read and written, over any [store](super::store).

pub(super) mod attrs;
pub(super) mod base64;
mod chunks;
mod codecs;
mod compressors;
mod direct;
mod draft;
mod fill;
mod groups;
mod hierarchy;
pub(super) mod json;
mod layout;
mod metadata;
mod open;
mod options;
mod region;
mod resume;
mod shards;
mod sink;
mod source;
mod stored;
mod update;
mod watched;
mod write;
mod zstd;

pub(super) use chunks::Keys;
pub(super) use hierarchy::is_node;
pub use hierarchy::is_zarr;
pub(super) use layout::{described, stored_in_one};
pub use open::{open_zarr, open_zarr_group};
pub use options::{DimRegion, WriteMode, WriteOptions, WriteRegion, ZarrFormat};
pub use resume::Resume;
pub use sink::ZarrSink;
pub use source::ZarrSource;
pub(super) use watched::watched;
pub use write::ZarrWrite;
