//! The chunks of an array: where they lie in the store, and the codecs between bytes and elements.
//!
//! A chunk is what is decoded at once: a file, or a piece of a shard (a file of several chunks with an
//! index). Files and shards are read here, so that the stored bytes are counted; `zarrs` gives the codecs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use zarrs::array::{
    Array, ArrayBytes, ArrayBytesOffsets, ArrayMetadata, ArrayToBytesCodecTraits, BytesRepresentation,
    CodecChain, CodecOptions, DataType, FillValue,
};

use super::direct::Direct;
use super::stored::Stored;
use super::zstd;
use crate::array::{Block, Region};
use crate::dtype::Number;
use crate::error::{Context, Error, Result};
use crate::source::Traffic;

/// A description of the chunks of one array, enough to read or write them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ArraySpec {
    /// The folder of the store.
    pub store: PathBuf,
    /// The path of the array in it.
    pub array: String,
    /// Type of the elements.
    pub stored: Stored,
    /// Shape of the array.
    pub shape: Vec<usize>,
    /// Shape of a chunk, also of those that the border cuts.
    pub chunk: Vec<usize>,
    /// What chunks hold that were never written.
    pub fill: Block,
    /// A metadata document that describes one chunk to `zarrs`.
    pub zarrs: String,
    /// How chunk files are named.
    pub keys: Keys,
    /// Shards, if chunks lie in them.
    pub shard: Option<Shard>,
    /// Names of the codecs, from the elements to the stored bytes.
    pub codecs: Vec<String>,
}

/// How chunk files are named.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Keys {
    /// Whether names begin with `c`.
    pub prefix: bool,
    /// What stands between the numbers.
    pub separator: char,
}

/// Files that hold several chunks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shard {
    /// Shape of a shard: a multiple of the chunk's.
    pub shape: Vec<usize>,
    /// The codecs of the index as JSON list.
    pub index_codecs: String,
    /// Whether the index stands at the end (else at the start).
    pub at_end: bool,
}

/// Indexes of shards are kept up to so many chunks in all.
const KEPT_INDEX_ENTRIES: usize = 1 << 21;

/// The codecs of an array, ready to use, and the shard indexes seen so far.
pub struct Codecs {
    chain: Arc<CodecChain>,
    data_type: DataType,
    fill: FillValue,
    chunk: Vec<NonZeroU64>,
    is_zstd: bool,
    direct: Option<Direct>,
    index: Option<ShardIndex>,
}

struct ShardIndex {
    chain: CodecChain,
    shape: Vec<NonZeroU64>,
    data_type: DataType,
    fill: FillValue,
    bytes: usize,
    known: Mutex<HashMap<Vec<usize>, Arc<[u64]>>>,
}

impl std::fmt::Debug for Codecs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Codecs")
    }
}

impl Keys {
    /// The name of a chunk file below the array.
    pub fn name(&self, index: &[usize]) -> String {
        let mut name = String::new();
        if self.prefix {
            name.push('c');
        } else if index.is_empty() {
            name.push('0');
        }
        for (axis, i) in index.iter().enumerate() {
            if self.prefix || axis > 0 {
                name.push(self.separator);
            }
            name.push_str(&i.to_string());
        }
        name
    }
}

/// One chunk at a time is decoded by one thread: the executor runs many of these.
fn options() -> CodecOptions {
    CodecOptions::default().with_concurrent_target(1)
}

/// A panic of a codec as an error.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Err(Error::storage(format!("a codec gave up on the data: {text}")))
    })
}

impl ArraySpec {
    /// Makes the codecs.
    ///
    /// # Errors
    /// If one of them is not supported.
    pub fn open(&self) -> Result<Codecs> {
        let unsupported = |e: String| {
            Error::unsupported(format!("array `{}` cannot be decoded: {e}", self.array))
                .at(format!("codecs: {}", self.codecs.join(", ")))
        };
        let metadata: ArrayMetadata = serde_json::from_str(&self.zarrs)
            .map_err(|e| Error::storage("the array metadata is not valid").caused_by(e))?;
        let direct = Direct::of(&serde_json::from_str(&self.zarrs).unwrap_or_default());
        let array = guarded(|| {
            Array::new_with_metadata(Arc::new(()), "/", metadata).map_err(|e| unsupported(e.to_string()))
        })?;
        let chunk = self.chunk.iter().map(|&n| NonZeroU64::new(n as u64)).collect::<Option<Vec<_>>>();
        let chunk = chunk.ok_or_else(|| Error::storage("chunks of length 0"))?;
        let index = match &self.shard {
            Some(shard) => Some(guarded(|| self.open_index(shard).map_err(&unsupported))?),
            None => None,
        };
        Ok(Codecs {
            chain: array.codecs(),
            data_type: array.data_type().clone(),
            fill: array.fill_value().clone(),
            chunk,
            is_zstd: self.codecs.last().is_some_and(|name| name.ends_with("zstd")),
            direct,
            index,
        })
    }

