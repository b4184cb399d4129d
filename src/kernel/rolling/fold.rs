//! Windows whose result comes from few numbers that are put together: sums, moments, extremes, counts.

use std::marker::PhantomData;
use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewD};

use super::RollSpec;
use super::output::{Counts, Output};
use super::partial::{Counted, CountedStore, Missing, Uncounted};
use super::planes::{Planes, To};
use super::spans::Spans;
use super::tile::{Elements, Emit, Loaded, Rows, States, Wanted};
use crate::array::{Block, Region};
use crate::dtype::{DType, Element};
use crate::error::Result;
use crate::kernel::reduce::{Finish, LANES, Partial, ReduceOp, ReduceSpec, Store, Valid, Visit, take_vec};

/// Partial results before a cut: about so many bytes stay in cache.
const TILE: usize = 160 << 10;
/// Columns that do not lie together are copied so many at a time.
const GATHERED: usize = 32;
/// Results that are finished at a time.
const BATCH: usize = 4096;

/// Which elements count as values.
#[derive(Debug, Clone, Copy)]
pub(super) enum Valued {
    /// All, and windows lie along one axis: their lengths tell how many there are.
    All,
    /// All that are not missing.
    Present,
}

/// The windows of a piece, to be folded by whatever [`Partial`] the reduction has.
pub(super) struct Fold<'a> {
    pub(super) spec: &'a RollSpec,
    pub(super) reduce: &'a ReduceSpec,
    /// The elements as they are folded, of what was `input`.
    pub(super) block: &'a Block,
    pub(super) input: DType,
    pub(super) at: &'a Region,
    pub(super) out: &'a Region,
    pub(super) output: Output,
    pub(super) valued: Valued,
}

impl Visit for Fold<'_> {
    type Out = Block;
    fn visit<T: Element + Copy, P: Partial<T, LANES>>(self) -> Result<Block> {
        match self.valued {
            Valued::All => self.run::<T, P, Uncounted>(),
            Valued::Present => self.run::<T, P, Valid<T, Missing, LANES>>(),
        }
    }
}

impl Fold<'_> {
    fn run<T, P, C>(mut self) -> Result<Block>
    where
        T: Element + Copy,
        P: Partial<T, LANES>,
        C: Partial<T, LANES>,
    {
        let elements = self.block.typed::<T>()?;
        let view = elements.view();
        let mut axes = self.spec.axes.iter().rev();
        let Some((axis, spans)) = axes.next() else { return self.output.into_block() };
        let mut shape = view.shape().to_vec();
        let wanted = self.wanted(*axis, spans);
        shape[*axis] = wanted.windows.len();
        if self.spec.axes.len() == 1 {
            let mut last = Last { reduce: self.reduce, input: self.input, output: &mut self.output };
            elements_rolled::<T, Counted<P, C>>(view, *axis, &wanted, &shape, &mut last)?;
            return self.output.into_block();
        }
        let mut store = CountedStore::<P::Store, C::Store>::new(shape.iter().product());
        let mut inner = Inner { store: &mut store, first: wanted.windows.start };
        elements_rolled::<T, Counted<P, C>>(view, *axis, &wanted, &shape, &mut inner)?;
        for (i, (axis, spans)) in axes.enumerate() {
            let wanted = self.wanted(*axis, spans);
            let from = std::mem::replace(&mut shape[*axis], wanted.windows.len());
            let rolled = Rolled { store: &store, rows: from, axis: *axis, shape: &shape };
            if i + 2 == self.spec.axes.len() {
                let mut last = Last { reduce: self.reduce, input: self.input, output: &mut self.output };
                rolled.states::<T, Counted<P, C>>(&wanted, &mut last)?;
            } else {
                let mut next = CountedStore::new(shape.iter().product());
                let mut inner = Inner { store: &mut next, first: wanted.windows.start };
                rolled.states::<T, Counted<P, C>>(&wanted, &mut inner)?;
                store = next;
            }
        }
        self.output.into_block()
    }

    fn wanted<'s>(&self, axis: usize, spans: &'s Spans) -> Wanted<'s> {
        Wanted { spans, windows: self.out.axis(axis), origin: self.at.axis(axis).start }
    }
}

/// Takes rolled columns.
trait Sink<S> {
    /// Rolls some lanes of columns, whose results go to `to`.
    fn take<T: Copy + 'static, P: Partial<T, L, Store = S>, const L: usize>(
        &mut self,
        rows: &dyn Rows<P>,
        lanes: usize,
        wanted: &Wanted,
        to: To,
    ) -> Result<()>;
}

