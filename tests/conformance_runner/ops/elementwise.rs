//! Operators, numpy's functions, conditions and missing values.

use graticule::labels::{Operand, Options, binary, select_where, unary, with_options};
use graticule::prelude::*;

use super::super::args::{block, string};
use super::super::json;
use super::super::value::{Failure, Outcome, Value, broken, unsupported};
use super::{Call, Op, on_both};

pub const OPS: &[(&str, Op)] = &[
    ("add", operator),
    ("sub", operator),
    ("mul", operator),
    ("truediv", operator),
    ("floordiv", operator),
    ("mod", operator),
    ("pow", operator),
    ("lt", operator),
    ("le", operator),
    ("gt", operator),
    ("ge", operator),
    ("eq", operator),
    ("ne", operator),
    ("and", operator),
    ("or", operator),
    ("xor", operator),
    ("neg", sign),
    ("abs", sign),
    ("invert", sign),
    ("isnull", sign),
    ("notnull", sign),
    ("round", round),
    ("astype", astype),
    ("clip", clip),
    ("isin", isin),
    ("where", where_),
    ("fillna", fillna),
    ("combine_first", combine_first),
    ("dropna", dropna),
    ("xr.where", xr_where),
    ("xr.full_like", full_like),
];

/// What takes part in an elementwise operation.
pub fn operand(value: Value) -> Outcome<Operand> {
    Ok(match value {
        Value::DataArray(a) => Operand::DataArray(a),
        Value::Dataset(ds) => Operand::Dataset(ds),
        Value::Variable(v) => Operand::Variable(v),
        Value::Scalar(s) => Operand::Scalar(s),
        Value::Array(b) if b.ndim() == 0 => Operand::Scalar(Scalar::Typed(b)),
        v => return unsupported(format!("a {} as operand", v.kind())),
    })
}

fn result(operand: Operand) -> Value {
    match operand {
        Operand::DataArray(a) => Value::DataArray(a),
        Operand::Dataset(ds) => Value::Dataset(ds),
        Operand::Variable(v) => Value::Variable(v),
        Operand::Scalar(s) => Value::Scalar(s),
    }
}

/// The operator of this name.
pub fn binary_op(name: &str) -> Outcome<BinaryOp> {
    BinaryOp::from_name(name).ok_or_else(|| Failure::Unsupported(format!("operator {name}")))
}

fn operator(call: &mut Call) -> Outcome<Value> {
    let other = operand(call.args.need("other")?)?;
    Ok(result(binary(binary_op(call.op)?, operand(call.on.clone())?, other)?))
}

fn sign(call: &mut Call) -> Outcome<Value> {
    let Some(op) = UnaryOp::from_name(call.op) else { return unsupported(format!("function {}", call.op)) };
    on_both!(&call.on, x => unary(op, x))
}

/// `np.NAME` with one operand or two.
pub fn numpy(call: &mut Call) -> Outcome<Value> {
    let name = call.op.trim_start_matches("np.");
    if !call.args.has("other") {
        let Some(op) = UnaryOp::from_name(name) else { return unsupported(format!("function np.{name}")) };
        return on_both!(&call.on, x => unary(op, x));
    }
    let other = operand(call.args.need("other")?)?;
    Ok(result(binary(binary_op(name)?, operand(call.on.clone())?, other)?))
}

fn round(call: &mut Call) -> Outcome<Value> {
    let decimals = call.args.int("decimals")?.unwrap_or(0) as i32;
    on_both!(&call.on, x => x.round(decimals))
}

fn astype(call: &mut Call) -> Outcome<Value> {
    let dtype = json::dtype(&string(&call.args.need("dtype")?)?)?;
    let keep_attrs = call.args.bool("keep_attrs")?.unwrap_or(true);
    on_both!(&call.on, x => x.astype_with(dtype, keep_attrs))
}

