//! Object headers: the messages that describe a group or a dataset, behind one another.

use super::superblock::with_checksum;
use crate::error::{Error, Result};

pub(super) const DATASPACE: u8 = 0x01;
pub(super) const LINK_INFO: u8 = 0x02;
pub(super) const DATATYPE: u8 = 0x03;
pub(super) const FILL_VALUE: u8 = 0x05;
pub(super) const LINK: u8 = 0x06;
pub(super) const LAYOUT: u8 = 0x08;
pub(super) const GROUP_INFO: u8 = 0x0a;
pub(super) const FILTERS: u8 = 0x0b;
pub(super) const ATTRIBUTE: u8 = 0x0c;
pub(super) const ATTRIBUTE_INFO: u8 = 0x15;

/// The message never changes.
const CONSTANT: u8 = 1;
/// The message is never shared.
const UNSHARED: u8 = 4;

/// The order of attributes is kept, and can be asked for.
const ATTRIBUTES_IN_ORDER: u8 = 0x0c;

/// An object header of version 2.
#[derive(Default)]
pub(super) struct Header(Vec<u8>);

impl Header {
    pub(super) fn push(&mut self, kind: u8, body: &[u8]) -> Result<()> {
        self.push_ordered(kind, 0, body)
    }

    /// Adds a message with the number of an attribute.
    pub(super) fn push_ordered(&mut self, kind: u8, number: u16, body: &[u8]) -> Result<()> {
        let length = u16::try_from(body.len())
            .map_err(|_| Error::internal(format!("{} bytes in a message of a header", body.len())))?;
        let flags = match kind {
            DATATYPE | FILL_VALUE | FILTERS | GROUP_INFO => CONSTANT,
            ATTRIBUTE_INFO => UNSHARED,
            _ => 0,
        };
        self.0.push(kind);
        self.0.extend(length.to_le_bytes());
        self.0.push(flags);
        self.0.extend(number.to_le_bytes());
        self.0.extend(body);
        Ok(())
    }

    pub(super) fn encode(self) -> Result<Vec<u8>> {
        let length = u32::try_from(self.0.len())
            .map_err(|_| Error::unsupported("attributes and names of 4 GiB in one group or variable"))?;
        let mut out = b"OHDR\x02".to_vec();
        // The first bits tell how many bytes the length takes: 1, 2 or 4.
        if let Ok(length) = u8::try_from(length) {
            out.extend([ATTRIBUTES_IN_ORDER, length]);
        } else if let Ok(length) = u16::try_from(length) {
            out.push(ATTRIBUTES_IN_ORDER | 1);
            out.extend(length.to_le_bytes());
        } else {
            out.push(ATTRIBUTES_IN_ORDER | 2);
            out.extend(length.to_le_bytes());
        }
        out.extend(self.0);
        Ok(with_checksum(out))
    }
}
