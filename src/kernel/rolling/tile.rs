//! Windows over some columns, each put together from two partial results.
//!
//! Windows that share a cut are worked off together (van Herk; Gil & Werman): from the cut backwards partial
//! results of what lies before it, from the cut forwards one that grows. A window joins one of each, whatever its
//! length; nothing is ever taken off again, so that sums do not drift, and an infinity leaves with its window.

use std::ops::Range;

use super::spans::Spans;
use crate::error::Result;
use crate::kernel::reduce::{Partial, Store};

/// What is rolled: rows of some columns, counted in lanes.
pub(super) trait Rows<P> {
    /// What a row comes to.
    fn load(&self, row: usize, column: usize) -> P;
    /// Takes in a row.
    fn push(&self, p: &mut P, row: usize, column: usize);
}

/// Takes windows: all columns of a row, row by row.
pub(super) trait Emit<P> {
    /// A row begins.
    fn row(&mut self, row: usize) -> Result<()>;
    /// The window of some columns.
    fn put(&mut self, column: usize, p: &P);
}

/// Rows of elements.
pub(super) struct Elements<'a, T, const L: usize>(pub(super) Vec<&'a [[T; L]]>);

impl<T: Copy + 'static, P: Partial<T, L>, const L: usize> Rows<P> for Elements<'_, T, L> {
    #[inline(always)]
    fn load(&self, row: usize, column: usize) -> P {
        let mut p = P::EMPTY;
        p.block(std::iter::once(&self.0[row][column]));
        p
    }

    #[inline(always)]
    fn push(&self, p: &mut P, row: usize, column: usize) {
        p.block(std::iter::once(&self.0[row][column]));
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
    fn load(&self, row: usize, column: usize) -> P {
        P::load(self.0.store, self.0.base + row * self.0.step + column * L)
    }

    fn push(&self, p: &mut P, row: usize, column: usize) {
        p.join(&<Self as Rows<P>>::load(self, row, column));
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
        rows: &impl Rows<P>,
        columns: usize,
        emit: &mut impl Emit<P>,
    ) -> Result<()> {
        let (mut before, mut behind) = (Vec::new(), vec![P::EMPTY; columns]);
        let mut next = self.windows.start;
        while next < self.windows.end {
            let windows = self.spans.same_cut(next, self.windows.end);
            let (first, cut) = (self.spans.span(next).start, self.spans.cut(next));
            before.resize(((cut - first) * columns).max(before.len()), P::EMPTY);
            for row in (first..cut).rev() {
                let (ours, later) = before[(row - first) * columns..].split_at_mut(columns);
                for (k, p) in ours.iter_mut().enumerate() {
                    *p = rows.load(row - self.origin, k);
                    if row + 1 < cut {
                        p.join(&later[k]);
                    }
                }
            }
            behind.fill(P::EMPTY);
            let mut at = cut;
            for window in windows.clone() {
                let span = self.spans.span(window);
                for row in at..span.end {
                    for (k, p) in behind.iter_mut().enumerate() {
                        rows.push(p, row - self.origin, k);
                    }
                }
                at = at.max(span.end);
                emit.row(window)?;
                match (span.start < cut, span.end > cut) {
                    (false, _) => behind.iter().enumerate().for_each(|(k, p)| emit.put(k, p)),
                    (true, more) => {
                        let before = &before[(span.start - first) * columns..][..columns];
                        for (k, (p, later)) in before.iter().zip(&behind).enumerate() {
                            let mut p = *p;
                            if more {
                                p.join(later);
                            }
                            emit.put(k, &p);
                        }
                    }
                }
            }
            next = windows.end;
        }
        Ok(())
    }
}
