//! The positions along a line of groups, by group.

use super::sink::Run;

/// The positions along a line of groups, by group.
#[derive(Debug)]
pub(super) struct Grouping {
    /// The groups that occur (or all), and where their positions end.
    pub(super) groups: Vec<(usize, usize)>,
    /// Group by group, in rising order.
    positions: Vec<usize>,
    pub(super) runs: Vec<Run>,
}

impl Grouping {
    /// Groups in the order in which they occur, or the first `every` groups whether they occur or not.
    pub(super) fn new(codes: impl Iterator<Item = i32> + Clone, every: usize) -> Self {
        let most = codes.clone().max().map_or(0, |m| (m + 1).max(0) as usize);
        let mut groups: Vec<(usize, usize)> = (0..every).map(|g| (g, 0)).collect();
        let mut slots: Vec<usize> =
            if every > 0 { (0..every.max(most)).collect() } else { vec![usize::MAX; most] };
        let mut runs = Vec::<Run>::new();
        for (position, code) in codes.enumerate().filter(|(_, c)| *c >= 0) {
            let slot = &mut slots[code as usize];
            if *slot == usize::MAX {
                *slot = groups.len();
                groups.push((code as usize, 0));
            }
            groups[*slot].1 += 1;
            match runs.last_mut() {
                Some(run) if run.slot == *slot && run.end == position => run.end += 1,
                _ => runs.push(Run { slot: *slot, first: position, end: position + 1 }),
            }
        }
        // From how many there are to where they begin; each is moved to its end as its positions come in.
        let mut total = 0;
        for (_, end) in &mut groups {
            total += std::mem::replace(end, total);
        }
        let mut positions = vec![0; total];
        for run in &runs {
            let end = &mut groups[run.slot].1;
            for position in run.first..run.end {
                positions[*end] = position;
                *end += 1;
            }
        }
        Grouping { groups, positions, runs }
    }

    /// The groups, and their positions.
    pub(super) fn members(&self) -> impl Iterator<Item = (usize, &[usize])> {
        let begins = std::iter::once(0).chain(self.groups.iter().map(|(_, end)| *end));
        self.groups.iter().zip(begins).map(|((group, end), begin)| (*group, &self.positions[begin..*end]))
    }
}
