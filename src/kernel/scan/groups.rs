//! Which running values the positions along an axis add to, where each group has values of its own.
//!
//! Within a chunk every group that is under way has a slot; that of a group without further members goes to the
//! next one. So groups that follow one another need a slot or two, however many they are.

use std::ops::Range;

use crate::array::AxisGrid;

/// The first member of a group that did not occur before: its slot starts anew.
const FRESH: u32 = 1 << 31;
/// A member of a group that goes on in a later chunk.
const KEPT: u32 = 1 << 30;

/// Groups along an axis in chunks.
#[derive(Debug)]
pub(crate) struct GroupChunks {
    /// The slot of each position along the axis, with marks.
    slots: Vec<u32>,
    chunks: Vec<GroupChunk>,
    /// Where the groups that are open in each chunk begin among those of all.
    first_open: Vec<usize>,
}

/// What a chunk has of groups.
#[derive(Debug, Default)]
struct GroupChunk {
    /// How many slots there are.
    count: usize,
    /// For each group that occurs in earlier chunks too where to find it; they have the first slots.
    open: Vec<Earlier>,
    /// The slots of groups that occur in later chunks too.
    kept: Vec<u32>,
}

/// A group in the last chunk that it occurred in.
#[derive(Debug, Clone, Copy)]
struct Earlier {
    chunk: usize,
    /// Its place among those that this chunk keeps.
    kept: usize,
    /// Its place among those that are open there.
    open: Option<usize>,
}

impl GroupChunks {
    /// The group of each position along an axis of these chunks, each less than `count`.
    pub(crate) fn new(codes: &[i32], count: usize, grid: &AxisGrid) -> GroupChunks {
        const NONE: u32 = u32::MAX;
        let mut last = vec![0; count];
        codes.iter().enumerate().for_each(|(row, code)| last[*code as usize] = row);
        let mut earlier: Vec<Option<Earlier>> = vec![None; count];
        let mut slot_of = vec![NONE; count];
        let mut slots = Vec::with_capacity(codes.len());
        let (mut chunks, mut first_open) = (Vec::with_capacity(grid.count()), vec![0]);
        for number in 0..grid.count() {
            let rows = grid.chunk(number);
            let mut chunk = GroupChunk::default();
            let mut here: Vec<(usize, Option<usize>)> = Vec::new();
            for code in &codes[rows.clone()] {
                let code = *code as usize;
                if slot_of[code] == NONE
                    && let Some(group) = earlier[code]
                {
                    slot_of[code] = chunk.open.len() as u32;
                    here.push((code, Some(chunk.open.len())));
                    chunk.open.push(group);
                }
            }
            chunk.count = chunk.open.len();
            let mut free: Vec<u32> = Vec::new();
            for row in rows.clone() {
                let code = codes[row] as usize;
                let mut marks = 0;
                if slot_of[code] == NONE {
                    slot_of[code] = free.pop().unwrap_or(chunk.count as u32);
                    chunk.count = chunk.count.max(slot_of[code] as usize + 1);
                    here.push((code, None));
                    marks = FRESH;
                }
                if last[code] >= rows.end {
                    marks |= KEPT;
                } else if last[code] == row {
                    free.push(slot_of[code]);
                }
                slots.push(slot_of[code] | marks);
            }
            for (code, open) in here {
                if last[code] >= rows.end {
                    earlier[code] = Some(Earlier { chunk: number, kept: chunk.kept.len(), open });
                    chunk.kept.push(slot_of[code]);
                }
                slot_of[code] = NONE;
            }
            first_open.push(first_open[number] + chunk.open.len());
            chunks.push(chunk);
        }
        GroupChunks { slots, chunks, first_open }
    }

    /// Where the groups that are open at the start of these chunks lie among those of all.
    pub(crate) fn places(&self, chunks: Range<usize>) -> Range<usize> {
        self.first_open[chunks.start]..self.first_open[chunks.end]
    }

