//! Chunks, and elements brought into memory.

use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::variable::{Name, Variable};
use crate::array::{AxisGrid, ChunkGrid};
use crate::error::{Context, Error, Result};
use crate::lazy::LazyArray;

impl Dataset {
    /// Cuts every variable into chunks of `size` along `dim`; other dimensions keep their chunks.
    ///
    /// Variables become lazy by it; coordinates stay as they are.
    ///
    /// # Errors
    /// If there is no such dimension, or the size is 0.
    pub fn chunk(&self, dim: &str, size: usize) -> Result<Dataset> {
        self.chunk_with([(dim, size)])
    }

    /// Cuts every variable into chunks of these sizes along these dimensions.
    ///
    /// # Errors
    /// If there is no such dimension, or a size is 0.
    pub fn chunk_with<N: Into<Name>>(
        &self,
        sizes: impl IntoIterator<Item = (N, usize)>,
    ) -> Result<Dataset> {
        let sizes: Vec<(Name, usize)> = sizes.into_iter().map(|(n, s)| (n.into(), s)).collect();
        let known = self.sizes();
        for (dim, size) in &sizes {
            if !known.contains_key(dim) {
                return Err(Error::not_found("dimension", dim, known.keys()));
            }
            if *size == 0 {
                return Err(Error::invalid(format!("chunks of length 0 along `{dim}`")));
            }
        }
        let data_vars = self.map_variables(|v| {
            let mut axes = v.chunks().axes().to_vec();
            for (dim, size) in &sizes {
                if let Some(axis) = v.axis(dim) {
                    axes[axis] = AxisGrid::regular(axes[axis].len(), *size);
                }
            }
            v.with_data(v.dims().iter().cloned(), v.data().rechunk(ChunkGrid(axes))?).map(Some)
        })?;
        Ok(self.with_parts(data_vars, self.coords().clone()))
    }

    /// The dataset with all its elements in memory; one run computes everything that is lazy.
    ///
    /// # Errors
    /// Those of the run.
    pub fn compute(&self) -> Result<Dataset> {
        let lazy: Vec<LazyArray> = (self.data_vars().values())
            .chain(self.coords().iter().map(|(_, v)| v))
            .map(Variable::data)
            .filter(|a| a.as_block().is_none())
            .cloned()
            .collect();
        if lazy.is_empty() {
            return Ok(self.clone());
        }
        let mut blocks = crate::exec::compute(&lazy)?.into_iter();
        let mut computed = |v: &Variable| match v.data().as_block() {
            Some(_) => Ok(v.clone()),
            None => {
                let block = blocks.next().ok_or_else(|| Error::internal("a run gave too few blocks"))?;
                v.with_data(v.dims().iter().cloned(), block)
            }
        };
        let data_vars = self.map_variables(|v| computed(v).map(Some))?;
        let mut coords = Coords::new();
        for (name, v) in self.coords().iter() {
            let v = computed(v).at(|| format!("coordinate `{name}`"))?;
            coords.insert_with(name.clone(), v, self.coords().index(name).cloned())?;
        }
        Ok(self.with_parts(data_vars, coords))
    }
}

impl DataArray {
    /// Cuts the array into chunks of `size` along `dim`; other dimensions keep their chunks.
    ///
    /// The array becomes lazy by it; coordinates stay as they are.
    ///
    /// # Errors
    /// If there is no such dimension, or the size is 0.
    ///
    /// ```
    /// # use graticule::labels::DataArray;
    /// let a = DataArray::from_vec(&[("x", 5)], vec![1, 2, 3, 4, 5])?;
    /// assert_eq!(a.chunk("x", 2)?.variable().chunks().counts(), [3]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn chunk(&self, dim: &str, size: usize) -> Result<DataArray> {
        self.via_dataset(|ds| ds.chunk(dim, size))
    }

    /// Cuts the array into chunks of these sizes along these dimensions.
    ///
    /// # Errors
    /// If there is no such dimension, or a size is 0.
    pub fn chunk_with<N: Into<Name>>(
        &self,
        sizes: impl IntoIterator<Item = (N, usize)>,
    ) -> Result<DataArray> {
        self.via_dataset(|ds| ds.chunk_with(sizes))
    }

    /// The array with its elements (and coordinates) in memory.
    ///
    /// # Errors
    /// Those of the run.
    pub fn compute(&self) -> Result<DataArray> {
        self.via_dataset(Dataset::compute)
    }
}
