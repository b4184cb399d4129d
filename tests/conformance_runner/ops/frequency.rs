//! Ranges of dates and their frequencies.

use graticule::dtype::Calendar;
use graticule::prelude::*;
use graticule::time::TimeUnit;

use super::super::args::{self, Args};
use super::super::value::{Outcome, Value, broken};
use super::{Call, Op};

pub const OPS: &[(&str, Op)] =
    &[("xr.date_range", range), ("xr.date_range_like", like), ("xr.infer_freq", infer)];

fn calendar(args: &mut Args) -> Outcome<Option<Calendar>> {
    Ok(args.string("calendar")?.map(|name| name.parse()).transpose()?)
}

/// The dates alone: xarray gives an index.
fn range(call: &mut Call) -> Outcome<Value> {
    let args = &mut call.args;
    let ends = [args.opt("start"), args.opt("end")];
    let (freq, side, unit) = (args.string("freq")?, args.string("inclusive")?, args.string("unit")?);
    let (normalize, cftime) = (args.bool("normalize")?, args.bool("use_cftime")?);
    let (name, calendar, periods) = (args.string("name")?, calendar(args), args.usize("periods"));
    let [start, end] = ends.map(|date| date.map(|date| args::scalar(&date)).transpose());
    let mut range = DateRange::new().normalize(normalize.unwrap_or(false));
    if let Some(date) = start? {
        range = range.start(date);
    }
    if let Some(date) = end? {
        range = range.end(date);
    }
    if let Some(n) = periods? {
        range = range.periods(n);
    }
    if let Some(freq) = freq {
        range = range.freq(&freq);
    }
    if let Some(side) = side {
        range = range.inclusive(side.parse()?);
    }
    if let Some(calendar) = calendar? {
        range = range.calendar(calendar);
    }
    if let Some(use_cftime) = cftime {
        range = range.use_cftime(use_cftime);
    }
    // Dates of cftime have one unit, whatever is asked for.
    if let (Some(unit), None | Some(false)) = (unit, cftime) {
        range = range.unit(unit.parse::<TimeUnit>()?);
    }
    if let Some(name) = name {
        range = range.name(name);
    }
    Ok(Value::Array(range.make()?.load()?))
}

fn like(call: &mut Call) -> Outcome<Value> {
    let source = array(call.args.need("source")?)?;
    let Some(calendar) = calendar(&mut call.args)? else { return broken("no calendar") };
    let use_cftime = call.args.bool("use_cftime")?;
    let dates = date_range_like(&source, calendar, use_cftime)?;
    Ok(Value::Array(dates.load()?))
}

fn infer(call: &mut Call) -> Outcome<Value> {
    let freq = infer_freq(&array(call.args.need("index")?)?)?;
    Ok(freq.map_or(Value::None, |freq| Value::Scalar(freq.as_str().into())))
}

fn array(value: Value) -> Outcome<DataArray> {
    match value {
        Value::DataArray(a) => Ok(a),
        other => broken(format!("times in a {}", other.kind())),
    }
}
