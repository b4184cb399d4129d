//! Whether a result is what xarray gave.

use std::collections::{BTreeSet, HashMap};

use graticule::dtype::{DType, Text};
use graticule::kernel::cast::cast;
use graticule::prelude::*;
use graticule::time::format_iso;
use serde_json::Value as Json;

use super::case::Rules;
use super::intervals::{closed_side, same_index, same_intervals};
use super::json;
use super::value::{Failure, Outcome, Value, unsupported};

/// Elements of lazy arrays that were computed, by the identity of the array.
#[derive(Default)]
pub struct Computed(pub HashMap<usize, Block>);

impl Computed {
    fn block(&self, v: &Variable) -> Outcome<Block> {
        match self.0.get(&v.data().id()) {
            Some(b) => Ok(b.clone()),
            None => Ok(v.load()?),
        }
    }
}

/// A difference, as a failure of the case.
pub fn wrong<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Failure::Wrong(what.into()))
}

/// Compares a result with the expected one; the error says the first difference.
pub fn compare(actual: &Value, expected: &Json, computed: &Computed, rules: &Rules) -> Outcome<()> {
    Comparer { computed, rules }.result(actual, expected)
}

struct Comparer<'a> {
    computed: &'a Computed,
    rules: &'a Rules,
}

/// Puts the name of the part in front of a difference.
fn within<T>(name: &str, result: Outcome<T>) -> Outcome<T> {
    result.map_err(|e| match e {
        Failure::Wrong(what) => Failure::Wrong(format!("{name}: {what}")),
        Failure::Refused(what) => Failure::Refused(format!("{name}: {what}")),
        e => e,
    })
}

