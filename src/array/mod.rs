//! Dense pieces of arrays and where they lie: [`Block`], [`Region`], [`ChunkGrid`].

mod auto_chunks;
mod block;
mod copy;
mod grid;
mod pages;
mod place;
mod region;
mod wire;

pub use block::{Block, Data, Shared};
pub(crate) use copy::copy;
pub use grid::{AxisGrid, ChunkGrid};
pub(crate) use pages::{keep_freed, prefer_large, uncleared};
pub use place::{DataMut, Place};
pub use region::{Region, Slice};
