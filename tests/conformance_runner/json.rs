//! Arrays, inputs and values out of their JSON.

use graticule::dtype::{Calendar, Element, NAT, Text, TimeUnit};
use graticule::prelude::*;
use graticule::time::{DateTime, TimeResult};
use indexmap::IndexMap;
use serde_json::Value as Json;

use super::value::{Failure, Outcome, Value, broken, unsupported};

/// Inputs and results so far, by name.
pub type Names = IndexMap<String, Value>;

/// The dtype of this name.
pub fn dtype(name: &str) -> Outcome<DType> {
    let unit = |text: &str| text.strip_suffix(']').and_then(|u| u.parse::<TimeUnit>().ok());
    Ok(match name {
        "bool" => DType::Bool,
        "int8" => DType::I8,
        "int16" => DType::I16,
        "int32" => DType::I32,
        "int64" | "int" => DType::I64,
        "uint8" => DType::U8,
        "uint16" => DType::U16,
        "uint32" => DType::U32,
        "uint64" => DType::U64,
        "float32" => DType::F32,
        "float64" | "float" => DType::F64,
        "str" => DType::Str,
        _ => {
            if let Some(unit) = name.strip_prefix("datetime64[").and_then(unit) {
                return Ok(DType::Datetime { unit, calendar: Calendar::ProlepticGregorian });
            }
            if let Some(unit) = name.strip_prefix("timedelta64[").and_then(unit) {
                return Ok(DType::Timedelta { unit });
            }
            if let Some(calendar) = name.strip_prefix("cftime[").and_then(|c| c.strip_suffix(']')) {
                return Ok(DType::Datetime { unit: TimeUnit::Us, calendar: calendar.parse()? });
            }
            if let Some(width) = name.strip_prefix('S').and_then(|n| n.parse().ok()) {
                return Ok(DType::Bytes(width));
            }
            return unsupported(format!("dtype {name}"));
        }
    })
}

fn field<'a>(json: &'a Json, key: &str) -> Outcome<&'a Json> {
    json.get(key).ok_or_else(|| Failure::Wrong(format!("`{key}` is missing in {}", short(json))))
}

fn text(json: &Json) -> Outcome<&str> {
    json.as_str().ok_or_else(|| Failure::Wrong(format!("{} is no text", short(json))))
}

