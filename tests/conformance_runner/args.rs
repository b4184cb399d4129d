//! Keyword arguments of a step: each is taken once, and what nobody took is unsupported.

use graticule::prelude::*;
use indexmap::IndexMap;

use super::json;
use super::value::{Failure, Outcome, Value, unsupported};

/// Keyword arguments that were not taken yet.
pub struct Args(IndexMap<String, Value>);

impl Args {
    pub fn new(map: IndexMap<String, Value>) -> Self {
        Args(map)
    }

    /// The value of a keyword, if it was given; an explicit None is one.
    pub fn given(&mut self, key: &str) -> Option<Value> {
        self.0.shift_remove(key)
    }

    /// The value of a keyword, if it was given and is not None.
    pub fn opt(&mut self, key: &str) -> Option<Value> {
        self.given(key).filter(|v| !matches!(v, Value::None))
    }

    /// The value of a keyword.
    pub fn need(&mut self, key: &str) -> Outcome<Value> {
        self.given(key).ok_or_else(|| Failure::Wrong(format!("argument `{key}` is missing")))
    }

    /// What was not taken; an operation of keyword arguments (`assign`) takes them so.
    pub fn rest(&mut self) -> IndexMap<String, Value> {
        std::mem::take(&mut self.0)
    }

    /// Whether an argument was given.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Refuses what was not taken.
    pub fn finish(&self) -> Outcome<()> {
        match self.0.keys().next() {
            Some(key) => unsupported(format!("argument `{key}`")),
            None => Ok(()),
        }
    }

    pub fn bool(&mut self, key: &str) -> Outcome<Option<bool>> {
        self.opt(key).map(|v| boolean(&v)).transpose()
    }

    pub fn int(&mut self, key: &str) -> Outcome<Option<i64>> {
        self.opt(key).map(|v| int(&v)).transpose()
    }

    pub fn usize(&mut self, key: &str) -> Outcome<Option<usize>> {
        match self.int(key)? {
            None => Ok(None),
            Some(v) => match usize::try_from(v) {
                Ok(v) => Ok(Some(v)),
                Err(_) => Err(Failure::Refused(format!("`{key}` is {v}"))),
            },
        }
    }

    pub fn float(&mut self, key: &str) -> Outcome<Option<f64>> {
        self.opt(key).map(|v| float(&v)).transpose()
    }

    pub fn string(&mut self, key: &str) -> Outcome<Option<String>> {
        self.opt(key).map(|v| string(&v)).transpose()
    }

    /// One name or a list of them.
    pub fn strings(&mut self, key: &str) -> Outcome<Option<Vec<String>>> {
        self.opt(key).map(|v| strings(&v)).transpose()
    }

    pub fn scalar(&mut self, key: &str) -> Outcome<Option<Scalar>> {
        self.opt(key).map(|v| scalar(&v)).transpose()
    }

    pub fn mapping(&mut self, key: &str) -> Outcome<IndexMap<String, Value>> {
        match self.opt(key) {
            None => Ok(IndexMap::new()),
            Some(Value::Mapping(m)) => Ok(m),
            Some(v) => unsupported(format!("`{key}` as {}", v.kind())),
        }
    }

    /// A list of values.
    pub fn list(&mut self, key: &str) -> Outcome<Vec<Value>> {
        match self.need(key)? {
            Value::List(items) | Value::Tuple(items) => Ok(items),
            v => Ok(vec![v]),
        }
    }
}

/// What Rust's types refuse where xarray finds out when it runs.
fn no_type<T>(v: &Value, wanted: &str) -> Outcome<T> {
    Err(Failure::Refused(format!("a {} is no {wanted}", v.kind())))
}

pub fn boolean(v: &Value) -> Outcome<bool> {
    match v {
        Value::Scalar(Scalar::Bool(b)) => Ok(*b),
        v => no_type(v, "bool"),
    }
}

pub fn int(v: &Value) -> Outcome<i64> {
    match v {
        Value::Scalar(Scalar::Int(v)) => Ok(*v),
        Value::Scalar(Scalar::Float(v)) if v.fract() == 0.0 => Ok(*v as i64),
        Value::Scalar(Scalar::Typed(b)) if b.dtype().is_integer() => {
            Ok(graticule::kernel::cast::cast(b, DType::I64)?.to_vec::<i64>()?[0])
        }
        v => no_type(v, "integer"),
    }
}

pub fn float(v: &Value) -> Outcome<f64> {
    match v {
        Value::Scalar(Scalar::Int(v)) => Ok(*v as f64),
        Value::Scalar(Scalar::Float(v)) => Ok(*v),
        v => no_type(v, "number"),
    }
}

pub fn string(v: &Value) -> Outcome<String> {
    match v {
        Value::Scalar(Scalar::Str(t)) => Ok(t.as_str().unwrap_or_default().to_string()),
        v => no_type(v, "text"),
    }
}

pub fn strings(v: &Value) -> Outcome<Vec<String>> {
    match v {
        Value::List(items) | Value::Tuple(items) => items.iter().map(string).collect(),
        v => Ok(vec![string(v)?]),
    }
}

pub fn scalar(v: &Value) -> Outcome<Scalar> {
    match v {
        Value::Scalar(s) => Ok(s.clone()),
        Value::DataArray(a) if a.shape().is_empty() => Ok(Scalar::Typed(a.load()?)),
        Value::Array(b) if b.ndim() == 0 => Ok(Scalar::Typed(b.clone())),
        v => unsupported(format!("a {} where a plain value stands", v.kind())),
    }
}

/// A list of numbers, texts or times as an array of rank 1.
pub fn block(v: &Value) -> Outcome<Block> {
    json::array(v)
}
