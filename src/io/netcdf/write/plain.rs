//! The elements of a block as bytes, in the order of this machine.

use std::borrow::Cow;

use crate::array::Block;
use crate::dtype::dispatch::with_real;
use crate::dtype::{DType, Element, Text};
use crate::error::{Error, Result};

/// Bytes of a reference to texts or lists in a heap of HDF5: a length, the address of the heap and a number in it.
pub(super) const HEAP_REFERENCE: usize = 16;

/// Bytes of an element in the file.
pub(super) fn element(dtype: DType) -> usize {
    match dtype {
        DType::Bytes(1) => 1,
        DType::Str => HEAP_REFERENCE,
        _ => dtype.size(),
    }
}

/// The bytes of numbers and of characters, which are one byte each.
pub(super) fn bytes(block: &Block) -> Result<Cow<'_, [u8]>> {
    with_real!(block.dtype().kind(), T => {
        Ok(Cow::Borrowed(bytemuck::cast_slice(slice::<T>(block)?)))
    }, else Ok(texts(block)?.map(char_byte).collect::<Vec<u8>>().into()))
}

/// The elements of a block of text; missing ones are empty.
pub(super) fn texts(block: &Block) -> Result<impl Iterator<Item = &str>> {
    Ok(slice::<Text>(block)?.iter().map(|t| t.as_str().unwrap_or("")))
}

/// The byte of a text of at most one latin-1 character.
fn char_byte(text: &str) -> u8 {
    text.chars().next().and_then(|c| u8::try_from(u32::from(c)).ok()).unwrap_or(0)
}

/// The elements of a contiguous block.
pub(super) fn slice<T: Element>(block: &Block) -> Result<&[T]> {
    block.as_slice::<T>().ok_or_else(|| Error::internal("a contiguous block has a slice"))
}
