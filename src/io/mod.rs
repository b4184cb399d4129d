//! Opening and saving datasets: formats give and take a [`RawDataset`].

mod batch;
pub mod cf;
mod format;
pub mod netcdf;
mod open;
mod raw;
mod save;
mod staging;
pub mod zarr;

pub use batch::Batch;
pub use open::{OpenOptions, open_dataset, open_dataset_with, open_raw};
pub use raw::{RawDataset, Skipped};
