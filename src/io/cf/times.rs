//! Times and time spans: numbers with `units` to ticks and back (CF §4.4).

use serde::{Deserialize, Serialize};

use crate::array::{Block, Slice};
use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Error, Result};
use crate::exec;
use crate::kernel::cast::cast;
use crate::lazy::LazyArray;
use crate::time::{
    CfStep, CfTimeUnits, Decoded, Encoded, decode_timedelta_float, decode_timedelta_int,
    decoded_timedelta_unit, encode_timedelta,
};

/// Numbers to points in time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DecodeTime {
    pub(super) units: CfTimeUnits,
    pub(super) decoded: Decoded,
}

impl DecodeTime {
    /// Chooses unit and calendar from the values in memory, or from the first and the last of lazy ones.
    pub(super) fn choose(
        units: CfTimeUnits,
        values: &LazyArray,
        preferred: TimeUnit,
        keep_calendar: bool,
    ) -> Result<Self> {
        let ends = ends(values)?;
        let decoded = match ends.dtype().is_integer() {
            true => units.decoded_int(&cast(&ends, DType::I64)?.to_vec()?, preferred)?,
            false => units.decoded_float(&cast(&ends, DType::F64)?.to_vec()?, preferred)?,
        };
        let decoded = match keep_calendar {
            true => Decoded { unit: TimeUnit::Us, calendar: units.calendar },
            false => decoded,
        };
        Ok(DecodeTime { units, decoded })
    }

    pub(super) fn dtype(&self) -> DType {
        DType::Datetime { unit: self.decoded.unit, calendar: self.decoded.calendar }
    }

    pub(super) fn apply(&self, block: &Block) -> Result<Block> {
        let ticks = match block.dtype().is_integer() {
            true => self.units.decode_int(&cast(block, DType::I64)?.to_vec()?, self.decoded.unit)?,
            false => self.units.decode_float(&cast(block, DType::F64)?.to_vec()?, self.decoded.unit)?,
        };
        Ok(Block::from_vec(block.shape(), ticks)?.retype(self.dtype()))
    }
}

/// Numbers to spans of time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DecodeSpan {
    pub(super) step: CfStep,
    pub(super) unit: TimeUnit,
}

impl DecodeSpan {
    /// The unit: the preferred one, or a finer one if the values need it.
    pub(super) fn choose(step: CfStep, values: &LazyArray, preferred: TimeUnit) -> Result<Self> {
        let floats = match values.dtype().is_float() {
            true => cast(&ends(values)?, DType::F64)?.to_vec()?,
            false => Vec::new(),
        };
        Ok(DecodeSpan { step, unit: decoded_timedelta_unit(&floats, step, preferred) })
    }

    pub(super) fn apply(&self, block: &Block) -> Result<Block> {
        let ticks = match block.dtype().is_integer() {
            true => decode_timedelta_int(&cast(block, DType::I64)?.to_vec()?, self.step, self.unit)?,
            false => decode_timedelta_float(&cast(block, DType::F64)?.to_vec()?, self.step, self.unit)?,
        };
        Ok(Block::from_vec(block.shape(), ticks)?.retype(DType::Timedelta { unit: self.unit }))
    }
}

/// All values in memory, or the first and the last of lazy ones.
fn ends(values: &LazyArray) -> Result<Block> {
    if let Some(b) = values.as_block() {
        return Ok(b.clone());
    }
    if values.size() == 0 {
        return Ok(Block::zeros(values.dtype(), &[0]));
    }
    let at = |last: bool| {
        let slices: Vec<Slice> = values
            .shape()
            .iter()
            .map(|&n| {
                let start = if last { n - 1 } else { 0 };
                Slice { start, step: 1, len: 1 }
            })
            .collect();
        values.slice(&slices)?.reshape(&[1])
    };
    let both = LazyArray::concat(0, &[at(false)?, at(true)?])?;
    match both.as_block() {
        Some(b) => Ok(b.clone()),
        None => Ok(exec::compute(&[both])?.remove(0)),
    }
}

/// Points in time to numbers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct EncodeTime {
    pub(super) units: CfTimeUnits,
    pub(super) unit: TimeUnit,
    pub(super) calendar: Calendar,
    /// `I64` or `F64`.
    pub(super) dtype: DType,
}

impl EncodeTime {
    pub(super) fn apply(&self, block: &Block) -> Result<Block> {
        let ticks: Vec<i64> = block.to_vec()?;
        let encoded = self.units.encode(&ticks, self.unit, self.calendar)?;
        numbers(encoded, self.dtype, block.shape(), || self.units.to_string())
    }
}

/// Spans of time to numbers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct EncodeSpan {
    pub(super) step: CfStep,
    pub(super) unit: TimeUnit,
    /// `I64` or `F64`.
    pub(super) dtype: DType,
}

impl EncodeSpan {
    pub(super) fn apply(&self, block: &Block) -> Result<Block> {
        let encoded = encode_timedelta(&block.to_vec::<i64>()?, self.unit, self.step)?;
        numbers(encoded, self.dtype, block.shape(), || self.step.name().to_string())
    }
}

fn numbers(encoded: Encoded, dtype: DType, shape: &[usize], units: impl Fn() -> String) -> Result<Block> {
    match (encoded, dtype) {
        (Encoded::Int(v), DType::I64) => Block::from_vec(shape, v),
        (Encoded::Int(v), _) => cast_ticks(v, shape),
        (Encoded::Float(v), DType::F64) => Block::from_vec(shape, v),
        (Encoded::Float(_), _) => {
            Err(Error::invalid(format!("some times are no whole number of `{}`", units()))
                .help("set the encoding `units` to a finer step, or the encoding `dtype` to float64"))
        }
    }
}

/// Whole counts as floats; NaT becomes NaN.
fn cast_ticks(values: Vec<i64>, shape: &[usize]) -> Result<Block> {
    let floats =
        values.iter().map(|&v| if v == crate::dtype::NAT { f64::NAN } else { v as f64 }).collect::<Vec<_>>();
    Block::from_vec(shape, floats)
}
