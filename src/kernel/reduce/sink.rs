//! Where elements go once it is known which of them belong together: the loops over lanes.

use super::lanes::{LANES, Partial};
use crate::kernel::wide::{Loop, wide};

/// The most rows that are handed over at once.
pub(super) const ROWS: usize = 16;
/// Elements of a run that are taken in between two looks at the partial result.
pub(super) const RUN: usize = 32 * LANES;
/// Rows whose number the compiler knows: enough to be worth the way to memory, few enough that rows
/// a power of two apart still share a cache.
const KNOWN: usize = 4;
const PAGE: usize = 4096;
/// Bytes of partial results that stay in cache beside what is taken in.
const CACHE: usize = 80 << 10;

/// Positions `first..end` of a row that belong to one group, which is the `slot`-th that occurs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub slot: usize,
    pub first: usize,
    pub end: usize,
}

/// Takes in elements, in the shapes in which they lie in memory. An object, so that taking pieces
/// apart is compiled once for each type of elements and not for each reduction.
pub(super) trait Sink<T> {
    /// Whether groups that do not occur are to be ended too.
    fn every_group(&self) -> bool {
        false
    }
    /// How many results of a row stay in cache: many, as long runs from memory wait less.
    fn columns(&self) -> usize;
    /// Takes in a part of a run of elements that fold into one.
    fn run(&mut self, part: &[T]);
    /// Ends a run, which belongs to element `at` of the result.
    fn end_run(&mut self, at: usize);
    /// Starts rows of `width` elements that fold into as many.
    fn begin_rows(&mut self, width: usize);
    /// Takes in at most [`ROWS`] rows.
    fn rows(&mut self, rows: &[&[T]]);
    /// Ends the rows, which belong to the elements from `at` on, `step` apart.
    fn end_rows(&mut self, at: usize, step: usize);
    /// Takes in a row of which each run belongs to one of the elements `to`.
    fn scatter(&mut self, row: &[T], runs: &[Run], to: &[usize]);
}

/// Folds what it takes in into a store.
pub(super) struct Folding<T: Copy + 'static, P: Partial<T, LANES>> {
    store: P::Store,
    lanes: P,
    single: P::One,
    /// Whether `lanes` holds anything.
    wide: bool,
    /// A row of results, and what is left of it.
    tile: Vec<P>,
    tail: Vec<P::One>,
}

impl<T: Copy + 'static, P: Partial<T, LANES>> Folding<T, P> {
    pub(super) fn new(store: P::Store) -> Self {
        Folding {
            store,
            lanes: P::EMPTY,
            single: P::One::EMPTY,
            wide: false,
            tile: Vec::new(),
            tail: Vec::new(),
        }
    }

    pub(super) fn into_store(self) -> P::Store {
        self.store
    }

    /// The store, and another in its place.
    pub(super) fn restart(&mut self, store: P::Store) -> P::Store {
        std::mem::replace(&mut self.store, store)
    }

    /// The run so far.
    fn take_run(&mut self) -> P::One {
        let single = std::mem::replace(&mut self.single, P::One::EMPTY);
        if !std::mem::take(&mut self.wide) {
            return single;
        }
        let lanes = std::mem::replace(&mut self.lanes, P::EMPTY);
        let mut one = lanes.lane(0);
        (1..LANES).for_each(|l| one.join(&lanes.lane(l)));
        one.join(&single);
        one
    }
}

/// Brings elements into cache: one load for each line of it, so that many are under way at once.
pub(in crate::kernel) fn fetch<T: Copy>(elements: &[T]) {
    const LINE: usize = 64;
    elements.iter().step_by((LINE / size_of::<T>()).max(1)).for_each(|x| {
        std::hint::black_box(*x);
    });
}

fn singles<T: Copy + 'static, P: Partial<T, 1>>(p: &mut P, elements: &[T]) {
    if !elements.is_empty() {
        p.block(elements.as_chunks::<1>().0.iter());
    }
}

/// Takes blocks of a run into lanes.
struct TakeRun<'a, T, P> {
    chunks: &'a [[T; LANES]],
    lanes: &'a mut P,
}

impl<T: Copy + 'static, P: Partial<T, LANES>> Loop for TakeRun<'_, T, P> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for block in self.chunks.chunks(RUN / LANES) {
            self.lanes.block(block.iter());
        }
    }
}

/// Takes rows into a row of results.
struct TakeRows<'a, T, P> {
    rows: &'a [&'a [[T; LANES]]],
    tile: &'a mut [P],
}

