//! The chunks of an array: under which keys they lie in the store.
//!
//! A chunk is what is decoded at once: an object, or a piece of a shard (an object of several chunks with an
//! index).

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::stored::Stored;
use crate::array::{Block, Region};
use crate::error::{Context, Error, Result};
use crate::io::store::{Store, join};
use crate::source::Traffic;

/// A description of the chunks of one array, enough to read or write them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ArraySpec {
    /// Where the array lies.
    pub store: Arc<dyn Store>,
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
    /// Whether all readers agree on that, so that a chunk of nothing else need not be written.
    pub implied: bool,
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

impl ArraySpec {
    /// The key of chunk (or shard) `index`.
    pub fn key(&self, index: &[usize]) -> String {
        join(&self.array, &self.keys.name(index))
    }

    /// The shape of what is written at once: a shard, or a chunk.
    pub fn unit(&self) -> &[usize] {
        self.shard.as_ref().map_or(&self.chunk, |shard| &shard.shape)
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

    /// The most bytes that a stored chunk can have.
    pub fn largest(&self) -> u64 {
        match self.stored.item_bytes() {
            Some(_) => (self.chunk_bytes() as u64).saturating_mul(16).saturating_add(1 << 20),
            None => u64::MAX,
        }
    }

    /// Looks once whether the store has a document of the array, or one of all its arrays.
    ///
    /// # Errors
    /// If it has none, or cannot be read.
    pub fn require(&self, known: &OnceLock<()>) -> Result<()> {
        const NOTHING: [&str; 0] = [];
        if known.get().is_some() {
            return Ok(());
        }
        for key in [join(&self.array, "zarr.json"), join(&self.array, ".zarray"), ".zmetadata".to_string()] {
            if self.store.size(&key)?.is_some() {
                known.get_or_init(|| ());
                return Ok(());
            }
        }
        Err(Error::not_found("array", &self.array, NOTHING)
            .at(self.place())
            .help("the store was removed meanwhile, or is not reached under this name from here"))
    }

    /// How many bytes are stored of chunk (or shard) `index`, if it is there.
    pub fn stored_bytes(&self, index: &[usize]) -> Option<u64> {
        self.store.size(&self.key(index)).ok().flatten()
    }

    /// Puts the bytes of chunk (or shard) `index`.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn write_encoded(&self, index: &[usize], bytes: &[u8], io: &Traffic) -> Result<u64> {
        self.store.write(&self.key(index), bytes).at(|| self.place_of(index))?;
        io.count_written(bytes.len());
        Ok(bytes.len() as u64)
    }

    /// Takes chunk (or shard) `index` away: it holds only the fill value.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn remove(&self, index: &[usize]) -> Result<()> {
        self.store.remove(&self.key(index)).at(|| self.place_of(index))
    }

    /// What errors call a chunk.
    pub fn place_of(&self, index: &[usize]) -> String {
        format!("chunk {index:?} of {}", self.place())
    }

    /// What errors and plans call the array.
    pub fn place(&self) -> String {
        format!("{}:{}", self.store.describe(), self.array)
    }
}
