//! The header of a classic file.

use netcdf_reader::{NcAttrValue, NcAttribute};

use super::super::super::attributes::to_nc_value;
use super::super::NetcdfFormat;
use super::super::definition::Definition;
use super::{padded, slab};
use crate::dtype::DType;
use crate::error::{Error, Result};

const DIMENSIONS: u32 = 10;
const VARIABLES: u32 = 11;
const ATTRIBUTES: u32 = 12;

/// Encodes the header; its length does not depend on the offsets of the variables.
pub(super) fn encode(
    definition: &Definition,
    record: Option<usize>,
    offsets: &[u64],
    format: NetcdfFormat,
) -> Result<Vec<u8>> {
    let mut out = Out::new(format);
    out.count(record.map_or(0, |d| definition.dims[d].0 as u64));
    out.list(DIMENSIONS, definition.dims.len());
    for (i, (dim, &(len, _))) in definition.dims.iter().enumerate() {
        out.text(dim);
        out.count(if record == Some(i) { 0 } else { len as u64 });
    }
    out.attributes(&definition.attributes)?;
    out.list(VARIABLES, definition.variables.len());
    for (v, &offset) in definition.variables.iter().zip(offsets) {
        out.text(&v.name);
        out.count(v.dims.len() as u64);
        v.dims.iter().for_each(|&d| out.count(d as u64));
        let mut attributes = v.attributes.clone();
        if let Some(fill) = &v.fill {
            let value = to_nc_value(&fill.clone().into());
            attributes.extend(value.map(|value| NcAttribute { name: "_FillValue".into(), value }));
        }
        out.attributes(&attributes)?;
        out.bytes.extend(type_code(v.dtype)?.to_be_bytes());
        let own = usize::from(v.is_record(record));
        out.size(padded(slab(v, &v.shape[own..])));
        out.offset(offset);
    }
    Ok(out.bytes)
}

/// A header that grows; numbers have the width of the format.
struct Out {
    bytes: Vec<u8>,
    format: NetcdfFormat,
}

impl Out {
    fn new(format: NetcdfFormat) -> Self {
        let version = match format {
            NetcdfFormat::Cdf1 => 1,
            NetcdfFormat::Cdf2 => 2,
            NetcdfFormat::Cdf5 | NetcdfFormat::Netcdf4 => 5,
        };
        Out { bytes: vec![b'C', b'D', b'F', version], format }
    }

    /// A length or a number.
    fn count(&mut self, n: u64) {
        match self.format.is_netcdf3() {
            true => self.bytes.extend((n as u32).to_be_bytes()),
            false => self.bytes.extend(n.to_be_bytes()),
        }
    }

    /// The bytes of a variable; all bits set where they are too many, which is legal for the last one.
    fn size(&mut self, n: u64) {
        match self.format.is_netcdf3() {
            true => self.bytes.extend(u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes()),
            false => self.bytes.extend(n.to_be_bytes()),
        }
    }

    fn offset(&mut self, n: u64) {
        match self.format {
            NetcdfFormat::Cdf1 => self.bytes.extend((n as u32).to_be_bytes()),
            _ => self.bytes.extend(n.to_be_bytes()),
        }
    }

    fn list(&mut self, tag: u32, len: usize) {
        self.bytes.extend(if len == 0 { 0 } else { tag }.to_be_bytes());
        self.count(len as u64);
    }

    fn text(&mut self, text: &str) {
        self.count(text.len() as u64);
        self.bytes.extend(text.as_bytes());
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn attributes(&mut self, attributes: &[NcAttribute]) -> Result<()> {
        self.list(ATTRIBUTES, attributes.len());
        for a in attributes {
            self.text(&a.name);
            macro_rules! numbers {
                ($code:expr, $values:expr) => {{
                    if $code > 6 && self.format.is_netcdf3() {
                        return Err(Error::dtype(format!(
                            "classic NetCDF files before CDF-5 have no integers as attribute `{}` has",
                            a.name
                        ))
                        .help("make them int32, or write the format Cdf5 or Netcdf4"));
                    }
                    self.bytes.extend(u32::to_be_bytes($code));
                    self.count($values.len() as u64);
                    $values.iter().for_each(|v| self.bytes.extend(v.to_be_bytes()));
                }};
            }
            match &a.value {
                NcAttrValue::Bytes(v) => numbers!(1, v),
                NcAttrValue::Chars(s) => numbers!(2, s.as_bytes()),
                NcAttrValue::Shorts(v) => numbers!(3, v),
                NcAttrValue::Ints(v) => numbers!(4, v),
                NcAttrValue::Floats(v) => numbers!(5, v),
                NcAttrValue::Doubles(v) => numbers!(6, v),
                NcAttrValue::UBytes(v) => numbers!(7, v),
                NcAttrValue::UShorts(v) => numbers!(8, v),
                NcAttrValue::UInts(v) => numbers!(9, v),
                NcAttrValue::Int64s(v) => numbers!(10, v),
                NcAttrValue::UInt64s(v) => numbers!(11, v),
                NcAttrValue::Strings(_) | NcAttrValue::UserDefined { .. } => {
                    return Err(Error::dtype(format!(
                        "classic NetCDF files have no lists of texts, as attribute `{}` is",
                        a.name
                    ))
                    .help("join them to one text, or write NetCDF4"));
                }
            }
            self.pad();
        }
        Ok(())
    }
}

fn type_code(dtype: DType) -> Result<u32> {
    Ok(match dtype {
        DType::I8 => 1,
        DType::Bytes(1) => 2,
        DType::I16 => 3,
        DType::I32 => 4,
        DType::F32 => 5,
        DType::F64 => 6,
        DType::U8 => 7,
        DType::U16 => 8,
        DType::U32 => 9,
        DType::I64 => 10,
        DType::U64 => 11,
        other => return Err(Error::internal(format!("{other} was to be refused before"))),
    })
}
