//! Ranges that lie side by side in an object are asked for with one request.

use crate::error::Result;

/// What lies between two ranges is read with them up to this size: it takes less time than a request.
const GAP: u64 = 64 << 10;

/// How many ranges are looked at for what lies beside the next one.
const LOOK: usize = 256;

/// Bytes of an object that were read for several ranges.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    start: u64,
    bytes: Vec<u8>,
}

impl Ahead {
    /// The longest range that is asked for on behalf of several: bytes of memory that this takes at most.
    pub(super) const LONGEST: u64 = 4 << 20;

    /// Reads the first of some ranges (offset and length) by one request with those after it that lie beside it in the object,
    /// unless it is there already, or there are none: then it is not read. `read` puts so many bytes from an offset into what
    /// it is given.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) fn fetch(
        &mut self,
        mut ranges: impl Iterator<Item = (u64, u64)>,
        read: impl FnOnce(u64, u64, &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        let Some((start, length)) = ranges.next() else { return Ok(()) };
        if self.held(start, length).is_some() {
            return Ok(());
        }
        let (mut begin, mut end) = (start, start.saturating_add(length));
        // Writers with several threads put chunks down nearly, not quite, in order.
        let mut near: Vec<(u64, u64)> = ranges.take(LOOK).map(|(o, n)| (o, o.saturating_add(n))).collect();
        near.sort_unstable();
        for &(from, to) in near.iter().filter(|r| r.0 >= start) {
            if from > end.saturating_add(GAP) || to.max(end) - begin > Self::LONGEST {
                break;
            }
            end = end.max(to);
        }
        for &(from, to) in near.iter().rev().filter(|r| r.0 < start) {
            if begin > to.saturating_add(GAP) || end - from > Self::LONGEST {
                break;
            }
            begin = begin.min(from);
        }
        self.bytes.clear();
        if end - begin > length {
            self.start = begin;
            read(begin, end - begin, &mut self.bytes)?;
        }
        Ok(())
    }

    /// The bytes of a range, if they were read.
    pub(super) fn held(&self, offset: u64, length: u64) -> Option<&[u8]> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(from..from.checked_add(usize::try_from(length).ok()?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The requests that some ranges take, one after the other.
    fn requests(ranges: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let mut ahead = Ahead::default();
        let mut asked = Vec::new();
        for k in 0..ranges.len() {
            let read = |offset, length, bytes: &mut Vec<u8>| {
                asked.push((offset, length));
                bytes.resize(length as usize, 0);
                Ok(())
            };
            ahead.fetch(ranges[k..].iter().copied(), read).unwrap();
            let (offset, length) = ranges[k];
            match ahead.held(offset, length) {
                Some(bytes) => assert_eq!(bytes.len() as u64, length),
                None => asked.push(ranges[k]),
            }
        }
        asked
    }

    #[test]
    fn ranges_side_by_side_are_one_request() {
        let near = |gap| [(0, 100), (100 + gap, 100)];
        assert_eq!(requests(&near(0)), [(0, 200)]);
        assert_eq!(requests(&near(GAP)), [(0, 200 + GAP)]);
        assert_eq!(requests(&near(GAP + 1)), [(0, 100), (101 + GAP, 100)]);
        assert_eq!(requests(&[(100, 100), (0, 100)]), [(0, 200)]);
        // One as long as the longest stands alone.
        assert_eq!(requests(&[(0, Ahead::LONGEST), (Ahead::LONGEST, 8)]).len(), 2);
        let many: Vec<_> = (0..16).map(|k| (k << 20, 1 << 20)).collect();
        assert_eq!(requests(&many).len(), 4);
        // What no object has is not added up beyond all numbers.
        assert_eq!(requests(&[(u64::MAX - 1, 1), (u64::MAX, u64::MAX)]).len(), 2);
    }
}
