//! The codecs of an array, made by `zarrs` from its metadata: bytes to elements and back, one chunk at a time.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use hdf5_reader::checksum::fletcher32;
use zarrs::array::{
    Array, ArrayBytes, ArrayBytesOffsets, ArrayMetadata, ArrayToBytesCodecTraits, CodecChain, CodecOptions,
    DataType, FillValue,
};

use super::chunks::ArraySpec;
use super::direct::Direct;
use super::shards::ShardIndex;
use super::zstd;
use crate::dtype::Number;
use crate::error::{Context, Error, Result};

/// The codecs of an array, ready to use, and the shard indexes seen so far.
pub struct Codecs {
    chain: Arc<CodecChain>,
    data_type: DataType,
    fill: FillValue,
    chunk: Vec<NonZeroU64>,
    is_zstd: bool,
    /// `zarrs` 0.23 miscounts a checksum of HDF5's kind over an odd number of bytes, as behind a compressor.
    checked_by_us: bool,
    direct: Option<Direct>,
    shards: Option<ShardIndex>,
}

/// The codecs of a spec, made on first use.
#[derive(Debug, Default)]
pub struct LazyCodecs(OnceLock<Codecs>);

impl std::fmt::Debug for Codecs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Codecs")
    }
}

impl LazyCodecs {
    /// The codecs that are there already.
    pub fn ready(codecs: Codecs) -> Self {
        LazyCodecs(OnceLock::from(codecs))
    }

    /// The codecs, made now if they were not.
    ///
    /// # Errors
    /// Those of [`Codecs::of`].
    pub fn get(&self, spec: &ArraySpec) -> Result<&Codecs> {
        if let Some(codecs) = self.0.get() {
            return Ok(codecs);
        }
        let opened = Codecs::of(spec)?;
        Ok(self.0.get_or_init(|| opened))
    }
}

/// One chunk at a time is decoded by one thread: the executor runs many of these.
pub(super) fn options() -> CodecOptions {
    CodecOptions::default().with_concurrent_target(1)
}

/// A panic of a codec as an error.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Err(Error::storage(format!("a codec gave up on the data: {text}")))
    })
}

impl Codecs {
    /// The codecs of an array.
    ///
    /// # Errors
    /// If one of them is not supported.
    pub fn of(spec: &ArraySpec) -> Result<Codecs> {
        let unsupported = |e: String| {
            Error::unsupported(format!("array `{}` cannot be decoded: {e}", spec.array)).at(named(spec))
        };
        let metadata: ArrayMetadata = serde_json::from_str(&spec.zarrs)
            .map_err(|e| Error::storage("the array metadata is not valid").caused_by(e))?;
        let direct = Direct::of(&serde_json::from_str(&spec.zarrs).unwrap_or_default());
        let array = guarded(|| {
            Array::new_with_metadata(Arc::new(()), "/", metadata).map_err(|e| unsupported(e.to_string()))
        })?;
        let chunk = spec.chunk.iter().map(|&n| NonZeroU64::new(n as u64)).collect::<Option<Vec<_>>>();
        let chunk = chunk.ok_or_else(|| Error::storage("chunks of length 0"))?;
        let shards = match &spec.shard {
            Some(shard) => Some(guarded(|| ShardIndex::of(shard, &spec.chunk).map_err(&unsupported))?),
            None => None,
        };
        Ok(Codecs {
            chain: array.codecs(),
            data_type: array.data_type().clone(),
            fill: array.fill_value().clone(),
            chunk,
            checked_by_us: spec.codecs.last().is_some_and(|name| name.ends_with("fletcher32")),
            is_zstd: spec.codecs.last().is_some_and(|name| name.ends_with("zstd")),
            direct,
            shards,
        })
    }

    /// How numbers are decoded to where they stay, if they can be.
    pub fn direct(&self) -> Option<Direct> {
        self.direct
    }

    /// The index of shards, where chunks lie in such.
    pub fn shards(&self) -> Option<&ShardIndex> {
        self.shards.as_ref()
    }

