//! Sums of products, covariances, derivatives, integrals, polynomials.

use graticule::labels::{
    CovOptions, DatetimeUnit, DifferentiateOptions, Dims, FitCovariance, FitWeights, PolyfitOptions,
    corr_with, cov_with, cross, dot, polyval_over,
};

use super::super::args::{Args, block};
use super::super::value::{Outcome, Value, broken, unsupported};
use super::{Call, Op, dims, no_method, on_both};
use graticule::labels::{DataArray, Object, Operand};

pub const OPS: &[(&str, Op)] = &[
    ("dot", dot_method),
    ("xr.dot", dot_function),
    ("xr.cross", cross_product),
    ("xr.cov", covariance),
    ("xr.corr", covariance),
    ("differentiate", differentiate),
    ("integrate", integrate),
    ("cumulative_integrate", integrate),
    ("polyfit", polyfit),
    ("xr.polyval", polyval),
];

fn array(value: Value) -> Outcome<DataArray> {
    match value {
        Value::DataArray(a) => Ok(a),
        Value::Variable(_) => unsupported("a Variable without coords"),
        v => Err(super::super::value::Failure::Refused(format!("a {} is no array", v.kind()))),
    }
}

fn dot_method(call: &mut Call) -> Outcome<Value> {
    let on = array(call.on.clone())?;
    let other = array(call.args.need("other")?)?;
    Ok(on.dot(&other, dims(call.args.opt("dim"))?)?.into())
}

fn dot_function(call: &mut Call) -> Outcome<Value> {
    let arrays: Vec<DataArray> = call.args.list("arrays")?.into_iter().map(array).collect::<Outcome<_>>()?;
    Ok(dot(&arrays, dims(call.args.opt("dim"))?)?.into())
}

fn cross_product(call: &mut Call) -> Outcome<Value> {
    let (a, b) = (array(call.args.need("a")?)?, array(call.args.need("b")?)?);
    let Some(dim) = call.args.string("dim")? else { return broken("cross without a dim") };
    Ok(cross(&a, &b, &dim)?.into())
}

fn covariance(call: &mut Call) -> Outcome<Value> {
    let (a, b) = (array(call.args.need("da_a")?)?, array(call.args.need("da_b")?)?);
    let dims: Dims = dims(call.args.opt("dim"))?;
    let mut options = CovOptions::new();
    if let Some(w) = call.args.opt("weights") {
        options = options.weights(&array(w)?);
    }
    if call.op == "xr.corr" {
        return Ok(corr_with(&a, &b, dims, &options)?.into());
    }
    if let Some(ddof) = call.args.float("ddof")? {
        options = options.ddof(ddof);
    }
    Ok(cov_with(&a, &b, dims, &options)?.into())
}

fn datetime_unit(args: &mut Args) -> Outcome<Option<DatetimeUnit>> {
    Ok(args.string("datetime_unit")?.map(|u| u.parse()).transpose()?)
}

fn differentiate(call: &mut Call) -> Outcome<Value> {
    let Some(coord) = call.args.string("coord")? else { return broken("differentiate without a coord") };
    let mut options = DifferentiateOptions::new().datetime_unit(datetime_unit(&mut call.args)?);
    if let Some(order) = call.args.usize("edge_order")? {
        options = options.edge_order(order);
    }
    on_both!(&call.on, x => x.differentiate_with(&coord, &options))
}

fn integrate(call: &mut Call) -> Outcome<Value> {
    let coords = call.args.strings("coord")?.unwrap_or_default();
    let unit = datetime_unit(&mut call.args)?;
    if call.op == "integrate" {
        return on_both!(&call.on, x => x.integrate_in(coords, unit));
    }
    on_both!(&call.on, x => x.cumulative_integrate_in(coords, unit))
}

fn polyfit(call: &mut Call) -> Outcome<Value> {
    let args = &mut call.args;
    let Some(dim) = args.string("dim")? else { return broken("polyfit without a dim") };
    let Some(deg) = args.usize("deg")? else { return broken("polyfit without a degree") };
    let mut options = PolyfitOptions::new()
        .skipna(args.bool("skipna")?)
        .rcond(args.float("rcond")?)
        .full(args.bool("full")?.unwrap_or(false));
    options = match args.opt("cov") {
        None => options,
        Some(Value::Scalar(s)) if s == false.into() => options,
        Some(Value::Scalar(s)) if s == true.into() => options.cov(FitCovariance::Scaled),
        Some(Value::Scalar(s)) if s == "unscaled".into() => options.cov(FitCovariance::Unscaled),
        Some(v) => return unsupported(format!("cov as {}", v.kind())),
    };
    match args.opt("w") {
        None => {}
        Some(Value::Scalar(graticule::dtype::Scalar::Str(name))) => {
            options = options.weights(name.as_str().unwrap_or_default());
        }
        Some(Value::DataArray(a)) => options = options.weights(FitWeights::Values(a.load()?)),
        Some(v) => options = options.weights(FitWeights::Values(block(&v)?)),
    }
    match &call.on {
        Value::DataArray(a) => Ok(a.polyfit_with(&dim, deg, &options)?.into()),
        Value::Dataset(ds) => Ok(ds.polyfit_with(&dim, deg, &options)?.into()),
        on => no_method(on),
    }
}

fn object(value: Value) -> Outcome<Object> {
    match value {
        Value::DataArray(a) => Ok(a.into()),
        Value::Dataset(ds) => Ok(ds.into()),
        v => unsupported(format!("a {} where an array or dataset stands", v.kind())),
    }
}

fn polyval(call: &mut Call) -> Outcome<Value> {
    let (coord, coeffs) = (object(call.args.need("coord")?)?, object(call.args.need("coeffs")?)?);
    let degree = call.args.string("degree_dim")?.unwrap_or_else(|| "degree".to_string());
    match polyval_over(coord, coeffs, &degree)? {
        Operand::DataArray(a) => Ok(a.into()),
        Operand::Dataset(ds) => Ok(ds.into()),
        _ => broken("polyval gave no labels"),
    }
}
