//! Values from numpy 2.4 on x86.

use num_complex::Complex;

use super::*;
use crate::time::Calendar;

fn row<T: Element>(values: &[T]) -> Block {
    Block::from_vec(&[values.len()], values.to_vec()).unwrap()
}

fn to<T: Element>(b: &Block, dtype: DType) -> Vec<T> {
    let r = cast(b, dtype).unwrap();
    assert_eq!(r.dtype(), dtype);
    r.to_vec().unwrap()
}

fn texts(values: &[&str]) -> Block {
    row(&values.iter().map(|s| Text::from(*s)).collect::<Vec<_>>())
}

#[test]
fn floats_truncate_and_what_does_not_fit_is_the_least_integer() {
    let v = row(&[f64::NAN, f64::INFINITY, 300.7, -300.7, -1.5, 3e9, 1e19]);
    assert_eq!(to::<i8>(&v, DType::I8), [0, 0, 44, -44, -1, 0, 0]);
    assert_eq!(to::<u8>(&v, DType::U8), [0, 0, 44, 212, 255, 0, 0]);
    assert_eq!(to::<i32>(&v, DType::I32), [i32::MIN, i32::MIN, 300, -300, -1, i32::MIN, i32::MIN]);
    assert_eq!(to::<i64>(&v, DType::I64), [i64::MIN, i64::MIN, 300, -300, -1, 3_000_000_000, i64::MIN]);
    assert_eq!(to::<u32>(&v, DType::U32)[2..6], [300, 4294966996, 4294967295, 3_000_000_000]);
    assert_eq!(
        to::<u64>(&v, DType::U64)[2..],
        [300, 18446744073709551316, u64::MAX, 3_000_000_000, 10_000_000_000_000_000_000]
    );
    assert_eq!(to::<bool>(&v, DType::Bool), [true; 7]);
    assert_eq!(to::<bool>(&row(&[0.0, -0.0]), DType::Bool), [false; 2]);
}

#[test]
fn integers_wrap_and_complex_numbers_lose_their_imaginary_part() {
    assert_eq!(to::<u8>(&row(&[300_i64]), DType::U8), [44]);
    assert_eq!(to::<u64>(&row(&[-1_i64]), DType::U64), [u64::MAX]);
    assert_eq!(to::<f64>(&row(&[Complex::new(1.0, 2.0)]), DType::F64), [1.0]);
    assert_eq!(to::<Complex<f32>>(&row(&[true]), DType::C64), [Complex::new(1.0, 0.0)]);
}

#[test]
fn numbers_are_spelled_as_in_numpy() {
    let spelled = |b: &Block| to::<Text>(b, DType::Str).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        spelled(&row(&[1.5, 1e20, 1e16, 1e15, -0.0, f64::NAN, f64::INFINITY, 1e-5, 0.0001, 3.0, -12.25])),
        [
            "1.5",
            "1e+20",
            "1e+16",
            "1000000000000000.0",
            "-0.0",
            "nan",
            "inf",
            "1e-05",
            "0.0001",
            "3.0",
            "-12.25"
        ]
    );
    assert_eq!(spelled(&row(&[1.5_f32, 1e20, 123_456.79, 0.1])), ["1.5", "1e+20", "123456.79", "0.1"]);
    assert_eq!(spelled(&row(&[true, false])), ["True", "False"]);
    assert_eq!(spelled(&row(&[5_i8, -3])), ["5", "-3"]);
    assert_eq!(
        spelled(&row(&[Complex::new(1.0, 2.0), Complex::new(f64::NAN, 0.0), Complex::new(0.0, -1.5)])),
        ["(1+2j)", "(nan+0j)", "-1.5j"]
    );
}

