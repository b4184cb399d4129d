//! Opening and saving datasets: formats give and take a [`RawDataset`].

mod ahead;
mod backend;
mod batch;
pub mod cf;
mod compression;
mod convert;
mod format;
mod manifest;
pub mod netcdf;
mod open;
mod open_many;
mod paths;
mod raw;
mod save;
mod save_many;
mod side_by_side;
mod staging;
pub mod store;
pub mod zarr;

pub use backend::{Backend, Found, register_backend};
pub use batch::Batch;
pub use compression::Compression;
pub use convert::{ConvertOptions, convert, convert_with};
pub use open::{OpenOptions, open_dataset, open_dataset_with, open_raw};
pub use open_many::{Combine, MultiFileOptions, Preprocess, open_mfdataset, open_mfdataset_with};
pub use paths::Paths;
pub use raw::{RawDataset, Skipped};
pub use save_many::{save_groups, save_groups_with, save_mfdataset, save_mfdataset_with};
