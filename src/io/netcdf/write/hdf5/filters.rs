//! Filtering chunks on their way into the file: shuffle, a compressor, a checksum, by the thread that has the chunk.

use std::cell::RefCell;

use hdf5_reader::checksum::fletcher32;
use hdf5_reader::filters::{FILTER_DEFLATE, FILTER_FLETCHER32, FILTER_SHUFFLE};
use libdeflater::{CompressionLvl, Compressor as Deflater};

use super::super::super::filters::{FILTER_ZSTD, KEPT_BYTES};
use super::super::compressor::Compressor;
use crate::error::{Error, Result};

/// The filters of a dataset, in this order.
pub(super) struct Filters {
    /// Bytes of an element, if they are shuffled.
    pub(super) shuffle: Option<usize>,
    pub(super) compressor: Option<Compressor>,
    pub(super) checksum: bool,
}

/// What a thread keeps from chunk to chunk.
#[derive(Default)]
pub(super) struct Scratch {
    /// A chunk put together.
    pub(super) chunk: Vec<u8>,
    shuffled: Vec<u8>,
    packed: Vec<u8>,
    deflate: Option<(u8, Deflater)>,
    zstd: Option<(i32, zstd::bulk::Compressor<'static>)>,
}

/// Lends the buffers of this thread.
pub(super) fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    thread_local!(static SCRATCH: RefCell<Scratch> = RefCell::default());
    SCRATCH.with(|cell| {
        let scratch = &mut *cell.borrow_mut();
        let result = work(scratch);
        for buffer in [&mut scratch.chunk, &mut scratch.shuffled, &mut scratch.packed] {
            if buffer.capacity() > KEPT_BYTES {
                *buffer = Vec::new();
            }
        }
        result
    })
}

impl Filters {
    /// The message that tells of them, if there are any.
    pub(super) fn message(&self) -> Option<Vec<u8>> {
        const MAY_FAIL: u16 = 1;
        let mut filters: Vec<(u16, &str, u16, Option<u32>)> = Vec::new();
        if let Some(element) = self.shuffle {
            filters.push((FILTER_SHUFFLE, "", MAY_FAIL, Some(element as u32)));
        }
        match self.compressor {
            Some(Compressor::Deflate(level)) => {
                filters.push((FILTER_DEFLATE, "", MAY_FAIL, Some(level.into())));
            }
            Some(Compressor::Zstd(level)) => {
                filters.push((FILTER_ZSTD, "zstd", MAY_FAIL, Some(level as u32)))
            }
            None => {}
        }
        if self.checksum {
            filters.push((FILTER_FLETCHER32, "", 0, None));
        }
        if filters.is_empty() {
            return None;
        }
        let mut out = vec![2, filters.len() as u8];
        for (id, name, flags, value) in filters {
            out.extend(id.to_le_bytes());
            // The names of HDF5's own filters go without saying.
            if id > 255 {
                out.extend((name.len() as u16 + 1).to_le_bytes());
            }
            out.extend(flags.to_le_bytes());
            out.extend(u16::from(value.is_some()).to_le_bytes());
            if id > 255 {
                out.extend(name.as_bytes());
                out.push(0);
            }
            out.extend(value.iter().flat_map(|v| v.to_le_bytes()));
        }
        Some(out)
    }

    /// Gives the chunk as it is stored to `store`.
    pub(super) fn apply<T>(
        &self,
        chunk: &[u8],
        scratch: &mut Scratch,
        store: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        let Scratch { shuffled, packed, deflate, zstd, .. } = scratch;
        let mut bytes = chunk;
        if let Some(element) = self.shuffle.filter(|&n| n > 1) {
            shuffled.resize(bytes.len(), 0);
            shuffle(bytes, element, shuffled);
            bytes = shuffled;
        }
        match self.compressor {
            Some(Compressor::Deflate(level)) => {
                deflate_into(bytes, level, deflate, packed)?;
                bytes = packed;
            }
            Some(Compressor::Zstd(level)) => {
                zstd_into(bytes, level, zstd, packed)?;
                bytes = packed;
            }
            None if self.checksum => {
                packed.clear();
                packed.extend_from_slice(bytes);
                bytes = packed;
            }
            None => {}
        }
        if !self.checksum {
            return store(bytes);
        }
        packed.extend(fletcher32(packed).to_le_bytes());
        store(packed)
    }
}

