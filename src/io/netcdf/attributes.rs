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
