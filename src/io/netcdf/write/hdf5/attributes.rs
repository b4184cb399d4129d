//! Attributes as HDF5 has them.

use netcdf_reader::NcAttrValue;

use super::super::plain::HEAP_REFERENCE;
use super::dense::{Dense, Put};
use super::header::{ATTRIBUTE, ATTRIBUTE_INFO, Header};
use super::heap::Heap;
use super::types;
use crate::dtype::DType;
use crate::error::{Error, Result};

/// A header has no longer messages.
const LONGEST_IN_HEADER: usize = 65_535;

/// An attribute, its values encoded.
pub(super) struct Attribute {
    name: String,
    datatype: Vec<u8>,
    dataspace: Vec<u8>,
    data: Vec<u8>,
}

impl Attribute {
    /// An attribute of a user's. Text beyond ASCII has variable length, as netCDF4-python writes it.
    pub(super) fn of(name: &str, value: &NcAttrValue, heap: &mut Heap) -> Result<Self> {
        macro_rules! numbers {
            ($dtype:ident, $values:expr) => {
                Self::numbers(name, DType::$dtype, bytemuck::cast_slice($values))
            };
        }
        match value {
            NcAttrValue::Chars(s) if s.is_ascii() => Ok(Self::fixed_text(name, s, s.len().max(1))),
            NcAttrValue::Chars(s) => Ok(Self::texts(name, std::slice::from_ref(s), heap)),
            NcAttrValue::Strings(v) => Ok(Self::texts(name, v, heap)),
            NcAttrValue::Bytes(v) => numbers!(I8, v),
            NcAttrValue::UBytes(v) => numbers!(U8, v),
            NcAttrValue::Shorts(v) => numbers!(I16, v),
            NcAttrValue::UShorts(v) => numbers!(U16, v),
            NcAttrValue::Ints(v) => numbers!(I32, v),
            NcAttrValue::UInts(v) => numbers!(U32, v),
            NcAttrValue::Int64s(v) => numbers!(I64, v),
            NcAttrValue::UInt64s(v) => numbers!(U64, v),
            NcAttrValue::Floats(v) => numbers!(F32, v),
            NcAttrValue::Doubles(v) => numbers!(F64, v),
            NcAttrValue::UserDefined { .. } => {
                Err(Error::internal(format!("attribute `{name}` has a type of the user's")))
            }
        }
    }

    fn new(name: &str, datatype: Vec<u8>, dataspace: Vec<u8>, data: Vec<u8>) -> Self {
        Attribute { name: name.to_string(), datatype, dataspace, data }
    }

    /// ASCII text in so many bytes.
    pub(super) fn fixed_text(name: &str, text: &str, bytes: usize) -> Self {
        let mut data = text.as_bytes().to_vec();
        data.resize(bytes, 0);
        Self::new(name, types::fixed_text(bytes), types::scalar(), data)
    }

    /// A list of numbers, given as their bytes.
    pub(super) fn numbers(name: &str, dtype: DType, data: &[u8]) -> Result<Self> {
        let count = data.len() / dtype.size();
        Ok(Self::new(name, types::of_dtype(dtype)?, list(count), data.to_vec()))
    }

    pub(super) fn int(name: &str, value: i32) -> Result<Self> {
        Ok(Self::new(name, types::of_dtype(DType::I32)?, types::scalar(), value.to_ne_bytes().to_vec()))
    }

    fn texts(name: &str, texts: &[String], heap: &mut Heap) -> Self {
        let mut data = Vec::with_capacity(texts.len() * HEAP_REFERENCE);
        texts.iter().for_each(|t| data.extend(heap.insert(t.as_bytes(), t.len())));
        Self::new(name, types::text(), list(texts.len()), data)
    }

    /// `DIMENSION_LIST`: for each axis the dataset that stands for its dimension.
    pub(super) fn dimension_list(scales: impl ExactSizeIterator<Item = u64>, heap: &mut Heap) -> Self {
        let dataspace = list(scales.len());
        let mut data = Vec::new();
        scales.for_each(|address| data.extend(heap.insert(&address.to_le_bytes(), 1)));
        Self::new("DIMENSION_LIST", types::reference_list(), dataspace, data)
    }

    /// `REFERENCE_LIST`: the datasets that a dimension is used by, and for which axis.
    pub(super) fn reference_list(uses: impl ExactSizeIterator<Item = (u64, u32)>) -> Self {
        let dataspace = list(uses.len());
        let mut data = Vec::with_capacity(uses.len() * types::USE);
        for (address, axis) in uses {
            data.extend(address.to_le_bytes());
            data.extend(axis.to_ne_bytes());
            data.resize(data.len().next_multiple_of(types::USE), 0);
        }
        Self::new("REFERENCE_LIST", types::dimension_use(), dataspace, data)
    }

    fn message(&self) -> Vec<u8> {
        let mut out = vec![3, 0];
        for len in [self.name.len() + 1, self.datatype.len(), self.dataspace.len()] {
            out.extend((len as u16).to_le_bytes());
        }
        out.push(u8::from(!self.name.is_ascii()));
        out.extend(self.name.as_bytes());
        out.push(0);
        [&self.datatype, &self.dataspace, &self.data].iter().for_each(|part| out.extend(*part));
        out
    }
}

/// Numbers and texts in a list; one without elements has no shape.
fn list(count: usize) -> Vec<u8> {
    match count {
        0 => types::null(),
        n => types::array([(n as u64, false)]),
    }
}

/// Puts the attributes of an object into its header, or beside it, if one is too long.
pub(super) fn push_all(header: &mut Header, attributes: &[Attribute], put: Put<'_>) -> Result<()> {
    let count = u16::try_from(attributes.len())
        .map_err(|_| Error::unsupported(format!("{} attributes of one variable", attributes.len())))?;
    let messages: Vec<_> = attributes.iter().map(|a| (a.name.as_str(), a.message())).collect();
    let fit = messages.iter().all(|(_, m)| m.len() <= LONGEST_IN_HEADER);
    let dense = if fit { Dense::NONE } else { Dense::write(&messages, put)? };
    let mut info = vec![0, 3];
    info.extend(count.to_le_bytes());
    [dense.heap, dense.by_name, dense.in_order].iter().for_each(|a| info.extend(a.to_le_bytes()));
    header.push(ATTRIBUTE_INFO, &info)?;
    if fit {
        for (number, (_, message)) in messages.iter().enumerate() {
            header.push_ordered(ATTRIBUTE, number as u16, message)?;
        }
    }
    Ok(())
}
