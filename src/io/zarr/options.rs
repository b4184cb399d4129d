//! How a Zarr store is written.

use std::ops::Range;

use super::resume::Resume;

/// What to do with a store that is there already: xarray's modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriteMode {
    /// Fail: xarray's mode `w-`.
    #[default]
    Create,
    /// Replace it when the new one is complete: xarray's mode `w`.
    Replace,
    /// Add to it, or create it: xarray's mode `a`. Variables that are there are overwritten with values of the same shape,
    /// or made longer along [`append_dim`](WriteOptions::append_dim).
    Append,
    /// As [`Append`](WriteMode::Append), but variables without the dimension of appending are left as they are: xarray's
    /// mode `a-`.
    AppendOnly,
    /// Overwrite values of arrays that are there, and change nothing else: xarray's mode `r+`.
    Modify,
}

/// The version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ZarrFormat {
    /// Zarr v2, which all software of the last ten years reads.
    V2,
    /// Zarr v3, with shards.
    #[default]
    V3,
}

/// Which part of a store is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteRegion {
    /// Where the labels of the dataset stand in the store, along all its dimensions with labels.
    Auto,
    /// Along these dimensions so.
    Dims(Vec<(String, DimRegion)>),
}

/// Which positions of a dimension are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DimRegion {
    /// Where the labels of the dataset stand in the store.
    Auto,
    /// These.
    Range(Range<usize>),
}

impl From<Range<usize>> for DimRegion {
    fn from(range: Range<usize>) -> Self {
        DimRegion::Range(range)
    }
}

/// How to write a Zarr store.
///
/// A store that is new is written under a temporary name and gets its own when it is complete (on stores behind a server,
/// its metadata come last); what is appended counts when the metadata are written, at the end.
///
/// With [`resume`](WriteOptions::resume) a run that ends early keeps what it has written in the folder `.NAME.resume`
/// beside the store, and the same program run again goes on from there: it computes the chunks that are missing. It is
/// refused if another plan has begun the store: operations, sources (by path and, for files, length and time of
/// change; of a Zarr array those of its metadata), chunks and version must be the same, attributes and small arrays
/// in memory need not. Remove the folder to begin anew. Reductions that come first (a climatology) are computed again.
/// A plan with closures cannot be continued.
///
/// ```
/// # use graticule::prelude::*;
/// use graticule::io::zarr::{Resume, WriteOptions};
/// # let folder = std::env::temp_dir().join(format!("graticule-resume-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("a.zarr");
/// let a = DataArray::from_vec(&[("x", 6)], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?.chunk("x", 2)?;
/// let options = WriteOptions { resume: Resume::IfBegun, ..WriteOptions::default() };
/// // This run ends before it has begun, for want of memory.
/// let little = Local::new().memory(10);
/// assert!(a.add(1)?.to_dataset("a").to_zarr_with(&path, &options, &little).is_err());
/// // Another one would not continue it, but the same does.
/// assert!(a.add(2)?.to_dataset("a").to_zarr_with(&path, &options, &Local::new()).is_err());
/// let report = a.add(1)?.to_dataset("a").to_zarr_with(&path, &options, &Local::new())?;
/// assert_eq!(report.resumed, 0);
/// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<f64>()?, [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// What to do with a store that is there already.
    pub mode: WriteMode,
    /// The group of a store that is written, as a path (`a/b`); the whole store if none is given.
    pub group: Option<String>,
    /// Whether a run that is killed, fails or is cancelled can be continued by another. Only new stores in folders can.
    pub resume: Resume,
    /// The dimension that grows.
    pub append_dim: Option<String>,
    /// The part that is written, of a store that has its full shape already.
    pub region: Option<WriteRegion>,
    /// The version of the format of a new store; one that is there keeps its own.
    pub format: ZarrFormat,
    /// Whether the metadata of all arrays are put into one document of the group too, so that opening the store takes one
    /// request. A store that is there stays as it is.
    pub consolidated: bool,
    /// Whether lazy variables are computed; without it they get their metadata, and regions are written later.
    pub compute: bool,
    /// Whether a region that ends inside of a chunk is refused: two runs that write parts of one chunk at the same time
    /// would lose one of them.
    pub safe_chunks: bool,
    /// Whether coordinates of an append or a region must be those of the store.
    pub check_coords: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        WriteOptions {
            mode: WriteMode::default(),
            group: None,
            resume: Resume::default(),
            append_dim: None,
            region: None,
            format: ZarrFormat::default(),
            consolidated: true,
            compute: true,
            safe_chunks: true,
            check_coords: true,
        }
    }
}

impl WriteOptions {
    /// A new store, which must not be there.
    ///
    /// ```
    /// # use graticule::io::zarr::{WriteMode, WriteOptions};
    /// assert_eq!(WriteOptions::new().mode, WriteMode::Create);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// With this mode.
    ///
    /// ```
    /// # use graticule::io::zarr::{WriteMode, WriteOptions};
    /// assert_eq!(WriteOptions::new().mode(WriteMode::Replace).mode, WriteMode::Replace);
    /// ```
    pub fn mode(mut self, mode: WriteMode) -> Self {
        self.mode = mode;
        self
    }

