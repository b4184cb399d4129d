//! CF time decoding, its choice of unit and calendar, and inferred units against xarray itself.
//!
//! Runs `tests/python/xarray_time_oracle.py` with the interpreter in `GRATICULE_PYTHON`, which needs
//! xarray and cftime.

use std::collections::HashMap;
use std::process::Command;
use std::str::FromStr;

use graticule::time::{
    Calendar, CfStep, CfTimeUnits, Encoded, NAT, TimeUnit, decode_timedelta_float, decode_timedelta_int,
    decoded_timedelta_unit, infer_timedelta_units, infer_units,
};

const SEED: &str = "2026";
const ROWS: &str = "4000";

struct Row<'a>(HashMap<&'a str, &'a str>);

impl Row<'_> {
    fn parse<T: FromStr>(&self, column: &str) -> T {
        let text = self.0[column];
        let parsed = text.parse();
        parsed.unwrap_or_else(|_| panic!("column {column}: {text}"))
    }

    fn list<T: FromStr>(&self, column: &str) -> Vec<T> {
        let words = self.0[column].split_whitespace();
        words.map(|w| w.parse().ok().expect("a number")).collect()
    }

    fn label(&self) -> String {
        let field = |name| self.0[name];
        format!(
            "{} `{}` {} to {}: {}",
            field("kind"),
            field("units"),
            field("calendar"),
            field("preferred"),
            field("values")
        )
    }
}

