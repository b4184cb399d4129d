//! Where the chunks of an HDF5 dataset lie in its file.

use hdf5_reader::btree_v1::{BTreeV1Key, collect_btree_v1_leaves_storage};
use hdf5_reader::chunk_index::{
    ChunkEntry, collect_implicit_chunk_entries, collect_v2_chunk_entries_storage, single_chunk_entry,
};
use hdf5_reader::extensible_array::collect_extensible_array_chunk_entries_storage;
use hdf5_reader::fixed_array::collect_fixed_array_chunk_entries_storage;
use hdf5_reader::messages::layout::ChunkIndexing;
use hdf5_reader::{Dataset, Hdf5File};

use super::broken;
use crate::error::{Error, Result};

/// One stored chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored {
    /// Row-major number of the chunk in the grid.
    number: u64,
    /// Position in the file.
    pub(super) address: u64,
    /// Bytes in the file.
    pub(super) size: u32,
    /// Bits of filters that were left out.
    pub(super) mask: u32,
}

/// The stored chunks of a dataset in the order of their numbers.
#[derive(Debug)]
pub(super) struct ChunkIndex(Vec<Stored>);

impl ChunkIndex {
    /// Reads the whole index of a dataset with these chunks, each of `bytes` bytes.
    pub(super) fn read(
        hdf5: &Hdf5File,
        dataset: &Dataset,
        address: u64,
        chunk: &[u32],
        indexing: Option<&ChunkIndexing>,
        bytes: usize,
    ) -> Result<Self> {
        let damaged = || Error::storage("the index of the chunks is damaged");
        let entries = entries(hdf5, dataset, address, chunk, indexing).map_err(broken)?;
        let mut out = Vec::with_capacity(entries.len());
        for e in entries {
            if e.offsets.len() != chunk.len() {
                return Err(damaged());
            }
            // Chunks beyond the shape are left over from a time when the dataset was larger.
            if e.offsets.iter().zip(dataset.shape()).any(|(o, n)| o >= n) {
                continue;
            }
            let mut number = 0u64;
            for ((&offset, &c), &n) in e.offsets.iter().zip(chunk).zip(dataset.shape()) {
                if offset % u64::from(c) != 0 {
                    return Err(damaged());
                }
                // Below the number of elements, which was checked to be small enough.
                number = number * n.div_ceil(u64::from(c)) + offset / u64::from(c);
            }
            // Some indexes give no size for chunks without filters.
            let size = if e.size == 0 { bytes as u64 } else { e.size };
            let size = u32::try_from(size).map_err(|_| damaged())?;
            out.push(Stored { number, address: e.address, size, mask: e.filter_mask });
        }
        out.sort_unstable_by_key(|s| s.number);
        if out.windows(2).any(|w| w[0].number == w[1].number) {
            return Err(damaged());
        }
        Ok(ChunkIndex(out))
    }

    /// All chunks with their numbers, in the order of these.
    pub(super) fn all(&self) -> impl Iterator<Item = (u64, &Stored)> {
        self.0.iter().map(|s| (s.number, s))
    }

    /// The chunk with a number, if it was ever written.
    pub(super) fn get(&self, number: u64) -> Option<&Stored> {
        self.0.binary_search_by_key(&number, |s| s.number).ok().map(|i| &self.0[i])
    }
}

fn entries(
    hdf5: &Hdf5File,
    d: &Dataset,
    address: u64,
    chunk: &[u32],
    indexing: Option<&ChunkIndexing>,
) -> hdf5_reader::error::Result<Vec<ChunkEntry>> {
    let (storage, shape) = (hdf5.storage(), d.shape());
    let (offset, length) = (hdf5.superblock().offset_size, hdf5.superblock().length_size);
    let ndim = chunk.len() as u32;
    match indexing {
        None => {
            let leaves =
                collect_btree_v1_leaves_storage(storage, address, offset, length, Some(ndim), chunk, None)?;
            let entry = |(key, address)| match key {
                BTreeV1Key::RawData { chunk_size, filter_mask, mut offsets } => {
                    // The last one counts bytes inside an element.
                    offsets.truncate(chunk.len());
                    Some(ChunkEntry { address, size: chunk_size.into(), filter_mask, offsets })
                }
                BTreeV1Key::Group { .. } => None,
            };
            Ok(leaves.into_iter().filter_map(entry).collect())
        }
        Some(ChunkIndexing::SingleChunk { filtered_size, filters }) => {
            Ok(vec![single_chunk_entry(address, *filtered_size, *filters, chunk.len())])
        }
        Some(ChunkIndexing::Implicit) => {
            let element = d.raw_element_size()?;
            collect_implicit_chunk_entries(address, shape, chunk, element, None, storage.len())
        }
        Some(ChunkIndexing::FixedArray { .. }) => {
            collect_fixed_array_chunk_entries_storage(storage, address, offset, length, shape, chunk, None)
        }
        Some(ChunkIndexing::ExtensibleArray { .. }) => {
            let max = d.max_dims();
            collect_extensible_array_chunk_entries_storage(
                storage, address, offset, length, shape, max, chunk, None,
            )
        }
        Some(ChunkIndexing::BTreeV2) => {
            collect_v2_chunk_entries_storage(storage, address, offset, length, ndim, chunk, None)
        }
    }
}
