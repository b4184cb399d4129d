//! Opening a dataset, whatever its format.

use serde_json::{Map, Value};

use super::backend::{detect, named};
use super::cf::{self, DecodeCoords, DecodeOptions};
use super::raw::RawDataset;
use super::store::Location;
use crate::dtype::TimeUnit;
use crate::error::{Context, Error, Result};
use crate::exec;
use crate::labels::{AttrValue, Chunks, Dataset, Name, Variable};
use crate::lazy::LazyArray;

/// What [`open_dataset_with`] does besides opening; the default decodes what xarray decodes.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// The group inside the file or store, as a path (`a/b`).
    pub group: Option<String>,
    /// How the CF conventions are decoded.
    pub decode: DecodeOptions,
    /// The chunks of data variables, instead of those as stored.
    pub chunks: Chunks,
    /// The format, by the name of its [backend](crate::io::Backend); told by the content if it is not given.
    pub engine: Option<String>,
}

impl OpenOptions {
    /// The defaults.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(OpenOptions::new().decode.times);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a group inside the file or store.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(OpenOptions::new().group("forecast/surface").group.as_deref(), Some("forecast/surface"));
    /// ```
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Opens it as this format, whatever its content looks like: `"netcdf"`, `"zarr"`, or the name of a
    /// [backend](crate::io::Backend) of your own.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let e = open_dataset_with("a.grib", &OpenOptions::new().engine("grib")).unwrap_err();
    /// assert!(e.is_not_found() && e.to_string().contains("netcdf"), "{e}");
    /// ```
    pub fn engine(mut self, name: impl Into<String>) -> Self {
        self.engine = Some(name.into());
        self
    }

    /// Decodes the CF conventions, or leaves all variables as stored.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let path = std::env::temp_dir().join(format!("graticule-decode-{}.zarr", std::process::id()));
    /// let days = Block::from_vec(&[2], vec![0i64, 86_400_000_000_000])?.retype(DType::DATETIME_NS);
    /// DataArray::new(Variable::new(["x"], days)?, Coords::new())?.to_dataset("when").to_zarr(&path)?;
    /// assert!(open_dataset(&path)?.get("when")?.dtype().is_datetime());
    /// let stored = open_dataset_with(&path, &OpenOptions::new().decode(false))?.get("when")?;
    /// assert_eq!(stored.to_vec::<i64>()?, [0, 1]);
    /// # std::fs::remove_dir_all(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn decode(mut self, decode: bool) -> Self {
        let drop_variables = std::mem::take(&mut self.decode.drop_variables);
        let options = if decode { DecodeOptions::default() } else { DecodeOptions::off() };
        self.decode = DecodeOptions { drop_variables, ..options };
        self
    }

    /// Decodes times, or leaves them as numbers.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(!OpenOptions::new().decode_times(false).decode.times);
    /// ```
    pub fn decode_times(mut self, decode: bool) -> Self {
        self.decode.times = decode;
        self
    }

    /// Unpacks numbers and masks fill values, or leaves them as stored.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(!OpenOptions::new().mask_and_scale(false).decode.mask_and_scale);
    /// ```
    pub fn mask_and_scale(mut self, decode: bool) -> Self {
        self.decode.mask_and_scale = decode;
        self
    }

    /// Which attributes make variables coordinates.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::cf::DecodeCoords;
    /// let options = OpenOptions::new().decode_coords(DecodeCoords::All);
    /// assert_eq!(options.decode.coords, DecodeCoords::All);
    /// ```
    pub fn decode_coords(mut self, coords: DecodeCoords) -> Self {
        self.decode.coords = coords;
        self
    }

    /// Length of a tick of decoded times.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::dtype::TimeUnit;
    /// assert_eq!(OpenOptions::new().time_unit(TimeUnit::S).decode.time_unit, TimeUnit::S);
    /// ```
    pub fn time_unit(mut self, unit: TimeUnit) -> Self {
        self.decode.time_unit = unit;
        self
    }

    /// Leaves variables out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let path = std::env::temp_dir().join(format!("graticule-drop-{}.zarr", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// a.to_dataset("a").assign([("b", &a)])?.to_zarr(&path)?;
    /// let ds = open_dataset_with(&path, &OpenOptions::new().drop_variables(["b"]))?;
    /// assert_eq!(ds.data_vars().len(), 1);
    /// # std::fs::remove_dir_all(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_variables<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.decode.drop_variables = names.into_iter().map(Into::into).collect();
        self
    }

    /// Puts data variables into these chunks, instead of those as stored: what
    /// [`chunk_with`](Dataset::chunk_with) takes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let path = std::env::temp_dir().join(format!("graticule-chunks-{}.zarr", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 3.0])?;
    /// a.chunk("x", 1)?.to_dataset("a").to_zarr(&path)?;
    /// let ds = open_dataset_with(&path, &OpenOptions::new().chunks([("x", 2)]))?;
    /// assert_eq!(ds.get("a")?.variable().chunks().counts(), [2]);
    /// // As many of the three stored chunks together as fit into 128 MiB.
    /// let ds = open_dataset_with(&path, &OpenOptions::new().chunks("auto"))?;
    /// assert_eq!(ds.get("a")?.variable().chunks().counts(), [1]);
    /// # std::fs::remove_dir_all(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn chunks(mut self, chunks: impl Into<Chunks>) -> Self {
        self.chunks = chunks.into();
        self
    }
}

