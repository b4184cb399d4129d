//! JSON as Python writes it: with bare `NaN`, `Infinity` and `-Infinity`, which JSON itself lacks.
//!
//! In a [`Value`] such a number is a text that begins with [`MARK`], which no metadata uses.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Context, Error, Result};
use crate::io::store::{ByteRange, Store};

/// What a text starts with that stands for a number JSON cannot say.
const MARK: char = '\u{0}';

/// The numbers that Python writes bare, longest first.
const BARE: [(&str, f64); 3] =
    [("-Infinity", f64::NEG_INFINITY), ("Infinity", f64::INFINITY), ("NaN", f64::NAN)];

/// Metadata documents larger than this are taken for something else.
const LARGEST: u64 = 1 << 30;

/// The value of a JSON number, bare or marked.
pub fn number(v: &Value) -> Option<f64> {
    match v {
        Value::Number(n) => n.as_f64(),
        Value::String(s) => {
            let name = s.strip_prefix(MARK)?;
            BARE.iter().find(|b| b.0 == name).map(|b| b.1)
        }
        _ => None,
    }
}

/// A float as JSON value; [`to_text`] writes the ones that JSON lacks bare.
pub fn from_f64(v: f64) -> Value {
    let name = if v.is_nan() {
        "NaN"
    } else if v == f64::INFINITY {
        "Infinity"
    } else if v == f64::NEG_INFINITY {
        "-Infinity"
    } else {
        return serde_json::Number::from_f64(v).map_or(Value::Null, Value::Number);
    };
    Value::String(format!("{MARK}{name}"))
}

/// Parses a document.
///
/// # Errors
/// If it is not JSON.
pub fn parse(text: &str) -> Result<Value> {
    from_text(text)
}

/// Parses a document into whatever takes JSON.
///
/// # Errors
/// If it is not JSON, or not what is asked for.
pub fn from_text<T: DeserializeOwned>(text: &str) -> Result<T> {
    let parsed = if BARE.iter().any(|b| text.contains(b.0)) {
        serde_json::from_str(&mark_bare_numbers(text))
    } else {
        serde_json::from_str(text)
    };
    parsed.map_err(|e| Error::storage("the metadata is not JSON").caused_by(e))
}

/// Reads a document, if there is one under the key.
///
/// # Errors
/// If it cannot be read or is not JSON.
pub fn read(store: &dyn Store, key: &str) -> Result<Option<Value>> {
    let place = || format!("{} in {}", key, store.describe());
    let Some(bytes) = store.read(key, ByteRange::Whole { limit: LARGEST }).at(place)? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes)
        .map_err(|e| Error::storage("the metadata is not UTF-8").caused_by(e).at(place()))?;
    parse(&text).at(place).map(Some)
}

/// The document as text, indented as zarr-python does.
pub fn to_text(v: &Value) -> String {
    let mut text = serde_json::to_string_pretty(v).expect("a JSON value has a text");
    for (name, _) in BARE {
        text = text.replace(&format!("\"\\u0000{name}\""), name);
    }
    text
}

/// Puts marked texts where bare numbers stand outside of texts.
fn mark_bare_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    let mut in_text = false;
    while let Some(c) = rest.chars().next() {
        if in_text {
            let n = if c == '\\' {
                c.len_utf8() + rest[1..].chars().next().map_or(0, char::len_utf8)
            } else {
                c.len_utf8()
            };
            in_text = c != '"';
            out.push_str(&rest[..n]);
            rest = &rest[n..];
        } else if let Some((name, _)) = BARE.iter().find(|b| rest.starts_with(b.0)) {
            out.push_str("\"\\u0000");
            out.push_str(name);
            out.push('"');
            rest = &rest[name.len()..];
        } else {
            in_text = c == '"';
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_numbers_are_read_and_written_and_texts_kept() {
        let text = r#"{"a": NaN, "b": [-Infinity, 1.5], "c": "NaN \" Infinity", "d": "é\\"}"#;
        let v = parse(text).unwrap();
        assert!(number(&v["a"]).unwrap().is_nan());
        assert_eq!(number(&v["b"][0]), Some(f64::NEG_INFINITY));
        assert_eq!(v["c"], "NaN \" Infinity");
        assert_eq!(v["d"], "é\\");
        let again = to_text(&v);
        assert!(again.contains(": NaN") && again.contains("-Infinity"), "{again}");
        assert_eq!(parse(&again).unwrap(), v);
    }

    #[test]
    fn garbage_is_an_error() {
        for text in ["", "{", "NaN NaN", "{\"a\": \"\\", "nul", &"[".repeat(100_000)] {
            assert!(parse(text).is_err());
        }
    }
}
