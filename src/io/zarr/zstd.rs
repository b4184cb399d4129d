//! How large a Zstandard stream says it becomes: the codec allocates that much before it decodes, so a
//! broken header must be caught first.
//!
//! <https://github.com/facebook/zstd/blob/dev/doc/zstd_compression_format.md>

/// An upper bound of the decompressed bytes as the codec computes it; `None` where the frames are broken
/// (then the codec allocates nothing).
pub fn declared_bytes(mut data: &[u8]) -> Option<u64> {
    let mut total = 0u64;
    while !data.is_empty() {
        let (bytes, rest) = frame(data)?;
        total = total.saturating_add(bytes);
        data = rest;
    }
    Some(total)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b))
}

fn take<'a>(data: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (head, tail) = data.split_at_checked(n)?;
    *data = tail;
    Some(head)
}

/// The declared bytes of the first frame, and what follows it.
fn frame(mut data: &[u8]) -> Option<(u64, &[u8])> {
    let magic = number(take(&mut data, 4)?);
    if magic & 0xFFFF_FFF0 == 0x184D_2A50 {
        let skipped = number(take(&mut data, 4)?);
        take(&mut data, usize::try_from(skipped).ok()?)?;
        return Some((0, data));
    }
    if magic != 0xFD2F_B528 {
        return None;
    }
    let descriptor = take(&mut data, 1)?[0];
    let single_segment = descriptor & 0x20 != 0;
    let window = if single_segment {
        None
    } else {
        let b = take(&mut data, 1)?[0];
        let base = 1u64 << (10 + (b >> 3));
        Some(base + base / 8 * u64::from(b & 7))
    };
    take(&mut data, [0, 1, 2, 4][usize::from(descriptor & 3)])?;
    let size_bytes = match descriptor >> 6 {
        0 => usize::from(single_segment),
        n => 1 << n,
    };
    let content = take(&mut data, size_bytes)?;
    let content = match size_bytes {
        0 => None,
        2 => Some(number(content) + 256),
        _ => Some(number(content)),
    };
    let mut blocks = 0u64;
    loop {
        let header = number(take(&mut data, 3)?);
        let length = match (header >> 1) & 3 {
            1 => 1,
            3 => return None,
            _ => (header >> 3) as usize,
        };
        take(&mut data, length)?;
        blocks += 1;
        if header & 1 == 1 {
            break;
        }
    }
    if descriptor & 4 != 0 {
        take(&mut data, 4)?;
    }
    let largest_block = window.or(content).unwrap_or(u64::MAX).min(128 << 10);
    Some((content.unwrap_or(blocks.saturating_mul(largest_block)), data))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `zstd -c` of 5 bytes, with and without the size in the header.
    const SIZED: [u8; 14] = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 0x29, 0, 0, b'h', b'e', b'l', b'l', b'o'];
    const UNSIZED: [u8; 14] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x29, 0, 0, b'h', b'e', b'l', b'l', b'o'];

    #[test]
    fn sizes_are_read_from_the_header_or_bounded_by_blocks() {
        assert_eq!(declared_bytes(&SIZED), Some(5));
        assert_eq!(declared_bytes(&UNSIZED), Some(128 << 10));
        assert_eq!(declared_bytes(&[SIZED, SIZED].concat()), Some(10));
    }

    #[test]
    fn broken_frames_have_no_size() {
        assert_eq!(declared_bytes(&SIZED[..13]), None);
        assert_eq!(declared_bytes(b"garbage!"), None);
    }
}
