//! Pure functions from blocks to blocks: no names, no input or output, no threads.

pub mod calculus;
pub mod cast;
pub mod contract;
pub mod elementwise;
mod feed;
pub mod fit;
pub mod interp;
mod loops;
pub mod movement;
pub mod order;
pub mod reduce;
pub mod reshape;
pub mod scan;
mod svd;
