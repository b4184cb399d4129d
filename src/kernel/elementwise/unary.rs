//! Functions of one operand.

use num_complex::{Complex, ComplexFloat};
use num_traits::{Float, FloatConst};

use super::arith::{Arith, Divide, Inexact, Integer, Neighbours};
use super::no_meaning;
use super::table::{UnaryOp, UnaryRule};
use crate::array::Block;
use crate::dtype::dispatch::{with_element, with_integer, with_number, with_real};
use crate::dtype::promote::to_float;
use crate::dtype::{DType, Element, Kind, NAT};
use crate::error::Result;
use crate::kernel::feed::Operand;
use crate::kernel::loops::{same1, to1};

/// The dtype of the result.
pub(super) fn result_dtype(op: UnaryOp, a: DType) -> Result<DType> {
    let no = || Err(no_meaning(op.name(), &[a]));
    let real = match a {
        DType::C64 => DType::F32,
        DType::C128 => DType::F64,
        d => d,
    };
    let plain = a.is_bool() || a.is_number();
    match op.rule() {
        UnaryRule::Missing => Ok(DType::Bool),
        UnaryRule::Test if plain || a.is_time() => Ok(DType::Bool),
        UnaryRule::Truth if plain => Ok(DType::Bool),
        UnaryRule::TimeTest if a.is_time() => Ok(DType::Bool),
        UnaryRule::TimeTest => no().map_err(|e| e.help("use `isnull`")),
        UnaryRule::RealTest if plain && !a.is_complex() => Ok(DType::Bool),
        UnaryRule::Part => Ok(real),
        UnaryRule::Signed | UnaryRule::Magnitude if a.is_timedelta() => Ok(a),
        UnaryRule::Signed if a.is_bool() => no().map_err(|e| e.help("use `invert` (`!`) of bools")),
        _ if !plain => no(),
        UnaryRule::Signed => Ok(a),
        UnaryRule::Magnitude => Ok(real),
        UnaryRule::Bits if a.is_float() || a.is_complex() => no(),
        UnaryRule::Number if a.is_bool() => Ok(DType::I8),
        UnaryRule::RealFloat | UnaryRule::Whole if a.is_complex() => no(),
        UnaryRule::Bits | UnaryRule::Number | UnaryRule::Whole => Ok(a),
        UnaryRule::Float | UnaryRule::RealFloat => Ok(to_float(a)),
        UnaryRule::Angle if a.is_bool() => Ok(DType::F64),
        UnaryRule::Angle => Ok(to_float(real)),
        UnaryRule::Test | UnaryRule::Truth | UnaryRule::RealTest => no(),
    }
}

/// Applies the function; `to` is what [`result_dtype`] gave.
pub(super) fn apply(op: UnaryOp, to: DType, a: Block, shape: &[usize]) -> Block {
    let kind = to.kind();
    match op.rule() {
        UnaryRule::Missing
        | UnaryRule::Test
        | UnaryRule::Truth
        | UnaryRule::RealTest
        | UnaryRule::TimeTest => test(op, a, shape),
        UnaryRule::Signed => with_number!(kind, T => match op {
            UnaryOp::Sign if to.is_time() => same1(a, shape, |v: &i64| if *v == NAT { NAT } else { v.signum() }),
            UnaryOp::Sign => same1(a, shape, |v: &T| v.sign()),
            UnaryOp::Positive => same1(a, shape, T::clone),
            // The least tick stands for NaT and is its own negative.
            _ => same1(a, shape, |v: &T| Arith::neg(*v)),
        }, else not_here()),
        UnaryRule::Magnitude => match a.dtype().kind() {
            Kind::C64 => to1(a, shape, |v: &Complex<f32>| v.re.hypot(v.im)),
            Kind::C128 => to1(a, shape, |v: &Complex<f64>| v.re.hypot(v.im)),
            Kind::Bool => same1(a, shape, bool::clone),
            k => with_real!(k, T => same1(a, shape, |v: &T| Divide::abs(*v)), else not_here()),
        },
        UnaryRule::Bits => match kind {
            Kind::Bool => same1(a, shape, |v: &bool| !v),
            _ => with_integer!(kind, T => same1(a, shape, |v: &T| v.not()), else not_here()),
        },
        UnaryRule::Number => with_number!(kind, T => match op {
            UnaryOp::Square => same1(a, shape, |v: &T| v.mul(*v)),
            UnaryOp::Reciprocal => same1(a, shape, |v: &T| v.reciprocal()),
            _ => same1(a, shape, |v: &T| Arith::conj(*v)),
        }, else not_here()),
        UnaryRule::Float | UnaryRule::RealFloat => match kind {
            Kind::F32 => real::<f32>(op, a, shape),
            Kind::C64 => complex::<f32>(op, a, shape),
            Kind::C128 => complex::<f64>(op, a, shape),
            _ => real::<f64>(op, a, shape),
        },
        UnaryRule::Whole => match kind {
            Kind::F32 => whole::<f32>(op, a, shape),
            Kind::F64 => whole::<f64>(op, a, shape),
            _ => with_element!(kind, T => same1(a, shape, T::clone)),
        },
        UnaryRule::Part => match (a.dtype().kind(), op) {
            (Kind::C64, UnaryOp::Real) => to1(a, shape, |v: &Complex<f32>| v.re),
            (Kind::C64, _) => to1(a, shape, |v: &Complex<f32>| v.im),
            (Kind::C128, UnaryOp::Real) => to1(a, shape, |v: &Complex<f64>| v.re),
            (Kind::C128, _) => to1(a, shape, |v: &Complex<f64>| v.im),
            (k, UnaryOp::Real) => with_element!(k, T => same1(a, shape, T::clone)),
            (Kind::Str, _) => Block::full(shape, &Block::scalar(crate::dtype::Text::from(""))),
            _ => Block::zeros(to, shape),
        },
        UnaryRule::Angle => match a.dtype().kind() {
            Kind::C64 => to1(a, shape, |v: &Complex<f32>| v.im.atan2(v.re)),
            Kind::C128 => to1(a, shape, |v: &Complex<f64>| v.im.atan2(v.re)),
            _ if kind == Kind::F32 => same1(a, shape, |v: &f32| (0.0_f32).atan2(*v)),
            _ => same1(a, shape, |v: &f64| (0.0_f64).atan2(*v)),
        },
    }
}

