//! Tests of `cf_decode`; expected values are xarray 2026.9's.

use super::*;
use crate::time::format_iso;

fn units(text: &str) -> CfTimeUnits {
    CfTimeUnits::parse(text, Calendar::Standard).unwrap()
}

fn iso(text: &str, value: f64, unit: TimeUnit) -> String {
    let tick = units(text).decode_float(&[value], unit).unwrap()[0];
    format_iso(tick, unit, Calendar::Standard)
}

#[test]
fn integers_decode_and_missing_stays_missing() {
    let days = units("days since 2000-01-01");
    let got = days.decode_int(&[0, NAT, -1], TimeUnit::S).unwrap();
    assert_eq!(got, [946_684_800, NAT, 946_598_400]);
    // A reference between two ticks takes the floor of the sum.
    let half = units("seconds since 1970-01-01 00:00:00.5");
    assert_eq!(half.decode_int(&[-1, 0], TimeUnit::S), Ok(vec![-1, 0]));
}

#[test]
fn a_reference_out_of_range_does_not_matter_if_the_sum_is_in() {
    let days = units("days since 0001-01-01");
    // 719164 days: the standard calendar is Julian in year 1.
    assert_eq!(days.decode_int(&[719_164], TimeUnit::Ns), Ok(vec![0]));
}

#[test]
fn overflow_names_the_value_and_the_unit_that_fits() {
    let err = units("days since 2000-01-01").decode_int(&[0, 200_000], TimeUnit::Ns).unwrap_err();
    assert_eq!(
        err.to_string(),
        "value 200000 of `days since 2000-01-01 00:00:00` does not fit in 64-bit datetime ticks of \
         unit ns; unit us would hold it"
    );
    for value in [i64::MAX, i64::MIN + 1] {
        let days = units("days since 2000-01-01");
        assert!(days.decode_int(&[value], TimeUnit::S).is_err());
    }
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 1e30] {
        for unit in TimeUnit::ALL {
            assert!(units("days since 2000-01-01").decode_float(&[value], unit).is_err());
        }
    }
}

#[test]
fn floats_to_ns_have_the_bits_of_xarray() {
    let days = "days since 2000-01-01";
    assert_eq!(iso(days, 1.5, TimeUnit::Ns), "2000-01-02T12:00:00.000000000");
    assert_eq!(iso(days, 1.0 / 3.0, TimeUnit::Ns), "2000-01-01T08:00:00.000000000");
    assert_eq!(iso(days, 1.23456789, TimeUnit::Ns), "2000-01-02T05:37:46.665695999");
    assert_eq!(iso(days, f64::NAN, TimeUnit::Ns), "NaT");
}

#[test]
fn floats_to_coarser_units_go_to_the_nearest() {
    let hours = "hours since 2000-01-01";
    assert_eq!(iso(hours, 0.7, TimeUnit::Us), "2000-01-01T00:42:00.000000");
    assert_eq!(iso("days since 2000-01-01", 1.23456789, TimeUnit::Us), "2000-01-02T05:37:46.665696");
    let nearest = |v, factor| round_product(v, factor).map(|r| r.nearest);
    assert_eq!(nearest(0.5, 1), Some(0));
    assert_eq!(nearest(1.5, 1), Some(2));
    assert_eq!(nearest(-2.5, 1), Some(-2));
    assert_eq!(nearest(-0.75, 1), Some(-1));
    assert_eq!(nearest(f64::MIN_POSITIVE, i64::MAX), Some(0));
    assert_eq!(nearest(-f64::MIN_POSITIVE, 1), Some(0));
    assert_eq!(nearest(0.0, 5), Some(0));
    assert_eq!(nearest(2f64.powi(60), 4), Some(1 << 62));
    assert_eq!(nearest(f64::MAX, 1), None);
}

#[test]
fn noise_next_to_a_whole_second_is_dropped() {
    let units = CfTimeUnits::parse("seconds since 2000-01-01", Calendar::NoLeap).unwrap();
    let seconds = |v| {
        let tick = units.decode_float(&[v], TimeUnit::Us).unwrap()[0];
        format_iso(tick, TimeUnit::Us, Calendar::NoLeap)
    };
    assert_eq!(seconds(1.0000007), "2000-01-01T00:00:01.000000");
    assert_eq!(seconds(0.9999993), "2000-01-01T00:00:01.000000");
    assert_eq!(seconds(1.000001), "2000-01-01T00:00:01.000000");
    assert_eq!(seconds(1.0000012), "2000-01-01T00:00:01.000001");
    assert_eq!(seconds(0.5000007), "2000-01-01T00:00:00.500001");
    // pandas, which xarray asks in the standard calendars, keeps it.
    let standard = iso("seconds since 2000-01-01", 1.000001, TimeUnit::Us);
    assert_eq!(standard, "2000-01-01T00:00:01.000001");
}

