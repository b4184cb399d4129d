//! The commonest codecs without a copy: numbers are decoded to where they stay, in memory that nobody has
//! cleared before.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::mem::MaybeUninit;

use blosc_src::{blosc_cbuffer_validate, blosc_decompress_ctx};
use bytemuck::Pod;
use serde_json::Value;
use zstd::zstd_safe::{self, WriteBuf};

/// What alone lies between stored bytes and numbers as memory holds them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Direct {
    Nothing,
    Zstd,
    Blosc,
}

impl Direct {
    /// The codec of a metadata document, v2 or v3; `None` where there are others or the bytes have another order.
    pub fn of(doc: &Value) -> Option<Direct> {
        if cfg!(target_endian = "big") {
            return None;
        }
        let one = match (&doc["codecs"], &doc["dtype"]) {
            (Value::Array(codecs), _) => {
                let (bytes, compressors) = codecs.split_first()?;
                let plain = bytes["name"].as_str().or_else(|| bytes.as_str()) == Some("bytes")
                    && bytes["configuration"]["endian"] != "big";
                match compressors {
                    _ if !plain => return None,
                    [] => return Some(Direct::Nothing),
                    [one] => one["name"].as_str().or_else(|| one.as_str()),
                    _ => return None,
                }
            }
            (_, Value::String(dtype)) => {
                let filtered = doc["filters"].as_array().is_some_and(|f| !f.is_empty());
                if filtered || dtype.starts_with('>') || doc["order"] != "C" {
                    return None;
                }
                if doc["compressor"].is_null() {
                    return Some(Direct::Nothing);
                }
                doc["compressor"]["id"].as_str()
            }
            _ => return None,
        };
        match one? {
            "zstd" => Some(Direct::Zstd),
            "blosc" => Some(Direct::Blosc),
            _ => None,
        }
    }

    /// So many numbers; `None` if the bytes do not hold them.
    pub fn decode<T: Pod>(self, bytes: &[u8], count: usize) -> Option<Vec<T>> {
        let mut numbers: Vec<T> = Vec::new();
        numbers.try_reserve_exact(count).ok()?;
        if !self.fill(bytes, &mut numbers.spare_capacity_mut()[..count]) {
            return None;
        }
        // SAFETY: there is room for `count` numbers, every byte of them was written, and any bytes are a number.
        unsafe { numbers.set_len(count) };
        Some(numbers)
    }

    /// Decodes to numbers that are there already. False if the bytes do not hold as many; then they may be any.
    pub fn decode_to<T: Pod>(self, bytes: &[u8], numbers: &mut [T]) -> bool {
        // SAFETY: the same memory; `fill` writes bytes of numbers to it and nothing else.
        let place = unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), numbers.len()) };
        self.fill::<T>(bytes, place)
    }

    /// Whether every byte of the numbers was written.
    fn fill<T: Pod>(self, bytes: &[u8], numbers: &mut [MaybeUninit<T>]) -> bool {
        let mut place = Uncleared::new(numbers);
        let length = place.bytes.len();
        let filled = match self {
            Direct::Nothing if bytes.len() == length => Some(place.bytes.write_copy_of_slice(bytes).len()),
            Direct::Nothing => None,
            Direct::Zstd => zstd_safe::decompress(&mut place, bytes).ok(),
            Direct::Blosc => blosc(bytes, place.bytes),
        };
        filled == Some(length)
    }
}

/// Decodes to a place: how many bytes were written, if these are as many as there belong.
fn blosc(bytes: &[u8], place: &mut [MaybeUninit<u8>]) -> Option<usize> {
    let (from, mut declared) = (bytes.as_ptr().cast::<c_void>(), 0);
    // SAFETY: `from` can be read for as many bytes as are told.
    let broken = unsafe { blosc_cbuffer_validate(from, bytes.len(), &raw mut declared) } != 0;
    if broken || declared != place.len() {
        return None;
    }
    // SAFETY: the header tells as many bytes as there are at `from`, and at most `place.len()` are written, all of
    // which are borrowed here.
    let written = unsafe { blosc_decompress_ctx(from, place.as_mut_ptr().cast(), place.len(), 1) };
    usize::try_from(written).ok()
}

/// Bytes that are written before they are read.
struct Uncleared<'a> {
    bytes: &'a mut [MaybeUninit<u8>],
    filled: usize,
}

impl<'a> Uncleared<'a> {
    fn new<T: Pod>(numbers: &'a mut [MaybeUninit<T>]) -> Self {
        let length = size_of_val(numbers);
        // SAFETY: the same memory, borrowed as long, in elements without alignment; what is written to it are
        // numbers, whatever the bytes.
        let bytes = unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), length) };
        Uncleared { bytes, filled: 0 }
    }
}

