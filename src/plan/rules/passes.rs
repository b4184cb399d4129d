//! How an array is put into other chunks in bounded memory: how many chunks of the result are made together, so
//! that each chunk of the source is read as seldom as the budget allows, or whether a detour by disk is cheaper.

/// The detour by disk writes everything once and reads it once more: about as much work as reading the source so
/// many times.
const DETOUR: f64 = 3.0;

/// With more ways to cut than this not all are tried: each takes some microseconds to look at.
const MOST_WAYS: usize = 500;

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
    let mut ways: Vec<Vec<usize>> = counts.iter().map(|&n| sizes(n)).collect();
    if ways.iter().map(Vec::len).product::<usize>() > MOST_WAYS {
        for (sizes, count) in ways.iter_mut().zip(counts) {
            sizes.retain(|n| n.is_power_of_two() || n == count);
        }
    }
    let mut trial = group.clone();
    try_all(&ways, 0, &mut trial, room, &cost, &mut (&mut group, &mut best));
    if scratch && best.reads > 1.0 + DETOUR {
        return Some(Passes::Scratch);
    }
    Some(Passes::Direct { group, cost: best })
}

/// Lengths of groups of nearly the same length, one for each number of groups; short ones first.
fn sizes(count: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = (1..=count.max(1)).map(|groups| count.max(1).div_ceil(groups)).collect();
    sizes.dedup();
    sizes.reverse();
    sizes
}

/// Tries the lengths of groups along this axis and those after it; of equally good ones the first stays, which is
/// long along the inner axes.
fn try_all(
    ways: &[Vec<usize>],
    axis: usize,
    trial: &mut Vec<usize>,
    room: usize,
    cost: &impl Fn(&[usize]) -> GroupCost,
    best: &mut (&mut Vec<usize>, &mut GroupCost),
) {
    let Some(sizes) = ways.get(axis) else { return };
    for &size in sizes {
        trial[axis] = size;
        let found = cost(trial);
        // Bytes rise with the length.
        if found.bytes > room {
            break;
        }
        if found.reads < best.1.reads {
            best.0.clone_from(trial);
            *best.1 = found;
        }
        try_all(ways, axis + 1, trial, room, cost, best);
    }
    trial[axis] = 1;
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
        assert_eq!((group, reads), (vec![1, 2, 2], 45.0));
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
