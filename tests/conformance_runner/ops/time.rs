//! Components and functions of times.

use graticule::labels::{AlignOn, ConvertCalendar};
use graticule::prelude::*;

use super::super::value::{Failure, Outcome, Value, broken, unsupported};
use super::{Call, Op, on_both};

pub const OPS: &[(&str, Op)] = &[
    ("dt.year", component),
    ("dt.month", component),
    ("dt.day", component),
    ("dt.hour", component),
    ("dt.minute", component),
    ("dt.second", component),
    ("dt.microsecond", component),
    ("dt.nanosecond", component),
    ("dt.day_of_week", component),
    ("dt.dayofweek", component),
    ("dt.weekday", component),
    ("dt.day_of_year", component),
    ("dt.dayofyear", component),
    ("dt.quarter", component),
    ("dt.season", component),
    ("dt.week", component),
    ("dt.weekofyear", component),
    ("dt.days_in_month", component),
    ("dt.daysinmonth", component),
    ("dt.days_in_year", component),
    ("dt.is_leap_year", component),
    ("dt.is_month_start", component),
    ("dt.is_month_end", component),
    ("dt.is_quarter_start", component),
    ("dt.is_quarter_end", component),
    ("dt.is_year_start", component),
    ("dt.is_year_end", component),
    ("dt.decimal_year", component),
    ("dt.days", component),
    ("dt.seconds", component),
    ("dt.microseconds", component),
    ("dt.nanoseconds", component),
    ("dt.total_seconds", component),
    ("dt.floor", round),
    ("dt.ceil", round),
    ("dt.round", round),
    ("dt.strftime", strftime),
    ("dt.isocalendar", isocalendar),
    ("dt.calendar", calendar),
    ("convert_calendar", convert_calendar),
    ("interp_calendar", interp_calendar),
];

/// The array of times.
fn times<'a>(call: &'a Call) -> Outcome<&'a DataArray> {
    match &call.on {
        Value::DataArray(a) => Ok(a),
        on => broken(format!("times of a {}", on.kind())),
    }
}

fn component(call: &mut Call) -> Outcome<Value> {
    let name = &call.op["dt.".len()..];
    Ok(times(call)?.dt(name)?.into())
}

fn round(call: &mut Call) -> Outcome<Value> {
    let freq = call.args.string("freq")?.unwrap_or_default();
    let times = times(call)?.times()?;
    Ok(match call.op {
        "dt.floor" => times.floor(&freq)?,
        "dt.ceil" => times.ceil(&freq)?,
        _ => times.round(&freq)?,
    }
    .into())
}

fn strftime(call: &mut Call) -> Outcome<Value> {
    let format = call.args.string("date_format")?.unwrap_or_default();
    Ok(times(call)?.times()?.strftime(&format)?.into())
}

fn isocalendar(call: &mut Call) -> Outcome<Value> {
    Ok(times(call)?.times()?.isocalendar()?.into())
}

fn calendar(call: &mut Call) -> Outcome<Value> {
    let calendar = times(call)?.times()?.calendar()?;
    Ok(Value::Scalar(calendar.name().into()))
}

fn convert_calendar(call: &mut Call) -> Outcome<Value> {
    let calendar = call.args.string("calendar")?.unwrap_or_default().parse()?;
    let dim = call.args.string("dim")?.unwrap_or_else(|| "time".to_string());
    let align_on = match call.args.string("align_on")?.as_deref() {
        None => None,
        Some("date") => Some(AlignOn::Date),
        Some("year") => Some(AlignOn::Year),
        Some("random") => return unsupported("the random days of numpy"),
        Some(other) => return Err(Failure::Refused(format!("dates cannot be aligned on {other}"))),
    };
    let mut options = ConvertCalendar::new().align_on(align_on).use_cftime(call.args.bool("use_cftime")?);
    options.missing = call.args.scalar("missing")?;
    on_both!(&call.on, x => x.convert_calendar_with(calendar, &dim, &options))
}

fn interp_calendar(call: &mut Call) -> Outcome<Value> {
    let dim = call.args.string("dim")?.unwrap_or_else(|| "time".to_string());
    let target = match call.args.need("target")? {
        Value::DataArray(a) => a,
        // An array of dates stands for an index of them.
        Value::Array(dates) => DataArray::new(Variable::new([dim.as_str()], dates)?, Coords::new())?,
        other => return broken(format!("a target that is a {}", other.kind())),
    };
    on_both!(&call.on, x => x.interp_calendar(&target, &dim))
}
