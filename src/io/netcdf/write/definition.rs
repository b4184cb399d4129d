//! What a file will hold: dimensions and variables with their storage, checked before any of it is written.

use indexmap::IndexMap;
use netcdf_reader::{NcAttrValue, NcAttribute};

use super::super::attributes::to_nc_value;
use super::super::grid;
use super::super::hdf5::LARGEST_CHUNK;
use super::compressor::Compressor;
use super::{NetcdfFormat, plain};
use crate::array::{Block, ChunkGrid};
use crate::dtype::{DType, Text};
use crate::error::{Context, Error, Result};
use crate::io::{RawDataset, cf};
use crate::labels::{AttrValue, Attrs, Name, Variable};

/// Chunks that nobody asked for are at most so large.
const CHUNK_BYTES: usize = 4 << 20;

/// Chunks that nobody asked for along a lone dimension that grows have at least so many bytes, as netCDF-C has it.
const GROWING_CHUNK_BYTES: usize = 4096;

/// Names in bytes: netCDF-C cannot open files with longer ones.
const LONGEST_NAME: usize = 255;

/// Dimensions of a dataset of HDF5.
const MOST_DIMS: usize = 32;

/// The header of a file to write.
pub(super) struct Definition {
    /// The path of the group, "" for the root.
    pub(super) group: String,
    /// Names and lengths in order of appearance; unlimited ones marked.
    pub(super) dims: IndexMap<Name, (usize, bool)>,
    pub(super) attributes: Vec<NcAttribute>,
    pub(super) variables: Vec<Defined>,
}

/// A variable to write.
pub(super) struct Defined {
    pub(super) name: String,
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
    /// Positions in [`Definition::dims`].
    pub(super) dims: Vec<usize>,
    /// Without `_FillValue`.
    pub(super) attributes: Vec<NcAttribute>,
    /// One value of the variable's own type.
    pub(super) fill: Option<Block>,
    /// The shape of the stored chunks, if it is to be stored in chunks.
    pub(super) chunk: Option<Vec<usize>>,
    pub(super) compressor: Option<Compressor>,
    pub(super) shuffle: bool,
    pub(super) fletcher32: bool,
    /// Whole stored chunks: the units of writing.
    pub(super) grid: ChunkGrid,
}

impl Definition {
    pub(super) fn of(group: &str, raw: &RawDataset, format: NetcdfFormat) -> Result<Self> {
        group
            .split('/')
            .filter(|part| !part.is_empty())
            .try_for_each(check_name)
            .at(|| format!("group `{group}`"))?;
        let unlimited = unlimited(&raw.encoding);
        let mut dims: IndexMap<Name, (usize, bool)> = IndexMap::new();
        let mut variables = Vec::new();
        for (name, variable) in &raw.variables {
            for (dim, len) in variable.sizes() {
                // NetCDF has no fixed dimension of length 0.
                let growing = unlimited.iter().any(|u| **u == *dim) || len == 0;
                let (known, _) = *dims.entry(dim.clone()).or_insert((len, growing));
                if known != len {
                    return Err(Error::alignment(format!("dimension `{dim}` has length {known} and {len}"))
                        .at(format!("variable `{name}`")));
                }
            }
            variables.push(Defined::of(name, variable, &dims, format).at(|| format!("variable `{name}`"))?);
        }
        for dim in unlimited.iter().filter(|u| !dims.contains_key(u.as_str())) {
            tracing::warn!(%dim, "no variable has this dimension of `unlimited_dims`: left out");
        }
        let attributes = attributes(&raw.attrs, "the dataset", format)?;
        Ok(Definition { group: group.trim_matches('/').to_string(), dims, attributes, variables })
    }
}

impl Defined {
    fn of(
        name: &str,
        v: &Variable,
        dims: &IndexMap<Name, (usize, bool)>,
        format: NetcdfFormat,
    ) -> Result<Self> {
        check_name(name)?;
        v.dims().iter().try_for_each(|d| check_name(d))?;
        let dtype = v.dtype();
        check_dtype(dtype, format)?;
        check_encoding(&v.encoding, format)?;
        if v.ndim() > MOST_DIMS && format == NetcdfFormat::Netcdf4 {
            return Err(Error::unsupported(format!("{} dimensions in a NetCDF4 file", v.ndim()))
                .help(format!("HDF5 has at most {MOST_DIMS}: stack some, or write Zarr")));
        }
        let shape = v.shape();
        let mut attrs = v.attrs.clone();
        let fill = fill_value(dtype, &mut attrs)?;
        let grows = v.dims().iter().any(|d| dims[d].1);
        let flag = |key| is_set(&v.encoding, key);
        // What numbers have and texts and scalars do not.
        let filtered = format == NetcdfFormat::Netcdf4 && !shape.is_empty() && dtype != DType::Str;
        let compressor = Compressor::of(&v.encoding)?.filter(|_| filtered);
        let fletcher32 = filtered && flag("fletcher32");
        let asked = asked_chunk(v, dims);
        let chunked = format == NetcdfFormat::Netcdf4
            && !shape.is_empty()
            && (asked.is_some() || compressor.is_some() || fletcher32 || grows);
        let chunk = chunked.then(|| asked.unwrap_or_else(|| default_chunk(v, grows)));
        if let Some(chunk) = &chunk {
            check_chunk(chunk, dtype)?;
        }
        let grid = match &chunk {
            Some(chunk) => grid::of_chunks(&shape, chunk, dtype.size()),
            None => grid::of_rows(&shape, dtype.size()),
        };
        Ok(Defined {
            name: name.to_string(),
            dims: v.dims().iter().map(|d| dims.get_index_of(d).expect("dims were collected")).collect(),
            attributes: typed_fill(attributes(&attrs, &format!("variable `{name}`"), format)?, dtype),
            fill,
            // xarray's default: shuffled where compressed.
            shuffle: filtered
                && (flag("shuffle") || (compressor.is_some() && !v.encoding.contains("shuffle"))),
            dtype,
            shape,
            chunk,
            compressor,
            fletcher32,
            grid,
        })
    }
}

