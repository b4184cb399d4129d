//! Packed numbers: fill values, scale and offset.
//!
//! Unpacked value = stored value × `scale_factor` + `add_offset`, missing where the stored value is a
//! fill value (CF §8.1, §2.5.1).

use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};

use crate::array::Block;
use crate::dtype::dispatch::with_real;
use crate::dtype::{DType, NAT, Real};
use crate::error::{Error, Result};
use crate::kernel::cast::cast;
use crate::labels::{AttrValue, Attrs};

/// Stored values to what they mean, in one pass.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Unpack {
    /// Read the stored integers as this type of the same width, before anything else.
    pub(super) reread: Option<DType>,
    /// Stored values that mean "missing", as blocks of rank 0 of the (re-read) stored dtype.
    pub(super) fills: Vec<Block>,
    pub(super) scale: Option<f64>,
    pub(super) offset: Option<f64>,
    /// Type of the result: a float type where anything can be missing or is scaled (or `i64` with
    /// NaT, for times that are decoded next).
    pub(super) dtype: DType,
}

impl Unpack {
    pub(super) fn describe(&self) -> String {
        let mut parts = Vec::new();
        if let Some(d) = self.reread {
            parts.push(format!("read as {d}"));
        }
        if !self.fills.is_empty() {
            parts.push("mask".to_string());
        }
        if let Some(s) = self.scale {
            parts.push(format!("* {s}"));
        }
        if let Some(o) = self.offset {
            parts.push(format!("+ {o}"));
        }
        parts.push(format!("as {}", self.dtype));
        format!("unpack: {}", parts.join(", "))
    }

    pub(super) fn apply(&self, block: &Block) -> Result<Block> {
        let stored = match self.reread {
            Some(dtype) => reread(block, dtype)?,
            None => block.clone(),
        };
        if !stored.dtype().is_number() || stored.dtype().is_complex() || !self.dtype.is_number() {
            return mask_other(&stored, &self.fills, self.dtype);
        }
        with_real!(stored.dtype().kind(), S => match self.dtype {
            DType::F32 => self.to_float::<S, f32>(&stored),
            DType::F64 => self.to_float::<S, f64>(&stored),
            DType::I64 => self.to_ticks::<S>(&stored),
            _ => cast(&stored, self.dtype),
        }, else Err(Error::internal("only numbers are packed")))
    }

    fn fills_of<S: Real>(&self) -> Vec<S> {
        self.fills.iter().filter_map(|f| f.get::<S>()?.first().copied()).collect()
    }

    fn to_float<S: Real, F: Real>(&self, stored: &Block) -> Result<Block> {
        let block = stored.clone().contiguous();
        let values = block.as_slice::<S>().ok_or_else(|| Error::internal("made contiguous"))?;
        let missing = F::from_f64(f64::NAN);
        let convert = |v: S| num_traits::cast::<S, F>(v).unwrap_or(missing);
        let scale = self.scale.map(F::from_f64);
        let offset = self.offset.map(F::from_f64);
        // The common forms as loops of their own, without a decision per element.
        let unpack = |v: F| match (scale, offset) {
            (Some(s), Some(o)) => v * s + o,
            (Some(s), None) => v * s,
            (None, Some(o)) => v + o,
            (None, None) => v,
        };
        let out: Vec<F> = match self.fills_of::<S>()[..] {
            [] => values.iter().map(|&v| unpack(convert(v))).collect(),
            [fill] => values
                .iter()
                .map(|&v| {
                    let u = unpack(convert(v));
                    if v == fill { missing } else { u }
                })
                .collect(),
            ref fills => values
                .iter()
                .map(|&v| if fills.contains(&v) { missing } else { unpack(convert(v)) })
                .collect(),
        };
        Block::from_vec(block.shape(), out)
    }

    fn to_ticks<S: Real>(&self, stored: &Block) -> Result<Block> {
        let fills = self.fills_of::<S>();
        let block = stored.clone().contiguous();
        let values = block.as_slice::<S>().ok_or_else(|| Error::internal("made contiguous"))?;
        let ticks = values
            .iter()
            .map(|v| if fills.contains(v) { NAT } else { num_traits::cast::<S, i64>(*v).unwrap_or(NAT) })
            .collect();
        Block::from_vec(block.shape(), ticks)
    }
}

