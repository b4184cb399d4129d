//! `resample` and what comes after it.

use graticule::labels::{Encoded, KeyLabels, Resample};
use graticule::prelude::*;
use graticule::time::{DateTime, Origin};

use super::super::args::{Args, scalar, string, strings};
use super::super::case::Step;
use super::super::value::{Failure, Outcome, Value, unsupported};
use super::along::running_args;
use super::groups::{idx_options, per_group, then};
use super::{Call, Op, combine, dims, elementwise, interp, no_method, order, reduce};

pub const OPS: &[(&str, Op)] = &[("resample", resample)];

/// A method of the bins; the same for arrays and datasets.
macro_rules! resampled {
    ($bins:expr, $step:expr, $args:expr, $names:expr, $kind:ident) => {{
        // Arguments are taken first: what does not resample may not hide what is not known.
        let (bins, step, args): (Outcome<Resample<$kind>>, &Step, &mut Args) =
            ($bins.map_err(Failure::from), $step, $args);
        let tolerance = args.opt("tolerance").map(|v| scalar(&v)).transpose()?;
        match (step.op.as_str(), tolerance) {
            ("map", _) => {
                let bins = bins?;
                let object = |v| match v {
                    Value::$kind(x) => Ok(x),
                    v => unsupported(format!("map that gives a {}", v.kind())),
                };
                per_group(step, $names, |f| bins.map(f), |g: &$kind| g.clone().into(), object)
            }
            ("interpolate", _) => {
                let interp = interp::resampled(args)?;
                Ok(bins?.interpolate_with(&interp)?.into())
            }
            ("asfreq", _) => Ok(bins?.asfreq()?.into()),
            ("ffill" | "pad", None) => Ok(bins?.ffill()?.into()),
            ("ffill" | "pad", Some(t)) => Ok(bins?.ffill_within(t)?.into()),
            ("bfill" | "backfill", None) => Ok(bins?.bfill()?.into()),
            ("bfill" | "backfill", Some(t)) => Ok(bins?.bfill_within(t)?.into()),
            ("nearest", None) => Ok(bins?.nearest()?.into()),
            ("nearest", Some(t)) => Ok(bins?.nearest_within(t)?.into()),
            ("idxmin", _) => Ok(bins?.idxmin(&idx_options(args)?)?.into()),
            ("idxmax", _) => Ok(bins?.idxmax(&idx_options(args)?)?.into()),
            ("cumsum", _) => {
                let (dims, options) = running_args(args)?;
                Ok(bins?.cumsum_with(dims, options)?.into())
            }
            ("cumprod", _) => {
                let (dims, options) = running_args(args)?;
                Ok(bins?.cumprod_with(dims, options)?.into())
            }
            ("quantile", _) => {
                let (q, dims, options) = order::quantile_args(args)?;
                Ok(bins?.quantile_with(q, dims, options)?.into())
            }
            (name, _) if args.has("other") => {
                let op = elementwise::binary_op(name)?;
                let other = combine::object(args.need("other")?)?;
                Ok(bins?.binary(op, other)?.into())
            }
            (name, _) => {
                let op = reduce::reduce_op(name)?;
                let dims = dims(args.opt("dim"))?;
                let options = reduce::options(op, args)?;
                Ok(bins?.reduce_with(op, dims, options)?.into())
            }
        }
    }};
}

/// Any kind of bins.
#[derive(Debug)]
struct Bins(Box<dyn Grouper>);

impl Grouper for Bins {
    fn encode(&self, key: &KeyLabels) -> Result<Encoded> {
        self.0.encode(key)
    }
}

/// The bins of a frequency, or of an object.
fn bins(by: Value, args: &mut Args) -> Outcome<Bins> {
    let Value::Object(name, kwargs) = &by else { return Ok(Bins(Box::new(resampler(by, args)?))) };
    if name != "SeasonResampler" {
        return Ok(Bins(Box::new(resampler(by, args)?)));
    }
    let mut args = Args::new(kwargs.clone());
    let mut by = SeasonResampler::new(strings(&args.need("seasons")?)?);
    if let Some(drop) = args.bool("drop_incomplete")? {
        by = by.drop_incomplete(drop);
    }
    args.finish()?;
    Ok(Bins(Box::new(by)))
}

/// The grouper of a frequency with its options, or of an object.
fn resampler(freq: Value, args: &mut Args) -> Outcome<TimeResampler> {
    let mut by = match freq {
        Value::Scalar(freq) => TimeResampler::new(freq),
        Value::Object(name, kwargs) if name == "TimeResampler" => {
            let mut args = Args::new(kwargs);
            let freq = args.need("freq")?;
            let by = resampler(freq, &mut args)?;
            args.finish()?;
            return Ok(by);
        }
        Value::Object(name, _) => return unsupported(format!("resample by {name}")),
        v => return unsupported(format!("resample by a {}", v.kind())),
    };
    if let Some(closed) = side(args, "closed")? {
        by = by.closed(closed);
    }
    if let Some(label) = side(args, "label")? {
        by = by.label(label);
    }
    if let Some(origin) = args.opt("origin") {
        by = by.origin(self::origin(&origin)?);
    }
    if let Some(offset) = args.scalar("offset")? {
        by = by.offset(offset);
    }
    Ok(by)
}

fn side(args: &mut Args, key: &str) -> Outcome<Option<Side>> {
    match args.string(key)?.as_deref() {
        None => Ok(None),
        Some("left") => Ok(Some(Side::Left)),
        Some("right") => Ok(Some(Side::Right)),
        // The type says so.
        Some(other) => Err(Failure::Refused(format!("side {other}"))),
    }
}

fn origin(value: &Value) -> Outcome<Origin> {
    match value {
        Value::Scalar(Scalar::Datetime { ticks, unit, calendar }) => {
            let date = DateTime::from_ticks(*ticks, *unit, *calendar);
            date.map(Origin::At).ok_or(Failure::Refused("origin NaT".into()))
        }
        v => Ok(string(v)?.parse()?),
    }
}

fn resample(call: &mut Call) -> Outcome<Value> {
    let indexer = call.args.mapping("indexer")?;
    if indexer.len() != 1 {
        // One dimension is an argument of its own.
        return Err(Failure::Refused(format!("resample along {} dimensions", indexer.len())));
    }
    let (dim, freq) = indexer.into_iter().next().expect("there is one");
    let by = bins(freq, &mut call.args)?;
    let (step, mut args) = then(call)?;
    let (names, args) = (call.names, &mut args);
    let result = (|| match &call.on {
        Value::DataArray(a) => resampled!(a.resample(&dim, by), step, args, names, DataArray),
        Value::Dataset(ds) => resampled!(ds.resample(&dim, by), step, args, names, Dataset),
        on => no_method(on),
    })();
    args.finish()?;
    result
}
