//! A dense in-memory array of any dtype.

use ndarray::{ArcArray, ArrayD, Axis, IxDyn, SliceInfoElem};
use num_complex::Complex;
use smallvec::SmallVec;

use super::pages::{prefer_large, uncleared};
use super::{Place, Region, Slice};
use crate::dtype::dispatch::{with_element, with_number};
use crate::dtype::{DType, Element, Text};
use crate::error::{Error, Result};

/// A shared n-dimensional array: cloning and slicing copy no elements.
pub type Shared<T> = ArcArray<T, IxDyn>;

/// The elements of a [`Block`], by memory layout. Times are `I64`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Data {
    Bool(Shared<bool>),
    I8(Shared<i8>),
    I16(Shared<i16>),
    I32(Shared<i32>),
    I64(Shared<i64>),
    U8(Shared<u8>),
    U16(Shared<u16>),
    U32(Shared<u32>),
    U64(Shared<u64>),
    F32(Shared<f32>),
    F64(Shared<f64>),
    C64(Shared<Complex<f32>>),
    C128(Shared<Complex<f64>>),
    Str(Shared<Text>),
}

/// A dense array in memory with a [`DType`]; cheap to clone, copied when written to.
#[derive(Debug, Clone)]
pub struct Block {
    dtype: DType,
    data: Data,
}

/// A row of the values.
impl<T: Element> From<Vec<T>> for Block {
    fn from(values: Vec<T>) -> Self {
        Block::new(ndarray::Array1::from_vec(values).into_dyn().into_shared())
    }
}

/// A row of the values.
impl<T: Element, const N: usize> From<[T; N]> for Block {
    fn from(values: [T; N]) -> Self {
        Block::from(values.to_vec())
    }
}

/// A row of the texts.
impl<const N: usize> From<[&str; N]> for Block {
    fn from(texts: [&str; N]) -> Self {
        Block::from(texts.map(Text::from))
    }
}

impl From<&Block> for Block {
    fn from(block: &Block) -> Self {
        block.clone()
    }
}

impl Block {
    /// The array as a block of the plain dtype of `T`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use ndarray::{ArrayD, IxDyn};
    /// let block = Block::new(ArrayD::from_elem(IxDyn(&[2, 2]), 1.5).into_shared());
    /// assert_eq!((block.dtype(), block.size()), (DType::F64, 4));
    /// ```
    pub fn new<T: Element>(array: Shared<T>) -> Self {
        Block { dtype: T::DTYPE, data: T::wrap(array) }
    }

    /// The array as a block of `dtype`, which must have the layout of `T`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use ndarray::{ArrayD, IxDyn};
    /// let ticks = ArrayD::from_elem(IxDyn(&[1]), 0i64).into_shared();
    /// assert!(Block::with_dtype(ticks, DType::DATETIME_NS).dtype().is_datetime());
    /// ```
    pub fn with_dtype<T: Element>(array: Shared<T>, dtype: DType) -> Self {
        Block::new(array).retype(dtype)
    }

