//! Moving windows.

use graticule::labels::Labelled;
use graticule::prelude::*;

use super::super::args::{self, Args};
use super::super::case::Step;
use super::super::value::{Failure, Outcome, Value, broken, unsupported};
use super::coarsen::{mapping, window};
use super::groups::{then, weighted_step};
use super::{Call, Op, no_method, order, reduce};

pub const OPS: &[(&str, Op)] = &[("rolling", rolling), ("cumulative", cumulative)];

fn rolling(call: &mut Call) -> Outcome<Value> {
    let weights = call.args.opt("weights");
    let (least, center) = (call.args.int("min_periods")?, call.args.opt("center"));
    let windows: Vec<(String, usize)> = mapping(&mut call.args, "dim")?
        .into_iter()
        .map(|(name, n)| Ok((name, window(&n)?)))
        .collect::<Outcome<_>>()?;
    let (step, args) = then(call)?;
    match &call.on {
        Value::DataArray(a) => reduced(configured(a.rolling(windows), least, center)?, weights, step, args),
        Value::Dataset(ds) => reduced(configured(ds.rolling(windows), least, center)?, weights, step, args),
        on => no_method(on),
    }
}

fn cumulative(call: &mut Call) -> Outcome<Value> {
    let (least, dims) = (call.args.int("min_periods")?, args::strings(&call.args.need("dim")?)?);
    let (step, args) = then(call)?;
    match &call.on {
        Value::DataArray(a) => reduced(configured(a.cumulative(dims), least, None)?, None, step, args),
        Value::Dataset(ds) => reduced(configured(ds.cumulative(dims), least, None)?, None, step, args),
        on => no_method(on),
    }
}

fn configured<T: Labelled>(
    mut windows: Rolling<T>,
    least: Option<i64>,
    center: Option<Value>,
) -> Outcome<Rolling<T>> {
    if let Some(n) = least {
        let n = usize::try_from(n).map_err(|_| Failure::Refused(format!("{n} periods")))?;
        windows = windows.min_periods(n);
    }
    match center {
        None => {}
        Some(Value::Mapping(centers)) => {
            for (dim, center) in centers {
                windows = windows.center_along(dim, args::boolean(&center)?);
            }
        }
        Some(center) => windows = windows.center(args::boolean(&center)?),
    }
    Ok(windows)
}

fn reduced<T: Labelled>(
    mut windows: Rolling<T>,
    weights: Option<Value>,
    step: &Step,
    mut args: Args,
) -> Outcome<Value>
where
    Value: From<T>,
{
    if let Some(weights) = weights {
        let Value::DataArray(weights) = weights else { return broken("weights are an array") };
        return weighted_step(windows.weighted(&weights)?, step, args);
    }
    if step.op == "quantile" {
        let (q, _, options) = order::quantile_args(&mut args)?;
        args.finish()?;
        return Ok(windows.quantile_with(q, options)?.into());
    }
    if step.op == "construct" {
        let dims: Vec<(String, String)> = match args.need("window_dim")? {
            Value::Mapping(dims) => {
                dims.into_iter().map(|(dim, new)| Ok((dim, args::string(&new)?))).collect::<Outcome<_>>()?
            }
            _ => return unsupported("window dimensions without names"),
        };
        if let Some(stride) = args.int("stride")? {
            windows = windows.stride(stride as usize);
        }
        let fill = args.opt("fill_value").map(|v| args::scalar(&v)).transpose()?;
        let keep_attrs = args.bool("keep_attrs")?;
        args.finish()?;
        return Ok(windows.construct_with(dims, fill, keep_attrs)?.into());
    }
    let op = reduce::reduce_op(&step.op)?;
    let mut options = ReduceOptions::new().keep_attrs(args.bool("keep_attrs")?);
    if matches!(op, ReduceOp::Var | ReduceOp::Std) {
        options = options.ddof(args.float("ddof")?.unwrap_or(0.0));
    }
    args.finish()?;
    Ok(windows.reduce_with(op, options)?.into())
}