impl Defined {
    /// Bytes of an element in the file.
    pub(super) fn element(&self) -> usize {
        plain::element(self.dtype)
    }

    /// Whether it has a record for each position along this dimension, which is its first.
    pub(super) fn is_record(&self, record: Option<usize>) -> bool {
        record.is_some() && self.dims.first() == record.as_ref()
    }

    /// One value of the variable's own type that stands for what was never written.
    pub(super) fn fill_or_default(&self) -> Result<Block> {
        // As netCDF.h has them.
        const FLOAT: f32 = 9.969_21e36;
        Ok(match (&self.fill, self.dtype) {
            (Some(fill), _) => fill.clone(),
            (None, DType::I8) => Block::scalar(-127i8),
            (None, DType::I16) => Block::scalar(-32_767i16),
            (None, DType::I32) => Block::scalar(-2_147_483_647i32),
            (None, DType::I64) => Block::scalar(-9_223_372_036_854_775_806i64),
            (None, DType::U8) => Block::scalar(u8::MAX),
            (None, DType::U16) => Block::scalar(u16::MAX),
            (None, DType::U32) => Block::scalar(u32::MAX),
            (None, DType::U64) => Block::scalar(u64::MAX - 1),
            (None, DType::F32) => Block::scalar(FLOAT),
            (None, DType::F64) => Block::scalar(9.969_209_968_386_869e36f64),
            (None, _) => Block::scalar(Text::from("")),
        })
    }
}

/// The fill value of a variable of texts is a text of their type, not of characters.
fn typed_fill(mut attributes: Vec<NcAttribute>, dtype: DType) -> Vec<NcAttribute> {
    for a in attributes.iter_mut().filter(|a| dtype == DType::Str && a.name == "_FillValue") {
        if let NcAttrValue::Chars(text) = &a.value {
            a.value = NcAttrValue::Strings(vec![text.clone()]);
        }
    }
    attributes
}

/// HDF5 allows 4 GiB, but readers keep whole chunks in memory, and ours has a limit.
fn check_chunk(chunk: &[usize], dtype: DType) -> Result<()> {
    let bytes = chunk.iter().fold(plain::element(dtype), |n, &c| n.saturating_mul(c));
    match bytes <= LARGEST_CHUNK {
        true => Ok(()),
        false => Err(Error::unsupported(format!("NetCDF4 chunks of {bytes} bytes ({chunk:?})"))
            .help("they must not be larger than 2 GiB: set `chunksizes` in the encoding")),
    }
}

/// What the encoding asks for and nobody here does.
fn check_encoding(encoding: &Attrs, format: NetcdfFormat) -> Result<()> {
    if let Some(endian) = encoding.get_str("endian") {
        let native = if cfg!(target_endian = "big") { "big" } else { "little" };
        if format == NetcdfFormat::Netcdf4 && ![native, "native"].contains(&endian) {
            return Err(Error::unsupported(format!("writing NetCDF4 with the encoding `endian: {endian}`"))
                .help("take it from the encoding: numbers are stored as this machine has them"));
        }
    }
    for key in ["least_significant_digit", "significant_digits"] {
        if encoding.get_f64(key).is_some() {
            return Err(Error::unsupported(format!("rounding to digits, as the encoding `{key}` asks for"))
                .help("round the values before, and take it from the encoding"));
        }
    }
    Ok(())
}

/// What NetCDF4 itself notes on groups and variables under these names.
const RESERVED: [&str; 7] = [
    "CLASS",
    "NAME",
    "DIMENSION_LIST",
    "REFERENCE_LIST",
    "_Netcdf4Dimid",
    "_Netcdf4Coordinates",
    "_NCProperties",
];

