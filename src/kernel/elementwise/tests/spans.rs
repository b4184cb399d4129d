//! Datetimes and timedeltas.

use super::*;
use crate::dtype::NAT;

#[test]
fn datetimes_and_timedeltas_compute_in_the_finest_unit() {
    let (t, u) = (times(S, &[5, NAT]), times(TimeUnit::Ns, &[3, 3]));
    let d = binary(BinaryOp::Sub, &t, &u).unwrap();
    assert_eq!(d.dtype(), DType::Timedelta { unit: TimeUnit::Ns });
    assert_eq!(d.to_vec::<i64>().unwrap(), [4_999_999_997, NAT]);
    let d = spans(S, &[5, -5]);
    let sum = binary(BinaryOp::Add, &d, &times(TimeUnit::Ms, &[1, 1])).unwrap();
    assert_eq!(sum.dtype(), times(TimeUnit::Ms, &[]).dtype());
    assert_eq!(sum.to_vec::<i64>().unwrap(), [5001, -4999]);
    assert!(binary(BinaryOp::Add, &t, &t).is_err());
    assert!(binary(BinaryOp::Sub, &d, &t).is_err());
    let later = binary(BinaryOp::Add, &t, &row(&[1_i32, 1])).unwrap();
    assert_eq!(later.to_vec::<i64>().unwrap(), [6, NAT]);
}

#[test]
fn timedeltas_scale_and_divide() {
    let d = spans(S, &[5, -5, 7, NAT]);
    let ints = |b: Block| b.to_vec::<i64>().unwrap();
    assert_eq!(ints(binary(BinaryOp::Mul, &d, &row(&[2_i64])).unwrap()), [10, -10, 14, NAT]);
    assert_eq!(ints(binary(BinaryOp::Mul, &row(&[2.5]), &d).unwrap()), [12, -12, 17, NAT]);
    assert_eq!(ints(binary(BinaryOp::Mul, &d, &row(&[f64::NAN])).unwrap()), [NAT; 4]);
    assert_eq!(ints(binary(BinaryOp::Div, &d, &row(&[2_i64])).unwrap()), [2, -2, 3, NAT]);
    assert_eq!(ints(binary(BinaryOp::Div, &d, &row(&[0_i64])).unwrap()), [NAT; 4]);
    assert_eq!(ints(binary(BinaryOp::FloorDiv, &d, &row(&[2.0])).unwrap()), [2, -2, 3, NAT]);
    let two = spans(S, &[2, 2, 0, 2]);
    assert_f64(&binary(BinaryOp::Div, &d, &two).unwrap(), &[2.5, -2.5, f64::INFINITY, f64::NAN]);
    assert_eq!(ints(binary(BinaryOp::FloorDiv, &d, &two).unwrap()), [2, -3, 0, 0]);
    assert_eq!(ints(binary(BinaryOp::Rem, &d, &two).unwrap()), [1, 1, NAT, NAT]);
    let mixed = binary(BinaryOp::Rem, &spans(S, &[5, -5]), &spans(TimeUnit::Ms, &[2000, 3])).unwrap();
    assert_eq!(mixed.to_vec::<i64>().unwrap(), [1000, 1]);
    assert!(binary(BinaryOp::Div, &row(&[2_i64]), &d).is_err());
    assert!(binary(BinaryOp::Add, &d, &row(&[1.0])).is_err());
}

#[test]
fn times_compare_exactly_and_nat_is_unequal() {
    let far = times(S, &[1 << 62, NAT, 5]);
    let near = times(TimeUnit::Ns, &[1, NAT, 5_000_000_000]);
    assert_eq!(binary(BinaryOp::Gt, &far, &near).unwrap().to_vec::<bool>().unwrap(), [true, false, false]);
    assert_eq!(binary(BinaryOp::Eq, &far, &near).unwrap().to_vec::<bool>().unwrap(), [false, false, true]);
    assert_eq!(binary(BinaryOp::Ne, &far, &far).unwrap().to_vec::<bool>().unwrap(), [false, true, false]);
    let e = binary(BinaryOp::Sub, &far, &near).unwrap_err().to_string();
    assert!(e.contains("4611686018427387904"), "{e}");
    assert_eq!(
        binary(BinaryOp::Eq, &spans(S, &[5]), &row(&[5_i64])).unwrap().to_vec::<bool>().unwrap(),
        [true]
    );
    assert_eq!(
        binary(BinaryOp::Eq, &times(S, &[5]), &row(&[5_i64])).unwrap().to_vec::<bool>().unwrap(),
        [false]
    );
    assert!(binary(BinaryOp::Lt, &times(S, &[5]), &row(&[5_i64])).is_err());
    let noleap = row(&[5_i64]).retype(DType::Datetime { unit: S, calendar: Calendar::NoLeap });
    assert!(binary(BinaryOp::Lt, &times(S, &[5]), &noleap).is_err());
    let e = binary(BinaryOp::Add, &spans(S, &[i64::MAX]), &spans(S, &[1])).unwrap_err().to_string();
    assert!(e.contains("9223372036854775807"), "{e}");
}

#[test]
fn what_leaves_64_bits_is_an_error() {
    let far = spans(S, &[1 << 62]);
    for (op, by) in
        [(BinaryOp::Mul, row(&[4.0])), (BinaryOp::Div, row(&[0.1])), (BinaryOp::Mul, row(&[-2.0]))]
    {
        let e = binary(op, &far, &by).unwrap_err().to_string();
        assert!(e.contains("4611686018427387904"), "{e}");
    }
    // No finite number came out: NaT, as in numpy.
    let none = binary(BinaryOp::Div, &far, &row(&[0.0])).unwrap();
    assert_eq!(none.to_vec::<i64>().unwrap(), [NAT]);
    assert!(binary(BinaryOp::Mul, &far, &row(&[2_i64])).is_err());
    let great = row(&[u64::MAX]);
    for op in [BinaryOp::Add, BinaryOp::Mul, BinaryOp::Lt] {
        assert!(binary(op, &far, &great).unwrap_err().to_string().contains("18446744073709551615"));
    }
    assert!(crate::kernel::cast::cast(&row(&[1e19]), far.dtype()).is_err());
    assert!(crate::kernel::cast::cast(&great, times(S, &[0]).dtype()).is_err());
    let ticks = crate::kernel::cast::cast(&row(&[f64::INFINITY, -1.5]), far.dtype()).unwrap();
    assert_eq!(ticks.to_vec::<i64>().unwrap(), [NAT, -1]);
}
