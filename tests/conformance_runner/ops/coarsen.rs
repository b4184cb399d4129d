//! Blocks of neighbours, and windows with weights that fade.

use graticule::labels::Labelled;
use graticule::prelude::*;

use super::super::args::{self, Args};
use super::super::case::Step;
use super::super::value::{Failure, Outcome, Value};
use super::groups::then;
use super::{Call, Op, no_method, reduce};

pub const OPS: &[(&str, Op)] = &[("coarsen", coarsen)];

fn boundary(name: Option<String>) -> Outcome<Boundary> {
    match name.as_deref() {
        None | Some("exact") => Ok(Boundary::Exact),
        Some("trim") => Ok(Boundary::Trim),
        Some("pad") => Ok(Boundary::Pad),
        Some(other) => Err(Failure::Refused(format!("there is no boundary `{other}`"))),
    }
}

fn side(v: &Value) -> Outcome<Side> {
    match args::string(v)?.as_str() {
        "left" => Ok(Side::Left),
        "right" => Ok(Side::Right),
        other => Err(Failure::Refused(format!("there is no side `{other}`"))),
    }
}

pub fn window(v: &Value) -> Outcome<usize> {
    let n = args::int(v)?;
    usize::try_from(n).map_err(|_| Failure::Refused(format!("a window of {n}")))
}

/// The mapping of dimensions, be it `name` or whatever keywords there are.
pub fn mapping(args: &mut Args, name: &str) -> Outcome<indexmap::IndexMap<String, Value>> {
    if args.has(name) { args.mapping(name) } else { Ok(args.rest()) }
}

fn coarsen(call: &mut Call) -> Outcome<Value> {
    let bounds = boundary(call.args.string("boundary")?)?;
    let (sides, funcs) = (call.args.opt("side"), call.args.opt("coord_func"));
    let windows: Vec<(String, usize)> = mapping(&mut call.args, "dim")?
        .into_iter()
        .map(|(name, n)| Ok((name, window(&n)?)))
        .collect::<Outcome<_>>()?;
    let (step, mut args) = then(call)?;
    let result = match &call.on {
        Value::DataArray(a) => blocks(a.coarsen(windows), bounds, sides, funcs, step, &mut args),
        Value::Dataset(ds) => blocks(ds.coarsen(windows), bounds, sides, funcs, step, &mut args),
        on => no_method(on),
    };
    args.finish()?;
    result
}

fn blocks<T: Labelled>(
    blocks: Coarsen<T>,
    boundary: Boundary,
    sides: Option<Value>,
    funcs: Option<Value>,
    step: &Step,
    args: &mut Args,
) -> Outcome<Value>
where
    Value: From<T>,
{
    let mut blocks = blocks.boundary(boundary);
    match sides {
        None => {}
        Some(Value::Mapping(sides)) => {
            for (dim, v) in sides {
                blocks = blocks.side_along(dim, side(&v)?);
            }
        }
        Some(v) => blocks = blocks.side(side(&v)?),
    }
    match funcs {
        None => {}
        Some(Value::Mapping(funcs)) => {
            for (coord, v) in funcs {
                blocks = blocks.coord_func_of(coord, reduce::reduce_op(&args::string(&v)?)?);
            }
        }
        Some(v) => blocks = blocks.coord_func(reduce::reduce_op(&args::string(&v)?)?),
    }
    let keep_attrs = args.bool("keep_attrs")?;
    if step.op == "construct" {
        let mut dims = Vec::new();
        for (dim, new) in mapping(args, "window_dim")? {
            let [a, b] = args::strings(&new)?
                .try_into()
                .map_err(|_| Failure::Refused("two names stand in place of a dimension".to_string()))?;
            dims.push((dim, [a, b]));
        }
        return Ok(blocks.construct_with(dims, keep_attrs)?.into());
    }
    let op = reduce::reduce_op(&step.op)?;
    let options = reduce::options(op, args)?.keep_attrs(keep_attrs);
    Ok(blocks.reduce_with(op, options)?.into())
}
