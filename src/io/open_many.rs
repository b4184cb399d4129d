//! Many files as one dataset: `open_mfdataset`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::open::{OpenOptions, open_dataset_with};
use super::paths::Paths;
use super::side_by_side::{processors, side_by_side};
use super::{manifest, zarr};
use crate::error::{Context, Error, Result};
use crate::labels::{
    AttrValue, CombineDim, ConcatOptions, Dataset, Nested, Object, combine_by_coords, combine_nested,
};

/// How the files of [`open_mfdataset_with`] become one dataset.
#[derive(Debug, Clone, Default)]
pub enum Combine {
    /// By their labels, whatever their order: see [`combine_by_coords`].
    #[default]
    ByCoords,
    /// As they are listed, one level of lists for each dimension: see [`combine_nested`].
    Nested(Vec<CombineDim>),
}

/// What [`open_mfdataset_with`] does with its files; by default they are put together by their labels, and the
/// attributes are those of the first one.
#[derive(Clone, Default)]
pub struct MultiFileOptions {
    /// How each file is opened.
    pub open: OpenOptions,
    /// How they become one.
    pub combine: Combine,
    /// What of them is joined, and how strictly they have to agree.
    pub concat: ConcatOptions,
    /// What is done to each file's dataset before.
    pub preprocess: Option<Preprocess>,
    /// What stands for that in a manifest.
    pub preprocess_name: Option<String>,
    /// The file whose attributes the dataset gets.
    pub attrs_file: Option<PathBuf>,
    /// Whether files that cannot be opened are left out with a warning.
    pub skip_broken: bool,
    /// Where the manifest lies, by which files need not be opened again.
    pub manifest: Option<PathBuf>,
}

/// A change to the dataset of each file.
pub type Preprocess = Arc<dyn Fn(Dataset) -> Result<Dataset> + Send + Sync>;

impl fmt::Debug for MultiFileOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultiFileOptions")
            .field("open", &self.open)
            .field("combine", &self.combine)
            .field("concat", &self.concat)
            .field("preprocess", &self.preprocess.is_some())
            .field("preprocess_name", &self.preprocess_name)
            .field("attrs_file", &self.attrs_file)
            .field("skip_broken", &self.skip_broken)
            .field("manifest", &self.manifest)
            .finish()
    }
}

impl MultiFileOptions {
    /// The defaults.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use graticule::io::Combine;
    /// assert!(matches!(MultiFileOptions::new().combine, Combine::ByCoords));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens each file so.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let options = MultiFileOptions::new().open(OpenOptions::new().group("surface"));
    /// assert_eq!(options.open.group.as_deref(), Some("surface"));
    /// ```
    pub fn open(mut self, options: OpenOptions) -> Self {
        self.open = options;
        self
    }

    /// Puts files together in the order in which they are listed, along a dimension for each level of lists.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// use graticule::io::Combine;
    /// let options = MultiFileOptions::new().nested(["member", "time"]);
    /// assert!(matches!(options.combine, Combine::Nested(dims) if dims.len() == 2));
    /// ```
    pub fn nested<D: Into<CombineDim>>(mut self, dims: impl IntoIterator<Item = D>) -> Self {
        self.combine = Combine::Nested(dims.into_iter().map(Into::into).collect());
        self
    }

    /// Joins what these options say, as strictly as they say.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let outer = ConcatOptions { join: Join::Outer, ..ConcatOptions::default() };
    /// assert_eq!(MultiFileOptions::new().concat(outer).concat.join, Join::Outer);
    /// ```
    pub fn concat(mut self, options: ConcatOptions) -> Self {
        self.concat = options;
        self
    }

    /// Changes the dataset of each file first: drops variables, adds a coordinate, mends a name. The name of its file is in
    /// the encoding, under `source`.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let options = MultiFileOptions::new().preprocess(|ds| ds.drop_vars("checksum"));
    /// assert!(options.preprocess.is_some());
    /// ```
    pub fn preprocess(mut self, f: impl Fn(Dataset) -> Result<Dataset> + Send + Sync + 'static) -> Self {
        self.preprocess = Some(Arc::new(f));
        self.preprocess_name = None;
        self
    }

