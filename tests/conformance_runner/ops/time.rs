//! Components of times.

use super::super::value::{Outcome, Value, broken, unsupported};
use super::{Call, Op};

pub const OPS: &[(&str, Op)] = &[
    ("dt.year", component),
    ("dt.month", component),
    ("dt.day", component),
    ("dt.hour", component),
    ("dt.minute", component),
    ("dt.second", component),
    ("dt.microsecond", component),
    ("dt.nanosecond", component),
    ("dt.dayofweek", component),
    ("dt.weekday", component),
    ("dt.dayofyear", component),
    ("dt.quarter", component),
    ("dt.season", component),
    ("dt.days_in_month", component),
    ("dt.daysinmonth", component),
    ("dt.is_leap_year", component),
    ("dt.is_month_start", component),
    ("dt.is_month_end", component),
    ("dt.is_quarter_start", component),
    ("dt.is_quarter_end", component),
    ("dt.is_year_start", component),
    ("dt.is_year_end", component),
    ("dt.days_in_year", component),
];

fn component(call: &mut Call) -> Outcome<Value> {
    let name = &call.op["dt.".len()..];
    if name.parse::<graticule::time::Component>().is_err() {
        return unsupported(format!("component {name}"));
    }
    match &call.on {
        Value::DataArray(a) => Ok(a.dt(name)?.into()),
        on => broken(format!("components of a {}", on.kind())),
    }
}