/// The bits of integers as another integer type of the same width.
fn reread(block: &Block, dtype: DType) -> Result<Block> {
    let b = block.clone().contiguous();
    Block::from_bytes(dtype, b.shape(), &b.to_bytes())
}

/// Fill values in text, bools, complex numbers and times: missing where there is such a thing.
fn mask_other(stored: &Block, fills: &[Block], dtype: DType) -> Result<Block> {
    use crate::kernel::elementwise::{BinaryOp, MapFn, apply};
    let mut out = cast(stored, dtype)?;
    let ones = vec![1; stored.ndim()];
    for fill in fills {
        let fill = fill.clone().reshape(&ones)?;
        let hit = apply(&MapFn::Binary(BinaryOp::Eq), vec![stored.clone(), fill], stored.shape())?;
        let missing = crate::dtype::promote::missing_value(dtype).reshape(&ones)?;
        out = apply(&MapFn::Where, vec![hit, missing, out], stored.shape())?;
    }
    Ok(out)
}

/// Values to what is stored: (x − offset) ÷ scale, missing ones as fill value, rounded if an integer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pack {
    pub(super) scale: Option<f64>,
    pub(super) offset: Option<f64>,
    /// What stands for a missing value, as a block of rank 0.
    pub(super) fill: Option<Block>,
    /// Whether the values are ticks, of which NaT is the missing one.
    pub(super) ticks: bool,
    /// Type in which the arithmetic is done.
    pub(super) work: DType,
    /// Type as stored.
    pub(super) dtype: DType,
}

impl Pack {
    pub(super) fn apply(&self, block: &Block) -> Result<Block> {
        let work = cast(block, self.work)?;
        let packed = match work.dtype() {
            DType::F32 => self.floats::<f32>(work)?,
            DType::F64 => self.floats::<f64>(work)?,
            DType::I64 if self.ticks => self.ticks(work)?,
            _ => work,
        };
        if !self.dtype.is_integer() || !packed.dtype().is_float() {
            return cast(&packed, self.dtype);
        }
        // Through the signed type of the width: a float beyond it wraps as a stored integer would.
        let signed = match self.dtype {
            DType::U8 => DType::I16,
            DType::U16 => DType::I32,
            DType::U32 => DType::I64,
            d => d,
        };
        cast(&cast(&packed, signed)?, self.dtype)
    }

    fn floats<F: Real>(&self, work: Block) -> Result<Block> {
        let shape = work.shape().to_vec();
        let fill = self.fill.as_ref().map(|f| cast(f, DType::F64)).transpose()?;
        let fill = fill.and_then(|f| f.get::<f64>()?.first().copied()).map(F::from_f64);
        let round = self.dtype.is_integer();
        let out = work.typed::<F>()?.iter().map(|&v| {
            // Each step in double precision, rounded to the type: as numpy works in place.
            let mut v = v;
            if let Some(o) = self.offset {
                v = F::from_f64(v.to_f64() - o);
            }
            if let Some(s) = self.scale {
                v = F::from_f64(v.to_f64() / s);
            }
            if v.is_nan()
                && let Some(f) = fill
            {
                v = f;
            }
            if round { F::from_f64(v.to_f64().round_ties_even()) } else { v }
        });
        let out: Vec<F> = out.collect();
        Block::from_vec(&shape, out)
    }

    fn ticks(&self, work: Block) -> Result<Block> {
        let Some(fill) = &self.fill else { return Ok(work) };
        let fill = cast(fill, DType::I64)?.get::<i64>().and_then(|f| f.first().copied()).unwrap_or(NAT);
        let out = ArrayD::from_shape_vec(
            IxDyn(work.shape()),
            work.typed::<i64>()?.iter().map(|&v| if v == NAT { fill } else { v }).collect(),
        )
        .map_err(|_| Error::internal("one element for each"))?;
        Ok(Block::new(out.into_shared()))
    }
}

/// One number that stands for missing values in the type as stored, which must have it.
///
/// # Errors
/// If it does not fit: then other values would be missing.
pub(in crate::io) fn fill_as(fill: &Block, stored: DType) -> Result<Block> {
    let out = cast(fill, stored)?;
    let number = |b: &Block| cast(b, DType::F64).ok().and_then(|b| b.get::<f64>()?.first().copied());
    let fits = match (fill.dtype().is_integer() || fill.dtype().is_float(), stored) {
        (true, d) if d.is_integer() => whole(fill).is_some() && whole(fill) == whole(&out),
        (true, d) if d.is_float() => {
            number(&out).is_some_and(f64::is_finite) || !number(fill).is_some_and(f64::is_finite)
        }
        _ => true,
    };
    if fits {
        return Ok(out);
    }
    let value = whole(fill).map(|v| v.to_string()).or_else(|| Some(number(fill)?.to_string()));
    let value = value.unwrap_or_default();
    Err(Error::dtype(format!(
        "the fill value {value} does not fit into {stored}, in which the variable is stored"
    ))
    .help("set a `_FillValue` (and `missing_value`) that fits, or another `dtype` in the encoding"))
}

