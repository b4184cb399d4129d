//! Every operation, dtype by dtype.

use num_complex::Complex;

use super::*;
use crate::dtype::{NAT, Text};

#[test]
fn bools_add_to_bool_and_do_not_subtract() {
    let (a, b) = (row(&[true, false, true]), row(&[true, true, false]));
    assert_eq!(binary(BinaryOp::Add, &a, &b).unwrap().to_vec::<bool>().unwrap(), [true, true, true]);
    assert_eq!(binary(BinaryOp::Mul, &a, &b).unwrap().to_vec::<bool>().unwrap(), [true, false, false]);
    assert!(binary(BinaryOp::Sub, &a, &b).is_err());
    assert!(unary(UnaryOp::Neg, &a).is_err());
    assert_eq!(binary(BinaryOp::Pow, &a, &b).unwrap().to_vec::<i8>().unwrap(), [1, 0, 1]);
    assert_eq!(binary(BinaryOp::FloorDiv, &a, &b).unwrap().to_vec::<i8>().unwrap(), [1, 0, 0]);
}

#[test]
fn integers_wrap_and_divide_by_floor() {
    let a = row(&[-7_i8, 7, -7, 7, 5, -128]);
    let b = row(&[2_i8, -2, -2, 2, 0, -1]);
    assert_eq!(binary(BinaryOp::FloorDiv, &a, &b).unwrap().to_vec::<i8>().unwrap(), [-4, -4, 3, 3, 0, -128]);
    assert_eq!(binary(BinaryOp::Rem, &a, &b).unwrap().to_vec::<i8>().unwrap(), [1, -1, -1, 1, 0, 0]);
    assert_eq!(unary(UnaryOp::Neg, &row(&[1_u8, 0])).unwrap().to_vec::<u8>().unwrap(), [255, 0]);
    assert_eq!(unary(UnaryOp::Abs, &row(&[-128_i8])).unwrap().to_vec::<i8>().unwrap(), [-128]);
    let q = binary(BinaryOp::Div, &row(&[1_i8, 3]), &row(&[2_i8, 2])).unwrap();
    assert_f64(&q, &[0.5, 1.5]);
    assert_eq!(
        unary(UnaryOp::Reciprocal, &row(&[0_i32, 1, 2, -1])).unwrap().to_vec::<i32>().unwrap(),
        [i32::MIN, 1, 0, -1]
    );
}

#[test]
fn integer_powers_wrap_and_refuse_negative_exponents() {
    let p = binary(BinaryOp::Pow, &row(&[2_i64, 3]), &row(&[70_i64, 41])).unwrap();
    assert_eq!(p.to_vec::<i64>().unwrap(), [0, -420491770248316829]);
    let p = binary(BinaryOp::Pow, &row(&[2_u8, 3, 0]), &row(&[9_u8, 2, 0])).unwrap();
    assert_eq!(p.to_vec::<u8>().unwrap(), [0, 9, 1]);
    let e = binary(BinaryOp::Pow, &row(&[2_i64]), &row(&[-1_i64])).unwrap_err();
    assert!(e.to_string().contains("-1"), "{e}");
    let p = binary(BinaryOp::Pow, &row(&[2.0_f32]), &row(&[3_i16])).unwrap();
    assert_eq!(p.to_vec::<f32>().unwrap(), [8.0]);
}

#[test]
fn floats_divide_by_floor_as_numpy() {
    let inf = f64::INFINITY;
    let nan = f64::NAN;
    let a = row(&[-7.5, 7.5, 1.0, 0.0, -1.0, inf, 1.0, -1.0, 0.0, -0.0, 6.0, -6.0]);
    let b = row(&[2.0, -2.0, 0.0, 0.0, 0.0, 2.0, inf, inf, -3.0, 3.0, -3.0, 3.0]);
    let q = binary(BinaryOp::FloorDiv, &a, &b).unwrap();
    assert_f64(&q, &[-4.0, -4.0, inf, nan, -inf, nan, 0.0, -1.0, -0.0, -0.0, -2.0, -2.0]);
    let r = binary(BinaryOp::Rem, &a, &b).unwrap();
    assert_f64(&r, &[0.5, -0.5, nan, nan, nan, nan, 1.0, inf, -0.0, 0.0, -0.0, 0.0]);
}