impl Comparer<'_> {
    fn result(&self, actual: &Value, expected: &Json) -> Outcome<()> {
        let kind = expected["type"].as_str().unwrap_or_default();
        match (kind, actual) {
            ("DataArray", Value::DataArray(a)) => {
                self.variable(a.variable(), expected)?;
                self.coords(a.coords(), expected)?;
                if self.rules.name && a.name().map(|n| &**n) != expected["name"].as_str() {
                    return wrong(format!("name {:?}, expected {}", a.name(), expected["name"]));
                }
                Ok(())
            }
            ("Dataset", Value::Dataset(ds)) => {
                let names = ds.data_vars().keys();
                same_names("data variables", names, keys(expected.get("data_vars")))?;
                for (name, v) in ds.data_vars() {
                    within(name, self.variable(v, &expected["data_vars"][&**name]))?;
                }
                self.coords(ds.coords(), expected)?;
                self.attrs(&ds.attrs, expected.get("attrs"))
            }
            ("Variable", Value::Variable(v)) => self.variable(v, expected),
            ("Raw", Value::Raw(raw)) => {
                same_names("variables", raw.variables.keys(), keys(expected.get("variables")))?;
                for (name, v) in &raw.variables {
                    within(name, self.variable(v, &expected["variables"][&**name]))?;
                }
                self.attrs(&raw.attrs, expected.get("attrs"))
            }
            ("array", Value::Array(b)) => self.elements(b, expected),
            ("scalar", Value::None) if expected["dtype"] == "none" => Ok(()),
            ("scalar", Value::Scalar(s)) => {
                let mut one = expected.clone();
                one["shape"] = Json::Array(Vec::new());
                self.elements(&s.to_block(), &one)
            }
            ("list", Value::List(items)) => {
                let Some(list) = expected["items"].as_array() else { return wrong("expected has no items") };
                if list.len() != items.len() {
                    return wrong(format!("{} results, expected {}", items.len(), list.len()));
                }
                items.iter().zip(list).try_for_each(|(a, e)| self.result(a, e))
            }
            ("mapping", Value::Mapping(items)) => {
                same_names("items", items.keys(), keys(expected.get("items")))?;
                items
                    .iter()
                    .try_for_each(|(name, a)| within(name, self.result(a, &expected["items"][name.as_str()])))
            }
            _ => wrong(format!("a {}, expected a {kind}", actual.kind())),
        }
    }

    fn coords(&self, coords: &Coords, expected: &Json) -> Outcome<()> {
        let ignored = |n: &str| self.rules.ignore_coords.iter().any(|i| i == n);
        // The coord of a multi-index itself is one that we have not; its levels are compared.
        let multi = |n: &str| expected["coords"][n]["dtype"] == "multiindex";
        let skipped = |n: &str| ignored(n) || (multi(n) && !coords.contains(n));
        let mut wanted = keys(expected.get("coords"));
        wanted.retain(|n| !skipped(n));
        same_names("coords", coords.names().filter(|n| !ignored(n)), wanted)?;
        for (name, v) in coords.iter().filter(|(n, _)| !ignored(n)) {
            let expected = &expected["coords"][&**name];
            within(name, self.variable(v, expected))?;
            if let (Some(index), Some(side)) = (coords.index(name), closed_side(expected)) {
                within(name, same_index(index.as_ref(), side, expected))?;
            }
        }
        if self.rules.indexes {
            let listed = expected["indexes"].as_array().into_iter().flatten().filter_map(Json::as_str);
            let wanted = listed.filter(|n| !skipped(n)).map(str::to_string).collect();
            let actual = coords.indexes().map(|(n, _)| n).filter(|n| !ignored(n));
            same_names("indexes", actual, wanted)?;
        }
        Ok(())
    }

    fn variable(&self, v: &Variable, expected: &Json) -> Outcome<()> {
        let dims: Vec<&str> = v.dims().iter().map(|d| &**d).collect();
        let wanted: Vec<&str> =
            expected["dims"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        if dims != wanted {
            return wrong(format!("dims ({}), expected ({})", dims.join(", "), wanted.join(", ")));
        }
        if v.shape() != json::shape(expected)? {
            return wrong(format!("shape {:?}, expected {}", v.shape(), expected["shape"]));
        }
        self.elements(&self.computed.block(v)?, expected)?;
        self.attrs(&v.attrs, expected.get("attrs"))?;
        if !self.rules.encoding.is_empty() {
            let wanted = json::attrs(expected.get("encoding"))?;
            for key in &self.rules.encoding {
                let (a, e) = (present(v.encoding.get(key)), present(wanted.get(key)));
                if !same_attr(a, e) {
                    return wrong(format!("encoding {key}: {a:?}, expected {e:?}"));
                }
            }
        }
        Ok(())
    }

    fn attrs(&self, actual: &Attrs, expected: Option<&Json>) -> Outcome<()> {
        if !self.rules.attrs {
            return Ok(());
        }
        let expected = json::attrs(expected)?;
        let names: BTreeSet<&str> = actual.iter().chain(expected.iter()).map(|(k, _)| k).collect();
        for name in names {
            let (a, e) = (actual.get(name), expected.get(name));
            if !same_attr(a, e) {
                return wrong(format!("attribute {name}: {a:?}, expected {e:?}"));
            }
        }
        Ok(())
    }

    /// Shape, dtype and elements.
    fn elements(&self, actual: &Block, expected: &Json) -> Outcome<()> {
        let name = expected["dtype"].as_str().unwrap_or_default();
        if name == "multiindex" {
            return unsupported(format!("coords of type {name}"));
        }
        if let Some(side) = closed_side(expected) {
            return same_intervals(actual, side, expected);
        }
        let expected = json::block(expected)?;
        if actual.shape() != expected.shape() {
            return wrong(format!("shape {:?}, expected {:?}", actual.shape(), expected.shape()));
        }
        let (a, e) = (actual.dtype(), expected.dtype());
        let by_kind = self.rules.dtype.as_deref() == Some("kind");
        if !(same_dtype(a, e, name) || by_kind && same_kind(a, e)) {
            return wrong(format!("dtype {a}, expected {name}"));
        }
        let difference = match e {
            DType::F64 | DType::F32 => {
                let rtol = self.rules.rtol.unwrap_or(if e == DType::F64 { 1e-12 } else { 1e-5 });
                let atol = self.rules.atol.unwrap_or(0.0);
                let (a, e) = (
                    cast(actual, DType::F64)?.to_vec::<f64>()?,
                    cast(&expected, DType::F64)?.to_vec::<f64>()?,
                );
                let near = |a: f64, e: f64| {
                    a == e
                        || a.is_nan() && e.is_nan()
                        || (a - e).abs() <= atol + rtol * e.abs() && e.is_finite()
                };
                a.iter().zip(&e).position(|(a, e)| !near(*a, *e))
            }
            DType::Str | DType::Bytes(_) => {
                actual.to_vec::<Text>()?.iter().zip(&expected.to_vec::<Text>()?).position(|(a, e)| a != e)
            }
            // Each in its own unit: what counts is the moment.
            DType::Datetime { .. } | DType::Timedelta { .. } => {
                let (a, e) = (moments(actual)?, moments(&expected)?);
                a.iter().zip(&e).position(|(a, e)| a != e)
            }
            _ if a == e => first_difference(actual, &expected),
            _ => {
                let (a, e) = (
                    cast(actual, DType::I64)?.to_vec::<i64>()?,
                    cast(&expected, DType::I64)?.to_vec::<i64>()?,
                );
                a.iter().zip(&e).position(|(a, e)| a != e)
            }
        };
        match difference {
            None => Ok(()),
            Some(i) => wrong(format!(
                "element {i} of {}: {}, expected {}",
                actual.size(),
                element(actual, i),
                element(&expected, i)
            )),
        }
    }
}

