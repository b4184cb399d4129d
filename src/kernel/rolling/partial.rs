//! Partial results with the number of values that went into them.

use std::ops::Range;

use crate::array::Block;
use crate::dtype::{Element, NAT};
use crate::error::Result;
use crate::kernel::reduce::{Finish, Partial, Policy, Store, flat_block};

/// What is missing among floats, complex numbers and times, of which alone windows are folded.
#[derive(Clone, Copy)]
pub(super) struct Missing;

impl<T: Element> Policy<T> for Missing {
    #[inline(always)]
    fn missing(x: T) -> bool {
        match (&x as &dyn std::any::Any).downcast_ref::<i64>() {
            Some(tick) => *tick == NAT,
            None => x.is_missing(),
        }
    }
}

/// No count at all.
#[derive(Clone, Copy)]
pub(super) struct Uncounted;

impl<T: Copy + 'static, const L: usize> Partial<T, L> for Uncounted {
    type One = Uncounted;
    type Store = Uncounted;
    const EMPTY: Self = Uncounted;
    fn block<'a>(&mut self, _: impl Iterator<Item = &'a [T; L]> + Clone) {}
    fn lane(&self, _: usize) -> Uncounted {
        Uncounted
    }
    fn join(&mut self, _: &Self) {}
    fn flush(&self, _: &mut Uncounted, _: usize) {}
    fn load(_: &Uncounted, _: usize) -> Self {
        Uncounted
    }
}

impl Store for Uncounted {
    fn new(_: usize) -> Self {
        Uncounted
    }
    fn from_blocks(_: Vec<Block>) -> Result<Self> {
        Ok(Uncounted)
    }
    fn into_blocks(self) -> Vec<Block> {
        Vec::new()
    }
    fn merge(&mut self, _: usize, _: &Self, _: Range<usize>) {}
    fn finish(self, _: &Finish) -> Result<Block> {
        Ok(flat_block::<i64>(Vec::new()))
    }
}

/// A partial result and its count.
pub(super) struct Counted<P, C> {
    what: P,
    count: C,
}

impl<P: Copy, C: Copy> Clone for Counted<P, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Copy, C: Copy> Copy for Counted<P, C> {}

/// [`Counted`] in memory.
pub(super) struct CountedStore<S, C> {
    pub(super) what: S,
    pub(super) count: C,
}

impl<T, P, C, const L: usize> Partial<T, L> for Counted<P, C>
where
    T: Copy + 'static,
    P: Partial<T, L>,
    C: Partial<T, L>,
{
    type One = Counted<P::One, C::One>;
    type Store = CountedStore<P::Store, C::Store>;

    const EMPTY: Self = Counted { what: P::EMPTY, count: C::EMPTY };

    #[inline(always)]
    fn block<'a>(&mut self, rows: impl Iterator<Item = &'a [T; L]> + Clone) {
        self.what.block(rows.clone());
        self.count.block(rows);
    }

    fn lane(&self, lane: usize) -> Self::One {
        Counted { what: self.what.lane(lane), count: self.count.lane(lane) }
    }

    #[inline(always)]
    fn join(&mut self, later: &Self) {
        self.what.join(&later.what);
        self.count.join(&later.count);
    }

    #[inline(always)]
    fn flush(&self, store: &mut Self::Store, at: usize) {
        self.what.flush(&mut store.what, at);
        self.count.flush(&mut store.count, at);
    }

    fn load(store: &Self::Store, at: usize) -> Self {
        Counted { what: P::load(&store.what, at), count: C::load(&store.count, at) }
    }
}

impl<S: Store, C: Store> Store for CountedStore<S, C> {
    fn new(size: usize) -> Self {
        CountedStore { what: S::new(size), count: C::new(size) }
    }

    fn from_blocks(mut blocks: Vec<Block>) -> Result<Self> {
        let count = C::from_blocks(blocks.pop().into_iter().collect())?;
        Ok(CountedStore { what: S::from_blocks(blocks)?, count })
    }

    fn into_blocks(self) -> Vec<Block> {
        let mut blocks = self.what.into_blocks();
        blocks.extend(self.count.into_blocks());
        blocks
    }

    fn merge(&mut self, to: usize, later: &Self, from: Range<usize>) {
        self.what.merge(to, &later.what, from.clone());
        self.count.merge(to, &later.count, from);
    }

    fn finish(self, end: &Finish) -> Result<Block> {
        self.what.finish(end)
    }
}
