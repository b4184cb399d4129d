//! What does not fit into a classic format is refused before anything is written.

use super::super::NetcdfFormat;
use super::super::definition::{Defined, Definition};
use super::slab;
use crate::error::{Error, Result};

/// An error where a length or a variable is too large for a format.
pub(super) fn check(definition: &Definition, record: Option<usize>, format: NetcdfFormat) -> Result<()> {
    // Lengths are numbers of 32 bits, those of CDF-1 with a sign; variables are padded to 4 bytes.
    let (length, bytes) = match format {
        NetcdfFormat::Cdf1 => ((1 << 31) - 1, (1 << 31) - 4),
        NetcdfFormat::Cdf2 => ((1 << 32) - 1, (1 << 32) - 4),
        _ => (i64::MAX as u64, i64::MAX as u64 - 4),
    };
    for (name, &(len, _)) in &definition.dims {
        if len as u64 > length {
            return Err(too_large(format!("dimension `{name}` of length {len}"), format));
        }
    }
    let of_records = |v: &Defined| v.is_record(record);
    // Nothing needs to know where the last one ends.
    let last = match definition.variables.iter().rposition(of_records) {
        Some(last) => Some(last),
        None => definition.variables.len().checked_sub(1),
    };
    for (i, v) in definition.variables.iter().enumerate() {
        let own = usize::from(of_records(v));
        let size = slab(v, &v.shape[own..]);
        let endless = Some(i) == last && (own == 0 || format == NetcdfFormat::Cdf2) && format.is_netcdf3();
        if size > bytes && !(endless && size < 1 << 62) {
            let part = if own == 1 { "a record of variable" } else { "variable" };
            return Err(too_large(format!("{part} `{}` of {size} bytes", v.name), format));
        }
    }
    Ok(())
}

/// An error where a variable begins beyond what a format can tell.
pub(super) fn check_offsets(definition: &Definition, offsets: &[u64], format: NetcdfFormat) -> Result<()> {
    let beyond = |&(_, &offset): &(&Defined, &u64)| format == NetcdfFormat::Cdf1 && offset >= 1 << 31;
    match definition.variables.iter().zip(offsets).find(beyond) {
        None => Ok(()),
        Some((v, offset)) => {
            Err(too_large(format!("variable `{}`, which would begin at byte {offset},", v.name), format))
        }
    }
}

pub(super) fn too_large(what: String, format: NetcdfFormat) -> Error {
    let (name, help) = match format {
        NetcdfFormat::Cdf1 => ("CDF-1", "write the format Cdf2, Cdf5 or Netcdf4"),
        NetcdfFormat::Cdf2 => ("CDF-2", "write the format Cdf5 or Netcdf4"),
        _ => ("CDF-5", "write less"),
    };
    Error::unsupported(format!("{what} is too large for the format {name}")).help(help)
}
