//! Blocks as bytes, so that a plan can hold them.

use bytemuck::{cast_slice, pod_collect_to_vec};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Block;
use crate::dtype::dispatch::with_number;
use crate::dtype::{DType, Kind, Text};
use crate::error::{Error, Result};

#[derive(Serialize, Deserialize)]
struct Wire {
    dtype: DType,
    shape: Vec<usize>,
    bytes: serde_bytes::ByteBuf,
}

impl Block {
    /// The elements in row-major order as bytes of this machine; text as length-prefixed UTF-8
    /// (a missing one has length `u32::MAX`).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Block::from_vec(&[2], vec![1u16, 258])?.to_bytes(), [1, 0, 2, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.append_bytes(&mut out);
        out
    }

    /// Puts [`to_bytes`](Block::to_bytes) behind other bytes.
    pub(crate) fn append_bytes(&self, out: &mut Vec<u8>) {
        let b = self.clone().contiguous();
        with_number!(b.dtype().kind(), T => {
            out.extend_from_slice(cast_slice::<T, u8>(b.as_slice::<T>().expect("made contiguous")))
        }, else match b.dtype().kind() {
            Kind::Bool => out.extend(b.as_slice::<bool>().expect("made contiguous").iter().map(|&v| v as u8)),
            _ => {
                for t in b.as_slice::<Text>().expect("made contiguous") {
                    match t.as_str() {
                        Some(s) => {
                            out.extend((s.len() as u32).to_le_bytes());
                            out.extend(s.as_bytes());
                        }
                        None => out.extend(u32::MAX.to_le_bytes()),
                    }
                }
            }
        })
    }

    /// The block whose [`to_bytes`](Block::to_bytes) these are.
    ///
    /// # Errors
    /// If there are not as many bytes as dtype and shape ask for.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let block = Block::from_vec(&[2], vec![1u16, 258])?;
    /// assert_eq!(Block::from_bytes(DType::U16, &[2], &block.to_bytes())?, block);
    /// assert!(Block::from_bytes(DType::U16, &[3], &[0, 1]).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn from_bytes(dtype: DType, shape: &[usize], bytes: &[u8]) -> Result<Block> {
        let wrong = || {
            Error::storage(format!("{} bytes are not a block of {dtype} with shape {shape:?}", bytes.len()))
        };
        let size = shape.iter().try_fold(1usize, |n, &s| n.checked_mul(s)).ok_or_else(wrong)?;
        let fixed = !dtype.is_text();
        if fixed && size.checked_mul(dtype.size()) != Some(bytes.len()) {
            return Err(wrong());
        }
        let block = with_number!(dtype.kind(), T => {
            Block::from_vec::<T>(shape, pod_collect_to_vec(bytes))?
        }, else match dtype.kind() {
            Kind::Bool => Block::from_vec(shape, bytes.iter().map(|b| *b != 0).collect())?,
            _ => {
                let mut rest = bytes;
                let mut texts = Vec::new();
                while !rest.is_empty() {
                    let (n, tail) = rest.split_first_chunk::<4>().ok_or_else(wrong)?;
                    let n = u32::from_le_bytes(*n);
                    if n == u32::MAX {
                        texts.push(Text::MISSING);
                        rest = tail;
                    } else {
                        let (s, tail) = tail.split_at_checked(n as usize).ok_or_else(wrong)?;
                        texts.push(std::str::from_utf8(s).map_err(|_| wrong())?.into());
                        rest = tail;
                    }
                }
                if texts.len() != size {
                    return Err(wrong());
                }
                Block::from_vec(shape, texts)?
            }
        });
        Ok(block.retype(dtype))
    }
}

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        Wire {
            dtype: self.dtype(),
            shape: self.shape().to_vec(),
            bytes: serde_bytes::ByteBuf::from(self.to_bytes()),
        }
        .serialize(s)
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let w = Wire::deserialize(d)?;
        Block::from_bytes(w.dtype, &w.shape, &w.bytes).map_err(D::Error::custom)
    }
}

/// The same dtype, shape and bits.
impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        self.same_bits(other)
    }
}
