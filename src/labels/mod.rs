//! Names, coordinates, indexes and attributes: one file for a type, one for each verb.

mod attrs;
mod components;
mod compute;
mod coords;
mod dataarray;
mod dataset;
mod dims;
mod drop;
mod map;
mod reduce;
mod rename;
mod repr;
mod squeeze;
mod transpose;
mod variable;

pub use attrs::{AttrValue, Attrs};
pub use coords::Coords;
pub use dataarray::DataArray;
pub use dataset::Dataset;
pub use dims::{Dims, IntoDims, Missing};
pub use reduce::ReduceOptions;
pub use squeeze::NewDim;
pub use variable::{Name, Variable};
