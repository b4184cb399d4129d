//! Saving datasets.

use std::path::Path;

use super::Batch;
use super::netcdf::NetcdfOptions;
use super::store::Location;
use super::zarr::WriteOptions;
use crate::error::Result;
use crate::exec::{Executor, Local, Report};
use crate::labels::{DataArray, Dataset};

/// The name of the variable of an unnamed array: xarray's.
const UNNAMED: &str = "__xarray_dataarray_variable__";

impl Dataset {
    /// Writes the dataset as a new Zarr v3 store, chunk by chunk, in bounded memory: a folder, a zip archive (a path that
    /// ends in `.zip`), an address, a store in hand.
    ///
    /// The store stands under its name when it is complete; a run that fails or is killed leaves
    /// nothing there. With [`Resume`](crate::io::zarr::Resume) it can be continued.
    ///
    /// # Errors
    /// If there is something at `path` already, an encoding contradicts the data, and those of the run.
    ///
    /// ```
    /// use graticule::prelude::*;
    /// let path = std::env::temp_dir().join(format!("graticule-save-{}.zarr", std::process::id()));
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// a.to_dataset("a").to_zarr(&path)?;
    /// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<f64>()?, [1.0, 2.0, 4.0]);
    /// # std::fs::remove_dir_all(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_zarr(&self, location: impl Into<Location>) -> Result<Report> {
        self.to_zarr_with(location, &WriteOptions::default(), &Local::default())
    }

    /// Writes the dataset as Zarr with options (modes, appending, regions, v2) and an executor. See
    /// [`to_zarr`](Dataset::to_zarr).
    ///
    /// # Errors
    /// Those of [`to_zarr`](Dataset::to_zarr).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::zarr::{WriteMode, WriteOptions};
    /// # let path = std::env::temp_dir().join(format!("graticule-save-with-{}.zarr", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let options = WriteOptions { mode: WriteMode::Replace, ..Default::default() };
    /// let report = a.chunk("x", 2)?.to_dataset("a").to_zarr_with(&path, &options, &Local::new().threads(1))?;
    /// assert!(report.bytes_written > 0);
    /// # std::fs::remove_dir_all(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_zarr_with(
        &self,
        location: impl Into<Location>,
        options: &WriteOptions,
        executor: &dyn Executor,
    ) -> Result<Report> {
        Batch::new().write_zarr_with(location, self, options)?.run_on(executor).map(|(_, report)| report)
    }

    /// Writes the dataset as a NetCDF4 file, replacing what is there.
    ///
    /// The file stands under its name when it is complete; a run that fails or is killed leaves nothing
    /// there. Chunks are compressed and written by all threads as they come, whatever the size of the file.
    ///
    /// # Errors
    /// If the path cannot be written, NetCDF lacks a type, an encoding contradicts the data, and those of
    /// the run.
    ///
    /// ```
    /// use graticule::prelude::*;
    /// let path = std::env::temp_dir().join(format!("graticule-save-{}.nc", std::process::id()));
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// a.to_dataset("a").to_netcdf(&path)?;
    /// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<f64>()?, [1.0, 2.0, 4.0]);
    /// # std::fs::remove_file(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_netcdf(&self, path: impl AsRef<Path>) -> Result<Report> {
        self.to_netcdf_with(path, &NetcdfOptions::default(), &Local::default())
    }

    /// Writes the dataset as a NetCDF file, or [adds](NetcdfOptions::mode) it to one, with options and an executor. See
    /// [`to_netcdf`](Dataset::to_netcdf).
    ///
    /// Texts that become characters, and `int64` times of a format without them, are looked through before the run, by
    /// threads of this process whatever the executor: it takes the longest text and whether a time is missing to know what is
    /// stored.
    ///
    /// # Errors
    /// Those of [`to_netcdf`](Dataset::to_netcdf).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions};
    /// # let path = std::env::temp_dir().join(format!("graticule-save-with-{}.nc", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 4.0])?;
    /// let options = NetcdfOptions { format: NetcdfFormat::Cdf5, ..Default::default() };
    /// a.to_dataset("a").to_netcdf_with(&path, &options, &Local::new().threads(1))?;
    /// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<f64>()?, [1.0, 2.0, 4.0]);
    /// # std::fs::remove_file(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_netcdf_with(
        &self,
        path: impl AsRef<Path>,
        options: &NetcdfOptions,
        executor: &dyn Executor,
    ) -> Result<Report> {
        Batch::new().write_netcdf_with(path, self, options)?.run_on(executor).map(|(_, report)| report)
    }
}

impl DataArray {
    /// The array as dataset under its own name, or xarray's name for unnamed arrays.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// assert!(a.with_name("t").to_named_dataset().data_vars().contains_key("t"));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_named_dataset(&self) -> Dataset {
        match self.name() {
            Some(name) => self.to_dataset(name.clone()),
            None => self.to_dataset(UNNAMED),
        }
    }

    /// Writes the array as a new Zarr v3 store. See [`Dataset::to_zarr`].
    ///
    /// # Errors
    /// Those of [`Dataset::to_zarr`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let path = std::env::temp_dir().join(format!("graticule-array-{}.zarr", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// a.with_name("t").to_zarr(&path)?;
    /// assert_eq!(open_dataset(&path)?.get("t")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # std::fs::remove_dir_all(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn to_zarr(&self, location: impl Into<Location>) -> Result<Report> {
        self.to_named_dataset().to_zarr(location)
    }
}
