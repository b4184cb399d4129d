//! NetCDF4 files, written by us: HDF5 with what netCDF-C expects of it.
//!
//! Chunks are filtered by the threads that have them, get a place from a counter and are written there at once, side by
//! side. What is kept of a chunk is where it lies: 24 bytes. Headers, heaps of attributes and indexes of chunks follow at
//! the end, the superblock last: before that the file is none.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html>
//! <https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html>

mod attributes;
mod dense;
mod filters;
mod header;
mod headers;
mod heap;
mod messages;
mod objects;
mod space;
mod superblock;
mod tree;
mod types;

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::super::boxes::{self, Touched};
use super::super::strided::Strided;
use super::definition::{Defined, Definition};
use super::{Writer, plain};
use crate::array::{Block, Region};
use crate::dtype::DType;
use crate::error::{Context, Error, Result};
use crate::source::Traffic;

use filters::{Filters, with_scratch};
use space::Space;
use tree::{Chunk, StoredGrid};

/// A NetCDF4 file that is being written.
pub(super) struct Hdf5Writer {
    space: Space,
    groups: Vec<Definition>,
    variables: Vec<Placed>,
}

/// Where the values of a variable go.
struct Placed {
    shape: Vec<usize>,
    element: usize,
    /// The bytes of an element that was never written.
    fill: Option<Vec<u8>>,
    storage: Storage,
}

enum Storage {
    /// Behind one another, at a place that is known; nowhere if there is nothing.
    Contiguous {
        place: Option<Strided>,
        bytes: u64,
    },
    Chunked {
        grid: StoredGrid,
        filters: Filters,
        written: Mutex<Vec<Chunk>>,
    },
}

/// Where the values of a variable lie, when all are written.
enum Stored<'a> {
    Contiguous { address: u64, bytes: u64 },
    Chunked { address: u64, grid: &'a StoredGrid, filters: &'a Filters },
}

impl Hdf5Writer {
    pub(super) fn create(path: &Path, groups: Vec<Definition>) -> Result<Self> {
        let space = Space::create(path)?;
        let all = groups.iter().flat_map(|g| &g.variables);
        let variables = all
            .map(|v| Placed::of(v, &space).at(|| format!("variable `{}`", v.name)))
            .collect::<Result<_>>()?;
        Ok(Hdf5Writer { space, groups, variables })
    }
}

impl Writer for Hdf5Writer {
    fn write(&self, variable: usize, region: &Region, block: &Block, io: &Traffic) -> Result<()> {
        let v = &self.variables[variable];
        let bytes: Cow<'_, [u8]> = match block.dtype() {
            DType::Str => {
                let texts = plain::texts(block)?.map(|text| {
                    io.count_written(text.len());
                    text.as_bytes()
                });
                heap::write_texts(&self.space, texts)?.into()
            }
            _ => plain::bytes(block)?,
        };
        match &v.storage {
            Storage::Contiguous { place: None, .. } => Ok(()),
            Storage::Contiguous { place: Some(place), .. } => {
                place.runs(region, &bytes, |at, run| self.space.write(at, run))?;
                io.count_written(bytes.len());
                Ok(())
            }
            Storage::Chunked { grid, filters, written } => {
                // Chunks of one call lie side by side, whatever other threads write meanwhile: readers fetch them together.
                let touched: Vec<_> = Touched::new(region, &v.shape, &grid.chunk).collect();
                let (mut chunks, mut packed) = (Vec::with_capacity(touched.len()), Vec::new());
                for (number, at) in &touched {
                    io.check()?;
                    let store = |stored: &[u8]| match touched.len() {
                        1 => self.space.put(stored),
                        _ => {
                            packed.extend_from_slice(stored);
                            Ok((packed.len() - stored.len()) as u64)
                        }
                    };
                    chunks.push(store_chunk(v, filters, *number, (region, &bytes), at, store)?);
                }
                if !packed.is_empty() {
                    let first = self.space.put(&packed)?;
                    chunks.iter_mut().for_each(|chunk| chunk.address += first);
                }
                io.count_written(chunks.iter().map(|c| c.bytes as usize).sum());
                written.lock().unwrap_or_else(PoisonError::into_inner).extend(chunks);
                Ok(())
            }
        }
    }

    fn finish(&self) -> Result<()> {
        let stored = self.variables.iter().map(|v| v.stored(&self.space)).collect::<Result<Vec<_>>>()?;
        let root = headers::write(&self.space, &self.groups, &self.variables, &stored)?;
        self.space.finish(root)
    }
}

