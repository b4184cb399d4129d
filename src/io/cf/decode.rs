//! From a raw dataset to a labelled one.

use std::collections::HashSet;
use std::str::FromStr;

use indexmap::IndexMap;

use super::coding::Coding;
use super::coordinates;
use super::fill::{self, Unpack};
use super::text::Join;
use super::times::{DecodeSpan, DecodeTime};
use crate::dtype::promote::with_missing;
use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Context, Error, Result};
use crate::io::RawDataset;
use crate::labels::{Attrs, Coords, Dataset, Name, Variable};
use crate::lazy::LazyArray;
use crate::time::{CfStep, CfTimeUnits};

/// Which attributes make variables coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DecodeCoords {
    /// None: only variables named like a dimension are coordinates.
    None,
    /// `coordinates`.
    #[default]
    Coordinates,
    /// Also `bounds`, `grid_mapping`, `cell_measures` and the like.
    All,
}

/// What of the conventions is decoded; the default is all but bare time spans, as in xarray.
#[derive(Debug, Clone)]
pub struct DecodeOptions {
    /// Fill values, scale and offset, `_Unsigned`.
    pub mask_and_scale: bool,
    /// Times.
    pub times: bool,
    /// Length of a tick of decoded times, made finer where a file needs it.
    pub time_unit: TimeUnit,
    /// Keep the calendar that the file names, even where the proleptic Gregorian one would do.
    pub keep_calendar: bool,
    /// Numbers in units like "days" as time spans; otherwise only those that were written as such.
    pub timedelta: Option<bool>,
    /// Character arrays as text.
    pub characters: bool,
    /// Which attributes make coordinates.
    pub coords: DecodeCoords,
    /// Variables to leave out.
    pub drop_variables: Vec<String>,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        DecodeOptions {
            mask_and_scale: true,
            times: true,
            time_unit: TimeUnit::Ns,
            keep_calendar: false,
            timedelta: None,
            characters: true,
            coords: DecodeCoords::default(),
            drop_variables: Vec::new(),
        }
    }
}

impl DecodeOptions {
    /// Nothing decoded: variables as stored.
    ///
    /// ```
    /// # use graticule::io::cf::DecodeOptions;
    /// let options = DecodeOptions::off();
    /// assert!(!options.times && !options.mask_and_scale);
    /// ```
    pub fn off() -> Self {
        DecodeOptions {
            mask_and_scale: false,
            times: false,
            timedelta: Some(false),
            characters: false,
            coords: DecodeCoords::None,
            ..Self::default()
        }
    }
}

/// Decodes the conventions of a raw dataset, lazily: values are unpacked when they are read.
///
/// # Errors
/// If an attribute breaks the conventions (units that are none, a fill value of another type), or
/// labels cannot be read.
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::io::{RawDataset, cf::{DecodeOptions, decode}};
/// let mut packed = Variable::from_vec(&[("x", 2)], vec![15i16, -1])?;
/// packed.attrs = Attrs::new().with("scale_factor", 0.1).with("_FillValue", -1i16);
/// let mut raw = RawDataset::new();
/// raw.variables.insert("t".into(), packed);
/// let t = decode(raw, &DecodeOptions::default())?.get("t")?.astype(DType::F64)?.to_vec::<f64>()?;
/// assert!((t[0] - 1.5).abs() < 1e-6 && t[1].is_nan());
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn decode(raw: RawDataset, options: &DecodeOptions) -> Result<Dataset> {
    let mut variables = raw.variables;
    let mut attrs = raw.attrs;
    variables.retain(|name, _| !options.drop_variables.iter().any(|d| **d == **name));
    if options.times {
        coordinates::spread_to_bounds(&mut variables, |v| &mut v.attrs);
    }
    let stackable = character_dims(&variables);
    let mut decoded: IndexMap<Name, Variable> = IndexMap::new();
    for (name, v) in &variables {
        let stack = v.dims().last().is_some_and(|d| stackable.contains(d));
        let v = variable(v, options, stack).at(|| format!("decoding variable `{name}`"))?;
        decoded.insert(name.clone(), v);
    }
    let named = coordinates::take_names(&mut decoded, &mut attrs, options.coords)?;
    let mut coords = Coords::new();
    let mut data_vars = IndexMap::new();
    for (name, v) in decoded {
        let of_dim = v.dims() == std::slice::from_ref(&name);
        if of_dim || named.contains(&name) {
            let mut v = v;
            if of_dim && v.data().as_block().is_none() {
                // An index needs its labels.
                let block = v.load().at(|| format!("labels of `{name}`"))?;
                v = v.with_data(v.dims().to_vec(), block)?;
            }
            coords.insert(name, v)?;
        } else {
            data_vars.insert(name, v);
        }
    }
    let mut ds = Dataset::from_variables(data_vars, coords)?;
    ds.attrs = attrs;
    ds.encoding = raw.encoding;
    Ok(ds)
}

