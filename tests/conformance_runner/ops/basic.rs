//! Names and dimensions: taking, renaming, turning, dropping.

use graticule::labels::{Dims, Missing, NewDim};

use super::super::args::{Args, block, int, string, strings};
use super::super::value::{Failure, Outcome, Value, broken, unsupported};
use super::{Call, Op, dims, on_both};

pub const OPS: &[(&str, Op)] = &[
    ("getitem", getitem),
    ("transpose", transpose),
    ("rename", rename),
    ("rename_dims", rename_dims),
    ("rename_vars", rename_vars),
    ("swap_dims", swap_dims),
    ("squeeze", squeeze),
    ("expand_dims", expand_dims),
    ("drop_vars", drop_vars),
    ("drop_dims", drop_dims),
    ("drop_encoding", drop_encoding),
];

fn getitem(call: &mut Call) -> Outcome<Value> {
    let key = call.args.need("key")?;
    match (&call.on, key) {
        (Value::Dataset(ds), Value::List(names)) => Ok(ds.get_many(strings(&Value::List(names))?)?.into()),
        (Value::Dataset(ds), key) => Ok(ds.get(&string(&key)?)?.into()),
        (Value::DataArray(a), key @ Value::Scalar(_)) => Ok(a.coord(&string(&key)?)?.into()),
        (on, key) => unsupported(format!("getitem of a {} with a {}", on.kind(), key.kind())),
    }
}

/// `raise` and `ignore`.
pub fn missing(args: &mut Args, key: &str) -> Outcome<Missing> {
    match args.string(key)?.as_deref() {
        None | Some("raise") => Ok(Missing::Raise),
        Some("ignore") => Ok(Missing::Ignore),
        Some(other) => Err(Failure::Refused(format!("{key}={other}"))),
    }
}

fn transpose(call: &mut Call) -> Outcome<Value> {
    let dims = dims(call.args.opt("dims"))?;
    let missing = missing(&mut call.args, "missing_dims")?;
    if call.args.bool("transpose_coords")? == Some(false) {
        return unsupported("transpose_coords=False");
    }
    on_both!(&call.on, x => x.transpose_with(dims, missing))
}

/// Old and new names.
fn pairs(args: &mut Args, key: &str) -> Outcome<Vec<(String, String)>> {
    args.mapping(key)?.into_iter().map(|(old, new)| Ok((old, string(&new)?))).collect()
}

fn rename(call: &mut Call) -> Outcome<Value> {
    if let Value::DataArray(a) = &call.on {
        return match call.args.given("new_name_or_name_dict") {
            Some(Value::None) => Ok(a.clone().without_name().into()),
            Some(Value::Mapping(m)) => {
                let names: Outcome<Vec<_>> = m.into_iter().map(|(k, v)| Ok((k, string(&v)?))).collect();
                Ok(a.rename(names?)?.into())
            }
            Some(name) => Ok(a.clone().with_name(string(&name)?).into()),
            None => Ok(a.rename(pairs(&mut call.args, "names")?)?.into()),
        };
    }
    let names = pairs(&mut call.args, "name_dict")?;
    on_both!(&call.on, x => x.rename(names))
}

fn rename_dims(call: &mut Call) -> Outcome<Value> {
    let names = pairs(&mut call.args, "dims_dict")?;
    match &call.on {
        Value::Dataset(ds) => Ok(ds.rename_dims(names)?.into()),
        _ => unsupported("rename_dims of an array"),
    }
}

fn rename_vars(call: &mut Call) -> Outcome<Value> {
    let names = pairs(&mut call.args, "name_dict")?;
    match &call.on {
        Value::Dataset(ds) => Ok(ds.rename_vars(names)?.into()),
        _ => unsupported("rename_vars of an array"),
    }
}

fn swap_dims(call: &mut Call) -> Outcome<Value> {
    let names = pairs(&mut call.args, "dims_dict")?;
    on_both!(&call.on, x => x.swap_dims(names))
}

fn squeeze(call: &mut Call) -> Outcome<Value> {
    let dims = dims(call.args.opt("dim"))?;
    let drop = call.args.bool("drop")?.unwrap_or(false);
    on_both!(&call.on, x => x.squeeze_with(dims, drop))
}

fn expand_dims(call: &mut Call) -> Outcome<Value> {
    let axes: Option<Vec<isize>> = match call.args.opt("axis") {
        None => None,
        Some(Value::List(items)) => Some(items.iter().map(|v| Ok(int(v)? as isize)).collect::<Outcome<_>>()?),
        Some(v) => Some(vec![int(&v)? as isize]),
    };
    let new: Vec<(String, NewDim)> = match call.args.need("dim")? {
        Value::Mapping(m) => {
            let new_dim = |v: Value| -> Outcome<NewDim> {
                match v {
                    Value::Scalar(_) => Ok(NewDim::Len(int(&v)? as usize)),
                    v => Ok(NewDim::Labels(block(&v)?)),
                }
            };
            m.into_iter().map(|(name, v)| Ok((name, new_dim(v)?))).collect::<Outcome<_>>()?
        }
        names => strings(&names)?.into_iter().map(|name| (name, NewDim::Len(1))).collect(),
    };
    on_both!(&call.on, x => x.expand_dims_with(new, axes.as_deref()))
}

fn drop_vars(call: &mut Call) -> Outcome<Value> {
    let names = call.args.strings("names")?.unwrap_or_default();
    let missing = missing(&mut call.args, "errors")?;
    on_both!(&call.on, x => x.drop_vars_with(&names, missing))
}

fn drop_dims(call: &mut Call) -> Outcome<Value> {
    let dims: Dims = dims(call.args.opt("drop_dims"))?;
    match &call.on {
        Value::Dataset(ds) => Ok(ds.drop_dims(dims)?.into()),
        on => broken(format!("drop_dims of a {}", on.kind())),
    }
}

fn drop_encoding(call: &mut Call) -> Outcome<Value> {
    match &call.on {
        Value::DataArray(a) => Ok(a.drop_encoding().into()),
        Value::Dataset(ds) => Ok(ds.drop_encoding().into()),
        on => broken(format!("drop_encoding of a {}", on.kind())),
    }
}
