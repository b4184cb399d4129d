//! How one element lies in a NetCDF file, and the step from its bytes to a [`Block`].

use std::sync::OnceLock;

use hdf5_reader::{ByteOrder, Datatype, StringPadding, StringSize, VarLenKind};
use netcdf_reader::NcType;

use crate::array::Block;
use crate::dtype::dispatch::with_real;
use crate::dtype::{DType, Text};
use crate::error::{Error, Result};

/// The stored form of an element.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Element {
    /// An integer or a float.
    Number {
        /// Its type in memory.
        dtype: DType,
        /// Whether the bytes must be turned round.
        swapped: bool,
    },
    /// One byte of text.
    Char,
    /// Text of so many bytes.
    FixedText(usize, StringPadding),
    /// A reference of so many bytes to text elsewhere in the file.
    Reference(usize),
}

impl Element {
    /// Of a classic file, whose numbers are big-endian.
    pub(super) fn of_classic(t: &NcType) -> Result<Self> {
        let dtype = match t {
            NcType::Char => return Ok(Element::Char),
            NcType::Byte => DType::I8,
            NcType::UByte => DType::U8,
            NcType::Short => DType::I16,
            NcType::UShort => DType::U16,
            NcType::Int => DType::I32,
            NcType::UInt => DType::U32,
            NcType::Int64 => DType::I64,
            NcType::UInt64 => DType::U64,
            NcType::Float => DType::F32,
            NcType::Double => DType::F64,
            other => return Err(Error::unsupported(format!("a variable of type {other:?}"))),
        };
        Ok(Element::Number { dtype, swapped: cfg!(target_endian = "little") && dtype.size() > 1 })
    }

    /// Of an HDF5 dataset; `reference` is the length of its references.
    pub(super) fn of_hdf5(t: &Datatype, reference: usize) -> Result<Self> {
        let number = |dtype: DType, order: &ByteOrder| {
            let big = matches!(order, ByteOrder::BigEndian);
            Ok(Element::Number { dtype, swapped: big != cfg!(target_endian = "big") && dtype.size() > 1 })
        };
        match t {
            Datatype::FixedPoint { size, signed, byte_order } => match (size, signed) {
                (1, true) => number(DType::I8, byte_order),
                (1, false) => number(DType::U8, byte_order),
                (2, true) => number(DType::I16, byte_order),
                (2, false) => number(DType::U16, byte_order),
                (4, true) => number(DType::I32, byte_order),
                (4, false) => number(DType::U32, byte_order),
                (8, true) => number(DType::I64, byte_order),
                (8, false) => number(DType::U64, byte_order),
                (n, _) => Err(Error::unsupported(format!("integers of {n} bytes"))),
            },
            Datatype::FloatingPoint { size: 4, byte_order } => number(DType::F32, byte_order),
            Datatype::FloatingPoint { size: 8, byte_order } => number(DType::F64, byte_order),
            Datatype::FloatingPoint { size, .. } => {
                Err(Error::unsupported(format!("floating-point numbers of {size} bytes")))
            }
            Datatype::Enum { base, .. } => Element::of_hdf5(base, reference),
            Datatype::String { size: StringSize::Fixed(1), .. } => Ok(Element::Char),
            Datatype::String { size: StringSize::Fixed(n), padding, .. } if *n > 0 => {
                Ok(Element::FixedText(*n as usize, *padding))
            }
            Datatype::String { size: StringSize::Variable, .. } => Ok(Element::Reference(reference)),
            Datatype::VarLen { base, kind: VarLenKind::String, .. } if base.is_vlen_string_base() => {
                Ok(Element::Reference(reference))
            }
            Datatype::String { .. } => Err(Error::unsupported("texts without bytes")),
            Datatype::Compound { .. } => Err(Error::unsupported("compound types")),
            Datatype::Array { .. } => Err(Error::unsupported("array types")),
            Datatype::VarLen { .. } => Err(Error::unsupported("variable-length types other than text")),
            Datatype::Opaque { .. } => Err(Error::unsupported("opaque types")),
            other => Err(Error::unsupported(format!("the HDF5 type {other:?}"))),
        }
    }

