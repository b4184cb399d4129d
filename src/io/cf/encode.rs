//! From a labelled dataset to a raw one.

use std::str::FromStr;

use indexmap::IndexMap;

use super::coding::Coding;
use super::coordinates;
use super::decode::span_step;
use super::fill::{self, Pack};
use super::times::{EncodeSpan, EncodeTime};
use crate::array::Block;
use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Context, Error, Result};
use crate::exec;
use crate::io::RawDataset;
use crate::kernel::cast::cast;
use crate::labels::{AttrValue, Attrs, Dataset, Name, Variable};
use crate::lazy::LazyArray;
use crate::time::{CfStep, CfTimeUnits, infer_timedelta_units, infer_units};

/// Lazy times without units in their encoding are computed up to this size, to infer units from them;
/// larger ones count from 1970.
const LOADED_TO_INFER: usize = 64 << 20;

/// Encodes a dataset by the conventions, lazily, as the encodings of its variables say: packing, fill
/// values, times as numbers, coordinates noted in attributes. `native_bool` leaves bools as they are
/// (Zarr has them, NetCDF does not).
///
/// # Errors
/// If an encoding contradicts the data or itself.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::io::cf::encode;
/// let days = Block::from_vec(&[2], vec![0i64, 86_400_000_000_000])?.retype(DType::DATETIME_NS);
/// let time = DataArray::new(Variable::new(["time"], days)?, Coords::new())?;
/// let raw = encode(&time.to_dataset("when"), true)?;
/// assert_eq!(raw.variables["when"].attrs.get_str("units"), Some("days since 1970-01-01 00:00:00"));
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn encode(ds: &Dataset, native_bool: bool) -> Result<RawDataset> {
    let mut variables: IndexMap<Name, Variable> = IndexMap::new();
    for (name, v) in ds.data_vars().iter().chain(ds.coords().iter()) {
        variables.insert(name.clone(), v.clone());
    }
    let mut attrs = ds.attrs.clone();
    let dims = ds.sizes();
    let named: Vec<Name> = ds.coords().names().filter(|c| !dims.contains_key(*c)).cloned().collect();
    coordinates::give_names(&mut variables, &mut attrs, &named);
    coordinates::spread_to_bounds(&mut variables, |v| &mut v.encoding);
    let mut encoded: IndexMap<Name, Variable> = IndexMap::new();
    for (name, v) in &variables {
        let v = variable(v, native_bool).at(|| format!("encoding variable `{name}`"))?;
        encoded.insert(name.clone(), v);
    }
    coordinates::strip_bounds(&mut encoded);
    Ok(RawDataset { variables: encoded, attrs, encoding: ds.encoding.clone(), skipped: Vec::new() })
}

fn variable(v: &Variable, native_bool: bool) -> Result<Variable> {
    let original = v.dtype();
    let mut work = Work { data: v.data().clone(), attrs: v.attrs.clone(), encoding: v.encoding.clone() };
    // Texts as characters, where the format has any: a step of its own.
    let as_characters = original.is_text() && work.encoding.get_str("dtype") == Some("S1");
    let wanted = match work.encoding.remove("dtype") {
        Some(AttrValue::Str(s)) if s != "str" && s != "S1" => Some(DType::from_str(&s)?),
        _ => None,
    };
    if as_characters {
        work.encoding.insert("dtype", "S1");
    }
    // A dtype of times or text says nothing about the numbers that are stored.
    let wanted = wanted.filter(|d| d.is_number() || (d.is_bool() && native_bool));
    let scaled = work.encoding.contains("scale_factor") || work.encoding.contains("add_offset");
    let numbers = if scaled { Some(DType::F64) } else { wanted };
    work.times(numbers)?;
    work.spans(numbers)?;
    work.pack(wanted, original)?;
    let data = work.data.dtype();
    if data.is_float() && !work.attrs.contains("_FillValue") && !silent(&work.encoding, "_FillValue") {
        work.attrs.insert("_FillValue", nan(data));
    }
    if silent(&work.encoding, "_FillValue") {
        work.encoding.remove("_FillValue");
    }
    if data.is_bool() && !native_bool && !work.attrs.contains("dtype") {
        work.attrs.insert("dtype", "bool");
        work.data = work.data.cast(DType::I8)?;
    }
    for name in coordinates::RELATED {
        if let Some(value) = work.encoding.remove(name) {
            work.attrs.insert(name, value);
        }
    }
    let mut out = Variable::new(v.dims().to_vec(), work.data)?;
    out.attrs = work.attrs;
    out.encoding = work.encoding;
    Ok(out)
}

