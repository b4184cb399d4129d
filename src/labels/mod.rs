//! Names, coordinates, indexes and attributes: one file for a type, one for each verb.

mod attrs;
mod components;
mod compute;
mod coords;
mod dataarray;
mod dataset;
mod dims;
mod drop;
mod indexer;
mod map;
mod pointwise;
mod reduce;
mod rename;
mod repr;
mod sel;
mod select;
mod selector;
mod squeeze;
mod transpose;
mod variable;

pub use attrs::{AttrValue, Attrs};
pub use coords::Coords;
pub use dataarray::DataArray;
pub use dataset::Dataset;
pub use dims::{Dims, IntoDims, Missing};
pub use indexer::{Indexer, Isel, PySlice, slice};
pub use reduce::ReduceOptions;
pub use select::Counts;
pub use selector::{Sel, Selector};
pub use squeeze::NewDim;
pub use variable::{Name, Variable};
