//! Messages between processes: `u32 length | u8 type | MessagePack`.

use std::io::{ErrorKind, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Longer ones are not from us.
const LONGEST: usize = 2 << 30;

/// A message that has come.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    payload: Vec<u8>,
}

impl Frame {
    /// What it says.
    ///
    /// # Errors
    /// If it says something else.
    pub(crate) fn as_value<T: DeserializeOwned>(&self) -> Result<T> {
        rmp_serde::from_slice(&self.payload).map_err(|e| {
            Error::internal(format!("a message of type {} cannot be read", self.kind)).caused_by(e)
        })
    }
}

/// Writes a message.
///
/// # Errors
/// If it is too long, or the other process is gone.
pub(crate) fn send(to: &mut impl Write, kind: u8, value: &impl Serialize) -> Result<()> {
    let mut frame = vec![0; 5];
    rmp_serde::encode::write_named(&mut frame, value)
        .map_err(|e| Error::internal("a message cannot be written").caused_by(e))?;
    let length = frame.len() - 4;
    if length > LONGEST {
        return Err(Error::unsupported(format!("a message of {length} bytes is too long")));
    }
    frame[..4].copy_from_slice(&(length as u32).to_le_bytes());
    frame[4] = kind;
    to.write_all(&frame)?;
    Ok(to.flush()?)
}

/// Reads the next message; `None` where the other process has ended between two.
///
/// # Errors
/// If one is too long or not whole.
pub(crate) fn receive(from: &mut impl Read) -> Result<Option<Frame>> {
    let mut length = [0; 4];
    let mut there = 0;
    while there < 4 {
        match from.read(&mut length[there..]) {
            Ok(0) if there == 0 => return Ok(None),
            Ok(0) => return Err(Error::storage("a message is cut off")),
            Ok(n) => there += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    let length = u32::from_le_bytes(length) as usize;
    if length == 0 || length > LONGEST {
        return Err(Error::storage(format!(
            "a message of {length} bytes: something else writes on this channel"
        )));
    }
    let mut kind = [0];
    from.read_exact(&mut kind)?;
    let mut payload = Vec::new();
    // What was announced need not come: no memory is taken before it does.
    from.take(length as u64 - 1).read_to_end(&mut payload)?;
    if payload.len() + 1 != length {
        return Err(Error::storage("a message is cut off"));
    }
    Ok(Some(Frame { kind: kind[0], payload }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_as_they_went_and_broken_ones_are_errors() {
        let mut wire = Vec::new();
        send(&mut wire, 3, &("run", 7u64)).unwrap();
        send(&mut wire, 4, &vec![1.5f64]).unwrap();
        let mut from = &wire[..];
        let first = receive(&mut from).unwrap().unwrap();
        assert_eq!((first.kind, first.as_value::<(String, u64)>().unwrap()), (3, ("run".to_string(), 7)));
        assert!(first.as_value::<Vec<f64>>().is_err());
        assert_eq!(receive(&mut from).unwrap().unwrap().as_value::<Vec<f64>>().unwrap(), [1.5]);
        assert!(receive(&mut from).unwrap().is_none());
        for len in 1..wire.len() {
            let mut from = &wire[..len];
            while let Ok(Some(_)) = receive(&mut from) {}
        }
        assert!(receive(&mut &[0, 0, 0, 0, 1][..]).is_err());
        assert!(receive(&mut &[255, 255, 255, 255, 1][..]).is_err());
    }
}
