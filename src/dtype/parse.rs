//! Dtypes from their names.

use std::str::FromStr;

use super::{Calendar, DType, TimeUnit};
use crate::error::{Error, Result};

/// The dtypes whose name is all there is to them.
const PLAIN: [DType; 14] = [
    DType::Bool,
    DType::I8,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::F32,
    DType::F64,
    DType::C64,
    DType::C128,
    DType::Str,
];

impl FromStr for DType {
    type Err = Error;

    /// The dtype that prints so: `float32`, `datetime64[ns]`, `S8`, `datetime[us, noleap]`.
    fn from_str(s: &str) -> Result<Self> {
        if let Some(plain) = PLAIN.into_iter().find(|d| d.to_string() == s) {
            return Ok(plain);
        }
        let inside = |name: &str| s.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']');
        let unit = |u: &str| TimeUnit::from_str(u).ok();
        let parsed = if let Some(u) = inside("datetime64") {
            unit(u).map(|unit| DType::Datetime { unit, calendar: Calendar::ProlepticGregorian })
        } else if let Some(u) = inside("timedelta64") {
            unit(u).map(|unit| DType::Timedelta { unit })
        } else if let Some((u, c)) = inside("datetime").and_then(|i| i.split_once(", ")) {
            unit(u).zip(Calendar::from_str(c).ok()).map(|(unit, calendar)| DType::Datetime { unit, calendar })
        } else {
            s.strip_prefix('S').and_then(|n| n.parse().ok()).map(DType::Bytes)
        };
        parsed.ok_or_else(|| {
            Error::invalid(format!("`{s}` is not the name of a dtype"))
                .known(PLAIN.iter().map(|d| d.to_string()))
                .help("also datetime64[UNIT], timedelta64[UNIT] with s, ms, us or ns, and S and a length")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dtype_is_read_back_from_its_name() {
        let noleap = DType::Datetime { unit: TimeUnit::Us, calendar: Calendar::NoLeap };
        let more = [DType::DATETIME_NS, DType::Timedelta { unit: TimeUnit::S }, DType::Bytes(7), noleap];
        for d in PLAIN.into_iter().chain(more) {
            assert_eq!(d.to_string().parse::<DType>().unwrap(), d);
        }
        assert!("float99".parse::<DType>().is_err());
    }
}