#[test]
fn agrees_with_xarray() {
    let Ok(python) = std::env::var("GRATICULE_PYTHON") else {
        println!("skipped: GRATICULE_PYTHON is not set");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/xarray_time_oracle.py");
    let output = Command::new(python).args([script, SEED, ROWS]).output().expect("the interpreter starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let table = String::from_utf8(output.stdout).expect("the oracle prints UTF-8");
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    let mut rows = 0;
    for line in lines {
        let row = Row(header.iter().copied().zip(line.split('\t')).collect());
        match row.0["kind"] {
            "timedelta_int" | "timedelta_float" => check_timedelta(&row),
            _ => check_datetime(&row),
        }
        rows += 1;
    }
    println!("{rows} variables; {} xarray refused", errors.matches("skipped").count());
    assert!(rows > 1_000);
}

fn check_datetime(row: &Row<'_>) {
    let label = row.label();
    let calendar: Calendar = row.parse("calendar");
    let preferred: TimeUnit = row.parse("preferred");
    let units = CfTimeUnits::parse(row.0["units"], calendar).expect("xarray reads it");
    let (decoded, ticks) = if row.0["kind"] == "int" {
        let values = row.list("values");
        let decoded = units.decoded_int(&values, preferred).expect(&label);
        (decoded, units.decode_int(&values, decoded.unit))
    } else {
        let values = row.list("values");
        let decoded = units.decoded_float(&values, preferred).expect(&label);
        (decoded, units.decode_float(&values, decoded.unit))
    };
    // xarray asks only whether the reference is after the reform of 1582, and so moves earlier dates by
    // days when `preferred` is coarser than ns. Ours keep their calendar.
    let per_day = row.parse::<TimeUnit>("unit").per_day();
    let want: Vec<i64> = row.list("ticks");
    let moved = want.iter().any(|t| t.div_euclid(per_day) < -141_427);
    if row.0["datetime64"] == "1" && calendar == Calendar::Standard && moved {
        assert_eq!(decoded.calendar, Calendar::Standard, "{label}");
        return;
    }
    // It overflows without a word where a fraction makes it choose ns that do not hold the value.
    if row.0["kind"] == "float" && row.parse::<TimeUnit>("unit") == TimeUnit::Ns {
        let reach = i64::MAX as f64 / units.step.ns() as f64;
        let values: Vec<f64> = row.list("values");
        if preferred != TimeUnit::Ns && values.iter().any(|v| v.abs() >= reach) {
            assert!(ticks.is_ok(), "{label}");
            return;
        }
    }
    let want_calendar = match row.parse::<u8>("datetime64") {
        1 => Calendar::ProlepticGregorian,
        _ => calendar,
    };
    assert_eq!(decoded.calendar, want_calendar, "{label}");
    // With a reference before 1582, or values beyond ns, xarray cuts to `preferred`, whatever the
    // values need.
    let beyond_ns = || units.decode_float(&row.list("values"), TimeUnit::Ns).is_err();
    if decoded.unit > row.parse("unit") && (units.reference.year < 1_583 || beyond_ns()) {
        return;
    }
    assert_eq!(decoded.unit, row.parse("unit"), "{label}");
    let ticks = ticks.expect(&label);
    let apart = ticks.iter().zip(&want).map(|(a, b)| a.abs_diff(*b)).max();
    // Where cftime decodes floats, which pandas cannot if one is beyond 292 years of the reference, it
    // rounds all of them twice to microseconds (see `time_cftime.rs`); ours stand each for itself.
    let reach = i64::MAX as f64 / units.step.ns() as f64;
    let values: Vec<f64> = row.list("values");
    let beyond = |limit: f64| values.iter().any(|v| v.abs() >= limit);
    let by_cftime = row.0["datetime64"] == "0" || beyond(reach) || units.reference.year < 1_678;
    let float = row.0["kind"] == "float";
    // On that way it turns integers into floats.
    let inexact = float || beyond(2_f64.powi(53));
    let microsecond = decoded.unit.per_second() / 1_000_000;
    let twice = if by_cftime && inexact { microsecond } else { 0 };
    let stepwise = if float && decoded.unit > preferred {
        // xarray came to the finer unit by factors of 1000 and rounded at each.
        let size = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        let ticks = size * (units.step.ns() as f64 / decoded.unit.tick_ns() as f64);
        1 + (ticks * 4.0 * f64::EPSILON) as i64
    } else {
        0
    };
    let allowed = twice.max(stepwise);
    assert!(apart <= Some(allowed as u64), "{label}\n{ticks:?}\n{want:?}");

    let inferred = infer_units(&want, decoded.unit, decoded.calendar);
    // xarray writes year -51 as "-051", which neither it nor we read as four digits.
    // Its differences of neighbours wrap around beyond 292 years of nanoseconds.
    let wraps = want.windows(2).any(|w| w[1].checked_sub(w[0]).is_none());
    if row.0["inferred"].contains("since -") || wraps {
        return;
    }
    if row.0["datetime64"] == "1" || calendar != Calendar::ProlepticGregorian {
        assert_eq!(inferred, row.0["inferred"], "{label}");
    }
    let again = CfTimeUnits::parse(&inferred, decoded.calendar).expect("own text reads back");
    let encoded = again.encode(&want, decoded.unit, decoded.calendar);
    // cftime counts in floats, which are not exact beyond 2⁵³, and cuts the reference "….250001" to
    // "….250000".
    let counts: Vec<i64> = match row.0["encoded"].contains('.') {
        true => return, // and may come to fractions of its own unit
        false => row.list("encoded"),
    };
    let exact = counts.iter().all(|n| n.unsigned_abs() < 1 << 53);
    let read_exactly = row.0["datetime64"] == "1" || again.reference.nanosecond == 0;
    if exact && read_exactly && !counts.is_empty() {
        assert_eq!(encoded, Ok(Encoded::Int(counts)), "{label}");
    }
}

fn check_timedelta(row: &Row<'_>) {
    let label = row.label();
    let step: CfStep = row.parse("units");
    let preferred: TimeUnit = row.parse("preferred");
    let (unit, ticks) = if row.0["kind"] == "timedelta_int" {
        let unit = decoded_timedelta_unit(&[], step, preferred);
        (unit, decode_timedelta_int(&row.list("values"), step, unit))
    } else {
        let values = row.list("values");
        let unit = decoded_timedelta_unit(&values, step, preferred);
        (unit, decode_timedelta_float(&values, step, unit))
    };
    // xarray makes values NaT that overflow the unit; ours are an error or get a coarser one.
    if row.list("ticks").contains(&NAT) {
        assert!(!ticks.is_ok_and(|t| t.contains(&NAT)), "{label}");
        return;
    }
    assert_eq!(unit, row.parse("unit"), "{label}");
    // xarray multiplies a whole column as often as its worst value needs, in floats; ours are exact.
    let (got, want): (_, Vec<i64>) = (ticks.expect(&label), row.list("ticks"));
    for (a, b) in got.iter().zip(&want) {
        let exact = a.unsigned_abs() < 1 << 53;
        let near = a.abs_diff(*b) as f64 <= b.unsigned_abs() as f64 * 4.0 * f64::EPSILON;
        assert!(a == b || (!exact && near), "{label}: {a} {b}");
    }
    let inferred = infer_timedelta_units(&row.list::<i64>("ticks"), unit);
    assert_eq!(inferred.name(), row.0["inferred"], "{label}");
}
