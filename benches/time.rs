//! What times cost: ranges of dates, months added to a column, components of a column.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use graticule::time::{Calendar, Component, Frequency, Inclusive, TimeRange, TimeUnit, components};

const COLUMN: usize = 1_000_000;
const CALENDARS: [(&str, TimeUnit, Calendar); 3] = [
    ("numpy ns", TimeUnit::Ns, Calendar::ProlepticGregorian),
    ("standard us", TimeUnit::Us, Calendar::Standard),
    ("360_day us", TimeUnit::Us, Calendar::Day360),
];

fn freq(text: &str) -> Frequency {
    text.parse().expect("a frequency")
}

fn from_1970(n: usize, step: &str, unit: TimeUnit, calendar: Calendar) -> Vec<i64> {
    let range = TimeRange {
        start: Some(0),
        end: None,
        periods: Some(n),
        freq: Some(freq(step)),
        inclusive: Inclusive::Both,
        unit,
        calendar,
        cftime: false,
    };
    range.ticks().expect("in range")
}

fn ranges(c: &mut Criterion) {
    let mut bench = c.benchmark_group("date_range");
    for (name, unit, calendar) in CALENDARS {
        bench.bench_function(format!("1e6 hours, {name}"), |b| {
            b.iter(|| black_box(from_1970(COLUMN, "h", unit, calendar)));
        });
        bench.bench_function(format!("1e5 months, {name}"), |b| {
            // Centuries of months: beyond what nanoseconds hold.
            let unit = unit.min(TimeUnit::Us);
            b.iter(|| black_box(from_1970(COLUMN / 10, "MS", unit, calendar)));
        });
    }
}

fn columns(c: &mut Criterion) {
    let mut bench = c.benchmark_group("column of 1e6");
    for (name, unit, calendar) in CALENDARS {
        let times = from_1970(COLUMN, "h", unit, calendar);
        for step in ["36h", "MS", "2ME", "QS-DEC", "B"] {
            let step_of = freq(step);
            bench.bench_function(format!("+ {step}, {name}"), |b| {
                b.iter(|| {
                    let mut moved = times.clone();
                    step_of.add_to(&mut moved, 1, unit, calendar).expect("in range");
                    black_box(moved)
                });
            });
        }
        for component in [Component::Hour, Component::Year, Component::Month, Component::DayOfYear] {
            bench.bench_function(format!("{component}, {name}"), |b| {
                b.iter(|| black_box(components(&times, unit, calendar, component)));
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = ranges, columns
}
criterion_main!(benches);
