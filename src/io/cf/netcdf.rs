//! What formats of NetCDF lack: texts become characters, integers narrower ones, as xarray stores them.

use serde::{Deserialize, Serialize};

use super::coding::Coding;
use super::decode::span_step;
use crate::array::Block;
use crate::dtype::dispatch::with_integer;
use crate::dtype::{DType, Text};
use crate::error::{Context, Error, Result};
use crate::exec;
use crate::io::RawDataset;
use crate::kernel::cast::cast;
use crate::kernel::reduce::{ReduceOp, ReduceSpec};
use crate::labels::{AttrValue, Attrs, Name, Variable};
use crate::lazy::LazyArray;

/// What a format has not.
#[derive(Debug, Clone, Copy)]
pub(in crate::io) struct Lacks {
    /// Texts of any length.
    pub(in crate::io) texts: bool,
    /// Integers of 64 bits and without sign.
    pub(in crate::io) wide_integers: bool,
}

/// Encodes what a format lacks, lazily; of texts in chunks the longest is looked for.
///
/// # Errors
/// If an attribute does not fit, or texts cannot be read.
pub(in crate::io) fn adapt(mut raw: RawDataset, lacks: Lacks) -> Result<RawDataset> {
    let mut lengths: Vec<(Name, usize)> = Vec::new();
    for v in raw.variables.values() {
        lengths.extend(v.sizes());
    }
    for (name, v) in &mut raw.variables {
        let place = || format!("variable `{name}`");
        if let Some(split) = Split::of(v, lacks.texts).at(place)? {
            *v = split.apply_to(v, &mut lengths).at(place)?;
        }
        if lacks.wide_integers {
            *v = narrow_variable(name, v).at(place)?;
        }
    }
    if lacks.wide_integers {
        raw.attrs = narrow_attrs(&raw.attrs)?;
    }
    Ok(raw)
}

/// Says in an encoding how long the axis of characters is at least: that of what the texts take the place of.
pub(in crate::io) const CHARACTERS: &str = "char_dim_length";

/// Bytes of texts, one an element along a new last axis.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Split {
    /// Length of the new axis.
    pub(super) width: usize,
    /// Whether the texts are Unicode; else each of their characters is a byte.
    utf8: bool,
}

impl Split {
    /// How the variable is to be split, if it is.
    fn of(v: &Variable, no_texts: bool) -> Result<Option<Split>> {
        let least = v.encoding.get_f64(CHARACTERS).map_or(1, |n| n as usize);
        match v.dtype() {
            // Characters that nobody has joined are stored as they are.
            DType::Bytes(1) if !v.encoding.contains("char_dim_name") => Ok(None),
            DType::Bytes(width) => Ok(Some(Split { width: least.max(width as usize), utf8: false })),
            DType::Str if no_texts || v.encoding.get_str("dtype") == Some("S1") => {
                let lengths = Coding::ByteLengths.of(v.data())?;
                let longest = extreme(&lengths, ReduceOp::Max)?.unwrap_or(0);
                Ok(Some(Split { width: least.max(longest as usize), utf8: true }))
            }
            _ => Ok(None),
        }
    }

    fn apply_to(self, v: &Variable, lengths: &mut Vec<(Name, usize)>) -> Result<Variable> {
        let (width, utf8) = (self.width, self.utf8);
        let fits = |dim: &Name| lengths.iter().all(|(d, n)| d != dim || *n == width);
        // A name from a file may be that of a dimension with another length by now.
        let asked = v.encoding.get_str("char_dim_name").map(Name::from).filter(fits);
        let dim = asked.unwrap_or_else(|| format!("string{width}").into());
        lengths.push((dim.clone(), width));
        let dims = v.dims().iter().cloned().chain([dim]);
        let mut out = Variable::new(dims, Coding::Split(self).of(v.data())?)?;
        out.attrs = v.attrs.clone();
        out.encoding = v.encoding.clone();
        for key in ["char_dim_name", CHARACTERS, "dtype", "chunksizes", "original_shape"] {
            out.encoding.remove(key);
        }
        if utf8 {
            out.encoding.remove("_Encoding");
            out.attrs.insert("_Encoding", "utf-8");
        }
        Ok(out)
    }