fn not_here() -> Block {
    unreachable!("dtypes were checked when the map was built")
}

/// True or false of each element.
fn test(op: UnaryOp, a: Block, shape: &[usize]) -> Block {
    let dtype = a.dtype();
    match op {
        UnaryOp::LogicalNot => return to1(a, shape, |v: &bool| !v),
        UnaryOp::SignBit if dtype == DType::F32 => return to1(a, shape, |v: &f32| v.is_sign_negative()),
        UnaryOp::SignBit => return to1(a, shape, |v: &f64| v.is_sign_negative()),
        _ => {}
    }
    if dtype.is_time() {
        return match op {
            UnaryOp::IsNull | UnaryOp::IsNan | UnaryOp::IsNat => to1(a, shape, |v: &i64| *v == NAT),
            UnaryOp::NotNull | UnaryOp::IsFinite => to1(a, shape, |v: &i64| *v != NAT),
            _ => Block::zeros(DType::Bool, shape),
        };
    }
    if !dtype.holds_missing() {
        let all = matches!(op, UnaryOp::NotNull | UnaryOp::IsFinite);
        return Block::full(shape, &Block::scalar(all));
    }
    match (op, dtype.kind()) {
        (UnaryOp::IsFinite, Kind::F32) => to1(a, shape, |v: &f32| v.is_finite()),
        (UnaryOp::IsFinite, Kind::F64) => to1(a, shape, |v: &f64| v.is_finite()),
        (UnaryOp::IsFinite, Kind::C64) => to1(a, shape, |v: &Complex<f32>| v.is_finite()),
        (UnaryOp::IsFinite, _) => to1(a, shape, |v: &Complex<f64>| v.is_finite()),
        (UnaryOp::IsInf, Kind::F32) => to1(a, shape, |v: &f32| v.is_infinite()),
        (UnaryOp::IsInf, Kind::F64) => to1(a, shape, |v: &f64| v.is_infinite()),
        (UnaryOp::IsInf, Kind::C64) => {
            to1(a, shape, |v: &Complex<f32>| v.re.is_infinite() || v.im.is_infinite())
        }
        (UnaryOp::IsInf, _) => to1(a, shape, |v: &Complex<f64>| v.re.is_infinite() || v.im.is_infinite()),
        (UnaryOp::NotNull, k) => with_element!(k, T => to1(a, shape, |v: &T| !v.is_missing())),
        (_, k) => with_element!(k, T => to1(a, shape, T::is_missing)),
    }
}

fn whole<T: Operand + Float>(op: UnaryOp, a: Block, shape: &[usize]) -> Block {
    match op {
        UnaryOp::Floor => same1(a, shape, |v: &T| v.floor()),
        UnaryOp::Ceil => same1(a, shape, |v: &T| v.ceil()),
        _ => same1(a, shape, |v: &T| v.trunc()),
    }
}