/// The dimensions of characters: the last one of every variable that has them, all of single bytes.
fn character_dims(variables: &IndexMap<Name, Variable>) -> HashSet<Name> {
    let mut dims: HashSet<Name> = variables
        .values()
        .filter(|v| v.dtype() == DType::Bytes(1))
        .filter_map(|v| v.dims().last().cloned())
        .collect();
    dims.retain(|d| {
        let fits = |v: &Variable| {
            v.axis(d).is_none() || (matches!(v.dtype(), DType::Bytes(_)) && v.dims().last() == Some(d))
        };
        !variables.contains_key(d) && variables.values().all(fits)
    });
    dims
}

/// One variable decoded.
fn variable(v: &Variable, options: &DecodeOptions, stack: bool) -> Result<Variable> {
    if v.dtype().is_time() {
        return Ok(v.clone());
    }
    let stored = v.dtype();
    let mut work = Work {
        dims: v.dims().to_vec(),
        data: v.data().clone(),
        attrs: v.attrs.clone(),
        encoding: v.encoding.clone(),
    };
    if options.characters {
        work.characters(stack)?;
    }
    if options.mask_and_scale {
        work.unpack(options)?;
    }
    work.spans(options)?;
    if options.times {
        work.times(options)?;
    }
    if work.attrs.get_str("dtype") == Some("bool") {
        work.data = work.data.cast(DType::Bool)?;
        work.attrs.remove("dtype");
        work.encoding.insert("dtype", "bool");
    }
    if !work.encoding.contains("dtype") {
        work.encoding.insert("dtype", stored.to_string());
    }
    let mut out = Variable::new(work.dims, work.data)?;
    out.attrs = work.attrs;
    out.encoding = work.encoding;
    Ok(out)
}

/// A variable on its way.
struct Work {
    dims: Vec<Name>,
    data: LazyArray,
    attrs: Attrs,
    encoding: Attrs,
}

impl Work {
    fn move_to_encoding(&mut self, name: &str) -> Option<String> {
        let value = self.attrs.remove(name)?;
        self.encoding.insert(name, value);
        self.encoding.get_str(name).map(str::to_string)
    }

    fn characters(&mut self, stack: bool) -> Result<()> {
        let DType::Bytes(width) = self.data.dtype() else { return Ok(()) };
        let encoding = self.move_to_encoding("_Encoding");
        let chars = stack && width == 1;
        if !chars && encoding.is_none() {
            return Ok(());
        }
        let mut length = width;
        if chars {
            length = self.data.shape().last().map_or(1, |n| (*n).max(1)) as u32;
            if let Some(dim) = self.dims.pop() {
                self.encoding.insert("char_dim_name", &*dim);
            }
        }
        let dtype = match encoding.as_deref() {
            None => DType::Bytes(length),
            Some(e) if ["utf-8", "utf8", "ascii"].contains(&e.to_ascii_lowercase().as_str()) => DType::Str,
            Some(e) => {
                return Err(
                    Error::unsupported(format!("text in the encoding `{e}`")).known(["utf-8", "ascii"])
                );
            }
        };
        self.data = Coding::Join(Join { dtype, chars }).of(&self.data)?;
        Ok(())
    }

    fn unpack(&mut self, options: &DecodeOptions) -> Result<()> {
        let stored = self.data.dtype();
        let (fills, masked) = fill::take_fills(&mut self.attrs, &mut self.encoding, stored);
        let mut reread = None;
        if let Some(unsigned) = self.move_to_encoding("_Unsigned") {
            reread = other_sign(stored, &unsigned);
        }
        let (scale, offset) = (self.attrs.remove("scale_factor"), self.attrs.remove("add_offset"));
        let scaled = scale.is_some() || offset.is_some();
        if let Some(v) = &scale {
            self.encoding.insert("scale_factor", v.clone());
        }
        if let Some(v) = &offset {
            self.encoding.insert("add_offset", v.clone());
        }
        if !masked && reread.is_none() && !scaled {
            return Ok(());
        }
        let number = |name: &str| -> Result<Option<f64>> {
            match self.encoding.get(name) {
                None => Ok(None),
                Some(_) => self.encoding.get_f64(name).map(Some).ok_or_else(|| {
                    Error::storage(format!("the attribute `{name}` is not one number"))
                        .help("open with `mask_and_scale` off to see the stored values")
                }),
            }
        };
        let fills: Vec<_> = match reread {
            None => fills,
            Some(d) => fills
                .iter()
                .map(|f| crate::array::Block::from_bytes(d, &[], &f.to_bytes()))
                .collect::<Result<_>>()?,
        };
        let read = reread.unwrap_or(stored);
        let ticks = read.is_integer() && self.is_time(options);
        let dtype = if scaled {
            fill::float_for(read, scale.as_ref(), offset.as_ref())
        } else if !masked {
            read
        } else if ticks {
            DType::I64
        } else {
            with_missing(read)
        };
        if scaled && !stored.is_number() {
            return Err(Error::storage(format!("`scale_factor` or `add_offset` on {stored}")));
        }
        let unpack =
            Unpack { reread, fills, scale: number("scale_factor")?, offset: number("add_offset")?, dtype };
        self.data = Coding::Unpack(unpack).of(&self.data)?;
        Ok(())
    }

