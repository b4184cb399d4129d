//! Reading boxes of a Zarr array.

use std::sync::OnceLock;

use bytemuck::pod_collect_to_vec;
use ndarray::{ArrayViewD, IxDyn, Slice};
use serde::{Deserialize, Serialize};
use zarrs::array::ArrayBytes;

use super::chunks::ArraySpec;
use super::codecs::{Codecs, LazyCodecs};
use super::fetch::touched;
use super::stored::Layout;
use crate::array::{Block, ChunkGrid, Place, Region, copy};
use crate::dtype::dispatch::with_number;
use crate::dtype::{DType, NAT, Number, Text};
use crate::error::{Error, Result};
use crate::io::store::join;
use crate::source::{Source, Traffic};

/// An array of a Zarr store, v2 or v3: a description that opens its codecs on first use.
#[derive(Debug, Serialize, Deserialize)]
pub struct ZarrSource {
    spec: ArraySpec,
    #[serde(skip)]
    codecs: LazyCodecs,
    /// That the array is there was looked at.
    #[serde(skip)]
    there: OnceLock<()>,
}

impl ZarrSource {
    /// The array that `spec` describes.
    ///
    /// # Errors
    /// If a codec is not supported.
    pub(super) fn new(spec: ArraySpec) -> Result<Self> {
        let codecs = LazyCodecs::ready(Codecs::of(&spec)?);
        Ok(ZarrSource { spec, codecs, there: OnceLock::new() })
    }

