//! Several results in one run.

use std::path::Path;
use std::sync::Arc;

use super::netcdf::{NetcdfOptions, NetcdfWrite};
use super::store::Location;
use super::zarr::{WriteOptions, ZarrWrite};
use crate::error::{Context, Result};
use crate::exec::{Executor, Local, Report};
use crate::labels::{DataArray, Dataset};
use crate::lazy::LazyArray;
use crate::plan::{Explain, Plan, Rules, Target};
use crate::source::Sink;

/// Datasets to write and arrays to compute, in one run: what they have in common is kept or read once
/// where that pays.
///
/// ```
/// use graticule::prelude::*;
/// let folder = std::env::temp_dir().join(format!("graticule-batch-{}", std::process::id()));
/// let a = DataArray::from_vec(&[("x", 6)], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?.chunk("x", 2)?;
/// let (loaded, report) = Batch::new()
///     .write_zarr(folder.join("a.zarr"), &a.to_dataset("a"))?
///     .load(&a.mean("x")?)
///     .run()?;
/// assert_eq!(loaded[0].to_vec::<f64>()?, [3.5]);
/// assert!(report.tasks > 0);
/// # std::fs::remove_dir_all(folder).ok();
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Default)]
pub struct Batch {
    writes: Vec<Write>,
    loads: Vec<DataArray>,
}

/// A dataset that is being written.
enum Write {
    Zarr(ZarrWrite),
    Netcdf(NetcdfWrite),
}

impl Write {
    fn targets(&self) -> Vec<(LazyArray, Arc<dyn Sink>)> {
        match self {
            Write::Zarr(w) => w.targets(),
            Write::Netcdf(w) => w.targets(),
        }
    }

    /// Makes visible what this process has written, or others.
    fn finish(self, others: bool) -> Result<()> {
        match self {
            Write::Zarr(w) => w.finish_after(others),
            Write::Netcdf(w) => w.finish(),
        }
    }
}

