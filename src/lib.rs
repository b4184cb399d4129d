//! Labelled N-D arrays over lazily chunked data: xarray's model with a parallel engine inside.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod array;
pub mod cluster;
pub mod dtype;
pub mod error;
pub mod exec;
pub mod index;
pub mod io;
pub mod kernel;
pub mod labels;
pub mod lazy;
pub mod plan;
pub mod prelude;
pub mod source;
pub mod testing;
pub mod time;

pub use error::{Error, ErrorKind, Result};

/// The program in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