// SAFETY: the pointer is that of `capacity` bytes, and only those that were written are read.
unsafe impl WriteBuf for Uncleared<'_> {
    fn as_slice(&self) -> &[u8] {
        // SAFETY: whoever calls `filled_until` has written that many bytes.
        unsafe { self.bytes[..self.filled].assume_init_ref() }
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }

    fn as_mut_ptr(&mut self) -> *mut u8 {
        self.bytes.as_mut_ptr().cast()
    }

    unsafe fn filled_until(&mut self, n: usize) {
        self.filled = n;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn codecs_are_told_from_documents() {
        let v3 = |codecs: Value| Direct::of(&json!({"codecs": codecs}));
        let little = json!({"name": "bytes", "configuration": {"endian": "little"}});
        let zstd = json!({"name": "zstd", "configuration": {"level": 3}});
        assert_eq!(v3(json!([little])), Some(Direct::Nothing));
        assert_eq!(v3(json!(["bytes", {"name": "blosc"}])), Some(Direct::Blosc));
        assert_eq!(v3(json!([little, zstd])), Some(Direct::Zstd));
        assert_eq!(v3(json!([{"name": "bytes", "configuration": {"endian": "big"}}, zstd])), None);
        assert_eq!(v3(json!([little, zstd, "crc32c"])), None);
        assert_eq!(v3(json!(["transpose", little, zstd])), None);
        let v2 = |dtype: &str, order: &str, filters: Value, compressor: Value| {
            Direct::of(&json!({"dtype": dtype, "order": order, "filters": filters, "compressor": compressor}))
        };
        assert_eq!(v2("<f4", "C", Value::Null, json!({"id": "blosc"})), Some(Direct::Blosc));
        assert_eq!(v2("|i1", "C", json!([]), Value::Null), Some(Direct::Nothing));
        assert_eq!(v2(">f4", "C", Value::Null, json!({"id": "blosc"})), None);
        assert_eq!(v2("<f4", "F", Value::Null, json!({"id": "zstd"})), None);
        assert_eq!(v2("<f4", "C", json!([{"id": "delta"}]), json!({"id": "zstd"})), None);
    }

    /// Bytes as blosc packs them.
    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packed = vec![0; bytes.len() + 16];
        // SAFETY: both buffers are borrowed for as many bytes as are told, and the name ends with a zero.
        let length = unsafe {
            blosc_src::blosc_compress_ctx(
                5,
                1,
                4,
                bytes.len(),
                bytes.as_ptr().cast(),
                packed.as_mut_ptr().cast(),
                packed.len(),
                c"lz4".as_ptr(),
                0,
                1,
            )
        };
        packed.truncate(usize::try_from(length).unwrap());
        packed
    }

    #[test]
    fn blosc_is_decoded() {
        let numbers: Vec<f32> = (0..100_000).map(|i| (i % 1000) as f32).collect();
        let mut packed = packed(bytemuck::cast_slice(&numbers));
        assert!(packed.len() < 100_000);
        assert_eq!(Direct::Blosc.decode::<f32>(&packed, 100_000), Some(numbers.clone()));
        let mut place = vec![0f32; 100_000];
        assert!(Direct::Blosc.decode_to(&packed, &mut place) && place == numbers);
        assert_eq!(Direct::Blosc.decode::<f32>(&packed, 99_999), None);
        packed.pop();
        assert_eq!(Direct::Blosc.decode::<f32>(&packed, 100_000), None);
    }

    #[test]
    fn only_as_many_numbers_as_belong_are_decoded() {
        let numbers: Vec<f32> = (0..1000).map(|i| i as f32 / 3.0).collect();
        let bytes: &[u8] = bytemuck::cast_slice(&numbers);
        let packed = zstd::bulk::compress(bytes, 3).unwrap();
        assert_eq!(Direct::Zstd.decode::<f32>(&packed, 1000), Some(numbers.clone()));
        assert_eq!(Direct::Nothing.decode::<f32>(bytes, 1000), Some(numbers.clone()));
        let mut place = vec![0f32; 1000];
        assert!(Direct::Zstd.decode_to(&packed, &mut place) && place == numbers);
        assert!(!Direct::Zstd.decode_to(&packed, &mut place[1..]));
        for count in [0, 999, 1001, usize::MAX] {
            assert_eq!(Direct::Zstd.decode::<f32>(&packed, count), None);
            assert_eq!(Direct::Nothing.decode::<f32>(bytes, count), None);
            assert_eq!(Direct::Blosc.decode::<f32>(&packed, count), None);
        }
        assert_eq!(Direct::Zstd.decode::<f32>(&packed[..packed.len() - 9], 1000), None);
        assert_eq!(Direct::Blosc.decode::<f32>(&[], 1000), None);
    }
}
