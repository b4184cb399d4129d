//! Elementwise codings as one lazy operation.

use serde::{Deserialize, Serialize};

use super::fill::{Pack, Unpack};
use super::netcdf::{self, Narrow, Split};
use super::text::Join;
use super::times::{DecodeSpan, DecodeTime, EncodeSpan, EncodeTime};
use crate::array::{AxisGrid, Block, Region};
use crate::dtype::DType;
use crate::error::Result;
use crate::lazy::{LazyArray, Meta, Need, Op};
use crate::source::Traffic;

/// A step between stored and meant values.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Coding {
    Unpack(Unpack),
    Pack(Pack),
    DecodeTime(DecodeTime),
    EncodeTime(EncodeTime),
    DecodeSpan(DecodeSpan),
    EncodeSpan(EncodeSpan),
    Join(Join),
    Split(Split),
    ByteLengths,
    Narrow(Narrow),
}

impl Coding {
    fn dtype(&self) -> DType {
        match self {
            Coding::Unpack(c) => c.dtype,
            Coding::Pack(c) => c.dtype,
            Coding::DecodeTime(c) => c.dtype(),
            Coding::EncodeTime(c) => c.dtype,
            Coding::DecodeSpan(c) => DType::Timedelta { unit: c.unit },
            Coding::EncodeSpan(c) => c.dtype,
            Coding::Join(c) => c.dtype,
            Coding::Split(_) => DType::Bytes(1),
            Coding::ByteLengths => DType::I64,
            Coding::Narrow(c) => c.dtype,
        }
    }

    fn apply(&self, block: &Block, out: &Region) -> Result<Block> {
        match self {
            Coding::Unpack(c) => c.apply(block),
            Coding::Pack(c) => c.apply(block),
            Coding::DecodeTime(c) => c.apply(block),
            Coding::EncodeTime(c) => c.apply(block),
            Coding::DecodeSpan(c) => c.apply(block),
            Coding::EncodeSpan(c) => c.apply(block),
            Coding::Join(c) => c.apply(block),
            Coding::Split(c) => {
                let characters = out.axis(block.ndim());
                c.apply(block, characters.start, characters.end)
            }
            Coding::ByteLengths => netcdf::byte_lengths(block),
            Coding::Narrow(c) => c.apply(block),
        }
    }

    /// `array` with this coding applied, lazily.
    pub(super) fn of(self, array: &LazyArray) -> Result<LazyArray> {
        let mut grid = array.grid().clone();
        match &self {
            Coding::Join(_) => drop(grid.0.pop()),
            Coding::Split(c) => grid.0.push(AxisGrid::single(c.width)),
            _ => {}
        }
        let meta = Meta { dtype: self.dtype(), grid };
        LazyArray::new(Code(self), vec![array.clone()], meta)
    }
}

/// Applies a coding; only an axis of characters comes or goes.
#[derive(Debug, Serialize, Deserialize)]
struct Code(Coding);

#[typetag::serde(name = "cf")]
impl Op for Code {
    fn name(&self) -> &'static str {
        "cf"
    }

    fn needs(&self, out: &Region, inputs: &[&Meta]) -> Vec<Need> {
        let mut ranges: Vec<_> = out.ranges().collect();
        match self.0 {
            Coding::Join(_) => ranges.push(0..inputs[0].grid.axes().last().map_or(0, AxisGrid::len)),
            Coding::Split(_) => drop(ranges.pop()),
            _ => {}
        }
        vec![Need { input: 0, region: Region::new(ranges) }]
    }

    fn compute(&self, out: &Region, _: &[&Meta], mut pieces: Vec<Block>, _: &Traffic) -> Result<Block> {
        self.0.apply(&pieces.remove(0), out)
    }

    fn describe(&self) -> String {
        match &self.0 {
            Coding::Unpack(c) => c.describe(),
            Coding::Pack(c) => format!("pack as {}", c.dtype),
            Coding::DecodeTime(c) => format!("decode times as {}", c.dtype()),
            Coding::EncodeTime(c) => format!("encode times as {}", c.dtype),
            Coding::DecodeSpan(_) => "decode time spans".to_string(),
            Coding::EncodeSpan(_) => "encode time spans".to_string(),
            Coding::Join(_) => "join characters".to_string(),
            Coding::Split(_) => "split into characters".to_string(),
            Coding::ByteLengths => "lengths in bytes".to_string(),
            Coding::Narrow(c) => format!("narrow to {}", c.dtype),
        }
    }
}
