//! The arithmetic of one element, by class of type, with numpy's rules for signs, zeros and overflow.

use num_complex::Complex;

use crate::kernel::cast::CastFrom;
use crate::kernel::feed::Operand;

/// Integers (which wrap), floats and complex numbers.
pub(super) trait Arith: Operand + Copy {
    fn add(self, o: Self) -> Self;
    fn sub(self, o: Self) -> Self;
    fn mul(self, o: Self) -> Self;
    fn neg(self) -> Self;
    fn sign(self) -> Self;
    fn reciprocal(self) -> Self;
    fn conj(self) -> Self;
}

/// Numbers with an order that divide to whole quotients: integers and floats.
pub(super) trait Divide: Arith {
    fn abs(self) -> Self;
    fn floor_div(self, o: Self) -> Self;
    fn rem(self, o: Self) -> Self;
    /// The remainder with the sign of the dividend.
    fn fmod(self, o: Self) -> Self;
}

/// Integers.
pub(super) trait Integer: Divide {
    fn not(self) -> Self;
    fn and(self, o: Self) -> Self;
    fn or(self, o: Self) -> Self;
    fn xor(self, o: Self) -> Self;
    fn is_negative(self) -> bool;
    /// Wraps; the exponent is not negative.
    fn pow(self, o: Self) -> Self;
    /// Bits beyond the ends are lost; so are all by a negative distance.
    fn left_shift(self, o: Self) -> Self;
    /// Keeps the sign.
    fn right_shift(self, o: Self) -> Self;
    fn gcd(self, o: Self) -> Self;
    fn lcm(self, o: Self) -> Self;
    /// Rounds half to even at the `zeros`-th digit before the point.
    fn round(self, zeros: u32) -> Self;
}

/// Floats and complex numbers.
pub(super) trait Inexact: Arith {
    fn div(self, o: Self) -> Self;
    fn pow(self, o: Self) -> Self;
    fn rint(self) -> Self;
    fn scale(self, by: f64) -> Self;
    fn unscale(self, by: f64) -> Self;
}

/// Floats, each of which has a next one.
pub(super) trait Neighbours: Copy {
    /// The next float in the direction of `o`.
    fn next_after(self, o: Self) -> Self;
    /// The distance to the next float away from zero, with the sign of this one.
    fn spacing(self) -> Self;
}

