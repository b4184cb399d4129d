//! Opening and saving datasets: formats give and take a [`RawDataset`].

pub mod cf;
mod raw;
pub mod zarr;

pub use raw::{RawDataset, Skipped};