    /// [`preprocess`](Self::preprocess) beside a [`manifest`](Self::manifest), which cannot tell one function from another:
    /// the name stands for what the function does, and is to be changed when that changes.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let options = MultiFileOptions::new().preprocess_named("no checksum", |ds| ds.drop_vars("checksum"));
    /// assert_eq!(options.preprocess_name.as_deref(), Some("no checksum"));
    /// ```
    pub fn preprocess_named(
        mut self,
        name: impl Into<String>,
        f: impl Fn(Dataset) -> Result<Dataset> + Send + Sync + 'static,
    ) -> Self {
        self.preprocess = Some(Arc::new(f));
        self.preprocess_name = Some(name.into());
        self
    }

    /// Takes the attributes of this file, one of those that are opened.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let options = MultiFileOptions::new().attrs_file("2024.nc");
    /// assert_eq!(options.attrs_file, Some("2024.nc".into()));
    /// ```
    pub fn attrs_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.attrs_file = Some(path.into());
        self
    }

    /// Leaves out files that cannot be opened, with a warning for each.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(MultiFileOptions::new().skip_broken(true).skip_broken);
    /// ```
    pub fn skip_broken(mut self, skip: bool) -> Self {
        self.skip_broken = skip;
        self
    }

    /// Writes what opening the files gives to this file, and takes it from there the next time: then no file is opened, only
    /// its length and the time of its last change are looked up.
    ///
    /// The manifest holds for the same files (a pattern is expanded each time), as long as none of them changes, and the same
    /// options; else the files are opened and it is written anew, with a `tracing` event that says why. Of a Zarr store
    /// documents are looked up, and the chunks of labels. Indexes that are more than labels (of several coordinates, of
    /// intervals) cannot be stored: then there is a warning and no manifest.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let folder = std::env::temp_dir().join(format!("graticule-manifest-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # for (name, start) in [("a.nc", 0i64), ("b.nc", 2)] {
    /// #     let x = Block::from_vec(&[2], vec![start, start + 1])?;
    /// #     let a = DataArray::from_vec(&[("x", 2)], vec![start as f64, 1.0])?.assign_coords([("x", x)])?;
    /// #     a.to_dataset("t").to_netcdf(folder.join(name))?;
    /// # }
    /// # let pattern = folder.join("*.nc").display().to_string();
    /// # let manifest = folder.join("files.manifest");
    /// let options = MultiFileOptions::new().manifest(&manifest);
    /// let opened = open_mfdataset_with(&pattern, &options)?;
    /// assert!(manifest.exists());
    /// // Whoever opens them again reads the manifest alone.
    /// let again = open_mfdataset_with(&pattern, &options)?;
    /// assert!(again.identical(&opened)?);
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn manifest(mut self, path: impl Into<PathBuf>) -> Self {
        self.manifest = Some(path.into());
        self
    }
}

/// Opens many files or stores as one dataset, lazily: those that a pattern (`"era5/*.nc"`, in the order of their names)
/// matches, or a list of paths. They are put together by their labels.
///
/// Headers are read by all threads at once; of the data nothing but labels.
///
/// # Errors
/// If there are none, one cannot be opened, or they do not fit together; then the first file that differs from those before
/// it is named, and how.
///
/// ```
/// # use graticule::prelude::*;
/// # let folder = std::env::temp_dir().join(format!("graticule-mf-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # for (name, start) in [("b.nc", 2i64), ("a.nc", 0)] {
/// #     let x = Block::from_vec(&[2], vec![start, start + 1])?;
/// #     let a = DataArray::from_vec(&[("x", 2)], vec![start as f64, 1.0])?.assign_coords([("x", x)])?;
/// #     a.to_dataset("t").to_netcdf(folder.join(name))?;
/// # }
/// # let pattern = folder.join("*.nc").display().to_string();
/// let ds = open_mfdataset(pattern)?;
/// assert_eq!(ds.get("t")?.to_vec::<f64>()?, [0.0, 1.0, 2.0, 1.0]);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn open_mfdataset(paths: impl Into<Paths>) -> Result<Dataset> {
    open_mfdataset_with(paths, &MultiFileOptions::default())
}

