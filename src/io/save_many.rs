//! Several datasets: to a file each, `save_mfdataset`, or to the groups of one.

use std::path::Path;

use super::Batch;
use super::netcdf::NetcdfOptions;
use crate::error::{Context, Error, Result};
use crate::exec::{Executor, Local, Report};
use crate::labels::Dataset;

/// Writes datasets to NetCDF4 files, one for each, replacing what is there.
///
/// One file after the other, so that memory is that of one: a run that fails or is killed leaves the files before
/// complete, and no part of others.
///
/// # Errors
/// If there are not as many paths as datasets or two of them are the same, and those of
/// [`to_netcdf`](Dataset::to_netcdf), with the file.
///
/// ```
/// # use graticule::prelude::*;
/// # let folder = std::env::temp_dir().join(format!("graticule-save-mf-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let times = date_range("2020-07-01", "2021-06-30", "D")?;
/// # let n = times.shape()[0];
/// # let t = DataArray::from_vec(&[("time", n)], vec![0.5; n])?.assign_coords([("time", times)])?;
/// # let ds = t.to_dataset("t");
/// // One file for each year.
/// let (mut parts, mut paths) = (Vec::new(), Vec::new());
/// for group in ds.groupby("time.year")?.iter()? {
///     let (_, part) = group?;
///     let year = part.get("time")?.dt("year")?.to_vec::<i64>()?[0];
///     paths.push(folder.join(format!("t_{year}.nc")));
///     parts.push(part);
/// }
/// save_mfdataset(&parts, &paths)?;
/// assert_eq!(open_mfdataset(&paths)?.sizes()["time"], 365);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn save_mfdataset<P: AsRef<Path>>(datasets: &[Dataset], paths: &[P]) -> Result<Vec<Report>> {
    save_mfdataset_with(datasets, paths, &NetcdfOptions::default(), &Local::default())
}

/// [`save_mfdataset`] with options and an executor: a report of each run.
///
/// # Errors
/// Those of [`save_mfdataset`].
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions};
/// # let folder = std::env::temp_dir().join(format!("graticule-save-mf-with-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let ds = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.to_dataset("a");
/// let options = NetcdfOptions { format: NetcdfFormat::Cdf5, ..Default::default() };
/// let paths = [folder.join("a.nc"), folder.join("b.nc")];
/// let reports = save_mfdataset_with(&[ds.clone(), ds], &paths, &options, &Local::new().threads(1))?;
/// assert_eq!((reports.len(), paths[1].exists()), (2, true));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn save_mfdataset_with<P: AsRef<Path>>(
    datasets: &[Dataset],
    paths: &[P],
    options: &NetcdfOptions,
    executor: &dyn Executor,
) -> Result<Vec<Report>> {
    if datasets.len() != paths.len() {
        return Err(Error::invalid(format!("{} datasets for {} paths", datasets.len(), paths.len())));
    }
    for (i, path) in paths.iter().enumerate() {
        if paths[..i].iter().any(|p| p.as_ref() == path.as_ref()) {
            return Err(Error::invalid(format!("two datasets for {}", path.as_ref().display())));
        }
    }
    let written = datasets.iter().zip(paths).map(|(ds, path)| {
        let place = || path.as_ref().display().to_string();
        ds.to_netcdf_with(path, options, executor).at(place)
    });
    written.collect()
}

/// Writes datasets to the groups of one NetCDF4 file, each given with its path (`a/b`, "" is the root), replacing what is
/// there. Groups on the way are made.
///
/// All are written in one run, which reads what they have in common once where that pays. Each group has dimensions of its
/// own, as in files of xarray's. [`OpenOptions::group`](crate::io::OpenOptions::group) opens one.
///
/// # Errors
/// If two are for one group, and those of [`Dataset::to_netcdf`].
///
/// ```
/// use graticule::prelude::*;
/// use graticule::io::save_groups;
/// # let path = std::env::temp_dir().join(format!("graticule-save-groups-{}.nc", std::process::id()));
/// let t = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 6.0])?;
/// save_groups(&path, &[("", &t.to_dataset("t")), ("means/all", &t.mean("x")?.to_dataset("t"))])?;
/// let means = open_dataset_with(&path, &OpenOptions::new().group("means/all"))?;
/// assert_eq!(means.get("t")?.to_vec::<f64>()?, [3.0]);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn save_groups(path: impl AsRef<Path>, groups: &[(&str, &Dataset)]) -> Result<Report> {
    save_groups_with(path, groups, &NetcdfOptions::default(), &Local::default())
}

/// [`save_groups`] with options and an executor; their `group` does not count.
///
/// # Errors
/// Those of [`save_groups`].
///
/// ```
/// # use graticule::prelude::*;
/// # use graticule::io::{netcdf::NetcdfOptions, save_groups_with, zarr::WriteMode};
/// # let path = std::env::temp_dir().join(format!("graticule-save-groups-with-{}.nc", std::process::id()));
/// # let ds = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.to_dataset("a");
/// let options = NetcdfOptions { mode: WriteMode::Create, ..Default::default() };
/// save_groups_with(&path, &[("a", &ds), ("b", &ds)], &options, &Local::new())?;
/// assert!(save_groups_with(&path, &[("a", &ds)], &options, &Local::new()).is_err());
/// # std::fs::remove_file(path)?;
/// # Ok::<(), graticule::Error>(())
/// ```
pub fn save_groups_with(
    path: impl AsRef<Path>,
    groups: &[(&str, &Dataset)],
    options: &NetcdfOptions,
    executor: &dyn Executor,
) -> Result<Report> {
    Batch::new().write_netcdf_groups(path, groups, options)?.run_on(executor).map(|(_, report)| report)
}
