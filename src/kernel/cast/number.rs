//! Casts among bools, integers, floats and complex numbers.

use num_complex::Complex;

use crate::dtype::Element;

/// The cast from `A` by numpy's rules: integers wrap, floats truncate, complex numbers lose their
/// imaginary part, everything but zero is true.
pub(crate) trait CastFrom<A> {
    /// The element as this type.
    fn cast_from(v: &A) -> Self;
}

/// What every number and bool casts to.
pub(crate) trait FromNumbers:
    Element
    + Copy
    + CastFrom<bool>
    + CastFrom<i8>
    + CastFrom<i16>
    + CastFrom<i32>
    + CastFrom<i64>
    + CastFrom<u8>
    + CastFrom<u16>
    + CastFrom<u32>
    + CastFrom<u64>
    + CastFrom<f32>
    + CastFrom<f64>
    + CastFrom<Complex<f32>>
    + CastFrom<Complex<f64>>
{
}

/// 2⁶³, beyond every `i64`.
const TWO_63: f64 = (1_u64 << 63) as f64;

/// Truncates as x86 does (and so numpy there): what does not fit, NaN too, becomes the least integer.
#[inline]
fn to_i32(v: f64) -> i32 {
    if v > -2_147_483_649.0 && v < 2_147_483_648.0 { v as i32 } else { i32::MIN }
}

#[inline]
fn to_i64(v: f64) -> i64 {
    if (-TWO_63..TWO_63).contains(&v) { v as i64 } else { i64::MIN }
}

#[inline]
fn to_u64(v: f64) -> u64 {
    if v >= TWO_63 { v as u64 } else { to_i64(v) as u64 }
}

macro_rules! cast {
    ($($A:ty),* => $T:ty: |$v:ident| $e:expr) => {$(
        impl CastFrom<$A> for $T {
            #[inline]
            fn cast_from($v: &$A) -> $T {
                $e
            }
        }
    )*};
}

macro_rules! integers {
    ($($T:ty: |$f:ident| $float:expr;)*) => {$(
        cast!(bool, i8, i16, i32, i64, u8, u16, u32, u64 => $T: |v| *v as $T);
        cast!(f32 => $T: |v| { let $f = f64::from(*v); $float as $T });
        cast!(f64 => $T: |v| { let $f = *v; $float as $T });
        cast!(Complex<f32>, Complex<f64> => $T: |v| <$T>::cast_from(&v.re));
        impl FromNumbers for $T {}
    )*};
}
integers! {
    i8: |v| to_i32(v);
    i16: |v| to_i32(v);
    i32: |v| to_i32(v);
    i64: |v| to_i64(v);
    u8: |v| to_i32(v);
    u16: |v| to_i32(v);
    u32: |v| to_i64(v);
    u64: |v| to_u64(v);
}

macro_rules! floats {
    ($($T:ty),*) => {$(
        cast!(bool => $T: |v| <$T>::from(u8::from(*v)));
        cast!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64 => $T: |v| *v as $T);
        cast!(Complex<f32>, Complex<f64> => $T: |v| v.re as $T);
        impl FromNumbers for $T {}
        cast!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64 => Complex<$T>:
            |v| Complex::new(<$T>::cast_from(v), 0.0));
        cast!(Complex<f32>, Complex<f64> => Complex<$T>: |v| Complex::new(v.re as $T, v.im as $T));
        impl FromNumbers for Complex<$T> {}
    )*};
}
floats!(f32, f64);

cast!(bool => bool: |v| *v);
cast!(i8, i16, i32, i64, u8, u16, u32, u64 => bool: |v| *v != 0);
cast!(f32, f64 => bool: |v| *v != 0.0);
cast!(Complex<f32>, Complex<f64> => bool: |v| v.re != 0.0 || v.im != 0.0);
impl FromNumbers for bool {}
