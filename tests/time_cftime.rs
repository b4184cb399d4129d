//! Dates, components, month arithmetic, frequencies and CF units against cftime itself: 100,000 random dates of
//! each calendar.
//!
//! Runs `tests/python/cftime_oracle.py` with the interpreter in `GRATICULE_PYTHON`, which needs cftime and xarray:
//! `GRATICULE_PYTHON=.venv/bin/python cargo test --test time_cftime`.

use std::collections::HashMap;
use std::process::Command;

use graticule::time::{
    Calendar, CfTimeUnits, Component, DateTime, Encoded, Frequency, NAT, PartialDate, Strftime, TimeUnit,
    add_months, components, decimal_years,
};

const SEED: &str = "1582";
const ROWS: usize = 100_000;
/// Rows that share units and frequency.
const GROUP: usize = 500;
const UNIT: TimeUnit = TimeUnit::Us;

/// The columns of the oracle in its order.
const INTS: [&str; 21] = [
    "ticks_us",
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
    "iso_year",
    "week",
    "months",
    "shifted_us",
    "times",
    "added_us",
    "count",
    "count_decoded_us",
    "number_decoded_us",
];
const FLOATS: [&str; 3] = ["decimal_year", "encoded", "number"];

/// What cftime says of the dates of one calendar.
struct Table {
    calendar: Calendar,
    ints: HashMap<&'static str, Vec<i64>>,
    floats: HashMap<&'static str, Vec<f64>>,
    dates: Vec<String>,
    /// Frequency and units of each group.
    groups: Vec<String>,
}