impl Placed {
    fn of(v: &Defined, space: &Space) -> Result<Self> {
        let element = v.element();
        let fill = match v.dtype {
            DType::Str => None,
            _ => Some(plain::bytes(&v.fill_or_default()?)?.into_owned()),
        };
        let storage = match &v.chunk {
            None => {
                let bytes = v.shape.iter().fold(element as u64, |n, &len| n.saturating_mul(len as u64));
                let place = match bytes {
                    0 => None,
                    _ => Some(Strided::contiguous(space.reserve(bytes)?, &v.shape, element)),
                };
                Storage::Contiguous { place, bytes }
            }
            Some(chunk) => {
                let counts = v.shape.iter().zip(chunk).map(|(n, c)| n.div_ceil(*c) as u64).collect();
                let shuffle = v.shuffle.then_some(element);
                let filters = Filters { shuffle, compressor: v.compressor, checksum: v.fletcher32 };
                let grid = StoredGrid { counts, chunk: chunk.clone(), element };
                Storage::Chunked { grid, filters, written: Mutex::default() }
            }
        };
        Ok(Placed { shape: v.shape.clone(), element, fill, storage })
    }

    /// Writes the index of the chunks.
    fn stored(&self, space: &Space) -> Result<Stored<'_>> {
        Ok(match &self.storage {
            Storage::Contiguous { place, bytes } => Stored::Contiguous {
                address: place.as_ref().map_or(superblock::NOWHERE, Strided::offset),
                bytes: *bytes,
            },
            Storage::Chunked { grid, filters, written } => {
                let chunks = std::mem::take(&mut *written.lock().unwrap_or_else(PoisonError::into_inner));
                Stored::Chunked { address: tree::write(space, grid, chunks)?, grid, filters }
            }
        })
    }
}

/// Gives the chunk `at` of a block (of a region) to `store`, filtered; that tells the address.
fn store_chunk(
    v: &Placed,
    filters: &Filters,
    number: u64,
    (region, bytes): (&Region, &[u8]),
    at: &Region,
    store: impl FnOnce(&[u8]) -> Result<u64>,
) -> Result<Chunk> {
    let size = v.element;
    let store = |stored: &[u8]| {
        let bytes = u32::try_from(stored.len())
            .map_err(|_| Error::unsupported(format!("chunks of {} bytes", stored.len())))?;
        Ok(Chunk { number, address: store(stored)?, bytes })
    };
    let part = at.intersect(region).ok_or_else(|| Error::internal("a chunk is touched"))?;
    with_scratch(|scratch| {
        if let Some(stretch) = boxes::stretch(size, region, at, &part) {
            return filters.apply(&bytes[stretch], scratch, store);
        }
        let mut chunk = std::mem::take(&mut scratch.chunk);
        chunk.clear();
        chunk.resize(at.size() * size, 0);
        // What lies beyond the shape is seen when the dimension grows.
        if let Some(fill) = v.fill.as_ref().filter(|_| part != *at) {
            chunk.chunks_exact_mut(size).for_each(|e| e.copy_from_slice(fill));
        }
        boxes::copy(size, bytes, region, &mut chunk, at, &part);
        let written = filters.apply(&chunk, scratch, store);
        scratch.chunk = chunk;
        written
    })
}
