//! Operations along a dimension: running sums, differences, shifts, padding, filling of gaps.

use graticule::labels::{
    DiffLabel, FillValue, InterpMethod, InterpolateNa, Outside, PadMode, PadValues, Places, ReduceOptions,
    ReflectType, StatLength,
};

use graticule::prelude::*;

use super::super::args::{Args, int, scalar, string};
use super::super::value::{Failure, Outcome, Value, unsupported};
use super::{Call, Op, dims, on_both};

pub const OPS: &[(&str, Op)] = &[
    ("cumsum", running),
    ("cumprod", running),
    ("diff", diff),
    ("shift", shift),
    ("roll", roll),
    ("pad", pad),
    ("ffill", fill),
    ("bfill", fill),
    ("interpolate_na", interpolate_na),
];

fn refused<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Failure::Refused(what.into()))
}

/// The arguments of running sums and products.
pub fn running_args(args: &mut Args) -> Outcome<(Dims, ReduceOptions)> {
    let options = ReduceOptions::new().skipna(args.bool("skipna")?).keep_attrs(args.bool("keep_attrs")?);
    Ok((dims(args.opt("dim"))?, options))
}

fn running(call: &mut Call) -> Outcome<Value> {
    let (dims, options) = running_args(&mut call.args)?;
    match call.op {
        "cumsum" => on_both!(&call.on, x => x.cumsum_with(dims, options)),
        _ => on_both!(&call.on, x => x.cumprod_with(dims, options)),
    }
}

fn diff(call: &mut Call) -> Outcome<Value> {
    let dim = string(&call.args.need("dim")?)?;
    let n = call.args.usize("n")?.unwrap_or(1);
    let label = match call.args.string("label")?.as_deref() {
        None | Some("upper") => DiffLabel::Upper,
        Some("lower") => DiffLabel::Lower,
        Some(other) => return refused(format!("label {other}")),
    };
    on_both!(&call.on, x => x.diff_with(&dim, n, label))
}

fn shifts(args: &mut Args) -> Outcome<Vec<(String, i64)>> {
    args.mapping("shifts")?.into_iter().map(|(dim, by)| Ok((dim, int(&by)?))).collect()
}

fn shift(call: &mut Call) -> Outcome<Value> {
    let shifts = shifts(&mut call.args)?;
    let shifts: Vec<(&str, i64)> = shifts.iter().map(|(d, n)| (d.as_str(), *n)).collect();
    let fill = match call.args.given("fill_value") {
        None => FillValue::Missing,
        Some(Value::Mapping(each)) => FillValue::Each(
            each.iter().map(|(n, v)| Ok((n.as_str().into(), scalar(v)?))).collect::<Outcome<_>>()?,
        ),
        Some(v) => FillValue::Value(scalar(&v)?),
    };
    on_both!(&call.on, x => x.shift_with(&shifts, fill))
}

fn roll(call: &mut Call) -> Outcome<Value> {
    let shifts = shifts(&mut call.args)?;
    let shifts: Vec<(&str, i64)> = shifts.iter().map(|(d, n)| (d.as_str(), *n)).collect();
    let coords = call.args.bool("roll_coords")?.unwrap_or(false);
    on_both!(&call.on, x => x.roll_with(&shifts, coords))
}

/// One value for both sides, or one for each.
fn sides<T: Clone>(v: &Value, one: impl Fn(&Value) -> Outcome<T>) -> Outcome<(T, T)> {
    match v {
        Value::Tuple(items) | Value::List(items) => match &items[..] {
            [both] => Ok((one(both)?, one(both)?)),
            [left, right] => Ok((one(left)?, one(right)?)),
            items => refused(format!("{} values for two sides", items.len())),
        },
        v => Ok((one(v)?, one(v)?)),
    }
}

fn length(v: &Value) -> Outcome<usize> {
    let n = int(v)?;
    usize::try_from(n).or_else(|_| refused(format!("a length of {n}")))
}

fn pad_values(v: Option<Value>) -> Outcome<PadValues> {
    Ok(match v {
        None | Some(Value::None) => PadValues::Missing,
        Some(Value::Mapping(each)) => PadValues::Each(
            each.into_iter().map(|(n, v)| Ok((n.into(), pad_values(Some(v))?))).collect::<Outcome<_>>()?,
        ),
        Some(v) => {
            let (left, right) = sides(&v, scalar)?;
            PadValues::Sides(left, right)
        }
    })
}

fn stat_length(v: Option<Value>) -> Outcome<StatLength> {
    Ok(match v {
        None => StatLength::All,
        Some(Value::Mapping(each)) => StatLength::Each(
            each.iter().map(|(n, v)| Ok((n.as_str().into(), sides(v, length)?))).collect::<Outcome<_>>()?,
        ),
        Some(v) => {
            let (left, right) = sides(&v, length)?;
            StatLength::Sides(left, right)
        }
    })
}

