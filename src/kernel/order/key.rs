//! Elements as keys: integers in the order of the elements, so that selecting and sorting compare
//! integers whatever the dtype, and are compiled for three types of keys only.

use num_complex::Complex;

use crate::dtype::{DType, Element};

/// An integer that orders elements.
pub(in crate::kernel) trait Key: Copy + Ord + Default {
    /// The least key.
    const MIN: Self;
    /// The greatest key; that of missing elements, which come after all others.
    const MAX: Self;
    /// A key with the position of its element, in one comparable value.
    type Placed: Copy + Ord;
    /// The key turned around: the greatest becomes the least.
    fn reversed(self) -> Self;
    /// The key of the element at a position.
    fn at(self, position: u32) -> Self::Placed;
    /// The key and the position.
    fn parts(placed: Self::Placed) -> (Self, u32);
}

macro_rules! key {
    ($K:ty, $Placed:ty) => {
        impl Key for $K {
            const MIN: Self = <$K>::MIN;
            const MAX: Self = <$K>::MAX;
            type Placed = $Placed;
            #[inline(always)]
            fn reversed(self) -> Self {
                !self
            }
            #[inline(always)]
            fn at(self, position: u32) -> $Placed {
                (<$Placed>::from(self) << 32) | <$Placed>::from(position)
            }
            #[inline(always)]
            fn parts(placed: $Placed) -> ($K, u32) {
                ((placed >> 32) as $K, placed as u32)
            }
        }
    };
}
key!(i32, i64);
key!(i64, i128);

impl Key for i128 {
    const MIN: Self = i128::MIN;
    const MAX: Self = i128::MAX;
    type Placed = (i128, u32);
    #[inline(always)]
    fn reversed(self) -> Self {
        !self
    }
    #[inline(always)]
    fn at(self, position: u32) -> (i128, u32) {
        (self, position)
    }
    #[inline(always)]
    fn parts(placed: (i128, u32)) -> (i128, u32) {
        placed
    }
}

/// An element that has a key.
pub(in crate::kernel) trait Keyed: Element + Copy {
    type Key: Key;
    /// The key; zeros of both signs have one.
    fn key(self) -> Self::Key;
    /// The element of a key.
    fn of_key(key: Self::Key) -> Self;
}

macro_rules! integers {
    ($($T:ty => $K:ty),*) => {$(
        impl Keyed for $T {
            type Key = $K;
            #[inline(always)]
            fn key(self) -> $K {
                self as $K
            }
            #[inline(always)]
            fn of_key(key: $K) -> $T {
                key as $T
            }
        }
    )*};
}
integers!(i8 => i32, i16 => i32, i32 => i32, i64 => i64, u8 => i32, u16 => i32, u32 => i64);

impl Keyed for u64 {
    type Key = i64;
    #[inline(always)]
    fn key(self) -> i64 {
        (self ^ (1 << 63)) as i64
    }
    #[inline(always)]
    fn of_key(key: i64) -> u64 {
        key as u64 ^ (1 << 63)
    }
}

impl Keyed for bool {
    type Key = i32;
    #[inline(always)]
    fn key(self) -> i32 {
        i32::from(self)
    }
    #[inline(always)]
    fn of_key(key: i32) -> bool {
        key != 0
    }
}

macro_rules! floats {
    ($($F:ty => $K:ty, $U:ty, $bits:expr);*) => {$(
        impl Keyed for $F {
            type Key = $K;
            #[inline(always)]
            fn key(self) -> $K {
                // Adding 0 makes -0 a plain zero. The bits of positive floats rise with them, those of
                // negative ones fall: all but the sign is turned around.
                let bits = (self + 0.0).to_bits() as $K;
                bits ^ ((bits >> ($bits - 1)) as $U >> 1) as $K
            }
            #[inline(always)]
            fn of_key(key: $K) -> $F {
                <$F>::from_bits((key ^ ((key >> ($bits - 1)) as $U >> 1) as $K) as $U)
            }
        }
    )*};
}
floats!(f32 => i32, u32, 32; f64 => i64, u64, 64);

