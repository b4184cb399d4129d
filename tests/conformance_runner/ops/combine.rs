//! Several objects: alignment, broadcasting, comparison, concatenation, merging.

use graticule::labels::{
    CombineDim, ConcatDim, ConcatOver, Nested, ReindexOptions, combine_by_coords, combine_nested,
};
use graticule::prelude::*;
use indexmap::IndexMap;

use super::super::args::{Args, block, string, strings};
use super::super::value::{Failure, Outcome, Value, broken, unsupported};
use super::{Call, Op, elementwise, no_method, on_both};

pub const OPS: &[(&str, Op)] = &[
    ("xr.align", xr_align),
    ("xr.broadcast", xr_broadcast),
    ("broadcast_like", broadcast_like),
    ("reindex", reindex),
    ("reindex_like", reindex_like),
    ("equals", same),
    ("identical", same),
    ("broadcast_equals", same),
    ("xr.concat", xr_concat),
    ("xr.merge", xr_merge),
    ("xr.combine_nested", xr_combine_nested),
    ("xr.combine_by_coords", xr_combine_by_coords),
    ("merge", merge_other),
];

/// An array or a dataset.
pub fn object(value: Value) -> Outcome<Object> {
    match value {
        Value::DataArray(a) => Ok(Object::DataArray(a)),
        Value::Dataset(ds) => Ok(Object::Dataset(ds)),
        v => unsupported(format!("a {} where an array or dataset stands", v.kind())),
    }
}

fn result(object: Object) -> Value {
    match object {
        Object::DataArray(a) => Value::DataArray(a),
        Object::Dataset(ds) => Value::Dataset(ds),
    }
}

fn objects(args: &mut Args, key: &str) -> Outcome<Vec<Object>> {
    args.list(key)?.into_iter().map(object).collect()
}

pub fn join(name: &str) -> Outcome<Join> {
    name.parse().map_err(|_| Failure::Refused(format!("join {name}")))
}

pub fn compat(name: &str) -> Outcome<Compat> {
    Ok(match name {
        "identical" => Compat::Identical,
        "equals" => Compat::Equals,
        "broadcast_equals" => Compat::BroadcastEquals,
        "no_conflicts" => Compat::NoConflicts,
        "override" => Compat::Override,
        "minimal" => Compat::Minimal,
        other => return Err(Failure::Refused(format!("compat {other}"))),
    })
}

fn combine_attrs(name: &str) -> Outcome<CombineAttrs> {
    Ok(match name {
        "drop" => CombineAttrs::Drop,
        "identical" => CombineAttrs::Identical,
        "no_conflicts" => CombineAttrs::NoConflicts,
        "drop_conflicts" => CombineAttrs::DropConflicts,
        "override" => CombineAttrs::Override,
        other => return Err(Failure::Refused(format!("combine_attrs {other}"))),
    })
}

/// A value for holes, and those of single variables.
fn fill_values(args: &mut Args) -> Outcome<(Option<Scalar>, IndexMap<Name, Scalar>)> {
    let plain = |v: Value| match elementwise::operand(v)? {
        graticule::labels::Operand::Scalar(s) => Ok(s),
        _ => unsupported("an array as fill_value"),
    };
    match args.opt("fill_value") {
        Some(Value::Mapping(each)) => {
            let each = each.into_iter().map(|(name, v)| Ok((name.as_str().into(), plain(v)?)));
            Ok((None, each.collect::<Outcome<_>>()?))
        }
        Some(v) => Ok((Some(plain(v)?), IndexMap::new())),
        None => Ok((None, IndexMap::new())),
    }
}

fn xr_align(call: &mut Call) -> Outcome<Value> {
    let objects = objects(&mut call.args, "objects")?;
    let (fill_value, fill_values) = fill_values(&mut call.args)?;
    let mut options = AlignOptions { fill_value, fill_values, ..AlignOptions::default() };
    if let Some(name) = call.args.string("join")? {
        options.join = join(&name)?;
    }
    let exclude = call.args.strings("exclude")?.unwrap_or_default();
    let exclude: Vec<&str> = exclude.iter().map(String::as_str).collect();
    let aligned = align(&objects, &options.exclude(&exclude))?;
    Ok(Value::List(aligned.into_iter().map(result).collect()))
}

fn xr_broadcast(call: &mut Call) -> Outcome<Value> {
    let objects = objects(&mut call.args, "objects")?;
    let exclude = call.args.strings("exclude")?.unwrap_or_default();
    let exclude: Vec<&str> = exclude.iter().map(String::as_str).collect();
    let wide = broadcast(&objects, &exclude)?;
    Ok(Value::List(wide.into_iter().map(result).collect()))
}

fn broadcast_like(call: &mut Call) -> Outcome<Value> {
    let other = object(call.args.need("other")?)?;
    on_both!(&call.on, x => x.broadcast_like(other))
}

fn reindex_options(args: &mut Args) -> Outcome<ReindexOptions> {
    let (fill_value, fill_values) = fill_values(args)?;
    let mut options = ReindexOptions { fill_value, fill_values, ..ReindexOptions::default() };
    if let Some(name) = args.string("method")? {
        options.method = method(&name)?;
    }
    options.tolerance = args.scalar("tolerance")?;
    Ok(options)
}

/// What is done with labels that are not there.
pub fn method(name: &str) -> Outcome<Method> {
    Ok(match name {
        "nearest" => Method::Nearest,
        "pad" | "ffill" => Method::Pad,
        "backfill" | "bfill" => Method::Backfill,
        other => return Err(Failure::Refused(format!("method {other}"))),
    })
}

