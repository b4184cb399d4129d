//! Writing the chunks of a Zarr array.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use zarrs::array::ArrayBytes;

use super::chunks::ArraySpec;
use super::codecs::{Codecs, LazyCodecs, text_bytes};
use super::fill::latin1;
use super::resume::ChunkLog;
use super::stored::Layout;
use crate::array::{Block, ChunkGrid, Region};
use crate::dtype::dispatch::with_number;
use crate::dtype::{DType, NAT, Text};
use crate::error::{Error, Result};
use crate::source::{Sink, Traffic};

/// An array of a Zarr store that is being written, or a box of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct ZarrSink {
    spec: ArraySpec,
    /// The box that is written; it begins at the border of a chunk (or shard) along each axis, and ends at one or at the
    /// end of the array.
    within: Region,
    /// Whether there may be chunks already.
    in_place: bool,
    /// Where written chunks are noted, if the run can be continued.
    log: Option<ChunkLog>,
    #[serde(skip)]
    codecs: LazyCodecs,
    /// That the array is there is known, or was looked at.
    #[serde(skip)]
    there: OnceLock<()>,
}

impl ZarrSink {
    /// All of the new array that `spec` describes.
    ///
    /// # Errors
    /// If a codec is not supported.
    pub(super) fn new(spec: ArraySpec, log: Option<ChunkLog>) -> Result<Self> {
        let codecs = LazyCodecs::ready(Codecs::of(&spec)?);
        let within = Region::full(&spec.shape);
        Ok(ZarrSink { spec, within, in_place: false, log, codecs, there: OnceLock::from(()) })
    }

    /// A box of an array that is there, of whole chunks.
    ///
    /// # Errors
    /// If a codec is not supported.
    pub(super) fn within(spec: ArraySpec, within: Region) -> Result<Self> {
        Ok(ZarrSink { within, in_place: true, ..Self::new(spec, None)? })
    }

    /// The numbers along the axes of the chunk (or shard) at a box of the grid.
    fn index(&self, region: &Region) -> Vec<usize> {
        let start = region.ranges().zip(self.within.ranges()).map(|(r, w)| r.start + w.start);
        start.zip(self.spec.unit()).map(|(start, unit)| start / unit).collect()
    }

    /// The number of a box of the grid in row-major order.
    fn number(&self, region: &Region) -> usize {
        let index = region.ranges().zip(self.spec.unit()).map(|(r, unit)| r.start / unit);
        index.zip(self.grid().counts()).fold(0, |n, (i, count)| n * count + i)
    }

    /// Writes every chunk of a block that holds all that is to be written.
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

    /// Whether a block need not be stored: a chunk that is not there reads as the fill value.
    fn is_implied(&self, block: &Block) -> bool {
        block.size() == 0 || (self.spec.implied && holds_only(block, &self.spec.fill))
    }

    /// The stored bytes of chunk `index`, of which `block` holds what lies in the array.
    fn encode(&self, codecs: &Codecs, index: &[usize], block: &Block) -> Result<Vec<u8>> {
        let dtype = self.dtype();
        let block = self.padded(block);
        let fixed = |bytes: Vec<u8>| ArrayBytes::Fixed(Cow::Owned(bytes));
        let bytes = match self.spec.stored.layout {
            Layout::Plain => with_number!(dtype.kind(), T => {
                let elements =
                    block.as_slice::<T>().ok_or_else(|| Error::internal("a padded block is contiguous"))?;
                ArrayBytes::Fixed(Cow::Borrowed(bytemuck::cast_slice(elements)))
            }, else fixed(block.to_bytes())),
            Layout::Bytes(n) => fixed(fixed_bytes(&block, n)?),
            Layout::Utf32 { len, big_endian } => fixed(utf32_bytes(&block, len, big_endian)?),
            Layout::Half => {
                let halves = block.typed::<f32>()?.iter().map(|v| half::f16::from_f32(*v).to_bits());
                fixed(bytemuck::pod_collect_to_vec(&halves.collect::<Vec<u16>>()))
            }
            Layout::Ticks(factor) => {
                let units = block.typed::<i64>()?.iter().map(|t| whole_units(*t, factor));
                fixed(bytemuck::pod_collect_to_vec(&units.collect::<Result<Vec<i64>>>()?))
            }
            Layout::Text => text_bytes(block.typed::<Text>()?.iter().map(|t| t.as_str().unwrap_or("")))?,
        };
        codecs.encode(&self.spec, index, bytes)
    }