    /// The characters `from..to` of each text.
    pub(super) fn apply(&self, block: &Block, from: usize, to: usize) -> Result<Block> {
        let mut out: Vec<Text> = Vec::with_capacity(block.size() * (to - from));
        let character = |byte: Option<u8>| match byte {
            None | Some(0) => "".into(),
            Some(b) => char::from(b).to_string().into(),
        };
        for text in block.typed::<Text>()?.iter() {
            let text = text.as_str().unwrap_or("");
            match self.utf8 {
                true => out.extend((from..to).map(|i| character(text.as_bytes().get(i).copied()))),
                false => {
                    let mut bytes =
                        text.chars().skip(from).map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'));
                    out.extend((from..to).map(|_| character(bytes.next())));
                }
            }
        }
        let shape: Vec<usize> = block.shape().iter().copied().chain([to - from]).collect();
        Ok(Block::from_vec(&shape, out)?.retype(DType::Bytes(1)))
    }
}

/// Bytes of each text.
pub(super) fn byte_lengths(block: &Block) -> Result<Block> {
    let texts = block.typed::<Text>()?;
    let lengths = texts.iter().map(|t| t.as_str().map_or(0, str::len) as i64).collect();
    Block::from_vec(block.shape(), lengths)
}

/// The largest or smallest element of integers, if there is one.
fn extreme(values: &LazyArray, op: ReduceOp) -> Result<Option<i64>> {
    if values.size() == 0 {
        return Ok(None);
    }
    let axes = (0..values.ndim()).collect();
    let spec = ReduceSpec { op, axes, group: None, skipna: false, ddof: 0.0, min_count: None };
    let found = exec::compute(&[values.reduce(spec)?])?.remove(0);
    Ok(found.to_vec::<i64>()?.first().copied())
}

/// What stands for a missing time among integers.
const NAT: i64 = i64::MIN;

/// Integers as narrower ones, if they fit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Narrow {
    pub(super) dtype: DType,
    variable: Name,
    /// What stands for a time that is missing.
    missing: Option<Block>,
}

/// The integer type of classic files that stands for a dtype, if that is not theirs.
fn narrower(dtype: DType) -> Option<DType> {
    match dtype {
        DType::I64 | DType::U64 | DType::U32 => Some(DType::I32),
        DType::U16 => Some(DType::I16),
        DType::U8 | DType::Bool => Some(DType::I8),
        _ => None,
    }
}

fn narrow_variable(name: &Name, v: &Variable) -> Result<Variable> {
    let attrs = narrow_attrs(&v.attrs)?;
    let Some(dtype) = narrower(v.dtype()) else {
        let mut out = v.clone();
        out.attrs = attrs;
        return Ok(out);
    };
    let is_time = v.attrs.get_str("units").is_some_and(|u| u.contains(" since ") || span_step(u).is_some());
    let mut narrow = Narrow { dtype, variable: name.clone(), missing: None };
    if is_time && v.dtype() == DType::I64 {
        narrow.missing = match attrs.get("_FillValue") {
            Some(AttrValue::Array(b)) if b.size() == 1 => Some(b.clone().reshape(&[])?),
            _ => None,
        };
        // As in xarray: without a value that stands for them, only floats have missing times.
        if narrow.missing.is_none() && extreme(v.data(), ReduceOp::Min)? == Some(NAT) {
            narrow.dtype = DType::F64;
        }
    }
    let mut out = Variable::new(v.dims().to_vec(), Coding::Narrow(narrow).of(v.data())?)?;
    out.attrs = attrs;
    out.encoding = v.encoding.clone();
    Ok(out)
}

/// A variable of integers in another type, that of what it takes the place of: the run fails where one does not fit.
///
/// # Errors
/// If it holds no integers.
pub(in crate::io) fn narrowed_to(v: &Variable, name: &Name, dtype: DType) -> Result<Variable> {
    if v.dtype() == dtype {
        return Ok(v.clone());
    }
    let narrow = Narrow { dtype, variable: name.clone(), missing: None };
    let mut out = Variable::new(v.dims().to_vec(), Coding::Narrow(narrow).of(v.data())?)?;
    (out.attrs, out.encoding) = (v.attrs.clone(), v.encoding.clone());
    Ok(out)
}

