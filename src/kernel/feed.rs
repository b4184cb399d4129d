//! Reading operands tile by tile: each operand, whatever its strides, repeats and dtype, hands out
//! plain slices of one type, so that every elementwise loop is a loop over slices.

use std::ops::Range;

use ndarray::iter::LanesIter;
use ndarray::{ArrayView1, Axis, Dimension, IxDyn, Slice};
use smallvec::SmallVec;

use super::cast::CastFrom;
use super::wide::{Loop, wide};
use crate::array::{Block, Shared};
use crate::dtype::dispatch::with_number;
use crate::dtype::{Element, Kind, Text};

/// Elements in a tile: a few of them fit the first-level cache in every dtype.
pub(crate) const TILE: usize = 2048;

/// The elements of an operand in the row-major order of the result, asked for from front to back.
pub(crate) trait Feed<T> {
    /// The elements at these positions of the result, at most [`TILE`] of them.
    fn tile(&mut self, range: Range<usize>) -> &[T];
}

/// A feed that borrows its block.
pub(crate) type BoxFeed<'a, T> = Box<dyn Feed<T> + 'a>;

/// An element type in which operands can be asked for.
pub(crate) trait Operand: Element {
    /// The elements of `block` as this type, repeated up to `shape`.
    ///
    /// # Panics
    /// If text meets numbers, or the shape does not fit: both were checked when the map was built.
    fn feed<'a>(block: &'a Block, shape: &[usize]) -> BoxFeed<'a, Self>;
}

macro_rules! operand {
    ($($T:ty),*) => {$(
        impl Operand for $T {
            fn feed<'a>(block: &'a Block, shape: &[usize]) -> BoxFeed<'a, Self> {
                converted::<$T>(block, shape)
            }
        }
    )*};
}
operand!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
operand!(num_complex::Complex<f32>, num_complex::Complex<f64>);

impl Operand for Text {
    fn feed<'a>(block: &'a Block, shape: &[usize]) -> BoxFeed<'a, Self> {
        plain(block.get::<Text>().expect("text meets text"), shape)
    }
}

fn converted<'a, T: Operand + crate::kernel::cast::FromNumbers>(
    block: &'a Block,
    shape: &[usize],
) -> BoxFeed<'a, T> {
    if let Some(array) = block.get::<T>() {
        return plain(array, shape);
    }
    let kind = block.dtype().kind();
    with_number!(kind, A => convert::<A, T>(block, shape), else match kind {
        Kind::Bool => convert::<bool, T>(block, shape),
        _ => unreachable!("text meets numbers"),
    })
}

fn convert<'a, A: Element, T: CastFrom<A> + Element>(block: &'a Block, shape: &[usize]) -> BoxFeed<'a, T> {
    let inner = plain(block.get::<A>().expect("kind was matched"), shape);
    Box::new(Convert { inner, tile: Vec::new() })
}

/// The feed of an array of the wanted type.
fn plain<'a, T: Element>(array: &'a Shared<T>, shape: &[usize]) -> BoxFeed<'a, T> {
    if array.len() == 1 {
        let n = shape.iter().product::<usize>().min(TILE);
        let value = array.first().cloned().unwrap_or_default();
        return Box::new(Repeat(vec![value; n]));
    }
    if array.shape() == shape {
        return match array.as_slice() {
            Some(s) => Box::new(Flat(s)),
            None => strided(array, shape).unwrap_or_else(|| Box::new(Lanes::new(array))),
        };
    }
    strided(array, shape).unwrap_or_else(|| {
        // What repeats is small beside the result, so a dense copy of it costs little.
        let dense: Vec<T> = array.iter().cloned().collect();
        let mut stride = 1;
        let mut strides: SmallVec<[usize; 6]> = SmallVec::new();
        for &n in array.shape().iter().rev() {
            strides.insert(0, stride);
            stride *= n;
        }
        let axes = merged(array.shape(), &strides, shape);
        Box::new(Steps { data: Data::Owned(dense), axes, tile: Vec::new() })
    })
}

/// The feed of an array whose memory is one gapless piece, in any order of axes.
fn strided<'a, T: Element>(array: &'a Shared<T>, shape: &[usize]) -> Option<BoxFeed<'a, T>> {
    let data = array.as_slice_memory_order()?;
    let strides = array.strides().iter().zip(array.shape());
    let strides: Option<SmallVec<[usize; 6]>> =
        strides.map(|(&s, &n)| if n == 1 { Some(0) } else { usize::try_from(s).ok() }).collect();
    let axes = merged(array.shape(), &strides?, shape);
    Some(Box::new(Steps { data: Data::Borrowed(data), axes, tile: Vec::new() }))
}