fn clip(call: &mut Call) -> Outcome<Value> {
    let low = call.args.opt("min").map(operand).transpose()?;
    let high = call.args.opt("max").map(operand).transpose()?;
    match (low, high) {
        (Some(low), Some(high)) => on_both!(&call.on, x => x.clip(low, high)),
        (Some(low), None) => on_both!(&call.on, x => x.clip_min(low)),
        (None, Some(high)) => on_both!(&call.on, x => x.clip_max(high)),
        (None, None) => unsupported("clip without bounds"),
    }
}

fn isin(call: &mut Call) -> Outcome<Value> {
    let values = block(&call.args.need("test_elements")?)?;
    on_both!(&call.on, x => x.isin(&values))
}

fn where_(call: &mut Call) -> Outcome<Value> {
    let cond = operand(call.args.need("cond")?)?;
    let other = call.args.opt("other").map(operand).transpose()?;
    if call.args.bool("drop")?.unwrap_or(false) {
        let cond = match cond {
            Operand::DataArray(a) => Object::DataArray(a),
            Operand::Dataset(ds) => Object::Dataset(ds),
            _ => return unsupported("where(drop=True) with a plain condition"),
        };
        return on_both!(&call.on, x => x.where_drop(cond, other));
    }
    match other {
        Some(other) => on_both!(&call.on, x => x.where_else(cond, other)),
        None => on_both!(&call.on, x => x.where_cond(cond)),
    }
}

fn fillna(call: &mut Call) -> Outcome<Value> {
    match (&call.on, call.args.need("value")?) {
        (Value::Dataset(ds), Value::Mapping(values)) => {
            let values: Vec<(String, Operand)> =
                values.into_iter().map(|(n, v)| Ok((n, operand(v)?))).collect::<Outcome<_>>()?;
            let values: Vec<(&str, Operand)> = values.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
            Ok(ds.fillna_each(&values)?.into())
        }
        (on, value) => {
            let value = operand(value)?;
            on_both!(on, x => x.fillna(value))
        }
    }
}

fn combine_first(call: &mut Call) -> Outcome<Value> {
    let other = operand(call.args.need("other")?)?;
    on_both!(&call.on, x => x.combine_first(other))
}

fn dropna(call: &mut Call) -> Outcome<Value> {
    let dim = string(&call.args.need("dim")?)?;
    let how = call.args.string("how")?;
    let how = match (call.args.usize("thresh")?, how.as_deref()) {
        (Some(n), _) => DropNa::Thresh(n),
        (None, None | Some("any")) => DropNa::Any,
        (None, Some("all")) => DropNa::All,
        (None, Some(how)) => return Err(Failure::Refused(format!("dropna(how={how})"))),
    };
    let subset = call.args.strings("subset")?;
    match &call.on {
        Value::DataArray(a) if subset.is_none() => Ok(a.dropna(&dim, how)?.into()),
        Value::Dataset(ds) => {
            let subset: Option<Vec<&str>> = subset.as_ref().map(|s| s.iter().map(String::as_str).collect());
            Ok(ds.dropna(&dim, how, subset.as_deref())?.into())
        }
        on => broken(format!("dropna of a {}", on.kind())),
    }
}

fn full_like(call: &mut Call) -> Outcome<Value> {
    let on = call.args.need("other")?;
    let Some(value) = call.args.scalar("fill_value")? else { return broken("full_like without a value") };
    match call.args.string("dtype")? {
        Some(dtype) => {
            let dtype = json::dtype(&dtype)?;
            on_both!(&on, x => x.full_like_as(value, dtype))
        }
        None => on_both!(&on, x => x.full_like(value)),
    }
}

fn xr_where(call: &mut Call) -> Outcome<Value> {
    let args = &mut call.args;
    let (cond, x, y) = (operand(args.need("cond")?)?, operand(args.need("x")?)?, operand(args.need("y")?)?);
    let current = Options::current();
    let options = Options { keep_attrs: args.bool("keep_attrs")?.unwrap_or(current.keep_attrs), ..current };
    Ok(result(with_options(options, || select_where(cond, x, y))?))
}