#[test]
fn the_unit_is_the_finest_of_preferred_step_and_reference() {
    let unit = |text, preferred| units(text).decoded_int(&[1], preferred).unwrap().unit;
    assert_eq!(unit("days since 2000-01-01", TimeUnit::Ns), TimeUnit::Ns);
    assert_eq!(unit("days since 2000-01-01", TimeUnit::S), TimeUnit::S);
    assert_eq!(unit("microseconds since 2000-01-01", TimeUnit::S), TimeUnit::Us);
    assert_eq!(unit("days since 2000-01-01 00:00:00.5", TimeUnit::S), TimeUnit::Ms);
    let float = |v, preferred| {
        let days = units("days since 2000-01-01");
        days.decoded_float(&[v], preferred).unwrap().unit
    };
    assert_eq!(float(1.5, TimeUnit::S), TimeUnit::S);
    // xarray gives datetime64[us] and [ns]: the rounding of the product decides.
    assert_eq!(float(1.23456789, TimeUnit::S), TimeUnit::Us);
    assert_eq!(float(1.23456789, TimeUnit::Us), TimeUnit::Ns);
    assert_eq!(float(f64::NAN, TimeUnit::S), TimeUnit::S);
}

#[test]
fn dates_that_datetime64_cannot_hold_keep_their_calendar() {
    let decoded = |text, calendar, value| {
        CfTimeUnits::parse(text, calendar).unwrap().decoded_int(&[0, value], TimeUnit::Ns).unwrap()
    };
    let kept = |calendar| Decoded { unit: TimeUnit::Us, calendar };
    let plain = Decoded { unit: TimeUnit::Ns, calendar: Calendar::ProlepticGregorian };
    let (standard, proleptic) = (Calendar::Standard, Calendar::ProlepticGregorian);
    assert_eq!(decoded("days since 2000-01-01", standard, 1), plain);
    assert_eq!(decoded("days since 2000-01-01", proleptic, 1), plain);
    assert_eq!(decoded("days since 2000-01-01", standard, 200_000), kept(standard));
    assert_eq!(decoded("days since 2000-01-01", proleptic, 200_000), kept(proleptic));
    assert_eq!(decoded("days since 1500-01-01", standard, 1), kept(standard));
    assert_eq!(decoded("days since 2000-01-01", Calendar::NoLeap, 1), kept(Calendar::NoLeap));
    // Beyond microseconds, which xarray cannot hold at all.
    let far = decoded("days since 2000-01-01", standard, 200_000_000);
    assert_eq!(far, Decoded { unit: TimeUnit::Ms, calendar: standard });
    let none = units("days since 2000-01-01").decoded_int(&[], TimeUnit::Ns);
    assert_eq!(none, Ok(plain));
}

#[test]
fn seconds_hold_old_proleptic_dates() {
    let units = CfTimeUnits::parse("days since 0001-01-01", Calendar::ProlepticGregorian).unwrap();
    let decoded = units.decoded_int(&[0, 10], TimeUnit::S).unwrap();
    assert_eq!(decoded.unit, TimeUnit::S);
    assert_eq!(decoded.calendar, Calendar::ProlepticGregorian);
}

#[test]
fn timedeltas_decode_as_xarray_does() {
    let float = |v, unit| decode_timedelta_float(&[v], CfStep::Day, unit).unwrap()[0];
    assert_eq!(float(1.23456789, TimeUnit::Ns), 106_666_665_696_000);
    assert_eq!(float(1.5, TimeUnit::S), 129_600);
    assert_eq!(float(f64::NAN, TimeUnit::S), NAT);
    assert_eq!(decode_timedelta_int(&[1, NAT], CfStep::Hour, TimeUnit::S), Ok(vec![3_600, NAT]));
    assert_eq!(decoded_timedelta_unit(&[], CfStep::Day, TimeUnit::S), TimeUnit::S);
    assert_eq!(decoded_timedelta_unit(&[1.23456789], CfStep::Day, TimeUnit::S), TimeUnit::Us);
    assert_eq!(decoded_timedelta_unit(&[0.1], CfStep::Second, TimeUnit::S), TimeUnit::Ms);
    assert_eq!(decoded_timedelta_unit(&[1e-10], CfStep::Second, TimeUnit::Us), TimeUnit::Ns);
    assert!(decode_timedelta_int(&[i64::MAX], CfStep::Day, TimeUnit::S).is_err());
    assert!(decode_timedelta_float(&[f64::INFINITY], CfStep::Day, TimeUnit::S).is_err());
}
