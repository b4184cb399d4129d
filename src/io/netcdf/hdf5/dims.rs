//! The names of the dimensions of HDF5 datasets: NetCDF4's dimension scales, or made-up names.

use std::collections::HashMap;

use hdf5_reader::Dataset;
use hdf5_reader::reference::read_object_references;

use super::broken;
use super::tree::Tree;
use crate::error::{Error, Result};
use crate::labels::Name;

/// The dimension of one axis of a dataset.
#[derive(Debug, Clone)]
pub(super) struct Dim {
    pub(super) name: Name,
    /// The length, for an unlimited one that of its longest dataset.
    pub(super) len: usize,
    pub(super) unlimited: bool,
}

/// All dimensions of a file.
pub(super) struct Dims {
    all: Vec<Dim>,
    /// By the address of the dimension scale.
    by_address: HashMap<u64, usize>,
    /// By netCDF's own number.
    by_id: HashMap<i64, usize>,
    /// By the address of a dataset whose axes have no scales.
    made_up: HashMap<u64, Vec<usize>>,
}

impl Dims {
    /// Finds the dimensions of the whole file: a group uses those of its parents.
    pub(super) fn of(tree: &Tree) -> Dims {
        let mut dims = Dims {
            all: Vec::new(),
            by_address: HashMap::new(),
            by_id: HashMap::new(),
            made_up: HashMap::new(),
        };
        let mut of_group = Vec::new();
        for node in &tree.groups {
            let first = dims.all.len();
            for (name, dataset) in &node.datasets {
                if let Ok(d) = dataset
                    && is_scale(d)
                {
                    dims.add_scale(name, d);
                }
            }
            of_group.push((first..dims.all.len()).collect::<Vec<_>>());
        }
        for (_, dataset) in tree.groups.iter().flat_map(|g| &g.datasets) {
            if let Ok(d) = dataset {
                dims.stretch(d);
            }
        }
        for (node, group) in tree.groups.iter().zip(&mut of_group) {
            for (_, dataset) in &node.datasets {
                if let Ok(d) = dataset
                    && d.ndim() > 0
                    && !is_scale(d)
                    && d.attribute("DIMENSION_LIST").is_err()
                {
                    dims.make_up(d, group);
                }
            }
        }
        dims
    }

    fn add_scale(&mut self, name: &str, d: &Dataset) {
        let unlimited = d.max_dims().and_then(|m| m.first()) == Some(&u64::MAX);
        let len = d.shape().first().copied().unwrap_or(0) as usize;
        let name = name.strip_prefix("_nc4_non_coord_").unwrap_or(name).into();
        self.by_address.insert(d.address(), self.all.len());
        if let Ok(id) = d.attribute("_Netcdf4Dimid").and_then(|a| a.read_scalar::<i32>()) {
            self.by_id.insert(id.into(), self.all.len());
        }
        self.all.push(Dim { name, len, unlimited });
    }

    /// An unlimited dimension is as long as the longest of its variables.
    fn stretch(&mut self, d: &Dataset) {
        let Some(max) = d.max_dims().filter(|m| m.contains(&u64::MAX)) else { return };
        let Ok(axes) = self.scales(d) else { return };
        for ((&axis, &len), &m) in axes.iter().zip(d.shape()).zip(max) {
            let dim = &mut self.all[axis];
            if m == u64::MAX && dim.unlimited {
                dim.len = dim.len.max(len as usize);
            }
        }
    }

    /// netCDF-C's names for axes without scales: a dimension of the group that fits, or a new one
    /// with the number that it would have.
    fn make_up(&mut self, d: &Dataset, group: &mut Vec<usize>) {
        let mut axes: Vec<usize> = Vec::new();
        for (i, &len) in d.shape().iter().enumerate() {
            let unlimited = d.max_dims().and_then(|m| m.get(i)) == Some(&u64::MAX);
            let fits = group.iter().copied().find(|&k| {
                let dim = &self.all[k];
                dim.len == len as usize && dim.unlimited == unlimited && !axes.contains(&k)
            });
            axes.push(fits.unwrap_or_else(|| {
                let name = format!("phony_dim_{}", self.all.len()).into();
                self.all.push(Dim { name, len: len as usize, unlimited });
                group.push(self.all.len() - 1);
                self.all.len() - 1
            }));
        }
        self.made_up.insert(d.address(), axes);
    }

    /// Whether the dataset only stands for a dimension.
    pub(super) fn is_only_dimension(d: &Dataset) -> bool {
        const MARK: &str = "This is a netCDF dimension but not a netCDF variable";
        is_scale(d)
            && d.attribute("NAME").and_then(|a| a.read_string()).is_ok_and(|name| name.starts_with(MARK))
    }

    /// The dimensions of a variable, with the lengths to which it is to be filled up.
    pub(super) fn of_dataset(&self, d: &Dataset) -> Result<Vec<Dim>> {
        let axes = match self.made_up.get(&d.address()) {
            Some(axes) => axes.clone(),
            None => self.scales(d)?,
        };
        let mut out = Vec::new();
        for (i, (axis, &len)) in axes.into_iter().zip(d.shape()).enumerate() {
            let dim = &self.all[axis];
            let grows = d.max_dims().and_then(|m| m.get(i)) == Some(&u64::MAX);
            if len as usize > dim.len || (len as usize != dim.len && !(grows && dim.unlimited)) {
                return Err(Error::storage(format!(
                    "axis {i} has length {len}, but its dimension `{}` has {}",
                    dim.name, dim.len
                )));
            }
            out.push(dim.clone());
        }
        Ok(out)
    }

    /// The dimensions that a dataset refers to.
    fn scales(&self, d: &Dataset) -> Result<Vec<usize>> {
        if d.ndim() == 0 {
            return Ok(Vec::new());
        }
        let unknown = || Error::storage("it refers to a dimension that the file does not have");
        let unfit = || Error::storage("the list of its dimensions does not fit its shape");
        if is_scale(d) {
            if d.ndim() == 1 {
                return Ok(vec![*self.by_address.get(&d.address()).ok_or_else(unknown)?]);
            }
            // A variable of several dimensions named like its first one cannot have a list.
            let ids = d.attribute("_Netcdf4Coordinates").and_then(|a| a.read_1d::<i32>()).map_err(broken)?;
            if ids.len() != d.ndim() {
                return Err(unfit());
            }
            let find = |id: &i32| self.by_id.get(&i64::from(*id)).copied().ok_or_else(unknown);
            return ids.iter().map(find).collect();
        }
        let list = d.attribute("DIMENSION_LIST").map_err(broken)?;
        let size = d.vlen_reference_size();
        if list.raw_data.len() < size * d.ndim() {
            return Err(unfit());
        }
        let address = size - 8;
        (list.raw_data.chunks_exact(size).take(d.ndim()))
            .map(|entry| {
                let bytes = d.resolve_vlen_reference_bytes(entry, address).map_err(broken)?;
                let addresses = read_object_references(&bytes, address as u8).map_err(broken)?;
                addresses.first().and_then(|a| self.by_address.get(a)).copied().ok_or_else(unknown)
            })
            .collect()
    }
}

fn is_scale(d: &Dataset) -> bool {
    d.attribute("CLASS").and_then(|a| a.read_string()).is_ok_and(|class| class == "DIMENSION_SCALE")
}
