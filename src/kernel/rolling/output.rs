//! Results of windows as elements: in the dtype that has room for missing values, missing where a window holds too
//! few values.

use super::planes::To;
use crate::array::Block;
use crate::dtype::dispatch::with_element;
use crate::dtype::promote::missing_value;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::kernel::cast::cast;

/// How many values went into results.
pub(super) enum Counts<'a> {
    /// Into each.
    Each(&'a [i64]),
    /// Into all of a row.
    Rows(&'a [i64]),
}

/// The result as far as it is known.
pub(super) struct Output {
    dtype: DType,
    shape: Vec<usize>,
    least: i64,
    elements: Box<dyn Elements>,
}

impl Output {
    /// An array of missing values; windows with fewer than `least` values stay missing.
    pub(super) fn new(dtype: DType, shape: &[usize], least: usize) -> Result<Self> {
        let missing = missing_value(dtype);
        let size = shape.iter().product();
        let elements = with_element!(dtype.kind(), T => Typed::<T>::missing(&missing, size)?);
        Ok(Output { dtype, shape: shape.to_vec(), least: least as i64, elements })
    }

    pub(super) fn dtype(&self) -> DType {
        self.dtype
    }

    /// Takes some rows of results, each of `width` columns.
    pub(super) fn put(&mut self, values: Block, counts: Counts, width: usize, to: To) -> Result<()> {
        self.elements.put(cast(&values, self.dtype)?, counts, self.least, width, to)
    }

    pub(super) fn into_block(self) -> Result<Block> {
        Ok(self.elements.into_block(&self.shape)?.retype(self.dtype))
    }
}

trait Elements {
    fn put(&mut self, values: Block, counts: Counts, least: i64, width: usize, to: To) -> Result<()>;
    fn into_block(self: Box<Self>, shape: &[usize]) -> Result<Block>;
}

struct Typed<T> {
    all: Vec<T>,
    missing: T,
}

impl<T: Element> Typed<T> {
    fn missing(missing: &Block, size: usize) -> Result<Box<dyn Elements>> {
        let missing = missing.typed::<T>()?.first().cloned().unwrap_or_default();
        Ok(Box::new(Typed { all: vec![missing.clone(); size], missing }))
    }
}

impl<T: Element> Elements for Typed<T> {
    fn put(&mut self, values: Block, counts: Counts, least: i64, width: usize, to: To) -> Result<()> {
        let values = values.contiguous();
        let values = values
            .as_slice::<T>()
            .ok_or_else(|| Error::internal(format!("windows of {} gave {}", T::DTYPE, values.dtype())))?;
        for (i, row) in values.chunks(width).enumerate() {
            let base = to.base + i * to.row;
            let enough = |k: usize| match counts {
                Counts::Each(n) => n[i * width + k] >= least,
                Counts::Rows(_) => true,
            };
            if matches!(counts, Counts::Rows(n) if n[i] < least) {
                continue;
            }
            if to.column == 1 {
                let out = self.all[base..base + width].iter_mut().zip(row).enumerate();
                out.for_each(|(k, (out, v))| *out = if enough(k) { v } else { &self.missing }.clone());
            } else {
                for (k, v) in row.iter().enumerate().filter(|(k, _)| enough(*k)) {
                    self.all[base + k * to.column] = v.clone();
                }
            }
        }
        Ok(())
    }

    fn into_block(self: Box<Self>, shape: &[usize]) -> Result<Block> {
        Block::from_vec(shape, self.all)
    }
}