macro_rules! complex {
    ($($F:ty => $K:ty, $part:ty, $U:ty, $bits:expr);*) => {$(
        impl Keyed for Complex<$F> {
            type Key = $K;
            /// Real parts first, then imaginary ones.
            #[inline(always)]
            fn key(self) -> $K {
                let low = self.im.key() as $U ^ (1 << ($bits - 1));
                (<$K>::from(self.re.key()) << $bits) | <$K>::from(low)
            }
            #[inline(always)]
            fn of_key(key: $K) -> Complex<$F> {
                let low = key as $U ^ (1 << ($bits - 1));
                Complex::new(<$F>::of_key((key >> $bits) as $part), <$F>::of_key(low as $part))
            }
        }
    )*};
}
complex!(f32 => i64, i32, u32, 32; f64 => i128, i64, u64, 64);

/// Which elements of a type are missing: NaN, and NaT where the elements are times.
#[derive(Debug, Clone, Copy)]
pub(in crate::kernel) struct Gaps {
    /// Whether an element can be missing at all.
    pub(in crate::kernel) possible: bool,
    /// Whether the elements are ticks.
    ticks: bool,
}

impl Gaps {
    pub(in crate::kernel) fn of(dtype: DType) -> Self {
        Gaps { possible: dtype.holds_missing(), ticks: dtype.is_time() }
    }

    /// Whether this element is missing.
    #[inline(always)]
    pub(in crate::kernel) fn missing<T: Keyed>(self, x: T) -> bool {
        // Ticks are `i64`, which are their own keys: NaT is the least.
        x.is_missing() | (self.ticks & (x.key() == T::Key::MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys rise with the elements and give them back.
    fn rise<T: Keyed>(sorted: &[T]) {
        for pair in sorted.windows(2) {
            assert!(pair[0].key() < pair[1].key(), "{pair:?}");
        }
        for x in sorted {
            assert_eq!(T::of_key(x.key()), *x);
        }
    }

    #[test]
    fn keys_are_in_the_order_of_the_elements() {
        rise(&[f64::NEG_INFINITY, -1.5, -f64::MIN_POSITIVE, 0.0, 1e-300, 2.0, f64::INFINITY]);
        rise(&[f32::NEG_INFINITY, -1.5, -1e-30, 0.0, 1e-30, 2.0, f32::INFINITY]);
        rise(&[0u64, 1, u64::MAX / 2, u64::MAX / 2 + 1, u64::MAX]);
        rise(&[i64::MIN, -1, 0, i64::MAX]);
        rise(&[i8::MIN, -1, 0, i8::MAX]);
        rise(&[false, true]);
        let c = |re: f32, im: f32| Complex::new(re, im);
        rise(&[c(-1.0, 5.0), c(0.0, -2.0), c(0.0, -1.0), c(0.0, 0.0), c(0.0, 3.0), c(1.0, -9.0)]);
        let c = |re: f64, im: f64| Complex::new(re, im);
        rise(&[c(-1.0, 5.0), c(0.0, -2.0), c(0.0, -1.0), c(0.0, 0.0), c(0.0, 3.0), c(1.0, -9.0)]);
        assert_eq!((-0.0f64).key(), 0.0f64.key());
    }

    #[test]
    fn placed_keys_order_by_key_then_position() {
        for (a, b) in [(-5i32, 7u32), (i32::MIN, 0), (i32::MAX, u32::MAX)] {
            assert_eq!(i32::parts(a.at(b)), (a, b));
        }
        assert!((-1i64).at(9) < 0i64.at(0) && 0i64.at(0) < 0i64.at(1));
        assert_eq!(i64::parts(i64::MIN.at(3)), (i64::MIN, 3));
    }
}