#[test]
fn mixed_dtypes_promote() {
    let cases: [(Block, Block, DType); 6] = [
        (row(&[1_i8]), row(&[1_i16]), DType::I16),
        (row(&[1_u8]), row(&[1_i8]), DType::I16),
        (row(&[1_i16]), row(&[1.0_f32]), DType::F32),
        (row(&[1_i32]), row(&[1.0_f32]), DType::F64),
        (row(&[1_u64]), row(&[1_i64]), DType::F64),
        (row(&[true]), row(&[1_i8]), DType::I8),
    ];
    for (a, b, want) in cases {
        let sum = binary(BinaryOp::Add, &a, &b).unwrap();
        assert_eq!(sum.dtype(), want);
        assert_eq!(cast::cast(&sum, DType::I64).unwrap().to_vec::<i64>().unwrap(), [2]);
    }
    let atan = binary(BinaryOp::Atan2, &row(&[1_u16]), &row(&[1_i16])).unwrap();
    assert_eq!(atan.dtype(), DType::F32);
}

#[test]
fn comparisons_are_by_value() {
    let big = row(&[1_u64 << 63, 1]);
    let small = row(&[-1_i64, 1]);
    for (op, want) in [
        (BinaryOp::Gt, [true, false]),
        (BinaryOp::Ge, [true, true]),
        (BinaryOp::Lt, [false, false]),
        (BinaryOp::Eq, [false, true]),
        (BinaryOp::Ne, [true, false]),
    ] {
        assert_eq!(binary(op, &big, &small).unwrap().to_vec::<bool>().unwrap(), want, "{op:?}");
        assert_eq!(binary(super::binary::flipped(op), &small, &big).unwrap().to_vec::<bool>().unwrap(), want);
    }
    let nan = row(&[f64::NAN]);
    assert_eq!(binary(BinaryOp::Eq, &nan, &nan).unwrap().to_vec::<bool>().unwrap(), [false]);
    assert_eq!(binary(BinaryOp::Ne, &nan, &nan).unwrap().to_vec::<bool>().unwrap(), [true]);
}

#[test]
fn text_compares_joins_and_equals_no_number() {
    let (a, b) = (row(&[Text::from("a"), Text::MISSING]), row(&[Text::from("b"), Text::MISSING]));
    assert_eq!(binary(BinaryOp::Lt, &a, &b).unwrap().to_vec::<bool>().unwrap(), [true, false]);
    assert_eq!(binary(BinaryOp::Eq, &a, &a).unwrap().to_vec::<bool>().unwrap(), [true, false]);
    assert_eq!(binary(BinaryOp::Ne, &a, &a).unwrap().to_vec::<bool>().unwrap(), [false, true]);
    assert_eq!(
        binary(BinaryOp::Add, &a, &b).unwrap().to_vec::<Text>().unwrap(),
        [Text::from("ab"), Text::MISSING]
    );
    let n = row(&[1_i64, 2]);
    assert_eq!(binary(BinaryOp::Eq, &a, &n).unwrap().to_vec::<bool>().unwrap(), [false, false]);
    assert!(binary(BinaryOp::Lt, &a, &n).is_err());
    assert!(binary(BinaryOp::Mul, &a, &n).is_err());
    assert!(map(MapFn::Where, &[&row(&[true, false]), &a, &n]).is_err());
}

#[test]
fn bits_take_bools_and_integers_of_one_type() {
    let r = binary(BinaryOp::And, &row(&[5_i64]), &row(&[true])).unwrap();
    assert_eq!(r.to_vec::<i64>().unwrap(), [1]);
    let r = binary(BinaryOp::Xor, &row(&[true]), &row(&[true])).unwrap();
    assert_eq!(r.to_vec::<bool>().unwrap(), [false]);
    assert!(binary(BinaryOp::Or, &row(&[1.0]), &row(&[1_i64])).is_err());
    assert!(binary(BinaryOp::Or, &row(&[1_u64]), &row(&[1_i64])).is_err());
    assert_eq!(unary(UnaryOp::Invert, &row(&[5_u8])).unwrap().to_vec::<u8>().unwrap(), [250]);
}

