//! Any text as what users write: dates, frequencies, units, dtypes, spans.
#![no_main]

use graticule::dtype::{DType, TimeUnit};
use graticule::time::{Calendar, CfTimeUnits, Frequency, PartialDate, parse_timedelta, parse_timedelta_ns};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = text.parse::<DType>();
    let _ = text.parse::<Frequency>();
    let _ = text.parse::<Calendar>();
    let _ = PartialDate::parse(text);
    let _ = parse_timedelta_ns(text);
    let _ = parse_timedelta(text, TimeUnit::Ns);
    for calendar in [Calendar::ProlepticGregorian, Calendar::NoLeap, Calendar::Day360] {
        if let Ok(units) = CfTimeUnits::parse(text, calendar) {
            let _ = units.encode(&[0, 1, i64::MAX], TimeUnit::Ns, calendar);
        }
    }
});
