//! Selection by position and by label.

use graticule::labels::{Counts, Indexer, Isel, PySlice, Sel, Selector, slice, tuples};
use graticule::prelude::*;

use super::super::args::{Args, block, int, scalar};
use super::super::value::{Outcome, Value, unsupported};
use super::elementwise::operand;
use super::{Call, Op, basic, combine, on_both};

pub const OPS: &[(&str, Op)] = &[
    ("isel", isel),
    ("sel", sel),
    ("head", head),
    ("tail", tail),
    ("thin", thin),
    ("drop_isel", drop_isel),
    ("drop_sel", drop_sel),
    ("isel.set", set_isel),
    ("loc.set", set_sel),
];

fn bounds<T>(parts: &[Value; 3], read: impl Fn(&Value) -> Outcome<T>) -> Outcome<PySlice<T>> {
    let part = |v: &Value| match v {
        Value::None => Ok(None),
        v => read(v).map(Some),
    };
    let step = match &parts[2] {
        Value::None => None,
        v => Some(int(v)?),
    };
    Ok(slice(part(&parts[0])?, part(&parts[1])?, step))
}

fn indexer(value: Value) -> Outcome<Indexer> {
    Ok(match value {
        v @ Value::Scalar(_) => Indexer::At(int(&v)?),
        Value::Slice(parts) => Indexer::Slice(bounds(&parts, int)?),
        // An empty list of positions is one of integers.
        Value::List(items) if items.is_empty() => Block::zeros(DType::I64, &[0]).into(),
        v @ (Value::List(_) | Value::Array(_)) => block(&v)?.into(),
        Value::DataArray(a) => a.into(),
        Value::Variable(v) => v.into(),
        v => return unsupported(format!("a {} as indexer", v.kind())),
    })
}

fn selector(value: Value) -> Outcome<Selector> {
    Ok(match value {
        Value::Scalar(s) => s.into(),
        Value::Slice(parts) if parts.iter().any(|p| matches!(p, Value::Tuple(_))) => {
            let s = bounds(&parts, tuple)?;
            Selector::Between { start: s.start, stop: s.stop, step: s.step }
        }
        Value::Slice(parts) => bounds(&parts, scalar)?.into(),
        Value::Tuple(parts) => Selector::Tuple(parts.into_iter().map(selector).collect::<Outcome<_>>()?),
        Value::List(items) if items.iter().any(|v| matches!(v, Value::Tuple(_))) => {
            tuples(items.iter().map(tuple).collect::<Outcome<Vec<_>>>()?)
        }
        Value::List(items) if items.iter().all(|v| matches!(v, Value::Scalar(_))) => {
            items.iter().map(scalar).collect::<Outcome<Vec<Scalar>>>()?.into()
        }
        v @ (Value::List(_) | Value::Array(_)) => block(&v)?.into(),
        Value::DataArray(a) => a.into(),
        Value::Variable(v) => v.into(),
        v => return unsupported(format!("a {} as label", v.kind())),
    })
}

fn tuple(value: &Value) -> Outcome<Vec<Scalar>> {
    match value {
        Value::Tuple(parts) => parts.iter().map(scalar).collect(),
        v => Ok(vec![scalar(v)?]),
    }
}

/// The selection by label of some indexers; a mapping names levels of a multi-index.
fn labels(args: &mut Args) -> Outcome<Sel> {
    let mut sel = Sel::new();
    for (dim, value) in args.mapping("indexers")? {
        if let Value::Mapping(levels) = value {
            for (level, value) in levels {
                sel = sel.at(level, selector(value)?);
            }
        } else {
            sel = sel.at(dim, selector(value)?);
        }
    }
    Ok(sel)
}

fn isel(call: &mut Call) -> Outcome<Value> {
    let mut isel = Isel::new().missing_dims(basic::missing(&mut call.args, "missing_dims")?);
    for (dim, value) in call.args.mapping("indexers")? {
        isel = isel.at(dim, indexer(value)?);
    }
    isel = isel.drop(call.args.bool("drop")?.unwrap_or(false));
    on_both!(&call.on, x => x.isel_with(isel))
}

fn sel(call: &mut Call) -> Outcome<Value> {
    let mut sel = labels(&mut call.args)?;
    if let Some(name) = call.args.string("method")? {
        sel = sel.method(combine::method(&name)?);
    }
    if let Some(tolerance) = call.args.scalar("tolerance")? {
        sel = sel.tolerance(tolerance);
    }
    sel = sel.drop(call.args.bool("drop")?.unwrap_or(false));
    on_both!(&call.on, x => x.sel_with(sel))
}

/// One number for all dims, or numbers for some.
fn counts(args: &mut Args) -> Outcome<Counts> {
    Ok(match args.opt("indexers") {
        None => Counts::All(5),
        Some(Value::Mapping(each)) => {
            let each: Outcome<Vec<_>> = each.into_iter().map(|(d, n)| Ok((d, int(&n)? as usize))).collect();
            each?.into()
        }
        Some(n) => Counts::All(int(&n)? as usize),
    })
}

fn head(call: &mut Call) -> Outcome<Value> {
    let counts = counts(&mut call.args)?;
    on_both!(&call.on, x => x.head(counts))
}

fn tail(call: &mut Call) -> Outcome<Value> {
    let counts = counts(&mut call.args)?;
    on_both!(&call.on, x => x.tail(counts))
}

fn thin(call: &mut Call) -> Outcome<Value> {
    let counts = counts(&mut call.args)?;
    on_both!(&call.on, x => x.thin(counts))
}

fn drop_isel(call: &mut Call) -> Outcome<Value> {
    let mut on = call.on.clone();
    for (dim, value) in call.args.mapping("indexers")? {
        let indexer = indexer(value)?;
        on = on_both!(&on, x => x.drop_isel(&dim, indexer))?;
    }
    Ok(on)
}

fn drop_sel(call: &mut Call) -> Outcome<Value> {
    let missing = basic::missing(&mut call.args, "errors")?;
    let mut on = call.on.clone();
    for (dim, value) in call.args.mapping("labels")? {
        let labels = match value {
            Value::Scalar(s) => Value::List(vec![Value::Scalar(s)]),
            v => v,
        };
        let labels = selector(labels)?;
        on = on_both!(&on, x => x.drop_sel_with(&dim, labels, missing))?;
    }
    Ok(on)
}

fn set_isel(call: &mut Call) -> Outcome<Value> {
    let mut isel = Isel::new();
    for (dim, value) in call.args.mapping("indexers")? {
        isel = isel.at(dim, indexer(value)?);
    }
    let value = operand(call.args.need("value")?)?;
    on_both!(&call.on, x => x.assign_isel(isel, value))
}

fn set_sel(call: &mut Call) -> Outcome<Value> {
    let sel = labels(&mut call.args)?;
    let value = operand(call.args.need("value")?)?;
    on_both!(&call.on, x => x.assign_sel(sel, value))
}
