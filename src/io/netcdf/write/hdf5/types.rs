//! Datatype and dataspace messages: what an element is, and how many there are.

use super::super::plain::HEAP_REFERENCE;
use crate::dtype::DType;
use crate::error::{Error, Result};

const FIXED_POINT: u8 = 0x10;
const FLOATING_POINT: u8 = 0x11;
const STRING: u8 = 0x13;
const REFERENCE: u8 = 0x17;
const VARIABLE_LENGTH: u8 = 0x19;
/// Version 3, the one without padding.
const COMPOUND: u8 = 0x36;

/// The datatype of a variable.
pub(super) fn of_dtype(dtype: DType) -> Result<Vec<u8>> {
    let big = cfg!(target_endian = "big");
    Ok(match dtype {
        DType::Bytes(1) => fixed_text(1),
        DType::Str => text(),
        _ if dtype.is_integer() => {
            let signed = matches!(dtype, DType::I8 | DType::I16 | DType::I32 | DType::I64);
            integer(dtype.size(), signed, big)
        }
        DType::F32 => float32(big),
        DType::F64 => float(big, 8, 63, (52, 11), 1023),
        other => return Err(Error::internal(format!("{other} was to be refused before"))),
    })
}

fn head(class: u8, bits: [u8; 3], size: usize) -> Vec<u8> {
    let mut out = vec![class];
    out.extend(bits);
    out.extend((size as u32).to_le_bytes());
    out
}

fn integer(size: usize, signed: bool, big: bool) -> Vec<u8> {
    let mut out = head(FIXED_POINT, [u8::from(big) | u8::from(signed) << 3, 0, 0], size);
    out.extend(0u16.to_le_bytes());
    out.extend((8 * size as u16).to_le_bytes());
    out
}

/// The type of dimensions without a variable, big-endian as netCDF-C has it, too.
pub(super) fn float32(big: bool) -> Vec<u8> {
    float(big, 4, 31, (23, 8), 127)
}

fn float(big: bool, size: usize, sign: u8, (mantissa, exponent): (u8, u8), bias: u32) -> Vec<u8> {
    // The leading bit of the mantissa is implied.
    let mut out = head(FLOATING_POINT, [0x20 | u8::from(big), sign, 0], size);
    out.extend(0u16.to_le_bytes());
    out.extend((8 * size as u16).to_le_bytes());
    out.extend([mantissa, exponent, 0, mantissa]);
    out.extend(bias.to_le_bytes());
    out
}

/// ASCII text of so many bytes, ended by NUL if shorter.
pub(super) fn fixed_text(len: usize) -> Vec<u8> {
    head(STRING, [0, 0, 0], len)
}

/// UTF-8 text of any length.
pub(super) fn text() -> Vec<u8> {
    let mut out = head(VARIABLE_LENGTH, [1, 1, 0], HEAP_REFERENCE);
    out.extend(integer(1, false, false));
    out
}

/// Lists of references to objects.
pub(super) fn reference_list() -> Vec<u8> {
    let mut out = head(VARIABLE_LENGTH, [0, 0, 0], HEAP_REFERENCE);
    out.extend(head(REFERENCE, [0, 0, 0], 8));
    out
}

/// Bytes of a pair of a reference and the number of an axis, as C lays it out.
pub(super) const USE: usize = 16;

/// Which axis of which dataset a dimension is used for.
pub(super) fn dimension_use() -> Vec<u8> {
    let mut out = head(COMPOUND, [2, 0, 0], USE);
    out.extend(b"dataset\0\0");
    out.extend(head(REFERENCE, [0, 0, 0], 8));
    out.extend(b"dimension\0\x08");
    out.extend(integer(4, false, cfg!(target_endian = "big")));
    out
}

/// One element.
pub(super) fn scalar() -> Vec<u8> {
    vec![2, 0, 0, 0]
}

/// No element.
pub(super) fn null() -> Vec<u8> {
    vec![2, 0, 0, 2]
}

/// An array, of which the marked axes can grow.
pub(super) fn array(shape: impl IntoIterator<Item = (u64, bool)>) -> Vec<u8> {
    let (lengths, grows): (Vec<u64>, Vec<bool>) = shape.into_iter().unzip();
    if lengths.is_empty() {
        return scalar();
    }
    let mut out = vec![2, lengths.len() as u8, 1, 1];
    lengths.iter().for_each(|n| out.extend(n.to_le_bytes()));
    for (&n, &grows) in lengths.iter().zip(&grows) {
        out.extend(if grows { u64::MAX } else { n }.to_le_bytes());
    }
    out
}