/// Rolls elements along an axis; the results have the shape `out`.
fn elements_rolled<T: Element + Copy, P: Partial<T, LANES>>(
    view: ArrayViewD<'_, T>,
    axis: usize,
    wanted: &Wanted,
    out: &[usize],
    sink: &mut impl Sink<P::Store>,
) -> Result<()> {
    let side = side::<P>(wanted);
    let mut buffer = Vec::new();
    Planes::new(view, axis, out).each(|plane, to| {
        let columns = plane.ncols();
        let together = columns <= 1 || plane.strides()[1] == 1;
        let side = if together { side } else { side.min(GATHERED) };
        for first in (0..columns).step_by(side) {
            let part = first..columns.min(first + side);
            let to = To { base: to.base + first * to.column, ..to };
            let rows: Vec<&[T]> = if together {
                let row = |i| plane.row(i).to_slice().map_or(&[][..], |row| &row[part.clone()]);
                (0..plane.nrows()).map(row).collect()
            } else {
                gather(&plane, part.clone(), &mut buffer);
                buffer.chunks(part.len()).collect()
            };
            let full = part.len() / LANES;
            if full > 0 {
                let rows = Elements(rows.iter().map(|row| row.as_chunks::<LANES>().0).collect());
                sink.take::<T, P, LANES>(&rows, full, wanted, to)?;
            }
            if part.len() % LANES > 0 {
                let rest = rows.iter().map(|row| row[full * LANES..].as_chunks::<1>().0);
                let to = To { base: to.base + full * LANES * to.column, ..to };
                sink.take::<T, P::One, 1>(&Elements(rest.collect()), part.len() % LANES, wanted, to)?;
            }
        }
        Ok(())
    })
}

/// Columns of a tile: full lanes.
fn side<P>(wanted: &Wanted) -> usize {
    (TILE / ((wanted.height() + 1) * size_of::<P>())).clamp(1, 128) * LANES
}

/// Copies columns side by side.
pub(super) fn gather<T: Copy + Default>(
    plane: &ArrayView2<'_, T>,
    columns: Range<usize>,
    buffer: &mut Vec<T>,
) {
    let width = columns.len();
    buffer.clear();
    buffer.resize(width * plane.nrows(), T::default());
    for (k, column) in columns.enumerate() {
        buffer[k..].iter_mut().step_by(width).zip(plane.column(column)).for_each(|(to, x)| *to = *x);
    }
}

/// Partial results along an axis that is not the last.
struct Rolled<'a, S> {
    store: &'a S,
    /// Length along the axis.
    rows: usize,
    axis: usize,
    /// Of the results.
    shape: &'a [usize],
}

impl<S: Store> Rolled<'_, S> {
    fn states<T, P>(&self, wanted: &Wanted, sink: &mut impl Sink<S>) -> Result<()>
    where
        T: Element + Copy,
        P: Partial<T, LANES, Store = S>,
    {
        let columns: usize = self.shape[self.axis + 1..].iter().product();
        let outer: usize = self.shape[..self.axis].iter().product();
        let side = side::<P>(wanted);
        for i in 0..outer {
            for first in (0..columns).step_by(side) {
                let (full, rest) = ((columns - first).min(side) / LANES, (columns - first).min(side) % LANES);
                let rows = |first| States {
                    store: self.store,
                    base: i * self.rows * columns + first,
                    step: columns,
                };
                let to =
                    |first| To { base: i * self.shape[self.axis] * columns + first, row: columns, column: 1 };
                if full > 0 {
                    let rows = Loaded::<S, T, LANES>(rows(first), PhantomData);
                    sink.take::<T, P, LANES>(&rows, full, wanted, to(first))?;
                }
                if rest > 0 {
                    let first = first + full * LANES;
                    let rows = Loaded::<S, T, 1>(rows(first), PhantomData);
                    sink.take::<T, P::One, 1>(&rows, rest, wanted, to(first))?;
                }
            }
        }
        Ok(())
    }
}

/// Partial results that are rolled once more.
struct Inner<'a, S> {
    store: &'a mut S,
    first: usize,
}