fn attributes(attrs: &Attrs, owner: &str, format: NetcdfFormat) -> Result<Vec<NcAttribute>> {
    let mut out = Vec::new();
    for (name, value) in attrs.iter() {
        if format == NetcdfFormat::Netcdf4 && RESERVED.contains(&name) {
            tracing::warn!(%owner, attribute = %name, "left out, since NetCDF4 uses the name itself");
            continue;
        }
        let place = || format!("attribute `{name}` of {owner}");
        check_name(name).at(place)?;
        let value = to_nc_value(value).ok_or_else(|| {
            Error::dtype("NetCDF attributes are texts and lists of real numbers, without a second dimension")
                .help("make it a list or a text, or take it away")
                .at(place())
        })?;
        out.push(NcAttribute { name: name.to_string(), value });
    }
    Ok(out)
}

/// The dimensions that an encoding says are unlimited.
pub(super) fn unlimited(encoding: &Attrs) -> Vec<String> {
    match encoding.get("unlimited_dims") {
        Some(AttrValue::Str(s)) => vec![s.clone()],
        Some(AttrValue::Array(b)) => match b.get::<Text>() {
            Some(texts) => texts.iter().filter_map(|t| t.as_str()).map(str::to_string).collect(),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Whether a key of the encoding says yes.
pub(super) fn is_set(encoding: &Attrs, key: &str) -> bool {
    match encoding.get(key) {
        Some(AttrValue::Array(b)) => match b.get::<bool>() {
            Some(v) => v.first() == Some(&true),
            None => encoding.get_f64(key).is_some_and(|v| v != 0.0),
        },
        Some(AttrValue::Json(v)) => v.as_bool() == Some(true),
        _ => false,
    }
}

/// The chunks of the encoding; as in xarray not those of a variable that had another shape.
fn asked_chunk(v: &Variable, dims: &IndexMap<Name, (usize, bool)>) -> Option<Vec<usize>> {
    if v.encoding.get_lengths("original_shape").is_some_and(|s| s != v.shape()) {
        return None;
    }
    let chunk = v.encoding.get_lengths("chunksizes")?;
    let fits = |((&c, n), d): ((&usize, usize), &Name)| c > 0 && (c <= n || dims[d].1);
    let fits = chunk.len() == v.ndim() && chunk.iter().zip(v.shape()).zip(v.dims()).all(fits);
    fits.then_some(chunk)
}

/// The chunks of the array, made smaller along the first axes where they are large.
fn default_chunk(v: &Variable, grows: bool) -> Vec<usize> {
    let mut chunk: Vec<usize> = v.chunks().axes().iter().map(|a| a.largest().max(1)).collect();
    for axis in 0..chunk.len() {
        let bytes = chunk.iter().fold(v.dtype().size(), |n, &c| n.saturating_mul(c));
        chunk[axis] = (chunk[axis] / bytes.div_ceil(CHUNK_BYTES)).max(1);
    }
    if let [lone] = &mut chunk[..]
        && grows
    {
        *lone = (*lone).max(GROWING_CHUNK_BYTES / plain::element(v.dtype()));
    }
    chunk
}

/// Takes `_FillValue` out of the attributes, in the type of the variable.
fn fill_value(dtype: DType, attrs: &mut Attrs) -> Result<Option<Block>> {
    if dtype.is_text() {
        return Ok(None);
    }
    let Some(value) = attrs.remove("_FillValue") else { return Ok(None) };
    match value {
        AttrValue::Array(b) if b.size() == 1 && b.dtype().is_number() => {
            Ok(Some(cf::fill_as(&b.reshape(&[])?, dtype)?))
        }
        other => Err(Error::invalid(format!("_FillValue is {other:?}, not one number of the type {dtype}"))),
    }
}

/// An error where netCDF-C could not read a name of a variable, dimension, attribute or group.
pub(super) fn check_name(name: &str) -> Result<()> {
    let bad = name.is_empty()
        || name.len() > LONGEST_NAME
        || name.contains(|c: char| c == '/' || c.is_control())
        || name.ends_with(' ')
        || !name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii());
    match bad {
        false => Ok(()),
        true => Err(Error::invalid(format!("`{name}` cannot be a name in a NetCDF file"))
            .help(
                "rename it: names have 1 to 255 bytes, begin with a letter, digit or underscore, do not end with a space, \
                 and have no `/` and no control characters",
            )),
    }
}

fn check_dtype(dtype: DType, format: NetcdfFormat) -> Result<()> {
    match dtype {
        DType::I64 | DType::U8 | DType::U16 | DType::U32 | DType::U64 if format.is_netcdf3() => {
            Err(Error::dtype(format!("classic NetCDF files before CDF-5 have no {dtype}"))
                .help("cast it to int32, or write the format Cdf5 or Netcdf4"))
        }
        _ if dtype.is_integer() || dtype.is_float() || dtype == DType::Bytes(1) => Ok(()),
        DType::Str if format == NetcdfFormat::Netcdf4 => Ok(()),
        DType::Str => Err(Error::dtype("classic NetCDF files have no texts")
            .help("write NetCDF4, or store them as arrays of characters")),
        DType::C64 | DType::C128 => Err(Error::dtype("NetCDF has no complex numbers")
            .help("write the real and the imaginary part as two variables, or write Zarr")),
        _ => Err(Error::dtype(format!("NetCDF has no type for {dtype}: it must be encoded first"))),
    }
}
