//! Blocks of objects behind a store: a parser reads headers in many small pieces, a server is asked for few large ones.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::io::store::{ByteRange, Store};

/// The length of a block; they begin at multiples of it.
const BLOCK: u64 = 1 << 20;

/// So many blocks are kept, of all objects together.
const KEPT: usize = 64;

/// Longer ranges are asked for as they are.
const MOST_BLOCKS: u64 = 4;

/// The bytes of a block, shared with whoever reads in it.
pub(super) type Bytes = Arc<Vec<u8>>;

/// A block, locked while it is fetched: whoever else wants it waits for that.
type Slot = Arc<Mutex<Option<Bytes>>>;

#[derive(Default)]
struct Cache {
    /// By the number of the object and that of the block, each with the time of its last use.
    slots: HashMap<(u64, u64), (Slot, u64)>,
    clock: u64,
}

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

/// An object of a store that is read in blocks.
#[derive(Debug)]
pub(super) struct Blocks {
    store: Arc<dyn Store>,
    len: u64,
    /// No two have the same.
    number: u64,
}

impl Blocks {
    /// The object under the key `""` of a store.
    ///
    /// # Errors
    /// If there is none, or the store cannot be read.
    pub(super) fn of(store: Arc<dyn Store>) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let len = store.size("")?.ok_or_else(|| gone(&*store))?;
        Ok(Blocks { store, len, number: NUMBER.fetch_add(1, Ordering::Relaxed) })
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Fills `out` from the bytes at `offset`, from blocks that are kept, else by a request for just these.
    pub(super) fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let numbers = numbers(offset, out.len());
        let few = numbers.end - numbers.start <= MOST_BLOCKS;
        let kept = few.then(|| numbers.map(|n| self.kept(n)).collect::<Option<Vec<Bytes>>>()).flatten();
        match kept {
            Some(blocks) => copy(&blocks, offset, out),
            None => {
                out.copy_from_slice(&self.fetch(offset, out.len() as u64)?);
                Ok(())
            }
        }
    }

    /// The bytes of a short range, by blocks: what lies beside it is probably wanted next. Given as the block that holds them
    /// and where in it they begin.
    pub(super) fn read_near(&self, offset: u64, len: usize) -> Result<(Bytes, usize)> {
        let numbers = numbers(offset, len);
        if numbers.end - numbers.start > MOST_BLOCKS {
            return Ok((Arc::new(self.fetch(offset, len as u64)?), 0));
        }
        if let (1, Some(first)) = (numbers.end - numbers.start, numbers.clone().next()) {
            return Ok((self.block(first)?, (offset - first * BLOCK) as usize));
        }
        let blocks = numbers.map(|n| self.block(n)).collect::<Result<Vec<Bytes>>>()?;
        let mut out = vec![0; len];
        copy(&blocks, offset, &mut out)?;
        Ok((Arc::new(out), 0))
    }

    /// A block that was fetched before.
    fn kept(&self, number: u64) -> Option<Bytes> {
        let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        cache.clock += 1;
        let now = cache.clock;
        let (slot, used) = cache.slots.get_mut(&(self.number, number))?;
        *used = now;
        // One that is on its way is not waited for.
        slot.try_lock().ok()?.clone()
    }

    /// A block, fetched now if it was not; by one thread, if several ask for it.
    fn block(&self, number: u64) -> Result<Bytes> {
        let slot = self.slot(number);
        let mut block = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = &*block {
            return Ok(bytes.clone());
        }
        let start = number * BLOCK;
        let bytes = Arc::new(self.fetch(start, BLOCK.min(self.len.saturating_sub(start)))?);
        *block = Some(bytes.clone());
        Ok(bytes)
    }

    fn slot(&self, number: u64) -> Slot {
        let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        cache.clock += 1;
        let now = cache.clock;
        let key = (self.number, number);
        if cache.slots.len() >= KEPT
            && !cache.slots.contains_key(&key)
            && let Some(oldest) = cache.slots.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key)
        {
            cache.slots.remove(&oldest);
        }
        let (slot, used) = cache.slots.entry(key).or_default();
        *used = now;
        slot.clone()
    }

    fn fetch(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        let bytes = self.store.read("", ByteRange::Part { offset, length })?;
        let bytes = bytes.ok_or_else(|| gone(&*self.store))?;
        match bytes.len() as u64 == length {
            true => Ok(bytes),
            false => Err(Error::storage(format!("{} bytes of {length} were read", bytes.len()))),
        }
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        cache.slots.retain(|(number, _), _| *number != self.number);
    }
}

