//! Chunks whose lengths are chosen: as many stored chunks together as fit into a number of bytes.

use super::{AxisGrid, ChunkGrid};

impl ChunkGrid {
    /// Chunks of at most `bytes` (an element has `item`), put together from the chunks of this grid, which are those
    /// that are stored. Axes with a grid in `given` get that one; the lengths along the others are chosen together.
    ///
    /// No stored chunk is cut, with one exception: where the given axes make chunks longer than stored ones, whole stored
    /// chunks along the others may be too much, and are cut evenly. A stored chunk that is larger than `bytes` by
    /// itself stays as it is. The chosen lengths are as the stored ones to each other, as far as the axes reach, and even:
    /// no short chunk is left at an end. Otherwise regular chunks have more than half of `bytes`, or fill their axes.
    ///
    /// ```
    /// # use graticule::array::{AxisGrid, ChunkGrid};
    /// let maps = ChunkGrid::regular(&[8760, 721, 1440], &[1, 721, 1440]);
    /// let some = maps.auto(&[None, None, None], 4, 128 << 20);
    /// assert_eq!(some.region(0).shape(), [32, 721, 1440]);
    /// // Series through all of them must cut the maps.
    /// let series = maps.auto(&[Some(AxisGrid::single(8760)), None, None], 4, 128 << 20);
    /// assert_eq!(series.region(0).shape(), [8760, 43, 85]);
    /// ```
    pub fn auto(&self, given: &[Option<AxisGrid>], item: usize, bytes: usize) -> ChunkGrid {
        let most = (bytes / item.max(1)).max(1);
        let chosen: Vec<usize> =
            (0..self.ndim()).filter(|i| !matches!(given.get(*i), Some(Some(_)))).collect();
        let stored = |i: usize| self.0[i].largest().max(1);
        let fixed =
            product((0..self.ndim()).filter_map(|i| given.get(i)?.as_ref()).map(|a| a.largest().max(1)));
        let least = product(chosen.iter().map(|&i| stored(i))).saturating_mul(fixed);
        let one = product((0..self.ndim()).map(stored));
        // Whole stored chunks, or parts of single ones.
        let whole = least <= most.max(one);
        let spans: Vec<Span> = (chosen.iter())
            .map(|&i| match whole {
                true => Span { quantum: stored(i), len: self.0[i].len().max(1), aspect: stored(i) },
                false => Span { quantum: 1, len: stored(i), aspect: stored(i) },
            })
            .collect();
        let room = if whole { most } else { most.max(one) } / fixed;
        let lengths = spread(room.max(1), &spans);
        let mut axes: Vec<AxisGrid> = (self.0.iter().enumerate())
            .map(|(i, axis)| given.get(i).cloned().flatten().unwrap_or_else(|| axis.clone()))
            .collect();
        for (&i, &length) in chosen.iter().zip(&lengths) {
            axes[i] = if whole { axes[i].joined_to(length) } else { axes[i].cut_to(length) };
        }
        ChunkGrid(axes)
    }
}

impl AxisGrid {
    /// As many chunks together as are no longer than `len`, one at least.
    pub(crate) fn joined_to(&self, len: usize) -> AxisGrid {
        if len >= self.len() {
            return AxisGrid::single(self.len());
        }
        match self {
            AxisGrid::Regular { len: all, first, size } => {
                let together = (len / size).max(1);
                AxisGrid::Regular {
                    len: *all,
                    first: (first + (together - 1) * size).min(*all),
                    size: together * size,
                }
            }
            AxisGrid::Irregular(stored) => {
                let mut bounds = vec![0];
                for pair in stored.windows(2) {
                    if pair[1] - bounds[bounds.len() - 1] > len && pair[0] > bounds[bounds.len() - 1] {
                        bounds.push(pair[0]);
                    }
                }
                bounds.push(self.len());
                AxisGrid::from_bounds(bounds)
            }
        }
    }

    /// Each chunk cut evenly into parts no longer than `len`.
    pub(crate) fn cut_to(&self, len: usize) -> AxisGrid {
        let len = len.max(1);
        if self.largest() <= len {
            return self.clone();
        }
        // A single chunk has no borders to keep: what becomes of it is regular, as stores want it.
        if self.count() == 1 {
            return AxisGrid::regular(self.len(), self.len().div_ceil(self.len().div_ceil(len)));
        }
        let chunks = (0..self.count()).map(|c| self.chunk(c));
        let cuts = chunks.flat_map(|c| {
            let parts = c.len().div_ceil(len).max(1);
            let (start, n) = (c.start, c.len());
            (1..=parts).map(move |p| start + p * n / parts)
        });
        AxisGrid::from_bounds(std::iter::once(0).chain(cuts).collect())
    }
}

/// What a length along an axis may be: a multiple of `quantum`, or the whole of `len`.
struct Span {
    quantum: usize,
    len: usize,
    /// The length to begin with, beside those of the others.
    aspect: usize,
}

impl Span {
    /// A length of at most `want` (or one quantum) that cuts the axis evenly.
    fn fit(&self, want: usize) -> usize {
        if want >= self.len {
            return self.len;
        }
        let all = self.len.div_ceil(self.quantum);
        let together = (want / self.quantum).max(1);
        (all.div_ceil(all.div_ceil(together)) * self.quantum).min(self.len)
    }
}