/// Opens a Zarr store (v2 or v3: a folder, a zip archive, an address, a store in hand) or a NetCDF file (classic or
/// NetCDF4), lazily.
///
/// Reads metadata, the labels of dimensions, and the first and last value of other times (they decide
/// the unit). Data variables are read when they are computed, in the chunks in which they are stored.
///
/// # Errors
/// If there is nothing at the path, it is neither format, or its metadata are broken. A variable that
/// cannot be read (its codec or type is not supported) is left out with a warning: the encoding of the
/// dataset names it and the reason under `skipped_variables`.
///
/// ```no_run
/// use graticule::prelude::*;
/// let ds = open_dataset("era5.zarr")?;
/// println!("{ds}");
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn open_dataset(location: impl Into<Location>) -> Result<Dataset> {
    open_dataset_with(location, &OpenOptions::default())
}

/// Opens a dataset with options. See [`open_dataset`].
///
/// # Errors
/// Those of [`open_dataset`], and if there is no such group.
///
/// ```no_run
/// use graticule::prelude::*;
/// let stored = open_dataset_with("packed.nc", &OpenOptions::new().decode(false))?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn open_dataset_with(location: impl Into<Location>, options: &OpenOptions) -> Result<Dataset> {
    let location = location.into();
    let backend = match &options.engine {
        Some(name) => named(name)?,
        None => detect(&location)?,
    };
    let mut raw = backend.open(&location, options.group.as_deref())?;
    load_labels(&mut raw).at(|| location.to_string())?;
    decode(raw, options).at(|| location.to_string())
}

/// Labels of dimensions up to this size are read together.
const LABELS: usize = 16 << 20;

/// Reads the labels of all dimensions at the same time, where each would wait for a server.
fn load_labels(raw: &mut RawDataset) -> Result<()> {
    let waits = |(name, v): &(&Name, &mut Variable)| {
        let data = v.data();
        v.dims() == std::slice::from_ref(*name) && data.op().requests() > 1 && data.nbytes() <= LABELS
    };
    let labels: Vec<(&Name, &mut Variable)> = raw.variables.iter_mut().filter(waits).collect();
    if labels.is_empty() {
        return Ok(());
    }
    let arrays: Vec<LazyArray> = labels.iter().map(|(_, v)| v.data().clone()).collect();
    for ((_, variable), block) in labels.into_iter().zip(exec::compute(&arrays)?) {
        *variable = variable.with_data(variable.dims().to_vec(), block)?;
    }
    Ok(())
}

/// Decodes what was opened; what cannot be read is named in the encoding of the dataset.
fn decode(raw: RawDataset, options: &OpenOptions) -> Result<Dataset> {
    let skipped: Map<String, Value> = (raw.skipped.iter())
        .filter(|s| !options.decode.drop_variables.iter().any(|d| **d == *s.name))
        .map(|s| (s.name.to_string(), Value::String(s.reason.to_string())))
        .collect();
    if raw.variables.is_empty()
        && let Some((name, reason)) = skipped.iter().next()
    {
        let reason = reason.as_str().unwrap_or_default();
        return Err(Error::storage(format!("no variable can be read; `{name}`: {reason}")));
    }
    let mut ds = cf::decode(raw, &options.decode)?;
    if !skipped.is_empty() {
        ds.encoding.insert("skipped_variables", AttrValue::Json(Value::Object(skipped)));
    }
    match options.chunks.is_empty() {
        true => Ok(ds),
        false => ds.chunk_with(options.chunks.clone()),
    }
}

/// The variables of a dataset as stored, whatever its format.
///
/// # Errors
/// Those of [`open_dataset`].
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::io::open_raw;
/// # let path = std::env::temp_dir().join(format!("graticule-raw-{}.zarr", std::process::id()));
/// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
/// a.to_dataset("a").to_zarr(&path)?;
/// assert_eq!(open_raw(&path, None)?.variables["a"].dtype(), DType::F64);
/// # std::fs::remove_dir_all(path).ok();
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn open_raw(location: impl Into<Location>, group: Option<&str>) -> Result<RawDataset> {
    let location = location.into();
    detect(&location)?.open(&location, group)
}