/// Length and stride of each axis of the result over the operand's memory; axes that run on into
/// each other are one.
fn merged(from: &[usize], strides: &[usize], shape: &[usize]) -> SmallVec<[(usize, usize); 6]> {
    let mut axes: SmallVec<[(usize, usize); 6]> = SmallVec::new();
    for ((&have, &stride), &len) in from.iter().zip(strides).zip(shape) {
        let stride = if have == 1 { 0 } else { stride };
        match axes.last_mut() {
            _ if len == 1 => {}
            Some((n, outer)) if *outer == stride * len => {
                *n *= len;
                *outer = stride;
            }
            _ => axes.push((len, stride)),
        }
    }
    if axes.is_empty() {
        axes.push((1, 0));
    }
    axes
}

/// The whole operand in the order of the result.
struct Flat<'a, T>(&'a [T]);

impl<T> Feed<T> for Flat<'_, T> {
    fn tile(&mut self, range: Range<usize>) -> &[T] {
        &self.0[range]
    }
}

/// One value everywhere.
struct Repeat<T>(Vec<T>);

impl<T> Feed<T> for Repeat<T> {
    fn tile(&mut self, range: Range<usize>) -> &[T] {
        &self.0[..range.len()]
    }
}

enum Data<'a, T> {
    Borrowed(&'a [T]),
    Owned(Vec<T>),
}

/// Steps over gapless memory, stride 0 where an axis repeats.
struct Steps<'a, T> {
    data: Data<'a, T>,
    axes: SmallVec<[(usize, usize); 6]>,
    tile: Vec<T>,
}

impl<T: Clone> Feed<T> for Steps<'_, T> {
    fn tile(&mut self, range: Range<usize>) -> &[T] {
        let data = match &self.data {
            Data::Borrowed(d) => d,
            Data::Owned(d) => &d[..],
        };
        let mut index: SmallVec<[usize; 6]> = SmallVec::from_elem(0, self.axes.len());
        let mut offset = 0;
        let mut left = range.start;
        for (i, &(n, stride)) in index.iter_mut().zip(&self.axes).rev() {
            *i = left % n;
            left /= n;
            offset += *i * stride;
        }
        let last = self.axes.len() - 1;
        let (row, stride) = self.axes[last];
        if stride == 1 && index[last] + range.len() <= row {
            return &data[offset..offset + range.len()];
        }
        self.tile.clear();
        let mut left = range.len();
        while left > 0 {
            let run = left.min(row - index[last]);
            match stride {
                0 => self.tile.extend(std::iter::repeat_n(data[offset].clone(), run)),
                1 => self.tile.extend_from_slice(&data[offset..offset + run]),
                s => self.tile.extend(data[offset..].iter().step_by(s).take(run).cloned()),
            }
            left -= run;
            // To the start of the next row: the last axis is done, the others count up.
            offset -= index[last] * stride;
            index[last] = 0;
            for axis in (0..last).rev() {
                let (n, step) = self.axes[axis];
                index[axis] += 1;
                offset += step;
                if index[axis] < n {
                    break;
                }
                offset -= n * step;
                index[axis] = 0;
            }
        }
        &self.tile
    }
}

/// An operand with gaps in memory, lane by lane along its last axis.
struct Lanes<'a, T> {
    lanes: LanesIter<'a, T, IxDyn>,
    lane: ArrayView1<'a, T>,
    at: usize,
    tile: Vec<T>,
}

impl<'a, T> Lanes<'a, T> {
    fn new(array: &'a Shared<T>) -> Self {
        let lanes = array.lanes(Axis(array.raw_dim().ndim() - 1)).into_iter();
        Lanes { lanes, lane: ArrayView1::from(&[]), at: 0, tile: Vec::new() }
    }
}

impl<T: Clone> Feed<T> for Lanes<'_, T> {
    fn tile(&mut self, range: Range<usize>) -> &[T] {
        self.tile.clear();
        while self.tile.len() < range.len() {
            if self.at == self.lane.len() {
                self.lane = self.lanes.next().expect("as many elements as the result");
                self.at = 0;
            }
            let run = (range.len() - self.tile.len()).min(self.lane.len() - self.at);
            let part = self.lane.slice_axis(Axis(0), Slice::from(self.at..self.at + run));
            match part.as_slice() {
                Some(s) => self.tile.extend_from_slice(s),
                None => self.tile.extend(part.iter().cloned()),
            }
            self.at += run;
        }
        &self.tile
    }
}

/// Another type, cast tile by tile.
struct Convert<'a, A, T> {
    inner: BoxFeed<'a, A>,
    tile: Vec<T>,
}

impl<A, T: CastFrom<A>> Feed<T> for Convert<'_, A, T> {
    fn tile(&mut self, range: Range<usize>) -> &[T] {
        self.tile.clear();
        wide(Cast { from: self.inner.tile(range), to: &mut self.tile });
        &self.tile
    }
}

/// Appends elements of another type.
struct Cast<'a, A, T> {
    from: &'a [A],
    to: &'a mut Vec<T>,
}

impl<A, T: CastFrom<A>> Loop for Cast<'_, A, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.to.extend(self.from.iter().map(T::cast_from));
    }
}