    /// The type in memory.
    pub(super) fn dtype(&self) -> DType {
        match self {
            Element::Number { dtype, .. } => *dtype,
            Element::Char => DType::Bytes(1),
            Element::FixedText(..) | Element::Reference(_) => DType::Str,
        }
    }

    /// Bytes in the file.
    pub(super) fn size(&self) -> usize {
        match self {
            Element::Number { dtype, .. } => dtype.size(),
            Element::Char => 1,
            Element::FixedText(n, _) | Element::Reference(n) => *n,
        }
    }

    /// A block of `shape` whose stored bytes `fill` writes; numbers are read in place, texts are
    /// made from the bytes (`follow` gives the text behind a reference).
    pub(super) fn block(
        &self,
        shape: &[usize],
        fill: impl FnOnce(&mut [u8]) -> Result<()>,
        mut follow: impl FnMut(&[u8]) -> Result<Vec<u8>>,
    ) -> Result<Block> {
        let n: usize = shape.iter().product();
        if let Element::Number { dtype, swapped } = self {
            return with_real!(dtype.kind(), T => {
                let mut values = vec![<T as num_traits::Zero>::zero(); n];
                fill(bytemuck::cast_slice_mut(&mut values))?;
                if *swapped {
                    swap_bytes(bytemuck::cast_slice_mut(&mut values), size_of::<T>());
                }
                Block::from_vec(shape, values)
            }, else unreachable!("numbers of files are real"));
        }
        let mut bytes = vec![0; n * self.size()];
        fill(&mut bytes)?;
        let texts = match self {
            Element::Char => bytes.iter().map(|&b| latin1()[b as usize].clone()).collect(),
            Element::FixedText(size, padding) => {
                bytes.chunks_exact(*size).map(|b| text(unpadded(b, *padding))).collect()
            }
            _ => bytes
                .chunks_exact(self.size())
                .map(|r| Ok(text(&follow(r)?)))
                .collect::<Result<Vec<Text>>>()?,
        };
        Ok(Block::from_vec(shape, texts)?.retype(self.dtype()))
    }
}

/// Numbers of this machine as big-endian ones.
pub(super) fn swap_to_big_endian(bytes: &mut [u8], size: usize) {
    if cfg!(target_endian = "little") {
        swap_bytes(bytes, size);
    }
}

/// Turns the bytes of each number round.
fn swap_bytes(bytes: &mut [u8], size: usize) {
    fn each<const N: usize>(bytes: &mut [u8]) {
        for b in bytes.as_chunks_mut::<N>().0 {
            b.reverse();
        }
    }
    match size {
        2 => each::<2>(bytes),
        4 => each::<4>(bytes),
        8 => each::<8>(bytes),
        _ => {}
    }
}

/// Text as C sees it: up to the first NUL, which some writers count in its length.
fn text(bytes: &[u8]) -> Text {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).as_ref().into()
}

fn unpadded(bytes: &[u8], padding: StringPadding) -> &[u8] {
    let cut = match padding {
        StringPadding::NullTerminate => bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len()),
        StringPadding::NullPad => bytes.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1),
        StringPadding::SpacePad => bytes.iter().rposition(|&b| b != b' ').map_or(0, |i| i + 1),
    };
    &bytes[..cut]
}

/// One text for each byte: characters are many and alike.
fn latin1() -> &'static [Text; 256] {
    static TEXTS: OnceLock<[Text; 256]> = OnceLock::new();
    TEXTS.get_or_init(|| {
        std::array::from_fn(|b| match b {
            0 => Text::from(""),
            b => String::from(b as u8 as char).into(),
        })
    })
}
