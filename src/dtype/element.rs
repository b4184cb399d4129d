//! The three classes of Rust types that kernels are written for: `Element` ⊃ `Number` ⊃ `Real`.

use std::fmt::{Debug, Display};

use ndarray::ArrayViewMutD;
use num_complex::Complex;

use super::{DType, Kind, Text};
use crate::array::{Data, DataMut, Shared};

/// A Rust type that can be an element of a [`Block`](crate::array::Block).
pub trait Element: Clone + Default + PartialEq + Debug + Display + Send + Sync + 'static {
    /// The layout that this type is.
    const KIND: Kind;
    /// The plain dtype of this type (for `i64` the integer, not a time).
    const DTYPE: DType;
    /// The array as data of a block.
    fn wrap(array: Shared<Self>) -> Data;
    /// The array in `data`, if it is of this type.
    fn unwrap_ref(data: &Data) -> Option<&Shared<Self>>;
    /// The array in `data`, if it is of this type.
    fn unwrap(data: Data) -> Option<Shared<Self>>;
    /// Elements to write to as data of a [`Place`](crate::array::Place).
    fn wrap_mut(elements: ArrayViewMutD<'_, Self>) -> DataMut<'_>;
    /// The elements in `data`, if they are of this type.
    fn unwrap_mut<'d, 'a>(data: &'d mut DataMut<'a>) -> Option<&'d mut ArrayViewMutD<'a, Self>>;
    /// Whether this is NaN or a missing text. Times are `i64`: see [`NAT`](super::NAT).
    fn is_missing(&self) -> bool {
        false
    }
}

/// An element with arithmetic: integers, floats, complex.
pub trait Number: Element + Copy + bytemuck::Pod + num_traits::Num {
    /// The nearest value; floats to integers truncate and saturate.
    fn from_f64(v: f64) -> Self;
    /// The real part as `f64`.
    fn to_f64(self) -> f64;
}

/// A number with an order: integers and floats.
pub trait Real: Number + PartialOrd + num_traits::NumCast {
    /// The least value (for floats -infinity).
    const LOWEST: Self;
    /// The greatest value (for floats infinity).
    const HIGHEST: Self;
    /// Whether this is NaN.
    fn is_nan(self) -> bool;
}

macro_rules! element {
    ($T:ty, $kind:ident, |$v:ident| $missing:expr) => {
        impl Element for $T {
            const KIND: Kind = Kind::$kind;
            const DTYPE: DType = DType::$kind;
            fn wrap(array: Shared<Self>) -> Data {
                Data::$kind(array)
            }
            fn unwrap_ref(data: &Data) -> Option<&Shared<Self>> {
                match data {
                    Data::$kind(a) => Some(a),
                    _ => None,
                }
            }
            fn unwrap(data: Data) -> Option<Shared<Self>> {
                match data {
                    Data::$kind(a) => Some(a),
                    _ => None,
                }
            }
            fn wrap_mut(elements: ArrayViewMutD<'_, Self>) -> DataMut<'_> {
                DataMut::$kind(elements)
            }
            fn unwrap_mut<'d, 'a>(data: &'d mut DataMut<'a>) -> Option<&'d mut ArrayViewMutD<'a, Self>> {
                match data {
                    DataMut::$kind(a) => Some(a),
                    _ => None,
                }
            }
            #[inline]
            fn is_missing(&self) -> bool {
                let $v = self;
                $missing
            }
        }
    };
}

macro_rules! real {
    ($T:ty, $kind:ident, $low:expr, $high:expr, |$v:ident| $nan:expr) => {
        element!($T, $kind, |$v| $nan);
        impl Number for $T {
            #[inline]
            fn from_f64(v: f64) -> Self {
                v as $T
            }
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
        impl Real for $T {
            const LOWEST: Self = $low;
            const HIGHEST: Self = $high;
            #[inline]
            fn is_nan(self) -> bool {
                let $v = self;
                $nan
            }
        }
    };
}

element!(bool, Bool, |_v| false);
element!(Text, Str, |v| v.0.is_none());
real!(i8, I8, i8::MIN, i8::MAX, |_v| false);
real!(i16, I16, i16::MIN, i16::MAX, |_v| false);
real!(i32, I32, i32::MIN, i32::MAX, |_v| false);
real!(i64, I64, i64::MIN, i64::MAX, |_v| false);
real!(u8, U8, u8::MIN, u8::MAX, |_v| false);
real!(u16, U16, u16::MIN, u16::MAX, |_v| false);
real!(u32, U32, u32::MIN, u32::MAX, |_v| false);
real!(u64, U64, u64::MIN, u64::MAX, |_v| false);
real!(f32, F32, f32::NEG_INFINITY, f32::INFINITY, |v| v.is_nan());
real!(f64, F64, f64::NEG_INFINITY, f64::INFINITY, |v| v.is_nan());

macro_rules! complex {
    ($T:ty, $kind:ident) => {
        element!(Complex<$T>, $kind, |v| v.re.is_nan() || v.im.is_nan());
        impl Number for Complex<$T> {
            fn from_f64(v: f64) -> Self {
                Complex::new(v as $T, 0.0)
            }
            fn to_f64(self) -> f64 {
                self.re as f64
            }
        }
    };
}

complex!(f32, C64);
complex!(f64, C128);
