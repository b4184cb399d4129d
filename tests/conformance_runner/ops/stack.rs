//! Multi-indexes: stacking, levels, and which coordinates have an index.

use graticule::labels::{StackIndex, UnstackOptions};
use graticule::prelude::*;

use super::super::args::{scalar, strings};
use super::super::value::{Outcome, Value, broken, unsupported};
use super::{Call, Op, basic, dims, on_both};

pub const OPS: &[(&str, Op)] = &[
    ("stack", stack),
    ("unstack", unstack),
    ("set_index", set_index),
    ("reset_index", reset_index),
    ("reorder_levels", reorder_levels),
    ("set_xindex", set_xindex),
    ("drop_indexes", drop_indexes),
    ("to_stacked_array", to_stacked_array),
    ("to_unstacked_dataset", to_unstacked_dataset),
];

fn stack(call: &mut Call) -> Outcome<Value> {
    let index = match call.args.given("create_index") {
        None | Some(Value::Scalar(Scalar::Bool(true))) => StackIndex::Always,
        Some(Value::Scalar(Scalar::Bool(false))) => StackIndex::Never,
        Some(Value::None) => StackIndex::WhereLabelled,
        Some(v) => return broken(format!("create_index as {}", v.kind())),
    };
    let mut on = call.on.clone();
    for (new, old) in call.args.mapping("dim")? {
        let old = dims(Some(old))?;
        on = on_both!(&on, x => x.stack_with(new.as_str(), old, index))?;
    }
    Ok(on)
}

fn unstack(call: &mut Call) -> Outcome<Value> {
    let dims = dims(call.args.opt("dim"))?;
    let mut options = UnstackOptions::default();
    match call.args.opt("fill_value") {
        None => {}
        Some(Value::Mapping(each)) => {
            for (name, value) in each {
                options.fill_values.insert(name.into(), scalar(&value)?);
            }
        }
        Some(v) => options.fill_value = Some(scalar(&v)?),
    }
    on_both!(&call.on, x => x.unstack_with(dims, &options))
}

fn set_index(call: &mut Call) -> Outcome<Value> {
    let append = call.args.bool("append")?.unwrap_or(false);
    let mut on = call.on.clone();
    for (dim, names) in call.args.mapping("indexes")? {
        let names = strings(&names)?;
        on = match append {
            true => on_both!(&on, x => x.append_index(&dim, &names))?,
            false => on_both!(&on, x => x.set_index(&dim, &names))?,
        };
    }
    Ok(on)
}

fn reset_index(call: &mut Call) -> Outcome<Value> {
    let names = dims(call.args.opt("dims_or_levels"))?;
    match call.args.bool("drop")?.unwrap_or(false) {
        true => on_both!(&call.on, x => x.reset_index_dropping(names)),
        false => on_both!(&call.on, x => x.reset_index(names)),
    }
}

fn reorder_levels(call: &mut Call) -> Outcome<Value> {
    let mut on = call.on.clone();
    for (dim, order) in call.args.mapping("dim_order")? {
        let order = strings(&order)?;
        on = on_both!(&on, x => x.reorder_levels(&dim, &order))?;
    }
    Ok(on)
}

fn set_xindex(call: &mut Call) -> Outcome<Value> {
    let names = dims(call.args.opt("coord_names"))?;
    on_both!(&call.on, x => x.set_xindex(names))
}

fn drop_indexes(call: &mut Call) -> Outcome<Value> {
    let names = dims(call.args.opt("coord_names"))?;
    let missing = basic::missing(&mut call.args, "errors")?;
    on_both!(&call.on, x => x.drop_indexes_with(names, missing))
}

fn to_stacked_array(call: &mut Call) -> Outcome<Value> {
    let Value::Dataset(ds) = &call.on else { return unsupported(format!("a {} as table", call.on.kind())) };
    let new_dim = call.args.string("new_dim")?.unwrap_or_default();
    let samples = dims(call.args.opt("sample_dims"))?;
    let level = call.args.string("variable_dim")?.unwrap_or_else(|| "variable".to_string());
    let array = ds.to_stacked_array_with(new_dim, samples, level)?;
    Ok(match call.args.string("name")? {
        Some(name) => array.with_name(name).into(),
        None => array.into(),
    })
}

fn to_unstacked_dataset(call: &mut Call) -> Outcome<Value> {
    let Value::DataArray(a) = &call.on else { return unsupported(format!("a {} as table", call.on.kind())) };
    let dim = call.args.string("dim")?.unwrap_or_default();
    let level = match call.args.opt("level") {
        None => 0,
        Some(Value::Scalar(Scalar::Str(name))) => {
            let levels = a.coords().joints().into_iter().flat_map(|j| j.names);
            match levels.into_iter().position(|n| Some(&*n) == name.as_str()) {
                Some(level) => level,
                None => return broken(format!("no level {name}")),
            }
        }
        Some(v) => super::super::args::int(&v)? as usize,
    };
    Ok(a.to_unstacked_dataset_at(&dim, level)?.into())
}