/// An attribute that is null is one that is not there.
fn present(a: Option<&AttrValue>) -> Option<&AttrValue> {
    a.filter(|a| **a != AttrValue::Json(Json::Null))
}

/// Equal with their number types; NaN equals NaN.
fn same_attr(a: Option<&AttrValue>, b: Option<&AttrValue>) -> bool {
    match (a, b) {
        (Some(AttrValue::Array(a)), Some(AttrValue::Array(b))) => {
            a == b || (a.dtype(), a.size(), b.size()) == (b.dtype(), 1, 1) && element(a, 0) == element(b, 0)
        }
        // A text is the same attribute alone and as an array of rank 0.
        (Some(AttrValue::Str(s)), Some(AttrValue::Array(b)))
        | (Some(AttrValue::Array(b)), Some(AttrValue::Str(s))) => {
            b.ndim() == 0 && b.get::<Text>().is_some_and(|t| t.first().and_then(Text::as_str) == Some(s))
        }
        _ => a == b,
    }
}

fn keys(json: Option<&Json>) -> BTreeSet<String> {
    json.and_then(Json::as_object).into_iter().flat_map(|m| m.keys().cloned()).collect()
}

fn same_names<S: AsRef<str>>(
    what: &str,
    actual: impl Iterator<Item = S>,
    expected: BTreeSet<String>,
) -> Outcome<()> {
    let actual: BTreeSet<String> = actual.map(|n| n.as_ref().to_string()).collect();
    if actual == expected {
        return Ok(());
    }
    wrong(format!("{what} {actual:?}, expected {expected:?}"))
}

/// The same dtype; of calendars other than numpy's only the calendar counts.
fn same_dtype(actual: DType, expected: DType, name: &str) -> bool {
    match (actual, expected) {
        (DType::Datetime { calendar: a, .. }, DType::Datetime { calendar: e, .. })
            if name.starts_with("cftime") =>
        {
            a == e
        }
        _ => actual == expected,
    }
}

fn same_kind(a: DType, e: DType) -> bool {
    match (a, e) {
        (DType::Datetime { calendar: a, .. }, DType::Datetime { calendar: e, .. }) => a == e,
        (DType::Timedelta { .. }, DType::Timedelta { .. }) => true,
        _ => {
            let kinds =
                [DType::is_bool, DType::is_signed, DType::is_unsigned, DType::is_float, DType::is_text];
            kinds.iter().any(|is| is(a) && is(e))
        }
    }
}

