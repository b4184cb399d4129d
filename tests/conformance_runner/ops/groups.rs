//! Operations in two steps: groups and weights.

use std::cell::RefCell;

use graticule::error::Error;
use graticule::labels::{
    BinGrouper, Bins, GroupBy, GroupBySource, GroupKey, IdxOptions, ReduceOptions, UniqueGrouper, Weighted,
    WeightedOp,
};
use graticule::prelude::*;

use super::super::args::{Args, block, int, string, strings};
use super::super::case::Step;
use super::super::json::Names;
use super::super::value::{Failure, Outcome, Value, broken, unsupported};
use super::along::running_args;
use super::{Call, Op, arguments, combine, dims, elementwise, no_method, order, reduce};

pub const OPS: &[(&str, Op)] =
    &[("groupby", groupby), ("groupby_bins", groupby_bins), ("weighted", weighted)];

/// The step after, with its arguments.
pub fn then<'a>(call: &Call<'a>) -> Outcome<(&'a Step, Args)> {
    let Some(step) = call.then else { return broken(format!("{} without a step after it", call.op)) };
    Ok((step, arguments(step, call.names)?))
}

/// What to group by.
fn keys(value: Value) -> Outcome<Vec<GroupKey>> {
    match value {
        Value::DataArray(a) => Ok(vec![a.into()]),
        Value::Mapping(keys) => keys.into_iter().map(|(name, grouper)| key(&name, grouper)).collect(),
        v => Ok(strings(&v)?.into_iter().map(GroupKey::from).collect()),
    }
}

fn key(name: &str, grouper: Value) -> Outcome<GroupKey> {
    let Value::Object(kind, kwargs) = grouper else { return broken("a grouper is an object") };
    let mut args = Args::new(kwargs);
    let key = match kind.as_str() {
        "UniqueGrouper" => match args.opt("labels") {
            Some(labels) => GroupKey::new(name, UniqueGrouper::with_labels(block(&labels)?)),
            None => name.into(),
        },
        "BinGrouper" => GroupKey::new(name, bins(&mut args)?),
        "SeasonGrouper" => GroupKey::new(name, SeasonGrouper::new(strings(&args.need("seasons")?)?)),
        _ => return unsupported(format!("groups by {kind}")),
    };
    args.finish()?;
    Ok(key)
}

/// The arguments of `idxmin` and `idxmax` of groups; their dim is the grouped one.
pub fn idx_options(args: &mut Args) -> Outcome<IdxOptions> {
    args.opt("dim");
    Ok(IdxOptions::new().skipna(args.bool("skipna")?).keep_attrs(args.bool("keep_attrs")?))
}

/// The bins of `groupby_bins` and `BinGrouper`.
fn bins(args: &mut Args) -> Outcome<BinGrouper> {
    let bins: Bins = match args.need("bins")? {
        Value::Scalar(count) => match usize::try_from(int(&Value::Scalar(count))?) {
            Ok(count) => count.into(),
            Err(_) => return Err(Failure::Refused("a negative number of bins".into())),
        },
        edges => block(&edges)?.into(),
    };
    let mut by = BinGrouper::new(bins);
    if let Some(labels) = args.opt("labels") {
        by = by.labels(block(&labels)?);
    }
    if let Some(right) = args.bool("right")? {
        by = by.right(right);
    }
    if let Some(include) = args.bool("include_lowest")? {
        by = by.include_lowest(include);
    }
    if let Some(precision) = args.int("precision")? {
        by = by.precision(precision as i32);
    }
    match args.string("duplicates")?.as_deref() {
        None | Some("raise") => Ok(by),
        Some("drop") => Ok(by.drop_duplicates(true)),
        Some(other) => Err(Failure::Refused(format!("duplicates {other}"))),
    }
}

/// A method of the groups; the same for arrays and datasets.
macro_rules! grouped {
    ($groups:expr, $step:expr, $args:expr, $names:expr, $kind:ident) => {{
        // Arguments are taken first: what does not group may not hide what is not known.
        let (groups, step, args): (Outcome<GroupBy<$kind>>, &Step, &mut Args) =
            ($groups.map_err(Failure::from), $step, $args);
        match step.op.as_str() {
            "map" => {
                let groups = groups?;
                let object = |v| match v {
                    Value::$kind(x) => Ok(x),
                    v => unsupported(format!("map that gives a {}", v.kind())),
                };
                per_group(step, $names, |f| groups.map(f), |g: &$kind| g.clone().into(), object)
            }
            "quantile" => {
                let (q, dims, options) = order::quantile_args(args)?;
                Ok(groups?.quantile_with(q, dims, options)?.into())
            }
            "idxmin" | "idxmax" => {
                let options = idx_options(args)?;
                let groups = groups?;
                Ok(if step.op == "idxmin" { groups.idxmin(&options)? } else { groups.idxmax(&options)? }
                    .into())
            }
            "cumsum" | "cumprod" => {
                let (dims, options) = running_args(args)?;
                let groups = groups?;
                Ok(match step.op.as_str() {
                    "cumsum" => groups.cumsum_with(dims, options),
                    _ => groups.cumprod_with(dims, options),
                }?
                .into())
            }
            "fillna" => {
                let value = combine::object(args.need("value")?)?;
                Ok(groups?.fillna(value)?.into())
            }
            "where" => {
                let cond = combine::object(args.need("cond")?)?;
                if args.has("other") {
                    return unsupported("where(other) of groups");
                }
                Ok(groups?.where_cond(cond)?.into())
            }
            name if args.has("other") => {
                let op = elementwise::binary_op(name)?;
                let other = combine::object(args.need("other")?)?;
                Ok(groups?.binary(op, other)?.into())
            }
            name => {
                let op = reduce::reduce_op(name)?;
                let dims = dims(args.opt("dim"))?;
                let options = reduce::options(op, args)?;
                Ok(groups?.reduce_with(op, dims, options)?.into())
            }
        }
    }};
}