/// A length for each span: their product is `most` at most (unless single quanta are more) and more than half of it,
/// unless the spans are shorter.
fn spread(most: usize, spans: &[Span]) -> Vec<usize> {
    let mut lengths: Vec<Option<usize>> = vec![None; spans.len()];
    // What cannot grow with the others leaves its share to them.
    loop {
        let free: Vec<usize> = (0..spans.len()).filter(|&i| lengths[i].is_none()).collect();
        let taken = product(lengths.iter().flatten().copied());
        let aspects: f64 = free.iter().map(|&i| spans[i].aspect as f64).product();
        let scale = (most as f64 / taken as f64 / aspects).powf(1.0 / free.len().max(1) as f64);
        for &i in &free {
            let want = spans[i].aspect as f64 * scale;
            if want >= spans[i].len as f64 {
                lengths[i] = Some(spans[i].len);
            } else if want <= spans[i].quantum as f64 {
                lengths[i] = Some(spans[i].quantum.min(spans[i].len));
            }
        }
        if free.iter().all(|&i| lengths[i].is_none()) {
            for &i in &free {
                // Roots of whole numbers may come out a little smaller.
                lengths[i] = Some(spans[i].fit((spans[i].aspect as f64 * scale * (1.0 + 1e-9)) as usize));
            }
            break;
        }
    }
    let mut lengths: Vec<usize> = lengths.into_iter().flatten().collect();
    while product(lengths.iter().copied()) > most {
        let longer = (0..spans.len()).filter(|&i| lengths[i] > spans[i].quantum);
        let Some(i) = longer.max_by_key(|&i| lengths[i] / spans[i].quantum) else { break };
        lengths[i] = spans[i].fit(lengths[i] - 1);
    }
    loop {
        let mut grown = false;
        for i in 0..spans.len() {
            let others = product((0..spans.len()).filter(|&j| j != i).map(|j| lengths[j]));
            let longer = spans[i].fit(most / others);
            grown |= longer > lengths[i];
            lengths[i] = lengths[i].max(longer);
        }
        if !grown {
            return lengths;
        }
    }
}

fn product(lengths: impl Iterator<Item = usize>) -> usize {
    lengths.fold(1, usize::saturating_mul)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(shape: &[usize], stored: &[usize], most: usize) -> Vec<usize> {
        ChunkGrid::regular(shape, stored).auto(&vec![None; shape.len()], 1, most).region(0).shape()
    }

    #[test]
    fn elements_alone_make_cubes_that_fill_the_room() {
        assert_eq!(auto(&[100, 100, 100], &[1, 1, 1], 1000), [10, 10, 10]);
        assert_eq!(auto(&[1_000_000, 4], &[1, 1], 1000), [250, 4]);
        assert_eq!(auto(&[10, 10], &[1, 1], 1000), [10, 10]);
        assert_eq!(auto(&[0, 10], &[1, 1], 1000), [0, 10]);
        assert_eq!(auto(&[], &[], 1000), [0; 0]);
    }

    #[test]
    fn no_short_chunk_is_left_at_an_end() {
        assert_eq!(auto(&[1001], &[1], 1000), [501]);
        assert_eq!(auto(&[1010], &[10], 1000), [510]);
    }

    #[test]
    fn stored_chunks_stay_whole_also_where_they_are_too_large() {
        assert_eq!(auto(&[100, 100], &[7, 50], 800), [14, 50]);
        assert_eq!(auto(&[100, 100], &[50, 50], 800), [50, 50]);
    }

    #[test]
    fn given_axes_stay_and_cut_the_others() {
        let stored = ChunkGrid::regular(&[1000, 50, 40], &[10, 50, 20]);
        let whole = AxisGrid::single(1000);
        let series = stored.auto(&[Some(whole.clone()), None, None], 1, 8000);
        assert_eq!(series.axes()[0], whole);
        assert_eq!(series.region(0).shape(), [1000, 5, 2]);
        // A chunk is no larger than it must be, though a single stored one is larger than the room.
        let row = AxisGrid::regular(1000, 1);
        assert_eq!(stored.auto(&[Some(row), None, None], 1, 1000).region(0).shape(), [1, 50, 20]);
        let cut = stored.auto(&[Some(whole), None, None], 1, 10);
        assert_eq!(cut.region(0).shape(), [1000, 5, 2]);
    }

    #[test]
    fn chunks_of_any_lengths_are_joined_and_cut_at_their_borders() {
        let g = AxisGrid::from_lengths(&[3, 1, 4, 1, 5, 9, 2, 6]);
        assert_eq!(g.joined_to(9).bounds(), [0, 9, 14, 23, 31]);
        assert_eq!(g.joined_to(100).bounds(), [0, 31]);
        assert_eq!(g.cut_to(4).bounds(), [0, 3, 4, 8, 9, 11, 14, 17, 20, 23, 25, 28, 31]);
        assert_eq!(AxisGrid::single(10).cut_to(4), AxisGrid::regular(10, 4));
        let late = AxisGrid::Regular { len: 20, first: 2, size: 6 };
        assert_eq!(late.joined_to(13).bounds(), [0, 8, 20]);
    }
}
