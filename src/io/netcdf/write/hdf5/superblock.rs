//! The first bytes of the file, and what all of HDF5's metadata has in common.

use hdf5_reader::checksum::jenkins_lookup3;

/// Bytes of the superblock.
pub(super) const LENGTH: u64 = 48;

/// The address of what is not there.
pub(super) const NOWHERE: u64 = u64::MAX;

/// Version 2, with addresses and lengths of 8 bytes.
pub(super) fn encode(end: u64, root: u64) -> Vec<u8> {
    let mut out = b"\x89HDF\r\n\x1a\n".to_vec();
    out.extend([2, 8, 8, 0]);
    for address in [0, NOWHERE, end, root] {
        out.extend(address.to_le_bytes());
    }
    with_checksum(out)
}

/// Metadata with the checksum that ends them.
pub(super) fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = jenkins_lookup3(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}