/// Times in nanoseconds, since 1970 of their calendar; `None` is missing.
fn moments(block: &Block) -> Outcome<Vec<Option<i128>>> {
    let (DType::Datetime { unit, .. } | DType::Timedelta { unit }) = block.dtype() else {
        return wrong(format!("{} is no time", block.dtype()));
    };
    let ns = |t: i64| (t != graticule::time::NAT).then(|| i128::from(t) * i128::from(unit.tick_ns()));
    Ok(block.to_vec::<i64>()?.into_iter().map(ns).collect())
}

/// The first position where blocks of one dtype differ.
fn first_difference(a: &Block, b: &Block) -> Option<usize> {
    (!a.same_bits(b)).then(|| (0..a.size()).find(|&i| element(a, i) != element(b, i)).unwrap_or(0))
}

/// An element as text.
pub fn element(block: &Block, i: usize) -> String {
    macro_rules! arms {
        ($($T:ty),*) => {
            $(if let Some(a) = block.get::<$T>() {
                return a.iter().nth(i).map_or_else(String::new, |v| format!("{v:?}"));
            })*
        };
    }
    if let (DType::Datetime { unit, calendar }, Some(a)) = (block.dtype(), block.get::<i64>()) {
        return a.iter().nth(i).map_or_else(String::new, |&t| format_iso(t, unit, calendar));
    }
    arms!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, Text);
    String::from("?")
}

/// Whether two runs gave the same bits; the error says where not.
pub fn same_bits(direct: &[Block], again: &[Block]) -> Result<(), String> {
    for (n, (a, b)) in direct.iter().zip(again).enumerate() {
        if !a.same_bits(b) {
            return Err(format!("result {n} of the plan that was serialised has other bits"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance_runner::json::input;

    fn differs(actual: Json, expected: Json, rules: Rules) -> Option<String> {
        let value = input(&actual).expect("an input of the format");
        match compare(&value, &expected, &Computed::default(), &rules) {
            Ok(()) => None,
            Err(Failure::Wrong(what)) => Some(what),
            Err(e) => panic!("{e:?}"),
        }
    }

    fn array() -> Json {
        json!({
            "type": "DataArray", "name": "t", "dims": ["x"], "shape": [2], "dtype": "float64",
            "data": [1.0, "NaN"], "attrs": {"units": "m", "n": 3},
            "coords": {"x": {"dims": ["x"], "shape": [2], "dtype": "cftime[360_day]",
                             "data": ["2000-02-30T00:00:00", null]}},
            "indexes": ["x"]
        })
    }

    #[test]
    fn a_result_equals_itself_by_every_rule() {
        let rules = Rules { attrs: true, name: true, indexes: true, ..Rules::default() };
        assert_eq!(differs(array(), array(), rules), None);
    }

    #[test]
    fn every_change_is_a_difference() {
        let change = |f: fn(&mut Json)| {
            let mut expected = array();
            f(&mut expected);
            let rules = Rules { attrs: true, name: true, indexes: true, ..Rules::default() };
            differs(array(), expected, rules)
        };
        let changes: [fn(&mut Json); 10] = [
            |e| e["data"][0] = json!(1.000_000_1),
            |e| e["data"][1] = json!(0.0),
            |e| e["dtype"] = json!("float32"),
            |e| e["dims"] = json!(["y"]),
            |e| e["type"] = json!("Variable"),
            |e| e["name"] = json!("u"),
            |e| e["attrs"]["n"] = json!(3.0),
            |e| e["coords"]["x"]["data"][0] = json!("2000-02-29T00:00:00"),
            |e| e["coords"]["x"]["dtype"] = json!("cftime[noleap]"),
            |e| e["indexes"] = json!([]),
        ];
        for (i, f) in changes.into_iter().enumerate() {
            // A date that its calendar lacks makes the expectation unreadable: no pass either.
            assert!(change(f).is_some(), "change {i} was not seen");
        }
    }

    #[test]
    fn what_is_not_asked_for_is_not_compared() {
        let mut expected = array();
        expected["name"] = json!(null);
        expected["attrs"] = json!({});
        expected["indexes"] = json!([]);
        expected["data"][0] = json!(1.0 + 1e-13);
        assert_eq!(differs(array(), expected, Rules::default()), None);
    }
}
