//! Character arrays: text as NetCDF-3 stores it, one byte an element along a last dimension.

use serde::{Deserialize, Serialize};

use crate::array::Block;
use crate::dtype::{DType, Text};
use crate::error::{Error, Result};

/// Joins bytes along the last axis, and decodes them as UTF-8 where the file says so.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Join {
    /// `Bytes` of the length of the axis, or `Str`.
    pub(super) dtype: DType,
    /// Whether there is an axis of characters; else the elements are whole byte strings already.
    pub(super) chars: bool,
}

impl Join {
    pub(super) fn apply(&self, block: &Block) -> Result<Block> {
        let block = block.clone().contiguous();
        let (shape, width) = match (self.chars, block.shape().split_last()) {
            (true, Some((width, shape))) => (shape.to_vec(), *width),
            _ => (block.shape().to_vec(), 1),
        };
        let elements = block.typed::<Text>()?.to_owned().into_raw_vec_and_offset().0;
        let mut joined = Vec::with_capacity(shape.iter().product());
        for i in 0..shape.iter().product() {
            let row = &elements[i * width..(i + 1) * width];
            // An empty element is the byte 0, which only counts before others.
            let mut text = String::new();
            for t in row {
                match t.as_str() {
                    Some("") | None if self.chars => text.push('\0'),
                    Some(s) => text.push_str(s),
                    None => {}
                }
            }
            let text = text.trim_end_matches('\0');
            joined.push(match self.dtype {
                DType::Str => from_utf8(text)?.into(),
                _ => Text::from(text),
            });
        }
        Ok(Block::from_vec(&shape, joined)?.retype(self.dtype))
    }
}

/// The text whose UTF-8 bytes these latin-1 characters are.
fn from_utf8(latin1: &str) -> Result<String> {
    let bytes: Option<Vec<u8>> = latin1.chars().map(|c| u8::try_from(c as u32).ok()).collect();
    bytes
        .and_then(|b| String::from_utf8(b).ok())
        .ok_or_else(|| Error::storage(format!("{latin1:?} is not UTF-8, as its `_Encoding` says")))
}
