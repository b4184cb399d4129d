//! Reductions over dims.

use graticule::kernel::reduce::ReduceOp;
use graticule::labels::{IdxOptions, ReduceOptions};

use super::super::args::Args;
use super::super::value::{Failure, Outcome, Value};
use super::{Call, Op, dims, on_both};

pub const OPS: &[(&str, Op)] = &[
    ("sum", reduce),
    ("prod", reduce),
    ("mean", reduce),
    ("var", reduce),
    ("std", reduce),
    ("min", reduce),
    ("max", reduce),
    ("count", reduce),
    ("any", reduce),
    ("all", reduce),
    ("median", reduce),
    ("argmin", position),
    ("argmax", position),
    ("idxmin", label),
    ("idxmax", label),
];

/// The reduction of this name.
pub fn reduce_op(name: &str) -> Outcome<ReduceOp> {
    use ReduceOp as R;
    let all = [
        R::Sum,
        R::Prod,
        R::Mean,
        R::Var,
        R::Std,
        R::Min,
        R::Max,
        R::Count,
        R::Any,
        R::All,
        R::First,
        R::Last,
        R::Median,
        R::ArgMin,
        R::ArgMax,
    ];
    let found = all.into_iter().find(|op| op.name() == name);
    found.ok_or_else(|| Failure::Unsupported(format!("reduction {name}")))
}

/// The options that a reduction was given. Only those that have a meaning for it are taken: xarray has
/// no others.
pub fn options(op: ReduceOp, args: &mut Args) -> Outcome<ReduceOptions> {
    use ReduceOp as R;
    let mut options = ReduceOptions::new()
        .keep_attrs(args.bool("keep_attrs")?)
        .keepdims(args.bool("keepdims")?.unwrap_or(false));
    if !matches!(op, R::Count | R::Any | R::All) {
        options = options.skipna(args.bool("skipna")?);
    }
    if matches!(op, R::Sum | R::Prod) {
        options = options.min_count(args.usize("min_count")?);
    }
    if matches!(op, R::Std | R::Var)
        && let Some(ddof) = args.float("ddof")?
    {
        options = options.ddof(ddof);
    }
    Ok(options)
}

fn reduce(call: &mut Call) -> Outcome<Value> {
    let op = reduce_op(call.op)?;
    let dims = dims(call.args.opt("dim"))?;
    let options = options(op, &mut call.args)?;
    on_both!(&call.on, x => x.reduce_with(op, dims, options))
}

fn position(call: &mut Call) -> Outcome<Value> {
    let op = reduce_op(call.op)?;
    let dim = call.args.opt("dim");
    let several = matches!(dim, Some(Value::List(_)));
    let dims = dims(dim)?;
    let options = options(op, &mut call.args)?;
    if several {
        let Value::DataArray(a) = &call.on else {
            // The type of `arg_dims` says so, and xarray too.
            return Err(Failure::Refused("positions along several dims of a dataset".into()));
        };
        let each = a.arg_dims(op, dims, options)?;
        return Ok(Value::Mapping(each.into_iter().map(|(d, a)| (d.to_string(), a.into())).collect()));
    }
    on_both!(&call.on, x => x.reduce_with(op, dims, options))
}

fn label(call: &mut Call) -> Outcome<Value> {
    let dim = dims(call.args.opt("dim"))?;
    let options = IdxOptions {
        skipna: call.args.bool("skipna")?,
        fill_value: call.args.scalar("fill_value")?,
        keep_attrs: call.args.bool("keep_attrs")?,
    };
    match call.op {
        "idxmax" => on_both!(&call.on, x => x.idxmax_with(dim, options)),
        _ => on_both!(&call.on, x => x.idxmin_with(dim, options)),
    }
}