#[test]
fn extrema_keep_nan_and_fmax_drops_it() {
    let (a, b) = (row(&[1.0, f64::NAN, 3.0]), row(&[f64::NAN, 2.0, 4.0]));
    assert_f64(&binary(BinaryOp::Maximum, &a, &b).unwrap(), &[f64::NAN, f64::NAN, 4.0]);
    assert_f64(&binary(BinaryOp::Minimum, &a, &b).unwrap(), &[f64::NAN, f64::NAN, 3.0]);
    assert_f64(&binary(BinaryOp::Fmax, &a, &b).unwrap(), &[1.0, 2.0, 4.0]);
    assert_f64(&binary(BinaryOp::Fmin, &a, &b).unwrap(), &[1.0, 2.0, 3.0]);
    let (a, b) = (times(S, &[NAT, 5]), times(S, &[1, 2]));
    assert_eq!(binary(BinaryOp::Maximum, &a, &b).unwrap().to_vec::<i64>().unwrap(), [NAT, 5]);
    assert_eq!(binary(BinaryOp::Minimum, &a, &b).unwrap().to_vec::<i64>().unwrap(), [NAT, 2]);
    assert_eq!(binary(BinaryOp::Fmax, &a, &b).unwrap().to_vec::<i64>().unwrap(), [1, 5]);
    assert_eq!(binary(BinaryOp::Fmin, &a, &b).unwrap().to_vec::<i64>().unwrap(), [1, 2]);
}

#[test]
fn complex_numbers_divide_order_and_split() {
    let c = |re: f64, im: f64| Complex::new(re, im);
    let q = binary(BinaryOp::Div, &row(&[c(1.0, 2.0)]), &row(&[c(3.0, -4.0)])).unwrap();
    assert_eq!(q.to_vec::<Complex<f64>>().unwrap(), [c(-0.2, 0.4)]);
    let (a, b) = (row(&[c(1.0, 1.0), c(2.0, 0.0)]), row(&[c(1.0, 2.0), c(1.0, 0.0)]));
    assert_eq!(binary(BinaryOp::Lt, &a, &b).unwrap().to_vec::<bool>().unwrap(), [true, false]);
    assert_eq!(
        binary(BinaryOp::Maximum, &a, &b).unwrap().to_vec::<Complex<f64>>().unwrap(),
        [c(1.0, 2.0), c(2.0, 0.0)]
    );
    let zero = row(&[c(0.0, 0.0); 3]);
    let p: Vec<Complex<f64>> = binary(BinaryOp::Pow, &zero, &row(&[c(0.0, 0.0), c(1.0, 0.0), c(-1.0, 0.0)]))
        .unwrap()
        .to_vec()
        .unwrap();
    assert_eq!(p[..2], [c(1.0, 0.0), c(0.0, 0.0)]);
    assert!(p[2].re.is_nan());
    let z = row(&[Complex::new(3.0_f32, 4.0)]);
    assert_eq!(unary(UnaryOp::Abs, &z).unwrap().to_vec::<f32>().unwrap(), [5.0]);
    assert_eq!(unary(UnaryOp::Imag, &z).unwrap().to_vec::<f32>().unwrap(), [4.0]);
    assert_eq!(unary(UnaryOp::Imag, &row(&[3_i16])).unwrap().to_vec::<i16>().unwrap(), [0]);
    assert_eq!(
        unary(UnaryOp::Conj, &z).unwrap().to_vec::<Complex<f32>>().unwrap(),
        [Complex::new(3.0, -4.0)]
    );
    assert!(binary(BinaryOp::FloorDiv, &z, &z).is_err());
    assert!(unary(UnaryOp::Floor, &z).is_err());
}