    /// Makes the variables of a store longer along a dimension (mode `a`).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use graticule::io::zarr::WriteOptions;
    /// # let path = std::env::temp_dir().join(format!("graticule-append-{}.zarr", std::process::id()));
    /// let day = |v: f64| DataArray::from_vec(&[("time", 1)], vec![v]).map(|a| a.to_dataset("t"));
    /// day(1.0)?.to_zarr(&path)?;
    /// day(2.0)?.to_zarr_with(&path, &WriteOptions::append("time"), &Local::new())?;
    /// assert_eq!(open_dataset(&path)?.get("t")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # std::fs::remove_dir_all(&path)?;
    /// # std::fs::remove_file(path.with_file_name(format!(".graticule-append-{}.zarr.lock", std::process::id())))?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn append(dim: impl Into<String>) -> Self {
        WriteOptions { mode: WriteMode::Append, append_dim: Some(dim.into()), ..Self::default() }
    }

    /// Overwrites a part of a store (mode `r+`): positions along dimensions, or [`DimRegion::Auto`] for where the labels
    /// stand. Many runs may write regions of one store at the same time.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use graticule::io::zarr::WriteOptions;
    /// # let path = std::env::temp_dir().join(format!("graticule-region-{}.zarr", std::process::id()));
    /// let whole = DataArray::from_vec(&[("time", 4)], vec![0.0; 4])?.chunk("time", 2)?;
    /// // Metadata first, no values.
    /// whole.to_dataset("t").to_zarr_with(&path, &WriteOptions::new().compute(false), &Local::new())?;
    /// let part = DataArray::from_vec(&[("time", 2)], vec![1.0, 2.0])?;
    /// part.to_dataset("t").to_zarr_with(&path, &WriteOptions::region([("time", 2..4)]), &Local::new())?;
    /// assert_eq!(open_dataset(&path)?.get("t")?.isel("time", 2..)?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # std::fs::remove_dir_all(&path)?;
    /// # std::fs::remove_file(path.with_file_name(format!(".graticule-region-{}.zarr.lock", std::process::id())))?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn region<D: Into<String>, R: Into<DimRegion>>(dims: impl IntoIterator<Item = (D, R)>) -> Self {
        let dims = dims.into_iter().map(|(dim, region)| (dim.into(), region.into())).collect();
        WriteOptions { mode: WriteMode::Modify, region: Some(WriteRegion::Dims(dims)), ..Self::default() }
    }

    /// Overwrites the part of a store where the labels of the dataset stand (mode `r+`).
    ///
    /// ```
    /// # use graticule::io::zarr::{WriteOptions, WriteRegion};
    /// assert_eq!(WriteOptions::region_auto().region, Some(WriteRegion::Auto));
    /// ```
    pub fn region_auto() -> Self {
        WriteOptions { mode: WriteMode::Modify, region: Some(WriteRegion::Auto), ..Self::default() }
    }

    /// Writes a group of the store; groups above it are made where there are none, and those that have consolidated metadata
    /// learn of it.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use graticule::io::zarr::WriteOptions;
    /// # let path = std::env::temp_dir().join(format!("graticule-write-group-{}.zarr", std::process::id()));
    /// let ds = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.to_dataset("a");
    /// ds.to_zarr(&path)?;
    /// ds.mul(2)?.to_zarr_with(&path, &WriteOptions::new().group("model/run1"), &Local::new())?;
    /// let run = open_dataset_with(&path, &OpenOptions::new().group("model/run1"))?;
    /// assert_eq!(run.get("a")?.to_vec::<f64>()?, [2.0, 4.0]);
    /// # std::fs::remove_dir_all(&path)?;
    /// # std::fs::remove_file(path.with_file_name(format!(".graticule-write-group-{}.zarr.lock", std::process::id())))?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// With what a run that ends early leaves behind.
    ///
    /// ```
    /// # use graticule::io::zarr::{Resume, WriteOptions};
    /// assert_eq!(WriteOptions::new().resume(Resume::IfBegun).resume, Resume::IfBegun);
    /// ```
    pub fn resume(mut self, resume: Resume) -> Self {
        self.resume = resume;
        self
    }

    /// In this version of the format.
    ///
    /// ```
    /// # use graticule::io::zarr::{WriteOptions, ZarrFormat};
    /// assert_eq!(WriteOptions::new().format(ZarrFormat::V2).format, ZarrFormat::V2);
    /// ```
    pub fn format(mut self, format: ZarrFormat) -> Self {
        self.format = format;
        self
    }

    /// With the metadata of all arrays in one document, or without.
    ///
    /// ```
    /// # use graticule::io::zarr::WriteOptions;
    /// assert!(!WriteOptions::new().consolidated(false).consolidated);
    /// ```
    pub fn consolidated(mut self, consolidated: bool) -> Self {
        self.consolidated = consolidated;
        self
    }

    /// Whether lazy variables are computed, or get their metadata only.
    ///
    /// ```
    /// # use graticule::io::zarr::WriteOptions;
    /// assert!(!WriteOptions::new().compute(false).compute);
    /// ```
    pub fn compute(mut self, compute: bool) -> Self {
        self.compute = compute;
        self
    }

    /// Whether regions that end inside of a chunk are refused. Without it such chunks are read, changed and written by one
    /// run at a time.
    ///
    /// ```
    /// # use graticule::io::zarr::WriteOptions;
    /// assert!(!WriteOptions::region([("x", 1..3)]).safe_chunks(false).safe_chunks);
    /// ```
    pub fn safe_chunks(mut self, safe: bool) -> Self {
        self.safe_chunks = safe;
        self
    }

    /// Whether coordinates must be those of the store. Without it they are overwritten.
    ///
    /// ```
    /// # use graticule::io::zarr::WriteOptions;
    /// assert!(!WriteOptions::append("x").check_coords(false).check_coords);
    /// ```
    pub fn check_coords(mut self, check: bool) -> Self {
        self.check_coords = check;
        self
    }
}
