//! The CF conventions: raw variables to labelled ones and back.

use graticule::io::RawDataset;
use graticule::io::cf::{self, DecodeCoords, DecodeOptions};
use graticule::prelude::*;
use indexmap::IndexMap;

use super::super::args::string;
use super::super::value::{Outcome, Value, broken, unsupported};
use super::{Call, Op};

pub const OPS: &[(&str, Op)] = &[("xr.decode_cf", decode), ("encode_cf", encode)];

fn decode(call: &mut Call) -> Outcome<Value> {
    let args = &mut call.args;
    let Value::Dataset(ds) = args.need("obj")? else { return broken("decode_cf takes a dataset") };
    let mut options = DecodeOptions::default();
    match args.opt("decode_times") {
        None => {}
        Some(Value::Scalar(Scalar::Bool(times))) => options.times = times,
        Some(Value::Object(name, kwargs)) if name == "CFDatetimeCoder" => {
            for (key, value) in kwargs {
                match (key.as_str(), value) {
                    ("time_unit", unit) => options.time_unit = string(&unit)?.parse()?,
                    ("use_cftime", Value::None) => {}
                    ("use_cftime", Value::Scalar(Scalar::Bool(true))) => options.keep_calendar = true,
                    (key, _) => return unsupported(format!("CFDatetimeCoder({key}=...)")),
                }
            }
        }
        Some(v) => return unsupported(format!("decode_times as {}", v.kind())),
    }
    match args.opt("decode_coords") {
        None | Some(Value::Scalar(Scalar::Bool(true))) => {}
        Some(Value::Scalar(Scalar::Bool(false))) => options.coords = DecodeCoords::None,
        Some(v) => {
            options.coords = match string(&v)?.as_str() {
                "coordinates" => DecodeCoords::Coordinates,
                "all" => DecodeCoords::All,
                other => return unsupported(format!("decode_coords={other}")),
            }
        }
    }
    if let Some(on) = args.bool("mask_and_scale")? {
        options.mask_and_scale = on;
    }
    if let Some(on) = args.bool("concat_characters")? {
        options.characters = on;
    }
    options.timedelta = args.bool("decode_timedelta")?;
    options.drop_variables = args.strings("drop_variables")?.unwrap_or_default();
    let mut raw = RawDataset::new();
    (raw.attrs, raw.encoding) = (ds.attrs.clone(), ds.encoding.clone());
    let variables = ds.coords().iter().chain(ds.data_vars());
    raw.variables = variables.map(|(name, v)| (name.clone(), v.clone())).collect();
    let decoded = cf::decode(raw, &options)?;
    Ok(with_coords_of(&ds, decoded)?.into())
}

/// What was a coordinate before is one after.
fn with_coords_of(before: &Dataset, decoded: Dataset) -> Outcome<Dataset> {
    let mut coords = decoded.coords().clone();
    let mut data_vars: IndexMap<Name, Variable> = IndexMap::new();
    for (name, v) in decoded.data_vars() {
        match before.coords().contains(name) {
            true => coords.insert(name.clone(), v.clone())?,
            false => {
                data_vars.insert(name.clone(), v.clone());
            }
        }
    }
    let mut ds = Dataset::from_variables(data_vars, coords)?;
    (ds.attrs, ds.encoding) = (decoded.attrs, decoded.encoding);
    Ok(ds)
}

fn encode(call: &mut Call) -> Outcome<Value> {
    match &call.on {
        Value::Dataset(ds) => Ok(Value::Raw(cf::encode(ds, false)?)),
        on => broken(format!("encode_cf of a {}", on.kind())),
    }
}
