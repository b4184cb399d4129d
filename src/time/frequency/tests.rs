use super::*;
use crate::time::{Calendar, DateTime, NAT, TimeUnit, format_iso};

const S: TimeUnit = TimeUnit::S;
const GREGORIAN: Calendar = Calendar::ProlepticGregorian;

fn freq(text: &str) -> Frequency {
    text.parse().unwrap()
}

fn tick(date: &str, calendar: Calendar) -> i64 {
    let fields: Vec<i64> = date.split('-').map(|f| f.parse().unwrap()).collect();
    DateTime::midnight(fields[0], fields[1] as u8, fields[2] as u8).to_ticks(calendar, S).unwrap()
}

fn day(tick: i64, calendar: Calendar) -> String {
    format_iso(tick, S, calendar)[..10].to_owned()
}

#[test]
fn strings_read_as_in_pandas_and_write_as_freqstr() {
    let same = [
        "ns", "3us", "ms", "s", "-15min", "h", "2D", "B", "W-SUN", "2W-MON", "SME-15", "SMS-3", "ME", "-2MS",
        "BME", "BMS", "QS-FEB", "QE-DEC", "BQS-JAN", "BQE-MAR", "HYS-JAN", "HYE-JUN", "BHYE-DEC", "BHYS-FEB",
        "YS-JUL", "YE-DEC", "BYS-JAN", "BYE-DEC", "WOM-2TUE", "LWOM-SUN", "0D",
    ];
    for text in same {
        assert_eq!(freq(text).to_string(), text);
    }
    let other = [
        ("1.5h", "90min"),
        ("0.1D", "144min"),
        ("1.23D", "106272s"),
        ("2.0D", "2D"),
        ("1.23456789s", "1234567890ns"),
        ("0.999999999h", "3599999996400ns"),
        ("1.00000001h", "h"),
        (".5h", "30min"),
        ("5.h", "5h"),
        ("1D12h", "36h"),
        ("D12h", "36h"),
        ("1h 30min", "90min"),
        ("-1h30min", "-90min"),
        ("1D24h", "2D"),
        ("12h12h", "24h"),
        ("0.5D12h", "D"),
        ("1.5D24h", "60h"),
        ("0D1h", "h"),
        ("1D0h", "D"),
        ("1min60s", "2min"),
        ("s30min", "1801s"),
        ("1D1ns", "86400000000001ns"),
        ("-0.1h", "-6min"),
        (" 3 h ", "3h"),
        ("+3h", "3h"),
        ("W", "W-SUN"),
        ("QS", "QS-JAN"),
        ("BQE", "BQE-DEC"),
        ("YE", "YE-DEC"),
        ("SMS", "SMS-15"),
        ("SME-07", "SME-7"),
        ("d", "D"),
        ("2w-mon", "2W-MON"),
        ("b", "B"),
        ("MIN", "min"),
        ("Us", "us"),
        ("NS", "ns"),
    ];
    for (text, want) in other {
        assert_eq!(freq(text).to_string(), want, "{text}");
    }
}

#[test]
fn other_strings_are_refused() {
    let refused = [
        "",
        "30",
        "h30",
        "-h",
        "--h",
        "- 3h",
        "1h-30min",
        "1h, 30min",
        "1D -12h",
        "1.5MS",
        "1.0MS",
        "0.5W",
        "1.1ns",
        "2MS3D",
        "1h2MS",
        "W2D",
        "MS MS",
        "12hD",
        "1e3h",
        "99999999999999999999h",
        "9223372036854775807h1h",
        "1..5h",
        "M",
        "Q",
        "Y",
        "A",
        "AS-JAN",
        "H",
        "T",
        "S",
        "L",
        "U",
        "N",
        "BM",
        "me",
        "ye-dec",
        "QE-dec",
        "mS",
        "Ms",
        "W-SU",
        "D-JAN",
        "MS-JAN",
        "SME-0",
        "SME-28",
        "SMS-1",
        "SME-x",
        "WOM",
        "WOM-5TUE",
        "WOM-2",
        "LWOM",
        "bh",
        "1 days",
        "00:30:00",
        "é",
        "W-é",
        "WOM-é",
    ];
    for text in refused {
        assert!(text.parse::<Frequency>().is_err(), "{text}");
    }
    let error = |text: &str| text.parse::<Frequency>().unwrap_err().to_string();
    assert_eq!(
        error("2Q-JAN"),
        "cannot read `2Q-JAN` as a frequency; `Q` is not a frequency; did you mean `QE-JAN`?"
    );
    assert!(error("fortnight").contains("use ns, us, ms"), "{}", error("fortnight"));
}

