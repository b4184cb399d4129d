//! Opening and saving datasets: formats give and take a [`RawDataset`].

mod raw;

pub use raw::{RawDataset, Skipped};
