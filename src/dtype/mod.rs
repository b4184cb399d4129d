//! What an element is: [`DType`], [`Scalar`], promotion, and the step from a dtype to a Rust type.

pub mod dispatch;
mod element;
mod parse;
pub mod promote;
mod scalar;
mod text;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use crate::time::{Calendar, NAT, TimeUnit};
pub use element::{Element, Number, Real};
pub use scalar::Scalar;
pub use text::Text;

/// The type of the elements of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DType {
    /// `bool`.
    Bool,
    /// `i8`.
    I8,
    /// `i16`.
    I16,
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `u8`.
    U8,
    /// `u16`.
    U16,
    /// `u32`.
    U32,
    /// `u64`.
    U64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// Two `f32`: numpy's complex64.
    C64,
    /// Two `f64`: numpy's complex128.
    C128,
    /// Text of any length; an element may be missing.
    Str,
    /// Byte strings of at most this many bytes, kept as latin-1 text without trailing NULs.
    Bytes(u32),
    /// Points in time: ticks since 1970-01-01T00:00:00 of their own calendar.
    Datetime {
        /// Length of a tick.
        unit: TimeUnit,
        /// Calendar in which the ticks are counted.
        calendar: Calendar,
    },
    /// Spans of time in ticks.
    Timedelta {
        /// Length of a tick.
        unit: TimeUnit,
    },
}

/// How elements lie in memory: the Rust type behind a [`DType`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    C64,
    C128,
    Str,
}

impl DType {
    /// Datetimes of the standard numpy kind: nanoseconds in the proleptic Gregorian calendar.
    pub const DATETIME_NS: DType =
        DType::Datetime { unit: TimeUnit::Ns, calendar: Calendar::ProlepticGregorian };

    /// The memory layout of the elements.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::Kind;
    /// // Times lie in memory as integers.
    /// assert_eq!(DType::DATETIME_NS.kind(), Kind::I64);
    /// ```
    pub fn kind(self) -> Kind {
        match self {
            DType::Bool => Kind::Bool,
            DType::I8 => Kind::I8,
            DType::I16 => Kind::I16,
            DType::I32 => Kind::I32,
            DType::I64 | DType::Datetime { .. } | DType::Timedelta { .. } => Kind::I64,
            DType::U8 => Kind::U8,
            DType::U16 => Kind::U16,
            DType::U32 => Kind::U32,
            DType::U64 => Kind::U64,
            DType::F32 => Kind::F32,
            DType::F64 => Kind::F64,
            DType::C64 => Kind::C64,
            DType::C128 => Kind::C128,
            DType::Str | DType::Bytes(_) => Kind::Str,
        }
    }

    /// Bytes of one element (for text: of its handle).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!((DType::F32.size(), DType::C128.size()), (4, 16));
    /// ```
    pub fn size(self) -> usize {
        match self.kind() {
            Kind::Bool | Kind::I8 | Kind::U8 => 1,
            Kind::I16 | Kind::U16 => 2,
            Kind::I32 | Kind::U32 | Kind::F32 => 4,
            Kind::I64 | Kind::U64 | Kind::F64 | Kind::C64 => 8,
            Kind::C128 | Kind::Str => 16,
        }
    }

    /// `bool`?
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(DType::Bool.is_bool() && !DType::U8.is_bool());
    /// ```
    pub fn is_bool(self) -> bool {
        self == DType::Bool
    }

    /// A signed or unsigned integer (times are not)?
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(DType::U8.is_integer() && !DType::DATETIME_NS.is_integer());
    /// ```
    pub fn is_integer(self) -> bool {
        self.is_signed() || self.is_unsigned()
    }

    /// A signed integer (times are not)?
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(DType::I8.is_signed() && !DType::U8.is_signed());
    /// ```
    pub fn is_signed(self) -> bool {
        matches!(self, DType::I8 | DType::I16 | DType::I32 | DType::I64)
    }

    /// An unsigned integer?
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(DType::U8.is_unsigned() && !DType::I8.is_unsigned());
    /// ```
    pub fn is_unsigned(self) -> bool {
        matches!(self, DType::U8 | DType::U16 | DType::U32 | DType::U64)
    }

    /// `f32` or `f64`?
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(DType::F32.is_float() && !DType::C64.is_float());
    /// ```
    pub fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }

    /// A complex type?
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(DType::C64.is_complex() && !DType::F64.is_complex());
    /// ```
    pub fn is_complex(self) -> bool {
        matches!(self, DType::C64 | DType::C128)
    }

    /// An integer, float or complex type?
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(DType::I8.is_number() && DType::C64.is_number() && !DType::Bool.is_number());
    /// ```
    pub fn is_number(self) -> bool {
        self.is_integer() || self.is_float() || self.is_complex()
    }

    /// Text or byte strings?
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(DType::Str.is_text() && DType::Bytes(4).is_text());
    /// ```
    pub fn is_text(self) -> bool {
        self.kind() == Kind::Str
    }

    /// A datetime?
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(DType::DATETIME_NS.is_datetime());
    /// ```
    pub fn is_datetime(self) -> bool {
        matches!(self, DType::Datetime { .. })
    }

    /// A timedelta?
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::TimeUnit;
    /// assert!(DType::Timedelta { unit: TimeUnit::S }.is_timedelta());
    /// ```
    pub fn is_timedelta(self) -> bool {
        matches!(self, DType::Timedelta { .. })
    }

    /// A datetime or timedelta?
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(DType::DATETIME_NS.is_time() && !DType::I64.is_time());
    /// ```
    pub fn is_time(self) -> bool {
        self.is_datetime() || self.is_timedelta()
    }

    /// Whether an element can be missing (NaN, NaT or missing text).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(DType::F32.holds_missing() && !DType::I32.holds_missing());
    /// ```
    pub fn holds_missing(self) -> bool {
        self.is_float() || self.is_complex() || self.is_time() || self.is_text()
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DType::Bool => "bool",
            DType::I8 => "int8",
            DType::I16 => "int16",
            DType::I32 => "int32",
            DType::I64 => "int64",
            DType::U8 => "uint8",
            DType::U16 => "uint16",
            DType::U32 => "uint32",
            DType::U64 => "uint64",
            DType::F32 => "float32",
            DType::F64 => "float64",
            DType::C64 => "complex64",
            DType::C128 => "complex128",
            DType::Str => "str",
            DType::Bytes(n) => return write!(f, "S{n}"),
            DType::Datetime { unit, calendar } => {
                return match calendar {
                    Calendar::ProlepticGregorian => write!(f, "datetime64[{}]", unit.name()),
                    c => write!(f, "datetime[{}, {}]", unit.name(), c.name()),
                };
            }
            DType::Timedelta { unit } => return write!(f, "timedelta64[{}]", unit.name()),
        })
    }
}
