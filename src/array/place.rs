//! Where a part of a block is written to.

use ndarray::{ArrayViewMutD, Axis, Slice};
use num_complex::Complex;

use super::{AxisGrid, Block, ChunkGrid, Data, Region, copy};
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
                    $((DataMut::$K(to), Data::$K(from)) if to.shape() == from.shape() => copy(to, &from.view()),)*
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

    /// Lengths along the axes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::zeros(DType::I64, &[3, 2]).place().shape(), [3, 2]);
    /// ```
    pub fn shape(&self) -> &[usize] {
        macro_rules! arms {
            ($($K:ident),*) => { match &self.data { $(DataMut::$K(a) => a.shape(),)* } };
        }
        arms!(Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128, Str)
    }

    /// A box of this place.
    ///
    /// # Panics
    /// If the box reaches beyond it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::array::Region;
    /// let mut block = Block::zeros(DType::I64, &[3]);
    /// block.place().part(&Region::new([1..3])).fill(&Block::from_vec(&[2], vec![5i64, 6])?)?;
    /// assert_eq!(block.to_vec::<i64>()?, [0, 5, 6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn part(&mut self, region: &Region) -> Place<'_> {
        fn of<'v, T>(all: &'v mut ArrayViewMutD<'_, T>, region: &Region) -> ArrayViewMutD<'v, T> {
            all.slice_each_axis_mut(|of| Slice::from(region.axis(of.axis.index())))
        }
        macro_rules! arms {
            ($($K:ident),*) => { match &mut self.data { $(DataMut::$K(a) => DataMut::$K(of(a, region)),)* } };
        }
        let data = arms!(Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128, Str);
        Place { dtype: self.dtype, data }
    }

    /// The places of the chunks of a grid of this shape, in their order.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::array::ChunkGrid;
    /// let mut block = Block::zeros(DType::I64, &[5]);
    /// for (i, mut place) in block.place().split(&ChunkGrid::regular(&[5], &[2])).into_iter().enumerate() {
    ///     place.elements::<i64>().expect("integers").fill(i as i64);
    /// }
    /// assert_eq!(block.to_vec::<i64>()?, [0, 0, 1, 1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn split(self, grid: &ChunkGrid) -> Vec<Place<'a>> {
        let dtype = self.dtype;
        macro_rules! arms {
            ($($K:ident),*) => {
                match self.data {
                    $(DataMut::$K(a) => {
                        let parts = split(a, grid).into_iter();
                        parts.map(|a| Place { dtype, data: DataMut::$K(a) }).collect()
                    })*
                }
            };
        }
        arms!(Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128, Str)
    }
}

fn split<'a, T>(whole: ArrayViewMutD<'a, T>, grid: &ChunkGrid) -> Vec<ArrayViewMutD<'a, T>> {
    let mut parts = Vec::with_capacity(grid.count());
    parts.push(whole);
    for (axis, chunks) in grid.axes().iter().enumerate() {
        if chunks.count() != 1 {
            parts = parts.into_iter().flat_map(|p| split_axis(p, Axis(axis), chunks)).collect();
        }
    }
    parts
}

fn split_axis<'a, T>(
    place: ArrayViewMutD<'a, T>,
    axis: Axis,
    chunks: &AxisGrid,
) -> impl Iterator<Item = ArrayViewMutD<'a, T>> {
    let mut rest = Some(place);
    (0..chunks.count()).map(move |i| {
        let (first, later) = rest.take().expect("the rest is put back").split_at(axis, chunks.chunk(i).len());
        rest = Some(later);
        first
    })
}