    fn open_index(&self, shard: &Shard) -> Result<ShardIndex, String> {
        let metadatas: Vec<_> = serde_json::from_str(&shard.index_codecs).map_err(|e| e.to_string())?;
        let chain = CodecChain::from_metadata(&metadatas).map_err(|e| e.to_string())?;
        let mut shape: Vec<NonZeroU64> = (shard.shape.iter().zip(&self.chunk))
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
        Ok(ShardIndex { chain, shape, data_type, fill, bytes, known: Mutex::default() })
    }

    /// The file that holds chunk (or shard) `index`.
    fn path(&self, index: &[usize]) -> PathBuf {
        self.store.join(&self.array).join(self.keys.name(index))
    }

    /// The box of chunk `index`, reaching beyond the array at its far borders.
    pub fn chunk_region(&self, index: &[usize]) -> Region {
        Region::new(index.iter().zip(&self.chunk).map(|(i, c)| i * c..(i + 1) * c))
    }

    /// Bytes of a decoded chunk (of texts: of their handles).
    pub fn chunk_bytes(&self) -> usize {
        self.chunk
            .iter()
            .product::<usize>()
            .saturating_mul(self.stored.item_bytes().unwrap_or(1).max(self.stored.dtype.size()))
    }

    /// The decoded bytes of a chunk; `None` if it was never written.
    ///
    /// # Errors
    /// If the file cannot be read or decoded.
    pub fn read_chunk(
        &self,
        codecs: &Codecs,
        index: &[usize],
        io: &Traffic,
    ) -> Result<Option<ArrayBytes<'static>>> {
        let Some(bytes) = self.read_encoded(codecs, index, io)? else {
            return Ok(None);
        };
        guarded(|| self.decode(codecs, bytes)).map(Some).at(|| format!("chunk {index:?} of {}", self.place()))
    }

    /// The numbers of the stored bytes of a chunk, whose elements are `T` as memory holds them.
    ///
    /// # Errors
    /// If they cannot be decoded.
    pub fn numbers<T: Number>(&self, codecs: &Codecs, index: &[usize], bytes: Vec<u8>) -> Result<Vec<T>> {
        let count = self.chunk.iter().product();
        // What cannot be decoded so, the chain of codecs has words for.
        if let Some(numbers) = codecs.direct.and_then(|direct| direct.decode(&bytes, count)) {
            return Ok(numbers);
        }
        let numbers = || {
            let bytes =
                self.decode(codecs, bytes)?.into_fixed().map_err(|e| Error::storage(e.to_string()))?;
            match bytes.len() == count * size_of::<T>() {
                true => Ok(bytemuck::pod_collect_to_vec(&bytes)),
                false => Err(Error::storage(format!(
                    "{} elements for a chunk of {:?}",
                    bytes.len() / size_of::<T>(),
                    self.chunk
                ))),
            }
        };
        guarded(numbers).at(|| format!("chunk {index:?} of {}", self.place()))
    }

    fn decode(&self, codecs: &Codecs, bytes: Vec<u8>) -> Result<ArrayBytes<'static>> {
        let broken = |e: &dyn std::fmt::Display| {
            Error::storage(format!("a chunk of {} bytes cannot be decoded: {e}", bytes.len()))
                .at(format!("codecs: {}", self.codecs.join(", ")))
        };
        let decoded = self.chunk_bytes();
        let too_large = |n: u64| {
            Error::storage(format!("a chunk of {} bytes would decode to {n}", bytes.len()))
                .at(format!("codecs: {}", self.codecs.join(", ")))
        };
        probe(decoded as u64).map_err(|()| too_large(decoded as u64))?;
        if codecs.is_zstd
            && let Some(declared) = zstd::declared_bytes(&bytes)
        {
            let limit = (decoded as u64).saturating_mul(16).saturating_add(1 << 20);
            if (self.stored.item_bytes().is_some() && declared > limit) || probe(declared).is_err() {
                return Err(too_large(declared));
            }
        }
        let out = codecs
            .chain
            .decode(Cow::Borrowed(&bytes), &codecs.chunk, &codecs.data_type, &codecs.fill, &options())
            .map_err(|e| broken(&e))?;
        Ok(out.into_owned())
    }

    /// The stored bytes of a chunk; `None` if it was never written.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read_encoded(&self, codecs: &Codecs, index: &[usize], io: &Traffic) -> Result<Option<Vec<u8>>> {
        let (Some(shard), Some(shard_index)) = (&self.shard, &codecs.index) else {
            let path = self.path(index);
            let place = || path.display().to_string();
            let Some(mut file) = open_if_there(&path).at(place)? else {
                return Ok(None);
            };
            let bytes = self.read_all(&mut file).at(place)?;
            io.count_read(bytes.len());
            return Ok(Some(bytes));
        };
        let per: Vec<usize> = shard.shape.iter().zip(&self.chunk).map(|(s, c)| s / c).collect();
        let outer: Vec<usize> = index.iter().zip(&per).map(|(i, n)| i / n).collect();
        let inner = index.iter().zip(&per).fold(0, |k, (i, n)| k * n + i % n);
        let path = self.path(&outer);
        let place = || path.display().to_string();
        let Some(mut file) = open_if_there(&path).at(place)? else {
            return Ok(None);
        };
        let entries = shard_index.entries(&mut file, &outer, shard.at_end, io).at(place)?;
        let (offset, length) = (entries[2 * inner], entries[2 * inner + 1]);
        if (offset, length) == (u64::MAX, u64::MAX) {
            return Ok(None);
        }
        let bytes = read_range(&mut file, offset, length).at(place)?;
        io.count_read(bytes.len());
        Ok(Some(bytes))
    }

    fn read_all(&self, file: &mut std::fs::File) -> Result<Vec<u8>> {
        let length = file.metadata()?.len();
        let limit = (self.chunk_bytes() as u64).saturating_mul(16).saturating_add(1 << 20);
        if self.stored.item_bytes().is_some() && length > limit {
            return Err(Error::storage(format!(
                "a file of {length} bytes for a chunk of {} bytes decoded",
                self.chunk_bytes()
            )));
        }
        read_range(file, 0, length)
    }

    /// The bytes of the file of a chunk, if it is there.
    pub fn file_bytes(&self, index: &[usize]) -> Option<u64> {
        std::fs::metadata(self.path(index)).ok().map(|file| file.len())
    }

    /// Encodes a whole chunk and writes its file: the bytes of it.
    ///
    /// # Errors
    /// If a codec fails or the file cannot be written.
    pub fn write_chunk(
        &self,
        codecs: &Codecs,
        index: &[usize],
        bytes: ArrayBytes<'_>,
        io: &Traffic,
    ) -> Result<u64> {
        let place = || format!("chunk {index:?} of {}", self.place());
        let encoded = guarded(|| {
            (codecs.chain).encode(bytes, &codecs.chunk, &codecs.data_type, &codecs.fill, &options()).map_err(
                |e| Error::storage(format!("a chunk cannot be encoded by {}: {e}", self.codecs.join(", "))),
            )
        })
        .at(place)?;
        let path = self.path(index);
        let written = match std::fs::write(&path, &encoded) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => path
                .parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| std::fs::write(&path, &encoded)),
            done => done,
        };
        written.map_err(Error::from).at(|| path.display().to_string())?;
        io.count_written(encoded.len());
        Ok(encoded.len() as u64)
    }

    /// What errors and plans call the array.
    pub fn place(&self) -> String {
        format!("{}:{}", self.store.display(), self.array)
    }
}

