//! A plain value that takes part in an operation.

use num_complex::Complex;
use serde::{Deserialize, Serialize};

use super::{Calendar, DType, Text, TimeUnit};
use crate::array::Block;

/// A single value. Numbers are *weak*: they take the dtype of the array that they meet
/// (NEP 50), so `f32_array + 1.0` stays `f32`. [`Scalar::Typed`] takes part in promotion like an array.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Scalar {
    /// A weak bool.
    Bool(bool),
    /// A weak integer.
    Int(i64),
    /// A weak integer beyond `i64`.
    UInt(u64),
    /// A weak float.
    Float(f64),
    /// A weak complex number.
    Complex(Complex<f64>),
    /// A text.
    Str(Text),
    /// A point in time.
    Datetime {
        /// Ticks since 1970-01-01 of the calendar; [`NAT`](super::NAT) is missing.
        ticks: i64,
        /// Length of a tick.
        unit: TimeUnit,
        /// The calendar.
        calendar: Calendar,
    },
    /// A span of time.
    Timedelta {
        /// Ticks; [`NAT`](super::NAT) is missing.
        ticks: i64,
        /// Length of a tick.
        unit: TimeUnit,
    },
    /// A value with a dtype of its own: a block of rank 0.
    Typed(Block),
}

impl Scalar {
    /// Whether the value adapts to the dtype that it meets.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(Scalar::from(1).is_weak());
    /// // A block has a dtype of its own, and so takes part in promotion.
    /// assert!(!Scalar::from(Block::scalar(1i8)).is_weak());
    /// ```
    pub fn is_weak(&self) -> bool {
        matches!(
            self,
            Scalar::Bool(_) | Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_) | Scalar::Complex(_)
        )
    }

    /// The dtype that the value has when it stands alone: numpy's default for Python values.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Scalar::from(1.5).dtype(), DType::F64);
    /// assert_eq!(Scalar::from(Block::scalar(1i8)).dtype(), DType::I8);
    /// ```
    pub fn dtype(&self) -> DType {
        match self {
            Scalar::Bool(_) => DType::Bool,
            Scalar::Int(_) => DType::I64,
            Scalar::UInt(_) => DType::U64,
            Scalar::Float(_) => DType::F64,
            Scalar::Complex(_) => DType::C128,
            Scalar::Str(_) => DType::Str,
            Scalar::Datetime { unit, calendar, .. } => DType::Datetime { unit: *unit, calendar: *calendar },
            Scalar::Timedelta { unit, .. } => DType::Timedelta { unit: *unit },
            Scalar::Typed(b) => b.dtype(),
        }
    }

    /// The value as a block of rank 0 in its own dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Scalar::from(2.5).to_block(), Block::scalar(2.5));
    /// ```
    pub fn to_block(&self) -> Block {
        match self {
            Scalar::Bool(v) => Block::scalar(*v),
            Scalar::Int(v) => Block::scalar(*v),
            Scalar::UInt(v) => Block::scalar(*v),
            Scalar::Float(v) => Block::scalar(*v),
            Scalar::Complex(v) => Block::scalar(*v),
            Scalar::Str(v) => Block::scalar(v.clone()),
            Scalar::Datetime { ticks, .. } | Scalar::Timedelta { ticks, .. } => {
                Block::scalar(*ticks).retype(self.dtype())
            }
            Scalar::Typed(b) => b.clone(),
        }
    }
}

macro_rules! from {
    ($($T:ty => $variant:ident as $U:ty),*) => {$(
        impl From<$T> for Scalar {
            fn from(v: $T) -> Self {
                Scalar::$variant(v as $U)
            }
        }
    )*};
}
from!(bool => Bool as bool, i32 => Int as i64, i64 => Int as i64, u64 => UInt as u64, usize => Int as i64, f64 => Float as f64, f32 => Float as f64);

impl From<&str> for Scalar {
    fn from(v: &str) -> Self {
        Scalar::Str(v.into())
    }
}

impl From<Block> for Scalar {
    /// The block must have rank 0 (a longer one takes its first element).
    fn from(b: Block) -> Self {
        Scalar::Typed(b)
    }
}
