//! The CF conventions: from stored numbers to what they mean, and back, as lazy expressions.
//!
//! <https://cfconventions.org>; where the conventions leave room, xarray's choices.
//!
//! | file | holds |
//! |---|---|
//! | `decode` | which variables become what: [`decode`] |
//! | `encode` | and back: [`encode`] |
//! | `fill` | `_FillValue`, `missing_value`, `_Unsigned`, `scale_factor`, `add_offset` |
//! | `times` | `units = "days since ..."`, calendars, time spans |
//! | `text` | character arrays |
//! | `coordinates` | the `coordinates` attribute and its relatives, bounds |
//! | `netcdf` | what formats of NetCDF lack: texts as characters, narrower integers |
//! | `coding` | the elementwise operation that all of these are |

mod coding;
mod coordinates;
mod decode;
mod encode;
mod fill;
mod netcdf;
mod text;
mod times;

pub(super) use coordinates::RELATED;
pub use decode::{DecodeCoords, DecodeOptions, decode};
pub use encode::encode;
pub(super) use fill::fill_as;
pub(super) use netcdf::{CHARACTERS, Lacks, adapt, narrowed_to};
