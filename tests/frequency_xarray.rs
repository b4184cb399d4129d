//! Frequency strings, sums of dates and frequencies, ranges and inference against pandas and xarray.
//!
//! Runs `tests/python/frequency_oracle.py` with the interpreter in `GRATICULE_PYTHON`, which needs xarray,
//! pandas and cftime.

use std::process::Command;

use graticule::time::{Calendar, Frequency, TimeRange, TimeUnit, infer_freq, infer_timedelta_freq};

const SEED: &str = "2026";
const ROWS: &str = "2000";

/// One line of the oracle.
struct Row<'a> {
    kind: &'a str,
    freq: &'a str,
    calendar: Calendar,
    unit: TimeUnit,
    given: Vec<&'a str>,
    result: &'a str,
}

impl<'a> Row<'a> {
    fn new(line: &'a str) -> Row<'a> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [kind, freq, calendar, unit, given, result] = columns[..] else { panic!("columns of {line}") };
        let given = given.split(' ').collect();
        let calendar = calendar.parse().expect("a calendar");
        Row { kind, freq, calendar, unit: unit.parse().expect("a unit"), given, result }
    }

    fn freq(&self) -> Frequency {
        self.freq.parse().unwrap_or_else(|e| panic!("{e}"))
    }

    fn ticks(&self) -> Vec<i64> {
        self.result.split_whitespace().map(int).collect()
    }
}

fn int(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("an integer, not {text}"))
}

#[test]
fn agrees_with_pandas_and_xarray() {
    let Ok(python) = std::env::var("GRATICULE_PYTHON") else {
        println!("skipped: GRATICULE_PYTHON is not set");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/frequency_oracle.py");
    let output = Command::new(python).args([script, SEED, ROWS]).output().expect("the interpreter starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let table = String::from_utf8(output.stdout).expect("the oracle prints UTF-8");
    let mut rows = 0;
    let mut wrong = Vec::new();
    for line in table.lines().skip(1) {
        let row = Row::new(line);
        let got = match row.kind {
            "text" => text(&row),
            "add" => sum(&row),
            "roll" => rolls(&row),
            "range" => range(&row),
            "infer" | "infer_timedelta" => inferred(&row),
            kind => panic!("kind {kind}"),
        };
        let want = if row.kind.starts_with("infer") { row.freq } else { row.result };
        if got != want && !one_short(&row, &got) {
            wrong.push(format!("{line}\n    got {got}"));
        }
        rows += 1;
    }
    println!("{rows} rows");
    assert!(wrong.is_empty(), "{} of {rows}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows > 10_000);
}

/// Whether pandas leaves the last tick of a range backwards out, as it does where a step is one tick or two.
fn one_short(row: &Row<'_>, got: &str) -> bool {
    let but_last = got.rsplit_once(' ').map_or("", |(rest, _)| rest);
    row.kind == "range" && row.freq.starts_with('-') && row.result == but_last
}

fn text(row: &Row<'_>) -> String {
    row.freq.parse::<Frequency>().map_or_else(|_| "error".to_owned(), |f| f.to_string())
}

fn sum(row: &Row<'_>) -> String {
    let (tick, times) = (int(row.given[0]), int(row.given[1]));
    let sum = row.freq().add(tick, times, row.unit, row.calendar);
    sum.map_or_else(|_| "error".to_owned(), |t| t.to_string())
}

fn rolls(row: &Row<'_>) -> String {
    let (freq, tick, calendar) = (row.freq(), int(row.given[0]), row.calendar);
    let back = freq.roll_back(tick, row.unit, calendar).expect("in range");
    let forward = freq.roll_forward(tick, row.unit, calendar).expect("in range");
    format!("{back} {forward} {}", u8::from(freq.is_on_offset(tick, row.unit, calendar)))
}

fn range(row: &Row<'_>) -> String {
    let given = |i: usize| Some(row.given[i]).filter(|text| *text != "-");
    let cftime = row.given[4] == "1";
    let range = TimeRange {
        start: given(0).map(int),
        end: given(1).map(int),
        periods: given(2).map(|text| text.parse().expect("a number")),
        freq: Some(row.freq).filter(|text| *text != "-").map(|_| row.freq()),
        inclusive: row.given[3].parse().expect("a side"),
        unit: row.unit,
        calendar: row.calendar,
        cftime,
    };
    let joined = |ticks: Vec<i64>| ticks.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
    range.ticks().map_or_else(|_| "error".to_owned(), joined)
}

fn inferred(row: &Row<'_>) -> String {
    let ticks = row.ticks();
    let found = match row.kind {
        "infer" => infer_freq(&ticks, row.unit, row.calendar),
        _ => infer_timedelta_freq(&ticks, row.unit),
    };
    found.expect("enough times").unwrap_or_else(|| "-".to_owned())
}
