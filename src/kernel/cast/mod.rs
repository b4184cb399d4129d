//! Elements as another dtype.

mod number;
mod text;

use ndarray::Array;

use super::feed::Operand;
use super::loops;
use crate::array::Block;
use crate::dtype::dispatch::with_number;
use crate::dtype::promote::is_plain;
use crate::dtype::{DType, Element, Kind, NAT, Scalar, Text, TimeUnit};
use crate::error::{Error, Result};
use crate::time::format_iso;

pub(crate) use number::{CastFrom, FromNumbers};
use text::Spell;

/// Whether there is a cast between the two dtypes.
///
/// # Errors
/// If there is none.
pub(crate) fn check(from: DType, to: DType) -> Result<()> {
    let none = |help: &str| Err(Error::dtype(format!("there is no cast from {from} to {to}")).help(help));
    match (from, to) {
        (DType::Datetime { calendar: a, .. }, DType::Datetime { calendar: b, .. }) if a != b => {
            none("dates of another calendar need `convert_calendar`")
        }
        (DType::Datetime { .. }, DType::Timedelta { .. }) => none("subtract a datetime first"),
        (DType::Timedelta { .. }, DType::Datetime { .. }) => none("add it to a datetime"),
        _ => Ok(()),
    }
}

/// The block as `dtype`, by numpy's rules of `astype`.
///
/// # Errors
/// If there is no cast between the two, or a text does not spell an element.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::kernel::cast::cast;
/// let floats = Block::from_vec(&[2], vec![1.9, -1.9])?;
/// assert_eq!(cast(&floats, DType::I8)?.to_vec::<i8>()?, [1, -1]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn cast(block: &Block, dtype: DType) -> Result<Block> {
    cast_into(block.clone(), dtype)
}

impl Scalar {
    /// The value as a block of rank 0 cast to `dtype`.
    ///
    /// # Errors
    /// If there is no cast between the two.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Scalar::from(2).cast_to(DType::F32)?, Block::scalar(2.0f32));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn cast_to(&self, dtype: DType) -> Result<Block> {
        cast_into(self.to_block(), dtype)
    }
}

/// As [`cast`], in the memory of the block where it has no other owner.
///
/// # Errors
/// If there is no cast between the two, or a text does not spell an element.
pub(crate) fn cast_into(block: Block, dtype: DType) -> Result<Block> {
    let from = block.dtype();
    if from == dtype {
        return Ok(block);
    }
    check(from, dtype)?;
    match (from, dtype) {
        (DType::Datetime { unit: a, .. }, DType::Datetime { unit: b, .. })
        | (DType::Timedelta { unit: a }, DType::Timedelta { unit: b }) => {
            Ok(rescale(block, a, b)?.retype(dtype))
        }
        (_, DType::Bytes(n)) => {
            let text = cast_into(block, DType::Str)?;
            Ok(map_text(&text, |t| text::to_bytes(t, n))?.retype(dtype))
        }
        (DType::Bytes(_), DType::Str) => Ok(block.retype(dtype)),
        (t, _) if t.is_text() => read_text(&block, dtype),
        (DType::Datetime { unit, calendar }, DType::Str) => {
            map_ticks(&block, |t| format_iso(t, unit, calendar))
        }
        (DType::Timedelta { unit }, DType::Str) => map_ticks(&block, |t| text::span(t, unit)),
        (_, DType::Str) => Ok(spell(&block)),
        (number, time) if time.is_time() && !number.is_time() => {
            check_ticks(&block)?;
            Ok(convert(block, dtype))
        }
        _ => Ok(convert(block, dtype)),
    }
}

/// Checks that numbers can be ticks: what does not fit 64 bits with a sign would become another time, or none.
///
/// # Errors
/// If a number does not fit. NaN and infinities do: they are NaT.
pub(crate) fn check_ticks(block: &Block) -> Result<()> {
    const LIMIT: f64 = (1_u64 << 63) as f64;
    fn first<T: Element>(block: &Block, beyond: impl Fn(&T) -> bool) -> Result<Option<String>> {
        Ok(block.typed::<T>()?.iter().find(|v| beyond(v)).map(ToString::to_string))
    }
    let far = |v: f64| v.is_finite() && v.abs() >= LIMIT;
    let found = match block.dtype() {
        DType::U64 => first(block, |v: &u64| i64::try_from(*v).is_err()),
        DType::F32 => first(block, |v: &f32| far(f64::from(*v))),
        DType::F64 => first(block, |v: &f64| far(*v)),
        _ => Ok(None),
    };
    found?.map_or(Ok(()), |v| Err(Error::invalid(format!("{v} does not fit into the 64 bits of a time"))))
}