    /// A block from elements in row-major order.
    ///
    /// # Errors
    /// If there are not as many elements as the shape has places.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let block = Block::from_vec(&[2, 2], vec![1, 2, 3, 4])?;
    /// assert_eq!(block.remove_axis(0).to_vec::<i32>()?, [1, 2]);
    /// assert!(Block::from_vec(&[2, 2], vec![1, 2, 3]).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn from_vec<T: Element>(shape: &[usize], values: Vec<T>) -> Result<Self> {
        let n = values.len();
        let array = ArrayD::from_shape_vec(IxDyn(shape), values)
            .map_err(|_| Error::invalid(format!("{n} elements do not fill the shape {shape:?}")))?;
        Ok(Block::new(array.into_shared()))
    }

    /// A block of rank 0.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::scalar(2.5).ndim(), 0);
    /// ```
    pub fn scalar<T: Element>(value: T) -> Self {
        Block::new(ArrayD::from_elem(IxDyn(&[]), value).into_shared())
    }

    /// A block with the same value (a block of rank 0) everywhere.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::full(&[3], &Block::scalar(7)).to_vec::<i32>()?, [7, 7, 7]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn full(shape: &[usize], value: &Block) -> Self {
        with_element!(value.dtype.kind(), T => {
            let v = value.get::<T>().expect("kind was matched").first().cloned().unwrap_or_default();
            Block::with_dtype(ArrayD::from_elem(IxDyn(shape), v).into_shared(), value.dtype)
        })
    }

    /// A block of default values: zeros, false, missing text.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::zeros(DType::U8, &[2]).to_vec::<u8>()?, [0, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn zeros(dtype: DType, shape: &[usize]) -> Self {
        with_element!(dtype.kind(), T => {
            let mut array = ArrayD::from_elem(IxDyn(shape), T::default());
            if let Some(elements) = array.as_slice_mut() {
                prefer_large(elements);
            }
            Block::with_dtype(array.into_shared(), dtype)
        })
    }

    /// A block of which every element is written before it is read; until then numbers are anything.
    pub(crate) fn uncleared(dtype: DType, shape: &[usize]) -> Self {
        with_number!(dtype.kind(), T => {
            let numbers = uncleared::<T>(shape.iter().product());
            let array = ArrayD::from_shape_vec(IxDyn(shape), numbers).expect("one number for each place");
            Block::with_dtype(array.into_shared(), dtype)
        }, else Block::zeros(dtype, shape))
    }

    /// The same elements under another dtype of the same layout (`i64` as times and back).
    ///
    /// # Panics
    /// If the layouts differ: a mistake of the caller, not of the data.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let day = Block::scalar(86_400_000_000_000i64).retype(DType::DATETIME_NS);
    /// assert_eq!(day.dtype().to_string(), "datetime64[ns]");
    /// ```
    pub fn retype(mut self, dtype: DType) -> Self {
        assert_eq!(self.dtype.kind(), dtype.kind(), "retype must keep the layout");
        self.dtype = dtype;
        self
    }

    /// The type of the elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::scalar(true).dtype(), DType::Bool);
    /// ```
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The elements by layout.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::array::Data;
    /// assert!(matches!(Block::scalar(1.0).data(), Data::F64(a) if a.len() == 1));
    /// ```
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The length of each axis.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::zeros(DType::F32, &[2, 3]).shape(), [2, 3]);
    /// ```
    pub fn shape(&self) -> &[usize] {
        with_element!(self.dtype.kind(), T => self.get::<T>().expect("kind was matched").shape())
    }

    /// Number of axes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::zeros(DType::F32, &[2, 3]).ndim(), 2);
    /// ```
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// Number of elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::zeros(DType::F32, &[2, 3]).size(), 6);
    /// ```
    pub fn size(&self) -> usize {
        self.shape().iter().product()
    }

    /// Bytes of the elements (for text: of handles and characters).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::zeros(DType::F32, &[2, 3]).nbytes(), 24);
    /// ```
    pub fn nbytes(&self) -> usize {
        let handles = self.size() * self.dtype.size();
        match &self.data {
            Data::Str(a) => handles + a.iter().map(|t| t.as_str().map_or(0, str::len)).sum::<usize>(),
            _ => handles,
        }
    }

    /// The array, if its elements are of type `T` (times are `i64`).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let block = Block::from_vec(&[2], vec![1.0, 2.0])?;
    /// assert_eq!(block.get::<f64>().map(|a| a[[1]]), Some(2.0));
    /// assert!(block.get::<f32>().is_none());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn get<T: Element>(&self) -> Option<&Shared<T>> {
        T::unwrap_ref(&self.data)
    }

    /// The array, if its elements are of type `T`; without a copy where this is the only owner.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let array = Block::from_vec(&[2], vec![1.0, 2.0])?.into_shared::<f64>();
    /// assert_eq!(array.map(|a| a.sum()), Some(3.0));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn into_shared<T: Element>(self) -> Option<Shared<T>> {
        T::unwrap(self.data)
    }

    /// The array of elements of type `T`.
    ///
    /// # Errors
    /// If the block holds another type.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let block = Block::from_vec(&[2], vec![1.0, 2.0])?;
    /// assert_eq!(block.typed::<f64>()?.sum(), 3.0);
    /// assert!(block.typed::<i64>().unwrap_err().to_string().contains("float64, not int64"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn typed<T: Element>(&self) -> Result<&Shared<T>> {
        self.get::<T>().ok_or_else(|| {
            Error::dtype(format!("the array holds {}, not {}", self.dtype, T::DTYPE))
                .help(format!("cast it first, as with `astype`, or ask for {}", self.dtype))
        })
    }

    /// The elements in row-major order.
    ///
    /// # Errors
    /// If the block holds another type.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::from_vec(&[1, 2], vec![1, 2])?.to_vec::<i32>()?, [1, 2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        Ok(self.typed::<T>()?.iter().cloned().collect())
    }

    /// The block with its elements contiguous in row-major order; copies only where they are not.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let turned = Block::from_vec(&[2, 2], vec![1, 2, 3, 4])?.permute(&[1, 0]);
    /// assert_eq!(turned.as_slice::<i32>(), None);
    /// assert_eq!(turned.contiguous().as_slice::<i32>(), Some(&[1, 3, 2, 4][..]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn contiguous(self) -> Self {
        let is_contiguous = with_element!(self.dtype.kind(), T => {
            self.get::<T>().is_some_and(|a| a.is_standard_layout())
        });
        if is_contiguous {
            return self;
        }
        let mut dense = Block::uncleared(self.dtype, self.shape());
        dense.assign(&Region::full(self.shape()), &self);
        dense
    }

    /// Row-major elements; the block must be [`contiguous`](Block::contiguous).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::from_vec(&[2], vec![1, 2])?.as_slice::<i32>(), Some(&[1, 2][..]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn as_slice<T: Element>(&self) -> Option<&[T]> {
        self.get::<T>()?.as_slice()
    }

    /// Every step-th part along each axis; shares the memory.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::array::Slice;
    /// let block = Block::from_vec(&[5], vec![0, 1, 2, 3, 4])?;
    /// let backwards = Slice { start: 4, step: -2, len: 3 };
    /// assert_eq!(block.slice(&[backwards]).to_vec::<i32>()?, [4, 2, 0]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn slice(&self, slices: &[Slice]) -> Block {
        let info: SmallVec<[SliceInfoElem; 4]> = slices
            .iter()
            .map(|s| {
                if s.len == 0 {
                    return SliceInfoElem::Slice { start: 0, end: Some(0), step: 1 };
                }
                let span = s.span(0..s.len);
                SliceInfoElem::Slice {
                    start: span.start as isize,
                    end: Some(span.end as isize),
                    step: s.step,
                }
            })
            .collect();
        with_element!(self.dtype.kind(), T => {
            let a = self.get::<T>().expect("kind was matched").clone();
            Block { dtype: self.dtype, data: T::wrap(a.slice_move(info.as_slice())) }
        })
    }

    /// The box `region`; shares the memory.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let block = Block::from_vec(&[2, 2], vec![1, 2, 3, 4])?;
    /// assert_eq!(block.region(&Region::new([1..2, 0..2])).to_vec::<i32>()?, [3, 4]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn region(&self, region: &Region) -> Block {
        let whole = region.ranges().zip(self.shape()).all(|(r, &n)| r.start == 0 && r.end == n);
        if whole {
            return self.clone();
        }
        self.slice(&region.ranges().map(Slice::range).collect::<SmallVec<[Slice; 4]>>())
    }

    /// The axes in another order; shares the memory.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let block = Block::from_vec(&[2, 3], vec![1, 2, 3, 4, 5, 6])?;
    /// assert_eq!(block.permute(&[1, 0]).to_vec::<i32>()?, [1, 4, 2, 5, 3, 6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn permute(&self, perm: &[usize]) -> Block {
        with_element!(self.dtype.kind(), T => {
            let a = self.get::<T>().expect("kind was matched").clone();
            Block { dtype: self.dtype, data: T::wrap(a.permuted_axes(IxDyn(perm))) }
        })
    }

    /// With a new axis of length 1 at `axis`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::zeros(DType::I8, &[2]).insert_axis(0).shape(), [1, 2]);
    /// ```
    pub fn insert_axis(&self, axis: usize) -> Block {
        with_element!(self.dtype.kind(), T => {
            let a = self.get::<T>().expect("kind was matched").clone();
            Block { dtype: self.dtype, data: T::wrap(a.insert_axis(Axis(axis))) }
        })
    }

    /// Without `axis`, at position 0 of it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let block = Block::from_vec(&[2, 2], vec![1, 2, 3, 4])?;
    /// assert_eq!(block.remove_axis(1).to_vec::<i32>()?, [1, 3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn remove_axis(&self, axis: usize) -> Block {
        with_element!(self.dtype.kind(), T => {
            let a = self.get::<T>().expect("kind was matched").clone();
            Block { dtype: self.dtype, data: T::wrap(a.index_axis_move(Axis(axis), 0)) }
        })
    }

    /// The same elements in row-major order under another shape of the same size.
    ///
    /// # Errors
    /// If the sizes differ.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let block = Block::from_vec(&[4], vec![1, 2, 3, 4])?;
    /// assert_eq!(block.clone().reshape(&[2, 2])?.shape(), [2, 2]);
    /// assert!(block.reshape(&[3]).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reshape(self, shape: &[usize]) -> Result<Block> {
        if self.size() != shape.iter().product::<usize>() {
            return Err(Error::invalid(format!("shape {:?} does not fit into {shape:?}", self.shape())));
        }
        let b = self.contiguous();
        with_element!(b.dtype.kind(), T => {
            let a = T::unwrap(b.data).expect("kind was matched");
            let a = a.into_shape_with_order(IxDyn(shape)).expect("sizes were compared");
            Ok(Block { dtype: b.dtype, data: T::wrap(a) })
        })
    }

    /// Repeats axes of length 1 up to `shape` (a copy).
    ///
    /// # Errors
    /// If another axis differs in length.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let row = Block::from_vec(&[1, 2], vec![1, 2])?;
    /// assert_eq!(row.broadcast_to(&[2, 2])?.to_vec::<i32>()?, [1, 2, 1, 2]);
    /// assert!(row.broadcast_to(&[2, 3]).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Block> {
        if self.shape() == shape {
            return Ok(self.clone());
        }
        with_element!(self.dtype.kind(), T => {
            let a = self.get::<T>().expect("kind was matched");
            let v = a.broadcast(IxDyn(shape)).ok_or_else(|| {
                Error::invalid(format!("shape {:?} does not broadcast to {shape:?}", self.shape()))
            })?;
            Ok(Block { dtype: self.dtype, data: T::wrap(v.to_owned().into_shared()) })
        })
    }

    /// Copies `piece` into the box `at` of this block (copy on write).
    ///
    /// # Panics
    /// If dtype or shape differ: the plan decides both.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let mut block = Block::zeros(DType::I32, &[3]);
    /// block.assign(&Region::new([1..3]), &Block::from_vec(&[2], vec![7, 8])?);
    /// assert_eq!(block.to_vec::<i32>()?, [0, 7, 8]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn assign(&mut self, at: &Region, piece: &Block) {
        self.place().part(at).fill(piece).expect("assign must keep the layout");
    }

    /// All of the block as a place to write to; copied first where somebody else holds the elements too.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let zeros = Block::zeros(DType::U8, &[2]);
    /// let mut ones = zeros.clone();
    /// ones.place().elements::<u8>().expect("bytes").fill(1);
    /// assert_eq!((zeros.to_vec::<u8>()?, ones.to_vec::<u8>()?), (vec![0, 0], vec![1, 1]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn place(&mut self) -> Place<'_> {
        macro_rules! arms {
            ($($K:ident),*) => {
                match &mut self.data {
                    $(Data::$K(a) => Place::new(a.view_mut(), self.dtype),)*
                }
            };
        }
        arms!(Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128, Str)
    }

    /// Whether two blocks have the same dtype, shape and bits.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let nan = Block::scalar(f64::NAN);
    /// assert!(nan.same_bits(&nan));
    /// assert!(!Block::scalar(0.0).same_bits(&Block::scalar(-0.0)));
    /// ```
    pub fn same_bits(&self, other: &Block) -> bool {
        self.dtype == other.dtype
            && self.shape() == other.shape()
            && self.clone().contiguous().to_bytes() == other.clone().contiguous().to_bytes()
    }
}
