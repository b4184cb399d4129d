//! Opening and saving datasets: formats give and take a [`RawDataset`].

mod raw;
pub mod zarr;

pub use raw::{RawDataset, Skipped};
