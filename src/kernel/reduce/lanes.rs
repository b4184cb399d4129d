//! What a reduction keeps: [`Partial`] in registers, [`Store`] in memory.

use std::ops::Range;

use num_complex::Complex;

use super::Finish;
use crate::array::{Block, prefer_large};
use crate::dtype::{Element, NAT};
use crate::error::{Error, Result};

/// How many elements of the result (or runs of one lane) are reduced side by side.
pub(in crate::kernel) const LANES: usize = 8;

/// The partial results of `L` elements side by side, in arrays so that loops over them vectorise.
pub(in crate::kernel) trait Partial<T: Copy + 'static, const L: usize>: Copy {
    /// The same for a single element.
    type One: Partial<T, 1, One = Self::One, Store = Self::Store>;
    /// Where the partial results of all elements lie.
    type Store: Store;
    /// Before any input.
    const EMPTY: Self;
    /// Whether `block` wants all rows that there are at once, as it goes over them twice.
    const WHOLE_BLOCKS: bool = false;
    /// Takes in a few rows (at most some dozens), lane by lane.
    fn block<'a>(&mut self, rows: impl Iterator<Item = &'a [T; L]> + Clone);
    /// One lane alone.
    fn lane(&self, lane: usize) -> Self::One;
    /// Takes in the same lanes of later input.
    fn join(&mut self, later: &Self);
    /// Adds the lanes to the elements of the store from `at` on.
    fn flush(&self, store: &mut Self::Store, at: usize);
    /// The elements of the store from `at` on.
    fn load(store: &Self::Store, at: usize) -> Self;
}

/// The partial results of all elements of the result.
pub(in crate::kernel) trait Store: Sized {
    /// Before any input.
    fn new(size: usize) -> Self;
    /// From the flat blocks of a state.
    fn from_blocks(blocks: Vec<Block>) -> Result<Self>;
    /// As flat blocks of a state.
    fn into_blocks(self) -> Vec<Block>;
    /// Takes in later input: elements `from`, to the elements from `to` on.
    fn merge(&mut self, to: usize, later: &Self, from: Range<usize>);
    /// The elements of the result.
    fn finish(self, end: &Finish) -> Result<Block>;
}

/// Which elements are missing and left out.
pub(crate) trait Policy<T>: Copy {
    fn missing(x: T) -> bool;
}

/// None.
#[derive(Clone, Copy)]
pub(crate) struct Never;

impl<T> Policy<T> for Never {
    #[inline(always)]
    fn missing(_: T) -> bool {
        false
    }
}

/// NaN, for complex numbers in either part.
#[derive(Clone, Copy)]
pub(crate) struct Nan;

/// NaT.
#[derive(Clone, Copy)]
pub(super) struct Nat;

impl Policy<i64> for Nat {
    #[inline(always)]
    fn missing(x: i64) -> bool {
        x == NAT
    }
}

macro_rules! nan {
    ($($T:ty: |$x:ident| $is:expr),*) => {$(
        impl Policy<$T> for Nan {
            #[inline(always)]
            fn missing($x: $T) -> bool {
                $is
            }
        }
    )*};
}
nan!(f32: |x| x.is_nan(), f64: |x| x.is_nan(), Complex<f32>: |x| x.re.is_nan() || x.im.is_nan(), Complex<f64>: |x| x.re.is_nan() || x.im.is_nan());

/// A number to sum in: wide enough for what is summed.
pub(crate) trait Wide: Element + Copy {
    const ZERO: Self;
    const ONE: Self;
    fn plus(self, b: Self) -> Self;
    fn minus(self, b: Self) -> Self;
    fn times(self, b: Self) -> Self;
    fn over(self, n: f64) -> Self;
    /// The square of the absolute value.
    fn norm(self) -> f64;
    /// `self` where it is a number, else `other`.
    fn or(self, other: Self) -> Self;
}

macro_rules! wide_int {
    ($($T:ty),*) => {$(
        impl Wide for $T {
            const ZERO: Self = 0;
            const ONE: Self = 1;
            #[inline(always)]
            fn plus(self, b: Self) -> Self {
                self.wrapping_add(b)
            }
            #[inline(always)]
            fn minus(self, b: Self) -> Self {
                self.wrapping_sub(b)
            }
            #[inline(always)]
            fn times(self, b: Self) -> Self {
                self.wrapping_mul(b)
            }
            fn over(self, n: f64) -> Self {
                (self as f64 / n) as Self
            }
            fn norm(self) -> f64 {
                self as f64 * self as f64
            }
            fn or(self, _: Self) -> Self {
                self
            }
        }
    )*};
}
wide_int!(i64, u64);

