//! Base64 of a few bytes: how Zarr and xarray put fill values into JSON.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The standard form with padding.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let n = three.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for i in 0..4 {
            let digit = ALPHABET[(n >> (18 - 6 * i)) as usize & 63] as char;
            out.push(if i <= three.len() { digit } else { '=' });
        }
    }
    out
}

/// The bytes, if the text is base64.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut out = Vec::new();
    for four in digits.chunks(4) {
        let mut n = 0u32;
        for c in four {
            n = n << 6 | ALPHABET.iter().position(|a| a == c)? as u32;
        }
        n <<= 6 * (4 - four.len());
        out.extend_from_slice(&n.to_be_bytes()[1..four.len()]);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive() {
        for n in 0..9u8 {
            let bytes: Vec<u8> = (0..n).map(|i| i.wrapping_mul(97)).collect();
            assert_eq!(decode(&encode(&bytes)).as_deref(), Some(&bytes[..]));
        }
        assert_eq!(encode(&(-9.0f64).to_le_bytes()), "AAAAAAAAIsA=");
        assert_eq!(decode("AAAAAAAAIsA"), None);
        assert_eq!(decode("(AA="), None);
    }
}
