//! Global heaps: texts and lists of any length, outside of the arrays that refer to them.
//!
//! A collection is up to 65,535 objects behind one another; readers load it whole.

use super::super::plain::HEAP_REFERENCE;
use super::space::Space;
use crate::error::Result;

/// HDF5 reads so much of any collection.
const SMALLEST: u64 = 4096;
/// A collection that holds so much is full; one larger object has a collection to itself.
const FULL: usize = 64 << 10;
const HEAD: u64 = 16;

/// Objects that are written together.
#[derive(Default)]
struct Collection {
    objects: Vec<u8>,
    count: u16,
}

impl Collection {
    fn is_full_for(&self, bytes: &[u8]) -> bool {
        self.count == u16::MAX || (self.count > 0 && self.objects.len() + bytes.len() > FULL)
    }

    /// The number of the object in the collection: they count from 1.
    fn push(&mut self, bytes: &[u8]) -> u16 {
        self.count += 1;
        // Behind it a count of references, which the library leaves at 0.
        self.objects.extend(self.count.to_le_bytes());
        self.objects.extend([0; 6]);
        self.objects.extend((bytes.len() as u64).to_le_bytes());
        self.objects.extend(bytes);
        self.objects.resize(self.objects.len().next_multiple_of(8), 0);
        self.count
    }

    fn size(&self) -> u64 {
        (HEAD + self.objects.len() as u64).max(SMALLEST)
    }

    fn encode(self) -> Vec<u8> {
        let size = self.size();
        let mut out = b"GCOL\x01\0\0\0".to_vec();
        out.extend(size.to_le_bytes());
        out.extend(self.objects);
        // What is left is object 0, if it has room for its own head.
        let left = size - out.len() as u64;
        if left >= HEAD {
            out.extend([0; 8]);
            out.extend(left.to_le_bytes());
        }
        out.resize(size as usize, 0);
        out
    }
}

/// A reference to an object of so many elements.
fn reference(elements: usize, collection: u64, number: u16) -> [u8; HEAP_REFERENCE] {
    let mut out = [0; HEAP_REFERENCE];
    out[..4].copy_from_slice(&(elements as u32).to_le_bytes());
    out[4..12].copy_from_slice(&collection.to_le_bytes());
    out[12..].copy_from_slice(&u32::from(number).to_le_bytes());
    out
}

/// Writes texts, as many together as fit; gives the references to them.
pub(super) fn write_texts<'a>(space: &Space, texts: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(texts.size_hint().0 * HEAP_REFERENCE);
    let mut collection = Collection::default();
    let mut pending: Vec<(usize, u16)> = Vec::new();
    let mut seal = |collection: &mut Collection, pending: &mut Vec<(usize, u16)>| -> Result<()> {
        let full = std::mem::take(collection);
        if full.count > 0 {
            let at = space.put(&full.encode())?;
            pending.drain(..).for_each(|(len, number)| out.extend(reference(len, at, number)));
        }
        Ok(())
    };
    for text in texts {
        if collection.is_full_for(text) {
            seal(&mut collection, &mut pending)?;
        }
        pending.push((text.len(), collection.push(text)));
    }
    seal(&mut collection, &mut pending)?;
    Ok(out)
}

/// What attributes refer to. It is filled twice, in the same order: the first time tells how large the collections will
/// be, and with that where they lie.
#[derive(Default)]
pub(super) struct Heap {
    collections: Vec<Collection>,
    addresses: Vec<u64>,
}

impl Heap {
    /// Adds an object of so many elements; gives the reference to it, true if the heap has its place.
    pub(super) fn insert(&mut self, bytes: &[u8], elements: usize) -> [u8; HEAP_REFERENCE] {
        if self.collections.last().is_none_or(|c| c.is_full_for(bytes)) {
            self.collections.push(Collection::default());
        }
        let last = self.collections.len() - 1;
        let number = self.collections[last].push(bytes);
        reference(elements, self.addresses.get(last).copied().unwrap_or(0), number)
    }

    /// An empty heap with the places of all that this one holds.
    pub(super) fn placed(self, space: &Space) -> Result<Heap> {
        let addresses = self.collections.iter().map(|c| space.reserve(c.size())).collect::<Result<_>>()?;
        Ok(Heap { collections: Vec::new(), addresses })
    }

    pub(super) fn write(self, space: &Space) -> Result<()> {
        for (collection, at) in self.collections.into_iter().zip(self.addresses) {
            space.write(at, &collection.encode())?;
        }
        Ok(())
    }
}
