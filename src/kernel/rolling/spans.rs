//! Which positions of an axis each result takes in.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Windows along an axis: the `i`-th result takes in positions `span(i)`, whose ends both never fall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Spans {
    /// So many positions, from `first + i * stride` on; what reaches over the ends of the axis is cut off.
    Fixed {
        /// Length of the axis.
        len: usize,
        /// Positions of a window.
        window: usize,
        /// Where the first window begins: mostly before the axis.
        first: i64,
        /// Positions from a window to the next.
        stride: usize,
    },
    /// Whatever windows, at each `stride`-th position of the axis.
    Given {
        /// The windows.
        spans: Arc<[Span]>,
        /// Positions from a window to the next.
        stride: usize,
    },
}

/// One window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first position.
    pub start: usize,
    /// Behind the last position.
    pub end: usize,
    /// Where the window is cut in two: see [`Spans::cut`].
    cut: usize,
}

impl Spans {
    /// Windows of `window` positions that end (or, with `center`, have their middle) at each `stride`-th position
    /// of an axis. The middle of an even window is behind its half.
    ///
    /// ```
    /// # use graticule::kernel::rolling::Spans;
    /// let spans = Spans::fixed(5, 4, true, 2);
    /// assert_eq!((0..spans.count()).map(|i| spans.span(i)).collect::<Vec<_>>(), [0..2, 0..4, 2..5]);
    /// ```
    pub fn fixed(len: usize, window: usize, center: bool, stride: usize) -> Spans {
        let before = if center { window / 2 } else { window.saturating_sub(1) };
        Spans::Fixed { len, window, first: -(before as i64), stride: stride.max(1) }
    }

    /// Windows at each `stride`-th position, given by their ends, which never fall.
    ///
    /// ```
    /// # use graticule::kernel::rolling::Spans;
    /// let spans = Spans::given([0..1, 0..2, 2..2], 1);
    /// assert_eq!((spans.count(), spans.span(1)), (3, 0..2));
    /// ```
    pub fn given(ranges: impl IntoIterator<Item = Range<usize>>, stride: usize) -> Spans {
        let mut cut = 0;
        let spans = ranges.into_iter().enumerate().map(|(i, r)| {
            // A new cut where the old one is left behind: each position is taken in once before a cut and once
            // behind one.
            if i == 0 || r.start > cut {
                cut = r.end;
            }
            Span { start: r.start, end: r.end, cut }
        });
        Spans::Given { spans: spans.collect(), stride: stride.max(1) }
    }

    /// How many windows there are.
    ///
    /// ```
    /// # use graticule::kernel::rolling::Spans;
    /// assert_eq!(Spans::fixed(5, 4, false, 2).count(), 3);
    /// ```
    pub fn count(&self) -> usize {
        match self {
            Spans::Fixed { len, stride, .. } => len.div_ceil(*stride),
            Spans::Given { spans, .. } => spans.len(),
        }
    }

    /// The positions of a window.
    ///
    /// ```
    /// # use graticule::kernel::rolling::Spans;
    /// assert_eq!(Spans::fixed(5, 4, false, 1).span(2), 0..3);
    /// ```
    pub fn span(&self, i: usize) -> Range<usize> {
        match self {
            Spans::Fixed { len, window, .. } => {
                let start = self.begin(i);
                let end = start.saturating_add(*window as i64).clamp(0, *len as i64) as usize;
                (start.clamp(0, *len as i64) as usize).min(end)..end
            }
            Spans::Given { spans, .. } => spans[i].start..spans[i].end,
        }
    }

    /// Where a window begins, be it before the axis: positions within a window count from here.
    pub(crate) fn begin(&self, i: usize) -> i64 {
        match self {
            Spans::Fixed { first, stride, .. } => first + (i * stride) as i64,
            Spans::Given { spans, .. } => spans[i].start as i64,
        }
    }

