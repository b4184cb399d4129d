//! Reductions over dims.

use graticule::kernel::reduce::ReduceOp;
use graticule::labels::ReduceOptions;

use super::super::args::Args;
use super::super::value::{Failure, Outcome, Value, unsupported};
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

/// The options that a reduction was given.
pub fn options(args: &mut Args) -> Outcome<ReduceOptions> {
    let mut options = ReduceOptions::new()
        .skipna(args.bool("skipna")?)
        .min_count(args.usize("min_count")?)
        .keep_attrs(args.bool("keep_attrs")?)
        .keepdims(args.bool("keepdims")?.unwrap_or(false));
    if let Some(ddof) = args.float("ddof")? {
        options = options.ddof(ddof);
    }
    Ok(options)
}

fn reduce(call: &mut Call) -> Outcome<Value> {
    let op = reduce_op(call.op)?;
    let dims = dims(call.args.opt("dim"))?;
    let options = options(&mut call.args)?;
    on_both!(&call.on, x => x.reduce_with(op, dims, options))
}

fn position(call: &mut Call) -> Outcome<Value> {
    let op = reduce_op(call.op)?;
    let dim = call.args.opt("dim");
    if matches!(dim, Some(Value::List(_))) {
        return unsupported(format!("{} over a list of dims", call.op));
    }
    let dims = dims(dim)?;
    let options = options(&mut call.args)?;
    on_both!(&call.on, x => x.reduce_with(op, dims, options))
}
