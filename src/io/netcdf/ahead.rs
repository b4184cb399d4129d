//! Chunks that lie side by side in an object are asked for with one request.

use super::file::RandomFile;
use crate::error::Result;
use crate::source::Traffic;

/// The longest range that is asked for on behalf of several chunks.
const LONGEST: u64 = 4 << 20;

/// What lies between two chunks is read with them up to this size: it takes less time than a request.
const GAP: u64 = 64 << 10;

/// How many chunks are looked at for what lies beside the next one.
const LOOK: usize = 256;

/// Bytes of an object that were read for several chunks; nothing for files of the file system.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    start: u64,
    bytes: Vec<u8>,
}

impl Ahead {
    /// Bytes of memory that it takes at most.
    pub(super) fn scratch_bytes(file: &RandomFile) -> usize {
        if file.is_object() { LONGEST as usize } else { 0 }
    }

    /// Reads the first of some ranges (offset and length), with those after it that lie beside it in the object.
    pub(super) fn fetch(
        &mut self,
        file: &RandomFile,
        mut ranges: impl Iterator<Item = (u64, u64)>,
        io: &Traffic,
    ) -> Result<()> {
        let Some((start, length)) = ranges.next().filter(|_| file.is_object()) else { return Ok(()) };
        if self.held(start, length).is_some() {
            return Ok(());
        }
        let (mut begin, mut end) = (start, start.saturating_add(length));
        // Writers with several threads put chunks down nearly, not quite, in order.
        let mut near: Vec<(u64, u64)> = ranges.take(LOOK).map(|(o, n)| (o, o.saturating_add(n))).collect();
        near.sort_unstable();
        for &(from, to) in near.iter().filter(|r| r.0 >= start) {
            if from > end.saturating_add(GAP) || to.max(end) - begin > LONGEST {
                break;
            }
            end = end.max(to);
        }
        for &(from, to) in near.iter().rev().filter(|r| r.0 < start) {
            if begin > to.saturating_add(GAP) || end - from > LONGEST {
                break;
            }
            begin = begin.min(from);
        }
        self.bytes.clear();
        if end - begin > length {
            file.check(begin, end - begin)?;
            self.bytes.resize((end - begin) as usize, 0);
            self.start = begin;
            file.read(begin, &mut self.bytes, io)?;
        }
        Ok(())
    }

    fn held(&self, offset: u64, length: u64) -> Option<&[u8]> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(from..from.checked_add(usize::try_from(length).ok()?)?)
    }

    /// Fills `out` from the bytes at `offset`: from what was read ahead, else from the file.
    pub(super) fn read(&self, file: &RandomFile, offset: u64, out: &mut [u8], io: &Traffic) -> Result<()> {
        match self.held(offset, out.len() as u64) {
            Some(bytes) => out.copy_from_slice(bytes),
            None => file.read(offset, out, io)?,
        }
        Ok(())
    }
}
