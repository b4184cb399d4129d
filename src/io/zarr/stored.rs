//! Data types as Zarr names them, and how their elements become ours.
//!
//! v2 names are numpy's (`<f4`, `|S5`, `<M8[ns]`), v3 names are words with a configuration. Some types
//! that `zarrs` lacks are read as a type that it has (datetimes as integers, fixed texts as raw bytes)
//! and converted here.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::base64;
use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Error, Result};

/// How the decoded bytes of a chunk become elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// The bytes of our own type.
    Plain,
    /// Half precision, widened to `f32`.
    Half,
    /// Times in a unit that we lack: so many of our ticks each.
    Ticks(i64),
    /// Fixed-length text in UTF-32, so many code points.
    Utf32 {
        /// Code points.
        len: usize,
        /// Byte order.
        big_endian: bool,
    },
    /// Byte strings of fixed length, padded with NUL.
    Bytes(usize),
    /// Texts of any length.
    Text,
}

/// A data type as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The dtype of the elements that are read.
    pub dtype: DType,
    /// How they lie in the chunks.
    pub layout: Layout,
}

/// Fixed texts and byte strings longer than this are refused.
const LONGEST: usize = 1 << 20;

impl Stored {
    fn plain(dtype: DType) -> Self {
        Stored { dtype, layout: Layout::Plain }
    }

    /// Bytes of one decoded element in a chunk, if all have the same.
    pub fn item_bytes(&self) -> Option<usize> {
        match self.layout {
            Layout::Plain | Layout::Ticks(_) => Some(self.dtype.size()),
            Layout::Half => Some(2),
            Layout::Utf32 { len, .. } => Some(4 * len),
            Layout::Bytes(n) => Some(n),
            Layout::Text => None,
        }
    }

    /// The type of a v2 array, and the name under which `zarrs` reads it.
    ///
    /// # Errors
    /// If there is no dtype of ours for it.
    pub fn from_v2(dtype: &Value, filters: &Value) -> Result<(Stored, Value)> {
        let Some(name) = dtype.as_str() else {
            return Err(Error::unsupported(format!("records (dtype {dtype}) are not supported")));
        };
        let unknown = || Error::unsupported(format!("dtype `{name}` is not supported"));
        if !name.is_ascii() || name.len() < 2 {
            return Err(unknown());
        }
        let (order, kind) = name.split_at(1);
        let big_endian = match order {
            "<" | "|" | "=" => false,
            ">" => true,
            _ => return Err(unknown()),
        };
        let raw = |bytes: usize| Value::String(format!("|V{bytes}"));
        let length = |digits: &str| digits.parse::<usize>().ok().filter(|n| *n <= LONGEST);
        let plain = match kind {
            "b1" => Some(DType::Bool),
            "i1" => Some(DType::I8),
            "i2" => Some(DType::I16),
            "i4" => Some(DType::I32),
            "i8" => Some(DType::I64),
            "u1" => Some(DType::U8),
            "u2" => Some(DType::U16),
            "u4" => Some(DType::U32),
            "u8" => Some(DType::U64),
            "f4" => Some(DType::F32),
            "f8" => Some(DType::F64),
            "c8" => Some(DType::C64),
            "c16" => Some(DType::C128),
            _ => None,
        };
        if let Some(dtype) = plain {
            return Ok((Stored::plain(dtype), Value::String(name.to_string())));
        }
        if kind == "f2" {
            return Ok((Stored { dtype: DType::F32, layout: Layout::Half }, name.into()));
        }
        if kind == "O" {
            let ids: Vec<&str> =
                filters.as_array().into_iter().flatten().filter_map(|f| f["id"].as_str()).collect();
            if ids.contains(&"vlen-utf8") {
                return Ok((Stored { dtype: DType::Str, layout: Layout::Text }, name.into()));
            }
            return Err(Error::unsupported(format!(
                "Python objects (dtype `|O`) encoded by {ids:?} are not supported"
            ))
            .help("texts encoded by `vlen-utf8` are"));
        }
        if let Some(n) = kind.strip_prefix('U').and_then(length) {
            let layout = Layout::Utf32 { len: n, big_endian };
            return Ok((Stored { dtype: DType::Str, layout }, raw(4 * n)));
        }
        if let Some(n) = kind.strip_prefix('S').and_then(length) {
            return Ok((Stored { dtype: DType::Bytes(n as u32), layout: Layout::Bytes(n) }, raw(n)));
        }
        for (prefix, is_datetime) in [("M8[", true), ("m8[", false)] {
            if let Some(unit) = kind.strip_prefix(prefix).and_then(|u| u.strip_suffix(']')) {
                let letters = unit.trim_start_matches(|c: char| c.is_ascii_digit());
                let factor = match &unit[..unit.len() - letters.len()] {
                    "" => 1,
                    digits => digits.parse().map_err(|_| unknown())?,
                };
                return Ok((time(is_datetime, letters, factor)?, Value::String(format!("{order}i8"))));
            }
        }
        Err(unknown())
    }