    /// Hands over each chunk that a box touches with its stored bytes; `None` if it holds the fill value alone. That is so
    /// where there is no such object, but only in an array that is there: of a store that was removed, or that a worker does
    /// not reach, no chunk is.
    fn each_encoded(
        &self,
        codecs: &Codecs,
        region: &Region,
        io: &Traffic,
        mut take: impl FnMut(&[usize], Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        self.spec.each_encoded(codecs, region, io, |index, bytes| {
            if bytes.is_none() {
                self.spec.require(&self.there)?;
            }
            take(index, bytes)
        })
    }

    /// Numbers of one chunk are those that were decoded; those of several are put together.
    fn read_numbers<T: Number>(&self, codecs: &Codecs, region: &Region, io: &Traffic) -> Result<Block> {
        if touched(region, &self.spec.chunk).nth(1).is_none() {
            let mut one = None;
            self.each_encoded(codecs, region, io, |index, bytes| {
                let Some(bytes) = bytes else {
                    one = Some(Block::full(&region.shape(), &self.spec.fill));
                    return Ok(());
                };
                let numbers = codecs.numbers::<T>(&self.spec, index, bytes)?;
                let chunk = Block::from_vec(&self.spec.chunk, numbers)?.retype(self.dtype());
                let (inside, _) = overlap(&self.spec, index, region);
                // A part that is a piece of the chunk would keep all of it in memory.
                let whole = inside.shape() == self.spec.chunk;
                one = Some(if whole { chunk } else { chunk.region(&inside).contiguous() });
                Ok(())
            })?;
            return one.ok_or_else(|| Error::internal("a box touches a chunk"));
        }
        let mut out = Block::uncleared(self.dtype(), &region.shape());
        self.fill_numbers::<T>(codecs, region, io, &mut out.place())?;
        Ok(out)
    }

    /// Numbers are decoded to their place, or copied there from their chunks.
    fn fill_numbers<T: Number>(
        &self,
        codecs: &Codecs,
        region: &Region,
        io: &Traffic,
        place: &mut Place<'_>,
    ) -> Result<()> {
        let fill = self.spec.fill.typed::<T>()?.first().copied().unwrap_or_default();
        self.each_encoded(codecs, region, io, |index, bytes| {
            let (inside, at) = overlap(&self.spec, index, region);
            let mut part = place.part(&at);
            let to = part
                .elements::<T>()
                .ok_or_else(|| Error::internal("numbers are read to a place of another dtype"))?;
            let Some(bytes) = bytes else {
                to.fill(fill);
                return Ok(());
            };
            let whole = inside.shape() == self.spec.chunk;
            if let (true, Some(direct), Some(to)) = (whole, codecs.direct(), to.as_slice_mut())
                && direct.decode_to(bytes, to)
            {
                return Ok(());
            }
            let numbers = codecs.numbers::<T>(&self.spec, index, bytes)?;
            let chunk = ArrayViewD::from_shape(IxDyn(&self.spec.chunk), &numbers)
                .map_err(|e| Error::internal(e.to_string()))?;
            copy(to, &chunk.slice_each_axis(|of| Slice::from(inside.axis(of.axis.index()))));
            Ok(())
        })
    }

    /// Other types are converted chunk by chunk.
    fn read_converted(&self, codecs: &Codecs, region: &Region, io: &Traffic) -> Result<Block> {
        let mut out: Option<Block> = None;
        self.each_encoded(codecs, region, io, |index, bytes| {
            let (inside, at) = overlap(&self.spec, index, region);
            let piece = match bytes {
                Some(bytes) => self.convert(codecs.decode(&self.spec, index, bytes)?)?.region(&inside),
                None => Block::full(&inside.shape(), &self.spec.fill),
            };
            if inside.shape() == region.shape() {
                out = Some(piece.contiguous());
                return Ok(());
            }
            out.get_or_insert_with(|| Block::zeros(self.spec.stored.dtype, &region.shape()))
                .assign(&at, &piece);
            Ok(())
        })?;
        Ok(out.unwrap_or_else(|| Block::zeros(self.spec.stored.dtype, &region.shape())))
    }

    /// The elements of a whole chunk.
    fn convert(&self, bytes: ArrayBytes<'static>) -> Result<Block> {
        let dtype = self.spec.stored.dtype;
        let shape = &self.spec.chunk;
        let block = match self.spec.stored.layout {
            Layout::Plain => {
                Block::from_vec(shape, fixed(bytes)?.iter().map(|b| *b != 0).collect::<Vec<bool>>())?
            }
            Layout::Half => {
                let halves = pod_collect_to_vec::<u8, u16>(&fixed(bytes)?);
                Block::from_vec(
                    shape,
                    halves.into_iter().map(|h| half::f16::from_bits(h).to_f32()).collect(),
                )?
            }
            Layout::Ticks(factor) => {
                let ticks = pod_collect_to_vec::<u8, i64>(&fixed(bytes)?);
                let scaled =
                    ticks.into_iter().map(|t| if t == NAT { Some(NAT) } else { t.checked_mul(factor) });
                let scaled: Option<Vec<i64>> = scaled.collect();
                let scaled = scaled.ok_or_else(|| {
                    Error::storage(format!("a time lies beyond what {dtype} can hold")).at(self.describe())
                })?;
                Block::from_vec(shape, scaled)?
            }
            Layout::Bytes(n) => {
                let texts = items(&fixed(bytes)?, n, shape, |item| {
                    let end = item.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
                    Ok(Text::from(item[..end].iter().map(|b| *b as char).collect::<String>()))
                })?;
                Block::from_vec(shape, texts)?
            }
            Layout::Utf32 { len, big_endian } => {
                let texts = items(&fixed(bytes)?, 4 * len, shape, |item| utf32(item, big_endian))?;
                Block::from_vec(shape, texts)?
            }
            Layout::Text => {
                let texts = bytes.into_variable().map_err(|e| Error::storage(e.to_string()))?;
                let (bytes, offsets) = texts.into_parts();
                let texts = offsets.windows(2).map(|w| {
                    let text = bytes.get(w[0]..w[1]).and_then(|b| std::str::from_utf8(b).ok());
                    text.map(Text::from)
                        .ok_or_else(|| Error::storage("a text is not UTF-8").at(self.describe()))
                });
                Block::from_vec(shape, texts.collect::<Result<Vec<_>>>()?)?
            }
        };
        Ok(block.retype(dtype))
    }
}

#[typetag::serde(name = "zarr")]
impl Source for ZarrSource {
    fn dtype(&self) -> DType {
        self.spec.stored.dtype
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&self.spec.shape, &self.spec.chunk)
    }

