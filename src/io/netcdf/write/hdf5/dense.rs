//! Attributes outside of the header of their object: those of an object with one that is too long for a header.
//!
//! All of them are "huge objects" of a fractal heap, which lie in the file by themselves: a B-tree of the heap finds
//! them by number, two more by name and in order.

use hdf5_reader::checksum::jenkins_lookup3;

use super::superblock::{NOWHERE, with_checksum};
use crate::error::Result;

/// Writes bytes somewhere; gives the place.
pub(super) type Put<'a> = &'a dyn Fn(&[u8]) -> Result<u64>;

/// Bytes of the name of a heap's object.
const ID: usize = 8;
/// Longer objects are huge ones; shorter ones may be.
const LARGEST_MANAGED: u32 = 4096;

/// Where the attributes of an object are: the heap, the index by name, the index in order.
pub(super) struct Dense {
    pub(super) heap: u64,
    pub(super) by_name: u64,
    pub(super) in_order: u64,
}

impl Dense {
    /// Nothing: the attributes are in the header.
    pub(super) const NONE: Dense = Dense { heap: NOWHERE, by_name: NOWHERE, in_order: NOWHERE };

    /// Writes attributes, given as their names and messages in order.
    pub(super) fn write(attributes: &[(&str, Vec<u8>)], put: Put<'_>) -> Result<Dense> {
        let mut objects = Vec::new();
        let (mut names, mut order) = (Vec::new(), Vec::new());
        let mut total = 0;
        for (number, (name, message)) in attributes.iter().enumerate() {
            let id = number as u64 + 1;
            objects.extend(put(message)?.to_le_bytes());
            objects.extend((message.len() as u64).to_le_bytes());
            objects.extend(id.to_le_bytes());
            total += message.len() as u64;
            // The flags of a message, then the number of the attribute.
            let mut record = huge_id(id).to_vec();
            record.push(0);
            record.extend((number as u32).to_le_bytes());
            order.extend(&record);
            let hash = jenkins_lookup3(name.as_bytes());
            record.extend(hash.to_le_bytes());
            names.push((hash, *name, record));
        }
        names.sort_unstable();
        let names: Vec<u8> = names.into_iter().flat_map(|n| n.2).collect();
        let objects = tree(1, 24, &objects, put)?;
        Ok(Dense {
            heap: put(&heap(attributes.len() as u64, total, objects))?,
            by_name: tree(8, ID + 9, &names, put)?,
            in_order: tree(9, ID + 5, &order, put)?,
        })
    }
}

/// The name of a huge object.
fn huge_id(number: u64) -> [u8; ID] {
    let mut out = [0; ID];
    out[0] = 0x10;
    out[1..].copy_from_slice(&number.to_le_bytes()[..ID - 1]);
    out
}

/// The header of a fractal heap with huge objects only, and the library's parameters for attributes.
fn heap(count: u64, bytes: u64, objects: u64) -> Vec<u8> {
    let mut out = b"FRHP\0".to_vec();
    out.extend((ID as u16).to_le_bytes());
    // No filters; blocks would have checksums.
    out.extend([0, 0, 2]);
    out.extend(LARGEST_MANAGED.to_le_bytes());
    // The last number in use; the index of huge objects; no blocks.
    for v in [count, objects, 0, NOWHERE, 0, 0, 0, 0, bytes, count, 0, 0] {
        out.extend(v.to_le_bytes());
    }
    out.extend(4u16.to_le_bytes());
    out.extend(1024u64.to_le_bytes());
    out.extend(65536u64.to_le_bytes());
    out.extend(40u16.to_le_bytes());
    out.extend(1u16.to_le_bytes());
    out.extend(NOWHERE.to_le_bytes());
    out.extend(0u16.to_le_bytes());
    with_checksum(out)
}

/// A B-tree of version 2 with one leaf; its header's address.
fn tree(kind: u8, record: usize, records: &[u8], put: Put<'_>) -> Result<u64> {
    let mut leaf = b"BTLF\0".to_vec();
    leaf.push(kind);
    leaf.extend(records);
    leaf = with_checksum(leaf);
    let node = leaf.len().next_multiple_of(512);
    leaf.resize(node, 0);
    let root = put(&leaf)?;
    let count = records.len() / record;
    let mut out = b"BTHD\0".to_vec();
    out.push(kind);
    out.extend((node as u32).to_le_bytes());
    out.extend((record as u16).to_le_bytes());
    // No levels; nodes split when full and merge at 40 %.
    out.extend([0, 0, 100, 40]);
    out.extend(root.to_le_bytes());
    out.extend((count as u16).to_le_bytes());
    out.extend((count as u64).to_le_bytes());
    put(&with_checksum(out))
}