    /// The type of a v3 array, and the name under which `zarrs` reads it. `big_endian` is what the
    /// `bytes` codec says.
    ///
    /// # Errors
    /// If there is no dtype of ours for it.
    pub fn from_v3(data_type: &Value, big_endian: bool) -> Result<(Stored, Value)> {
        let name = data_type.as_str().or_else(|| data_type["name"].as_str());
        let Some(name) = name else {
            return Err(Error::storage(format!("`data_type` is {data_type}, not a name")));
        };
        let configuration = &data_type["configuration"];
        let plain = match name {
            "bool" => Some(DType::Bool),
            "int8" => Some(DType::I8),
            "int16" => Some(DType::I16),
            "int32" => Some(DType::I32),
            "int64" => Some(DType::I64),
            "uint8" => Some(DType::U8),
            "uint16" => Some(DType::U16),
            "uint32" => Some(DType::U32),
            "uint64" => Some(DType::U64),
            "float32" => Some(DType::F32),
            "float64" => Some(DType::F64),
            "complex64" => Some(DType::C64),
            "complex128" => Some(DType::C128),
            _ => None,
        };
        if let Some(dtype) = plain {
            return Ok((Stored::plain(dtype), name.into()));
        }
        let length_bytes = || {
            let n = configuration["length_bytes"].as_u64().and_then(|n| usize::try_from(n).ok());
            n.filter(|n| *n <= LONGEST)
                .ok_or_else(|| Error::storage(format!("data type `{name}` lacks a usable `length_bytes`")))
        };
        match name {
            "float16" => Ok((Stored { dtype: DType::F32, layout: Layout::Half }, name.into())),
            "string" => Ok((Stored { dtype: DType::Str, layout: Layout::Text }, name.into())),
            "fixed_length_utf32" => {
                let n = length_bytes()?;
                let layout = Layout::Utf32 { len: n / 4, big_endian };
                Ok((Stored { dtype: DType::Str, layout }, format!("r{}", 8 * n).into()))
            }
            "null_terminated_bytes" => {
                let n = length_bytes()?;
                let stored = Stored { dtype: DType::Bytes(n as u32), layout: Layout::Bytes(n) };
                Ok((stored, format!("r{}", 8 * n).into()))
            }
            "numpy.datetime64" | "numpy.timedelta64" => {
                let unit = configuration["unit"].as_str().unwrap_or("generic");
                let factor = configuration["scale_factor"].as_i64().unwrap_or(1);
                Ok((time(name == "numpy.datetime64", unit, factor)?, "int64".into()))
            }
            _ => Err(Error::unsupported(format!("data type `{name}` is not supported"))),
        }
    }

    /// The type under which elements of a dtype are written, and the serialising codec for it.
    ///
    /// # Errors
    /// If Zarr has no type for it.
    pub fn for_writing(dtype: DType) -> Result<(Stored, Value, Value)> {
        let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
        let bare_bytes = json!({"name": "bytes"});
        let times = |name: &str, unit: TimeUnit| json!({"name": name, "configuration": {"unit": unit.name(), "scale_factor": 1}});
        Ok(match dtype {
            DType::Bool | DType::I8 | DType::U8 => {
                (Stored::plain(dtype), dtype.to_string().into(), bare_bytes)
            }
            DType::Str => {
                let codec = json!({"name": "vlen-utf8", "configuration": {}});
                (Stored { dtype, layout: Layout::Text }, "string".into(), codec)
            }
            DType::Bytes(n) => {
                // numpy has no byte strings of length 0.
                let n = (n as usize).max(1);
                let name = json!({"name": "null_terminated_bytes", "configuration": {"length_bytes": n}});
                (Stored { dtype, layout: Layout::Bytes(n) }, name, bare_bytes)
            }
            DType::Datetime { unit, calendar: Calendar::ProlepticGregorian } => {
                (Stored::plain(dtype), times("numpy.datetime64", unit), bytes)
            }
            DType::Datetime { .. } => {
                return Err(Error::unsupported(format!("Zarr has no data type for {dtype}"))
                    .help("encode the times by the CF conventions, which writing a Dataset does"));
            }
            DType::Timedelta { unit } => (Stored::plain(dtype), times("numpy.timedelta64", unit), bytes),
            _ => (Stored::plain(dtype), dtype.to_string().into(), bytes),
        })
    }

