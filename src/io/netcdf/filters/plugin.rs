//! Filters beside deflate, shuffle and the checksum.

use std::borrow::Cow;
use std::io::Read;

use hdf5_reader::filters::{FILTER_LZ4, FILTER_NBIT, FILTER_SCALEOFFSET, FILTER_SZIP, FilterRegistry};
use zarrs::array::codec::bytes_to_bytes::blosc::{
    BloscCodec, BloscCompressionLevel, BloscCompressor, BloscShuffleMode,
};

use zarrs::array::{BytesRepresentation, BytesToBytesCodecTraits, CodecOptions};

use super::{Filter, damaged, lzf};
use crate::error::{Error, Result};

const BZIP2: u16 = 307;
const LZF: u16 = 32000;
const BLOSC: u16 = 32001;
pub(in super::super) const ZSTD: u16 = 32015;

/// The name of a filter, as far as it is a known one.
pub(in super::super) fn name(filter: &Filter) -> String {
    let known = match filter.id {
        1 => "deflate",
        2 => "shuffle",
        3 => "fletcher32",
        FILTER_SZIP => "szip",
        FILTER_NBIT => "nbit",
        FILTER_SCALEOFFSET => "scaleoffset",
        BZIP2 => "bzip2",
        LZF => "lzf",
        BLOSC => "blosc",
        FILTER_LZ4 => "lz4",
        32008 => "bitshuffle",
        32013 => "zfp",
        ZSTD => "zstd",
        32017 => "sz",
        32026 => "blosc2",
        32028 => "sz3",
        id => {
            return match &filter.name {
                Some(name) if !name.is_empty() => format!("{name} (HDF5 filter {id})"),
                _ => format!("number {id}"),
            };
        }
    };
    known.to_string()
}

/// Undoes one filter; the result has at most `limit` bytes.
pub(super) fn decode(filter: &Filter, data: &[u8], element: usize, limit: usize) -> Result<Vec<u8>> {
    let broken = || damaged(&format!("its {} stream is broken", name(filter)));
    match filter.id {
        FILTER_SZIP | FILTER_NBIT | FILTER_SCALEOFFSET | FILTER_LZ4 => FilterRegistry::new()
            .apply_with_limit(filter, data, element, Some(limit + 1))
            .map_err(|e| broken().caused_by(e)),
        LZF => lzf::decompress(data, limit).ok_or_else(broken),
        ZSTD => zstd::bulk::decompress(data, limit).map_err(|e| broken().caused_by(e)),
        BZIP2 => {
            let mut out = Vec::new();
            let mut stream = bzip2::read::BzDecoder::new(data).take(limit as u64 + 1);
            stream.read_to_end(&mut out).map_err(|e| broken().caused_by(e))?;
            Ok(out)
        }
        BLOSC => {
            // The header tells how much memory the decoder will ask for.
            let length = data.get(4..8).and_then(|b| Some(u32::from_le_bytes(b.try_into().ok()?)));
            if length.is_none_or(|n| n as usize > limit) {
                return Err(broken());
            }
            blosc()?
                .decode(Cow::Borrowed(data), &BytesRepresentation::UnboundedSize, &CodecOptions::default())
                .map(Cow::into_owned)
                .map_err(|e| broken().caused_by(e.to_string()))
        }
        _ => Err(Error::unsupported(format!("the HDF5 filter {}", name(filter)))
            .help("rewrite the file with deflate or zstd, for instance by `nccopy -F` or `h5repack`")),
    }
}

/// Any blosc codec decodes all blosc streams: they describe themselves.
fn blosc() -> Result<BloscCodec> {
    let level = BloscCompressionLevel::try_from(1u8).map_err(|_| Error::internal("1 is a blosc level"))?;
    BloscCodec::new(BloscCompressor::BloscLZ, level, None, BloscShuffleMode::NoShuffle, None)
        .map_err(|e| Error::unsupported("the HDF5 filter blosc").caused_by(e.to_string()))
}
