//! Names, coordinates, indexes and attributes: one file for a type, one for each verb.

mod attrs;
mod compute;
mod coords;
mod dataarray;
mod dataset;
mod variable;

pub use attrs::{AttrValue, Attrs};
pub use coords::Coords;
pub use dataarray::DataArray;
pub use dataset::Dataset;
pub use variable::{Name, Variable};