    /// Whether the numbers will be decoded to times next.
    fn is_time(&self, options: &DecodeOptions) -> bool {
        let Some(units) = self.attrs.get_str("units") else { return false };
        if units.contains("since") {
            return options.times
                && CfTimeUnits::parse(units, self.calendar().unwrap_or(Calendar::Standard)).is_ok();
        }
        self.span_unit(options).is_some()
    }

    fn calendar(&self) -> Result<Calendar> {
        let name = self.attrs.get_str("calendar").unwrap_or("standard");
        Ok(Calendar::from_str(name)?)
    }

    fn times(&mut self, options: &DecodeOptions) -> Result<()> {
        if !coordinates::are_since(&self.attrs) || !self.data.dtype().is_number() {
            return Ok(());
        }
        let calendar = self.calendar()?;
        let text = self.attrs.get_str("units").unwrap_or_default().to_string();
        let units = CfTimeUnits::parse(&text, calendar)
            .map_err(|e| Error::from(e).help("open with decoding of times off to see the stored numbers"))?;
        self.move_to_encoding("units");
        self.move_to_encoding("calendar");
        let coding = DecodeTime::choose(units, &self.data, options.time_unit, options.keep_calendar)?;
        self.data = Coding::DecodeTime(coding).of(&self.data)?;
        Ok(())
    }

    /// The step of numbers that will be decoded to time spans, and the unit of the ticks.
    fn span_unit(&self, options: &DecodeOptions) -> Option<(CfStep, TimeUnit)> {
        if options.timedelta == Some(false) || (options.timedelta.is_none() && !options.times) {
            return None;
        }
        let step = span_step(self.attrs.get_str("units")?)?;
        let written = self.attrs.get_str("dtype").and_then(|d| d.strip_prefix("timedelta64"));
        match written {
            Some(unit) => {
                let unit = unit.trim_start_matches('[').trim_end_matches(']');
                Some((step, TimeUnit::from_str(unit).unwrap_or(TimeUnit::Ns)))
            }
            None => (options.timedelta == Some(true)).then_some((step, options.time_unit)),
        }
    }

    fn spans(&mut self, options: &DecodeOptions) -> Result<()> {
        if !self.data.dtype().is_number() {
            return Ok(());
        }
        let Some((step, unit)) = self.span_unit(options) else { return Ok(()) };
        self.move_to_encoding("units");
        if self.attrs.get_str("dtype").is_some_and(|d| d.starts_with("timedelta64")) {
            self.attrs.remove("dtype");
        }
        let coding = DecodeSpan::choose(step, &self.data, unit)?;
        self.data = Coding::DecodeSpan(coding).of(&self.data)?;
        Ok(())
    }
}

/// The step of a time span in plain units.
pub(super) fn span_step(units: &str) -> Option<CfStep> {
    const SPANS: [&str; 7] =
        ["days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"];
    SPANS.contains(&units).then(|| CfStep::from_str(units).ok()).flatten()
}

/// The integer type of the same width that `_Unsigned` asks for, if it is another one.
fn other_sign(stored: DType, unsigned: &str) -> Option<DType> {
    Some(match (stored, unsigned) {
        (DType::I8, "true") => DType::U8,
        (DType::I16, "true") => DType::U16,
        (DType::I32, "true") => DType::U32,
        (DType::I64, "true") => DType::U64,
        (DType::U8, "false") => DType::I8,
        (DType::U16, "false") => DType::I16,
        (DType::U32, "false") => DType::I32,
        (DType::U64, "false") => DType::I64,
        _ => return None,
    })
}
