//! Blocks of neighbours, and windows with weights that fade.

use graticule::labels::{ExpWindow, Labelled, Operand};
use graticule::prelude::*;

use super::super::args::{self, Args};
use super::super::case::Step;
use super::super::value::{Failure, Outcome, Value, broken, unsupported};
use super::groups::{then, weighted_step};
use super::{Call, Op, no_method, on_both, reduce};

pub const OPS: &[(&str, Op)] = &[("coarsen", coarsen), ("rolling_exp", rolling_exp)];

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

fn rolling_exp(call: &mut Call) -> Outcome<Value> {
    let kind = call.args.string("window_type")?.unwrap_or("span".into());
    let min_weight = call.args.float("min_weight")?.unwrap_or(0.0);
    let windows = mapping(&mut call.args, "window")?;
    let Some((dim, window)) = windows.into_iter().next() else { return broken("no window") };
    let n = args::float(&window)?;
    let window = match kind.as_str() {
        "span" => ExpWindow::Span(n),
        "com" => ExpWindow::Com(n),
        "halflife" => ExpWindow::Halflife(n),
        "alpha" => ExpWindow::Alpha(n),
        other => return Err(Failure::Refused(format!("there is no window type `{other}`"))),
    };
    let (step, mut args) = then(call)?;
    let keep = args.bool("keep_attrs")?;
    let other = args.opt("other");
    args.finish()?;
    if let Some(other) = other {
        let other = match other {
            Value::DataArray(a) => Operand::from(a),
            Value::Dataset(ds) => Operand::from(ds),
            other => return unsupported(format!("pairs with a {}", other.kind())),
        };
        return on_both!(&call.on, x => {
            let fading = x.rolling_exp(&dim, window).min_weight(min_weight);
            match step.op.as_str() {
                "cov" => fading.cov(other),
                "corr" => fading.corr(other),
                name => return unsupported(format!("rolling_exp {name}")),
            }
        });
    }
    on_both!(&call.on, x => {
        let fading = x.rolling_exp(&dim, window).min_weight(min_weight).keep_attrs(keep);
        match step.op.as_str() {
            "mean" => fading.mean(),
            "sum" => fading.sum(),
            "var" => fading.var(),
            "std" => fading.std(),
            other => return unsupported(format!("rolling_exp {other}")),
        }
    })
}

fn coarsen(call: &mut Call) -> Outcome<Value> {
    let bounds = boundary(call.args.string("boundary")?)?;
    let (sides, funcs) = (call.args.opt("side"), call.args.opt("coord_func"));
    let weights = call.args.opt("weights");
    let windows: Vec<(String, usize)> = mapping(&mut call.args, "dim")?
        .into_iter()
        .map(|(name, n)| Ok((name, window(&n)?)))
        .collect::<Outcome<_>>()?;
    let (step, args) = then(call)?;
    match &call.on {
        Value::DataArray(a) => {
            reduced(configured(a.coarsen(windows), bounds, sides, funcs)?, weights, step, args)
        }
        Value::Dataset(ds) => {
            reduced(configured(ds.coarsen(windows), bounds, sides, funcs)?, weights, step, args)
        }
        on => no_method(on),
    }
}

fn configured<T: Labelled>(
    blocks: Coarsen<T>,
    boundary: Boundary,
    sides: Option<Value>,
    funcs: Option<Value>,
) -> Outcome<Coarsen<T>> {
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
    Ok(blocks)
}

fn reduced<T: Labelled>(
    blocks: Coarsen<T>,
    weights: Option<Value>,
    step: &Step,
    mut args: Args,
) -> Outcome<Value>
where
    Value: From<T>,
{
    if let Some(weights) = weights {
        let Value::DataArray(weights) = weights else { return broken("weights are an array") };
        return weighted_step(blocks.weighted(&weights)?, step, args);
    }
    let keep_attrs = args.bool("keep_attrs")?;
    if step.op == "construct" {
        let mut dims = Vec::new();
        for (dim, new) in mapping(&mut args, "window_dim")? {
            let [a, b] = args::strings(&new)?
                .try_into()
                .map_err(|_| Failure::Refused("two names stand in place of a dimension".to_string()))?;
            dims.push((dim, [a, b]));
        }
        args.finish()?;
        return Ok(blocks.construct_with(dims, keep_attrs)?.into());
    }
    let op = reduce::reduce_op(&step.op)?;
    let options = reduce::options(op, &mut args)?.keep_attrs(keep_attrs);
    args.finish()?;
    Ok(blocks.reduce_with(op, options)?.into())
}
