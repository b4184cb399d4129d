//! Values at other places: `interp` and `interp_like`.

use graticule::labels::{Interp, Selector};
use graticule::prelude::*;

use super::super::args::{Args, block, scalar, string};
use super::super::value::{Failure, Outcome, Value, unsupported};
use super::along::{interp_method, outside};
use super::{Call, Op, combine, on_both};

pub const OPS: &[(&str, Op)] = &[("interp", interp), ("interp_like", interp_like)];

fn places(value: Value) -> Outcome<Selector> {
    Ok(match value {
        Value::Scalar(s) => s.into(),
        Value::List(items) if items.iter().all(|v| matches!(v, Value::Scalar(_))) => {
            items.iter().map(scalar).collect::<Outcome<Vec<Scalar>>>()?.into()
        }
        v @ (Value::List(_) | Value::Array(_)) => block(&v)?.into(),
        Value::DataArray(a) => a.into(),
        Value::Variable(v) => v.into(),
        // (dims, values)
        Value::Tuple(parts) if parts.len() == 2 => {
            let dims = super::args::strings(&parts[0])?;
            Variable::new(dims.iter().map(String::as_str), block(&parts[1])?)?.into()
        }
        Value::Slice(_) => return Err(Failure::Refused("a slice as places".into())),
        v => return unsupported(format!("a {} as places", v.kind())),
    })
}

/// Everything but the places.
fn options(args: &mut Args) -> Outcome<Interp> {
    let mut more = Args::new(args.mapping("kwargs")?);
    let mut interp = curve(args.string("method")?, &mut more)?;
    more.finish()?;
    interp = interp.assume_sorted(args.bool("assume_sorted")?.unwrap_or(false));
    if let Some(name) = args.opt("method_non_numeric") {
        interp = interp.method_non_numeric(combine::method(&string(&name)?)?);
    }
    Ok(interp)
}

/// The method with what goes to scipy.
fn curve(name: Option<String>, args: &mut Args) -> Outcome<Interp> {
    let name = name.unwrap_or_else(|| "linear".to_string());
    if name == "spline" {
        return Err(Failure::Refused("method spline".into()));
    }
    let method = interp_method(&name, args.usize("order")?)?;
    let interp = Interp::new().method(method).outside(outside(args, method)?);
    Ok(interp.bounds_error(args.bool("bounds_error")?.unwrap_or(false)))
}

/// The choices of `interpolate` behind `resample`.
pub fn resampled(args: &mut Args) -> Outcome<Interp> {
    let kind = args.string("kind")?;
    curve(kind, args)
}

fn interp(call: &mut Call) -> Outcome<Value> {
    let mut targets = call.args.mapping("coords")?;
    let mut interp = options(&mut call.args)?;
    targets.extend(call.args.rest());
    for (dim, value) in targets {
        interp = interp.at(dim, places(value)?);
    }
    on_both!(&call.on, x => x.interp_with(interp))
}

fn interp_like(call: &mut Call) -> Outcome<Value> {
    let other: graticule::labels::Object = match call.args.need("other")? {
        Value::DataArray(a) => a.into(),
        Value::Dataset(ds) => ds.into(),
        v => return unsupported(format!("interp_like a {}", v.kind())),
    };
    let interp = options(&mut call.args)?;
    on_both!(&call.on, x => x.interp_like(other, &interp))
}