fn narrow_attrs(attrs: &Attrs) -> Result<Attrs> {
    let mut out = attrs.clone();
    for (name, value) in attrs.iter() {
        if let AttrValue::Array(b) = value
            && let Some(dtype) = narrower(b.dtype())
        {
            out.insert(name, narrowed(b, dtype).at(|| format!("attribute `{name}`"))?);
        }
    }
    Ok(out)
}

impl Narrow {
    pub(super) fn apply(&self, block: &Block) -> Result<Block> {
        if self.dtype == DType::F64 {
            let number = |v: i64| if v == NAT { f64::NAN } else { v as f64 };
            let values = block.to_vec::<i64>()?.into_iter().map(number).collect();
            return Block::from_vec(block.shape(), values);
        }
        let filled = match &self.missing {
            Some(fill) => {
                let fill = cast(fill, DType::I64)?.to_vec::<i64>()?.first().copied().unwrap_or(NAT);
                let values = block.to_vec::<i64>()?.into_iter().map(|v| if v == NAT { fill } else { v });
                &Block::from_vec(block.shape(), values.collect())?
            }
            None => block,
        };
        narrowed(filled, self.dtype).at(|| format!("variable `{}`", self.variable))
    }
}

/// Integers in another type, all of which it must have.
fn narrowed(block: &Block, dtype: DType) -> Result<Block> {
    if block.dtype().is_bool() {
        return cast(block, dtype);
    }
    let bits = 8 * dtype.size() as u32;
    let range = match dtype.is_signed() {
        true => -(1i128 << (bits - 1))..1i128 << (bits - 1),
        false => 0..1i128 << bits,
    };
    let beyond: Option<i128> = with_integer!(block.dtype().kind(), T => {
        block.typed::<T>()?.iter().map(|&v| v as i128).find(|v| !range.contains(v))
    }, else None);
    match beyond {
        None => cast(block, dtype),
        Some(v) => Err(Error::dtype(format!(
            "{v} does not fit into {dtype}, in which {} is stored",
            block.dtype()
        ))
        .help(
            "write the format Netcdf4 or Cdf5; or store numbers that fit, for times by `units` in the encoding, such \
             as seconds for nanoseconds",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_that_do_not_fit_are_named() {
        let block = Block::from_vec(&[2], vec![1u8, 200]).unwrap();
        assert!(narrowed(&block, DType::I8).unwrap_err().to_string().contains("200"));
        let block = Block::from_vec(&[2], vec![i64::from(i32::MIN), i64::from(i32::MAX)]).unwrap();
        assert_eq!(narrowed(&block, DType::I32).unwrap().to_vec::<i32>().unwrap(), [i32::MIN, i32::MAX]);
        let block = Block::from_vec(&[1], vec![u64::MAX]).unwrap();
        assert!(narrowed(&block, DType::I32).is_err());
    }

    #[test]
    fn missing_times_become_the_fill_value() {
        let mut v = Variable::from_vec(&[("t", 2)], vec![i64::MIN, 3]).unwrap();
        v.attrs = Attrs::new().with("units", "days since 2000-01-01").with("_FillValue", -9i64);
        let out = narrow_variable(&"t".into(), &v).unwrap();
        assert_eq!(out.load().unwrap().to_vec::<i32>().unwrap(), [-9, 3]);
        v.attrs.remove("_FillValue");
        let out = narrow_variable(&"t".into(), &v).unwrap().load().unwrap().to_vec::<f64>().unwrap();
        assert!(out[0].is_nan() && out[1] == 3.0);
    }

    #[test]
    fn parts_of_texts_are_their_bytes() {
        let block = Block::from_vec(&[2], vec!["zé".into(), Text::from("")]).unwrap();
        let split = Split { width: 3, utf8: true };
        let whole = split.apply(&block, 0, 3).unwrap();
        assert_eq!(whole.shape(), [2, 3]);
        let texts: Vec<_> = whole.typed::<Text>().unwrap().iter().cloned().collect();
        assert_eq!(texts, ["z", "\u{c3}", "\u{a9}", "", "", ""].map(Text::from));
        let part = split.apply(&block, 1, 2).unwrap();
        assert!(part.same_bits(&whole.region(&crate::array::Region::new([0..2, 1..2]))));
    }
}
