//! Sorting, ranks, quantiles, duplicates.

use graticule::kernel::order::Method;
use graticule::labels::{Keep, QuantileOptions, Quantiles, RankOptions, SortKey, SortKeys};
use graticule::prelude::{DataArray, Dims, Scalar};

use super::super::args::{Args, string};
use super::super::value::{Failure, Outcome, Value, unsupported};
use super::{Call, Op, dims, on_both};

pub const OPS: &[(&str, Op)] = &[
    ("sortby", sortby),
    ("quantile", quantile),
    ("rank", rank),
    ("argsort", argsort),
    ("drop_duplicates", drop_duplicates),
];

fn key(value: Value) -> Outcome<SortKey> {
    Ok(match value {
        Value::DataArray(a) => SortKey::from(&a),
        name => string(&name)?.as_str().into(),
    })
}

fn sortby(call: &mut Call) -> Outcome<Value> {
    let keys: SortKeys = match call.args.need("variables")? {
        Value::List(keys) => keys.into_iter().map(key).collect::<Outcome<Vec<SortKey>>>()?.into(),
        one => key(one)?.into(),
    };
    let ascending = call.args.bool("ascending")?.unwrap_or(true);
    on_both!(&call.on, x => x.sortby_with(keys, ascending))
}

/// A number, or a list of them.
pub fn fractions(value: Value) -> Outcome<Quantiles> {
    let number = |v: &Value| match v {
        Value::Scalar(Scalar::Float(q)) => Ok(*q),
        Value::Scalar(Scalar::Int(q)) => Ok(*q as f64),
        v => unsupported(format!("a {} as q", v.kind())),
    };
    Ok(match value {
        Value::List(items) | Value::Tuple(items) => {
            items.iter().map(number).collect::<Outcome<Vec<f64>>>()?.into()
        }
        Value::Array(b) if b.ndim() == 1 => b.to_vec::<f64>()?.into(),
        one => number(&one)?.into(),
    })
}

/// The arguments of a quantile.
pub fn quantile_args(args: &mut Args) -> Outcome<(Quantiles, Dims, QuantileOptions)> {
    let q = fractions(args.need("q")?)?;
    let dims = dims(args.opt("dim"))?;
    let mut options = QuantileOptions::new()
        .skipna(args.bool("skipna")?)
        .keep_attrs(args.bool("keep_attrs")?)
        .numeric_only(args.bool("numeric_only")?.unwrap_or(false));
    if let Some(name) = args.string("method")? {
        let known = Method::ALL.into_iter().find(|m| m.name() == name);
        options = options.method(known.ok_or(Failure::Refused(format!("no method {name}")))?);
    }
    Ok((q, dims, options))
}

fn quantile(call: &mut Call) -> Outcome<Value> {
    let (q, dims, options) = quantile_args(&mut call.args)?;
    on_both!(&call.on, x => x.quantile_with(q, dims, options))
}

fn rank(call: &mut Call) -> Outcome<Value> {
    let dim = string(&call.args.need("dim")?)?;
    let pct = call.args.bool("pct")?.unwrap_or(false);
    let options = RankOptions::new().pct(pct).keep_attrs(call.args.bool("keep_attrs")?);
    on_both!(&call.on, x => x.rank_with(&dim, options))
}

/// numpy's method: along the last axis, if none is given.
fn argsort(call: &mut Call) -> Outcome<Value> {
    let axis = call.args.int("axis")?.unwrap_or(-1);
    let dim = |a: &DataArray| {
        let n = a.dims().len() as i64;
        usize::try_from(if axis < 0 { axis + n } else { axis }).ok().and_then(|i| a.dims().get(i).cloned())
    };
    match &call.on {
        Value::DataArray(a) => match dim(a) {
            Some(dim) => Ok(a.argsort(&dim)?.into()),
            None => Err(Failure::Refused(format!("no axis {axis}"))),
        },
        on => unsupported(format!("argsort of a {}", on.kind())),
    }
}

fn drop_duplicates(call: &mut Call) -> Outcome<Value> {
    let dims = dims(call.args.opt("dim"))?;
    let keep = match call.args.opt("keep") {
        Some(Value::Scalar(Scalar::Bool(false))) => Keep::None,
        None => Keep::First,
        Some(name) => match string(&name)?.as_str() {
            "first" => Keep::First,
            "last" => Keep::Last,
            other => return Err(Failure::Refused(format!("keep={other}"))),
        },
    };
    on_both!(&call.on, x => x.drop_duplicates(dims, keep))
}
