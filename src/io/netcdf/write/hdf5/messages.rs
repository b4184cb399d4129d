//! The bodies of the messages of groups and datasets. Types are in `types`, attributes in `attributes`, filters in
//! `filters`.

use super::superblock::NOWHERE;

/// That links are kept in the order in which they were made, all of them in the header.
pub(super) fn link_info(count: usize) -> Vec<u8> {
    let mut out = vec![0, 3];
    out.extend((count as u64).to_le_bytes());
    // No heap and no indexes.
    [NOWHERE; 3].iter().for_each(|a| out.extend(a.to_le_bytes()));
    out
}

/// The defaults of a group.
pub(super) fn group_info() -> Vec<u8> {
    vec![0, 0]
}

/// A member of a group with its number.
pub(super) fn link(name: &str, number: usize, address: u64) -> Vec<u8> {
    const ORDERED: u8 = 4;
    const WITH_CHARSET: u8 = 16;
    const TWO_BYTES: u8 = 1;
    let mut out = vec![1, ORDERED | WITH_CHARSET | TWO_BYTES];
    out.extend((number as u64).to_le_bytes());
    out.push(u8::from(!name.is_ascii()));
    out.extend((name.len() as u16).to_le_bytes());
    out.extend(name.as_bytes());
    out.extend(address.to_le_bytes());
    out
}

/// What was never written: the bytes of one element, or zeros.
pub(super) fn fill_value(chunked: bool, value: Option<&[u8]>) -> Vec<u8> {
    // Room is made when something is written, for chunks one by one, and filled if there is a value to fill it with.
    let when = if chunked { 3 } else { 2 } | 2 << 2;
    match value {
        None => vec![3, when],
        Some(value) => {
            let mut out = vec![3, when | 0x20];
            out.extend((value.len() as u32).to_le_bytes());
            out.extend(value);
            out
        }
    }
}

/// All elements behind one another.
pub(super) fn contiguous(address: u64, bytes: u64) -> Vec<u8> {
    let mut out = vec![3, 1];
    out.extend(address.to_le_bytes());
    out.extend(bytes.to_le_bytes());
    out
}

/// Chunks in a B-tree.
pub(super) fn chunked(address: u64, chunk: &[usize], element: usize) -> Vec<u8> {
    let mut out = vec![3, 2, chunk.len() as u8 + 1];
    out.extend(address.to_le_bytes());
    chunk.iter().chain([&element]).for_each(|&n| out.extend((n as u32).to_le_bytes()));
    out
}
