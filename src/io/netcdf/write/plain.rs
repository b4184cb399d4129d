//! The elements of a block as bytes, in the order of this machine.

use std::borrow::Cow;

use crate::array::Block;
use crate::dtype::Text;
use crate::dtype::dispatch::with_real;
use crate::error::{Error, Result};

/// The bytes of numbers and of characters, which are one byte each.
pub(super) fn bytes(block: &Block) -> Result<Cow<'_, [u8]>> {
    with_real!(block.dtype().kind(), T => {
        let values = block.as_slice::<T>().ok_or_else(scattered)?;
        Ok(Cow::Borrowed(bytemuck::cast_slice(values)))
    }, else Ok(texts(block)?.map(char_byte).collect::<Vec<u8>>().into()))
}

/// The elements of a block of text; missing ones are empty.
pub(super) fn texts(block: &Block) -> Result<impl Iterator<Item = &str>> {
    Ok(block.as_slice::<Text>().ok_or_else(scattered)?.iter().map(|t| t.as_str().unwrap_or("")))
}

/// The byte of a text of at most one latin-1 character.
fn char_byte(text: &str) -> u8 {
    text.chars().next().and_then(|c| u8::try_from(u32::from(c)).ok()).unwrap_or(0)
}

fn scattered() -> Error {
    Error::internal("a contiguous block has a slice")
}