impl Batch {
    /// Nothing yet.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert_eq!(Batch::new().run()?.1.tasks, 0);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Also write a dataset to a new Zarr store. The store has its final name when the run is complete.
    ///
    /// # Errors
    /// If there is something at `path` already, it cannot be written, or an encoding contradicts the data.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let path = std::env::temp_dir().join(format!("graticule-batch-zarr-{}.zarr", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// Batch::new().write_zarr(&path, &a.to_dataset("a"))?.run()?;
    /// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # std::fs::remove_dir_all(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn write_zarr(self, location: impl Into<Location>, ds: &Dataset) -> Result<Self> {
        self.write_zarr_with(location, ds, &WriteOptions::default())
    }

    /// Also write a dataset to a Zarr store, with options.
    ///
    /// # Errors
    /// Those of [`write_zarr`](Batch::write_zarr).
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::zarr::{WriteMode, WriteOptions};
    /// # let path = std::env::temp_dir().join(format!("graticule-batch-with-{}.zarr", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// Batch::new().write_zarr(&path, &a.to_dataset("a"))?.run()?;
    /// let options = WriteOptions { mode: WriteMode::Replace, ..Default::default() };
    /// Batch::new().write_zarr_with(&path, &a.mul(2)?.to_dataset("a"), &options)?.run()?;
    /// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<f64>()?, [2.0, 4.0]);
    /// # std::fs::remove_dir_all(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn write_zarr_with(
        mut self,
        location: impl Into<Location>,
        ds: &Dataset,
        options: &WriteOptions,
    ) -> Result<Self> {
        let location = location.into();
        let write = ZarrWrite::begin(location.clone(), ds, options).at(|| format!("writing {location}"))?;
        self.writes.push(Write::Zarr(write));
        Ok(self)
    }

    /// Also write a dataset to a NetCDF file, with options. The file has its final name when the run is
    /// complete.
    ///
    /// # Errors
    /// If the path cannot be written, the format lacks a type or an encoding contradicts the data.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions};
    /// # let path = std::env::temp_dir().join(format!("graticule-batch-with-{}.nc", std::process::id()));
    /// # let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?;
    /// let options = NetcdfOptions { format: NetcdfFormat::Cdf5, ..Default::default() };
    /// Batch::new().write_netcdf_with(&path, &a.to_dataset("a"), &options)?.run()?;
    /// assert_eq!(open_dataset(&path)?.get("a")?.to_vec::<f64>()?, [1.0, 2.0]);
    /// # std::fs::remove_file(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn write_netcdf_with(
        mut self,
        path: impl AsRef<Path>,
        ds: &Dataset,
        options: &NetcdfOptions,
    ) -> Result<Self> {
        let group = options.group.as_deref().unwrap_or("");
        self.writes.push(Write::Netcdf(NetcdfWrite::begin(path.as_ref(), &[(group, ds)], options)?));
        Ok(self)
    }

    /// Also write datasets to the groups of a NetCDF4 file, each given with its path (`a/b`, "" is the root).
    ///
    /// Texts whose encoding asks for characters are looked through at once, by threads of this process, for the longest.
    ///
    /// # Errors
    /// Those of [`write_netcdf_with`](Batch::write_netcdf_with), and if two are for one group.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::io::netcdf::NetcdfOptions;
    /// # let path = std::env::temp_dir().join(format!("graticule-batch-groups-{}.nc", std::process::id()));
    /// # let ds = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.to_dataset("a");
    /// let groups = [("", &ds), ("twice", &ds.mul(2)?)];
    /// Batch::new().write_netcdf_groups(&path, &groups, &NetcdfOptions::default())?.run()?;
    /// let twice = open_dataset_with(&path, &OpenOptions::new().group("twice"))?;
    /// assert_eq!(twice.get("a")?.to_vec::<f64>()?, [2.0, 4.0]);
    /// # std::fs::remove_file(path).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn write_netcdf_groups(
        mut self,
        path: impl AsRef<Path>,
        groups: &[(&str, &Dataset)],
        options: &NetcdfOptions,
    ) -> Result<Self> {
        self.writes.push(Write::Netcdf(NetcdfWrite::begin(path.as_ref(), groups, options)?));
        Ok(self)
    }

    /// Also compute an array into memory.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 6.0])?;
    /// let a = a.chunk("x", 2)?;
    /// let (loaded, _) = Batch::new().load(&a.mean("x")?).load(&a.max("x")?).run()?;
    /// assert_eq!((loaded[0].to_vec::<f64>()?, loaded[1].to_vec::<f64>()?), (vec![3.0], vec![6.0]));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn load(mut self, array: &DataArray) -> Self {
        self.loads.push(array.clone());
        self
    }

    fn plan(&self, rules: &Rules) -> Result<Plan> {
        let mut targets: Vec<Target> = Vec::new();
        for write in &self.writes {
            targets.extend(
                write
                    .targets()
                    .into_iter()
                    .map(|(a, sink): (LazyArray, Arc<dyn Sink>)| Target::Store(a, sink)),
            );
        }
        targets.extend(self.loads.iter().map(|a| Target::Memory(a.variable().data().clone())));
        Plan::new_with(&targets, rules)
    }

    /// What the run would do: stages, tasks, bytes to read and write, memory.
    ///
    /// # Errors
    /// If no plan can be made.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 6.0])?;
    /// let plan = Batch::new().load(&a.chunk("x", 2)?.add(1)?).explain()?;
    /// assert_eq!(plan.tasks, 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn explain(&self) -> Result<Explain> {
        self.explain_with(&Local::default().rules())
    }

    /// What the run would do by the plan that `rules` make: see [`Dataset::explain_with`].
    ///
    /// # Errors
    /// If no plan can be made.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::Rules;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 6.0])?;
    /// let plan = Batch::new().load(&a.chunk("x", 2)?.add(1)?).explain_with(&Rules::of_cluster(2, 1 << 30))?;
    /// assert_eq!(plan.tasks, 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn explain_with(&self, rules: &Rules) -> Result<Explain> {
        Ok(self.plan(rules)?.explain())
    }

    /// Runs everything with the local executor: the loaded arrays in order, and what it took.
    ///
    /// # Errors
    /// Those of the run; then nothing is there under the final names.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 6.0])?;
    /// let (loaded, report) = Batch::new().load(&a.chunk("x", 2)?.add(1)?).run()?;
    /// assert_eq!(loaded[0].to_vec::<f64>()?, [2.0, 3.0, 7.0]);
    /// assert_eq!(report.tasks, 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn run(self) -> Result<(Vec<DataArray>, Report)> {
        self.run_on(&Local::default())
    }

    /// Runs everything with `executor`: the loaded arrays in order, and what it took.
    ///
    /// # Errors
    /// Those of the run; then nothing is there under the final names.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 6.0])?;
    /// let batch = Batch::new().load(&a.chunk("x", 2)?.add(1)?);
    /// assert_eq!(batch.run_on(&Local::new().threads(1))?.1.threads, 1);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn run_on(self, executor: &dyn Executor) -> Result<(Vec<DataArray>, Report)> {
        let outcome = executor.run(&self.plan(&executor.rules())?)?;
        for write in self.writes {
            write.finish(executor.rules().apart)?;
        }
        let loaded = self.loads.iter().zip(outcome.blocks).map(|(a, block)| a.with_block(block));
        Ok((loaded.collect::<Result<_>>()?, outcome.report))
    }
}
