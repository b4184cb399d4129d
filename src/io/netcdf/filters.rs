//! Undoing the filters of an HDF5 chunk, into buffers that a thread keeps.
//!
//! Deflate, shuffle and the checksum are done here without fresh memory; other filters by
//! `hdf5-reader` or the codec's own crate. All results are bounded by the size of the chunk.

mod lzf;
mod plugin;

use std::cell::RefCell;

use hdf5_reader::checksum::fletcher32;
use hdf5_reader::filters::{FILTER_DEFLATE, FILTER_FLETCHER32, FILTER_SHUFFLE};
use libdeflater::{DecompressionError, Decompressor};

use crate::error::{Error, Result};

pub(super) use hdf5_reader::messages::filter_pipeline::FilterDescription as Filter;
pub(super) use plugin::{ZSTD as FILTER_ZSTD, name};

/// A thread keeps buffers up to this size between chunks.
pub(super) const KEPT_BYTES: usize = 16 << 20;

/// Buffers for one chunk.
#[derive(Default)]
pub(super) struct Scratch {
    /// The chunk as stored.
    pub(super) raw: Vec<u8>,
    /// Between two filters.
    spare: Vec<u8>,
    /// The chunk decoded, where it cannot be decoded into its place.
    pub(super) chunk: Vec<u8>,
    inflate: Option<Decompressor>,
}

/// Lends the buffers of this thread.
pub(super) fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> Result<T>) -> Result<T> {
    thread_local!(static SCRATCH: RefCell<Scratch> = RefCell::default());
    SCRATCH.with(|cell| {
        // A nested read finds them lent and gets its own.
        let mut own = Scratch::default();
        let Ok(mut scratch) = cell.try_borrow_mut() else { return work(&mut own) };
        let scratch = &mut *scratch;
        let result = work(scratch);
        for buffer in [&mut scratch.raw, &mut scratch.spare, &mut scratch.chunk] {
            if buffer.capacity() > KEPT_BYTES {
                *buffer = Vec::new();
            }
        }
        result
    })
}

impl Scratch {
    /// Decodes `raw` into `out`, which has the size of the chunk. `element` is the size of one
    /// element; bits of `mask` mark filters that were left out for this chunk.
    pub(super) fn decode(
        &mut self,
        filters: &[Filter],
        mask: u32,
        element: usize,
        out: &mut [u8],
    ) -> Result<()> {
        let active: Vec<&Filter> = (filters.iter().enumerate())
            .filter(|(i, _)| *i >= 32 || mask & (1 << i) == 0)
            .map(|f| f.1)
            .collect();
        // What a filter before this one may have added to the chunk.
        let limit = out.len() + out.len() / 8 + 1024;
        for (left, filter) in active.iter().enumerate().rev() {
            let last = left == 0;
            match filter.id {
                FILTER_FLETCHER32 => {
                    let data = self.raw.len().checked_sub(4).ok_or_else(|| damaged("no checksum"))?;
                    if fletcher32(&self.raw[..data]).to_le_bytes() != self.raw[data..] {
                        return Err(damaged("its checksum does not match"));
                    }
                    self.raw.truncate(data);
                }
                FILTER_DEFLATE => {
                    let inflate = self.inflate.get_or_insert_with(Decompressor::new);
                    if last {
                        return same_length(inflate_within(inflate, &self.raw, out)?, out.len());
                    }
                    // A stream grows at most about a thousandfold: no more room for a broken size.
                    let room = limit.min(self.raw.len().saturating_mul(1032) + 64);
                    self.spare.resize(room, 0);
                    let n = inflate_within(inflate, &self.raw, &mut self.spare)?;
                    self.spare.truncate(n);
                    std::mem::swap(&mut self.raw, &mut self.spare);
                }
                FILTER_SHUFFLE if last => {
                    same_length(self.raw.len(), out.len())?;
                    unshuffle(&self.raw, element, out);
                    return Ok(());
                }
                FILTER_SHUFFLE => {
                    self.spare.resize(self.raw.len(), 0);
                    unshuffle(&self.raw, element, &mut self.spare);
                    std::mem::swap(&mut self.raw, &mut self.spare);
                }
                _ => {
                    self.raw =
                        plugin::decode(filter, &self.raw, element, if last { out.len() } else { limit })?
                }
            }
        }
        same_length(self.raw.len(), out.len())?;
        out.copy_from_slice(&self.raw);
        Ok(())
    }
}

fn damaged(why: &str) -> Error {
    Error::storage(format!("a chunk is damaged: {why}"))
}

fn same_length(have: usize, want: usize) -> Result<()> {
    match have == want {
        true => Ok(()),
        false => Err(damaged(&format!("it decodes to {have} bytes instead of {want}"))),
    }
}

/// How many bytes the stream gave.
fn inflate_within(inflate: &mut Decompressor, input: &[u8], out: &mut [u8]) -> Result<usize> {
    inflate.zlib_decompress(input, out).map_err(|e| match e {
        DecompressionError::BadData => damaged("its deflate stream is broken"),
        DecompressionError::InsufficientSpace => damaged("its deflate stream gives too many bytes"),
    })
}

/// Puts the bytes of each element together again; bytes after the last whole element stay.
fn unshuffle(src: &[u8], element: usize, out: &mut [u8]) {
    match element {
        2 => gather::<2>(src, out),
        4 => gather::<4>(src, out),
        8 => gather::<8>(src, out),
        n if n > 1 => {
            let count = src.len() / n;
            for (k, plane) in src.chunks_exact(count.max(1)).take(n).enumerate() {
                for (o, &b) in out[k..].iter_mut().step_by(n).zip(plane) {
                    *o = b;
                }
            }
            out[count * n..].copy_from_slice(&src[count * n..]);
        }
        _ => out.copy_from_slice(src),
    }
}

/// Runs over short stretches, so that the planes of a stretch stay in registers and cache.
fn gather<const N: usize>(src: &[u8], out: &mut [u8]) {
    const STRETCH: usize = 64;
    let count = src.len() / N;
    let (elements, rest) = out.split_at_mut(count * N);
    rest.copy_from_slice(&src[count * N..]);
    let mut at = 0;
    let (stretches, tail) = elements.as_chunks_mut::<N>().0.as_chunks_mut::<STRETCH>();
    for stretch in stretches {
        let planes: [&[u8; STRETCH]; N] = std::array::from_fn(|k| {
            src[k * count + at..][..STRETCH].try_into().expect("the range has this length")
        });
        for (i, o) in stretch.iter_mut().enumerate() {
            *o = std::array::from_fn(|k| planes[k][i]);
        }
        at += STRETCH;
    }
    for (i, o) in tail.iter_mut().enumerate() {
        *o = std::array::from_fn(|k| src[k * count + at + i]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffled_bytes_come_back_for_every_element_size() {
        for element in [1, 2, 3, 4, 8, 16] {
            for count in [0, 1, 63, 64, 200] {
                let plain: Vec<u8> = (0..count * element + element / 2).map(|i| (i * 7) as u8).collect();
                let n = plain.len() / element;
                let mut shuffled = plain.clone();
                for (i, b) in plain[..n * element].iter().enumerate() {
                    shuffled[i % element * n + i / element] = *b;
                }
                let mut out = vec![0; plain.len()];
                unshuffle(&shuffled, element, &mut out);
                assert_eq!(out, plain, "{element} × {count}");
            }
        }
    }
}