fn real<T: Operand + Float + Inexact + Neighbours>(op: UnaryOp, a: Block, shape: &[usize]) -> Block {
    macro_rules! f {
        ($v:ident => $e:expr) => {
            same1(a, shape, |$v: &T| {
                let $v = *$v;
                $e
            })
        };
    }
    match op {
        UnaryOp::Sqrt => f!(v => v.sqrt()),
        UnaryOp::Fabs => f!(v => v.abs()),
        UnaryOp::Cbrt => f!(v => v.cbrt()),
        UnaryOp::Exp => f!(v => v.exp()),
        UnaryOp::Expm1 => f!(v => v.exp_m1()),
        UnaryOp::Exp2 => f!(v => v.exp2()),
        UnaryOp::Log => f!(v => v.ln()),
        UnaryOp::Log2 => f!(v => v.log2()),
        UnaryOp::Log10 => f!(v => v.log10()),
        UnaryOp::Log1p => f!(v => v.ln_1p()),
        UnaryOp::Sin => f!(v => v.sin()),
        UnaryOp::Cos => f!(v => v.cos()),
        UnaryOp::Tan => f!(v => v.tan()),
        UnaryOp::Asin => f!(v => v.asin()),
        UnaryOp::Acos => f!(v => v.acos()),
        UnaryOp::Atan => f!(v => v.atan()),
        UnaryOp::Sinh => f!(v => v.sinh()),
        UnaryOp::Cosh => f!(v => v.cosh()),
        UnaryOp::Tanh => f!(v => v.tanh()),
        UnaryOp::Asinh => f!(v => v.asinh()),
        UnaryOp::Acosh => f!(v => v.acosh()),
        UnaryOp::Atanh => f!(v => v.atanh()),
        UnaryOp::Rint => f!(v => v.rint()),
        UnaryOp::Spacing => f!(v => v.spacing()),
        UnaryOp::ToRadians => f!(v => v.to_radians()),
        UnaryOp::ToDegrees => f!(v => v.to_degrees()),
        other => unreachable!("{other:?} is no function of floats"),
    }
}

fn complex<T: Float + FloatConst>(op: UnaryOp, a: Block, shape: &[usize]) -> Block
where
    Complex<T>: Operand + Copy + Inexact + ComplexFloat,
{
    macro_rules! f {
        ($v:ident => $e:expr) => {
            same1(a, shape, |$v: &Complex<T>| {
                let $v = *$v;
                $e
            })
        };
    }
    let one = Complex::new(T::one(), T::zero());
    // On a branch cut the sign of zero says which side is meant; these parts always have the sign of
    // the argument's.
    let re = |z: Complex<T>, sign: T| Complex::new(z.re.copysign(sign), z.im);
    let im = |z: Complex<T>, sign: T| Complex::new(z.re, z.im.copysign(sign));
    match op {
        UnaryOp::Sqrt => f!(v => Complex::sqrt(v)),
        UnaryOp::Exp => f!(v => Complex::exp(v)),
        // exp(v) - 1 without the loss of digits near 0.
        UnaryOp::Expm1 => f!(v => {
            let (half, two) = ((v.im / (T::one() + T::one())).sin(), T::one() + T::one());
            Complex::new(v.re.exp_m1() * v.im.cos() - two * half * half, v.re.exp() * v.im.sin())
        }),
        UnaryOp::Exp2 => f!(v => Complex::exp2(v)),
        UnaryOp::Log => f!(v => Complex::ln(v)),
        UnaryOp::Log2 => f!(v => Complex::log2(v)),
        UnaryOp::Log10 => f!(v => Complex::log10(v)),
        UnaryOp::Log1p => f!(v => Complex::ln(v + one)),
        UnaryOp::Sin => f!(v => Complex::sin(v)),
        UnaryOp::Cos => f!(v => Complex::cos(v)),
        UnaryOp::Tan => f!(v => Complex::tan(v)),
        UnaryOp::Asin => f!(v => im(Complex::asin(v), v.im)),
        UnaryOp::Acos => f!(v => im(Complex::acos(v), -v.im)),
        UnaryOp::Atan => f!(v => re(Complex::atan(v), v.re)),
        UnaryOp::Sinh => f!(v => Complex::sinh(v)),
        UnaryOp::Cosh => f!(v => Complex::cosh(v)),
        UnaryOp::Tanh => f!(v => Complex::tanh(v)),
        UnaryOp::Asinh => f!(v => re(Complex::asinh(v), v.re)),
        UnaryOp::Acosh => f!(v => im(Complex::acosh(v), v.im)),
        UnaryOp::Atanh => f!(v => im(Complex::atanh(v), v.im)),
        UnaryOp::Rint => f!(v => v.rint()),
        other => unreachable!("{other:?} is no function of complex numbers"),
    }
}
