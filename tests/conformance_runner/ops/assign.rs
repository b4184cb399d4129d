//! New variables, coordinates and attributes; variables as coordinates and back; array and dataset.

use graticule::labels::Assigned;
use graticule::prelude::*;

use super::super::args::block;
use super::super::value::{Failure, Outcome, Value, broken, unsupported};
use super::{Call, Op, dims, on_both};

pub const OPS: &[(&str, Op)] = &[
    ("assign", assign),
    ("assign_coords", assign_coords),
    ("assign_attrs", assign_attrs),
    ("drop_attrs", drop_attrs),
    ("set_coords", set_coords),
    ("reset_coords", reset_coords),
    ("to_dataarray", to_dataarray),
    ("to_dataset", to_dataset),
];

fn assigned(call: &mut Call, key: &str) -> Outcome<Vec<(String, Assigned)>> {
    let mut map = call.args.mapping(key)?;
    map.extend(call.args.rest());
    let value = |v: Value| -> Outcome<Assigned> {
        Ok(match v {
            Value::DataArray(a) => a.into(),
            Value::Variable(v) => v.into(),
            v @ (Value::Scalar(_) | Value::List(_) | Value::Array(_)) => block(&v)?.into(),
            v => return unsupported(format!("assigning a {}", v.kind())),
        })
    };
    map.into_iter().map(|(name, v)| Ok((name, value(v)?))).collect()
}

fn assign(call: &mut Call) -> Outcome<Value> {
    let variables = assigned(call, "variables")?;
    match &call.on {
        Value::Dataset(ds) => Ok(ds.assign(variables)?.into()),
        on => broken(format!("assign to a {}", on.kind())),
    }
}

fn assign_coords(call: &mut Call) -> Outcome<Value> {
    let coords = assigned(call, "coords")?;
    on_both!(&call.on, x => x.assign_coords(coords))
}

fn assign_attrs(call: &mut Call) -> Outcome<Value> {
    let attr = |v: Value| -> Outcome<AttrValue> {
        Ok(match v {
            Value::Scalar(Scalar::Str(t)) => AttrValue::Str(t.as_str().unwrap_or_default().to_string()),
            Value::None => AttrValue::Json(serde_json::Value::Null),
            v => AttrValue::Array(block(&v)?),
        })
    };
    let attrs: Outcome<Vec<_>> = call.args.rest().into_iter().map(|(n, v)| Ok((n, attr(v)?))).collect();
    let attrs = attrs?;
    match &call.on {
        Value::DataArray(a) => Ok(a.assign_attrs(attrs).into()),
        Value::Dataset(ds) => Ok(ds.assign_attrs(attrs).into()),
        on => broken(format!("assign_attrs to a {}", on.kind())),
    }
}

fn drop_attrs(call: &mut Call) -> Outcome<Value> {
    let deep = call.args.bool("deep")?.unwrap_or(true);
    match &call.on {
        Value::DataArray(a) => Ok(a.drop_attrs(deep).into()),
        Value::Dataset(ds) => Ok(ds.drop_attrs(deep).into()),
        on => broken(format!("drop_attrs of a {}", on.kind())),
    }
}

fn set_coords(call: &mut Call) -> Outcome<Value> {
    let names = dims(call.args.opt("names"))?;
    match &call.on {
        Value::Dataset(ds) => Ok(ds.set_coords(names)?.into()),
        on => broken(format!("set_coords of a {}", on.kind())),
    }
}

fn reset_coords(call: &mut Call) -> Outcome<Value> {
    let names = dims(call.args.opt("names"))?;
    if call.args.bool("drop")?.unwrap_or(false) {
        let names = match (names, &call.on) {
            (Dims::Names(names), _) => names,
            (_, Value::DataArray(a)) => without_index(a.coords()),
            (_, Value::Dataset(ds)) => without_index(ds.coords()),
            (_, on) => return broken(format!("reset_coords of a {}", on.kind())),
        };
        return on_both!(&call.on, x => x.drop_vars(names));
    }
    on_both!(&call.on, x => x.reset_coords(names))
}

/// The coords that have no index.
fn without_index(coords: &Coords) -> Vec<Name> {
    coords.names().filter(|n| coords.index(n).is_none()).cloned().collect()
}

fn to_dataarray(call: &mut Call) -> Outcome<Value> {
    let dim = call.args.string("dim")?.unwrap_or_else(|| "variable".into());
    let name = call.args.string("name")?;
    match &call.on {
        Value::Dataset(ds) => {
            let a = ds.to_dataarray(&dim)?;
            Ok(match name {
                Some(name) => a.with_name(name).into(),
                None => a.into(),
            })
        }
        on => broken(format!("to_dataarray of a {}", on.kind())),
    }
}

fn to_dataset(call: &mut Call) -> Outcome<Value> {
    let Value::DataArray(a) = &call.on else { return broken(format!("to_dataset of a {}", call.on.kind())) };
    if let Some(dim) = call.args.string("dim")? {
        return Ok(a.to_dataset_dim(&dim)?.into());
    }
    match (call.args.string("name")?, a.name()) {
        (Some(name), _) => Ok(a.to_dataset(name).into()),
        (None, Some(name)) => Ok(a.to_dataset(name.clone()).into()),
        (None, None) => Err(Failure::Refused("to_dataset without a name".into())),
    }
}