/// Whether the encoding says that there shall be none of this.
fn silent(encoding: &Attrs, name: &str) -> bool {
    matches!(encoding.get(name), Some(AttrValue::Json(serde_json::Value::Null)))
}

fn nan(dtype: DType) -> Block {
    if dtype == DType::F32 { Block::scalar(f32::NAN) } else { Block::scalar(f64::NAN) }
}

struct Work {
    data: LazyArray,
    attrs: Attrs,
    encoding: Attrs,
}

impl Work {
    fn set_attr(&mut self, name: &str, value: impl Into<AttrValue>) -> Result<()> {
        if self.attrs.contains(name) {
            return Err(Error::invalid(format!("the attribute `{name}` is there already"))
                .help("it belongs into the encoding: take it from the attributes"));
        }
        self.attrs.insert(name, value);
        Ok(())
    }

    /// Computes lazy times, unless they are many: the best units are known from the values only.
    fn load_to_infer(&mut self) -> Result<()> {
        if self.data.as_block().is_none() && self.data.nbytes() <= LOADED_TO_INFER {
            self.data = exec::compute(std::slice::from_ref(&self.data))?.remove(0).into();
        }
        Ok(())
    }

    fn times(&mut self, wanted: Option<DType>) -> Result<()> {
        let DType::Datetime { unit, calendar } = self.data.dtype() else { return Ok(()) };
        let units = self.encoding.remove("units");
        let named = self.encoding.remove("calendar");
        let calendar_out = match named {
            Some(AttrValue::Str(c)) => Calendar::from_str(&c)?,
            _ => calendar,
        };
        let given = match &units {
            Some(AttrValue::Str(u)) => Some(u.clone()),
            _ => None,
        };
        let wants_float = wanted.is_some_and(DType::is_float);
        if given.is_none() {
            self.load_to_infer()?;
        }
        let (text, dtype) = match self.data.as_block() {
            Some(block) => {
                let ticks: Vec<i64> = block.to_vec()?;
                let mut text = given.unwrap_or_else(|| infer_units(&ticks, unit, calendar));
                let parsed = CfTimeUnits::parse(&text, calendar_out)?;
                let exact = |u: &CfTimeUnits| -> Result<bool> {
                    Ok(matches!(u.encode(&ticks, unit, calendar)?, crate::time::Encoded::Int(_)))
                };
                let mut whole = exact(&parsed)?;
                if !whole && wanted.is_some_and(DType::is_integer) {
                    // Integers were asked for: a finer step with the same reference gives them.
                    let since = text.split_once(" since ").map_or("", |s| s.1).to_string();
                    for step in CfStep::INFERRED {
                        let finer = CfTimeUnits { step, ..parsed };
                        if step.ns() < parsed.step.ns() && exact(&finer)? {
                            tracing::warn!(
                                "times are no whole number of `{text}`: stored in {}",
                                step.name()
                            );
                            text = format!("{} since {since}", step.name());
                            whole = true;
                            break;
                        }
                    }
                }
                (text, if whole && !wants_float { DType::I64 } else { DType::F64 })
            }
            None => {
                let text = given.unwrap_or_else(|| format!("{} since 1970-01-01", step_of(unit).name()));
                let step = CfTimeUnits::parse(&text, calendar_out)?.step;
                let whole = wanted.is_some_and(DType::is_integer) || step.ns() <= unit.tick_ns();
                (text, if whole && !wants_float { DType::I64 } else { DType::F64 })
            }
        };
        let units = CfTimeUnits::parse(&text, calendar_out)?;
        self.data = Coding::EncodeTime(EncodeTime { units, unit, calendar, dtype }).of(&self.data)?;
        self.set_attr("units", text)?;
        self.set_attr("calendar", calendar_out.name())
    }

    fn spans(&mut self, wanted: Option<DType>) -> Result<()> {
        let DType::Timedelta { unit } = self.data.dtype() else { return Ok(()) };
        let units = match self.encoding.remove("units") {
            Some(AttrValue::Str(u)) => Some(u),
            _ => None,
        };
        let given = units
            .map(|u| {
                span_step(&u).ok_or_else(|| Error::invalid(format!("`{u}` are no units of a time span")))
            })
            .transpose()?;
        let wants_float = wanted.is_some_and(DType::is_float);
        if given.is_none() {
            self.load_to_infer()?;
        }
        let (step, dtype) = match self.data.as_block() {
            Some(block) => {
                let ticks: Vec<i64> = block.to_vec()?;
                let mut step = given.unwrap_or_else(|| infer_timedelta_units(&ticks, unit));
                let exact = |s| -> Result<bool> {
                    Ok(matches!(
                        crate::time::encode_timedelta(&ticks, unit, s)?,
                        crate::time::Encoded::Int(_)
                    ))
                };
                let mut whole = exact(step)?;
                if !whole && wanted.is_some_and(DType::is_integer) {
                    step = infer_timedelta_units(&ticks, unit);
                    whole = true;
                }
                (step, if whole && !wants_float { DType::I64 } else { DType::F64 })
            }
            None => {
                let step = given.unwrap_or_else(|| step_of(unit));
                let whole = wanted.is_some_and(DType::is_integer) || step.ns() <= unit.tick_ns();
                (step, if whole && !wants_float { DType::I64 } else { DType::F64 })
            }
        };
        self.data = Coding::EncodeSpan(EncodeSpan { step, unit, dtype }).of(&self.data)?;
        self.set_attr("dtype", format!("timedelta64[{}]", unit.name()))?;
        self.set_attr("units", step.name())
    }