#[test]
fn text_is_read_or_refused_by_name() {
    assert_eq!(to::<i64>(&texts(&[" 5", "-3", "1_0"]), DType::I64), [5, -3, 10]);
    let f = to::<f64>(&texts(&["1e3", "nan", " inf ", "-Infinity"]), DType::F64);
    assert!(f[0] == 1000.0 && f[1].is_nan() && f[2] == f64::INFINITY && f[3] == f64::NEG_INFINITY);
    assert_eq!(
        to::<Complex<f64>>(&texts(&["1+2j", "(3e-1-1j)", "4"]), DType::C128),
        [Complex::new(1.0, 2.0), Complex::new(0.3, -1.0), Complex::new(4.0, 0.0)]
    );
    assert_eq!(to::<bool>(&texts(&["", "0"]), DType::Bool), [false, true]);
    for (text, dtype) in
        [("5.5", DType::I64), ("300", DType::I8), ("x", DType::I64), ("", DType::F64), ("_1", DType::I8)]
    {
        let e = cast(&texts(&[text]), dtype).unwrap_err().to_string();
        assert!(e.contains(&format!("{text:?}")), "{e}");
    }
    assert!(to::<f64>(&row(&[Text::MISSING]), DType::F64)[0].is_nan());
    assert!(cast(&row(&[Text::MISSING]), DType::I64).is_err());
}

#[test]
fn byte_strings_are_cut_and_must_be_latin() {
    assert_eq!(to::<Text>(&texts(&["abc", "é"]), DType::Bytes(2)), ["ab".into(), Text::from("é")]);
    assert_eq!(to::<Text>(&row(&[12_i64]), DType::Bytes(5)), [Text::from("12")]);
    assert!(cast(&texts(&["€"]), DType::Bytes(5)).is_err());
    assert_eq!(to::<i64>(&texts(&["5"]).retype(DType::Bytes(1)), DType::I64), [5]);
}

#[test]
fn times_change_their_unit_and_are_ticks() {
    let at = |unit, calendar| DType::Datetime { unit, calendar };
    let c = Calendar::ProlepticGregorian;
    let ms = row(&[-1500_i64, 1500, NAT]).retype(at(TimeUnit::Ms, c));
    assert_eq!(to::<i64>(&ms, at(TimeUnit::S, c)), [-2, 1, NAT]);
    assert_eq!(to::<i64>(&ms, at(TimeUnit::Ns, c)), [-1_500_000_000, 1_500_000_000, NAT]);
    assert_eq!(to::<i64>(&ms, DType::I64), [-1500, 1500, NAT]);
    assert_eq!(to::<i64>(&row(&[5.5, f64::NAN]), DType::Timedelta { unit: TimeUnit::S }), [5, NAT]);
    let far = row(&[0_i64, 1 << 62]).retype(at(TimeUnit::S, c));
    let e = cast(&far, at(TimeUnit::Ns, c)).unwrap_err().to_string();
    assert!(e.contains("4611686018427387904 s"), "{e}");
    assert!(cast(&ms, at(TimeUnit::Ms, Calendar::NoLeap)).is_err());
    assert!(cast(&ms, DType::Timedelta { unit: TimeUnit::Ms }).is_err());
}

#[test]
fn times_are_spelled_and_read() {
    let s = DType::Datetime { unit: TimeUnit::S, calendar: Calendar::ProlepticGregorian };
    let spelled = to::<Text>(&row(&[951_825_600_i64, NAT]).retype(s), DType::Str);
    assert_eq!(spelled, ["2000-02-29T12:00:00".into(), Text::from("NaT")]);
    let read = texts(&["2000-02-29T12", "NaT", "", "2000-02-29T12:00:00.5", "1970-02"]);
    assert_eq!(to::<i64>(&read, s), [951_825_600, NAT, NAT, 951_825_600, 31 * 86_400]);
    let e = cast(&texts(&["2000-02-30"]), s).unwrap_err().to_string();
    assert!(e.contains("\"2000-02-30\""), "{e}");
    let d = DType::Timedelta { unit: TimeUnit::S };
    assert_eq!(
        to::<Text>(&row(&[5_i64, NAT]).retype(d), DType::Str),
        ["5 seconds".into(), Text::from("NaT")]
    );
    assert_eq!(to::<i64>(&texts(&["5", "1h", "NaT"]), d), [5, 3600, NAT]);
}
