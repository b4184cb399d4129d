//! Dates, components, month arithmetic and CF units against cftime itself.
//!
//! Runs `tests/python/cftime_oracle.py` with the interpreter in `GRATICULE_PYTHON`, which needs cftime:
//! `GRATICULE_PYTHON=.venv/bin/python cargo test --test time_cftime`.

use std::collections::HashMap;
use std::process::Command;

use graticule::time::{
    Calendar, CfTimeUnits, Component, DateTime, Encoded, PartialDate, TimeUnit, add_months, components,
};

const SEED: &str = "1582";
const ROWS_PER_CALENDAR: usize = 20_000;

/// One line of the oracle: column name to text.
struct Row<'a>(HashMap<&'a str, &'a str>);

impl Row<'_> {
    fn text(&self, column: &str) -> &str {
        self.0[column]
    }

    fn int(&self, column: &str) -> i64 {
        self.text(column).parse().expect("an integer column")
    }

    fn float(&self, column: &str) -> f64 {
        self.text(column).parse().expect("a float column")
    }
}

#[test]
fn agrees_with_cftime() {
    let Ok(python) = std::env::var("GRATICULE_PYTHON") else {
        println!("skipped: GRATICULE_PYTHON is not set");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/cftime_oracle.py");
    let output = Command::new(python)
        .args([script, SEED, &ROWS_PER_CALENDAR.to_string()])
        .output()
        .expect("the interpreter starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let table = String::from_utf8(output.stdout).expect("the oracle prints UTF-8");

    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    let (mut rows, mut rounded_otherwise) = (0, 0);
    for line in lines {
        let row = Row(header.iter().copied().zip(line.split('\t')).collect());
        let calendar: Calendar = row.text("calendar").parse().expect("a CF calendar");
        check_fields(&row, calendar);
        check_components(&row, calendar);
        check_months(&row, calendar);
        check_units(&row, calendar);
        rounded_otherwise += usize::from(!check_float_decoding(&row, calendar));
        rows += 1;
    }
    assert_eq!(rows, ROWS_PER_CALENDAR * Calendar::ALL.len());
    println!("{rows} dates; {rounded_otherwise} floats a microsecond apart");
    assert!(rounded_otherwise * 1_000 < rows);
}

fn check_fields(row: &Row<'_>, calendar: Calendar) {
    let field = |name| row.int(name) as u8;
    let date = DateTime {
        year: row.int("year"),
        month: field("month"),
        day: field("day"),
        hour: field("hour"),
        minute: field("minute"),
        second: field("second"),
        nanosecond: row.int("microsecond") as u32 * 1_000,
    };
    let ticks = row.int("ticks_us");
    assert_eq!(date.to_ticks(calendar, TimeUnit::Us), Ok(ticks));
    let back = DateTime::from_ticks(ticks, TimeUnit::Us, calendar);
    assert_eq!(back, Some(date), "{calendar}");
    assert_eq!(date.to_string(), row.text("text"));
    // The text is a label too; years of fewer than four digits are padded by cftime.
    let label: PartialDate = row.text("text").parse().expect("cftime's text is a label");
    assert_eq!(label.start, date);
}

fn check_components(row: &Row<'_>, calendar: Calendar) {
    for column in [
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "microsecond",
        "day_of_week",
        "day_of_year",
        "days_in_month",
        "is_leap_year",
        "week",
    ] {
        if row.text(column).is_empty() {
            continue;
        }
        let component: Component = column.parse().expect("a component");
        let got = components(&[row.int("ticks_us")], TimeUnit::Us, calendar, component);
        let text = row.text("text");
        assert_eq!(got, [row.int(column)], "{column} of {text} in {calendar}");
    }
}

fn check_months(row: &Row<'_>, calendar: Calendar) {
    let (ticks, months) = (row.int("ticks_us"), row.int("months"));
    assert_eq!(
        add_months(ticks, months, TimeUnit::Us, calendar),
        Ok(row.int("shifted_us")),
        "{} plus {months} months in {calendar}",
        row.text("text")
    );
}

fn check_units(row: &Row<'_>, calendar: Calendar) {
    let text = row.text("units");
    let units = CfTimeUnits::parse(text, calendar).expect("cftime reads the units");
    let count = row.int("count");
    assert_eq!(
        units.decode_int(&[count], TimeUnit::Us),
        Ok(vec![row.int("count_decoded_us")]),
        "{count} {text} in {calendar}"
    );
    let encoded = units.encode(&[row.int("ticks_us")], TimeUnit::Us, calendar);
    let got = match encoded.expect("the count fits") {
        Encoded::Int(counts) => counts[0] as f64,
        Encoded::Float(counts) => counts[0],
    };
    // cftime divides in steps, so the last bits may differ.
    let want = row.float("encoded");
    let close = (got - want).abs() <= want.abs() * 4.0 * f64::EPSILON;
    assert!(close, "{got} {want} {text} in {calendar}");
}

/// Tells whether the float decodes to the very microsecond of cftime; asserts that it is at most one
/// off. cftime multiplies in the platform's long double and then rounds again; ours rounds once.
fn check_float_decoding(row: &Row<'_>, calendar: Calendar) -> bool {
    let (text, number) = (row.text("units"), row.float("number"));
    let units = CfTimeUnits::parse(text, calendar).expect("cftime reads the units");
    let got = units.decode_float(&[number], TimeUnit::Us);
    let got = got.expect("cftime decodes it")[0];
    let apart = (got - row.int("number_decoded_us")).abs();
    assert!(apart <= 1, "{number} {text} in {calendar}: {apart} us apart");
    apart == 0
}