/// [`open_mfdataset`] with options.
///
/// # Errors
/// Those of [`open_mfdataset`], of what is done to each file, and if the lists are not as deep as there are dimensions. With
/// a manifest also if something else lies in its place, or a function has no name.
///
/// ```
/// # use graticule::prelude::*;
/// # let folder = std::env::temp_dir().join(format!("graticule-mf-with-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # for (name, v) in [("a.nc", 1.0), ("b.nc", 2.0)] {
/// #     DataArray::from_vec(&[("x", 1)], vec![v])?.to_dataset("t").to_netcdf(folder.join(name))?;
/// # }
/// let files = [folder.join("b.nc"), folder.join("a.nc")];
/// let ds = open_mfdataset_with(files, &MultiFileOptions::new().nested(["member"]))?;
/// assert_eq!((ds.sizes()["member"], ds.sizes()["x"]), (2, 1));
/// assert_eq!(ds.get("t")?.to_vec::<f64>()?, [2.0, 1.0]);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn open_mfdataset_with(paths: impl Into<Paths>, options: &MultiFileOptions) -> Result<Dataset> {
    let tree = paths.into().found()?;
    let opened = match &options.manifest {
        Some(path) => manifest::open_by_manifest(path, &tree, options)?,
        None => open_files(&tree, options)?,
    };
    for file in &opened.left_out {
        tracing::warn!("{file}");
    }
    Ok(opened.dataset)
}

/// What opening files gave.
pub(super) struct Opened {
    pub dataset: Dataset,
    /// Which files were left out, and why.
    pub left_out: Vec<String>,
    /// Files and folders that must stay as they are if opening the files again shall give the same; empty where nobody
    /// asks.
    pub watched: Vec<PathBuf>,
}

/// Opens each file and puts them together.
pub(super) fn open_files(tree: &Paths, options: &MultiFileOptions) -> Result<Opened> {
    let files = tree.files();
    let (mut datasets, mut left_out, mut watched) = (Vec::with_capacity(files.len()), Vec::new(), Vec::new());
    let opened = side_by_side(&files, processors(), |path| open_one(path, options));
    for (path, one) in files.iter().zip(opened) {
        match one {
            Err(e) if options.skip_broken => {
                left_out.push(format!("{} is left out: {e}", path.display()));
                watched.extend(watched_of(path, options, |_| true));
                datasets.push(None);
            }
            other => {
                let (dataset, watched_here) = other?;
                watched.extend(watched_here);
                datasets.push(Some(dataset));
            }
        }
    }
    let there = || datasets.iter().flatten();
    if there().next().is_none() {
        return Err(Error::storage("none of the files can be opened").at(tree.describe()));
    }
    let combined = match &options.combine {
        Combine::ByCoords => {
            let objects: Vec<Object> = there().map(Object::from).collect();
            combine_by_coords(&objects, &options.concat).and_then(Object::into_dataset)
        }
        Combine::Nested(dims) => {
            combine_nested(nested(tree, &mut datasets.iter()), dims.clone(), &options.concat)
                .and_then(Object::into_dataset)
        }
    };
    let mut combined = combined.map_err(|e| {
        let all: Vec<(&Path, &Dataset)> =
            files.iter().zip(&datasets).filter_map(|(p, d)| Some((*p, d.as_ref()?))).collect();
        match first_that_differs(&all) {
            Some((path, how)) => e.at(format!("{}: {how}", path.display())),
            None => e,
        }
        .at(tree.describe())
    })?;
    if let Some(path) = &options.attrs_file {
        let at = files.iter().position(|f| f == path);
        let of = at.and_then(|i| datasets[i].as_ref()).ok_or_else(|| {
            Error::invalid(format!(
                "the attributes shall be those of {}, which is none of the files",
                path.display()
            ))
            .known(files.iter().map(|f| f.display().to_string()))
        })?;
        combined.attrs = of.attrs.clone();
    }
    Ok(Opened { dataset: combined, left_out, watched })
}

