//! Pure functions from blocks to blocks: no names, no input or output, no threads.

pub mod cast;
pub mod elementwise;
mod feed;
mod loops;
pub mod movement;
pub mod reduce;
pub mod text;
