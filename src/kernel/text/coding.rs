//! Text as bytes and back. Bytes are kept as text of the characters U+0000 to U+00FF, one for each.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How characters become bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// One byte for the characters below U+0080.
    Ascii,
    /// One byte for the characters below U+0100.
    Latin1,
    /// UTF-16, little-endian after a byte order mark.
    Utf16,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// UTF-32, little-endian after a byte order mark.
    Utf32,
    /// UTF-32, low byte first.
    Utf32Le,
    /// UTF-32, high byte first.
    Utf32Be,
}

/// What becomes of what has no form in an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OnError {
    /// It is an error.
    #[default]
    Strict,
    /// It is left out.
    Ignore,
    /// `?` stands for it in bytes, U+FFFD in text.
    Replace,
}

impl FromStr for Encoding {
    type Err = Error;

    /// Python's names, as in `"utf-8"`, `"latin1"`.
    fn from_str(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_lowercase().replace(['_', ' '], "-").as_str() {
            "utf-8" | "utf8" => Encoding::Utf8,
            "ascii" | "us-ascii" => Encoding::Ascii,
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => Encoding::Latin1,
            "utf-16" | "utf16" => Encoding::Utf16,
            "utf-16-le" | "utf-16le" => Encoding::Utf16Le,
            "utf-16-be" | "utf-16be" => Encoding::Utf16Be,
            "utf-32" | "utf32" => Encoding::Utf32,
            "utf-32-le" | "utf-32le" => Encoding::Utf32Le,
            "utf-32-be" | "utf-32be" => Encoding::Utf32Be,
            _ => {
                let known = ["utf-8", "ascii", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-32"];
                return Err(Error::not_found("encoding", name, known));
            }
        })
    }
}

impl FromStr for OnError {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "strict" => Ok(OnError::Strict),
            "ignore" => Ok(OnError::Ignore),
            "replace" => Ok(OnError::Replace),
            _ => Err(Error::not_found("way with errors", name, ["strict", "ignore", "replace"])),
        }
    }
}

/// Writes the bytes of a text.
pub(super) fn encode(encoding: Encoding, on_error: OnError, s: &str, out: &mut String) -> Result<()> {
    let mut push = |bytes: &[u8]| out.extend(bytes.iter().map(|b| *b as char));
    match encoding {
        Encoding::Utf16 => push(&[0xff, 0xfe]),
        Encoding::Utf32 => push(&[0xff, 0xfe, 0, 0]),
        _ => {}
    }
    for c in s.chars() {
        let limit = match encoding {
            Encoding::Ascii => 0x80,
            Encoding::Latin1 => 0x100,
            _ => u32::MAX,
        };
        if c as u32 >= limit {
            match on_error {
                OnError::Strict => {
                    return Err(Error::invalid(format!(
                        "{c:?} of the text {s:?} has no form in {encoding:?}"
                    )));
                }
                OnError::Ignore => {}
                OnError::Replace => push(b"?"),
            }
            continue;
        }
        match encoding {
            Encoding::Ascii | Encoding::Latin1 => push(&[c as u8]),
            Encoding::Utf8 => push(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Encoding::Utf16 | Encoding::Utf16Le => {
                c.encode_utf16(&mut [0; 2]).iter().for_each(|u| push(&u.to_le_bytes()));
            }
            Encoding::Utf16Be => c.encode_utf16(&mut [0; 2]).iter().for_each(|u| push(&u.to_be_bytes())),
            Encoding::Utf32 | Encoding::Utf32Le => push(&(c as u32).to_le_bytes()),
            Encoding::Utf32Be => push(&(c as u32).to_be_bytes()),
        }
    }
    Ok(())
}

/// Writes the text that bytes stand for.
pub(super) fn decode(encoding: Encoding, on_error: OnError, s: &str, out: &mut String) -> Result<()> {
    let bytes: Vec<u8> = s.chars().map(|c| c as u8).collect();
    let mut broken = false;
    let mut push = |c: Option<char>| match (c, on_error) {
        (Some(c), _) => out.push(c),
        (None, OnError::Strict) => broken = true,
        (None, OnError::Ignore) => {}
        (None, OnError::Replace) => out.push(char::REPLACEMENT_CHARACTER),
    };
    match encoding {
        Encoding::Utf8 => {
            for chunk in bytes.utf8_chunks() {
                chunk.valid().chars().for_each(|c| push(Some(c)));
                if !chunk.invalid().is_empty() {
                    push(None);
                }
            }
        }
        Encoding::Ascii => bytes.iter().for_each(|b| push(b.is_ascii().then_some(*b as char))),
        Encoding::Latin1 => bytes.iter().for_each(|b| push(Some(*b as char))),
        Encoding::Utf16 | Encoding::Utf16Le | Encoding::Utf16Be => {
            let (big, body) = marked(&bytes, encoding, Encoding::Utf16, Encoding::Utf16Be, &[0xff, 0xfe]);
            let unit = |b: &[u8]| {
                let b = [b[0], b[1]];
                if big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }
            };
            let units = body.chunks_exact(2);
            let rest = !units.remainder().is_empty();
            char::decode_utf16(units.map(unit)).for_each(|c| push(c.ok()));
            if rest {
                push(None);
            }
        }
        Encoding::Utf32 | Encoding::Utf32Le | Encoding::Utf32Be => {
            let (big, body) =
                marked(&bytes, encoding, Encoding::Utf32, Encoding::Utf32Be, &[0xff, 0xfe, 0, 0]);
            let unit = |b: &[u8]| {
                let b = [b[0], b[1], b[2], b[3]];
                if big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
            };
            let units = body.chunks_exact(4);
            let rest = !units.remainder().is_empty();
            units.map(unit).for_each(|u| push(char::from_u32(u)));
            if rest {
                push(None);
            }
        }
    }
    if broken {
        return Err(Error::invalid(format!("the bytes {s:?} are no text in {encoding:?}"))
            .help("another encoding, or errors as \"replace\" or \"ignore\""));
    }
    Ok(())
}

/// Whether the high byte comes first, and the bytes without the byte order mark that says so.
fn marked<'a>(
    bytes: &'a [u8],
    encoding: Encoding,
    by_mark: Encoding,
    big: Encoding,
    little_mark: &[u8],
) -> (bool, &'a [u8]) {
    if encoding != by_mark {
        return (encoding == big, bytes);
    }
    let big_mark: Vec<u8> = little_mark.iter().rev().copied().collect();
    match (bytes.strip_prefix(&big_mark[..]), bytes.strip_prefix(little_mark)) {
        (Some(body), _) => (true, body),
        (_, Some(body)) => (false, body),
        _ => (false, bytes),
    }
}
