//! Running values along an axis: sums, products and the last valid element.
//!
//! A long axis is scanned chunk by chunk: `total` says what a chunk adds, `before` what all chunks
//! before each one come to, and [`scan`] starts from that. The running value of a lane is one or two
//! numbers; those of all lanes lie side by side, so that loops over an inner axis vectorise.

mod fading;
mod fill;
mod groups;
mod moments;
mod sums;

#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::array::Block;
use crate::dtype::DType;
use crate::error::{Error, Result};
pub(crate) use fading::{Fading, FadingOp};
pub(crate) use groups::GroupChunks;
use groups::Rows;

/// What runs along the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScanOp {
    /// The sum of all elements up to each.
    Sum,
    /// Their product.
    Prod,
    /// The last valid element, at most `limit` positions back.
    Fill {
        /// No limit where this is `None`.
        limit: Option<usize>,
    },
}

/// A scan: what, along which axis, by which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanSpec {
    /// What is computed.
    pub op: ScanOp,
    /// The axis.
    pub axis: usize,
    /// Whether missing values count as nothing in `Sum` and `Prod`; else all after them are missing.
    pub skipna: bool,
}

impl ScanSpec {
    /// The name of the operation.
    ///
    /// ```
    /// # use graticule::kernel::scan::{ScanOp, ScanSpec};
    /// assert_eq!(ScanSpec { op: ScanOp::Sum, axis: 0, skipna: true }.name(), "cumsum");
    /// ```
    pub fn name(&self) -> &'static str {
        match self.op {
            ScanOp::Sum => "cumsum",
            ScanOp::Prod => "cumprod",
            ScanOp::Fill { .. } => "ffill",
        }
    }

    /// Short text for plans.
    pub(crate) fn describe(&self) -> String {
        format!("{} along axis {}", self.name(), self.axis)
    }

    /// The dtype of the result: that of a sum (small integers and bools widen to 64 bits), or the input's
    /// own where elements are only repeated.
    ///
    /// # Errors
    /// If the operation has no meaning for the dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::kernel::scan::{ScanOp, ScanSpec};
    /// let sum = ScanSpec { op: ScanOp::Sum, axis: 0, skipna: true };
    /// assert_eq!(sum.result_dtype(DType::I8)?, DType::I64);
    /// assert!(sum.result_dtype(DType::Str).is_err());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn result_dtype(&self, input: DType) -> Result<DType> {
        let possible = match self.op {
            ScanOp::Fill { .. } => true,
            _ if input.is_timedelta() => self.op == ScanOp::Sum,
            _ => input.is_bool() || input.is_number(),
        };
        if !possible {
            return Err(Error::dtype(format!("`{}` has no meaning for {input}", self.name())));
        }
        Ok(match input {
            _ if matches!(self.op, ScanOp::Fill { .. }) => input,
            d if d.is_bool() || d.is_signed() => DType::I64,
            d if d.is_unsigned() => DType::U64,
            d => d,
        })
    }

    /// The dtype of running values between chunks, and how many numbers one of them is.
    pub(crate) fn carry(&self, input: DType) -> (DType, usize) {
        let exact = self.op == ScanOp::Sum;
        match input {
            _ if matches!(self.op, ScanOp::Fill { .. }) => (input, 1),
            DType::F32 => (DType::F64, 1),
            DType::F64 => (DType::F64, if exact { 2 } else { 1 }),
            d if d.is_complex() => (DType::C128, if exact { 2 } else { 1 }),
            d if d.is_unsigned() => (DType::U64, 1),
            // Sums of ticks have 128 bits.
            d if d.is_timedelta() => (DType::I64, 2),
            _ => (DType::I64, 1),
        }
    }
}

/// A row-major array around one axis: lanes before it, its length, lanes behind it.
#[derive(Debug, Clone, Copy)]
struct Lay {
    outer: usize,
    n: usize,
    inner: usize,
}

impl Lay {
    fn new(shape: &[usize], axis: usize) -> Lay {
        Lay {
            outer: shape[..axis].iter().product(),
            n: shape[axis],
            inner: shape[axis + 1..].iter().product(),
        }
    }

    fn lanes(self) -> usize {
        self.outer * self.inner
    }
}

/// The shape of running values of a piece: an axis of parts, then the axes of the piece with `len` in
/// place of the scanned one.
fn carry_shape(axis: usize, shape: &[usize], parts: usize, len: usize) -> Vec<usize> {
    let mut out = vec![parts];
    out.extend_from_slice(shape);
    out[axis + 1] = len;
    out
}

/// What a piece comes to along the axis: running values of length 1 along it, after an axis of parts.
///
/// # Errors
/// If the operation has no meaning for the dtype.
pub(crate) fn total(spec: &ScanSpec, piece: &Block) -> Result<Block> {
    total_of(spec, piece, Rows::ALL)
}

/// What the rows `at` of a chunk come to for each group that goes on in later chunks: as [`total`], with these
/// groups along the axis.
///
/// # Errors
/// If the operation has no meaning for the dtype.
pub(crate) fn total_groups(
    spec: &ScanSpec,
    piece: &Block,
    groups: &GroupChunks,
    chunk: usize,
    at: Range<usize>,
) -> Result<Block> {
    total_of(spec, piece, groups.rows(chunk, at))
}

