//! Where along their axes groups have their members, and where an axis of groups is best cut.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::Groups;
use crate::array::AxisGrid;

/// A cut that makes chunks of the input be read again costs at most this part of what is read anyway.
const AGAIN: usize = 16;

/// Where no members are.
const NONE: Range<usize> = Range { start: usize::MAX, end: 0 };

/// For each axis of groups and each group the positions that hold its members, from the first to the last.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Spans {
    axes: Vec<Vec<Range<usize>>>,
    /// How many members the groups before each have.
    members: Vec<usize>,
}

impl Spans {
    pub(crate) fn new(groups: &Groups) -> Spans {
        let mut after: usize = groups.lens.iter().product();
        let of_axis = |len: &usize| {
            after /= (*len).max(1);
            let mut spans = vec![NONE; groups.count];
            for (row, code) in groups.codes.iter().enumerate() {
                if let Ok(code) = usize::try_from(*code) {
                    let at = row / after % len;
                    let span = &mut spans[code];
                    *span = span.start.min(at)..span.end.max(at + 1);
                }
            }
            spans
        };
        let axes = groups.lens.iter().map(of_axis).collect();
        let mut members = vec![0; groups.count + 1];
        groups.codes.iter().filter_map(|c| usize::try_from(*c).ok()).for_each(|c| members[c + 1] += 1);
        (0..groups.count).for_each(|g| members[g + 1] += members[g]);
        Spans { axes, members }
    }

    /// How many members some groups have.
    pub(crate) fn members(&self, groups: Range<usize>) -> usize {
        self.members[groups.end] - self.members[groups.start]
    }

    /// The positions along the `i`-th axis of groups that hold members of some groups; none if these are empty.
    pub(crate) fn of(&self, i: usize, groups: Range<usize>) -> Range<usize> {
        let join = |a: Range<usize>, b: &Range<usize>| a.start.min(b.start)..a.end.max(b.end);
        let span = self.axes[i][groups].iter().fold(NONE, join);
        if span.is_empty() { 0..0 } else { span }
    }

    /// A number that is the same for groups whose members lie at the same places.
    pub(crate) fn number(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// Chunks of the axis of groups that need only their own chunks of the input, where the groups follow one
    /// another along the `i`-th axis, whose chunks are these; else one chunk.
    ///
    /// A chunk of groups ends where one of the input does. A group over such a border makes the chunk behind it be
    /// read twice: there groups of several chunks stay together, while no more than `most` of them are.
    pub(crate) fn chunks(&self, i: usize, input: &AxisGrid, most: usize) -> AxisGrid {
        let (count, spans) = (self.axes[i].len(), &self.axes[i]);
        let held = || spans.iter().filter(|s| !s.is_empty());
        let falling = held().next().zip(held().next_back()).is_some_and(|(a, b)| a.start > b.start);
        let at = |g: usize| &spans[if falling { count - 1 - g } else { g }];
        // Where the groups from each on begin; what is before a border of the input is behind none of them.
        let mut begins = vec![usize::MAX; count + 1];
        for g in (0..count).rev() {
            begins[g] = begins[g + 1].min(at(g).start);
        }
        let mut bounds = vec![0];
        let (mut reach, mut first, mut last) = (0, 0, 0);
        for (g, begin) in begins.iter().take_while(|b| **b < input.len()).enumerate() {
            let chunk = input.find(*begin);
            if g > 0 && chunk > last {
                // Chunks that hold members of groups before and behind.
                let shared = (input.touched(0..reach).end).saturating_sub(chunk);
                let (chunks, due) = (chunk - first, g - bounds[bounds.len() - 1] >= most);
                if shared == 0 || shared * AGAIN <= chunks || due && shared <= chunks.div_ceil(2) {
                    bounds.push(g);
                    first = chunk;
                }
            }
            last = last.max(chunk);
            reach = reach.max(at(g).end);
        }
        bounds.push(count);
        if falling {
            bounds = bounds.iter().rev().map(|b| count - b).collect();
        }
        AxisGrid::from_bounds(bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(codes: &[i32]) -> Spans {
        let count = codes.iter().max().map_or(0, |m| (*m + 1) as usize);
        Spans::new(&Groups::along(0, codes.to_vec(), count))
    }

    /// `n` positions in groups of `each`.
    fn runs(n: i32, each: i32) -> Vec<i32> {
        (0..n).map(|i| i / each).collect()
    }

    fn bounds(codes: &[i32], chunk: usize, most: usize) -> Vec<usize> {
        spans(codes).chunks(0, &AxisGrid::regular(codes.len(), chunk), most).bounds()
    }

    #[test]
    fn groups_are_cut_where_chunks_end() {
        assert_eq!(bounds(&runs(24, 3), 6, 100), [0, 2, 4, 6, 8]);
        assert_eq!(bounds(&runs(24, 6), 3, 100), [0, 1, 2, 3, 4]);
        // Some ends of chunks are ends of groups.
        assert_eq!(bounds(&runs(24, 4), 6, 100), [0, 3, 6]);
        let falling: Vec<i32> = runs(24, 3).into_iter().rev().collect();
        assert_eq!(bounds(&falling, 9, 100), [0, 2, 5, 8]);
        // What is in no group does not matter.
        assert_eq!(bounds(&[-1, 0, -1, 0, -1, 1, 1, -1], 4, 100), [0, 1, 2]);
    }

    #[test]
    fn few_chunks_are_read_twice() {
        // Every border lies in a group: 16 chunks stay together, or fewer if they hold too many groups.
        let codes = runs(7 * 64, 8);
        let cut = bounds(&codes, 7, 100);
        assert!(cut.len() > 3 && cut.windows(2).all(|w| w[1] - w[0] >= 7 || w[1] == 56), "{cut:?}");
        let fine: Vec<i32> = (0..6000).map(|i| (i + 1) / 2).collect();
        let kept = bounds(&fine, 6, 10_000);
        let small = bounds(&fine, 6, 4);
        assert!(kept.len() > 40 && small.len() > 4 * kept.len(), "{} and {}", small.len(), kept.len());
        assert!(small.windows(2).all(|w| w[1] - w[0] <= 7), "{small:?}");
    }

    #[test]
    fn groups_that_come_again_are_one_chunk() {
        let months: Vec<i32> = (0..240).map(|i| i % 12).collect();
        assert_eq!(bounds(&months, 10, 1), [0, 12]);
        assert_eq!(bounds(&[1, 0, 1, 0, 1, 0], 2, 100), [0, 2]);
        assert_eq!(bounds(&[-1, -1, -1], 1, 100), [0, 0]);
    }

    #[test]
    fn spans_of_several_axes() {
        let groups = Groups::over([0, 1], [2, 3], vec![0, -1, 1, 2, 2, -1], 4);
        let spans = Spans::new(&groups);
        assert_eq!((spans.of(0, 0..2), spans.of(1, 0..2)), (0..1, 0..3));
        assert_eq!((spans.of(0, 2..3), spans.of(1, 2..3)), (1..2, 0..2));
        assert_eq!((spans.of(0, 3..4), spans.of(1, 1..4)), (0..0, 0..3));
    }
}
