//! Where a part of a block is written to.

use ndarray::ArrayViewMutD;
use num_complex::Complex;

use super::{Block, Data};
use crate::dtype::{DType, Element, Text};
use crate::error::{Error, Result};

/// The elements of a [`Place`], by memory layout.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum DataMut<'a> {
    Bool(ArrayViewMutD<'a, bool>),
    I8(ArrayViewMutD<'a, i8>),
    I16(ArrayViewMutD<'a, i16>),
    I32(ArrayViewMutD<'a, i32>),
    I64(ArrayViewMutD<'a, i64>),
    U8(ArrayViewMutD<'a, u8>),
    U16(ArrayViewMutD<'a, u16>),
    U32(ArrayViewMutD<'a, u32>),
    U64(ArrayViewMutD<'a, u64>),
    F32(ArrayViewMutD<'a, f32>),
    F64(ArrayViewMutD<'a, f64>),
    C64(ArrayViewMutD<'a, Complex<f32>>),
    C128(ArrayViewMutD<'a, Complex<f64>>),
    Str(ArrayViewMutD<'a, Text>),
}

/// A box of a larger block that one thread writes to while others write to theirs.
#[derive(Debug)]
pub struct Place<'a> {
    dtype: DType,
    data: DataMut<'a>,
}

impl<'a> Place<'a> {
    /// The place of elements of a dtype.
    pub(crate) fn new<T: Element>(elements: ArrayViewMutD<'a, T>, dtype: DType) -> Self {
        Place { dtype, data: T::wrap_mut(elements) }
    }

    /// The dtype of what belongs here.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut block = Block::zeros(DType::DATETIME_NS, &[2]);
    /// assert_eq!(block.place().dtype(), DType::DATETIME_NS);
    /// ```
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The elements, if they are of this type.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut block = Block::zeros(DType::I64, &[3]);
    /// block.place().elements::<i64>().expect("integers").fill(7);
    /// assert_eq!(block.to_vec::<i64>()?, [7, 7, 7]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn elements<T: Element>(&mut self) -> Option<&mut ArrayViewMutD<'a, T>> {
        T::unwrap_mut(&mut self.data)
    }

    /// Fills the place.
    ///
    /// # Errors
    /// If the block has another layout or shape.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut block = Block::zeros(DType::F64, &[2]);
    /// block.place().fill(&Block::from_vec(&[2], vec![1.5, 2.5])?)?;
    /// assert!(block.place().fill(&Block::scalar(1.5)).is_err());
    /// assert_eq!(block.to_vec::<f64>()?, [1.5, 2.5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn fill(&mut self, block: &Block) -> Result<()> {
        macro_rules! arms {
            ($($K:ident),*) => {
                match (&mut self.data, block.data()) {
                    $((DataMut::$K(to), Data::$K(from)) if to.shape() == from.shape() => to.assign(from),)*
                    _ => {
                        let (dtype, found, shape) = (self.dtype, block.dtype(), block.shape());
                        return Err(Error::internal(format!("{found} {shape:?} does not fill a place of {dtype}")));
                    }
                }
            };
        }
        arms!(Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128, Str);
        Ok(())
    }
}
