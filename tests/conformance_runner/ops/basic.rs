//! Names and dimensions: taking, renaming, turning, dropping.

use super::super::args::strings;
use super::super::value::{Outcome, Value, unsupported};
use super::{Call, Op};

pub const OPS: &[(&str, Op)] = &[("getitem", getitem)];

fn getitem(call: &mut Call) -> Outcome<Value> {
    let key = call.args.need("key")?;
    match (&call.on, key) {
        (Value::Dataset(ds), key @ Value::Scalar(_)) => Ok(ds.get(&strings(&key)?[0])?.into()),
        (Value::DataArray(a), key @ Value::Scalar(_)) => Ok(a.coord(&strings(&key)?[0])?.into()),
        (on, key) => unsupported(format!("getitem of a {} with a {}", on.kind(), key.kind())),
    }
}
