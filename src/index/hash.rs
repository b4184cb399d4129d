//! Labels in no order: found by a hash map, made when it is first asked.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, OnceLock};

use super::key::{self, Key};
use super::lookup::{self, Found, Lookup};
use super::merge::{self, Sorted};
use super::search::Direction;
use super::{Index, Label, Method, Positions};
use crate::array::Block;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::time::Resolution;

/// An index of any labels.
#[derive(Debug)]
pub struct HashIndex {
    labels: Block,
    map: OnceLock<Map>,
    /// For long lists: walking along with sorted labels is faster than as many jumps into a map.
    sorted: OnceLock<Option<Sorted>>,
}

#[derive(Debug)]
struct Map {
    first: HashMap<Key, usize, BuildHasherDefault<Mix>>,
    /// For each position the next one with the same label, or `END`.
    next: Vec<usize>,
}

/// Multiplies and folds: labels are hashed by the million, and nobody picks them to collide.
#[derive(Default)]
pub(crate) struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, v: u64) {
        // The odd number nearest to 2^64 over the golden ratio (Knuth's multiplicative hashing).
        let product = u128::from(self.0 ^ v ^ 0xa076_1d64_78bd_642f) * 0x9e37_79b9_7f4a_7c15;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

const END: usize = usize::MAX;

impl HashIndex {
    /// The index of a block of rank 1.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::index::{HashIndex, Index};
    /// let index = HashIndex::new(&Block::from_vec(&[3], vec![30i64, 10, 20])?);
    /// let wanted = Block::from_vec(&[2], vec![20i64, 99])?;
    /// assert_eq!(index.positions_of(&wanted, Method::Exact, None)?, [2, -1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new(labels: &Block) -> HashIndex {
        HashIndex { labels: labels.clone().contiguous(), map: OnceLock::new(), sorted: OnceLock::new() }
    }

    /// The labels in order, if they are numbers or times of which none is missing.
    pub(super) fn sorted(&self) -> Option<&Sorted> {
        self.sorted.get_or_init(|| Sorted::of(&self.labels)).as_ref()
    }

    fn map(&self) -> &Map {
        self.map.get_or_init(|| {
            let keys = key::keys(&self.labels);
            let mut next = vec![END; keys.len()];
            let mut first = HashMap::with_capacity_and_hasher(keys.len(), Default::default());
            // Backwards, so that the chains rise.
            for (i, key) in keys.into_iter().enumerate().rev() {
                if let Some(later) = first.insert(key, i) {
                    next[i] = later;
                }
            }
            Map { first, next }
        })
    }
}

impl Lookup for HashIndex {
    fn count(&self) -> usize {
        self.labels.size()
    }

    fn label_dtype(&self) -> DType {
        self.labels.dtype()
    }

    fn key(&self, position: usize) -> Key {
        key::key_at(&self.labels, position)
    }

    fn direction(&self) -> Option<Direction> {
        None
    }

    fn find(&self, key: &Key) -> Found {
        let map = self.map();
        let Some(&first) = map.first.get(key) else { return Found::Run(0..0) };
        let mut at = map.next[first];
        if at == END {
            return Found::Run(first..first + 1);
        }
        let mut all = vec![first];
        while at != END {
            all.push(at);
            at = map.next[at];
        }
        let run = first..first + all.len();
        if all.last() == Some(&(run.end - 1)) { Found::Run(run) } else { Found::Scattered(all) }
    }

    fn find_all(&self, labels: &Block) -> Option<Vec<i64>> {
        let sorted = self.sorted().filter(|s| s.unique)?;
        let found = merge::find_all(&sorted.labels, Direction::Rising, labels)?;
        match sorted.unsorted(Positions::Many(found)) {
            Positions::Many(found) => Some(found),
            _ => None,
        }
    }

    fn unique(&self) -> bool {
        match self.sorted() {
            Some(sorted) => sorted.unique,
            None => self.map().first.len() == self.count(),
        }
    }

    fn resolution(&self) -> Resolution {
        super::time::resolution(&self.labels)
    }
}

impl Index for HashIndex {
    fn len(&self) -> usize {
        self.count()
    }

    fn labels(&self) -> Block {
        self.labels.clone()
    }

    fn dtype(&self) -> DType {
        self.labels.dtype()
    }

    fn select(&self, label: &Label, method: Method, tolerance: Option<&Scalar>) -> Result<Positions> {
        lookup::select(self, label, method, tolerance)
    }

    fn positions_of(&self, labels: &Block, method: Method, tolerance: Option<&Scalar>) -> Result<Vec<i64>> {
        lookup::positions_of(self, labels, method, tolerance)
    }

    fn take(&self, positions: &Positions) -> Arc<dyn Index> {
        super::of_labels(&super::merge::take(&self.labels, positions))
    }

    fn is_unique(&self) -> bool {
        self.unique()
    }

    fn equals(&self, other: &dyn Index) -> bool {
        super::same_labels(self, other)
    }
}