impl Table {
    fn of(calendar: Calendar, python: &str) -> Table {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/cftime_oracle.py");
        let output = Command::new(python)
            .args([script, SEED, &ROWS.to_string(), calendar.name()])
            .output()
            .expect("the interpreter starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let numbers = (INTS.len() + FLOATS.len()) * ROWS * 8;
        let (numbers, text) = output.stdout.split_at(numbers);
        let words: Vec<[u8; 8]> =
            numbers.chunks_exact(8).map(|b| b.try_into().expect("eight bytes")).collect();
        let mut columns = words.chunks_exact(ROWS);
        let mut column = || columns.next().expect("a column");
        let ints = INTS.map(|name| (name, column().iter().map(|b| i64::from_le_bytes(*b)).collect()));
        let floats = FLOATS.map(|name| (name, column().iter().map(|b| f64::from_le_bytes(*b)).collect()));
        let text = std::str::from_utf8(text).expect("the oracle prints UTF-8");
        let mut lines = text.lines().map(str::to_owned);
        let dates: Vec<String> = lines.by_ref().take(ROWS).collect();
        let groups: Vec<String> = lines.collect();
        assert_eq!((dates.len(), groups.len()), (ROWS, ROWS / GROUP));
        Table { calendar, ints: ints.into(), floats: floats.into(), dates, groups }
    }

    fn int(&self, column: &str) -> &[i64] {
        &self.ints[column]
    }

    fn float(&self, column: &str) -> &[f64] {
        &self.floats[column]
    }

    /// The rows of each group, its frequency and its units.
    fn groups(&self) -> impl Iterator<Item = (std::ops::Range<usize>, Frequency, CfTimeUnits)> {
        self.groups.iter().enumerate().map(|(group, line)| {
            let (frequency, units) = line.split_once(' ').expect("a frequency and units");
            let units = CfTimeUnits::parse(units, self.calendar).expect("cftime reads the units");
            let rows = group * GROUP..(group + 1) * GROUP;
            (rows, frequency.parse().expect("xarray reads the frequency"), units)
        })
    }

    fn place(&self, row: usize) -> String {
        format!("{} ({}) in {}", self.dates[row], self.groups[row / GROUP], self.calendar)
    }
}

#[test]
fn agrees_with_cftime() {
    let Ok(python) = std::env::var("GRATICULE_PYTHON") else {
        println!("skipped: GRATICULE_PYTHON is not set");
        return;
    };
    let check = |calendar: &Calendar| {
        let table = Table::of(*calendar, &python);
        check_fields(&table);
        check_components(&table);
        check_months(&table);
        check_frequencies(&table);
        check_units(&table);
        check_float_decoding(&table)
    };
    // Two interpreters at a time.
    let rounded_otherwise: usize = Calendar::ALL
        .chunks(2)
        .flat_map(|pair| {
            std::thread::scope(|scope| {
                let runs: Vec<_> = pair.iter().map(|c| scope.spawn(|| check(c))).collect();
                runs.into_iter().map(|run| run.join().expect("the dates agree")).collect::<Vec<_>>()
            })
        })
        .sum();
    let rows = ROWS * Calendar::ALL.len();
    println!("{rows} dates; {rounded_otherwise} floats a microsecond apart");
    assert!(rounded_otherwise * 1_000 < rows);
}

fn check_fields(table: &Table) {
    let calendar = table.calendar;
    let text_of = Strftime::new("%Y-%m-%d %H:%M:%S.%f");
    for row in 0..ROWS {
        let field = |name| table.int(name)[row];
        let date = DateTime {
            year: field("year"),
            month: field("month") as u8,
            day: field("day") as u8,
            hour: field("hour") as u8,
            minute: field("minute") as u8,
            second: field("second") as u8,
            nanosecond: field("microsecond") as u32 * 1_000,
        };
        let (ticks, text) = (field("ticks_us"), &table.dates[row]);
        assert_eq!(date.to_ticks(calendar, UNIT), Ok(ticks), "{}", table.place(row));
        assert_eq!(DateTime::from_ticks(ticks, UNIT, calendar), Some(date), "{}", table.place(row));
        assert_eq!(date.to_string(), *text);
        // The text is a label too; years of fewer than four digits are padded by cftime.
        let label: PartialDate = text.parse().expect("cftime's text is a label");
        assert_eq!(label.start, date);
        let formatted = text_of.text(ticks, UNIT, calendar).expect("a time");
        assert!(formatted.starts_with(text.as_str()), "{formatted} of {}", table.place(row));
    }
}

fn check_components(table: &Table) {
    let names = [
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
    ];
    let parsed = names.map(|name| (name, name.parse::<Component>().expect("a component")));
    for (name, component) in parsed.into_iter().chain([("iso_year", Component::IsoYear)]) {
        let got = components(table.int("ticks_us"), UNIT, table.calendar, component);
        for (row, (got, want)) in got.iter().zip(table.int(name)).enumerate() {
            assert!(got == want || *want == NAT, "{name} is {got}, not {want}: {}", table.place(row));
        }
    }
    let years = decimal_years(table.int("ticks_us"), UNIT, table.calendar);
    for (row, (got, want)) in years.iter().zip(table.float("decimal_year")).enumerate() {
        assert!(got == want, "{got} {want}: {}", table.place(row));
    }
}

fn check_months(table: &Table) {
    let shifts = table.int("ticks_us").iter().zip(table.int("months")).zip(table.int("shifted_us"));
    for (row, ((&ticks, &months), &want)) in shifts.enumerate() {
        let got = add_months(ticks, months, UNIT, table.calendar);
        assert_eq!(got, Ok(want), "plus {months} months: {}", table.place(row));
    }
}

fn check_frequencies(table: &Table) {
    let mut checked = 0;
    for (rows, frequency, _) in table.groups() {
        for row in rows {
            let (times, want) = (table.int("times")[row], table.int("added_us")[row]);
            if want == NAT {
                continue;
            }
            let got = frequency.add(table.int("ticks_us")[row], times, UNIT, table.calendar);
            assert_eq!(got, Ok(want), "plus {times} times {frequency}: {}", table.place(row));
            checked += 1;
        }
    }
    assert!(checked * 10 > ROWS * 9, "{checked} sums in {}", table.calendar);
}

fn check_units(table: &Table) {
    for (rows, _, units) in table.groups() {
        let decoded = units.decode_int(&table.int("count")[rows.clone()], UNIT).expect("cftime decodes them");
        assert_eq!(decoded, table.int("count_decoded_us")[rows.clone()], "{}", table.place(rows.start));
        let encoded = units.encode(&table.int("ticks_us")[rows.clone()], UNIT, table.calendar);
        let got: Vec<f64> = match encoded.expect("the counts fit") {
            Encoded::Int(counts) => counts.into_iter().map(|n| n as f64).collect(),
            Encoded::Float(counts) => counts,
        };
        for (row, got) in rows.zip(got) {
            // cftime divides in steps, so the last bits may differ.
            let want = table.float("encoded")[row];
            let close = (got - want).abs() <= want.abs() * 4.0 * f64::EPSILON;
            assert!(close, "{got} {want}: {}", table.place(row));
        }
    }
}

/// Counts the floats that do not decode to the very microsecond of cftime; asserts that they are at most one
/// off. cftime multiplies in the platform's long double and then rounds again; ours rounds once.
fn check_float_decoding(table: &Table) -> usize {
    let mut apart = 0;
    for (rows, _, units) in table.groups() {
        let decoded =
            units.decode_float(&table.float("number")[rows.clone()], UNIT).expect("cftime decodes them");
        for (row, got) in rows.zip(decoded) {
            let off = (got - table.int("number_decoded_us")[row]).abs();
            assert!(off <= 1, "{off} us apart: {} as {}", table.float("number")[row], table.place(row));
            apart += usize::from(off == 1);
        }
    }
    apart
}