fn total_of(spec: &ScanSpec, piece: &Block, rows: Rows<'_>) -> Result<Block> {
    let dtype = piece.dtype();
    let (carry, parts) = spec.carry(dtype);
    let shape = carry_shape(spec.axis, piece.shape(), parts, rows.kept.len());
    let lay = Lay::new(piece.shape(), spec.axis);
    let piece = piece.clone().contiguous();
    let flat = match spec.op {
        ScanOp::Fill { .. } => fill::total(&piece, lay)?,
        _ => sums::total(spec, &piece, lay, rows)?,
    };
    Ok(flat.reshape(&shape)?.retype(carry))
}

/// What comes before each of consecutive pieces, from their [`total`]s; `input` is their dtype.
///
/// The totals are joined one after the other, so that the pieces alone say in which order is summed.
///
/// # Errors
/// If there are no totals, or the operation has no meaning for the dtype.
pub(crate) fn before(spec: &ScanSpec, input: DType, totals: &[Block]) -> Result<Block> {
    let Some(first) = totals.first() else {
        return Err(Error::internal("nothing to scan"));
    };
    let (carry, parts) = spec.carry(input);
    let one = first.shape().to_vec();
    let shape = carry_shape(spec.axis, &one[1..], parts, totals.len());
    let mut running = match spec.op {
        ScanOp::Fill { .. } => fill::start(input, one.iter().product())?,
        _ => sums::start(spec, input, one.iter().product())?,
    };
    let mut out = Block::zeros(carry, &shape);
    for (i, total) in totals.iter().enumerate() {
        let mut at = crate::array::Region::full(&shape);
        at.set(spec.axis + 1, i..i + 1);
        out.assign(&at, &running.clone().reshape(&one)?.retype(carry));
        let later = total.clone().contiguous();
        running = match spec.op {
            ScanOp::Fill { .. } => fill::join(running, &later, input)?,
            _ => sums::join(spec, input, running, &later)?,
        };
    }
    Ok(out)
}

/// What comes before each chunk for the groups that are open in it, those of all chunks along the axis, from what
/// [`total_groups`] gave of each; `input` is the dtype of the elements.
///
/// # Errors
/// If there are no totals, or the operation has no meaning for the dtype.
pub(crate) fn before_groups(
    spec: &ScanSpec,
    input: DType,
    totals: &[Block],
    groups: &GroupChunks,
) -> Result<Block> {
    let Some(first) = totals.first().filter(|_| totals.len() == groups.count()) else {
        return Err(Error::internal(format!("{} of {} chunks to scan", totals.len(), groups.count())));
    };
    let (carry, parts) = spec.carry(input);
    let open = groups.places(0..groups.count()).len();
    let shape = carry_shape(spec.axis, &first.shape()[1..], parts, open);
    let lay = Lay::new(&shape[1..], spec.axis);
    let flat = sums::before_groups(spec, input, totals, groups, lay)?;
    Ok(flat.reshape(&shape)?.retype(carry))
}

/// The running value at every element of a piece, after what came `before` it (of length 1 along the
/// axis: the total of what lies before).
///
/// # Errors
/// If the operation has no meaning for the dtype.
///
/// # Example
/// ```
/// use graticule::array::Block;
/// use graticule::kernel::scan::{ScanOp, ScanSpec, scan};
/// let spec = ScanSpec { op: ScanOp::Sum, axis: 0, skipna: true };
/// let piece = Block::from_vec(&[2], vec![3, 4])?;
/// assert_eq!(scan(&spec, &piece, None)?.to_vec::<i64>()?, [3, 7]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn scan(spec: &ScanSpec, piece: &Block, before: Option<&Block>) -> Result<Block> {
    scan_of(spec, piece, Rows::ALL, before)
}

/// As [`scan`] for the rows `at` of a chunk, with a running value for each group; `before` has those that are open
/// in the chunk.
///
/// # Errors
/// If the operation has no meaning for the dtype.
pub(crate) fn scan_groups(
    spec: &ScanSpec,
    piece: &Block,
    groups: &GroupChunks,
    chunk: usize,
    at: Range<usize>,
    before: Option<&Block>,
) -> Result<Block> {
    scan_of(spec, piece, groups.rows(chunk, at), before)
}

fn scan_of(spec: &ScanSpec, piece: &Block, rows: Rows<'_>, before: Option<&Block>) -> Result<Block> {
    let (dtype, shape) = (piece.dtype(), piece.shape().to_vec());
    let result = spec.result_dtype(dtype)?;
    let lay = Lay::new(&shape, spec.axis);
    let piece = piece.clone().contiguous();
    let before = before.map(|b| b.clone().contiguous());
    let flat = match spec.op {
        ScanOp::Fill { limit } => fill::scan(piece, lay, before.as_ref(), limit)?,
        _ => sums::scan(spec, &piece, lay, rows, before.as_ref())?,
    };
    Ok(flat.reshape(&shape)?.retype(result))
}