/// The first number, if it is a whole one.
fn whole(block: &Block) -> Option<i128> {
    with_real!(block.dtype().kind(), T => {
        let v = *block.get::<T>()?.first()?;
        match block.dtype().is_float() {
            true => num_traits::cast::<T, f64>(v).filter(|v| v.fract() == 0.0).map(|v| v as i128),
            false => num_traits::cast::<T, i128>(v),
        }
    }, else None)
}

/// The float type for scaled data (xarray's rule): that of scale and offset if they agree, but `f64`
/// for packed 32-bit integers and wherever an offset stands alone or disagrees.
pub(super) fn float_for(stored: DType, scale: Option<&AttrValue>, offset: Option<&AttrValue>) -> DType {
    let of = |a: Option<&AttrValue>| match a {
        Some(AttrValue::Array(b)) => Some(b.dtype()),
        Some(_) => Some(DType::F64),
        None => None,
    };
    match (of(scale), of(offset)) {
        (Some(s), Some(o)) if s == o && s.is_float() => {
            if stored.is_integer() && stored.size() == 4 {
                DType::F64
            } else {
                s
            }
        }
        (_, Some(_)) => DType::F64,
        (Some(DType::F32), None) => DType::F32,
        (Some(_), None) => DType::F64,
        (None, None) if stored == DType::F32 || (stored.is_integer() && stored.size() <= 2) => DType::F32,
        (None, None) => DType::F64,
    }
}

/// The fill values in the attributes `missing_value` and `_FillValue`, moved to the encoding: those
/// that can occur, in the stored dtype, and whether there are any (one that cannot occur still says
/// that values may be missing).
pub(super) fn take_fills(attrs: &mut Attrs, encoding: &mut Attrs, stored: DType) -> (Vec<Block>, bool) {
    let mut fills: Vec<Block> = Vec::new();
    let mut any = false;
    for name in ["missing_value", "_FillValue"] {
        let Some(value) = attrs.remove(name) else { continue };
        let found = each_value(&value);
        // NaN is missing anyway, and no integer is NaN: such an attribute says nothing.
        if found.is_empty() && stored.is_integer() {
            continue;
        }
        any |= !found.is_empty();
        for f in found {
            let Ok(f) = fitting(&f, stored) else { continue };
            if !fills.contains(&f) {
                fills.push(f);
            }
        }
        encoding.insert(name, value);
    }
    (fills, any)
}

/// A fill value in the stored dtype, if it can occur there.
fn fitting(fill: &Block, stored: DType) -> Result<Block> {
    let there = cast(fill, stored)?;
    if !stored.is_integer() || !fill.dtype().is_number() {
        return Ok(there);
    }
    if fill.dtype().is_integer() && fill.dtype().size() == stored.size() {
        return Ok(there);
    }
    let (a, b) = (cast(fill, DType::F64)?, cast(&there, DType::F64)?);
    if a == b { Ok(there) } else { Err(Error::invalid("the fill value cannot occur")) }
}

/// The values of an attribute that are not NaN, each as a block of rank 0.
fn each_value(value: &AttrValue) -> Vec<Block> {
    let all = match value {
        AttrValue::Array(b) => b.clone().reshape(&[b.size()]).ok(),
        AttrValue::Str(s) => {
            Some(Block::from_vec(&[1], vec![crate::dtype::Text::from(s.as_str())]).expect("one"))
        }
        AttrValue::Json(_) => None,
    };
    let Some(all) = all else { return Vec::new() };
    (0..all.size())
        .map(|i| all.slice(&[crate::array::Slice { start: i, step: 1, len: 1 }]).remove_axis(0))
        .filter(|b| {
            let nan = cast(b, DType::F64).ok().and_then(|f| f.get::<f64>()?.first().copied());
            !(b.dtype().is_float() && nan.is_some_and(f64::is_nan))
        })
        .collect()
}
