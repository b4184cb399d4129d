//! One HDF5 dataset as it lies in its file, and reading boxes of it.

use std::sync::OnceLock;

use hdf5_reader::io::Cursor;
use hdf5_reader::messages::HdfMessage;
use hdf5_reader::messages::layout::{ChunkIndexing, DataLayout};
use hdf5_reader::{Dataset, Hdf5File};

use super::super::boxes::{self, Touched};
use super::super::element::Element;
use super::super::file::RandomFile;
use super::super::filters::{Filter, Scratch, with_scratch};
use super::super::pieces::{Piece, Pieces, index_of};
use super::super::strided::Strided;
use super::index::{ChunkIndex, Stored};
use super::{broken, check_size};
use crate::array::{Block, Region};
use crate::error::{Error, Result};
use crate::io::ahead::Ahead;
use crate::source::Traffic;

/// The largest chunk that we decode, and write: HDF5 allows 4 GiB, real files have a few MiB.
pub(in super::super) const LARGEST_CHUNK: usize = 2 << 30;

/// Chunks above this are checked against the size of the file before memory is asked for.
const HUGE_CHUNK: usize = 256 << 20;

/// What it takes to read a dataset.
pub(in super::super) struct StoredVariable {
    dataset: Dataset,
    /// As stored; a variable can be longer along unlimited dimensions.
    shape: Vec<usize>,
    element: Element,
    /// The bytes of an element that was never written.
    fill: Vec<u8>,
    layout: Layout,
    filters: Vec<Filter>,
}

enum Layout {
    /// Nothing was written.
    Nothing,
    /// In the header itself.
    Compact(Vec<u8>),
    Contiguous(Strided),
    Chunked(Chunked),
}

struct Chunked {
    /// Of the index; `None` if no chunk was written.
    address: Option<u64>,
    indexing: Option<ChunkIndexing>,
    /// The shape of a chunk.
    chunk: Vec<u32>,
    lengths: Vec<usize>,
    /// Read when the first value is.
    index: OnceLock<ChunkIndex>,
}

impl StoredVariable {
    /// Reads the header of a dataset.
    pub(in super::super) fn open(file: &RandomFile, hdf5: &Hdf5File, dataset: Dataset) -> Result<Self> {
        let header = hdf5.get_or_parse_header(dataset.address()).map_err(broken)?;
        let shape: Vec<usize> = dataset.shape().iter().map(|&n| n as usize).collect();
        let element = Element::of_hdf5(dataset.dtype(), dataset.vlen_reference_size())?;
        check_size(&shape, element.size())?;
        let mut layout = None;
        let mut filters = Vec::new();
        for message in &header.messages {
            match message {
                HdfMessage::DataLayout(m) => layout = Some(&m.layout),
                HdfMessage::FilterPipeline(m) => filters = m.filters.clone(),
                HdfMessage::ExternalFiles(_) => {
                    return Err(Error::unsupported("variables whose values lie in another file"));
                }
                _ => {}
            }
        }
        let layout = layout.ok_or_else(|| Error::storage("it has no layout"))?;
        let layout = Layout::of(layout, file, hdf5, &dataset, &shape, &element)?;
        if let Layout::Chunked(c) = &layout {
            let bytes = c.lengths.iter().fold(element.size(), |n, &c| n.saturating_mul(c));
            // What the filters can make of a whole file; unwritten chunks can be larger than that.
            let growth = if filters.iter().all(|f| f.id <= 3) { 1100 } else { 1 << 20 };
            if bytes > HUGE_CHUNK && bytes as u64 / growth > file.len() {
                return Err(Error::storage(format!(
                    "chunks of {bytes} bytes cannot be in a file of {}",
                    file.len()
                )));
            }
        }
        let fill = match dataset.fill_value().and_then(|f| f.value.clone()) {
            Some(v) if v.len() == element.size() && !matches!(element, Element::Reference(_)) => v,
            _ => vec![0; element.size()],
        };
        Ok(StoredVariable { dataset, shape, element, fill, layout, filters })
    }

