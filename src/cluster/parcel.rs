//! Blocks of several chunks as one buffer: what travels between workers, and what a shared store keeps.
//!
//! `GRATPRCL | u64 bytes of the table | the table (MessagePack) | padding to 8 | the elements of each block`. The table says of
//! each entry whose it is, and of each block its dtype, its shape and where its elements lie.

use serde::{Deserialize, Serialize};

use crate::array::Block;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::lazy::State;

const MAGIC: &[u8; 8] = b"GRATPRCL";

/// Elements begin at multiples of this.
const ALIGNMENT: usize = 8;

/// The blocks of a chunk, or the states of one of its segments: a list for each reduction.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) stage: usize,
    pub(crate) chunk: usize,
    lists: Vec<Vec<Piece>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Piece {
    dtype: DType,
    shape: Vec<usize>,
    /// From where the table ends.
    offset: u64,
    bytes: u64,
}

/// Puts a parcel together.
#[derive(Default)]
pub(crate) struct Packing {
    entries: Vec<Entry>,
    data: Vec<u8>,
}

impl Packing {
    /// Adds the blocks of a chunk.
    pub(crate) fn add_blocks(&mut self, stage: usize, chunk: usize, blocks: &[Block]) {
        let list = blocks.iter().map(|b| self.piece(b)).collect();
        self.entries.push(Entry { stage, chunk, lists: vec![list] });
    }

    /// Adds the states of a segment.
    pub(crate) fn add_states(&mut self, stage: usize, chunk: usize, states: &[State]) {
        let lists = states.iter().map(|state| state.iter().map(|b| self.piece(b)).collect()).collect();
        self.entries.push(Entry { stage, chunk, lists });
    }

    fn piece(&mut self, block: &Block) -> Piece {
        self.data.resize(self.data.len().next_multiple_of(ALIGNMENT), 0);
        let offset = self.data.len();
        self.data.reserve(block.nbytes());
        block.append_bytes(&mut self.data);
        Piece {
            dtype: block.dtype(),
            shape: block.shape().to_vec(),
            offset: offset as u64,
            bytes: (self.data.len() - offset) as u64,
        }
    }

    /// The parcel; no bytes at all where nothing is in it.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub(crate) fn finish(self) -> Result<Vec<u8>> {
        if self.entries.is_empty() {
            return Ok(Vec::new());
        }
        let table = rmp_serde::to_vec(&self.entries)
            .map_err(|e| Error::internal("a parcel's table cannot be written").caused_by(e))?;
        let mut head = MAGIC.to_vec();
        head.extend((table.len() as u64).to_le_bytes());
        head.extend(table);
        head.resize(head.len().next_multiple_of(ALIGNMENT), 0);
        let mut all = self.data;
        all.reserve_exact(head.len());
        all.splice(0..0, head);
        Ok(all)
    }
}

/// A parcel that has come.
#[derive(Debug)]
pub(crate) struct Parcel<'a> {
    entries: Vec<Entry>,
    data: &'a [u8],
}

impl<'a> Parcel<'a> {
    /// Reads the table; blocks are made when they are asked for.
    ///
    /// # Errors
    /// If the bytes are not a parcel.
    pub(crate) fn of(bytes: &'a [u8]) -> Result<Self> {
        let wrong = || Error::storage(format!("{} bytes are not a parcel of blocks", bytes.len()));
        if bytes.is_empty() {
            return Ok(Parcel { entries: Vec::new(), data: &[] });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(wrong)?;
        let (len, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| wrong())?;
        let table = rest.get(..len).ok_or_else(wrong)?;
        let entries = rmp_serde::from_slice(table).map_err(|e| wrong().caused_by(e))?;
        let begin = (MAGIC.len() + 8 + len).next_multiple_of(ALIGNMENT);
        let parcel = Parcel { entries, data: bytes.get(begin..).ok_or_else(wrong)? };
        // Whoever asks for blocks later finds them all.
        let pieces = parcel.entries.iter().flat_map(|e| &e.lists).flatten();
        pieces.into_iter().try_for_each(|piece| parcel.bytes_of(piece).map(drop))?;
        Ok(parcel)
    }

    /// What is in it.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The blocks of an entry, or the states: a list for each reduction.
    ///
    /// # Errors
    /// If the parcel is not whole.
    pub(crate) fn lists(&self, entry: usize) -> Result<Vec<Vec<Block>>> {
        let lists = self.entries[entry].lists.iter();
        lists.map(|list| list.iter().map(|piece| self.block(piece)).collect()).collect()
    }

    /// The blocks of an entry.
    ///
    /// # Errors
    /// If the parcel is not whole.
    pub(crate) fn blocks(&self, entry: usize) -> Result<Vec<Block>> {
        Ok(self.lists(entry)?.into_iter().flatten().collect())
    }

    fn block(&self, piece: &Piece) -> Result<Block> {
        Block::from_bytes(piece.dtype, &piece.shape, self.bytes_of(piece)?)
    }

    fn bytes_of(&self, piece: &Piece) -> Result<&'a [u8]> {
        let end = piece.offset.checked_add(piece.bytes);
        let part = end.and_then(|end| self.data.get(piece.offset as usize..end as usize));
        part.ok_or_else(|| Error::storage("a parcel of blocks is cut off"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::Text;

    fn packed() -> Vec<u8> {
        let mut packing = Packing::default();
        packing.add_blocks(3, 7, &[Block::from([1.5, f64::NAN]), Block::from([true])]);
        packing.add_blocks(3, 8, &[Block::from(vec![Text::MISSING, Text::from("é")])]);
        packing.add_states(0, 1, &[vec![Block::from([1u8, 2, 3])], vec![]]);
        packing.finish().unwrap()
    }

    #[test]
    fn what_was_packed_comes_out() {
        let bytes = packed();
        let parcel = Parcel::of(&bytes).unwrap();
        let whose: Vec<_> = parcel.entries().iter().map(|e| (e.stage, e.chunk)).collect();
        assert_eq!(whose, [(3, 7), (3, 8), (0, 1)]);
        assert_eq!(parcel.blocks(0).unwrap(), [Block::from([1.5, f64::NAN]), Block::from([true])]);
        assert_eq!(parcel.blocks(1).unwrap(), [Block::from(vec![Text::MISSING, Text::from("é")])]);
        assert_eq!(parcel.lists(2).unwrap(), [vec![Block::from([1u8, 2, 3])], vec![]]);
        assert!(Parcel::of(&[]).unwrap().entries().is_empty());
    }

    #[test]
    fn what_is_cut_off_or_changed_is_an_error_and_no_panic() {
        let bytes = packed();
        for len in 1..bytes.len() {
            if let Ok(parcel) = Parcel::of(&bytes[..len]) {
                let all: Result<Vec<_>> = (0..parcel.entries().len()).map(|i| parcel.lists(i)).collect();
                assert!(all.is_err(), "{len}");
            }
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x91;
            if let Ok(parcel) = Parcel::of(&changed) {
                (0..parcel.entries().len()).for_each(|i| drop(parcel.lists(i)));
            }
        }
    }
}