fn pad(call: &mut Call) -> Outcome<Value> {
    let args = &mut call.args;
    let widths = args.mapping("pad_width")?;
    let mode = args.string("mode")?.unwrap_or_else(|| "constant".to_string());
    let reflect = match args.string("reflect_type")?.as_deref() {
        None => None,
        Some("odd") => Some(ReflectType::Odd),
        Some(_) => Some(ReflectType::Even),
    };
    let keep_attrs = args.bool("keep_attrs")?;
    let (constants, ends) = (args.opt("constant_values"), args.opt("end_values"));
    let lengths = args.opt("stat_length");
    let given = [
        ("constant_values", constants.is_some(), mode == "constant"),
        ("end_values", ends.is_some(), mode == "linear_ramp"),
        ("stat_length", lengths.is_some(), ["maximum", "mean", "median", "minimum"].contains(&&*mode)),
        ("reflect_type", reflect.is_some(), ["reflect", "symmetric"].contains(&&*mode)),
    ];
    if let Some((name, ..)) = given.iter().find(|(_, given, wanted)| *given && !wanted) {
        return refused(format!("`{name}` has no part in the mode {mode}"));
    }
    let lengths = stat_length(lengths)?;
    let mode = match mode.as_str() {
        "constant" => PadMode::Constant(pad_values(constants)?),
        "edge" => PadMode::Edge,
        "linear_ramp" => PadMode::LinearRamp(pad_values(ends)?),
        "maximum" => PadMode::Maximum(lengths),
        "mean" => PadMode::Mean(lengths),
        "median" => PadMode::Median(lengths),
        "minimum" => PadMode::Minimum(lengths),
        "reflect" => PadMode::Reflect(reflect.unwrap_or_default()),
        "symmetric" => PadMode::Symmetric(reflect.unwrap_or_default()),
        "wrap" => PadMode::Wrap,
        other => return refused(format!("mode {other}")),
    };
    let widths: Vec<(&str, (usize, usize))> =
        widths.iter().map(|(d, v)| Ok((d.as_str(), sides(v, length)?))).collect::<Outcome<_>>()?;
    on_both!(&call.on, x => x.pad_with(&widths, mode, keep_attrs))
}

fn fill(call: &mut Call) -> Outcome<Value> {
    let dim = string(&call.args.need("dim")?)?;
    let limit = call.args.usize("limit")?;
    match call.op {
        "ffill" => on_both!(&call.on, x => x.ffill(&dim, limit)),
        "bfill" => on_both!(&call.on, x => x.bfill(&dim, limit)),
        other => unsupported(other),
    }
}

/// The method of this name, of an order where it takes one.
pub fn interp_method(name: &str, order: Option<usize>) -> Outcome<InterpMethod> {
    use InterpMethod as M;
    Ok(match (name, order) {
        ("linear", _) => M::Linear,
        ("nearest", _) => M::Nearest,
        ("zero", _) => M::Zero,
        ("slinear", _) => M::Slinear,
        ("quadratic", _) => M::Quadratic,
        ("cubic", _) => M::Cubic,
        ("quintic", _) => M::Quintic,
        ("polynomial", Some(k)) => M::Polynomial(k),
        ("polynomial", None) => return refused("a polynomial without order"),
        ("pchip", _) => M::Pchip,
        ("akima", _) => M::Akima,
        ("makima", _) => M::Makima,
        ("barycentric", _) => M::Barycentric,
        ("krogh", _) => M::Krogh,
        ("spline", _) => return unsupported("the smoothing spline"),
        (other, _) => return refused(format!("method {other}")),
    })
}

/// `fill_value` (None, a number, two, or "extrapolate") and `extrapolate`.
pub fn outside(args: &mut Args, method: InterpMethod) -> Outcome<Option<Outside>> {
    use InterpMethod as M;
    let number = |v: &Value| -> Outcome<f64> {
        match v {
            Value::Scalar(s) => Ok(s.cast_to(graticule::dtype::DType::F64)?.to_vec::<f64>()?[0]),
            v => refused(format!("a {} as fill value", v.kind())),
        }
    };
    if args.has("fill_value") && matches!(method, M::Pchip | M::Akima | M::Makima | M::Barycentric | M::Krogh)
    {
        return refused("a fill value has no part in this method");
    }
    if args.has("extrapolate") && !matches!(method, M::Pchip | M::Akima | M::Makima) {
        return refused("`extrapolate` has no part in this method");
    }
    if let Some(go_on) = args.bool("extrapolate")? {
        return Ok(Some(if go_on { Outside::Extrapolate } else { Outside::Missing }));
    }
    Ok(match args.opt("fill_value") {
        None => None,
        Some(Value::Scalar(graticule::dtype::Scalar::Str(t))) if t.as_str() == Some("extrapolate") => {
            Some(Outside::Extrapolate)
        }
        Some(v) => {
            let (left, right) = sides(&v, number)?;
            Some(Outside::Values(left, right))
        }
    })
}

fn interpolate_na(call: &mut Call) -> Outcome<Value> {
    let args = &mut call.args;
    let dim = string(&args.need("dim")?)?;
    let order = args.usize("order")?;
    let name = args.string("method")?.unwrap_or_else(|| "linear".to_string());
    let method = interp_method(&name, order)?;
    let mut options =
        InterpolateNa::new().method(method).limit(args.usize("limit")?).keep_attrs(args.bool("keep_attrs")?);
    options.places = match args.opt("use_coordinate") {
        None | Some(Value::Scalar(graticule::dtype::Scalar::Bool(true))) => Places::Labels,
        Some(Value::Scalar(graticule::dtype::Scalar::Bool(false))) => Places::Positions,
        Some(name) => Places::Coordinate(string(&name)?.into()),
    };
    options.max_gap = args.scalar("max_gap")?;
    options.outside = outside(args, method)?;
    on_both!(&call.on, x => x.interpolate_na_with(&dim, &options))
}