    pub(in super::super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(in super::super) fn element(&self) -> &Element {
        &self.element
    }

    /// The shape of the stored chunks, if there are chunks.
    pub(in super::super) fn chunk(&self) -> Option<&[usize]> {
        match &self.layout {
            Layout::Chunked(c) => Some(&c.lengths),
            _ => None,
        }
    }

    /// Bytes that reading a box takes besides the box.
    pub(in super::super) fn scratch_bytes(&self, file: &RandomFile) -> usize {
        match &self.layout {
            // A chunk as stored, between two filters, and decoded; joined chunks come one by one.
            Layout::Chunked(c) => {
                let stages = if self.filters.is_empty() { 1 } else { 3 };
                let chunk = c.lengths.iter().fold(stages * self.element.size(), |n, &c| n.saturating_mul(c));
                chunk.saturating_add(if file.is_object() { Ahead::LONGEST as usize } else { 0 })
            }
            _ => Strided::SCRATCH,
        }
    }

    pub(in super::super) fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// The pieces in which a variable of `shape` lies in the file; nothing if it lies in the header.
    ///
    /// # Errors
    /// If its chunks are not all stored in the same way, or it ends inside of a chunk before its dimension does.
    pub(in super::super) fn pieces(&self, hdf5: &Hdf5File, shape: &[usize]) -> Result<Option<Pieces>> {
        let (element, fill) = (self.element.clone(), self.fill.clone());
        let chunked = match &self.layout {
            Layout::Compact(_) => return Ok(None),
            Layout::Nothing => {
                let chunk = shape.iter().map(|&n| n.max(1)).collect();
                let (filters, there) = (Vec::new(), Vec::new());
                return Ok(Some(Pieces { element, chunk, filters, fill, there, complete: false }));
            }
            Layout::Contiguous(strided) => return Ok(Some(Pieces::of_strided(&element, fill, strided))),
            Layout::Chunked(c) => c,
        };
        let chunk = chunked.lengths.clone();
        if (self.shape.iter().zip(shape).zip(&chunk)).any(|((stored, n), c)| stored != n && stored % c != 0) {
            return Err(Error::unsupported(
                "a variable that is shorter than its dimension and ends inside of a chunk",
            ));
        }
        let counts = |shape: &[usize]| -> Vec<usize> {
            shape.iter().zip(&chunk).map(|(n, c)| n.div_ceil(*c)).collect()
        };
        let stored_counts = counts(&self.shape);
        let bytes = chunk.iter().fold(element.size(), |n, &c| n.saturating_mul(c));
        let base = hdf5.superblock().base_address;
        let mut there = Vec::new();
        for (number, stored) in
            chunked.index(hdf5, &self.dataset, bytes)?.into_iter().flat_map(ChunkIndex::all)
        {
            if stored.mask != 0 {
                return Err(Error::unsupported(
                    "chunks of which some are compressed in another way than the others",
                ));
            }
            let index = index_of(number, &stored_counts);
            there.push(Piece {
                index,
                offset: stored.address.saturating_add(base),
                length: stored.size.into(),
            });
        }
        let complete = there.len() == counts(shape).iter().product::<usize>();
        Ok(Some(Pieces { element, chunk, filters: self.filters.clone(), fill, there, complete }))
    }

    /// Reads a box; positions beyond the stored shape hold the fill value.
    pub(in super::super) fn read(
        &self,
        file: &RandomFile,
        hdf5: &Hdf5File,
        region: &Region,
        io: &Traffic,
    ) -> Result<Block> {
        let stored = |out: &mut [u8]| {
            let inside = region.intersect(&Region::full(&self.shape));
            if inside.as_ref() != Some(region) {
                self.fill(out);
            }
            match inside {
                Some(inside) => self.read_bytes(file, hdf5, region, &inside, out, io),
                None => Ok(()),
            }
        };
        self.element.block(&region.shape(), stored, |reference| {
            let text = self.dataset.resolve_vlen_reference_bytes(reference, 1).map_err(broken)?;
            io.count_read(text.len());
            Ok(text)
        })
    }

    fn fill(&self, out: &mut [u8]) {
        if self.fill.iter().any(|&b| b != 0) {
            for element in out.chunks_exact_mut(self.fill.len()) {
                element.copy_from_slice(&self.fill);
            }
        } else {
            out.fill(0);
        }
    }

    /// Reads the part `inside` of `region`, which `out` holds.
    fn read_bytes(
        &self,
        file: &RandomFile,
        hdf5: &Hdf5File,
        region: &Region,
        inside: &Region,
        out: &mut [u8],
        io: &Traffic,
    ) -> Result<()> {
        let size = self.element.size();
        match &self.layout {
            Layout::Nothing => self.fill(out),
            Layout::Compact(data) => {
                boxes::copy(size, data, &Region::full(&self.shape), out, region, inside);
            }
            Layout::Contiguous(strided) if region == inside => strided.read(file, inside, out, io)?,
            Layout::Contiguous(strided) => {
                let mut part = vec![0; inside.size() * size];
                strided.read(file, inside, &mut part, io)?;
                boxes::copy(size, &part, inside, out, region, inside);
            }
            Layout::Chunked(c) => {
                with_scratch(|s| self.read_chunks(c, file, hdf5, region, inside, s, out, io))?
            }
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    fn read_chunks(
        &self,
        chunked: &Chunked,
        file: &RandomFile,
        hdf5: &Hdf5File,
        region: &Region,
        inside: &Region,
        scratch: &mut Scratch,
        out: &mut [u8],
        io: &Traffic,
    ) -> Result<()> {
        let size = self.element.size();
        let bytes = size * chunked.lengths.iter().product::<usize>();
        let index = chunked.index(hdf5, &self.dataset, bytes)?;
        let base = hdf5.superblock().base_address;
        let mut ahead = Ahead::default();
        let mut touched = Touched::new(inside, &self.shape, &chunked.lengths);
        loop {
            if file.is_object() {
                let stored = touched.clone().map(|(number, _)| index.and_then(|i| i.get(number)));
                let range = |s: &Stored| (s.address.saturating_add(base), u64::from(s.size));
                // One that was never written comes without a request.
                let ranges = stored.enumerate().filter(|(k, s)| *k == 0 || s.is_some());
                ahead.fetch(ranges.map_while(|(_, s)| s.map(range)), |offset, length, bytes| {
                    file.check(offset, length)?;
                    bytes.resize(length as usize, 0);
                    file.read(offset, bytes, io)
                })?;
            }
            let Some((number, at)) = touched.next() else { break };
            io.check()?;
            let part = at.intersect(inside).expect("it is touched");
            let stored = index.and_then(|i| i.get(number));
            if let Some(stretch) = boxes::stretch(size, region, &at, &part) {
                self.load(file, &ahead, hdf5, stored, scratch, &mut out[stretch], io)?;
                continue;
            }
            let mut chunk = std::mem::take(&mut scratch.chunk);
            chunk.resize(bytes, 0);
            let loaded = self.load(file, &ahead, hdf5, stored, scratch, &mut chunk, io);
            boxes::copy(size, &chunk, &at, out, region, &part);
            scratch.chunk = chunk;
            loaded?;
        }
        Ok(())
    }

    /// Reads and decodes one chunk.
    #[allow(clippy::too_many_arguments)]
    fn load(
        &self,
        file: &RandomFile,
        ahead: &Ahead,
        hdf5: &Hdf5File,
        stored: Option<&Stored>,
        scratch: &mut Scratch,
        out: &mut [u8],
        io: &Traffic,
    ) -> Result<()> {
        let Some(stored) = stored else {
            self.fill(out);
            return Ok(());
        };
        let address = stored.address.saturating_add(hdf5.superblock().base_address);
        let read = |out: &mut [u8]| match ahead.held(address, out.len() as u64) {
            Some(bytes) => {
                out.copy_from_slice(bytes);
                Ok(())
            }
            None => file.read(address, out, io),
        };
        if self.filters.is_empty() && stored.size as usize == out.len() {
            return read(out);
        }
        file.check(address, stored.size.into())?;
        scratch.raw.resize(stored.size as usize, 0);
        read(&mut scratch.raw)?;
        scratch.decode(&self.filters, stored.mask, self.element.size(), out)
    }
}

impl Layout {
    fn of(
        layout: &DataLayout,
        file: &RandomFile,
        hdf5: &Hdf5File,
        dataset: &Dataset,
        shape: &[usize],
        element: &Element,
    ) -> Result<Self> {
        let offset_size = hdf5.superblock().offset_size;
        let written = |address: u64| !Cursor::is_undefined_offset(address, offset_size);
        Ok(match layout {
            DataLayout::Compact { data } => {
                if data.len() < element.size() * shape.iter().product::<usize>() {
                    return Err(Error::storage("it has fewer values than its shape asks for"));
                }
                Layout::Compact(data.clone())
            }
            DataLayout::Contiguous { address, .. } if !written(*address) => Layout::Nothing,
            DataLayout::Contiguous { address, .. } => {
                let start = address.saturating_add(hdf5.superblock().base_address);
                let strided = Strided::contiguous(start, shape, element.size());
                strided.check(file)?;
                Layout::Contiguous(strided)
            }
            DataLayout::Chunked { address, chunk_indexing, .. } => {
                let chunk = dataset.chunks().unwrap_or_default();
                if chunk.len() != shape.len() || chunk.contains(&0) {
                    return Err(Error::storage("its chunks do not fit its shape"));
                }
                let lengths: Vec<usize> = chunk.iter().map(|&n| n as usize).collect();
                let bytes = lengths.iter().fold(element.size(), |n, &c| n.saturating_mul(c));
                if bytes > LARGEST_CHUNK {
                    return Err(Error::unsupported(format!("chunks of {bytes} bytes ({lengths:?})")));
                }
                Layout::Chunked(Chunked {
                    address: Some(*address).filter(|&a| written(a)),
                    indexing: chunk_indexing.clone(),
                    chunk,
                    lengths,
                    index: OnceLock::new(),
                })
            }
        })
    }
}

impl Chunked {
    /// Where the chunks lie, if any was written.
    fn index(&self, hdf5: &Hdf5File, dataset: &Dataset, bytes: usize) -> Result<Option<&ChunkIndex>> {
        let Some(address) = self.address else { return Ok(None) };
        if let Some(index) = self.index.get() {
            return Ok(Some(index));
        }
        let read = ChunkIndex::read(hdf5, dataset, address, &self.chunk, self.indexing.as_ref(), bytes)?;
        Ok(Some(self.index.get_or_init(|| read)))
    }
}