fn reindex(call: &mut Call) -> Outcome<Value> {
    let indexers = call.args.mapping("indexers")?;
    let options = reindex_options(&mut call.args)?;
    let mut labels = Vec::new();
    for (dim, value) in &indexers {
        let labels_of_dim = match value {
            Value::DataArray(a) => a.variable().clone(),
            Value::Variable(v) => v.clone(),
            value => Variable::new([dim.as_str()], block(value)?)?,
        };
        labels.push((dim.as_str(), labels_of_dim));
    }
    on_both!(&call.on, x => x.reindex_with(&labels, &options))
}

fn reindex_like(call: &mut Call) -> Outcome<Value> {
    let other = object(call.args.need("other")?)?;
    let options = reindex_options(&mut call.args)?;
    on_both!(&call.on, x => x.reindex_like(other, &options))
}

fn same(call: &mut Call) -> Outcome<Value> {
    macro_rules! compare {
        ($a:ident, $b:ident) => {
            match call.op {
                "equals" => $a.equals(&$b)?,
                "identical" => $a.identical(&$b)?,
                _ => $a.broadcast_equals(&$b)?,
            }
        };
    }
    let same = match (&call.on, call.args.need("other")?) {
        (Value::DataArray(a), Value::DataArray(b)) => compare!(a, b),
        (Value::Dataset(a), Value::Dataset(b)) => compare!(a, b),
        (Value::DataArray(_) | Value::Dataset(_), _) => false,
        (on, _) => return no_method(on),
    };
    Ok(same.into())
}

fn over(value: Option<Value>) -> Outcome<Option<ConcatOver>> {
    Ok(match value {
        None => None,
        Some(Value::List(names)) => {
            let names = strings(&Value::List(names))?;
            Some(ConcatOver::Names(names.into_iter().map(Into::into).collect()))
        }
        Some(v) => Some(match string(&v)?.as_str() {
            "all" => ConcatOver::All,
            "minimal" => ConcatOver::Minimal,
            "different" => ConcatOver::Different,
            other => return Err(Failure::Refused(format!("concatenating {other}"))),
        }),
    })
}

fn concat_options(args: &mut Args, mut options: ConcatOptions) -> Outcome<ConcatOptions> {
    (options.fill_value, options.fill_values) = fill_values(args)?;
    if let Some(data_vars) = over(args.opt("data_vars"))? {
        options.data_vars = data_vars;
    }
    if let Some(coords) = over(args.opt("coords"))? {
        options.coords = coords;
    }
    if let Some(name) = args.string("compat")? {
        options.compat = compat(&name)?;
    }
    if let Some(name) = args.string("join")? {
        options.join = join(&name)?;
    }
    if let Some(name) = args.string("combine_attrs")? {
        options.combine_attrs = combine_attrs(&name)?;
    }
    Ok(options)
}

fn xr_concat(call: &mut Call) -> Outcome<Value> {
    let args = &mut call.args;
    let objects = objects(args, "objs")?;
    let dim = concat_dim(args.need("dim")?)?;
    let options = concat_options(args, ConcatOptions::default())?;
    Ok(result(concat(&objects, dim, &options)?))
}

fn merge_options(args: &mut Args) -> Outcome<MergeOptions> {
    let (fill_value, fill_values) = fill_values(args)?;
    let mut options = MergeOptions { fill_value, fill_values, ..MergeOptions::default() };
    if let Some(name) = args.string("compat")? {
        options.compat = compat(&name)?;
    }
    if let Some(name) = args.string("join")? {
        options.join = join(&name)?;
    }
    if let Some(name) = args.string("combine_attrs")? {
        options.combine_attrs = combine_attrs(&name)?;
    }
    Ok(options)
}

fn xr_merge(call: &mut Call) -> Outcome<Value> {
    let objects = objects(&mut call.args, "objects")?;
    Ok(merge(&objects, &merge_options(&mut call.args)?)?.into())
}

fn merge_other(call: &mut Call) -> Outcome<Value> {
    let other = object(call.args.need("other")?)?;
    let options = merge_options(&mut call.args)?;
    match &call.on {
        Value::Dataset(ds) => Ok(ds.merge(other, &options)?.into()),
        on => broken(format!("merge of a {}", on.kind())),
    }
}

/// A name or labels.
fn concat_dim(value: Value) -> Outcome<ConcatDim> {
    Ok(match value {
        Value::DataArray(a) => ConcatDim::from(&a),
        Value::Variable(v) => ConcatDim::from(&v),
        name => ConcatDim::from(string(&name)?.as_str()),
    })
}

fn nested(value: Value) -> Outcome<Nested> {
    Ok(match value {
        Value::List(items) | Value::Tuple(items) => {
            Nested::Many(items.into_iter().map(nested).collect::<Outcome<_>>()?)
        }
        one => object(one)?.into(),
    })
}

fn xr_combine_nested(call: &mut Call) -> Outcome<Value> {
    let args = &mut call.args;
    let objects = nested(args.need("datasets")?)?;
    let dim = |v: Value| match v {
        Value::None => Ok(CombineDim::Merge),
        v => concat_dim(v).map(CombineDim::Concat),
    };
    let dims: Vec<CombineDim> = match args.need("concat_dim")? {
        Value::List(dims) | Value::Tuple(dims) => dims.into_iter().map(dim).collect::<Outcome<_>>()?,
        one => vec![dim(one)?],
    };
    let options = concat_options(args, ConcatOptions::nested())?;
    Ok(result(combine_nested(objects, dims, &options)?))
}

fn xr_combine_by_coords(call: &mut Call) -> Outcome<Value> {
    let objects = objects(&mut call.args, "data_objects")?;
    let options = concat_options(&mut call.args, ConcatOptions::by_coords())?;
    Ok(result(combine_by_coords(&objects, &options)?))
}
