//! Writing the chunks of a Zarr array.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zarrs::array::ArrayBytes;

use super::chunks::{ArraySpec, LazyCodecs, text_bytes};
use super::fill::latin1;
use super::resume::ChunkLog;
use super::stored::Layout;
use crate::array::{Block, ChunkGrid, Region};
use crate::dtype::dispatch::with_number;
use crate::dtype::{DType, Kind, Text};
use crate::error::{Error, Result};
use crate::source::{Sink, Traffic};

/// An array of a Zarr v3 store that is being written.
#[derive(Debug, Serialize, Deserialize)]
pub struct ZarrSink {
    spec: ArraySpec,
    /// Where written chunks are noted, if the run can be continued.
    log: Option<ChunkLog>,
    #[serde(skip)]
    codecs: LazyCodecs,
}

impl ZarrSink {
    /// The array that `spec` describes.
    ///
    /// # Errors
    /// If a codec is not supported.
    pub(super) fn new(spec: ArraySpec, log: Option<ChunkLog>) -> Result<Self> {
        let codecs = LazyCodecs::ready(spec.open()?);
        Ok(ZarrSink { spec, log, codecs })
    }

    /// The numbers of a chunk along the axes.
    fn index(&self, region: &Region) -> Vec<usize> {
        region.ranges().zip(&self.spec.chunk).map(|(r, c)| r.start / c).collect()
    }

    /// The number of a chunk in row-major order.
    fn number(&self, region: &Region) -> usize {
        self.index(region).iter().zip(self.grid().counts()).fold(0, |n, (i, count)| n * count + i)
    }

    /// Writes every chunk of a block that holds the whole array.
    pub(super) fn write_all(&self, block: &Block, io: &Traffic) -> Result<()> {
        let grid = self.grid();
        for flat in 0..grid.count() {
            let region = grid.region(flat);
            self.write(&region, &block.region(&region), io)?;
        }
        Ok(())
    }

    /// Notes that a chunk is written, in so many bytes.
    fn note(&self, region: &Region, bytes: u64) -> Result<()> {
        self.log.as_ref().map_or(Ok(()), |log| log.note(self.number(region), bytes))
    }

    /// The block reaching to the full length of a chunk, padded with the fill value.
    fn padded(&self, block: &Block) -> Block {
        if block.shape() == self.spec.chunk {
            return block.clone().contiguous();
        }
        let mut full = Block::full(&self.spec.chunk, &self.spec.fill);
        full.assign(&Region::full(block.shape()), block);
        full
    }
}

#[typetag::serde(name = "zarr")]
impl Sink for ZarrSink {
    fn dtype(&self) -> DType {
        self.spec.stored.dtype
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&self.spec.shape, &self.spec.chunk)
    }

    fn write(&self, region: &Region, block: &Block, io: &Traffic) -> Result<()> {
        let dtype = self.dtype();
        if block.dtype().kind() != dtype.kind() || block.shape() != region.shape() {
            return Err(Error::internal(format!(
                "a block of {} {:?} for {region} of an array of {dtype}",
                block.dtype(),
                block.shape()
            ))
            .at(self.describe()));
        }
        // A chunk that holds only the fill value is left out, as zarr-python does.
        if region.is_empty() || holds_only(block, &self.spec.fill) {
            return self.note(region, 0);
        }
        let codecs = self.codecs.get(&self.spec)?;
        let block = self.padded(block);
        let bytes = with_number!(dtype.kind(), T => {
            let elements = block.as_slice::<T>().ok_or_else(|| Error::internal("a padded block is contiguous"))?;
            ArrayBytes::Fixed(Cow::Borrowed(bytemuck::cast_slice(elements)))
        }, else match (dtype.kind(), self.spec.stored.layout) {
            (Kind::Bool, _) => ArrayBytes::Fixed(Cow::Owned(block.to_bytes())),
            (_, Layout::Bytes(n)) => ArrayBytes::Fixed(Cow::Owned(fixed_bytes(&block, n)?)),
            _ => text_bytes(block.typed::<Text>()?.iter().map(|t| t.as_str().unwrap_or("")))?,
        });
        let written = self.spec.write_chunk(codecs, &self.index(region), bytes, io)?;
        self.note(region, written)
    }

    fn is_written(&self, region: &Region) -> bool {
        self.log.as_ref().is_some_and(|log| {
            let grid = self.grid();
            log.holds(self.number(region), |chunk| self.spec.file_bytes(&self.index(&grid.region(chunk))))
        })
    }

    fn describe(&self) -> String {
        format!("zarr {}", self.spec.place())
    }
}

/// Byte strings of `n` bytes each, padded with NUL.
fn fixed_bytes(block: &Block, n: usize) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(n * block.size());
    for t in block.typed::<Text>()? {
        let mut bytes = latin1(t.as_str().unwrap_or(""));
        if bytes.len() > n {
            return Err(Error::invalid(format!("a byte string of {} bytes for the dtype S{n}", bytes.len())));
        }
        bytes.resize(n, 0);
        out.extend_from_slice(&bytes);
    }
    Ok(out)
}

/// Whether every element has the bits of `fill`; a missing text counts as the empty one.
fn holds_only(block: &Block, fill: &Block) -> bool {
    with_number!(block.dtype().kind(), T => {
        let (Some(a), Some(f)) = (block.get::<T>(), fill.get::<T>().and_then(|f| f.first())) else {
            return false;
        };
        let f = bytemuck::bytes_of(f);
        a.iter().all(|v| bytemuck::bytes_of(v) == f)
    }, else match (block.get::<Text>(), block.get::<bool>()) {
        (Some(a), _) => {
            let f = fill.get::<Text>().and_then(|f| f.first()).and_then(Text::as_str).unwrap_or("");
            a.iter().all(|t| t.as_str().unwrap_or("") == f)
        }
        (_, Some(a)) => {
            let f = fill.get::<bool>().and_then(|f| f.first()).copied().unwrap_or_default();
            a.iter().all(|v| *v == f)
        }
        _ => false,
    })
}
