//! From labels to a run: compute and explain.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::variable::{Name, Variable};
use crate::array::Block;
use crate::error::Result;
use crate::exec::{self, Executor, Local, Report};
use crate::lazy::LazyArray;
use crate::plan::{Explain, Plan, Rules, Target};

impl Dataset {
    /// The dataset with all elements in memory, computed in one run by the local executor.
    ///
    /// # Errors
    /// Those of the run: see [`Executor::run`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let lazy = a.to_dataset("a").chunk("x", 2)?.add(1)?;
    /// assert!(lazy.data_vars()["a"].data().as_block().is_none());
    /// assert!(lazy.compute()?.data_vars()["a"].data().as_block().is_some());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn compute(&self) -> Result<Dataset> {
        self.compute_on(&Local::default()).map(|(ds, _)| ds)
    }

    /// The dataset with all elements in memory, computed in one run by `executor`, and what it took.
    ///
    /// # Errors
    /// Those of the run: see [`Executor::run`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let lazy = a.to_dataset("a").chunk("x", 2)?.add(1)?;
    /// let (ds, report) = lazy.compute_on(&Local::new().threads(1))?;
    /// assert_eq!(ds.get("a")?.to_vec::<i32>()?, [2, 3, 4]);
    /// assert_eq!(report.tasks, 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn compute_on(&self, executor: &dyn Executor) -> Result<(Dataset, Report)> {
        let lazy = self.lazy_arrays();
        let outcome = exec::compute_on(executor, &lazy).map_err(|e| e.at(self.place()))?;
        let blocks: HashMap<usize, LazyArray> =
            lazy.iter().map(LazyArray::id).zip(outcome.blocks.into_iter().map(LazyArray::from)).collect();
        let ds = self.map_arrays(|a| Ok(blocks.get(&a.id()).unwrap_or(a).clone()))?;
        Ok((ds, outcome.report))
    }

    /// What computing the dataset would do: stages, tasks, bytes to read, memory. Reads nothing.
    ///
    /// # Errors
    /// If no plan can be made.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let plan = a.to_dataset("a").chunk("x", 2)?.add(1)?.explain()?;
    /// assert_eq!(plan.tasks, 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn explain(&self) -> Result<Explain> {
        self.explain_with(&Local::default().rules())
    }

    /// What computing the dataset would do by the plan that `rules` make: those of an executor
    /// ([`Executor::rules`]), or of a cluster that is not there ([`Rules::of_cluster`]).
    ///
    /// # Errors
    /// If no plan can be made.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::Rules;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let sum = a.to_dataset("a").chunk("x", 2)?.add(1)?;
    /// assert_eq!(sum.explain_with(&Local::new().threads(4).rules())?.tasks, 2);
    /// println!("{}", sum.explain_with(&Rules::of_cluster(1000, 4 << 30))?.on_cluster(1000));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn explain_with(&self, rules: &Rules) -> Result<Explain> {
        let targets: Vec<Target> = self.lazy_arrays().into_iter().map(Target::Memory).collect();
        Ok(Plan::new_with(&targets, rules)?.explain())
    }

    /// Arrays that are not in memory, each once.
    fn lazy_arrays(&self) -> Vec<LazyArray> {
        let mut arrays: IndexMap<usize, LazyArray> = IndexMap::new();
        for (_, v) in self.data_vars().iter().chain(self.coords().iter()) {
            if v.data().as_block().is_none() {
                arrays.insert(v.data().id(), v.data().clone());
            }
        }
        arrays.into_values().collect()
    }

    /// The dataset with every array replaced by one of the same dims.
    fn map_arrays(&self, f: impl Fn(&LazyArray) -> Result<LazyArray>) -> Result<Dataset> {
        let swap = |v: &Variable| -> Result<Variable> { v.with_data(v.dims().to_vec(), f(v.data())?) };
        let mut data_vars: IndexMap<Name, Variable> = IndexMap::new();
        for (name, v) in self.data_vars() {
            data_vars.insert(name.clone(), swap(v)?);
        }
        let mut coords = self.coords().clone();
        for (name, v) in self.coords().iter() {
            if let Some(c) = coords.get_mut(name) {
                *c = swap(v)?;
            }
        }
        Ok(self.with_parts(data_vars, coords))
    }
}

impl DataArray {
    /// The array with its elements replaced by those of a block of the same shape.
    pub(crate) fn with_block(&self, block: Block) -> Result<DataArray> {
        let variable = self.variable().with_data(self.dims().to_vec(), block)?;
        Ok(DataArray::from_parts(self.name().cloned(), variable, self.coords().clone()))
    }

    /// The array with all elements in memory, computed by the local executor.
    ///
    /// # Errors
    /// Those of the run: see [`Executor::run`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let lazy = a.chunk("x", 2)?.add(1)?;
    /// assert!(lazy.variable().data().as_block().is_none());
    /// assert!(lazy.compute()?.variable().data().as_block().is_some());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn compute(&self) -> Result<DataArray> {
        self.via_dataset(Dataset::compute)
    }

    /// The array with all elements in memory, computed by `executor`, and what it took.
    ///
    /// # Errors
    /// Those of the run: see [`Executor::run`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let (b, report) = a.chunk("x", 2)?.add(1)?.compute_on(&Local::new().threads(1))?;
    /// assert_eq!(b.to_vec::<i32>()?, [2, 3, 4]);
    /// assert_eq!(report.tasks, 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn compute_on(&self, executor: &dyn Executor) -> Result<(DataArray, Report)> {
        let (ds, report) = self.to_temp_dataset().compute_on(executor)?;
        Ok((DataArray::from_temp_dataset(ds, self.name().cloned())?, report))
    }

    /// What computing the array would do: stages, tasks, bytes to read, memory. Reads nothing.
    ///
    /// # Errors
    /// If no plan can be made.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let plan = a.chunk("x", 2)?.add(1)?.explain()?;
    /// assert_eq!(plan.tasks, 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn explain(&self) -> Result<Explain> {
        self.to_temp_dataset().explain()
    }

    /// What computing the array would do by the plan that `rules` make: see [`Dataset::explain_with`].
    ///
    /// # Errors
    /// If no plan can be made.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::plan::Rules;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1, 2, 3])?;
    /// let plan = a.chunk("x", 1)?.sum("x")?.explain_with(&Rules::of_cluster(2, 1 << 30))?;
    /// assert_eq!(plan.on_cluster(2).threads, 2);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn explain_with(&self, rules: &Rules) -> Result<Explain> {
        self.to_temp_dataset().explain_with(rules)
    }
}
