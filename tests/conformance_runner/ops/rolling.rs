//! Moving windows.

use graticule::labels::Labelled;
use graticule::prelude::*;

use super::super::args::{self, Args};
use super::super::case::Step;
use super::super::value::{Failure, Outcome, Value, unsupported};
use super::coarsen::{mapping, window};
use super::groups::then;
use super::{Call, Op, no_method, reduce};

pub const OPS: &[(&str, Op)] = &[("rolling", rolling), ("cumulative", cumulative)];

fn rolling(call: &mut Call) -> Outcome<Value> {
    let (least, center) = (call.args.int("min_periods")?, call.args.opt("center"));
    let windows: Vec<(String, usize)> = mapping(&mut call.args, "dim")?
        .into_iter()
        .map(|(name, n)| Ok((name, window(&n)?)))
        .collect::<Outcome<_>>()?;
    let (step, mut args) = then(call)?;
    let result = match &call.on {
        Value::DataArray(a) => windowed(a.rolling(windows), least, center, step, &mut args),
        Value::Dataset(ds) => windowed(ds.rolling(windows), least, center, step, &mut args),
        on => no_method(on),
    };
    args.finish()?;
    result
}

fn cumulative(call: &mut Call) -> Outcome<Value> {
    let (least, dims) = (call.args.int("min_periods")?, args::strings(&call.args.need("dim")?)?);
    let (step, mut args) = then(call)?;
    let result = match &call.on {
        Value::DataArray(a) => windowed(a.cumulative(dims), least, None, step, &mut args),
        Value::Dataset(ds) => windowed(ds.cumulative(dims), least, None, step, &mut args),
        on => no_method(on),
    };
    args.finish()?;
    result
}

fn windowed<T: Labelled>(
    mut windows: Rolling<T>,
    least: Option<i64>,
    center: Option<Value>,
    step: &Step,
    args: &mut Args,
) -> Outcome<Value>
where
    Value: From<T>,
{
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
    if step.op == "construct" {
        return unsupported("windows as a dimension");
    }
    let op = reduce::reduce_op(&step.op)?;
    let mut options = ReduceOptions::new().keep_attrs(args.bool("keep_attrs")?);
    if matches!(op, ReduceOp::Var | ReduceOp::Std) {
        options = options.ddof(args.float("ddof")?.unwrap_or(0.0));
    }
    Ok(windows.reduce_with(op, options)?.into())
}