/// The dataset of one file, which knows where it comes from, and what of the file is to be watched.
fn open_one(path: &Path, options: &MultiFileOptions) -> Result<(Dataset, Vec<PathBuf>)> {
    let mut ds = open_dataset_with(path, &options.open)?;
    // Labels are in memory; of other times the first and the last have been read.
    let was_read =
        |name: &str| ds.variable(name).is_ok_and(|v| v.data().as_block().is_some() || v.dtype().is_time());
    let watched = watched_of(path, options, was_read);
    ds.encoding.insert("source", AttrValue::from(path.display().to_string()));
    let ds = match &options.preprocess {
        Some(f) => f(ds).at(|| path.display().to_string())?,
        None => ds,
    };
    Ok((ds, watched))
}

/// What must stay as it is of a file, or of a store of which some arrays were read, for a manifest.
fn watched_of(path: &Path, options: &MultiFileOptions, was_read: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    match options.manifest {
        None => Vec::new(),
        Some(_) if path.is_dir() => zarr::watched(path, options.open.group.as_deref(), was_read),
        Some(_) => vec![path.to_path_buf()],
    }
}

/// The datasets in the lists in which their files are.
fn nested<'a>(tree: &Paths, datasets: &mut impl Iterator<Item = &'a Option<Dataset>>) -> Nested {
    match tree {
        Paths::Many(paths) => {
            let parts = paths.iter().map(|p| nested(p, datasets));
            // A file that was left out leaves an empty list.
            Nested::Many(parts.filter(|n| !matches!(n, Nested::Many(none) if none.is_empty())).collect())
        }
        Paths::One(_) | Paths::Pattern(_) => match datasets.next() {
            Some(Some(ds)) => ds.into(),
            _ => Nested::Many(Vec::new()),
        },
    }
}

/// The first file that is not made like those before it, and how it differs from the first.
fn first_that_differs<'a>(files: &[(&'a Path, &Dataset)]) -> Option<(&'a Path, String)> {
    let ((first_path, first), others) = files.split_first()?;
    // Dimensions along which the first two files have the same labels are the same in all.
    let (_, second) = others.first()?;
    let same_labels = |dim: &str, other: &Dataset| match (first.get(dim), other.get(dim)) {
        (Ok(a), Ok(b)) => a.equals(&b).unwrap_or(false),
        _ => first.sizes().get(dim) == other.sizes().get(dim),
    };
    let fixed: Vec<String> = (first.sizes().keys())
        .filter(|dim| others.len() == 1 || same_labels(dim, second))
        .map(|dim| dim.to_string())
        .collect();
    let beside = format!("in {}", first_path.display());
    for (path, ds) in others {
        for (name, variable) in first.data_vars() {
            let Some(other) = ds.data_vars().get(name) else {
                return Some((path, format!("it has no variable `{name}`, which is {beside}")));
            };
            if other.dims() != variable.dims() {
                let (here, there) = (other.dims(), variable.dims());
                return Some((path, format!("`{name}` has the dimensions {here:?}, {there:?} {beside}")));
            }
            if other.dtype() != variable.dtype() {
                let (here, there) = (other.dtype(), variable.dtype());
                return Some((path, format!("`{name}` is {here}, {there} {beside}")));
            }
        }
        if let Some(name) = ds.data_vars().keys().find(|name| !first.data_vars().contains_key(*name)) {
            return Some((path, format!("it has the variable `{name}`, which is not {beside}")));
        }
        if others.len() == 1 {
            continue;
        }
        for dim in &fixed {
            if !same_labels(dim, ds) {
                let size = |d: &Dataset| d.sizes().get(dim.as_str()).map_or(0, |n| *n);
                let (here, there) = (size(ds), size(first));
                let how = match here == there {
                    true => format!("the labels of `{dim}` differ from those {beside}"),
                    false => format!("`{dim}` has {here} elements, {there} {beside}"),
                };
                return Some((path, how));
            }
        }
    }
    None
}
