//! Pure functions from blocks to blocks: no names, no input or output, no threads.

pub(crate) mod calculus;
pub mod cast;
pub(crate) mod contract;
pub mod elementwise;
mod feed;
pub(crate) mod fit;
pub(crate) mod interp;
mod loops;
pub(crate) mod movement;
pub mod order;
pub mod reduce;
pub(crate) mod reshape;
pub mod scan;
mod svd;