/// The beginning of a piece of JSON.
pub fn short(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// Lengths of the axes.
pub fn shape(json: &Json) -> Outcome<Vec<usize>> {
    serde_json::from_value(field(json, "shape")?.clone()).map_err(|e| Failure::Wrong(e.to_string()))
}

/// The ARRAY that this stands for.
pub fn block(json: &Json) -> Outcome<Block> {
    let dtype = dtype(text(field(json, "dtype")?)?)?;
    let shape = shape(json)?;
    let elements = match json.get("gen") {
        Some(recipe) => generate(recipe, dtype, shape.iter().product())?,
        None => match field(json, "data")? {
            Json::Array(items) => items.clone(),
            one => vec![one.clone()],
        },
    };
    of_elements(&elements, dtype, &shape)
}

/// A block from elements as the format writes them.
pub fn of_elements(elements: &[Json], dtype: DType, shape: &[usize]) -> Outcome<Block> {
    fn build<T: Element>(
        elements: &[Json],
        shape: &[usize],
        read: impl Fn(&Json) -> Option<T>,
    ) -> Outcome<Block> {
        let values: Outcome<Vec<T>> = (elements.iter())
            .map(|e| read(e).ok_or_else(|| Failure::Wrong(format!("{} is no {}", short(e), T::DTYPE))))
            .collect();
        Ok(Block::from_vec(shape, values?)?)
    }
    macro_rules! integers {
        ($($D:ident: $T:ty),*) => {
            match dtype {
                $(DType::$D => build(elements, shape, |e| match e.as_i64() {
                    Some(v) => <$T>::try_from(v).ok(),
                    None => e.as_u64().and_then(|v| <$T>::try_from(v).ok()),
                }),)*
                _ => unsupported(format!("dtype {dtype}")),
            }
        };
    }
    match dtype {
        DType::Bool => build(elements, shape, Json::as_bool),
        DType::F64 => build(elements, shape, float),
        DType::F32 => build(elements, shape, |e| float(e).map(|v| v as f32)),
        DType::Str => build(elements, shape, |e| match e {
            Json::Null => Some(Text::MISSING),
            e => e.as_str().map(Text::from),
        }),
        DType::Bytes(_) => Ok(build(elements, shape, |e| e.as_str().map(Text::from))?.retype(dtype)),
        DType::Datetime { .. } | DType::Timedelta { .. } => {
            Ok(build(elements, shape, |e| ticks(e, dtype))?.retype(dtype))
        }
        _ => integers!(I8: i8, I16: i16, I32: i32, I64: i64, U8: u8, U16: u16, U32: u32, U64: u64),
    }
}

pub fn float(json: &Json) -> Option<f64> {
    match json {
        Json::Number(n) => n.as_f64(),
        Json::String(s) => match s.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

fn ticks(json: &Json, dtype: DType) -> Option<i64> {
    match (json, dtype) {
        (Json::Number(n), _) => n.as_i64(),
        (Json::Null, _) => Some(NAT),
        (Json::String(s), _) if s == "NaT" => Some(NAT),
        (Json::String(s), DType::Datetime { unit, calendar }) => date(s)?.to_ticks(calendar, unit).ok(),
        _ => None,
    }
}

/// The date of a text like `2000-01-01T00:00:00.5`.
fn date(text: &str) -> Option<DateTime> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |t| (true, t));
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00:00"));
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut day = day.split('-').map(|p| p.parse::<i64>().ok());
    let mut time = time.split(':').map(|p| p.parse::<u8>().ok());
    let year = day.next()??;
    Some(DateTime {
        year: if negative { -year } else { year },
        month: u8::try_from(day.next()??).ok()?,
        day: u8::try_from(day.next()??).ok()?,
        hour: time.next()??,
        minute: time.next()??,
        second: time.next()??,
        nanosecond: format!("{fraction:0<9}").parse().ok()?,
    })
}

/// The elements that a recipe makes; see the format for each.
fn generate(recipe: &Json, dtype: DType, n: usize) -> Outcome<Vec<Json>> {
    let whole = dtype.is_integer() || dtype.is_time();
    let real = |json: &Json| float(json).ok_or_else(|| Failure::Wrong(format!("{}?", short(json))));
    let int = |json: &Json| json.as_i64().ok_or_else(|| Failure::Wrong(format!("{}?", short(json))));
    // Values of a line: offset + k*step for the positions (or random numbers) k.
    let line = |offset: &Json, step: &Json, ks: &[i64]| -> Outcome<Vec<Json>> {
        if whole {
            let (offset, step) = (int(offset)?, int(step)?);
            return Ok(ks.iter().map(|k| (offset + k * step).into()).collect());
        }
        let (offset, step) = (real(offset)?, real(step)?);
        Ok(ks.iter().map(|&k| real_json(offset + k as f64 * step)).collect())
    };
    let positions: Vec<i64> = (0..n as i64).collect();
    let mut values = if let Some(spec) = recipe.get("arange") {
        line(&spec[0], &spec[1], &positions)?
    } else if let Some(spec) = recipe.get("linspace") {
        let (start, stop) = (real(&spec[0])?, real(&spec[1])?);
        let step = if n > 1 { (stop - start) / (n - 1) as f64 } else { 0.0 };
        positions.iter().map(|&i| real_json(start + i as f64 * step)).collect()
    } else if let Some(value) = recipe.get("const") {
        vec![value.clone(); n]
    } else if let Some(spec) = recipe.get("lcg") {
        let mut x = int(field(spec, "seed")?)?;
        let modulus = int(field(spec, "mod")?)?;
        let ks: Vec<i64> = (0..n)
            .map(|_| {
                x = (1_103_515_245 * x + 12_345) % (1 << 31);
                (x >> 8) % modulus
            })
            .collect();
        let (zero, one) = (Json::from(0), Json::from(1));
        line(spec.get("offset").unwrap_or(&zero), spec.get("scale").unwrap_or(&one), &ks)?
    } else {
        return broken(format!("no recipe {}", short(recipe)));
    };
    if let Some(rule) = recipe.get("nan") {
        let (m, r) = (int(&rule[0])?, int(&rule[1])?);
        values.iter_mut().zip(&positions).filter(|(_, i)| *i % m == r).for_each(|(v, _)| *v = "NaN".into());
    }
    if dtype.is_bool() {
        values.iter_mut().for_each(|v| *v = (float(v) != Some(0.0)).into());
    }
    Ok(values)
}

fn real_json(v: f64) -> Json {
    serde_json::Number::from_f64(v).map_or_else(|| "NaN".into(), Json::Number)
}

/// The VARIABLE that this stands for.
pub fn variable(json: &Json) -> Outcome<Variable> {
    let dims: Vec<String> = serde_json::from_value(field(json, "dims")?.clone())
        .map_err(|e| Failure::Wrong(format!("dims: {e}")))?;
    let mut v = Variable::new(dims.iter().map(String::as_str), block(json)?)?;
    v.attrs = attrs(json.get("attrs"))?;
    v.encoding = attrs(json.get("encoding"))?;
    Ok(v)
}

/// The variables of a mapping.
fn variables(json: Option<&Json>) -> Outcome<IndexMap<Name, Variable>> {
    let Some(map) = json.and_then(Json::as_object) else { return Ok(IndexMap::new()) };
    map.iter().map(|(name, v)| Ok((name.as_str().into(), variable(v)?))).collect()
}

/// The attributes (or the encoding) of a mapping.
pub fn attrs(json: Option<&Json>) -> Outcome<Attrs> {
    let Some(map) = json.and_then(Json::as_object) else { return Ok(Attrs::new()) };
    map.iter().map(|(name, v)| Ok((name.clone(), attr(v)?))).collect()
}

/// The value of an attribute.
pub fn attr(json: &Json) -> Outcome<AttrValue> {
    Ok(match value(json, &Names::new())? {
        Value::Scalar(Scalar::Str(t)) => AttrValue::Str(t.as_str().unwrap_or_default().to_string()),
        Value::Scalar(s) => AttrValue::Array(s.to_block()),
        Value::Array(b) => AttrValue::Array(b),
        v @ Value::List(_) => AttrValue::Array(array(&v)?),
        _ => AttrValue::Json(json.clone()),
    })
}

/// The INPUT that this stands for.
pub fn input(json: &Json) -> Outcome<Value> {
    let mut coords = Coords::new();
    for (name, v) in variables(json.get("coords"))? {
        coords.insert(name, v)?;
    }
    Ok(match text(field(json, "type")?)? {
        "Variable" => variable(json)?.into(),
        "DataArray" => {
            let a = DataArray::new(variable(json)?, coords)?;
            match json.get("name").and_then(Json::as_str) {
                Some(name) => a.with_name(name).into(),
                None => a.into(),
            }
        }
        "Dataset" => {
            let mut ds = Dataset::from_variables(variables(json.get("data_vars"))?, coords)?;
            ds.attrs = attrs(json.get("attrs"))?;
            ds.encoding = attrs(json.get("encoding"))?;
            ds.into()
        }
        other => return broken(format!("no input of type {other}")),
    })
}

/// The VALUE that this stands for; `"$name"` is looked up.
pub fn value(json: &Json, names: &Names) -> Outcome<Value> {
    let items = |items: &[Json]| items.iter().map(|v| value(v, names)).collect::<Outcome<Vec<_>>>();
    Ok(match json {
        Json::Null => Value::None,
        Json::Bool(v) => Value::Scalar(Scalar::Bool(*v)),
        Json::Number(n) => Value::Scalar(match (n.as_i64(), n.as_u64()) {
            (Some(v), _) => Scalar::Int(v),
            (_, Some(v)) => Scalar::UInt(v),
            _ => Scalar::Float(n.as_f64().unwrap_or(f64::NAN)),
        }),
        Json::String(s) => match s.strip_prefix('$') {
            Some(name) => match names.get(name) {
                Some(v) => v.clone(),
                None => return broken(format!("nothing is called {name}")),
            },
            None => Value::Scalar(s.as_str().into()),
        },
        Json::Array(list) => Value::List(items(list)?),
        Json::Object(map) => {
            if let Some(v) = tagged(json, names)? {
                return Ok(v);
            }
            let pairs: Outcome<_> = map.iter().map(|(k, v)| Ok((k.clone(), value(v, names)?))).collect();
            Value::Mapping(pairs?)
        }
    })
}

/// The value of an object whose key is one of the format's tags.
fn tagged(json: &Json, names: &Names) -> Outcome<Option<Value>> {
    let calendar = Calendar::ProlepticGregorian;
    if let Some(parts) = json.get("slice").and_then(Json::as_array) {
        let part = |i: usize| parts.get(i).map_or(Ok(Value::None), |v| value(v, names));
        return Ok(Some(Value::Slice(Box::new([part(0)?, part(1)?, part(2)?]))));
    }
    let scalar = |s: Scalar| Ok(Some(Value::Scalar(s)));
    if let Some(v) = json.get("datetime") {
        let unit: TimeUnit = json.get("unit").map_or(Ok("ns"), text)?.parse()?;
        return scalar(Scalar::Datetime { ticks: moment(text(v)?, calendar, unit)?, unit, calendar });
    }
    if let Some(v) = json.get("cftime") {
        let calendar: Calendar = text(field(json, "calendar")?)?.parse()?;
        let unit = TimeUnit::Us;
        return scalar(Scalar::Datetime { ticks: moment(text(v)?, calendar, unit)?, unit, calendar });
    }
    if let Some(v) = json.get("timedelta") {
        let (unit, factor) = match text(field(json, "unit")?)? {
            "D" => (TimeUnit::S, 86_400),
            "h" => (TimeUnit::S, 3_600),
            "m" => (TimeUnit::S, 60),
            u => (u.parse()?, 1),
        };
        let ticks = v.as_i64().map_or(NAT, |n| n * factor);
        return scalar(Scalar::Timedelta { ticks, unit });
    }
    if let Some(v) = json.get("float") {
        return scalar(Scalar::Float(float(v).unwrap_or(f64::NAN)));
    }
    if let Some(v) = json.get("np") {
        let dtype = dtype(text(field(json, "dtype")?)?)?;
        return scalar(Scalar::Typed(of_elements(std::slice::from_ref(v), dtype, &[])?));
    }
    if let Some(v) = json.get("array") {
        return Ok(Some(Value::Array(block(v)?)));
    }
    if let Some(v) = json.get("tuple").and_then(Json::as_array) {
        let items: Outcome<_> = v.iter().map(|v| value(v, names)).collect();
        return Ok(Some(Value::Tuple(items?)));
    }
    if let Some(name) = json.get("object").and_then(Json::as_str) {
        let kwargs = match json.get("kwargs") {
            Some(k) => match value(k, names)? {
                Value::Mapping(m) => m,
                _ => return broken("kwargs are a mapping"),
            },
            None => IndexMap::new(),
        };
        return Ok(Some(Value::Object(name.to_string(), kwargs)));
    }
    Ok(None)
}

fn moment(text: &str, calendar: Calendar, unit: TimeUnit) -> Outcome<i64> {
    if text == "NaT" {
        return Ok(NAT);
    }
    let date = date(text).ok_or_else(|| Failure::Wrong(format!("{text} is no date")))?;
    let ticks: TimeResult<i64> = date.to_ticks(calendar, unit);
    Ok(ticks?)
}

/// The array that a list, scalar or array stands for; numbers get numpy's default dtypes.
pub fn array(value: &Value) -> Outcome<Block> {
    let items = match value {
        Value::Array(b) => return Ok(b.clone()),
        Value::Scalar(s) => return Ok(s.to_block()),
        Value::DataArray(a) => return Ok(a.load()?),
        Value::Variable(v) => return Ok(v.load()?),
        Value::List(items) => items,
        other => return broken(format!("a {} is no array", other.kind())),
    };
    let blocks: Vec<Block> = items.iter().map(array).collect::<Outcome<_>>()?;
    let Some(first) = blocks.first() else { return Ok(Block::zeros(DType::F64, &[0])) };
    // Numbers of several kinds meet in the one that holds them all; times in the finest unit.
    let rank = |d: DType| match d {
        DType::Bool => 0,
        DType::I64 => 1,
        DType::U64 => 2,
        DType::Datetime { unit, .. } | DType::Timedelta { unit } => 4 + unit.decimals(),
        _ => 3,
    };
    let dtype = blocks.iter().map(Block::dtype).max_by_key(|d| rank(*d)).unwrap_or(first.dtype());
    let inner = first.shape().to_vec();
    let shape: Vec<usize> = std::iter::once(blocks.len()).chain(inner.iter().copied()).collect();
    let mut all = Block::zeros(dtype, &shape);
    for (i, b) in blocks.iter().enumerate() {
        if b.shape() != inner {
            return broken("rows of a list differ in length");
        }
        let piece = graticule::kernel::cast::cast(b, dtype)?.insert_axis(0);
        let at = Region::new(std::iter::once(i..i + 1).chain(inner.iter().map(|&n| 0..n)));
        all.assign(&at, &piece);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn recipes_make_their_values() {
        let made = |recipe: Json, dtype: &str| {
            block(&json!({"shape": [4], "dtype": dtype, "gen": recipe})).expect("a recipe of the format")
        };
        assert_eq!(made(json!({"arange": [1, 2]}), "int16").to_vec::<i16>().unwrap(), [1, 3, 5, 7]);
        let line = made(json!({"linspace": [0.0, 1.5], "nan": [2, 1]}), "float64").to_vec::<f64>().unwrap();
        assert_eq!((line[0], line[2]), (0.0, 1.0));
        assert!(line[1].is_nan() && line[3].is_nan());
        let random = json!({"lcg": {"seed": 1, "mod": 10, "scale": 0.5, "offset": 1.0}});
        assert_eq!(made(random, "float64").to_vec::<f64>().unwrap(), [3.0, 3.0, 4.0, 3.5]);
    }

    #[test]
    fn values_keep_their_types() {
        let read = |json: Json| value(&json, &Names::new()).expect("a value of the format");
        assert!(matches!(read(json!(3)), Value::Scalar(Scalar::Int(3))));
        assert!(matches!(read(json!(3.0)), Value::Scalar(Scalar::Float(_))));
        assert!(
            matches!(read(json!({"np": 3, "dtype": "int8"})), Value::Scalar(Scalar::Typed(b)) if b.dtype() == DType::I8)
        );
        assert!(matches!(
            read(json!({"datetime": "1970-01-02T00:00:00.5", "unit": "ms"})),
            Value::Scalar(Scalar::Datetime { ticks: 86_400_500, .. })
        ));
        assert!(matches!(
            read(json!({"timedelta": 2, "unit": "D"})),
            Value::Scalar(Scalar::Timedelta { ticks: 172_800, unit: TimeUnit::S })
        ));
        assert_eq!(array(&read(json!([1, 2.5]))).unwrap().to_vec::<f64>().unwrap(), [1.0, 2.5]);
    }
}
