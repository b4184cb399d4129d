//! A variable as Zarr would describe and store it, without a store: what references are made of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::layout::NewArray;
use super::options::ZarrFormat;
use super::sink::ZarrSink;
use crate::array::Block;
use crate::error::Result;
use crate::io::store::{ByteRange, MemoryStore, Store, join};
use crate::labels::{AttrValue, Variable};
use crate::source::Traffic;

/// How the v2 documents of an array describe a variable: those of the array and of its attributes, and the fill value.
///
/// # Errors
/// If it cannot be described.
pub(in crate::io) fn described(key: &str, name: &str, variable: &Variable) -> Result<(Value, Value, Block)> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new("of a description"));
    let NewArray { spec, documents } = NewArray::of(&store, key, name, variable, ZarrFormat::V2)?;
    let mut documents = documents.into_iter().map(|(_, document)| document);
    Ok((documents.next().unwrap_or_default(), documents.next().unwrap_or_default(), spec.fill))
}

/// The v2 documents of a variable in memory that is stored as one chunk without compression, and the bytes of the chunk,
/// unless it has no elements.
///
/// # Errors
/// If it cannot be stored.
pub(in crate::io) fn stored_in_one(
    key: &str,
    name: &str,
    variable: &Variable,
) -> Result<(Value, Value, Option<Vec<u8>>)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let store: Arc<dyn Store> =
        Arc::new(MemoryStore::new(format!("chunk {number} of {}", std::process::id())));
    let whole: Vec<i64> = variable.shape().iter().map(|&n| n.max(1) as i64).collect();
    let mut variable = variable.clone();
    variable.encoding.insert("compressors", AttrValue::Json(json!([])));
    variable.encoding.insert("chunks", whole);
    let NewArray { mut spec, documents } = NewArray::of(&store, key, name, &variable, ZarrFormat::V2)?;
    // Written also if it holds nothing but the fill value.
    spec.implied = false;
    let chunk = join(key, &spec.keys.name(&vec![0; variable.ndim()]));
    if let Some(block) = variable.data().as_block() {
        ZarrSink::new(spec, None)?.write_all(block, &Traffic::default())?;
    }
    let mut documents = documents.into_iter().map(|(_, document)| document);
    let bytes = store.read(&chunk, ByteRange::Whole { limit: u64::MAX })?;
    Ok((documents.next().unwrap_or_default(), documents.next().unwrap_or_default(), bytes))
}
