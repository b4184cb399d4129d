//! Shards: objects that hold several chunks, with an index of where each lies.
//!
//! <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html>

use std::borrow::Cow;
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, PoisonError};

use zarrs::array::{
    ArrayBytes, ArrayToBytesCodecTraits, BytesRepresentation, CodecChain, DataType, FillValue,
};

use super::chunks::Shard;
use super::codecs::{guarded, options};
use crate::error::{Error, Result};
use crate::io::store::{ByteRange, Store};
use crate::source::Traffic;

/// Indexes of shards are kept up to so many chunks in all.
const KEPT_INDEX_ENTRIES: usize = 1 << 21;

/// Offset and length of a chunk that was never written.
const ABSENT: [u64; 2] = [u64::MAX; 2];

/// How the indexes of an array's shards are encoded, and those seen so far.
pub struct ShardIndex {
    chain: CodecChain,
    shape: Vec<NonZeroU64>,
    data_type: DataType,
    fill: FillValue,
    bytes: usize,
    at_end: bool,
    known: Mutex<HashMap<Vec<usize>, Entries>>,
}

/// The index of one shard: offset and length of each chunk.
#[derive(Clone)]
pub struct Entries(Arc<[u64]>);

impl Entries {
    /// Offset and length of a chunk in the shard; `None` if it was never written.
    pub fn place(&self, number: usize) -> Option<(u64, u64)> {
        let [offset, length] = [self.0[2 * number], self.0[2 * number + 1]];
        ([offset, length] != ABSENT).then_some((offset, length))
    }
}

impl ShardIndex {
    /// The index of shards that hold chunks of this shape.
    pub fn of(shard: &Shard, chunk: &[usize]) -> Result<ShardIndex, String> {
        let metadatas: Vec<_> = serde_json::from_str(&shard.index_codecs).map_err(|e| e.to_string())?;
        let chain = CodecChain::from_metadata(&metadatas).map_err(|e| e.to_string())?;
        let mut shape: Vec<NonZeroU64> = (shard.shape.iter().zip(chunk))
            .map(|(s, c)| NonZeroU64::new((s / c) as u64))
            .collect::<Option<_>>()
            .ok_or("shards without chunks")?;
        shape.push(NonZeroU64::MIN.saturating_add(1));
        let data_type = zarrs::array::data_type::uint64();
        let fill = FillValue::from(u64::MAX);
        let size = chain.encoded_representation(&shape, &data_type, &fill).map_err(|e| e.to_string())?;
        let BytesRepresentation::FixedSize(bytes) = size else {
            return Err("the length of the shard index is not fixed".to_string());
        };
        let bytes = usize::try_from(bytes).map_err(|e| e.to_string())?;
        Ok(ShardIndex { chain, shape, data_type, fill, bytes, at_end: shard.at_end, known: Mutex::default() })
    }

    /// Where the chunks of a shard lie, in row-major order; `None` if there is no such shard.
    ///
    /// # Errors
    /// If the index cannot be read or decoded.
    pub fn entries(
        &self,
        store: &dyn Store,
        key: &str,
        shard: &[usize],
        io: &Traffic,
    ) -> Result<Option<Entries>> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entries) = known().get(shard) {
            return Ok(Some(entries.clone()));
        }
        let length = self.bytes as u64;
        let range = match self.at_end {
            true => ByteRange::Last(length),
            false => ByteRange::Part { offset: 0, length },
        };
        let Some(bytes) = store.read(key, range)? else { return Ok(None) };
        io.count_read(bytes.len());
        let entries = Entries(self.decode(bytes)?);
        let mut known = known();
        if (known.len() + 1) * entries.0.len() > 2 * KEPT_INDEX_ENTRIES {
            known.clear();
        }
        known.insert(shard.to_vec(), entries.clone());
        Ok(Some(entries))
    }

    fn decode(&self, bytes: Vec<u8>) -> Result<Arc<[u64]>> {
        guarded(|| {
            let decoded = self
                .chain
                .decode(Cow::Owned(bytes), &self.shape, &self.data_type, &self.fill, &options())
                .and_then(|b| Ok(b.into_fixed()?))
                .map_err(|e| Error::storage(format!("the index of a shard cannot be decoded: {e}")))?;
            Ok(bytemuck::pod_collect_to_vec::<u8, u64>(&decoded).into())
        })
    }

    /// The bytes of a shard of these chunks, in row-major order; `None` for those that hold only the fill value.
    ///
    /// # Errors
    /// If the index cannot be encoded.
    pub fn pack(&self, chunks: &[Option<Vec<u8>>]) -> Result<Vec<u8>> {
        let index_bytes = if self.at_end { 0 } else { self.bytes };
        let mut out = Vec::with_capacity(self.bytes + chunks.iter().flatten().map(Vec::len).sum::<usize>());
        out.resize(index_bytes, 0);
        let mut entries = Vec::with_capacity(2 * chunks.len());
        for chunk in chunks {
            match chunk {
                None => entries.extend(ABSENT),
                Some(bytes) => {
                    entries.extend([out.len() as u64, bytes.len() as u64]);
                    out.extend_from_slice(bytes);
                }
            }
        }
        let entries = ArrayBytes::Fixed(Cow::Owned(bytemuck::pod_collect_to_vec(&entries)));
        let index = guarded(|| {
            self.chain
                .encode(entries, &self.shape, &self.data_type, &self.fill, &options())
                .map(Cow::into_owned)
                .map_err(|e| Error::storage(format!("the index of a shard cannot be encoded: {e}")))
        })?;
        match self.at_end {
            true => out.extend_from_slice(&index),
            false if index.len() == self.bytes => out[..self.bytes].copy_from_slice(&index),
            false => return Err(Error::internal("the index of a shard has another length than was told")),
        }
        Ok(out)
    }
}