    /// How many groups are under way at once in a chunk.
    pub(crate) fn slots(&self, chunk: usize) -> usize {
        self.chunks[chunk].count
    }

    /// The rows `at` of a chunk.
    pub(super) fn rows(&self, chunk: usize, at: Range<usize>) -> Rows<'_> {
        let GroupChunk { count, open, kept } = &self.chunks[chunk];
        Rows { slots: &self.slots[at], count: *count, open: open.len(), kept }
    }

    /// How many chunks there are.
    pub(super) fn count(&self) -> usize {
        self.chunks.len()
    }

    /// For each group that is open in a chunk the chunk that had it last, its place among those that this one
    /// keeps, and among those of all that are open if it was open there.
    pub(super) fn sources(&self, chunk: usize) -> impl Iterator<Item = (usize, usize, Option<usize>)> + '_ {
        let place = |e: &Earlier| (e.chunk, e.kept, e.open.map(|open| self.first_open[e.chunk] + open));
        self.chunks[chunk].open.iter().map(place)
    }
}

/// Rows of a chunk along an axis, and the running values that they add to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    /// None where all rows add to the same.
    slots: &'a [u32],
    /// How many running values there are.
    pub(super) count: usize,
    /// How many of them, the first ones, start from what came before.
    pub(super) open: usize,
    /// Which of them go on in later chunks.
    pub(super) kept: &'a [u32],
}

/// Rows that follow one another and add to the same.
#[derive(Debug, PartialEq)]
pub(super) struct Run {
    pub(super) rows: Range<usize>,
    pub(super) slot: usize,
    /// Whether the running value starts anew.
    pub(super) fresh: bool,
    /// Whether it goes on in later chunks.
    pub(super) kept: bool,
}

impl Rows<'_> {
    /// Rows of one running value.
    pub(super) const ALL: Rows<'static> = Rows { slots: &[], count: 1, open: 1, kept: &[0] };

    /// The runs of `n` rows.
    pub(super) fn runs(self, n: usize) -> impl Iterator<Item = Run> {
        let mut start = 0;
        std::iter::from_fn(move || {
            if start == n {
                return None;
            }
            let Some(first) = self.slots.get(start) else {
                start = n;
                return Some(Run { rows: 0..n, slot: 0, fresh: false, kept: true });
            };
            let same = first & !FRESH;
            let more = self.slots[start + 1..].iter().take_while(|s| **s == same).count();
            let rows = start..start + 1 + more;
            start = rows.end;
            let (fresh, kept) = (first & FRESH != 0, first & KEPT != 0);
            Some(Run { rows, slot: (first & !(FRESH | KEPT)) as usize, fresh, kept })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_follow_one_another_share_a_slot() {
        let codes: Vec<i32> = (0..100).map(|i| i / 3).collect();
        let groups = GroupChunks::new(&codes, 34, &AxisGrid::regular(100, 10));
        assert!((0..10).all(|c| groups.slots(c) <= 2));
        // Every third chunk begins with a group.
        assert_eq!([groups.places(0..1), groups.places(0..4), groups.places(4..10)], [0..0, 0..2, 2..6]);
        let alone = GroupChunks::new(&codes, 34, &AxisGrid::regular(100, 9));
        assert!(alone.places(0..12).is_empty());
    }

    #[test]
    fn groups_are_found_in_the_chunk_that_had_them_last() {
        let codes = [0, 1, 0, 2, 1, 1, 0, 2];
        let groups = GroupChunks::new(&codes, 3, &AxisGrid::regular(8, 2));
        let sources = |chunk| groups.sources(chunk).collect::<Vec<_>>();
        assert_eq!(sources(1), [(0, 0, None)]);
        assert_eq!(sources(2), [(0, 1, None)]);
        assert_eq!(sources(3), [(1, 0, Some(0)), (1, 1, None)]);
        let runs: Vec<Run> = groups.rows(2, 4..6).runs(2).collect();
        assert_eq!(runs, [Run { rows: 0..2, slot: 0, fresh: false, kept: false }]);
    }
}