fn groupby(call: &mut Call) -> Outcome<Value> {
    let by = keys(call.args.need("group")?)?;
    grouped(call, by)
}

fn groupby_bins(call: &mut Call) -> Outcome<Value> {
    let group: GroupBySource = match call.args.need("group")? {
        Value::DataArray(a) => a.into(),
        name => string(&name)?.into(),
    };
    let bins = bins(&mut call.args)?;
    grouped(call, vec![GroupKey::new(group, bins)])
}

fn grouped(call: &mut Call, by: Vec<GroupKey>) -> Outcome<Value> {
    let (step, mut args) = then(call)?;
    let names = call.names;
    let args = &mut args;
    let result: Outcome<Value> = (|| match &call.on {
        Value::DataArray(a) => grouped!(a.groupby(by), step, args, names, DataArray),
        Value::Dataset(ds) => grouped!(ds.groupby(by), step, args, names, Dataset),
        on => no_method(on),
    })();
    args.finish()?;
    result
}

/// Runs the steps for each group that `map` gives; the last one makes the result of the group.
pub fn per_group<T>(
    step: &Step,
    names: &Names,
    map: impl FnOnce(&mut dyn FnMut(&T) -> Result<T>) -> Result<T>,
    value: impl Fn(&T) -> Value,
    object: impl Fn(Value) -> Outcome<T>,
) -> Outcome<Value>
where
    Value: From<T>,
{
    let failure: RefCell<Option<Failure>> = RefCell::new(None);
    let result = map(&mut |group| {
        let mut names = names.clone();
        names.insert("group".to_string(), value(group));
        let mut run = || -> Outcome<T> {
            let mut last = Value::None;
            for step in &step.steps {
                last = super::run(step, &names)?;
                for name in step.out.names() {
                    names.insert(name.to_string(), last.clone());
                }
            }
            object(last)
        };
        run().map_err(|e| {
            *failure.borrow_mut() = Some(e);
            Error::invalid("a step of the group failed")
        })
    });
    match (result, failure.into_inner()) {
        (_, Some(e)) => Err(e),
        (result, None) => Ok(result?.into()),
    }
}

fn weighted(call: &mut Call) -> Outcome<Value> {
    let Value::DataArray(weights) = call.args.need("weights")? else {
        return broken("weights are an array");
    };
    let (step, mut args) = then(call)?;
    if step.op == "quantile" {
        let q = order::fractions(args.need("q")?)?;
        let dims = dims(args.opt("dim"))?;
        let options = ReduceOptions::new().skipna(args.bool("skipna")?).keep_attrs(args.bool("keep_attrs")?);
        args.finish()?;
        return match &call.on {
            Value::DataArray(a) => Ok(a.weighted(&weights)?.quantile_with(q, dims, options)?.into()),
            Value::Dataset(ds) => Ok(ds.weighted(&weights)?.quantile_with(q, dims, options)?.into()),
            on => no_method(on),
        };
    }
    match &call.on {
        Value::DataArray(a) => weighted_step(a.weighted(&weights)?, step, args),
        Value::Dataset(ds) => weighted_step(ds.weighted(&weights)?, step, args),
        on => no_method(on),
    }
}

/// A sum of whatever has weights.
pub fn weighted_step<M: graticule::labels::Members>(
    weighted: Weighted<M>,
    step: &Step,
    mut args: Args,
) -> Outcome<Value>
where
    Value: From<M::Object>,
{
    let Some(op) = weighted_op(&step.op) else { return unsupported(format!("weighted {}", step.op)) };
    let dims = dims(args.opt("dim"))?;
    let options = ReduceOptions::new().skipna(args.bool("skipna")?).keep_attrs(args.bool("keep_attrs")?);
    args.finish()?;
    Ok(weighted.reduce_with(op, dims, options)?.into())
}

fn weighted_op(name: &str) -> Option<WeightedOp> {
    Some(match name {
        "mean" => WeightedOp::Mean,
        "sum" => WeightedOp::Sum,
        "sum_of_weights" => WeightedOp::SumOfWeights,
        "sum_of_squares" => WeightedOp::SumOfSquares,
        "var" => WeightedOp::Var,
        "std" => WeightedOp::Std,
        _ => return None,
    })
}