fn deflate_into(
    bytes: &[u8],
    level: u8,
    kept: &mut Option<(u8, Deflater)>,
    packed: &mut Vec<u8>,
) -> Result<()> {
    if kept.as_ref().is_none_or(|k| k.0 != level) {
        let lvl = CompressionLvl::new(level.into())
            .map_err(|_| Error::internal(format!("{level} is a level of deflate")))?;
        *kept = Some((level, Deflater::new(lvl)));
    }
    let Some((_, deflater)) = kept else { return Err(Error::internal("there is a compressor")) };
    packed.resize(deflater.zlib_compress_bound(bytes.len()), 0);
    let n = deflater
        .zlib_compress(bytes, packed)
        .map_err(|_| Error::internal("deflate keeps to the length that it names"))?;
    packed.truncate(n);
    Ok(())
}

fn zstd_into(
    bytes: &[u8],
    level: i32,
    kept: &mut Option<(i32, zstd::bulk::Compressor<'static>)>,
    packed: &mut Vec<u8>,
) -> Result<()> {
    let failed = |e| Error::storage("zstd cannot compress a chunk").caused_by(e);
    if kept.as_ref().is_none_or(|k| k.0 != level) {
        *kept = Some((level, zstd::bulk::Compressor::new(level).map_err(failed)?));
    }
    let Some((_, compressor)) = kept else { return Err(Error::internal("there is a compressor")) };
    packed.resize(zstd::zstd_safe::compress_bound(bytes.len()), 0);
    let n = compressor.compress_to_buffer(bytes, packed.as_mut_slice()).map_err(failed)?;
    packed.truncate(n);
    Ok(())
}

/// Puts the first bytes of all elements together, then the second ones, and so on; bytes after the last whole element
/// stay.
fn shuffle(src: &[u8], element: usize, out: &mut [u8]) {
    match element {
        2 => scatter::<2>(src, out),
        4 => scatter::<4>(src, out),
        8 => scatter::<8>(src, out),
        n => {
            let count = src.len() / n;
            for (i, bytes) in src.chunks_exact(n).enumerate() {
                bytes.iter().enumerate().for_each(|(k, &b)| out[k * count + i] = b);
            }
            out[count * n..].copy_from_slice(&src[count * n..]);
        }
    }
}

/// Runs over short stretches, so that the planes of a stretch stay in registers and cache.
fn scatter<const N: usize>(src: &[u8], out: &mut [u8]) {
    const STRETCH: usize = 64;
    let count = src.len() / N;
    let (elements, rest) = src.split_at(count * N);
    out[count * N..].copy_from_slice(rest);
    let (stretches, tail) = elements.as_chunks::<N>().0.as_chunks::<STRETCH>();
    let mut at = 0;
    for stretch in stretches {
        let planes: [[u8; STRETCH]; N] = std::array::from_fn(|k| std::array::from_fn(|i| stretch[i][k]));
        for (k, plane) in planes.iter().enumerate() {
            out[k * count + at..][..STRETCH].copy_from_slice(plane);
        }
        at += STRETCH;
    }
    for (i, bytes) in tail.iter().enumerate() {
        bytes.iter().enumerate().for_each(|(k, &b)| out[k * count + at + i] = b);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::filters::{Filter, with_scratch as with_reading};
    use super::*;

    #[test]
    fn what_is_filtered_comes_back() {
        for element in [1, 2, 3, 4, 8, 16] {
            for count in [0, 1, 63, 64, 200] {
                for compressor in [None, Some(Compressor::Deflate(4)), Some(Compressor::Zstd(-2))] {
                    for checksum in [false, true] {
                        let plain: Vec<u8> = (0..count * element).map(|i| (i / 3) as u8).collect();
                        let filters = Filters { shuffle: Some(element), compressor, checksum };
                        let of = |id| Filter { id, name: None, client_data: Vec::new() };
                        let mut described = vec![of(FILTER_SHUFFLE)];
                        match compressor {
                            Some(Compressor::Deflate(_)) => described.push(of(FILTER_DEFLATE)),
                            Some(Compressor::Zstd(_)) => described.push(of(FILTER_ZSTD)),
                            None => {}
                        }
                        described.extend(checksum.then(|| of(FILTER_FLETCHER32)));
                        let stored = with_scratch(|s| filters.apply(&plain, s, |b| Ok(b.to_vec()))).unwrap();
                        let mut back = vec![0; plain.len()];
                        with_reading(|s| {
                            s.raw = stored;
                            s.decode(&described, 0, element, &mut back)
                        })
                        .unwrap();
                        assert_eq!(back, plain, "{element} × {count} {compressor:?} {checksum}");
                    }
                }
            }
        }
    }
}