    /// Offset, scale, fill value and dtype, in one pass.
    fn pack(&mut self, wanted: Option<DType>, original: DType) -> Result<()> {
        let data = self.data.dtype();
        let number = |e: &Attrs, name: &str| -> Result<Option<f64>> {
            match e.get(name) {
                None => Ok(None),
                Some(_) => e
                    .get_f64(name)
                    .map(Some)
                    .ok_or_else(|| Error::invalid(format!("the encoding `{name}` is not one number"))),
            }
        };
        let (offset, scale) =
            (number(&self.encoding, "add_offset")?, number(&self.encoding, "scale_factor")?);
        let scaled = offset.is_some() || scale.is_some();
        let fill = self.fill_value(wanted.unwrap_or(data), scaled)?;
        let mut work = data;
        if scaled {
            if fill.is_none() {
                work = fill::float_for(
                    original,
                    self.encoding.get("scale_factor"),
                    self.encoding.get("add_offset"),
                );
            }
            for name in ["add_offset", "scale_factor"] {
                if let Some(value) = self.encoding.remove(name) {
                    self.set_attr(name, value)?;
                }
            }
        }
        let mut dtype = wanted.unwrap_or(work);
        if let Some(unsigned) = self.encoding.remove("_Unsigned") {
            self.set_attr("_Unsigned", unsigned)?;
        }
        if data.is_text() {
            dtype = data;
        }
        if !scaled && fill.is_none() && dtype == data {
            return Ok(());
        }
        if !data.is_number() {
            self.data = self.data.cast(dtype)?;
            return Ok(());
        }
        let pack = Pack { scale, offset, fill, ticks: original.is_time(), work, dtype };
        self.data = Coding::Pack(pack).of(&self.data)?;
        Ok(())
    }

    /// The fill value (of `_FillValue` and `missing_value`, which must agree), noted as attribute in
    /// the stored dtype; `None` also where it is NaN.
    fn fill_value(&mut self, stored: DType, scaled: bool) -> Result<Option<Block>> {
        let mut fill: Option<Block> = None;
        for name in ["_FillValue", "missing_value"] {
            if silent(&self.encoding, name) {
                continue;
            }
            let Some(value) = self.encoding.remove(name) else { continue };
            let block = match &value {
                AttrValue::Array(b) if b.size() == 1 => b.clone().reshape(&[])?,
                AttrValue::Array(_) | AttrValue::Json(_) => {
                    return Err(Error::invalid(format!("the encoding `{name}` is not one value")));
                }
                AttrValue::Str(_) => {
                    self.set_attr(name, value)?;
                    continue;
                }
            };
            let block = match stored.is_integer() {
                false if scaled => block,
                // Read as the unsigned type of the width: a fill value may be one of either.
                true if self.encoding.contains("_Unsigned") => cast(&block, stored)?,
                _ => fill::fill_as(&block, stored)?,
            };
            if let Some(first) = &fill {
                let (a, b) = (cast(first, DType::F64)?, cast(&block, DType::F64)?);
                if a != b {
                    return Err(Error::invalid("`_FillValue` and `missing_value` differ")
                        .help("set both to one value, or take one of them from the encoding"));
                }
            }
            self.set_attr(name, block.clone())?;
            fill.get_or_insert(block);
        }
        Ok(fill.filter(|f| {
            let v = cast(f, DType::F64).ok().and_then(|f| f.get::<f64>()?.first().copied());
            v.is_some_and(|v| !v.is_nan())
        }))
    }
}

/// The step as long as a tick.
fn step_of(unit: TimeUnit) -> CfStep {
    match unit {
        TimeUnit::S => CfStep::Second,
        TimeUnit::Ms => CfStep::Millisecond,
        TimeUnit::Us => CfStep::Microsecond,
        TimeUnit::Ns => CfStep::Nanosecond,
    }
}
