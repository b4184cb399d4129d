//! Attributes as JSON, and back, as xarray's Zarr backend does it.

use serde_json::{Map, Value};

use super::json;
use crate::array::Block;
use crate::dtype::dispatch::with_real;
use crate::dtype::{Kind, Text};
use crate::labels::{AttrValue, Attrs};

/// The attributes of a JSON object.
pub fn from_json(map: &Map<String, Value>) -> Attrs {
    map.iter().map(|(k, v)| (k.clone(), value_from_json(v))).collect()
}

/// A text, a number, or a list of one kind; anything else stays JSON.
pub fn value_from_json(v: &Value) -> AttrValue {
    match v {
        Value::Bool(b) => (*b).into(),
        Value::Array(items) => list_from_json(items).unwrap_or_else(|| AttrValue::Json(v.clone())),
        Value::Number(n) => match (n.as_i64(), n.as_u64(), n.as_f64()) {
            (Some(i), ..) => i.into(),
            (_, Some(u), _) => u.into(),
            (.., Some(f)) => f.into(),
            _ => AttrValue::Json(v.clone()),
        },
        Value::String(s) => match json::number(v) {
            Some(f) => f.into(),
            None => s.clone().into(),
        },
        Value::Null | Value::Object(_) => AttrValue::Json(v.clone()),
    }
}

fn list_from_json(items: &[Value]) -> Option<AttrValue> {
    fn all<T>(items: &[Value], f: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        items.iter().map(f).collect()
    }
    if items.is_empty() {
        return None;
    }
    if let Some(v) = all(items, Value::as_i64) {
        return Some(v.into());
    }
    if let Some(v) = all(items, Value::as_u64) {
        return Some(v.into());
    }
    if let Some(v) = all(items, json::number) {
        return Some(v.into());
    }
    if let Some(v) = all(items, Value::as_bool) {
        return Some(v.into());
    }
    all(items, |v| Some(Text::from(v.as_str()?))).map(AttrValue::from)
}

/// The attributes as a JSON object.
pub fn to_json(attrs: &Attrs) -> Map<String, Value> {
    attrs.iter().map(|(k, v)| (k.to_string(), value_to_json(v))).collect()
}

/// A value as JSON: a block of rank 0 is a number, one of rank 1 a list. The dtype is lost, as in xarray.
pub fn value_to_json(v: &AttrValue) -> Value {
    match v {
        AttrValue::Str(s) => Value::String(s.clone()),
        AttrValue::Json(v) => v.clone(),
        AttrValue::Array(b) => {
            let mut items = block_items(b);
            if b.ndim() == 0 { items.pop().unwrap_or(Value::Null) } else { Value::Array(items) }
        }
    }
}

/// The elements of a block in row-major order.
fn block_items(b: &Block) -> Vec<Value> {
    if let Some(a) = b.get::<bool>() {
        return a.iter().map(|v| Value::Bool(*v)).collect();
    }
    if let Some(a) = b.get::<Text>() {
        return a.iter().map(|t| t.as_str().map_or(Value::Null, Value::from)).collect();
    }
    if let Some(a) = b.get::<num_complex::Complex<f64>>() {
        return a.iter().map(|c| Value::Array(vec![json::from_f64(c.re), json::from_f64(c.im)])).collect();
    }
    if let Some(a) = b.get::<num_complex::Complex<f32>>() {
        return a
            .iter()
            .map(|c| Value::Array(vec![json::from_f64(c.re.into()), json::from_f64(c.im.into())]))
            .collect();
    }
    if matches!(b.dtype().kind(), Kind::F32 | Kind::F64) {
        return with_real!(b.dtype().kind(), T => {
            b.get::<T>().into_iter().flatten().map(|v| json::from_f64(crate::dtype::Number::to_f64(*v))).collect()
        }, else Vec::new());
    }
    // `Display` of an integer is its JSON, for all widths.
    with_real!(b.dtype().kind(), T => {
        b.get::<T>().into_iter().flatten().map(|v| v.to_string().parse().map_or(Value::Null, Value::Number)).collect()
    }, else Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_survive_json() {
        let text = r#"{"s": "m", "i": 5, "big": 18446744073709551615, "f": 1.5, "nan": NaN, "l": [1, 2],
            "fl": [1.5, 2.0], "b": true, "names": ["a", "b"], "d": {"k": [null]}, "e": [], "mixed": [1, "a"]}"#;
        let v = json::parse(text).unwrap();
        let attrs = from_json(v.as_object().unwrap());
        assert_eq!(attrs.get("i"), Some(&5i64.into()));
        assert_eq!(attrs.get("fl"), Some(&vec![1.5, 2.0].into()));
        assert_eq!(attrs.get("l"), Some(&vec![1i64, 2].into()));
        assert!(matches!(attrs.get("mixed"), Some(AttrValue::Json(_))));
        assert_eq!(Value::Object(to_json(&attrs)), v);
    }

    #[test]
    fn a_float_keeps_its_shortest_text() {
        assert_eq!(value_to_json(&AttrValue::from(7u8)), Value::from(7));
        assert_eq!(value_to_json(&AttrValue::from(0.5f32)), Value::from(0.5));
    }
}
