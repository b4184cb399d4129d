//! Pure functions from blocks to blocks: no names, no input or output, no threads.

pub mod cast;
pub mod elementwise;
pub mod movement;
pub mod reduce;