#[test]
fn functions_of_integers_are_floats() {
    assert_f64(&unary(UnaryOp::Sqrt, &row(&[4_i64, -1])).unwrap(), &[2.0, f64::NAN]);
    for (a, want) in [
        (row(&[4_u16]), DType::F32),
        (row(&[4_i8]), DType::F32),
        (row(&[4_u32]), DType::F64),
        (row(&[true]), DType::F32),
    ] {
        assert_eq!(unary(UnaryOp::Exp, &a).unwrap().dtype(), want);
    }
    assert_eq!(unary(UnaryOp::Floor, &row(&[-3_i16])).unwrap().to_vec::<i16>().unwrap(), [-3]);
    assert_eq!(unary(UnaryOp::Floor, &row(&[true])).unwrap().dtype(), DType::Bool);
    assert_f64(&unary(UnaryOp::Rint, &row(&[5_i64])).unwrap(), &[5.0]);
    assert_f64(&unary(UnaryOp::Rint, &row(&[0.5, 1.5, 2.5, -0.5])).unwrap(), &[0.0, 2.0, 2.0, -0.0]);
    assert_f64(&unary(UnaryOp::Sign, &row(&[f64::NAN, -0.0, -3.0])).unwrap(), &[f64::NAN, 0.0, -1.0]);
    assert_f64(&unary(UnaryOp::ToRadians, &row(&[180_i32])).unwrap(), &[std::f64::consts::PI]);
}

#[test]
fn every_operation_does_what_its_dtype_rule_says() {
    let inputs = [
        row(&[true, false]),
        row(&[1_i8, 2]),
        row(&[1_i16, 2]),
        row(&[1_i32, 2]),
        row(&[1_i64, 2]),
        row(&[1_u8, 2]),
        row(&[1_u16, 2]),
        row(&[1_u32, 2]),
        row(&[1_u64, 2]),
        row(&[1.0_f32, 2.0]),
        row(&[1.0_f64, 2.0]),
        row(&[Complex::new(1.0_f32, 0.0), Complex::new(2.0, 0.0)]),
        row(&[Complex::new(1.0_f64, 0.0), Complex::new(2.0, 0.0)]),
        row(&[Text::from("a"), Text::MISSING]),
        row(&[Text::from("a"), Text::MISSING]).retype(DType::Bytes(3)),
        times(S, &[1, NAT]),
        times(TimeUnit::Ns, &[1, NAT]),
        spans(S, &[1, NAT]),
        spans(TimeUnit::Ms, &[1, NAT]),
    ];
    for a in &inputs {
        for op in UnaryOp::ALL {
            if let Ok(dtype) = MapFn::Unary(*op).result_dtype(&[a.dtype()]) {
                assert_eq!(unary(*op, a).unwrap().dtype(), dtype, "{op:?} {}", a.dtype());
            }
        }
        for decimals in [-1, 0, 1] {
            if let Ok(dtype) = MapFn::Round(decimals).result_dtype(&[a.dtype()]) {
                assert_eq!(map(MapFn::Round(decimals), &[a]).unwrap().dtype(), dtype);
            }
        }
        for b in &inputs {
            for op in BinaryOp::ALL {
                if let Ok(dtype) = MapFn::Binary(*op).result_dtype(&[a.dtype(), b.dtype()]) {
                    let r = binary(*op, a, b).unwrap();
                    assert_eq!(r.dtype(), dtype, "{op:?} {} {}", a.dtype(), b.dtype());
                }
            }
            if let Ok(dtype) = MapFn::FillNa.result_dtype(&[a.dtype(), b.dtype()]) {
                assert_eq!(map(MapFn::FillNa, &[a, b]).unwrap().dtype(), dtype);
                let c = row(&[true, false]);
                assert_eq!(map(MapFn::Where, &[&c, a, b]).unwrap().dtype(), dtype);
            }
            assert_eq!(map(MapFn::IsIn(b.clone()), &[a]).unwrap().dtype(), DType::Bool);
            if cast::check(a.dtype(), b.dtype()).is_ok() && !a.dtype().is_text() {
                assert_eq!(map(MapFn::Cast(b.dtype()), &[a]).unwrap().dtype(), b.dtype());
            }
        }
    }
}

#[test]
fn rounding_is_half_to_even() {
    let round = |d: i32, b: &Block| map(MapFn::Round(d), &[b]).unwrap();
    assert_f64(&round(2, &row(&[0.5, 2.675, 1.005, -0.125])), &[0.5, 2.68, 1.0, -0.12]);
    assert_eq!(round(-2, &row(&[1234.5_f32, 1350.0])).to_vec::<f32>().unwrap(), [1200.0, 1400.0]);
    assert_eq!(
        round(-1, &row(&[15_i8, 25, -15, -25, 127])).to_vec::<i8>().unwrap(),
        [20, 20, -20, -20, -126]
    );
    assert_eq!(round(-2, &row(&[150_i64, 250, -350])).to_vec::<i64>().unwrap(), [200, 200, -400]);
    assert_eq!(round(-20, &row(&[5_i64, 1 << 62])).to_vec::<i64>().unwrap(), [0, 0]);
    assert_eq!(round(1, &row(&[15_i64])).to_vec::<i64>().unwrap(), [15]);
    assert!(MapFn::Round(1).result_dtype(&[DType::Bool]).is_err());
}

