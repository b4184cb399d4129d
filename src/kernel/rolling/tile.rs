//! Windows over some columns, each put together from two partial results.
//!
//! Windows that share a cut are worked off together (van Herk; Gil & Werman): from the cut backwards partial
//! results of what lies before it, from the cut forwards one that grows. A window joins one of each, whatever its
//! length; nothing is ever taken off again, so that sums do not drift, and an infinity leaves with its window.

use std::ops::Range;

use super::spans::Spans;
use crate::error::Result;
use crate::kernel::reduce::{Partial, Store};

/// What is rolled: rows of some columns, counted in lanes. A call is for a whole row, so that only the few loops of
/// each implementation are compiled for each kind of elements.
pub(super) trait Rows<P> {
    /// What the columns of a row come to.
    fn load(&self, row: usize, to: &mut [P]);
    /// Takes in a row.
    fn push(&self, row: usize, to: &mut [P]);
}

/// Takes windows, row by row.
pub(super) trait Emit<P> {
    /// The windows of all columns.
    fn put(&mut self, row: usize, windows: &[P]) -> Result<()>;
}

/// Rows of elements.
pub(super) struct Elements<'a, T, const L: usize>(pub(super) Vec<&'a [[T; L]]>);

impl<T: Copy + 'static, P: Partial<T, L>, const L: usize> Rows<P> for Elements<'_, T, L> {
    fn load(&self, row: usize, to: &mut [P]) {
        to.fill(P::EMPTY);
        self.push(row, to);
    }

    fn push(&self, row: usize, to: &mut [P]) {
        for (p, elements) in to.iter_mut().zip(self.0[row]) {
            p.block(std::iter::once(elements));
        }
    }
}

/// Rows of partial results, whose columns lie together.
pub(super) struct States<'a, S> {
    pub(super) store: &'a S,
    /// Where the first row begins.
    pub(super) base: usize,
    /// From a row to the next.
    pub(super) step: usize,
}

/// Partial results of `T`, `L` columns at once, as [`Rows`].
pub(super) struct Loaded<'a, S, T, const L: usize>(
    pub(super) States<'a, S>,
    pub(super) std::marker::PhantomData<fn(T)>,
);

impl<S: Store, T: Copy + 'static, P: Partial<T, L, Store = S>, const L: usize> Rows<P>
    for Loaded<'_, S, T, L>
{
    fn load(&self, row: usize, to: &mut [P]) {
        for (column, p) in to.iter_mut().enumerate() {
            *p = P::load(self.0.store, self.0.base + row * self.0.step + column * L);
        }
    }

    fn push(&self, row: usize, to: &mut [P]) {
        for (column, p) in to.iter_mut().enumerate() {
            p.join(&P::load(self.0.store, self.0.base + row * self.0.step + column * L));
        }
    }
}

/// Which windows are wanted of which rows.
pub(super) struct Wanted<'a> {
    pub(super) spans: &'a Spans,
    pub(super) windows: Range<usize>,
    /// The position of the first row.
    pub(super) origin: usize,
}

impl Wanted<'_> {
    /// The most rows before a cut.
    pub(super) fn height(&self) -> usize {
        self.spans.widest()
    }

    /// Rolls all windows over `columns` lanes.
    pub(super) fn roll<T: Copy + 'static, P: Partial<T, L>, const L: usize>(
        &self,
        rows: &dyn Rows<P>,
        columns: usize,
        emit: &mut dyn Emit<P>,
    ) -> Result<()> {
        let (mut before, mut behind) = (Vec::new(), vec![P::EMPTY; columns]);
        let mut joined = behind.clone();
        let mut next = self.windows.start;
        while next < self.windows.end {
            let windows = self.spans.same_cut(next, self.windows.end);
            let (first, cut) = (self.spans.span(next).start, self.spans.cut(next));
            before.resize(((cut - first) * columns).max(before.len()), P::EMPTY);
            for row in (first..cut).rev() {
                let (ours, later) = before[(row - first) * columns..].split_at_mut(columns);
                rows.load(row - self.origin, ours);
                if row + 1 < cut {
                    ours.iter_mut().zip(later).for_each(|(p, later)| p.join(later));
                }
            }
            behind.fill(P::EMPTY);
            let mut at = cut;
            for window in windows.clone() {
                let span = self.spans.span(window);
                (at..span.end).for_each(|row| rows.push(row - self.origin, &mut behind));
                at = at.max(span.end);
                if span.start >= cut {
                    emit.put(window, &behind)?;
                    continue;
                }
                let before = &before[(span.start - first) * columns..][..columns];
                if span.end <= cut {
                    emit.put(window, before)?;
                    continue;
                }
                joined.copy_from_slice(before);
                joined.iter_mut().zip(&behind).for_each(|(p, later)| p.join(later));
                emit.put(window, &joined)?;
            }
            next = windows.end;
        }
        Ok(())
    }
}
