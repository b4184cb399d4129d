//! Pure functions from blocks to blocks: no names, no input or output, no threads.
//!
//! Modules hidden from the documentation are public for benches, which measure kernels alone.

#[doc(hidden)]
pub mod calculus;
pub mod cast;
#[doc(hidden)]
pub mod contract;
pub mod elementwise;
mod feed;
#[doc(hidden)]
pub mod fit;
pub mod interp;
mod loops;
pub(crate) mod movement;
pub mod order;
pub mod reduce;
pub(crate) mod reshape;
pub mod rolling;
pub mod scan;
mod svd;
pub(crate) mod text;
pub mod time;
mod wide;