fn gone(store: &dyn Store) -> Error {
    Error::new(crate::error::ErrorKind::NotFound, format!("there is nothing at `{}`", store.describe()))
}

/// The blocks that a range touches.
fn numbers(offset: u64, len: usize) -> std::ops::Range<u64> {
    offset / BLOCK..offset.saturating_add(len as u64).div_ceil(BLOCK)
}

/// Copies the bytes at `offset` of the object from the blocks that they touch.
fn copy(blocks: &[Bytes], offset: u64, out: &mut [u8]) -> Result<()> {
    let mut start = (offset % BLOCK) as usize;
    let mut done = 0;
    for block in blocks {
        let n = block.len().saturating_sub(start).min(out.len() - done);
        out[done..done + n].copy_from_slice(&block[start..start + n]);
        done += n;
        start = 0;
    }
    match done == out.len() {
        true => Ok(()),
        false => Err(Error::internal("blocks that do not hold the range")),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    /// An object of so many bytes, each told by its position; counts requests.
    #[derive(Debug, Clone, Serialize, Deserialize)]
    struct Counted {
        len: u64,
        #[serde(skip)]
        requests: Arc<AtomicU64>,
    }

    fn byte(position: u64) -> u8 {
        (position * 31 / 7) as u8
    }

    #[typetag::serde(name = "counted for blocks")]
    impl Store for Counted {
        fn read(&self, _: &str, range: ByteRange) -> Result<Option<Vec<u8>>> {
            self.requests.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(std::time::Duration::from_millis(5));
            let (offset, length) = range.within(self.len)?;
            Ok(Some((offset..offset + length).map(byte).collect()))
        }
        fn size(&self, _: &str) -> Result<Option<u64>> {
            Ok(Some(self.len))
        }
        fn list(&self, _: &str) -> Result<Vec<String>> {
            Ok(Vec::new())
        }
        fn describe(&self) -> String {
            "counted".into()
        }
    }

    #[test]
    fn a_block_is_fetched_once_whoever_asks_and_holds_what_lies_there() {
        let store = Counted { len: 10 * BLOCK + 100, requests: Arc::default() };
        let blocks = Blocks::of(Arc::new(store.clone())).unwrap();
        let requests = || store.requests.swap(0, Ordering::Relaxed);
        let near = |offset: u64, len: usize| {
            let (bytes, start) = blocks.read_near(offset, len).unwrap();
            let expected: Vec<u8> = (offset..offset + len as u64).map(byte).collect();
            assert_eq!(bytes[start..start + len], expected, "{offset}+{len}");
        };
        std::thread::scope(|threads| {
            (0..8).for_each(|i| drop(threads.spawn(move || near(BLOCK + 1000 * i, 5000))));
        });
        assert_eq!(requests(), 1);
        near(2 * BLOCK - 10, 20);
        near(10 * BLOCK + 90, 10);
        near(0, 0);
        assert_eq!(requests(), 2);
        near(BLOCK / 2, 5 * BLOCK as usize);
        assert_eq!(requests(), 1);
        let direct = |offset: u64, len: usize| {
            let mut out = vec![0; len];
            blocks.read(offset, &mut out).unwrap();
            assert!((offset..).map(byte).zip(&out).all(|(a, b)| a == *b), "{offset}+{len}");
        };
        direct(2 * BLOCK - 7, 100);
        assert_eq!(requests(), 0);
        direct(5 * BLOCK, 100);
        direct(5 * BLOCK, 100);
        assert_eq!(requests(), 2);
        (0..10).for_each(|n| near(n * BLOCK, 1));
        drop(blocks);
        assert!(CACHE.lock().unwrap().slots.len() <= KEPT);
    }
}