    /// The decoded bytes of the stored ones of chunk `index`.
    ///
    /// # Errors
    /// If they cannot be decoded.
    pub fn decode(&self, spec: &ArraySpec, index: &[usize], bytes: &[u8]) -> Result<ArrayBytes<'static>> {
        guarded(|| self.decode_unguarded(spec, bytes)).at(|| spec.place_of(index))
    }

    /// The numbers of the stored bytes of a chunk, whose elements are `T` as memory holds them.
    ///
    /// # Errors
    /// If they cannot be decoded.
    pub fn numbers<T: Number>(&self, spec: &ArraySpec, index: &[usize], bytes: &[u8]) -> Result<Vec<T>> {
        let count = spec.chunk.iter().product();
        // What cannot be decoded so, the chain of codecs has words for.
        if let Some(numbers) = self.direct.and_then(|direct| direct.decode(bytes, count)) {
            return Ok(numbers);
        }
        let numbers = || {
            let bytes = self
                .decode_unguarded(spec, bytes)?
                .into_fixed()
                .map_err(|e| Error::storage(e.to_string()))?;
            match bytes.len() == count * size_of::<T>() {
                true => Ok(bytemuck::pod_collect_to_vec(&bytes)),
                false => Err(Error::storage(format!(
                    "{} elements for a chunk of {:?}",
                    bytes.len() / size_of::<T>(),
                    spec.chunk
                ))),
            }
        };
        guarded(numbers).at(|| spec.place_of(index))
    }

    fn decode_unguarded(&self, spec: &ArraySpec, bytes: &[u8]) -> Result<ArrayBytes<'static>> {
        let broken = |e: &dyn std::fmt::Display| {
            Error::storage(format!("a chunk of {} bytes cannot be decoded: {e}", bytes.len())).at(named(spec))
        };
        let decoded = spec.chunk_bytes();
        let too_large = |n: u64| {
            Error::storage(format!("a chunk of {} bytes would decode to {n}", bytes.len())).at(named(spec))
        };
        probe(decoded as u64).map_err(|()| too_large(decoded as u64))?;
        if self.is_zstd
            && let Some(declared) = zstd::declared_bytes(bytes)
        {
            let limit = (decoded as u64).saturating_mul(16).saturating_add(1 << 20);
            if (spec.stored.item_bytes().is_some() && declared > limit) || probe(declared).is_err() {
                return Err(too_large(declared));
            }
        }
        let options = match self.checked_by_us {
            true => {
                let data = bytes.len().checked_sub(4).ok_or_else(|| broken(&"it has no checksum"))?;
                let (data, sum) = bytes.split_at(data);
                if fletcher32(data).to_le_bytes() != sum {
                    return Err(broken(&"the checksum is invalid"));
                }
                options().with_validate_checksums(false)
            }
            false => options(),
        };
        let out = self
            .chain
            .decode(Cow::Borrowed(bytes), &self.chunk, &self.data_type, &self.fill, &options)
            .map_err(|e| broken(&e))?;
        Ok(out.into_owned())
    }

    /// The bytes to store for the elements of chunk `index`.
    ///
    /// # Errors
    /// If a codec fails.
    pub fn encode(&self, spec: &ArraySpec, index: &[usize], bytes: ArrayBytes<'_>) -> Result<Vec<u8>> {
        let encode = || {
            self.chain
                .encode(bytes, &self.chunk, &self.data_type, &self.fill, &options())
                .map(Cow::into_owned)
                .map_err(|e| {
                    Error::storage(format!("a chunk cannot be encoded by {}: {e}", spec.codecs.join(", ")))
                })
        };
        guarded(encode).at(|| spec.place_of(index))
    }
}

fn named(spec: &ArraySpec) -> String {
    format!("codecs: {}", spec.codecs.join(", "))
}

/// Whether so much memory can be had: a codec would abort the process where it cannot.
fn probe(bytes: u64) -> Result<(), ()> {
    const SMALL: u64 = 1 << 28;
    if bytes <= SMALL {
        return Ok(());
    }
    let bytes = usize::try_from(bytes).map_err(|_| ())?;
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| ())
}

/// Texts as the bytes that `zarrs` encodes.
pub fn text_bytes<'a>(texts: impl Iterator<Item = &'a str>) -> Result<ArrayBytes<'static>> {
    let mut bytes = Vec::new();
    let mut offsets = vec![0];
    for t in texts {
        bytes.extend_from_slice(t.as_bytes());
        offsets.push(bytes.len());
    }
    let offsets = ArrayBytesOffsets::new(offsets).map_err(|e| Error::internal(e.to_string()))?;
    ArrayBytes::new_vlen(bytes, offsets).map_err(|e| Error::internal(e.to_string()))
}