    fn read(&self, region: &Region, io: &Traffic) -> Result<Block> {
        let dtype = self.dtype();
        if region.is_empty() {
            return Ok(Block::zeros(dtype, &region.shape()));
        }
        let codecs = self.codecs.get(&self.spec)?;
        if self.spec.stored.layout != Layout::Plain {
            return self.read_converted(codecs, region, io);
        }
        with_number!(dtype.kind(), T => self.read_numbers::<T>(codecs, region, io), else {
            self.read_converted(codecs, region, io)
        })
    }

    fn read_into(&self, region: &Region, io: &Traffic, place: &mut Place<'_>) -> Result<()> {
        if region.is_empty() || self.spec.stored.layout != Layout::Plain {
            return place.fill(&self.read(region, io)?);
        }
        let codecs = self.codecs.get(&self.spec)?;
        with_number!(self.dtype().kind(), T => self.fill_numbers::<T>(codecs, region, io, place), else {
            place.fill(&self.read_converted(codecs, region, io)?)
        })
    }

    fn scratch_bytes(&self, region: &Region) -> usize {
        if region.is_empty() {
            return 0;
        }
        let plain = self.spec.stored.layout == Layout::Plain;
        let direct = plain && self.codecs.get(&self.spec).is_ok_and(|c| c.direct().is_some());
        let one = touched(region, &self.spec.chunk).nth(1).is_none();
        // The stored bytes; the decoded bytes where they are not the result; what a chain of codecs or a conversion
        // has between them.
        let chunks = match (direct, one && region.shape() == self.spec.chunk) {
            (true, true) => 1,
            (true, false) => 2,
            (false, _) if plain && self.spec.codecs.len() <= 2 => 2,
            (false, _) => 3,
        };
        self.spec.chunk_bytes().saturating_mul(chunks).saturating_add(self.spec.joined_bytes(region))
    }

    fn stamp(&self) -> Option<String> {
        let stamp = |name| self.spec.store.stamp(&join(&self.spec.array, name));
        ["zarr.json", ".zarray"].into_iter().find_map(stamp)
    }

    fn requests(&self) -> usize {
        self.spec.store.requests()
    }

    fn describe(&self) -> String {
        format!("zarr {}", self.spec.place())
    }
}

/// The common box of a chunk and a region, as seen from the chunk and from the region.
fn overlap(spec: &ArraySpec, index: &[usize], region: &Region) -> (Region, Region) {
    let chunk = spec.chunk_region(index);
    let common = chunk.intersect(region).unwrap_or_else(|| region.clone());
    (common.relative_to(&chunk), common.relative_to(region))
}

fn fixed(bytes: ArrayBytes<'static>) -> Result<std::borrow::Cow<'static, [u8]>> {
    bytes.into_fixed().map_err(|e| Error::storage(e.to_string()))
}

/// Elements of `n` bytes each; an `n` of 0 leaves empty texts.
fn items(bytes: &[u8], n: usize, shape: &[usize], f: impl FnMut(&[u8]) -> Result<Text>) -> Result<Vec<Text>> {
    if n == 0 {
        return Ok(vec![Text::from(""); shape.iter().product()]);
    }
    bytes.chunks_exact(n).map(f).collect()
}

fn utf32(item: &[u8], big_endian: bool) -> Result<Text> {
    let mut text = String::new();
    let mut zeros = 0;
    for four in item.as_chunks::<4>().0 {
        let code = if big_endian { u32::from_be_bytes(*four) } else { u32::from_le_bytes(*four) };
        if code == 0 {
            zeros += 1;
            continue;
        }
        text.extend(std::iter::repeat_n('\0', zeros));
        zeros = 0;
        text.push(
            char::from_u32(code).ok_or_else(|| Error::storage(format!("{code:#x} is not a code point")))?,
        );
    }
    Ok(text.into())
}