    /// Positions from a window to the next.
    pub(crate) fn stride(&self) -> usize {
        match self {
            Spans::Fixed { stride, .. } | Spans::Given { stride, .. } => *stride,
        }
    }

    /// A place within each window (or at an end of it) that never falls: what is before it in several windows
    /// ends at the same place, and what is behind it begins there. It depends on the whole axis alone, so that
    /// elements come together in the same order whichever windows are asked for.
    pub(super) fn cut(&self, i: usize) -> usize {
        match self {
            Spans::Fixed { len, window, .. } => {
                let end = self.begin(i).saturating_add(*window as i64).max(0) as usize;
                let span = self.span(i);
                (end - end % window.max(&1)).min(*len).clamp(span.start, span.end)
            }
            Spans::Given { spans, .. } => spans[i].cut,
        }
    }

    /// The positions that some windows take in.
    ///
    /// ```
    /// # use graticule::kernel::rolling::Spans;
    /// assert_eq!(Spans::fixed(9, 3, false, 1).reach(4..6), 2..6);
    /// ```
    pub fn reach(&self, windows: Range<usize>) -> Range<usize> {
        match windows.is_empty() {
            true => 0..0,
            false => self.span(windows.start).start..self.span(windows.end - 1).end,
        }
    }

    /// The windows from `i` on that have the same cut.
    pub(super) fn same_cut(&self, i: usize, end: usize) -> Range<usize> {
        let cut = self.cut(i);
        i..(i + 1..end).find(|k| self.cut(*k) != cut).unwrap_or(end)
    }

    /// The length of a window that reaches beyond the array, too.
    pub(crate) fn window(&self) -> usize {
        match self {
            Spans::Fixed { window, .. } => *window,
            Spans::Given { .. } => self.widest(),
        }
    }

    /// The most positions of one window.
    pub(crate) fn widest(&self) -> usize {
        match self {
            Spans::Fixed { window, len, .. } => *window.min(len),
            Spans::Given { spans, .. } => spans.iter().map(|s| s.end - s.start).max().unwrap_or(0),
        }
    }

    /// Short text for plans.
    pub(crate) fn describe(&self) -> String {
        match self {
            Spans::Fixed { window, stride: 1, .. } => format!("windows of {window}"),
            Spans::Fixed { window, stride, .. } => format!("every {stride}th window of {window}"),
            Spans::Given { stride: 1, .. } => format!("windows of up to {}", self.widest()),
            Spans::Given { stride, .. } => format!("every {stride}th window of up to {}", self.widest()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(spans: &Spans) {
        let mut last = 0;
        for i in 0..spans.count() {
            let (span, cut) = (spans.span(i), spans.cut(i));
            assert!(span.start <= cut && cut <= span.end, "{spans:?}: {span:?} is cut at {cut}");
            assert!(cut >= last, "{spans:?}: cuts fall");
            last = cut;
        }
    }

    #[test]
    fn cuts_lie_in_their_windows_and_rise() {
        for len in 0..12 {
            for window in 1..14 {
                for stride in 1..5 {
                    for center in [false, true] {
                        let spans = Spans::fixed(len, window, center, stride);
                        check(&spans);
                        check(&Spans::given((0..spans.count()).map(|i| spans.span(i)), stride));
                    }
                }
            }
        }
    }

    #[test]
    fn windows_are_what_xarray_has() {
        let all = |len, window, center| {
            let spans = Spans::fixed(len, window, center, 1);
            (0..len).map(|i| spans.span(i)).collect::<Vec<_>>()
        };
        assert_eq!(all(4, 3, false), [0..1, 0..2, 0..3, 1..4]);
        assert_eq!(all(4, 3, true), [0..2, 0..3, 1..4, 2..4]);
        assert_eq!(all(4, 2, true), [0..1, 0..2, 1..3, 2..4]);
        assert_eq!(all(2, 9, true), [0..2, 0..2]);
    }
}
