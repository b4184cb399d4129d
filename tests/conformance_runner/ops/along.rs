//! Operations along a dimension: running sums, differences, shifts, padding, filling of gaps.

use graticule::labels::{DiffLabel, FillValue, PadMode, PadValues, ReduceOptions, ReflectType, StatLength};
use indexmap::IndexMap;

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
];

fn refused<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Failure::Refused(what.into()))
}

fn running(call: &mut Call) -> Outcome<Value> {
    let dims = dims(call.args.opt("dim"))?;
    let options =
        ReduceOptions::new().skipna(call.args.bool("skipna")?).keep_attrs(call.args.bool("keep_attrs")?);
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
    let widths: IndexMap<String, (usize, usize)> = args
        .mapping("pad_width")?
        .iter()
        .map(|(d, v)| Ok((d.clone(), sides(v, length)?)))
        .collect::<Outcome<_>>()?;
    let mode = args.string("mode")?.unwrap_or_else(|| "constant".to_string());
    let reflect = match args.string("reflect_type")?.as_deref() {
        None => None,
        Some("odd") => Some(ReflectType::Odd),
        Some(_) => Some(ReflectType::Even),
    };
    let (constants, ends) = (args.opt("constant_values"), args.opt("end_values"));
    let length = args.opt("stat_length");
    let given = [
        ("constant_values", constants.is_some(), mode == "constant"),
        ("end_values", ends.is_some(), mode == "linear_ramp"),
        ("stat_length", length.is_some(), ["maximum", "mean", "median", "minimum"].contains(&&*mode)),
        ("reflect_type", reflect.is_some(), ["reflect", "symmetric"].contains(&&*mode)),
    ];
    if let Some((name, ..)) = given.iter().find(|(_, given, wanted)| *given && !wanted) {
        return refused(format!("`{name}` has no part in the mode {mode}"));
    }
    let length = stat_length(length)?;
    let mode = match mode.as_str() {
        "constant" => PadMode::Constant(pad_values(constants)?),
        "edge" => PadMode::Edge,
        "linear_ramp" => PadMode::LinearRamp(pad_values(ends)?),
        "maximum" => PadMode::Maximum(length),
        "mean" => PadMode::Mean(length),
        "median" => PadMode::Median(length),
        "minimum" => PadMode::Minimum(length),
        "reflect" => PadMode::Reflect(reflect.unwrap_or_default()),
        "symmetric" => PadMode::Symmetric(reflect.unwrap_or_default()),
        "wrap" => PadMode::Wrap,
        other => return refused(format!("mode {other}")),
    };
    let keep_attrs = call.args.bool("keep_attrs")?;
    let widths: Vec<(&str, (usize, usize))> = widths.iter().map(|(d, n)| (d.as_str(), *n)).collect();
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