#[test]
fn where_and_fillna_promote_and_pick() {
    let c = row(&[true, false]);
    let r = map(MapFn::Where, &[&c, &row(&[1_i8, 2]), &row(&[3.0_f32])]).unwrap();
    assert_eq!(r.to_vec::<f32>().unwrap(), [1.0, 3.0]);
    let r = map(MapFn::Where, &[&c, &times(S, &[1, 2]), &times(TimeUnit::Ms, &[7, 8])]).unwrap();
    assert_eq!(r.to_vec::<i64>().unwrap(), [1000, 8]);
    // Numbers are true where they are not zero, NaN too.
    let r = map(MapFn::Where, &[&row(&[1.0, 0.0, f64::NAN]), &row(&[1_i64]), &row(&[2_i64])]).unwrap();
    assert_eq!(r.to_vec::<i64>().unwrap(), [1, 2, 1]);
    let r = map(MapFn::FillNa, &[&row(&[1.0_f32, f32::NAN]), &row(&[9.0_f32])]).unwrap();
    assert_eq!(r.to_vec::<f32>().unwrap(), [1.0, 9.0]);
    let r = map(MapFn::FillNa, &[&spans(S, &[1, NAT]), &row(&[0_i64])]).unwrap();
    assert_eq!(r.to_vec::<i64>().unwrap(), [1, 0]);
    let r = map(MapFn::FillNa, &[&row(&[1_i64, 2]), &row(&[0.5])]).unwrap();
    assert_f64(&r, &[1.0, 2.0]);
    let r = map(MapFn::FillNa, &[&row(&[Text::MISSING, "a".into()]), &row(&[Text::from("z")])]).unwrap();
    assert_eq!(r.to_vec::<Text>().unwrap(), ["z".into(), Text::from("a")]);
}

#[test]
fn missing_is_asked_of_every_dtype() {
    let null = |b: &Block| unary(UnaryOp::IsNull, b).unwrap().to_vec::<bool>().unwrap();
    assert_eq!(null(&row(&[1.0, f64::NAN])), [false, true]);
    assert_eq!(null(&row(&[1_i64, 0])), [false, false]);
    assert_eq!(null(&times(S, &[NAT, 0])), [true, false]);
    assert_eq!(null(&row(&[Text::MISSING, "".into()])), [true, false]);
    assert_eq!(null(&row(&[Complex::new(0.0_f32, f32::NAN)])), [true]);
    let finite = unary(UnaryOp::IsFinite, &row(&[1.0_f32, f32::INFINITY, f32::NAN])).unwrap();
    assert_eq!(finite.to_vec::<bool>().unwrap(), [true, false, false]);
    assert!(unary(UnaryOp::IsNan, &row(&[Text::MISSING])).is_err());
}

#[test]
fn membership_is_by_value_and_not_of_nan() {
    let is = |a: &Block, list: Block| map(MapFn::IsIn(list), &[a]).unwrap().to_vec::<bool>().unwrap();
    assert_eq!(is(&row(&[0_i64, 3, 8]), row(&[3_i64, 8, 99])), [false, true, true]);
    assert_eq!(is(&row(&[1.5, 4.0, f64::NAN]), row(&[f64::NAN, 4.0])), [false, true, false]);
    assert_eq!(is(&row(&[Text::from("a"), "b".into()]), row(&[Text::from("c"), "a".into()])), [true, false]);
    assert_eq!(is(&row(&[1_i64]), row(&[Text::from("1")])), [false]);
    assert_eq!(is(&times(S, &[1, NAT]), times(TimeUnit::Ms, &[1000, NAT])), [true, false]);
    assert_eq!(is(&row(&[true, false]), row(&[true])), [true, false]);
    assert_eq!(is(&row(&[1_i8]), row::<i64>(&[])), [false]);
}

