//! The one place where a dtype value becomes a Rust type.
//!
//! Each macro binds a type name and evaluates one expression with it:
//! `with_element!(block.dtype().kind(), T => kernel::<T>(block))`. The narrower ones take an `else`
//! arm for the kinds that are not in their class.

/// Binds `$T` to the Rust type of any [`Kind`](crate::dtype::Kind).
#[macro_export]
#[doc(hidden)]
macro_rules! with_element {
    ($kind:expr, $T:ident => $body:expr) => {
        $crate::with_number!($kind, $T => $body, else match $kind {
            $crate::dtype::Kind::Bool => { type $T = bool; $body }
            _ => { type $T = $crate::dtype::Text; $body }
        })
    };
}

/// Binds `$T` for integers, floats and complex numbers.
#[macro_export]
#[doc(hidden)]
macro_rules! with_number {
    ($kind:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::with_real!($kind, $T => $body, else match $kind {
            $crate::dtype::Kind::C64 => { type $T = num_complex::Complex<f32>; $body }
            $crate::dtype::Kind::C128 => { type $T = num_complex::Complex<f64>; $body }
            _ => $other,
        })
    };
}

/// Binds `$T` for integers and floats.
#[macro_export]
#[doc(hidden)]
macro_rules! with_real {
    ($kind:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::with_integer!($kind, $T => $body, else match $kind {
            $crate::dtype::Kind::F32 => { type $T = f32; $body }
            $crate::dtype::Kind::F64 => { type $T = f64; $body }
            _ => $other,
        })
    };
}

/// Binds `$T` for integers (times too: they are `i64`).
#[macro_export]
#[doc(hidden)]
macro_rules! with_integer {
    ($kind:expr, $T:ident => $body:expr, else $other:expr) => {
        match $kind {
            $crate::dtype::Kind::I8 => {
                type $T = i8;
                $body
            }
            $crate::dtype::Kind::I16 => {
                type $T = i16;
                $body
            }
            $crate::dtype::Kind::I32 => {
                type $T = i32;
                $body
            }
            $crate::dtype::Kind::I64 => {
                type $T = i64;
                $body
            }
            $crate::dtype::Kind::U8 => {
                type $T = u8;
                $body
            }
            $crate::dtype::Kind::U16 => {
                type $T = u16;
                $body
            }
            $crate::dtype::Kind::U32 => {
                type $T = u32;
                $body
            }
            $crate::dtype::Kind::U64 => {
                type $T = u64;
                $body
            }
            _ => $other,
        }
    };
}

pub use crate::{with_element, with_integer, with_number, with_real};