impl<S: Store> Sink<S> for Inner<'_, S> {
    fn take<T: Copy + 'static, P: Partial<T, L, Store = S>, const L: usize>(
        &mut self,
        rows: &dyn Rows<P>,
        lanes: usize,
        wanted: &Wanted,
        to: To,
    ) -> Result<()> {
        let mut keep = Keep::<S, T, L> { store: &mut *self.store, first: self.first, to, what: PhantomData };
        wanted.roll::<T, P, L>(rows, lanes, &mut keep)
    }
}

struct Keep<'a, S, T, const L: usize> {
    store: &'a mut S,
    first: usize,
    to: To,
    what: PhantomData<fn(T)>,
}

impl<S: Store, T: Copy + 'static, P: Partial<T, L, Store = S>, const L: usize> Emit<P> for Keep<'_, S, T, L> {
    fn put(&mut self, row: usize, windows: &[P]) -> Result<()> {
        let at = self.to.base + (row - self.first) * self.to.row;
        for (column, p) in windows.iter().enumerate() {
            let at = at + column * L * self.to.column;
            match self.to.column {
                1 => p.flush(self.store, at),
                step => (0..L).for_each(|l| p.lane(l).flush(self.store, at + l * step)),
            }
        }
        Ok(())
    }
}

/// Results that are finished, some rows at a time.
struct Last<'a> {
    reduce: &'a ReduceSpec,
    input: DType,
    output: &'a mut Output,
}

impl<W: Store, C: Store> Sink<CountedStore<W, C>> for Last<'_> {
    fn take<T: Copy + 'static, P: Partial<T, L, Store = CountedStore<W, C>>, const L: usize>(
        &mut self,
        rows: &dyn Rows<P>,
        lanes: usize,
        wanted: &Wanted,
        to: To,
    ) -> Result<()> {
        let width = lanes * L;
        let mut batch = Batch::<_, T, L> {
            last: self,
            wanted,
            store: CountedStore::new(0),
            windows: wanted.windows.start..wanted.windows.start,
            rows: 0,
            to,
            width,
            what: PhantomData,
        };
        wanted.roll::<T, P, L>(rows, lanes, &mut batch)?;
        batch.finish()
    }
}

struct Batch<'a, 'b, S, T, const L: usize> {
    last: &'a mut Last<'b>,
    wanted: &'a Wanted<'a>,
    store: S,
    /// The windows that the store has room for.
    windows: Range<usize>,
    /// How many of them are there.
    rows: usize,
    to: To,
    width: usize,
    what: PhantomData<fn(T)>,
}

impl<W: Store, C: Store, T, const L: usize> Batch<'_, '_, CountedStore<W, C>, T, L> {
    fn finish(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let store = std::mem::replace(&mut self.store, CountedStore::new(0));
        let lens: Vec<i64> = self.windows.clone().map(|i| self.wanted.spans.span(i).len() as i64).collect();
        let mut counted = store.count.into_blocks().pop().map(take_vec::<i64>).transpose()?;
        // Where nothing went in there is a result too: it becomes missing.
        let (rows, each) = counted.as_ref().map_or((&lens, self.width), |n| (n, 1));
        let rows: Vec<i64> = rows.iter().map(|n| *n.max(&1)).collect();
        let end = Finish::of_windows(self.last.reduce, self.last.input, &rows, each);
        let values = store.what.finish(&end)?;
        if self.last.reduce.op == ReduceOp::Count {
            counted = Some(values.to_vec()?);
        }
        let counts = counted.as_deref().map_or(Counts::Rows(&lens), Counts::Each);
        let before = self.windows.start - self.wanted.windows.start;
        let to = To { base: self.to.base + before * self.to.row, ..self.to };
        self.last.output.put(values, counts, self.width, to)
    }
}

impl<W, C, T, P, const L: usize> Emit<P> for Batch<'_, '_, CountedStore<W, C>, T, L>
where
    W: Store,
    C: Store,
    T: Copy + 'static,
    P: Partial<T, L, Store = CountedStore<W, C>>,
{
    fn put(&mut self, row: usize, windows: &[P]) -> Result<()> {
        if row == self.windows.end || self.rows == 0 {
            self.finish()?;
            let end = self.wanted.windows.end.min(row + (BATCH / self.width).max(1));
            self.windows = row..end;
            self.store = CountedStore::new((end - row) * self.width);
        }
        let at = (row - self.windows.start) * self.width;
        self.rows = row - self.windows.start + 1;
        for (column, p) in windows.iter().enumerate() {
            p.flush(&mut self.store, at + column * L);
        }
        Ok(())
    }
}