#[test]
fn scalars_meet_arrays_by_their_kind() {
    let s = BinaryOp::Lt.scalar_operand(DType::U8, &Scalar::Int(300)).unwrap();
    assert_eq!(binary(BinaryOp::Lt, &row(&[200_u8]), &s).unwrap().to_vec::<bool>().unwrap(), [true]);
    assert!(BinaryOp::Add.scalar_operand(DType::U8, &Scalar::Int(300)).is_err());
    let s = BinaryOp::Add.scalar_operand(DType::F32, &Scalar::Float(0.5)).unwrap();
    assert_eq!(s.dtype(), DType::F32);
}

#[test]
fn inverse_functions_take_the_side_of_the_cut_that_zero_points_to() {
    let of = |op: UnaryOp, re: f64, im: f64| {
        unary(op, &row(&[Complex::new(re, im)])).unwrap().to_vec::<Complex<f64>>().unwrap()[0]
    };
    assert!((of(UnaryOp::Asin, 2.0, 0.0).im - 1.3169578969248166).abs() < 1e-14);
    assert!((of(UnaryOp::Asin, 2.0, -0.0).im + 1.3169578969248166).abs() < 1e-14);
    assert!((of(UnaryOp::Acos, 2.0, 0.0).im + 1.3169578969248166).abs() < 1e-14);
    assert!((of(UnaryOp::Atanh, 2.0, 0.0).im - std::f64::consts::FRAC_PI_2).abs() < 1e-14);
    assert!(of(UnaryOp::Reciprocal, 0.0, 0.0).re.is_nan());
}

#[test]
fn divisors_and_shifts_of_integers() {
    let (a, b) = (row(&[12_i32, -18, 0, i32::MIN]), row(&[8_i32, 12, 0, 6]));
    assert_eq!(binary(BinaryOp::Gcd, &a, &b).unwrap().to_vec::<i32>().unwrap(), [4, 6, 0, 2]);
    // The last one wraps as numpy's.
    assert_eq!(binary(BinaryOp::Lcm, &a, &b).unwrap().to_vec::<i32>().unwrap(), [24, 36, 0, i32::MIN]);
    let (a, by) = (row(&[-5_i8, 5, 1, -1]), row(&[1_i8, 9, -1, 7]));
    assert_eq!(binary(BinaryOp::LeftShift, &a, &by).unwrap().to_vec::<i8>().unwrap(), [-10, 0, 0, -128]);
    assert_eq!(binary(BinaryOp::RightShift, &a, &by).unwrap().to_vec::<i8>().unwrap(), [-3, 0, 0, -1]);
    let (t, f) = (row(&[true, true]), row(&[true, false]));
    assert_eq!(binary(BinaryOp::LeftShift, &t, &f).unwrap().to_vec::<i8>().unwrap(), [2, 1]);
    assert!(binary(BinaryOp::Gcd, &t, &f).is_err());
    assert!(binary(BinaryOp::LeftShift, &row(&[1.0]), &row(&[1.0])).is_err());
}

#[test]
fn truth_of_every_kind() {
    let (a, b) = (row(&[0.0, f64::NAN, -1.0]), row(&[1_i8, 0, 2]));
    assert_eq!(binary(BinaryOp::LogicalAnd, &a, &b).unwrap().to_vec::<bool>().unwrap(), [false, false, true]);
    assert_eq!(binary(BinaryOp::LogicalXor, &a, &b).unwrap().to_vec::<bool>().unwrap(), [true, true, false]);
    assert_eq!(unary(UnaryOp::LogicalNot, &b).unwrap().to_vec::<bool>().unwrap(), [false, true, false]);
    let z = row(&[Complex::new(0.0, 0.0), Complex::new(0.0, 1.0)]);
    assert_eq!(unary(UnaryOp::LogicalNot, &z).unwrap().to_vec::<bool>().unwrap(), [true, false]);
    assert!(unary(UnaryOp::SignBit, &z).is_err());
    let times = row(&[NAT, 5]).retype(DType::DATETIME_NS);
    assert_eq!(unary(UnaryOp::IsNat, &times).unwrap().to_vec::<bool>().unwrap(), [true, false]);
    assert!(unary(UnaryOp::IsNat, &a).is_err() && unary(UnaryOp::LogicalNot, &times).is_err());
}