/// Bools, numbers and ticks among each other.
fn convert(block: Block, dtype: DType) -> Block {
    let shape = block.shape().to_vec();
    let kind = dtype.kind();
    if block.dtype().kind() == kind {
        return block.retype(dtype);
    }
    with_number!(kind, T => to::<T>(block, &shape), else match kind {
        Kind::Bool => to::<bool>(block, &shape),
        _ => unreachable!("text was dealt with"),
    })
    .retype(dtype)
}

fn to<T: Operand>(block: Block, shape: &[usize]) -> Block {
    loops::same1::<T>(block, shape, T::clone)
}

/// Ticks in another unit: finer ones multiply, coarser ones round down.
///
/// # Errors
/// If a value does not fit the finer unit.
pub(crate) fn rescale(block: Block, from: TimeUnit, to: TimeUnit) -> Result<Block> {
    let (a, b) = (from.per_second(), to.per_second());
    let (dtype, shape) = (block.dtype(), block.shape().to_vec());
    if a == b {
        return Ok(block);
    }
    if a > b {
        let by = a / b;
        let down = |v: &i64| if *v == NAT { NAT } else { v.div_euclid(by) };
        return Ok(loops::same1(block, &shape, down).retype(dtype));
    }
    let by = b / a;
    let limit = i64::MAX / by;
    let mut beyond = None;
    let out = loops::same_tiles([block], &shape, |_, [v], out: &mut [i64]| {
        for (o, &v) in out.iter_mut().zip(v) {
            *o = if v == NAT { NAT } else { v.wrapping_mul(by) };
        }
        beyond = beyond.or_else(|| v.iter().copied().find(|&v| v != NAT && !(-limit..=limit).contains(&v)));
    });
    match beyond {
        None => Ok(out.retype(dtype)),
        Some(v) => Err(Error::invalid(format!(
            "{v} {} does not fit into 64 bits of {}: the unit {} reaches about {} years either way",
            from.name(),
            to.name(),
            to.name(),
            i64::MAX / b / 31_556_952
        ))
        .help(format!("cast the finer operand to the unit {} first", from.name()))),
    }
}

fn map_text<R: Element>(block: &Block, f: impl Fn(&Text) -> Result<R>) -> Result<Block> {
    let texts = block.get::<Text>().expect("text");
    let values = texts.iter().map(f).collect::<Result<Vec<R>>>()?;
    Block::from_vec(block.shape(), values)
}

fn map_ticks(block: &Block, f: impl Fn(i64) -> String) -> Result<Block> {
    let texts = block.typed::<i64>()?.iter().map(|t| Text::from(f(*t))).collect();
    Block::from_vec(block.shape(), texts)
}

fn spell(block: &Block) -> Block {
    fn of<T: Spell>(block: &Block) -> Block {
        let a = block.get::<T>().expect("kind was matched");
        let texts: Vec<Text> = a.iter().map(text::spelled).collect();
        let shape = a.raw_dim();
        Block::new(Array::from_shape_vec(shape, texts).expect("one text each").into_shared())
    }
    let kind = block.dtype().kind();
    with_number!(kind, T => of::<T>(block), else match kind {
        Kind::Bool => of::<bool>(block),
        _ => unreachable!("text was dealt with"),
    })
}

fn read_text(block: &Block, dtype: DType) -> Result<Block> {
    match dtype {
        DType::Datetime { unit, calendar } => {
            return Ok(map_text(block, |t| text::read_date(t, unit, calendar))?.retype(dtype));
        }
        DType::Timedelta { unit } => {
            return Ok(map_text(block, |t| text::read_span(t, unit))?.retype(dtype));
        }
        _ => {}
    }
    let kind = dtype.kind();
    debug_assert!(is_plain(dtype));
    with_number!(kind, T => map_text(block, text::read::<T>), else match kind {
        Kind::Bool => map_text(block, text::read::<bool>),
        _ => unreachable!("text was dealt with"),
    })
}

#[cfg(test)]
mod tests;
