//! LZF (Marc Lehmann's LibLZF), the compressor of h5py's `compression="lzf"`.

/// Decompresses into at most `limit` bytes; `None` if the bytes are not LZF.
pub(super) fn decompress(mut input: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::new();
    while let Some((&control, rest)) = input.split_first() {
        input = rest;
        if control < 32 {
            let (literal, rest) = input.split_at_checked(control as usize + 1)?;
            out.extend_from_slice(literal);
            input = rest;
        } else {
            let mut length = usize::from(control >> 5);
            if length == 7 {
                let (&more, rest) = input.split_first()?;
                length += usize::from(more);
                input = rest;
            }
            let (&low, rest) = input.split_first()?;
            input = rest;
            let back = (usize::from(control & 31) << 8 | usize::from(low)) + 1;
            let start = out.len().checked_sub(back)?;
            // A copy may run into what it has just written.
            for i in start..start + length + 2 {
                out.push(out[i]);
            }
        }
        if out.len() > limit {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::decompress;

    #[test]
    fn literals_and_overlapping_copies_are_expanded() {
        // "abc", then 9 bytes from 3 back (length 7 + 0 + 2).
        assert_eq!(decompress(&[2, b'a', b'b', b'c', 7 << 5, 0, 2], 100).unwrap(), b"abcabcabcabc");
        assert!(decompress(&[2, b'a', b'b', b'c', 7 << 5, 0, 2], 5).is_none());
        assert!(decompress(&[7 << 5, 0, 2], 100).is_none());
    }
}