impl ShardIndex {
    /// Offsets and lengths of the chunks in a shard, `u64::MAX` for those that were never written.
    fn entries(
        &self,
        file: &mut std::fs::File,
        shard: &[usize],
        at_end: bool,
        io: &Traffic,
    ) -> Result<Arc<[u64]>> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entries) = known().get(shard) {
            return Ok(entries.clone());
        }
        let length = file.metadata()?.len();
        let start = if at_end { length.checked_sub(self.bytes as u64) } else { Some(0) };
        let short = || Error::storage(format!("a shard of {length} bytes is shorter than its index"));
        let bytes = read_range(file, start.ok_or_else(short)?, self.bytes as u64)?;
        io.count_read(bytes.len());
        let entries: Arc<[u64]> = guarded(|| {
            let decoded = self
                .chain
                .decode(Cow::Owned(bytes), &self.shape, &self.data_type, &self.fill, &options())
                .and_then(|b| Ok(b.into_fixed()?))
                .map_err(|e| Error::storage(format!("the index of a shard cannot be decoded: {e}")))?;
            Ok(bytemuck::pod_collect_to_vec::<u8, u64>(&decoded).into())
        })?;
        let mut known = known();
        if (known.len() + 1) * entries.len() > 2 * KEPT_INDEX_ENTRIES {
            known.clear();
        }
        known.insert(shard.to_vec(), entries.clone());
        Ok(entries)
    }
}

fn open_if_there(path: &Path) -> Result<Option<std::fs::File>> {
    match std::fs::File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Reads a range that must lie inside the file.
fn read_range(file: &mut std::fs::File, offset: u64, length: u64) -> Result<Vec<u8>> {
    let end = file.metadata()?.len();
    if offset.checked_add(length).is_none_or(|e| e > end) {
        return Err(Error::storage(format!("bytes {offset}..+{length} of a file of {end} bytes")));
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(length as usize)
        .map_err(|e| Error::storage(format!("{length} bytes do not fit into memory")).caused_by(e))?;
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Err(Error::storage(format!("{} bytes of {length} are there", bytes.len())));
    }
    Ok(bytes)
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

/// The codecs of a spec, made on first use.
#[derive(Debug, Default)]
pub struct LazyCodecs(OnceLock<Codecs>);

impl Codecs {
    /// How numbers are decoded to where they stay, if they can be.
    pub fn direct(&self) -> Option<Direct> {
        self.direct
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
    /// Those of [`ArraySpec::open`].
    pub fn get(&self, spec: &ArraySpec) -> Result<&Codecs> {
        if let Some(codecs) = self.0.get() {
            return Ok(codecs);
        }
        let opened = spec.open()?;
        Ok(self.0.get_or_init(|| opened))
    }
}