    /// The numpy type under which elements of a dtype are written in v2, and the filters before the bytes.
    ///
    /// # Errors
    /// If Zarr has no type for it.
    pub fn for_writing_v2(dtype: DType) -> Result<(Stored, String, Value)> {
        let (stored, ..) = Self::for_writing(dtype)?;
        match dtype {
            DType::Str => Ok((stored, "|O".into(), json!([{"id": "vlen-utf8"}]))),
            _ => Ok((stored, numpy_name(dtype, false), Value::Null)),
        }
    }

    /// A fill value that `zarrs` accepts for the type; we fill in missing chunks ourselves.
    pub fn neutral_fill(&self) -> Value {
        match self.layout {
            Layout::Half => json!(0.0),
            Layout::Ticks(_) => json!(0),
            Layout::Text => json!(""),
            Layout::Utf32 { .. } | Layout::Bytes(_) => {
                base64::encode(&vec![0; self.item_bytes().unwrap_or(0)]).into()
            }
            Layout::Plain => match self.dtype {
                DType::Bool => json!(false),
                DType::C64 | DType::C128 => json!([0.0, 0.0]),
                DType::F32 | DType::F64 => json!(0.0),
                _ => json!(0),
            },
        }
    }
}

/// numpy's name of a dtype other than text of any length, in a byte order.
pub fn numpy_name(dtype: DType, big_endian: bool) -> String {
    let order = match dtype.size() {
        1 => '|',
        _ if big_endian => '>',
        _ => '<',
    };
    match dtype {
        DType::Bytes(n) => format!("|S{}", n.max(1)),
        DType::Datetime { unit, .. } => format!("{order}M8[{}]", unit.name()),
        DType::Timedelta { unit } => format!("{order}m8[{}]", unit.name()),
        _ => {
            let kind = match dtype {
                DType::Bool => 'b',
                DType::F32 | DType::F64 => 'f',
                DType::C64 | DType::C128 => 'c',
                DType::U8 | DType::U16 | DType::U32 | DType::U64 => 'u',
                _ => 'i',
            };
            format!("{order}{kind}{}", dtype.size())
        }
    }
}

/// Times counted in `factor` of numpy's unit.
fn time(is_datetime: bool, unit: &str, factor: i64) -> Result<Stored> {
    let (ticks, unit) = match unit {
        "ns" => (1, TimeUnit::Ns),
        "us" | "μs" => (1, TimeUnit::Us),
        "ms" => (1, TimeUnit::Ms),
        "s" => (1, TimeUnit::S),
        "m" => (60, TimeUnit::S),
        "h" => (3600, TimeUnit::S),
        "D" => (86_400, TimeUnit::S),
        "W" => (7 * 86_400, TimeUnit::S),
        _ => {
            return Err(Error::unsupported(format!("times in numpy's unit `{unit}` are not supported"))
                .known(["W", "D", "h", "m", "s", "ms", "us", "ns"]));
        }
    };
    let dtype = if is_datetime {
        DType::Datetime { unit, calendar: Calendar::ProlepticGregorian }
    } else {
        DType::Timedelta { unit }
    };
    let factor = factor
        .checked_mul(ticks)
        .filter(|f| *f > 0)
        .ok_or_else(|| Error::storage(format!("times in steps of {factor} units")))?;
    Ok(Stored { dtype, layout: if factor == 1 { Layout::Plain } else { Layout::Ticks(factor) } })
}