macro_rules! integers {
    ($($T:ty, |$v:ident| $abs:expr, $sign:expr;)*) => {$(
        impl Arith for $T {
            #[inline]
            fn add(self, o: Self) -> Self {
                self.wrapping_add(o)
            }
            #[inline]
            fn sub(self, o: Self) -> Self {
                self.wrapping_sub(o)
            }
            #[inline]
            fn mul(self, o: Self) -> Self {
                self.wrapping_mul(o)
            }
            #[inline]
            fn neg(self) -> Self {
                self.wrapping_neg()
            }
            #[inline]
            fn sign(self) -> Self {
                let $v = self;
                $sign
            }
            #[inline]
            fn reciprocal(self) -> Self {
                <$T>::cast_from(&(1.0 / self as f64))
            }
            #[inline]
            fn conj(self) -> Self {
                self
            }
        }
        impl Divide for $T {
            #[inline]
            fn abs(self) -> Self {
                let $v = self;
                $abs
            }
            #[inline]
            fn floor_div(self, o: Self) -> Self {
                if o == 0 {
                    return 0;
                }
                let q = self.wrapping_div(o);
                // One division, not a second one for the remainder.
                let inexact = q.wrapping_mul(o) != self;
                if inexact && Integer::is_negative(self) != Integer::is_negative(o) { q - 1 } else { q }
            }
            #[inline]
            fn rem(self, o: Self) -> Self {
                if o == 0 {
                    return 0;
                }
                let r = self.wrapping_rem(o);
                if r != 0 && Integer::is_negative(r) != Integer::is_negative(o) { r.wrapping_add(o) } else { r }
            }
            #[inline]
            fn fmod(self, o: Self) -> Self {
                if o == 0 { 0 } else { self.wrapping_rem(o) }
            }
        }
        impl Integer for $T {
            #[inline]
            fn not(self) -> Self {
                !self
            }
            #[inline]
            fn and(self, o: Self) -> Self {
                self & o
            }
            #[inline]
            fn or(self, o: Self) -> Self {
                self | o
            }
            #[inline]
            fn xor(self, o: Self) -> Self {
                self ^ o
            }
            #[inline]
            // The macro serves unsigned integers too, of which none is negative.
            #[allow(unused_comparisons)]
            fn is_negative(self) -> bool {
                self < 0
            }
            #[inline]
            fn pow(self, o: Self) -> Self {
                let (mut base, mut left, mut out) = (self, o, 1 as $T);
                while left != 0 {
                    if left & 1 == 1 {
                        out = out.wrapping_mul(base);
                    }
                    left >>= 1;
                    base = base.wrapping_mul(base);
                }
                out
            }
            #[inline]
            fn left_shift(self, o: Self) -> Self {
                u32::try_from(o).ok().and_then(|n| self.checked_shl(n)).unwrap_or(0)
            }
            #[inline]
            fn right_shift(self, o: Self) -> Self {
                let all = if Integer::is_negative(self) { !0 } else { 0 };
                u32::try_from(o).ok().and_then(|n| self.checked_shr(n)).unwrap_or(all)
            }
            #[inline]
            fn gcd(self, o: Self) -> Self {
                let (mut a, mut b) = (Divide::abs(self), Divide::abs(o));
                while b != 0 {
                    (a, b) = (b, a.wrapping_rem(b));
                }
                Divide::abs(a)
            }
            #[inline]
            fn lcm(self, o: Self) -> Self {
                match Integer::gcd(self, o) {
                    0 => 0,
                    d => Divide::abs(self.wrapping_div(d).wrapping_mul(o)),
                }
            }
            #[inline]
            fn round(self, zeros: u32) -> Self {
                // Beyond 38 digits, which no integer here has, everything rounds to zero.
                let Some(by) = 10_i128.checked_pow(zeros) else {
                    return 0;
                };
                let v = self as i128;
                let (down, rest) = (v.div_euclid(by), v.rem_euclid(by));
                let up = rest * 2 > by || (rest * 2 == by && down & 1 == 1);
                (down + i128::from(up)).wrapping_mul(by) as $T
            }
        }
    )*};
}
integers! {
    i8, |v| v.wrapping_abs(), v.signum();
    i16, |v| v.wrapping_abs(), v.signum();
    i32, |v| v.wrapping_abs(), v.signum();
    i64, |v| v.wrapping_abs(), v.signum();
    u8, |v| v, v.min(1);
    u16, |v| v, v.min(1);
    u32, |v| v, v.min(1);
    u64, |v| v, v.min(1);
}

