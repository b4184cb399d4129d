//! Opening and saving datasets: formats give and take a [`RawDataset`].

mod batch;
pub mod cf;
pub mod netcdf;
mod raw;
pub mod zarr;

pub use batch::Batch;
pub use raw::{RawDataset, Skipped};