#[test]
fn serde_goes_by_the_string() {
    let json = serde_json::to_string(&freq("2QS-DEC")).unwrap();
    assert_eq!(json, "\"2QS-DEC\"");
    assert_eq!(serde_json::from_str::<Frequency>(&json).unwrap(), freq("2QS-DEC"));
    assert!(serde_json::from_str::<Frequency>("\"2X\"").is_err());
}

#[test]
fn numbers_and_days_of_every_rule_agree() {
    let rules = [
        "D", "B", "W-MON", "W-SUN", "SMS-10", "SME", "MS", "ME", "BMS", "BME", "QS-NOV", "QE-FEB", "BQE",
        "HYS-MAR", "BHYE", "YS-OCT", "YE", "BYS", "WOM-1MON", "WOM-4SUN", "LWOM-FRI",
    ];
    for text in rules {
        let rule = freq(text).rule;
        for calendar in Calendar::ALL {
            // Years before and after the missing year 0 and the reform.
            for from in [-720_000_i64, -142_000, -100] {
                let mut before = rule.place(calendar, from - 1);
                for day in from..from + 1_000 {
                    let place = rule.place(calendar, day);
                    let floor = rule.day_of(calendar, place.floor).unwrap();
                    let next = rule.day_of(calendar, place.floor + 1).unwrap();
                    assert!(floor <= day && day < next, "{text} {calendar} {day}: {floor} {next}");
                    assert_eq!(place.on, floor == day, "{text} {calendar} {day}");
                    assert_eq!(place.floor, before.floor + i64::from(place.on), "{text} {calendar} {day}");
                    before = place;
                }
            }
        }
    }
}

#[test]
fn dates_off_the_anchor_roll_with_their_first_step() {
    let add = |f: &str, date: &str, times| {
        let tick = tick(date, GREGORIAN);
        day(freq(f).add(tick, times, S, GREGORIAN).unwrap(), GREGORIAN)
    };
    assert_eq!(add("MS", "2000-01-15", 1), "2000-02-01");
    assert_eq!(add("MS", "2000-01-15", 0), "2000-02-01");
    assert_eq!(add("MS", "2000-01-15", -1), "2000-01-01");
    assert_eq!(add("-2MS", "2000-01-15", -1), "2000-03-01");
    assert_eq!(add("ME", "2000-01-31", 1), "2000-02-29");
    assert_eq!(add("5B", "2000-01-01", 1), "2000-01-07");
    assert_eq!(add("W-WED", "2000-01-01", 2), "2000-01-12");
    assert_eq!(add("SME", "2000-01-20", 1), "2000-01-31");
    assert_eq!(add("WOM-2TUE", "2000-01-11", 1), "2000-02-08");
    assert_eq!(add("2D", "2000-02-28", 1), "2000-03-01");
}

#[test]
fn missing_stays_missing_and_overflow_is_an_error() {
    for text in ["h", "D", "B", "MS", "W", "SME", "YE", "LWOM-MON"] {
        let f = freq(text);
        assert_eq!(f.add(NAT, 1, S, GREGORIAN), Ok(NAT));
        assert_eq!(f.roll_forward(NAT, S, GREGORIAN), Ok(NAT));
        assert!(!f.is_on_offset(NAT, S, GREGORIAN));
        for unit in TimeUnit::ALL {
            for calendar in Calendar::ALL {
                for (from, times) in [(i64::MAX, 1), (0, i64::MAX), (0, i64::MIN), (NAT + 1, -1)] {
                    assert!(
                        f.add(from, times, unit, calendar).is_err(),
                        "{text} {from} {times} {unit} {calendar}"
                    );
                }
            }
        }
    }
    let error = freq("ns").add(0, 1, S, GREGORIAN).unwrap_err();
    assert_eq!(error.to_string(), "1 × ns is not a whole number of s; unit ns holds it exactly");
}