macro_rules! floats {
    ($($T:ty),*) => {$(
        impl Arith for $T {
            #[inline]
            fn add(self, o: Self) -> Self {
                self + o
            }
            #[inline]
            fn sub(self, o: Self) -> Self {
                self - o
            }
            #[inline]
            fn mul(self, o: Self) -> Self {
                self * o
            }
            #[inline]
            fn neg(self) -> Self {
                -self
            }
            #[inline]
            fn sign(self) -> Self {
                if self > 0.0 { 1.0 } else if self < 0.0 { -1.0 } else { self + 0.0 }
            }
            #[inline]
            fn reciprocal(self) -> Self {
                1.0 / self
            }
            #[inline]
            fn conj(self) -> Self {
                self
            }
        }
        impl Divide for $T {
            #[inline]
            fn abs(self) -> Self {
                self.abs()
            }
            /// numpy's `npy_floor_divide`: the quotient that fits `rem`.
            #[inline]
            fn floor_div(self, o: Self) -> Self {
                if o == 0.0 {
                    return self / o;
                }
                let m = self % o;
                let mut q = (self - m) / o;
                if m != 0.0 && (o < 0.0) != (m < 0.0) {
                    q -= 1.0;
                }
                if q == 0.0 {
                    return (0.0 as $T).copysign(self / o);
                }
                let whole = q.floor();
                if q - whole > 0.5 { whole + 1.0 } else { whole }
            }
            #[inline]
            fn rem(self, o: Self) -> Self {
                let m = self % o;
                if m == 0.0 {
                    return (0.0 as $T).copysign(o);
                }
                if (o < 0.0) != (m < 0.0) { m + o } else { m }
            }
            #[inline]
            fn fmod(self, o: Self) -> Self {
                self % o
            }
        }
        impl Neighbours for $T {
            #[inline]
            fn next_after(self, o: Self) -> Self {
                if self.is_nan() || o.is_nan() {
                    return self + o;
                }
                if self == o {
                    return o;
                }
                if self < o { self.next_up() } else { self.next_down() }
            }
            #[inline]
            fn spacing(self) -> Self {
                if !self.is_finite() {
                    return <$T>::NAN;
                }
                let distance = self.abs().next_up() - self.abs();
                if self < 0.0 { -distance } else { distance }
            }
        }
        impl Inexact for $T {
            #[inline]
            fn div(self, o: Self) -> Self {
                self / o
            }
            #[inline]
            fn pow(self, o: Self) -> Self {
                // The common powers, exact and fast. By element, so that chunks do not change the bits.
                if o == 2.0 {
                    self * self
                } else if o == 1.0 {
                    self
                } else if o == -1.0 {
                    1.0 / self
                } else {
                    self.powf(o)
                }
            }
            #[inline]
            fn rint(self) -> Self {
                self.round_ties_even()
            }
            #[inline]
            fn scale(self, by: f64) -> Self {
                self * by as $T
            }
            #[inline]
            fn unscale(self, by: f64) -> Self {
                self / by as $T
            }
        }
        impl Arith for Complex<$T> {
            #[inline]
            fn add(self, o: Self) -> Self {
                self + o
            }
            #[inline]
            fn sub(self, o: Self) -> Self {
                self - o
            }
            #[inline]
            fn mul(self, o: Self) -> Self {
                self * o
            }
            #[inline]
            fn neg(self) -> Self {
                -self
            }
            #[inline]
            fn sign(self) -> Self {
                let r = self.re.hypot(self.im);
                if r == 0.0 {
                    return Complex::new(0.0, 0.0);
                }
                if r.is_nan() {
                    return Complex::new(r, r);
                }
                Complex::new(self.re / r, self.im / r)
            }
            #[inline]
            fn reciprocal(self) -> Self {
                if self.re.abs() <= self.im.abs() {
                    let ratio = self.re / self.im;
                    let d = self.im + self.re * ratio;
                    return Complex::new(ratio / d, -1.0 / d);
                }
                let ratio = self.im / self.re;
                let d = self.re + self.im * ratio;
                Complex::new(1.0 / d, -ratio / d)
            }
            #[inline]
            fn conj(self) -> Self {
                Complex::new(self.re, -self.im)
            }
        }
        impl Inexact for Complex<$T> {
            /// Smith's algorithm, as in numpy.
            #[inline]
            fn div(self, o: Self) -> Self {
                let (a, b) = (self, o);
                if b.re.abs() >= b.im.abs() {
                    if b.re == 0.0 && b.im == 0.0 {
                        return Complex::new(a.re / b.re.abs(), a.im / b.re.abs());
                    }
                    let ratio = b.im / b.re;
                    let scale = 1.0 / (b.re + b.im * ratio);
                    Complex::new((a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale)
                } else {
                    let ratio = b.re / b.im;
                    let scale = 1.0 / (b.im + b.re * ratio);
                    Complex::new((a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale)
                }
            }
            /// Small whole exponents by multiplication, as in numpy.
            fn pow(self, o: Self) -> Self {
                if o.re == 0.0 && o.im == 0.0 {
                    return Complex::new(1.0, 0.0);
                }
                if self.re == 0.0 && self.im == 0.0 {
                    return if o.re > 0.0 {
                        Complex::new(0.0, 0.0)
                    } else {
                        Complex::new(<$T>::NAN, <$T>::NAN)
                    };
                }
                if o.im == 0.0 && o.re.trunc() == o.re && o.re.abs() < 100.0 {
                    let n = o.re as i32;
                    let p = self.powu(n.unsigned_abs());
                    return if n < 0 { p.reciprocal() } else { p };
                }
                self.powc(o)
            }
            #[inline]
            fn rint(self) -> Self {
                Complex::new(self.re.round_ties_even(), self.im.round_ties_even())
            }
            #[inline]
            fn scale(self, by: f64) -> Self {
                Complex::new(self.re * by as $T, self.im * by as $T)
            }
            #[inline]
            fn unscale(self, by: f64) -> Self {
                Complex::new(self.re / by as $T, self.im / by as $T)
            }
        }
    )*};
}
floats!(f32, f64);
