//! Results that are written as soon as they are complete: where every element takes in all that it will at one go,
//! states need no memory of their own beyond a few rows that stay in cache.

use super::Finish;
use super::lanes::{LANES, Partial, Store};
use super::sink::{Folding, Run, Sink};
use crate::array::Block;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::with_element;

/// Elements whose states are kept before they are finished together.
const BATCH: usize = 1024;

/// Where the elements of a row belong: the first, and how far apart they lie.
type Row = (usize, usize);

/// Finishes what it takes in.
pub(super) struct Direct<'a, T: Copy + 'static, P: Partial<T, LANES>> {
    folding: Folding<T, P>,
    end: &'a Finish<'a>,
    out: Block,
    /// Elements of each row of the batch.
    width: usize,
    rows: Vec<Row>,
    /// The group of each row, and how many positions it took in.
    groups: Vec<usize>,
    taken: Vec<i64>,
    failed: Option<Error>,
}

impl<'a, T: Copy + 'static, P: Partial<T, LANES>> Direct<'a, T, P> {
    pub(super) fn new(end: &'a Finish<'a>, dtype: DType, size: usize) -> Self {
        let out = Block::zeros(dtype, &[size]);
        let folding = Folding::new(P::Store::new(0));
        Direct {
            folding,
            end,
            out,
            width: 0,
            rows: Vec::new(),
            groups: Vec::new(),
            taken: Vec::new(),
            failed: None,
        }
    }

    /// The result.
    ///
    /// # Errors
    /// If a value has no meaning.
    pub(super) fn finish(mut self) -> Result<Block> {
        self.end_batch();
        self.failed.map_or(Ok(self.out), Err)
    }

    /// Room for more rows of `width` elements in the batch.
    fn begin(&mut self, width: usize, rows: usize) {
        if self.width != width || (self.rows.len() + rows) * width > BATCH.max(width * rows) {
            self.end_batch();
        }
        if self.rows.is_empty() {
            self.width = width;
            self.folding.restart(P::Store::new(BATCH.max(width * rows)));
        }
    }

    /// The row of the batch that is the elements from `at` on.
    fn row(&mut self, at: usize, step: usize) -> usize {
        self.rows.push((at, step));
        let group = at / self.end.inner % self.end.rows.len();
        self.groups.push(self.end.first + group);
        self.taken.push(self.end.rows[group]);
        (self.rows.len() - 1) * self.width
    }

    fn end_batch(&mut self) {
        let store = self.folding.restart(P::Store::new(0));
        let rows = std::mem::take(&mut self.rows);
        let (groups, taken) = (std::mem::take(&mut self.groups), std::mem::take(&mut self.taken));
        if rows.is_empty() || self.failed.is_some() {
            return;
        }
        let end = Finish { rows: &taken, groups: Some(&groups), inner: self.width, ..*self.end };
        let written = store.finish(&end).and_then(|block| write(&mut self.out, &block, self.width, &rows));
        self.failed = written.err();
    }
}

/// Writes rows of `width` elements to their places.
fn write(out: &mut Block, batch: &Block, width: usize, rows: &[Row]) -> Result<()> {
    fn typed<T: Element>(out: &mut Block, batch: &Block, width: usize, rows: &[Row]) -> Result<()> {
        let dtype = out.dtype();
        let whole = std::mem::replace(out, Block::scalar(false)).into_shared::<T>();
        let (Some(mut whole), Some(from)) = (whole, batch.as_slice::<T>()) else {
            return Err(Error::internal(format!("{} where {dtype} was to be written", batch.dtype())));
        };
        let to = whole.as_slice_mut().expect("a result lies together");
        for ((at, step), row) in rows.iter().zip(from.chunks(width)) {
            if *step == 1 {
                to[*at..at + width].clone_from_slice(row);
            } else {
                to[*at..].iter_mut().step_by(*step).zip(row).for_each(|(to, from)| to.clone_from(from));
            }
        }
        *out = Block::with_dtype(whole, dtype);
        Ok(())
    }
    with_element!(out.dtype().kind(), T => typed::<T>(out, batch, width, rows))
}

impl<T: Copy + 'static, P: Partial<T, LANES>> Sink<T> for Direct<'_, T, P> {
    fn every_group(&self) -> bool {
        true
    }

    fn columns(&self) -> usize {
        self.folding.columns()
    }

    fn run(&mut self, part: &[T]) {
        self.folding.run(part);
    }

    fn end_run(&mut self, at: usize) {
        self.begin(1, 1);
        let row = self.row(at, 1);
        self.folding.end_run(row);
    }

    fn begin_rows(&mut self, width: usize) {
        self.begin(width, 1);
        self.folding.begin_rows(width);
    }

    fn rows(&mut self, rows: &[&[T]]) {
        self.folding.rows(rows);
    }

    fn end_rows(&mut self, at: usize, step: usize) {
        let row = self.row(at, step);
        self.folding.end_rows(row, 1);
    }

    fn scatter(&mut self, row: &[T], runs: &[Run], to: &[usize]) {
        self.begin(1, to.len());
        let rows: Vec<usize> = to.iter().map(|at| self.row(*at, 1)).collect();
        self.folding.scatter(row, runs, &rows);
    }
}