    /// The stored bytes of a shard, of which `block` holds what lies in the array.
    fn encode_shard(&self, codecs: &Codecs, shard: &[usize], block: &Block, io: &Traffic) -> Result<Vec<u8>> {
        let index = codecs.shards().ok_or_else(|| Error::internal("shards without an index"))?;
        let chunks = ChunkGrid::regular(self.spec.unit(), &self.spec.chunk);
        let there = Region::full(block.shape());
        let encoded = (0..chunks.count()).map(|flat| {
            io.check()?;
            let chunk = chunks.region(flat);
            let Some(part) = chunk.intersect(&there).map(|common| block.region(&common)) else {
                return Ok(None);
            };
            if self.is_implied(&part) {
                return Ok(None);
            }
            let at = chunk.ranges().zip(shard).zip(self.spec.unit().iter().zip(&self.spec.chunk));
            let at: Vec<usize> = at.map(|((r, s), (unit, c))| (s * unit + r.start) / c).collect();
            self.encode(codecs, &at, &part).map(Some)
        });
        index.pack(&encoded.collect::<Result<Vec<_>>>()?)
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
        ChunkGrid::regular(&self.within.shape(), self.spec.unit())
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
        // Another process would make folders for its chunks, whether they are seen from elsewhere or not.
        self.spec.require(&self.there)?;
        let index = self.index(region);
        // A chunk that holds only the fill value is left out, as zarr-python does.
        if self.is_implied(block) {
            if self.in_place {
                self.spec.remove(&index)?;
            }
            return self.note(region, 0);
        }
        let codecs = self.codecs.get(&self.spec)?;
        let bytes = match &self.spec.shard {
            Some(_) => self.encode_shard(codecs, &index, block, io)?,
            None => self.encode(codecs, &index, block)?,
        };
        let written = self.spec.write_encoded(&index, &bytes, io)?;
        self.note(region, written)
    }

    fn is_written(&self, region: &Region) -> bool {
        self.log.as_ref().is_some_and(|log| {
            let grid = self.grid();
            log.holds(self.number(region), |chunk| self.spec.stored_bytes(&self.index(&grid.region(chunk))))
        })
    }

    fn is_local(&self) -> bool {
        self.spec.store.is_local()
    }

    fn requests(&self) -> usize {
        self.spec.store.requests()
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

/// Texts of `len` code points each, padded with NUL.
fn utf32_bytes(block: &Block, len: usize, big_endian: bool) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(4 * len * block.size());
    for text in block.typed::<Text>()? {
        let text = text.as_str().unwrap_or("");
        let end = out.len() + 4 * len;
        let bytes =
            text.chars().map(u32::from).map(|c| if big_endian { c.to_be_bytes() } else { c.to_le_bytes() });
        out.extend(bytes.flatten());
        if out.len() > end {
            return Err(Error::invalid(format!(
                "the text `{text}` has more than the {len} characters of the array"
            ))
            .help("a new store takes texts of any length"));
        }
        out.resize(end, 0);
    }
    Ok(out)
}

/// A time in units of `factor` ticks.
fn whole_units(ticks: i64, factor: i64) -> Result<i64> {
    match ticks {
        NAT => Ok(NAT),
        _ if ticks % factor == 0 => Ok(ticks / factor),
        _ => Err(Error::invalid(format!(
            "the time {ticks} is no whole number of the array's units of {factor} ticks"
        ))),
    }
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
