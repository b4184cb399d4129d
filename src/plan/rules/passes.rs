//! How an array is put into other chunks in bounded memory: how many chunks of the result are made together, so
//! that each chunk of the source is read as seldom as the budget allows, or whether a detour by disk is cheaper.

/// The detour by disk writes everything once and reads it once more: about as much work as reading the source so
/// many times.
const DETOUR: f64 = 3.0;

/// What a way to cut costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct GroupCost {
    /// Bytes that the largest group holds while it is put together.
    pub(crate) bytes: usize,
    /// How often each chunk of the source is read, on average.
    pub(crate) reads: f64,
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Passes {
    /// Groups of so many chunks of the result along each axis, one group after the other.
    Direct { group: Vec<usize>, cost: GroupCost },
    /// Each chunk of the source is read once, and its parts are put on disk.
    Scratch,
}

/// Chooses between groups of the chunks of a result, `counts` of them along each axis, and a detour by disk (where
/// there is a place for it). `None` if not even single chunks of the result fit into `room` bytes.
pub(crate) fn passes(
    counts: &[usize],
    room: usize,
    scratch: bool,
    cost: impl Fn(&[usize]) -> GroupCost,
) -> Option<Passes> {
    let mut group = vec![1; counts.len()];
    let mut best = cost(&group);
    if best.bytes > room {
        return scratch.then_some(Passes::Scratch);
    }
    let mut open: Vec<usize> = (0..counts.len()).filter(|&a| counts[a] > 1).collect();
    while best.reads > 1.0 && !open.is_empty() {
        // The axis along which the longest groups that fit save most; inner ones first.
        let longest = open.iter().rev().map(|&axis| {
            let (size, cost) = longest(&group, axis, counts[axis], room, &cost);
            (axis, size, cost)
        });
        let all: Vec<_> = longest.collect();
        let first = all.iter().enumerate().min_by(|a, b| a.1.2.reads.total_cmp(&b.1.2.reads));
        let Some((_, &(axis, size, cost))) = first else { break };
        if cost.reads >= best.reads {
            break;
        }
        group[axis] = size;
        best = cost;
        open.retain(|&a| a != axis);
    }
    if scratch && best.reads > 1.0 + DETOUR {
        return Some(Passes::Scratch);
    }
    Some(Passes::Direct { group, cost: best })
}

/// The fewest groups along an axis that fit, of nearly the same length: chunks per group, and the cost.
fn longest(
    group: &[usize],
    axis: usize,
    count: usize,
    room: usize,
    cost: &impl Fn(&[usize]) -> GroupCost,
) -> (usize, GroupCost) {
    let at = |size: usize| {
        let mut group = group.to_vec();
        group[axis] = size;
        cost(&group)
    };
    // Bytes rise with the length: the most that fits is found by halving.
    let (mut fits, mut too_many) = (1, count + 1);
    while too_many - fits > 1 {
        let middle = fits + (too_many - fits) / 2;
        if at(middle).bytes <= room { fits = middle } else { too_many = middle }
    }
    let even = count.div_ceil(count.div_ceil(fits));
    (even, at(even))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::ChunkGrid;

    /// Groups of chunks of `to`, made from chunks of `from`: floats of four bytes.
    fn plan(shape: &[usize], from: &[usize], to: &[usize], room: usize, scratch: bool) -> Option<Passes> {
        let (source, result) = (ChunkGrid::regular(shape, from), ChunkGrid::regular(shape, to));
        let cost = |group: &[usize]| {
            let (mut bytes, mut reads) = (4, 1.0);
            for ((s, r), g) in source.axes().iter().zip(result.axes()).zip(group) {
                bytes *= (g * r.largest()).min(r.len());
                let groups = r.count().div_ceil(*g);
                let touched: usize = (0..groups)
                    .map(|i| {
                        let last = ((i + 1) * g).min(r.count()) - 1;
                        let chunks = s.touched(r.chunk(i * g).start..r.chunk(last).end);
                        s.chunk(chunks.end - 1).end - s.chunk(chunks.start).start
                    })
                    .sum();
                reads *= touched as f64 / s.len() as f64;
            }
            GroupCost { bytes, reads }
        };
        passes(&result.counts(), room, scratch, cost)
    }

    fn direct(passes: Option<Passes>) -> (Vec<usize>, f64) {
        match passes {
            Some(Passes::Direct { group, cost }) => (group, cost.reads),
            other => panic!("{other:?}"),
        }
    }

    /// Maps in days become series in tiles: 1.5 GB.
    const DAYS: [usize; 3] = [5844, 181, 360];
    const MAPS: [usize; 3] = [40, 181, 360];
    const TILES: [usize; 3] = [5844, 19, 20];

    #[test]
    fn what_fits_is_read_once() {
        let (group, reads) = direct(plan(&DAYS, &MAPS, &TILES, 2 << 30, false));
        assert_eq!(group, [1, 10, 18]);
        assert!(reads <= 1.0);
    }

    #[test]
    fn bands_are_as_few_as_the_budget_allows() {
        // A row of tiles takes 160 MB, so 800 MB take five of ten rows.
        let (group, reads) = direct(plan(&DAYS, &MAPS, &TILES, 810 << 20, false));
        assert_eq!((group, reads), (vec![1, 5, 18], 2.0));
        let (group, reads) = direct(plan(&DAYS, &MAPS, &TILES, 200 << 20, false));
        assert_eq!((group, reads), (vec![1, 10, 2], 9.0));
        let (group, reads) = direct(plan(&DAYS, &MAPS, &TILES, 40 << 20, false));
        assert_eq!((group, reads), (vec![1, 4, 1], 54.0));
    }

    #[test]
    fn a_folder_saves_many_reads() {
        assert_eq!(plan(&DAYS, &MAPS, &TILES, 200 << 20, true), Some(Passes::Scratch));
        // Two reads of the source are cheaper than the detour.
        assert_eq!(direct(plan(&DAYS, &MAPS, &TILES, 810 << 20, true)).1, 2.0);
        // Nothing fits: only the disk helps, and else the run is refused.
        assert_eq!(plan(&DAYS, &MAPS, &TILES, 1 << 20, true), Some(Passes::Scratch));
        assert_eq!(plan(&DAYS, &MAPS, &TILES, 1 << 20, false), None);
    }

    #[test]
    fn series_become_maps() {
        let (group, reads) = direct(plan(&DAYS, &TILES, &MAPS, 160 << 20, false));
        assert_eq!(group, [15, 1, 1]);
        assert!((9.5..=10.5).contains(&reads), "{reads}");
    }

    #[test]
    fn groups_grow_along_the_axis_that_is_cut() {
        // The source is cut along the second axis as the result is: only the third is read again and again.
        let (group, reads) =
            direct(plan(&[1000, 100, 100], &[10, 10, 100], &[1000, 10, 10], 4_000_000, false));
        assert_eq!((group, reads), (vec![1, 1, 10], 1.0));
    }
}
