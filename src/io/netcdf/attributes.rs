//! Attributes of NetCDF files and ours.

use netcdf_reader::{NcAttrValue, NcAttribute};

use crate::array::Block;
use crate::dtype::{Element, Text};
use crate::labels::{AttrValue, Attrs};

/// The attributes that we can hold; those of compound and the like are left out.
pub(super) fn from_nc(attributes: &[NcAttribute]) -> Attrs {
    attributes.iter().filter_map(|a| Some((a.name.clone(), value(&a.value)?))).collect()
}

/// One value: a scalar where there is one element, as netCDF4-python gives it.
fn value(value: &NcAttrValue) -> Option<AttrValue> {
    Some(match value {
        NcAttrValue::Chars(s) => AttrValue::Str(s.clone()),
        NcAttrValue::Strings(v) => match &v[..] {
            [] => AttrValue::Str(String::new()),
            [s] => AttrValue::Str(s.clone()),
            _ => v.iter().map(|s| Text::from(s.as_str())).collect::<Vec<_>>().into(),
        },
        NcAttrValue::Bytes(v) => numbers(v),
        NcAttrValue::UBytes(v) => numbers(v),
        NcAttrValue::Shorts(v) => numbers(v),
        NcAttrValue::UShorts(v) => numbers(v),
        NcAttrValue::Ints(v) => numbers(v),
        NcAttrValue::UInts(v) => numbers(v),
        NcAttrValue::Int64s(v) => numbers(v),
        NcAttrValue::UInt64s(v) => numbers(v),
        NcAttrValue::Floats(v) => numbers(v),
        NcAttrValue::Doubles(v) => numbers(v),
        NcAttrValue::UserDefined { .. } => return None,
    })
}

fn numbers<T: Element>(v: &[T]) -> AttrValue {
    match v {
        [one] => AttrValue::Array(Block::scalar(one.clone())),
        many => many.to_vec().into(),
    }
}

/// One value of ours, if NetCDF can hold it.
pub(super) fn to_nc_value(value: &AttrValue) -> Option<NcAttrValue> {
    use crate::dtype::Kind;
    let b = match value {
        AttrValue::Str(s) => return Some(NcAttrValue::Chars(s.clone())),
        AttrValue::Json(serde_json::Value::Bool(v)) => return Some(NcAttrValue::Bytes(vec![*v as i8])),
        AttrValue::Json(v) => return Some(NcAttrValue::Chars(v.to_string())),
        AttrValue::Array(b) if b.ndim() <= 1 => b,
        AttrValue::Array(_) => return None,
    };
    Some(match b.dtype().kind() {
        Kind::Bool => NcAttrValue::Bytes(b.get::<bool>()?.iter().map(|&v| v as i8).collect()),
        Kind::I8 => NcAttrValue::Bytes(b.to_vec().ok()?),
        Kind::I16 => NcAttrValue::Shorts(b.to_vec().ok()?),
        Kind::I32 => NcAttrValue::Ints(b.to_vec().ok()?),
        Kind::I64 => NcAttrValue::Int64s(b.to_vec().ok()?),
        Kind::U8 => NcAttrValue::UBytes(b.to_vec().ok()?),
        Kind::U16 => NcAttrValue::UShorts(b.to_vec().ok()?),
        Kind::U32 => NcAttrValue::UInts(b.to_vec().ok()?),
        Kind::U64 => NcAttrValue::UInt64s(b.to_vec().ok()?),
        Kind::F32 => NcAttrValue::Floats(b.to_vec().ok()?),
        Kind::F64 => NcAttrValue::Doubles(b.to_vec().ok()?),
        Kind::C64 | Kind::C128 => return None,
        Kind::Str => {
            let texts: Vec<String> =
                b.get::<Text>()?.iter().map(|t| t.as_str().unwrap_or("").to_string()).collect();
            match b.ndim() {
                0 => NcAttrValue::Chars(texts.into_iter().next()?),
                _ => NcAttrValue::Strings(texts),
            }
        }
    })
}