impl<T: Copy + 'static, P: Partial<T, LANES>> Loop for TakeRows<'_, T, P> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        if P::WHOLE_BLOCKS {
            for (j, p) in self.tile.iter_mut().enumerate() {
                p.block(self.rows.iter().map(|row| &row[j]));
            }
            return;
        }
        // Several rows within a page would confuse the processor's prefetching.
        let near = self.tile.len() * size_of::<[T; LANES]>() < PAGE;
        let (known, others) = if near { (&[][..], self.rows) } else { self.rows.as_chunks::<KNOWN>() };
        for rows in known {
            for (j, p) in self.tile.iter_mut().enumerate() {
                p.block(rows.iter().map(|row| &row[j]));
            }
        }
        for row in others {
            for (p, x) in self.tile.iter_mut().zip(*row) {
                p.block(std::iter::once(x));
            }
        }
    }
}

/// Joins a row of results with the elements of a store from `at` on.
struct Flush<'a, T: Copy + 'static, P: Partial<T, LANES>> {
    tile: &'a [P],
    store: &'a mut P::Store,
    at: usize,
}

impl<T: Copy + 'static, P: Partial<T, LANES>> Loop for Flush<'_, T, P> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for (j, p) in self.tile.iter().enumerate() {
            p.flush(self.store, self.at + j * LANES);
        }
    }
}

impl<T: Copy + 'static, P: Partial<T, LANES>> Sink<T> for Folding<T, P> {
    fn columns(&self) -> usize {
        (CACHE / size_of::<P>().max(1)).clamp(64, 512) * LANES
    }

    fn run(&mut self, part: &[T]) {
        let (chunks, rest) = part.as_chunks::<LANES>();
        self.wide |= !chunks.is_empty();
        wide(TakeRun { chunks, lanes: &mut self.lanes });
        singles(&mut self.single, rest);
    }

    fn end_run(&mut self, at: usize) {
        self.take_run().flush(&mut self.store, at);
    }

    fn begin_rows(&mut self, width: usize) {
        self.tile.clear();
        self.tile.resize(width / LANES, P::EMPTY);
        self.tail.clear();
        self.tail.resize(width % LANES, P::One::EMPTY);
    }

    fn rows(&mut self, rows: &[&[T]]) {
        let mut chunks: [&[[T; LANES]]; ROWS] = [&[]; ROWS];
        let mut rests: [&[T]; ROWS] = [&[]; ROWS];
        for (k, row) in rows.iter().enumerate() {
            (chunks[k], rests[k]) = row.as_chunks::<LANES>();
        }
        let (chunks, rests) = (&chunks[..rows.len()], &rests[..rows.len()]);
        rows.iter().for_each(|row| fetch(row));
        wide(TakeRows { rows: chunks, tile: &mut self.tile });
        for (j, p) in self.tail.iter_mut().enumerate() {
            p.block(rests.iter().map(|row| std::array::from_ref(&row[j])));
        }
    }

    fn end_rows(&mut self, at: usize, step: usize) {
        if step == 1 {
            wide(Flush::<T, P> { tile: &self.tile, store: &mut self.store, at });
        } else {
            for (j, p) in self.tile.iter().enumerate() {
                (0..LANES).for_each(|l| p.lane(l).flush(&mut self.store, at + (j * LANES + l) * step));
            }
        }
        let done = self.tile.len() * LANES;
        for (j, p) in self.tail.iter().enumerate() {
            p.flush(&mut self.store, at + (done + j) * step);
        }
    }

    fn scatter(&mut self, row: &[T], runs: &[Run], to: &[usize]) {
        self.tail.clear();
        self.tail.resize(to.len(), P::One::EMPTY);
        // Few groups keep all their lanes, which are put together once; many would not stay in cache.
        let wide = to.len() * size_of::<P>() <= CACHE;
        self.tile.clear();
        self.tile.resize(if wide { to.len() } else { 0 }, P::EMPTY);
        for r in runs {
            let part = &row[r.first..r.end];
            if wide {
                let (chunks, rest) = part.as_chunks::<LANES>();
                chunks.chunks(RUN / LANES).for_each(|block| self.tile[r.slot].block(block.iter()));
                singles(&mut self.tail[r.slot], rest);
            } else if part.len() < 2 * LANES {
                singles(&mut self.tail[r.slot], part);
            } else {
                self.run(part);
                let one = self.take_run();
                self.tail[r.slot].join(&one);
            }
        }
        for (slot, at) in to.iter().enumerate() {
            let mut one = self.tail[slot];
            if let Some(lanes) = self.tile.get(slot) {
                (0..LANES).for_each(|l| one.join(&lanes.lane(l)));
            }
            one.flush(&mut self.store, *at);
        }
    }
}