impl Wide for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    #[inline(always)]
    fn plus(self, b: Self) -> Self {
        self + b
    }
    #[inline(always)]
    fn minus(self, b: Self) -> Self {
        self - b
    }
    #[inline(always)]
    fn times(self, b: Self) -> Self {
        self * b
    }
    #[inline(always)]
    fn over(self, n: f64) -> Self {
        self / n
    }
    #[inline(always)]
    fn norm(self) -> f64 {
        self * self
    }
    fn or(self, other: Self) -> Self {
        if self.is_nan() { other } else { self }
    }
}

impl Wide for Complex<f64> {
    const ZERO: Self = Complex::new(0.0, 0.0);
    const ONE: Self = Complex::new(1.0, 0.0);
    #[inline(always)]
    fn plus(self, b: Self) -> Self {
        self + b
    }
    #[inline(always)]
    fn minus(self, b: Self) -> Self {
        self - b
    }
    #[inline(always)]
    fn times(self, b: Self) -> Self {
        self * b
    }
    #[inline(always)]
    fn over(self, n: f64) -> Self {
        self / n
    }
    #[inline(always)]
    fn norm(self) -> f64 {
        self.norm_sqr()
    }
    fn or(self, other: Self) -> Self {
        Complex::new(self.re.or(other.re), self.im.or(other.im))
    }
}

/// An element as the number that it is summed in.
pub(crate) trait Widen<A>: Element + Copy {
    fn widen(self) -> A;
}

macro_rules! widen {
    ($($T:ty => $A:ty),*) => {$(
        impl Widen<$A> for $T {
            #[inline(always)]
            fn widen(self) -> $A {
                self as $A
            }
        }
    )*};
}
widen!(i8 => i64, i16 => i64, i32 => i64, i64 => i64, bool => i64, u8 => u64, u16 => u64, u32 => u64, u64 => u64);
widen!(i8 => f64, i16 => f64, i32 => f64, i64 => f64, u8 => f64, u16 => f64, u32 => f64, u64 => f64, f32 => f64, f64 => f64);

impl Widen<f64> for bool {
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(u8::from(self))
    }
}

impl Widen<Complex<f64>> for Complex<f32> {
    #[inline(always)]
    fn widen(self) -> Complex<f64> {
        Complex::new(self.re.into(), self.im.into())
    }
}

impl Widen<Complex<f64>> for Complex<f64> {
    #[inline(always)]
    fn widen(self) -> Complex<f64> {
        self
    }
}

/// `a + b` rounded, and what the rounding lost (Knuth's TwoSum; exact while nothing overflows).
#[inline(always)]
pub(crate) fn two_sum<A: Wide>(a: A, b: A) -> (A, A) {
    let s = a.plus(b);
    let t = s.minus(a);
    (s, a.minus(s.minus(t)).plus(b.minus(t)))
}

/// The elements of a block of `T`, without a copy where nobody else holds them.
pub(in crate::kernel) fn take_vec<T: Element>(block: Block) -> Result<Vec<T>> {
    let (size, dtype) = (block.size(), block.dtype());
    let array = (block.contiguous().into_shared::<T>())
        .ok_or_else(|| Error::internal(format!("a state holds {dtype} where {} belongs", T::DTYPE)))?;
    let (values, first) = array.into_owned().into_raw_vec_and_offset();
    let first = first.unwrap_or(0);
    Ok(if first == 0 && values.len() == size { values } else { values[first..first + size].to_vec() })
}

/// The next block of a state as elements.
pub(in crate::kernel) fn next_vec<T: Element>(blocks: &mut impl Iterator<Item = Block>) -> Result<Vec<T>> {
    take_vec(blocks.next().ok_or_else(|| Error::internal("a state lacks a part"))?)
}

/// So many times the same element, in large pages.
pub(super) fn many<T: Clone>(element: T, size: usize) -> Vec<T> {
    let mut elements = vec![element; size];
    prefer_large(&mut elements);
    elements
}

/// A block of rank 1.
pub(in crate::kernel) fn flat_block<T: Element>(values: Vec<T>) -> Block {
    let n = values.len();
    Block::from_vec(&[n], values).expect("as many elements as the length")
}
