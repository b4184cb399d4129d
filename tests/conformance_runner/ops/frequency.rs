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
    let mut range = DateRange::new();
    if let Some(calendar) = calendar(args)? {
        range = range.calendar(calendar);
    }
    if let Some(date) = args.opt("start") {
        range = range.start(args::scalar(&date)?);
    }
    if let Some(date) = args.opt("end") {
        range = range.end(args::scalar(&date)?);
    }
    if let Some(n) = args.usize("periods")? {
        range = range.periods(n);
    }
    if let Some(freq) = args.string("freq")? {
        range = range.freq(&freq);
    }
    if let Some(normalize) = args.bool("normalize")? {
        range = range.normalize(normalize);
    }
    if let Some(side) = args.string("inclusive")? {
        range = range.inclusive(side.parse()?);
    }
    let cftime = args.bool("use_cftime")?;
    if let Some(use_cftime) = cftime {
        range = range.use_cftime(use_cftime);
    }
    if let Some(unit) = args.string("unit")? {
        let unit: TimeUnit = unit.parse()?;
        // Dates of cftime have one unit, whatever is asked for.
        if cftime != Some(true) {
            range = range.unit(unit);
        }
    }
    if let Some(name) = args.string("name")? {
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
