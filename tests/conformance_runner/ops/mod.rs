//! The table of operations: xarray's name, and what does it here.

mod along;
mod assign;
mod basic;
mod cf;
mod coarsen;
pub mod combine;
mod contract;
mod elementwise;
mod frequency;
mod groups;
mod interp;
mod order;
mod reduce;
mod resample;
mod rolling;
mod select;
mod stack;
mod text;
mod time;

use graticule::labels::Dims;
use indexmap::IndexMap;

use super::args::{self, Args};
use super::case::Step;
use super::json::{self, Names};
use super::value::{Outcome, Value, broken, unsupported};

/// An operation about to run.
pub struct Call<'a> {
    /// The name of the operation.
    pub op: &'a str,
    /// What it is done on; None for functions of the module.
    pub on: Value,
    pub args: Args,
    /// What comes after `groupby` and the like.
    pub then: Option<&'a Step>,
    pub names: &'a Names,
}

/// Takes its arguments, calls graticule, gives the result.
pub type Op = fn(&mut Call) -> Outcome<Value>;

const TABLES: &[&[(&str, Op)]] = &[
    along::OPS,
    assign::OPS,
    basic::OPS,
    cf::OPS,
    coarsen::OPS,
    combine::OPS,
    contract::OPS,
    elementwise::OPS,
    frequency::OPS,
    groups::OPS,
    interp::OPS,
    order::OPS,
    reduce::OPS,
    resample::OPS,
    rolling::OPS,
    select::OPS,
    stack::OPS,
    text::OPS,
    time::OPS,
];

/// Runs a step on the values that there are.
pub fn run(step: &Step, names: &Names) -> Outcome<Value> {
    let on = step.on.as_ref().map_or(Ok(Value::None), |on| json::value(on, names))?;
    let call =
        |on| Call { op: &step.op, on, args: Args::new(IndexMap::new()), then: step.then.as_deref(), names };
    let entry = TABLES.iter().flat_map(|t| t.iter()).find(|(name, _)| *name == step.op);
    let op = match entry {
        Some((_, op)) => *op,
        None if step.op.starts_with("np.") => elementwise::numpy,
        None => return unsupported(format!("operation {}", step.op)),
    };
    let mut call = call(on);
    call.args = arguments(step, names)?;
    let result = op(&mut call);
    // An argument that was ignored makes any result worthless.
    call.args.finish()?;
    result
}

/// The keyword arguments of a step.
pub fn arguments(step: &Step, names: &Names) -> Outcome<Args> {
    let map: Outcome<_> = step.kwargs.iter().map(|(k, v)| Ok((k.clone(), json::value(v, names)?))).collect();
    Ok(Args::new(map?))
}

/// The same method of an array or a dataset.
macro_rules! on_both {
    ($value:expr, $x:ident => $e:expr) => {
        match $value {
            Value::DataArray($x) => Ok(Value::from($e?)),
            Value::Dataset($x) => Ok(Value::from($e?)),
            other => $crate::conformance_runner::ops::no_method(other),
        }
    };
}
use on_both;

/// The failure of a method on something that has none.
fn no_method(value: &Value) -> Outcome<Value> {
    match value {
        Value::Variable(_) => unsupported("methods of a Variable"),
        v => broken(format!("a {} has no methods", v.kind())),
    }
}

/// None or `"..."` for all dims, a name, or a list of names.
pub fn dims(value: Option<Value>) -> Outcome<Dims> {
    let names = match value {
        None => return Ok(Dims::Default),
        Some(v) => args::strings(&v)?,
    };
    Ok(match names.as_slice() {
        [all] if all == "..." => Dims::All,
        _ => Dims::Names(names.iter().map(|n| n.as_str().into()).collect()),
    })
}
